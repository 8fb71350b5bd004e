"""lab.training.train: a step is what it says, a resumed run is the same run, and nothing leaks."""

import hashlib
import json
import math
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import BASE, tiny_model, tiny_recipe, wrong_values

from lab.data.problems import Format, sample_pairs, split_value
from lab.data.vocabulary import decode
from lab.model.config import LearnedPositions, RotaryPositions
from lab.recipes.index import RECIPES
from lab.training.optim import AdamW, Both, Muon
from lab.training.train import (
    Diverged,
    Recipe,
    StepMetrics,
    TrainState,
    build_optimiser,
    differences,
    draw_batch,
    masked_loss,
    metadata_of,
    rate_at,
    train,
    train_in_parts,
    trained_on,
)

NO_PAIRS: list[Any] = [
    *(None, 7, "12", [(1, 2)], (1, 2), ((1,),), ((1, 2, 3),), (("1", "2"),), ((1.0, 2.0),)),
    *(((True, True),), ((-1, 2),)),
]

ROOT = Path(__file__).resolve().parents[3]


def numbers(metrics: StepMetrics) -> dict[str, float]:
    """A step without its duration."""
    return {name: value for name, value in asdict(metrics).items() if name != "seconds"}


def weights(state: TrainState) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in state.model.named_parameters()}


# ---------------------------------------------------------------- one step


def test_the_loss_is_the_mean_surprise_at_the_tokens_that_bear_loss() -> None:
    """Token by token in float64, over the working and the answer, never the prompt."""
    recipe = tiny_recipe(format=Format("dots", 1, 2, padded=False))
    state = TrainState.start(recipe)
    state.model.load_state_dict(tiny_model(recipe.model, dtype=torch.float32).state_dict())
    a, b = sample_pairs(np.random.default_rng(recipe.seed), recipe.batch_size, 1, 2, 0.0, 0.3)
    tokens, mask = recipe.format.render(a, b)
    model, surprises = tiny_model(recipe.model), list[float]()
    for row in range(len(tokens)):
        logits = model(torch.from_numpy(tokens[row : row + 1]).long())[0]
        for place in np.flatnonzero(mask[row]):
            probability = logits[place - 1].softmax(-1)[int(tokens[row, place])]
            surprises.append(-math.log(float(probability)))
    loss = masked_loss(recipe, state.model, draw_batch(recipe, state)).item()
    assert loss == pytest.approx(np.mean(surprises), rel=1e-5)


def test_a_step_in_parts_is_the_step_in_one_go() -> None:
    """Parts of 3 of a batch of 8, the last one short, in fp64: the same weights to rounding."""
    recipe = tiny_recipe(format=Format("cot_reversed", 1, 2, padded=False), steps=3)
    whole, parts = (TrainState.start(recipe) for _ in range(2))
    for state in (whole, parts):
        state.model.double()
        state.optimiser = build_optimiser(recipe, state.model)
    losses = [m.loss for m in train(recipe, whole)]
    paused = list(train_in_parts(recipe, parts, 3))
    assert [m is None for m in paused] == [True, True, False] * 3
    assert [m.loss for m in paused if m] == pytest.approx(losses, rel=1e-9)
    for name, weight in weights(whole).items():
        assert torch.allclose(weight, weights(parts)[name], rtol=0, atol=1e-6), name


def test_the_time_between_two_parts_is_not_the_runs_own() -> None:
    recipe = tiny_recipe(steps=1)
    state = TrainState.start(recipe)
    for part in train_in_parts(recipe, state, 2):
        if part is None:
            time.sleep(0.5)
    assert state.seconds < 0.9


def test_listed_pairs_are_trained_in_both_orders_and_no_others() -> None:
    pairs = [(a, b) for a in range(20) for b in range(a, 20) if split_value(a, b) < 0.30][:6]
    recipe = tiny_recipe(format=Format("cot_reversed"), pairs=tuple(pairs), batch_size=200)
    tokens = draw_batch(recipe, TrainState.start(recipe)).tokens
    texts = [recipe.format.parse(decode(row)) for row in tokens.numpy().astype(np.uint8)]
    assert {(p.a, p.b) for p in texts} == {*pairs, *((b, a) for a, b in pairs)}
    assert (trained_on(recipe) == trained_on(recipe).T).all()
    assert trained_on(recipe).sum() == len({(p.a, p.b) for p in texts})


