"""The worked numbers in the prose of chapter 8, first page, what its figures are made of, and what
the pages of the book say to a network that a reader trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui import pairs_in_training as pairs
from components.ui.book import CONTENTS, Entry
from components.ui.chapters.ch80 import claims
from components.ui.computed_ahead import ahead
from components.ui.drawings.composed import MOST, Look, Strip, Variant, by_name, in_columns
from components.ui.drawings.guess import Answer, Axis, Dragged, Picked, Row
from components.ui.lazily import lazily
from components.ui.page_records import rows_of
from components.ui.words import spelled
from lab.data.vocabulary import VOCABULARY
from lab.experiments.looks_texts import wrong_of_text
from lab.numerals import written
from lab.readings import Row as Reading
from lab.readings import Rows, part_of, share_of

if TYPE_CHECKING:
    from components.ui.live.service import LiveRun
    from lab.model.named_matrices import Matrix
    from lab.training.recipe import Recipe

bench = lazily("lab.recipes.bench")
bench_link = lazily("lab.recipes.bench_link")
controls = lazily("lab.recipes.bench_controls")
cost = lazily("lab.model.cost")
gpt = lazily("lab.model.gpt")
matrices = lazily("lab.model.named_matrices")
presets = lazily("lab.recipes.presets")

BYTES = 4
"""Of a number in a cache here."""

# ---------------------------------------------------------------- where the bench may begin

MODELS = {
    "gpt_2": "GPT-2",
    "llama_3": "Llama 3",
    "mistral": "Mistral",
    "palm": "PaLM",
    "gemma_2": "Gemma 2",
    "deepseek_v3": "DeepSeek-V3",
    "kimi_attention_residuals": "Kimi, attention residuals",
}
"""Published models, on a small scale."""

OWN = "your own"


def preset_words() -> dict[str, str]:
    """Each preset by its name, and what a list says of it; by no name a reader's own."""
    return {"": OWN, **{name: headed(name) for name in presets.PRESETS}}


def headed(name: str) -> str:
    return f"{MODELS[name]}: {about(name)}" if name in MODELS else about(name)


def about(name: str) -> str:
    """The first sentence of what the lab says of a preset."""
    text = " ".join((presets.PRESETS[name].__doc__ or "").split())
    said = text.split(". ")[0].split(" (arXiv")[0].rstrip(".")
    return said[:1].upper() + said[1:]


def preset_of(recipe: Recipe) -> str:
    """The preset that a variant is; nothing if it is none."""
    return next((name for name in presets.PRESETS if preset(name) == unnamed(recipe)), "")


@lru_cache
def preset(name: str) -> Recipe:
    """With no name of its own, since a reader goes on from it."""
    return unnamed(presets.PRESETS[name]())


def unnamed(recipe: Recipe) -> Recipe:
    return replace(recipe, name=bench.NAME)


# ---------------------------------------------------------------- the model, to scale

APART = 10
"""In numbers: the least room between two matrices of a column."""

BELOW, ABOVE = "input", "output"


@ahead
def built_of(link: str) -> list[Strip]:
    """What a variant is built of, from its last part to its first."""
    recipe = bench_link.from_link(link).recipe
    found = matrices.matrices_of(gpt.GPT(recipe.model))
    ends = {ABOVE: ("residual", "norm", "unembedding"), BELOW: ("embedding",)}
    around = {
        name: Strip(name, by_name([m for m in found if m.layer is None and m.part in parts]), True)
        for name, parts in ends.items()
    }

    def of_layer(layer: int) -> list[list[Matrix]]:
        own = [m for m in found if m.layer == layer]
        return in_columns(own, recipe.model.d_model, APART)

    layers = [
        Strip(f"layer {layer}", of_layer(layer)) for layer in reversed(range(recipe.model.n_layer))
    ]
    return [around[ABOVE], *layers, around[BELOW]]


# ---------------------------------------------------------------- variants beside it

MOST_LOOKS, MOST_WHILE_GOING = 32, 6
"""Looks of a run that travel to the browser; while one goes on, that is every second."""


