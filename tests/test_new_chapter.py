"""A chapter begun by the tool runs as it stands, in forty lines, and nothing is written over."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab.records import ROOT
from tests.test_field_words import read, replaced_in
from tools.new_chapter import begin

SLUG = "95_example"
RUN = f"""
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("pages/{SLUG}.py", default_timeout=60)
app.query_params["reveal"] = "1"
app.run()
assert not app.exception, app.exception
assert app.title[0].value == "Example"
assert "The answer: **97 in 100**" in " ".join(element.value for element in app.markdown)
app.slider(key="ch95_errors").set_value(3).run()
assert not app.exception, app.exception
import components
print(components.__path__)
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """What a page needs, without weights and records."""
    for folder in ("components", "lab", "pages", "records"):
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    return tmp_path


def test_a_new_chapter_runs_and_is_forty_lines(book: Path) -> None:
    written = begin(SLUG, book)
    assert len((book / "pages" / f"{SLUG}.py").read_text().splitlines()) <= 40
    for path in written:
        if path.suffix == ".py":
            ast.parse(path.read_text())
    here = {**os.environ, "PYTHONPATH": str(book)}
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=book, env=here, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert str(book) in done.stdout


def test_a_new_chapter_uses_the_fields_words(book: Path) -> None:
    written = [path for path in begin(SLUG, book) if path.name != "book.py"]
    assert {path.name: old for path in written if (old := replaced_in(read(path)))} == {}


def test_a_chapter_that_is_there_is_not_written_over(book: Path) -> None:
    begin(SLUG, book)
    listed = (book / "components" / "ui" / "book.py").read_text()
    assert listed.count(SLUG) == 1
    page = book / "pages" / f"{SLUG}.py"
    page.write_text("# mine\n")
    with pytest.raises(ValueError, match="is there already"):
        begin(SLUG, book)
    assert page.read_text() == "# mine\n"


def test_a_name_that_is_no_pages_is_refused(tmp_path: Path) -> None:
    for slug in ("example", "9_example", "95", "95_Example", "95_a-b", "95_"):
        with pytest.raises(ValueError, match="such as 95_example"):
            begin(slug, tmp_path)
        assert not list(tmp_path.iterdir()), slug
