"""after_step: a part that watches acts after every step, on the whole batch."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import BASE, blocks_of, numbers, tiny_recipe, weights_of
from torch import Tensor, nn

import lab.training.state
from lab.data.problems import Format
from lab.data.sources import Shapes
from lab.data.vocabulary import PADDING
from lab.model.gpt import GPT
from lab.model.trace import Trace
from lab.training import after_step
from lab.training.after_step import Watch, watchers
from lab.training.state import TrainState
from lab.training.train import draw_batch, masked_loss, train, train_in_parts

RECIPE = tiny_recipe(model=replace(BASE, n_layer=2), steps=5)


class Counting(nn.Module):
    """An FFN that sums up, in a buffer, what it and the whole model gave out, and adds nothing."""

    total: Tensor
    watches = frozenset({"ffn_pre", "logits"})

    def __init__(self, ffn: Any) -> None:
        super().__init__()
        self.inner, self.emits = ffn, ffn.emits
        self.register_buffer("total", torch.zeros(2, dtype=torch.float64))
        self.rows: list[int] = []

    def forward(self, x: Tensor, trace: Any) -> Tensor:
        return self.inner(x, trace)

    def after_step(self, seen: Mapping[str, Tensor], real: Tensor) -> None:
        assert not torch.is_grad_enabled()
        assert real.shape == seen["ffn_pre"].shape[:2] and bool(real.all())
        self.rows.append(len(seen["ffn_pre"]))
        self.total += torch.stack([seen[name].double().sum() for name in ("ffn_pre", "logits")])


class CountingGPT(GPT):
    """A GPT whose second layer counts."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        block = blocks_of(self)[1]
        block.ffn = Counting(block.ffn)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.training.state, "GPT", CountingGPT)


def counter(state: TrainState) -> Counting:
    return blocks_of(state.model)[1].ffn


def test_padding_is_told_from_text(monkeypatch: pytest.MonkeyPatch) -> None:
    form = Format("cot_reversed", 2, 2, padded=False)
    recipe = tiny_recipe(data=Shapes(form, ((1, 1), (2, 2))), steps=1)
    state, seen = TrainState.start(recipe), list[Tensor]()
    batch = draw_batch(recipe, TrainState.start(recipe))
    ffn: Any = blocks_of(state.model)[0].ffn
    ffn.watches = frozenset({"ffn_pre"})
    ffn.after_step = lambda _, real: seen.append(real)
    next(train(recipe, state))
    assert torch.equal(seen[0], batch.tokens[:, :-1] != PADDING)
    assert 0 < int(seen[0].sum()) < seen[0].numel()


@pytest.mark.usefixtures("counting")
def test_a_part_acts_after_every_step_on_what_it_watches_in_its_own_layer() -> None:
    """Against a second forward of the same weights on the same batch, recorded by hand."""
    state, twin = TrainState.start(RECIPE), TrainState.start(RECIPE)
    steps, expected = train(RECIPE, state), torch.zeros(2, dtype=torch.float64)
    for _ in range(RECIPE.steps):
        twin.model.load_state_dict(state.model.state_dict())
        trace = Trace(("ffn_pre", "logits"))
        masked_loss(RECIPE, twin.model, draw_batch(RECIPE, twin), trace)
        expected += torch.stack(
            [trace[key].double().sum() for key in ("blocks.1.ffn_pre", "logits")]
        )
        before = counter(state).total.clone()
        next(steps)
        assert torch.equal(counter(state).total, expected)
        assert not torch.equal(counter(state).total, before)
    assert counter(state).rows == [RECIPE.batch_size] * RECIPE.steps


@pytest.mark.usefixtures("counting")
def test_a_step_in_parts_is_watched_as_a_whole() -> None:
    whole, parts = TrainState.start(RECIPE), TrainState.start(RECIPE)
    next(train(RECIPE, whole))
    steps = train_in_parts(RECIPE, parts, 3)
    assert [next(steps) is None for _ in range(3)] == [True, True, False]
    assert counter(parts).rows == [RECIPE.batch_size]
    assert torch.allclose(counter(parts).total, counter(whole).total, rtol=1e-6)


@pytest.mark.usefixtures("counting")
def test_what_a_part_keeps_in_a_buffer_is_saved_and_resumed(tmp_path: Path) -> None:
    whole = TrainState.start(RECIPE)
    expected = [numbers(metrics) for metrics in train(RECIPE, whole)]
    cut = TrainState.start(RECIPE)
    steps = train(RECIPE, cut)
    got = [numbers(next(steps)) for _ in range(2)]
    cut.save(tmp_path / "state.safetensors")
    again = TrainState.load(RECIPE, tmp_path / "state.safetensors")
    assert torch.equal(counter(again).total, counter(cut).total)
    assert counter(again).total.dtype == torch.float64
    got += [numbers(metrics) for metrics in train(RECIPE, again)]
    assert got == expected
    assert torch.equal(counter(again).total, counter(whole).total)


def test_watching_changes_no_loss_and_no_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = TrainState.start(RECIPE)
    expected = [numbers(metrics) for metrics in train(RECIPE, plain)]
    monkeypatch.setattr(lab.training.state, "GPT", CountingGPT)
    watched = TrainState.start(RECIPE)
    assert [numbers(metrics) for metrics in train(RECIPE, watched)] == expected
    found = {name.replace("ffn.inner", "ffn"): p for name, p in weights_of(watched).items()}
    assert all(torch.equal(p, found[name]) for name, p in weights_of(plain).items())


def test_nothing_is_recorded_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    def recorded(*_: Any) -> Any:
        raise AssertionError("a trace was made")

    monkeypatch.setattr(after_step, "Trace", recorded)
    state = TrainState.start(RECIPE)
    assert watchers(state.model) == []
    assert len(list(train(RECIPE, state))) == RECIPE.steps


@pytest.mark.usefixtures("counting")
def test_a_name_that_the_model_never_forms_is_refused_before_the_first_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Counting, "watches", frozenset({"rot_q"}))
    state = TrainState.start(RECIPE)
    with pytest.raises(ValueError, match="this model never forms 'rot_q'"):
        next(train(RECIPE, state))
    monkeypatch.setattr(Counting, "watches", frozenset({"load"}))
    with pytest.raises(ValueError, match="'load' is no activation"):
        Watch(state.model).trace()
