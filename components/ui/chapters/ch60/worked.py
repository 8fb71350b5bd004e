"""The worked numbers in the prose of chapter 6, first page, and what its records say."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile
from statistics import median
from typing import Any

import numpy as np

from components.ui.chapters.ch60 import claims, probes
from components.ui.drawings.bracket import Setting, Shown
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.drawings.guess import Row as Line
from components.ui.lazily import lazily
from components.ui.page_records import rows_of
from components.ui.plots.dots import seed_point
from components.ui.plots.ends import Ticked
from components.ui.tokens import wrong_tokens
from components.ui.words import spelled
from lab.data.problems import Format
from lab.model.config import AbsorbedLatentAttentionConfig, LatentAttentionConfig
from lab.numerals import written
from lab.readings import Row, join_words, part_of
from lab.recipes.recipe_index import recipe
from lab.records import select
from lab.statistics import ratio_of_medians, spread

published = lazily("lab.published.models")
ranks = lazily("lab.experiments.low_rank", known=["SEEDS"])

Drawn = dict[str, Any]
"""A row of a chart or a table."""

SUM = (3748, 6152)

# ---------------------------------------------------------------- by hand

Q = np.array([1.0, 2.0])
W_UK = np.array([[2.0, 1.0], [0.0, -1.0], [1.0, 0.0]])
"""Makes a key of two numbers from a latent of three: c W_UK."""

C = np.array([3.0, 1.0, -2.0])
ANGLE = 90
"""Degrees by which a key is turned against a query."""


def absorbed() -> np.ndarray:
    """q W_UK^T: the query that meets latents as q meets the keys made of them."""
    return Q @ W_UK.T


def vector(x: Any) -> str:
    return "(" + ", ".join(written(number) for number in np.round(x, 2)) + ")"


def turn_pair(x: np.ndarray, degrees: float) -> np.ndarray:
    """A pair of numbers, turned."""
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]]) @ x


# ---------------------------------------------------------------- bytes

BYTES, HALF = 4, 2
"""Of a number in float32, and in the 16 bits of large models."""


@dataclass(frozen=True)
class Sizes:
    """Of one layer: H heads of Dn numbers that are not turned and Dv of a value, a latent of R, Dr
    numbers that are turned; a head with its own has `head_dim` for both."""

    heads: int
    head_dim: int
    nope: int
    rope: int
    value: int
    rank: int


def absorbing() -> AbsorbedLatentAttentionConfig:
    """The attention of the book's network with latents."""
    return probes.absorbing(recipe(probes.RUN).model)


@lru_cache
def sizes() -> Sizes:
    heads = recipe(probes.HEADS_RUN).model.heads
    own = absorbing()
    return Sizes(
        heads.n_head,
        heads.head_dim,
        own.qk_nope_head_dim,
        own.qk_rope_head_dim,
        own.v_head_dim,
        own.kv_lora_rank,
    )


def own_numbers() -> int:
    """Of one token in one layer, where every head keeps a key and a value."""
    return 2 * sizes().heads * sizes().head_dim


def latent_numbers() -> int:
    return sizes().rank + sizes().rope


READ, READ_FIRST = (224, 832), 224
"""Tokens that a new one may look back at: problems of 8 and 16 digits have 224 and 832."""


def operations(n: int) -> list[int]:
    """Of one layer for one more token that looks back at `n`, itself among them, stop by stop.

    First of the network whose heads keep their own, last of the one with latents; between them of
    the latter without its rotated key and the queries that meet it. Made again: as with keys and
    values kept, and every one of them from its latent besides. Rotated: the absorbed form, in which
    the query is multiplied anew for every other token.
    """
    whole = recipe(probes.HEADS_RUN).model.layers[0]
    layer = recipe(probes.RUN).model.layers[0]
    own, keeping = absorbing(), LatentAttentionConfig(**vars(absorbing()))
    met = own.q_lora_rank + layer.whole.position.n_product * n
    place = 2 * own.qk_rope_head_dim * (layer.whole.d_model + own.n_head * met)
    made = 2 * (n - 1) * own.kv_lora_rank * own.kv_width
    again = keeping.flops(layer, n) - place + made
    absorbed = own.flops(layer, n) - place
    anew = 2 * (n - 1) * own.n_head * own.qk_nope_head_dim * own.kv_lora_rank
    heads = whole.attention.flops(whole, n)
    return [heads, again, absorbed, absorbed + anew, absorbed + place]


