"""What page 03 asks the book's model, kept for readers that ask the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from components.ui import page_records
from components.ui.computed_ahead import ahead
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN, load_with_progress, write, write_sum
from components.ui.tokens import wrong_tokens
from lab.data.problems import Format
from lab.data.vocabulary import VOCABULARY, decode

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
    return load_with_progress(BOOK_RUN).model


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
    book = notebook_of(text)
    return text, [*book.lines], book.length_of_contributions


@ahead
@lru_cache(KEPT)
def notebook_of(text: str) -> Notebook:
    return logit_lens.notebook(model(), text)


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
    load_with_progress(BOOK_RUN)
    return write(BOOK_RUN, given, [intervene.scale(intervene.Node(name, layer), factor)])


@lru_cache(1)
def numbers_by_part() -> dict[str, int]:
    return cost.parameters(model())


# ---------------------------------------------------------------- a logit as a sum


@ahead
@lru_cache(KEPT)
def attribution_of(text: str) -> Attribution:
    return attribution.attribute(model(), text)


@dataclass(frozen=True)
class WrittenToken:
    """A token that the model wrote at `place`, and the rival that came second. IDs of tokens."""

    text: str
    place: int
    token: int
    rival: int

    @property
    def found(self) -> Attribution:
        return attribution_of(self.text)

    @property
    def row(self) -> int:
        """Where the model stands when it writes: at the token before."""
        return self.place - 1

    @property
    def to_lead(self) -> Numbers:
        return self.found.to_lead(self.row, self.token, self.rival)

    def bar_of(self, part: str) -> float:
        """What a part added to the lead; of an attention, what its heads did."""
        return self.found.of(components_to_ablate()[part], self.to_lead)


def written_at(text: str, place: int) -> WrittenToken:
    """The token at a place of a text, and the rival that came second."""
    token = VOCABULARY.index(text[place])
    return WrittenToken(text, place, token, attribution_of(text).runner_up(place - 1, token))


# ---------------------------------------------------------------- a part ablated


@lru_cache(1)
def components_to_ablate() -> dict[str, Component]:
    return attribution.components_to_ablate(model())


@ahead
@lru_cache(4 * KEPT)
def attribution_without(text: str, part: str) -> Attribution:
    """Of the same text, read by the model without one part."""
    return attribution.attribute(model(), text, [components_to_ablate()[part].ablated()])


@ahead
@lru_cache(KEPT)
def all_taken_out(a: int, b: int) -> TakenOut:
    """Every part in its turn, as the model does without it now."""
    prompt = decode(FORM.prompt(a, b)[0])
    return lab_taken_out.take_each_out(model(), prompt, FORM.length)


def taken_out(a: int, b: int) -> TakenOut:
    """As it is on record, for the problem that has a record."""
    recorded = page_records.taken_out(BOOK_RUN) if (a, b) == RECORDED else None
    return recorded or all_taken_out(a, b)
