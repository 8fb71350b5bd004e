"""The residual stream: what layers read from and write to. A stream is begun anew in every call.

Which readings there are and what is added between them a layer's block says (`BlockConfig.order`).

Shapes: `B` batch, `T` tokens, `D` d_model, `N` sources, of one or several contributions each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn

from lab.model.config import SITES, AttentionResidualConfig, GPTConfig
from lab.model.roles import Meaning, Role
from lab.model.rules import Choose, Contract, Norm, Operand, Rule, Rules, Softmax, Sum
from lab.model.trace import Trace, TraceLike

Normed = Callable[[Tensor], Tensor]


class Stream(Protocol):
    """What a block asks of the stream. It never adds: it reads, computes and writes.

    Where a reading has a `norm`, what is read is normed, and goes on in the stream as such.
    """

    def read(self, site: str, trace: TraceLike, norm: Normed | None = None) -> Tensor: ...

    def write(self, site: str, out: Tensor, trace: TraceLike) -> None: ...

    def end(self, trace: TraceLike) -> Tensor: ...


class Residual(nn.Module, ABC):
    """What a model asks of its residual connections.

    `ends_as`: the name of what the final norm reads. `decided_by`: the names of the activations
    that decide the shares.
    """

    ends_as: ClassVar[str] = "last.resid_post"
    decided_by: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def begin(self, x: Tensor) -> Stream:
        """What one call reads from and writes to."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config

    @abstractmethod
    def emits(self, layer: int, begun: tuple[str, ...]) -> Rules:
        """In one layer; `begun` names what the stream began with."""

    @abstractmethod
    def shares(self, sites: Sequence[str], trace: Trace) -> Tensor:
        """How much of what was written at each site the last reading takes.

        A site is "begin" or a contribution, "blocks.0.attn_out". To be multiplied with (sites, T,
        D): a size is 1 where the share is the same at every token, or of every number. `trace`
        holds what is `decided_by`.
        """


# ---------------------------------------------------------------- the plain sum


class PlainResidual(Residual):
    """Makes streams that are the sum of all that was written."""

    def begin(self, x: Tensor) -> Stream:
        return PlainStream(x)

    def emits(self, layer: int, begun: tuple[str, ...]) -> Rules:
        terms, rules = begun if layer == 0 else ("before.resid_post",), dict[str, Rule]()
        for name in self.config.layers[layer].block.order:
            if name in SITES:
                rules[name], terms = Sum(terms), (name,)
            else:
                terms = (*terms, name)
        return rules

    def shares(self, sites: Sequence[str], trace: Trace) -> Tensor:
        """All of it."""
        return torch.ones(len(sites), 1, 1)


class PlainStream:
    """The sum of all that was written: x_0 + out_1 + out_2 + ... (arXiv:1512.03385)"""

    def __init__(self, x: Tensor) -> None:
        self.x = x  # (B, T, D)

    def read(self, site: str, trace: TraceLike, norm: Normed | None = None) -> Tensor:
        """The stream, under the name it has at this point; an edit here changes the stream."""
        self.x = trace(site, norm(self.x) if norm else self.x)
        return self.x

    def write(self, site: str, out: Tensor, trace: TraceLike) -> None:
        # Not +=: a trace may hold the old stream, and gradients need it.
        self.x = self.x + trace(site, out)

    def end(self, trace: TraceLike) -> Tensor:
        return self.x


# ---------------------------------------------------------------- attention over depth


