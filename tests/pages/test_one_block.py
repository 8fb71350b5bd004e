"""The page on the stream as a reader clicks through it: sums are exact, a pull is a real run."""

from __future__ import annotations

import json
import re
from inspect import unwrap

import pytest
from shown import frames

from components.ui.chapters.ch03 import probes
from components.ui.chapters.ch03.claims import PARTS, part_name
from components.ui.claims.claim import read_record
from components.ui.claims.claim_index import look_up
from components.ui.claims.results import most_missed_head
from components.ui.loaded_models import BOOK_RUN, loaded_models, loaded_run, write_sum
from lab.interp.logit_lens import Notebook
from lab.readings import part_of
from lab.records import ROOT

PAGE = "03_one_block"


def text_of(app) -> str:
    return " ".join(element.value for element in app.markdown)


def html_of(app) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def pulled_texts(app) -> list[str]:
    return re.findall(r'aria-label="(37\*48=[^"]+)"', html_of(app))


def drawn(app) -> dict:
    """What the browser is sent of the figure of the parts."""
    sent = (json.loads(e.proto.json or "{}") for e in app.get("bidi_component"))
    (data,) = (data for data in sent if "without" in data)
    return data


def test_predictions_come_before_the_figures(book) -> None:
    app = book(PAGE)
    assert not app.exception
    asked = {g.key for g in app.button_group if g.key and g.key.endswith("_guess")}
    assert {f"ch03_{name}_guess" for name in ("left", "loud")} == asked
    waits = frames(app, told=False).values()
    assert [data["kind"] for data in waits] == ["drag", "drag"]
    assert all(row["value"] is None for data in waits for row in data["rows"])
    assert "You said" not in text_of(app)
    app = book(PAGE, ch03_sum_guess="20", ch03_early_guess="4")
    assert not app.exception
    right, n = probes.read_before_the_last(write_sum(BOOK_RUN, 37, 48).text)
    assert f"You said **4**. The answer: **{right} of {n}**, {right - 4} more" in text_of(app)
    assert "You said **20**. The answer: **8 of 30**, 12 fewer" in text_of(app)
    app.button(key="ch03_left_skip").click().run()
    assert "The answer: **the start, up to rounding**" in text_of(app)


@pytest.mark.usefixtures("unfolded")
def test_the_whole_model_can_be_unfolded_before_the_first_section(book) -> None:
    """The file that is shown is the one that tests hold to the package, every line of it."""
    app = book(PAGE)
    (fold,) = (box for box in app.expander if box.label == "Code: all of lab/by_hand/gpt.py")
    (code,) = fold.code
    assert code.value.strip() == (ROOT / "lab/by_hand/gpt.py").read_text("utf-8").strip()
    assert not book(PAGE, figure="sizes").expander


def test_the_parts_are_taken_out_of_the_record_and_of_a_sum_of_the_readers(
    book, monkeypatch
) -> None:
    """No forward is run for the first; a link and what a reader took out open the figure."""
    monkeypatch.setattr(probes, "all_taken_out", lambda a, b: 1 / 0)
    data = drawn(book(PAGE, figure="pull"))
    assert "".join(data["tokens"]) == "37*48=692+0841=6771$"
    assert (data["at"], data["parts"][data["out"]]["name"]) == (2, "head 0.2")
    left = data["without"][data["out"]]
    assert left["says"][2] == data["rivals"][2] == "0" and left["leads"][2] < 0
    linked = drawn(book(PAGE, figure="pull", ch03_pull="FFN 3", ch03_token="19"))
    assert (linked["at"], linked["parts"][linked["out"]]["name"]) == (13, "FFN 3")
    monkeypatch.undo()
    own = drawn(book(PAGE, figure="pull", ch03_a="12", ch03_b="34"))
    assert "".join(own["tokens"]) == "12*34=840+0630=8040$"
    assert own["names"][2] == "12 × 4: hundreds"
    assert sum(part["added"][2] for part in own["parts"]) == pytest.approx(
        own["leads"][2], abs=3e-3
    )


def test_a_loud_end_changes_nothing_and_a_loud_start_does(book, seen) -> None:
    assert "The answer: **the same text**.\n\nThe factor stands above" in text_of(
        seen(PAGE, reveal="1")
    )
    app = book(PAGE, figure="norm")
    for factor in (1, 1000):
        app.select_slider(key="ch03_factor").set_value(factor).run()
        assert not app.exception, factor
        assert write_sum(BOOK_RUN, 37, 48).text in pulled_texts(app), factor
    assert probes.write_loudly("37*48=", "resid_pre", 0, 1024.0).text not in (
        probes.write_loudly("37*48=", "resid_post", 5, 1024.0).text,
    )


