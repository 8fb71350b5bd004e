"""One forward pass as a picture's data: a manifest of every matrix, and their numbers in float16.

`scene(model, "7*8=56$", run="times_table", weights=weights_of(model))` records all that the model
forms on a text. The numbers lie in two blobs, weights (sent once a digest) and activations (sent
for every text); the manifest says of each tensor where it lies, which axes it has, and how a cell
of it comes from which other tensors. `lab.scene.recompute` computes a cell from that alone.

Shapes: `T` tokens, `H` heads, `Dk` head_dim, `D` d_model, `F` neurons, `V` vocabulary. The batch,
of one text, is left out.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

import torch
from torch import Tensor

from lab.data.vocabulary import VOCABULARY, decode, encode
from lab.inference.forward import run_with_trace, with_math_kernel
from lab.model.config import Clipped, PairLayout
from lab.model.cost import longest_text
from lab.model.gpt import GPT
from lab.model.positions import RotaryPositions
from lab.model.trace import ACTIVATIONS, Edit, Trace
from lab.records import ROOT

VERSION = 1
MOST_TOKENS = 64
"""A scene of the 4.7M model at 64 tokens is 4.2 MB of activations."""

LARGEST = 2.0**14
"""Scaled numbers stay at or below it, so float16 (up to 65504) leaves room to add a few."""

Kind = Literal["weight", "activation"]
Op = Literal[
    "lookup",
    "add",
    "norm",
    "matmul",
    "split_matmul",
    "rotate",
    "scores",
    "softmax",
    "weighted_sum",
    "activation",
    "gated",
    "logits",
]


class Source(TypedDict):
    file: str
    line: int


class Entry(TypedDict):
    """One tensor: `offset` counts float16 numbers in the blob of its kind, laid out row by row.

    A cell is float16 * `scale`. `op` says how it comes from cells of `inputs` (see
    `lab.scene.recompute`); it is None, with no inputs, for a weight and for an activation that no
    rule here explains.
    """

    name: str
    kind: Kind
    axes: list[str]
    shape: list[int]
    offset: int
    scale: float
    layer: int | None
    formula: str
    inputs: list[str]
    op: Op | None
    meaning: str
    source: Source


class Rotation(TypedDict):
    """How queries and keys are turned: radians a token and pair, (T, Dk/2), and a factor."""

    layout: PairLayout
    gain: float
    angles: list[list[float]]


class Manifest(TypedDict):
    """What a front end needs to know; plain JSON. `edited` names the activations changed by hand,
    which their formulas no longer explain. `rotation` is None where nothing is turned."""

    version: int
    run: str
    vocabulary: str
    tokens: list[str]
    config: dict[str, Any]
    rotation: Rotation | None
    weights_digest: str
    activations_digest: str
    edited: list[str]
    tensors: list[Entry]


@dataclass(frozen=True)
class Packed:
    """Tensors of one kind, one behind the other, with a digest of their numbers and places."""

    entries: tuple[Entry, ...]
    blob: bytes
    digest: str


@dataclass(frozen=True)
class Scene:
    manifest: Manifest
    weights: bytes
    activations: bytes

    @property
    def blobs(self) -> dict[Kind, bytes]:
        return {"weight": self.weights, "activation": self.activations}


def scene(
    model: GPT,
    text: str | Sequence[int],
    *,
    run: str = "",
    weights: Packed | None = None,
    edits: Collection[Edit] = (),
) -> Scene:
    """Everything that `model` forms on a text or its token ids, under `edits` if any.

    Pass `weights`, from `weights_of`, to spare packing them for every text. `ValueError` for an
    empty text, one that is too long, a token that is none, and for clipped positions, whose
    scores are no product of one query with one key.
    """
    if isinstance(model.config.position, Clipped):
        raise ValueError(
            f"a scene shows scores as products of turned queries and keys, which "
            f"{model.config.position} has not; pass the model with its usual positions"
        )
    ids = read_tokens(model, text)
    model = with_math_kernel(model)
    weights = weights or weights_of(model)
    trace = run_with_trace(model, ids, model.emits, edits)
    activations = activations_of(model, trace, {entry["name"] for entry in weights.entries})
    manifest = Manifest(
        version=VERSION,
        run=run,
        vocabulary=VOCABULARY,
        tokens=list(decode(ids)),
        config=model.config.to_dict(),
        rotation=rotation_of(model, ids),
        weights_digest=weights.digest,
        activations_digest=activations.digest,
        edited=sorted({key_of(edit.name, edit.layer) for edit in edits}),
        tensors=[*weights.entries, *activations.entries],
    )
    return Scene(manifest, weights.blob, activations.blob)


def read_tokens(model: GPT, text: str | Sequence[int]) -> list[int]:
    """The token ids of a text, of which the model can read all."""
    ids = [int(i) for i in (encode(text) if isinstance(text, str) else text)]
    decode(ids)
    most = min(MOST_TOKENS, longest_text(model.config) or MOST_TOKENS)
    if not 1 <= len(ids) <= most:
        raise ValueError(
            f"the text has {len(ids)} tokens; a scene of this model takes 1 to {most}, "
            f"each one of {' '.join(VOCABULARY)}"
        )
    return ids


def rotation_of(model: GPT, ids: Sequence[int]) -> Rotation | None:
    if not isinstance(model.position, RotaryPositions):
        return None
    tokens = torch.tensor(ids)[None]
    angles = model.position.angles(model.position.ids(tokens))[0, 0]
    return Rotation(layout=model.position.layout, gain=model.position.gain, angles=angles.tolist())


def key_of(name: str, layer: int | None) -> str:
    return name if layer is None else f"blocks.{layer}.{name}"


def layer_of(key: str) -> int | None:
    return int(key.split(".")[1]) if key.startswith("blocks.") else None


# ---------------------------------------------------------------- numbers into a blob


def scale_of(x: Tensor) -> float:
    """The power of two by which x is divided to bring its largest number into (2^13, 2^14].

    Then nothing overflows, and only what is 2^38 times smaller than the largest becomes 0.
    Infinities and NaN stay what they are and do not count.
    """
    least, most = (float(end) for end in x.aminmax())
    largest = max(-least, most)
    if not (math.isfinite(least) and math.isfinite(most)):
        largest = float(x.abs().nan_to_num(0.0, posinf=0.0, neginf=0.0).max())
    return 2.0 ** max(-100, math.ceil(math.log2(largest / LARGEST))) if largest > 0 else 1.0


def pack(tensors: Mapping[str, Tensor], about: Mapping[str, Entry]) -> Packed:
    """Fill in offset and scale of each entry, and lay the numbers one behind the other."""
    entries: list[Entry] = []
    numbers = torch.empty(sum(x.numel() for x in tensors.values()), dtype=torch.float16)
    offset = 0
    for name, x in tensors.items():
        scale, end = scale_of(x), offset + x.numel()
        entries.append({**about[name], "offset": offset, "scale": scale})
        torch.mul(x, 1 / scale, out=numbers[offset:end].view(x.shape))
        offset = end
    blob = numbers.numpy().tobytes()
    digest = blake2b(blob, digest_size=16)
    digest.update(json.dumps(entries).encode())
    return Packed(tuple(entries), blob, digest.hexdigest())


def weights_of(model: GPT) -> Packed:
    """Every parameter, in torch's own shape. Pack them once a model; `model` must not change."""
    tensors = {name: p.detach().cpu() for name, p in model.named_parameters()}
    about = {name: about_weight(model, name, x) for name, x in tensors.items()}
    return pack(tensors, about)


