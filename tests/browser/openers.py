"""What the first figure of a page, or its main drawing, does in a reader's hands.

Each function takes a page at whatever moment of its visit, and asserts. Pages whose figure has a
visit of its own are not here: Home, the network in NumPy, attention by hand, the chain of thought.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from driver import wait_for, wait_idle
from playwright.sync_api import Locator, Page, expect

DIGIT = re.compile(r"\d")


def scrubbed(figure: Locator, *moments: int) -> list[str]:
    """What a figure says at these moments of its slider."""
    said = []
    for moment in moments:
        figure.locator(".scrub").fill(str(moment))
        said.append(figure.locator(".said").inner_text())
    return said


def drag(page: Page, mark: Locator, pixels: float) -> None:
    """Take a mark by the mouse and pull it sideways."""
    mark.scroll_into_view_if_needed()
    wait_idle(page)
    box = mark.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels, y, steps=6)
    page.mouse.up()


# ---------------------------------------------------------------- a page each


def a_part_is_taken_out_by_key_and_put_back(page: Page) -> None:
    figure = page.locator(".ledger")
    said, run = figure.locator(".said"), figure.locator(".result.left")
    part = figure.get_by_role("button", name="FFN 0, adds", exact=False)
    part.press("Enter")
    expect(said).to_contain_text("without FFN 0")
    expect(run).to_have_class("result left flips")
    assert figure.locator(".anew .moved").count() > 3
    wait_idle(page)
    assert "ch03_pull=FFN+0" in page.url
    part.press("Enter")
    expect(said).to_contain_text("FFN 0 adds")
    expect(run).to_be_hidden()


def two_clocks_turned_together_leave_the_score(page: Page) -> None:
    """And one turned alone does not."""
    clocks = page.locator(".clocks")
    clocks.locator(".reset").click()
    score, angle = clocks.locator(".score"), clocks.locator(".angle")
    before = score.inner_text(), angle.inner_text()
    place = clocks.locator(".mark.query")
    stood, hand = place.get_attribute("aria-valuenow"), clocks.locator(".dial .hand").first
    pointed = hand.get_attribute("x2")
    clocks.locator(".ruler").scroll_into_view_if_needed()  # from under the page's header
    drag(page, clocks.locator(".mark.both .grip"), 120)
    assert place.get_attribute("aria-valuenow") != stood and hand.get_attribute("x2") != pointed
    assert (score.inner_text(), angle.inner_text()) == before
    clocks.locator(".mark.key").press("ArrowLeft")
    assert score.inner_text() != before[0] and angle.inner_text() != before[1]
    page.locator(".st-key-asks_ch20_clip .knob").press("Enter")
    longer = page.locator(".longer")
    early, late = scrubbed(longer, 0, 7)
    assert "two counts, a limit right" in early and "two counts, a limit wrong" in late
    longer.get_by_role("button", name="one count").press("Enter")
    expect(longer.locator(".what")).to_contain_text("one count, a limit: writes")


def the_trainings_are_scrubbed_and_switched_and_write_a_problem(page: Page) -> None:
    figure = page.locator(".courses")
    early, late = scrubbed(figure, 20, 100)
    assert early != late
    figure.get_by_role("button", name="no rehearsal").press("Enter")
    said = figure.locator(".said")
    expect(said).to_contain_text("no rehearsal, 100%")
    expect(figure.locator(".scrub")).to_have_attribute("aria-valuetext", re.compile("1 × 1: 0,"))
    figure.get_by_label("First number").fill("12x")
    figure.get_by_label("Second number").fill("34")
    figure.get_by_label("Second number").press("Enter")
    expect(figure.locator(".refused")).to_contain_text("in digits")
    figure.get_by_label("First number").fill("12")
    figure.get_by_role("button", name="Write it").click()
    expect(figure.locator(".number")).to_have_count(3)
    wait_idle(page)
    assert "ch30_course=rehearsal_0+12x34" in page.url


def a_check_holds_labels_back_in_every_round(page: Page) -> None:
    sieve = page.locator(".sieve")
    early, late = scrubbed(sieve, 1, 5)
    assert "up to 4 digits" in early and "up to 8 digits" in late
    wrong = sieve.locator(".passed").inner_text()
    sieve.get_by_label("vote").check()
    expect(sieve.locator(".passed")).to_have_text("kept: 0 wrong")
    assert wrong != "kept: 0 wrong"


def the_cache_grows_and_without_the_mask_deeper_layers_change(page: Page) -> None:
    growing = page.locator(".growing")
    assert "Step 3 of 14" in scrubbed(growing, 3)[0]
    growing.get_by_role("button", name="without").press("Enter")
    expect(growing.locator(".said")).to_contain_text("all 8 tokens are read again")
    streaming = page.locator(".streaming")
    early, late = scrubbed(streaming, 0, 48)
    assert "the arithmetic waits" in early and "the memory waits" in late
    streaming.get_by_role("button", name="many texts are written").press("Enter")
    expect(streaming.locator(".said")).to_contain_text("128 texts: fetching takes 9.8 ms")
    first = page.locator(".guess").first
    first.get_by_role("button", name="Show", exact=True).click()
    page.get_by_text("The answer: none").wait_for()
    drawn = page.locator(".kept")
    drawn.scroll_into_view_if_needed()
    said = drawn.locator(".said")
    said.filter(has_text="was there").wait_for()
    wait_idle(page)
    masked = said.inner_text()
    drawn.get_by_role("button", name="off").click()
    assert said.inner_text() != masked and "in layers 1 to 5" in said.inner_text()
    drawn.get_by_role("button", name="on", exact=True).click()
    assert said.inner_text() == masked


def the_past_shrinks_for_the_largest_card_and_small_tiles_move_more(page: Page) -> None:
    figure = page.locator(".tiles")
    early, late = scrubbed(figure, 1, 3)
    assert early != late
    figure.get_by_role("button", name="largest last").click()
    expect(figure.locator(".sums .m")).to_contain_text("the past shrinks by")
    expect(figure.locator(".said")).to_contain_text("what softmax over the whole row gives")
    figure.locator(".rows").get_by_role("button", name="8", exact=True).click()
    expect(figure.locator(".said")).to_contain_text("more than with plain attention")
    wait_idle(page)
    assert "ch50_rows=8" in page.url and "ch50_order=last" in page.url
    row = figure.locator(".field")
    row.press("ArrowUp")
    expect(row).to_have_attribute("aria-valuenow", "50")


def another_connection_is_cut_and_the_problem_written_again(page: Page) -> None:
    """From the lists, by a part, and by the arc itself."""
    drawn = page.locator(".connections")
    said = drawn.locator(".said")
    early, late = scrubbed(drawn, 0, 15)
    assert "296 + 1480 = 1776" in early and "282 + 1440 = 1722 is added up rightly" in late
    drawn.get_by_label("cut from").select_option("token")
    assert "The network writes the same as before" in said.inner_text()
    drawn.get_by_label("FFN 5: cut the widest that it reads").press("Enter")
    assert "→ FFN 5" in said.inner_text()


def the_spheres_are_scrubbed_and_turned_and_a_shift_moves_no_probability(page: Page) -> None:
    spheres, shift = page.locator(".spheres"), page.locator(".shift")
    early, late = scrubbed(spheres, 1, 40)
    assert (early, late) == ("Step 1: still alike.", "Step 10,000.")
    balls = spheres.locator(".balls")
    stood = balls.get_attribute("aria-valuetext")
    drag(page, balls, 60)
    assert balls.get_attribute("aria-valuetext") != stood
    spheres.locator(".reset").click()
    assert balls.get_attribute("aria-valuetext") == stood
    logits, shares = (shift.locator(kind).all_text_contents() for kind in (".logit", ".share"))
    shift.locator(".knob").press("Home")
    assert shift.locator(".share").all_text_contents() == shares
    assert shift.locator(".logit").all_text_contents() != logits


def the_bracket_moves_to_the_query_by_hand_and_by_key(page: Page) -> None:
    figure = page.locator(".drawing.bracket")
    said, pair = figure.locator(".said"), figure.locator(".pair")
    again = scrubbed(figure, 1)[0]
    assert "22 times as many" in again
    pair.evaluate("e => e.scrollIntoView({ block: 'center' })")  # from under the page's header
    drag(page, pair, -200)
    expect(said).to_contain_text("the scores are the same numbers")
    pair.press("ArrowRight")
    assert said.inner_text() == again
    figure.get_by_label("Counted for").select_option("DeepSeek-V3")
    expect(figure.locator(".freed")).to_contain_text("1,024 bytes")
    figure.get_by_role("button", name="Stop 5").click()
    expect(figure.locator(".freed")).to_contain_text("1,152 bytes")
    expect(said).to_contain_text("The rotated key")


def layers_part_the_tokens_anew(page: Page) -> None:
    figure = page.locator(".experts").first
    said = figure.locator(".said")
    first = said.inner_text()
    figure.get_by_role("button", name="layer 3").click()
    expect(said).not_to_have_text(first)


def a_bet_is_drawn_and_the_notebook_keeps_its_height(page: Page) -> None:
    """By key: the runs come past the line that was drawn; an evaluated token counts less."""
    bet = page.locator(".bet")
    if (again := bet.get_by_role("button", name="Guess again")).is_visible():
        again.click()
    knob = bet.locator(".knob").last
    knob.press("Home")
    expect(bet.locator(".asks")).to_contain_text("leave 0 of 100 wrong")
    assert bet.locator(".mark").count() == 0
    knob.press("Enter")
    expect(bet.locator(".gap")).to_contain_text("more than you drew")
    wait_idle(page)
    assert "ch62_bet_guess=" in page.url
    early, late = scrubbed(bet, 1, 12)
    assert "not checked yet" in early and "ordinary training 354" in late
    bet.get_by_role("button", name="a third").press("Enter")
    expect(bet.locator(".plot")).to_contain_text("tokens studied, evaluated ones as a third")
    wait_idle(page)
    assert "ch62_counts=a+third" in page.url
    figure = page.locator(".notebook").first
    heights = set[float]()
    for moment in (0, 5, 12):
        scrubbed(figure, moment)
        box = figure.bounding_box()
        heights.add(box["height"] if box else 0)
    assert len(heights) == 1 and 0 not in heights


NARROW = re.compile("64 × 64")


def a_matrix_says_what_it_is_and_another_part_draws_the_model_anew(page: Page) -> None:
    figure = page.locator(".composed")
    early, late = scrubbed(figure, 0, 10)
    assert "held-out pairs wrong: the usual network, 6,949 of 6,949" in early and early != late
    figure.locator(".matrix.attention").first.press("Enter")
    told, at_rest = figure.locator(".told"), "Positions, 32 × 128 = 4,096 parameters"
    expect(told).to_contain_text("128 × 128 = 16,384 parameters. Makes queries")
    figure.locator(".reset").click()
    expect(told).to_contain_text(at_rest)
    expect(figure.locator(".said")).to_have_text(early)
    width = page.get_by_role("combobox", name="Width").first
    width.scroll_into_view_if_needed()  # a list that is open closes when the page scrolls
    wait_idle(page)
    width.click()
    page.get_by_role("option", name="64", exact=True).click()
    wait_idle(page)
    expect(figure.locator(".matrix.attention").first).to_have_attribute("aria-label", NARROW)
    assert "ch80_bench=" in page.url


def two_cells_copied_by_key_turn_the_answer(page: Page) -> None:
    """One after another, with a chimera between; and one that was not computed ahead."""
    figure = page.locator(".drawing.cut").first
    answer, said = figure.locator(".answer"), figure.locator(".said")
    expect(answer).to_have_text("63")
    figure.locator(".reset").click()
    expect(answer).to_have_text("56")
    source = figure.locator(".source")
    at = "FFN 0, where it writes the"
    source.get_by_role("button", name=f"{at} units", exact=False).press("Enter")
    expect(answer).to_have_text("53")
    source.get_by_role("button", name=f"{at} tens", exact=False).press("Enter")
    expect(answer).to_have_text("63")
    expect(figure.locator(".counter")).to_contain_text("512")
    figure.get_by_role("button", name="Copy as many other numbers").click()
    expect(said).to_contain_text("of 7 × 9 copied")
    figure.locator(".reset").click()
    expect(answer).to_have_text("56")


def a_typed_sum_and_a_warm_model_follow_the_reader(page: Page) -> None:
    """And the loss of a guess grows as the bar of the wrong digit is pushed up by key."""
    said, knob = page.locator(".coins .said"), page.locator(".coins .wrong .knob")
    knob.press("Home")
    expect(said).to_contain_text("6, the right one, 11%. The loss is 2.1")
    knob.press("End")
    expect(said).to_contain_text("23.1 tosses")
    page.locator(".coins .reset").click()
    page.get_by_label("First number").first.fill("58")
    page.get_by_label("First number").first.press("Enter")
    wait_idle(page)
    mark = page.locator(".st-key-asks_ch01_start .knob")
    for key, times in (("Home", 1), ("PageUp", 2), ("ArrowRight", 8), ("Enter", 1)):
        for _ in range(times):
            mark.press(key)
    page.get_by_text("You said 2.8 nats, which is right").wait_for()
    wait_idle(page)
    slider = page.get_by_role("slider", name="Temperature")
    slider.press("End")
    wait_idle(page)
    page.get_by_text("of 20 texts have no mistake").wait_for()
    assert slider.input_value() == "5" and "ch01_a=58" in page.url
    page.get_by_text("How sure is such a count").scroll_into_view_if_needed()
    at_hand = page.locator(".st-key-ch01_model")
    wait_for(page, lambda: is_in_sight(at_hand))
    at_hand.get_by_text("the book's model").click()
    wait_idle(page)
    assert "the book's model wrote 58 × 48 twenty times" in page.inner_text("body")
    page.get_by_role("heading", name="What is still missing").scroll_into_view_if_needed()
    wait_for(page, lambda: not is_in_sight(at_hand))


def is_in_sight(what: Locator) -> bool:
    box = what.bounding_box()
    return box is not None and 0 <= box["y"] < 900


def another_layer_moves_the_marks_off_the_diagonal(page: Page) -> None:
    figure = page.locator(".swaps")
    figure.locator(".reset").click()
    said = figure.locator(".said")
    figure.locator(".scrub").fill(figure.locator(".scrub").get_attribute("max") or "1")
    before = said.inner_text()
    figure.locator(".layer").select_option("2")
    assert said.inner_text() != before and "in layer 2" in said.inner_text()
    assert figure.locator(".mark.stays").count() > 100
    figure.locator("select.what").select_option("4")
    expect(said).to_contain_text("All that attention adds")


TOUCHES: dict[str, Callable[[Page], None]] = {
    "01_from_table_to_text": a_typed_sum_and_a_warm_model_follow_the_reader,
    "03_one_block": a_part_is_taken_out_by_key_and_put_back,
    "20_rope": two_clocks_turned_together_leave_the_score,
    "30_curriculum": the_trainings_are_scrubbed_and_switched_and_write_a_problem,
    "31_self_training": a_check_holds_labels_back_in_every_round,
    "40_kv_cache": the_cache_grows_and_without_the_mask_deeper_layers_change,
    "50_flash_attention": the_past_shrinks_for_the_largest_card_and_small_tiles_move_more,
    "51_attention_residuals": another_connection_is_cut_and_the_problem_written_again,
    "52_feature_collapse": the_spheres_are_scrubbed_and_turned_and_a_shift_moves_no_probability,
    "60_mla": the_bracket_moves_to_the_query_by_hand_and_by_key,
    "61_moe": layers_part_the_tokens_anew,
    "81_look_inside": two_cells_copied_by_key_turn_the_answer,
    "62_error_book": a_bet_is_drawn_and_the_notebook_keeps_its_height,
    "80_bench": a_matrix_says_what_it_is_and_another_part_draws_the_model_anew,
    "82_where_is_the_carry": another_layer_moves_the_marks_off_the_diagonal,
}
