"""checkpoint: what is saved comes back; every defect is one sentence that names the file."""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch
from safetensors.torch import load as deserialise
from safetensors.torch import load_file, save_file
from safetensors.torch import save as serialise
from tiny import BASE, read, refusal, some_tokens, tiny_model, variants

from lab.data.problems import Format
from lab.model.config import GPTConfig
from lab.training import checkpoint
from lab.training.checkpoint import committed_runs, load, load_run, save
from lab.weights import CheckpointError, fingerprint

FORM = Format("cot", 1, 2)


@pytest.mark.parametrize("config", variants())
def test_a_saved_run_comes_back_rounded_to_bf16(tmp_path: Path, config: GPTConfig) -> None:
    model = tiny_model(config, dtype=torch.float32)
    save(tmp_path / "run", model, FORM)
    loaded = load(tmp_path / "run")
    assert (loaded.name, loaded.format, loaded.model.config) == ("run", FORM, config)
    for (name, p), (other, q) in zip(
        model.named_parameters(), loaded.model.named_parameters(), strict=True
    ):
        assert name == other and q.dtype == torch.float32
        assert torch.equal(q, p.bfloat16().float())
    rounded = tiny_model(config, dtype=torch.float32)
    for p in rounded.parameters():
        p.copy_(p.bfloat16())
    assert torch.equal(*(read(m, some_tokens(2, 8)) for m in (loaded.model, rounded)))
    kept, trained = (
        load_file(tmp_path / "run" / "model.safetensors"),
        {n for n, _ in model.named_parameters()},
    )
    assert {t.dtype for name, t in kept.items() if name in trained} == {torch.bfloat16}


def test_a_loaded_model_cannot_be_trained_by_accident(tmp_path: Path) -> None:
    save(tmp_path / "run", tiny_model().train().requires_grad_(True), FORM)
    model = load(tmp_path / "run").model
    assert not any(module.training for module in model.modules())
    assert not any(p.requires_grad for p in model.parameters())
    assert not model(some_tokens(1, 3)).requires_grad


# ---------------------------------------------------------------- defects


def edit_config(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        document = json.loads((folder / "config.json").read_text())
        change(document)
        (folder / "config.json").write_text(json.dumps(document))

    return spoil


def edit_weights(change: Callable[[dict[str, torch.Tensor]], Any]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        weights = load_file(folder / "model.safetensors")
        change(weights)
        save_file(weights, folder / "model.safetensors")

    return spoil


def cut(name: str, share: float) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: int(len(data) * share)])

    return spoil