def thinned(looks: Sequence[Any], most: int) -> list[Any]:
    """So many of them, evenly, the last among them."""
    every = max(1, -(-len(looks) // most))
    return list(looks[::-1][::every][::-1])


CHANGED_PART = "positions"
"""What the recorded variant lacks that stands beside the usual one, by the name of its matrix."""


@st.cache_data(show_spinner=False, max_entries=2)
def recorded() -> list[Variant]:
    """The usual network as it was trained for chapter 1, and the same without its table of
    positions, at the looks that both have; none without their records."""
    usual = [row for row in rows_of("looks.jsonl") if row["cell"]["style"] == "cot_reversed"]
    twins = [twin for twin in pairs.twins() if twin.style == "cot_reversed"] if usual else []
    changed = rows_of("looks_changed.jsonl")
    if not twins or not changed:
        return []
    whole = np.ones(10_000, dtype=bool)
    rows = {"the usual network": usual[0], f"without {CHANGED_PART}": changed[0]}
    maps = [twins[0].wrong_at >= 0, wrong_of_text(changed[0]["wrong"], len(changed[0]["looks"]))]
    common = {look["step"] for look in changed[0]["looks"]}
    trained = pairs.trained_on().reshape(100, 100)
    return [
        Variant(
            name,
            f"{row['parameters']:,} parameters",
            trained,
            [
                Look(look["step"], wrong, whole)
                for look, wrong in zip(row["looks"], found, strict=True)
                if look["step"] in common
            ],
            "without" if row is changed[0] else "usual",
            recorded=True,
            changed=row is changed[0],
        )
        for (name, row), found in zip(rows.items(), maps, strict=True)
    ]


def variant_of(run: LiveRun, name: str, *, going: bool) -> Variant:
    """A run of this reader: its pairs at every check."""
    recipe = run.spec.build()
    rows, columns = 10**recipe.format.p, 10**recipe.format.q

    def cells(bits: bytes) -> NDArray[np.bool_]:
        whole = np.unpackbits(np.frombuffer(bits, dtype=np.uint8)).astype(bool)
        return whole.reshape(100, 100)[:rows, :columns].ravel()

    looks = [
        Look(step, cells(wrong), cells(asked))
        for step, wrong, asked in thinned(run.looks, MOST_WHILE_GOING if going else MOST_LOOKS)
    ]
    size = cost.parameters_of(recipe.model)
    short = name.split(".")[0]
    return Variant(name, f"{size:,} parameters", recipe.trained_on(), looks, short)


def beside(runs: Sequence[LiveRun], names: Sequence[str]) -> list[Variant]:
    """A reader's runs, and while there are fewer than four, the recorded usual one in front of
    them; both recorded ones before the first run."""
    going = any(run.goes_on for run in runs)
    own = [variant_of(run, name, going=going) for run, name in zip(runs, names, strict=True)]
    return [*recorded()[: 1 if own else None], *own][-MOST:]


def one_change() -> str:
    """What the recorded change costs, in a line; nothing without its record."""
    if not (both := rows_of("looks_changed.jsonl")) or not recorded():
        return ""
    held = ~pairs.trained_on()
    wrong = int((recorded()[-1].looks[-1].wrong & held).sum())
    saved = 1 - both[0]["parameters"] / cost.parameters_of(bench.usual().model)
    steps = recorded()[-1].looks[-1].step
    return (
        f"After {steps} steps without {CHANGED_PART} ({100 * saved:.1g}% of the parameters) "
        f"a network gets {share_of(wrong, int(held.sum()))} held-out pairs wrong."
    )


def in_training(runs: Mapping[str, LiveRun]) -> str:
    """Which runs go on, in a line; nothing while none does."""
    going = [name.split(".")[0] for name, run in runs.items() if run.goes_on]
    if len(going) < 2:
        return f"Network {going[0]} trains: its square follows at each check." if going else ""
    *first, last = going
    return f"Networks {', '.join(first)} and {last} train: their squares follow at each check."


def came_to(runs: Mapping[str, LiveRun]) -> str:
    """What the last run that is done came to, in a line; nothing while there is none."""
    done = [(name, run) for name, run in runs.items() if run.phase == "done" and run.checks]
    if not done:
        return ""
    name, run = done[-1][0].split(".")[0], done[-1][1]
    shot = run.checks[-1]
    assert shot.check is not None
    wrong, n = shot.check.errors_heldout, shot.check.n_heldout
    return (
        f"Network {name} gets {part_of(wrong, n)} held-out pairs wrong after {shot.step:,} steps."
    )


# ---------------------------------------------------------------- what a variant costs


def costs(recipe: Recipe) -> dict[str, str]:
    """In numbers that need no model: parameters, operations and bytes of a token."""
    model, n_token = recipe.model, recipe.format.length
    return {
        "parameters": f"{cost.parameters_of(model):,}",
        "operations a token": f"{cost.flops_per_token_forward(model, n_token):,}",
        "cache bytes a token": f"{cost.cache_bytes_per_token(model, BYTES):,}",
    }


def usual_layers() -> int:
    return bench.usual().model.n_layer


def width() -> int:
    return bench.usual().model.d_model


def of_a_layer() -> int:
    """Its four matrices of attention and two of the FFN."""
    return 12 * width() ** 2


def layers_share() -> str:
    """What the matrices of all layers are of the usual network."""
    whole = cost.parameters_of(bench.usual().model)
    return f"{100 * usual_layers() * of_a_layer() / whole:.0f}%"


def rows_of_each() -> list[int]:
    """Of the width each: one for a token that is read, one for a token that is written, for a
    position, and for a norm."""
    model = bench.usual().model
    return [len(VOCABULARY), len(VOCABULARY), model.position.max_length, 2 * usual_layers() + 1]


def rows_beside() -> int:
    """`ValueError` if anything else stands beside the layers' matrices."""
    beside = cost.parameters_of(bench.usual().model) - usual_layers() * of_a_layer()
    n_rows = sum(rows_of_each())
    if beside != n_rows * width():
        raise ValueError(f"{beside} parameters beside the layers, and {n_rows} rows of {width()}")
    return n_rows


def rows_added() -> str:
    """'16 + 16 + 32 + 5 = 69'"""
    return f"{' + '.join(map(str, rows_of_each()))} = {rows_beside()}"


def sum_of_all() -> str:
    """'2 × 196,608 + 69 × 128 = 402,048'"""
    whole = cost.parameters_of(bench.usual().model)
    return f"{usual_layers()} × {of_a_layer():,} + {rows_beside()} × {width()} = {whole:,}"


def sum_of_cache() -> str:
    """Layers, keys and values, numbers, bytes: '2 × 2 × 128 × 4 = 2,048'"""
    whole = cost.cache_bytes_per_token(bench.usual().model, BYTES)
    if (shown := usual_layers() * 2 * width() * BYTES) != whole:
        raise ValueError(f"{whole} bytes of a token, and not {shown}")
    return f"{usual_layers()} × 2 × {width()} × {BYTES} = {whole:,}"


def changed_by(name: str, value: Any) -> int:
    """Parameters of the usual network with one control at another value."""
    usual = bench.usual()
    return cost.parameters_of(controls.turned(usual, controls.BY_NAME[name], value).model)


def times_usual(name: str, value: Any) -> str:
    return written(changed_by(name, value) / cost.parameters_of(bench.usual().model), "{:.2g}")


WIDE_AND_SHALLOW = Dragged(
    Axis("times the parameters", 0, 10, 0.1),
    "twice as wide, one layer",
    given=[Row("the usual network", 1.0, hue="grey")],
)


def wide_and_shallow() -> Answer:
    usual = bench.usual()
    wide = controls.turned(usual, controls.BY_NAME["d_model"], 2 * width())
    turned = controls.turned(wide, controls.BY_NAME["n_layer"], usual_layers() // 2)
    times = cost.parameters_of(turned.model) / cost.parameters_of(usual.model)
    return Answer(round(times, 1))


def of_a_wide_layer() -> str:
    """The count of a layer of twice the width, worked out: '12 × 256² = 786,432'."""
    return f"12 × {2 * width()}² = {12 * (2 * width()) ** 2:,}"


# ---------------------------------------------------------------- arms of records

Arms = Mapping[str, list[Reading]]

PARTS: tuple[str, ...] = claims.PARTS
OPTIONS = tuple(claims.CHANGES)
HUES: dict[str, str] = dict.fromkeys(OPTIONS, "violet")
USUAL_ARM, WHOLE_ARM = "the usual network", "all its parts"
CHANGED = {USUAL_ARM: claims.USUAL, **claims.CHANGES}
LEFT_OUT = {f"without {n}": rows for n, rows in claims.WITHOUT.items()} | {WHOLE_ARM: claims.SMALL}


def arms_of(asked: Mapping[str, Rows]) -> Arms:
    """By arm the rows of its record; none of any where one is missing."""
    try:
        return {n: found.of(rows_of(found.path.split("/")[-1])) for n, found in asked.items()}
    except LookupError:
        return {}


def all_arms() -> Arms:
    return arms_of(CHANGED)


def shares_wrong(asked: Mapping[str, Rows]) -> dict[str, float]:
    """In percent, the median of the seeds."""
    arms = arms_of(asked)
    return {name: 100 * claims.wrong(asked[name]).value(rows) for name, rows in arms.items()}


def most_wrong() -> str:
    shares = shares_wrong(claims.CHANGES)
    return max(OPTIONS, key=shares.__getitem__)


def four_changes() -> Picked:
    """Below the usual network, whose errors a reader knows."""
    axis = Axis.percent("of held-out pairs wrong, the median of the seeds", high=30, step=0.1)
    usual = [Row(name, share) for name, share in shares_wrong({USUAL_ARM: claims.USUAL}).items()]
    return Picked(axis, lambda: shares_wrong(claims.CHANGES), given=usual, hues=HUES)


def seed_rows(arms: Arms) -> list[dict[str, Any]]:
    """A row a run."""
    return [
        {
            "arm": name,
            "seed": row["cell"]["seed"],
            "share": row["errors_heldout"] / row["n_heldout"],
            "errors": part_of(row["errors_heldout"], row["n_heldout"]),
        }
        for name, rows in arms.items()
        for row in rows
    ]


def seeds_of(asked: Mapping[str, Rows], *names: str) -> str:
    """How many each of these arms has; `ValueError` if they have not as many."""
    (n,) = {len(rows) for name, rows in arms_of(asked).items() if name in names}
    return spelled(n)


def times_read(found: Rows) -> str:
    """How often each of the pairs it trains on is read in such a run, on average."""
    row = arms_of({"": found})[""][0]
    return f"{row['tokens'] / bench.usual().format.length / row['n_trained']:.0f}"


def certainty(part: str) -> float:
    """What a small network without this part gives the right token at last, by its mean loss."""
    found = claims.WITHOUT[part].numbers("loss", "{:.2f}")
    return math.exp(-found.median().value(rows_of("left_out.jsonl")))


def ranges_in_order() -> dict[str, tuple[str, str]]:
    """Held-out pairs wrong in 100, the best and the worst seed: without norms, of what lies clear
    below that, of all below attention. `ValueError` if the order is not as the page tells it."""
    record = rows_of("left_out.jsonl")
    arms = {
        name: sorted(row["errors_heldout"] for row in found.of(record))
        for name, found in {**claims.WITHOUT, **claims.RATES, **claims.READ}.items()
    }
    attention, norms, positions = (arms.pop(name) for name in ("attention", "norms", "positions"))
    ffn, rate = arms["FFN"], arms["a tenth"]

    def meet(one: Sequence[int], other: Sequence[int]) -> bool:
        return one[0] <= other[-1] and other[0] <= one[-1]

    below = sorted(wrong for errors in arms.values() for wrong in errors)
    under = sorted([*below, *norms, *positions])
    if attention[0] <= under[-1] or norms[0] <= below[-1]:
        raise ValueError("attention is said to lie clear above all, and norms above the others")
    if not all(meet(positions, other) for other in (norms, ffn, rate)) or not meet(ffn, rate):
        raise ValueError("positions are said to overlap norms, FFN and rate, and these two too")

    def said(errors: Sequence[int]) -> tuple[str, str]:
        low, high = (claims.in_hundred(errors[i], n_heldout()) for i in (0, -1))
        return low, high

    return {"norms": said(norms), "below norms": said(below), "below attention": said(under)}


def once_in(seeds: int) -> str:
    """How seldom so many seeds of each of two like networks have ranges apart, by chance alone."""
    return spelled(math.comb(2 * seeds, seeds) // 2)


def n_heldout() -> int:
    """Pairs on which all networks of the records are compared; `ValueError` if not all are."""
    arms = [*all_arms().values(), *arms_of(LEFT_OUT).values()]
    (n,) = {row["n_heldout"] for rows in arms for row in rows}
    return n


def half_operations() -> str:
    """Of the usual network's operations for a token, the part that half the width takes."""
    usual = bench.usual()
    half = controls.turned(usual, controls.BY_NAME["d_model"], width() // 2)
    each = [cost.flops_per_token_forward(r.model, r.format.length) for r in (half, usual)]
    return f"{100 * each[0] / each[1]:.0f}%"


# ---------------------------------------------------------------- other pages

OPEN_IT = ("81_look_inside",)
"""Pages that open a network of a reader's own."""

WHY_NOT = {
    "00": "its networks know a table of one digit and have no attention",
    "01": "it shows the book's model, and counts on its readings",
    "02": "its heads are set by hand, number by number",
    "03": "its contributions were recorded of the book's model",
    "10": "its comparisons are records of five formats; it trains variants of its own",
    "20": "its maps are records of longer texts than a variant here reads",
    "30": "its courses go up to four digits; the bench stops at two",
    "31": "a network there teaches itself for many rounds, which are recorded",
    "40": "it measures the book's model, whose times are recorded",
    "50": "it takes scores alone, and no network",
    "51": "it cuts connections of a network that mixes over depth, with a record of each cut",
    "52": "it follows one network over ten thousand steps",
    "60": "it compares two networks that were trained alike, on longer numbers",
    "61": "it routes the tokens of recorded networks",
    "62": "its notebook is of a network that saw one pair in twenty",
    "70": "its scenes are of committed networks, checked cell by cell",
    "82": "its claims rest on six committed networks, fixed before its first run",
}
"""Of a page, by its number, why it takes no network of a reader's own."""


def other_pages() -> list[dict[str, str]]:
    """Every other page of the book, and whether it opens a variant, or why not."""
    return [
        {"page": entry.title, "opens it": opened(entry)}
        for entry in CONTENTS
        if not entry.slug.startswith("80")
    ]


def opened(entry: Entry) -> str:
    return "yes" if entry.slug in OPEN_IT else f"no: {WHY_NOT[entry.slug[:2]]}"


PROBLEM = (37, 48)
"""What is written out beside the first figure."""


def text_of_problem() -> str:
    """As the usual network writes it, without the sign that ends it."""
    return bench.usual().format.text(*PROBLEM).rstrip("$")


def tokens_written() -> str:
    """Of such a text, with the sign that ends it: what comes after the problem."""
    text = bench.usual().format.text(*PROBLEM)
    return f"{len(text) - text.index('=') - 1}"


def sum_of_problem() -> str:
    """The same, each number from front to back: '296 + 1480 = 1776'."""
    a, b = PROBLEM
    return f"{a * (b % 10)} + {a * (b - b % 10)} = {a * b}"


def steps_of_fall() -> int:
    return round(bench.usual().decay * bench.usual().steps)


def steps_left() -> int:
    """From the step that is worked out to the last, both counted."""
    (row,) = rows_of("one_step.jsonl")
    return bench.usual().steps - (row["cell"]["step"] - 1)


def rate_at_step() -> str:
    """The rate of the step that is worked out, by the steps that remain, itself among them."""
    usual, falls, left = bench.usual(), steps_of_fall(), steps_left()
    return (
        f"{written(usual.rate)} × {left} / {falls} = {written(usual.rate * left / falls, '{:.4g}')}"
    )


def with_unseen_products() -> str:
    """Held-out pairs with a partial product that a third of the problems never shows."""
    row = arms_of(claims.CHANGES)[OPTIONS[-1]][0]
    return f"{row['n_unseen_1'] + row['n_unseen_2']:,}"


def validation_moves() -> str:
    """The most that leaving out the validation pairs moves a median of this page, in points."""
    rates = {f"{times} of the rate": rows for times, rows in claims.RATES.items()}
    arms = [rows for rows in (CHANGED | LEFT_OUT | rates).values()]
    moves = [
        abs(
            found.errors("heldout").median().value(rows) - found.errors("test").median().value(rows)
        )
        for found in arms
        for rows in [rows_of(found.path.split("/")[-1])]
    ]
    return f"{math.ceil(1000 * max(moves)) / 10:.1f}"


def shares_unfitted() -> dict[str, float]:
    """By part that is left out, the share of the pairs trained on that are wrong: the median."""
    arms = arms_of(claims.WITHOUT)
    return {
        part: claims.wrong(claims.WITHOUT[part], "trained").value(rows)
        for part, rows in arms.items()
    }


BREAK_THE_FIT = 0.1
"""Of the pairs trained on so many wrong, at least."""


def least_unfitted() -> str:
    """Of the parts without which a network does not fit, the least; `ValueError` if not four."""
    broken = [share for share in shares_unfitted().values() if share >= BREAK_THE_FIT]
    if len(broken) != len(PARTS) - 1:
        raise ValueError(f"{len(broken)} parts break the fit; all but one are said to")
    return f"{math.floor(100 * min(broken))} in 100"


def right_without_attention() -> str:
    """Held-out pairs, in every seed; `ValueError` if they are not as many as those with a zero."""
    (right,) = {
        row["n_heldout"] - row["errors_heldout"] for row in arms_of(claims.WITHOUT)["attention"]
    }
    a, b = np.divmod(np.arange(10_000), 100)
    if right != (zeros := int(((a * b == 0) & ~pairs.trained_on()).sum())):
        raise ValueError(f"{right} right without attention, and {zeros} products of 0")
    return f"{right}"


CALC: dict[str, Callable[[], str]] = {
    "problem": lambda: text_of_problem().split("=")[0] + "=",
    "text": text_of_problem,
    "sum": sum_of_problem,
    "partial": lambda: f"{PROBLEM[0]} × {PROBLEM[1] % 10}",
    "of_a_wide_layer": of_a_wide_layer,
    "double": lambda: f"{2 * width()}",
    "rate_at_step": rate_at_step,
    "with_unseen_products": with_unseen_products,
    "width": lambda: f"{width()}",
    "loss_of_a_guess": lambda: f"{math.log(len(VOCABULARY)):.2f}",
    "layers": lambda: spelled(usual_layers()),
    "of_a_layer": lambda: f"{of_a_layer():,}",
    "layers_share": layers_share,
    "half_width": lambda: times_usual("d_model", width() // 2),
    "double_depth": lambda: times_usual("n_layer", 2 * usual_layers()),
    "most": lambda: spelled(MOST),
    "presets": lambda: f"{len(presets.PRESETS)}",
    "controls": lambda: f"{len(controls.CONTROLS)}",
    "seeds_width": lambda: seeds_of(CHANGED, OPTIONS[0]),
    "seeds_others": lambda: seeds_of(CHANGED, USUAL_ARM, *OPTIONS[1:]),
    "seeds_parts": lambda: seeds_of(LEFT_OUT, *LEFT_OUT),
    "chance_three": lambda: once_in(3),
    "chance_five": lambda: once_in(5),
    "half_operations": half_operations,
    "pairs_of_controls": lambda: f"{math.comb(len(controls.CONTROLS), 2)}",
    "rate": lambda: written(bench.usual().rate),
    "heldout": lambda: f"{n_heldout():,}",
    "warmup": lambda: f"{bench.usual().warmup}",
    "steps_of_fall": lambda: f"{steps_of_fall()}",
    "steps_left": lambda: f"{steps_left()}",
    "batch": lambda: f"{bench.usual().batch_size}",
    "n_trained": lambda: f"{int(pairs.trained_on().sum()):,}",
    "rows_added": rows_added,
    "sum_of_all": sum_of_all,
    "sum_of_cache": sum_of_cache,
    "times_read": lambda: times_read(claims.USUAL),
    "times_read_half": lambda: times_read(claims.READ["half"]),
    "times_read_third": lambda: times_read(claims.CHANGES[OPTIONS[-1]]),
    "sure_without_attention": lambda: f"{certainty('attention'):.2f}",
    "choices_without_attention": lambda: spelled(round(1 / certainty("attention"))),
    "sure_without_ffn": lambda: f"{certainty('FFN'):.2f}",
    "tokens_written": tokens_written,
    "characters_written": lambda: f"{int(tokens_written()) - 1}",
    "least_without_norms": lambda: f"{ranges_in_order()['norms'][0]} in 100",
    "most_below_norms": lambda: ranges_in_order()["below norms"][1],
    "most_below_attention": lambda: f"{ranges_in_order()['below attention'][1]} in 100",
    "steps": lambda: f"{bench.usual().steps}",
    "tokens": lambda: f"{len(VOCABULARY)}",
    "validation_moves": validation_moves,
    "least_unfitted": least_unfitted,
    "right_without_attention": right_without_attention,
    "limit": lambda: f"{bench.LIMITS[1].most:,}",
}
