"""Chapter 5, second page, as a reader sets it: the shares, the cuts and the counts are lab's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shown import charts, text_of

from components.ui.chapters.ch51 import claims, exercises, probes, worked
from components.ui.chapters.ch51.claims import over_plain, over_plain_at_first
from lab import statistics as ratios
from lab.interp.depth import readings_of
from lab.readings import Ratio
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
        f"{claims.growth('plain', 'the stream').value(rows('residuals')):.1f} times as long",
        worked.is_faster(worked.race_runs()),
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
    assert 0 <= worked.largest_difference() < 1e-9


def test_every_reading_shares_out_the_whole() -> None:
    found = probes.shares_of(7, 8)
    assert found.shares.shape == (len(found.tokens), len(found.readers), len(found.sources))
    there = np.isfinite(found.shares).sum(axis=2)
    config = load_run(probes.RUN).model.config
    assert (there == [r.n_source for r in readings_of(config)]).all()
    assert np.allclose(np.nansum(found.shares, axis=2), 1)


def test_a_bad_operand_keeps_the_last_sum(book: Any) -> None:
    app = book(PAGE, figure="whom", ch51_a="58", ch51_b="76")
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
    assert probes.write_with_cut(a, b).text == right
    assert probes.write_with_cut(a, b, cut[1:]).text != right


def test_the_map_of_threads_is_that_of_the_record(book: Any) -> None:
    (cells,) = charts(
        book(PAGE, figure="cut", ch51_kind=worked.KINDS["sum"]), "row", "column", "value"
    )
    wrong = worked.wrong_when_cut(rows("threads"), "sum")
    assert len(cells) == np.isfinite(wrong).sum()
    assert np.isclose(sum(cell["value"] for cell in cells), np.nansum(wrong))


def test_points_of_the_race_are_the_seeds_of_the_record(book: Any, seen: Any) -> None:
    shallow = select(rows("residuals_race"), part="race")
    race = [*shallow, *select(rows("residuals"), part="race", depth=6)]
    (points,) = charts(seen(PAGE, reveal="1"), "depth", "arm", "seed", "value", "came")
    assert len(points) == len(race)
    (losses,) = charts(
        book(PAGE, figure="race", ch51_what=worked.LOSS), "depth", "arm", "came", "value"
    )
    assert sorted(p["value"] for p in losses) == sorted(row["loss"] for row in race)


def test_what_prose_concludes_of_the_race_is_so() -> None:
    """No interval leaves one out, but that of groups in the first race, on few problems."""

    def found(question: Ratio) -> ratios.Ratio:
        record = rows(Path(question.path).stem)
        return ratios.ratio_of_medians(question.one.values(record), question.other.values(record))

    questions = [
        *(over_plain(3, arm, goal) for arm in ("full", "block", "fixed") for goal in (0.05, 0.01)),
        *(over_plain(6, arm) for arm in ("full", "block")),
    ]
    assert all(found(question).low <= 1 <= found(question).high for question in questions)
    assert found(over_plain_at_first("block")).high < 1
    assert worked.is_faster(worked.race_runs()) == worked.FASTER[2]
    (cost,) = select(rows("residuals_race"), part="cost")
    plain = cost["seconds"].pop("plain")[1]
    assert all(median > plain for _, median, _ in cost["seconds"].values())
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
    found = probes.thinned(below, by_length)
    return (
        round(100 * found.cut / found.connections) >= exercises.HALF
        and found.errors <= exercises.FEW
    )


def test_only_by_length_half_of_the_threads_can_go(book: Any) -> None:
    """And not with the first bound or the last that is offered."""
    below = BY_LENGTH
    assert solves(below, by_length=True) and not solves(below, by_length=False)
    first, *_, last = exercises.BELOW
    assert not any(
        solves(bound, by_length) for bound in (first, last) for by_length in (True, False)
    )
    app = book(PAGE, figure="ex_thin", ch51_below=f"{below:g}", ch51_cut_by=worked.WEIGHED[1])
    assert any("problems go wrong" in said.value for said in app.success)


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
