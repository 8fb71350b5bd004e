"""The measured figures of chapter 1: of the book's model, its twins and the live run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from components.ui.chapters.ch10 import fetches
from components.ui.claims.core import Claim
from components.ui.claims.readings import (
    HEADS,
    census,
    count_seeds,
    full_reading,
    heldout,
    over_seeds,
    parameter_count,
    parts_that_matter,
    recipes_read,
    result_of,
    times_that_of,
    was_read_before,
    without_a_head,
    wrong_answers,
)
from components.ui.runs import BOOK_RUN
from components.ui.words import one_in, spelled
from lab.data.problems import Format
from lab.readings import Measured, errors_in, part_of, share_of
from lab.records import select
from lab.statistics import lower_bound_95, spread

TAMPER, HANDED = "records/tamper.jsonl", "records/handed.jsonl"
MIRRORED, FETCHED = "records/mirrored.jsonl", "records/fetched.jsonl"
SILENCED = "records/silenced.jsonl"

ONE_OF_EACH = "one order of each pair"
"""As `lab.experiments.mirrored` says it, which needs torch; a test holds the two together."""

LIVE = "records/bench_live_runs.json"

FRACTIONS, UNSEEN_AT = (0.05, 0.10, 0.20), 0.10
"""Shares of the pairs that the twin is trained on, and the one at which recall is told apart."""

SHIFTED = Format("cot_reversed").partial_products[1]
"""The partial product that counts tens, so that its first token is a zero."""


def count_recipes(result: dict[str, Any]) -> Measured:
    return Measured(f"{len(recipes_read(result))}")


def errors_of_recipes(result: dict[str, Any]) -> Measured:
    """The fewest and the most errors of the recipes that were not kept."""
    others = [errors for note, errors in recipes_read(result).items() if note != "kept"]
    return Measured(f"{min(others)} to {max(others)} errors")


def trained_share(result: dict[str, Any]) -> Measured:
    return Measured(f"one pair in {one_in(result['recipe']['fraction'])}")


def each_seed(rows: list[dict[str, Any]]) -> Measured:
    """The errors of every seed in the census, one by one: too few seeds for a median."""
    counts = [errors_in(row["errors"], row["n"]) for row in rows]
    worst = max(rows, key=lambda row: row["errors_heldout"])
    errors, n = worst["errors_heldout"], worst["n_heldout"]
    return Measured(" and ".join(counts), errors, n, lower_bound_95(errors, n))


def tampered(outcome: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """How many of all tampered answers had this outcome, over every digit that can vary."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        rows = [row for row in rows if not is_constant_zero(row)]
        part, n = sum(row[outcome] for row in rows), sum(row["n"] for row in rows)
        return Measured(part_of(part, n), None, n)

    return pick


def is_constant_zero(row: Mapping[str, Any]) -> bool:
    """Is it the zero that begins every second partial product?"""
    return row["cell"]["field"] == SHIFTED.label and row["place"] == 0


def zero_stayed(rows: list[dict[str, Any]]) -> Measured:
    row = next(row for row in rows if is_constant_zero(row))
    return Measured(part_of(row["stayed"], row["n"]), None, row["n"])


def last_digit_unwritable(rows: list[dict[str, Any]]) -> Measured:
    """Of the answers that neither followed nor stayed when the last digit of the working was
    forged, those that could not follow."""
    row = max(rows, key=lambda row: row["cell"]["position"])
    return Measured(part_of(row["unwritable"], row["neither"]), None, row["neither"])


