"""The worked numbers in the prose of chapter 6, second page, and what its records say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.chapters.ch60.probes import LONG_RUN as RUN
from components.ui.chapters.ch61 import claims, probes
from components.ui.drawings.experts import Layer, Routed
from components.ui.drawings.guess import Answer, Axis, Dragged, Picked
from components.ui.drawings.guess import Row as Line
from components.ui.lazily import lazily
from components.ui.plots.dots import seed_points
from components.ui.words import band, spelled
from lab.model.config import GPTConfig, MixtureOfExpertsConfig
from lab.numerals import written
from lab.readings import Counts, Row, Rows, in_brackets, join_words
from lab.recipes.recipe_index import recipe
from lab.statistics import spread

cost = lazily("lab.model.cost")
experiment = lazily("lab.experiments.latent_experts_race", known=["CHANGE_SEEDS", "SEEDS", "STEPS"])
experts_replaced = lazily("lab.experiments.expert_stand_ins", known=["N"])
loading = lazily("lab.experiments.expert_loads", known=["STEPS"])
published = lazily("lab.published.models")
recipes = lazily("lab.recipes.latent_experts")

Numbers = NDArray[np.float64]
SUM = (23, 12)
"""One that goes wrong when the expert that matters most is ablated."""

# ---------------------------------------------------------------- total and active


def config() -> GPTConfig:
    return recipe(RUN).model


def active_share(whole: GPTConfig) -> float:
    return cost.active_parameters_of(whole) / cost.parameters_of(whole)


def active_share_of_deepseek() -> float:
    whole = published.DEEPSEEK_V3
    return whole.parameters_met / whole.parameters


EXPERTS, CHOSEN, NEURONS = (4, 8, 16, 32, 64, 128, 256), (1, 2, 4, 8), (32, 64, 128, 256)


def sized(n_expert: int, chosen: int, neurons: int) -> GPTConfig:
    """The book's network with other experts. `ValueError` for more chosen than there are."""
    ffn = MixtureOfExpertsConfig(neurons, n_expert, chosen)
    return replace(config(), ffn=ffn)


def size_rows(n_expert: int, chosen: int, neurons: int) -> list[Row]:
    whole = sized(n_expert, chosen, neurons)
    return [
        {"what": "the whole network", "parameters": cost.parameters_of(whole)},
        {"what": "active", "parameters": cost.active_parameters_of(whole)},
    ]


# ---------------------------------------------------------------- a router by hand

LOGITS = np.array([1.0, 0.5, -0.5, 0.0])
"""Four experts: how well each suits a token."""

K = 2


def scores(logits: Numbers) -> Numbers:
    """Sigmoid, number by number."""
    return 1 / (1 + np.exp(-logits))


def chosen(logits: Numbers, bias: Numbers) -> list[int]:
    """The experts with the largest score and bias together, best first."""
    return np.argsort(-(scores(logits) + bias), kind="stable")[:K].tolist()


def format_vector(x: Any, form: str = "{:.2f}") -> str:
    return "(" + ", ".join(written(number, form) for number in x) + ")"


def names(which: Sequence[int]) -> str:
    return " and ".join(map(str, which))


NO_BIAS = np.zeros(len(LOGITS))


SIGN = 9
"""The `+` of 23 x 12, at which the opening figure rests; a test compares it with the text."""


def of_sign() -> Layer:
    """How layer 0 chooses for it."""
    return probes.sent(*SUM)[0]


def scores_of_sign(routed: Routed) -> str:
    found = of_sign().scores[SIGN, routed.chosen[SIGN]]
    return " and ".join(f"{score:.3f}" for score in found)


def weights_with_bias() -> str:
    """Its weights, if they held the biases too."""
    layer = of_sign()
    chosen = layer.biased.chosen[SIGN]
    found = layer.scores[SIGN, chosen] + layer.bias[chosen]
    return " and ".join(f"{w:.2f}" for w in found / found.sum())


def tied() -> list[int]:
    """The experts of layer 0 whose bias is highest; several, since all biases go by equal steps."""
    bias = of_sign().bias.round(3)
    return np.flatnonzero(bias == bias.max()).tolist()


def favourite() -> tuple[int, float]:
    """The expert that scores highest at the last digit, and its score and bias together."""
    layer = of_sign()
    best = int(layer.scores[-1].argmax())
    return best, float(layer.scores[-1, best] + layer.bias[best])


def softmax(logits: Numbers) -> Numbers:
    e = np.exp(logits - logits.max())
    return e / e.sum()


RAISED = LOGITS + np.array([2.0, 0.0, 0.0, 0.0])
"""Expert 0 suits better; nothing has changed for expert 1."""


