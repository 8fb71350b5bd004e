"""Chapter 1: why writing the working turns memorising into multiplying."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from components.ui import exercises, tokens, training
from components.ui.chapter import Chapter
from components.ui.chapters.ch10 import claims, figures
from components.ui.claims import core, index, readings
from components.ui.operands import ask_pair, share_moment
from components.ui.plots import bars, curves, maps
from components.ui.records import Atlas, atlases, first_error, one_it_gets_wrong, rows_of
from components.ui.runs import BOOK_RUN, needs_a_run, take_with_progress, write, write_sum
from components.ui.words import one_in, spelled
from lab.data import difficulty, problems
from lab.data.problems import STYLES, Format
from lab.data.vocabulary import VOCABULARY
from lab.exercises.chain_of_thought import MOST_PAIRS, WANTED_MOVE
from lab.records import select
from lab.statistics import spread

if TYPE_CHECKING:
    from components.ui.live import LiveRun
    from lab.inference.transcript import Transcript

RUN_NAMES = {
    "chain_of_thought": "The book's model, with working",
    "plain": "The same network, plain format",
    "few_pairs": "The small twin, with working, trained on one pair in twenty",
}
STYLE_NAMES: Mapping[str, str] = {
    "plain": "plain",
    "reversed": "reversed",
    "cot": "cot",
    "cot_reversed": "cot, reversed",
    "dots": "dots",
}
OUTCOMES = {
    "followed": "moves as implied",
    "stayed": "stays true",
    "neither": "does neither",
}
FORM = Format("cot_reversed")


def to_be_right_in(style: problems.Style) -> str:
    """How many tokens of a line bear loss."""
    return spelled(int(Format(style).render(37, 48)[1].sum()))


def easy_rows() -> str:
    """The numbers whose rows the plain model gets right in most pairs that it was not shown."""
    found = atlases().get("plain")
    if found is None:
        return core.MISSING
    unseen = ~found.trained_on
    right = ((found.wrong_at < 0) & unseen).sum(axis=1)
    return ", ".join(map(str, np.flatnonzero(2 * right > unseen.sum(axis=1)).tolist()))


CALCULATIONS = {
    "styles": lambda: spelled(len(STYLES)),
    "short_line": lambda: to_be_right_in("plain"),
    "long_line": lambda: to_be_right_in("cot"),
    "easy_rows": easy_rows,
    "unseen_at": lambda: one_in(claims.UNSEEN_AT),
    "wanted_move": lambda: f"{WANTED_MOVE}",
    "most_pairs": lambda: f"{MOST_PAIRS}",
    "best_tens": lambda: (
        f"{100 * max(difficulty.best_guess(1, covered) for covered in range(4)):.0f} times in 100"
    ),
}

page = Chapter("10_chain_of_thought", CALCULATIONS)


# ---------------------------------------------------------------- 1. fail first


def show_difficulty() -> None:
    shares = np.array(
        [[difficulty.best_guess(place, covered) for place in range(4)] for covered in range(4)]
    )
    st.altair_chart(
        figures.table_map(
            shares[:, ::-1],
            difficulty.OPERAND_DIGITS,
            difficulty.PRODUCT_PLACES[::-1],
            "covered digit",
            "digit of the product",
        ),
        width="stretch",
        alt="How often the best guess of a product digit is right with one operand digit covered",
    )


@st.fragment
def show_failure() -> None:
    looked = index.look_up("ch1.plain_heldout").measured
    right = bucket(looked.errors, looked.n) if looked else core.MISSING
    if not page.predict(
        "ch10_fail",
        "Of held-out pairs, how many does the plain model get right?",
        BUCKETS,
        right,
        page.text("fail_why"),
    ):
        return
    found = atlases()
    bars = [
        bar
        for run in ("plain", "chain_of_thought")
        if run in found
        for bar in seen_and_heldout(run, found[run])
    ]
    if bars:
        st.altair_chart(
            figures.seen_and_heldout(bars),
            width="stretch",
            alt="Share of right texts on pairs trained on and held out, plain and with working",
        )
    page.notice("fail_notice")


BUCKETS = ("under 10 in 100", "10 to 50 in 100", "50 to 90 in 100", "over 90 in 100")


def bucket(errors: int | None, n: int | None) -> str:
    share = 1 - (errors or 0) / (n or 1)
    return BUCKETS[int(np.searchsorted([0.1, 0.5, 0.9], share, side="right"))]


def seen_and_heldout(run: str, found: Atlas) -> list[dict[str, Any]]:
    """Two bars: the pairs that the run trained on, and those held out."""
    seen = found.trained_on
    bars: list[dict[str, Any]] = []
    for pairs, cells in (("trained on", seen), ("held out", ~seen)):
        n, wrong = int(cells.sum()), int((found.wrong_at[cells] >= 0).sum())
        bars.append(
            {
                "bar": f"{'plain' if run == 'plain' else 'with working'}, {pairs}",
                "pairs": pairs,
                "share": 1 - wrong / n,
                "label": core.count(wrong, n),
            }
        )
    return bars


# ---------------------------------------------------------------- 2. five ways


def show_ways(a: int, b: int) -> None:
    with st.popover("More"):
        padded = st.toggle("Keep leading zeros of the operands", True, key="ch10_padded")
        st.caption("Without them, every field is as wide as your numbers need.")
    st.html(tokens.key())
    for style in STYLES:
        form = Format(style, padded=padded)
        text = form.text(a, b).rstrip("_")
        _, mask = form.render(a, b)
        marks = tokens.Marks(loss=np.flatnonzero(mask[0]).tolist())
        st.html(
            f'<div class="wb-note"><b>{STYLE_NAMES[style]}</b> '
            f'<span class="wb-soft">{len(text)} tokens, {int(mask.sum())} bear loss</span></div>'
            + tokens.strip(text, form.shape_of(text), a, b, marks=marks, small=True)
        )


@st.fragment
def show_carry(a: int, b: int) -> None:
    order = st.segmented_control(
        "Write the sum",
        ["back to front", "front to back"],
        default="back to front",
        required=True,
        key="ch10_order",
    )
    st.caption("Choose which end of the sum is written first. The columns stand in that order.")
    st.html(carry_table(a, b, backwards=order == "back to front"))
    page.notice("carry_notice")


def carry_table(a: int, b: int, *, backwards: bool) -> str:
    """The column sum of the two partial products, columns in the order of writing."""
    columns = list(enumerate(difficulty.carries(a, b)))
    columns = columns if backwards else columns[::-1]
    arrow = "→" if backwards else "←"

    def row(name: str, cells: Sequence[str], kind: str = "") -> str:
        return (
            f'<tr class="{kind}"><th>{name}</th>'
            + "".join(f"<td>{c}</td>" for c in cells)
            + "</tr>"
        )

    def carry(value: int) -> str:
        return f'<span class="wb-carry">{value} {arrow}</span>'

    heads = "".join(
        f'<th class="wb-top">{i}. {difficulty.PRODUCT_PLACES[place]}</th>'
        for i, (place, _) in enumerate(columns, 1)
    )
    body = [
        row(f"{a} × {b % 10}", [str(x) for _, (x, *_) in columns]),
        row(f"{a} × {b // 10 * 10}", [str(y) for _, (_, y, *_) in columns]),
        row("carry in", [str(c) for _, (_, _, c, *_) in columns]),
        row("written", [f"<b>{w}</b>" for _, (_, _, _, w, _) in columns], "wb-sum"),
        row("carry out", [carry(out) for _, (*_, out) in columns]),
    ]
    return (
        f'<div class="wb-scroll"><table class="wb-table"><tr><th></th>{heads}</tr>'
        f"{''.join(body)}</table></div>"
    )


# ---------------------------------------------------------------- 3. train it

FRACTIONS = (0.02, 0.05, 0.10, 0.20, 0.30)
WIDTHS, LAYERS = (32, 64, 128, 192, 256), (1, 2, 3, 4, 5, 6)
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 1.0)
OPTIMISERS = ("muon", "adamw")
LINK = {
    "ch10_style": training.one_of(tuple(STYLE_NAMES.values())),
    "ch10_fraction": training.one_of([training.per_cent(f) for f in FRACTIONS]),
    "ch10_d_model": training.one_of(WIDTHS),
    "ch10_n_layer": training.one_of(LAYERS),
    "ch10_rate": training.one_of(RATES),
    "ch10_optimiser": training.one_of(OPTIMISERS),
    "ch10_steps": training.whole(1, 2000),
    "ch10_seed": training.whole(0, 9999),
    "ch10_layer": training.one_of(range(6)),
    "ch10_head": training.one_of(range(4)),
    "ch10_forge_to": training.one_of(range(10)),
    # These answer for themselves, beside their own boxes.
    **dict.fromkeys(("ch10_a", "ch10_b", "ch10_forge_at"), lambda _: True),
}


@st.fragment
def show_training() -> None:
    """A fragment, so that a click on Train redraws this section and not the whole page."""
    training.tell_dropped("ch10_", LINK)
    ask_settings()
    st.button(
        "Train",
        type="primary",
        icon=":material/play_arrow:",
        key="ch10_train",
        on_click=train_as_set,
    )
    training.watch("ch10_live", run_name)
    if not training.runs_here("ch10_live"):
        show_recorded_runs()
    page.notice("train_notice")
    show_training_source()


@needs_a_run
def show_training_source() -> None:
    take_with_progress(BOOK_RUN)  # torch loads behind a progress bar
    from lab.live import loop as live
    from lab.training import train

    page.source(train.train_in_parts, live.steps_of, live.check_pairs)


def show_recorded_runs() -> None:
    """Two runs of the race, until the reader's own take their place."""
    points: list[dict[str, Any]] = []
    for style in ("cot_reversed", "plain"):
        for row in select(rows_of("race.jsonl"), style=style, seed=0):
            points += [
                {
                    "run": STYLE_NAMES[style],
                    "tokens": check["tokens"],
                    "what": what,
                    "value": 1 - check[f"errors_{split}"] / check[f"n_{split}"],
                }
                for check in row["curve"]
                for what, split in CURVES.items()
            ]
    if points:
        st.caption(
            "Recorded: the twin on cot, reversed and on plain, from one seed. "
            "Your own runs take this place."
        )
        st.altair_chart(
            curves.exactness_curves(points, x="tokens"),
            width="stretch",
            alt="Two recorded runs: only the one with working gets held-out pairs right",
        )


