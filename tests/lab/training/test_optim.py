"""lab.training.optim against torch.optim, step by step."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from tiny import failures

import lab.training.optim
from lab.training.optim import AdamW, Both, Muon, orthogonalise

SHAPES = [(8, 8), (6, 12), (20, 5)]


def twins(shapes: list[tuple[int, ...]], dtype: torch.dtype) -> list[list[torch.nn.Parameter]]:
    """Two sets of the same parameters."""
    generator = torch.Generator().manual_seed(0)
    values = [torch.randn(shape, generator=generator).to(dtype) for shape in shapes]
    return [[torch.nn.Parameter(v.clone()) for v in values] for _ in range(2)]


def gradients(parameters: list[Any], steps: int) -> Iterator[list[torch.Tensor]]:
    """Gradients that wander, and once jump."""
    generator = torch.Generator().manual_seed(1)
    drift = [torch.randn(p.shape, generator=generator) for p in parameters]
    for step in range(steps):
        noise = [torch.randn(p.shape, generator=generator) for p in parameters]
        scale = 30.0 if step == 4 else 1.0
        yield [
            ((d + n) * scale).to(p.dtype) for d, n, p in zip(drift, noise, parameters, strict=True)
        ]


def run_both(ours: Any, theirs: Any, mine: list[Any], yours: list[Any], lrs: list[float]) -> None:
    for rate, grads in zip(lrs, gradients(mine, len(lrs)), strict=True):
        for p, q, grad in zip(mine, yours, grads, strict=True):
            p.grad, q.grad = grad.clone(), grad.clone()
        for group in theirs.param_groups:
            group["lr"] = rate
        ours.step(rate)
        theirs.step()


RATES = [0.001, 0.01, 0.02, 0.02, 0.02, 0.02, 0.015, 0.01, 0.005, 0.001]


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_adamw_is_torchs_adamw(weight_decay: float) -> None:
    mine, yours = twins([*SHAPES, (7,)], torch.float64)
    options: dict[str, Any] = {"betas": (0.8, 0.97), "eps": 1e-5, "weight_decay": weight_decay}
    run_both(AdamW(mine, **options), torch.optim.AdamW(yours, **options), mine, yours, RATES)
    for p, q in zip(mine, yours, strict=True):
        assert torch.allclose(p, q, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_muon_is_torchs_muon_given_one_orthogonalisation(
    monkeypatch: pytest.MonkeyPatch, weight_decay: float
) -> None:
    """With the exact polar factor in both, momentum, scale and decay agree to rounding."""
    from torch.optim import _muon

    def polar(g: torch.Tensor, *_: Any) -> torch.Tensor:
        u, _, vh = torch.linalg.svd(g, full_matrices=False)
        return u @ vh

    monkeypatch.setattr(lab.training.optim, "orthogonalise", polar)
    monkeypatch.setattr(_muon, "_zeropower_via_newtonschulz", polar)
    mine, yours = twins(SHAPES, torch.float64)
    theirs = torch.optim.Muon(yours, momentum=0.9, nesterov=True, weight_decay=weight_decay)
    run_both(Muon(mine, momentum=0.9, weight_decay=weight_decay), theirs, mine, yours, RATES)
    for p, q in zip(mine, yours, strict=True):
        assert torch.allclose(p, q, rtol=1e-10, atol=1e-12)


def newton_schulz_in_float64(g: torch.Tensor) -> torch.Tensor:
    """The quintic on the singular values themselves: s <- a s + b s^3 + c s^5, five times."""
    u, s, vh = torch.linalg.svd(g.double(), full_matrices=False)
    s = s / s.norm()
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return (u * s) @ vh


@pytest.mark.parametrize("shape", [(16, 16), (16, 64), (64, 16)])
def test_orthogonalise_is_torchs_newton_schulz_up_to_bf16(shape: tuple[int, int]) -> None:
    """Both lie within 5% of the exact iteration; bf16 rounds by 0.4%, fifteen times over."""
    from torch.optim._muon import _zeropower_via_newtonschulz

    g = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    exact = newton_schulz_in_float64(g)
    theirs = _zeropower_via_newtonschulz(g, (3.4445, -4.7750, 2.0315), 5, 1e-7)
    for x in (orthogonalise(g), theirs):
        assert (x.double() - exact).norm() / exact.norm() < 0.05


def test_orthogonalise_keeps_directions_and_evens_out_their_lengths() -> None:
    def holds(shape: tuple[int, int], scale: float) -> None:
        generator = torch.Generator().manual_seed(0)
        u, _ = torch.linalg.qr(torch.randn(shape[0], shape[0], generator=generator))
        v, _ = torch.linalg.qr(torch.randn(shape[1], shape[1], generator=generator))
        rank = min(shape)
        values = torch.logspace(0, -1, rank)  # singular values over a factor of ten
        g = (u[:, :rank] * values) @ v[:, :rank].T * scale
        inside = u[:, :rank].T @ orthogonalise(g) @ v[:, :rank]
        assert ((inside.diagonal() > 0.6) & (inside.diagonal() < 1.3)).all()
        off = inside - inside.diagonal().diag()
        assert off.norm() / inside.norm() < 0.05
        assert orthogonalise(g).dtype == g.dtype

    cases = [(x, y) for x in [(64, 64), (64, 256), (256, 64)] for y in [1e-6, 1.0, 1e6]]
    assert failures(holds, cases) == []


def test_muon_refuses_a_vector() -> None:
    with pytest.raises(ValueError, match="Muon takes matrices"):
        Muon([torch.zeros(3)])


@pytest.mark.parametrize("build", [AdamW, Muon])
def test_a_parameter_without_a_gradient_stays(build: Callable[..., Any]) -> None:
    moved, still = (torch.nn.Parameter(torch.ones(3, 2)) for _ in range(2))
    optimiser = build([moved, still], weight_decay=0.5)
    moved.grad = torch.ones(3, 2)
    optimiser.step(0.1)
    assert torch.equal(still, torch.ones(3, 2)) and not torch.equal(moved, still)


@pytest.mark.parametrize("build", [AdamW, Muon])
def test_the_factor_multiplies_the_rate(build: Callable[..., Any]) -> None:
    (one, two), grad = twins([(4, 3)], torch.float64), torch.ones(4, 3, dtype=torch.float64)
    one[0].grad, two[0].grad = grad, grad.clone()
    build(one, factor=0.25, weight_decay=0.1).step(0.4)
    build(two, weight_decay=0.1).step(0.1)
    assert torch.equal(one[0], two[0])


def test_a_loaded_optimiser_goes_on_where_the_saved_one_stood() -> None:
    def build(parameters: list[Any]) -> Both:
        return Both(muon=Muon(parameters[:2]), adamw=AdamW(parameters[2:], weight_decay=0.1))

    mine, yours = twins([(4, 4), (4, 6), (5,)], torch.float64)
    first = build(mine)
    steps = list(gradients(mine, 6))

    def go(optimiser: Both, parameters: list[Any], grads: list[list[torch.Tensor]]) -> None:
        for some in grads:
            for p, grad in zip(parameters, some, strict=True):
                p.grad = grad.clone()
            optimiser.step(0.01)

    go(first, mine, steps[:3])
    second = build(yours)
    second.load({name: tensor.clone() for name, tensor in first.state().items()})
    with torch.no_grad():
        for p, q in zip(mine, yours, strict=True):
            q.copy_(p)
    go(first, mine, steps[3:])
    go(second, yours, steps[3:])
    assert all(torch.equal(p, q) for p, q in zip(mine, yours, strict=True))
    same = first.state().keys() == second.state().keys()
    assert same and all(torch.equal(t, second.state()[n]) for n, t in first.state().items())
