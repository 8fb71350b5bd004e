"""lab.inference.scoring: counts against counting by hand, bounds against exact fractions."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, blocks_of, tiny_model, tiny_recipe

from lab.data.problems import Format, Integers, all_pairs
from lab.data.vocabulary import decode, encode
from lab.inference import scoring as evaluate
from lab.inference.scoring import (
    RIGHT,
    Score,
    decode_all,
    exactness,
    first_wrong,
    go_on,
    last,
    score,
    teacher_forced,
    teacher_forced_all,
    teacher_forced_in_chunks,
    teacher_forced_in_streams,
    up_to_the_end,
)
from lab.interp.intervene import Node, ablate, scale, steer
from lab.model.config import (
    ClippedCoupledRotaryPositionsConfig,
    CoupledRotaryPositionsConfig,
    DenseFFNConfig,
    MultiHeadAttentionConfig,
    RotaryPositionsConfig,
)
from lab.model.gpt import GPT
from lab.model.trace import Edit
from lab.training.state import TrainState
from lab.training.train import train

FORM = Format("cot_reversed", 1, 2)
COUPLED, CLIPPED = (
    CoupledRotaryPositionsConfig(9.0),
    ClippedCoupledRotaryPositionsConfig(9.0, 1.0, 2, 1),
)


@pytest.fixture(scope="module")
def half_trained() -> GPT:
    """A model that is right on some sums and wrong on others."""
    config = replace(
        BASE,
        d_model=32,
        attention=MultiHeadAttentionConfig(n_head=2, head_dim=16),
        ffn=DenseFFNConfig(64),
    )
    recipe = tiny_recipe(model=config, format=FORM, steps=220, batch_size=64, rate=0.01)
    state = TrainState.start(recipe)
    for _ in train(recipe, state):
        pass
    return state.model.eval().requires_grad_(False)


def some_pairs(n: int) -> tuple[Integers, Integers]:
    """`n` of the 1,000 pairs, drawn by a seed."""
    drawn = np.random.default_rng(0).choice(1000, n, replace=False)
    a, b = all_pairs(1, 2)
    return a[drawn], b[drawn]


# ---------------------------------------------------------------- counting


def test_scores_count_wrong_texts_and_wrong_answers() -> None:
    form = Format("cot_reversed")
    a, b = np.array([12, 12, 12, 12, 12, 0]), np.array([34, 34, 34, 34, 34, 7])
    texts = [
        "12*34=840+0630=8040$",  # right
        "12*34=841+0630=8040$",  # wrong working, right answer
        "12*34=840+0630=8041$",  # right working, wrong answer
        "12*34=840+0630=9040$",  # the answer's first digit is wrong
        "12*34=840+0630=8040+",  # right answer, no end
        "00*07=000+0000=000$$",  # the answer's last digit is missing
    ]
    got = score(form, a, b, np.stack([encode(text) for text in texts]))
    assert got == Score(n=6, errors_strict=5, errors_answer=3)
    where = first_wrong(form, a, b, np.stack([encode(text) for text in texts]))
    assert where.tolist() == [RIGHT, 8, 18, 15, 19, 18]


def test_the_first_wrong_token_is_found_past_the_255th() -> None:
    form = Format("cot_reversed", 20, 20)
    a, b = np.array([10**20 - 1] * 4), np.array([10**19 + 7] * 4)
    texts, _ = form.render(a, b)
    changed = [255, 300, form.length - 1]
    texts[[0, 1, 2], changed] ^= 1
    assert first_wrong(form, a, b, texts).tolist() == [*changed, RIGHT]
    assert RIGHT not in range(form.length)


def test_scores_add_up() -> None:
    assert Score(5, 4, 2) + Score(10, 1, 0) == Score(15, 5, 2)
    assert last(iter([Score(1, 0, 0), Score(3, 2, 1)])) == Score(3, 2, 1)
    assert last(iter([])) == Score(0, 0, 0)


def test_answers_in_different_places_are_not_scored() -> None:
    form = Format("plain", padded=False)
    with pytest.raises(ValueError, match="score padded texts"):
        score(form, np.array([1]), np.array([2]), form.render(1, 2)[0])


# ---------------------------------------------------------------- teacher forcing and decoding


def test_teacher_forced_strict_errors_are_those_of_real_decoding(half_trained: GPT) -> None:
    a, b = all_pairs(1, 2)
    forced = last(exactness(half_trained, FORM, a, b, decode=False))
    real = last(exactness(half_trained, FORM, a, b, decode=True))
    assert forced.n == real.n == 1000
    assert forced.errors_strict == real.errors_strict
    assert 50 < real.errors_strict < 950, "the model must be right here and wrong there"
    assert real.errors_answer >= forced.errors_answer


def test_the_first_wrong_token_is_the_same_under_teacher_forcing(half_trained: GPT) -> None:
    a, b = all_pairs(1, 2)
    places: list[np.ndarray] = []
    for texts_of in (teacher_forced_all, decode_all):
        parts = [texts for _, texts in texts_of(half_trained, FORM, a, b)]
        places.append(first_wrong(FORM, a, b, np.concatenate(parts)))
    assert (places[0] == places[1]).all()
    assert len(set(places[0].tolist())) > 3


def test_teacher_forced_is_what_the_model_says_to_every_beginning_of_a_text() -> None:
    """Each beginning is read alone, so nothing that comes later can have helped."""
    model, ruler = tiny_model(dtype=torch.float32), torch.arange(FORM.length) + 7
    texts, _ = FORM.render(*some_pairs(5))
    for positions in (None, ruler, ruler.expand(5, -1)):
        got = teacher_forced(model, texts, positions)
        assert (got[:, 0] == texts[:, 0]).all()
        for end in range(1, FORM.length):
            beginning = torch.from_numpy(texts[:, :end]).long()
            where = None if positions is None else ruler[:end]
            said = model(beginning, positions=where)[:, -1].argmax(-1)
            assert got[:, end].tolist() == said.tolist()
    assert (teacher_forced(model, texts) != teacher_forced(model, texts, ruler)).any()


@pytest.mark.parametrize("position", [COUPLED, CLIPPED, RotaryPositionsConfig(9.0)])
@pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
def test_chunks_behind_a_cache_guess_what_one_forward_guesses(position: Any, chunk: int) -> None:
    """Also where a chunk is shorter than the prompt, on which coupled positions depend."""
    model = tiny_model(replace(BASE, position=position))
    form = Format("cot_reversed", 8, 5)
    texts, _ = form.render(np.array([98765432, 10000001, 0]), np.array([54321, 90909, 7]))
    whole = teacher_forced(model, texts)
    assert (teacher_forced_in_chunks(model, texts, chunk) == whole).all()
    assert len(set(whole[:, 1:].ravel().tolist())) > 5


def test_decoding_goes_wrong_where_a_forced_token_first_is_wrong(half_trained: GPT) -> None:
    texts, _ = FORM.render(*some_pairs(60))
    wrong = teacher_forced(half_trained, texts) != texts
    written = go_on(half_trained, texts[:, : FORM.prompt_length], FORM.length) != texts
    wrong[:, : FORM.prompt_length] = False
    assert (wrong.any(axis=1) == written.any(axis=1)).all() and 0 < wrong.any(axis=1).sum() < 60
    assert (wrong.argmax(axis=1) == written.argmax(axis=1)).all()


def test_teacher_forcing_guesses_nothing_that_bears_no_loss() -> None:
    form = Format("dots", 1, 2)
    a, b = all_pairs(1, 2)
    tokens, mask = form.render(a, b)
    ((_, guesses),) = teacher_forced_all(tiny_model(dtype=torch.float32), form, a, b, batch=1000)
    assert (guesses[~mask] == tokens[~mask]).all()
    assert (guesses[mask] != tokens[mask]).mean() > 0.5


def test_the_batch_size_changes_no_text(half_trained: GPT) -> None:
    a, b = some_pairs(143)
    for texts_of in (teacher_forced_all, decode_all):
        whole = [texts for _, texts in texts_of(half_trained, FORM, a, b, batch=len(a))]
        parts = list(texts_of(half_trained, FORM, a, b, batch=17))
        assert [rows.start for rows, _ in parts] == list(range(0, len(a), 17))
        assert parts[-1][0].stop == len(a)
        assert (np.concatenate([texts for _, texts in parts]) == whole[0]).all()


def test_the_running_score_ends_in_the_whole(half_trained: GPT) -> None:
    a, b = all_pairs(1, 2)
    scores = list(exactness(half_trained, FORM, a, b, decode=False, batch=300))
    assert [s.n for s in scores] == [300, 600, 900, 1000]
    assert scores[-1] == last(exactness(half_trained, FORM, a, b, decode=False))


def test_decoding_starts_from_as_much_as_is_given(half_trained: GPT) -> None:
    a, b = np.array([7]), np.array([86])
    right = FORM.text(7, 86)
    for keep in (None, 8, FORM.length - 1, FORM.length):
        ((_, texts),) = decode_all(half_trained, FORM, a, b, keep=keep)
        given = keep or FORM.prompt_length
        assert decode(texts[0])[:given] == right[:given] and texts.shape == (1, FORM.length)
        greedy = torch.from_numpy(texts[:, :given]).long()
        while greedy.shape[1] < FORM.length:
            greedy = torch.cat([greedy, half_trained(greedy)[:, -1:].argmax(-1)], dim=1)
        assert greedy[0].tolist() == texts[0].tolist()


def test_an_edit_holds_through_a_whole_decoding(half_trained: GPT) -> None:
    """Against the same model with the head's columns of W_O set to zero."""
    a, b = some_pairs(112)
    ((_, edited),) = decode_all(half_trained, FORM, a, b, edits=[ablate(Node("z", 0, 1))])
    without = GPT(half_trained.config).eval()
    without.load_state_dict(half_trained.state_dict())
    with torch.no_grad():
        blocks_of(without)[0].attention.wo.weight[:, 16:] = 0  # pyright: ignore
    ((_, expected),) = decode_all(without, FORM, a, b)
    assert (edited == expected).all()
    ((_, free),) = decode_all(half_trained, FORM, a, b)
    assert (free != edited).any()


