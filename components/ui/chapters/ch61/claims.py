"""The measured figures of chapter 6, second page, and what is asked for them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.chapters.ch60.probes import LONG_RUN as RUN
from components.ui.claims.claim import Claim, Table, read_record
from lab.readings import Counts, Measured, Numbers, Row, Rows, Told, part_of, rows
from lab.records import ROOT

LABELS = {
    "token_read": "the token that is read",
    "place": "the place of the next digit",
    "line": "the line of the next digit",
    "carry": "the carry into the next digit, in products",
}
"""What a token's expert may tell, as the record has it and in words."""

GIVEN, WHERE = "carry_given_token", "carry_given_place_and_line"

CHANGES = {
    "dense_active": "dense, small",
    "experts_4": "4 experts",
    "experts_16": "16 experts",
    "no_bias_updates": "8 experts, no biases",
    "no_shared_expert": "8 experts, none shared",
}
"""What stands in for eight experts, as the record has it and in words."""

STEP = 0.001
"""By which biases moved in training."""

EARLY, LATE = slice(0, 2), slice(2, None)
"""The layers whose routers tell most tokens hardly apart, and the others."""


def between(numbers: NDArray[Any] | Sequence[float], form: str) -> str:
    """The least and the most of some numbers."""
    low, high = form.format(min(numbers)), form.format(max(numbers))
    return low if low == high else f"{low} to {high}"


# ---------------------------------------------------------------- experts that are ablated

EACH_EXPERT = rows("shut_experts").passing(lambda row: "shut" in row)
"""One expert ablated for all tokens, or forced on them."""

MANY = 0.1
"""So much of all sums that an expert is said to matter."""


def spoils_nothing(row: Row) -> bool:
    return row["shut"]["errors"] == 0


def is_visited(row: Row) -> bool:
    """Are tokens of four by four digits sent to the expert?"""
    (counted,) = loads().of(read_record(ROOT / loads().path))
    return bool(sent(counted)[row["cell"]["layer"], row["cell"]["expert"]])


VISITED = EACH_EXPERT.passing(is_visited)
MATTER = VISITED.those(lambda row: row["shut"]["errors"] / row["n"] >= MANY)
"""Those to which tokens are sent, and of them those that, ablated, break one problem in ten."""


def worst(found: Sequence[Row]) -> Row:
    """The row of the expert that spoils most when it is ablated."""
    return max(found, key=lambda row: row["shut"]["errors"])


def digits_wrong(found: Row) -> str:
    """Of all numbers together."""
    n, wrong = np.sum(list(found["wrong"].values()), axis=0)
    return part_of(int(wrong), int(n))


PARTS = {"shared expert": "shared", "chosen experts": "chosen"}
STAND_INS = {
    "zero": "zero",
    "the mean of other problems": "mean",
    "another problem's output": "resample",
}
"""What is replaced, and by what, in words and as the record has it."""


def stood_in(part: str, by: str, layer: int | None = None) -> Rows:
    """What this part of the FFN adds replaced in a layer, or in all."""
    layers = list(range(BOOK_LAYERS)) if layer is None else [layer]
    return rows("expert_stand_ins", part=part, by=by, layers=layers)


def norm(part: str, layer: int, field: str = "size") -> Told:
    """Of what a part adds, or, as `change`, of what its mean over other problems leaves out."""
    found = stood_in(part, "mean", layer)

    def words(found: list[Row]) -> str:
        (size,) = found[0][field]
        return f"{size:.0f}" if size >= 10 else f"{size:.2f}"

    return found.told(words)


def apart(layer: int) -> Told:
    """How many times as large the shared expert's output is as that of the chosen experts."""

    def words(found: list[Row]) -> str:
        size = {row["cell"]["part"]: row["size"][0] for row in found}
        return f"{size['shared'] / size['chosen']:.0f}"

    return rows("expert_stand_ins", by="zero", layers=[layer]).told(words)


# ---------------------------------------------------------------- small networks

WITH_EXPERTS = rows("latent_experts", part="race", attention="mla", ffn="moe")
"""Networks with latents and eight experts, whose biases even out the loads."""

N_LAYER, BOOK_LAYERS = 3, 6


def of_all(found: Rows, field: str, form: str) -> Told:
    """What is the same in all runs of a network."""

    def words(runs: list[Row]) -> str:
        (value,) = {row[field] for row in runs}
        return form.format(value)

    return found.told(words)


def changed(change: str) -> Rows:
    """Networks with eight experts but for one change."""
    return rows("expert_changes", change=change)


