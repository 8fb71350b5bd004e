"""Page 01: tokens, rows, logits, the price of a guess, and choosing the next token."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from components.ui import tokens, training
from components.ui.chapter import Chapter
from components.ui.chapters.ch01 import claims, figures
from components.ui.exercises import show_verdict
from components.ui.operands import ask_pair
from components.ui.records import one_it_gets_wrong, rows_of
from components.ui.runs import BOOK_RUN, needs_a_run, take_with_progress, write_sum
from components.ui.words import spelled
from lab.data.problems import Format, sample_pairs
from lab.data.vocabulary import VOCABULARY, encode
from lab.interp import embeddings

if TYPE_CHECKING:
    from lab.inference.generate import Sampling

FORM = Format("cot_reversed")
V = len(VOCABULARY)
N_TOKENS = int(FORM.render(np.array([37]), np.array([48]))[1].sum())
MODELS = {BOOK_RUN: "the book's model", "few_pairs": "the small twin that saw few pairs"}
RIGHT, RIVAL = 5, 3
START_SUMS, DRAWN, P = 200, 20, 0.99

COIN, LEAST_RIVAL = (0.68, 0.71), 2
LEAST_HEAT, APART = 1, 2
"""What the exercises ask: a price and a logit, a temperature and how far apart two may stand."""


# ---------------------------------------------------------------- worked numbers of the prose


def digit_rows() -> np.ndarray:
    """The embedding rows of 0 to 9 in the book's model, (10, D)."""
    return take_with_progress(BOOK_RUN).model.embed.weight[:10].detach().double().numpy()


def neighbours() -> tuple[float, float]:
    """The mean cosine of digits that differ by one, and of all other pairs."""
    cosines = embeddings.cosines(digit_rows())
    apart = abs(np.subtract.outer(np.arange(10), np.arange(10)))
    return float(cosines[apart == 1].mean()), float(cosines[apart > 1].mean())


def first_wave() -> float:
    return float(embeddings.wave_shares(digit_rows())[0])


CHANCE = 2 / 9
"""Of ten random rows, the share of variance in the first wave: two of nine dimensions."""


def is_there_a_circle() -> str:
    if first_wave() > 0.8:
        return "has one"
    return "has none" if first_wave() < 1.5 * CHANCE else "has a trace of one"


@st.cache_data(show_spinner=False)
def loss_at_the_start() -> float:
    """The loss of the untrained network on some sums."""
    take_with_progress(BOOK_RUN)
    from lab.inference.token_loss import token_loss
    from lab.model.gpt import GPT
    from lab.recipes.chain_of_thought import TWIN

    a, b = sample_pairs(np.random.default_rng(0), START_SUMS, FORM.p, FORM.q)
    return token_loss(GPT(TWIN).eval(), FORM, a, b).loss


def price_of_right(right: float, rival: float) -> float:
    return -math.log(constructed(right, rival)[RIGHT])


def constructed(right: float, rival: float) -> np.ndarray:
    """Ten digits, two logits set by hand and the rest zero: their probabilities."""
    from lab.by_hand.mlp import softmax

    logits = np.zeros(10)
    logits[RIGHT], logits[RIVAL] = right, rival
    return softmax(logits)


CALCULATIONS: dict[str, Callable[[], str]] = {
    "vocab": lambda: f"{V}",
    "ln_vocab": lambda: f"{math.log(V):.2f}",
    "d_model": lambda: f"{digit_rows().shape[1]}",
    "near": lambda: f"{neighbours()[0]:+.2f}".replace("-", "−"),
    "far": lambda: f"{neighbours()[1]:+.2f}".replace("-", "−"),
    "kept": lambda: f"{100 * embeddings.best_plane(digit_rows()).share:.0f} in 100 parts",
    "circle": is_there_a_circle,
    "wave": lambda: f"{100 * first_wave():.0f} in 100",
    "wave_chance": lambda: f"{100 * CHANCE:.0f}",
    "price_wrong": lambda: f"{price_of_right(0, 8):.2f} nats",
    "price_right": lambda: f"{price_of_right(8, 0):.2f}",
    "save": lambda: f"{math.log(10):.1f}",
    "start": lambda: f"{loss_at_the_start():.2f}",
    "start_sums": lambda: f"{START_SUMS}",
    "coin_low": lambda: f"{COIN[0]}",
    "coin_high": lambda: f"{COIN[1]}",
    "least_rival": lambda: f"{LEAST_RIVAL}",
    "least_heat": lambda: f"{LEAST_HEAT}",
    "drawn": lambda: spelled(DRAWN),
    "apart": lambda: spelled(APART),
    "p": lambda: f"{P}",
    "n": lambda: f"{N_TOKENS}",
    "p_n": lambda: f"{P**N_TOKENS:.2f}",
}

