"""components.ui.drawings.cut: outcomes travel as they are; sets that do not fit are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import cut
from components.ui.drawings.cut import Boards, Cells, LeftOut, Outcome, Unit, cut_data, show_cut

# ---------------------------------------------------------------- what the front end is tried on

N_LAYER, N_HEAD = 2, 2


def units() -> list[Unit]:
    """Step by step, layer by layer: two heads of the upper layer, and each FFN."""
    found = list[Unit]()
    for step in range(2):
        for layer in range(N_LAYER):
            heads = range(N_HEAD) if layer else ()
            found += [
                Unit(step, layer, "head", f"Head {h} of layer {layer}, step {step}", f"{h}", 64)
                for h in heads
            ]
            found.append(Unit(step, layer, "ffn", f"FFN {layer}, step {step}", "F", 256))
    return found


UNITS = units()
FFN_TENS, FFN_UNITS = 0, 4
"""Of layer 0, where the tens are written, and the units."""


def outcome(text: str, *copied: int) -> Outcome:
    shares = [[1.0 if digit == int(written) else 0.0 for digit in range(10)] for written in text]
    return Outcome(text, shares, [1.0 if i in copied else 0.25 for i in range(len(UNITS))])


def boards(**changed: Any) -> Boards:
    sets: dict[Cells, Outcome] = {
        (): outcome("56"),
        **{(i,): outcome("56", i) for i in range(len(UNITS))},
    }
    sets[(FFN_TENS,)] = outcome("64", FFN_TENS)
    sets[(FFN_UNITS,)] = outcome("53", FFN_UNITS)
    sets[(FFN_TENS, FFN_UNITS)] = outcome("63", FFN_TENS, FFN_UNITS)
    sets[(1, 5)] = outcome("56", 1, 5)
    usual: dict[str, Any] = {
        "headline": "Drag a cell, or press it.",
        "problems": ("7 × 8", "7 × 9"),
        "writes": ("56", "63"),
        "steps": ("tens", "units"),
        "units": UNITS,
        "left_out": [LeftOut(0, 0, "0", "A typed digit."), LeftOut(1, -1, "embeddings", "All.")],
        "total": sum(unit.numbers for unit in UNITS),
        "sets": sets,
        "path": (FFN_UNITS, FFN_TENS),
        "others": [(1, 5)],
        "turned": 1,
        "n": 100,
    }
    return Boards(**(usual | changed))


def smallest_cut() -> Case:
    """Expected: of each unit, which others a copy of it may change."""

    def can(i: int, j: int) -> bool:
        one, other = UNITS[i], UNITS[j]
        if one.step == other.step:
            after = (other.layer, other.kind == "ffn") > (one.layer, one.kind == "ffn")
            return after
        return other.step > one.step and other.layer > one.layer

    reach = [[j for j in range(len(UNITS)) if can(i, j)] for i in range(len(UNITS))]
    return case(cut, lambda: show_cut("key", boards(), (), alt="Three grids"), reach)


CASES = {"cut": smallest_cut}

# ---------------------------------------------------------------- what travels


def test_sets_travel_by_their_cells_and_shares_in_thousandths() -> None:
    data = cut_data(boards(), ())
    assert data["sets"]["0 4"]["text"] == "63" and data["sets"][""]["text"] == "56"
    assert data["sets"]["4"]["shares"][1][3] == 1000 and data["sets"]["4"]["moved"][4] == 100
    assert data["path"] == [FFN_UNITS, FFN_TENS] and data["n_layer"] == N_LAYER
    assert data["others"] == {"sets": [[1, 5]], "turned": 1, "n": 100}


def test_what_does_not_fit_is_refused() -> None:
    usual = boards()

    def more(cells: tuple[int, ...], found: Outcome) -> Boards:
        return boards(sets={**usual.sets, cells: found})

    cases = [
        (more((9, 1), outcome("56")), (), "no units in rising order"),
        (more((99,), outcome("56")), (), "there are 8"),
        (more((2, 3), replace(outcome("56"), moved=[0.0])), (), "moves 1 units, 8"),
        (more((2, 3), replace(outcome("56"), text="5")), (), "'5' is not written in 2 steps"),
        (usual, (2, 3), r"no outcome of \(2, 3\)"),
    ]
    assert not_refused(cut_data, cases) == []


def test_cells_that_come_from_the_browser_are_whole_and_there(monkeypatch) -> None:
    got: list[tuple[int, ...]] = []
    hooks: dict[str, Any] = {}
    monkeypatch.setattr(cut, "component", lambda **sent: hooks.update(sent))
    show_cut("key", boards(), (), alt="", on_change=got.append)
    monkeypatch.setattr(cut, "sent_by", lambda *_: [4, 0, 0, 77, -1])
    hooks["on_chosen_change"]()
    assert got == [(0, 4)]


@pytest.mark.parametrize("chosen", [(), (0,), (0, 4)])
def test_what_is_chosen_lies_below_the_digest(monkeypatch, chosen: tuple[int, ...]) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(cut, "component", lambda data, **_: sent.append(data))
    show_cut("key", boards(), (), alt="")
    show_cut("key", boards(), chosen, alt="")
    assert sent[0]["digest"] == sent[1]["digest"] and sent[1]["chosen"] == [*chosen]
