"""The residual stream: what blocks read from and write to. A stream is begun anew in every call.

Shapes: `B` batch, `T` tokens, `D` d_model, `N` notes written so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from lab.model.rules import Rules, Sum
from lab.model.trace import Trace, TraceLike


class Stream(Protocol):
    """What a block asks of the stream. It never adds: it reads, computes and writes."""

    def read(self, site: str, trace: TraceLike) -> Tensor: ...

    def write(self, site: str, out: Tensor, trace: TraceLike) -> None: ...

    def end(self, trace: TraceLike) -> Tensor: ...


class PlainResidual(nn.Module):
    """Makes streams that are the sum of all that was written."""

    ends_as = "last.resid_post"
    """The name of what the final norm reads."""

    def begin(self, x: Tensor) -> Stream:
        return PlainStream(x)

    def emits(self, layer: int, begun: tuple[str, ...]) -> Rules:
        """In one block; `begun` names what the stream began with."""
        return {
            "resid_pre": Sum(begun if layer == 0 else ("before.resid_post",)),
            "resid_mid": Sum(("resid_pre", "attn_out")),
            "resid_post": Sum(("resid_mid", "ffn_out")),
        }

    def shares(self, sites: Sequence[str], trace: Trace) -> Tensor:
        """How much of what was written at each of N sites is in what the final norm reads.

        (N, T, 1), or (N, 1, 1) where it is the same at every token: here all of it.
        """
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
        self.x = self.x + trace(site, out)

    def end(self, trace: TraceLike) -> Tensor:
        return self.x
