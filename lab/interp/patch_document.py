"""One patch as a document: which network, which two problems, which cell. It is tried, written as
JSON and read again, and written as Python to copy.

torch is imported only to try one: a document can be read without it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields, replace
from reprlib import repr as shown
from typing import TYPE_CHECKING, Any

import numpy as np

from lab.data.problems import Format
from lab.fields import object_of

if TYPE_CHECKING:
    from lab.interp.intervene import Node
    from lab.interp.patching import Contrast, Effect
    from lab.model.gpt import GPT

PATCHED = ("attn_out", "ffn_out", "z")
"""What a patch copies: what attention adds, what the FFN adds, or one head's mix of values."""

MOST_CHARACTERS = 1000

Digits = tuple[int, int]


@dataclass(frozen=True)
class Patch:
    """`clean` and `corrupted` are problems of `style` with `p` and `q` digits, and `token` is the
    one that is predicted. Copied is `name` of `layer`, one head of it or all (`part`), at the token
    `slot`: from the clean run into the corrupted one, or, `needed`, the other way round."""

    run: str
    style: str
    p: int
    q: int
    clean: Digits
    corrupted: Digits
    token: int
    name: str
    layer: int
    part: int | None
    slot: int
    needed: bool

    def __post_init__(self) -> None:
        if self.name not in PATCHED:
            raise ValueError(f"name={shown(self.name)}; allowed are {', '.join(PATCHED)}")
        if (self.part is not None) != (self.name == "z"):
            raise ValueError(f"part={self.part} of {self.name!r}; a head is a part of 'z'")
        if not 0 <= self.slot < self.token:
            raise ValueError(f"slot={self.slot}; token {self.token} is predicted from those before")

    @property
    def form(self) -> Format:
        return Format(self.style, self.p, self.q)  # pyright: ignore[reportArgumentType]

    @property
    def node(self) -> Node:
        from lab.interp.intervene import Node

        return Node(self.name, self.layer, self.part, (self.slot,))

    def contrast(self, model: GPT, names: Collection[str] = PATCHED) -> Contrast:
        """The two runs, with what they formed under `names`."""
        from lab.interp.patching import contrast, force_alike

        texts = force_alike(self.form, self.clean, self.corrupted, self.token)
        return contrast(model, *texts, [self.token - 1], names)

    def tried(self, model: GPT) -> Effect:
        pair = self.contrast(model, [self.name])
        return (pair.noise if self.needed else pair.denoise)([self.node])

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    def as_python(self) -> str:
        """Prints what `tried` measures."""
        way = "noise" if self.needed else "denoise"
        node = f'Node("{self.name}", {self.layer}, {self.part}, ({self.slot},))'
        return f"""\
from lab.data.problems import Format
from lab.interp.intervene import Node
from lab.interp.patching import contrast, force_alike
from lab.training.checkpoint import load_run

form = Format("{self.style}", {self.p}, {self.q})
clean, corrupted = force_alike(form, {self.clean}, {self.corrupted}, {self.token})
pair = contrast(load_run("{self.run}").model, clean, corrupted, [{self.token - 1}], ["{self.name}"])
effect = pair.{way}([{node}])
for what in ("restored", "kl", "probability", "exact"):
    print(what, getattr(effect, what).item())
"""


def patch_of(text: str) -> Patch:
    """Undoes `as_json`. `ValueError` names what is no field, is missing, or does not fit."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text)} characters; a patch has at most {MOST_CHARACTERS}")
    said = object_of("a patch", json.loads(text))
    names = [field.name for field in fields(Patch)]
    if unknown := [name for name in said if name not in names]:
        raise ValueError(f"a patch has no {', '.join(map(shown, unknown[:3]))}")
    if missing := [name for name in names if name not in said]:
        raise ValueError(f"a patch lacks {', '.join(missing[:3])}")
    for name in ("clean", "corrupted"):
        said[name] = digits_of(name, said[name])
    for name in ("p", "q", "token", "layer", "slot"):
        if type(said[name]) is not int:
            raise ValueError(f"{name}={shown(said[name])} must be a whole number")
    patch = Patch(**said)
    for problem in (patch.clean, patch.corrupted):
        patch.form.check_operands(*map(np.array, problem))
    return patch


def digits_of(name: str, said: Any) -> Digits:
    if not isinstance(said, list) or [type(x) for x in said] != [int, int]:
        raise ValueError(f"{name}={shown(said)} must be two whole numbers")
    return said[0], said[1]


def cells_of(model: GPT, patch: Patch) -> list[Patch]:
    """The same patch at every cell that its token can be read from: all layers and slots, and, of
    "z", all heads."""
    found = list[Patch]()
    for layer, config in enumerate(model.config.layers):
        parts = range(config.attention.n_head) if patch.name == "z" else [None]
        for part in parts:
            found += [
                replace(patch, layer=layer, part=part, slot=slot) for slot in range(patch.token)
            ]
    return found
