"""lab.interp.circuits: a search finds what was planted, and the criteria hold where they should."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, blocks_of, refused_otherwise, some_tokens, tiny_model

from lab.interp.circuits import (
    NOTHING,
    Cut,
    Nodes,
    Score,
    completeness,
    count_numbers,
    elsewhere,
    faithfulness,
    left_without,
    minimality,
    nodes_in,
    promising,
    smallest_cut,
    some_subsets,
    turned_by,
)
from lab.interp.intervene import Node
from lab.interp.patching import Contrast, contrast
from lab.model.gpt import GPT

LAST = 4
A, B, C, D = (Node("z", 0, head).at(LAST) for head in range(4))
FOUR = [A, B, C, D]


def planted(*heads: tuple[int, int]) -> GPT:
    """Only these (layer, head) write anything, and loudly; no FFN does."""
    model = tiny_model(replace(BASE, n_layer=3), seed=1)
    for layer, block in enumerate(blocks_of(model)):
        block.ffn.w_out.weight.zero_()
        for head in range(3):
            factor = 30.0 if (layer, head) in heads else 0.0
            block.attention.wo.weight[:, 4 * head : 4 * head + 4] *= factor
    return model


def texts_that_differ(model: GPT) -> tuple[torch.Tensor, torch.Tensor]:
    """Five tokens, and five of which the last is the same, that the model goes on with
    differently: its weights are random, and so it often says the same to both."""
    text = some_tokens(1, 5)
    for seed in range(1, 50):
        other = torch.cat([some_tokens(1, LAST, seed), text[:, LAST:]], dim=1)
        if (model(other)[0, -1].argmax() != model(text)[0, -1].argmax()).item():
            return text, other
    raise AssertionError("none differs; choose another model")


def found(score: Score, nodes: list[Node], **options: Any) -> Cut:
    *_, last = smallest_cut(score, nodes, **options)
    return last


# ---------------------------------------------------------------- what is recorded


def test_nodes_are_every_head_ffn_and_neuron_at_each_slot() -> None:
    names = ["z", "ffn_out", "ffn_post"]
    pair = contrast(tiny_model(), some_tokens(1, 5), some_tokens(1, 5, seed=1), names=names)
    whole = nodes_in(pair.clean)
    assert [str(node.key) for node in whole] == [
        *(["blocks.0.z"] * 3 + ["blocks.0.ffn_out"] + ["blocks.1.z"] * 3 + ["blocks.1.ffn_out"])
    ]
    assert [node.part for node in whole] == [0, 1, 2, None] * 2
    assert count_numbers(whole, pair.clean) == 5 * 2 * (3 * 4 + 16)
    apart = nodes_in(pair.clean, ["ffn_post"], [3, 4])
    assert len(set(apart)) == len(apart) == 2 * 2 * 30 == count_numbers(apart, pair.clean)
    assert {node.slots for node in apart} == {(3,), (4,)}


# ---------------------------------------------------------------- the smallest cut


def test_the_search_finds_the_head_that_was_planted() -> None:
    """The only way from the changed token to the last one is a head: it is the cut, and as many
    numbers elsewhere turn nothing."""
    model = planted((1, 2))
    pair = contrast(model, *texts_that_differ(model))
    score, nodes = turned_by(pair), nodes_in(pair.clean, ["z", "ffn_out", "ffn_post"], [3, LAST])
    cut = found(score, nodes)
    assert cut.nodes == {Node("z", 1, 2).at(LAST)} and cut.score > 0 > score(NOTHING)
    assert cut.tried == cut.of == len(nodes)
    assert cut.nodes == set(promising(pair, nodes, 1)), "the preview would have named it"
    assert pair.denoise(cut.nodes).exact.all() and count_numbers(cut.nodes, pair.clean) == 4
    for seed in range(5):
        control = elsewhere(cut.nodes, nodes, np.random.default_rng(seed))
        assert count_numbers(control, pair.clean) == 4 and control.isdisjoint(cut.nodes)
        assert score(control) == score(NOTHING)


def test_greedy_misses_what_a_beam_finds() -> None:
    """A looks best alone and is of no use; C and D turn it, and only together."""
    values = {frozenset({A}): -0.1, frozenset({A, B}): -0.05, frozenset({C, D}): 1.0}
    asked = list[Nodes]()

    def score(nodes: Nodes) -> float:
        asked.append(nodes)
        return values.get(nodes, -1.0 + 0.01 * (A not in nodes) if nodes != {A, B, C} else 0.5)

    assert found(score, FOUR).nodes == {A, B, C}
    assert found(score, FOUR, beam=4).nodes == {C, D}
    assert max(asked.count(nodes) for nodes in set(asked)) <= 4


def test_what_a_cut_does_without_is_taken_back() -> None:
    """A leads the search and is then of no use."""
    scores = {frozenset({A}): -0.1, frozenset({A, B}): -0.05}
    score: Score = lambda s: 1.0 if {B, C} <= s else scores.get(s, -1.0)  # noqa: E731
    assert found(score, FOUR).nodes == {B, C}


def test_a_search_says_how_far_it_is_and_ends_where_nothing_turns() -> None:
    cuts = list(smallest_cut(lambda s: -1.0 / (1 + len(s)), FOUR, most=2))
    assert [(len(c.nodes), c.tried, c.of) for c in cuts] == [
        (0, 1, 1),
        *((1, n, 4) for n in (1, 2, 3, 4)),
        *((2, n, 3) for n in (1, 2, 3)),
        (2, 3, 3),
    ]
    assert cuts[-1].score < 0
    assert found(lambda s: 1.0, FOUR).nodes == NOTHING, "an answer that is there needs no cut"
    assert len(found(lambda s: -1.0, FOUR[:2]).nodes) == 2


def test_a_control_without_enough_others_and_an_empty_beam_are_refused() -> None:
    rng = np.random.default_rng(0)
    said = refused_otherwise(
        [
            ("few", lambda: elsewhere(frozenset(FOUR[:3]), FOUR, rng), "3 others .* there are 1"),
            ("beam", lambda: found(lambda s: -1.0, FOUR, beam=0), "beam=0; a search goes on from"),
        ]
    )
    assert said == []


# ---------------------------------------------------------------- is it a circuit?


@pytest.fixture(scope="module")
def two_heads() -> Contrast:
    """A model of which two heads of two layers do everything."""
    model = planted((0, 1), (2, 0))
    return contrast(model, *texts_that_differ(model))


def test_a_circuit_that_was_planted_passes_every_check(two_heads: Contrast) -> None:
    score, everything = left_without(two_heads), frozenset(nodes_in(two_heads.clean))
    circuit: Nodes = frozenset({Node("z", 0, 1), Node("z", 2, 0)})
    removed = [NOTHING, *some_subsets(circuit, 6, np.random.default_rng(0)), circuit]
    assert faithfulness(score, circuit, everything) == pytest.approx(1, abs=1e-9)
    for gap in completeness(score, circuit, everything, removed):
        assert gap.circuit == pytest.approx(gap.model, abs=1e-9)
    assert min(minimality(score, circuit, everything, removed).values()) > 0.01


def test_a_circuit_that_lacks_a_head_or_has_one_too_many_fails_its_check(
    two_heads: Contrast,
) -> None:
    score, everything = left_without(two_heads), frozenset(nodes_in(two_heads.clean))
    one: Nodes = frozenset({Node("z", 2, 0)})
    assert abs(faithfulness(score, one, everything) - 1) > 0.01
    (gap,) = completeness(score, one, everything, [one])
    assert abs(gap.circuit - gap.model) > 0.01
    idle = Node("ffn_out", 1)
    many = one | {Node("z", 0, 1), idle}
    assert minimality(score, many, everything, [NOTHING, one])[idle] == pytest.approx(0, abs=1e-9)
    assert faithfulness(score, NOTHING, everything) == pytest.approx(0, abs=1e-9)
    assert faithfulness(score, everything, everything) == 1


def test_criteria_are_their_equations() -> None:
    """Of weights that add up, and of two nodes of which each does for the other."""
    weight = {A: 0.5, B: 0.3, C: 0.2, D: 0.0}
    adds: Score = lambda s: 1 - sum(weight[n] for n in s)  # noqa: E731
    everything: Nodes = frozenset(FOUR)
    assert faithfulness(adds, frozenset({A, B}), everything) == pytest.approx(0.8)
    either: Score = lambda s: float(not {A, B} <= s)  # noqa: E731
    backup: Nodes = frozenset({A})
    assert faithfulness(either, backup, everything) == 1, "alone it does as well as the model"
    (gap,) = completeness(either, backup, everything, [backup])
    assert (gap.circuit, gap.model) == (0, 1), "without it the model still can, by the other"
    assert minimality(either, frozenset({A, B}), everything, [NOTHING]) == {A: 0, B: 0}
    assert minimality(either, frozenset({A, B}), everything, [frozenset({A})])[B] == 1
    with pytest.raises(ValueError, match=r"F=1\.0 with everything replaced and with nothing"):
        faithfulness(lambda s: 1.0, backup, everything)


def test_subsets_are_the_same_for_a_seed_and_hold_each_node_about_half_the_time() -> None:
    drawn = [some_subsets(frozenset(FOUR), 400, np.random.default_rng(3)) for _ in range(2)]
    assert drawn[0] == drawn[1] and len(set(drawn[0])) == 16
    for node in FOUR:
        assert 150 < sum(node in own for own in drawn[0]) < 250
    assert torch.is_grad_enabled()
