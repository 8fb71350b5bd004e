"""Chapter 6, first page, as a reader sets it: shapes, operations and texts are lab's."""

from __future__ import annotations

import re
from itertools import product
from statistics import median
from typing import Any

import numpy as np
import torch
from shown import charts, text_of

from components.ui.chapter import Chapter
from components.ui.chapters.ch60 import claims, exercises, probes, worked
from components.ui.drawings.guess import drag_data
from lab.data.position_ids import position_ids
from lab.data.vocabulary import encode
from lab.experiments import low_rank
from lab.inference.forward import run_with_trace
from lab.inference.transcript import transcribe
from lab.interp.brackets import brackets, rotated_between
from lab.interp.latents import squeeze
from lab.model.attention.mla import AbsorbedLatentAttention
from lab.model.cache import KVCache
from lab.model.positions import RotaryPositions, frequencies
from lab.records import RECORDS, read_lines, select
from lab.statistics import ratio_of_medians
from lab.training.checkpoint import load_run

PAGE = "60_mla"


def test_the_page_opens_whole_and_guesses_come_first(seen: Any) -> None:
    app = seen(PAGE)
    assert not app.exception and not app.info and not app.warning
    assert "The answer: **" not in text_of(app)
    app = seen(PAGE, reveal="1")
    assert not app.exception and not app.info and not app.warning
    race = read_lines(RECORDS / "equal_latents.jsonl")
    latents = select(race, part="race", attention="mla", ffn="dense")
    small = claims.held_out(32, worked.ASKED_OF).values(read_lines(RECORDS / "low_rank.jsonl"))
    for answer in (
        worked.median_break(read_lines(RECORDS / "squeezed.jsonl")).words,
        worked.first_to_fall(*worked.SUM),
        f"median {median(row['wrong_4x4'] for row in latents):,.0f}",
        f"median {median(small):,.0f}",
    ):
        assert f"The answer: **{answer}**" in text_of(app)


def test_the_worked_numbers_are_those_of_numpy() -> None:
    key = worked.C @ worked.W_UK
    assert worked.CALC["k"]() == f"({key[0]:g}, {key[1]:g})"
    assert float(worked.CALC["qk"]()) == float(worked.CALC["absorbed_score"]()) == worked.Q @ key
    assert float(worked.CALC["turned_score"]()) == worked.Q @ np.array([-key[1], key[0]])


def test_both_forms_give_the_same_logits_up_to_rounding() -> None:
    assert 0 < probes.largest_difference(*worked.SUM) < 1e-3


def test_what_the_bracket_keeps_is_what_the_cache_of_the_network_holds() -> None:
    tokens = torch.from_numpy(encode("7*8=")).long()[None]
    for run, numbers in (
        (probes.HEADS_RUN, worked.own_numbers()),
        (probes.RUN, worked.latent_numbers()),
    ):
        model, cache = load_run(run).model, KVCache(4)
        with torch.inference_mode():
            model(tokens, positions=position_ids(tokens, 2), cache=cache)
        held = sum(kept.numel() for (layer, _), kept in cache.store.items() if layer == 0)
        assert 4 * numbers == held, run


def test_the_drawing_has_the_numbers_of_both_networks_and_what_each_stop_costs() -> None:
    shown = worked.shown()
    n = probes.AT + 1
    assert shown.maps["own_keys"].size + shown.maps["own_values"].size == n * worked.own_numbers()
    assert shown.maps["c"].size + shown.maps["turned"].size == n * worked.latent_numbers()
    assert 0 < shown.difference < 1e-13
    ours, longer, theirs = shown.settings
    assert longer.operations[4] > longer.operations[0]  # as prose says of many tokens
    kept, again, moved, rotated, split = ours.operations
    assert 0.9 < split / kept < 1.1  # "about as many", as its headline says
    said = Chapter(PAGE, worked.CALC).text("bracket_headline")
    assert len(said.split()) <= 20
    assert re.findall(r"[\d,]*\d", said) == [f"{ours.bytes[i]:,}" for i in (4, 0)]
    assert (kept, again, moved, split) == (753_664, 11_419_648, 516_096, 712_704)
    assert all(x < y for x, y in zip(ours.operations, longer.operations, strict=True))
    assert theirs.operations[4] / theirs.operations[0] == (512 + 64 + 512) / (128 + 64 + 128)
    assert theirs.operations[2] == 2 * (512 + 512) and moved < split < rotated < again
    assert theirs.bytes == [2 * 128 * (128 + 64 + 128), 1024, 1024, 1024, 1152]


