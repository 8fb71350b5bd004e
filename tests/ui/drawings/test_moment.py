"""components.ui.drawings.moment: what the button copies."""

from __future__ import annotations

from unittest.mock import Mock, patch
from urllib.parse import parse_qs, urlsplit

from drawing_cases import Case, case

from components.ui.drawings import moment

PAGE = "https://book.example/chain_of_thought?ch10_a=1&ch10_forge_guess=more#below"


def a_state() -> Case:
    def show() -> None:
        with patch.object(moment.st, "context", Mock(url=PAGE)):
            moment.share_moment("k", "It writes **1786**, `8` changed.", "forge", ch10_a=37)

    return case(moment, show, None)


CASES = {"moment": a_state}


def test_a_sentence_and_the_link_to_its_section_are_copied_and_no_guess() -> None:
    said, link = a_state()["data"]["text"].split("\n")
    assert said == "It writes 1786, 8 changed."
    parts = urlsplit(link)
    assert (parts.netloc, parts.path, parts.fragment) == ("book.example", "/chain_of_thought", "")
    assert parse_qs(parts.query) == {"at": ["forge"], "ch10_a": ["37"]}
