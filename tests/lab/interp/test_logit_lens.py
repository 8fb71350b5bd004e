"""logit_lens: notes add up to the stream, and what is read early is what the model would say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import BASE, blocks_of, tiny_model

from lab.data.vocabulary import encode
from lab.inference.forward import run_with_trace
from lab.interp import logit_lens
from lab.interp.attribution import attribute
from lab.interp.intervene import Node, scale
from lab.model.config import NoPositionsConfig
from lab.model.trace import Trace

TEXT = "37*48=692"
LINES = ["token", "position", "attention 0", "FFN 0", "attention 1", "FFN 1"]


def test_the_notes_of_the_notebook_add_up_to_the_stream() -> None:
    book = logit_lens.notebook(tiny_model(), TEXT)
    assert list(book.lines) == LINES
    assert np.allclose(book.contribution.sum(axis=0), book.last, atol=1e-12)
    assert np.allclose(book.length_of_sums[-1], np.linalg.norm(book.last, axis=-1))
    assert book.length_of_contributions[3] == pytest.approx(
        np.linalg.norm(book.contribution[3], axis=-1)
    )


def test_in_a_plain_sum_the_stream_after_a_line_is_as_long_as_the_lines_so_far() -> None:
    model = tiny_model()
    trace = run_with_trace(model, TEXT, ("resid_mid", "resid_post"))
    after = [trace[f"blocks.{i}.{site}"][0] for i in (0, 1) for site in ("resid_mid", "resid_post")]
    lengths = [np.linalg.norm(x.numpy(), axis=-1) for x in after]
    assert np.allclose(logit_lens.notebook(model, TEXT).length_of_sums[2:], lengths)


def test_take_the_contributions_of_the_layers_away_and_the_start_is_left() -> None:
    model = tiny_model()
    left, first = logit_lens.notebook(model, TEXT).without_the_layers()
    tokens = torch.from_numpy(encode(TEXT)).long()
    named = dict(model.named_parameters())
    start = named["embed.weight"][tokens] + named["position.table.weight"][: len(TEXT)]
    assert np.allclose(first, start.numpy(), atol=1e-12)
    assert np.allclose(left, first, atol=1e-12)


def test_without_positions_there_is_no_line_for_them() -> None:
    book = logit_lens.notebook(tiny_model(replace(BASE, position=NoPositionsConfig())), TEXT)
    assert list(book.lines) == [line for line in LINES if line != "position"]
    assert np.allclose(book.contribution.sum(axis=0), book.last, atol=1e-12)


def test_reading_after_layer_0_is_a_model_of_one_layer() -> None:
    """And reading after the last is the model itself."""
    model = tiny_model()
    read = logit_lens.read_early(model, TEXT)
    assert read.shape == (3, len(TEXT), 16)
    short = tiny_model()
    del short.blocks[1]
    short.config = replace(BASE, n_layer=1)
    tokens = torch.from_numpy(encode(TEXT)).long()[None]
    assert np.allclose(read[1], short(tokens)[0].softmax(-1).numpy(), atol=1e-12)
    assert np.allclose(read[2], model(tokens)[0].softmax(-1).numpy(), atol=1e-12)


def test_the_neurons_are_the_square_of_what_is_above_zero() -> None:
    model = tiny_model()
    trace = Trace(["ffn_norm"])
    model(torch.from_numpy(encode(TEXT)).long()[None], trace=trace)
    pre = trace["blocks.1.ffn_norm"][0] @ blocks_of(model)[1].ffn.w_in.weight.T
    values = logit_lens.neurons(model, TEXT, 1)
    assert np.allclose(values, np.maximum(pre.numpy(), 0) ** 2, atol=1e-12)
    assert 0 < (values > 0).mean() < 1


@pytest.mark.parametrize("layer", [0, 1])
def test_the_ffn_is_the_network_of_chapter_0(layer: int) -> None:
    mine, its = logit_lens.ffn_in_numpy(tiny_model(), TEXT, layer)
    assert abs(its).max() > 0.1
    assert np.allclose(mine, its, atol=1e-12)


@pytest.mark.parametrize("factor", [1.0, 30.0, 1000.0])
def test_a_loud_stream_is_read_as_a_soft_one(factor: float) -> None:
    model = tiny_model()
    soft, read = logit_lens.loud(model, TEXT, 1.0)
    loud, read_loud = logit_lens.loud(model, TEXT, factor)
    assert np.allclose(loud, factor * soft)
    assert np.allclose(read_loud, read, rtol=1e-5)  # eps is 1e-6 of a mean square near 1


def test_a_loud_start_is_another_text() -> None:
    model = tiny_model()
    whole = attribute(model, TEXT).logits
    loud = attribute(model, TEXT, [scale(Node("resid_pre", 0), 1000.0)]).logits
    assert abs(loud - whole).max() > 0.1


def test_digits_of_any_size_are_normalised_to_mean_square_one() -> None:
    small, large = logit_lens.normalised([3, 7, 4, 8]), logit_lens.normalised([3e3, 7e3, 4e3, 8e3])
    assert small == pytest.approx([x / 34.5**0.5 for x in (3, 7, 4, 8)], rel=1e-6)
    assert large == pytest.approx(small, rel=1e-6)


def test_what_rmsnorm_divides_by() -> None:
    assert logit_lens.root_mean_square([3, 7, 4, 8]) == pytest.approx(34.5**0.5)
    for factor in (1.0, 1000.0):
        numbers = [factor * x for x in (3, -7, 4, 8)]
        normed = logit_lens.normalised(numbers)
        assert logit_lens.root_mean_square(normed) == pytest.approx(1, rel=1e-6)


def test_an_error_is_measured_by_the_largest_number_expected() -> None:
    expected = np.array([[1.0, -4.0], [0.0, 2.0]])
    assert logit_lens.relative_error(expected, expected) == 0
    assert logit_lens.relative_error(np.array([[1.0, -4.0], [0.0, 1.0]]), expected) == 0.25


def test_the_likeliest_token_is_read_at_every_place_and_stage() -> None:
    read = np.full((2, 3, 16), 0.01)
    for stage, text in enumerate(("7*8", "56$")):
        read[stage, range(3), encode(text)] = [0.5, 0.6, 0.7]
    texts, sure = logit_lens.likeliest(read)
    assert texts == ["7*8", "56$"]
    assert np.array_equal(sure, [[0.5, 0.6, 0.7]] * 2)


@pytest.mark.parametrize(
    ("values", "awake", "half"),
    [
        ([0.0, 9.0, 0.0, 1.0], 2, 1),
        ([1.0, 1.0, 1.0, 1.0], 4, 2),
        ([3.0, 0.0, 2.0, 4.0], 3, 2),
        ([5.0, 0.0, 0.0], 1, 1),
    ],
)
def test_the_loudest_neurons_that_hand_on_half(values, awake: int, half: int) -> None:
    assert logit_lens.voices(np.array(values)) == (awake, half)
    loudest = sorted(values, reverse=True)
    assert sum(loudest[: half - 1]) < sum(values) / 2 <= sum(loudest[:half])
