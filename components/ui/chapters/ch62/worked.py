"""The worked numbers in the prose of chapter 6, third page, and what its records say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.claims.core import part_of
from components.ui.drawings.notebook import Mistake
from components.ui.lazily import lazily
from components.ui.live import LiveRun
from components.ui.plots import maps
from components.ui.records import FORM, Atlas
from components.ui.words import band, span, spelled
from lab.data.neighbours import column_digits
from lab.data.problems import HELDOUT_FROM, Format, two_digit_split
from lab.data.vocabulary import VOCABULARY
from lab.records import select
from lab.statistics import Spread, ratio_of_medians, spread

evaluate = lazily("lab.inference.evaluate")
experiment = lazily("lab.experiments.error_book")

Table = NDArray[np.bool_]
Row = dict[str, Any]
Rows = Sequence[Row]

BOOK, AS_MANY, ANEW = "its mistakes", "random, as many", "random, drawn anew"
WHOLE, AS_MANY_AS_ALL = "all its mistakes", "random, as many as all"
ANOTHERS = "mistakes of another"
COMPARED = (BOOK, AS_MANY, ANEW)
"""Arms that have a colour; the others are grey."""

HALVES = ("mistakes and random", "mistakes and neighbours")
AMONG_ALL, AS_MANY_AS_ANEW = "mistakes and drawn anew", "random, as many as anew"
SUSPECTS = (BOOK, WHOLE, AS_MANY_AS_ALL, AS_MANY_AS_ANEW, AMONG_ALL, ANEW)
"""Arms that tell apart what counts more than which sums are studied."""

AS_MUCH_WORK = "drawn anew, as much work"
NEAR_THE_END = (BOOK, AS_MANY, ANEW, AS_MUCH_WORK, "least certain", "smallest margin", *HALVES)
"""Arms of the network near its end, but for the one that does harm."""

BOUNDED = (*COMPARED, ANOTHERS, "long carries", "least certain", "smallest margin", *HALVES)
BETS = (*COMPARED, "long carries", "least certain")
"""Arms that a reader may bet on."""


def race(rows: Rows, arm: str | None = None) -> list[Row]:
    """The runs that were read on test; of one arm, or of all."""
    return select(rows, part="race", **({} if arm is None else {"arm": arm}))


def arms_of(rows: Rows) -> list[str]:
    return list(dict.fromkeys(row["cell"]["arm"] for row in race(rows)))


def wrong_of_studied(rows: Rows) -> list[tuple[int, int]]:
    """Of each run that studies another network's mistakes, over all rounds: how many of the studied
    problems it got wrong itself, and how many it studied."""
    counts: list[tuple[int, int]] = []
    for row in race(rows, ANOTHERS):
        rounds = row["curve"][1:]
        wrong = sum(round_["wrong_of_studied"] for round_ in rounds)
        counts.append((wrong, sum(round_["distinct"] for round_ in rounds)))
    return counts


def noted_in(rows: Rows, round_: int) -> list[Row]:
    """The mistakes that were listed in a round, of all runs that study them."""
    books = (row["book"] for row in race(rows, BOOK))
    return [mistake for book in books for mistake in book if mistake["round"] == round_]


# ---------------------------------------------------------------- 1. the book

SHOWN_SEED, IN_NOTEBOOK = 1, 3
"""The run whose book is shown; so many mistakes of each of its rounds stand in the notebook."""

AROUND = 6
"""Tokens that are shown in front of a wrong one; half as many stand behind it."""


def book_of(rows: Rows, seed: int = SHOWN_SEED) -> list[Row]:
    """The mistakes of one run that studies them, in the order in which they were noted."""
    (row,) = select(rows, part="race", arm=BOOK, seed=seed)
    return row["book"]


def notebook(rows: Rows) -> list[Mistake]:
    """A few mistakes of each round, drawn by seed 0, for the page's first figure."""
    rng, out = np.random.default_rng(0), list[Mistake]()
    book = book_of(rows)
    for round_ in sorted({mistake["round"] for mistake in book}):
        noted = [mistake for mistake in book if mistake["round"] == round_]
        drawn = rng.permutation(len(noted))[:IN_NOTEBOOK]
        out += [as_drawn(noted[i]) for i in sorted(drawn.tolist())]
    return out


