"""Interventions on a running model, as edits of its trace: nothing on the model changes.

Shapes: `N` texts, `K` directions, `D` numbers of a vector.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, Protocol, get_args

import torch
from torch import Tensor

from lab.model.trace import ACTIVATIONS, SLOT_AXES, Edit, Index, numbers_in, require_known

DEPTH_PATTERNS = ("depth_pattern_mid", "depth_pattern_post")

PART_AXES = ("head", "d_ff")
"""Axes that count parts of an activation: heads and neurons."""


class Recorded(Protocol):
    """Activations that were kept, by keys such as "blocks.3.z": a `Trace`, or a dict."""

    def __getitem__(self, key: str, /) -> Tensor: ...


@dataclass(frozen=True)
class Node:
    """What is broken or patched: one activation, or one part of it, at some tokens.

    `name` and `layer` are those of the trace. `part` is one head of "z", "q", "k" or "v", one
    neuron of "ffn_pre" or "ffn_post", and None all of it. `slots` are the tokens, counted from the
    start of the text, and None every token, however long the text gets. The step that writes token
    t reads slot t - 1. `ValueError` for what no edit can address.
    """

    name: str
    layer: int | None = None
    part: int | None = None
    slots: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        require_known(self.name)
        if self.slots == ():
            raise ValueError(f"slots=() of {self.name!r} is no token; None is every one")
        self.edit(torch.clone)  # which refuses the rest

    def at(self, *slots: int) -> Node:
        """The same at these tokens alone."""
        return replace(self, slots=slots)

    @property
    def key(self) -> str:
        """Under which a trace keeps its activation."""
        return self.name if self.layer is None else f"blocks.{self.layer}.{self.name}"

    @property
    def index(self) -> dict[str, Index]:
        """What it picks along which axes of its activation."""
        axes, index = ACTIVATIONS[self.name].axes, dict[str, Index]()
        if self.part is not None:
            index[next((axis for axis in axes if axis in PART_AXES), "part")] = self.part
        if self.slots is not None:
            index[next((axis for axis in axes if axis in SLOT_AXES), "slot")] = list(self.slots)
        return index

    def of(self, recorded: Recorded) -> Tensor:
        """What was recorded there. Picked axes stay: of a head, (N, 1, slots, head_dim)."""
        value, axes = recorded[self.key], ACTIVATIONS[self.name].axes
        for label, picked in self.index.items():
            axis, numbers = axes.index(label), numbers_in(label, picked)
            if not all(0 <= number < value.shape[axis] for number in numbers):
                raise ValueError(f"{label}={picked} of {self.key!r}, {tuple(value.shape)} there")
            value = value.index_select(axis, torch.tensor(numbers))
        return value

    def edit(self, fn: Callable[[Tensor], Tensor], *, at_once: bool = False) -> Edit:
        """Replace what stands there by `fn` of it."""
        return Edit(self.name, fn, self.layer, self.index, at_once)


# ---------------------------------------------------------------- break


By = Literal["zero", "mean", "resample"]
STAND_INS: tuple[By, ...] = get_args(By)
"""What stands in for an ablated part: zeros, the mean of other texts, what another text had."""


def ablate(node: Node, by: By = "zero", others: Recorded | None = None) -> Edit:
    """Ablate a head, a neuron, an attention, an FFN: zeros or another stand-in take its place.

    `others` was recorded on other texts, each of the same length: the mean is taken over them,
    apart for each position, and the i-th text of a call is resampled from the i-th of them, of
    which there may be more. `ValueError` for a mean or a resampling of no others.
    """
    if by == "zero":
        return node.edit(torch.zeros_like)
    if others is None:
        raise ValueError(f"by={by!r} takes what stands in from other texts; others=None")
    value = stand_in(by, node.of(others))
    return node.edit(lambda x: fitted(node, value[: len(x)], x), at_once=True)


def stand_in(by: By, others: Tensor) -> Tensor:
    """Of what was recorded on other texts (N, ...): zeros or the mean, (1, ...), or all of it."""
    return {
        "zero": torch.zeros_like(others[:1]),
        "mean": others.mean(dim=0, keepdim=True),
        "resample": others,
    }[by]


def scale(node: Node, factor: float) -> Edit:
    """Multiply a node by `factor`: a head, a layer, a neuron, or the whole stream."""
    return node.edit(lambda x: x * factor)


def steer(node: Node, direction: Tensor, strength: float) -> Edit:
    """x + strength * direction, (D,), at each of its tokens (activation addition,
    arXiv:2308.10248)."""
    return node.edit(lambda x: x + strength * fitted(node, direction, x))


def along(directions: Tensor, edit: Edit) -> Edit:
    """An edit of which only what lies along `directions`, (D,) or (K, D), takes place.

    x + P (f(x) - x), where P projects on their span: so a direction is ablated, scaled or patched,
    and all that is at right angles to it stays. `ValueError` for directions that do not span K
    dimensions, and for another D than the activation has.
    """
    rows = torch.atleast_2d(directions)
    if (rank := int(torch.linalg.matrix_rank(rows))) < len(rows):
        raise ValueError(f"directions of shape {tuple(rows.shape)} span {rank} dimensions only")
    axes = torch.linalg.qr(rows.T).Q  # (D, K), orthonormal

    def within(x: Tensor) -> Tensor:
        if x.shape[-1] != len(axes):
            raise ValueError(f"directions of {len(axes)} numbers, {edit} of {x.shape[-1]}")
        own = axes.to(x)
        return x + (edit.fn(x) - x) @ own @ own.T

    return replace(edit, fn=within)


# ---------------------------------------------------------------- patch


def patch(node: Node, other: Recorded, source: Node | None = None) -> Edit:
    """Put in its place what was recorded there, or at `source`, on another text (activation
    patching).

    All of its slots must lie in one call of the model; in decoding, where each token is a call,
    that is one edit a slot: `patch(node.at(slot), other)`. `ValueError` for another shape.
    """
    value = (source or node).of(other)
    return node.edit(lambda x: fitted(node, value, x), at_once=True)


def patch_each(
    sets: Sequence[Collection[Node]], other: Recorded, n_slot: int, first: int = 0
) -> list[Edit]:
    """Of N equal texts of `n_slot` tokens, the i-th gets the nodes of the i-th set as they were
    recorded on one other text: N patched runs in one call. Slots that are not there yet are left,
    and so are those before `first`, where the call begins.

    `ValueError` for another text that is shorter, and for a part that it has not.
    """
    edits = list[Edit]()
    for name, layer in sorted({(node.name, node.layer) for own in sets for node in own}, key=str):
        axes = ACTIVATIONS[name].axes
        along = next(i for i, axis in enumerate(axes) if axis in SLOT_AXES)
        value = other[Node(name, layer).key][:1]
        if value.shape[along] < n_slot:
            raise ValueError(f"{n_slot} slots are wanted of {name!r}, {tuple(value.shape)} there")
        value = value.narrow(along, 0, n_slot)
        taken = torch.zeros(len(sets), *value.shape[1:], dtype=torch.bool)
        for i, own in enumerate(sets):
            for node in own:
                if (node.name, node.layer) == (name, layer):
                    taken[(i, *within(node, axes[1:], n_slot))] = True
        taken, value = (x.narrow(along, first, n_slot - first) for x in (taken, value))
        edits.append(Edit(name, partial(torch.where, taken, value), layer))
    return edits


def within(node: Node, axes: Sequence[str], n_slot: int) -> list[Any]:
    """What a node picks along these axes, of the first `n_slot` slots."""
    picked = list[Any]()
    for axis in axes:
        index = node.index.get(axis, slice(None))
        picked.append([i for i in index if i < n_slot] if isinstance(index, list) else index)
    return picked


def fitted(node: Node, value: Tensor, x: Tensor) -> Tensor:
    """`value` in the shape of `x`, the same for every text if it has one: `ValueError` if it does
    not fit."""
    try:
        return value.to(x.dtype).expand_as(x)
    except RuntimeError:
        raise ValueError(
            f"a value of shape {tuple(value.shape)} does not fit {node.name!r} of {tuple(x.shape)}"
        ) from None


# ---------------------------------------------------------------- looks, and depth


def hide(layer: int, query: int, key: int) -> Edit:
    """The token at slot `query` does not see the one at `key`: their scores are minus infinity."""
    index = {"query": query, "key": key}
    return Edit("scores", lambda x: torch.full_like(x, -torch.inf), layer=layer, index=index)


def even_depth(name: str, layer: int) -> Edit:
    """Pin `depth_pattern_mid` or `depth_pattern_post` of a layer to the plain sum: equal shares."""
    require_depth(name)
    return Edit(name, lambda a: torch.full_like(a, 1 / a.shape[-1]), layer=layer)


def cut_connection(name: str, layer: int, source: int) -> Edit:
    """A reading of a layer no longer gets anything of one source; the others keep their shares."""
    require_depth(name)
    return Edit(name, torch.zeros_like, layer=layer, index={"source": source})


def require_depth(name: str) -> None:
    if name not in DEPTH_PATTERNS:
        raise ValueError(f"{name!r} shares out no depth; allowed: {', '.join(DEPTH_PATTERNS)}")
