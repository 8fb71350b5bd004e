"""Prose, labels and lab's docstrings use the field's words, not those that a term replaces.

A word may have another meaning where it stands, such as the sum of two numbers that are added. Such
uses are listed in one of the tables below, with the reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path
from textwrap import dedent
from tokenize import COMMENT, generate_tokens

import pytest

from components.ui.book import BEHIND, CONTENTS
from components.ui.claims.claim import MARK
from components.ui.glossary import FILE, glossary
from lab.records import ROOT

pytestmark = pytest.mark.core

UI = ROOT / "components/ui"
SHARED = "components/ui"
"""Whatever of the interface belongs to no page."""

ANYWHERE = {
    # what, as a pattern -> why it may stand on any page
    r"\b(?:row|column|running|weighted|plain|cross) sums?\b": "numbers are added",
    r"\bsums? to (?:one|zero|\$)": "numbers are added",
    r"\bsum (?:over|of (?:\$|exp|all weights|(?:its |the )?digits|products|waves))": "as above",
    r"\b(?:their|whose|then the|as a|is a) sum\b": "as above",
    r"\bin (?:the |its |their |his )?places? of\b": "instead of",
    r"\b(?:in|into|takes?|took|taking) (?:the )?place\b(?! of)": "where it stands; to happen",
    r"\bin the first place\b": "an idiom",
    r"\bplaces? (?:after|behind) the (?:decimal )?point\b": "digits of a fraction",
    r"\bnote (?:that|how)\b": "a verb",
}

ON_PAGE = {
    # page -> what, as it stands there -> why it may stand there
    "00_numpy_mlp": {
        "turns the table into a sum": "logarithms are added",
        "sum 0": "what the votes hand back is added",
    },
    "01_from_table_to_text": {
        "into a sum": "numbers are added",
    },
    "03_one_block": {
        "also call blocks": "what papers call a layer",
        "in that sum": "contributions are added",
    },
    "10_chain_of_thought": {
        "reads that sum": "numbers are added",
        "In the sum": "numbers are added",
        "only the sum": "numbers are added",
        "left is the sum": "numbers are added",
        "for the sum": "numbers are added",
        "0, but the sum": "numbers are added",
        "before the sum": "numbers are added",
    },
    "20_rope": {
        "place": "one of its two counts of a token",
        "Place": "as above",
        "block": "a part of a matrix",
        "a sum does not know": "values are added",
    },
    "30_curriculum": {
        "place": "of a digit: units, tens",
        "A digit of a sum": "numbers are added",
        "a digit of a sum": "numbers are added",
        "digits of sums": "numbers are added",
        "of the sums": "numbers are added",
        "most by the sums": "numbers are added",
        "those of sums": "numbers are added",
    },
    "40_kv_cache": {
        "rounding of sums": "numbers are added",
        "same machine sums": "numbers are added",
        "and of a sum": "numbers are added",
        "those of a sum": "numbers are added",
    },
    "50_flash_attention": {
        "sum": "online softmax adds its terms",
    },
    "51_attention_residuals": {
        "such a group a **block**": "what the paper calls a group of layers",
        "of these sums": "numbers are added",
    },
    "52_feature_collapse": {
        "divides by a sum": "numbers are added",
    },
    "60_mla": {
        "digit of a sum": "numbers are added",
        "into the sum after it": "numbers are added",
        "the first sum": "numbers are added",
    },
    "61_moe": {
        "place": "of a digit: units, tens",
        "by the sum of the chosen scores": "numbers are added",
    },
    "70_forward_pass_3d": {
        "is a sum of many products": "products are added",
    },
    "82_where_is_the_carry": {
        "sum": "two products are added",
        "place": "where in the network a carry may be",
    },
    "92_what_it_costs": {
        "thread": "of a processor",
        "in the sum of a long list": "numbers are added",
    },
    "93_speedrun": {
        "thread": "of a processor",
        "threads": "as above",
    },
}

IN_LAB = {
    # file of lab -> what, as it stands in a docstring or comment -> why it may stand there
    "experiments/attention_residuals_race.py": {
        "which the paper calls blocks": "what the paper calls a group of layers",
    },
    "experiments/error_book.py": {"Note after a round": "a verb"},
    "model/block.py": {"The block: in which order": "what a layer is built of"},
    "model/config.py": {
        "is built of a block": "what a layer is built of",
        "what a block reads": "as above",
        "(block sequential": "as above",
        "is called a block": "what the paper calls a group of layers",
    },
    "model/residual.py": {
        "a layer's block says": "what a layer is built of",
        "What a block asks": "as above",
    },
    "readings.py": {"it is asked": "a question"},
    "training/team.py": {"what was asked for": "a device"},
    "scene/recompute.py": {"were asked for": "for numbers"},
}

ONE_MEANING = {"layer", "contribution", "ablation", "evaluation"}
"""Terms whose old words lab has no other use for: a block is neither a place in the stack nor a
tile. Numbers are added there, digits have places and processors threads, so sums, places and
threads are not looked for."""

REPLACED = {old: term.word for term in glossary() for old in term.instead_of}
OLD = re.compile(
    r"(?<![\w-])(?:"
    + "|".join(re.escape(old).replace(r"\ ", r"\s+") for old in sorted(REPLACED, reverse=True))
    + r")(?![\w-])",
    re.IGNORECASE,
)
NO_PROSE = re.compile(
    r"<!--.*?-->|<[^>]*>|```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|(?<=\])\([^)\s]*\)|"
    + MARK.pattern,
    re.DOTALL,
)
"""Names of sections, tags, code, formulas, where links lead, figures to be filled in."""


def files_of(name: str) -> list[Path]:
    """What a reader of this page reads."""
    if name == "home":
        return [ROOT / "pages/home.md", ROOT / "Home.py", UI / "home.py"]
    own = [ROOT / f"pages/{name}.md", ROOT / f"pages/{name}.py"]
    if name == "94_glossary":
        return [*own, FILE]
    return [*own, *sorted((UI / f"chapters/ch{name[:2]}").glob("*.py"))]


@cache
def units() -> dict[str, str]:
    """All that is read, by the page that it belongs to."""
    pages = ["home", *(entry.slug for entry in (*CONTENTS, *BEHIND) if entry.written)]
    files = {name: files_of(name) for name in pages}
    taken = {path for paths in files.values() for path in paths}
    files[SHARED] = sorted({*UI.rglob("*.py")} - taken)
    return {name: "\n".join(map(read, paths)) for name, paths in files.items()}


def read(path: Path) -> str:
    if path.suffix == ".md":
        return NO_PROSE.sub(" ", path.read_text())
    if path == FILE:
        return "\n".join(term.means for term in glossary())
    return "\n".join(NO_PROSE.sub(" ", label) for label in labels(ast.parse(path.read_text())))


def labels(tree: ast.AST) -> Iterator[str]:
    """What code says to a reader: texts of several words or with a capital, but no docstring, no
    error and no name of a constant."""
    if (
        isinstance(tree, ast.Raise)
        or (isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Constant))
        or (isinstance(tree, ast.keyword) and tree.arg == "known")
    ):
        return
    text = text_of(tree)
    if text is None:
        for child in ast.iter_child_nodes(tree):
            yield from labels(child)
    elif " " in text.strip() or text[:1].isupper():
        yield text


def text_of(node: ast.AST) -> str | None:
    """A string, or what of an f-string stands in the code."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "0" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def replaced_in(text: str, allowed: dict[str, str] | None = None) -> list[str]:
    """Words that have one of the field's in their place, each with what stands around it."""
    for fragment in allowed or {}:
        text = text.replace(fragment, " ")
    for pattern in ANYWHERE:
        text = re.sub(pattern, " ", text, flags=re.IGNORECASE)
    return [f"{term_for(old[0])}: {around(text, *old.span())}" for old in OLD.finditer(text)]


