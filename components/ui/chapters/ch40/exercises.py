"""The exercises of chapter 4, drawn: the reader's attempt, and what a real cache did."""

from __future__ import annotations

import re

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.computed_ahead import ahead
from components.ui.computed_apart import apart
from components.ui.exercise_verdict import show_verdict
from components.ui.lazily import lazily
from components.ui.link import text_up_to
from components.ui.loaded_models import BOOK_RUN, loaded_run
from lab.data.problems import Format
from lab.data.samples import hashed_pairs
from lab.data.vocabulary import encode
from lab.exercises.kv_cache_exercises import Bytes, Prefix, Slip, grade_bytes
from lab.recipes.recipe_index import recipe

caches = lazily("lab.model.cache")
prefixes = lazily("lab.inference.prefix")
reading = lazily("lab.inference.generate")
torch = lazily("torch")

FORM = Format("cot_reversed")
READERS = 5
LONGEST, TYPED_WIDTH = 20, 200
MOST_TYPED = 10_000_000
TYPED = re.compile("[0-9]+(,[0-9]{3})*")

HINTS: dict[Slip, str] = {
    "values": "A token leaves a key *and* a value, and each counts once.",
    "layers": "Every layer keeps keys and values of its own.",
    "heads": "Every head has keys and values of its own.",
    "rows": "Each user has a prompt of their own.",
    "bytes": "A number takes more than one byte; how many, the sentence above says.",
    "other": "Multiply layers, keys and values, heads, numbers a head, tokens, users, and bytes.",
}


def how_many_bytes(page: Chapter) -> None:
    """The bytes of a real cache in half precision, to be worked out on paper."""
    readers = page.number("ex_readers", "Users", 2, 9, READERS)
    expected = bytes_typed(page)
    config = recipe(BOOK_RUN).model
    if expected:
        found = grade_bytes(
            expected,
            bytes_held(readers),
            n_layer=config.n_layer,
            n_head=config.heads.n_head,
            n_row=readers,
            bytes_per_number=2,
        )
        show_verdict(found.solved, describe_bytes(found), HINTS.get(found.slip, ""))
    page.source("lab.exercises.kv_cache_exercises.grade_bytes", "lab.model.cache.KVCache.extend")


def bytes_typed(page: Chapter) -> int:
    """What stands in the box, in which 1e9 is not read as 1; 0 if it is empty or not allowed."""
    key = f"{page.prefix}ex_bytes"
    page.link.take(key, *text_up_to(LONGEST))
    label = "Bytes, by your reckoning"
    typed = (st.text_input(label, key=key, bind="query-params", width=TYPED_WIDTH) or "").strip()
    digits = typed.replace(",", "")
    if not typed:
        return 0
    if not TYPED.fullmatch(typed) or not 0 < int(digits[:LONGEST]) <= MOST_TYPED:
        with st.container(key=f"refused_{key}"):  # `names.js` ties it to its box
            st.warning(
                f"'{typed}' is not a "
                f"number of bytes; write a whole number from 1 to {MOST_TYPED:,} with the digits "
                "0 to 9."
            )
        return 0
    return int(digits)


@apart
def bytes_held(readers: int) -> int:
    """Of a cache of two bytes a number, filled with the prompts of so many readers."""
    prompts = torch.from_numpy(FORM.prompt(*hashed_pairs(readers))).long()
    cache = caches.KVCache(FORM.length, torch.float16)
    reading.read_on(loaded_run(BOOK_RUN).model, prompts, cache)
    return cache.bytes_held


def describe_bytes(found: Bytes) -> str:
    if found.solved:
        return f"The cache holds {found.held:,} bytes, as you say."
    way = "more" if found.held > found.expected else "fewer"
    return f"The cache holds {way} than {found.expected:,} bytes."


def read_little(page: Chapter) -> None:
    """A second sum that shares as much of its prompt with the first as another sum can."""
    st.caption("The problem that was read:")
    first = page.pair("ex_first")
    st.caption("Yours:")
    second = page.pair("ex_second", 2, "84", "37")
    if first is None or second is None:
        return
    texts = [FORM.text(*pair)[: FORM.prompt_length] for pair in (first, second)]
    found = Prefix(*texts, read=tokens_read(*texts))
    hint = (
        "The second problem has to differ from the first."
        if texts[0] == texts[1]
        else (
            f"{alike_at_first(found.alike)} What comes after the first difference depends on it, "
            "and is read."
        )
    )
    tokens = "one token" if found.read == 1 else f"{found.read} tokens"
    show_verdict(found.solved, f"Of `{texts[1]}`, {tokens} had to be read.", hint)
    page.source(
        "lab.inference.prefix.PrefixCache.read",
        "lab.inference.prefix.PrefixCache.longest_beginning",
        "lab.inference.prefix.alike",
    )


def alike_at_first(n: int) -> str:
    if n == 0:
        return "The two differ from the first token on."
    if n == 1:
        return "Only the first token of both is alike."
    return f"Only the first {n} tokens of both are alike."


@ahead
def tokens_read(first: str, second: str) -> int:
    """How many tokens of the second prompt the network reads, once it has read the first."""
    cache = prefixes.PrefixCache(loaded_run(BOOK_RUN).model)
    prompts = [torch.from_numpy(encode(text))[None] for text in (first, second)]
    read = [cache.read(prompt, FORM.length) for prompt in prompts]
    return len(second) - read[1].known
