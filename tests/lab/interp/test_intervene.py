"""lab.interp.intervene: what it silences is silent, and what it patches in is what comes out."""

from typing import Any

import pytest
import torch
from tiny import blocks_of, refused_otherwise, some_tokens, tiny_model

from lab.inference.generate import greedy_steps
from lab.interp.intervene import STAND_INS, By, Node, ablate, along, patch, scale, steer
from lab.model.trace import Edit, Trace

EVERY = [
    *("resid_pre", "attn_norm", "q", "k", "v", "z", "attn_out", "resid_mid"),
    *("ffn_norm", "ffn_pre", "ffn_post", "ffn_out", "resid_post"),
]


MODEL = tiny_model()


def edited(edit: Edit, *names: str) -> tuple[torch.Tensor, Trace]:
    trace = Trace(names, edits=[edit])
    logits = MODEL(some_tokens(2, 6), trace=trace)
    trace.require_matched()
    return logits, trace


def recorded(*names: str, seed: int = 1) -> Trace:
    trace = Trace(names)
    MODEL(some_tokens(2, 6, seed=seed), trace=trace)
    return trace


# ---------------------------------------------------------------- break


def test_an_ablated_head_is_a_model_whose_w_o_lacks_it() -> None:
    logits, trace = edited(ablate(Node("z", 1, 2)), "z")
    assert not trace["blocks.1.z"][:, 2].any() and trace["blocks.1.z"][:, :2].all()
    without = tiny_model()
    blocks_of(without)[1].attention.wo.weight[:, 8:12] = 0
    assert torch.allclose(logits, without(some_tokens(2, 6)), rtol=1e-12)


def test_an_ablated_neuron_is_a_model_whose_w_out_lacks_it() -> None:
    logits, _ = edited(ablate(Node("ffn_post", 0, 7)))
    without = tiny_model()
    blocks_of(without)[0].ffn.w_out.weight[:, 7] = 0
    assert torch.allclose(logits, without(some_tokens(2, 6)), rtol=1e-12)


@pytest.mark.parametrize("factor", [-1.0, 0.5, 3.0])
def test_a_scaled_head_is_a_model_whose_w_o_is_scaled(factor: float) -> None:
    logits, _ = edited(scale(Node("z", 0, 1), factor))
    scaled = tiny_model()
    blocks_of(scaled)[0].attention.wo.weight[:, 4:8] *= factor
    assert torch.allclose(logits, scaled(some_tokens(2, 6)), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "part", "leaf"), [("attn_out", "attention", "wo"), ("ffn_out", "ffn", "w_out")]
)
def test_a_silenced_layer_is_a_model_that_writes_zero_there(
    name: str, part: str, leaf: str
) -> None:
    logits, _ = edited(ablate(Node(name, 0)))
    silent = tiny_model()
    blocks_of(silent)[0].get_submodule(part).get_submodule(leaf).weight.zero_()  # pyright: ignore
    assert torch.allclose(logits, silent(some_tokens(2, 6)), rtol=1e-12)


@pytest.mark.parametrize("by", STAND_INS)
def test_what_stands_in_for_a_head_at_one_place(by: By) -> None:
    others = recorded("z")
    _, trace = edited(ablate(Node("z", 1, 2).at(4), by, others), "z")
    there = others["blocks.1.z"][:, 2, 4]
    expected = {"zero": there * 0, "mean": there.mean(0).expand(2, -1), "resample": there}[by]
    assert torch.equal(trace["blocks.1.z"][:, 2, 4], expected)
    same = (trace["blocks.1.z"] == recorded("z", seed=0)["blocks.1.z"]).all(dim=-1).all(dim=0)
    assert not same[2, 4] and int(same.sum()) == same.numel() - 1


def test_of_more_texts_than_are_asked_the_first_are_resampled() -> None:
    trace, tokens = Trace(["ffn_post"]), some_tokens(5, 6, seed=1)
    MODEL(tokens, trace=trace)
    _, few = edited(ablate(Node("ffn_post", 1), "resample", trace), "ffn_post")
    assert torch.equal(few["blocks.1.ffn_post"], trace["blocks.1.ffn_post"][:2])


