"""components.ui.drawings.notebook: mistakes travel as they were noted; what is none is refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import notebook
from components.ui.drawings.notebook import (
    MOST_MISTAKES,
    MOST_ROUNDS,
    Mistake,
    n_moment,
    notebook_data,
)
from lab.data.problems import Format

# ---------------------------------------------------------------- what the front end is tried on

BOOK: list[tuple[int, str]] = [
    *((1, after) for after in ("0000", "1000", "0101", "1111")),
    *((3, "00"), (1, "0011"), (3, "10"), (4, "1")),
]
"""When a mistake is noted, and whether (1) it is still one after that round and each later one."""
STUDIED = [
    "Round 1, studied: 2 of 5 in the book are still wrong.",
    "Round 2, studied: 2 of 5 in the book are wrong, 1 of them came back.",
    "Round 3, studied: 3 of 7 in the book are wrong, 1 of them came back.",
    "Round 4, studied: 4 of 8 in the book are wrong, 2 of them came back.",
]


def thrown_mistakes() -> list[notebook.Mistake]:
    """A digit of the working of a sum is spoiled; which, and how sure of it, is thrown by dice."""
    dice = np.random.default_rng(17)
    form = Format("cot_reversed", 2, 2)
    slots = [slot for field in form.written for slot in field.positions]

    def spoiled(noted: int, after: str) -> notebook.Mistake:
        a, b = dice.integers(10, 100, size=2).tolist()
        text, slot = form.text(a, b), int(dice.choice(slots))
        question = text.partition("=")[0] + "="
        return notebook.Mistake(
            sum=question,
            before=text[len(question) : slot][-8:],
            written=str((int(text[slot]) + dice.integers(1, 10)) % 10),
            right=text[slot],
            after=text[slot + 1 : slot + 4],
            kind=form.field_at(slot).label,
            belief=round(dice.uniform(0.3, 1), 4),
            noted=noted,
            wrong_after=[wrong == "1" for wrong in after],
        )

    return [spoiled(*one) for one in BOOK]


def book_of_errors() -> Case:
    """Round after round, by the notes that were taken of each mistake so far."""
    book, n_round = thrown_mistakes(), len(STUDIED)
    lines = sorted(book, key=lambda mistake: mistake.noted)
    notes: dict[str, list[bool]] = {}
    moments: list[dict[str, Any]] = []

    def stands(wrong: list[bool] | None) -> str | None:
        if not wrong:
            return None if wrong is None else "noted"
        return ("back" if False in wrong else "wrong") if wrong[-1] else "mended"

    def boxes(mistake: notebook.Mistake) -> list[str]:
        filled = ["wrong" if wrong else "right" for wrong in notes.get(mistake.sum, [])]
        none = ["none"] * (mistake.noted - 1)
        return (none + filled + ["open"] * n_round)[:n_round]

    def look(when: str, said: str) -> None:
        stand = [stands(notes.get(mistake.sum)) for mistake in lines]
        every = [boxes(mistake) for mistake in lines]
        moments.append({"when": when, "said": said, "standings": stand, "boxes": every})

    look("Before round 1", "The book is empty.")
    for number, studied in enumerate(STUDIED, start=1):
        for one in (mistake for mistake in book if mistake.noted == number):
            notes[one.sum] = []
            slip = f"{one.sum} goes wrong, {one.written} where {one.right} belongs ({one.kind})"
            look(f"Round {number} of 4, evaluated", f"Round {number}, evaluated: {slip}.")
        for one in (mistake for mistake in book if mistake.sum in notes):
            notes[one.sum].append(one.wrong_after[number - one.noted])
        look(f"Round {number} of 4, studied", studied)
    return case(
        notebook,
        lambda: notebook.show_notebook("k", book, n_round, alt="An error book", seconds=4),
        moments,
    )


CASES = {"notebook": book_of_errors}


# ---------------------------------------------------------------- what Python sends


def one(**changed: Any) -> Mistake:
    kind = "partial product 1"
    slip = Mistake("37*48=", "692+0", "9", "8", "41=", kind, 0.84, 2, [True, False])
    return replace(slip, **changed)


def test_mistakes_travel_in_the_order_of_their_rounds_and_then_as_they_were_given() -> None:
    book = thrown_mistakes()
    sent = notebook_data(book, 4)["mistakes"]
    assert [mistake["noted"] for mistake in sent] == [1] * 5 + [3, 3, 4]
    early = [mistake.sum for mistake in book if mistake.noted == 1]
    assert [mistake["sum"] for mistake in sent[:5]] == early
    for mistake in book:
        assert vars(mistake) in sent


def test_numbers_of_numpy_travel_as_plain_ones() -> None:
    (sent,) = notebook_data(
        [one(belief=np.float64(1) / 3, wrong_after=np.array([True, False]))], 3
    )["mistakes"]
    assert sent["belief"] == 0.3333
    assert [type(wrong) for wrong in sent["wrong_after"]] == [bool, bool]
    assert sent["wrong_after"] == [True, False]


def test_it_rests_at_the_last_moment_or_at_the_one_that_is_asked_for() -> None:
    book = thrown_mistakes()
    assert n_moment(book, 4) == 1 + 8 + 4
    assert [notebook_data(book, 4, at)["at"] for at in (None, 0, 5, 12)] == [12, 0, 5, 12]


def test_as_many_as_can_be_shown_are_not_too_many() -> None:
    full = [one(noted=1, wrong_after=[False] * MOST_ROUNDS)] * MOST_MISTAKES
    sent = notebook_data(full, MOST_ROUNDS)
    assert (len(sent["mistakes"]), sent["at"]) == (MOST_MISTAKES, MOST_MISTAKES + MOST_ROUNDS)


def test_a_mistake_may_be_the_first_or_the_last_token() -> None:
    (sent,) = notebook_data([one(before="", after="", belief=1)], 3)["mistakes"]
    assert (sent["before"], sent["after"], sent["belief"]) == ("", "", 1.0)


def test_a_mistake_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        one().sum = "another"  # pyright: ignore[reportAttributeAccessIssue]


def test_what_is_no_mistake_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"written": ""}, r"'37\*48=': written='' must be one character"),
        ({"written": "98"}, "written='98' must be one character"),
        ({"right": "84"}, "right='84' must be one character"),
        ({"right": "9"}, r"'37\*48=': '9' is written and right: no mistake"),
        ({"belief": 1.01}, r"'37\*48=': belief=1.01 must be a number from 0 to 1"),
        ({"belief": -0.1}, "belief=-0.1 must be a number from 0 to 1"),
        ({"belief": float("nan")}, "belief=nan must be a number from 0 to 1"),
        ({"noted": 0}, r"'37\*48=': noted=0 must be a whole number from 1 to 3"),
        ({"noted": 4}, "noted=4 must be a whole number from 1 to 3"),
        ({"wrong_after": [True]}, "wrong_after of 1 rounds; it was noted in round 2 of 3, so 2 is"),
        ({"wrong_after": [True] * 3}, "wrong_after of 3 rounds; it was noted in round 2 of 3"),
    ]
    assert not_refused(lambda changed: notebook_data([one(), one(**changed)], 3), cases) == []


def test_no_mistake_and_too_many_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [(n, f"{n} mistakes; 1 to 24 can be shown") for n in [0, 25]]
    assert not_refused(lambda n: notebook_data([one()] * n, 3), cases) == []


def test_no_round_and_too_many_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        (n_round, f"n_round={n_round} must be a whole number from 1 to 8") for n_round in [0, 9]
    ]
    assert not_refused(lambda n_round: notebook_data([one()], n_round), cases) == []


def test_a_moment_that_is_none_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        (at, f"at={at} must be a whole number from 0 to 4") for at in [-1, 5]
    ]
    assert not_refused(lambda at: notebook_data([one()], 3, at), cases) == []


def test_what_is_drawn_is_sent_with_its_words_and_a_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(notebook, "component", lambda data, **_: sent.append(data))
    for at in (1, 1, None):
        notebook.show_notebook("k", [one()], 3, alt="A book", at=at, seconds=2)
    same, again, other = (data["digest"] for data in sent)
    assert (sent[0]["alt"], sent[0]["seconds"], sent[0]["at"]) == ("A book", 2, 1)
    assert same == again != other
