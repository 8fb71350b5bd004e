"""Chapter 7: one forward pass in 3D, every number of it real."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from components.threejs_viewer import Side, last_answer, show_model
from components.ui import training
from components.ui.chapter import Chapter
from components.ui.runs import needs_a_run, take_with_progress

if TYPE_CHECKING:
    from lab.scene.manifest import Packed, Scene
    from lab.training.checkpoint import Checkpoint

RUNS = {
    "times_table": "the times table, full size",
    "times_table_small": "the times table, small",
    "chain_of_thought": "the book's model, with working",
    "plain": "the same network, no working",
    "few_pairs": "the small twin of chapter 1",
    "rope": "chapter 2, rotary, full size",
    "rope_small": "chapter 2, rotary",
    "learned_small": "chapter 2, learned table",
    "unordered_small": "chapter 2, no positions",
    "reach_learned": "chapter 2, up to three digits: learned table",
    "reach_none": "chapter 2, up to three digits: no positions",
    "reach_rotary": "chapter 2, up to three digits: rotary",
    "reach_gaps": "chapter 2, up to three digits: rotary, gaps",
    "reach_coupled": "chapter 2, up to three digits: coupled",
    "reach_coupled_gaps": "chapter 2, up to three digits: coupled, gaps",
    "reach_coupled_slow": "chapter 2, up to three digits: coupled, slow clocks",
    "far_coupled": "chapter 2, up to four digits, full size: coupled, slow clocks",
}
ONE_DIGIT = ("times_table", "times_table_small")
TABLE, PROMPT, TEXT = "times_table", "7*8=", "7*8=56$"
OTHER_PROMPT, OTHER_TEXT = "7*9=", "7*9=63$"
TWO_DIGITS = {PROMPT: "37*48=", OTHER_PROMPT: "37*49="}
BESIDE = ("nothing", "another prompt", "another model", "itself, mended")
ALONE, BY_PROMPT, BY_RUN, MENDED = BESIDE
LAST = 5
VIEWER = "ch70_viewer"
LINK = {
    "ch70_run": training.one_of(tuple(RUNS.values())),
    "ch70_prompt": lambda _: True,  # it answers for itself, beside its own box
    "ch70_beside": training.one_of(BESIDE),
    "ch70_beside_prompt": lambda _: True,
    "ch70_beside_run": training.one_of(tuple(RUNS.values())),
}


def choices() -> dict[str, str]:
    """The committed runs, and those that this reader has trained on other pages."""
    own = {
        run.id: f"your run {i} of chapter {chapter}"
        for chapter in (1, 2)
        for i, run in enumerate(training.runs_here(f"ch{chapter}0_live"), 1)
        if run.weights
    }
    return RUNS | own


def take(run: str) -> Checkpoint:
    if run in RUNS:
        return take_with_progress(run)
    return training.model_of(training.service().runs[run])


@st.cache_resource(show_spinner=False, max_entries=4)  # 9 MB each at full size
def packed(run: str) -> Packed:
    from lab.scene.build import weights_of

    return weights_of(take(run).model)


@st.cache_data(show_spinner=False)
def without_the_last_ffn() -> str:
    """What the times table writes behind 7*8= when its last FFN hands on nothing."""
    loaded = take_with_progress(TABLE)
    from lab.scene.session import written

    return written(loaded, PROMPT, [{"name": "ffn_out", "layer": LAST, "scale": 0.0}])[
        len(PROMPT) :
    ]


@st.cache_data(show_spinner=False)
def cache_change() -> float:
    loaded = take_with_progress(TABLE)
    from lab.scene.session import change_of_earlier_keys

    return change_of_earlier_keys(loaded, PROMPT, TEXT)


@st.cache_data(show_spinner=False)
def home() -> str:
    """Where the first digit of 7*8=56 leads, always by the largest part."""
    loaded = take_with_progress(TABLE)
    from lab.scene.paths import logit, way_home
    from lab.scene.recompute import Reader
    from lab.scene.session import open_up

    scene = open_up(loaded, TABLE, TEXT, packed(TABLE))
    reader = Reader(scene.manifest, scene.blobs)
    token = scene.manifest["vocabulary"].index(TEXT[len(PROMPT)])
    way = way_home(reader, logit(reader, len(PROMPT) - 1, token))
    start, end = way[0], way[-1]
    return (
        f"{len(way) - 1} steps lead to the `{TEXT[end.position]}` that you typed. "
        f"This one way carries {100 * end.value / start.value:.1f} in 100 of the logit"
    )


@st.cache_data(show_spinner=False)
def before_the_change() -> float:
    loaded = take_with_progress(TABLE)
    from lab.scene.session import change_before

    return change_before(loaded, TEXT, OTHER_TEXT)


@st.cache_data(show_spinner=False)
def takes_part() -> float:
    loaded = take_with_progress(TABLE)
    from lab.scene.session import share_that_takes_part

    return share_that_takes_part(loaded, PROMPT)


def in_small(x: float) -> str:
    return "exactly zero" if x == 0 else f"{x:.0e}, which is rounding" if x < 1e-4 else f"{x:.3f}"


CALCULATIONS: dict[str, Callable[[], str]] = {
    "takes_part": lambda: f"{100 * takes_part():.1f} in 100",
    "equals_place": lambda: f"{PROMPT.index('=') + 1}",
    "home": home,
    "cache_change": lambda: in_small(cache_change()),
    "before_the_change": lambda: in_small(before_the_change()),
    "without_last": lambda: f"`{without_the_last_ffn()}`",
}

page = Chapter("70_forward_pass_3d", CALCULATIONS)


# ---------------------------------------------------------------- the viewer


@st.fragment
@needs_a_run
def show_inside() -> None:
    names = choices()
    run = str(
        st.selectbox(
            "Model", list(names), format_func=names.__getitem__, key="ch70_run", bind="query-params"
        )
    )
    prompt = st.text_input("Prompt", PROMPT, key="ch70_prompt", bind="query-params", max_chars=80)
    asked = ask_beside(run)
    loaded = take(run)
    from lab.scene.session import open_up, read_prompt, written

    prompt = suited(run, prompt or "")
    toggles = edits_in_force()
    try:
        prompt = read_prompt(loaded, prompt)
    except ValueError as error:
        st.warning(f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return
    try:
        text = written(loaded, prompt, list(toggles.values()))
        scene = open_up(loaded, run, text, packed(run), list(toggles.values()))
    except ValueError as error:
        toggles.clear()
        st.warning(f"This model has no such part to switch off ({error}). All parts are mended.")
        text = written(loaded, prompt)
        scene = open_up(loaded, run, text, packed(run))
    beside = side_beside(asked, run, prompt, list(toggles.values()))
    show_model(
        scene.manifest,
        scene.activations,
        lambda: scene.weights,
        key=VIEWER,
        edits=list(toggles.values()),
        beside=beside,
    )
    st.markdown(f"It writes `{text}`.")
    if toggles:
        st.button(
            "Mend all parts", key="ch70_mend", on_click=toggles.clear, icon=":material/healing:"
        )
    page.notice("notice")
    show_head(scene)
    from lab.model import gpt
    from lab.scene import build as scenes
    from lab.scene import paths

    page.source(gpt.GPT.forward, scenes.scene, paths.unfold)


def suited(run: str, prompt: str) -> str:
    """The prompt, or its two-digit stand-in where a default is too short for this model."""
    if run in ONE_DIGIT or prompt not in TWO_DIGITS:
        return prompt
    stand_in = TWO_DIGITS[prompt]
    st.caption(f"This model multiplies two-digit numbers, so it reads {stand_in} for now.")
    return stand_in


# ---------------------------------------------------------------- a second scene beside the first


def ask_beside(run: str) -> tuple[str, str]:
    """What the reader wants beside the scene, and which prompt or which run that is."""
    left, right = st.columns(2)
    what = left.selectbox("Compare with", BESIDE, key="ch70_beside", bind="query-params")
    detail = ""
    if what == BY_PROMPT:
        detail = right.text_input(
            "The other prompt",
            OTHER_PROMPT,
            key="ch70_beside_prompt",
            bind="query-params",
            max_chars=80,
        )
    elif what == BY_RUN:
        names = {name: words for name, words in choices().items() if name != run}
        detail = right.selectbox(
            "The other model",
            list(names),
            format_func=names.__getitem__,
            key="ch70_beside_run",
            bind="query-params",
        )
    page.prose("beside")
    return str(what), str(detail or "")


def side_beside(
    asked: tuple[str, str], run: str, prompt: str, toggles: list[dict[str, Any]]
) -> Side | None:
    """The scene that was asked for; None if none was, or, with a sentence, if it can't be had."""
    what, detail = asked
    title = ""
    if what == ALONE:
        return None
    if what == BY_PROMPT:
        prompt = suited(run, detail)
    elif what == BY_RUN:
        run, title = detail, choices()[detail]
        st.caption(page.text("beside_model"))
    elif toggles:
        title, toggles = "mended", []
    else:
        st.caption("Nothing is switched off yet. Break a part in the picture to compare.")
        return None
    loaded = take(run)
    from lab.scene.session import open_up, read_prompt, written

    try:
        text = written(loaded, read_prompt(loaded, prompt), toggles)
        scene = open_up(loaded, run, text, packed(run), toggles)
    except ValueError as error:
        st.warning(f"Nothing stands beside it: {error}.")
        return None
    return Side(scene.manifest, scene.activations, lambda: scene.weights, title)


