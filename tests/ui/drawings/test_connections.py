"""components.ui.drawings.connections: tables and texts travel as they are; what does not fit is
refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import connections
from components.ui.drawings.connections import (
    MOST,
    Connection,
    Cuts,
    Often,
    Part,
    Text,
    Width,
    connections_data,
)

# ---------------------------------------------------------------- what the front end is tried on

SOURCES = ("token", "attention 0", "FFN 0", "attention 1", "FFN 1")
READERS = (*SOURCES[1:], "end")
PARTS = (
    Part(0, 2, "", "operand", None),
    Part(2, 3, "", "operator", None),
    Part(3, 5, "", "operand", None),
    Part(5, 6, "", "operator", None),
    Part(6, 9, "37 × 8", "working", 296),
    Part(9, 10, "", "operator", None),
    Part(10, 14, "37 × 40", "working", 1480),
    Part(14, 15, "", "operator", None),
    Part(15, 19, "product", "answer", 1776),
    Part(19, 20, "", "operator", None),
)
PLACES = [f"token {i}" for i in range(6, 20)]
WHOLE = Text("37*48=692+0841=6771$", [], [], [296, 1480, 1776])
DEAD = Text("37*48=282+0441=2271$", [6, 7, 11, 15, 16], [15, 16], [282, 1440, 1722])
"""Products that are wrong, and their sum."""
NO_NUMBER = Text("37*48=6+2+0841=6771$", [7], [], None)
WRONG_SUM = Text("37*48=692+0841=7771$", [15], [], [296, 1480, 1777])
CUT = Connection(2, 1)


def thrown() -> np.ndarray:
    """(R, N), thrown by dice with a seed; what is not there yet is NaN."""
    table = np.random.default_rng(14).exponential(size=(len(READERS), len(SOURCES))) ** 2
    table[~np.tri(len(SOURCES), dtype=bool)] = np.nan
    return np.round(table / np.nansum(table, axis=1, keepdims=True), 4)


def widths() -> list[Width]:
    lost = np.where(np.isnan(thrown()), np.nan, 0.5)
    return [
        Width("amount", "{share} of what {reader} reads of {source}", thrown()),
        Width("lost", "{share} go wrong", lost, bundled=False),
    ]


def often() -> list[Often]:
    return [Often("digits", 3000, [[100 * r + n for n in range(r + 1)] for r in range(5)])]


def all_cuts(**changed: Any) -> Cuts:
    usual: dict[str, Any] = {
        "sources": SOURCES,
        "readers": READERS,
        "widths": widths(),
        "parts": PARTS,
        "places": PLACES,
        "whole": WHOLE,
        "without": {CUT: DEAD},
        "often": often(),
        "of": "in so many problems",
    }
    return Cuts(**(usual | changed))


def connections_over_depth() -> Case:
    without = {Connection(r, n): WHOLE for r in range(5) for n in range(r + 1)}
    without |= {CUT: DEAD, Connection(2, 0): NO_NUMBER, Connection(4, 4): WRONG_SUM}

    def placed(row: np.ndarray) -> list[float]:
        """Of each arc the middle, if the last one lies first and all of them from -1/2."""
        ends = np.cumsum(row[::-1]) / row.sum()
        return (ends - row[::-1] / row.sum() / 2 - 0.5)[::-1].tolist()

    def show() -> None:
        cuts = all_cuts(without=without)
        connections.show_connections("k", cuts, CUT, alt="Connections", seconds=4)

    rows = [row[~np.isnan(row)] for row in thrown()]
    return case(
        connections,
        show,
        {
            "ranked": [np.argsort(-row).tolist() for row in rows],
            "places": [placed(row) for row in rows],
        },
    )


CASES = {"connections": connections_over_depth}


# ---------------------------------------------------------------- what Python sends


def sent(*, cut: Connection = CUT, **changed: Any) -> dict[str, Any]:
    return connections_data(all_cuts(**changed), cut)


def test_of_each_part_what_is_there_travels_in_four_places() -> None:
    data = sent()
    for r, row in enumerate(data["widths"][0]["table"]):
        assert row == thrown()[r, : r + 1].tolist()
    assert data["cuts"]["2 1"]["text"] == DEAD.text
    assert data["given"] == len("37*48=")


def test_who_reads_nothing_but_the_token_may_be_left_out() -> None:
    table = thrown()[1:]
    data = sent(readers=READERS[1:], widths=[Width("amount", "", table)])
    assert [len(row) for row in data["widths"][0]["table"]] == [2, 3, 4, 5]


def table_with(row: list[float]) -> dict[str, Any]:
    table = thrown()
    table[1] = row
    return {"widths": [Width("amount", "", table)]}


def test_what_cannot_be_drawn_is_refused() -> None:
    nan = np.nan
    first = "'FFN 0' must read the first 2 contributions"
    cases: list[tuple[Any, ...]] = [
        ({"sources": (), "readers": ()}, f"0 parts that read 0 contributions; 1 to {MOST} can"),
        ({"sources": ("x",) * 27}, "5 parts that read 27 contributions"),
        ({"readers": ("FFN 0", *READERS[1:])}, "'FFN 0' writes 'attention 0'; one name"),
        ({"cut": Connection(1, 1)}, r"no text of Connection\(reader=1, source=1\)"),
        ({"without": {CUT: Text("37", [], [], None)}}, "texts of other lengths than 20"),
        (table_with([0.5, 0.4, nan, nan, nan]), "'amount' of 'FFN 0' sums to 0.9; 1 is wanted"),
        (table_with([1.5, -0.5, nan, nan, nan]), "'amount' of 'FFN 0' is not within 0 to 1"),
        (table_with([1, nan, nan, nan, nan]), first),
        (table_with([0.4, 0.4, 0.2, nan, nan]), first),
    ]
    assert not_refused(lambda changed: sent(**changed), cases) == []


@pytest.mark.parametrize(("state", "wanted"), [({}, []), ({"chosen": [2, 0, 1]}, [((2, 0), 1)])])
def test_what_a_reader_chose_is_handed_on(
    monkeypatch: pytest.MonkeyPatch, state: dict[str, Any], wanted: list[Any]
) -> None:
    heard: list[Any] = []
    calls: list[Any] = []
    monkeypatch.setattr(connections, "component", lambda **call: calls.append(call))
    monkeypatch.setattr(connections, "sent_by", lambda key, name: state.get(name))
    cuts = all_cuts(without={CUT: DEAD, Connection(2, 0): WHOLE})
    for cut in cuts.without:
        connections.show_connections(
            "k",
            cuts,
            cut,
            alt="Connections",
            on_change=lambda cut, width: heard.append((cut, width)),
        )
    calls[0]["on_chosen_change"]()
    assert heard == wanted
    assert calls[0]["data"]["digest"] == calls[1]["data"]["digest"]
