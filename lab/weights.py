"""Which weights a run has, told without loading them, and that they cannot be used."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message says which file and what is wrong with it."""


def fingerprint(folder: Path) -> str:
    """The digest of the weights in the folder of a run."""
    return digest((folder / "model.safetensors").read_bytes())


def digest(file: bytes) -> str:
    """Sixteen hex digits that tell a file of weights from any other."""
    return blake2b(file).hexdigest()[:16]
