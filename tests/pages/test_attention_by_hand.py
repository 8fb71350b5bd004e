"""Attention by hand as a reader sets it: a good head is accepted, a bad one gets a hint."""

from __future__ import annotations

import json

import numpy as np
from safetensors.numpy import load_file
from shown import copied, frames

from components.ui.loaded_models import loaded_models
from lab.by_hand import attention as hand
from lab.by_hand import learning_head as learning
from lab.by_hand.attention import FORM
from lab.data.vocabulary import encode

PAGE = "02_attention_by_hand"


def text_of(app) -> str:
    return " ".join(element.value for element in app.markdown)


def drawn(app, alt: str) -> dict:
    """The data of the first drawing on the page whose description says so."""
    found = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return next(data for data in found if alt in data.get("alt", ""))


def set_query(app, angle: int, length: float, prefix: str = "ch02_") -> None:
    app.slider(key=f"{prefix}angle").set_value(angle)
    app.slider(key=f"{prefix}length").set_value(length).run()
    assert not app.exception


def test_a_good_query_is_accepted_and_a_bad_one_gets_a_hint(book) -> None:
    app = book(PAGE, figure="query")
    assert not app.success and "Too much goes to **a, units**" in text_of(app)
    set_query(app, 26, 3.0)
    assert not app.success and "Make the query longer" in text_of(app)
    set_query(app, 26, 5.0)
    assert any("Every problem has at least 0.95" in done.value for done in app.success)
    assert "ch02_angle=26" in copied(app)[0]
    set_query(app, 26, 0.0)
    assert not app.success


def test_the_drawing_follows_the_sliders_and_the_readers_own_sum(book) -> None:
    app = book(PAGE, figure="query")
    app.text_input(key="ch02_a").set_value("5")
    app.text_input(key="ch02_b").set_value("90").run()
    set_query(app, 100, 4.0)
    data = drawn(app, "Key arrows of 05*90=, and the query")
    assert (data["angle"], data["length"]) == (100, 4.0)
    assert "".join(data["tokens"]) == "05*90="
    assert np.allclose(data["keys"], hand.keys(FORM.prompt(5, 90))[0], atol=1e-6)


def test_the_real_head_is_the_models_own(seen) -> None:
    from components.ui.claims.results import most_missed_head
    from lab.interp.patterns import patterns
    from lab.training.checkpoint import load_run

    app = seen(PAGE)
    layer, head = most_missed_head()
    data = drawn(app, f"The weights of layer {layer}, head {head}")
    expected = patterns(load_run("chain_of_thought").model, "".join(data["tokens"]))
    assert np.allclose(data["weights"], expected[layer, head], atol=1e-4)
    assert data["at"] == 5 and "Of all heads at the first `=`" in text_of(app)


def test_predictions_come_before_the_figures(book) -> None:
    app = book(PAGE)
    asked = [g.key for g in app.button_group if g.key and g.key.endswith("_guess")]
    waits = frames(app, told=False)
    assert asked == ["ch02_heads_guess"] and len(waits) == 5
    given = [row["words"] for data in waits.values() for row in data["rows"] if row["words"]]
    assert given == ["100", "0.17", "86 of 86"]
    assert "says how many" not in text_of(app) and not app.toggle
    app = book(PAGE, ch02_mask_guess="50", ch02_root_guess="0.3", ch02_importance_shown="1")
    assert not app.exception
    assert "You said **50%**. The answer: **100%**, 50 points higher" in text_of(app)
    assert "You said **0.30**. The answer: **0.94**, 0.64 larger" in text_of(app)
    assert "The answer: **3 of 15**." in text_of(app)
    assert app.toggle(key="ch02_mask_on").value is False


def test_the_first_head_that_learns_is_the_recorded_one_and_another_is_trained(
    book, monkeypatch
) -> None:
    def refuse(settings: learning.Settings) -> learning.Film:
        raise AssertionError(f"{settings} is recorded")

    with monkeypatch.context() as patched:
        patched.setattr(learning, "film", refuse)
        recorded = drawn(book(PAGE, figure="learns"), "A head that learns")
    film = learning.unpacked(load_file(learning.film_path(0)))
    reading = learning.read(film.frames[-1], encode("37*48=")[None])
    assert np.allclose(recorded["frames"][-1]["keys"], reading.keys[0], atol=1e-3)
    assert recorded["frames"][-1]["errors"] == film.errors[-1] == 0
    app = book(PAGE, figure="learns", ch02_seed="18", ch02_read="a nine as tens digit of b")
    data = drawn(app, "A head that learns")
    assert "".join(data["tokens"]) == "37*98=" and data["frames"][-1]["p"][9] > 0.9
    app.button(key="ch02_train").click().run()
    assert not app.exception and app.number_input(key="ch02_seed").value == 19
    assert drawn(app, "A head that learns")["film"] == "seed 19, None"


def test_the_mask_takes_the_answers_away(book, seen) -> None:
    right = "Right: **140,000 of 140,000** tokens"
    assert right in text_of(seen(PAGE, reveal="1"))
    app = book(PAGE, figure="mask")
    assert right in text_of(app)
    app.toggle(key="ch02_mask_on").set_value(True).run()
    assert not app.exception
    assert right not in text_of(app)


