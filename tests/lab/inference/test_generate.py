"""generate: the loop against full forwards, the choice of a token against its definition."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import BASE, failures, read, some_tokens, tiny_model, variants

from lab.data.vocabulary import END, encode
from lab.inference.generate import GREEDY, Sampling, choose, generate, reshape
from lab.model.config import GPTConfig, NoPositionsConfig


@pytest.mark.parametrize("config", variants())
def test_greedy_decoding_is_the_largest_logit_of_full_forwards(config: GPTConfig) -> None:
    model = tiny_model(config)
    tokens = torch.from_numpy(np.stack([encode(t) for t in ("7*8=", "3*4=", "9*1=")]))
    text = tokens.long()
    for step in generate(model, text, max_new=12, stop=None):
        logits = read(model, text)[:, -1]
        assert step.slot == text.shape[1]
        assert step.ids.tolist() == logits.argmax(-1).tolist()
        assert np.allclose(step.probabilities, logits.softmax(-1).numpy(), atol=1e-6)
        text = torch.cat([text, torch.from_numpy(step.ids)[:, None]], dim=1)
    assert text.shape[1] == 16


@pytest.mark.parametrize("config", variants())
def test_prompts_of_unlike_length_go_on_as_each_would_alone(config: GPTConfig) -> None:
    model, prompts = tiny_model(config), ("17*82=", "7*8=", "3*46=8")
    longest = max(map(len, prompts))
    padded = np.stack([encode(text.rjust(longest, "_")) for text in prompts])
    first = torch.tensor([longest - len(text) for text in prompts])
    steps = list(generate(model, torch.from_numpy(padded), max_new=9, first=first, stop=None))
    for row, text in enumerate(prompts):
        prompt = torch.from_numpy(encode(text))[None]
        alone = list(generate(model, prompt, max_new=9, stop=None))
        assert [int(s.ids[row]) for s in steps] == [int(s.ids[0]) for s in alone]
        for together, own in zip(steps, alone, strict=True):
            assert np.allclose(together.probabilities[row], own.probabilities[0], atol=1e-6)


def test_decoding_ends_once_every_text_has_written_its_end() -> None:
    model, tokens = tiny_model(replace(BASE, position=NoPositionsConfig())), some_tokens(3, 4)

    def drawn(stop: int | None) -> list[list[int]]:
        generator = torch.Generator().manual_seed(0)
        hot = Sampling(temperature=5.0)
        steps = generate(model, tokens, max_new=200, sampling=hot, generator=generator, stop=stop)
        return [step.ids.tolist() for step in steps]

    whole = drawn(None)
    ends = [[ids[row] for ids in whole].index(END) for row in range(3)]
    assert len(whole) == 200 and len(set(ends)) == 3
    assert drawn(END) == whole[: max(ends) + 1]


def test_an_empty_prompt_is_refused() -> None:
    with pytest.raises(ValueError, match="the prompt is empty"):
        next(generate(tiny_model(), some_tokens(1, 0), max_new=1))
    with pytest.raises(ValueError, match="there are 0 prompts; a model writes at least 1"):
        next(generate(tiny_model(), some_tokens(0, 3), max_new=1))


def test_no_new_tokens_are_no_steps() -> None:
    assert list(generate(tiny_model(), some_tokens(1, 3), max_new=0)) == []


def test_grad_mode_is_untouched_between_two_tokens() -> None:
    for _ in generate(tiny_model(), some_tokens(1, 3), max_new=3, stop=None):
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


def test_sampling_is_its_generators_and_never_the_global_ones() -> None:
    model, tokens, hot = tiny_model(), some_tokens(2, 3), Sampling(temperature=2.0)

    def drawn(seed: int | None) -> list[list[int]]:
        generator = None if seed is None else torch.Generator().manual_seed(seed)
        steps = generate(model, tokens, max_new=9, sampling=hot, generator=generator, stop=None)
        return [step.ids.tolist() for step in steps]

    state = torch.get_rng_state()
    assert drawn(1) == drawn(1) != drawn(2)
    assert drawn(None) == drawn(0)
    assert torch.equal(torch.get_rng_state(), state)


# ---------------------------------------------------------------- the choice of one token


def by_definition(logits: list[float], sampling: Sampling) -> list[float]:
    """Probabilities after temperature, top-k and top-p, with lists and floats only."""
    weights = [np.exp(np.float64(x) / sampling.temperature) for x in logits]
    order = sorted(range(len(weights)), key=lambda i: -weights[i])
    kept = order[: sampling.top_k or len(order)]
    if sampling.top_p is not None:
        total, mass, smallest = sum(weights[i] for i in kept), 0.0, list[int]()
        for i in kept:
            smallest.append(i)
            mass += weights[i] / total
            if mass >= sampling.top_p:
                break
        kept = smallest
    total = sum(weights[i] for i in kept)
    return [weights[i] / total if i in kept else 0.0 for i in range(len(weights))]


@given(
    st.lists(st.integers(-400, 400), min_size=2, max_size=16, unique=True),
    st.sampled_from([0.3, 1.0, 5.0]),
    st.none() | st.integers(1, 20),
    st.none() | st.sampled_from([0.05, 0.5, 0.9, 0.999]),
)
@settings(deadline=None)
def test_temperature_top_k_and_top_p_are_their_definitions(
    hundredths: list[int], temperature: float, top_k: int | None, top_p: float | None
) -> None:
    logits, sampling = [x / 100 for x in hundredths], Sampling(temperature, top_k, top_p)
    got = reshape(torch.tensor([logits], dtype=torch.float64), sampling).softmax(-1)[0]
    assert got.tolist() == pytest.approx(by_definition(logits, sampling), abs=1e-9)


def test_draws_follow_the_probabilities() -> None:
    logits = torch.tensor([[2.0, 1.0, 0.0, -1.0]]).expand(20_000, 4)
    sampling = Sampling(temperature=1.5, top_k=3)
    ids = choose(logits, sampling, torch.Generator().manual_seed(0))
    shares = np.bincount(ids.numpy(), minlength=4) / 20_000
    expected = by_definition([2.0, 1.0, 0.0, -1.0], sampling)
    assert shares[3] == 0
    assert shares.tolist() == pytest.approx(expected, abs=5 * (0.25 / 20_000) ** 0.5)


def test_equal_logits_lose_no_more_than_they_must() -> None:
    kept = reshape(torch.zeros(1, 4), Sampling(1.0, top_k=2))
    assert int(kept.isfinite().sum()) == 2


def test_greedy_takes_the_largest_and_draws_nothing() -> None:
    logits = torch.randn(50, 16, generator=torch.Generator().manual_seed(0))
    assert torch.equal(choose(logits, GREEDY, None), logits.argmax(-1))


def test_sampling_outside_its_ranges_is_refused() -> None:
    def holds(arguments: dict[str, float], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            Sampling(**arguments)  # pyright: ignore[reportArgumentType]

    cases = [
        ({"temperature": -0.1}, "temperature=-0.1; allowed are 0"),
        ({"temperature": float("nan")}, "temperature=nan"),
        ({"top_k": 0}, "top_k=0; at least 1"),
        ({"top_p": 0.0}, "top_p=0.0; allowed is more than 0"),
        ({"top_p": 1.1}, "top_p=1.1; allowed"),
    ]
    assert failures(holds, cases) == []
