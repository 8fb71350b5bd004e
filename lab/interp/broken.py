"""One break as a document: what is broken, how, and at which tokens; the answer and the score under
it.

torch is imported only to try one: a document can be read without it.

Shapes: `N` problems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from lab.data.problems import Format, Integers
from lab.data.samples import hashed_pairs

if TYPE_CHECKING:
    from torch import Tensor

    from lab.interp.intervene import Node
    from lab.model.gpt import GPT
    from lab.model.trace import Edit, Trace

How = Literal["zero", "mean", "resample", "scale", "steer"]
HOW: tuple[How, ...] = get_args(How)

N_OTHERS = 500
OTHERS_SEED = 1
"""Other problems, whose mean or whose own values stand in; not the sample that is scored."""


@dataclass(frozen=True)
class Break:
    """Of a network that writes problems of `style` with `p` by `q` digits: `name` of `layer`, one
    head or neuron of it or all (`part`), at the token `slot`, or at every one.

    `amount` is the factor of "scale", and by how many times the direction is added of "steer": from
    the mean over other problems to the mean of those whose units of b are `digit`.
    """

    style: str
    p: int
    q: int
    name: str
    layer: int
    part: int | None = None
    slot: int | None = None
    how: How = "zero"
    amount: float = 0.0
    digit: int = 0

    def __post_init__(self) -> None:
        if self.how not in HOW:
            raise ValueError(f"how={self.how!r}; allowed are {', '.join(HOW)}")
        if not 0 <= self.digit <= 9:
            raise ValueError(f"digit={self.digit}; a digit is 0 to 9")
        if not abs(self.amount) <= 100:
            raise ValueError(f"amount={self.amount}; it goes from -100 to 100")

    @property
    def form(self) -> Format:
        return Format(self.style, self.p, self.q)  # pyright: ignore[reportArgumentType]

    @property
    def node(self) -> Node:
        from lab.interp.intervene import Node

        return Node(self.name, self.layer, self.part, None if self.slot is None else (self.slot,))

    def prepared(
        self, model: GPT, n: int = N_OTHERS, first: int = 0
    ) -> Callable[[int], list[Edit]]:
        """What makes the edits for texts of so many tokens; other problems are read once. `n`: of
        how many texts at most, and `first`: the number of the first of them, for each is resampled
        from the other problem of its own number."""
        from lab.interp.intervene import ablate, scale, steer

        model.require_formed(self.name, self.layer)
        if self.how == "scale":
            return self.where_it_is([scale(self.node, self.amount)])
        if self.how == "zero":
            return self.where_it_is([ablate(self.node)])
        if self.how == "resample":
            a, b = (np.roll(x, -first)[:n] for x in self.others())
            value = self.node.of(recorded(model, self.form, self.name, a, b))
        else:
            means = means_of_others(model, self.form, self.name)
            value = self.node.of(means.all)
            if self.how == "steer":
                value = self.node.of(means.by_digit[self.digit]) - value

        def make(n_token: int) -> list[Edit]:
            here = self.first_of(value, n_token)
            if self.how == "steer":
                return [steer(self.node, here, self.amount)]
            return [self.node.edit(lambda x: here[: len(x)].expand_as(x), at_once=True)]

        return self.where_it_is(make)

    def where_it_is(
        self, edits: list[Edit] | Callable[[int], list[Edit]]
    ) -> Callable[[int], list[Edit]]:
        """None for a text that ends before the token that is broken."""

        def make(n_token: int) -> list[Edit]:
            if self.slot is not None and self.slot >= n_token:
                return []
            return edits(n_token) if callable(edits) else edits

        return make

    def first_of(self, value: Tensor, n_token: int) -> Tensor:
        """Of what stands in at every token: that of the first ones."""
        from lab.model.trace import ACTIVATIONS, SLOT_AXES

        if self.slot is not None:
            return value
        axes = ACTIVATIONS[self.name].axes
        along = next(i for i, axis in enumerate(axes) if axis in SLOT_AXES)
        return value.narrow(along, 0, n_token)

    def others(self) -> tuple[Integers, Integers]:
        return others_of(self.p, self.q)

    def wrong_at(
        self, model: GPT, a: Integers, b: Integers, batch: int | None = None, first: int = 0
    ) -> Iterator[tuple[slice, Integers]]:
        """The first wrong token of each problem (N,) under the break, by teacher forcing: -1 where
        none is. It is where greedy decoding first goes wrong. `first`: so many problems of a longer
        list come before these."""
        from lab.inference.scoring import BATCH, first_wrong, teacher_forced_all

        size = min(batch or BATCH, N_OTHERS)
        edits = self.prepared(model, min(len(a), size), first)(self.form.length - 1)
        for rows, texts in teacher_forced_all(model, self.form, a, b, batch=size, edits=edits):
            yield rows, first_wrong(self.form, a[rows], b[rows], texts)

    def written(self, model: GPT, a: int, b: int) -> str:
        """What the broken model writes of a problem, greedily, to the length of its text."""
        from lab.data.vocabulary import decode
        from lab.inference.scoring import teacher_forced

        text, known = self.form.render(a, b)[0], self.form.prompt_length  # (1, L)
        # All of it is read anew, not behind a cache: what stands in has a value for every token.
        edits = self.prepared(model, 1)(self.form.length - 1)
        while known < self.form.length:
            # What it would write at each token, given those before: it does, as far as they agree.
            says = teacher_forced(model, text, edits=edits)
            unlike = (says != text)[0, known:]
            known += int(unlike.argmax()) + 1 if unlike.any() else len(unlike)
            text = np.concatenate([text[:, : known - 1], says[:, known - 1 :]], axis=1)
        return decode(text[0])

    def as_python(self, run: str) -> str:
        """Prints how many of 500 problems are wrong under the break."""
        parts = [f'"{self.style}", {self.p}, {self.q}, "{self.name}", {self.layer}']
        for name, usual in (("part", None), ("slot", None), ("how", "zero"), ("amount", 0.0)):
            if (value := getattr(self, name)) != usual:
                parts.append(f"{name}={value!r}")
        if self.how == "steer":
            parts.append(f"digit={self.digit}")
        return f"""\