def of_expert_1(score: Callable[[Numbers], Numbers], logits: Numbers) -> str:
    return f"{score(logits)[1]:.2f}"


# ---------------------------------------------------------------- ablated


def shut_map(rows: Sequence[Row]) -> Numbers:
    """Layer by expert, the share of problems that go wrong with that expert ablated."""
    found = claims.EACH_EXPERT.counts("shut.errors").points(rows)
    share = {(row["cell"]["layer"], row["cell"]["expert"]): part / n for row, part, n in found}
    n_layer, n_expert = (1 + max(places) for places in zip(*share, strict=True))
    return np.array([[share[i, j] for j in range(n_expert)] for i in range(n_layer)])


def loads_of(rows: Sequence[Row]) -> Row:
    """Who was sent where in the book's network, of problems of four by four digits."""
    (found,) = claims.loads().of(rows)
    return found


def with_idle(layers: Sequence[Layer], rows: Sequence[Row]) -> list[Layer]:
    """The same layers, with the experts that get no token of the record either."""
    if not rows:
        return [*layers]
    load = claims.sent(loads_of(rows))
    pairs = zip(layers, load, strict=True)
    return [replace(layer, idle=np.flatnonzero(load == 0).tolist()) for layer, load in pairs]


def idle_said(rows: Sequence[Row]) -> str:
    """Of what sample idle experts get no token; empty without a record."""
    if not rows:
        return ""
    found = loads_of(rows)
    return f"no token of {found['n']:,} problems of four by four digits"


def headline() -> str:
    """Above the opening figure."""
    ours = probes.experts()
    few, all_ = spelled(ours.num_experts_per_tok), spelled(ours.n_routed_experts)
    goes = f"Each token goes to {few} of {all_} experts."
    return f"{goes} Click a token to see why, or switch off the bias."


ASKED = 200
"""Problems that were evaluated with each expert ablated; a test compares it with the record."""

MATTERS = ("hardly any", "about a quarter", "half or more")


def who_matters(rows: Sequence[Row]) -> str:
    """How many experts, ablated, spoil at least one problem in ten."""
    return band(claims.MATTER.value(rows), (0.1, 0.4), MATTERS)


def to_matter(rows: Sequence[Row]) -> Dragged:
    """The frame of the guess."""
    _, n = counted(claims.MATTER, rows)
    return Dragged(Axis(f"of {n} experts", 0, n), "break a problem in ten")


def number_that_matter(rows: Sequence[Row]) -> Answer:
    errors, n = counted(claims.MATTER, rows)
    return Answer(errors, f"{errors} of {n}")


def counted(found: Counts, rows: Sequence[Row]) -> tuple[int, int]:
    """How many, and of how many, in all rows together."""
    points = found.points(rows)
    return sum(errors for _, errors, _ in points), sum(n for *_, n in points)


EVERYWHERE = "all layers"


def stood_in_rows(rows: Sequence[Row], by: str) -> list[Row]:
    """A row a layer and part of its FFN: how many problems go wrong when what it adds is replaced
    so; all layers last."""
    return [
        {
            "layer": EVERYWHERE if layer is None else f"layer {layer}",
            "part": name,
            "wrong": wrong,
            "share": wrong / n,
            "n": n,
        }
        for name, part in claims.PARTS.items()
        for layer in (*range(claims.BOOK_LAYERS), None)
        for _, wrong, n in claims.stood_in(part, by, layer).errors().points(rows)
    ]


SPOILED = ("none, or next to none", "about one in six", "half or more")
"""What a link of before may say."""

CHOSEN_MEAN = claims.stood_in("chosen", "mean").errors()


def to_be_spoiled(rows: Sequence[Row]) -> Dragged:
    """The frame of the guess."""
    _, n = counted(CHOSEN_MEAN, rows)
    return Dragged(Axis(f"of {n} problems", 0, n), "wrong with their mean")


def number_spoiled(rows: Sequence[Row]) -> Answer:
    errors, n = counted(CHOSEN_MEAN, rows)
    return Answer(errors, f"{errors} of {n}")


# ---------------------------------------------------------------- balance, recorded

WITH, WITHOUT = claims.BALANCED


def uneven_rows(race: Sequence[Row], changes: Sequence[Row]) -> list[Row]:
    """The least even layer of every run, check by check."""
    return [
        {"run": f"{arm}, {row['cell']['seed']}", "arm": arm, "step": step, "uneven": max(uneven)}
        for (arm, found), record in zip(claims.BALANCED.items(), (race, changes), strict=True)
        for row in found.of(record)
        for step, _, uneven in row["curve"]
    ]


