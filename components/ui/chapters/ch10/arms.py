"""The records of chapter 1 as its figures show them: rows by arm, in the words of the page.

Every share is that of wrong texts, as the book counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.ui.chapters.ch10 import claims
from components.ui.chapters.ch10.fetches import NUMBERS, digit_name
from components.ui.claims import core, index
from components.ui.claims.readings import result_of
from components.ui.plots.colours import RECORDED
from components.ui.records import Atlas
from components.ui.runs import BOOK_RUN
from components.ui.words import one_in
from lab.data.problems import PLACE_NAMES, STYLES, Format, Style
from lab.records import ROOT, select
from lab.statistics import spread

Row = dict[str, Any]

PLAIN, TWIN = "plain", "few_pairs"
MODELS = {PLAIN: "plain", TWIN: "small twin", BOOK_RUN: "the book's model"}
ABOUT = {
    PLAIN: "The book's network, plain format",
    TWIN: "The small twin, with working",
    BOOK_RUN: "The book's model, with working",
}
FORM = Format("cot_reversed")
STYLE_NAMES: Mapping[Style, str] = {
    "plain": "plain",
    "reversed": "reversed",
    "cot": "cot",
    "cot_reversed": "cot, reversed",
    "dots": "dots",
}

# ---------------------------------------------------------------- what a guess may answer

HOW_MANY = ("under 10 in 100", "10 to 50 in 100", "50 to 90 in 100", "over 90 in 100")


def how_many(part: float, n: int) -> str:
    """The option that a count bears out."""
    return HOW_MANY[int(np.searchsorted([0.1, 0.5, 0.9], part / n, side="right"))]


def how_many_wrong(claim: str) -> str:
    """The option that a claim of the book bears out."""
    looked = index.look_up(claim).measured
    if looked is None or looked.errors is None or not looked.n:
        return core.MISSING
    return how_many(looked.errors, looked.n)


def best_format(rows: Sequence[Row]) -> str:
    """The format with the fewest errors on held-out pairs, by the median of its seeds."""
    return STYLE_NAMES[min(STYLES, key=lambda style: median_errors(rows, style=style))]


SIZES = ("the largest network, plain", "the smallest network, with the working")


def best_size(rows: Sequence[Row], largest: core.Measured) -> str:
    """Of `SIZES` the one with fewer errors; `largest` on its held-out pairs."""
    small = median_errors(rows, style="cot_reversed") / rows[0]["n_heldout"]
    return SIZES[small < (largest.errors or 0) / (largest.n or 1)]


CHOICES = (
    "the chosen pairs, in every seed",
    "the random pairs, in every seed",
    "now this, now that",
)


def best_choice(rows: Sequence[Row]) -> str:
    """Of `CHOICES` the one that leaves fewer errors."""
    chosen, blind = (
        [row["errors_heldout"] for row in select(rows, choice=choice)]
        for choice in ("chosen", "random")
    )
    if max(chosen) < min(blind):
        return CHOICES[0]
    return CHOICES[1 if max(blind) < min(chosen) else 2]


def often_unseen(rows: Sequence[Row]) -> str:
    """How many sums come out wrong whose partial products were both never seen."""
    tenth = select(rows, fraction=claims.UNSEEN_AT)
    errors = median_errors(rows, "unseen_2", fraction=claims.UNSEEN_AT)
    return how_many(errors, tenth[0]["n_unseen_2"])


def often_followed(rows: Sequence[Row]) -> str:
    """How often an answer moves as a forgery implies, over every digit that can vary."""
    varying = [row for row in rows if not claims.is_constant_zero(row)]
    return how_many(sum(row["followed"] for row in varying), sum(row["n"] for row in varying))


# ---------------------------------------------------------------- rows of the charts


def median_errors(rows: Sequence[Row], group: str = "heldout", **cell: Any) -> float:
    return spread(row[f"errors_{group}"] for row in select(rows, **cell)).median


def seen_and_heldout(found: Mapping[str, Atlas]) -> list[Row]:
    """Two bars a model: the pairs that it trained on, and those held out."""
    bars: list[Row] = []
    for run, words in ((PLAIN, "plain"), (BOOK_RUN, "with working")):
        if run not in found:
            continue
        for pairs, trained in (("trained on", True), ("held out", False)):
            asked = found[run].wrong_at[found[run].trained_on == trained]
            wrong = int((asked >= 0).sum())
            bar = {"bar": f"{words}, {pairs}", "pairs": pairs, "share": wrong / asked.size}
            bars.append({**bar, "label": core.part_of(wrong, asked.size)})
    return bars


SPLITS = {"held out": "validation", "trained on": "train"}


def recorded_runs(rows: Sequence[Row]) -> list[Row]:
    """Two runs of the race from one seed, in the rows of a live run's chart: texts right."""
    return [
        {
            "run": STYLE_NAMES[style] + RECORDED,
            "step": check["step"],
            "what": what,
            "value": 1 - check[f"errors_{split}"] / check[f"n_{split}"],
        }
        for style in ("cot_reversed", "plain")
        for row in select(rows, style=style, seed=0)
        for check in row["curve"]
        for what, split in SPLITS.items()
    ]