@st.fragment
def ask_settings() -> None:
    """The settings of the next run. Moving them changes no run that goes on."""
    st.segmented_control(
        "Format of the lines",
        STYLES,
        default="cot_reversed",
        required=True,
        format_func=STYLE_NAMES.__getitem__,
        key="ch10_style",
        bind="query-params",
    )
    st.select_slider(
        "Share of all pairs it may see",
        FRACTIONS,
        0.30,
        format_func=training.per_cent,
        key="ch10_fraction",
        bind="query-params",
    )
    page.prose("train_controls")
    with st.expander("More settings"):
        left, right = st.columns(2)
        left.select_slider("Width, d_model", WIDTHS, 128, key="ch10_d_model", bind="query-params")
        right.select_slider("Layers", LAYERS, 2, key="ch10_n_layer", bind="query-params")
        left.select_slider("Learning rate", RATES, 0.003, key="ch10_rate", bind="query-params")
        right.segmented_control(
            "Optimiser",
            OPTIMISERS,
            default="muon",
            required=True,
            key="ch10_optimiser",
            bind="query-params",
        )
        left.number_input("Steps", 1, 2000, 400, 50, key="ch10_steps", bind="query-params")
        right.number_input("Seed", 0, 9999, 0, 1, key="ch10_seed", bind="query-params")
        page.prose("train_more")