def test_edits_are_scored_without_decoding_as_decoding_writes(half_trained: GPT) -> None:
    """A head scaled, a neuron ablated at one step, the stream steered: each text goes wrong first
    where decoding it goes wrong first, and the running scores count the same texts."""
    a, b = some_pairs(200)
    push = torch.linspace(-1, 1, 32)
    for edits in (
        [scale(Node("z", 0, 1), 1.5)],
        [ablate(Node("ffn_post", 0, 3).at(FORM.prompt_length)), ablate(Node("z", 0, 0))],
        [steer(Node("resid_mid", 0), push, 0.3)],
    ):
        places = list[np.ndarray]()
        for texts_of in (teacher_forced_all, decode_all):
            found = texts_of(half_trained, FORM, a, b, batch=64, edits=edits)
            places.append(first_wrong(FORM, a, b, np.concatenate([texts for _, texts in found])))
        assert (places[0] == places[1]).all() and len(set(places[0].tolist())) > 3
        scores = list(exactness(half_trained, FORM, a, b, decode=False, batch=64, edits=edits))
        assert [score.n for score in scores] == [64, 128, 192, 200]
        assert scores[-1].errors_strict == (places[1] != RIGHT).sum()
    late = ablate(Node("z", 0).at(3, FORM.length - 1))  # the last token is not read
    with pytest.raises(ValueError, match=f"never at position {FORM.length - 1}"):
        teacher_forced(half_trained, FORM.render(a, b)[0], edits=[late])


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ({"position": FORM.length}, "never met anything"),
        ({"position": [3, FORM.length + 2]}, f"never at position {FORM.length + 2}"),
        # the last token is written and not read again
        ({"position": [FORM.length - 2, FORM.length - 1]}, f"at position {FORM.length - 1}$"),
    ],
)
def test_an_edit_that_decoding_does_not_meet_whole_is_an_error(
    half_trained: GPT, index: dict[str, Any], words: str
) -> None:
    a, b = np.array([3, 4]), np.array([15, 16])
    edit = Edit("z", torch.zeros_like, layer=0, index=index)
    with pytest.raises(ValueError, match=words):
        list(decode_all(half_trained, FORM, a, b, edits=[edit]))
    met = Edit("z", torch.zeros_like, layer=0, index={"position": [3, FORM.length - 2]})
    assert len(list(decode_all(half_trained, FORM, a, b, edits=[met]))) == 1


