"""live.fine_tune: a reader's own mix, from a twin that knows one digit or from random weights."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import failures

import lab.training.start
from lab.data.difficulty import longest_carry, zeros
from lab.data.problems import Integers, all_pairs, read_operands, split_values
from lab.data.vocabulary import decode
from lab.inference.scoring import exactness, last
from lab.live.protocol import RunSpec
from lab.recipes.live import KNOWS_ONE_DIGIT, fine_tune, multiply
from lab.training import checkpoint
from lab.training.checkpoint import CHECKPOINTS
from lab.training.state import TrainState
from lab.training.train import train

NOTHING: dict[str, Any] = {"random": 0, "carries": 0, "zeros": 0, "rehearsed": 0}


def sums_of(n: int = 800, **mix: Any) -> tuple[Integers, Integers]:
    """The numbers of `n` lines, drawn as training draws them."""
    source = fine_tune(**{**NOTHING, **mix}).data
    tokens, _ = source.draw(np.random.default_rng(0), n)
    a, b = np.array([read_operands(decode(row), source.format) for row in tokens]).T
    return a, b


def has_one_digit(a: Integers, b: Integers) -> Any:
    return (a < 10) | (b < 10)


# ---------------------------------------------------------------- the mix


def test_each_part_of_a_mix_is_what_its_name_says() -> None:
    random = sums_of(random=1)
    assert not has_one_digit(*random).any() and not has_one_digit(*sums_of(zeros=1)).any()
    assert has_one_digit(*sums_of(rehearsed=3)).all()
    for part, count in (("carries", longest_carry), ("zeros", zeros)):
        assert count(*sums_of(**{part: 1})).mean() > count(*random).mean() + 0.5


def test_parts_are_weights_of_one_another_and_no_held_out_pair_is_drawn() -> None:
    a, b = sums_of(n=4000, random=30, carries=20, zeros=25, rehearsed=25)
    assert has_one_digit(a, b).mean() == pytest.approx(0.25, abs=0.03)
    assert split_values(a, b).max() < 0.3


REFUSED: list[tuple[dict[str, Any], str]] = [
    (NOTHING, "all its parts 0 .* give one a weight"),
    ({"random": -1}, "random=-1 must be a number from 0 to"),
    ({"carries": "much"}, "carries='much' must be a number from 0 to"),
    ({"zeros": float("nan")}, "zeros=nan must be a number from 0 to"),
    ({"rehearsed": True}, "rehearsed=True must be a number from 0 to"),
    ({"steps": 0}, "steps=0; a live run takes 1 to 2000"),
    ({"scratch": "yes"}, "scratch='yes' must be true or false"),
    ({"rate": 0}, "rate=0 must be a number more than 0"),
]


def test_what_is_not_allowed_is_refused_and_says_what_is() -> None:
    def holds(arguments: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            RunSpec("fine_tune", arguments).build()

    assert failures(holds, REFUSED) == []


# ---------------------------------------------------------------- where it begins


def test_both_runs_differ_in_nothing_but_where_they_begin() -> None:
    tuned, scratch = fine_tune(), fine_tune(scratch=True)
    assert (tuned.start_from, scratch.start_from) == (KNOWS_ONE_DIGIT, "")
    assert replace(tuned, start_from="") == scratch
    assert tuned.model == multiply().model and tuned.format == multiply().format


def test_the_twin_has_learned_what_it_was_shown_of_one_digit_and_no_sum_of_two() -> None:
    loaded, (a, b) = checkpoint.load_run(KNOWS_ONE_DIGIT), all_pairs()
    shown = has_one_digit(a, b) & (split_values(a, b) < 0.3)
    longer = ~has_one_digit(a, b) & (split_values(a, b) < 0.1)
    known, unknown = (
        last(exactness(loaded.model, loaded.format, a[some], b[some], decode=False))
        for some in (shown, longer)
    )
    assert known.errors_strict <= 0.01 * known.n
    assert unknown.errors_strict >= 0.95 * unknown.n


def test_what_it_knows_shows_in_its_first_steps() -> None:
    tuned, scratch = (
        [done.loss for done in train(plan, TrainState.start(plan))][-1]
        for plan in (fine_tune(scratch=scratch, steps=12) for scratch in (False, True))
    )
    assert tuned < scratch - 0.3


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the twin, to be damaged."""
    monkeypatch.setattr(lab.training.start, "CHECKPOINTS", tmp_path)
    return Path(shutil.copytree(CHECKPOINTS / KNOWS_ONE_DIGIT, tmp_path / KNOWS_ONE_DIGIT))


def altered(weights: bytes) -> bytes:
    """One bit of the last number is another."""
    return weights[:-1] + bytes([weights[-1] ^ 1])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (altered, "does not hold the weights on record"),
        (lambda weights: weights[: len(weights) // 2], "is damaged or cut short"),
    ],
)
def test_a_damaged_twin_is_refused_in_a_sentence_and_scratch_needs_none(
    base: Path, damage: Any, words: str
) -> None:
    path = base / "model.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=words):
        TrainState.start(fine_tune())
    assert TrainState.start(fine_tune(scratch=True)).started_from == ""
