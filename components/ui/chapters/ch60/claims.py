"""The measured figures of chapter 6, first page, and what is asked for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from components.ui.chapters.ch60 import probes
from components.ui.claims.claim import Claim, Table, read_record, widest_reading
from components.ui.words import shape
from lab.data.difficulty import carries_in_products
from lab.data.problems import WRITTEN, Format
from lab.numerals import written
from lab.readings import (
    Counts,
    Measured,
    Numbers,
    Row,
    Rows,
    Told,
    errors_in,
    part_of,
    ratio_in_words,
    result,
    rows,
)
from lab.records import ROOT
from lab.statistics import in_the_same_order, ratio_of_medians, spread

# ---------------------------------------------------------------- longer sums

LONGEST = 16
"""Digits of both numbers of the longest sums of the record."""

NETWORKS = {
    "after": "latents, up to eight, clipped",
    "before": "latents, up to four",
    "before_limited": "latents, up to four, clipped",
    "heads_limited": "multi-head, up to four, clipped",
    "heads_after": "multi-head, up to eight, clipped",
}
TOLD = (("before", 8),)
"""Networks and digits of which sentences tell; the chart shows all."""

BY_TRAINING = {
    "heads_limited": "multi-head, up to four",
    "heads_after": "multi-head, up to eight",
    "before_limited": "latents and experts, up to four",
    "after": "latents and experts, up to eight",
}
"""Networks that clip distances, as a table has them."""

LONG_SUMS = rows("long_sums")


def long_wrong(arm: str, digits: int) -> Counts:
    return LONG_SUMS.where(arm=arm, digits=digits).errors().bound()


def at_home(found: Sequence[Row]) -> Measured:
    """Of all the test sums that the run was asked.

    A network with smaller rotated keys, which this one replaced, had been asked a thousand of them.
    """
    reading = widest_reading(found[0])
    errors, n = reading["errors_strict"], reading["n"]
    return Measured(errors_in(errors, n), errors, n, read_before=True)


# ---------------------------------------------------------------- latents or experts: the race

ARMS = {
    ("mha", "dense"): "multi-head, dense FFN",
    ("mla", "dense"): "latents, dense FFN",
    ("mha", "moe"): "multi-head, experts",
    ("mla", "moe"): "latents, experts",
}


def race(attention: str, ffn: str) -> Rows:
    """The runs of one network. Those with own heads are of the first race."""
    record = "latent_experts" if attention == "mha" else "equal_latents"
    return rows(record, part="race", attention=attention, ffn=ffn)


def wrong(found: Rows, shape: str = "4x4") -> Counts:
    return found.counts(f"wrong_{shape}", f"n_{shape}").median()


def wrong_sums(attention: str, ffn: str) -> Numbers:
    """Sums of four by four digits wrong, a number a seed."""
    return race(attention, ffn).numbers("wrong_4x4")


def over_own_heads(ffn: str) -> Told:
    """Wrong sums with latents over those with own heads, which are in another record."""

    def words(latents: list[Row]) -> str:
        own = wrong_sums("mha", ffn)
        return ratio_in_words(
            wrong_sums("mla", ffn).values(latents), own.values(read_record(ROOT / own.path))
        )

    return race("mla", ffn).told(words)


def end_over_own_heads(end: str) -> Told:
    """An end of the 95% interval of that ratio, dense FFN."""

    def words(latents: list[Row]) -> str:
        own = wrong_sums("mha", "dense")
        ratio = ratio_of_medians(
            wrong_sums("mla", "dense").values(latents), own.values(read_record(ROOT / own.path))
        )
        return f"{getattr(ratio, end):.2g}"

    return race("mla", "dense").told(words)


# ---------------------------------------------------------------- is low rank a regulariser?

RANKS = {
    0: "multi-head attention",
    8: "latents of 8",
    32: "latents of 32",
    128: "latents of 128, full rank",
}
"""Networks of the record by the size of their latents."""

SMALL_LATENTS, FULL_RANK = (8, 32), 128

TAUGHT = {0.1: "10", 0.15: "15", 0.2: "20", 0.3: "30"}
"""Parts of all pairs that were trained on, and in how many of a hundred."""

LOW_RANK = rows("low_rank")


def of_rank(rank: int, fraction: float) -> Rows:
    """The seeds of one network, parameters matched. Heads with their own match themselves."""
    return LOW_RANK.where(rank=rank, fraction=fraction, matched=rank > 0)


def held_out(rank: int, fraction: float) -> Numbers:
    """Held-out problems wrong, a number a seed."""
    return of_rank(rank, fraction).numbers("errors_heldout")


# ---------------------------------------------------------------- which problems break first

FORM = Format("cot_reversed", probes.SQUEEZED_DIGITS, probes.SQUEEZED_DIGITS)


def squeezed_by(run: str, seed: int = 0) -> Rows:
    return rows("squeezed", run=run, seed=seed)


def broken(row: Row) -> list[tuple[int, str]]:
    """Of each problem the directions with which it breaks, and what its first wrong token is."""
    pairs = zip(row["broken_at"], row["slot"], strict=True)
    return [(at, FORM.field_at(slot).kind) for at, slot in pairs if at > 0]


FIRST_SUM = next(field.label for field in FORM.written if field.kind == "sum")


def kind_in_words(kind: str) -> str:
    return kind if kind in WRITTEN else "sign"


def broken_at(run: str) -> Told:
    def words(found: list[Row]) -> str:
        middle = spread(at for at, _ in broken(found[0]))
        return f"{middle.median:g} [{middle.low:g}, {middle.high:g}]"

    return squeezed_by(run).told(words)


def first_is(*kinds: str, label: str = "") -> Told:
    """Problems whose first wrong token is of these kinds, or in the one field of that label."""

    def words(found: list[Row]) -> str:
        fields = [FORM.field_at(slot) for slot in found[0]["slot"] if slot >= 0]
        some = [f.label == label if label else f.kind in kinds for f in fields]
        return part_of(sum(some), len(some))

    return squeezed_by(probes.RUN).told(words)


def carries_tell(row: Row) -> float:
    """Of all two problems that differ in both, the share in which the one with more carries in its
    partial products breaks while more directions are left."""
    carries = carries_in_products(np.array(row["a"]), np.array(row["b"]), FORM.q)
    same, other = (
        in_the_same_order(zip((sign * carries).tolist(), row["broken_at"], strict=True))[0]
        for sign in (1, -1)
    )
    return same / (same + other)


def more_carries_first(seed: int) -> Told:
    found = squeezed_by(probes.LONG_RUN, seed)
    return found.told(lambda rows: f"{carries_tell(rows[0]):.0%}")


def parity_words(found: list[Row]) -> str:
    return written(max(row[what] for row in found for what in ("whole", "cached")), "{:.0e}")


def from_pairs(fraction: float) -> str:
    return f"From {fraction:.0%}" + (" of all pairs" if fraction == min(TAUGHT) else "")


CLAIMS: dict[str, Claim] = {
    "mla.race_first_latents": Claim(
        "Test problems of four by four digits wrong: small networks with latents and a "
        "dense FFN, in the first race.",
        wrong(rows("latent_experts", part="race", attention="mla", ffn="dense")),
    ),
    **{
        f"mla.race_ratio_{ffn}": Claim(
            "Test problems wrong of small networks with latents, over those with "
            f"multi-head attention: {words}.",
            over_own_heads(ffn),
        )
        for ffn, words in (("dense", "dense FFN"), ("moe", "experts"))
    },
    **{
        f"mla.race_{name}": Claim(
            f"The {end} end of the 95% interval of the ratio of problems wrong, small "
            "networks with latents over multi-head attention: dense FFN.",
            end_over_own_heads(end),
        )
        for name, end in (("from", "low"), ("to", "high"))
    },
    "mla.parity": Claim(
        "Largest difference between our logits and those of transformers' DeepSeek-V3, as a share "
        "of the largest logit, three shapes, whole texts and with a cache.",
        rows("parity").told(parity_words),
    ),
    "mla.squeezed_n": Claim(
        "Test problems in which the latents are squeezed to fewer directions.",
        squeezed_by(probes.RUN).numbers("n"),
    ),
    "mla.squeezed_n_again": Claim(
        "Test problems drawn with a second seed in which the latents are squeezed.",
        squeezed_by(probes.LONG_RUN, 1).numbers("n"),
    ),
    "mla.squeezed_before": Claim(
        "Directions left in the latents when a problem breaks: latents and experts, "
        "trained on up to four digits.",
        broken_at(probes.RUN),
    ),
    "mla.squeezed_after": Claim(
        "Directions left in the latents when a problem breaks: latents and experts, "
        "trained on up to eight digits.",
        broken_at(probes.LONG_RUN),
    ),
    "mla.squeezed_products": Claim(
        "Problems broken by squeezing the latents whose first wrong token is a digit "
        "of a partial product.",
        first_is("partial product"),
    ),
    "mla.squeezed_sums": Claim(
        "Problems broken by squeezing the latents whose first wrong token is a digit "
        "of the first sum.",
        first_is(label=FIRST_SUM),
    ),
    "mla.squeezed_carries": Claim(
        "Pairs of problems that differ in carries and in how far the latents can be "
        "squeezed: the one with more carries breaks first.",
        more_carries_first(0),
    ),
    "mla.squeezed_carries_again": Claim(
        "Pairs of problems of a second seed that differ in carries and in how far the "
        "latents can be squeezed: the one with more carries breaks first.",
        more_carries_first(1),
    ),
    "mla.rank_n": Claim(
        "Held-out pairs on which small networks with latents of several sizes are compared.",
        LOW_RANK.numbers("n_heldout"),
    ),
    "mla.rank_taught_worst": Claim(
        "Training pairs wrong, in the worst of all small networks with latents of several sizes.",
        LOW_RANK.numbers("errors_trained").largest(),
    ),
    **{
        f"mla.race_parameters_{attention}_{ffn}": Claim(
            f"Parameters of the {which} of the small networks raced with latents or heads "
            "of their own.",
            race(attention, ffn).numbers("parameters"),
        )
        for which, attention, ffn in (("smallest", "mha", "dense"), ("largest", "mla", "moe"))
    },
    "mla.mla_4x4": Claim(
        "Test problems of four by four digits wrong: the network with latents and "
        "experts, at the end of its training.",
        result(probes.LONG_RUN).told(at_home),
    ),
    **{
        f"mla.long_{arm}_{digits}": Claim(
            f"Test problems of {digits} × {digits} digits wrong: {NETWORKS[arm]} digits in "
            "training, distances not clipped.",
            long_wrong(arm, digits),
        )
        for arm, digits in TOLD
    },
}

TABLES = {
    "mla.long": Table(
        "Network",
        {
            name: {shape(digits, digits): long_wrong(arm, digits) for digits in (8, 10, LONGEST)}
            for arm, name in BY_TRAINING.items()
        },
        about="Test problems wrong, distances clipped, by the digits trained on",
    ),
    "mla.race": Table(
        "Network",
        {
            name: {
                "Learning rate": race(*arm).numbers("rate", "{:g}"),
                "Four by four": wrong(race(*arm)),
                "Eight by eight": wrong(race(*arm), "8x8"),
            }
            for arm, name in ARMS.items()
        },
        about="Small networks raced, their test problems wrong or their learning rate",
    ),
    "mla.ranks": Table(
        "Keys and values",
        {
            **{
                name: {
                    "Bytes a token, both layers": LOW_RANK.where(rank=rank).numbers(
                        "cache_bytes_per_token"
                    ),
                    **{from_pairs(part): held_out(rank, part) for part in TAUGHT},
                }
                for rank, name in RANKS.items()
            },
        },
        about="Held-out pairs wrong, or the bytes of a cache, by the form of keys and values",
    ),
}
