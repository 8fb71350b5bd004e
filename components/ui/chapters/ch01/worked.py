"""The worked numbers in the prose of page 01: computed by lab, by their names in the text."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from components.ui.chapters.ch01 import claims
from components.ui.chapters.ch01.probes import (
    DRAWN,
    FORM,
    START_SUM,
    START_SUMS,
    TWIN,
    digit_rows,
    loss_at_the_start,
    whole_text,
)
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.drawings.guess import Row as Line
from components.ui.page_records import opening, rows_of
from components.ui.tokens import wrong_tokens
from components.ui.words import spelled
from lab.by_hand.mlp import softmax
from lab.data.vocabulary import VOCABULARY
from lab.interp import embeddings
from lab.statistics import lower_bound_95

N_TOKENS = int(FORM.render(*(np.array([x]) for x in START_SUM))[1].sum())
RIGHT, RIVAL = 5, 3
P = 0.99
LLAMA = 128_000
"""Tokens of the vocabulary of Llama 3, as its paper says."""

COIN, LEAST_RIVAL = (0.68, 0.71), 2
LEAST_HEAT, APART = 1, 2
"""What the exercises ask: a price and a logit, a temperature and how far apart two may stand."""

# ---------------------------------------------------------------- a digit is a row


def in_space() -> embeddings.Projection:
    """The ten digits in the three directions in which their rows differ most."""
    return embeddings.principal_axes(digit_rows(), 3)


def parted() -> str:
    """The digits on either side of the middle of the first direction, the side of 0 first."""
    side = np.sign(in_space().points[:, 0])
    here, there = (" ".join(map(str, np.flatnonzero(side == s))) for s in (side[0], -side[0]))
    return f"`{here}` from `{there}`"


def first_wave() -> float:
    return float(embeddings.wave_shares(digit_rows())[0])


def is_there_a_circle() -> str:
    if first_wave() > 0.8:
        return "has one"
    by_chance = embeddings.share_by_chance(len(digit_rows()))
    return "has none" if first_wave() < 1.5 * by_chance else "has a trace of one"


def near_angle() -> float:
    """The angle, in degrees, whose cosine is the neighbours' mean as it is told."""
    return math.degrees(math.acos(round(embeddings.neighbours_and_others(digit_rows())[0], 2)))


def pairs() -> np.ndarray:
    """The cosine of every two digits."""
    found = embeddings.cosines(digit_rows())
    return found[np.triu_indices(len(found), 1)]


def cosine(x: float) -> str:
    return f"{x:+.2f}".replace("-", "−")


def to_be_near() -> Dragged:
    """The frame of the guess: all other pairs of digits are given."""
    _, far = embeddings.neighbours_and_others(digit_rows())
    axis = Axis("cosine, mean", -1, 1, 0.01, more="higher", less="lower")
    return Dragged(axis, "neighbours", given=[Line("all other pairs of digits", far)], start=0)


def nearness() -> Answer:
    """The answer of the guess."""
    near, _ = embeddings.neighbours_and_others(digit_rows())
    return Answer(near)


def in_100(share: float) -> str:
    return f"{100 * share:.0f} in 100"


ROWS: dict[str, Callable[[], str]] = {
    "vocab": lambda: f"{len(VOCABULARY)}",
    "d_model": lambda: f"{digit_rows().shape[1]}",
    "near": lambda: cosine(embeddings.neighbours_and_others(digit_rows())[0]),
    "near_angle": lambda: f"{near_angle():.0f} degrees",
    "n_pairs": lambda: f"{len(pairs())}",
    "all_pairs": lambda: cosine(float(pairs().mean())),
    "kept": lambda: in_100(float(in_space().shares.sum())),
    "parted": parted,
    "circle": is_there_a_circle,
    "wave": lambda: in_100(first_wave()),
    "wave_chance": lambda: f"{100 * embeddings.share_by_chance(len(digit_rows())):.0f}",
}

# ---------------------------------------------------------------- the price of a guess


def constructed(right: float, rival: float) -> np.ndarray:
    """Ten digits, two logits set by hand and the rest zero: their probabilities."""
    logits = np.zeros(10)
    logits[RIGHT], logits[RIVAL] = right, rival
    return softmax(logits)


def price_of_right(right: float, rival: float) -> float:
    return -math.log(constructed(right, rival)[RIGHT])


def coins_of(p: float) -> float:
    """-ln p in tosses of a fair coin."""
    return -math.log(p) / math.log(2)


RARE = 1000

RARE_IN_COINS = Dragged(
    Axis("coins", 0, 40, 0.1, more="more", less="fewer"),
    "one in 1,000",
    given=[Line("one in 2", coins_of(1 / 2)), Line("one in 4", coins_of(1 / 4))],
    start=20,
)
"""The frame of the guess."""


def coins_of_the_rare() -> Answer:
    """The answer of the guess."""
    return Answer(coins_of(1 / RARE), f"{coins_of(1 / RARE):.1f} coins")


def opened_problem() -> str:
    """The problem that opens the page."""
    found = opening(TWIN)
    assert found is not None, "records/opening.jsonl is missing or of other weights"
    return rf"{found.a} \times {found.b}"


def opened_sum() -> float:
    """Of that problem, the twin's losses with teacher forcing, added up."""
    found = opening(TWIN)
    assert found is not None, "records/opening.jsonl is missing or of other weights"
    return sum(found.prices[FORM.prompt_length - 1 :])


def opened_product() -> str:
    """The first partial product of the problem that opens the page."""
    found = opening(TWIN)
    assert found is not None, "records/opening.jsonl is missing or of other weights"
    return rf"{found.a} \times {found.b % 10} = {found.a * (found.b % 10)}"


