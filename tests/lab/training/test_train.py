"""lab.training.train: a step is what it says, and nothing leaks."""

import math
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, failures, numbers, tiny_model, tiny_recipe, weights_of

from lab.data.problems import Format, sample_pairs, split_value
from lab.data.sources import Mix, PackedStream, Pairs, Shapes
from lab.data.vocabulary import PADDING, decode
from lab.model.config import LearnedPositionsConfig, RotaryPositionsConfig
from lab.training.optim import AdamW, Both, Muon, build_optimiser
from lab.training.recipe import Recipe, Stage, in_stages
from lab.training.state import TrainState
from lab.training.train import (
    Batch,
    Diverged,
    draw_batch,
    masked_loss,
    rate_at,
    train,
    train_in_parts,
)

ROOT = Path(__file__).resolve().parents[3]


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
    for name, weight in weights_of(whole).items():
        assert torch.allclose(weight, weights_of(parts)[name], rtol=0, atol=1e-6), name


def test_the_time_between_two_parts_is_not_the_runs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that shows a second more at each look, and a thousand more after each pause."""
    looks, passed = count(), [0]
    clock = SimpleNamespace(perf_counter=lambda: next(looks) + passed[0])
    monkeypatch.setattr("lab.training.train.time", clock)
    recipe = tiny_recipe(steps=1)
    state = TrainState.start(recipe)
    for part in train_in_parts(recipe, state, 2):
        if part is None:
            passed[0] += 1000
    assert passed == [3000] and state.seconds == 4  # of four parts from look to look


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
        before = weights_of(state)
        next(train(replace(recipe, clip=clip), state))
        moved.append(max(float((p - before[n]).abs().max()) for n, p in weights_of(state).items()))
    assert moved[0] > 1e-4 > 1e-6 > moved[1]


def test_training_lowers_the_loss() -> None:
    recipe = tiny_recipe(steps=60, batch_size=32, muon_rate=0.05, rate=0.02)
    losses = [metrics.loss for metrics in train(recipe, TrainState.start(recipe))]
    assert len(losses) == 60
    assert np.mean(losses[-5:]) < 0.7 * losses[0]


def test_muon_takes_the_matrices_of_the_layers_and_adamw_the_rest() -> None:
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


@pytest.mark.push
def test_training_does_not_load_torchs_compiler() -> None:
    """torch._dynamo costs 70 MB and a second; a live run must not pull it in."""
    script = (
        "import sys; from lab.training.train import *; from lab.model.config import *;"
        "from lab.training.recipe import Recipe; from lab.training.state import TrainState;"
        "r = Recipe('r',"
        "GPTConfig(n_layer=1, d_model=16, attention=MultiHeadAttentionConfig(2, 8),"
        "ffn=DenseFFNConfig(16)),"
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


def test_every_step_has_a_rate_above_zero_and_at_most_one() -> None:
    def holds(kind: Any, warmup: int, decay: float) -> None:
        rates = schedule(tiny_recipe(steps=20, warmup=warmup, decay=decay, schedule=kind))
        assert all(0 < rate <= 1 for rate in rates)

    cases = [(x, y, z) for x in ["wsd", "cosine"] for y in [0, 1, 50] for z in [0.0, 0.4, 1.0]]
    assert failures(holds, cases) == []


def test_the_rate_that_is_reported_is_the_rate_that_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used: list[float] = []
    step = AdamW.step
    monkeypatch.setattr(AdamW, "step", lambda self, rate: (used.append(rate), step(self, rate)))
    recipe = tiny_recipe(optimiser="adamw", steps=5)
    assert [m.rate for m in train(recipe, TrainState.start(recipe))] == used == schedule(recipe)


def test_a_text_longer_than_the_position_table_is_refused_at_the_first_step() -> None:
    recipe = tiny_recipe(model=replace(BASE, position=LearnedPositionsConfig(max_length=8)))
    with pytest.raises(ValueError, match="max_length=8"):
        next(train(recipe, TrainState.start(recipe)))


# ---------------------------------------------------------------- other layouts of a batch

MIXED = Format("cot_reversed", 2, 2, padded=False)
SHAPES = ((1, 1), (1, 2), (2, 2))


def test_a_batch_of_mixed_lengths_holds_the_shapes_it_was_told() -> None:
    plan = tiny_recipe(data=Shapes(MIXED, SHAPES), batch_size=64)
    texts = [decode(row) for row in draw_batch(plan, TrainState.start(plan)).tokens.tolist()]
    found = {tuple(map(len, text.split("=")[0].split("*"))) for text in texts}
    assert found == set(SHAPES)


def test_a_packed_batch_is_streams_of_pairs_to_train_on() -> None:
    plan = tiny_recipe(data=PackedStream(Pairs(Format("cot_reversed", 1, 2)), 30), batch_size=16)
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
    plan = tiny_recipe(model=replace(BASE, position=RotaryPositionsConfig(10.0)), batch_size=8)
    state = TrainState.start(plan)
    state.model = tiny_model(plan.model, dtype=torch.float32)
    batch = draw_batch(plan, state)
    ids = torch.arange(batch.tokens.shape[1]).expand(len(batch.tokens), -1)
    losses = [
        masked_loss(plan, state.model, replace(batch, positions=positions)).item()
        for positions in (None, ids, 3 * ids)
    ]
    assert losses[0] == losses[1] != losses[2]


# ---------------------------------------------------------------- a course

SHORT, LONG = Pairs(Format("plain", 1, 2)), Pairs(Format("cot_reversed", 1, 2))


def test_each_stage_reads_its_own_data_and_tokens_are_those_read() -> None:
    plan = in_stages(tiny_recipe(batch_size=4), Stage(SHORT, 2), Stage(LONG, 3))
    state, lengths, tokens = TrainState.start(plan), list[int](), list[int]()
    for metrics in train(plan, state):
        tokens.append(metrics.tokens)
        lengths.append(draw_batch(plan, replace(state, step=metrics.step - 1)).tokens.shape[1])
    short, long = SHORT.tokens_per_row, LONG.tokens_per_row
    assert short < long and lengths == [short] * 2 + [long] * 3
    assert tokens == [4 * n for n in np.cumsum(lengths)] and state.tokens == tokens[-1]


def test_a_stage_that_changes_nothing_is_not_felt() -> None:
    plan = tiny_recipe(steps=6)
    course = in_stages(plan, Stage(plan.data, 2), Stage(plan.data, 4))
    expected = [numbers(m) for m in train(plan, TrainState.start(plan))]
    assert [numbers(m) for m in train(course, TrainState.start(course))] == expected


def test_a_fresh_stage_begins_the_schedule_anew_and_a_share_of_the_rate_is_one() -> None:
    plan = tiny_recipe(warmup=2, decay=0.5)
    course = in_stages(plan, Stage(SHORT, 4), Stage(SHORT, 4, 0.5, "fresh"), Stage(LONG, 4, 0.1))
    expected = [1 / 2, 1, 1, 1 / 2]  # alone, 4 steps
    later = [1 / 2, 1, 1, 1, 1, 3 / 4, 2 / 4, 1 / 4]  # the two that share an optimiser, 8 steps
    shares = [0.5] * 4 + [0.1] * 4
    assert schedule(course) == pytest.approx(
        [*expected, *(rate * share for rate, share in zip(later, shares, strict=True))]
    )


@pytest.mark.parametrize("beginning", ["fresh", "kept"])
def test_a_fresh_stage_forgets_the_moments_and_a_kept_one_does_not(beginning: Any) -> None:
    plan = in_stages(
        tiny_recipe(optimiser="adamw"), Stage(SHORT, 3), Stage(LONG, 2, optimiser=beginning)
    )
    state = TrainState.start(plan)
    counts = [int(state.optimiser.state()["count"]) for _ in train(plan, state)]
    assert counts == ([1, 2, 3, 1, 2] if beginning == "fresh" else [1, 2, 3, 4, 5])


def test_a_mix_is_trained_on_and_the_loss_is_that_of_its_rows_alone() -> None:
    """Padding a row changes nothing: queries do not see what comes later, and it bears no loss."""
    plan = tiny_recipe(data=Mix(((SHORT, 1), (LONG, 1))), batch_size=6)
    state = TrainState.start(plan)
    state.model.load_state_dict(tiny_model(plan.model, dtype=torch.float32).state_dict())
    batch = draw_batch(plan, state)
    losses, counts = list[float](), list[int]()
    for tokens, mask in zip(batch.tokens, batch.mask, strict=True):
        length = int((tokens != PADDING).sum())
        losses.append(
            masked_loss(plan, state.model, Batch(tokens[None, :length], mask[None, :length])).item()
        )
        counts.append(int(mask.sum()))
    assert len(set(counts)) == 2
    expected = np.average(losses, weights=counts)
    assert masked_loss(plan, state.model, batch).item() == pytest.approx(expected, rel=1e-5)
    assert [m.step for m in train(plan, state)] == list(range(1, 7))
