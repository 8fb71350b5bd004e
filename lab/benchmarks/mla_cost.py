"""What a token leaves in the cache and what a step costs, with heads and with latents; a minute.

The weights are random: neither bytes nor seconds depend on them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from lab.data.position_ids import position_ids
from lab.data.problems import Format
from lab.experiments.lengths import problems_of_shape
from lab.measure.stopwatch import timed
from lab.model.cache import KVCache
from lab.model.config import GPTConfig
from lab.model.gpt import GPT
from lab.recipes.latent_experts import absorbed, network

MODELS: dict[str, GPTConfig] = {
    "heads": network("full", "mha", "dense"),
    "latents, keys made": network("full", "mla", "dense"),
    "latents, absorbed": absorbed(network("full", "mla", "dense")),
}
DIGITS, BATCHES, N_STEP = (4, 8, 16), (1, 64), 20


def bench_mla() -> dict[str, Any]:
    """Bytes a token by what a cache holds, and the median ms of a step by its length and batch."""
    found: dict[str, dict[str, Any]] = {}
    with torch.inference_mode():
        for name, config in MODELS.items():
            model = GPT(config).eval()
            found[name] = {
                "bytes_per_token": bytes_per_token(model),
                "ms_per_step": {
                    f"{Format('cot_reversed', n, n).length} tokens, batch {batch}": ms_per_step(
                        model, n, batch
                    )
                    for n in DIGITS
                    for batch in BATCHES
                },
            }
            print(f"{name:>20}  {found[name]}", flush=True)
    return found


def bytes_per_token(model: GPT) -> float:
    cache, text = KVCache(64), whole_text(4, 1)
    model(text, positions=position_ids(text, 2), cache=cache)
    return cache.bytes_held / text.shape[1]


def ms_per_step(model: GPT, digits: int, batch: int) -> float:
    """Of the last tokens of a text, one by one behind a cache of all before."""
    text = whole_text(digits, batch)
    ids, length = position_ids(text, 2), text.shape[1]
    cache, begin = KVCache(length), length - N_STEP
    model(text[:, :begin], positions=ids[:, :begin], cache=cache)
    seconds: list[float] = []
    for t in range(begin, length):
        now = slice(t, t + 1)
        seconds.append(
            timed(lambda now=now: model(text[:, now], positions=ids[:, now], cache=cache))[0]
        )
    return round(1e3 * float(np.median(seconds)), 3)


def whole_text(digits: int, batch: int) -> torch.Tensor:
    """The same sum in every row, without its last sign, which is never read."""
    form = Format("cot_reversed", digits, digits)
    texts, _ = form.render(*problems_of_shape(digits, digits, 1))
    return torch.from_numpy(texts[:, :-1]).long().expand(batch, -1)
