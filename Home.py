"""The router of the book, and its first page: the model multiplies before anything is explained."""

from __future__ import annotations

import streamlit as st

from components.ui import served
from components.ui.book import BEHIND, BOOK, CONTENTS, KICKER, ROUTES, Entry
from components.ui.chapter import Chapter
from components.ui.claims import results
from components.ui.drawings.arcs import show_arcs
from components.ui.every_click import hear_every_click
from components.ui.home import (
    first_out,
    how_many,
    route,
    small_picture,
    sum_written,
    theatre,
    worked_tens,
)
from components.ui.lazily import spare_what_came_with
from components.ui.link import one_of
from components.ui.loaded_models import BOOK_RUN, needs_a_run
from components.ui.operand_boxes import last_allowed
from components.ui.sidebar import show_sidebar
from components.ui.words import spelled
from lab.data.problems import HELDOUT_FROM, two_digit_split
from lab.live.memory import keep_few_arenas, keep_giving_back
from lab.recipes.recipe_index import recipe

START = (37, 48)
CONFIG = recipe(BOOK_RUN).model
"""Known from the recipe, before the weights are read."""

MISSED = results.most_missed_head()
"""The head, (layer, head), that a link without one pulls out."""

CALCULATIONS = {
    "seen": lambda: how_many(two_digit_split() < HELDOUT_FROM),
    "unseen": lambda: how_many(two_digit_split() >= HELDOUT_FROM),
    "first_out": first_out,
    "missed_head": lambda: f"head {MISSED[1]}",
    "tens": lambda: worked_tens(*START),
    "routes": lambda: spelled(len(ROUTES)).capitalize(),
}


def home() -> None:
    page = Chapter("home", CALCULATIONS)
    with st.container(key="head_home"):
        st.html(f'<div class="wb-kicker">{KICKER}</div>')
    st.title(BOOK, anchor=False)
    with st.container(key="home_opening"):
        with st.container():
            page.prose("opening")
        with st.container(key="home_measured"):
            page.prose("measured")
    told = st.container()
    where_digits_come_from(page)
    page.prose("why")
    page.prose("routes")
    st.html(f'<div class="wb-routes">{"".join(map(route, ROUTES))}</div>')
    page.prose("map")
    written = [entry for entry in CONTENTS if entry.written]
    st.html(f'<div class="wb-map">{"".join(card(entry) for entry in written)}</div>')
    with told:
        page.link.close(all_drawn=False)


# ---------------------------------------------------------------- where each digit comes from


@st.fragment
def where_digits_come_from(page: Chapter) -> None:
    """The first thing on Home: a sum as it is written, where heads look for it, a head to pull."""
    draw_sum(page, *last_allowed("last_pair", page.pair(), START))


@needs_a_run
def draw_sum(page: Chapter, a: int, b: int) -> None:
    """What the boxes above it ask for."""
    layer, head = layer_drawn(page), head_out(page)
    show_arcs(
        "arcs",
        sum_written(a, b, layer, head),
        alt=f"{a} × {b} token by token, with arcs from where the heads of layer {layer} look",
        layers=CONFIG.n_layer,
        theatre=theatre(),
        on_pull=pull,
        on_layer=choose_layer,
    )
    page.prose("pull")


def layer_drawn(page: Chapter) -> int:
    """As a reader chose it, or the link."""
    said = page.link.take("layer", *one_of([str(i) for i in range(CONFIG.n_layer)]))
    return st.session_state.setdefault("layer", int(said or MISSED[0]))


def choose_layer(layer: int) -> None:
    """A head that is out is one of the layer that is drawn."""
    st.session_state["layer"] = layer
    st.query_params["layer"] = str(layer)


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


# ---------------------------------------------------------------- the map


def card(entry: Entry) -> str:
    small = f"<small>Chapter {entry.chapter} · about {entry.minutes} minutes</small>"
    text = f"<strong>{entry.title}</strong>{entry.question}<br>{small}"
    picture = small_picture(entry.slug, "dark" if st.context.theme.type == "dark" else "light")
    return f'<a class="wb-card" href="{entry.url}" target="_self">{picture}{text}</a>'


def route_reader() -> None:
    """To the page of the address. The one that runs for every reader and every click."""
    keep_few_arenas()
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
    spare_what_came_with(opened.url_path)
    keep_giving_back()


if __name__ == "__main__":
    route_reader()
else:  # the server, which `streamlit run` takes from here
    hear_every_click()
    app = st.App(__file__, routes=served.routes(), middleware=served.middleware())
