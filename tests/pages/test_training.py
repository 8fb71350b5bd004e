"""The panel of chapter 1 that trains: every setting, link and end of a run gets its sentence."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from shown import ended, on_the_way, once, said
from streamlit.testing.v1 import AppTest

from components.ui.live import training
from components.ui.plots import curves
from lab.live.loop import all_used
from lab.live.protocol import (
    Command,
    Continue,
    Emit,
    Ended,
    Forgotten,
    Progress,
    RunSpec,
    Snapshot,
    Start,
    Weights,
)
from lab.model.gpt import GPT
from lab.training.checkpoint import to_bytes

PAGE = "10_chain_of_thought"
SMALL = {"ch10_d_model": "32", "ch10_n_layer": "1", "ch10_steps": "3"}


def alone(book: Any, **link: Any) -> AppTest:
    """The panel without the rest of the page: what a reader's click on the page draws anew."""
    return book(PAGE, figure="train", **link)


def train(app: AppTest) -> AppTest:
    app.button(key="ch10_train").click().run()
    assert not app.exception
    return app


def runs_of(app: AppTest) -> list[str]:
    """Those that the page's own address names."""
    named = app.query_params.get("run", [])
    return [named] if isinstance(named, str) else list(named)


def run_of(app: AppTest) -> str:
    return runs_of(app)[0]


def keys(app: AppTest) -> list[str]:
    return [str(b.key) for b in app.button]


def test_a_small_run_goes_to_its_end_and_leaves_an_atlas_and_a_history(book) -> None:
    app = ended(train(book(PAGE, **SMALL)))
    assert "step 3 of 3" in said(app)
    assert "held out: 6,9" in said(app)
    assert [c for c in app.caption if c.value.startswith("Recorded: one seed of each")]
    assert app.selectbox(key="ch10_trained").options == [
        "1. cot, reversed, width 32, 1 layer, 3 steps"
    ]
    [csv] = [b for b in app.get("download_button") if "ch10_live_csv" in b.proto.id]
    assert csv.proto.label == "History as CSV"


def test_the_address_carries_every_run_on_the_page_and_a_reload_finds_them(book) -> None:
    app = alone(book, **SMALL)
    assert runs_of(app) == []
    ended(train(app))
    ended(train(app), times=2)
    first, second = runs_of(app)
    again = alone(book, run=[first, second, "unknown", first])
    assert "A run in this link has ended (done)" in said(again)
    assert "A run in this link is not known here" in said(again)
    assert said(again).count("step 3 of 3") == 2 and runs_of(again) == [first, second]
    again.button(key=f"ch10_live_remove_{first}").click().run()
    assert runs_of(again) == [second] and said(again).count("step 3 of 3") == 1
    old = alone(book, run=second)
    assert said(old).count("step 3 of 3") == 1


def test_an_unknown_run_in_the_link_is_one_sentence(book) -> None:
    app = alone(book, run="<b>nonsense</b>" * 20)
    assert not app.exception
    assert "A run in this link is not known here" in said(app)
    assert "nonsense" not in said(app)


def test_another_tab_watches_and_cannot_stop(book, monkeypatch) -> None:
    app = train(alone(book, ch10_steps="2000"))
    run = run_of(app)
    on_the_way(app)
    with monkeypatch.context() as patch:
        patch.setattr(training, "this_reader", lambda: "another tab")
        other = alone(book, run=run)
    assert "You are watching a run that another tab owns" in said(other)
    assert not [k for k in keys(other) if "_stop_" in k]
    app.button(key=f"ch10_live_stop_{run}").click().run()
    ended(app, "Stopped.")
    assert "Stopped." in said(other.run()) and runs_of(other) == [run]


