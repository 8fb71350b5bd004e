"""The two counts of coupled positions under the tokens of a sum, drawn in HTML."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lab.data.problems import PLACE_NAMES, Format

Ids = Sequence[tuple[int, int]]
"""(place, line) of every token."""


def counts_strip(text: str, form: Format, ids: Ids, asked: int) -> str:
    """HTML of a text, its place and its line under each token. Framed is the token `asked`; lit are
    the counts that it shares with the digits of which the next token is made."""
    lit = shared_with(form, ids, asked)
    fields = "".join(
        '<span class="wb-field"><span class="wb-run">'
        + "".join(
            column(text[i], field.role, ids[i], i == asked, lit.get(i, ()))
            for i in range(field.start, field.stop)
        )
        + "</span></span>"
        for field in form.fields
    )
    names = '<span class="wb-counts wb-soft"><b>token</b><i>place</i><i>line</i></span>'
    return (
        f'<div class="wb-text" role="img" aria-label="{text}, with the place and the line of each '
        f'token">{names}{fields}</div>'
    )


def column(token: str, role: str, at: tuple[int, int], asked: bool, lit: Collection[int]) -> str:
    """One token with its counts below it; those in `lit`, by their axis, stand out."""
    counts = "".join(
        f'<i class="{"wb-lit" if axis in lit or asked else ""}">{count}</i>'
        for axis, count in enumerate(at)
    )
    frame = " wb-asked" if asked else ""
    return (
        f'<span class="wb-counts{frame}"><b class="wb-token wb-{role}">{token}</b>{counts}</span>'
    )


def shared_with(form: Format, ids: Ids, asked: int) -> dict[int, tuple[int, ...]]:
    """By slot the axes on which digits stand where the token `asked` does: a digit of a at its
    place, a digit of b on its line. For the product, the two summands, which share neither."""
    (place, line), (a, _, b) = ids[asked], form.fields[:3]
    if asked + 1 in form.answer.positions:
        return {slot: (0, 1) for slot in summands(form, asked)}
    found = {i: (0,) for i in a.positions if ids[i][0] == place}
    return found | {i: (1,) for i in b.positions if ids[i][1] == line}


def summands(form: Format, asked: int) -> list[int]:
    """The slots of the digits that count as much as the digit of the product behind `asked`."""
    power = form.answer.place(asked + 1)
    return [
        i for field in form.partial_products for i in field.positions if field.place(i) == power
    ]


def said_of(text: str, form: Format, ids: Ids, asked: int) -> str:
    """What the framed token shares with which digits, in a sentence or two."""
    (place, line), after = ids[asked], text[asked + 1]
    at = f"The framed `{text[asked]}` stands at place {place} and line {line}"
    if asked + 1 in form.answer.positions:
        power = PLACE_NAMES[form.answer.place(asked + 1)]
        digits = " and ".join(f"`{text[i]}`" for i in summands(form, asked)) or "no digit"
        return f"{at}. Next come the {power} of the product, `{after}`, made from {digits}."
    if not after.isdigit():
        return f"{at}. The number is full, so `{after}` comes next."
    shared = shared_with(form, ids, asked)
    of = {axis: [text[i] for i, axes in shared.items() if axis in axes] for axis in (0, 1)}
    second = f"the `{of[1][0]}` of b on its line"
    if not of[0]:
        return f"{at}: no digit of a at its place, {second}. Next comes `{after}`."
    return f"{at}: the `{of[0][0]}` of a at its place, {second}. Next comes `{after}`."
