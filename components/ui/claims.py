"""Every measured figure of the book: what is claimed, and the record that carries it.

Prose writes `{claim:NAME}` and gets the figure; a claim whose record is missing shows as missing.
Nothing here computes a result: a claim only reads `checkpoints/*/result.json` and `records/`.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.bounds import lower_bound_95, ratio_of_medians, steps_until
from lab.problems import STYLES
from lab.provenance import REQUIRED, ROOT, read_lines

MISSING = "(not measured yet)"
MARK = re.compile(r"\{(claim|calc):([a-z0-9_.]+)\}")


@dataclass(frozen=True)
class Measured:
    """A figure as prose shows it, with its count of errors and bound where it has them."""

    shown: str
    errors: int | None = None
    n: int | None = None
    bound: float | None = None


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
    return Measured(
        count(reading["errors_strict"], reading["n"]), reading["errors_strict"], reading["n"]
    )


def census_answer(result: dict[str, Any]) -> Measured:
    reading = full_reading(result)
    return Measured(
        count(reading["errors_answer"], reading["n"]), reading["errors_answer"], reading["n"]
    )


def heldout(result: dict[str, Any]) -> Measured:
    reading = full_reading(result)
    errors, n = reading["errors_strict_heldout"], reading["n_heldout"]
    return Measured(count(errors, n), errors, n, reading["lower_bound_95_strict_heldout"])


def heldout_right(result: dict[str, Any]) -> Measured:
    measured = heldout(result)
    assert measured.n is not None and measured.errors is not None
    right = share(measured.n - measured.errors, measured.n)
    return Measured(right, measured.errors, measured.n, measured.bound)


def training_minutes(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['training_seconds'] / 60:.0f} minutes")


def training_tokens(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['training_tokens'] / 1e6:.1f} million tokens")


def parameter_count(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['parameters'] / 1e6:.2f} million")


def known_by_heart(result: dict[str, Any]) -> Measured:
    reading = result["readings"][-1]
    return Measured(
        count(reading["errors_strict"], reading["n"]), reading["errors_strict"], reading["n"]
    )


def part_of(part: int, n: int) -> str:
    return f"{part:,} of {n:,}"


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


def wrong_answers(row: dict[str, Any]) -> Measured:
    return Measured(part_of(row["errors_answer"], row["n"]), row["errors_answer"], row["n"])


def handed(run: str, given: int) -> Callable[[list[dict[str, Any]]], Measured]:
    def pick(rows: list[dict[str, Any]]) -> Measured:
        return wrong_answers(next(r for r in rows if r["cell"] == {"run": run, "given": given}))

    return pick


def worst_head(rows: list[dict[str, Any]]) -> Measured:
    return wrong_answers(max(rows, key=lambda row: row["errors_answer"]))


def most_missed_head(path: Path | None = None) -> tuple[int, int]:
    """(layer, head) of the book's model without which most answers are wrong; (0, 0) unrecorded."""
    try:
        rows = read_record(path or ROOT / HEADS)
    except (FileNotFoundError, ValueError):
        return 0, 0
    cell = max(rows, key=lambda row: row["errors_answer"])["cell"]
    return cell["layer"], cell["head"]


def heads_that_matter(rows: list[dict[str, Any]]) -> Measured:
    return Measured(part_of(sum(row["errors_answer"] > 0 for row in rows), len(rows)))


SHARP = 0.9
"""A head is called sharp if one token gets this much of its weight, on average."""


