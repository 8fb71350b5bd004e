"""The worked numbers in the prose of chapter 1, and what its records say: the rows of a chart, in
the words of the page, and the option of a guess that is borne out.

Every share is that of wrong texts, as the book counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from pathlib import Path
from typing import Any

import numpy as np

from components.ui import percents
from components.ui.chapters.ch10 import claims
from components.ui.chapters.ch10.claims import PLAIN, TWIN
from components.ui.chapters.ch10.figures import NUMBERS, digit_name, forged_name
from components.ui.claims import claim
from components.ui.claims.comparisons import THIS, Kind, Weighed, drawn, weighed
from components.ui.drawings.guess import Answer, Axis, Dragged, Picked
from components.ui.drawings.guess import Row as Line
from components.ui.loaded_models import BOOK_RUN
from components.ui.page_records import Atlas, atlases, rows_of
from components.ui.plots.colours import RECORDED
from components.ui.words import one_in, spelled
from lab.data import difficulty
from lab.data.problems import (
    HELDOUT_FROM,
    STYLES,
    TEST_FROM,
    Format,
    Style,
    two_digit_split,
)
from lab.exercises.chain_of_thought_exercises import FORM, MOST_PAIRS, WANTED_MOVE
from lab.readings import Counts, Measured, Row, join_words, part_of, result
from lab.records import ROOT

Record = Sequence[Row]
Bars = list[dict[str, Any]]

STYLE_NAMES: Mapping[Style, str] = {
    "plain": "plain",
    "reversed": "reversed",
    "cot": "cot",
    "cot_reversed": "cot, reversed",
    "dots": "dots",
}

# ---------------------------------------------------------------- what a guess may answer

HOW_MANY = ("under 10 in 100", "10 to 50 in 100", "50 to 90 in 100", "over 90 in 100")


NONSENSE = (
    "It has not seen the pair before",
    "Its weights are random numbers",
    "It has too few layers",
)


def share_of_run(wrong: Measured) -> float:
    return (wrong.errors or 0) / (wrong.n or 1)


def arm(style: Style, record: Record, hue: str) -> Line:
    return percents.bar(STYLE_NAMES[style], claims.wrong(claims.RACE[style]), record, hue)


def dots_beside_plain(record: Record) -> Dragged:
    """The frame of the guess: beside no such length at all."""
    return Dragged(
        Axis.percent("of held-out pairs wrong, median of the seeds"),
        STYLE_NAMES["dots"],
        [arm("plain", record, "ochre")],
        [STYLE_NAMES["cot_reversed"]],
        hue="brown",
    )


def wrong_with_dots(record: Record) -> Answer:
    """Beside the same length with the working in it."""
    working = arm("cot_reversed", record, "violet")
    return percents.answer(claims.wrong(claims.RACE["dots"]), record, rows=[working])


SIZES = ("the largest network, plain", "the smallest network, with the working")


def formats() -> Axis:
    """Of shares that are compared, where most are large and one may be small."""
    return Axis.percent("of held-out pairs wrong: one run, and the median of the seeds", step=0.1)


def race_of_sizes(record: Record, largest: Measured) -> Picked:
    """The frame of the guess."""

    def ends() -> dict[str, float]:
        found = share_of_run(largest), claims.WORKING_SMALL.value(record)
        return dict(zip(SIZES, (100 * share for share in found), strict=True))

    return Picked(formats(), ends, hues=dict(zip(SIZES, ("ochre", "violet"), strict=True)))


def best_size(record: Record, largest: Measured) -> str:
    """Of `SIZES` the one with fewer errors; `largest` on its held-out pairs."""
    return SIZES[claims.WORKING_SMALL.value(record) < share_of_run(largest)]


OTHER_WAY_ROUND = "trained on the other way round"
IN_NEITHER_ORDER = "trained on in neither order"
MIRRORED = {
    OTHER_WAY_ROUND: claims.wrong(claims.HALF_OF_ORDERS, "mirror_shown"),
    IN_NEITHER_ORDER: claims.wrong(claims.HALF_OF_ORDERS, "mirror_not_shown"),
}
MIRROR_HELPS = ("fewer", "more", "about as many as of the others")


def fewer_wrong(two: Mapping[str, Counts], record: Record, options: Sequence[str]) -> str:
    """Of three options the one that is borne out: the first arm goes wrong less in every seed, the
    second does, or neither."""
    first, second = ([x / n for _, x, n in wrong.points(record)] for wrong in two.values())
    if max(first) < min(second):
        return options[0]
    return options[1 if max(second) < min(first) else 2]


def other_way_round(record: Record) -> Dragged:
    """The frame of the guess."""
    neither = percents.bar(IN_NEITHER_ORDER, MIRRORED[IN_NEITHER_ORDER], record)
    axis = Axis.percent("of the held-out orders wrong, median of the seeds")
    return Dragged(axis, OTHER_WAY_ROUND, [neither], start=neither.value)


def wrong_the_other_way(record: Record) -> Answer:
    """The answer of the guess, with what all seeds say."""
    compared = fewer_wrong(MIRRORED, record, MIRROR_HELPS)
    then = f"Beside the others, in every seed: **{compared}**."
    return percents.answer(MIRRORED[OTHER_WAY_ROUND], record, then)


# ---------------------------------------------------------------- a point a seed

MIRROR_ARMS = {
    **MIRRORED,
    "trained on one order of each": claims.wrong(claims.ONE_ORDER, "mirror_shown"),
}
STRANGE = {
    words: claims.wrong(claims.STRANGE, f"strange_{k}")
    for k, words in enumerate(("none", "one of them", "both"))
}

PAIRS = {"held out": ("heldout", "validation"), "trained on": ("trained", "train")}
"""Of a run of the race what was asked at its end, and at every check."""


# ---------------------------------------------------------------- asked by the prompt

LEN_WORKING = FORM.answer.start - FORM.prompt_length
"""Tokens from the first `=` to the second."""

PROMPTS = {
    "working": ("+", "with working, back to front"),
    "plain": (".", "at once, front to back"),
}
"""The mark before the problem, and what it asks for; a test holds the marks to lab's."""


