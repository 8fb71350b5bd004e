"""The residual stream: what blocks read from and write to. A stream is begun anew in every call.

Shapes: `B` batch, `T` tokens, `D` d_model, `N` notes written so far.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from lab.model.call import Call
from lab.model.rules import Rule, Rules


class Stream(Protocol):
    """What a block asks of the stream. It never adds: it reads, computes and writes."""

    def read(self, site: str, call: Call) -> Tensor: ...

    def write(self, site: str, out: Tensor, call: Call) -> None: ...

    def end(self, call: Call) -> Tensor: ...


class PlainResidual(nn.Module):
    """Makes streams that are the sum of all that was written."""

    ends_as = "last.resid_post"
    """The name of what the final norm reads."""

    def begin(self, x: Tensor) -> Stream:
        return PlainStream(x)

    def emits(self, layer: int, begun: tuple[str, ...]) -> Rules:
        """In one block; `begun` names what the stream began with."""
        return {
            "resid_pre": Rule("add", begun if layer == 0 else ("before.resid_post",)),
            "resid_mid": Rule("add", ("resid_pre", "attn_out")),
            "resid_post": Rule("add", ("resid_mid", "ffn_out")),
        }

    def shares(self, n_note: int) -> Tensor:
        """How much of each note is in what the final norm reads, (N, 1, 1, 1): all of it."""
        return torch.ones(n_note, 1, 1, 1)


class PlainStream:
    """The sum of all that was written: x_0 + out_1 + out_2 + ... (arXiv:1512.03385)"""

    def __init__(self, x: Tensor) -> None:
        self.x = x  # (B, T, D)

    def read(self, site: str, call: Call) -> Tensor:
        """The stream, under the name it has at this point; an edit here changes the stream."""
        self.x = call.trace(site, self.x)
        return self.x

    def write(self, site: str, out: Tensor, call: Call) -> None:
        self.x = self.x + call.trace(site, out)

    def end(self, call: Call) -> Tensor:
        return self.x
