"""Exercises, drawn: what is asked, the reader's controls, the verdict, and a hint from the attempt.

The statement of each is a section of the page's prose; the grading is in
`lab.exercises.chain_of_thought_exercises`. A reader's own characters are shown as code in a
sentence, never in HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.computed_ahead import ahead
from components.ui.exercise_verdict import show_verdict
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN, write, write_sum
from lab.data.coverage import Pair
from lab.data.problems import PLACE_NAMES
from lab.exercises import chain_of_thought_exercises as exercises
from lab.exercises.chain_of_thought_exercises import (
    COVERED,
    FORM,
    MOST_PAIRS,
    WANTED_MOVE,
    AblatedHead,
    Coverage,
    ForgedDigit,
    HandWritten,
    PairList,
)
from lab.readings import join_words
from lab.recipes.recipe_index import recipe

intervene = lazily("lab.interp.intervene")

WORKING = [position for field in FORM.partial_products for position in field.positions]
BELIEVED = ("what the forgery implies", "the true product", "something else")

FORGED_AT_FIRST, FORGED_TO_AT_FIRST = WORKING[4], 9
ABLATED_AT_FIRST = (0, 3)
PAIRS_AT_FIRST = ((37, 48), (37, 98))


def written_right(a: int, b: int) -> str | None:
    """The model's own text of a sum; None, and a sentence, for the few that it gets wrong."""
    text = write_sum(BOOK_RUN, a, b).text
    if text == FORM.text(a, b):
        return text
    st.markdown(f"The model gets {a} × {b} wrong without your help. Choose another problem.")
    return None


# ---------------------------------------------------------------- forge a digit


def ask_digit(page: Chapter, name: str, pair: Pair, first: int, *, bind: bool = False) -> int:
    """The digit of the working to forge, named in the numbers of the reader's sum.

    `bind`: in the link too. Its names change with the sum, so what a link says is not checked.
    """
    key = f"{page.prefix}{name}"
    page.link.knows(key)
    return st.selectbox(
        "Digit to forge",
        WORKING,
        WORKING.index(first),
        format_func=lambda position: tokens.place_of(position, FORM, *pair),
        key=key,
        bind="query-params" if bind else None,
    )


def believed(found: ForgedDigit, truth: int) -> tuple[str, str]:
    """What the model made of a forgery, one of `BELIEVED`, and the numbers behind it."""
    if found.change == 0:
        return BELIEVED[1], "That is the digit that stood there. Choose another."
    wrote = "something that is no number" if found.moved is None else truth + found.moved
    said = (
        f"The forgery implies {truth + found.implied}, the truth is {truth}, "
        f"and the model writes **{wrote}**"
    )
    if found.moved == found.implied:
        return BELIEVED[0], f"{said}: it believes its own working."
    if found.moved == 0:
        return BELIEVED[1], f"{said}: it does not look at this digit, or it mends it."
    return BELIEVED[2], f"{said}. See which later token changed."


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
    page.source("lab.exercises.chain_of_thought_exercises.grade_forgery")


def what_moved(found: ForgedDigit) -> str:
    if found.change == 0:
        return "That digit stands there already."
    if found.moved is None:
        return "The answer is no number any more."
    if found.solved:
        believed = "The model believed your forgery."
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
        return "The model does not read this digit, or it mends it. Forge another one."
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
            "another problem."
        )
    return f"It does count hundreds, and you changed it by {found.change:+d}. How much is enough?"


# ---------------------------------------------------------------- choose the pairs


def choose_pairs(page: Chapter) -> None:
    """The fewest pairs that show one number times every digit: the section `ex_cover`."""
    st.caption(f"Numbers that {COVERED} may be trained with: {partners_in_words()}.")
    text = st.text_area(
        "Your pairs, one on each line",
        pairs_text(PAIRS_AT_FIRST),
        key=f"{page.prefix}ex_cover_pairs",
        height=160,
        max_chars=1000,
        placeholder=f"{COVERED} 48",
    )
    asked = exercises.read_pairs(text or "")
    graded = exercises.grade_pairs(asked.pairs)
    st.html(shown_digits(graded.times))
    for problem in list_problems(asked):
        st.warning(problem)
    show_verdict(
        graded.complete and asked.allowed,
        f"{COVERED} times every digit stands in your list, in {graded.n_pairs} pairs. "
        "Fewer cannot do it: a pair shows two digits."
        if graded.complete and asked.allowed
        else cover_said(graded),
        cover_hint(graded),
    )
    page.source(
        "lab.exercises.chain_of_thought_exercises.grade_pairs",
        "lab.exercises.chain_of_thought_exercises.partners",
    )


def partners_in_words() -> str:
    return ", ".join(f"{partner:02d}" for partner in exercises.partners(COVERED))


def shown_digits(times: Sequence[int]) -> str:
    """HTML: the ten digits, each with how many pairs of the list show the number times it."""
    heads = "".join(f'<th class="wb-top">{digit}</th>' for digit in range(len(times)))
    cells = "".join(f"<td>{n or '–'}</td>" for n in times)
    return (
        f'<div class="wb-scroll"><table class="wb-table wb-narrow"><tr><th>{COVERED} ×</th>{heads}'
        f"</tr><tr><th>pairs</th>{cells}</tr></table></div>"
    )


