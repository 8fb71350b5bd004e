"""lab.training.recipe: it survives JSON, old documents still say what they said, and what cannot be
is refused."""

import hashlib
import json
import re
from dataclasses import fields, replace
from typing import Any

from tiny import BASE, refusal, refused_otherwise, tiny_recipe, wrong_values

from lab.data.problems import Format, split_value
from lab.data.sources import (
    ListedPairs,
    Mix,
    PackedStream,
    Pairs,
    Shapes,
    Source,
    WholeTable,
)
from lab.recipes.recipe_index import RECIPES
from lab.training.recipe import Recipe, Stage, differences, in_stages
from lab.training.state import TrainState
from lab.training.train import train

# ---------------------------------------------------------------- a recipe as a document


def every_recipe() -> list[Recipe]:
    pairs = tuple((3, b) for b in range(100) if split_value(3, b) < 0.30)
    sums, form = Pairs(Format("plain"), 0.1), Format("cot_reversed", 3, 3, padded=False)
    sources: list[Source] = [
        ListedPairs(Format("plain"), pairs),
        PackedStream(sums, 64),
        Mix(((PackedStream(sums, 64), 1), (Shapes(form, ((1, 1), (3, 2))), 2.5))),
    ]
    others = [tiny_recipe(name=f"tiny_{i}", data=data) for i, data in enumerate(sources)]
    course = in_stages(tiny_recipe(start_from="plain"), *(Stage(data, 3) for data in sources))
    return [*(make() for make in RECIPES.values()), *others, course]


def survives_json(recipe: Recipe) -> bool:
    document = recipe.to_dict()
    again = Recipe.from_dict(document)
    return (json.loads(json.dumps(document)), again, again.hash) == (document, recipe, recipe.hash)


def test_every_recipe_survives_json() -> None:
    assert [recipe.name for recipe in every_recipe() if not survives_json(recipe)] == []


def test_a_recipe_without_a_later_field_takes_its_default() -> None:
    document = tiny_recipe().to_dict()
    for name in ("stages", "start_from", "gap_chance", "gap_most"):
        del document[name]
    del document["model"]["embedding_std"]
    assert Recipe.from_dict(document) == tiny_recipe()


NO_RECIPES: list[tuple[dict[str, Any], str]] = [
    ({"model": 3}, "model=3 must be an object"),
    ({"data": 3}, "data=3 must be an object whose kind is one of pairs, listed_pairs, "),
    ({"data": {"kind": "book"}}, "data.kind='book' is not known; allowed: pairs, "),
    ({"data": {"kind": "pairs", "pages": 3}}, "Pairs has no field pages"),
    ({"data": {"kind": "mix", "sources": [3]}}, r"sources=\[3\] must be a list of pairs"),
    ({"stages": 3}, "stages=3 must be a list of stages"),
    ({"stages": [3]}, "stage=3 must be an object"),
    ({"stages": [{"steps": 3}]}, "Stage lacks data"),
    ({"fraction": 0.1}, "data=.* and fraction both say what is trained on"),
    ({"colour": "red"}, "Recipe has no field colour"),
]


def test_a_document_that_is_no_recipe_is_refused() -> None:
    right, others = tiny_recipe().to_dict(), (3, None, [], "tiny")
    documents: list[tuple[Any, str]] = [
        *(({**right, **changes}, words) for changes, words in NO_RECIPES),
        *((document, r"recipe=.* must be an object") for document in others),
    ]
    cases = [(x, lambda x=x: Recipe.from_dict(x), words) for x, words in documents]
    assert refused_otherwise(cases) == []


def test_the_hash_changes_with_every_field() -> None:
    plain = tiny_recipe()
    others = [
        replace(plain, **changes)
        for changes in (
            *({"name": "other"}, {"seed": 1}, {"steps": 7}, {"rate": 0.1}, {"precision": "bf16"}),
            *({"data": Pairs(Format("plain", 1, 2))}, {"model": replace(BASE, n_layer=3)}),
            *({"check_every": 4}, {"gap_chance": 0.1}, {"start_from": "plain"}, {"clip": 2.0}),
        )
    ]
    assert len({plan.hash for plan in (plain, *others)}) == 1 + len(others)
    assert re.fullmatch("[0-9a-f]{12}", plain.hash)
    text = json.dumps(plain.to_dict(), sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.blake2b(text).hexdigest()[:12] == plain.hash


def test_what_differs_is_told_up_to_four_fields() -> None:
    here = tiny_recipe(name="x", steps=7, seed=2, rate=0.1, clip=2.0, decay=0.1, batch_size=4)
    assert differences(tiny_recipe(), here) == (
        "name is 'tiny' there and 'x' here, seed is 0 there and 2 here, "
        "steps is 6 there and 7 here, batch_size is 8 there and 4 here, and 3 more"
    )


# ---------------------------------------------------------------- recipes that are refused


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"steps": 0}, "steps=0"),
    ({"batch_size": -1}, "batch_size=-1"),
    ({"check_every": 0}, "check_every=0"),
    ({"optimiser": "sgd"}, "optimiser='sgd' is not one of .*muon"),
    ({"schedule": "linear"}, "schedule='linear' is not one of .*wsd"),
    ({"precision": "fp16"}, "precision='fp16' is not one of .*bf16"),
    ({"rate": 0.0}, "rate=0.0"),
    ({"muon_rate": 2.0}, "muon_rate=2.0"),
    ({"warmup": -1}, "warmup=-1"),
    ({"decay": 1.5}, "decay=1.5"),
]


