"""Where the looks of `lab.experiments.looks` lie: all 10,000 texts as they were written at each.

NumPy alone, so that a page opens a square before torch is there.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format, Style, all_pairs
from lab.data.vocabulary import VOCABULARY, Tokens
from lab.records import RECORDS, replacing

N_LOOK = 30
"""Looks after the one before the first step, as many tokens apart as whole steps allow."""


def texts_path(style: Style) -> Path:
    return RECORDS / f"looks_{style}.npz"


def save_texts(path: Path, form: Format, texts: NDArray[np.uint8]) -> None:
    """What was written behind the prompts of all pairs, (looks, 10,000, written)."""
    # Against the right text most is zero, and a look differs little from the one before it.
    against = (texts - right_tokens(form)) % len(VOCABULARY)
    held = BytesIO()
    np.savez_compressed(held, against=np.moveaxis(against, 0, -1).astype(np.uint8))
    with replacing(path) as part:
        part.write_bytes(held.getvalue())


def load_texts(path: Path, form: Format) -> NDArray[np.uint8]:
    """What `save_texts` was given."""
    with np.load(path) as held:
        against = np.moveaxis(held["against"], -1, 0)
    return (against + right_tokens(form)) % len(VOCABULARY)


def right_tokens(form: Format) -> Tokens:
    """What is to be written behind the prompt of each pair, (10,000, written), a major."""
    return form.render(*all_pairs())[0][:, form.prompt_length :]


def wrong_from(form: Format, texts: NDArray[np.uint8]) -> NDArray[np.int8]:
    """The first wrong token of each text, counted from the prompt on, -1 for none:
    (looks, written texts, tokens) -> (looks, texts)."""
    wrong = texts != right_tokens(form)
    return np.where(wrong.any(-1), wrong.argmax(-1), -1).astype(np.int8)


def wrong_as_text(wrong: NDArray[np.bool_]) -> str:
    """Which pairs are wrong at each look, (looks, pairs): each look against the one before."""
    against = np.diff(wrong, axis=0, prepend=np.zeros_like(wrong[:1]))
    return b64encode(zlib.compress(np.packbits(against).tobytes(), 9)).decode()


def wrong_of_text(text: str, looks: int) -> NDArray[np.bool_]:
    """What `wrong_as_text` was given."""
    bits = np.unpackbits(np.frombuffer(zlib.decompress(b64decode(text)), np.uint8))
    against = bits[: len(bits) // looks * looks].reshape(looks, -1).astype(bool)
    return np.logical_xor.accumulate(against, axis=0)