def activations_of(model: GPT, trace: Trace, known: Collection[str]) -> Packed:
    """All that a trace of one text recorded, and the probabilities, in the order of the network."""
    tensors = {key: calls[0][0].cpu() for key, calls in trace.calls.items()}
    tensors["probs"] = tensors["logits"].softmax(-1)
    known, files = {*known, *tensors}, files_of(model)
    about = {
        key: about_activation(model, key, x, known, source_of(key.rsplit(".", 1)[-1], files))
        for key, x in tensors.items()
    }
    return pack(tensors, about)


# ---------------------------------------------------------------- what each tensor is

WEIGHTS: dict[str, tuple[tuple[str, ...], str]] = {
    "embed": (("vocab", "d_model"), "a row a token: what it writes to the stream"),
    "table": (("position", "d_model"), "a row a position: what it writes to the stream"),
    "wq": (("width", "d_model"), "makes queries; rows head * head_dim + i"),
    "wk": (("width", "d_model"), "makes keys; rows head * head_dim + i"),
    "wv": (("width", "d_model"), "makes values; rows head * head_dim + i"),
    "wo": (("d_model", "width"), "writes what the heads found; columns head * head_dim + i"),
    "q_norm": (("head_dim",), "the gain of the queries' norm"),
    "k_norm": (("head_dim",), "the gain of the keys' norm"),
    "w_in": (("d_ff", "d_model"), "what each neuron listens for"),
    "w_gate": (("d_ff", "d_model"), "what opens the gate of each neuron"),
    "w_out": (("d_model", "d_ff"), "what each neuron writes"),
    "attn_norm": (("d_model",), "the gain of the norm before attention"),
    "ffn_norm": (("d_model",), "the gain of the norm before the FFN"),
    "final_norm": (("d_model",), "the gain of the last norm"),
    "unembed": (("vocab", "d_model"), "a row a token: what speaks for it"),
}
"""The axes and the meaning of a parameter, by the name of the module that holds it."""


