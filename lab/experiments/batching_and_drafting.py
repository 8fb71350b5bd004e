"""What serving builds on a cache: problems queue for few rows, and drafts are checked at once.

Seconds are those of this machine with `THREADS` threads; nothing else may run meanwhile.
"""

from __future__ import annotations

import time
from itertools import product
from typing import Any

import numpy as np
import torch

from lab.data.problems import BOUNDS, Format, sample_exact
from lab.data.samples import Sample
from lab.data.vocabulary import Tokens
from lab.experiments.served_models import model_called, test_sums
from lab.experiments.sweep import Cell
from lab.inference.generate import generate
from lab.inference.schedule import Served, Tick
from lab.inference.serving import serve
from lab.inference.speculative import Round, speculate

THREADS = 2

# ---------------------------------------------------------------- a queue of problems

SHAPES = tuple(product(range(1, 5), repeat=2))
LONGEST = Format("cot_reversed", 4, 4).length
N_QUEUE, QUEUE_REPEATS = 1000, 3


def queue_cells() -> list[Cell]:
    return [
        {"part": "queue", "rows": rows, "policy": policy}
        for rows in (8, 64)
        for policy in ("static", "continuous")
    ]


def measure_queue(cell: Cell, n: int = N_QUEUE, repeats: int = QUEUE_REPEATS) -> dict[str, Any]:
    """Problems of 1 x 1 to 4 x 4 digits, each shape as likely: how long, and how much is wasted."""
    torch.set_num_threads(THREADS)
    texts, given = mixed_sums(n)
    prompts = [text[:t] for text, t in zip(texts, given, strict=True)]
    model, seconds, ticks = model_called("far_clipped"), list[float](), list[Tick]()
    for _ in range(repeats):
        began = time.perf_counter()
        ticks = list(
            serve(model, prompts, rows=cell["rows"], longest=LONGEST, policy=cell["policy"])
        )
        seconds.append(time.perf_counter() - began)
    ended = [served for tick in ticks for served in tick.ended]
    computed, busy = (sum(getattr(tick, name) for tick in ticks) for name in ("computed", "busy"))
    return {
        "n": n,
        "errors_strict": n - sum(is_right(served, texts) for served in ended),
        "tokens": sum(map(len, texts)) - sum(given),
        "seconds": round(float(np.median(seconds)), 3),
        "steps": len(ticks),
        "computed": computed,
        "wasted": computed - busy,
        "threads": THREADS,
        "repeats": repeats,
        "precision": "fp32",
        "seeds": [0],
        **Sample("generator", "test pairs of 1x1 to 4x4 digits", n, 0).document(),
    }


def is_right(served: Served, texts: list[Tokens]) -> bool:
    return np.array_equal(served.text, texts[served.prompt])


def mixed_sums(n: int, seed: int = 0) -> tuple[list[Tokens], list[int]]:
    """Texts of `n` test problems, shapes drawn alike, and how many tokens of each are
    given."""
    rng = np.random.default_rng(seed)
    texts, given = list[Tokens](), list[int]()
    for p, q in rng.choice(SHAPES, n).tolist():
        form = Format("cot_reversed", p, q)
        text, _ = form.render(*sample_exact(rng, 1, p, q, *BOUNDS["test"]))
        texts.append(text[0])
        given.append(form.prompt_length)
    return texts, given


# ---------------------------------------------------------------- draft and verify

DRAFTS, N_DRAFT = ("draft_tiny", "draft_small"), (2, 4, 8)
N_SUMS = {4: 100, 10: 10}
"""How many problems are drafted for, by the digits of both numbers."""


def draft_cells() -> list[Cell]:
    return [
        {"part": "draft", "digits": digits, "draft": draft, "n_draft": n_draft}
        for digits in N_SUMS
        for draft in DRAFTS
        for n_draft in N_DRAFT
    ]


def measure_draft(cell: Cell, n: int | None = None) -> dict[str, Any]:
    """How much of each draft is kept, and the seconds against those of plain decoding."""
    torch.set_num_threads(THREADS)
    n = n or N_SUMS[cell["digits"]]
    form, texts, sample = test_sums(n, cell["digits"])
    model, draft = model_called("far_clipped"), model_called(cell["draft"])
    rounds, alone, drafted, differing = list[Round](), 0.0, 0.0, 0
    for text in texts:
        prompt = torch.from_numpy(text[None, : form.prompt_length])
        most = form.length - form.prompt_length
        began = time.perf_counter()
        own = [int(step.ids[0]) for step in generate(model, prompt, max_new=most)]
        between = time.perf_counter()
        done = list(speculate(model, draft, prompt, max_new=most, n_draft=cell["n_draft"]))
        alone, drafted = alone + between - began, drafted + time.perf_counter() - between
        differing += own != [token for one in done for token in one.written]
        rounds += done
    return {
        "n": n,
        "differing": differing,
        "rounds": len(rounds),
        "accepted": sum(one.accepted for one in rounds),
        "tokens": sum(len(one.written) for one in rounds),
        "seconds": round(drafted, 3),
        "seconds_alone": round(alone, 3),
        "threads": THREADS,
        "precision": "fp32",
        "seeds": [0],
        **sample.document(),
    }