def train_as_set() -> None:
    """Start a run with what the controls say now."""
    names = ("style", "fraction", "d_model", "n_layer", "rate", "optimiser", "steps", "seed")
    training.launch("ch10_live", {name: st.session_state[f"ch10_{name}"] for name in names})


@st.fragment
def show_trained() -> None:
    """The atlas of a run that the reader has trained, and the text of any cell of it."""
    runs = [run for run in training.runs_here("ch10_live") if run.weights]
    if not runs:
        return
    page.prose("trained")
    names = training.unlike([run_name(run.spec.arguments) for run in runs])
    chosen = st.selectbox("Open the atlas of", names, key="ch10_trained")
    run = runs[names.index(chosen)]
    atlas = Atlas(run.wrong_at, training.trained_cells(run))
    event = st.altair_chart(
        maps.atlas(atlas.wrong_at, atlas.trained_on),
        width="stretch",
        on_select="rerun",
        selection_mode="cell",
        key=f"ch10_trained_{run.id}",
        alt=f"All pairs up to 99 as a grid: right or wrong, as {chosen} writes them",
    )
    picked = event["selection"].get("cell") or []
    a, b = (int(picked[0]["a"]), int(picked[0]["b"])) if picked else first_error(atlas)
    model = training.model_of(run)
    from lab.data.vocabulary import decode
    from lab.inference.transcript import transcribe

    prompt = decode(model.format.prompt(a, b)[0])
    show_cell(model.format, transcribe(model.model, prompt, model.format.length), a, b)


