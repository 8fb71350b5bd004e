"""lab.recipes.bench_controls: each control reads back what it wrote and changes nothing else that a
control shows, and what does not fit is refused in the words of the configuration."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from tiny import refusal

from lab.data.sources import PackedStream
from lab.model.config import LayerPattern
from lab.model.cost import parameters_of
from lab.model.gpt import GPT
from lab.recipes.bench import too_much, usual
from lab.recipes.bench_controls import (
    BY_NAME,
    CONTROLS,
    DIFFERS,
    OWN,
    Control,
    Value,
    fits,
    in_words,
    turned,
    why_not,
)
from lab.recipes.bench_link import from_link, to_link
from lab.recipes.presets import PRESETS
from lab.training.recipe import Recipe

ALSO = {
    "d_model": set[str](),
    "position": {"rows"},
    "pattern": {"attention", "ffn", "block"},
    "rows": {"batch_size"},
}
"""What a control moves besides itself, of what other controls show."""


def turns() -> list[tuple[Control, Value, Recipe]]:
    """Every option of every control on the usual variant, as far as it fits."""
    found: list[tuple[Control, Value, Recipe]] = []
    for control in CONTROLS:
        for value in control.options:
            try:
                found.append((control, value, turned(usual(), control, value)))
            except ValueError:
                continue
    return found


def test_a_control_reads_back_what_it_wrote_and_moves_no_other() -> None:
    """One option alone does not fit the usual variant: three heads of 128 numbers."""
    every = turns()
    assert len(every) == sum(len(control.options) for control in CONTROLS) - 1
    before = {control.name: control.read(usual()) for control in CONTROLS}
    for control, value, recipe in every:
        assert control.read(recipe) == value, (control.name, value)
        moved = {c.name for c in CONTROLS if c.read(recipe) != before[c.name]}
        assert moved <= {control.name, *ALSO.get(control.name, set())}, (control.name, value)


def test_what_a_control_makes_survives_a_link_and_can_be_built() -> None:
    for control, value, recipe in turns():
        assert from_link(to_link(recipe)) == (recipe, []), (control.name, value)
        if not too_much(recipe):
            model = GPT(recipe.model)
            assert sum(p.numel() for p in model.parameters()) == parameters_of(recipe.model)


def test_controls_read_every_preset_and_say_what_is_unlike_the_usual_one() -> None:
    for name, make in PRESETS.items():
        recipe = make()
        for control in CONTROLS:
            value = control.read(recipe)
            assert value in control.now(recipe) and value != OWN, (name, control.name)
        unlike = [c.label for c in CONTROLS if c.read(recipe) != c.read(usual())]
        said = in_words(recipe, usual())
        assert said.count(";") == max(0, len(unlike) - 1)
        assert all(label.lower() in said.lower() for label in unlike)
    assert in_words(usual(), usual()) == "the usual network"


def test_every_control_offers_what_the_usual_variant_has() -> None:
    assert [c.name for c in CONTROLS if c.read(usual()) not in c.options] == []
    assert BY_NAME["norm_eps"].options[usual().model.norm_eps] == "10⁻⁶"


def test_what_a_variant_has_is_offered_though_the_list_lacks_it() -> None:
    odd = replace(usual(), steps=333)
    assert [*BY_NAME["steps"].now(odd)][:2] == [333, 20]
    assert "steps=333 is none of" in refusal(lambda: turned(usual(), BY_NAME["steps"], 333))


def with_turns(*made: tuple[str, Value]) -> Recipe:
    recipe = usual()
    for name, value in made:
        recipe = turned(recipe, BY_NAME[name], value)
    return recipe


@pytest.mark.parametrize(
    ("first", "then", "words"),
    [
        (("residual", "full"), ("block", "post_norm"), "norms their sum in the stream"),
        (("block", "post_norm"), ("residual", "block"), "mixes contributions as they were written"),
        (("kernel", "sdpa"), ("position", "clipped_rotary"), "take the math kernel"),
        (("rows", "stream"), ("position", "coupled_rotary"), "a packed_stream is cut anywhere"),
        (("position", "coupled_rotary"), ("rows", "stream"), "a packed_stream is cut anywhere"),
        (("rows", "stream"), ("digits", "up_to"), "must be Pairs or ListedPairs"),
        (("attention", "latents"), ("qk_norm", True), "latents have norms of their own"),
        (
            ("n_layer", 2),
            ("n_head", 3),
            "3 heads cannot share 128 numbers evenly; take 1, 2, 4, 8 or 16",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    first: tuple[str, Value], then: tuple[str, Value], words: str
) -> None:
    recipe = with_turns(first)
    name, value = then
    said = refusal(lambda: turned(recipe, BY_NAME[name], value))
    assert words in said


def test_the_width_takes_heads_and_neurons_along() -> None:
    for preset in ("with_working", "latents", "experts", "gemma_2"):
        half = turned(PRESETS[preset](), BY_NAME["d_model"], 64)
        assert half.model.d_model == 64
        ratio = parameters_of(half.model) / parameters_of(PRESETS[preset]().model)
        assert 0.2 < ratio < 0.35, preset


def test_more_heads_are_narrower_and_hold_as_many_numbers() -> None:
    for preset in ("with_working", "shared_keys", "latents"):
        before = PRESETS[preset]()
        after = turned(before, BY_NAME["n_head"], 8)
        assert BY_NAME["n_head"].read(after) == 8
        if preset == "with_working":
            assert parameters_of(after.model) == parameters_of(before.model)


def test_layers_that_differ_come_and_go() -> None:
    for name in BY_NAME["pattern"].options:
        recipe = with_turns(("n_layer", 4), ("pattern", name))
        parts = (recipe.model.attention, recipe.model.ffn, recipe.model.block)
        assert any(isinstance(part, LayerPattern) for part in parts) == (name != "alike")
        back = turned(recipe, BY_NAME["pattern"], "alike")
        assert DIFFERS not in [control.read(back) for control in CONTROLS]


def test_a_stream_reads_about_as_many_tokens_and_a_table_has_room_for_it() -> None:
    stream = with_turns(("rows", "stream"))
    assert isinstance(stream.data, PackedStream)
    assert stream.model.position.longest_text == stream.data.tokens_per_row
    assert stream.tokens_per_step == pytest.approx(usual().tokens_per_step, rel=0.05)
    assert turned(stream, BY_NAME["rows"], "one").data == usual().data


def test_a_turn_that_another_choice_forbids_is_told_in_the_words_of_the_controls() -> None:
    """Where no other choice is in the way, nothing is said."""
    seen = 0
    for other in CONTROLS:
        for choice in other.options:
            with suppress(ValueError):
                recipe = turned(usual(), other, choice)
                for control in CONTROLS:
                    for value in control.options:
                        if fits(recipe, (control, value)) or not fits(usual(), (control, value)):
                            continue
                        said = why_not(recipe, control, value, usual())
                        assert " does not fit " in said and "; take " in said
                        assert "=" not in said and "Config" not in said
                        seen += 1
    assert seen > 10
    assert why_not(usual(), BY_NAME["n_head"], 3, usual()) == ""
    heads = turned(usual(), BY_NAME["attention"], "pairs")
    said = why_not(heads, BY_NAME["n_head"], 1, usual())
    assert said.startswith("Heads: *1* does not fit Attention: *two heads share keys*; take *2*")
