"""The measured figures of the page on a network in NumPy."""

from __future__ import annotations

from typing import Any

from components.ui.claims.core import Claim
from components.ui.claims.readings import count_seeds, pooled_right
from lab.readings import Measured, part_of, share_of

MLP, HOLDOUT = "records/bench_mlp.json", "records/holdout.jsonl"


def table_known(document: dict[str, Any]) -> Measured:
    run = document["hundred"]
    return Measured(part_of(run["n"] - run["errors"], run["n"]), run["errors"], run["n"])


def hidden_share(rows: list[dict[str, Any]]) -> Measured:
    """The cells of the table that were hidden, over all runs."""
    hidden = sum(row["n_hidden"] for row in rows)
    return Measured(share_of(hidden, hidden + sum(row["n_shown"] for row in rows)))


CLAIMS: dict[str, Claim] = {
    "numpy_mlp.ten_seeds": Claim(
        "The ten by ten table, random starts tried.",
        MLP,
        lambda document: Measured(f"{document['ten']['starts']}"),
    ),
    "numpy_mlp.ten_seconds": Claim(
        "Seconds until the network knows the ten by ten table whole, median.",
        MLP,
        lambda document: Measured(f"{document['ten']['seconds_median']:.2f} seconds"),
    ),
    "numpy_mlp.ten_worst": Claim(
        "Seconds until the network knows the ten by ten table whole, slowest seed.",
        MLP,
        lambda document: Measured(f"{document['ten']['seconds_worst']:.2f} seconds"),
    ),
    "numpy_mlp.hundred": Claim("The hundred by hundred table, by heart: right.", MLP, table_known),
    "numpy_mlp.hundred_seconds": Claim(
        "Seconds until the network knows the hundred by hundred table.",
        MLP,
        lambda document: Measured(f"{document['hundred']['seconds']:.0f} seconds"),
    ),
    "numpy_mlp.hundred_parameters": Claim(
        "Parameters of the network that knows the hundred by hundred table.",
        MLP,
        lambda document: Measured(f"{document['hundred']['parameters']:,}"),
    ),
    "numpy_mlp.gradient_error": Claim(
        "Backpropagation against finite differences, every activation: the worst tensor.",
        MLP,
        lambda document: Measured(
            f"{max(document['gradient_errors'].values()) * 1e9:.1f} billionths"
        ),
    ),
    **{
        f"numpy_mlp.holdout_{name}": Claim(
            f"A fifth of the table hidden, {encoding} in, {target} out: hidden cells right.",
            HOLDOUT,
            pooled_right("hidden", encoding=encoding, target=target),
        )
        for name, encoding, target in (
            ("one_hot", "one_hot", "class"),
            ("digits", "digits", "digits"),
            ("scalar", "scalar", "regression"),
            ("log_class", "log", "class"),
            ("log", "log", "regression"),
        )
    },
    **{
        f"numpy_mlp.holdout_{name}": Claim(
            f"The same, one_hot in, class out: {said}.",
            HOLDOUT,
            pooled_right(group, encoding="one_hot", target="class"),
        )
        for name, group, said in (
            ("guess", "guess", "right if the most frequent product is always said"),
            ("zero", "hidden_zero", "right of the hidden products that are zero"),
            ("nonzero", "hidden_nonzero", "right of those that are not zero"),
        )
    },
    **{
        f"numpy_mlp.holdout_digits_{name}": Claim(
            f"The same, digits in, digits out: right of the hidden products that are {said}.",
            HOLDOUT,
            pooled_right(f"hidden_{name}", encoding="digits", target="digits"),
        )
        for name, said in (("zero", "zero"), ("nonzero", "not zero"))
    },
    "numpy_mlp.holdout_seeds": Claim("Runs of each way to write the table.", HOLDOUT, count_seeds),
    "numpy_mlp.holdout_hidden": Claim(
        "Cells of the table that were hidden, over all runs.", HOLDOUT, hidden_share
    ),
}
