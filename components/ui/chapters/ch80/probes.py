"""What the bench holds of a visit: the variant, what was before it, what was refused; what the runs
of a reader left, at each step that is kept; and how fast this server works."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch80 import worked
from components.ui.computed_apart import apart, apart_each_time
from components.ui.lazily import lazily
from components.ui.link import text_up_to
from components.ui.live import training
from components.ui.loaded_models import use_one_thread
from components.ui.own_models import keep_own

if TYPE_CHECKING:
    from components.ui.live.service import LiveRun
    from lab.live.expected import Speed
    from lab.live.protocol import RunSpec, Weights
    from lab.model.gpt import GPT
    from lab.recipes.bench_controls import Control
    from lab.training.recipe import Recipe

bench = lazily("lab.recipes.bench")
bench_link = lazily("lab.recipes.bench_link")
bench_weights = lazily("lab.recipes.bench_weights")
controls = lazily("lab.recipes.bench_controls")
expected = lazily("lab.live.expected")
gradients = lazily("lab.training.gradients")
live = lazily("lab.live.protocol")
state = lazily("lab.training.state")
transcripts = lazily("lab.inference.transcript")
vocabulary = lazily("lab.data.vocabulary")

LIVE_KEY = "ch80_live"
IN_LINK = "ch80_bench"
LONGEST_LINK = 4_000
MOST_PAST = 50
"""Changes that can be undone."""

# ---------------------------------------------------------------- the variant


def variant(page: Chapter) -> Recipe:
    """The one on the bench: as it was left, or as the link has it, or the usual one; the address
    follows it."""
    if "ch80_now" not in st.session_state:
        came = page.link.take(IN_LINK, *text_up_to(LONGEST_LINK)) or ""
        opened = bench_link.from_link(came)
        st.session_state["ch80_now"] = opened.recipe
        st.session_state["ch80_dropped"] = opened.dropped
    page.link.knows(IN_LINK)
    now: Recipe = st.session_state["ch80_now"]
    text = bench_link.to_link(now)
    if st.query_params.get(IN_LINK, "") != text:
        if text:
            st.query_params[IN_LINK] = text
        else:
            del st.query_params[IN_LINK]
    return now


def dropped() -> list[str]:
    """What of the link the bench could not use."""
    return st.session_state.get("ch80_dropped", [])


def past() -> list[Recipe]:
    return st.session_state.setdefault("ch80_past", [])


def undone() -> list[Recipe]:
    return st.session_state.setdefault("ch80_undone", [])


def put(recipe: Recipe) -> None:
    """Another variant on the bench; the one before can be had back."""
    now = st.session_state["ch80_now"]
    if recipe != now:
        past().append(now)
        del past()[:-MOST_PAST]
        undone().clear()
    settle(recipe)


def settle(recipe: Recipe) -> None:
    st.session_state["ch80_now"] = recipe
    for memory in ("refused", "dropped", "document_refused"):
        st.session_state.pop(f"ch80_{memory}", None)


def undo() -> None:
    """What was refused is forgotten first, since it changed nothing."""
    if st.session_state.pop("ch80_refused", None):
        return
    if past():
        undone().append(st.session_state["ch80_now"])
        settle(past().pop())


def redo() -> None:
    if undone():
        past().append(st.session_state["ch80_now"])
        settle(undone().pop())


def refused() -> Mapping[str, str]:
    """By control why its last turn was not taken."""
    return st.session_state.get("ch80_refused", {})


def refuse(name: str, why: str) -> None:
    st.session_state["ch80_refused"] = {name: f"{why}."}


def sentence(error: Exception) -> str:
    """It begins with the name of a field, which no capital letter would find."""
    return f"{error}."


def lists() -> dict[str, int]:
    """By control which list stands for it: how many there were before."""
    return st.session_state.setdefault("ch80_lists", {})


def key_now(name: str) -> str:
    nth = lists().get(name, 0)
    return f"ch80_{name}_{nth}" if nth else f"ch80_{name}"


def key_of(name: str, value: Any) -> str:
    """Of a list, which is put at what the variant has.

    Where that is not what the reader chose from it, it is another list: a browser that has not
    drawn it yet still sends what the one before had, and a choice made meanwhile elsewhere would
    bring that back into the variant.
    """
    if name not in refused() and st.session_state.get(key_now(name), value) != value:
        lists()[name] = lists().get(name, 0) + 1
    key = key_now(name)
    st.session_state[key] = value
    return key


def turn(name: str, key: str) -> None:
    """A control was moved. What does not fit is told beside it, and the variant stays; a list that
    no longer stands there says nothing."""
    if key != key_now(name):
        return
    chosen = st.session_state[key]
    now, control = st.session_state["ch80_now"], controls.BY_NAME[name]
    try:
        put(controls.turned(now, control, chosen))
    except ValueError as error:
        refuse(name, controls.why_not(now, control, chosen, bench.usual()) or str(error))


def begin_with_preset(key: str) -> None:
    if key == key_now("preset") and (name := st.session_state[key]):
        put(worked.preset(name))


def ask(control: Control, recipe: Recipe) -> None:
    """The control as a list, at what the variant has, and below it why a turn was refused."""
    options, key = control.now(recipe), key_of(control.name, control.read(recipe))
    st.selectbox(
        control.label,
        [*options],
        key=key,
        format_func=options.__getitem__,
        on_change=turn,
        args=(control.name, key),
    )
    if said := refused().get(control.name):
        with st.container(key=f"refused_{key}"):
            st.warning(said)


# ---------------------------------------------------------------- training


def usual_beside(recipe: Recipe) -> Recipe:
    """The usual network, trained for as long and from the same seed."""
    usual = controls.write_steps(bench.usual(), recipe.steps)
    return controls.BY_NAME["seed"].write(usual, recipe.seed)


def train(recipe: Recipe) -> None:
    """Start the variant as a live run; the first also has the server's speed measured."""
    training.launch(LIVE_KEY, {"variant": recipe.to_dict()}, "bench", keep=True)
    speed_here().measure()
    st.session_state["ch80_begun"] = True


