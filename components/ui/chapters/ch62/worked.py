"""The worked numbers in the prose of chapter 6, third page, and what its records say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.chapters.ch62 import claims
from components.ui.chapters.ch62.claims import ARMS, PAIRS, SUSPECTS
from components.ui.claims.claim import MISSING
from components.ui.computed_ahead import ahead
from components.ui.drawings.bet import Bet, Racer
from components.ui.drawings.guess import Answer, Axis, Dragged, Picked
from components.ui.drawings.guess import Row as Line
from components.ui.drawings.notebook import Mistake
from components.ui.lazily import lazily
from components.ui.live.service import LiveRun
from components.ui.page_records import FORM, Atlas, Opening, opening, rows_of
from components.ui.plots import maps
from components.ui.plots.colours import shape_of
from components.ui.words import band, spelled
from lab.data.neighbours import column_digits
from lab.data.problems import HELDOUT_FROM, Format, split_value, two_digit_split
from lab.data.vocabulary import VOCABULARY
from lab.inference.transcript import Transcript
from lab.readings import Row, Rows, join_words
from lab.statistics import different_of, ratio_of_medians, spread

experiment = lazily(
    "lab.experiments.error_book", known=["BATCH", "LISTED", "MOST", "POOL", "ROUNDS"]
)

Table = NDArray[np.bool_]
Record = Sequence[Row]

COMPARED = ("own_mistakes", "random_matched", "random_anew")
"""Arms that have a colour; the others are grey."""

HALVES = ("mistakes_and_random", "mistakes_and_neighbours")
NEAR_THE_END = (
    "own_mistakes",
    "random_matched",
    "random_anew",
    "random_anew_same_work",
    "least_certain",
    "smallest_margin",
    *HALVES,
)
"""Arms of the network near its end, but for the one that does harm."""

BOUNDED = (
    *COMPARED,
    "mistakes_of_another",
    "long_carries",
    "least_certain",
    "smallest_margin",
    *HALVES,
)


# ---------------------------------------------------------------- 2. the book

SHOWN_SEED, IN_NOTEBOOK = 1, 4
"""The run whose book is shown; so many mistakes of each of its rounds stand in the notebook."""

MOST_DRAWS = 10_000
FATES = ("mended", "back", "still")
"""How a mistake ended: right, or wrong after it had been right, or wrong throughout."""


def book_of(rows: Record) -> list[Row]:
    """The mistakes of one run that studies them, in the order in which they were noted."""
    (row,) = PAIRS.where(arm="own_mistakes", seed=SHOWN_SEED).of(rows)
    return row["book"]


def fate(mistake: Row) -> str:
    again = mistake["again"]
    return FATES[0] if not again[-1] else FATES[1] if 0 in again else FATES[2]


def in_proportion(rows: Record, n: int) -> dict[str, int]:
    """Of `n` mistakes, how many ended each way, as of those that all runs list; what is left over
    by rounding goes to the largest remainders."""
    listed = Counter(
        fate(mistake) for row in claims.of_book(PAIRS).of(rows) for mistake in row["book"]
    )
    wanted = {name: n * listed[name] / listed.total() for name in FATES}
    whole = {name: int(share) for name, share in wanted.items()}
    by_rest = sorted(FATES, key=lambda name: whole[name] - wanted[name])
    for name in by_rest[: n - sum(whole.values())]:
        whole[name] += 1
    return whole


def notebook(rows: Record) -> list[Mistake]:
    """A few mistakes of each round, drawn by seed 0 again and again until as many of them ended
    each way as of all that are listed."""
    rng, book = np.random.default_rng(0), book_of(rows)
    rounds = [[m for m in book if m["round"] == n] for n in sorted({m["round"] for m in book})]
    wanted = in_proportion(rows, IN_NOTEBOOK * len(rounds)) if rounds else {}
    for _ in range(MOST_DRAWS if rounds else 0):
        drawn = [
            noted[i]
            for noted in rounds
            for i in sorted(rng.permutation(len(noted))[:IN_NOTEBOOK].tolist())
        ]
        if all(sum(fate(m) == name for m in drawn) == n for name, n in wanted.items()):
            return [as_drawn(mistake) for mistake in drawn]
    return []


def as_drawn(mistake: Row, form: Format = FORM) -> Mistake:
    a, b, slot = mistake["a"], mistake["b"], mistake["slot"]
    text = form.text(a, b)
    return Mistake(
        sum=text[: form.prompt_length],
        before=text[form.prompt_length : slot],
        written=VOCABULARY[mistake["written"]],
        right=text[slot],
        after=text[slot + 1 :],
        kind=KINDS.get(mistake["kind"]) or str(mistake["kind"]),
        belief=mistake["belief"],
        noted=mistake["round"],
        wrong_after=[bool(wrong) for wrong in mistake["again"]],
    )


FIRST_PRODUCT = "the first partial product"
KINDS: dict[str, str] = {
    "partial product 0": FIRST_PRODUCT,
    "partial product 1": "the second partial product",
    "answer": "the answer",
}
"""The numbers of a sum of two by two digits, as the record calls them and as a reader does."""


def kinds_before(rows: Record) -> dict[str, int]:
    """Of all test pairs, before anything was studied: where texts go wrong first."""
    found = PAIRS.of(rows)[0]["kinds_before"]
    return {words: found.get(kind, 0) for kind, words in KINDS.items()}


def most_frequent(rows: Record) -> str:
    """The option of the guess."""
    found = kinds_before(rows)
    return max(found, key=found.__getitem__)


def where_first(rows: Record) -> Picked:
    """The frame of the guess."""
    whole = PAIRS.of(rows)[0]["before"]
    axis = Axis("test pairs that are wrong", 0, MOST_WRONG)
    return Picked(axis, lambda: kinds_before(rows), given=[Line("all three", whole)])


TWIN = "few_pairs"
"""The network before the bet."""

AS_WRITTEN = ("right", "first wrong token", "after a mistake")


def token_rows(written: Transcript, a: int, b: int) -> list[Row]:
    """Each token that a network wrote, with its probability and what became of it."""
    wrong_at = first_wrong(written, a, b)
    return [
        {
            "at": at,
            "token": token,
            "p": p,
            "what": AS_WRITTEN[(at == wrong_at) + 2 * (at > wrong_at)],
        }
        for at, (token, p) in enumerate(
            zip(written.text[written.given :], written.probabilities, strict=True)
        )
    ]


def first_wrong(written: Transcript, a: int, b: int) -> int:
    """Which of the tokens that a network wrote is the first wrong one; as many as there are if none
    is."""
    pairs = zip(written.text[written.given :], FORM.text(a, b)[written.given :], strict=True)
    return next((at for at, (x, y) in enumerate(pairs) if x != y), len(written.beliefs))


def said_of(written: Transcript, a: int, b: int) -> str:
    """Where a network goes wrong in a problem, and whether it was trained on it."""
    at = first_wrong(written, a, b)
    where = f"**{a} × {b}** {hash_said(a, b)}."
    if at == len(written.beliefs):
        least = at_most(min(written.probabilities))
        return f"{where} Every token is right, each with a probability of at least {least}."
    slot = written.given + at
    kind = KINDS.get(FORM.field_at(slot).label, "the text")
    return (
        f"{where} The first wrong token is in {kind}: **{written.text[slot]}** in place of "
        f"**{FORM.text(a, b)[slot]}**, with a probability of {written.probabilities[at]:.0%}."
    )


def hash_said(a: int, b: int) -> str:
    value = split_value(a, b)
    if value < task().seen:
        return "was in the network's first training"
    return "is in the pool" if value < HELDOUT_FROM else "is held out"


def at_most(p: float) -> str:
    """Rounded down: a probability of at least so much."""
    return f"{int(1000 * p) / 10:g}%"


def recorded() -> Opening:
    """The problem of the twin that is shown before a reader types one. `LookupError` for none."""
    found = opening(TWIN)
    if found is None:
        raise LookupError("the opening of the twin is not recorded")
    return found


def own() -> tuple[Row, list[Row]]:
    """The first wrong token of the recorded problem, and the others."""
    found = recorded()
    rows = token_rows(found.written, found.a, found.b)
    (wrong,) = [row for row in rows if row["what"] == AS_WRITTEN[1]]
    return wrong, [row for row in rows if row is not wrong]


def own_first() -> float:
    """The probability of the recorded problem's first token, which is right."""
    wrong, (first, *_) = own()
    if first["what"] != AS_WRITTEN[0] or wrong["at"] != first["at"] + 1:
        raise LookupError("the recorded problem does not go wrong at its second token")
    return first["p"]


