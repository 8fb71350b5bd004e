"""Chapter 6, second page, as a reader sets it: choices, weights and counts are lab's."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from shown import charts, text_of

from components.ui.chapters.ch60.probes import LONG_RUN as RUN
from components.ui.chapters.ch60.probes import form_of
from components.ui.chapters.ch61 import claims, probes, worked
from lab.inference.transcript import transcribe
from lab.model.config import MixtureOfExpertsConfig
from lab.model.cost import active_parameters_of
from lab.model.ffn.moe import MixtureOfExperts as Mixture
from lab.records import RECORDS, ROOT, read_lines
from lab.training.checkpoint import load_run

PAGE = "61_moe"


def test_the_page_opens_whole_and_guesses_come_first(seen: Any) -> None:
    app = seen(PAGE)
    assert not app.exception and not app.info and not app.warning
    assert "The answer: **" not in text_of(app)
    app = seen(PAGE, reveal="1")
    assert not app.exception and not app.info and not app.warning
    rows = read_lines(RECORDS / "shut_experts.jsonl")
    race = read_lines(RECORDS / "latent_experts.jsonl")
    loads = worked.loads_of(read_lines(RECORDS / "expert_loads.jsonl"))
    of_experts = worked.shut_map(rows)[claims.sent(loads) > 0]
    for answer in (
        f"{sum(share >= 0.1 for share in of_experts)} of {len(of_experts)}",
        "82 of 500",
        "4 of 24",
        worked.told_most(race),
        "1,659 of 2,000",
    ):
        assert f"The answer: **{answer}**" in text_of(app)


def test_the_exercise_chooses_as_the_model_does() -> None:
    """The same comparisons, as one token's stream against rows of the identity."""
    for bias in (worked.NO_BIAS, np.array([0.0, -0.2, 0.0, 0.0])):
        part = Mixture(MixtureOfExpertsConfig(3, 4, worked.K), d_model=4).double()
        with torch.no_grad():
            part.router.weight.copy_(torch.eye(4))
            part.bias.copy_(torch.from_numpy(bias))
            scores = part.router(torch.from_numpy(worked.LOGITS)[None, None]).sigmoid()
            index = part.choose(scores)[0, 0]
        assert index.tolist() == worked.chosen(worked.LOGITS, bias)


def test_every_token_is_sent_to_as_many_experts_and_their_weights_are_shares() -> None:
    """With biases as the model does, by the scores and biases that are drawn; without, by scores
    alone."""
    layers, ffn = probes.sent(37, 48), probes.experts()
    assert len(layers) == load_run(RUN).model.config.n_layer
    for layer in layers:
        for routed, totals in (
            (layer.biased, layer.scores + layer.bias),
            (layer.plain, layer.scores),
        ):
            assert routed.chosen.shape == (19, ffn.num_experts_per_tok)
            assert (routed.chosen == np.argsort(-totals, axis=1)[:, : routed.chosen.shape[1]]).all()
            shares = np.take_along_axis(layer.scores, routed.chosen, axis=1)
            shares = ffn.routed_scaling_factor * shares / shares.sum(axis=1, keepdims=True)
            assert np.allclose(routed.weights, shares)


def test_the_figure_rests_at_the_token_that_prose_works_out() -> None:
    """At the `+`, whose best expert by score misses by most; its biases move nearly all loads."""
    text = form_of(*worked.SUM).text(*worked.SUM)[:-1]
    layer = worked.of_sign()
    assert text[worked.SIGN] == "+" and text.count("+") == 1
    totals = layer.scores + layer.bias
    best = layer.scores.argmax(axis=1)
    last = np.take_along_axis(totals, layer.biased.chosen, axis=1).min(axis=1)
    missed = last - totals[np.arange(len(text)), best]
    assert missed.argmax() == worked.SIGN
    loads = [
        np.bincount(routed.chosen.ravel(), minlength=8) for routed in (layer.biased, layer.plain)
    ]
    assert [load.tolist() for load in loads] == [
        [7, 1, 6, 0, 1, 13, 2, 8],
        [18, 0, 0, 0, 0, 19, 0, 1],
    ]
    score, bias = layer.scores[worked.SIGN], layer.bias
    assert worked.scores_of_sign(layer.plain) == "0.991 and 0.357"
    with_bias = (score + bias)[layer.biased.chosen[worked.SIGN]]
    assert abs(with_bias[0] / with_bias.sum() - 0.5) < 0.005


