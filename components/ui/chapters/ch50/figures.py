"""The charts of chapter 5, first page, and its three notations.

`Rows` are plain dicts with the named fields.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal, NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from components.ui.drawings.notations import Column, Line, NotationStep
from components.ui.plots.chart_parts import CURVE, Chart, finished, grid, readable, signs, toned
from components.ui.plots.colours import OCHRE, SOFT, TEAL, VIOLET, Tone
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.ends import last_of, named, powers
from lab.by_hand.flash import Numbers

Rows = Sequence[Mapping[str, Any]]

KERNELS: dict[str, Tone] = {"plain": OCHRE, "ours": VIOLET, "torch's": TEAL}
"""As the page calls them."""

WAYS: dict[str, Tone] = {"plain attention": OCHRE, "FlashAttention": VIOLET}
CELL = 30
"""Pixels of a cell of a tile, high."""

WHOLE = alt.Axis(format=",d", grid=False, tickCount=5)


@drawn_once
def moved_by_memory(rows: Rows, processors: Mapping[str, int]) -> Chart:
    """Numbers moved by the numbers that fast memory holds; a rule for each of two processors.

    Rows: way, fast, moved.
    """
    x = alt.X(
        "fast:Q",
        title="numbers in fast memory",
        scale=alt.Scale(type="log", base=2, nice=False),
        axis=WHOLE,
    )
    axis = powers([row["moved"] for row in rows])
    lines = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line()
        .encode(
            x=x,
            y=axis.y("moved:Q", "numbers moved"),
            color=alt.Color("way:N", scale=toned(WAYS), legend=None),
            tooltip=["way", "fast", alt.Tooltip("moved", format=",")],
        )
    )
    known = pd.DataFrame([{"fast": fast, "name": name} for name, fast in processors.items()])
    rules = alt.Chart(known).mark_rule(color=SOFT.now).encode(x="fast:Q")
    # Away from one another: on a phone the rules stand closer than their names are wide.
    sides: tuple[tuple[Literal["left", "right"], int], ...] = (("right", -5), ("left", 5))
    names = [
        alt.Chart(known[at : at + 1])
        .mark_text(align=side, dx=dx, baseline="top", color=SOFT.now)
        .encode(x="fast:Q", y=alt.value(0), text="name:N")
        for at, (side, dx) in enumerate(sides)
    ]
    ends = named(last_of(rows, "way", "fast", "moved"), axis, WAYS)
    return finished(alt.layer(lines, rules, *names, ends).properties(height=CURVE))


@drawn_once
def tile_map(
    values: Numbers, queries: Sequence[str], keys: Sequence[str], *, most: float | None = None
) -> Chart:
    """One tile, queries down and keys across, in parts of `most`, or else of its largest number.
    Cells that hold no number stay empty."""
    largest = most or float(np.nanmax(np.abs(values))) or 1.0
    data = grid(values, queries, keys).dropna()
    base = alt.Chart(data.assign(part=data["value"] / largest)).encode(
        x=alt.X("column:N", sort=list(keys), title=None, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("row:N", sort=list(queries), title=None),
    )
    cells = base.mark_rect().encode(
        color=alt.Color("part:Q", scale=signs(1), legend=None),
        tooltip=["row", "column", alt.Tooltip("value", format=",.3r")],
    )
    numbers = base.mark_text().encode(
        text=alt.Text("part:Q", format=".2f"), color=readable("abs(datum.part) > 0.8")
    )
    return finished(alt.layer(cells, numbers).properties(height=CELL * len(queries)))


@drawn_once
def by_length(rows: Rows, field: str, title: str) -> Chart:
    """A line a kernel, both axes by powers; what is measured now as points beside the record.

    Rows: kernel, tokens, when, and the `field`.
    """
    axis = powers([row[field] for row in rows])
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "tokens:Q",
            title="tokens of the text",
            scale=alt.Scale(type="log", base=2, nice=False),
            axis=WHOLE,
        ),
        y=axis.y(f"{field}:Q", title),
        color=alt.Color("kernel:N", scale=toned(KERNELS), legend=None),
        tooltip=["kernel", "when", "tokens", alt.Tooltip(field, format=",.3~r")],
    )
    recorded = base.transform_filter(alt.datum["when"] == "recorded")
    now = base.transform_filter(alt.datum["when"] == "here and now")
    marks = alt.layer(
        recorded.mark_line(),
        recorded.mark_circle(size=45, opacity=1),
        now.mark_point(size=90, filled=False, strokeWidth=2),
        named(last_of(rows, "kernel", "tokens", field), axis, KERNELS),
    )
    return finished(marks.properties(height=CURVE))


# ---------------------------------------------------------------- section 5: three notations

# The loop of FlashAttention as it stands in lab three times, and which of its lines do the same.
# The files are read, not imported: torch would take seconds, and Triton need not be there.

ROOT = Path(__file__).resolve().parents[4]


class Notation(NamedTuple):
    """Functions of a file, in the order in which they are read."""

    title: str
    file: str
    functions: Sequence[str]


NOTATIONS: Mapping[str, Notation] = {
    "NumPy": Notation("NumPy, by hand", "lab/by_hand/flash.py", ["flash_attention"]),
    "torch": Notation(
        "torch, a whole batch",
        "lab/model/attention/flash.py",
        ["TiledAttention.forward", "Tiles.scores", "Partial.add"],
    ),
    "Triton": Notation(
        "Triton, for a graphics card", "lab/model/attention/flash_triton.py", ["flash_forward"]
    ),
}

PATTERNS: Mapping[NotationStep, Mapping[str, Sequence[str]]] = {
    NotationStep(
        "fetch queries",
        "The queries of a tile are fetched. In Triton each row of tiles is a program of its own.",
    ): {
        "NumPy": ["for i in tiles_of(", "Q_i = memory.fetch("],
        "torch": ["for queries in tiles.queries()"],
        "Triton": ["i = tl.program_id(0)", "of_queries =", "Q_i = tl.load("],
    },
    NotationStep(
        "nothing seen yet",
        "No key has come yet: the largest score is as low as can be, sum and output are zero.",
    ): {
        "NumPy": ["m, l, O_i = np.full("],
        "torch": ["so_far = nothing_seen("],
        "Triton": ["m = tl.full(", "l = tl.zeros(", "O_i = tl.zeros("],
    },
    NotationStep(
        "fetch keys and values",
        "The keys of a tile come, and their values. Tiles that hold only later keys are skipped.",
    ): {
        "NumPy": ["for j in tiles_of(", "K_j, V_j = memory.fetch("],
        "torch": ["for keys in tiles.keys(", "part(v, keys)"],
        "Triton": [
            "end = tl.minimum(",
            "for begin in range(0, end",
            "j = begin + tl.arange(",
            "of_keys =",
            "K_j = tl.load(",
            "V_j = tl.load(",
        ],
    },
    NotationStep("scores", "Each query of the tile scores each of these keys."): {
        "NumPy": ["scale * Q_i @ K_j.T"],
        "torch": ["tiles.scores(", "part(q, queries)) @ part(k, keys)"],
        "Triton": ["scale * tl.dot(Q_i"],
    },
    NotationStep(
        "hide later keys",
        "The score of a key that a query may not see becomes minus infinity: its share is zero.",
    ): {
        "NumPy": ["hide_later("],
        "torch": ["hides_nothing(", "masked_fill("],
        "Triton": ["seen = ", "tl.where(seen"],
    },
    NotationStep(
        "largest so far", "The larger of the largest score so far and the largest of this tile."
    ): {
        "NumPy": ["m_new = np.maximum(", "m = m_new"],
        "torch": ["m = torch.maximum("],
        "Triton": ["m_new = tl.maximum(", "m = m_new"],
    },
    NotationStep(
        "shrink and shares",
        "The factor by which sum and output shrink, and the shares of this tile, not yet divided.",
    ): {
        "NumPy": ["shrink, P = np.exp("],
        "torch": ["shrink, P = torch.exp("],
        "Triton": ["shrink, P = tl.exp("],
    },
    NotationStep("sum", "The sum so far shrinks, and the shares of this tile are added."): {
        "NumPy": ["l = shrink * l"],
        "torch": ["shrink * self.l"],
        "Triton": ["l = shrink * l"],
    },
    NotationStep(
        "output",
        "The output so far shrinks, and the values of this tile are added, each times its share.",
    ): {
        "NumPy": ["O_i = shrink * O_i"],
        "torch": ["shrink * self.O"],
        "Triton": ["O_i = shrink[:, None] * O_i"],
    },
    NotationStep(
        "divide and put back", "No key is left: the output is divided by the sum and put back."
    ): {
        "NumPy": ["memory.put(O[i]"],
        "torch": ["part(out, queries).copy_("],
        "Triton": ["tl.store(O"],
    },
    NotationStep(
        "log of the sum",
        "The logarithm of the whole sum is put back too: to train, it gives every share again.",
    ): {
        "NumPy": ["memory.put(L[i]"],
        "torch": ["part(L, queries).copy_("],
        "Triton": ["tl.store(L"],
    },
}
"""What stands in a line that does a step: each in one line of its notation and in no other."""

STEPS = tuple(PATTERNS)


def columns() -> list[Column]:
    """The three, as `show_notations` takes them."""
    return [column(name) for name in NOTATIONS]


def column(name: str) -> Column:
    """One of the `NOTATIONS`."""
    title, file, functions = NOTATIONS[name]
    lines = [Line(text, find_steps(text, name)) for text in code_of(NOTATIONS[name])]
    return Column(title, lines, f"{file} · {', '.join(functions)}")


def find_steps(text: str, notation: str) -> list[str]:
    """The names of the steps that a line does."""
    return [
        step.name
        for step, patterns in PATTERNS.items()
        if any(pattern in text for pattern in patterns[notation])
    ]


# ---------------------------------------------------------------- cut out of a file


def code_of(notation: Notation) -> list[str]:
    """The functions of a notation, an empty line between two."""
    text = (ROOT / notation.file).read_text("utf-8")
    return "\n\n".join(cut(text, name) for name in notation.functions).splitlines()


def cut(text: str, name: str) -> str:
    """A function out of `text`, `Class.method` or `function`, moved to the left.

    Left out are decorators, the docstring, and a signature that takes more than one line. Raises
    `LookupError` if there is no function of that name.
    """
    function, lines = definition(ast.parse(text), name), text.splitlines()
    first = function.body[0]
    signature = lines[function.lineno - 1 : first.lineno - 1]
    documented = ast.get_docstring(function) is not None
    body = lines[first.end_lineno if documented else first.lineno - 1 : function.end_lineno]
    return dedent("\n".join([*signature, *body] if len(signature) == 1 else body))


def definition(module: ast.Module, name: str) -> ast.FunctionDef:
    scope: ast.Module | ast.ClassDef | ast.FunctionDef = module
    for part in name.split("."):
        inner = [node for node in scope.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
        if not (found := [node for node in inner if node.name == part]):
            raise LookupError(f"{name} is not defined; {[node.name for node in inner]} are")
        scope = found[0]
    if not isinstance(scope, ast.FunctionDef):
        raise LookupError(f"{name} is no function")
    return scope
