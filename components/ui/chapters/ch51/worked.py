"""The worked numbers in the prose of chapter 5, second page, and what its records say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui import tokens
from components.ui.chapters.ch51 import claims, probes
from components.ui.computed_ahead import ahead
from components.ui.drawings.connections import Connection, Cuts, Often, Part, Text, Width
from components.ui.drawings.guess import Answer, Axis, Dragged, Picked
from components.ui.drawings.guess import Row as Line
from components.ui.lazily import lazily
from components.ui.page_records import rows_of
from components.ui.words import spelled
from lab import statistics
from lab.data.problems import number_in
from lab.numerals import written
from lab.readings import Numbers, Row, Rows, part_of, ratio_in_words, rows

experiment = lazily(
    "lab.experiments.attention_residuals_race", known=["CHECK_EVERY", "N_CHECK", "STEPS"]
)
recipes = lazily("lab.recipes.attention_residuals")
residual = lazily("lab.model.residual")
torch = lazily("torch")
trace = lazily("lab.model.trace")

Drawn = dict[str, Any]
"""A row of a chart or a table."""

SUM = (37, 48)

REMOVED = ("kind", "look", "layers")
"""Controls that links of before may name."""

# ---------------------------------------------------------------- by hand

CONTRIBUTIONS = ((3.0, 0.0), (0.0, 10.0), (1.0, 1.0))
"""Three contributions of two numbers: of the token, of attention 0, of FFN 0."""

NAMES = ("token", "attention 0", "FFN 0")
QUERY = (1.0, 0.0)


@ahead
@lru_cache(maxsize=256)
def mixed(query: tuple[float, ...], n: int = len(CONTRIBUTIONS)) -> tuple[list[float], list[float]]:
    """The shares of the first `n` contributions under a query, and what is read."""
    added = [torch.tensor([[numbers]]) for numbers in CONTRIBUTIONS[:n]]
    stream = residual.DepthStream(added[0], [torch.tensor(query)], 1e-6, range(1, n))
    for x in added[1:]:
        stream.write("ffn_out", x, trace.NO_TRACE)
    shares = stream.pattern()
    return shares[0, 0].tolist(), stream.mix(shares)[0, 0].tolist()


def key_of(n: int) -> list[float]:
    """A contribution over its root mean square."""
    x = np.array(CONTRIBUTIONS[n])
    return (x / np.sqrt((x**2).mean())).tolist()


def score_of(n: int) -> float:
    return float(np.dot(key_of(n), QUERY))


def vector(numbers: Sequence[float]) -> str:
    return f"({', '.join(written(round(x, 2) + 0.0) for x in numbers)})"


# ---------------------------------------------------------------- 1. queries of zero

SAME = ("the same as with a plain sum", "only what the token says", "nothing of use")


# ---------------------------------------------------------------- 2. whom a layer reads

SHARE, AMOUNT = WEIGHED = ("share", "share times length")
LOST = "problems lost without it"
WIDTHS = (AMOUNT, SHARE, LOST)
"""What a connection is as wide as."""

FIRST_CUT = ("attention 2", "FFN 2")
"""With which the page opens: from, to."""

OF_YOUR_OWN = (
    f"Red arcs were found for {SUM[0]} × {SUM[1]} alone. In a problem of your own, only a cut "
    f"shows what it changes; those likely to change it are wide under *{LOST}*."
)

OTHER_WAY = ("attention 1", "FFN 1")
"""Without this one products are right, and their sum is not."""


def named(reads: probes.Reads) -> dict[str, Connection]:
    """All connections by their names in a link."""
    return {
        f"{source} to {reader}": Connection(r, n)
        for r, reader in enumerate(reads.readers)
        for n, source in enumerate(reads.sources)
        if not np.isnan(reads.shares[r, n])
    }


def name_of(reads: probes.Reads, cut: Connection) -> str:
    return next(name for name, at in named(reads).items() if at == cut)


def connection_rows(reads: probes.Reads, record: Any) -> list[Drawn]:
    """A row a connection, for a reader to take along, with what the page's own problem becomes
    without it."""
    tables = {width.name: width.table for width in widths(reads, record)}
    written_so = probes.all_written(*SUM)
    return [
        {
            "connection": name,
            **{what: float(table[at]) for what, table in tables.items()},
            f"{SUM[0]} × {SUM[1]} without it": written_so[at],
        }
        for name, at in named(reads).items()
    ]


def texts(pair: tuple[int, int], cut: Connection) -> tuple[Text, dict[Connection, Text]]:
    """What is written whole, and without a connection: of the page's own problem each of them, of
    a reader's the one that is cut."""
    if pair == SUM:
        found = dict(probes.all_written(*pair))
    else:
        found = {at: probes.written_without(*pair, at) for at in (None, tuple(cut))}
    whole = marked(found.pop(None), *pair)
    return whole, {Connection(*at): marked(text, *pair) for at, text in found.items() if at}


