"""The measured figures of chapter 6, first page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.ui.chapters.ch60 import probes, worked
from components.ui.claims.core import (
    Claim,
    Measured,
    count,
    part_of,
    read_record,
    widest_reading,
)
from components.ui.claims.readings import ratio_of_seeds, result_of
from components.ui.words import span
from lab.records import ROOT, select
from lab.statistics import lower_bound_95, spread

Rows = list[dict[str, Any]]

LONG = "records/long_sums.jsonl"
TOLD = (
    *(("before", 4), ("before", 8)),
    *(
        (arm, digits)
        for arm in ("before, limited", "heads, limited", "after", "heads, after")
        for digits in (8, 10, worked.LONGEST)
    ),
)
"""Networks and digits of which the prose tells; the chart shows all."""


def of_digits(arm: str, digits: int) -> Callable[[Rows], Measured]:
    """Wrong sums of so many digits by as many."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, arm=arm, digits=digits)
        errors, n = row["errors"], row["n"]
        return Measured(part_of(errors, n), errors, n, lower_bound_95(errors, n))

    return pick


def at_home(result: dict[str, Any]) -> Measured:
    """Of all the test sums that the run was asked.

    A network with smaller rotated keys, which this one replaced, had been asked a thousand of them.
    """
    found = widest_reading(result)
    errors, n = found["errors_strict"], found["n"]
    return Measured(count(errors, n), errors, n, read_before=True)


def race_wrong(arm: tuple[str, str], shape: str = "4x4") -> Callable[[Rows], Measured]:
    """The median of the seeds and between what they lie."""

    def pick(rows: Rows) -> Measured:
        seeds = select(rows, part="race", attention=arm[0], ffn=arm[1])
        found = spread(row[f"wrong_{shape}"] for row in seeds)
        n = min(row[f"n_{shape}"] for row in seeds)
        return Measured(f"{span(found)} of {n:,}")

    return pick


def race_ratio(one: tuple[str, str], other: tuple[str, str]) -> Callable[[Rows], Measured]:
    """Wrong problems of one network over those of another with its own heads, medians of the seeds,
    with the interval."""

    def pick(rows: Rows) -> Measured:
        own_heads = read_record(ROOT / FIRST_RACE)
        return Measured(
            ratio_of_seeds(worked.wrong_of(rows, one), worked.wrong_of(own_heads, other))
        )

    return pick


def race_of(attention: str) -> str:
    """The record of a network: those with own heads are of the first race."""
    return FIRST_RACE if attention == "mha" else RACE


def held_out_pairs(rows: Rows) -> Measured:
    return Measured(f"{rows[0]['n_heldout']:,}")


def taught_worst(rows: Rows) -> Measured:
    """Errors on what was trained on, at most."""
    return Measured(str(max(row["errors_trained"] for row in rows)))


def bytes_kept(rank: int) -> Callable[[Rows], Measured]:
    return lambda rows: Measured(f"{select(rows, rank=rank)[0]['cache_bytes_per_token']:,}")


def wrong_of_rank(rank: int, fraction: float) -> Callable[[Rows], Measured]:
    """Held-out problems wrong, parameters matched: the median and the span of the seeds."""

    def pick(rows: Rows) -> Measured:
        seeds = worked.of_rank(rows, rank, fraction)
        return Measured(span(spread(row["errors_heldout"] for row in seeds)))

    return pick


def rank_ratio(rank: int, other: int, fraction: float) -> Callable[[Rows], Measured]:
    """Held-out problems wrong, one size of latents over another, with the interval."""
    return lambda rows: Measured(
        ratio_of_seeds(
            *(
                [row["errors_heldout"] for row in worked.of_rank(rows, size, fraction)]
                for size in (rank, other)
            )
        )
    )


def parameters(arm: tuple[str, str]) -> Callable[[Rows], Measured]:
    return lambda rows: Measured(
        f"{select(rows, part='race', attention=arm[0], ffn=arm[1])[0]['parameters']:,}"
    )


def chosen_rate(arm: tuple[str, str]) -> Callable[[Rows], Measured]:
    return lambda rows: Measured(
        f"{select(rows, part='race', attention=arm[0], ffn=arm[1])[0]['rate']:g}"
    )


RACE, RANK = "records/equal_latents.jsonl", "records/low_rank.jsonl"
FIRST_RACE = "records/latent_experts.jsonl"

CLAIMS: dict[str, Claim] = {
    **{
        f"ch6.race_{attention}_{ffn}": Claim(
            f"Test problems of four by four digits wrong, of the small networks: {name}.",
            race_of(attention),
            race_wrong((attention, ffn)),
        )
        for (attention, ffn), name in worked.ARMS.items()
    },
    **{
        f"ch6.race_{attention}_{ffn}_far": Claim(
            f"Test problems of eight by eight digits wrong, of the small networks: {name}.",
            race_of(attention),
            race_wrong((attention, ffn), "8x8"),
        )
        for (attention, ffn), name in worked.ARMS.items()
    },
    "ch6.race_first_latents": Claim(
        "Test problems of four by four digits wrong, latents and one FFN, in the first race.",
        FIRST_RACE,
        race_wrong(("mla", "dense")),
    ),
    **{
        f"ch6.race_ratio_{ffn}": Claim(
            f"Wrong problems with latents over those with own heads, {words}.",
            RACE,
            race_ratio(("mla", ffn), ("mha", ffn)),
        )
        for ffn, words in (("dense", "one FFN"), ("moe", "experts"))
    },
    "ch6.rank_n": Claim("Pairs that no network was trained on.", RANK, held_out_pairs),
    "ch6.rank_taught_worst": Claim(
        "Of the pairs that it was taught, wrong in the worst of all networks.", RANK, taught_worst
    ),
    **{
        f"ch6.rank_bytes_{rank}": Claim(f"Bytes kept of a token: {name}.", RANK, bytes_kept(rank))
        for rank, name in worked.RANKS.items()
    },
    **{
        f"ch6.rank_{rank}_{part}": Claim(
            f"Held-out problems wrong, {name}, trained on {fraction:.0%} of all pairs.",
            RANK,
            wrong_of_rank(rank, fraction),
        )
        for rank, name in worked.RANKS.items()
        for fraction, part in worked.TAUGHT.items()
    },
    **{
        f"ch6.rank_ratio_{rank}_{part}": Claim(
            f"Held-out problems wrong, latents of {rank} over full rank, taught {fraction:.0%}.",
            RANK,
            rank_ratio(rank, 128, fraction),
        )
        for rank in (8, 32)
        for fraction, part in worked.TAUGHT.items()
    },
    **{
        f"ch6.race_rate_{attention}_{ffn}": Claim(
            f"The rate of a small network: {arm}.",
            race_of(attention),
            chosen_rate((attention, ffn)),
        )
        for (attention, ffn), arm in worked.ARMS.items()
    },
    **{
        f"ch6.race_parameters_{attention}_{ffn}": Claim(
            f"Parameters of the {which} of the small networks.",
            race_of(attention),
            parameters((attention, ffn)),
        )
        for which, attention, ffn in (("smallest", "mha", "dense"), ("largest", "mla", "moe"))
    },
    "ch6.mla_4x4": Claim(
        "Test sums of four by four digits wrong: latents and experts, at the end.",
        result_of(probes.LONG_RUN),
        at_home,
    ),
    **{
        f"ch6.long_{arm.replace(', ', '_')}_{digits}": Claim(
            f"Test sums of {digits} x {digits} digits wrong: {worked.NETWORKS[arm]}.",
            LONG,
            of_digits(arm, digits),
        )
        for arm, digits in TOLD
    },
}
