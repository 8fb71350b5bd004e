"""Chapter 1: why writing the working turns memorising into multiplying."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from components.ui import own_sum, tokens
from components.ui import pairs_in_training as pairs
from components.ui.chapter import Chapter
from components.ui.chapters.ch10 import claims, exercises, figures, probes, worked
from components.ui.chapters.ch10.claims import TWIN
from components.ui.chapters.ch10.worked import CALC, HOW_MANY, STYLE_NAMES
from components.ui.claims import claim_index, comparisons
from components.ui.drawings import lanes, weighing
from components.ui.drawings.moment import share_moment
from components.ui.drawings.squares import show_squares
from components.ui.live import training
from components.ui.loaded_models import BOOK_RUN, write, write_sum
from components.ui.page_records import Atlas, atlases, first_error, one_it_gets_wrong, rows_of
from components.ui.plots import bars, dots, maps
from components.ui.plots.ends import shares
from lab.data.problems import Format
from lab.data.vocabulary import VOCABULARY
from lab.exercises.chain_of_thought_exercises import COVERED, FORM, MOST_PAIRS, grade_forgery

if TYPE_CHECKING:
    from lab.inference.transcript import Transcript


WRONG = "texts with a wrong token"
OF_A_SUM = ("ways", "carry", "prompted", "forge", "handed")
"""Sections that show the reader's own sum."""

page = Chapter("10_chain_of_thought", CALC)
page.open()


@page.section("all_pairs", told=False, was=("covered", "fail", "atlas"))
def every_pair_while_two_learn() -> None:
    found = pairs.twins()
    if not found:
        return
    key = f"{page.prefix}cell"
    said = page.kept(key, pairs.is_cell, "two numbers up to 99, as 63x47")
    cell = pairs.read_cell(said) if said else pairs.telling_cell(found)
    show_squares(
        f"{page.prefix}squares",
        [twin.square() for twin in found],
        pairs.trained_on(),
        pairs.between([twin.tokens for twin in found]),
        cell,
        [twin.writing(*cell) for twin in found],
        alt="All pairs up to 99: the first number runs down, the second across",
        choose=lambda picked: st.session_state.update({key: f"{picked[0]}x{picked[1]}"}),
    )
    st.caption(page.text("all_pairs"))
    page.source("lab.experiments.looks.measure_looks", "lab.experiments.controls.race_cells")


page.prose("opening")
page.three_from_before("before_stream", "before_attention", "before_table")


# ---------------------------------------------------------------- 1. fail first

page.prose("fail")


@page.section("splits")
def which_pairs_and_networks() -> None:
    page.source("lab.data.problems.split_value", "lab.data.problems.pairs_of")


def pick_cell(atlas: Atlas, key: str, alt: str) -> tuple[int, int]:
    """All pairs as a grid; the pair that the reader clicked, or one that goes wrong."""
    event = page.draw(
        maps.atlas(atlas.wrong_at, atlas.trained_on),
        alt=f"All pairs up to 99 as a grid: {alt}",
        on_select="rerun",
        selection_mode="cell",
        key=key,
    )
    picked = event["selection"].get("cell") or []
    return (int(picked[0]["a"]), int(picked[0]["b"])) if picked else first_error(atlas)


def show_cell(form: Format, written: Transcript, a: int, b: int) -> None:
    """The transcript of one pair, and the belief at its first wrong token."""
    right = form.text(a, b)
    wrong = tokens.wrong_tokens(written.text, right)
    st.markdown(f"**{a} × {b}** = {a * b}. The model writes:")
    st.html(tokens.strip(written.text, form, a, b, marks=tokens.marks_of(written.text, form, a, b)))
    place = wrong[0] if wrong else len(right) - 2
    where = tokens.place_of(place, form, a, b)
    if wrong:
        st.markdown(f"The first wrong token is **{where}**. " + page.text("trained_cell"))
    else:
        st.markdown(f"Every token is right. What the model believed at the last digit, {where}:")
    page.draw(
        figures.beliefs(
            written.beliefs[place - written.given], VOCABULARY, right[place], written.text[place]
        ),
        alt=f"Probability of every token at {where}",
    )


# ---------------------------------------------------------------- 2. five ways

