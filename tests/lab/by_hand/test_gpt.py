"""by_hand.gpt: one file that computes what the package computes, and needs nothing of it."""

import ast
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import tiny_model

from lab.by_hand import gpt as hand
from lab.data.problems import Format, all_pairs, sample_pairs
from lab.data.sources import Pairs
from lab.data.vocabulary import VOCABULARY, decode
from lab.experiments.ladder import norm_by_autograd, one_by_one
from lab.inference.choosing import up_to_its_end
from lab.inference.scoring import decode_all
from lab.model import norm
from lab.model.gpt import GPT
from lab.recipes.chain_of_thought import FULL_SIZE, chain_of_thought
from lab.training.checkpoint import load_run
from lab.training.state import TrainState
from lab.training.train import rate_at, train

FORM = Format("cot_reversed")
SOURCE = Path(hand.__file__).read_text("utf-8")


def same_weights(model: GPT) -> hand.GPT:
    twin = hand.GPT().to(model.embed.weight.dtype)
    twin.load_state_dict(model.state_dict())
    return twin


# ---------------------------------------------------------------- it stands by itself


def test_it_imports_torch_and_the_standard_library_only() -> None:
    nodes = list(ast.walk(ast.parse(SOURCE)))
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    roots = {name.split(".")[0] for name in named}
    assert "torch" in roots and roots - {"torch"} <= sys.stdlib_module_names


def test_it_has_at_most_250_lines() -> None:
    assert len(SOURCE.splitlines()) <= 250


# ---------------------------------------------------------------- the text


def test_it_writes_all_10_000_texts_as_the_format_does() -> None:
    a, b = all_pairs()
    tokens, mask = FORM.render(a, b)
    texts = [hand.write_out(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert hand.VOCABULARY == VOCABULARY
    assert np.array_equal(hand.encode(texts).numpy(), tokens)
    assert np.array_equal(mask.all(axis=0), np.arange(hand.TEXT_LENGTH) >= hand.PROMPT_LENGTH)
    assert np.array_equal(mask.any(axis=0), mask.all(axis=0))


def test_it_trains_on_the_pairs_of_the_recipe() -> None:
    data = chain_of_thought().data
    assert data == Pairs(FORM, 0.30)
    shown = [[hand.is_trained_on(a, b) for b in range(100)] for a in range(100)]
    assert np.array_equal(shown, data.trained_on())


def test_every_batch_is_drawn_from_them(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[torch.Tensor] = []
    monkeypatch.setattr(hand, "Optimiser", lambda model: None)
    monkeypatch.setattr(
        hand, "train_step", lambda model, optimiser, tokens, at: read.append(tokens)
    )
    list(islice(hand.train(hand.GPT()), 30))
    problems = [FORM.parse(decode(row)) for tokens in read for row in tokens.tolist()]
    assert all(hand.is_trained_on(problem.a, problem.b) for problem in problems)
    assert {len(tokens) for tokens in read} == {chain_of_thought().batch_size}
    assert len({(problem.a, problem.b) for problem in problems}) > 1000


# ---------------------------------------------------------------- the model


def test_it_begins_with_the_same_weights() -> None:
    for seed in (0, 7):
        theirs = GPT(FULL_SIZE, torch.Generator().manual_seed(seed)).state_dict()
        ours = hand.GPT(seed).state_dict()
        assert list(ours) == list(theirs)
        assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []


def test_its_logits_are_those_of_the_model() -> None:
    """In float64, to 1e-10: with the committed weights, and with every matrix drawn at random."""
    tokens = torch.from_numpy(FORM.render(*sample_pairs(np.random.default_rng(0), 5, 2, 2))[0])
    for model in (load_run("chain_of_thought").model.double(), tiny_model(FULL_SIZE)):
        with torch.no_grad():
            theirs, ours = model(tokens.long()), same_weights(model)(tokens.long())
        assert theirs.dtype == torch.float64 and theirs.std() > 0.1
        assert (ours - theirs).abs().max() < 1e-10


# ---------------------------------------------------------------- training


def test_the_learning_rate_is_that_of_the_recipe_at_every_step() -> None:
    recipe = chain_of_thought()
    assert recipe.steps == hand.STEPS
    wrong = [at for at in range(recipe.steps) if hand.rate_at(at) != rate_at(recipe, at)]
    assert wrong == []


def test_ten_steps_give_the_same_losses(monkeypatch: pytest.MonkeyPatch) -> None:
    """From random weights over the end of the warm-up, so that decay, rate and clipping all act."""
    recipe = replace(chain_of_thought(), precision="fp32", batch_size=8)
    state = TrainState.start(recipe)
    state.model.load_state_dict(tiny_model(FULL_SIZE, dtype=torch.float32).state_dict())
    state.step = recipe.warmup - 5
    # Muon rounds to bf16, where the last bit of a gradient may decide: so the same sums in the same
    # order, as before its matrices were taken together and the norm had a gradient of its own.
    muon: Any = state.optimiser.parts["muon"]  # pyright: ignore
    muon.together = one_by_one
    monkeypatch.setattr(norm.Rescale, "apply", norm_by_autograd)
    model, rng = same_weights(state.model), np.random.default_rng(recipe.seed)
    optimiser = hand.Optimiser(model)
    theirs, ours = list(islice(train(recipe, state), 10)), list[float]()
    for done in theirs:
        tokens = torch.from_numpy(recipe.data.draw(rng, recipe.batch_size)[0]).long()
        ours.append(hand.train_step(model, optimiser, tokens, done.step - 1))
    assert ours == pytest.approx([done.loss for done in theirs], rel=1e-6)
    assert theirs[-1].loss < 0.8 * theirs[0].loss
    assert any(done.grad_norm > recipe.clip for done in theirs)


# ---------------------------------------------------------------- decoding


def test_it_writes_what_the_committed_model_writes() -> None:
    """And what one with random weights does, which is wrong in other ways each time."""
    a, b = sample_pairs(np.random.default_rng(1), 20, 2, 2)
    problems = list(zip(a.tolist(), b.tolist(), strict=True))
    for model in (
        load_run("chain_of_thought").model,
        tiny_model(FULL_SIZE, dtype=torch.float32),
    ):
        ((_, texts),) = decode_all(model, FORM, a, b)
        twin = same_weights(model)
        ours = [hand.multiply(twin, *problem) for problem in problems]
        assert ours == [up_to_its_end(decode(row)) for row in texts]
