"""Chapter 8, first page: the bench. A network is composed of parts, trained, and taken along."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch80 import exercises, figures, probes, worked
from components.ui.chapters.ch80.worked import CALC
from components.ui.drawings.composed import show_composed
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.live.service import LiveRun
from components.ui.operand_boxes import last_allowed
from components.ui.own_models import forget_own, own_files
from components.ui.page_records import needs_records
from components.ui.plots import dots
from components.ui.plots.ends import shares
from components.ui.solved import Exercises

if TYPE_CHECKING:
    from lab.training.recipe import Recipe

bench = lazily("lab.recipes.bench")
bench_link = lazily("lab.recipes.bench_link")
bench_python = lazily("lab.recipes.bench_python")
controls = lazily("lab.recipes.bench_controls")

HEADLINE = (
    "Each box is a matrix, its area its parameters. Press one, change a part below, then train."
)
WHERE = (
    "A training runs on one core of this server, behind all pages. Its seconds are the "
    "processor's; while others compute, more pass by the clock."
)
IN_SIGHT = ("position", "d_model")
"""Controls that no fold hides."""

GROUPS = {"network": "The network", "text": "What it reads", "training": "How it is trained"}

page = Chapter("80_bench", CALC)
page.open()

# ---------------------------------------------------------------- the bench


def draw_model() -> None:
    """The variant on the bench, and beside it those that were trained."""
    named, link = probes.runs_named(), bench_link.to_link(probes.variant(page))
    compares = not named and not link
    show_composed(
        "ch80_composed",
        worked.built_of(link),
        worked.beside([*named.values()], [*named]),
        usual=worked.built_of(""),
        outlined=worked.CHANGED_PART if compares else "",
        alt="The matrices of the network, each as large as its parameters are many",
        headline=(worked.one_change() if compares else "")
        or worked.in_training(named)
        or worked.came_to(named)
        or HEADLINE,
    )


def ask_what_to_build() -> None:
    """Left the list of presets and two controls over what they cost, right the two that train."""
    recipe = probes.variant(page)
    with st.container(key="ch80_build"):
        asked, go = st.columns((11, 3.6))
    with asked:
        ask_in_sight(recipe)
        tell_costs(recipe)
        st.caption(WHERE)
    with go:
        offer_to_train(recipe)
    for sentence in controls.too_much_to_choose(recipe):
        st.warning(f"{sentence[:1].upper()}{sentence[1:]}.")


def ask_in_sight(recipe: Recipe) -> None:
    words = worked.preset_words()
    key = probes.key_of("preset", worked.preset_of(recipe))
    with st.container(key="ch80_asked"):
        begin, *columns = st.columns((6, 3.4, 1.6))
    begin.selectbox(
        "Begin with",
        [*words],
        key=key,
        format_func=words.__getitem__,
        on_change=probes.begin_with_preset,
        args=(key,),
    )
    for column, name in zip(columns, IN_SIGHT, strict=True):
        with column:
            probes.ask(controls.BY_NAME[name], recipe)


def offer_to_train(recipe: Recipe) -> None:
    """The variant, whose button is loud once a part differs, and the usual one."""
    with st.container(key="ch80_go", gap="xsmall"):
        st.button(
            "Train this variant",
            key="ch80_train",
            type="primary" if bench_link.to_link(recipe) else "secondary",
            icon=":material/play_arrow:",
            disabled=bool(bench.too_much(recipe)),
            on_click=probes.train,
            args=(recipe,),
            width="stretch",
        )
        st.button(
            "Train the usual one beside it",
            key="ch80_train_usual",
            on_click=probes.train,
            args=(probes.usual_beside(recipe),),
            width="stretch",
        )


def ask_all_other_parts() -> None:
    recipe = probes.variant(page)
    with st.expander("All other parts, the text, the training", key="ch80_all"):
        for group, title in GROUPS.items():
            st.markdown(f"**{title}**")
            of_group = [c for c in controls.CONTROLS if c.group == group and c.name not in IN_SIGHT]
            columns = st.columns(3)
            for i, control in enumerate(of_group):
                with columns[i % 3]:
                    probes.ask(control, recipe)


def tell_costs(recipe: Recipe) -> None:
    with st.container(key="ch80_costs", horizontal=True):
        for what, number in worked.costs(recipe).items():
            st.markdown(f"**{number}** {what}")
        tell_seconds(recipe)


def tell_seconds(recipe: Recipe) -> None:
    """How long a training takes here; a dash until that is known, and a button that measures it."""
    if probes.speed_here().begun:
        if probes.speed_here().speed is None:
            st.markdown("seconds to train here: *being measured*")
        else:
            st.markdown(f"**{probes.seconds_in_words(recipe)}** to train here")
        return
    with st.container(key="ch80_seconds", horizontal=True, vertical_alignment="bottom"):
        st.markdown("**–** seconds to train here")
        asked = st.button("Measure", key="ch80_measure", type="tertiary")
    if asked:
        with st.spinner("Some steps of three networks are timed"):
            probes.speed_here().measure(wait=True)
        st.rerun()


def tell_refused(by: str) -> None:
    """Why a document that came by this control is none of the bench."""
    if said := probes.document_refused(by):
        st.warning(said)


def hand_over() -> None:
    """The variant to copy, and one to be opened."""
    recipe = probes.variant(page)
    link, document, python = st.tabs(["Link", "JSON", "Python"])
    with link:
        text = bench_link.to_link(recipe)
        address = (st.context.url or "").split("?")[0]
        st.code(f"{address}?{probes.IN_LINK}={text}" if text else address, language=None)
    with document:
        st.download_button(
            "Export as JSON",
            bench.to_json(recipe),
            "bench.json",
            "application/json",
            key="ch80_json",
            on_click="ignore",
            icon=":material/download:",
        )
        st.code("python -m lab train bench.json", language="bash")
        st.file_uploader(
            "A variant as a file", "json", key="ch80_file", on_change=probes.open_brought
        )
        tell_refused("file")
        st.text_area("Or its text", key="ch80_pasted", height=80)
        st.button("Open it", key="ch80_open", on_click=probes.open_pasted)
        tell_refused("pasted")
    with python:
        st.code(bench_python.to_python(recipe), language="python")


def head_the_bench() -> None:
    """Where the recorded pair ends and the reader's own begins; beside it what is rarely wanted."""
    with st.container(key="ch80_acts", horizontal=True, gap="medium"):
        st.markdown("**Build your own**")
        for name, act, there, icon in (
            ("Undo", probes.undo, probes.past() or probes.refused(), "undo"),
            ("Redo", probes.redo, probes.undone(), "redo"),
        ):
            if not (probes.past() or probes.undone() or probes.refused()):
                continue
            st.button(
                name,
                key=f"ch80_{name.lower()}",
                type="tertiary",
                icon=f":material/{icon}:",
                disabled=not there,
                on_click=act,
            )
        with st.popover("Link, JSON, Python", type="tertiary"):
            hand_over()


