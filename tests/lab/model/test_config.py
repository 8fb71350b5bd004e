"""lab.model.config: sizes that do not fit are refused, and a configuration survives its JSON."""

import json
import math
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from tiny import BASE, product_of_samples, refusal, refused_otherwise, wrong_values

from lab.model.config import (
    PART_KINDS,
    CoupledRotaryPositionsConfig,
    DenseFFNConfig,
    GPTConfig,
    InterpolatedRotaryPositionsConfig,
    LearnedPositionsConfig,
    MultiHeadAttentionConfig,
    ParallelBlockConfig,
    RotaryPositionsConfig,
    YarnRotaryPositionsConfig,
)


def test_every_configuration_that_there_can_be_survives_json() -> None:
    def survives(config: GPTConfig) -> bool:
        return GPTConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config

    assert [name for name, config in product_of_samples() if not survives(config)] == []


def test_a_part_that_came_later_is_said_only_where_it_is_not_as_it_always_was() -> None:
    assert "block" not in BASE.to_dict()
    assert replace(BASE, block=ParallelBlockConfig()).to_dict()["block"] == {"kind": "parallel"}


def test_a_missing_field_takes_its_default() -> None:
    document = {"n_layer": 3, "attention": {"kind": "multi_head", "n_head": 2}}
    expected = GPTConfig(n_layer=3, attention=MultiHeadAttentionConfig(n_head=2))
    assert GPTConfig.from_dict(document) == expected


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"n_layers": 3}, ["n_layers", "n_layer"]),
        ({"attention": {"kind": "multi_head", "heads": 2}}, ["heads", "n_head"]),
        ({"attention": {"kind": "linear"}}, ["linear", "multi_head"]),
        ({"position": {"base": 3.0}}, ["None", "learned, rotary, interpolated_rotary"]),
        ({"position": {"kind": "learned", "base": 3.0}}, ["base", "max_length"]),
    ],
)
def test_an_unknown_field_or_kind_is_refused_by_name(document: dict, words: list[str]) -> None:
    with pytest.raises(ValueError) as error:
        GPTConfig.from_dict(document)
    assert all(word in str(error.value) for word in words), error.value


BAD_SIZES: list[tuple[Callable[[], dict[str, Any]], list[str]]] = [
    (lambda: {"n_layer": 0}, ["n_layer=0"]),
    (lambda: {"n_layer": 2.5}, ["n_layer=2.5", "whole"]),
    (lambda: {"d_model": "256"}, ["d_model='256'"]),
    (lambda: {"vocab_size": -1}, ["vocab_size=-1"]),
    (lambda: {"attention": MultiHeadAttentionConfig(n_head=0)}, ["n_head=0"]),
    (lambda: {"attention": MultiHeadAttentionConfig(head_dim=0)}, ["head_dim=0"]),
    (lambda: {"ffn": DenseFFNConfig(d_ff=0)}, ["d_ff=0"]),
    (lambda: {"ffn": DenseFFNConfig(activation="tanh")}, ["tanh", "relu2"]),  # pyright: ignore
    (lambda: {"position": LearnedPositionsConfig(max_length=0)}, ["max_length=0"]),
    (lambda: {"position": RotaryPositionsConfig(base=1.0)}, ["base=1.0", "more than 1"]),
    (lambda: {"position": RotaryPositionsConfig(base=-3.0)}, ["base=-3.0", "more than 1"]),
    (lambda: {"position": RotaryPositionsConfig(base=math.nan)}, ["base=nan", "more than 1"]),
    (lambda: {"position": RotaryPositionsConfig(base=math.inf)}, ["base=inf", "at most"]),
    (lambda: {"position": RotaryPositionsConfig(layout="thirds")}, ["thirds", "interleaved"]),  # pyright: ignore
    (lambda: {"position": InterpolatedRotaryPositionsConfig(factor=0.5)}, ["factor=0.5", "1 to"]),
    (lambda: {"position": YarnRotaryPositionsConfig(factor=1e9)}, ["factor=1000000000.0", "1 to"]),
    (lambda: {"position": YarnRotaryPositionsConfig(original_length=0)}, ["original_length=0"]),
    (
        lambda: {"position": YarnRotaryPositionsConfig(beta_fast=0.5)},
        ["beta_slow=1.0", "beta_fast=0.5"],
    ),
]


