"""The measured figures of chapter 6, third page, and what is asked for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import median

from components.ui.claims.claim import Claim, Table
from components.ui.words import spelled
from lab.readings import (
    Counts,
    Numbers,
    Question,
    Ratio,
    Row,
    Rows,
    Told,
    part_of,
    rows,
    seeds_ahead,
)
from lab.statistics import Together, wrong_together

ARMS = {
    "own_mistakes": "its mistakes",
    "mistakes_of_another": "mistakes of another",
    "random_matched": "random pairs",
    "random_anew": "ordinary training",
    "long_carries": "long carries",
    "least_certain": "least certain",
    "smallest_margin": "smallest margin",
    "mistakes_and_random": "mistakes and random",
    "mistakes_and_neighbours": "mistakes and neighbours",
    "all_own_mistakes": "the whole book",
    "random_matched_all": "a random book",
    "mistakes_and_anew": "mistakes and ordinary",
    "random_matched_anew": "fresh pairs",
    "random_anew_same_work": "ordinary training, as much work",
}
"""Ways to pick what is studied, as the record has them and in words."""

FULL_NAMES = {"mistakes": "own_mistakes", "as_many": "random_matched", "anew": "random_anew"}
"""Arms of the full network, as sentences name them."""

RANDOM = "random_matched"
IN_DOUBT = ("least_certain", "smallest_margin")
HALVES = ("mistakes_and_random", "mistakes_and_neighbours")

AGAINST = {
    "2x2": ("mistakes_of_another", "random_matched", "random_anew"),
    "4x4": ("random_matched", "random_anew", "random_anew_same_work"),
}
"""Arms with which a table compares its own mistakes, of either network."""

PAIRS, NEAR, FULL = (rows(f"error_book_{task}", part="race") for task in ("2x2", "4x4", "full"))
"""Runs that were read on test: of a network wrong on much, of one near its end, of the full one."""

SURE = 0.9
"""A belief above it is said to be sure."""


def of_book(found: Rows) -> Rows:
    """The runs that study their own mistakes."""
    return found.where(arm="own_mistakes")


def seeds(found: Rows) -> Told:
    return of_book(found).told(lambda runs: spelled(len(runs)))


def after(found: Rows, arm: str) -> Numbers:
    """Test problems wrong at the end."""
    return found.where(arm=arm).numbers("after")


def of_100(arm: str, check: int) -> Numbers:
    """Of 100 validation pairs, wrong at a check."""

    def wrong(row: Row) -> float:
        return 100 * row["curve"][check]["wrong"] / row["curve"][check]["n"]

    return PAIRS.where(arm=arm).numbers(wrong)


def ratio(found: Rows, arm: str, other: str) -> Ratio:
    return after(found, arm).ratio_to(after(found, other))


def broken(arm: str) -> Numbers:
    """Test pairs that were right at the start and are wrong at the end."""
    return PAIRS.where(arm=arm).numbers("broken")


def still_wrong(arm: str) -> Numbers:
    """Test pairs that were wrong at the start and still are."""
    return PAIRS.where(arm=arm).numbers(lambda row: row["after"] - row["broken"])


def known_wrong(arm: str) -> Counts:
    """Pairs of the first training that are wrong at the end."""
    return PAIRS.where(arm=arm).counts("after_known", "n_known").median()


def rounds(found: Rows, arm: str) -> Rows:
    """The rounds of all runs of an arm."""
    checks = replace(found.where(arm=arm), part="curve")
    return checks.passing(lambda check: check["round"] > 0)


def fewer_than_random(runs: list[Row]) -> str:
    """By how much its own mistakes leave fewer wrong than as many random pairs, of the medians."""
    own, other = (
        median(run["after"] for run in runs if run["cell"]["arm"] == arm)
        for arm in ("own_mistakes", "random_matched")
    )
    return f"{1 - own / other:.0%}"


DOSES = {"own_mistakes": 1.0, "mistakes_and_random": 0.5, RANDOM: 0.0}
"""Ways to pick, and the share of their pairs that are drawn from the book; the others are drawn
from the whole pool."""


OVER_RANDOM = "Test pairs left wrong, divided by those after random pairs"


def wrong_at_first(arm: str) -> Told:
    """Of the pairs that are studied in the first round, the share that the network gets wrong:
    counted where it was, and as is expected of random draws from the pool."""

    def share(runs: list[Row]) -> str:
        if arm not in DOSES:
            found = [run["curve"][1] for run in runs if run["cell"]["arm"] == arm]
            wrong = sum(round_["wrong_of_studied"] for round_ in found)
            return f"{wrong / sum(round_['distinct'] for round_ in found):.0%}"
        pool = next(run["curve"][1] for run in runs if run["cell"]["arm"] == "own_mistakes")
        drawn = (1 - DOSES[arm]) * pool["mistakes"] / pool["pool"]
        return f"{'about ' * bool(drawn)}{DOSES[arm] + drawn:.0%}"

    return PAIRS.told(share)


def studied_in_all(found: Rows) -> Numbers:
    """Different mistakes, over all rounds of a run."""
    return of_book(found).numbers(lambda row: sum(check["distinct"] for check in row["curve"][1:]))


def in_the_pool(round_: int) -> Numbers:
    """Mistakes in the pool when it is asked in a round."""
    return of_book(PAIRS).numbers(f"curve.{round_}.mistakes")


def tokens(found: Rows, name: str) -> Numbers:
    """Studied or asked, until the end."""
    return of_book(found).numbers(lambda row: row["curve"][-1][name] / 1000, unit="thousand")


def mistakes_of_round(found: Rows, round_: int) -> Rows:
    """The mistakes that were listed in a round, of all runs that study them."""
    books = replace(of_book(found), part="book")
    return books.passing(lambda mistake: mistake["round"] == round_)


def surely_wrong(found: Rows) -> Counts:
    """Of the mistakes listed in the first round, those that were written surely."""
    return mistakes_of_round(found, 1).those(lambda mistake: mistake["belief"] > SURE)


def wrong_again(found: Rows, noted: int, later: int) -> Counts:
    """Of the mistakes listed in a round, those that are wrong after another."""
    return mistakes_of_round(found, noted).those(
        lambda mistake: mistake["again"][later - noted] > 0
    )


def listed(found: Rows) -> Rows:
    """All mistakes that are listed of runs that study them."""
    return replace(of_book(found), part="book")


def together(say: Callable[[Together], str]) -> Told:
    """Of the problems that two runs both list: where they are wrong after the last round."""

    def of_runs(runs: list[Row]) -> str:
        ends = [{(m["a"], m["b"]): m["again"][-1] > 0 for m in run["book"]} for run in runs]
        return say(wrong_together(ends))

    return of_book(PAIRS).told(of_runs)


def ahead_in(arm: str, other: str) -> Told:
    """In how many pairs of runs of one seed an arm leaves fewer wrong than another."""

    def count(runs: list[Row]) -> str:
        ends: dict[str, dict[int, float]] = {arm: {}, other: {}}
        for run in runs:
            if (its := run["cell"]["arm"]) in ends:
                ends[its][run["cell"]["seed"]] = run["after"]
        return f"{part_of(*seeds_ahead(ends[arm], ends[other]))} seeds"

    return PAIRS.told(count)


MENDED = mistakes_of_round(PAIRS, 1).passing(lambda mistake: not mistake["again"][0])
"""The mistakes of the first round that were right after it."""

RATES = rows("error_book_2x2", part="rate", seed=0)
"""Runs that chose a learning rate, on validation pairs."""

TRIED = (3e-4, 1e-3)
"""The rate that was best for the book, and the one for ordinary training; a test looks them up."""

ON_BUDGET = {"own_mistakes": 1, "random_matched": -1, "random_anew": -1}
"""Arms of the bet, and their last check before the budget of the other two is read: the book, which
is evaluated as well, has then finished one round."""

CLAIMS: dict[str, Claim] = {
    **{
        f"error_book.left_{name}": Claim(
            f"Test pairs wrong at the end of the race of error books: trained on {ARMS[arm]}.",
            after(PAIRS, arm),
        )
        for name, arm in (("own", "own_mistakes"), ("random", "random_matched"))
    },
    "error_book.fewer_than_random": Claim(
        "How many fewer test pairs are wrong at the end of the race of error books, trained on a "
        "network's own mistakes, than trained on as many random pairs: medians of the seeds.",
        PAIRS.told(fewer_than_random),
    ),
    "error_book.book_check_n": Claim(
        "Validation pairs on which the race of error books is checked.", PAIRS.numbers("curve.0.n")
    ),
    "error_book.book_ahead": Claim(
        "Seeds in which training on a network's own mistakes leaves fewer test pairs "
        "wrong than training on as many random pairs.",
        ahead_in("own_mistakes", "random_matched"),
    ),
    "error_book.anew_ahead": Claim(
        "Seeds in which ordinary training leaves fewer test pairs wrong than training "
        "on a network's own mistakes.",
        ahead_in("random_anew", "own_mistakes"),
    ),
    "error_book.listed_wrong": Claim(
        "Mistakes listed in all rounds of the race of error books: wrong after the last round.",
        listed(PAIRS).those(lambda mistake: mistake["again"][-1] > 0),
    ),
    "error_book.listed_back": Claim(
        "Mistakes listed in all rounds of the race of error books: wrong after the "
        "last round, and right in between.",
        listed(PAIRS).those(lambda mistake: mistake["again"][-1] > 0 and 0 in mistake["again"]),
    ),
    "error_book.same_both": Claim(
        "Of the mistakes that two runs both list, those wrong at the end in both.",
        together(lambda found: part_of(found.both, found.n)),
    ),
    "error_book.same_one": Claim(
        "Of the mistakes that two runs both list, those wrong at the end in one run alone.",
        together(lambda found: f"{found.one_alone:,}"),
    ),
    "error_book.same_chance": Claim(
        "Of the mistakes that two runs both list, those wrong in both if by chance alone.",
        together(lambda found: f"{found.by_chance:,.0f}"),
    ),
    "error_book.still_book": Claim(
        "Test pairs wrong both at the start and at the end, of a network that studies "
        "its own mistakes.",
        still_wrong("own_mistakes"),
    ),
    "error_book.near_n": Claim(
        "Test problems of 4 × 4 digits on which the network near the end of its "
        "training is evaluated.",
        NEAR.numbers("n"),
    ),
    "error_book.near_seeds": Claim(
        "Runs of each way to pick what is studied, for the network near the end of its training.",
        seeds(NEAR),
    ),
    "error_book.near_before": Claim(
        "Test problems of 4 × 4 digits wrong before anything is studied: the network "
        "near the end of its training.",
        NEAR.numbers("before"),
    ),
    "error_book.near_book": Claim(
        "Different mistakes studied in all rounds together: the network near the end "
        "of its training.",
        studied_in_all(NEAR),
    ),
    "error_book.near_studied": Claim(
        "Tokens trained on in one run: the network near the end of its training.",
        tokens(NEAR, "tokens"),
    ),
    "error_book.near_asked": Claim(
        "Tokens evaluated to find the mistakes of the network near the end of its training.",
        tokens(NEAR, "tokens_asked"),
    ),
    "error_book.full_before": Claim(
        "Test problems of 4 × 4 digits that the full-size network gets wrong before "
        "anything is studied.",
        of_book(FULL).counts("before"),
    ),
    **{
        f"error_book.full_{name}": Claim(
            "Test problems of 4 × 4 digits wrong at the end of one run of the full-size "
            f"network, trained on: {ARMS[arm]}.",
            after(FULL, arm),
        )
        for name, arm in FULL_NAMES.items()
    },
    "error_book.book_sure": Claim(
        "Mistakes listed in round 1 of the race of error books that were written with "
        f"a probability above {SURE:g}.",
        surely_wrong(PAIRS),
    ),
    "error_book.book_seeds": Claim(
        "Seeds for each way to pick what is studied, in the race of error books.", seeds(PAIRS)
    ),
    "error_book.book_n": Claim("Test pairs of the race of error books.", PAIRS.numbers("n")),
    "error_book.book_before_n": Claim(
        "Test pairs of the race of error books that are wrong before anything is studied.",
        PAIRS.numbers("before"),
    ),
    "error_book.book_number_over_anew": Claim(
        "Test pairs wrong at the end of the race of error books: as many different "
        "pairs a round, over ordinary training.",
        ratio(PAIRS, "random_matched_anew", "random_anew"),
    ),
    "error_book.book_mended_soon": Claim(
        "Mistakes listed in round 1 of the race of error books that were right when "
        "evaluated after round 1.",
        MENDED.told(lambda mended: f"{len(mended):,}"),
    ),
    "error_book.book_broke_next": Claim(
        "Mistakes listed in round 1 of the race of error books, right after round 1 "
        "and wrong after round 2.",
        MENDED.numbers("again.1").total(),
    ),
    "error_book.book_among_over_anew": Claim(
        "Test pairs wrong at the end of the race of error books: half mistakes and "
        "half ordinary pairs, over ordinary training.",
        ratio(PAIRS, "mistakes_and_anew", "random_anew"),
    ),
    "error_book.book_first": Claim(
        "Mistakes in the pool at the first evaluation, in the race of error books.", in_the_pool(1)
    ),
    "error_book.book_last": Claim(
        "Mistakes in the pool at the last evaluation, in the race of error books.", in_the_pool(-1)
    ),
    **{
        f"error_book.book_again_{name}": Claim(
            "Mistakes listed in round 1 of the race of error books that are wrong after "
            f"round {later}.",
            wrong_again(PAIRS, 1, later),
        )
        for name, later in (("soon", 1), ("late", 4))
    },
}


def compared(found: Rows, wrong: str, arms: Sequence[str]) -> dict[str, Mapping[str, Question]]:
    """What is `wrong` with its own mistakes and with other arms, and how they compare; then what
    other ways to pick leave."""
    return {
        ARMS["own_mistakes"]: {wrong: after(found, "own_mistakes")},
        **{
            ARMS[arm]: {
                wrong: after(found, arm),
                "Its mistakes, divided by this": ratio(found, "own_mistakes", arm),
            }
            for arm in arms
        },
        **{ARMS[arm]: {wrong: after(found, arm)} for arm in (*IN_DOUBT, *HALVES)},
    }


SUSPECTS = (
    "own_mistakes",
    "all_own_mistakes",
    "random_matched_all",
    "random_matched_anew",
    "mistakes_and_anew",
    "random_anew",
)
"""Arms that tell apart what counts more than which problems are studied."""

TABLES = {
    "error_book.bet": Table(
        "Trained on",
        {
            ARMS[arm]: {
                "Test pairs wrong at the end": after(PAIRS, arm),
                "Of 100 validation pairs, when the others end": of_100(arm, check),
            }
            for arm, check in ON_BUDGET.items()
        },
        about="The race of error books, trained on",
    ),
    "error_book.dose": Table(
        "Trained on",
        {
            ARMS[arm]: {
                "Of its pairs, wrong before the bet": wrong_at_first(arm),
                **({} if arm == RANDOM else {OVER_RANDOM: ratio(PAIRS, arm, RANDOM)}),
            }
            for arm in (*DOSES, "mistakes_of_another")
        },
        about="The race of error books, trained on",
    ),
    "error_book.race": Table(
        "Trained on",
        compared(PAIRS, "Test pairs wrong", AGAINST["2x2"]),
        about="The race of error books, trained on",
    ),
    "error_book.rates": Table(
        "Learning rate",
        {
            f"{rate:g}": {
                ARMS[arm]: RATES.where(arm=arm, rate=rate).numbers("after")
                for arm in ("own_mistakes", "random_anew")
            }
            for rate in TRIED
        },
        about="Validation pairs wrong in the runs that chose a rate, learning rate",
    ),
    "error_book.variety": Table(
        "Trained on",
        {ARMS[arm]: {"Test pairs wrong": after(PAIRS, arm)} for arm in SUSPECTS},
        about="The race of error books, trained on",
    ),
    "error_book.near": Table(
        "Trained on",
        {
            **compared(NEAR, "Test problems wrong", AGAINST["4x4"]),
            ARMS["long_carries"]: {"Test problems wrong": after(NEAR, "long_carries")},
        },
        about="Error books of the network near the end of its training, trained on",
    ),
    "error_book.fates": Table(
        "Wrong at the end",
        {
            words: {ARMS[arm]: counted(arm) for arm in ("own_mistakes", RANDOM, "random_anew")}
            for words, counted in (
                ("wrong before as well", still_wrong),
                ("right before", broken),
                ("among the pairs of its first training", known_wrong),
            )
        },
        about="Test pairs wrong at the end of the race of error books",
    ),
}
