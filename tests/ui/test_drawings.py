"""The scripts of the drawings: their tests are fed what lab makes, and a missing build is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from drawing_cases import CASES, FOLDER, path_of
from streamlit.components.v2.component_path_utils import ComponentPathUtils

from components.threejs_viewer import DIST
from components.ui.drawings import drawing


def equal(kept: object, made: object) -> bool:
    """Numbers of another machine may differ in their last bits."""
    if isinstance(kept, dict) and isinstance(made, dict):
        return kept.keys() == made.keys() and all(equal(kept[k], made[k]) for k in kept)
    if isinstance(kept, list) and isinstance(made, list):
        return len(kept) == len(made) and all(map(equal, kept, made))
    if isinstance(kept, float) and isinstance(made, float):
        return kept == pytest.approx(made, rel=1e-9, abs=1e-12)
    return type(kept) is type(made) and kept == made


@pytest.mark.parametrize("name", CASES)
def test_the_committed_cases_are_what_lab_makes(name: str) -> None:
    made = json.loads(json.dumps(CASES[name]()))
    assert equal(json.loads(path_of(name).read_text()), made), (
        "run `python tests/ui/drawing_cases.py`"
    )


def test_no_case_is_left_over() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(CASES)


@pytest.mark.parametrize("path", sorted((DIST / "drawings").iterdir()), ids=lambda path: path.name)
def test_streamlit_takes_a_built_file_for_its_text(path: Path) -> None:
    text = drawing.built(path.name)
    assert text.endswith(path.read_text("utf-8"))
    assert ComponentPathUtils.looks_like_inline_content(text)


def test_a_missing_build_says_how_to_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "DRAWINGS", Path("/nowhere"))
    with pytest.raises(FileNotFoundError, match="npm ci && npm run build"):
        drawing.drawing("clocks", "clocks", "<div></div>")
