"""lab.training.state: a run goes on bit for bit, and no other file is taken for its state."""

import fcntl
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import BASE, numbers, refusal, tiny_recipe, weights_of

from lab.data.problems import Format
from lab.data.sources import Mix, Pairs
from lab.model.config import RotaryPositionsConfig
from lab.training.recipe import Stage, in_stages
from lab.training.state import TrainState, checksum, metadata_of
from lab.training.train import train


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("schedule", ["wsd", "cosine"])
@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
def test_a_resumed_run_is_the_same_run_bit_for_bit(
    tmp_path: Path, optimiser: Any, schedule: Any, precision: Any
) -> None:
    recipe = tiny_recipe(
        optimiser=optimiser, schedule=schedule, precision=precision, weight_decay=0.1, steps=7
    )
    whole = TrainState.start(recipe)
    expected = [numbers(metrics) for metrics in train(recipe, whole)]

    first = TrainState.start(recipe)
    steps = train(recipe, first)
    got = [numbers(next(steps)) for _ in range(3)]
    first.save(tmp_path / "deep" / "state.safetensors")
    got.append(numbers(next(steps)))  # the caller goes on, and is then cut off
    got.pop()
    second = TrainState.load(recipe, tmp_path / "deep" / "state.safetensors")
    assert (second.step, second.seconds > 0) == (3, True)
    got += [numbers(metrics) for metrics in train(recipe, second)]

    assert got == expected
    assert all(torch.equal(p, weights_of(whole)[n]) for n, p in weights_of(second).items())
    assert all(
        torch.equal(t, second.optimiser.state()[n]) for n, t in whole.optimiser.state().items()
    )
    assert whole.rng.bit_generator.state == second.rng.bit_generator.state


SHORT, LONG = Pairs(Format("plain", 1, 2)), Pairs(Format("cot_reversed", 1, 2))


@pytest.mark.parametrize("stop_after", [2, 3, 4, 5, 6])
def test_a_course_goes_on_bit_for_bit_in_mid_stage_and_at_its_bounds(
    tmp_path: Path, stop_after: int
) -> None:
    """Stages end after steps 3 and 5; the second has a fresh optimiser, the third keeps it."""
    recipe = in_stages(
        tiny_recipe(weight_decay=0.1),
        Stage(SHORT, 3),
        Stage(Mix(((SHORT, 1), (LONG, 2))), 2, 0.5, "fresh"),
        Stage(LONG, 2),
    )
    whole = TrainState.start(recipe)
    expected = [numbers(metrics) for metrics in train(recipe, whole)]
    cut = TrainState.start(recipe)
    steps = train(recipe, cut)
    got = [numbers(next(steps)) for _ in range(stop_after)]
    cut.save(tmp_path / "state.safetensors")
    again = TrainState.load(recipe, tmp_path / "state.safetensors")
    assert again.tokens == got[-1]["tokens"]
    got += [numbers(metrics) for metrics in train(recipe, again)]
    assert got == expected
    assert all(torch.equal(p, weights_of(whole)[n]) for n, p in weights_of(again).items())
    assert whole.rng.bit_generator.state == again.rng.bit_generator.state


def test_a_finished_run_has_no_further_step() -> None:
    recipe = tiny_recipe(steps=2)
    state = TrainState.start(recipe)
    assert len(list(train(recipe, state))) == 2
    assert list(train(recipe, state)) == []
    assert [m.step for m in train(replace(recipe, steps=4), state)] == [3, 4]


def test_a_save_that_fails_leaves_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, path = tiny_recipe(), tmp_path / "state.safetensors"
    state = TrainState.start(recipe)
    state.save(path)
    before = path.read_bytes()

    def full_disk(tensors: Any, target: Path, metadata: Any) -> None:
        target.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr("lab.training.state.save_file", full_disk)
    with pytest.raises(OSError):
        state.save(path)
    assert path.read_bytes() == before


def nobody_else_may_write(folder: Path) -> bool:
    """Is the lock on a folder taken, seen by one who would not wait for it?"""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def test_two_that_save_to_one_path_at_once_wait_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, writing, most = tmp_path / "state.safetensors", list[Path](), list[int]()

    def watched(tensors: Any, target: Path, metadata: Any) -> None:
        writing.append(target)
        assert nobody_else_may_write(tmp_path)
        most.append(len(writing))
        save_file(tensors, target, metadata=metadata)
        writing.remove(target)

    monkeypatch.setattr("lab.training.state.save_file", watched)
    plans = [tiny_recipe(seed=seed) for seed in range(2)]
    with ThreadPoolExecutor(2) as both:
        for _ in range(5):
            list(both.map(lambda plan: TrainState.start(plan).save(path), plans))
    assert most == [1] * 10
    said = [refusal(lambda plan=plan: TrainState.load(plan, path)) for plan in plans]
    assert said.count("<not refused>") == 1 and "seed is" in "".join(said)
    assert [*tmp_path.iterdir()] == [path]


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "model": (
        {"model": replace(BASE, n_layer=1, d_model=32)},
        "another model than the recipe of tiny makes: model.d_model is 16 there and 32 here",
    ),
    "positions": (
        {"model": replace(BASE, n_layer=1, position=RotaryPositionsConfig(10.0))},
        "model.position.kind is 'learned' there and 'rotary' here",
    ),
    "steps": (
        {"steps": 9},
        "another recipe than that of tiny: steps is 6 there and 9 here",
    ),
    "seed": ({"seed": 1}, "another recipe than that of tiny: seed is 0 there and 1 here"),
    "several": (
        {"batch_size": 4, "rate": 0.5},
        "batch_size is 8 there and 4 here, rate is 0.003 there and 0.5 here",
    ),
}


