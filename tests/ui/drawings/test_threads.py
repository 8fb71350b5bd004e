"""components.ui.drawings.threads: shares travel as they are; a cut that comes back is checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import threads
from components.ui.drawings.threads import MOST_NOTES, MOST_TOKENS, read_cut, threads_data

# ---------------------------------------------------------------- what the front end is tried on

NOTES = ("token", "attention 0", "FFN 0", "attention 1", "FFN 1")
READINGS = (*NOTES[1:], "end")


def thrown_shares() -> np.ndarray:
    """Of four tokens, (T, R, N), thrown by dice with a seed; what is not there yet is NaN."""
    shares = np.random.default_rng(14).exponential(size=(4, len(READINGS), len(NOTES))) ** 2
    shares[:, ~np.tri(len(NOTES), dtype=bool)] = np.nan
    return np.round(shares / np.nansum(shares, axis=2, keepdims=True), 4)


def threads_over_depth() -> Case:
    shares = thrown_shares()

    def read(table: np.ndarray) -> list[dict[str, Any]]:
        rows = [row[~np.isnan(row)] for row in table]
        return [{"shares": row.tolist(), "ranked": np.argsort(-row).tolist()} for row in rows]

    def placed(row: np.ndarray) -> list[float]:
        """Of each thread the middle, if the last note's lies first and all of them from -1/2."""
        ends = np.cumsum(row[::-1])
        return (ends - row[::-1] / 2 - 0.5)[::-1].tolist()

    def show() -> None:
        threads.show_threads(
            "k", "7*8=", NOTES, READINGS, shares, alt="Threads", cuttable=True, seconds=4
        )

    mean = read(shares.mean(axis=0))
    return case(
        threads,
        show,
        {
            "mean": mean,
            "tokens": [read(table) for table in shares],
            "even": [[1 / n] * n for n in range(1, len(READINGS) + 1)],
            "places": [placed(np.array(one["shares"])) for one in mean],
        },
    )


CASES = {"threads": threads_over_depth}


# ---------------------------------------------------------------- what Python sends

TEXT = "7*8="


def equal_shares(n_token: int, readings: int, notes: int) -> np.ndarray:
    """Of each reading as many notes as are written before it."""
    there = np.tri(readings, notes, notes - readings, dtype=bool)
    shares = np.where(there, 1 / there.sum(axis=1, keepdims=True), np.nan)
    return np.broadcast_to(shares, (n_token, readings, notes))


def test_the_shares_of_what_is_there_travel_in_four_places() -> None:
    shares = thrown_shares()
    sent = threads_data(TEXT, NOTES, READINGS, shares)
    assert (sent["tokens"], sent["notes"]) == ([*TEXT], [*NOTES])
    for t, pattern in enumerate(sent["shares"]):
        assert pattern == [shares[t, r, : r + 1].tolist() for r in range(len(READINGS))]
    with_none = [[[None if np.isnan(x) else x for x in row] for row in one] for one in shares]
    assert threads_data(TEXT, NOTES, READINGS, with_none) == sent
    thirds = threads_data("7", NOTES, READINGS, equal_shares(1, 5, 5))
    assert thirds["shares"][0][2] == [0.3333] * 3


def test_who_reads_nothing_but_the_token_may_be_left_out() -> None:
    sent = threads_data(TEXT, NOTES, READINGS[1:], thrown_shares()[:, 1:])
    assert [len(row) for row in sent["shares"][0]] == [2, 3, 4, 5]
    end = threads_data(TEXT, NOTES, ["end"], thrown_shares()[:, -1:])
    assert [len(row) for row in end["shares"][0]] == [5]


def test_a_reading_may_read_fewer_notes_than_are_written() -> None:
    shares = equal_shares(4, 5, 5).copy()
    shares[:, 3] = [0.5, 0.5, np.nan, np.nan, np.nan]
    assert threads_data(TEXT, NOTES, READINGS, shares)["shares"][2][3] == [0.5, 0.5]


def test_as_many_as_can_be_drawn_are_not_too_many() -> None:
    notes = [f"note {i}" for i in range(MOST_NOTES)]
    shares = equal_shares(MOST_TOKENS, MOST_NOTES, MOST_NOTES)
    sent = threads_data("7" * MOST_TOKENS, notes, [*notes[1:], "end"], shares)
    assert len(sent["shares"]) == MOST_TOKENS
    assert len(sent["shares"][0]) == MOST_NOTES


