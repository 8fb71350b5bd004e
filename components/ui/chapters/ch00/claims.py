"""The measured figures of the page on a network in NumPy."""

from __future__ import annotations

from typing import Any

from components.ui.claims.core import Claim, Measured, part_of, share
from components.ui.claims.readings import count_seeds, pooled_right

MLP, HOLDOUT = "records/bench_mlp.json", "records/holdout.jsonl"


def table_known(document: dict[str, Any]) -> Measured:
    run = document["hundred"]
    return Measured(part_of(run["n"] - run["errors"], run["n"]), run["errors"], run["n"])


def hidden_share(rows: list[dict[str, Any]]) -> Measured:
    """The cells of the table that were hidden, over all runs."""
    hidden = sum(row["n_hidden"] for row in rows)
    return Measured(share(hidden, hidden + sum(row["n_shown"] for row in rows)))


CLAIMS: dict[str, Claim] = {
    "ch0.ten_seeds": Claim(
        "The ten by ten table, random starts tried.",
        MLP,
        lambda document: Measured(f"{document['ten']['starts']}"),
    ),
    "ch0.ten_seconds": Claim(
        "Seconds until the network knows the ten by ten table whole, median.",
        MLP,
        lambda document: Measured(f"{document['ten']['seconds_median']:.2f} seconds"),
    ),
    "ch0.ten_worst": Claim(
        "Seconds until the network knows the ten by ten table whole, slowest seed.",
        MLP,
        lambda document: Measured(f"{document['ten']['seconds_worst']:.2f} seconds"),
    ),
    "ch0.hundred": Claim("The hundred by hundred table, by heart: right.", MLP, table_known),
    "ch0.hundred_seconds": Claim(
        "Seconds until the network knows the hundred by hundred table.",
        MLP,
        lambda document: Measured(f"{document['hundred']['seconds']:.0f} seconds"),
    ),
    "ch0.hundred_parameters": Claim(
        "Parameters of the network that knows the hundred by hundred table.",
        MLP,
        lambda document: Measured(f"{document['hundred']['parameters']:,}"),
    ),
    "ch0.gradient_error": Claim(
        "Backpropagation against finite differences, every activation: the worst tensor.",
        MLP,
        lambda document: Measured(
            f"{max(document['gradient_errors'].values()) * 1e9:.1f} billionths"
        ),
    ),
    **{
        f"ch0.holdout_{name}": Claim(
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
        f"ch0.holdout_{name}": Claim(
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
        f"ch0.holdout_digits_{name}": Claim(
            f"The same, digits in, digits out: right of the hidden products that are {said}.",
            HOLDOUT,
            pooled_right(f"hidden_{name}", encoding="digits", target="digits"),
        )
        for name, said in (("zero", "zero"), ("nonzero", "not zero"))
    },
    "ch0.holdout_seeds": Claim("Runs of each way to write the table.", HOLDOUT, count_seeds),
    "ch0.holdout_hidden": Claim(
        "Cells of the table that were hidden, over all runs.", HOLDOUT, hidden_share
    ),
}
