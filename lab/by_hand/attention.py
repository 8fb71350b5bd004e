"""Attention built by hand over the prompt `37*48=`: nothing here is trained, all is constructed.

Keys, queries and values are chosen by us; the weights come from the kernel of the book's model.
torch is imported only to attend: what is drawn before that needs none.

Shapes: `N` sums, `S` tokens seen, `T` queries, `H` heads, `d` numbers in a key, `W` in a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format, Integers, all_pairs
from lab.data.vocabulary import VOCABULARY, Tokens

Numbers = NDArray[np.float64]
ValueKind = Literal["digit", "size", "digit and place"]

FORM = Format("cot_reversed")
PLACES = ("a, tens", "a, units", "times", "b, tens", "b, units", "equals")
A_UNITS, B_UNITS = 1, 4
"""Where the two digits stand that the first token of the working needs."""


def attend(
    q: Numbers, k: Numbers, v: Numbers, *, scale: float | None = None, causal: bool = True
) -> tuple[Numbers, Numbers]:
    """The weights softmax(q k' / sqrt(d)), (N, H, T, S), and the blend z of values, (N, H, T, W).

    q (N, H, T, d), k (N, Hk, S, d), v (N, Hk, S, W). The queries are those of the last T tokens.
    `scale` takes the place of 1 / sqrt(d). This calls `math_attention`, as the real model does.
    """
    import torch

    from lab.model.attention.kernels import math_attention
    from lab.model.call import Slots
    from lab.model.trace import Trace

    trace = Trace(["pattern"])
    z = math_attention(
        *(torch.from_numpy(np.array(x, dtype=np.float64)) for x in (q, k, v)),
        slots=Slots(k.shape[2] - q.shape[2], causal=causal),
        scale=q.shape[-1] ** -0.5 if scale is None else scale,
        trace=trace,
    )
    return trace["pattern"].numpy(), z.numpy()


def most_right(seen: Numbers, answers: Integers) -> int:
    """How many answers (N,) the best reader gets right that sees `seen` (N, W) and nothing else.

    Sums that look alike get one answer, and the best is the most frequent among them.
    """
    # What differs by rounding alone must not tell two sums apart.
    _, looks = np.unique(seen.round(6), axis=0, return_inverse=True)
    pairs, counts = np.unique(
        np.stack([looks.ravel(), answers], axis=1), axis=0, return_counts=True
    )
    best = np.zeros(len(seen), dtype=np.int64)
    np.maximum.at(best, pairs[:, 0], counts)
    return int(best.sum())


# ---------------------------------------------------------------- one head in two dimensions

ANGLES = (165, 95, 225, 315, 30, 270)
"""The direction, in degrees, of the key of each token of the prompt."""

KEY_LENGTH, DIGIT_LENGTH, LONGEST_QUERY = 3.0, 0.25, 6.0


def arrow(angle: Numbers | float, length: float) -> Numbers:
    """(..., 2): where an arrow ends that begins at zero. Angles in degrees."""
    turn = np.radians(np.asarray(angle, dtype=np.float64))
    return length * np.stack([np.cos(turn), np.sin(turn)], axis=-1)


def keys(prompts: Tokens) -> Numbers:
    """k = place + digit: a long arrow for where a token stands, a short one for which digit it is.

    (N, S) -> (N, S, 2). Digit x turns the short arrow by x tenths of a circle; a sign has none.
    """
    place = arrow(np.array(ANGLES), KEY_LENGTH)  # (S, 2)
    digit = arrow(36.0 * prompts.astype(np.float64), DIGIT_LENGTH)  # (N, S, 2)
    return place + np.where(is_digit(prompts)[..., None], digit, 0.0)


def values(prompts: Tokens) -> Numbers:
    """v: a one at the digit's own place among ten, nothing for a sign. (N, S) -> (N, S, 10)"""
    return (prompts[..., None] == np.arange(10)).astype(np.float64)


def is_digit(tokens: Tokens) -> NDArray[np.bool_]:
    return tokens < 10


def look(prompts: Tokens, query: Numbers) -> tuple[Numbers, Numbers]:
    """Where the last token looks with this query (2,), and what arrives: (N, S) and (N, 10)."""
    q = np.broadcast_to(query, (len(prompts), 1, 1, 2))
    weights, z = attend(q, keys(prompts)[:, None], values(prompts)[:, None])
    return weights[:, 0, 0], z[:, 0, 0]


class AttentionSteps(NamedTuple):
    """One look step by step, a number a token: matches q . k, scores q . k / sqrt(d), weights."""

    keys: Numbers
    matches: Numbers
    scores: Numbers
    weights: Numbers


def look_at(prompt: Tokens, query: Numbers) -> AttentionSteps:
    """What the last token of one prompt (S,) makes of the others with this query (2,)."""
    k = keys(prompt[None])[0]
    return AttentionSteps(
        k, k @ query, k @ query / len(query) ** 0.5, look(prompt[None], query)[0][0]
    )


@lru_cache(maxsize=1)
def all_prompts() -> Tokens:
    """The prompts of all 10,000 sums, a major. (10000, 6)"""
    prompts = FORM.prompt(*all_pairs())
    prompts.flags.writeable = False  # all readers share it
    return prompts


@dataclass(frozen=True)
class Graded:
    """A query on all 10,000 sums: how much of the weight lies where it is wanted.

    `worst` and `mean` over the sums, of the smallest weight among the wanted tokens. `hardest`: the
    sum with the worst. `n_short`: sums below `least`. `thief`: the token that takes most elsewhere
    in the hardest sum. `lacking`: the wanted token that has the worst weight.
    """

    least: float
    worst: float
    mean: float
    n_short: int
    hardest: tuple[int, int]
    thief: int
    lacking: int

    @property
    def accepted(self) -> bool:
        return self.n_short == 0


def grade(query: Numbers, wanted: Sequence[int], least: float) -> Graded:
    """Is at least `least` of the weight of `=` on each wanted token, in every sum?"""
    weights, _ = look(all_prompts(), query)  # (10000, 6)
    held = weights[:, list(wanted)].min(axis=1)
    worst = int(held.argmin())
    others = np.where(np.isin(np.arange(weights.shape[1]), wanted), -1, weights[worst])
    return Graded(
        least,
        float(held.min()),
        float(held.mean()),
        int((held < least).sum()),
        (worst // 100, worst % 100),
        int(others.argmax()),
        wanted[int(weights[worst, list(wanted)].argmin())],
    )


# ---------------------------------------------------------------- average everything


def average(prompts: Tokens) -> Numbers:
    """z = (v_1 + ... + v_S) / S: every token counts alike. (N, S) -> (N, 10)"""
    return values(prompts).mean(axis=1)


def units_product(a: Integers, b: Integers) -> Integers:
    """What the working begins with: the units of a times the units of b."""
    return (a % 10) * (b % 10)


def right_from_average() -> int:
    """Of all 10,000 sums: how often the average tells the product of the two units digits."""
    return most_right(average(all_prompts()), units_product(*all_pairs()))


# ---------------------------------------------------------------- the square root

MOST_NUMBERS = 1024
"""The longest random query and key."""

N_KEYS = 6
"""Random keys that one random query is matched with."""


@lru_cache(maxsize=1)
def random_arrows(n: int = 200, n_key: int = N_KEYS, seed: int = 0) -> tuple[Numbers, Numbers]:
    """Queries (n, 1, 1, d) and keys (n, 1, S, d) of numbers with mean 0 and variance 1."""
    rng = np.random.default_rng(seed)
    q = rng.standard_normal((n, 1, 1, MOST_NUMBERS))
    return q, rng.standard_normal((n, 1, n_key, MOST_NUMBERS))


def random_weights(d: int, rooted: bool) -> Numbers:
    """A weight for each random key, (n, N_KEYS), with the first d numbers of every query and key.

    q . k is a sum of d products of variance 1, so its own variance is d; / sqrt(d) takes it back.
    """
    q, k = (x[..., :d] for x in random_arrows())
    nothing = np.zeros((*k.shape[:3], 1))
    return attend(q, k, nothing, scale=d**-0.5 if rooted else 1.0)[0][:, 0, 0]


def largest_weight(d: int, rooted: bool) -> float:
    """The largest of the N_KEYS weights of a random query, on average."""
    return float(random_weights(d, rooted).max(axis=1).mean())


# ---------------------------------------------------------------- the causal mask


def peek(texts: Tokens, causal: bool) -> tuple[Numbers, Tokens]:
    """A head whose token t looks for token t + 1: its weights (L, L), what it says (N, L).

    The keys name the places, and the values the tokens. With the mask what it looks for is
    hidden, all other matches are zero, and so it averages what it may see.
    """
    length = texts.shape[1]
    k = np.eye(length)
    # So long that softmax gives nearly all to the one key that matches.
    q = 30.0 * np.eye(length, k=1)
    v = (texts[..., None] == np.arange(len(VOCABULARY))).astype(np.float64)
    weights, z = attend(q[None, None], k[None, None], v[:, None], scale=1.0, causal=causal)
    return weights[0, 0], z[:, 0].argmax(axis=-1).astype(np.uint8)


def peek_score(causal: bool) -> tuple[int, int]:
    """How many tokens of all 10,000 texts, of those that count in the loss, that head gets right,
    and of how many."""
    texts, mask = FORM.render(*all_pairs())
    _, said = peek(texts, causal)
    right = said[:, :-1] == texts[:, 1:]
    return int(right[mask[:, 1:]].sum()), int(mask.sum())


# ---------------------------------------------------------------- several heads

NO_WEIGHT = 1e-9


def deliver(a: Integers, b: Integers, shares: Sequence[float], kind: ValueKind) -> Numbers:
    """What heads hand on of two digits: each puts a share on a, the rest on b. (N,) -> (N, H * W)

    A query that holds ln(share) meets keys that name the two places: softmax gives the shares.
    """
    # No share may be 0, which has no logarithm.
    of_a = np.clip(np.array(shares), NO_WEIGHT, 1 - NO_WEIGHT)
    q = np.log(np.stack([of_a, 1 - of_a], axis=-1))  # (H, 2)
    v = two_values(a, b, kind)  # (N, 2, W)
    _, z = attend(q[None, :, None], np.eye(2)[None, None], v[:, None], scale=1.0)
    return z.reshape(len(a), -1)


def two_values(a: Integers, b: Integers, kind: ValueKind) -> Numbers:
    """The values of two digits: a one among ten, the size, or a one among ten for each place."""
    digits = np.stack([a, b], axis=1)
    if kind == "size":
        return digits[..., None].astype(np.float64)
    if kind == "digit and place":
        digits = digits + np.array([0, 10])
    return (digits[..., None] == np.arange(20 if "place" in kind else 10)).astype(np.float64)


def all_digits() -> tuple[Integers, Integers]:
    """All 100 pairs of digits, a major."""
    a, b = np.divmod(np.arange(100, dtype=np.int64), 10)
    return a, b


def closest(delivered: Numbers, answers: Integers) -> float:
    """The smallest distance between two deliveries that must be told apart."""
    far = np.linalg.norm(delivered[:, None] - delivered[None], axis=-1)
    return float(far[answers[:, None] != answers].min())


class Recovered(NamedTuple):
    """What can be told from what heads hand on of all 100 pairs of digits.

    `products`, `differences`: how many the best reader gets right. `products_apart` and
    `differences_apart`: how far the two nearest deliveries lie apart that mean something else.
    """

    products: int
    differences: int
    products_apart: float
    differences_apart: float


def tell(shares: Sequence[float], kind: ValueKind) -> Recovered:
    """Heads that put these shares on the first digit, and the rest on the second."""
    a, b = all_digits()
    delivered = deliver(a, b, shares, kind)
    return Recovered(
        most_right(delivered, a * b),
        most_right(delivered, a - b),
        closest(delivered, a * b),
        closest(delivered, a - b),
    )


def blurs_the_order(share: float) -> bool:
    """Do 7, 8 and 8, 7 lie closer in one head's blend than two pairs that differ in one digit?

    With `faint` the smaller of its two shares, the first are (1 - 2 faint) sqrt(2) apart, the
    others at least faint sqrt(2).
    """
    faint = min(share, 1 - share)
    return 1 - 2 * faint < faint
