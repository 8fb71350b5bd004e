"""lab.published.step_time: the numbers of a data sheet, worked through by hand."""

import pytest

from lab.published.models import DEEPSEEK_V3, LLAMA_3_8B
from lab.published.step_time import H100, step_time, tokens_until_both_are_busy


def test_a_step_of_one_token_fetches_300_times_as_long_as_it_computes() -> None:
    """Of 8.03 billion parameters: 16.06 billion bytes, and 16.06 billion operations a token."""
    one = step_time(LLAMA_3_8B, H100, 1)
    assert one.weights == pytest.approx(16.06e9 / 3.35e12, rel=1e-3)
    assert one.operations == pytest.approx(16.06e9 / 989e12, rel=1e-3)
    assert (one.caches, one.fetching) == (0, one.weights)
    assert tokens_until_both_are_busy(LLAMA_3_8B, H100) == pytest.approx(989 / 3.35)


def test_tokens_share_the_weights_and_texts_bring_caches_of_their_own() -> None:
    prompt, texts = step_time(LLAMA_3_8B, H100, 64), step_time(LLAMA_3_8B, H100, 64, 1000)
    one = step_time(LLAMA_3_8B, H100, 1)
    assert prompt.weights == texts.weights == one.weights
    assert prompt.operations == texts.operations == pytest.approx(64 * one.operations)
    assert prompt.caches == 0
    assert texts.caches == pytest.approx(64 * 1000 * 32 * 2 * 8 * 128 * 2 / 3.35e12)
    assert texts.fetching == texts.weights + texts.caches


def test_a_model_of_experts_and_no_token_are_refused() -> None:
    with pytest.raises(ValueError, match="DeepSeek-V3: which weights"):
        step_time(DEEPSEEK_V3, H100, 1)
    with pytest.raises(ValueError, match="n_token=0"):
        step_time(LLAMA_3_8B, H100, 0)
