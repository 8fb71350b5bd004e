"""What the models of chapter 2 are asked, kept for readers that ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from components.ui.chapters.ch20 import claims
from components.ui.computed_ahead import ahead
from components.ui.drawings import tape
from components.ui.drawings.longer import Written
from components.ui.lazily import lazily
from components.ui.loaded_models import loaded_run
from components.ui.page_records import rows_of
from lab.data.problems import HELDOUT_FROM, TEST_FROM, Format, Integers, sample_pairs
from lab.data.vocabulary import decode, encode

if TYPE_CHECKING:
    from lab.model.config import PairLayout

forward = lazily("lab.inference.forward")
encodings = lazily("lab.experiments.position_encoding_race")
layouts = lazily("lab.interp.pair_layouts")
lengths = lazily("lab.experiments.lengths")
positions = lazily("lab.data.position_ids")
probes = lazily("lab.interp.position_probes")
recipes = lazily("lab.recipes.recipe_index")
spoiled = lazily("lab.measure.spoiled_cache")
torch = lazily("torch")

UNORDERED, ROTARY, LEARNED = "unordered_small", "rope_small", "learned_small"
MODELS = {UNORDERED: "no positions", ROTARY: "rotary", LEARNED: "learned table"}
PROMPT, SUM = "37*48=", "37*48=692+0841=6771$"
TWO_BY_TWO = Format("cot_reversed", 2, 2)
FIRST_EQUALS = PROMPT.index("=")
SHIFTS, GAPS = range(230), range(65)
N_ERRORS, N_CLIPPED, N_FIRST, N_ENDED = 500, 12, 300, 40
N_LAYOUT, N_KEPT, N_LESSON, N_TOLD = 200, 50, 8, 300
COUPLED = "reach_coupled_slow"


@ahead
@st.cache_data(show_spinner=False, max_entries=64)
def change_when_shuffled(run: str, seed: int) -> np.ndarray:
    """(n_layer,)"""
    model = loaded_run(run).model
    return probes.change_by_layer(model, PROMPT, probes.shuffled(PROMPT, seed))


@ahead
def shuffled(seed: int) -> str:
    """The prompt with all but its last token in another order."""
    return probes.shuffled(PROMPT, seed)


@ahead
def agreement(head_dim: int, base: float, farthest: int) -> np.ndarray:
    """The score of a query and a key that agree in every pair, at each distance up to the last."""
    return probes.agreement(head_dim, base, np.arange(farthest + 1))


@ahead
def once_round(head_dim: int, base: float) -> float:
    return probes.once_round(head_dim, base)


@ahead
def slow_turn(head_dim: int, base: float, distance: int) -> float:
    return probes.slow_turn(head_dim, base, distance)


def rows_of_changes(seed: int) -> list[dict[str, Any]]:
    """A bar a layer of each model."""
    return [
        {"model": words, "layer": f"layer {layer}", "change": float(change)}
        for run, words in MODELS.items()
        for layer, change in enumerate(change_when_shuffled(run, seed))
    ]


@ahead
@st.cache_data(show_spinner=False, max_entries=4)
def taped(run: str) -> dict[tuple[int, int], tape.Side]:
    """What each (layer, head) makes of the sum, wherever it stands."""
    model = loaded_run(run).model
    shifted = probes.on_the_tape(model, SUM, probes.shifts(len(SUM), SHIFTS))
    stretched = probes.on_the_tape(model, SUM, probes.stretches(len(SUM), FIRST_EQUALS, GAPS))
    return {place: tape.Side.of(MODELS[run], shifted[place], stretched[place]) for place in shifted}


def rows_of_the_tape(sides: Sequence[tape.Side]) -> list[dict[str, Any]]:
    """A row a model and place: the largest change of a weight, and how many guesses are right."""
    return [
        {"model": side.title, "moved": how, "by": by, "change": change, "right": int(right.sum())}
        for side in sides
        for how, changes, rights in (
            ("shifted", side.shifted_change, side.shifted_right),
            ("stretched", side.stretched_change, side.stretched_right),
        )
        for by, (change, right) in enumerate(zip(changes, rights, strict=True))
    ]


@ahead
@st.cache_data(show_spinner=False, max_entries=4)
def largest_change(run: str) -> float:
    """Of any weight of any head, at any shift along the tape."""
    return max(float(side.shifted_change.max()) for side in taped(run).values())


def heldout_pairs(run: str, n: int) -> tuple[Integers, Integers]:
    """Sums of the shape of a run's training that it never saw, (n,) each."""
    form = loaded_run(run).format
    return sample_pairs(np.random.default_rng(0), n, form.p, form.q, TEST_FROM, 1.0)