def train_on_pairs(pairs: list[tuple[int, int]]) -> None:
    """A button under the list of an exercise: its run appears with the others, in section 3."""
    if st.button(
        "Train the twin on these pairs", key="ch10_ex_train", icon=":material/play_arrow:"
    ):
        training.launch("ch10_live", {"pairs": pairs})
        st.rerun()
    own = [run for run in training.runs_here("ch10_live") if run.spec.arguments.get("pairs")]
    if own:
        st.markdown(beat_random(own[-1]))


def beat_random(run: LiveRun) -> str:
    """A run on the reader's own pairs against the recorded ones on random pairs."""
    rows = rows_of("choice.jsonl")
    if run.goes_on:
        return "Your run goes on: it is shown with the others, in section 3 of this page."
    if run.phase != "done" or not rows:
        return "Your run has not come to its end, so there is nothing to compare yet."
    seen = run.checks[-1].check
    assert seen is not None
    mine = seen.errors_heldout / seen.n_heldout
    random = sorted(r["errors_heldout"] / r["n_heldout"] for r in select(rows, choice="random"))
    verdict = "Your list lies among the random seeds, so this may be luck."
    if mine < random[0]:
        verdict = "Your list beats every random seed. One run is still one roll of the dice."
    elif mine > random[-1]:
        verdict = "Your list leaves more errors than every random seed."
    return (
        f"On held-out pairs your list leaves {core.share(seen.errors_heldout, seen.n_heldout)} "
        f"wrong, random pairs {100 * random[0]:.0f} to {100 * random[-1]:.0f} in 100 "
        f"({len(random)} seeds). **{verdict}**"
    )


def run_name(arguments: Mapping[str, Any]) -> str:
    """What a reader changed, in words: 'plain, seed 1'."""
    said = [STYLE_NAMES[str(arguments.get("style", "cot_reversed"))]]
    words = {
        "fraction": lambda x: f"{training.per_cent(x)} of the pairs",
        "d_model": lambda x: f"width {x}",
        "n_layer": lambda x: f"{x} layer{'' if x == 1 else 's'}",
        "rate": lambda x: f"rate {x}",
        "optimiser": str,
        "steps": lambda x: f"{x} steps",
        "seed": lambda x: f"seed {x}",
    }
    usual = training.defaults()
    for key, word in words.items():
        if arguments.get(key, usual[key]) != usual[key]:
            said.append(word(arguments[key]))
    if arguments.get("pairs"):
        said.append(f"{len(arguments['pairs'])} pairs of your own")
    return ", ".join(said)


# ---------------------------------------------------------------- 4. the race

CURVES = {"held out": "validation", "trained on": "train"}


@st.fragment
def show_race() -> None:
    """Five formats, five seeds, equal tokens: held-out and trained-on shares as they were read."""
    rows = rows_of("race.jsonl")
    if not rows:
        return
    ranking = sorted(STYLES, key=lambda style: median_errors(rows, style=style))
    if not page.predict(
        "ch10_race",
        "Which format is right most often on held-out pairs?",
        [STYLE_NAMES[style] for style in STYLES],
        STYLE_NAMES[ranking[0]],
        page.text("race_why"),
    ):
        return
    which = st.segmented_control(
        "Show the pairs that were",
        list(CURVES),
        default="held out",
        required=True,
        key="ch10_race_pairs",
    )
    st.altair_chart(
        figures.bands(
            [
                row
                for style in STYLES
                for row in band_rows(rows, STYLE_NAMES[style], CURVES[str(which)], style=style)
            ],
            "tokens read in training",
            "texts right in every token",
        ),
        width="stretch",
        alt="Share of right texts against tokens read, a line a format, its seeds as a band",
    )
    page.notice("race_notice")
    from lab.experiments import controls

    page.source(controls.train_and_score, controls.race_cells, claims_of=("race_why",))


def median_errors(rows: Sequence[dict[str, Any]], group: str = "heldout", **cell: Any) -> float:
    return spread(row[f"errors_{group}"] for row in select(rows, **cell)).median


def band_rows(
    rows: Sequence[dict[str, Any]], name: str, split: str, **cell: Any
) -> list[dict[str, Any]]:
    """The lowest, median and highest share over the seeds of an arm, check by check."""
    curves = [row["curve"] for row in select(rows, **cell)]
    out: list[dict[str, Any]] = []
    for checks in zip(*curves, strict=True):
        low, mid, high = spread(1 - c[f"errors_{split}"] / c[f"n_{split}"] for c in checks)
        out.append({"arm": name, "x": checks[0]["tokens"], "low": low, "mid": mid, "high": high})
    return out


