"""The error book: does a network learn more from its own mistakes than from other problems?

A network near its end goes on for a few rounds. In each it is evaluated on a pool of problems that
may be trained on, an arm picks some of them, and they are studied. All arms read as many tokens,
and most of them as many different problems; those that read more say how many.

Shapes: `N` problems of a pool.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lab.data.difficulty import longest_carry
from lab.data.neighbours import one_neighbour
from lab.data.problems import (
    BOUNDS,
    Format,
    Integers,
    SplitName,
    pairs_of,
    sample_exact,
    split_values,
)
from lab.data.samples import Sample
from lab.data.sources import Mix, Pairs, Shapes, Source, WrittenTexts
from lab.experiments.mistakes import wrong_sums
from lab.experiments.sweep import Cell
from lab.inference.answers import Answers, answers
from lab.model.gpt import GPT
from lab.recipes.recipe_index import recipe
from lab.records import RECORDS, read_lines, select
from lab.statistics import different_of
from lab.training.checkpoint import load_run
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train

TaskName = Literal["4x4", "2x2", "full"]
Arm = Literal[
    "own_mistakes",
    "mistakes_of_another",
    "random_matched",
    "random_anew",
    "long_carries",
    "least_certain",
    "smallest_margin",
    "mistakes_and_random",
    "mistakes_and_neighbours",
    "all_own_mistakes",
    "random_matched_all",
    "mistakes_and_anew",
    "random_matched_anew",
    "random_anew_same_work",
]
ARMS: tuple[Arm, ...] = get_args(Arm)
BOOK: Arm = "own_mistakes"
WHOLE_BOOK: Arm = "all_own_mistakes"
ANOTHERS: Arm = "mistakes_of_another"
"""Problems that a network of another seed gets wrong, first those that this one gets right: hard
for a network like it, and no mistakes of its own."""

AS_MANY_AS_ANEW: Arm = "random_matched_anew"
SIZED_BY: dict[Arm, Arm] = {**dict.fromkeys(ARMS, BOOK), "random_matched_all": WHOLE_BOOK}
"""By how many mistakes which book holds an arm knows how many problems it is to study."""

DRAWN_ANEW: Arm = "random_anew"
"""Ordinary training: each row is any problem that may be trained on, and few come twice."""

AMONG_ALL: Arm = "mistakes_and_anew"
"""Half of the rows are those of ordinary training."""

AS_MUCH_WORK: Arm = "random_anew_same_work"
"""Ordinary training that goes on for as long as an arm that evaluates the pool has to work."""

ANEW = (DRAWN_ANEW, AS_MUCH_WORK)

COMPARED: tuple[Arm, ...] = (BOOK, "random_matched", DRAWN_ANEW)
"""What a book has to be compared with, where not all arms can run."""

BESIDES: dict[tuple[TaskName, Arm], tuple[float, ...]] = {
    ("2x2", BOOK): (3e-5,),
    ("2x2", "least_certain"): (3e-5,),
    ("4x4", BOOK): (1e-3,),
    ("4x4", "long_carries"): (1e-3,),
}
"""Rates beyond a grid whose end was best for an arm; the book's say how much is studied at them."""

SEEDS = range(1, 6)
ROUNDS, BATCH, WARMUP, DECAY = 4, 32, 10, 0.5
MOST = 160
"""Different problems that are studied in a round, at most, but for the whole book."""

POOL, CHECKED, ASKED = 5000, 2000, 10_000
LISTED = 40
"""Mistakes of a round that a row of the error book holds one by one, at most."""

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class ErrorBookSetting:
    """A committed network and the problems it is evaluated on. Problems with u below `seen` it was
    trained on, and a pool leaves them out. A round has so many `steps`; `rates` is the grid of
    AdamW's, and Muon's is five times it. A network that is too slow for a grid takes the rates
    chosen for another task, `rates_of`."""

    run: str
    form: Format
    seen: float
    steps: int
    rates: tuple[float, ...]
    arms: tuple[Arm, ...]
    seeds: Sequence[int] = SEEDS
    rates_of: TaskName | None = None

    @property
    def is_listed(self) -> bool:
        """Are its problems few enough to evaluate on all?"""
        return self.form.p + self.form.q <= 4

    def pool(self, seed: int, n: int) -> tuple[Integers, Integers]:
        """Problems that may be trained on: all of them, or `n` that differ. (N,) each."""
        if self.is_listed:
            a, b = pairs_of("train", self.form.p, self.form.q)
            new = split_values(a, b) >= self.seen
            return a[new], b[new]
        return some(np.random.default_rng(seed), n, self.form, "train")

    def asked(self, split: SplitName, n: int) -> tuple[Integers, Integers]:
        """All of a split, or the first `n` of those drawn by seed 0. (N,) each."""
        if self.is_listed:
            return pairs_of(split, self.form.p, self.form.q)
        a, b = some(np.random.default_rng(0), ASKED, self.form, split)
        return a[:n], b[:n]

    def sample(self, split: SplitName) -> Sample:
        pairs = f"{split} pairs of {self.form.p}x{self.form.q} digits"
        n = len(self.asked(split, ASKED)[0])
        return Sample("census", pairs, n) if self.is_listed else Sample("generator", pairs, n, 0)


