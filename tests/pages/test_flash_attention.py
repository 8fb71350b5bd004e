"""Chapter 5, first page, as a reader sets it: what it shows is the loop's own, and the count's."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from shown import charts, text_of

from components.ui.chapters.ch50 import claims, figures, probes, worked
from lab.by_hand.flash import (
    H100_MEMORIES,
    PROCESSORS,
    SlowMemory,
    flash_attention,
    moved_by_flash,
    moved_by_plain,
    operations,
)
from lab.experiments import attention_kernel_costs as experiment
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
        f"{worked.broken_rows()}",
        "as many, or a few more",
        f"{claims.PLAIN_OVER_OURS.value(rows):.0f} times ours",
        "one number a query",
    ):
        assert f"The answer: **{answer}**" in text_of(app)


def test_the_scores_of_the_figure_end_at_the_heads_own_output() -> None:
    """Of every row, and of shorter numbers too; the parts of the text end where it says so."""
    for a, b in (worked.SUM, (37, 48), (9999, 0)):
        found, head = probes.scores_of(a, b), probes.head_of(a, b)
        seen = np.where(np.tri(len(found.table), dtype=bool), found.table.astype(float), -np.inf)
        weights = np.exp(seen - seen.max(axis=1, keepdims=True))
        output = weights @ found.values / weights.sum(axis=1, keepdims=True)
        assert np.allclose(output, head.z[:, : probes.SHOWN], atol=1e-4), (a, b)
        text, parts = probes.tokens_of(a, b), probes.parts_of(a, b)
        assert len(text) == len(seen) == probes.n_token()
        assert "".join(text[begin:end] for _, begin, end in parts) == text
        assert all(text[end - 1] in "=+" for _, _, end in parts[:-1])
    names = [name for name, *_ in probes.parts_of(*worked.SUM)]
    assert names == ["problem", "× 6", "× 10", "sum", "× 900", "sum", "× 2000", "answer"]


def test_the_largest_score_of_the_row_that_opens_rises_twice() -> None:
    row = probes.row_of(*worked.SUM)
    tops = [row[: end + worked.FIRST.columns].max() for end in range(0, len(row), 16)]
    assert (np.diff(tops) > 0).sum() == 2


def test_rows_break_in_float16_where_the_page_says(seen: Any) -> None:
    """By float16 itself: finite a tenth below the limit, infinite there."""
    table = probes.scores_of(*worked.SUM).table
    with np.errstate(over="ignore"):
        infinite = np.isinf(np.exp(np.tril(table).astype(np.float16))).any(axis=1)
    assert worked.broken_rows() == infinite.sum() > 0
    said = text_of(seen(PAGE, reveal="1"))
    told = [
        re.search(words + r" ([\d.]+\d)", said)
        for words in (r"infinite from \$s =\$", "largest score of the table is")
    ]
    limit, largest = (float(one[1]) for one in told if one)
    with np.errstate(over="ignore"):
        below, at = np.exp(np.array([limit - 0.1, limit], np.float16))
    assert np.isfinite(below) and np.isinf(at)
    assert largest == pytest.approx(np.tril(table).max(), abs=0.05)


def test_a_bad_operand_keeps_the_last_problem(book: Any) -> None:
    app = book(PAGE, figure="tiles", ch50_a="58", ch50_b="7613")
    assert app.session_state["ch50_last"] == (58, 7613)
    for typed in ("", "-1", "1e9", "10000", "٣", "x"):
        app.text_input(key="ch50_a").set_value(typed).run()
        assert not app.exception and len(app.warning) == 1, typed
        assert app.session_state["ch50_last"] == (58, 7613), typed


def test_a_link_opens_the_figure_as_it_was_left_and_forgives_controls_of_before(book: Any) -> None:
    left = {"ch50_row": "12", "ch50_rows": "8", "ch50_columns": "32", "ch50_order": "last"}
    app = book(PAGE, figure="cards", ch50_fast="2560", ch50_width="128", **left)
    assert not app.exception and not app.info
    assert app.session_state["ch50_opened"] == {worked.SUM: (12, 8, 32, "last")}
    app = book(PAGE, figure="tiles", ch50_rows="7")
    assert "ch50_rows=7" in app.info[0].value


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


# ---------------------------------------------------------------- what passes


def test_the_bytes_in_the_prose_are_those_of_the_loop(seen: Any) -> None:
    n = probes.n_token()
    Q, K, V = np.random.default_rng(0).normal(size=(3, n, worked.WIDTH))

    def passed(rows: int) -> str:
        memory = SlowMemory()
        flash_attention(Q, K, V, scale=0.1, rows=rows, columns=16, memory=memory)
        return f"{4 * memory.moved / 1024:.0f}\N{NO-BREAK SPACE}KB"

    few, many, plain = passed(8), passed(32), worked.plain_moves()
    said = text_of(seen(PAGE, reveal="1"))
    assert f"In the figure {many} pass with tiles and {plain} without" in said
    assert f"With eight queries to a tile it is {few}" in said
    seen_pairs = 4 * (4 * n * worked.WIDTH + 4 * np.tri(n).sum()) / 1024
    assert f"If it did not, {seen_pairs:.0f}\N{NO-BREAK SPACE}KB would pass" in said
    assert int(many.split()[0]) < int(plain.split()[0]) < int(few.split()[0])


def test_the_formulas_of_the_prose_are_the_counts(seen: Any) -> None:
    """Where the queries of a tile divide the text, as the page's formula has it."""
    d = worked.WIDTH
    for N, r in ((4096, 16), (1024, 1), (96, 32)):
        assert moved_by_plain(N, N, d, d) == 4 * N * d + 4 * N**2
        assert moved_by_flash(N, N, d, d, rows=r) - N == 2 * N * d + N * (N + r) * d // r
    said = text_of(seen(PAGE, reveal="1"))
    n = probes.n_token()
    in_all = f"{4 * n * d + 4 * n**2:,}".replace(",", "{,}")
    assert f"$4 \\times {n} \\times {d} + 4 \\times {n}^2 = {in_all}$ numbers" in said


