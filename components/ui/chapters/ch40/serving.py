"""What the page asks of networks that serve: two generators, a queue of sums, drafts that are
checked. Computed here, once for all readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from components.ui.drawings.queue import Timeline
from components.ui.lazily import lazily
from components.ui.records import rows_of
from components.ui.runs import take_with_progress
from lab.data.problems import Format
from lab.data.vocabulary import VOCABULARY, encode
from lab.records import select

if TYPE_CHECKING:
    from lab.inference.clocked import Clocked
    from lab.inference.serving import Policy, Tick
    from lab.inference.speculative import Round
    from lab.model.gpt import GPT

clocks = lazily("lab.inference.clocked")
drafting = lazily("lab.inference.speculative")
lengths = lazily("lab.experiments.lengths")
generating = lazily("lab.inference.generate")
measured = lazily("lab.experiments.serving")
networks = lazily("lab.experiments.served_models")
served = lazily("lab.inference.serving")
torch = lazily("torch")

Row = dict[str, Any]

FAR = "far_coupled"
FORM = Format("cot_reversed", 4, 4, padded=False)
DRAFTS = {
    "draft_tiny": "one layer",
    "draft_small": "two layers",
    FAR: "itself",
}
"""Networks that draft, as readers choose them; the last is a check: all it drafts is kept."""

SMALL = tuple(name for name in DRAFTS if name != FAR)
DRAFTED = (1, 2, 4, 8)
SUMS, SLOTS = (16, 32, 64), (2, 4, 8, 16)
POLICIES: dict[Policy, str] = {
    "static": "static: a batch ends together",
    "continuous": "continuous: a slot is given away",
}


def limited(run: str) -> GPT:
    """A run on two axes with the limit that lets it write long sums."""
    return lengths.clipped(take_with_progress(run).model, networks.LIMIT)


# ---------------------------------------------------------------- two generators


@st.cache_data(show_spinner="the sum is written eight times, and timed", max_entries=100)
def both_clocked(a: int, b: int) -> tuple[Clocked, Clocked]:
    """The working of a x b without a cache, and with one."""
    given = f"{a}*{b}="
    shape = FORM.shape_of(given)
    return clocks.side_by_side(limited(FAR), given, shape.length - len(given))


def rows_of_clocks(without: Clocked, cached: Clocked) -> list[Row]:
    """A row for every written token and way: what was read, computed and waited for."""
    return [
        {"token": n, "cache": cache, "read": read, "operations": flops, "seconds": seconds}
        for cache, side in ((False, without), (True, cached))
        for n, (read, flops, seconds) in enumerate(
            zip(side.read.tolist(), side.flops.tolist(), side.seconds.tolist(), strict=True),
            side.n_given,
        )
    ]


# ---------------------------------------------------------------- a queue


@st.cache_data(show_spinner=False, max_entries=100)
def both_served(n: int, rows: int, seed: int) -> list[Timeline]:
    """A queue of `n` sums drawn by a seed, served in two ways; a bar tells how far it has come."""
    texts, given = measured.mixed_sums(n, seed)
    prompts = [text[:t] for text, t in zip(texts, given, strict=True)]
    bar, timelines = st.progress(0.0, "Sums are served"), list[Timeline]()
    for policy, title in POLICIES.items():
        ticks: list[Tick] = []
        ended = 0
        for tick in served.serve(
            limited(FAR), prompts, rows=rows, longest=FORM.length, policy=policy
        ):
            ticks.append(tick)
            if tick.ended:
                ended += len(tick.ended)
                done = (len(timelines) + ended / n) / len(POLICIES)
                bar.progress(done, f"{ended} of {n} sums are served, {title}")
        timelines.append(Timeline.of(title, ticks, prompts, rows, policy))
    bar.empty()
    return timelines


def rows_of_bars(timelines: Sequence[Timeline]) -> list[Row]:
    """A row for every sum and way: its slot, and the steps from which to which it is there."""
    return [
        {
            "batching": line.title,
            "slot": bar.slot,
            "from": bar.start,
            "to": bar.end,
            "sum": bar.text,
        }
        for line in timelines
        for bar in line.bars
    ]


# ---------------------------------------------------------------- draft and verify


@dataclass(frozen=True)
class Drafting:
    """One sum written by drafts that are checked, and whether it is what is written alone."""

    prompt: str
    rounds: Sequence[Round]
    same: bool

    @property
    def written(self) -> int:
        return sum(len(one.written) for one in self.rounds)


@st.cache_data(show_spinner=False, max_entries=200)
def drafted(a: int, b: int, draft: str, n_draft: int) -> Drafting:
    given = f"{a}*{b}="
    prompt = torch.from_numpy(encode(given))[None]
    most = FORM.shape_of(given).length - len(given)
    rounds = list(
        drafting.speculate(limited(FAR), limited(draft), prompt, max_new=most, n_draft=n_draft)
    )
    own = [int(step.ids[0]) for step in generating.generate(limited(FAR), prompt, max_new=most)]
    return Drafting(given, rounds, own == [token for one in rounds for token in one.written])


def in_rounds(found: Drafting) -> str:
    """What became of the drafts, in a sentence."""
    n_drafted = sum(len(one.drafted) for one in found.rounds)
    n_kept = sum(one.accepted for one in found.rounds)
    same = "the same text as alone" if found.same else "**another text than alone**"
    return (
        f"{found.written} tokens in **{len(found.rounds)}** steps of the large network, and "
        f"{same}: {n_kept} of {n_drafted} drafted tokens are kept."
    )


def what_drafts_change() -> str:
    """As counted in the record, over all texts that were drafted."""
    rows = select(rows_of("kv_cache.jsonl"), part="exact", how="drafted")
    lost = sum(row["differing"] for row in rows)
    return "nothing" if lost == 0 else "a digit now and then"


def rounds_html(found: Drafting) -> str:
    """A line a round: what was kept of the draft, what was struck out, and the network's own."""
    lines = "".join(f"<li>{round_html(one)}</li>" for one in found.rounds)
    return f'<ol class="wb-drafts" aria-label="Rounds of drafting">{lines}</ol>'


