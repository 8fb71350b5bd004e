"""chain_of_thought: an attempt is graded by what the model, the list or the format makes of it."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import pytest
from tiny import failures

from lab.data import coverage
from lab.data.problems import HELDOUT_FROM, split_value
from lab.exercises import chain_of_thought_exercises as exercises
from lab.exercises.chain_of_thought_exercises import FORM
from lab.inference.transcript import transcribe
from lab.interp.intervene import Node, ablate
from lab.model.trace import Edit
from lab.training.checkpoint import load_run


@lru_cache
def book():
    return load_run("chain_of_thought").model


def write(given: str, *edits: Edit) -> str:
    return transcribe(book(), given, FORM.length, edits).text


# ---------------------------------------------------------------- forge a digit


def forge(a: int, b: int, position: int, new: int) -> exercises.ForgedDigit:
    before = write(FORM.text(a, b)[: FORM.prompt_length])
    return exercises.grade_forgery(before, write(before[:position] + str(new)), position)


def test_one_hundred_more_in_a_partial_product_solves_it() -> None:
    found = forge(37, 48, 8, 3)
    assert found.solved and (found.place, found.change, found.moved) == (2, 1, 100)
    assert forge(37, 48, 12, 5).solved


def test_any_other_move_does_not() -> None:
    def holds(position: int, new: int, moved: int) -> None:
        found = forge(37, 48, position, new)
        assert not found.solved and found.moved == moved

    assert failures(holds, [(11, 9, 10), (8, 4, 200), (8, 1, -100), (8, 2, 0), (10, 5, 0)]) == []


def test_a_later_digit_of_the_working_that_moved_is_named() -> None:
    found = forge(37, 48, 7, 0)
    assert found.implied == -90 and found.moved == 10 and found.later == 8


def test_a_digit_that_stands_there_is_no_forgery_even_if_the_answer_moved() -> None:
    text = FORM.text(37, 48)
    assert not exercises.grade_forgery(text, text.replace("6771", "6781"), 8).solved


def test_an_answer_with_a_sign_in_it_is_no_number() -> None:
    text = FORM.text(37, 48)
    found = exercises.grade_forgery(text, text[:8] + "3" + text[9:15] + "6+71$", 8)
    assert found.moved is None and not found.solved


def test_only_the_working_can_be_forged() -> None:
    with pytest.raises(ValueError, match="'answer', not in a partial product"):
        exercises.grade_forgery(FORM.text(37, 48), FORM.text(37, 48), 15)


# ---------------------------------------------------------------- choose the pairs


def test_a_pair_reads_alike_however_it_is_written() -> None:
    text = "48 37\n37*48\n  37 × 48\n37,48\n(37, 48)\n37\t48\n\n"
    listed = exercises.read_pairs(text)
    assert listed.pairs + listed.held_out == ((37, 48),)
    assert listed.repeated == 5 and listed.unreadable == ()


def test_a_line_that_holds_no_pair_is_named() -> None:
    def holds(line: str) -> None:
        listed = exercises.read_pairs(f"\n12 34\n{line}")
        assert listed.unreadable == ((3, line),)
        assert not listed.allowed

    cases = [
        "7",
        "-3 4",
        "100 7",
        "1.5 2",
        "٣ 4",
        "<b>7</b> 8",
        "1 2 3",
        "9" * 400,
        "7 x",
        "seven",
        "²*3",
    ]
    assert failures(holds, cases) == []


def test_held_out_pairs_are_set_apart_by_the_one_split() -> None:
    listed = exercises.read_pairs("\n".join(f"{a} {b}" for a in range(20) for b in range(a, 20)))
    assert {split_value(*pair) < HELDOUT_FROM for pair in listed.pairs} == {True}
    assert {split_value(*pair) < HELDOUT_FROM for pair in listed.held_out} == {False}
    assert len(listed.pairs) + len(listed.held_out) == 210 and not listed.allowed


def test_a_list_is_allowed_from_one_pair_to_five() -> None:
    def text(n: int) -> str:
        return "\n".join(f"{a}*{b}" for a, b in coverage.trainable_pairs()[:n])

    allowed = [exercises.read_pairs(text(n)).allowed for n in (0, 1, 5, 6)]
    assert allowed == [False, True, True, False]


def test_digits_count_as_the_written_working_holds_them() -> None:
    """An independent count: the pairs in whose text, either way round, 37 meets the digit."""
    pairs = [(37, 48), (37, 98), (12, 37), (50, 60)]
    graded = exercises.grade_pairs(pairs)
    for digit in range(10):
        held = [p for p in pairs if 37 in p and str(digit) in f"{p[0] + p[1] - 37:02d}"]
        assert graded.times[digit] == len(held)
    assert graded.covered == 5 and not graded.complete
    digit, choices = graded.rarest
    assert not graded.times[digit] and choices
    assert all(str(digit) in f"{b:02d}" and b in exercises.partners(37) for b in choices)


def test_thirty_seven_meets_every_digit_in_five_pairs_and_not_in_four() -> None:
    """By trying: some five partners show ten digits, and four can show eight."""
    partners = exercises.partners(exercises.COVERED)
    assert {split_value(37, b) < HELDOUT_FROM for b in partners} == {True}
    fives = [
        five
        for five in combinations([b for b in partners if b // 10 != b % 10], exercises.MOST_PAIRS)
        if len(set("".join(f"{b:02d}" for b in five))) == 10
    ]
    assert 0 < len(fives) < 100
    assert exercises.grade_pairs([(37, b) for b in fives[0]]).complete
    assert not exercises.grade_pairs([(37, b) for b in fives[0][:-1]]).complete


# ---------------------------------------------------------------- pull out a head


def test_a_head_that_breaks_the_sum_alone_solves_it_and_others_do_not() -> None:
    prompt = FORM.text(37, 48)[: FORM.prompt_length]
    found = [
        exercises.grade_ablated_head(37, 48, write(prompt, ablate(Node("z", layer, head))))
        for layer, head in ((0, 1), (0, 3), (5, 0))
    ]
    assert [f.solved for f in found] == [True, False, False]
    assert [f.first_wrong for f in found] == [17, 6, None]


def test_working_and_signs_must_stay_right_and_a_digit_of_the_product_go_wrong() -> None:
    def holds(written: str, solved: bool) -> None:
        assert exercises.grade_ablated_head(37, 48, written).solved is solved

    cases = [
        ("37*48=692+0841=6771$", False),
        ("37*48=692+0841=6781$", True),
        ("37*48=692+0941=6781$", False),
        ("37*48=692*0841=6781$", False),
        ("37*48=692+0841=6771+", False),
    ]
    assert failures(holds, cases) == []


# ---------------------------------------------------------------- be the model


def test_every_drawn_sum_takes_its_right_text_and_refuses_a_forgotten_carry() -> None:
    drawn = [exercises.draw_sum(number) for number in range(200)]
    assert len(set(drawn)) > 150 and drawn == [exercises.draw_sum(n) for n in range(200)]
    for a, b in drawn:
        right = exercises.read_text(a, b, FORM.text(a, b)[FORM.prompt_length :])
        assert exercises.grade_text(a, b, right).solved
        found = exercises.grade_text(a, b, exercises.without_its_carry(a, b))
        assert not found.solved and found.mistake == "forgotten carry"


def test_the_question_and_spaces_may_be_typed_or_left_out() -> None:
    for typed in ("692+0841=6771$", "37*48=692+0841=6771$", " 692 + 0841 = 6771 $\n"):
        assert exercises.read_text(37, 48, typed) == FORM.text(37, 48)


def test_the_first_wrong_token_and_the_kind_of_mistake() -> None:
    def holds(typed: str, mistake: str, position: int) -> None:
        found = exercises.grade_text(37, 48, exercises.read_text(37, 48, typed))
        assert found.wrong is not None
        assert (found.mistake, found.wrong.position) == (mistake, position)

    cases = [
        ("296+0841=6771$", "front to back", 6),
        ("692+1480=6771$", "front to back", 10),
        ("692+0841=1776$", "front to back", 15),
        ("642+0841=6771$", "forgotten carry", 7),
        ("690+0841=6771$", "forgotten carry", 8),
        ("692+0821=6771$", "forgotten carry", 12),
        ("692+0841=6761$", "forgotten carry", 17),
        ("602+0841=6771$", "other", 7),
        ("792+0841=6771$", "a carry too many", 6),
        ("692+8410=6771$", "missing zero", 10),
        ("692+841=6771$", "missing zero", 10),
        ("69+0841=6771$", "too few digits", 8),
        ("6920+0841=6771$", "too many digits", 9),
        ("692=0841=6771$", "other", 9),
        ("692+0841", "too short", 14),
        ("692+0841=6771", "too short", 19),
        ("692+0841=6771$$", "other", 20),
    ]
    assert failures(holds, cases) == []


def test_leading_zeros_left_out_front_to_back_are_still_front_to_back() -> None:
    found = exercises.grade_text(12, 34, exercises.read_text(12, 34, "48+0630=8040$"))
    assert found.mistake == "front to back"


def test_carries_into_a_place_follow_the_multiplication_on_paper() -> None:
    """In 37 x 8 = 296 the units make 5 and the tens 2; in 37 x 40 the same one place on."""
    first, second = FORM.partial_products
    assert [exercises.carry_into(37, 48, first, k) for k in range(3)] == [0, 5, 2]
    assert [exercises.carry_into(37, 48, second, k) for k in range(4)] == [0, 0, 2, 1]
    assert [exercises.carry_into(37, 48, FORM.answer, k) for k in range(4)] == [0, 0, 1, 0]


def test_what_is_no_text_gets_one_sentence_on_what_is_allowed() -> None:
    def holds(typed: str) -> None:
        with pytest.raises(ValueError) as refused:
            exercises.read_text(37, 48, typed)
        said = str(refused.value)
        assert len(said) < 120 and said.endswith(".") and "\u202e" not in said

    cases = ["", "   ", "٣", "692-0841", "<b>", "6" * 400, "²", "a\u202eb"]
    assert failures(holds, cases) == []


# ---------------------------------------------------------------- a quiet part, a loud stream


def test_a_whisper_is_short_and_decides_the_token() -> None:
    def holds(added: float, after: str, solved: bool) -> None:
        found = exercises.QuietPart(added, 7.5, "9", after)
        assert found.solved is solved

    cases = [
        (0.7, "1", True),
        (-0.7, "1", True),
        (0.8, "1", False),
        (0.7, "9", False),
        (7, "9", False),
    ]
    assert failures(holds, cases) == []


def test_too_loud_means_enough_and_not_by_half() -> None:
    assert exercises.LoudStream((7,), ()).solved
    assert not exercises.LoudStream((7, 8), (8,)).solved
    assert not exercises.LoudStream((), ()).solved
