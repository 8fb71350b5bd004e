"""The networks that a reader trained or brought along, from page to page of one visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from lab.training.checkpoint import Checkpoint
    from lab.training.recipe import Recipe

MOST = 4

KEY = "own_models"


def own_files() -> dict[str, bytes]:
    """By name, the oldest first: safetensors files in bf16 that say their variant."""
    return st.session_state.setdefault(KEY, {})


def keep_own(name: str, file: bytes) -> None:
    """Keep a network for this visit; of more than four the oldest goes.

    `CheckpointError` says in one sentence why a file is no network that the book can read.
    """
    read(name, file)
    files = own_files()
    files.pop(name, None)
    files[name] = file
    while len(files) > MOST:
        del files[next(iter(files))]


def forget_own(name: str) -> None:
    own_files().pop(name, None)


def own_model(name: str) -> Checkpoint:
    """One of `own_files`, ready to use, its weights as the file rounds them."""
    return read(name, own_files()[name])[1]


def own_recipe(name: str) -> Recipe:
    """The variant that a file says it is of."""
    return read(name, own_files()[name])[0]


@st.cache_resource(show_spinner=False, max_entries=16)
def read(name: str, file: bytes) -> tuple[Recipe, Checkpoint]:
    from lab.recipes.bench import usual
    from lab.recipes.bench_weights import from_file

    return from_file(name, file, usual())