def own_added() -> str:
    """What the recorded text adds, in ordinary digits."""
    written = recorded().written
    numbers = written.text[written.given :].removesuffix("$").replace("=", "+")
    first, second, answer = (int(number[::-1]) for number in numbers.split("+"))
    return f"{first:,} + {second:,} = {answer:,}"


# ---------------------------------------------------------------- 1. the bet

HUES = {"own_mistakes": "violet", "random_matched": "ochre", "random_anew": "teal"}
"""Names of the book's colours, as its table of arms has them."""

MOST_OF_100 = 50
"""Where the axis of the bet ends: at the start about a third of the pairs are wrong."""


COUNTED = "in full"
"""What an evaluated token counts at first."""


def the_bet(rows: Record) -> Bet:
    """Three ways, their runs side by side at each check: validation pairs after every round, test
    pairs at the start and the end."""
    first = PAIRS.of(rows)[0]
    return Bet(
        racers=[racer(rows, arm) for arm in COMPARED],
        n_check=first["curve"][0]["n"],
        n_test=first["n"],
        before=first["before"],
        most=MOST_OF_100,
    )


def picked(rows: Record) -> dict[str, tuple[str, str]]:
    """How each way of the bet picks what it studies, and in fewer words."""
    n = claims.of_book(PAIRS).of(rows)[0]["curve"][1]["distinct"]
    return {
        "own_mistakes": (
            f"{n} pairs of numbers a round, drawn from its error book",
            f"{n} pairs a round, from its error book",
        ),
        "random_matched": (
            "as many from the same pool, right or wrong",
            "as many from the same pool",
        ),
        "random_anew": (
            "drawn anew from all pairs that it may be trained on",
            "drawn anew from all its pairs",
        ),
    }


