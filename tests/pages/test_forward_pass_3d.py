"""Chapter 7 in Streamlit's harness: the scene is the model's, and bad prompts end in words."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from itertools import pairwise

import pytest
import torch
from shown import tables

from components.ui.chapters.ch70 import probes
from lab.interp.head_costs import head_costs
from lab.published.models import DEEPSEEK_V3, GPT_2, LLAMA_3_8B
from lab.scene.build import scene
from lab.scene.paths import logit, way_home
from lab.scene.recompute import Reader
from lab.training.checkpoint import committed_runs, load_run

PAGE = "70_forward_pass_3d"


def text_of(app) -> str:
    return " ".join(element.value for element in app.markdown)


def arguments(app) -> dict:
    return json.loads(app.get("component_instance")[0].proto.json_args)


def manifest(app) -> dict:
    return arguments(app)["manifest"]


def beside(app) -> str | None:
    """The text of the scene on the right, if there is one."""
    second = arguments(app).get("beside_manifest")
    return second and "".join(second["tokens"])


def test_the_page_opens_on_seven_times_eight(seen) -> None:
    app = seen(PAGE)
    assert not app.exception
    said = text_of(app)
    assert said.index("The model writes `7*8=56$`") < said.index("You have met all the parts now")
    assert "The `$` is its sign that the text ends here. The answer is 56, which is right" in said
    shown = manifest(app)
    assert "".join(shown["tokens"]) == "7*8=56$" and shown["run"] == "times_table"
    assert any(entry["name"] == "blocks.5.ffn.w_out.weight" for entry in shown["tensors"])


def test_runs_of_four_sizes_can_be_opened(book) -> None:
    app = book(PAGE)
    for run in ("times_table_small", "chain_of_thought", "plain", "few_pairs"):
        app.selectbox(key="ch70_run").set_value(run).run()
        assert not app.exception and not app.warning, run
        assert manifest(app)["run"] == run


def test_a_bad_prompt_is_one_sentence_and_the_page_goes_on(book) -> None:
    app = book(PAGE)
    for prompt in ("", "zebra", "٣*٤=", "-1", "1e9", "7" * 70, "<b>"):
        app.text_input(key="ch70_prompt").set_value(prompt).run()
        assert not app.exception, prompt
        assert len(app.warning) == 1 and len(app.warning[0].value) < 200, prompt
        assert "Guess, then look" in text_of(app), prompt
        assert "The picture still shows `7*8=`" in app.warning[0].value, prompt
        assert "".join(manifest(app)["tokens"]) == "7*8=56$", prompt


def test_a_bad_prompt_keeps_the_last_good_one_and_says_how_many_tokens_are_too_many(book) -> None:
    app = book(PAGE)
    box = app.text_input(key="ch70_prompt")
    assert box.label == "Prompt, up to 64 tokens" and not box.max_chars
    box.set_value("  3*4= ").run()
    assert not app.warning and "".join(manifest(app)["tokens"]) == "3*4=12$"
    app.text_input(key="ch70_prompt").set_value("7" * 400).run()
    (said,) = (warning.value for warning in app.warning)
    assert said == "400 tokens are too many; this model reads 64. The picture still shows `3*4=`."
    assert "".join(manifest(app)["tokens"]) == "3*4=12$"


def test_a_prompt_unlike_those_of_training_is_shown_and_called_a_guess(book) -> None:
    app = book(PAGE)
    app.text_input(key="ch70_prompt").set_value("12*12=").run()
    (said,) = (warning.value for warning in app.warning)
    assert "trained on products of numbers of one digit, such as `7*8=`" in said
    assert "What follows `12*12=` is a guess" in said
    assert "".join(manifest(app)["tokens"]).startswith("12*12=")


def test_the_prompt_follows_the_model_and_one_of_the_reader_stays(book) -> None:
    app = book(PAGE, ch70_beside="another prompt")
    for run, prompt, other in (
        ("rope_small", "37*48=", "37*49="),
        ("one_digit_small", "07*48=", "07*49="),
        ("times_table", "7*8=", "7*9="),
    ):
        app.selectbox(key="ch70_run").set_value(run).run()
        assert app.text_input(key="ch70_prompt").value == prompt
        assert app.text_input(key="ch70_beside_prompt").value == other
        assert "".join(manifest(app)["tokens"]).startswith(prompt) and not app.warning
    app.text_input(key="ch70_prompt").set_value("3*4=").run()
    app.selectbox(key="ch70_run").set_value("times_table_small").run()
    assert app.text_input(key="ch70_prompt").value == "3*4="
    assert app.text_input(key="ch70_prompt").label == "Prompt, up to 8 tokens"


def test_what_is_said_of_the_model_is_computed_for_the_one_that_is_open(book) -> None:
    app = book(PAGE)
    assert "4,746,496 parameters in 6 layers" in text_of(app)
    assert re.search(r"Along the largest each time, \d+ steps", text_of(app))
    app.selectbox(key="ch70_run").set_value("few_pairs").run()
    assert "parameters in 3 layers" in text_of(app)
    assert re.search(r"Along the largest each time, \d+ steps", text_of(app))


def test_three_guesses_are_answered_from_the_model(book) -> None:
    app = book(PAGE, ch70_all_guess="98", ch70_written_guess="40", ch70_idle_guess="4")
    assert not app.exception
    shown = text_of(app)
    assert shown.count("You said **") == 3
    assert "You said **98%**. The answer: **99.6%**" in shown
    assert "You said **40%**. The answer: **95.3%**" in shown
    assert "You said **4**, which is right" in shown
    assert "Without the FFN of layer 0, 16 of 100 products stay right, and without" in shown


def test_a_guess_of_words_says_how_far_off_it_is_and_nothing_comes_before_it(book) -> None:
    shown = text_of(book(PAGE, ch70_idle_guess="1", ch70_all_guess="about half"))
    assert "You said **1**. The answer: **4 of 6**, 3 more than you said." in shown
    assert "You said **about half**. The answer: **9" in shown
    app = book(PAGE)
    assert "95.3%" not in text_of(app) and "16 of 100" not in text_of(app)
    frames = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    for frame in (frame for frame in frames if frame.get("kind") == "drag"):
        assert not frame["told"] and frame["start"] not in (4, 95, 98)
        assert all(row["value"] is None for row in frame["rows"] if row["part"] != "given")


EQUATION = re.compile(r"\$([^$=]+) = ([^$=]+)\$")


def test_one_number_is_followed_in_steps_that_can_be_worked_out_on_paper() -> None:
    steps = [EQUATION.fullmatch(step) for step in probes.steps().values()]
    worked_out = [
        (float(python_of(step[1])), float(step[2].replace(",", ""))) for step in steps if step
    ]
    assert len(worked_out) == 14
    amiss = [pair for pair in worked_out if pair[0] != pytest.approx(pair[1], rel=2e-3)]
    assert amiss == []


def python_of(equation: str) -> float:
    """What the left side of an equation comes to."""
    named = {r"\times": "*", "^2": "**2", ",": "", r"\sqrt{64}": "8"}
    for tex, python in named.items():
        equation = equation.replace(tex, python)
    return eval(equation)


def test_each_step_begins_with_what_the_step_before_came_to() -> None:
    found = probes.steps()
    follows = ("embed", "norm", "value"), ("written", "attention"), ("neuron", "squared", "writes")
    ends = {name: step.strip("$").rpartition("= ")[2] for name, step in found.items()}
    begins = {name: re.split(r"[ ^]", step.strip("$"))[0] for name, step in found.items()}
    apart = [
        (one, other)
        for names in (
            *follows,
            ("middle", "norm_again", "fires"),
            ("end", "norm_last", "logit_part"),
        )
        for one, other in pairwise(names)
        if other != "attention" and ends[one] != begins[other]
    ]
    assert apart == []
    assert tuple(sorted(found)) == tuple(sorted(probes.STEPS))
    assert found["token"] == "8" and ends["v"] in found["mixed"] and ends["ffn"] in found["after"]


def test_softmax_and_the_second_token_are_those_of_the_model() -> None:
    """By a forward pass of the model itself, and by the exponential of the two logits told."""
    found, model = probes.steps(), load_run(probes.TABLE).model.eval()
    words = probes.read().manifest["vocabulary"]
    with torch.no_grad():
        logits = model(torch.tensor([[words.index(one) for one in "7*8=5"]]))[0].double()
    (first, lead), (then, last) = (
        (row.argsort(descending=True).tolist(), row.softmax(0)) for row in logits[3:]
    )
    assert [words[i] for i in (*first[:2], then[0])] == ["5", found["next"], "6"]
    told = (found[name] for name in ("probability", "next_probability", "then_probability"))
    shares = (lead[first[0]], lead[first[1]], last[then[0]])
    assert [*told] == [f"{100 * share:.2f}%" for share in shares]
    high, low = (float(found[name].strip("$")) for name in ("logit", "next_logit"))
    assert found["next_times"].endswith(f"{math.exp(low - high):.1g}$")
    assert float(found["then_logit"].strip("$")) == pytest.approx(logits[4].max(), abs=0.01)
    assert found["rms_last"] == found["norm_last"].split("/ ")[1].split(" ")[0]
    looks = [found[name].split() for name in ("then_seven", "then_eight")]
    assert looks[0][1] != looks[1][1] and min(float(look[-1]) for look in looks) > 0.5


def test_the_way_home_that_the_page_tells_ends_on_a_digit_of_the_prompt(seen) -> None:
    app = seen(PAGE)
    told = re.search(r"(\d+) steps lead to the `(.)` of the prompt", text_of(app))
    model = load_run("times_table").model
    made = scene(model, "7*8=56$")
    reader = Reader(made.manifest, made.blobs)
    way = way_home(reader, logit(reader, 3, 5))
    assert way[-1].name == "embed" and way[-1].position in (0, 2)
    assert told and told.groups() == (str(len(way) - 1), "7*8"[way[-1].position])


def test_the_flat_head_shows_the_numbers_of_the_scene(book) -> None:
    app = book(PAGE)
    app.selectbox(key="ch70_query").select_index(3).run()
    (table,) = tables(app, "token")
    assert [row["token"] for row in table] == ['0 "7"', '1 "*"', '2 "8"', '3 "="']
    assert sum(column(table, "pattern")) == pytest.approx(1, abs=2e-3)
    scores, logs = column(table, "scores"), column(table, "ln of")
    for score, log in zip(scores, logs, strict=True):
        assert score - scores[0] == pytest.approx(log - logs[0], abs=2e-4)


def column(table: list[dict[str, str]], begins: str) -> list[float]:
    """The numbers under the one title that begins so."""
    (name,) = (name for name in table[0] if name.startswith(begins))
    return [float(row[name].replace("−", "-")) for row in table]


@pytest.mark.parametrize("run", ["mla_moe", "attention_residuals_small"])
def test_every_section_opens_a_network_that_is_built_in_another_way(book, run) -> None:
    app = book(PAGE)
    app.selectbox(key="ch70_run").set_value(run).run()
    assert not app.exception and manifest(app)["run"] == run


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
    assert "The model writes `7*8=56$`" in text_of(app)


def test_ours_stands_beside_three_models_with_their_sources(seen) -> None:
    app = seen(PAGE)
    text, sources = text_of(app), next(c.value for c in app.caption if "Sizes: " in c.value)
    assert "the largest model has 141,000 times as many parameters as ours" in text
    for model in (GPT_2, LLAMA_3_8B, DEEPSEEK_V3):
        assert f"[{model.name}]({model.source})" in sources
    assert text.index("For scale") < text.index("Llama 2 7B")


def test_nothing_stands_beside_the_scene_until_it_is_asked_for(book) -> None:
    app = book(PAGE)
    assert beside(app) is None
    assert "the difference is exactly zero" in text_of(app)
    app.selectbox(key="ch70_beside").set_value("another prompt").run()
    assert not app.exception and not app.warning
    assert beside(app) == "7*9=63$" and "".join(manifest(app)["tokens"]) == "7*8=56$"
    app.selectbox(key="ch70_beside").set_value("nothing").run()
    assert beside(app) is None


def test_a_link_opens_a_comparison(book) -> None:
    app = book(PAGE, ch70_beside="another prompt", ch70_beside_prompt="3*4=")
    assert not app.exception and not app.info
    assert beside(app) == "3*4=12$"


def test_a_bad_second_prompt_is_one_sentence_and_the_first_scene_stays(book) -> None:
    app = book(PAGE, ch70_beside="another prompt")
    for prompt in ("", "zebra", "7" * 70):
        app.text_input(key="ch70_beside_prompt").set_value(prompt).run()
        assert not app.exception, prompt
        (said,) = [warning.value for warning in app.warning]
        assert said.startswith("Nothing stands beside it"), prompt
        assert beside(app) is None and "".join(manifest(app)["tokens"]) == "7*8=56$", prompt


def test_nonsense_for_the_comparison_in_the_link_is_named(book) -> None:
    app = book(PAGE, ch70_beside="zebra")
    assert not app.exception and beside(app) is None
    assert any("ch70_beside=zebra" in info.value for info in app.info)


def test_another_model_reads_the_same_prompt_where_it_can(book) -> None:
    app = book(PAGE, ch70_beside="another model")
    app.selectbox(key="ch70_beside_run").set_value("times_table_small").run()
    second = arguments(app)["beside_manifest"]
    assert second["run"] == "times_table_small" and beside(app) == "7*8=56$"
    assert arguments(app)["beside_title"] == "the times table, small"
    app.text_input(key="ch70_prompt").set_value("12*34=56").run()
    assert beside(app) == "12*34=56" and len(app.warning) == 1
    app.text_input(key="ch70_prompt").set_value("12*34=567").run()
    assert "this model reads 8" in app.warning[1].value and beside(app) is None
    assert "".join(manifest(app)["tokens"]) == "12*34=567"


def test_a_broken_model_stands_beside_itself_mended(book) -> None:
    app = book(PAGE, ch70_beside="itself, mended")
    assert beside(app) is None
    assert any("Nothing is ablated" in c.value for c in app.caption)
    app.session_state["ch70_edits"] = {"last": {"name": "ffn_out", "layer": 5, "scale": 0.0}}
    app.run()
    assert manifest(app)["edited"] == ["blocks.5.ffn_out"]
    assert arguments(app)["beside_manifest"]["edited"] == [] and beside(app) == "7*8=56$"


def test_a_bad_prompt_costs_no_comparison(book) -> None:
    app = book(PAGE, ch70_beside="another prompt", ch70_beside_prompt="3*4=")
    app.text_input(key="ch70_prompt").set_value("zebra").run()
    app.text_input(key="ch70_prompt").set_value("7*8=").run()
    assert beside(app) == "3*4=12$"


# ---------------------------------------------------------------- what is done in the picture

OFF = {"name": "z", "layer": 0, "index": {"head": 0}, "scale": 0}


def answered(app, count: int, **value):
    app.session_state["ch70_viewer"] = {**value, "n": count}
    app.run()
    assert not app.exception
    return arguments(app)


def test_a_break_keeps_what_the_whole_model_writes_beside_it(book) -> None:
    sent = arguments(book(PAGE))
    assert sent["whole"]["text"] == "7*8=56$" and sent["whole"]["given"] == 4
    assert 0.9 < sent["whole"]["chance"] <= 1 and sent["ranking"] is None
    sent = answered(app := book(PAGE), 1, edit=OFF)
    assert sent["whole"]["text"] == "7*8=56$" and sent["edits"] == [OFF]
    text = "".join(sent["manifest"]["tokens"])
    assert text != "7*8=56$" and f"The model writes `{text}`" in text_of(app)


def test_a_head_of_the_ranking_is_broken_alone_and_all_are_mended_at_once(book) -> None:
    app = book(PAGE)
    sent = answered(app, 1, rank=True)
    model = load_run("times_table").model
    assert sent["ranking"] == [asdict(cost) for cost in head_costs(model, "7*8=56$", 4)]
    answered(app, 2, edit=OFF)
    other = {**OFF, "index": {"head": 1}}
    assert answered(app, 3, edit=other)["edits"] == [OFF, other]
    sent = answered(app, 4, mend=True, edit=other)
    assert sent["edits"] == [other] and len(sent["ranking"]) == 24
    assert answered(app, 5, mend=True)["edits"] == []


def test_the_neuron_of_seven_times_eight_goes_with_its_own_model_alone(book) -> None:
    app = book(PAGE)
    assert arguments(app)["neuron"] == {
        "layer": 0,
        "neuron": 652,
        "wrong": ["7*8", "8*7"],
        "of": 100,
    }
    app.selectbox(key="ch70_run").set_value("times_table_small").run()
    assert arguments(app)["neuron"] is None


def test_a_prompt_behind_which_nothing_is_written_has_no_heads_to_rank(book) -> None:
    app = book(PAGE, ch70_prompt="7*8=56$")
    assert answered(app, 1, rank=True)["ranking"] == []


def test_the_model_goes_on_with_a_token_that_was_drawn(book) -> None:
    app = book(PAGE)
    sent = answered(app, 1, prompt="7*8=4")
    assert app.text_input(key="ch70_prompt").value == "7*8=4"
    text = "".join(sent["manifest"]["tokens"])
    assert text.startswith("7*8=4") and len(text) > 5 and sent["whole"]["given"] == 5
    app.text_input(key="ch70_prompt").set_value("3*4=").run()  # the same answer comes again
    assert "".join(manifest(app)["tokens"]) == "3*4=12$"
    answered(app, 2, prompt="z" * 10_000)
    assert app.text_input(key="ch70_prompt").value == "3*4="


def test_a_part_that_the_model_lacks_is_one_sentence_and_all_is_mended(book) -> None:
    app = book(PAGE)
    wrong = (
        {"name": "zebra"},
        {"layer": 77},
        {"layer": None},
        {"index": {"head": 99}},
        {"index": {"wing": 0}},
        {"scale": 1e300},
        {"scale": float("nan")},
    )
    for count, change in enumerate(wrong, 1):
        sent = answered(app, count, edit=OFF | change)
        assert "no such part" in app.warning[0].value and sent["edits"] == []
        assert "".join(sent["manifest"]["tokens"]) == "7*8=56$"


def test_an_answer_that_means_nothing_changes_nothing(book) -> None:
    app = book(PAGE)
    before = arguments(app)
    for count, value in enumerate(({"edit": "off"}, {"edit": {"scale": 0}}, {"rank": 3}, {}), 1):
        assert answered(app, count, **value) == before


# ---------------------------------------------------------------- other models


def test_every_committed_run_can_be_opened(book) -> None:
    app = book(PAGE)
    offered = app.selectbox(key="ch70_run").options
    assert len(offered) == len(committed_runs())
    app.selectbox(key="ch70_run").set_value("rope_small").run()
    assert not app.exception and "The model writes `37*48=692+0841=6771$`" in text_of(app)


def test_the_layer_of_a_deep_model_is_none_of_a_shallow_one(book) -> None:
    app = book(PAGE, ch70_layer="5", ch70_head="3")
    assert app.number_input(key="ch70_layer").value == 5
    app.selectbox(key="ch70_run").set_value("times_table_small").run()
    assert not app.exception
    assert app.number_input(key="ch70_layer").value < manifest(app)["config"]["n_layer"]
    (table,) = tables(app, "token")
    assert sum(column(table, "pattern")) == pytest.approx(1, abs=2e-3)
