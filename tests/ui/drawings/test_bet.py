"""components.ui.drawings.bet: nothing of the answer travels before it is told."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import accumulate
from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import bet as drawing
from components.ui.drawings.bet import COUNTS, Bet, Racer, allows, bet_data, gap, guess_in

# ---------------------------------------------------------------- what the front end is tried on

FOUND, LEARNED, ROUNDS = 50_700, 38_400, 4
"""Tokens of a round: evaluated to find mistakes, and studied."""


def a_bet() -> Bet:
    dice = np.random.default_rng(23)

    def racer(name: str, hue: str, shape: str, found: int, ends: int) -> Racer:
        middle = np.linspace(330, ends, ROUNDS + 1).astype(int)
        return Racer(
            name=name,
            about=f"how {name} are picked",
            brief=f"how {hue} is picked",
            hue=hue,
            shape=shape,
            evaluated=[found * n for n in range(ROUNDS + 1)],
            studied=[LEARNED * n for n in range(ROUNDS + 1)],
            wrong=[[330] * 5, *((m + dice.integers(-20, 21, 5)).tolist() for m in middle[1:])],
            after=(6 * ends + dice.integers(-90, 91, 5)).tolist(),
        )

    racers = [
        racer("its mistakes", "violet", "circle", FOUND, 147),
        racer("random pairs", "ochre", "square", 0, 221),
        racer("ordinary training", "teal", "diamond", 0, 51),
    ]
    return Bet(racers, n_check=1017, n_test=5932, before=1933, most=40)


SAID = [26, 20, 15, 10]


def shown(told: bool) -> None:
    drawing.show_bet(
        "k",
        a_bet(),
        SAID if told else None,
        told=told,
        again=True,
        counts="in full",
        alt="A bet",
        seconds=4,
        on_guess=print,
        on_show=print,
        on_again=print,
        on_counts=print,
    )


def by_walking(counts: float) -> dict[str, Any]:
    """Each way goes through its stretches; whenever one ends, which check has each come to?"""
    bet = a_bet()
    marks: list[list[tuple[int, int]]] = []
    for racer in bet.racers:
        found = round(counts * FOUND) if racer.evaluated[-1] else 0
        walk = list(accumulate([found, LEARNED] * ROUNDS))
        marks.append([(end, (i + 1) // 2) for i, end in enumerate(walk)])
    events = sorted({0, *(end for walk in marks for end, _ in walk)})
    checks = [
        [max((check for end, check in walk if end <= event), default=0) for walk in marks]
        for event in events
    ]
    ends = ", ".join(f"{r.name} {sorted(r.after)[2]:,}" for r in bet.racers)
    return {
        "counts": counts,
        "events": events,
        "checks": checks,
        "told": f"Test pairs wrong, of 5,932: 1,933 at the start; at the end {ends}.",
    }


def a_bet_that_is_told() -> Case:
    return case(drawing, lambda: shown(True), [by_walking(counts) for counts in COUNTS.values()])


def a_bet_that_waits() -> Case:
    return case(drawing, lambda: shown(False), None)


CASES = {"bet": a_bet_that_is_told, "bet_waiting": a_bet_that_waits}


# ---------------------------------------------------------------- what Python sends


def test_nothing_of_the_answer_travels_before_it_is_told() -> None:
    bet = a_bet()
    other = replace(
        bet,
        racers=[
            replace(r, wrong=[r.wrong[0], *[[7] * 5] * ROUNDS], after=[9] * 5) for r in bet.racers
        ],
    )
    assert bet_data(bet, None, False) == bet_data(other, None, False)
    assert bet_data(bet, None, True) != bet_data(other, None, True)


def test_medians_and_the_gap_are_those_of_the_runs() -> None:
    bet = a_bet()
    sent = bet_data(bet, SAID, True)
    for racer, told in zip(bet.racers, sent["racers"], strict=True):
        assert told["middle"] == [np.median(runs) for runs in racer.wrong]
        assert told["after"] == np.median(racer.after)
    answer = 100 * np.median(bet.racers[0].wrong[-1]) / 1017
    assert sent["gap"] == f"{round(answer) - SAID[-1]} in 100 more than you drew"
    assert (gap(20, 14.4), gap(14, 14.4)) == ("6 in 100 fewer than you drew", "as many as you drew")
    assert sent["start"] == pytest.approx(100 * 330 / 1017)


def test_numbers_of_numpy_travel_as_plain_ones() -> None:
    bet = a_bet()
    first = replace(bet.racers[0], wrong=[np.array(runs) for runs in bet.racers[0].wrong])
    sent = bet_data(replace(bet, racers=[first, *bet.racers[1:]]), SAID, True)
    assert json.loads(json.dumps(sent["racers"])) == bet_data(bet, SAID, True)["racers"]


def test_what_counts_is_no_part_of_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser has weighed the tokens anew already, and must not begin again."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(drawing, "component", lambda data, **_: sent.append(data))
    for counts in COUNTS:
        quiet: Any = dict.fromkeys(("on_guess", "on_show", "on_again", "on_counts"), print)
        drawing.show_bet("k", a_bet(), None, told=False, again=True, counts=counts, alt="", **quiet)
    assert len({data["digest"] for data in sent}) == 1
    assert [data["counts"] for data in sent] == [*COUNTS]


def test_a_link_may_say_a_guess_and_nothing_else() -> None:
    allowed, words = allows(ROUNDS, 40)
    assert words == "4 whole numbers from 0 to 40, joined by commas"
    assert allowed("26,20,15,10") and guess_in("26,20,15,10") == SAID and guess_in(None) is None
    bad = ["", "26", "26,20,15", "26,20,15,41", "26,20,15,10,5", "a,b,c,d", "-1,2,3,4", "1.5,2,3,4"]
    assert [text for text in [*bad, "²,2,3,4", "26, 20,15,10"] if allowed(text)] == []


def test_what_does_not_fit_is_refused() -> None:
    bet = a_bet()
    book = bet.racers[0]

    def data(racer: Racer, said: list[int] | None) -> None:
        bet_data(replace(bet, racers=[racer, *bet.racers[1:]]), said, True)

    cases: list[tuple[Any, ...]] = [
        (book, [1, 2, 3], r"said=\[1, 2, 3\]; 4 whole numbers up to 40"),
        (book, [1, 2, 3, 41], r"said=\[1, 2, 3, 41\]; 4 whole numbers up to 40"),
        (replace(book, evaluated=[0, 2, 1, 3, 4]), None, "evaluated=.*that do not fall"),
        (replace(book, evaluated=[1, 2, 3, 4, 5]), None, "evaluated=.*from 0 on"),
        (replace(book, evaluated=[0, 1]), None, "evaluated=.*5 numbers"),
        (replace(book, wrong=book.wrong[1:]), None, "the same runs at 5 checks"),
        (replace(book, after=[1, 2]), None, "the same runs at 5 checks"),
        (replace(book, wrong=[*book.wrong[:4], [500] * 5]), None, "is not up to 40 of 100"),
    ]
    assert not_refused(data, cases) == []
