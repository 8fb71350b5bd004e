"""What the models of chapter 4 are asked, kept for readers that ask the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import streamlit as st

from components.ui import computed_apart
from components.ui.chapters.ch40.claims import BATCHES, GIVEN, READ, SUM, Machine, config_of
from components.ui.computed_ahead import ahead, kept_ahead
from components.ui.computed_apart import apart_each_time, key_of
from components.ui.drawings.kept import kept_data
from components.ui.drawings.queue import Timeline
from components.ui.lazily import lazily
from components.ui.live.measuring import ByTurns, Measuring, Turn, take_turn
from components.ui.loaded_models import BOOK_RUN, loaded_run
from components.ui.words import size
from lab.data.coverage import Pair
from lab.data.problems import Format
from lab.data.samples import hashed_pairs
from lab.data.vocabulary import Tokens, decode, encode
from lab.inference.schedule import Written, schedule
from lab.recipes.recipe_index import recipe

if TYPE_CHECKING:
    from torch import Tensor

    from lab.inference.drafted import Round
    from lab.inference.schedule import Policy
    from lab.measure.cache_growth import Kept
    from lab.measure.clocked import Clocked
    from lab.measure.phases import Piece, TimedStep
    from lab.model.gpt import GPT
    from lab.published.cards import Card
    from lab.published.models import Model

cards = lazily("lab.published.cards")
clocks = lazily("lab.measure.clocked")
cost = lazily("lab.model.cost")
drafting = lazily("lab.inference.speculative")
evaluate = lazily("lab.inference.scoring")
generating = lazily("lab.inference.generate")
growth = lazily("lab.measure.cache_growth")
lengths = lazily("lab.experiments.lengths")
mixed = lazily("lab.experiments.batching_and_drafting")
networks = lazily("lab.experiments.served_models")
phases = lazily("lab.measure.phases")
published = lazily("lab.published.models")
serving = lazily("lab.inference.serving")
spoiled = lazily("lab.measure.spoiled_cache")
stopwatch = lazily("lab.measure.stopwatch")
torch = lazily("torch")

Step = TypeVar("Step")

FORM = Format("cot_reversed")
SHIFTED, PLACELESS = "rope_small", "reach_none"
"""A rotary run of which all positions move, and one without positions."""

N_SUMS = 200


# ---------------------------------------------------------------- 1. earlier lines

OPENING_LAYER, OPENING_HEAD = 2, 0


@ahead
def lines_of(text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Queries, keys and values of one head while `text` is written, (T, Dk) each, in float32."""
    found = growth.queries_keys_values(loaded_run(BOOK_RUN).model, text)
    q, k, v = (x[OPENING_LAYER, OPENING_HEAD].astype(np.float32) for x in found)
    return q, k, v


@st.cache_data(show_spinner=False, max_entries=20)
def kept(text: str, causal: bool) -> Kept:
    """What a cache would hold after each token of a text, with the mask or without it."""
    return growth.kept(loaded_run(BOOK_RUN).model, text, causal=causal)


@ahead
def drawn_lines(text: str) -> dict[str, Any]:
    """The same of the first head of every layer, as the drawing has it."""
    both = kept(text, causal=True), kept(text, causal=False)
    return kept_data(text, *both, head=0, start=FORM.prompt_length)


@ahead
def changes(text: str, causal: bool) -> np.ndarray:
    """The largest change of an earlier line when a token is added, (T - 1, L), from 1 token on.

    In parts of the largest number of its layer, keys or values, whichever moves more.
    """
    both = kept(text, causal)
    shares = [lines.changes() / largest(lines.after[-1]) for lines in (both.keys, both.values)]
    return np.maximum(*shares)


def rows_of_changes(text: str) -> list[dict[str, Any]]:
    """A row for every number of tokens, layer, and mask: the change that one token more makes."""
    return [
        {"tokens": t, "layer": layer, "mask": mask, "change": float(change)}
        for mask in (True, False)
        for t, layers in enumerate(changes(text, causal=mask), 1)
        for layer, change in enumerate(layers)
    ]


