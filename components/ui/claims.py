"""Every measured figure of the book: what is claimed, and the record that carries it.

Prose writes `{claim:NAME}` and gets the figure; a claim whose record is missing shows as missing.
Nothing here computes a result: a claim only reads `checkpoints/*/result.json` and `records/`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from components.ui.runs import BOOK_RUN
from components.ui.words import one_in, spelled
from lab.data.problems import STYLES
from lab.records import REQUIRED, ROOT, read_lines, select
from lab.statistics import in_the_same_order, lower_bound_95, ratio_of_medians, spread, steps_until

MISSING = "(not measured yet)"
MARK = re.compile(r"\{(claim|calc):([a-z0-9_.]+)\}")


@dataclass(frozen=True)
class Measured:
    """A figure as prose shows it, with its count of errors and bound where it has them.

    `read_before`: its test was read, something was chosen, and it was read again. Such a figure
    has no bound, since a bound speaks of one reading.
    """

    shown: str
    errors: int | None = None
    n: int | None = None
    bound: float | None = None
    read_before: bool = False


@dataclass(frozen=True)
class Claim:
    """`pick` reads the figure out of the record: a dict for .json, a list of rows for .jsonl."""

    statement: str
    record: str
    pick: Callable[[Any], Measured]


@dataclass(frozen=True)
class Looked:
    """A claim looked up: its figure and provenance, or why there is none."""

    name: str
    claim: Claim
    measured: Measured | None
    source: Mapping[str, Any]
    problem: str = ""


def count(errors: int, n: int) -> str:
    """0 errors in 10,000 — never 100%."""
    return f"{errors:,} error{'' if errors == 1 else 's'} in {n:,}"


def share(part: int, n: int) -> str:
    """A share of n in hundredths, or the count itself where that would round to none or all."""
    if part in (0, n) or 0.995 <= part / n < 1 or 0 < part / n < 0.005:
        return f"{part:,} in {n:,}"
    return f"{round(100 * part / n)} in 100"


def full_reading(result: dict[str, Any]) -> dict[str, Any]:
    """The latest reading of a run over all 10,000 pairs."""
    return [r for r in result["readings"] if r["n"] == 10_000][-1]


def census(result: dict[str, Any]) -> Measured:
    reading = full_reading(result)
    errors, n = reading["errors_strict"], reading["n"]
    return Measured(count(errors, n), errors, n, read_before=was_read_before(result))


def was_read_before(result: dict[str, Any]) -> bool:
    """Was a run read on test, then changed?"""
    return len(recipes_read(result)) > 1 or result.get("run") in READ_BEFORE


def census_answer(result: dict[str, Any]) -> Measured:
    reading = full_reading(result)
    errors, n = reading["errors_answer"], reading["n"]
    return Measured(count(errors, n), errors, n, read_before=was_read_before(result))


def heldout(result: dict[str, Any]) -> Measured:
    reading, before = full_reading(result), was_read_before(result)
    errors, n = reading["errors_strict_heldout"], reading["n_heldout"]
    bound = None if before else reading["lower_bound_95_strict_heldout"]
    return Measured(count(errors, n), errors, n, bound, before)


def heldout_right(result: dict[str, Any]) -> Measured:
    measured = heldout(result)
    assert measured.n is not None and measured.errors is not None
    return replace(measured, shown=share(measured.n - measured.errors, measured.n))


def recipes_read(result: dict[str, Any]) -> dict[str, int]:
    """Of each recipe that was read on all pairs under a run's name, its errors there.

    Readings of a model that was not kept say in a note which it was.
    """
    whole = [reading for reading in result["readings"] if reading["n"] == 10_000]
    return {reading.get("note", "kept"): reading["errors_strict"] for reading in whole}


def count_recipes(result: dict[str, Any]) -> Measured:
    return Measured(f"{len(recipes_read(result))}")


def errors_of_recipes(result: dict[str, Any]) -> Measured:
    """The fewest and the most errors of the recipes that were not kept."""
    others = [errors for note, errors in recipes_read(result).items() if note != "kept"]
    return Measured(f"{min(others)} to {max(others)} errors")


def training_minutes(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['training_seconds'] / 60:.0f} minutes")


def training_tokens(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['training_tokens'] / 1e6:.1f} million tokens")


def parameter_count(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['parameters'] / 1e6:.2f} million")


def times_that_of(run: str, field: str) -> Callable[[dict[str, Any]], Measured]:
    """A number of a run's result as a multiple of the same of another run."""

    def pick(result: dict[str, Any]) -> Measured:
        other = read_record(ROOT / f"checkpoints/{run}/result.json")
        return Measured(f"{result[field] / other[field]:.2g} times")

    return pick


def trained_share(result: dict[str, Any]) -> Measured:
    return Measured(f"one pair in {one_in(result['recipe']['fraction'])}")


def numbers_of_a_key(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['recipe']['model']['attention']['head_dim']}")


LLAMA = 7e9
"""Parameters of Llama 2 7B (arXiv:2307.09288)."""


def as_llama(result: dict[str, Any]) -> Measured:
    return Measured(f"{round(LLAMA / result['parameters'], -2):,.0f} times")


def widest_reading(result: Mapping[str, Any]) -> dict[str, Any]:
    """Of all readings of a run the one of most problems, and the latest of those."""
    return max(reversed(result["readings"]), key=lambda reading: reading["n"])


def known_by_heart(result: dict[str, Any]) -> Measured:
    reading = widest_reading(result)
    return Measured(
        count(reading["errors_strict"], reading["n"]), reading["errors_strict"], reading["n"]
    )


