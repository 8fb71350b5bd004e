"""What attention keeps of the tokens it has read, so that it need not read them twice.

One cache for every kind of attention: the attention names what it stores (rotated keys and values,
or a latent), the cache stores it per layer and gives back all there is. It is passed in and never
sits on a module.

Shapes: `B` batch, `T` new tokens, `S` tokens in the cache; the token axis is the second to last.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class CacheLike(Protocol):
    """What a model asks of its cache."""

    @property
    def length(self) -> int: ...

    def place(self, positions: Tensor) -> Tensor: ...

    def extend(self, layer: int, **new: Tensor) -> tuple[Tensor, ...]: ...


class NoCache:
    """Keeps nothing: attention sees the tokens of this call alone."""

    length = 0

    def place(self, positions: Tensor) -> Tensor:
        return positions

    def extend(self, layer: int, **new: Tensor) -> tuple[Tensor, ...]:
        return tuple(new.values())


NO_CACHE = NoCache()


class KVCache:
    """Room for `capacity` tokens, taken layer by layer when the first ones arrive."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"capacity={capacity} tokens; a cache holds at least 1")
        self.capacity = capacity
        self.store: dict[tuple[int, str], Tensor] = {}
        self.lengths: dict[int, int] = {}
        self.placed: Tensor | None = None

    @property
    def length(self) -> int:
        """Tokens that every layer has stored; between two forwards all layers agree."""
        return min(self.lengths.values(), default=0)

    def place(self, positions: Tensor) -> Tensor:
        """Keep where the tokens of a call stand, once for all layers; return all there are.

        (B, T) or (B, T, A) -> (B, S) or (B, S, A)
        """
        known = None if self.placed is None else self.placed[:, : self.length]
        self.placed = positions if known is None else torch.cat([known, positions], dim=1)
        return self.placed

    def extend(self, layer: int, **new: Tensor) -> tuple[Tensor, ...]:
        """Store (..., T, x) tensors behind what the layer has; return each as (..., S, x)."""
        start = self.lengths.get(layer, 0)
        stop = start + next(iter(new.values())).shape[-2]
        if stop > self.capacity:
            raise ValueError(f"{stop} tokens do not fit a cache of capacity={self.capacity}")
        for name, value in new.items():
            if (layer, name) not in self.store:
                shape = (*value.shape[:-2], self.capacity, value.shape[-1])
                self.store[layer, name] = torch.empty(shape, dtype=value.dtype, device=value.device)
            self.store[layer, name][..., start:stop, :] = value
        self.lengths[layer] = stop
        return tuple(self.store[layer, name][..., :stop, :] for name in new)

    @property
    def bytes_held(self) -> int:
        """Bytes of the numbers stored so far (not of the room taken)."""
        return sum(
            tensor[..., : self.lengths[layer], :].numel() * tensor.element_size()
            for (layer, _), tensor in self.store.items()
        )