def test_a_bad_size_is_refused_by_name() -> None:
    told = [
        (words, refusal(lambda changes=changes: replace(BASE, **changes())))
        for changes, words in BAD_SIZES
    ]
    assert [one for one in told if not all(word in one[1] for word in one[0])] == []


def test_coupled_positions_need_pairs_for_both_axes() -> None:
    with pytest.raises(ValueError, match=r"head_dim=6 must be a multiple of 4"):
        replace(
            BASE, position=CoupledRotaryPositionsConfig(), attention=MultiHeadAttentionConfig(2, 6)
        )


def test_rotary_positions_refuse_an_odd_head_naming_both() -> None:
    with pytest.raises(ValueError, match=r"head_dim=5.*RotaryPositionsConfig\(base=10.0"):
        replace(
            BASE, position=RotaryPositionsConfig(10.0), attention=MultiHeadAttentionConfig(2, 5)
        )


# ---------------------------------------------------------------- values of another kind

WRONG_FIELDS = [
    ({f.name: value}, f.name)
    for f in fields(GPTConfig)
    if f.name not in PART_KINDS
    for value in wrong_values(f.default)
]
WRONG_PARTS = [
    ({part: {"kind": kind, f.name: value}}, f"{part}.{f.name}")
    for part, kinds in PART_KINDS.items()
    for kind, cls in kinds.items()
    for f in fields(cls)
    for value in wrong_values(f.default)
]
NO_PARTS = [
    ({part: value}, part)
    for part in PART_KINDS
    for value in (7, None, "learned", [], True, 1.5, {}, {"kind": None}, {"kind": ["math"]})
]


def names_it(said: str, name: str) -> bool:
    """In one short sentence that says what may stand there."""
    allowed = any(words in said for words in ("must be", "is not one of", "is not known"))
    return allowed and name in said and "\n" not in said and len(said) < 250


def test_a_value_of_another_kind_is_refused_by_name() -> None:
    assert min(map(len, (WRONG_FIELDS, WRONG_PARTS, NO_PARTS))) > 40
    told = [
        (document, name, refusal(lambda document=document: GPTConfig.from_dict(document)))
        for document, name in (*WRONG_FIELDS, *WRONG_PARTS, *NO_PARTS)
    ]
    assert [one for one in told if not names_it(one[2], one[1])] == []


def test_what_is_no_object_is_no_model() -> None:
    documents: list[Any] = [7, None, "model", [], [["n_layer", 2]], True]
    said = r"model=.* must be an object of named fields"
    cases = [(x, lambda x=x: GPTConfig.from_dict(x), said) for x in documents]
    assert refused_otherwise(cases) == []


def test_a_part_must_be_one_of_its_classes() -> None:
    cases = [
        (
            (part, x),
            lambda part=part, x=x: replace(BASE, **{part: x}),
            f"{part}=.* is not one of [A-Z]",
        )
        for part in PART_KINDS
        for x in (7, None, {"kind": "math"}, BASE)
    ]
    assert refused_otherwise(cases) == []


def test_a_number_is_told_what_it_may_be() -> None:
    for changes, said in [
        (
            lambda: {"norm_eps": "x"},
            "GPTConfig.norm_eps='x' must be a number more than 0 and at most 1",
        ),
        (
            lambda: {"embedding_std": None},
            "embedding_std=None must be a number more than 0 and at most 10",
        ),
        (lambda: {"n_layer": 10**30}, "must be a whole number from 1 to 1000"),
        (
            lambda: {"position": YarnRotaryPositionsConfig(factor=0)},
            "factor=0 must be a number from 1 to 1000",
        ),
    ]:
        with pytest.raises(ValueError) as error:
            replace(BASE, **changes())
        assert said in str(error.value)


def test_a_whole_number_may_stand_for_a_number() -> None:
    document = {"position": {"kind": "rotary", "base": 100}, "embedding_std": 1}
    assert GPTConfig.from_dict(document).position == RotaryPositionsConfig(100.0)
