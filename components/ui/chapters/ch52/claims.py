"""The measured figures of chapter 5, third page, and what is asked for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from components.ui.claims.claim import Claim, Table
from components.ui.words import spelled
from lab.experiments import collapse_texts as texts
from lab.experiments import warnings
from lab.readings import (
    Counts,
    Measured,
    Numbers,
    Row,
    Rows,
    Told,
    at,
    in_brackets,
    part_of,
    rows,
)
from lab.statistics import spread

# ---------------------------------------------------------------- the runs, by name

FEW, EXACT, CENTRED, BALANCED, SMALL_EPS, LARGE_EPS, ALL = (
    "float32",
    "float64",
    "float32, centred",
    "float32, balanced",
    "float64, small eps",
    "float32, large eps",
    "float32, all problems",
)
ARM_OF = {
    FEW: "usual",
    EXACT: "fp64",
    CENTRED: "centred",
    BALANCED: "balanced",
    SMALL_EPS: "fp64_small_eps",
    LARGE_EPS: "large_eps",
    ALL: "all",
}

CAUSES = (FEW, EXACT, CENTRED, BALANCED, SMALL_EPS, LARGE_EPS)
"""Ways to go on with the few problems, by which a reader's rule is judged too."""

AS_USUAL = rows("collapse", optimiser="adamw", precision="fp32", logit_gradient="whole", eps=1e-8)
"""Runs whose way of training is the usual, on few problems or on all."""

RUNS = AS_USUAL.where(goes_on_with="few", stream="plain", weight_decay=0.0)
"""The usual runs. Of others, what is unusual is named."""

JUDGED = AS_USUAL.passing(lambda row: row["cell"]["weight_decay"] <= 0.1)
"""Those by which rules are fitted and tested."""

KINDS: dict[str, Rows] = {name: RUNS.where(**texts.ARMS[arm]) for name, arm in ARM_OF.items()}
"""How a run goes on; the first is the usual way."""

DECAYED, ATTENTION = RUNS.where(weight_decay=0.1), RUNS.where(stream="attention")
OTHERS = {"weight decay 0.1": DECAYED, "attention over depth": ATTENTION}
"""On the few problems in float32 as well, and something else is unusual."""

MUON = RUNS.where(optimiser="muon")

# ---------------------------------------------------------------- what is seen of them

PARTED = 1174
"""The look up to which runs with the loss in float32 and float64 go together."""

MIDWAY = 3427
"""A look at which features point one way and are still as rich about their mean."""

COSINE, CENTRED_RANK = "token_cosine.3", "centred_rank.3"
"""In the last place of the stream: what leaves layer 2."""


def seen(what: str, step: int | None = None) -> Callable[[Row], Any]:
    """A reading of a run at a step, the last if not said otherwise."""

    def at_step(row: Row) -> Any:
        asked = row["looks"][-1]["step"] if step is None else step
        (look,) = (look for look in row["looks"] if look["step"] == asked)
        return at(look, what)

    return at_step


def reading(found: Rows, what: str, step: int | None = None, form: str = "{:.2f}") -> Numbers:
    return found.numbers(seen(what, step), form)


def wrong(found: Rows, step: int | None = None) -> Counts:
    """Other problems."""
    return found.counts(seen("wrong", step)).median()


def wrong_more(found: Rows, start: int, end: int | None = None, named: str = "") -> Numbers:
    """How many more other problems are wrong at one step than at another before it."""
    first, last = seen("wrong", start), seen("wrong", end)
    return found.numbers(lambda row: last(row) - first(row), "{:,.0f}", named)


def few_wrong(found: Rows) -> Counts:
    """Of the few problems, at the end, in all runs together."""
    return found.counts(seen("few_wrong"), "n_few")


def put_back(found: Rows, part: str) -> Counts:
    """Other problems that are wrong with one part as it was before."""
    return found.counts(f"wrong_with_part_of_base.{part}").median()


def lowest(row: Row) -> Row:
    """The look at which the loss of the few problems is lowest."""
    return min(row["looks"], key=lambda look: look["few_loss"])