def test_a_recipe_that_cannot_be_is_refused() -> None:
    cases = [(x, lambda x=x: tiny_recipe(**x), words) for x, words in IMPOSSIBLE]
    assert refused_otherwise(cases) == []


PLAIN_FIELDS = [
    f
    for f in fields(Recipe)
    if isinstance(f.default, bool | int | float | str) and f.name != "start_from"
]


WRONG_VALUES: list[tuple[str, Any]] = [
    *((f.name, value) for f in PLAIN_FIELDS for value in wrong_values(f.default)),
    *(("name", value) for value in (None, 3, [], "", "../x", "two words")),
    *(("start_from", value) for value in (None, 3, [], "../x", "two words")),
    *((name, value) for name in ("model", "data") for value in (None, 7, {}, "x")),
    *(("stages", value) for value in (None, 7, {}, "x", [], (3,))),
]


def test_a_value_of_another_kind_is_refused_by_name() -> None:
    told = [
        (name, value, refusal(lambda name=name, value=value: tiny_recipe(**{name: value})))
        for name, value in WRONG_VALUES
    ]
    assert {name for name, *_ in told} > {"name", "start_from", "model", "data", "stages", "steps"}
    assert [
        (name, value, said)
        for name, value, said in told
        if name not in said or "\n" in said or len(said) >= 250 or said.startswith("<")
    ] == []


def test_a_seed_says_what_it_may_be() -> None:
    said = r"seed=.* must be a whole number from 0 to 4294967295"
    seeds: list[Any] = [-1, 2**32, 10**30, 1.0, True, "0"]
    assert refused_otherwise((x, lambda x=x: tiny_recipe(seed=x), said) for x in seeds) == []


def test_the_largest_seed_is_one_for_every_generator() -> None:
    recipe = tiny_recipe(seed=2**32 - 1, steps=1)
    assert next(train(recipe, TrainState.start(recipe))).step == 1


# ---------------------------------------------------------------- documents of an earlier time


def older(**changes: Any) -> dict[str, Any]:
    """A document of the time when a recipe held the fields of its data itself."""
    document = tiny_recipe().to_dict()
    for name in ("data", "stages", "start_from"):
        del document[name]
    form = {"style": "cot_reversed", "p": 2, "q": 2, "padded": True}
    rest = {"fraction": 0.2, "pairs": [], "shapes": [], "pack": 0, "trains_on_everything": False}
    return document | {"format": form} | rest | changes


FORM, MIXED = Format("cot_reversed"), Format("cot_reversed", padded=False)
ONE = {"style": "plain", "p": 1, "q": 1, "padded": True}
UNPADDED = {"style": "cot_reversed", "p": 2, "q": 2, "padded": False}
LISTED = tuple((3, b) for b in range(100) if split_value(3, b) < 0.2)[:3]
OLDER: dict[str, tuple[dict[str, Any], Source]] = {
    "pairs": ({}, Pairs(FORM, 0.2)),
    "unpadded pairs": ({"format": UNPADDED}, Pairs(MIXED, 0.2)),
    "listed": ({"pairs": [[a, b] for a, b in LISTED]}, ListedPairs(FORM, LISTED, 0.2)),
    "shapes": (
        {"format": UNPADDED, "shapes": [[1, 1], [2, 1]]},
        Shapes(MIXED, ((1, 1), (2, 1)), 0.2),
    ),
    "packed": ({"pack": 64}, PackedStream(Pairs(FORM, 0.2), 64)),
    "packed and listed": (
        {"pack": 64, "pairs": [list(pair) for pair in LISTED]},
        PackedStream(ListedPairs(FORM, LISTED, 0.2), 64),
    ),
    "everything": (
        {"format": ONE, "fraction": 1.0, "trains_on_everything": True},
        WholeTable(Format("plain", 1, 1)),
    ),
}


def test_an_older_document_names_the_source_that_its_fields_described() -> None:
    read = {name: Recipe.from_dict(older(**changes)) for name, (changes, _) in OLDER.items()}
    assert read == {name: tiny_recipe(data=source) for name, (_, source) in OLDER.items()}


