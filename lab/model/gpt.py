"""The model: embedding, layers of attention and FFN around one stream, unembedding.

Shapes: `B` batch, `T` tokens of this call, `D` d_model, `V` vocabulary.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from dataclasses import replace
from functools import cached_property
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from lab.model import config as configs
from lab.model.block import Block
from lab.model.cache import NO_CACHE, CacheLike
from lab.model.call import Call, Slots
from lab.model.config import GPTConfig
from lab.model.norm import RMSNorm
from lab.model.parts import part
from lab.model.positions import Position, Relation
from lab.model.residual import Residual
from lab.model.roles import Meaning, Role, roles
from lab.model.rules import Contract, Lookup, Rules
from lab.model.trace import NO_TRACE, Trace, TraceLike


class GPT(nn.Module):
    """A decoder-only Transformer with no biases and an unembedding of its own.

    `forward(tokens)` gives the logits, (B, T, V), of the token after each. `positions` (B, T) or
    (T,) say where they stand, a plain count unless passed in; `first` (B,) in which slot the text
    of each row begins. Without `causal` every token looks at those after it as well, which no model
    of the book was trained for. Raises `ValueError` for a trace that asks for what this model never
    forms, for positions past a learned table, and for positions of two axes that are not passed in.
    """

    meanings: ClassVar[dict[str, Meaning]] = {
        "embed": Meaning(
            ("vocab", "d_model"), "a row for each token: what it writes to the stream"
        ),
        "final_norm": Meaning(("d_model",), "the gain of the last norm"),
        "unembed": Meaning(("vocab", "d_model"), "a row for each token: what speaks for it"),
    }
    roles: ClassVar[dict[str, Role]] = {
        "embed.weight": "embedding",
        "unembed.weight": "unembedding",
    }

    def __init__(self, config: GPTConfig, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab_size, config.d_model)
        self.position: Position = part("position", config)
        # One for each layer; to a type checker, a ModuleList holds modules of any kind.
        blocks = nn.ModuleList(part("block", layer) for layer in config.layers)
        self.blocks = cast(MutableSequence[Block], blocks)
        self.residual: Residual = part("residual", config)
        self.final_norm = RMSNorm(config.d_model, config.norm_eps)
        # Not tied to the embedding: that one starts at random, and this one at zero (`initialise`).
        self.unembed = nn.Linear(config.d_model, config.vocab_size, bias=False)
        # Never torch's global generator, which all readers of a server share.
        initialise(self, generator or torch.Generator().manual_seed(0))

    def forward(
        self,
        tokens: Tensor,  # (B, T)
        *,
        positions: Tensor | None = None,
        first: Tensor | None = None,
        cache: CacheLike = NO_CACHE,
        trace: TraceLike = NO_TRACE,
        causal: bool = True,
    ) -> Tensor:  # (B, T, V)
        # Before any work is done: a misspelt name would else be missed at the very end.
        trace.expect(self.require_formed)
        slots = Slots(cache.length, first, causal)
        positions = self.counted(tokens, slots) if positions is None else positions
        positions = positions[None] if positions.ndim == 1 else positions
        # A cache keeps positions too: later calls pass in those of their own tokens alone.
        trace, placed = trace.at(start=slots.start), cache.place(positions)
        x = self.position.embed(trace("embed", self.embed(tokens)), positions, trace)
        # One relation for all layers, since angles and biases depend on nothing but positions.
        call = Call(slots, Relation(self.position, positions, placed, x.dtype), cache, trace)
        stream, handed = self.residual.begin(x), None
        for layer, block in enumerate(self.blocks):
            handed = block(stream, call.at(layer, handed))
        # Every layer has added to the stream; without a norm, logits would grow with depth.
        x = trace("final_norm", self.final_norm(stream.end(trace)))
        return trace("logits", self.unembed(x))

    def counted(self, tokens: Tensor, slots: Slots) -> Tensor:
        """Where tokens stand if the caller does not say."""
        if self.config.position.n_axis > 1:
            raise ValueError(
                f"positions={self.config.position} follow from the whole text and have "
                f"{self.config.position.n_axis} numbers a token: pass them in "
                f"(lab.data.position_ids makes them)"
            )
        return slots.count(tokens.shape[1], tokens.device)

    def rules(self, layer: int | None) -> Rules:
        """The activations that a forward forms, in one layer or outside all, and how each comes."""
        if layer is None:
            return {
                "embed": Lookup(("embed.weight",), rows="token_ids"),
                **{n: r for n, r in self.position.emits.items() if n in self.position.begins_with},
                "final_norm": self.final_norm.of(self.residual.ends_as, "final_norm"),
                "logits": Contract(("final_norm", "unembed.weight"), "t d, c d -> t c"),
            }
        stream = self.residual.emits(layer, self.position.begins_with)
        return dict(self.blocks[layer].emits(self.position, stream))

    def kept(self, layer: int) -> tuple[str, ...]:
        """What of a layer is not computed again when the text grows."""
        return self.blocks[layer].attention.keeps

    @property
    def decided_by(self) -> frozenset[str]:
        """The names of the activations that decide the `shares`."""
        return self.residual.decided_by.union(*(block.decided_by for block in self.blocks))

    @torch.no_grad()
    def shares(self, sites: Sequence[str], trace: Trace) -> Tensor:
        """How much of what was written at each site is in what the final norm reads.

        A site is "begin" or a contribution, "blocks.0.attn_out". To be multiplied with (sites, T,
        D). Choices of the residual and norms in the stream count as they were on this text, of
        which `trace` holds what they are `decided_by`.
        """
        left, left_of = torch.ones(1, 1), dict[str, Tensor]()
        for layer in reversed(range(self.config.n_layer)):
            block = self.blocks[layer]
            for name in self.config.layers[layer].block.contributions:
                left_of[f"blocks.{layer}.{name}"] = block.carried(name, layer, trace) * left
            left = block.carried("resid_pre", layer, trace) * left
        left_of["begin"] = left
        carried = torch.stack(torch.broadcast_tensors(*(left_of[site] for site in sites)))
        return self.residual.shares(sites, trace) * carried

    @cached_property
    def formed(self) -> dict[int | None, frozenset[str]]:
        """The names of the activations that a forward forms: in each layer, and (None) outside."""
        places = (None, *range(self.config.n_layer))
        return {place: frozenset(self.rules(place)) for place in places}

    @cached_property
    def emits(self) -> frozenset[str]:
        """The names of all that a forward forms, anywhere."""
        return frozenset[str]().union(*self.formed.values())

    def require_formed(self, name: str, layer: int | None = None) -> None:
        """`ValueError` for an activation that no layer forms, or not the one that is named.

        The sentence says of which parts that layer is built.
        """
        if name not in self.emits:
            raise ValueError(
                f"this model never forms {name!r}; it forms {', '.join(sorted(self.emits))}"
            )
        if layer is None or name in self.formed[None]:
            return
        if not 0 <= layer < self.config.n_layer:
            raise ValueError(f"layer={layer}; the model has {self.config.n_layer} layers")
        if name not in self.formed[layer]:
            makers = [n for n in range(self.config.n_layer) if name in self.formed[n]]
            raise ValueError(
                f"{self.config.layers[layer].kinds} never forms {name!r}; of all layers these do: "
                f"{', '.join(map(str, makers))}"
            )


@torch.no_grad()
def initialise(model: GPT, generator: torch.Generator) -> None:
    """Matrices N(0, 1 / fan_in), embeddings small; what writes to the stream starts at zero."""
    of, spread = roles(model), model.config.embedding_std
    for name, parameter in model.named_parameters():
        match of[name]:
            case "embedding":
                # Small, so that training shapes them; large ones would stay random codes.
                parameter.normal_(std=spread, generator=generator)
            case "reads" | "router":
                # So a sum of fan_in products is as large as what it reads.
                parameter.normal_(std=parameter.shape[1] ** -0.5, generator=generator)
            case "writes" | "unembedding" | "depth_query":
                # A fresh layer then hands on what it got, and every token is as likely.
                parameter.zero_()
            case "gain":
                parameter.fill_(1.0)


def with_kernel(model: GPT, kernel: configs.KernelConfig) -> GPT:
    """The same weights, shared, behind another attention kernel; `MathKernel` to look inside."""
    return rebuilt(model, replace(model.config, kernel=kernel))


def with_position(model: GPT, position: configs.PositionConfig) -> GPT:
    """The same weights, shared, with another rotation: what is stretched after training."""
    return rebuilt(model, replace(model.config, position=position))


def rebuilt(model: GPT, config: GPTConfig) -> GPT:
    """A model of another configuration on the same state: parameters and buffers, shared.

    `ValueError` if the two do not have the same.
    """
    # keep_vars hands over the parameters themselves; without it they come detached.
    twin, state = GPT(config), model.state_dict(keep_vars=True)
    if differing := sorted(twin.state_dict().keys() ^ state.keys()):
        raise ValueError(f"{config} has not the same state as {model.config}: {differing[:3]}")
    for name, tensor in state.items():
        owner, _, leaf = name.rpartition(".")
        setattr(twin.get_submodule(owner), leaf, tensor)
    return twin.eval()
