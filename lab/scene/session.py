"""A reader's prompt, written to its end and laid open: what the page of chapter 7 shows.

The edits of a reader are plain data, `{"name", "layer", "index", "scale"}`: an activation of one
layer, or a part of it along its axes, multiplied by a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.data.problems import Format
from lab.data.vocabulary import END, VOCABULARY
from lab.inference.forward import run_with_trace, with_math_kernel
from lab.inference.scoring import decode_all, up_to_the_end
from lab.inference.transcript import transcribe
from lab.model.cost import parameters
from lab.model.trace import ACTIVATIONS, SLOT_AXES, Edit
from lab.scene.build import read_tokens, scene, weights_of
from lab.scene.manifest import Packed, Scene
from lab.scene.operands import Numbers
from lab.scene.prompt import limit
from lab.scene.recompute import Reader
from lab.training.checkpoint import Checkpoint, load_run

Toggle = Mapping[str, Any]


def edit_of(toggle: Toggle) -> Edit:
    """Multiply a part of an activation by `scale`; `ValueError` for an unknown name or size.

    What is masked stays so: of scores scaled by 0, every key that may be seen gets the same share.
    """
    name, scale = str(toggle.get("name")), float(toggle.get("scale", 0.0))
    if name not in ACTIVATIONS:
        raise ValueError(f"{name!r} is no activation")
    if name == "expert_index":
        raise ValueError("the numbers of experts are no amounts: scale their expert_weight")
    if not -10 <= scale <= 10:
        raise ValueError(f"a scale of {scale} is outside -10 to 10")
    layer, index = toggle.get("layer"), dict(toggle.get("index") or {})
    return Edit(name, partial(scaled, scale), layer=layer, index=index)


def scaled(scale: float, x: Tensor) -> Tensor:
    return torch.where(x.isinf(), x, x * scale)


def complete_prompt(loaded: Checkpoint, prompt: str, toggles: Sequence[Toggle] = ()) -> str:
    """The prompt and what the model writes behind it, greedily, up to its first `$`."""
    length = min(max(loaded.format.length, len(prompt)), limit(loaded.model.config))
    if len(prompt) >= length:
        return prompt
    edits = [edit_of(t) for t in toggles]
    # An edit may name a token that lies behind the end.
    stop, likely = None if edits else END, likely_text(loaded.format, prompt)
    text = transcribe(loaded.model, prompt, length, edits, likely=likely, stop=stop).text
    end = text.find(VOCABULARY[END], len(prompt))
    return text if end < 0 else text[: end + 1]


def likely_text(form: Format, prompt: str) -> str:
    """The right text of a problem, of as many digits as the prompt has; none where it asks none."""
    a, _, b = prompt.partition("=")[0].partition("*")
    try:
        return Format(form.style, len(a), len(b)).text_from(prompt)
    except ValueError:
        return ""


def open_up(
    loaded: Checkpoint, run: str, text: str, weights: Packed, toggles: Sequence[Toggle] = ()
) -> Scene:
    """All that the model forms on a text, under the reader's edits."""
    edits = [edit_of(t) for t in toggles]
    return scene(loaded.model, text, run=run, weights=weights, edits=edits)


def numbers(
    run: str, text: str, toggles: Sequence[Toggle] = ()
) -> tuple[dict[str, Numbers], dict[str, Numbers], dict[str, Any]]:
    """A, W and G of a line of NumPy on page 7: what a committed run forms on a text, its weights,
    and the tables that are given.

    Arrays of float64, without the batch: A["embed"] is (T, D), A["blocks.0.q"] (H, T, Dk),
    A["blocks.0.pattern"] (H, T, T), A["logits"] (T, V). A weight has torch's shape, (outputs,
    inputs): W["blocks.0.attention.wq.weight"] is (H * Dk, D). `ValueError` for an unknown run, or
    a text that it cannot read.
    """
    loaded = load_run(run)
    made = open_up(loaded, run, text, weights_of(loaded.model), toggles)
    reader = Reader(made.manifest, made.blobs)
    activations, weights = (
        {e["name"]: reader.read(e["name"]) for e in made.manifest["tensors"] if e["kind"] == kind}
        for kind in ("activation", "weight")
    )
    return activations, weights, made.manifest["given"]


def share_that_takes_part(loaded: Checkpoint, text: str) -> float:
    """Of all parameters, those that a forward over this text multiplies or adds.

    Left out are the rows of tokens and positions that do not occur.
    """
    model, sizes = loaded.model, parameters(loaded.model)
    idle = (len(VOCABULARY) - len(set(text))) * model.config.d_model
    positions = model.config.position.longest_text
    if positions is not None:
        idle += (positions - len(text)) * model.config.d_model
    return 1 - idle / sum(sizes.values())


def loudest_neuron(loaded: Checkpoint, text: str, layer: int, token: int) -> int:
    """The neuron of an FFN that fires most at a token of a text."""
    trace = run_with_trace(loaded.model, read_tokens(loaded.model, text), ["ffn_post"])
    return int(trace[f"blocks.{layer}.ffn_post"][0, token].argmax())


def wrong_products(loaded: Checkpoint, toggles: Sequence[Toggle]) -> list[str]:
    """The products of the multiplication table that a model of one-digit numbers writes wrong,
    such as `7*8`, under a reader's edits."""
    a, b = np.divmod(np.arange(100), 10)
    right, _ = loaded.format.render(a, b)
    edits = [edit_of(toggle) for toggle in toggles]
    answers = [texts for _, texts in decode_all(loaded.model, loaded.format, a, b, edits=edits)]
    wrong = (up_to_the_end(np.concatenate(answers)) != up_to_the_end(right)).any(axis=1)
    return [f"{x}*{y}" for x, y in zip(a[wrong], b[wrong], strict=True)]


def change_before(loaded: Checkpoint, one: str, other: str) -> float:
    """The largest change of any activation at the tokens before the first that differs.

    `ValueError` for texts of two lengths: then sums are blocked differently, and rounding differs.
    """
    if len(one) != len(other):
        raise ValueError(f"{one!r} and {other!r} are not of one length")
    model = with_math_kernel(loaded.model)
    first = next((i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b), len(one))

    def before_it(text: str) -> list[Tensor]:
        trace = run_with_trace(model, read_tokens(model, text), model.emits)
        return [x.narrow(slots(key), 0, first) for key, (x,) in trace.calls.items()]

    def slots(key: str) -> int:
        axes = ACTIVATIONS[key.rpartition(".")[2]].axes
        return next(i for i, axis in enumerate(axes) if axis in SLOT_AXES)

    pairs = zip(before_it(one), before_it(other), strict=True)
    changes = [torch.where(x == y, 0, (x - y).abs()) for x, y in pairs]
    return max(float(change.max()) if change.numel() else 0.0 for change in changes)


def change_of_earlier_keys(loaded: Checkpoint, before: str, after: str) -> float:
    """The largest change of any key or value of `before` when the text goes on to `after`."""

    def keys_and_values(text: str) -> list[Tensor]:
        trace = run_with_trace(loaded.model, text, ["k", "v"])
        formed = loaded.model.formed
        layers = [i for i in range(loaded.model.config.n_layer) if "k" in formed[i]]
        return [trace[f"blocks.{i}.{name}"] for i in layers for name in "kv"]

    n = len(before)
    pairs = zip(keys_and_values(before), keys_and_values(after), strict=True)
    return max(float((x - y[:, :, :n]).abs().max()) for x, y in pairs)
