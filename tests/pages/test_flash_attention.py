"""Chapter 5, first page, as a reader sets it: what it shows is the loop's own, and the count's."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from shown import charts, text_of

from components.ui.chapters.ch50 import claims, figures, probes, worked
from lab.by_hand.flash import (
    PROCESSORS,
    SlowMemory,
    flash_attention,
    moved_by_flash,
    moved_by_plain,
    operations,
)
from lab.model.attention.flash import FlashAttention
from lab.records import RECORDS, read_lines, select

PAGE = "50_flash_attention"


def test_the_page_opens_whole_and_guesses_come_first(seen: Any) -> None:
    app = seen(PAGE)
    assert not app.exception and not app.info and not app.warning
    assert "The answer: **" not in text_of(app)
    app = seen(PAGE, reveal="1")
    assert not app.exception and not app.info and not app.warning
    rows = read_lines(RECORDS / "flash.jsonl")
    for answer in (
        f"{worked.broken_from():.1f} times",
        "as many, or a few more",
        f"{claims.PLAIN_OVER_OURS.value(rows):.0f} times ours",
        "one number a query",
    ):
        assert f"The answer: **{answer}**" in text_of(app)


def test_the_cards_end_at_the_heads_own_output() -> None:
    for a, b in ((37, 48), (7, 8), (99, 0)):
        cards, head = probes.cards_of(a, b), probes.head_of(a, b)
        weights = np.exp(cards.scores - cards.scores.max())
        place = probes.FORM.prompt_length - 1
        output = weights @ cards.values / weights.sum()
        assert np.allclose(output, head.z[place, : probes.SHOWN], atol=1e-5), (a, b)
        n = len(weights)
        orders = np.random.default_rng(0).permuted(np.tile(np.arange(n), (20, 1)), axis=1)
        assert all(np.allclose(worked.read(cards, order), output) for order in orders), (a, b)


def test_softmax_without_m_breaks_where_the_page_says() -> None:
    scores = probes.cards_of(*worked.SUM).scores
    broken = [
        times
        for times in worked.TIMES
        if np.isinf(np.exp((times * scores).astype(np.float16))).any()
    ]
    assert worked.breaking() == broken[0]
    assert worked.held_at() < worked.broken_from() < worked.breaking()


def test_the_score_that_overflows_float16_is_told_to_the_tenth(seen: Any) -> None:
    """By float16 itself: finite a tenth below, infinite there; what is told lies on either side."""
    told = re.search(
        r"infinite from \$s =\$ ([\d.]+) on.+ is ([\d.]+)\.[^.]+"
        r"\| (\w+) \| ([\d.]+) \| still finite \|\s"
        r"\| (\w+) \| ([\d.]+) \| infinite \|",
        text_of(seen(PAGE, reveal="1")),
    )
    assert told
    limit, largest, held, broken = map(float, told.group(1, 2, 4, 6))
    with np.errstate(over="ignore"):
        below, at = np.exp(np.array([limit - 0.1, limit], np.float16))
    assert np.isfinite(below) and np.isinf(at)
    assert held < limit < broken and worked.breaking() == 4 and told.group(5) == "four"
    assert largest == pytest.approx(held / 2, abs=0.01) == pytest.approx(broken / 4, abs=0.01)


def test_a_bad_operand_keeps_the_last_sum(book: Any) -> None:
    app = book(PAGE, figure="pieces", ch50_a="58", ch50_b="76")
    assert app.session_state["ch50_last"] == (58, 76)
    for typed in ("", "-1", "1e9", "100", "٣", "x"):
        app.text_input(key="ch50_a").set_value(typed).run()
        assert not app.exception and len(app.warning) == 1, typed
        assert app.session_state["ch50_last"] == (58, 76), typed


def test_how_much_more_memory_is_told_as_it_was_measured(seen: Any) -> None:
    """The option of the guess and the sentence behind it, by the bytes of the record."""
    peaks = {
        row["cell"]["kernel"]: row["peak_bytes"]
        for row in select(read_lines(RECORDS / "flash.jsonl"), part="memory", tokens=8192)
    }
    times = peaks["math"] / peaks["flash"]
    low = re.fullmatch(r"more than (\d+) times ours", worked.FACTORS[-1])
    assert low and times > int(low[1])
    assert f"plain takes {times:.0f} times as much" in text_of(seen(PAGE, reveal="1"))


def test_the_forward_keeps_q_k_v_and_o_and_one_number_a_query_beside_them(seen: Any) -> None:
    """What torch is asked to save: the page names it all, and counts it for one head."""
    import torch

    n, d, kept = 40, worked.WIDTH, list[torch.Tensor]()
    inputs = [torch.randn(1, 1, n, d, requires_grad=True) for _ in range(3)]

    def keep(x: torch.Tensor) -> torch.Tensor:
        kept.append(x)
        return x

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        z = FlashAttention(7, 3)(*inputs, scale=0.1)
    *four, one = sorted(kept, key=torch.numel, reverse=True)
    assert [x.numel() for x in four] == 4 * [n * d] and one.numel() == n
    assert all(any(torch.equal(x, saved) for saved in four) for x in (*inputs, z))
    said = text_of(seen(PAGE, reveal="1"))
    assert f"$Q$, $K$, $V$ and $O$ are kept for the backward pass too: {4 * d} numbers" in said


# ---------------------------------------------------------------- tiles


def test_a_memory_without_room_says_what_it_takes(book: Any) -> None:
    app = book(PAGE, figure="tiles", ch50_fast=str(worked.FAST_MEMORIES[0]), ch50_columns="32")
    assert not app.exception
    (warning,) = app.warning
    assert "take 4,258 numbers, and fast memory holds 2,560" in warning.value


def test_a_head_too_large_for_the_memory_says_so(book: Any) -> None:
    chosen = {"ch50_fast": str(worked.FAST_MEMORIES[1]), "ch50_columns": "16"}
    (warning,) = book(PAGE, figure="tiles", ch50_width="128", **chosen).warning
    assert "16 keys of 128 numbers take" in warning.value and "smaller size" in warning.value
    assert not book(PAGE, figure="tiles", ch50_width="32", **chosen).warning


def test_the_figures_in_the_prose_are_those_of_the_loop() -> None:
    n = worked.drawn_tiles()
    rng = np.random.default_rng(0)
    Q, K, V = rng.normal(size=(3, n, worked.WIDTH))
    rows = worked.rows_that_fit(n, worked.FAST, worked.COLUMNS)
    assert rows is not None
    memory = SlowMemory()
    flash_attention(Q, K, V, scale=0.1, rows=rows, columns=worked.COLUMNS, memory=memory)
    assert worked.CALC["tile_flash"]() == f"{memory.moved:,}"
    assert memory.moved < worked.plain_moves()


def test_the_line_of_flash_crosses_that_of_plain_attention(seen: Any) -> None:
    (rows,) = charts(seen(PAGE, reveal="1"), "way", "fast", "moved")
    moved = {way: [r["moved"] for r in rows if r["way"] == way] for way in {r["way"] for r in rows}}
    flash, plain = np.array(moved["FlashAttention"]), np.array(moved["plain attention"])
    assert (np.diff(flash) < 0).all() and len({*plain.tolist()}) == 1
    assert flash[0] > plain[0] and flash[-1] < plain[-1]


def test_a_processor_waits_for_arithmetic_with_tiles_and_for_the_table_without() -> None:
    for n in worked.LONG_TEXTS[1:]:
        work = operations(n, n, worked.WIDTH, worked.WIDTH)
        moved = 2 * moved_by_plain(n, n, worked.WIDTH, worked.WIDTH)
        for processor, row in zip(PROCESSORS, worked.rows_of_times(n), strict=True):
            flash = worked.duration(work / processor.flops)
            plain = worked.duration(moved / processor.bandwidth)
            assert (row["FlashAttention"], row["plain attention"]) == (flash, plain), n


def test_the_fewest_rows_that_pay_are_what_the_exercise_asks_for(book: Any) -> None:
    size = worked.EX_TOKENS, worked.EX_TOKENS, worked.WIDTH, worked.WIDTH
    plain = moved_by_plain(*size)
    rows = next(n for n in range(1, 100) if moved_by_flash(*size, rows=n) < plain)
    app = book(PAGE, figure="ex_tile")
    for typed, solved in ((rows - 1, 0), (rows + 1, 0), (rows, 1)):
        app.number_input(key="ch50_ex_rows").set_value(typed).run()
        assert not app.exception and len(app.success) == solved, typed


# ---------------------------------------------------------------- backward


def test_tiles_add_up_to_the_gradients_of_the_whole() -> None:
    head = probes.head_of(*worked.SUM)
    scale = float(np.abs(head.dz).max())
    assert scale > 0
    found = probes.all_tiles(*worked.SUM)
    dQ, dK, dV = np.zeros_like(head.q), np.zeros_like(head.k), np.zeros_like(head.v)
    for tile in found:
        dQ[tile.queries] += tile.gradients.dQ
        dK[tile.keys] += tile.gradients.dK
        dV[tile.keys] += tile.gradients.dV
    import torch

    inputs = [torch.from_numpy(x)[None, None].requires_grad_() for x in (head.q, head.k, head.v)]
    q, k, v = inputs
    z = FlashAttention(7, 3)(q, k, v, scale=probes.scale())
    expected = torch.autograd.grad(z, [q, k, v], torch.from_numpy(head.dz)[None, None])
    for summed, whole in zip((dQ, dK, dV), expected, strict=True):
        assert np.allclose(summed, whole[0, 0].numpy(), rtol=1e-6, atol=1e-9 * scale)
    assert probes.largest_row_sum(*worked.SUM) < 1e-9


def test_every_tile_can_be_followed(book: Any) -> None:
    names = [worked.name_of_tile(i, j) for i, j in probes.visible_tiles()]
    for name in (names[0], names[1], names[-1]):
        app = book(PAGE, figure="backward", ch50_block=name)
        assert not app.exception
        assert len(charts(app, "row", "column", "part")) == 3


# ---------------------------------------------------------------- what is measured


def test_the_curves_are_the_records(seen: Any) -> None:
    rows = read_lines(RECORDS / "flash.jsonl")
    app = seen(PAGE, reveal="1")
    (memory,) = charts(app, "kernel", "megabytes")
    assert [r["megabytes"] for r in memory] == [r["megabytes"] for r in worked.memory_rows(rows)]
    (times,) = charts(app, "kernel", "milliseconds")
    assert len(times) == len(worked.recorded_times(rows))


def test_here_and_now_times_every_kernel_by_turns() -> None:
    pieces = probes.pieces()
    first = [next(pieces) for _ in range(4)]
    assert [piece.kernel for piece in first] == ["math", "flash", "sdpa", "math"]
    assert all(piece.seconds > 0 and piece.tokens == probes.LENGTHS[0] for piece in first)
    shown = worked.times_here(first)
    assert {row["when"] for row in shown} == {worked.NOW} and len(shown) == 3


def test_three_notations_say_every_step() -> None:
    columns = figures.columns()
    assert len(columns) == 3
    for step in figures.STEPS:
        assert all(any(step.name in line.steps for line in column.lines) for column in columns)


def test_the_first_card_of_the_exercise_is_the_largest(book: Any) -> None:
    cards = probes.cards_of(*worked.SUM)
    largest = int(np.argmax(cards.scores))
    app = book(PAGE, figure="ex_order")
    for place in (0, largest):
        name = f"{place + 1}. {cards.labels[place]}"
        app.selectbox(key="ch50_ex_card").set_value(name).run()
        assert not app.exception and len(app.success) == int(place == largest)
