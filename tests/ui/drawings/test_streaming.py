"""components.ui.drawings.streaming: every step travels with its three times."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import streaming
from components.ui.drawings.streaming import Streams, streaming_data
from lab.published.models import LLAMA_3_8B
from lab.published.step_time import H100, step_time

# ---------------------------------------------------------------- what the front end is tried on

COUNTS = (1, 22, 64, 128, 295, 512)


def streams() -> Streams:
    return Streams(
        counts=COUNTS,
        prompt=[step_time(LLAMA_3_8B, H100, n) for n in COUNTS],
        texts=[step_time(LLAMA_3_8B, H100, n, 1000) for n in COUNTS[:4]],
        n_behind=1000,
        weight_bytes=LLAMA_3_8B.weight_bytes,
        cache_bytes=LLAMA_3_8B.cache_bytes(2, 1000),
        n_layer=LLAMA_3_8B.n_layer,
        marked=[(22, "a prompt of 22"), (295, "both busy")],
    )


def streaming_weights() -> Case:
    """What is said at one token, at 22, at 64 and at 512 of a prompt; and of 64 texts."""
    return case(
        streaming,
        lambda: streaming.show_streaming("k", streams(), alt="A step"),
        {
            "prompt": {"1": ["4.8", "0.016"], "22": ["4.8", "0.36"], "512": ["4.8", "8.3"]},
            "texts": {"64": ["7.3", "1.0"]},
        },
    )


CASES = {"streaming": streaming_weights}


# ---------------------------------------------------------------- what Python sends


def test_times_that_do_not_fit_are_refused() -> None:
    good = streams()
    assert streaming_data(good)["prompt"]["weights"] == [4.794186] * 6
    long = step_time(LLAMA_3_8B, H100, 4096)
    cases: list[tuple[Any, ...]] = [
        (replace(good, counts=(1, 64, 22, 128, 295, 512)), r"counts=\[1, 64, 22.* rise from 1 on"),
        (replace(good, prompt=good.prompt[1:]), "5 and 4 steps for 6 counts"),
        (replace(good, texts=()), "6 and 0 steps for 6 counts"),
        (replace(good, prompt=[*good.prompt[:5], long]), "a step of 66.5 ms; a turn is 10 ms"),
        (replace(good, marked=[(23, "none")]), r"marked=\[23\] are no counts"),
    ]
    assert not_refused(streaming_data, cases) == []