def test_listed_pairs_need_operands_of_one_width() -> None:
    with pytest.raises(ValueError, match="p=1 and q=2 differ"):
        tiny_recipe(pairs=((0, 0),))


def test_a_listed_pair_that_is_held_out_is_refused() -> None:
    held = next((1, b) for b in range(100) if split_value(1, b) >= 0.30)
    with pytest.raises(ValueError, match=r"held out") as refused:
        tiny_recipe(format=Format("plain"), pairs=(held,))
    assert str(held) in str(refused.value)


def test_trained_on_marks_what_is_sampled() -> None:
    recipe = tiny_recipe(format=Format("cot_reversed", 1, 2), fraction=0.1)
    a, b = sample_pairs(np.random.default_rng(0), 5000, 1, 2, 0.0, 0.1)
    drawn = np.zeros((10, 100), dtype=bool)
    drawn[a, b] = True
    assert (trained_on(recipe) == drawn).all()


def test_the_first_step_of_a_new_model_is_a_blind_guess() -> None:
    """All logits are zero, so the loss is ln 16."""
    recipe = tiny_recipe()
    first = next(train(recipe, TrainState.start(recipe)))
    assert first.loss == pytest.approx(math.log(16), abs=1e-6)
    assert (first.step, first.tokens) == (1, 8 * recipe.format.length)


def test_the_gradient_is_clipped_before_the_step() -> None:
    """With a bound of 1e-9 AdamW's eps swallows the gradient, and nothing moves far."""
    recipe = tiny_recipe(optimiser="adamw", warmup=0)
    moved: list[float] = []
    for clip in (1.0, 1e-12):
        state = TrainState.start(replace(recipe, clip=clip))
        before = weights(state)
        next(train(replace(recipe, clip=clip), state))
        moved.append(max(float((p - before[n]).abs().max()) for n, p in weights(state).items()))
    assert moved[0] > 1e-4 > 1e-6 > moved[1]


def test_training_lowers_the_loss() -> None:
    recipe = tiny_recipe(steps=60, batch_size=32, muon_rate=0.05, rate=0.02)
    losses = [metrics.loss for metrics in train(recipe, TrainState.start(recipe))]
    assert len(losses) == 60
    assert np.mean(losses[-5:]) < 0.7 * losses[0]


def test_muon_takes_the_matrices_of_the_blocks_and_adamw_the_rest() -> None:
    state = TrainState.start(tiny_recipe(weight_decay=0.1))
    assert isinstance(state.optimiser, Both)
    muon, adamw = state.optimiser.parts["muon"], state.optimiser.parts["adamw"]
    assert isinstance(muon, Muon) and isinstance(adamw, AdamW)
    name_of = {id(p): name for name, p in state.model.named_parameters()}
    hidden = {name_of[id(p)] for p in muon.parameters}
    rest = {name_of[id(p)] for p in adamw.parameters}
    assert hidden == {
        *(f"blocks.0.attention.{w}.weight" for w in ("wq", "wk", "wv", "wo")),
        *("blocks.0.ffn.w_in.weight", "blocks.0.ffn.w_out.weight"),
    }
    assert hidden | rest == set(name_of.values()) and not hidden & rest


# ---------------------------------------------------------------- resuming


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
    assert all(torch.equal(p, weights(whole)[n]) for n, p in weights(second).items())
    assert all(
        torch.equal(t, second.optimiser.state()[n]) for n, t in whole.optimiser.state().items()
    )
    assert whole.rng.bit_generator.state == second.rng.bit_generator.state


