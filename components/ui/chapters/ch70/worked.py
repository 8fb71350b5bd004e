"""The worked numbers in the prose of chapter 7, and what is said of the text that is open."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from components.ui.chapters.ch70 import probes
from components.ui.chapters.ch70.probes import PROMPT, TABLE, TEXT, opening_prompt
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.drawings.guess import Row as Line
from components.ui.lazily import lazily
from components.ui.loaded_models import load_with_progress
from lab.numerals import written

if TYPE_CHECKING:
    from lab.data.problems import Format
    from lab.scene.recompute import Reader

cost = lazily("lab.model.cost")
recompute = lazily("lab.scene.recompute")


def read() -> Reader:
    """The numbers of 7*8=56$."""
    _, scene = probes.opened(TABLE, PROMPT)
    return recompute.Reader(scene.manifest, scene.blobs)


@st.cache_data(show_spinner=False)
def meeting() -> dict[str, str]:
    """Where the 8 first reads the 7: the head of layer 0 that gives it the largest share."""
    reader, asks, fetched = read(), PROMPT.index("8"), PROMPT.index("7")
    head = int(reader.read("blocks.0.pattern", slice(None), asks, fetched).argmax())
    query, key = reader.read("blocks.0.q", head, asks), reader.read("blocks.0.k", head, fetched)
    return {
        "head": f"{head}",
        "score": (
            f"${query @ key:.2f} / \\sqrt{{{len(query)}}} = {query @ key / len(query) ** 0.5:.2f}$"
        ),
        "share": f"{100 * reader.number('blocks.0.pattern', head, asks, fetched):.3f} in 100",
    }


@st.cache_data(show_spinner=False)
def fetchers() -> dict[str, str]:
    """The heads that give the 8 more than half of the attention of the =, which of them the answer
    needs, what is written without that one, and the largest loss of the others."""
    reader, asks, fetched = read(), len(PROMPT) - 1, PROMPT.index("8")
    shares = {
        cost: reader.number(f"blocks.{cost.layer}.pattern", cost.head, asks, fetched)
        for cost in probes.ranking(TABLE, PROMPT)
    }
    fetch = sorted(
        (c for c, share in shares.items() if share > 0.5), key=lambda c: (c.layer, c.head)
    )
    needed = [cost for cost in fetch if cost.writes != TEXT[len(PROMPT) :]]
    idle = [cost.nats for cost in fetch if cost not in needed]
    names = [f"head {cost.head} of layer {cost.layer}" for cost in fetch]
    all_names = f"{', '.join(names[:-1])} and {names[-1]}"
    return {
        "ers": all_names[0].upper() + all_names[1:],
        "_count": WORDS[len(fetch)],
        "_needed": " and ".join(f"head {cost.head} of layer {cost.layer}" for cost in needed),
        "_writes": " or ".join(f"`{cost.writes}`" for cost in needed),
        "_idle": f"{max(idle):.3f}",
    }


def share_of(role: str) -> str:
    """Of all parameters, those of one role."""
    sizes = cost.parameters(load_with_progress(TABLE).model)
    return f"{100 * sizes[role] / sum(sizes.values()):.1f} in 100"


def in_small(x: float) -> str:
    if x == 0:
        return "exactly zero"
    return f"{written(x, '{:.0e}')}, which is rounding" if x < 1e-4 else f"{x:.3f}"


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


SEEN = Dragged(
    Axis("tokens", 0, len(TEXT)),
    "the * may look at",
    given=[Line("tokens of the text", len(TEXT))],
    start=len(TEXT),
)


CALC: dict[str, Callable[[], str]] = {
    "takes_part": lambda: f"{100 * probes.takes_part():.1f} in 100",
    "equals": lambda: f"{PROMPT.index('=')}",
    "times": lambda: f"{PROMPT.index('*')}",
    **{f"meet_{what}": lambda what=what: meeting()[what] for what in ("head", "score", "share")},
    **{
        f"fetch{what}": lambda what=what: fetchers()[what]
        for what in ("ers", "_count", "_needed", "_writes", "_idle")
    },
    "ffn_share": lambda: share_of("ffn"),
    "attention_share": lambda: share_of("attention"),
    "cache_change": lambda: in_small(probes.cache_change()),
    "before_the_change": lambda: in_small(probes.before_the_change()),
    "drawer": lambda: f"{probes.drawer().neuron}",
    "lost": lambda: " and ".join(f"`{product}`" for product in probes.drawer().wrong),
    "largest": largest,
    "without_last": lambda: f"`{probes.without_the_last_ffn()}`",
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
        return f"It writes nothing behind `{prompt}`: its texts are not longer than that."
    said = f"It writes `{text}`."
    if not text.endswith(END):
        return f"{said} No `{END}`, its sign for the end, comes within {len(text)} tokens."
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
