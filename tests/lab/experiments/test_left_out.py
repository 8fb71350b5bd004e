"""left_out: what is left out adds nothing, and a step of AdamW is told as it was made."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny import refusal

from lab.experiments import left_out
from lab.experiments.left_out import (
    PARTS,
    SEEDS,
    leave_out,
    left_out_cells,
    measure_one_step,
    recipe_of,
)
from lab.model.config import NoPositionsConfig
from lab.model.gpt import GPT
from lab.model.norm import RMSNorm
from lab.model.trace import Trace
from lab.recipes.live import multiply
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train

SMALL = replace(multiply(d_model=32, n_layer=2, steps=4, batch=16), warmup=1)
TOKENS = torch.arange(12)[None]


def trained_without(part: str) -> GPT:
    state = TrainState.start(SMALL)
    leave_out(state.model, part)
    for _ in train(SMALL, state):
        pass
    return state.model.eval()


@torch.no_grad()
def formed(model: GPT, *names: str) -> Trace:
    trace = Trace(names)
    model(TOKENS, trace=trace)
    return trace


@pytest.mark.parametrize(("part", "out"), [("attention", "attn_out"), ("ffn", "ffn_out")])
def test_a_part_that_is_left_out_adds_nothing_after_training_and_the_others_do(
    part: str, out: str
) -> None:
    trace = formed(trained_without(part), "attn_out", "ffn_out")
    for layer in range(SMALL.model.n_layer):
        for name in ("attn_out", "ffn_out"):
            assert (trace[f"blocks.{layer}.{name}"] == 0).all() == (name == out)


def test_without_the_residual_a_part_hands_on_what_it_computed_alone() -> None:
    trace = formed(trained_without("residual"), "attn_out", "resid_mid", "ffn_out", "resid_post")
    for layer in range(SMALL.model.n_layer):
        for out, after in (("attn_out", "resid_mid"), ("ffn_out", "resid_post")):
            written = trace[f"blocks.{layer}.{out}"]
            assert torch.equal(trace[f"blocks.{layer}.{after}"], written) and written.any()


def test_without_norms_there_is_none_and_the_network_still_learns() -> None:
    model = trained_without("norms")
    assert not any(isinstance(module, RMSNorm) for module in model.modules())
    assert model(TOKENS).isfinite().all() and model.unembed.weight.any()


def test_a_part_that_there_is_not_is_refused_by_name() -> None:
    said = refusal(lambda: leave_out(GPT(SMALL.model), "bias"))
    assert "part='bias' is none of nothing, positions" in said


def test_the_arms_differ_in_one_thing_alone() -> None:
    plans = [recipe_of(cell) for cell in left_out_cells()]
    assert len(plans) == len(SEEDS) * (len(PARTS) + 4)
    usual = recipe_of({"without": "nothing", "seed": 0})

    def as_usual(plan: Recipe) -> Recipe:
        model = plan.model
        if isinstance(model.position, NoPositionsConfig):
            model = replace(model, position=usual.model.position)
        same = {"rate": usual.rate, "muon_rate": usual.muon_rate, "steps": usual.steps}
        return replace(plan, model=model, seed=0, **same)

    assert {as_usual(plan) for plan in plans} == {usual}
    assert sorted({plan.rate / usual.rate for plan in plans}) == pytest.approx([0.1, 1, 10])
    assert sorted({plan.steps / usual.steps for plan in plans}) == [0.5, 1, 2]


def test_a_step_of_one_weight_is_told_as_it_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(left_out, "multiply", lambda seed: replace(SMALL, seed=seed))
    monkeypatch.setattr(left_out, "equal_tokens", lambda recipe: recipe)
    row = measure_one_step({"step": 3, "weight": "unembed", "token": 7, "number": 0, "seed": 0})
    after = row["before"] - row["rate"] * row["mean"] / row["root"]
    assert row["after"] == pytest.approx(after, abs=1e-7) and row["after"] != row["before"]
