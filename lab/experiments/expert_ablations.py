"""One expert ablated for every token, or forced on every token: which problems go wrong, and
where? Beside it what every token shares, and all that routers send to, each left out of a layer.

Every token is predicted from the right ones before it, so that one wrong digit does not spoil the
rest.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

import torch

from lab.data.problems import Format
from lab.data.samples import Sample
from lab.experiments.residual_ablations import ASKED, counted_by_kind, missed_under
from lab.experiments.sweep import Cell
from lab.interp.routing import forbid, force
from lab.model.config import MixtureOfExpertsConfig
from lab.model.gpt import GPT
from lab.model.trace import Edit
from lab.training.checkpoint import load_run

RUN = "mla_moe"
FORM = Format("cot_reversed", 4, 4)
SILENCED = {"shared": "shared_post", "routed": "expert_weight"}
"""What of a layer says nothing when this site is zero: the shared expert, or all chosen ones."""


def expert_cells() -> list[Cell]:
    """The network whole, every expert of every layer, then one layer, and last all of them, without
    a part of the FFN."""
    config = load_run(RUN).model.config
    n_expert = cast(MixtureOfExpertsConfig, config.ffn).n_routed_experts
    each = [
        {"layer": layer, "expert": expert}
        for layer in range(config.n_layer)
        for expert in range(n_expert)
    ]
    without = [
        {"layer": layer, "without": part}
        for layer in (*range(config.n_layer), None)
        for part in SILENCED
    ]
    return [{"layer": None, "expert": None}, *each, *without]


def measure_ablated(cell: Cell) -> dict[str, Any]:
    model = load_run(RUN).model
    if "without" in cell:
        layers = range(model.config.n_layer) if cell["layer"] is None else [cell["layer"]]
        found = {"silent": wrong(model, [silenced(cell["without"], layer) for layer in layers])}
    elif cell["layer"] is None:
        found = {"whole": wrong(model)}
    else:
        where = (cast(MixtureOfExpertsConfig, model.config.ffn), cell["layer"], cell["expert"])
        found = {"shut": wrong(model, [forbid(*where)]), "forced": wrong(model, [force(*where)])}
    told = Sample("generator", "validation pairs of 4x4", ASKED, 0).document()
    return {"n": ASKED, **found, **told, "seeds": [0]}


def silenced(part: str, layer: int) -> Edit:
    return Edit(SILENCED[part], torch.zeros_like, layer)


def wrong(model: GPT, edits: Collection[Edit] = ()) -> dict[str, Any]:
    """By kind of number, and of the product by the place of its digit, units first."""
    answer = [s for s in range(FORM.length) if FORM.field_at(s).kind == "answer"]
    missed = missed_under(model, edits, FORM)
    at_each = missed[:, answer].sum(axis=0)
    by_place = {FORM.field_at(s).place(s): int(n) for s, n in zip(answer, at_each, strict=True)}
    return {
        **counted_by_kind(missed, FORM),
        "places": [by_place[i] for i in range(len(by_place))],
    }
