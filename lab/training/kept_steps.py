"""The weights of runs after some of their steps, kept for a while to go back to."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_STEPS = 20
MOST_BYTES = 16_000_000


@dataclass
class KeptSteps:
    """Files of weights by run and step: at most 20 of a run, 16 MB of all; the oldest goes first.

    In bf16, as `lab.training.checkpoint.to_bytes` writes them, a network of 0.4M parameters is
    kept 20 times, and four of them five times each.
    """

    files: dict[tuple[str, int], bytes] = field(default_factory=dict[tuple[str, int], bytes])

    def keep(self, run: str, step: int, file: bytes) -> None:
        self.files.pop((run, step), None)
        self.files[run, step] = file
        for _ in range(len(self.steps(run)) - MOST_STEPS):
            del self.files[next(key for key in self.files if key[0] == run)]
        while sum(map(len, self.files.values())) > MOST_BYTES:
            del self.files[next(iter(self.files))]

    def steps(self, run: str) -> list[int]:
        """The steps of a run that are kept, in the order in which they came."""
        return [step for name, step in self.files if name == run]

    def at(self, run: str, step: int) -> bytes:
        """`ValueError` names the steps that there are."""
        if (run, step) not in self.files:
            there = ", ".join(map(str, self.steps(run))) or "none"
            raise ValueError(f"step={step} of {run} is not kept; there are: {there}")
        return self.files[run, step]

    def forget(self, run: str) -> None:
        self.files = {key: file for key, file in self.files.items() if key[0] != run}
