"""lab.interp.linear_probes: what was planted is found, and where nothing is nothing is told."""

import numpy as np
import pytest
import torch
from tiny import BASE, refused_otherwise, tiny_model

from lab.data.problems import Format, all_pairs
from lab.inference.forward import run_with_trace
from lab.interp.intervene import Node
from lab.interp.linear_probes import (
    activations,
    commonest,
    fit,
    labels_by_token,
    shuffled_labels,
    told_apart,
    untrained,
)
from lab.model.gpt import GPT

N, D = 1200, 20
FORM = Format("plain", 1, 2)


def planted(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Noise, in which a label of four stands along directions of its own; and groups of 12."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, N)
    x = rng.normal(size=(N, D)) + 3 * rng.normal(size=(4, D))[y] + 50
    return x, y, np.arange(N) % 100


# ---------------------------------------------------------------- probes


def test_a_planted_feature_is_found_and_no_shuffled_one() -> None:
    x, y, groups = planted()
    rng = np.random.default_rng(1)
    assert told_apart(x, y, groups).mean() > 0.98
    for size in (1e-3, 1e3):  # a penalty means the same for activations of any size
        assert (told_apart(size * x, y, groups) == told_apart(x, y, groups)).all()
    nothing = told_apart(x, shuffled_labels(y, rng), groups).mean()
    assert abs(nothing - commonest(y)) < 0.06


def test_a_probe_is_ridge_regression_to_one_hot() -> None:
    """Against least squares on the rows of the penalty, written below the examples."""
    x, y, _ = planted()
    probe = fit(x, y, penalty=0.1)
    X, Y = x - x.mean(0), np.eye(4)[y] - np.eye(4)[y].mean(0)
    below = np.sqrt(0.1 * (X**2).sum() / D) * np.eye(D)
    W, *_ = np.linalg.lstsq(np.vstack([X, below]), np.vstack([Y, np.zeros((D, 4))]), rcond=None)
    assert np.allclose(probe.W, W, rtol=1e-8, atol=1e-12)
    assert (probe.says(x) == (X @ W + np.eye(4)[y].mean(0)).argmax(1)).all()


def test_labels_need_not_be_counted_from_zero_nor_be_as_frequent() -> None:
    x, y, groups = planted()
    rare = y != 2
    rare[np.flatnonzero(y == 2)[:30]] = True
    names = np.array([7, -1, 40, 3])[y]
    assert told_apart(x[rare], names[rare], groups[rare]).mean() > 0.98
    constant = fit(np.ones((N, D)), y)  # nothing to look at: the commonest label
    assert (constant.says(np.ones((5, D))) == np.bincount(y).argmax()).all()


def test_what_recurs_is_held_out_by_its_group() -> None:
    """A label that is random for each group can be told of rows drawn at random, and of no group
    that was held out."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 60)
    x = np.eye(20)[groups] + 0.01 * rng.normal(size=(N, 20))
    y = rng.integers(0, 2, 20)[groups]
    assert told_apart(x, y, np.arange(N)).mean() == 1
    assert told_apart(x, y, groups).mean() < 0.8


def test_each_fold_is_told_by_what_never_saw_its_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    from lab.interp import linear_probes

    x, y, groups = planted()
    seen: list[set[int]] = []
    usual = linear_probes.fit

    def noted(x: np.ndarray, y: np.ndarray, penalty: float) -> object:
        rows = {tuple(row) for row in x}
        seen.append({int(g) for row, g in zip(x_all, groups, strict=True) if tuple(row) in rows})
        return usual(x, y, penalty)

    x_all = x
    monkeypatch.setattr(linear_probes, "fit", noted)
    told_apart(x, y, groups, folds=4)
    assert [len(own) for own in seen] == [75] * 4
    assert set.intersection(*seen) == set()


def test_what_cannot_be_probed_is_refused() -> None:
    x, y, groups = planted()
    said = refused_otherwise(
        [
            ("one label", lambda: fit(x, 0 * y), r"all 1200 labels are \[0\]"),
            ("few groups", lambda: told_apart(x, y, groups % 3), "folds=5 of 3 groups"),
            ("one fold", lambda: told_apart(x, y, groups, folds=1), "folds=1 of 100 groups"),
        ]
    )
    assert said == []


# ---------------------------------------------------------------- activations and controls


def texts_of(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b = (x[np.random.default_rng(0).permutation(1000)[:n]] for x in all_pairs(1, 2))
    return FORM.render(a, b)[0], a, b


def test_activations_are_those_of_the_trace_in_rows_of_any_batch() -> None:
    texts, _, _ = texts_of(23)
    nodes = [Node("resid_post", 0).at(4), Node("z", 1, 2).at(1, 3), Node("ffn_post", 1, 7)]
    model = tiny_model()
    found = activations(model, texts, nodes, batch=10)
    trace = run_with_trace(model, texts, {"resid_post", "z", "ffn_post"})
    assert [found[node].shape for node in nodes] == [(23, 16), (23, 8), (23, texts.shape[1])]
    assert np.allclose(found[nodes[0]], trace["blocks.0.resid_post"][:, 4].numpy(), rtol=1e-12)
    assert np.allclose(found[nodes[1]][:, 4:], trace["blocks.1.z"][:, 2, 3].numpy(), rtol=1e-12)


def test_a_token_is_told_where_it_stands_and_after_attention_where_it_does_not() -> None:
    """The first digit stands in the stream at its own slot, and at a later one only once a layer
    has mixed tokens; held out by the other number, on which it does not depend."""
    texts, a, b = texts_of(600)
    before, after = Node("resid_pre", 0), Node("resid_post", 1)
    found = activations(tiny_model(), texts, [x.at(s) for x in (before, after) for s in (0, 4)])
    right = {node: told_apart(x, a, b % 25).mean() for node, x in found.items()}
    assert right[before.at(0)] == right[after.at(0)] == 1
    assert right[before.at(4)] < 0.2 < right[after.at(4)]


def test_labels_by_token_are_one_for_each_token_and_as_frequent() -> None:
    rng = np.random.default_rng(0)
    tokens, y = rng.integers(0, 400, 3000), np.repeat([5, 9, 9, 9], 750)
    random = labels_by_token(tokens, y, rng)
    assert all(len(set(random[tokens == token])) == 1 for token in range(400))
    assert set(random) == {5, 9} and 0.65 < (random == 9).mean() < 0.85
    assert sorted(shuffled_labels(y, rng)) == y.tolist() and commonest(y) == 0.75


def test_an_untrained_model_mixes_tokens_and_is_the_same_for_a_seed() -> None:
    model = GPT(BASE).eval()
    texts, _, _ = texts_of(4)
    mixed = [
        run_with_trace(m, texts, ["attn_out"])["blocks.0.attn_out"]
        for m in (untrained(model), untrained(model), untrained(model, 1), model)
    ]
    assert torch.equal(mixed[0], mixed[1]) and not torch.equal(mixed[0], mixed[2])
    assert mixed[0].abs().min() > 0 and not mixed[3].any()
    assert not any(p.requires_grad for p in untrained(model).parameters())