def pushed(name: str, look: int, form: str, arm: str = "usual") -> Numbers:
    """Of the run in which we looked where it pushes: at the first look or the last."""
    return rows("collapse_push", arm=arm).numbers(f"{name}.{look}", form)


def logits_moved(kind: str) -> Numbers:
    """Of that run: by how much the mean logit has moved at the last look."""
    return rows("collapse_push", arm=ARM_OF[kind]).numbers(
        lambda row: round(row["mean_logit"][-1] - row["mean_logit"][0], 1) + 0.0,
        "{:.1f}",
    )


def farthest_turned(found: list[Row]) -> Row:
    """The run whose features turned farthest."""
    return max(found, key=seen(COSINE))


def wrong_of_farthest_turned(found: list[Row]) -> Measured:
    row = farthest_turned(found)
    errors, n = seen("wrong")(row), row["n"]
    return Measured(part_of(errors, n), errors, n)


def first_right(row: Row) -> int:
    """The step of the first look at which all of the few problems are right."""
    return next(look["step"] for look in row["looks"] if not look["few_wrong"])


def most_lost_early(found: list[Row]) -> str:
    """How many more other problems are wrong than at the start, in the worst seed, once the few
    are right in every one."""
    step = max(map(first_right, found))
    return f"{max(seen('wrong', step)(row) - seen('wrong', 0)(row) for row in found)}"


def beside(name: str) -> Told:
    """How many more other problems are wrong at the end than in the usual run of the same seed."""

    def more(found: list[Row]) -> str:
        usual, other = (
            {row["cell"]["seed"]: seen("wrong")(row) for row in found if of_kind(row, kind)}
            for kind in (FEW, name)
        )
        return in_brackets(spread(other[seed] - usual[seed] for seed in usual), "{:,.0f}")

    def of_kind(row: Row, kind: str) -> bool:
        return row["cell"].items() >= KINDS[kind].cell.items()

    return rows("collapse").told(more)


# ---------------------------------------------------------------- what warned first


def some_of(n: int, whole: int) -> str:
    """Five of twelve."""
    return f"{spelled(n) if n else 'none'} of {spelled(whole)}"


def turned_first(runs: Rows) -> Counts:
    """The features had turned before the accuracy fell."""
    return runs.those(lambda row: warnings.turn_of(row) < warnings.fall_of(row)).said(some_of)


def useful_kinds(found: list[Row]) -> list[str]:
    """Kinds of readings whose rule warned before most falls of the other seeds, and never where
    nothing fell."""
    return [
        rule.name
        for rule, _, tested in warnings.best_rules(found)
        if isinstance(rule, warnings.WarningRule)
        and tested.warned > tested.fell / 2
        and not tested.false
    ]


