"""lab.model.residual: what a layer reads of earlier ones, as a plain sum or by attention."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, read, some_tokens, tiny_model

from lab.inference.forward import run_with_trace
from lab.interp.attribution import attribute
from lab.interp.intervene import DEPTH_PATTERNS, cut_connection, even_depth
from lab.interp.logit_lens import notebook, read_early
from lab.model.config import (
    PART_KINDS,
    AttentionResidualConfig,
    BlockAttentionResidualConfig,
    GPTConfig,
    SequentialBlockConfig,
)
from lab.model.gpt import GPT, rebuilt
from lab.model.residual import DepthStream, PlainStream
from lab.model.trace import NO_TRACE, Edit, Trace
from lab.scene.build import scene
from lab.scene.paths import logit, unfold, way_home
from lab.scene.recompute import Reader

FOUR = replace(BASE, n_layer=4, norm_eps=1e-12)
FORMS = [AttentionResidualConfig(), *(BlockAttentionResidualConfig(n) for n in (1, 2, 3, 4))]


def depth_model(residual: Any, config: GPTConfig = FOUR) -> GPT:
    return tiny_model(replace(config, residual=residual))


# ---------------------------------------------------------------- the plain sum


def test_the_stream_is_the_sum_of_what_was_written() -> None:
    parts = torch.randn(4, 1, 3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    stream = PlainStream(parts[0])
    for part in parts[1:]:
        stream.write("ffn_out", part, NO_TRACE)
    assert torch.allclose(stream.read("resid_post", NO_TRACE), parts.sum(0), rtol=1e-12)


def test_an_edit_where_the_stream_is_read_stays_in_the_stream() -> None:
    stream = PlainStream(torch.ones(1, 2, 3))
    trace = Trace(edits=[Edit("resid_mid", lambda x: x + 5, layer=0, index={"position": 1})])
    stream.read("resid_mid", trace.at(layer=0))
    stream.write("ffn_out", torch.ones(1, 2, 3), NO_TRACE)
    assert stream.read("resid_post", NO_TRACE)[0].tolist() == [[2.0] * 3, [7.0] * 3]


# ---------------------------------------------------------------- attention over depth


@pytest.mark.parametrize("residual", FORMS, ids=str)
def test_with_queries_of_zero_the_logits_are_those_of_the_plain_sum(residual: Any) -> None:
    """The stream is then a mean instead of a sum, which every norm undoes."""
    plain, tokens = tiny_model(FOUR), some_tokens(3, 9)
    model = GPT(replace(FOUR, residual=residual)).double()
    missing, unexpected = model.load_state_dict(plain.state_dict(), strict=False)
    assert {*missing} == {f"residual.queries.{i}" for i in range(8)} and not unexpected
    expected = read(plain, tokens)
    assert float(expected.abs().max()) > 1
    assert torch.allclose(read(model, tokens), expected, rtol=0, atol=1e-10)
    with torch.no_grad():
        list(model.residual.parameters())[3].add_(1)
    assert not torch.allclose(read(model, tokens), expected, rtol=0, atol=1e-3)


def test_a_reading_is_the_softmax_of_query_times_normalised_notes() -> None:
    """Against the equation in NumPy, in a stream of four notes."""
    rng = np.random.default_rng(0)
    notes, queries, eps = rng.normal(size=(5, 3, 6)), rng.normal(size=(4, 6)), 1e-3
    as_tensors = [torch.from_numpy(x)[None] for x in notes]
    stream = DepthStream(as_tensors[0], list(torch.from_numpy(queries)), eps, [1, 2, 3, 4])
    names = ("attn_out", "ffn_out", "attn_out", "ffn_out")
    sites = ("resid_mid", "resid_post", "resid_mid", "resid_post")
    for n, (name, site, note) in enumerate(zip(names, sites, as_tensors[1:], strict=True)):
        stream.write(name, note, NO_TRACE)
        found = stream.read(site, NO_TRACE)[0].numpy()
        v = notes[: n + 2]  # (N, T, D)
        scores = (v / np.sqrt((v**2).mean(-1, keepdims=True) + eps)) @ queries[n]
        shares = np.exp(scores) / np.exp(scores).sum(0)
        assert np.allclose(found, (shares[..., None] * v).sum(0), rtol=1e-12)


@pytest.mark.parametrize(
    ("size", "expected"), [(1, [2, 2, 3, 3, 4, 4, 5, 5]), (2, [2] * 4 + [3] * 4)]
)
def test_groups_are_finished_sums_and_the_running_one(size: int, expected: list[int]) -> None:
    model = depth_model(BlockAttentionResidualConfig(size))
    trace = run_with_trace(model, "7*8=", {*DEPTH_PATTERNS, "attn_out", "ffn_out", "resid_post"})
    found = [trace[f"blocks.{i}.{name}"] for i in range(4) for name in DEPTH_PATTERNS]
    assert [pattern.shape[-1] for pattern in found] == expected
    assert all(torch.allclose(p.sum(-1), torch.ones(1, 4).double()) for p in found)
    config = BlockAttentionResidualConfig(size)
    assert [config.n_source(FOUR, n) for n in range(1, 9)] == expected


@pytest.mark.parametrize("residual", FORMS, ids=str)
def test_the_last_reading_is_its_shares_of_all_notes(residual: Any) -> None:
    """So the logits are sums over components, and the notebook adds up to the stream's end."""
    model = depth_model(residual)
    found = attribute(model, "12*34=")
    assert np.allclose(found.added.sum(0), found.logits, rtol=0, atol=1e-12)
    told = notebook(model, "12*34=")
    assert np.allclose(told.contribution.sum(0), told.last, rtol=0, atol=1e-12)
    lens = read_early(model, "12*34=")
    assert np.allclose(lens[-1], torch.from_numpy(found.logits).softmax(-1), atol=1e-12)