def test_a_run_is_decided_by_its_seed_and_not_by_the_global_generators() -> None:
    recipe = tiny_recipe(steps=3)
    first = [numbers(m) for m in train(recipe, TrainState.start(recipe))]
    torch.manual_seed(7)
    np.random.seed(7)
    start = TrainState.start(recipe)
    state, legacy = torch.get_rng_state(), np.random.get_state()[1]  # pyright: ignore
    assert [numbers(m) for m in train(recipe, start)] == first
    assert torch.equal(torch.get_rng_state(), state)
    assert (np.random.get_state()[1] == legacy).all()  # pyright: ignore
    other = replace(recipe, seed=1)
    assert [numbers(m) for m in train(other, TrainState.start(other))] != first


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

    monkeypatch.setattr("lab.training.train.save_file", full_disk)
    with pytest.raises(OSError):
        state.save(path)
    assert path.read_bytes() == before


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "model": (
        {"model": replace(BASE, n_layer=1, d_model=32)},
        "another model than the recipe of tiny makes: model.d_model is 16 there and 32 here",
    ),
    "positions": (
        {"model": replace(BASE, n_layer=1, position=RotaryPositions(10.0))},
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


@pytest.mark.parametrize(("changes", "words"), OTHERS.values(), ids=OTHERS)
def test_a_state_of_another_recipe_is_refused_naming_what_differs(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = tmp_path / "state.safetensors"
    TrainState.start(tiny_recipe()).save(path)
    with pytest.raises(ValueError) as error:
        TrainState.load(tiny_recipe(**changes), path)
    said = str(error.value)
    assert said.startswith(f"{path} holds") and words in said and "\n" not in said


def test_a_state_is_saved_under_the_recipe_that_trained_it_last(tmp_path: Path) -> None:
    short, longer = tiny_recipe(steps=2), tiny_recipe(steps=4)
    state = TrainState.start(short)
    for plan in (short, longer):
        list(train(plan, state))
    state.save(tmp_path / "state.safetensors")
    assert TrainState.load(longer, tmp_path / "state.safetensors").step == 4
    with pytest.raises(ValueError, match="steps is 4 there and 2 here"):
        TrainState.load(short, tmp_path / "state.safetensors")


def spoil_metadata(**changes: Any) -> Callable[[Path], None]:
    """Another value for a key of the metadata; None leaves it out."""

    def spoil(path: Path) -> None:
        tensors, about = load_file(path), metadata_of(path)
        texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in changes.items() if v}
        about = {key: text for key, text in about.items() if key not in changes} | texts
        save_file(tensors, path, metadata=about)

    return spoil


def spoil_tensors(change: Callable[[dict[str, torch.Tensor]], Any]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        tensors, about = load_file(path), metadata_of(path)
        change(tensors)
        save_file(tensors, path, metadata=about)

    return spoil


def cut(share: float) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])

    return spoil


def foreign(path: Path) -> None:
    """Somebody else's safetensors file, as `transformers` writes it."""
    save_file({"wte.weight": torch.zeros(2, 2)}, path, metadata={"format": "pt"})


RNG = np.random.default_rng(0).bit_generator.state
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
        "Saved lacks rng",
    ),
    "half a step": (
        spoil_metadata(progress={"step": 0.5, "seconds": 0.0, "rng": RNG}),
        "step=0.5 must be a whole number from 0 to 6",
    ),
    "past the end": (
        spoil_metadata(progress={"step": 7, "seconds": 0.0, "rng": RNG}),
        "step=7 must be a whole number from 0 to 6",
    ),
    "no time at all": (
        spoil_metadata(progress={"step": 1, "seconds": "long", "rng": RNG}),
        "seconds='long' must be a number",
    ),
    "another generator": (
        spoil_metadata(progress={"step": 1, "seconds": 0.0, "rng": {"bit_generator": "MT"}}),
        "does not hold all that a run of tiny goes on from",
    ),
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


@pytest.mark.parametrize(("spoil", "words"), SPOILT.values(), ids=SPOILT)
def test_a_file_that_is_no_state_is_refused_in_one_sentence(
    tmp_path: Path, spoil: Callable[[Path], Any], words: str
) -> None:
    path, recipe = tmp_path / "state.safetensors", tiny_recipe()
    TrainState.start(recipe).save(path)
    TrainState.load(recipe, path)
    spoil(path)
    with pytest.raises(ValueError) as error:
        TrainState.load(recipe, path)
    said = str(error.value)
    assert said.startswith(f"{path} ") and words in said and "\n" not in said


