"""The worked numbers in the prose of page 03: computed by lab, by their names in the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

from components.ui.chapters.ch03 import probes
from components.ui.chapters.ch03.probes import FACTORS, FIRST, FORM, PLACE
from components.ui.computed_ahead import ahead
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN
from components.ui.words import spelled
from lab.data.vocabulary import VOCABULARY
from lab.exercises.chain_of_thought_exercises import QUIET
from lab.numerals import written

if TYPE_CHECKING:
    from lab.interp.taken_out import TakenOut
    from lab.model.config import GPTConfig

logit_lens = lazily("lab.interp.logit_lens")
recipes = lazily("lab.recipes.recipe_index")

A, B = probes.RECORDED
DIGITS = [3.0, 7.0, 4.0, 8.0]


@lru_cache
def config() -> GPTConfig:
    """From the recipe, before the weights are read: prose above the first figure names sizes."""
    return recipes.recipe(BOOK_RUN).model


def text() -> str:
    return probes.text_of(A, B)


def times_as_wide() -> int:
    """The hidden layer of the FFN, as a multiple of the stream."""
    from lab.model.config import DenseFFNConfig

    network = config()
    assert isinstance(network.ffn, DenseFFNConfig)
    return network.ffn.d_ff // network.d_model


# ---------------------------------------------------------------- the guesses

N_WRITTEN = FORM.length - FIRST

READ_EARLY = Dragged(Axis(f"of {N_WRITTEN} tokens", 0, N_WRITTEN), "read before the last layer")


def read_before_the_last(text: str) -> Answer:
    right, n = probes.read_before_the_last(text)
    return Answer(right, f"{right} of {n}")


CHANGES = ("none", "fewer than half", "half or more", "all")


def that_change(found: TakenOut) -> int:
    """Parts without which the text is another."""
    return sum(one.text != found.text for one in found.without.values())


def parts_that_change(found: TakenOut) -> Answer:
    right, n = that_change(found), len(found.without)
    return Answer(right, f"{right} of {n}")


def to_change(found: TakenOut) -> Dragged:
    """The frame of the guess."""
    return Dragged(Axis("of all parts", 0, len(found.without)), "change a token")


def taken_out_rows(found: TakenOut) -> list[dict[str, object]]:
    """What the figure of the parts shows, a row for each token and part."""
    return [
        {
            "token": f"{found.given + i} {found.text[found.given + i]}",
            "over": found.rivals[i],
            "part": part,
            "adds": added[i],
            "lead": found.leads[i],
            "lead without it": found.without[part].leads[i] if part in found.without else None,
        }
        for part, added in found.added.items()
        for i in range(len(found.leads))
    ]


SIZES: dict[str, Callable[[], str]] = {
    "layers": lambda: spelled(config().n_layer),
    "contributions": lambda: spelled(2 * config().n_layer),
    "d_model": lambda: f"{config().d_model}",
    "vocab": lambda: spelled(len(VOCABULARY)),
    "wider": lambda: spelled(times_as_wide()),
    "ffn_squares": lambda: f"{2 * times_as_wide()}",
    "epsilon": lambda: f"{config().norm_eps:f}",
}

# ---------------------------------------------------------------- the notebook and the norm


def left_over() -> str:
    _, largest = probes.off_the_start(text())
    return f"{spelled(ceil(1e6 * largest))} millionths"


def length_of(line: str) -> str:
    lines, contributions, _ = probes.line_lengths(text())
    return f"{contributions[lines.index(line), PLACE - 1]:,.0f}"


def length_at_the_end() -> str:
    _, _, sums = probes.line_lengths(text())
    return f"{sums[-1, PLACE - 1]:,.0f}"


@ahead
def root_mean_square() -> float:
    return logit_lens.root_mean_square(DIGITS)


@ahead
def normed(factor: float) -> str:
    return "; ".join(f"{y:.3f}" for y in logit_lens.normalised([factor * x for x in DIGITS]))


def digits(factor: int) -> str:
    return "; ".join(f"{factor * x:,.0f}" for x in DIGITS)


STREAM: dict[str, Callable[[], str]] = {
    "left": left_over,
    "token_contribution": lambda: length_of("token"),
    "ffn_contribution": lambda: length_of("FFN 0"),
    "stream_length": length_at_the_end,
    "loudest": lambda: f"{FACTORS[-1]:,}",
    "rms": lambda: f"{root_mean_square():.3f}",
    "normed": lambda: normed(1),
    "digits": lambda: digits(1),
    "loud_digits": lambda: digits(FACTORS[-1]),
    "normed_loud": lambda: normed(FACTORS[-1]),
}

# ---------------------------------------------------------------- the FFN, and a digit as a sum


@ahead
@lru_cache
def ffn_off() -> str:
    mine, its = logit_lens.ffn_in_numpy(probes.model(), text(), 0)
    return f"{1e6 * logit_lens.relative_error(mine, its):.1f} millionths"


def ffn_share() -> str:
    sizes = probes.numbers_by_part()
    return f"{100 * sizes['ffn'] / sum(sizes.values()):.0f} in 100"


def millions(part: str) -> str:
    return f"{probes.numbers_by_part()[part] / 1e6:.2f} million"


def recorded() -> TakenOut:
    return probes.taken_out(A, B)


def here(numbers: Sequence[float]) -> float:
    """Of the token that the page follows."""
    return numbers[PLACE - FIRST]


def together(*kinds: str) -> str:
    """What the parts of these kinds add to its lead."""
    mine = [here(by) for part, by in recorded().added.items() if part.split()[0] in kinds]
    return f"{sum(mine):+.2f}"


def short_bar() -> str:
    """The part without which least of the lead is left: its bar is short."""
    return min(recorded().without, key=lambda part: here(recorded().without[part].leads))


def long_bar() -> str:
    """The part with the longest bar."""
    return max(recorded().added, key=lambda part: here(recorded().added[part]))


def lead_less_the_long_bar() -> float:
    """Of the two numbers as they are written, so that a reader can check it."""
    return round(here(recorded().leads), 2) - round(here(recorded().added[long_bar()]), 2)


def left_without(part: str) -> str:
    return written(here(recorded().without[part].leads), "{:.2f}")


PARTS: dict[str, Callable[[], str]] = {
    "ffn_off": ffn_off,
    "ffn_share": ffn_share,
    "ffn_numbers": lambda: millions("ffn"),
    "attention_numbers": lambda: millions("attention"),
    "first_product": lambda: first_product(),
    "units_first": lambda: recorded().text[FIRST : PLACE + 1],
    "lead": lambda: f"{here(recorded().leads):.2f}",
    "heads_added": lambda: together("head"),
    "ffns_added": lambda: together("FFN"),
    "given_added": lambda: together("token", "position"),
    "short_bar": short_bar,
    "short_added": lambda: written(here(recorded().added[short_bar()]), "{:+.2f}"),
    "short_left": lambda: left_without(short_bar()),
    "short_says": lambda: recorded().without[short_bar()].says[PLACE - FIRST],
    "long_bar": long_bar,
    "long_added": lambda: f"{here(recorded().added[long_bar()]):+.2f}",
    "long_subtracted": lambda: f"{lead_less_the_long_bar():.2f}",
    "long_left": lambda: left_without(long_bar()),
    "quiet": lambda: spelled(QUIET),
}


def first_product() -> str:
    """Of the recorded problem, in one piece wherever a line ends."""
    a, b = probes.RECORDED
    return f"{a} × {b % 10} = {a * (b % 10)}".replace(" ", "\u00a0")


CALC = SIZES | STREAM | PARTS