def test_heads_and_values_change_what_can_be_told(book) -> None:
    app = book(PAGE, figure="heads")
    assert "product of **100 of 100** pairs and the difference of **55 of 100**" in text_of(app)
    app.button_group(key="ch02_n_heads").set_value("two heads").run()
    assert "difference of **100 of 100**" in text_of(app)
    app.button_group(key="ch02_n_heads").set_value("one head")
    app.button_group(key="ch02_values").set_value("size").run()
    assert not app.exception
    assert "product of **36 of 100**" in text_of(app)
    for share in (0.0, 1.0):
        app.slider(key="ch02_share").set_value(share).run()
        assert not app.exception


def test_the_exercises_accept_a_right_setting_and_refuse_a_wrong_one(book) -> None:
    app = book(PAGE, figure="ex_both")
    assert "Make the query shorter" in text_of(app)
    set_query(app, 60, 1.2, "ch02_ex_")
    assert any("Every problem has at least 0.30" in done.value for done in app.success)
    set_query(app, 80, 1.2, "ch02_ex_")
    assert not app.success and "Turn towards its arrow" in text_of(app)

    app = book(PAGE, figure="ex_share")
    assert "share of 0.05 alone" in text_of(app)
    app.slider(key="ch02_ex_share").set_value(0.55).run()
    assert not app.success and "look too much alike" in text_of(app)
    for share in (0.67, 0.33):
        app.slider(key="ch02_ex_share").set_value(share).run()
        assert app.success and not app.exception


def test_the_sign_takes_nearly_all_and_a_query_that_is_its_own_key_finds_no_units() -> None:
    prompt = encode("37*48=")
    longest = hand.look_at(prompt, hand.arrow(hand.ANGLES[2], hand.LONGEST_QUERY))
    assert longest.weights[2] > 0.95
    own = hand.look_at(prompt, hand.keys(prompt[None])[0, -1]).weights
    assert own.argmax() == 5 and own[[hand.A_UNITS, hand.B_UNITS]].max() < 0.005


def test_a_link_brings_the_query_back(book) -> None:
    app = book(PAGE, figure="query", ch02_angle="26", ch02_length="5.0")
    assert app.slider(key="ch02_angle").value == 26 and app.success


def test_nonsense_in_the_link_opens_the_default_and_says_so(book) -> None:
    for number in ("-1", "٣", "1e9", "<b>7</b>", ""):
        nonsense = {"angle": number, "length": number, "layer": "77", "zebra": "1"}
        app = book(PAGE, reveal="1", **{f"ch02_{key}": value for key, value in nonsense.items()})
        assert not app.exception, number
        said = " ".join(info.value for info in app.info)
        assert f"ch02_angle={number}" in said, number
        assert "ch02_layer=77" in said and "ch02_zebra=1" in said, number
        held = app.slider(key="ch02_angle").value, app.slider(key="ch02_length").value
        assert held == (45, 2.5), number


def test_a_bad_operand_is_one_sentence_and_the_first_sum_stays(book) -> None:
    app = book(PAGE)
    app.text_input(key="ch02_a").set_value("seven").run()
    assert not app.exception
    assert len(app.warning) == 1 and "0 to 99" in app.warning[0].value
    assert drawn(app, "Key arrows of 37*48=, and the query")


def test_without_the_trained_model_the_head_by_hand_still_works(book, monkeypatch) -> None:
    from lab.training import checkpoint

    def refuse(name: str):
        raise checkpoint.CheckpointError(f"{name}/model.safetensors is damaged or cut short")

    monkeypatch.setattr(checkpoint, "load_run", refuse)
    monkeypatch.setattr(loaded_models(), "loaded", {})
    app = book(PAGE, ch02_a="13", ch02_b="57", ch02_angle="26", ch02_length="5.0")
    assert not app.exception and app.success
    assert any("damaged or cut short" in warning.value for warning in app.warning)


def test_a_missing_record_is_one_sentence(book, monkeypatch, tmp_path) -> None:
    from components.ui import page_records

    monkeypatch.setattr(page_records, "ROOT", tmp_path)
    app = book(PAGE, figure="importance")
    assert not app.exception
    assert any("records/sharpness.jsonl" in info.value for info in app.info)


def test_a_figure_of_the_sum_stands_alone_with_its_own_boxes_and_others_without(book) -> None:
    app = book(PAGE, figure="query", ch02_a="12", ch02_b="34", ch02_angle="26", ch02_length="5.0")
    assert not app.exception and len(app.text_input) == 2
    assert drawn(app, "Key arrows of 12*34=, and the query")["angle"] == 26 and app.success
    for name in ("average", "root", "importance", "ex_share"):
        app = book(PAGE, figure=name)
        assert not app.exception and not app.text_input
        assert app.get("vega_lite_chart") or app.slider


def test_a_link_that_leaves_a_control_empty_opens_its_default(book) -> None:
    app = book(PAGE, reveal="1", ch02_n_heads="", ch02_values="", ch02_d="", ch02_layer="")
    assert not app.exception
    assert "product of **100 of 100** pairs and the difference of **55 of 100**" in text_of(app)
