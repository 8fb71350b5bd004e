"""The scenes that the front end is tested with, and the lines of NumPy that it writes for them."""

from __future__ import annotations

import base64
import json
import math
import re
from typing import Any, get_args

import numpy as np
import pytest
from viewer_scenes import CONFIGS, FOLDER, exported, path_of, scene_of

from components.threejs_viewer import FRONTEND
from lab.model.config import LAYER_PARTS, PART_KINDS
from lab.model.rules import OPERATIONS, Function
from lab.records import ROOT
from lab.scene.recompute import Reader, recompute_cell

HALF = 2.0**-10


def read(name: str) -> dict[str, Any]:
    return json.loads(path_of(name).read_text())


def numbers(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_committed_scenes_are_what_lab_makes(name: str) -> None:
    kept, made = read(name), exported(name)
    assert kept["manifest"] == json.loads(json.dumps(made["manifest"])), (
        "run `python tests/lab/viewer_scenes.py`"
    )
    for blob, kind, slack in (
        ("weights", "<f2", HALF),
        ("activations", "<f2", 2 * HALF),
        ("recomputed", "<f8", 8 * HALF),
    ):
        old, new = (numbers(x[blob], kind).astype(np.float64) for x in (kept, made))
        finite = np.isfinite(new)
        assert np.array_equal(np.isfinite(old), finite)
        assert np.allclose(old[finite], new[finite], rtol=slack, atol=1e-3 * abs(new[finite]).max())


@pytest.mark.parametrize("name", CONFIGS)
def test_every_line_of_numpy_gives_the_cell_that_it_stands_beside(name: str) -> None:
    kept, manifest = read(name), read(name)["manifest"]
    blobs: dict[Any, bytes] = {
        "weight": base64.b64decode(kept["weights"]),
        "activation": base64.b64decode(kept["activations"]),
    }
    reader = Reader(manifest, blobs)
    tensors = {e["name"]: reader.read(e["name"]) for e in manifest["tensors"]}
    lines = json.loads((FOLDER / f"{name}.numpy.json").read_text())
    assert {line["name"] for line in lines} == set(tensors)
    for line in lines:
        place = np.unravel_index(line["index"], tensors[line["name"]].shape)
        expected = recompute_cell(manifest, blobs, line["name"], [int(i) for i in place])
        names = {"np": np, "math": math, "A": tensors, "W": tensors, "G": manifest["given"]}
        value = eval(line["line"], names)
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-12), line


def test_every_line_for_models_that_are_not_built_yet_gives_its_numbers() -> None:
    """A cell, a row along the last axis or the whole of a tensor, as ops.test.ts writes them."""
    kept = json.loads((FOLDER / "handmade.numpy.json").read_text())
    tensors = {name: np.array(x, dtype=float) for name, x in kept["tensors"].items()}
    for line in kept["lines"]:
        names = {"np": np, "math": math, "A": tensors, "W": tensors, "G": kept["given"]}
        value, expected = eval(line["line"], names), np.array(line["value"], dtype=float)
        assert np.shape(value) == expected.shape, line
        assert np.allclose(value, expected, rtol=1e-9, atol=1e-12), line


@pytest.mark.parametrize("part", ["position", "block", "attention", "ffn", "residual"])
def test_the_front_end_is_tried_on_every_kind_of_every_part(part: str) -> None:
    """A new kind goes through TypeScript when it has a scene here."""
    places = [x for c in CONFIGS.values() for x in (c.layers if part in LAYER_PARTS else [c])]
    shown = {type(getattr(place, part)) for place in places}
    assert shown == set(PART_KINDS[part].values())


def operations(document: dict[str, Any]) -> set[str]:
    nested = (operations(x) for x in document["of"] if isinstance(x, dict))
    return {document["op"]}.union(*nested)


def test_together_the_scenes_hold_every_operation() -> None:
    rules = [e["rule"] for name in CONFIGS for e in scene_of(name).manifest["tensors"] if e["rule"]]
    assert set().union(*map(operations, rules)) == set(OPERATIONS)


def test_python_and_typescript_interpret_the_same_operations_and_functions() -> None:
    """One file an operation on each side, and in `map` one line a function."""
    here, there = ROOT / "lab" / "scene" / "ops", FRONTEND / "src" / "viewer" / "ops"
    beside = {"__init__", "table", "index"}
    assert {p.stem for p in here.glob("*.py")} - beside == set(OPERATIONS)
    assert {p.stem for p in there.glob("*.ts")} - beside == set(OPERATIONS)
    table = (there / "map.ts").read_text().split("FUNCTIONS", 1)[1].split("\n};", 1)[0]
    assert set(re.findall(r"^  (\w+)(?::|\()", table, re.MULTILINE)) == set(get_args(Function))
