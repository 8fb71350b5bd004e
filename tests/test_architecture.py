"""Who may import whom. Parsed, not run: a forbidden import inside a function counts as well."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Each part of lab imports from its own line and the lines above it, never in a circle.
ORDER = [
    {"config", "vocabulary", "provenance", "bounds", "mlp", "geometry", "memory"},
    {"problems", "trace", "cache", "norm", "optim", "table"},
    {
        "difficulty",
        "cover",
        "samples",
        "packing",
        "position_ids",
        "positions",
        "shift",
        "residual",
        "ffn",
        "attention",
    },
    {"gpt"},
    {
        "generate",
        "train",
        "checkpoint",
        "cost",
        "intervene",
        "attribution",
        "diagnostics",
        "scene",
        "cells",
    },
    {"evaluate", "transcript", "patterns", "hand_attention", "lens", "homeward", "order", "ruler"},
    {"prices", "choosing", "step_inside", "lengths"},
    {"run", "tamper", "recipes", "exercises"},
    {"controls", "convergence", "live"},
    {"sweeps"},
    {"benchmarks", "workers"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}


def python_files(folder: str) -> list[Path]:
    return sorted(p for p in (ROOT / folder).rglob("*.py") if "node_modules" not in p.parts)


LAB = python_files("lab")
MODULES = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in LAB}


def imports(path: Path, *, at_top: bool = False, typing: bool = True) -> set[str]:
    """The dotted names a file imports, `from lab import gpt` as lab.gpt; at the top level only,
    or not those that only type checkers see, if so asked."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if at_top and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return
        if not typing and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            found.update(full_name(str(node.module), alias.name) for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text("utf-8")))
    return found


def full_name(module: str, name: str) -> str:
    """`lab` and `gpt` are lab.gpt, a module; `lab.gpt` and `GPT` are a class in lab.gpt."""
    inner = ROOT.joinpath(*module.split("."), name)
    return f"{module}.{name}" if inner.is_dir() or inner.with_suffix(".py").exists() else module


def packages(path: Path, **options: bool) -> set[str]:
    return {name.split(".")[0] for name in imports(path, **options)}


def part(module: str) -> str:
    """lab.attention.mha -> attention"""
    return [*module.split("."), "lab"][1]


# ---------------------------------------------------------------- lab


@pytest.mark.parametrize("module", MODULES)
def test_lab_knows_nothing_of_the_book_around_it(module: str) -> None:
    foreign = {"streamlit", "components", "pages", "Home", "plotly", "altair", "tests"}
    assert not packages(MODULES[module]) & foreign


def test_every_part_of_lab_has_a_place_in_the_order() -> None:
    placed = {part(module) for module in MODULES} - {"lab", "__init__"}
    assert placed <= RANK.keys(), f"give {placed - RANK.keys()} a place in ORDER"


@pytest.mark.parametrize("module", [m for m in MODULES if m != "lab.__init__"])
def test_imports_inside_lab_point_one_way(module: str) -> None:
    own = part(module)
    for name in imports(MODULES[module], typing=False):
        if name.startswith("lab.") and part(name) != own:
            assert RANK[part(name)] <= RANK[own], f"{module} imports {name}"


def test_no_modules_of_lab_import_each_other_in_a_circle() -> None:
    graph = {
        module.removesuffix(".__init__"): imports(path, typing=False)
        for module, path in MODULES.items()
    }
    done: set[str] = set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail, module))
        if module in done:
            return
        for name in graph.get(module, ()):
            walk(name, (*trail, module))
        done.add(module)

    for module in graph:
        walk(module, ())


def test_the_configuration_needs_the_standard_library_only() -> None:
    assert packages(ROOT / "lab" / "config.py") <= sys.stdlib_module_names


@pytest.mark.parametrize(
    "module",
    [
        *("lab.config", "lab.vocabulary", "lab.problems", "lab.provenance", "lab.difficulty"),
        *("lab.transcript", "lab.hand_attention", "lab.__main__"),
    ],
)
def test_what_a_first_page_needs_loads_no_torch(module: str) -> None:
    script = f"import sys, {module}; print(sorted({{'torch', 'streamlit'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


@pytest.mark.parametrize("module", MODULES)
def test_lab_prints_nothing_but_on_the_command_line(module: str) -> None:
    """A live run and a page drive the same functions."""
    if part(module) in ("__main__", "benchmarks"):
        return
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call)]
    assert not [f for f in calls if isinstance(f, ast.Name) and f.id == "print"]
    assert "tqdm" not in packages(MODULES[module])


# ---------------------------------------------------------------- the book around it


@pytest.mark.parametrize("path", python_files("components"), ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_components_for_pages_know_streamlit(path: Path) -> None:
    allowed = ("ui", "threejs_viewer")  # a Streamlit component is made of Streamlit
    if path.relative_to(ROOT).parts[1] not in allowed:
        assert "streamlit" not in packages(path)
    assert not packages(path) & {"pages", "Home"}


@pytest.mark.parametrize(
    "path", [ROOT / "Home.py", *python_files("pages")], ids=lambda p: str(p.relative_to(ROOT))
)
def test_a_page_shows_and_does_no_maths_on_tensors(path: Path) -> None:
    assert "torch" not in packages(path, at_top=True)
    assert not packages(path) & {"pages", "tests"}
