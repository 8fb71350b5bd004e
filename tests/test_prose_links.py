"""A link in the prose leads to a page of the book, and a file that is named to read is there."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from components.ui.book import BEHIND, CONTENTS
from lab.records import ROOT

pytestmark = pytest.mark.core

ADDRESSES = {entry.url for entry in [*CONTENTS, *BEHIND] if entry.written}
LINK = re.compile(r"(?<!\\)\[[^\]]+\]\(([^)\s]+)\)")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "pages").glob("*.md"))]


def leads_nowhere(link: str, root_is_book: bool) -> bool:
    """Whether a link that names no other site leads to no page, or to no file of the repository."""
    parts = urlsplit(link)
    if parts.scheme in ("http", "https"):
        return not parts.netloc
    if not root_is_book:
        return not (ROOT / parts.path).exists()
    return parts.path not in ADDRESSES


def test_every_link_leads_somewhere() -> None:
    found = [
        (path.name, link, path.parent.name == "pages")
        for path in DOCUMENTS
        for link in LINK.findall(re.sub(r"\$[^$]*\$|`[^`]*`", "", path.read_text()))
    ]
    assert len(found) > 100 and any(link == "chain_of_thought" for _, link, _ in found)
    assert [(name, link) for name, link, book in found if leads_nowhere(link, book)] == []


def test_a_page_that_is_not_there_is_found() -> None:
    links = ["ropes", "rope", "https://", "mailto:a@b", "rope?x=1"]
    assert [link for link in links if leads_nowhere(link, True)] == [
        "ropes",
        "https://",
        "mailto:a@b",
    ]
    assert leads_nowhere("NOWHERE.md", False) and not leads_nowhere("README.md", False)