def race_bands(rows: Sequence[Row], pairs: str) -> list[Row]:
    """The lowest, median and highest share over the seeds of each format, check by check."""
    split, out = SPLITS[pairs], list[Row]()
    for style in STYLES:
        curves = [row["curve"] for row in select(rows, style=style)]
        for checks in zip(*curves, strict=True):
            low, mid, high = spread(
                check[f"errors_{split}"] / check[f"n_{split}"] for check in checks
            )
            x = {"arm": STYLE_NAMES[style], "x": checks[0]["tokens"]}
            out.append({**x, "low": low, "mid": mid, "high": high})
    return out


def seed_rows(rows: Sequence[Row], name: str, group: str = "heldout", **cell: Any) -> list[Row]:
    """A point for each seed of an arm: the share of a group of pairs that came out wrong."""
    return [
        seed_row(name, row["cell"]["seed"], row[f"errors_{group}"], row[f"n_{group}"])
        for row in select(rows, **cell)
    ]


def seed_row(name: str, seed: int, errors: int, n: int) -> Row:
    return {"arm": name, "share": errors / n, "seed": seed, "errors": core.part_of(errors, n)}


def size_points(rows: Sequence[Row], largest: core.Measured) -> list[Row]:
    """The plain format by size, up to the network of the book, and the working on the smallest."""
    sizes = sorted({(row["parameters"], row["cell"]["d_model"]) for row in rows})
    points = {
        style: [
            point
            for parameters, d_model in sizes
            for point in seed_rows(
                rows, f"{STYLE_NAMES[style]}, {millions(parameters)}", style=style, d_model=d_model
            )
        ]
        for style in ("plain", "cot_reversed")
    }
    result = core.read_record(ROOT / result_of(PLAIN))
    name = f"plain, {millions(result['parameters'])}"
    last = seed_row(name, result["seeds"][0], largest.errors or 0, largest.n or 1)
    return [*points["plain"], last, *points["cot_reversed"]]


def millions(parameters: int) -> str:
    return f"{parameters / 1e6:.1f}M"


def choice_points(rows: Sequence[Row]) -> list[Row]:
    n = rows[0]["n_pairs"]
    return [
        point
        for choice in ("chosen", "random")
        for point in seed_rows(rows, f"{n} {choice} pairs", choice=choice)
    ]


def race_points(rows: Sequence[Row], pairs: str) -> list[Row]:
    """Where every run of the race ended, over all the pairs that were held out, or trained on."""
    group = {"held out": "heldout", "trained on": "trained"}[pairs]
    return [
        point
        for style in STYLES
        for point in seed_rows(rows, STYLE_NAMES[style], group, style=style)
    ]


MIRRORED = {
    "mirror_shown": "read the other way round",
    "mirror_not_shown": "read in neither order",
}


