"""Exercises, drawn: what is asked, the reader's controls, the verdict, and a hint from the attempt.

The statement of each is a section of the page's prose; the grading is in
`lab.exercises.chain_of_thought`. A reader's own characters are shown as code in a sentence, never
in HTML.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch10.forging import WORKING, ask_digit
from components.ui.exercises import show_verdict
from components.ui.lazily import lazily
from components.ui.plots import bars
from components.ui.runs import BOOK_RUN, take_with_progress, write, write_sum
from lab.data import coverage
from lab.data.coverage import Pair
from lab.data.problems import PLACE_NAMES
from lab.exercises import chain_of_thought as exercises
from lab.exercises.chain_of_thought import (
    FORM,
    MOST_PAIRS,
    WANTED_MOVE,
    Coverage,
    ForgedDigit,
    Gap,
    HandWritten,
    PairList,
    PulledHead,
)

intervene = lazily("lab.interp.intervene")

FORGED_AT_FIRST, FORGED_TO_AT_FIRST = WORKING[4], 9
PULLED_AT_FIRST = (0, 3)
SWAP_SECONDS = 2.0

TrainOn = Callable[[list[Pair]], None]
"""Draws a button that trains the small twin on these pairs."""


def written_right(a: int, b: int) -> str | None:
    """The model's own text of a sum; None, and a sentence, for the few that it gets wrong."""
    text = write_sum(BOOK_RUN, a, b).text
    if text == FORM.text(a, b):
        return text
    st.markdown(f"The model gets {a} × {b} wrong without your help. Choose another sum.")
    return None


# ---------------------------------------------------------------- forge a digit


def forge_a_digit(page: Chapter) -> None:
    """Forge one digit so that the answer grows by 100: the section `ex_forge`."""
    pair = page.pair("ex_forge")
    if pair is None:
        return
    a, b = pair
    left, right = st.columns(2)
    with left:
        position = ask_digit(page, "ex_forge_at", pair, FORGED_AT_FIRST)
    with right:
        new = page.choose("ex_forge_to", "Write instead", range(10), FORGED_TO_AT_FIRST)
    before = written_right(a, b)
    if before is None:
        return
    after = write(BOOK_RUN, before[:position] + str(new)).text
    moved = [i for i in range(position + 1, FORM.length) if after[i] != before[i]]
    marks = tokens.Marks(forged=[position], moved=moved)
    st.html(tokens.strip(after, FORM, a, b, marks=marks, written_from=position + 1))
    found = exercises.grade_forgery(before, after, position)
    show_verdict(found.solved, what_moved(found), forgery_hint(found, position, a, b))
    page.source(exercises.grade_forgery)


def what_moved(found: ForgedDigit) -> str:
    if found.change == 0:
        return "That digit stands there already."
    if found.moved is None:
        return "The answer is no number any more."
    if found.solved:
        believed = "The model believed your note."
        if found.implied != WANTED_MOVE:
            believed = f"Your digit implies {found.implied:+,}, though."
        return f"The answer moved by exactly {WANTED_MOVE:+d}. {believed}"
    if found.moved == 0:
        return "The answer did not move."
    return f"Your forgery moved the answer by {found.moved:+,}."


def forgery_hint(found: ForgedDigit, position: int, a: int, b: int) -> str:
    """What to try next, from how far the answer moved."""
    counts = f"the digit you chose counts {PLACE_NAMES[found.place]}"
    if found.change == 0:
        return "Write another digit."
    if found.moved == 0:
        return "The model does not read this digit, or mends it. Forge another one."
    if found.later is not None and found.moved != found.implied:
        later = tokens.place_of(found.later, FORM, a, b)
        return (
            f"Your digit alone implies {found.implied:+,}, but behind it the model changed "
            f"{later} as well. A digit near the end of its partial product has less behind it."
        )
    if found.moved != found.implied:
        return f"Your digit implies {found.implied:+,}, but the sum went astray. Forge another one."
    if 10**found.place != WANTED_MOVE:
        return f"{counts[0].upper()}{counts[1:]}. Which digit counts hundreds?"
    if FORM.text(a, b)[position] == "9":
        return (
            "It does count hundreds, but a 9 cannot grow. Take the other partial product, or "
            "another sum."
        )
    return f"It does count hundreds, and you changed it by {found.change:+d}. How much is enough?"


# ---------------------------------------------------------------- choose the pairs


