"""What a model makes of where tokens stand: probes that move them, part them, or shuffle them.

Shift is free, stretch is not: put one problem on a long tape of positions. The tokens stay the
same; what changes is where they are said to stand. Shifted, all positions grow by one number;
stretched, those from some token on grow, so that a gap opens in the problem.

Shuffled: nobody tells a model without positions of order, and a layer that sees only tokens hands
on the same blend in any order. The causal mask leaks a little: the tokens in between have looked
at other tokens than before, so the next layer differs.

Shapes: `N` rulers, `T` tokens, `L` layers.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from lab.data.position_ids import position_ids
from lab.data.problems import Format, Integers
from lab.data.vocabulary import decode, encode
from lab.inference.forward import logits_of, run_with_trace
from lab.inference.scoring import likeliest, teacher_forced
from lab.interp.intervene import hide
from lab.model.attention.kernels import repeat_heads
from lab.model.gpt import GPT
from lab.model.positions import Relation, RotaryPositions, frequencies, pairs_of
from lab.model.trace import NO_TRACE


def shifts(length: int, by: Sequence[int]) -> Tensor:
    """Positions 0, 1, 2, ... moved by each number, (N, T)."""
    return torch.arange(length) + torch.tensor(by)[:, None]


def stretches(length: int, at: int, by: Sequence[int]) -> Tensor:
    """Positions with a gap of each width before token `at`, (N, T)."""
    behind = torch.arange(length) >= at
    return torch.arange(length) + behind * torch.tensor(by)[:, None]


@dataclass(frozen=True)
class OnTheTape:
    """One text on N rulers: the weights of one head, (N, T, T), and whether each guess is right."""

    pattern: NDArray[np.float32]
    right: NDArray[np.bool_]  # (N, T - 1): is the largest logit at t the token at t + 1?


def on_the_tape(model: GPT, text: str, rulers: Tensor) -> dict[tuple[int, int], OnTheTape]:
    """What each (layer, head) makes of a text with its tokens at each of the `rulers`, (N, T)."""
    tokens = encode(text)[None].repeat(len(rulers), axis=0)
    trace = run_with_trace(model, tokens, ["pattern", "logits"], positions=rulers)
    right = (likeliest(trace["logits"][:, :-1], tokens) == tokens)[:, 1:]
    return {
        (layer, head): OnTheTape(pattern.numpy(), right)
        for layer in range(model.config.n_layer)
        for head, pattern in enumerate(trace[f"blocks.{layer}.pattern"].unbind(dim=1))
    }


def errors_on(model: GPT, form: Format, a: Integers, b: Integers, ruler: Tensor) -> int:
    """Of the problems a x b, (N,) each, how many have a wrong token if they stand at `ruler`
    (T,).

    Each token is predicted from the right ones before it.
    """
    tokens, mask = form.render(a, b)
    wrong = (teacher_forced(model, tokens, ruler) != tokens) & mask
    return int(wrong.any(axis=1).sum())


def first_digits_missed(
    model: GPT, form: Format, a: Integers, b: Integers, hidden: int | None = None
) -> int:
    """Of the problems a x b, (N,) each, how many begin with a wrong digit behind the first
    `=`.

    With `hidden`, that `=` does not see the token at this slot of the prompt.
    """
    text = torch.from_numpy(form.render(a, b)[0]).long()
    prompt, right = text[:, : form.prompt_length], text[:, form.prompt_length]
    equals, layers = form.prompt_length - 1, range(model.config.n_layer)
    edits = [] if hidden is None else [hide(layer, equals, hidden) for layer in layers]
    logits = run_with_trace(model, prompt, ["logits"], edits)["logits"]
    return int((logits[:, -1].argmax(-1) != right).sum())


def begins_with(
    model: GPT, form: Format, a: Integers, b: Integers, told: tuple[int, int]
) -> Integers:
    """The digit with which the problems a x b begin behind the first `=`, (N,), where that `=`
    is told to stand at this (place, line); all other tokens stand where they do."""
    text = torch.from_numpy(form.render(a, b)[0]).long()[:, : form.prompt_length]
    at = position_ids(text, 2).expand(len(text), -1, -1).clone()
    at[:, -1] = torch.tensor(told)
    return logits_of(model, text, positions=at)[:, -1].argmax(-1).numpy()


def digits_that_meet(a: Integers, b: Integers, told: tuple[int, int]) -> Integers:
    """The last digit of what a's digit at the place makes of b's digit on the line, (N,)."""
    place, line = told
    return (a // 10**place % 10) * (b // 10**line % 10) % 10


def shifted_lesson(
    model: GPT, form: Format, a: Integers, b: Integers, by: int
) -> tuple[float, float, float]:
    """What the problems a x b teach where they stand, and `by` positions on.

    The loss of both, and |g' - g| / |g| of the gradients by all weights, in float64.
    """
    tokens, mask = form.render(a, b)
    text, counts = torch.from_numpy(tokens).long(), torch.from_numpy(mask[:, 1:])
    taught = copy.deepcopy(model).double().requires_grad_(True)

    def loss_and_gradient(shift: int) -> tuple[float, Tensor]:
        logits = taught(text[:, :-1], positions=position_ids(text[:, :-1]) + shift)
        loss = functional.cross_entropy(logits[counts], text[:, 1:][counts])
        parts = torch.autograd.grad(loss, list(taught.parameters()))
        return loss.item(), torch.cat([part.flatten() for part in parts])

    (here, g), (there, moved) = loss_and_gradient(0), loss_and_gradient(by)
    return here, there, float((moved - g).norm() / g.norm())


def anywhere(model: GPT, query: str, key: str, head: int, n: int) -> NDArray[np.float64]:
    """The score of one token with another in the first layer, wherever the two stand. (n, n)

    Row i is `query` at position i, column j is `key` at position j; not masked.
    """
    at = torch.arange(n)[None]
    relation = Relation(model.position, at, at, torch.float64)
    q, k = alone(model, query, "q", n), alone(model, key, "k", n)
    q = relation.rotate_queries(q * q.shape[-1] ** -0.5, NO_TRACE)
    k = relation.rotate_keys(k, NO_TRACE)
    return relation.scores(q, repeat_heads(k, q.shape[1]))[0, head].numpy()


def not_turned(
    model: GPT, query: str, key: str, head: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The speed of each pair in radians per position, (Dk/2,), and a query and a key of the first
    layer pair by pair, before they are turned, (Dk/2, 2) each."""
    rotary = model.position
    if not isinstance(rotary, RotaryPositions):
        raise ValueError(f"{type(rotary).__name__} turns no pairs")

    def pairs(token: str, name: str) -> NDArray[np.float64]:
        numbers = alone(model, token, name, 1)[0, head, 0].double().numpy()
        return numbers[np.array(pairs_of(len(numbers), rotary.layout))]

    return rotary.frequencies[0].numpy(), pairs(query, "q"), pairs(key, "k")


