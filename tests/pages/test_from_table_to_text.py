"""Page 01 as a reader clicks through it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from shown import frames

from components.ui.chapters.ch01 import figures, probes
from components.ui.chapters.ch01.probes import DRAWN, FORM, START_SUM, TWIN
from components.ui.chapters.ch01.worked import CALC
from components.ui.loaded_models import write_sum
from components.ui.page_records import opening
from components.ui.tokens import wrong_tokens
from lab.by_hand.mlp import softmax

PAGE = "01_from_table_to_text"


def text_of(app) -> str:
    return " ".join(element.value for element in app.markdown)


def html_of(app) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def captions_of(app) -> str:
    return " ".join(element.value for element in app.caption)


def drawn(app, name: str) -> dict:
    """What the browser is sent of the one figure that has something of this name."""
    sent = (json.loads(element.proto.json) for element in app.get("bidi_component"))
    (data,) = (data for data in sent if name in data)
    return data


def test_the_page_opens_with_what_the_twin_expects_where_it_goes_wrong_first(seen) -> None:
    found, data = opening(TWIN), drawn(seen(PAGE), "logits")
    assert found is not None
    place = len(data["given"])
    assert data["given"] == found.written.text[:place]
    right, wrong = (data["tokens"][data[which]] for which in ("right", "wrong"))
    assert (right, wrong) == (FORM.text(found.a, found.b)[place], found.written.text[place])
    assert -math.log(softmax(np.array(data["logits"]))[data["right"]]) == pytest.approx(
        found.prices[place - 1], abs=2e-3
    )


def test_one_mistake_spreads_where_the_twin_writes_and_not_where_it_is_taught(
    book, monkeypatch
) -> None:
    """As its record has it, without a forward, and as the model has it now."""
    found = opening(TWIN)
    assert found is not None
    problem = found.a, found.b
    now = probes.race(problem, write_sum(TWIN, *problem), probes.prices(TWIN, *problem).tolist())
    for name in ("prices", "write_sum"):
        monkeypatch.setattr(probes, name, lambda *_: 1 / 0)
    app = book(PAGE, figure="forcing")
    taught, alone = drawn(app, "lanes")["lanes"]
    assert (taught["text"], alone["text"]) == (now.right, now.own)
    assert taught["losses"] == pytest.approx(now.forced, rel=0.02, abs=2e-3)
    assert alone["losses"] == pytest.approx(now.alone, rel=0.02, abs=2e-3)
    assert sum(loss > math.log(2) for loss in taught["losses"]) == 1
    assert len(wrong_tokens(alone["text"], taught["text"])) == 4
    assert "one that the small twin gets wrong" in captions_of(app)


def test_the_tokens_of_the_readers_sum_stand_over_their_ids(book) -> None:
    app = book(PAGE, figure="tokens", ch01_a="58", ch01_b="7")
    assert not app.exception
    table = html_of(app)
    assert "<td>*</td>" in table and "<td>10</td>" in table


def test_a_number_that_is_none_gets_one_sentence_and_the_page_goes_on(book) -> None:
    app = book(PAGE)
    for text in ("", "-1", "1e9", "٣", "100"):
        app.text_input(key="ch01_a").set_value(text).run()
        assert not app.exception, text
        assert len(app.warning) == 1 and "0 to 99" in app.warning[0].value, text
        assert "the loss of a fair coin" in text_of(app), text
        assert drawn(app, "lanes")["right"] == FORM.text(61, 76), text


def test_prices_and_choices_are_of_the_readers_sum_and_of_one_model(book) -> None:
    app = book(PAGE, ch01_a="58", ch01_b="7")
    assert drawn(app, "lanes")["right"] == FORM.text(58, 7)
    assert "the small twin wrote 58 × 7 twenty times" in text_of(app)
    app.button_group(key="ch01_model").set_value("the book's model").run()
    assert not app.exception
    taught, alone = drawn(app, "lanes")["lanes"]
    assert taught["text"] == alone["text"] == FORM.text(58, 7)
    app.text_input(key="ch01_a").set_value("37")
    app.text_input(key="ch01_b").set_value("48").run()
    assert drawn(app, "lanes")["right"] == FORM.text(61, 76)  # for both models, until one is typed
    app.text_input(key="ch01_a").set_value("58")
    app.text_input(key="ch01_b").set_value("7").run()
    assert sum(alone["losses"]) < 0.01
    assert "the book's model wrote 58 × 7 twenty times" in text_of(app)
    assert "the small twin wrote" not in text_of(app)


def test_the_digits_in_space_come_after_the_guess_and_are_parted_by_their_size(book) -> None:
    assert not book(PAGE).get("plotly_chart")
    app = book(PAGE, ch01_rows_guess="0.9")
    assert "You said **0.90**. The answer: **0.20**, 0.70 lower than you said." in text_of(app)
    (drawn,) = app.get("plotly_chart")
    figure = json.loads(drawn.proto.spec)
    assert figure["data"][0]["text"] == list("0123456789")
    assert "first: 26 in 100" in json.dumps(figure["layout"]["scene"])
    assert "it parts `0 1 2 3 4` from `5 6 7 8 9`" in captions_of(app)


def test_a_figure_alone_has_the_controls_that_it_shares_and_no_others(book) -> None:
    for figure, boxes in (("choose", 2), ("forcing", 2), ("chain", 0)):
        app = book(PAGE, figure=figure, embed="true")
        assert not app.exception, figure
        assert len(app.text_input) == boxes, figure
        assert "From table to text" in text_of(app), figure


def test_four_predictions_come_before_their_figures(book) -> None:
    (near, rare, _, chain) = frames(book(PAGE), told=False).values()
    assert [row["words"] for row in near["rows"]] == ["\u22120.16", ""]
    assert [row["words"] for row in rare["rows"]] == ["1.0", "2.0", ""]
    assert [row["words"] for row in chain["rows"]] == ["0.970", "0.653", ""]
    said = {"rows": "-0.3", "coin": "40", "start": "2.8", "chain": "fewer than that"}
    app = book(PAGE, **{f"ch01_{name}_guess": answer for name, answer in said.items()})
    assert not app.exception
    assert text_of(app).count("You said **") == 4
    assert "You said **40.0**. The answer: **10.0 coins**, 30.0 fewer" in text_of(app)
    assert "You said **2.8 nats**, which is right" in text_of(app)
    assert "You said **\u22120.30**. The answer: **0.20**, 0.50 higher" in text_of(app)
    assert "You said **fewer than that**. The answer: **0.674**." in text_of(app)
    assert "its loss was 2.77" in text_of(app)


def test_the_texts_on_the_page_are_those_that_the_count_counts(book) -> None:
    app = book(PAGE)
    shown = next(h.proto.body for h in app.get("html") if 'class="wb-drawn"' in h.proto.body)
    texts = probes.drawn(TWIN, *START_SUM, 3.0, "all")
    assert shown == figures.drawn_texts(
        texts, FORM.text(*START_SUM), lambda text: FORM.text_implied(text, *START_SUM)
    )
    assert shown.count("<li>") == DRAWN and 0 < shown.count("✓ right") < DRAWN
    assert f"**{shown.count('✓ right')} of {DRAWN}** texts have no mistake" in text_of(app)
    app.button_group(key="ch01_model").set_value("the book's model").run()
    assert shown not in html_of(app) and html_of(app).count('class="wb-drawn"') == 1


def test_wrong_tokens_are_struck_out_for_eye_and_ear() -> None:
    said = '<s><span class="wb-unseen"> wrong: </span>{}</s><span class="wb-unseen">, then </span>'
    assert figures.drawn_line("1+2=4$", "1+2=3$", "1+2=3$") == (
        f'<code>1+2={said.format("4")}$</code> <small class="wb-no">✗ 1 wrong</small>'
    )
    assert said.format("$") in figures.drawn_line("1+$", "1+2=3$", "1+2=3$")  # it ends too soon
    assert figures.drawn_line("1+2=3$", "1+2=3$", "1+2=3$").count("<s>") == 0
    later = '<s class="wb-follows"><span class="wb-unseen"> wrong as before: </span>4</s>'
    assert later in figures.drawn_line("1+3=4$", "1+2=3$", "1+2=4$")


def test_the_two_models_are_introduced_before_they_are_asked(seen) -> None:
    text = text_of(seen(PAGE))
    book_model, twin = "4.75 million parameters", "0.60 million and was trained on only one pair in"
    assert text.index(book_model) < text.index(twin) < text.index("## 1. A digit is a row")
    assert "it was trained on three pairs in ten" in text


def test_the_waves_are_folded_and_the_exercises_are(seen) -> None:
    app = seen(PAGE, reveal="1")
    folded = [box.label for box in app.expander]
    assert "Deeper: do the digits lie on a circle?" in folded
    assert sum(label.startswith("Exercise: ") for label in folded) == 3


def test_the_answers_worked_on_paper() -> None:
    assert (CALC["p_due"](), CALC["loss_due"]()) == ("0.00634", f"{-math.log(0.00634):.2f}")
    assert CALC["coins_due"]() == f"{5.06 / math.log(2):.1f}"
    assert CALC["halved"]() == "ten" and CALC["halved_rare"]() == "1,024"
    assert CALC["no_proof"]() == "86 in 100" and 0.86**DRAWN < 0.05 < 0.87**DRAWN
    assert CALC["by_luck"]() == "5 of 100"
    assert (CALC["race_sum"](), CALC["race_mean"]()) == ("5.20", f"{5.20 / 14:.2f}")
    assert CALC["near"]() == f"+{math.cos(math.radians(78)):.1f}0"
    assert CALC["near_angle"]() == "78 degrees"


def test_greedy_is_sure_and_heat_is_not(book) -> None:
    app = book(PAGE, figure="choose")
    app.slider(key="ch01_heat").set_value(0.0).run()
    assert "**20 of 20**" in text_of(app)
    app.slider(key="ch01_heat").set_value(5.0).run()
    assert not app.exception
    assert "**20 of 20**" not in text_of(app)


def test_the_exercises_accept_a_right_setting_and_refuse_a_wrong_one(book, seen) -> None:
    assert not seen(PAGE).success
    app = book(PAGE, figure="ex_coin")
    app.number_input(key="ch01_ex_right").set_value(2.735).run()
    assert any("digit is 0.69" in done.value for done in app.success)
    app.number_input(key="ch01_ex_right").set_value(2.6995).run()  # 0.71035 nats, told as 0.710
    assert any("digit is 0.710" in done.value for done in app.success)
    app.number_input(key="ch01_ex_right").set_value(2.698).run()
    assert "digit is 0.711" in text_of(app) and not app.success
    app = book(PAGE, figure="ex_mask")
    app.button_group(key="ch01_ex_mask").set_value([6, 7, 8, 9]).run()
    assert "where its answer ends" in text_of(app)
    app.button_group(key="ch01_ex_mask").set_value([6, 7, 8, 9, 10]).run()
    assert any("You mark 5 of 11" in done.value for done in app.success)
    app = book(PAGE, figure="ex_heat")
    app.number_input(key="ch01_ex_warm").set_value(1.0).run()
    assert "still low enough" in text_of(app)
    solved = False
    for cool in (1.0, 1.5, 2.0, 3.0, 4.0):
        app.number_input(key="ch01_ex_cool").set_value(cool)
        app.number_input(key="ch01_ex_warm").set_value(2 * cool).run()
        solved = solved or any("of 20 right, and at" in done.value for done in app.success)
    assert solved and not app.exception


def test_nonsense_in_the_link_is_named(book) -> None:
    app = book(PAGE, ch01_heat="1e9", ch01_zebra="7")
    assert not app.exception
    assert any("ch01_heat=1e9" in info.value for info in app.info)