def test_the_last_stop_adds_the_rotated_key_and_what_meets_it() -> None:
    """Twice the weights that make it and its queries, and a product a head, token and number."""
    attention = load_run(probes.RUN).model.blocks[0].attention
    assert isinstance(attention, AbsorbedLatentAttention)
    weights = attention.w_kr.weight.numel() + attention.w_qr.weight.numel()
    rope = attention.w_kr.weight.shape[0]
    for setting, n in zip(worked.settings(), worked.READ, strict=False):
        added = 2 * (weights + attention.n_head * rope * n)
        assert setting.operations[4] - setting.operations[2] == added, n
        assert setting.bytes[4] - setting.bytes[2] == 4 * rope, n


def test_scores_of_rotated_keys_are_those_of_a_matrix_for_each_distance() -> None:
    model, text = load_run(probes.RUN).model, worked.bracket_text()
    found = brackets(model, text, probes.LAYER, probes.HEAD, probes.AT)
    turn = RotaryPositions(frequencies(len(found.q), probes.BASE)[None])
    between = rotated_between(found.w, [*range(probes.AT, -1, -1)], turn)
    expected = [found.scale * found.q @ w @ c for w, c in zip(between, found.c, strict=True)]
    scores = worked.shown().maps["rotated"][:, 0]
    assert np.allclose(scores, expected, atol=1e-4)
    assert not np.allclose(scores, found.by_latents, atol=1e-1)


def test_the_guess_of_the_race_and_its_chart_have_one_axis_and_one_number() -> None:
    rows = worked.race_rows()
    frame, points = worked.to_be_wrong(rows), worked.race_points(rows)
    axis = worked.drawn(frame.axis)
    assert (axis.low, axis.high, axis.kind) == (frame.axis.low, frame.axis.high, "log")
    own, latents = frame.given[0], worked.wrong_with_latents(rows)
    for told, arm in ((own, "multi-head, dense FFN"), (latents, "latents, dense FFN")):
        wrong = [point["wrong"] for point in points if point["arm"] == arm]
        assert sorted(told.dots) == sorted(wrong), arm
        assert told.value == median(wrong), arm
    (row, _) = drag_data(frame, None, None)["rows"]
    assert row["name"] == f"{own.name}, median {own.value:,.0f}" and not row["words"]
    assert latents.words == f"median {latents.value:,.0f}"


def test_so_many_queries_must_meet_a_key_until_making_it_once_is_cheaper() -> None:
    """Of the published shape, counted whole: absorbed for each query, or made and then kept."""
    kept, again, absorbed = (worked.per_read(name) for name in ("kept", "again", "absorbed"))
    dearer = [n for n in range(1, 500) if n * absorbed >= again - kept + n * kept]
    assert min(dearer) == worked.made_once()


def test_the_interval_that_prose_tells_is_that_of_the_chart() -> None:
    (row,) = (row for row in worked.ratio_rows() if row["name"] == "dense FFN")
    assert row["low"] < 1 / 5 and row["high"] > 5  # several times as many errors are possible


def test_the_two_maps_are_of_the_heads_that_are_most_alike() -> None:
    least, *place = min(probes.nearest_heads(*probes.BRACKET, True))
    assert tuple(place) == probes.ALIKE
    latent, own = worked.two_patterns()
    writes = slice(probes.form_of(*probes.BRACKET).prompt_length - 1, -1)
    assert np.isclose(abs(latent - own)[writes].sum(-1).mean() / 2, least, atol=1e-4)


