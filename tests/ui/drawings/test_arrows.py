"""components.ui.drawings.arrows and the charts of page 02: what travels, and what comes back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case

from components.ui.chapters.ch02 import figures
from components.ui.chapters.ch02.claims import same_order
from components.ui.chapters.ch03.claims import missed_least, missed_most
from components.ui.drawings import arrows
from components.ui.drawings.drawing import digest
from lab.by_hand import attention as hand
from lab.by_hand import learning_head as learning
from lab.data.vocabulary import encode

# ---------------------------------------------------------------- what the front end is tried on

PROMPT = "37*48="
PLACES = ("a", "times", "b", "equals", "units", "tens")
QUERIES = [(45, 2.5), (0, 0.0), (95, 6.0), (231, 3.3), (359, 1.0)]


def made_head() -> Case:
    tokens = encode(PROMPT)[None]
    keys = hand.keys(tokens)[0].round(6)  # as they travel

    def looked(angle: float, length: float) -> dict[str, Any]:
        query = hand.arrow(angle, length)[None, None, None]
        weights, z = hand.attend(query, keys[None, None], hand.values(tokens)[:, None])
        blend = [*z[0, 0, 0], weights[0, 0, 0][~hand.is_digit(tokens[0])].sum()]
        return {"query": [angle, length], "weights": weights[0, 0, 0].tolist(), "blend": blend}

    def show() -> None:
        first = QUERIES[0]
        arrows.show_query("k", PROMPT, hand.PLACES, keys, *first, alt="Keys", wanted=(1, 4))

    return case(arrows, show, [looked(*query) for query in QUERIES])


def real_head() -> Case:
    dice = np.random.default_rng(5)
    weights = np.tril(dice.integers(1, 99, size=(6, 6)).astype(np.float64))
    weights /= weights.sum(axis=1, keepdims=True)
    return case(
        arrows,
        lambda: arrows.show_weights("k", "7*8=65", PLACES, weights, at=4, alt="A head"),
        weights.tolist(),
    )


def learning_head() -> Case:
    """Two frames of arrows, drawn by dice; and what the head looks at in each."""
    dice = np.random.default_rng(3)
    frames = [
        learning.Frame(step, dice.normal(size=(13, 14)), dice.normal(size=(6, 14)))
        for step in (0, 4, 8)
    ]
    film = learning.Film(frames, [90, 40, 0], [2.3, 1.1, 0.2], 100)
    read = [learning.read(frame, encode(PROMPT)[None]) for frame in frames]
    expected = [
        {"weights": one.weights[0].tolist(), "said": int(one.said[0]), "p": one.p[0].tolist()}
        for one in read
    ]
    return case(
        arrows,
        lambda: arrows.show_learning(
            "k", PROMPT, PLACES, "seed 3", film, None, alt="A head that learns", wanted=(3,)
        ),
        expected,
    )


CASES = {"arrows": made_head, "arrows_real": real_head, "arrows_learning": learning_head}


# ---------------------------------------------------------------- what Python sends

TEXT = "37*48="
KEYS = hand.keys(encode(TEXT)[None])[0]


def test_the_browser_gets_the_very_keys_that_lab_matches() -> None:
    sent = arrows.query_data(TEXT, hand.PLACES, KEYS, 45, 2.5)
    assert "".join(sent["tokens"]) == TEXT and len(sent["places"]) == 6
    assert np.allclose(sent["keys"], KEYS, atol=1e-6)
    scores = np.array(sent["keys"]) @ hand.arrow(45, 2.5) / np.sqrt(2)
    weights = np.exp(scores) / np.exp(scores).sum()
    assert np.allclose(weights, hand.look(encode(TEXT)[None], hand.arrow(45, 2.5))[0][0], atol=1e-5)


def test_a_turned_query_changes_the_digest() -> None:
    first, second = (arrows.query_data(TEXT, hand.PLACES, KEYS, angle, 2.5) for angle in (45, 46))
    assert digest(first) != digest(second)
    assert digest(first) == digest(json.loads(json.dumps(first)))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ([45, 2.5], (45, 2.5)),
        ([360, 99.0], (0, hand.LONGEST_QUERY)),
        ([-1, -3], (359, 0.0)),
        ([float("nan"), float("inf")], (0, 0.0)),
    ],
)
def test_a_query_from_the_browser_is_brought_into_bounds(sent, read) -> None:
    assert arrows.read_query(sent) == read


def test_a_real_heads_weights_are_sent_whole() -> None:
    weights = np.tril(np.full((6, 6), 0.25))
    sent = arrows.weights_data(TEXT, hand.PLACES, weights)
    assert sent["weights"] == weights.tolist() and "keys" not in sent


def test_a_blend_of_sizes_keeps_its_numbers_readable() -> None:
    chart = figures.blend_map({"7 then 8": np.array([7.5])}, ["size"], "what arrives")
    colour = chart.to_dict()["layer"][0]["encoding"]["color"]["scale"]["domain"]
    assert colour[1] > 7.5


def test_all_heads_that_are_missed_most_are_marked() -> None:
    rows = [
        {"head": head, "largest": 0.9, "share": share, "errors": "1 of 10"}
        for head, share in (("0.0", 0.1), ("0.1", 0.3), ("1.0", 0.3))
    ]
    chart = figures.importance(rows, "a model").chart.to_dict()
    (data,) = chart["datasets"].values()
    assert [row["what"] for row in data] == ["other heads", "most missed", "most missed"]


def test_of_a_crowd_of_heads_the_one_that_is_missed_most_is_named() -> None:
    places = {"0.0": (0.9, 0.9), "0.1": (0.85, 0.95), "1.0": (0.3, 0.9), "1.1": (0.2, 0.01)}
    rows = [{"head": h, "largest": x, "share": y} for h, (x, y) in places.items()]
    assert figures.names_apart(rows) == ["", "0.1", "1.0", ""]


def test_pairs_of_heads_that_are_missed_alike_have_no_order() -> None:
    """Heads 0, 1, 2 lose 5, 0, 0 answers: two pairs are counted, the third is a tie."""
    cells = [{"run": "r", "layer": 0, "head": head} for head in range(3)]
    lost = [{"cell": c, "errors_answer": e, "n": 9} for c, e in zip(cells, (5, 0, 0), strict=True)]
    lost += [{"cell": {"run": "r"}, "errors_answer": 9}, {"cell": {**cells[0], "run": "other"}}]

    def order(*weights: float) -> tuple[int, int]:
        sharp = [{"cell": c, "largest_weight": w} for c, w in zip(cells, weights, strict=True)]
        return same_order([*sharp, {"cell": lost[-1]["cell"]}], lost, "r")

    assert order(0.9, 0.5, 0.7) == (2, 2)
    assert order(0.6, 0.5, 0.7) == (1, 2)
    assert order(0.1, 0.5, 0.7) == (0, 2)


def test_a_place_that_several_share_names_them_all_or_their_number() -> None:
    def row(part: str, layer: int, wrong: int) -> dict[str, Any]:
        return {"cell": {"part": part, "layer": layer}, "errors_answer": wrong, "n": 10}

    rows = [row("attn_out", 0, 9), row("ffn_out", 0, 4)]
    rows += [row("attn_out", 1, 0), row("ffn_out", 1, 0)]
    assert missed_most(rows).shown == "attention 0 (9 of 10 wrong)"
    assert missed_least(rows).shown == "2 parts (0 of 10 wrong)"
    assert missed_most([*rows, row("ffn_out", 2, 9)]).shown == (
        "attention 0 and FFN 2 (9 of 10 wrong)"
    )
