"""Which exercises of a page its reader has solved: kept in the page's address as guesses are, so
that a reload or a bookmark keeps it, and handed out as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from components.ui.book import CONTENTS
from components.ui.chapter import Chapter
from components.ui.exercise_verdict import show_verdict

NAME = "solved"


class Exercises:
    """The exercises of a page by name. Begin before any is drawn: what the address says is read."""

    def __init__(self, page: Chapter, names: Sequence[str]) -> None:
        self.page, self.names = page, names
        self.solved()

    def solved(self) -> list[str]:
        """Those that were solved here or on an earlier visit, in their order."""
        key = f"{self.page.prefix}{NAME}"
        said = self.page.kept(key, self.allows, "names of exercises with dots between them")
        return [name for name in self.names if name in (said or "").split(".")]

    def allows(self, text: str) -> bool:
        return set(text.split(".")) <= {*self.names}

    def judge(self, name: str, solved: bool, said: str, hint: str = "") -> None:
        """The verdict on an attempt. A solved exercise stays so, whatever is tried afterwards."""
        show_verdict(solved, said, hint)
        if solved:
            now = {*self.solved(), name}
            st.session_state[f"{self.page.prefix}{NAME}"] = ".".join(
                one for one in self.names if one in now
            )
        self.tell(name, solved)

    def tell(self, name: str, now: bool = False) -> None:
        """Below a solved exercise: how many are, and a file of that. Nothing below another."""
        found = self.solved()
        if name not in found:
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            before = "" if now else "You have solved this one. "
            st.caption(f"{before}{len(found)} of {len(self.names)} solved.", width="content")
            st.download_button(
                "Progress as JSON",
                as_json,
                "progress.json",
                "application/json",
                key=f"{self.page.prefix}progress_{name}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )


def as_json() -> str:
    """What was solved on this visit, page by page."""
    kept = {
        page.slug: st.session_state.get(f"ch{page.slug[:2]}_{NAME}", "").split(".")
        for page in CONTENTS
    }
    return json.dumps({slug: names for slug, names in kept.items() if names != [""]})