def edits_in_force() -> dict[str, dict[str, Any]]:
    """The parts that the reader switched off or made louder, the last click among them."""
    toggles: dict[str, dict[str, Any]] = st.session_state.setdefault("ch70_edits", {})
    answer = last_answer(VIEWER)
    count = answer.count if answer else None
    if answer and answer.edit and count != st.session_state.get("ch70_answered"):
        take_edit(toggles, dict(answer.edit))
    st.session_state["ch70_answered"] = count
    return toggles


def take_edit(toggles: dict[str, dict[str, Any]], edit: dict[str, Any]) -> None:
    """Put an edit among those in force; a scale of one takes it out."""
    place = (
        f"{edit.get('name')} {edit.get('layer')} {sorted(dict(edit.get('index') or {}).items())}"
    )
    toggles.pop(place, None)
    if edit.get("scale") != 1:
        toggles[place] = edit


# ---------------------------------------------------------------- one head, flat


def show_head(scene: Scene) -> None:
    page.prose("head")
    from lab.scene.recompute import Reader

    reader = Reader(scene.manifest, scene.blobs)
    tokens = scene.manifest["tokens"]
    attention = scene.manifest["config"]["attention"]
    left, middle, right = st.columns(3)
    layer = left.number_input(
        "Layer", 0, scene.manifest["config"]["n_layer"] - 1, 0, key="ch70_layer"
    )
    head = middle.number_input("Head", 0, attention["n_head"] - 1, 0, key="ch70_head")
    query = right.selectbox(
        "Token that asks",
        range(len(tokens)),
        min(tokens.index("=") if "=" in tokens else 0, len(tokens) - 1),
        format_func=lambda i: f"{i + 1}. {tokens[i]}",
        key="ch70_query",
    )
    at = (int(head), int(query), slice(0, int(query) + 1))
    scores = reader.read(f"blocks.{int(layer)}.scores", *at)
    shares = reader.read(f"blocks.{int(layer)}.pattern", *at)
    root = attention["head_dim"] ** 0.5
    st.dataframe(
        pd.DataFrame(
            {
                "looks at": [
                    f"{i + 1}. {token}" for i, token in enumerate(tokens[: int(query) + 1])
                ],
                "q · k": scores * root,
                f"score, divided by {root:.1f}": scores,
                "share of the blend": shares,
            }
        ).round(4),
        hide_index=True,
        width="stretch",
    )
    st.caption(f"The shares add up to {shares.sum():.3f}.")
    page.notice("head_notice")


