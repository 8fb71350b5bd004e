"""What page 03 asks the book's model, kept for readers that ask the same."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from components.ui import page_records
from components.ui.computed_ahead import ahead
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN, loaded_run, write, write_sum
from components.ui.tokens import wrong_tokens
from lab.data.problems import Format
from lab.data.vocabulary import VOCABULARY
from lab.exercises.chain_of_thought_exercises import QuietPart
from lab.recipes.recipe_index import recipe

if TYPE_CHECKING:
    from lab.inference.transcript import Transcript
    from lab.interp.attribution import Attribution, Component, Numbers
    from lab.interp.logit_lens import Notebook
    from lab.interp.taken_out import TakenOut
    from lab.model.gpt import GPT

attribution = lazily("lab.interp.attribution")
cost = lazily("lab.model.cost")
intervene = lazily("lab.interp.intervene")
lab_taken_out = lazily("lab.interp.taken_out")
logit_lens = lazily("lab.interp.logit_lens")

FORM = Format("cot_reversed")
FIRST = FORM.prompt_length
PLACE = FIRST + 2
"""The token that the page follows: the hundreds of the first partial product."""

RECORDED = 37, 48
"""The problem that the records hold."""

FACTORS = (1, 3, 10, 30, 100, 300, 1000)
SHOWN = 16
"""Numbers of the stream that are drawn."""

KEPT = 16


def model() -> GPT:
    return loaded_run(BOOK_RUN).model


def text_of(a: int, b: int) -> str:
    """What the model writes of a sum, right or wrong."""
    return write_sum(BOOK_RUN, a, b).text


# ---------------------------------------------------------------- the stream


def lengths_of(a: int, b: int) -> tuple[str, list[str], Numbers]:
    """The text of a problem, the lines of its stream, and how long each contribution is, (lines,
    T)."""
    recorded = page_records.opening(BOOK_RUN) if (a, b) == RECORDED else None
    if recorded:
        return recorded.written.text, recorded.lines, recorded.lengths
    text = text_of(a, b)
    lines, contributions, _ = line_lengths(text)
    return text, lines, contributions


@lru_cache(KEPT)
def notebook_of(text: str) -> Notebook:
    return logit_lens.notebook(model(), text)


@ahead
@lru_cache(KEPT)
def line_lengths(text: str) -> tuple[list[str], Numbers, Numbers]:
    """The lines of the notebook, how long each is, and how long all are up to it, (lines, T)."""
    book = notebook_of(text)
    return [*book.lines], book.length_of_contributions, book.length_of_sums


@ahead
@lru_cache(KEPT)
def off_the_start(text: str) -> tuple[float, float]:
    """How far the end without what layers wrote is from the start: as a share of the largest
    number, and the largest difference."""
    left, first = notebook_of(text).without_the_layers()
    return logit_lens.relative_error(left, first), float(abs(left - first).max())


@ahead
@lru_cache(KEPT)
def read_early(text: str) -> tuple[list[str], Numbers]:
    """What the stream would say if it ended early: the tokens that are written, a text a stage, and
    how sure it is of each, (n_layer + 1, places)."""
    return logit_lens.likeliest(logit_lens.read_early(model(), text)[:, FIRST - 1 : -1])


def read_before_the_last(text: str) -> tuple[int, int]:
    """How many written tokens can be read before the last layer has its say, and of how many."""
    letters, _ = read_early(text)
    return len(text) - FIRST - len(wrong_tokens(letters[-2], text[FIRST:])), len(text) - FIRST


@ahead
@lru_cache(KEPT)
def neurons_of(text: str, layer: int) -> Numbers:
    """What the neurons of one FFN hand on before the token at `PLACE` is written, (F,)."""
    return logit_lens.neurons(model(), text, layer)[PLACE - 1]


@ahead
@lru_cache(KEPT)
def voices(text: str, layer: int) -> tuple[int, int]:
    """How many of its neurons hand something on, and how few half of it."""
    awake, half = logit_lens.voices(neurons_of(text, layer))
    return awake, half


@ahead
@lru_cache(KEPT)
def loud_at_the_end(text: str, factor: float) -> tuple[Numbers, Numbers]:
    """A few numbers of the stream there times `factor`, and what the norm makes of them."""
    before, after = logit_lens.loud(model(), text, factor)
    return before[PLACE - 1, :SHOWN], after[PLACE - 1, :SHOWN]


def room_for_the_loudest(text: str) -> float:
    """The power of ten that no number of the stream at its loudest passes."""
    before, _ = loud_at_the_end(text, FACTORS[-1])
    return float(10 ** np.ceil(np.log10(abs(before).max())))


@ahead
@lru_cache(4 * KEPT)
def write_loudly(given: str, name: str, layer: int, factor: float) -> Transcript:
    """The rest of a text, written with the stream multiplied at one point of the model."""
    loaded_run(BOOK_RUN)
    return write(BOOK_RUN, given, [intervene.scale(intervene.Node(name, layer), factor)])


@lru_cache(1)
def numbers_by_part() -> dict[str, int]:
    return cost.parameters_by_part(recipe(BOOK_RUN).model)


# ---------------------------------------------------------------- a logit as a sum


@lru_cache(KEPT)
def attribution_of(text: str) -> Attribution:
    return attribution.attribute(model(), text)


# ---------------------------------------------------------------- a part ablated


@lru_cache(1)
def components_to_ablate() -> dict[str, Component]:
    return attribution.components_to_ablate(model())


@ahead
def parts_to_ablate() -> list[str]:
    return [*components_to_ablate()]


@lru_cache(4 * KEPT)
def attribution_without(text: str, part: str) -> Attribution:
    """Of the same text, read by the model without one part."""
    return attribution.attribute(model(), text, [components_to_ablate()[part].ablated()])


@ahead
@lru_cache(4 * KEPT)
def quiet_part(text: str, place: int, part: str) -> QuietPart:
    """What a part adds to the lead of the token at `place` over the one that came second (of an
    attention, what its heads do), and which token comes without the part."""
    whole, row = attribution_of(text), place - 1  # where the model stands when it writes
    token = VOCABULARY.index(text[place])
    to_lead = whole.to_lead(row, token, whole.runner_up(row, token))
    added = whole.of(components_to_ablate()[part], to_lead)
    after = VOCABULARY[int(attribution_without(text, part).logits[row].argmax())]
    return QuietPart(added, float(abs(to_lead).max()), text[place], after)


@ahead
@lru_cache(KEPT)
def all_taken_out(a: int, b: int) -> TakenOut:
    """Every part in its turn, as the model does without it now."""
    return lab_taken_out.take_each_out(model(), text_of(a, b), FIRST)


def taken_out(a: int, b: int) -> TakenOut:
    """As it is on record, for the problem that has a record."""
    recorded = page_records.taken_out(BOOK_RUN) if (a, b) == RECORDED else None
    return recorded or all_taken_out(a, b)
