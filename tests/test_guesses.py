"""The guesses of the book, as its code has them: every chapter page has one that is dragged, and
one behind which a reader is asked why."""

from __future__ import annotations

import ast

from components.ui.book import CONTENTS, PAGES
from components.ui.chapter import sections_of
from components.ui.stamps import stamp_of
from lab.records import ROOT

CHAPTERS = [entry.slug for entry in CONTENTS if entry.written]


def guesses_of(slug: str) -> list[tuple[str, ast.Call]]:
    """Of a page's code the name of each guess, its section's unless it says another."""
    found = []
    for function in ast.walk(ast.parse((PAGES / f"{slug}.py").read_text())):
        if not isinstance(function, ast.FunctionDef):
            continue
        sections = [
            str(ast.literal_eval(mark.args[0]))
            for mark in function.decorator_list
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "page.section"
        ]
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "page.guess":
                names = [k.value for k in call.keywords if k.arg == "name"]
                name = str(ast.literal_eval(names[0])) if names else "".join(sections)
                found.append((name, call))
    return found


def made_of(slug: str, frame: ast.expr) -> str:
    """The class of a frame: what the page's `worked.py` assigns to its name, or its function says
    that it returns."""
    name = ast.unparse(frame.func if isinstance(frame, ast.Call) else frame).split(".")[-1]
    path = ROOT / f"components/ui/chapters/ch{slug[:2]}/worked.py"
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name == name and node.returns:
            return ast.unparse(node.returns)
        if (
            isinstance(node, ast.Assign)
            and name in map(ast.unparse, node.targets)
            and isinstance(node.value, ast.Call)
        ):
            return ast.unparse(node.value.func)
    return "unknown"


def kinds_of(slug: str) -> list[str]:
    """ "Dragged", "Picked" or, without a frame, "pills", for each guess of a page."""
    return [
        next((made_of(slug, k.value) for k in call.keywords if k.arg == "frame"), "pills")
        for _, call in guesses_of(slug)
    ]


def test_every_guess_is_of_a_known_kind_and_every_chapter_has_one_that_is_dragged() -> None:
    kinds = {slug: kinds_of(slug) for slug in CHAPTERS}
    assert sum(map(len, kinds.values())) > 80
    assert {kind for found in kinds.values() for kind in found} == {"Dragged", "Picked", "pills"}
    assert [slug for slug, found in kinds.items() if "Dragged" not in found] == []


def test_once_a_page_a_guess_asks_why() -> None:
    asked = {}
    for slug in CHAPTERS:
        path = PAGES / f"{slug}.md"
        parts = sections_of(path, stamp_of(path))
        reasons = [name.removesuffix("_reason") for name in parts if name.endswith("_reason")]
        names = [name for name, _ in guesses_of(slug)]
        asked[slug] = [name in names for name in reasons]
        for name in reasons:
            question, answer = parts[f"{name}_reason"].split("\n\n", 1)
            assert question.startswith("Why ") and question.endswith("?") and len(answer) > 80
    assert {slug: found for slug, found in asked.items() if found != [True]} == {}