def settings() -> list[Setting]:
    """Our two networks at two lengths, and the published shape for each token looked back at. Only
    the last stop has a rotated key."""
    ours = [
        Setting(
            f"our networks, {n} tokens",
            f"in one layer, for one more token that looks back at {n}",
            "operations in one layer",
            bytes_kept(BYTES, own_numbers(), sizes().rank, latent_numbers()),
            operations(n),
            BYTES,
        )
        for n in READ
    ]
    theirs = published.DEEPSEEK_LATENT
    found, place = theirs.operations_read(), 2 * theirs.qk_rope_head_dim
    between = [found[name] - place for name in ("again", "absorbed", "rotated")]
    return [
        *ours,
        Setting(
            "DeepSeek-V3",
            "of one head for each token it looks back at",
            "operations of one head",
            bytes_kept(HALF, deepseek_own(), theirs.kv_lora_rank, theirs.numbers),
            [found["kept"], *between, found["absorbed"]],
            HALF,
        ),
    ]


def bytes_kept(each: int, own: int, latent: int, with_key: int) -> list[int]:
    """Of one token in one layer, stop by stop: `each` of a number."""
    return [each * numbers for numbers in (own, latent, latent, latent, with_key)]


def rotated_scores(q: Any, keys: Any) -> Any:
    """Scores of the last token's query with keys that are rotated by how far back they stand, in
    pairs of one number of each half. q (1, Dn), keys (T, Dn) -> (T, 1)"""
    speeds = probes.BASE ** (-np.arange(0, q.shape[1], 2) / q.shape[1])
    angles = -np.arange(len(keys))[::-1, None] * speeds
    (first, second), cos, sin = np.split(keys, 2, axis=1), np.cos(angles), np.sin(angles)
    turned = np.concatenate([first * cos - second * sin, first * sin + second * cos], axis=1)
    return (sizes().nope + sizes().rope) ** -0.5 * turned @ q.T


def shown() -> Shown:
    """The drawing of the bracket."""
    a, b = probes.BRACKET
    found = probes.bracketed(a, b, probes.LAYER, probes.HEAD, probes.OWN_HEAD)
    form = probes.form_of(a, b)
    slots = range(probes.AT + 1)
    keys = np.split(found.maps["keys"], sizes().heads, axis=1)[probes.HEAD]
    return Shown(
        tokens=[*form.text(a, b)[: probes.AT + 1]],
        roles=[form.field_at(slot).role for slot in slots],
        maps={**found.maps, "rotated": rotated_scores(found.maps["q"], keys)},
        wheel=found.wheel,
        settings=settings(),
        n_head=sizes().heads,
        head=probes.HEAD,
        difference=found.difference,
    )


def bracket_text() -> str:
    """The text of which the drawing shows a part."""
    return probes.form_of(*probes.BRACKET).text(*probes.BRACKET)


def two_patterns() -> list[Any]:
    """One head of each network, those that are most alike on this text."""
    return probes.patterns(*probes.BRACKET, *probes.ALIKE)


def times_operations(stop: int, other: int) -> float:
    """Operations of one stop over those of another, at the length that the page begins with."""
    found = operations(READ_FIRST)
    return found[stop] / found[other]


def deepseek_own() -> int:
    """Numbers of a token in one layer that its heads would keep, each a key and a value."""
    theirs = published.DEEPSEEK_LATENT
    return theirs.n_head * (deepseek_key() + theirs.v_head_dim)


def deepseek_key() -> int:
    """Numbers of a key of one of its heads, whether it is made or not."""
    theirs = published.DEEPSEEK_LATENT
    return theirs.qk_nope_head_dim + theirs.qk_rope_head_dim


