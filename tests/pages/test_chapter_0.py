"""Chapter 0 as a reader clicks through it: every control answers, and bad runs end in words."""

from __future__ import annotations

import base64
import inspect
import json
import re
from textwrap import dedent

import numpy as np
import pytest
from shown import frames

from components.ui.chapters.ch00.probes import ERRANDS, USUAL, record
from components.ui.plots.colours import INK, PAPER
from components.ui.words import spelled
from lab.by_hand.mlp import MLP
from lab.by_hand.mlp_experiment import OPTIMISERS, Neuron, Rule, hide, right_without
from lab.by_hand.mlp_experiment import film as film_of
from lab.records import RECORDS, read_lines, select

PAGE = "00_numpy_mlp"
OPENER = "two layers"


def text_of(app) -> str:
    return " ".join(element.value for element in app.markdown)


def found(pattern: str, app) -> tuple[str, ...]:
    """What stands in the gaps of a sentence of the page."""
    match = re.search(pattern, text_of(app))
    assert match, pattern
    return match.groups()


def films(app) -> list[dict]:
    """The data of every drawn network on the page."""
    found = [e.proto for e in app.get("bidi_component")]
    return [json.loads(proto.json) for proto in found]


def film(app, alt: str) -> dict:
    return next(f for f in films(app) if alt in f.get("alt", ""))


def right(film: dict, at: int = -1) -> int:
    return sum(x == y for x, y in zip(film["answers"][at], film["products"], strict=True))


def numbers(spec: dict | list) -> np.ndarray:
    """An array as plotly sends it."""
    if isinstance(spec, list):
        return np.array(spec, dtype=float)
    flat = np.frombuffer(base64.b64decode(spec["bdata"]), spec["dtype"])
    return flat.reshape([int(n) for n in spec.get("shape", "-1").split(",")])


def html_with(app, words: str) -> str:
    return next(e.proto.body for e in app.get("html") if words in e.proto.body)


def signal_of(app) -> str:
    return html_with(app, "wb-signal")


def test_the_opening_says_of_hidden_cells_what_the_record_says(seen) -> None:
    """Of this page's network: nearly all hidden products with zero right, next to no others."""
    rows = select(read_lines(RECORDS / "holdout.jsonl"), encoding="digits", target="digits")
    zero, other = (
        [sum(row[f"{what}_hidden_{which}"] for row in rows) for what in ("errors", "n")]
        for which in ("zero", "nonzero")
    )
    assert zero[0] < 0.1 * zero[1] and other[0] > 0.98 * other[1]
    said = text_of(seen(PAGE, reveal="1"))
    assert "of that part it knows hardly more than the products with zero" in said
    for wrong, n in (zero, other):
        assert f"{n - wrong} of {n}" in said


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_the_page_opens_with_a_training_whose_hidden_row_waits_for_a_guess(book) -> None:
    first = film(app := book(PAGE), OPENER)
    row = range(70, 80)
    assert first["play"] and [i for i, shown in enumerate(first["shown"]) if not shown] == [*row]
    assert right(first, 0) < 20 and right(first) == 90 and len(first["epochs"]) > 50
    assert all(said[i] is None for said in first["answers"] for i in row) and not app.exception
    whole = film(book(PAGE, ch00_hide="nothing"), OPENER)
    assert all(whole["shown"]) and right(whole) == 100


def test_one_step_on_one_cell_spoils_what_the_page_says(book, seen) -> None:
    told = found(
        r"(\w+) of the ten cells in its column say \$12\$\. In all, (\d+) answers", seen(PAGE)
    )
    app = book(PAGE, figure="network")
    app.button(key="ch00_by_10_1").click().run()
    app.button(key="ch00_alone").click().run()
    steps = film(app, "last step")["answers"]
    column = [answer == 12 for answer in steps[-1][4::10]]
    changed = sum(x != y for x, y in zip(steps[0], steps[-1], strict=True))
    assert (spelled(sum(column)), str(changed)) == told and column[3] and sum(column) >= 5