def texts_kept(record: Record, pair: tuple[int, int], given: int) -> Mapping[str, str] | None:
    """The recorded texts of a problem, `given` tokens of the working forced upon the plain one;
    None for a problem of which none are recorded."""
    for row in record:
        if pair == (row["cell"]["a"], row["cell"]["b"]):
            return {"working": row["working"], "plain": row["forced"][given]}
    return None


def if_trained_on(a: int, b: int) -> str:
    """A sentence where the pair is none of those held out."""
    held_out = two_digit_split()[a, b] >= HELDOUT_FROM
    return "" if held_out else f" {a} × {b} is none of them: it was trained on."


def to_be_asked_at_once(race: Record) -> Dragged:
    """The frame of the guess: beside the network that learned the plain format alone."""
    return Dragged(
        Axis.percent("of held-out pairs wrong, median of the seeds"),
        "both formats, asked with .",
        [percents.bar("plain alone", claims.wrong(claims.RACE["plain"]), race)],
        ["both formats, asked with +", "working alone"],
        hue="ochre",
    )


def asked_at_once(record: Record, race: Record) -> Answer:
    """Beside the same weights asked for the working, and the network that learned nothing else."""
    alone = claims.wrong(claims.RACE["cot_reversed"])
    return percents.answer(
        claims.asked_for("plain"),
        record,
        rows=[
            percents.bar(
                "both formats, asked with +", claims.asked_for("working"), record, "violet"
            ),
            percents.bar("working alone", alone, race, "violet"),
        ],
    )


