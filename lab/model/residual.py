"""The residual stream: what blocks read from and write to. Made anew for every call.

Shapes: `B` batch, `T` tokens, `D` d_model.
"""

from __future__ import annotations

from torch import Tensor

from lab.model.trace import TraceLike


class PlainStream:
    """The sum of all that was written: x_0 + out_1 + out_2 + ... (arXiv:1512.03385)"""

    def __init__(self, x: Tensor) -> None:
        self.x = x  # (B, T, D)

    def read(self, name: str, trace: TraceLike) -> Tensor:
        """The stream, under the name it has at this point; an edit here changes the stream."""
        self.x = trace(name, self.x)
        return self.x

    def write(self, out: Tensor) -> None:
        self.x = self.x + out