def test_all_that_ask_for_a_run_get_the_same_frames_and_nobody_changes_them(seen) -> None:
    """A copy for each of the dozen that ask in a view took a fifth of the view's time."""
    seen(PAGE)
    shown = hide(USUAL.task)
    kept, again = record(USUAL, shown), film_of(USUAL, shown)
    assert record(USUAL, shown) is kept
    for frame, anew in zip(kept, again, strict=True):
        for name in ("W", "b", "dW", "db"):
            pairs = zip(getattr(frame, name), getattr(anew, name), strict=True)
            assert all(np.array_equal(x, y) for x, y in pairs), (frame.epoch, name)
        assert np.array_equal(frame.answers, anew.answers) and frame.loss == anew.loss


def test_a_step_follows_the_gradient_and_a_rate_too_high_is_explained(book) -> None:
    app = book(PAGE, figure="neuron")
    app.button(key="ch00_step").click().run()
    assert app.slider(key="ch00_w1").value == pytest.approx(1.3)
    assert app.slider(key="ch00_w2").value == pytest.approx(1.4)
    app.select_slider(key="ch00_neuron_rate").set_value(0.05).run()
    for _ in range(8):
        app.button(key="ch00_step").click().run()
    assert not app.exception
    assert any("rate is too high" in warning.value for warning in app.warning)
    app.button(key="ch00_back").click().run()
    assert app.slider(key="ch00_w1").value == 1.0 and not app.warning


def test_the_walks_into_the_valley_are_the_optimisers_own_steps(seen) -> None:
    (chart,) = seen(PAGE, figure="valley").get("plotly_chart")
    spec = json.loads(chart.proto.spec)
    assert spec["layout"]["height"] == 480 and "gutter" in chart.proto.alt
    rates: dict[Rule, float] = {"momentum": 0.002, "adam": 0.2}
    for name, rate in rates.items():
        shown = next(trace for trace in spec["data"] if trace.get("name") == name)
        path = np.stack([numbers(shown[axis]) for axis in "xyz"], axis=1)

        w, rule = np.array([-1.0, -1.0]), OPTIMISERS[name](rate)
        for w1, w2, error in path:
            assert (w1, w2) == pytest.approx(tuple(w)), name
            assert error == pytest.approx((w @ [3, 4] - 12) ** 2), name
            rule.step([w], [np.array(Neuron(3, 4, *w).dw)])
        assert len(path) == 101, name

        for frame in spec["frames"]:
            at = next(trace for trace in frame["data"] if trace["name"] == name)
            assert np.array_equal(numbers(at["x"]), path[: int(frame["name"]) + 1, 0]), name
    assert [frame["name"] for frame in spec["frames"]][:: len(spec["frames"]) - 1] == ["0", "100"]


def test_the_ground_of_the_valley_is_the_error_in_one_hue(seen) -> None:
    (chart,) = seen(PAGE, figure="valley").get("plotly_chart")
    ground = json.loads(chart.proto.spec)["data"][0]
    x, y, error = (numbers(ground[key]) for key in ("x", "y", "customdata"))
    assert np.allclose(error, (3 * x[None, :] + 4 * y[:, None] - 12) ** 2)
    assert np.ptp(error - numbers(ground["z"])) < 1e-9  # drawn lower, all of it by as much
    assert [tone for _, tone in ground["colorscale"]] == [PAPER.light, INK.light]


def test_steps_are_taken_looked_at_and_taken_back(book) -> None:
    app = book(PAGE, figure="network")
    start = film(app, "last step")
    assert start["view"] == "gradients" and start["epochs"] == [0]
    app.button(key="ch00_by_1_1").click().run()
    app.button(key="ch00_by_10_1").click().run()
    app.button(key="ch00_by_10_10").click().run()
    assert not app.exception
    assert film(app, "last step")["epochs"][-1] == 12
    app.button(key="ch00_rewind").click().run()
    assert film(app, "last step")["W"] == start["W"]


