"""What one forward hands from part to part, in one frozen object.

Shapes: `B` batch, `T` tokens of this call, `S` slots filled so far.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lab.model.cache import CacheLike
from lab.model.positions import Relation
from lab.model.trace import TraceLike


@dataclass(frozen=True)
class Slots:
    """Where the tokens of a call lie: they fill the slots `start`, `start + 1`, ...

    `first` (B,) is, a row each, the slot in which its text begins; what lies before is padding.
    None means that all begin in slot 0. Slots decide what is seen and what is kept; positions,
    which are another thing, only turn and look up.
    """

    start: int = 0
    first: Tensor | None = None
    causal: bool = True

    def hidden(self, queries: range, keys: range, device: torch.device) -> Tensor:
        """True where a query may not look: (T, S), or (B, 1, T, S) with `first`.

        Query t of the call sees slot s iff s is neither later than its own nor padding.
        """
        slot = torch.arange(keys.start, keys.stop, device=device)
        own = self.start + torch.arange(queries.start, queries.stop, device=device)[:, None]
        hidden = slot > own if self.causal else torch.zeros_like(slot > own)
        if self.first is None:
            return hidden
        padding = slot < self.first[:, None, None, None]
        return hidden | (padding & (slot != own))  # padding sees itself, so that no row is empty

    def seen(self, queries: range, n_key: int) -> range:
        """The slots outside of which none of these queries sees any."""
        return range(min(n_key, self.start + queries.stop)) if self.causal else range(n_key)

    def hides_nothing(self, queries: range, keys: range) -> bool:
        """Whether each of these queries sees all of these keys."""
        return self.first is None and (
            not self.causal or keys.stop - 1 <= self.start + queries.start
        )

    def are_all_of(self, n_key: int, n_query: int) -> bool:
        """Whether a call is one whole text, causal, without padding."""
        return self.causal and self.start == 0 and self.first is None and n_query == n_key

    def count(self, n_token: int, device: torch.device) -> Tensor:
        """0, 1, 2, ... from the first token of each text on; 0 for padding. (1, T) or (B, T)"""
        # Padding needs some row of a table, so it stands at 0; nobody sees it.
        slot = torch.arange(self.start, self.start + n_token, device=device)[None]
        return slot if self.first is None else (slot - self.first[:, None]).clamp(min=0)


@dataclass(frozen=True)
class KeysValues:
    """Keys, as they are matched, and values of all tokens so far: what one layer made of them.

    (B, Hk, S, Dk) each.
    """

    k: Tensor
    v: Tensor


@dataclass(frozen=True)
class Call:
    """One forward: where its tokens lie and stand, what is kept of it and what is recorded.

    `handed` is what the layer below hands up besides the stream, if it has any to share.
    """

    slots: Slots
    relation: Relation
    cache: CacheLike
    trace: TraceLike
    layer: int = 0
    handed: KeysValues | None = None

    def at(self, layer: int, handed: KeysValues | None) -> Call:
        """The same call in a layer."""
        return replace(self, layer=layer, trace=self.trace.at(layer=layer), handed=handed)
