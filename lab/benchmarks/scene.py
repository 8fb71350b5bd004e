"""What the picture of chapter 7 costs before it is sent: its numbers, and the ranking of heads."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import torch

from lab.data.vocabulary import encode
from lab.interp.head_costs import head_costs
from lab.model.gpt import GPT
from lab.records import RECORDS
from lab.scene.build import scene, weights_of
from lab.scene.manifest import MOST_TOKENS
from lab.training.checkpoint import CHECKPOINTS, load_run
from lab.weights import fingerprint

RUN, PROMPT, ANSWER = "times_table", "7*8=", "56$"
LENGTHS = (12, MOST_TOKENS)
TURNS = 21
"""The least disturbed of so many turns is told: what else the machine does is not the cost."""


def bench_scene() -> dict[str, Any]:
    """Milliseconds of a scene beyond its forward pass, by tokens, and of weighing every head."""
    model = load_run(RUN).model
    text = (PROMPT + ANSWER) * MOST_TOKENS
    beyond = {length: beyond_the_forward(model, text[:length]) for length in LENGTHS}
    for length, found in beyond.items():
        print(f"scene of {length:2} tokens  {found:6.1f} ms beyond the forward pass")
    ranking = least(lambda: head_costs(model, PROMPT + ANSWER, len(PROMPT)))
    print(f"ranking of the heads {ranking:6.1f} ms")
    measured = {"ms_beyond_the_forward": beyond, "ms_to_rank_the_heads": ranking, "turns": TURNS}
    path = RECORDS / "bench_scene.json"
    record = json.loads(path.read_text()) if path.exists() else None
    return {
        **measured,
        "seeds": [0],
        "weights": {RUN: fingerprint(CHECKPOINTS / RUN)},
        "record": record and {key: record[key] for key in measured},
    }


def beyond_the_forward(model: GPT, text: str) -> float:
    tokens, weights = torch.from_numpy(encode(text)).long()[None], weights_of(model)

    def forward() -> None:
        with torch.inference_mode():
            model(tokens)

    whole = least(lambda: scene(model, text, weights=weights))
    return round(whole - least(forward), 1)


def least(work: Callable[[], object]) -> float:
    """Milliseconds of the quickest of `TURNS`."""
    found: list[float] = []
    for _ in range(TURNS):
        began = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - began))
    return round(min(found), 1)
