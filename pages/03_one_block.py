"""One layer, one stream: what travels inside, who writes to it, and a logit as a sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from components.ui import exercise_verdict, tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch03 import claims, figures, probes, worked
from components.ui.chapters.ch03.probes import FACTORS, FIRST, FORM, PLACE
from components.ui.chapters.ch03.worked import CALC, config
from components.ui.drawings import ledger, openers
from components.ui.link import one_of
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of
from components.ui.plots import bars, maps
from components.ui.words import band, spelled
from lab.exercises.chain_of_thought_exercises import LoudStream, QuietPart
from lab.numerals import written

page = Chapter("03_one_block", CALC)
page.open()
pair = page.pair() if page.alone is None else None


# ---------------------------------------------------------------- a lead as a sum


def take_out(place: int, part: str) -> None:
    """What a reader chose in the figure, kept as guesses are: here, and in the address."""
    st.session_state["ch03_token"] = str(place)
    if part:
        st.session_state["ch03_pull"] = part


def first_chosen(a: int, b: int, parts: Sequence[str]) -> tuple[int, str]:
    """The token and the part with which the figure of a problem opens: the first as it was left or
    linked, any other at the digit that the page follows."""
    places = [str(i) for i in range(FIRST, FORM.length)]
    place = page.kept("ch03_token", *one_of(places)) or str(PLACE)
    part = page.kept("ch03_pull", *one_of(parts)) or worked.short_bar()
    opened = st.session_state.setdefault("ch03_first", {})
    if opened and (a, b) not in opened:
        place, part = str(PLACE), worked.short_bar()
        take_out(PLACE, part)
    return opened.setdefault((a, b), (int(place), part))


@page.section("pull", told=False)
def one_part_is_taken_out() -> None:
    asked = pair if page.alone is None else page.pair()
    a, b = last_allowed("ch03_last_sum", asked, (worked.A, worked.B))
    found = probes.taken_out(a, b)
    place, part = first_chosen(a, b, list(found.without))
    ledger.show_ledger(
        f"ch03_ledger_{a}_{b}",
        found,
        [tokens.place_of(i, FORM, a, b) for i in range(FIRST, FORM.length)],
        place,
        alt=f"What each part adds to the lead of a token of {found.text} over its rival",
        out=part,
        on_take=take_out,
    )
    st.caption(page.text("pull"))
    with page.folded("How to read the figure"):
        st.caption(page.text("pull_more"))
    page.numbers("leads", worked.taken_out_rows(found))
    page.source()


page.prose("opening")
page.prose("one_file")
page.whole_file("lab/by_hand/gpt.py")
page.three_from_before("before_attention", "before_text", "before_neuron")


def of_the_sum(draw: Callable[[int, int], None]) -> Callable[[], None]:
    """A figure of the reader's sum; of its own, where it stands alone. None, if there is no sum."""

    def drawn() -> None:
        asked = pair if page.alone is None else page.pair()
        if asked is not None:
            draw(*asked)

    return drawn


def name_of(place: int, text: str, a: int, b: int) -> str:
    return f"{text[place]} ({tokens.place_of(place, FORM, a, b)})"


def ask_place(name: str, text: str, a: int, b: int) -> int:
    """Not in the link: what the places are called changes with the sum."""
    return int(
        st.select_slider(
            "Token about to be written",
            range(FIRST, FORM.length),
            PLACE,
            format_func=lambda i: name_of(i, text, a, b),
            key=f"{page.prefix}{name}",
        )
    )


SAME_OR_NOT = ("the same text", "another text")


# ---------------------------------------------------------------- 1. the notebook

LEFT = ("a new vector", "a faint trace of the start", "the start, up to rounding")


def what_is_left(text: str) -> str:
    error, _ = probes.off_the_start(text)
    return band(error, (0.01, 0.5), LEFT[::-1])


@page.section("notebook")
@of_the_sum
def notebook(a: int, b: int) -> None:
    text = probes.text_of(a, b)
    if not page.guess(
        f"From the stream at the end, subtract all that the {spelled(config().n_layer)} layers "
        "wrote. What is left?",
        LEFT,
        lambda: what_is_left(text),
        name="left",
    ):
        return
    before = ask_place("line", text, a, b) - 1
    lines, contributions, sums = probes.line_lengths(text)
    page.draw(
        figures.line_lengths(lines, contributions[:, before], sums[:, before]),
        alt="Length of each contribution and of the stream after it, part by part",
    )
    page.notice()
    page.source(
        "lab.model.block.SequentialBlock.forward",
        "lab.model.residual.PlainStream",
        "lab.interp.logit_lens.notebook",
    )


