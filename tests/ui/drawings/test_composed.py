"""components.ui.drawings.composed: every matrix once, its sides in numbers; a bit a pair."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import numpy as np
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import composed
from components.ui.drawings.composed import (
    Look,
    Strip,
    Variant,
    by_name,
    composed_data,
    in_columns,
    sides,
)
from lab.model.gpt import GPT
from lab.model.named_matrices import matrices_of
from lab.recipes.presets import PRESETS

# ---------------------------------------------------------------- what the front end is tried on

WRONG = (1.0, 0.5, 0.02)
STEPS = (0, 10, 40)


def strips_of(preset: str) -> list[Strip]:
    model = PRESETS[preset]().model
    found = matrices_of(GPT(model))
    return [
        Strip(
            f"layer {layer}",
            in_columns([m for m in found if m.layer == layer], model.d_model, 8),
        )
        for layer in range(model.n_layer)
    ]


def learning(name: str, side: int = 100, seed: int = 5) -> Variant:
    n, rng = side * side, np.random.default_rng(seed)
    thrown, trained = rng.random(n), rng.random(n) < 0.3
    looks = [
        Look(step, thrown < share, np.arange(n) % 4 < 2 * (i + 1))
        for i, (step, share) in enumerate(zip(STEPS, WRONG, strict=True))
    ]
    whole = side == 100
    return Variant(name, "two layers", trained.reshape(side, side), looks, name[0], recorded=whole)


def two_variants() -> Case:
    strips, variants = strips_of("legible"), [learning("one"), learning("two", 10)]

    def held(variant: Variant) -> list[list[int]]:
        out = ~variant.trained.ravel()
        return [
            [int((look.wrong & out & look.asked).sum()), int((out & look.asked).sum())]
            for look in variant.looks
        ]

    return case(
        composed,
        lambda: composed.show_composed(
            "k", strips, variants, usual=strips, alt="A model", headline="Press a matrix."
        ),
        {
            "n": sum(len(column) for strip in strips for column in strip.columns),
            "parameters": sum(m.parameters for s in strips for c in s.columns for m in c),
            "held": [held(variant) for variant in variants],
        },
    )


CASES = {"composed": two_variants}


# ---------------------------------------------------------------- what Python sends


def test_a_matrix_covers_as_many_numbers_as_it_has_and_stands_once() -> None:
    for name in PRESETS:
        model = PRESETS[name]().model
        found = matrices_of(GPT(model))
        columns = in_columns(found, model.d_model, 8)
        assert [m for column in columns for m in column] == found
        for matrix in found:
            wide, high = sides(matrix)
            assert wide * high == matrix.parameters
        for column in columns:
            tall = sum(sides(matrix)[1] for matrix in column) + 8 * (len(column) - 1)
            assert len(column) == 1 or tall <= model.d_model


def test_the_stream_stands_upright_in_every_matrix_that_touches_it() -> None:
    model = PRESETS["with_working"]().model
    for matrix in matrices_of(GPT(model)):
        assert sides(matrix)[1] == model.d_model


def test_what_lies_flat_is_turned_and_stands_once_under_its_name() -> None:
    found = [m for m in matrices_of(GPT(PRESETS["mixed_over_depth"]().model)) if m.layer is None]
    strip = Strip("ends", by_name(found), True)
    (sent,) = composed_data([strip], [], [])["strips"]
    assert [m for column in strip.columns for m in column] != [] and len(strip.columns) == len(
        {m.name for m in found}
    )
    for column, told in zip(strip.columns, sent["columns"], strict=True):
        for matrix, data in zip(column, told, strict=True):
            assert (data["high"], data["wide"]) == sides(matrix)


def test_every_pair_travels_as_a_bit_and_what_was_asked_only_where_it_is_not_all() -> None:
    variant = learning("one", 10)
    (sent,) = composed_data(strips_of("legible"), [variant], [])["variants"]
    for look, found in zip(variant.looks, sent["looks"], strict=True):
        bits = np.unpackbits(np.frombuffer(base64.b64decode(found["wrong"]), np.uint8))[:100]
        assert (bits == look.wrong).all()
        assert (found["asked"] == "") == look.asked.all()
    assert sent["columns"] == 10


def test_what_does_not_fit_is_refused() -> None:
    strips, one = strips_of("legible"), learning("one", 10)
    back = replace(one, looks=one.looks[::-1])
    short = replace(one, looks=[one.looks[0]._replace(wrong=np.zeros(99, bool))])
    cases: list[tuple[Any, ...]] = [
        ([], [one], "a model has one at least"),
        (strips, [one] * 5, "5 variants; at most 4"),
        (strips, [back], r"one: looks after steps \[40, 10, 0\]; they are to rise"),
        (strips, [short], r"one: a look of shape \(99,\); \(100,\) is wanted"),
    ]
    assert not_refused(lambda s, v: composed_data(s, v, s), cases) == []
