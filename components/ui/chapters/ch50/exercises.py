"""The exercises of chapter 5's first page, drawn: the reader's attempt, and what became of it."""

from __future__ import annotations

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch50 import probes, worked
from components.ui.exercise_verdict import show_verdict
from lab.exercises.flash_attention_exercises import BreakEven, grade_first, grade_rows

NOT_YET = "choose a card"


def first_card(page: Chapter, a: int, b: int) -> None:
    """The only card behind which nothing shrinks any more."""
    scores = probes.row_of(a, b).tolist()
    tokens = [*probes.tokens_of(a, b)[: len(scores)]]
    names = [f"{place + 1}. {token}" for place, token in enumerate(tokens)]
    chosen = page.choose("ex_card", "First card", (NOT_YET, *names), kind="list")
    if chosen == NOT_YET:
        return
    place = names.index(chosen)
    found = grade_first(place, tokens, scores)
    card = f"card {place + 1} (`{found.label}`)"
    larger = "one larger card is" if found.larger == 1 else f"{found.larger} larger cards are"
    said = (
        f"After {card}, nothing shrinks, since no score is larger."
        if found.solved
        else f"After {card}, {larger} still to come."
    )
    show_verdict(found.solved, said, "" if found.solved else "Which card gives m its final value?")
    page.source("lab.exercises.flash_attention_exercises.grade_first")


def break_even(page: Chapter) -> None:
    """As few queries to a tile as make FlashAttention move less."""
    rows = page.number("ex_rows", "Queries in a tile", 0, worked.EX_TOKENS, 0, typed=True)
    if not rows:
        return
    found = grade_rows(rows, worked.moved_in_tiles_of, worked.exercise_plain())
    st.caption(f"FlashAttention moves {found.moved:,} numbers, plain attention {found.plain:,}.")
    show_verdict(found.solved, describe_break_even(found), "" if found.solved else hint_for(found))
    page.source(
        "lab.exercises.flash_attention_exercises.grade_rows", "lab.by_hand.flash.moved_by_flash"
    )


def describe_break_even(found: BreakEven) -> str:
    if found.solved:
        return f"With {found.rows} queries in a tile it moves less, and with one fewer it does not."
    if found.pays:
        return f"With {found.rows} it moves less, but it moves less with one fewer as well."
    return f"With {found.rows} it moves more."


def hint_for(found: BreakEven) -> str:
    if found.pays:
        return (
            f"It moves {found.moved / found.plain:.0%} of what plain attention does. With half as "
            "many queries in a tile the keys are fetched about twice as often."
        )
    return (
        f"It moves {found.moved / found.plain:.0%} of what plain attention does. With twice as "
        "many queries in a tile the keys are fetched about half as often."
    )