def follow_training() -> None:
    probes.follow_a_new_run()
    if refused := st.session_state.get(f"{probes.LIVE_KEY}_refused"):
        st.warning(refused)


def tell_runs(going: bool) -> None:
    """Under the button that begins them: how far each run is that goes on, or the last one came."""
    runs = probes.runs_named()
    if not runs or going != any(run.goes_on for run in runs.values()):
        st.rerun()
    for name, run in runs.items():
        if run.goes_on or (not going and run is [*runs.values()][-1]):
            tell_run(name, run)


def tell_run(name: str, run: LiveRun) -> None:
    with st.container(key=f"ch80_run_{run.id}"):
        line, act = st.columns((11, 3.6))
    done = run.latest.step / run.latest.steps if run.latest else 0.0
    line.progress(done, text=f"**{name}**: {training.describe(run)}")
    with act:
        if run.goes_on and run.owner == training.this_reader():
            st.button(
                "Stop",
                key=f"ch80_stop_{run.id}",
                icon=":material/stop:",
                disabled=run.phase == "stopping",
                on_click=training.service().stop,
                args=(run.id, training.this_reader()),
                width="stretch",
            )
        if page.alone is None:
            st.caption("Its curves are in [section 2](#2-train-it).")


@page.section("composed", told=False)
def the_model_as_it_is_composed() -> None:
    probes.variant(page)
    runs = training.runs_here(probes.LIVE_KEY)
    going = any(run.goes_on for run in runs)
    st.fragment(needs_records(draw_model), run_every=1.0 if going else None)()
    for sentence in probes.dropped():
        st.info(f"Of the link this was dropped: {sentence}.")
    page.prose("workbench")
    page.prose("in_the_figure")
    page.prose("two_squares")
    head_the_bench()
    ask_what_to_build()
    follow_training()
    if runs:
        st.fragment(partial(tell_runs, going), run_every=1.0 if going else None)()
    ask_all_other_parts()
    if runs:
        page.prose("own_squares")
    elif bench_link.to_link(probes.variant(page)):
        page.prose("no_square_yet")
    page.source()


