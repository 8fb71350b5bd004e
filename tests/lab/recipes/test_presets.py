"""lab.recipes.presets: each can be trained on the bench, and published shapes are as published."""

from dataclasses import replace

import numpy as np
import pytest
from tiny import failures

from lab.data.problems import Format
from lab.data.sources import PackedStream, Pairs
from lab.live.loop import cells_of, check_pairs, loads_of
from lab.live.protocol import NOT_ASKED
from lab.model.config import (
    DenseFFNConfig,
    GroupedQueryAttentionConfig,
    LatentAttentionConfig,
    LayerPattern,
    MixtureOfExpertsConfig,
    MultiHeadAttentionConfig,
)
from lab.model.gpt import GPT
from lab.published.cache_size import KeysAndValues, Latent
from lab.published.models import DEEPSEEK_V3, GPT_2, LLAMA_3_8B
from lab.recipes.bench import bench, require_shown, require_trainable, too_much
from lab.recipes.presets import PRESETS, deepseek_v3, gpt_2, llama_3
from lab.recipes.recipe_index import RECIPES
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train


def test_every_preset_fits_the_bench_and_is_called_as_no_run_of_the_book() -> None:
    assert not PRESETS.keys() & RECIPES.keys()
    for name, make in PRESETS.items():
        recipe = make()
        require_trainable(recipe)
        require_shown(recipe)
        assert (recipe.name, too_much(recipe), bool(make.__doc__)) == (name, [], True)


def learns(name: str) -> None:
    """Two steps on few texts: finite losses, and the weights have moved."""
    recipe = replace(PRESETS[name](), batch_size=2, steps=2, warmup=0, optimiser="adamw")
    state = TrainState.start(recipe)
    before = state.model.unembed.weight.detach().clone()
    losses = [done.loss for done in train(recipe, state)]
    assert np.isfinite(losses).all() and (state.model.unembed.weight != before).any()


def test_every_preset_trains() -> None:
    assert failures(learns, PRESETS) == []


def is_evaluated(recipe: Recipe) -> None:
    """On some pairs, as in a live run; untrained, it has hardly one right."""
    model, every = GPT(recipe.model).eval(), cells_of(recipe.format)
    cells = every[:: len(every) // 20]
    *_, found = check_pairs(recipe, model, cells, 64)
    assert found is not None and found.n_train + found.n_heldout <= len(cells)
    asked = np.frombuffer(found.first_wrong, np.int8) != NOT_ASKED
    assert np.flatnonzero(asked).tolist() == cells.tolist()
    for loads in loads_of(recipe, model, cells):
        assert sum(loads) == pytest.approx(1)


def test_every_preset_and_its_like_can_be_evaluated_on_the_way() -> None:
    """Also streams as short as they may be, fewer digits, and layers of unlike experts."""
    experts = MixtureOfExpertsConfig(8, n_routed_experts=8)
    unlike = LayerPattern((experts, replace(experts, n_routed_experts=4, num_experts_per_tok=1)))
    streams = PRESETS["rotary_stream"]()
    others = [
        replace(streams, data=PackedStream(Pairs(), 40)),
        replace(streams, data=Pairs(Format("plain", 1, 1))),
        replace(streams, data=Pairs(), model=replace(streams.model, ffn=unlike)),
    ]
    for recipe in others:
        assert bench(recipe.to_dict()) == recipe
    assert failures(is_evaluated, [*(make() for make in PRESETS.values()), *others]) == []


def test_llama_is_of_its_published_shape() -> None:
    model, published, kept = llama_3().model, LLAMA_3_8B, LLAMA_3_8B.attention
    heads, ffn = model.attention, model.ffn
    assert isinstance(heads, GroupedQueryAttentionConfig) and isinstance(kept, KeysAndValues)
    assert heads.width == model.d_model and kept.n_head * kept.head_dim == published.d_model
    assert heads.n_head / heads.n_kv_head == kept.n_head / kept.n_kv_head
    assert isinstance(ffn, DenseFFNConfig) and ffn.is_gated
    assert ffn.width / model.d_model == published.d_ff / published.d_model


def test_gpt_2_is_of_its_published_shape() -> None:
    model = gpt_2().model
    heads, ffn = model.attention, model.ffn
    assert isinstance(heads, MultiHeadAttentionConfig) and isinstance(ffn, DenseFFNConfig)
    assert (heads.head_dim, heads.width) == (64, model.d_model)
    assert ffn.width / model.d_model == GPT_2.d_ff / GPT_2.d_model


def test_deepseek_is_of_its_published_shape() -> None:
    """Its sizes beside the width of the stream, to the nearest whole number of the small one."""
    model, published, kept = deepseek_v3().model, DEEPSEEK_V3, DEEPSEEK_V3.attention
    heads, dense, experts = model.attention, model.layers[0].ffn, model.layers[1].ffn
    assert isinstance(heads, LatentAttentionConfig) and isinstance(kept, Latent)
    assert isinstance(dense, DenseFFNConfig) and isinstance(experts, MixtureOfExpertsConfig)
    assert published.experts is not None
    sizes = {
        "q_lora_rank": (heads.q_lora_rank, kept.q_lora_rank),
        "kv_lora_rank": (heads.kv_lora_rank, kept.kv_lora_rank),
        "dense": (dense.width, published.d_ff),
        "expert": (experts.moe_intermediate_size, published.experts.d_expert),
    }
    scale = model.d_model / published.d_model
    assert all(abs(own - scale * theirs) <= 1 for own, theirs in sizes.values()), sizes
    theirs = kept.n_head * (kept.qk_nope_head_dim + kept.qk_rope_head_dim)
    assert heads.q_width == pytest.approx(scale * theirs, rel=0.15)
    assert heads.qk_nope_head_dim / heads.qk_rope_head_dim == 128 / 64
    assert (kept.qk_nope_head_dim, kept.qk_rope_head_dim, kept.v_head_dim) == (128, 64, 128)
    assert heads.v_head_dim == heads.qk_nope_head_dim
    assert experts.n_shared_experts == published.experts.n_shared == 1