def largest(lines: np.ndarray) -> np.ndarray:
    """The largest size of a number in each layer, (L, H, T, Dk) -> (L,)"""
    return abs(lines).max(axis=(1, 2, 3))


# ---------------------------------------------------------------- 5. what it costs

OWN = "the book's network"


@st.cache_resource(show_spinner=False)
def models() -> dict[str, Model]:
    """The book's own network and those whose sizes are published, by their names."""
    own = published.ours(OWN, recipe(BOOK_RUN).model)
    return {model.name: model for model in (own, *published.MODELS)}


def smallest_card(n_bytes: float) -> Card | None:
    """Of all cards the first that holds as much."""
    return next((card for card in cards.CARDS if card.memory >= n_bytes), None)


def in_memory(model: Model, kept: float, bytes_per_number: float, n_token: int) -> str:
    """What a token leaves and what all leave, which card holds it, and where the sizes are from."""
    total, times = model.weight_bytes + kept, kept / model.weight_bytes
    card, last = smallest_card(total), cards.CARDS[-1]
    share = f"{times:,.{0 if times >= 10 else 2}f} times" if times >= 0.01 else "a small part of"
    said = [
        f"A token leaves **{size(model.cache_bytes(bytes_per_number, 1))}**, and all of them "
        f"**{size(kept)}**: {share} the {size(model.weight_bytes)} of the weights.",
        f"An {card.name} with {size(card.memory)} holds both."
        if card
        else f"No card here holds both: it takes the memory of {math.ceil(total / last.memory):,} "
        f"{last.name}s.",
    ]
    if model.source:
        said.append(f"Sizes of {model.name}: [source]({model.source}).")
    if n_token > model.longest_text:
        said.append(
            f"{model.name[0].upper()}{model.name[1:]} reads up to {model.longest_text:,} tokens; "
            f"beyond, this is arithmetic."
        )
    return " ".join(said)


# ---------------------------------------------------------------- 6. break it

STALE, FIRST, OFFSET, SHARED = "stale", "first", "offset", "shared"
FAULTS = {
    STALE: "a stale prompt",
    FIRST: "a stale first number",
    OFFSET: "one position too far",
    SHARED: "shared with a stranger",
}
APART = 30
"""How far from the reader's own tokens a stranger's are told that they stand."""

KINDS = {
    STALE: "a stale cache",
    FIRST: "a stale cache",
    OFFSET: "one position too far",
    SHARED: "a shared cache",
}
"""What a reader guesses among."""

RIGHT, ANOTHER = "right", "the right working of another problem"
MISTAKE = "a mistake in the working"
STRANGERS: tuple[Pair, Pair] = ((56, 78), (12, 34))


def stranger_to(a: int, b: int) -> Pair:
    """Whose prompt the cache held before, or who reads beside a reader of a x b."""
    return next(pair for pair in STRANGERS if pair != (a, b))


def write_spoiled(run: str, fault: str, given: Tokens, other: Tokens) -> Tokens:
    """What a run writes, on from prompts (N, T), with a cache that has this fault."""
    model = loaded_run(run).model
    match fault:
        case "stale":
            return spoiled.stale(model, given, other, FORM.length, range(given.shape[1] - 1))
        case "first":
            return spoiled.stale(model, given, other, FORM.length, range(FORM.p))
        case "offset":
            return spoiled.misplaced(model, given, FORM.length, 1)
        case "shared":
            return spoiled.shared(model, given, other, FORM.length)
        case "all moved":
            return spoiled.misplaced(model, given, FORM.length, 1, from_the_start=True)
        case "apart":
            return spoiled.shared(model, given, other, FORM.length, APART)
        case "twins":
            return spoiled.shared(model, given, given, FORM.length)
        case _:
            raise ValueError(f"fault={fault!r} is not one of {', '.join(FAULTS)}")


