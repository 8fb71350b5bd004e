"""How the seconds of a step grow: with parameters, with the length of the text, with the batch.

A line is one kind of step at several sizes, of which one thing grows and all else stays. What a
step must do is counted from its configuration; nothing is timed here, so that a record is read
without torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from statistics import fmean, median
from typing import Any, Literal

from lab.measure import phases
from lab.measure.phases import Roof, Work
from lab.model.config import (
    DenseFFNConfig,
    GPTConfig,
    KernelConfig,
    MathKernelConfig,
    MultiHeadAttentionConfig,
    RotaryPositionsConfig,
    SdpaKernelConfig,
)
from lab.model.cost import parameters_of, training_flops
from lab.statistics import Spread, spread

Grows = Literal["parameters", "length", "batch"]
Step = Literal["training", "prefill", "decode"]

N_LAYER, HEAD_DIM = 4, 32
NUMBERS_A_WEIGHT = 10
"""Of a step of training: each weight is read forward and again backward, its gradient is written,
and AdamW reads weight, gradient and two running means and writes all but the gradient."""


@dataclass(frozen=True)
class Size:
    """One point of a line: `n_token` tokens of each text that a step reads or, of a decode step,
    that it attends to, the newest among them."""

    config: GPTConfig
    n_token: int
    batch: int


@dataclass(frozen=True)
class Line:
    """A kind of step at several `values`: widths, of which parameters follow, or lengths, or
    batches. What does not grow is `width`, `n_token` and `batch`."""

    grows: Grows
    step: Step
    values: tuple[int, ...]
    kernel: KernelConfig = field(default_factory=MathKernelConfig)
    width: int = 128
    n_token: int = 32
    batch: int = 1

    def size(self, value: int) -> Size:
        return Size(
            network(value if self.grows == "parameters" else self.width, self.kernel),
            value if self.grows == "length" else self.n_token,
            value if self.grows == "batch" else self.batch,
        )

    def amount(self, value: int) -> int:
        """Of what grows: of a width the parameters that it makes."""
        return parameters_of(self.size(value).config) if self.grows == "parameters" else value

    def work(self, value: int) -> Work:
        """What a step of this size must compute and fetch at least."""
        size = self.size(value)
        match self.step:
            case "training":
                return training(size.config, size.n_token, size.batch)
            case "prefill":
                return phases.prefill(size.config, size.n_token, size.batch)
            case "decode":
                return phases.decode(size.config, size.n_token, size.batch)


def network(width: int, kernel: KernelConfig) -> GPTConfig:
    """Of the shape of the book's own, in four layers; rotary, so that no length is too long."""
    return GPTConfig(
        n_layer=N_LAYER,
        d_model=width,
        position=RotaryPositionsConfig(),
        attention=MultiHeadAttentionConfig(n_head=width // HEAD_DIM, head_dim=HEAD_DIM),
        ffn=DenseFFNConfig(4 * width),
        kernel=kernel,
    )


def training(config: GPTConfig, n_token: int, batch: int) -> Work:
    """Of a step of training with AdamW on `n_token` tokens of each text; activations, which a
    processor may keep near, are not among its bytes."""
    n_bytes = 4 * NUMBERS_A_WEIGHT * parameters_of(config)
    return Work(training_flops(config, batch, n_token), n_bytes)


TEXT = 19
"""Tokens that a step of training reads of each text: 37*48= and its working, without the last."""

LENGTHS = (64, 128, 256, 512, 1024, 2048, 4096)
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)

LINES: dict[str, Line] = {
    "parameters_training": Line(
        "parameters", "training", (32, 64, 96, 128, 192, 256, 384, 512), n_token=TEXT, batch=64
    ),
    "parameters_decode": Line(
        "parameters", "decode", (32, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
    ),
    "length_prefill": Line("length", "prefill", LENGTHS),
    "length_prefill_fused": Line("length", "prefill", LENGTHS, SdpaKernelConfig()),
    "length_decode": Line("length", "decode", LENGTHS),
    "batch_training": Line("batch", "training", BATCHES, width=256, n_token=TEXT),
    "batch_decode": Line("batch", "decode", BATCHES, width=256),
}
"""By the names that they have in the record."""


# ---------------------------------------------------------------- slopes


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the straight line through log x and log y with the least squares: 1 where y doubles with
    x, 2 where it grows fourfold. `ValueError` for fewer than two amounts, or for what has no
    logarithm."""
    if len({x for x, _ in points}) < 2 or min(min(point) for point in points) <= 0:
        raise ValueError(f"{list(points)}: a slope needs two amounts, and numbers above 0")
    logs = [(log(x), log(y)) for x, y in points]
    mean_x, mean_y = fmean(x for x, _ in logs), fmean(y for _, y in logs)
    along = sum((x - mean_x) ** 2 for x, _ in logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / along


@dataclass(frozen=True)
class Timed:
    """A point of a line as it was measured: how much of what grows, the seconds of every round,
    and the work of a step."""

    amount: float
    seconds: tuple[float, ...]
    work: Work

    @property
    def median(self) -> float:
        return median(self.seconds)

    def least(self, roof: Roof) -> float:
        """The seconds under which a machine with this roof cannot be."""
        return max(
            self.work.operations / roof.operations_per_second,
            self.work.bytes / roof.bytes_per_second,
        )


def timed_of(row: Mapping[str, Any]) -> list[Timed]:
    """The points of a row of the record, from the smallest to the largest."""
    return [
        Timed(
            point["amount"],
            tuple(point["seconds"]),
            Work(point["operations"], point["bytes"]),
        )
        for point in row["points"]
    ]


def halves(points: Sequence[Timed]) -> tuple[Sequence[Timed], Sequence[Timed]]:
    """The smaller and the larger sizes of a line; the one in the middle is in both. Where they
    part is settled by the list of sizes, before any is timed."""
    middle = (len(points) + 1) // 2
    return points[:middle], points[len(points) - middle :]


def slope_of_rounds(points: Sequence[Timed]) -> Spread:
    """Each round took every size once, and has a slope of its own: the median of them, and the
    lowest and highest."""
    rounds = zip(*(point.seconds for point in points), strict=True)
    amounts = [point.amount for point in points]
    return spread(slope([*zip(amounts, each, strict=True)]) for each in rounds)


def slope_of_operations(points: Sequence[Timed]) -> float:
    """Of the operations over the same sizes: how seconds grow if each operation takes as long."""
    return slope([(point.amount, point.work.operations) for point in points])


def slope_of_least(points: Sequence[Timed], roof: Roof) -> float:
    """The same of the seconds under the roof: each operation and each byte takes as long."""
    return slope([(point.amount, point.least(roof)) for point in points])
