"""serve: every text comes out as it would alone, however the rows are shared."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model, variants

from lab.data.vocabulary import END, Tokens, encode
from lab.inference.generate import generate
from lab.inference.schedule import Policy, Served, Tick
from lab.inference.serving import SPARE, serve
from lab.model.config import GPTConfig, NoPositionsConfig, RotaryPositionsConfig
from lab.model.gpt import GPT

PROMPTS = [encode(t) for t in ("17*82=", "7*8=", "3*46=8", "9*9=", "12*3=", "5*55=", "1*1=")]
LONGEST = 18


def alone(model: GPT, prompt: Tokens, longest: int = LONGEST) -> list[int]:
    steps = generate(model, torch.from_numpy(prompt[None]), max_new=longest - len(prompt))
    return [*prompt.tolist(), *(int(step.ids[0]) for step in steps)]


def loud(config: GPTConfig) -> GPT:
    """A model whose texts end, each at a step of its own."""
    model = tiny_model(config)
    with torch.no_grad():
        model.unembed.weight[END] *= 2.5
    return model


def served(ticks: list[Tick]) -> dict[int, Served]:
    return {one.prompt: one for tick in ticks for one in tick.ended}


@pytest.mark.parametrize("config", variants())
def test_every_text_is_the_one_that_is_written_alone(config: GPTConfig) -> None:
    model = loud(config)
    right = [alone(model, prompt) for prompt in PROMPTS]
    policies: tuple[Policy, ...] = ("static", "continuous")
    for policy, rows in product(policies, (1, 3, 20)):
        done = served(list(serve(model, PROMPTS, rows=rows, longest=LONGEST, policy=policy)))
        texts = [done[number].text.tolist() for number in sorted(done)]
        assert texts == right, (policy, rows)


def test_texts_end_at_steps_of_their_own_in_these_tests() -> None:
    model = loud(replace(BASE, position=RotaryPositionsConfig(100.0)))
    lengths = {len(alone(model, prompt)) - len(prompt) for prompt in PROMPTS}
    assert len(lengths) > 2


@pytest.mark.parametrize("policy", ["static", "continuous"])
def test_no_row_holds_two_texts_at_once_and_all_steps_are_counted(policy: Policy) -> None:
    model = loud(replace(BASE, position=RotaryPositionsConfig(100.0)))
    ticks = list(serve(model, PROMPTS, rows=3, longest=LONGEST, policy=policy))
    assert [tick.step for tick in ticks] == list(range(len(ticks)))
    texts = served(ticks).values()
    for step, tick in enumerate(ticks):
        there = [one.row for one in texts if one.begin <= step < one.end]
        assert len(there) == len(set(there)) == tick.busy <= tick.computed <= 3


def test_a_row_that_is_free_goes_to_the_next_in_line_at_once() -> None:
    model = loud(replace(BASE, position=RotaryPositionsConfig(100.0)))
    ticks = list(serve(model, PROMPTS, rows=3, longest=LONGEST, policy="continuous"))
    done = served(ticks)
    begins = [done[number].begin for number in range(len(PROMPTS))]
    ends = sorted(one.end for one in done.values())
    assert begins == [0, 0, 0, *ends[: len(PROMPTS) - 3]]
    waste = sum(tick.computed - tick.busy for tick in ticks)
    static = list(serve(model, PROMPTS, rows=3, longest=LONGEST, policy="static"))
    assert waste < sum(tick.computed - tick.busy for tick in static)


def test_equally_long_texts_take_longer_if_their_prompts_are_read_token_by_token() -> None:
    """A static batch reads its prompts in one step, and no row of it waits for another."""
    model = tiny_model(replace(BASE, position=RotaryPositionsConfig(100.0)))
    with torch.no_grad():
        model.unembed.weight[END] = 0.0
        model.unembed.weight[3] *= 10
    steps = {
        policy: len(list(serve(model, [PROMPTS[0]] * 6, rows=3, longest=LONGEST, policy=policy)))
        for policy in ("static", "continuous")
    }
    assert steps == {"static": 2 * (LONGEST - 6), "continuous": 2 * (LONGEST - 1)}


def test_a_queue_far_longer_than_the_cache_is_served_in_it() -> None:
    """More slots go by than a cache has: what no text needs is given up."""
    model = loud(replace(BASE, position=NoPositionsConfig()))
    prompts = [PROMPTS[i % len(PROMPTS)] for i in range(40)]
    ticks = list(serve(model, prompts, rows=2, longest=LONGEST, policy="continuous"))
    assert len(ticks) > 2 * (LONGEST + SPARE)
    for number, one in served(ticks).items():
        assert one.text.tolist() == alone(model, prompts[number])


def test_a_text_without_end_is_cut() -> None:
    model = tiny_model()
    with torch.no_grad():
        model.unembed.weight[END] = 0.0
        model.unembed.weight[3] *= 10
    for policy in ("static", "continuous"):
        done = served(list(serve(model, PROMPTS[:4], rows=2, longest=9, policy=policy)))
        assert {len(one.text) for one in done.values()} == {9}


def test_what_cannot_be_served_is_named() -> None:
    model = tiny_model()
    with pytest.raises(ValueError, match="rows=0; at least 1"):
        serve(model, PROMPTS, rows=0, longest=9, policy="static")
    with pytest.raises(ValueError, match="prompt 1 has 0 tokens; 1 to 8 leave room"):
        empty = [PROMPTS[0], np.zeros(0, dtype=np.uint8)]
        serve(model, empty, rows=1, longest=9, policy="continuous")
    with pytest.raises(ValueError, match="prompt 0 has 6 tokens; 1 to 5"):
        serve(model, PROMPTS, rows=1, longest=6, policy="continuous")
    assert list(serve(model, [], rows=2, longest=9, policy="continuous")) == []
    assert list(serve(model, [], rows=2, longest=9, policy="static")) == []
