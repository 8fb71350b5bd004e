"""How often a text goes through the network: a column for each token that is written."""

from __future__ import annotations

from components.ui.chapters.ch10.arms import PLAIN, STYLE_NAMES
from components.ui.claims import core
from components.ui.claims.readings import result_of
from components.ui.words import spelled
from lab.data.problems import Format, Style
from lab.records import ROOT


def layers() -> int:
    """Of the network of the book, with working or without."""
    return core.read_record(ROOT / result_of(PLAIN))["recipe"]["model"]["n_layer"]


def turns(style: Style) -> int:
    """How many tokens of a line are written, each in a turn of its own."""
    form = Format(style)
    return form.length - form.prompt_length


def picture(a: int, b: int, style: Style) -> str:
    """HTML: each turn reads the token below, passes all layers, and writes the token above."""
    form, n = Format(style), layers()
    text = form.text(a, b)
    columns = "".join(
        f"<div>{token(text, form, i)}{'<i></i>' * n}{token(text, form, i - 1)}</div>"
        for i in range(form.prompt_length, form.length)
    )
    count = turns(style)
    said = (
        f"<b>{STYLE_NAMES[style]}</b> {spelled(count)} turns, {spelled(n)} layers each: "
        f"{count * n} layers one after another"
    )
    return (
        f'<div class="wb-note">{said}</div><div class="wb-turns" role="img" '
        f'aria-label="{count} turns of {n} layers that write {text[form.prompt_length :]}">'
        f"{columns}</div>"
    )


def token(text: str, form: Format, position: int) -> str:
    role = form.field_at(position).role
    return f'<span class="wb-token wb-{role}">{text[position]}</span>'