def alone(model: GPT, token: str, name: str, n: int) -> Tensor:
    """The queries or keys of a token with nothing around it, at 0 to n - 1. (1, H, n, Dk)"""
    tokens = torch.from_numpy(encode(token)).long().expand(n, 1)
    trace = run_with_trace(model, tokens, [name], positions=torch.arange(n)[:, None])
    return trace[f"blocks.0.{name}"].double()[:, :, 0].transpose(0, 1)[None]


def agreement(head_dim: int, base: float, distances: NDArray[np.int64]) -> NDArray[np.float64]:
    """mean over pairs of cos(distance * speed): the score, at each distance, of a query and a key
    that agree in every pair (arXiv:2104.09864, section 3.4.3, there as a bound)."""
    angles = distances[:, None] * frequencies(head_dim, base).numpy()
    return np.cos(angles).mean(axis=1)


def slow_turn(head_dim: int, base: float, distance: int) -> float:
    """How far round the fastest of the slower half of a head's clocks comes within a distance.

    In whole turns.
    """
    speeds = frequencies(head_dim, base)
    return float(speeds[len(speeds) // 2]) * distance / (2 * np.pi)


def once_round(head_dim: int, base: float) -> float:
    """In how many places the slowest clock of a head comes round once: 2 pi over its speed."""
    return 2 * np.pi / float(frequencies(head_dim, base)[-1])


# ---------------------------------------------------------------- shuffled


def shuffled(text: str, seed: int) -> str:
    """The same tokens in another order; the last one stays where it is."""
    tokens = encode(text)
    order = np.random.default_rng(seed).permutation(len(tokens) - 1)
    return decode([*tokens[:-1][order], tokens[-1]])


def change_by_layer(model: GPT, text: str, other: str) -> NDArray[np.float64]:
    """How much each attention tells the last token of `other` unlike `text`: |x - y| / |x|. (L,)

    `ValueError` if the two are not the same tokens in another order, with the same last token.
    """
    if sorted(text) != sorted(other) or text[-1:] != other[-1:]:
        raise ValueError(f"{other!r} is not {text!r} in another order with the same last token")
    x, y = (heard_by_the_last(model, t) for t in (text, other))
    return np.linalg.norm(x - y, axis=1) / np.linalg.norm(x, axis=1)


def heard_by_the_last(model: GPT, text: str) -> NDArray[np.float64]:
    """What every attention writes to the stream of the last token, (L, D)."""
    trace = run_with_trace(model, text, ["attn_out"])
    layers: Sequence[int] = range(model.config.n_layer)
    return np.stack([trace[f"blocks.{i}.attn_out"][0, -1].double().numpy() for i in layers])