def seed_rows(
    rows: Sequence[dict[str, Any]], name: str, group: str = "heldout", **cell: Any
) -> list[dict[str, Any]]:
    """A point for each seed of an arm: the share of a group of pairs that came out right."""
    return [
        {
            "arm": name,
            "share": 1 - row[f"errors_{group}"] / row[f"n_{group}"],
            "seed": row["cell"]["seed"],
            "errors": f"{row[f'errors_{group}']:,} of {row[f'n_{group}']:,}",
        }
        for row in select(rows, **cell)
    ]


# ---------------------------------------------------------------- 5. data or architecture


@st.fragment
def show_sizes() -> None:
    """The plain format on ever larger models, beside the working on the smallest."""
    sizes, plain = rows_of("sizes.jsonl"), index.look_up("ch1.plain_heldout").measured
    if not sizes or not plain or plain.errors is None or not plain.n:
        return
    small = median_errors(sizes, style="cot_reversed") / sizes[0]["n_heldout"]
    names = ("the largest network, plain", "the smallest network, with the working")
    if not page.predict(
        "ch10_sizes",
        "Which is right more often on held-out pairs?",
        names,
        names[int(small < plain.errors / plain.n)],
        page.text("sizes_why"),
    ):
        return
    points = [
        row
        for cell in ({"style": "plain"}, {"style": "cot_reversed"})
        for d_model, n_layer in sorted(
            {(r["cell"]["d_model"], r["cell"]["n_layer"]) for r in sizes}
        )
        for row in seed_rows(
            sizes,
            f"{STYLE_NAMES[cell['style']]}, {size_of(sizes, d_model, n_layer)}",
            **cell,
            d_model=d_model,
            n_layer=n_layer,
        )
    ]
    largest = {
        "arm": "plain, 4.7M",
        "share": 1 - plain.errors / plain.n,
        "seed": 0,
        "errors": f"{plain.errors:,} of {plain.n:,}",
    }
    points.insert(sum(p["arm"].startswith("plain") for p in points), largest)
    st.altair_chart(
        bars.seeds(points, "format and size"),
        width="stretch",
        alt="Share of held-out texts right, a point a seed, for four sizes and two formats",
    )
    page.notice("sizes_notice")
    from lab.experiments import controls

    page.source(controls.size_cells, controls.measure_size, claims_of=("sizes_why",))


def size_of(rows: Sequence[dict[str, Any]], d_model: int, n_layer: int) -> str:
    size = select(rows, d_model=d_model, n_layer=n_layer)[0]["parameters"]
    return f"{size / 1e6:.1f}M"


@st.fragment
def show_choice() -> None:
    """300 pairs that hold every partial product against 300 drawn blindly."""
    rows = rows_of("choice.jsonl")
    if not rows:
        return
    names = (
        "the chosen pairs, in every seed",
        "the random pairs, in every seed",
        "now this, now that",
    )
    chosen, blind = (
        [r["errors_heldout"] for r in select(rows, choice=c)] for c in ("chosen", "random")
    )
    always = (max(chosen) < min(blind), max(blind) < min(chosen))
    right = names[always.index(True)] if any(always) else names[2]
    if not page.predict(
        "ch10_choice",
        "Which leave fewer errors on held-out pairs?",
        names,
        right,
        page.text("choice_why"),
    ):
        return
    points = [
        point
        for choice, name in (("chosen", "300 chosen pairs"), ("random", "300 random pairs"))
        for point in seed_rows(rows, name, choice=choice)
    ]
    st.altair_chart(
        bars.seeds(points),
        width="stretch",
        alt="Share of held-out texts right after training on 300 chosen or 300 random pairs",
    )
    page.notice("choice_notice")
    from lab.data import coverage
    from lab.experiments import controls

    page.source(coverage.choose_cover, controls.measure_choice, claims_of=("choice", "choice_why"))


UNSEEN = ("both seen in training", "one never seen", "both never seen")