# ---------------------------------------------------------------- guesses


@st.fragment
@needs_a_run
def show_guesses() -> None:
    page.predict(
        "ch70_all",
        "To write the 5, how many of the model's numbers take part?",
        ("those of 7 × 8 alone", "about half", "nearly all"),
        "nearly all" if takes_part() > 0.9 else "about half",
        page.text("all_why"),
    )
    page.predict(
        "ch70_sees",
        "How many tokens may the = look at?",
        ("1", "3", "4", "7"),
        str(PROMPT.index("=") + 1),
        page.text("sees_why"),
    )
    page.predict(
        "ch70_cache",
        "When 5 and 6 are written, which keys and values of 7*8= change?",
        ("none", "those of the =", "all"),
        "none" if cache_change() < 1e-4 else "all",
        page.text("cache_why"),
    )
    page.predict(
        "ch70_last",
        "Switch off the last FFN. What does it write?",
        ("still 56", "something else"),
        "still 56" if without_the_last_ffn().startswith("56") else "something else",
        page.text("last_why"),
    )


# ---------------------------------------------------------------- the page

page.open()
page.three_from_before("before_sum", "before_cache", "before_memory")
page.prose("opening")
page.prose("how")
training.tell_dropped("ch70_", LINK)
show_inside()
page.prose("guesses")
show_guesses()
page.box("Why care", "care")
page.prose("end")
page.prose("read")
page.symbols()
