"""The worked numbers in the prose of chapter 4: computed by lab, by their names in the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from components.ui.chapters.ch40 import claims, probes
from components.ui.chapters.ch40.claims import BATCHES, GIVEN, LONG, MODEL, PLAIN, SHORT, config_of
from components.ui.chapters.ch40.figures import NOW, RECORDED, WITH, WITHOUT
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
)
from components.ui.computed_ahead import ahead
from components.ui.drawings.guess import Answer, Axis, Dragged, Picked
from components.ui.drawings.guess import Row as Line
from components.ui.drawings.queue import Timeline
from components.ui.drawings.streaming import Streams
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN, write_sum
from components.ui.page_records import points_of
from components.ui.words import size, spelled
from lab.by_hand.attention import attend
from lab.data.problems import Format
from lab.data.samples import hashed_pairs
from lab.recipes.recipe_index import recipe

if TYPE_CHECKING:
    from lab.measure.clocked import Clocked
    from lab.measure.phases import TimedStep
    from lab.published.models import Model

cost = lazily("lab.model.cost")
experiment = lazily("lab.experiments.decoding_speed", known=["EVERY", "REPEATS", "THREADS"])
grouped = lazily("lab.experiments.grouped")
step_time = lazily("lab.published.step_time")
steps = lazily("lab.measure.phases")

SUM = (37, 48)
KEYS, VALUES, QUERY = (2.0, 0.0, 1.0), (10.0, 4.0, 7.0), 1.0
"""Three tokens of one head with a single number: what they keep, and what each of them asks."""

TOKENS, TEXTS, BYTES = (20, 64, 1024, 4096, 8192, 32_768, 131_072), (1, 2, 4, 8, 16, 32, 64, 256), 2
SERVED, SERVED_TOKENS, SERVED_TEXTS = "Llama 3.1 8B", 8192, 32
WHOLE = "Llama 2 7B"
OWN_BYTES = 4
"""Of a number while the book's network runs: single precision, its weights too."""


# ---------------------------------------------------------------- what is read


def read_without() -> int:
    """Tokens read in all to write a sum, if each step reads the whole text."""
    return sum(range(FORM.prompt_length, FORM.length))


def read_with() -> int:
    """The same if each token is read once; nobody reads the last one."""
    return FORM.length - 1


READING: dict[str, Callable[[], str]] = {
    "written": lambda: spelled(FORM.length - FORM.prompt_length),
    "read_without": lambda: f"{read_without()}",
    "read_with": lambda: spelled(read_with()),
}

# ---------------------------------------------------------------- 1. earlier lines


@ahead
def blend(n: int, asked: int, causal: bool = True) -> float:
    """What token `asked` of a text of n tokens hears."""
    k, v = (np.array(x[:n])[None, None, :, None] for x in (KEYS, VALUES))
    q = np.full_like(k, QUERY)
    return float(attend(q, k, v, causal=causal)[1][0, 0, asked, 0])


def unmasked(layer: int | None = None) -> float:
    """The largest change of an earlier line without the mask, in a layer or in all."""
    changes = probes.changes(write_sum(BOOK_RUN, *SUM).text, causal=False)[FORM.prompt_length - 1]
    return float(changes.max() if layer is None else changes[layer])


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
    "hand_first": lambda: f"{blend(3, 0):.2f}",
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


def times(label: str, more: str = "more", less: str = "fewer") -> Axis:
    """Of what is a multiple of another, or less than it."""
    return Axis(label, 0.1, 1000, unit=" times", log=True, more=more, less=less)


BESIDE_WEIGHTS = Dragged(
    times("times its weights", less="less"),
    "its cache",
    [Line("its weights", 1, "1")],
    start=1,
)


def cache_beside_weights() -> Answer:
    """The answer of the guess."""
    return Answer(times_the_weights())


MOVED = 1e-5
"""More of the largest number than single precision loses by summing in another order."""

CHANGED = Dragged(Axis.percent("of what was kept before a token"), "changed by one more")


def changed(text: str) -> Answer:
    """The answer of the guess: of the lines that are kept, those in which a number moves."""
    percent = 100 * float((probes.changes(text, causal=True) > MOVED).mean())
    return Answer(percent, "" if percent else "none")


ANOTHERS = Picked(Axis(f"of {N_SUMS} texts", 0, N_SUMS), probes.plausible)
"""The frame of the guess of faults."""


