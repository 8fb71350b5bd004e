"""One block, one stream: what travels inside, who writes to it, and a logit as a sum of notes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from components.ui import book_model, exercises, tokens, training
from components.ui.chapter import Chapter
from components.ui.chapters.ch03 import claims, figures
from components.ui.claims import readings
from components.ui.operands import ask_pair, share_moment
from components.ui.plots import bars
from components.ui.records import rows_of
from components.ui.runs import BOOK_RUN, needs_a_run, take_with_progress, write_sum
from components.ui.words import spelled
from lab.data.problems import Format
from lab.data.vocabulary import VOCABULARY
from lab.exercises.chain_of_thought import QUIET, LoudStream, QuietPart

if TYPE_CHECKING:
    from lab.interp.attribution import Attribution

FORM = Format("cot_reversed")
A, B = 37, 48
FIRST = FORM.prompt_length
PLACE = FIRST + 1
"""The token that the page follows: the tens of the first partial product."""

DIGITS = [3.0, 7.0, 4.0, 8.0]
FACTORS = (1, 3, 10, 30, 100, 300, 1000)
DOUBLINGS = tuple(2**k for k in range(11))
SHOWN = 16
N_LAYER, N_HEAD, D_MODEL = 6, 4, 256
D_FF, EPSILON = 1024, 1e-06
PULLS = [
    f"{kind} {layer}{head}"
    for layer in range(N_LAYER)
    for kind, head in (*(("head", f".{h}") for h in range(N_HEAD)), ("attention", ""), ("FFN", ""))
]
LINK = {
    "ch03_pull": training.one_of(PULLS),
    "ch03_factor": training.one_of(FACTORS),
    "ch03_layer": training.one_of(range(N_LAYER)),
    # These answer for themselves, beside their own boxes.
    **dict.fromkeys(("ch03_a", "ch03_b"), lambda _: True),
}


# ---------------------------------------------------------------- worked numbers of the prose


def text_of(a: int = A, b: int = B) -> str:
    """What the model writes of a sum, right or wrong."""
    return write_sum(BOOK_RUN, a, b).text


@dataclass(frozen=True)
class Written:
    """A token that the model wrote at `place`, and the rival that came second. IDs of tokens."""

    text: str
    place: int
    token: int
    rival: int

    @property
    def found(self) -> Attribution:
        return book_model.attribution_of(self.text)

    @property
    def row(self) -> int:
        """Where the model stands when it writes: at the token before."""
        return self.place - 1

    @property
    def to_lead(self) -> np.ndarray:
        return self.found.to_lead(self.row, self.token, self.rival)

    @property
    def lead(self) -> float:
        return self.found.lead(self.row, self.token, self.rival)


def written_at(text: str, place: int = PLACE, rival: int | None = None) -> Written:
    """The token at a place of a text; its rival came second, unless one is said."""
    token = VOCABULARY.index(text[place])
    if rival is None:
        rival = book_model.attribution_of(text).runner_up(place - 1, token)
    return Written(text, place, token, rival)


def together(kind: str) -> str:
    here = written_at(text_of())
    return f"{here.found.by_kind(here.to_lead).get(kind, 0.0):+.2f}"


def left_over() -> str:
    left, first = book_model.notebook_of(text_of()).without_the_blocks()
    return f"{abs(left - first).max():.5f}"


def note_of(line: str) -> str:
    book = book_model.notebook_of(text_of())
    if line == "stream":
        return f"{book.length_of_stream[-1, PLACE - 1]:,.0f}"
    return f"{book.length_of_notes[book.lines.index(line), PLACE - 1]:,.0f}"


def worked_norm(factor: float) -> str:
    from lab.interp.logit_lens import normalised

    return ", ".join(f"{y:.3f}" for y in normalised([factor * x for x in DIGITS]))


def ffn_off() -> str:
    from lab.interp.logit_lens import ffn_in_numpy

    mine, its = ffn_in_numpy(take_with_progress(BOOK_RUN).model, text_of(), 0)
    return f"{1e6 * abs(mine - its).max() / abs(its).max():.1f} millionths"


def ffn_share() -> str:
    sizes = book_model.numbers_by_part()
    return f"{100 * sizes['ffn'] / sum(sizes.values()):.0f} in 100"


CALCULATIONS: dict[str, Callable[[], str]] = {
    "worked": lambda: f"{A * B}",
    "blocks": lambda: spelled(N_LAYER),
    "notes": lambda: spelled(2 * N_LAYER),
    "d_model": lambda: f"{D_MODEL}",
    "vocab": lambda: spelled(len(VOCABULARY)),
    "wider": lambda: spelled(D_FF // D_MODEL),
    "ffn_squares": lambda: f"{2 * D_FF // D_MODEL}",
    "epsilon": lambda: f"{EPSILON:f}",
    "loudest": lambda: f"{FACTORS[-1]:,}",
    "quiet": lambda: spelled(QUIET),
    "digit": lambda: text_of()[PLACE],
    "left": left_over,
    "token_note": lambda: note_of("token"),
    "ffn_note": lambda: note_of("FFN 0"),
    "stream_length": lambda: note_of("stream"),
    "rms": lambda: f"{(sum(x * x for x in DIGITS) / len(DIGITS)) ** 0.5:.3f}",
    "normed": lambda: worked_norm(1),
    "loud_digits": lambda: ", ".join(f"{FACTORS[-1] * x:.0f}" for x in DIGITS),
    "normed_loud": lambda: worked_norm(FACTORS[-1]),
    "ffn_off": ffn_off,
    "ffn_share": ffn_share,
    "ffn_numbers": lambda: f"{book_model.numbers_by_part()['ffn'] / 1e6:.2f} million",
    "attention_numbers": lambda: f"{book_model.numbers_by_part()['attention'] / 1e6:.2f} million",
    "heads_added": lambda: together("head"),
    "ffns_added": lambda: together("FFN"),
    "token_added": lambda: together("token"),
    "position_added": lambda: together("position"),
    "lead": lambda: f"{written_at(text_of()).lead:.2f}",
}

page = Chapter("03_one_block", CALCULATIONS)


def name_of(place: int, text: str, a: int, b: int) -> str:
    return f"{text[place]} ({tokens.place_of(place, FORM, a, b)})"


def ask_place(key: str, text: str, a: int, b: int) -> int:
    return int(
        st.select_slider(
            "Token about to be written",
            range(FIRST, FORM.length),
            PLACE,
            format_func=lambda i: name_of(i, text, a, b),
            key=key,
        )
    )


def changed(text: str, other: str) -> list[int]:
    return tokens.wrong_tokens(other, text)


# ---------------------------------------------------------------- 1. the notebook

LEFT = ("a new vector", "a faint trace of the start", "the start, to rounding")


@st.fragment
@needs_a_run
def show_notebook(a: int, b: int) -> None:
    text = text_of(a, b)
    book = book_model.notebook_of(text)
    left, first = book.without_the_blocks()
    off = abs(left - first).max() / abs(first).max()
    if not page.predict(
        "ch03_left",
        "Take away again all that the six blocks wrote. What is left of the stream?",
        LEFT,
        LEFT[2 - int(np.searchsorted([0.01, 0.5], off))],
        page.text("notebook_why"),
    ):
        return
    place = ask_place("ch03_line", text, a, b)
    st.altair_chart(
        figures.line_lengths(
            book.lines, book.length_of_notes[:, place - 1], book.length_of_stream[:, place - 1]
        ),
        width="stretch",
        alt="Length of each note and of the stream after it, line by line",
    )
    page.notice("notebook_notice")
    from lab.interp import logit_lens
    from lab.model import gpt, residual

    page.source(gpt.Block.forward, residual.PlainStream, logit_lens.notebook)


# ---------------------------------------------------------------- 2. the norm

LOUD_ANSWERS = ("the same text", "another text")


@st.fragment
@needs_a_run
def show_norm(a: int, b: int) -> None:
    text = text_of(a, b)
    st.markdown(page.text("norm_worked"))
    last = N_LAYER - 1
    loudest = book_model.write_loudly(text[:FIRST], "resid_post", last, FACTORS[-1]).text
    if not page.predict(
        "ch03_loud",
        f"Behind the last block the stream is multiplied by {FACTORS[-1]:,}. What does the model "
        "write?",
        LOUD_ANSWERS,
        LOUD_ANSWERS[int(loudest != text)],
        page.text("norm_why"),
    ):
        return
    factor = st.select_slider(
        "Multiply the stream by", FACTORS, FACTORS[-1], key="ch03_factor", bind="query-params"
    )
    before, after = (x[PLACE - 1, :SHOWN] for x in book_model.loud_at_the_end(text, factor))
    most = abs(book_model.loud_at_the_end(text, FACTORS[-1])[0][PLACE - 1, :SHOWN]).max()
    st.altair_chart(
        figures.before_and_after(before, after, float(10 ** np.ceil(np.log10(most)))),
        width="stretch",
        alt=f"Numbers of the stream times {factor}, and the same numbers after the norm",
    )
    loud = book_model.write_loudly(text[:FIRST], "resid_post", last, factor).text
    st.html(tokens.strip(loud, FORM, a, b, marks=tokens.Marks(moved=changed(text, loud))))
    page.notice("norm_notice")
    from lab.interp import logit_lens
    from lab.model import norm

    page.source(norm.RMSNorm, logit_lens.loud)


# ---------------------------------------------------------------- 3. the FFN


@st.fragment
@needs_a_run
def show_ffn(a: int, b: int) -> None:
    take_with_progress(BOOK_RUN)
    from lab.by_hand import mlp
    from lab.interp import logit_lens
    from lab.model.ffn import dense

    st.markdown(page.text("ffn_same"))
    layer = int(
        st.select_slider("FFN of block", range(N_LAYER), 0, key="ch03_layer", bind="query-params")
    )
    values = book_model.neurons_of(text_of(a, b), layer)[PLACE - 1]
    awake = int((values > 0).sum())
    half = int(np.searchsorted(np.sort(values)[::-1].cumsum(), values.sum() / 2)) + 1
    st.markdown(
        f"In block {layer}, **{awake} of {len(values):,}** neurons are above zero before the "
        f"token {name_of(PLACE, text_of(a, b), a, b)} is written. The loudest {half:,} hand "
        "on half of everything, and those below zero nothing."
    )
    st.altair_chart(
        figures.neuron_curve(values),
        width="stretch",
        alt=f"What the neurons of the FFN of block {layer} hand on, sorted",
    )
    page.notice("ffn_notice")
    page.source(dense.DenseFFN.forward, dense.relu2, mlp.linear, logit_lens.ffn_in_numpy)


@st.fragment
@needs_a_run
def show_sizes() -> None:
    names = {
        "embedding": "token table",
        "positions": "position table",
        "attention": "attention, six blocks",
        "ffn": "FFNs, six blocks",
        "norms": "gains of the norms",
        "unembedding": "unembedding",
    }
    sizes = book_model.numbers_by_part()
    st.altair_chart(
        bars.count_bars(
            {names[part]: round(n / 1000) for part, n in sizes.items()},
            "part",
            "numbers, thousands",
        ),
        width="stretch",
        alt="How many of the model's numbers sit in each part",
    )
    page.notice("sizes_notice")
    from lab.model import cost

    page.source(cost.parameters, claims_of=("sizes",))


# ---------------------------------------------------------------- 4. stacking

EARLY = ("none", "fewer than half", "half or more", "all")


def read_rows(text: str) -> tuple[list[str], np.ndarray]:
    """What the stream would say if it ended early: a row of tokens a stage, and how sure it is."""
    read = book_model.read_early(text)[:, FIRST - 1 : -1]  # (n_layer + 1, places, V)
    letters = ["".join(VOCABULARY[i] for i in row.argmax(-1)) for row in read]
    return letters, read.max(-1)


@st.fragment
@needs_a_run
def show_early(a: int, b: int) -> None:
    text = text_of(a, b)
    letters, sure = read_rows(text)
    right = len(text[FIRST:]) - len(changed(text[FIRST:], letters[-2]))
    n = len(text) - FIRST
    if not page.predict(
        "ch03_early",
        "Before the last block has written: how many tokens can be read from the stream?",
        EARLY,
        EARLY[0 if right == 0 else 3 if right == n else 1 + int(2 * right >= n)],
        f"For this sum, {right} of {n} can.",
    ):
        return
    rows = ["before block 0", *(f"after block {layer}" for layer in range(N_LAYER))]
    st.altair_chart(
        figures.early_reading(letters, sure, rows, text[FIRST:], FIRST),
        width="stretch",
        alt="The token that the stream would say after each block, for every token of the text",
    )
    page.notice("early_notice")
    from lab.interp import logit_lens

    page.source(logit_lens.read_early)


@st.fragment
@needs_a_run
def show_tour(a: int, b: int) -> None:
    text = text_of(a, b)
    book = book_model.notebook_of(text)
    st.html(tokens.strip(text, FORM, a, b, small=True))
    st.altair_chart(
        figures.note_map(book.length_of_notes, book.lines, text),
        width="stretch",
        alt="How long a note every part writes at every token",
    )
    page.notice("tour_notice")
    from lab.model import gpt

    page.source(gpt.GPT.forward)


# ---------------------------------------------------------------- 5. the logit as a sum

ADDERS = ("token and position", "all heads together", "all FFNs together")


@st.fragment
@needs_a_run
def show_sum(a: int, b: int) -> None:
    text = text_of(a, b)
    at_first = written_at(text)
    kinds = at_first.found.by_kind(at_first.to_lead)
    given = kinds["token"] + kinds.get("position", 0.0)
    most = int(np.argmax([given, kinds["head"], kinds["FFN"]]))
    if page.predict(
        "ch03_adders",
        f"Who adds most to the lead of {name_of(PLACE, text, a, b)}?",
        ADDERS,
        ADDERS[most],
        page.text("sum_why"),
    ):
        place = ask_place("ch03_place", text, a, b)
        draw_sum(ask_rival(written_at(text, place)))
        page.notice("sum_notice")
        from lab.interp import attribution
        from lab.model.attention.mha import MultiHeadAttention

        page.source(attribution.attribute, attribution.written, MultiHeadAttention.written)


def ask_rival(here: Written) -> Written:
    """The token that the lead is a lead over: the second in the ranking, unless the reader says."""
    with st.popover("More"):
        others = [t for t in VOCABULARY if t != VOCABULARY[here.token]]
        rival = st.selectbox(
            "Lead over",
            others,
            others.index(VOCABULARY[here.rival]),
            key=f"ch03_rival_{here.place}_{here.token}_{here.rival}",
        )
        st.segmented_control(
            "Order of the parts",
            ["of the network", "largest first"],
            default="of the network",
            required=True,
            key="ch03_order",
        )
        st.segmented_control(
            "Show",
            ["the lead", "the logit alone"],
            default="the lead",
            required=True,
            key="ch03_what",
        )
        page.prose("sum_more")
    return written_at(here.text, here.place, VOCABULARY.index(rival))


def draw_sum(here: Written) -> None:
    """The bars of one logit or one lead, and their sum beside what the model computed."""
    name, rival = (VOCABULARY[t] for t in (here.token, here.rival))
    if st.session_state.get("ch03_what") == "the logit alone":
        added = here.found.to_logit(here.row, here.token)
        total, what = here.found.logits[here.row, here.token], f"the logit of {name}"
    else:
        added, total, what = here.to_lead, here.lead, f"the lead of {name} over {rival}"
    st.markdown(f"The sum of the parts **{added.sum():.4f}**, {what} **{total:.4f}**.")
    largest_first = st.session_state.get("ch03_order") == "largest first"
    st.altair_chart(
        figures.waterfall(
            [part.name for part in here.found.components],
            added,
            what,
            np.argsort(-added) if largest_first else None,
        ),
        width="stretch",
        alt=f"What each part of the model added to {what}, bar after bar, and their sum",
    )


SURVIVES = ("the same text", "another text")


@st.fragment
@needs_a_run
def show_pull(a: int, b: int) -> None:
    text = text_of(a, b)
    training.tell_dropped("ch03_", LINK)
    layer, head = readings.most_missed_head()
    part = st.selectbox(
        "Pull out",
        PULLS,
        PULLS.index(f"head {layer}.{head}"),
        key="ch03_pull",
        bind="query-params",
    )
    without = book_model.write_without(text[:FIRST], part).text
    if page.predict(
        "ch03_survive",
        f"{bars_of(text, part)} Without this part, what does the model write?",
        SURVIVES,
        SURVIVES[int(without != text)],
        what_came_of_it(text, part, without, a, b),
    ):
        st.caption("With all parts, and without the one you chose. Changed tokens are marked.")
        st.html(tokens.strip(text, FORM, a, b))
        marks = tokens.Marks(wrong=changed(text, without))
        st.html(tokens.strip(without, FORM, a, b, marks=marks, written_from=FIRST))
        share_moment(ch03_a=a, ch03_b=b, ch03_pull=part, reveal=1)
        page.notice("pull_notice")
    from lab.interp import attribution, intervene

    page.source(attribution.Component, intervene.ablate_head, intervene.ablate_layer)


def bar_of(here: Written, part: str) -> float:
    """What a part added to the lead; of an attention, what its heads did."""
    names = [p.name for p in here.found.components]
    heads = [f"head {part.split()[1]}.{h}" for h in range(N_HEAD)]
    wanted = heads if part.startswith("attention") else [part]
    return float(sum(here.to_lead[names.index(name)] for name in wanted))


def bars_of(text: str, part: str) -> str:
    """In a sentence: the longest bar of a part over all tokens that are written."""
    here = max(
        (written_at(text, place) for place in range(FIRST, FORM.length)),
        key=lambda here: abs(bar_of(here, part)),
    )
    return (
        f"Over all tokens of this text, the longest bar of {part} is {bar_of(here, part):+.2f}, "
        f"in a lead of {here.lead:.2f}."
    )


def what_came_of_it(text: str, part: str, without: str, a: int, b: int) -> str:
    """At the first token that changes: the lead its bar promises, and the lead that is left."""
    moved = changed(text, without)
    if moved:
        here = written_at(text, moved[0], VOCABULARY.index(without[moved[0]]))
        said = f"The first token to change is {name_of(moved[0], text, a, b)}, to"
    else:
        here = written_at(text)
        said = f"No token changes. Take {name_of(PLACE, text, a, b)} and its rival"
    left = book_model.attribution_without(text, part).lead(here.row, here.token, here.rival)
    return (
        f"{said} `{VOCABULARY[here.rival]}`. With all parts the one leads the other by "
        f"{here.lead:.2f}. Subtracting the bar of {part} would leave "
        f"{here.lead - bar_of(here, part):.2f}; the model without it leaves **{left:.2f}**."
    )


@st.fragment
def show_missed() -> None:
    rows = rows_of("parts.jsonl")
    if not rows:
        return
    st.altair_chart(
        bars.count_bars(
            {claims.part_name(row): row["errors_answer"] for row in rows},
            "pulled out",
            f"wrong answers of {rows[0]['n']:,}",
        ),
        width="stretch",
        alt="How many answers go wrong without each attention and each FFN",
    )
    page.notice("missed_notice")


@needs_a_run
def show_missed_source() -> None:
    take_with_progress(BOOK_RUN)
    from lab.experiments import pulled_out
    from lab.interp import intervene

    page.source(pulled_out.measure_part, intervene.ablate_layer, claims_of=("missed_notice",))


# ---------------------------------------------------------------- exercises


@st.fragment
@needs_a_run
def exercise_quiet() -> None:
    page.prose("ex_quiet")
    pair = ask_pair("ch03_ex_quiet_")
    if pair is None:
        return
    a, b = pair
    text = text_of(a, b)
    place = ask_place("ch03_ex_quiet_place", text, a, b)
    part = st.selectbox("Pull out", PULLS, PULLS.index("head 5.3"), key="ch03_ex_quiet_part")
    here = written_at(text, place)
    after = VOCABULARY[int(book_model.attribution_without(text, part).logits[here.row].argmax())]
    found = QuietPart(bar_of(here, part), float(abs(here.to_lead).max()), text[place], after)
    marks = tokens.Marks(wrong=[place] if after != text[place] else [])
    st.html(tokens.strip(text[:place] + after, FORM, a, b, marks=marks))
    show_quiet(found, part)
    page.source(QuietPart)


def show_quiet(found: QuietPart, part: str) -> None:
    said = (
        f"The bar of {part} is {found.added:+.2f}, the longest is {found.largest:.2f}. Without it "
        f"the model goes on with `{found.after}` where it wrote `{found.before}`."
    )
    hint = "It flips the token, but its bar is too long. Look for a part that whispers."
    if found.quiet:
        hint = "It is quiet, but this token does not need it. Who hands digits to later parts?"
        if part[-1:] != "0" and " 0." not in part:
            hint += " A note is read by what comes after it, so try an earlier block."
    elif found.before == found.after:
        hint = "It is loud, and yet the token stays. Others make up for it; take another part."
    exercises.show_verdict(found.solved, said, hint)


@st.fragment
@needs_a_run
def exercise_loud() -> None:
    page.prose("ex_loud")
    pair = ask_pair("ch03_ex_loud_")
    if pair is None:
        return
    a, b = pair
    text = text_of(a, b)
    factor = st.select_slider(
        "Multiply the stream before block 0 by", DOUBLINGS, 1024, key="ch03_ex_loud_factor"
    )
    loud, half = (
        book_model.write_loudly(text[:FIRST], "resid_pre", 0, f).text for f in (factor, factor / 2)
    )
    found = LoudStream(tuple(changed(text, loud)), tuple(changed(text, half)))
    marks = tokens.Marks(wrong=found.changed)
    st.html(tokens.strip(loud, FORM, a, b, marks=marks, written_from=FIRST))
    said = f"Times {factor:g}, {len(found.changed)} of {len(text) - FIRST} tokens change"
    said += f"; times {factor / 2:g}, {len(found.changed_by_half)} do."
    hint = "The notes of the blocks still count for enough. Go up."
    if found.changed:
        hint = "Half of that is enough already. Go down."
    exercises.show_verdict(found.solved, said, hint)
    from lab.interp import intervene

    page.source(intervene.scale_stream, LoudStream)


# ---------------------------------------------------------------- the page

page.open()
page.three_from_before("before_attention", "before_text", "before_neuron")
page.prose("opening")
pair = ask_pair("ch03_")

page.prose("notebook")
if pair is not None:
    show_notebook(*pair)

page.prose("norm")
if pair is not None:
    show_norm(*pair)

page.prose("ffn")
if pair is not None:
    show_ffn(*pair)
page.prose("sizes")
show_sizes()
page.box("Why care", "care")

page.prose("stack")
if pair is not None:
    show_early(*pair)
    page.prose("tour")
    show_tour(*pair)

page.prose("sum")
if pair is not None:
    show_sum(*pair)
    page.prose("pull")
    show_pull(*pair)
page.prose("missed")
show_missed()
show_missed_source()

page.prose("end")
page.prose("exercises")
exercise_quiet()
exercise_loud()
page.prose("read")
page.symbols()