@ahead
def one_spoiled(fault: str, a: int, b: int) -> str:
    """What the book's network writes for a x b with a cache that has this fault."""
    given, other = (FORM.prompt(*pair) for pair in ((a, b), stranger_to(a, b)))
    return decode(write_spoiled(BOOK_RUN, fault, given, other)[0])


def sums_and_strangers() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The sums of the count, a and b, and for each the numbers of the one half the list away."""
    a, b = hashed_pairs(N_SUMS)
    return a, b, np.roll(a, N_SUMS // 2), np.roll(b, N_SUMS // 2)


@ahead
@lru_cache(maxsize=20)
def all_spoiled(run: str, fault: str) -> Tokens:
    """What a run writes for all sums of the count. (N, L)"""
    a, b, other_a, other_b = sums_and_strangers()
    return write_spoiled(run, fault, FORM.prompt(a, b), FORM.prompt(other_a, other_b))


@ahead
def all_sound(run: str) -> Tokens:
    """The same with a sound cache."""
    a, b = hashed_pairs(N_SUMS)
    return evaluate.go_on(loaded_run(run).model, FORM.prompt(a, b), FORM.length)


def changed(run: str, fault: str) -> int:
    """How many texts differ from those of a sound cache."""
    return int((all_spoiled(run, fault) != all_sound(run)).any(axis=1).sum())


@ahead
def fates(fault: str) -> dict[str, int]:
    """Texts of the book's network: right, right for another sum, or with a mistake in them."""
    a, b = hashed_pairs(N_SUMS)
    texts = all_spoiled(BOOK_RUN, fault)
    right = (texts == FORM.render(a, b)[0]).all(axis=1)
    flawless = spoiled.holds_right_working(FORM, texts)
    return {
        RIGHT: int(right.sum()),
        ANOTHER: int((flawless & ~right).sum()),
        MISTAKE: int((~flawless).sum()),
    }


def plausible() -> dict[str, int]:
    """By the kind of fault, how many texts are the right working of another sum at most."""
    found = dict.fromkeys(KINDS.values(), 0)
    for fault, kind in KINDS.items():
        found[kind] = max(found[kind], fates(fault)[ANOTHER])
    return found


def most_plausible() -> str:
    """The kind of fault whose texts are most often the right working of another sum."""
    found = plausible()
    return max(found, key=found.__getitem__)


def rows_of_fates(faults: Sequence[str] = tuple(FAULTS)) -> list[dict[str, Any]]:
    """A part of a bar for each fault and fate."""
    return [
        {"fault": FAULTS[fault], "fate": fate, "rank": rank, "n": n}
        for fault in faults
        for rank, (fate, n) in enumerate(fates(fault).items())
    ]


# ---------------------------------------------------------------- networks that serve

FAR = "far_coupled"
LONG_FORM = Format("cot_reversed", 4, 4, padded=False)
DRAFTS = {
    "draft_tiny": "one layer",
    "draft_small": "two layers",
    FAR: "itself",
}
"""Networks that draft, as readers choose them; the last is a check: all it drafts is kept."""

SMALL = tuple(name for name in DRAFTS if name != FAR)
DRAFTED = (1, 2, 4, 8)
SUMS, SLOTS, MOST_DRAWN = (16, 32, 64), (2, 4, 8, 16), 9
POLICIES: dict[Policy, str] = {
    "static": "static: a batch ends together",
    "continuous": "continuous: a slot is given away",
}


def limited(run: str) -> GPT:
    """A run on two axes with the limit that lets it write long sums."""
    return lengths.clipped(loaded_run(run).model, networks.LIMIT)


