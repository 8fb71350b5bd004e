"""The measured figures of the page on the forward pass in 3D."""

from __future__ import annotations

from components.ui.claims.claim import Claim, widest_reading
from components.ui.claims.results import parameters
from lab.published.models import LLAMA_2_7B
from lab.readings import errors_in, result

TABLE = "times_table"
LLAMA = round(LLAMA_2_7B.parameters, -9)
"""Parameters of Llama 2 7B, in whole billions as its name has them."""

CLAIMS: dict[str, Claim] = {
    "forward_pass_3d.parameters": Claim(
        "Parameters of the network in the 3D picture, which knows the one-digit times table.",
        parameters(TABLE),
    ),
    "forward_pass_3d.llama": Claim(
        "Parameters of Llama 2 7B as a multiple of those of the network in the 3D picture.",
        result(TABLE).numbers(lambda run: round(LLAMA / run["parameters"], -2), unit="times"),
    ),
    "forward_pass_3d.errors": Claim(
        "Errors of the network in the 3D picture on all hundred one-digit products, "
        "its training set.",
        result(TABLE)
        .counts(
            lambda run: widest_reading(run)["errors_strict"], lambda run: widest_reading(run)["n"]
        )
        .said(errors_in),
    ),
}
