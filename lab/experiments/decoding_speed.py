"""Seconds of a step with a cache and without, what this machine could do, and what others do on it.

Seconds are those of this machine with `THREADS` threads, the median of `REPEATS`; nothing else may
run meanwhile, and the command line keeps freed memory (`lab.live.memory`). The model is
`far_coupled` with its limit, which writes problems of 10 x 10 digits in 340 tokens; `rope` is the
same network with plain rotary positions.

Shapes: `B` texts side by side, `S` tokens of each, `R` repeats.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.data.problems import Format
from lab.data.samples import Sample
from lab.experiments.served_models import model_called
from lab.experiments.sweep import Cell
from lab.inference.generate import generate
from lab.measure.phases import roof
from lab.measure.stopwatch import machine, seconds_with_cache, seconds_without
from lab.model.cache import KVCache
from lab.model.config import (
    DenseFFNConfig,
    GPTConfig,
    GroupedQueryAttentionConfig,
    RotaryPositionsConfig,
)
from lab.model.cost import forward_bytes, parameters_of
from lab.model.gpt import GPT
from lab.recipes.chain_of_thought import FULL_SIZE

THREADS, REPEATS = 2, 5


def timed(repeats: int) -> dict[str, Any]:
    """What every row of seconds says of how they were measured."""
    return {
        "threads": THREADS,
        "repeats": repeats,
        "precision": "fp32",
        "seeds": [0],
        **Sample("given", "one text, the same in every row of a batch", 1).document(),
    }


def medians(repeats: Sequence[Sequence[float]]) -> list[float]:
    """(R, steps) -> (steps,)"""
    return np.median(np.array(repeats), axis=0).round(7).tolist()


# ---------------------------------------------------------------- with and without

LONGEST = {
    ("far_clipped", 1): 1000,
    ("far_clipped", 8): 512,
    ("far_clipped", 64): 512,
    ("rope", 1): 512,
    ("rope", 64): 512,
}
GIVEN, EVERY = 4, 16
"""Tokens of the prompt 7*8=, and every how many lengths are timed without a cache: all would take
minutes, and the curve has no corners."""


def time_cells() -> list[Cell]:
    return [
        {"part": "time", "model": model, "batch": batch, "cached": cached}
        for model, batch in LONGEST
        for cached in (True, False)
    ]


def measure_time(cell: Cell, longest: int = 1000, repeats: int = REPEATS) -> dict[str, Any]:
    """Seconds of the step that writes one token behind `lengths[i]`.

    Without a cache that step reads all of them, so it is also the prefill of a text so long.
    """
    torch.set_num_threads(THREADS)
    model, batch = model_called(cell["model"]), cell["batch"]
    longest = min(longest, LONGEST[cell["model"], batch])
    text = written_by(model, longest).repeat(batch, 1)
    if cell["cached"]:
        every, given, n_new = 1, text[:, :GIVEN], longest - GIVEN
        seconds = [seconds_with_cache(model, given, n_new).tolist() for _ in range(repeats)]
    else:
        every = EVERY
        read = [text[:, :n] for n in range(GIVEN, longest, every)]
        seconds = [[seconds_without(model, part) for part in read] for _ in range(repeats)]
    lengths = list(range(GIVEN, longest, every))
    return {"lengths": lengths, "every": every, "seconds": medians(seconds), **timed(repeats)}


def written_by(model: GPT, length: int) -> Tensor:
    """The problem 7 x 8 and whatever the model writes behind its end, (1, length)."""
    text = torch.from_numpy(Format("cot_reversed", 1, 1).prompt(7, 8)).long()
    steps = generate(model, text, max_new=length - GIVEN, stop=None)
    return torch.cat([text, *(torch.from_numpy(step.ids)[:, None] for step in steps)], dim=1)


# ---------------------------------------------------------------- the machine


def machine_cells() -> list[Cell]:
    return [{"part": "machine"}]


def measure_machine(_: Cell, turns: int = 20) -> dict[str, Any]:
    """The most that was reached of operations and of bytes a second, far from the core and near.

    A product of two matrices of 1024 x 1024; the sum of 268 MB, and of as many as our weights.
    """
    torch.set_num_threads(THREADS)
    pieces = list(machine(turns, far=2**26, near=parameters_of(FULL_SIZE)))
    far, near = roof(pieces, "far"), roof(pieces, "near")
    return {
        "flops_per_second": round(far.operations_per_second),
        "bytes_per_second": round(far.bytes_per_second),
        "bytes_per_second_near": round(near.bytes_per_second),
        **timed(turns),
    }


# ---------------------------------------------------------------- beside transformers

RIVAL = replace(
    FULL_SIZE,
    position=RotaryPositionsConfig(10_000.0),
    ffn=DenseFFNConfig(d_ff=1024, activation="swiglu"),
)
"""Our network with the parts of Llama, so that both compute the same numbers."""

RIVAL_GIVEN, RIVAL_LENGTH = 22, 340


def rival_cells() -> list[Cell]:
    return [{"part": "rival", "batch": batch} for batch in (1, 64)]


def measure_rival(cell: Cell, length: int = RIVAL_LENGTH, repeats: int = REPEATS) -> dict[str, Any]:
    """Seconds of greedy decoding with a cache, ours and that of transformers, taking turns.

    Theirs with each of its two kernels; the weights are the same, drawn by a seed. Needs the extra
    `parity`.
    """
    torch.set_num_threads(THREADS)
    ours, theirs = with_random_weights(RIVAL), {x: as_llama(RIVAL, x) for x in ("sdpa", "eager")}
    for model in theirs.values():
        model.load_state_dict({llama_name(name): p for name, p in ours.state_dict().items()})
    generator = torch.Generator().manual_seed(0)
    prompt = torch.randint(10, (cell["batch"], RIVAL_GIVEN), generator=generator)
    texts, seconds = dict[str, Tensor](), {name: list[float]() for name in ("ours", *theirs)}
    for _ in range(repeats):
        for name in seconds:
            began = time.perf_counter()
            if name == "ours":
                texts[name] = write_ours(ours, prompt, length)
            else:
                texts[name] = write_theirs(theirs[name], prompt, length)
            seconds[name].append(time.perf_counter() - began)
    return {
        "given": RIVAL_GIVEN,
        "length": length,
        "seconds": {name: round(float(np.median(s)), 4) for name, s in seconds.items()},
        "differing": {x: int((texts[x] != texts["ours"]).any(1).sum()) for x in theirs},
        "transformers": version("transformers"),
        **timed(repeats),
        **Sample("generator", "prompts of random digits", cell["batch"], 0).document(),
    }


def write_ours(model: GPT, prompt: Tensor, length: int) -> Tensor:
    steps = generate(model, prompt, max_new=length - prompt.shape[1], stop=None)
    return torch.stack([torch.from_numpy(step.ids) for step in steps], dim=1)


def write_theirs(model: Any, prompt: Tensor, length: int) -> Tensor:
    n_new = length - prompt.shape[1]
    with torch.inference_mode():
        text = model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            min_new_tokens=n_new,
            max_new_tokens=n_new,
            do_sample=False,
            use_cache=True,
            eos_token_id=None,
            pad_token_id=0,
        )
    return text[:, prompt.shape[1] :]


def with_random_weights(config: GPTConfig) -> GPT:
    """Every matrix drawn at random: fresh networks write zeros."""
    generator = torch.Generator().manual_seed(0)
    model = GPT(config, generator).eval().requires_grad_(False)
    for parameter in model.parameters():
        if parameter.ndim == 2:
            parameter.normal_(std=parameter.shape[1] ** -0.5, generator=generator)
    return model


def as_llama(config: GPTConfig, kernel: str) -> Any:
    """A `LlamaForCausalLM` of the same sizes; `ValueError` without transformers."""
    try:
        transformers: Any = import_module("transformers")
    except ImportError:
        raise ValueError("transformers is not installed: pip install -e '.[parity]'") from None
    attention, position, ffn = config.heads, config.position, config.ffn
    assert isinstance(position, RotaryPositionsConfig) and isinstance(ffn, DenseFFNConfig)
    sizes: dict[str, Any] = {
        "vocab_size": config.vocab_size,
        "hidden_size": config.d_model,
        "intermediate_size": ffn.width,
        "num_hidden_layers": config.n_layer,
        "num_attention_heads": attention.n_head,
        "num_key_value_heads": attention.n_head,
        "head_dim": attention.head_dim,
        "rms_norm_eps": config.norm_eps,
        "rope_parameters": {"rope_type": "default", "rope_theta": position.base},
        "tie_word_embeddings": False,
        "attn_implementation": kernel,
    }
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**sizes)).eval()


LLAMA_NAMES = {
    "embed.weight": "model.embed_tokens.weight",
    "final_norm.gain": "model.norm.weight",
    "unembed.weight": "lm_head.weight",
    "attention.wq.weight": "self_attn.q_proj.weight",
    "attention.wk.weight": "self_attn.k_proj.weight",
    "attention.wv.weight": "self_attn.v_proj.weight",
    "attention.wo.weight": "self_attn.o_proj.weight",
    "attn_norm.gain": "input_layernorm.weight",
    "ffn_norm.gain": "post_attention_layernorm.weight",
    "ffn.w_in.weight": "mlp.up_proj.weight",
    "ffn.w_gate.weight": "mlp.gate_proj.weight",
    "ffn.w_out.weight": "mlp.down_proj.weight",
}


def llama_name(name: str) -> str:
    """What transformers calls one of our parameters."""
    if not name.startswith("blocks."):
        return LLAMA_NAMES[name]
    _, layer, rest = name.split(".", 2)
    return f"model.layers.{layer}.{LLAMA_NAMES[rest]}"


# ---------------------------------------------------------------- bytes

DTYPES = {"float32": torch.float32, "float16": torch.float16}
MEMORY_LENGTH = 340


def memory_cells() -> list[Cell]:
    return [
        {"part": "memory", "key_heads": heads, "dtype": dtype, "batch": batch}
        for heads in (4, 2, 1)
        for dtype in DTYPES
        for batch in (1, 8)
    ]


def measure_memory(cell: Cell, length: int = MEMORY_LENGTH, turns: int = 20) -> dict[str, Any]:
    """Bytes that a cache holds after a text, and the median seconds of a step behind it."""
    torch.set_num_threads(THREADS)
    attention = GroupedQueryAttentionConfig(4, 64, n_kv_head=cell["key_heads"])
    model = with_random_weights(
        replace(FULL_SIZE, position=RotaryPositionsConfig(), attention=attention)
    )
    cache = KVCache(length + turns, DTYPES[cell["dtype"]])
    text = torch.zeros(cell["batch"], length, dtype=torch.long)
    seconds: list[float] = []
    with torch.inference_mode():
        model(text, cache=cache)
        held = cache.bytes_held
        for _ in range(turns):
            began = time.perf_counter()
            model(text[:, :1], cache=cache)
            seconds.append(time.perf_counter() - began)
    return {
        "length": length,
        "bytes": held,
        "bytes_moved": forward_bytes(model.config, length, batch=cell["batch"]),
        "seconds": round(float(np.median(seconds)), 6),
        "parameters": parameters_of(model.config),
        **timed(turns),
    }