def test_every_text_of_a_batch_has_directions_of_its_own() -> None:
    """Against the model asked once for each rank, and nothing dropped changes nothing."""
    a, b = 12, 34
    form, model = probes.form_of(a, b), load_run(probes.RUN).model
    prompt = form.text(a, b)[: form.prompt_length]
    for rank in (probes.RANKS[0], 8, 2):
        edits = [squeeze(i, found, rank) for i, found in enumerate(probes.directions())]
        assert transcribe(model, prompt, form.length, edits).text == probes.squeezed(a, b)[rank]
    assert probes.squeezed(a, b)[probes.RANKS[0]] == transcribe(model, prompt, form.length).text


def test_the_strip_holds_the_latent_along_its_directions() -> None:
    along = probes.along_directions(12, 34, 1)
    trace = run_with_trace(load_run(probes.RUN).model, "12*34=", ["c_kv"])
    latent = trace[f"blocks.{probes.LAYER}.c_kv"][0, 1].double().numpy()
    assert np.isclose(np.linalg.norm(along), np.linalg.norm(latent))
    axes = probes.directions()[probes.LAYER].axes.double().numpy()
    assert np.allclose(along @ axes, latent, atol=1e-4)


def test_the_curves_count_wrong_tokens_of_the_texts(seen: Any) -> None:
    app = seen(PAGE, reveal="1")
    (points,) = charts(app, "directions", "kind", "wrong")
    form, texts = probes.form_of(*worked.SUM), probes.squeezed(*worked.SUM)
    right = form.text(*worked.SUM)
    slots = [s for s in range(form.length) if form.field_at(s).kind == "answer"]
    for point in points:
        if point["kind"] == "answer":
            text = texts[point["directions"]]
            assert np.isclose(point["wrong"], np.mean([text[s] != right[s] for s in slots]))


def test_what_prose_concludes_of_the_problems_that_break_is_so() -> None:
    """Products break first, and not because they come first; carries fail on other problems."""
    rows = read_lines(RECORDS / "squeezed.jsonl")
    (row,) = claims.squeezed_by(probes.RUN).of(rows)
    first = [claims.FORM.field_at(slot).label for slot in row["slot"]]
    products = sum(label.startswith("partial product") for label in first)
    assert products > 0.9 * len(first)
    assert first.count("sum 1") < first.count("partial product 2") / 5
    found, again = (
        claims.carries_tell(claims.squeezed_by(probes.LONG_RUN, seed).of(rows)[0])
        for seed in (0, 1)
    )
    assert again < 0.5 < found
    assert sum(bar["problems"] for bar in worked.broken_rows(rows)) == row["n"]


def test_every_ratio_is_drawn_and_none_excludes_one() -> None:
    found = worked.ratio_rows()
    assert len(found) == len(claims.TAUGHT) * len(claims.SMALL_LATENTS) + 2
    assert not any(row["sure"] for row in found)
    assert all(row["low"] <= row["ratio"] <= row["high"] for row in found)


def test_a_bad_operand_keeps_the_last_sum(book: Any) -> None:
    app = book(PAGE, figure="squeeze")
    for typed in ("", "-1", "1e9", "12345", "٣", "x"):
        app.text_input(key="ch60_a").set_value(typed).run()
        assert not app.exception and len(app.warning) == 1, typed
        assert app.session_state["ch60_last"] == worked.SUM, typed


def test_ten_digits_are_written_as_long_as_they_are() -> None:
    a, b = 1234567890, 9876543210
    assert len(probes.write_problem(a, b).text) == probes.form_of(a, b).length
    assert probes.write_problem(12, 34).text == probes.form_of(12, 34).text(12, 34)


# ---------------------------------------------------------------- exercises


