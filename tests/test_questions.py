"""Ten questions a page: what a newcomer asks, and the section of the page that answers it.

A sentence may be put better without a word here. Whether the section still answers the question is
for whoever reviews it to say.
"""

from __future__ import annotations

import re

from lab.records import ROOT

ASKED = sorted((ROOT / "tests/questions").glob("*.md"))
QUESTION = re.compile(r"^- (.+\?)\n  > (.+)$", re.MULTILINE)
TO_COME = re.compile(r"to come: section (\d)")
OPENING = "opening"
"""What stands before the first heading."""


def sections_in(page: str) -> list[str]:
    """The headings of a page as its prose has them, and its opening if something stands there."""
    before, *rest = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    said = re.sub(r"<!--.*?-->", "", before).strip()
    return [*([OPENING] if said else []), *rest[::2]]


def unanswered(asked: str, page: str) -> list[str]:
    """The questions whose section the page lacks, each with what is amiss."""
    sections, out = sections_in(page), list[str]()
    for ask, where in QUESTION.findall(asked):
        later = TO_COME.fullmatch(where)
        if later and any(section.startswith(f"{later[1]}. ") for section in sections):
            out.append(f"{ask} section {later[1]} has come: name it")
        elif not later and where not in sections:
            out.append(f"{ask} the page has no section {where!r}")
    return out


def test_ten_different_questions_are_asked_of_a_page() -> None:
    asked = {path.stem: path.read_text() for path in ASKED}
    found = {page: {ask for ask, _ in QUESTION.findall(text)} for page, text in asked.items()}
    assert len(asked) == 21
    assert {page for page, text in asked.items() if text.count("\n- ") != 10} == set()
    assert {page: len(asks) for page, asks in found.items() if len(asks) != 10} == {}


def test_a_section_of_the_page_answers_each_question() -> None:
    amiss = {
        path.stem: unanswered(path.read_text(), (ROOT / "pages" / path.name).read_text())
        for path in ASKED
    }
    assert amiss and {page: questions for page, questions in amiss.items() if questions} == {}


def test_a_section_that_is_gone_or_has_another_name_and_one_that_has_come_are_found() -> None:
    asked = "- Why?\n  > 1. One\n- How?\n  > to come: section 2\n- Who?\n  > opening\n"
    assert unanswered(asked, "<!-- opening -->\nI.\n<!-- one -->\n## 1. One\n\nIt is.") == []
    gone, come, silent = unanswered(asked, "<!-- opening -->\n## 2. Two\n\nAs it was.")
    assert gone == "Why? the page has no section '1. One'"
    assert come == "How? section 2 has come: name it"
    assert silent == "Who? the page has no section 'opening'"
