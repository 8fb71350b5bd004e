"""manifest and recompute: the scene is what torch computed, and every formula gives its cell."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import (
    BASE,
    CLIPPED,
    SAMPLES,
    calls_in,
    forwards,
    in_a_scene,
    math_variants,
    one_of_a_kind,
    read,
    tiny_model,
    variants,
)

from lab.data.problems import Format
from lab.data.vocabulary import VOCABULARY, encode
from lab.inference.forward import with_math_kernel
from lab.interp.intervene import Node, ablate, scale
from lab.model.attention.cross_layer import CrossLayerAttention
from lab.model.attention.mha import MultiHeadAttention
from lab.model.attention.sliding import SlidingWindowAttention
from lab.model.config import (
    ALiBiPositionsConfig,
    DenseFFNConfig,
    GPTConfig,
    LatentAttentionConfig,
    LayerPattern,
    MixtureOfExpertsConfig,
    PlainResidualConfig,
    RotaryPositionsConfig,
    SdpaKernelConfig,
)
from lab.model.gpt import GPT
from lab.model.rules import OPERATIONS, Choose, Contract, Map, Rule, Rules, with_names
from lab.model.trace import ACTIVATIONS, Edit, Trace
from lab.records import ROOT
from lab.scene import build as scenes
from lab.scene.build import scene, weights_of
from lab.scene.manifest import LARGEST, MOST_TOKENS, Entry, Packed, Scene, label, scale_of
from lab.scene.operands import ROUNDED
from lab.scene.recompute import Reader, read_cell, recompute_cell
from lab.training.checkpoint import Checkpoint, committed_runs, load_run

HALF = 2.0**-11
"""Rounding to float16 changes a number by at most this part of it."""

TEXT = "37*48=692+0841=67"
LONG = ("37*48=692+0841=6771$" * 4)[:MOST_TOKENS]
CELLS_EACH = 6


@lru_cache
def loaded(run: str) -> Checkpoint:
    return load_run(run)


@lru_cache
def packed(run: str) -> Packed:
    return weights_of(loaded(run).model)


def prompts(form: Format) -> tuple[str, str, str]:
    """A whole text, a prompt, and a text broken off."""
    form = in_a_scene(form)
    texts = [form.text(a % 10**form.p, b % 10**form.q) for a, b in ((7, 8), (99, 60), (2, 3))]
    return texts[0], texts[1][: form.prompt_length], texts[2][:-2]


def scene_of(run: str, prompt: str) -> Scene:
    return scene(loaded(run).model, prompt, run=run, weights=packed(run))


def values_of(s: Scene, entry: Entry) -> np.ndarray:
    """All cells of a tensor, decoded as the docstring of `Entry` says."""
    blob, size = np.frombuffer(s.blobs[entry["kind"]], np.float16), math.prod(entry["shape"])
    numbers = blob[entry["offset"] :][:size].astype(np.float64)
    if entry["rest"] is not None:
        numbers += blob[entry["rest"] :][:size].astype(np.float64) / 2.0**11
    return numbers.reshape(entry["shape"]) * entry["scale"]


def torch_tensors(model: GPT, text: str) -> dict[str, torch.Tensor]:
    """What the scene must show: all state, every activation, the probabilities."""
    trace = Trace(model.emits)
    with torch.inference_mode():
        logits = read(model, torch.from_numpy(encode(text)).long()[None], trace=trace)
    found = {name: x.detach() for name, x in model.state_dict().items()}
    found |= {key: trace[key][0] for key in trace.calls}
    return found | {"probs": logits[0].softmax(-1)}


def assert_shows(s: Scene, tensors: dict[str, torch.Tensor]) -> None:
    assert [entry["name"] for entry in s.manifest["tensors"]] == list(tensors)
    for entry in s.manifest["tensors"]:
        expected = tensors[entry["name"]].double().numpy()
        assert entry["shape"] == list(expected.shape) and len(entry["axes"]) == expected.ndim
        cells, finite = values_of(s, entry), np.isfinite(expected)
        assert np.array_equal(cells[~finite], expected[~finite], equal_nan=True), entry["name"]
        error = abs(cells[finite] - expected[finite])
        allowed = 2.0**-22 * abs(expected[finite]) + 2.0**-36 * entry["scale"]
        assert (error <= allowed).all(), entry["name"]


# ---------------------------------------------------------------- the numbers


def test_all_that_a_model_forms_is_there_and_has_axes_that_fit() -> None:
    for run in committed_runs():
        model = loaded(run).model
        s = scene_of(run, prompts(loaded(run).format)[0])
        names = {entry["name"] for entry in s.manifest["tensors"]}
        assert {name for name, _ in model.named_parameters()} < names
        for name in model.emits:
            layers = range(model.config.n_layer)
            keys = [f"blocks.{i}.{name}" for i in layers] if ACTIVATIONS[name].in_layer else [name]
            assert names >= set(keys)
        sizes: dict[str, set[int]] = {}
        for entry in s.manifest["tensors"]:
            for axis, size in zip(entry["axes"], entry["shape"], strict=True):
                sizes.setdefault(axis, set()).add(size)
        tokens, table = len(s.manifest["tokens"]), model.config.position.longest_text
        assert sizes.pop("position") == {tokens} | ({table} if table else set())
        assert sizes.pop("query") == sizes.pop("key") == {tokens}
        whole, residual = model.config, model.config.residual
        if not isinstance(residual, PlainResidualConfig):
            readings = range(1, 2 * whole.n_layer + 1)
            assert sizes.pop("source") == {residual.n_source(whole, n) for n in readings}
        if isinstance(whole.attention, LatentAttentionConfig):
            several = {axis: sizes.pop(axis) for axis in ("latent", "head", "head_dim", "width")}
            assert several["head"] == {1, whole.attention.n_head}
        if isinstance(whole.ffn, MixtureOfExpertsConfig):
            assert sizes.pop("d_ff") >= {whole.ffn.shared_width}
        assert all(len(found) == 1 for found in sizes.values()), sizes


def test_infinity_and_nan_are_shown_as_such() -> None:
    model = tiny_model(dtype=torch.float32)
    with torch.no_grad():
        model.get_parameter("blocks.1.ffn.w_out.weight")[3, 4] = torch.nan
    s = scene(model, "7*8=")
    assert_shows(s, torch_tensors(model, "7*8="))
    assert read_cell(s.manifest, s.blobs, "blocks.0.scores", (1, 0, 2)) == -math.inf
    assert math.isnan(read_cell(s.manifest, s.blobs, "blocks.1.ffn.w_out.weight", (3, 4)))
    assert math.isnan(recompute_cell(s.manifest, s.blobs, "blocks.1.ffn_out", (2, 3)))
    assert math.isnan(recompute_cell(s.manifest, s.blobs, "probs", (2, 3)))


@pytest.mark.parametrize("factor", [2.0**-60, 2.0**-24, 1.0, 2.0**16, 2.0**60])
def test_a_scale_keeps_small_and_large_numbers_out_of_the_ends(factor: float) -> None:
    x = torch.linspace(-3, 2, 101, dtype=torch.float64) * factor
    for numbers in (x, torch.cat([x, torch.tensor([torch.inf, torch.nan])])):
        scale = scale_of(numbers)
        assert math.log2(scale).is_integer()
        assert LARGEST / 2 < float(x.abs().max()) / scale <= LARGEST
    assert scale_of(torch.zeros(3)) == 1.0
    assert scale_of(torch.tensor([torch.nan, -torch.inf])) == 1.0


# ---------------------------------------------------------------- the formulas


def sample_cells(entry: Entry, seed: int) -> Iterator[tuple[int, ...]]:
    rng = np.random.default_rng(seed)
    yield tuple(n - 1 for n in entry["shape"])
    for _ in range(CELLS_EACH - 1):
        yield tuple(int(rng.integers(n)) for n in entry["shape"])


def assert_rules_hold(s: Scene) -> None:
    reader = Reader(s.manifest, s.blobs)
    for number, entry in enumerate(s.manifest["tensors"]):
        for at in sample_cells(entry, number):
            made = reader.cells(reader.rule(entry["name"]) or entry["name"], at)
            cell, value = reader.number(entry["name"], *at), float(made.value)
            if math.isinf(cell) or math.isinf(value):
                assert value == cell, (entry["name"], at)
                continue
            slack = 1.5 * float(made.error) + ROUNDED * abs(cell) + 2.0**-24 * entry["scale"]
            assert abs(value - cell) <= slack, (entry["name"], at, cell, value, slack)


@pytest.mark.parametrize("run", one_of_a_kind())
def test_every_cell_of_a_committed_run_is_torchs_and_what_its_formula_gives(run: str) -> None:
    for prompt in prompts(loaded(run).format):
        s = scene_of(run, prompt)
        assert_shows(s, torch_tensors(loaded(run).model, prompt))
        assert_rules_hold(s)


@pytest.mark.parametrize("config", variants())
def test_whatever_a_model_is_made_of_cells_are_torchs_and_come_from_formula_and_line(
    config: GPTConfig,
) -> None:
    s, math_model = scene(tiny_model(config), TEXT), with_math_kernel(tiny_model(config))
    assert_shows(s, torch_tensors(math_model, TEXT))
    formed = [e for e in s.manifest["tensors"] if e["kind"] == "activation"]
    assert {label(e["name"]) for e in formed if not e["rule"]} <= {"expert_index"}
    assert_rules_hold(s)
    assert_lines_make(s, config)


@pytest.mark.parametrize("config", math_variants())
def test_no_rounding_of_what_it_reads_moves_a_cell_further_than_its_error(
    config: GPTConfig,
) -> None:
    """And some rounding moves it a tenth as far, so that a wrong rule is not forgiven."""
    s, dice = scene(tiny_model(config), TEXT), np.random.default_rng(0)
    reader = Reader(s.manifest, s.blobs)
    others = [rounded_otherwise(s, dice) for _ in range(8)]
    shares: dict[str, list[float]] = {}
    for number, entry in enumerate(s.manifest["tensors"]):
        rule = reader.rule(entry["name"])
        for at in sample_cells(entry, number) if rule else ():
            made = reader.cells(rule, at)
            if not math.isfinite(float(made.value)) or float(made.error) == 0:
                continue
            moved = [abs(float(other.cells(rule, at).value - made.value)) for other in others]
            assert max(moved) <= 1.02 * float(made.error), (entry["name"], at)
            shares.setdefault(type(rule).__name__, []).append(max(moved) / float(made.error))
    for op, share in shares.items():
        assert max(share) >= 0.1, (op, share)


def rounded_otherwise(s: Scene, dice: np.random.Generator) -> Reader:
    """The scene as if every number had been rounded from as far away as it may have been.

    Whole numbers, which say where something stands, are exact.
    """

    class Other(Reader):
        def read(self, name: str, *index: Any) -> Any:
            return moved[name][index]

    plain = Reader(s.manifest, s.blobs)
    moved = {e["name"]: plain.read(e["name"]) for e in s.manifest["tensors"]}
    for name, x in moved.items():
        if label(name) != "expert_index":
            moved[name] = x * (1 + ROUNDED * dice.choice([-1, 1], x.shape))
    return Other(s.manifest, s.blobs)


@pytest.mark.parametrize("op", OPERATIONS)
def test_a_changed_input_changes_the_cell(op: str) -> None:
    """A rule that ignored one of its inputs would pass where that input happens to be zero."""
    gated = replace(BASE, ffn=DenseFFNConfig(30, "swiglu"), position=RotaryPositionsConfig(100.0))
    normed = replace(
        BASE, attention=replace(BASE.attention, qk_norm=True), position=ALiBiPositionsConfig()
    )
    chosen = replace(BASE, ffn=SAMPLES["ffn"]["experts"])
    tried = 0
    for config in (BASE, gated, normed, CLIPPED, chosen):
        s = scene(tiny_model(config), TEXT)
        for entry in s.manifest["tensors"]:
            if entry["layer"] == 1 or (entry["rule"] or {}).get("op") != op:
                continue
            at = (2, 12, 7) if op == "choose" else (2, 12, 3)
            if entry["axes"][-1] == "choice":
                at = (12, 1)
            at = at[-len(entry["shape"]) :]
            before = recompute_cell(s.manifest, s.blobs, entry["name"], at)
            for name in entry["inputs"]:
                tried += 1
                after = {
                    recompute_cell(s.manifest, noisy(s, name, seed), entry["name"], at)
                    for seed in range(4)  # among few places a choice may fall on the same again
                }
                assert after != {before} or (op == "map" and before == 0), entry["name"]
    assert tried


def noisy(s: Scene, name: str, seed: int = 0) -> dict[Any, bytes]:
    """The blobs of a scene with other numbers in one tensor, whole ones in one of choices."""
    (entry,) = (e for e in s.manifest["tensors"] if e["name"] == name)
    numbers = np.frombuffer(s.blobs[entry["kind"]], np.float16).copy()
    part = numbers[entry["offset"] :][: math.prod(entry["shape"])]
    dice = np.random.default_rng(seed)
    part[:] = dice.normal(0, 8000, len(part))
    if label(name) == "expert_index":
        part[:] = dice.integers(6, size=len(part)) / entry["scale"]
    return {**s.blobs, entry["kind"]: numbers.tobytes()}


def test_a_formula_says_what_this_model_does() -> None:
    def formulas(config: GPTConfig) -> dict[str, str]:
        return {e["name"]: e["formula"] for e in scene(tiny_model(config), "7").manifest["tensors"]}

    plain = formulas(BASE)
    assert plain["blocks.1.q"] == "q[h, t, i] = Σ_d attn_norm[t, d] · wq[h*4+i, d]"
    assert plain["blocks.1.resid_pre"] == "resid_pre[t, d] = blocks.0.resid_post[t, d]"
    assert plain["blocks.0.resid_pre"] == "resid_pre[t, d] = embed[t, d] + pos_embed[t, d]"
    assert plain["blocks.0.ffn_post"] == "ffn_post[t, j] = max(ffn_pre[t, j], 0)²"
    assert plain["embed"] == "embed[t, d] = embed.weight[token_ids[t], d]"
    assert plain["probs"] == "probs[t, c] = softmax_c(logits[t, c])"
    assert plain["final_norm"] == (
        "final_norm[t, d] = blocks.1.resid_post[t, d] / "
        "√(mean_d(blocks.1.resid_post[t, d]²) + 1e-06) · gain[d]"
    )
    other = formulas(
        replace(BASE, ffn=DenseFFNConfig(30, "swiglu"), position=RotaryPositionsConfig(100.0))
    )
    assert other["blocks.0.rot_q"] == "rot_q[h, t, i] = Σ_j q[h, t, j] · rotation[t, i, j]"
    assert other["blocks.0.scores"] == (
        "scores[h, t, s] = Σ_i rot_q[h, t, i] · rot_k[h, s, i] / √4 where s ≤ t, else −∞"
    )
    assert other["blocks.0.resid_pre"] == "resid_pre[t, d] = embed[t, d]"
    assert other["blocks.0.ffn_post"] == (
        "ffn_post[t, j] = silu(ffn_pre[t, j]) · Σ_d ffn_norm[t, d] · w_in[j, d]"
    )
    shared = formulas(
        replace(BASE, position=ALiBiPositionsConfig(), attention=SAMPLES["attention"]["grouped"])
    )
    assert shared["blocks.0.scores"] == (
        "scores[h, t, s] = Σ_i q[h, t, i] · k[h//3, s, i] / √4 + slopes[h] · distance[t, s] · (-1) "
        "where s ≤ t, else −∞"
    )
    near = formulas(replace(BASE, attention=SAMPLES["attention"]["sliding"]))
    assert near["blocks.0.scores"].endswith(" where t - 3 < s ≤ t, else −∞")


# ---------------------------------------------------------------- the manifest


def test_the_manifest_is_plain_json_and_its_tensors_fill_the_blobs() -> None:
    s = scene_of("times_table", "7*8=56$")
    manifest = json.loads(json.dumps(s.manifest))
    assert manifest == s.manifest
    assert (manifest["version"], manifest["run"]) == (3, "times_table")
    assert (manifest["vocabulary"], manifest["tokens"]) == (VOCABULARY, list("7*8=56$"))
    assert GPTConfig.from_dict(manifest["config"]) == loaded("times_table").model.config
    assert manifest["edited"] == []
    for kind, blob in s.blobs.items():
        end = 0
        for part in ("offset", "rest"):
            for entry in manifest["tensors"]:
                if entry["kind"] == kind and entry[part] is not None:
                    assert entry[part] == end
                    end += math.prod(entry["shape"])
        assert len(blob) == 2 * end


def test_tensors_come_in_the_order_of_the_network() -> None:
    """An input of a tensor stands before it; so a front end can lay the scene out in one pass."""
    for config in (BASE, replace(BASE, position=RotaryPositionsConfig(100.0))):
        seen: set[str] = set()
        for entry in scene(tiny_model(config), TEXT).manifest["tensors"]:
            assert seen >= set(entry["inputs"]), entry["name"]
            seen.add(entry["name"])
            layer = entry["name"].split(".")[1] if entry["name"].startswith("blocks.") else None
            assert entry["layer"] == (None if layer is None else int(layer))


def test_every_tensor_names_the_line_that_made_it() -> None:
    configs = [BASE, replace(BASE, position=RotaryPositionsConfig(100.0))]
    configs.append(replace(BASE, ffn=DenseFFNConfig(30, "swiglu"), kernel=SdpaKernelConfig()))
    for config in configs:
        for entry in scene(tiny_model(config), TEXT).manifest["tensors"]:
            source = entry["source"]
            line = (ROOT / source["file"]).read_text().splitlines()[source["line"] - 1]
            name = entry["name"].split(".")[-1]
            if entry["kind"] == "weight":
                assert f"self.{entry['name'].split('.')[-2]} = " in line
            elif name == "probs":
                assert "logits.softmax(-1)" in line
            else:
                assert f'"{name}"' in line
            assert entry["meaning"]


def test_what_no_rule_explains_is_shown_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    state(monkeypatch, "z", None)
    s = scene(tiny_model(), TEXT)
    (entry,) = (e for e in s.manifest["tensors"] if e["name"] == "blocks.1.z")
    assert (entry["rule"], entry["inputs"], entry["formula"]) == (
        *(None, []),
        "the mix of values that each head hands on",
    )
    assert recompute_cell(s.manifest, s.blobs, "blocks.1.z", (1, 2, 3)) == read_cell(
        s.manifest, s.blobs, "blocks.1.z", (1, 2, 3)
    )


def state(monkeypatch: pytest.MonkeyPatch, name: str, rule: Rule | None) -> None:
    """Attention says another thing of one of its activations."""
    honest = MultiHeadAttention.emits
    monkeypatch.setattr(
        MultiHeadAttention, "emits", lambda self, *told: {**honest(self, *told), name: rule}
    )


def test_digests_say_what_must_be_sent_again() -> None:
    model = tiny_model()
    one, same, other = (scene(model, text).manifest for text in ("7*8=", "7*8=", "7*9="))
    assert one == same
    assert one["weights_digest"] == other["weights_digest"]
    assert one["activations_digest"] != other["activations_digest"]
    louder = tiny_model()
    with torch.no_grad():
        for parameter in louder.parameters():
            parameter.mul_(2)
    doubled = scene(louder, "7*8=")
    assert doubled.weights == scene(model, "7*8=").weights
    assert doubled.manifest["weights_digest"] != one["weights_digest"]


def test_a_model_that_never_forms_scores_is_looked_into_all_the_same() -> None:
    fused = tiny_model(replace(BASE, kernel=SdpaKernelConfig()))
    assert scene(fused, TEXT) == scene(tiny_model(), TEXT)


def test_token_ids_do_as_well_as_text() -> None:
    assert scene(tiny_model(), encode(TEXT).tolist()) == scene(tiny_model(), TEXT)


def test_an_edit_changes_the_scene_and_is_named() -> None:
    model = loaded("times_table").model
    edits = [ablate(Node("z", 2, 1)), scale(Node("resid_post", 5), 3.0)]
    s = scene(model, "7*8=", weights=packed("times_table"), edits=edits)
    assert s.manifest["edited"] == ["blocks.2.z", "blocks.5.resid_post"]
    trace = Trace(["logits", "z"], edits)
    with torch.inference_mode():
        model(torch.from_numpy(encode("7*8=")).long()[None], trace=trace)
    by_name = {entry["name"]: entry for entry in s.manifest["tensors"]}
    assert not values_of(s, by_name["blocks.2.z"])[1].any()
    expected = trace["logits"][0].double().numpy()
    assert np.allclose(values_of(s, by_name["logits"]), expected, rtol=2 * HALF, atol=1e-6)
    with pytest.raises(ValueError, match="layer=9; the model has 6 layers"):
        scene(model, "7*8=", edits=[ablate(Node("z", 9, 0))])
    with pytest.raises(ValueError, match="never met anything"):
        scene(model, "7*8=", edits=[Edit("z", torch.zeros_like, 0, {"position": 4})])


# ---------------------------------------------------------------- limits and bad input


def test_a_scene_of_the_large_model_is_small_enough_to_send() -> None:
    twelve, most = (scene_of("times_table", LONG[:n]) for n in (12, 64))
    assert len(twelve.activations) <= 1.6e6
    assert len(most.activations) <= 10.4e6
    parameters = sum(p.numel() for p in loaded("times_table").model.parameters())
    assert len(twelve.weights) == 2 * parameters < 9.6e6
    assert len(json.dumps(most.manifest)) < 100_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("7x8=", "character 1 is 'x', which is not a token; the tokens are 0 1 2"),
        ("", r"the text has 0 tokens; a scene of this model takes 1 to 32, each one of 0 1 2"),
        ("1" * 33, "the text has 33 tokens; a scene of this model takes 1 to 32"),
        ([], "the text has 0 tokens"),
        ([7, 10, 16], "token id 16 is outside 0 to 15"),
        ([-1], "token id -1 is outside 0 to 15"),
    ],
    ids=["a letter", "empty", "too long", "no ids", "a large id", "a negative id"],
)
def test_a_bad_prompt_is_refused_and_told_what_is_allowed(text: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        scene(tiny_model(), text)


def test_a_model_without_a_position_table_takes_64_tokens_too() -> None:
    model = tiny_model(replace(BASE, position=RotaryPositionsConfig(100.0)))
    assert len(scene(model, "1" * 64).manifest["tokens"]) == 64
    with pytest.raises(ValueError, match="65 tokens; a scene of this model takes 1 to 64"):
        scene(model, "1" * 65)
    with pytest.raises(ValueError, match="9 tokens; a scene of this model takes 1 to 8"):
        scene(loaded("times_table_small").model, "7*8=56$7*")


SEEN = "h t s"


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        (
            "scores",
            Choose((None, Contract(("q", "k"), "h t i, h s i -> h t s", 0.5)), SEEN, "s <= t"),
        ),
        ("scores", Contract(("rot_q", "rot_k"), "h t i, h s i -> h t s")),  # no scale
        ("z", Contract(("pattern", "k"), "h t s, h s i -> h t i")),
        ("z", Contract(("pattern", "v"), "h t s, h//3 s i -> h t i")),  # the wrong head
        ("z", Contract(("pattern", "ffn_post"), "h t s, h s i -> h t i")),
        ("z", Contract(("pattern", "nothing"), "h t s, h s i -> h t i")),
        ("z", Contract(("pattern", "v"), "h t s, h s+1 i -> h t i")),  # past the end
        ("attn_out", Contract(("z", "attention.wo.weight"), "h t i, d i*3+h -> t d")),
        ("pattern", Map(("scores",), "silu")),
    ],
)
def test_a_rule_that_does_not_give_the_cells_is_refused_in_a_sentence(
    name: str, rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny_model(replace(BASE, position=RotaryPositionsConfig(100.0)))
    scene(model, TEXT)
    state(monkeypatch, name, rule)
    with pytest.raises(
        ValueError, match=f"cannot be shown: the rule .* of 'blocks.0.{name}' "
    ) as e:
        scene(model, TEXT)
    assert re.search("that it formed$|does not fit: ", str(e.value))


def test_every_distinct_layer_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that is wrong in layer 3 alone is refused, whether or not layer 1 has its like."""
    grouped, cross = SAMPLES["attention"]["cross"].then
    rotary = replace(BASE, n_layer=4, position=RotaryPositionsConfig(100.0))
    honest = CrossLayerAttention.emits

    def astray(self: CrossLayerAttention, *told: Any) -> Rules:
        """It reads the keys of layer 0, wherever they come from."""
        rules = dict(honest(self, *told))
        scores = rules["scores"]
        assert scores is not None
        return rules | {"scores": with_names(scores, {"blocks.2.rot_k": "blocks.0.rot_k"})}

    monkeypatch.setattr(CrossLayerAttention, "emits", astray)
    for then in ((grouped, cross), (grouped, grouped, grouped, cross)):
        config = replace(rotary, attention=LayerPattern(then))
        if then[2:]:
            scene(tiny_model(replace(config, n_layer=3)), TEXT)
        with pytest.raises(ValueError, match=r"the rule .* of 'blocks\.3\.scores'"):
            scene(tiny_model(config), TEXT)