@pytest.mark.slow
def test_twenty_reloads_find_the_run_each_time_and_the_server_has_one_as_before(
    book, monkeypatch
) -> None:
    app = train(alone(book, ch10_steps="2000"))
    run = run_of(app)
    on_the_way(app)
    runs = training.service()
    found: list[bool] = []
    for n in range(20):
        runs.leave(runs.runs[run].owner)
        monkeypatch.setattr(training, "this_reader", lambda n=n: f"after reload {n}")
        app = alone(book, run=runs_of(app))
        found.append("step " in said(app) and f"ch10_live_stop_{run}" in keys(app))
        assert not app.exception and runs_of(app) == [run]
    assert found == [True] * 20
    assert (list(runs.runs), runs.count(), runs.timers) == ([run], 1, {})
    app.button(key=f"ch10_live_stop_{run}").click().run()
    ended(app, "Stopped.")


def test_a_reload_that_arrives_before_the_old_tab_is_missed_takes_the_run_over(
    book, monkeypatch
) -> None:
    app = train(alone(book, ch10_steps="2000"))
    run = run_of(app)
    on_the_way(app)
    monkeypatch.setattr(training, "this_reader", lambda: "after the reload")
    again = alone(book, run=run)
    assert "You are watching" in said(again)
    runs = training.service()
    runs.leave(runs.runs[run].owner)
    again.run()
    assert "You are watching" not in said(again)
    again.button(key=f"ch10_live_stop_{run}").click().run()
    ended(again, "Stopped.")


def test_a_link_with_nonsense_opens_the_default_and_says_what_it_dropped(book) -> None:
    app = book(
        PAGE,
        reveal="1",
        ch10_style="latin",
        ch10_d_model="9999",
        ch10_rate="٣",
        ch10_steps="-1",
        ch10_zebra="1",
    )
    assert not app.exception
    dropped = [e.value for e in app.info if "The default stands instead" in e.value]
    named = ("ch10_style=latin", "ch10_d_model=9999", "ch10_rate=٣", "ch10_steps=-1")
    for name in named:
        assert len([value for value in dropped if name in value]) == 1
    assert len(dropped) == len(named)
    [unknown] = [e.value for e in app.info if "which this page does not know" in e.value]
    assert "ch10_zebra=1" in unknown and "latin" not in unknown
    assert app.select_slider(key="ch10_d_model").value == 64
    assert app.number_input(key="ch10_steps").value == 400


def test_a_good_link_sets_the_settings_and_drops_nothing(book) -> None:
    app = alone(book, ch10_style="plain", ch10_fraction="10 in 100", ch10_seed="7")
    assert not [e.value for e in app.info if "default stands" in e.value]
    assert app.select_slider(key="ch10_fraction").value == 0.10
    assert app.number_input(key="ch10_seed").value == 7


def test_a_model_over_the_limit_says_by_how_much(book) -> None:
    app = train(alone(book, ch10_d_model="256", ch10_n_layer="6"))
    assert "2.4 times the 2,000,000" in said(app)
    assert runs_of(app) == []


def test_the_third_run_at_once_is_refused_in_a_sentence(book) -> None:
    app = alone(book, ch10_steps="2000")
    for _ in range(3):
        train(app)
    assert "2 of your runs are going on; stop one" in said(app)
    for key in [k for k in keys(app) if "_stop_" in k]:
        app.button(key=key).click().run()
    ended(app, "Stopped.")


def test_a_fifth_run_on_the_page_is_refused_until_one_is_removed(book) -> None:
    app = alone(book, **SMALL)
    for n in range(4):
        ended(train(app), times=n + 1)
    train(app)
    assert "The page keeps 4 runs. Remove one" in said(app)
    app.button(key=next(k for k in keys(app) if "_remove_" in k)).click().run()
    train(app)
    assert "The page keeps 4 runs" not in said(app)


def test_a_rate_too_large_is_explained(book) -> None:
    app = alone(book, ch10_d_model="32", ch10_n_layer="1", ch10_steps="80", ch10_rate="1.0")
    ended(train(app))
    assert "It diverges" in said(app) and "smaller learning rate" in said(app)


def test_a_run_that_failed_says_why_and_starts_again(book) -> None:
    app = train(alone(book, ch10_steps="2000"))
    run = run_of(app)
    on_the_way(app)
    runs = training.service()
    runs.cancel(runs.runs[run])
    ended(app, "Stopped.")
    runs.hear(Ended(run, "failed", "something broke"))
    app.run()
    assert "It failed. something broke." in said(app)
    app.button(key=f"ch10_live_again_{run}").click().run()
    assert not app.exception
    on_the_way(app)