# ---------------------------------------------------------------- a recipe as a document


def every_recipe() -> list[Recipe]:
    pairs = tuple((3, b) for b in range(100) if split_value(3, b) < 0.30)
    listed = tiny_recipe(format=Format("plain"), pairs=pairs)
    return [*(make() for make in RECIPES.values()), listed]


@pytest.mark.parametrize("recipe", every_recipe(), ids=lambda recipe: recipe.name)
def test_a_recipe_survives_json(recipe: Recipe) -> None:
    document = recipe.to_dict()
    assert json.loads(json.dumps(document)) == document
    assert Recipe.from_dict(document) == recipe
    assert Recipe.from_dict(document).hash == recipe.hash


def test_a_recipe_without_a_later_field_takes_its_default() -> None:
    document = tiny_recipe().to_dict()
    for name in ("shapes", "pack", "gap_chance", "gap_most", "trains_on_everything"):
        del document[name]
    del document["model"]["embedding_std"]
    assert Recipe.from_dict(document) == tiny_recipe()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pairs": 3}, "pairs=3 must be a list of pairs"),
        ({"pairs": [[1]]}, r"pairs=\[\[1\]\] must be a list of pairs"),
        ({"shapes": [["1", "2"]]}, "shapes=.* must be pairs of whole numbers"),
        ({"model": 3}, "model=3 must be an object"),
        ({"format": []}, r"Format=\[\] must be an object"),
        ({"colour": "red"}, "Recipe has no field colour"),
    ],
)
def test_a_document_that_is_no_recipe_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Recipe.from_dict({**tiny_recipe().to_dict(), **changes})
    for document in (3, None, [], "tiny"):
        with pytest.raises(ValueError, match=r"recipe=.* must be an object"):
            Recipe.from_dict(document)


def test_the_hash_changes_with_every_field() -> None:
    plain = tiny_recipe()
    others = [
        replace(plain, **changes)
        for changes in (
            *({"name": "other"}, {"seed": 1}, {"steps": 7}, {"rate": 0.1}, {"precision": "bf16"}),
            *({"format": Format("plain", 1, 2)}, {"model": replace(BASE, n_layer=3)}),
            *({"check_every": 4}, {"gap_chance": 0.1}, {"fraction": 0.2}, {"clip": 2.0}),
        )
    ]
    assert len({plan.hash for plan in (plain, *others)}) == 1 + len(others)
    assert re.fullmatch("[0-9a-f]{12}", plain.hash)
    text = json.dumps(plain.to_dict(), sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.blake2b(text).hexdigest()[:12] == plain.hash


def test_what_differs_is_told_up_to_four_fields() -> None:
    here = tiny_recipe(name="x", steps=7, seed=2, rate=0.1, clip=2.0, decay=0.1, batch_size=4)
    assert differences(tiny_recipe(), here) == (
        "name is 'tiny' there and 'x' here, seed is 0 there and 2 here, "
        "steps is 6 there and 7 here, batch_size is 8 there and 4 here, and 3 more"
    )


# ---------------------------------------------------------------- what must not happen


@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
def test_a_diverging_run_says_so(optimiser: Any) -> None:
    recipe = tiny_recipe(
        optimiser=optimiser, rate=1.0, muon_rate=1.0, warmup=0, steps=400, clip=1e30, batch_size=4
    )
    state = TrainState.start(recipe)
    with torch.no_grad():
        for parameter in state.model.parameters():
            parameter *= 1e15
        state.model.unembed.weight.fill_(1e30)
    with pytest.raises(Diverged, match=r"step \d+: the loss is .* The learning rate \(1\.0\)"):
        list(train(recipe, state))


def test_nothing_leaks_out_between_two_steps() -> None:
    """Two runs take turns, one in bf16: an autocast or no_grad left open would fail the other."""
    one, two = tiny_recipe(precision="bf16"), tiny_recipe(precision="fp32")
    expected = [numbers(m) for m in train(two, TrainState.start(two))]
    got: list[dict[str, float]] = []
    for _, metrics in zip(
        train(one, TrainState.start(one)), train(two, TrainState.start(two)), strict=True
    ):
        got.append(numbers(metrics))
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
        assert not torch.is_autocast_enabled("cpu")
    assert got == expected


def test_bf16_is_used_where_it_is_asked_for() -> None:
    losses = [
        [m.loss for m in train(recipe, TrainState.start(recipe))][-1]
        for recipe in (tiny_recipe(precision=p, steps=4) for p in ("fp32", "bf16"))
    ]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)


