"""What the models of chapter 4 are asked, kept for readers that ask the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from components.ui.lazily import lazily
from components.ui.runs import BOOK_RUN, take_with_progress
from components.ui.words import size
from lab.data.coverage import Pair
from lab.data.problems import Format
from lab.data.samples import hashed_pairs
from lab.data.vocabulary import Tokens, decode
from lab.published.cards import CARDS, Card
from lab.published.models import MODELS, Model, ours

if TYPE_CHECKING:
    from lab.interp.kept import Kept

evaluate = lazily("lab.inference.evaluate")
gpt = lazily("lab.model.gpt")
growth = lazily("lab.interp.kept")
spoiled = lazily("lab.interp.spoiled_cache")

FORM = Format("cot_reversed")
TURNING, SHIFTED, PLACELESS = "rope", "rope_small", "reach_none"
"""The run whose base is changed; a rotary one of which all places move; one without positions."""

N_SUMS = 200


# ---------------------------------------------------------------- 1. earlier lines

OPENING_LAYER, OPENING_HEAD = 2, 0


@st.cache_data(show_spinner=False, max_entries=50)
def lines_of(text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Queries, keys and values of one head while `text` is written, (T, Dk) each."""
    found = growth.queries_keys_values(take_with_progress(BOOK_RUN).model, text)
    q, k, v = (x[OPENING_LAYER, OPENING_HEAD] for x in found)
    return q, k, v


@st.cache_data(show_spinner=False, max_entries=20)
def kept(text: str, causal: bool) -> Kept:
    """What a cache would hold after each token of a text, with the mask or without it."""
    return growth.kept(take_with_progress(BOOK_RUN).model, text, causal=causal)


def changes(text: str, causal: bool) -> np.ndarray:
    """The largest change of an earlier line when a token is added, (T - 1, L), from 1 token on.

    In parts of the largest number of its layer, keys or values, whichever moves more.
    """
    both = kept(text, causal)
    shares = [lines.changes() / largest(lines.after[-1]) for lines in (both.keys, both.values)]
    return np.maximum(*shares)


def rows_of_changes(text: str) -> list[dict[str, Any]]:
    """A row for every number of tokens, layer, and mask: the change that one token more makes."""
    return [
        {"tokens": t, "layer": layer, "mask": mask, "change": float(change)}
        for mask in (True, False)
        for t, layers in enumerate(changes(text, causal=mask), 1)
        for layer, change in enumerate(layers)
    ]


def largest(lines: np.ndarray) -> np.ndarray:
    """The largest size of a number in each layer, (L, H, T, Dk) -> (L,)"""
    return abs(lines).max(axis=(1, 2, 3))


# ---------------------------------------------------------------- 5. what it costs

OWN = "the book's network"


@st.cache_resource(show_spinner=False)
def models() -> dict[str, Model]:
    """The book's own network and those whose sizes are published, by their names."""
    own = ours(OWN, take_with_progress(BOOK_RUN).model.config)
    return {model.name: model for model in (own, *MODELS)}


def smallest_card(n_bytes: float) -> Card | None:
    """Of all cards the first that holds as much."""
    return next((card for card in CARDS if card.memory >= n_bytes), None)


def in_memory(model: Model, kept: float, bytes_per_number: float, n_token: int) -> str:
    """What a token leaves and what all leave, which card holds it, and where the sizes are from."""
    total, times = model.weight_bytes + kept, kept / model.weight_bytes
    card, last = smallest_card(total), CARDS[-1]
    share = f"{times:,.{0 if times >= 10 else 2}f} times" if times >= 0.01 else "a small part of"
    said = [
        f"A token leaves **{size(model.cache_bytes(bytes_per_number, 1))}**, and all of them "
        f"**{size(kept)}**: {share} the {size(model.weight_bytes)} of the weights.",
        f"An {card.name} with {size(card.memory)} holds both."
        if card
        else f"No card here holds both: it takes the memory of {math.ceil(total / last.memory):,} "
        f"{last.name}s.",
    ]
    if model.source:
        said.append(f"Sizes of {model.name}: [source]({model.source}).")
    if n_token > model.longest_text:
        said.append(
            f"{model.name[0].upper()}{model.name[1:]} reads up to {model.longest_text:,} tokens; "
            f"beyond, this is arithmetic."
        )
    return " ".join(said)


# ---------------------------------------------------------------- rotated keys


@dataclass(frozen=True)
class Rebased:
    """What becomes of one text, and of how many others, when the base changes behind the prompt.

    `as_they_were` and `turned_again` (T,): the largest change of a logit, as a share of the largest
    logit, against a fresh read. `unlike`: of so many texts, those with another guess, either way.
    """

    as_they_were: np.ndarray
    turned_again: np.ndarray
    text: str
    fresh_text: str
    unlike: tuple[int, int]
    fresh_wrong: int