def test_a_run_whose_worker_dies_keeps_what_it_reached_and_starts_again_in_another(
    book, one_worker
) -> None:
    app = train(alone(book, ch10_steps="2000"))
    run = run_of(app)
    on_the_way(app)
    one_worker.backend.worker.process.kill()
    ended(app, "It is lost: the worker that computed it has died. You can start it again.")
    reached = training.service().runs[run].snapshots[-1].step
    assert f"step {reached} of 2000" in said(app)
    app.button(key=f"ch10_live_again_{run}").click().run()
    assert not app.exception
    on_the_way(app)


def test_a_stopped_run_is_continued_and_what_is_no_longer_kept_says_so(book) -> None:
    app = train(alone(book, ch10_steps="2000"))
    run = run_of(app)
    on_the_way(app)
    app.button(key=f"ch10_live_stop_{run}").click().run()
    ended(app, "Stopped.")
    here = training.service().runs[run]
    n_before = len(here.snapshots)
    app.button(key=f"ch10_live_go_on_{run}").click().run()
    assert not app.exception
    once(app, lambda run: len(run.snapshots) > n_before)
    app.button(key=f"ch10_live_stop_{run}").click().run()
    ended(app, "Stopped.")
    assert [s.step for s in here.snapshots] == list(range(1, len(here.snapshots) + 1))
    training.service().hear(Forgotten(run))
    app.run()
    assert "Where it stood is no longer kept; you can start it again." in said(app)
    assert f"ch10_live_go_on_{run}" not in keys(app)
    assert f"ch10_live_again_{run}" in keys(app)


def test_a_run_that_was_trained_here_can_be_opened_in_3d(book) -> None:
    app = train(alone(book, **SMALL))
    run = run_of(app)
    ended(app)
    del app.query_params["figure"]
    app.switch_page("pages/70_forward_pass_3d.py").run()
    app.selectbox(key="ch70_run").set_value(run).run()
    assert not app.exception
    shown = json.loads(app.get("component_instance")[0].proto.json_args)["manifest"]
    assert shown["run"] == "" and "".join(shown["tokens"]).startswith("37*48=")  # in no file


def test_the_weights_of_a_run_are_asked_for_by_its_name_and_their_step() -> None:
    spec = RunSpec("multiply", {"d_model": 32, "n_layer": 1})
    for step in (20, 40):
        made = GPT(spec.build().model)
        left = Weights("some", step, to_bytes(made))
        found = training.network_of(left, spec).model
        assert found.embed.weight.equal(made.embed.weight.detach().bfloat16().float())
        assert repr(left) == f"Weights(run='some', step={step})"


def test_a_run_says_from_which_step_it_had_arrived() -> None:
    def run(*errors: int) -> Any:
        checks = [
            SimpleNamespace(step=25 * i, check=SimpleNamespace(errors_heldout=wrong, n_heldout=400))
            for i, wrong in enumerate(errors, 1)
        ]
        return SimpleNamespace(checks=checks)

    assert training.arrival(run(300, 20, 21, 20, 0)) == "at most 1 in 20 wrong from step 100 on"
    assert training.arrival(run(300, 20, 21, 20)) == training.arrival(run()) == ""


def test_a_run_that_its_limit_stops_on_the_way_is_told_how_far_it_comes() -> None:
    def said_of(step: int, seconds: float, left: float) -> str:
        latest = SimpleNamespace(step=step, steps=600, seconds=seconds, left=left)
        run: Any = SimpleNamespace(latest=latest)
        return training.steps_within_the_limit(run)

    assert (
        said_of(20, 20.0, 280.0) == "at this pace its limit, 280 s more, lets it come to step 300"
    )
    assert said_of(300, 300.0, 290.0).endswith("lets it come to step 590")
    assert said_of(20, 10.0, 290.0) == said_of(training.PACE_STEPS - 1, 20.0, 280.0) == ""