def widths(reads: probes.Reads, record: Any) -> list[Width]:
    lost = wrong_when_cut(record, WHOLE)
    n = claims.CUT.of(record)[0]["n"]
    return [
        Width(AMOUNT, "{share} of what {reader} reads, by length", reads.amounts),
        Width(SHARE, "a share of {share} in the mix that {reader} reads", reads.shares),
        Width(LOST, f"{{share}} of {n} problems go wrong without it", lost, bundled=False),
    ]


def marked(text: str, a: int, b: int) -> Text:
    """What the network wrote: a sum is right or wrong for the numbers that it has written."""
    form = probes.form_of(a, b)
    marks = tokens.marks_of(text, form, a, b)
    added = [number_in(text, field) for field in (*form.partial_products, form.answer)]
    numbers = [number for number in added if number is not None]
    whole = len(numbers) == len(added)
    return Text(text, [*marks.wrong], [*marks.follows], numbers if whole else None)


def parts_of(a: int, b: int) -> list[Part]:
    form = probes.form_of(a, b)
    right = form.text(a, b)
    return [
        Part(
            field.start,
            field.stop,
            "running sum" if field.kind == "sum" else tokens.label_of(field, a, b),
            field.role,
            number_in(right, field) if field.backwards and field.holds_number else None,
        )
        for field in form.fields
    ]


def places_of(a: int, b: int) -> list[str]:
    """The names of all tokens that are written."""
    form = probes.form_of(a, b)
    return [tokens.place_of(at, form, a, b) for at in range(form.prompt_length, form.length)]


ON_WHAT = (
    "in 200 problems of three by three digits, whose first two products make a running sum; "
    "each digit is predicted with the right ones before it"
)


def how_often(record: Any) -> list[Often]:
    """Problems and digits that are wrong with each connection cut."""
    found = claims.CUT.of(record)

    def counted(kind: str, name: str) -> Often:
        def of(row: Row, cut: Any) -> list[int]:
            return [row["n"], cut["errors"]] if kind == WHOLE else cut["wrong"][kind]

        n = of(found[0], found[0]["cut"][0])[0]
        return Often(name, n, [[of(row, cut)[1] for cut in row["cut"]] for row in found])

    return [counted(kind, name) for kind, name in KINDS.items()]


def cuts(pair: tuple[int, int], cut: Connection, record: Any) -> Cuts:
    """What becomes of a problem with `cut`, and of the page's own with each connection."""
    reads = probes.reads_of(*pair)
    return Cuts(
        reads.sources,
        reads.readers,
        widths(reads, record),
        parts_of(*pair),
        places_of(*pair),
        *texts(pair, cut),
        how_often(record),
        ON_WHAT,
    )


def the_cut(kind: str, cut: tuple[str, str] = FIRST_CUT) -> tuple[int, int]:
    """Of a cut, the one with which the page opens if none is named: so many are wrong, of so
    many."""
    at = named(probes.reads_of(*SUM))[" to ".join(cut)]
    (often,) = [x for x in how_often(rows_of("threads.jsonl")) if x.name == KINDS[kind]]
    return often.wrong[at.reader][at.source], often.n


def added_without(cut: tuple[str, str] = FIRST_CUT) -> str:
    """What is added up without a connection."""
    at = named(probes.reads_of(*SUM))[" to ".join(cut)]
    added = [*map(str, marked(probes.all_written(*SUM)[at], *SUM).added or ())]
    return f"${' + '.join(added[:-1])} = {added[-1]}$"


def changed_texts() -> int:
    """Connections without which the page's own problem is written otherwise."""
    texts = probes.all_written(*SUM)
    return sum(text != texts[None] for text in texts.values())


def lengths() -> dict[str, float]:
    return probes.lengths(*SUM)


def length_of_ffn(which: Callable[[list[float]], float]) -> str:
    return f"{which([x for key, x in lengths().items() if key != 'embed']):.0f}"


# ---------------------------------------------------------------- 3. the record of cut connections

WHOLE = "whole"
KINDS = {
    WHOLE: "whole problems",
    "partial product": "digits of products",
    "sum": "digits of running sums",
    "answer": "digits of the answer",
}