page = Chapter("01_from_table_to_text", CALCULATIONS)

LINK = {
    "ch01_right": lambda text: in_range(text, -8, 8),
    "ch01_rival": lambda text: in_range(text, -8, 8),
    "ch01_heat": lambda text: in_range(text, 0, 5),
    "ch01_model": training.one_of(tuple(MODELS.values())),
    **dict.fromkeys(("ch01_a", "ch01_b"), lambda _: True),  # these answer beside their own boxes
}


def in_range(text: str, low: float, high: float) -> bool:
    try:
        return low <= float(text) <= high
    except ValueError:
        return False


# ---------------------------------------------------------------- 1. a digit is a row


def show_tokens(a: int, b: int) -> None:
    text = FORM.text(a, b)
    st.html(tokens.strip(text, FORM, a, b))
    st.html(id_table(text))
    page.notice("tokens_notice")


def id_table(text: str) -> str:
    """The tokens of a text over their ids."""
    cells = "".join(f"<td>{character}</td>" for character in text)
    ids = "".join(f"<td>{i}</td>" for i in encode(text))
    return (
        '<div class="wb-scroll"><table class="wb-table wb-narrow">'
        f"<tr><th>token</th>{cells}</tr><tr><th>id</th>{ids}</tr></table></div>"
    )


@st.fragment
@needs_a_run
def show_rows() -> None:
    take_with_progress(BOOK_RUN)
    near, far = neighbours()
    options = ("neighbours are clearly nearer", "about the same as any two digits")
    if not page.predict(
        "ch01_rows",
        "In the book's model, how do the rows of neighbours lie?",
        options,
        options[int(near - far < 0.2)],
        page.text("rows_why"),
    ):
        return
    rows = digit_rows()
    digits = [str(i) for i in range(10)]
    st.altair_chart(
        figures.cosine_map(embeddings.cosines(rows), digits),
        width="stretch",
        alt="Cosine between the embedding rows of every two digits",
    )
    left, right = st.columns(2)
    left.altair_chart(
        figures.plane(embeddings.best_plane(rows).points, digits),
        width="stretch",
        alt="The ten digit rows in the plane in which they differ most",
    )
    right.altair_chart(
        figures.waves(embeddings.wave_shares(rows), CHANCE),
        width="stretch",
        alt="Share of the variance of the digit rows by how often it goes round",
    )
    page.notice("rows_notice")
    page.source(embeddings.cosines, embeddings.best_plane, embeddings.wave_shares)


# ---------------------------------------------------------------- 2. from scores to a price


@st.fragment
def show_coin() -> None:
    page.prose("coin_controls")
    left, right = st.columns(2)
    bound: dict[str, Any] = {"bind": "query-params"}
    z_right = left.slider("Logit of the right 5", -8.0, 8.0, 0.0, 0.5, key="ch01_right", **bound)
    z_rival = right.slider("Logit of its rival 3", -8.0, 8.0, 4.0, 0.5, key="ch01_rival", **bound)
    p = constructed(z_right, z_rival)
    left, right = st.columns(2)
    left.altair_chart(
        figures.ten_bars(p, RIGHT, RIVAL),
        width="stretch",
        alt="Probabilities of the ten digits, the right one and its rival marked",
    )
    right.altair_chart(
        figures.coin(float(p[RIGHT])),
        width="stretch",
        alt="The price of the right digit, as a point on the curve -ln p",
    )
    charged = price_of_right(z_right, z_rival)
    st.markdown(
        f"The right digit has $p = {p[RIGHT]:.3f}$ and costs $-\\ln p = {charged:.2f}$ nats. "
        "(*Constructed.*)"
    )
    if page.predict(
        "ch01_coin",
        "Confident and wrong, or confident and right: which is further from an even guess?",
        ("wrong costs more than right saves", "right saves more", "the same"),
        "wrong costs more than right saves"
        if price_of_right(0, 8) - math.log(10) > math.log(10) - price_of_right(8, 0)
        else "right saves more",
        page.text("coin_why"),
    ):
        page.notice("coin_notice")
    from lab.by_hand import mlp

    page.source(mlp.softmax, mlp.cross_entropy)


# ---------------------------------------------------------------- 3. the price before training


@st.fragment
@needs_a_run
def show_start() -> None:
    options = ("about 0.7", "about 2.8", "about 16")
    nearest = min(options, key=lambda o: abs(float(o.split()[1]) - loss_at_the_start()))
    if not page.predict("ch01_start", "Nats a token?", options, nearest, page.text("loss_why")):
        return
    rows = history_rows()
    if rows:
        st.altair_chart(
            figures.loss_and_perplexity(rows),
            width="stretch",
            alt="Loss of the book's model by tokens read, as it was recorded in training",
        )
    page.notice("loss_notice")
    from lab.inference import token_loss

    page.source(token_loss.perplexity, token_loss.token_loss, claims_of=("loss_notice",))