def racer(rows: Record, arm: str) -> Racer:
    runs = PAIRS.where(arm=arm).of(rows)
    curve = runs[0]["curve"]
    about, brief = picked(rows)[arm]
    return Racer(
        name=ARMS[arm],
        about=about,
        brief=brief,
        hue=HUES[arm],
        shape=shape_of(ARMS[arm]),
        evaluated=[at["tokens_asked"] for at in curve],
        studied=[at["tokens"] for at in curve],
        wrong=[[run["curve"][check]["wrong"] for run in runs] for check in range(len(curve))],
        after=[run["after"] for run in runs],
    )


def bet_rows(rows: Record) -> list[Row]:
    """A line a run and check, for a reader to take along."""
    return [
        {
            "arm": ARMS[arm],
            "seed": run["cell"]["seed"],
            "round": at["round"],
            "tokens evaluated": at["tokens_asked"],
            "tokens studied": at["tokens"],
            "validation pairs wrong": at["wrong"],
            "of": at["n"],
        }
        for arm in COMPARED
        for run in PAIRS.where(arm=arm).of(rows)
        for at in run["curve"]
    ]


WRONG, RIGHT, KNOWN, UNREAD = "wrong", "right", "known", "not read"
"""Pairs of a round: what the network made of them before the bet, or that it was trained on them
then, and those that a way leaves out."""


