"""Recording and editing what a model computes, as an argument.

The model calls `x = trace("pattern", x)` at every named point. `NO_TRACE` hands `x` back; a `Trace`
keeps a reference, edits it, or both. Nothing hangs on the model, so readers that share one model
cannot disturb each other.

Shapes: `B` batch, `T` tokens in this call, `S` slots a key may sit in, `H` heads, `D` d_model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import index as as_int
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Activation:
    """A named point of the model: its axes, what it is, and whether it lies in a layer."""

    axes: tuple[str, ...]
    meaning: str
    in_layer: bool = True


STREAM = ("batch", "position", "d_model")
HEADS = ("batch", "head", "position", "head_dim")
ATTENTION = ("batch", "head", "query", "key")
DEPTH = ("batch", "position", "source")
LATENT = ("batch", "position", "latent")
NEURONS = ("batch", "position", "d_ff")
CHOICES = ("batch", "position", "choice")

ACTIVATIONS: dict[str, Activation] = {
    "embed": Activation(STREAM, "the row of the embedding matrix for each token", False),
    "pos_embed": Activation(STREAM, "the row of the position table for each position", False),
    "resid_pre": Activation(STREAM, "the residual stream before a layer"),
    "block_norm": Activation(STREAM, "the stream, normalised, as attention and the FFN read it"),
    "attn_norm": Activation(STREAM, "the stream, normalised, as attention reads it"),
    "c_q": Activation(LATENT, "what queries are made from, compressed and normalised"),
    "q": Activation(HEADS, "queries, before rotation"),
    "q_rope": Activation(HEADS, "the part of queries that will be rotated"),
    "c_kv": Activation(LATENT, "what keys and values are made from, compressed and normalised"),
    "k": Activation(HEADS, "keys, before rotation"),
    "k_rope": Activation(HEADS, "the part of keys that will be rotated, one for all heads"),
    "v": Activation(HEADS, "values"),
    "rot_q": Activation(HEADS, "queries, rotated by their position"),
    "rot_k": Activation(HEADS, "keys, rotated by their position"),
    "scores": Activation(ATTENTION, "q . k / sqrt(head_dim), minus infinity where masked"),
    "pattern": Activation(ATTENTION, "softmax of the scores over the keys"),
    "z": Activation(HEADS, "the mix of values that each head hands on"),
    "attn_out": Activation(STREAM, "what attention adds to the stream"),
    "resid_mid": Activation(STREAM, "the stream between attention and FFN"),
    "ffn_norm": Activation(STREAM, "the stream, normalised, as the FFN reads it"),
    "router_scores": Activation(
        ("batch", "position", "expert"), "how well each expert suits a token, between 0 and 1"
    ),
    "expert_index": Activation(CHOICES, "the experts that a token is sent to"),
    "expert_weight": Activation(CHOICES, "how much each of them counts"),
    "shared_pre": Activation(NEURONS, "neurons of the shared expert before the activation"),
    "shared_post": Activation(NEURONS, "neurons of the shared expert after the activation"),
    "ffn_pre": Activation(NEURONS, "FFN neurons before the activation"),
    "ffn_post": Activation(NEURONS, "FFN neurons after the activation"),
    "ffn_out": Activation(STREAM, "what the FFN adds to the stream"),
    "resid_post": Activation(STREAM, "the stream after a layer"),
    "depth_pattern_mid": Activation(DEPTH, "the share of every source in what the FFN reads"),
    "depth_pattern_post": Activation(DEPTH, "the share of every source in what a layer leaves"),
    "final_norm": Activation(STREAM, "the stream, normalised, as the unembedding reads it", False),
    "logits": Activation(("batch", "position", "vocab"), "a score for every token", False),
}

SLOT_AXES = ("position", "query")
"""Axes that run over the tokens of a call; an index on them is an absolute slot."""

COUNTED = (*SLOT_AXES, "key")
"""Axes whose index counts tokens from the start of the text."""

UNSEEN = {"scores": float("-inf"), "pattern": 0.0}
"""What a query says of a key that was not there yet: the same as of one it may not look at."""

Index = int | Collection[int] | slice


@dataclass(frozen=True)
class Edit:
    """Replace a part of an activation: `fn` maps the selected sub-tensor to its new value.

    `index` picks along axes of `ACTIVATIONS[name]` by name, e.g. `{"head": 2, "query": 7}`;
    positions and queries are absolute slots of the text, so an edit means the same in prefill,
    cached decode and teacher forcing. Every number must be met sooner or later, and with `at_once`
    all of them in one call; a slice means those of its slots that there are. Picked axes keep their
    dimension.
    """

    name: str
    fn: Callable[[Tensor], Tensor]
    layer: int | None = None
    index: Mapping[str, Index] = field(default_factory=dict[str, Index])
    at_once: bool = False

    def __post_init__(self) -> None:
        require_known(self.name)
        axes = ACTIVATIONS[self.name].axes
        for axis, index in self.index.items():
            if axis not in axes:
                raise ValueError(f"{self.name!r} has no axis {axis!r}; it has {', '.join(axes)}")
            if min(numbers_in(axis, index), default=0) < 0 and axis in COUNTED:
                raise ValueError(
                    f"{axis}={index}: slots are counted from the start of the text, "
                    "since its end is not yet known in decoding"
                )
        if ACTIVATIONS[self.name].in_layer != (self.layer is not None):
            need = "needs a layer" if self.layer is None else "is outside the layers: layer=None"
            raise ValueError(f"an edit of {self.name!r} {need} (layer={self.layer})")

    def in_row(self, row: int) -> Edit:
        """The same in one text of a call, which reads several."""
        return replace(self, index={**self.index, "batch": row})

    def __str__(self) -> str:
        return f"the edit of {self.name!r} at layer={self.layer}, index={dict(self.index)}"


Require = Callable[[str, int | None], None]
"""Raises `ValueError` for the name of an activation that a model never forms, in a layer or, of
None, anywhere."""


class TraceLike(Protocol):
    """What a model asks of its trace."""

    def __call__(self, name: str, value: Tensor) -> Tensor: ...

    def at(self, *, layer: int | None = None, start: int | None = None) -> TraceLike: ...

    def expect(self, require: Require) -> None: ...


class NoTrace:
    """Hands everything back."""

    def __call__(self, name: str, value: Tensor) -> Tensor:
        return value

    def at(self, *, layer: int | None = None, start: int | None = None) -> NoTrace:
        return self

    def expect(self, require: Require) -> None:
        return None

    def require_matched(self) -> None:
        return None


NO_TRACE = NoTrace()


class Trace:
    """Records the activations called `names` and applies `edits`.

    After a forward, `trace["blocks.3.pattern"]` or `trace["logits"]` is the tensor; over several
    calls (prefill, then decode) the tokens follow one another along the position axis, and keys
    not yet there count as masked. Call `require_matched()` at the end: an edit that never met its
    layer, or one of its slots or heads, raises `ValueError`. What is recorded is cut off from
    gradients, unless it is not `detached`.
    """

    def __init__(
        self,
        names: Collection[str] = (),
        edits: Collection[Edit] = (),
        *,
        detached: bool = True,
    ) -> None:
        for name in names:
            require_known(name)
        self.names = frozenset(names)
        self.edits, self.detached = tuple(edits), detached
        self.matched: set[int] = set()
        self.missing = [
            {axis: set(numbers_in(axis, x)) for axis, x in e.index.items() if type(x) is not slice}
            for e in self.edits
        ]
        self.calls: dict[str, list[Tensor]] = {}

    def at(self, *, layer: int | None = None, start: int | None = None) -> TracePoint:
        return TracePoint(self, layer, start or 0)

    def __call__(self, name: str, value: Tensor) -> Tensor:
        return self.at()(name, value)

    def expect(self, require: Require) -> None:
        """`ValueError` before the forward if something is recorded or edited that never comes."""
        for name in sorted(self.names):
            require(name, None)
        for edit in self.edits:
            require(edit.name, edit.layer)

    def require_matched(self) -> None:
        for number, edit in enumerate(self.edits):
            if number not in self.matched:
                raise ValueError(f"{edit} never met anything")
            for axis, missing in self.missing[number].items():
                if missing:
                    raise ValueError(
                        f"{edit} was met in part: never at {axis} {join_numbers(missing)}"
                    )

    def __getitem__(self, key: str) -> Tensor:
        if key not in self.calls:
            raise KeyError(f"{key!r} was not recorded; there are {', '.join(sorted(self.calls))}")
        name = key.rsplit(".", 1)[-1]
        axes, parts = ACTIVATIONS[name].axes, self.calls[key]
        if "key" in axes:
            most = max(part.shape[-1] for part in parts)
            parts = [F.pad(part, (0, most - part.shape[-1]), value=UNSEEN[name]) for part in parts]
        return torch.cat(parts, dim=next(axes.index(axis) for axis in SLOT_AXES if axis in axes))


@dataclass(frozen=True)
class TracePoint:
    """A trace that knows where it is: the layer, and the slot of the first token of this call."""

    trace: Trace
    layer: int | None
    start: int

    def at(self, *, layer: int | None = None, start: int | None = None) -> TracePoint:
        return TracePoint(
            self.trace,
            self.layer if layer is None else layer,
            self.start if start is None else start,
        )

    def expect(self, require: Require) -> None:
        self.trace.expect(require)

    def __call__(self, name: str, value: Tensor) -> Tensor:
        for number, edit in enumerate(self.trace.edits):
            if edit.name == name and edit.layer == self.layer:
                value = self.apply(number, edit, value)
        if name in self.trace.names:
            key = name if self.layer is None else f"blocks.{self.layer}.{name}"
            # No copy: nothing in a forward changes a tensor in place once it was traced.
            kept = value.detach() if self.trace.detached else value
            self.trace.calls.setdefault(key, []).append(kept)
        return value

    def apply(self, number: int, edit: Edit, value: Tensor) -> Tensor:
        axes = ACTIVATIONS[edit.name].axes
        picked = {
            axis: self.resolve(edit.index[axis], axis, size)
            for axis, size in zip(axes, value.shape, strict=True)
            if axis in edit.index
        }
        if any(len(places) == 0 for places in picked.values()):
            return value
        self.meet(number, edit, picked)
        where = grid([picked.get(axis) for axis in axes], value.shape)
        # Clones: the value may be on record already, or be needed for a gradient.
        edited, part = value.clone(), value[where].clone(memory_format=torch.contiguous_format)
        edited[where] = edit.fn(part)
        return edited

    def meet(self, number: int, edit: Edit, picked: Mapping[str, list[int]]) -> None:
        """Note that an edit was met, and which of its numbers."""
        self.trace.matched.add(number)
        for axis, missing in self.trace.missing[number].items():
            if missing:
                # A key's index is absolute already: attention sees all slots from 0 on.
                offset = self.start if axis in SLOT_AXES else 0
                missing.difference_update(place + offset for place in picked[axis])
            if missing and edit.at_once:
                raise ValueError(
                    f"{edit} needs one call, which lacks {axis} {join_numbers(missing)}"
                )

    def resolve(self, index: Index, axis: str, size: int) -> list[int]:
        """The places of this call that an index picks along an axis of `size`."""
        offset = self.start if axis in SLOT_AXES else 0
        if isinstance(index, slice):
            wanted = range(*index.indices(offset + size))
        else:
            wanted = numbers_in(axis, index)
        if axis not in COUNTED and any(not 0 <= i < size for i in wanted):
            raise ValueError(f"index {index} on axis {axis!r}, which has {size} entries")
        return [i - offset for i in wanted if 0 <= i - offset < size]


def grid(picked: Sequence[list[int] | None], shape: Sequence[int]) -> tuple[slice | Tensor, ...]:
    """What picks, of a tensor of `shape`, these places along each axis, and all of it for None."""
    slices = [slice(None) if places is None else as_slice(places) for places in picked]
    if sum(part is None for part in slices) <= 1:
        # No more than one axis by a list: the others keep their place, and nothing is gathered.
        return tuple(
            torch.tensor(places) if part is None else part
            for places, part in zip(picked, slices, strict=True)
        )
    all_of = [range(n) if p is None else p for p, n in zip(picked, shape, strict=True)]
    return torch.meshgrid(*[torch.tensor([*places]) for places in all_of], indexing="ij")


def as_slice(places: Sequence[int]) -> slice | None:
    """Places that follow one another, as a slice; None for others."""
    run = range(places[0], places[-1] + 1)
    return slice(run.start, run.stop) if [*run] == [*places] else None


def numbers_in(axis: str, index: Any) -> list[int]:
    """The numbers that an index names; of a slice, its ends."""
    numbers = index if isinstance(index, Collection) else [index]
    if isinstance(index, slice):
        numbers = [end for end in (index.start, index.stop) if end is not None]
    try:
        return [as_int(number) for number in numbers]
    except TypeError:
        raise ValueError(
            f"{axis}={index!r} must be a whole number, several, or a slice of them"
        ) from None


def join_numbers(numbers: Collection[int]) -> str:
    return ", ".join(str(number) for number in sorted(numbers))


def require_known(name: str) -> None:
    if name not in ACTIVATIONS:
        raise ValueError(f"{name!r} is no activation; there are {', '.join(ACTIVATIONS)}")
