"""The measured figures of chapter 4. Seconds are those of the machine that the record names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from components.ui.claims.claim import Claim, Table
from components.ui.computed_ahead import ahead
from components.ui.lazily import lazily
from lab.data.problems import Format
from lab.numerals import written
from lab.readings import Counts, Numbers, Ratio, Row, Rows, Told, rows

if TYPE_CHECKING:
    from lab.measure.phases import Piece, Roof
    from lab.model.config import GPTConfig

clocked = lazily("lab.measure.clocked")
lengths = lazily("lab.experiments.lengths")
networks = lazily("lab.experiments.served_models")
recipes = lazily("lab.recipes.recipe_index")
steps = lazily("lab.measure.phases")

RECORD = rows("kv_cache")
MACHINE = RECORD.where(part="machine")
MODEL, PLAIN = "far_clipped", "rope"
"""The network that is timed, and its twin with plain rotary positions and no limit."""

GIVEN = 22
"""Tokens of a prompt of ten by ten digits."""

MIDDLE = GIVEN + GIVEN // 2
"""Tokens in the middle of writing as many as the prompt has."""

SHORT, LONG = 64, 350
"""Tokens of the two texts whose writing is compared."""

BATCHES = (1, 8, 64)

SUM = Format("cot_reversed", 10, 10)
READ = (GIVEN, 4 * GIVEN, SUM.length)
"""Tokens of the texts whose prefill is drawn: a prompt, four times as much, and a whole sum."""


# ---------------------------------------------------------------- texts, and a queue of them


EXACT = RECORD.where(part="exact")
"""Texts against those that are written with a cache in single precision."""

DRAFTED = EXACT.where(how="drafted").counts("differing")


def largest_change(found: Sequence[Row]) -> str:
    """Of a logit, in parts of the largest, over all lengths: rounded up to tenths of a hundredth,
    or to millionths."""
    change = max(row["largest_change"] for row in found)
    if change > 1e-3:
        return f"{math.ceil(1000 * change) / 10:g} in 100"
    return f"{math.ceil(1e6 * change)} millionths"


QUEUE, DRAFTS = RECORD.where(part="queue", rows=8), RECORD.where(part="draft", digits=4)


def over_static(found: Sequence[Row]) -> str:
    """Tokens a second, continuous over static."""
    seconds = {row["cell"]["policy"]: row["seconds"] for row in found}
    return f"{seconds['static'] / seconds['continuous']:.1f} times"


def in_percent(part: int, n: int) -> str:
    return written(100 * part / n, "{:.2g}") + "%"


def idle_slots(policy: str) -> Counts:
    """Of all that is computed in the slots, what no problem needs."""
    return QUEUE.where(policy=policy).counts("wasted", "computed").said(in_percent)


def over_alone(found: Rows) -> Numbers:
    """The gain of drafting over writing alone."""
    return found.numbers(lambda row: row["seconds_alone"] / row["seconds"], "{:.1f}", "times")


GROUPED = RECORD.where(part="grouped")
"""Twins whose heads share keys, by how many of these there are."""


# ---------------------------------------------------------------- seconds


def timed(batch: int, *, cached: bool, model: str = MODEL) -> Rows:
    """Steps that write so many texts side by side, of every length: one row."""
    return RECORD.where(part="time", model=model, batch=batch, cached=cached)


def seconds_at(row: Row, length: int) -> float:
    """Of the step that writes behind so many tokens, between two that were timed filled in."""
    return float(np.interp(length, row["lengths"], row["seconds"]))


def seconds_of_one(length: int, *, cached: bool) -> Numbers:
    """Of that step, which writes one text."""
    return timed(1, cached=cached).numbers(lambda row: seconds_at(row, length))


def steps_behind_a_prompt(row: Row) -> list[float]:
    """Seconds of the steps that write as many tokens as the prompt has, behind it."""
    return [seconds_at(row, n) for n in range(GIVEN + 1, 2 * GIVEN + 1)]


def step_of(batch: int, model: str = MODEL) -> Numbers:
    """Seconds of the middle one of those steps, with a cache."""
    found = timed(batch, cached=True, model=model)
    return found.numbers(lambda row: float(np.median(steps_behind_a_prompt(row))))


PLAIN_OVER_LIMITED = step_of(1, PLAIN).ratio_to(step_of(1))

READING = seconds_of_one(GIVEN, cached=False)
WRITING = timed(1, cached=True).numbers(lambda row: sum(steps_behind_a_prompt(row)))
"""Seconds in which a prompt is read, and in which as many tokens are written behind it."""


def speedup(length: int, batch: int) -> Ratio:
    """Seconds of writing a text without a cache over those with one."""
    without, with_one = (
        timed(batch, cached=cached).numbers(lambda row: clocked.seconds_until(row, length))
        for cached in (False, True)
    )
    return without.ratio_to(with_one)


def rival(found: Sequence[Row]) -> str:
    """Seconds of the quicker of the two kernels of transformers, over ours."""
    (row,) = found
    seconds = row["seconds"]
    return as_long(min(seconds[name] for name in seconds if name != "ours") / seconds["ours"])


def bandwidth_share(found: Sequence[Row]) -> str:
    """Of the bytes a second that a sum reaches, those that a step of decoding has to move.

    Weights and cache are those of the row on memory; the limit keeps keys twice, half as much more.
    """
    memory = RECORD.where(part="memory", key_heads=4, dtype="float32", batch=1)
    (row,), (machine,) = memory.of(found), MACHINE.of(found)
    moved = row["bytes_moved"] + row["bytes"] / 2
    seconds = seconds_of_one(row["length"], cached=True).value(found)
    return f"{100 * moved / seconds / machine['bytes_per_second']:.0f}%"


# ---------------------------------------------------------------- under the roof


@ahead
def config_of(model: str) -> GPTConfig:
    """Of a network that was timed, by its name in the record; no weights are read for it."""
    config = recipes.recipe(networks.run_called(model)).model
    if model == PLAIN:
        return config
    return replace(config, position=lengths.limited(config.position, networks.LIMIT))


@dataclass(frozen=True)
class Machine:
    """A roof over what was timed under it. `near`: with bytes from the processor's own caches."""

    name: str
    roof: Roof
    near: Roof
    pieces: Sequence[Piece]