@st.fragment
def show_unseen() -> None:
    """Held-out sums by how many of their partial products training never showed, at one in ten."""
    rows = rows_of("fractions.jsonl")
    if not rows:
        return
    tenth = select(rows, fraction=claims.UNSEEN_AT)
    if not page.predict(
        "ch10_unseen",
        "Of sums whose two partial products were both never seen, how many come out right?",
        BUCKETS,
        bucket(
            round(median_errors(rows, "unseen_2", fraction=claims.UNSEEN_AT)),
            tenth[0]["n_unseen_2"],
        ),
        page.text("unseen_why"),
    ):
        return
    points = [
        point
        for k, name in enumerate(UNSEEN)
        for point in seed_rows(rows, name, f"unseen_{k}", fraction=claims.UNSEEN_AT)
    ]
    st.altair_chart(
        bars.seeds(points, "partial products"),
        width="stretch",
        alt="Share of held-out texts right by how many partial products were never seen",
    )
    page.notice("unseen_notice")
    from lab.experiments import controls

    page.source(controls.usual_groups, controls.census, claims_of=("unseen_why", "unseen_notice"))


# ---------------------------------------------------------------- 6. the atlas


@st.fragment
def show_atlas() -> None:
    found = atlases()
    if not found:
        return
    run = st.segmented_control(
        "Model",
        [name for name in ("plain", "few_pairs", "chain_of_thought") if name in found],
        default="few_pairs" if "few_pairs" in found else None,
        required=True,
        format_func=lambda name: {"few_pairs": "small twin", "plain": "plain"}.get(
            name, "the book's model"
        ),
        key="ch10_atlas_run",
    )
    atlas = found[str(run)]
    st.caption(f"{RUN_NAMES[str(run)]}: {core.count(atlas.errors, atlas.wrong_at.size)}.")
    event = st.altair_chart(
        maps.atlas(atlas.wrong_at, atlas.trained_on),
        width="stretch",
        on_select="rerun",
        selection_mode="cell",
        key=f"ch10_atlas_{run}",
        alt="All pairs up to 99 as a grid: right or wrong, trained on or never shown",
    )
    picked = event["selection"].get("cell") or []
    a, b = (int(picked[0]["a"]), int(picked[0]["b"])) if picked else first_error(atlas)
    show_recorded_cell(str(run), a, b)
    page.notice("atlas_notice")
    if run == "few_pairs":
        show_first_wrong(atlas)
    from lab.inference import evaluate

    page.source(evaluate.decode_all, evaluate.first_wrong)


def show_first_wrong(atlas: Atlas) -> None:
    """Which token of the working is the first to fail, over all wrong texts of the small twin."""
    page.prose("first_wrong")
    counts = {
        step_name(position): int((atlas.wrong_at == position).sum())
        for position in range(FORM.prompt_length, FORM.length)
        if step_name(position)
    }
    fields = ("first partial product", "second partial product", "product")
    by_field = {name: sum(n for k, n in counts.items() if k.startswith(name)) for name in fields}
    most = max(by_field, key=lambda name: by_field[name])
    if page.predict(
        "ch10_first_wrong",
        "In which number does the first error stand most often?",
        fields,
        most,
        f"Of {atlas.errors:,} wrong texts, {by_field[most]:,} go wrong there first.",
    ):
        st.altair_chart(
            bars.count_bars(counts, "first wrong token", "texts"),
            width="stretch",
            alt="How many wrong texts of the small twin first fail at each token",
        )
        page.notice("first_wrong_notice")


def step_name(position: int) -> str:
    """A digit of the working or the answer, without a reader's numbers; '' for a sign."""
    field = next(f for f in FORM.fields() if f.start <= position < f.stop)
    if field.role == "operator":
        return ""
    place = problems.PLACE_NAMES[field.place(position)]
    which = {
        "partial product 0": "first partial product",
        "partial product 1": "second partial product",
    }
    return f"{which.get(field.name, 'product')}, {place}"


@needs_a_run
def show_recorded_cell(run: str, a: int, b: int) -> None:
    form = take_with_progress(run).format
    show_cell(form, write_sum(run, a, b), a, b)


def show_cell(form: Format, written: Transcript, a: int, b: int) -> None:
    """The transcript of one pair, and the belief at its first wrong token."""
    right = form.text(a, b)
    wrong = tokens.wrong_tokens(written.text, right)
    st.markdown(f"**{a} × {b}** = {a * b}. The model writes:")
    st.html(tokens.strip(written.text, form, a, b, marks=tokens.Marks(wrong=wrong)))
    place = wrong[0] if wrong else len(right) - 2
    where = tokens.place_of(place, form, a, b)
    if wrong:
        st.markdown(f"The first wrong token is **{where}**. " + page.text("atlas_cell"))
    else:
        st.markdown(f"Every token is right. What the model believed at the last, {where}:")
    st.altair_chart(
        figures.beliefs(
            written.beliefs[place - written.given], VOCABULARY, right[place], written.text[place]
        ),
        width="stretch",
        alt=f"Probability of every token at {where}",
    )


