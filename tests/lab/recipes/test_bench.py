"""lab.recipes.bench: a variant survives JSON, what is none is refused by name, and what is too
large for a live run is told what fits."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from tiny import one_by_one, refusal, refused_otherwise, wrong_values

from lab.data.problems import Format
from lab.data.sources import ListedPairs, PackedStream, Pairs, Shapes
from lab.live.protocol import RunSpec
from lab.model.config import (
    CoupledRotaryPositionsConfig,
    DenseFFNConfig,
    FlashKernelConfig,
    MathKernelConfig,
    MultiHeadAttentionConfig,
    NoPositionsConfig,
)
from lab.model.cost import parameters_of
from lab.recipes.bench import (
    LIMITS,
    MOST_CHARACTERS,
    Limit,
    bench,
    from_json,
    largest_that_fits,
    require_trainable,
    to_json,
    too_much,
    usual,
)
from lab.recipes.presets import PRESETS
from lab.training.recipe import Recipe, Stage, in_stages


def every_variant() -> list[Recipe]:
    """One with each kind of each part, and all presets."""
    parts = [replace(usual(), model=model) for _, model in one_by_one()]
    return [*parts, *(make() for make in PRESETS.values())]


# ---------------------------------------------------------------- as a document


def test_every_variant_survives_json() -> None:
    variants = every_variant()
    again = [from_json(to_json(recipe)) for recipe in variants]
    assert again == variants
    assert [recipe.hash for recipe in again] == [recipe.hash for recipe in variants]


def test_a_document_without_a_name_is_called_bench() -> None:
    document = usual().to_dict()
    del document["name"]
    assert from_json(json.dumps(document)) == usual()


NO_JSON: list[tuple[str | bytes, str]] = [
    *((text, "this is not readable JSON") for text in ("", "{", "b'", "\ud800", "{'a': 1}")),
    *((text, "this is not readable JSON") for text in (b"\xff\xfe", "[" * 9_000, "9" * 9_000)),
    *((text, "variant=.* must be an object") for text in ("1e9", "-1", "null", "[]", '"٣"')),
    ("٣", "this is not readable JSON"),
    (" " * (MOST_CHARACTERS + 1), "a variant of 20,001 characters; at most 20,000 are read"),
    (b"{" * (MOST_CHARACTERS + 1), "a variant of 20,001 characters"),
    ("{}", "Recipe lacks model"),
]


def test_what_is_no_document_is_refused() -> None:
    assert refused_otherwise((x, lambda x=x: from_json(x), words) for x, words in NO_JSON) == []


def test_a_document_nested_deep_is_refused() -> None:
    data: Any = {"kind": "pairs"}
    for _ in range(800):
        data = {"kind": "pool", "n": 1, "of": data}
    document = {**usual().to_dict(), "data": data}
    text = json.dumps(document, separators=(",", ":"))
    assert len(text) > MOST_CHARACTERS  # as a file it is refused for its length
    said = refusal(lambda: bench(document))
    assert "nested too deep" in said or "is not a source that a pool can be drawn of" in said


def with_field(path: str, value: Any) -> str:
    document = usual().to_dict()
    *outer, name = path.split(".")
    inner = document
    for key in outer:
        inner = inner[key]
    inner[name] = value
    return json.dumps(document)


WRONG: list[tuple[str, Any, str]] = [
    ("colour", "red", "Recipe has no field colour='red'; it has batch_size, "),
    ("model.depth", 3, "GPTConfig has no field depth=3; it has attention, "),
    ("model.ffn.neurons", 3, "DenseFFNConfig has no field neurons=3; it has activation, d_ff"),
    ("data.format.base", 2, "Format has no field base=2; it has p, padded, q, style"),
    ("model.attention.kind", "fast", "attention.kind='fast' is not known; allowed: multi_head, "),
    ("model.d_model", "٣", "GPTConfig.d_model='٣' must be a whole number from 1 to 1000000"),
    ("model.d_model", 1e9, "d_model=1000000000.0 must be a whole number from 1 to 1000000"),
    ("model.n_layer", -1, "n_layer=-1 must be a whole number from 1 to 1000"),
    ("model.n_layer", True, "n_layer=True must be a whole number"),
    ("rate", float("nan"), "rate=nan must be a number more than 0 and at most 1"),
    ("steps", 0, "Recipe.steps=0 must be a whole number from 1"),
    ("optimiser", "sgd", "optimiser='sgd' is not one of adamw, muon"),
    ("data.fraction", 0.5, "fraction=0.5 of the pairs; training takes more than 0"),
    ("model.vocab_size", 17, "vocab_size=17 must be 16, the book"),
    ("model.position.max_length", 19, r"max_length must be at least 20"),
    ("gap_chance", 0.5, "gap_chance=0.5 leaves places out"),
    ("name", "plain", "name='plain' is that of a run of the book"),
    ("name", "../x", "name='../x' must be a word"),
    ("model.kernel", {"kind": "flash", "rows": 0}, "kernel.rows=0 must be a whole number"),
    ("model.residual", {"kind": "block_attention", "block_size": 3}, "block_size=3 .*n_layer=2"),
]


def test_a_wrong_field_is_refused_with_its_name_and_what_is_allowed() -> None:
    cases = [(x[:2], lambda x=x: from_json(with_field(*x[:2])), x[2]) for x in WRONG]
    assert refused_otherwise(cases) == []


def test_whatever_stands_in_a_field_is_read_or_refused_and_nothing_else() -> None:
    """Fields of the recipe, of the model and of its parts, with what JSON can hold and they not."""
    document, failed = usual().to_dict(), list[tuple[str, object, str]]()
    model = document.pop("model")
    inner = [f"{part}.{name}" for part in ("position", "attention", "ffn") for name in model[part]]
    paths = [*document, *(f"model.{name}" for name in (*model, *inner))]
    for path in paths:
        for value in wrong_values(0):
            said = refusal(lambda path=path, value=value: from_json(with_field(path, value)))
            if "<another error" in said:
                failed.append((path, value, said))
    assert len(paths) > 30 and failed == []


TOGETHER: list[tuple[Callable[[Recipe], Recipe], str]] = [
    (
        lambda x: replace(
            x,
            model=replace(x.model, position=CoupledRotaryPositionsConfig(10.0)),
            data=PackedStream(Pairs(), 256),
        ),
        "is read off one problem from its beginning, and a packed_stream is cut anywhere",
    ),
    (
        lambda x: replace(x, data=Pairs(Format("plain", 1, 1), 1e-6)),
        "fraction=1e-06 leaves no problem of 1 x 1 digits",
    ),
    (
        lambda x: replace(x, data=Shapes(Format("cot"), ((2, 2), (1, 1)), 1e-3)),
        "fraction=0.001 leaves no problem of 1 x 1 digits",
    ),
    (lambda x: replace(x, data=PackedStream(Pairs(), 256)), "ends before the 256 tokens of a row"),
]


def test_what_no_step_could_do_is_refused() -> None:
    cases = [(n, lambda y=y: require_trainable(y(usual())), x) for n, (y, x) in enumerate(TOGETHER)]
    assert refused_otherwise(cases) == []


# ---------------------------------------------------------------- as a live run


def test_a_live_run_of_the_bench_is_built_from_its_document() -> None:
    for make in PRESETS.values():
        recipe = make()
        assert RunSpec("bench", {"variant": json.loads(to_json(recipe))}).build() == recipe


NOT_SHOWN: list[tuple[dict[str, Any], str]] = [
    ({"data": ListedPairs(Format(), ((1, 2),))}, "data is ListedPairs; the bench takes Pairs"),
    ({"data": Pairs(Format("plain", 3, 2))}, "p=3 and q=2 digits; on the bench an operand has"),
    ({"data": PackedStream(Pairs(), 39)}, "length=39 of a packed_stream; .* at least 40 tokens"),
    ({"start_from": "plain"}, "start_from='plain' and 0 stages"),
    ({"steps": 2001}, "2,001 steps are 1 times the 2,000 .*; steps=2000 would fit"),
]


def test_what_the_bench_cannot_show_is_refused() -> None:
    course = in_stages(usual(), Stage(usual().data, 2), Stage(usual().data, 3))
    roomy = grown(position=NoPositionsConfig())
    recipes = [(replace(roomy, **changes), words) for changes, words in NOT_SHOWN]
    recipes.append((course, "start_from='' and 2 stages"))
    cases = [(x.name, lambda x=x: bench(x.to_dict()), words) for x, words in recipes]
    assert refused_otherwise(cases) == []


NARROW = MultiHeadAttentionConfig(n_head=1, head_dim=16)


def grown(**changes: Any) -> Recipe:
    """The usual variant with other fields, its model's among them."""
    own = {name: changes.pop(name) for name in ("steps", "batch_size", "data") if name in changes}
    return replace(usual(), **own, model=replace(usual().model, **changes))


