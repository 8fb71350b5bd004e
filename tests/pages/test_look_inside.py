"""Chapter 8, second page, as a reader sets it: patches, searches and exercises are lab's."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from shown import charts, text_of

from components.ui import own_models
from components.ui.chapters.ch80 import worked as pages
from components.ui.chapters.ch81 import exercises, probes, worked
from components.ui.drawings.cut import Boards
from components.ui.live import measuring
from lab.data.problems import Format
from lab.data.samples import hashed_pairs
from lab.data.vocabulary import decode
from lab.inference.forward import run_with_trace
from lab.inference.scoring import decode_all, first_wrong
from lab.interp.broken import Break
from lab.interp.intervene import Node, ablate
from lab.interp.patching import contrast, force_alike, path_patch
from lab.model.gpt import GPT
from lab.recipes.bench_weights import to_file
from lab.recipes.presets import PRESETS
from lab.recipes.recipe_index import recipe
from lab.records import RECORDS, read_lines
from lab.training.checkpoint import load_run

PAGE = "81_look_inside"


@pytest.fixture(scope="module")
def boards() -> Boards:
    return probes.boards_of_record(probes.CELLS)


def unit(boards: Boards, name: str) -> int:
    return next(i for i, one in enumerate(boards.units) if one.name.startswith(name))


def test_the_page_opens_whole_and_the_guess_comes_first(seen: Any) -> None:
    app = seen(PAGE)
    assert not app.exception and not app.info and not app.warning
    assert "The answer: **" not in text_of(app)
    app = seen(PAGE, reveal="1")
    assert not app.exception and not app.info and not app.warning
    assert f"The answer: **{worked.fewest_neurons().words}**" in text_of(app)


def test_two_cells_turn_the_answer_with_a_chimera_on_the_way(boards: Boards) -> None:
    tens, units = (
        unit(boards, f"FFN 0, where it writes the {digit}") for digit in ("tens", "units")
    )
    assert sorted(boards.path) == sorted((tens, units)) and boards.writes == ("56", "63")
    texts = [boards.sets[cells].text for cells in ((), (units,), (tens,), (tens, units))]
    assert texts == ["56", "53", "64", "63"]
    assert sum(boards.units[i].numbers for i in boards.path) == 512
    for outcome in boards.sets.values():
        assert [max(range(10), key=step.__getitem__) for step in outcome.shares] == [
            int(digit) for digit in outcome.text
        ]


def test_cells_outside_the_causal_cone_have_not_moved(boards: Boards) -> None:
    """A copy where the units are written leaves all of the step before, and of its own the layers
    below. (That no bit changes is tested in lab, where both runs are of one shape.)"""
    for i, one in enumerate(boards.units):
        moved = boards.sets[(i,)].moved
        assert moved[i] == pytest.approx(1.0, abs=1e-5)
        turned = boards.sets[(i,)].text[0] != boards.writes[0][0]
        for j, other in enumerate(boards.units):
            if other.step < one.step or (other.step == one.step and other.layer < one.layer):
                assert moved[j] < 1e-3, (one.name, other.name)
            if other.step > one.step and other.layer <= one.layer and not turned:
                assert moved[j] < 1e-3, (one.name, other.name)


def test_a_set_that_was_not_computed_ahead_is_computed_when_asked(boards: Boards) -> None:
    cells = (1, 7, 20)
    assert cells not in boards.sets
    found = worked.boards(probes.CELLS, cells)
    assert found.sets[cells].text.isdigit() and found.sets.keys() - boards.sets.keys() == {cells}


def test_a_link_opens_with_its_cells_copied_and_nonsense_is_told(book: Any) -> None:
    app = book(PAGE, figure="cut", ch81_cut="0.26")
    assert not app.exception and not app.info
    app = book(PAGE, figure="cut", ch81_cut="0.999")
    assert not app.exception and "which this page does not allow" in app.info[0].value


def patch_at(**changed: Any):
    patch = worked.patch_for(probes.RUN, probes.CLEAN, probes.CORRUPTED, 6, "FFN", worked.ENOUGH)
    return replace(patch, **changed)


def test_the_map_is_the_patch_of_each_cell_alone() -> None:
    """Against lab, with texts made by hand."""
    model = load_run(probes.RUN).model
    form = probes.form_for(probes.RUN, probes.CLEAN, probes.CORRUPTED)
    pair = contrast(model, *force_alike(form, probes.CLEAN, probes.CORRUPTED, 6), [5], ["ffn_out"])
    for needed in (False, True):
        patch = patch_at(needed=needed)
        cells = probes.cells_at(probes.network(probes.RUN), patch)
        assert len(cells) == 6 * 6
        for cell in cells[::7]:
            node = worked.at_cell(patch, cell).node
            effect = (pair.noise if needed else pair.denoise)([node])
            assert cell.restored == pytest.approx(effect.restored.item(), abs=1e-4)


def test_the_two_controls_share_a_digit_or_a_carry() -> None:
    found = probes.controlled(probes.network(probes.RUN), patch_at(slot=5))
    (a, b), _ = found["other_carry"] or ((0, 0), None)
    (c, d), _ = found["other_digit"] or ((0, 0), None)
    first = [x % 10 * (y % 10) for x, y in ((37, 48), (a, b), (c, d))]
    assert first[0] % 10 == first[1] % 10 and first[0] // 10 != first[1] // 10
    assert first[0] // 10 == first[2] // 10 and first[0] % 10 != first[2] % 10


def test_problems_that_do_not_fit_are_told_beside_their_boxes(book: Any) -> None:
    app = book(PAGE, figure="patch", ch81_pair_corrupted_b="4")
    assert not app.exception and not app.warning, "zeros stand in front"
    app = book(PAGE, figure="patch", ch81_pair_corrupted_b="480")
    assert not app.exception and "outside 0 to 99" in app.warning[0].value
    app = book(PAGE, figure="patch", ch81_run="curriculum_4x4", ch81_pair_corrupted_b="480")
    assert not app.exception and "equally long" in app.warning[0].value
    app = book(PAGE, figure="patch", ch81_pair_corrupted_b="48")
    assert not app.exception and "nothing to restore" in app.warning[0].value
    assert "place 0" not in app.warning[0].value, "an error of lab's"


def test_a_refusal_names_the_numbers_that_the_network_reads(book: Any) -> None:
    for figure, box in (
        ("patch", "pair_corrupted_b"),
        ("look", "look_b"),
        ("own_break", "break_b"),
    ):
        app = book(PAGE, figure=figure)
        app.text_input(key=f"ch81_{box}").set_value("-1").run()
        assert [said.value for said in app.warning if "from 0 to 99 with" in said.value], figure


def test_a_bad_box_takes_the_old_result_away_with_one_message(book: Any) -> None:
    app = book(PAGE, ch81_pair_corrupted_b="480")
    assert not app.exception and [said.value for said in app.warning] == [
        "480 is outside 0 to 99, the numbers that this network writes."
    ]
    popovers = app.get("popover")
    assert popovers and not any(block.get("warning") for block in popovers), "where nobody looks"
    assert app.session_state["ch81_patch_now"] is None
    assert "no two problems now" in "".join(said.value for said in app.caption)
    app.text_input(key="ch81_pair_corrupted_b").set_value("-1").run()
    assert not app.exception and len(app.warning) == 1 and "480" not in app.warning[0].value
    app.text_input(key="ch81_pair_corrupted_b").set_value("49").run()
    assert not app.exception and not app.warning
    assert app.session_state["ch81_patch_now"][1].corrupted == (37, 49)


def test_networks_are_called_by_what_they_are_and_links_may_name_the_run(book: Any) -> None:
    assert {probes.called(run) for run in probes.committed()}.isdisjoint(probes.committed())
    app = book(PAGE, figure="patch", ch81_run="few_pairs")
    assert not app.exception and not app.info
    assert app.selectbox(key="ch81_run").value == "few_pairs"
    assert app.session_state["ch81_patch_now"][1].run == "few_pairs"


def test_what_two_heads_do_together_is_told_of_the_record(seen: Any) -> None:
    rows = worked.alike_rows()
    assert [row["copied, of layer 0"] for row in rows][:3] == [
        "head 0",
        "head 1",
        "head 0 and head 1",
    ]
    app = seen(PAGE, figure="backup")
    assert not app.exception and all(row["digit lost"] in text_of(app) for row in rows)


def test_both_questions_and_all_three_kinds_are_drawn(book: Any) -> None:
    for way in worked.WAYS:
        for what in worked.WHAT:
            app = book(PAGE, figure="patch", ch81_way=way, ch81_what=what)
            assert not app.exception and not app.warning and len(charts(app)) == 1, (way, what)


def test_the_preview_and_the_paths_stand_beside_the_real_patch() -> None:
    which, patch = probes.network(probes.RUN), patch_at()
    cells, guessed = probes.cells_at(which, patch), probes.previewed(which, patch)
    assert len(cells) == len(guessed) and np.isfinite(guessed).all()
    points = worked.preview_rows(cells, guessed, patch)
    assert {row["restored"] for row in points} == {round(c.restored, 4) for c in cells}
    found = probes.along_paths(which, patch_at(slot=4))
    assert {one.read_as for one in found} == {"q", "k", "v", "ffn_pre"}
    assert len(found) == 5 * 4 * 3 + 5


def test_the_exercises_above_layer_0_and_of_a_spare_cell_can_be_solved(boards: Boards) -> None:
    solved = worked.boards(probes.CELLS, three_above(boards))
    cells = three_above(boards)
    checks = exercises.grading.above(
        solved.sets[cells].text, "63", [boards.units[i].layer for i in cells], exercises.MOST
    )
    assert exercises.grading.first_failed(checks) == ""


def three_above(boards: Boards) -> tuple[int, ...]:
    names = (
        "FFN 1, where it writes the tens",
        "FFN 2, where it writes the tens",
        "FFN 1, where it writes the units",
    )
    return tuple(sorted(unit(boards, name) for name in names))


def test_a_search_ends_with_what_the_record_found() -> None:
    """6 x 6 into 6 x 7 takes one neuron, and a stage after the end is the end again."""
    stages = probes.searched((6, 6), (6, 7))
    last = next(stage for stage in stages if stage.ended)
    (row,) = [
        row
        for row in read_lines(RECORDS / probes.RECORD)
        if row["cell"]["target"] == [6, 6] and row["cell"]["source"] == [6, 7]
    ]
    assert last.score > 0 and len(last.nodes) == row["numbers"] == 1
    assert next(stages) == last
    found = probes.boards_found((6, 6), (6, 7), last.nodes)
    assert found.sets[tuple(sorted(found.path))].text == "42" and found.turned == row["turned"]


def test_a_network_of_the_readers_own_is_patched_like_the_run_it_is(book: Any) -> None:
    run = "knows_two_digits"
    variant = replace(recipe(run), name="mine")
    app = book(PAGE, figure="patch")
    app.session_state["own_models"] = {"mine": to_file(variant, load_run(run).model)}
    app.run()
    app.selectbox(key="ch81_run").set_value(f"{probes.OWN}mine").run()
    assert not app.exception and [said.value for said in app.warning] == []
    which, patch = app.session_state["ch81_patch_now"]
    assert which.file and which.name == patch.run == "yours: mine"
    same = probes.cells_at(probes.network(run), probes.first_cell(replace(patch, run=run)))
    found = [cell.restored for cell in probes.cells_at(which, probes.first_cell(patch))]
    assert found == pytest.approx([cell.restored for cell in same], abs=1e-3)


def test_a_network_of_the_readers_own_is_brought_to_the_process_that_computes(
    book: Any, monkeypatch: Any
) -> None:
    """It has none at first, nor after it has ended; and what it has is not sent again."""
    brought, bring = list[str](), own_models.bring
    monkeypatch.setattr(
        own_models, "bring", lambda name, file: (brought.append(name), bring(name, file))
    )
    variant = replace(recipe("few_pairs"), name="mine")
    file = to_file(variant, load_run("few_pairs").model)
    own_models.files_read.clear()
    app = book(PAGE, figure="look", ch81_view="attention")
    app.session_state["own_models"] = {"mine": file}
    app.run()
    app.selectbox(key="ch81_look_run").set_value(f"{probes.OWN}mine").run()
    assert not app.exception and len(charts(app)) == 1 and brought == ["mine"]
    app.text_input(key="ch81_look_b").set_value("12").run()
    assert not app.exception and brought == ["mine"]
    own_models.files_read.clear()
    app.text_input(key="ch81_look_b").set_value("13").run()
    assert not app.exception and len(charts(app)) == 1 and brought == ["mine", "mine"]


def test_a_part_is_shown_broken_once_all_of_its_problems_are_asked() -> None:
    form = Format("plain", 1, 1)
    pieces = [
        probes.Broken(0, head, "z", wrong, n)
        for head, wrong, n in ((0, 3, 60), (0, 4, 40), (1, 5, 60))
    ]
    assert probes.whole_parts(form, pieces) == [probes.Broken(0, 0, "z", 7, 100)]


def test_a_patch_in_a_link_sets_the_controls_and_nonsense_is_told(book: Any) -> None:
    patch = patch_at(clean=(12, 34), corrupted=(12, 35), layer=2, slot=5, needed=True)
    app = book(PAGE, figure="patch", ch81_patch=patch.as_json())
    assert not app.exception and not app.info
    assert app.session_state["ch81_patch_now"][1] == patch
    assert app.text_input(key="ch81_pair_corrupted_b").value == "35"
    for said in ("{", patch.as_json().replace("ffn_out", "resid_pre"), "[1]"):
        app = book(PAGE, figure="patch", ch81_patch=said)
        assert not app.exception and "which this page does not allow" in app.info[0].value


def test_exercises_look_at_what_stands_in_the_figures(book: Any, boards: Boards) -> None:
    units = unit(boards, "FFN 0, where it writes the units")
    above = unit(boards, "FFN 1, where it writes the units")
    for cells, said in (
        ((), "copied nothing by hand yet"),
        ((units,), "The film has shown that cell"),
        ((above,), "it writes 53"),
    ):
        app = book(PAGE, figure="ex_units")
        app.session_state["ch81_cut"] = worked.cells_said(cells)
        app.button(key="ch81_check_units").click().run()
        assert not app.exception and said in text_of(app) + "".join(s.value for s in app.success)
    assert app.session_state["ch81_solved"] == "units"
    app = book(PAGE, figure="ex_above", ch81_solved="above.units")
    assert not app.exception and not app.info
    assert any("2 of 4 solved." in one.value for one in app.caption)


def test_an_ffn_that_is_enough_and_not_needed_can_be_found() -> None:
    """In the problems with which the page opens, heads 0 and 1 of layer 0 look so by the share that
    they restore, and are not by the digit."""
    assert worked.spare_heads() == "heads 0 and 1"
    said = worked.heads_by_digit()
    assert "head 0 is enough and needed" in said and "head 1 is neither enough nor needed" in said
    which = probes.network(probes.RUN)
    clean, corrupted = (37, 48), (47, 48)
    patch = worked.patch_for(probes.RUN, clean, corrupted, 7, "FFN", worked.ENOUGH)
    found = []
    for cell in probes.cells_at(which, patch):
        own = worked.at_cell(patch, cell)
        if all(
            probes.measured(which, replace(own, needed=needed))["patched"].exact
            for needed in (False, True)
        ):
            found.append(worked.name_of(cell))
    assert found == ["l4t6"]


# ---------------------------------------------------------------- look, and break


def test_the_first_neuron_is_settled_by_two_digits_and_is_that_of_the_model() -> None:
    found = probes.neuron_at_first(probes.RUN, *worked.FIRST_NEURON)
    layer, neuron, token = worked.FIRST_NEURON
    assert found.settled_by == "tens of a and units of b"
    assert found.told[found.settled_by] > 0.9
    loaded = load_run(probes.RUN)
    for a, b in ((7, 72), (37, 48)):
        text = loaded.format.text(a, b)[:token]
        trace = run_with_trace(loaded.model, text, ["ffn_post"])
        value = float(trace[f"blocks.{layer}.ffn_post"][0, token - 1, neuron])
        assert found.values[a, b] == pytest.approx(value, rel=1e-3, abs=1e-4)


def test_heads_above_layer_0_cost_nothing_one_by_one_and_ffns_do() -> None:
    """Some parts of the map again, by decoding and not by teacher forcing."""
    found = {(one.layer, one.name, one.part): one for one in probes.map_at_first(probes.RUN)}
    assert len(found) == 30 and {one.n for one in found.values()} == {500}
    assert worked.worst_upper_head().value == max(
        one.wrong for one in worked.upper_heads([*found.values()])
    )
    loaded = load_run(probes.RUN)
    a, b = (x[:60] for x in hashed_pairs(500))
    for layer, name, part in ((0, "z", 0), (3, "z", 2), (1, "ffn_out", None)):
        edit = ablate(Node(name, layer, part))
        (_, texts), *_ = decode_all(loaded.model, loaded.format, a, b, edits=[edit])
        own = Break("cot_reversed", 2, 2, name, layer, part)
        asked = np.concatenate([at for _, at in own.wrong_at(loaded.model, a, b)])
        assert (first_wrong(loaded.format, a, b, texts) == asked).all()


def test_pieces_of_all_problems_fill_the_square_where_they_belong() -> None:
    form = Format("cot_reversed")
    pieces = [(slice(0, 2), np.array([-1, 7])), (slice(9998, 10_000), np.array([8, -1]))]
    wrong = probes.wrong_in(form, pieces)
    assert wrong[0, :3].tolist() == [-1, 7, -2] and wrong[99, 97:].tolist() == [-2, 8, -1]
    shown = worked.as_shown(wrong)
    assert shown[0, :2].tolist() == [0.0, 1.0] and np.isnan(shown[5, 5])
    assert worked.score_said(2, 4, 10_000).endswith("so far, of 10,000.")


def test_a_long_wait_is_announced_and_goes_on_when_its_time_is_up(
    book: Any, monkeypatch: Any
) -> None:
    """Of a small network, since it is quick."""
    monkeypatch.setattr(probes, "LONG", 0.0)
    monkeypatch.setattr(measuring, "TURN", 0.0)
    app = book(PAGE, figure="own_break", ch81_break_run="knows_two_digits", ch81_b_layer="0")
    (key,) = {one.key for one in app.button if (one.key or "").startswith("ch81_all_")}
    app.button(key=key).click().run()
    (said,) = bars(app)
    assert said.startswith("1 of 20 pieces") and " s to go: its time is up" in said
    app.button(key=key.replace("_run", "_go_on")).click().run()
    assert bars(app)[0].startswith("2 of 20 pieces") and not app.exception


def bars(app: Any) -> list[str]:
    return [bar.proto.text for bar in app.get("progress")]


def test_a_button_says_how_long_it_takes_where_one_notices() -> None:
    which = probes.network(probes.RUN)
    seconds = probes.seconds_of_all(which)
    n_text, n_token = 10_000, 19
    assert seconds == probes.seconds_for(which, n_text, n_token)
    assert probes.seconds_of_neuron(which, 6) < seconds
    assert probes.seconds_of_map(which) == pytest.approx(seconds * 30 * 500 / n_text)
    assert worked.with_seconds("Evaluate", 31.0) == "Evaluate, 40 s or more"
    assert worked.with_seconds("Evaluate", 0.4) == "Evaluate"


@pytest.mark.parametrize("view", [worked.NEURON, *worked.VIEWS])
def test_each_view_opens_from_its_link(seen: Any, view: str) -> None:
    app = seen(PAGE, figure="look", ch81_view=view)
    assert not app.exception and not app.warning
    assert app.selectbox(key="ch81_view").value == view
    assert charts(app)


def test_a_part_that_a_network_has_not_is_refused_in_a_sentence(seen: Any) -> None:
    app = seen(PAGE, figure="own_break", ch81_b_layer="9")
    assert not app.exception and "layer" in app.warning[0].value
    app = seen(PAGE, figure="look", ch81_neuron="4000")
    assert not app.exception and "neurons 0 to 1023" in app.warning[0].value


def test_a_search_is_drawn_once_it_has_ended(book: Any) -> None:
    app = book(PAGE, figure="own")
    app.button(key="ch81_search_(6, 6)_(6, 7)_1_run").click().run()
    for _ in range(60):
        if "Found: 1 neuron" in "".join(said.value for said in app.caption):
            break
        app.run()
    assert not app.exception and "Found: 1 neuron" in "".join(s.value for s in app.caption)
    app = book(PAGE, figure="own", ch81_own_corrupted_b="6")
    assert not app.exception and "must differ" in app.warning[0].value


def test_networks_of_every_kind_are_patched() -> None:
    """Latent attention with experts, attention over depth, coupled positions, no positions."""
    for name in (
        "mla_moe_before",
        "attention_residuals_small",
        "far_coupled",
        "reach_none",
        "times_table_small",
    ):
        one_digit = name == "times_table_small"
        clean, corrupted = ((7, 8), (7, 9)) if one_digit else (probes.CLEAN, probes.CORRUPTED)
        form = probes.form_for(name, clean, corrupted)
        token = worked.tokens_that_differ(form, clean, corrupted)[0]
        for what in worked.WHAT:
            patch = worked.patch_for(name, clean, corrupted, token, what, worked.ENOUGH)
            cells = probes.cells_at(probes.network(name), patch)
            assert np.isfinite([cell.restored for cell in cells]).all(), (name, what)
            assert max(cell.restored for cell in cells) > 0.1, (name, what)


WANTING = ("two_axes", "without_working", "rotary_stream", "latents", "mixed_over_depth", "palm")


def test_whatever_the_bench_builds_is_opened_here(file_alone: Any) -> None:
    """Each lacks something that another page might need, so page 80 says that this one takes it."""
    for name in WANTING:
        variant = replace(PRESETS[name](), name="mine")
        opens = {row["page"]: row["opens it"] for row in pages.other_pages()}
        assert opens["Look, break, patch"] == "yes", name
        file = to_file(variant, stirred(variant.model))
        for figure, run in (("look", "look_run"), ("own_break", "break_run"), ("patch", "run")):
            app = file_alone(f"pages/{PAGE}.py")
            app.session_state["own_models"] = {"mine": file}
            link = {"figure": figure, f"ch81_{run}": f"{probes.OWN}mine"}
            for key, said in (link | {"ch81_view": "matrices of a head"}).items():
                app.query_params[key] = said
            app.run()
            assert not app.exception and not app.info, (name, figure)
            told = [said.value for said in app.warning]
            allowed = ("nothing to restore", "attention=latent")
            assert all(any(words in said for words in allowed) for said in told), (name, told)


def stirred(config: Any) -> GPT:
    """A network whose unembedding is not zero, as it is before a step."""
    model = GPT(config)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        model.unembed.weight.normal_(0.0, 0.1, generator=generator)
    return model


def test_a_neuron_of_experts_is_refused_in_a_sentence() -> None:
    run = probes.network("mla_moe_before")
    assert "no neurons of its own" in probes.no_such_neuron(run, 0, 0)


def test_a_large_map_can_be_stopped_and_goes_on(file_alone: Any, monkeypatch: Any) -> None:
    """One of three pieces has come when a reader stops it."""
    monkeypatch.setattr(probes, "QUICK", 0)
    which, patch = probes.network(probes.RUN), probes.first_cell(patch_at(name="z", part=0))
    stopped = probes.start_cells(which, patch)
    stopped.seen.append(next(stopped.pieces))
    stopped.stop()
    assert stopped.n == 3 and stopped.share == pytest.approx(1 / 3)
    app = file_alone(f"pages/{PAGE}.py")
    app.session_state[f"ch81_cells_{which}_{patch}_measuring"] = stopped
    for name, said in (("figure", "patch"), ("ch81_what", "heads")):
        app.query_params[name] = said
    app.run()
    assert not app.exception and not charts(app)
    app.button(key=f"ch81_cells_{which}_{patch}patch_go_on").click().run()
    assert not app.exception and len(charts(app)) == 1
    found = [cell.restored for cell in probes.in_order(stopped.seen)]
    same = [cell.restored for cell in probes.cells_at(which, patch)]
    assert found == pytest.approx(same, abs=1e-4)


def test_a_map_that_is_stopped_is_so_wherever_the_page_shows_it(
    book: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(measuring.Measuring, "take_a_turn", measuring.Measuring.stop)
    monkeypatch.setattr(probes, "QUICK", 0)
    app = book(PAGE)
    assert not app.exception
    assert [button.label for button in app.button].count("Go on") >= 2


def test_several_readers_together_are_the_paths_that_lab_patches() -> None:
    """Chosen freely: a query, a value and an FFN of later layers, against lab's edits."""
    which, patch = probes.network(probes.RUN), patch_at(slot=4)
    readers = probes.readers_of(which, patch)
    chosen = tuple(readers[i] for i in (0, 9, len(readers) - 1))
    ((restored, says),) = probes.through(which, patch, (chosen,))
    pair = patch.contrast(load_run(probes.RUN).model)
    nodes = [one.node for one in chosen]
    edits = path_patch(pair.corrupted, pair.clean.trace, patch.node, nodes)
    effect = pair.judge(pair.corrupted.under(edits)["logits"])
    assert restored == pytest.approx(float(effect.restored), abs=1e-4)
    assert says == decode([int(effect.says)])
    assert len({worked.reader_said(node) for node in readers}) == len(readers)


