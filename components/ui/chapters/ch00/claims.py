"""The measured figures of the page on a network in NumPy."""

from __future__ import annotations

from collections.abc import Sequence

from components.ui.claims.claim import Claim, Table
from components.ui.words import spelled
from lab.readings import Counts, Numbers, Row, bench, rows, share_of

MLP, HOLDOUT = bench("bench_mlp"), rows("holdout")


def seconds(where: str, form: str) -> Numbers:
    return MLP.numbers(where, form, "seconds")


def hidden_right(encoding: str, target: str, group: str = "hidden") -> Counts:
    """A fifth of the table is hidden, and the rest shown in this way: hidden cells that are right,
    of all runs."""
    return HOLDOUT.where(encoding=encoding, target=target).errors(group).right()


def runs_of_each(found: Sequence[Row]) -> str:
    return spelled(len({row["cell"]["seed"] for row in found}))


CLAIMS: dict[str, Claim] = {
    "numpy_mlp.ten_seeds": Claim(
        "Seeds from which a network in NumPy was trained on the ten by ten table.",
        MLP.numbers("ten.starts"),
    ),
    "numpy_mlp.ten_seconds": Claim(
        "Seconds until the network in NumPy knows the ten by ten table whole, median of the seeds.",
        seconds("ten.seconds_median", "{:.2f}"),
    ),
    "numpy_mlp.ten_worst": Claim(
        "Seconds until the network in NumPy knows the ten by ten table whole, slowest seed.",
        seconds("ten.seconds_worst", "{:.2f}"),
    ),
    "numpy_mlp.hundred": Claim(
        "Products of the hundred by hundred table that a network in NumPy has right, "
        "all of them trained on.",
        MLP.counts("hundred.errors", "hundred.n").right(),
    ),
    "numpy_mlp.hundred_seconds": Claim(
        "Seconds until the network in NumPy knows the hundred by hundred table.",
        seconds("hundred.seconds", "{:.0f}"),
    ),
    "numpy_mlp.hundred_parameters": Claim(
        "Parameters of the network in NumPy that knows the hundred by hundred table.",
        MLP.numbers("hundred.parameters"),
    ),
    "numpy_mlp.gradient_error": Claim(
        "Backpropagation against finite differences in the network in NumPy, every "
        "activation function: the worst tensor.",
        MLP.numbers(lambda run: 1e9 * max(run["gradient_errors"].values()), "{:.1f}", "billionths"),
    ),
    "numpy_mlp.holdout_guess": Claim(
        "Hidden cells of the ten by ten table, all runs together, that are right if "
        "the most frequent product is always said.",
        hidden_right("one_hot", "class", "guess"),
    ),
    "numpy_mlp.holdout_seeds": Claim(
        "Runs, a seed each, for every way to write the ten by ten table when a fifth "
        "of its cells is hidden.",
        HOLDOUT.told(runs_of_each),
    ),
    "numpy_mlp.holdout_digits": Claim(
        "Hidden cells of the ten by ten table that are right, all runs together: "
        "one-hot in, digits out.",
        hidden_right("digits", "digits"),
    ),
    "numpy_mlp.holdout_digits_zero": Claim(
        "Hidden products with a factor of zero that are right, all runs together: "
        "one-hot in, digits out.",
        HOLDOUT.where(encoding="digits", target="digits")
        .numbers(lambda row: row["n_hidden_zero"] - row["errors_hidden_zero"])
        .total(),
    ),
    "numpy_mlp.holdout_hidden": Claim(
        "Share of the cells of the ten by ten table that are hidden in training, over all runs.",
        HOLDOUT.counts("n_hidden", lambda row: row["n_hidden"] + row["n_shown"]).said(share_of),
    ),
}

ONE_HOT: dict[str, tuple[str, str]] = {
    "one-hot in, one output a product": ("one_hot", "class"),
    "one-hot in, digits out": ("digits", "digits"),
}
WAYS = ONE_HOT | {
    "size in, size out": ("scalar", "regression"),
    "logarithm in, one output a product": ("log", "class"),
    "logarithm in, logarithm out": ("log", "regression"),
}
"""Ways to write the table: what goes in and what comes out."""

TABLES = {
    "numpy_mlp.holdout": Table(
        "A fifth of the table hidden",
        {name: {"Hidden cells right": hidden_right(*way)} for name, way in WAYS.items()},
        about="The ten by ten table with a fifth of its cells hidden, all runs together",
    ),
    "numpy_mlp.holdout_zero": Table(
        "Hidden products right",
        {
            name: {
                "With zero": hidden_right(*way, "hidden_zero"),
                "Without zero": hidden_right(*way, "hidden_nonzero"),
            }
            for name, way in ONE_HOT.items()
        },
        about="Hidden products of the ten by ten table right, all runs together",
    ),
}
