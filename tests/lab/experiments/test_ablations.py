"""Several heads ablated, and one silent at one place: by other ways of doing the same."""

from __future__ import annotations

import torch

from lab.data.samples import hashed_pairs
from lab.experiments.ablations import measure_silenced, wrong_texts
from lab.experiments.fetched import missed, silent_at
from lab.inference.forward import run_with_trace
from lab.inference.scoring import decode_all, score
from lab.interp.intervene import Node, ablate
from lab.training.checkpoint import load_run


def test_wrong_texts_of_teacher_forcing_are_those_of_greedy_decoding() -> None:
    loaded, edits = load_run("few_pairs"), [ablate(Node("z", 1, 0))]
    a, b = hashed_pairs(60)
    ((_, texts),) = decode_all(loaded.model, loaded.format, a, b, edits=edits)
    decoded = score(loaded.format, a, b, texts).errors_strict
    assert wrong_texts("few_pairs", edits, 60)["errors_strict"] == decoded > 0


def test_a_layer_without_its_heads_is_all_its_heads_ablated() -> None:
    edits = [ablate(Node("z", layer, head)) for layer in (1, 2) for head in range(2)]
    whole = measure_silenced({"run": "few_pairs", "layers": [1, 2]}, n=40)
    assert whole["errors_strict"] == wrong_texts("few_pairs", edits, 40)["errors_strict"]


def test_two_heads_at_a_time_are_all_pairs_of_them() -> None:
    row = measure_silenced({"run": "few_pairs", "two_of_layers": [1, 2]}, n=20)
    assert len(row["pairs"]) == 6 and len({tuple(pair[:4]) for pair in row["pairs"]}) == 6
    edits = [ablate(Node("z", 1, 1)), ablate(Node("z", 2, 0))]
    (found,) = [errors for *heads, errors in row["pairs"] if heads == [1, 1, 2, 0]]
    assert found == wrong_texts("few_pairs", edits, 20)["errors_strict"]


def test_a_head_that_is_silent_at_one_place_changes_nothing_before_it() -> None:
    loaded = load_run("few_pairs")
    texts, _ = loaded.format.render(*hashed_pairs(20))
    cell = {"run": "few_pairs", "layer": 0, "head": 0}
    edits = silent_at(cell, 11, run_with_trace(loaded.model, texts[:, :-1], ["z"]))
    logits = [
        run_with_trace(loaded.model, texts[:, :-1], ["logits"], e)["logits"] for e in ([], edits)
    ]
    same = torch.isclose(logits[0], logits[1], atol=1e-5).all(dim=-1).all(dim=0)
    assert same[:10].all() and not same[10]
    assert missed(loaded.model, texts, 11, edits) > 0
