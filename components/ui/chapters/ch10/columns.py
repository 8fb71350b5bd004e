"""The sum of two partial products in columns, as on paper, in the order in which it is written."""

from __future__ import annotations

from collections.abc import Iterable

from lab.data import difficulty


def table(a: int, b: int, *, backwards: bool) -> str:
    """HTML: a column for each digit that is written, with its carry in and its carry out."""
    columns = list(enumerate(difficulty.carries(a, b)))
    if not backwards:
        columns.reverse()
    arrow = "→" if backwards else "←"
    heads = "".join(
        f'<th class="wb-top">{i}. {difficulty.PRODUCT_PLACES[place]}</th>'
        for i, (place, _) in enumerate(columns, 1)
    )
    body = [
        row(f"{a} × {b % 10}", (x for _, (x, *_) in columns)),
        row(f"{a} × {b // 10 * 10}", (y for _, (_, y, *_) in columns)),
        row("carry in", (carry for _, (_, _, carry, *_) in columns)),
        row("written", (f"<b>{digit}</b>" for _, (*_, digit, _) in columns), "wb-sum"),
        row(
            "carry out",
            (f'<span class="wb-carry">{out} {arrow}</span>' for _, (*_, out) in columns),
        ),
    ]
    return (
        f'<div class="wb-scroll"><table class="wb-table"><tr><th></th>{heads}</tr>'
        f"{''.join(body)}</table></div>"
    )


def row(name: str, cells: Iterable[object], kind: str = "") -> str:
    return f'<tr class="{kind}"><th>{name}</th>{"".join(f"<td>{c}</td>" for c in cells)}</tr>'
