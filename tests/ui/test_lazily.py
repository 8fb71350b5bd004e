"""A module that is named on top of a page and imported when something of it is asked for."""

from __future__ import annotations

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from components.ui import computed_ahead
from components.ui.lazily import constant, lazily
from lab.records import ROOT

READERS = 10

SLOW = """
IMPORTS = globals().get("IMPORTS", 0) + 1
for _ in range(200_000):
    pass
def answer():
    return 42
SEEDS = 5
LAST = object()
"""


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module whose last line runs well after its first."""
    name = "slow_to_import"
    (tmp_path / f"{name}.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return name


def test_nothing_is_imported_before_it_is_used(slow: str) -> None:
    module = lazily(slow)
    assert slow not in sys.modules
    assert module.answer() == 42
    assert slow in sys.modules
    assert module.LAST is sys.modules[slow].LAST
    del sys.modules[slow]


def test_a_constant_that_is_known_ahead_imports_nothing_unless_the_module_is_there(
    slow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {computed_ahead.key_of(constant, (slow, "SEEDS"), {}): pickle.dumps(3)}
    monkeypatch.setattr(computed_ahead, "kept_ahead", lambda: kept)
    module = lazily(slow, known=["SEEDS"])
    assert module.SEEDS == 3
    assert slow not in sys.modules
    assert module.answer() == 42
    assert module.SEEDS == 5  # a test that patches the module is seen
    del sys.modules[slow]


def test_a_page_that_names_a_module_loads_no_torch() -> None:
    code = (
        "import sys\n"
        "from components.ui.lazily import lazily\n"
        "gpt = lazily('lab.model.gpt')\n"
        "assert not {'torch', 'lab.model.gpt'} & set(sys.modules)\n"
        "assert gpt.GPT.__name__ == 'GPT'\n"
        "assert {'torch', 'lab.model.gpt'} <= set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_what_torch_brings_along_is_walked_by_no_collection() -> None:
    """Once a model is loaded, which is where readers begin to ask."""
    code = (
        "import gc\n"
        "from components.ui.loaded_models import loaded_run\n"
        "loaded_run('times_table_small')\n"
        "gc.collect()\n"
        "print(len(gc.get_objects()), gc.get_freeze_count())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    walked, frozen = map(int, done.stdout.split()[-2:])
    assert walked < 10_000 < frozen


def test_a_module_that_there_is_not_is_named_at_its_first_use() -> None:
    missing = lazily("lab.no_such_module")
    with pytest.raises(ModuleNotFoundError, match=r"lab\.no_such_module"):
        _ = missing.anything


def test_a_name_that_the_module_lacks_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = lazily("lab.statistics").no_such_name


def test_readers_at_once_get_the_same_whole_module(slow: str) -> None:
    """Each asks for what the module defines last, while another may still be importing it."""
    module, begin = lazily(slow), Barrier(READERS)

    def ask() -> object:
        begin.wait()
        return module.LAST

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(READERS) as readers:
            found = [reader.result() for reader in [readers.submit(ask) for _ in range(READERS)]]
    finally:
        sys.setswitchinterval(before)
    assert len({id(last) for last in found}) == 1
    assert module.IMPORTS == 1
    del sys.modules[slow]