def test_the_framed_cell_is_the_one_that_a_first_step_is_on(book) -> None:
    app = book(PAGE, figure="network")
    (framed,) = film(app, "last step")["asked"]
    app.button(key="ch00_by_1_1").click().run()
    assert film(app, "last step")["asked"] == [framed] == [78]
    app.button(key="ch00_by_10_1").click().run()
    app.button(key="ch00_rewind").click().run()
    app.button(key="ch00_by_1_1").click().run()
    assert film(app, "last step")["asked"] == [framed] and not app.exception


def test_one_output_a_product_is_named_by_the_numbers_that_have_one(book) -> None:
    """The products of two digits are fewer: 0 to 81 holds many that are none."""
    app = book(PAGE, figure="live", ch00_target="one output a product", ch00_activation="none")
    sketch = film(app, "in training")
    assert sketch["titles"][-1] == "numbers 0 to 81" and sketch["sizes"][-1] == 82
    assert len({a * b for a in range(10) for b in range(10)}) == 37


def test_loss_and_right_say_what_they_are_counted_over(seen) -> None:
    """A step's loss is its batch's, its right cells are the whole table's."""
    app = seen(PAGE)
    of_loss, of_right = film(app, "last step")["over"]
    assert "framed cells" in of_loss and "whole table" in of_right
    assert film(app, "two layers")["over"] == ["", ""]


def test_the_worked_gradient_is_of_an_edge_that_has_one(book) -> None:
    """After every step: something came in along it, and the example told of is one that adds."""
    app = book(PAGE, figure="network")
    for key in ("ch00_by_10_1", "ch00_by_1_1", "ch00_by_10_10", "ch00_by_1_1", "ch00_by_10_1"):
        app.button(key=key).click().run()
        table = next(e.proto.body for e in app.get("html") if "came in" in e.proto.body)
        assert not re.search(r"-\d", table + re.sub(r"<[^>]+>", " ", signal_of(app)))
        table = table.replace("−", "-")
        assert abs(float(re.findall(r"<b>([-+.\d]+)</b>", table)[-1])) > 0
        a, b = found(r"Where does the \$dy\$ of (\d) × (\d) come", app)
        line = table[table.index(f"<th>{a} × {b}</th>") :].split("</tr>")[0]
        x, dy, term = (float(cell) for cell in re.findall(r"<td>([-+.\d]+)</td>", line))
        assert x == 1 and dy == term != 0
    assert not app.exception


def test_an_edge_that_nothing_came_along_is_said_to_stay(book) -> None:
    app = book(PAGE, figure="network")
    app.number_input(key="ch00_from").set_value(3).run()
    assert "No framed cell adds anything here" in text_of(app)
    assert "Where does the $dy$" not in text_of(app)
    app.button(key="ch00_moves").click().run()
    assert "Where does the $dy$" in text_of(app) and not app.exception


def test_a_weight_changed_by_hand_changes_answers(book) -> None:
    app = book(PAGE, figure="network")
    app.number_input(key="ch00_weight").set_value(60.0).run()
    assert not app.exception
    assert "to 60.0000" in text_of(app) and "answer differently" in text_of(app)


def test_an_edge_is_picked_by_its_numbers(book) -> None:
    app = book(PAGE, figure="network")
    app.button_group(key="ch00_pick").set_value(2).run()
    assert film(app, "last step")["picked"][0] == 1 and "stands at the vote itself" in text_of(app)
    app.number_input(key="ch00_from").set_value(0).run()
    app.number_input(key="ch00_to").set_value(16).run()
    assert not app.exception
    assert "from hidden neuron 0 to the vote for 6 tens" in text_of(app)
    assert film(app, "last step")["picked"] == [1, 0, 16]


