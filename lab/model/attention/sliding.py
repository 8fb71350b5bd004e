"""Attention to the last few tokens alone.

Shapes: `T` tokens of this call, `S` slots filled so far, `B` batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lab.model.attention.kernels import Kernel
from lab.model.attention.mha import MultiHeadAttention
from lab.model.call import Slots
from lab.model.config import SlidingWindowAttentionConfig


@dataclass(frozen=True)
class Window(Slots):
    """Slots of which a query in slot t sees t - `size` + 1, ..., t."""

    size: int = 1

    def hidden(self, queries: range, keys: range, device: torch.device) -> Tensor:
        slot = torch.arange(keys.start, keys.stop, device=device)
        own = self.start + torch.arange(queries.start, queries.stop, device=device)[:, None]
        return super().hidden(queries, keys, device) | (slot <= own - self.size)

    def seen(self, queries: range, n_key: int) -> range:
        # Its oldest query sees farthest back: tiles of keys before that are skipped.
        first = max(0, self.start + queries.start - self.size + 1)
        return range(first, super().seen(queries, n_key).stop)

    def hides_nothing(self, queries: range, keys: range) -> bool:
        newest = self.start + queries.stop - 1
        return super().hides_nothing(queries, keys) and newest - keys.start < self.size

    def are_all_of(self, n_key: int, n_query: int) -> bool:
        return super().are_all_of(n_key, n_query) and n_key <= self.size


class SlidingWindowAttention(MultiHeadAttention):
    """Multi-head attention in which slot t sees slot s iff t - window < s <= t.

    After L layers a token has heard of L (window - 1) tokens before it (arXiv:2310.06825,
    section 2). The cache keeps all tokens here; it could forget those that are no longer seen.
    """

    def __init__(
        self, config: SlidingWindowAttentionConfig, d_model: int, norm_eps: float, kernel: Kernel
    ) -> None:
        super().__init__(config, d_model, norm_eps, kernel)
        self.window = config.window
        self.sees = f"t - {config.window} < s <= t"

    def seen_of(self, slots: Slots) -> Slots:
        return Window(slots.start, slots.first, slots.causal, self.window)
