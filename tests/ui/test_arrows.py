"""components.ui.arrows and its charts: what travels to the browser, and what comes back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from components.ui import arrows, attention_plots, claims
from components.ui.drawing import digest
from lab import hand_attention as hand
from lab.vocabulary import encode

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
    chart = attention_plots.blend_map({"7 then 8": np.array([7.5])}, ["size"], "what arrives")
    colour = chart.to_dict()["layer"][0]["encoding"]["color"]["scale"]["domain"]
    assert colour[1] > 7.5


def test_the_most_missed_head_is_marked() -> None:
    rows = [
        {"head": head, "largest": 0.9, "share": 0.1, "errors": "1 of 10"} for head in ("0.0", "0.1")
    ]
    chart = attention_plots.importance(rows, "0.1").to_dict()
    (data,) = chart["datasets"].values()
    assert [row["what"] for row in data] == ["other heads", "most missed"]


def test_equal_values_share_a_rank() -> None:
    assert claims.ranks([3, 1, 3, 7]) == [1.5, 0, 1.5, 3]


def test_sharp_heads_are_joined_with_what_goes_wrong_without_them(tmp_path: Path) -> None:
    cells = [{"run": "r", "layer": 0, "head": head} for head in range(3)]
    record = tmp_path / "heads.jsonl"
    lost = [
        json.dumps({"cell": c, "errors_answer": e}) for c, e in zip(cells, (5, 0, 0), strict=True)
    ]
    record.write_text("\n".join(lost))
    rows = [{"cell": c, "largest_weight": w} for c, w in zip(cells, (0.95, 0.99, 0.5), strict=True)]
    found = claims.sharp_heads(rows, record)
    assert [lost["errors_answer"] for _, lost in found] == [5, 0]