def test_an_ablation_at_one_step_changes_what_is_written_from_there_on() -> None:
    """In decoding, where each step is a call of its own, against one forward of the whole text."""
    model, prompt = MODEL, some_tokens(2, 4).byte().numpy()
    edit = ablate(Node("z", 0, 1).at(5))
    free, under = (greedy_steps(model, prompt, 9, edits) for edits in ([], [edit]))
    same = [(a.logits == b.logits).all() for a, b in zip(free, under, strict=True)]
    assert same == [True, True, False, False, False]  # tokens 4 to 8; token 6 is read from slot 5
    text = torch.from_numpy(prompt).long()
    for step in under:
        trace = Trace(edits=[edit] if text.shape[1] > 5 else [])
        assert (model(text, trace=trace)[:, -1].argmax(-1).numpy() == step.ids).all()
        text = torch.cat([text, torch.from_numpy(step.ids)[:, None]], dim=1)


# ---------------------------------------------------------------- directions


def test_a_steered_node_is_moved_by_the_direction_and_nothing_else_beside_it() -> None:
    direction = torch.arange(16.0, dtype=torch.float64)
    _, trace = edited(steer(Node("resid_mid", 1).at(2, 5), direction, -0.5), "resid_mid")
    moved = trace["blocks.1.resid_mid"] - recorded("resid_mid", seed=0)["blocks.1.resid_mid"]
    assert torch.allclose(moved[:, [2, 5]], (-0.5 * direction).expand(2, 2, -1), atol=1e-12)
    assert not moved[:, [0, 1, 3, 4]].any()


def test_along_a_direction_only_that_direction_changes() -> None:
    node, other = Node("resid_post", 0), recorded("resid_post")
    own, there = (node.of(x) for x in (recorded("resid_post", seed=0), other))
    directions = torch.randn(3, 16, generator=torch.Generator().manual_seed(0)).double()
    for rows in (directions, directions[0]):
        P = torch.linalg.pinv(torch.atleast_2d(rows)) @ torch.atleast_2d(rows)
        for edit, value in ((ablate(node), 0 * own), (patch(node, other), there)):
            _, trace = edited(along(rows, edit), "resid_post")
            expected = own + (value - own) @ P
            assert torch.allclose(node.of(trace), expected, rtol=1e-10, atol=1e-12)
    _, trace = edited(along(torch.eye(16), patch(node, other)), "resid_post")
    assert torch.allclose(node.of(trace), there, rtol=1e-12)


def test_directions_that_do_not_fit_are_refused() -> None:
    node = Node("z", 1, 0)
    said = refused_otherwise(
        [
            ("twice", lambda: along(torch.ones(2, 4), ablate(node)), r"\(2, 4\) span 1 dim"),
            ("none", lambda: along(torch.zeros(4), ablate(node)), r"\(1, 4\) span 0 dim"),
            ("long", lambda: edited(along(torch.ones(5), ablate(node))), "of 5 numbers, .* of 4"),
            ("steer", lambda: edited(steer(node, torch.ones(5), 1.0)), r"\(5,\) does not fit 'z'"),
        ]
    )
    assert said == []


# ---------------------------------------------------------------- patch


def test_an_edit_that_changes_nothing_changes_no_bit() -> None:
    """Of every activation: the identity, once times it, no way along a direction, and its own
    value put in its place, as a whole and at some tokens."""
    whole, differ = MODEL(some_tokens(2, 6)), list[Any]()
    own = recorded(*EVERY, seed=0)
    for name in EVERY:
        width = own[f"blocks.1.{name}"].shape[-1]
        direction = torch.ones(width, dtype=torch.float64)
        for node in (Node(name, 1), Node(name, 1).at(1, 4)):
            edits = [
                *(node.edit(torch.clone), scale(node, 1.0), steer(node, direction, 0.0)),
                *(along(direction, scale(node, 1.0)), patch(node, own)),
                ablate(node, "resample", own),
            ]
            differ += [e for e in edits if not torch.equal(edited(e)[0], whole)]
    assert differ == []


@pytest.mark.parametrize("layer", [0, 1])
def test_patching_the_whole_stream_carries_the_other_run_over(layer: int) -> None:
    source = Trace(["resid_post"])
    expected = MODEL(some_tokens(2, 6, seed=1), trace=source)
    assert torch.equal(edited(patch(Node("resid_post", layer), source))[0], expected)


