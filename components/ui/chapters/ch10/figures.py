"""Charts of page 10, and its tables and rows of tokens: plain numbers in, Altair or HTML out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui import tokens
from components.ui.chapters.ch10.claims import DIGITS, HEADS
from components.ui.plots.chart_parts import (
    CURVE,
    SHARES,
    Chart,
    Numbers,
    amounts,
    finished,
    grid,
    places,
    rows_high,
    swatches,
    token_axis,
    toned,
)
from components.ui.plots.colours import GREY, OCHRE, RIGHT, VIOLET, WRONG, apart
from components.ui.plots.ends import last_of, named, shares
from components.ui.words import spelled
from lab.data import difficulty
from lab.data.problems import PLACE_NAMES, Format
from lab.exercises.chain_of_thought_exercises import FORM

NUMBERS = ("first partial product", "second partial product", "product")
"""The names of `FORM.written`, without a reader's numbers."""


def digit_name(position: int) -> str:
    """A digit that is written, without a reader's numbers: 'product, tens'."""
    field = FORM.field_at(position)
    return f"{NUMBERS[FORM.written.index(field)]}, {PLACE_NAMES[field.place(position)]}"


def source_name(position: int) -> str:
    """A token without a reader's numbers: 'first number, units', 'the sign ='."""
    field = FORM.field_at(position)
    if field in FORM.written:
        return digit_name(position)
    if not field.holds_number:
        return f"the sign {field.label}"
    name = {"a": "first number", "b": "second number"}[field.kind]
    return f"{name}, {PLACE_NAMES[field.place(position)]}"


def forged_name(position: int) -> str:
    """A digit of a partial product, short: 'first, tens'."""
    field = FORM.field_at(position)
    return f"{('first', 'second')[field.number]}, {PLACE_NAMES[field.place(position)]}"


# ---------------------------------------------------------------- charts


def seen_and_heldout(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Two bars a model: pairs trained on and pairs never seen. Rows: bar, pairs, share, label."""
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("bar:N", title=None, sort=None),
        x=alt.X(
            "share:Q",
            scale=alt.Scale(domain=[0, 1.5], nice=False),  # room for a label on a narrow screen
            axis=alt.Axis(values=SHARES, format="%"),
            title="texts with a wrong token",
        ),
    )
    bars = base.mark_bar().encode(
        color=alt.Color(
            "pairs:N", title=None, scale=toned({"trained on": GREY, "held out": WRONG})
        ),
        tooltip=["bar", "label"],
    )
    labels = base.mark_text(align="left", dx=5).encode(text="label:N")
    return finished(alt.layer(bars, labels).properties(height=rows_high(len(rows), 46)))


def beliefs(probabilities: Sequence[float], tokens: str, right: str, chosen: str) -> Chart:
    """What the model gave to every token at one place, the right and the chosen one named."""
    tones = (
        {"right": RIGHT, "written": WRONG, "other": GREY}
        if right != chosen
        else {"written and right": RIGHT, "other": GREY}
    )
    names = {chosen: "written", right: "right"} if right != chosen else {right: "written and right"}
    said = [names.get(token, "other") for token in tokens]
    marks = {"written": "✗", "other": ""}
    data = pd.DataFrame({"token": list(tokens), "p": probabilities, "what": said})
    data["mark"] = [marks.get(what, "✓") for what in said]
    base = alt.Chart(data).encode(
        x=alt.X("token:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("p:Q", title="probability", scale=alt.Scale(domain=[0, 1])),
    )
    bars = base.mark_bar().encode(
        color=alt.Color("what:N", title=None, scale=toned(tones)),
        tooltip=["token", alt.Tooltip("p", format=".4f"), "what"],
    )
    ticks = base.mark_text(dy=-9).encode(text="mark:N")
    return finished(alt.layer(bars, ticks).properties(height=180))


def heads_map(weights: Numbers, heads: Sequence[str], text: str) -> Chart:
    """Where every head looks from one place. `weights` (heads, keys)."""
    data = grid(weights, heads, places(text)[: weights.shape[1]])
    chart = (
        alt.Chart(data)
        .mark_rect()
        .encode(
            x=token_axis(alt.X, "column", "looks at", "top"),
            y=alt.Y("row:N", sort=None, title="layer.head"),
            color=alt.Color("value:Q", scale=amounts(), title="weight", legend=swatches()),
            tooltip=[
                alt.Tooltip("row", title="layer.head"),
                alt.Tooltip("column", title="looks at"),
                alt.Tooltip("value", title="weight", format=".3f"),
            ],
        )
    )
    return finished(chart.properties(height=20 * len(heads)))


OUTCOME_TONES = {"moves as implied": VIOLET, "stays true": OCHRE, "does neither": GREY}
"""None is right or wrong here: a forged digit leads to a wrong answer if the model follows it."""


def outcomes(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Stacked shares of what a forged digit does. Rows: digit, outcome, share, label, order."""
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("digit:N", sort=None, title="partial product, digit"),
        x=alt.X(
            "share:Q",
            stack="zero",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%", values=SHARES),
            title="share of all pairs",
        ),
        order="order:Q",
    )
    chart = base.mark_bar().encode(
        color=alt.Color(
            "outcome:N",
            title="the answer",
            scale=toned(OUTCOME_TONES),
            legend=alt.Legend(columns=1),
        ),
        tooltip=["digit", "outcome", "label"],
    )
    return finished(chart.properties(height=rows_high(len({row["digit"] for row in rows}), 34)))