def test_the_gradient_is_checked_on_a_button(book) -> None:
    app = book(PAGE, figure="network")
    app.button(key="ch00_check").click().run()
    assert not app.exception
    assert "Backpropagation says" in text_of(app)


def test_what_section_4_tells_of_is_a_press_away_and_ends_as_the_page_says(book, seen) -> None:
    """Each puts its settings into the controls, all others back, and is trained. Without an
    activation the table fills where each product has an output of its own."""
    app, ends = book(PAGE, figure="live", ch00_rate="10.0", ch00_depth="3"), dict[str, int]()
    for name, (_, settings) in ERRANDS.items():
        app.button_group(key="ch00_errand").set_value(name).run()
        ended(app)
        ends[name] = right(film(app, "in training"))
        assert app.select_slider(key="ch00_width").value == settings.hidden[0]
        assert app.button_group(key="ch00_activation").value == settings.activation
        assert app.button_group(key="ch00_target").value == settings.task.target
        assert app.select_slider(key="ch00_rate").value == 0.02
        assert app.select_slider(key="ch00_depth").value == 1
        assert app.button_group(key="ch00_errand").value == name and not app.exception
    told = found(
        r"\*no activation\*: with this seed (\d+) of 100 .+ enough, and (\d+) are right", seen(PAGE)
    )
    assert (ends["none"], ends["class"]) == tuple(map(int, told))
    assert ends["class"] == ends["relu"] == 100 and 40 <= ends["none"] <= 60
    assert ends["size"] <= 10 < ends["width"] < ends["none"]
    app.select_slider(key="ch00_width").set_value(8).run()
    assert app.button_group(key="ch00_errand").value is None


def ended(app) -> None:
    for _ in range(60):
        if app.session_state["ch00_going"].ended:
            return
        app.run()


def test_a_live_run_ends_right_and_a_wild_one_is_explained(book) -> None:
    app = book(PAGE, figure="live")
    assert right(film(app, "in training")) == 100
    app.query_params.clear()
    app.query_params["figure"] = "live"
    for key, value in (("ch00_encoding", "scalar"), ("ch00_target", "regression")):
        app.button_group(key=key).set_value(value)
    app.button_group(key="ch00_optimiser").set_value("sgd")
    app.select_slider(key="ch00_rate").set_value(10.0).run()
    ended(app)
    app.run()
    assert not app.exception
    assert "the rate is too high" in text_of(app) and "It broke" in text_of(app)


def test_the_hidden_row_keeps_its_edges_and_comes_back_with_logarithms(book, seen) -> None:
    app = seen(PAGE, reveal="1")
    hidden = film(app, OPENER)
    assert hidden["still"] == [7]
    said = [i for i in range(70, 80) if hidden["answers"][-1][i] == hidden["products"][i]]
    assert said == [70] and "It gets 1 of the 10 right, 7 × 0." in text_of(app)
    assert "exactly the numbers they began with" in text_of(app)
    app = book(PAGE, figure="cannot", ch00_written="logarithms")
    logs = film(app, OPENER)
    assert right(logs) >= 80 and logs["side"] == 9
    app.selectbox(key="ch00_row").set_value(0).run()
    assert not app.exception
    assert any("Zero has no logarithm" in info.value for info in app.info)


