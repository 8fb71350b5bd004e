"""lab.interp.head_costs: a batch with a head cut in each row is the heads cut one at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tiny import BASE, SAMPLES, blocks_of, forwards, tiny_model

from lab.inference.choosing import up_to_its_end
from lab.inference.token_loss import prices
from lab.inference.transcript import transcribe
from lab.interp.head_costs import head_costs
from lab.model.gpt import GPT
from lab.training.checkpoint import load_run

PROMPT, TEXT = "7*8=", "7*8=0+3$"
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "grouped": {"attention": SAMPLES["attention"]["grouped"]},
    "latent and experts": {
        "position": SAMPLES["position"]["rotary"],
        "attention": SAMPLES["attention"]["latent"],
        "ffn": SAMPLES["ffn"]["experts"],
    },
    "over depth": {"residual": SAMPLES["residual"]["depth"]},
    "fused": {"kernel": SAMPLES["kernel"]["sdpa"]},
}


def without(model: GPT, layer: int, head: int) -> GPT:
    """The same model, its W_O without the columns of a head."""
    attention = blocks_of(model)[layer].attention
    attention.wo.weight.view(-1, attention.n_head, attention.head_dim)[:, head] = 0
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_every_head_costs_what_a_model_without_it_is_charged_more(kind: str) -> None:
    config = replace(BASE, **KINDS[kind])
    whole = prices(tiny_model(config), TEXT)[len(PROMPT) - 1 :].sum()
    found = head_costs(tiny_model(config), TEXT, len(PROMPT))
    assert {(c.layer, c.head) for c in found} == {
        (x.index, head) for x in config.layers for head in range(x.attention.n_head)
    }
    for cost in found:
        cut = without(tiny_model(config), cost.layer, cost.head)
        charged = prices(cut, TEXT)[len(PROMPT) - 1 :].sum()
        assert cost.nats == pytest.approx(charged - whole, abs=1e-9)
        written = transcribe(cut, PROMPT, len(TEXT)).text[len(PROMPT) :]
        assert cost.writes == up_to_its_end(written)


def test_the_dearest_head_comes_first() -> None:
    nats = [cost.nats for cost in head_costs(tiny_model(), TEXT, len(PROMPT))]
    assert nats == sorted(nats, reverse=True) and nats[0] > 0 > nats[-1]


@pytest.mark.parametrize(("text", "given"), [("7*8=", 4), ("7*8=56$", 0), ("", 0), ("7*8=", 9)])
def test_without_a_prompt_or_an_answer_no_head_is_weighed(text: str, given: int) -> None:
    with pytest.raises(ValueError, match="at least one token of a prompt and one of an answer"):
        head_costs(tiny_model(), text, given)


def test_of_the_times_table_some_heads_change_the_answer_and_most_do_not() -> None:
    found = head_costs(load_run("times_table").model, "7*8=56$", 4)
    changed = [cost for cost in found if cost.writes != "56$"]
    assert 0 < len(changed) < len(found) / 2 == 12
    assert found[: len(changed)] == changed


def test_all_heads_of_the_large_model_are_weighed_in_one_forward_and_one_writing() -> None:
    """A row for each head and one for the whole model: no head has a forward of its own, and what
    is written reads the newest token alone."""
    with forwards() as shapes:
        assert len(head_costs(load_run("times_table").model, "7*8=56$", 4)) == 24
    assert shapes == [(25, 6), (25, 4), (25, 1), (25, 1)]
