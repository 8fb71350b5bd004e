"""Home: the sum that opens it, a reader's own numbers, and an ablated head."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from shown import is_a_page_s
from streamlit.testing.v1 import AppTest

from components.ui import computed_apart
from components.ui.book import CONTENTS, ROUTES, Entry, Route, entry
from components.ui.claims.results import full_reading, most_missed_head, without_a_head
from components.ui.home import asked_of_the_model, first_out, route, theatre
from components.ui.loaded_models import BOOK_RUN, loaded_models, loaded_run
from components.ui.page_records import FORM
from lab.data.vocabulary import encode
from lab.inference.forward import run_with_trace
from lab.model.gpt import GPT
from lab.readings import result
from lab.records import RECORDS, ROOT, read_lines
from lab.training import checkpoint
from lab.training.checkpoint import load_run

PAGE = "home"

NO_OPERANDS = (
    *("", "   ", "-1", "100", "1e9", "3.5", "٣", "²"),
    *("7x", "9" * 400, "<b>7</b>", "12\n13"),
)


def said_of(app: AppTest) -> str:
    """What the drawing says of the whole text."""
    return arcs_of(app)["verdict"]


def arcs_of(app: AppTest) -> dict[str, Any]:
    """The data of the drawing that opens Home."""
    sent = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return next(data for data in sent if "groups" in data)


def test_home_shows_the_opening_sum_and_no_exception(seen: Any) -> None:
    app = seen()
    assert not app.exception
    assert said_of(app) == "37 × 48 = 1776, and every token of the working is right."
    drawn = arcs_of(app)
    assert drawn["tokens"] == list("37*48=692+0841=6771$") == drawn["right"]
    assert drawn["pulled"] is None and drawn["layer"] == 0
    assert drawn["theatre"]["whole"] is None  # it is the sum that is sent anyhow


def test_the_theatre_is_what_the_model_writes_and_where_its_heads_look() -> None:
    """Both texts against the model, as a reader's own are asked of it; what the token that is
    explained comes to, by hand."""
    played = theatre()
    assert played is not None and played.broken.pulled == 0
    for kept in (played.whole, played.broken):
        text, weights = asked_of_the_model(kept.a, kept.b, kept.layer, kept.pulled)
        assert kept.text == text
        assert np.abs(kept.weights - weights).max() < 0.002
    assert played.whole.text[played.token] == "9"
    assert played.why == "3 × 8 + 5 = 29, with the 5 carried from 7 × 8 = 56. So 9 is right."
    assert "The model writes 1430, where 1480 is right" in played.broken.verdict
    assert first_out() == "head 0"
    pairs = zip(played.broken.text, played.whole.text, strict=True)
    assert [one != other for one, other in pairs].count(True) == 2  # of the working, the product


def test_a_visit_that_tests_share_refuses_a_click(seen: Any) -> None:
    for click in (seen().run, seen().text_input(key="a").run):
        with pytest.raises(AssertionError, match="open your own"):
            click()


def test_home_multiplies_a_readers_own_numbers(book: Any) -> None:
    app = book()
    app.text_input(key="a").set_value("58")
    app.text_input(key="b").set_value("7").run()
    assert not app.exception
    assert "58 × 7 = 406" in said_of(app)


def test_home_answers_bad_operands_with_what_is_allowed(book: Any) -> None:
    app = book()
    wrong: list[tuple[str, Any]] = []
    for text in NO_OPERANDS:
        app.text_input(key="a").set_value(text).run()
        said = [warning.value for warning in app.warning]
        right = len(said) == 1 and "0 to 99" in said[0] and len(said[0]) < 200
        if app.exception or not right:
            wrong.append((text, app.exception or said))
    assert not wrong


def test_a_typed_pair_that_is_right_costs_one_forward_and_one_look_and_a_second_visit_none(
    book: Any, monkeypatch: pytest.MonkeyPatch, patches_what_is_never_kept: None
) -> None:
    """What makes a reader's own numbers slow is forwards: all of a right text is read at once."""
    a, b = 83, 67
    forward, took = GPT.forward, list[int]()

    def counted(self: GPT, *args: Any, **kwargs: Any) -> Any:
        if is_a_page_s():
            took.append(args[0].shape[1])
        return forward(self, *args, **kwargs)

    loaded_run(BOOK_RUN)
    compute, kept = computed_apart.ask, dict[str, Any]()

    def ask(asked: str, *question: Any) -> Any:
        """As a server keeps answers."""
        if asked not in kept:
            kept[asked] = compute(asked, *question)
        return kept[asked]

    monkeypatch.setattr(computed_apart, "ask", ask)
    monkeypatch.setattr(GPT, "forward", counted)
    assert f"{a} × {b} = {a * b}" in said_of(book(a=str(a), b=str(b)))
    assert took == [FORM.length - 1, FORM.length]
    took.clear()
    assert f"{a} × {b} = {a * b}" in said_of(book(a=str(a), b=str(b)))
    assert took == []


def test_home_ablates_a_head_and_says_which_step_breaks(book: Any) -> None:
    app = book(pull="true")
    assert not app.exception
    assert "goes wrong first" in said_of(app)
    drawn = arcs_of(app)
    assert (drawn["layer"], drawn["pulled"]) == most_missed_head()
    assert drawn["tokens"] != drawn["right"]
    assert app.query_params["pull"] == "true"  # the strip copies the page's own address


def test_a_link_brings_the_ablated_head_of_any_layer_back(book: Any) -> None:
    app = book(a="37", b="48", pull="true", layer="4", head="2")
    assert not app.exception
    assert (arcs_of(app)["layer"], arcs_of(app)["pulled"]) == (4, 2)
    assert "head 2 of layer 4" in said_of(app)