def as_drawn(mistake: Row, form: Format = FORM) -> Mistake:
    a, b, slot = mistake["a"], mistake["b"], mistake["slot"]
    text = form.text(a, b)
    return Mistake(
        sum=text[: form.prompt_length],
        before=text[max(form.prompt_length, slot - AROUND) : slot],
        written=VOCABULARY[mistake["written"]],
        right=text[slot],
        after=text[slot + 1 : slot + 1 + AROUND // 2],
        kind=KINDS.get(mistake["kind"]) or str(mistake["kind"]),
        belief=mistake["belief"],
        noted=mistake["round"],
        wrong_after=[bool(wrong) for wrong in mistake["again"]],
    )


KINDS: dict[str, str] = {
    "partial product 0": "the first partial product",
    "partial product 1": "the second partial product",
    "answer": "the answer",
}
"""The numbers of a sum of two by two digits, as the record calls them and as a reader does."""


def kinds_before(rows: Rows) -> dict[str, int]:
    """Of all test pairs, before anything was studied: where texts go wrong first."""
    found = race(rows)[0]["kinds_before"]
    return {words: found.get(kind, 0) for kind, words in KINDS.items()}


def most_frequent(rows: Rows) -> str:
    """The option of the guess."""
    found = kinds_before(rows)
    return max(found, key=found.__getitem__)


def of_kind(rows: Rows, words: str) -> list[Row]:
    """The mistakes of that kind in the book, the surest first."""
    kind = next(kind for kind, own in KINDS.items() if own == words)
    found = [mistake for mistake in book_of(rows) if mistake["kind"] == kind]
    return sorted(found, key=lambda mistake: -mistake["belief"])


def listed(mistakes: Sequence[Row]) -> list[dict[str, str]]:
    """A line a mistake."""
    return [
        {
            "sum": f"{m['a']} × {m['b']}",
            "written so far": FORM.text(m["a"], m["b"])[: m["slot"]],
            "then it wrote": VOCABULARY[m["written"]],
            "instead of": FORM.text(m["a"], m["b"])[m["slot"]],
            "sure": in_percent(m["belief"]),
        }
        for m in mistakes
    ]


def in_percent(belief: float) -> str:
    return "over 99%" if belief > 0.99 else f"{belief:.0%}"


SURE = 0.9


def surely_wrong(rows: Rows) -> tuple[int, int]:
    """Of the mistakes noted in the first round: those that the network held for surer than `SURE`,
    and all; of all seeds together."""
    beliefs = [mistake["belief"] for mistake in noted_in(rows, 1)]
    return sum(belief > SURE for belief in beliefs), len(beliefs)


# ---------------------------------------------------------------- 2. the race


def curve_rows(rows: Rows) -> list[Row]:
    """A line a run and round: held-out sums wrong, and what it has cost until then."""
    return [
        {
            "arm": row["cell"]["arm"],
            "seed": row["cell"]["seed"],
            "round": at["round"],
            "share": at["wrong"] / at["n"],
            "errors": part_of(at["wrong"], at["n"]),
            STUDIED: at["tokens"],
            WORKED: worked_tokens(at),
        }
        for arm in BOUNDED
        for row in race(rows, arm)
        for at in row["curve"]
    ]


STUDIED, WORKED = "tokens studied", "tokens studied, and asked at a third"
AXES = (STUDIED, WORKED)
"""What a run has cost: what it read to learn, or that and what it was asked to find mistakes. To
read a token takes a third of the operations of learning from it."""


def worked_tokens(at: Row) -> float:
    return at["tokens"] + at["tokens_asked"] / 3


def end_rows(rows: Rows, arms: Sequence[str]) -> list[Row]:
    """A point a run of these arms: test sums wrong at the end."""
    return [
        {
            "arm": row["cell"]["arm"],
            "share": row["after"] / row["n"],
            "seed": row["cell"]["seed"],
            "errors": part_of(row["after"], row["n"]),
        }
        for arm in arms
        for row in race(rows, arm)
    ]


def after(rows: Rows, arm: str) -> list[float]:
    return [row["after"] for row in race(rows, arm)]


def best_arm(rows: Rows) -> str:
    """The option of the guess: the fewest wrong in the middle of the seeds."""
    return min(BETS, key=lambda arm: spread(after(rows, arm)).median)


MOST_WRONG = 0.4
"""Where the axis of test pairs that are wrong ends: at the start about a third of them are."""


def told_of_arms(rows: Rows) -> list[dict[str, str]]:
    """A line an arm: how many different sums it studied, its rate, and what is wrong at the end."""
    out: list[dict[str, str]] = []
    for arm in arms_of(rows):
        found = race(rows, arm)
        end, n = spread(row["after"] for row in found), found[0]["n"]
        out.append(
            {
                "studied": arm,
                "different sums, round by round": different(found),
                "rate": f"{found[0]['rate']:g}",
                f"wrong of {n:,}": span(end),
            }
        )
    return out


def different(found: Rows) -> str:
    """How many in each round, in the middle of the runs, if they are counted."""
    rounds = zip(*([at["distinct"] for at in row["curve"][1:]] for row in found), strict=True)
    counts = [list(some) for some in rounds]
    if any(n is None for some in counts for n in some):
        return "drawn anew"
    return ", ".join(f"{spread(some).median:,.0f}" for some in counts)


# ---------------------------------------------------------------- 3. what counts more

NUMBER = (
    "about as many as the error book",
    "between the two",
    "about as many as ordinary training",
)


def is_it_the_number(rows: Rows) -> str:
    """The option of the guess: which part of the way from the error book to rows drawn anew as many
    different pairs go."""
    arms = (BOOK, AS_MANY_AS_ANEW, ANEW)
    book, number, anew = (spread(after(rows, arm)).median for arm in arms)
    return band((book - number) / (book - anew), (1 / 4, 3 / 4), NUMBER)


# ---------------------------------------------------------------- 4. near the end

MOST_WRONG_NEAR = 0.02
LEVEL = ("its mistakes", "ordinary training", "about as many")


def who_leaves_fewest(rows: Rows) -> str:
    """The option of the guess: about as many, if the interval of their ratio holds one."""
    found = ratio_of_medians(after(rows, BOOK), after(rows, ANEW))
    return band(1.0, (found.low, found.high), (LEVEL[1], LEVEL[2], LEVEL[0]))


def studied_in_all(rows: Rows) -> list[int]:
    """Of each run that studies mistakes: how many different ones, over all rounds."""
    return [sum(at["distinct"] for at in row["curve"][1:]) for row in race(rows, BOOK)]


# ---------------------------------------------------------------- 5. wrong before, or lost

STILL, NEW = "wrong before as well", "right before"


def still_wrong(rows: Rows, arm: str) -> list[int]:
    """Of each run: sums that were wrong at the start and still are."""
    return [row["after"] - row["broken"] for row in race(rows, arm)]


def fate_rows(rows: Rows) -> list[Row]:
    """Problems wrong at the end by whether they were wrong at the start, medians of the runs."""
    out: list[Row] = []
    for arm in SUSPECTS:
        counts = ((STILL, still_wrong(rows, arm)), (NEW, [r["broken"] for r in race(rows, arm)]))
        out += [
            {"arm": arm, "fate": fate, "rank": rank, "n": spread(found).median}
            for rank, (fate, found) in enumerate(counts)
        ]
    return out


def kind_rows(rows: Rows) -> list[dict[str, str]]:
    """Where texts go wrong first, before and after: the median of the runs."""
    before = kinds_before(rows)
    out: list[dict[str, str]] = []
    for kind, words in KINDS.items():
        line = {"goes wrong first in": words, "before": f"{before[words]:,}"}
        for arm in COMPARED:
            found = [row["kinds_after"].get(kind, 0) for row in race(rows, arm)]
            line[arm] = f"{spread(found).median:,.0f}"
        out.append(line)
    return out


# ---------------------------------------------------------------- 6. do they come back?


def ledger(rows: Rows) -> list[Row]:
    """Of the mistakes noted in a round, how many are wrong after it and after each later one; all
    seeds together."""
    counts, wrong = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for row in race(rows, BOOK):
        for mistake in row["book"]:
            for later, again in enumerate(mistake["again"]):
                at = mistake["round"], mistake["round"] + later
                counts[at] += 1
                wrong[at] += again
    return [
        {
            "noted": f"round {noted}",
            "after": f"round {after}",
            "share": wrong[noted, after] / n,
            "errors": part_of(wrong[noted, after], n),
        }
        for (noted, after), n in sorted(counts.items())
    ]


def wrong_again(rows: Rows, noted: int, after: int) -> tuple[int, int]:
    """(wrong, n) of the mistakes of one round, after another."""
    flags = [mistake["again"][after - noted] for mistake in noted_in(rows, noted)]
    return sum(flags), len(flags)


def broken_next(rows: Rows) -> tuple[int, int]:
    """Of the mistakes of the first round that were right after it: wrong after the second, and
    all."""
    found = (mistake["again"] for mistake in noted_in(rows, 1))
    mended = [again for again in found if not again[0]]
    return sum(again[1] for again in mended), len(mended)


BACK = ("hardly any", "less than a quarter", "a quarter or more")


def how_many_back(rows: Rows) -> str:
    """The option of the guess: of the first round's mistakes, wrong again after the last."""
    wrong, n = wrong_again(rows, 1, len(race(rows)[0]["curve"]) - 1)
    return band(wrong / n, (0.05, 0.25), BACK)


def book_sizes(rows: Rows) -> list[Spread]:
    """How many of the pool are wrong when it is asked, round by round."""
    found = [[at["mistakes"] for at in row["curve"][1:]] for row in race(rows, BOOK)]
    return [spread(sizes) for sizes in zip(*found, strict=True)]


# ---------------------------------------------------------------- 7. live

BOOKS = (1, 20, 80, 160)
"""Mistakes that a reader's network may study."""

READS = COMPARED


def wrong_pairs(atlas: Atlas) -> list[tuple[int, int]]:
    """The unordered pairs that may be trained on and were not, of which one order is wrong."""
    wrong = atlas.wrong_at >= 0
    return listed_once(may_be_studied(atlas) & (wrong | wrong.T))


def new_pairs(atlas: Atlas) -> list[tuple[int, int]]:
    """The unordered pairs that may be trained on and were not."""
    return listed_once(may_be_studied(atlas))


def may_be_studied(atlas: Atlas) -> Table:
    return (two_digit_split() < HELDOUT_FROM) & ~atlas.trained_on


def listed_once(pairs: Table) -> list[tuple[int, int]]:
    """The pairs of a symmetric table, (100, 100), either order of each but once."""
    return [(int(a), int(b)) for a, b in np.argwhere(np.triu(pairs))]


def to_read(atlas: Atlas, what: str, n: int) -> list[tuple[int, int]]:
    """The pairs that a live run reads, drawn by seed 0; none means all that may be trained on."""
    if what == ANEW:
        return []
    pairs = wrong_pairs(atlas) if what == BOOK else new_pairs(atlas)
    order = np.random.default_rng(0).permutation(len(pairs))[:n]
    return [pairs[i] for i in sorted(order.tolist())]


def book_rows(book: Sequence[tuple[int, int]], runs: Sequence[tuple[LiveRun, str]]) -> list[Row]:
    """Of a book's pairs, both orders of each: how many a run writes right by its latest checks."""
    a, b = np.array(sorted({pair for a, b in book for pair in ((a, b), (b, a))})).T
    out: list[Row] = []
    for run, name in runs:
        found = run.wrong_at[a, b]
        counts = {
            "still wrong": (found >= 0).sum(),
            "right now": (found == evaluate.RIGHT).sum(),
            "not asked yet": (found == maps.NOT_ASKED).sum(),
        }
        out += [
            {"run": name, "what": what, "n": int(n), "rank": rank}
            for rank, (what, n) in enumerate(counts.items())
        ]
    return out


def recorded_curves(rows: Rows, steps: int) -> list[Row]:
    """The recorded share that is right, of one run an arm, by step."""
    return [
        {
            "run": f"{arm}, recorded",
            "step": at["round"] * steps,
            "what": "held out",
            "value": 1 - at["wrong"] / at["n"],
        }
        for arm in COMPARED
        for row in select(rows, part="race", arm=arm, seed=SHOWN_SEED)
        for at in row["curve"]
    ]


# ---------------------------------------------------------------- worked numbers

A, B = 37, 48
LIKELY = (0.98, 0.5, 0.1)
"""How likely a network finds three right texts."""


def uncertainty(p: float) -> float:
    return p * (1 - p)


def slot_of_worked() -> int:
    """The tens of the first partial product of 37 x 48."""
    return FORM.partial_products[0].start + 1


def task(name: str = "2x2") -> Any:
    return experiment.TASKS[name]


def near_work_steps() -> int:
    return experiment.steps_of(task("4x4"), AS_MUCH_WORK)


CALC: dict[str, Callable[[], str]] = {
    "sure": lambda: f"{SURE:g}",
    "rounds": lambda: spelled(experiment.ROUNDS),
    "steps": lambda: spelled(task().steps),
    "batch": lambda: f"{experiment.BATCH}",
    "most": lambda: f"{experiment.MOST}",
    "pool": lambda: f"{len(task().pool(0, 0)[0]):,}",
    "rates": lambda: spelled(len(task().rates)),
    "near_pool": lambda: f"{experiment.POOL:,}",
    "near_steps": lambda: f"{task('4x4').steps}",
    "near_work_steps": lambda: f"{near_work_steps()}",
    "near_read": lambda: f"{task('4x4').steps * experiment.BATCH}",
    "near_all": lambda: f"{experiment.ROUNDS * task('4x4').steps * experiment.BATCH:,}",
    "read_each": lambda: f"{task().steps * experiment.BATCH / experiment.MOST:.0f}",
    "anew_different": lambda: f"{experiment.different_anew(task()):,}",
    "listed": lambda: f"{experiment.LISTED}",
    "p_sure": lambda: f"{LIKELY[0]:g}",
    "p_half": lambda: f"{LIKELY[1]:g}",
    "p_low": lambda: f"{LIKELY[2]:g}",
    "u_sure": lambda: f"{uncertainty(LIKELY[0]):.4f}",
    "u_half": lambda: f"{uncertainty(LIKELY[1]):.2f}",
    "u_low": lambda: f"{uncertainty(LIKELY[2]):.2f}",
    "column_a": lambda: str(A // 10 ** column_digits(FORM, slot_of_worked())[0] % 10),
    "column_b": lambda: str(B // 10 ** column_digits(FORM, slot_of_worked())[1] % 10),
}
