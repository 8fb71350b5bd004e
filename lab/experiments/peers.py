"""Our model beside others of equal size: training, decoding, memory, and what the machine allows.

The peers are GPT-2's network written out as usual (`nano_gpt.py`), and of transformers (the extra
`bench`) `GPT2LMHeadModel` and `LlamaForCausalLM`. All have our layers, numbers a token, heads and
vocabulary, and 4.7 million parameters, within 2% of ours; Llama's has no table of positions, and
neurons enough for its three matrices to weigh what two do elsewhere.
litgpt is no peer: its release 0.5.13 wants huggingface_hub below 1.4, transformers 5.24 at least
1.31.

All arms train by one loop (loss over all tokens, gradient clipped to 1, one step of the optimiser)
on the same tokens. The peers step by torch's AdamW in its fused form, the fastest that torch has on
a processor, ours by `lab.training.optim`. Every peer attends through torch's fused kernel, ours
through the one that its recipe trains with, which forms scores and pattern. `torch.compile` takes
our forward in two, where positions are compared with the size of their table.

Arms take turns, so that whatever else the machine does falls on all of them, and ratios are taken
within a turn. Seconds are those of this machine with one thread; nothing else may run meanwhile.

Shapes: `B` texts side by side, `T` tokens of each, `V` vocabulary.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing.connection import Connection
from shutil import which
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lab.data.samples import Sample
from lab.experiments.attention_kernel_costs import peak_bytes, told_by_another
from lab.experiments.decoding_speed import as_llama, write_ours, write_theirs
from lab.experiments.nano_gpt import NanoGPT, write_on
from lab.experiments.sweep import Cell, Figures
from lab.measure.phases import Piece, Roof, Work, decode, roof
from lab.measure.profiled import shares_of
from lab.measure.stopwatch import machine, products, timed
from lab.model.config import (
    DenseFFNConfig,
    GPTConfig,
    LearnedPositionsConfig,
    RotaryPositionsConfig,
)
from lab.model.cost import kept_numbers, matrix_bytes, parameters_of, training_flops
from lab.model.gpt import GPT
from lab.recipes.chain_of_thought import FULL_SIZE, chain_of_thought
from lab.statistics import spread
from lab.training.optim import build_optimiser
from lab.training.recipe import OptimiserName

THREADS, REPEATS = 1, 5
LONGEST = 256
"""Positions that a learned table holds: as many as the longest text that is timed."""

OURS = replace(FULL_SIZE, position=LearnedPositionsConfig(max_length=LONGEST))
TRAINED_ON = {64: 64, 256: 16}
"""Tokens of a text, and texts of a batch: 4,096 tokens either way."""

PRECISIONS, MODES, BATCHES = ("fp32", "bf16"), ("eager", "compiled"), (1, 64)
GIVEN, WRITTEN = 32, 64
"""Tokens of a prompt, and those that are written behind it."""

RATE, DECAY, CLIP = 1e-3, 0.1, 1.0
INSTALL = "transformers is not installed, so its peers are left out: pip install -e '.[bench]'"

# ---------------------------------------------------------------- the arms


@dataclass(frozen=True)
class Arm:
    """How one of those that are compared is built from our configuration, read, and let write."""

    build: Callable[[GPTConfig], nn.Module]
    logits: Callable[[Any, Tensor], Tensor]  # (B, T) -> (B, T, V)
    write: Callable[[Any, Tensor, int], Tensor]  # (B, T), n -> (B, n)
    optimiser: OptimiserName | None = None
    needs: str = ""

    def is_here(self) -> bool:
        return not self.needs or find_spec(self.needs) is not None


def ours_of(config: GPTConfig) -> GPT:
    return GPT(config, torch.Generator().manual_seed(0))


def nano_gpt_of(config: GPTConfig) -> NanoGPT:
    return NanoGPT(config, longest_of(config))


def gpt2_of(config: GPTConfig) -> nn.Module:
    """Tied and with biases, as it is by default; nothing is dropped."""
    their: Any = import_module("transformers")
    return their.GPT2LMHeadModel(
        their.GPT2Config(
            vocab_size=config.vocab_size,
            n_positions=longest_of(config),
            n_embd=config.d_model,
            n_layer=config.n_layer,
            n_head=config.heads.n_head,
            n_inner=d_ff_of(config),
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=None,
            eos_token_id=None,
            attn_implementation="sdpa",
        )
    )


def llama_of(config: GPTConfig) -> nn.Module:
    """SwiGLU, of neurons a multiple of 16, which vectors of a processor divide; rotary."""
    neurons = -(-(2 * d_ff_of(config) // 3) // 16) * 16
    ffn = DenseFFNConfig(d_ff=3 * neurons // 2, activation="swiglu")
    return as_llama(replace(config, position=RotaryPositionsConfig(10_000.0), ffn=ffn), "sdpa")


def longest_of(config: GPTConfig) -> int:
    return cast(LearnedPositionsConfig, config.position).max_length


def d_ff_of(config: GPTConfig) -> int:
    return cast(DenseFFNConfig, config.layers[0].ffn).d_ff


def called(model: Any, tokens: Tensor) -> Tensor:
    return model(tokens)


def their_logits(model: Any, tokens: Tensor) -> Tensor:
    return model(input_ids=tokens, use_cache=False).logits


def ours_writes(model: GPT, prompt: Tensor, n_new: int) -> Tensor:
    return write_ours(model, prompt, prompt.shape[1] + n_new)


def theirs_writes(model: Any, prompt: Tensor, n_new: int) -> Tensor:
    return write_theirs(model, prompt, prompt.shape[1] + n_new)


ARMS: dict[str, Arm] = {
    "nano_gpt": Arm(nano_gpt_of, called, write_on),
    "gpt2": Arm(gpt2_of, their_logits, theirs_writes, needs="transformers"),
    "llama": Arm(llama_of, their_logits, theirs_writes, needs="transformers"),
    "ours_adamw": Arm(ours_of, called, ours_writes, "adamw"),
    "ours_muon": Arm(ours_of, called, ours_writes, "muon"),
}
TRAINING = tuple(ARMS)
DECODING = {"nano_gpt": "nano_gpt", "gpt2": "gpt2", "llama": "llama", "ours": "ours_adamw"}
"""Who writes, and the arm whose network it is: by what it was trained makes no difference."""

BESIDE = {"training": "nano_gpt", "decoding": "gpt2"}
"""Beside which arm the others are set."""


def built(arm: str, config: GPTConfig) -> nn.Module:
    return ARMS[arm].build(config)


def parameters_in(arms: Sequence[str], config: GPTConfig) -> Figures:
    """Of each arm, and by what share of ours it differs."""
    ours = parameters_of(config)
    counts = {arm: sum(p.numel() for p in built(arm, config).parameters()) for arm in arms}
    return {
        "parameters": counts,
        "differ_from_ours": {arm: round(n / ours - 1, 4) for arm, n in counts.items()},
    }


def here(arms: Sequence[str], *, all_of: bool) -> list[str]:
    """The arms that can run. `ValueError` if that must be `all_of` them and a package is missing: a
    record without a peer would never be measured again."""
    found = [arm for arm in arms if ARMS[arm].is_here()]
    if all_of and len(found) < len(arms):
        raise ValueError(INSTALL)
    return found


# ---------------------------------------------------------------- a step of training


class Racer:
    """An arm that trains: its network, its optimiser, in one precision, compiled or not."""

    def __init__(self, arm: str, config: GPTConfig, precision: str, mode: str = "eager") -> None:
        self.arm, self.config, self.precision = ARMS[arm], config, precision
        self.model = built(arm, config).train()
        forward: Any = self.model
        self.forward = torch.compile(forward, dynamic=False) if mode == "compiled" else forward

    @cached_property
    def step_of_optimiser(self) -> Callable[[], object]:
        """Weight decay on matrices alone; the rate stays where it is."""
        if self.arm.optimiser is not None:
            plan = replace(chain_of_thought(), model=self.config, optimiser=self.arm.optimiser)
            ours = build_optimiser(plan, cast(GPT, self.model))
            return lambda: ours.step(1.0)
        parameters = list(self.model.parameters())
        groups = [
            {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": DECAY},
            {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
        ]
        theirs = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.95), fused=True)
        return theirs.step

    def gradient(self, tokens: Tensor) -> float:
        """Of the mean loss over all that is to be predicted in (B, T + 1); that loss, in nats."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bf16"):
            logits = self.arm.logits(self.forward, tokens[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten())
        loss.backward()
        return loss.item()

    def update(self) -> None:
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.step_of_optimiser()
        self.model.zero_grad(set_to_none=True)

    def step(self, tokens: Tensor) -> float:
        loss = self.gradient(tokens)
        self.update()
        return loss


def some_tokens(batch: int, n: int, config: GPTConfig, turn: int = 0) -> Tensor:
    """Random ones, (B, n), others each turn."""
    generator = torch.Generator().manual_seed(turn)
    return torch.randint(config.vocab_size, (batch, n), generator=generator)


# ---------------------------------------------------------------- what is measured


def peers_cells() -> list[Cell]:
    training = [
        {"part": "training", "precision": precision, "mode": mode, "tokens": n, "batch": batch}
        for precision in PRECISIONS
        for mode in MODES
        for n, batch in TRAINED_ON.items()
    ]
    decoding = [{"part": "decoding", "batch": batch} for batch in BATCHES]
    return [*training, *decoding, {"part": "memory"}, {"part": "ceilings"}]


def measure_peers(
    cell: Cell, config: GPTConfig = OURS, repeats: int = REPEATS, *, all_of: bool = True
) -> Figures:
    """One comparison of all arms, or of those that are here unless it must be `all_of` them.

    `left_out` says why nothing was measured, where a processor or a compiler lacks something.
    """
    torch.set_num_threads(THREADS)
    if why := why_left_out(cell):
        found: Figures = {"left_out": why}
    else:
        match cell["part"]:
            case "training":
                found = training(cell, config, repeats, here(TRAINING, all_of=all_of))
            case "decoding":
                found = decoding(cell, config, repeats, here([*DECODING.values()], all_of=all_of))
            case "memory":
                found = memory(config, here(TRAINING, all_of=all_of))
            case _:
                found = ceilings(config, repeats)
    sample = Sample("generator", "texts of random tokens", int(cell.get("batch", 64)), 0)
    said = {"threads": THREADS, "repeats": repeats, "seeds": [0], **sample.document()}
    return {**found, "versions": versions(), **said}


def why_left_out(cell: Cell) -> str:
    """Nothing, where this machine can measure the cell."""
    if cell.get("precision") == "bf16" and not has_bf16():
        return "this processor has no bf16 instructions, and would emulate them"
    if cell.get("mode") == "compiled" and which("c++") is None and which("g++") is None:
        return "torch.compile needs a C++ compiler, and none is here"
    return ""


def has_bf16() -> bool:
    return bool(torch.cpu._is_avx512_bf16_supported())  # pyright: ignore


def versions() -> dict[str, str]:
    known = {"python": platform.python_version(), "torch": torch.__version__}
    there = find_spec("transformers") is not None
    return known | ({"transformers": version("transformers")} if there else {})


def training(cell: Cell, config: GPTConfig, repeats: int, arms: Sequence[str]) -> Figures:
    """Tokens a second of whole steps: forward, backward, clipping, optimiser."""
    batch, n = cell["batch"], cell["tokens"]
    racers = {arm: Racer(arm, config, cell["precision"], cell["mode"]) for arm in arms}
    # What is set up at the first step is left out; torch.compile may look again at the second.
    warm = 1 if cell["mode"] == "eager" else 2
    seconds: dict[str, list[float]] = {arm: [] for arm in arms}
    for turn in range(warm + repeats):
        tokens = some_tokens(batch, n + 1, config, turn)
        for arm, racer in racers.items():
            took, _ = timed(lambda racer=racer, tokens=tokens: racer.step(tokens))
            if turn >= warm:
                seconds[arm].append(took)
    return {**compared(seconds, batch * n, BESIDE["training"]), **parameters_in(arms, config)}


def decoding(cell: Cell, config: GPTConfig, repeats: int, arms: Sequence[str]) -> Figures:
    """Tokens a second of greedy writing behind a prompt, its prefill among them, in fp32; every arm
    with a KV cache of its own kind."""
    names = {name: arm for name, arm in DECODING.items() if arm in arms}
    models = {n: built(arm, config).eval().requires_grad_(False) for n, arm in names.items()}
    seconds: dict[str, list[float]] = {name: [] for name in names}
    prompt = some_tokens(cell["batch"], GIVEN, config)
    for turn in range(1 + repeats):
        for name, arm in names.items():
            write = ARMS[arm].write
            took, _ = timed(lambda w=write, m=models[name]: w(m, prompt, WRITTEN))
            if turn:
                seconds[name].append(took)
    beside = BESIDE["decoding"] if BESIDE["decoding"] in seconds else "nano_gpt"
    return {"given": GIVEN, **compared(seconds, cell["batch"] * WRITTEN, beside)}


def compared(seconds: Mapping[str, Sequence[float]], tokens: int, beside: str) -> Figures:
    """The median of tokens a second, and of the ratios within each turn; these from lowest to
    highest. More than 1 is faster than `beside`."""
    ratios = {
        arm: spread(theirs / own for own, theirs in zip(some, seconds[beside], strict=True))
        for arm, some in seconds.items()
    }
    return {
        "tokens": tokens,
        "seconds": {arm: [round(s, 5) for s in some] for arm, some in seconds.items()},
        "tokens_per_second": {arm: round(tokens / spread(s).median) for arm, s in seconds.items()},
        "beside": beside,
        "ratio": {
            arm: {name: round(x, 3) for name, x in ratio._asdict().items()}
            for arm, ratio in ratios.items()
        },
    }


# ---------------------------------------------------------------- memory


def memory(config: GPTConfig, arms: Sequence[str]) -> Figures:
    """By how many bytes a process grows at most: from before the network is built to after two
    steps of training in fp32 on 16 texts of 256 tokens, and to after 64 texts were written."""
    n, told = max(TRAINED_ON), told_by_another
    batch = TRAINED_ON[n]
    return {
        "training_bytes": {arm: told(tell_training, arm, config, batch, n) for arm in arms},
        "decoding_bytes": {
            name: told(tell_decoding, arm, config, max(BATCHES), GIVEN, WRITTEN)
            for name, arm in DECODING.items()
            if arm in arms
        },
        **parameters_in(arms, config),
    }


def tell_training(to: Connection, arm: str, config: GPTConfig, batch: int, n: int) -> None:
    def trains(of: GPTConfig, texts: int) -> None:
        racer = Racer(arm, of, "fp32")
        for turn in range(2):
            racer.step(some_tokens(texts, n + 1, of, turn))

    torch.set_num_threads(THREADS)
    trains(replace(config, n_layer=1), 1)  # what torch sets up once, and packages load
    to.send(peak_bytes(lambda: trains(config, batch)))


def tell_decoding(
    to: Connection, arm: str, config: GPTConfig, batch: int, given: int, n_new: int
) -> None:
    def writes(of: GPTConfig, texts: int) -> None:
        model = built(arm, of).eval().requires_grad_(False)
        ARMS[arm].write(model, some_tokens(texts, given, of), n_new)

    torch.set_num_threads(THREADS)
    writes(replace(config, n_layer=1), 1)
    to.send(peak_bytes(lambda: writes(config, batch)))


# ---------------------------------------------------------------- what the machine allows


TURNS, FAR = 20, 2**26
"""How often a product and a sum are timed, and numbers enough to lie in memory."""


def ceilings(config: GPTConfig, repeats: int) -> Figures:
    """How much of the machine our training and decoding use, and what costs them the most.

    The ceilings are those of page 40, with one thread: the product of two matrices of 1024 x 1024,
    the sum of 268 MB, and of as many numbers as our weights, which lie near the core.
    """
    pieces = list(machine(TURNS, far=FAR, near=parameters_of(config)))
    roofs = {"fp32": roof(pieces, "far"), "fp32_near": roof(pieces, "near")}
    if has_bf16():
        halves = [*products(TURNS, torch.bfloat16), *(p for p in pieces if p.what != "product")]
        roofs["bf16"] = roof(halves, "far")
    found: Figures = {
        "operations_per_second": {
            name: round(r.operations_per_second) for name, r in roofs.items() if "_" not in name
        },
        "bytes_per_second": {
            "far": round(roofs["fp32"].bytes_per_second),
            "near": round(roofs["fp32_near"].bytes_per_second),
        },
        "ridge": round(roofs["fp32"].ridge, 1),
    }
    n, batch = next(iter(TRAINED_ON.items()))
    for precision in PRECISIONS:
        if precision in roofs:
            top = roofs[precision]
            found[f"training_{precision}"] = of_training(config, precision, n, batch, repeats, top)
    for batch in BATCHES:
        # Our weights, 19 MB, may lie in the processor's caches: both roofs are told.
        of = of_decoding(config, batch, repeats, roofs["fp32_near"])
        far_share = of["bytes_per_second"] / roofs["fp32"].bytes_per_second
        found[f"decoding_{batch}"] = {**of, "share_of_far_bytes": round(far_share, 3)}
    return found


def training_work(config: GPTConfig, batch: int, n: int) -> Work:
    """Of one step. Its bytes, at least: all matrices three times (forward, and twice backward), the
    numbers that the forward keeps, written and read, and in the optimiser weight and two means,
    read and written, with the gradient written and read."""
    bytes_of_weights = 3 * matrix_bytes(config, 4) + 8 * 4 * parameters_of(config)
    kept = 2 * 4 * batch * kept_numbers(config, n)
    return Work(training_flops(config, batch, n), bytes_of_weights + kept)


def of_training(
    config: GPTConfig, precision: str, n: int, batch: int, repeats: int, top: Roof
) -> Figures:
    """Our step with Muon, as the book trains: its share of both ceilings, and where it goes."""
    racer, tokens = Racer("ours_muon", config, precision), some_tokens(batch, n + 1, config)
    racer.step(tokens)
    gradients, updates = list[float](), list[float]()
    for _ in range(repeats):
        gradients.append(timed(lambda: racer.gradient(tokens))[0])
        updates.append(timed(racer.update)[0])
    gradient, update = spread(gradients).median, spread(updates).median
    spent = shares_of(lambda: racer.gradient(tokens))
    racer.update()
    seconds = gradient + update
    where: dict[str, float] = {kind: x * gradient / seconds for kind, x in spent.items()}
    piece = Piece("prefill", training_work(config, batch, n), seconds, batch, n)
    return {
        "batch": batch,
        "tokens": n,
        **under(piece, top, {**where, "optimiser": update / seconds}),
    }


def of_decoding(config: GPTConfig, batch: int, repeats: int, top: Roof) -> Figures:
    """Our steps of writing, all but the prefill: the work of the middle one, and its seconds."""
    model = built("ours_muon", config).eval().requires_grad_(False)
    prompt = some_tokens(batch, GIVEN, config)

    def write() -> Tensor:
        return ours_writes(cast(GPT, model), prompt, WRITTEN)

    def read() -> Tensor:
        return ours_writes(cast(GPT, model), prompt, 1)

    write()
    taken = [(timed(write)[0], timed(read)[0]) for _ in range(repeats)]
    # A step more than the prefill, so many times.
    seconds = spread((whole - first) / (WRITTEN - 1) for whole, first in taken).median
    work = decode(config, GIVEN + WRITTEN // 2, batch)
    return {
        "batch": batch,
        "tokens": WRITTEN,
        **under(Piece("decode", work, seconds, batch), top, shares_of(write)),
    }


def under(piece: Piece, top: Roof, where: Mapping[Any, float]) -> Figures:
    """A step under the roof: its shares of both ceilings, and the next bottleneck.

    That is the kind that costs the most beyond what no program can do without: of the products, and
    of the fused kernel, what is past the seconds that the roof asks for.
    """
    least = piece.work.operations / top.at(piece.work.intensity) / piece.seconds
    lost = dict(where)
    for kind in ("products", "attention"):
        least_of_kind = min(least, lost.get(kind, 0.0))
        lost[kind] = lost.get(kind, 0.0) - least_of_kind
        least -= least_of_kind
    return {
        "seconds": round(piece.seconds, 6),
        "operations_per_second": round(piece.operations_per_second),
        "bytes_per_second": round(piece.bytes_per_second),
        "share_of_operations": round(piece.operations_per_second / top.operations_per_second, 3),
        "share_of_bytes": round(piece.bytes_per_second / top.bytes_per_second, 3),
        "where": {kind: round(share, 3) for kind, share in where.items()},
        "beyond_the_roof": {kind: round(share, 3) for kind, share in lost.items()},
        "next_bottleneck": max(lost, key=lambda kind: lost[kind]),
    }
