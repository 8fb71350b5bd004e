"""The measured figures of chapter 6, third page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.ui.chapters.ch62 import worked
from components.ui.claims.core import Claim, Measured, part_of
from components.ui.claims.readings import ratio_of_seeds
from components.ui.words import listed, span, spelled
from lab.statistics import spread

Rows = list[dict[str, Any]]
Pick = Callable[[Rows], Measured]

NEW_PAIRS = "records/error_book_2x2.jsonl"
NEAR = "records/error_book_4x4.jsonl"
FULL = "records/error_book_full.jsonl"

NAMES = {
    "mistakes": worked.BOOK,
    "as_many": worked.AS_MANY,
    "anew": worked.ANEW,
    "anothers": worked.ANOTHERS,
    "whole": worked.WHOLE,
    "as_many_as_all": worked.AS_MANY_AS_ALL,
    "among_all": worked.AMONG_ALL,
    "as_many_as_anew": worked.AS_MANY_AS_ANEW,
}
"""Arms of which prose tells."""

NEAR_NAMES = {
    "mistakes": worked.BOOK,
    "as_many": worked.AS_MANY,
    "anew": worked.ANEW,
    "work": worked.AS_MUCH_WORK,
    "carries": "long carries",
}
FULL_NAMES = {"mistakes": worked.BOOK, "as_many": worked.AS_MANY, "anew": worked.ANEW}


def asked(rows: Rows) -> dict[str, Any]:
    """Any run of the race: they begin alike."""
    return worked.race(rows)[0]


def seeds(rows: Rows) -> Measured:
    return Measured(spelled(len(worked.race(rows, worked.BOOK))))


def wrong_after(arm: str) -> Pick:
    """Test sums wrong at the end: the median and the span of the seeds."""
    return lambda rows: Measured(span(spread(worked.after(rows, arm))))


def ratio(arm: str, other: str) -> Pick:
    """Test sums wrong at the end, one arm over another, with the interval."""
    return lambda rows: Measured(ratio_of_seeds(worked.after(rows, arm), worked.after(rows, other)))


def number(arm: str, name: str) -> Pick:
    """A count of a run: the median and the span of the seeds."""
    return lambda rows: Measured(span(spread(row[name] for row in worked.race(rows, arm))))


def still_wrong(arm: str) -> Pick:
    """Test pairs wrong at the start and at the end: the median and the span of the seeds."""
    return lambda rows: Measured(span(spread(worked.still_wrong(rows, arm))))


def known_after(arm: str) -> Pick:
    """Of the pairs of its first training, wrong at the end."""

    def pick(rows: Rows) -> Measured:
        found = worked.race(rows, arm)
        middle = span(spread(row["after_known"] for row in found))
        return Measured(f"{middle} of {found[0]['n_known']:,}")

    return pick


def book_size(round_: int) -> Pick:
    """Mistakes in the pool when it is asked in a round."""

    def pick(rows: Rows) -> Measured:
        found = worked.book_sizes(rows)[round_]
        return Measured(span(found) if found.low < found.high else f"{found.median:,.0f}")

    return pick


def again(noted: int, after: int) -> Pick:
    """Of the listed mistakes of a round, wrong after another; all seeds together."""
    return lambda rows: Measured(part_of(*worked.wrong_again(rows, noted, after)))


def last_of_whole(rows: Rows) -> Measured:
    """Different pairs studied in the last round: the median of the seeds."""
    found = [row["curve"][-1]["distinct"] for row in worked.race(rows, worked.WHOLE)]
    return Measured(f"{spread(found).median:,.0f}")


def wrong_of_anothers(rows: Rows) -> Measured:
    """Of another network's mistakes that were studied, wrong for this one too: all runs."""
    wrong, n = map(sum, zip(*worked.wrong_of_studied(rows), strict=True))
    return Measured(part_of(wrong, n), wrong, n)


def cost(name: str) -> Pick:
    """Tokens at the end, studied or asked, in thousands."""

    def pick(rows: Rows) -> Measured:
        ends = [row["curve"][-1][name] for row in worked.race(rows, worked.BOOK)]
        return Measured(f"{spread(ends).median / 1000:,.0f} thousand")

    return pick