def test_training_does_not_load_torchs_compiler() -> None:
    """torch._dynamo costs 70 MB and a second; a live run must not pull it in."""
    script = (
        "import sys; from lab.training.train import *; from lab.model.config import *;"
        "r = Recipe('r',"
        "GPTConfig(n_layer=1, d_model=16, attention=MultiHeadAttention(2, 8), ffn=DenseFFN(16)),"
        "steps=3, batch_size=4, precision='bf16');"
        "n = len(list(train(r, TrainState.start(r))));"
        "assert n == 3 and 'torch' in sys.modules; print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("False", 0), done.stderr


# ---------------------------------------------------------------- schedules


def schedule(recipe: Recipe) -> list[float]:
    return [rate_at(recipe, step) for step in range(recipe.steps)]


def test_wsd_warms_up_holds_and_falls_to_zero_in_a_line() -> None:
    recipe = tiny_recipe(steps=10, warmup=3, decay=0.4)
    expected = [1 / 3, 2 / 3, 1, 1, 1, 1, 1, 3 / 4, 2 / 4, 1 / 4]
    assert schedule(recipe) == pytest.approx(expected)


def test_cosine_warms_up_and_falls_along_a_cosine() -> None:
    recipe = tiny_recipe(steps=10, warmup=2, schedule="cosine")
    half_wave = [(1 + math.cos(math.pi * k / 8)) / 2 for k in range(8)]
    assert schedule(recipe) == pytest.approx([1 / 2, 1, *half_wave])


@pytest.mark.parametrize("kind", ["wsd", "cosine"])
@pytest.mark.parametrize("warmup", [0, 1, 50])
@pytest.mark.parametrize("decay", [0.0, 0.4, 1.0])
def test_every_step_has_a_rate_above_zero_and_at_most_one(
    kind: Any, warmup: int, decay: float
) -> None:
    rates = schedule(tiny_recipe(steps=20, warmup=warmup, decay=decay, schedule=kind))
    assert all(0 < rate <= 1 for rate in rates)


def test_the_rate_that_is_reported_is_the_rate_that_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used: list[float] = []
    step = AdamW.step
    monkeypatch.setattr(AdamW, "step", lambda self, rate: (used.append(rate), step(self, rate)))
    recipe = tiny_recipe(optimiser="adamw", steps=5)
    assert [m.rate for m in train(recipe, TrainState.start(recipe))] == used == schedule(recipe)


# ---------------------------------------------------------------- recipes that are refused


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fraction": 0.31}, "fraction=0.31 of the pairs"),
        ({"fraction": 0.0}, "fraction=0.0 of the pairs"),
        ({"steps": 0}, "steps=0"),
        ({"batch_size": -1}, "batch_size=-1"),
        ({"check_every": 0}, "check_every=0"),
        ({"optimiser": "sgd"}, "optimiser='sgd' is not one of .*muon"),
        ({"schedule": "linear"}, "schedule='linear' is not one of .*wsd"),
        ({"precision": "fp16"}, "precision='fp16' is not one of .*bf16"),
        ({"rate": 0.0}, "rate=0.0"),
        ({"muon_rate": 2.0}, "muon_rate=2.0"),
        ({"warmup": -1}, "warmup=-1"),
        ({"decay": 1.5}, "decay=1.5"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tiny_recipe(**changes)


PLAIN_FIELDS = [f for f in fields(Recipe) if isinstance(f.default, bool | int | float | str)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((f.name, value) for f in PLAIN_FIELDS for value in wrong_values(f.default)),
        *(("name", value) for value in (None, 3, [], "", "../x", "two words")),
        *((name, value) for name in ("model", "format") for value in (None, 7, {}, "x")),
        *((name, value) for name in ("pairs", "shapes") for value in NO_PAIRS),
    ],
    ids=lambda x: str(x)[:40],
)
def test_a_value_of_another_kind_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError) as error:
        tiny_recipe(**{name: value})
    said = str(error.value)
    assert name in said and "\n" not in said and len(said) < 250


