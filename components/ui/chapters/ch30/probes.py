"""What the networks of chapter 3 are asked, kept for readers that ask the same; what is in a mix of
sums, and how hard its sums are beside random ones; and what a reader trains on a mix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from components.ui.chapter import Chapter
from components.ui.chapters.ch30 import claims, figures
from components.ui.computed_ahead import ahead
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.loaded_models import loaded_run
from components.ui.page_records import rows_of
from components.ui.tokens import wrong_tokens
from lab.data.difficulty import longest_carry, zeros
from lab.data.problems import Format, Integers, operands_in
from lab.data.vocabulary import decode
from lab.readings import Row
from lab.recipes.recipe_index import recipe

if TYPE_CHECKING:
    from lab.data.sources import Source

curriculum = lazily("lab.recipes.curriculum")
fetching = lazily("lab.interp.fetching")
intervene = lazily("lab.interp.intervene")
pockets = lazily("lab.experiments.pockets")
recipes = lazily("lab.recipes.live")
transcripts = lazily("lab.inference.transcript")

Pair = tuple[int, int]

MOST_DIGITS = 4
SUM = (4837, 2916)
POCKET = (9299, 8989)
"""A problem that the finished network gets wrong."""


def form_of(a: int, b: int) -> Format:
    """How a sum is written without zeros in front."""
    return Format("cot_reversed", len(str(a)), len(str(b)))


@ahead
@lru_cache(maxsize=256)
def write_without_head(
    run: str, a: int, b: int, without: str = "none", aimed: tuple[int, int] | None = None
) -> Any:
    """A run's own text, one head ablated ('0.2') or none. With `aimed`, (place, line), the head
    that fetches a's digit looks at that digit alone where this partial product is written."""
    form = form_of(a, b)
    right = form.text(a, b)
    prompt = right[: form.prompt_length]
    model = loaded_run(run).model
    edits = []
    if without != "none":
        layer, head = map(int, without.split("."))
        edits = [intervene.ablate(intervene.Node("z", layer, head))]
    if aimed:
        edits.append(pockets.share_out(*aimed, 0.0))
    return transcripts.transcribe(model, prompt, form.length, edits, likely=right)


def slip_of(form: Format, a: int, b: int, text: str) -> int | None:
    """The place of a's digit where a text first goes wrong, if that is in its first product."""
    wrong = wrong_tokens(text, form.text(a, b))
    if not wrong or not form.partial_products:
        return None
    first = form.partial_products[0]
    place = first.place(wrong[0]) if wrong[0] in first.positions else form.p
    return place if place < form.p - 1 else None


def long_enough(pair: tuple[int, int], kind: str) -> tuple[int, int]:
    """The pair, or the page's own sum where no digit of the pair has all of its sources."""
    sources = fetching.PRODUCT if kind == "product" else fetching.SUM
    made = fetching.made_from(form_of(*pair))
    return pair if any(all(map(found.get, sources)) for _, found in made) else SUM


@ahead
@st.cache_data(show_spinner=False, max_entries=256)
def fetched(run: str, a: int, b: int, kind: str) -> NDArray[np.float64]:
    """The share of each head's weight on each source of a digit, (n_layer * n_head, K)."""
    form = form_of(a, b)
    sources = fetching.PRODUCT if kind == "product" else fetching.SUM
    found = fetching.weight_on_sources(loaded_run(run).model, form.text(a, b), form, sources)
    return found.reshape(-1, len(sources))


def heads_of(run: str) -> list[str]:
    config = recipe(run).model
    return [
        f"{layer.index}.{head}" for layer in config.layers for head in range(layer.attention.n_head)
    ]


# ---------------------------------------------------------------- what a stage reads of a mix

N_DRAWN, N_SHOWN = 1000, 4
MEASURED = {"columns that a carry passes": longest_carry, "zeros in both numbers": zeros}

Mix = dict[str, int]
Parts = Mapping[str, tuple[str, int]]
"""Of a mix: the words for each part, and how much there is of it at first."""


def usual_of(parts: Parts) -> Mix:
    return {part: amount for part, (_, amount) in parts.items()}


def random_alone(parts: Parts) -> Mix:
    return dict.fromkeys(parts, 0) | {"random": 1}


class Asked(NamedTuple):
    """A reader's mix, or the last that had something in it, then with the reason; a draw; and where
    the rest of the mix is folded away."""

    mix: Mix
    seed: int
    why_not: str
    folded: DeltaGenerator


def ask_mix(
    page: Chapter, name: str, parts: Parts, make: Callable[[Mix], Source], *, kept: str
) -> Asked:
    """A slider a part, with a word where nothing could be read of the mix: a slip empties no
    figure. The last good mix is `kept` under that name."""
    mix, seed, folded = ask_weights(page, name, parts)
    key = f"{page.prefix}{kept}_kept"
    try:
        make(mix)
    except ValueError as error:
        why_not = as_sentence(error)
        st.warning(f"{why_not} What you see is the last mix that had something in it.")
        return Asked(st.session_state.get(key, usual_of(parts)), seed, why_not, folded)
    st.session_state[key] = mix
    return Asked(mix, seed, "", folded)