def sharp_heads(
    rows: Sequence[dict[str, Any]], path: Path | None = None
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The sharp heads, each with its row in the record of what goes wrong without it."""
    errors = {tuple(row["cell"].values()): row for row in read_record(path or ROOT / HEADS)}
    return [
        (row, errors[tuple(row["cell"].values())]) for row in rows if row["largest_weight"] > SHARP
    ]


def count_sharp(rows: list[dict[str, Any]]) -> Measured:
    return Measured(part_of(len(sharp_heads(rows)), len(rows)))


def count_sharp_and_spare(rows: list[dict[str, Any]]) -> Measured:
    """Sharp heads without which no answer is wrong."""
    found = sharp_heads(rows)
    return Measured(part_of(sum(lost["errors_answer"] == 0 for _, lost in found), len(found)))


def sharp_rank(rows: list[dict[str, Any]]) -> Measured:
    """Spearman's rank correlation of largest weight and wrong answers, over all heads."""
    errors = {
        tuple(row["cell"].values()): row["errors_answer"] for row in read_record(ROOT / HEADS)
    }
    sharpness = [row["largest_weight"] for row in rows]
    wrong = [errors[tuple(row["cell"].values())] for row in rows]
    return Measured(f"{statistics.correlation(ranks(sharpness), ranks(wrong)):.2f}")


def ranks(values: Sequence[float]) -> list[float]:
    """The place of each value in order; equal values share the middle of their places."""
    order = sorted(values)
    return [order.index(x) + (order.count(x) - 1) / 2 for x in values]


def pairs_without_a_head(rows: list[dict[str, Any]]) -> Measured:
    return Measured(f"{rows[0]['n']:,}")


PART_NAMES = {"attn_out": "attention", "ffn_out": "FFN"}


def part_name(row: Mapping[str, Any]) -> str:
    return f"{PART_NAMES[row['cell']['part']]} {row['cell']['layer']}"


def missed(most: bool) -> Callable[[list[dict[str, Any]]], Measured]:
    """The attention or FFN without which most answers, or fewest, are wrong, and how many."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        row = (max if most else min)(rows, key=lambda row: row["errors_answer"])
        wrong = wrong_answers(row)
        return Measured(f"{part_name(row)} ({wrong.shown} wrong)", wrong.errors, wrong.n)

    return pick


def missed_more(rows: list[dict[str, Any]]) -> Measured:
    """In how many blocks more answers go wrong without the FFN than without the attention."""
    wrong = {part_name(row): row["errors_answer"] for row in rows}
    n = len({row["cell"]["layer"] for row in rows})
    more = sum(wrong[f"FFN {layer}"] > wrong[f"attention {layer}"] for layer in range(n))
    return Measured(part_of(more, n))


def arm(rows: Sequence[dict[str, Any]], **cell: Any) -> list[dict[str, Any]]:
    """The rows of a record whose cell says this."""
    return [row for row in rows if cell.items() <= row["cell"].items()]


def over_seeds(group: str = "heldout", **cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """Errors in a group of pairs, of all rows whose cell says `cell`: the median and the worst.

    The bound is that of the worst seed.
    """

    def pick(rows: list[dict[str, Any]]) -> Measured:
        seeds = arm(rows, **cell)
        worst = max(seeds, key=lambda row: row[f"errors_{group}"] / row[f"n_{group}"])
        n = worst[f"n_{group}"]
        middle = statistics.median(row[f"errors_{group}"] / row[f"n_{group}"] for row in seeds)
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

    def pick(rows: list[dict[str, Any]]) -> Measured:
        seeds = arm(rows, **cell)
        steps = sorted(steps_until(row["curve"], goal) for row in seeds)
        most = max(row["curve"][-1][0] for row in seeds)
        arrived = [x for x in steps if x < math.inf]
        if not arrived:
            return Measured(f"in none of {len(steps)} seeds within {most:,} steps")
        first, middle = arrived[0], statistics.median(steps)
        if len(steps) == 1:
            return Measured(f"{first:,.0f} steps (one seed)")
        if len(arrived) < len(steps):
            some = f"{part_of(len(arrived), len(steps))} seeds arrive, the first after {first:,.0f}"
            return Measured(
                f"{some} steps" if math.isinf(middle) else f"{middle:,.0f} steps ({some})"
            )
        return Measured(f"{middle:,.0f} steps ({first:,.0f} to {steps[-1]:,.0f})")

    return pick


def steps_ratio(goal: float, setting: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """How many times the steps of rotary positions a learned table takes; the middle 95% of a
    bootstrap over seeds."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        raced = arm(rows, part="race", setting=setting)
        learned, rotary = (
            [steps_until(row["curve"], goal) for row in arm(raced, encoding=encoding)]
            for encoding in ("learned", "rotary")
        )
        found = ratio_of_medians(learned, rotary)
        high = f"{found.high:.2f}" if math.isfinite(found.high) else "no end in sight"
        return Measured(f"{found.ratio:.2f} times (95%: {found.low:.2f} to {high})")

    return pick


def misses(arm_name: str, p: int, q: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums of p by q digits that an arm of `records/lengths.jsonl` gets wrong."""
    return wrong_first(arm=arm_name, p=p, q=q)


def longer_misses(arm_name: str, trained: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums with a number of more than `trained` digits, all shapes together."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        longer = [
            row
            for row in arm(rows, arm=arm_name)
            if max(row["cell"]["p"], row["cell"]["q"]) > trained
        ]
        wrong = sum(row["wrong_digit"] + row["wrong_length"] for row in longer)
        n = sum(row["n"] for row in longer)
        return Measured(count(wrong, n), wrong, n, lower_bound_95(wrong, n))

    return pick


def limited_misses(
    run: str, farthest: list[int], digits: int
) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums that a run of `records/limits.jsonl` gets wrong with distances clipped at `farthest`."""
    return wrong_first(run=run, farthest=farthest, digits=digits)


def wrong_first(**cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums with some first wrong token, in the one row whose cell says `cell`."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        (row,) = arm(rows, **cell)
        wrong, n = row["wrong_digit"] + row["wrong_length"], row["n"]
        return Measured(count(wrong, n), wrong, n, lower_bound_95(wrong, n))

    return pick


def ends_amiss(arm_name: str, p: int, q: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Sums whose first wrong token is one of length."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        (row,) = arm(rows, arm=arm_name, p=p, q=q)
        return Measured(part_of(row["wrong_length"], row["n"]))

    return pick


def pooled(group: str, **cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """Errors in a group of cells, all rows whose cell says `cell` together."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        seeds = arm(rows, **cell)
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
        held = [row["partial_products"] for row in arm(rows, choice=choice)]
        return Measured(part_of(round(statistics.median(held)), 1000))

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

SHARPNESS = "records/sharpness.jsonl"
LIVE = "records/bench_live_runs.json"

PRICES = "records/prices.jsonl"

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
    "ch01.perplexity": Claim(
        "Perplexity of the book's model on held-out sums.",
        PRICES,
        lambda rows: Measured(f"{math.exp(run_row(rows, 'chain_of_thought')['loss']):.6f}"),
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
    **{
        f"ch1.fraction_{round(100 * fraction)}": Claim(
            f"The twin on held-out pairs, trained on {fraction:.0%} of the pairs.",
            "records/fractions.jsonl",
            over_seeds(fraction=fraction),
        )
        for fraction in (0.05, 0.10, 0.20)
    },
    **{
        f"ch1.unseen_{k}": Claim(
            f"Held-out sums with {k} partial products never seen, twin trained on 10%.",
            "records/fractions.jsonl",
            over_seeds(f"unseen_{k}", fraction=0.10),
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
        for name, d_model in (("01m", 64), ("04m", 128), ("16m", 256))
    },
    "ch1.working_01m": Claim(
        "The working on held-out pairs, 0.1M parameters.",
        "records/sizes.jsonl",
        over_seeds(style="cot_reversed"),
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
        f"ch2.limit_{limit}_{digits}x{digits}": Claim(
            f"Validation sums of {digits} by {digits} digits: rotary, no distance over {limit}.",
            "records/limits.jsonl",
            limited_misses("reach_rotary", [limit], digits),
        )
        for limit in (8, 32)
        for digits in (3, 4)
    },
    "ch2.limit_4_2_4x4": Claim(
        "Validation sums of 4 by 4 digits: coupled, at most 4 places and 2 lines.",
        "records/limits.jsonl",
        limited_misses("reach_coupled", [4, 2], 4),
    ),
    "ch2.limit_gaps_4x4": Claim(
        "Validation sums of 4 by 4 digits: coupled with gaps, at most 3 places and 2 lines.",
        "records/limits.jsonl",
        limited_misses("reach_coupled_gaps", [3, 2], 4),
    ),
    "ch2.far_clipped_longer": Claim(
        "Test sums with a number of 5 to 10 digits after training up to 4 by 4: far_clipped.",
        "records/lengths.jsonl",
        longer_misses("far_clipped", 4),
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
    "ch02.sharp": Claim(
        f"Heads of the book's model with over {SHARP} of the weight on one token, on average.",
        SHARPNESS,
        count_sharp,
    ),
    "ch02.sharp_spare": Claim(
        "Of those, heads without which no answer is wrong.", SHARPNESS, count_sharp_and_spare
    ),
    "ch02.sharp_rank": Claim(
        "Rank correlation over all heads: largest weight, wrong answers without it.",
        SHARPNESS,
        sharp_rank,
    ),
    "ch02.heads_pairs": Claim(
        "Pairs on which each head is pulled out.", HEADS, pairs_without_a_head
    ),
    "ch03.parts_that_matter": Claim(
        "Whole attentions and FFNs of the book's model without which some answer is wrong.",
        PARTS,
        heads_that_matter,
    ),
    "ch03.most_missed": Claim(
        "The attention or FFN without which most answers are wrong.", PARTS, missed(most=True)
    ),
    "ch03.least_missed": Claim(
        "The attention or FFN without which fewest answers are wrong.", PARTS, missed(most=False)
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
    """A dict, or rows. `FileNotFoundError` if there is none, `ValueError` if it is damaged."""
    record = read_lines(path) if path.suffix == ".jsonl" else json.loads(path.read_text())
    if not record:
        raise FileNotFoundError(path)
    return record


def source_of(record: Any) -> dict[str, Any]:
    """Provenance: of the last reading, the last row with all rows' seeds, or the document."""
    if isinstance(record, list):
        seeds = [row["seeds"] for row in record if "seeds" in row]
        return record[-1] | ({"seeds": sorted(set().union(*seeds))} if seeds else {})
    readings = record.get("readings")
    return {**record, **readings[-1]} if readings else record


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