def wrong_when_cut(record: Any, kind: str) -> NDArray[np.float64]:
    """The share of whole problems, or of the digits of one kind, wrong with each connection cut,
    (R, N)."""
    found = claims.CUT.of(record)
    most = max(len(row["cut"]) for row in found)
    out = np.full((len(found), most), np.nan)
    for row in found:
        for source, asked in enumerate(row["cut"]):
            n, wrong = (row["n"], asked["errors"]) if kind == WHOLE else asked["wrong"][kind]
            out[row["cell"]["reading"], source] = wrong / n
    return out


BEAR = ("the FFNs", "attention", "both alike")


def who_bears_it(record: Any) -> str:
    """The option of the guess, by the medians; alike if they are within a tenth of the sums."""
    ffn, attention = (
        claims.one_pinned(part, "even").median().value(record) for part in ("FFN", "attention")
    )
    if abs(ffn - attention) <= 0.1:
        return BEAR[2]
    return BEAR[0] if ffn < attention else BEAR[1]


def given_equal_shares(record: Any) -> Picked:
    """The frame of the guess: problems wrong, medians of the seeds."""

    def wrong() -> dict[str, float]:
        parts = dict(zip(BEAR, ("FFN", "attention"), strict=False))
        return {
            name: 100 * claims.one_pinned(part, "even").median().value(record)
            for name, part in parts.items()
        }

    return Picked(Axis.percent("% of problems wrong, median over the parts"), wrong)


# ---------------------------------------------------------------- 4. and 5. the race

DEPTHS = {claims.SHALLOW: "three layers", claims.DEEP: "six layers"}


PARTS = [f"{kind} {layer}" for layer in range(claims.DEEP) for kind in ("attention", "FFN")]
"""What is written, in its order; each part but the first reads what is written before it."""

DILUTED, EARLY, LATE = "FFN 0", "attention 1", "attention 4"
"""The contribution that the page follows, and two parts that read it."""

COMPARED = ("plain", "full")


def diluted(record: Any, arm: str, contribution: str) -> dict[tuple[str, int], float]:
    """How much of what a part reads is this contribution, by part and seed: its size, and with
    attention over depth its share, over all that is read of what attention and FFNs wrote."""
    at = PARTS.index(contribution)
    found: dict[tuple[str, int], float] = {}
    for row in claims.looked_at(claims.DEEP, arm).of(record):
        sizes = [x for pair in zip(row["attn_out"], row["ffn_out"], strict=True) for x in pair]
        for n, part in enumerate([*PARTS[1:], "end"], 1):
            weights = row["depth_pattern"][n - 1][1:] if row["depth_pattern"] else [1.0] * n
            brought = [x * weight for x, weight in zip(sizes, weights, strict=False)]
            if at < n:
                found[part, row["cell"]["seed"]] = brought[at] / sum(brought)
    return found


def diluted_rows(record: Any, contribution: str) -> list[Drawn]:
    return [
        {"arm": claims.ARMS[arm], "part": part, "seed": seed, "value": value}
        for arm in COMPARED
        for (part, seed), value in diluted(record, arm, contribution).items()
    ]


def readers_of(contribution: str) -> list[str]:
    return [*PARTS[PARTS.index(contribution) + 1 :], "end"]


def in_hundredths(record: Any, arm: str, part: str) -> list[float]:
    """Of each seed: how much of what a part reads is the contribution that the page follows."""
    found = diluted(record, arm, DILUTED).items()
    return [100 * value for (reader, _), value in found if reader == part]


def median_part(arm: str, part: str) -> str:
    return f"{median(in_hundredths(rows_of('residuals.jsonl'), arm, part)):.0f}%"


GROWS = ("less than two times", "two to ten times", "more than ten times")
"""Words that links of before may say."""


def thinned_out(record: Any) -> Dragged:
    """The frame of the guess: with a plain sum."""
    first = round(median(in_hundredths(record, "plain", EARLY)))
    return Dragged(
        Axis.percent("% of what it reads"),
        f"of what {LATE} reads",
        given=[Line(f"of what {EARLY} reads", first)],
        start=50,
        hue="ochre",
    )


def left_of_it(record: Any) -> Answer:
    plain, full = ([round(x, 1) for x in in_hundredths(record, arm, LATE)] for arm in COMPARED)
    other = median(full)
    apart = ", and every seed lies above all seeds of the plain sum" * (min(full) > max(plain))
    words = f"median {other:.0f}%"
    return Answer(
        median(plain),
        f"{median(plain):.0f}%",
        then=f"With attention over depth it is {other:.0f}%{apart}.",
        dots=plain,
        rows=[Line(claims.ARMS["full"], other, words, dots=full, hue="violet")],
    )


