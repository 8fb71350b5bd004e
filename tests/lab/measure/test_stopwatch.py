"""Pieces are what they say: which steps, which work, and the same tokens with a cache and without.

No test here looks at how many seconds something takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from tiny import BASE, some_tokens, tiny_model, variants

from lab.data.vocabulary import encode
from lab.inference.generate import generate
from lab.measure import phases, stopwatch
from lab.measure.phases import Piece, What, Work, middle, roof
from lab.measure.stopwatch import both_ways, machine, reading, writing
from lab.model.config import DenseFFNConfig, GPTConfig


def prompt_of_two() -> torch.Tensor:
    return torch.stack([torch.from_numpy(encode(text)).long() for text in ("7*8=", "3*4=")])


@pytest.mark.parametrize("config", variants())
def test_both_ways_write_the_same_tokens_at_every_length(config: GPTConfig) -> None:
    model, prompt = tiny_model(config), prompt_of_two()
    steps = list(both_ways(model, prompt, 14))
    assert [(s.length, s.cached) for s in steps] == [
        (length, cached) for length in range(4, 14) for cached in (True, False)
    ]
    for cached, without in zip(steps[::2], steps[1::2], strict=True):
        assert cached.ids.tolist() == without.ids.tolist()
    expected = [s.ids.tolist() for s in generate(model, prompt, max_new=10, stop=None)]
    assert [s.ids.tolist() for s in steps[::2]] == expected


def test_without_a_cache_only_every_so_many_lengths_are_timed() -> None:
    steps = list(both_ways(tiny_model(BASE), prompt_of_two(), 14, every=4))
    assert [s.length for s in steps if s.cached] == list(range(4, 14))
    assert [s.length for s in steps if not s.cached] == [4, 8, 12]


def test_each_piece_is_timed_alone_and_only_when_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = iter(range(100))
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: next(ticks))
    steps = both_ways(tiny_model(BASE), prompt_of_two(), 14)
    assert [next(steps).seconds for _ in range(3)] == [1, 1, 1]
    assert next(ticks) == 6


def test_a_machine_is_measured_by_turns_of_known_work() -> None:
    pieces = list(machine(turns=2, far=1000, near=10))
    assert [piece.what for piece in pieces] == [
        *("product", "product", "far", "far", "near", "near")
    ]
    assert [piece.work.bytes for piece in pieces[2:]] == [4000, 4000, 40, 40]
    assert pieces[0].work.operations == 2 * 1024**3


def test_a_roof_is_the_best_turn_and_not_the_usual_one() -> None:
    work = Work(operations=100, bytes=10)
    pieces = [
        *(Piece("product", work, seconds) for seconds in (4.0, 2.0, 5.0)),
        *(Piece("far", work, seconds) for seconds in (5.0, 10.0)),
        Piece("near", work, 1.0),
        Piece("decode", work, 0.001),
    ]
    assert roof(pieces) == phases.Roof(operations_per_second=50, bytes_per_second=2)
    assert roof(pieces, "near").bytes_per_second == 10
    with pytest.raises(ValueError):
        roof(pieces[3:])


def test_reading_and_writing_say_their_lengths_and_their_work() -> None:
    model, text = tiny_model(BASE), some_tokens(1, 20)
    read = list(reading(model, text, (5, 20), turns=2))
    assert [(piece.what, piece.length) for piece in read] == 2 * [("prefill", 5), ("prefill", 20)]
    assert read[1].work == phases.prefill(BASE, 20)
    written = list(writing(model, text, 6, batch=3, turns=4))
    assert [(p.what, p.batch, p.length) for p in written] == [
        ("prefill", 3, 6),
        *(("decode", 3, length) for length in (7, 8, 9, 10)),
    ]
    assert written[0].work == phases.prefill(BASE, 6, batch=3)
    assert written[-1].work == phases.decode(BASE, 10, batch=3)


def test_of_pieces_that_are_alike_the_middle_one_stands_for_all() -> None:
    def piece(what: What, batch: int, length: int, seconds: float) -> Piece:
        return Piece(what, Work(length, 1), seconds, batch, length)

    def shuffled() -> Iterator[Piece]:
        yield from (piece("decode", 1, length, s) for length, s in ((7, 3.0), (8, 9.0), (9, 4.0)))
        yield from (piece("prefill", 1, 5, s) for s in (2.0, 1.0, 7.0))
        yield piece("prefill", 1, 6, 100.0)
        yield piece("decode", 8, 7, 50.0)

    assert [(p.what, p.batch, p.length, p.seconds) for p in middle(shuffled())] == [
        ("decode", 1, 9, 4.0),
        ("prefill", 1, 5, 2.0),
        ("prefill", 1, 6, 100.0),
        ("decode", 8, 7, 50.0),
    ]


def test_calls_are_counted_as_torch_makes_them() -> None:
    """One layer fewer saves a layer's calls; a larger layer none."""
    called = [stopwatch.calls_of_a_step(replace(BASE, n_layer=n), 5) for n in (1, 2, 6)]
    assert called[2] - called[1] == 4 * (called[1] - called[0]) > 0
    larger = replace(BASE, n_layer=6, ffn=DenseFFNConfig(d_ff=64))
    assert stopwatch.calls_of_a_step(larger, 5) == called[2]