def history_rows() -> list[dict[str, float]]:
    """The recorded training of the book's model, from the blind guess on."""
    rows = rows_of("history.jsonl", f"checkpoints/{BOOK_RUN}")
    start = {"tokens": 0, "loss": math.log(V)}
    return rows and [start, *({"tokens": r["tokens"], "loss": r["loss"]} for r in rows)]


# ---------------------------------------------------------------- 4. teacher forcing


@st.fragment
@needs_a_run
def show_prices(a: int, b: int) -> None:
    run = ask_model("ch01_model")
    if run == "few_pairs":
        a, b = one_it_gets_wrong(a, b)
    loaded = take_with_progress(run)
    from lab.inference import token_loss

    text = FORM.text(a, b)
    _, mask = FORM.render(np.array([a]), np.array([b]))
    st.altair_chart(
        figures.token_prices(token_loss.prices(loaded.model, text), text, mask[0, 1:].tolist()),
        width="stretch",
        alt="The price of each token of the sum, given the right tokens before it",
    )
    written = write_sum(run, a, b).text
    wrong = tokens.wrong_tokens(written, text)
    st.caption(f"Writing for itself, {MODELS[run]} gets {len(wrong)} tokens wrong:")
    st.html(tokens.strip(written, FORM, a, b, marks=tokens.Marks(wrong=wrong), small=True))
    page.notice("forcing_notice")
    page.source(token_loss.prices, token_loss.beliefs, token_loss.token_loss)


def ask_model(key: str) -> str:
    chosen = st.segmented_control(
        "Model",
        list(MODELS),
        default="few_pairs",
        required=True,
        format_func=MODELS.__getitem__,
        key=key,
        bind="query-params",
    )
    return str(chosen)


# ---------------------------------------------------------------- 5. choosing

KEEPS = {"all": "all tokens", "top_k": "top-k: the 3 likeliest", "top_p": "top-p: 0.9 together"}


def sampling_of(heat: float, keep: str) -> Sampling:
    from lab.inference.generate import Sampling

    return Sampling(
        heat, top_k=3 if keep == "top_k" else None, top_p=0.9 if keep == "top_p" else None
    )


@st.fragment
@needs_a_run
def show_choice(a: int, b: int) -> None:
    loaded = take_with_progress("few_pairs")
    left, right = st.columns(2)
    heat = left.slider("Temperature", 0.0, 5.0, 3.0, 0.1, key="ch01_heat", bind="query-params")
    keep = right.selectbox("Keep", list(KEEPS), format_func=KEEPS.__getitem__, key="ch01_keep")
    place = st.select_slider(
        "Token about to be written",
        range(FORM.prompt_length, FORM.length),
        hardest_place(a, b),
        format_func=lambda i: tokens.place_of(i, FORM, a, b),
        key="ch01_place",
    )
    from lab.inference import choosing

    before, after = choosing.before_and_after(
        loaded.model, FORM.text(a, b)[:place], sampling_of(heat, keep)
    )
    st.altair_chart(
        figures.two_sets_of_bars(before, after, VOCABULARY),
        width="stretch",
        alt="Probabilities of the next token as the model gives them, and after the settings",
    )
    share = sums_right("few_pairs", a, b, heat, keep)
    st.markdown(
        f"With these settings the small twin wrote this sum {spelled(DRAWN)} times, **{share} of "
        f"{DRAWN}** right in every token. (Greedy writes the same each time.)"
    )
    page.notice("choose_notice")
    from lab.inference import generate

    page.source(generate.reshape, generate.choose, choosing.sums_right)


@st.cache_data(max_entries=512, show_spinner=False)
def sums_right(run: str, a: int, b: int, heat: float, keep: str) -> int:
    """Of `DRAWN` texts that a run writes under these settings, how many are right."""
    model = take_with_progress(run).model
    from lab.inference import choosing

    return choosing.sums_right(model, FORM, a, b, sampling_of(heat, keep), DRAWN)


def hardest_place(a: int, b: int) -> int:
    """The token behind `=` for which the small twin is charged most."""
    from lab.inference.token_loss import prices

    charged = prices(take_with_progress("few_pairs").model, FORM.text(a, b))
    return FORM.prompt_length + int(charged[FORM.prompt_length - 1 :].argmax())


# ---------------------------------------------------------------- 6. a chain of tokens


