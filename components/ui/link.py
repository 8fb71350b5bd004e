"""What the link of a page may say: each control says what it allows when it is drawn, so that no
list of allowed values stands elsewhere. A value that came and is not allowed is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

LONGEST = 20
"""Characters of a value that are repeated to the reader."""

MOST_LISTED = 12
"""Of more values than that a reader is told the first and the last."""


class Link:
    """The parts of a visit's link that begin with `prefix`, as they came."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.known: set[str] = set()
        self.refused: dict[str, str] = {}
        self.closed = False

    @property
    def came(self) -> Mapping[str, str]:
        """By key, whatever became of it since; looked at once a visit."""
        memory = f"{self.prefix}link"
        if memory not in st.session_state:
            st.session_state[memory] = {
                key: text for key, text in st.query_params.items() if key.startswith(self.prefix)
            }
        return st.session_state[memory]

    def knows(self, *keys: str) -> None:
        """These stand for something on this page, and answer for themselves."""
        self.known.update(keys)

    def take(self, key: str, allows: Callable[[str], bool], allowed: str) -> str | None:
        """What the link said of `key`; None, and a sentence, if that is not allowed.

        The sentence stands on top, where `close` draws it, since a control may be folded away; that
        of a control which appears later, behind a guess, stands beside it.
        """
        self.known.add(key)
        text = self.came.get(key)
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

    def close(self, all_drawn: bool) -> None:
        """Say what of the link is not allowed and, once all controls are drawn, not known."""
        self.closed = True
        for sentence in self.refused.values():
            st.info(sentence)
        unknown = [f"{k}={v[:LONGEST]}" for k, v in self.came.items() if k not in self.known]
        if unknown and all_drawn:
            st.info(f"The link also said {', '.join(unknown)}, which this page does not know.")


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