def test_a_layer_whose_parts_differ_is_checked_although_it_states_the_same_rules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Local attention that forgets to say so, behind three layers that see everything."""
    monkeypatch.setattr(SlidingWindowAttention, "__init__", forgetful(SlidingWindowAttention))
    sliding = SAMPLES["attention"]["sliding"]
    then = (BASE.attention, BASE.attention, BASE.attention, sliding)
    model = tiny_model(replace(BASE, n_layer=4, attention=LayerPattern(then)))
    with pytest.raises(ValueError, match=r"the rule .* of 'blocks\.3\.scores'"):
        scene(model, "12*34=")


def forgetful(cls: type[SlidingWindowAttention]) -> Any:
    begin = cls.__init__

    def init(self: Any, *told: Any) -> None:
        begin(self, *told)
        del self.sees  # what it inherits says that all is seen

    return init


def assert_lines_make(s: Scene, config: GPTConfig) -> None:
    """Every tensor names the line that makes it: in a class of this very layer, or of one that it
    inherits from, or in their files."""
    for entry in s.manifest["tensors"]:
        source, name = entry["source"], entry["name"].split(".")
        line = (ROOT / source["file"]).read_text().splitlines()[source["line"] - 1]
        said = name[-1] if entry["kind"] == "activation" else name[-2]
        assert said in line or name[-1] == "probs", (entry["name"], source)
        if name[-1] in ("ffn_pre", "ffn_post"):
            experts = isinstance(config.layers[int(name[1])].ffn, MixtureOfExpertsConfig)
            assert source["file"].endswith("moe.py" if experts else "dense.py"), entry["name"]


def test_a_cell_that_is_not_there_is_refused() -> None:
    s = scene(tiny_model(), "7*8=")
    with pytest.raises(ValueError, match=r"the scene has no tensor 'blocks\.7\.q'"):
        recompute_cell(s.manifest, s.blobs, "blocks.7.q", (0, 0, 0))
    for at in ((0, 4, 0), (0, 0), (0, 0, 0, 0), (0, -1, 0)):
        with pytest.raises(ValueError, match=r"'blocks.1.q' has the shape \[3, 4, 4\], and no"):
            recompute_cell(s.manifest, s.blobs, "blocks.1.q", at)


def test_a_blob_cut_short_is_refused() -> None:
    s = scene(tiny_model(), "7*8=")
    cut: dict[Any, bytes] = {**s.blobs, "activation": s.activations[:-3]}
    with pytest.raises(ValueError, match=r"the blob of activations ends at byte \d+, in 'probs'"):
        read_cell(s.manifest, cut, "probs", (0, 0))
    assert recompute_cell(s.manifest, cut, "logits", (3, 15)) == recompute_cell(
        s.manifest, s.blobs, "logits", (3, 15)
    )


def test_the_source_of_a_scene_is_found_outside_the_folder_it_runs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scenes.find.cache_clear()
    assert all(e["source"]["line"] for e in scene(tiny_model(), "7").manifest["tensors"])


def test_a_scene_takes_one_forward_and_as_many_calls_for_a_long_text_as_for_a_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it costs beyond the forward pass: so much for each tensor, nothing for each token, and
    the weights, once packed, are not packed again."""
    model, weights = loaded("times_table").model, packed("times_table")
    scene(model, LONG, weights=weights)  # where each name stands in the code is found once
    monkeypatch.setattr(scenes, "weights_of", None)
    calls: list[int] = []
    for length in (12, 64):
        with forwards() as shapes:
            calls.append(calls_in(lambda n=length: scene(model, LONG[:n], weights=weights)))
        assert shapes == [(1, length)]
    few, many = calls
    assert many <= 1.1 * few
    assert many < 140 * len(scene(model, LONG, weights=weights).manifest["tensors"])