def test_experts_end_level_at_a_digit_by_their_bias_alone() -> None:
    """As prose tells of layer 0: their scores are next to nothing there, and what is drawn of them,
    to three places, is one number; the favourite comes out just above."""
    layer, tied = worked.of_sign(), worked.tied()
    totals = (layer.scores + layer.bias)[-1]
    assert tied == [2, 3, 4] and layer.scores[-1, tied].max() < 0.0005
    assert {f"{total:.3f}" for total in totals[tied]} == {worked.CALC["tie"]()} == {"0.806"}
    assert 0 < worked.favourite()[1] - totals[tied].max() < 0.003
    assert form_of(*worked.SUM).text(*worked.SUM)[:-1][-1].isdigit()


def test_idle_experts_of_the_figure_are_those_of_the_record() -> None:
    rows = read_lines(RECORDS / "expert_loads.jsonl")
    layers = worked.with_idle(probes.sent(*worked.SUM), rows)
    assert [list(layer.idle) for layer in layers] == [[3], [0, 4], [], [], [], []]
    for layer in layers:
        assert not np.isin(layer.biased.chosen, layer.idle).any()
    assert worked.idle_said(rows) == ("no token of 10,000 problems of four by four digits")
    assert worked.with_idle(layers, []) == layers and worked.idle_said([]) == ""


def test_a_softmax_score_falls_when_another_rises_and_a_sigmoid_does_not() -> None:
    before, after = worked.softmax(worked.LOGITS), worked.softmax(worked.RAISED)
    assert np.allclose(before, torch.from_numpy(worked.LOGITS).softmax(0).numpy())
    assert after[1] < before[1]
    assert worked.scores(worked.LOGITS)[1] == worked.scores(worked.RAISED)[1]


def test_active_parameters_are_those_that_a_token_meets() -> None:
    """Counted in the committed weights: all but the experts that a token does not take."""
    model = load_run(RUN).model
    whole = sum(p.numel() for p in model.parameters())
    ffn = probes.experts()
    idle = 1 - ffn.num_experts_per_tok / ffn.n_routed_experts
    of_experts = sum(
        p.numel()
        for name, p in model.named_parameters()
        if name.endswith(("ffn.w_in.weight", "ffn.w_out.weight"))
    )
    assert active_parameters_of(worked.config()) == whole - idle * of_experts


def test_more_experts_leave_what_a_token_meets_nearly_alone() -> None:
    few, many = (worked.size_rows(n, 2, 128) for n in (8, 256))
    assert many[0]["parameters"] > 10 * few[0]["parameters"]
    assert few[1]["parameters"] < many[1]["parameters"] < 1.2 * few[1]["parameters"]


def test_more_chosen_than_there_are_is_refused_in_a_sentence(book: Any) -> None:
    app = book(PAGE, figure="sizes", ch61_experts="4", ch61_chosen="8")
    assert not app.exception
    assert any("Of 4 experts a token takes 4 at most" in said.value for said in app.warning)


def test_an_expert_that_is_shut_changes_what_is_written() -> None:
    """The one that the record says is worst, on sums that the whole network writes right."""
    found = worked.shut_map(read_lines(RECORDS / "shut_experts.jsonl"))
    layer, expert = np.unravel_index(found.argmax(), found.shape)
    sums = [worked.SUM, (37, 48), (3748, 6152), (98, 76), (512, 734), (6, 7), (1234, 5678)]
    for s in sums:
        assert probes.write_with_expert(*s, probes.HOW[0], 0, 0).text == form_of(*s).text(*s)
    right = form_of(*worked.SUM).text(*worked.SUM)
    assert (
        probes.write_with_expert(*worked.SUM, probes.HOW[1], int(layer), int(expert)).text != right
    )
    form = form_of(37, 48)
    prompt = form.text(37, 48)[: form.prompt_length]
    alone = transcribe(load_run(RUN).model, prompt, form.length).text
    assert probes.write_with_expert(37, 48, probes.HOW[0], 3, 3).text == alone


def test_what_stands_in_for_shared_and_chosen_experts_is_drawn_as_recorded(seen: Any) -> None:
    rows = read_lines(RECORDS / "expert_stand_ins.jsonl")
    (points,) = charts(seen(PAGE, reveal="1"), "layer", "part", "share")
    drawn = worked.stood_in_rows(rows, "mean")
    assert len(points) == len(drawn) == 2 * (claims.BOOK_LAYERS + 1)
    (whole,) = [row for row in rows if row["cell"]["part"] is None]
    assert (whole["errors"], whole["n"]) == (0, 500)


