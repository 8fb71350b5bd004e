"""The worked numbers in the prose of page 02: computed by lab, by their names in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from components.ui.chapters.ch02 import claims, probes
from components.ui.chapters.ch02.exercises import (
    BOTH,
    ONE,
    PROMPT,
    WANTED_DISTANCE,
    A,
    B,
    prompt_of,
)
from components.ui.chapters.ch02.probes import largest_weight, peek_score, told
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.drawings.guess import Row as Line
from components.ui.loaded_models import BOOK_RUN
from components.ui.words import spelled
from lab.by_hand import attention as hand
from lab.by_hand.attention import A_UNITS, B_UNITS, FORM, PLACES
from lab.by_hand.learning_head import (
    B_TENS,
    FILMED,
    MOVED_ON,
    N_SEED,
    NEVER,
    Reading,
    Settings,
    read,
    split,
)
from lab.data.vocabulary import VOCABULARY, encode
from lab.readings import part_of
from lab.records import ROOT

DIGITS = list(VOCABULARY[:10])

LOOKED_INTO = {
    BOOK_RUN: "the book's model",
    "few_pairs": "the small twin",
    "rope": "rotary, full size",
}

EQUALS = len(PLACES) - 1

SIZES = tuple(2**k for k in range(11))
SIZE_ASKED = 256


# ---------------------------------------------------------------- counted once, for all readers


@st.cache_data(show_spinner=False)
def average_right() -> int:
    return hand.right_from_average()


def largest_by_size() -> dict[tuple[int, bool], float]:
    return {(d, rooted): largest_weight(d, rooted) for d in SIZES for rooted in (True, False)}


# ---------------------------------------------------------------- rows of what is drawn


def delivered_rows(shares: Sequence[float], kind: hand.ValueKind) -> dict[str, hand.Numbers]:
    """A row for each head and each of the two orders of 7 and 8."""
    z = probes.delivered(shares, kind)
    name = "{order}" if len(shares) == 1 else "{order}, head {head}"
    return {
        name.format(order=order, head=head + 1): z[row, head]
        for row, order in enumerate(("7 then 8", "8 then 7"))
        for head in range(len(shares))
    }


def columns_of(kind: hand.ValueKind) -> list[str]:
    if kind == "size":
        return ["size"]
    return DIGITS if kind == "digit" else [*DIGITS, *(f"{i}′" for i in DIGITS)]


def heads_of(sharp: Any, lost: Any, run: str) -> list[dict[str, Any]]:
    """Of each head of a model: how sharp it is, and the share and number of wrong answers."""
    return [
        {
            "head": "{}.{}".format(*claims.at_head(row)),
            "largest": row["largest_weight"],
            "share": errors / n,
            "errors": part_of(errors, n),
        }
        for row, errors, n in claims.sharp_and_missed(sharp, lost, run)
    ]


# ---------------------------------------------------------------- texts that a head reads

AS_TRAINED = "as trained"
SEVEN = "seven"
READS = {
    AS_TRAINED: "a problem as in training",
    SEVEN: "a seven as tens digit of b",
    "turned": "the digits of b exchanged",
    "nine": "a nine as tens digit of b",
    "one digit": "a of one digit",
    "one on": "one digit, and every position shifted up by one",
}


def reads_offered(never: int | None) -> tuple[str, ...]:
    """A head that never met a digit reads it at first."""
    left_out = SEVEN if never is None else AS_TRAINED
    return tuple(name for name in READS if name != left_out)


def text_read(name: str, a: int, b: int) -> tuple[str, Sequence[str], Sequence[int] | None, int]:
    """The text, its places, the positions it is read at (None: as they come), and which token is
    the tens digit of b."""
    tens, units = divmod(b, 10)
    b = {"turned": 10 * units + tens, "nine": 90 + units, SEVEN: 10 * NEVER + units}.get(name, b)
    if name in probes.SHORTER:
        at = MOVED_ON if name == "one on" else None
        return prompt_of(a, b)[1:], ("a", *PLACES[2:]), at, B_TENS - 1
    return prompt_of(a, b), PLACES, None, B_TENS


# ---------------------------------------------------------------- the guesses

NAMED = Dragged(Axis.percent("of problems"), "product named")

LARGEST = Dragged(
    Axis("largest weight, mean", 0, 1, 0.01, more="larger", less="smaller"),
    "not divided",
    given=[Line("six equal weights", 1 / hand.N_KEYS)],
    later=["divided by the root"],
    start=0.5,
    hue="ochre",
)

LOOKS = Dragged(
    Axis("of 100 seeds", 0, N_SEED),
    "looks hardest at each tens digit",
    given=[Line("no held-out problem wrong", N_SEED, hue="teal")],
)

COPIED = Dragged(Axis.percent("of tokens"), "looks anywhere")


"""Frames, and below them their answers."""


def product_named() -> Answer:
    return Answer(100 * average_right() / len(hand.all_prompts()))


def largest_without_root() -> Answer:
    rooted, bare = (largest_by_size()[SIZE_ASKED, root] for root in (True, False))
    return Answer(bare, rows=[Line("divided by the root", rooted, hue="violet")])


def looks_at_every_digit() -> Answer:
    heads = claims.LEARNED.of(claims.read_record(ROOT / claims.LEARNED.path))
    return Answer(sum(claims.looks_at_every_digit(row) for row in heads))


def copied_without_mask() -> Answer:
    right, n = peek_score(False)
    return Answer(100 * right / n)


def in_order(sharp: Any, lost: Any, run: str) -> tuple[float, str]:
    """Of the pairs of heads, in how many the sharper one is missed more: in percent and words."""
    same, counted = claims.same_order(sharp, lost, run)
    return 100 * same / counted, part_of(same, counted)


def sharper_missed_more(sharp: Any, lost: Any) -> Dragged:
    """The frame of the guess: the book's model, which the prose has told, is given."""
    book, words = in_order(sharp, lost, BOOK_RUN)
    return Dragged(
        Axis.percent("of pairs of heads"),
        LOOKED_INTO[claims.TWIN],
        given=[Line(LOOKED_INTO[BOOK_RUN], book, words)],
        later=[LOOKED_INTO["rope"]],
    )


