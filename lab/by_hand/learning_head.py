"""One attention head that learns to fetch: from `37*48=` it is to say the tens digit of b.

Keys and queries have two numbers, so that they can be drawn. What a token is and where it stands
are two embeddings that are added; the head is three projections of the sum. It is trained by plain
gradient descent, with the gradients of autograd. To read one that is trained takes NumPy alone.

Shapes: `N` problems, `S` tokens seen, `C` numbers of an embedding; a query and a key have 2
numbers, a value has 10, one for each digit that may be said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.by_hand.attention import FORM, PLACES, Numbers
from lab.data.problems import Integers, all_pairs, two_digit_split
from lab.data.vocabulary import EQUALS, Tokens
from lab.records import RECORDS

B_TENS = PLACES.index("b, tens")
N_TOKEN, N_PLACE, N_EMBEDDING, N_KEY, N_DIGIT = EQUALS + 1, len(PLACES), 16, 2, 10
QUERY, KEY, VALUE = slice(0, 2), slice(2, 4), slice(4, 14)
"""Where they stand in what a token, or a position, adds to all three."""


@dataclass(frozen=True)
class Settings:
    """How a head is trained. `never`: a digit with which b begins in no training problem.

    A frame is kept after every so many steps.
    """

    seed: int = 0
    never: int | None = None
    steps: int = 160
    batch: int = 64
    rate: float = 0.3
    every: int = 4


@dataclass(frozen=True)
class Frame:
    """A head after a step: what each token (13, 14) and each position (6, 14) adds to query, key
    and value."""

    step: int
    tokens: Numbers
    places: Numbers

    def without(self, *, token: bool = False, place: bool = False) -> Frame:
        """The keys without what the token, or the position, adds to them."""
        tokens, places = self.tokens.copy(), self.places.copy()
        for part, goes in ((tokens, token), (places, place)):
            part[:, KEY] = 0.0 if goes else part[:, KEY]
        return Frame(self.step, tokens, places)


class Reading(NamedTuple):
    """What the last token makes of a text: query (N, 2), keys (N, S, 2), weights (N, S), and the
    probability of each digit (N, 10)."""

    query: Numbers
    keys: Numbers
    weights: Numbers
    p: Numbers

    @property
    def said(self) -> Integers:
        return self.p.argmax(axis=-1)


def read(
    frame: Frame, texts: Tokens, at: Sequence[int] | None = None, ablated: int | None = None
) -> Reading:
    """A head reads `texts` (N, S), whose tokens stand at the positions 0 to S - 1, or `at` others.

    The weight of an `ablated` token is zero, and the others share its part.
    """
    places = frame.places[np.arange(texts.shape[1]) if at is None else np.array(at)]
    h = frame.tokens[texts] + places  # (N, S, 14)
    q, k, v = h[:, -1, QUERY], h[..., KEY], h[..., VALUE]
    scores = (k @ q[..., None])[..., 0] / np.sqrt(N_KEY)
    if ablated is not None:
        scores[:, ablated] = -np.inf
    weights = softmax(scores)
    return Reading(q, k, weights, softmax((weights[:, None] @ v)[:, 0]))


def softmax(scores: Numbers) -> Numbers:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# ---------------------------------------------------------------- problems


class Problems(NamedTuple):
    """Prompts (N, 6) and the tens digit of b (N,)."""

    prompts: Tokens
    tens: Integers

    def where(self, chosen: NDArray[np.bool_]) -> Problems:
        return Problems(self.prompts[chosen], self.tens[chosen])


def split(never: int | None = None) -> tuple[Problems, Problems]:
    """Training problems, u < 0.30, none of which has a b that begins with `never`; and all that are
    held out."""
    a, b = all_pairs()
    every = Problems(FORM.prompt(a, b), b // 10)
    trained_on = two_digit_split().ravel() < 0.30
    return every.where(trained_on & (every.tens != never)), every.where(~trained_on)


def one_digit() -> Problems:
    """All 1,000 problems of one digit by two, a token shorter than those it trains on."""
    a, b = all_pairs()
    return Problems(FORM.prompt(a, b)[a < 10, 1:], (b // 10)[a < 10])


def errors(
    frame: Frame,
    problems: Problems,
    ablated: int | None = None,
    at: Sequence[int] | None = None,
) -> int:
    """How many problems the head says a wrong digit for."""
    return int((read(frame, problems.prompts, at, ablated).said != problems.tens).sum())


def loss(frame: Frame, problems: Problems, at: Sequence[int] | None = None) -> float:
    """Mean cross-entropy of the digit that is wanted, in nats."""
    p = read(frame, problems.prompts, at).p
    return float(-np.log(p[np.arange(len(p)), problems.tens]).mean())


# ---------------------------------------------------------------- training


def train(settings: Settings) -> Iterator[Frame]:
    """Plain gradient descent on problems drawn by seed; yields the head before it and as it goes.

    h = E[token] + P[position];  z = softmax(q k' / sqrt(2)) v with q = h W_Q of the last token,
    k = h W_K, v = h W_V;  loss = -ln softmax(z)[tens digit of b].
    """
    import torch

    dice = torch.Generator().manual_seed(settings.seed)

    def drawn(rows: int, columns: int, spread: float) -> torch.Tensor:
        return (spread * torch.randn(rows, columns, generator=dice)).requires_grad_()

    embedding, position = (drawn(n, N_EMBEDDING, 0.3) for n in (N_TOKEN, N_PLACE))
    w_q, w_k, w_v = (drawn(N_EMBEDDING, n, N_EMBEDDING**-0.5) for n in (N_KEY, N_KEY, N_DIGIT))
    weights = [embedding, position, w_q, w_k, w_v]
    problems, _ = split(settings.never)
    prompts, tens = (torch.from_numpy(x.astype(np.int64)) for x in problems)

    def frame(step: int) -> Frame:
        with torch.no_grad():
            w = torch.cat([w_q, w_k, w_v], dim=1)  # (C, 14)
            return Frame(step, *((x @ w).double().numpy() for x in (embedding, position)))

    yield frame(0)
    for step in range(1, settings.steps + 1):
        rows = torch.randint(len(tens), (settings.batch,), generator=dice)
        h = embedding[prompts[rows]] + position  # (N, S, C)
        q, k, v = h[:, -1:] @ w_q, h @ w_k, h @ w_v
        scores = q @ k.transpose(-2, -1) / N_KEY**0.5  # (N, 1, S)
        z = (scores.softmax(dim=-1) @ v)[:, 0]  # (N, 10)
        missed = torch.nn.functional.cross_entropy(z, tens[rows])
        with torch.no_grad():
            for w, slope in zip(weights, torch.autograd.grad(missed, weights), strict=True):
                w -= settings.rate * slope
        if step % settings.every == 0:
            yield frame(step)


# ---------------------------------------------------------------- a training, kept


class Film(NamedTuple):
    """A training from frame to frame: of each the wrong ones of `n` held-out problems, and their
    mean loss."""

    frames: Sequence[Frame]
    errors: Sequence[int]
    losses: Sequence[float]
    n: int

    def tried_on(self, problems: Problems, at: Sequence[int] | None) -> Film:
        """The same frames, but other problems counted, read at the positions `at`."""
        wrong = [errors(frame, problems, at=at) for frame in self.frames]
        losses = [loss(frame, problems, at) for frame in self.frames]
        return Film(self.frames, wrong, losses, len(problems.tens))


def film(settings: Settings) -> Film:
    _, held_out = split(settings.never)
    return Film(list(train(settings)), [], [], 0).tried_on(held_out, None)


def packed(film: Film) -> dict[str, NDArray[Any]]:
    """A film as arrays that a file may hold; half the bits are as many as a drawing needs."""
    return {
        "steps": np.array([frame.step for frame in film.frames]),
        "tokens": np.stack([frame.tokens for frame in film.frames]).astype(np.float16),
        "places": np.stack([frame.places for frame in film.frames]).astype(np.float16),
        "errors": np.array(film.errors),
        "losses": np.array(film.losses),
        "n": np.array(film.n),
    }


def unpacked(arrays: dict[str, NDArray[Any]]) -> Film:
    """`KeyError` if an array is missing."""
    tokens, places = (arrays[name].astype(np.float64) for name in ("tokens", "places"))
    frames = [
        Frame(int(step), *both) for step, *both in zip(arrays["steps"], tokens, places, strict=True)
    ]
    return Film(frames, arrays["errors"].tolist(), arrays["losses"].tolist(), int(arrays["n"]))


# ---------------------------------------------------------------- the record

N_SEED, MOST_SEED, NEVER = 100, 9999, 7
"""Seeds of the record, the highest that a reader may choose, and the digit that some heads never
meet at the beginning of b."""

FILMED = (0, 1, 2, 18)
"""Three seeds as they come, and the first that tells a digit without looking at it."""

MOVED_ON = (1, 2, 3, 4, 5)
"""Positions of a text with a one-digit a, at which its b stands where it always stood."""


def film_path(seed: int) -> Path:
    return RECORDS / f"learned_head_{seed}.safetensors"