page.prose("opening")
page.three_from_before("before_heads", "before_experts", "before_heldout")

# ---------------------------------------------------------------- 1. what a change costs


@page.section("cost")
def what_a_change_costs() -> None:
    page.prose("formula")
    page.guess(
        "The width is doubled, and one of the two layers taken away. How many times as many "
        "parameters?",
        (),
        worked.wide_and_shallow,
        frame=worked.WIDE_AND_SHALLOW,
    )
    page.source(
        "lab.model.named_matrices.matrices_of",
        "lab.model.cost.parameters_by_part",
        "lab.recipes.bench_controls.turned",
    )


# ---------------------------------------------------------------- 2. train it


@page.section("train")
def train_it() -> None:
    training.watch(probes.LIVE_KEY, probes.run_name)
    page.notice()
    page.source(
        "lab.live.loop.train_in_slices",
        "lab.recipes.bench.too_much",
        "lab.live.expected.expected_seconds",
    )


# ---------------------------------------------------------------- 3. what breaks without a part


def draw_seeds(arms: worked.Arms, alt: str) -> None:
    points = worked.seed_rows(arms)
    axis = shares(max(point["share"] for point in points))
    page.draw(dots.seeds(points, "held-out pairs wrong", axis, said=["errors"]), alt=alt)


@page.section("without")
def what_breaks_without_a_part() -> None:
    page.link.knows("ch80_without_guess")  # of a question that it no longer asks
    arms = worked.arms_of(worked.LEFT_OUT)
    if not arms:
        return
    draw_seeds(arms, "Share of held-out pairs wrong, each point one seed, by the part left out")
    page.notice()
    page.source("lab.experiments.left_out.leave_out")


# ---------------------------------------------------------------- 4. what matters most


@page.section("matters")
def what_matters_most() -> None:
    arms = worked.all_arms()
    if not arms or not page.guess(
        "Each network differs from the usual one in one thing. Which gets most held-out pairs "
        "wrong, by the median of its seeds?",
        worked.OPTIONS,
        worked.most_wrong,
        frame=worked.four_changes(),
    ):
        return
    draw_seeds(arms, "Share of held-out pairs wrong, each point one seed, by what was changed")
    page.notice()
    page.source("lab.recipes.bench_controls.in_words")


# ---------------------------------------------------------------- 5. back and forth


def choose_run(name: str, runs: dict[str, LiveRun]) -> LiveRun:
    chosen = st.selectbox("Run", [*runs], key=f"{page.prefix}{name}")
    return runs[chosen]


