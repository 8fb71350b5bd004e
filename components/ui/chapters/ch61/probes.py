"""Who is sent where in the network of chapter 6, and what it writes when an expert is ablated."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from components.ui.chapters.ch60.probes import LONG_RUN as RUN
from components.ui.chapters.ch60.probes import form_of
from components.ui.computed_ahead import ahead
from components.ui.drawings.experts import Layer, Routed
from components.ui.lazily import lazily
from components.ui.loaded_models import loaded_run
from lab.model.config import MixtureOfExpertsConfig
from lab.recipes.recipe_index import recipe

if TYPE_CHECKING:
    from lab.model.ffn.moe import MixtureOfExperts

forward = lazily("lab.inference.forward")
routing = lazily("lab.interp.routing")
transcripts = lazily("lab.inference.transcript")

HOW = ("left alone", "ablated", "forced on every token")
"""What a reader does to one expert."""


def experts() -> MixtureOfExpertsConfig:
    """The mixture of the book's network, known from its recipe before the weights are read."""
    ffn = recipe(RUN).model.ffn
    assert isinstance(ffn, MixtureOfExpertsConfig)
    return ffn


@ahead
@lru_cache(maxsize=64)
def sent(a: int, b: int) -> list[Layer]:
    """Layer by layer, how the router chooses for every token of the right text of a problem, its
    end left out. Without the bias of that layer alone: what comes into it stays as it was."""
    text = form_of(a, b).text(a, b)[:-1]
    names = ["router_scores", "expert_index", "expert_weight"]
    model, ffn = loaded_run(RUN).model, experts()
    trace = forward.run_with_trace(model, text, names)
    layers: list[Layer] = []
    for i, block in enumerate(model.blocks):
        scores, index, weight = (trace[f"blocks.{i}.{name}"][0] for name in names)
        plain, share = routing.by_scores(scores, ffn.num_experts_per_tok)
        layers.append(
            Layer(
                f"layer {i}",
                scores.numpy(),
                cast("MixtureOfExperts", block.ffn).bias.numpy(),
                Routed(index.numpy(), weight.numpy()),
                Routed(plain.numpy(), ffn.routed_scaling_factor * share.numpy()),
            )
        )
    return layers


@ahead
@lru_cache(maxsize=256)
def write_with_expert(a: int, b: int, how: str, layer: int, expert: int) -> Any:
    """The network's own text of a sum, with one expert ablated, forced, or left alone."""
    form = form_of(a, b)
    edits = {HOW[1]: [routing.forbid], HOW[2]: [routing.force]}.get(how, [])
    right = form.text(a, b)
    return transcripts.transcribe(
        loaded_run(RUN).model,
        right[: form.prompt_length],
        form.length,
        [edit(experts(), layer, expert) for edit in edits],
        likely=right,
    )