page.prose("ways")
with own_sum.follow(page, FORM, *OF_A_SUM) as pair:

    @page.section("ways", told=False)
    def five_ways() -> None:
        with st.popover("Leading zeros"):
            padded = st.toggle("Keep leading zeros of your numbers", True, key="ch10_padded")
            st.caption("Without them, every number is only as wide as it needs.")
        st.html(tokens.key())
        for style, words in STYLE_NAMES.items():
            form = Format(style, padded=padded)
            text = form.text(*pair).rstrip("_")
            _, mask = form.render(*pair)
            marks = tokens.Marks(loss=np.flatnonzero(mask[0]).tolist())
            st.html(
                f'<div class="wb-note"><b>{words}</b> '
                f'<span class="wb-soft">{len(text)} tokens, {int(mask.sum())} of them count in '
                "the loss</span>"
                "</div>" + tokens.strip(text, form.shape_of(text), *pair, marks=marks, small=True)
            )
        page.notice()
        page.source(
            "lab.data.problems.fields_of",
            "lab.data.problems.render_shape",
            "lab.data.problems.value_of_field",
        )

    @page.section("carry", was=("turns", "attention", "used"))
    def two_lanes() -> None:
        found = probes.two_lanes(*pair)
        if found is None:
            return
        a, b = pair
        lanes.show_lanes("ch10_lanes", found, alt=f"{a} × {b} token by token")
        page.notice()
        page.source(
            "lab.data.columns.steps",
            "lab.experiments.fetched.measure_fetched",
            "lab.experiments.carried.measure_carried",
        )

    # ---------------------------------------------------------------- 3. train it

    @page.section("train")
    def train_it_yourself() -> None:
        page.guess(
            "At first hardly a text is right. Why does an untrained network write nonsense?",
            worked.NONSENSE,
            worked.NONSENSE[1],
            name="nonsense",
        )
        st.fragment(probes.ask_settings)(page)  # moving a setting redraws no run that goes on
        st.button(
            "Train",
            type="primary",
            icon=":material/play_arrow:",
            key="ch10_train",
            on_click=probes.train_as_set,
        )
        recorded = worked.recorded_runs(rows_of("race.jsonl"))
        training.watch(probes.LIVE_KEY, probes.run_name, recorded)
        if recorded:
            st.caption(worked.told_of(recorded))
            page.numbers("Two recorded runs", recorded)
        page.notice()
        page.source(
            "lab.training.train.train_in_parts",
            "lab.live.loop.train_in_slices",
            "lab.live.loop.check_pairs",
        )

    @page.section("trained", told=False)
    def atlas_of_an_own_run() -> None:
        runs = [run for run in training.runs_here(probes.LIVE_KEY) if run.weights]
        if not runs:
            return
        page.prose("trained")
        names = training.unlike([probes.run_name(run.spec.arguments) for run in runs])
        chosen = st.selectbox("Open the atlas of", names, key="ch10_trained")
        run = runs[names.index(chosen)]
        atlas = Atlas(run.wrong_at, training.trained_cells(run))
        what = f"right or wrong, as {chosen} writes them"
        a, b = pick_cell(atlas, f"ch10_trained_{run.id}", what)
        assert run.weights is not None
        written = probes.written_by(run.weights, run.spec, a, b)
        show_cell(run.spec.build().format, written, a, b)

    # ---------------------------------------------------------------- 4. the race

    @page.section("race")
    def race_of_formats() -> None:
        rows = rows_of("race.jsonl")
        if not rows or not page.guess(
            "*Dots* is as long as the working. How many held-out pairs does it get wrong?",
            tuple(STYLE_NAMES.values()),
            lambda: worked.wrong_with_dots(rows),
            frame=worked.dots_beside_plain(rows),
        ):
            return
        pairs = page.choose("race_pairs", "Show the pairs that were", tuple(worked.PAIRS))
        page.draw(
            figures.over_seeds(worked.race_curves(rows, pairs), "tokens trained on", WRONG),
            alt="Share of wrong texts against tokens trained on, a line for each seed and format",
        )
        page.notice()
        page.source(
            "lab.experiments.controls.train_and_score", "lab.experiments.controls.race_cells"
        )

    @page.section("prompted")
    def asked_by_the_prompt() -> None:
        rows, race = rows_of("prompted.jsonl"), rows_of("race.jsonl")
        if not (rows and race) or not page.guess(
            "Asked with `.`, how many held-out pairs does it get wrong?",
            (),
            lambda: worked.asked_at_once(rows, race),
            frame=worked.to_be_asked_at_once(race),
        ):
            return
        left, right = st.columns(2)
        with right:
            given = page.choose(
                "prompted_given",
                "Tokens of the right working, already there behind the `.`",
                range(worked.LEN_WORKING + 1),
                0,
                kind="slider",
            )
        kept = worked.texts_kept(rows_of("prompted_texts.jsonl"), pair, given)
        texts = kept or probes.prompted_texts(*pair, given)
        for column, (asked, prompt) in zip((left, right), worked.PROMPTS.items(), strict=True):
            forced = given if column is right else 0
            column.html(figures.prompted(*pair, *prompt, texts[asked], forced))
        right.caption(worked.over_all_pairs(rows, given) + worked.if_trained_on(*pair))
        page.notice()
        page.source("lab.experiments.prompted.two_formats", "lab.experiments.prompted.forced")

    # ---------------------------------------------------------------- 5. data or architecture

    @page.section("sizes", was=("choice", "fractions"))
    def larger_or_longer() -> None:
        rows = rows_of("sizes.jsonl")
        plain = claim_index.look_up("chain_of_thought.plain_heldout").measured
        if not rows or plain is None:
            return
        if not page.guess(
            "Which gets fewer held-out pairs wrong?",
            worked.SIZES,
            lambda: worked.best_size(rows, plain),
            frame=worked.race_of_sizes(rows, plain),
        ):
            return
        weighed = comparisons.weighed(lambda path: rows_of(Path(path).name))
        weighing.show_weighing(
            "ch10_weighed",
            worked.by_kind(weighed),
            worked.KIND_HUES,
            alt="How many times fewer errors each change leaves, data beside architecture",
        )
        page.numbers("Every change, and its ratio seed by seed", worked.ratios_of(weighed))
        page.notice()
        page.source("components.ui.claims.comparisons.weigh")

    # ---------------------------------------------------------------- 6. recall or computing

    @page.section("unseen")
    def recall_or_computing() -> None:
        rows = rows_of("fractions.jsonl")
        if not rows or not page.guess(
            "If both partial products of a problem were never seen, how often is it wrong?",
            HOW_MANY,
            lambda: worked.wrong_never_seen(rows),
            frame=worked.never_seen(rows),
        ):
            return
        page.numbers(
            "Held-out texts that are wrong, by how many partial products were never seen",
            dots.seed_points(claims.UNSEEN, rows),
        )
        page.notice()
        page.source("lab.experiments.controls.usual_groups", "lab.experiments.controls.census")

    with page.deeper("where the errors begin, and what else was held out"):

        @page.section("strict")
        def two_ways_to_count() -> None:
            page.source("lab.inference.scoring.score")

        @page.section("first_wrong")
        def first_wrong_token() -> None:
            atlas = atlases().get(TWIN)
            if atlas is None or not page.guess(
                "In which number does the first wrong token stand most often?",
                figures.NUMBERS,
                lambda: worked.first_wrong_number(atlas)[0],
                frame=worked.where_first_wrong(atlas),
            ):
                return
            page.draw(
                bars.count_bars(worked.first_wrong(atlas), "first wrong token", "texts"),
                alt="How many wrong texts of the small twin first fail at each token",
            )
            page.notice()
            page.source("lab.inference.scoring.first_wrong")

        @page.section("handed")
        def hand_it_the_working() -> None:
            a, b = one_it_gets_wrong(*pair)
            right = FORM.text(a, b)
            for given, name in enumerate(("Nothing", "The first partial product", "Both")):
                start = probes.tokens_given(given)
                written = write(TWIN, right[:start])
                wrong = tokens.wrong_tokens(written.text, right)
                said = (
                    f"wrong from {tokens.place_of(wrong[0], FORM, a, b)} on" if wrong else "right"
                )
                st.caption(f"{name} handed over: {said}.")
                marks = replace(
                    tokens.marks_of(written.text, FORM, a, b),
                    given=range(FORM.prompt_length, start),
                )
                st.html(tokens.strip(written.text, FORM, a, b, marks=marks))
            page.notice()
            page.source("lab.interp.tamper.tokens_given", "lab.inference.scoring.go_on")

        @page.section("mirror")
        def both_orders_together() -> None:
            rows = rows_of("mirrored.jsonl")
            if not rows or not page.guess(
                "Of pairs trained on the other way round, how many are wrong?",
                worked.MIRROR_HELPS,
                lambda: worked.wrong_the_other_way(rows),
                frame=worked.other_way_round(rows),
            ):
                return
            page.draw(
                dots.seeds(
                    points := dots.seed_points(worked.MIRROR_ARMS, rows),
                    WRONG,
                    shares(),
                    said=["errors"],
                ),
                alt="Share of wrong texts among held-out orders, by what was trained on",
            )
            st.caption(dots.in_pairs(points, worked.IN_NEITHER_ORDER))
            page.notice()
            page.source(
                "lab.experiments.mirrored.split_by_order", "lab.experiments.mirrored.by_mirror"
            )

        @page.section("never_shown")
        def numbers_never_shown() -> None:
            rows = rows_of("operands.jsonl")
            if rows:
                page.draw(
                    dots.seeds(
                        dots.seed_points(worked.STRANGE, rows),
                        WRONG,
                        shares(),
                        down="numbers never shown",
                        said=["errors"],
                    ),
                    alt="Share of wrong test problems by how many numbers were never shown",
                )
            page.source("lab.experiments.controls.measure_operands")

    # ---------------------------------------------------------------- 7. which parts are needed

    @page.section("other_heads", was=("any_head", "every_head"))
    def parts_above_the_first_layer() -> None:
        rows = rows_of("stand_ins.jsonl")
        if not rows or not page.guess(
            "All heads of layers 2 to 5 are ablated at once. How many texts are wrong?",
            HOW_MANY,
            lambda: worked.texts_lost(rows),
            frame=worked.wrong_without_many(rows),
        ):
            return
        n = rows[0]["n"]
        page.draw(
            figures.by_stand_in(worked.stand_in_points(rows), f"wrong texts of {n:,}", n),
            alt="Wrong texts of the book's model without some heads or an FFN, by three stand-ins",
        )
        page.notice()
        page.source("lab.interp.intervene.ablate", "lab.experiments.stand_ins.measure_stand_in")

    # ---------------------------------------------------------------- 8. tamper

    @page.section("forge")
    def tamper_with_the_scratchpad() -> None:
        a, b = pair
        left, right = st.columns(2)
        with left:
            place = exercises.ask_digit(page, "forge_at", pair, exercises.WORKING[2], bind=True)
        with right:
            new = page.choose("forge_to", "Write instead", range(10), 3)
        truth, honest = FORM.text(a, b), write_sum(BOOK_RUN, a, b).text
        forged = write(BOOK_RUN, truth[:place] + str(new)).text
        st.caption("As the model wrote it. Then you write over a digit, and the model goes on.")
        st.html(tokens.strip(honest, FORM, a, b, small=True))
        answer, numbers = exercises.believed(grade_forgery(truth, forged, place), a * b)
        if not page.guess("What will the model answer?", exercises.BELIEVED, answer):
            return
        st.markdown(numbers)
        moved = [i for i in range(place + 1, FORM.length) if forged[i] != honest[i]]
        marks = tokens.Marks(forged=[place], moved=moved)
        st.html(tokens.strip(forged, FORM, a, b, marks=marks, written_from=place + 1))
        if page.alone is None:
            where = tokens.place_of(place, FORM, a, b)
            said = f"{a} × {b} with {new} written over the {where}. {numbers}"
            forgery = {"ch10_forge_at": where, "ch10_forge_to": new}
            share_moment("ch10_moment", said, page.at, ch10_a=a, ch10_b=b, **forgery)

    @page.section("tamper", told=False)
    def every_forgery() -> None:
        rows = rows_of("tamper.jsonl")
        if not rows or not page.guess(
            "Over all digits but the constant zero, how often does the answer move as implied?",
            HOW_MANY,
            lambda: worked.moved_as_implied(rows),
            frame=worked.AS_IMPLIED,
        ):
            return
        page.draw(
            figures.outcomes(worked.forged(rows)), alt="What the answer does, for each forged digit"
        )
        page.notice()
        page.source(
            "lab.interp.tamper.forge",
            "lab.interp.tamper.tampered",
            "lab.data.problems.implied_move",
        )

    # ---------------------------------------------------------------- exercises

    page.prose("end")
    page.prose("exercises")

    with page.exercise("forge a digit"):

        @page.section("ex_forge")
        def forge_a_digit() -> None:
            exercises.forge_a_digit(page)

    with page.exercise(f"{COVERED} times every digit, in {MOST_PAIRS} pairs"):

        @page.section("ex_cover")
        def choose_pairs() -> None:
            exercises.choose_pairs(page)

    with page.exercise("the head that only the sum needs"):

        @page.section("ex_head")
        def find_the_adding_head() -> None:
            exercises.find_the_adding_head(page)

    with page.exercise("be the model"):

        @page.section("ex_write")
        def be_the_model() -> None:
            exercises.be_the_model(page)


page.close("read")
