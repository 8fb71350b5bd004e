"""The router of the book, and its first page: the model multiplies before anything is explained."""

from __future__ import annotations

import streamlit as st

from components.ui import served, tokens
from components.ui.book import BEHIND, BOOK, CONTENTS, KICKER, ROUTES, Entry
from components.ui.chapter import Chapter
from components.ui.claims import results
from components.ui.drawings.arcs import WrittenSum, show_arcs
from components.ui.home import route, small_picture, written_and_looked
from components.ui.link import one_of
from components.ui.loaded_models import BOOK_RUN, loaded_models, needs_a_run
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import FORM
from components.ui.sidebar import show_sidebar
from components.ui.words import spelled
from lab.data.problems import Problem, partial_products
from lab.data.vocabulary import VOCABULARY
from lab.readings import join_words
from lab.recipes.recipe_index import recipe

START = (37, 48)
CONFIG = recipe(BOOK_RUN).model
"""Known from the recipe, before the weights are read."""

MISSED = results.most_missed_head()
"""The head, (layer, head), that a link without one pulls out."""

CALCULATIONS = {
    "missed_head": lambda: f"head {MISSED[1]} of layer {MISSED[0]}",
    "signs": lambda: spelled(len(VOCABULARY) - 10),
    "routes": lambda: spelled(len(ROUTES)).capitalize(),
}


def home() -> None:
    page = Chapter("home", CALCULATIONS)
    with st.container(key="head_home"):
        st.html(f'<div class="wb-kicker">{KICKER}</div>')
    st.title(BOOK, anchor=False)
    with st.container(key="home_opening"):
        page.prose("opening")
    told = st.container()
    where_digits_come_from(page)
    page.prose("routes")
    st.html(f'<div class="wb-routes">{"".join(map(route, ROUTES))}</div>')
    page.prose("map")
    written = [entry for entry in CONTENTS if entry.written]
    st.html(f'<div class="wb-map">{"".join(card(entry) for entry in written)}</div>')
    st.markdown(to_come())
    page.prose("why")
    page.prose("measured")
    with told:
        page.link.close(all_drawn=False)
    loaded_models().warm(BOOK_RUN)


# ---------------------------------------------------------------- where each digit comes from


@st.fragment
def where_digits_come_from(page: Chapter) -> None:
    """The first thing on Home: a sum as it is written, where heads look for it, a head to pull."""
    draw_sum(page, *last_allowed("last_pair", page.pair(), START))


@needs_a_run
def draw_sum(page: Chapter, a: int, b: int) -> None:
    """What the boxes above it ask for, and what came of it below."""
    layer, head = layer_drawn(page), head_out(page)
    text, weights = written_and_looked(a, b, layer, head)
    show_arcs(
        "arcs",
        WrittenSum(a, b, FORM, text, weights, layer, head),
        alt=f"{a} × {b} token by token, with arcs from where the heads of layer {layer} look",
        on_pull=pull,
    )
    st.markdown(verdict(text, a, b, layer, head))
    st.caption(caption(layer))
    with st.expander("Another layer"):
        page.prose("pull")
        page.choose("layer", "Layer", range(CONFIG.n_layer), layer)


def caption(layer: int) -> str:
    looked = f"those that heads of layer {layer} looked at"
    return f"Arcs join each token to {looked}. Looking is not yet using."


def layer_drawn(page: Chapter) -> int:
    """As the slider has it, or the link before there is one."""
    said = page.link.take("layer", *one_of([str(i) for i in range(CONFIG.n_layer)]))
    return int(st.session_state.get("layer", said or MISSED[0]))


def head_out(page: Chapter) -> int | None:
    """The head of that layer that the last click ablated, or the link."""
    said = page.link.take("head", *one_of([str(i) for i in range(CONFIG.heads.n_head)]))
    asked = page.link.take("pull", *one_of(["true", "True"]))
    if "head_out" not in st.session_state:
        st.session_state["head_out"] = int(said or MISSED[1]) if asked else None
    return st.session_state["head_out"]


def pull(head: int | None) -> None:
    """A click of the reader; the link says it too."""
    st.session_state["head_out"] = head
    if head is None:
        for name in ("pull", "head"):
            st.query_params.pop(name, None)
    else:
        st.query_params.update({"pull": "true", "head": str(head)})


def verdict(text: str, a: int, b: int, layer: int, head: int | None) -> str:
    """One sentence on the sum, and on what a missing head did to it."""
    problem = Problem(a, b, partial_products(a, b, FORM.q), a * b)
    steps = [step for step in tokens.check_working(text, FORM, problem) if not step.right]
    moved = tokens.wrong_tokens(text, FORM.text(a, b))
    without = "" if head is None else f"Without head {head} of layer {layer}: "
    if steps:
        return (
            f"{without}**{steps[0].what}** goes wrong first. The model writes {steps[0].written}, "
            f"where {steps[0].expected} is right."
        )
    if moved:
        return f"{without}**{tokens.place_of(moved[0], FORM, a, b)}** goes wrong first."
    if head is None:
        return f"**{a} × {b} = {a * b}**, and every token of the working is right."
    return (
        f"{without}**{a} × {b} = {a * b}** all the same. The answer does not need that head. "
        "Try another."
    )


# ---------------------------------------------------------------- the map


def card(entry: Entry) -> str:
    small = f"<small>Chapter {entry.chapter} · about {entry.minutes} minutes</small>"
    text = f"<strong>{entry.title}</strong>{entry.question}<br>{small}"
    picture = small_picture(entry.slug, "dark" if st.context.theme.type == "dark" else "light")
    return f'<a class="wb-card" href="{entry.url}" target="_self">{picture}{text}</a>'


def to_come() -> str:
    """The chapters that are not written yet, in a sentence; nothing once all are."""
    ahead = [f"{e.title} (chapter {e.chapter}): {e.question}" for e in CONTENTS if not e.written]
    return f"Still to come: {join_words(ahead)}" if ahead else ""


def route_reader() -> None:
    """To the page of the address. The one that runs for every reader and every click."""
    st.set_page_config(
        page_title=BOOK,
        page_icon="◻️",
        layout="centered",
        initial_sidebar_state=240,
    )
    home_page = st.Page(home, title="Home", default=True)
    pages = {e.slug: st.Page(e.path, title=e.title) for e in (*CONTENTS, *BEHIND) if e.written}
    opened = st.navigation([home_page, *pages.values()], position="hidden")
    if "figure" not in st.query_params:
        show_sidebar(pages, home_page, next((s for s, page in pages.items() if page is opened), ""))
    opened.run()


if __name__ == "__main__":
    route_reader()
else:  # the server, which `streamlit run` takes from here
    app = st.App(__file__, routes=served.routes())