# ---------------------------------------------------------------- 7. attention


def patterns_of(text: str) -> np.ndarray:
    """The attention weights of the book's model on a text: (layer, head, T, T)."""
    model = take_with_progress(BOOK_RUN).model
    from lab.interp.patterns import patterns

    return patterns(model, text)


@st.fragment
@needs_a_run
def show_attention(a: int, b: int) -> None:
    left, right = st.columns(2)
    missed = readings.most_missed_head()
    layer = left.select_slider("Layer", range(6), missed[0], key="ch10_layer", bind="query-params")
    head = right.select_slider("Head", range(4), missed[1], key="ch10_head", bind="query-params")
    text = write_sum(BOOK_RUN, a, b).text
    weights = patterns_of(text)
    st.html(tokens.strip(text, FORM, a, b, small=True))
    st.altair_chart(
        maps.attention_map(weights[layer, head], text),
        width="stretch",
        alt=f"Attention of layer {layer}, head {head}, token by token",
    )
    page.notice("attention_notice")
    page.prose("every_head")
    place = st.select_slider(
        "Token about to be written",
        range(FORM.prompt_length, FORM.length),
        FORM.prompt_length + 1,
        format_func=lambda i: f"{text[i]} ({tokens.place_of(i, FORM, a, b)})",
        key="ch10_place",
    )
    from_here = weights[:, :, place - 1, :place].reshape(-1, place)
    names = [f"{i}.{j}" for i in range(weights.shape[0]) for j in range(weights.shape[1])]
    st.markdown(strongest(from_here, names, a, b))
    st.altair_chart(
        figures.heads_map(from_here, names, text),
        width="stretch",
        alt=f"Where all heads look before writing token {place}",
    )
    from lab.interp import patterns
    from lab.model.attention import kernels

    page.source(kernels.MathAttention.__call__, patterns.patterns)


def strongest(shares: np.ndarray, names: Sequence[str], a: int, b: int) -> str:
    """One line: the three heads with the largest share on one digit, and which digit that is."""
    digits = [i for i in range(shares.shape[1]) if not is_sign(i)]
    order = np.argsort(-shares[:, digits].max(axis=1))[:3]
    seen = [
        f"head {names[h]} on **{tokens.place_of(key, FORM, a, b)}** ({shares[h, key]:.2f})"
        for h in order
        for key in [digits[int(shares[h, digits].argmax())]]
    ]
    return "The strongest looks at a digit: " + ", ".join(seen) + "."


def is_sign(position: int) -> bool:
    return any(f.role == "operator" and f.start <= position < f.stop for f in FORM.fields())


# ---------------------------------------------------------------- 8. tamper


@st.fragment
@needs_a_run
def show_tampering(a: int, b: int) -> None:
    digits = [
        i
        for field in FORM.fields()
        if field.name.startswith("partial product")
        for i in range(field.start, field.stop)
    ]
    right = FORM.text(a, b)
    left, middle = st.columns(2)
    place = left.selectbox(
        "Digit to forge",
        digits,
        1,
        format_func=lambda i: tokens.place_of(i, FORM, a, b),
        key="ch10_forge_at",
        bind="query-params",
    )
    new = middle.select_slider(
        "Write instead", range(10), 3, key="ch10_forge_to", bind="query-params"
    )
    honest = write_sum(BOOK_RUN, a, b)
    forged = write(BOOK_RUN, right[:place] + str(new))
    st.caption("As it was. Then you write over the chosen digit, and the model goes on.")
    st.html(tokens.strip(honest.text, FORM, a, b, small=True))
    said = verdict(forged.text, a, b, place, new - int(right[place]))
    if not page.predict("ch10_forge", "What will the model answer?", FORGERY_ANSWERS, *said):
        return
    moved = [i for i in range(place + 1, FORM.length) if forged.text[i] != honest.text[i]]
    marks = tokens.Marks(forged=[place], moved=moved)
    st.html(tokens.strip(forged.text, FORM, a, b, marks=marks, written_from=place + 1))
    share_moment(
        ch10_a=a, ch10_b=b, ch10_forge_at=tokens.place_of(place, FORM, a, b), ch10_forge_to=new
    )


FORGERY_ANSWERS = ("what the forgery implies", "the true product", "something else")


