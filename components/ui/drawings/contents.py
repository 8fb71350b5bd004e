"""The sections of a page, and which of them is in view: a list for the sidebar."""

from __future__ import annotations

from collections.abc import Sequence

from components.ui.drawings.drawing import digest, drawing

HTML = """
<nav class="drawing contents" aria-label="Sections of this page"><ol></ol></nav>
"""

component = drawing("page_contents", "contents", HTML)


def show_contents(key: str, titles: Sequence[str]) -> None:
    """A line a section; its heading on the page says the same words. A click goes there."""
    data = {"titles": list(titles)}
    component(data=data | {"digest": digest(data)}, key=key)
