"""What the link of a page may say: each control says what it allows when it is drawn, so that no
list of allowed values stands elsewhere. A value that came and is not allowed is told, and no widget
reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

LONGEST = 20
"""Characters of a value that are repeated to the reader."""

MOST_LISTED = 12
"""Of more values than that a reader is told the first and the last."""

OWN = ("_guess", "_shown", "_solved")
"""Names in a page's address end so where they hold what the reader guessed, came to see, or solved:
a reload keeps it, and no link to a figure says it."""


class Link:
    """The parts of a visit's link that begin with `prefix`, as they came."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.known: set[str] = set()
        self.refused: dict[str, str] = {}
        self.closed = False

    @property
    def came(self) -> dict[str, str]:
        """By key, whatever became of it since; looked at once a visit."""
        memory = f"{self.prefix}link"
        if memory not in st.session_state:
            st.session_state[memory] = {
                key: text
                for key in st.query_params
                if key.startswith(self.prefix) and (text := said(key)) is not None
            }
        return st.session_state[memory]

    def knows(self, *keys: str) -> None:
        """These stand for something on this page, and answer for themselves."""
        self.known.update(keys)

    def take(self, key: str, allows: Callable[[str], bool], allowed: str) -> str | None:
        """What the link said of `key`; None, and a sentence, if that is not allowed. Call it before
        the widget of this key is drawn: what is not allowed is then out of the address.

        The sentence stands on top, where `close` draws it, since a control may be folded away; that
        of a control which appears later, behind a guess, stands beside it.
        """
        self.known.add(key)
        text = self.came.get(key)
        now = said(key)
        if now is not None and not allows(now):
            drop(key)
        if text is None or allows(text):
            return text
        if key not in self.refused:
            self.refused[key] = (
                f"The link said {key}={text[:LONGEST]}, which this page does not allow: it takes "
                f"{allowed}. The default stands instead."
            )
            if self.closed:
                st.info(self.refused[key])
        return None

    def reword(self, key: str, plain: Mapping[str, tuple[str, Any]]) -> None:
        """What a link may also say: the words of the control of this key for it, and the value."""
        now, came = said(key), self.came.get(key)
        if now is not None and now in plain:
            drop(key)
            st.session_state[key] = plain[now][1]
        if came is not None and came in plain:
            self.came[key] = plain[came][0]

    def forget(self, key: str) -> None:
        """The reader takes back what the link said."""
        self.came.pop(key, None)
        st.query_params.pop(key, None)

    def close(self, all_drawn: bool) -> None:
        """Say what of the link is not allowed and, once all controls are drawn, not known."""
        self.closed = True
        for sentence in self.refused.values():
            st.info(sentence)
        unknown = [f"{k}={v[:LONGEST]}" for k, v in self.came.items() if k not in self.known]
        if unknown and all_drawn:
            st.info(f"The link also said {', '.join(unknown)}, which this page does not know.")


def said(key: str) -> str | None:
    """What the address says of `key` now, as it says it; a value that came twice is none of those
    that a control allows."""
    return f"&{key}=".join(st.query_params.get_all(key)) if key in st.query_params else None


def settings(prefix: str) -> dict[str, str]:
    """What the address says of controls, without what is the reader's own."""
    here = st.query_params.items()
    return {k: v for k, v in here if k.startswith(prefix) and not k.endswith(OWN)}


def drop(key: str) -> None:
    """Take a value out of the address before a widget reads it. Streamlit converts what a link says
    as it is, and `inf` or 400 digits for a whole number end in an OverflowError on the page."""
    try:
        from streamlit.runtime.state import get_session_state

        with get_session_state().query_params() as address:
            address.remove_param(key)
            address.set_initial_query_params_from_current()  # of these a widget takes its first
    except (ImportError, AttributeError):  # internal names: a test looks whether they still do it
        return


def one_of(options: Sequence[str]) -> tuple[Callable[[str], bool], str]:
    """What allows these, and the words for it."""
    few = len(options) <= MOST_LISTED
    return set(options).__contains__, (
        ", ".join(options) if few else f"a value from {options[0]} to {options[-1]}"
    )


def number_within(low: float, high: float) -> tuple[Callable[[str], bool], str]:
    """What allows a number from `low` to `high`, whole where both are, and the words for it."""
    kind = int if isinstance(low, int) and isinstance(high, int) else float

    def allows(text: str) -> bool:
        try:
            return text.isascii() and len(text) <= LONGEST and low <= kind(text) <= high
        except ValueError:
            return False

    what = "a whole number" if kind is int else "a number"
    return allows, f"{what} from {low:,} to {high:,}"


def text_up_to(most: int) -> tuple[Callable[[str], bool], str]:
    """What allows a text for a box, which says itself what it makes of it, and the words for it."""

    def allows(text: str) -> bool:
        return len(text) <= most and text.isprintable()

    return allows, f"up to {most} characters"