def recorded(record: Any) -> Machine:
    """Prefills, and steps in the middle of writing as many tokens as the prompt has.

    `LookupError` where the record lacks a part.
    """
    config, (about,) = config_of(MODEL), MACHINE.of(record)
    peak = about["flops_per_second"]
    read = [
        steps.Piece(
            "prefill",
            steps.prefill(config, n),
            seconds_of_one(n, cached=False).value(record),
            1,
            n,
        )
        for n in READ
    ]
    written = [
        steps.Piece(
            "decode",
            steps.decode(config, MIDDLE, batch),
            step_of(batch).value(record),
            batch,
            MIDDLE,
        )
        for batch in BATCHES
    ]
    return Machine(
        "recorded",
        steps.Roof(peak, about["bytes_per_second"]),
        steps.Roof(peak, about["bytes_per_second_near"]),
        [*read, *written],
    )


def under_the_roof(record: Any) -> list[tuple[Piece, float]]:
    """Each step, and its speed in parts of what the roof allows for work of its intensity."""
    machine = recorded(record)
    return [
        (piece, piece.operations_per_second / machine.roof.at(piece.work.intensity))
        for piece in machine.pieces
    ]


def of_a_step(what: str, batch: int, length: int, part: str) -> Told:
    """Milliseconds of a step: of its bytes and operations alone, or as it was timed."""

    def shown(found: Sequence[Row]) -> str:
        machine = recorded(found)
        step = (what, batch, length)
        (piece,) = (p for p in machine.pieces if (p.what, p.batch, p.length) == step)
        seconds = {
            "fetching": piece.work.bytes / machine.roof.bytes_per_second,
            "operations": piece.work.operations / machine.roof.operations_per_second,
            "taken": piece.seconds,
        }
        return f"{written(1000 * seconds[part], '{:.2g}')} ms"

    return RECORD.told(shown)


def step_over_its_roof(found: Sequence[Row]) -> str:
    """Seconds of a step that writes one text, over the least that bytes and operations take."""
    (share,) = (s for p, s in under_the_roof(found) if (p.what, p.batch) == ("decode", 1))
    return f"{times(1 / share)} times"


# ---------------------------------------------------------------- in words


def times(x: float) -> str:
    return f"{x:.0f}" if x >= 10 else f"{x:.2g}"