# ---------------------------------------------------------------- 2. the norm


@page.section("norm")
@of_the_sum
def norm(a: int, b: int) -> None:
    text = probes.text_of(a, b)

    def text_at(factor: float) -> str:
        last = config().n_layer - 1
        return probes.write_loudly(text[:FIRST], "resid_post", last, factor).text

    if not page.guess(
        f"After the last layer the stream is multiplied by {FACTORS[-1]:,}. What does the model "
        "write?",
        SAME_OR_NOT,
        lambda: SAME_OR_NOT[text_at(FACTORS[-1]) != text],
        name="loud",
    ):
        return
    page.prose("norm_worked")
    factor = page.choose("factor", "Multiply the stream by", FACTORS, FACTORS[-1])
    page.draw(
        figures.before_and_after(
            *probes.loud_at_the_end(text, factor), probes.room_for_the_loudest(text)
        ),
        alt=f"Numbers of the stream times {factor}, and the same numbers after the norm",
    )
    loud = text_at(factor)
    marks = tokens.Marks(moved=tokens.wrong_tokens(loud, text))
    st.html(tokens.strip(loud, FORM, a, b, marks=marks))
    page.notice()
    page.source("lab.model.norm.RMSNorm", "lab.interp.logit_lens.loud")


# ---------------------------------------------------------------- 3. the FFN


@page.section("ffn")
@of_the_sum
def ffn(a: int, b: int) -> None:
    page.prose("ffn_same")
    text = probes.text_of(a, b)
    layer = page.choose("layer", "FFN of layer", range(config().n_layer))
    values = probes.neurons_of(text, layer)
    awake, half = probes.voices(text, layer)
    st.markdown(
        f"In layer {layer}, **{awake} of {len(values):,}** neurons are above zero before the "
        f"token {name_of(PLACE, text, a, b)} is written. "
        f"{'The strongest one gives' if half == 1 else f'The strongest {half:,} give'} half of the "
        "total; those below zero give nothing."
    )
    page.draw(
        figures.neuron_curve(values),
        alt=f"Activations of the neurons of the FFN of layer {layer}, sorted",
    )
    page.notice()
    page.source(
        "lab.model.ffn.dense.DenseFFN.forward",
        "lab.model.ffn.dense.relu2",
        "lab.by_hand.mlp.linear",
        "lab.interp.logit_lens.ffn_in_numpy",
    )


@page.section("sizes")
def sizes() -> None:
    layers = f"{spelled(config().n_layer)} layers"
    names = {
        "embedding": "token table",
        "positions": "position table",
        "attention": f"attention, {layers}",
        "ffn": f"FFNs, {layers}",
        "norms": "gains of the norms",
        "unembedding": "unembedding",
    }
    thousands = {names[part]: round(n / 1000) for part, n in probes.numbers_by_part().items()}
    page.draw(
        bars.count_bars(thousands, "part", "numbers, thousands"),
        alt="How many of the model's numbers sit in each part",
    )
    page.notice()
    page.source("lab.model.cost.parameters")


# ---------------------------------------------------------------- 4. stacking

EARLY = ("none", "fewer than half", "half or more", "all")


@page.section("early")
@of_the_sum
def early(a: int, b: int) -> None:
    text = probes.text_of(a, b)
    if not page.guess(
        "Before the last layer has written, how many tokens can be read from the stream?",
        EARLY,
        lambda: worked.read_before_the_last(text),
        frame=worked.READ_EARLY,
    ):
        return
    rows = ["before layer 0", *(f"after layer {layer}" for layer in range(config().n_layer))]
    letters, sure = probes.read_early(text)
    page.draw(
        maps.early_reading(letters, sure, rows, text[FIRST:], FIRST),
        alt="The token that would be written after each layer, for every token of the text",
    )
    page.notice()
    page.source("lab.interp.logit_lens.read_early")


@page.section("tour", was=("filling",))
@of_the_sum
def tour(a: int, b: int) -> None:
    text, lines, lengths = probes.lengths_of(a, b)
    st.html(
        openers.opener(
            openers.contribution_map(lengths, lines, text),
            f"How long the contribution of each part is at every token of {text}",
            page.text("tour_map"),
        )
    )
    by_token = {f"{i} {token}": lengths[:, i] for i, token in enumerate(text)}
    page.numbers("lengths", {"line": lines, **by_token})
    page.notice()
    page.source("lab.model.gpt.GPT.forward")