def follow_a_new_run() -> None:
    """The whole page once more, since the panel of the runs stands in another section."""
    if st.session_state.pop("ch80_begun", False):
        st.rerun()


def run_name(arguments: Mapping[str, Any]) -> str:
    return controls.in_words(bench.read(arguments["variant"]), bench.usual())


def runs_named() -> dict[str, LiveRun]:
    """This reader's runs by their names."""
    runs = training.runs_here(LIVE_KEY)
    names = training.unlike([run_name(run.spec.arguments) for run in runs])
    return dict(zip(names, runs, strict=True))


class SpeedHere:
    """How fast this server works, measured once."""

    def __init__(self) -> None:
        self.speed: Speed | None = None
        self.lock = threading.Lock()
        self.begun = False

    def measure(self, *, wait: bool = False) -> None:
        """In the background, since it takes some seconds."""
        with self.lock:
            if self.begun:
                return
            self.begun = True
        thread = threading.Thread(target=self.work, daemon=True)
        thread.start()
        if wait:
            thread.join()

    def work(self) -> None:
        try:
            plans = expected.probes()
            seconds = [seconds_of_a_step(i) for i in range(len(plans))]
            self.speed = expected.speed_from([*map(expected.step_work, plans)], seconds)
        except Exception:
            self.begun = False
            raise


@apart_each_time
def seconds_of_a_step(plan: int) -> float:
    use_one_thread()
    return expected.seconds_of_a_step(expected.probes()[plan])


@st.cache_resource(show_spinner=False)
def speed_here() -> SpeedHere:
    return SpeedHere()


