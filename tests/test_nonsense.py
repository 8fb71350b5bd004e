"""Whatever a reader can send is taken or refused in a sentence: ten thousand inputs, most of them a
valid one with something wrong in it, since plain noise is refused at the first step."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.ui.book import BEHIND, CONTENTS
from lab.__main__ import main
from lab.model.gpt import GPT
from lab.recipes.bench import from_json, to_json, usual
from lab.recipes.bench_link import from_link, to_link
from lab.recipes.bench_weights import from_file, to_file
from lab.weights import CheckpointError

pytestmark = pytest.mark.slow

MOST_SAID = 2000
"""Characters of a message: a reader is told what is wrong, not given back all that was sent."""


def inputs(n: int) -> settings:
    """So many, and as long as each takes."""
    return settings(
        max_examples=n,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


numbers = st.integers() | st.floats() | st.sampled_from([-1, 0, 1, 10**9, 10**400, 1e308, 2**63])
words = st.text(max_size=40) | st.sampled_from(
    ["", " ", "-1", "1e9", "٣*٤", "٣", "nan", "inf", "../../etc/passwd", "<script>", "$x$", "\x00"]
)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(words | st.sampled_from(["kind", "n_head", "lr"]), inner, max_size=4)
    ),
    max_leaves=8,
)


# ---------------------------------------------------------------- a variant: JSON, link, weights


def places(document: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a document, itself the first."""
    yield way
    inner = document.items() if isinstance(document, dict) else ()
    inner = enumerate(document) if isinstance(document, list) else inner
    for key, value in inner:
        yield from places(value, (*way, key))


USUAL = json.loads(to_json(usual()))
PLACES = list(places(USUAL))[1:]


def with_changes(changes: Sequence[tuple[tuple[Any, ...], Any]]) -> Any:
    document = copy.deepcopy(USUAL)
    for way, value in changes:
        inner = document
        try:
            for key in way[:-1]:
                inner = inner[key]
            inner[way[-1]] = value
        except (TypeError, KeyError, IndexError):  # an earlier change took that part away
            continue
    return document


wrong_variants = st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=3).map(
    with_changes
)


@inputs(4000)
@given(wrong_variants | values)
def test_a_variant_as_json_is_read_or_refused_in_a_sentence(document: Any) -> None:
    try:
        from_json(json.dumps(document))
    except ValueError as refused:
        assert 0 < len(str(refused)) < MOST_SAID


@inputs(1000)
@given(st.text(max_size=200))
def test_a_text_that_is_no_json_is_refused_in_a_sentence(text: str) -> None:
    try:
        from_json(text)
    except ValueError as refused:
        assert 0 < len(str(refused)) < MOST_SAID


LINK = to_link(from_json(json.dumps(with_changes([(("model", "n_layer"), 3), (("rate",), 0.001)]))))


@inputs(2000)
@given(
    st.text(max_size=80)
    | st.tuples(st.integers(0, len(LINK)), st.text("ABCxyz019-_=%", max_size=6)).map(
        lambda cut: LINK[: cut[0]] + cut[1] + LINK[cut[0] + 1 :]
    )
)
def test_a_link_always_opens_a_variant_and_says_what_it_dropped(text: str) -> None:
    opened = from_link(text)
    assert from_json(to_json(opened.recipe)) == opened.recipe
    assert all(0 < len(sentence) < MOST_SAID for sentence in opened.dropped)


@lru_cache(maxsize=1)
def small_file() -> bytes:
    recipe = from_json(json.dumps(with_changes([(("model", "n_layer"), 1)])))
    return to_file(recipe, GPT(recipe.model))


def damaged(seed: int) -> bytes:
    """Cut, lengthened, or some bytes changed, most of them in the head."""
    rng = random.Random(seed)
    data = bytearray(small_file())
    head = 8 + int.from_bytes(data[:8], "little")
    for _ in range(rng.choice([1, 1, 2, 8])):
        at = rng.randrange(rng.choice([9, head, head, len(data)]))
        data[at] = rng.randrange(256)
    end = rng.choice([len(data), len(data), rng.randrange(len(data)), head])
    return bytes(data[:end]) + rng.randbytes(rng.choice([0, 0, 0, 9]))


@inputs(1000)
@given(st.integers(0, 10**9))
def test_a_damaged_weights_file_is_read_or_refused_in_a_sentence(seed: int) -> None:
    try:
        from_file("own.safetensors", damaged(seed), usual())
    except CheckpointError as refused:
        assert 0 < len(str(refused)) < MOST_SAID


# ---------------------------------------------------------------- the command line

COMMANDS = {
    "multiply": ["a", "b"],
    "train": ["run"],
    "evaluate": ["run"],
    "bench": ["name"],
    "sweep": ["name"],
}
FLAGS = {
    **dict.fromkeys(("--run", "--seed", "--steps", "--pairs", "--digits", "--split"), 1),
    **dict.fromkeys(("--share", "--device", "--batch"), 1),
    **dict.fromkeys(("--small", "--nonsense"), 0),
}


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """One that can do no harm: no run, benchmark or sweep of the book has such a name."""
    command = draw(st.sampled_from([*COMMANDS, "", "help"]))
    typed = [command, *(draw(words) + "¿" for _ in COMMANDS.get(command, []))]
    for flag in draw(st.lists(st.sampled_from(sorted(FLAGS)), max_size=3)):
        typed += [flag, *(draw(words) for _ in range(FLAGS[flag]))]
    return typed


@inputs(1000)
@given(command_lines())
def test_nonsense_on_the_command_line_ends_with_2_and_a_sentence(typed: list[str]) -> None:
    try:
        ended = main(typed)
    except SystemExit as usage:
        ended = usage.code
    assert ended == 2


# ---------------------------------------------------------------- what is typed into the pages

TYPED = [
    *("-1", "1e9", "", " ", "٣*٤", "٣", "½", "nan", "inf", "9" * 400, "a" * 5000, "7*8="),
    *("<b>x</b>", "$x$", "{x}", "../../etc/passwd", "'; drop", "[x](javascript:1)"),
    *("\u202e12", "\u0000"),
]
PAGES = [None, *(entry.slug for entry in (*CONTENTS, *BEHIND))]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_stands_whatever_is_typed_into_its_boxes(page: str | None) -> None:
    """Each box and each text; after the last the page has what it had before the first."""
    from tests.pages.conftest import open_book

    app = open_book(page, reveal="1")
    usual = {str(box.key): box.value for box in app.text_input}
    for key, before in usual.items():
        for text in TYPED:
            app.text_input(key=key).set_value(text).run()
            assert not app.exception, (key, text)
            assert not any("Traceback" in said.value for said in (*app.error, *app.warning))
        app.text_input(key=key).set_value(before).run()
        assert not app.exception and app.title
    assert {str(box.key): box.value for box in app.text_input} == usual
