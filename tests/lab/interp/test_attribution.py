"""lab.interp.attribution: the components sum to the logit, and each is what it says it is."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
import torch
from tiny import BASE, blocks_of, read, tiny_model, variants

from lab.data.vocabulary import encode
from lab.interp.attribution import Component, attribute, components_of, components_to_ablate
from lab.interp.intervene import Node, ablate
from lab.model.config import DenseFFNConfig, GPTConfig, RotaryPositionsConfig
from lab.model.gpt import GPT
from lab.model.trace import Trace
from lab.training.checkpoint import Checkpoint, committed_runs, load_run

TEXT = "37*48=692+0841=67"
PAIRS = ((37, 48), (0, 0), (99, 99), (8, 7), (60, 25))


@lru_cache
def loaded(run: str) -> Checkpoint:
    return load_run(run)


@pytest.mark.parametrize("run", committed_runs())
def test_the_components_of_a_committed_run_sum_to_every_logit(run: str) -> None:
    model, form = loaded(run).model, loaded(run).format
    for a, b in PAIRS:
        found = attribute(model, form.text(a % 10**form.p, b % 10**form.q))
        assert found.added.shape == (len(found.components), form.length, 16)
        error = abs(found.added.sum(axis=0) - found.logits)  # (T, V)
        assert error.max() <= 1e-5 * abs(found.logits).max()


@pytest.mark.parametrize("run", committed_runs())
def test_the_logits_are_those_of_a_run_that_nobody_looks_into(run: str) -> None:
    model, form = loaded(run).model, loaded(run).format
    text = form.text(37 % 10**form.p, 48 % 10**form.q)
    with torch.inference_mode():
        logits = read(model, torch.from_numpy(encode(text)).long()[None])[0]
    assert np.array_equal(attribute(model, text).logits, logits.double().numpy())


@pytest.mark.parametrize("config", variants())
def test_the_components_sum_to_every_logit_whatever_the_model_is_made_of(config: GPTConfig) -> None:
    found = attribute(tiny_model(config), TEXT)
    assert np.allclose(found.added.sum(axis=0), found.logits, rtol=0, atol=1e-12)


def by_hand(model: GPT, text: str, place: int, token: int, component: Component) -> float:
    """sum over d of note_d gain_d unembed_d / rms, number by number, in Python's own floats."""
    trace = Trace(["embed", "pos_embed", "z", "attn_out", "ffn_out", "resid_post"])
    read(model, torch.from_numpy(encode(text)).long()[None], trace=trace)
    x = trace[f"blocks.{model.config.n_layer - 1}.resid_post"][0, place].tolist()
    rms = math.sqrt(sum(number**2 for number in x) / len(x) + model.config.norm_eps)
    size = blocks_of(model)[0].attention.head_dim
    if component.head is not None:
        z = trace[f"blocks.{component.layer}.z"][0, component.head, place].tolist()
        wo = blocks_of(model)[component.layer or 0].attention.wo.weight.tolist()  # (D, H * Dk)
        first = component.head * size
        note = [sum(z[i] * row[first + i] for i in range(size)) for row in wo]
    elif component.layer is not None:
        note = trace[f"blocks.{component.layer}.ffn_out"][0, place].tolist()
    else:
        note = trace["embed" if component.kind == "token" else "pos_embed"][0, place].tolist()
    gain, row = model.final_norm.gain.tolist(), model.unembed.weight[token].tolist()
    return sum(n * g * u for n, g, u in zip(note, gain, row, strict=True)) / rms


@pytest.mark.parametrize("name", ["token", "position", "head 0.2", "FFN 0", "head 1.0", "FFN 1"])
def test_a_term_is_note_times_gain_over_rms_times_unembedding(name: str) -> None:
    model = tiny_model()
    found = attribute(model, TEXT)
    number = [component.name for component in found.components].index(name)
    for place, token in ((0, 3), (9, 11), (16, 0)):
        expected = by_hand(model, TEXT, place, token, found.components[number])
        assert abs(expected) > 1e-6
        assert found.added[number, place, token] == pytest.approx(expected, rel=1e-10)


def test_the_heads_of_a_layer_write_what_its_attention_writes() -> None:
    model = tiny_model()
    found = attribute(model, TEXT)
    trace = Trace(["attn_out", "resid_post"])
    model(torch.from_numpy(encode(TEXT)).long()[None], trace=trace)
    x = trace["blocks.1.resid_post"][0]
    rms = (x.square().mean(-1, keepdim=True) + BASE.norm_eps).sqrt()
    expected = model.unembed(trace["blocks.0.attn_out"][0] / rms * model.final_norm.gain)
    heads = [p.kind == "head" and p.layer == 0 for p in found.components]
    assert np.allclose(found.added[heads].sum(axis=0), expected.numpy(), atol=1e-12)