class AttentionResidual(Residual):
    """Makes streams that choose, at every reading, what of all earlier contributions is read.

    Attention over depth (arXiv:2603.15031, section 3): a reading has one learned query, of which no
    norm's gain is kept apart, since query and gain would only ever be multiplied. Contributions are
    sources of their own in the full form, and those of several layers are summed to one in the
    other. The first reading of a layer takes what the layer before left, so it has no query. The
    queries begin at zero, and then every source counts alike.
    """

    meanings: ClassVar[dict[str, Meaning]] = {
        "queries": Meaning(
            ("d_model",), "what a reading looks for among the contributions before it"
        ),
    }
    decided_by = frozenset({"depth_pattern_post"})
    sources: list[int]

    def __init__(self, config: GPTConfig, own: AttentionResidualConfig) -> None:
        super().__init__(config)
        self.queries = nn.ParameterList(
            nn.Parameter(torch.zeros(config.d_model)) for _ in config.later_readings
        )
        self.eps, self.sources = config.norm_eps, own.sources(config)

    @property
    def roles(self) -> dict[str, Role]:
        return {f"queries.{i}": "depth_query" for i in range(len(self.queries))}

    def begin(self, x: Tensor) -> Stream:
        return DepthStream(x, list(self.queries), self.eps, self.sources)

    def emits(self, layer: int, begun: tuple[str, ...]) -> Rules:
        rules: dict[str, Rule] = {"resid_pre": Sum(begun if layer == 0 else ("before.resid_post",))}
        for number, at in enumerate(self.config.later_readings):
            if at.layer == layer:
                pattern, sources = pattern_at(at.site), self.sources_after(at.n_written, begun)
                rules[pattern] = self.pattern(sources, number)
                rules[at.site] = mixed(sources, pattern)
        return rules

    def sources_after(self, n_written: int, begun: tuple[str, ...]) -> list[Operand]:
        """What is mixed once so many contributions are written, in their order."""
        sources: list[list[str]] = [[*begun]]
        for at, source in zip(self.config.contributions[:n_written], self.sources, strict=False):
            if source == len(sources):
                sources.append([])
            sources[source].append(f"blocks.{at.layer}.{at.name}")
        return [summed(names) for names in sources]

    def pattern(self, sources: Sequence[Operand], reading: int) -> Rule:
        query, size = f"residual.queries.{reading}", {"n": len(sources)}
        scores = tuple(
            Contract((Norm((source, query), self.eps),), "t d -> t n", sizes=size)
            for source in sources
        )
        return Softmax((Choose(scores, "t n", "n"),))

    def shares(self, sites: Sequence[str], trace: Trace) -> Tensor:
        """p of the last reading, at the source that holds the contribution."""
        last = trace[f"blocks.{self.config.n_layer - 1}.depth_pattern_post"][0]  # (T, N)
        written = [f"blocks.{at.layer}.{at.name}" for at in self.config.contributions]
        source_of = {"begin": 0, **dict(zip(written, self.sources, strict=True))}
        return last[:, [source_of[site] for site in sites]].T[..., None]


def pattern_at(site: str) -> str:
    """What the shares of a reading are called: resid_mid has depth_pattern_mid."""
    return site.replace("resid", "depth_pattern")


def summed(names: Sequence[str]) -> Operand:
    return names[0] if len(names) == 1 else Sum(tuple(names))


def mixed(sources: Sequence[Operand], pattern: str) -> Rule:
    """sum_n pattern[t, n] source_n[t, d]"""
    return Sum(tuple(Contract((pattern, x), f"t {n}, t d -> t d") for n, x in enumerate(sources)))


class DepthStream:
    """x = sum_n p_n v_n, with p = softmax_n(w . v_n / rms(v_n)) and a query w for every reading.

    The sources v_n and, as keys, their v_n / rms(v_n) stand in two lists that grow as layers write.
    """

    def __init__(
        self, x: Tensor, queries: Sequence[Tensor], eps: float, source_of: Sequence[int]
    ) -> None:
        self.x, self.eps = x, eps
        self.sources, self.keys = [x], [self.key(x)]  # (B, T, D) each
        self.queries, self.source_of = iter(queries), iter(source_of)

    def read(self, site: str, trace: TraceLike, norm: Normed | None = None) -> Tensor:
        """What this reading mixes; `resid_pre` is what the layer before left. An edit of it changes
        what is read here, and no contribution."""
        if norm:
            raise ValueError(
                f"attention over depth mixes contributions as they were written, so no norm may "
                f"stand in the stream at {site}; name it in `normed` of the block's configuration, "
                "by which such a model is refused before it is built"
            )
        if site == "resid_mid":
            self.x = self.mix(trace("depth_pattern_mid", self.pattern()))
        if site == "resid_post":
            self.x = self.mix(trace("depth_pattern_post", self.pattern()))
        self.x = trace(site, self.x)
        return self.x

    def write(self, site: str, out: Tensor, trace: TraceLike) -> None:
        """A source of its own, or the next part of the last one."""
        v = trace(site, out)
        if next(self.source_of) < len(self.sources):
            v = self.sources.pop() + v
            self.keys.pop()
        self.sources.append(v)
        self.keys.append(self.key(v))

    def end(self, trace: TraceLike) -> Tensor:
        return self.x

    def key(self, v: Tensor) -> Tensor:
        # Normed, so that a contribution does not win by being long.
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
