"""lab.training.gradients: the norms are those of the step that follows, part by part."""

from dataclasses import replace

import pytest
import torch
from tiny import BASE, EXPERTS, tiny_model, tiny_recipe

from lab.training.gradients import gradients_by_layer
from lab.training.state import TrainState
from lab.training.train import StepMetrics, draw_batch, masked_loss, train

RECIPE = replace(tiny_recipe(), model=BASE)


def test_they_are_those_of_a_difference_quotient() -> None:
    """Along the gradient's own direction, in float64: the loss rises by its norm."""
    model = tiny_model()
    recipe = replace(RECIPE, precision="fp64_loss")
    found = gradients_by_layer(recipe, model)
    state = TrainState.blank(recipe)
    state.model = model.requires_grad_(True)
    batch = draw_batch(recipe, state)
    masked_loss(recipe, model, batch).backward()
    for part in ("attention", "ffn"):
        for layer, norm in enumerate(found[part]):
            own = list(getattr(model.blocks[layer], part).parameters())
            steps = [1e-6 * p.grad / norm for p in own if p.grad is not None]
            with torch.no_grad():
                losses: list[float] = []
                for sign in (1, -2):
                    for p, step in zip(own, steps, strict=True):
                        p += sign * step
                    losses.append(masked_loss(recipe, model, batch).item())
                for p, step in zip(own, steps, strict=True):
                    p += step
            assert (losses[0] - losses[1]) / 2e-6 == pytest.approx(norm, rel=1e-3)


def test_layers_and_the_rest_make_up_the_norm_that_training_tells() -> None:
    first: StepMetrics = next(train(RECIPE, TrainState.start(RECIPE)))
    found = gradients_by_layer(RECIPE, TrainState.start(RECIPE).model)
    inside = sum(norm**2 for part in found.values() for norm in part) ** 0.5
    assert 0 <= inside <= first.grad_norm + 1e-6
    assert [len(part) for part in found.values()] == [2, 2]


def test_the_model_stays_as_it_is_and_an_expert_that_nobody_met_adds_nothing() -> None:
    recipe = replace(RECIPE, model=replace(BASE, ffn=EXPERTS), batch_size=1)
    model = tiny_model(recipe.model, dtype=torch.float32)
    before = {name: x.clone() for name, x in model.state_dict().items()}
    assert gradients_by_layer(recipe, model) == gradients_by_layer(recipe, model)
    assert all(torch.equal(x, before[name]) for name, x in model.state_dict().items())
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())
