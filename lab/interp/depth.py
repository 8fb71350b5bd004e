"""Whom every layer reads: the shares of attention over depth on one text, and what they bear.

Shapes: `T` tokens, `R` readings that choose, `N` sources: contributions, or sums of a group's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.vocabulary import Tokens
from lab.inference.forward import Texts, run_with_trace
from lab.inference.scoring import likeliest
from lab.interp.intervene import DEPTH_PATTERNS, cut_connection
from lab.model.config import AttentionResidualConfig, GPTConfig
from lab.model.gpt import GPT
from lab.model.residual import pattern_at
from lab.model.trace import Edit, Trace


class DepthRead(NamedTuple):
    """A reading that chooses: in which layer, by which pattern, after how many contributions, and
    among how many sources."""

    layer: int
    pattern: str
    n_written: int
    n_source: int


def readings_of(config: GPTConfig) -> list[DepthRead]:
    """All of them, in the order of the network.

    `ValueError` for a plain sum, in which no reading chooses.
    """
    residual = config.residual
    if not isinstance(residual, AttentionResidualConfig):
        raise ValueError(f"residual={residual}: a plain sum chooses nothing")
    return [
        DepthRead(at.layer, pattern_at(at.site), n, residual.n_source(config, n))
        for at in config.later_readings
        for n in [at.n_written]
    ]


def writers_of(config: GPTConfig) -> list[str]:
    """'attention 0', 'FFN 0', 'attention 1', ..."""
    words = {"attn_out": "attention", "ffn_out": "FFN"}
    return [f"{words[at.name]} {at.layer}" for at in config.contributions]


def readers_of(config: GPTConfig) -> list[str]:
    """Who chooses: 'FFN 0', 'attention 1', 'FFN 1', ... and the 'end'."""
    writers, begins = writers_of(config), [at.n_written for at in config.later_readings]
    after = zip(begins, [*begins[1:], None], strict=True)
    return [" and ".join(writers[begin:end]) or "end" for begin, end in after]


def sources_of(config: GPTConfig) -> list[str]:
    """What is read: the 'token', and 'attention 0', 'FFN 0', ... or 'group 0', 'group 1', ..."""
    most = readings_of(config)[-1].n_source
    if most == len(config.contributions) + 1:
        return ["token", *writers_of(config)]
    return ["token", *(f"group {n}" for n in range(most - 1))]


def depth_shares(model: GPT, text: Texts, edits: Collection[Edit] = ()) -> NDArray[np.float64]:
    """The share of every source in every reading, at every token of one text, (T, R, N).

    Not a number where a source is not there yet.
    """
    trace = run_with_trace(model, text, DEPTH_PATTERNS, edits)
    return side_by_side([pattern[0] for pattern in patterns_in(trace, model.config)])


def depth_amounts(model: GPT, text: Texts) -> NDArray[np.float64]:
    """share |source|, over the sum of these: how much of what is read a source makes up, (T, R, N).

    A small share of a long source may be more than a large one of a short source.
    """
    trace = run_with_trace(model, text, NEEDED & model.emits)
    shares = patterns_in(trace, model.config)
    lengths = lengths_in(trace, model.config)
    return side_by_side([amounts(a, n)[0] for a, n in zip(shares, lengths, strict=True)])


NEEDED = frozenset({*DEPTH_PATTERNS, "embed", "pos_embed", "attn_out", "ffn_out"})


def patterns_in(trace: Trace, config: GPTConfig) -> list[Tensor]:
    """Of every reading, (B, T, N) each."""
    return [trace[f"blocks.{r.layer}.{r.pattern}"] for r in readings_of(config)]


def lengths_in(trace: Trace, config: GPTConfig) -> list[Tensor]:
    """|source| of every source at every reading, (B, T, N) each."""
    given = [trace[name] for name in ("embed", "pos_embed") if name in trace.calls]
    written = [trace[f"blocks.{at.layer}.{at.name}"] for at in config.contributions]
    source_of = cast(AttentionResidualConfig, config.residual).sources(config)
    out: list[Tensor] = []
    for reading in readings_of(config):
        parts: list[list[Tensor]] = [given, *([] for _ in range(reading.n_source - 1))]
        for source, x in zip(source_of[: reading.n_written], written, strict=False):
            parts[source].append(x)
        out.append(torch.stack([total(part).norm(dim=-1) for part in parts], dim=-1))
    return out


def total(contributions: Sequence[Tensor]) -> Tensor:
    return torch.stack([*contributions]).sum(0)


def amounts(shares: Tensor, lengths: Tensor) -> Tensor:
    weighed = shares * lengths
    return weighed / weighed.sum(-1, keepdim=True)


def side_by_side(found: Sequence[Tensor]) -> NDArray[np.float64]:
    """Readings of more and more sources, (T, n) each, as one table (T, R, N)."""
    out = np.full((len(found[0]), len(found), found[-1].shape[1]), np.nan)
    for n, reading in enumerate(found):
        out[:, n, : reading.shape[1]] = reading.double().numpy()
    return out


def cut(config: GPTConfig, reading: int, source: int) -> Edit:
    """The edit that cuts one connection, counted as `depth_shares` counts."""
    chosen = readings_of(config)[reading]
    return cut_connection(chosen.pattern, chosen.layer, source)


# ---------------------------------------------------------------- thin connections


@dataclass(frozen=True)
class Thinned:
    """Without thin connections: how many of all were cut, and how many texts are wrong then."""

    cut: int
    connections: int
    errors: int
    n: int


def thinned(
    model: GPT, texts: Tokens, mask: NDArray[np.bool_], below: float, *, by_length: bool = False
) -> Thinned:
    """Every share under `below`, or with `by_length` every amount, becomes nothing, in every
    reading and at every token.

    Each token of `texts` (n, T) is predicted from the right ones before it; `mask` says which
    count. A connection is counted at every such token. Lengths are those of the network with all
    its connections.
    """
    counted = {"cut": 0, "connections": 0}
    counts = torch.from_numpy(mask[:, 1:])

    def thick(a: Tensor, lengths: Tensor) -> Tensor:
        thin = (amounts(a, lengths) if by_length else a) < below
        counted["cut"] += int(thin[counts].sum())
        counted["connections"] += thin[counts].numel()
        return a.masked_fill(thin, 0.0)

    whole = run_with_trace(model, texts[:, :-1], NEEDED & model.emits)
    edits = [
        Edit(r.pattern, partial(thick, lengths=lengths), r.layer)
        for r, lengths in zip(
            readings_of(model.config), lengths_in(whole, model.config), strict=True
        )
    ]
    trace = run_with_trace(model, texts[:, :-1], ["logits"], edits)
    missed = (likeliest(trace["logits"], texts) != texts) & mask
    return Thinned(**counted, errors=int(missed.any(axis=1).sum()), n=len(texts))
