"""Chapter 2 as a reader sets it: figures are lab's own, and a bad link says what it drops."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from components.ui.chapters.ch20 import claims, exercises, figures, probes, worked
from components.ui.chapters.ch20.worked import LIVE_BATCH
from components.ui.claims.claim import read_record
from components.ui.page_records import rows_of
from lab.data.position_ids import position_ids
from lab.data.problems import Format
from lab.data.vocabulary import decode, encode
from lab.experiments.lengths import ARMS, GROWS, problems_of_shape
from lab.inference.scoring import go_on
from lab.interp.position_probes import anywhere, on_the_tape, shifts
from lab.model.config import ClippedCoupledRotaryPositionsConfig, CoupledRotaryPositionsConfig
from lab.model.gpt import with_position
from lab.recipes.live import multiply
from lab.records import RECORDS, read_lines, select
from lab.statistics import steps_until
from lab.training.checkpoint import load_run

PAGE = "20_rope"
SUM = "37*48=692+0841=6771$"
COUPLED = "reach_coupled", "reach_coupled_slow"
RUNS = RECORDS.parent / "checkpoints"


def text_of(app: Any) -> str:
    return " ".join(element.value for element in app.markdown)


def drawn(app: Any, alt: str) -> dict[str, Any]:
    """The data of the first drawing on the page whose description says so."""
    found = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return next(data for data in found if alt in data.get("alt", ""))


def test_the_page_opens_whole_and_guesses_come_first(seen: Any) -> None:
    app = seen(PAGE)
    assert not app.exception
    assert "Shift and stretch" in text_of(app)
    assert "The answer: **not at all**" not in text_of(app)
    app = seen(PAGE, reveal="1")
    assert not app.exception
    for answer in (
        "not at all",
        f"{probes.largest_change(probes.LEARNED):.2f}",
        f"{probes.errors_when_read_as('interleaved')}",
        f"{probes.errors_when(probes.ROTARY, 0, 1)}",
        "the first digit of a",
    ):
        assert f"The answer: **{answer}**" in text_of(app)


def test_the_first_figure_turns_the_recorded_head_of_a_trained_network(seen: Any) -> None:
    data = drawn(seen(PAGE), "A query and a key on a ruler")
    model = load_run("rope_small").model
    scores = anywhere(model, "=", "3", 0, 31)
    i, j = (np.array(data[name]) @ [1, 1j] for name in ("q", "k"))
    for gap in (1, 5, 7, 12):
        score = (i * j.conj() * np.exp(1j * gap * np.array(data["speeds"]))).real.sum() / 32**0.5
        assert score == pytest.approx(scores[20, 20 - gap], abs=1e-4)
    assert data["text"] == "37*48=" and data["text"][data["key"]] == "3"
    best = 1 + int(np.argmax(scores[20, 19:7:-1]))
    assert data["text"][-1 - best] == "7"  # where the page says that the score is largest


def test_the_chosen_base_is_strong_in_the_chart_of_scores_by_distance(book: Any) -> None:
    app = book(PAGE, figure="decay")
    app.select_slider(key="ch20_base").set_value(3).run()
    (chart,) = app.get("vega_lite_chart")
    assert not app.exception and '"3"' in chart.proto.spec


def test_the_tape_shows_the_chosen_head_of_the_rotary_run(book: Any) -> None:
    app = book(PAGE, figure="tape")
    app.button_group(key="ch20_head").set_value(2).run()
    app.button_group(key="ch20_layer").set_value(1).run()
    assert not app.exception
    side = drawn(app, "One problem on a tape")["sides"][0]
    model = load_run("rope_small").model
    pattern = on_the_tape(model, SUM, shifts(len(SUM), [7]))[1, 2].pattern[0]
    rows, columns = np.tril_indices(len(SUM))
    triangles = np.frombuffer(base64.b64decode(side["shifted"]["weights"]), np.uint8)
    shown = triangles.reshape(-1, len(rows))[7]
    assert np.abs(shown / 255 - pattern[rows, columns]).max() <= 1 / 255


def test_the_tape_opens_on_the_first_head_of_the_first_layer(seen: Any) -> None:
    app = seen(PAGE, reveal="1")
    assert (app.session_state["ch20_layer"], app.session_state["ch20_head"]) == (0, 0)


# ---------------------------------------------------------------- what a newcomer asked for


def test_the_strip_shows_the_ids_that_the_format_gives() -> None:
    for a, b in ((37, 48), (5, 90), (99, 7)):
        text = Format("cot_reversed").text(a, b)
        ids = position_ids(torch.from_numpy(encode(text)).long()[None], 2)[0].tolist()
        shown = figures.counts_strip(text, probes.TWO_BY_TWO, probes.ids_of(a, b), 10)
        columns = re.findall(
            r">(.)</b><i class=\"[a-z-]*\">(-?\d+)</i><i class=\"[a-z-]*\">(-?\d+)<", shown
        )
        assert columns == [(c, str(p), str(n)) for c, (p, n) in zip(text, ids, strict=True)]


def test_the_zero_of_the_second_partial_product_meets_the_seven_and_the_four() -> None:
    ids = probes.ids_of(37, 48)
    assert figures.shared_with(probes.TWO_BY_TWO, ids, worked.TOLD) == {1: (0,), 3: (1,)}
    said = figures.describe_shared(SUM, probes.TWO_BY_TWO, ids, worked.TOLD)
    assert "`7` of $a$ at its place, the `4` of $b$ on its line. Next comes `8`" in said


def test_every_token_that_the_slider_reaches_has_its_sentence(book: Any) -> None:
    app, said = book(PAGE, figure="reach"), ""
    for at in range(worked.TOLD_FROM, worked.TOLD_TO + 1):
        said = figures.describe_shared(SUM, probes.TWO_BY_TWO, probes.ids_of(37, 48), at)
        assert (
            said.startswith(f"The framed `{SUM[at]}` stands at place")
            and f"`{SUM[at + 1]}`" in said
        )
    app.slider(key="ch20_told").set_value(worked.TOLD_TO).run()
    app.text_input(key="ch20_ids_a").set_value("x").run()
    assert not app.exception and any("0 to 99" in w.value for w in app.warning)
    assert said in text_of(app)


def test_told_another_place_and_line_the_sum_begins_with_the_digits_named_there() -> None:
    for at in worked.other_digits():
        assert probes.begun_with(at, at) > 0.75 * probes.N_TOLD > 2 * probes.begun_with(at, (0, 0))
    assert probes.begun_with((0, 0), (0, 0)) == probes.N_TOLD


def test_the_slowest_clock_comes_round_once_in_so_many_tokens() -> None:
    for base, said in ((100, "470"), (10_000, "35,000")):
        assert worked.rounded(2 * np.pi * base ** (30 / 32)) == said
    assert worked.CALC["round_own"]() == "470" and worked.CALC["round_most"]() == "35,000"


def test_weights_read_with_the_other_layout_fail_and_rows_in_order_repair_them() -> None:
    right, wrong = probes.errors_when_read_as("half"), probes.errors_when_read_as("interleaved")
    repaired = probes.errors_when_read_as("interleaved", in_order=True)
    assert right == repaired == 0 and wrong == probes.N_LAYOUT
    lines = worked.layouts_read()
    assert [line["kept"] for line in lines] == [True, False, True]
    assert all(len(line["order"]) == exercises.HEAD == worked.SMALL_HEAD == 8 for line in lines)
    home, _, ordered = (
        [[line["order"][i] for i in pair] for pair in line["pairs"]] for line in lines
    )
    assert home == ordered


def test_kept_keys_turned_back_are_as_good_as_new_and_as_they_were_they_are_not() -> None:
    assert probes.errors_without_the_front(-len(SUM)) == 0
    assert (
        min(probes.errors_without_the_front(by) for by in (0, 1 - len(SUM))) > 0.9 * probes.N_KEPT
    )


def test_a_shift_teaches_a_rotary_network_nothing_and_a_table_something() -> None:
    here, there, change = worked.lesson(probes.ROTARY)
    assert abs(here - there) < 1e-12 and change < 1e-9
    here, there, change = worked.lesson(probes.LEARNED)
    assert there > 1 > here and change > 1


def test_a_turn_a_matrix_of_blocks_and_complex_numbers_agree() -> None:
    halves, blocks, numbers = worked.in_three_ways(7)
    assert np.abs(halves - blocks).max() < 1e-14 and np.abs(halves - numbers).max() < 1e-14
    assert np.abs(halves - worked.in_three_ways(8)[0]).max() > 0.1


# ---------------------------------------------------------------- exercises


def test_the_exercises_open_unsolved_and_are_solved_by_their_answers(book: Any, seen: Any) -> None:
    assert not seen(PAGE).success
    app = book(PAGE, figure="ex_told")
    app.number_input(key="ch20_ex_place").set_value(1).run()
    app.number_input(key="ch20_ex_line").set_value(2).run()
    assert not app.success and "which is which?" in text_of(app)
    app.number_input(key="ch20_ex_place").set_value(2).run()
    app.number_input(key="ch20_ex_line").set_value(1).run()
    assert len(app.success) == 1 and not app.exception
    app = book(PAGE, figure="ex_rows")
    app.text_input(key="ch20_ex_rows").set_value("0 1 2").run()
    assert any("each number from 0 to 7" in w.value for w in app.warning)
    app.text_input(key="ch20_ex_rows").set_value("0, 2, 4, 6, 1, 3, 5, 7").run()
    assert len(app.success) == 1 and not app.warning and not app.exception
    app = book(PAGE, figure="ex_cache")
    app.number_input(key="ch20_ex_turn").set_value(20).run()
    assert "other way" in text_of(app)
    app.number_input(key="ch20_ex_turn").set_value(-20).run()
    assert len(app.success) == 1 and not app.exception


def test_a_shuffle_is_drawn_anew_for_every_number(book: Any) -> None:
    app = book(PAGE, figure="blind")
    before = text_of(app)
    app.number_input(key="ch20_seed").set_value(5).run()
    assert not app.exception and text_of(app) != before


def test_a_link_with_nonsense_opens_the_defaults_and_says_so(book: Any) -> None:
    app = book(PAGE, ch20_base="-1", ch20_seed="1e9", ch20_colour="red", reveal="1")
    assert not app.exception
    said = " ".join(info.value for info in app.info)
    assert all(part in said for part in ("ch20_base=-1", "ch20_seed=1e9", "ch20_colour=red"))
    assert app.select_slider(key="ch20_base").value == 100


def test_a_run_of_ones_own_starts_with_the_settings_of_the_page(
    book: Any, monkeypatch: Any, patches_what_is_never_kept: None
) -> None:
    from components.ui.live import training

    started: list[dict[str, Any]] = []
    monkeypatch.setattr(training, "launch", lambda key, arguments: started.append(arguments))
    app = book(PAGE, figure="live")
    app.select_slider(key="ch20_live_base").set_value(10).run()
    app.button(key="ch20_train_rotary").click().run()
    (said,) = started
    settings = {"encoding": "rotary", "base": 10.0, "packed": True, "steps": 600}
    assert said == settings | {"batch": 102, "rate": 0.0015}


def test_a_step_of_ones_own_reads_as_many_tokens_as_a_recorded_one() -> None:
    raced = select(rows_of("rope.jsonl"), part="race")
    for packed, setting in ((True, "packed"), (False, "fixed")):
        own = multiply(packed=packed, batch=LIVE_BATCH).tokens_per_step
        recorded = {r["tokens_per_step"] for r in raced if r["cell"]["setting"] == setting}
        assert recorded == {own}, setting


def chart_rows(app: Any, *columns: str) -> list[list[dict[str, Any]]]:
    """The rows of every chart on the page that has these columns."""
    out: list[list[dict[str, Any]]] = []
    for element in app.get("vega_lite_chart"):
        for data in element.proto.datasets:
            rows = pa.ipc.open_stream(data.data.data).read_pandas().to_dict("records")
            if rows and set(columns) <= rows[0].keys():
                out.append(rows)
    return out


def test_the_race_comes_after_the_guess_and_shows_every_recorded_run(book: Any, seen: Any) -> None:
    assert chart_rows(seen(PAGE), "setting", "came") == []
    app = book(PAGE, figure="race")
    raced = select(read_record(RECORDS / "rope.jsonl"), part="race")
    far = [row for row in raced if row["cell"]["setting"] != "mixed"]
    for choice, goal, shown in (("1 in 20", 0.05, raced), ("1 in 100", 0.01, far)):
        app.button_group(key="ch20_goal").set_value(choice).run()
        (points,) = chart_rows(app, "setting", "came")
        recorded = [(row["cell"]["seed"], steps_until(row["curve"], goal)) for row in shown]
        assert sorted((point["seed"], point["steps"]) for point in points) == sorted(recorded)


def test_below_the_race_nothing_tells_it_before_it_is_guessed(book: Any, seen: Any) -> None:
    def told(app: Any) -> bool:
        recorded = [
            row
            for rows in chart_rows(app, "run", "step", "value")
            for row in rows
            if row["run"].endswith(", recorded")
        ]
        words = (
            "the recorded rotary run arrived" in text_of(app),
            "The recorded curves" in text_of(app),
        )
        assert {*words} == {bool(recorded)}
        return bool(recorded)

    assert not told(seen(PAGE)) and "Race them yourself" in text_of(seen(PAGE))
    assert told(seen(PAGE, reveal="1"))
    app = book(PAGE)
    assert not told(app)
    app.button_group(key="ch20_race_guess").set_value(claims.RACE_OPTIONS[2]).run()
    assert not app.exception and told(app)


def test_failures_add_up_to_the_record(book: Any) -> None:
    rows = read_record(RECORDS / "lengths.jsonl")
    app = book(PAGE, figure="kinds")
    for size in (6, 3):
        app.button_group(key="ch20_size").set_value(size).run()
        (bars,) = chart_rows(app, "arm", "kind", "n")
        shaped = select(rows, p=size, q=size)
        asked = [row for row in shaped if ARMS[row["cell"]["arm"]].run.startswith("reach_")]
        assert sum(bar["n"] for bar in bars) == sum(row["n"] for row in asked)
    assert not app.exception


def test_the_limit_moves_and_both_coupled_networks_write_anew(book: Any) -> None:
    app = book(PAGE, figure="limit")
    form, pairs = Format("cot_reversed", 4, 4), problems_of_shape(4, 4, 12)
    right, _ = form.render(*pairs)
    counted: dict[tuple[str, int], int] = {}
    for places in (3, 5):
        app.slider(key="ch20_places").set_value(places).run()
        (bars,) = chart_rows(app, "arm", "kind", "n")
        for words, run in (
            ("usual clocks", "reach_coupled"),
            ("slow clocks", "reach_coupled_slow"),
        ):
            model = load_run(run).model
            usual = model.config.position
            assert isinstance(usual, CoupledRotaryPositionsConfig)
            limited = ClippedCoupledRotaryPositionsConfig(usual.base, usual.factor, places, 2)
            written = go_on(
                with_position(model, limited), right[:, : form.prompt_length], form.length
            )
            counted[words, places] = int((written == right).all(axis=1).sum())
            shown = {bar["kind"]: bar["n"] for bar in bars if bar["arm"] == words}
            assert shown["right to the end"] == counted[words, places]
            assert sum(shown.values()) == len(right)
    assert counted["usual clocks", 3] > 10 > 8 > counted["usual clocks", 5]
    assert min(counted["slow clocks", places] for places in (3, 5)) > 10


def test_the_answer_of_a_guess_is_the_share_that_was_counted() -> None:
    rows = read_record(RECORDS / "lengths.jsonl")
    for answer, arm, digits, words in (
        (worked.wrong_when_clipped, "coupled_clipped", 6, "11%"),
        (worked.wrong_far, "far_clipped", 10, "2 in 1,000"),
    ):
        (row,) = select(rows, arm=arm, p=digits, q=digits)
        wrong = (row["wrong_digit"] + row["wrong_length"]) / row["n"]
        told = answer(rows)
        assert (told.value, told.words) == (pytest.approx(100 * wrong), words), arm


def test_a_guess_of_longer_problems_says_how_far_off_it_is(book: Any) -> None:
    shown = text_of(book(PAGE, ch20_clip_guess="71", ch20_far_guess=claims.HOW_MANY[2]))
    assert "You said **71%**. The answer: **11%**, 60 points lower than you said." in shown
    assert "You said **more than four fifths**. The answer: **2 in 1,000**" in shown


def test_the_four_networks_of_the_growing_problem_are_of_one_size_and_one_training() -> None:
    runs = [load_run(ARMS[arm].run) for arm in claims.SWITCHED]
    assert {sum(p.numel() for p in run.model.parameters()) for run in runs} == {594_816}
    assert {(run.format.p, run.format.q) for run in runs} == {(3, 3)}
    read = [
        json.loads((RUNS / ARMS[arm].run / "result.json").read_text()) for arm in claims.SWITCHED
    ]
    assert len({result["training_tokens"] for result in read}) == 1
    told = {arm: (ARMS[arm].run == "reach_coupled", ARMS[arm].farthest) for arm in claims.SWITCHED}
    assert {arm: (two, limit is not None) for arm, (two, limit) in told.items()} == claims.SWITCHED
    assert tuple(claims.SWITCHED) == GROWS


def test_each_small_network_is_named_by_its_size_where_a_larger_one_is_set_beside_it(
    seen: Any,
) -> None:
    """The race's and that of the longer sums are two, and so 'times as many' are two numbers."""
    said = text_of(seen(PAGE, reveal="1"))
    for large, small, n in (
        ("rope", "rope_small", 397_952),
        ("far_coupled", "reach_coupled_slow", 594_816),
    ):
        sizes = [sum(p.numel() for p in load_run(run).model.parameters()) for run in (large, small)]
        times = sizes[0] / sizes[1]
        assert sizes[1] == n and f"{n:,} parameters" in said and f"{times:.2g} times" in said


