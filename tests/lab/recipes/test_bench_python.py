"""lab.recipes.bench_python: what is copied makes an equal recipe, and reads as one writes it."""

from dataclasses import replace
from typing import Any

from tiny import one_by_one

from lab.data.problems import Format
from lab.data.sources import Pairs
from lab.model.config import (
    CoupledRotaryPositionsConfig,
    DenseFFNConfig,
    GPTConfig,
    MultiHeadAttentionConfig,
)
from lab.recipes.bench import usual
from lab.recipes.bench_python import WIDTH, to_python
from lab.recipes.presets import PRESETS
from lab.recipes.recipe_index import RECIPES
from lab.training.recipe import Recipe


def run(source: str) -> Recipe:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["recipe"]


def test_what_is_copied_makes_an_equal_recipe() -> None:
    """Of every kind of every part, of every preset, and of every run of the book, with its courses
    and mixes."""
    recipes = [
        *(replace(usual(), model=model) for _, model in one_by_one()),
        *(make() for make in (PRESETS | RECIPES).values()),
        replace(usual(), decay=1, clip=1),
    ]
    again = [run(to_python(recipe)) for recipe in recipes]
    assert again == recipes and len(again) > 80
    assert [recipe.hash for recipe in again] == [recipe.hash for recipe in recipes]


def test_it_is_written_as_one_would() -> None:
    recipe = Recipe(
        name="mine",
        model=GPTConfig(
            n_layer=2,
            d_model=64,
            position=CoupledRotaryPositionsConfig(),
            attention=MultiHeadAttentionConfig(head_dim=16),
            ffn=DenseFFNConfig(d_ff=256, activation="gelu"),
        ),
        data=Pairs(Format("plain")),
        steps=30,
    )
    assert to_python(recipe) == (
        "from lab.data.problems import Format\n"
        "from lab.data.sources import Pairs\n"
        "from lab.model.config import (\n"
        "    CoupledRotaryPositionsConfig,\n"
        "    DenseFFNConfig,\n"
        "    GPTConfig,\n"
        "    MultiHeadAttentionConfig,\n"
        ")\n"
        "from lab.training.recipe import Recipe\n"
        "\n"
        "recipe = Recipe(\n"
        '    name="mine",\n'
        "    model=GPTConfig(\n"
        "        n_layer=2,\n"
        "        d_model=64,\n"
        "        position=CoupledRotaryPositionsConfig(),\n"
        "        attention=MultiHeadAttentionConfig(head_dim=16),\n"
        '        ffn=DenseFFNConfig(d_ff=256, activation="gelu"),\n'
        "    ),\n"
        '    data=Pairs(format=Format(style="plain")),\n'
        "    steps=30,\n"
        ")\n"
    )


def test_no_line_is_too_long_to_read() -> None:
    sources = [to_python(make()) for make in PRESETS.values()]
    assert max(len(line) for source in sources for line in source.splitlines()) <= WIDTH + 20