def as_quick(x: float) -> str:
    """4.2 times as quick; one that is slower says so."""
    if 0.95 < x < 1.05:
        return "as quick as without"
    return f"{times(x)} times as quick" if x > 1 else f"{times(1 / x)} times as slow"


def as_long(x: float) -> str:
    """1.4 times as long, or about as long."""
    return "about as long" if 0.95 < x < 1.05 else f"{times(x)} times as long"


def ridge(found: Sequence[Row]) -> str:
    (machine,) = found
    return times(machine["flops_per_second"] / machine["bytes_per_second"])


def reading_and_writing(found: Sequence[Row]) -> str:
    read, written = (1000 * which.value(found) for which in (READING, WRITING))
    return f"{read:.0f} ms to read them and {written:.0f} ms to write as many"


def steps_range(found: Sequence[Row]) -> str:
    """Of the steps that write as many tokens as the prompt has, the quickest and the slowest."""
    (row,) = found
    took = [1000 * seconds for seconds in steps_behind_a_prompt(row)]
    return f"{written(min(took), '{:.1f}')} to {written(max(took), '{:.1f}')} ms"


def leap(found: Sequence[Row]) -> str:
    """Between which lengths a step grows most, as a factor; the first ones warm up."""
    (row,) = found
    timed = [pair for pair in zip(row["lengths"], row["seconds"], strict=True) if pair[0] >= SHORT]
    (before, _), (after, _) = max(pairwise(timed), key=lambda two: two[1][1] / two[0][1])
    return f"between {before} and {after} tokens"


def milliseconds(length: int, *, cached: bool) -> Numbers:
    return timed(1, cached=cached).numbers(lambda row: 1000 * seconds_at(row, length), unit="ms")


ROUNDED = ("float16", "bfloat16", "int8")
"""Caches of fewer bytes a number."""

SAME = {
    **{f"same_{d}x{d}": ("uncached", d) for d in (2, 4, 10)},
    **{f"drafted_{d}x{d}": ("drafted", d) for d in (2, 4)},
    "ragged_4x4": ("ragged", 4),
}


def differing(how: str, digits: int) -> Counts:
    """Texts that are not those written with a cache in single precision."""
    return EXACT.where(how=how, digits=digits).counts("differing")


