"""Ten questions a page: what a newcomer asks, and the sentence of the page that answers it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.records import ROOT

ASKED = sorted((ROOT / "tests/questions").glob("*.md"))
QUESTION = re.compile(r"^- (.+\?)\n((?:  > .+\n?)+)", re.MULTILINE)
TO_COME = re.compile(r"to come: section (\d)")


def questions_in(text: str) -> list[tuple[str, str]]:
    """Each question with its answer; a line of an answer begins with `  > `."""
    return [
        (ask, " ".join(line.removeprefix("  > ") for line in answer.splitlines()))
        for ask, answer in QUESTION.findall(text)
    ]


def unanswered(asked: str, page: str) -> list[str]:
    """The questions whose sentence the page lacks, each with what is amiss."""
    prose, out = " ".join(page.split()), list[str]()
    for ask, answer in questions_in(asked):
        later = TO_COME.fullmatch(answer)
        if later and re.search(rf"^## {later[1]}\. ", page, re.MULTILINE):
            out.append(f"{ask} section {later[1]} has come: name its sentence")
        elif not later and " ".join(answer.split()) not in prose:
            out.append(f"{ask} the page does not say {answer!r}")
    return out


@pytest.mark.parametrize("path", ASKED, ids=lambda path: path.stem)
def test_the_page_answers_ten_questions(path: Path) -> None:
    asked = path.read_text()
    assert len(questions_in(asked)) == asked.count("\n- ") == 10
    assert unanswered(asked, (ROOT / "pages" / path.name).read_text()) == []


def test_a_sentence_that_is_gone_and_a_section_that_has_come_are_found() -> None:
    asked = "- Why?\n  > Because it\n  > is so.\n- How?\n  > to come: section 2\n"
    assert questions_in(asked) == [("Why?", "Because it is so."), ("How?", "to come: section 2")]
    assert unanswered(asked, "## 1. One\n\nBecause\nit is so.") == []
    gone, come = unanswered(asked, "## 2. Two\n\nBecause it was so.")
    assert gone == "Why? the page does not say 'Because it is so.'"
    assert come == "How? section 2 has come: name its sentence"
