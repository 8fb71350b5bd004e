"""The weights of a scene straight from the file of a run: the same bytes that `build.weights_of`
packs, for a reader who only looks, without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import deserialize

from lab.scene.manifest import FINER, Manifest, digest_of


def blob_of(file: Path, manifest: Manifest) -> bytes:
    """Laid out as the manifest says.

    Raises `ValueError` if these are other weights than those that the scene was made of, `OSError`
    or `SafetensorError` if the file cannot be read, `LookupError` if it lacks a tensor.
    """
    stored = dict(deserialize(file.read_bytes()))
    entries = [entry for entry in manifest["tensors"] if entry["kind"] == "weight"]
    halves, rests = list[bytes](), list[bytes]()
    for entry in entries:
        whole = in_float32(stored[entry["name"]]) * np.float32(1 / entry["scale"])
        half = whole.astype(np.float16)
        halves.append(half.tobytes())
        if entry["rest"] is not None:
            rests.append(((whole - half) * np.float32(FINER)).astype(np.float16).tobytes())
    blob = b"".join([*halves, *rests])
    if digest_of(entries, blob) != manifest["weights_digest"]:
        raise ValueError(f"{file} holds other weights than the scene was made of")
    return blob


def in_float32(tensor: dict[str, Any]) -> NDArray[np.float32]:
    """Of bf16, float16 or float32. `ValueError` for another type."""
    kind, data = tensor["dtype"], tensor["data"]
    if kind == "BF16":  # the upper half of a float32
        return (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32)
    if kind in ("F16", "F32"):
        return np.frombuffer(data, np.float16 if kind == "F16" else np.float32).astype(np.float32)
    raise ValueError(f"weights are stored as {kind}, which is none of BF16, F16, F32")
