"""The exercise of page 31, drawn: the attempt, and what the checks say."""

from __future__ import annotations

from components.ui.chapter import Chapter
from components.ui.exercise_verdict import show_verdict
from lab.data.remainders import remainders_agree
from lab.exercises.self_training_exercises import Label

SUM = (37, 48)

MOST_TYPED = 9999


def slip_through(page: Chapter) -> None:
    """A wrong answer that neither remainder gives away."""
    a, b = SUM
    answer = page.number("ex_label", f"Your label for {a} × {b}", 0, MOST_TYPED, 0, typed=True)
    if answer:
        label = Label(a, b, answer)
        show_verdict(label.solved, said_of_label(label), hint_for(label))
    page.source(remainders_agree)


def said_of_label(label: Label) -> str:
    if label.right:
        return f"{label.answer:,} is right, so every check should let it pass."
    verdicts = (f"modulo {m} {'lets it pass' if label.passes(m) else 'stops it'}" for m in (9, 11))
    return f"{label.answer:,} is wrong: {' and '.join(verdicts)}."


def hint_for(label: Label) -> str:
    if label.right:
        return "Write one that is wrong."
    caught = [str(m) for m in (9, 11) if not label.passes(m)]
    return (
        f"It is off by {label.off_by:,}. A check sees no difference that its number divides, and "
        f"{label.off_by:,} is no multiple of {' nor of '.join(caught)}."
    )
