"""Page 01: tokens, rows, logits, the loss of a guess, and choosing the next token."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch01 import claims, figures, probes, worked
from components.ui.chapters.ch01.probes import DRAWN, FORM, KEEPS, MODELS, START_SUM, TWIN
from components.ui.chapters.ch01.worked import (
    APART,
    CALC,
    COIN,
    LEAST_HEAT,
    LEAST_RIVAL,
    N_TOKENS,
    in_space,
    price_of_right,
)
from components.ui.drawings import coins, forced
from components.ui.exercise_verdict import show_verdict
from components.ui.loaded_models import BOOK_RUN
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import opening, rows_of
from components.ui.plots import vectors
from components.ui.words import spelled
from lab.data.problems import Format
from lab.data.vocabulary import VOCABULARY, encode
from lab.interp import embeddings

page = Chapter("01_from_table_to_text", CALC)
page.open()


@page.section("bill", told=False)
def the_loss_of_a_guess() -> None:
    found = opening(TWIN)
    if found is None:
        return
    right = FORM.text(found.a, found.b)
    place = tokens.wrong_tokens(found.written.text, right)[0]
    given, p = right[:place], found.written.beliefs[place - FORM.prompt_length]
    coins.show_coins(
        "ch01_coins",
        given,
        VOCABULARY,
        p,
        right[place],
        found.written.text[place],
        shown=10,
        alt=f"What the small twin expects after {given}, and the loss of the right digit",
    )
    st.caption(page.text("bill"))
    page.numbers("probabilities", {"token": list(VOCABULARY), "p": p})
    page.source("lab.by_hand.mlp.softmax", "lab.by_hand.mlp.cross_entropy")


page.prose("opening")
page.three_from_before("before_door", "before_loss", "before_step")


# ---------------------------------------------------------------- 1. a digit is a row


def id_table(text: str) -> str:
    """The tokens of a text over their ids."""
    cells = "".join(f"<td>{character}</td>" for character in text)
    ids = "".join(f"<td>{i}</td>" for i in encode(text))
    return (
        '<div class="wb-scroll"><table class="wb-table wb-narrow">'
        f"<tr><th>token</th>{cells}</tr><tr><th>id</th>{ids}</tr></table></div>"
    )


page.prose("tokens")
a, b = START_SUM
if page.draws("tokens", "forcing", "choose"):
    a, b = last_allowed("ch01_last_sum", page.pair(), START_SUM)


@page.section("tokens", told=False)
def your_tokens() -> None:
    text = FORM.text(a, b)
    st.html(tokens.strip(text, FORM, a, b))
    st.html(id_table(text))
    page.notice()


@page.section("rows")
def how_the_rows_lie() -> None:
    rows, digits = probes.digit_rows(), list("0123456789")
    if not page.guess(
        "In the book's model, how near to each other are the rows of neighbours?",
        ("neighbours are clearly nearer", "about the same as any two digits"),
        worked.nearness,
        frame=worked.to_be_near(),
    ):
        return
    left, right = st.columns(2)
    with left:
        page.draw(
            figures.cosine_map(embeddings.cosines(rows), digits),
            alt="Cosine between the embedding rows of every two digits",
        )
    with right:
        page.draw(
            vectors.in_space(in_space().points, in_space().shares, digits),
            alt="The ten digit rows in the three directions in which they differ most",
            config={"scrollZoom": False, "displaylogo": False},
        )
        st.caption(page.text("rows_space"))
    page.notice()
    with page.deeper("do the digits lie on a circle?"):
        page.prose("rows_circle")
        page.draw(
            vectors.waves(embeddings.wave_shares(rows), embeddings.share_by_chance(len(rows))),
            alt="Share of the variance of the digit rows by how often it goes round",
        )
    page.source(
        "lab.interp.embeddings.cosines",
        "lab.interp.embeddings.principal_axes",
        "lab.interp.embeddings.wave_shares",
    )


# ---------------------------------------------------------------- 2. from scores to a loss


@page.section("coin")
def how_many_coins() -> None:
    if page.guess(
        f"A right token has a probability of one in {worked.RARE:,}. How many coins is its loss?",
        ("about 2", "about 10", "about 500"),
        worked.coins_of_the_rare,
        frame=worked.RARE_IN_COINS,
    ):
        page.notice()
    page.source("lab.by_hand.mlp.softmax", "lab.by_hand.mlp.cross_entropy")


# ---------------------------------------------------------------- 3. the loss before training


@page.section("start")
def before_training() -> None:
    if not page.guess(
        "How many nats for each token?",
        ("about 0.7", "about 2.8", "about 16"),
        worked.at_the_start,
        frame=worked.AT_THE_START,
    ):
        return
    rows = probes.training_curve()
    if rows:
        page.draw(
            figures.loss_and_perplexity(rows),
            alt="Loss of the book's model by tokens read, as it was recorded in training",
        )
    page.notice()
    page.source("lab.inference.token_loss.perplexity", "lab.inference.token_loss.token_loss")


# ---------------------------------------------------------------- 4. teacher forcing


def show_next_token(run: str, place: int, heat: float, keep: str) -> None:
    """The bars of one token of the reader's sum, before and after the settings."""
    given = FORM.text(a, b)[:place]
    st.markdown(f"`{given}` is written. Next comes **{tokens.place_of(place, FORM, a, b)}**.")
    before, after = probes.before_and_after(run, given, heat, keep)
    page.draw(
        figures.two_sets_of_bars(before, after, VOCABULARY),
        alt="Probabilities of the next token as the model gives them, and after the settings",
    )


