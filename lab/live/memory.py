"""What the C library and oneDNN keep for later use, bounded: a server lives long and shares a host.

Found by `tools/memory.py`. Python's own objects are not meant here: caches have their sizes.
"""

from __future__ import annotations

import ctypes
import gc
import os
import threading
import time
from contextlib import suppress
from functools import lru_cache

KERNELS = 128
"""So many compiled kernels are kept, one a shape of a matrix product.

oneDNN keeps 1024: after sixteen runs of different shapes they held 52 MB, and more with every run.
"""

GIVE_BACK_SECONDS = 20.0

NEVER = 10**6
"""Of Python's own thresholds, for what lives long: with fifty readers on a server it was walked
every third second, and everyone waited a quarter of a second for it."""


def keep_few_kernels() -> None:
    """To be called before torch first multiplies: oneDNN looks once. The host's own word stands."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(KERNELS))


def give_back() -> None:
    """Hand freed memory back to the system, where the C library is glibc: also what only points to
    itself, since no page collects it.

    It keeps what is freed in the middle of its heaps, of which threads have their own: after four
    live runs that was 140 MB, and 20 to 60 ms brought all of it back.
    """
    gc.collect()
    with suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
"""Of glibc's malloc.h."""

ARENAS = 2
"""Of the server, whose threads wait for the interpreter's lock anyway. With a heap for each of some
threads it held more once readers had left."""


@lru_cache(maxsize=1)
def keep_few_arenas() -> None:
    """From now on threads share those that are there."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def keep_freed_memory() -> None:
    """For a process that computes and ends: what is freed is used again, where glibc would hand
    large tensors back and have them zeroed anew.

    Reading many texts at once loses much time so, a step with a cache hardly any: they are compared
    fairly only with this.
    """
    with suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_MAX, 0)
        library.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


@lru_cache(maxsize=1)
def keep_giving_back() -> threading.Thread:
    """`give_back` every `GIVE_BACK_SECONDS`, on a thread of its own, while the process lives. Only
    then is all that lives long walked."""

    def work() -> None:
        while True:
            time.sleep(GIVE_BACK_SECONDS)
            give_back()

    gc.set_threshold(*gc.get_threshold()[:2], NEVER)
    thread = threading.Thread(target=work, name="give back", daemon=True)
    thread.start()
    return thread