def test_a_variant_that_is_too_large_is_told_by_how_much_and_what_fits() -> None:
    assert too_much(usual()) == []
    (said,) = too_much(grown(n_layer=12, d_model=160))
    assert said == (
        "2,963,360 parameters are 1.48 times the 2,000,000 that a live run may have; n_layer=8 or "
        "d_model=107 would fit"
    )
    every = too_much(grown(n_layer=1000, d_model=4096, steps=10**6, batch_size=10**6))
    assert [next(x.what for x in LIMITS if x.what in said) for said in every] == [
        *("layers", "parameters", "steps", "rows in a step", "numbers kept for the gradients"),
    ]
    wide = too_much(grown(n_layer=16, d_model=16, ffn=DenseFFNConfig(2048), attention=NARROW))
    assert len(wide) == 1 and "numbers kept for the gradients are" in wide[0], wide
    (tiles,) = too_much(grown(kernel=FlashKernelConfig(1, 1)))
    assert tiles.startswith("800 tiles of scores are 12.5 times the 64 that a live run may have")
    assert too_much(grown(kernel=FlashKernelConfig(8, 8))) == too_much(
        grown(kernel=MathKernelConfig())
    )


@pytest.mark.parametrize("name", ["n_layer", "d_model"])
def test_what_would_fit_fits_and_one_more_does_not(name: str) -> None:
    """Beside trying every value; with heads of latents some are no model at all."""
    limit = Limit("parameters", 9_000, lambda x: parameters_of(x.model), (name,))
    for _, model in one_by_one():
        recipe = replace(usual(), model=replace(model, **{name: 40}))
        fit: list[int] = []
        for value in range(1, 40):
            with suppress(ValueError):
                changed = replace(recipe, model=replace(recipe.model, **{name: value}))
                fit += [value] if limit.of(changed) <= limit.most else []
        assert largest_that_fits(recipe, name, limit) == max(fit, default=None), model


def test_the_usual_variant_stays_as_it_is_since_every_link_tells_what_differs_from_it() -> None:
    assert usual().hash == "da8f78c1d48a"
    assert usual() == replace(RunSpec().build(), name="bench")
