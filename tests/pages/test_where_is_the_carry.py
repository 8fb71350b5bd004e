"""Chapter 8, third page, as a reader sets it: what is drawn is what records and arithmetic say."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from shown import text_of

from components.ui import solved
from components.ui.chapters.ch82 import claims, exercises, probes, worked
from components.ui.chapters.ch82.claims import BOOK, PRODUCT, SUM
from components.ui.drawings.swaps import KINDS
from lab.experiments.carry_sets import KEPT
from lab.experiments.carry_swaps import OUTCOMES
from lab.interp.carries import CARRIES, FIRST, FORM, SECOND
from lab.records import RECORDS, read_lines

PAGE = "82_where_is_the_carry"


def rows(name: str) -> list[dict[str, Any]]:
    return read_lines(RECORDS / f"carry_{name}.jsonl")


def told(app: Any) -> str:
    return f"{text_of(app)} {' '.join(one.value for one in app.caption)}"


def row(name: str, carry: str, model: str = BOOK) -> dict[str, Any]:
    found = worked.row_of(rows(name), model, carry)
    assert found is not None
    return dict(found)


def test_the_page_opens_whole_and_guesses_come_first(seen: Any) -> None:
    app = seen(PAGE)
    assert not app.exception and not app.warning
    assert "The answer: **" not in text_of(app)
    app = seen(PAGE, reveal="1")
    assert not app.exception and not app.warning
    for answer in (worked.used(row("swaps", SUM)), worked.product_best(row("swaps", PRODUCT))):
        assert f"The answer: **{answer.words}**" in text_of(app)


def test_the_figure_draws_what_the_record_holds_and_arithmetic_predicts() -> None:
    assert KINDS == OUTCOMES
    for one in worked.shown(rows("shown")):
        carry = next(c for c in CARRIES.values() if worked.CALLED[c.name] == one.name)
        written = [tuple(map(int, swap.written.split(" × "))) for swap in one.swaps]
        texts = FORM.render(*np.array(written).T)[0]
        was = [(swap.column + swap.carries[0]) % 10 for swap in one.swaps]
        assert was == texts[:, carry.token].tolist()
        for site in one.sites:
            for digits, kinds in zip(site.digits, site.kinds, strict=True):
                for swap, digit, kind in zip(one.swaps, digits, kinds, strict=True):
                    would = str((swap.column + swap.carries[1]) % 10)
                    assert (kind != "0") or digit == would, (site.name, swap)
        assert len(one.sites) == len(worked.COPIED)


def test_every_network_has_a_figure_of_its_own() -> None:
    for model in claims.MODELS:
        found = worked.shown(rows("shown"), model)
        assert [one.name for one in found] == [*worked.CALLED.values()], model
        table = worked.swap_rows(found)
        assert {sum(row[kind] for kind in KINDS) for row in table} == {
            len(one.swaps) for one in found
        }


def test_the_figure_opens_with_the_head_that_carries() -> None:
    first = worked.shown(rows("shown"))[0]
    carry, site, layer = worked.FIRST
    assert carry == 0 and first.name == worked.CALLED[SUM]
    kinds = first.sites[site].kinds[layer]
    assert kinds == "0" * len(first.swaps)
    head = worked.one_site(row("swaps", SUM), "head")
    assert claims.named(head) == f"head {layer}.{site}"
    assert (layer, site) == (probes.LAYER, probes.HEAD)


def test_the_worked_digits_are_those_of_plain_multiplication() -> None:
    (a, b), (c, d) = worked.ONE, worked.OTHER
    hundreds = [a * b // 100 % 10, c * d // 100 % 10]
    assert worked.CALC["stays"]() == str(hundreds[0])
    assert worked.CALC["whole"]() == str(hundreds[1])
    four = ("stays", "moves", "whole", "column_moves")
    assert len({worked.CALC[name]() for name in four}) == 4
    for name in four:
        assert worked.CALC[f"{name}_sum"]()[-1] == worked.CALC[name]()


def test_the_worked_problem_is_written_with_the_carry_of_the_other() -> None:
    found = row("line", SUM)["worked"]
    assert [tuple(pair) for pair in found["problems"]] == [worked.ONE, worked.OTHER]
    written = {kind: str(digit) for kind, digit in found["written"].items()}
    moved = worked.CALC["moves"]()
    assert written == {"none": worked.CALC["stays"](), "head": moved, "means": moved}
    numbers = worked.hand_numbers(row("line", SUM))
    assert len(numbers) == len(found["numbers"]) + 1
    assert len({len(line) for line in numbers}) == 1


def test_the_text_above_the_figure_is_of_the_pair_that_it_ends_with() -> None:
    (one,) = worked.opening(worked.shown(rows("shown")))
    a, b = worked.last_shown()
    assert one.swaps[-1].written == f"{a} × {b}"


def test_all_problems_set_to_a_place_on_the_line_are_told() -> None:
    own = row("line", SUM)
    for line in worked.on_the_line(own):
        _, *written = line.values()
        assert sum(int(n.replace(",", "")) for n in written) == own["pushed"]


def test_a_tens_digit_smaller_than_both_of_its_own_tells_a_carry_in_every_problem() -> None:
    a, b = np.divmod(np.arange(100**2), 100)
    texts = FORM.render(a, b)[0]
    tens = [texts[:, field.start + 1] for field in FORM.partial_products]
    left = texts[:, CARRIES[SUM].token - 1]
    carry = CARRIES[SUM].into(texts) == 1
    assert all(((left < ten) == carry).all() for ten in tens)
    assert worked.CALC["told_by_less"]() == "10,000 of 10,000"


def test_the_digit_turns_halfway_on_the_line_and_a_product_is_read_on_a_line_first() -> None:
    pushed = row("line", SUM)
    of = dict(zip(pushed["places"], pushed["written"], strict=True))
    n = pushed["pushed"]
    assert of[0.25][0] > 0.9 * n < of[1.0][1] and of[2.0][2] < 0.1 * n
    assert 0.4 * n < of[0.5][0] < 0.6 * n and of[0.5][0] + of[0.5][1] == n
    assert pushed["own"]["without"][2] < 0.5 < pushed["own"]["with"][0]
    first, *later = [one for one in row("line", PRODUCT)["read"] if one["name"] == "resid_post"]
    assert first["line"] > first["cases"]
    assert all(one["line"] < one["cases"] for one in later)
    probed = {
        (one["name"], one["layer"]): one["right"]
        for one in row("probes", PRODUCT)["probes"]
        if one["slot"] == CARRIES[PRODUCT].slot
    }
    for one in (first, *later):
        assert one["cases"] == probed[one["name"], one["layer"]]


def test_an_untouched_exercise_says_nothing_and_a_right_one_is_told(book: Any) -> None:
    app = book(PAGE, figure="ex_digit")
    assert not app.exception and not app.success
    expected = int(worked.expected("sum", exercises.GIVEN, exercises.SOURCE).carry[0])
    app.selectbox(key="ch82_ex_digit").select(str(expected)).run()
    assert len(app.success) == 1
    app.selectbox(key="ch82_ex_digit").select(str((expected + 5) % 10)).run()
    assert not app.success and "Hint." in text_of(app)


def test_the_opening_figure_gives_no_guess_away() -> None:
    (one,) = worked.opening(worked.shown(rows("shown")))
    assert one.name == worked.CALLED[SUM]
    names = [site.name for site in one.sites]
    assert names == [
        words for _, words in worked.COPIED if not words.startswith(("class", "what a"))
    ]


def test_the_digits_between_asterisks_make_the_column_and_the_carry() -> None:
    assert worked.of_column(SUM, 63, 94) == "*2*52 + 5*6*70"
    assert worked.of_carry(SUM, 84, 30) == "*0*0 + 25*2*0"
    for one in worked.shown(rows("shown")):
        for swap in one.swaps:
            column, carry = ([*map(int, how.split("*")[1::2])] for how in swap.working)
            assert sum(column) == swap.column
            assert (sum(carry) // 10 if len(carry) > 1 else carry[0]) == swap.carries[1]


def test_the_framed_column_of_the_map_is_the_step_that_writes_the_digit() -> None:
    for carry in (SUM, PRODUCT):
        step = worked.step_of(row("map", carry))
        assert int(step.split()[0]) == CARRIES[carry].slot
        assert step in {
            one["token"] for one in worked.at_every_token(row("map", carry), "told by a probe")
        }


NINE = (12, 79)
"""108 + 840: hundreds of nine, and no carry into them."""


def test_a_hint_names_the_first_check_that_fails() -> None:
    brings, none = (37, 48), (11, 11)
    assert "already" in exercises.stops(brings, none)
    assert "come to nine" in exercises.stops(none, none)
    assert "The second problem has no carry" in exercises.stops(NINE, none)
    assert exercises.stops(NINE, brings) == ""
    failed = [(True, True, True), (False, True, True), (False, False, True), (False, False, False)]
    hints = [exercises.unfair(*given) for given in failed]
    assert len(set(hints)) == 4


def test_a_carry_that_runs_on_is_predicted_and_then_run(book: Any) -> None:
    app = book(PAGE, figure="ex_on")
    assert not app.exception and not app.button and "none can be brought" in text_of(app)
    app = book(PAGE, figure="ex_on", ch82_ex_on_a="12", ch82_ex_on_b="78")
    assert not app.exception and "Hint." in text_of(app)
    app = book(
        PAGE,
        figure="ex_on",
        ch82_ex_on_a="12",
        ch82_ex_on_b="79",
        ch82_ex_on_from_a="37",
        ch82_ex_on_from_b="48",
    )
    assert not app.button and "1048" not in told(app)
    app.selectbox(key="ch82_ex_on_said").select("1").run()
    assert not app.exception and [one.key for one in app.button] == ["ch82_ex_on_run"]


@pytest.mark.slow
def test_the_network_goes_on_from_the_carry_that_it_was_given() -> None:
    assert probes.goes_on(NINE, (37, 48)) == "1048"
    assert probes.goes_on(NINE, NINE) == "0948"


def test_without_the_head_digits_with_a_carry_go_wrong_and_the_figure_says_which() -> None:
    for model in claims.MODELS:
        own = row("needed", SUM, model)
        drawn = worked.lost(own)
        first = {one["digits"]: one["share"] for one in drawn[:2]}
        assert first[worked.WITH] > first[worked.WITHOUT]
        assert len(drawn) % 2 == 0 and all(0 <= one["share"] <= 1 for one in drawn)
        assert claims.is_needed(own)
    own = row("needed", SUM)
    assert worked.others_needed(own) == len(worked.lost(own)) / 2 - 1
    assert all(one["without"] for one in worked.others_of(own) if one["with"])
    with_carry = next(x for x in own["needed"] if x["by"] == "mean" and x["carry"])
    assert with_carry["by_carry"] == with_carry["wrong"]


def test_a_map_says_every_token_and_stops_where_nothing_is_swapped() -> None:
    for carry in (SUM, PRODUCT):
        own = row("map", carry)
        read, used = (worked.at_every_token(own, what) for what in worked.MAPS)
        places = worked.places_in(own)
        assert len(read) == len(own["read"]) * len(places) > len(used)
        assert {one["place"] for one in used} == set(places)
        assert all(0 <= one["share"] <= 1 for one in (*read, *used))


@pytest.mark.slow
def test_the_swap_of_a_readers_pair_is_run() -> None:
    one, other = worked.ONE, worked.OTHER
    assert probes.with_head_of(one, other) == worked.CALC["moves"]()
    assert probes.with_head_of(one, one) == worked.CALC["stays"]()
    predicted = int(worked.expected("sum", worked.FAIR, one).carry[0])
    assert probes.with_head_of(worked.FAIR, one) == str(predicted)


def test_a_bad_operand_is_told_and_the_verdict_on_the_last_pair_gone(book: Any) -> None:
    app = book(PAGE, figure="ex_fair", ch82_ex_fair_a="37", ch82_ex_fair_b="48")
    assert not app.exception and not app.button and "A fair pair" in told(app)
    app.selectbox(key="ch82_ex_fair_said").select("3").run()
    assert not app.exception and [one.key for one in app.button] == ["ch82_ex_fair_run"]
    for typed in ("", "x", "100"):
        app.text_input(key="ch82_ex_fair_a").set_value(typed).run()
        assert not app.exception and len(app.warning) == 1, typed
        assert not app.button and "A fair pair" not in told(app), typed
    app.text_input(key="ch82_ex_fair_a").set_value("11").run()
    app.text_input(key="ch82_ex_fair_b").set_value("11").run()
    assert not app.exception and "cannot tell" in text_of(app)
    app.text_input(key="ch82_ex_fair_a").set_value("x").run()
    assert not app.exception and "cannot tell" not in text_of(app)


def test_what_is_solved_stays_in_the_address_and_can_be_taken_along(book: Any) -> None:
    app = book(PAGE, figure="ex_digit")
    assert not app.get("download_button")
    expected = int(worked.expected("sum", exercises.GIVEN, exercises.SOURCE).carry[0])
    app.selectbox(key="ch82_ex_digit").select(str(expected)).run()
    assert app.session_state["ch82_solved"] == "digit" and len(app.get("download_button")) == 1
    app.selectbox(key="ch82_ex_digit").select(exercises.NONE).run()
    assert "You have solved this one. 1 of 3 solved." in told(app)
    app = book(PAGE, figure="ex_on", ch82_solved="on.fair")
    assert not app.info and "2 of 3 solved." in told(app)
    app = book(PAGE, figure="ex_fair", ch82_solved="all")
    assert "which this page does not allow" in app.info[0].value
    assert "solved" not in told(app)


def test_what_was_solved_on_a_visit_is_told_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"ch81_solved": "units", "ch82_solved": "digit.on", "ch82_guess": "1"}
    monkeypatch.setattr(solved.st, "session_state", kept)
    found = json.loads(solved.as_json())
    assert found == {"81_look_inside": ["units"], "82_where_is_the_carry": ["digit", "on"]}


def test_the_network_of_any_part_is_one_that_a_link_may_name(book: Any) -> None:
    app = book(PAGE, figure="seeds", ch82_swap_model=claims.NAMES["small_3"])
    assert not app.exception and not app.info
    app = book(PAGE, figure="seeds", ch82_swap_model="tiny")
    assert not app.exception and "which this page does not allow" in app.info[0].value


def test_sites_stand_in_the_order_in_which_validation_problems_chose_them() -> None:
    own = row("swaps", PRODUCT)
    drawn = worked.kinds_of_sites(own)
    shares = [worked.on_validation(own, site) for site in drawn.values()]
    assert shares == sorted(shares, reverse=True)
    assert [name for name in drawn if name.startswith("(chosen)")] == [next(iter(drawn))]
    assert next(iter(drawn.values())) is claims.chosen(own)
    moves = [site["carry"] / site["n"] for site in drawn.values()]
    assert max(moves) == moves[1] and len(drawn) == 8


def test_every_neuron_that_goes_by_two_digits_is_of_one_kind_and_swapped_with_it() -> None:
    own = worked.neurons_of(read_lines(RECORDS / "product_neurons.jsonl"))
    assert own is not None
    bars = worked.kinds_by_layer(own)
    assert sum(bar["n"] for bar in bars) == sum(sum(layer.values()) for layer in own["tables"])
    controls = worked.neurons_of(read_lines(RECORDS / "neuron_controls.jsonl"))
    assert controls is not None
    pairs = worked.swapped_kinds(own, controls)
    assert [pair["others"] for pair in pairs] == [False, True, False, True, True, False, True]
    lookups, others, fair = (pair["of_100"] for pair in pairs if pair["kind"] == "a lookup")
    assert fair < lookups
    draws = own["alike"]["a lookup"]["any"]
    assert 10 * lookups == own["swaps"]["a lookup"]["follows"] < min(draws)
    assert min(draws) < 10 * others < max(draws)
    assert [len(cells) for cells in worked.a_table_each(own).values()] == [100] * 3


def test_none_of_the_circuit_can_go_alone_and_the_two_that_fetch_hundreds_can_together() -> None:
    """What is left is the carry's head and FFNs: no other head is needed for the digit there."""
    thin = row("needed", SUM)["thinner"]
    assert all(kept < KEPT for _, kept in thin["ones"])
    (step,) = thin["steps"]
    assert thin["pairs_that_go"] == [step["went"]]
    circuit = row("sets", SUM)["circuit"]
    assert thin["faithfulness"] >= circuit["faithfulness"] and thin["best_that_stays"] < KEPT
    heads = [part for part in thin["nodes"] if part.startswith("head")]
    assert heads == row("sets", SUM)["carriers"]["nodes"]
    hundreds = {
        source[0]: source[1]
        for one in read_lines(RECORDS / "fetched.jsonl")
        if (head := one["cell"].get("head")) is not None and one["cell"].get("by") is None
        for source in [
            (f"head 0.{head}", (w["source"], w["times"] / one["n"]))
            for w in one["written"]
            if w["slot"] == CARRIES[SUM].token
        ]
    }
    digits = [FIRST[2], SECOND[2]]
    assert [hundreds[part] for part in step["went"]] == [(int(at), 1.0) for at in digits]
    product = row("needed", PRODUCT)["thinner"]
    assert not product["steps"] and not product["pairs_that_go"]