def choose_pairs(page: Chapter, train_on: TrainOn) -> None:
    """At most 300 pairs that hold all partial products: the section `ex_cover`.

    `train_on` is called with every list that a model may be trained on.
    """
    key = f"{page.prefix}ex_cover"
    box = f"{key}_pairs"
    edit_by_button(box, key)
    text = st.text_area(
        "Your pairs, one a line", key=box, height=220, max_chars=10_000, placeholder="37 48"
    )
    listed = exercises.read_pairs(text or "")
    graded = exercises.grade_pairs(listed.pairs)
    st.markdown(
        f"**{graded.n_pairs} of {MOST_PAIRS}** pairs hold **{graded.covered:,} of "
        f"{coverage.N_PARTIAL_PRODUCTS:,}** partial products."
    )
    for problem in list_problems(listed):
        st.warning(problem)
    if graded.complete and listed.allowed:
        show_verdict(True, "Every partial product stands in some pair of your list.")
    else:
        show_verdict(False, "", cover_hint(graded))
    if graded.missing:
        page.draw(
            bars.count_bars(
                {f"× {digit}": n for digit, n in enumerate(graded.missing_by_digit)},
                "digit",
                "partial products missing",
            ),
            alt="How many partial products with each digit are missing from your list",
        )
    page.prose("ex_cover_train")
    if listed.allowed:
        train_on(list(listed.pairs))
    page.source(exercises.grade_pairs, exercises.add_pairs, exercises.swap_pairs)


def edit_by_button(box: str, key: str) -> None:
    """Buttons that rewrite the list in `box` before it is drawn; at first, 300 at random."""
    draws = f"{key}_draws"
    if box not in st.session_state:
        st.session_state[box] = pairs_text(coverage.random_pairs())
    with st.container(horizontal=True):
        drawn = st.button("300 at random", key=f"{key}_random", icon=":material/casino:")
        added = st.button(
            "Add the pair that covers most, up to 300", key=f"{key}_add", icon=":material/add:"
        )
        swapped = st.button("Swap for two seconds", key=f"{key}_swap", icon=":material/swap_horiz:")
        cleared = st.button("Clear", key=f"{key}_clear", icon=":material/delete:")
    if not (drawn or added or swapped or cleared):
        return
    pairs = list(exercises.read_pairs(st.session_state[box] or "").pairs)
    if drawn:
        st.session_state[draws] = st.session_state.get(draws, 0) + 1
        pairs = coverage.random_pairs(seed=st.session_state[draws])
    elif added:
        pairs = exercises.add_pairs(pairs)
    elif swapped:
        pairs = swap_with_progress(pairs)
    else:
        pairs = []
    st.session_state[box] = pairs_text(pairs)


def swap_with_progress(pairs: list[Pair]) -> list[Pair]:
    """Two seconds of swaps, in slices; the same list gets the same draws."""
    rng = np.random.default_rng(zlib.crc32(pairs_text(pairs).encode()))
    began, bar = time.monotonic(), st.progress(0.0)
    for better, n in exercises.swap_pairs(pairs, rng):
        pairs, spent = better, (time.monotonic() - began) / SWAP_SECONDS
        bar.progress(min(spent, 1.0), text=f"{n:,} of {coverage.N_PARTIAL_PRODUCTS:,} covered")
        if spent >= 1:
            break
    bar.empty()
    return pairs


def pairs_text(pairs: Sequence[Pair]) -> str:
    return "\n".join(f"{a} {b}" for a, b in pairs)


def list_problems(listed: PairList) -> list[str]:
    """A sentence for each thing that keeps a list from being trained on."""
    out: list[str] = []
    if listed.unreadable:
        number, line = listed.unreadable[0]
        shown = repr(line if len(line) <= 12 else line[:12] + "…").replace("`", "'")
        out.append(
            f"Line {number}, `{shown}`, {among(listed.unreadable)}cannot be read; write two whole "
            "numbers from 0 to 99 on a line, as in 37 48."
        )
    if listed.held_out:
        a, b = listed.held_out[0]
        out.append(
            f"The pair {a} × {b} {among(listed.held_out)}is held out for testing; leave it out."
        )
    if len(listed.pairs) > MOST_PAIRS:
        out.append(f"{len(listed.pairs)} pairs are too many; at most {MOST_PAIRS} are allowed.")
    return out


def among(found: Sequence[object]) -> str:
    return f"the first of {len(found)}, " if len(found) > 1 else ""


def cover_hint(graded: Coverage) -> str:
    """Where most is missing, and what the list could do without."""
    room = MOST_PAIRS - graded.n_pairs
    if graded.complete:
        return "Nothing is missing. Mend what is named above."
    if len(graded.missing) <= 5:
        names = ", ".join(f"{number} × {digit}" for number, digit in graded.missing)
        said = f"Still missing: {names}."
    else:
        said = gap_hint(graded.worst)
    if room > 0:
        return f"{said} You may add {room} more."
    if graded.idle:
        return (
            f"{said} {graded.idle} of your pairs hold nothing that the others lack: "
            "put something better in the place of one."
        )
    return f"{said} Each of your pairs holds something that no other does: you have to swap."


def gap_hint(gap: Gap) -> str:
    if gap.kind == "digit":
        which, where = f"the digit {gap.first}", f"with a {gap.first} in them"
    else:
        which = f"the numbers {gap.first} to {gap.first + 9}"
        where = "with one of these numbers"
    return (
        f"Most is missing for {which}: {gap.missing} of 100 partial products. Look for pairs "
        f"{where}."
    )


# ---------------------------------------------------------------- pull out a head