def ask_problem(digits: int) -> tuple[int, int]:
    """The reader's own, in boxes of their own for networks that write one digit."""
    if digits == 1:
        return last_allowed("ch80_last_one", page.pair("one", 1, "7", "8"), (7, 8))
    return last_allowed("ch80_last", page.pair(), (37, 48))


@page.section("steps")
def back_and_forth() -> None:
    runs = {name: run for name, run in probes.runs_named().items() if run.snapshots}
    if not runs:
        st.caption("Train a variant above: its steps are kept, and open here.")
        return
    run = choose_run("steps_of", runs)
    kept = probes.kept_steps(run)
    step = kept[0]
    if len(kept) > 1:
        step = st.select_slider("Step", kept, kept[-1], key=f"{page.prefix}step_{run.id}")
    form = run.spec.build().format
    a, b = ask_problem(min(form.p, form.q))
    written, right = probes.text_at(run, step, a, b), form.text(a, b)
    wrong = tokens.wrong_tokens(written, right)
    st.html(tokens.strip(written, form, a, b, marks=tokens.marks_of(written, form, a, b)))
    said = f"first wrong: {tokens.place_of(wrong[0], form, a, b)}" if wrong else "right"
    st.caption(f"After step {step}, {a} × {b}: {said}.")
    with st.container(horizontal=True, gap="small"):
        by_layer = st.toggle("Gradients by layer at this step", key=f"{page.prefix}gradients")
        st.button(
            "Train it again from its initial weights",
            key=f"{page.prefix}again",
            disabled=run.goes_on,
            on_click=probes.train,
            args=(run.spec.build(),),
        )
    probes.follow_a_new_run()
    if by_layer:
        with st.spinner("One batch forward and back"):
            rows = probes.gradients_at(run, step)
        page.draw(figures.gradients(rows), alt="Size of the gradient in each part of each layer")
    page.notice()
    page.source("lab.training.gradients.gradients_by_layer")


# ---------------------------------------------------------------- 6. take it along


@page.section("keep")
def take_it_along() -> None:
    probes.variant(page)
    runs = {name: run for name, run in probes.runs_named().items() if run.weights}
    if runs:
        run = choose_run("save", runs)
        with st.container(horizontal=True, gap="small"):
            st.download_button(
                "Save its weights",
                lambda: probes.file_of(run),
                f"bench-{run.spec.build().hash}.safetensors",
                key=f"{page.prefix}weights",
                on_click="ignore",
                icon=":material/download:",
            )
            st.button(
                "Take it to the next pages",
                key=f"{page.prefix}take",
                on_click=probes.take_along,
                args=(run, next(name for name, one in runs.items() if one is run)),
            )
    brought = st.file_uploader(
        "Weights that you saved before", type="safetensors", key=f"{page.prefix}bring"
    )
    if brought is not None and st.session_state.get("ch80_brought") != brought.file_id:
        st.session_state["ch80_brought"] = brought.file_id
        st.session_state["ch80_weights_refused"] = probes.open_weights(
            brought.name, brought.getvalue()
        )
        st.rerun()
    if said := st.session_state.get("ch80_weights_refused"):
        st.warning(said)
    for name in own_files():
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"On this visit: **{name}**")
            st.button(
                "Forget", key=f"{page.prefix}forget_{name}", on_click=forget_own, args=(name,)
            )
    with page.deeper("which pages open a network of yours, and why others do not"):
        page.table(
            "Pages of the book, and whether they open a network of yours", worked.other_pages()
        )
    page.source("lab.recipes.bench_weights.from_file")


# ---------------------------------------------------------------- exercise

page.prose("exercises")


@page.section("ex_tenth", was=("ex_half",))
def a_tenth_of_the_size() -> None:
    exercises.a_tenth_of_the_size(Exercises(page, (exercises.TENTH,)))


page.close("end", "read")
