"""components.ui.drawings.tiles: what lab counts travels; what is no block is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawing_cases import TOKENS, WALKS, walked
from refused import not_refused

from components.ui.drawings.tiles import tiles_data
from lab.by_hand.flash import SlowMemory, plain_attention

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


def test_one_block_may_be_the_whole_table_and_fill_fast_memory() -> None:
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
            "4,225 blocks of 1 queries and 1 keys; 1 to 4,096 can be seen: take larger ones",
        ),
        (
            {"fast": 54},
            "fast=54 holds no block of 4 queries and 3 keys, which takes 55 numbers: take",
        ),
        ({"labels": TOKENS[1:]}, "9 labels of 10 queries and 10 keys; one a token is wanted"),
        (
            {"n_key": 8, "causal": False, "labels": TOKENS},
            "10 labels of 10 queries and 8 keys; one a token is wanted, or none",
        ),
    ]
    assert not_refused(lambda other: tiles_data(**{**WALK, **other}), cases) == []
