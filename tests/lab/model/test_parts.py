"""lab.model.parts: every kind of part is in the table, has a sample, and answers for itself."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import pytest
import torch
from tiny import (
    BASE,
    MEETINGS,
    SAMPLES,
    product_of_samples,
    read,
    some_tokens,
    tiny_model,
    variants,
)
from torch import nn

from lab.data.problems import Format
from lab.experiments.position_encoding_race import update_ema
from lab.model.config import (
    PART_KINDS,
    FlashKernelConfig,
    GPTConfig,
    LayerPattern,
    MathKernelConfig,
    NoPositionsConfig,
    SdpaKernelConfig,
)
from lab.model.gpt import GPT, initialise, rebuilt, with_kernel
from lab.model.parts import TABLE
from lab.model.positions import Position
from lab.model.roles import MATRICES, Meaning, roles
from lab.model.rules import names_in
from lab.model.trace import ACTIVATIONS
from lab.scene.build import given_to, weights_of
from lab.training.checkpoint import from_bytes, load, save, to_bytes

KINDS = [(part, kind, cls) for part, kinds in PART_KINDS.items() for kind, cls in kinds.items()]


def test_every_kind_of_part_is_built_by_the_table_and_has_a_sample() -> None:
    kinds = {cls for _, _, cls in KINDS}
    assert TABLE.keys() == kinds
    samples = [sample for of in SAMPLES.values() for sample in of.values()]
    patterns = [x for x in samples if isinstance(x, LayerPattern)]
    choices = [x for pattern in patterns for x in (*pattern.first, *pattern.then)]
    assert {type(x) for x in (*samples, *choices)} == {*kinds, LayerPattern}


def pairs(names: set[str]) -> set[tuple[str, str]]:
    return {(a, b) for name in names for a in name.split("-") for b in name.split("-")}


def test_the_pairwise_cover_holds_every_pair_of_samples_that_make_a_model() -> None:
    cover = {str(v.id) for v in variants()}
    everything = {name for name, _ in product_of_samples()}
    assert cover < everything and len(cover) < len(everything) / 2
    assert pairs(cover) == pairs(everything)


def test_the_gate_takes_every_sample_of_every_part_and_every_meeting_but_few_models() -> None:
    quick = [{*str(v.id).split("-")} for v in variants() if not v.marks]
    samples = {name for of in SAMPLES.values() for name in of}
    assert set[str]().union(*quick) == samples
    assert [wanted for wanted in MEETINGS if not any(wanted <= names for names in quick)] == []
    assert len(quick) <= 1 + sum(len(of) - 1 for of in SAMPLES.values()) + len(MEETINGS)
    assert len(quick) < len(variants()) / 2


@pytest.mark.parametrize("config", variants())
def test_what_a_part_emits_is_known_and_comes_from_what_there_is(config: GPTConfig) -> None:
    model = tiny_model(config)
    parameters = model.state_dict().keys()
    given = given_to(model, [7, 10, 8, 12])
    for layer in (None, 0, 1):
        there = {*model.rules(None), *parameters}
        if layer is not None:
            there |= model.rules(layer).keys()
            there |= {name.removeprefix(f"blocks.{layer}.") for name in parameters}
        for name, rule in model.rules(layer).items():
            assert ACTIVATIONS[name].in_layer == (layer is not None)
            inputs = () if rule is None else [x for x in names_in(rule) if x not in given]
            elsewhere = [x for x in inputs if x.startswith(("before.", "last.", "blocks."))]
            assert {*inputs} - {*elsewhere} <= there, (name, inputs)
            assert {x.rpartition(".")[2] for x in elsewhere} <= model.rules(0).keys()


@pytest.mark.parametrize("config", variants())
def test_every_parameter_has_a_role_and_roles_decide_how_it_starts(config: GPTConfig) -> None:
    model = GPT(config, torch.Generator().manual_seed(0))
    for name, parameter in model.named_parameters():
        role = roles(model)[name]
        steers = (*MATRICES, "router")
        assert (role in steers) == (name.startswith("blocks.") and parameter.ndim == 2)
        spread = float(parameter.detach().std())
        expected = {
            "embedding": config.embedding_std,
            "reads": parameter.shape[-1] ** -0.5,
            "router": parameter.shape[-1] ** -0.5,
        }.get(role, 0.0)
        four_sigma = 4 * (2 * parameter.numel()) ** -0.5  # of the spread of so many numbers
        assert spread == pytest.approx(expected, rel=four_sigma), name
        assert bool((parameter == 1).all()) == (role == "gain")


def test_a_parameter_of_which_nothing_is_said_is_an_error() -> None:
    model = tiny_model()
    model.stray = nn.Parameter(torch.zeros(3))
    with pytest.raises(ValueError, match="the module of stray states no role for it"):
        initialise(model, torch.Generator())


def test_a_parameter_of_which_no_module_says_what_it_holds_is_refused() -> None:
    model = tiny_model()
    model.stray = nn.Parameter(torch.zeros(3))
    with pytest.raises(ValueError, match="no module says in `meanings` what stray holds"):
        weights_of(model)


def test_a_kernel_that_cannot_form_the_scores_of_a_position_is_refused_by_name() -> None:
    for config in [c for _, c in product_of_samples() if c.position.scores == "own"]:
        with pytest.raises(
            ValueError, match=r"kernel=SdpaKernelConfig\(\) .*position=Clipped.*math"
        ):
            replace(config, kernel=SdpaKernelConfig())
        with pytest.raises(
            ValueError, match=r"kernel=FlashKernelConfig\(.*\) .*position=Clipped.*math"
        ):
            replace(config, kernel=FlashKernelConfig())


# ---------------------------------------------------------------- state is whole


class Counting(Position):
    """A position that keeps two buffers: a whole number and a fraction that bf16 would round."""

    meanings: ClassVar[dict[str, Meaning]] = {
        "seen": Meaning(("count",), "how many texts were read"),
        "third": Meaning(("share",), "a third"),
    }
    seen: torch.Tensor
    third: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.tensor([16_777_217]))
        self.register_buffer("third", torch.tensor([1 / 3], dtype=torch.float64))


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> GPT:
    monkeypatch.setitem(TABLE, NoPositionsConfig, lambda own, whole: Counting())
    model = tiny_model(replace(BASE, position=NoPositionsConfig()), dtype=torch.float32)
    position = cast(Any, model.position)
    position.third = torch.tensor([1 / 3], dtype=torch.float64)
    position.seen += 4
    return model


def buffers(model: GPT) -> list[Any]:
    return [(b.dtype, b.tolist()) for _, b in sorted(model.named_buffers())]


KEPT = [(torch.int64, [16_777_221]), (torch.float64, [1 / 3])]


def test_buffers_survive_every_copy_with_their_kind(counting: GPT, tmp_path: Path) -> None:
    form = Format("plain", 1, 1)
    save(tmp_path / "run", counting, form)
    mean = deepcopy(counting)
    cast(Any, mean.position).seen -= 3
    update_ema(mean, counting, 0.5)
    copies = {
        "behind another kernel": with_kernel(counting, SdpaKernelConfig()),
        "a checkpoint": load(tmp_path / "run").model,
        "bytes": from_bytes("run", to_bytes(counting), counting.config, form).model,
        "the mean of weights": mean,
    }
    for how, copy in copies.items():
        assert buffers(copy) == KEPT, how
    shown = {entry["name"] for entry in weights_of(counting).entries}
    assert {"position.seen", "position.third"} <= shown


def test_a_rebuilt_model_shares_its_state() -> None:
    model = tiny_model()
    twin = rebuilt(model, replace(BASE, kernel=SdpaKernelConfig()))
    with torch.no_grad():
        model.embed.weight += 1
    assert all(a is b for a, b in zip(model.parameters(), twin.parameters(), strict=True))
    with pytest.raises(ValueError, match=r"has not the same state as .*position\.table\.weight"):
        rebuilt(model, replace(BASE, position=NoPositionsConfig()))


def test_fused_kernels_with_a_bias_are_math_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A toy position whose bias differs by head, query and key, behind every kernel."""

    class Leaning(Position):
        def bias(self, i: torch.Tensor, j: torch.Tensor) -> torch.Tensor:
            slopes = torch.tensor([0.1, -0.7, 2.0])[:, None, None]
            return slopes * torch.sin(i[:, None, :, None] - 2.0 * j[:, None, None, :])

    monkeypatch.setitem(TABLE, NoPositionsConfig, lambda own, whole: Leaning())
    model = tiny_model(replace(BASE, position=NoPositionsConfig(), kernel=MathKernelConfig()))
    tokens, first = some_tokens(2, 9), torch.tensor([0, 3])
    for padding in (None, first):
        math = read(model, tokens, first=padding)
        for kernel in (SdpaKernelConfig(), FlashKernelConfig(2, 3)):
            fused = read(with_kernel(model, kernel), tokens, first=padding)
            assert np.allclose(math, fused, rtol=0, atol=1e-12)
    monkeypatch.setattr(Leaning, "bias", lambda self, i, j: None)
    assert not np.allclose(read(model, tokens), math, atol=1e-3)
