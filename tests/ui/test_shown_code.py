"""The code that a figure shows is the code that made it, and showing it imports nothing."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap

import pytest

from components.ui.shown_code import source_of
from lab.by_hand import mlp
from lab.records import ROOT

SHOWN = sorted(
    {
        argument.value
        for path in [*(ROOT / "pages").glob("*.py"), *(ROOT / "components/ui").rglob("*.py")]
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "source"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
)


def test_every_name_that_a_figure_gives_is_that_of_a_definition() -> None:
    assert len(SHOWN) > 100
    for name in SHOWN:
        ast.parse(source_of(name))


def test_the_text_is_that_which_runs() -> None:
    for name, it in (("cross_entropy", mlp.cross_entropy), ("Adam.step", mlp.Adam.step)):
        shown = source_of(f"lab.by_hand.mlp.{name}")
        assert shown == textwrap.dedent(inspect.getsource(it))


def test_a_decorator_belongs_to_it() -> None:
    assert source_of("components.ui.shown_code.definitions_in").startswith("@lru_cache")


@pytest.mark.parametrize("name", ["lab.by_hand.mlp.nothing", "lab.by_hand.mlp", "lab.nowhere.x"])
def test_a_name_of_nothing_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"no (nothing|such name)|called lab\.nowhere\.x"):
        source_of(name)


def test_a_function_that_needs_torch_is_shown_without_it() -> None:
    ask = "from components.ui.shown_code import source_of; import sys\n"
    ask += "assert 'def forward' in source_of('lab.model.gpt.GPT.forward')\n"
    ask += "assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", ask], check=True, cwd=ROOT)