def seconds_in_words(recipe: Recipe) -> str:
    """How long a training would take here; the steps that fit are some that can be chosen."""
    if bench.too_much(recipe):
        return "too large"
    speed = speed_here().speed
    if speed is None:
        return "being measured"
    seconds = expected.expected_seconds(recipe, speed)
    fits = expected.steps_that_fit(recipe, speed)
    offered = max((steps for steps in controls.STEPS if steps <= fits), default=fits)
    more = (
        ""
        if fits >= recipe.steps
        else f"; {offered:,} steps fit one go of {expected.MOST_SECONDS:g} s"
    )
    return f"about {max(1, round(seconds)):,} s{more}"


# ---------------------------------------------------------------- what a run left


def kept_steps(run: LiveRun) -> list[int]:
    """0 for the weights that it began with, and the steps that are kept."""
    return [0, *sorted(training.service().kept_steps(run))]


def weights_at(run: LiveRun, step: int) -> Weights:
    """None of step 0: they are made anew from the seed."""
    data = training.service().weights_at(run, step) if step else b""
    return live.Weights(run.id, step, data)


def model_of(weights: Weights, spec: RunSpec) -> GPT:
    """A run's network after a step, in the process that computes."""
    use_one_thread()
    if weights.step == 0:
        return state.TrainState.start(spec.build()).model.eval()
    return training.network_of(weights, spec).model


def text_at(run: LiveRun, step: int, a: int, b: int) -> str:
    """The problem as the network writes it after a step."""
    return written(weights_at(run, step), run.spec, a, b)


@apart
def written(weights: Weights, spec: RunSpec, a: int, b: int) -> str:
    form = spec.build().format
    prompt = vocabulary.decode(form.prompt(a, b)[0])
    model, likely = model_of(weights, spec), form.text_from(prompt)
    return transcripts.transcribe(model, prompt, form.length, likely=likely).text


def gradients_at(run: LiveRun, step: int) -> list[dict[str, Any]]:
    """Rows of the chart: layer, part, norm."""
    found = gradients_of(weights_at(run, step), run.spec)
    return [
        {"layer": layer, "part": "FFN" if part == "ffn" else part, "norm": norm}
        for part, norms in found.items()
        for layer, norm in enumerate(norms)
    ]


@apart
def gradients_of(weights: Weights, spec: RunSpec) -> dict[str, tuple[float, ...]]:
    return gradients.gradients_by_layer(spec.build(), model_of(weights, spec))


def file_of(run: LiveRun) -> bytes:
    """The weights that a run left, with its variant in their head."""
    assert run.weights is not None
    return to_file(run.weights, run.spec)


@apart_each_time
def to_file(weights: Weights, spec: RunSpec) -> bytes:
    return bench_weights.to_file(spec.build(), training.network_of(weights, spec).model)


def take_along(run: LiveRun, name: str) -> None:
    keep_own(name, file_of(run))
    st.session_state["ch80_taken"] = name


# ---------------------------------------------------------------- what a reader brings


def open_document(text: str | bytes) -> str:
    """A variant as JSON onto the bench; a sentence if it is none that the bench has."""
    try:
        recipe = bench.from_json(text)
        bench.require_shown(recipe)
    except ValueError as error:
        return sentence(error)
    put(recipe)
    return ""


def document_refused(by: str) -> str:
    """Why the last document was not opened, if it came by this control."""
    return st.session_state.get("ch80_document_refused", {}).get(by, "")


def open_pasted() -> None:
    said = open_document(st.session_state["ch80_pasted"])
    st.session_state["ch80_document_refused"] = {"pasted": said}


def open_brought() -> None:
    """The file that a reader brought, or nothing if they took it away again."""
    file = st.session_state["ch80_file"]
    if file is None:
        said = ""
    elif said := open_document(file.getvalue()):
        said = f"{file.name}: {said}"
    st.session_state["ch80_document_refused"] = {"file": said}


def open_weights(name: str, data: bytes) -> str:
    """A file of weights for this visit, and its variant onto the bench; a sentence if it cannot be
    read."""
    try:
        recipe = bench_weights.recipe_in(name, data, bench.usual())
        bench.require_shown(recipe)
        keep_own(name, data)
    except ValueError as error:
        return sentence(error)
    put(recipe)
    return ""