def pairs_text(pairs: Sequence[Pair]) -> str:
    return "\n".join(f"{a:02d} {b:02d}" for a, b in pairs)


def list_problems(asked: PairList) -> list[str]:
    """A sentence for each thing that keeps a list from being trained on."""
    out: list[str] = []
    if asked.unreadable:
        number, line = asked.unreadable[0]
        shown = repr(line if len(line) <= 12 else line[:12] + "…").replace("`", "'")
        out.append(
            f"Line {number}, `{shown}`, {among(asked.unreadable)}cannot be read; write two whole "
            "numbers from 0 to 99 on a line, as in 37 48."
        )
    if asked.held_out:
        a, b = asked.held_out[0]
        out.append(
            f"The pair {a} × {b} {among(asked.held_out)}is held out for testing; leave it out."
        )
    if len(asked.pairs) > MOST_PAIRS:
        out.append(f"{len(asked.pairs)} pairs are too many; at most {MOST_PAIRS} are allowed.")
    return out


def among(found: Sequence[object]) -> str:
    return f"the first of {len(found)}, " if len(found) > 1 else ""


def cover_said(graded: Coverage) -> str:
    return f"Your list shows {COVERED} times {graded.covered} of the ten digits."


def cover_hint(graded: Coverage) -> str:
    """What the list shows twice, and which missing digit leaves least choice."""
    if graded.complete:
        return "Nothing is missing. Mend what is named above."
    twice = [digit for digit, n in enumerate(graded.times) if n > 1]
    if graded.n_pairs >= MOST_PAIRS and twice:
        return (
            f"{listed_digits(twice)} shown more than once, and there is no room for that: "
            "five pairs show ten digits only if no digit comes twice."
        )
    digit, choices = graded.rarest
    numbers = join_words([f"{number:02d}" for number in choices])
    return (
        f"Begin with the digit that leaves least choice. Of those missing, that is {digit}: it "
        f"stands only in {numbers}."
    )


def listed_digits(digits: Sequence[int]) -> str:
    return f"{join_words([f'{digit}' for digit in digits])} {'is' if len(digits) == 1 else 'are'}"


# ---------------------------------------------------------------- ablate a head


@ahead
@lru_cache(maxsize=64)
def written_without(given: str, layer: int, head: int) -> str:
    return write(BOOK_RUN, given, [intervene.ablate(intervene.Node("z", layer, head))]).text


def find_the_adding_head(page: Chapter) -> None:
    """A head without which only the product goes wrong: the section `ex_head`."""
    pair = page.pair("ex_head")
    if pair is None:
        return
    a, b = pair
    config = recipe(BOOK_RUN).model
    left, right = st.columns(2)
    with left:
        layer = page.choose("ex_head_layer", "Layer", range(config.n_layer), ABLATED_AT_FIRST[0])
    with right:
        heads = range(config.layers[layer].attention.n_head)
        head = page.choose("ex_head_head", "Head", heads, ABLATED_AT_FIRST[1])
    before = written_right(a, b)
    if before is None:
        return
    after = written_without(before[: FORM.prompt_length], layer, head)
    marks = tokens.marks_of(after, FORM, a, b, before)
    st.html(tokens.strip(after, FORM, a, b, marks=marks, written_from=FORM.prompt_length))
    found = exercises.grade_ablated_head(a, b, after)
    show_verdict(found.solved, what_went_wrong(found, a, b), head_hint(found, layer))
    page.source(
        "lab.exercises.chain_of_thought_exercises.grade_ablated_head", "lab.interp.intervene.ablate"
    )


def what_went_wrong(found: AblatedHead, a: int, b: int) -> str:
    if found.first_wrong is None:
        return "Without this head, every token comes out right."
    where = tokens.place_of(found.first_wrong, FORM, a, b)
    if found.solved:
        return (
            f"Both partial products are right, and the first wrong token is {where}. "
            "This problem needs that head; it does not follow that the head adds."
        )
    return f"Without this head, the first wrong token is **{where}**."


def head_hint(found: AblatedHead, layer: int) -> str:
    """Where to look next, from where the first wrong token stands."""
    if found.first_wrong is None:
        where = "layer 0" if layer > 0 else "the next head, or another problem"
        return f"Other heads make up for it, or this problem never needs it. Try {where}."
    if FORM.field_at(found.first_wrong).role == "operator":
        return "A sign went wrong, not a number. Try another head."
    return (
        "That is before the sum begins, so the model needs this head while it multiplies. "
        "Try another head of this layer, or the same head with another problem."
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
        "Another problem",
        key=f"{key}_another",
        icon=":material/refresh:",
        on_click=lambda: st.session_state.update({round_key: number + 1}),
    )
    page.source(
        "lab.exercises.chain_of_thought_exercises.grade_text",
        "lab.exercises.chain_of_thought_exercises.mistake_in",
    )


def what_you_wrote(found: HandWritten, a: int, b: int) -> str:
    wrong = found.wrong
    if wrong is None:
        return f"Every token is right: {a} × {b} = {a * b}. The model writes it the same way."
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