def about_weight(model: GPT, name: str, x: Tensor) -> Entry:
    owner, holder, _ = ("model." + name).rsplit(".", 2)
    axes, meaning = WEIGHTS.get(holder, (tuple(f"axis {n}" for n in range(x.ndim)), "a parameter"))
    made_in = type(model.get_submodule(owner.removeprefix("model").removeprefix(".")))
    return Entry(
        name=name,
        kind="weight",
        axes=list(axes),
        shape=list(x.shape),
        offset=0,
        scale=1.0,
        layer=layer_of(name),
        formula="learnt in training",
        inputs=[],
        op=None,
        meaning=meaning,
        source=find(rf"self\.{holder} = ", (file_of(made_in),)),
    )


def about_activation(
    model: GPT, key: str, x: Tensor, known: Collection[str], source: Source
) -> Entry:
    name = key.rsplit(".", 1)[-1]
    axes, meaning = ("position", "vocab"), "softmax of the logits: the chance of each token"
    if name in ACTIVATIONS:
        axes, meaning = ACTIVATIONS[name].axes[1:], ACTIVATIONS[name].meaning
    rule, inputs = rule_of(name, layer_of(key), model.config.n_layer, known)
    return Entry(
        name=key,
        kind="activation",
        axes=list(axes),
        shape=list(x.shape),
        offset=0,
        scale=1.0,
        layer=layer_of(key),
        formula=formula(rule.op, name, inputs, model.config.ffn.activation) if rule else "",
        inputs=inputs,
        op=rule.op if rule else None,
        meaning=meaning,
        source=source,
    )


@dataclass(frozen=True)
class Rule:
    """How an activation is made: `op` of `inputs`, if this model has `only_with`.

    An input is an activation or a weight of the same block, or else of the whole model; `before.x`
    is x of the block before, `last.x` that of the last block.
    """

    op: Op
    inputs: tuple[str, ...]
    only_with: str = ""


RULES: dict[str, tuple[Rule, ...]] = {
    "embed": (Rule("lookup", ("embed.weight",)),),
    "pos_embed": (Rule("lookup", ("position.table.weight",)),),
    "resid_pre": (
        Rule("add", ("before.resid_post",)),
        Rule("add", ("embed", "pos_embed")),
        Rule("add", ("embed",)),
    ),
    "attn_norm": (Rule("norm", ("resid_pre", "attn_norm.gain")),),
    "q": (
        Rule("split_matmul", ("attn_norm", "attention.wq.weight", "attention.q_norm.gain")),
        Rule("split_matmul", ("attn_norm", "attention.wq.weight")),
    ),
    "k": (
        Rule("split_matmul", ("attn_norm", "attention.wk.weight", "attention.k_norm.gain")),
        Rule("split_matmul", ("attn_norm", "attention.wk.weight")),
    ),
    "v": (Rule("split_matmul", ("attn_norm", "attention.wv.weight")),),
    "rot_q": (Rule("rotate", ("q",)),),
    "rot_k": (Rule("rotate", ("k",)),),
    "scores": (Rule("scores", ("rot_q", "rot_k")), Rule("scores", ("q", "k"))),
    "pattern": (Rule("softmax", ("scores",)),),
    "z": (Rule("weighted_sum", ("pattern", "v")),),
    "attn_out": (Rule("matmul", ("z", "attention.wo.weight")),),
    "resid_mid": (Rule("add", ("resid_pre", "attn_out")),),
    "ffn_norm": (Rule("norm", ("resid_mid", "ffn_norm.gain")),),
    "ffn_pre": (
        Rule("matmul", ("ffn_norm", "ffn.w_gate.weight")),
        Rule("matmul", ("ffn_norm", "ffn.w_in.weight")),
    ),
    "ffn_post": (
        Rule("gated", ("ffn_pre", "ffn_norm", "ffn.w_in.weight"), only_with="ffn.w_gate.weight"),
        Rule("activation", ("ffn_pre",)),
    ),
    "ffn_out": (Rule("matmul", ("ffn_post", "ffn.w_out.weight")),),
    "resid_post": (Rule("add", ("resid_mid", "ffn_out")),),
    "final_norm": (Rule("norm", ("last.resid_post", "final_norm.gain")),),
    "logits": (Rule("logits", ("final_norm", "unembed.weight")),),
    "probs": (Rule("softmax", ("logits",)),),
}
"""The ways to make an activation; of these a model takes the first whose inputs it has."""