def test_a_state_of_another_recipe_is_refused_naming_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    TrainState.start(tiny_recipe()).save(path)
    for name, (changes, words) in OTHERS.items():
        with pytest.raises(ValueError) as error:
            TrainState.load(tiny_recipe(**changes), path)
        said = str(error.value)
        assert said.startswith(f"{path} holds") and words in said and "\n" not in said, name


def test_a_state_is_saved_under_the_recipe_that_trained_it_last(tmp_path: Path) -> None:
    short, longer = tiny_recipe(steps=2), tiny_recipe(steps=4)
    state = TrainState.start(short)
    for plan in (short, longer):
        list(train(plan, state))
    state.save(tmp_path / "state.safetensors")
    assert TrainState.load(longer, tmp_path / "state.safetensors").step == 4
    with pytest.raises(ValueError, match="steps is 4 there and 2 here"):
        TrainState.load(short, tmp_path / "state.safetensors")


def put(path: Path, tensors: dict[str, torch.Tensor], about: dict[str, str]) -> None:
    """A state that is not damaged: its checksum is that of what it holds."""
    about = {key: text for key, text in about.items() if key != "checksum"}
    save_file(tensors, path, metadata={**about, "checksum": checksum(tensors, about)})


def spoil_metadata(**changes: Any) -> Callable[[Path], None]:
    """Another value for a key of the metadata; None leaves it out."""

    def spoil(path: Path) -> None:
        tensors, about = load_file(path), metadata_of(path)
        texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in changes.items() if v}
        put(path, tensors, {key: text for key, text in about.items() if key not in changes} | texts)

    return spoil


def spoil_tensors(change: Callable[[dict[str, torch.Tensor]], Any]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        tensors, about = load_file(path), metadata_of(path)
        change(tensors)
        put(path, tensors, about)

    return spoil


def cut(share: float) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])

    return spoil


def foreign(path: Path) -> None:
    """Somebody else's safetensors file, as `transformers` writes it."""
    save_file({"wte.weight": torch.zeros(2, 2)}, path, metadata={"format": "pt"})


def older(path: Path) -> None:
    """As states were saved before they had a checksum."""
    about = {key: text for key, text in metadata_of(path).items() if key != "checksum"}
    save_file(load_file(path), path, metadata=about)


PROGRESS: dict[str, Any] = {
    **{"step": 1, "seconds": 0.0, "tokens": 136},
    "rng": np.random.default_rng(0).bit_generator.state,
}
SPOILT: dict[str, tuple[Callable[[Path], Any], str]] = {
    "empty": (cut(0), "damaged or cut short"),
    "the half": (cut(0.5), "damaged or cut short"),
    "all but a byte": (cut(0.99999), "damaged or cut short"),
    "text": (lambda path: path.write_text("a state"), "damaged or cut short"),
    "a picture": (lambda path: path.write_bytes(b"\x89PNG\r\n" * 500), "damaged or cut short"),
    "foreign": (foreign, "is not a saved state: progress=None must be an object"),
    "bare": (
        lambda path: save_file({"x": torch.zeros(2)}, path),
        "is not a saved state: progress=None must be an object",
    ),
    "no recipe": (spoil_metadata(recipe=None), "recipe=None must be an object"),
    "recipe is a number": (spoil_metadata(recipe=3), "recipe=3 must be an object"),
    "recipe is not JSON": (spoil_metadata(recipe="{"), "is not a saved state: "),
    "recipe of no model": (spoil_metadata(recipe={"name": "tiny"}), "Recipe lacks model"),
    "progress is a list": (spoil_metadata(progress=[1]), "progress=[1] must be an object"),
    "no generator": (
        spoil_metadata(progress={"step": 0, "seconds": 0.0}),
        "Saved lacks rng, tokens",
    ),
    "half a step": (
        spoil_metadata(progress={**PROGRESS, "step": 0.5}),
        "step=0.5 must be a whole number from 0 to 6",
    ),
    "past the end": (
        spoil_metadata(progress={**PROGRESS, "step": 7}),
        "step=7 must be a whole number from 0 to 6",
    ),
    "no time at all": (
        spoil_metadata(progress={**PROGRESS, "seconds": "long"}),
        "seconds='long' must be a number",
    ),
    "tokens not counted yet, as in older states": (
        spoil_metadata(progress={k: x for k, x in PROGRESS.items() if k != "tokens"}),
        "is not a saved state: Saved lacks tokens",
    ),
    "half a token": (
        spoil_metadata(progress={**PROGRESS, "tokens": 0.5}),
        "tokens=0.5 must be a whole number",
    ),
    "a start without a name": (
        spoil_metadata(progress={**PROGRESS, "started_from": 3}),
        "started_from=3 must be text",
    ),
    "another generator": (
        spoil_metadata(progress={**PROGRESS, "rng": {"bit_generator": "MT"}}),
        "does not hold all that a run of tiny goes on from",
    ),
    "older": (older, "names no checksum, so nobody knows whether it is damaged"),
    "a tensor too few": (
        spoil_tensors(lambda t: t.pop("model.embed.weight")),
        "does not hold all that a run of tiny goes on from",
    ),
    "a moment too few": (
        spoil_tensors(lambda t: t.pop("optimiser.adamw.m.0")),
        "does not hold all that a run of tiny goes on from",
    ),
    "another shape": (
        spoil_tensors(lambda t: t.update({"optimiser.adamw.v.0": torch.zeros(3, 5)})),
        "does not hold all that a run of tiny goes on from",
    ),
}


