"""The measured figures of chapter 5, third page."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from components.ui.chapters.ch52 import worked
from components.ui.claims.core import Claim
from components.ui.words import spelled
from lab.experiments.warnings import fall_of, turn_of
from lab.readings import Measured
from lab.records import select
from lab.statistics import Spread, spread

Rows = list[dict[str, Any]]
Pick = Callable[[Rows], Measured]

RECORD, PUSH = "records/collapse.jsonl", "records/collapse_push.jsonl"


def from_to(found: Spread, form: str) -> str:
    """The median of the seeds, and between what they lie."""
    low, median, high = (format(x, form) for x in found)
    return median if low == high else f"{median} ({low} to {high})"


def wrong(look: int = -1, **unusual: Any) -> Pick:
    """Other problems that are wrong."""

    def pick(rows: Rows) -> Measured:
        found = worked.runs(rows, **unusual)
        shown = from_to(worked.over_seeds(found, "wrong", look=look), ",.0f")
        return Measured(f"{shown} of {found[0]['n']:,}")

    return pick


def reading(
    name: str, place: int | None = None, look: int = -1, form: str = ".2f", **unusual: Any
) -> Pick:
    """A reading of the network, after block 2 where there are several."""
    return lambda rows: Measured(
        from_to(worked.over_seeds(worked.runs(rows, **unusual), name, place, look), form)
    )


def few_wrong(rows: Rows) -> Measured:
    """Of the few problems, at the end, over all usual runs."""
    found = worked.runs(rows)
    errors = sum(int(worked.at(row, "few_wrong")) for row in found)
    n = sum(row["n_few"] for row in found)
    return Measured(f"{errors:,} of {n:,}", errors, n)


def fall(rows: Rows) -> Measured:
    """The step of the first look at which five more in a hundred are wrong."""
    found = spread(map(fall_of, worked.runs(rows)))
    if not math.isfinite(found.high):
        return Measured(f"step {found.median:,.0f} in the middle of the seeds, and in some never")
    return Measured(f"step {from_to(found, ',.0f')}")


def some_of(n: int, whole: int, of: str = "of") -> str:
    """In words: "five of twelve", "none of the eight"."""
    return f"{spelled(n) if n else 'none'} {of} {spelled(whole)}"


def lowest_loss(rows: Rows) -> Measured:
    """Of the few problems, at the look where it is lowest."""
    lowest = [min(look["few_loss"] for look in row["looks"]) for row in worked.runs(rows)]
    return Measured(from_to(spread(lowest), ".0e"))


def when_lowest(rows: Rows) -> Measured:
    looks = [min(row["looks"], key=lambda look: look["few_loss"]) for row in worked.runs(rows)]
    return Measured(f"step {from_to(spread(look['step'] for look in looks), ',.0f')}")


def turned_first(stream: str) -> Pick:
    """In how many runs the features had turned before the score fell."""

    def pick(rows: Rows) -> Measured:
        found = [row for row in worked.grid(rows) if row["cell"]["stream"] == stream]
        n = sum(turn_of(row) < fall_of(row) for row in found)
        return Measured(some_of(n, len(found)))

    return pick


def never_fell(rows: Rows) -> Measured:
    """Of the runs by which rules are fitted and tested."""
    fitted, tested = worked.fitted_and_tested(rows)
    found = [*fitted, *tested]
    n = sum(not math.isfinite(fall_of(row)) for row in found)
    return Measured(some_of(n, len(found)))


def put_back_in(part: str, **unusual: Any) -> Pick:
    """Other problems wrong with one part as it was before, of all seeds of a kind of run."""

    def pick(rows: Rows) -> Measured:
        found = worked.runs(rows, **unusual)
        wrong = spread(row["wrong_with_part_of_base"][part] for row in found)
        return Measured(from_to(wrong, ",.0f"))

    return pick


def seeds(rows: Rows) -> Measured:
    return Measured(spelled(len(worked.runs(rows))))


def had_not_learned(rows: Rows) -> Measured:
    """Other problems wrong before the long run, of the base that had not learned, in the rows that
    were replaced."""
    gone = [row for row in rows if row["record"] == "collapse" and row["cell"]["seed"] == 3]
    wrong, n = max((row["looks"][0]["wrong"], row["n"]) for row in gone if len(row["looks"]) == 2)
    return Measured(f"{wrong:,} of {n:,}", wrong, n)


def most_turned(rows: Rows) -> dict[str, Any]:
    """Of the runs on all problems the one whose features turned farthest."""
    found = worked.runs(rows, **ALL)
    return max(found, key=lambda row: worked.at(row, "token_cosine", worked.LAST))


def counted(of: Callable[[dict[str, Any]], float], **unusual: Any) -> Pick:
    """What the last networks get wrong when they are taken apart."""

    def pick(rows: Rows) -> Measured:
        found = worked.runs(rows, **unusual)
        return Measured(f"{from_to(spread(map(of, found)), ',.0f')} of {found[0]['n']:,}")

    return pick


def put_back(part: str, **unusual: Any) -> Pick:
    return counted(lambda row: row["wrong_with_part_of_base"][part], **unusual)


def without_mean(**unusual: Any) -> Pick:
    return counted(lambda row: row["wrong_without_mean"], **unusual)


def useful(rows: Rows) -> Measured:
    """Kinds of readings whose rule warned before most falls, and never where nothing fell."""
    kinds = len(worked.READINGS)
    found = len(worked.useful(rows))
    return Measured(some_of(found, kinds, "of the"))


def at_step(
    name: str, step: int | None, place: int | None = None, form: str = ".1f", **unusual: Any
) -> Pick:
    """A reading at one look, or the last."""

    def pick(rows: Rows) -> Measured:
        found = worked.runs(rows, **unusual)
        looks = [-1 if step is None else worked.look_at(row, step) for row in found]
        values = spread(
            worked.at(row, name, place, look) for row, look in zip(found, looks, strict=True)
        )
        return Measured(from_to(values, form))

    return pick


def pushed(name: str, at: int, arm: str, form: str) -> Pick:
    """Of one run: a reading at the first or the last look."""

    def pick(rows: Rows) -> Measured:
        (row,) = select(rows, arm=arm)
        return Measured(format(row[name][at], form))

    return pick


def cosine_at_the_end(**unusual: Any) -> Pick:
    return reading("token_cosine", worked.LAST, **unusual)


def wrong_until(**unusual: Any) -> Pick:
    return at_step("wrong", worked.PARTED, form=",.0f", **unusual)


def wrong_at_the_end(**unusual: Any) -> Pick:
    return at_step("wrong", None, form=",.0f", **unusual)


def moved_at_the_end(**unusual: Any) -> Pick:
    return reading("moved", **unusual)


DECAY: dict[str, Any] = {"weight_decay": 0.1}
ATTENTION: dict[str, Any] = {"stream": "attention"}
MUON: dict[str, Any] = {"optimiser": "muon"}
EXACT, ALL = worked.KINDS[worked.EXACT], worked.KINDS[worked.ALL]
CLAIMS: dict[str, Claim] = {
    "feature_collapse.collapse_seeds": Claim(
        "Seeds of the long runs on few problems.", RECORD, seeds
    ),
    "feature_collapse.collapse_not_learned": Claim(
        "Other problems wrong before the long run, of seed 3 as first measured.",
        "records/replaced.jsonl",
        had_not_learned,
    ),
    "feature_collapse.collapse_turned_on_all": Claim(
        "Token cosine of the run on all problems whose features turned farthest.",
        RECORD,
        lambda rows: Measured(f"{worked.at(most_turned(rows), 'token_cosine', worked.LAST):.2f}"),
    ),
    "feature_collapse.collapse_wrong_of_turned_on_all": Claim(
        "Other problems that this run gets wrong.",
        RECORD,
        lambda rows: Measured(
            f"{worked.at(most_turned(rows), 'wrong'):,} of {most_turned(rows)['n']:,}"
        ),
    ),
    **{
        f"feature_collapse.collapse_{worked.ARM_OF[kind]}_{short}": Claim(
            f"{words}: {kind}.", RECORD, pick(**worked.KINDS[kind])
        )
        for kind in worked.CAUSES
        for short, words, pick in (
            ("cosine", "Token cosine after block 2 at the end", cosine_at_the_end),
            ("until", "Other problems wrong at the parting", wrong_until),
            ("wrong", "Other problems wrong at the end", wrong_at_the_end),
            ("moved", "How far the weights moved, over their length", moved_at_the_end),
        )
    },
    "feature_collapse.collapse_few": Claim(
        "The few problems that are wrong at the end.", RECORD, few_wrong
    ),
    "feature_collapse.collapse_before": Claim(
        "Other problems wrong before the long run.", RECORD, wrong(0)
    ),
    "feature_collapse.collapse_after": Claim(
        "Other problems wrong after the long run.", RECORD, wrong()
    ),
    "feature_collapse.collapse_decay": Claim(
        "The same, with weight decay 0.1.", RECORD, wrong(**DECAY)
    ),
    "feature_collapse.collapse_attention": Claim(
        "The same, with attention over depth.", RECORD, wrong(**ATTENTION)
    ),
    "feature_collapse.collapse_attention_decay": Claim(
        "The same, with attention over depth and weight decay.",
        RECORD,
        wrong(**ATTENTION, **DECAY),
    ),
    "feature_collapse.collapse_attention_before": Claim(
        "Other problems wrong before the long run, attention over depth.",
        RECORD,
        wrong(0, **ATTENTION),
    ),
    "feature_collapse.collapse_all": Claim(
        "The same, when it goes on with all problems.", RECORD, wrong(**ALL)
    ),
    "feature_collapse.collapse_cosine_before": Claim(
        "Token cosine after block 2 before the long run.",
        RECORD,
        reading("token_cosine", worked.LAST, 0),
    ),
    "feature_collapse.collapse_cosine": Claim(
        "Token cosine after block 2 after the long run.",
        RECORD,
        reading("token_cosine", worked.LAST),
    ),
    "feature_collapse.collapse_cosine_decay": Claim(
        "The same, with weight decay 0.1.", RECORD, reading("token_cosine", worked.LAST, **DECAY)
    ),
    "feature_collapse.collapse_cosine_attention": Claim(
        "The same, with attention over depth.",
        RECORD,
        reading("token_cosine", worked.LAST, **ATTENTION),
    ),
    "feature_collapse.collapse_cosine_all": Claim(
        "The same, when it goes on with all problems.",
        RECORD,
        reading("token_cosine", worked.LAST, **ALL),
    ),
    "feature_collapse.collapse_rank_before": Claim(
        "Effective rank after block 2 before the long run.",
        RECORD,
        reading("effective_rank", worked.LAST, 0, ".1f"),
    ),
    "feature_collapse.collapse_rank": Claim(
        "Effective rank after block 2 after the long run.",
        RECORD,
        reading("effective_rank", worked.LAST, form=".1f"),
    ),
    "feature_collapse.collapse_loss": Claim(
        "Loss of the few problems at the end.", RECORD, reading("few_loss", form=".0e")
    ),
    "feature_collapse.collapse_loss_lowest": Claim(
        "Loss of the few problems where it is lowest.", RECORD, lowest_loss
    ),
    "feature_collapse.collapse_loss_when": Claim("When that loss is lowest.", RECORD, when_lowest),
    "feature_collapse.collapse_loss_all": Claim(
        "Loss of the few problems at the end, when it goes on with all problems.",
        RECORD,
        reading("few_loss", form=".0e", **ALL),
    ),
    "feature_collapse.collapse_turn_first": Claim(
        "Runs with a plain sum whose features turn before the score falls.",
        RECORD,
        turned_first("plain"),
    ),
    "feature_collapse.collapse_turn_first_attention": Claim(
        "The same, with attention over depth.", RECORD, turned_first("attention")
    ),
    "feature_collapse.collapse_never": Claim("Runs whose score never fell.", RECORD, never_fell),
    "feature_collapse.collapse_block_2_decay": Claim(
        "Other problems wrong with block 2 put back, weight decay 0.1.",
        RECORD,
        put_back_in("block 2", **DECAY),
    ),
    "feature_collapse.collapse_block_2_attention": Claim(
        "The same, with attention over depth.", RECORD, put_back_in("block 2", **ATTENTION)
    ),
    "feature_collapse.collapse_fall": Claim("When five more in a hundred are wrong.", RECORD, fall),
    "feature_collapse.collapse_mean": Claim(
        "Other problems wrong without the mean feature.", RECORD, without_mean()
    ),
    "feature_collapse.collapse_block_2": Claim(
        "Other problems wrong with block 2 put back.", RECORD, put_back("block 2")
    ),
    "feature_collapse.collapse_push_before": Claim(
        "Cosine of the mean feature with the direction in which all logits fall, at the start.",
        PUSH,
        pushed("cosine", 0, "usual", ".2f"),
    ),
    "feature_collapse.collapse_push_steps": Claim(
        "Steps of the run in which we looked where it pushes.",
        PUSH,
        pushed("steps", -1, "usual", ","),
    ),
    "feature_collapse.collapse_push": Claim(
        "The same, at the end.", PUSH, pushed("cosine", -1, "usual", ".3f")
    ),
    "feature_collapse.collapse_push_exact": Claim(
        "The same, with the softmax in float64.", PUSH, pushed("cosine", -1, "fp64", ".2f")
    ),
    "feature_collapse.collapse_push_centred": Claim(
        "The same, with the sum taken off all logits.",
        PUSH,
        pushed("cosine", -1, "centred", ".2f"),
    ),
    "feature_collapse.collapse_logit": Claim(
        "The mean of all logits at the end.", PUSH, pushed("mean_logit", -1, "usual", ".0f")
    ),
    "feature_collapse.collapse_logit_before": Claim(
        "The mean of all logits at the start.", PUSH, pushed("mean_logit", 0, "usual", ".1f")
    ),
    "feature_collapse.collapse_useful": Claim(
        "Kinds of readings that warned before most falls and never for nothing.", RECORD, useful
    ),
    **{
        f"feature_collapse.collapse_centred_{name}": Claim(
            f"Effective rank about the mean after block 2: {words}.",
            RECORD,
            at_step("centred_rank", step, worked.LAST),
        )
        for name, words, step in (
            ("before", "before the long run", 0),
            ("midway", "midway", worked.MIDWAY),
            ("after", "after the long run", None),
        )
    },
    "feature_collapse.collapse_cosine_midway": Claim(
        "Token cosine after block 2, midway.",
        RECORD,
        at_step("token_cosine", worked.MIDWAY, worked.LAST, ".2f"),
    ),
    "feature_collapse.collapse_loss_before": Claim(
        "Loss of the few problems before the long run.", RECORD, reading("few_loss", None, 0, ".0e")
    ),
    "feature_collapse.collapse_block_2_exact": Claim(
        "Other problems wrong with block 2 put back, softmax in float64.",
        RECORD,
        put_back("block 2", **EXACT),
    ),
    "feature_collapse.collapse_mean_exact": Claim(
        "Other problems wrong without the mean feature, softmax in float64.",
        RECORD,
        without_mean(**EXACT),
    ),
    "feature_collapse.collapse_muon": Claim(
        "Other problems wrong after a run with Muon.", RECORD, wrong(**MUON)
    ),
    "feature_collapse.collapse_cosine_muon": Claim(
        "Token cosine after block 2 after a run with Muon.",
        RECORD,
        reading("token_cosine", worked.LAST, **MUON),
    ),
    **{
        f"feature_collapse.collapse_block_1_{name}": Claim(
            f"Token cosine after block 1: {words}.", RECORD, reading("token_cosine", 2, look)
        )
        for name, words, look in (
            ("before", "before the long run", 0),
            ("after", "after the long run", -1),
        )
    },
}