CLAIMS: dict[str, Claim] = {
    "feature_collapse.collapse_seeds": Claim(
        "Seeds of the long runs in which training goes on with few problems.",
        RUNS.told(lambda found: spelled(len(found))),
    ),
    "feature_collapse.collapse_turned_on_all": Claim(
        "Token cosine at the end, in the run whose features turned farthest of those "
        "that went on with all problems.",
        reading(KINDS[ALL], COSINE).largest(),
    ),
    "feature_collapse.collapse_wrong_of_turned_on_all": Claim(
        "Test problems wrong at the end, in the run whose features turned farthest of "
        "those that went on with all problems.",
        KINDS[ALL].told(wrong_of_farthest_turned),
    ),
    "feature_collapse.collapse_few": Claim(
        "The few problems with which training goes on: wrong at the end, all seeds together.",
        few_wrong(RUNS),
    ),
    "feature_collapse.collapse_loss_when": Claim(
        "Step at which the loss on the few problems is lowest, when training goes on with them.",
        RUNS.numbers(lambda row: lowest(row)["step"], unit="steps"),
    ),
    "feature_collapse.collapse_all_right": Claim(
        "Step at which all of the few problems with which training goes on are right "
        "for the first time, in the slowest seed.",
        RUNS.numbers(first_right).largest(),
    ),
    "feature_collapse.collapse_lost_early": Claim(
        "Test problems wrong beyond those at the start, once the few problems of a "
        "long run are right in every seed: worst seed.",
        RUNS.told(most_lost_early),
    ),
    "feature_collapse.collapse_centred_beside": Claim(
        "Test problems wrong at the end of a long run on few problems with centred "
        "logit gradients, less those of the usual run with the same seed.",
        beside(CENTRED),
    ),
    "feature_collapse.collapse_balanced_beside": Claim(
        "Test problems wrong at the end of a long run on few problems with balanced "
        "logit gradients, less those of the usual run with the same seed.",
        beside(BALANCED),
    ),
    "feature_collapse.collapse_turn_first": Claim(
        "Runs with a plain sum that went on with few problems, and whose features "
        "turned before the accuracy on test fell.",
        turned_first(JUDGED.where(goes_on_with="few", stream="plain")),
    ),
    "feature_collapse.collapse_never": Claim(
        "Runs, of all by which warnings of a collapse are judged, whose accuracy on "
        "test never fell.",
        JUDGED.those(lambda row: math.isinf(warnings.fall_of(row))).said(some_of),
    ),
    "feature_collapse.collapse_block_2": Claim(
        "Test problems wrong at the end of a long run on few problems, with layer 2 "
        "put back as it was before the run.",
        put_back(RUNS, "block_2"),
    ),
    "feature_collapse.collapse_push_before": Claim(
        "Cosine of the mean feature with the direction in which all logits fall, "
        "before the long run on few problems.",
        pushed("cosine", 0, "{:.2f}"),
    ),
    "feature_collapse.collapse_push_steps": Claim(
        "Steps of the long run on few problems in which we looked where its gradient "
        "pushes the features.",
        pushed("steps", -1, "{:,}"),
    ),
    "feature_collapse.collapse_centred_midway": Claim(
        "Effective rank of the features about their mean after layer 2, midway through "
        "a long run on few problems.",
        reading(RUNS, CENTRED_RANK, MIDWAY, "{:.1f}"),
    ),
    "feature_collapse.collapse_centred_end": Claim(
        "Effective rank of the features about their mean after layer 2, at the end of "
        "a long run on few problems.",
        reading(RUNS, CENTRED_RANK, form="{:.1f}"),
    ),
    "feature_collapse.collapse_cosine_midway": Claim(
        "Token cosine after layer 2, midway through a long run on few problems.",
        reading(RUNS, COSINE, MIDWAY),
    ),
    "feature_collapse.collapse_muon": Claim(
        "Test problems wrong after a long run on few problems with the optimiser Muon.", wrong(MUON)
    ),
    "feature_collapse.collapse_cosine_muon": Claim(
        "Token cosine after layer 2 after a long run on few problems with the optimiser Muon.",
        reading(MUON, COSINE),
    ),
}

TABLES = {
    "feature_collapse.push": Table(
        "Training goes on in",
        {
            kind: {
                "Cosine with that direction": pushed("cosine", -1, "{:.3f}", ARM_OF[kind]),
                "Mean logit moved by": logits_moved(kind),
            }
            for kind in (FEW, EXACT, CENTRED, BALANCED)
        },
        about="Mean feature and the way in which all logits fall, after a long run in",
    ),
    "feature_collapse.lost": Table(
        "More others wrong",
        {
            kind: {
                f"By step {PARTED:,}": wrong_more(found, 0, PARTED),
                "After it": wrong_more(found, PARTED),
                "Weights moved by": reading(found, "moved"),
            }
            for kind, found in ({kind: KINDS[kind] for kind in CAUSES} | OTHERS).items()
        },
        about="Test problems lost in a long run on few problems in",
    ),
    "feature_collapse.both": Table(
        f"More others wrong after step {PARTED:,}",
        {
            words: {
                steps: wrong_more(KINDS[kind], PARTED, named=f"({kind})")
                for steps, kind in kinds.items()
            }
            for words, kinds in {
                "softmax rounds": {"steps stay long": FEW, "steps get short": LARGE_EPS},
                "it does not": {"steps stay long": SMALL_EPS, "steps get short": EXACT},
            }.items()
        },
        about="Test problems lost late in a long run on few problems",
    ),
}