def test_the_formula_is_worked_through_with_the_runs_own_numbers() -> None:
    found = {
        kind: probes.Measured("6", restored, 0.5, 0.0, True, lead)
        for kind, restored, lead in (
            ("clean", 1.0, 8.0),
            ("corrupted", 0.0, -2.0),
            ("patched", 0.75, 5.5),
        )
    }
    said = worked.worked_out(found)
    assert "8.00 in the clean run, −2.00" in said
    assert said.endswith("(5.50 − (−2.00)) / (8.00 − (−2.00)) = 0.75.")
    assert worked.worked_out({kind: one._replace(lead=None) for kind, one in found.items()}) == ""
    measured = probes.measured(probes.network(probes.RUN), patch_at(slot=5, layer=2))
    leads = [measured[kind].lead for kind in ("clean", "corrupted", "patched")]
    clean, corrupted, patched = (lead for lead in leads if lead is not None)
    share = (patched - corrupted) / (clean - corrupted)
    assert share == pytest.approx(measured["patched"].restored, abs=1e-6)


@pytest.mark.parametrize(
    ("digit", "carry", "told"),
    [
        ("6", "4", "here the cell stands for the digit"),
        ("3", "6", "here the cell stands for the carry"),
        ("6", "6", "both controls hold, and do not tell the two apart"),
        ("3", "4", "both controls fail, so here it stands for neither alone"),
    ],
)
def test_a_control_holds_that_writes_what_the_cell_itself_does(
    digit: str, carry: str, told: str
) -> None:
    found: Any = {
        "other_carry": ((32, 48), SimpleNamespace(restored=0.96, says=digit)),
        "other_digit": ((36, 49), SimpleNamespace(restored=0.44, says=carry)),
    }
    assert told in worked.control_said(found, "6", before="3")
    assert "nothing to control" in worked.control_said(found, "6", before="6")


def test_the_controls_of_the_first_token_are_worked_through() -> None:
    said = worked.controls_worked()
    assert "$7 \\times 8 = 56$ writes 6 and carries 5" in said
    found = probes.controlled(probes.network(probes.RUN), worked.first_patch())
    for kind, column in (("other_carry", "2 \\times 8 = 16"), ("other_digit", "6 \\times 9 = 54")):
        (a, b), _ = found[kind] or ((0, 0), None)
        assert f"${a} \\times {b}$, ${column}$" in said
