"""Seconds of chapter 4's record and what follows from them: those of the machine that it names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from components.ui.claims.core import Claim, Measured
from components.ui.lazily import lazily
from lab.data.problems import Format
from lab.records import select

if TYPE_CHECKING:
    from lab.inference.phases import Roof
    from lab.inference.stopwatch import Piece
    from lab.model.config import GPTConfig

experiment = lazily("lab.experiments.stopwatch")
lengths = lazily("lab.experiments.lengths")
networks = lazily("lab.experiments.served_models")
recipes = lazily("lab.recipes.index")
steps = lazily("lab.inference.phases")
stopwatch = lazily("lab.inference.stopwatch")

RECORD = "records/kv_cache.jsonl"
MODEL, PLAIN = "far_clipped", "rope"
"""The network that is timed, and its twin with plain rotary positions and no limit."""

GIVEN = 22
"""Tokens of a prompt of ten by ten digits."""

SHORT, LONG = 64, 350
"""Tokens of the two texts whose writing is compared."""

BATCHES = (1, 8, 64)

SUM = Format("cot_reversed", 10, 10)
READ = (GIVEN, 4 * GIVEN, SUM.length)
"""Tokens of the texts whose prefill is drawn: a prompt, four times as much, and a whole sum."""

Row = dict[str, Any]
Rows = list[Row]
Pick = Callable[[Rows], Measured]


# ---------------------------------------------------------------- seconds of the record


def timed(rows: Rows, batch: int, *, cached: bool, model: str = MODEL) -> Row:
    """The one row of steps that write so many texts side by side. `ValueError` without it."""
    (row,) = select(rows, part="time", model=model, batch=batch, cached=cached)
    return row


def seconds_at(row: Row, length: int) -> float:
    """Of the step that writes behind so many tokens, between two that were timed filled in."""
    return float(np.interp(length, row["lengths"], row["seconds"]))


def steps_behind_a_prompt(row: Row) -> list[float]:
    """Seconds of the steps that write as many tokens as the prompt has, behind it."""
    return [seconds_at(row, n) for n in range(GIVEN + 1, 2 * GIVEN + 1)]


def seconds_of_a_step(rows: Rows, batch: int, model: str = MODEL) -> float:
    """The middle one of those steps, with a cache."""
    return float(np.median(steps_behind_a_prompt(timed(rows, batch, cached=True, model=model))))


def writing_over_reading(rows: Rows) -> float:
    """How many times as long it takes to write as many tokens as to read them."""
    written = sum(steps_behind_a_prompt(timed(rows, 1, cached=True)))
    return written / seconds_at(timed(rows, 1, cached=False), GIVEN)


def speedup(rows: Rows, length: int, batch: int) -> float:
    """Seconds of writing a text without a cache over those with one."""
    without, with_one = (timed(rows, batch, cached=cached) for cached in (False, True))
    return experiment.seconds_until(without, length) / experiment.seconds_until(with_one, length)


# ---------------------------------------------------------------- under the roof


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


def recorded(rows: Rows) -> Machine:
    """`LookupError` where the record lacks a part."""
    config, (about,) = config_of(MODEL), select(rows, part="machine")
    peak = about["flops_per_second"]
    read = (piece_read(rows, config, n) for n in READ)
    written = (piece_written(rows, config, batch) for batch in BATCHES)
    return Machine(
        "recorded",
        steps.Roof(peak, about["bytes_per_second"]),
        steps.Roof(peak, about["bytes_per_second_near"]),
        [*read, *written],
    )


def piece_read(rows: Rows, config: GPTConfig, n: int) -> Piece:
    seconds = seconds_at(timed(rows, 1, cached=False), n)
    return stopwatch.Piece("prefill", steps.prefill(config, n), seconds, 1, n)


def piece_written(rows: Rows, config: GPTConfig, batch: int) -> Piece:
    """The middle of the steps that write as many tokens as the prompt has."""
    length, seconds = GIVEN + GIVEN // 2, seconds_of_a_step(rows, batch)
    work = steps.decode(config, length, batch)
    return stopwatch.Piece("decode", work, seconds, batch, length)


def under_the_roof(rows: Rows) -> list[tuple[Piece, float]]:
    """Each step, and its speed in parts of what the roof allows for work of its intensity."""
    machine = recorded(rows)
    return [
        (piece, piece.operations_per_second / machine.roof.at(piece.work.intensity))
        for piece in machine.pieces
    ]


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


def sped_up(length: int, batch: int) -> Pick:
    return lambda rows: Measured(as_quick(speedup(rows, length, batch)))


def rival(batch: int) -> Pick:
    """Seconds of the quicker of the two kernels of transformers, over ours."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, part="rival", batch=batch)
        seconds = row["seconds"]
        theirs = min(seconds[name] for name in seconds if name != "ours")
        return Measured(as_long(theirs / seconds["ours"]))

    return pick


