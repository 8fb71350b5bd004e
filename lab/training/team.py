"""Several processes train one model: each reads its share of every batch, and gradients are summed.

`torchrun --nproc-per-node 2 -m lab train RUN` starts them. Each draws the whole batch with the same
generator and keeps a contiguous share of its rows, whose loss counts by their tokens; so the sum of
all gradients is that of the whole batch, and after it every process takes the same step. What is
saved is therefore the state of one process, and another number of them may go on with it.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, nn

PATIENCE = timedelta(hours=2)
"""How long the others wait for the first process, which alone checks the model and writes files."""


@dataclass(frozen=True)
class Team:
    """The processes that train together: which of them this one is, from 0, and how many."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def share(self, n: int) -> range:
        """Which of `n` rows are this process's. `ValueError` if one of the team has none."""
        if n < self.size:
            raise ValueError(f"a batch of {n} rows is too small for {self.size} processes")
        return range(n * self.rank // self.size, n * (self.rank + 1) // self.size)

    @torch.no_grad()
    def add_up(self, model: nn.Module, loss: float) -> float:
        """Put into every parameter the sum of the team's gradients; the sum of its losses.

        One message for all, since each has its own price. A parameter that has no gradient
        anywhere, as of an expert that no token met, stays without.
        """
        if self.size == 1:
            return loss
        from torch.distributed import all_reduce

        parameters = list(model.parameters())
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        said = torch.tensor([loss, *(p.grad is not None for p in parameters)])
        message = torch.cat([*(g.flatten() for g in gradients), said.to(gradients[0])])
        all_reduce(message)
        *summed, said = message.split([*(p.numel() for p in parameters), len(said)])
        total, *found = said.tolist()
        for p, gradient, anywhere in zip(parameters, summed, found, strict=True):
            p.grad = gradient.view_as(p) if anywhere else None
        return total

    @torch.no_grad()
    def whole(self, rows: Tensor, n: int) -> Tensor:
        """The `n` rows of a batch, (n, ...), of the shares that each process has."""
        if self.size == 1:
            return rows
        from torch.distributed import all_gather

        # Messages are of one size: a share is filled up, and what fills it is left out below.
        shares = [Team(rank, self.size).share(n) for rank in range(self.size)]
        longest = max(map(len, shares))
        filled = torch.cat([rows, rows.new_zeros(longest - len(rows), *rows.shape[1:])])
        parts = [torch.empty_like(filled) for _ in shares]
        all_gather(parts, filled.contiguous())
        return torch.cat([part[: len(own)] for part, own in zip(parts, shares, strict=True)])


ALONE = Team()


@contextmanager
def team(device: str) -> Generator[tuple[Team, str]]:
    """What torchrun made of this process, and the device that it is to take; without torchrun it is
    alone, and takes what was asked for. Messages go by NCCL between cards, by gloo otherwise."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield ALONE, device
        return
    import torch.distributed as dist

    own = f"cuda:{os.environ['LOCAL_RANK']}" if device == "cuda" else device
    if own != "cpu":
        torch.cuda.set_device(own)
    dist.init_process_group("gloo" if own == "cpu" else "nccl", timeout=PATIENCE)
    try:
        yield Team(dist.get_rank(), dist.get_world_size()), own
    finally:
        dist.destroy_process_group()


def launcher() -> list[str]:
    """What starts such a process again, as a shell is given it."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return ["python"]
    nodes, each = os.environ["GROUP_WORLD_SIZE"], os.environ["LOCAL_WORLD_SIZE"]
    more = [] if nodes == "1" else ["--nnodes", nodes]
    return ["torchrun", *more, "--nproc-per-node", each]
