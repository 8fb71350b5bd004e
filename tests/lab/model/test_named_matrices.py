"""lab.model.named_matrices: every parameter once, with its shape, its part and what it does."""

from __future__ import annotations

from lab.model.cost import parameters_by_part
from lab.model.gpt import GPT
from lab.model.named_matrices import matrices_of
from lab.recipes.presets import PRESETS

PART = {"positions": "embedding", "norms": "norm"}
"""Of `parameters_by_part`, which counts tables of positions and norms apart."""


def test_matrices_sum_to_the_model_part_by_part() -> None:
    for name, make in PRESETS.items():
        config = make().model
        found = matrices_of(GPT(config))
        summed: dict[str, int] = {}
        for part, n in parameters_by_part(config).items():
            summed[PART.get(part, part)] = summed.get(PART.get(part, part), 0) + n
        for part, n in summed.items():
            assert sum(m.parameters for m in found if m.part == part) == n, (name, part)


def test_names_are_the_field_s_and_layers_are_told() -> None:
    found = matrices_of(GPT(PRESETS["with_working"]().model))
    of_layer = [m.name for m in found if m.layer == 1]
    assert of_layer == ["attn norm", "W_Q", "W_K", "W_V", "W_O", "ffn norm", "W_in", "W_out"]
    assert [m.name for m in found if m.layer is None] == [
        *("embedding", "positions", "final norm", "unembedding")
    ]
    query = next(m for m in found if m.name == "W_Q")
    assert (query.shape, query.pieces, query.does) == ((128, 128), 4, "makes queries")


def test_heads_and_experts_lie_side_by_side() -> None:
    shared = matrices_of(GPT(PRESETS["shared_keys"]().model))
    pieces = {m.name: m.pieces for m in shared if m.layer == 0 and m.part == "attention"}
    assert pieces == {"W_Q": 4, "W_K": 1, "W_V": 1, "W_O": 4}
    experts = matrices_of(GPT(PRESETS["deepseek_v3"]().model))
    pieces = {m.name: m.pieces for m in experts if m.layer == 1 and m.part == "ffn"}
    assert pieces["W_in"] == 16 and pieces["router"] == pieces["shared W_in"] == 1
