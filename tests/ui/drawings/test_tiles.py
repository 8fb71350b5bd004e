"""components.ui.drawings.tiles: what lab counts travels; what is no tile is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import tiles
from components.ui.drawings.tiles import tiles_data
from lab.by_hand.flash import SlowMemory, flash_attention, held, plain_attention

# ---------------------------------------------------------------- what the front end is tried on

TOKENS = "37*48=6771"
WALKS: dict[str, dict[str, Any]] = {
    "ragged, causal": {"n_query": 10, "n_key": 10, "rows": 4, "columns": 3, "causal": True},
    "columns wider than rows": {"n_query": 9, "n_key": 9, "rows": 2, "columns": 5, "causal": True},
    "full": {"n_query": 6, "n_key": 8, "rows": 3, "columns": 4, "causal": False},
    "ragged, full": {"n_query": 7, "n_key": 5, "rows": 3, "columns": 2, "causal": False},
    "more than plain": {"n_query": 6, "n_key": 6, "rows": 1, "columns": 6, "causal": False},
}


def walk_over_scores() -> Case:
    sizes: dict[str, Any] = {"d_key": 3, "d_value": 2, "fast": 60}

    def show() -> None:
        first = WALKS["ragged, causal"]
        tiles.show_tiles("k", **first, **sizes, labels=TOKENS, alt="A walk", seconds=4)

    walks = [tiles.tiles_data(**walk, **sizes) for walk in WALKS.values()]
    return case(tiles, show, [{"walk": walk, "steps": walked(walk)} for walk in walks])


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


def walked(walk: dict[str, Any]) -> list[dict[str, Any]]:
    """What lab's own loop fetches and puts."""
    n_query, n_key, d_key, d_value = (
        walk[name] for name in ("n_query", "n_key", "d_key", "d_value")
    )
    Q, K, V = (
        np.arange(n)[:, None] + np.zeros(width)
        for n, width in ((n_query, d_key), (n_key, d_key), (n_key, d_value))
    )
    memory = Watched(Q, V)
    cut = {name: walk[name] for name in ("rows", "columns", "causal")}
    flash_attention(Q, K, V, scale=0.1, memory=memory, **cut)
    for step in memory.steps:
        I, J = (end - begin for begin, end in (step["queries"], step["keys"]))
        step["held"] = held(I, J, d_key, d_value)
    return memory.steps


CASES = {"tiles": walk_over_scores}


# ---------------------------------------------------------------- what Python sends

Sizes = dict[str, Any]
WALK: Sizes = {**WALKS["ragged, causal"], "d_key": 3, "d_value": 2, "fast": 60}


@pytest.mark.parametrize("name", WALKS)
def test_what_is_moved_in_all_is_what_both_ways_move(name: str) -> None:
    sent = tiles_data(**{**WALK, **WALKS[name]})
    last = walked(sent)[-1]
    assert sent["flash"] == last["read"] + last["written"]
    memory = SlowMemory()
    Q, K, V = (
        np.zeros(shape) for shape in ((sent["n_query"], 3), (sent["n_key"], 3), (sent["n_key"], 2))
    )
    plain_attention(Q, K, V, scale=1.0, memory=memory, causal=sent["causal"])
    assert sent["plain"] == memory.moved


def test_labels_travel_as_far_as_the_edges_have_room() -> None:
    assert tiles_data(**WALK, labels=TOKENS)["labels"] == [*TOKENS]
    assert tiles_data(**WALK)["labels"] == []
    for n, there in ((32, 32), (33, 0)):
        sizes: Sizes = {**WALK, "n_query": n, "n_key": n}
        sent = tiles_data(**sizes, labels=["7"] * n)
        assert len(sent["labels"]) == there


def test_one_tile_may_be_the_whole_table_and_fill_fast_memory() -> None:
    whole: Sizes = {
        "rows": 10,
        "columns": 10,
        "fast": 220,
    }  # 20 of 5 numbers, 10 of 10, m and l of 10
    assert tiles_data(**{**WALK, **whole})["fast"] == 220
    seen: Sizes = {"n_query": 64, "n_key": 64, "rows": 1, "columns": 1}
    assert tiles_data(**{**WALK, **seen})["rows"] == 1


def test_what_is_no_walk_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"rows": 0}, "rows=0 must be a whole number from 1 to 10"),
        ({"rows": 11}, "rows=11 must be a whole number from 1 to 10"),
        ({"columns": 0}, "columns=0 must be a whole number from 1 to 10"),
        ({"columns": 2.5}, "columns=2.5 must be a whole number"),
        ({"columns": 11}, "columns=11 must be a whole number from 1 to 10"),
        ({"n_key": 0}, "n_key=0 must be a whole number from 1"),
        ({"d_value": 0}, "d_value=0 must be a whole number from 1"),
        ({"n_key": 11}, "causal attention of 10 queries to 11 keys; take as many"),
        (
            {"n_query": 65, "n_key": 65, "rows": 1, "columns": 1},
            "4,225 tiles of 1 queries and 1 keys; 1 to 4,096 can be seen: take larger ones",
        ),
        (
            {"fast": 54},
            "fast=54 holds no tile of 4 queries and 3 keys, which takes 55 numbers: take",
        ),
        ({"labels": TOKENS[1:]}, "9 labels of 10 queries and 10 keys; one a token is wanted"),
        (
            {"n_key": 8, "causal": False, "labels": TOKENS},
            "10 labels of 10 queries and 8 keys; one a token is wanted, or none",
        ),
    ]
    assert not_refused(lambda other: tiles_data(**{**WALK, **other}), cases) == []