def per_read(name: str) -> int:
    """Operations of one of its heads for each token that it looks back at."""
    return published.DEEPSEEK_LATENT.operations_read()[name]


def least_apart() -> list[float]:
    """Of each moving head with latents, how much of its weight the nearest moving head of the
    other network puts on other tokens of this text; the most alike first."""
    return sorted(apart for apart, *_ in probes.nearest_heads(*probes.BRACKET, True))


def sharpness(weights: Any) -> float:
    """Weight on the token that a head looks at most, in the mean over the tokens that are written.
    (T, T)"""
    writes = slice(probes.form_of(*probes.BRACKET).prompt_length - 1, -1)
    return float(np.asarray(weights)[writes].max(-1).mean())


def made_once() -> int:
    """Queries that a key and a value of DeepSeek-V3 must meet until it is cheaper to make them
    once than to absorb the matrices that make them."""
    made = per_read("again") - per_read("kept")
    return math.ceil(made / (per_read("absorbed") - per_read("kept")))


def deepseek_operations(name: str, other: str) -> float:
    found = published.DEEPSEEK_LATENT.operations_read()
    return found[name] / found[other]


# ---------------------------------------------------------------- two ranks, live

FEW = 0.3
"""Of all pairs the part that a live run trains on, as the twin of chapter 1 does."""

LIVE = {8: "latents of 8", 128: "latents of 128", 0: "multi-head attention"}

# ---------------------------------------------------------------- which digits fall first

KINDS = ("partial product", "sum", "answer")
FIRST = ("a digit of a partial product", "a digit of a sum", "a sign", "nothing")


def first_to_fall(a: int, b: int) -> str:
    """What goes wrong first as directions are dropped: the first wrong token of the first text with
    one. `FIRST[-1]` if all are right."""
    form = probes.form_of(a, b)
    right = form.text(a, b)
    for text in probes.squeezed(a, b).values():
        if wrong := wrong_tokens(text, right):
            return part_at(form, min(wrong))
    return FIRST[-1]


def part_at(form: Format, slot: int) -> str:
    field = form.field_at(slot)
    if not field.holds_number:
        return FIRST[2]
    return FIRST[0] if field.kind == "partial product" else FIRST[1]


def first_broken(a: int, b: int) -> int:
    """The most directions with which the text goes wrong; all, if it never does."""
    right = probes.form_of(a, b).text(a, b)
    texts = probes.squeezed(a, b)
    return next((rank for rank, text in texts.items() if text != right), max(texts))


def wrong_share(a: int, b: int, rank: int) -> str:
    """How many of the tokens that are written are wrong."""
    form = probes.form_of(a, b)
    wrong = wrong_tokens(probes.squeezed(a, b)[rank], form.text(a, b))
    return part_of(len(wrong), form.length - form.prompt_length)


def fewest_right(a: int, b: int) -> int:
    """The fewest directions of those tried with which, and with all more, the text is right."""
    right = probes.form_of(a, b).text(a, b)
    texts = probes.squeezed(a, b)
    return min(takewhile(lambda rank: texts[rank] == right, texts), default=max(texts))


def fall_rows(a: int, b: int) -> list[Drawn]:
    """By the directions that are kept: how many written tokens are wrong, of each kind."""
    form = probes.form_of(a, b)
    right = form.text(a, b)
    rows: list[Drawn] = []
    for rank, text in probes.squeezed(a, b).items():
        wrong = set(wrong_tokens(text, right))
        for kind in KINDS:
            slots = [
                slot
                for slot in range(form.prompt_length, form.length)
                if form.field_at(slot).kind == kind
            ]
            if slots:
                share = sum(slot in wrong for slot in slots) / len(slots)
                rows.append({"directions": rank, "kind": kind, "wrong": share})
    return rows


# ---------------------------------------------------------------- which problems break first


