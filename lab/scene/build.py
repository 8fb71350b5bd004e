"""One forward pass as a picture's data.

`scene(model, "7*8=56$", run="times_table", weights=weights_of(model))` records all that the model
forms on a text. The numbers lie in two blobs, weights (sent once a digest) and activations (sent
for every text). How each comes from others, the parts of the model say; a cell of each is computed
again before a scene is handed out.

Shapes: `T` tokens, `H` heads, `Dk` head_dim, `D` d_model, `F` neurons, `V` vocabulary. The batch,
of one text, is left out.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from inspect import getsourcelines
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lab.data.position_ids import position_ids
from lab.data.vocabulary import VOCABULARY, decode, encode
from lab.inference.forward import run_with_trace, with_math_kernel
from lab.model.config import SITES
from lab.model.gpt import GPT
from lab.model.positions import Given
from lab.model.roles import meaning_of
from lab.model.rules import (
    Choose,
    Contract,
    Operand,
    Rule,
    Rules,
    Softmax,
    names_in,
    to_document,
)
from lab.model.trace import ACTIVATIONS, Edit, Trace
from lab.records import ROOT
from lab.scene.check import require_agreement
from lab.scene.expression import TABLE
from lab.scene.manifest import (
    MOST_TOKENS,
    VERSION,
    Entry,
    Manifest,
    Packed,
    Scene,
    Source,
    key_of,
    label,
    layer_of,
    pack,
)
from lab.scene.ops.table import OPS


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
    empty text, one that is too long, a token that is none, and for a model of which a formula does
    not give the cells that it formed.
    """
    ids = read_tokens(model, text)
    model = with_math_kernel(model)
    weights = weights or weights_of(model)
    trace = run_with_trace(model, ids, model.emits, edits)
    rules = {layer: model.rules(layer) for layer in (None, *range(model.config.n_layer))}
    known = {entry["name"] for entry in weights.entries}
    activations, alike_before = activations_of(model, trace, rules, known)
    manifest = Manifest(
        version=VERSION,
        run=run,
        vocabulary=VOCABULARY,
        tokens=list(decode(ids)),
        config=model.config.to_dict(),
        given=given_to(model, ids),
        weights_digest=weights.digest,
        activations_digest=activations.digest,
        edited=sorted({key_of(edit.name, edit.layer) for edit in edits}),
        tensors=[*weights.entries, *activations.entries],
    )
    made = Scene(manifest, weights.blob, activations.blob)
    require_agreement(made, alike_before)
    return made


def read_tokens(model: GPT, text: str | Sequence[int]) -> list[int]:
    """The token ids of a text, of which the model can read all."""
    ids = [int(i) for i in (encode(text) if isinstance(text, str) else text)]
    decode(ids)
    most = min(MOST_TOKENS, model.config.position.longest_text or MOST_TOKENS)
    if not 1 <= len(ids) <= most:
        raise ValueError(
            f"the text has {len(ids)} tokens; a scene of this model takes 1 to {most}, "
            f"each one of {' '.join(VOCABULARY)}"
        )
    return ids


def given_to(model: GPT, ids: Sequence[int]) -> dict[str, Given]:
    """What rules read beside tensors: the ids of the tokens, and what the positions give."""
    positions = position_ids(torch.tensor(ids)[None], model.config.position.n_axis)
    return {"token_ids": list(ids), **model.position.given(positions)}


def weights_of(model: GPT) -> Packed:
    """All state, in torch's own shape. Pack it once a model; `model` must not change."""
    tensors = {name: x.detach().cpu() for name, x in model.state_dict().items()}
    about = {name: about_weight(model, name, x) for name, x in tensors.items()}
    return pack(tensors, about)