CLAIMS: dict[str, Claim] = {
    "ch6.near_n": Claim(
        "Test sums of 4 x 4 digits.", NEAR, lambda rows: Measured(f"{asked(rows)['n']:,}")
    ),
    "ch6.near_seeds": Claim("Runs of each way near the end.", NEAR, seeds),
    "ch6.near_sure": Claim(
        f"Mistakes of the first round, near the end, with a belief above {worked.SURE:g}.",
        NEAR,
        lambda rows: Measured(part_of(*worked.surely_wrong(rows))),
    ),
    "ch6.near_again_soon": Claim(
        "Near the end, of the listed mistakes of round 1, wrong after round 1.", NEAR, again(1, 1)
    ),
    "ch6.near_before": Claim(
        "How many of them a network near its end gets wrong before it studies any.",
        NEAR,
        lambda rows: Measured(f"{asked(rows)['before']:,}"),
    ),
    "ch6.near_book": Claim(
        "Different mistakes that it studies in all rounds together.",
        NEAR,
        lambda rows: Measured(span(spread(worked.studied_in_all(rows)))),
    ),
    "ch6.near_studied": Claim("Tokens that it studies.", NEAR, cost("tokens")),
    "ch6.near_asked": Claim("Tokens asked to find the mistakes.", NEAR, cost("tokens_asked")),
    **{
        f"ch6.near_{name}": Claim(
            f"Sums of 4 x 4 wrong at the end, near the end of training, having studied {arm}.",
            NEAR,
            wrong_after(arm),
        )
        for name, arm in NEAR_NAMES.items()
    },
    **{
        f"ch6.near_over_{name}": Claim(
            f"Sums of 4 x 4 wrong at the end, mistakes studied over {NEAR_NAMES[name]}.",
            NEAR,
            ratio(worked.BOOK, NEAR_NAMES[name]),
        )
        for name in ("as_many", "anew", "work")
    },
    "ch6.full_before": Claim(
        "Test sums of 4 x 4 that the full network gets wrong before it studies any.",
        FULL,
        lambda rows: Measured(part_of(asked(rows)["before"], asked(rows)["n"])),
    ),
    "ch6.full_rounds": Claim(
        "Mistakes of the full network in its pool, round by round.",
        FULL,
        lambda rows: Measured(
            listed([f"{sizes.median:,.0f}" for sizes in worked.book_sizes(rows)])
        ),
    ),
    **{
        f"ch6.full_{name}": Claim(
            f"The same once with the full network: wrong at the end, having studied {arm}.",
            FULL,
            lambda rows, arm=arm: Measured(f"{worked.after(rows, arm)[0]:,}"),
        )
        for name, arm in FULL_NAMES.items()
    },
    "ch6.book_sure": Claim(
        f"Mistakes of the first round that were written with a belief above {worked.SURE:g}.",
        NEW_PAIRS,
        lambda rows: Measured(part_of(*worked.surely_wrong(rows))),
    ),
    "ch6.book_seeds": Claim("Seeds of the race of error books.", NEW_PAIRS, seeds),
    "ch6.book_n": Claim("Test pairs.", NEW_PAIRS, lambda rows: Measured(f"{asked(rows)['n']:,}")),
    "ch6.book_before_n": Claim(
        "How many of them are wrong before anything is studied.",
        NEW_PAIRS,
        lambda rows: Measured(f"{asked(rows)['before']:,}"),
    ),
    **{
        f"ch6.book_{name}": Claim(
            f"Test pairs wrong at the end, having studied {arm}.", NEW_PAIRS, wrong_after(arm)
        )
        for name, arm in NAMES.items()
    },
    "ch6.book_over_anothers": Claim(
        "Test pairs wrong at the end, own mistakes studied over those of another network.",
        NEW_PAIRS,
        ratio(worked.BOOK, worked.ANOTHERS),
    ),
    "ch6.book_wrong_of_anothers": Claim(
        "Of another network's mistakes that were studied, wrong for this one as well.",
        NEW_PAIRS,
        wrong_of_anothers,
    ),
    "ch6.book_over_as_many": Claim(
        "Test pairs wrong at the end, mistakes studied over as many random ones.",
        NEW_PAIRS,
        ratio(worked.BOOK, worked.AS_MANY),
    ),
    "ch6.book_over_anew": Claim(
        "Test pairs wrong at the end, mistakes studied over random ones drawn anew.",
        NEW_PAIRS,
        ratio(worked.BOOK, worked.ANEW),
    ),
    "ch6.book_number_over_anew": Claim(
        "Test pairs wrong at the end, as many different pairs a round over all drawn anew.",
        NEW_PAIRS,
        ratio(worked.AS_MANY_AS_ANEW, worked.ANEW),
    ),
    "ch6.book_whole_last": Claim(
        "Mistakes in the whole book in its last round.", NEW_PAIRS, last_of_whole
    ),
    "ch6.book_mended_soon": Claim(
        "Of the listed mistakes of round 1, right after round 1.",
        NEW_PAIRS,
        lambda rows: Measured(f"{worked.broken_next(rows)[1]}"),
    ),
    "ch6.book_broke_next": Claim(
        "Of these, wrong after round 2.",
        NEW_PAIRS,
        lambda rows: Measured(f"{worked.broken_next(rows)[0]}"),
    ),
    "ch6.book_among_over_anew": Claim(
        "Test pairs wrong at the end, half mistakes and half drawn anew over all drawn anew.",
        NEW_PAIRS,
        ratio(worked.AMONG_ALL, worked.ANEW),
    ),
    **{
        f"ch6.book_broken_{name}": Claim(
            f"Test pairs right before and wrong now, having studied {NAMES[name]}.",
            NEW_PAIRS,
            number(NAMES[name], "broken"),
        )
        for name in ("mistakes", "anew")
    },
    **{
        f"ch6.book_old_{name}": Claim(
            f"Test pairs wrong before and still wrong, having studied {NAMES[name]}.",
            NEW_PAIRS,
            still_wrong(NAMES[name]),
        )
        for name in ("mistakes", "anew")
    },
    **{
        f"ch6.book_known_{name}": Claim(
            f"Pairs of its first training wrong at the end, having studied {NAMES[name]}.",
            NEW_PAIRS,
            known_after(NAMES[name]),
        )
        for name in ("mistakes", "anew")
    },
    "ch6.book_first": Claim(
        "Pairs of the pool wrong when it is first asked.", NEW_PAIRS, book_size(0)
    ),
    "ch6.book_last": Claim(
        "Pairs of the pool wrong when it is asked last.", NEW_PAIRS, book_size(-1)
    ),
    "ch6.book_again_soon": Claim(
        "Of the mistakes of round 1, wrong after round 1.", NEW_PAIRS, again(1, 1)
    ),
    "ch6.book_again_next": Claim(
        "Of the mistakes of round 1, wrong after round 2.", NEW_PAIRS, again(1, 2)
    ),
    "ch6.book_again_late": Claim(
        "Of the mistakes of round 1, wrong after round 4.", NEW_PAIRS, again(1, 4)
    ),
    "ch6.book_asked": Claim("Tokens asked to find them.", NEW_PAIRS, cost("tokens_asked")),
}
