"""What the shared expert adds, or what the chosen experts add together, replaced by a stand-in:
zeros, its mean over other problems, or what it was in another problem.

The mean, and what another problem had, are taken at the same position of the text, of problems
that are never evaluated here. Every token is predicted from the right ones before it: the first
token that goes wrong there goes wrong in greedy decoding too.

Shapes: `N` texts, `T` tokens, `D` d_model.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, Literal, cast, get_args

import numpy as np
import torch
from torch import Tensor

from lab.data.problems import Format
from lab.data.samples import Sample
from lab.experiments.error_book import some
from lab.experiments.expert_loads import shortened
from lab.experiments.residual_ablations import counted_by_kind
from lab.experiments.sweep import Cell, Small, one_by_one
from lab.inference.forward import run_with_trace
from lab.inference.scoring import teacher_forced
from lab.interp.intervene import STAND_INS, stand_in
from lab.model.ffn.moe import MixtureOfExperts
from lab.model.gpt import GPT
from lab.model.trace import Edit
from lab.training.checkpoint import load_run

RUN = "mla_moe"
FORM = Format("cot_reversed", 4, 4)
EVALUATED, OTHERS = 0, 1
"""Seeds: of the test problems, and of the others, from the validation part of the split."""

N, FEW = 500, 100

Part = Literal["shared", "chosen"]
PARTS: tuple[Part, ...] = get_args(Part)
SILENT: dict[Part, str] = {"shared": "shared_post", "chosen": "expert_weight"}
"""A part adds nothing where this activation is zero, and the other part what it always adds."""


def stand_in_cells() -> list[Cell]:
    """The network whole; then each part by each stand-in, in all layers and in one at a time."""
    book: Cell = {"run": RUN}
    n_layer = load_run(RUN).model.config.n_layer
    layers = [list(range(n_layer)), *([layer] for layer in range(n_layer))]
    return [
        {**book, "part": None, "by": None, "layers": []},
        *(
            {**book, "part": part, "by": by, "layers": some}
            for some in layers
            for part in PARTS
            for by in STAND_INS
        ),
    ]


def measure_stand_in(cell: Cell, n: int = N) -> dict[str, Any]:
    """Texts with a wrong token, and digits by kind of number.

    Layer by layer, and over the tokens before one that the model writes: `size`, the mean norm of
    what the part adds when nothing is replaced, and `change`, that of its difference from the
    stand-in.
    """
    model, part, by = load_run(cell["run"]).model, cell["part"], cell["by"]
    texts, mask = drawn(EVALUATED, n)
    edits, size, change = list[Edit](), list[float](), list[float]()
    if part:
        own, others = added(cell["run"], EVALUATED, n)[part], added(cell["run"], OTHERS, n)[part]
        writes = torch.from_numpy(mask[:, 1:])
        for layer in cell["layers"]:
            other = stand_in(by, others[layer])
            edits += replaced(part, layer, other)
            size.append(float(own[layer].norm(dim=-1)[writes].mean()))
            change.append(float((own[layer] - other).norm(dim=-1)[writes].mean()))
    missed = (teacher_forced(model, texts, edits=edits) != texts) & mask
    sample = Sample("generator", "test pairs of 4x4, without replacement", n, EVALUATED)
    return {
        "n": n,
        **counted_by_kind(missed, FORM),
        "size": shortened(np.array(size)),
        "change": shortened(np.array(change)),
        "others": OTHERS,
        **sample.document(),
        "seeds": [EVALUATED],
    }


def drawn(seed: int, n: int) -> tuple[Any, Any]:
    """`n` different problems: of test those that are evaluated, of validation the others."""
    split = "test" if seed == EVALUATED else "validation"
    return FORM.render(*some(np.random.default_rng(seed), n, FORM, split))


@lru_cache(maxsize=2)
def added(run: str, seed: int, n: int) -> dict[Part, list[Tensor]]:
    """Layer by layer, what each part adds to the stream, (N, T, D), with nothing replaced."""
    model = load_run(run).model
    return parts_of(model, drawn(seed, n)[0][:, :-1])


def parts_of(model: GPT, texts: Any) -> dict[Part, list[Tensor]]:
    trace = run_with_trace(model, texts, ["shared_post", "ffn_out"])
    shared, chosen = list[Tensor](), list[Tensor]()
    for layer, block in enumerate(model.blocks):
        every = cast(MixtureOfExperts, block.ffn).shared
        assert every is not None
        with torch.no_grad():
            shared.append(every.w_out(trace[f"blocks.{layer}.shared_post"]))
        chosen.append(trace[f"blocks.{layer}.ffn_out"] - shared[-1])
    return {"shared": shared, "chosen": chosen}


def replaced(part: Part, layer: int, other: Tensor) -> Sequence[Edit]:
    """The part is zero, and `other`, (N, T, D) or (1, T, D), is added in its place."""
    return (
        Edit(SILENT[part], torch.zeros_like, layer),
        Edit("ffn_out", lambda out: out + other, layer, at_once=True),
    )


def stand_ins_small() -> dict[str, Small]:
    """All layers, in fewer problems."""
    cells = [cell for cell in stand_in_cells() if len(cell["layers"]) != 1]
    return one_by_one(cells, partial(measure_stand_in, n=FEW), "errors")