def test_the_arcs_of_ten_pairs_are_the_weights_of_the_model(book: Any) -> None:
    """Against softmax(q k' / sqrt(d)) of the model's own queries and keys, and the record."""
    loaded = load_run("chain_of_thought")
    root = loaded.model.config.heads.qk_head_dim**0.5
    pairs = np.random.default_rng(0).integers(0, 100, size=(9, 2)).tolist()
    for a, b in [(37, 48), *pairs]:
        drawn = arcs_of(book(a=str(a), b=str(b)))
        text = "".join(drawn["tokens"])
        trace = run_with_trace(loaded.model, encode(text)[None], ["q", "k"])
        q, k = (trace[f"blocks.0.{name}"][0].double() for name in "qk")
        scores = (q @ k.transpose(-1, -2) / root).masked_fill(
            ~torch.ones(len(text), len(text), dtype=torch.bool).tril(), -torch.inf
        )
        rows = scores.softmax(-1)[:, drawn["given"] - 1 : -1]
        assert np.abs(np.array(drawn["weights"]) / 1000 - rows.numpy()).max() < 0.002, (a, b)


def test_every_card_on_home_has_its_small_picture(seen: Any) -> None:
    body = " ".join(element.proto.body for element in seen().get("html"))
    written = [entry for entry in CONTENTS if entry.written]
    assert written and body.count('src="data:image/webp;base64,') == len(written)
    paths = [
        ROOT / f"components/ui/cards/{entry.slug}-{theme}.webp"
        for entry in written
        for theme in ("light", "dark")
    ]
    assert [path for path in paths if not 500 < path.stat().st_size < 20_000] == []


def test_what_home_says_of_heads_is_so() -> None:
    points = without_a_head().points(read_lines(RECORDS / "heads.jsonl"))
    missed = {(row["cell"]["layer"], row["cell"]["head"]) for row, errors, _ in points if errors}
    assert missed == {(0, head) for head in range(4)}
    assert {row["n"] for row, *_ in points} == {1000}


def test_home_says_how_many_pairs_were_trained_on_as_the_records_count_them(seen: Any) -> None:
    record = ROOT / result(BOOK_RUN).path
    unseen = full_reading(json.loads(record.read_text()))["n_heldout"]
    said = " ".join(markdown.value for markdown in seen().markdown)
    assert f"{unseen:,} of them unseen" in said
    assert f"on {10_000 - unseen:,} of the pairs" in said


def test_a_link_with_nonsense_opens_the_default(book: Any) -> None:
    app = book(a="zebra", pull="perhaps", layer="77", head="-3")
    assert not app.exception
    assert "0 to 99" in app.warning[0].value


def test_a_damaged_checkpoint_is_one_sentence_and_the_page_goes_on(
    book: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> Any:
        raise checkpoint.CheckpointError(f"{name}/model.safetensors is damaged or cut short")

    monkeypatch.setattr(checkpoint, "load_run", refuse)
    monkeypatch.setattr(loaded_models(), "loaded", {})
    for app in (book(a="12", b="34"), book("10_chain_of_thought", ch10_a="12", ch10_b="34")):
        assert not app.exception
        assert any("damaged or cut short" in warning.value for warning in app.warning)
        assert app.title


def test_a_way_through_is_a_link_to_its_first_page_and_names_all_that_are_written(
    seen: Any,
) -> None:
    (found,) = [e.proto.body for e in seen().get("html") if 'class="wb-routes"' in e.proto.body]
    ways = re.findall(r'<a href="([^"]*)".*?</a>', found)
    assert ways == [f"{way.written[0].url}?route={name}" for name, way in ROUTES.items()]
    for name, way in ROUTES.items():
        (told,) = re.findall(rf'<a href="[^"]*route={name}".*?</a>', found)
        assert [page.title for page in way.written if page.title not in told] == []


def test_a_way_through_takes_in_a_page_once_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    tour = Route("A tour", ("70_forward_pass_3d", "80_bench"))
    monkeypatch.setitem(ROUTES, "tour", tour)

    def told(written: bool) -> str:
        monkeypatch.setattr(Entry, "written", property(lambda page: page.chapter == "7" or written))
        return route("tour")

    scene, bench = entry("70_forward_pass_3d"), entry("80_bench")
    for written, minutes in ((False, scene.minutes), (True, scene.minutes + bench.minutes)):
        found = told(written)
        assert (scene.title in found, bench.title in found) == (True, written)
        assert f"{minutes} minutes" in found


def test_a_page_on_a_route_leads_to_the_next_of_that_route_and_else_on_in_the_book(
    seen: Any,
) -> None:
    def way_on(page: str, **link: str) -> str:
        (found,) = [
            e.proto.body
            for e in seen(page, **link).get("html")
            if 'class="wb-way-on"' in e.proto.body
        ]
        return found

    on = way_on("03_one_block", route="serving")
    assert "Next on this route, <i>I serve models</i>" in on
    assert 'href="kv_cache?route=serving"' in on
    for link in ({}, {"route": "zebra"}, {"route": "research"}):
        off = way_on("03_one_block", **link)
        assert 'href="chain_of_thought"' in off and "route" not in off
    assert "map of the book" in way_on("60_mla", route="serving")


def test_what_home_is_and_what_to_do_stand_before_the_picture_and_its_boxes(seen: Any) -> None:
    kinds = [element.type for element in seen().main]
    assert "**Type a problem" in seen().markdown[0].value
    assert kinds.index("markdown") < kinds.index("text_input") < kinds.index("bidi_component")