def order_in_the_twin(sharp: Any, lost: Any) -> Answer:
    twin, words = in_order(sharp, lost, claims.TWIN)
    rotary, its_words = in_order(sharp, lost, "rope")
    return Answer(twin, words, rows=[Line(LOOKED_INTO["rope"], rotary, its_words, hue="teal")])


# ---------------------------------------------------------------- by their names in the text


def first_look() -> hand.AttentionSteps:
    """At 37*48=, with the query as the figure first has it."""
    return probes.look_at(prompt_of(A, B), ONE.angle, ONE.length)


def before_it_finds() -> tuple[Reading, Reading, int]:
    """The first recorded head at 37*48=: the last frame in which the tens digit of b does not lead,
    the next one, and the step of the earlier."""
    frames = probes.film_of(FILMED[0], None).frames
    seen = [read(frame, encode(prompt_of(A, B))[None]) for frame in frames]
    last = max(i for i, one in enumerate(seen) if one.weights[0].argmax() != B_TENS)
    return seen[last], seen[last + 1], frames[last].step


def written_after_the_prompt() -> list[str]:
    """The two partial products of 37*48= and their sum, as the model has them."""
    return re.findall(r"\d+", FORM.text(A, B)[PROMPT:])


def powers() -> np.ndarray:
    """e to each score, as a reader finds it who has the scores in two decimals."""
    return np.exp(first_look().scores.round(2))


def by_its_own_key() -> hand.AttentionSteps:
    """At 37*48=, if the query were the key of the token that asks."""
    return probes.look_at(prompt_of(A, B), hand.ANGLES[EQUALS], hand.KEY_LENGTH)


def pair_of(numbers: np.ndarray) -> str:
    return f"({numbers[0]:.2f}, {numbers[1]:.2f})"


