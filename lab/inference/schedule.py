"""Which text of a queue is in which row at which step, by how many tokens the texts have.

Static batching waits until the last text of a batch has ended before it takes the next ones.
Continuous batching gives a row away as soon as its text has ended (Orca: Yu and others, OSDI 2022,
section 3). Here the texts are known already, so no network runs; `serving` writes them by these
policies, and comes to the same steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from lab.data.vocabulary import Tokens

Policy = Literal["static", "continuous"]


@dataclass(frozen=True)
class Served:
    """A text that has ended: of which prompt, in which row, in the steps begin to end - 1."""

    prompt: int
    row: int
    begin: int
    end: int
    text: Tokens


@dataclass(frozen=True)
class Tick:
    """One step: rows that were computed, those among them that had a text, and what ended."""

    step: int
    computed: int
    busy: int
    ended: tuple[Served, ...]


class Written(NamedTuple):
    """A whole text (L,) and how many of its tokens are the prompt."""

    text: Tokens
    n_given: int


def schedule(texts: Sequence[Written], *, rows: int, policy: Policy) -> Iterator[Tick]:
    """The steps in which these texts are served in the order given, at most `rows` at a time.

    Raises `ValueError` for no rows, and for a text without a prompt or with nothing behind it.
    """
    require_rows(rows)
    for number, (text, n_given) in enumerate(texts):
        if not 1 <= n_given < len(text):
            raise ValueError(
                f"n_given={n_given} of text {number}; 1 to {len(text) - 1} of its {len(text)} "
                "tokens are its prompt"
            )
    return (static if policy == "static" else continuous)(texts, rows)


def require_rows(rows: int) -> None:
    if rows < 1:
        raise ValueError(f"rows={rows}; at least 1 text is written at a time")


def static(texts: Sequence[Written], rows: int) -> Iterator[Tick]:
    """All prompts of a batch are read in its first step, which writes a token of each."""
    step = 0
    for start in range(0, len(texts), rows):
        batch, begin = range(start, min(start + rows, len(texts))), step
        end = {n: begin + len(texts[n].text) - texts[n].n_given for n in batch}
        while step < max(end.values()):
            busy = sum(step < end[n] for n in batch)
            over = (n for n in batch if end[n] == step + 1)
            ended = (Served(n, n - start, begin, step + 1, texts[n].text) for n in over)
            yield Tick(step, len(batch), busy, tuple(ended))
            step += 1


def continuous(texts: Sequence[Written], rows: int) -> Iterator[Tick]:
    """A step reads one token of each row. Empty rows are computed, until half of them are."""
    waiting, step = deque(enumerate(texts)), 0
    seated: dict[int, Served | None] = dict.fromkeys(range(min(rows, len(texts))))
    while waiting or any(seated.values()):
        for row, taken in seated.items():
            if taken is None and waiting:
                number, (text, _) = waiting.popleft()
                seated[row] = Served(number, row, step, step + len(text) - 1, text)
        busy = [one for one in seated.values() if one]
        if 2 * len(busy) <= len(seated):
            seated = {one.row: one for one in busy}
        ended = tuple(one for one in busy if one.end == step + 1)
        yield Tick(step, len(seated), len(busy), ended)
        seated.update((one.row, None) for one in ended)
        step += 1
