"""lab.model.ffn.moe: who is chosen, what they say, and how the load is kept even."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny import BASE, SAMPLES, blocks_of, failures, read, some_tokens, tiny_model, tiny_recipe

from lab.data.vocabulary import PADDING
from lab.model.config import MixtureOfExpertsConfig
from lab.model.ffn.moe import Dispatch, loads
from lab.model.gpt import GPT
from lab.model.trace import Edit, Trace
from lab.training.after_step import Watch
from lab.training.state import TrainState
from lab.training.train import train

FFNS = {name: SAMPLES["ffn"][name] for name in ("experts", "grouped_experts")}


def model_of(ffn: Any, **changed: Any) -> GPT:
    return tiny_model(replace(BASE, ffn=replace(ffn, **changed)))


@pytest.mark.parametrize("ffn", FFNS.values(), ids=FFNS)
def test_a_token_hears_its_experts_as_the_equations_say(ffn: MixtureOfExpertsConfig) -> None:
    """One token after the other, one expert after the other."""
    model = model_of(ffn)
    trace = Trace(["ffn_norm", "ffn_out"])
    read(model, some_tokens(2, 7), trace=trace)
    own = blocks_of(model)[0].ffn
    size, per_group = ffn.moe_intermediate_size, ffn.n_routed_experts // ffn.n_group
    for x, got in zip(
        trace["blocks.0.ffn_norm"].flatten(0, 1),
        trace["blocks.0.ffn_out"].flatten(0, 1),
        strict=True,
    ):
        scores = [1 / (1 + float(torch.exp(-row @ x))) for row in own.router.weight]
        biased = [s + float(b) for s, b in zip(scores, own.bias, strict=True)]
        groups = [biased[i : i + per_group] for i in range(0, len(biased), per_group)]
        order = sorted(range(len(groups)), key=lambda g: -sum(sorted(groups[g])[-2:]))
        there = [e for e in range(len(scores)) if e // per_group in order[: ffn.topk_group]]
        chosen = sorted(there, key=lambda e: -biased[e])[: ffn.num_experts_per_tok]
        total = sum(scores[e] for e in chosen)

        def says(part: Any, rows: slice, x: torch.Tensor = x) -> torch.Tensor:
            heard = part.w_in.weight[rows] @ x
            if part.w_gate is None:
                post = heard.clamp(min=0) ** 2
            else:
                gate = part.w_gate.weight[rows] @ x
                post = gate * torch.sigmoid(gate) * heard
            return part.w_out.weight[:, rows] @ post

        expected = says(own.shared, slice(None))
        for e in chosen:
            weight = ffn.routed_scaling_factor * scores[e] / total
            expected = expected + weight * says(own, slice(e * size, e * size + size))
        assert torch.allclose(got, expected, rtol=0, atol=1e-12)


def test_the_bias_decides_who_is_chosen_and_not_what_they_weigh() -> None:
    model, tokens = model_of(FFNS["experts"]), some_tokens(2, 9)
    ffn = blocks_of(model)[0].ffn
    ffn.bias.zero_()
    ffn.bias[3], ffn.bias[1] = 5.0, 4.0
    trace = Trace(["router_scores", "expert_index", "expert_weight"])
    read(model, tokens, trace=trace)
    scores = trace["blocks.0.router_scores"]
    assert (trace["blocks.0.expert_index"] == torch.tensor([3, 1])).all()
    pair = scores[..., [3, 1]]
    assert torch.allclose(trace["blocks.0.expert_weight"], pair / pair.sum(-1, keepdim=True))


def test_without_a_shared_expert_nothing_is_shared() -> None:
    model = model_of(FFNS["experts"], n_shared_experts=0)
    assert not {"shared_pre", "shared_post"} & model.emits
    assert all("shared" not in name for name, _ in model.named_parameters())
    assert torch.isfinite(read(model, some_tokens(1, 5))).all()


def test_an_expert_is_forced_by_an_edit_of_the_choice() -> None:
    model, tokens = model_of(FFNS["experts"]), some_tokens(1, 6)
    forced = Edit("expert_index", lambda x: torch.full_like(x, 4), layer=0, index={"choice": 0})
    trace = Trace(["expert_index", "expert_weight"], [forced])
    read(model, tokens, trace=trace)
    assert (trace["blocks.0.expert_index"][..., 0] == 4).all()
    assert torch.allclose(trace["blocks.0.expert_weight"].sum(-1), torch.ones(1, 6).double())


def test_every_choice_reaches_its_expert_and_comes_back() -> None:
    generator = torch.Generator().manual_seed(0)
    index = torch.randint(5, (2, 6, 3), generator=generator)
    index[index == 2] = 4  # an expert without a token
    sent = Dispatch(index, 5)
    to = [torch.eye(4) * (e + 1) for e in range(5)]
    x = torch.randn(2, 6, 4, generator=generator)
    heard = sent.to_experts(x, to).view(2, 6, 3, 4)
    assert torch.equal(heard, x[:, :, None] * (index[..., None] + 1))
    back = sent.from_experts(heard, to)
    assert torch.allclose(back, (x[:, :, None] * (index[..., None] + 1) ** 2).sum(2))
    assert sent.counts == [int((index == e).sum()) for e in range(5)]


# ---------------------------------------------------------------- even loads


def test_bias_updates_alone_even_out_the_loads_of_a_lopsided_router() -> None:
    ffn = blocks_of(model_of(FFNS["experts"], bias_update_speed=0.01))[0].ffn
    ffn.bias.zero_()
    x = torch.randn(64, 9, 16, generator=torch.Generator().manual_seed(0)).double()
    x[..., 0] = 2 + 0.3 * x[..., 0]
    real = torch.ones(64, 9, dtype=torch.bool)

    def step() -> float:
        scores = ffn.router(x).sigmoid()
        index = ffn.choose(scores)
        ffn.after_step({"router_scores": scores, "expert_index": index}, real)
        load = loads(index, 6).double()
        return float(load.max() / load.mean())

    first, *_, last = [step() for _ in range(300)]
    assert first > 1.6 and last < 1.1


def test_a_step_moves_the_bias_against_the_load_and_counts_no_padding() -> None:
    ffn = blocks_of(model_of(FFNS["experts"], bias_update_speed=0.25))[0].ffn
    ffn.bias.zero_()
    index = torch.tensor([[[0, 1], [0, 2], [0, 3]], [[5, 4], [5, 4], [5, 4]]])
    real = torch.tensor([[True, True, True], [False, False, False]])
    ffn.after_step({"expert_index": index}, real)
    assert ffn.bias.tolist() == [-0.25, 0.0, 0.0, 0.0, 0.25, 0.25]


def test_the_balance_loss_is_alpha_for_even_loads_and_more_for_uneven() -> None:
    ffn = blocks_of(model_of(FFNS["experts"], balance_factor=0.1))[0].ffn
    even = torch.tensor([[[0, 1], [2, 3], [4, 5]]])
    flat, real = torch.full((1, 3, 6), 0.5), torch.ones(1, 3, dtype=torch.bool)
    assert float(ffn.own_loss({"router_scores": flat, "expert_index": even}, real)) == (
        pytest.approx(0.1)
    )
    steep = torch.tensor([[0.9, 0.9, 0.05, 0.05, 0.05, 0.05]]).expand(1, 3, 6)
    one_sided = torch.tensor([[[0, 1]] * 3])
    found = float(ffn.own_loss({"router_scores": steep, "expert_index": one_sided}, real))
    assert found == pytest.approx(0.1 * 6 / 2 * 1.8 / 2.0)
    cut = torch.tensor([[True, True, False]])
    longer = torch.cat([even[:, :2], one_sided[:, :1]], dim=1)
    as_short = ffn.own_loss({"router_scores": flat[:, :2], "expert_index": even[:, :2]}, cut[:, :2])
    assert float(ffn.own_loss({"router_scores": flat, "expert_index": longer}, cut)) == (
        pytest.approx(float(as_short))
    )


def test_the_balance_loss_bends_the_router_and_is_not_told_as_loss() -> None:
    """Its gradient reaches the router through the scores of real tokens."""
    model = model_of(FFNS["experts"], balance_factor=0.5).requires_grad_(True)
    watch, tokens = Watch(model), some_tokens(2, 7)
    model(tokens, trace=watch.trace())
    loss = watch.loss(tokens)
    assert isinstance(loss, torch.Tensor)
    loss.backward()
    for block in blocks_of(model):
        assert float(block.ffn.router.weight.grad.abs().max()) > 0
    nothing = torch.full_like(tokens, PADDING)
    model(nothing, trace=watch.trace())
    none = watch.loss(nothing)
    assert isinstance(none, torch.Tensor) and none.item() == 0


def test_training_moves_biases_and_adds_the_balance_loss_to_no_reported_loss() -> None:
    def first_losses(factor: float) -> tuple[list[float], TrainState]:
        ffn = MixtureOfExpertsConfig(5, 6, 2, bias_update_speed=0.01, balance_factor=factor)
        recipe = tiny_recipe(model=replace(BASE, n_layer=1, ffn=ffn))
        state = TrainState.start(recipe)
        return [done.loss for done in train(recipe, state)], state

    plain, without = first_losses(0.0)
    balanced, with_it = first_losses(1.0)
    assert plain[0] == balanced[0] and plain != balanced
    for state in (without, with_it):
        steps = blocks_of(state.model)[0].ffn.bias / 0.01
        assert torch.allclose(steps, steps.round(), atol=1e-4) and bool(steps.any())


# ---------------------------------------------------------------- sizes


def test_sizes_that_do_not_fit_are_refused_by_name() -> None:
    def holds(changed: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            MixtureOfExpertsConfig(**changed)

    cases = [
        (
            {"num_experts_per_tok": 9},
            r"num_experts_per_tok=9 of 8 experts.*allowed are 1 to 8",
        ),
        ({"n_group": 3}, r"n_routed_experts=8 must be a multiple of ffn\.n_group=3"),
        (
            {"n_group": 4, "topk_group": 5},
            r"topk_group=5 of ffn\.n_group=4.*allowed are 1 to 4",
        ),
        (
            {"n_group": 4, "topk_group": 1, "num_experts_per_tok": 3},
            r"num_experts_per_tok=3 of 2 experts in the open groups .*allowed are 1 to 2",
        ),
        ({"moe_intermediate_size": 0}, r"ffn\.moe_intermediate_size=0"),
        ({"bias_update_speed": -0.1}, r"ffn\.bias_update_speed=-0\.1"),
    ]
    assert failures(holds, cases) == []


def test_active_parameters_are_the_router_and_the_experts_of_one_token() -> None:
    ffn = MixtureOfExpertsConfig(10, n_routed_experts=8, num_experts_per_tok=2, n_shared_experts=1)
    layer = replace(BASE, ffn=ffn).layers[0]
    neuron = 2 * BASE.d_model
    assert ffn.parameters(layer) == neuron * 10 * 9 + 8 * BASE.d_model
    assert ffn.active_parameters(layer) == neuron * 10 * 3 + 8 * BASE.d_model
    assert ffn.flops(layer) == 2 * ffn.active_parameters(layer)