def test_one_query_alone_is_absorbed_for_every_latent() -> None:
    tried = np.random.default_rng(0).normal(size=(exercises.N_LATENT, 3))
    keys = (tried @ worked.W_UK) @ worked.Q
    right = [
        own
        for own in product(exercises.NUMBERS, repeat=3)
        if np.allclose(tried @ np.array(own), keys)
    ]
    assert right == [tuple(worked.absorbed())]


def test_directions_can_be_shared_out_within_the_budget_and_not_evenly() -> None:
    """Layers differ: the budget, spent evenly, is not enough."""
    n_layer = load_run(probes.RUN).model.config.n_layer
    even = max(rank for rank in exercises.RANKS if rank * n_layer <= exercises.BUDGET)
    assert probes.asked_with((even,) * n_layer)[0] > exercises.FEW
    assert probes.asked_with((64,) * n_layer)[0] <= exercises.FEW
    shared_out = (12, 4, 12, 0, 12, 8)
    assert sum(shared_out) <= exercises.BUDGET
    assert probes.asked_with(shared_out)[0] <= exercises.FEW


def test_what_is_dropped_shows_in_the_trace() -> None:
    (found, *_), model = probes.directions(), load_run(probes.RUN).model
    cut = run_with_trace(model, "7*8=", ["c_kv"], [squeeze(0, found, 3)])["blocks.0.c_kv"][0]
    assert torch.linalg.matrix_rank(cut, atol=1e-3) <= 3


def test_whether_latents_help_is_told_by_the_interval_of_the_race() -> None:
    rows = [dict(row) for row in worked.race_rows()]
    assert worked.do_latents_help(rows) == worked.HELP[2]
    latents = select(rows, part="race", attention="mla", ffn="dense")
    for wrong, told in ((0, worked.HELP[0]), (1999, worked.HELP[1])):
        others = [row for row in rows if row not in latents]
        assert (
            worked.do_latents_help([*others, *({**row, "wrong_4x4": wrong} for row in latents)])
            == told
        )


# ---------------------------------------------------------------- is low rank a regulariser?


def test_what_prose_concludes_of_low_rank_is_so() -> None:
    rows = read_lines(RECORDS / "low_rank.jsonl")

    def wrong(rank: int, fraction: float) -> list[float]:
        return claims.held_out(rank, fraction).values(rows)

    for fraction in claims.TAUGHT:
        for rank in (8, 32):
            found = ratio_of_medians(wrong(rank, fraction), wrong(128, fraction))
            assert found.low < 1 < found.high
            assert (found.ratio > 1) is (rank == 8)
        fewest = min(claims.RANKS, key=lambda rank: median(wrong(rank, fraction)))
        assert fewest == 32
    assert worked.low_rank_helps(rows) == worked.LOW_RANK_HELPS[2]
    few = [row for row in rows if row["cell"]["fraction"] == low_rank.FEW]
    assert all(row["errors_heldout"] > 0.75 * row["n_heldout"] for row in few)
    assert tuple(claims.TAUGHT) == (low_rank.FEW, *low_rank.BETWEEN, low_rank.MANY)
    sizes = {row["parameters"] for fraction in claims.TAUGHT for rank in claims.RANKS
             for row in claims.of_rank(rank, fraction).of(rows)}  # fmt: skip
    assert max(sizes) - min(sizes) <= 512  # one neuron in each of two layers


def test_every_seed_is_a_point_on_held_out_pairs_and_on_its_own() -> None:
    rows = read_lines(RECORDS / "low_rank.jsonl")
    points = worked.rank_points(rows)
    assert len(points) == 2 * len(claims.RANKS) * len(claims.TAUGHT) * len(low_rank.SEEDS)
    taught = [p["share"] for p in points if p["of"] == worked.ITS_OWN]
    assert max(taught) < 0.01 < max(p["share"] for p in points if p["of"] == worked.HELD_OUT)
