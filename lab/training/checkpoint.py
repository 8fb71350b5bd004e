"""A model on disk: `model.safetensors` and `config.json` in one folder; refuses the unknown.

Beside them a run keeps `history.jsonl`, a line a check, and `result.json`, its measured figures.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from reprlib import repr as shown
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as deserialise
from safetensors.torch import load_file
from safetensors.torch import save as serialise

from lab.data.problems import Format
from lab.data.vocabulary import VOCABULARY
from lab.fields import build, object_of
from lab.model.config import GPTConfig
from lab.model.cost import parameters_of
from lab.model.gpt import GPT
from lab.records import ROOT
from lab.training.exchange import settle, settle_all
from lab.weights import CheckpointError, fingerprint

CHECKPOINTS = ROOT / "checkpoints"

FILES = ("model.safetensors", "config.json", "history.jsonl", "result.json")
"""Of a run."""

MOST_PARAMETERS = 100_000_000
"""Twenty times the book's model."""


@dataclass(frozen=True)
class Checkpoint:
    """A loaded run: the model in fp32 and eval mode, without gradients, and the text it writes."""

    name: str
    model: GPT
    format: Format


def committed_runs(root: Path = CHECKPOINTS) -> list[str]:
    settle_all(root, FILES)
    return sorted(p.parent.name for p in root.glob("*/config.json"))


def save(folder: Path, model: GPT, form: Format) -> None:
    """Write weights in bf16 and the configuration. Score the run on what `load` gives back."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(to_bytes(model))
    document = {"model": model.config.to_dict(), "format": asdict(form), "vocabulary": VOCABULARY}
    (folder / "config.json").write_text(json.dumps(document, indent=2) + "\n")


def to_bytes(model: GPT, about: dict[str, str] | None = None) -> bytes:
    """The state as a safetensors file: weights in bf16, buffers as they are.

    `about` stands in its metadata.
    """
    state = {name: x.detach().cpu() for name, x in model.state_dict().items()}
    weights = {name for name, _ in model.named_parameters()}
    return serialise(
        # Half the bytes in a history that keeps all versions; scores are of the rounded weights.
        {n: (x.bfloat16() if n in weights else x).contiguous() for n, x in state.items()},
        metadata=about,
    )


def from_bytes(name: str, data: bytes, config: GPTConfig, form: Format) -> Checkpoint:
    """A run that lies on no disk: its weights as `to_bytes` wrote them."""
    try:
        weights = deserialise(data)
    except SafetensorError as error:
        raise CheckpointError(
            f"the weights of {name} are damaged or cut short ({error})"
        ) from error
    return Checkpoint(name, filled(config, weights, name, "its configuration"), form)


def load(folder: Path) -> Checkpoint:
    """Read a run. `CheckpointError` if it is missing, cut short, of another shape, unknown, or not
    what its own record says."""
    settle(folder, FILES)
    document = read_config(folder)
    try:
        config, form = GPTConfig.from_dict(document["model"]), build(Format, document["format"])
        require_fit(config)
    except ValueError as error:
        raise CheckpointError(f"{folder.name}/config.json: {error}") from error
    file = f"{folder.name}/model.safetensors"
    model = filled(config, read_weights(folder), file, "config.json")
    require_recorded(folder)
    return Checkpoint(folder.name, model, form)


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
    except (ValueError, RecursionError, OSError) as error:
        raise CheckpointError(f"{folder.name}/config.json is not readable JSON: {error}") from error
    if not isinstance(document, dict) or document.keys() != {"model", "format", "vocabulary"}:
        raise CheckpointError(
            f"{folder.name}/config.json must hold exactly model, format and vocabulary"
        )
    if document["vocabulary"] != VOCABULARY:
        raise CheckpointError(
            f"{folder.name} was trained on the vocabulary {shown(document['vocabulary'])}; "
            f"this book reads {VOCABULARY!r}"
        )
    return document


def require_fit(config: GPTConfig) -> None:
    """A model of this vocabulary that memory can hold: it is built before it is compared."""
    if config.vocab_size != len(VOCABULARY):
        raise ValueError(
            f"vocab_size={config.vocab_size}; this book knows {len(VOCABULARY)} tokens"
        )
    if parameters_of(config) > MOST_PARAMETERS:
        raise ValueError(
            f"a model of {parameters_of(config):,} parameters; at most {MOST_PARAMETERS:,} are read"
        )


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


def filled(config: GPTConfig, weights: dict[str, torch.Tensor], file: str, said_in: str) -> GPT:
    """A model with these weights: every tensor must be there, no other, right in shape and finite.

    It is in eval mode and asks for no gradients.
    """
    # Many readers share one loaded model, and none of them trains it.
    model = GPT(config).eval().requires_grad_(False)
    wanted = model.state_dict()
    for kind, keys in (
        ("lacks", wanted.keys() - weights.keys()),
        ("has an unknown", weights.keys() - wanted.keys()),
    ):
        if keys:
            raise CheckpointError(f"{file} {kind} {', '.join(sorted(keys)[:3])}")
    for key, tensor in wanted.items():
        if weights[key].shape != tensor.shape:
            raise CheckpointError(
                f"{file}: {key} is {tuple(weights[key].shape)}, "
                f"{said_in} says {tuple(tensor.shape)}"
            )
        if not fits(weights[key].dtype, tensor):
            wanted_type = "real numbers" if tensor.is_floating_point() else str(tensor.dtype)
            raise CheckpointError(
                f"{file}: {key} holds {weights[key].dtype}, and needs {wanted_type}"
            )
        if not tensor.copy_(weights[key]).isfinite().all():
            raise CheckpointError(f"{file}: {key} holds NaN or infinity")
    return model


def fits(stored: torch.dtype, tensor: torch.Tensor) -> bool:
    """Whole numbers stay of their kind; real ones may have been rounded to be kept."""
    return stored.is_floating_point if tensor.is_floating_point() else stored == tensor.dtype


def require_recorded(folder: Path) -> None:
    """`CheckpointError` for weights that are not those of which the record beside them speaks: a
    bit of them has turned, or they are another run's. Without a record nobody can tell."""
    try:
        recorded = read_result(folder).get("weights")
    except (OSError, ValueError):
        return
    if recorded is not None and recorded != (found := fingerprint(folder)):
        raise CheckpointError(
            f"{folder.name}/model.safetensors is damaged or another run's: it does not hold the "
            f"weights on record, since its fingerprint is {found}, and result.json is of "
            f"{recorded}; bring it back as it was committed"
        )


def read_result(folder: Path) -> dict[str, Any]:
    """The record of a run. `ValueError` says in one sentence why it is none."""
    path = folder / "result.json"
    try:
        result = object_of("result", json.loads(path.read_text()))
        object_of("recipe", result.get("recipe", {}))
        for name in {"readings", "replaced"} & {"readings", *result}:
            rows: Any = result.get(name)
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise ValueError(f"{name}={shown(rows)} must be a list of objects")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not the record of a run: {error}") from error
    return result


def has_seen_everything(folder: Path) -> bool:
    """Whether the record of a run says that nothing was held out from it."""
    recorded = read_result(folder) if (folder / "result.json").exists() else {}
    recipe = recorded.get("recipe", {})
    if "data" in recipe:
        return object_of("recipe.data", recipe["data"]).get("kind") == "whole_table"
    return bool(recipe.get("trains_on_everything"))  # as recipes said it before they had data
