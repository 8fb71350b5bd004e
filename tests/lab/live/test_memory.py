"""lab.live.memory: what the C library and oneDNN keep for later use is bounded."""

import os
import platform
import re
import threading
from pathlib import Path

import pytest

from lab.live import memory


def resident_mb() -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) // 1024


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library: nothing to do")
def test_memory_freed_between_blocks_in_use_goes_back_to_the_system() -> None:
    blocks = [bytearray(b"x" * 60_000) for _ in range(2000)]
    in_use = blocks[::50]
    del blocks
    before = resident_mb()
    memory.give_back()
    assert resident_mb() < before - 80
    assert all(block[0] == ord("x") for block in in_use)


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())
    memory.give_back()


def test_the_hosts_own_number_of_kernels_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    monkeypatch.delenv(name, raising=False)
    memory.keep_few_kernels()
    assert os.environ[name] == str(memory.KERNELS)
    monkeypatch.setenv(name, "7")
    memory.keep_few_kernels()
    assert os.environ[name] == "7"


def test_a_process_has_one_thread_that_gives_back_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = threading.Semaphore(0)
    monkeypatch.setattr(memory, "give_back", given.release)
    monkeypatch.setattr(memory, "GIVE_BACK_SECONDS", 0.01)
    memory.keep_giving_back.cache_clear()
    assert memory.keep_giving_back() is memory.keep_giving_back()
    assert all(given.acquire(timeout=10) for _ in range(3))
    assert memory.keep_giving_back().daemon
