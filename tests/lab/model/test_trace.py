"""trace: what is recorded is what its name says; an edit means the same however it is run."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import torch
from tiny import (
    BASE,
    SAMPLES,
    blocks_of,
    failures,
    key_heads,
    read,
    some_tokens,
    tiny_model,
    variants,
)

from lab.data.position_ids import position_ids
from lab.interp.depth import readings_of
from lab.interp.intervene import Node, ablate, scale
from lab.model.cache import KVCache
from lab.model.config import (
    CrossLayerAttentionConfig,
    DenseFFNConfig,
    GPTConfig,
    LatentAttentionConfig,
    MathKernelConfig,
    MixtureOfExpertsConfig,
    PlainResidualConfig,
    SdpaKernelConfig,
)
from lab.model.gpt import GPT
from lab.model.trace import ACTIVATIONS, NO_TRACE, Edit, Trace

LENGTH = 9


def recorded(model: GPT, tokens: torch.Tensor) -> Trace:
    trace = Trace(model.emits)
    read(model, tokens, trace=trace)
    return trace


def prefill_then_decode(
    model: GPT, tokens: torch.Tensor, trace: Any = NO_TRACE, prefill: int = 4
) -> torch.Tensor:
    cache, ids = KVCache(tokens.shape[1]), position_ids(tokens, model.config.position.n_axis)
    parts, length = list[torch.Tensor](), tokens.shape[1]
    for some in (slice(0, prefill), *(slice(t, t + 1) for t in range(prefill, length))):
        parts.append(model(tokens[:, some], positions=ids[:, some], cache=cache, trace=trace))
    return torch.cat(parts, dim=1)


# ---------------------------------------------------------------- recording


@pytest.mark.parametrize("config", variants())
def test_every_activation_has_the_axes_it_is_said_to_have(config: GPTConfig) -> None:
    model = tiny_model(config)
    trace = recorded(model, some_tokens(2, LENGTH))
    sizes = {
        **{"batch": 2, "position": LENGTH, "query": LENGTH, "key": LENGTH},
        "head": config.layers[0].attention.n_head,
        **{"head_dim": 4, "d_model": 16, "vocab": 16},
        "d_ff": 20 if config.layers[0].ffn.activation == "swiglu" else 30,
    }
    own: dict[str, dict[str, int]] = {name: {"head": key_heads(config)} for name in KEYS_AND_VALUES}
    if isinstance(config.attention, LatentAttentionConfig):
        own = {
            **{"c_q": {"latent": 10}, "c_kv": {"latent": 7}},
            **{name: {"head_dim": 5} for name in ("q", "k")},
            **{name: {"head_dim": 6} for name in ("v", "z")},
            **{name: {"head": 1} for name in ("k_rope", "rot_k")},
        }
    experts = [x.index for x in config.layers if isinstance(x.ffn, MixtureOfExpertsConfig)]
    ffn = config.layers[1].ffn
    if isinstance(ffn, MixtureOfExpertsConfig):
        n, k, n_shared = (8, 3, 2) if ffn.n_group > 1 else (6, 2, 1)
        own |= {"router_scores": {"expert": n}}
        own |= {name: {"choice": k} for name in ("expert_index", "expert_weight")}
        own |= {f"blocks.{i}.{name}": {"d_ff": 5 * k} for i in experts for name in NEURONS}
        own |= {name: {"d_ff": 5 * n_shared} for name in ("shared_pre", "shared_post")}
    chosen = {} if isinstance(config.residual, PlainResidualConfig) else readings_of(config)
    sources = {f"blocks.{r.layer}.{r.pattern}": {"source": r.n_source} for r in chosen}
    borrows = type(config.layers[1].attention) is CrossLayerAttentionConfig
    missing = {f"blocks.1.{name}" for name in KEYS_AND_VALUES} if borrows else set[str]()
    if len(experts) == 1:
        missing |= {f"blocks.0.{name}" for name in ROUTING}
    expected = {
        key: tuple(
            (sizes | own.get(name, {}) | own.get(key, {}) | sources.get(key, {}))[axis]
            for axis in ACTIVATIONS[name].axes
        )
        for name in model.emits
        for key in ([f"blocks.{i}.{name}" for i in (0, 1)] if in_a_layer(name) else [name])
        if key not in missing
    }
    assert {key: tuple(trace[key].shape) for key in trace.calls} == expected


KEYS_AND_VALUES, NEURONS = ("k", "v", "rot_k"), ("ffn_pre", "ffn_post")
ROUTING = ("router_scores", "expert_index", "expert_weight", "shared_pre", "shared_post")


def in_a_layer(name: str) -> bool:
    return ACTIVATIONS[name].in_layer


PRODUCTS = [n for n, p in SAMPLES["position"].items() if p.scores == "product"]


@pytest.mark.parametrize("position", PRODUCTS)
def test_the_names_mean_what_they_say(position: str) -> None:
    """Each activation recomputed from those before it, by matrices taken from the model."""
    model = tiny_model(
        replace(BASE, position=SAMPLES["position"][position], ffn=DenseFFNConfig(30, "gelu"))
    )
    trace = recorded(model, some_tokens(2, LENGTH))
    x = trace["embed"] + (trace["pos_embed"] if position == "learned" else 0)
    for i, block in enumerate(blocks_of(model)):

        def at(name: str, i: int = i) -> torch.Tensor:
            return trace[f"blocks.{i}.{name}"]

        q, k = ("rot_q", "rot_k") if "rot_q" in model.emits else ("q", "k")
        scores = at(q) @ at(k).mT / 2  # sqrt(head_dim) is 2
        scores = scores.masked_fill(torch.ones(LENGTH, LENGTH).triu(1).bool(), -torch.inf)
        parts: dict[str, torch.Tensor] = {
            "resid_pre": x,
            "v": (at("attn_norm") @ block.attention.wv.weight.T)
            .reshape(2, LENGTH, 3, 4)
            .transpose(1, 2),
            "scores": scores,
            "pattern": scores.softmax(-1),
            "z": at("pattern") @ at("v"),
            "attn_out": at("z").transpose(1, 2).reshape(2, LENGTH, 12)
            @ block.attention.wo.weight.T,
            "resid_mid": at("resid_pre") + at("attn_out"),
            "ffn_pre": at("ffn_norm") @ block.ffn.w_in.weight.T,
            "ffn_post": torch.nn.functional.gelu(at("ffn_pre")),
            "ffn_out": at("ffn_post") @ block.ffn.w_out.weight.T,
            "resid_post": at("resid_mid") + at("ffn_out"),
        }
        for name, expected in parts.items():
            assert torch.allclose(at(name), expected, rtol=1e-10, atol=1e-12), name
        x = at("resid_post")
    assert torch.allclose(trace["logits"], trace["final_norm"] @ model.unembed.weight.T)


@pytest.mark.parametrize("config", variants())
def test_prefill_and_decode_record_what_one_forward_records(config: GPTConfig) -> None:
    model, tokens = tiny_model(config), some_tokens(2, LENGTH)
    whole, pieces = recorded(model, tokens), Trace(model.emits)
    prefill_then_decode(model, tokens, pieces)
    assert pieces.calls.keys() == whole.calls.keys()
    for key in whole.calls:
        assert torch.allclose(pieces[key], whole[key], rtol=1e-9, atol=1e-12), key


def test_a_trace_keeps_only_what_it_was_asked_for() -> None:
    trace = Trace(["pattern"])
    tiny_model()(some_tokens(1, 4), trace=trace)
    assert set(trace.calls) == {"blocks.0.pattern", "blocks.1.pattern"}
    with pytest.raises(KeyError, match=r"'logits' was not recorded; there are blocks\.0\.pattern"):
        trace["logits"]


def test_what_is_recorded_holds_no_graph() -> None:
    trace = Trace(["logits"])
    logits = tiny_model().requires_grad_(True)(some_tokens(1, 4), trace=trace)
    assert logits.requires_grad and not trace["logits"].requires_grad


# ---------------------------------------------------------------- refusing


@pytest.mark.parametrize(
    "trace",
    [
        Trace(["pattern"]),
        Trace(["rot_q"]),
        Trace(edits=[Edit("scores", torch.zeros_like, layer=0)]),
    ],
    ids=["pattern", "rot_q", "edit"],
)
def test_what_a_model_never_forms_is_refused_before_the_forward(trace: Trace) -> None:
    model = tiny_model(replace(BASE, kernel=SdpaKernelConfig()))
    cache = KVCache(4)
    with pytest.raises(ValueError, match=r"this model never forms '(pattern|rot_q|scores)'; it fo"):
        model(some_tokens(1, 4), cache=cache, trace=trace)
    assert cache.length == 0 and not trace.calls


def test_a_layer_the_model_does_not_have_is_refused_before_the_forward() -> None:
    cache = KVCache(4)
    with pytest.raises(ValueError, match="layer=2; the model has 2 layers"):
        tiny_model()(some_tokens(1, 4), cache=cache, trace=Trace(edits=[ablate(Node("z", 2, 0))]))
    assert cache.length == 0


def test_an_edit_that_makes_no_sense_is_refused() -> None:
    def holds(arguments: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            Edit(fn=torch.zeros_like, **arguments)

    cases = [
        ({"name": "hook_z"}, "'hook_z' is no activation; there are embed"),
        (
            {"name": "z", "layer": 0, "index": {"query": 1}},
            "'z' has no axis 'query'; it has batch",
        ),
        ({"name": "z"}, "'z' needs a layer"),
        ({"name": "logits", "layer": 0}, "'logits' is outside the layers"),
    ]
    assert failures(holds, cases) == []


def test_recording_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="'patern' is no activation"):
        Trace(["patern"])


def test_a_head_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="index 3 on axis 'head', which has 3 entries"):
        tiny_model()(some_tokens(1, 4), trace=Trace(edits=[ablate(Node("z", 0, 3))]))


def test_an_edit_that_never_meets_its_slot_is_an_error() -> None:
    def holds(position: Any) -> None:
        trace = Trace(edits=[Edit("z", torch.zeros_like, layer=1, index={"position": position})])
        model, tokens = tiny_model(), some_tokens(1, 4)
        assert torch.equal(model(tokens, trace=trace), model(tokens))
        with pytest.raises(
            ValueError, match=r"the edit of 'z' at layer=1, index=.* never met anything"
        ):
            trace.require_matched()

    cases = [4, [7, 9], [], slice(5, 8), slice(4, None), slice(2, 2)]
    assert failures(holds, cases) == []


def test_one_of_two_edits_may_be_the_one_that_never_met() -> None:
    met, missed = (Edit("z", torch.zeros_like, layer=0, index={"position": p}) for p in (3, 4))
    trace = Trace(edits=[met, missed])
    tiny_model()(some_tokens(1, 4), trace=trace)
    with pytest.raises(ValueError, match="'position': 4"):
        trace.require_matched()
    trace = Trace(edits=[met])
    tiny_model()(some_tokens(1, 4), trace=trace)
    trace.require_matched()


def test_an_edit_that_is_met_in_part_is_an_error_that_names_the_rest() -> None:
    def holds(read: str, name: str, index: dict[str, Any], missed: str) -> None:
        model, tokens = tiny_model(), some_tokens(2, LENGTH)
        trace = Trace(edits=[Edit(name, torch.zeros_like, layer=0, index=index)])
        if read == "whole":
            model(tokens, trace=trace)
        else:
            prefill_then_decode(model, tokens, trace)
        with pytest.raises(ValueError) as error:
            trace.require_matched()
        assert str(error.value).startswith(f"the edit of {name!r} at layer=0, index={index}")
        assert str(error.value).endswith(f" was met in part: never at {missed}")

    cases = [
        (x, *y)
        for x in ["whole", "in pieces"]
        for y in [
            ("z", {"position": [5, 25]}, "position 25"),
            ("z", {"position": [30, 5, 25]}, "position 25, 30"),
            ("z", {"head": [0, 2], "position": (2, 9)}, "position 9"),
            ("pattern", {"query": [8], "key": [3, 9]}, "key 9"),
            ("pattern", {"query": [8, 12], "key": 3}, "query 12"),
            ("resid_pre", {"position": {0, 1, 2, LENGTH}}, f"position {LENGTH}"),
        ]
    ]
    assert failures(holds, cases) == []


def test_an_edit_may_be_met_over_several_calls() -> None:
    def holds(index: dict[str, Any]) -> None:
        model, tokens = tiny_model(), some_tokens(2, LENGTH)
        for way in (lambda m, t, trace: m(t, trace=trace), prefill_then_decode):
            trace = Trace(edits=[Edit("z", torch.zeros_like, layer=0, index=index)])
            way(model, tokens, trace)
            trace.require_matched()

    cases = [
        {"position": [5, 8]},
        {"position": [0, 8, 4]},
        {"position": slice(5, 99)},
        {"position": slice(0, None), "head": [1]},
        {"head": slice(1, 9)},
    ]
    assert failures(holds, cases) == []


def test_a_trace_tells_what_is_missing_so_far_and_forgets_what_came() -> None:
    model, tokens, cache = tiny_model(), some_tokens(1, LENGTH), KVCache(LENGTH)
    trace = Trace(edits=[Edit("z", torch.zeros_like, layer=1, index={"position": [2, 6]})])
    model(tokens[:, :4], cache=cache, trace=trace)
    with pytest.raises(ValueError, match=r"never at position 6$"):
        trace.require_matched()
    model(tokens[:, 4:], cache=cache, trace=trace)
    trace.require_matched()


def test_an_edit_at_once_needs_all_its_slots_in_one_call() -> None:
    model, tokens = tiny_model(), some_tokens(1, LENGTH)
    index = {"position": [2, 6]}
    whole, cut = (
        Trace(edits=[Edit("z", torch.zeros_like, layer=0, index=index, at_once=True)])
        for _ in range(2)
    )
    model(tokens, trace=whole)
    whole.require_matched()
    with pytest.raises(ValueError, match=r"needs one call, which lacks position 6$"):
        prefill_then_decode(model, tokens, cut)
    late = Trace(edits=[Edit("z", torch.zeros_like, layer=0, index={"position": 6}, at_once=True)])
    prefill_then_decode(model, tokens, late)
    late.require_matched()


# ---------------------------------------------------------------- editing


@pytest.mark.parametrize("config", variants())
def test_an_edit_of_one_head_at_one_slot_holds_however_the_text_is_read(config: GPTConfig) -> None:
    """Against a torch hook on the input of W_O, where head h is columns 4h to 4h + 4, or 6h."""
    model, tokens = tiny_model(config), some_tokens(2, LENGTH)
    size = 6 if isinstance(config.attention, LatentAttentionConfig) else 4
    for layer, head, slot in ((0, 2, 1), (0, 0, 6), (1, 1, 8)):

        def halve(_: Any, inputs: Any, head: int = head, slot: int = slot) -> Any:
            z = inputs[0].clone()
            z[:, slot, size * head : size * head + size] *= 0.5
            return (z,)

        hook = blocks_of(model)[layer].attention.wo.register_forward_pre_hook(halve)  # pyright: ignore
        expected = read(model, tokens)
        hook.remove()
        index = {"head": head, "position": slot}
        edits = [Edit("z", lambda z: z * 0.5, layer=layer, index=index)]
        for way in (lambda m, t, trace: read(m, t, trace=trace), prefill_then_decode):
            trace = Trace(edits=edits)
            assert torch.allclose(way(model, tokens, trace), expected, rtol=1e-9, atol=1e-12)
            trace.require_matched()
        untouched = read(model, tokens)
        assert not torch.allclose(untouched[:, slot], expected[:, slot], rtol=1e-3)
        # With experts not to the bit: who else is sent to one changes how its sums are taken.
        assert torch.allclose(untouched[:, :slot], expected[:, :slot], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["scores", "pattern"])
def test_an_edit_of_the_pattern_picks_query_and_key_by_slot(name: str) -> None:
    """Cutting the look from slot 6 to slot 2, in teacher forcing and in cached decode alike."""
    model, tokens = tiny_model(), some_tokens(2, LENGTH)
    cut = {"scores": lambda x: torch.full_like(x, -torch.inf), "pattern": torch.zeros_like}[name]
    edits = [Edit(name, cut, layer=0, index={"head": 1, "query": 6, "key": 2})]
    whole, pieces = (Trace(["pattern"], edits) for _ in range(2))
    logits = model(tokens, trace=whole)
    assert torch.allclose(prefill_then_decode(model, tokens, pieces), logits, rtol=1e-9, atol=1e-12)
    for trace in (whole, pieces):
        trace.require_matched()
        pattern, free = trace["blocks.0.pattern"], recorded(model, tokens)["blocks.0.pattern"]
        assert not pattern[:, 1, 6, 2].any()
        touched = torch.zeros_like(pattern, dtype=torch.bool)
        touched[:, 1, 6] = True
        assert torch.allclose(pattern[~touched], free[~touched])
        row, old = pattern[:, 1, 6], free[:, 1, 6].clone()
        old[:, 2] = 0
        renewed = old / old.sum(-1, keepdim=True) if name == "scores" else old
        assert torch.allclose(row, renewed)


def test_any_choice_of_slots_means_the_same_in_decode() -> None:
    def holds(index: dict[str, Any]) -> None:
        model, tokens = tiny_model(), some_tokens(2, LENGTH)
        edits = [Edit("resid_mid", lambda x: x + 1, layer=0, index=index)]
        whole, pieces = Trace(["resid_mid"], edits), Trace(["resid_mid"], edits)
        logits = model(tokens, trace=whole)
        assert torch.allclose(
            prefill_then_decode(model, tokens, pieces), logits, rtol=1e-9, atol=1e-12
        )
        free = recorded(model, tokens)["blocks.0.resid_mid"]
        expected = free.clone()
        expected[:, index.get("position", slice(None))] += 1
        assert torch.equal(whole["blocks.0.resid_mid"], expected)

    cases = [
        {"position": [1, 6]},
        {"position": slice(3, 7)},
        {"position": slice(5, None)},
        {},
    ]
    assert failures(holds, cases) == []


def test_what_is_counted_from_the_end_is_no_slot() -> None:
    def holds(axis: str, index: Any) -> None:
        name = "z" if axis == "position" else "pattern"
        with pytest.raises(
            ValueError, match="slots are counted from the start of the text"
        ) as error:
            Edit(name, torch.zeros_like, layer=0, index={axis: index})
        assert str(error.value).startswith(f"{axis}={index}")

    cases = [
        (x, y)
        for x in ["position", "query", "key"]
        for y in [-1, [3, -2], (-1,), {-5, 2}, slice(-2, None), slice(0, -1)]
    ]
    assert failures(holds, cases) == []


def test_what_is_no_whole_number_is_no_index() -> None:
    def holds(index: Any) -> None:
        with pytest.raises(
            ValueError, match=r"head=.* must be a whole number, several, or a slice"
        ):
            Edit("z", torch.zeros_like, layer=0, index={"head": index})

    cases = [None, 1.5, "2", [1, "2"], [[1]], slice(0.5), {"a": 1}]
    assert failures(holds, cases) == []


def test_numbers_of_numpy_and_torch_are_an_index() -> None:
    model, tokens = tiny_model(), some_tokens(1, LENGTH)
    expected = model(tokens, trace=Trace(edits=[Edit("z", torch.zeros_like, 0, {"head": [1, 2]})]))
    for index in (np.array([1, 2]), torch.tensor([1, 2]), [np.int64(1), 2], range(1, 3)):
        trace = Trace(edits=[Edit("z", torch.zeros_like, 0, {"head": index})])  # pyright: ignore
        assert torch.equal(model(tokens, trace=trace), expected)
        trace.require_matched()


def test_edits_leave_the_model_and_the_unedited_part_alone() -> None:
    model, tokens = tiny_model(), some_tokens(2, LENGTH)
    weights = [p.clone() for p in model.parameters()]
    before = model(tokens)
    model(tokens, trace=Trace(edits=[Edit("embed", lambda x: x.mul_(0))]))
    assert torch.equal(model(tokens), before)
    assert all(torch.equal(p, w) for p, w in zip(model.parameters(), weights, strict=True))


def test_an_edit_leaves_what_was_recorded_before_it_alone() -> None:
    """The stream after layer 0 and before layer 1 is one tensor: an edit must not reach back."""
    model, tokens = tiny_model(), some_tokens(2, LENGTH)
    trace = Trace(["resid_post", "resid_pre"], [Edit("resid_pre", torch.zeros_like, layer=1)])
    model(tokens, trace=trace)
    before = recorded(model, tokens)["blocks.0.resid_post"]
    assert torch.equal(trace["blocks.0.resid_post"], before)
    assert not trace["blocks.1.resid_pre"].any()


def test_two_edits_of_one_place_follow_one_another() -> None:
    model, tokens = tiny_model(), some_tokens(2, LENGTH)
    once = model(tokens, trace=Trace(edits=[scale(Node("z", 0, 1), 6.0)]))
    head = Node("z", 0, 1)
    twice = model(tokens, trace=Trace(edits=[scale(head, 2.0), scale(head, 3.0)]))
    assert torch.allclose(once, twice, rtol=1e-12)


def test_readers_that_share_a_model_do_not_disturb_each_other() -> None:
    """Four threads, each with its own edit, prefill and decode, all starting together."""
    model, tokens = tiny_model(replace(BASE, kernel=MathKernelConfig())), some_tokens(2, LENGTH)
    edits = [ablate(Node("z", 0, 0)), ablate(Node("z", 1, 2)), scale(Node("z", 0, 1), 3.0)]

    def read(number: int) -> tuple[torch.Tensor, torch.Tensor]:
        trace = Trace(["z"], edits=[edits[number]] if number < len(edits) else [])
        return prefill_then_decode(model, tokens, trace), trace["blocks.0.z"]

    alone = [read(number) for number in range(4)]
    assert len({float(logits.sum()) for logits, _ in alone}) == 4
    start = Barrier(4)

    def read_often(number: int) -> bool:
        start.wait()
        return all(
            torch.equal(got, expected)
            for _ in range(25)
            for got, expected in zip(read(number), alone[number], strict=True)
        )

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read_often, range(4)))