def over_seeds(rows: Sequence[Mapping[str, Any]], x_title: str, y_title: str) -> Chart:
    """A thin line a seed and a strong one at their median. Rows: arm, seed, x, share."""
    tones, axis = apart(row["arm"] for row in rows), shares()
    y = axis.y("share:Q", y_title)
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("x:Q", title=x_title, axis=alt.Axis(format=",d", tickCount=4)),
        color=alt.Color("arm:N", scale=toned(tones), legend=None),
    )
    seeds = base.mark_line(strokeWidth=1, opacity=0.4).encode(
        y=y, detail="seed:N", tooltip=["arm", "seed", "x", alt.Tooltip("share", format=".4f")]
    )
    middle = base.mark_line().encode(y=axis.y("median(share):Q", y_title))
    names = named(last_of(rows, "arm", "x", "share"), axis, tones)
    return finished(alt.layer(seeds, middle, names).properties(height=CURVE))


# ---------------------------------------------------------------- rows of tokens


def turns(a: int, b: int, form: Format, name: str, n_layer: int) -> str:
    """How often a text goes through the network: each turn reads the token below, passes all
    layers, and writes the token above."""
    text = form.text(a, b)
    columns = "".join(
        f"<div>{token(form, text, i)}{'<i></i>' * n_layer}{token(form, text, i - 1)}</div>"
        for i in range(form.prompt_length, form.length)
    )
    count = form.length - form.prompt_length
    said = (
        f"<b>{name}</b> {spelled(count)} turns, {spelled(n_layer)} layers each: "
        f"{count * n_layer} layers one after another"
    )
    return (
        f'<div class="wb-note">{said}</div><div class="wb-turns" role="img" '
        f'aria-label="{count} turns of {n_layer} layers that write {text[form.prompt_length :]}">'
        f"{columns}</div>"
    )


def token(form: Format, text: str, position: int, kind: str = "") -> str:
    role = form.field_at(position).role
    return f'<span class="wb-token wb-{role}{kind}">{text[position]}</span>'