def part_of(part: int, n: int) -> str:
    return f"{part:,} of {n:,}"


def replaced_census(run: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """A run on all pairs as it was first read, before it was trained on."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        (row,) = [row for row in rows if row["record"] == f"checkpoints/{run}"]
        errors, n = row["errors_strict"], row["n"]
        return Measured(count(errors, n), errors, n, read_before=True)

    return pick


def tampered(outcome: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """How many of all tampered answers had this outcome, over every digit that can vary."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        rows = [row for row in rows if not is_constant_zero(row)]
        part, n = sum(row[outcome] for row in rows), sum(row["n"] for row in rows)
        return Measured(part_of(part, n), None, n)

    return pick


def is_constant_zero(row: Mapping[str, Any]) -> bool:
    """Is it the zero that begins every second partial product?"""
    return row["cell"]["field"] == "partial product 1" and row["place"] == 0


def zero_stayed(rows: list[dict[str, Any]]) -> Measured:
    row = next(row for row in rows if is_constant_zero(row))
    return Measured(part_of(row["stayed"], row["n"]), None, row["n"])


def last_digit_unwritable(rows: list[dict[str, Any]]) -> Measured:
    """Of the answers that neither followed nor stayed when the last digit of the working was
    forged, those that could not follow."""
    row = max(rows, key=lambda row: row["cell"]["position"])
    return Measured(part_of(row["unwritable"], row["neither"]), None, row["neither"])


def wrong_answers(row: dict[str, Any]) -> Measured:
    return Measured(part_of(row["errors_answer"], row["n"]), row["errors_answer"], row["n"])


def handed(run: str, given: int) -> Callable[[list[dict[str, Any]]], Measured]:
    def pick(rows: list[dict[str, Any]]) -> Measured:
        return wrong_answers(next(r for r in rows if r["cell"] == {"run": run, "given": given}))

    return pick


def without_a_head(rows: Sequence[dict[str, Any]], run: str = BOOK_RUN) -> list[dict[str, Any]]:
    """The rows of a model with one head pulled out."""
    return [row for row in select(rows, run=run) if "head" in row["cell"]]


def worst_head(rows: list[dict[str, Any]]) -> Measured:
    return wrong_answers(max(without_a_head(rows), key=lambda row: row["errors_answer"]))


def most_missed_head(path: Path | None = None) -> tuple[int, int]:
    """(layer, head) of the book's model without which most answers are wrong; (0, 0) unrecorded."""
    try:
        rows = without_a_head(read_record(path or ROOT / HEADS))
        cell = max(rows, key=lambda row: row["errors_answer"])["cell"]
    except (FileNotFoundError, ValueError):
        return 0, 0
    return cell["layer"], cell["head"]


def heads_that_matter(rows: list[dict[str, Any]]) -> Measured:
    return parts_that_matter(without_a_head(rows))


def parts_that_matter(rows: list[dict[str, Any]]) -> Measured:
    return Measured(part_of(sum(row["errors_answer"] > 0 for row in rows), len(rows)))


def whole_model(run: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """Wrong answers of a model with nothing pulled out."""
    return lambda rows: wrong_answers(next(row for row in rows if row["cell"] == {"run": run}))


def without_the_others(run: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """Fewest and most wrong answers without a head of any layer but the first."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        later = [row for row in without_a_head(rows, run) if row["cell"]["layer"] > 0]
        wrong = sorted(row["errors_answer"] for row in later)
        return Measured(f"{wrong[0]:,} to {wrong[-1]:,} of {later[0]['n']:,}")

    return pick


def alike(run: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """Of all pairs of heads of which one is missed more, in how many it is the sharper one.

    Heads that are missed alike have no order between them, so such pairs are not counted.
    """
    return lambda rows: Measured(part_of(*same_order(rows, read_record(ROOT / HEADS), run)))


def same_order(
    sharp: Sequence[dict[str, Any]], lost: Sequence[dict[str, Any]], run: str
) -> tuple[int, int]:
    """(pairs of heads in the same order by largest weight and by wrong answers, pairs counted)."""
    errors = {at_head(row): row["errors_answer"] for row in without_a_head(lost, run)}
    heads = [(row["largest_weight"], errors[at_head(row)]) for row in select(sharp, run=run)]
    return in_the_same_order(heads)


def at_head(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["cell"]["layer"], row["cell"]["head"]


def pairs_asked(rows: list[dict[str, Any]]) -> Measured:
    return Measured(f"{rows[0]['n']:,}")


PART_NAMES = {"attn_out": "attention", "ffn_out": "FFN"}


def part_name(row: Mapping[str, Any]) -> str:
    return f"{PART_NAMES[row['cell']['part']]} {row['cell']['layer']}"


def missed_most(rows: list[dict[str, Any]]) -> Measured:
    """The attention or FFN without which most answers are wrong, or all that tie, and how many."""
    tied = at_the_same_place(rows, max(row["errors_answer"] for row in rows))
    wrong = wrong_answers(tied[0])
    names = " and ".join(part_name(row) for row in tied)
    return Measured(f"{names} ({wrong.shown} wrong)", wrong.errors, wrong.n)


def missed_least(rows: list[dict[str, Any]]) -> Measured:
    """How many parts tie for the fewest wrong answers, and how many these are."""
    tied = at_the_same_place(rows, min(row["errors_answer"] for row in rows))
    wrong = wrong_answers(tied[0])
    return Measured(f"{len(tied)} parts ({wrong.shown} wrong)", wrong.errors, wrong.n)


def at_the_same_place(rows: list[dict[str, Any]], errors: int) -> list[dict[str, Any]]:
    return [row for row in rows if row["errors_answer"] == errors]


def missed_more(rows: list[dict[str, Any]]) -> Measured:
    """In how many blocks more answers go wrong without the FFN than without the attention, or
    fewer."""
    wrong = {part_name(row): row["errors_answer"] for row in rows}
    n = len({row["cell"]["layer"] for row in rows})
    leads = [wrong[f"FFN {layer}"] - wrong[f"attention {layer}"] for layer in range(n)]
    more, less = sum(lead > 0 for lead in leads), sum(lead < 0 for lead in leads)
    return Measured(f"{part_of(more, n)} blocks, and less in {less}")


def over_seeds(group: str = "heldout", **cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """Errors in a group of pairs, of all rows whose cell says `cell`: the median and the worst.

    The bound is that of the worst seed.
    """

    def pick(rows: list[dict[str, Any]]) -> Measured:
        seeds = select(rows, **cell)
        worst = max(seeds, key=lambda row: row[f"errors_{group}"] / row[f"n_{group}"])
        n = worst[f"n_{group}"]
        middle = spread(row[f"errors_{group}"] / row[f"n_{group}"] for row in seeds).median
        errors = worst[f"errors_{group}"]
        shown = (
            f"{share(round(middle * n), n)} wrong "
            f"(median of {len(seeds)} seeds; worst {part_of(errors, n)})"
        )
        return Measured(shown, errors, n, lower_bound_95(errors, n))

    return pick


def each_seed(rows: list[dict[str, Any]]) -> Measured:
    """The errors of every seed in the census, one by one: too few seeds for a median."""
    counts = [count(row["errors"], row["n"]) for row in rows]
    worst = max(rows, key=lambda row: row["errors_heldout"])
    errors, n = worst["errors_heldout"], worst["n_heldout"]
    return Measured(" and ".join(counts), errors, n, lower_bound_95(errors, n))


def steps_of(goal: float, **cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """Steps to a goal of all rows whose cell says `cell`: the median and the span of the seeds."""
    before = cell.get("setting") in READ_BEFORE
    return lambda rows: Measured(steps_in_words(select(rows, **cell), goal), read_before=before)


def steps_in_words(seeds: Sequence[dict[str, Any]], goal: float) -> str:
    steps = [steps_until(row["curve"], goal) for row in seeds]
    most = max(row["curve"][-1][0] for row in seeds)
    first, middle, last = spread(steps)
    if math.isinf(first):
        return f"in none of {len(steps)} seeds within {most:,} steps"
    if len(steps) == 1:
        return f"{first:,.0f} steps (one seed)"
    if math.isinf(last):
        arrived = sum(x < math.inf for x in steps)
        some = f"{part_of(arrived, len(steps))} seeds arrive, the first after {first:,.0f}"
        return f"{some} steps" if math.isinf(middle) else f"{middle:,.0f} steps ({some})"
    return f"{middle:,.0f} steps ({first:,.0f} to {last:,.0f})"


def steps_ratio(goal: float, setting: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """How many times the steps of rotary positions a learned table takes; the middle 95% of a
    bootstrap over seeds."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        raced = select(rows, part="race", setting=setting)
        learned, rotary = (
            [steps_until(row["curve"], goal) for row in select(raced, encoding=encoding)]
            for encoding in ("learned", "rotary")
        )
        found = ratio_of_medians(learned, rotary)
        high = f"{found.high:.2f}" if math.isfinite(found.high) else "no end in sight"
        seeds = " and ".join(sorted({f"{len(steps)}" for steps in (learned, rotary)}))
        shown = f"{found.ratio:.2f} times (95%, {seeds} seeds: {found.low:.2f} to {high})"
        return Measured(shown, read_before=setting in READ_BEFORE)

    return pick


def misses(arm_name: str, p: int, q: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums of p by q digits that an arm of `records/lengths.jsonl` gets wrong."""
    return wrong_first(arm=arm_name, p=p, q=q)


def longer_misses(arm_name: str, trained: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums with a number of more than `trained` digits, all shapes together."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        longer = [
            row
            for row in select(rows, arm=arm_name)
            if max(row["cell"]["p"], row["cell"]["q"]) > trained
        ]
        return first_wrong_of(longer, arm_name in READ_BEFORE)

    return pick


def all_misses(arm_name: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums of all shapes together that an arm gets wrong."""
    return lambda rows: first_wrong_of(select(rows, arm=arm_name), read_before=True)


READ_BEFORE = (
    *("gaps", "coupled_clipped", "coupled_slow_clipped", "far_coupled", "far_clipped"),
    *("rope", "packed"),
)
"""Arms, a run and a race of which something was changed after a reading of test."""


def first_wrong_of(rows: Sequence[dict[str, Any]], read_before: bool) -> Measured:
    """Sums with some first wrong token, all rows together."""
    wrong = sum(row["wrong_digit"] + row["wrong_length"] for row in rows)
    n = sum(row["n"] for row in rows)
    bound = None if read_before else lower_bound_95(wrong, n)
    return Measured(count(wrong, n), wrong, n, bound, read_before)


def wrong_digits(arm_name: str, p: int, q: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums whose first wrong token is a digit."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        (row,) = select(rows, arm=arm_name, p=p, q=q)
        errors, n = row["wrong_digit"], row["n"]
        return Measured(part_of(errors, n), errors, n, read_before=arm_name in READ_BEFORE)

    return pick


def replaced(pick: Callable[[list[dict[str, Any]]], Measured], record: str) -> Callable[..., Any]:
    """The same figure as it was before: read off the rows of a record that were replaced."""

    def pick_replaced(rows: list[dict[str, Any]]) -> Measured:
        return replace(
            pick([row for row in rows if row["record"] == record]), bound=None, read_before=True
        )

    return pick_replaced


def limited_misses(
    run: str, farthest: list[int], digits: int
) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums that a run of `records/limits.jsonl` gets wrong with distances clipped at `farthest`."""
    return wrong_first(run=run, farthest=farthest, digits=digits)


def wrong_first(**cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums with some first wrong token, in the one row whose cell says `cell`."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        (row,) = select(rows, **cell)
        return first_wrong_of([row], cell.get("arm") in READ_BEFORE)

    return pick


def ends_amiss(arm_name: str, p: int, q: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums whose first wrong token is one of length."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        (row,) = select(rows, arm=arm_name, p=p, q=q)
        return Measured(part_of(row["wrong_length"], row["n"]))

    return pick


def count_seeds(rows: list[dict[str, Any]]) -> Measured:
    return Measured(spelled(len({row["cell"]["seed"] for row in rows})))


def hidden_share(rows: list[dict[str, Any]]) -> Measured:
    """The cells of the table that were hidden, over all runs."""
    hidden = sum(row["n_hidden"] for row in rows)
    return Measured(share(hidden, hidden + sum(row["n_shown"] for row in rows)))


def most_right_by(rows: list[dict[str, Any]]) -> Measured:
    """The check at which more than half is right in the last of the seeds, and where runs end."""
    curves = [row["curve"] for row in select(rows, style="cot_reversed")]
    first = [
        next(x["step"] for x in curve if 2 * x["errors_validation"] < x["n_validation"])
        for curve in curves
    ]
    return Measured(part_of(max(first), max(curve[-1]["step"] for curve in curves)))


def million_parameters(d_model: int) -> Callable[[list[dict[str, Any]]], Measured]:
    return lambda rows: Measured(
        f"{select(rows, d_model=d_model)[0]['parameters'] / 1e6:.1f} million"
    )


def pooled(group: str, **cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """Errors in a group of cells, all rows whose cell says `cell` together."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        seeds = select(rows, **cell)
        errors, n = (sum(row[f"{kind}_{group}"] for row in seeds) for kind in ("errors", "n"))
        return Measured(part_of(errors, n), errors, n)

    return pick


def table_known(document: dict[str, Any]) -> Measured:
    run = document["hundred"]
    return Measured(count(run["errors"], run["n"]), run["errors"], run["n"])


def run_row(rows: list[dict[str, Any]], run: str) -> dict[str, Any]:
    return next(row for row in rows if row["cell"]["run"] == run)


def right_of(what: str, run: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """How many tokens, or whole texts, of a run's held-out sums come out right."""
    n_of = {"tokens": "n_tokens", "texts": "n"}[what]

    def pick(rows: list[dict[str, Any]]) -> Measured:
        row = run_row(rows, run)
        errors, n = row[f"errors_{what}"], row[n_of]
        return Measured(share(n - errors, n), errors, n)

    return pick


def products_of(choice: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """How many of the 1,000 partial products the 300 pairs hold: the median over the seeds."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        held = [row["partial_products"] for row in select(rows, choice=choice)]
        return Measured(part_of(round(spread(held).median), 1000))

    return pick


def live_cell(n_runs: int, field: str, unit: str) -> Callable[[dict[str, Any]], Measured]:
    def pick(document: dict[str, Any]) -> Measured:
        cell = next(cell for cell in document["cells"] if cell["runs"] == n_runs)
        return Measured(f"{cell[field]:,.3g} {unit}")

    return pick


def live_heldout(document: dict[str, Any]) -> Measured:
    run = document["default_run"]
    errors, n = run["errors_heldout"], run["n_heldout"]
    return Measured(count(errors, n), errors, n, lower_bound_95(errors, n))


def attention_ratio(document: dict[str, Any]) -> Measured:
    return Measured(f"{document['ratio']:.2f} times")


ROPE = "records/rope.jsonl"
GOAL, FINE_GOAL, FINEST_GOAL = 0.05, 0.01, 0.001
ROTARY_LIMITS = {"short": 8, "long": 32}
"""Limits on the distance of tokens that prose names, for plain rotary positions."""

LIMIT = (3, 2)
"""Farthest place and line of the small coupled networks."""

FRACTIONS, UNSEEN_AT = (0.05, 0.10, 0.20), 0.10
"""Shares of the pairs that the twin is trained on, and the one at which recall is told apart."""

RACE_BASES = (3, 10, 1000, 10_000)
RACE_SETTINGS, RACE_ENCODINGS = ("fixed", "mixed", "packed"), ("rotary", "learned", "none")

REACH_ARMS = (
    "learned",
    "none",
    "rotary",
    "interpolated",
    "yarn",
    "gaps",
    "coupled",
    "coupled_gaps",
    "coupled_slow",
    "coupled_clipped",
    "coupled_slow_clipped",
)
FAR_ARMS = ("far_rotary", "far_coupled", "far_clipped")

TIMES = "checkpoints/times_table/result.json"

COT, PLAIN, FEW = (
    f"checkpoints/{r}/result.json" for r in ("chain_of_thought", "plain", "few_pairs")
)
TAMPER, HANDED, HEADS = (f"records/{name}.jsonl" for name in ("tamper", "handed", "heads"))

SHARPNESS, REPLACED = "records/sharpness.jsonl", "records/replaced.jsonl"
LIVE = "records/bench_live_runs.json"

PRICES = "records/prices.jsonl"

PLAIN_SIZES = (("01m", 64), ("04m", 128), ("16m", 256))

MLP, HOLDOUT = "records/bench_mlp.json", "records/holdout.jsonl"

PARTS = "records/parts.jsonl"

CLAIMS: dict[str, Claim] = {
    "ch0.ten_seeds": Claim(
        "The ten by ten table, random starts tried.",
        MLP,
        lambda document: Measured(f"{document['ten']['starts']}"),
    ),
    "ch0.ten_seconds": Claim(
        "Seconds until the network knows the ten by ten table whole, median.",
        MLP,
        lambda document: Measured(f"{document['ten']['seconds_median']:.2f} seconds"),
    ),
    "ch0.ten_worst": Claim(
        "Seconds until the network knows the ten by ten table whole, slowest seed.",
        MLP,
        lambda document: Measured(f"{document['ten']['seconds_worst']:.2f} seconds"),
    ),
    "ch0.hundred": Claim("The hundred by hundred table, by heart.", MLP, table_known),
    "ch0.hundred_seconds": Claim(
        "Seconds until the network knows the hundred by hundred table.",
        MLP,
        lambda document: Measured(f"{document['hundred']['seconds']:.0f} seconds"),
    ),
    "ch0.hundred_parameters": Claim(
        "Parameters of the network that knows the hundred by hundred table.",
        MLP,
        lambda document: Measured(f"{document['hundred']['parameters']:,}"),
    ),
    "ch0.gradient_error": Claim(
        "Backpropagation against finite differences, every activation: the worst tensor.",
        MLP,
        lambda document: Measured(
            f"{max(document['gradient_errors'].values()) * 1e9:.1f} billionths"
        ),
    ),
    **{
        f"ch0.holdout_{name}": Claim(
            f"A fifth of the table hidden, {encoding} in, {target} out: hidden cells wrong.",
            HOLDOUT,
            pooled("hidden", encoding=encoding, target=target),
        )
        for name, encoding, target in (
            ("one_hot", "one_hot", "class"),
            ("digits", "digits", "digits"),
            ("scalar", "scalar", "regression"),
            ("log_class", "log", "class"),
            ("log", "log", "regression"),
        )
    },
    **{
        f"ch0.holdout_{name}": Claim(
            f"The same, one_hot in, class out: {said}.",
            HOLDOUT,
            pooled(group, encoding="one_hot", target="class"),
        )
        for name, group, said in (
            ("guess", "guess", "wrong if the most frequent product is always said"),
            ("zero", "hidden_zero", "hidden products that are zero"),
            ("nonzero", "hidden_nonzero", "hidden products that are not zero"),
        )
    },
    "ch0.holdout_seeds": Claim("Runs of each way to write the table.", HOLDOUT, count_seeds),
    "ch0.holdout_hidden": Claim(
        "Cells of the table that were hidden, over all runs.", HOLDOUT, hidden_share
    ),
    "ch01.perplexity": Claim(
        "Perplexity of the book's model on held-out sums, less one.",
        PRICES,
        lambda rows: Measured(
            f"{math.expm1(run_row(rows, BOOK_RUN)['loss']) * 1e9:.0f} billionths"
        ),
    ),
    "ch01.few_tokens": Claim(
        "Tokens of held-out sums right, the small twin, teacher forced.",
        PRICES,
        right_of("tokens", "few_pairs"),
    ),
    "ch01.few_texts": Claim(
        "Held-out sums right in every token, the small twin.",
        PRICES,
        right_of("texts", "few_pairs"),
    ),
    "ch7.parameters": Claim("Parameters of the times table run.", TIMES, parameter_count),
    "ch7.llama": Claim(
        "Parameters of Llama 2 7B as a multiple of those of the times table run.", TIMES, as_llama
    ),
    "ch7.errors": Claim(
        "The times table run on all hundred one-digit products, all of which it has seen.",
        TIMES,
        known_by_heart,
    ),
    "ch1.census": Claim("The book's model multiplies all pairs up to 99.", COT, census),
    "ch1.census_answer": Claim(
        "The book's model, all pairs, counting wrong answers alone.", COT, census_answer
    ),
    "ch1.heldout": Claim("The book's model is right on held-out pairs.", COT, heldout),
    "ch1.parameters": Claim("Parameters of the book's model.", COT, parameter_count),
    "ch1.minutes": Claim("Training of the book's model, by the clock.", COT, training_minutes),
    "ch1.tokens": Claim("Text read in training by the book's model.", COT, training_tokens),
    "ch1.plain_heldout": Claim("The plain model on held-out pairs.", PLAIN, heldout),
    "ch1.plain_heldout_right": Claim(
        "Held-out pairs that the plain model gets right.", PLAIN, heldout_right
    ),
    "ch1.plain_tokens": Claim("Text read in training by the plain model.", PLAIN, training_tokens),
    "ch1.few_share": Claim("Pairs that the small twin is trained on.", FEW, trained_share),
    "ch1.times_few": Claim(
        "Parameters of the book's model as a multiple of those of the small twin.",
        COT,
        times_that_of("few_pairs", "parameters"),
    ),
    "ch1.few_heldout": Claim("The small twin on held-out pairs.", FEW, heldout),
    "ch1.tamper_zero_stayed": Claim(
        "With the constant zero forged, the answer stays true.", TAMPER, zero_stayed
    ),
    "ch1.tamper_followed": Claim(
        "The answer moves exactly as a forged digit implies.", TAMPER, tampered("followed")
    ),
    "ch1.tamper_stayed": Claim(
        "The answer stays true though a digit is forged.", TAMPER, tampered("stayed")
    ),
    "ch1.tamper_neither": Claim(
        "The answer does neither when a digit is forged.", TAMPER, tampered("neither")
    ),
    "ch1.tamper_last": Claim(
        "Last digit of the working forged, the answer does neither: it would need five digits.",
        TAMPER,
        last_digit_unwritable,
    ),
    "ch1.recipes_read": Claim(
        "Recipes of the book's model that were read on all pairs, the kept one included.",
        COT,
        count_recipes,
    ),
    "ch1.recipes_errors": Claim(
        "Errors of those that were not kept, on all pairs.", COT, errors_of_recipes
    ),
    "ch1.few_given_0": Claim(
        "Wrong answers of the small twin, writing everything itself.",
        HANDED,
        handed("few_pairs", 0),
    ),
    "ch1.other_seeds": Claim(
        "The book's model trained from seeds 1 and 2, on all 10,000 pairs.",
        "records/seeds.jsonl",
        each_seed,
    ),
    "ch1.few_given_1": Claim(
        "Wrong answers of the small twin, handed the first partial product.",
        HANDED,
        handed("few_pairs", 1),
    ),
    "ch1.few_given_2": Claim(
        "Wrong answers of the small twin, handed both partial products.",
        HANDED,
        handed("few_pairs", 2),
    ),
    "ch1.heads_that_matter": Claim(
        "Heads of the book's model without which some answer is wrong.", HEADS, heads_that_matter
    ),
    "ch1.worst_head_pairs": Claim(
        "Wrong answers of the book's model without its most missed head.", HEADS, worst_head
    ),
    **{
        f"ch1.race_{style}": Claim(
            f"The twin on held-out pairs, format {style}, all at equal tokens.",
            "records/race.jsonl",
            over_seeds(style=style),
        )
        for style in STYLES
    },
    "ch1.race_seeds": Claim("Seeds of each format.", "records/race.jsonl", count_seeds),
    "ch1.most_right_by": Claim(
        "Steps until most validation pairs are right, with working, the slowest seed.",
        "records/race.jsonl",
        most_right_by,
    ),
    **{
        f"ch1.fraction_{round(100 * fraction)}": Claim(
            f"The twin on held-out pairs, trained on {fraction:.0%} of the pairs.",
            "records/fractions.jsonl",
            over_seeds(fraction=fraction),
        )
        for fraction in FRACTIONS
    },
    **{
        f"ch1.unseen_{k}": Claim(
            f"Held-out sums with {k} partial products never seen, twin trained on 10%.",
            "records/fractions.jsonl",
            over_seeds(f"unseen_{k}", fraction=UNSEEN_AT),
        )
        for k in range(3)
    },
    **{
        f"ch1.{choice}_300": Claim(
            f"The twin on held-out pairs, trained on 300 {choice} pairs.",
            "records/choice.jsonl",
            over_seeds(choice=choice),
        )
        for choice in ("chosen", "random")
    },
    "ch1.choice_pairs": Claim(
        "Pairs of a list, chosen or random.",
        "records/choice.jsonl",
        lambda rows: Measured(f"{rows[0]['n_pairs']}"),
    ),
    "ch1.random_300_products": Claim(
        "Partial products in 300 random pairs.", "records/choice.jsonl", products_of("random")
    ),
    "ch1.chosen_300_products": Claim(
        "Partial products in 300 chosen pairs.", "records/choice.jsonl", products_of("chosen")
    ),
    **{
        f"ch1.plain_{name}": Claim(
            f"The plain format on held-out pairs, {name} parameters.",
            "records/sizes.jsonl",
            over_seeds(style="plain", d_model=d_model),
        )
        for name, d_model in PLAIN_SIZES
    },
    **{
        f"ch1.size_{name}": Claim(
            f"Parameters of a network of width {d_model}.",
            "records/sizes.jsonl",
            million_parameters(d_model),
        )
        for name, d_model in PLAIN_SIZES
    },
    "ch1.working_01m": Claim(
        "The working on held-out pairs, 0.1M parameters.",
        "records/sizes.jsonl",
        over_seeds(style="cot_reversed"),
    ),
    "ch1.hidden_numbers": Claim(
        "Numbers of all hundred that stood in no training pair.",
        "records/operands.jsonl",
        lambda rows: Measured(spelled(rows[0]["cell"]["numbers"])),
    ),
    **{
        f"ch1.strange_{k}": Claim(
            f"Test sums with {k} of 20 numbers that stood in no training pair.",
            "records/operands.jsonl",
            over_seeds(f"strange_{k}"),
        )
        for k in range(3)
    },
    "ch2.tokens": Claim(
        "Text that each of the small networks of chapter 2 read.",
        "checkpoints/rope_small/result.json",
        training_tokens,
    ),
    **{
        f"ch2.{name}_errors": Claim(
            f"The small network with {words} in a stream, on all 10,000 pairs.",
            f"checkpoints/{run}/result.json",
            census,
        )
        for name, words, run in (
            ("rotary", "rotary positions", "rope_small"),
            ("learned", "a learned table", "learned_small"),
            ("none", "no positions", "unordered_small"),
        )
    },
    "ch2.full_errors": Claim(
        "The full-size network with rotary positions in a stream, on all 10,000 pairs.",
        "checkpoints/rope/result.json",
        census,
    ),
    "ch2.full_tokens": Claim(
        "Text that the full-size network of chapter 2 read.",
        "checkpoints/rope/result.json",
        training_tokens,
    ),
    **{
        f"ch2.{name}": Claim(
            f"{what} as a multiple of the same of {other}.",
            f"checkpoints/{run}/result.json",
            times_that_of(other, field),
        )
        for name, what, run, other, field in (
            ("full_times", "Parameters of rope", "rope", "rope_small", "parameters"),
            (
                "far_times",
                "Parameters of far_coupled",
                "far_coupled",
                "reach_coupled_slow",
                "parameters",
            ),
            (
                "gaps_times",
                "Text read by reach_gaps",
                "reach_gaps",
                "reach_rotary",
                "training_tokens",
            ),
        )
    },
    **{
        f"ch2.{setting}_{encoding}": Claim(
            f"Steps until 1 in 20 test sums is wrong: {setting} text, {encoding} positions.",
            ROPE,
            steps_of(GOAL, part="race", setting=setting, encoding=encoding),
        )
        for setting in RACE_SETTINGS
        for encoding in RACE_ENCODINGS
    },
    **{
        f"ch2.ratio_{setting}": Claim(
            f"Steps of a learned table as a multiple of those of rotary positions, {setting} text.",
            ROPE,
            steps_ratio(GOAL, setting),
        )
        for setting in RACE_SETTINGS
    },
    **{
        f"ch2.{name}_{setting}_{encoding}": Claim(
            f"Steps until 1 in {words} test sums is wrong: {setting} text, {encoding} positions.",
            ROPE,
            steps_of(goal, part="race", setting=setting, encoding=encoding),
        )
        for name, words, goal, settings in (
            ("hundred", "100", FINE_GOAL, ("fixed", "packed")),
            ("thousand", "1,000", FINEST_GOAL, ("packed",)),
        )
        for setting in settings
        for encoding in ("rotary", "learned")
    },
    **{
        f"ch2.full_{encoding}": Claim(
            f"Steps until 1 in 20 test sums is wrong in the stream, at full size: {encoding}.",
            ROPE,
            steps_of(GOAL, part="full size", encoding=encoding),
        )
        for encoding in ("rotary", "learned")
    },
    **{
        f"ch2.base_{base}": Claim(
            f"Steps until 1 in 20 test sums is wrong in the stream: rotary, base {base}.",
            ROPE,
            steps_of(GOAL, part="base", base=float(base)),
        )
        for base in RACE_BASES
    },
    **{
        f"ch2.{name}_{size}x{size}": Claim(
            f"Test sums of {size} by {size} digits after training up to 3 by 3: {name}.",
            "records/lengths.jsonl",
            misses(name, size, size),
        )
        for name in REACH_ARMS
        for size in range(3, 7)
    },
    **{
        f"ch2.{name}_{size}x{size}": Claim(
            f"Test sums of {size} by {size} digits after training up to 4 by 4: {name}.",
            "records/lengths.jsonl",
            misses(name, size, size),
        )
        for name in FAR_ARMS
        for size in range(4, 11)
    },
    **{
        f"ch2.limit_{name}_{digits}x{digits}": Claim(
            f"Validation sums of {digits} by {digits} digits: rotary, no distance over {limit}.",
            "records/limits.jsonl",
            limited_misses("reach_rotary", [limit], digits),
        )
        for name, limit in ROTARY_LIMITS.items()
        for digits in (3, 4)
    },
    "ch2.limit_wider_4x4": Claim(
        "Validation sums of 4 by 4 digits: coupled, one place more than the limit.",
        "records/limits.jsonl",
        limited_misses("reach_coupled", [LIMIT[0] + 1, LIMIT[1]], 4),
    ),
    "ch2.limit_gaps_4x4": Claim(
        "Validation sums of 4 by 4 digits: coupled with gaps, at the limit of the others.",
        "records/limits.jsonl",
        limited_misses("reach_coupled_gaps", list(LIMIT), 4),
    ),
    "ch2.far_clipped_longer": Claim(
        "Test sums with a number of 5 to 10 digits after training up to 4 by 4: far_clipped.",
        "records/lengths.jsonl",
        longer_misses("far_clipped", 4),
    ),
    **{
        f"ch2.far_coupled_digits_{p}x{q}": Claim(
            f"Test sums of {p} by {q} digits whose first wrong token is a digit: far_coupled.",
            "records/lengths.jsonl",
            wrong_digits("far_coupled", p, q),
        )
        for p, q in ((1, 6), (1, 7), (8, 3), (9, 3), (10, 3))
    },
    "ch2.coupled_slow_1x5": Claim(
        "Test sums of 1 by 5 digits after training up to 3 by 3: coupled_slow.",
        "records/lengths.jsonl",
        misses("coupled_slow", 1, 5),
    ),
    "ch2.far_coupled_all": Claim(
        "Test sums of 1 to 10 digits by 1 to 10, all shapes together: far_coupled.",
        "records/lengths.jsonl",
        all_misses("far_coupled"),
    ),
    **{
        f"ch2.replaced_{name}": Claim(
            f"The same as it was first read, before it was trained for longer: {arm_name}.",
            REPLACED,
            replaced(all_misses(arm_name), "lengths"),
        )
        for name, arm_name in (("far", "far_coupled"), ("gaps", "gaps"))
    },
    "ch2.replaced_rope": Claim(
        "The full-size network with rotary positions before it was trained on, on all pairs.",
        REPLACED,
        replaced_census("rope"),
    ),
    "ch2.replaced_ratio": Claim(
        "Steps of a learned table as a multiple of rotary's, packed text, as first measured.",
        REPLACED,
        replaced(steps_ratio(GOAL, "packed"), "rope"),
    ),
    "ch2.coupled_slow_ends_5x5": Claim(
        "Test sums of 5 by 5 digits whose first wrong token is one of length: coupled_slow.",
        "records/lengths.jsonl",
        ends_amiss("coupled_slow", 5, 5),
    ),
    "live.default_seconds": Claim(
        "The live run that stands on the page untouched, alone, from the click to its end.",
        LIVE,
        lambda document: Measured(f"{document['default_run']['seconds']:.0f} seconds"),
    ),
    "live.default_heldout": Claim("That run, on held-out pairs.", LIVE, live_heldout),
    "live.slider_p95": Claim(
        "A slider that redraws a traced forward pass, 4 readers training: 95 of 100 moves within.",
        LIVE,
        live_cell(4, "slider_p95_ms", "ms"),
    ),
    "live.first_progress": Claim(
        "Of 8 runs started together, the last to show progress.",
        LIVE,
        live_cell(8, "seconds_to_first_progress", "s"),
    ),
    "live.stop": Claim(
        "From Stop to the page that says so, 8 runs, the slowest.",
        LIVE,
        live_cell(8, "seconds_to_stop", "s"),
    ),
    "lab.attention_ratio": Claim(
        "Training speed of written-out attention over torch's fused kernel.",
        "records/bench_attention.json",
        attention_ratio,
    ),
    **{
        f"ch02.order_{name}": Claim(
            f"Pairs of heads of which one is missed more: it is the sharper one, {words}.",
            SHARPNESS,
            alike(run),
        )
        for name, words, run in (
            ("book", "the book's model", BOOK_RUN),
            ("twin", "the small twin", "few_pairs"),
            ("rotary", "the rotary model of full size", "rope"),
        )
    },
    "ch02.twin_spare": Claim(
        "Wrong answers of the small twin without one head of its later layers.",
        HEADS,
        without_the_others("few_pairs"),
    ),
    "ch02.twin_whole": Claim(
        "Wrong answers of the small twin with every head in place.", HEADS, whole_model("few_pairs")
    ),
    "ch02.key_numbers": Claim("Numbers of a key of the book's model.", COT, numbers_of_a_key),
    "ch02.heads_pairs": Claim("Pairs on which each head is pulled out.", HEADS, pairs_asked),
    "ch03.parts_pairs": Claim(
        "Pairs on which each attention and each FFN is pulled out.", PARTS, pairs_asked
    ),
    "ch03.parts_that_matter": Claim(
        "Whole attentions and FFNs of the book's model without which some answer is wrong.",
        PARTS,
        parts_that_matter,
    ),
    "ch03.most_missed": Claim(
        "The attention or FFN without which most answers are wrong.", PARTS, missed_most
    ),
    "ch03.least_missed": Claim(
        "Attentions and FFNs without which fewest answers are wrong.", PARTS, missed_least
    ),
    "ch03.ffn_missed_more": Claim(
        "Blocks whose FFN is missed more than their attention.", PARTS, missed_more
    ),
}


def look_up(name: str, root: Path = ROOT) -> Looked:
    """A claim's figure and where it comes from; `problem` says what is missing."""
    claim = CLAIMS[name]
    try:
        record = read_record(root / claim.record)
        measured = claim.pick(record)
        source = source_of(record)
    except FileNotFoundError:
        return Looked(name, claim, None, {}, f"{claim.record} is missing")
    except (LookupError, StopIteration, ValueError, TypeError, ZeroDivisionError) as error:
        return Looked(name, claim, None, {}, f"{claim.record} lacks it ({error!r})")
    lacking = [field for field in (*REQUIRED, "seeds") if field not in source]
    if lacking:
        return Looked(name, claim, None, source, f"{claim.record} lacks {', '.join(lacking)}")
    return Looked(name, claim, measured, source)


def read_record(path: Path) -> Any:
    """A dict, or rows, to be read and not changed.

    `FileNotFoundError` if there is none, `ValueError` if it is damaged.
    """
    about = path.stat()
    return parsed(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def parsed(path: Path, changed: int, size: int) -> Any:
    """A record as it is since it last `changed`: a page asks for some again and again."""
    record = read_lines(path) if path.suffix == ".jsonl" else json.loads(path.read_text())
    if not record:
        raise FileNotFoundError(path)
    return record


def source_of(record: Any) -> dict[str, Any]:
    """Provenance: of the widest reading, the last row with all rows' seeds, or the document."""
    if isinstance(record, list):
        seeds = [row["seeds"] for row in record if "seeds" in row]
        return record[-1] | ({"seeds": sorted(set().union(*seeds))} if seeds else {})
    return {**record, **widest_reading(record)} if record.get("readings") else record


def fill(text: str, calculations: Mapping[str, Callable[[], str]]) -> str:
    """Put figures where the prose has `{claim:NAME}` and `{calc:NAME}`."""

    def figure(match: re.Match[str]) -> str:
        kind, name = match.groups()
        if kind == "calc":
            return calculations[name]()
        measured = look_up(name).measured
        return measured.shown if measured else MISSING

    return MARK.sub(figure, text)


def claims_in(text: str) -> list[str]:
    return [name for kind, name in MARK.findall(text) if kind == "claim"]
