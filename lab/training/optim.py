"""AdamW and Muon, written as their equations. (torch's own pull in its compiler: 70 MB, 0.9 s.)"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from lab.model.gpt import GPT
from lab.model.roles import MATRICES, roles
from lab.training.recipe import Recipe


class Optimiser(Protocol):
    def step(self, rate: float) -> None: ...

    def state(self) -> dict[str, Tensor]: ...

    def load(self, state: dict[str, Tensor]) -> None: ...


class AdamW:
    """m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;  w -= rate (m^ / (sqrt(v^) + eps) + decay w).

    m^ and v^ are corrected for their start at zero (arXiv:1711.05101). `factor` multiplies the
    schedule's rate, so that two optimisers may share one schedule.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        *,
        factor: float = 1.0,
        # As GPT-3 was trained (arXiv:2005.14165, appendix B).
        betas: tuple[float, float] = (0.9, 0.95),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.parameters = list(parameters)
        self.factor, self.betas, self.eps, self.weight_decay = factor, betas, eps, weight_decay
        self.m = [torch.zeros_like(p) for p in self.parameters]
        self.v = [torch.zeros_like(p) for p in self.parameters]
        # A tensor, so that it is saved and loaded as the moments are.
        self.count = torch.zeros((), dtype=torch.int64)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        self.count += 1
        (b1, b2), t, rate = self.betas, int(self.count), rate * self.factor
        for w, m, v in zip(self.parameters, self.m, self.v, strict=True):
            if w.grad is None:
                continue
            m.lerp_(w.grad, 1 - b1)
            v.mul_(b2).addcmul_(w.grad, w.grad, value=1 - b2)
            # Not as a part of the gradient, whose size is divided out again (arXiv:1711.05101).
            w.mul_(1 - rate * self.weight_decay)
            root = (v / (1 - b2**t)).sqrt_().add_(self.eps)
            w.addcdiv_(m, root, value=-rate / (1 - b1**t))

    def state(self) -> dict[str, Tensor]:
        moments = {f"m.{i}": m for i, m in enumerate(self.m)}
        return moments | {f"v.{i}": v for i, v in enumerate(self.v)} | {"count": self.count}

    def load(self, state: dict[str, Tensor]) -> None:
        for name, tensor in self.state().items():
            tensor.copy_(state[name])


class Muon:
    """Momentum, then the nearest (half-)orthogonal matrix, as the step of a hidden matrix.

    M = mu M + (1-mu) G;  w -= rate * sqrt(max(1, rows/columns)) * NS((1-mu) G + mu M) - decay
    (Jordan 2024, kellerjordan.github.io/posts/muon; Nesterov form). 2-D parameters only.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        *,
        factor: float = 1.0,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        self.parameters = list(parameters)
        if any(p.ndim != 2 for p in self.parameters):
            raise ValueError("Muon takes matrices; give vectors and embeddings to AdamW")
        self.factor, self.momentum, self.weight_decay = factor, momentum, weight_decay
        self.m = [torch.zeros_like(p) for p in self.parameters]
        self.together = by_shape

    @torch.no_grad()
    def step(self, rate: float) -> None:
        rate = rate * self.factor
        moved = [(w, m) for w, m in zip(self.parameters, self.m, strict=True) if w.grad is not None]
        for some in self.together(moved):
            # Those of one shape in one batch: the matrices are small, and so each product is.
            updates = orthogonalise(torch.stack([self.wanted(w, m) for w, m in some]))
            for (w, _), update in zip(some, updates, strict=True):
                # However small the gradient, the update is as large: decay alone bounds the weights
                # (arXiv:2502.16982, section 2.2).
                w.mul_(1 - rate * self.weight_decay)
                # A tall matrix has more outputs than directions; the root lets each move as far.
                w.add_(update, alpha=-rate * max(1.0, w.shape[0] / w.shape[1]) ** 0.5)

    def wanted(self, w: Tensor, m: Tensor) -> Tensor:
        """The mean of the gradients with the newest in it, and some of that once more: Nesterov's
        look ahead."""
        assert w.grad is not None
        m.lerp_(w.grad, 1 - self.momentum)
        return w.grad.lerp(m, self.momentum)

    def state(self) -> dict[str, Tensor]:
        return {f"m.{i}": m for i, m in enumerate(self.m)}

    def load(self, state: dict[str, Tensor]) -> None:
        for name, tensor in self.state().items():
            tensor.copy_(state[name])


def by_shape(moved: Sequence[tuple[Tensor, Tensor]]) -> Iterable[list[tuple[Tensor, Tensor]]]:
    """The matrices and their means, those of one shape together."""
    found: dict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = {}
    for w, m in moved:
        found.setdefault(tuple(w.shape), []).append((w, m))
    return found.values()


def orthogonalise(g: Tensor, steps: int = 5) -> Tensor:
    """Push every singular value of g, (..., rows, columns), towards 1: X <- a X + (b A + c A^2) X
    with A = X X'.

    Five steps of the quintic iteration leave singular values between about 0.7 and 1.2.
    """
    # Jordan's choice: small singular values grow fast, and none need end at 1 exactly.
    a, b, c = 3.4445, -4.7750, 2.0315
    # Of X X' and X' X the smaller is computed.
    tall = g.shape[-2] > g.shape[-1]
    # So rough an answer needs no finer numbers.
    x = (g.mT if tall else g).bfloat16()
    # The iteration needs singular values of at most 1, and none is larger than this norm.
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if tall else x).to(g.dtype)


class Both:
    """Several optimisers, each with parameters of its own, stepped together."""

    def __init__(self, **parts: Optimiser) -> None:
        self.parts = parts

    def step(self, rate: float) -> None:
        for part in self.parts.values():
            part.step(rate)

    def state(self) -> dict[str, Tensor]:
        return {f"{k}.{n}": t for k, part in self.parts.items() for n, t in part.state().items()}

    def load(self, state: dict[str, Tensor]) -> None:
        for key, part in self.parts.items():
            prefix = key + "."
            part.load({n.removeprefix(prefix): t for n, t in state.items() if n.startswith(prefix)})


def build_optimiser(recipe: Recipe, model: GPT) -> Optimiser:
    """AdamW for everything, or Muon for the layers' matrices and AdamW for the rest."""
    of = roles(model)
    matrices = [p for name, p in model.named_parameters() if of[name] in MATRICES]
    if recipe.optimiser == "adamw":
        return AdamW(
            list(model.parameters()),
            factor=recipe.rate,
            eps=recipe.eps,
            weight_decay=recipe.weight_decay,
        )
    hidden = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in hidden]
    return Both(
        muon=Muon(matrices, factor=recipe.muon_rate, weight_decay=recipe.weight_decay),
        # Without decay: it would mute gains, and fade rows of rare tokens between their turns.
        adamw=AdamW(rest, factor=recipe.rate, eps=recipe.eps),
    )
