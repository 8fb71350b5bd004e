"""The scripts of the drawings: their tests are fed what lab makes, and a missing build is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from drawing_cases import FOLDER, TESTS, cases, equal, path_of
from streamlit.components.v2.component_path_utils import ComponentPathUtils

from components.threejs_viewer import DIST, FRONTEND
from components.ui.drawings import drawing

FACES = Path(drawing.__file__).parent


def test_the_committed_cases_are_what_lab_makes() -> None:
    differ = [
        name
        for name, case in cases().items()
        if not equal(json.loads(path_of(name).read_text()), json.loads(json.dumps(case())))
    ]
    assert differ == [], "run `python tests/ui/drawing_cases.py`"


def test_no_case_is_left_over() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(cases())


def test_every_drawing_of_the_folder_has_its_tests_a_script_and_a_style_sheet() -> None:
    """And so a case, which a file of tests must have; nothing is left of one that is gone."""
    faces = {path.stem for path in FACES.glob("*.py") if "component = drawing(" in path.read_text()}
    assert len(faces) > 20
    assert {path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")} == faces
    assert {name.partition("_")[0] for name in cases()} == faces
    sources = FRONTEND / "src" / "drawings"
    assert {path.stem for path in sources.glob("*.ts")} == faces
    assert {path.stem for path in sources.glob("*.css")} == faces


def test_streamlit_takes_a_built_file_for_its_text() -> None:
    built = sorted((DIST / "drawings").iterdir())
    texts = {path.name: drawing.built(path.name) for path in built}
    assert (
        texts and [p.name for p in built if not texts[p.name].endswith(p.read_text("utf-8"))] == []
    )
    inline = ComponentPathUtils.looks_like_inline_content
    assert [name for name, text in texts.items() if not inline(text)] == []


def test_a_missing_build_says_how_to_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "DRAWINGS", Path("/nowhere"))
    with pytest.raises(FileNotFoundError, match="npm ci && npm run build"):
        drawing.drawing("clocks", "clocks", "<div></div>")


def test_what_a_drawing_sent_as_it_left_the_page_is_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drawing.st, "session_state", {"here": {"query": [1, 2]}})
    assert drawing.sent_by("here", "query") == [1, 2]
    assert drawing.sent_by("here", "pull") is None
    assert drawing.sent_by("gone", "query") is None