def handed(run: str, given: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Texts with a wrong token when the first `given` partial products are handed over."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        (row,) = select(rows, run=run, given=given)
        return Measured(part_of(row["errors_strict"], row["n"]), row["errors_strict"], row["n"])

    return pick


def heads_that_matter(rows: list[dict[str, Any]]) -> Measured:
    return parts_that_matter(without_a_head(rows))


def worst_head(rows: list[dict[str, Any]]) -> Measured:
    return wrong_answers(max(without_a_head(rows), key=lambda row: row["errors_answer"]))


def most_right_by(rows: list[dict[str, Any]]) -> Measured:
    """The check at which more than half is right in the last of the seeds, and where runs end."""
    curves = [row["curve"] for row in select(rows, style="cot_reversed")]
    first = [
        next(x["step"] for x in curve if 2 * x["errors_validation"] < x["n_validation"])
        for curve in curves
    ]
    return Measured(part_of(max(first), max(curve[-1]["step"] for curve in curves)))


def products_of(choice: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """How many of the 1,000 partial products the 300 pairs hold: the median over the seeds."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        held = [row["partial_products"] for row in select(rows, choice=choice)]
        return Measured(part_of(round(spread(held).median), 1000))

    return pick


def million_parameters(d_model: int) -> Callable[[list[dict[str, Any]]], Measured]:
    return lambda rows: Measured(
        f"{select(rows, d_model=d_model)[0]['parameters'] / 1e6:.1f} million"
    )


def live_heldout(document: dict[str, Any]) -> Measured:
    run = document["default_run"]
    errors, n = run["errors_heldout"], run["n_heldout"]
    return Measured(errors_in(errors, n), errors, n, lower_bound_95(errors, n))


def middle(group: str = "heldout", **cell: Any) -> Callable[[list[dict[str, Any]]], Measured]:
    """Errors in a group of pairs, the median of the seeds; the bound is that of the worst."""
    worst = over_seeds(group, **cell)

    def pick(rows: list[dict[str, Any]]) -> Measured:
        seeds = select(rows, **cell)
        n = seeds[0][f"n_{group}"]
        median = spread(row[f"errors_{group}"] / row[f"n_{group}"] for row in seeds).median
        return replace(worst(rows), shown=share_of(round(median * n), n))

    return pick


def heldout_share(result: dict[str, Any]) -> Measured:
    found = heldout(result)
    return replace(found, shown=share_of(found.errors or 0, found.n or 1))


def by_order(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs on half of the orders, without those on one order of each pair."""
    return [row for row in rows if "shown" not in row["cell"]]


def split_by_order(
    pick: Callable[[list[dict[str, Any]]], Measured],
) -> Callable[[list[dict[str, Any]]], Measured]:
    return lambda rows: pick(by_order(rows))


def wrong_in_census(kind: str) -> Callable[[dict[str, Any]], Measured]:
    """Of all pairs those with a wrong token (`strict`), or a wrong product (`answer`)."""

    def pick(result: dict[str, Any]) -> Measured:
        reading = full_reading(result)
        errors, n = reading[f"errors_{kind}"], reading["n"]
        return Measured(f"{errors:,}", errors, n, read_before=was_read_before(result))

    return pick


def silenced(run: str, *layers: int) -> Callable[[list[dict[str, Any]]], Measured]:
    """Wrong texts with all heads of these layers pulled out."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        (row,) = select(rows, run=run, layers=list(layers))
        return Measured(part_of(row["errors_strict"], row["n"]), row["errors_strict"], row["n"])

    return pick


def whole(run: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """Wrong texts with nothing pulled out."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        row = next(row for row in select(rows, run=run) if "head" not in row["cell"])
        return Measured(f"{row['errors_strict']:,}", row["errors_strict"], row["n"])

    return pick


def two_heads(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The row that holds every pair of heads but those of the first layer."""
    return next(row for row in rows if "two_of_layers" in row["cell"])


def pairs_that_matter(rows: list[dict[str, Any]]) -> Measured:
    pairs = two_heads(rows)["pairs"]
    return Measured(part_of(sum(errors > 0 for *_, errors in pairs), len(pairs)))


def worst_pair(rows: list[dict[str, Any]]) -> Measured:
    row = two_heads(rows)
    errors = max(errors for *_, errors in row["pairs"])
    return Measured(part_of(errors, row["n"]), errors, row["n"])


def asked(rows: list[dict[str, Any]]) -> Measured:
    return Measured(f"{rows[0]['n']:,}")


def fetched_times(rows: list[dict[str, Any]]) -> Measured:
    """In how many sums a head looked where it usually does, at the digit where that is fewest."""
    fewest = min(at["times"] for at in fetches.at_digits(rows) if fetches.fetches_a_digit(at))
    n = rows[0]["n"]
    return Measured("all" if fewest == n else f"at least {fewest:,}", None, n)


def wrong_without(
    fetch: Callable[[Mapping[str, Any]], bool], pick: Callable[[list[int]], int]
) -> Callable[[list[dict[str, Any]]], Measured]:
    """Digits that come out wrong when a head is silent as it would fetch: one such fetch."""

    def count_them(rows: list[dict[str, Any]]) -> Measured:
        n = rows[0]["n"]
        errors = pick([at["wrong_without"] for at in fetches.at_digits(rows) if fetch(at)])
        return Measured(part_of(errors, n), errors, n)

    return count_them


CLAIMS: dict[str, Claim] = {
    "chain_of_thought.census": Claim(
        "The book's model multiplies all pairs up to 99.", result_of(BOOK_RUN), census
    ),
    "chain_of_thought.heldout": Claim(
        "The book's model is right on held-out pairs.", result_of(BOOK_RUN), heldout
    ),
    "chain_of_thought.parameters": Claim(
        "Parameters of the book's model.", result_of(BOOK_RUN), parameter_count
    ),
    "chain_of_thought.plain_heldout": Claim(
        "The plain model on held-out pairs.", result_of("plain"), heldout
    ),
    "chain_of_thought.plain_heldout_share": Claim(
        "The plain model on held-out pairs, as a share.", result_of("plain"), heldout_share
    ),
    "chain_of_thought.few_share": Claim(
        "Pairs that the small twin is trained on.", result_of("few_pairs"), trained_share
    ),
    "chain_of_thought.times_few": Claim(
        "Parameters of the book's model as a multiple of those of the small twin.",
        result_of(BOOK_RUN),
        times_that_of("few_pairs", "parameters"),
    ),
    "chain_of_thought.few_heldout": Claim(
        "The small twin on held-out pairs.", result_of("few_pairs"), heldout
    ),
    "chain_of_thought.tamper_zero_stayed": Claim(
        "With the constant zero forged, the answer stays true.", TAMPER, zero_stayed
    ),
    "chain_of_thought.tamper_followed": Claim(
        "The answer moves exactly as a forged digit implies.", TAMPER, tampered("followed")
    ),
    "chain_of_thought.tamper_stayed": Claim(
        "The answer stays true though a digit is forged.", TAMPER, tampered("stayed")
    ),
    "chain_of_thought.tamper_neither": Claim(
        "The answer does neither when a digit is forged.", TAMPER, tampered("neither")
    ),
    "chain_of_thought.tamper_last": Claim(
        "Last digit of the working forged, the answer does neither: it would need five digits.",
        TAMPER,
        last_digit_unwritable,
    ),
    "chain_of_thought.recipes_read": Claim(
        "Recipes of the book's model that were read on all pairs, the kept one included.",
        result_of(BOOK_RUN),
        count_recipes,
    ),
    "chain_of_thought.recipes_errors": Claim(
        "Errors of those that were not kept, on all pairs.", result_of(BOOK_RUN), errors_of_recipes
    ),
    "chain_of_thought.few_given_0": Claim(
        "Wrong texts of the small twin, writing everything itself.",
        HANDED,
        handed("few_pairs", 0),
    ),
    "chain_of_thought.other_seeds": Claim(
        "The book's model trained from seeds 1 and 2, on all 10,000 pairs.",
        "records/seeds.jsonl",
        each_seed,
    ),
    "chain_of_thought.few_given_1": Claim(
        "Wrong texts of the small twin, handed the first partial product.",
        HANDED,
        handed("few_pairs", 1),
    ),
    "chain_of_thought.few_given_2": Claim(
        "Wrong texts of the small twin, handed both partial products.",
        HANDED,
        handed("few_pairs", 2),
    ),
    "chain_of_thought.heads_that_matter": Claim(
        "Heads of the book's model without which some answer is wrong.", HEADS, heads_that_matter
    ),
    "chain_of_thought.worst_head_pairs": Claim(
        "Wrong answers of the book's model without its most missed head.", HEADS, worst_head
    ),
    **{
        f"chain_of_thought.race_{style}": Claim(
            f"The twin on held-out pairs, format {style}, all at equal tokens.",
            "records/race.jsonl",
            middle(style=style),
        )
        for style in ("plain", "cot_reversed")
    },
    "chain_of_thought.race_seeds": Claim(
        "Seeds of each format.", "records/race.jsonl", count_seeds
    ),
    "chain_of_thought.most_right_by": Claim(
        "Steps until most validation pairs are right, with working, the slowest seed.",
        "records/race.jsonl",
        most_right_by,
    ),
    **{
        f"chain_of_thought.fraction_{round(100 * fraction)}": Claim(
            f"The twin on held-out pairs, trained on {fraction:.0%} of the pairs.",
            "records/fractions.jsonl",
            middle(fraction=fraction),
        )
        for fraction in FRACTIONS
    },
    **{
        f"chain_of_thought.unseen_{k}": Claim(
            f"Held-out sums with {k} partial products never seen, twin trained on 10%.",
            "records/fractions.jsonl",
            middle(f"unseen_{k}", fraction=UNSEEN_AT),
        )
        for k in range(3)
    },
    **{
        f"chain_of_thought.{choice}_300": Claim(
            f"The twin on held-out pairs, trained on 300 {choice} pairs.",
            "records/choice.jsonl",
            middle(choice=choice),
        )
        for choice in ("chosen", "random")
    },
    "chain_of_thought.choice_pairs": Claim(
        "Pairs of a list, chosen or random.",
        "records/choice.jsonl",
        lambda rows: Measured(f"{rows[0]['n_pairs']}"),
    ),
    "chain_of_thought.random_300_products": Claim(
        "Partial products in 300 random pairs.", "records/choice.jsonl", products_of("random")
    ),
    "chain_of_thought.chosen_300_products": Claim(
        "Partial products in 300 chosen pairs.", "records/choice.jsonl", products_of("chosen")
    ),
    "chain_of_thought.plain_16m": Claim(
        "The plain format on held-out pairs, 1.6M parameters.",
        "records/sizes.jsonl",
        middle(style="plain", d_model=256),
    ),
    "chain_of_thought.size_01m": Claim(
        "Parameters of a network of width 64.", "records/sizes.jsonl", million_parameters(64)
    ),
    "chain_of_thought.working_01m": Claim(
        "The working on held-out pairs, 0.1M parameters.",
        "records/sizes.jsonl",
        middle(style="cot_reversed"),
    ),
    "chain_of_thought.hidden_numbers": Claim(
        "Numbers of all hundred that stood in no training pair.",
        "records/operands.jsonl",
        lambda rows: Measured(spelled(rows[0]["cell"]["numbers"])),
    ),
    **{
        f"chain_of_thought.strange_{k}": Claim(
            f"Test sums with {k} of 20 numbers that stood in no training pair.",
            "records/operands.jsonl",
            middle(f"strange_{k}"),
        )
        for k in range(3)
    },
    **{
        f"chain_of_thought.{run}_{kind}": Claim(
            f"{model} on all pairs, wrong in {what}.", result_of(run), pick
        )
        for run, model in (
            ("plain", "The plain model"),
            ("few_pairs", "The small twin"),
            (BOOK_RUN, "The book's model"),
        )
        for kind, what in (("strict", "some token"), ("answer", "the product"))
        for pick in [wrong_in_census(kind)]
    },
    **{
        f"chain_of_thought.{group}": Claim(
            f"Trained on half of the orders: {what}.", MIRRORED, split_by_order(middle(group))
        )
        for group, what in (
            ("mirror_shown", "pairs read the other way round"),
            ("mirror_not_shown", "pairs read in neither order"),
        )
    },
    "chain_of_thought.mirror_alone": Claim(
        "Trained on one order of each pair: pairs read the other way round.",
        MIRRORED,
        middle("mirror_shown", shown=ONE_OF_EACH),
    ),
    "chain_of_thought.mirror_none": Claim(
        "Trained on one order of each pair: pairs held out in both.",
        MIRRORED,
        middle(shown=ONE_OF_EACH),
    ),
    "chain_of_thought.mirror_seeds": Claim("Seeds of the split by order.", MIRRORED, count_seeds),
    "chain_of_thought.fetch_sums": Claim(
        "Sums in which it was looked what a head fetches.", FETCHED, asked
    ),
    "chain_of_thought.fetched_times": Claim(
        "Sums in which heads 0.2 and 0.3 fetch the usual digit, at the digit where fewest do.",
        FETCHED,
        fetched_times,
    ),
    "chain_of_thought.digit_silent": Claim(
        "Wrong digits without the head that fetches a digit for them, where fewest are.",
        FETCHED,
        wrong_without(fetches.fetches_a_digit, min),
    ),
    **{
        f"chain_of_thought.sign_silent_{head}": Claim(
            f"Wrong digits without head 0.{head} where it looks at a sign, where most are.",
            FETCHED,
            wrong_without(partial(fetches.looks_at_a_sign, head), max),
        )
        for head in fetches.HEADS
    },
    **{
        f"chain_of_thought.without_layers_{first}{last}": Claim(
            f"The book's model with all heads of layers {first} to {last} pulled out.",
            SILENCED,
            silenced(BOOK_RUN, *range(first, last + 1)),
        )
        for first, last in ((1, 1), (1, 5), (2, 5))
    },
    "chain_of_thought.twin_without_upper": Claim(
        "The small twin with all heads but those of its first layer pulled out.",
        SILENCED,
        silenced("few_pairs", 1, 2),
    ),
    "chain_of_thought.twin_whole": Claim(
        "The small twin with nothing pulled out, on the same sums.", HEADS, whole("few_pairs")
    ),
    "chain_of_thought.pairs_that_matter": Claim(
        "Pairs of heads above the first layer without which some text is wrong.",
        SILENCED,
        pairs_that_matter,
    ),
    "chain_of_thought.worst_pair": Claim(
        "Wrong texts without the worst of them.", SILENCED, worst_pair
    ),
    "chain_of_thought.live_seconds": Claim(
        "The live run that stands on the page untouched, alone, from the click to its end.",
        LIVE,
        lambda document: Measured(f"{document['default_run']['seconds']:.0f} seconds"),
    ),
    "chain_of_thought.live_heldout": Claim("That run, on held-out pairs.", LIVE, live_heldout),
}
