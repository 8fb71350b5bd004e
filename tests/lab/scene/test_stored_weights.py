"""The weights of a scene from the file of a run, without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError

from lab.records import ROOT
from lab.scene.build import scene, weights_of
from lab.scene.manifest import Manifest
from lab.scene.stored_weights import blob_of, in_float32
from lab.training.checkpoint import CHECKPOINTS, load_run

RUNS = ("times_table_small", "mla_moe_before", "unordered_small", "reach_coupled")


def file_of(run: str) -> Path:
    return CHECKPOINTS / run / "model.safetensors"


def manifest_of(run: str) -> tuple[Manifest, bytes]:
    weights = weights_of(load_run(run).model)
    made = scene(load_run(run).model, "7*8=", run=run, weights=weights)
    return made.manifest, weights.blob


@pytest.mark.parametrize("run", RUNS)
def test_the_bytes_are_those_that_the_model_gives(run: str) -> None:
    manifest, blob = manifest_of(run)
    assert blob_of(file_of(run), manifest) == blob


def test_weights_of_another_run_are_refused_and_so_is_a_file_cut_short(tmp_path: Path) -> None:
    manifest, _ = manifest_of("times_table_small")
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(file_of("times_table_small").read_bytes()[:-100])
    with pytest.raises(SafetensorError):
        blob_of(cut, manifest)
    flipped = tmp_path / "flipped.safetensors"
    data = bytearray(file_of("times_table_small").read_bytes())
    data[-1] ^= 1  # the exponent of the last number
    flipped.write_bytes(data)
    with pytest.raises(ValueError, match="other weights than the scene was made of"):
        blob_of(flipped, manifest)
    with pytest.raises(OSError):
        blob_of(tmp_path / "missing.safetensors", manifest)


def test_each_type_of_number_is_read_as_it_is_and_another_is_refused() -> None:
    values = np.array([1.5, -0.25, 0.0], np.float32)
    stored = {
        "F32": values.tobytes(),
        "F16": values.astype(np.float16).tobytes(),
        "BF16": (values.view(np.uint32) >> 16).astype(np.uint16).tobytes(),
    }
    for kind, data in stored.items():
        assert np.array_equal(in_float32({"dtype": kind, "data": data}), values), kind
    with pytest.raises(ValueError, match="I64, which is none of"):
        in_float32({"dtype": "I64", "data": b""})


def test_it_needs_no_torch() -> None:
    script = (
        "import sys; sys.modules['torch'] = None; import lab.scene.stored_weights, "
        "lab.scene.prompt, lab.scene.recompute, lab.scene.paths"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