def first_round(rows: Record) -> list[Row]:
    """Of the pairs that each way of the bet may pick from in its first round, how many it reads.
    Of pairs that are drawn at random, as many of each kind as is expected."""
    run = claims.of_book(PAIRS).of(rows)[0]
    round_ = run["curve"][1]
    picked, pool, wrong = round_["distinct"], round_["pool"], round_["mistakes"]
    kinds = {WRONG: wrong, RIGHT: pool - wrong, KNOWN: run["n_known"]}
    whole, reads = sum(kinds.values()), round_["tokens"] // FORM.length
    anew = different_of(whole, reads)
    few = f"{picked}, each {reads / picked:.0f} times"
    read: dict[str, tuple[dict[str, float], float, str]] = {
        "own_mistakes": ({WRONG: picked}, pool, few),
        "random_matched": ({x: picked * kinds[x] / pool for x in (WRONG, RIGHT)}, pool, few),
        "random_anew": (
            {x: anew * n / whole for x, n in kinds.items()},
            whole,
            f"{anew:,.0f}, most once",
        ),
    }
    return [
        {"way": ARMS[arm], "what": what, "n": n, "rank": rank, "of": of, "said": said}
        for arm, (parts, of, said) in read.items()
        for rank, (what, n) in enumerate({**parts, UNREAD: of - sum(parts.values())}.items())
    ]


def first_round_said(found: Sequence[Row]) -> str:
    """The picture of the first round for who cannot see it."""
    said: list[str] = []
    for way in dict.fromkeys(row["way"] for row in found):
        parts = {row["what"]: row["n"] for row in found if row["way"] == way}
        of = next(row["of"] for row in found if row["way"] == way)
        read = join_words([f"{n:,.0f} {what}" for what, n in parts.items() if what != UNREAD])
        said.append(f"{way} {of - parts[UNREAD]:,.0f} of {of:,}: {read}")
    return f"Different pairs that each way reads in its first round. {'; '.join(said)}"


def end_rows(found: Rows, rows: Record, arms: Sequence[str]) -> list[Row]:
    """A point a run of these arms: test sums wrong at the end."""
    return [
        {"arm": ARMS[arm], "wrong": row["after"], "seed": row["cell"]["seed"]}
        for arm in arms
        for row, _ in claims.after(found, arm).points(rows)
    ]


MOST_WRONG = 2500
"""Where the axis of test pairs that are wrong ends: at the start about a third of them are."""

PAIRS_WRONG = Axis("test pairs wrong", 0, MOST_WRONG)


def at_the_start(rows: Record) -> Line:
    """Test pairs wrong before anything is studied."""
    return Line("at the start", PAIRS.of(rows)[0]["before"])


def of_test_pairs(rows: Record) -> str:
    return f"test pairs wrong at the end, of {PAIRS.of(rows)[0]['n']:,}"


# ---------------------------------------------------------------- 4. what counts more

NUMBER = (
    "about as many as the error book",
    "between the two",
    "about as many as ordinary training",
)


def is_it_the_number(rows: Record) -> str:
    """The option of the guess: which part of the way from the error book to rows drawn anew as many
    different pairs go."""
    arms = ("own_mistakes", "random_matched_anew", "random_anew")
    book, number, anew = (claims.after(PAIRS, arm).value(rows) for arm in arms)
    return band((book - number) / (book - anew), (1 / 4, 3 / 4), NUMBER)


def to_be_left(rows: Record) -> Dragged:
    """The frame of the guess."""
    return Dragged(
        replace(PAIRS_WRONG, step=10),
        ARMS["random_matched_anew"],
        given=[at_the_start(rows)],
        later=[ARMS[arm] for arm in BETWEEN],
        hue="brown",
    )


BETWEEN = {"own_mistakes": "violet", "random_anew": "teal"}
"""Arms that the answer stands between, and their hues."""


def left_by_the_number(rows: Record) -> Answer:
    """The answer of the guess: many pairs a round, beside the error book and ordinary training."""
    ends = {arm: claims.after(PAIRS, arm) for arm in ("random_matched_anew", *BETWEEN)}
    value, *_ = medians = [end.value(rows) for end in ends.values()]
    dots = [end.values(rows) for end in ends.values()]
    others = [
        Line(ARMS[arm], medians[i], median_of(medians[i]), dots[i], hue=hue)
        for i, (arm, hue) in enumerate(BETWEEN.items(), start=1)
    ]
    then = f"That is {is_it_the_number(rows)}."
    return Answer(value, median_of(value), then, dots[0], others)


