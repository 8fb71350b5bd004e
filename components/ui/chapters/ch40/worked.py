"""The worked numbers in the prose of chapter 4: computed by lab, by their names in the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from components.ui.chapters.ch40 import probes, serving
from components.ui.chapters.ch40.probes import (
    ANOTHER,
    APART,
    FAULTS,
    FIRST,
    FORM,
    N_SUMS,
    OFFSET,
    OWN,
    PLACELESS,
    SHARED,
    SHIFTED,
    TURNING,
)
from components.ui.lazily import lazily
from components.ui.runs import BOOK_RUN, take_with_progress, write_sum
from components.ui.words import size, spelled
from lab.by_hand.attention import attend
from lab.data.problems import Format
from lab.data.samples import hashed_pairs

grouped = lazily("lab.experiments.grouped")

SUM = (37, 48)
KEYS, VALUES, QUERY = (2.0, 0.0, 1.0), (10.0, 4.0, 7.0), 1.0
"""Three tokens of one head with a single number: what they keep, and what each of them asks."""

TOKENS, TEXTS, BYTES = (20, 64, 1024, 4096, 8192, 32_768, 131_072), (1, 2, 4, 8, 16, 32, 64, 256), 2
SERVED, SERVED_TOKENS, SERVED_TEXTS = "Llama 3.1 8B", 8192, 32
WHOLE = "Llama 2 7B"
OWN_BYTES = 4
"""Of a number while the book's network runs: single precision, its weights too."""

BASES = (50, 120, 150, 200, 1000, 10_000)
DRAWN_BASE = 150


# ---------------------------------------------------------------- what is read


def read_without() -> int:
    """Tokens read in all to write a sum, if each step reads the whole text."""
    return sum(range(FORM.prompt_length, FORM.length))


def read_with() -> int:
    """The same if each token is read once; nobody reads the last one."""
    return FORM.length - 1


READING: dict[str, Callable[[], str]] = {
    "length": lambda: f"{FORM.length}",
    "before_last": lambda: spelled(FORM.length - 1),
    "written": lambda: spelled(FORM.length - FORM.prompt_length),
    "read_without": lambda: f"{read_without()}",
    "read_with": lambda: spelled(read_with()),
}

# ---------------------------------------------------------------- 1. earlier lines


def blend(n: int, asked: int, causal: bool = True) -> float:
    """What token `asked` of a text of n tokens hears."""
    k, v = (np.array(x[:n])[None, None, :, None] for x in (KEYS, VALUES))
    q = np.full_like(k, QUERY)
    return float(attend(q, k, v, causal=causal)[1][0, 0, asked, 0])


def unmasked(layer: int | None = None) -> float:
    """The largest change of an earlier line without the mask, in a layer or in all."""
    changes = probes.changes(text_of_the_sum(), causal=False)[FORM.prompt_length - 1]
    return float(changes.max() if layer is None else changes[layer])


def text_of_the_sum() -> str:
    return write_sum(BOOK_RUN, *SUM).text


def numbers_kept() -> int:
    """Of the prompt, in all layers."""
    own = probes.models()[OWN]
    return own.n_layer * own.attention.numbers * FORM.prompt_length


LINES: dict[str, Callable[[], str]] = {
    "kept_numbers": lambda: f"{numbers_kept():,}",
    "prompt": lambda: spelled(FORM.prompt_length),
    "unmasked_first": lambda: "nothing" if unmasked(0) < 1e-6 else f"{unmasked(0):.0%}",
    "unmasked": lambda: f"{unmasked():.0%}",
    **{f"hand_k_{n}": lambda key=key: f"{key:g}" for n, key in enumerate(KEYS)},
    **{f"hand_v_{n}": lambda value=value: f"{value:g}" for n, value in enumerate(VALUES)},
    "hand_q": lambda: f"{QUERY:g}",
    "hand_before": lambda: f"{blend(2, 1):.2f}",
    "hand_masked": lambda: f"{blend(3, 1):.2f}",
    "hand_unmasked": lambda: f"{blend(3, 1, causal=False):.2f}",
    "hand_new": lambda: f"{blend(3, 2):.2f}",
}

# ---------------------------------------------------------------- 5. what it costs


def a_token(name: str) -> float:
    """Bytes that a token leaves in a model's cache."""
    return probes.models()[name].cache_bytes(BYTES, 1)


def served() -> float:
    return probes.models()[SERVED].cache_bytes(BYTES, SERVED_TOKENS, SERVED_TEXTS)


def in_formula(n: float) -> str:
    """A whole number whose commas LaTeX sets without a space behind them."""
    return f"{n:,.0f}".replace(",", "{,}")


def times_the_weights() -> float:
    return served() / probes.models()[SERVED].weight_bytes


COST: dict[str, Callable[[], str]] = {
    "own_layers": lambda: f"{probes.models()[OWN].n_layer}",
    "own_heads": lambda: f"{take_with_progress(BOOK_RUN).model.config.attention.n_head}",
    "own_head_dim": lambda: f"{take_with_progress(BOOK_RUN).model.config.heads.head_dim}",
    "own_bytes": lambda: f"{OWN_BYTES}",
    "own_token": lambda: in_formula(probes.models()[OWN].cache_bytes(OWN_BYTES, 1)),
    "own_sum": lambda: size(probes.models()[OWN].cache_bytes(OWN_BYTES, FORM.length)),
    "own_weights": lambda: size(probes.models()[OWN].parameters * OWN_BYTES),
    "served_weights": lambda: size(probes.models()[SERVED].weight_bytes),
    "served_token": lambda: size(a_token(SERVED)),
    "served": lambda: size(served()),
    "whole_token": lambda: size(a_token(WHOLE)),
    "whole_times": lambda: spelled(round(a_token(WHOLE) / a_token(SERVED))),
    "latent_token": lambda: size(a_token("DeepSeek-V3")),
    "latent_numbers": lambda: f"{probes.models()['DeepSeek-V3'].attention.numbers}",
    "window": lambda: f"{probes.models()['Mistral 7B'].window or 0:,}",
}


