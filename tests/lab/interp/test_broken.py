"""lab.interp.broken: a break as a document does what its edits do, and teacher forcing finds what
decoding writes."""

from typing import Any

import numpy as np
import pytest
from tiny import tiny_model

from lab.data.problems import Format, all_pairs
from lab.data.samples import hashed_pairs
from lab.inference.scoring import decode_all, first_wrong
from lab.interp.broken import Break
from lab.interp.intervene import Node, ablate
from lab.model.gpt import GPT

FORM = Format("cot_reversed")
ARGUMENTS = ("cot_reversed", 2, 2)


@pytest.fixture(scope="module")
def model() -> GPT:
    return tiny_model()


def found(broken: Break, model: GPT, n: int = 40) -> np.ndarray:
    a, b = (x[:n] for x in hashed_pairs(400))
    return np.concatenate([at for _, at in broken.wrong_at(model, a, b)])


def test_zero_everywhere_is_the_edit_of_the_same_name(model: GPT) -> None:
    a, b = (x[:40] for x in hashed_pairs(400))
    (_, texts), *_ = decode_all(model, FORM, a, b, edits=[ablate(Node("z", 0, 1))])
    expected = first_wrong(FORM, a, b, texts)
    assert (found(Break(*ARGUMENTS, "z", 0, 1), model) == expected).all()


def test_a_scale_of_one_and_a_steering_by_nothing_change_nothing(model: GPT) -> None:
    plain = first_wrong(
        FORM, *(x[:40] for x in hashed_pairs(400)), texts=written_plainly(model, 40)
    )
    for broken in (
        Break(*ARGUMENTS, "ffn_out", 1, how="scale", amount=1.0),
        Break(*ARGUMENTS, "ffn_out", 1, how="steer", amount=0.0, digit=3),
        Break(*ARGUMENTS, "ffn_post", 1, 3, how="steer", amount=0.0),
    ):
        assert (found(broken, model) == plain).all()


def written_plainly(model: GPT, n: int) -> np.ndarray:
    a, b = (x[:n] for x in hashed_pairs(400))
    (_, texts), *_ = decode_all(model, FORM, a, b)
    return texts


@pytest.mark.parametrize("how", ["zero", "mean", "resample", "scale", "steer"])
@pytest.mark.parametrize("slot", [None, 8])
def test_what_is_written_goes_wrong_where_teacher_forcing_says(
    model: GPT, how: str, slot: int | None
) -> None:
    broken = Break(*ARGUMENTS, "attn_out", 0, None, slot, how, 2.0, 4)  # pyright: ignore
    a, b = hashed_pairs(1)
    (at,) = found_of(broken, model, a, b)
    text, right = broken.written(model, int(a[0]), int(b[0])), FORM.text(int(a[0]), int(b[0]))
    assert at == next((i for i, (x, y) in enumerate(zip(text, right, strict=True)) if x != y), -1)


def test_problems_asked_a_few_at_a_time_go_wrong_as_all_at_once(model: GPT) -> None:
    """Each is resampled from the other problem of its own number."""
    a, b = (x[:40] for x in hashed_pairs(400))
    for how in ("resample", "mean"):
        broken = Break(*ARGUMENTS, "attn_out", 0, how=how)  # pyright: ignore
        parts = [
            at
            for begin in range(0, 40, 15)
            for _, at in broken.wrong_at(
                model, a[begin : begin + 15], b[begin : begin + 15], first=begin
            )
        ]
        assert (np.concatenate(parts) == found(broken, model)).all(), how


@pytest.mark.parametrize("how", ["zero", "mean", "resample", "scale", "steer"])
def test_a_layer_that_the_model_has_not_is_refused(model: GPT, how: str) -> None:
    with pytest.raises(ValueError, match="layer=9; the model has"):
        found(Break(*ARGUMENTS, "ffn_out", 9, how=how), model)  # pyright: ignore


def found_of(broken: Break, model: GPT, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.concatenate([at for _, at in broken.wrong_at(model, a, b)])


def test_the_python_to_copy_counts_what_the_page_counts(
    model: GPT, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from types import SimpleNamespace

    from lab.training import checkpoint

    broken = Break(*ARGUMENTS, "z", 1, 0, how="mean")
    monkeypatch.setattr(checkpoint, "load_run", lambda name: SimpleNamespace(model=model))
    exec(broken.as_python("a_run"), {})
    a, b = hashed_pairs(500)
    n = int((found_of(broken, model, a, b) >= 0).sum())
    assert capsys.readouterr().out == f"{n} of 500 problems wrong\n"


def test_what_no_break_is_is_refused_by_name() -> None:
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"how": "melt"}, "how='melt'"),
        ({"digit": 10}, "digit=10"),
        ({"amount": 1e9}, "amount=1000000000.0"),
    )
    for change, said in refused:
        with pytest.raises(ValueError, match=said):
            Break(*ARGUMENTS, "z", 0, 0, **change)


def test_the_other_problems_are_not_those_that_are_scored() -> None:
    other = {*zip(*(x.tolist() for x in Break(*ARGUMENTS, "z", 0, 0).others()), strict=True)}
    scored = {*zip(*(x.tolist() for x in hashed_pairs(500)), strict=True)}
    assert len(other & scored) < 50
    assert len(all_pairs()[0]) == 10_000