def test_a_file_that_is_no_state_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path, recipe, told = tmp_path / "state.safetensors", tiny_recipe(), list[tuple[str, ...]]()
    TrainState.start(recipe).save(path)
    TrainState.load(recipe, path)
    whole = path.read_bytes()
    for name, (spoil, words) in SPOILT.items():
        path.write_bytes(whole)
        spoil(path)
        told.append((name, words, refusal(lambda: TrainState.load(recipe, path))))
    assert [
        (name, said)
        for name, words, said in told
        if not said.startswith(f"{path} ") or words not in said or "\n" in said
    ] == []


# ---------------------------------------------------------------- damage


def test_a_state_says_its_recipe_its_progress_and_its_checksum_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    TrainState.start(tiny_recipe()).save(path)
    assert metadata_of(path).keys() == {"recipe", "progress", "checksum"}


def test_a_flipped_bit_is_refused_in_one_sentence_wherever_it_lies(tmp_path: Path) -> None:
    recipe, path = tiny_recipe(), tmp_path / "state.safetensors"
    TrainState.start(recipe).save(path)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    header = 8 + int.from_bytes(whole[:8], "little")
    places = [*rng.integers(header, size=400), *rng.integers(header, len(whole), size=200)]
    taken = list[tuple[int, str]]()
    for place in map(int, [*range(8), *places]):
        data = bytearray(whole)
        data[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(data)
        said = refusal(lambda: TrainState.load(recipe, path))
        if not said.startswith(f"{path} ") or "\n" in said:
            taken.append((place, said))
    assert header < len(whole) / 2 and taken == []
    path.write_bytes(whole)
    assert TrainState.load(recipe, path).step == 0


def test_a_checksum_is_that_of_every_name_type_shape_number_and_text() -> None:
    x, about = torch.arange(6, dtype=torch.float32), {"recipe": "{}"}
    others = [
        ({"y": x}, about),
        ({"x": x.view(torch.int32)}, about),
        ({"x": x.view(2, 3)}, about),
        ({"x": x.view(3, 2)}, about),
        ({"x": x.nextafter(x + 1)}, about),
        ({"x": x.bfloat16()}, about),
        ({"x": x, "empty": x[:0]}, about),
        ({"x": x, "one": x[0]}, about),
        ({"x": x}, {"recipe": "{ }"}),
        ({"x": x}, {"recip": "e{}"}),
    ]
    found = [checksum(*one) for one in [({"x": x}, about), *others]]
    assert len(set(found)) == len(found)
    assert checksum({"x": x.flip(0).flip(0)}, dict(about)) == found[0]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_state_that_holds_no_number_is_refused_naming_the_tensor(
    tmp_path: Path, value: float
) -> None:
    recipe, path = tiny_recipe(), tmp_path / "state.safetensors"
    for name in ("model.embed.weight", "optimiser.adamw.m.0"):
        TrainState.start(recipe).save(path)
        spoil_tensors(lambda t, name=name: t[name].view(-1)[3:4].fill_(value))(path)
        said = refusal(lambda: TrainState.load(recipe, path))
        assert said == f"{path}: {name} holds NaN or infinity, so no run can go on from it"


def test_what_is_no_number_is_not_saved_in_place_of_what_was(tmp_path: Path) -> None:
    recipe, path = tiny_recipe(), tmp_path / "state.safetensors"
    state = TrainState.start(recipe)
    state.save(path)
    before = path.read_bytes()
    with torch.no_grad():
        state.model.embed.weight[0, 0] = float("nan")
    with pytest.raises(FloatingPointError, match=r"^step 0: model\.embed\.weight holds NaN"):
        state.save(path)
    assert path.read_bytes() == before and [*tmp_path.iterdir()] == [path]
