"""PrefixCache: what is known is not read again, and changes no logit."""

from dataclasses import replace

import pytest
import torch
from tiny import BASE, read, tiny_model, variants

from lab.data.vocabulary import encode
from lab.inference.prefix import PrefixCache
from lab.model.config import CoupledRotaryPositionsConfig, GPTConfig
from lab.model.gpt import GPT


def prompt(text: str) -> torch.Tensor:
    return torch.from_numpy(encode(text)).long()[None]


@pytest.mark.parametrize("config", variants())
def test_logits_and_cache_are_those_of_the_whole_prompt(config: GPTConfig) -> None:
    model = tiny_model(config)
    prefixes = PrefixCache(model)
    for text in ("37*48=", "37*48=69", "37*48=6", "37*52=", "7*48=", "37*48="):
        got, whole = prefixes.read(prompt(text), capacity=12), read(model, prompt(text))[0, -1]
        assert torch.allclose(got.logits, whole, rtol=0, atol=1e-10 * float(whole.abs().max()))
        assert got.cache.length == len(text) and got.cache.capacity == 12


def counting(model: GPT) -> tuple[GPT, list[int]]:
    """The model, and how many tokens each of its calls reads."""
    seen: list[int] = []
    model.embed.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[1]))
    return model, seen


def test_only_what_is_new_is_read_and_the_last_token_always() -> None:
    model, seen = counting(tiny_model())
    prefixes = PrefixCache(model)
    known = [prefixes.read(prompt(t), 9).known for t in ("37*48=", "37*52=", "37*48=", "9*9=")]
    assert known == [0, 3, 5, 0]
    assert seen == [6, 3, 1, 4]


def test_the_same_tokens_at_other_places_are_read_again() -> None:
    """On two axes the digits of b know how long b is: 37* of a longer sum stands elsewhere."""
    config = replace(BASE, position=CoupledRotaryPositionsConfig(100.0))
    prefixes = PrefixCache(tiny_model(config))
    known = [prefixes.read(prompt(t), 9).known for t in ("37*48=", "37*49=", "37*481=")]
    assert known == [0, 4, 2]


def test_what_is_kept_is_not_written_over() -> None:
    model = tiny_model()
    prefixes = PrefixCache(model)
    first = prefixes.read(prompt("37*48="), 9)
    with torch.inference_mode():
        model(prompt("1"), positions=torch.tensor([6]), cache=first.cache)
    again = prefixes.read(prompt("37*48="), 9)
    assert torch.allclose(again.logits, first.logits, rtol=0, atol=1e-12)


def test_the_oldest_prompt_is_forgotten_first() -> None:
    prefixes = PrefixCache(tiny_model(), most=2)
    for text in ("11*1=", "22*2=", "11*1=", "33*3="):
        prefixes.read(prompt(text), 9)
    assert [len(kept) for kept in prefixes.kept] == [5, 5]
    assert prefixes.read(prompt("22*7="), 9).known == 0


def test_what_cannot_be_kept_is_named() -> None:
    with pytest.raises(ValueError, match="most=0; a prefix cache keeps at least 1"):
        PrefixCache(tiny_model(), most=0)
    prefixes = PrefixCache(tiny_model())
    with pytest.raises(ValueError, match="2 prompts; one is looked up at a time"):
        prefixes.read(prompt("7*8=").repeat(2, 1), 9)
    with pytest.raises(ValueError, match="4 tokens do not fit a cache of capacity=3"):
        prefixes.read(prompt("7*8="), 3)