class StopsAtTheLimit:
    """A worker that makes one step each time that it is asked: that uses up the run's time."""

    def __init__(self, emit: Emit) -> None:
        self.emit, self.step = emit, 0

    def send(self, command: Command) -> None:
        if isinstance(command, Start | Continue):
            self.step += 1
            self.emit(Progress(command.run, Snapshot(self.step, 3, 100 * self.step, 2.5)))
            self.emit(Ended(command.run, "cancelled", all_used(300.0), kept=True))

    def close(self) -> None: ...


def test_a_run_that_met_its_limit_is_continued_for_as_long_again_and_the_page_says_so(
    book, monkeypatch
) -> None:
    monkeypatch.setattr(training, "backend", StopsAtTheLimit)
    app = ended(train(alone(book, **SMALL)), "Stopped:")
    assert "used up the 300 s of the processor's time that a run has" in said(app)
    assert "*Continue* gives it 300 s more." in said(app) and "step 1 of 3" in said(app)
    app.button(key=f"ch10_live_go_on_{run_of(app)}").click().run()
    ended(app, "Stopped:")
    assert "step 2 of 3" in said(app)


def looks(spec: dict[str, Any], what: str = "step") -> dict[str, tuple[str, list[int]]]:
    """Colour and dashes of each run in a chart of curves over `what`; empty for another chart."""
    (drawn, *_) = spec.get("layer", [spec])
    said = drawn.get("encoding", {})
    if "strokeDash" not in said or said["x"]["field"] != what:
        return {}
    colours_of, dashes_of = (said[name]["scale"] for name in ("color", "strokeDash"))
    assert colours_of["domain"] == dashes_of["domain"]  # or the legend falls in two
    both = zip(colours_of["range"], dashes_of["range"], strict=True)
    return dict(zip(colours_of["domain"], both, strict=True))


def test_recorded_curves_look_the_same_before_the_first_run_and_under_it(book) -> None:
    def shown(app: AppTest) -> list[dict[str, tuple[str, list[int]]]]:
        specs = [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]
        return [found for spec in specs if (found := looks(spec))]

    app = alone(book, **SMALL)
    (before,) = shown(app)
    assert set(before) == {"cot, reversed, recorded", "plain, recorded"}
    assert {tuple(dashes) for _, dashes in before.values()} == {tuple(curves.DASHED)}
    ended(train(app))
    own = "1. cot, reversed, width 32, 1 layer, 3 steps"
    mine = {own: (before["cot, reversed, recorded"][0], curves.SOLID)}
    exactness, loss = shown(app)
    assert exactness == {**before, **mine} and loss == mine  # no loss of theirs is on record


def test_dashes_say_that_a_run_is_recorded_and_a_thin_line_that_it_was_trained_on() -> None:
    rows = [
        {"run": run, "step": step, "what": what, "value": 1 / step}
        for run in ("plain, recorded", "1. plain", "2. plain, seed 1", "3. dots")
        for what in ("loss", "held out", "trained on")
        for step in (1, 2)
    ]
    for draw in (curves.loss_curves, curves.exactness_curves):
        found = looks(draw(rows).chart.to_dict())
        assert [dashes == curves.DASHED for _, dashes in found.values()] == [True, *3 * [False]]
        recorded, first, second, dots = (colour for colour, _ in found.values())
        assert recorded == first == second[:7] != second and dots[:7] not in (first, second[:7])
    *lines, points, names = curves.exactness_curves(rows).to_dict()["layer"]
    assert [line["mark"]["strokeWidth"] for line in lines] == [2.5, 1]
    assert "strokeDash" not in points["encoding"] and len(names["layer"]) == 2
    titles = {line["encoding"]["y"]["title"] for line in lines}
    assert titles == {"texts right in every token (thin: trained on)"}
    held_out = [row for row in rows if row["what"] != "trained on"]
    for line in curves.exactness_curves(held_out).to_dict()["layer"][:-2]:
        assert line["encoding"]["y"]["title"] == "texts right in every token"  # there is none
