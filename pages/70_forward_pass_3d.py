"""Chapter 7: one forward pass in 3D, every number of it real."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.threejs_viewer import Side, Whole, last_answer, show_model
from components.ui.chapter import Chapter
from components.ui.chapters.ch70 import probes, worked
from components.ui.chapters.ch70.probes import TABLE
from components.ui.chapters.ch70.worked import CALC, it_writes, stranger
from components.ui.drawings.scale import show_scale
from components.ui.link import text_up_to
from lab.model import config as configs
from lab.numerals import written
from lab.scene import prompt as prompts
from lab.scene import recompute

if TYPE_CHECKING:
    from lab.interp.head_cost import HeadCost
    from lab.scene.manifest import Scene

BESIDE = ("nothing", "another prompt", "another model", "itself, mended")
ALONE, BY_PROMPT, BY_RUN, _ = BESIDE
VIEWER = "ch70_viewer"
MOST_TYPED = 2000
"""Characters that the box takes in: the model reads fewer, and says so."""

page = Chapter("70_forward_pass_3d", CALC)
page.open()


# ---------------------------------------------------------------- what the reader asks


def ask_prompt(name: str, label: str, run: str, default: str) -> str:
    """Text that the model reads, as long as it reads one. What it may be, the model says itself.

    A default that was left alone gives way to that of another model.
    """
    key, memory = f"{page.prefix}{name}", f"{page.prefix}{name}_default"
    page.link.take(key, *text_up_to(MOST_TYPED))
    if st.session_state.get(key) == st.session_state.get(memory, default) != default:
        st.session_state[key] = default
    st.session_state[memory] = default
    label = f"{label}, up to {prompts.limit(probes.recipe_of(run).model)} tokens"
    return (st.text_input(label, default, key=key, bind="query-params") or "").strip()


def ask_beside(run: str) -> tuple[str, str]:
    """What the reader wants beside the scene, and which prompt or which run that is."""
    page.link.knows("ch70_beside_prompt", "ch70_beside_run")  # whichever of them is asked for
    what = page.choose("beside", "Compare with", BESIDE, kind="list")
    if what == BY_PROMPT:
        _, other = probes.prompts(run)
        return what, ask_prompt("beside_prompt", "The other prompt", run, other)
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
    if answer and count != st.session_state.get("ch70_answered"):
        if answer.mend:
            toggles.clear()
        if answer.edit:
            take_edit(toggles, dict(answer.edit))
        if answer.rank:
            st.session_state["ch70_ranked"] = True
    st.session_state["ch70_answered"] = count
    return toggles


def go_on_with_a_draw() -> None:
    """A token that the reader drew in the picture stands at the end of the prompt now."""
    answer = last_answer(VIEWER)
    new = answer and answer.count != st.session_state.get("ch70_answered")
    if answer and new and answer.prompt and len(answer.prompt) <= MOST_TYPED:
        st.session_state["ch70_prompt"] = answer.prompt


def take_edit(toggles: dict[str, dict[str, Any]], edit: dict[str, Any]) -> None:
    """Put an edit among those in force; a scale of one takes it out."""
    place = (
        f"{edit.get('name')} {edit.get('layer')} {sorted(dict(edit.get('index') or {}).items())}"
    )
    toggles.pop(place, None)
    if edit.get("scale") != 1:
        toggles[place] = edit


# ---------------------------------------------------------------- the scene, and one beside it


def readable(run: str, prompt: str) -> str:
    """The prompt; or, with a sentence, the last one of this model that it could read."""
    kept = st.session_state.setdefault("ch70_readable", {})
    try:
        kept[run] = prompts.read_prompt(probes.recipe_of(run).model, prompt)
    except ValueError as error:
        last = kept.get(run, probes.prompts(run)[0])
        st.warning(f"{str(error)[:1].upper()}{str(error)[1:]}. The picture still shows `{last}`.")
        return last
    return prompt


def open_scene(run: str, prompt: str, toggles: dict[str, dict[str, Any]]) -> tuple[str, Scene]:
    """What the model writes, and its scene; parts that it does not have are mended."""
    try:
        return probes.opened(run, prompt, list(toggles.values()))
    except ValueError as error:
        toggles.clear()
        st.warning(f"This model has no such part to ablate ({error}). All parts are mended.")
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
        prompt = detail
    elif what == BY_RUN:
        run, title = detail, probes.choices()[detail]
        st.caption(page.text("beside_model"))
    elif toggles:
        title, toggles = "mended", []
    else:
        st.caption("Nothing is ablated yet. Break a part in the picture to compare.")
        return None
    try:
        of_run = probes.recipe_of(run)
        _, scene = probes.opened(run, prompts.read_prompt(of_run.model, prompt), toggles)
    except ValueError as error:
        st.warning(f"Nothing stands beside it: {error}.")
        return None
    if guess := stranger(of_run.format, prompt):
        st.caption(f"Beside it: {guess}")
    return Side(scene.manifest, scene.activations, lambda: scene.weights, title)


def whole_model(run: str, prompt: str) -> tuple[Whole, list[HeadCost] | None]:
    """What it writes with all its parts, and its heads ranked, once a reader has asked for that."""
    ranked = st.session_state.get("ch70_ranked", False)
    which = probes.network(run)
    return probes.whole(which, prompt), probes.ranking(which, prompt) if ranked else None


# ---------------------------------------------------------------- one head, flat


def named(tokens: list[str], i: int) -> str:
    """A token as the picture names it."""
    return f'{i} "{tokens[i]}"'


def ask_query(tokens: list[str]) -> int:
    """A place in the text. Its words change with the text, so it is not in the link."""
    return st.selectbox(
        "Query token",
        range(len(tokens)),
        tokens.index("=") if "=" in tokens else 0,
        format_func=lambda i: named(tokens, i),
        key="ch70_query",
    )


def log_softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    below = scores - scores.max()
    return below - np.log(np.exp(below).sum())


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
    of_layer: Any = configs.GPTConfig.from_dict(config).layers[layer].attention
    root = of_layer.qk_head_dim**0.5
    figures = {
        "q · k": scores * root,
        f"scores: q · k / {root:g}": scores,
        "ln of the weight": log_softmax(scores),
        "pattern: the weight": shares,
    }
    page.table(
        "One head, number by number",
        [
            {"token": named(tokens, i)}
            | {name: written(column[i].round(4) + 0, "{:.4f}") for name, column in figures.items()}
            for i in range(query + 1)
        ],
    )
    st.caption(f"The weights add up to {shares.sum():.3f}.")
    page.notice("head_notice")


def show_scene() -> Scene:
    """The picture, below it a row that says what is shown, and what the model writes."""
    picture = page.place("picture")
    names = probes.choices()
    go_on_with_a_draw()
    left, middle, right = st.columns([4, 3, 4])
    with left:
        run = page.choose("run", "Model", list(names), kind="list", words=names.__getitem__)
    with middle:
        prompt = ask_prompt("prompt", "Prompt", run, probes.prompts(run)[0])
    with right:
        asked = ask_beside(run)
    answer = st.container()
    toggles = edits_in_force()
    with answer:
        prompt = readable(run, prompt)
        text, scene = open_scene(run, prompt, toggles)
    beside = side_beside(asked, run, prompt, list(toggles.values()))
    whole, ranking = whole_model(run, prompt)
    with picture:
        show_model(
            scene.manifest,
            scene.activations,
            lambda: scene.weights,
            key=VIEWER,
            edits=list(toggles.values()),
            whole=whole,
            ranking=ranking,
            neuron=probes.drawer() if run == TABLE else None,
            beside=beside,
        )
    with answer:
        form = probes.recipe_of(run).format
        if guess := stranger(form, prompt):
            st.warning(guess)
        st.markdown(it_writes(form, prompt, text))
        if not toggles:
            st.markdown(probes.facts(run, prompt, text, scene))
    if toggles:
        st.button(
            "Mend all parts", key="ch70_mend", on_click=toggles.clear, icon=":material/healing:"
        )
    page.source("lab.model.gpt.GPT.forward", "lab.scene.build.scene", "lab.scene.paths.unfold")
    return scene


@page.section("inside", told=False)
def step_inside() -> None:
    """All that speaks of one scene: what is below it follows the model and the prompt."""
    scene = show_scene()
    if page.alone is None:
        page.prose("opening")
        page.three_from_before("before_sum", "before_cache", "before_memory")
        page.prose("inside")
        page.notice()
        for part in ("number", "pass", "beside", "limits"):
            page.prose(part)
    show_head(scene)


# ---------------------------------------------------------------- guesses


@page.section("guesses")
def guess_then_look() -> None:
    page.guess(
        "To write the 5, how many of the model's parameters take part?",
        ("those of 7 × 8 alone", "about half", "nearly all"),
        worked.part_in_percent,
        frame=worked.TAKING_PART,
        name="all",
    )
    page.guess(
        "The logit of the 5 is a sum over all parts. How much of it did the FFNs write?",
        (),
        worked.written_in_percent,
        frame=worked.WRITTEN,
        name="written",
    )
    page.guess(
        "Ablate the FFN of one layer. For how many of the six layers do all products stay right?",
        (),
        worked.number_idle,
        frame=worked.IDLE,
        name="idle",
    )


# ---------------------------------------------------------------- beside others


@page.section("scale")
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
        [{"model": model.name, "parameters": model.parameters} for model in models],
    )
    page.source(
        "lab.published.models.ours",
        "lab.published.matrices.attention",
        "lab.published.matrices.experts",
    )


page.close("end", "read")