def most_uneven() -> float:
    """The largest load over the mean that there can be: that of an expert which every token has."""
    ffn = recipes.network("small", "mla", "moe").ffn
    assert isinstance(ffn, MixtureOfExpertsConfig)
    return ffn.n_routed_experts / ffn.num_experts_per_tok


def to_be_idle(race: Sequence[Row]) -> Dragged:
    """The frame of the guess, up to all experts that there are."""
    found = claims.WITH_EXPERTS.of(race)
    return Dragged(
        Axis(f"of {claims.sent(found[0]).size} experts", 0, claims.sent(found[0]).size),
        "idle without biases",
        given=[Line("with biases", spread(map(n_idle, found)).median)],
    )


def n_idle(row: Row) -> int:
    return int((claims.sent(row) == 0).sum())


def number_idle(changes: Sequence[Row]) -> Answer:
    found = claims.NO_BIASES.of(changes)
    counts = [float(n_idle(row)) for row in found]
    median = spread(counts).median
    return Answer(median, f"{median:g} of {claims.sent(found[0]).size}", dots=counts)


# ---------------------------------------------------------------- what experts tell


def told_rows(race: Sequence[Row]) -> list[Row]:
    """What a token's first expert tells of it: a row a label, layer and seed."""
    return [
        {"label": words, "layer": layer, "seed": row["cell"]["seed"], "share": share}
        for label, words in claims.LABELS.items()
        for layer, told in enumerate(
            claims.told(claims.WITH_EXPERTS, label, claims.N_LAYER).values()
        )
        for row, share in told.points(race)
    ]


def told_most(race: Sequence[Row]) -> str:
    """The label of which the experts tell most behind the first layer, over all seeds."""
    rows = [row for row in told_rows(race) if row["layer"] > 0]
    return max(
        claims.LABELS.values(),
        key=lambda label: spread(r["share"] for r in rows if r["label"] == label).median,
    )


def to_be_told(race: Sequence[Row]) -> Picked:
    """The frame of the guess: medians behind the first layer."""

    def shares() -> dict[str, float]:
        rows = [row for row in told_rows(race) if row["layer"] > 0]
        labels = claims.LABELS.values()
        return {
            label: 100 * spread(row["share"] for row in rows if row["label"] == label).median
            for label in labels
        }

    return Picked(Axis.percent("of what there is to tell"), shares)


# ---------------------------------------------------------------- does it pay?

EIGHT, SIXTEEN = claims.EIGHT, claims.CHANGES["experts_16"]
CHANGED: dict[str, Rows] = {
    EIGHT: claims.WITH_EXPERTS,
    **{
        words: claims.changed(change)
        for change, words in claims.CHANGES.items()
        if words != claims.DENSE_ACTIVE
    },
}
"""Eight experts of the first race, and one change to them at a time."""


def pay_runs(race: Sequence[Row], changes: Sequence[Row]) -> dict[str, list[Row]]:
    """The runs of each of these."""
    records = {claims.WITH_EXPERTS.path: race, claims.NO_BIASES.path: changes}
    return {name: found.of(records[found.path]) for name, found in CHANGED.items()}


def pay_points(race: Sequence[Row], changes: Sequence[Row], second: Sequence[Row]) -> list[Row]:
    """Problems of four by four digits wrong, a point a network and seed, race by race: the dense
    rivals beside the experts, then the changes."""
    networks = claims.RACERS | {(claims.FIRST, name): found for name, found in CHANGED.items()}
    races = list(dict.fromkeys(race for race, _ in networks))
    records = {
        claims.SECOND_DENSE.path: second,
        claims.WITH_EXPERTS.path: race,
        claims.NO_BIASES.path: changes,
    }
    return [
        {"group": group, **point}
        for (group, arm), found in sorted(networks.items(), key=lambda one: races.index(one[0][0]))
        for point in seed_points({arm: claims.wrong(found)}, found.of(records[found.path]))
    ]


def pay_table(race: Sequence[Row], changes: Sequence[Row]) -> list[dict[str, str]]:
    """A line for each number of experts: size, work and errors."""
    runs = pay_runs(race, changes)
    return [
        {
            "first race": name,
            "parameters": f"{rows[0]['parameters']:,}",
            "operations a token": f"{rows[0]['flops_per_token']:,}",
            f"wrong of {rows[0]['n_4x4']:,}": in_brackets(
                spread(row["wrong_4x4"] for row in rows), "{:,.0f}"
            ),
            "seeds": f"{len(rows)}",
        }
        for name in (claims.CHANGES["experts_4"], EIGHT, SIXTEEN)
        for rows in [runs[name]]
    ]


