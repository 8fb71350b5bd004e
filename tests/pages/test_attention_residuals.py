"""Chapter 5, second page, as a reader sets it: the shares, the cuts and the counts are lab's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from shown import charts, text_of

from components.ui.chapters.ch51 import claims, exercises, probes, worked
from lab import statistics as ratios
from lab.inference.forward import run_with_trace
from lab.interp import depth
from lab.interp.depth import readings_of
from lab.model.trace import Edit
from lab.records import RECORDS, read_lines, select
from lab.statistics import steps_until
from lab.training.checkpoint import load_run

PAGE = "51_attention_residuals"
BY_LENGTH = 0.06
"""Of the bounds that are offered, the first that solves the second exercise by length."""


def rows(name: str) -> list[dict[str, Any]]:
    return read_lines(RECORDS / f"{name}.jsonl")


def test_the_page_opens_whole_and_guesses_come_first(seen: Any) -> None:
    app = seen(PAGE)
    assert not app.exception and not app.info and not app.warning
    assert "The answer: **" not in text_of(app)
    app = seen(PAGE, reveal="1")
    assert not app.exception and not app.info and not app.warning
    for answer in (
        worked.SAME[0],
        worked.who_bears_it(rows("threads")),
        worked.left_of_it(rows("residuals")).words,
        worked.steps_of_the_others(worked.race_runs()).words,
    ):
        assert f"The answer: **{answer}**" in text_of(app)


def test_the_worked_shares_are_softmax_of_directions() -> None:
    """Against NumPy, and for a note ten times as long."""
    notes = np.array(worked.CONTRIBUTIONS)
    keys = notes / np.sqrt((notes**2).mean(1, keepdims=True))
    for query in ((1.0, 0.0), (0.0, 0.0), (2.0, -3.0)):
        scores = keys @ query
        shares = np.exp(scores) / np.exp(scores).sum()
        found, read = worked.mixed(query)
        assert np.allclose(found, shares, atol=1e-5)
        assert np.allclose(read, shares @ notes, atol=1e-5)


def test_zero_queries_differ_from_a_plain_sum_by_rounding_alone() -> None:
    assert 0 <= probes.largest_difference(*worked.SUM) < 1e-9


def test_every_part_shares_out_the_whole() -> None:
    found = probes.reads_of(7, 8)
    assert found.shares.shape == (len(found.readers), len(found.sources))
    there = np.isfinite(found.shares).sum(axis=1)
    config = load_run(probes.RUN).model.config
    assert (there == [r.n_source for r in readings_of(config)]).all()
    for table in (found.shares, found.amounts):
        assert np.allclose(np.nansum(table, axis=1), 1)


def test_a_bad_operand_keeps_the_last_sum(book: Any) -> None:
    app = book(PAGE, figure="connection", ch51_a="58", ch51_b="76")
    last = app.session_state["ch51_last"]
    assert last == (58, 76)
    for typed in ("", "-1", "1e9", "1000", "٣", "x"):
        app.text_input(key="ch51_a").set_value(typed).run()
        assert not app.exception and len(app.warning) == 1, typed
        assert app.session_state["ch51_last"] == last, typed


def test_a_cut_connection_changes_what_is_written() -> None:
    """The worst thread of the record spoils sums that the whole network writes right."""
    found = rows("threads")
    cut = max(
        (row["cut"][source]["errors"], row["cell"]["reading"], source)
        for row in found
        if "cut" in row
        for source in range(len(row["cut"]))
    )
    a, b = 123, 456
    right = probes.form_of(a, b).text(a, b)
    assert probes.written_without(a, b) == right
    assert probes.written_without(a, b, cut[1:]) != right


def test_shares_that_sum_to_one_again_after_a_cut_change_nothing() -> None:
    """But by rounding, and by the little number in the norm."""
    model = load_run(probes.RUN).model
    text = probes.form_of(*worked.SUM).text(*worked.SUM)
    at = worked.named(probes.reads_of(*worked.SUM))[" to ".join(worked.FIRST_CUT)]
    reading = readings_of(model.config)[at.reader]

    def larger(shares: torch.Tensor) -> torch.Tensor:
        left = shares.clone()
        left[..., at.source] = 0
        return left / left.sum(-1, keepdim=True)

    whole, cut, summed = (
        run_with_trace(model, text, ["logits"], edits)["logits"]
        for edits in (
            [],
            [depth.cut(model.config, *at)],
            [Edit(reading.pattern, larger, reading.layer)],
        )
    )
    assert float((cut - summed).abs().max()) < 1e-3 * float((cut - whole).abs().max())


def test_the_texts_that_are_kept_are_written_so_and_marked_so() -> None:
    """Whole, the first cut of the page, one that changes nothing, and one that writes no number."""
    reads = probes.reads_of(*worked.SUM)
    first = worked.named(reads)["attention 2 to FFN 2"]
    whole, cuts = worked.texts(worked.SUM, first)
    assert len(cuts) == 90 and whole.added == [296, 1480, 1776]
    dead = cuts[first]
    assert (dead.text, dead.added) == ("37*48=282+0441=2271$", [282, 1440, 1722])
    assert (dead.wrong, dead.follows) == ([6, 7, 11, 15, 16], [15, 16])
    for name in ("attention 2 to FFN 2", "token to end", "attention 4 to FFN 4"):
        cut = worked.named(reads)[name]
        assert cuts[cut].text == probes.written_without(*worked.SUM, tuple(cut)), name
    assert cuts[worked.named(reads)["attention 4 to FFN 4"]].added is None


def test_a_reader_s_own_problem_is_written_whole_and_with_one_cut() -> None:
    cut = worked.named(probes.reads_of(58, 76))["attention 2 to FFN 2"]
    whole, cuts = worked.texts((58, 76), cut)
    assert [*cuts] == [cut] and whole.text == probes.form_of(58, 76).text(58, 76)


def test_a_link_opens_with_its_cut_and_its_width(book: Any) -> None:
    app = book(PAGE, figure="connection", ch51_cut="FFN 3 to FFN 5", ch51_weighed="share")
    assert not app.exception and not app.info
    app = book(PAGE, figure="connection", ch51_cut="FFN 5 to FFN 3")
    assert any("does not allow" in info.value for info in app.info)


def test_how_often_a_cut_does_harm_is_the_record_s() -> None:
    found = {often.name: often for often in worked.how_often(rows("threads"))}
    row = select(rows("threads"), reading=5)[0]
    products = found[worked.KINDS["partial product"]]
    assert [products.n, products.wrong[5][3]] == row["cut"][3]["wrong"]["partial product"]
    assert found[worked.KINDS[worked.WHOLE]].wrong[5][3] == row["cut"][3]["errors"]


def test_the_other_cut_hurts_running_sums_as_it_hurts_answers() -> None:
    (sums, n), (answers, n_answer) = (
        worked.the_cut(kind, worked.OTHER_WAY) for kind in ("sum", "answer")
    )
    assert abs(sums / n - answers / n_answer) < 0.02 and answers / n_answer > 0.5
    assert probes.all_written(*worked.SUM)[
        worked.named(probes.reads_of(*worked.SUM))[" to ".join(worked.OTHER_WAY)]
    ].endswith("=")


def test_in_a_plain_sum_a_contribution_s_part_only_falls_and_in_a_mix_it_rises_again() -> None:
    """What prose says of FFN 0; and of each part, all contributions make up the whole."""
    record = rows("residuals")
    for arm in worked.COMPARED:
        found = [worked.diluted(record, arm, name) for name in worked.PARTS]
        whole: dict[Any, float] = {}
        for parts in found:
            for at, value in parts.items():
                whole[at] = whole.get(at, 0) + value
        assert np.allclose([*whole.values()], 1)
        assert len(whole) == 12 * 5
    readers = worked.readers_of(worked.DILUTED)

    def line(arm: str) -> list[float]:
        found = worked.diluted(record, arm, worked.DILUTED)
        return [np.median([x for (at, _), x in found.items() if at == part]) for part in readers]

    plain, full = line("plain"), line("full")
    assert plain == sorted(plain, reverse=True)
    attention = [n for n, part in enumerate(readers) if part.startswith("attention")]
    for n in attention[1:]:
        assert full[n] > max(full[n - 1], 2 * plain[n]), readers[n]
    between = [n for n in range(len(readers)) if n not in attention]
    assert all(abs(full[n] - plain[n]) < 0.07 for n in between)
    assert full[-1] < 0.1
    assert "above all seeds of the plain sum" in worked.left_of_it(record).then


def test_the_connections_that_change_the_problem_are_listed() -> None:
    reads, whole = probes.reads_of(*worked.SUM), probes.all_written(*worked.SUM)[None]
    listed = worked.connection_rows(reads, rows("threads"))
    assert sum(row["37 × 48 without it"] != whole for row in listed) == worked.changed_texts()


def test_points_of_the_race_are_the_seeds_of_the_record(book: Any, seen: Any) -> None:
    shallow = select(rows("residuals_race"), part="race")
    deep = select(rows("residuals"), part="race", depth=6)
    (points,) = charts(seen(PAGE, reveal="1"), "depth", "arm", "seed", "value", "came")
    assert len(points) == len(shallow) + len(deep)
    (losses,) = charts(
        book(PAGE, figure="race", ch51_what=worked.LOSS), "depth", "arm", "came", "value"
    )
    wanted: list[float] = []
    for race in (shallow, deep):
        plain = np.median([row["loss"] for row in select(race, arm="plain")])
        wanted += [row["loss"] / plain for row in race]
    assert sorted(p["value"] for p in losses) == pytest.approx(sorted(wanted))


def test_a_reader_is_asked_for_the_steps_of_three_layers() -> None:
    """Against the curves of the record; and no run stands outside the frame."""
    runs = worked.race_runs()
    answer = worked.steps_of_the_others(runs)
    (plain,) = worked.raced(runs).given
    rows_ = select(rows("residuals_race"), part="race")
    for arm, row in zip(claims.RACERS, (plain, answer, *answer.rows), strict=True):
        steps = [steps_until(one["curve"], 0.05) for one in select(rows_, arm=arm)]
        assert sorted(row.dots) == sorted(steps), arm
        assert row.value == np.median(steps), arm


def test_what_prose_concludes_of_the_race_is_so() -> None:
    """No interval leaves one out, but that of groups in the first race, on few problems."""

    runs = worked.race_runs()
    goals = [goal for goal, wrong in claims.GOALS.items() if wrong > claims.LAST_GOAL]
    assert len(goals) == 2
    for goal in goals:
        for one in worked.race_intervals(runs, goal):
            assert one["low"] <= 1 <= one["high"], (goal, one["arm"])
    block, plain = (
        claims.looked_at(claims.SHALLOW, arm).steps_to(claims.MAIN_GOAL).values(rows("residuals"))
        for arm in ("block", "plain")
    )
    assert ratios.ratio_of_medians(block, plain).high < 1
    race = select(rows("residuals_race"), part="race")
    came = [steps_until(row["curve"], 0.001) for row in race]
    assert sum(map(np.isfinite, came)) <= 13 and len(came) == 20


# ---------------------------------------------------------------- exercises


def test_only_a_query_in_the_direction_of_the_short_contribution_solves_the_first() -> None:
    solved = {
        query
        for query in ((x, y) for x in exercises.QUERIES for y in exercises.QUERIES)
        if worked.mixed(query)[0][2] >= exercises.WANTED
    }
    assert solved and all(x > 0 and y > 0 for x, y in solved)
    assert (0.0, 0.0) not in solved


def solves(below: float, by_length: bool) -> bool:
    cut, connections, errors, _ = probes.thinned(below, by_length)
    return round(100 * cut / connections) >= exercises.HALF and errors <= exercises.FEW


def test_only_by_length_half_of_the_threads_can_go(book: Any) -> None:
    """And not with the first bound or the last that is offered."""
    below = BY_LENGTH
    assert solves(below, by_length=True) and not solves(below, by_length=False)
    first, *_, last = exercises.BELOW
    assert not any(
        solves(bound, by_length) for bound in (first, last) for by_length in (True, False)
    )
    app = book(PAGE, figure="ex_thin", ch51_below=f"{below:g}", ch51_cut_by=worked.WEIGHED[1])
    assert any("100 problems go" in said.value for said in app.success)


@pytest.mark.slow
def test_no_bound_by_share_lets_half_of_the_threads_go() -> None:
    """Of all that are offered; and some by length do, neither the first of them nor the last."""
    good = {
        (below, by_length)
        for below in exercises.BELOW
        for by_length in (False, True)
        if solves(below, by_length)
    }
    assert good and all(by_length for _, by_length in good)
    bounds = sorted(below for below, _ in good)
    assert bounds[0] == BY_LENGTH
    assert exercises.BELOW[0] < bounds[0] and bounds[-1] < exercises.BELOW[-1]


def test_a_number_in_a_link_may_be_written_plainly(book: Any) -> None:
    app = book(PAGE, reveal="1", ch51_w0="-1", ch51_w1="0.0", ch51_below="0.05")
    assert not any("does not allow" in info.value for info in app.info)
    for name, value in (("w0", -1.0), ("w1", 0.0), ("below", 0.05)):
        assert app.session_state[f"ch51_{name}"] == value
