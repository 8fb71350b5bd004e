"""speculate: whatever the draft says, what is written is what the model writes alone."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import BASE, tiny_model, variants

from lab.data.vocabulary import END, encode
from lab.inference.generate import generate
from lab.inference.speculative import agreeing, speculate, until
from lab.model.config import GPTConfig, NoPositionsConfig
from lab.model.gpt import GPT

PROMPT = torch.from_numpy(encode("17*82="))[None]


def alone(model: GPT, max_new: int, stop: int | None = None) -> list[int]:
    return [int(s.ids[0]) for s in generate(model, PROMPT, max_new=max_new, stop=stop)]


@pytest.mark.parametrize("config", variants())
def test_a_strangers_draft_changes_no_token(config: GPTConfig) -> None:
    """The draft is another random network: it is nearly always wrong, and sometimes right."""
    model, draft = tiny_model(config), tiny_model(config, seed=1)
    for n_draft in (1, 3, 7):
        rounds = list(speculate(model, draft, PROMPT, max_new=12, n_draft=n_draft, stop=None))
        assert [t for one in rounds for t in one.written] == alone(model, 12)
        for one in rounds:
            assert one.written[: one.accepted] == one.drafted[: len(one.written)][: one.accepted]


def test_a_model_that_drafts_for_itself_is_always_believed() -> None:
    model = tiny_model()
    rounds = list(speculate(model, model, PROMPT, max_new=12, n_draft=3, stop=None))
    assert [one.accepted for one in rounds] == [3, 3, 3]
    assert [len(one.written) for one in rounds] == [4, 4, 4]


def test_a_draft_that_is_always_wrong_costs_a_round_a_token() -> None:
    model, draft = tiny_model(), tiny_model()
    with torch.no_grad():
        draft.unembed.weight.neg_()
    rounds = list(speculate(model, draft, PROMPT, max_new=9, n_draft=4, stop=None))
    assert [one.accepted for one in rounds] == [0] * 9
    assert [t for one in rounds for t in one.written] == alone(model, 9)


def test_nothing_is_written_behind_the_end() -> None:
    model, draft = (tiny_model(replace(BASE, position=NoPositionsConfig()), seed=s) for s in (0, 1))
    with torch.no_grad():
        model.unembed.weight[END] *= 3
    own = alone(model, 200, stop=END)
    assert own[-1] == END and 1 < len(own) < 200
    for guesser in (draft, model):
        rounds = speculate(model, guesser, PROMPT, max_new=200, n_draft=5)
        assert [t for one in rounds for t in one.written] == own


@given(st.lists(st.integers(0, 2), min_size=1, max_size=6), st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_accepted_ends_at_the_first_difference(drafted: list[int], data: st.DataObject):
    own = data.draw(
        st.lists(st.integers(0, 2), min_size=len(drafted) + 1, max_size=len(drafted) + 1)
    )
    expected = next((i for i, (x, y) in enumerate(zip(drafted, own)) if x != y), len(drafted))  # noqa: B905
    assert agreeing(torch.tensor(drafted), torch.tensor(own)) == expected


def test_a_text_is_cut_behind_its_first_end_and_only_there() -> None:
    text = torch.tensor([3, END, 4, END])
    assert until(END, text).tolist() == [3, END]
    assert until(END, text[2:3]).tolist() == [4]
    assert until(None, text).tolist() == text.tolist()


def test_what_cannot_be_drafted_is_named() -> None:
    model = tiny_model()
    other = tiny_model(replace(BASE, vocab_size=17))
    with pytest.raises(ValueError, match="the draft knows 17 tokens and the model 16"):
        next(speculate(model, other, PROMPT, max_new=3, n_draft=2))
    with pytest.raises(ValueError, match="2 texts; one is drafted for at a time"):
        next(speculate(model, model, PROMPT.repeat(2, 1), max_new=3, n_draft=2))
    with pytest.raises(ValueError, match="n_draft=0; at least 1"):
        next(speculate(model, model, PROMPT, max_new=3, n_draft=0))
    with pytest.raises(ValueError, match="the prompt is empty"):
        next(speculate(model, model, PROMPT[:, :0], max_new=3, n_draft=2))


def test_the_room_of_a_learned_table_is_never_passed_by_a_draft() -> None:
    """Positions end at 32: the last rounds draft less."""
    model, draft = tiny_model(), tiny_model(seed=1)
    room = 32 - PROMPT.shape[1] + 1
    rounds = list(speculate(model, draft, PROMPT, max_new=room, n_draft=8, stop=None))
    assert sum(len(one.written) for one in rounds) == room
