"""The networks that a reader trained or brought along, from page to page of one visit.

Their files stay with the visit. The process that computes reads one when it is first asked of it,
and names it by the digest of its file, since another may get its name.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import streamlit as st

from components.ui.computed_apart import apart_each_time
from lab.recipes.bench import usual
from lab.recipes.bench_weights import from_file, recipe_in

if TYPE_CHECKING:
    from lab.training.checkpoint import Checkpoint
    from lab.training.recipe import Recipe

MOST = 4

KEY = "own_models"

MOST_READ = 8
"""Networks of all readers that the process has at hand."""

Given = ParamSpec("Given")
Found = TypeVar("Found")


def own_files() -> dict[str, bytes]:
    """By name, the oldest first: safetensors files in bf16 that say their variant."""
    return st.session_state.setdefault(KEY, {})


def keep_own(name: str, file: bytes) -> None:
    """Keep a network for this visit; of more than four the oldest goes.

    `CheckpointError` says in one sentence why a file is no network that the book can read.
    """
    bring(name, file)
    files = own_files()
    files.pop(name, None)
    files[name] = file
    while len(files) > MOST:
        del files[next(iter(files))]


def forget_own(name: str) -> None:
    own_files().pop(name, None)


def own_recipe(name: str) -> Recipe:
    """The variant that a file says it is of."""
    return recipe_in(name, own_files()[name], usual())


def digest_of(file: bytes) -> str:
    return hashlib.sha1(file).hexdigest()


# ---------------------------------------------------------------- in the process that computes

files_read = OrderedDict[str, "Checkpoint"]()
"""By their digests, the one that was asked last at the end."""


class NotReadError(LookupError):
    """The process has no network of this digest at hand."""


@apart_each_time
def bring(name: str, file: bytes) -> None:
    """To be asked by the digest of its file. `CheckpointError` as for `keep_own`."""
    files_read[digest_of(file)] = from_file(name, file, usual())[1]
    while len(files_read) > MOST_READ:
        files_read.popitem(last=False)


def own_model(digest: str) -> Checkpoint:
    """Ready to use, its weights as the file rounds them; for a function that is `bringing_own`."""
    if digest not in files_read:
        raise NotReadError(digest)
    files_read.move_to_end(digest)
    return files_read[digest]


def bringing_own(compute: Callable[Given, Found]) -> Callable[Given, Found]:
    """For a function that is computed apart and may be asked of a reader's own network: if the
    process has not read that, its file is brought, and it is asked again."""

    @wraps(compute)
    def asked(*args: Given.args, **kwargs: Given.kwargs) -> Found:
        try:
            return compute(*args, **kwargs)
        except NotReadError as error:
            for name, file in own_files().items():
                if digest_of(file) == error.args[0]:
                    bring(name, file)
                    break
            else:  # in the process itself, which has no visit
                raise
        return compute(*args, **kwargs)

    return asked
