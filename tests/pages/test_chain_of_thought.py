"""Chapter 1 as a reader sets it; test_training.py has the panel that trains."""

from __future__ import annotations

import json
from statistics import median
from typing import Any

from shown import text_of

from components.ui import pairs_in_training
from components.ui.chapters.ch10 import worked
from lab.exercises.chain_of_thought_exercises import FORM
from lab.records import RECORDS, read_lines, select

PAGE = "10_chain_of_thought"


def test_chapter_1_reveals_after_a_guess(book: Any) -> None:
    app = book(PAGE)
    assert "You said" not in text_of(app)
    app = book(PAGE, ch10_nonsense_guess=worked.NONSENSE[0])
    assert not app.exception
    assert f"You said **{worked.NONSENSE[0]}**. The answer: **{worked.NONSENSE[1]}**" in text_of(
        app
    )


def test_a_link_of_before_opens_and_the_squares_open_the_pair_that_it_names(book: Any) -> None:
    app = book(PAGE, figure="all_pairs", ch10_cell="47x86", ch10_atlas_run="plain")
    assert not app.exception
    plain, working = squares_of(app, [47, 86])
    assert plain["right"] == "47*86=4042$" and plain["written"][-1] != plain["right"]
    assert working["written"][-1] == FORM.text(47, 86)
    assert working["said"][-1] == "back to front, 282 + 3,760 = 4,042: right"
    for bad in ("47x100", "47", "x", "4x-7"):
        app = book(PAGE, figure="all_pairs", ch10_cell=bad)
        assert any("two numbers up to 99, as 63x47" in info.value for info in app.info), bad
        squares_of(app, list(pairs_in_training.telling_cell(pairs_in_training.twins())))


def squares_of(app: Any, cell: list[int]) -> list[dict[str, Any]]:
    """The writings that are sent with the squares, of this pair."""
    sent = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    (found,) = [data for data in sent if "writings" in data]
    assert found["cell"] == cell
    return found["writings"]


def test_the_answers_of_frames_are_what_their_records_say(seen: Any) -> None:
    app = seen(PAGE, reveal="1")
    assert not app.exception
    stand_ins = read_lines(RECORDS / "stand_ins.jsonl")
    (lost,) = select(stand_ins, part="attn_out", layers=[2, 3, 4, 5], by="zero")
    mirrored = [row for row in read_lines(RECORDS / "mirrored.jsonl") if "shown" not in row["cell"]]
    shown = [row["errors_mirror_shown"] / row["n_mirror_shown"] for row in mirrored]
    dots = select(read_lines(RECORDS / "race.jsonl"), style="dots")
    wrong = [row["errors_heldout"] / row["n_heldout"] for row in dots]
    both = read_lines(RECORDS / "prompted.jsonl")
    at_once = [row["errors_plain"] / row["n_heldout"] for row in both]
    tenth = select(read_lines(RECORDS / "fractions.jsonl"), fraction=0.1)
    unseen = [row["errors_unseen_2"] / row["n_unseen_2"] for row in tenth]
    for answer in (
        f"{lost['errors_strict']}",
        f"median {median(shown):.0%}",
        f"median {median(unseen):.0%}",
        f"median {median(wrong):.0%}",
        f"median {median(at_once):.0%}",
        worked.SIZES[1],
    ):
        assert f"The answer: **{answer}**" in text_of(app)


def test_more_of_the_working_forced_tells_what_every_seed_makes_of_it(book: Any) -> None:
    app = book(PAGE, figure="prompted", ch10_prompted_given="4")
    (texts,) = read_lines(RECORDS / "prompted_texts.jsonl")
    rows = read_lines(RECORDS / "prompted.jsonl")
    assert not app.exception and len(rows) == 5
    drawn = [element.proto.body for element in app.get("html")]
    assert any(f'aria-label="{texts["forced"][4]}"' in body for body in drawn)
    said = " ".join(element.value for element in app.caption)
    assert all(f"{row['forced'][4]['right']:,}" in said for row in rows)


def test_what_the_page_says_of_data_and_architecture_is_what_their_ratios_say() -> None:
    """More pairs, the working and its order are ahead of all else, and then come positions."""
    away = [(max(one.ratio, 1 / one.ratio), one) for one in worked.all_weighed()]
    farthest = [one for _, one in sorted(away, key=lambda x: -x[0])]
    helping = sorted((one for _, one in away), key=lambda one: -one.ratio)
    assert {one.change.name for one in helping[:3]} == {
        *("6 times as many pairs", "working is written", "working back to front")
    }
    built = [one for one in farthest if one.change.kind == "architecture"]
    assert {one.change.page for one in built[:5]} == {"rope"}
    small = sum(not one.agree for one in farthest)
    assert 2 * small > len(farthest)


def test_chapter_1_forgery_follows_the_chosen_digit(book: Any) -> None:
    app = book(PAGE)
    app.selectbox(key="ch10_forge_at").select_index(4).run()
    assert "The forgery implies" not in text_of(app)
    app.button_group(key="ch10_forge_guess").set_value("the true product").run()
    assert not app.exception
    assert "You said **the true product**" in text_of(app)
    assert "The forgery implies" in text_of(app)


def test_chapter_1_takes_a_forgery_from_a_link(book: Any) -> None:
    link = {"ch10_a": "12", "ch10_b": "34", "ch10_forge_to": "9"}
    app = book(PAGE, **link, ch10_forge_at="12 × 30: hundreds", reveal="1")
    assert not app.exception and not app.info
    place = app.selectbox(key="ch10_forge_at").value
    assert FORM.text(12, 34)[place:] == "30=8040$"
    assert "The forgery implies 1008, the truth is 408" in text_of(app)
