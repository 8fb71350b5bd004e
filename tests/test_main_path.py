"""How long the main path of a page is: what a reader has to read who opens nothing."""

from __future__ import annotations

import ast
import re

import pytest

from components.ui.book import CONTENTS
from components.ui.chapter import sections_of
from components.ui.stamps import stamp_of
from lab.records import ROOT

MOST_WORDS = 2600
MOST_DRAWERS = 2
FOLD = re.compile(r"page\.deeper\(|st\.expander\(")
LATER = ("before_", "read")
"""Begin the names of what every page folds away: three from before, and what to read on."""

NO_PROSE = re.compile(r"```.*?```|\$\$.*?\$\$|\$[^$\n]*\$|<!--.*?-->", re.DOTALL)
"""Code, formulas, comments."""


def names_in(tree: ast.AST) -> set[str]:
    """What is said to be a part of the prose in this code: the first argument of these calls."""
    return {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"section", "prose", "text", "notice"}
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def deeper_in(code: str) -> set[str]:
    """The parts of the prose that stand under `with page.deeper(...)`."""
    found: set[str] = set()
    for block in ast.walk(ast.parse(code)):
        if isinstance(block, ast.With) and "deeper" in ast.unparse(block.items[0].context_expr):
            found |= names_in(block)
    return found


def main_path(code: str, prose: dict[str, str]) -> dict[str, int]:
    """Words of each part of a page's prose that is not folded away; of a reason its question."""
    folded = deeper_in(code)
    prose = {
        name: text.split("\n\n")[0] if name.endswith("_reason") else text
        for name, text in prose.items()
    }
    return {
        name: len(NO_PROSE.sub(" ", text).split())
        for name, text in prose.items()
        if not name.startswith(LATER)
        and not any(
            name in (f, f"{f}_why", f"{f}_notice", f"{f}_controls", f"{f}_aside") for f in folded
        )
    }


def test_the_main_path_takes_the_minutes_that_it_promises() -> None:
    """Of a page that is too long the words of all its parts, the longest first."""
    words = {entry.slug: words_of(entry.slug) for entry in CONTENTS if entry.written}
    assert len(words) > 10 and min(sum(parts.values()) for parts in words.values()) > 300
    long = {slug: parts for slug, parts in words.items() if sum(parts.values()) > MOST_WORDS}
    assert {slug: sorted(parts.items(), key=lambda x: -x[1]) for slug, parts in long.items()} == {}


def words_of(slug: str) -> dict[str, int]:
    path = ROOT / f"pages/{slug}.md"
    prose = sections_of(path, stamp_of(path))
    return main_path(path.with_suffix(".py").read_text(), prose)


def test_what_is_folded_away_is_not_counted_and_all_else_is() -> None:
    code = 'page.prose("a")\nwith page.deeper("x"):\n    page.prose("b")\n'
    prose = {
        "a": "Two words, $x + y$.\n\n$$E = mc^2$$",
        "b": "Not counted.",
        "b_why": "Nor this.",
        "before_a": "Nor that.",
        "read": "Nor that.",
        "c": "One.",
    }
    assert main_path(code, prose) == {"a": 3, "c": 1}


@pytest.mark.parametrize("slug", [entry.slug for entry in CONTENTS if entry.written])
def test_a_page_has_two_drawers_at_most(slug: str) -> None:
    """Besides its exercises, its margin notes and the questions from earlier pages; settings stand
    in a popover, also those that the chapter's own files ask for."""
    own = ROOT / f"components/ui/chapters/ch{slug[:2]}"
    code = [ROOT / f"pages/{slug}.py", *sorted(own.glob("*.py"))]
    folds = [fold for path in code for fold in FOLD.findall(path.read_text())]
    assert len(folds) <= MOST_DRAWERS