def test_what_went_on_is_summed_up_as_it_was_counted(seen: Any) -> None:
    """All that went on has two counts; without a limit it is the slow clocks, and not for long."""
    rows = read_record(RECORDS / "lengths.jsonl")

    def goes_on(arm: str, more: int) -> bool:
        digits = (4 if arm.startswith("far_") else 3) + more
        return claims.wrong_at(arm, digits).value(rows) < 0.2

    every = {row["cell"]["arm"] for row in rows}
    went_on = {arm for arm in every if goes_on(arm, 1)}
    limited = {arm for arm in every if arm.endswith("_clipped")} - {"rotary_clipped"}
    assert went_on == {"coupled_slow", "far_coupled"} | limited
    assert all(ARMS[arm].run in (*COUPLED, "far_coupled") for arm in went_on)
    assert {arm for arm in every if goes_on(arm, 3)} == limited
    said = text_of(seen(PAGE))
    assert "slow clocks they came a digit or two beyond, and with a limit on distances far" in said


def written_of(app: Any, network: int) -> list[list[Any]]:
    return drawn(app, "A problem that grows")["networks"][network]["written"]


def test_an_untouched_problem_is_as_recorded_and_asks_no_model(
    book: Any, monkeypatch: Any, patches_what_is_never_kept: None
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(probes, "first_miss", lambda *problem: asked.append(problem))
    app = book(PAGE, figure="longer")
    assert not app.exception and asked == []
    data = drawn(app, "A problem that grows")
    assert [p["digits"] for p in data["problems"]] == [[n, n] for n in range(3, 11)]
    slots = [[slot for slot, _ in network["written"]] for network in data["networks"]]
    right = [sum(slot < 0 for slot in of) for of in slots]
    assert right == [1, 1, 2, 7]  # neither switch alone does it
    (row,) = select(rows_of("lengths.jsonl"), arm="coupled_clipped", p=6, q=6)
    assert data["networks"][3]["counted"]["6"] == [row["wrong_digit"] + row["wrong_length"], 1000]


def test_a_problem_of_ones_own_is_marked_at_the_first_token_that_a_run_gets_wrong(
    book: Any,
) -> None:
    app = book(PAGE, figure="longer", ch20_longer_a="48", ch20_longer_b="7")
    assert [written_of(app, n)[0][0] for n in range(4)] == [-1] * 4
    app.text_input(key="ch20_longer_a").set_value("1234")
    app.text_input(key="ch20_longer_b").set_value("9876").run()
    assert not app.exception
    model, form = load_run("reach_rotary").model, Format("cot_reversed", 4, 4)
    right = form.render(np.array([1234]), np.array([9876]))[0]
    written = go_on(model, right[:, : form.prompt_length], form.length)
    slot = int(np.flatnonzero((written != right)[0])[0])
    assert written_of(app, 0)[1] == [slot, decode(written[0, slot : slot + 1])]


def test_what_is_no_number_of_ten_digits_gets_a_sentence(book: Any) -> None:
    app = book(PAGE, figure="longer")
    for bad in ("", "-1", "1e9", "٣*٤", "12345678901", "7*8"):
        app.text_input(key="ch20_longer_a").set_value(bad).run()
        assert not app.exception, bad
        assert any("from 0 to 9999999999" in warning.value for warning in app.warning), bad
        app.text_input(key="ch20_longer_a").set_value("12").run()
        assert not app.warning, bad


def test_the_recorded_curves_under_a_live_race_are_those_of_the_middle_runs() -> None:
    rows = select(read_lines(RECORDS / "rope.jsonl"), part="race")
    shown = claims.middle_curves(rows, "a stream", 600)
    assert {row["run"] for row in shown} == {f"{w}, recorded" for w in claims.ENCODINGS.values()}
    assert max(row["step"] for row in shown) == 600
    middle, steps = claims.middle_run(rows, "packed", "rotary")
    median = claims.race("packed", "rotary").steps_to(claims.GOAL).value(rows)
    assert steps_until(middle["curve"], claims.GOAL) == steps == median
    losses = [r["value"] for r in shown if r["run"] == "rotary, recorded" and r["what"] == "loss"]
    assert losses == [loss for step, _, _, loss in middle["curve"] if step <= 600]