def median_of(value: float) -> str:
    return f"median {value:,.0f}"


# ---------------------------------------------------------------- 5. near the end

MOST_WRONG_NEAR = 200
LEVEL = ("its mistakes", "ordinary training", "not decided by these seeds")


def who_leaves_fewest(rows: Record) -> str:
    """The option of the guess: not decided, if the interval of their ratio holds one."""
    arms = ("own_mistakes", "random_anew")
    book, anew = (claims.after(claims.NEAR, arm).values(rows) for arm in arms)
    found = ratio_of_medians(book, anew)
    return band(1.0, (found.low, found.high), (LEVEL[1], LEVEL[2], LEVEL[0]))


def wrong_near(rows: Record) -> int:
    return claims.NEAR.of(rows)[0]["before"]


def asked_near(rows: Record) -> int:
    return claims.NEAR.of(rows)[0]["n"]


def to_be_left_near(rows: Record) -> Dragged:
    """The frame of the guess."""
    before = wrong_near(rows)
    return Dragged(
        Axis(f"wrong of {asked_near(rows):,}", 0, 200),
        "after its mistakes",
        given=[Line("at the start", before)],
        later=["against ordinary training"],
        start=before,
    )


def left_near(rows: Record) -> Answer:
    """The answer of the guess: how many are left, and each seed beside ordinary training."""
    ends = claims.after(claims.NEAR, "own_mistakes"), claims.after(claims.NEAR, "random_anew")
    book, anew = ({row["cell"]["seed"]: n for row, n in end.points(rows)} for end in ends)
    value, other = (end.value(rows) for end in ends)
    fewer = sum(book[seed] < anew[seed] for seed in book)
    pairs = [
        Line(
            f"seed {seed}",
            dots=[n],
            others=[anew[seed]],
            note=against(n, anew[seed]),
            hue="violet",
            other_hue="teal",
        )
        for seed, n in book.items()
    ]
    against_anew = Line("ordinary training", other, median_of(other), hue="teal")
    then = (
        f"Against ordinary training its mistakes leave fewer in {fewer} of {len(book)} pairs of "
        f"seeds: **{who_leaves_fewest(rows)}**."
    )
    return Answer(value, median_of(value), then, rows=[against_anew, *pairs])


def against(n: float, other: float) -> str:
    return f"{abs(n - other):,.0f} {'fewer' if n < other else 'more'}"


# ---------------------------------------------------------------- 6. wrong before, or lost

LOST_MOST = 600
"""Where the axis of lost pairs ends."""

LOSE = (SUSPECTS[0], "random_matched", *SUSPECTS[1:])
"""Arms whose lost pairs are counted."""


def lost_rows(rows: Record) -> list[Row]:
    """A point a run: of the test pairs that were right at the start, those wrong at the end."""
    return [
        {"arm": ARMS[arm], "wrong": row["broken"], "seed": row["cell"]["seed"]}
        for arm in LOSE
        for row in PAIRS.where(arm=arm).of(rows)
    ]


def right_at_first(rows: Record) -> int:
    """Test pairs that were right before anything was studied."""
    return PAIRS.of(rows)[0]["n"] - PAIRS.of(rows)[0]["before"]


def kind_rows(rows: Record) -> list[dict[str, str]]:
    """Where texts go wrong first, before and after: the median of the runs."""
    before = kinds_before(rows)
    out: list[dict[str, str]] = []
    for kind, words in KINDS.items():
        line = {"first mistake in": words, "before": f"{before[words]:,}"}
        for arm in COMPARED:
            found = spread(row["kinds_after"].get(kind, 0) for row in PAIRS.where(arm=arm).of(rows))
            line[ARMS[arm]] = f"{found.median:,.0f}"
        out.append(line)
    return out