def test_what_prose_concludes_of_stand_ins_is_so() -> None:
    """Zero breaks more than the mean does in the place of chosen experts, and what they add in
    another problem most; nothing stands in for the shared expert, whose output is larger."""
    rows = read_lines(RECORDS / "expert_stand_ins.jsonl")

    def wrong(part: str, by: str) -> int:
        return int(500 * claims.stood_in(part, by).errors().value(rows) + 0.5)

    zero, mean, other = (wrong("chosen", by) for by in claims.STAND_INS.values())
    assert mean < zero / 2 < zero < other
    assert all(wrong("shared", by) == 500 for by in claims.STAND_INS.values())
    for layer in range(claims.BOOK_LAYERS):
        ((shared, _), (chosen, _)) = (
            (row["size"][0], row)
            for part in ("shared", "chosen")
            for row in claims.stood_in(part, "zero", layer).of(rows)
        )
        assert shared > 2 * chosen, layer


def test_the_worst_expert_to_lose_costs_no_digit() -> None:
    found = claims.EACH_EXPERT.of(read_lines(RECORDS / "shut_experts.jsonl"))
    shut = claims.worst(found)["shut"]
    assert shut["errors"] > 0 and all(wrong == 0 for _, wrong in shut["wrong"].values())


def test_first_layers_tell_of_the_token_and_later_ones_of_the_carry() -> None:
    """In the middle of the networks; and no label is told by half in any layer but the first."""
    rows = worked.told_rows(read_lines(RECORDS / "latent_experts.jsonl"))

    def middle(label: str, layer: int) -> float:
        named = claims.LABELS[label], layer
        return float(np.median([r["share"] for r in rows if (r["label"], r["layer"]) == named]))

    token, carry = ([middle(label, i) for i in range(3)] for label in ("token_read", "carry"))
    assert token[0] > max(token[1:]) and token[0] > carry[0] < min(carry[1:])
    for label in ("token_read", "place", "line"):  # told most by the first layer, least by the last
        assert middle(label, 0) > middle(label, 1) > middle(label, 2), label
    assert all(carry[i] > middle(label, i) for i in (1, 2) for label in ("place", "line"))
    assert all(row["share"] < 0.5 for row in rows if row["layer"])


def test_a_carry_is_told_beyond_the_token_from_the_third_layer_on() -> None:
    """And beyond place and line: twice as much as by chance, at least. In the first two layers next
    to nothing is left of what they tell of it."""
    (row,) = claims.BOOK_TOLD.of(read_lines(RECORDS / "expert_loads.jsonl"))
    told = row["told"]
    beyond, whole = told[claims.GIVEN], [found for found, _ in told["carry"]]
    assert all(found < 0.1 * whole[layer] for layer, (found, _) in enumerate(beyond[:2]))
    for given in (claims.GIVEN, claims.WHERE):
        assert all(found > 2 * chance for found, chance in told[given][2:])


def test_experts_that_nobody_visits_are_hatched_in_the_map_of_shut_ones(seen: Any) -> None:
    """Shutting one of them proves nothing; they are counted apart."""
    loads = worked.loads_of(read_lines(RECORDS / "expert_loads.jsonl"))
    idle, shares = claims.sent(loads) == 0, claims.sent(loads) / loads["tokens"]
    shut = worked.shut_map(read_lines(RECORDS / "shut_experts.jsonl"))
    assert idle.any() and (shut[idle] == 0).all()
    assert np.allclose(shares.sum(1), probes.experts().num_experts_per_tok)
    maps = charts(seen(PAGE, reveal="1"), "row", "column", "value")
    assert sorted(map(len, maps)) == [int((~idle).sum()), idle.size]
    cells = charts(seen(PAGE, reveal="1"), "row", "column")
    (hatched,) = [found for found in cells if "value" not in found[0]]
    assert [(cell["row"], cell["column"]) for cell in hatched] == [
        (f"layer {layer}", f"{expert}") for layer, expert in np.argwhere(idle)
    ]
    said = claims.CLAIMS["moe.shut_nothing"].question.measure(
        read_lines(RECORDS / "shut_experts.jsonl")
    )
    assert said.shown == f"{int((shut == 0).sum() - idle.sum())} of {int((~idle).sum())}"


