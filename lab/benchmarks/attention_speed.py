"""Training speed of written-out attention against torch's fused kernel, same model, same run."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F

from lab.model.config import KernelConfig, MathKernelConfig, SdpaKernelConfig
from lab.model.gpt import GPT
from lab.recipes.chain_of_thought import FULL_SIZE
from lab.statistics import spread

BATCH, LENGTH, ROUNDS = 64, 64, 8


def bench_attention() -> dict[str, Any]:
    """Tokens a second of forward and backward, bf16 autocast, kernels taking turns."""
    kernels: dict[str, KernelConfig] = {"math": MathKernelConfig(), "sdpa": SdpaKernelConfig()}
    models = {name: GPT(replace(FULL_SIZE, kernel=kernel)) for name, kernel in kernels.items()}
    seconds: dict[str, list[float]] = {name: [] for name in kernels}
    generator = torch.Generator().manual_seed(0)
    for turn in range(ROUNDS + 2):
        tokens = torch.randint(FULL_SIZE.vocab_size, (BATCH, LENGTH + 1), generator=generator)
        for name, model in models.items():
            took = seconds_of_step(model, tokens)
            if turn >= 2:
                seconds[name].append(took)
    rates = {name: BATCH * LENGTH / spread(s).median for name, s in seconds.items()}
    for name, rate in rates.items():
        print(f"{name:>5}  {rate:8.0f} tokens/s")
    ratio = rates["math"] / rates["sdpa"]
    return {
        "tokens_per_second": {name: round(rate) for name, rate in rates.items()},
        "ratio": round(ratio, 3),
        "batch": BATCH,
        "length": LENGTH,
        "rounds": ROUNDS,
    }


def seconds_of_step(model: GPT, tokens: torch.Tensor) -> float:
    began = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(tokens[:, :-1])
    F.cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten()).backward()
    model.zero_grad(set_to_none=True)
    return time.perf_counter() - began
