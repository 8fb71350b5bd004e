"""A bet on one budget of tokens: the reader draws how far one way to study comes, round by round;
then the recorded runs of all ways advance, each along what it is evaluated on and what it studies.

Python sends what each way reads and, once the answer is told, what its runs get wrong at each
check; nothing is known between two checks, and nothing is drawn there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from components.ui.drawings.drawing import digest, drawing, moments, sent_by
from lab.fields import require_whole

MOST_ROUNDS = 8
COUNTS = {"in full": 1.0, "a third": 1 / 3, "nothing": 0.0}
"""What an evaluated token may count, beside one that is studied."""

CHOICES = "".join(f"<button>{words}</button>" for words in COUNTS)

HTML = f"""
<div class="drawing bet">
  <p class="headline"></p>
  <div class="chart">
    <span class="asks"></span>
    <svg class="plot" role="group"></svg>
  </div>
  <div class="controls">
    <button class="show">Show what happened</button>
    <button class="anew">Guess again</button>
  </div>
  <div class="choice" role="group" aria-label="What an evaluated token counts">
    <span>An evaluated token counts</span><div>{CHOICES}</div>
  </div>
  {moments("Tokens read")}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("bet_on_tokens", "bet", HTML)


@dataclass(frozen=True)
class Racer:
    """A way to study: how it picks what it studies, `about` that and in fewer words `brief`; the
    tokens that it had been evaluated on and had `studied` by each check, the first before anything;
    at each check how many problems every run got `wrong`; and of each run how many test problems
    were wrong `after` it all."""

    name: str
    about: str
    brief: str
    hue: str
    shape: str
    evaluated: Sequence[int]
    studied: Sequence[int]
    wrong: Sequence[Sequence[int]]
    after: Sequence[int]


@dataclass(frozen=True)
class Bet:
    """The first of `racers` is bet on. They are checked on `n_check` problems, and at the end on
    `n_test` others, of which `before` were wrong at the start. The axis ends at `most` of 100."""

    racers: Sequence[Racer]
    n_check: int
    n_test: int
    before: int
    most: int

    @property
    def n_round(self) -> int:
        return len(self.racers[0].studied) - 1

    def at(self, racer: int, check: int) -> float:
        """The median of the runs: wrong of 100."""
        return 100 * median(self.racers[racer].wrong[check]) / self.n_check


def show_bet(
    key: str,
    bet: Bet,
    said: Sequence[int] | None,
    *,
    told: bool,
    again: bool,
    counts: str,
    alt: str,
    seconds: float = 9.0,
    on_guess: Callable[[str], None],
    on_show: Callable[[], None],
    on_again: Callable[[], None],
    on_counts: Callable[[str], None],
) -> None:
    """What each way reads, with a line to be drawn; or what was `said` and how the runs went on,
    if the answer is `told`. It goes through its moments once.

    Raises ValueError for what `bet_data` refuses.
    """
    data = bet_data(bet, said, told) | {"alt": alt, "again": again, "seconds": seconds}

    def guessed() -> None:
        if (sent := sent_by(key, "guess")) is not None:
            on_guess(",".join(str(int(wrong)) for wrong in sent))

    def counted() -> None:
        if (sent := sent_by(key, "counts")) in COUNTS:
            on_counts(str(sent))

    component(
        data=data | {"counts": counts, "digest": digest(data)},
        key=key,
        on_guess_change=guessed,
        on_show_change=on_show,
        on_again_change=on_again,
        on_counts_change=counted,
    )


def bet_data(bet: Bet, said: Sequence[int] | None, told: bool) -> dict[str, Any]:
    """What the browser needs; nothing of the answer before it is `told`.

    Raises ValueError for too many rounds, for tokens that fall or do not fit the rounds, for checks
    that do not fit, and for a guess that is none.
    """
    require_whole("n_round", bet.n_round, most=MOST_ROUNDS)
    for racer in bet.racers:
        require_racer(racer, bet)
    if said is not None and not is_guess(said, bet):
        raise ValueError(f"said={[*said]}; {bet.n_round} whole numbers up to {bet.most} are wanted")
    return {
        "racers": [
            {
                "name": racer.name,
                "about": racer.about,
                "brief": racer.brief,
                "hue": racer.hue,
                "shape": racer.shape,
                "evaluated": [*map(int, racer.evaluated)],
                "studied": [*map(int, racer.studied)],
                "wrong": [[*map(int, runs)] for runs in racer.wrong] if told else [],
                "middle": [float(median(runs)) for runs in racer.wrong] if told else [],
                "after": float(median(racer.after)) if told else None,
            }
            for racer in bet.racers
        ],
        "n_check": bet.n_check,
        "n_test": bet.n_test,
        "before": bet.before,
        "start": bet.at(0, 0),
        "most": bet.most,
        "kinds": list(COUNTS.values()),
        "names": list(COUNTS),
        "said": None if said is None else [*said],
        "told": told,
        "gap": gap(said[-1], bet.at(0, bet.n_round)) if said and told else "",
    }


def require_racer(racer: Racer, bet: Bet) -> None:
    for name, tokens in (("evaluated", racer.evaluated), ("studied", racer.studied)):
        if len(tokens) != bet.n_round + 1 or list(tokens) != sorted(tokens) or tokens[0]:
            raise ValueError(
                f"{racer.name!r}: {name}={[*tokens]}; {bet.n_round + 1} numbers that do not fall, "
                "from 0 on, are wanted"
            )
    runs = {len(runs) for runs in racer.wrong} | {len(racer.after)}
    if len(racer.wrong) != bet.n_round + 1 or len(runs) != 1 or not min(runs):
        raise ValueError(f"{racer.name!r}: the same runs at {bet.n_round + 1} checks are wanted")
    for wrong in (*racer.wrong, [bet.before * bet.n_check // bet.n_test]):
        if not all(0 <= 100 * one <= bet.most * bet.n_check for one in wrong):
            raise ValueError(f"{racer.name!r}: {[*wrong]} is not up to {bet.most} of 100")


def is_guess(said: Sequence[int], bet: Bet) -> bool:
    return len(said) == bet.n_round and all(0 <= one <= bet.most for one in said)


def gap(said: int, answer: float) -> str:
    """How far the answer is from what was drawn: '9 in 100 more than you drew'."""
    apart = round(answer) - said
    if not apart:
        return "as many as you drew"
    return f"{abs(apart)} in 100 {'more' if apart > 0 else 'fewer'} than you drew"


def guess_in(text: str | None) -> list[int] | None:
    """The numbers of a guess as the address has it."""
    return None if text is None else [int(number) for number in text.split(",")]


def allows(n_round: int, most: int) -> tuple[Callable[[str], bool], str]:
    """What a link may say of a guess, and the words for it."""
    form = re.compile(rf"\d{{1,3}}(,\d{{1,3}}){{{n_round - 1}}}", re.ASCII)

    def allowed(text: str) -> bool:
        return form.fullmatch(text) is not None and max(guess_in(text) or [0]) <= most

    return allowed, f"{n_round} whole numbers from 0 to {most}, joined by commas"