def test_outside_its_causal_cone_a_patch_changes_no_bit() -> None:
    """A cell with no attention since sees its own token alone, those above it every later one; and
    each cell of the cone does change."""
    own, source = recorded(*EVERY, seed=0), recorded(*EVERY)
    for layer, slot in ((0, 3), (1, 2)):
        _, trace = edited(patch(Node("resid_mid", layer).at(slot), source), *EVERY)
        for other in (0, 1):
            for name in ("resid_pre", "resid_mid", "resid_post"):
                key, n_attention = f"blocks.{other}.{name}", other + (name != "resid_pre")
                cone = {layer + 1: [slot]}.get(n_attention, range(slot, 6))
                reached = [n_attention > layer and t in cone for t in range(6)]
                same = (trace[key] == own[key]).all(-1).all(0).tolist()
                assert same == [not there for there in reached], (key, layer, slot)


def test_patching_some_slots_changes_those_slots_only() -> None:
    source, free = recorded("resid_post"), recorded("resid_post", seed=0)
    _, trace = edited(patch(Node("resid_post", 1).at(1, 4), source), "resid_post")
    expected = free["blocks.1.resid_post"].clone()
    expected[:, [1, 4]] = source["blocks.1.resid_post"][:, [1, 4]]
    assert torch.equal(trace["blocks.1.resid_post"], expected)


def test_a_patch_may_come_from_another_token_and_another_layer() -> None:
    source, node = recorded("resid_post"), Node("resid_post", 1).at(4)
    _, trace = edited(patch(node, source, Node("resid_post", 0).at(2)), "resid_post")
    assert torch.equal(trace["blocks.1.resid_post"][:, 4], source["blocks.0.resid_post"][:, 2])
    with pytest.raises(ValueError, match=r"shape \(2, 2, 16\) does not fit 'resid_post' of"):
        edited(patch(node, source, Node("resid_post", 0).at(2, 3)))


def test_a_patch_that_is_met_in_part_names_the_rest() -> None:
    value = torch.full((1, 30, 16), 0.5, dtype=torch.float64)
    edit = patch(Node("resid_post", 1).at(5, 25), {"blocks.1.resid_post": value})
    with pytest.raises(ValueError, match=r"'position': \[5, 25\].* lacks position 25$"):
        edited(edit)


@pytest.mark.parametrize("slots", [None, (1, 4)])
def test_a_patch_of_another_shape_is_refused_naming_both(slots: tuple[int, ...] | None) -> None:
    value = torch.zeros(3, 5, 16, dtype=torch.float64)
    edit = patch(Node("resid_post", 1, slots=slots), {"blocks.1.resid_post": value})
    sizes = (5, 6) if slots is None else (2, 2)
    with pytest.raises(ValueError) as error:
        edited(edit)
    assert str(error.value) == (
        f"a value of shape (3, {sizes[0]}, 16) does not fit 'resid_post' of (2, {sizes[1]}, 16)"
    )


def test_a_node_that_no_edit_could_address_is_refused() -> None:
    source = recorded("z")
    said = refused_otherwise(
        [
            ("name", lambda: Node("head", 0), "'head' is no activation; there are"),
            ("layer", lambda: Node("z"), "'z' needs a layer"),
            ("outside", lambda: Node("logits", 0), "'logits' is outside the layers"),
            ("part", lambda: Node("resid_post", 0, 3), "'resid_post' has no axis 'part'"),
            ("slot", lambda: Node("z", 0, 1, (-1,)), "slots are counted from the start"),
            ("slots", lambda: Node("z", 0, 1, ()), r"slots=\(\) of 'z' is no token"),
            ("head", lambda: patch(Node("z", 0, 3), source), "head=3 of 'blocks.0.z'"),
            ("below", lambda: patch(Node("z", 0, -1), source), "head=-1 of 'blocks.0.z'"),
            ("late", lambda: patch(Node("z", 0).at(6), source), r"position=\[6\] of 'blocks.0.z'"),
            ("neuron", lambda: edited(ablate(Node("ffn_post", 0, 30))), "index 30 on axis"),
            ("others", lambda: ablate(Node("z", 0), "mean"), "by='mean' takes what stands in"),
        ]
    )
    assert said == []
