"""lab.recipes.bench_weights: a file comes back, and what is none is refused in one sentence."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load, save
from tiny import BASE, one_by_one, read, refused_otherwise, some_tokens, tiny_model

from lab.data.sources import Pairs
from lab.model.gpt import GPT
from lab.recipes.bench import to_json, usual
from lab.recipes.bench_weights import from_file, metadata_of, to_file
from lab.training import checkpoint
from lab.training.checkpoint import to_bytes
from lab.weights import CheckpointError

SMALL = replace(usual(), model=BASE, data=Pairs())
OTHER = replace(SMALL, model=replace(BASE, d_model=20))


def weights() -> bytes:
    return to_file(SMALL, tiny_model(dtype=torch.float32))


def test_a_file_brings_back_its_variant_and_the_rounded_weights() -> None:
    for _, config in one_by_one():
        recipe = replace(SMALL, model=config)
        model = tiny_model(config, dtype=torch.float32)
        again, loaded = from_file("x", to_file(recipe, model), OTHER)
        assert (again, loaded.format, loaded.name) == (recipe, recipe.format, "x")
        for p in model.parameters():
            p.copy_(p.bfloat16())
        assert torch.equal(read(loaded.model, some_tokens(1, 6)), read(model, some_tokens(1, 6)))


def test_a_file_that_names_no_variant_holds_weights_of_the_one_at_hand() -> None:
    model = tiny_model(dtype=torch.float32)
    assert from_file("x", to_bytes(model), SMALL)[0] == SMALL
    assert metadata_of(weights())["recipe"] == to_json(SMALL)


def spoilt(name: str, value: float) -> bytes:
    tensors = load(weights())
    tensors[name].flatten()[3] = value
    return save(tensors)


def with_recipe(text: str) -> bytes:
    return save(load(weights()), {"recipe": text})


def huge_model() -> bytes:
    return with_recipe(to_json(replace(SMALL, model=replace(BASE, d_model=30_000))))


HEAD = (2**40).to_bytes(8, "little")
DEEP = b'{"__metadata__":' + b"[" * 9_000

FILES: list[tuple[str, Callable[[], bytes], str]] = [
    ("empty", lambda: b"", "^x: this is no safetensors file$"),
    ("a picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(500), "this is no safetensors file"),
    ("a text", lambda: to_json(SMALL).encode(), "this is no safetensors file"),
    ("an archive", lambda: b"PK\x03\x04" + bytes(300), "this is no safetensors file"),
    ("a head without end", lambda: HEAD + b"{}", "the weights of x are damaged or cut short"),
    ("a deep head", lambda: len(DEEP).to_bytes(8, "little") + DEEP, "no safetensors file"),
    ("a list", lambda: (2).to_bytes(8, "little") + b"[]", "this is no safetensors file"),
    ("cut in half", lambda: weights()[: len(weights()) // 2], "x are damaged or cut short"),
    ("one byte less", lambda: weights()[:-1], "the weights of x are damaged or cut short"),
    ("too large", lambda: bytes(20_000_001), "x has 20,000,001 bytes; at most 20,000,000 are read"),
    ("NaN", lambda: spoilt("embed.weight", float("nan")), "embed.weight holds NaN or infinity"),
    ("infinity", lambda: spoilt("unembed.weight", float("inf")), "unembed.weight holds NaN or"),
    (
        "another shape",
        lambda: to_bytes(tiny_model(OTHER.model)),
        r"^x: .* is \(.*its configuration says",
    ),
    ("more layers", lambda: to_bytes(GPT(replace(BASE, n_layer=3))), "unknown blocks.2"),
    ("nothing in it", lambda: save({}), "lacks blocks.0"),
    ("no recipe", lambda: with_recipe("{"), "^x: this is not readable JSON"),
    ("nonsense for one", lambda: with_recipe('{"model": 3}'), "^x: model=3 must be an object"),
    ("a large model", huge_model, "^x: a model of 2 layers and .* at most 16 and 5,000,000 are"),
]


def test_what_is_no_file_of_weights_is_refused_by_name() -> None:
    cases = [(name, lambda x=make: from_file("x", x(), SMALL), said) for name, make, said in FILES]
    assert refused_otherwise(cases, CheckpointError) == []


def test_a_model_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    def built(*_: object) -> None:
        raise AssertionError("a model was built")

    monkeypatch.setattr(checkpoint, "from_bytes", built)
    cases = [("large", lambda: from_file("x", huge_model(), SMALL), "at most 16")]
    assert refused_otherwise(cases, CheckpointError) == []