LARGER = ("fewer than with eight", "about as many", "more than with eight")
"""What a link may say."""


def times_as_large(race: Sequence[Row], changes: Sequence[Row]) -> str:
    """The parameters of the network of sixteen experts, as a multiple of those of eight."""
    runs = pay_runs(race, changes)
    eight, sixteen = (runs[name][0]["parameters"] for name in (EIGHT, SIXTEEN))
    return f"{sixteen / eight:.1f}"


def wrong_of(name: str, race: Sequence[Row], changes: Sequence[Row]) -> list[int]:
    """Of every run of a network, the problems that it gets wrong."""
    return [row["wrong_4x4"] for row in pay_runs(race, changes)[name]]


def to_pay(race: Sequence[Row], changes: Sequence[Row]) -> Dragged:
    """The frame of the guess: medians of the seeds."""
    n = pay_runs(race, changes)[EIGHT][0]["n_4x4"]
    eight = spread(wrong_of(EIGHT, race, changes)).median
    axis = Axis(f"of {n:,} problems, median of the seeds", 0, n)
    return Dragged(axis, "wrong with sixteen experts", given=[Line("with eight", eight)])


def wrong_with_sixteen(race: Sequence[Row], changes: Sequence[Row]) -> Answer:
    found = wrong_of(SIXTEEN, race, changes)
    n = pay_runs(race, changes)[SIXTEEN][0]["n_4x4"]
    median = spread(found).median
    return Answer(median, f"{median:,.0f} of {n:,}", dots=[float(count) for count in found])


# ---------------------------------------------------------------- what DeepSeek-V3 has besides


def besides(race: Sequence[Row], changes: Sequence[Row]) -> list[dict[str, str]]:
    """A line a part of DeepSeek-V3: what it is for, whether the book's network has it, and what it
    did in small networks."""
    v3, routing, ours = published.DEEPSEEK_EXPERTS, published.DEEPSEEK_ROUTING, probes.experts()
    n = pay_runs(race, changes)[EIGHT][0]["n_4x4"]

    def wrong(name: str) -> str:
        found = spread(row["wrong_4x4"] for row in pay_runs(race, changes)[name])
        return in_brackets(found, "{:,.0f}")

    with_it = f"with {wrong(EIGHT)}"
    lines = [
        (
            "a bias for each expert",
            "even loads, by no gradient",
            "yes",
            f"{with_it}, without {wrong(claims.CHANGES['no_bias_updates'])}",
        ),
        (
            f"{spelled(v3.n_shared)} shared expert",
            "what all tokens need is learned once",
            "yes",
            f"{with_it}, without {wrong(claims.CHANGES['no_shared_expert'])}",
        ),
        (
            f"{v3.n_routed} experts, {spelled(v3.n_chosen)} chosen",
            "more weights for the same work, and finer choices",
            f"{ours.n_routed_experts}, {spelled(ours.num_experts_per_tok)} chosen",
            "four and sixteen: the guess of section 7",
        ),
        (
            f"{spelled(v3.n_dense)} dense first layers",
            "loads become even most slowly in the first layers",
            "no",
            NOT_TRIED,
        ),
        (
            f"{routing.n_open} of {routing.n_group} groups open to a token",
            "a token is sent to few machines",
            "no: one group, one machine",
            NOT_TRIED,
        ),
        (
            f"weights times {routing.scale:g}",
            "chosen experts weigh more beside the shared one",
            f"times {ours.routed_scaling_factor:g}",
            NOT_TRIED,
        ),
        (
            f"a balance loss for each sequence, times {routing.balance:g}",
            "no single text uses a few experts alone",
            "no",
            NOT_TRIED,
        ),
    ]
    heads = ("DeepSeek-V3 has", "what for", "the book's network", f"first race, wrong of {n:,}")
    return [dict(zip(heads, line, strict=True)) for line in lines]


NOT_TRIED = "not tried"

# ---------------------------------------------------------------- balance, live

LIVE_EXPERTS = 8
LIVE = {True: WITH, False: WITHOUT}


def live_rows(runs: Sequence[Any], names: Sequence[str]) -> list[Row]:
    """The least even layer of each live run, check by check."""
    return [
        {"run": name, "arm": name, "step": shot.step, "uneven": worst(shot.loads)}
        for run, name in zip(runs, names, strict=True)
        for shot in run.snapshots
        if shot.loads
    ]


def worst(loads: Sequence[Sequence[float]]) -> float:
    """The largest load over the mean, of the least even layer."""
    return max(max(layer) * len(layer) / sum(layer) for layer in loads)