from lab.data.samples import hashed_pairs
from lab.interp.broken import Break
from lab.training.checkpoint import load_run

broken = Break({", ".join(parts)})
model = load_run("{run}").model
found = [at for _, at in broken.wrong_at(model, *hashed_pairs(500))]
print(sum((at >= 0).sum() for at in found), "of 500 problems wrong")
"""


# ---------------------------------------------------------------- other problems


def others_of(p: int, q: int) -> tuple[Integers, Integers]:
    """(N,) each: drawn by a seed, and all of them where there are no more."""
    if (p, q) == (2, 2):
        return hashed_pairs(N_OTHERS, OTHERS_SEED)
    rng = np.random.default_rng(OTHERS_SEED)
    return tuple(rng.integers(0, 10**n, N_OTHERS) for n in (p, q))  # pyright: ignore


def recorded(model: GPT, form: Format, name: str, a: Integers, b: Integers) -> Trace:
    """What a model forms of these problems under one name, in every layer."""
    from lab.inference.forward import run_with_trace

    texts, _ = form.render(a, b)
    # All but the last token, as in teacher forcing: nothing is predicted from that.
    return run_with_trace(model, texts[:, :-1], [name])


@dataclass(frozen=True)
class Means:
    """Over other problems, of one activation in every layer: (1, ...) by key, of all of them and
    of those whose units of b are 0, 1, ... 9."""

    all: dict[str, Tensor]
    by_digit: list[dict[str, Tensor]]


@lru_cache(maxsize=8)
def means_of_others(model: GPT, form: Format, name: str) -> Means:
    """The same wherever in a layer and at whichever token it stands in, so it is read once."""
    a, b = others_of(form.p, form.q)
    values = {key: x for key, (x,) in recorded(model, form, name, a, b).calls.items()}
    return Means(
        {key: x.mean(0, keepdim=True) for key, x in values.items()},
        [
            {key: x[b % 10 == digit].mean(0, keepdim=True) for key, x in values.items()}
            for digit in range(10)
        ],
    )
