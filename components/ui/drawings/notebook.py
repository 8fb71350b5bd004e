"""An error book: the sums that a network wrote wrong, with what belongs there, round by round.

Python sends each mistake and after which rounds it was still one; the browser writes it down line
by line, ticks off what is mended, marks what comes back, and counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from components.ui.drawings.drawing import digest, drawing, moments
from lab.fields import require_number, require_whole

MOST_MISTAKES, MOST_ROUNDS = 24, 8
"""Of more mistakes, a reader would have to scroll; of more rounds, a line has no room for text."""

HTML = f"""
<div class="drawing notebook">
  <div class="counter">
    <b class="when"></b>
    <span class="legend counts"></span>
  </div>
  <div class="pages" role="group"></div>
  <div class="hold">
    {moments()}
    <div class="said" role="status"></div>
  </div>
</div>
"""

component = drawing("book_of_errors", "notebook", HTML)


@dataclass(frozen=True)
class Mistake:
    """A sum that was written wrong, and how it was written after each round from then on.

    `written` stands where `right` belongs, behind the text `before`; `after` is what should follow,
    and may be empty. It is of a `kind`, as 'partial product 1', and the network
    gave it the probability `belief`. It was `noted` in a round, counted from 1; `wrong_after` says
    of that round and of each later one whether it was still wrong when the round had been studied.
    """

    sum: str
    before: str
    written: str
    right: str
    after: str
    kind: str
    belief: float
    noted: int
    wrong_after: Sequence[bool]


def show_notebook(
    key: str,
    mistakes: Sequence[Mistake],
    n_round: int,
    *,
    alt: str,
    at: int | None = None,
    seconds: float = 6.0,
) -> None:
    """A line for each mistake, with a box for each of the rounds.

    It is filled once in so many `seconds`, up to the moment `at`, or to the last of `n_moment`; of
    another book that comes later that moment is shown.
    Raises ValueError for what `notebook_data` refuses.
    """
    data = notebook_data(mistakes, n_round, at) | {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def n_moment(mistakes: Sequence[Mistake], n_round: int) -> int:
    """The empty book, then of each round one for each mistake that is noted in it, and one when it
    has been studied."""
    return 1 + len(mistakes) + n_round


def notebook_data(
    mistakes: Sequence[Mistake], n_round: int, at: int | None = None
) -> dict[str, Any]:
    """What the browser needs: the mistakes in the order of their rounds.

    Raises ValueError for no mistake or too many, for too many rounds, for a mistake that is none or
    whose rounds are not these, and for an `at` that is no moment.
    """
    if not 1 <= len(mistakes) <= MOST_MISTAKES:
        raise ValueError(f"{len(mistakes)} mistakes; 1 to {MOST_MISTAKES} can be shown")
    require_whole("n_round", n_round, most=MOST_ROUNDS)
    for mistake in mistakes:
        require_mistake(mistake)
        require_rounds(mistake, n_round)
    last = n_moment(mistakes, n_round) - 1
    if at is not None:
        require_whole("at", at, least=0, most=last)
    return {
        "n_round": n_round,
        "at": last if at is None else at,
        "mistakes": [
            asdict(mistake)
            | {
                "belief": round(float(mistake.belief), 4),
                "wrong_after": [bool(wrong) for wrong in mistake.wrong_after],
            }
            for mistake in sorted(mistakes, key=lambda mistake: mistake.noted)
        ],
    }


def require_mistake(mistake: Mistake) -> None:
    for name, token in (("written", mistake.written), ("right", mistake.right)):
        if len(token) != 1:
            raise ValueError(f"{mistake.sum!r}: {name}={token!r} must be one character")
    if mistake.written == mistake.right:
        raise ValueError(f"{mistake.sum!r}: {mistake.written!r} is written and right: no mistake")
    require_number(f"{mistake.sum!r}: belief", mistake.belief, least=0, most=1)


def require_rounds(mistake: Mistake, n_round: int) -> None:
    require_whole(f"{mistake.sum!r}: noted", mistake.noted, most=n_round)
    wanted = n_round - mistake.noted + 1
    if len(mistake.wrong_after) != wanted:
        raise ValueError(
            f"{mistake.sum!r}: wrong_after of {len(mistake.wrong_after)} rounds; it was noted in "
            f"round {mistake.noted} of {n_round}, so {wanted} is wanted"
        )