@ahead
@st.cache_data(show_spinner=False, max_entries=16)
def scores_anywhere(run: str, head: int, n: int) -> np.ndarray:
    """The score of `=` with 7 in a head of the first layer, wherever the two stand. (n, n)"""
    model = loaded_run(run).model
    return probes.anywhere(model, "=", "7", head, n)


@ahead
@st.cache_data(show_spinner=False, max_entries=16)
def errors_when(run: str, shift: int, gap: int) -> int:
    """Wrong ones of `N_ERRORS` held-out sums that stand alone, moved and drawn apart."""
    loaded = loaded_run(run)
    form = loaded.format
    a, b = heldout_pairs(run, N_ERRORS)
    gaps = probes.stretches(form.length, FIRST_EQUALS, [gap])[0]
    ruler = probes.shifts(form.length, [shift])[0] + gaps - probes.shifts(form.length, [0])[0]
    return int(probes.errors_on(loaded.model, form, a, b, ruler))


@ahead
@st.cache_data(show_spinner=False, max_entries=4)
def errors_when_read_as(layout: PairLayout, in_order: bool = False) -> int:
    """Of `N_LAYOUT` held-out sums, how many the rotary network gets wrong when its pairs are read
    with this layout; its rows put `in_order` for it, or left as they were trained."""
    loaded = loaded_run(ROTARY)
    trained: Any = loaded.model.config.position
    rows = layouts.rows_for(loaded.model.config.heads.head_dim, trained.layout, layout)
    model = layouts.read_as(loaded.model, layout, rows if in_order else None)
    a, b = heldout_pairs(ROTARY, N_LAYOUT)
    ruler = probes.shifts(loaded.format.length, [0])[0]
    return int(probes.errors_on(model, loaded.format, a, b, ruler))


@ahead
@st.cache_data(show_spinner=False, max_entries=64)
def errors_without_the_front(turned_by: int) -> int:
    """Of `N_KEPT` held-out sums, each behind another sum that the cache has forgotten, how many the
    rotary network gets wrong when the count begins anew and the kept keys are turned so far."""
    loaded = loaded_run(ROTARY)
    form = loaded.format
    a, b = heldout_pairs(ROTARY, 2 * N_KEPT)
    texts, _ = form.render(a, b)
    front, right = texts[:N_KEPT], texts[N_KEPT:]
    given = np.concatenate([front, right[:, : form.prompt_length]], axis=1)
    written = spoiled.without_the_front(loaded.model, given, form.length, form.length, turned_by)
    return int((written != right).any(axis=1).sum())


@ahead
@st.cache_data(show_spinner=False, max_entries=4)
def shifted_lesson(run: str, by: int) -> tuple[float, float, float]:
    """The loss of `N_LESSON` sums where they stand and `by` places on, and how far apart their
    gradients are."""
    loaded = loaded_run(run)
    form = loaded.format
    a, b = sample_pairs(np.random.default_rng(0), N_LESSON, form.p, form.q, 0.0, HELDOUT_FROM)
    return probes.shifted_lesson(loaded.model, form, a, b, by)


@ahead
def ids_of(a: int, b: int) -> list[tuple[int, int]]:
    """(place, line) of every token of a sum of two by two digits."""
    tokens = torch.from_numpy(encode(TWO_BY_TWO.text(a, b))).long()[None]
    return [(place, line) for place, line in positions.position_ids(tokens, 2)[0].tolist()]


@ahead
def begun_with(digits: tuple[int, int], told: tuple[int, int]) -> int:
    """Of `N_TOLD` test sums of three by three digits, how many the coupled network begins with the
    last digit of what two `digits`, of a by its place and of b by its line, make: its first `=` is
    `told` another place and line."""
    wanted = probes.digits_that_meet(*lengths.problems_of_shape(3, 3, N_TOLD), digits)
    return int((begun(told) == wanted).sum())