def test_what_prose_says_of_idle_experts_is_so() -> None:
    """In the first two layers biases lie as far apart as scores can, and a step moves many tokens;
    nothing goes wrong under other biases."""
    rows = read_lines(RECORDS / "expert_loads.jsonl")
    loads = worked.loads_of(rows)
    assert {int(layer) for layer, _ in np.argwhere(claims.sent(loads) == 0)} == {0, 1}
    spans = [max(layer["bias"]) - min(layer["bias"]) for layer in loads["layers"]]
    assert all(0.99 < apart < 1.01 for apart in spans[claims.EARLY])
    assert all(row["errors"] <= 1 for row in rows if "errors" in row)
    zero = [row["errors"] for row in rows if row["cell"].get("part") == "zero"]
    assert len(zero) > claims.BOOK_LAYERS and set(zero) == {0}
    assert {row["cell"]["speed"] for row in rows if "steps" in row} == {
        claims.STEP,
        claims.STEP / 10,
    }


def test_as_many_sums_were_asked_as_the_page_says() -> None:
    rows = read_lines(RECORDS / "shut_experts.jsonl")
    assert {row["n"] for row in rows} == {worked.ASKED}


def test_a_bad_operand_keeps_the_last_sum(book: Any) -> None:
    app = book(PAGE, figure="stream")
    for typed in ("", "-1", "1e9", "12345", "٣", "x"):
        app.text_input(key="ch61_a").set_value(typed).run()
        assert not app.exception and len(app.warning) == 1, typed
        assert app.session_state["ch61_last"] == worked.SUM, typed


def test_a_live_run_tells_how_uneven_its_loads_are() -> None:
    class Shot:
        def __init__(self, step: int, loads: Any) -> None:
            self.step, self.loads = step, loads

    class Run:
        snapshots = (Shot(1, ()), Shot(25, ((0.5, 0.25, 0.25), (0.2, 0.2, 0.6))))

    (row,) = worked.live_rows([Run()], ["a"])
    assert row["step"] == 25 and row["uneven"] == pytest.approx(1.8)


# ---------------------------------------------------------------- exercises


def test_loads_can_be_evened_out_and_not_by_chance(book: Any) -> None:
    even = worked.K * len(worked.TOKENS) // len(worked.LOGITS)
    wanted = [even] * len(worked.LOGITS)
    all_settings = list(product(worked.BIASES, repeat=4))
    good = [b for b in all_settings if worked.loads_with(np.array(b)) == wanted]
    assert 0 < len(good) < 0.02 * len(all_settings)
    assert worked.loads_with(worked.NO_BIAS) != wanted
    app = book(PAGE, figure="ex_even", **{f"ch61_bias{i}": f"{x:g}" for i, x in enumerate(good[0])})
    assert any("The experts get" in said.value for said in app.success)


# ---------------------------------------------------------------- even loads, and what pays


@pytest.fixture
def race_and_changes() -> tuple[Any, Any]:
    names = ("latent_experts", "expert_changes")
    race, changes = (read_lines(RECORDS / f"{name}.jsonl") for name in names)
    return race, changes


def test_what_prose_concludes_of_experts_is_so(race_and_changes: Any) -> None:
    race, changes = race_and_changes
    runs = worked.pay_runs(race, changes)
    wrong = {name: [row["wrong_4x4"] for row in found] for name, found in runs.items()}
    assert min(wrong[worked.SIXTEEN]) > max(wrong[worked.EIGHT])
    points = worked.pay_points(race, changes, read_lines(RECORDS / "equal_latents.jsonl"))
    drawn = {(point["group"], point["arm"]) for point in points}
    assert drawn == {*claims.RACERS, *((claims.FIRST, name) for name in runs)}
    rates = {row["rate"] for row in [*worked.pay_runs(race, changes)[worked.EIGHT], *changes]}
    assert rates == {0.001}
    eight, sixteen = (
        worked.pay_runs(race, changes)[name] for name in (worked.EIGHT, worked.SIXTEEN)
    )
    assert sixteen[0]["parameters"] / eight[0]["parameters"] == pytest.approx(1.69, abs=0.01)
    assert worked.times_as_large(race, changes) == "1.7"


