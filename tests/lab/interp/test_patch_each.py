"""Many sets of nodes patched in one forward: each row is the patch of its set alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import BASE, SAMPLES, some_tokens, tiny_model

from lab.inference.forward import logits_of
from lab.inference.generate import greedy_steps
from lab.interp.circuits import NOTHING, nodes_in, smallest_cut, turned_by, turned_by_each
from lab.interp.intervene import Node, patch, patch_each
from lab.interp.patching import Contrast, contrast, path_patch, sum_of_each, write_each
from lab.model.config import MathKernelConfig
from lab.model.gpt import GPT

MODEL = tiny_model(replace(BASE, n_layer=3, kernel=MathKernelConfig()), seed=3)
NAMES = ("z", "ffn_out", "ffn_post")
LENGTH = 5


def pair_of(model: GPT) -> Contrast:
    clean = some_tokens(1, LENGTH)
    for seed in range(1, 60):
        corrupted = torch.cat([some_tokens(1, LENGTH - 1, seed), clean[:, -1:]], dim=1)
        found = contrast(model, clean, corrupted, [LENGTH - 2, LENGTH - 1], NAMES)
        if (found.judge(found.corrupted.trace["logits"]).says != found.denoise([]).right).all():
            return found
    raise AssertionError("none differs; choose another model")


PAIR = pair_of(MODEL)
SETS = [
    NOTHING,
    frozenset({Node("z", 1, 2).at(4)}),
    frozenset({Node("z", 0, 0).at(3), Node("ffn_post", 2, 7), Node("ffn_out", 1).at(2, 4)}),
    frozenset({Node("ffn_out", 0), Node("z", 2, 1)}),
]


@pytest.mark.parametrize("noising", [False, True])
def test_each_row_is_its_set_patched_alone(noising: bool) -> None:
    together = PAIR.each(SETS, noising=noising)
    for row, nodes in enumerate(SETS):
        alone = PAIR.noise(nodes) if noising else PAIR.denoise(nodes)
        assert torch.allclose(together.logits[row], alone.logits[0], atol=1e-5)
        assert torch.allclose(together.restored[row], alone.restored[0], atol=1e-4)
        assert torch.allclose(together.kl[row], alone.kl[0], atol=1e-4)


def test_a_set_of_nothing_changes_nothing_and_alone_no_bit() -> None:
    texts = PAIR.corrupted.texts
    alone = PAIR.corrupted.under(patch_each([NOTHING], PAIR.clean.trace, LENGTH))
    assert torch.equal(alone["logits"], PAIR.corrupted.trace["logits"])
    rows = torch.as_tensor(texts).expand(len(SETS), LENGTH)
    plain = logits_of(MODEL, rows)
    patched = PAIR.each(SETS).logits
    assert torch.allclose(patched[0], plain[0, [LENGTH - 2, LENGTH - 1]].double(), atol=1e-6)


def test_several_pairs_and_a_text_too_short_are_refused() -> None:
    both = contrast(MODEL, some_tokens(2, 4), some_tokens(2, 4, seed=2), names=NAMES)
    with pytest.raises(ValueError, match="2 pairs of texts; each set is tried on one"):
        both.each(SETS[:1])
    with pytest.raises(ValueError, match="6 slots are wanted of 'ffn_out'"):
        patch_each([frozenset({Node("ffn_out", 0)})], PAIR.clean.trace, LENGTH + 1)


def test_what_is_written_is_greedy_decoding_under_the_same_patches() -> None:
    """Against decoding one set at a time, where each token is a call."""
    prompt, other = np.asarray(PAIR.corrupted.texts)[:, : LENGTH - 1], PAIR.clean.trace
    slots = (LENGTH - 2, LENGTH - 1)
    sets = [NOTHING, *(frozenset({Node("ffn_out", 1).at(slot)}) for slot in slots)]
    written = write_each(MODEL, prompt, 2, other, sets, ["z"])
    assert written.trace["blocks.1.z"].shape[:1] == (3,)
    for row, nodes in enumerate(sets):
        edits = [patch(node, other) for node in nodes]
        steps = greedy_steps(MODEL, prompt, LENGTH + 1, edits)
        assert written.tokens[row].tolist() == [int(step.ids[0]) for step in steps]
        found = torch.stack([torch.as_tensor(step.probabilities[0]) for step in steps])
        assert torch.allclose(written.probabilities[row].float(), found.float(), atol=1e-5)


def test_a_search_by_many_sets_at_once_is_the_search_by_one() -> None:
    nodes = nodes_in(PAIR.clean, ["z", "ffn_out"], [LENGTH - 2, LENGTH - 1])
    score = turned_by(PAIR)
    one = list(smallest_cut(score, nodes, beam=2))
    many = list(smallest_cut(score, nodes, beam=2, each=turned_by_each(PAIR)))
    assert [cut.nodes for cut in one] == [cut.nodes for cut in many] and len(one) > 10
    assert [cut.score for cut in one] == pytest.approx([cut.score for cut in many], abs=1e-4)


LATE = [
    NOTHING,
    frozenset({Node("z", 1, 2).at(4)}),
    frozenset({Node("z", 0, 0).at(3), Node("ffn_post", 2, 7).at(3), Node("ffn_out", 1).at(2, 4)}),
]


@pytest.mark.parametrize("noising", [False, True])
def test_what_stands_before_the_first_node_is_read_once_and_alike(noising: bool) -> None:
    together = PAIR.each(LATE, noising=noising)
    for row, nodes in enumerate(LATE):
        alone = PAIR.noise(nodes) if noising else PAIR.denoise(nodes)
        assert torch.allclose(together.logits[row], alone.logits[0], atol=1e-5)
    trace_of_all = PAIR.each([*LATE, frozenset({Node("ffn_out", 0)})], noising=noising)
    assert torch.allclose(trace_of_all.logits[:3], together.logits, atol=1e-5)


@pytest.mark.parametrize("part", ["absorbed", "grouped", "rotary", "coupled", "depth", "sliding"])
def test_models_of_other_parts_share_what_stands_before(part: str) -> None:
    kind = next(kind for kind, samples in SAMPLES.items() if part in samples)
    model = tiny_model(replace(BASE, kernel=MathKernelConfig(), **{kind: SAMPLES[kind][part]}))
    pair = contrast(model, some_tokens(1, 7), some_tokens(1, 7, seed=1), names=["ffn_out"])
    sets = [frozenset({Node("ffn_out", 0).at(slot)}) for slot in (4, 5, 6)]
    together = pair.each(sets)
    for row, nodes in enumerate(sets):
        assert torch.allclose(together.logits[row], pair.denoise(nodes).logits[0], atol=1e-5)


@pytest.mark.parametrize("noising", [False, True])
def test_paths_through_many_sets_are_each_patched_alone(noising: bool) -> None:
    """Two forwards for all, against `path_patch` of each set."""
    pair = contrast(MODEL, PAIR.clean.texts, PAIR.corrupted.texts, PAIR.slots)
    sender, (base, other) = Node("z", 0, 1).at(3), pair.sides(noising)
    sets = [
        [Node("q", 1, 2).at(3)],
        [Node("k", 2, 0).at(3)],
        [Node("ffn_pre", 1).at(3), Node("v", 2, 1).at(3)],
    ]
    together = pair.each_path(sender, sets, noising=noising)
    for row, receivers in enumerate(sets):
        edits = path_patch(base, other.trace, sender, receivers)
        alone = pair.judge(base.under(edits)["logits"])
        assert torch.allclose(together.logits[row], alone.logits[0], atol=1e-5), row
    with pytest.raises(ValueError, match="reads nothing"):
        pair.each_path(Node("ffn_out", 2).at(3), sets)


def test_what_many_nodes_add_up_to_is_each_one_added_up() -> None:
    nodes = [*nodes_in(PAIR.clean, ("z", "ffn_post"), (3, 4)), Node("ffn_out", 1), Node("z", 2, 1)]
    nodes += [Node("ffn_out", 0).at(1, 4), Node("ffn_post", 2)]
    trace = PAIR.clean.trace
    found = sum_of_each(nodes, {node.key: trace[node.key] for node in nodes})
    alone = torch.stack([node.of(trace).flatten(1).sum(1) for node in nodes])
    assert torch.allclose(found, alone, atol=1e-6)