NO_BIASES = changed("no_bias_updates")

FIRST, SECOND = "first race", "second race"
DENSE_ALL, DENSE_ACTIVE, EIGHT = "dense, large", CHANGES["dense_active"], "8 experts"
SECOND_DENSE, SECOND_EXPERTS = (
    rows("equal_latents", part="race", attention="mla", ffn=ffn) for ffn in ("dense", "moe")
)

RACERS: dict[tuple[str, str], Rows] = {
    (FIRST, DENSE_ACTIVE): changed("dense_active"),
    (FIRST, EIGHT): WITH_EXPERTS,
    (FIRST, DENSE_ALL): rows("latent_experts", part="race", attention="mla", ffn="dense"),
    (SECOND, EIGHT): SECOND_EXPERTS,
    (SECOND, DENSE_ALL): SECOND_DENSE,
}
"""By race and FFN, in each race by what a token costs, all with latents: eight experts and their
dense rivals, one with as many neurons in all and one with as many as a token uses. The second race
is of wider FFNs, whose rates three seeds chose; all else on the page is of the first."""

BALANCED = {"with biases": WITH_EXPERTS, "without biases": NO_BIASES}


def uneven(found: Rows) -> Numbers:
    """The largest load over the mean at the end, of the least even layer."""
    return found.numbers(lambda row: max(row["curve"][-1][2]), "{:.2f}")


def wrong(found: Rows) -> Counts:
    """Sums of four by four digits."""
    return found.counts("wrong_4x4", "n_4x4").median()


def told(found: Rows, label: str, n_layer: int) -> dict[str, Numbers]:
    """Of a label, what a token's first expert tells, layer by layer."""
    return {
        f"layer {layer}": found.numbers(f"told.{label}.{layer}.0", "{:.0%}")
        for layer in range(n_layer)
    }


def operations_of_experts(race: Sequence[Row]) -> str:
    """A share of what one dense FFN with as many neurons takes, both with latents."""
    eight, dense = (
        found.of(race)[0]["flops_per_token"] for found in (SECOND_EXPERTS, SECOND_DENSE)
    )
    return f"{eight / dense:.0%}"


def most_by_lot(row: Row, labels: Iterable[str], parts: int) -> float:
    """The most that labels dealt out anew tell in any layer, rounded up to one of so many parts."""
    return math.ceil(parts * max(lot for label in labels for _, lot in row["told"][label])) / parts


# ---------------------------------------------------------------- the loads of the book's network


def loads(run: str = RUN, digits: int = 4) -> Rows:
    """Who was sent where, of problems of so many digits."""
    return rows("expert_loads", part="loads", run=run, digits=digits)


def sent(row: Row) -> NDArray[Any]:
    """Layer by expert, the tokens that are sent there, or their share."""
    if "loads" in row:
        return np.array(row["loads"])
    return in_layers(row, "load")


def in_layers(row: Row, name: str) -> NDArray[Any]:
    """Layer by expert, a number that was counted with the loads."""
    return np.array([layer[name] for layer in row["layers"]])


def idle(found: Rows) -> Counts:
    """Experts to which no token is sent."""
    return found.counts(lambda row: int((sent(row) == 0).sum()), lambda row: sent(row).size)


def busiest(layers: slice) -> Told:
    """The largest load over the mean of each of some layers."""

    def words(found: list[Row]) -> str:
        load = sent(found[0])[layers]
        return between(load.max(1) / load.mean(1), "{:.1f}")

    return loads().told(words)


def biases_apart(found: list[Row]) -> str:
    """The largest bias less the smallest, in each of the first two layers."""
    return between(np.ptp(in_layers(found[0], "bias")[EARLY], axis=1), "{:.2f}")


def favourite_scores(found: list[Row]) -> str:
    """The mean score of the expert whose mean score is largest, in each of these layers."""
    return between(in_layers(found[0], "score")[EARLY].max(1), "{:.3f}")


def idle_raised(found: list[Row]) -> str:
    """The share of tokens that an idle expert would get if its bias stood one step higher."""
    (row,) = found
    return between(in_layers(row, "step_up")[sent(row) == 0] / row["tokens"], "{:.0%}")


def moved_by_a_step(found: list[Row]) -> str:
    """In the other layers, the most of the tokens that one step of one bias brings or takes."""
    (row,) = found
    load, up, down = (in_layers(row, name)[LATE] for name in ("load", "step_up", "step_down"))
    return f"{max((up - load).max(), (load - down).max()) / row['tokens']:.1%}"


