"""What experts cost: sent to in one product each, asked token by token, and dense; half a minute.

The weights are random: seconds depend on how even the choices are, and these are nearly even.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from lab.measure.stopwatch import timed
from lab.model.cache import NO_CACHE
from lab.model.call import Call, Slots
from lab.model.config import GPTConfig
from lab.model.ffn.dense import DenseFFN
from lab.model.ffn.moe import MixtureOfExperts
from lab.model.parts import part
from lab.model.positions import UNRELATED
from lab.model.trace import NO_TRACE
from lab.recipes.latent_experts import network
from lab.statistics import spread

TOKENS, TURNS = (1, 64, 4096), 9
CALL = Call(Slots(), UNRELATED, NO_CACHE, NO_TRACE)


def bench_moe() -> dict[str, Any]:
    """Median ms of one FFN on so many tokens, taken by turns, and how far the two ways differ."""
    config = network("full", "mla", "moe")
    experts, dense = built(config), built(network("full", "mla", "dense"))
    ways: dict[str, Callable[[Tensor], Tensor]] = {
        "one product an expert": lambda x: experts(x, CALL),
        "token by token": lambda x: torch.cat([experts(t, CALL) for t in x.split(1, dim=1)], dim=1),
        "dense, as many in all": lambda x: dense(x, CALL),
    }
    found: dict[str, Any] = {"ms": {}}
    with torch.inference_mode():
        for n in TOKENS:
            x = torch.randn(1, n, config.d_model, generator=torch.Generator().manual_seed(0))
            taken: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(TURNS if n < max(TOKENS) else 1):
                for name, way in ways.items():
                    taken[name].append(timed(lambda way=way, x=x: way(x))[0])
            found["ms"][n] = {name: round(1e3 * spread(s).median, 3) for name, s in taken.items()}
            one, other, _ = ways.values()
            found["differ"] = float((one(x) - other(x)).abs().max())
            print(f"{n:>5} tokens  {found['ms'][n]}", flush=True)
    return found


def built(config: GPTConfig) -> MixtureOfExperts | DenseFFN:
    ffn, generator = part("ffn", config.layers[0]), torch.Generator().manual_seed(0)
    for parameter in ffn.parameters():
        torch.nn.init.normal_(parameter, std=config.d_model**-0.5, generator=generator)
    return cast(MixtureOfExperts | DenseFFN, ffn.eval())