def opened_back() -> str:
    """How that product is written, and the digit at which the page opens: '`663`, so after ...'."""
    found = opening(TWIN)
    assert found is not None, "records/opening.jsonl is missing or of other weights"
    right = FORM.text(found.a, found.b)
    place = wrong_tokens(found.written.text, right)[0]
    written = right[FORM.prompt_length :].split("+")[0]
    return f"`{written}`, so after `{right[place - 1]}` comes `{right[place]}`"


def opened_at() -> tuple[str, str, float]:
    """Of the problem that opens the page: the digit that the twin wrote, the right one, and what
    that had of its probability."""
    found = opening(TWIN)
    assert found is not None, "records/opening.jsonl is missing or of other weights"
    right = FORM.text(found.a, found.b)
    place = wrong_tokens(found.written.text, right)[0]
    p = found.written.beliefs[place - FORM.prompt_length][VOCABULARY.index(right[place])]
    return found.written.text[place], right[place], p


SOFTENED_GAP, SOFTENED_HEAT = 2, 2


def softened(heat: float) -> str:
    """Two tokens whose logits are `SOFTENED_GAP` apart: their probabilities."""
    return " and ".join(f"{p:.2f}" for p in softmax(np.array([SOFTENED_GAP / heat, 0.0])))


AT_THE_START = Dragged(
    Axis("nats for each token", 0, 20, 0.1, " nats", more="higher", less="lower"),
    "before training",
)
"""The frame of the guess. A blind guess would be the answer, so it is not given."""


def at_the_start() -> Answer:
    """The answer of the guess."""
    return Answer(loss_at_the_start(), f"{loss_at_the_start():.2f} nats")


def right_if_independent(record: Any) -> float:
    """The share of the twin's texts that would be right, by its share of tokens."""
    return whole_text(claims.right_tokens(TWIN).value(record), N_TOKENS)


def whole_texts(record: Any) -> Dragged:
    """The frame of the guess: what the question names is given."""
    token, expected = claims.right_tokens(TWIN).value(record), right_if_independent(record)
    axis = Axis("share that is right", 0, 1, 0.01, more="higher", less="lower")
    return Dragged(
        axis,
        "texts, measured",
        given=[
            Line("tokens", token, f"{token:.3f}"),
            Line("texts, if independent", expected, f"{expected:.3f}"),
        ],
        start=0.5,
    )


def right_texts(record: Any) -> Answer:
    """The answer of the guess."""
    share = claims.right_texts(TWIN).value(record)
    return Answer(share, f"{share:.3f}")


def held_out() -> tuple[int, float]:
    """The problems that were counted, and two standard errors of their share that is right."""
    ((_, _, n),) = claims.right_texts(TWIN).points(rows_of("prices.jsonl"))
    share = claims.right_texts(TWIN).value(rows_of("prices.jsonl"))
    return n, 2 * math.sqrt(share * (1 - share) / n)


PRICES: dict[str, Callable[[], str]] = {
    "ln_vocab": lambda: f"{math.log(len(VOCABULARY)):.2f}",
    "opened_problem": opened_problem,
    "opened_product": opened_product,
    "opened_back": opened_back,
    "wrote": lambda: opened_at()[0],
    "due": lambda: opened_at()[1],
    "p_due": lambda: f"{opened_at()[2]:.5f}",
    "loss_due": lambda: f"{-math.log(opened_at()[2]):.2f}",
    "coins_due": lambda: f"{coins_of(opened_at()[2]):.1f}",
    "ln_coin": lambda: f"{math.log(2):.2f}",
    "rare": lambda: f"{RARE:,}",
    "halved": lambda: spelled(round(coins_of(1 / RARE))),
    "halved_rare": lambda: f"{2 ** round(coins_of(1 / RARE)):,}",
    "ln_llama": lambda: f"{math.log(LLAMA):.1f}",
    "save": lambda: f"{price_of_right(0, 0):.1f}",
    "race_sum": lambda: f"{opened_sum():.2f}",
    "race_mean": lambda: f"{opened_sum() / N_TOKENS:.2f}",
    "start": lambda: f"{loss_at_the_start():.2f}",
    "start_sums": lambda: f"{START_SUMS}",
    "softened_gap": lambda: f"${SOFTENED_GAP}$",
    "softened_heat": lambda: f"{SOFTENED_HEAT}",
    "softened_one": lambda: softened(1),
    "softened_two": lambda: softened(SOFTENED_HEAT),
    "start_product": lambda: rf"{START_SUM[0]} \times {START_SUM[1]}",
    "held_out": lambda: f"{held_out()[0]:,}",
    "held_out_noise": lambda: f"{held_out()[1]:.3f}",
    "p": lambda: f"{P}",
    "n": lambda: f"{N_TOKENS}",
    "p_n": lambda: f"{whole_text(P, N_TOKENS):.2f}",
}

ASKED: dict[str, Callable[[], str]] = {
    "coin_low": lambda: f"{COIN[0]}",
    "coin_high": lambda: f"{COIN[1]}",
    "least_rival": lambda: f"{LEAST_RIVAL}",
    "least_heat": lambda: f"{LEAST_HEAT}",
    "drawn": lambda: spelled(DRAWN),
    "no_proof": lambda: in_100(lower_bound_95(0, DRAWN)),
    "by_luck": lambda: f"{100 * lower_bound_95(0, DRAWN) ** DRAWN:.0f} of 100",
    "apart": lambda: spelled(APART),
}

CALC = ROWS | PRICES | ASKED