def test_what_carries_is_never_among_what_can_go() -> None:
    for model in claims.MODELS:
        own = row("needed", SUM, model)
        assert set(own["nodes"]) <= set(own["thinner"]["nodes"]), model


def test_draws_as_faithful_hold_what_the_thinner_circuit_holds() -> None:
    drawn = row("needed", SUM)["drawn"]["alike"]
    assert 0 < drawn["as_good_hold"] == drawn["as_good"] < drawn["n"] / 20
    assert [one["criterion"] for one in worked.criteria(row("sets", SUM))] == [
        *("faithfulness", "completeness", "minimality"),
    ]


def test_a_carry_runs_on_through_the_digit_and_not_through_the_head() -> None:
    on = row("needed", SUM)["direction"]["runs on"]
    assert on["site alone"] == on["follows"] == on["n"] and on["old digit"] == 0


def test_the_frame_of_layer_0_draws_every_draw_of_others() -> None:
    controls = worked.neurons_of(read_lines(RECORDS / "neuron_controls.jsonl"))
    own = worked.neurons_of(read_lines(RECORDS / "product_neurons.jsonl"))
    assert controls is not None and own is not None
    (line,) = worked.neurons_frame(controls).given
    assert len(line.dots) == len(controls["layer 0"]["others"]["follows"])
    answer = worked.layer_0_follows(own).value
    assert max(line.dots) < answer


def test_others_that_write_as_much_move_the_digit_less_than_lookups_in_the_books_network() -> None:
    """In the small ones lookups lie among such draws: the contest by number was one of size."""
    for one in read_lines(RECORDS / "neuron_controls.jsonl"):
        others = one["lookups"]["others"]
        if one["cell"]["model"] == BOOK:
            assert max(others["follows"]) < one["lookups"]["follows"]
            assert max(others["neurons"]) < one["lookups"]["neurons"] / 2
        else:
            assert claims.lies_among(one)