def fetches(text: str, place: int, found: Sequence[tuple[int, int, float]]) -> str:
    """The text up to a digit, and a line from it to each token that was fetched: (head, source,
    share)."""
    cells = "".join(
        token(FORM, text, i, " wb-now" if i == place else " wb-later" if i > place else "")
        for i in range(len(text))
    )
    lines = "".join(
        f'<div class="wb-line wb-line-{row}" style="grid-column:{source + 1}/{place + 2};'
        f'--n:{place + 1 - source}"><span>0.{head}</span></div>'
        for row, (head, source, _) in enumerate(found)
    )
    said = f"From token {place}, lines to tokens {', '.join(str(source) for _, source, _ in found)}"
    return f'<div class="wb-fetches" role="img" aria-label="{said}">{cells}{lines}</div>'


# ---------------------------------------------------------------- tables


def fetched(looks: Sequence[Mapping[str, Any]]) -> str:
    """What each head fetches before each digit, and how often that digit needs it. Looks: head,
    slot, source, wrong_without."""
    found = {(at["head"], at["slot"]): at for at in looks}
    heads = "".join(
        f'<th class="wb-top">0.{head} fetches</th><th class="wb-top">wrong without</th>'
        for head in HEADS
    )
    body = "".join(
        f"<tr><th>{digit_name(slot)}</th>"
        + "".join(
            f"<td>{source_name(at['source'])}</td><td>{at['wrong_without']}</td>"
            for at in (found[head, slot] for head in HEADS)
        )
        + "</tr>"
        for slot in DIGITS
        if all((head, slot) in found for head in HEADS)
    )
    return (
        '<div class="wb-scroll"><table class="wb-table wb-told">'
        f"<tr><th>before writing</th>{heads}</tr>{body}</table></div>"
    )


def columns(a: int, b: int, *, backwards: bool) -> str:
    """The sum of two partial products as on paper, in the order in which it is written: a column
    for each digit, with its carry in and its carry out."""
    written = list(enumerate(difficulty.carries(a, b)))
    if not backwards:
        written.reverse()
    arrow = "→" if backwards else "←"
    heads = "".join(
        f'<th class="wb-top">{i}. {difficulty.PRODUCT_PLACES[place]}</th>'
        for i, (place, _) in enumerate(written, 1)
    )
    body = [
        table_row(f"{a} × {b % 10}", (x for _, (x, *_) in written)),
        table_row(f"{a} × {b // 10 * 10}", (y for _, (_, y, *_) in written)),
        table_row("carry in", (carry for _, (_, _, carry, *_) in written)),
        table_row("written", (f"<b>{digit}</b>" for _, (*_, digit, _) in written), "wb-sum"),
        table_row(
            "carry out",
            (f'<span class="wb-carry">{out} {arrow}</span>' for _, (*_, out) in written),
        ),
    ]
    return (
        f'<div class="wb-scroll"><table class="wb-table"><tr><th></th>{heads}</tr>'
        f"{''.join(body)}</table></div>"
    )


def table_row(name: str, cells: Iterable[object], kind: str = "") -> str:
    return f'<tr class="{kind}"><th>{name}</th>{"".join(f"<td>{c}</td>" for c in cells)}</tr>'


def prompted(a: int, b: int, mark: str, asked: str, text: str, given: int) -> str:
    """HTML of a text behind its mark; `given` tokens of the right working are forced upon it."""
    form = FORM if text[PLUS_AT : PLUS_AT + 1] == "+" else Format("plain")
    right = form.text(a, b)
    marks = tokens.Marks(
        wrong=[i for i, token in enumerate(text) if token != right[i : i + 1]],
        given=range(FORM.prompt_length, FORM.prompt_length + given),
    )
    return (
        f'<div class="wb-note"><b>{asked}</b> <span class="wb-soft">behind '
        f"<code>{mark}{right[: form.prompt_length]}</code></span></div>"
        + tokens.strip(text[: form.length], form, a, b, marks=marks, small=True)
    )


PLUS_AT = FORM.partial_products[1].start - 1
"""The sign between the partial products: where it stands, a text has working."""
