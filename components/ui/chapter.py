"""The scaffold of a page: look, opening, prose in sections, predictions, boxes, source panels."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from components.ui.book import PAGES, entry
from components.ui.claims import core, index
from components.ui.notation import NOTATION, symbols_in

STYLE = Path(__file__).with_name("style.css")
SPINE = "How does the right digit get to where it is needed, when it is needed?"

Calculations = Mapping[str, Callable[[], str]]


def begin_page() -> None:
    """First call of every page: keep legacy page discovery out, put the book's style on."""
    leave_legacy_discovery()
    st.html(STYLE)


def leave_legacy_discovery() -> None:
    """A deep link that is the very first request runs the page without its router; run it again."""
    try:
        from streamlit.runtime.pages_manager import PagesManager
    except ImportError:
        return
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


@lru_cache
def sections_of(path: Path, _modified: float) -> dict[str, str]:
    """The parts of a prose file: `<!-- NAME -->` on a line of its own begins one."""
    parts = re.split(r"^<!-- ([a-z_]+) -->$", path.read_text(), flags=re.MULTILINE)
    return {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


class Chapter:
    """One page of the book. `calculations` gives the worked numbers of its prose."""

    def __init__(self, slug: str, calculations: Calculations | None = None) -> None:
        self.slug = slug
        self.calculations = calculations or {}
        begin_page()

    def open(self) -> None:
        """Kicker, title, question, and the book's one question above them."""
        page = entry(self.slug)
        chapter = f"Chapter {page.chapter} · " if page.chapter else ""
        st.html(f'<div class="wb-kicker">{chapter}about {page.minutes} minutes</div>')
        st.title(page.title, anchor=False)
        st.html(
            f'<div class="wb-question">{page.question}</div>'
            f'<div class="wb-spine">The book asks: {SPINE[0].lower()}{SPINE[1:]}</div>'
        )

    def raw(self, section: str) -> str:
        path = PAGES / f"{self.slug}.md"
        return sections_of(path, path.stat().st_mtime)[section]

    def text(self, section: str) -> str:
        """A section with its figures filled in."""
        return index.fill(self.raw(section), self.calculations)

    def prose(self, section: str) -> None:
        st.markdown(self.text(section))

    def box(self, title: str, section: str) -> None:
        """A boxed aside: one fact, its source, nothing else."""
        body = self.text(section)
        with st.container(border=True):
            st.markdown(f"**{title}** — {body}")

    def predict(
        self, key: str, question: str, options: Sequence[str], right: str, why: str
    ) -> bool:
        """Ask before a figure answers. True once the reader has guessed, skipped, or came to see.

        `right` is the option that the record bears out; `why` follows it.
        """
        choice = st.pills(question, options, key=f"{key}_guess")
        skipped = st.session_state.get(f"{key}_skipped") or st.query_params.get("reveal") == "1"
        if choice is None and not skipped:
            st.button(
                "Show me without a guess",
                key=f"{key}_skip",
                type="tertiary",
                icon=":material/visibility:",
                on_click=lambda: st.session_state.update({f"{key}_skipped": True}),
            )
            return False
        if choice is None:
            st.markdown(f"It is **{right}**. {why}")
        elif choice == right:
            st.markdown(f"You said **{choice}**, and so it is. {why}")
        else:
            st.markdown(f"You said **{choice}**; it is **{right}**. {why}")
        return True

    def notice(self, section: str) -> None:
        st.markdown("**What to notice.** " + self.text(section))

    def symbols(self) -> None:
        """What each symbol of this page's formulas means, behind a click."""
        text = (PAGES / f"{self.slug}.md").read_text()
        with st.expander("Symbols on this page"):
            st.markdown(
                "\n".join(f"- ${name}$ — {NOTATION.get(name, '')}" for name in symbols_in(text))
            )

    def source(self, *functions: Callable[..., Any], claims_of: Sequence[str] = ()) -> None:
        """The very functions that made the figure above, and the records behind its prose."""
        with st.expander("Source of this figure"):
            for function in functions:
                lines, _ = inspect.getsourcelines(function)
                where = function.__module__.replace(".", "/") + ".py"
                st.caption(f"{where} · {function.__qualname__}")
                st.code("".join(lines), language="python")
            names = [n for section in claims_of for n in core.claims_in(self.raw(section))]
            for name in dict.fromkeys(names):
                looked = index.look_up(name)
                shown = looked.measured.shown if looked.measured else looked.problem
                command = looked.source.get("command", "")
                st.markdown(f"`{name}` {shown} — {looked.claim.record}, `{command}`")