def test_grad_mode_is_untouched_between_two_batches(half_trained: GPT) -> None:
    a, b = (x[:20] for x in all_pairs(1, 2))
    runs: list[Iterator[object]] = [
        exactness(half_trained, FORM, a, b, decode=decode, batch=5) for decode in (True, False)
    ]
    for run in runs:
        for _ in run:
            assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


def test_go_on_leaves_what_it_was_given() -> None:
    given = FORM.prompt(3, 14)
    before = given.copy()
    texts = go_on(tiny_model(), given, FORM.length)
    assert (given == before).all() and texts.shape == (1, FORM.length)
    assert (texts[:, : given.shape[1]] == before).all()


def test_what_is_written_behind_the_end_is_taken_away() -> None:
    texts = ["1*2=20$9$+", "1*2=20$", "1*2=2_$___", "1*2=200000", "$"]
    got = up_to_the_end(np.stack([encode(text.ljust(10, "7")) for text in texts]))
    expected = ["1*2=20$___", "1*2=20$___", "1*2=2_$___", "1*2=200000", "$_________"]
    assert [decode(row) for row in got] == expected


def test_in_streams_each_problem_is_asked_once_and_judged_by_its_own_tokens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model that knows every text but one, which it gets wrong wherever it stands."""
    form, wrong, place = Format("cot_reversed"), "37*48=692+0841=6771$", 8
    known = encode(wrong)

    def knows_all_but_one(_model: GPT, streams: np.ndarray) -> np.ndarray:
        assert streams.shape[1] == 256
        guesses = streams.copy()
        windows = np.lib.stride_tricks.sliding_window_view(streams, form.length, axis=1)
        for row, begin in np.argwhere((windows == known).all(axis=2)):
            guesses[row, begin + place] = 0
        return guesses

    monkeypatch.setattr(evaluate, "teacher_forced", knows_all_but_one)
    a, b = (x[::7] for x in all_pairs())
    a, b = np.append(a, 37), np.append(b, 48)
    seen: list[int] = []
    model: Any = None
    for rows, texts in teacher_forced_in_streams(model, form, a, b, length=256, batch=500):
        seen += rows.tolist()
        expected = np.where((a[rows] == 37) & (b[rows] == 48), place, RIGHT)
        assert first_wrong(form, a[rows], b[rows], texts).tolist() == expected.tolist()
    assert seen == list(range(len(a)))