@st.fragment
def show_chain() -> None:
    rows = rows_of("prices.jsonl")
    if not rows:
        return
    row = claims.run_row(rows, "few_pairs")
    p = 1 - row["errors_tokens"] / row["n_tokens"]
    whole, expected = 1 - row["errors_texts"] / row["n"], p**N_TOKENS
    options = ("fewer than that", "about as many", "more than that")
    right = options[int(np.searchsorted([0.95, 1.05], whole / expected))]
    if not page.predict(
        "ch01_chain",
        f"The twin gets {p:.3f} of the tokens right. If mistakes fell at random, {expected:.2f} of "
        "the sums would be right. How many are?",
        options,
        right,
        page.text("chain_why"),
    ):
        return
    n = st.slider("Tokens in the answer", 1, 64, N_TOKENS, key="ch01_n")
    st.altair_chart(
        figures.chain(n, (p, whole) if n == N_TOKENS else None),
        width="stretch",
        alt="How often a whole text is right, by how often a token is",
    )
    page.notice("chain_notice")
    from lab.inference import token_loss

    page.source(token_loss.whole_text, claims_of=("chain_why",))


# ---------------------------------------------------------------- exercises


@st.fragment
def exercise_coin() -> None:
    page.prose("ex_coin")
    left, right = st.columns(2)
    z_right = left.number_input("Logit of 5", -20.0, 20.0, 0.0, 0.1, key="ch01_ex_right")
    z_rival = right.number_input("Logit of 3", -20.0, 20.0, 2.0, 0.1, key="ch01_ex_rival")
    if z_right is None or z_rival is None:
        st.warning("Both logits are numbers from -20 to 20.")
        return
    charged = price_of_right(z_right, z_rival)
    if z_rival < LEAST_RIVAL:
        hint = f"The rival has to stand at {LEAST_RIVAL} or more."
    else:
        hint = f"The right digit has {math.exp(-charged):.2f}; a fair coin gives it one half."
    show_verdict(
        COIN[0] <= charged <= COIN[1] and z_rival >= LEAST_RIVAL,
        f"The right digit costs {charged:.3f} nats.",
        hint,
    )


@st.fragment
def exercise_mask() -> None:
    page.prose("ex_mask")
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
        hint = f"The {text[first]} in place {first + 1} is part of what you ask."
    elif missing:
        hint = (
            "Who tells the model where its answer ends?"
            if missing == {len(text) - 1}
            else (f"{len(missing)} tokens that the model must write are not charged yet.")
        )
    show_verdict(
        not extra and not missing, f"You charge {len(marked)} of {len(text)} tokens.", hint
    )


@st.fragment
@needs_a_run
def exercise_heat() -> None:
    page.prose("ex_heat")
    left, right = st.columns(2)
    cool = left.number_input("Still right at", 0.1, 50.0, 1.0, 0.1, key="ch01_ex_cool")
    warm = right.number_input("No longer at", 0.1, 50.0, 5.0, 0.1, key="ch01_ex_warm")
    if cool is None or warm is None:
        st.warning("Both temperatures are numbers from 0.1 to 50.")
        return
    at = [sums_right(BOOK_RUN, 37, 48, heat, "all") for heat in (cool, warm)]
    said = (
        f"At {cool:g} it writes {at[0]} of {DRAWN} right, and at {warm:g} it writes {at[1]} of "
        f"{DRAWN}."
    )
    solved = cool >= LEAST_HEAT and at[0] == DRAWN > at[1] and warm <= APART * cool
    if at[0] < DRAWN:
        hint = "The first temperature is too warm already."
    elif at[1] == DRAWN:
        hint = "The second is still cool enough."
    elif cool < LEAST_HEAT:
        hint = f"The first has to be at least {LEAST_HEAT}."
    else:
        hint = f"They stand {warm / cool:.1f} times apart; bring them nearer."
    show_verdict(solved, said, hint)
    from lab.inference import choosing

    page.source(choosing.sums_right)


# ---------------------------------------------------------------- the page


page.open()
page.three_from_before("before_door", "before_loss", "before_step")
page.prose("opening")
training.tell_dropped("ch01_", LINK)
page.prose("tokens")
pair = ask_pair("ch01_")
if pair is not None:
    show_tokens(*pair)
page.prose("rows")
show_rows()

page.prose("coin")
show_coin()
page.prose("loss")
show_start()

if pair is not None:
    page.prose("forcing")
    show_prices(*pair)
    page.prose("choose")
    show_choice(*pair)
page.prose("chain")
show_chain()
page.box("Why care", "care")
page.prose("end")
page.prose("exercises")
exercise_coin()
exercise_mask()
exercise_heat()
page.prose("read")
page.symbols()