def delete(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def in_its_place(name: str) -> Callable[[Path], None]:
    """A folder where a file should be."""

    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return spoil


DEFECTS: dict[str, tuple[Callable[[Path], Any], str, list[str]]] = {
    "no config": (delete("config.json"), "config.json", ["missing"]),
    "no weights": (delete("model.safetensors"), "model.safetensors", ["missing"]),
    "half the weights": (cut("model.safetensors", 0.5), "model.safetensors", ["cut short"]),
    "all but a byte": (cut("model.safetensors", 0.9999), "model.safetensors", ["cut short"]),
    "empty weights": (cut("model.safetensors", 0), "model.safetensors", ["cut short"]),
    "half a config": (cut("config.json", 0.5), "config.json", ["not readable JSON"]),
    "empty config": (cut("config.json", 0), "config.json", ["not readable JSON"]),
    "a list": (
        lambda folder: (folder / "config.json").write_text("[]"),
        "config.json",
        ["exactly model, format and vocabulary"],
    ),
    "another shape": (
        edit_weights(lambda w: w.update({"embed.weight": torch.zeros(16, 15)})),
        "model.safetensors",
        ["embed.weight is (16, 15)", "config.json says (16, 16)"],
    ),
    "another width": (
        edit_config(lambda d: d["model"].update(d_model=8)),
        "model.safetensors",
        ["(16, 16)", "(16, 8)"],
    ),
    "a missing tensor": (
        edit_weights(lambda w: w.pop("blocks.1.attention.wo.weight")),
        "model.safetensors",
        ["lacks blocks.1.attention.wo.weight"],
    ),
    "an unknown tensor": (
        edit_weights(lambda w: w.update({"blocks.2.gate": torch.zeros(1)})),
        "model.safetensors",
        ["unknown blocks.2.gate"],
    ),
    "an unknown key": (
        edit_config(lambda d: d["model"].update(dropout=0.1)),
        "config.json",
        ["no field dropout", "d_model"],
    ),
    "an unknown key of a part": (
        edit_config(lambda d: d["model"]["ffn"].update(bias=True)),
        "config.json",
        ["no field bias"],
    ),
    "an unknown key of the format": (
        edit_config(lambda d: d["format"].update(base=16)),
        "config.json",
        ["Format has no field base"],
    ),
    "an unknown key on top": (
        edit_config(lambda d: d.update(extra=1)),
        "config.json",
        ["exactly model, format and vocabulary"],
    ),
    "an unknown kind": (
        edit_config(lambda d: d["model"]["attention"].update(kind="linear")),
        "config.json",
        ["attention.kind='linear' is not known; allowed: multi_head"],
    ),
    "an unknown style": (
        edit_config(lambda d: d["format"].update(style="roman")),
        "config.json",
        ["style='roman' is not one of plain"],
    ),
    "a foreign vocabulary": (
        edit_config(lambda d: d.update(vocabulary="abc")),
        "run",
        ["vocabulary 'abc'", "0123456789*+=$._"],
    ),
    "a size in words": (
        edit_config(lambda d: d["model"].update(n_layer="six")),
        "config.json",
        ["n_layer='six'"],
    ),
    "half a layer": (
        edit_config(lambda d: d["model"].update(n_layer=1.5)),
        "config.json",
        ["n_layer=1.5"],
    ),
    "no model at all": (
        edit_config(lambda d: d.update(model=None)),
        "config.json",
        ["model=None must be an object"],
    ),
    "a list of models": (
        edit_config(lambda d: d.update(model=[d["model"]])),
        "config.json",
        ["model=[", "must be an object"],
    ),
    "a number for a format": (
        edit_config(lambda d: d.update(format=3)),
        "config.json",
        ["Format=3 must be an object"],
    ),
    "a position that is a number": (
        edit_config(lambda d: d["model"].update(position=7)),
        "config.json",
        ["position=7 must be an object whose kind is one of learned, rotary"],
    ),
    "no spread": (
        edit_config(lambda d: d["model"].update(embedding_std=None)),
        "config.json",
        ["embedding_std=None must be a number more than 0 and at most 10"],
    ),
    "an eps in words": (
        edit_config(lambda d: d["model"].update(norm_eps="x")),
        "config.json",
        ["norm_eps='x' must be a number more than 0 and at most 1"],
    ),
    "operands of half a digit": (
        edit_config(lambda d: d["format"].update(p=1.5)),
        "config.json",
        ["p=1.5 digits; allowed are 1 to 50"],
    ),
    "fewer tokens than the vocabulary": (
        edit_config(lambda d: d["model"].update(vocab_size=8)),
        "config.json",
        ["vocab_size=8; this book knows 16 tokens"],
    ),
    "a model that fills no memory": (
        edit_config(lambda d: d["model"].update(d_model=1_000_000, n_layer=1000)),
        "config.json",
        ["parameters; at most 100,000,000 are read"],
    ),
    "a number of 5,000 digits": (
        lambda folder: (folder / "config.json").write_text("9" * 5000),
        "config.json",
        ["not readable JSON"],
    ),
    "lists in lists in lists": (
        lambda folder: (folder / "config.json").write_text("[" * 100_000),
        "config.json",
        ["not readable JSON"],
    ),
    "a folder for a config": (in_its_place("config.json"), "config.json", ["not readable JSON"]),
    "a folder for weights": (in_its_place("model.safetensors"), "model.safetensors", ["damaged"]),
    "weights that are text": (
        lambda folder: (folder / "model.safetensors").write_text("weights" * 100),
        "model.safetensors",
        ["damaged or cut short"],
    ),
    "one NaN": (
        edit_weights(lambda w: w["blocks.0.ffn.w_in.weight"].view(-1)[5].fill_(math.nan)),
        "model.safetensors",
        ["blocks.0.ffn.w_in.weight holds NaN or infinity"],
    ),
    "one infinity": (
        edit_weights(lambda w: w["final_norm.gain"][3].fill_(-math.inf)),
        "model.safetensors",
        ["final_norm.gain holds NaN or infinity"],
    ),
    "weights too large for a model": (
        edit_weights(lambda w: w.update({"final_norm.gain": 1e300 * torch.ones(16).double()})),
        "model.safetensors",
        ["final_norm.gain holds NaN or infinity"],
    ),
    "whole numbers": (
        edit_weights(lambda w: w.update({"final_norm.gain": torch.ones(16, dtype=torch.int64)})),
        "model.safetensors",
        ["final_norm.gain holds torch.int64"],
    ),
}


def test_a_defect_is_one_sentence_that_names_the_file_and_what_is_wrong(tmp_path: Path) -> None:
    whole, told = tmp_path / "whole" / "run", list[tuple[str, str, list[str], str]]()
    save(whole, tiny_model(), FORM)
    load(whole)
    for name, (spoil, file, words) in DEFECTS.items():
        folder = copytree(whole, tmp_path / name / "run")
        spoil(folder)
        said = refusal(lambda folder=folder: load(folder), CheckpointError)
        told.append((name, file, words, said))
    assert [
        (name, said)
        for name, file, words, said in told
        if not said.startswith("run") or "\n" in said or not all(w in said for w in [file, *words])
    ] == []


def test_weights_that_are_not_those_of_their_record_are_refused(tmp_path: Path) -> None:
    """One bit that has turned leaves numbers that are finite, and another run's have the shape."""
    folder, other = tmp_path / "run", tmp_path / "other"
    save(folder, tiny_model(), FORM)
    save(other, tiny_model(seed=1), FORM)
    weights, record = folder / "model.safetensors", folder / "result.json"
    whole = weights.read_bytes()
    record.write_text(json.dumps({"readings": [], "weights": fingerprint(folder)}))
    load(folder)
    turned = bytearray(whole)
    turned[-1] ^= 1
    for spoiled in (bytes(turned), (other / "model.safetensors").read_bytes()):
        weights.write_bytes(spoiled)
        said = refusal(lambda: load(folder), CheckpointError)
        assert said.startswith("run/model.safetensors is damaged or another run's: it does not ")
        assert fingerprint(folder) in said and "result.json" in said
    for unknown in ('{"readings": []}', "{"):
        record.write_text(unknown)
        load(folder)
    record.unlink()
    load(folder)
    weights.write_bytes(whole)
    load(folder)


def test_a_missing_folder_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nowhere/config\.json is missing"):
        load(tmp_path / "nowhere")


def test_a_missing_field_takes_its_default(tmp_path: Path) -> None:
    """A checkpoint from before a field existed still loads as it was meant."""
    save(tmp_path / "run", tiny_model(), FORM)
    edit_config(lambda d: (d["model"].pop("norm_eps"), d["model"].pop("kernel")))(tmp_path / "run")
    assert load(tmp_path / "run").model.config == BASE


def test_an_unknown_run_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no run is called 'one'; there are: none"):
        load_run("one", tmp_path)
    for name in ("two", "one"):
        save(tmp_path / name, tiny_model(), FORM)
    (tmp_path / "half").mkdir()
    assert committed_runs(tmp_path) == ["one", "two"]
    assert load_run("one", tmp_path).name == "one"
    with pytest.raises(CheckpointError, match="no run is called 'half'; there are: one, two"):
        load_run("half", tmp_path)
    with pytest.raises(CheckpointError, match="there are: one, two"):
        load_run("../one", tmp_path)


def test_the_format_of_a_checkpoint_is_that_of_its_file(tmp_path: Path) -> None:
    form = replace(FORM, style="dots", padded=False)
    save(tmp_path / "run", tiny_model(), form)
    assert checkpoint.load(tmp_path / "run").format == form


BYTES: dict[str, tuple[Callable[[dict[str, torch.Tensor]], Any], str]] = {
    "NaN": (
        lambda w: w["embed.weight"][2, 3].fill_(math.nan),
        "embed.weight holds NaN or infinity",
    ),
    "a missing tensor": (lambda w: w.pop("final_norm.gain"), "lacks final_norm.gain"),
}


def test_weights_that_lie_on_no_disk_are_looked_at_as_well() -> None:
    for change, words in BYTES.values():
        weights = deserialise(checkpoint.to_bytes(tiny_model()))
        change(weights)
        with pytest.raises(CheckpointError, match=f"^live:? .*{words}"):
            checkpoint.from_bytes("live", serialise(weights), BASE, FORM)


def test_bytes_that_are_cut_short_are_refused() -> None:
    data = checkpoint.to_bytes(tiny_model())
    for share in (0, 0.01, 0.5, 0.9999):
        with pytest.raises(CheckpointError, match="the weights of live are damaged or cut short"):
            checkpoint.from_bytes("live", data[: int(len(data) * share)], BASE, FORM)


def test_a_fingerprint_is_that_of_the_weights_alone(tmp_path: Path) -> None:
    for name, seed, form in (("a", 0, FORM), ("b", 0, Format("plain")), ("c", 1, FORM)):
        save(tmp_path / name, tiny_model(seed=seed), form)
    a, b, c = (fingerprint(tmp_path / name) for name in "abc")
    assert a == b != c
    digest = hashlib.blake2b((tmp_path / "a" / "model.safetensors").read_bytes()).hexdigest()
    assert a == digest[:16]