# ---------------------------------------------------------------- 5. the logit as a sum


@page.section("sum")
@of_the_sum
def digit_as_a_sum(a: int, b: int) -> None:
    found = probes.taken_out(a, b)
    if not page.guess(
        f"Take out one of the {len(found.without)} parts at a time, and let the model write "
        f"{a} × {b} again. How many of them change any token?",
        worked.CHANGES,
        lambda: worked.parts_that_change(found),
        frame=worked.to_change(found),
    ):
        return
    page.notice()
    page.source(
        "lab.interp.attribution.attribute",
        "lab.interp.taken_out.take_each_out",
        "lab.interp.intervene.ablate",
    )


@page.section("missed")
def missed() -> None:
    rows = rows_of("parts.jsonl")
    if not rows:
        return
    page.draw(
        bars.count_bars(
            {claims.part_name(row): row["errors_answer"] for row in rows},
            "ablated",
            f"wrong answers of {rows[0]['n']:,}",
        ),
        alt="How many answers go wrong with each attention and each FFN ablated",
    )
    page.notice()
    page.source("lab.experiments.ablations.measure_part", "lab.interp.intervene.ablate")


page.prose("end")
page.prose("exercises")


# ---------------------------------------------------------------- exercises

DOUBLINGS = tuple(2**k for k in range(11))


def quiet_hint(found: QuietPart, part: str) -> str:
    """What to try next, from what the part had said and what came of pulling it out."""
    if found.quiet:
        hint = "Its bar is short, but this token does not need it. Who hands digits to later parts?"
        if part[-1:] != "0" and " 0." not in part:
            hint += " A contribution is read by the parts after it, so try an earlier layer."
        return hint
    if found.before == found.after:
        return "Its bar is long, and yet the token stays. Others make up for it; take another part."
    return "It changes the token, but its bar is too long. Look for a part that whispers."


with page.exercise("the whisper"):

    @page.section("ex_quiet")
    def the_whisper() -> None:
        pair = page.pair("ex_quiet")
        if pair is None:
            return
        text = probes.text_of(*pair)
        place = ask_place("ex_quiet_place", text, *pair)
        part = page.choose("ex_quiet_part", "Ablate", probes.parts_to_ablate(), "head 5.3")
        found = probes.quiet_part(text, place, part)
        marks = tokens.Marks(wrong=[place] if found.after != found.before else [])
        st.html(tokens.strip(text[:place] + found.after, FORM, *pair, marks=marks))
        said = (
            f"The bar of {part} is {written(found.added, '{:+.2f}')}, the longest is "
            f"{found.largest:.2f}. Without it the model goes on with `{found.after}` where it "
            f"wrote `{found.before}`."
        )
        exercise_verdict.show_verdict(found.solved, said, quiet_hint(found, part))
        page.source("lab.exercises.chain_of_thought_exercises.QuietPart")


with page.exercise("how loud is too loud?"):

    @page.section("ex_loud")
    def how_loud_is_too_loud() -> None:
        pair = page.pair("ex_loud")
        if pair is None:
            return
        text = probes.text_of(*pair)
        factor = page.choose(
            "ex_loud_factor", "Multiply the stream before layer 0 by", DOUBLINGS, DOUBLINGS[-1]
        )
        loud, half = (
            probes.write_loudly(text[:FIRST], "resid_pre", 0, f).text for f in (factor, factor / 2)
        )
        found = LoudStream(*(tuple(tokens.wrong_tokens(other, text)) for other in (loud, half)))
        marks = tokens.Marks(wrong=found.changed)
        st.html(tokens.strip(loud, FORM, *pair, marks=marks, written_from=FIRST))
        said = f"Times {factor:g}, {len(found.changed)} of {len(text) - FIRST} tokens change"
        said += f"; times {factor / 2:g}, {len(found.changed_by_half)} do."
        hint = "The contributions of the layers still count for enough. Go up."
        if found.changed:
            hint = "Half of that is enough already. Go down."
        exercise_verdict.show_verdict(found.solved, said, hint)
        page.source(
            "lab.interp.intervene.scale", "lab.exercises.chain_of_thought_exercises.LoudStream"
        )


page.close("read")