def with_other_biases(part: str) -> Told:
    """Problems that go wrong under other biases, the most of some settings of them."""

    def most(found: list[Row]) -> Measured:
        row = max(found, key=lambda row: row["errors"])
        return Measured(part_of(row["errors"], row["n"]), row["errors"], row["n"])

    return rows("expert_loads", part=part).told(most)


def alone(speed: float) -> Rows:
    """Biases that go on by themselves, all weights held."""
    return rows("expert_loads", part="alone", speed=speed)


def working_alone(record: list[Row]) -> str:
    """In how many of the steps those get a token that get none without steps."""
    (row,), (held,) = alone(STEP).of(record), loads().of(record)
    idle_steps = np.array(row["idle_steps"])[sent(held) == 0]
    return f"{between(row['steps'] - idle_steps, '{}')} of {row['steps']}"


def uneven_alone(field: str, speed: float) -> Told:
    """The largest load over the mean in each of the first two layers."""
    return alone(speed).told(lambda found: between(found[0][field][EARLY], "{:.1f}"))


BOOK_TOLD = rows("expert_loads", part="told")

CLAIMS: dict[str, Claim] = {
    "moe.pays_operations": Claim(
        "Operations of a token in a small network with latents and eight experts, as a "
        "share of a dense network's of the same size.",
        rows("equal_latents").told(operations_of_experts),
    ),
    "moe.seconds_experts": Claim(
        "Seconds of training in the second race of small networks: latents and eight experts.",
        SECOND_EXPERTS.numbers("training_seconds"),
    ),
    "moe.seconds_dense": Claim(
        "Seconds of training in the second race of small networks: latents and a dense "
        "FFN of as many neurons.",
        SECOND_DENSE.numbers("training_seconds"),
    ),
    "moe.told_first": Claim(
        "What a token's first expert tells about the token that is read, as a share of "
        "all there is to tell: first layer of small networks.",
        told(WITH_EXPERTS, "token_read", N_LAYER)["layer 0"],
    ),
    "moe.told_by_lot": Claim(
        "The most that first experts of small networks tell about shuffled labels, of "
        "any label and layer.",
        WITH_EXPERTS.numbers(lambda row: most_by_lot(row, LABELS, 1000), "{:.1%}").largest(),
    ),
    "moe.shut_matter": Claim(
        "Experts of the full-size network to which tokens are sent: ablated alone, "
        "they break at least one problem in ten.",
        MATTER,
    ),
    "moe.shut_nothing": Claim(
        "Experts of the full-size network to which tokens are sent: ablated alone, "
        "they break no problem.",
        VISITED.those(spoils_nothing),
    ),
    "moe.loads_problems": Claim(
        "Problems of four by four digits of which the loads of the full-size network's "
        "experts were counted.",
        loads().numbers("n"),
    ),
    "moe.loads_problems_far": Claim(
        "Problems of eight by eight digits of which the loads of the full-size "
        "network's experts were counted.",
        loads(digits=8).numbers("n"),
    ),
    "moe.idle": Claim(
        "Experts of the full-size network that get no token in problems of four by four digits.",
        idle(loads()),
    ),
    "moe.busiest_early": Claim(
        "Load of the busiest expert over the mean of its layer, full-size network: the "
        "first two layers.",
        busiest(EARLY),
    ),
    "moe.busiest_late": Claim(
        "Load of the busiest expert over the mean of its layer, full-size network: the "
        "last four layers.",
        busiest(LATE),
    ),
    "moe.biases_apart": Claim(
        "How far the largest and the smallest bias of a layer lie apart, full-size "
        "network: the first two layers.",
        loads().told(biases_apart),
    ),
    "moe.favourite_scores": Claim(
        "Mean score of the expert that scores highest in its layer, full-size network: "
        "the first two layers.",
        loads().told(favourite_scores),
    ),
    "moe.idle_raised": Claim(
        "Share of tokens that an idle expert of the full-size network would get with "
        "its bias one step higher: fewest and most.",
        loads().told(idle_raised),
    ),
    "moe.moved_by_a_step": Claim(
        "Largest share of tokens that one step of a bias moves, full-size network: the "
        "last four layers.",
        loads().told(moved_by_a_step),
    ),
    "moe.zero_errors": Claim(
        "Problems wrong, at most, with the biases of one layer of the full-size "
        "network or of all set to zero.",
        with_other_biases("zero"),
    ),
    "moe.alone_working": Claim(
        "Steps in which experts that were idle get tokens, while biases alone go on "
        "and all weights are kept.",
        rows("expert_loads").told(working_alone),
    ),
    "moe.alone_step": Claim(
        "Load of the busiest expert over the mean of its layer in the median step, "
        "while biases alone go on: the first two layers.",
        uneven_alone("uneven_step", STEP),
    ),
    "moe.alone_all": Claim(
        "Load of the busiest expert over the mean of its layer over all steps "
        "together, while biases alone go on: the first two layers.",
        uneven_alone("uneven_all", STEP),
    ),
    "moe.book_told_by_lot": Claim(
        "The most that experts of the full-size network tell about carries shuffled "
        "among equal tokens, or among equal places.",
        BOOK_TOLD.numbers(lambda row: most_by_lot(row, (GIVEN, WHERE), 100), "{:.0%}"),
    ),
    "moe.stand_ins_whole": Claim(
        "Test problems of four by four digits that the full-size network with experts "
        "gets wrong with nothing replaced.",
        rows("expert_stand_ins", part=None).errors().bound(),
    ),
    "moe.chosen_mean": Claim(
        "Problems wrong when what the chosen experts of the full-size network add is "
        "replaced by its mean over other problems.",
        stood_in("chosen", "mean").errors(),
    ),
    "moe.chosen_other": Claim(
        "Problems wrong when what the chosen experts of the full-size network add "
        "comes from another problem.",
        stood_in("chosen", "resample").errors(),
    ),
    "moe.chosen_other_digits": Claim(
        "Digits of all numbers wrong when what the chosen experts of the full-size "
        "network add comes from another problem.",
        stood_in("chosen", "resample").told(lambda found: digits_wrong(found[0])),
    ),
    "moe.apart_first": Claim(
        "Norm of the shared expert's output over the norm of the chosen experts' "
        "output, full-size network: layer 0.",
        apart(0),
    ),
    "moe.apart_last": Claim(
        "Norm of the shared expert's output over the norm of the chosen experts' "
        "output, full-size network: the last layer.",
        apart(BOOK_LAYERS - 1),
    ),
    "moe.shut_worst": Claim(
        "Problems wrong with one expert of the full-size network ablated, the expert "
        "that breaks most.",
        EACH_EXPERT.told(lambda found: part_of(worst(found)["shut"]["errors"], worst(found)["n"])),
    ),
    "moe.shut_worst_digits": Claim(
        "Digits of all numbers wrong with one expert of the full-size network ablated, "
        "the expert that breaks most problems.",
        EACH_EXPERT.told(lambda found: digits_wrong(worst(found)["shut"])),
    ),
}

