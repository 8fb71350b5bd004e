"""The exercises of chapter 4, drawn: the reader's attempt, and what a real cache did."""

from __future__ import annotations

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.computed_ahead import ahead
from components.ui.exercise_verdict import show_verdict
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN, load_with_progress
from lab.data.problems import Format
from lab.data.samples import hashed_pairs
from lab.data.vocabulary import encode
from lab.exercises.kv_cache_exercises import Bytes, Prefix, Slip, grade_bytes

caches = lazily("lab.model.cache")
prefixes = lazily("lab.inference.prefix")
reading = lazily("lab.inference.generate")
torch = lazily("torch")

FORM = Format("cot_reversed")
READERS = 5
MOST_TYPED = 10_000_000

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
    expected = page.number("ex_bytes", "Bytes, by your reckoning", 0, MOST_TYPED, 0, typed=True)
    model = load_with_progress(BOOK_RUN).model
    attention = model.config.heads
    if expected:
        found = grade_bytes(
            expected,
            bytes_held(readers),
            n_layer=model.config.n_layer,
            n_head=attention.n_head,
            n_row=readers,
            bytes_per_number=2,
        )
        show_verdict(found.solved, describe_bytes(found), HINTS.get(found.slip, ""))
    page.source(grade_bytes, caches.KVCache.extend)


def bytes_held(readers: int) -> int:
    """Of a cache of two bytes a number, filled with the prompts of so many readers."""
    prompts = torch.from_numpy(FORM.prompt(*hashed_pairs(readers))).long()
    cache = caches.KVCache(FORM.length, torch.float16)
    reading.read_on(load_with_progress(BOOK_RUN).model, prompts, cache)
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
            f"{alike_at_first(found.alike)} What comes behind the first difference depends on it, "
            "and is read."
        )
    )
    tokens = "one token" if found.read == 1 else f"{found.read} tokens"
    show_verdict(found.solved, f"Of `{texts[1]}`, {tokens} had to be read.", hint)
    page.source(prefixes.PrefixCache.read, prefixes.PrefixCache.longest_beginning, prefixes.alike)


def alike_at_first(n: int) -> str:
    if n == 0:
        return "The two differ from the first token on."
    if n == 1:
        return "Only the first token of both is alike."
    return f"Only the first {n} tokens of both are alike."


@ahead
def tokens_read(first: str, second: str) -> int:
    """How many tokens of the second prompt the network reads, once it has read the first."""
    cache = prefixes.PrefixCache(load_with_progress(BOOK_RUN).model)
    prompts = [torch.from_numpy(encode(text))[None] for text in (first, second)]
    read = [cache.read(prompt, FORM.length) for prompt in prompts]
    return len(second) - read[1].known
