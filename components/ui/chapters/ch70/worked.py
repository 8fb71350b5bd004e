"""The worked numbers in the prose of chapter 7, and what is said of the text that is open."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from components.ui.chapters.ch70 import probes
from components.ui.chapters.ch70.probes import (
    PROMPT,
    TABLE,
    TEXT,
    first_digit,
    opening_prompt,
    read,
    score_of,
)
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.drawings.guess import Row as Line
from lab.numerals import written as in_figures
from lab.scene import paths

if TYPE_CHECKING:
    from lab.data.problems import Format
    from lab.interp.head_cost import HeadCost


def meeting() -> str:
    """The score of the cell that the picture offers to open: the 8 meets the 7, in that head of
    layer 0 which gives it the largest share."""
    reader, asks, fetched = read(), PROMPT.index("8"), PROMPT.index("7")
    head = int(reader.read("blocks.0.pattern", slice(None), asks, fetched).argmax())
    return score_of(reader, 0, head, asks, fetched)


@st.cache_data(show_spinner=False)
def fetchers() -> dict[str, str]:
    """How many heads give the 8 more than half of the attention of the =, which of them the answer
    needs, what is written without that one, the largest loss of the others; and which of those that
    fetch the 7 it needs."""
    reader, asks = read(), len(PROMPT) - 1
    costs = probes.ranking(TABLE, PROMPT)

    def that_fetch(digit: str) -> list[HeadCost]:
        fetched = PROMPT.index(digit)
        name = "blocks.{}.pattern"
        return [
            c for c in costs if reader.number(name.format(c.layer), c.head, asks, fetched) > 0.5
        ]

    def needed(heads: Sequence[HeadCost]) -> list[HeadCost]:
        return [c for c in heads if c.writes != TEXT[len(PROMPT) :]]

    fetch = that_fetch("8")
    return {
        "count": WORDS[len(fetch)],
        "needed": heads_in_words(needed(fetch)),
        "writes": " or ".join(f"`{c.writes}`" for c in needed(fetch)),
        "idle": f"{max(c.nats for c in fetch if c not in needed(fetch)):.3f}",
        "seven": heads_in_words(needed(that_fetch("7"))),
    }


def heads_in_words(heads: Sequence[HeadCost]) -> str:
    """Head 0 of layer 0, or heads 1 and 2 of layer 0, in the order given."""
    by_layer: dict[int, list[str]] = {}
    for one in heads:
        by_layer.setdefault(one.layer, []).append(f"{one.head}")
    return " and ".join(
        f"head{'s' * (len(found) > 1)} {' and '.join(found)} of layer {layer}"
        for layer, found in by_layer.items()
    )


def size(what: str) -> str:
    """A size of the network, as its configuration has it."""
    config = read().manifest["config"]
    sizes = {"stream": config["d_model"], "heads": config["attention"]["n_head"]}
    sizes |= {"width": config["attention"]["head_dim"], "neurons": config["ffn"]["d_ff"]}
    sizes |= {"vocabulary": config["vocab_size"]}
    return f"{sizes[what]:,}"


def share_of(role: str) -> str:
    """Of all parameters, those of one role."""
    sizes = probes.parameters()
    return f"{100 * sizes[role] / sum(sizes.values()):.1f}%"


def in_small(x: float) -> str:
    if x == 0:
        return "exactly zero"
    return f"{in_figures(x, '{:.0e}')}, which is rounding" if x < 1e-4 else f"{x:.3f}"


def largest() -> str:
    """How many times as large as ours the largest of the models for scale is, to three digits."""
    sizes = [model.parameters for model in probes.for_scale()]
    return f"{float(f'{sizes[-1] / sizes[0]:.3g}'):,.0f}"


# ---------------------------------------------------------------- frames of the guesses

TAKING_PART = Dragged(
    Axis.percent("of the model's parameters"),
    "take part",
    given=[Line("all parameters", 100)],
)


def part_in_percent() -> Answer:
    percent = 100 * probes.takes_part()
    return Answer(percent, f"{percent:.1f}%")


WRITTEN = Dragged(
    Axis.percent("of the logit of the 5"),
    "the FFNs wrote",
    given=[Line("all parts", 100)],
)


def written_in_percent() -> Answer:
    percent = 100 * share_written_by("ffn_out")
    return Answer(percent, f"{percent:.1f}%")


@st.cache_data(show_spinner=False)
def written() -> list[tuple[str, float]]:
    """What each part wrote to the logit of the answer's first digit."""
    reader = read()
    logit = paths.logit(reader, len(PROMPT) - 1, first_digit(reader))
    return [(one.name, one.value) for one in paths.unfold(reader, logit)]


def share_written_by(kind: str) -> float:
    """Of the logit, what the activations of one name wrote: ffn_out, or .z for the heads."""
    of_kind = sum(value for name, value in written() if name.endswith(kind))
    return of_kind / sum(value for _, value in written())