# ---------------------------------------------------------------- 3. do they come back?


def n_rounds(rows: Record) -> int:
    return len(PAIRS.of(rows)[0]["curve"]) - 1


def ledger(rows: Record) -> list[Row]:
    """Of the mistakes noted in a round, how many are wrong after it and after each later one; all
    seeds together."""
    last = n_rounds(rows)
    asked = [(noted, later) for noted in range(1, last + 1) for later in range(noted, last + 1)]
    return [
        {
            "noted": f"round {noted}",
            "after": f"round {later}",
            "share": wrong.value(rows),
            "errors": wrong.measure(rows).shown,
        }
        for noted, later in asked
        for wrong in [claims.wrong_again(PAIRS, noted, later)]
    ]


BACK = ("hardly any", "less than a quarter", "a quarter or more")


def how_many_back(rows: Record) -> str:
    """The option of the guess: of the first round's mistakes, wrong again after the last."""
    wrong = claims.wrong_again(PAIRS, 1, n_rounds(rows))
    return band(wrong.value(rows), (0.05, 0.25), BACK)


COMING_BACK = Dragged(
    Axis.percent("of the mistakes of round 1"),
    "wrong after the last round",
    given=[Line("when they were noted", 100)],
)
"""The frame of the guess."""


def back_in_percent(rows: Record) -> Answer:
    """The answer of the guess: of the first round's mistakes, wrong again after the last."""
    wrong = claims.wrong_again(PAIRS, 1, n_rounds(rows))
    value = 100 * wrong.value(rows)
    return Answer(value, f"{value:.0f}%", f"These are {wrong.measure(rows).shown}.")


# ---------------------------------------------------------------- 7. live

BOOKS = (1, 20, 80, 160)
"""Mistakes that a reader's network may study."""

READS = {ARMS[arm]: arm for arm in COMPARED}
"""What it may read, by its words."""


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
    if what == "random_anew":
        return []
    pairs = wrong_pairs(atlas) if what == "own_mistakes" else new_pairs(atlas)
    order = np.random.default_rng(0).permutation(len(pairs))[:n]
    return [pairs[i] for i in sorted(order.tolist())]


def book_rows(book: Sequence[tuple[int, int]], runs: Sequence[tuple[LiveRun, str]]) -> list[Row]:
    """Of a book's pairs, both orders of each: how many a run writes right by its latest checks."""
    a, b = np.array(sorted({pair for a, b in book for pair in ((a, b), (b, a))})).T
    out: list[Row] = []
    for run, name in runs:
        found = run.wrong_at[a, b]
        wrong, waits = (found >= 0).sum(), (found == maps.NOT_ASKED).sum()
        counts = {
            "still wrong": wrong,
            "now right": len(found) - wrong - waits,
            "not evaluated yet": waits,
        }
        out += [
            {"run": name, "what": what, "n": int(n), "rank": rank}
            for rank, (what, n) in enumerate(counts.items())
        ]
    return out


