"""A server lives for weeks: whatever it keeps for what readers ask has a bound."""

import ast
from collections.abc import Iterator
from pathlib import Path

from lab.records import ROOT

FOLDERS = ("pages", "components", "lab")


def files() -> list[Path]:
    found = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))
    return [ROOT / "Home.py", *(path for path in found if "node_modules" not in path.parts)]


KEEPS = ("cache_data", "cache_resource", "lru_cache", "cache")


def unbounded(source: str) -> list[str]:
    """The functions that keep an answer for every argument they were ever given."""
    return [
        function.name
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef) and takes_arguments(function)
        for decorator in function.decorator_list
        if keeps_all(decorator)
    ]


def takes_arguments(function: ast.FunctionDef) -> bool:
    given = function.args
    return bool(given.posonlyargs or given.args or given.kwonlyargs or given.vararg or given.kwarg)


def keeps_all(decorator: ast.expr) -> bool:
    call = decorator if isinstance(decorator, ast.Call) else None
    named = call.func if call else decorator
    name = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")
    said = list(sizes(call))
    if name not in KEEPS or (name == "lru_cache" and not said):  # it keeps 128
        return False
    return all(isinstance(size, ast.Constant) and size.value is None for size in said)


def sizes(call: ast.Call | None) -> Iterator[ast.expr]:
    """How many entries a decorator says it keeps; nothing where it doesn't say."""
    if call is not None:
        yield from call.args
        yield from (k.value for k in call.keywords if k.arg in ("max_entries", "maxsize"))


def test_every_cache_of_a_function_with_arguments_has_a_bound() -> None:
    read = files()
    assert len(read) > 300
    found = {str(path.relative_to(ROOT)): unbounded(path.read_text("utf-8")) for path in read}
    assert {path: names for path, names in found.items() if names} == {}


BOUNDED = {
    "st.cache_data(show_spinner=False)": False,
    "st.cache_data": False,
    "st.cache_resource(max_entries=None)": False,
    "cache": False,
    "functools.lru_cache(None)": False,
    "st.cache_data(max_entries=8)": True,
    "lru_cache(maxsize=1)": True,
    "lru_cache(KEPT)": True,
    "lru_cache": True,
    "st.fragment": True,
}


def test_a_cache_without_a_bound_is_found() -> None:
    found = {x: unbounded(f"@{x}\ndef f(x): ...") for x in BOUNDED}
    assert found == {x: [] if bounded else ["f"] for x, bounded in BOUNDED.items()}
    assert [x for x in BOUNDED if unbounded(f"@{x}\ndef f(): ...")] == []