def ask_model() -> str:
    return page.choose("model", "Model", list(MODELS), TWIN, words=MODELS.__getitem__)


with st.container(key="ch01_one_model"):  # its switch stays in sight as far as this reaches
    page.prose("forcing")
    run = ask_model() if page.draws("forcing", "choose") else TWIN

    @page.section("forcing", told=False)
    def one_text_twice() -> None:
        problem, race = probes.race_of(run, a, b)
        if problem != (a, b):
            st.caption(page.text("forcing_other"))
        forced.show_race(
            f"ch01_race_{run}_{a}_{b}",
            race,
            [tokens.place_of(i, FORM, *problem) for i in range(FORM.prompt_length, FORM.length)],
            alt=f"The loss of each token of {race.right}, teacher forced and written by itself",
        )
        page.numbers(
            "losses",
            {
                "token": list(race.right[FORM.prompt_length :]),
                "teacher forced": [*race.forced],
                "written by itself": [*race.alone],
            },
        )
        page.notice()
        page.source(
            "lab.inference.token_loss.prices",
            "lab.inference.token_loss.beliefs",
            "lab.inference.token_loss.token_loss",
        )

    # ------------------------------------------------------------ 5. choosing

    @page.section("choose")
    def choose_the_next_token() -> None:
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        with left:
            heat = page.number("heat", "Temperature", 0.0, 5.0, 3.0, 0.1)
        with right, st.popover("Tokens kept, and position"):
            keep = page.choose("keep", "Keep", list(KEEPS), kind="list", words=KEEPS.__getitem__)
            place = page.choose(
                "place",
                "Token about to be written",
                range(FORM.prompt_length, FORM.length),
                probes.dearest_place(run, a, b),
                words=lambda i: f"{i + 1} of {FORM.length}",
            )
            st.caption(page.text("choose_more"))
        show_next_token(run, place, heat, keep)
        texts = probes.drawn(run, a, b, heat, keep)
        st.markdown(
            f"With these settings {MODELS[run]} wrote {a} × {b} {spelled(DRAWN)} times, "
            f"and **{texts.count(FORM.text(a, b))} of {DRAWN}** texts have no mistake."
        )
        st.html(
            figures.drawn_texts(texts, FORM.text(a, b), lambda text: FORM.text_implied(text, a, b))
        )
        st.caption(page.text("choose_drawn"))
        page.notice()
        page.source(
            "lab.inference.generate.reshape",
            "lab.inference.generate.choose",
            "lab.inference.choosing.drawn_texts",
        )


# ---------------------------------------------------------------- 6. a chain of tokens