def test_what_prose_says_of_both_races_is_so() -> None:
    """Their ranges overlap; rates, times and operations are as it has them."""
    first, second = claims.FIRST, claims.SECOND
    large, small, eight = claims.DENSE_ALL, claims.DENSE_ACTIVE, claims.EIGHT
    runs = {name: found.of(read_lines(ROOT / found.path)) for name, found in claims.RACERS.items()}
    wrong = {name: [row["wrong_4x4"] for row in found] for name, found in runs.items()}
    assert {name: len(found) for name, found in runs.items() if len(found) != 5} == {
        (first, small): 3
    }
    assert len({row["steps"] for found in runs.values() for row in found}) == 1
    for race, name in claims.RACERS:
        rival, experts = wrong[race, name], wrong[race, eight]
        assert min(rival) <= max(experts) and min(experts) <= max(rival)
    for race, name in ((second, large), (first, small)):  # the two that count
        assert np.median(wrong[race, name]) < np.median(wrong[race, eight])
    one, other = wrong[first, eight], wrong[second, eight]  # the two results for eight experts
    assert min(one) <= max(other) and min(other) <= max(one)
    rate = {name: found[0]["rate"] for name, found in runs.items()}
    assert rate[first, large] == rate[second, large] / 4
    assert rate[first, eight] == rate[second, eight] == rate[first, small]
    seconds = {name: [row["training_seconds"] for row in found] for name, found in runs.items()}
    work = {name: found[0]["flops_per_token"] for name, found in runs.items()}
    assert work[first, small] == pytest.approx(work[first, eight], rel=0.01)
    few, many = (second, eight), (second, large)
    assert max(seconds[few]) < min(seconds[many])
    assert work[few] / work[many] < 0.6 < 0.7 < np.median(seconds[few]) / np.median(seconds[many])
    assert len({row["cpu"] for name in (few, many) for row in runs[name]}) == 1


def test_a_share_of_a_bit_is_what_lab_measures() -> None:
    """Eight tokens, four of each expert."""
    expert, carry = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([1, 1, 1, 0, 1, 0, 0, 0])
    joint = np.array([[((expert == e) & (carry == c)).mean() for c in (0, 1)] for e in (0, 1)])
    even = joint.sum(1, keepdims=True) * joint.sum(0)
    assert (joint * np.log2(joint / even)).sum() == pytest.approx(1 - worked.LEFT)


def test_no_load_is_larger_than_the_largest_there_can_be(race_and_changes: Any) -> None:
    pairs = zip(claims.BALANCED.items(), race_and_changes, strict=True)
    most = {arm: max(claims.uneven(found).values(record)) for (arm, found), record in pairs}
    assert most[worked.WITH] < 1.5 < 3 < most[worked.WITHOUT] <= worked.most_uneven() == 4
    race, changes = race_and_changes
    assert worked.to_be_idle(race).axis.high == 24
    assert worked.number_idle(changes).value == 4


def test_a_table_says_how_size_grows_with_the_number_of_experts(race_and_changes: Any) -> None:
    table = worked.pay_table(*race_and_changes)
    assert [line["first race"] for line in table] == ["4 experts", "8 experts", "16 experts"]
    sizes = [int(line["parameters"].replace(",", "")) for line in table]
    assert sizes == sorted(sizes) and sizes[2] / sizes[1] > 1.6


def test_the_fair_rival_stands_on_the_page_before_any_answer(seen: Any) -> None:
    said = text_of(seen(PAGE))
    assert f"{claims.FIRST}: {claims.DENSE_ACTIVE}" in said and "155 [7, 370]" in said
    assert "1,659" not in said


def test_the_table_of_what_a_large_model_has_names_its_parts(race_and_changes: Any) -> None:
    lines = worked.besides(*race_and_changes)
    assert [line["DeepSeek-V3 has"] for line in lines][-4:] == [
        *("three dense first layers", "4 of 8 groups open to a token", "weights times 2.5"),
        "a balance loss for each sequence, times 0.0001",
    ]
    assert {line["the book's network"] for line in lines[:2]} == {"yes"}
    last = [line[[*line][-1]] for line in lines]
    assert last[-4:] == [worked.NOT_TRIED] * 4 and worked.NOT_TRIED not in last[:3]
    config = probes.experts()
    assert (config.n_group, config.routed_scaling_factor, config.balance_factor) == (1, 1, 0)


def test_prose_says_truly_which_ranges_overlap(race_and_changes: Any) -> None:
    runs = worked.pay_runs(*race_and_changes)
    wrong = {name: [row["wrong_4x4"] for row in found] for name, found in runs.items()}
    for change in ("no_bias_updates", "no_shared_expert"):
        other = wrong[claims.CHANGES[change]]
        assert min(other) < max(wrong[worked.EIGHT]) and min(wrong[worked.EIGHT]) < max(other)