def most_added() -> float:
    """The most that the FFN of one layer added to the logit, from all tokens."""
    by_layer: dict[str, float] = {}
    for name, value in written():
        if name.endswith("ffn_out"):
            by_layer[name] = by_layer.get(name, 0.0) + value
    return max(by_layer.values())


def lead() -> float:
    """By how much the logit of the answer's first digit is ahead of the next."""
    second, first = sorted(read().read("logits", len(PROMPT) - 1))[-2:]
    return first - second


IDLE = Dragged(
    Axis("FFNs", 0, 6),
    "not needed alone",
    given=[Line("all FFNs", 6)],
)


def number_idle() -> Answer:
    n = sum(right == probes.PRODUCTS for right in probes.right_without_ffn())
    return Answer(n, f"{n} of {len(probes.right_without_ffn())}")


def needed_ffns() -> str:
    """'0, 16 of 100 products stay right', and so on for each layer whose FFN the table needs."""
    some = [
        f"{layer}, {right} of {probes.PRODUCTS} products stay right"
        for layer, right in enumerate(probes.right_without_ffn())
        if right < probes.PRODUCTS
    ]
    return ", and without that of layer ".join(some)


CALC: dict[str, Callable[[], str]] = {
    "takes_part": lambda: f"{100 * probes.takes_part():.1f}%",
    "equals": lambda: f"{PROMPT.index('=')}",
    "tokens": lambda: f"{len(PROMPT)}",
    "tokens_then": lambda: f"{len(PROMPT) + 1}",
    **{
        f"size_{what}": lambda what=what: size(what)
        for what in ("stream", "heads", "width", "neurons", "vocabulary")
    },
    **{f"way_{what}": partial(probes.step, what) for what in probes.STEPS},
    "meet_score": meeting,
    **{
        f"fetch_{what}": lambda what=what: fetchers()[what]
        for what in ("count", "needed", "writes", "idle", "seven")
    },
    "ffn_share": lambda: share_of("ffn"),
    "attention_share": lambda: share_of("attention"),
    "cache_change": lambda: in_small(probes.cache_change()),
    "before_the_change": lambda: in_small(probes.before_the_change()),
    "drawer": lambda: f"{probes.drawer().neuron}",
    "lost": lambda: " and ".join(f"`{product}`" for product in probes.drawer().wrong),
    "largest": largest,
    "ffns_wrote": lambda: f"{100 * share_written_by('ffn_out'):.1f}%",
    "heads_wrote": lambda: f"{100 * share_written_by('.z'):.1f}%",
    "needed_ffns": needed_ffns,
    "lead": lambda: f"{lead():.1f}",
    "most_added": lambda: f"{most_added():.1f}",
}


# ---------------------------------------------------------------- of the text that is open

SUM = re.compile(r"(\d+)\*(\d+)=")
END = "$"
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


def operands(prompt: str) -> tuple[str, str] | None:
    """The two numbers as they are written; None where a text does not begin with a product."""
    found = SUM.match(prompt)
    return (found[1], found[2]) if found else None


def sizes_of(form: Format) -> str:
    """The numbers that a format writes, in words."""
    p, q = (WORDS[n] if n < len(WORDS) else str(n) for n in (form.p, form.q))
    most = "" if form.padded else "up to "
    digits = f"{p} digits" if p != "one" else "one digit"
    if p != q:
        digits = f"{digits} times {q} digits" if q != "one" else f"{digits} times one digit"
    return f"numbers of {most}{digits}"


def stranger(form: Format, prompt: str) -> str | None:
    """A warning where a prompt is of a kind that the model was never trained on."""
    pair = operands(prompt)
    sizes = tuple(map(len, pair)) if pair else (0, 0)
    fits = sizes == (form.p, form.q) if form.padded else sizes[0] <= form.p and sizes[1] <= form.q
    if pair and fits:
        return None
    return (
        f"This model was trained on products of {sizes_of(form)}, such as "
        f"`{opening_prompt(form)}`. What follows `{prompt}` is a guess."
    )


def it_writes(form: Format, prompt: str, text: str) -> str:
    """What a model wrote behind a prompt, and whether the answer in it is right."""
    if text == prompt:
        return f"The model writes nothing behind `{prompt}`: its texts are not longer than that."
    said = f"The model writes `{text}`."
    if not text.endswith(END):
        return (
            f"{said} No `{END}`, its sign for the end, comes within {len(text)} tokens, "
            f"the {len(prompt)} of the prompt among them."
        )
    said += f" The `{END}` is its sign that the text ends here."
    pair, answer = operands(text), text[:-1].rpartition("=")[2]
    if pair is None or not answer.isdecimal():
        return said
    a, b = map(int, pair)
    turned = ""
    if form.answer.backwards:
        answer = answer[::-1]
        both = "The working and the answer are" if text.count("=") > 1 else "The answer is"
        turned = f" {both} written back to front, ones first."
    verdict = "right" if int(answer) == a * b else "wrong"
    says = "Turned round, the answer is" if turned else "The answer is"
    named = f"{says} {int(answer)}, which is {verdict}"
    return f"{said}{turned} {named}: {a} × {b} = {a * b}."
