"""The residual stream: what blocks read from and write to. A stream is begun anew in every call.

Shapes: `B` batch, `T` tokens, `D` d_model, `N` sources, of one or several notes each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn

from lab.model.roles import Role
from lab.model.rules import Choose, Contract, Norm, Operand, Rule, Rules, Softmax, Sum
from lab.model.trace import Trace, TraceLike

SITES = ("resid_pre", "resid_mid", "resid_post")
"""Where a block reads: for its attention, for its FFN, and what it leaves for the next."""


class Stream(Protocol):
    """What a block asks of the stream. It never adds: it reads, computes and writes."""

    def read(self, site: str, trace: TraceLike) -> Tensor: ...

    def write(self, site: str, out: Tensor, trace: TraceLike) -> None: ...

    def end(self, trace: TraceLike) -> Tensor: ...


class Residual(nn.Module, ABC):
    """What a model asks of its residual connections. Every layer writes two notes.

    `ends_as`: the name of what the final norm reads. `decided_by`: the names of the activations
    that decide the shares.
    """

    ends_as: ClassVar[str] = "last.resid_post"
    decided_by: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def begin(self, x: Tensor) -> Stream:
        """What one call reads from and writes to."""

    @abstractmethod
    def emits(self, layer: int, begun: tuple[str, ...]) -> Rules:
        """In one block; `begun` names what the stream began with."""

    @abstractmethod
    def shares(self, sites: Sequence[str], trace: Trace) -> Tensor:
        """How much of what was written at each site is in what the final norm reads.

        A site is "begin" or a note, "blocks.0.attn_out". (sites, T, 1), or (sites, 1, 1) where it
        is the same at every token. `trace` holds what is `decided_by`.
        """


# ---------------------------------------------------------------- the plain sum


class PlainResidual(Residual):
    """Makes streams that are the sum of all that was written."""

    def begin(self, x: Tensor) -> Stream:
        return PlainStream(x)

    def emits(self, layer: int, begun: tuple[str, ...]) -> Rules:
        return {
            "resid_pre": Sum(begun if layer == 0 else ("before.resid_post",)),
            "resid_mid": Sum(("resid_pre", "attn_out")),
            "resid_post": Sum(("resid_mid", "ffn_out")),
        }

    def shares(self, sites: Sequence[str], trace: Trace) -> Tensor:
        """All of it."""
        return torch.ones(len(sites), 1, 1)


class PlainStream:
    """The sum of all that was written: x_0 + out_1 + out_2 + ... (arXiv:1512.03385)"""

    def __init__(self, x: Tensor) -> None:
        self.x = x  # (B, T, D)

    def read(self, site: str, trace: TraceLike) -> Tensor:
        """The stream, under the name it has at this point; an edit here changes the stream."""
        self.x = trace(site, self.x)
        return self.x

    def write(self, site: str, out: Tensor, trace: TraceLike) -> None:
        # Not +=: a trace may hold the old stream, and gradients need it.
        self.x = self.x + trace(site, out)

    def end(self, trace: TraceLike) -> Tensor:
        return self.x


# ---------------------------------------------------------------- attention over depth


class AttentionResidual(Residual):
    """Makes streams that choose, at every reading, what of all earlier notes is read.

    Attention over depth (arXiv:2603.15031, section 3): a reading has one learned query, of which no
    norm's gain is kept apart, since query and gain would only ever be multiplied. `per_source`
    notes in a row are summed to one source: 1 is the full form, all notes of a block of layers the
    block form. The first reading has one source alone, so there are two queries a layer. They begin
    at zero, and then every source counts alike.
    """

    decided_by = frozenset({"depth_pattern_post"})

    def __init__(self, n_layer: int, d_model: int, eps: float, per_source: int) -> None:
        super().__init__()
        self.queries = nn.ParameterList(
            nn.Parameter(torch.zeros(d_model)) for _ in range(2 * n_layer)
        )
        self.eps, self.per_source = eps, per_source

    @property
    def roles(self) -> dict[str, Role]:
        return {f"queries.{i}": "depth_query" for i in range(len(self.queries))}

    def begin(self, x: Tensor) -> Stream:
        return DepthStream(x, list(self.queries), self.eps, self.per_source)

    def emits(self, layer: int, begun: tuple[str, ...]) -> Rules:
        mid, post = (self.sources_after(n, begun) for n in (2 * layer + 1, 2 * layer + 2))
        return {
            "resid_pre": Sum(begun if layer == 0 else ("before.resid_post",)),
            "depth_pattern_mid": self.pattern(mid, 2 * layer),
            "resid_mid": mixed(mid, "depth_pattern_mid"),
            "depth_pattern_post": self.pattern(post, 2 * layer + 1),
            "resid_post": mixed(post, "depth_pattern_post"),
        }

    def sources_after(self, n_note: int, begun: tuple[str, ...]) -> list[Operand]:
        """What is mixed once so many notes are written, in their order."""
        notes = [f"blocks.{i // 2}.{('attn_out', 'ffn_out')[i % 2]}" for i in range(n_note)]
        cuts = range(0, n_note, self.per_source)
        return [summed(begun), *(summed(notes[i : i + self.per_source]) for i in cuts)]

    def pattern(self, sources: Sequence[Operand], reading: int) -> Rule:
        query, size = f"residual.queries.{reading}", {"n": len(sources)}
        scores = tuple(
            Contract((Norm((source, query), self.eps),), "t d -> t n", sizes=size)
            for source in sources
        )
        return Softmax((Choose(scores, "t n", "n"),))

    def shares(self, sites: Sequence[str], trace: Trace) -> Tensor:
        """p of the last reading, at the source that holds the note."""
        last = trace[f"blocks.{len(self.queries) // 2 - 1}.depth_pattern_post"][0]  # (T, N)
        return last[:, [self.source_of(site) for site in sites]].T[..., None]

    def source_of(self, site: str) -> int:
        """The place of a note among the sources."""
        if site == "begin":
            return 0
        _, layer, name = site.split(".")
        return 1 + (2 * int(layer) + (name == "ffn_out")) // self.per_source


def summed(names: Sequence[str]) -> Operand:
    return names[0] if len(names) == 1 else Sum(tuple(names))


def mixed(sources: Sequence[Operand], pattern: str) -> Rule:
    """sum_n pattern[t, n] source_n[t, d]"""
    return Sum(tuple(Contract((pattern, x), f"t {n}, t d -> t d") for n, x in enumerate(sources)))


class DepthStream:
    """x = sum_n p_n v_n, with p = softmax_n(w . v_n / rms(v_n)) and a query w for every reading.

    The sources v_n and, as keys, their v_n / rms(v_n) stand in two lists that grow as layers write.
    """

    def __init__(self, x: Tensor, queries: Sequence[Tensor], eps: float, per_source: int) -> None:
        self.x, self.eps, self.per_source = x, eps, per_source
        self.sources, self.keys = [x], [self.key(x)]  # (B, T, D) each
        self.queries, self.n_note = iter(queries), 0

    def read(self, site: str, trace: TraceLike) -> Tensor:
        """What this reading mixes; `resid_pre` is what the block before left. An edit of it changes
        what is read here, and no note."""
        if site == "resid_mid":
            self.x = self.mix(trace("depth_pattern_mid", self.pattern()))
        if site == "resid_post":
            self.x = self.mix(trace("depth_pattern_post", self.pattern()))
        self.x = trace(site, self.x)
        return self.x

    def write(self, site: str, out: Tensor, trace: TraceLike) -> None:
        """A source of its own, or the next part of the last one."""
        v = trace(site, out)
        if self.n_note % self.per_source:
            v = self.sources.pop() + v
            self.keys.pop()
        self.sources.append(v)
        self.keys.append(self.key(v))
        self.n_note += 1

    def end(self, trace: TraceLike) -> Tensor:
        return self.x

    def key(self, v: Tensor) -> Tensor:
        # Normed, so that a note does not win by being long.
        return v * torch.rsqrt(v.square().mean(-1, keepdim=True) + self.eps)

    def pattern(self) -> Tensor:  # (B, T, N)
        w = next(self.queries)
        return torch.stack([key @ w for key in self.keys], dim=-1).softmax(-1)

    def mix(self, p: Tensor) -> Tensor:  # (B, T, D)
        # One source after another: stacked, all of them would be copied at every reading.
        first, *shares = p[..., None].unbind(-2)
        x = first * self.sources[0]
        for share, v in zip(shares, self.sources[1:], strict=True):
            x = torch.addcmul(x, share, v)
        return x
