"""What the networks of chapter 6, first page, keep and write, for readers that ask the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.computed_ahead import ahead
from components.ui.lazily import lazily
from components.ui.loaded_models import loaded_run
from lab.data.problems import BOUNDS, Format, sample_exact
from lab.data.vocabulary import decode, encode
from lab.model.config import AbsorbedLatentAttentionConfig, GPTConfig, LatentAttentionConfig

brackets = lazily("lab.interp.brackets")
gpt = lazily("lab.model.gpt")
positions = lazily("lab.model.positions")
squeezing = lazily("lab.experiments.squeezed")
evaluate = lazily("lab.inference.scoring")
forward = lazily("lab.inference.forward")
latents = lazily("lab.interp.latents")
transcripts = lazily("lab.inference.transcript")

RUN, LONG_RUN, HEADS_RUN = "mla_moe_before", "mla_moe", "far_coupled"
"""The network with latents, the same after it went on with longer sums, its distances limited, and
one of the same width that keeps keys and values."""

SQUEEZED_DIGITS, MOST_DIGITS = 4, 10
"""Of a sum that is squeezed, and of a long one that a reader types."""
RANKS = (64, 48, 32, 24, 20, 18, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 4, 2)
"""Directions that a squeezed network keeps in every layer."""

BASE = 10.0
"""Of the speeds by which a key made from latents is rotated where no network does so."""

N_ASKED, AT_ONCE = 50, 10
"""Sums that are asked when directions are shared out, and how many a forward: what it forms of
these still lies in the processor's cache, which saves a third of the time."""

Numbers = NDArray[np.float64]
LAYER = 2
"""Whose cache is shown. In layer 0 what is kept of a token depends on the token alone."""


def form_of(a: int, b: int) -> Format:
    """How a sum is written without zeros in front."""
    return Format("cot_reversed", len(str(a)), len(str(b)))


# ---------------------------------------------------------------- where the bracket stands

BRACKET = (37, 48)
AT = 17
"""The token that is read last: the next one is the last digit of the answer."""

HEAD, OWN_HEAD = 3, 3
"""Whose query is shown, of the network with latents and of the other one."""

ALIKE = (2, 1, 1, 0)
"""Layer and head with latents, layer and head with keys of its own: of those that look at more than
one token, the two that differ least on this text. A test looks for them anew."""

BACK = (1, 2, 3, 4)
"""Tokens back, for which the matrix is shown as a rotation would make it."""


def absorbing(config: GPTConfig) -> AbsorbedLatentAttentionConfig:
    """The attention of a network with latents."""
    own = config.attention
    assert isinstance(own, AbsorbedLatentAttentionConfig)
    return own


@dataclass(frozen=True)
class Bracketed:
    """What the drawing of the bracket shows, by the names of its maps; the matrix rotated by the
    distances of `BACK`; and how far the scores of both brackets differ."""

    maps: dict[str, Numbers]
    wheel: list[Numbers]
    difference: float


@ahead
def bracketed(a: int, b: int, layer: int, head: int, own_head: int) -> Bracketed:
    """Of the token at `AT`, in both networks, in float64."""
    text, model = form_of(a, b).text(a, b), loaded_run(RUN).model
    n_head = absorbing(model.config).n_head
    heads = [brackets.brackets(model, text, layer, h, AT) for h in range(n_head)]
    found = heads[head]
    own = forward.run_with_trace(
        loaded_run(HEADS_RUN).model, text, ["rot_q", "rot_k", "v", "scores"]
    )

    def of(name: str) -> Any:
        return own[f"blocks.{layer}.{name}"][0].double().numpy()

    def side_by_side(heads: Any) -> Any:
        return np.concatenate([*heads[:, : AT + 1]], axis=1)

    turn = positions.RotaryPositions(positions.frequencies(len(found.q), BASE)[None])
    maps: dict[str, Any] = {
        "own_q": of("rot_q")[own_head, AT : AT + 1],
        "own_keys": side_by_side(of("rot_k")),
        "own_values": side_by_side(of("v")),
        "own_scores": of("scores")[own_head, AT, : AT + 1, None],
        "q": found.q[None],
        "w": found.w,
        "c": found.c,
        "keys": np.concatenate([one.keys for one in heads], axis=1),
        "absorbed": found.absorbed[None],
        "rotated_q": found.q_rope[None],
        "turned": found.k_rope,
        "content": found.by_latents[:, None],
        "scores": found.scores[:, None],
    }
    return Bracketed(
        {name: numbers.astype(np.float32) for name, numbers in maps.items()},
        [one.astype(np.float32) for one in brackets.rotated_between(found.w, [*BACK], turn)],
        max(float(abs(one.by_keys - one.by_latents).max()) for one in heads),
    )


