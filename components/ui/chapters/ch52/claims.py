"""The measured figures of chapter 5, third page, and what is asked for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from components.ui.claims.claim import Claim, Table
from components.ui.words import spelled
from lab.experiments import collapse_texts as texts
from lab.experiments import warnings
from lab.readings import Counts, Measured, Numbers, Row, Rows, at, part_of, rows

if TYPE_CHECKING:
    from lab.recipes.feature_collapse import Stream

# ---------------------------------------------------------------- the runs, by name

STREAMS: dict[Stream, str] = {"plain": "plain sum", "attention": "attention over depth"}
DECAYS = {0.0: "no weight decay", 0.1: "weight decay 0.1"}

FEW, EXACT, CENTRED, BALANCED, SMALL_EPS, LARGE_EPS, ALL = (
    "float32, as above",
    "softmax in float64",
    "no push: taken off all logits",
    "no push: taken off wrong ones",
    "float64, small eps",
    "float32, large eps",
    "all problems",
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

ROUNDED = (FEW, EXACT, ALL)
"""Ways to go on that tell whether rounding turns the features."""

CAUSES = (FEW, EXACT, CENTRED, BALANCED, SMALL_EPS, LARGE_EPS)
"""Those that tell what costs accuracy."""

COMPARED = (FEW, CENTRED, BALANCED, EXACT, SMALL_EPS, LARGE_EPS)
"""The same, as rows of tables: prose counts them."""

AS_USUAL = rows("collapse", optimiser="adamw", precision="fp32", logit_gradient="whole", eps=1e-8)
"""Runs whose way of training is the usual, on few problems or on all."""

RUNS = AS_USUAL.where(goes_on_with="few", stream="plain", weight_decay=0.0)
"""The usual runs. Of others, what is unusual is named."""

JUDGED = AS_USUAL.passing(lambda row: row["cell"]["weight_decay"] in DECAYS)
"""Those by which rules are fitted and tested."""

GRID = JUDGED.where(goes_on_with="few")
"""On few problems, with either stream and either decay."""

KINDS: dict[str, Rows] = {name: RUNS.where(**texts.ARMS[arm]) for name, arm in ARM_OF.items()}
"""How a run goes on; the first is the usual way."""

DECAYED, ATTENTION = RUNS.where(weight_decay=0.1), RUNS.where(stream="attention")
MUON = RUNS.where(optimiser="muon")

# ---------------------------------------------------------------- what is seen of them

PARTED = 1174
"""The look up to which runs with the loss in float32 and float64 go together."""

MIDWAY = 3427
"""A look at which features point one way and are still as rich about their mean."""

COSINE, RANK, CENTRED_RANK = "token_cosine.3", "effective_rank.3", "centred_rank.3"
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


def rise(found: Rows, what: str) -> Numbers:
    """Of a reading, from before the first step to after the last."""
    return found.numbers(lambda row: seen(what)(row) - seen(what, 0)(row))


def wrong(found: Rows, step: int | None = None) -> Counts:
    """Other problems."""
    return found.counts(seen("wrong", step)).median()


def few_wrong(found: Rows) -> Counts:
    """Of the few problems, at the end, in all runs together."""
    return found.counts(seen("few_wrong"), "n_few")


def fall(found: Rows) -> Numbers:
    """Until the first look at which five more in a hundred are wrong."""
    return found.numbers(warnings.fall_of, unit="steps")


def put_back(found: Rows, part: str) -> Counts:
    """Other problems that are wrong with one part as it was before."""
    return found.counts(f"wrong_with_part_of_base.{part}").median()


def without_mean(found: Rows) -> Counts:
    """Other problems that are wrong without the mean feature."""
    return found.counts("wrong_without_mean").median()


def loss_of_few(found: Rows, step: int | None = None) -> Numbers:
    return reading(found, "few_loss", step, "{:.0e}")


def lowest(row: Row) -> Row:
    """The look at which the loss of the few problems is lowest."""
    return min(row["looks"], key=lambda look: look["few_loss"])


def pushed(name: str, look: int, form: str, arm: str = "usual") -> Numbers:
    """Of the run in which we looked where it pushes: at the first look or the last."""
    return rows("collapse_push", arm=arm).numbers(f"{name}.{look}", form)


def farthest_turned(found: list[Row]) -> Row:
    """The run whose features turned farthest."""
    return max(found, key=seen(COSINE))


def wrong_of_farthest_turned(found: list[Row]) -> Measured:
    row = farthest_turned(found)
    errors, n = seen("wrong")(row), row["n"]
    return Measured(part_of(errors, n), errors, n)


# ---------------------------------------------------------------- what warned first


def some_of(n: int, whole: int, of: str = "of") -> str:
    """Five of twelve."""
    return f"{spelled(n) if n else 'none'} {of} {spelled(whole)}"


def turned_first(stream: Stream) -> Counts:
    """The features had turned before the accuracy fell."""
    runs = GRID.where(stream=stream)
    return runs.those(lambda row: warnings.turn_of(row) < warnings.fall_of(row)).said(some_of)


def useful(found: list[Row]) -> str:
    """Kinds of readings whose rule warned before most falls of the other seeds, and never where
    nothing fell."""
    kinds = [
        tested
        for rule, _, tested in warnings.best_rules(found)
        if isinstance(rule, warnings.WarningRule)
    ]
    good = sum(tested.warned > tested.fell / 2 and not tested.false for tested in kinds)
    return some_of(good, len(kinds), "of the")


CLAIMS: dict[str, Claim] = {
    "feature_collapse.collapse_seeds": Claim(
        "Seeds of the long runs on few problems.", RUNS.told(lambda found: spelled(len(found)))
    ),
    "feature_collapse.collapse_not_learned": Claim(
        "Other problems wrong before the long run, of seed 3 as first measured.",
        wrong(
            rows("replaced", stream="plain", weight_decay=0.0, seed=3).passing(
                lambda row: row["record"] == "collapse"
            ),
            0,
        ),
    ),
    "feature_collapse.collapse_turned_on_all": Claim(
        "Token cosine of the run on all problems whose features turned farthest.",
        reading(KINDS[ALL], COSINE).largest(),
    ),
    "feature_collapse.collapse_wrong_of_turned_on_all": Claim(
        "Other problems that this run gets wrong.", KINDS[ALL].told(wrong_of_farthest_turned)
    ),
    **{
        f"feature_collapse.collapse_{ARM_OF[kind]}_cosine": Claim(
            f"Token cosine after layer 2 at the end: {kind}.", reading(KINDS[kind], COSINE)
        )
        for kind in (EXACT, CENTRED, BALANCED)
    },
    **{
        f"feature_collapse.collapse_{ARM_OF[kind]}_wrong": Claim(
            f"Other problems wrong at the end: {kind}.", wrong(KINDS[kind])
        )
        for kind in (FEW, EXACT, CENTRED)
    },
    **{
        f"feature_collapse.collapse_{ARM_OF[kind]}_moved": Claim(
            f"How far the weights moved, over their length: {kind}.", reading(KINDS[kind], "moved")
        )
        for kind in (CENTRED, SMALL_EPS)
    },
    "feature_collapse.collapse_few": Claim(
        "The few problems that are wrong at the end.", few_wrong(RUNS)
    ),
    "feature_collapse.collapse_before": Claim(
        "Other problems wrong before the long run.", wrong(RUNS, 0)
    ),
    "feature_collapse.collapse_after": Claim(
        "Other problems wrong after the long run.", wrong(RUNS)
    ),
    "feature_collapse.collapse_cosine_before": Claim(
        "Token cosine after layer 2 before the long run.", reading(RUNS, COSINE, 0)
    ),
    "feature_collapse.collapse_cosine": Claim(
        "Token cosine after layer 2 after the long run.", reading(RUNS, COSINE)
    ),
    "feature_collapse.collapse_cosine_decay": Claim(
        "The same, with weight decay 0.1.", reading(DECAYED, COSINE)
    ),
    "feature_collapse.collapse_cosine_attention": Claim(
        "The same, with attention over depth.", reading(ATTENTION, COSINE)
    ),
    "feature_collapse.collapse_cosine_all": Claim(
        "The same, when it goes on with all problems.", reading(KINDS[ALL], COSINE)
    ),
    "feature_collapse.collapse_loss_lowest": Claim(
        "Loss of the few problems where it is lowest.",
        RUNS.numbers(lambda row: lowest(row)["few_loss"], "{:.0e}"),
    ),
    "feature_collapse.collapse_loss_when": Claim(
        "When that loss is lowest.", RUNS.numbers(lambda row: lowest(row)["step"], unit="steps")
    ),
    "feature_collapse.collapse_loss_all": Claim(
        "Loss of the few problems at the end, when it goes on with all problems.",
        loss_of_few(KINDS[ALL]),
    ),
    "feature_collapse.collapse_turn_first": Claim(
        "Runs with a plain sum whose features turn before the accuracy falls.",
        turned_first("plain"),
    ),
    "feature_collapse.collapse_turn_first_attention": Claim(
        "The same, with attention over depth.", turned_first("attention")
    ),
    "feature_collapse.collapse_never": Claim(
        "Runs whose accuracy never fell.",
        JUDGED.those(lambda row: math.isinf(warnings.fall_of(row))).said(some_of),
    ),
    "feature_collapse.collapse_block_2_decay": Claim(
        "Other problems wrong with layer 2 put back, weight decay 0.1.",
        put_back(DECAYED, "block_2"),
    ),
    "feature_collapse.collapse_block_2_attention": Claim(
        "The same, with attention over depth.", put_back(ATTENTION, "block_2")
    ),
    "feature_collapse.collapse_fall": Claim(
        "When five more in a hundred of the other problems are wrong.", fall(RUNS)
    ),
    "feature_collapse.collapse_mean": Claim(
        "Other problems wrong without the mean feature.", without_mean(RUNS)
    ),
    "feature_collapse.collapse_block_2": Claim(
        "Other problems wrong with layer 2 put back.", put_back(RUNS, "block_2")
    ),
    "feature_collapse.collapse_push_before": Claim(
        "Cosine of the mean feature with the direction in which all logits fall, at the start.",
        pushed("cosine", 0, "{:.2f}"),
    ),
    "feature_collapse.collapse_logit_before": Claim(
        "The mean of all logits at the start.", pushed("mean_logit", 0, "{:.1f}")
    ),
    "feature_collapse.collapse_push_steps": Claim(
        "Steps of the run in which we looked where it pushes.", pushed("steps", -1, "{:,}")
    ),
    "feature_collapse.collapse_useful": Claim(
        "Kinds of readings that warned before most falls, and never where nothing fell.",
        JUDGED.told(useful),
    ),
    "feature_collapse.collapse_centred_midway": Claim(
        "Effective rank about the mean after layer 2, midway.",
        reading(RUNS, CENTRED_RANK, MIDWAY, "{:.1f}"),
    ),
    "feature_collapse.collapse_cosine_midway": Claim(
        "Token cosine after layer 2, midway.", reading(RUNS, COSINE, MIDWAY)
    ),
    "feature_collapse.collapse_block_2_exact": Claim(
        "Other problems wrong with layer 2 put back, softmax in float64.",
        put_back(KINDS[EXACT], "block_2"),
    ),
    "feature_collapse.collapse_mean_exact": Claim(
        "Other problems wrong without the mean feature, softmax in float64.",
        without_mean(KINDS[EXACT]),
    ),
    "feature_collapse.collapse_muon": Claim(
        "Other problems wrong after a run with Muon.", wrong(MUON)
    ),
    "feature_collapse.collapse_cosine_muon": Claim(
        "Token cosine after layer 2 after a run with Muon.", reading(MUON, COSINE)
    ),
}

TABLES = {
    "feature_collapse.past": Table(
        "Training goes on with",
        {
            words: {"Before": wrong(found, 0), "At the end": wrong(found)}
            for words, found in (
                ("plain sum", RUNS),
                ("plain sum, weight decay 0.1", DECAYED),
                ("attention over depth", ATTENTION),
                ("attention over depth, weight decay 0.1", ATTENTION.where(weight_decay=0.1)),
                ("plain sum, all problems", KINDS[ALL]),
            )
        },
    ),
    "feature_collapse.inside": Table(
        "Reading",
        {
            words: {
                "Before": reading(RUNS, what, 0, form),
                "At the end": reading(RUNS, what, form=form),
            }
            for words, what, form in (
                ("token cosine, layer 1", "token_cosine.2", "{:.2f}"),
                ("token cosine, layer 2", COSINE, "{:.2f}"),
                ("effective rank, layer 2", RANK, "{:.1f}"),
                ("rank about the mean, layer 2", CENTRED_RANK, "{:.1f}"),
                ("loss of the few problems", "few_loss", "{:.0e}"),
            )
        },
    ),
    "feature_collapse.push": Table(
        "Training goes on in",
        {
            kind: {
                "Cosine": pushed("cosine", -1, "{:.3f}", ARM_OF[kind]),
                "Mean logit": pushed("mean_logit", -1, "{:.1f}", ARM_OF[kind]),
            }
            for kind in (FEW, EXACT, CENTRED)
        },
    ),
    "feature_collapse.causes": Table(
        "Training goes on in",
        {
            kind: {
                "Token cosine": reading(KINDS[kind], COSINE),
                "Wrong at the end": wrong(KINDS[kind]),
            }
            for kind in COMPARED
        },
    ),
    "feature_collapse.moved": Table(
        "Training goes on in",
        {
            kind: {
                f"Wrong at step {PARTED:,}": wrong(KINDS[kind], PARTED),
                "Weights moved by": reading(KINDS[kind], "moved"),
            }
            for kind in COMPARED
        },
    ),
}