def test_a_notebook_that_forgets_would_be_called_so(
    book, monkeypatch, patches_what_is_never_kept
) -> None:
    """The verdict on the first prediction is read from the stream, not typed."""
    found = probes.notebook_of(write_sum(BOOK_RUN, 37, 48).text)
    forgetful = Notebook(found.lines, found.contribution, found.last * 2)
    monkeypatch.setattr(probes, "notebook_of", lambda text: forgetful)
    monkeypatch.setattr(probes, "off_the_start", unwrap(probes.off_the_start))
    assert "The answer: **a new vector**" in text_of(book(PAGE, reveal="1"))


def test_another_sum_is_followed_through_the_page(book) -> None:
    app = book(PAGE, reveal="1", ch03_a="12", ch03_b="34")
    assert not app.exception
    assert "12*34=840+0630=8040$" in html_of(app)
    assert "(12 × 4: hundreds)" in text_of(app)
    app.text_input(key="ch03_a").set_value("zebra").run()
    assert not app.exception
    assert "0 to 99" in app.warning[0].value
    assert "".join(drawn(app)["tokens"]) == "12*34=840+0630=8040$"


def test_the_whisper_is_graded_by_a_run(book) -> None:
    app = book(PAGE, figure="ex_quiet")
    assert "this token does not need it" in text_of(app) and not app.success
    layer, head = most_missed_head()
    app.selectbox(key="ch03_ex_quiet_part").set_value(f"head {layer}.{head}")
    solved = []
    for place in range(6, 20):
        app.select_slider(key="ch03_ex_quiet_place").set_value(place).run()
        assert not app.exception
        solved += [place] if app.success else []
    assert 0 < len(solved) < 14
    app.selectbox(key="ch03_ex_quiet_part").set_value("attention 0").run()
    assert not app.exception


def test_too_loud_is_graded_by_two_runs(book) -> None:
    app = book(PAGE, figure="ex_loud")
    assert "Half of that is enough already" in text_of(app)
    solved = []
    for factor in (2**k for k in range(11)):
        app.select_slider(key="ch03_ex_loud_factor").set_value(factor).run()
        assert not app.exception
        solved += [factor] if app.success else []
    assert len(solved) >= 1 and 1024 not in solved
    app.select_slider(key="ch03_ex_loud_factor").set_value(1).run()
    assert "Go up" in text_of(app) and not app.success


def test_nonsense_in_the_link_opens_the_default_and_says_so(book) -> None:
    nonsense = {"pull": "head 9.9", "factor": "-1", "layer": "٣", "zebra": "1"}
    app = book(PAGE, reveal="1", **{f"ch03_{key}": value for key, value in nonsense.items()})
    assert not app.exception
    said = " ".join(info.value for info in app.info)
    assert "ch03_pull=head 9.9" in said and "ch03_zebra=1" in said
    assert app.select_slider(key="ch03_factor").value == 1000
    assert app.select_slider(key="ch03_layer").value == 0


def test_the_claims_name_the_parts_that_the_record_names() -> None:
    rows = read_record(ROOT / PARTS.path)
    assert len(rows) == 12
    wrong = {part_name(row): row["errors_answer"] for row in rows}
    most, least = (look_up(f"one_block.{which}_missed").measured for which in ("most", "least"))
    assert most and most.errors == max(wrong.values())
    assert least and least.errors is not None and least.errors == min(wrong.values())
    assert wrong[most.shown.split(" (")[0]] == most.errors
    tied = list(wrong.values()).count(least.errors)
    assert least.shown == f"{tied} parts ({part_of(least.errors, 1000)} wrong)"
    more = look_up("one_block.ffn_missed_more").measured
    expected = sum(wrong[f"FFN {i}"] > wrong[f"attention {i}"] for i in range(6))
    less = sum(wrong[f"FFN {i}"] < wrong[f"attention {i}"] for i in range(6))
    assert more and more.shown == f"{expected} of 6 layers, and less in {less}"


def test_a_missing_record_is_one_sentence(book, monkeypatch, tmp_path) -> None:
    from components.ui import page_records

    monkeypatch.setattr(page_records, "ROOT", tmp_path)
    app = book(PAGE, figure="missed")
    assert not app.exception
    assert any("records/parts.jsonl is missing" in info.value for info in app.info)


def test_a_damaged_checkpoint_is_one_sentence_a_figure_and_the_page_goes_on(
    book, monkeypatch
) -> None:
    from lab.training import checkpoint

    def refuse(name: str):
        raise checkpoint.CheckpointError(f"{name}/model.safetensors is damaged or cut short")

    monkeypatch.setattr(checkpoint, "load_run", refuse)
    monkeypatch.setattr(loaded_models(), "loaded", {})
    app = book(PAGE, reveal="1", ch03_a="13", ch03_b="57")
    assert not app.exception
    assert any("damaged or cut short" in warning.value for warning in app.warning)
    assert "A notebook that is handed round" in text_of(app)
    assert "Read on" in text_of(app)


def test_the_sizes_that_the_page_names_are_those_of_the_model() -> None:
    from components.ui.chapters.ch03.worked import config

    assert loaded_run(BOOK_RUN).model.config == config()