@pytest.mark.parametrize("residual", FORMS[:3], ids=str)
def test_the_way_home_goes_through_the_shares(residual: Any) -> None:
    model = depth_model(residual, replace(FOUR, n_layer=2)).float()
    made = scene(model, "7*8=")
    reader = Reader(made.manifest, made.blobs)
    whole = logit(reader, 3, 5)
    terms = unfold(reader, whole)
    assert sum(one.value for one in terms) == pytest.approx(whole.value, rel=5e-3)
    assert {"embed", "blocks.0.z", "blocks.1.ffn_out"} <= {one.name for one in terms}
    assert way_home(reader, whole)[-1].name in ("embed", "pos_embed")


# ---------------------------------------------------------------- edits of the depth pattern


def test_all_readings_pinned_to_equal_shares_are_the_plain_model() -> None:
    model, tokens = depth_model(AttentionResidualConfig()), some_tokens(2, 7)
    state = {n: x for n, x in model.state_dict().items() if not n.startswith("residual")}
    plain = GPT(FOUR).double()
    plain.load_state_dict(state)
    edits = [even_depth(name, layer) for layer in range(4) for name in DEPTH_PATTERNS]
    pinned = read(model, tokens, trace=Trace(edits=edits))
    assert torch.allclose(pinned, read(plain, tokens), rtol=0, atol=1e-10)
    assert not torch.allclose(read(model, tokens), pinned, rtol=0, atol=1e-3)


def test_a_cut_connection_carries_nothing_and_leaves_the_others() -> None:
    model = depth_model(AttentionResidualConfig())
    names = ["depth_pattern_mid", "resid_mid", "attn_out", "embed", "pos_embed", "ffn_out"]
    before = run_with_trace(model, "7*8=", names)
    after = run_with_trace(model, "7*8=", names, [cut_connection("depth_pattern_mid", 1, 2)])
    shares = before["blocks.1.depth_pattern_mid"].clone()
    shares[..., 2] = 0
    assert torch.equal(after["blocks.1.depth_pattern_mid"], shares)
    lost = before["blocks.1.depth_pattern_mid"][..., 2:3] * before["blocks.0.ffn_out"]
    found = before["blocks.1.resid_mid"] - after["blocks.1.resid_mid"]
    assert torch.allclose(found, lost, rtol=0, atol=1e-12)


def test_edits_of_depth_say_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="'pattern' shares out no depth; allowed: depth_pattern_"):
        cut_connection("pattern", 0, 1)
    with pytest.raises(ValueError, match="this model never forms 'depth_pattern_mid'"):
        run_with_trace(tiny_model(FOUR), "7*8=", [], [even_depth("depth_pattern_mid", 0)])
    with pytest.raises(ValueError, match="'source', which has 2 entries"):
        edit = cut_connection("depth_pattern_mid", 0, 2)
        run_with_trace(depth_model(AttentionResidualConfig()), "7*8=", [], [edit])


# ---------------------------------------------------------------- blocks that do not fit


def test_attention_over_depth_refuses_a_norm_in_the_stream_and_a_reading_of_nothing_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of any block, also of one that does not say itself what it does not fit."""
    for wrong, said in (
        ({"normed": ("resid_mid",)}, "block=Odd.* of layer 0 norms .* at resid_mid: allowed"),
        ({"order": ("resid_pre", "resid_mid", "attn_out", "ffn_out", "resid_post")}, "resid_mid"),
    ):
        odd = type("Odd", (SequentialBlockConfig,), wrong)
        monkeypatch.setitem(PART_KINDS["block"], "odd", odd)
        assert replace(FOUR, block=odd()).block == odd()
        for residual in FORMS:
            with pytest.raises(ValueError, match=f"residual=.*{said}"):
                replace(FOUR, block=odd(), residual=residual)


def test_its_stream_takes_no_norm() -> None:
    x = torch.ones(1, 2, 3)
    stream = DepthStream(x, [torch.zeros(3)], 1e-6, [1])
    stream.write("attn_out", x, NO_TRACE)
    with pytest.raises(ValueError, match="no norm may stand in the stream at resid_mid"):
        stream.read("resid_mid", NO_TRACE, lambda x: x)


# ---------------------------------------------------------------- sizes


def test_a_group_longer_than_the_network_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"residual\.block_size=5 .*n_layer=4: allowed are 1 to 4"):
        replace(FOUR, residual=BlockAttentionResidualConfig(5))
    with pytest.raises(ValueError, match=r"residual\.block_size=0"):
        BlockAttentionResidualConfig(0)


def test_one_layer_is_enough() -> None:
    """Its FFN may choose between the token and what attention wrote."""
    model = depth_model(AttentionResidualConfig(), replace(FOUR, n_layer=1))
    trace = run_with_trace(model, "7*8=", DEPTH_PATTERNS)
    assert [trace[f"blocks.0.{name}"].shape[-1] for name in DEPTH_PATTERNS] == [2, 3]


def test_both_forms_share_one_state() -> None:
    full = depth_model(AttentionResidualConfig())
    groups = rebuilt(full, replace(full.config, residual=BlockAttentionResidualConfig(2)))
    assert all(a is b for a, b in zip(full.parameters(), groups.parameters(), strict=True))