@st.cache_data(show_spinner=f"{N_SUMS} sums are read with both bases", max_entries=50)
def rebase(base: float, a: int, b: int) -> Rebased:
    """The keys of the prompt stand as the run turned them; from its `=` on the base is another."""
    model = take_with_progress(TURNING).model
    usual: Any = model.config.position
    after = gpt.with_position(model, replace(usual, base=base))
    pairs = hashed_pairs(N_SUMS)
    texts = FORM.render(np.append(a, pairs[0]), np.append(b, pairs[1]))[0][:, :-1]
    n_kept = FORM.prompt_length - 1
    fresh = spoiled.rebased(after, after, texts, n_kept)
    mixed = [spoiled.rebased(model, after, texts, n_kept, again=again) for again in (False, True)]
    right = FORM.render(*pairs)[0][:, FORM.prompt_length :]
    guessed = fresh.argmax(-1).numpy()
    off = [((m - fresh).abs().amax(-1) / fresh.abs().max())[0].numpy() for m in mixed]
    other = [(m.argmax(-1).numpy() != guessed)[1:].any(axis=1).sum() for m in mixed]
    return Rebased(
        off[0],
        off[1],
        decode([*texts[0, : FORM.prompt_length], *mixed[0][0].argmax(-1).tolist()]),
        decode([*texts[0, : FORM.prompt_length], *guessed[0]]),
        (int(other[0]), int(other[1])),
        int((guessed[1:] != right).any(axis=1).sum()),
    )


# ---------------------------------------------------------------- 6. break it

STALE, FIRST, OFFSET, SHARED = "stale", "first", "offset", "shared"
FAULTS = {
    STALE: "a stale prompt",
    FIRST: "a stale first number",
    OFFSET: "one place too far",
    SHARED: "shared with a stranger",
}
APART = 30
"""How far from the reader's own tokens a stranger's are told that they stand."""

KINDS = {
    STALE: "a stale cache",
    FIRST: "a stale cache",
    OFFSET: "one place too far",
    SHARED: "a shared cache",
}
"""What a reader guesses among."""

RIGHT, ANOTHER, MISTAKE = "right", "the right working of another sum", "a mistake in the working"
STRANGERS: tuple[Pair, Pair] = ((56, 78), (12, 34))


def stranger_to(a: int, b: int) -> Pair:
    """Whose prompt the cache held before, or who reads beside a reader of a x b."""
    return next(pair for pair in STRANGERS if pair != (a, b))


def write_spoiled(run: str, fault: str, given: Tokens, other: Tokens) -> Tokens:
    """What a run writes, on from prompts (N, T), with a cache that has this fault."""
    model = take_with_progress(run).model
    match fault:
        case "stale":
            return spoiled.stale(model, given, other, FORM.length, range(given.shape[1] - 1))
        case "first":
            return spoiled.stale(model, given, other, FORM.length, range(FORM.p))
        case "offset":
            return spoiled.misplaced(model, given, FORM.length, 1)
        case "shared":
            return spoiled.shared(model, given, other, FORM.length)
        case "all moved":
            return spoiled.misplaced(model, given, FORM.length, 1, from_the_start=True)
        case "apart":
            return spoiled.shared(model, given, other, FORM.length, APART)
        case "twins":
            return spoiled.shared(model, given, given, FORM.length)
        case _:
            raise ValueError(f"fault={fault!r} is not one of {', '.join(FAULTS)}")


@st.cache_data(show_spinner=False, max_entries=500)
def one_spoiled(fault: str, a: int, b: int) -> str:
    """What the book's network writes for a x b with a cache that has this fault."""
    given, other = (FORM.prompt(*pair) for pair in ((a, b), stranger_to(a, b)))
    return decode(write_spoiled(BOOK_RUN, fault, given, other)[0])


def sums_and_strangers() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The sums of the count, a and b, and for each the numbers of the one half the list away."""
    a, b = hashed_pairs(N_SUMS)
    return a, b, np.roll(a, N_SUMS // 2), np.roll(b, N_SUMS // 2)


@st.cache_data(show_spinner=f"{N_SUMS} sums are written", max_entries=20)
def all_spoiled(run: str, fault: str) -> Tokens:
    """What a run writes for all sums of the count. (N, L)"""
    a, b, other_a, other_b = sums_and_strangers()
    return write_spoiled(run, fault, FORM.prompt(a, b), FORM.prompt(other_a, other_b))


@st.cache_data(show_spinner=False, max_entries=5)
def all_sound(run: str) -> Tokens:
    """The same with a sound cache."""
    a, b = hashed_pairs(N_SUMS)
    return evaluate.go_on(take_with_progress(run).model, FORM.prompt(a, b), FORM.length)


def changed(run: str, fault: str) -> int:
    """How many texts differ from those of a sound cache."""
    return int((all_spoiled(run, fault) != all_sound(run)).any(axis=1).sum())


@st.cache_data(show_spinner=False, max_entries=10)
def fates(fault: str) -> dict[str, int]:
    """Texts of the book's network: right, right for another sum, or with a mistake in them."""
    a, b = hashed_pairs(N_SUMS)
    texts = all_spoiled(BOOK_RUN, fault)
    right = (texts == FORM.render(a, b)[0]).all(axis=1)
    flawless = spoiled.holds_right_working(FORM, texts)
    return {
        RIGHT: int(right.sum()),
        ANOTHER: int((flawless & ~right).sum()),
        MISTAKE: int((~flawless).sum()),
    }


def most_plausible() -> str:
    """The kind of fault whose texts are most often the right working of another sum."""
    return KINDS[max(FAULTS, key=lambda fault: fates(fault)[ANOTHER])]


def rows_of_fates(faults: Sequence[str] = tuple(FAULTS)) -> list[dict[str, Any]]:
    """A part of a bar for each fault and fate."""
    return [
        {"fault": FAULTS[fault], "fate": fate, "rank": rank, "n": n}
        for fault in faults
        for rank, (fate, n) in enumerate(fates(fault).items())
    ]