def mirror_points(rows: Sequence[Row]) -> list[Row]:
    """Half of the orders read, and, where the leak should vanish, one order of each pair."""
    split, alone = claims.by_order(rows), select(rows, shown=claims.ONE_OF_EACH)
    return [
        *(point for group, name in MIRRORED.items() for point in seed_rows(split, name, group)),
        *seed_rows(alone, "one order of each pair read", "mirror_shown"),
    ]


def strange_points(rows: Sequence[Row]) -> list[Row]:
    names = ("none", "one of them", "both")
    return [
        point for k, name in enumerate(names) for point in seed_rows(rows, name, f"strange_{k}")
    ]


def fraction_points(rows: Sequence[Row]) -> list[Row]:
    return [
        point
        for fraction in claims.FRACTIONS
        for point in seed_rows(rows, f"one pair in {one_in(fraction)}", fraction=fraction)
    ]


MIRROR_HELPS = ("about as many as of the others", "fewer", "more")


def mirror_helps(rows: Sequence[Row]) -> str:
    """Of `MIRROR_HELPS` the one that every seed bears out; the first, where they overlap."""
    split = claims.by_order(rows)
    shares = {
        group: [row[f"errors_{group}"] / row[f"n_{group}"] for row in split] for group in MIRRORED
    }
    read, unread = shares.values()
    if max(read) < min(unread):
        return MIRROR_HELPS[1]
    return MIRROR_HELPS[2 if max(unread) < min(read) else 0]


UNSEEN = ("both seen in training", "one never seen", "both never seen")


def unseen_points(rows: Sequence[Row]) -> list[Row]:
    return [
        point
        for k, name in enumerate(UNSEEN)
        for point in seed_rows(rows, name, f"unseen_{k}", fraction=claims.UNSEEN_AT)
    ]


OUTCOMES = {"followed": "moves as implied", "stayed": "stays true", "neither": "does neither"}
ORDINALS = ("first", "second")


def forged_name(position: int) -> str:
    """A digit of a partial product, short: 'first, tens'."""
    field = FORM.field_at(position)
    return f"{ORDINALS[field.number]}, {PLACE_NAMES[field.place(position)]}"


def tampered(rows: Sequence[Row]) -> list[Row]:
    """A bar for each forged digit: what became of the answer."""
    return [
        {
            "digit": forged_name(row["cell"]["position"]),
            "outcome": words,
            "share": row[outcome] / row["n"],
            "label": core.part_of(row[outcome], row["n"]),
            "order": order,
        }
        for row in rows
        for order, (outcome, words) in enumerate(OUTCOMES.items())
    ]


# ---------------------------------------------------------------- several heads pulled out


def layer_heads(layers: Sequence[int]) -> str:
    """All heads of some layers: 'layers 2 to 5', 'layer 1'."""
    first, last = layers[0], layers[-1]
    return f"layer {first}" if first == last else f"layers {first} to {last}"


def silenced(rows: Sequence[Row]) -> dict[str, int]:
    """Wrong texts of the book's model with all heads of some layers pulled out."""
    return {
        layer_heads(row["cell"]["layers"]): row["errors_strict"]
        for row in select(rows, run=BOOK_RUN)
        if "layers" in row["cell"]
    }


# ---------------------------------------------------------------- the first wrong token


def first_wrong(atlas: Atlas) -> dict[str, int]:
    """How many wrong texts first fail at each digit of the working and the answer."""
    return {
        digit_name(position): int((atlas.wrong_at == position).sum())
        for field in FORM.written
        for position in field.positions
    }


def first_wrong_number(atlas: Atlas) -> tuple[str, int]:
    """Of `NUMBERS` the one where most wrong texts first fail, and how many do."""
    by_number = {
        number: int(np.isin(atlas.wrong_at, field.positions).sum())
        for number, field in zip(NUMBERS, FORM.written, strict=True)
    }
    most = max(by_number, key=by_number.__getitem__)
    return most, by_number[most]