def base_of_the_run() -> str:
    position: Any = take_with_progress(TURNING).model.config.position
    return f"{position.base:g}"


def rebased(part: str) -> str:
    """Of the count at the base that the page begins with."""
    found = probes.rebase(DRAWN_BASE, *SUM)
    counts = {
        "as_they_were": found.unlike[0],
        "turned_again": found.unlike[1],
        "fresh_wrong": found.fresh_wrong,
    }
    return spelled(counts[part])


TURNED: dict[str, Callable[[], str]] = {
    "old_base": base_of_the_run,
    "new_base": lambda: f"{DRAWN_BASE}",
    "sums": lambda: f"{N_SUMS}",
    **{
        f"rebased_{part}": lambda part=part: rebased(part)
        for part in ("as_they_were", "turned_again", "fresh_wrong")
    },
}

# ---------------------------------------------------------------- 6. break it


def of_all(n: int) -> str:
    return f"{n} of {N_SUMS}"


def product_of_both(run: str) -> int:
    """Texts that hold the working of the stale first number and the reader's own second."""
    _, b, other_a, _ = probes.sums_and_strangers()
    texts, behind = probes.all_spoiled(run, FIRST), FORM.prompt_length
    mixed = FORM.render(other_a, b)[0]
    return int((texts[:, behind:] == mixed[:, behind:]).all(axis=1).sum())


def begins_a_digit_late() -> int:
    """Texts of the offset that begin with the second digit of the right working."""
    right = FORM.render(*hashed_pairs(N_SUMS))[0]
    texts, begin = probes.all_spoiled(BOOK_RUN, OFFSET), FORM.prompt_length
    return int((texts[:, begin] == right[:, begin + 1]).sum())


BROKEN: dict[str, Callable[[], str]] = {
    **{
        f"another_{fault}": lambda fault=fault: f"{probes.fates(fault)[ANOTHER]}"
        for fault in FAULTS
    },
    "stale_first_right": lambda: spelled(probes.fates(FIRST)[probes.RIGHT]),
    "product_of_both": lambda: of_all(product_of_both(BOOK_RUN)),
    "product_of_both_placeless": lambda: of_all(product_of_both(PLACELESS)),
    "a_digit_late": lambda: of_all(begins_a_digit_late()),
    "all_moved": lambda: of_all(probes.changed(SHIFTED, "all moved")),
    "all_moved_table": lambda: of_all(probes.changed(BOOK_RUN, "all moved")),
    "moved_placeless": lambda: of_all(probes.changed(PLACELESS, OFFSET)),
    "apart": lambda: f"{APART}",
    "strangers_apart": lambda: of_all(probes.changed(BOOK_RUN, "apart")),
    "strangers": lambda: of_all(probes.changed(BOOK_RUN, SHARED)),
    "twins": lambda: of_all(probes.changed(BOOK_RUN, "twins")),
    "twins_placeless": lambda: of_all(probes.changed(PLACELESS, "twins")),
}

# ---------------------------------------------------------------- 2 and 7. networks that serve

FAR_SUM = (1234, 5678)
QUEUE_SUMS, QUEUE_SLOTS = 32, 8


def times_read(a: int, b: int) -> float:
    """How many times as many tokens are read without a cache."""
    without, cached = serving.both_clocked(a, b)
    return int(without.read.sum()) / int(cached.read.sum())


def wasted() -> float:
    """The share of static batching's slots that no sum needs, of the queue the page begins with."""
    static, _ = serving.both_served(QUEUE_SUMS, QUEUE_SLOTS, 0)
    return 1 - sum(bar.end - bar.start for bar in static.bars) / (QUEUE_SLOTS * static.n_steps)


def written_in_queue() -> list[int]:
    """Tokens that each sum of that queue writes."""
    _, continuous = serving.both_served(QUEUE_SUMS, QUEUE_SLOTS, 0)
    return [bar.written for bar in continuous.bars]


def far_shape() -> Format:
    return serving.FORM.shape_of("{}*{}=".format(*FAR_SUM))


SERVED_WORDS: dict[str, Callable[[], str]] = {
    "far_tokens": lambda: f"{far_shape().length}",
    "far_prompt": lambda: spelled(far_shape().prompt_length),
    "far_written": lambda: f"{far_shape().length - far_shape().prompt_length}",
    "far_read_without": lambda: f"{sum(range(far_shape().prompt_length, far_shape().length)):,}",
    "far_read_with": lambda: f"{far_shape().length - 1}",
    "queue_slots": lambda: spelled(QUEUE_SLOTS),
    "twin_heads": lambda: spelled(grouped.grouped(1).model.attention.n_head),
    "queue_fewest": lambda: spelled(min(written_in_queue())),
    "queue_most": lambda: spelled(max(written_in_queue())),
}

CALC = READING | LINES | COST | TURNED | BROKEN | SERVED_WORDS
