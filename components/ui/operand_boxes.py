"""The reader's own sum: two boxes, and one sentence when what stands there is no operand."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lab.data.problems import read_operand

USUAL, SLIM = 110, 44
"""Pixels of a box for an operand; of a slim one, for two digits."""

DIGIT = 10
"""Pixels more for each digit behind the second."""


def ask_pair(
    prefix: str,
    digits: int = 2,
    a: str = "37",
    b: str = "48",
    *,
    slim: bool = False,
    reads: int | None = None,
) -> tuple[int, int] | None:
    """Two operands, kept in the page's link; None, with the reason shown, if one is not allowed.

    The keys are `prefix` + a and b, and so are the names in the link. The boxes have their names
    for who cannot see the sign between them. `slim`: narrow ones, for a strip as high as they are.
    `reads`: digits that a refusal says are read, where the network chosen reads fewer than fit.
    """
    rest: dict[str, Any] = {
        "bind": "query-params",
        "width": SLIM + DIGIT * max(digits - 2, 0) if slim else USUAL,
        "label_visibility": "collapsed",
    }
    wide, row = ("content", None) if slim else ("stretch", f"pair_{prefix}")
    with st.container(
        horizontal=True, vertical_alignment="bottom", gap="small", width=wide, key=row
    ):
        with st.container(
            horizontal=True, wrap=False, vertical_alignment="bottom", gap="small", width="content"
        ):
            text_a = st.text_input("First number", a, key=f"{prefix}a", **rest)
            st.html('<div class="wb-times" aria-hidden="true">×</div>', width="content")
            text_b = st.text_input("Second number", b, key=f"{prefix}b", **rest)
        numbers: list[int] = []
        for box, name, text in (("a", "First", text_a), ("b", "Second", text_b)):
            try:
                numbers.append(read_operand(text or "", digits))
            except ValueError as refused:
                error = refusal(text or "", reads) if reads and reads < digits else refused
                with st.container(key=f"refused_{prefix}{box}"):  # `names.js` ties it to its box
                    st.warning(f"{name} number: {error}")
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def refusal(text: str, digits: int) -> ValueError:
    """Of what is no operand of so many digits."""
    try:
        read_operand(text, digits)
    except ValueError as error:
        return error
    raise ValueError(f"{text!r} is an operand of {digits} digits")


def last_allowed(
    key: str, pair: tuple[int, int] | None, default: tuple[int, int]
) -> tuple[int, int]:
    """The pair, or while none is allowed the last that was: a slip of the pen empties no figure."""
    if pair is not None:
        st.session_state[key] = pair
    return st.session_state.get(key, default)