def over_all_pairs(record: Record, given: int) -> str:
    """What all held-out pairs do with so many tokens of the working forced, seed by seed."""

    def each(what: str) -> str:
        counts = [f"{part:,}" for _, part, _ in claims.forced(given, what).points(record)]
        return counts[0] if len({*counts}) == 1 else join_words(counts)

    networks, n = spelled(len(record)), record[0]["n_heldout"]
    if not any(part for _, part, _ in claims.forced(given, "goes_on").points(record)):
        return (
            f"With {given or 'no'} token{'s' if given > 1 else ''} given, all {networks} networks, "
            f"one a seed, leave the working out for every one of the {n:,} held-out pairs."
        )
    return (
        f"We trained {networks} such networks, one a seed. Of the {n:,} held-out pairs behind the "
        f"`.`, {each('goes_on')} go on with the working, and {each('right')} come out right "
        "with it."
    )


# ---------------------------------------------------------------- data or architecture

KINDS: dict[Kind, str] = {"data": "Choices of data", "architecture": "Choices of architecture"}
KIND_HUES = {KINDS["data"]: "violet", KINDS["architecture"]: "teal"}


LARGEST, LEAST = 5, 2
"""Of each kind so many changes are shown first: those that do most, and those that do least."""

BESIDE = "width 128, not 64, with working"
"""Shown first too: the width beside the format of the guess."""