TASKS: dict[TaskName, ErrorBookSetting] = {
    "4x4": ErrorBookSetting(
        "curriculum_before_small",
        Format("cot_reversed", 4, 4),
        seen=0.0,
        steps=24,
        rates=(1e-5, 3e-5, 1e-4, 3e-4),
        arms=tuple(
            arm
            for arm in ARMS
            if arm not in (ANOTHERS, AS_MANY_AS_ANEW) and WHOLE_BOOK not in (arm, SIZED_BY[arm])
        ),
    ),
    "2x2": ErrorBookSetting(
        "few_pairs",
        Format("cot_reversed"),
        seen=0.05,
        steps=60,
        rates=(1e-4, 3e-4, 1e-3, 3e-3),
        arms=tuple(arm for arm in ARMS if arm != AS_MUCH_WORK),
    ),
    "full": ErrorBookSetting(
        "curriculum_before",
        Format("cot_reversed", 4, 4),
        seen=0.0,
        steps=24,
        rates=(),
        arms=COMPARED,
        seeds=(1,),
        rates_of="4x4",
    ),
}
"""Near its end a network makes few mistakes, and a whole book is not larger than the most that is
studied."""


def some(
    rng: np.random.Generator, n: int, form: Format, split: SplitName
) -> tuple[Integers, Integers]:
    """`n` different problems of a split, in the order in which they were drawn. (n,) each."""
    a, b = sample_exact(rng, n + n // 10, form.p, form.q, *BOUNDS[split])
    _, first = np.unique(np.stack([a, b]), axis=1, return_index=True)
    kept = np.sort(first)[:n]
    return a[kept], b[kept]


# ---------------------------------------------------------------- what an arm picks


@dataclass(frozen=True)
class Pool:
    """Problems of a round, (N,) each, and what the network made of them, if its arm evaluates it,
    and what a network of another seed did, if its arm evaluates that one."""

    a: Integers
    b: Integers
    found: Answers | None
    others: Answers | None = None

    @property
    def answers(self) -> Answers:
        assert self.found is not None
        return self.found


Pick = Callable[[Pool, np.random.Generator, int], Rows]


def by_lot(rows: Rows, rng: np.random.Generator, n: int) -> Rows:
    return rng.permutation(rows)[:n]


def mistakes(pool: Pool, rng: np.random.Generator, n: int) -> Rows:
    return by_lot(np.flatnonzero(pool.answers.wrong), rng, n)


def mistakes_of_another(pool: Pool, rng: np.random.Generator, n: int) -> Rows:
    """By lot; those that this network gets wrong too come last."""
    assert pool.others is not None
    wrong = rng.permutation(np.flatnonzero(pool.others.wrong))
    return wrong[np.argsort(pool.answers.wrong[wrong], kind="stable")][:n]


def at_random(pool: Pool, rng: np.random.Generator, n: int) -> Rows:
    return by_lot(np.arange(len(pool.a)), rng, n)


def most_of(measure: Callable[[Pool], NDArray[Any]]) -> Pick:
    """The problems with the most of a measure; of equal ones by lot."""

    def pick(pool: Pool, rng: np.random.Generator, n: int) -> Rows:
        lots = rng.permutation(len(pool.a))
        return np.lexsort((lots, -measure(pool)))[:n]

    return pick


def half_of_mistakes(pool: Pool, rng: np.random.Generator, n: int) -> Rows:
    return mistakes(pool, rng, n - n // 2)


def mistakes_and_random(pool: Pool, rng: np.random.Generator, n: int) -> Rows:
    return np.concatenate([half_of_mistakes(pool, rng, n), at_random(pool, rng, n // 2)])


PICKS: dict[Arm, Pick] = {
    BOOK: mistakes,
    WHOLE_BOOK: mistakes,
    ANOTHERS: mistakes_of_another,
    "random_matched": at_random,
    "random_matched_all": at_random,
    AMONG_ALL: mistakes,
    AS_MANY_AS_ANEW: at_random,
    DRAWN_ANEW: at_random,
    AS_MUCH_WORK: at_random,
    "long_carries": most_of(lambda pool: longest_carry(pool.a, pool.b)),
    "least_certain": most_of(lambda pool: pool.answers.p * (1 - pool.answers.p)),
    "smallest_margin": most_of(lambda pool: -np.abs(pool.answers.margin)),
    "mistakes_and_random": mistakes_and_random,
    "mistakes_and_neighbours": half_of_mistakes,
}
"""Problems of a pool that an arm studies: so many different ones, or fewer where it finds fewer."""

ASKS: tuple[Arm, ...] = tuple(
    arm for arm in ARMS if not arm.startswith("random") and arm != "long_carries"
)
"""Arms that cannot pick before the network was evaluated on the whole pool."""


def texts_of(arm: Arm, form: Format, pool: Pool, rows: Rows, rng: np.random.Generator) -> list[str]:
    """What an arm reads of the problems it picked; of mistakes, their neighbours if it says
    so."""
    sums = [(int(a), int(b)) for a, b in zip(pool.a[rows], pool.b[rows], strict=True)]
    if arm == "mistakes_and_neighbours":
        slots = pool.answers.slot[rows].tolist()
        sums += [like(form, *pair, slot, rng) for pair, slot in zip(sums, slots, strict=True)]
    return [form.text(a, b) for a, b in sums]


def like(form: Format, a: int, b: int, slot: int, rng: np.random.Generator) -> tuple[int, int]:
    """A problem that differs from one where it went wrong; itself if a sign went wrong."""
    is_digit = any(slot in field.positions for field in form.written)
    return one_neighbour(rng, form, a, b, slot) if is_digit else (a, b)


def choose_source(arm: Arm, task: ErrorBookSetting, texts: Sequence[str]) -> Source:
    form = task.form
    anew = Pairs(form) if task.is_listed else Shapes(form, ((form.p, form.q),))
    if arm in ANEW:
        return anew
    book = WrittenTexts(form, tuple(texts))
    return Mix(((book, 1), (anew, 1))) if arm == AMONG_ALL else book


# ---------------------------------------------------------------- one run


@dataclass
class Learner:
    """A network in the rounds of one arm."""

    task: ErrorBookSetting
    arm: Arm
    rate: float
    seed: int
    model: GPT
    tokens: int = 0
    tokens_asked: int = 0
    seconds: float = 0.0
    seconds_asking: float = 0.0

    def ask(self, a: Integers, b: Integers) -> Answers:
        """Evaluating a pool is part of what an arm costs."""
        began = time.perf_counter()
        found = answers(self.model, self.task.form, a, b)
        self.seconds_asking += time.perf_counter() - began
        self.tokens_asked += len(a) * self.task.form.length
        return found

    def study(self, texts: Sequence[str], round_: int) -> None:
        plan = plan_of_round(self.task, self.arm, texts, self.rate, 100 * self.seed + round_)
        state = TrainState.blank(plan)
        state.model.load_state_dict(self.model.state_dict())
        for _ in train(plan, state):
            pass
        self.model = state.model.eval()
        self.tokens += state.tokens
        self.seconds += state.seconds


def count_steps(task: ErrorBookSetting, arm: Arm) -> int:
    """Of a round. To be evaluated on a token takes a third of the work of learning from it: forward
    alone, without the two passes back."""
    asked = POOL / 3 if arm == AS_MUCH_WORK else 0
    return round(task.steps + asked / BATCH)


def plan_of_round(
    task: ErrorBookSetting, arm: Arm, texts: Sequence[str], rate: float, seed: int
) -> Recipe:
    """The run that made the network, on what an arm reads now; the rate falls to nothing."""
    return replace(
        recipe(task.run),
        name="error_book",
        data=choose_source(arm, task, texts),
        stages=(),
        start_from="",
        steps=count_steps(task, arm),
        batch_size=BATCH,
        rate=rate,
        muon_rate=5 * rate,
        warmup=WARMUP,
        decay=DECAY,
        precision="fp32",
        seed=seed,
    )


def measure_arm(cell: Cell) -> dict[str, Any]:
    """An arm to its end: errors after each round on validation, after the last on the cell's split,
    and its book."""
    task, arm, seed = TASKS[cell["task"]], cell["arm"], cell["seed"]
    rows = read_lines(record_of(cell["task"]))
    rate = cell["rate"] if cell["part"] == "rate" else rate_of(rows, cell["task"], arm)
    split: SplitName = "validation" if cell["part"] == "rate" else "test"
    learner = Learner(task, arm, rate, seed, start(task))
    curve, book = rounds_of(learner, sizes_for(rows, cell))
    return {
        "rate": rate,
        "curve": curve,
        "book": book if arm == BOOK else [],
        "tokens": learner.tokens,
        "training_seconds": round(learner.seconds, 1),
        "precision": "fp32",
        **before_and_after(learner, split),
        **task.sample(split).document(),
        "seeds": [seed],
    }


def rounds_of(
    learner: Learner, sizes: Sequence[int]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Evaluate, pick, study, check, as often as there are sizes: a row a round, and the mistakes
    that were studied, each with how the network wrote it later."""
    task, book = learner.task, list[dict[str, Any]]()
    checked_a, checked_b = task.asked("validation", CHECKED)
    curve = [{"round": 0, **standing(learner, checked_a, checked_b)}]
    for round_, most in enumerate(sizes, 1):
        a, b = task.pool(1000 * learner.seed + round_, POOL)
        rng = np.random.default_rng([learner.seed, round_])
        found = learner.ask(a, b) if learner.arm in ASKS else None
        other = None
        if learner.arm == ANOTHERS:
            other = answers(another(task, learner.seed), task.form, a, b)
        pool = Pool(a, b, found, other)
        rows = PICKS[learner.arm](pool, rng, most)
        texts = texts_of(learner.arm, task.form, pool, rows, rng)
        if found is not None:
            book += list_mistakes(task.form, pool, rows[found.wrong[rows]][:LISTED], round_)
        if texts:
            learner.study(texts, round_)
        ask_again(learner, book)
        about = {"pool": len(a), "mistakes": None if found is None else int(found.wrong.sum())}
        if other is not None:
            about |= {"wrong_of_studied": int(pool.answers.wrong[rows].sum())}
        curve.append(
            {
                "round": round_,
                **standing(learner, checked_a, checked_b),
                **about,
                "distinct": None if learner.arm in (*ANEW, AMONG_ALL) else len(set(texts)),
            }
        )
    return curve, book


def standing(learner: Learner, a: Integers, b: Integers) -> dict[str, Any]:
    """Wrong validation problems, and what it has cost so far."""
    return {
        "wrong": int(wrong_sums(learner.model, learner.task.form, a, b).sum()),
        "n": len(a),
        "tokens": learner.tokens,
        "tokens_asked": learner.tokens_asked,
        "seconds": round(learner.seconds, 2),
        "seconds_asking": round(learner.seconds_asking, 2),
    }


def list_mistakes(form: Format, pool: Pool, rows: Rows, round_: int) -> list[dict[str, Any]]:
    """Mistakes as a notebook holds them: where each went wrong, and how sure the network was."""
    found = pool.answers
    return [
        {
            "round": round_,
            "a": int(pool.a[row]),
            "b": int(pool.b[row]),
            "slot": int(found.slot[row]),
            "kind": form.field_at(int(found.slot[row])).label,
            "written": int(found.written[row]),
            "belief": round(float(found.belief[row]), 3),
            "again": [],
        }
        for row in rows.tolist()
    ]


def ask_again(learner: Learner, book: Sequence[dict[str, Any]]) -> None:
    """Note after a round of every mistake in the book whether it is still one."""
    if not book:
        return
    a, b = (np.array([mistake[side] for mistake in book], dtype=np.int64) for side in "ab")
    found = wrong_sums(learner.model, learner.task.form, a, b)
    for mistake, wrong in zip(book, found.tolist(), strict=True):
        mistake["again"].append(int(wrong))


@lru_cache
def start(task: ErrorBookSetting) -> GPT:
    return load_run(task.run).model.eval()


FIRST_OF_OTHERS = 100
"""Other networks have the seeds from here on."""


@lru_cache
def another(task: ErrorBookSetting, seed: int) -> GPT:
    """A network trained as the task's was, from another seed and in another order."""
    plan = recipe(task.run, seed=FIRST_OF_OTHERS + seed, precision="fp32")
    state = TrainState.start(plan)
    for _ in train(plan, state):
        pass
    return state.model.eval()


@lru_cache
def at_the_start(task: ErrorBookSetting, split: SplitName) -> Answers:
    return answers(start(task), task.form, *task.asked(split, ASKED))


def before_and_after(learner: Learner, split: SplitName) -> dict[str, Any]:
    """Wrong problems of a split at the start and now, by kind; which were mended, which are new.
    And of the problems that the network was trained on before, where they are all known."""
    task = learner.task
    old = at_the_start(task, split)
    new = answers(learner.model, task.form, *task.asked(split, ASKED))
    return {
        "n": len(old.slot),
        "before": int(old.wrong.sum()),
        "after": int(new.wrong.sum()),
        "mended": int((old.wrong & ~new.wrong).sum()),
        "broken": int((new.wrong & ~old.wrong).sum()),
        "kinds_before": kinds(task.form, old),
        "kinds_after": kinds(task.form, new),
        **of_what_it_knew(learner),
    }


def kinds(form: Format, found: Answers) -> dict[str, int]:
    """How often the first wrong token of a text is of each number or sign."""
    return dict(Counter(form.field_at(slot).label for slot in found.slot[found.wrong].tolist()))


def of_what_it_knew(learner: Learner) -> dict[str, int]:
    """Of the pairs that it was trained on before: how many, and how many of them are wrong now."""
    task = learner.task
    if not task.seen:
        return {}
    a, b = pairs_of("train", task.form.p, task.form.q)
    known = split_values(a, b) < task.seen
    found = wrong_sums(learner.model, task.form, a[known], b[known])
    return {"n_known": len(found), "after_known": int(found.sum())}


# ---------------------------------------------------------------- the sweep


def record_of(task: TaskName) -> Path:
    return RECORDS / f"error_book_{task}.jsonl"


def rates_of(task: TaskName, arm: Arm) -> tuple[float, ...]:
    return tuple(sorted({*BESIDES.get((task, arm), ()), *TASKS[task].rates}))


def cells_of(task: TaskName) -> list[Cell]:
    """Of each arm the rates, on validation and seed 0, then the race on test."""
    cells: list[Cell] = []
    for arm in TASKS[task].arms:
        of = {"task": task, "arm": arm}
        cells += [{"part": "rate", **of, "rate": rate, "seed": 0} for rate in rates_of(task, arm)]
        cells += [{"part": "race", **of, "seed": seed} for seed in TASKS[task].seeds]
    return cells


def rate_of(rows: Sequence[Cell], task: TaskName, arm: Arm) -> float:
    """The best of its own grid, or what was best for another network."""
    other = TASKS[task].rates_of
    return (
        best_rate(read_lines(record_of(other)), other, arm) if other else best_rate(rows, task, arm)
    )


def best_rate(rows: Sequence[Cell], task: TaskName, arm: Arm) -> float:
    """The rate with the fewest wrong of all that were tried; the lowest of equal ones."""
    tried = select(rows, part="rate", task=task, arm=arm)
    if len(tried) < len(grid := rates_of(task, arm)):
        raise ValueError(f"{len(tried)} of {len(grid)} rates are measured for {task}, {arm!r}")
    return min(tried, key=lambda row: (row["after"], row["rate"]))["rate"]


def different_anew(task: ErrorBookSetting) -> int:
    """How many different pairs a round of ordinary training is expected to read."""
    n = len(pairs_of("train", task.form.p, task.form.q)[0])
    return round(different_of(n, task.steps * BATCH))


def sizes_for(rows: Sequence[Cell], cell: Cell) -> list[int]:
    """How many different problems are studied, round by round: as many mistakes as a book of the
    same start found."""
    arm = cell["arm"]
    if arm == BOOK:
        return [MOST] * ROUNDS
    if arm == WHOLE_BOOK:
        return [POOL] * ROUNDS
    if arm == AS_MANY_AS_ANEW:
        return [different_anew(TASKS[cell["task"]])] * ROUNDS
    same = cell | {"arm": SIZED_BY[arm]}
    book = select(rows, **same)
    if not book:
        raise ValueError(f"the book of {same} comes first: it says how much is studied")
    return [row["distinct"] for row in book[0]["curve"][1:]]