def served_product() -> str:
    """Bytes of a token of the served model, factor by factor: layers, keys and values, heads."""
    from lab.published.cache_size import KeysAndValues

    model = probes.models()[SERVED]
    kept = model.attention
    if not isinstance(kept, KeysAndValues):
        raise TypeError(f"{SERVED} keeps no keys and values")
    factors = model.n_layer, 2, kept.n_kv_head, kept.head_dim, BYTES
    return "$" + r" \times ".join(map(str, factors)) + "$"


COST: dict[str, Callable[[], str]] = {
    "own_layers": lambda: f"{probes.models()[OWN].n_layer}",
    "own_heads": lambda: f"{recipe(BOOK_RUN).model.heads.n_head}",
    "own_head_dim": lambda: f"{recipe(BOOK_RUN).model.heads.head_dim}",
    "own_bytes": lambda: f"{OWN_BYTES}",
    "own_token": lambda: in_formula(probes.models()[OWN].cache_bytes(OWN_BYTES, 1)),
    "own_sum": lambda: size(probes.models()[OWN].cache_bytes(OWN_BYTES, read_with())),
    "own_weights": lambda: size(probes.models()[OWN].parameters * OWN_BYTES),
    "served_weights": lambda: size(probes.models()[SERVED].weight_bytes),
    "served_token": lambda: size(a_token(SERVED)),
    "served_product": served_product,
    "served": lambda: size(served()),
    "whole_token": lambda: size(a_token(WHOLE)),
    "whole_times": lambda: spelled(round(a_token(WHOLE) / a_token(SERVED))),
    "latent_token": lambda: size(a_token("DeepSeek-V3")),
    "latent_numbers": lambda: f"{probes.models()['DeepSeek-V3'].attention.numbers}",
    "window": lambda: f"{probes.models()['Mistral 7B'].window or 0:,}",
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
    "sums": lambda: f"{N_SUMS}",
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
    without, cached = probes.both_clocked(a, b)
    return int(without.read.sum()) / int(cached.read.sum())


AS_MANY = Dragged(
    times("times as many tokens"),
    "without a cache",
    [Line("with one", 1, "1")],
    start=1,
)


def tokens_read_without() -> Answer:
    """The answer of the guess."""
    return Answer(times_read(*FAR_SUM))


FOR_NOBODY = Dragged(Axis.percent("of what is computed"), "for nobody", start=0)


def wasted_in_percent() -> Answer:
    """The answer of the guess."""
    return Answer(100 * wasted())


def wasted() -> float:
    """The share of static batching's slots that no sum needs, of the queue the page begins with."""
    static, _ = probes.both_served(QUEUE_SUMS, QUEUE_SLOTS, 0)
    return 1 - sum(bar.end - bar.start for bar in static.bars) / (QUEUE_SLOTS * static.n_steps)


def written_in_queue() -> list[int]:
    """Tokens that each sum of that queue writes."""
    _, continuous = probes.both_served(QUEUE_SUMS, QUEUE_SLOTS, 0)
    return [bar.written for bar in continuous.bars]


def by_looking() -> int:
    """Operations of a token for each token that it looks at."""
    one, none = (cost.flops_per_token_forward(config_of(MODEL), n) for n in (1, 0))
    return one - none


def looked_at() -> float:
    """Tokens to attend to, for as many operations as the weights take for one token."""
    return cost.flops_per_token_forward(config_of(MODEL), 0) / by_looking()


@ahead
def heads_of_the_twin() -> int:
    """Of the small network that was trained with fewer key heads."""
    return grouped.grouped(1).model.attention.n_head


def far_shape() -> Format:
    return probes.LONG_FORM.shape_of("{}*{}=".format(*FAR_SUM))


SERVED_WORDS: dict[str, Callable[[], str]] = {
    "far_written": lambda: f"{far_shape().length - far_shape().prompt_length}",
    "far_read_without": lambda: f"{sum(range(far_shape().prompt_length, far_shape().length)):,}",
    "far_read_with": lambda: f"{far_shape().length - 1}",
    "by_weights": lambda: f"{cost.flops_per_token_forward(config_of(MODEL), 0):,}",
    "looked_at": lambda: f"{looked_at():.0f}",
    "queue_slots": lambda: spelled(QUEUE_SLOTS),
    "twin_heads": lambda: spelled(heads_of_the_twin()),
    "queue_fewest": lambda: spelled(min(written_in_queue())),
    "queue_most": lambda: spelled(max(written_in_queue())),
}


def rows_of_clocks(without: Clocked, cached: Clocked) -> list[dict[str, Any]]:
    """A row for every written token and way: what was read, computed and waited for."""
    return [
        {"token": n, "cache": cache, "read": read, "operations": flops, "seconds": seconds}
        for cache, side in ((False, without), (True, cached))
        for n, (read, flops, seconds) in enumerate(
            zip(side.read.tolist(), side.flops.tolist(), side.seconds.tolist(), strict=True),
            side.n_given,
        )
    ]


def rows_of_bars(timelines: Sequence[Timeline]) -> list[dict[str, Any]]:
    """A row for every sum and way: its slot, and the steps from which to which it is there."""
    return [
        {
            "batching": line.title,
            "slot": bar.slot,
            "from": bar.start,
            "to": bar.end,
            "problem": bar.text,
        }
        for line in timelines
        for bar in line.bars
    ]


def in_rounds(found: probes.Drafting) -> str:
    """What became of the drafts, in a sentence."""
    n_drafted = sum(len(one.drafted) for one in found.rounds)
    n_kept = sum(one.accepted for one in found.rounds)
    same = "the same text as alone" if found.same else "**another text than alone**"
    return (
        f"{found.written} tokens in **{len(found.rounds)}** steps of the large network, and "
        f"{same}: {n_kept} of {n_drafted} drafted tokens are kept."
    )


def what_drafts_change() -> str:
    """As counted in the record, over all texts that were drafted."""
    lost = any(differing for _, differing, _ in points_of(claims.DRAFTED))
    return "a digit now and then" if lost else "nothing"


def grouped_rows() -> list[dict[str, Any]]:
    """A point a twin: the share of held-out pairs that it writes right, by its key heads."""
    return [
        {
            "arm": f"{row['cell']['key_heads']}",
            "share": 1 - errors / n,
            "seed": row["cell"]["seed"],
            "errors": errors,
        }
        for row, errors, n in points_of(claims.GROUPED.errors("heldout"))
    ]


def draft_rows() -> list[dict[str, Any]]:
    """A point for every draft and how many tokens it drafts: kept a round, and times as fast."""
    return [
        {
            "draft": probes.DRAFTS[row["cell"]["draft"]],
            "n_draft": row["cell"]["n_draft"],
            "kept": row["accepted"] / row["rounds"],
            "speed": speed,
        }
        for row, speed in points_of(claims.over_alone(claims.DRAFTS))
    ]


# ---------------------------------------------------------------- 3. a step under the roof


BEHIND = 1000
"""Tokens behind which each of many texts is written."""

MOST_READ, MOST_WRITTEN = 512, 128
"""Tokens of a prompt, and texts side by side, up to which a step is drawn."""


def large() -> Model:
    return probes.models()[SERVED]


def meet() -> int:
    """Tokens of a prompt for which fetching and arithmetic take equally long."""
    return round(step_time.tokens_until_both_are_busy(large(), step_time.H100))


def streams() -> Streams:
    """Steps of the larger model, at counts that grow by the same factor."""
    model, card = large(), step_time.H100
    marked = [(n, f"{n} read") for n in (GIVEN, meet())]
    grown = [round(MOST_READ ** (i / 56)) for i in range(57)]
    counts = sorted({*grown, GIVEN, BATCHES[-1], MOST_WRITTEN, meet()})
    texts = [n for n in counts if n <= MOST_WRITTEN]
    return Streams(
        counts,
        [step_time.step_time(model, card, n) for n in counts],
        [step_time.step_time(model, card, n, BEHIND) for n in texts],
        BEHIND,
        model.weight_bytes,
        model.cache_bytes(BYTES, BEHIND),
        model.n_layer,
        marked,
    )


def of_one_more(part: str) -> str:
    """Microseconds that one more text adds to a step."""
    one = step_time.step_time(large(), step_time.H100, 1, BEHIND)
    return f"{1e6 * getattr(one, part):.0f}"


STREAMED: dict[str, Callable[[], str]] = {
    "meet": lambda: f"{meet()}",
    "behind": lambda: f"{BEHIND:,}",
    "one_more_fetched": lambda: of_one_more("caches"),
    "one_more_computed": lambda: of_one_more("operations"),
    "stream_bytes": lambda: f"{large().weight_bytes / 1e9:.0f} billion",
    "card_operations": lambda: f"{step_time.H100.operations_per_second / 1e12:g}",
    "card_bytes": lambda: f"{step_time.H100.bytes_per_second / 1e12:g}",
}


def plain_operations() -> str:
    """Of a step of the network that is timed, what its twin without a limit needs."""
    length = GIVEN + GIVEN // 2
    plain, limited = (steps.decode(config_of(m), length).operations for m in (PLAIN, MODEL))
    return f"{100 * plain / limited:.0f} in 100"


LONGER = ("about as long", "a few times as long", "more than ten times as long")


AS_LONG = Dragged(
    times("times as long", "longer", "shorter"),
    "writing as many tokens",
    [Line("reading the prompt", 1, "1")],
    start=1,
)


def how_much_longer(record: Any) -> Answer:
    return Answer(claims.WRITING.ratio_to(claims.READING).value(record))


def at_batch(batch: int) -> float:
    """Operations for each byte of a weight: each is used once for every text."""
    return 2 * batch / 4


ROOF: dict[str, Callable[[], str]] = {
    "given": lambda: f"{GIVEN}",
    "sum_length": lambda: f"{claims.SUM.length}",
    "bytes_of_a_weight": lambda: spelled(4),
    "intensity_one": lambda: f"{at_batch(1):g}",
    "intensity_prompt": lambda: f"{at_batch(GIVEN):g}",
    "calls": lambda: f"{probes.calls(MODEL)}",
    "plain_calls": lambda: f"{probes.calls(PLAIN)}",
    "plain_operations": plain_operations,
    "far_parameters": lambda: f"{cost.parameters_of(config_of(MODEL)) / 1e6:.2f} million",
    "most_texts": lambda: f"{BATCHES[-1]}",
    "threads": lambda: spelled(experiment.THREADS),
    "roof_seconds": lambda: f"{probes.ROOF_SECONDS:g}",
}


# ---------------------------------------------------------------- 4. the time of a token

DRAWN = 4
"""Of the recorded lengths, every so many."""


def time_row(when: str, cached: bool, length: int, seconds: float, batch: int) -> dict[str, Any]:
    """Milliseconds for each token: a step writes one in each text."""
    which = WITH if cached else WITHOUT
    return {
        "when": when,
        "which": which,
        "length": length,
        "milliseconds": 1000 * seconds / batch,
    }


def recorded_times(record: Any, batch: int) -> list[dict[str, Any]]:
    return [
        time_row(RECORDED, cached, length, seconds, batch)
        for cached in (False, True)
        for row in claims.timed(batch, cached=cached).of(record)
        for length, seconds in zip(row["lengths"], row["seconds"], strict=True)
        if row["every"] > 1 or (length - row["lengths"][0]) % DRAWN == 0
    ]


def times_here(timed: Sequence[TimedStep], batch: int) -> list[dict[str, Any]]:
    return [time_row(NOW, step.cached, step.length, step.seconds, batch) for step in timed]


BOTH, ONLY_WITHOUT, NEITHER = "with a cache and without", "only without one", "in neither case"
SHAPES = (BOTH, ONLY_WITHOUT, NEITHER)
GROWN = 2.0
"""A step that takes so many times as long has grown."""

FACTORS = (
    "less than three times",
    "three to twenty times",
    "twenty to a hundred times",
    "more than that",
)


def growth(record: Any, cached: bool) -> float:
    """The step behind the long text over that behind the short one."""
    long, short = (claims.seconds_of_one(n, cached=cached) for n in (LONG, SHORT))
    return long.ratio_to(short).value(record)


def what_grows(record: Any) -> str:
    without, with_one = (growth(record, cached) >= GROWN for cached in (False, True))
    return BOTH if with_one else ONLY_WITHOUT if without else NEITHER


AS_QUICK = Dragged(
    times("times as quick", "quicker", "slower"),
    "with a cache",
    [Line("without one", 1, "1")],
    start=1,
)


def how_much_quicker(record: Any) -> Answer:
    return Answer(claims.speedup(LONG, 1).value(record))


def work_saved(length: int) -> str:
    """How many times the operations a text takes without a cache."""
    network = config_of(MODEL)
    without, with_one = (
        cost.writing_flops(network, probes.PROMPT.prompt_length, length, cached=cached)
        for cached in (False, True)
    )
    return claims.times(without / with_one)


TIMES: dict[str, Callable[[], str]] = {
    "short": lambda: f"{SHORT}",
    "long": lambda: f"{LONG}",
    "work_short": lambda: work_saved(SHORT),
    "work_long": lambda: work_saved(LONG),
    "bench_texts": lambda: f"{BATCHES[-1]}",
    "bench_seconds": lambda: f"{probes.TOKEN_SECONDS:g}",
    "bench_longest": lambda: f"{probes.HERE[1][0]}",
    "bench_longest_few": lambda: f"{probes.HERE[8][0]}",
    "bench_every": lambda: spelled(experiment.EVERY),
    "repeats": lambda: spelled(experiment.REPEATS),
}

CALC = READING | LINES | COST | BROKEN | SERVED_WORDS | STREAMED | ROOF | TIMES