def test_without_the_last_ffn_a_logit_loses_its_bar_if_the_norm_is_held() -> None:
    """Nothing reads the last FFN but the unembedding, so the pull does what the bar says."""
    model = tiny_model()
    whole = attribute(model, TEXT)
    pulled = attribute(model, TEXT, [ablate(Node("ffn_out", 1))])
    held = pulled.logits * (length_at_the_end(model, 1) / length_at_the_end(model))[:, None]
    assert np.allclose(held, whole.logits - whole.added[-1], atol=1e-12)
    assert not pulled.added[-1].any()


def length_at_the_end(model: GPT, without: int | None = None) -> np.ndarray:
    edits = [] if without is None else [ablate(Node("ffn_out", without))]
    trace = Trace(["resid_post"], edits)
    model(torch.from_numpy(encode(TEXT)).long()[None], trace=trace)
    x = trace[f"blocks.{model.config.n_layer - 1}.resid_post"][0].numpy()
    return np.sqrt((x**2).mean(axis=-1) + model.config.norm_eps)


def test_without_an_early_head_later_components_write_something_else() -> None:
    model = tiny_model()
    whole, pulled = attribute(model, TEXT), attribute(model, TEXT, [ablate(Node("z", 0, 1))])
    names = [component.name for component in whole.components]
    assert not pulled.added[names.index("head 0.1")].any()
    assert abs(pulled.added - whole.added)[names.index("FFN 1")].max() > 1e-3


def test_components_are_named_in_the_order_of_the_network() -> None:
    model = tiny_model(replace(BASE, position=RotaryPositionsConfig(100.0)))
    names = "token,head 0.0,head 0.1,head 0.2,FFN 0,head 1.0,head 1.1,head 1.2,FFN 1"
    assert [component.name for component in components_of(model)] == names.split(",")
    assert [component.name for component in components_of(tiny_model())][:3] == [
        "token",
        "position",
        "head 0.0",
    ]


def test_every_component_of_a_layer_can_be_ablated_and_the_start_cannot() -> None:
    model = tiny_model()
    pulls = components_to_ablate(model)
    assert list(pulls)[:5] == ["head 0.0", "head 0.1", "head 0.2", "attention 0", "FFN 0"]
    assert len(pulls) == 2 * 5
    outs = {
        name: attribute(model, TEXT, [component.ablated()]).logits
        for name, component in pulls.items()
    }
    whole = attribute(model, TEXT).logits
    assert all(abs(logits - whole).max() > 1e-3 for logits in outs.values())
    assert len({logits.tobytes() for logits in outs.values()}) == len(pulls)
    with pytest.raises(ValueError, match="'token' is what the model is given"):
        Component("token").ablated()


def test_a_lead_is_a_difference_of_logits_and_its_rival_came_second() -> None:
    found = attribute(tiny_model(), TEXT)
    for place in (0, 5, 16):
        order = np.argsort(-found.logits[place])
        first, second = int(order[0]), int(order[1])
        assert found.runner_up(place, first) == second
        assert found.runner_up(place, second) == first
        lead = found.lead(place, first, second)
        assert lead > 0
        assert found.to_lead(place, first, second).sum() == pytest.approx(lead, abs=1e-12)


def test_a_gated_ffn_is_one_part_too() -> None:
    config = replace(BASE, ffn=DenseFFNConfig(d_ff=30, activation="swiglu"))
    assert attribute(tiny_model(config), TEXT).components[-1] == Component("FFN", 1)


def test_an_attention_added_what_its_heads_added() -> None:
    model = tiny_model()
    found = attribute(model, TEXT)
    added = found.to_lead(4, 3, 5)
    parts = components_to_ablate(model)
    for layer in range(model.config.n_layer):
        heads = [part for part in parts.values() if (part.layer, part.kind) == (layer, "head")]
        assert len(heads) == model.config.layers[layer].attention.n_head
        assert found.of(parts[f"attention {layer}"], added) == pytest.approx(
            sum(found.of(head, added) for head in heads)
        )
    assert found.of(parts["FFN 1"], added) == added[found.components.index(parts["FFN 1"])]
    layers = sum(found.of(parts[f"{k} {i}"], added) for k in ("attention", "FFN") for i in (0, 1))
    given = found.of(Component("token"), added) + found.of(Component("position"), added)
    assert layers + given == pytest.approx(added.sum())
