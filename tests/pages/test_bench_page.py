"""Page 80: a reader composes a network, is told what does not fit, trains it, takes it along."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from shown import ended, once, said
from streamlit.testing.v1 import AppTest

from components.ui.book import CONTENTS
from components.ui.chapters.ch80 import claims, exercises, probes, worked
from components.ui.live import training
from components.ui.page_records import rows_of
from lab.model.cost import parameters_of
from lab.readings import share_of
from lab.recipes.bench import to_json, usual
from lab.recipes.bench_controls import BY_NAME, turned
from lab.recipes.bench_link import from_link, to_link
from lab.recipes.bench_weights import to_file
from lab.recipes.presets import PRESETS
from lab.training.recipe import Recipe
from lab.training.state import TrainState

PAGE = "80_bench"


def tiny(steps: int = 40) -> Recipe:
    """A network that is trained in a moment."""
    recipe = usual()
    for name, value in (("n_layer", 1), ("d_model", 32), ("batch_size", 16), ("digits", "1x1")):
        recipe = turned(recipe, BY_NAME[name], value)
    return BY_NAME["steps"].write(recipe, steps)


def now(app: AppTest) -> Recipe:
    return app.session_state["ch80_now"]


def bench(book: Any, recipe: Recipe | None = None, figure: str = "composed") -> AppTest:
    link = {"ch80_bench": to_link(recipe)} if recipe else {}
    app = book(PAGE, figure=figure, **link)
    assert not app.exception
    return app


def box(app: AppTest, name: str) -> Any:
    """The list of a control, or of the presets."""
    nth = app.session_state["ch80_lists"].get(name, 0)
    return app.selectbox(key=f"ch80_{name}_{nth}" if nth else f"ch80_{name}")


def turn(app: AppTest, name: str, value: Any) -> AppTest:
    box(app, name).set_value(value).run()
    assert not app.exception
    return app


# ---------------------------------------------------------------- composing


def test_untouched_it_shows_the_usual_variant_and_a_recorded_result(seen) -> None:
    app = seen(PAGE)
    assert now(app) == usual() and "ch80_bench" not in app.query_params
    text = said(app)
    assert "**402,048** parameters" in text and app.button(key="ch80_measure").label == "Measure"
    recorded, changed = worked.beside([], [])
    for variant, name in ((recorded, "looks"), (changed, "looks_changed")):
        assert variant.recorded and variant.looks[-1].step == usual().steps
        (row,) = [r for r in rows_of(f"{name}.jsonl") if r["cell"]["style"] == "cot_reversed"]
        held = ~variant.trained.ravel()
        counts = {look["step"]: look["errors_heldout"] for look in row["looks"]}
        assert all(int((x.wrong & held).sum()) == counts[x.step] for x in variant.looks)
    assert changed.changed and [x.step for x in changed.looks] == [x.step for x in recorded.looks]


def test_the_change_of_the_first_figure_is_one_that_a_reader_can_make() -> None:
    """And it is said what it costs, as its record has it."""
    without = turned(usual(), BY_NAME["position"], "none")
    (row,) = rows_of("looks_changed.jsonl")
    assert row["parameters"] == parameters_of(without.model)
    wrong = row["looks"][-1]["errors_heldout"]
    said = f"network gets {share_of(wrong, row['n_heldout'])} held-out pairs wrong"
    assert said in worked.one_change()


def test_every_control_turns_and_the_link_and_the_prices_follow(book) -> None:
    app = bench(book)
    for name, value in (("n_layer", 4), ("position", "rotary"), ("ffn", "experts_8")):
        turn(app, name, value)
        assert BY_NAME[name].read(now(app)) == value
        link = app.query_params["ch80_bench"]
        assert from_link(link if isinstance(link, str) else link[0]) == (now(app), [])
        assert f"**{parameters_of(now(app).model):,}** parameters" in said(app)
    for name in ("ffn", "position", "n_layer"):
        app.button(key="ch80_undo").click().run()
        assert BY_NAME[name].read(now(app)) == BY_NAME[name].read(usual())
    assert now(app) == usual() and app.button(key="ch80_undo").disabled
    app.button(key="ch80_redo").click().run()
    assert now(app).model.n_layer == 4


def test_a_choice_that_does_not_fit_is_refused_beside_it_and_the_variant_stays(book) -> None:
    app = turn(bench(book), "residual", "full")
    before = now(app)
    turn(app, "block", "post_norm")
    assert "*norms in the stream* does not fit Residual: *attention over depth*" in said(app)
    assert "take *attention, then FFN* or *side by side*, or change Residual" in said(app)
    assert now(app) == before
    assert box(app, "block").value == "sequential"
    turn(app, "n_layer", 3)
    assert "does not fit" not in said(app)


def test_undo_takes_back_a_refusal_that_changed_nothing(book) -> None:
    app = turn(bench(book), "n_head", 3)
    assert "3 heads cannot share 128 numbers evenly; take 1, 2" in said(app)
    app.button(key="ch80_undo").click().run()
    assert "cannot share" not in said(app) and now(app) == usual()
    assert "ch80_undo" not in {button.key for button in app.button}  # nothing is left to undo


def test_the_words_below_the_squares_are_those_of_what_is_drawn(book) -> None:
    app = bench(book)
    own = "Yours comes when you train."
    assert "Until you train, both squares are recorded" in said(app) and own not in said(app)
    turn(app, "d_model", 512)
    text = said(app)
    assert "the squares still the recorded ones" in text and "Until you train, both" in text
    assert own in text


def test_what_is_too_large_says_by_how_much_and_cannot_be_trained(book) -> None:
    app = turn(bench(book), "d_model", 512)
    assert "3.16 times the 2,000,000 that a live run may have; Width 256 would fit" in said(app)
    assert app.button(key="ch80_train").disabled
    turn(app, "d_model", 64)
    assert not app.button(key="ch80_train").disabled


def test_presets_open_and_are_known_again(book) -> None:
    app = bench(book)
    assert box(app, "preset").value == "with_working"
    turn(app, "preset", "gemma_2")
    assert now(app).model == PRESETS["gemma_2"]().model
    turn(app, "n_layer", 6)
    assert box(app, "preset").value == ""
    words = worked.preset_words()
    assert len(set(words.values())) == len(words) == len(PRESETS) + 1
    assert all(word[0].isupper() for name, word in words.items() if name)


def drawn(app: AppTest, name: str) -> Any:
    """A list as a browser has it now: what is chosen from it later comes with what all lists that
    are drawn now have, whatever came between."""
    for each in app.selectbox:
        each.set_value(each.value)
    return box(app, name)


def test_a_choice_made_before_the_last_one_is_drawn_mixes_nothing_into_it(book) -> None:
    app = bench(book)
    early = drawn(app, "preset")
    turn(app, "preset", "deepseek_v3")
    early.set_value("gemma_2").run()
    assert not app.exception and now(app).model == PRESETS["gemma_2"]().model
    early = drawn(app, "n_layer")
    turn(app, "n_head", 2)
    early.set_value(6).run()
    assert not app.exception and box(app, "preset").value == ""
    assert [BY_NAME[name].read(now(app)) for name in ("n_head", "n_layer")] == [2, 6]
    early = drawn(app, "n_layer")
    turn(app, "preset", "mistral")
    early.set_value(1).run()  # of a list that no longer stands there
    assert not app.exception and now(app).model == PRESETS["mistral"]().model


@pytest.mark.parametrize("link", ["nonsense", "q6", "%00", "=", "x" * 5000, "٣*٤"])
def test_a_link_full_of_nonsense_opens_the_usual_variant_and_says_so(book, link: str) -> None:
    app = book(PAGE, ch80_bench=link)
    assert not app.exception and now(app) == usual()
    assert "this was dropped" in said(app) or "does not allow" in said(app)
    assert "ch80_bench" not in app.query_params


# ---------------------------------------------------------------- to copy, and what is brought


def test_json_that_was_exported_opens_again_and_unknown_keys_are_refused_by_name(book) -> None:
    app = bench(book)
    recipe = PRESETS["mistral"]()
    app.text_area(key="ch80_pasted").set_value(to_json(recipe)).run()
    app.button(key="ch80_open").click().run()
    assert now(app) == recipe
    wrong = json.dumps({**usual().to_dict(), "colour": "red"})
    app.text_area(key="ch80_pasted").set_value(wrong).run()
    app.button(key="ch80_open").click().run()
    assert "Recipe has no field colour='red'" in said(app) and now(app) == recipe


def test_a_variant_comes_by_a_file_too_and_is_refused_by_its_name(book) -> None:
    app = bench(book)
    recipe = PRESETS["mistral"]()
    app.file_uploader(key="ch80_file").upload("mine.json", to_json(recipe).encode()).run()
    assert not app.exception and now(app) == recipe
    wrong = json.dumps({**usual().to_dict(), "colour": "red"}).encode()
    for file, why in ((wrong, "Recipe has no field colour='red'"), (b"\xff{", "not readable JSON")):
        app.file_uploader(key="ch80_file").upload("bad.json", file).run()
        assert not app.exception and now(app) == recipe
        assert f"bad.json: {why}" in said(app) or ("bad.json: " in said(app) and why in said(app))
    turn(app, "n_layer", 3)
    assert "bad.json" not in said(app)


def test_a_brought_file_is_kept_for_the_visit_or_refused_by_name(book) -> None:
    recipe = tiny()
    model = TrainState.start(recipe).model
    file = to_file(recipe, model)
    app = bench(book, figure="keep")
    app.file_uploader(key="ch80_bring").upload("mine.safetensors", file).run()
    assert not app.exception and now(app) == recipe
    assert "On this visit: **mine.safetensors**" in said(app)
    next(model.parameters()).data.fill_(float("nan"))
    app.file_uploader(key="ch80_bring").upload("bad.safetensors", to_file(recipe, model)).run()
    assert "bad.safetensors" in said(app) and "On this visit: **bad" not in said(app)


def test_every_other_page_opens_a_variant_or_says_why_not() -> None:
    opens = {row["page"]: row["opens it"] for row in worked.other_pages()}
    assert [*opens] == [entry.title for entry in CONTENTS if entry.slug != PAGE]
    assert [page for page, word in opens.items() if word == "yes"] == ["Look, break, patch"]
    assert all(word == "yes" or len(word) > 30 for word in opens.values())


# ---------------------------------------------------------------- training


def train(app: AppTest) -> AppTest:
    app.button(key="ch80_train").click().run()
    assert not app.exception
    return app


def test_a_variant_is_trained_scrubbed_and_taken_along(book) -> None:
    app = book(PAGE, ch80_bench=to_link(tiny()))
    ended(train(app))
    assert "the others are your runs" in said(app)
    (run,) = training.service().runs.values()
    assert worked.came_to({}) == ""
    assert not any((button.key or "").startswith("ch80_stop_") for button in app.button)
    came_to = worked.came_to(dict.fromkeys(["1. layers: 1"], run))
    assert came_to.startswith("Network 1 gets ") and came_to.endswith(" wrong after 40 steps.")
    checks = [training.of_all(shot) for shot in run.checks]
    assert checks[-1] == "" and set(checks[:-1]) == {" (one of four parts of all pairs)"}
    variant = worked.variant_of(run, "1.", going=False)
    assert variant.trained.shape == (10, 10)
    assert [look.step for look in variant.looks][-1] == 40 and variant.looks[-1].asked.all()
    steps = app.select_slider(key=f"ch80_step_{run.id}")
    assert [*steps.options] == [str(step) for step in (0, *range(2, 41, 2))]
    steps.set_value(0).run()
    assert "After step 0, 7 × 8: first wrong" in " ".join(c.value for c in app.caption)
    app.toggle(key="ch80_gradients").set_value(True).run()
    assert not app.exception
    norms = probes.gradients_at(run, 40)
    assert {row["part"] for row in norms} == {"attention", "FFN"} and len(norms) == 2
    app.button(key="ch80_take").click().run()
    (name,) = app.session_state["own_models"]
    assert "layers: 1" in name and f"On this visit: **{name}**" in said(app)


def test_four_train_of_which_two_wait_and_a_fifth_is_told_to(book) -> None:
    app = book(PAGE, ch80_bench=to_link(tiny(2000)))
    for _ in range(4):
        train(app)
    assert "waits; number 2 in the queue" in said(app)
    stops = [button for button in app.button if (button.key or "").startswith("ch80_stop_")]
    assert len(stops) == 4 and "Until you train, both squares are recorded" in said(app)
    assert len(training.runs_here(probes.LIVE_KEY) or app.query_params["run"]) == 4
    train(app)
    assert "The page keeps 4 runs" in said(app)


def test_the_headline_names_the_runs_that_go_on() -> None:
    def runs(*going: bool) -> Any:
        return {f"{i}. x": SimpleNamespace(goes_on=on) for i, on in enumerate(going, 1)}

    assert worked.in_training(runs()) == worked.in_training(runs(False)) == ""
    assert worked.in_training(runs(False, True)).startswith("Network 2 trains: its square ")
    assert worked.in_training(runs(True, False, True)).startswith("Networks 1 and 3 train: their")


def test_a_rate_that_is_too_large_is_told_with_its_step(book) -> None:
    recipe = BY_NAME["rate"].write(tiny(200), 1.0)
    app = once(train(book(PAGE, ch80_bench=to_link(recipe))), lambda run: training.too_fast(run))
    assert "It diverges: by step " in said(app) and "smaller learning rate" in said(app)


# ---------------------------------------------------------------- records and the exercise


def test_the_arms_differ_in_one_thing_and_read_as_many_tokens() -> None:
    arms = worked.all_arms()
    tokens = {row["tokens"] for rows in arms.values() for row in rows}
    assert max(tokens) - min(tokens) < 0.01 * max(tokens)
    assert {row["n_heldout"] for rows in arms.values() for row in rows} == {6949}
    sizes = {name: rows[0]["parameters"] for name, rows in arms.items()}
    table = parameters_of(usual().model) - sizes["RoPE, not a learned table"]
    assert table == 32 * usual().model.d_model
    half = turned(usual(), BY_NAME["d_model"], 64)
    assert sizes["half the width"] == parameters_of(half.model)


def wrong_in(arms: worked.Arms) -> dict[str, list[int]]:
    """By arm the errors of its seeds, fewest first."""
    return {name: sorted(row["errors_heldout"] for row in rows) for name, rows in arms.items()}


def overlap(one: list[int], other: list[int]) -> bool:
    return one[0] <= other[-1] and other[0] <= one[-1]


def test_half_the_width_costs_least_in_every_seed() -> None:
    wrong = wrong_in(worked.all_arms())
    half = "half the width"
    others = [x for name in worked.OPTIONS if name != half for x in wrong[name]]
    assert worked.most_wrong() == "a third of the problems" and wrong[half][-1] < min(others)
    assert overlap(wrong[half], wrong[worked.USUAL_ARM])


def test_what_breaks_a_network_costs_more_than_every_change_that_keeps_all_parts() -> None:
    """In every seed: any part left out but the residual, and a tenth of the rate."""
    changes = wrong_in(worked.all_arms())
    broken = wrong_in(worked.arms_of({**claims.WITHOUT, "rate": claims.RATES["a tenth"]}))
    most = max(errors[-1] for errors in changes.values())
    assert {name for name, errors in broken.items() if errors[0] <= most} == {"residual"}


def test_the_numbers_beside_the_figures_are_worked_out() -> None:
    assert worked.text_of_problem() == "37*48=692+0841=6771"
    assert worked.sum_of_problem() == "296 + 1480 = 1776"
    assert worked.rate_at_step() == "0.003 × 301 / 320 = 0.002822"
    assert worked.wide_and_shallow().value == 2.0
    assert worked.sum_of_all() == "2 × 196,608 + 69 × 128 = 402,048"
    assert worked.rows_added() == "16 + 16 + 32 + 5 = 69"
    assert worked.sum_of_cache() == "2 × 2 × 128 × 4 = 2,048"
    assert worked.tokens_written() == "14"


def test_a_loss_is_told_by_what_the_right_token_gets() -> None:
    assert worked.certainty("attention") == pytest.approx(0.234, abs=0.001)
    assert worked.CALC["choices_without_attention"]() == "four"


def test_a_pair_of_a_third_is_read_three_times_as_often_and_in_half_the_steps_half() -> None:
    names = ("times_read_half", "times_read", "times_read_third")
    assert [worked.CALC[name]() for name in names] == ["17", "34", "101"]


def test_the_table_of_changes_runs_from_the_most_wrong_to_the_fewest() -> None:
    record = rows_of("left_out.jsonl")
    rows = claims.TABLES["bench.changes"].rows
    values = [row["held out"].value(record) for row in rows.values()]  # pyright: ignore
    assert values == sorted(values, reverse=True)
    assert [claims.in_hundred(part, 1000) for part in (981, 500, 8, 0)] == [
        "98.1",
        "50.0",
        "0.80",
        "0",
    ]


def test_only_half_the_width_and_no_positions_together_do_not_fit_what_is_read() -> None:
    """The recorded one of the whole width does, and so does the half with its positions."""
    (changed,) = rows_of("looks_changed.jsonl")
    arms = worked.arms_of(worked.LEFT_OUT)
    both = [row["errors_trained"] / row["n_trained"] for row in arms["without positions"]]
    assert min(both) > 0.05 > changed["looks"][-1]["errors_trained"] / changed["n_trained"]
    assert {row["errors_trained"] for row in arms[worked.WHOLE_ARM]} == {0}


def test_the_recorded_network_is_among_the_best_and_wrong_after_forty_steps() -> None:
    (row,) = [r for r in rows_of("looks.jsonl") if r["cell"]["style"] == "cot_reversed"]
    wrong = {look["step"]: look["errors_heldout"] for look in row["looks"]}
    assert wrong[400] == wrong_in(worked.all_arms())[worked.USUAL_ARM][0]
    assert wrong[40] > row["n_heldout"] / 2


def test_a_third_of_the_problems_costs_most_and_one_run_with_rope_reaches_it() -> None:
    wrong = wrong_in(worked.all_arms())
    third = wrong.pop("a third of the problems")
    rope = wrong.pop("RoPE, not a learned table")
    assert not any(overlap(third, others) for others in wrong.values())
    assert third[2] > rope[-1] and [x > third[0] for x in rope] == [False] * 4 + [True]


def test_attention_costs_most_of_all_that_the_page_changes_then_parts_and_the_rate() -> None:
    """By the medians, as the page orders them before it asks anything."""
    rates = {times: claims.RATES[times] for times in claims.RATES}
    shares = worked.shares_wrong({**worked.CHANGED, **worked.LEFT_OUT, **rates})
    order = sorted(shares, key=shares.__getitem__, reverse=True)
    assert order[0] == "without attention" and order[5] == "a third of the problems"
    others = ("without norms", "without positions", "a tenth", "without FFN")
    assert order[1:5] == [*others]


def test_what_is_said_of_pairs_trained_on_and_of_products_of_zero_is_so() -> None:
    shares = worked.shares_unfitted()
    assert {part for part, share in shares.items() if share < 0.001} == {"residual"}
    assert worked.least_unfitted() == "35 in 100" and worked.right_without_attention() == "131"
    assert worked.validation_moves() == "0.4"


def test_norms_lie_clear_above_ffn_and_rate_and_positions_overlap_all_three() -> None:
    wrong = wrong_in(worked.arms_of(worked.LEFT_OUT))
    norms, positions, ffn = (wrong[f"without {part}"] for part in ("norms", "positions", "FFN"))
    rate = wrong_in(worked.arms_of(claims.RATES))["a tenth"]
    assert all(overlap(positions, other) for other in (norms, ffn, rate)) and overlap(ffn, rate)
    assert norms[0] > max(*ffn, *rate) and wrong["without attention"][0] > norms[-1]
    ranges = worked.ranges_in_order()
    assert ranges["norms"] == ("70.6", "76.8") and ranges["below norms"][1] == "66.6"
    assert ranges["below attention"][1] == ranges["norms"][1]


def test_the_part_that_is_missed_least_is_so_in_every_seed() -> None:
    shares = {
        name: [row["errors_heldout"] / row["n_heldout"] for row in rows]
        for name, rows in worked.arms_of(worked.LEFT_OUT).items()
    }
    whole, least = shares.pop(worked.WHOLE_ARM), shares.pop("without residual")
    assert max(whole) < min(least) <= max(least) < min(min(others) for others in shares.values())


def test_the_small_whole_network_is_that_of_an_earlier_record() -> None:
    """As many errors, seed by seed."""
    earlier = rows_of("sizes.jsonl")
    for row in worked.arms_of(worked.LEFT_OUT)[worked.WHOLE_ARM]:
        same = {"style": "cot_reversed", "d_model": 64, "n_layer": 2, "seed": row["cell"]["seed"]}
        (other,) = [x for x in earlier if x["cell"] == same]
        assert other["errors_heldout"] == row["errors_heldout"]


def test_the_step_that_is_worked_out_comes_to_what_was_recorded() -> None:
    (row,) = rows_of("one_step.jsonl")
    after = row["before"] - row["rate"] * row["mean"] / row["root"]
    assert after == pytest.approx(row["after"], abs=1e-8)


def test_the_exercise_names_the_first_check_that_a_run_fails() -> None:
    def run(recipe: Recipe, wrong: int) -> Any:
        seen = type("Seen", (), {"errors_heldout": wrong, "n_heldout": 6949})()
        spec = type("Spec", (), {"build": lambda _: recipe})()
        return type("Run", (), {"spec": spec, "checks": [type("Shot", (), {"check": seen})()]})()

    half = turned(usual(), BY_NAME["d_model"], 64)
    tenth = turned(usual(), BY_NAME["d_model"], 32)
    assert exercises.judged(run(tenth, 69))[0] and not exercises.judged(run(tenth, 70))[0]
    assert "Make smaller what grows" in exercises.judged(run(half, 0))[2]
    short = BY_NAME["steps"].write(tenth, 50)
    assert "trained for 50 steps, the usual one for 400" in exercises.judged(run(short, 70))[2]
    assert "how much it reads" in exercises.judged(run(tenth, 70))[2]
    other = BY_NAME["seed"].write(tenth, 1)
    assert exercises.verdict([run(tenth, 69), run(other, 69)])[0]
    assert "from another" in exercises.verdict([run(tenth, 69), run(tenth, 0)])[2]
    assert "from another" in exercises.verdict([run(tenth, 0), run(other, 70)])[2]
    assert exercises.verdict([])[2] == exercises.NOTHING
    assert "2 × 2 are wanted" in exercises.judged(run(tiny(), 0))[2]