class Begun(Generic[Step]):
    """What takes long, in the process that computes: as far as its readers have asked.

    Few are kept. One that was forgotten begins anew; that time it is asked to its end at once, or
    with many readers none might ever come there.
    """

    def __init__(self, steps: Iterator[Step]) -> None:
        self.steps, self.seen = steps, list[Step]()

    def go_on(self) -> Sequence[Step]:
        self.seen += take_turn(self.steps).pieces
        return self.seen

    def end(self) -> Sequence[Step]:
        self.seen += self.steps
        return self.seen


def at_hand(compute: Callable[..., Any], *asked: Any) -> bool:
    """Whether an answer is kept, of this page untouched or of another reader."""
    key = key_of(compute, asked, {})
    return key in kept_ahead() or computed_apart.here.answers.get(key) is not None


N_WRITTEN = 4
"""Pieces in which a problem is timed: a short one of both ways that warms up, then both."""


@lru_cache(maxsize=8)
def clocking(a: int, b: int) -> Begun[Clocked]:
    """Once each way, since a reader waits for it."""
    given = f"{a}*{b}="
    shape = LONG_FORM.shape_of(given)
    return Begun(clocks.by_turns(limited(FAR), given, shape.length - len(given), repeats=1))


@ahead
def both_clocked(a: int, b: int) -> tuple[Clocked, Clocked]:
    """The working of a x b without a cache, and with one."""
    return clocks.both_typical(clocking(a, b).end())


@apart_each_time
def n_clocked(a: int, b: int) -> int:
    return len(clocking(a, b).go_on())


def clock_both(a: int, b: int) -> tuple[Clocked, Clocked]:
    """The same, and a bar tells how far it has come."""
    if not at_hand(both_clocked, a, b):
        said, before = "The problem is written without a cache and with one, and timed", 0
        bar = st.progress(0.0, said)
        while before < (n := n_clocked(a, b)) < N_WRITTEN:
            bar.progress(n / N_WRITTEN, said)
            before = n
        bar.empty()
    return both_clocked(a, b)


@ahead
def queue_of(n: int, seed: int) -> tuple[list[str], list[int]]:
    """The texts that the network writes for `n` sums drawn by a seed, all in one batch, and how
    many tokens of each are its prompt."""
    texts, given = mixed.mixed_sums(n, seed)
    prompts = [text[:t] for text, t in zip(texts, given, strict=True)]
    ticks = serving.serve(limited(FAR), prompts, rows=n, longest=LONG_FORM.length, policy="static")
    written = {one.prompt: decode(one.text) for tick in ticks for one in tick.ended}
    return [written[number] for number in range(n)], given


def every_queue() -> list[tuple[int, int]]:
    """What `queue_of` is asked on the page: few enough to be computed ahead."""
    return [(n, seed) for n in SUMS for seed in range(MOST_DRAWN + 1)]


def both_served(n: int, rows: int, seed: int) -> list[Timeline]:
    """A queue of `n` sums drawn by a seed, served in two ways. What is written does not depend on
    the way, so it is written once."""
    texts, given = queue_of(n, seed)
    queue = [Written(encode(text), t) for text, t in zip(texts, given, strict=True)]
    return [
        Timeline.of(title, list(schedule(queue, rows=rows, policy=policy)), given, rows, policy)
        for policy, title in POLICIES.items()
    ]


@dataclass(frozen=True)
class Drafting:
    """One sum written by drafts that are checked, and whether it is what is written alone."""

    prompt: str
    rounds: Sequence[Round]
    same: bool

    @property
    def written(self) -> int:
        return sum(len(one.written) for one in self.rounds)


@ahead
def drafted(a: int, b: int, draft: str, n_draft: int) -> Drafting:
    given = f"{a}*{b}="
    prompt = torch.from_numpy(encode(given))[None]
    most = LONG_FORM.shape_of(given).length - len(given)
    rounds = list(
        drafting.speculate(limited(FAR), limited(draft), prompt, max_new=most, n_draft=n_draft)
    )
    own = [int(step.ids[0]) for step in generating.generate(limited(FAR), prompt, max_new=most)]
    return Drafting(given, rounds, own == [token for one in rounds for token in one.written])


