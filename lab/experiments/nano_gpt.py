"""GPT-2's network as a small training repository writes it: the peer that needs no package.

LayerNorm before each part and at the end, learned positions, queries, keys and values from one
matrix (fused), a GELU between two matrices, biases everywhere but in the unembedding, which is the
token embedding once more (tied). (Radford et al. 2019, with the start of section 2.3 there; the
norm before each part: arXiv:2002.04745; GELU: arXiv:1606.08415; a tied unembedding:
arXiv:1608.05859.) Written out here for `lab.experiments.peers`, to be measured and not to be taught
with: nothing can be looked at inside, and no part is a choice.

Shapes: `B` texts side by side, `T` tokens of this call, `S` tokens seen, `D` d_model, `H` heads,
`V` vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lab.model.config import GPTConfig


class Seen:
    """Keys and values of the tokens so far, layer by layer, joined anew at every step."""

    def __init__(self) -> None:
        self.layers: dict[int, tuple[Tensor, Tensor]] = {}

    @property
    def length(self) -> int:
        """Tokens of each text, S."""
        return self.layers[0][0].shape[2] if self.layers else 0

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Those of (B, H, T, D/H) behind what the layer has: all of them, (B, H, S, D/H)."""
        if layer in self.layers:
            before_k, before_v = self.layers[layer]
            k, v = torch.cat([before_k, k], dim=2), torch.cat([before_v, v], dim=2)
        self.layers[layer] = k, v
        return k, v


class CausalAttention(nn.Module):
    """softmax(q k' / sqrt(D/H)) v of the tokens up to one's own, by torch's fused kernel."""

    def __init__(self, layer: int, d_model: int, n_head: int) -> None:
        super().__init__()
        self.layer, self.n_head = layer, n_head
        self.qkv = nn.Linear(d_model, 3 * d_model)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x: Tensor, seen: Seen | None = None) -> Tensor:
        """(B, T, D) -> (B, T, D)"""
        heads = self.qkv(x).unflatten(-1, (3, self.n_head, -1)).permute(2, 0, 3, 1, 4)
        q, k, v = heads  # (B, H, T, D/H) each
        if seen is not None:
            k, v = seen.extend(self.layer, k, v)
        # One token behind others sees all of them; torch would count its mask from the first key.
        z = F.scaled_dot_product_attention(q, k, v, is_causal=q.shape[2] > 1)
        return self.out(z.transpose(1, 2).flatten(2))


class PreNormBlock(nn.Module):
    """x + attention(norm(x)), and to that the FFN of its norm: 12 D^2 + 13 D numbers."""

    def __init__(self, layer: int, d_model: int, n_head: int, d_ff: int) -> None:
        super().__init__()
        self.attention_norm, self.ffn_norm = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = CausalAttention(layer, d_model, n_head)
        self.ffn = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model))

    def forward(self, x: Tensor, seen: Seen | None = None) -> Tensor:
        """(B, T, D) -> (B, T, D)"""
        x = x + self.attention(self.attention_norm(x), seen)
        return x + self.ffn(self.ffn_norm(x))


class NanoGPT(nn.Module):
    """As many layers, numbers a token, heads and neurons as `config` says, for so many positions.

    `forward(tokens)` gives the logits, (B, T, V), of the token after each. With `seen` the tokens
    stand behind those that it holds: a whole prompt first, then one token a call.
    """

    def __init__(self, config: GPTConfig, longest: int, *, tied: bool = True) -> None:
        super().__init__()
        d_model, n_head = config.d_model, config.heads.n_head
        self.embed = nn.Embedding(config.vocab_size, d_model)
        self.positions = nn.Embedding(longest, d_model)
        d_ffs = [layer.ffn.parameters(layer) // (2 * d_model) for layer in config.layers]
        self.blocks = nn.ModuleList(
            PreNormBlock(layer, d_model, n_head, d_ff) for layer, d_ff in enumerate(d_ffs)
        )
        self.final_norm = nn.LayerNorm(d_model)
        self.unembed = nn.Linear(d_model, config.vocab_size, bias=False)
        self.start(torch.Generator().manual_seed(0))
        if tied:
            self.unembed.weight = self.embed.weight

    @torch.no_grad()
    def start(self, generator: torch.Generator) -> None:
        """Matrices N(0, 0.02^2); those that write to the stream smaller by sqrt(2 layers), so that
        it does not grow with depth; biases 0, gains 1."""
        smaller = (2 * len(self.blocks)) ** -0.5
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                writes = name.endswith(("attention.out.weight", "ffn.2.weight"))
                parameter.normal_(std=0.02 * (smaller if writes else 1), generator=generator)
            elif name.endswith("bias"):
                parameter.zero_()

    def forward(self, tokens: Tensor, seen: Seen | None = None) -> Tensor:
        """(B, T) -> (B, T, V). `ValueError` for several tokens behind others: no mask is formed."""
        before = 0 if seen is None else seen.length
        if before and tokens.shape[1] > 1:
            raise ValueError(f"{tokens.shape[1]} tokens behind {before}; behind others 1 is read")
        places = torch.arange(before, before + tokens.shape[1], device=tokens.device)
        x = self.embed(tokens) + self.positions(places)
        for block in cast(Sequence[PreNormBlock], self.blocks):
            x = block(x, seen)
        return self.unembed(self.final_norm(x))


@torch.inference_mode()
def write_on(model: NanoGPT, prompt: Tensor, n_new: int) -> Tensor:
    """The next so many tokens behind (B, T), each the likeliest, with a cache: (B, n_new)."""
    seen, read, written = Seen(), prompt, list[Tensor]()
    for _ in range(n_new):
        read = model(read, seen)[:, -1:].argmax(-1)  # (B, 1)
        written.append(read)
    return torch.cat(written, dim=1)