def test_what_cannot_be_drawn_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ("", NOTES, READINGS, "0 tokens; 1 to 64 can be drawn"),
        ("7" * 65, NOTES, READINGS, "65 tokens; 1 to 64"),
        (TEXT, (), READINGS, "0 notes; 1 to 26 can be drawn"),
        (TEXT, ("x",) * 27, READINGS, "27 notes; 1 to 26"),
        (TEXT, NOTES, (), "0 readings; 1 to 5 can be drawn"),
        (TEXT, NOTES, (*READINGS, "more"), "6 readings; 1 to 5"),
        (TEXT, NOTES, ("FFN 0", *READINGS[1:]), "'FFN 0' writes the note 'attention 0'; one name"),
        ("7*8", NOTES, READINGS, r"shares of shape \(4, 5, 5\); \(3, 5, 5\) is wanted"),
        (TEXT, NOTES, READINGS[1:], r"shares of shape \(4, 5, 5\); \(4, 4, 5\) is wanted"),
    ]
    assert (
        not_refused(
            lambda text, notes, readings: threads_data(text, notes, readings, thrown_shares()),
            cases,
        )
        == []
    )


FIRST = "'FFN 0' must read the first notes, 1 to 2, the same at every token"


def test_shares_that_are_none_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ([0.5, 0.4, np.nan, np.nan, np.nan], "of 'FFN 0' at token 3 sum to 0.9; 1 is wanted"),
        ([0.5, 0.502, np.nan, np.nan, np.nan], "sum to 1.002; 1 is wanted"),
        ([1.5, -0.5, np.nan, np.nan, np.nan], "of 'FFN 0' at token 3 is -0.5; 0 to 1 is wanted"),
        ([0.5, np.inf, np.nan, np.nan, np.nan], "of 'FFN 0' at token 3 is inf; 0 to 1"),
        ([1, np.nan, np.nan, np.nan, np.nan], FIRST),
        ([np.nan, 1, np.nan, np.nan, np.nan], FIRST),
        ([0.4, 0.4, 0.2, np.nan, np.nan], FIRST),
        ([np.nan] * 5, FIRST),
    ]

    def drawn(row: list[float]) -> None:
        shares = thrown_shares()
        shares[2, 1] = row
        threads_data(TEXT, NOTES, READINGS, shares)

    assert not_refused(drawn, cases) == []


def test_a_note_that_is_not_written_yet_cannot_be_read_at_any_token() -> None:
    shares = thrown_shares()
    shares[:, 0] = [0.5, 0.5, np.nan, np.nan, np.nan]
    with pytest.raises(ValueError, match="'attention 0' must read the first notes, 1 to 1,"):
        threads_data(TEXT, NOTES, READINGS, shares)


def test_a_cut_is_one_that_is_there_whatever_the_browser_sent() -> None:
    cuts: list[tuple[object, tuple[int, int] | None]] = [
        ({"reading": 0, "note": 0}, (0, 0)),
        ({"reading": 2, "note": 2, "more": "is passed over"}, (2, 2)),
        ({"reading": 1, "note": 2}, None),
        ({"reading": 3, "note": 0}, None),
        ({"reading": -1, "note": 0}, None),
        ({"reading": 1, "note": -1}, None),
        ({"reading": True, "note": 0}, None),
        ({"reading": 1.0, "note": 0}, None),
        ({"reading": "1", "note": 0}, None),
        ({"reading": 1}, None),
        *(([1, 0], None), ("cut", None), (7, None), (None, None)),
    ]
    assert [sent for sent, cut in cuts if read_cut(sent, n_read=[1, 2, 3]) != cut] == []


@pytest.mark.parametrize(
    ("state", "cut"),
    [
        ({}, None),
        ({"k": {"cut": None}}, None),
        ({"k": {"cut": {"reading": 4, "note": 1}}}, threads.Cut(4, 1)),
        ({"k": {"cut": {"reading": 5, "note": 1}}}, None),
    ],
)
def test_what_is_cut_now_is_returned_and_sent_below_the_same_digest(
    monkeypatch: pytest.MonkeyPatch, state: dict[str, Any], cut: threads.Cut | None
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(threads, "component", lambda data, **_: sent.append(data))

    def show(state: dict[str, Any], *, cuttable: bool) -> threads.Cut | None:
        monkeypatch.setattr(threads.st, "session_state", state)
        shares = thrown_shares()
        return threads.show_threads(
            "k", TEXT, NOTES, READINGS, shares, alt="Threads", cuttable=cuttable
        )

    assert show(state, cuttable=True) == cut
    assert sent[0]["cut"] == (cut and cut._asdict())
    show({}, cuttable=True)
    assert sent[0]["digest"] == sent[1]["digest"]
    assert show(state, cuttable=False) is None
    assert sent[2]["cut"] is None
