"""lab.model.ffn.dense: each activation written out once more, and the sizes it promises."""

import math
from typing import Any

import pytest
import torch

from lab.model.cache import NO_CACHE
from lab.model.call import Call, Slots
from lab.model.config import DenseFFNConfig as Config
from lab.model.ffn.dense import DenseFFN
from lab.model.positions import UNRELATED
from lab.model.trace import NO_TRACE

NOWHERE = Call(Slots(), UNRELATED, NO_CACHE, NO_TRACE)


def phi(x: torch.Tensor) -> torch.Tensor:
    return 0.5 * (1 + torch.erf(x / math.sqrt(2)))


@pytest.mark.parametrize("activation", ["relu2", "gelu", "swiglu"])
def test_the_network_is_its_equation(activation: Any) -> None:
    generator = torch.Generator().manual_seed(0)
    ffn = DenseFFN(Config(30, activation), 8).double()
    x = torch.randn(2, 5, 8, dtype=torch.float64, generator=generator)
    inner, outer = ffn.w_in.weight, ffn.w_out.weight
    pre = x @ inner.T
    if activation == "swiglu":
        assert ffn.w_gate is not None
        gate = x @ ffn.w_gate.weight.T
        post = gate / (1 + torch.exp(-gate)) * pre
    else:
        post = torch.where(pre > 0, pre**2, 0.0) if activation == "relu2" else pre * phi(pre)
    assert torch.allclose(ffn(x, NOWHERE), post @ outer.T, rtol=1e-10, atol=1e-12)


def test_swiglu_has_as_many_numbers_as_the_others() -> None:
    sizes = [
        sum(p.numel() for p in DenseFFN(Config(1024 * 3, activation), 64).parameters())
        for activation in ("relu2", "gelu", "swiglu")
    ]
    assert len(set(sizes)) == 1
