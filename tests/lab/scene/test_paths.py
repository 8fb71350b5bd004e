"""lab.scene.paths: every sum on the way home is its whole, and the ways add up to the gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, in_a_scene, math_variants, one_of_a_kind, read, tiny_model

from lab.data.vocabulary import encode
from lab.interp.attribution import attribute
from lab.interp.intervene import DEPTH_PATTERNS, Node, ablate
from lab.model.config import GPTConfig, RotaryPositionsConfig
from lab.model.gpt import GPT
from lab.model.norm import RMSNorm
from lab.model.trace import Edit, Trace
from lab.scene import paths
from lab.scene.build import scene, weights_of
from lab.scene.manifest import Packed
from lab.scene.operands import Numbers
from lab.scene.paths import Term, largest, logit, neurons, unfold, way_home
from lab.scene.recompute import Reader
from lab.training.checkpoint import Checkpoint, load_run

HALF = 2.0**-11
"""Rounding to float16 changes a number by at most this part of it."""

PAIRS = ((7, 8), (99, 60), (2, 3))
TEXT = "7*8="


@dataclass(frozen=True)
class ExactReader(Reader):
    """A scene whose numbers are those of a trace, not rounded to float16."""

    tensors: dict[str, torch.Tensor]

    def read(self, name: str, *index: int | slice) -> Numbers:
        return self.tensors[name].double().numpy()[index]


@lru_cache
def loaded(run: str) -> Checkpoint:
    return load_run(run)


def texts(run: str) -> list[str]:
    form = in_a_scene(loaded(run).format)
    return [form.text(a % 10**form.p, b % 10**form.q) for a, b in PAIRS]


RUNS = one_of_a_kind("mla_moe_before", "attention_residuals")
"""Two that take long are slow: small models of their kinds are unfolded whole below."""


def rounded(model: GPT, text: str, *edits: Edit, weights: Packed | None = None) -> Reader:
    made = scene(model, text, weights=weights, edits=edits)
    return Reader(made.manifest, made.blobs)


def exact(model: GPT, text: str) -> ExactReader:
    made = scene(model, text)
    trace = Trace(model.emits)
    with torch.inference_mode():
        read(model, torch.from_numpy(encode(text)).long()[None], trace=trace)
    tensors = {name: x.detach() for name, x in model.state_dict().items()}
    tensors |= {key: trace[key][0] for key in trace.calls}
    return ExactReader(made.manifest, made.blobs, tensors)


def answers(reader: Reader) -> Iterator[Term]:
    """The logits of the first token that the model chose itself, and of the last."""
    tokens = reader.manifest["tokens"]
    for position in (tokens.index("="), len(tokens) - 2):
        yield logit(reader, position, int(reader.read("logits", position).argmax()))


def wholes(reader: Reader, root: Term) -> Iterator[Term]:
    """What to unfold: the greedy way, every part one step off it, and ways chosen by dice."""
    dice = np.random.default_rng(0)
    for one in way_home(reader, root):
        yield one
        yield from unfold(reader, one)
    for _ in range(3):
        one = root
        while terms := unfold(reader, one):
            yield one
            one = terms[dice.integers(len(terms))]


def total(terms: list[Term]) -> float:
    return math.fsum(one.value for one in terms)


def size_of(reader: Reader, one: Term) -> float:
    """How large the products are whose rounding a part inherits."""
    at = (one.position,) if one.head is None else (one.head, one.position)
    return float(abs(one.direction) @ abs(reader.read(one.name, *at)))


# ---------------------------------------------------------------- every level sums to its parent


@pytest.mark.parametrize("run", RUNS)
def test_every_level_of_a_committed_run_sums_and_its_largest_parts_lead_to_a_token_or_a_position(
    run: str,
) -> None:
    model = loaded(run).model
    weights = weights_of(model)
    for number, text in enumerate(texts(run)):
        reader = rounded(model, text, weights=weights)
        for root in answers(reader):
            assert_leads_home(way_home(reader, root))
            for whole in wholes(reader, root) if number < 2 else ():
                for terms in filter(None, (unfold(reader, whole), neurons(reader, whole))):
                    size = size_of(reader, whole) + sum(size_of(reader, p) for p in terms)
                    assert abs(total(terms) - whole.value) <= HALF * size, (text, whole)


def assert_leads_home(way: list[Term]) -> None:
    assert way[-1].name in ("embed", "pos_embed")
    for whole, one in pairwise(way):
        assert one.value * whole.value > 0
        assert one.position <= whole.position


@pytest.mark.parametrize("run", RUNS)
def test_without_rounding_every_level_sums_to_nine_digits(run: str) -> None:
    model = load_run(run).model.double()
    for text in texts(run)[2:]:
        reader = exact(model, text)
        for root in answers(reader):
            for whole in wholes(reader, root):
                for terms in filter(None, (unfold(reader, whole), neurons(reader, whole))):
                    size = max(abs(p.value) for p in [whole, *terms])
                    assert abs(total(terms) - whole.value) <= 1e-9 * size, (text, whole)


# ---------------------------------------------------------------- independent references


def test_the_first_level_is_the_attribution_of_chapter_03() -> None:
    model = tiny_model()
    reader, place, token = exact(model, TEXT), 3, 5
    found = attribute(model, TEXT)
    terms = unfold(reader, logit(reader, place, token))
    assert np.allclose([p.value for p in terms], found.to_logit(place, token), rtol=1e-12)


def frozen_gradients(
    model: GPT, text: str, position: int, token: int, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Numbers]:
    """The gradient of a logit at what the tables wrote, {"embed": (T, D), "pos_embed": (T, D)}:
    by autograd through the model itself, with every rms, pattern, choice and gate detached."""

    def frozen_norm(self: RMSNorm, x: torch.Tensor) -> torch.Tensor:
        scale = torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps)
        return x * scale.detach() * self.gain

    monkeypatch.setattr(RMSNorm, "forward", frozen_norm)
    for ffn in (m for m in model.modules() if hasattr(m, "activation")):
        changed: Any = ffn
        changed.activation = frozen(changed.activation, changed.w_gate is not None)
    leaves = {
        name: torch.zeros(len(text), model.config.d_model, dtype=torch.float64, requires_grad=True)
        for name in ("embed", "pos_embed")
        if name in model.emits
    }
    edits = [Edit(name, lambda x, leaf=leaf: x + leaf) for name, leaf in leaves.items()]
    held = ("pattern", "expert_weight", *DEPTH_PATTERNS)
    shares = [name for name in held if name in model.emits]
    layers = range(model.config.n_layer)
    edits += [Edit(n, torch.detach, i) for n in shares for i in layers if n in model.formed[i]]
    trace = Trace((), edits)
    tokens = torch.from_numpy(encode(text)).long()[None]
    read(model, tokens, trace=trace)[0, position, token].backward()
    return {name: np.asarray(leaf.grad) for name, leaf in leaves.items()}


def frozen(activation, gated: bool):
    """gate = f(x) / x is held; in a gated FFN f(x) itself is the gate."""
    if gated:
        return lambda x: activation(x).detach()
    return lambda x: x * (activation(x) / x).detach()


def leaves_of(reader: Reader, whole: Term) -> Iterator[Term]:
    """The ends of all ways home."""
    terms = unfold(reader, whole)
    if not terms:
        yield whole
    for one in terms:
        yield from leaves_of(reader, one)


@pytest.mark.parametrize("config", math_variants())
def test_the_directions_of_all_ways_add_up_to_the_gradient_of_the_frozen_model(
    config: GPTConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, text = tiny_model(config), "7*8"
    reader = exact(model, text)
    root = logit(reader, 2, 5)
    found = {name: np.zeros((len(text), config.d_model)) for name in ("embed", "pos_embed")}
    value = 0.0
    for leaf in leaves_of(reader, root):
        found[leaf.name][leaf.position] += leaf.direction
        value += leaf.value
    assert value == pytest.approx(root.value, rel=1e-10)
    expected = frozen_gradients(model, text, 2, 5, monkeypatch)
    for name, gradient in expected.items():
        assert np.allclose(found[name], gradient, rtol=0, atol=1e-10 * abs(gradient).max())


def test_a_neuron_is_followed_through_itself_alone() -> None:
    """Through all neurons one by one, the terms are those of the FFN."""
    reader = exact(tiny_model(), TEXT)
    terms = unfold(reader, logit(reader, 3, 5))
    ffn = next(p for p in terms if p.name == "blocks.1.ffn_out")
    together = np.sum([[p.value for p in unfold(reader, n)] for n in neurons(reader, ffn)], axis=0)
    assert np.allclose(together, [p.value for p in unfold(reader, ffn)], rtol=1e-10)
    assert [n.neuron for n in neurons(reader, ffn)] == list(range(30))
    head = next(p for p in terms if p.head is not None)
    assert neurons(reader, head) == neurons(reader, terms[0]) == []


# ---------------------------------------------------------------- what a level is


def test_the_levels_are_parts_then_tokens_then_parts_of_what_came_before() -> None:
    reader = exact(tiny_model(), TEXT)
    top = unfold(reader, logit(reader, 3, 5))
    names = [(p.name, p.head) for p in top]
    start = [("embed", None), ("pos_embed", None)]
    heads = [[(f"blocks.{layer}.z", head) for head in range(3)] for layer in range(2)]
    first = [*heads[0], ("blocks.0.ffn_out", None)]
    assert names == [*start, *first, *heads[1], ("blocks.1.ffn_out", None)]
    tokens = unfold(reader, top[7])
    assert [(p.name, p.head, p.position) for p in tokens] == [
        ("blocks.1.v", 1, s) for s in range(4)
    ]
    below = unfold(reader, tokens[2])
    assert [(p.name, p.head) for p in below] == [*start, *first]
    assert {p.position for p in below} == {2}
    through_ffn = unfold(reader, top[9])
    assert [(p.name, p.head) for p in through_ffn] == [*start, *first, *heads[1]]
    assert unfold(reader, top[0]) == unfold(reader, top[1]) == []


def test_without_a_position_table_the_way_ends_at_the_token() -> None:
    reader = exact(tiny_model(replace(BASE, position=RotaryPositionsConfig(100.0))), TEXT)
    for one in unfold(reader, logit(reader, 3, 5)):
        assert way_home(reader, one)[-1].name == "embed"


def test_the_largest_part_pulls_the_way_of_the_whole() -> None:
    terms = [Term("x", i, np.zeros(1), value) for i, value in enumerate((2.0, -5.0, 1.0))]
    assert largest(replace(terms[0], value=-2.0), terms).value == -5.0
    assert largest(replace(terms[0], value=0.5), terms).value == 2.0


def test_a_logit_that_is_not_there_is_refused() -> None:
    reader = exact(tiny_model(), TEXT)
    for place, token in ((4, 0), (-1, 0), (0, 16), (0, -1)):
        with pytest.raises(ValueError, match=r"among 4 tokens times 16 ids"):
            logit(reader, place, token)


# ---------------------------------------------------------------- broken models


def test_a_head_that_was_changed_by_hand_leaves_a_rest() -> None:
    """Its tokens still say what they would give: the sum misses the whole by all of it."""
    reader = rounded(tiny_model(), TEXT, ablate(Node("z", 1, 0)))
    head = next(p for p in unfold(reader, logit(reader, 3, 5)) if p.name == "blocks.1.z")
    assert head.value == 0
    assert abs(total(unfold(reader, head))) > 1e-3


def test_neurons_that_were_changed_by_hand_are_gates_with_another_opening() -> None:
    reader = rounded(tiny_model(), TEXT, Edit("ffn_post", lambda x: 3 * x, 1, {"d_ff": [1, 2, 3]}))
    ffn = unfold(reader, logit(reader, 3, 5))[-1]
    assert total(unfold(reader, ffn)) == pytest.approx(ffn.value, rel=4 * HALF)
    assert not paths.is_home(reader, ffn)