def half_told(what: str, kind: hand.ValueKind = "digit") -> str:
    """Of one head with half its weight on each digit."""
    return part_of(getattr(told((0.5,), kind), what), 100)


TASKS: dict[str, Callable[[], str]] = {
    "sums": lambda: f"{len(hand.all_prompts()):,}",
    "wanted": lambda: f"{ONE.least:.2f}",
    "each": lambda: f"{BOTH.least:.1f}",
    "distance": lambda: f"{WANTED_DISTANCE}",
    "by_units": lambda: rf"{A} \times {B % 10} = {A * (B % 10)}",
    "by_tens": lambda: rf"{A} \times {B - B % 10} = {A * (B - B % 10)}",
    "sum": lambda: f"{A * B}",
    "first_written": lambda: written_after_the_prompt()[0],
    "second_written": lambda: written_after_the_prompt()[1],
    "sum_written": lambda: written_after_the_prompt()[2],
}

ONE_LOOK: dict[str, Callable[[], str]] = {
    "angle": lambda: f"{ONE.angle}",
    "length": lambda: f"{ONE.length}",
    "q": lambda: pair_of(ONE.query),
    "k": lambda: pair_of(first_look().keys[B_UNITS]),
    "k_other": lambda: pair_of(first_look().keys[A_UNITS]),
    "match": lambda: f"{first_look().matches[B_UNITS]:.2f}",
    "match_other": lambda: f"{first_look().matches[A_UNITS]:.2f}",
    "score": lambda: f"{first_look().scores[B_UNITS]:.2f}",
    "score_other": lambda: f"{first_look().scores[A_UNITS]:.2f}",
    "power": lambda: f"{powers()[B_UNITS]:.1f}",
    "power_other": lambda: f"{powers()[A_UNITS]:.1f}",
    "power_rest": lambda: f"{powers().sum() - powers()[[A_UNITS, B_UNITS]].sum():.1f}",
    "powers": lambda: f"{powers().sum():.1f}",
    "own_angle": lambda: f"{hand.ANGLES[EQUALS]}",
    "own_length": lambda: f"{hand.KEY_LENGTH:.1f}",
    "own_weight": lambda: f"{by_its_own_key().weights[EQUALS]:.2f}",
    "weight": lambda: f"{first_look().weights[B_UNITS]:.2f}",
    "weight_other": lambda: f"{first_look().weights[A_UNITS]:.2f}",
}

COUNTS: dict[str, Callable[[], str]] = {
    "average_right": lambda: part_of(average_right(), len(hand.all_prompts())),
    "size": lambda: f"{SIZE_ASKED}",
    "n_keys": lambda: spelled(hand.N_KEYS),
    "with_root": lambda: f"{largest_by_size()[SIZE_ASKED, True]:.2f}",
    "with_root_one": lambda: f"{largest_by_size()[1, True]:.2f}",
    "without_root": lambda: f"{largest_by_size()[SIZE_ASKED, False]:.2f}",
    "peek_open": lambda: part_of(*peek_score(False)),
    "peek_masked": lambda: part_of(*peek_score(True)),
    "times_half": lambda: half_told("products"),
    "minus_half": lambda: half_told("differences"),
    "times_size": lambda: half_told("products", "size"),
}

LEARNING: dict[str, Callable[[], str]] = {
    "batch": lambda: f"{Settings().batch}",
    "trained_on": lambda: f"{len(split()[0].tens):,}",
    "early_step": lambda: f"{before_it_finds()[2]}",
    "early_weight": lambda: f"{before_it_finds()[0].weights.max():.2f}",
    "early_said": lambda: f"{before_it_finds()[0].said[0]}",
    "late_weight": lambda: f"{before_it_finds()[1].weights.max():.2f}",
    "rate": lambda: f"{Settings().rate}",
    "odd": lambda: f"{claims.ODD}",
    "never": lambda: f"{NEVER}",
}

CALC = TASKS | ONE_LOOK | COUNTS | LEARNING