# ---------------------------------------------------------------- a bias by hand

TOKENS = np.array(
    [
        [0.5, 0.5, -1.5, -0.5],
        [2.0, 0.0, 0.5, -1.0],
        [0.5, 0.0, -1.5, 0.0],
        [1.0, 2.5, 0.5, -1.0],
        [0.5, 1.5, -0.5, 0.5],
        [0.5, 0.5, -1.0, 1.0],
        [1.0, 0.0, 0.5, -1.5],
        [1.5, -0.5, 0.5, -2.0],
    ]
)
"""Logits of eight tokens for four experts: the first suits all of them."""

BIASES = (-0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4)


def score_rows() -> list[dict[str, str]]:
    """A line a token: its score for each expert."""
    return [
        {"token": f"{i}"} | {f"expert {e}": f"{score:.2f}" for e, score in enumerate(row)}
        for i, row in enumerate(scores(TOKENS))
    ]


def loads_with(bias: Numbers) -> list[int]:
    """How many of the eight tokens each expert gets."""
    sent = [chosen(token, bias) for token in TOKENS]
    return np.bincount(np.ravel(sent), minlength=len(bias)).tolist()


# ---------------------------------------------------------------- what a share of a bit is


def left_of_a_bit(share: float) -> float:
    """What stays unknown of a label that so many of an expert's tokens have, and so many of the
    other expert's have not, in bits."""
    return float(-share * np.log2(share) - (1 - share) * np.log2(1 - share))


LEFT = left_of_a_bit(3 / 4)
LEFT_WORKED = r"$-\tfrac34 \log_2 \tfrac34 - \tfrac14 \log_2 \tfrac14$"

CALC: dict[str, Callable[[], str]] = {
    "with_starts": lambda: spelled(len(experiment.SEEDS)),
    "without_starts": lambda: spelled(len(experiment.CHANGE_SEEDS)),
    "most_uneven": lambda: f"{most_uneven():g}",
    "n_expert": lambda: spelled(probes.experts().n_routed_experts),
    "n_chosen": lambda: spelled(probes.experts().num_experts_per_tok),
    "total": lambda: f"{cost.parameters_of(config()):,}",
    "active": lambda: f"{cost.active_parameters_of(config()):,}",
    "active_share": lambda: f"{active_share(config()):.0%}",
    "deepseek_share": lambda: f"{active_share_of_deepseek():.1%}",
    "deepseek_experts": lambda: f"{published.DEEPSEEK_EXPERTS.n_routed}",
    "deepseek_chosen": lambda: spelled(published.DEEPSEEK_EXPERTS.n_chosen),
    "logits": lambda: format_vector(LOGITS, "{:g}"),
    "sign_plain": lambda: names(of_sign().plain.chosen[SIGN].tolist()),
    "sign_plain_scores": lambda: scores_of_sign(of_sign().plain),
    "sign_chosen": lambda: names(of_sign().biased.chosen[SIGN].tolist()),
    "sign_scores": lambda: scores_of_sign(of_sign().biased),
    "sign_weights": lambda: " and ".join(f"{w:.2f}" for w in of_sign().biased.weights[SIGN]),
    "sign_with_bias": weights_with_bias,
    "tied": lambda: join_words([f"{expert}" for expert in tied()]),
    "tie": lambda: f"{of_sign().bias.max():.3f}",
    "favourite": lambda: f"{favourite()[0]}",
    "favourite_sum": lambda: f"{favourite()[1]:.3f}",
    "raised": lambda: f"{RAISED[0] - LOGITS[0]:g}",
    "softmax_before": lambda: of_expert_1(softmax, LOGITS),
    "softmax_after": lambda: of_expert_1(softmax, RAISED),
    "sigmoid_before": lambda: of_expert_1(scores, LOGITS),
    "bias_step": lambda: f"{probes.experts().bias_update_speed:g}",
    "bit_left": lambda: f"{LEFT:.2f}",
    "bit_sum": lambda: LEFT_WORKED,
    "bit_told": lambda: f"{1 - LEFT:.0%}",
    "n_stood_in": lambda: f"{experts_replaced.N}",
    "loads": lambda: ", ".join(map(str, loads_with(NO_BIAS))),
    "race_steps": lambda: f"{experiment.STEPS:,}",
    "n_shut": lambda: f"{ASKED}",
    "n_experts": lambda: f"{config().n_layer * probes.experts().n_routed_experts}",
    "alone_steps": lambda: spelled(loading.STEPS),
    "n_live": lambda: spelled(LIVE_EXPERTS),
    "even": lambda: spelled(K * len(TOKENS) // len(LOGITS)),
}