def activations_of(
    model: GPT, trace: Trace, rules: Mapping[int | None, Rules], known: Collection[str]
) -> tuple[Packed, dict[str, int]]:
    """All that a trace of one text recorded, and the probabilities, in the order of the network.

    Besides, of each in how many layers below, built of the same parts, one is made by the same
    rule.
    """
    tensors = {key: calls[0][0].cpu() for key, calls in trace.calls.items()}
    tensors["probs"] = tensors["logits"].softmax(-1)
    there = frozenset({*known, *tensors})
    classes = {layer: classes_of(model, layer) for layer in rules}
    kept = {layer: () if layer is None else model.kept(layer) for layer in rules}
    n_layer, kinds = model.config.n_layer, kinds_of_layers(model)
    about, alike_before, met = dict[str, Entry](), dict[str, int](), Counter[Any]()
    for key, x in tensors.items():
        name, layer = key.rsplit(".", 1)[-1], layer_of(key)
        rule = PROBS if name == "probs" else rules[layer][name]
        told = tell(key, rule, n_layer, there) if rule else untold(name)
        source = find_source(name, classes[layer])
        about[key] = about_activation(key, x, told, source, name in kept[layer])
        made = (name, told.short, None if layer is None else kinds[layer])
        alike_before[key] = met[made]
        met[made] += 1
    return pack(tensors, about), alike_before


def kinds_of_layers(model: GPT) -> list[int]:
    """Of each layer a number that it shares with those that are built of the same parts."""
    numbers: dict[Any, int] = {}
    parts = [(layer.block, layer.attention, layer.ffn) for layer in model.config.layers]
    return [numbers.setdefault(own, len(numbers)) for own in parts]


# ---------------------------------------------------------------- what each tensor is

PROBS = Softmax(("logits",))


def about_weight(model: GPT, name: str, x: Tensor) -> Entry:
    axes, meaning = meaning_of(model, name)
    owner, holder, _ = f".{name}".rsplit(".", 2)
    made_in = type(model.get_submodule(owner.removeprefix(".")))
    return Entry(
        name=name,
        kind="weight",
        axes=list(axes),
        shape=list(x.shape),
        offset=0,
        rest=None,
        scale=1.0,
        layer=layer_of(name),
        formula="learned in training",
        inputs=[],
        rule=None,
        stream=False,
        kept=False,
        meaning=meaning,
        source=find(rf"self\.{holder} = ", written_by(made_in)),
    )


def about_activation(key: str, x: Tensor, told: FormulaEntry, source: Source, kept: bool) -> Entry:
    name = key.rsplit(".", 1)[-1]
    axes, meaning = axes_of(name), "softmax of the logits: the chance of each token"
    if name in ACTIVATIONS:
        meaning = ACTIVATIONS[name].meaning
    return Entry(
        name=key,
        kind="activation",
        axes=list(axes),
        shape=list(x.shape),
        offset=0,
        rest=None,
        scale=1.0,
        layer=layer_of(key),
        formula=told.formula,
        inputs=list(told.inputs),
        rule=told.document,
        stream=name in SITES,
        kept=kept,
        meaning=meaning,
        source=source,
    )


def axes_of(name: str) -> tuple[str, ...]:
    """Without the batch."""
    return ACTIVATIONS[name].axes[1:] if name in ACTIVATIONS else ("position", "vocab")


# ---------------------------------------------------------------- what a rule says of a tensor


class FormulaEntry(NamedTuple):
    """A rule under full names, as plain JSON, the tensors that it reads, its equation, and the rule
    under short names, which are those of the layer alike in all layers."""

    document: dict[str, Any] | None
    inputs: tuple[str, ...]
    formula: str
    short: str


def untold(name: str) -> FormulaEntry:
    """Of what no operation says: in words."""
    return FormulaEntry(None, (), ACTIVATIONS[name].meaning, "")


@lru_cache(maxsize=4096)
def tell(key: str, rule: Rule, n_layer: int, there: frozenset[str]) -> FormulaEntry:
    """The same for every text, so it is written once."""
    short = json.dumps(to_document(rule), sort_keys=True)
    rule = resolved(rule, partial(full_name, layer_of(key), n_layer, there))
    names = dict.fromkeys((*names_in(rule), *tables_in(rule)))
    inputs = tuple(name for name in names if name in there)
    return FormulaEntry(to_document(rule), inputs, equation(key, rule), short)


def tables_in(rule: Rule) -> Iterator[str]:
    """What the places of an index are read from."""
    if isinstance(rule, Contract | Choose):
        yield from TABLE.findall(rule.index)
    for operand in rule.of:
        if isinstance(operand, Rule):
            yield from tables_in(operand)


