"""lab.interp.head_circuits: what the matrices of a head say, against the head at work."""

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch
from tiny import BASE, SAMPLES, tiny_model

from lab.inference.forward import run_with_trace
from lab.interp.head_circuits import (
    composition,
    composition_by_chance,
    matrices_of,
    ov_circuit,
    qk_circuit,
)
from lab.model.attention.mha import MultiHeadAttention
from lab.model.config import (
    GPTConfig,
    GroupedQueryAttentionConfig,
    MathKernelConfig,
    NoPositionsConfig,
)
from lab.model.gpt import GPT


def model_without_positions() -> GPT:
    """Of one layer, so that what its head reads is the token alone."""
    return drawn(replace(BASE, position=NoPositionsConfig(), n_layer=1))


def drawn(config: GPTConfig) -> GPT:
    """Every matrix drawn at random: at first, what writes is zero."""
    model = GPT(config).eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.normal_(std=0.3, generator=generator)
    return model


def test_scores_of_a_first_layer_are_those_of_the_circuit() -> None:
    model, text = model_without_positions(), "12*34=8"
    trace = run_with_trace(model, text, ["scores"])
    tokens = trace_tokens(text)
    for head in range(model.blocks[0].attention.n_head):
        expected = qk_circuit(model, 0, head)[np.ix_(tokens, tokens)]
        found = trace["blocks.0.scores"][0, head].double().numpy()
        seen = np.tril(np.ones_like(found, dtype=bool))
        assert np.allclose(found[seen], expected[seen], atol=1e-4)


def trace_tokens(text: str) -> list[int]:
    from lab.data.vocabulary import encode

    return encode(text).tolist()


def test_a_head_that_looks_at_one_token_raises_the_logits_of_its_row() -> None:
    """A text of one token: all weight lies on it. What the head adds is held to the circuit, but
    for the scale of the last norm."""
    model, head = model_without_positions(), 0
    token = trace_tokens("7")[0]
    trace = run_with_trace(model, "7", ["z"])
    z = trace["blocks.0.z"].clone()
    z[:, [h for h in range(z.shape[1]) if h != head]] = 0
    attention = model.blocks[0].attention
    with torch.inference_mode():
        written = attention.wo(attention.join(z))[0, 0].double()
        logits = model.unembed.weight.double() @ (model.final_norm.gain.double() * written)
    assert np.allclose(logits.numpy(), ov_circuit(model, 0, head)[token], atol=1e-4)


def test_heads_that_share_keys_have_the_same_key_matrix() -> None:
    shared = GroupedQueryAttentionConfig(n_head=4, head_dim=8, n_kv_head=2)
    model = drawn(replace(BASE, attention=shared))
    own = [matrices_of(model, 0, head) for head in range(4)]
    assert own[0].k.equal(own[1].k) and own[2].k.equal(own[3].k)
    assert not own[0].k.equal(own[2].k)


def test_a_head_that_reads_what_another_writes_composes_fully() -> None:
    """With one direction written and only that one read, the share is 1, and 0 at right angles."""
    model = drawn(BASE)
    first, later = (cast(MultiHeadAttention, block.attention) for block in model.blocks[:2])
    size, D = first.head_dim, BASE.d_model
    direction, other = torch.eye(D)[0], torch.eye(D)[1]
    first.wo.weight[:, :size] = direction[:, None] * torch.ones(size)
    later.wv.weight[:size] = torch.ones(size)[:, None] * direction
    assert composition(model, (0, 0), (1, 0)).v == pytest.approx(1)
    later.wv.weight[:size] = torch.ones(size)[:, None] * other
    assert composition(model, (0, 0), (1, 0)).v == pytest.approx(0, abs=1e-9)


def test_random_heads_compose_by_chance() -> None:
    model = drawn(BASE)
    chance = composition_by_chance(BASE.d_model, model.blocks[0].attention.head_dim)
    heads = range(model.blocks[0].attention.n_head)
    pairs = [composition(model, (0, i), (1, j)) for i in heads for j in heads]
    found = np.mean([[pair.q, pair.k, pair.v] for pair in pairs])
    assert found == pytest.approx(chance, rel=0.3)


@pytest.mark.parametrize("block", ["sequential", "parallel", "post_norm"])
def test_a_head_scores_tokens_as_its_own_block_reads_them(block: str) -> None:
    """Layer 0 without positions, against the scores of the head at work."""
    config = replace(
        BASE,
        position=NoPositionsConfig(),
        block=SAMPLES["block"][block],
        kernel=MathKernelConfig(),
        n_layer=1,
    )
    model = drawn(config)
    text = np.arange(10)[None]
    scores = run_with_trace(model, text, ["scores"])["blocks.0.scores"][0, 1].numpy()
    found = qk_circuit(model, 0, 1)[:10, :10]
    seen = np.tri(10, dtype=bool)
    assert np.allclose(found[seen], scores[seen], atol=1e-5)


def test_a_window_leaves_the_matrices_of_a_head_as_they_are() -> None:
    model = drawn(replace(BASE, attention=SAMPLES["attention"]["sliding"]))
    assert qk_circuit(model, 1, 0).shape == ov_circuit(model, 1, 0).shape


def test_what_has_no_such_matrices_is_refused_by_name() -> None:
    latent = replace(BASE, attention=SAMPLES["attention"]["latent"])
    with pytest.raises(ValueError, match="attention="):
        qk_circuit(GPT(latent), 0, 0)
    with pytest.raises(ValueError, match="head=9"):
        qk_circuit(tiny_model(), 0, 9)
    with pytest.raises(ValueError, match="too late"):
        composition(tiny_model(), (1, 0), (1, 0))
