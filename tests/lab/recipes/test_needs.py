"""lab.recipes.needs: what a page needs is there, or it is said why not."""

from dataclasses import replace

from lab.data.problems import Format
from lab.data.sources import Pairs
from lab.recipes import needs
from lab.recipes.bench import usual
from lab.recipes.needs import why_not
from lab.recipes.presets import PRESETS

ALL = (needs.every_pair, needs.working, needs.one_text, needs.own_keys, needs.plain_sum)


def test_the_usual_variant_has_all_that_pages_need() -> None:
    assert why_not(usual(), *ALL) == "" == why_not(PRESETS["in_tiles"]())


WANTING = {
    "two_axes": (needs.every_pair, "2 x 2 digits without zeros in front"),
    "without_working": (needs.working, "texts of style plain"),
    "rotary_stream": (needs.one_text, "streams that are cut anywhere"),
    "latents": (needs.own_keys, "keys are made of latents"),
    "mixed_over_depth": (needs.plain_sum, "its stream mixes what was written"),
}


def test_each_need_names_what_is_wanting() -> None:
    for name, (need, words) in WANTING.items():
        recipe = PRESETS[name]()
        assert words in need(recipe) and need(recipe) == why_not(recipe, *ALL), name
    short = replace(usual(), data=Pairs(Format("plain", 1, 2)))
    assert why_not(short, *ALL).count(";") == 1