@ahead
def patterns(a: int, b: int, layer: int, head: int, own_layer: int, own_head: int) -> list[Any]:
    """Where one head looks, (T, T), in the network with latents and in the other one."""
    text = form_of(a, b).text(a, b)
    return [
        forward.run_with_trace(loaded_run(run).model, text, ["pattern"])[f"blocks.{at}.pattern"][
            0, h
        ].numpy()
        for run, at, h in ((RUN, layer, head), (HEADS_RUN, own_layer, own_head))
    ]


@ahead
def nearest_heads(a: int, b: int, moving: bool = False) -> list[tuple[float, int, int, int, int]]:
    """Of each head with latents the head of the other network whose pattern is nearest, over the
    tokens that are written: (share of the weight on other tokens, layer, head, layer, head). Of all
    heads, or of those that are `moving`: no token has half of their weight."""
    form = form_of(a, b)
    text, writes = form.text(a, b), slice(form.prompt_length - 1, -1)

    def heads(run: str) -> dict[tuple[int, int], Any]:
        model = loaded_run(run).model
        trace = forward.run_with_trace(model, text, ["pattern"])
        return {
            (layer, h): one[writes]
            for layer in range(model.config.n_layer)
            for h, one in enumerate(trace[f"blocks.{layer}.pattern"][0].double().numpy())
            if not moving or one[writes].mean(0).max() < 0.5
        }

    own = heads(HEADS_RUN)
    return [
        min((float(abs(x - y).sum(-1).mean() / 2), *place, *other) for other, y in own.items())
        for place, x in heads(RUN).items()
    ]


@ahead
def largest_difference(a: int, b: int) -> float:
    """Between the logits of the two forms of latent attention, on the whole text of a problem."""
    text = form_of(a, b).text(a, b)
    model = loaded_run(RUN).model
    keeping = LatentAttentionConfig(**vars(absorbing(model.config)))
    kept = gpt.rebuilt(model, replace(model.config, attention=keeping))
    one, other = (forward.logits_of(m, text) for m in (model, kept))
    return float((one - other).abs().max())


# ---------------------------------------------------------------- squeezed


@lru_cache(maxsize=1)
def directions() -> list[Any]:
    """Of the latents of every layer, on validation problems of four digits."""
    return squeezing.directions_of(loaded_run(RUN).model)


@ahead
@lru_cache(maxsize=64)
def squeezed(a: int, b: int) -> dict[int, str]:
    """The network's own text of a sum by the directions that latents keep in every layer."""
    form = form_of(a, b)
    prompt = encode(form.text(a, b)[: form.prompt_length])
    edits = [latents.squeeze(i, found, RANKS) for i, found in enumerate(directions())]
    given = np.repeat(prompt[None], len(RANKS), axis=0)
    texts = evaluate.go_on(loaded_run(RUN).model, given, form.length, edits)
    return {rank: decode(text) for rank, text in zip(RANKS, texts, strict=True)}


@ahead
def along_directions(a: int, b: int, place: int) -> Numbers:
    """The latent of one token in that layer, as so much of each direction: (R,)"""
    text = form_of(a, b).text(a, b)
    latent = forward.run_with_trace(loaded_run(RUN).model, text, ["c_kv"])[f"blocks.{LAYER}.c_kv"][
        0, place
    ]
    return (directions()[LAYER].axes.double() @ latent.double()).numpy()


@ahead
@lru_cache(maxsize=256)
def asked_with(ranks: tuple[int, ...]) -> tuple[int, int]:
    """Validation sums of four digits that go wrong with so many directions a layer: (errors, n)."""
    form = Format("cot_reversed", SQUEEZED_DIGITS, SQUEEZED_DIGITS)
    a, b = sample_exact(np.random.default_rng(2), N_ASKED, form.p, form.q, *BOUNDS["validation"])
    edits = [latents.squeeze(i, directions()[i], rank) for i, rank in enumerate(ranks)]
    model = loaded_run(RUN).model
    found = evaluate.last(
        evaluate.exactness(model, form, a, b, decode=False, batch=AT_ONCE, edits=edits)
    )
    return found.errors_strict, found.n


@ahead
@lru_cache(maxsize=64)
def write_problem(a: int, b: int) -> Any:
    """The text of a sum as the network writes it that went on with longer ones."""
    form = form_of(a, b)
    right = form.text(a, b)
    model, prompt = loaded_run(LONG_RUN).model, right[: form.prompt_length]
    return transcripts.transcribe(model, prompt, form.length, likely=right)
