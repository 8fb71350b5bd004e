"""The sidebar: every page once, in a group; the open one's group is open and lists its sections."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.ui.book import BEHIND, CONTENTS, GROUPS
from components.ui.sidebar import UNKNOWN, titles_of
from lab.records import ROOT

WRITTEN = [page for page in CONTENTS if page.written]


@pytest.fixture(scope="module")
def app() -> AppTest:
    """A page through the router."""
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=300).run()
    return app.switch_page("pages/60_mla.py").run()


def links(block: Any) -> list[str]:
    return [element.proto.label for element in block.get("page_link")]


def test_the_groups_hold_every_chapter_in_the_order_of_the_book() -> None:
    assert [page for pages in GROUPS.values() for page in pages] == list(CONTENTS)
    assert all(len(pages) > 1 for pages in GROUPS.values())


def test_every_page_has_one_link_under_its_group_and_none_has_a_number(app: AppTest) -> None:
    assert not app.exception
    (book, *pages) = links(app.sidebar)
    assert book == "**The White-Box Transformer**"
    assert pages == [page.title for page in (*WRITTEN, *BEHIND)]
    folds = {fold.label: links(fold) for fold in app.sidebar.expander}
    assert folds == {
        name: [page.title for page in group if page.written] for name, group in GROUPS.items()
    }
    assert not [label for label in (*folds, *pages) if re.search(r"\b\d+\b(?!D)", label)]


def test_the_open_pages_group_alone_is_open_and_its_sections_are_listed(app: AppTest) -> None:
    opened = [fold.label for fold in app.sidebar.expander if fold.proto.expanded]
    assert opened == ["Architecture"]
    (listed,) = app.sidebar.get("bidi_component")
    prose = ROOT / "pages/60_mla.md"
    assert json.loads(listed.proto.json)["titles"] == titles_of(prose, prose.stat().st_mtime)


def test_the_titles_are_those_of_the_prose_a_number_that_is_worked_out_left_open() -> None:
    wrong = {}
    for page in WRITTEN:
        titles = titles_of(page.prose, page.prose.stat().st_mtime)
        if not titles or any("{" in title for title in titles):
            wrong[page.slug] = titles
    assert wrong == {}
    loud = titles_of(ROOT / "pages/03_one_block.md", 0)
    assert f"2. How loud is {UNKNOWN} times as loud?" in loud


def test_a_figure_alone_has_no_sidebar() -> None:
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=300)
    app.query_params["figure"] = "kinds"
    assert not links(app.run().sidebar)