def test_with_single_pairs_hidden_the_words_are_theirs_and_count_what_is_drawn(book) -> None:
    for share, way in ((20, "one-hot digits"), (75, "one-hot digits"), (20, "logarithms")):
        link = {"ch00_hide": "single pairs", "ch00_share": str(share), "ch00_written": way}
        logs = "With logarithms the network gets"
        unasked = book(PAGE, **link)  # the guess about a row comes first
        assert (logs in text_of(unasked)) == (way == "logarithms")
        assert ("First guess about *a row*" in text_of(unasked)) == (way != "logarithms")
        app = book(PAGE, ch00_log_row_shown="1", **link)
        assert "The row of" not in text_of(app) and not app.exception
        right_ones, n, zeros = map(int, found(
            r"gets (\d+) of the (\d+) hidden cells right, and (\d+) of these are products with "
            r"zero\.", app))  # fmt: skip
        by_log, n_log = map(int, found(rf"{logs} (\d+) of (\d+) hidden cells right\.", app))
        drawn = film(app, f"{way}, {n if way != 'logarithms' else n_log} of")
        cells = zip(drawn["answers"][-1], drawn["products"], drawn["shown"], strict=True)
        hidden = [(says == is_, is_) for says, is_, shown in cells if not shown]
        of = (by_log, n_log) if way == "logarithms" else (right_ones, n)
        assert of == (sum(ok for ok, _ in hidden), len(hidden)), share
        if way != "logarithms":
            assert zeros == sum(ok for ok, product in hidden if product == 0) <= right_ones


def test_the_parameters_are_counted_part_by_part(seen) -> None:
    """Weights in, biases, weights out, biases: by the shapes that the sketch of the network has."""
    app = seen(PAGE)
    n_in, n_hidden, n_out = film(app, "last step")["sizes"]
    parts = [n_in * n_hidden, n_hidden, n_hidden * n_out, n_out]
    *told, whole = map(int, found(r"\$(\d+) \+ (\d+) \+ (\d+) \+ (\d+) = (\d+)\$ numbers", app))
    assert told == parts == [320, 16, 320, 20] and whole == sum(parts)


def test_p_minus_y_is_what_runs_back_from_the_right_digit(seen) -> None:
    app = seen(PAGE)
    p, miss, half = map(number, found(r"probability of ([\d.]+), so \$p - t\$ is (\S+)\. .+half "
                                      r"of that, (\S+), runs", app))  # fmt: skip
    assert miss == pytest.approx(p - 1, abs=1e-3) and half == pytest.approx(miss / 2, abs=1e-3)
    assert f"6 units −{-half:.3f}" in signal_of(app)


def test_single_precision_is_told_by_how_far_its_check_is_off(seen) -> None:
    app = seen(PAGE)
    steps, single, double = found(
        r"at most (\d+) of the smallest steps of (?s:.+?) in float32 is off by (\d+) percent, in "
        r"float64 by ([\d.]+) billionths",
        app,
    )
    assert int(steps) < 100 and int(single) >= 5 and float(double) < 10


def test_the_rule_and_the_code_are_those_of_the_optimiser_that_is_chosen(book) -> None:
    formulas = {"sgd": r"w - \text{rate} \cdot g", "momentum": r"\mu\, v + g", "adam": r"\sqrt{v}"}
    steps = {name: dedent(inspect.getsource(of.step)).rstrip() for name, of in OPTIMISERS.items()}
    assert formulas.keys() == steps.keys()
    for rule, formula in formulas.items():
        app = book(PAGE, ch00_optimiser=rule)
        told = [m.value for m in app.markdown if m.value.startswith(f"`{rule}`")]
        assert len(told) == 1 and formula in told[0], rule
        app.session_state["source_ch00_live_0"] = True  # its code and data
        code = [block.value for block in app.run().code]
        assert [name for name, step in steps.items() if step in code] == [rule]


def test_a_run_from_equal_weights_can_be_had_and_its_maps_are_one(book) -> None:
    app = book(PAGE, figure="live", ch00_init="equal")
    assert not app.exception and app.button_group(key="ch00_init").value == "equal"
    app = book(PAGE, figure="neurons", ch00_start="equal")
    assert not app.exception
    together, alone = map(
        int, found(r"(\d+) cells of 100 are right\. A network .+ gets (\d+),", app)
    )
    assert abs(together - alone) <= 5 and max(together, alone) <= 40
    assert film(app, "trained network")["maps"]
    app.button_group(key="ch00_start").set_value(1).run()
    assert "so this neuron does tell them apart" in text_of(app)


