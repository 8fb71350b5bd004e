"""nano_gpt: GPT-2's network, as it is in transformers, and with a cache what it is without."""

from dataclasses import replace

import pytest
import torch
from tiny import BASE

from lab.experiments.nano_gpt import NanoGPT, Seen, write_on
from lab.model.config import MultiHeadAttentionConfig

LONGEST = 20
CONFIG = replace(BASE, attention=MultiHeadAttentionConfig(n_head=4, head_dim=4))


def model() -> NanoGPT:
    """Random everywhere, gains and biases too."""
    out, generator = NanoGPT(CONFIG, LONGEST).eval(), torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in out.parameters():
            parameter.normal_(std=0.3, generator=generator)
    return out.double()


def tokens() -> torch.Tensor:
    return torch.randint(16, (3, 9), generator=torch.Generator().manual_seed(2))


def test_no_token_looks_at_those_after_it_and_every_one_at_those_before() -> None:
    network, text = model(), tokens()
    usual = network(text)
    for t in range(text.shape[1]):
        other = text.clone()
        other[:, t] = (other[:, t] + 1) % 16
        differ = (network(other) - usual).abs().amax(dim=(0, 2))
        assert bool((differ[:t] == 0).all()) and bool((differ[t:] > 1e-9).all()), t


def test_with_a_cache_the_logits_are_those_without() -> None:
    network, text = model(), tokens()
    whole, seen = network(text), Seen()
    steps = [slice(0, 4), *(slice(t, t + 1) for t in range(4, 9))]
    parts = [network(text[:, some], seen) for some in steps]
    assert seen.length == 9
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=0, atol=1e-12)


def test_it_writes_the_likeliest_token_each_time() -> None:
    network, text = model(), tokens()
    written = write_on(network, text, 7)
    for t in range(7):
        read = torch.cat([text, written[:, :t]], dim=1)
        assert torch.equal(network(read)[:, -1].argmax(-1), written[:, t])


def test_several_tokens_behind_others_are_refused() -> None:
    network, seen = model(), Seen()
    network(tokens(), seen)
    with pytest.raises(ValueError, match="2 tokens behind 9"):
        network(tokens()[:, :2], seen)


def test_the_unembedding_is_the_embedding_or_not() -> None:
    tied, untied = (NanoGPT(CONFIG, LONGEST, tied=tied) for tied in (True, False))
    assert tied.unembed.weight is tied.embed.weight
    counts = [sum(p.numel() for p in network.parameters()) for network in (tied, untied)]
    assert counts[1] - counts[0] == 16 * CONFIG.d_model