@ahead
@st.cache_data(show_spinner=False, max_entries=64)
def begun(told: tuple[int, int]) -> Integers:
    """The first digits that the coupled network writes. (N_TOLD,)"""
    model, form = loaded_run(COUPLED).model, Format("cot_reversed", 3, 3)
    return probes.begins_with(model, form, *lengths.problems_of_shape(3, 3, N_TOLD), told)


@ahead
@st.cache_data(show_spinner=False, max_entries=4)
def errors_in_stream(run: str) -> tuple[int, int]:
    """Wrong held-out sums, and how many there are, in streams like those of training."""
    paper = encodings.make_eval_set(recipes.recipe(run), "test", N_ERRORS)
    return encodings.find_wrong(loaded_run(run).model, paper), paper.n


@ahead
@st.cache_data(show_spinner=False, max_entries=32)
def first_digits_missed(p: int, q: int, hidden: int | None = None) -> tuple[int, int]:
    """Of test sums of p by q digits, how many the rotary network of three digits begins wrong, and
    how many there are; with `hidden`, its first `=` does not see that slot."""
    pairs = lengths.problems_of_shape(p, q, N_FIRST)
    model = forward.with_math_kernel(loaded_run(lengths.ARMS["rotary"].run).model)
    form = Format("cot_reversed", p, q)
    return probes.first_digits_missed(model, form, *pairs, hidden), len(pairs[0])


@ahead
@st.cache_data(show_spinner=False, max_entries=16)
def ended_early(arm: str, digits: int) -> tuple[int, int]:
    """Of sums of `digits` by `digits`, how many an arm writes right up to the product, and there
    ends the text; and how many there are."""
    form = Format("cot_reversed", digits, digits)
    a, b = lengths.problems_of_shape(digits, digits, N_ENDED)
    about = lengths.ARMS[arm]
    model = about.model_for(loaded_run(about.run), form.length)
    found = lengths.first_wrong_tokens(model, form, a, b)
    ended = (found.slot == form.answer.start) & (found.written == encode("$")[0])
    return int(ended.sum()), len(a)


@ahead
@st.cache_data(show_spinner=False, max_entries=500)
def failures_within(arm: str, digits: int, places: int, lines: int) -> dict[str, int]:
    """How sums of `digits` by `digits` end, with no distance beyond `places` and `lines`."""
    model = loaded_run(lengths.ARMS[arm].run).model
    found = lengths.first_wrong_tokens(
        lengths.clipped(model, (places, lines)),
        Format("cot_reversed", digits, digits),
        *lengths.problems_of_shape(digits, digits, N_CLIPPED),
    )
    wrong, of_length = int(found.wrong.sum()), int(found.of_length.sum())
    return claims.kinds(len(found.slot), wrong - of_length, of_length)


@ahead
@st.cache_data(show_spinner=False, max_entries=1000)
def first_miss(arm: str, a: int, b: int) -> Written:
    """The slot of the first wrong token that an arm writes, -1 for none, and that token."""
    form = Format("cot_reversed", len(str(a)), len(str(b)))
    about = lengths.ARMS[arm]
    model = about.model_for(loaded_run(about.run), form.length)
    found = lengths.first_wrong_tokens(model, form, np.array([a]), np.array([b]))
    return Written(int(found.slot[0]), decode([int(found.written[0])]))


def comes_so_far(arm: str, a: int, b: int) -> Written:
    """The same, from the record where it has this problem."""
    for row in rows_of("grown.jsonl"):
        if row["cell"] == {"arm": arm, "a": a, "b": b}:
            return Written(row["slot"], row["written"])
    return first_miss(arm, a, b)


@ahead
def growing(a: int, b: int) -> list[tuple[int, int]]:
    """The first digits of both numbers, one more from problem to problem, up to the whole."""
    last = max(len(str(a)), len(str(b)))
    digits = range(min(lengths.SHORTEST, last), last + 1)
    return [(lengths.first_digits(a, n), lengths.first_digits(b, n)) for n in digits]
