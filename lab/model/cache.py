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
    """Room for `capacity` tokens a row, taken at once when the first ones of a layer arrive.

    What arrives is rounded to `dtype`, if that is given, and handed out as it came; in int8 each
    token and head keeps a scale of its own beside its numbers. Raises `ValueError` for tokens that
    do not fit: too many, of other rows, heads, sizes or numbers.
    """

    def __init__(self, capacity: int, dtype: torch.dtype | None = None) -> None:
        if capacity < 1:
            raise ValueError(f"capacity={capacity} tokens; a cache holds at least 1")
        if dtype not in (None, torch.int8) and not dtype.is_floating_point:
            raise ValueError(
                f"dtype={dtype}; keys and values are kept as floating-point numbers, or in int8"
            )
        self.capacity, self.dtype = capacity, dtype
        self.store: dict[tuple[int, str], Tensor] = {}
        self.lengths: dict[int, int] = {}
        self.placed: Tensor | None = None

    @property
    def length(self) -> int:
        """Tokens that every layer has stored; between two forwards all layers agree."""
        # In the middle of a forward the first layers are one call ahead of the last.
        return min(self.lengths.values(), default=0)

    def place(self, positions: Tensor) -> Tensor:
        """Keep where the tokens of a call stand, once for all layers; return all there are.

        (B, T) or (B, T, A) -> (B, S) or (B, S, A)
        """
        start, stop = self.length, self.length + positions.shape[1]
        self.require_room(stop)
        if self.placed is None:
            self.placed = with_room(positions[:, :0], self.capacity, 1)
        require_alike("positions", positions, self.placed, 1)
        self.placed[:, start:stop] = positions
        return self.placed[:, :stop]

    def extend(self, layer: int, **new: Tensor) -> tuple[Tensor, ...]:
        """Store (..., T, x) tensors behind what the layer has; return each as (..., S, x)."""
        start = self.lengths.get(layer, 0)
        stop = start + next(iter(new.values())).shape[-2]
        self.require_room(stop)
        for name, value in new.items():
            for part, kept in self.parts(name, value).items():
                self.store_part(layer, part, kept, start, stop)
        self.lengths[layer] = stop
        return tuple(self.held(layer, name, stop).to(value.dtype) for name, value in new.items())

    def parts(self, name: str, value: Tensor) -> dict[str, Tensor]:
        """What is stored of a tensor, under which names: itself, rounded, or int8 and its scale."""
        if self.dtype is torch.int8:
            whole, scale = quantize(value)
            return {name: whole, scale_of(name): scale}
        return {name: value if self.dtype is None else value.to(self.dtype)}

    def store_part(self, layer: int, part: str, kept: Tensor, start: int, stop: int) -> None:
        if (layer, part) not in self.store:
            self.store[layer, part] = with_room(kept[..., :0, :], self.capacity, -2)
        held = self.store[layer, part]
        require_alike(f"{part} of layer {layer}", kept, held, -2)
        if held.dtype != kept.dtype:
            raise ValueError(f"{part} of dtype {kept.dtype}; the cache holds {held.dtype}")
        # In place: to join old and new would copy the whole cache for every token.
        held[..., start:stop, :] = kept

    def held(self, layer: int, name: str, stop: int) -> Tensor:
        """The first `stop` tokens of what is stored, as numbers again."""
        kept = self.store[layer, name][..., :stop, :]
        scale = self.store.get((layer, scale_of(name)))
        return kept if scale is None else kept * scale[..., :stop, :]

    def require_room(self, n_token: int) -> None:
        if n_token > self.capacity:
            raise ValueError(f"{n_token} tokens do not fit a cache of capacity={self.capacity}")

    # ------------------------------------------------------------ between two forwards

    def cut(self, length: int) -> None:
        """Forget all tokens from slot `length` on: what was only guessed is written over."""
        if not 0 <= length <= self.length:
            raise ValueError(f"length={length}; the cache holds {self.length} tokens to cut from")
        # Nothing is erased, since what lies behind `lengths` is never read.
        self.lengths = dict.fromkeys(self.lengths, length)

    def forget(self, n_token: int) -> None:
        """Forget the first `n_token` slots of every row; the others move to the front."""
        if not 0 <= n_token <= self.length:
            raise ValueError(f"n_token={n_token}; the cache holds {self.length} tokens to forget")
        for key, held in self.store.items():
            # A clone, since where it is read and where it is put overlap.
            kept = held[..., n_token : self.lengths[key[0]], :].clone()
            held[..., : kept.shape[-2], :] = kept
        if self.placed is not None:
            kept = self.placed[:, n_token : self.length].clone()
            self.placed[:, : kept.shape[1]] = kept
        self.lengths = {layer: n - n_token for layer, n in self.lengths.items()}

    def copy(
        self, *, length: int | None = None, capacity: int | None = None, rows: Tensor | None = None
    ) -> KVCache:
        """Another cache with the first `length` slots of this one, of all `rows` or of some."""
        length = self.length if length is None else length
        twin = KVCache(self.capacity if capacity is None else capacity, self.dtype)
        twin.require_room(length)
        of = slice(None) if rows is None else rows
        for key, held in self.store.items():
            twin.store[key] = with_room(held[of][..., :length, :], twin.capacity, -2)
            twin.lengths[key[0]] = length
        if self.placed is not None:
            # One row stands for all where every text is placed alike.
            placed = self.placed if len(self.placed) == 1 else self.placed[of]
            twin.placed = with_room(placed[:, :length], twin.capacity, 1)
        return twin

    @property
    def bytes_held(self) -> int:
        """Bytes of the numbers stored so far (not of the room taken)."""
        return sum(
            tensor[..., : self.lengths[layer], :].numel() * tensor.element_size()
            for (layer, _), tensor in self.store.items()
        )


def scale_of(name: str) -> str:
    """The name under which the scales of a tensor in int8 are stored."""
    return f"{name}.scale"


def quantize(x: Tensor) -> tuple[Tensor, Tensor]:
    """Each token and head by its largest number: x is about whole * scale, |whole| up to 127.

    (..., T, x) -> int8 (..., T, x), float (..., T, 1). Off by half a scale at most.
    """
    scale = x.abs().amax(-1, keepdim=True) / 127
    # Where all numbers are 0, any scale will do.
    whole = (x / torch.where(scale == 0, 1.0, scale)).round()
    return whole.to(torch.int8), scale


def with_room(tokens: Tensor, capacity: int, axis: int) -> Tensor:
    """The same tokens along `axis`, at the beginning of room for `capacity`."""
    shape = list(tokens.shape)
    shape[axis] = capacity
    # Not filled with zeros: no slot is read before it is written.
    room = tokens.new_empty(shape)
    room.narrow(axis, 0, tokens.shape[axis]).copy_(tokens)
    return room


def require_alike(what: str, new: Tensor, held: Tensor, axis: int) -> None:
    """`ValueError` if the two differ in more than their number of tokens, along `axis`."""
    shape = list(held.shape)
    shape[axis] = new.shape[axis]
    if list(new.shape) != shape:
        raise ValueError(f"{what}: shape {tuple(new.shape)}; this cache takes {tuple(shape)}")
