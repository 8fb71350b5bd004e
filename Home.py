"""The router of the book, and its first page: the model multiplies before anything is explained."""

from __future__ import annotations

import streamlit as st

from components.ui import tokens
from components.ui.book import CLAIMS_PAGE, CONTENTS, Entry
from components.ui.chapter import Chapter
from components.ui.claims import core, readings
from components.ui.lazily import lazily
from components.ui.operands import ask_pair, share_moment
from components.ui.runs import BOOK_RUN, needs_a_run, shelf, take_with_progress, write
from components.ui.words import spelled
from lab.data.problems import Format, Problem, partial_products
from lab.data.vocabulary import VOCABULARY
from lab.inference.transcript import Transcript
from lab.records import RECORDS

intervene = lazily("lab.interp.intervene")

FORM = Format("cot_reversed")
MISSED = readings.most_missed_head()
"""The head, (layer, head), that the box pulls out at first."""

ROUTES = (
    (
        "First time here",
        "Chapter 0, the pages on text, attention and blocks, a tour of the model in 3D, then "
        "chapters 1, 4 and 8. About two hours.",
    ),
    (
        "I serve models",
        "Attention by hand, one block, the KV cache, FlashAttention, latent attention.",
    ),
    ("I do research", "Chapters 1 to 3, residuals and collapse, the error book, the bench."),
)

CALCULATIONS = {
    "vocab": lambda: spelled(len(VOCABULARY)),
    "signs": lambda: spelled(len(VOCABULARY) - 10),
    "routes": lambda: spelled(len(ROUTES)).capitalize(),
}


def home() -> None:
    page = Chapter("home", CALCULATIONS)
    st.html('<div class="wb-kicker">An interactive textbook</div>')
    st.title("The White-Box Transformer", anchor=False)
    page.prose("opening")
    multiply(page)
    page.prose("why")
    page.prose("routes")
    cards = "".join(f"<div><strong>{name}</strong><br>{text}</div>" for name, text in ROUTES)
    st.html(f'<div class="wb-routes">{cards}</div>')
    page.prose("map")
    st.html(f'<div class="wb-map">{"".join(card(entry) for entry in CONTENTS)}</div>')
    shelf().warm(BOOK_RUN)


@st.fragment
def multiply(page: Chapter) -> None:
    """The first thing on Home: two boxes, the sum token by token, and a head to pull out."""
    pair = ask_pair("")
    if pair is not None:
        show_whole(*pair)
    page.prose("measured")
    page.prose("pull")
    if st.toggle("Pull out one head", key="pull", bind="query-params") and pair is not None:
        show_without(*pair)


@needs_a_run
def show_whole(a: int, b: int) -> None:
    known = recorded(a, b)
    written = known or write(BOOK_RUN, prompt(a, b))
    show(written, a, b)
    speed = f"{len(written.beliefs)} tokens at {written.tokens_per_second:,.0f} tokens a second"
    st.caption(
        f"{'From the record: ' if known else ''}{speed}. Behind the first =, numbers are written "
        "back to front, units first. $ ends the text."
    )


@needs_a_run
def show_without(a: int, b: int) -> None:
    """The sum again, one head handing on zeros."""
    config = take_with_progress(BOOK_RUN).model.config
    layers, heads = range(config.n_layer), range(config.attention.n_head)
    left, right = st.columns(2)
    layer = int(left.select_slider("Layer", layers, MISSED[0], key="layer", bind="query-params"))
    head = int(right.select_slider("Head", heads, MISSED[1], key="head", bind="query-params"))
    written = write(BOOK_RUN, prompt(a, b), [intervene.ablate_head(layer, head)])
    show(written, a, b)
    st.markdown(verdict(written, a, b, layer, head))
    share_moment(a=a, b=b, pull=True, layer=layer, head=head)


def prompt(a: int, b: int) -> str:
    return f"{a:02d}*{b:02d}="


def recorded(a: int, b: int) -> Transcript | None:
    """The opening sum from its record: it stands there before the model is awake."""
    try:
        rows = core.read_record(RECORDS / "opening.jsonl")
        row = next(row for row in rows if (row["cell"]["a"], row["cell"]["b"]) == (a, b))
        return Transcript(row["text"], row["given"], row["beliefs"], row["seconds"])
    except (FileNotFoundError, ValueError, KeyError, StopIteration):
        return None


def show(written: Transcript, a: int, b: int) -> None:
    """The text as tokens, then each step of the working against integer arithmetic."""
    marks = tokens.Marks(wrong=tokens.wrong_tokens(written.text, FORM.text(a, b)))
    text = tokens.strip(
        written.text,
        FORM,
        a,
        b,
        marks=marks,
        written_from=written.given,
        probabilities=written.probabilities,
    )
    st.html(text + tokens.checks(steps(written.text, a, b), written.given))


def steps(text: str, a: int, b: int) -> list[tokens.Step]:
    return tokens.steps_of(text, FORM, Problem(a, b, partial_products(a, b, FORM.q), a * b))


def verdict(written: Transcript, a: int, b: int, layer: int, head: int) -> str:
    """One sentence on what the missing head did to this sum."""
    wrong = [step for step in steps(written.text, a, b) if not step.right]
    if not wrong:
        return (
            f"Without head {head} of layer {layer} this sum comes out right all the same: "
            "other heads make up for it, or it is needed elsewhere. Try another."
        )
    first = wrong[0]
    return (
        f"Without head {head} of layer {layer}, the step **{first.what}** goes wrong first: "
        f"the model writes {first.written}, where {first.expected} is right."
    )


def card(entry: Entry) -> str:
    text = f"<strong>{entry.title}</strong>{entry.question}<br>"
    small = f"<small>Chapter {entry.chapter} · about {entry.minutes} minutes"
    if entry.written:
        return f'<a class="wb-card" href="{entry.url}" target="_self">{text}{small}</small></a>'
    return f'<div class="wb-card wb-to-come">{text}{small} · to come</small></div>'


st.set_page_config(page_title="The White-Box Transformer", page_icon="◻️", layout="centered")
st.navigation(
    {
        "": [st.Page(home, title="Home", default=True)],
        "Chapters": [st.Page(e.path, title=e.title) for e in CONTENTS if e.written],
        "Behind the book": [st.Page(CLAIMS_PAGE.path, title=CLAIMS_PAGE.title)],
    },
    expanded=True,
    position="hidden" if "figure" in st.query_params else "sidebar",
).run()
