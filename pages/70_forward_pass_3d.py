"""Chapter 7: one forward pass in 3D, every number of it real."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from components.threejs_viewer import Side, last_answer, show_model
from components.ui.chapter import Chapter
from components.ui.chapters.ch70 import probes
from components.ui.chapters.ch70.probes import ONE_DIGIT, OTHER_PROMPT, PROMPT, TABLE, TWO_DIGITS
from components.ui.chapters.ch70.worked import CALC
from components.ui.drawings.scale import show_scale
from components.ui.lazily import lazily
from components.ui.link import text_up_to

if TYPE_CHECKING:
    from lab.scene.manifest import Scene

build = lazily("lab.scene.build")
configs = lazily("lab.model.config")
gpt = lazily("lab.model.gpt")
outlines = lazily("lab.model.outlines")
paths = lazily("lab.scene.paths")
recompute = lazily("lab.scene.recompute")
session = lazily("lab.scene.session")

BESIDE = ("nothing", "another prompt", "another model", "itself, mended")
ALONE, BY_PROMPT, BY_RUN, _ = BESIDE
VIEWER = "ch70_viewer"
MOST_TYPED = 80

page = Chapter("70_forward_pass_3d", CALC)
page.open()


# ---------------------------------------------------------------- what the reader asks


def ask_prompt(name: str, label: str, default: str) -> str:
    """Text that the model reads. What it may be depends on the model, which says so itself."""
    key = f"{page.prefix}{name}"
    page.link.take(key, *text_up_to(MOST_TYPED))
    return st.text_input(label, default, key=key, bind="query-params", max_chars=MOST_TYPED) or ""


def suited(run: str, prompt: str) -> str:
    """The prompt, or its two-digit stand-in where a default is too short for this model."""
    if run in ONE_DIGIT or prompt not in TWO_DIGITS:
        return prompt
    stand_in = TWO_DIGITS[prompt]
    st.caption(f"This model multiplies two-digit numbers, so it reads {stand_in} for now.")
    return stand_in


def ask_beside(run: str) -> tuple[str, str]:
    """What the reader wants beside the scene, and which prompt or which run that is."""
    page.link.knows("ch70_beside_prompt", "ch70_beside_run")  # whichever of them is asked for
    what = page.choose("beside", "Compare with", BESIDE, kind="list")
    if what == BY_PROMPT:
        return what, ask_prompt("beside_prompt", "The other prompt", OTHER_PROMPT)
    if what == BY_RUN:
        others = {name: words for name, words in probes.choices().items() if name != run}
        asked = page.choose(
            "beside_run", "The other model", list(others), kind="list", words=others.__getitem__
        )
        return what, asked
    return what, ""


# ---------------------------------------------------------------- parts switched off


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


# ---------------------------------------------------------------- the scene, and one beside it


def open_scene(
    run: str, prompt: str, toggles: dict[str, dict[str, Any]]
) -> tuple[str, Scene] | None:
    """What the model writes, and its scene; None, with a sentence, if it can't read the prompt."""
    try:
        prompt = session.read_prompt(probes.take(run), prompt)
    except ValueError as error:
        st.warning(f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return None
    try:
        return probes.opened(run, prompt, list(toggles.values()))
    except ValueError as error:
        toggles.clear()
        st.warning(f"This model has no such part to switch off ({error}). All parts are mended.")
        return probes.opened(run, prompt)


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
        run, title = detail, probes.choices()[detail]
        st.caption(page.text("beside_model"))
    elif toggles:
        title, toggles = "mended", []
    else:
        st.caption("Nothing is switched off yet. Break a part in the picture to compare.")
        return None
    try:
        _, scene = probes.opened(run, session.read_prompt(probes.take(run), prompt), toggles)
    except ValueError as error:
        st.warning(f"Nothing stands beside it: {error}.")
        return None
    return Side(scene.manifest, scene.activations, lambda: scene.weights, title)


# ---------------------------------------------------------------- one head, flat


def ask_query(tokens: list[str]) -> int:
    """A place in the text. Its words change with the text, so it is not in the link."""
    return st.selectbox(
        "Token that asks",
        range(len(tokens)),
        tokens.index("=") if "=" in tokens else 0,
        format_func=lambda i: f"{i + 1}. {tokens[i]}",
        key="ch70_query",
    )


def show_head(scene: Scene) -> None:
    page.prose("head")
    reader = recompute.Reader(scene.manifest, scene.blobs)
    tokens, config = scene.manifest["tokens"], scene.manifest["config"]
    attention = config["attention"]
    left, middle, right = st.columns(3)
    with left:
        layer = page.number("layer", "Layer", 0, config["n_layer"] - 1, 0, typed=True)
    with middle:
        head = page.number("head", "Head", 0, attention["n_head"] - 1, 0, typed=True)
    with right:
        query = ask_query(tokens)
    at = (head, query, slice(0, query + 1))
    scores = reader.read(f"blocks.{layer}.scores", *at)
    shares = reader.read(f"blocks.{layer}.pattern", *at)
    root = configs.GPTConfig.from_dict(config).attention.qk_head_dim ** 0.5
    st.dataframe(
        pd.DataFrame(
            {
                "looks at": [f"{i + 1}. {token}" for i, token in enumerate(tokens[: query + 1])],
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


def show_scene() -> Scene | None:
    """The picture, and below it a row that says what it shows; the scene, if the model can read
    the prompt."""
    picture, names = st.container(), probes.choices()
    left, middle, right = st.columns([4, 3, 4])
    with left:
        run = page.choose("run", "Model", list(names), kind="list", words=names.__getitem__)
    with middle:
        prompt = ask_prompt("prompt", "Prompt", PROMPT)
    with right:
        asked = ask_beside(run)
    prompt, toggles = suited(run, prompt), edits_in_force()
    opened = open_scene(run, prompt, toggles)
    if opened is None:
        return None
    text, scene = opened
    beside = side_beside(asked, run, prompt, list(toggles.values()))
    with picture:
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
    page.source(gpt.GPT.forward, build.scene, paths.unfold)
    return scene


@page.section("inside", told=False)
def step_inside() -> None:
    """All that speaks of one scene: what is below it follows the model and the prompt."""
    scene = show_scene()
    if page.alone is None:
        page.three_from_before("before_sum", "before_cache", "before_memory")
        for part in ("opening", "inside", "beside"):
            page.prose(part)
        page.notice()
    if scene is not None:
        show_head(scene)


# ---------------------------------------------------------------- guesses


@page.section("guesses", needs=[TABLE])
def guess_then_look() -> None:
    page.guess(
        "To write the 5, how many of the model's numbers take part?",
        ("those of 7 × 8 alone", "about half", "nearly all"),
        lambda: "nearly all" if probes.takes_part() > 0.9 else "about half",
        name="all",
    )
    page.guess(
        "How many tokens may the = look at?",
        ("1", "3", "4", "7"),
        str(PROMPT.index("=") + 1),
        name="sees",
    )
    page.guess(
        "When 5 and 6 are written, which keys and values of 7*8= change?",
        ("none", "those of the =", "all"),
        lambda: "none" if probes.cache_change() < 1e-4 else "all",
        name="cache",
    )
    page.guess(
        "Switch off the last FFN. What does it write?",
        ("still 56", "something else"),
        lambda: "still 56" if probes.without_the_last_ffn().startswith("56") else "something else",
        name="last",
    )


# ---------------------------------------------------------------- beside others


@page.section("scale", needs=[TABLE])
def beside_others() -> None:
    models = probes.for_scale()
    show_scale(
        f"{page.prefix}scale",
        models,
        alt="Four models as outlines of their matrices, at one scale; the smallest is a grain",
    )
    sources = ", ".join(f"[{model.name}]({model.source})" for model in models[1:])
    st.caption(f"{page.text('scale_left_out')} Sizes: {sources}.")
    page.numbers(
        "Parameters of each model",
        [{"model": model.name, "parameters": model.published} for model in models],
    )
    page.source(outlines.ours, outlines.attention, outlines.experts)


page.box("Why care", "care")
page.close("end", "read")
