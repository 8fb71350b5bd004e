"""schedule: texts that are known are served at the same steps as a network that writes them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from lab.data.vocabulary import END, encode
from lab.inference.schedule import Policy, Tick, Written, schedule
from lab.inference.serving import serve
from lab.model.config import RotaryPositionsConfig

PROMPTS = [encode(t) for t in ("17*82=", "7*8=", "3*46=8", "9*9=", "12*3=", "5*55=", "1*1=")]
LONGEST = 18


@pytest.mark.parametrize("policy", ["static", "continuous"])
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 20])
def test_steps_and_rows_are_those_of_the_network_that_writes(policy: Policy, rows: int) -> None:
    model = tiny_model(replace(BASE, position=RotaryPositionsConfig(100.0)))
    with torch.no_grad():
        model.unembed.weight[END] *= 2.5  # so that texts end at steps of their own
    ticks = list(serve(model, PROMPTS, rows=rows, longest=LONGEST, policy=policy))
    texts = {one.prompt: one.text for tick in ticks for one in tick.ended}
    assert len({len(text) for text in texts.values()}) > 2
    known = [Written(texts[n], len(prompt)) for n, prompt in enumerate(PROMPTS)]
    assert described(list(schedule(known, rows=rows, policy=policy))) == described(ticks)


def described(ticks: list[Tick]) -> list[object]:
    return [
        (
            tick.step,
            tick.computed,
            tick.busy,
            sorted((t.prompt, t.row, t.begin, t.end, t.text.tobytes()) for t in tick.ended),
        )
        for tick in ticks
    ]


def test_what_cannot_be_served_is_refused() -> None:
    text = np.zeros(4, dtype=np.uint8)
    with pytest.raises(ValueError, match="rows=0; at least 1 text is written at a time"):
        schedule([Written(text, 2)], rows=0, policy="static")
    for n_given in (0, 4):
        with pytest.raises(ValueError, match=f"n_given={n_given} of text 0; 1 to 3 of its 4"):
            schedule([Written(text, n_given)], rows=1, policy="continuous")