def recorded_curves(rows: Record, steps: int) -> list[Row]:
    """The recorded share that is right, of one run an arm, by step."""
    return [
        {
            "run": f"{ARMS[arm]}, recorded",
            "step": at["round"] * steps,
            "what": "held out",
            "value": 1 - at["wrong"] / at["n"],
        }
        for arm in COMPARED
        for row in PAIRS.where(arm=arm, seed=SHOWN_SEED).of(rows)
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


class Task(NamedTuple):
    """A setting of the experiment, as far as the page says it: problems with u below `seen` the
    network was trained on, a round has so many `steps`, and `rates` were tried."""

    seen: float
    steps: int
    rates: tuple[float, ...]


@ahead
def task(name: str = "2x2") -> Task:
    found = experiment.TASKS[name]
    return Task(found.seen, found.steps, found.rates)


@ahead
def pool_size() -> int:
    return len(experiment.TASKS["2x2"].pool(0, experiment.POOL)[0])


@ahead
def different_anew() -> int:
    """Pairs that ordinary training reads in a round."""
    return experiment.different_anew(experiment.TASKS["2x2"])


@ahead
def near_work_steps() -> int:
    return experiment.count_steps(experiment.TASKS["4x4"], "random_anew_same_work")


@cache
def row_read_aloud() -> Mistake:
    """The first row of the notebook that goes wrong at the tens of its first partial product."""
    rows = notebook(rows_of("error_book_2x2.jsonl"))
    return next(m for m in rows if m.kind == FIRST_PRODUCT and len(m.before) == 1)


def product_of_row() -> str:
    """Its first partial product in ordinary digits: the first number, times the last digit of the
    second, which stands first in the text."""
    a, b = row_read_aloud().sum.removesuffix("=").split("*")
    return f"{int(a)} × {int(b) % 10} = {int(a) * (int(b) % 10)}"


def if_there(say: Callable[[], str]) -> Callable[[], str]:
    """What a record says, or that it is missing."""

    def said() -> str:
        try:
            return say()
        except LookupError:
            return MISSING

    return said


OF_A_RECORD: dict[str, Callable[[], str]] = {
    "row_sum": lambda: row_read_aloud().sum.removesuffix("=").replace("*", " × "),
    "row_product": product_of_row,
    "row_text": lambda: (m := row_read_aloud()).before + m.right + m.after[: m.after.index("+")],
    "row_written": lambda: f"{row_read_aloud().written} in place of {row_read_aloud().right}",
    "own_sum": lambda: f"{(found := recorded()).a} × {found.b}",
    "own_added": own_added,
    "own_wrong": lambda: f"{own()[0]['p']:.0%}",
    "own_first": lambda: at_most(own_first()),
    "own_push_right": lambda: f"{1 - int(1000 * own_first()) / 1000:g}",
    "own_others": lambda: at_most(min(row["p"] for row in own()[1])),
}

CALC: dict[str, Callable[[], str]] = {
    **{name: if_there(say) for name, say in OF_A_RECORD.items()},
    "listed": lambda: f"{experiment.LISTED}",
    "heldout_from": lambda: f"{HELDOUT_FROM:g}",
    "sure": lambda: f"{claims.SURE:g}",
    "rounds": lambda: spelled(experiment.ROUNDS),
    "steps": lambda: spelled(task().steps),
    "batch": lambda: f"{experiment.BATCH}",
    "most": lambda: f"{experiment.MOST}",
    "pool": lambda: f"{pool_size():,}",
    "length": lambda: f"{FORM.length}",
    "asked_round": lambda: f"{pool_size() * FORM.length:,}",
    "studied_round": lambda: f"{task().steps * experiment.BATCH * FORM.length:,}",
    "rates": lambda: spelled(len(task().rates)),
    "near_pool": lambda: f"{experiment.POOL:,}",
    "near_steps": lambda: f"{task('4x4').steps}",
    "near_work_steps": lambda: f"{near_work_steps()}",
    "near_read": lambda: f"{task('4x4').steps * experiment.BATCH}",
    "near_all": lambda: f"{experiment.ROUNDS * task('4x4').steps * experiment.BATCH:,}",
    "read_each": lambda: f"{task().steps * experiment.BATCH / experiment.MOST:.0f}",
    "anew_different": lambda: f"{different_anew():,}",
    "p_sure": lambda: f"{LIKELY[0]:g}",
    "p_half": lambda: f"{LIKELY[1]:g}",
    "p_low": lambda: f"{LIKELY[2]:g}",
    "u_sure": lambda: f"{uncertainty(LIKELY[0]):.4f}",
    "u_half": lambda: f"{uncertainty(LIKELY[1]):.2f}",
    "u_low": lambda: f"{uncertainty(LIKELY[2]):.2f}",
    "column_a": lambda: str(A // 10 ** column_digits(FORM, slot_of_worked())[0] % 10),
    "column_b": lambda: str(B // 10 ** column_digits(FORM, slot_of_worked())[1] % 10),
}
