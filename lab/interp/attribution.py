"""A logit as the sum of what each component of the model wrote to the stream.

The stream at its end is a sum of contributions, each by the share that the end has of it, the
unembedding is linear, and the final norm is a rescaling: with its scale held at the value it has on
this text, every logit is a sum too, with a term a component.

Shapes: `C` components, `T` tokens, `H` heads, `Dk` head_dim, `D` d_model, `V` vocabulary.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.inference.forward import run_with_trace
from lab.interp.intervene import Node, ablate
from lab.model.gpt import GPT
from lab.model.trace import Edit, Trace

Numbers = NDArray[np.float64]
Kind = Literal["token", "position", "head", "attention", "FFN"]
GIVEN: dict[str, Kind] = {"embed": "token", "pos_embed": "position"}
READ = {"embed", "pos_embed", "z", "ffn_out", "logits"}


@dataclass(frozen=True)
class Component:
    """What writes to the stream: the row of a token or position, a head, an attention, an FFN."""

    kind: Kind
    layer: int | None = None
    head: int | None = None

    @property
    def name(self) -> str:
        """'token', 'position', 'head 0.3' (layer, head), 'FFN 0'."""
        where = ".".join(str(n) for n in (self.layer, self.head) if n is not None)
        return f"{self.kind} {where}".rstrip()

    @property
    def site(self) -> str:
        """Where it writes: at the beginning of the stream, or by the name of what it adds to."""
        out = "ffn_out" if self.kind == "FFN" else "attn_out"
        return "begin" if self.layer is None else f"blocks.{self.layer}.{out}"

    def ablated(self) -> Edit:
        """The edit under which it writes nothing. `ValueError` for what stands before layer 0."""
        if self.layer is None:
            raise ValueError(f"{self.name!r} is what the model is given; ablate a head or an FFN")
        if self.head is not None:
            return ablate(Node("z", self.layer, self.head))
        return ablate(Node(self.site.rpartition(".")[2], self.layer))


@dataclass(frozen=True)
class Attribution:
    """What each component added to every logit; `added` (C, T, V) sums over them to `logits`."""

    components: tuple[Component, ...]
    added: Numbers
    logits: Numbers  # (T, V), as the model computed them

    def to_logit(self, place: int, token: int) -> Numbers:
        """What each component added to one logit, (C,)."""
        return self.added[:, place, token]

    def to_lead(self, place: int, token: int, rival: int) -> Numbers:
        """What each component added to the lead logit[token] - logit[rival], (C,)."""
        return self.to_logit(place, token) - self.to_logit(place, rival)

    def lead(self, place: int, token: int, rival: int) -> float:
        return float(self.logits[place, token] - self.logits[place, rival])

    def runner_up(self, place: int, token: int) -> int:
        """The token with the largest logit but for `token`."""
        others = np.delete(np.arange(self.logits.shape[1]), token)
        return int(others[self.logits[place, others].argmax()])

    def of(self, component: Component, added: Numbers) -> float:
        """What one component added, `added` (C,); an attention, all of its heads together."""
        whole = component.kind == "attention"
        mine = [
            own == component or (whole and own.kind == "head" and own.layer == component.layer)
            for own in self.components
        ]
        return float(added[mine].sum())


def components_of(model: GPT) -> tuple[Component, ...]:
    """All that writes to the stream, in the order of the network."""
    out = [Component(GIVEN[name]) for name in model.position.begins_with]
    for layer, block in enumerate(model.blocks):
        out += [Component("head", layer, head) for head in range(block.attention.n_contribution)]
        out.append(Component("FFN", layer))
    return tuple(out)


def components_to_ablate(model: GPT) -> dict[str, Component]:
    """By name: every component of a layer, and every attention as a whole, layer by layer."""
    out: list[Component] = []
    for layer in range(model.config.n_layer):
        heads = [c for c in components_of(model) if c.layer == layer and c.kind == "head"]
        out += [*heads, Component("attention", layer), Component("FFN", layer)]
    return {component.name: component for component in out}


def collect_contributions(model: GPT, trace: Trace) -> Tensor:
    """The share of every component in what the final norm reads of a text, (C, T, D)."""
    written = [trace[name] for name in model.position.begins_with]  # (1, T, D) each
    for layer, block in enumerate(model.blocks):
        written += [*block.attention.written(trace[f"blocks.{layer}.z"])]
        written.append(trace[f"blocks.{layer}.ffn_out"])
    sites = [component.site for component in components_of(model)]
    return torch.cat(written) * model.shares(sites, trace)


def attribute(model: GPT, text: str, edits: Collection[Edit] = ()) -> Attribution:
    """logit_v = sum of all (contribution * gain / rms(x)) . unembed_v, at every position.

    x is the stream at the end, so its norm, rms(x) = sqrt(mean(x^2) + eps), is a number that all
    components share. Exact to rounding; the sum says what a component wrote, not what would happen
    without it, for later components have read its contribution.
    """
    read = (READ | model.decided_by) & model.emits
    trace = run_with_trace(model, text, read, edits)
    with torch.inference_mode():
        contributions = collect_contributions(model, trace)  # (C, T, D)
        x, norm = contributions.sum(0), model.final_norm
        # Held at what it is on this text: the norm is then linear, and a logit is a sum.
        scale = torch.rsqrt(x.square().mean(-1, keepdim=True) + norm.eps)  # (T, 1)
        added = model.unembed(contributions * scale * norm.gain)  # (C, T, V)
    logits = trace["logits"][0]
    return Attribution(components_of(model), added.double().numpy(), logits.double().numpy())