def ask_weights(
    page: Chapter, name: str, parts: Parts, shown: int = 2
) -> tuple[Mix, int, DeltaGenerator]:
    """A slider a part, the first few in sight and the others folded, and which draw is shown."""
    asked: Mix = {}
    more = st.container()
    for place, (part, (words, amount)) in enumerate(parts.items()):
        if place == shown:
            more = st.popover("The rest of the mix, and its draw")
        with more:
            asked[part] = page.number(f"{name}_{part}", words, 0, 100, amount)
    with more:
        seed = page.number(f"{name}_draw", "Draw number", 0, 999, 0, typed=True)
    return asked, seed, more


def as_sentence(error: ValueError) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."


def show_lines(source: Source, seed: int, beside: DeltaGenerator) -> Drawn:
    """Some of what a source gives, `beside` its weights."""
    drawn = sums_of(source, seed)
    beside.code("\n".join(drawn.lines), language=None)
    return drawn


def show_amounts(
    page: Chapter, drawn: Drawn, random: Drawn, places: Sequence[DeltaGenerator]
) -> None:
    """How hard the sums of a mix are against random ones, each measure beside its slider."""
    for place, (title, count) in zip(places, MEASURED.items(), strict=True):
        found = {
            figures.MIX: count(drawn.a, drawn.b),
            figures.RANDOM: count(random.a, random.b),
        }
        with place:
            page.draw(
                figures.amounts_in_mix(found, title),
                alt=f"How many {title} there are, in the problems of this mix and in random ones",
            )


class Drawn(NamedTuple):
    """The first lines of a draw from a source, and the numbers of all its sums, (N_DRAWN,) each."""

    lines: list[str]
    a: Integers
    b: Integers


@lru_cache(maxsize=64)
def sums_of(source: Source, seed: int) -> Drawn:
    tokens, _ = source.draw(np.random.default_rng(seed), N_DRAWN)
    texts = [decode(row) for row in tokens]
    return Drawn([text.rstrip("_") for text in texts[:N_SHOWN]], *operands_in(texts))


# ---------------------------------------------------------------- two runs on a mix

TUNED_KEY = "ch30_live"

TUNED_PARTS = {
    "carries": ("Problems with far carries", 20),
    "rehearsed": ("Rehearsal of one digit", 25),
    "random": ("Random two-digit problems", 40),
    "zeros": ("Problems with zeros", 15),
}
"""Of a mix, by their names in `Blend`: the words for each, and how much there is of it at first.
The first two are in sight: the page says what to do with them."""

TUNED_NAMES = {
    "random": "random problems",
    "carries": "far carries",
    "zeros": "zeros",
    "rehearsed": "rehearsal",
}
TUNED_USUAL = usual_of(TUNED_PARTS)


def fine_tuning(page: Chapter) -> None:
    """Ask for a mix, show what is in it, and train on it, side by side."""
    left, right = st.columns(2)
    with left:
        found = ask_mix(page, "mix", TUNED_PARTS, make_mix_source, kept="mix")
    drawn = show_lines(make_mix_source(found.mix), found.seed, right)
    random = make_mix_source(random_alone(TUNED_PARTS))
    show_amounts(page, drawn, sums_of(random, found.seed), (right, found.folded))
    show_tuning_buttons(found.mix, found.why_not)
    rows = rows_of("fine_tuning.jsonl")
    training.watch(TUNED_KEY, run_name, recorded_curves(rows) if rows else ())


def make_mix_source(mix: Mix) -> Source:
    """What a run on a mix reads. `ValueError` if that is nothing."""
    return recipes.fine_tune(**mix).data


def show_tuning_buttons(mix: Mix, why_not: str) -> None:
    with st.container(horizontal=True, gap="small"):
        for scratch, words in ((False, "Fine-tune this network"), (True, "Train from scratch")):
            st.button(
                words,
                key=f"ch30_{'scratch' if scratch else 'tune'}",
                icon=":material/play_arrow:",
                disabled=bool(why_not),
                help=why_not or None,
                on_click=train_on,
                args=(mix, scratch),
            )


def train_on(mix: Mix, scratch: bool) -> None:
    training.launch(TUNED_KEY, {**mix, "scratch": scratch}, recipe="fine_tune")


def run_name(arguments: Mapping[str, Any]) -> str:
    """How it began, and what is unusual in its mix: 'fine-tuned, no rehearsal, zeros 40'."""
    said = ["from scratch" if arguments.get("scratch") else "fine-tuned"]
    for part, words in TUNED_NAMES.items():
        amount = arguments.get(part, TUNED_USUAL[part])
        if amount != TUNED_USUAL[part]:
            said.append(f"{words} {amount}" if amount else f"no {words}")
    return ", ".join(said)


def recorded_curves(record: Sequence[Row]) -> list[dict[str, Any]]:
    """Loss and held-out share of the recorded runs with the seed and the rate of live ones."""
    usual = recipes.fine_tune()
    begun = {
        "fine-tuned, recorded": claims.tuned(usual.rate, scratch=False),
        "from scratch, recorded": claims.tuned(usual.rate, scratch=True),
    }
    return [
        {"run": name, "step": step, "what": what, "value": value}
        for name, question in begun.items()
        for row in question.rows.where(seed=usual.seed).of(record)
        for step, errors, n, loss in row["curve"]
        for what, value in (("loss", loss), ("held out", 1 - errors / n))
    ]