def broken_rows(record: Any) -> list[Drawn]:
    """How many problems break with so many directions, by the kind of token, in the network of this
    section."""
    found = claims.broken(claims.squeezed_by(probes.RUN).of(record)[0])
    counted = Counter((at, claims.kind_in_words(kind)) for at, kind in found)
    return [
        {"directions": at, "kind": kind, "problems": n} for (at, kind), n in sorted(counted.items())
    ]


def median_break(record: Any) -> Answer:
    """Directions with which the median problem breaks, in the network of this section."""
    middle = spread(at for at, _ in claims.broken(claims.squeezed_by(probes.RUN).of(record)[0]))
    return Answer(middle.median, f"{middle.median:g} [{middle.low:g}, {middle.high:g}]")


BREAKING = Dragged(Axis("directions kept, of 64", 1, 64, 1), "the median problem breaks", start=32)
BREAKS_AT = ("more than half of all", "fewer")
"""What links may say of the guess."""

# ---------------------------------------------------------------- longer sums


def limited_numbers() -> int:
    """What the network with latents keeps of a token in one layer, its distances limited."""
    layer = recipe(probes.LONG_RUN).model.layers[0]
    return layer.attention.cached_numbers(layer)


def own_limited_numbers() -> int:
    """The same of ordinary heads, in the position of the network with latents."""
    limited = recipe(probes.LONG_RUN).model.position
    heads = recipe(probes.HEADS_RUN).model
    layer = replace(heads, position=limited).layers[0]
    return layer.attention.cached_numbers(layer)


def length_rows(record: Any) -> list[Drawn]:
    """A row a network and length."""
    return [
        {
            "digits": row["cell"]["digits"],
            "network": claims.NETWORKS[row["cell"]["arm"]],
            "wrong": wrong,
            "n": n,
            "share": wrong / n,
        }
        for row, wrong, n in claims.LONG_SUMS.errors().points(record)
    ]


# ---------------------------------------------------------------- is low rank a regulariser?

ASKED_OF = 0.2
"""The part of all pairs that the guess is about."""

HELD_OUT, ITS_OWN = "held out", "trained on"


def rank_points(record: Any) -> list[Drawn]:
    """A point a network, seed and part: what is wrong of held-out pairs, and of its own."""
    return [
        {
            "arm": name,
            "taught": fraction,
            "of": of,
            "seed": row["cell"]["seed"],
            "share": wrong / n,
            "errors": part_of(wrong, n),
        }
        for rank, name in claims.RANKS.items()
        for fraction in claims.TAUGHT
        for of, group in ((HELD_OUT, "heldout"), (ITS_OWN, "trained"))
        for row, wrong, n in claims.of_rank(rank, fraction).errors(group).points(record)
    ]


def ratio_rows() -> list[Drawn]:
    """Every ratio of this page with its interval: small latents over full rank, and latents over
    multi-head attention. `sure` if the interval excludes 1."""
    record = rows_of("low_rank.jsonl")
    found = {
        f"of {rank}, {part:.0%}": ratio_of_medians(
            claims.held_out(rank, part).values(record),
            claims.held_out(claims.FULL_RANK, part).values(record),
        )
        for rank in claims.SMALL_LATENTS
        for part in claims.TAUGHT
    }
    race = race_rows()
    for ffn, name in (("dense", "dense FFN"), ("moe", "experts")):
        latents, own = (claims.wrong_sums(a, ffn).values(race) for a in ("mla", "mha"))
        found[name] = ratio_of_medians(latents, own)
    return [
        {
            "name": name,
            "ratio": ratio.ratio,
            "low": ratio.low,
            "high": ratio.high,
            "sure": not ratio.low <= 1 <= ratio.high,
        }
        for name, ratio in found.items()
    ]


LOW_RANK_HELPS = ("yes", "no, they leave more", "not decided by five seeds")


def low_rank_helps(record: Any) -> str:
    """The option of the guess: what the intervals of both small latents over full rank say."""
    full = claims.held_out(claims.FULL_RANK, ASKED_OF).values(record)
    found = [
        ratio_of_medians(claims.held_out(rank, ASKED_OF).values(record), full)
        for rank in claims.SMALL_LATENTS
    ]
    if all(ratio.high < 1 for ratio in found):
        return LOW_RANK_HELPS[0]
    return LOW_RANK_HELPS[1 if all(ratio.low > 1 for ratio in found) else 2]


