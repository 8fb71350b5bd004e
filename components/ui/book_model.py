"""What is read out of the book's model, kept for readers that ask the same. Imports torch late."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from components.ui.runs import BOOK_RUN, take_with_progress, write

if TYPE_CHECKING:
    from lab.inference.transcript import Transcript
    from lab.interp.attribution import Attribution, Component, Numbers
    from lab.interp.logit_lens import Notebook
    from lab.model.gpt import GPT

KEPT = 16


def model() -> GPT:
    return take_with_progress(BOOK_RUN).model


@lru_cache(KEPT)
def attribution_of(text: str) -> Attribution:
    loaded = model()
    from lab.interp.attribution import attribute

    return attribute(loaded, text)


@lru_cache(KEPT)
def notebook_of(text: str) -> Notebook:
    loaded = model()
    from lab.interp.logit_lens import notebook

    return notebook(loaded, text)


@lru_cache(KEPT)
def read_early(text: str) -> Numbers:
    loaded = model()
    from lab.interp import logit_lens

    return logit_lens.read_early(loaded, text)


@lru_cache(KEPT)
def neurons_of(text: str, layer: int) -> Numbers:
    loaded = model()
    from lab.interp.logit_lens import neurons

    return neurons(loaded, text, layer)


@lru_cache(KEPT)
def loud_at_the_end(text: str, factor: float) -> tuple[Numbers, Numbers]:
    loaded = model()
    from lab.interp.logit_lens import loud

    return loud(loaded, text, factor)


@lru_cache(1)
def numbers_by_part() -> dict[str, int]:
    loaded = model()
    from lab.model.cost import parameters

    return parameters(loaded)


def components_to_pull() -> dict[str, Component]:
    loaded = model()
    from lab.interp import attribution

    return attribution.components_to_pull(loaded)


@lru_cache(4 * KEPT)
def write_without(given: str, part: str) -> Transcript:
    """The rest of a text, written by the model without one part."""
    return write(BOOK_RUN, given, [components_to_pull()[part].pulled_out()])


@lru_cache(4 * KEPT)
def attribution_without(text: str, part: str) -> Attribution:
    """Of the same text, read by the model without one part."""
    edit = components_to_pull()[part].pulled_out()
    from lab.interp.attribution import attribute

    return attribute(model(), text, [edit])


@lru_cache(4 * KEPT)
def write_loudly(given: str, name: str, layer: int, factor: float) -> Transcript:
    """The rest of a text, written with the stream multiplied at one point of the model."""
    from lab.interp.intervene import scale_stream

    return write(BOOK_RUN, given, [scale_stream(name, layer, factor)])
