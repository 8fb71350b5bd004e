"""Texts of the model drawn as tokens: coloured by role, labelled by field, marked right or wrong.

Only digits and signs of the vocabulary get here, never a reader's own characters.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lab.data.problems import PLACE_NAMES, Field, Format, Problem

ROLES = {
    "operand": "what you typed",
    "operator": "signs",
    "working": "working",
    "answer": "the answer",
}


BOTH = (
    '<div class="wb-key"><span><i class="wb-is-wrong">7</i> wrong, given what stands before it'
    '</span><span><i class="wb-is-follows">7</i> follows from an earlier error</span>'
    "</div>"
)
"""The legend of a text in which a wrong token follows from another."""


@dataclass(frozen=True)
class Marks:
    """Token positions to mark: wrong, and of these the ones that only follow from an earlier error;
    forged, moved by the forgery, bearing loss, handed over."""

    wrong: Collection[int] = ()
    follows: Collection[int] = ()
    forged: Collection[int] = ()
    moved: Collection[int] = ()
    loss: Collection[int] = ()
    given: Collection[int] = ()


def label_of(field: Field, a: int, b: int) -> str:
    """What a field holds, in the reader's own numbers."""
    if field.kind == "partial product":
        unit = 10**field.number
        return f"{a} × {b // unit % 10 * unit}"
    return {"answer": "product", "dots": "blanked working"}.get(field.kind, "")


def place_of(position: int, form: Format, a: int, b: int) -> str:
    """Where a token stands, in the reader's own numbers: '37 × 8: tens', 'product: units'."""
    field = form.field_at(position)
    if field.role == "operator":
        return f"the sign {field.label}"
    names = {"a": "first number", "b": "second number"}
    name = label_of(field, a, b) or names.get(field.kind, field.label)
    return f"{name}: {PLACE_NAMES[field.place(position)]}" if field.holds_number else name


def wrong_tokens(text: str, right: str) -> list[int]:
    return [i for i, (x, y) in enumerate(zip(text, right, strict=True)) if x != y]


def marks_of(text: str, form: Format, a: int, b: int, right: str | None = None) -> Marks:
    """The tokens of a text that are not those of `right`, the problem's own if nothing is said.

    One that is right given the tokens before it follows from an earlier error.
    """
    wrong = wrong_tokens(text, right or form.text(a, b))
    return Marks(wrong=wrong, follows=following(text, form, a, b, wrong))


def following(text: str, form: Format, a: int, b: int, wrong: Collection[int]) -> list[int]:
    """Those of the wrong tokens that are right given the tokens before them."""
    implied = form.text_implied(text, a, b)
    return [i for i in wrong if text[i] == implied[i]]


def strip(
    text: str,
    form: Format,
    a: int,
    b: int,
    *,
    marks: Marks | None = None,
    written_from: int | None = None,
    probabilities: Sequence[float] = (),
    small: bool = False,
) -> str:
    """HTML of one text. Tokens from `written_from` on appear one after the other.

    `probabilities[i]` is what the model gave to token written_from + i; it shows on hover.
    """
    marks = marks or Marks()
    parts: list[str] = []
    for field in form.fields:
        cells = "".join(
            cell(text[i], field, i, marks, written_from, probabilities)
            for i in range(field.start, min(field.stop, len(text)))
        )
        label = label_of(field, a, b)
        below = f'<span class="wb-label">{label}</span>' if label else ""
        if cells:
            parts.append(
                f'<span class="wb-field"><span class="wb-run">{cells}</span>{below}</span>'
            )
    classes = "wb-text" + (" wb-written" if written_from is not None else "")
    classes += " wb-small" if small else ""
    drawn = f'<div class="{classes}" role="img" aria-label="{text}">{"".join(parts)}</div>'
    return drawn + (BOTH if marks.follows else "")


def cell(
    character: str,
    field: Field,
    position: int,
    marks: Marks,
    written_from: int | None,
    probabilities: Sequence[float],
) -> str:
    classes = ["wb-token", f"wb-{field.role}"]
    for name, positions in (
        ("bad", marks.wrong),
        ("follows", marks.follows),
        ("forged", marks.forged),
        ("moved", marks.moved),
        ("loss", marks.loss),
        ("given", marks.given),
    ):
        if position in positions:
            classes.append(f"wb-{name}")
    number = position - written_from if written_from is not None else -1
    hover = f"token {position}"
    if 0 <= number < len(probabilities):
        hover += f", probability {probabilities[number]:.4f}"
    if position in marks.follows:
        hover += ", follows from an earlier error"
    style = f"--i:{max(number, 0)}"
    return f'<span class="{" ".join(classes)}" style="{style}" title="{hover}">{character}</span>'


@dataclass(frozen=True)
class WorkingLine:
    """One line of the working, checked against integer arithmetic."""

    what: str
    written: str
    expected: int
    last_token: int

    @property
    def right(self) -> bool:
        return self.written.isdigit() and int(self.written) == self.expected


def check_working(text: str, form: Format, problem: Problem) -> list[WorkingLine]:
    """Each partial product and the answer as the text has them, read the right way round."""
    out: list[WorkingLine] = []
    for field in (*form.partial_products, form.answer):
        digits = text[field.start : field.stop]
        written = (digits[::-1] if field.backwards else digits).lstrip("0") or "0"
        if field.kind == "answer":
            what, expected = f"{problem.a} × {problem.b}", problem.product
        else:
            what = label_of(field, problem.a, problem.b)
            expected = problem.partial_products[field.number] * 10**field.number
        out.append(WorkingLine(what, written, expected, field.stop))
    return out


def checks(steps: Sequence[WorkingLine], written_from: int | None = None) -> str:
    """The steps as a list, each marked right or wrong."""
    lines: list[str] = []
    for step in steps:
        mark = (
            '<span class="wb-yes">✓ right</span>'
            if step.right
            else f'<span class="wb-no">✗ wrong: {step.expected} is right</span>'
        )
        delay = step.last_token - (written_from or 0)
        lines.append(
            f'<div style="--i:{delay}"><span>{step.what} = {step.written}</span>{mark}</div>'
        )
    classes = "wb-checks" + (" wb-written" if written_from is not None else "")
    return f'<div class="{classes}">{"".join(lines)}</div>'


def key(*roles: str) -> str:
    """The legend of the role colours."""
    names = roles or tuple(ROLES)
    items = "".join(f'<span class="wb-{r}"><i>■</i> {ROLES[r]}</span>' for r in names)
    return f'<div class="wb-key">{items}</div>'