NEVER, LOSS = "did not reach it", "loss"


def fixed_more() -> int:
    """Parameters of the arm with one number a connection, less those of the plain sum."""
    runs = race_runs()
    fixed, plain = (runs[claims.SHALLOW, arm][0]["parameters"] for arm in ("fixed", "plain"))
    return fixed - plain


Runs = Mapping[tuple[int, str], Sequence[Row]]
"""The seeds of an arm, by layers and arm."""


def race_runs() -> Runs:
    """Of both races."""
    raced = {
        claims.SHALLOW: ("residuals_race", claims.RACERS),
        claims.DEEP: ("residuals", claims.ARMS),
    }
    return {
        (n_layer, arm): claims.race(n_layer, arm).of(rows_of(f"{name}.jsonl"))
        for n_layer, (name, arms) in raced.items()
        for arm in arms
    }


def race_points(runs: Runs, what: str) -> list[Drawn]:
    """A point a run: steps to a goal, or the loss, over the median of the plain sum; who never
    arrived stands where it ended."""
    points: list[Drawn] = []
    for (n_layer, arm), seeds in runs.items():
        plain = compared(claims.race(n_layer, "plain"), what).points(runs[n_layer, "plain"])
        whole = median(reached(row, value) for row, value in plain)
        for row, value in compared(claims.race(n_layer, arm), what).points(seeds):
            points.append(
                {
                    "depth": DEPTHS[n_layer],
                    "arm": claims.RACERS[arm],
                    "seed": row["cell"]["seed"],
                    "value": reached(row, value) / whole,
                    "came": "reached the goal" if np.isfinite(value) else NEVER,
                }
            )
    return points


def reached(row: Row, value: float) -> float:
    return value if np.isfinite(value) else row["steps"]


def race_intervals(runs: Runs, what: str) -> list[Drawn]:
    """Of each arm but the plain sum the 95% interval of its median over that one's."""
    found: list[Drawn] = []
    for (n_layer, arm), seeds in runs.items():
        if arm == "plain":
            continue
        one, plain = (
            compared(claims.race(n_layer, name), what).values(own)
            for name, own in ((arm, seeds), ("plain", runs[n_layer, "plain"]))
        )
        ratio = statistics.ratio_of_medians(one, plain)
        found.append(
            {
                "depth": DEPTHS[n_layer],
                "arm": claims.RACERS[arm],
                "low": ratio.low,
                "high": ratio.high,
                "words": ratio_in_words(one, plain),
            }
        )
    return found


def compared(found: Rows, what: str) -> Numbers:
    return found.numbers("loss") if what == LOSS else found.steps_to(claims.GOALS[what])


def goals() -> str:
    """So many problems may be wrong at each goal of the race."""
    *most, last = (f"1 in {round(1 / wrong):,}" for wrong in claims.GOALS.values())
    return f"{', '.join(most)} and {last}"


FASTER = ("yes, in every seed", "no, more in every seed", "not decided by these seeds")
"""Words that links of before may say."""

ASKED_GOAL = next(goal for goal, wrong in claims.GOALS.items() if wrong == claims.MAIN_GOAL)


def steps_taken(runs: Runs, arm: str) -> list[float]:
    """Of each seed of three layers, to the goal that a reader is asked about."""
    return (
        claims.race(claims.SHALLOW, arm)
        .steps_to(claims.MAIN_GOAL)
        .values(runs[claims.SHALLOW, arm])
    )


def raced(runs: Runs) -> Dragged:
    """The frame of the guess: what the plain sum takes."""
    axis = Axis(ASKED_GOAL, 0, experiment.STEPS[claims.SHALLOW], step=experiment.CHECK_EVERY)
    later = [name for arm, name in claims.RACERS.items() if arm not in COMPARED]
    return Dragged(axis, claims.RACERS["full"], [bar_of(runs, "plain")], later, start=axis.low)


def steps_of_the_others(runs: Runs) -> Answer:
    """The answer of the guess, and the other kinds."""
    own, plain = bar_of(runs, "full"), median(steps_taken(runs, "plain"))
    rows = [bar_of(runs, arm) for arm in claims.RACERS if arm not in COMPARED]
    took = "just as many" if own.value == plain else f"{plain:,.0f}"
    then = f"The plain sum takes {took}."
    return Answer(own.value or 0, own.words, then=then, dots=own.dots, rows=rows)