def bandwidth_share(rows: Rows) -> Measured:
    """Of the bytes a second that a sum reaches, those that a step of decoding has to move.

    Weights and cache are those of the row on memory; the limit keeps keys twice, half as much more.
    """
    (row,) = select(rows, part="memory", key_heads=4, dtype="float32", batch=1)
    (machine,) = select(rows, part="machine")
    moved = row["bytes_moved"] + row["bytes"] / 2
    seconds = seconds_at(timed(rows, 1, cached=True), row["length"])
    return Measured(f"{100 * moved / seconds / machine['bytes_per_second']:.0f}%")


def ridge(rows: Rows) -> Measured:
    (machine,) = select(rows, part="machine")
    return Measured(times(machine["flops_per_second"] / machine["bytes_per_second"]))


def nearest_to_the_roof(rows: Rows) -> Measured:
    return Measured(f"{max(share for _, share in under_the_roof(rows)):.0%}")


def step_over_its_roof(rows: Rows) -> Measured:
    """Seconds of a step that writes one text, over the least that bytes and operations take."""
    (share,) = (s for p, s in under_the_roof(rows) if (p.what, p.batch) == ("decode", 1))
    return Measured(f"{times(1 / share)} times")


def step_without_a_limit(rows: Rows) -> Measured:
    plain, with_limit = (seconds_of_a_step(rows, 1, model) for model in (PLAIN, MODEL))
    return Measured(f"{100 * plain / with_limit:.0f} in 100")


def step_of_many(rows: Rows) -> Measured:
    many, one = (seconds_of_a_step(rows, batch) for batch in (BATCHES[-1], 1))
    return Measured(f"{times(many / one)} times")


def reading_and_writing(rows: Rows) -> Measured:
    read = seconds_at(timed(rows, 1, cached=False), GIVEN)
    written = sum(steps_behind_a_prompt(timed(rows, 1, cached=True)))
    return Measured(
        f"{1000 * read:.0f} ms to read them and {1000 * written:.0f} ms to write as many"
    )


def milliseconds(batch: int, length: int, *, cached: bool) -> Pick:
    """Of the step that writes behind so many tokens; without a cache it reads them all."""
    return lambda rows: Measured(
        f"{1000 * seconds_at(timed(rows, batch, cached=cached), length):.0f} ms"
    )


CLAIMS: dict[str, Claim] = {
    **{
        f"ch4.{which}_token_{length}": Claim(
            f"Milliseconds of the {which} token behind a prompt of {length}, one text.",
            RECORD,
            milliseconds(1, length + (which == "second"), cached=which == "second"),
        )
        for which in ("first", "second")
        for length in (GIVEN, 340)
    },
    "ch4.read_and_write": Claim(
        f"Milliseconds of reading {GIVEN} tokens, and of writing {GIVEN} behind them, one text.",
        RECORD,
        reading_and_writing,
    ),
    "ch4.ridge": Claim(
        "Operations in the time of a byte: of a product of 1024 x 1024, and of a sum of 268 MB.",
        RECORD,
        ridge,
    ),
    "ch4.roof_most": Claim(
        "Operations a second of the step that comes nearest to the roof, in parts of what the roof "
        "allows there; of three prefills and of steps that write 1, 8 and 64 texts.",
        RECORD,
        nearest_to_the_roof,
    ),
    "ch4.roof_one": Claim(
        f"Time of a step that writes one text behind {GIVEN} tokens, over that under the roof.",
        RECORD,
        step_over_its_roof,
    ),
    "ch4.plain_step": Claim(
        f"Time of a step that writes one text behind {GIVEN} tokens: plain rotary positions, of "
        "that with two counts and a limit.",
        RECORD,
        step_without_a_limit,
    ),
    "ch4.step_of_64": Claim(
        f"Time of a step that writes 64 texts over that of one text, behind {GIVEN} tokens.",
        RECORD,
        step_of_many,
    ),
    "ch4.bandwidth_share": Claim(
        "Bytes that a cached step must move, a second, behind 340 tokens of one text, as a share "
        "of those of a sum of 268 MB.",
        RECORD,
        bandwidth_share,
    ),
    **{
        f"ch4.speedup_{length}": Claim(
            f"Writing a text to {length} tokens with a cache, against without, where every 16th "
            "length is timed and the rest filled in between; one text.",
            RECORD,
            sped_up(length, 1),
        )
        for length in (SHORT, LONG)
    },
    "ch4.speedup_350_batch": Claim(
        f"The same of 64 texts side by side to {LONG} tokens.",
        RECORD,
        sped_up(LONG, 64),
    ),
    **{
        f"ch4.rival_{batch}": Claim(
            "Time in which transformers writes from 22 to 340 tokens with a cache, by the quicker "
            "of its two kernels, over ours with the same random weights; texts side by side: "
            f"{batch}.",
            RECORD,
            rival(batch),
        )
        for batch in (1, 64)
    },
}
