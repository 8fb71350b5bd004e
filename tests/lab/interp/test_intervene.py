"""lab.interp.intervene: what it silences is silent, and what it patches in is what comes out."""

import pytest
import torch
from tiny import blocks_of, some_tokens, tiny_model

from lab.interp.intervene import By, ablate, ablate_head, ablate_layer, patch, scale_head
from lab.model.trace import Edit, Trace


def edited(edit: Edit, *names: str) -> tuple[torch.Tensor, Trace]:
    trace = Trace(names, edits=[edit])
    logits = tiny_model()(some_tokens(2, 6), trace=trace)
    trace.require_matched()
    return logits, trace


def test_an_ablated_head_is_a_model_whose_w_o_lacks_it() -> None:
    logits, trace = edited(ablate_head(1, 2), "z")
    assert not trace["blocks.1.z"][:, 2].any() and trace["blocks.1.z"][:, :2].all()
    without = tiny_model()
    blocks_of(without)[1].attention.wo.weight[:, 8:12] = 0
    assert torch.allclose(logits, without(some_tokens(2, 6)), rtol=1e-12)


@pytest.mark.parametrize("factor", [-1.0, 0.5, 3.0])
def test_a_scaled_head_is_a_model_whose_w_o_is_scaled(factor: float) -> None:
    logits, _ = edited(scale_head(0, 1, factor))
    scaled = tiny_model()
    blocks_of(scaled)[0].attention.wo.weight[:, 4:8] *= factor
    assert torch.allclose(logits, scaled(some_tokens(2, 6)), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "part", "leaf"), [("attn_out", "attention", "wo"), ("ffn_out", "ffn", "w_out")]
)
def test_a_silenced_layer_is_a_model_that_writes_zero_there(
    name: str, part: str, leaf: str
) -> None:
    logits, _ = edited(ablate_layer(name, 0))
    silent = tiny_model()
    blocks_of(silent)[0].get_submodule(part).get_submodule(leaf).weight.zero_()  # pyright: ignore
    assert torch.allclose(logits, silent(some_tokens(2, 6)), rtol=1e-12)


def test_only_what_writes_to_the_stream_can_be_silenced() -> None:
    with pytest.raises(ValueError, match="'z' writes nothing to the stream; allowed: attn_out"):
        ablate_layer("z", 0)


def test_patching_the_whole_stream_carries_the_other_run_over() -> None:
    model, here, there = tiny_model(), some_tokens(2, 6), some_tokens(2, 6, seed=1)
    source = Trace(["resid_post"])
    expected = model(there, trace=source)
    trace = Trace(edits=[patch("resid_post", source["blocks.0.resid_post"], layer=0)])
    assert torch.equal(model(here, trace=trace), expected)
    trace.require_matched()


def test_patching_some_slots_changes_those_slots_only() -> None:
    model, tokens = tiny_model(), some_tokens(2, 6)
    value = torch.full((1, 2, 16), 0.5, dtype=torch.float64)
    trace = Trace(["resid_post"], edits=[patch("resid_post", value, layer=1, slots=(1, 4))])
    model(tokens, trace=trace)
    free = Trace(["resid_post"])
    model(tokens, trace=free)
    expected = free["blocks.1.resid_post"].clone()
    expected[:, [1, 4]] = 0.5
    assert torch.equal(trace["blocks.1.resid_post"], expected)


def test_a_patch_that_is_met_in_part_names_the_rest() -> None:
    model, tokens = tiny_model(), some_tokens(2, 6)
    for width in (1, 2):
        value = torch.full((1, width, 16), 0.5, dtype=torch.float64)
        trace = Trace(edits=[patch("resid_post", value, layer=1, slots=[5, 25])])
        with pytest.raises(ValueError, match=r"'position': \[5, 25\].* lacks position 25$"):
            model(tokens, trace=trace)


@pytest.mark.parametrize("slots", [(), (1, 4)])
def test_a_patch_of_another_shape_is_refused_naming_both(slots: tuple[int, ...]) -> None:
    value = torch.zeros(1, 5, 16, dtype=torch.float64)
    trace = Trace(edits=[patch("resid_post", value, layer=1, slots=slots)])
    there = (2, len(slots) or 6, 16)
    with pytest.raises(ValueError) as error:
        tiny_model()(some_tokens(2, 6), trace=trace)
    assert str(error.value) == f"a value of shape (1, 5, 16) does not fit 'resid_post' of {there}"


@pytest.mark.parametrize("by", ["zero", "mean", "resample"])
def test_what_stands_in_for_a_head_at_one_place(by: By) -> None:
    source = Trace(["z"])
    tiny_model()(some_tokens(2, 6, seed=1), trace=source)
    others = source["blocks.1.z"]
    _, trace = edited(ablate("z", 1, by, others, {"head": [2], "position": [4]}), "z")
    there = others[:, 2, 4]
    expected = {"zero": there * 0, "mean": there.mean(0).expand(2, -1), "resample": there}[by]
    assert torch.equal(trace["blocks.1.z"][:, 2, 4], expected)
    whole = edited(scale_head(1, 2, 1.0), "z")[1]["blocks.1.z"]
    same = (trace["blocks.1.z"] == whole).all(dim=-1).all(dim=0)
    assert not same[2, 4] and int(same.sum()) == same.numel() - 1
