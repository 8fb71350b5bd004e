"""Chapter 7 in Streamlit's harness: the scene is the model's, and bad prompts end in words."""

from __future__ import annotations

import json
import re

import pytest

from lab.cells import Reader
from lab.checkpoint import load_run
from lab.homeward import logit, way_home
from lab.scene import scene

PAGE = "70_forward_pass_3d"


def text_of(app) -> str:
    return " ".join(element.value for element in app.markdown)


def manifest(app) -> dict:
    component = app.get("component_instance")[0].proto
    return json.loads(component.json_args)["manifest"]


def test_the_page_opens_on_seven_times_eight(book) -> None:
    app = book(PAGE)
    assert not app.exception
    assert "It writes `7*8=56$`" in text_of(app)
    shown = manifest(app)
    assert "".join(shown["tokens"]) == "7*8=56$" and shown["run"] == "times_table"
    assert any(entry["name"] == "blocks.5.ffn.w_out.weight" for entry in shown["tensors"])


@pytest.mark.parametrize("run", ["times_table_small", "chain_of_thought", "plain", "few_pairs"])
def test_every_run_can_be_opened(book, run: str) -> None:
    app = book(PAGE)
    app.selectbox(key="ch70_run").set_value(run).run()
    assert not app.exception and not app.warning
    assert manifest(app)["run"] == run


@pytest.mark.parametrize("prompt", ["", "zebra", "٣*٤=", "-1", "1e9", "7" * 70, "<b>"])
def test_a_bad_prompt_is_one_sentence_and_the_page_goes_on(book, prompt: str) -> None:
    app = book(PAGE)
    app.text_input(key="ch70_prompt").set_value(prompt).run()
    assert not app.exception
    assert len(app.warning) == 1 and len(app.warning[0].value) < 200
    assert "Four guesses" in text_of(app)


def test_four_guesses_are_answered_from_the_model(book) -> None:
    app = book(PAGE)
    for key, guess in (
        ("ch70_all", "nearly all"),
        ("ch70_sees", "4"),
        ("ch70_cache", "none"),
        ("ch70_last", "still 56"),
    ):
        app.button_group(key=f"{key}_guess").set_value(guess).run()
    assert not app.exception
    assert text_of(app).count("You said **") == 4
    assert text_of(app).count("and so it is") >= 3


def test_the_way_home_that_the_page_tells_ends_on_a_digit_of_the_prompt(book) -> None:
    app = book(PAGE)
    told = re.search(r"(\d+) steps lead to the `(.)` that you typed", text_of(app))
    model = load_run("times_table").model
    made = scene(model, "7*8=56$")
    reader = Reader(made.manifest, made.blobs)
    way = way_home(reader, logit(reader, 3, 5))
    assert way[-1].name == "embed" and way[-1].position in (0, 2)
    assert told and told.groups() == (str(len(way) - 1), "7*8"[way[-1].position])


def test_the_flat_head_shows_the_numbers_of_the_scene(book) -> None:
    app = book(PAGE)
    app.selectbox(key="ch70_query").select_index(3).run()
    table = app.dataframe[0].value
    assert len(table) == 4 and table["share of the blend"].sum() == pytest.approx(1, abs=2e-3)


def test_nonsense_in_the_link_is_named(book) -> None:
    app = book(PAGE, ch70_run="zebra", ch70_wing="1")
    assert not app.exception
    assert any("ch70_run=zebra" in info.value for info in app.info)


def test_a_bad_prompt_costs_no_edit_and_a_part_that_is_not_there_is_mended(book) -> None:
    app = book(PAGE)
    off = {"name": "ffn_out", "layer": 5, "scale": 0.0}
    app.session_state["ch70_edits"] = {"last": off}
    app.text_input(key="ch70_prompt").set_value("zebra").run()
    assert app.session_state["ch70_edits"] == {"last": off}
    app.text_input(key="ch70_prompt").set_value("7*8=").run()
    assert manifest(app)["edited"] == ["blocks.5.ffn_out"]
    app.selectbox(key="ch70_run").set_value("times_table_small").run()
    assert not app.exception
    assert "no such part" in app.warning[0].value and app.session_state["ch70_edits"] == {}
    assert "It writes `7*8=56$`" in text_of(app)
