"""The measured figures of chapter 1, of the book's model, its twins and the live run, and what is
asked for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from components.ui.claims.claim import Claim
from components.ui.claims.results import (
    census,
    full_reading,
    heldout,
    heldout_of,
    parameters,
    recipes_read,
    times_that_of,
    was_read_before,
)
from components.ui.loaded_models import BOOK_RUN
from components.ui.words import one_in, spelled
from lab.data.problems import STYLES, Style
from lab.exercises.chain_of_thought_exercises import FORM
from lab.readings import (
    Counts,
    Measured,
    Row,
    Rows,
    Told,
    bench,
    errors_in,
    part_of,
    result,
    rows,
    share_of,
)
from lab.statistics import lower_bound_95

PLAIN, TWIN = "plain", "few_pairs"

# ---------------------------------------------------------------- networks that were trained anew


def wrong(found: Rows, group: str = "heldout") -> Counts:
    """Texts of a group of pairs with a wrong token, told by the median of the seeds as a share; the
    bound is that of the worst."""
    return found.errors(group).median().said(share_of).bound()


def of_unlike_n(found: Rows, group: str) -> Told:
    """The same where the group has an n of its own in every seed: told of that of the first."""

    def words(seeds: list[Row]) -> Measured:
        asked, n = wrong(found, group), seeds[0][f"n_{group}"]
        _, errors, most = max(asked.points(seeds), key=lambda point: point[1] / point[2])
        shown = share_of(round(asked.value(seeds) * n), n)
        return Measured(shown, errors, most, lower_bound_95(errors, most))

    return found.told(words)


def count_seeds(found: Sequence[Row]) -> str:
    return spelled(len({row["cell"]["seed"] for row in found}))


def most_right_by(found: Sequence[Row]) -> str:
    """The check at which more than half is right in the last of the seeds, and where runs end."""
    curves = [row["curve"] for row in found]
    first = [
        next(x["step"] for x in curve if 2 * x["errors_validation"] < x["n_validation"])
        for curve in curves
    ]
    return part_of(max(first), max(curve[-1]["step"] for curve in curves))


RACE: dict[Style, Rows] = {style: rows("race", style=style) for style in STYLES}
ONE_OF_EACH = "one_order_of_each"
"""As `lab.experiments.mirrored` says it, which needs torch; a test holds the two together."""

HALF_OF_ORDERS = rows("mirrored").passing(lambda row: "shown" not in row["cell"])
ONE_ORDER = rows("mirrored", shown=ONE_OF_EACH)

WORKING_SMALL = wrong(rows("sizes", style="cot_reversed"))

UNSEEN_AT = 0.10
"""The share of the pairs at which recall is told apart."""

UNSEEN = {
    words: wrong(rows("fractions", fraction=UNSEEN_AT), f"unseen_{k}")
    for k, words in enumerate(("both seen in training", "one never seen", "both never seen"))
}

STRANGE = rows("operands")
"""Trained without some numbers altogether."""

# ---------------------------------------------------------------- asked by the prompt

PROMPTED = rows("prompted")
"""One network that learned two formats; the mark before the problem says which to write."""


def asked_for(what: str) -> Counts:
    """Held-out texts with a wrong token behind a mark, the median of the seeds."""
    return PROMPTED.counts(f"errors_{what}", "n_heldout").median().said(share_of).bound()


def forced(given: int, what: str) -> Counts:
    """Of held-out pairs those that do something, with so many tokens of the working forced."""
    return PROMPTED.counts(f"forced.{given}.{what}", "n_heldout")


# ---------------------------------------------------------------- runs read on all pairs


def heldout_share(found: Sequence[Row]) -> Measured:
    wrong = heldout_of(found)
    return replace(wrong, shown=share_of(wrong.errors or 0, wrong.n or 1))


def wrong_in_census(run: str, kind: str) -> Told:
    """Of all pairs those with a wrong token (`strict`), or a wrong product (`answer`)."""

    def words(found: list[Row]) -> Measured:
        reading = full_reading(found[0])
        errors, before = reading[f"errors_{kind}"], was_read_before(found[0])
        return Measured(f"{errors:,}", errors, reading["n"], read_before=before)

    return result(run).told(words)


def count_recipes(found: Sequence[Row]) -> str:
    return f"{len(recipes_read(found[0]))}"


def errors_of_recipes(found: Sequence[Row]) -> str:
    """The fewest and the most errors of the recipes that were not kept."""
    others = [errors for note, errors in recipes_read(found[0]).items() if note != "kept"]
    return f"{min(others)} to {max(others)} errors"


def each_seed(found: Sequence[Row]) -> Measured:
    """The errors of every seed in the census, one by one: too few seeds for a median. The bound is
    that of pairs held out."""
    counts = [errors_in(row["errors"], row["n"]) for row in found]
    worst = max(found, key=lambda row: row["errors_heldout"])
    errors, n = worst["errors_heldout"], worst["n_heldout"]
    return Measured(" and ".join(counts), errors, n, lower_bound_95(errors, n))


# ---------------------------------------------------------------- digits forged

ZERO = FORM.partial_products[1].start
"""The zero that the second partial product always begins with, since it counts tens."""

FORGED = rows("tamper")
VARYING = FORGED.passing(lambda row: row["cell"]["position"] != ZERO)

# ---------------------------------------------------------------- heads ablated

EACH_HEAD = rows("heads", run=BOOK_RUN).passing(lambda row: "head" in row["cell"])
SEVERAL_HEADS = rows("silenced", run=BOOK_RUN).passing(lambda row: "layers" in row["cell"])


def without_layers(first: int, last: int) -> Counts:
    """Wrong texts with all heads of these layers ablated."""
    return SEVERAL_HEADS.where(layers=list(range(first, last + 1))).counts("errors_strict")


def worst_head(found: Sequence[Row]) -> Measured:
    row = max(found, key=lambda row: row["errors_answer"])
    return Measured(part_of(row["errors_answer"], row["n"]), row["errors_answer"], row["n"])


TWO_HEADS = rows("silenced").passing(lambda row: "two_of_layers" in row["cell"])
"""Every pair of heads but those of the first layer, in one row."""


def pairs_that_matter(found: Sequence[Row]) -> str:
    (row,) = found
    return part_of(sum(errors > 0 for *_, errors in row["pairs"]), len(row["pairs"]))


def worst_pair(found: Sequence[Row]) -> Measured:
    (row,) = found
    errors = max(errors for *_, errors in row["pairs"])
    return Measured(part_of(errors, row["n"]), errors, row["n"])


# ---------------------------------------------------------------- what two heads fetch

HEADS = (3, 2)
"""Of layer 0: the two that are missed most, the one that fetches the upper digit first."""

DIGITS = [position for field in FORM.written for position in field.positions]

FETCHED = rows("fetched")


def at_digits(found: Sequence[Row]) -> list[dict[str, Any]]:
    """What the record says of `HEADS` at every digit: head, slot, source, times, wrong_without."""
    return [
        {"head": row["cell"]["head"], **at}
        for row in found
        if row["cell"]["head"] in HEADS
        for at in row["written"]
        if at["slot"] in DIGITS
    ]


def fetches_a_digit(at: Row) -> bool:
    """Does the head look at a digit that can vary?"""
    return FORM.field_at(at["source"]).holds_number and at["source"] != ZERO


def fetched_times(found: Sequence[Row]) -> Measured:
    """In how many sums a head looked where it usually does, at the digit where that is fewest."""
    fewest, n = min(at["times"] for at in at_digits(found) if fetches_a_digit(at)), found[0]["n"]
    return Measured("all" if fewest == n else f"at least {fewest:,}", None, n)


def wrong_without(
    fetch: Callable[[Row], bool], pick: Callable[[list[int]], int], *heads: int
) -> Told:
    """Digits that come out wrong when one of these heads is silent as it would fetch: one such
    fetch."""

    def words(found: list[Row]) -> Measured:
        n, looks = found[0]["n"], [at for at in at_digits(found) if at["head"] in heads]
        errors = pick([at["wrong_without"] for at in looks if fetch(at)])
        return Measured(part_of(errors, n), errors, n)

    return FETCHED.told(words)


LIVE = bench("bench_live_runs")

CLAIMS: dict[str, Claim] = {
    "chain_of_thought.census": Claim(
        "The book's model multiplies all pairs up to 99.", census(BOOK_RUN)
    ),
    "chain_of_thought.heldout": Claim(
        "The book's model is right on held-out pairs.", heldout(BOOK_RUN)
    ),
    "chain_of_thought.parameters": Claim("Parameters of the book's model.", parameters(BOOK_RUN)),
    "chain_of_thought.plain_heldout": Claim("The plain model on held-out pairs.", heldout(PLAIN)),
    "chain_of_thought.plain_heldout_share": Claim(
        "The plain model on held-out pairs, as a share.", result(PLAIN).told(heldout_share)
    ),
    "chain_of_thought.few_share": Claim(
        "Share of all pairs that the small twin is trained on.",
        result(TWIN).told(lambda found: f"one pair in {one_in(found[0]['recipe']['fraction'])}"),
    ),
    "chain_of_thought.times_few": Claim(
        "Parameters of the book's model as a multiple of those of the small twin.",
        times_that_of(BOOK_RUN, TWIN, "parameters"),
    ),
    "chain_of_thought.few_heldout": Claim("The small twin on held-out pairs.", heldout(TWIN)),
    **{
        f"chain_of_thought.{run}_{kind}": Claim(
            f"{model} on all pairs: wrong in {what}.", wrong_in_census(run, kind)
        )
        for run, model in (
            (PLAIN, "The plain model"),
            (TWIN, "The small twin"),
            (BOOK_RUN, "The book's model"),
        )
        for kind, what in (("strict", "some token"), ("answer", "the product"))
    },
    "chain_of_thought.recipes_read": Claim(
        "Recipes of the book's model that were evaluated on all pairs, the kept one included.",
        result(BOOK_RUN).told(count_recipes),
    ),
    "chain_of_thought.recipes_errors": Claim(
        "Errors of those that were not kept, on all pairs.",
        result(BOOK_RUN).told(errors_of_recipes),
    ),
    "chain_of_thought.other_seeds": Claim(
        "The book's model trained from seeds 1 and 2, on all 10,000 pairs.",
        rows("seeds").told(each_seed),
    ),
    **{
        f"chain_of_thought.few_given_{given}": Claim(
            f"Wrong texts of the small twin, {words}.",
            rows("handed", run=TWIN, given=given).counts("errors_strict"),
        )
        for given, words in enumerate(
            (
                "writing everything itself",
                "handed the first partial product",
                "handed both partial products",
            )
        )
    },
    "chain_of_thought.race_seeds": Claim("Seeds of each format.", rows("race").told(count_seeds)),
    "chain_of_thought.most_right_by": Claim(
        "Steps until most validation pairs are right, with working, the slowest seed.",
        RACE["cot_reversed"].told(most_right_by),
    ),
    **{
        f"chain_of_thought.prompted_{what}": Claim(
            f"One network that learned both formats, on held-out pairs, asked {words}.",
            asked_for(what),
        )
        for what, words in (("working", "for the working"), ("plain", "for the product at once"))
    },
    "chain_of_thought.hidden_numbers": Claim(
        "Numbers, of all hundred, that stood in no training pair.",
        STRANGE.told(lambda found: spelled(found[0]["cell"]["numbers"])),
    ),
    **{
        f"chain_of_thought.strange_{k}": Claim(
            f"Test problems with {k} of 20 numbers that stood in no training pair.",
            of_unlike_n(STRANGE, f"strange_{k}"),
        )
        for k in range(3)
    },
    **{
        f"chain_of_thought.{group}": Claim(
            f"Trained on half of the orders: {what}.", of_unlike_n(HALF_OF_ORDERS, group)
        )
        for group, what in (
            ("mirror_shown", "pairs trained on the other way round"),
            ("mirror_not_shown", "pairs trained on in neither order"),
        )
    },
    "chain_of_thought.mirror_alone": Claim(
        "Trained on one order of each pair: those pairs the other way round.",
        wrong(ONE_ORDER, "mirror_shown"),
    ),
    "chain_of_thought.mirror_none": Claim(
        "Trained on one order of each pair: pairs held out in both.", wrong(ONE_ORDER)
    ),
    "chain_of_thought.mirror_seeds": Claim(
        "Seeds of the split by single orders.", rows("mirrored").told(count_seeds)
    ),
    "chain_of_thought.fetch_sums": Claim(
        "Problems in which we looked at what a head fetches.", FETCHED.numbers("n")
    ),
    "chain_of_thought.fetched_times": Claim(
        "Problems in which heads 0.2 and 0.3 fetch the usual digit, at the digit where fewest do.",
        FETCHED.told(fetched_times),
    ),
    "chain_of_thought.digit_silent": Claim(
        "Digits wrong with the head ablated that fetches a digit for them, where fewest are.",
        wrong_without(fetches_a_digit, min, *HEADS),
    ),
    **{
        f"chain_of_thought.sign_silent_{head}": Claim(
            f"Digits wrong with head 0.{head} ablated where it looks at a sign, where most are.",
            wrong_without(lambda at: not FORM.field_at(at["source"]).holds_number, max, head),
        )
        for head in HEADS
    },
    "chain_of_thought.heads_that_matter": Claim(
        "Heads of the book's model whose ablation makes some answer wrong.",
        EACH_HEAD.those(lambda row: row["errors_answer"] > 0),
    ),
    "chain_of_thought.worst_head_pairs": Claim(
        "Wrong answers of the book's model with its most missed head ablated.",
        EACH_HEAD.told(worst_head),
    ),
    **{
        f"chain_of_thought.without_layers_{first}{last}": Claim(
            f"The book's model with all heads of layers {first} to {last} ablated.",
            without_layers(first, last),
        )
        for first, last in ((1, 1), (1, 5), (2, 5))
    },
    "chain_of_thought.twin_without_upper": Claim(
        "The small twin with all heads but those of its first layer ablated.",
        rows("silenced", run=TWIN, layers=[1, 2]).counts("errors_strict"),
    ),
    "chain_of_thought.twin_whole": Claim(
        "The small twin with nothing ablated, on the same problems.",
        rows("heads", run=TWIN)
        .passing(lambda row: "head" not in row["cell"])
        .counts("errors_strict")
        .said(lambda errors, n: f"{errors:,}"),
    ),
    "chain_of_thought.pairs_that_matter": Claim(
        "Pairs of heads above the first layer whose ablation makes some text wrong.",
        TWO_HEADS.told(pairs_that_matter),
    ),
    "chain_of_thought.worst_pair": Claim(
        "Wrong texts with the worst of these pairs ablated.", TWO_HEADS.told(worst_pair)
    ),
    "chain_of_thought.live_seconds": Claim(
        "The live run as the page sets it, alone on the machine, from the click to its end.",
        LIVE.numbers("default_run.seconds", "{:.0f}", "seconds"),
    ),
    "chain_of_thought.live_heldout": Claim(
        "That run, on held-out pairs.",
        LIVE.counts("default_run.errors_heldout", "default_run.n_heldout").said(errors_in).bound(),
    ),
}