def verdict(text: str, a: int, b: int, place: int, change: int) -> tuple[str, str]:
    """What the model made of a forgery, one of `FORGERY_ANSWERS`, and the numbers behind it."""
    field = next(f for f in FORM.fields() if f.start <= place < f.stop)
    implied = a * b + change * 10 ** field.place(place)
    answer = text[FORM.fields()[-2].start : FORM.fields()[-2].stop][::-1]
    wrote = int(answer) if answer.isdigit() else answer
    said = f"The forgery implies {implied}, the truth is {a * b}, and the model writes **{wrote}**"
    if change == 0:
        return FORGERY_ANSWERS[1], "That is the digit that stood there. Choose another."
    if wrote == implied:
        return FORGERY_ANSWERS[0], said + ": it believes its note."
    if wrote == a * b:
        return FORGERY_ANSWERS[1], said + ": it does not look at this digit, or mends it."
    return FORGERY_ANSWERS[2], said + ". See which later token moved."


@st.fragment
def show_recorded_tampering() -> None:
    looked = index.look_up("ch1.tamper_followed").measured
    rows = rows_of("tamper.jsonl") if looked else []
    if not rows:
        return
    varying = [row for row in rows if not claims.is_constant_zero(row)]
    n = sum(row["n"] for row in varying)
    right = bucket(n - sum(row["followed"] for row in varying), n)
    if not page.predict(
        "ch10_tamper",
        "Over all pairs and digits: how often does the answer move exactly as the forgery implies?",
        BUCKETS,
        right,
        page.text("tamper_why"),
    ):
        return
    bars = [
        {
            "digit": step_name(row["cell"]["position"]).replace(" partial product", ""),
            "outcome": name,
            "share": row[key] / row["n"],
            "label": f"{row[key]:,} of {row['n']:,}",
            "order": order,
        }
        for row in rows
        for order, (key, name) in enumerate(OUTCOMES.items())
    ]
    st.altair_chart(
        figures.outcomes(bars), width="stretch", alt="What the answer does, for each forged digit"
    )
    page.notice("tamper_notice")
    from lab.interp import tamper

    page.source(tamper.forge, tamper.tampered, claims_of=("tamper_why",))


@needs_a_run
def show_handed(a: int, b: int) -> None:
    """What the small twin writes when 0, 1 or 2 partial products stand in its prompt."""
    a, b = one_it_gets_wrong(a, b)
    right = FORM.text(a, b)
    from lab.inference import evaluate
    from lab.interp import tamper

    for given, name in enumerate(("Nothing", "The first partial product", "Both")):
        start = tamper.tokens_given(FORM, given)
        written = write("few_pairs", right[:start])
        wrong = tokens.wrong_tokens(written.text, right)
        said = f"wrong from {tokens.place_of(wrong[0], FORM, a, b)} on" if wrong else "right"
        st.caption(f"{name} handed over: {said}.")
        marks = tokens.Marks(wrong=wrong, given=range(FORM.prompt_length, start))
        st.html(tokens.strip(written.text, FORM, a, b, marks=marks))
    page.notice("handed_notice")
    page.source(tamper.tokens_given, evaluate.go_on, claims_of=("handed_notice",))


# ---------------------------------------------------------------- the page

page.open()
page.three_from_before("before_stream", "before_attention", "before_table")
page.prose("opening")
page.prose("covered")
show_difficulty()
page.notice("covered_notice")
page.source(difficulty.best_guess)

page.prose("fail")
show_failure()
page.source(problems.split_value, problems.pairs_of, claims_of=("fail", "fail_why"))

page.prose("ways")
pair = ask_pair("ch10_")
if pair is not None:
    show_ways(*pair)
    page.notice("ways_notice")
    page.source(problems.fields_of, problems.render_shape, problems.value_of_field)
    page.prose("carry")
    show_carry(*pair)
    page.source(difficulty.carries)

page.prose("train")
show_training()
show_trained()

page.prose("race")
show_race()
page.prose("sizes")
show_sizes()
page.prose("choice")
show_choice()

page.prose("atlas")
show_atlas()
page.prose("unseen")
show_unseen()

if pair is not None:
    page.prose("attention")
    show_attention(*pair)
    page.prose("tamper")
    show_tampering(*pair)
show_recorded_tampering()
page.box("Why care", "care")
if pair is not None:
    page.prose("handed")
    show_handed(*pair)
page.prose("end")
page.prose("exercises")
exercises.forge_a_digit(page, "ch10_ex_forge")
exercises.choose_pairs(page, "ch10_ex_cover", train_on=train_on_pairs)
exercises.find_the_adding_head(page, "ch10_ex_head")
exercises.be_the_model(page, "ch10_ex_write")
page.prose("read")
page.symbols()
