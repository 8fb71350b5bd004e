"""lab.scene.session: what a reader typed is answered, refused in words, or written under edits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pytest
import torch
from tiny import failures, tiny_model
from viewer_scenes import CONFIGS

from lab.data.problems import Format
from lab.data.vocabulary import decode
from lab.inference.forward import run_with_trace, with_math_kernel
from lab.model.gpt import GPT
from lab.model.trace import ACTIVATIONS, Edit, Trace
from lab.scene.build import weights_of
from lab.scene.prompt import read_prompt
from lab.scene.recompute import Reader
from lab.scene.session import (
    change_before,
    change_of_earlier_keys,
    complete_prompt,
    edit_of,
    loudest_neuron,
    numbers,
    open_up,
    share_that_takes_part,
    wrong_products,
)
from lab.training.checkpoint import Checkpoint, load_run

LOADED = load_run("times_table")


def test_all_hundred_products_are_written_to_their_end() -> None:
    for a, b in ((0, 0), (7, 8), (9, 9), (3, 2)):
        assert complete_prompt(LOADED, f"{a}*{b}=") == f"{a}*{b}={a * b:02d}$"


def test_without_one_neuron_two_products_of_the_table_go_wrong() -> None:
    assert wrong_products(LOADED, []) == []
    neuron = loudest_neuron(LOADED, "7*8=", 0, 3)
    off = {"name": "ffn_post", "layer": 0, "index": {"d_ff": neuron}, "scale": 0}
    lost = wrong_products(LOADED, [off])
    assert lost == ["7*8", "8*7"]
    for product in ("7*8", "8*7", "7*9", "6*8"):
        right = complete_prompt(LOADED, f"{product}=") == complete_prompt(
            LOADED, f"{product}=", [off]
        )
        assert right == (product not in lost)


def test_a_prompt_that_is_longer_than_a_text_of_the_run_is_left_as_it_is() -> None:
    assert complete_prompt(LOADED, "7*8=56$77") == "7*8=56$77"


def test_a_prompt_that_cannot_be_read_says_what_is_allowed() -> None:
    def holds(prompt: str, said: str) -> None:
        with pytest.raises(ValueError, match=said):
            read_prompt(LOADED.model.config, prompt)

    cases = [
        ("", "is empty"),
        ("7x8=", "'x' is no token"),
        ("٣*٤=", "is no token"),
        ("7" * 65, "65 tokens"),
    ]
    assert failures(holds, cases) == []


def test_what_stands_before_a_changed_token_changes_by_nothing_and_it_is_looked_at() -> None:
    assert change_before(LOADED, "7*8=56$", "7*9=63$") == 0
    assert change_before(LOADED, "7*8=56$", "1*8=56$") == 0  # nothing stands before the first
    with pytest.raises(ValueError, match="not of one length"):
        change_before(LOADED, "7*8=", "7*8=5")


def test_a_change_at_earlier_tokens_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_all_tokens(model: GPT, ids: list[int], names: Collection[str]) -> Trace:
        moved = Edit("ffn_out", lambda x: x + ids[2], layer=0)
        return run_with_trace(model, ids, names, [moved])

    monkeypatch.setattr("lab.scene.session.run_with_trace", at_all_tokens)
    assert change_before(LOADED, "7*8=56$", "7*9=63$") >= 1


def test_two_lines_load_what_a_line_of_numpy_calls_a_and_w() -> None:
    """Lines as the panel of page 7 writes them, each beside the cell that it gives."""
    names: dict[str, Any] = {"np": np}
    asked = '"times_table_small", "7*8=56$"'
    exec(f"from lab.scene.session import numbers\nA, W, G = numbers({asked})", names)
    for line, cell in (
        ('W["embed.weight"][G["token_ids"][2]][5]', 'A["embed"][2, 5]'),
        (
            'A["blocks.0.attn_norm"][3] @ W["blocks.0.attention.wq.weight"][9]',
            'A["blocks.0.q"].swapaxes(0, 1).reshape(7, -1)[3, 9]',
        ),
        (
            'A["blocks.1.q"][0, 3] @ A["blocks.1.k"][0, 2] / np.sqrt(A["blocks.1.q"].shape[-1])',
            'A["blocks.1.scores"][0, 3, 2]',
        ),
        ('np.exp(A["logits"][3])[5] / np.exp(A["logits"][3]).sum()', 'A["probs"][3, 5]'),
    ):
        assert eval(line, names) == pytest.approx(eval(cell, names), rel=1e-5), line
    off = [{"name": "z", "layer": 1, "index": {"head": 0}, "scale": 0}]
    assert not numbers("times_table_small", "7*8=", off)[0]["blocks.1.z"][0].any()


def test_a_part_switched_off_is_off_in_the_text_and_in_the_scene() -> None:
    off = {"name": "z", "layer": 0, "index": {"head": 1}, "scale": 0.0}
    opened = open_up(LOADED, "times_table", "7*8=56$", weights_of(LOADED.model), [off])
    entry = next(e for e in opened.manifest["tensors"] if e["name"] == "blocks.0.z")
    z = np.frombuffer(opened.activations, np.float16)[entry["offset"] :][: np.prod(entry["shape"])]
    heads = z.reshape(entry["shape"])
    assert (heads[1] == 0).all() and (heads[0] != 0).any()
    everything_off = [
        {"name": name, "layer": layer, "scale": 0.0}
        for layer in range(6)
        for name in ("attn_out", "ffn_out")
    ]
    assert complete_prompt(LOADED, "7*8=", everything_off) != "7*8=56$"


def test_an_edit_that_means_nothing_is_refused() -> None:
    def holds(toggle) -> None:
        with pytest.raises(ValueError):
            edit_of(toggle)

    cases = [
        {"name": "zebra", "layer": 0},
        {"name": "z", "layer": 0, "scale": 1e9},
        {"name": "z", "layer": 0, "scale": float("nan")},
        {"name": "z", "layer": 0, "index": {"wing": 1}},
        {"name": "z"},
        {"name": "expert_index", "layer": 0},
    ]
    assert failures(holds, cases) == []


@pytest.mark.parametrize(
    "kind", ["learned-gelu", "grouped-gelu", "latent-experts", "sliding-relu2", "depth-relu2"]
)
def test_every_activation_that_the_viewer_offers_can_be_switched_off(kind: str) -> None:
    """The model writes on, and the scene of what it wrote is that of a model without the part."""
    loaded = Checkpoint(kind, tiny_model(CONFIGS[kind], dtype=torch.float32), Format("plain", 1, 1))
    weights = weights_of(loaded.model)
    for name in with_math_kernel(loaded.model).emits - {"expert_index"}:
        layer = 1 if ACTIVATIONS[name].in_layer else None
        index = {"expert": 2} if name == "router_scores" else {}
        off = {"name": name, "layer": layer, "index": index, "scale": 0.0}
        text = complete_prompt(loaded, "7*8=", [off])
        opened = open_up(loaded, kind, text, weights, [off])
        logits = Reader(opened.manifest, opened.blobs).read("logits", slice(0, len(text)))
        assert np.isfinite(logits).all(), name
        assert decode(logits.argmax(-1)[3:-1]) == text[4:], name


def test_scores_switched_off_share_out_evenly_what_may_be_seen() -> None:
    off = {"name": "scores", "layer": 0, "scale": 0.0}
    opened = open_up(LOADED, "times_table", "7*8=", weights_of(LOADED.model), [off])
    shares = Reader(opened.manifest, opened.blobs).read("blocks.0.pattern", 2)
    assert shares == pytest.approx(np.tril(np.ones((4, 4))) / np.arange(1, 5)[:, None], abs=1e-3)


def test_earlier_keys_and_values_stay_when_the_text_goes_on_and_not_when_it_differs() -> None:
    assert change_of_earlier_keys(LOADED, "7*8=", "7*8=56$") < 1e-4
    assert change_of_earlier_keys(LOADED, "7*8=", "7*9=63$") > 1e-2


def test_the_rows_that_never_occur_have_no_part_in_the_answer() -> None:
    """Share by count; and indeed the answer stays when just those rows are destroyed."""
    share = share_that_takes_part(LOADED, "7*8=")
    total = sum(p.numel() for p in LOADED.model.parameters())
    idle = (16 - 4) * 256 + (64 - 4) * 256
    assert share == pytest.approx(1 - idle / total)
    other = load_run("times_table").model
    tokens = torch.tensor([[7, 10, 8, 12]])
    with torch.inference_mode():
        before = LOADED.model(tokens)
        other.embed.weight.data[[i for i in range(16) if i not in (7, 8, 10, 12)]] = 1e3
        other.position.table.weight.data[4:] = 1e3  # pyright: ignore
        assert (other(tokens) == before).all()
