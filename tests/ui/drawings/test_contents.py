"""components.ui.drawings.contents: the titles travel in the order of the page."""

from __future__ import annotations

from drawing_cases import Case, case

from components.ui.drawings import contents


def two_sections() -> Case:
    return case(contents, lambda: contents.show_contents("k", ["1. One", "2. Two"]), None)


CASES = {"contents": two_sections}


def test_the_titles_travel_in_the_order_of_the_page() -> None:
    assert two_sections()["data"]["titles"] == ["1. One", "2. Two"]