# ---------------------------------------------------------------- measured here and now

TURNS, IN_MEMORY = 5, 2**24
"""How often each is timed here and now, and how many numbers are summed from memory: 67 MB."""

ROOF_SECONDS, TOKEN_SECONDS = 8.0, 12.0


PROMPT = Format("cot_reversed", 1, 1)
"""The sum that the record begins with as well: 7*8=."""

HERE = {1: (256, 1), 8: (128, 8)}
"""By texts side by side, how long they get here and now, and every how many lengths are timed
without a cache: so that no piece takes much longer than a third of a second."""


def network() -> GPT:
    """With its limit, the network that is timed: it writes sums of up to ten by ten digits."""
    return limited(FAR)


def text_to_read() -> Tensor:
    """A right text of ten by ten digits, (1, T)."""
    a, b = np.array([[3_748_374_837], [4_837_483_748]])
    return torch.from_numpy(SUM.render(a, b)[0]).long()


def start_roof() -> Measuring[Piece]:
    """The machine first, then what is read, then what is written."""
    n = 3 * TURNS + len(READ) * TURNS + len(BATCHES) * (1 + GIVEN)
    return ByTurns(lambda seen: roof_measured(len(seen)), n, ROOF_SECONDS)


@apart_each_time
def roof_measured(done: int) -> Turn[Piece]:
    """Behind so many pieces that are done."""
    return take_turn(roof_pieces(done))


def roof_pieces(done: int) -> Iterator[Piece]:
    model, text = network(), text_to_read()
    near = cost.matrix_bytes(model.config, 4) // 4

    def written(batch: int) -> Callable[[int], Iterator[Piece]]:
        return lambda done: stopwatch.writing(model, text, GIVEN, batch, GIVEN, done)

    stages: list[tuple[int, Callable[[int], Iterator[Piece]]]] = [
        (TURNS, lambda done: stopwatch.products(TURNS - done)),
        (TURNS, lambda done: stopwatch.sums("far", IN_MEMORY, TURNS - done)),
        (TURNS, lambda done: stopwatch.sums("near", near, TURNS - done)),
        (TURNS * len(READ), lambda done: stopwatch.reading(model, text, READ, TURNS, done)),
        *((1 + GIVEN, written(batch)) for batch in BATCHES),
    ]
    for n, pieces in stages:
        if done < n:
            yield from pieces(done)
        done = max(0, done - n)


def machine_here(pieces: Sequence[Piece]) -> Machine | None:
    """None until the machine itself is measured."""
    machine = [piece for piece in pieces if piece.what not in ("prefill", "decode")]
    if len(machine) < 3 * TURNS:
        return None
    asked = [
        piece
        for piece in pieces
        if piece.what == "decode" or (piece.what == "prefill" and piece.batch == 1)
    ]
    return Machine(
        "here and now",
        phases.roof(machine, "far"),
        phases.roof(machine, "near"),
        phases.middle(asked),
    )


@ahead
def calls(model: str) -> int:
    """Of torch, by a step of decoding of a network that was timed."""
    return stopwatch.calls_of_a_step(config_of(model), GIVEN)


def start_tokens(batch: int) -> Measuring[TimedStep]:
    """Both ways by turns, step by step, from the prompt on."""
    longest, every = HERE[batch]
    n = longest - PROMPT.prompt_length
    return ByTurns(
        lambda seen: tokens_measured(batch, longest, every, seen), n + -(-n // every), TOKEN_SECONDS
    )


@apart_each_time
def tokens_measured(
    batch: int, longest: int, every: int, done: Sequence[TimedStep]
) -> Turn[TimedStep]:
    prompt = torch.from_numpy(PROMPT.prompt(7, 8)).long().repeat(batch, 1)
    return take_turn(stopwatch.both_ways(network(), prompt, longest, every, done))
