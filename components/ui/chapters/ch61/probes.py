"""Who is sent where in the network of chapter 6, and what it writes when an expert is shut."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from components.ui.chapters.ch60.probes import LONG_RUN as RUN
from components.ui.chapters.ch60.probes import form_of
from components.ui.drawings.experts import Layer
from components.ui.lazily import lazily
from components.ui.loaded_models import load_with_progress
from lab.model.config import MixtureOfExpertsConfig

forward = lazily("lab.inference.forward")
routing = lazily("lab.interp.routing")
transcripts = lazily("lab.inference.transcript")

HOW = ("left alone", "ablated", "forced on every token")
"""What a reader does to one expert."""


def experts() -> MixtureOfExpertsConfig:
    """The mixture of the book's network."""
    ffn = load_with_progress(RUN).model.config.ffn
    assert isinstance(ffn, MixtureOfExpertsConfig)
    return ffn


@lru_cache(maxsize=64)
def sent(a: int, b: int) -> list[Layer]:
    """Layer by layer, the experts of every token of the right text of a sum, its end left out."""
    text = form_of(a, b).text(a, b)[:-1]
    trace = forward.run_with_trace(
        load_with_progress(RUN).model, text, ["expert_index", "expert_weight"]
    )
    return [
        Layer(
            f"layer {i}",
            trace[f"blocks.{i}.expert_index"][0].numpy(),
            trace[f"blocks.{i}.expert_weight"][0].numpy(),
        )
        for i in range(load_with_progress(RUN).model.config.n_layer)
    ]


@lru_cache(maxsize=256)
def write_with_expert(a: int, b: int, how: str, layer: int, expert: int) -> Any:
    """The network's own text of a sum, with one expert shut, forced, or left alone."""
    form = form_of(a, b)
    edits = {HOW[1]: [routing.forbid], HOW[2]: [routing.force]}.get(how, [])
    prompt = form.text(a, b)[: form.prompt_length]
    return transcripts.transcribe(
        load_with_progress(RUN).model,
        prompt,
        form.length,
        [edit(experts(), layer, expert) for edit in edits],
    )