def round_html(one: Round) -> str:
    kept = "".join(token(id_, "kept") for id_ in one.drafted[: one.accepted])
    struck = "".join(token(id_, "struck") for id_ in one.drafted[one.accepted :])
    own = "".join(token(id_, "own") for id_ in one.written[one.accepted :])
    said = f"{one.accepted} of {len(one.drafted)} kept"
    return f"{kept}{struck}{own} <small>{said}</small>"


def token(id_: int, kind: str) -> str:
    tag = {"kept": "span", "struck": "s", "own": "b"}[kind]
    return f'<{tag} class="wb-token wb-draft-{kind}">{escape(VOCABULARY[id_])}</{tag}>'


# ---------------------------------------------------------------- the record


def grouped_rows(rows: Sequence[Row]) -> list[Row]:
    """A point a twin: the share of held-out pairs that it writes right, by its key heads."""
    return [
        {
            "arm": f"{row['cell']['key_heads']}",
            "share": 1 - row["errors_heldout"] / row["n_heldout"],
            "seed": row["cell"]["seed"],
            "errors": row["errors_heldout"],
        }
        for row in select(rows, part="grouped")
    ]


def draft_rows(rows: Sequence[Row], digits: int = 4) -> list[Row]:
    """A point for every draft and how many tokens it drafts: kept a round, and times as fast."""
    return [
        {
            "draft": DRAFTS[row["cell"]["draft"]],
            "n_draft": row["cell"]["n_draft"],
            "kept": row["accepted"] / row["rounds"],
            "speed": row["seconds_alone"] / row["seconds"],
        }
        for row in select(rows, part="draft", digits=digits)
    ]
