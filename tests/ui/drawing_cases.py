"""What the front end's tests of the drawings are fed: what a page sends, and what lab makes of it.

Each drawing has a file of tests in `drawings` beside this one, and what that calls CASES is found
here. `python tests/ui/drawing_cases.py` writes a file for each case to
components/threejs_viewer/frontend/test/drawings/fixtures: the HTML of the drawing, its data as they
travel, and the numbers that the browser should come to.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

HERE = Path(__file__).resolve().parent
if str(ROOT := HERE.parents[1]) not in sys.path:
    sys.path.insert(0, str(ROOT))

from components.threejs_viewer import FRONTEND  # noqa: E402

FOLDER = FRONTEND / "test" / "drawings" / "fixtures"
TESTS = HERE / "drawings"

Case = dict[str, Any]


def case(module: ModuleType, show: Callable[[], None], expected: object) -> Case:
    """`show` calls the drawing as a page does. A digest changes with the last bit of a float."""
    sent: list[dict[str, Any]] = []
    with patch.object(module, "component", lambda data, **_: sent.append(data)):
        show()
    (data,) = sent
    return {"html": module.HTML, "data": data | {"digest": "as first sent"}, "expected": expected}


def cases() -> dict[str, Callable[[], Case]]:
    """By name: that of the drawing, or, where it has several, NAME_other."""
    return {name: made for module in modules() for name, made in module.CASES.items()}


def modules() -> Iterator[ModuleType]:
    for path in sorted(TESTS.glob("test_*.py")):
        spec = spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


def equal(kept: object, made: object) -> bool:
    """Numbers of another machine may differ in their last bits."""
    if isinstance(kept, dict) and isinstance(made, dict):
        return kept.keys() == made.keys() and all(equal(kept[k], made[k]) for k in kept)
    if isinstance(kept, list) and isinstance(made, list):
        return len(kept) == len(made) and all(map(equal, kept, made))
    if isinstance(kept, float) and isinstance(made, float):
        return math.isclose(kept, made, rel_tol=1e-9, abs_tol=1e-12)
    return type(kept) is type(made) and kept == made


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True, parents=True)
    for name, made in cases().items():
        path_of(name).write_text(json.dumps(made()) + "\n")