def bar_of(runs: Runs, arm: str) -> Line:
    """The median of the seeds, and a dot for each."""
    steps = steps_taken(runs, arm)
    return Line(
        claims.RACERS[arm], median(steps), f"median {median(steps):,.0f}", steps, hue=HUES[arm]
    )


HUES = {"plain": "ochre", "full": "violet", "block": "teal", "fixed": "rose"}


# ---------------------------------------------------------------- the live race

WITH = {
    "plain": "with a plain sum",
    "full": "with attention over depth",
    "block": "with attention over groups of layers",
}


def recorded_curves(record: Any) -> list[Drawn]:
    """Loss and held-out share of the recorded run of every arm."""
    return [
        {"run": f"{name}, recorded", "step": step, "what": what, "value": value}
        for arm, name in claims.ARMS.items()
        for row in rows("residuals_live", arm=arm).of(record)
        for step, errors, n, loss in row["curve"]
        for what, value in (("loss", loss), ("held out", 1 - errors / n))
    ]


def share_of_the_token(which: Callable[[list[float]], float], amount: bool = False) -> str:
    """The share of the token's embedding, or share times length, in what later parts than FFN 0
    read."""
    reads = probes.reads_of(*SUM)
    table = reads.amounts if amount else reads.shares
    return f"{100 * which(table[1:, 0].tolist()):.{1 if amount else 0}f}%"


def kept_vectors(groups: bool) -> str:
    """Of each token, in the race of six layers: the embedding, and contributions or their sums."""
    return spelled(1 + (recipes.N_GROUP if groups else len(PARTS)))


CALC: dict[str, Callable[[], str]] = {
    "contribution_token": lambda: vector(CONTRIBUTIONS[0]),
    "contribution_attention": lambda: vector(CONTRIBUTIONS[1]),
    "key_token": lambda: vector(key_of(0)),
    "key_attention": lambda: vector(key_of(1)),
    "query": lambda: vector(QUERY),
    "score_token": lambda: f"{score_of(0):.2f}",
    "score_attention": lambda: f"{score_of(1):.0f}",
    "share_token": lambda: f"{mixed(QUERY, 2)[0][0]:.2f}",
    "share_attention": lambda: f"{mixed(QUERY, 2)[0][1]:.2f}",
    "read": lambda: vector(mixed(QUERY, 2)[1]),
    "same": lambda: written(probes.largest_difference(*SUM), "{:.0e}"),
    "race_seeds": lambda: spelled(len(race_runs()[claims.DEEP, "full"])),
    "most_steps_3": lambda: f"{experiment.STEPS[claims.SHALLOW]:,}",
    "most_steps_6": lambda: f"{experiment.STEPS[claims.DEEP]:,}",
    "first_part": lambda: f"{-(-experiment.N_CHECK // 8):,}",
    "goals": goals,
    "fixed_more": lambda: f"{fixed_more()}",
    "width": lambda: f"{recipes.twin(claims.SHALLOW).d_model}",
    "query_numbers": lambda: f"{2 * recipes.twin(claims.SHALLOW).d_model}",
    "connections": lambda: f"{len(named(probes.reads_of(*SUM)))}",
    "written_without": added_without,
    "other_way": lambda: added_without(OTHER_WAY),
    "other_products": lambda: part_of(*the_cut("partial product", OTHER_WAY)),
    "other_sums": lambda: part_of(*the_cut("sum", OTHER_WAY)),
    "other_answers": lambda: part_of(*the_cut("answer", OTHER_WAY)),
    "cut_products": lambda: part_of(*the_cut("partial product")),
    "cut_answers": lambda: part_of(*the_cut("answer")),
    "changed": lambda: spelled(changed_texts()),
    "token_share": lambda: f"{100 * probes.reads_of(*SUM).shares[0, 0]:.0f}%",
    "token_later": lambda: share_of_the_token(max),
    "token_later_amount": lambda: share_of_the_token(max, amount=True),
    "diluted_early": lambda: median_part("plain", EARLY),
    "diluted_end_plain": lambda: median_part("plain", "end"),
    "diluted_end_full": lambda: median_part("full", "end"),
    "kept_full": lambda: kept_vectors(groups=False),
    "kept_groups": lambda: kept_vectors(groups=True),
    "spread": lambda: f"{probes.reads_of(*SUM).spread:.2f}",
    "length_token": lambda: f"{lengths()['embed']:.1f}",
    "length_ffn_low": lambda: length_of_ffn(min),
    "length_ffn_high": lambda: length_of_ffn(max),
}