def resolved(rule: Rule, full: Callable[[str], str]) -> Rule:
    """A rule with every name in full, those among the places of an index as well."""

    def operand(x: Operand) -> Operand:
        return resolved(x, full) if isinstance(x, Rule) else x and full(x)

    changed: dict[str, Any] = {"of": tuple(operand(x) for x in rule.of)}
    if isinstance(rule, Contract | Choose):
        changed["index"] = TABLE.sub(lambda found: f"{full(found[1])}[", rule.index)
    return replace(rule, **changed)


def full_name(layer: int | None, n_layer: int, there: Collection[str], short: str) -> str:
    """The name in the scene: of the layer before, of the last one, of this one, or of none."""
    where, _, rest = short.partition(".")
    if where in ("before", "last"):
        return key_of(rest, (layer or 0) - 1 if where == "before" else n_layer - 1)
    own = key_of(short, layer)
    return own if own in there else short


LETTERS = {
    "position": "t",
    "query": "t",
    "key": "s",
    "head": "h",
    "head_dim": "i",
    "d_model": "d",
    "latent": "c",
    "d_ff": "j",
    "expert": "e",
    "choice": "k",
    "vocab": "c",
    "source": "n",
}
"""What a place along an axis is called in an equation; others are called by the axis's name."""


def equation(key: str, rule: Rule) -> str:
    """What a number of a tensor is, at a place whose axes have letters."""
    at = tuple(LETTERS.get(axis, axis) for axis in axes_of(label(key)))

    def write(operand: Operand, at: tuple[str, ...]) -> str:
        if isinstance(operand, Rule):
            return OPS[type(operand)].formula(operand, at, write)
        name = operand or ""
        elsewhere = name.startswith("blocks.") and layer_of(name) != layer_of(key)
        return f"{name if elsewhere else label(name)}[{', '.join(at)}]"

    return f"{label(key)}[{', '.join(at)}] = {write(rule, at)}"


# ---------------------------------------------------------------- the line that made it


Classes = tuple[type, ...]


def classes_of(model: GPT, layer: int | None) -> Classes:
    """The classes that form what a layer forms, or (None) what lies outside, those of its own parts
    first, and each before the classes that it inherits from."""
    parts = [] if layer is None else [*model.blocks[layer].modules()]
    parts += [vars(part)["kernel"] for part in parts if "kernel" in vars(part)]
    makers = [*parts, model, model.position, model.residual]
    return tuple(dict.fromkeys(cls for maker in makers for cls in written_by(type(maker))))


@lru_cache
def written_by(cls: type) -> Classes:
    """A class and those that it inherits from, as far as they are of this book."""
    return tuple(base for base in cls.__mro__ if base.__module__.startswith("lab."))


def find_source(name: str, classes: Classes) -> Source:
    """The line at which an activation passes the trace."""
    if name == "probs":
        return find_in_file(r"logits\.softmax\(-1\)", "lab/inference/generate.py")
    return find(rf'(?:trace|read|write)\("{name}"', classes)


@lru_cache(maxsize=1024)
def find(pattern: str, classes: Classes) -> Source:
    """The first line of a class that matches, or else of their files; line 0 of no file if none."""
    for cls in classes:
        lines, first = lines_of(cls)
        for number, line in enumerate(lines, first):
            if re.search(pattern, line):
                return Source(file=file_of(cls), line=number)
    # A residual makes streams, which are objects of other classes in its file.
    found = (find_in_file(pattern, file) for file in dict.fromkeys(map(file_of, classes)))
    return next((source for source in found if source["line"]), Source(file="", line=0))


@lru_cache
def lines_of(cls: type) -> tuple[list[str], int]:
    """The lines of a class, and the number of the first: to find them parses its whole file."""
    return getsourcelines(cls)


def find_in_file(pattern: str, file: str) -> Source:
    lines = (ROOT / file).read_text().splitlines()
    number = next((n for n, line in enumerate(lines, 1) if re.search(pattern, line)), 0)
    return Source(file=file if number else "", line=number)


@lru_cache
def file_of(cls: type) -> str:
    """Where a class is written, from the root of the book."""
    path = Path(str(sys.modules[cls.__module__].__file__)).resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