CLAIMS: dict[str, Claim] = {
    "kv_cache.read_and_write": Claim(
        f"Milliseconds of reading {GIVEN} tokens, and of writing {GIVEN} after them, one text.",
        RECORD.told(reading_and_writing),
    ),
    "kv_cache.steps_range": Claim(
        f"Milliseconds of the {GIVEN} steps that write after {GIVEN} tokens, the least and the "
        "most, one text; each the median of five runs.",
        timed(1, cached=True).told(steps_range),
    ),
    "kv_cache.leap": Claim(
        "The lengths between which a step without a cache grows most, as a factor; 64 texts.",
        timed(64, cached=False).told(leap),
    ),
    "kv_cache.ridge": Claim(
        "Operations that the machine does in the time of a byte: of a product of 1024 "
        "× 1024, and of a sum of 268 MB.",
        MACHINE.told(ridge),
    ),
    "kv_cache.roof_most": Claim(
        "Operations a second of the step that comes nearest to what its bytes and "
        "operations allow, in parts of that; of three prefills and of steps that write "
        "1, 8 and 64 texts.",
        RECORD.told(lambda found: f"{max(share for _, share in under_the_roof(found)):.0%}"),
    ),
    "kv_cache.roof_one": Claim(
        f"Time of a step that writes one text after {GIVEN} tokens, over the least that "
        "its bytes and operations allow.",
        RECORD.told(step_over_its_roof),
    ),
    "kv_cache.plain_step": Claim(
        f"Time of a step that writes one text after {GIVEN} tokens with plain rotary "
        "positions, as a share of the time with two counts and a limit.",
        RECORD.told(lambda found: f"{100 * PLAIN_OVER_LIMITED.value(found):.0f} in 100"),
    ),
    "kv_cache.step_of_64": Claim(
        f"Time of a step that writes 64 texts over that of one text, after {GIVEN} tokens.",
        RECORD.told(lambda found: f"{times(step_of(64).ratio_to(step_of(1)).value(found))} times"),
    ),
    "kv_cache.bandwidth_share": Claim(
        "Bytes that a cached step must move, a second, after 340 tokens of one text, as a share "
        "of those of a sum of 268 MB.",
        RECORD.told(bandwidth_share),
    ),
    **{
        f"kv_cache.speedup_{length}": Claim(
            f"Writing a text to {length} tokens with a cache, against without, where every 16th "
            "length is timed and the rest filled in between; one text.",
            RECORD.told(lambda found, length=length: as_quick(speedup(length, 1).value(found))),
        )
        for length in (SHORT, LONG)
    },
    "kv_cache.speedup_350_batch": Claim(
        f"Writing a batch of 64 texts to {LONG} tokens with a cache, against without, "
        "where every 16th length is timed and the rest filled in between.",
        RECORD.told(lambda found: as_quick(speedup(LONG, 64).value(found))),
    ),
    **{
        f"kv_cache.rival_{batch}": Claim(
            "Time in which transformers writes from 22 to 340 tokens with a cache, by the quicker "
            "of its two kernels, over ours with the same random weights; texts in a batch: "
            f"{batch}.",
            RECORD.where(part="rival", batch=batch).told(rival),
        )
        for batch in (1, 64)
    },
    **{
        f"kv_cache.{name}": Claim(
            f"Texts of {digits} × {digits} digits that {how} decoding writes otherwise than "
            "decoding with a cache.",
            differing(how, digits),
        )
        for name, (how, digits) in SAME.items()
    },
    "kv_cache.same_change": Claim(
        "Largest change of a logit when decoding without a cache, in parts of the largest logit.",
        EXACT.where(how="uncached").told(largest_change),
    ),
    "kv_cache.queue_sums": Claim(
        "Problems in the queue of which static and continuous batching are timed.",
        QUEUE.numbers("n"),
    ),
    "kv_cache.draft_sums": Claim(
        "Problems of 4 × 4 digits on which writing with a draft is timed.", DRAFTS.numbers("n")
    ),
    "kv_cache.draft_best": Claim(
        "Speed of writing with a draft over writing alone, the best of all drafts at 4 × 4 digits.",
        over_alone(DRAFTS).largest(),
    ),
    "kv_cache.grouped_seeds": Claim(
        "Seeds of the networks whose heads share keys, for each number of key heads.",
        GROUPED.where(key_heads=4).told(lambda found: f"{len(found)}"),
    ),
}

TABLES = {
    "kv_cache.waits": Table(
        "Prompt",
        {
            f"{length} tokens": {
                "First token": milliseconds(length, cached=False),
                "Second token": milliseconds(length + 1, cached=True),
            }
            for length in (GIVEN, SUM.length)
        },
        about="Time until a token is there, one text, by its prompt",
    ),
    "kv_cache.steps": Table(
        "A step of our network",
        {
            name: {
                "Fetching alone": of_a_step(*step, "fetching"),
                "Operations alone": of_a_step(*step, "operations"),
                "It takes": of_a_step(*step, "taken"),
            }
            for name, step in {
                "writes one text": ("decode", 1, MIDDLE),
                f"writes {BATCHES[-1]} texts": ("decode", BATCHES[-1], MIDDLE),
                f"reads a prompt of {GIVEN}": ("prefill", 1, GIVEN),
            }.items()
        },
        about="A step of chapter 4's network, by its bytes or operations alone, or as timed",
    ),
    "kv_cache.grouped": Table(
        "Key heads",
        {
            words: {
                "Held-out pairs wrong": GROUPED.where(key_heads=n)
                .errors("heldout")
                .median()
                .bound()
            }
            for n, words in ((4, "four"), (2, "two"), (1, "one"))
        },
        about="Networks whose heads share keys, by the number of key heads",
    ),
    "kv_cache.queue": Table(
        "Batching",
        {
            "slots without a problem": {
                policy: idle_slots(policy) for policy in ("static", "continuous")
            },
            "tokens a second, over static": {"continuous": QUEUE.told(over_static)},
        },
        about="Batching a queue of problems in eight slots",
    ),
    "kv_cache.half": Table(
        "Against float32",
        {
            **{
                f"texts of {words} digits": {how: differing(how, n) for how in ROUNDED}
                for n, words in ((2, "two by two"), (4, "four by four"), (10, "ten by ten"))
            },
            "a logit, at most": {how: EXACT.where(how=how).told(largest_change) for how in ROUNDED},
        },
        about="Decoding with a smaller cache against one in float32, what differs",
    ),
}