SMALLER, SMALLEST = (f"latents of {rank}" for rank in sorted(claims.SMALL_LATENTS)[::-1])
"""Small latents by their words, those that the guess is about first."""


def held_out(record: Any) -> int:
    return claims.held_out(claims.FULL_RANK, ASKED_OF).rows.of(record)[0]["n_heldout"]


def full_rank(record: Any) -> Line:
    wrong = claims.held_out(claims.FULL_RANK, ASKED_OF)
    name = f"latents of {claims.FULL_RANK}"
    return Line(name, wrong.value(record), dots=wrong.values(record), hue="violet")


def to_be_left(record: Any) -> Dragged:
    """The frame of the guess."""
    axis = Axis("held-out pairs wrong, median of five seeds", 0, 5000, 25)
    given = [full_rank(record)]
    return Dragged(axis, SMALLER, given, [SMALLEST], start=given[0].value, hue="ochre")


def left_by_small_latents(record: Any) -> Answer:
    """The answer of the guess: what small latents leave wrong, beside what the interval says."""
    less, least = (
        claims.held_out(rank, ASKED_OF) for rank in sorted(claims.SMALL_LATENTS, reverse=True)
    )
    value = less.value(record)
    then = f"Do small latents leave fewer than full rank? **{low_rank_helps(record)}**."
    smallest = Line(SMALLEST, least.value(record), dots=least.values(record), hue="teal")
    return Answer(value, f"median {value:,.0f}", then, less.values(record), [smallest])


# ---------------------------------------------------------------- latents or experts: the race


def race_rows() -> list[Row]:
    """The runs of networks of one size; those with own heads are of the first race."""
    first, second = (rows_of(f"{name}.jsonl") for name in ("latent_experts", "equal_latents"))
    return [*select(first, part="race", attention="mha"), *select(second, part="race")]


def race_points(record: Any) -> list[Drawn]:
    """A point a network and seed: problems of four by four digits that are wrong."""
    return [
        {**seed_point(name, row["cell"]["seed"], wrong, n), "wrong": wrong}
        for arm, name in claims.ARMS.items()
        for row, wrong, n in claims.wrong(claims.race(*arm)).points(record)
    ]


HELP = ("yes", "no, more are wrong", "not decided by five seeds")


def do_latents_help(record: Any) -> str:
    """With one dense FFN, by the interval of the ratio of wrong sums."""
    latents, own = (claims.wrong_sums(a, "dense").values(record) for a in ("mla", "mha"))
    found = ratio_of_medians(latents, own)
    return HELP[0] if found.high < 1 else HELP[1] if found.low > 1 else HELP[2]


def asked_in_race(record: Any) -> int:
    return claims.wrong_sums("mha", "dense").rows.of(record)[0]["n_4x4"]


def race_axis(record: Any) -> Axis:
    """Of the guess and of the chart that follows it."""
    n = asked_in_race(record)
    return Axis(f"wrong of {n:,} (dot: a seed, bar: median)", 1, n, log=True)


def drawn(axis: Axis) -> Ticked:
    """The axis of a guess as that of a chart."""
    return Ticked(axis.low, axis.high, (*axis.ticks(),), "log" if axis.log else "linear")


def to_be_wrong(record: Any) -> Dragged:
    """The frame of the guess: beside multi-head attention, a dot for each seed."""
    own = claims.wrong_sums("mha", "dense")
    line = Line("multi-head attention", own.value(record), dots=own.values(record), hue="rose")
    return Dragged(race_axis(record), "latents", [line], start=own.value(record))


def wrong_with_latents(record: Any) -> Answer:
    """The answer of the guess, with what the interval of the ratio says."""
    found = claims.wrong_sums("mla", "dense")
    value = found.value(record)
    then = f"Are fewer wrong? **{do_latents_help(record)}**."
    return Answer(value, f"median {value:,.0f}", then, found.values(record))


