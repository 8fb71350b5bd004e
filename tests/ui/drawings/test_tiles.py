"""components.ui.drawings.tiles: scores travel as far as a query sees, the browser is held to what
lab's loop moves and keeps, and what is no walk is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import tiles
from components.ui.drawings.tiles import HTML, Opened, tiles_data
from lab.by_hand.flash import (
    H100_MEMORIES,
    PROCESSORS,
    SlowMemory,
    flash_attention,
    moved_by_plain,
    plain_attention,
    shared_bandwidth,
)

# ---------------------------------------------------------------- what the front end is tried on

TOKENS, SIZE = "37*48=6771", 3
N = len(TOKENS)
RNG = np.random.default_rng(5)
SCORES = np.round(RNG.normal(size=(N, N)) * 3, 2)
VALUES = np.round(RNG.normal(size=(N, 2)), 2)
CUTS = [(rows, columns) for rows in (1, 4, 10) for columns in (3, 5, 10)]
OPENED = Opened(7, 4, 3)


def tiles_and_cards() -> Case:
    def show() -> None:
        tiles.show_tiles(
            "k",
            TOKENS,
            SCORES,
            VALUES,
            size=SIZE,
            parts=[("problem", 0, 6), ("answer", 6, 10)],
            rows=(1, 4, 10),
            columns=(3, 5, 10),
            opened=OPENED,
            alt="A walk",
            seconds=4,
        )

    walks = [
        {"rows": rows, "columns": columns, "plain": plain(), "steps": walked(rows, columns)}
        for rows, columns in CUTS
    ]
    return case(tiles, show, walks)


def plain() -> int:
    """As lab's own loop moves it."""
    memory = SlowMemory()
    Q = np.zeros((N, SIZE))
    plain_attention(Q, Q, Q, scale=1.0, memory=memory)
    assert memory.moved == moved_by_plain(N, N, SIZE, SIZE)
    return memory.moved


class Watched(SlowMemory):
    """Says after each tile of a row what was moved by then, and who met.

    The number of a token stands first in its rows of Q and V.
    """

    def __init__(self, Q: np.ndarray, V: np.ndarray) -> None:
        super().__init__()
        self.Q, self.V = Q, V
        self.queries = [0, 0]
        self.steps: list[dict[str, Any]] = []

    def fetch(self, x: np.ndarray) -> np.ndarray:
        fetched = super().fetch(x)
        tokens = [int(x[0, 0]), int(x[-1, 0]) + 1]
        if x.base is self.Q:
            self.queries = tokens
        if x.base is self.V:
            self.steps.append({"queries": self.queries, "keys": tokens})
            self.note()
        return fetched

    def put(self, there: np.ndarray, x: np.ndarray) -> None:
        super().put(there, x)
        self.note()

    def note(self) -> None:
        self.steps[-1] |= {"read": self.read, "written": self.written}


def walked(rows: int, columns: int) -> list[dict[str, Any]]:
    """What lab's own loop fetches and puts, and what each row of the tile has kept by then."""
    Q, K, V = (np.arange(N)[:, None] + np.zeros(SIZE) for _ in range(3))
    memory = Watched(Q, V)
    flash_attention(Q, K, V, scale=0.1, rows=rows, columns=columns, memory=memory)
    for step in memory.steps:
        step["kept"] = [kept(row, step["keys"][1]) for row in range(*step["queries"])]
    return memory.steps


def kept(row: int, end: int) -> dict[str, Any]:
    """m, l and O of the keys before `end` that a query sees, computed anew."""
    scores, values = SCORES[row, : row + 1][:end], VALUES[: row + 1][:end]
    powers = np.exp(scores - scores.max())
    return {
        "m": float(scores.max()),
        "l": float(powers.sum()),
        "O": (powers @ values).tolist(),
    }


CASES = {"tiles": tiles_and_cards}


# ---------------------------------------------------------------- what Python sends

GIVEN: dict[str, Any] = {
    "tokens": TOKENS,
    "scores": SCORES,
    "values": VALUES,
    "size": SIZE,
    "rows": (1, 4, 10),
    "columns": (3, 5),
    "opened": OPENED,
}


def test_every_score_that_a_query_sees_travels_and_no_other() -> None:
    sent = tiles_data(**GIVEN)
    assert [len(row) for row in sent["scores"]] == [*range(1, N + 1)]
    assert all(row == SCORES[i, : i + 1].tolist() for i, row in enumerate(sent["scores"]))
    assert sent["values"] == VALUES.tolist() and sent["opened"] == [7, 4, 3, "written"]
    hidden: dict[str, Any] = {"scores": np.where(np.tri(N, dtype=bool), SCORES, -np.inf)}
    assert tiles_data(**GIVEN | hidden)["scores"] == sent["scores"]


def test_what_is_no_walk_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"tokens": ""}, "tokens=0 must be a whole number from 1 to 64"),
        ({"rows": (0,)}, "rows=0 must be a whole number from 1 to 10"),
        ({"columns": (3, 11)}, "columns=11 must be a whole number from 1 to 10"),
        ({"size": 0}, "size=0 must be a whole number from 1"),
        ({"scores": SCORES[1:]}, r"scores of shape \(9, 10\); \(10, 10\) is wanted"),
        ({"values": VALUES[1:]}, r"values of shape \(9, 2\); \(10, D\) with D from 1 to 8"),
        ({"values": np.ones((N, 9))}, r"values of shape \(10, 9\)"),
        ({"scores": np.where(SCORES[4, 2] == SCORES, np.nan, SCORES)}, "is not finite"),
        ({"opened": Opened(10, 4, 3)}, "row=10; it is one of"),
        ({"opened": Opened(7, 5, 3)}, r"rows=5; it is one of \[1, 4, 10\]"),
        ({"opened": Opened(7, 4, 3, "none")}, "order='none'; it is one of"),
    ]
    assert not_refused(lambda other: tiles_data(**{**GIVEN, **other}), cases) == []


def test_the_memories_of_the_picture_are_those_of_the_processor_that_the_page_computes_with() -> (
    None
):
    hbm, _, shared, _ = H100_MEMORIES
    (h100,) = (processor for processor in PROCESSORS if processor.name == "H100")
    assert hbm.speed == f"{h100.bandwidth / 1e12:.2f} TB/s"
    assert f"{h100.fast_bytes // 1024} KB" in shared.size
    assert 5 * h100.bandwidth < shared_bandwidth() < 20 * h100.bandwidth
    assert all(memory.source.startswith("https://") for memory in H100_MEMORIES)
    assert all(f"<b>{memory.name}</b>" in HTML for memory in (hbm, shared))