def rule_of(
    name: str, layer: int | None, n_layer: int, known: Collection[str]
) -> tuple[Rule | None, list[str]]:
    """The rule that makes an activation in this model, and its inputs by their full names."""

    def full(short: str) -> str:
        where, _, rest = short.partition(".")
        if where in ("before", "last"):
            return key_of(rest, (layer or 0) - 1 if where == "before" else n_layer - 1)
        own = key_of(short, layer)
        return own if own in known else short

    for rule in RULES.get(name, ()):
        inputs = [full(short) for short in rule.inputs]
        if all(n in known for n in inputs) and (
            not rule.only_with or full(rule.only_with) in known
        ):
            return rule, inputs
    return None, []


def label(name: str) -> str:
    """What a tensor is called in a formula: blocks.0.attention.wq.weight is wq, a gain is gain."""
    parts = name.split(".")
    return parts[-2] if parts[-1] == "weight" else parts[-1]


def formula(op: Op, name: str, inputs: Sequence[str], activation: str) -> str:
    """The equation of a whole tensor; `'` transposes, `row` is a row of its first argument."""
    x, *rest = (label(n) for n in inputs)
    y = rest[0] if rest else ""
    right = {
        "lookup": f"{inputs[0]}[{'token' if name == 'embed' else 'position'}]",
        "add": " + ".join([x, *rest]) if rest else inputs[0],
        "norm": f"{x} / sqrt(mean({x}²) + eps) · gain",
        "matmul": f"{x} · {y}'",
        "split_matmul": f"{x} · {y}', cut into heads",
        "rotate": f"{x} turned by its position",
        "scores": f"{x} · {y}' / sqrt(head_dim), minus infinity where masked",
        "softmax": f"softmax({x})",
        "weighted_sum": f"{x} · {y}",
        "activation": f"max({x}, 0)²" if activation == "relu2" else f"{activation}({x})",
        "gated": f"silu({x}) · ({y} · w_in')",
        "logits": f"{x} · {y}'",
    }[op]
    if op == "split_matmul" and len(rest) == 2:
        right = f"norm({x} · {y}', cut into heads) · gain"
    return f"{name} = {right}"


# ---------------------------------------------------------------- the line that made it


def files_of(model: GPT) -> tuple[str, ...]:
    """The files of the book that hold the parts of this model."""
    classes = {type(module) for module in model.modules()}
    classes |= {type(cast(Any, m).kernel) for m in model.modules() if "kernel" in vars(m)}
    return tuple(sorted({file_of(c) for c in classes if c.__module__.startswith("lab.")}))


def source_of(name: str, files: tuple[str, ...]) -> Source:
    """The line at which an activation passes the trace, in the files of the model's own parts."""
    if name == "probs":
        return find(r"logits\.softmax\(-1\)", ("lab/inference/generate.py",))
    return find(rf'(?:trace|read)\("{name}"', files)


@lru_cache
def file_of(cls: type) -> str:
    """Where a class is written, from the root of the book."""
    path = Path(str(sys.modules[cls.__module__].__file__)).resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


@lru_cache(maxsize=1024)
def find(pattern: str, files: tuple[str, ...]) -> Source:
    """The first line that matches; line 0 of no file if none does."""
    for file in files:
        path = ROOT / file
        for number, line in enumerate(path.read_text().splitlines() if path.exists() else [], 1):
            if re.search(pattern, line):
                return Source(file=file, line=number)
    return Source(file="", line=0)