@pytest.mark.parametrize("seed", [-1, 2**32, 10**30, 1.0, True, "0"])
def test_a_seed_says_what_it_may_be(seed: Any) -> None:
    with pytest.raises(ValueError, match=r"seed=.* must be a whole number from 0 to 4294967295"):
        tiny_recipe(seed=seed)


def test_the_largest_seed_is_one_for_every_generator() -> None:
    recipe = tiny_recipe(seed=2**32 - 1, steps=1)
    assert next(train(recipe, TrainState.start(recipe))).step == 1


def test_a_listed_pair_that_does_not_fit_the_format_is_refused() -> None:
    with pytest.raises(ValueError, match=r"pairs holds \(1, 100\); the format has 2 digits"):
        tiny_recipe(format=Format("plain"), pairs=((1, 100),))


def test_a_text_longer_than_the_position_table_is_refused_at_the_first_step() -> None:
    recipe = tiny_recipe(model=replace(BASE, position=LearnedPositions(max_length=8)))
    with pytest.raises(ValueError, match="max_length=8"):
        next(train(recipe, TrainState.start(recipe)))


# ---------------------------------------------------------------- other layouts of a batch

MIXED = Format("cot_reversed", 2, 2, padded=False)
SHAPES = ((1, 1), (1, 2), (2, 2))


def test_a_batch_of_mixed_lengths_holds_the_shapes_it_was_told() -> None:
    plan = tiny_recipe(format=MIXED, shapes=SHAPES, batch_size=64)
    texts = [decode(row) for row in draw_batch(plan, TrainState.start(plan)).tokens.tolist()]
    found = {tuple(map(len, text.split("=")[0].split("*"))) for text in texts}
    assert found == set(SHAPES)


def test_a_packed_batch_is_streams_of_pairs_to_train_on() -> None:
    plan = tiny_recipe(pack=30, batch_size=16)
    batch = draw_batch(plan, TrainState.start(plan))
    assert batch.tokens.shape == batch.mask.shape == (16, 30)
    assert plan.tokens_per_step == 16 * 30
    for row in batch.tokens.tolist():
        for text in decode(row).split("$")[1:-1]:
            a, b = map(int, text.split("=")[0].split("*"))
            assert split_value(a, b) < plan.fraction


def test_gaps_stand_in_the_positions_and_not_in_the_tokens() -> None:
    plan = tiny_recipe(batch_size=64)
    plain, gapped = (
        draw_batch(p, TrainState.start(p)) for p in (plan, replace(plan, gap_chance=0.3))
    )
    assert plain.positions is None and gapped.positions is not None
    assert torch.equal(plain.tokens, gapped.tokens)
    steps = gapped.positions.diff(dim=1)
    assert steps.min() == 1 and steps.max() == 1 + plan.gap_most


def test_the_model_reads_the_positions_with_their_gaps() -> None:
    """Positions all the same, and a model that knows of none but them: the loss must change."""
    plan = tiny_recipe(model=replace(BASE, position=RotaryPositions(10.0)), batch_size=8)
    state = TrainState.start(plan)
    state.model = tiny_model(plan.model, dtype=torch.float32)
    batch = draw_batch(plan, state)
    ids = torch.arange(batch.tokens.shape[1]).expand(len(batch.tokens), -1)
    losses = [
        masked_loss(plan, state.model, replace(batch, positions=positions)).item()
        for positions in (None, ids, 3 * ids)
    ]
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"shapes": SHAPES}, "padded=False"),
        ({"format": MIXED, "shapes": ((3, 1),)}, r"\(3, 1\).*\(2, 2\)"),
        ({"format": MIXED, "pack": 64}, "pack=64 needs a padded format"),
        ({"pack": 5}, "pack=5 needs"),
        ({"gap_chance": 1.0}, "gap_chance=1.0"),
        ({"gap_chance": 0.1, "gap_most": 0}, "gap_most=0"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(changes: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tiny_recipe(**changes)