def by_kind(found: Sequence[Weighed]) -> dict[str, list[Mapping[str, Any]]]:
    """Rows of the drawing in their groups, no link to this page, and those that are shown first."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for kind, words in KINDS.items():
        rows = [row for row in drawn(found) if row["kind"] == kind]
        by_size = [row["name"] for row in sorted(rows, key=lambda row: abs(log(row["median"])))]
        first = {*by_size[:LEAST], *by_size[-LARGEST:], BESIDE}
        groups[words] = [
            {
                **row,
                "first": row["name"] in first,
                **({"page": "", "where": "This page"} if row["page"] == THIS else {}),
            }
            for row in rows
        ]
    return groups


def ratios_of(found: Sequence[Weighed]) -> Bars:
    """A row for each seed of each change, to take along."""
    return [
        {"kind": one.change.kind, "change": one.change.name, "times fewer": ratio}
        for one in found
        for ratio in one.ratios
    ]


def all_weighed() -> list[Weighed]:
    return weighed(lambda path: rows_of(Path(path).name))


# ---------------------------------------------------------------- curves of the race


def recorded_runs(record: Record) -> Bars:
    """Two runs of the race from one seed, in the rows of a live run's chart: texts right. None
    without a record."""
    styles: tuple[Style, ...] = ("cot_reversed", "plain") if record else ()
    return [
        {
            "run": STYLE_NAMES[style] + RECORDED,
            "step": check["step"],
            "what": what,
            "value": 1 - check[f"errors_{split}"] / check[f"n_{split}"],
        }
        for style in styles
        for row in claims.RACE[style].where(seed=0).of(record)
        for check in row["curve"]
        for what, (_, split) in PAIRS.items()
    ]


def told_of(recorded: Bars) -> str:
    """What to look for in the chart of those runs."""
    with_working = next(iter(recorded))["run"]
    step = next(
        row["step"]
        for row in recorded
        if row["run"] == with_working and row["what"] == "held out" and row["value"] > 0.5
    )
    return (
        f"Recorded: one seed of each. With working, most held-out pairs are right from step {step} "
        "on. Plain has shorter lines, and more of them."
    )


def race_curves(record: Record, pairs: str) -> Bars:
    """The share wrong of every seed of each format, check by check."""
    _, split = PAIRS[pairs]
    return [
        {
            "arm": STYLE_NAMES[style],
            "seed": row["cell"]["seed"],
            "x": check["tokens"],
            "share": check[f"errors_{split}"] / check[f"n_{split}"],
        }
        for style, found in claims.RACE.items()
        for row in found.of(record)
        for check in row["curve"]
    ]


# ---------------------------------------------------------------- forged, ablated

OUTCOMES = {"followed": "moves as implied", "stayed": "stays true", "neither": "does neither"}


def forged(record: Record) -> Bars:
    """A bar for each forged digit: what became of the answer."""
    return [
        {
            "digit": forged_name(row["cell"]["position"]),
            "outcome": words,
            "share": part / n,
            "label": part_of(part, n),
            "order": order,
        }
        for order, (outcome, words) in enumerate(OUTCOMES.items())
        for row, part, n in claims.FORGED.counts(outcome).points(record)
    ]


SHOWN: tuple[tuple[str, tuple[int, ...]], ...] = (
    *(("heads", layers) for layers in ((2, 3, 4, 5), (1,), (1, 2, 3, 4, 5))),
    *(("ffn", (layer,)) for layer in (1, 2, 3, 4, 5)),
)
"""The parts above layer 0 that are ablated, in the order in which they are shown."""

PART_NAMES = {"heads": "heads", "ffn": "FFN"}


def stand_in_points(record: Record) -> Bars:
    """Wrong texts without each part, by what stands in for it."""
    return [
        {"part": f"{PART_NAMES[part]}, {layers_in_words(layers)}", "by": words, "wrong": wrong}
        for part, layers in SHOWN
        for by, words in claims.BY.items()
        for _, wrong, _ in claims.without(part, layers, by).points(record)
    ]


def wrong_without_many(record: Record) -> Dragged:
    """The frame of the guess."""
    axis = Axis(f"wrong texts of {record[0]['n']:,}", 0, record[0]["n"])
    return Dragged(axis, without_heads(2), later=[without_heads(1)])


def texts_lost(record: Record) -> Answer:
    """The answer of the guess, beside the heads of layer 1 as well."""
    (_, lost, _), (_, more, _) = (
        point
        for first in (2, 1)
        for point in claims.without("heads", range(first, 6), "zero").points(record)
    )
    return Answer(lost, rows=[Line(without_heads(1), more, hue="ochre")])


def without_heads(first: int) -> str:
    return f"without {part_in_words('heads', (first, 5))}"


def part_in_words(part: str, layers: Sequence[int]) -> str:
    """'heads of layers 2 to 5', 'FFN of layer 1'."""
    return f"{PART_NAMES[part]} of {layers_in_words(layers)}"


def layers_in_words(layers: Sequence[int]) -> str:
    """'layers 2 to 5', 'layer 1'."""
    first, last = layers[0], layers[-1]
    return f"layer {first}" if first == last else f"layers {first} to {last}"


# ---------------------------------------------------------------- all pairs


def first_wrong(atlas: Atlas) -> dict[str, int]:
    """How many wrong texts first fail at each digit of the working and the answer."""
    return {
        digit_name(position): int((atlas.wrong_at == position).sum()) for position in claims.DIGITS
    }


def first_wrong_by_number(atlas: Atlas) -> dict[str, int]:
    return {
        number: int(np.isin(atlas.wrong_at, field.positions).sum())
        for number, field in zip(NUMBERS, FORM.written, strict=True)
    }


def where_first_wrong(atlas: Atlas) -> Picked:
    """The frame of the guess."""
    wrong = int((atlas.wrong_at >= 0).sum())
    axis = Axis("texts that are wrong", 0, wrong)
    return Picked(axis, lambda: first_wrong_by_number(atlas), [Line("all wrong texts", wrong)])


def first_wrong_number(atlas: Atlas) -> tuple[str, int]:
    """Of `NUMBERS` the one where most wrong texts first fail, and how many do."""
    by_number = first_wrong_by_number(atlas)
    most = max(by_number, key=by_number.__getitem__)
    return most, by_number[most]


# ---------------------------------------------------------------- worked numbers


def never_seen(record: Record) -> Dragged:
    """The frame of the guess."""
    seen, one, both = claims.UNSEEN
    axis = Axis.percent("of held-out problems wrong, median of the seeds")
    return Dragged(axis, both, [percents.bar(seen, claims.UNSEEN[seen], record)], [one])


def wrong_never_seen(record: Record) -> Answer:
    _, one, both = claims.UNSEEN
    between = percents.bar(one, claims.UNSEEN[one], record, hue="ochre")
    return percents.answer(claims.UNSEEN[both], record, rows=[between])


STAYED, NEITHER = "the answer stays true", "it does neither"
AS_IMPLIED = Dragged(
    Axis.percent("of all forgeries"), "the answer moves as implied", later=[STAYED, NEITHER]
)


def moved_as_implied(record: Record) -> Answer:
    """The answer of the guess, beside what else an answer does."""
    rows = [
        percents.bar(name, claims.VARYING.counts(outcome).pooled(), record, hue)
        for name, outcome, hue in ((STAYED, "stayed", "ochre"), (NEITHER, "neither", "grey"))
    ]
    return percents.answer(claims.VARYING.counts("followed").pooled(), record, rows=rows)


def turns(style: Style) -> int:
    """How many tokens of a line are written, each in a turn of its own."""
    form = Format(style)
    return form.length - form.prompt_length


def count_in_loss(style: Style) -> str:
    """Of how many tokens of a line those are that training scores."""
    _, mask = Format(style).render(37, 48)
    return part_of(int(mask.sum()), Format(style).length)


def n_layer_small() -> str:
    (n,) = {row["cell"]["n_layer"] for row in claims.SMALL.of(rows_of("sizes.jsonl"))}
    return f"{n}"


def n_layer() -> int:
    """Of the network of the book, with working or without."""
    return claim.read_record(ROOT / result(PLAIN).path)["recipe"]["model"]["n_layer"]


def best_tens() -> str:
    """How often the best guess of the tens is right, whichever digit is covered."""
    tens = difficulty.PRODUCT_PLACES.index("tens")
    return f"{100 * max(difficulty.best_guess(tens, digit) for digit in range(4)):.0f} times in 100"


def pairs_from(begin: float, end: float) -> str:
    """How many pairs the split puts there."""
    u = two_digit_split()
    return f"{int(((begin <= u) & (u < end)).sum()):,}"


def worked_pair() -> str:
    """Have the two models of the lanes been trained on the pair of the examples?"""
    found = [atlases().get(run) for run in (PLAIN, BOOK_RUN)]
    told = {bool(atlas.trained_on[37, 48]) for atlas in found if atlas is not None}
    if None in found or len(told) != 1:
        return claim.MISSING
    return "one that both were trained on" if told.pop() else "one that neither ever saw"


def twin_errors() -> str:
    found = atlases().get(TWIN)
    return claim.MISSING if found is None else f"{found.errors:,}"


def twin_first_wrong() -> str:
    """How many wrong texts of the twin first fail in the number where most do."""
    found = atlases().get(TWIN)
    return claim.MISSING if found is None else f"{first_wrong_number(found)[1]:,}"


CALC = {
    "changes": lambda: f"{len(all_weighed())}",
    "changes_undecided": lambda: f"{sum(not one.agree for one in all_weighed())}",
    "styles": lambda: spelled(len(STYLES)),
    "n_layer": lambda: f"{n_layer()}",
    "n_layer_small": n_layer_small,
    "count_cot": lambda: count_in_loss("cot_reversed"),
    "count_dots": lambda: count_in_loss("dots"),
    "short_line": lambda: spelled(turns("plain")),
    "long_line": lambda: spelled(turns("cot")),
    "layers_plain": lambda: f"{turns('plain') * n_layer()}",
    "layers_cot": lambda: f"{turns('cot_reversed') * n_layer()}",
    "best_tens": best_tens,
    "n_training": lambda: pairs_from(0.0, HELDOUT_FROM),
    "n_validation": lambda: pairs_from(HELDOUT_FROM, TEST_FROM),
    "n_test": lambda: pairs_from(TEST_FROM, 1.0),
    "worked_pair": worked_pair,
    "twin_errors": twin_errors,
    "twin_first_wrong": twin_first_wrong,
    "unseen_at": lambda: one_in(claims.UNSEEN_AT),
    "wanted_move": lambda: f"{WANTED_MOVE}",
    "most_pairs": lambda: spelled(MOST_PAIRS),
}
