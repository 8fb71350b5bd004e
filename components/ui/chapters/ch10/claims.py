"""The measured figures of chapter 1, of the book's model, its twins and the live run, and what is
asked for them."""

from __future__ import annotations

from collections.abc import Sequence

from components.ui.claims.claim import Claim
from components.ui.claims.results import (
    census,
    full_reading,
    heldout,
    parameters,
    recipes_read,
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
from lab.recipes.speedrun import ON
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
    first = [next(step for _, step, errors, n in row["curve"] if 2 * errors < n) for row in found]
    return part_of(max(first), max(row["steps"] for row in found))


def wrong_at_last_look(found: Sequence[Row]) -> Measured:
    """Of the held-out pairs of one run, as the squares end."""
    (row,) = found
    errors, n = row["looks"][-1]["errors_heldout"], row["n_heldout"]
    return Measured(errors_in(errors, n), errors, n)


def fewest_and_most(found: Sequence[Row]) -> Measured:
    """The held-out errors of the best seed and of the worst."""
    errors, n = sorted(row["errors_heldout"] for row in found), found[0]["n_heldout"]
    return Measured(f"{errors[0]} to {errors[-1]}", errors[-1], n)


RACE: dict[Style, Rows] = {style: rows("race", style=style) for style in STYLES}
ONE_OF_EACH = "one_order_of_each"
"""As `lab.experiments.mirrored` says it, which needs torch; a test holds the two together."""

HALF_OF_ORDERS = rows("mirrored").passing(lambda row: "shown" not in row["cell"])
ONE_ORDER = rows("mirrored", shown=ONE_OF_EACH)

SMALL = rows("sizes", style="cot_reversed")
WORKING_SMALL = wrong(SMALL)

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
STAND_INS = rows("stand_ins", run=BOOK_RUN)
PARTS = {"heads": "attn_out", "ffn": "ffn_out"}


def without(part: str, layers: Sequence[int], by: str) -> Counts:
    """Wrong texts with all heads, or the FFNs, of these layers ablated by a stand-in."""
    found = STAND_INS.where(part=PARTS[part], layers=list(layers), by=by)
    return found.counts("errors_strict")


def worst_head(found: Sequence[Row]) -> Measured:
    row = max(found, key=lambda row: row["errors_answer"])
    return Measured(part_of(row["errors_answer"], row["n"]), row["errors_answer"], row["n"])


# ---------------------------------------------------------------- what heads fetch

DIGITS = [position for field in FORM.written for position in field.positions]

FETCHED = rows("fetched")
ROWS = ("0.3", "0.2", "0.0", "0.1", "0.0 and 0.1")
"""Heads of layer 0, and two of them together, as the two lanes show them."""


def name_of(cell: Row) -> str:
    """Which of `ROWS` a row of the record is of."""
    heads = cell["heads"] if "heads" in cell else [cell["head"]]
    return " and ".join(f"{cell['layer']}.{head}" for head in heads)


def wrong_without(found: Sequence[Row], name: str, by: str) -> list[int]:
    """Of each token that is written: how often it is wrong with these heads ablated."""
    (row,) = (
        row for row in found if name_of(row["cell"]) == name and row["cell"].get("by", "zero") == by
    )
    return [at["wrong_without"] for at in row["written"]]


def first_digit(name: str, by: str) -> Told:
    """Of the first digit that is written: how often it is wrong with these heads ablated."""

    def words(found: list[Row]) -> Measured:
        errors, n = wrong_without(found, name, by)[0], found[0]["n"]
        return Measured(part_of(errors, n), errors, n)

    return FETCHED.told(words)


CARRIED = rows("carried")
IN_THE_SUM = CARRIED.passing(lambda row: "n_looks" in row)

BY = {"zero": "zeros", "mean": "its mean", "resample": "another problem’s"}
"""What an ablated part is replaced by, in a reader's words."""

LIVE = bench("bench_live_runs")

CLAIMS: dict[str, Claim] = {
    "chain_of_thought.census": Claim(
        "Errors of the book's model on all pairs of numbers up to 99, trained on or not.",
        census(BOOK_RUN),
    ),
    "chain_of_thought.heldout": Claim(
        "Errors of the book's model on held-out pairs.", heldout(BOOK_RUN)
    ),
    "chain_of_thought.parameters": Claim("Parameters of the book's model.", parameters(BOOK_RUN)),
    "chain_of_thought.plain_heldout": Claim(
        "Errors of the plain model, which writes no working, on held-out pairs.", heldout(PLAIN)
    ),
    "chain_of_thought.longer": Claim(
        "Held-out pairs wrong: the plain format, trained for longer than in the race of chapter 1.",
        rows("longer").errors("heldout"),
    ),
    "chain_of_thought.longer_times": Claim(
        "Tokens of the longer training with the plain format, as a multiple of those "
        "of the race of chapter 1.",
        rows("longer").told(lambda found: spelled(found[0]["cell"]["times"])),
    ),
    "chain_of_thought.longer_trained": Claim(
        "Training pairs wrong: the plain format, trained for longer than in the race of chapter 1.",
        rows("longer").errors("trained"),
    ),
    "chain_of_thought.few_share": Claim(
        "Share of all pairs that the small twin of the book's model is trained on.",
        result(TWIN).told(lambda found: f"one pair in {one_in(found[0]['recipe']['fraction'])}"),
    ),
    "chain_of_thought.few_heldout": Claim(
        "Errors of the small twin of the book's model on held-out pairs.", heldout(TWIN)
    ),
    **{
        f"chain_of_thought.{run}_{kind}": Claim(
            f"{model} on all pairs, trained on or not: wrong in {what}.", wrong_in_census(run, kind)
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
        "Errors of the recipes of the book's model that were not kept, on all pairs: "
        "fewest and most.",
        result(BOOK_RUN).told(errors_of_recipes),
    ),
    "chain_of_thought.other_seeds": Claim(
        "Errors of the book's model trained from seeds 1 and 2, on all 10,000 pairs.",
        rows("seeds").told(each_seed),
    ),
    **{
        f"chain_of_thought.few_given_{given}": Claim(
            f"Wrong texts of the small twin of the book's model, of all pairs, {words}.",
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
    "chain_of_thought.looks_wrong": Claim(
        "Held-out pairs wrong at the end of the run with working that fills a square in chapter 1.",
        rows("looks", style="cot_reversed").told(wrong_at_last_look),
    ),
    "chain_of_thought.race_range": Claim(
        "Held-out errors in the race of chapter 1 with working, back to front: the "
        "best seed and the worst.",
        RACE["cot_reversed"].told(fewest_and_most),
    ),
    "chain_of_thought.live_parameters": Claim(
        "Parameters of the live network of chapter 1, which races and is looked into.",
        RACE["cot_reversed"].numbers("parameters"),
    ),
    "chain_of_thought.race_seeds": Claim(
        "Seeds of each format in the race of chapter 1.", rows("race").told(count_seeds)
    ),
    "chain_of_thought.most_right_by": Claim(
        "Steps until most validation pairs are right in the network that a reader trains in "
        "chapter 1, the slowest seed, of all steps of a run.",
        rows("speedrun").where(rung=ON).told(most_right_by),
    ),
    **{
        f"chain_of_thought.prompted_{what}": Claim(
            f"Held-out pairs wrong of a network that learned both formats, prompted {words}.",
            asked_for(what),
        )
        for what, words in (("working", "for the working"), ("plain", "for the product at once"))
    },
    "chain_of_thought.size_01m": Claim(
        "Parameters of the network of width 64 among the sizes compared in chapter 1.",
        rows("sizes", d_model=64).numbers(lambda row: row["parameters"] / 1e6, "{:.1f}", "million"),
    ),
    "chain_of_thought.hidden_numbers": Claim(
        "Numbers up to 99 that a network of chapter 1 met in no training pair.",
        STRANGE.told(lambda found: spelled(found[0]["cell"]["numbers"])),
    ),
    **{
        f"chain_of_thought.strange_{k}": Claim(
            f"Test problems wrong, of those in which {k} of the two numbers stood in no "
            "training pair.",
            of_unlike_n(STRANGE, f"strange_{k}"),
        )
        for k in range(3)
    },
    **{
        f"chain_of_thought.{group}": Claim(
            f"Trained on half of the orders (a × b apart from b × a): {what}, wrong.",
            of_unlike_n(HALF_OF_ORDERS, group),
        )
        for group, what in (
            ("mirror_shown", "pairs trained on the other way round"),
            ("mirror_not_shown", "pairs trained on in neither order"),
        )
    },
    "chain_of_thought.mirror_alone": Claim(
        "Trained on one order of each pair (a × b without b × a): the pairs trained "
        "on, the other way round, wrong.",
        wrong(ONE_ORDER, "mirror_shown"),
    ),
    "chain_of_thought.mirror_none": Claim(
        "Trained on one order of each pair (a × b without b × a): pairs held out in "
        "both orders, wrong.",
        wrong(ONE_ORDER),
    ),
    "chain_of_thought.mirror_seeds": Claim(
        "Seeds of the networks that were trained on single orders of pairs (a × b "
        "apart from b × a).",
        rows("mirrored").told(count_seeds),
    ),
    **{
        f"chain_of_thought.sign_{by}": Claim(
            "Problems whose first written digit is wrong with head 0.2 of the book's "
            f"model, which looks at a sign, replaced by {words}.",
            first_digit("0.2", by),
        )
        for by, words in BY.items()
    },
    **{
        f"chain_of_thought.shared_{name.replace('0.', '').replace(' and ', '')}": Claim(
            "Problems whose first written digit is wrong with attention of the book's "
            f"model replaced by zeros: head {name}.",
            first_digit(name, "zero"),
        )
        for name in ROWS[2:]
    },
    "chain_of_thought.carry_followed": Claim(
        "In the working, a digit is forged so that its column implies another carry: "
        "the next digit of the book's model follows.",
        CARRIED.counts("followed").pooled(),
    ),
    "chain_of_thought.looks_smaller": Claim(
        "In the sum of the working, head 0.1 of the book's model looks at the smaller "
        "of the two digits of the column before: columns where they differ.",
        IN_THE_SUM.counts("looks_smaller", "n_looks").pooled(),
    ),
    "chain_of_thought.fetch_sums": Claim(
        "Problems in which a head of the book's model was ablated at one position.",
        FETCHED.numbers("n"),
    ),
    "chain_of_thought.heads_that_matter": Claim(
        "Heads of the book's model whose ablation makes some answer wrong.",
        EACH_HEAD.those(lambda row: row["errors_answer"] > 0),
    ),
    "chain_of_thought.worst_head_pairs": Claim(
        "Wrong answers of the book's model with its most missed head ablated.",
        EACH_HEAD.told(worst_head),
    ),
    **{
        f"chain_of_thought.heads_25_{by}": Claim(
            "Texts of the book's model that are wrong with all heads of layers 2 to 5 "
            f"replaced by {BY[by]}.",
            without("heads", range(2, 6), by),
        )
        for by in ("zero", "resample")
    },
    **{
        f"chain_of_thought.ffn_{layer}_{by}": Claim(
            f"Texts of the book's model that are wrong with the FFN of layer {layer} "
            f"replaced by {BY[by]}.",
            without("ffn", [layer], by),
        )
        for layer, by in ((4, "zero"), (4, "mean"), (3, "mean"), (3, "resample"))
    },
    "chain_of_thought.twin_without_upper": Claim(
        "Texts of the small twin that are wrong with all heads but those of its first "
        "layer ablated.",
        rows("silenced", run=TWIN, layers=[1, 2]).counts("errors_strict"),
    ),
    "chain_of_thought.twin_whole": Claim(
        "Texts of the small twin that are wrong with nothing ablated, on the problems "
        "on which its heads are ablated.",
        rows("heads", run=TWIN)
        .passing(lambda row: "head" not in row["cell"])
        .counts("errors_strict")
        .said(lambda errors, n: f"{errors:,}"),
    ),
    "chain_of_thought.live_seconds": Claim(
        "Seconds of the live run of chapter 1 as its page sets it, alone on the "
        "machine, from the click to the end.",
        LIVE.numbers("default_run.seconds", "{:.0f}", "seconds"),
    ),
    "chain_of_thought.live_heldout": Claim(
        "Errors on held-out pairs of the live run of chapter 1 as its page sets it.",
        LIVE.counts("default_run.errors_heldout", "default_run.n_heldout").said(errors_in).bound(),
    ),
}
