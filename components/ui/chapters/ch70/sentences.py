"""What page 7 says of the text that is open, whichever model wrote it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.data.problems import Format

SUM = re.compile(r"(\d+)\*(\d+)=")
END = "$"
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


def operands(prompt: str) -> tuple[str, str] | None:
    """The two numbers as they are written; None where a text does not begin with a product."""
    found = SUM.match(prompt)
    return (found[1], found[2]) if found else None


def opening_prompt(form: Format, change: int = 0) -> str:
    """A product of the format's own kind, its second number raised by `change`.

    Numbers have three digits and two where the format has room for them.
    """
    a, b = (7, 37, 374)[min(form.p, 3) - 1], (8, 48)[min(form.q, 2) - 1] + change
    return f"{a:0{form.p}}*{b:0{form.q}}=" if form.padded else f"{a}*{b}="


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