def find_the_adding_head(page: Chapter) -> None:
    """A head without which only the product goes wrong: the section `ex_head`."""
    pair = page.pair("ex_head")
    if pair is None:
        return
    a, b = pair
    config = take_with_progress(BOOK_RUN).model.config
    left, right = st.columns(2)
    with left:
        layer = page.choose("ex_head_layer", "Layer", range(config.n_layer), PULLED_AT_FIRST[0])
    with right:
        heads = range(config.attention.n_head)
        head = page.choose("ex_head_head", "Head", heads, PULLED_AT_FIRST[1])
    before = written_right(a, b)
    if before is None:
        return
    pulled = intervene.ablate_head(layer, head)
    after = write(BOOK_RUN, before[: FORM.prompt_length], [pulled]).text
    marks = tokens.Marks(wrong=tokens.wrong_tokens(after, before))
    st.html(tokens.strip(after, FORM, a, b, marks=marks, written_from=FORM.prompt_length))
    found = exercises.grade_pulled_head(a, b, after)
    show_verdict(found.solved, what_went_wrong(found, a, b), head_hint(found, layer))
    page.source(exercises.grade_pulled_head, intervene.ablate_head)


def what_went_wrong(found: PulledHead, a: int, b: int) -> str:
    if found.first_wrong is None:
        return "Without this head, every token comes out right."
    where = tokens.place_of(found.first_wrong, FORM, a, b)
    if found.solved:
        return (
            f"Both partial products are right, and the first wrong token is {where}. "
            "This sum misses that head; that does not show that the head adds."
        )
    return f"Without this head, the first wrong token is **{where}**."


def head_hint(found: PulledHead, layer: int) -> str:
    """Where to look next, from where the first wrong token stands."""
    if found.first_wrong is None:
        where = "layer 0" if layer > 0 else "the next head, or another sum"
        return f"Other heads make up for it, or this sum never needs it. Try {where}."
    if FORM.field_at(found.first_wrong).role == "operator":
        return "A sign went wrong, not a number. Try another head."
    return (
        "That is before the sum begins, so this head is missed while the model multiplies. "
        "Try another head of this layer, or the same head with another sum."
    )


# ---------------------------------------------------------------- be the model


def be_the_model(page: Chapter) -> None:
    """Write the text of a sum by hand: the section `ex_write`."""
    key = f"{page.prefix}ex_write"
    round_key = f"{key}_round"
    number = int(st.session_state.get(round_key, 0))
    a, b = exercises.draw_sum(number)
    prompt = FORM.text(a, b)[: FORM.prompt_length]
    typed = st.text_input(
        f"What follows `{prompt}`?",
        exercises.without_its_carry(a, b)[len(prompt) :] if number == 0 else "",
        key=f"{key}_text_{number}",
    )
    try:
        text = exercises.read_text(a, b, typed or "")
    except ValueError as error:
        st.warning(str(error))
    else:
        found = exercises.grade_text(a, b, text)
        marks = tokens.Marks(wrong=[found.wrong.position] if found.wrong else [])
        st.html(tokens.strip(text, FORM, a, b, marks=marks))
        show_verdict(found.solved, what_you_wrote(found, a, b), text_hint(found, a, b))
    st.button(
        "Another sum",
        key=f"{key}_another",
        icon=":material/refresh:",
        on_click=lambda: st.session_state.update({round_key: number + 1}),
    )
    page.source(exercises.grade_text, exercises.mistake_in)


def what_you_wrote(found: HandWritten, a: int, b: int) -> str:
    wrong = found.wrong
    if wrong is None:
        return f"Every token is right: {a} × {b} = {a * b}. So the model writes it."
    if wrong.position >= FORM.length:
        return "The text is right up to its `$`, and then goes on."
    where = tokens.place_of(wrong.position, FORM, a, b)
    if wrong.found == "the end":
        return f"All is right so far. Your text ends before **{where}**."
    return f"The first wrong token is **{where}**: you wrote `{wrong.found}`."


def text_hint(found: HandWritten, a: int, b: int) -> str:
    """What the mistake looks like, without the token that is right."""
    wrong = found.wrong
    if wrong is None:
        return ""
    if wrong.position >= FORM.length:
        return "Nothing follows the `$`: take away what stands behind it."
    field = FORM.field_at(wrong.position)
    before = tokens.place_of(max(wrong.position - 1, 0), FORM, a, b)
    return {
        "front to back": "This number is written front to back. Begin with its units.",
        "forgotten carry": f"Look at {before}: it makes a carry, and yours is missing here.",
        "a carry too many": f"Look at {before}: it makes no carry, and you have added one.",
        "missing zero": "This partial product counts tens, so its first token is a zero.",
        "too few digits": f"This number has {field.width} digits; its leading zeros come last.",
        "too many digits": "The number before this sign is too long. Count its digits.",
        "too short": "Write on: the text ends with `$`.",
        "other": "Work it out on paper, column by column, from the right.",
    }[found.mistake]