def test_an_older_document_that_lacks_a_field_takes_the_default_of_its_time() -> None:
    for name in ("fraction", "pairs", "shapes", "pack", "trains_on_everything"):
        document = older()
        del document[name]
        expected = Pairs(FORM, 0.30 if name == "fraction" else 0.2)
        assert Recipe.from_dict(document).data == expected, name
    document = older()
    for name in ("format", "fraction", "pairs", "shapes", "pack", "trains_on_everything"):
        del document[name]
    assert Recipe.from_dict(document).data == Pairs(Format(), 0.30)


NO_OLDER_RECIPES: list[tuple[dict[str, Any], str]] = [
    ({"pairs": 3}, "pairs=3 must be a list of pairs"),
    ({"pairs": [[1]]}, r"pairs=\[\[1\]\] must be a list of pairs"),
    ({"format": UNPADDED, "shapes": [["1", "2"]]}, "shapes=.* must be pairs of whole numbers"),
    ({"format": []}, r"Format=\[\] must be an object"),
    ({"pack": "64"}, "pack='64' must be a whole number"),
    ({"trains_on_everything": 1}, "trains_on_everything=1 must be true or false"),
    ({"trains_on_everything": True}, "needs fraction=1.0, and it is 0.2"),
    (
        {"format": ONE, "trains_on_everything": True, "fraction": 1.0, "pairs": [[7, 8]]},
        r"only one of pairs=\(\(7, 8\),\), .* trains_on_everything=True",
    ),
    ({"pairs": [[1, 1]], "shapes": [[1, 1]]}, "only one of pairs=.*, shapes="),
    ({"format": UNPADDED, "shapes": [[1, 1]], "pack": 64}, "of=Shapes.* must be Pairs or List"),
    ({"colour": "red"}, "Recipe has no field colour"),
]


def test_an_older_document_that_is_no_recipe_is_refused() -> None:
    cases = [(x, lambda x=x: Recipe.from_dict(older(**x)), words) for x, words in NO_OLDER_RECIPES]
    assert refused_otherwise(cases) == []


# ---------------------------------------------------------------- a course

SHORT, LONG = Pairs(Format("plain", 1, 2)), Pairs(Format("cot_reversed", 1, 2), 0.1)


def test_a_run_without_stages_is_one_stage() -> None:
    plan = tiny_recipe(steps=5)
    assert plan.course == (Stage(plan.data, 5),)
    assert [plan.stage_at(step).data for step in range(5)] == [plan.data] * 5
    assert plan.fresh_starts == (0,)


def test_a_course_has_the_steps_of_its_stages_and_ends_on_the_data_of_the_last() -> None:
    plan = in_stages(tiny_recipe(), Stage(SHORT, 2), Stage(LONG, 3, optimiser="fresh"))
    assert (plan.steps, plan.data, plan.format) == (5, LONG, LONG.format)
    assert [plan.stage_at(step).data for step in range(5)] == [SHORT] * 2 + [LONG] * 3
    assert plan.fresh_starts == (0, 2)
    assert plan.fraction == 0.30
    assert (plan.trained_on() == SHORT.trained_on()).all()


def test_a_kept_optimiser_is_no_fresh_start() -> None:
    plan = in_stages(tiny_recipe(), Stage(SHORT, 2), Stage(LONG, 3), Stage(SHORT, 1, 0.5, "fresh"))
    assert plan.fresh_starts == (0, 5)


IMPOSSIBLE_COURSES: list[tuple[dict[str, Any], str]] = [
    ({"stages": (Stage(SHORT, 2),), "steps": 3, "data": SHORT}, "steps=3 must be the 2 steps"),
    (
        {"stages": (Stage(SHORT, 2),), "steps": 2, "data": LONG},
        r"data=Pairs\(.*\) must be that of the last stage, Pairs\(",
    ),
    (
        {"stages": (Stage(WholeTable(), 1), Stage(SHORT, 1)), "steps": 2, "data": SHORT},
        r"stages holds WholeTable\(.*\), which holds nothing out",
    ),
]
IMPOSSIBLE_STAGES: list[tuple[dict[str, Any], str]] = [
    ({"data": 3}, "Stage.data=3 is not one of Pairs, ListedPairs, "),
    ({"steps": 0}, "Stage.steps=0"),
    ({"rate": 0.0}, "Stage.rate=0.0"),
    ({"rate": 1.5}, "Stage.rate=1.5"),
    ({"optimiser": "new"}, "Stage.optimiser='new' is not one of fresh, kept"),
]


def test_a_course_that_cannot_be_is_refused() -> None:
    cases = [(x, lambda x=x: tiny_recipe(**x), words) for x, words in IMPOSSIBLE_COURSES]
    assert refused_otherwise(cases) == []


def test_a_stage_that_cannot_be_is_refused() -> None:
    stage = Stage(SHORT, 3)
    cases = [(x, lambda x=x: replace(stage, **x), words) for x, words in IMPOSSIBLE_STAGES]
    assert refused_otherwise(cases) == []
