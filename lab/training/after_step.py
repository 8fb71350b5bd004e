"""What a step changes by no gradient: a part of the model watches the forward, then acts.

A part that balances its load, say, counts which experts were chosen and turns a bias. It names the
activations it needs; they are recorded only if some part watches, and handed to it after the step.

Shapes: `N` rows of a batch, `T` tokens that were read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from lab.data.vocabulary import PADDING
from lab.model.gpt import GPT
from lab.model.trace import ACTIVATIONS, NO_TRACE, Trace, TraceLike
from lab.training.team import ALONE, Team


@runtime_checkable
class Watcher(Protocol):
    """A part of the model, a module, that acts after every step."""

    watches: frozenset[str]
    """Names of `ACTIVATIONS` that it needs: those of its own layer, if it lies in one."""

    def after_step(self, seen: Mapping[str, Tensor], real: Tensor) -> None:
        """Change its buffers by what the step's whole batch gave, (N, ...) each; no gradients.

        `real` (N, T) is False for padding, which is not to be counted.
        """
        ...


@runtime_checkable
class Weighing(Protocol):
    """A watcher with a loss of its own, which is added to that of the text."""

    def own_loss(self, seen: Mapping[str, Tensor], real: Tensor) -> Tensor | None:
        """Of what it watches in some rows, gradients included; None if there is none to add."""
        ...


def watchers(model: GPT) -> list[tuple[str, Watcher]]:
    """The parts that act after a step, each with the prefix of the layer that it lies in:
    'blocks.3.' or ''."""
    return [
        (prefix_of(name), part) for name, part in model.named_modules() if isinstance(part, Watcher)
    ]


def prefix_of(name: str) -> str:
    """blocks.3.ffn.router -> blocks.3."""
    parts = name.split(".")
    return f"blocks.{parts[1]}." if parts[0] == "blocks" and len(parts) > 1 else ""


class Watch:
    """The step in progress as watchers see it: a trace for each part of its batch."""

    def __init__(self, model: GPT, team: Team = ALONE) -> None:
        self.team = team
        self.watchers = watchers(model)
        self.names = frozenset[str]().union(*(part.watches for _, part in self.watchers))
        self.traces: list[Trace] = []

    def trace(self) -> TraceLike:
        """For the next forward; records nothing if nobody watches."""
        if not self.names:
            return NO_TRACE
        # Not cut off from gradients: a part may add a loss of what it watches.
        self.traces.append(Trace(self.names, detached=False))
        return self.traces[-1]

    def loss(self, tokens: Tensor) -> Tensor | float:
        """What the parts add to the loss of the rows that were read last, `tokens`."""
        parts = [(prefix, part) for prefix, part in self.watchers if isinstance(part, Weighing)]
        last = self.traces[-1:]
        losses = [
            part.own_loss(self.seen(prefix, part, last), tokens != PADDING)
            for prefix, part in parts
        ]
        return sum((loss for loss in losses if loss is not None), 0.0)

    @staticmethod
    def seen(prefix: str, part: Watcher, traces: Sequence[Trace]) -> Mapping[str, Tensor]:
        return {name: rows(traces, key_of(name, prefix)) for name in part.watches}

    @torch.no_grad()
    def after_step(self, tokens: Tensor) -> None:
        """Let every watcher act, in the order of the model's modules; `tokens` (N, T) were read."""
        for prefix, part in self.watchers:
            own = self.seen(prefix, part, self.traces)
            seen = {name: self.team.whole(own[name], len(tokens)) for name in sorted(own)}
            part.after_step(seen, tokens != PADDING)
        self.traces.clear()


def key_of(name: str, prefix: str) -> str:
    """What a trace calls an activation that a part of this layer watches."""
    return prefix + name if ACTIVATIONS[name].in_layer else name


def rows(traces: Sequence[Trace], key: str) -> Tensor:
    """The whole batch again, of its parts. (N, ...)"""
    return torch.cat([trace[key] for trace in traces])