@page.section("chain")
def a_chain_of_tokens() -> None:
    rows = rows_of("prices.jsonl")
    if not rows:
        return
    token, text = claims.right_tokens(TWIN).value(rows), claims.right_texts(TWIN).value(rows)
    if not page.guess(
        f"The twin gets {token:.3f} of the tokens right. If mistakes were independent, "
        f"{worked.right_if_independent(rows):.3f} of the texts would be right. How many are?",
        ("fewer than that", "about as many", "more than that"),
        lambda: worked.right_texts(rows),
        frame=worked.whole_texts(rows),
    ):
        return
    n = page.number("n", "Tokens in the answer", 1, 64, N_TOKENS)
    page.draw(
        figures.chain(n, (token, text) if n == N_TOKENS else None),
        alt="How often a whole text is right, by how often a token is",
    )
    page.notice()
    page.source("lab.inference.token_loss.whole_text")


page.prose("end")


# ---------------------------------------------------------------- exercises

page.prose("exercises")


with page.exercise("the loss of a coin"):

    @page.section("ex_coin")
    def half_a_coin() -> None:
        left, right = st.columns(2)
        with left:
            z_right = page.number("ex_right", "Logit of 5", -20.0, 20.0, 0.0, 0.1, typed=True)
        with right:
            z_rival = page.number("ex_rival", "Logit of 3", -20.0, 20.0, 2.0, 0.1, typed=True)
        charged = round(price_of_right(z_right, z_rival), 3)  # as it is told: 0.7104 is 0.710
        if z_rival < LEAST_RIVAL:
            hint = f"The rival's logit has to be {LEAST_RIVAL} or more."
        else:
            given = math.exp(-charged)
            hint = f"The right digit has a probability of {given:.2f}, and a fair coin one half."
        show_verdict(
            COIN[0] <= charged <= COIN[1] and z_rival >= LEAST_RIVAL,
            f"The loss of the right digit is {charged:.3f} nats.",
            hint,
        )


with page.exercise("what counts in the loss?"):

    @page.section("ex_mask")
    def what_bears_loss() -> None:
        form = Format("plain")
        text = form.text(12, 34)
        _, mask = form.render(np.array([12]), np.array([34]))
        marked = st.pills(
            "Tokens",
            range(len(text)),
            selection_mode="multi",
            format_func=lambda i: f"{i + 1}.  {text[i]}",
            key="ch01_ex_mask",
        )
        wanted = set(np.flatnonzero(mask[0]).tolist())
        extra, missing = set(marked) - wanted, wanted - set(marked)
        hint = ""
        if extra:
            first = min(extra)
            hint = f"The {text[first]} at position {first + 1} is part of the question."
        elif missing == {len(text) - 1}:
            hint = "Who tells the model where its answer ends?"
        elif missing:
            hint = f"{len(missing)} tokens that the model must write are not marked yet."
        show_verdict(
            not extra and not missing, f"You mark {len(marked)} of {len(text)} tokens.", hint
        )


with page.exercise("the highest temperature"):

    @page.section("ex_heat")
    def as_warm_as_it_bears() -> None:
        left, right = st.columns(2)
        with left:
            cool = page.number("ex_cool", "Still right at", 0.1, 50.0, 1.0, 0.1, typed=True)
        with right:
            warm = page.number("ex_warm", "No longer right at", 0.1, 50.0, 5.0, 0.1, typed=True)
        at_cool, at_warm = (
            probes.sums_right(BOOK_RUN, *START_SUM, heat, "all") for heat in (cool, warm)
        )
        if at_cool < DRAWN:
            hint = "The first temperature is too high already."
        elif at_warm == DRAWN:
            hint = "The second temperature is still low enough."
        elif cool < LEAST_HEAT:
            hint = f"The first has to be at least {LEAST_HEAT}."
        else:
            hint = f"The second is {warm / cool:.1f} times the first; bring them nearer."
        show_verdict(
            cool >= LEAST_HEAT and at_cool == DRAWN > at_warm and warm <= APART * cool,
            f"At {cool:g} it writes {at_cool} of {DRAWN} right, "
            f"and at {warm:g} it writes {at_warm} of {DRAWN}.",
            hint,
        )
        page.source("lab.inference.choosing.drawn_texts")


page.close("read")