TABLES = {
    "moe.stand_ins": Table(
        "Replaced in all layers by",
        {
            words: {f"{name}, wrong": stood_in(part, by).errors() for name, part in PARTS.items()}
            for words, by in STAND_INS.items()
        },
        about="Problems wrong in the full-size network, what experts add replaced by",
    ),
    "moe.parts": Table(
        "Layer",
        {
            f"{layer}": {
                **{f"{name}: norm": norm(part, layer) for name, part in PARTS.items()},
                **{
                    f"{name}: changed by the mean": norm(part, layer, "change")
                    for name, part in PARTS.items()
                },
            }
            for layer in range(BOOK_LAYERS)
        },
        about="What experts of the full-size network add, its norm or its change, layer",
    ),
    "moe.races": Table(
        "Network",
        {
            f"{race}: {name}": {
                "parameters": of_all(found, "parameters", "{:,}"),
                "operations a token": of_all(found, "flops_per_token", "{:,}"),
                "learning rate": of_all(found, "rate", "{:g}"),
                "problems wrong": wrong(found),
            }
            for (race, name), found in RACERS.items()
        },
        about="Small networks with latents",
    ),
    "moe.balance": Table(
        "At the end",
        {
            words: {name: counted(found) for name, found in BALANCED.items()}
            for words, counted in (
                ("load of the busiest expert, times the mean", uneven),
                ("experts without a token", lambda found: idle(found).median()),
                ("problems wrong", wrong),
            )
        },
        about="Small networks with latents and eight experts at the end of training",
    ),
    "moe.told": Table(
        "About",
        {words: told(WITH_EXPERTS, label, N_LAYER) for label, words in LABELS.items()},
        about="Share that a token's first expert tells, in small networks, about",
    ),
    "moe.told_of_carry": Table(
        "About the carry",
        {
            words: told(BOOK_TOLD, label, BOOK_LAYERS)
            for words, label in {
                "all that is told": "carry",
                "beyond the token": GIVEN,
                "beyond place and line": WHERE,
            }.items()
        },
        about="Share that experts of the full-size network tell about the next carry",
    ),
}