def term_for(old: str) -> str:
    return REPLACED[" ".join(old.lower().split())]


def around(text: str, start: int, end: int) -> str:
    return " ".join(text[max(0, start - 30) : end + 30].split())


def found() -> dict[str, list[str]]:
    return {name: replaced_in(text, ON_PAGE.get(name)) for name, text in units().items()}


NAMED = re.compile(r"`[^`]*`|\bblocks\.\d[\w.]*")
"""Code in a docstring, and parameters and activations by their names."""


@cache
def comments_of_lab() -> dict[str, str]:
    """The docstrings and comments of every file, by its path in lab."""
    lab = ROOT / "lab"
    return {
        str(path.relative_to(lab)): NAMED.sub(" ", "\n".join(comments(path.read_text())))
        for path in sorted(lab.rglob("*.py"))
    }


def comments(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Expr) and (text := text_of(node.value)) is not None:
            yield text
    for token in generate_tokens(StringIO(code).readline):
        if token.type == COMMENT:
            yield token.string


def old_in_lab(text: str, allowed: dict[str, str] | None = None) -> list[str]:
    return [old for old in replaced_in(text, allowed) if old.partition(":")[0] in ONE_MEANING]


def test_prose_and_labels_use_the_fields_words() -> None:
    assert {name: old for name, old in found().items() if old} == {}


def test_docstrings_and_comments_of_lab_use_the_fields_words() -> None:
    texts = comments_of_lab().items()
    old = {name: old_in_lab(text, IN_LAB.get(name)) for name, text in texts}
    assert {name: words for name, words in old.items() if words} == {}


def test_what_a_file_of_lab_is_allowed_stands_there() -> None:
    texts = comments_of_lab()
    gone = [
        (name, fragment)
        for name, fragments in IN_LAB.items()
        for fragment in fragments
        if fragment not in texts[name]
    ]
    assert gone == []


def test_what_a_page_is_allowed_stands_there() -> None:
    gone = [
        (name, fragment)
        for name, fragments in ON_PAGE.items()
        for fragment in fragments
        if fragment not in units()[name]
    ]
    assert gone == []


def test_a_word_is_found_where_it_is_read_and_nowhere_else() -> None:
    assert replaced_in("Type a sum.\nSums of two\ndigits") == [
        "problem: Type a sum. Sums of two digits",
        "problem: Type a sum. Sums of two digits",
    ]
    assert replaced_in("a row sum, a summary, block-diagonal, in place of it") == []
    assert replaced_in("a strange price", {"strange price": "an example"}) == []
    assert NO_PROSE.sub(" ", "<!-- sum -->`sum` $sum$ [a](sum) {calc:sum}").split() == ["[a]"]
    code = """
        "A sum."
        raise ValueError("no sum")
        page.section("sum")
        st.write(f"The {n} sums", "Sum", key="a_sum")
    """
    assert [*labels(ast.parse(dedent(code)))] == ["The 0 sums", "Sum"]


def test_a_tile_or_a_layer_that_lab_calls_a_block_is_found() -> None:
    code = """
        x = "a block"  # softmax block by block
        '''What leaves block 0, a sum of notes: `block`, blocks.0.q.'''
    """
    text = NAMED.sub(" ", "\n".join(comments(dedent(code))))
    found = [old.partition(":")[0] for old in old_in_lab(text)]
    assert found == ["layer", "contribution", "layer", "layer"]
