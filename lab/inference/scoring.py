"""How often a model is right: strictly (every token it writes) and on the answer alone.

Shapes: `N` problems, `L` tokens of a text. Everything here runs in fp32 at a fixed batch size,
since another batch size or precision can flip the largest of two close logits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.packing import pack, texts_in
from lab.data.position_ids import position_ids
from lab.data.problems import Format, Integers
from lab.data.vocabulary import END, PADDING, Tokens
from lab.inference.forward import logits_of
from lab.inference.generate import greedy_steps
from lab.model.cache import KVCache
from lab.model.gpt import GPT
from lab.model.trace import Edit, Trace

BATCH = 500
RIGHT = -1
"""In `first_wrong`: no token of the text is wrong."""


@dataclass(frozen=True)
class Score:
    """Counts over n problems. A strict error is a wrong token; an answer error, a wrong product."""

    n: int
    errors_strict: int
    errors_answer: int

    def __add__(self, other: Score) -> Score:
        return Score(
            self.n + other.n,
            self.errors_strict + other.errors_strict,
            self.errors_answer + other.errors_answer,
        )


NOTHING = Score(0, 0, 0)


def decode_all(
    model: GPT,
    form: Format,
    a: Integers,
    b: Integers,
    *,
    keep: int | None = None,
    batch: int = BATCH,
    edits: Collection[Edit] = (),
) -> Iterator[tuple[slice, Tokens]]:
    """Greedy decoding of every problem: yields (rows, texts) with texts (len(rows), L).

    The model is given the first `keep` tokens of the right text, the prompt unless said otherwise.
    Padded formats only: prompts of one length are decoded side by side.
    """
    for begin in range(0, len(a), batch):
        rows = slice(begin, min(begin + batch, len(a)))
        given, _ = form.render(a[rows], b[rows])
        yield rows, go_on(model, given[:, : keep or form.prompt_length], form.length, edits)


def go_on(model: GPT, given: Tokens, length: int, edits: Collection[Edit] = ()) -> Tokens:
    """The greedy continuation of texts (N, some) to (N, length), the given tokens included.

    `ValueError` for an edit that never met anything, or not all that it names.
    """
    steps = greedy_steps(model, given, length, edits)
    new = [step.ids.astype(np.uint8)[:, None] for step in steps]
    return np.concatenate([given, *new], axis=1)


def up_to_the_end(texts: Tokens) -> Tokens:
    """Texts (N, L) with `_` in place of all that stands behind their first `$`."""
    ends = texts == END
    behind = ends.cumsum(axis=1) - ends > 0
    # Behind its end a text goes on as noise, which would make equal texts look different.
    return np.where(behind, PADDING, texts).astype(np.uint8)


def teacher_forced(
    model: GPT, texts: Tokens, positions: Tensor | None = None, edits: Collection[Edit] = ()
) -> Tokens:
    """The likeliest token at each position of texts (N, L), given the *right* text before. (N, L)

    Greedy decoding of a text, under the same edits, goes wrong where this first differs from it.
    `positions` (L,) or (N, L) are those of all tokens. Nothing stands before the first: it is taken
    as it is. `ValueError` for an edit that never met anything, or not all that it names.
    """
    positions = None if positions is None else positions[..., :-1]
    trace = Trace(edits=edits)
    logits = logits_of(model, texts[:, :-1], positions=positions, trace=trace)
    trace.require_matched()
    return likeliest(logits, texts)


def teacher_forced_in_chunks(model: GPT, texts: Tokens, chunk: int) -> Tokens:
    """`teacher_forced`, `chunk` tokens of each text a forward, those before them in a cache.

    So attention's tables have `chunk` rows, not one for every token of a long text.
    """
    given = torch.from_numpy(texts[:, :-1]).long().to(model.embed.weight.device)
    positions = position_ids(given, model.config.position.n_axis)
    cache, logits = KVCache(given.shape[1]), list[Tensor]()
    with torch.inference_mode():
        for start in range(0, given.shape[1], chunk):
            now = slice(start, start + chunk)
            logits.append(model(given[:, now], positions=positions[:, now], cache=cache))
    return likeliest(torch.cat(logits, dim=1), texts)


def likeliest(scores: Tensor | NDArray[np.float64], texts: Tokens) -> Tokens:
    """`teacher_forced` of logits or probabilities that are known: (N, L - 1, V) -> (N, L).

    Row t of the scores is about token t + 1.
    """
    largest = torch.as_tensor(scores).argmax(-1).cpu().numpy().astype(np.uint8)
    return np.concatenate([texts[:, :1], largest], axis=1)


def teacher_forced_all(
    model: GPT,
    form: Format,
    a: Integers,
    b: Integers,
    *,
    batch: int = BATCH,
    edits: Collection[Edit] = (),
) -> Iterator[tuple[slice, Tokens]]:
    """Every problem under teacher forcing, what bears no loss taken as it is: (rows, guesses).

    Where all guesses are right, greedy decoding writes this very text; one forward each.
    """
    for begin in range(0, len(a), batch):
        rows = slice(begin, min(begin + batch, len(a)))
        tokens, mask = form.render(a[rows], b[rows])
        yield rows, np.where(mask, teacher_forced(model, tokens, edits=edits), tokens)


def teacher_forced_in_streams(
    model: GPT, form: Format, a: Integers, b: Integers, *, length: int, batch: int = BATCH
) -> Iterator[tuple[NDArray[np.int64], Tokens]]:
    """As `teacher_forced_all`, but each problem stands somewhere in a stream of `length` tokens,
    with others around it, as `pack` lays them out in training: (rows, guesses)."""
    rng, width = np.random.default_rng(0), form.length
    whole = length // width - 1  # texts that a stream holds wherever in a text it begins
    for begin in range(0, len(a), batch):
        rows = np.arange(begin, min(begin + batch, len(a)))
        lines = np.resize(rows, (-(-len(rows) // whole), whole))  # (N, whole)
        around = lines[:, np.arange(-1, texts_in(length, form) - 1) % whole].ravel()
        streams, _, starts = pack(*form.render(a[around], b[around]), len(lines), length, rng)
        begins = width * np.arange(1, whole + 1) - starts[:, None]  # (N, whole)
        places = (begins[:, :, None] + np.arange(width)).reshape(len(lines), -1)
        guesses = np.take_along_axis(teacher_forced(model, streams), places, axis=1)
        tokens, mask = form.render(a[rows], b[rows])
        yield rows, np.where(mask, guesses.reshape(-1, width)[: len(rows)], tokens)


def first_wrong(form: Format, a: Integers, b: Integers, texts: Tokens) -> NDArray[np.int64]:
    """The position of the first wrong token of each text, (N,); `RIGHT` where there is none."""
    right, _ = form.render(a, b)
    wrong = texts != right
    return np.where(wrong.any(axis=1), wrong.argmax(axis=1), RIGHT)


def score(form: Format, a: Integers, b: Integers, texts: Tokens) -> Score:
    """Count strict and answer errors of written texts (N, L)."""
    right, _ = form.render(a, b)
    wrong = texts != right
    return Score(
        len(a), int(wrong.any(axis=1).sum()), int((wrong & answer_tokens(form, a, b)).any(1).sum())
    )


def answer_tokens(form: Format, a: Integers, b: Integers) -> NDArray[np.bool_]:
    """True on the digits of the product, (N, L) or, padded, (1, L)."""
    if not form.padded:
        raise ValueError("answers of unpadded texts lie in different places; score padded texts")
    place = np.arange(form.length)
    return ((form.answer.start <= place) & (place < form.answer.stop))[None]


def exactness(
    model: GPT,
    form: Format,
    a: Integers,
    b: Integers,
    *,
    decode: bool,
    batch: int = BATCH,
    edits: Collection[Edit] = (),
) -> Iterator[Score]:
    """Running scores over all problems, by real decoding or, cheaper, by teacher forcing, under
    `edits` if any: a page that stops asking stops the work.

    The strict errors of the two agree; the answer errors of teacher forcing are those given right
    working, which real decoding does not grant.
    """
    total = NOTHING
    texts_of = decode_all if decode else teacher_forced_all
    for rows, texts in texts_of(model, form, a, b, batch=batch, edits=edits):
        total = total + score(form, a[rows], b[rows], texts)
        yield total


def last(scores: Iterator[Score]) -> Score:
    """Drain an evaluation."""
    total = NOTHING
    for score_so_far in scores:
        total = score_so_far
    return total