def test_the_lines_cross_where_the_page_says(seen: Any) -> None:
    few, many = worked.crossing()
    for n in worked.LONG_TEXTS:
        flash = {r["fast"]: r["moved"] for r in worked.rows_of_traffic(n) if r["way"][0] == "F"}
        assert flash[few] > moved_by_plain(n, n, worked.WIDTH, worked.WIDTH) > flash[many], n
    assert f"cross between {few:,} and {many:,} numbers" in text_of(seen(PAGE, reveal="1"))


def test_the_gradients_by_hand_are_those_of_torch() -> None:
    import torch

    scores = torch.tensor(worked.SCORES, dtype=torch.float64, requires_grad=True)
    (scores.softmax(0) @ torch.tensor(worked.VALUES).double()).backward()
    told = [worked.CALC[f"hand_ds_{k}"]().replace("\N{MINUS SIGN}", "-") for k in range(2)]
    assert scores.grad is not None and told == [f"{x:.3f}" for x in scores.grad.tolist()]


def test_the_tables_name_the_lengths_of_the_record() -> None:
    lengths = experiment.SPEED_LENGTHS
    assert (lengths[0], lengths[-1]) == (claims.SHORT, claims.LONG)
    assert experiment.MEMORY_LENGTHS[-1] == claims.MOST


def test_the_memories_are_told_with_their_sources(seen: Any) -> None:
    said = text_of(seen(PAGE))
    assert all(f"| {m.name} | {m.size} | {m.speed} |" in said for m in H100_MEMORIES)
    assert all(memory.source in said for memory in H100_MEMORIES)


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
        without = 2 * moved_by_plain(n, n, worked.WIDTH, worked.WIDTH, hidden=False)
        assert 0.45 < without / moved < 0.55, "half of it is the hidden half, as the page says"
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
    first = [probes.timed(number) for number in range(4)]
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
    row, text = probes.row_of(*worked.SUM), probes.tokens_of(*worked.SUM)
    largest = int(np.argmax(row))
    app = book(PAGE, figure="ex_order")
    for place in (0, largest):
        app.selectbox(key="ch50_ex_card").set_value(f"{place + 1}. {text[place]}").run()
        assert not app.exception and len(app.success) == int(place == largest)