BUDGET, FEW_WRONG = 48, 1
"""Directions in all layers that an exercise allows, and sums that may go wrong with them."""

CALC: dict[str, Callable[[], str]] = {
    "ranks": lambda: spelled(len(claims.RANKS) - 1),
    "rank_seeds": lambda: spelled(len(ranks.SEEDS)),
    "q": lambda: vector(Q),
    "c": lambda: vector(C),
    "k": lambda: vector(C @ W_UK),
    "qk": lambda: f"{Q @ (C @ W_UK):g}",
    "absorbed": lambda: vector(absorbed()),
    "absorbed_score": lambda: f"{absorbed() @ C:g}",
    "w_rows": lambda: join_words([vector(row) for row in W_UK]),
    "angle": lambda: f"{ANGLE}",
    "turned_k": lambda: vector(turn_pair(C @ W_UK, ANGLE)),
    "turned_score": lambda: f"{Q @ turn_pair(C @ W_UK, ANGLE):g}",
    "budget": lambda: f"{BUDGET}",
    "few_wrong": lambda: spelled(FEW_WRONG),
    "n_asked": lambda: f"{probes.N_ASKED}",
    "most_digits": lambda: spelled(probes.MOST_DIGITS),
    "few": lambda: f"{FEW:.0%}",
    "live_low": lambda: f"{min(filter(None, LIVE))}",
    "live_high": lambda: f"{max(LIVE)}",
    "own_numbers": lambda: f"{own_numbers()}",
    "bytes": lambda: f"{BYTES}",
    "half": lambda: f"{HALF}",
    "own_bytes": lambda: f"{settings()[0].bytes[0]:,}",
    "kept_bytes": lambda: f"{settings()[0].bytes[-1]:,}",
    "latent_numbers": lambda: f"{latent_numbers()}",
    "limited_bytes": lambda: f"{BYTES * limited_numbers():,}",
    "own_limited_bytes": lambda: f"{BYTES * own_limited_numbers():,}",
    "rank": lambda: f"{sizes().rank}",
    "rope": lambda: f"{sizes().rope}",
    "times_again": lambda: f"{times_operations(1, 2):.0f}",
    "times_rotated": lambda: f"{times_operations(3, 2):.1f}",
    "theirs_kept": lambda: f"{per_read('kept'):,}",
    "theirs_absorbed": lambda: f"{per_read('absorbed'):,}",
    "ours_kept": lambda: f"{2 * 2 * sizes().head_dim}",
    "ours_absorbed": lambda: f"{2 * (2 * sizes().rank + sizes().rope)}",
    "read_long": lambda: f"{READ[1]}",
    "made_once": lambda: f"{made_once()}",
    "sharp_latent": lambda: f"{sharpness(two_patterns()[0]):.1%}",
    "sharp_own": lambda: f"{sharpness(two_patterns()[1]):.1%}",
    "alike_median": lambda: f"{median(least_apart()):.0%}",
    "ratios_sure": lambda: spelled(n) if (n := sum(r["sure"] for r in ratio_rows())) else "none",
    "ratios_all": lambda: spelled(len(ratio_rows())),
    "deepseek_reads": lambda: f"{deepseek_operations('absorbed', 'kept'):.1f}",
    "read_first": lambda: f"{READ_FIRST}",
    "difference": lambda: written(probes.largest_difference(*SUM), "{:.0e}"),
    "layer": lambda: f"{probes.LAYER}",
    "broken_at": lambda: f"{first_broken(*SUM)}",
    "broken_first": lambda: wrong_share(*SUM, first_broken(*SUM)),
    "fewest": lambda: f"{fewest_right(*SUM)}",
    "deepseek_latent": lambda: f"{published.DEEPSEEK_LATENT.numbers:,}",
    "deepseek_key": lambda: f"{deepseek_key()}",
    "deepseek_value": lambda: f"{published.DEEPSEEK_LATENT.v_head_dim}",
    "deepseek_times": lambda: f"{deepseek_own() / published.DEEPSEEK_LATENT.numbers:.0f}",
}
