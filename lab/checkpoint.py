"""A model on disk: `model.safetensors` and `config.json` in one folder; refuses the unknown.

Beside them a run keeps `history.jsonl`, a line a check, and `result.json`, its measured figures.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as deserialise
from safetensors.torch import load_file
from safetensors.torch import save as serialise

from lab.config import GPTConfig, build
from lab.gpt import GPT
from lab.problems import Format
from lab.vocabulary import VOCABULARY

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message says which file and what is wrong with it."""


@dataclass(frozen=True)
class Checkpoint:
    """A loaded run: the model in fp32 and eval mode, without gradients, and the text it writes."""

    name: str
    model: GPT
    format: Format


def committed_runs(root: Path = CHECKPOINTS) -> list[str]:
    return sorted(p.parent.name for p in root.glob("*/config.json"))


def save(folder: Path, model: GPT, form: Format) -> None:
    """Write weights in bf16 and the configuration. Score the run on what `load` gives back."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(to_bytes(model))
    document = {"model": model.config.to_dict(), "format": asdict(form), "vocabulary": VOCABULARY}
    (folder / "config.json").write_text(json.dumps(document, indent=2) + "\n")


def to_bytes(model: GPT) -> bytes:
    """The weights in bf16, as a safetensors file."""
    return serialise(
        {n: p.detach().cpu().bfloat16().contiguous() for n, p in model.state_dict().items()}
    )


def from_bytes(name: str, data: bytes, config: GPTConfig, form: Format) -> Checkpoint:
    """A run that lies on no disk: its weights as `to_bytes` wrote them."""
    model = GPT(config)
    fill(model, deserialise(data), name)
    return Checkpoint(name, model.eval().requires_grad_(False), form)


def load(folder: Path) -> Checkpoint:
    """Read a run. `CheckpointError` if it is missing, cut short, of another shape, or unknown."""
    document = read_config(folder)
    try:
        config = GPTConfig.from_dict(document["model"])
        form = build(Format, document["format"])
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"{folder.name}/config.json: {error}") from error
    model = GPT(config)
    fill(model, read_weights(folder), folder.name)
    return Checkpoint(folder.name, model.eval().requires_grad_(False), form)


def load_run(name: str, root: Path = CHECKPOINTS) -> Checkpoint:
    """A committed run by name; an unknown name lists the known ones."""
    runs = committed_runs(root)
    if name not in runs:
        raise CheckpointError(f"no run is called {name!r}; there are: {', '.join(runs) or 'none'}")
    return load(root / name)


def read_config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError:
        raise CheckpointError(f"{folder.name}/config.json is missing") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{folder.name}/config.json is not readable JSON: {error}") from error
    if not isinstance(document, dict) or document.keys() != {"model", "format", "vocabulary"}:
        raise CheckpointError(
            f"{folder.name}/config.json must hold exactly model, format and vocabulary"
        )
    if document["vocabulary"] != VOCABULARY:
        raise CheckpointError(
            f"{folder.name} was trained on the vocabulary {document['vocabulary']!r}; "
            f"this book reads {VOCABULARY!r}"
        )
    return document


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    path = folder / "model.safetensors"
    try:
        return load_file(path)
    except FileNotFoundError:
        raise CheckpointError(f"{folder.name}/model.safetensors is missing") from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{folder.name}/model.safetensors is damaged or cut short ({error})"
        ) from error


def fill(model: GPT, weights: dict[str, torch.Tensor], name: str) -> None:
    """Put weights into a model; every tensor must be there, no other, each of the right shape."""
    wanted = model.state_dict()
    for kind, keys in (
        ("lacks", wanted.keys() - weights.keys()),
        ("has an unknown", weights.keys() - wanted.keys()),
    ):
        if keys:
            raise CheckpointError(f"{name}/model.safetensors {kind} {', '.join(sorted(keys)[:3])}")
    for key, tensor in wanted.items():
        if weights[key].shape != tensor.shape:
            raise CheckpointError(
                f"{name}/model.safetensors: {key} is {tuple(weights[key].shape)}, "
                f"config.json says {tuple(tensor.shape)}"
            )
        tensor.copy_(weights[key])