def test_without_one_neuron_fewer_cells_are_right_and_the_maps_say_how_many(seen) -> None:
    app = seen(PAGE)
    least, most = map(int, found(r"any single one (\d+) to (\d+) cells stay right", app))
    drawn = film(app, "trained network")
    net = MLP(record(USUAL, hide(USUAL.task))[-1].W, record(USUAL, hide(USUAL.task))[-1].b)
    left = [int(right_without(net, USUAL.task, o).sum()) for o in range(16)]
    assert (min(left), max(left)) == (least, most) and most < 100
    assert drawn["dark"] == left.index(least) and len(drawn["alike"]) == 13
    assert "In thirteen of the neurons, marked" in text_of(app)
    ways, chance = map(
        int, found(r"of the (\d+) ways .+ as well in (\d+), so that may be chance", app)
    )
    assert ways == 252 and chance > 2


def test_cells_that_add_nothing_share_a_line(book) -> None:
    app = book(PAGE, figure="network")
    app.button(key="ch00_by_10_1").click().run()
    table = html_with(app, "came in")
    silent = int(re.findall(r"(\d+) more adds? nothing", table)[0])
    assert silent + table.count("<tr><th>") - 1 == 10 and silent >= 1
    assert not re.search(r"<tr><th>[^<]+</th><td>0<", table)


def test_an_example_is_picked_by_its_numbers_and_stepped_on_next(book) -> None:
    app = book(PAGE, figure="network")
    app.number_input(key="ch00_ex_a").set_value(3)
    app.number_input(key="ch00_ex_b").set_value(4).run()
    picked = film(app, "last step")
    assert picked["cells_pickable"] and picked["asked"] == [34]
    assert "the $dy$ of 3 × 4" in text_of(app)
    app.button(key="ch00_by_1_1").click().run()
    assert film(app, "last step")["asked"] == [34]
    app.button(key="ch00_by_10_1").click().run()
    assert len(film(app, "last step")["asked"]) == 10 and not app.exception


def test_the_signal_is_played_again_at_a_press(book) -> None:
    app = book(PAGE, figure="network")
    before = signal_of(app)
    app.button(key="ch00_signal").click().run()
    assert signal_of(app) != before
    app.button_group(key="ch00_pick").set_value(2).run()
    assert "x·dy" in signal_of(app) and "ReLU" not in signal_of(app)


def test_predictions_come_before_the_figures_and_one_on_the_hidden_row_is_asked_once(book) -> None:
    app = book(PAGE)
    asked = [g.key for g in app.button_group if g.key and g.key.endswith("_guess")]
    assert len(asked) + len(frames(app, told=False)) >= 4 and not frames(app, told=True)
    app = book(PAGE, ch00_hidden_row_guess="3", ch00_log_row_guess="4")
    assert "You said **3**. The answer: **1 of 10**, 2 fewer than you said." in text_of(app)
    for row in (3, 0, 5):
        app.selectbox(key="ch00_row").set_value(row).run()
        assert film(app, OPENER)["still"] == [row] and "You said **3**" in text_of(app)
        assert None not in film(app, OPENER)["answers"][-1]
    app.selectbox(key="ch00_row").set_value(7).run()
    app.button_group(key="ch00_written").set_value("log").run()
    assert "You said **4**. The answer: **9 of 9**, 5 more than you said." in text_of(app)
    app.button_group(key="ch00_hide").set_value("single pairs").run()
    app.button_group(key="ch00_hide").set_value("a row").run()
    assert "You said **4**" in text_of(app) and not app.exception


def test_a_guess_of_before_is_known_where_another_part_of_the_page_is_drawn(book) -> None:
    app = book(PAGE, ch00_hide="single pairs", ch00_hidden_row_guess="3", ch00_log_row_shown="1")
    assert not app.info and not app.exception
    app = book(PAGE, ch00_hidden_row_guess="under a third")
    assert "You said **under a third**. The answer: **1 of 10**." in text_of(app)


