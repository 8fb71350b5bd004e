"""components.ui.drawings.queue: the same problems on both timelines, each in a slot of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import queue
from components.ui.drawings.queue import Bar, Timeline, queue_data
from lab.data.vocabulary import Tokens, encode
from lab.inference.schedule import Policy
from lab.inference.serving import serve
from lab.model.config import (
    DenseFFNConfig,
    GPTConfig,
    MultiHeadAttentionConfig,
    RotaryPositionsConfig,
)
from lab.model.gpt import GPT

# ---------------------------------------------------------------- what the front end is tried on

QUEUE = ["7*8=65$", "12*34=840+0630=8040$", "3*4=21$", "98*76=885+0686=8447$", "5*6=03$", "9*9=18$"]


def served(title: str, texts: list[str], *, at_once: bool, n_slots: int = 3) -> queue.Timeline:
    """A queue in which every token takes a step. `at_once`: a batch reads its prompts in the step
    that writes a first token, and waits until all of the one before is written.
    """
    free, bars = [0] * n_slots, list[queue.Bar]()
    for i, text in enumerate(texts):
        if at_once and i % n_slots == 0:
            free = [max(free)] * n_slots
        slot = i % n_slots if at_once else free.index(min(free))
        given = text.index("=") + 1
        reading = 0 if at_once else given - 1
        end = free[slot] + reading + len(text) - given
        bars.append(queue.Bar(slot, free[slot], reading, end, text))
        free[slot] = end
    return queue.Timeline(title, bars, max(free), n_slots)


def two_timelines() -> list[queue.Timeline]:
    return [
        served("Static", QUEUE, at_once=True),
        served("Continuous", QUEUE, at_once=False),
    ]


def served_queue() -> Case:
    timelines = two_timelines()

    def counted(timeline: queue.Timeline, step: int) -> dict[str, Any]:
        """From a table of which sum is in a slot at a step, -1 where none is, and which writes."""
        table = np.full((timeline.n_slots, timeline.n_steps + 1), -1)
        writes = np.zeros(table.shape, dtype=bool)
        for i, bar in enumerate(timeline.bars):
            table[bar.slot, bar.start : bar.end] = i
            writes[bar.slot, bar.start + bar.reading : bar.end] = True
        return {
            "tokens": int(writes[:, :step].sum()),
            "idle": float((table[:, :step] < 0).mean()) if step else 0.0,
            "running": sorted(int(i) for i in table[:, step] if i >= 0),
        }

    return case(
        queue,
        lambda: queue.show_queue("k", timelines, alt="A queue"),
        [[counted(one, step) for step in range(one.n_steps + 1)] for one in timelines],
    )


CASES = {"queue": served_queue}


# ---------------------------------------------------------------- what Python sends

STATIC, CONTINUOUS = two_timelines()
LAST = CONTINUOUS.bars[-1]


def sent(continuous: Timeline) -> dict[str, Any]:
    return queue_data([STATIC, continuous])


def with_last(**changed: Any) -> Timeline:
    return replace(CONTINUOUS, bars=[*CONTINUOUS.bars[:-1], replace(LAST, **changed)])


def test_the_browser_gets_every_sum_with_its_slot_and_its_steps() -> None:
    for one, timeline in zip(sent(CONTINUOUS)["timelines"], (STATIC, CONTINUOUS), strict=True):
        assert [Bar(*bar) for bar in one["bars"]] == timeline.bars
        assert [text for *_, text in one["bars"]] == QUEUE
        assert (one["n_steps"], one["n_slots"]) == (timeline.n_steps, 3)


# ---------------------------------------------------------------- from what lab has served

PROMPTS: list[Tokens] = [encode(t) for t in ("7*8=", "123*45=", "3*4=", "98*76=", "5*6=", "9*99=")]
LONGEST = 24


def model() -> GPT:
    made = GPT(
        GPTConfig(
            n_layer=1,
            d_model=8,
            position=RotaryPositionsConfig(100.0),
            attention=MultiHeadAttentionConfig(n_head=2, head_dim=4),
            ffn=DenseFFNConfig(d_ff=16),
        )
    )
    dice = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for p in made.parameters():
            p.copy_(torch.randn(p.shape, generator=dice) + (p.ndim == 1))
    return made.eval()


@pytest.mark.parametrize("policy", ["static", "continuous"])
def test_at_every_step_as_many_bars_stand_as_lab_had_busy_rows(policy: Policy) -> None:
    ticks = list(serve(model(), PROMPTS, rows=2, longest=LONGEST, policy=policy))
    timeline = Timeline.of("One", ticks, [*map(len, PROMPTS)], 2, policy)
    assert len(timeline.bars) == len(PROMPTS)
    for tick in ticks:
        standing = [bar for bar in timeline.bars if bar.start <= tick.step < bar.end]
        assert len(standing) == tick.busy


def test_a_text_is_written_at_the_steps_that_do_not_read_its_prompt() -> None:
    policies: tuple[Policy, ...] = ("static", "continuous")
    timelines = [
        Timeline.of(
            policy,
            list(serve(model(), PROMPTS, rows=2, longest=LONGEST, policy=policy)),
            [*map(len, PROMPTS)],
            2,
            policy,
        )
        for policy in policies
    ]
    for timeline in timelines:
        for bar in timeline.bars:
            assert bar.written == len(bar.text) - (bar.text.index("=") + 1)
    queue_data(timelines)


# ---------------------------------------------------------------- what is refused


def test_one_timeline_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="1 timelines; the drawing compares two"):
        queue_data([STATIC])


def test_timelines_that_do_not_write_the_same_are_not_compared() -> None:
    cases: list[tuple[Any, ...]] = [
        (changed, "'Static' and 'Continuous' do not write the same problems")
        for changed in [{"text": "9*8=27$"}, {"end": LAST.end - 1}]
    ]
    assert not_refused(lambda changed: sent(with_last(**changed)), cases) == []


def test_a_sum_that_its_slot_cannot_hold_is_named() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"slot": 3}, r"slot=3, .* of 'Continuous': its slots are 0 to 2"),
        ({"slot": -1}, r"slot=-1, .* its slots are 0 to 2"),
        ({"end": 99}, r"end=99, .* 0 <= start < end <= \d+ is wanted"),
        ({"start": -1}, r"start=-1, .* is wanted"),
        ({"end": LAST.start}, "is wanted"),
        ({"reading": -1}, "reading=-1, .* reads at least 0 steps and writes 1"),
        ({"reading": LAST.end - LAST.start}, "reads at least 0 steps and writes 1"),
        ({"start": LAST.start - 1}, "share a slot at a step"),
    ]
    assert not_refused(lambda changed: sent(with_last(**changed)), cases) == []


def test_what_cannot_be_drawn_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"n_slots": 17}, "n_slots=17 of 'Continuous'; 1 to 16 can be seen"),
        ({"n_steps": 0}, "n_steps=0 of 'Continuous'; 1 to 2000 can be seen"),
        ({"bars": []}, "'Continuous' serves no problem"),
    ]
    assert not_refused(lambda changed: sent(replace(CONTINUOUS, **changed)), cases) == []