def test_the_first_loss_and_the_hidden_cells_are_told_with_what_they_stand_beside(seen) -> None:
    waits = frames(seen(PAGE), told=False)
    assert not any("18" in str(row) for data in waits.values() for row in data["rows"])
    app = seen(PAGE, reveal="1")
    assert "The answer: **4.61 nats**" in text_of(app)
    (cells,) = (d for q, d in frames(app, told=True).items() if q.startswith("One-hot in"))
    found = select(read_lines(RECORDS / "holdout.jsonl"), encoding="one_hot", target="class")
    own, constant = cells["rows"]
    assert len(own["dots"]) == len(found) and own["value"] == pytest.approx(np.mean(own["dots"]))
    assert constant["words"] == "18%" == own["words"]
    assert "18%**. That is about as often as a constant guess." in text_of(app)


def test_the_exercises_accept_a_right_setting_and_refuse_a_wrong_one(book) -> None:
    app = book(PAGE, figure="ex_neuron")
    assert "larger operand there" in text_of(app)
    app.number_input(key="ch00_ex_w1").set_value(1.33)
    app.number_input(key="ch00_ex_w2").set_value(2.0).run()
    assert any("3 × 4 gives 11.99" in done.value for done in app.success)
    app.number_input(key="ch00_ex_w1").set_value(1.0).run()
    assert not app.success

    app = book(PAGE, figure="ex_hide")
    app.button(key="ch00_ex_run_hide").click().run()
    assert not app.success and "products with zero" in text_of(app)
    app.slider(key="ch00_ex_share").set_value(50)
    app.button_group(key="ch00_ex_encoding").set_value("log")
    app.button_group(key="ch00_ex_target").set_value("regression")
    app.button(key="ch00_ex_run_hide").click().run()
    assert app.success and not app.exception

    app = book(PAGE, figure="ex_width")
    app.button(key="ch00_ex_run_width").click().run()
    assert not app.exception and not app.success
    app.select_slider(key="ch00_ex_rate").set_value(0.1)
    solved = []
    for width in range(6, 17):
        app.slider(key="ch00_ex_width").set_value(width)
        app.button(key="ch00_ex_run_width").click().run()
        solved += [width] if app.success else []
    assert solved


def test_nonsense_in_the_link_opens_the_default_and_says_so(book) -> None:
    app = book(PAGE, reveal="1", ch00_rate="1e9", ch00_width="-1", ch00_row="٣", ch00_zebra="1")
    assert not app.exception
    said = " ".join(info.value for info in app.info)
    assert "ch00_rate=1e9" in said and "ch00_zebra=1" in said
    assert app.select_slider(key="ch00_rate").value == 0.02


def test_a_missing_record_is_one_sentence(book, monkeypatch, tmp_path) -> None:
    from components.ui import page_records

    monkeypatch.setattr(page_records, "ROOT", tmp_path)
    app = book(PAGE, figure="holdout")
    assert not app.exception
    assert any("records/holdout.jsonl is missing" in info.value for info in app.info)


def test_a_figure_stands_alone(book) -> None:
    for figure in ("opening", "neuron", "valley", "network", "neurons"):
        app = book(PAGE, figure=figure)
        assert not app.exception and not app.title, figure
        assert "From [A network in NumPy]" in text_of(app), figure


def test_a_link_of_before_brings_its_settings(book) -> None:
    link = {"encoding": "its size", "width": "64", "row": "3", "epochs": "50"}
    link = {f"ch00_{name}": value for name, value in link.items()}
    app = book(PAGE, figure="live", **link)
    assert app.button_group(key="ch00_encoding").value == "scalar"
    assert app.select_slider(key="ch00_width").value == 64
    assert app.number_input(key="ch00_epochs").value == 50
    assert book(PAGE, figure="cannot", **link).selectbox(key="ch00_row").value == 3
