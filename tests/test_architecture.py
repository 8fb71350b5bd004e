"""Who may import whom. Parsed, not run: a forbidden import inside a function counts as well."""

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

pytestmark = [pytest.mark.core, pytest.mark.xdist_group("architecture")]
"""On one worker: what is read is kept."""

ROOT = Path(__file__).resolve().parents[1]

# A room of lab imports from itself, from the rooms on the lines above its own, and from the files
# on top, which import nothing.
ROOMS = [
    ["model", "data"],
    ["by_hand", "exercises", "inference", "published"],
    ["interp", "measure"],
    ["training"],
    ["recipes", "scene", "evaluation"],
    ["experiments", "live"],
    ["benchmarks"],
    ["__main__"],
]
FLOOR = {room: floor for floor, rooms in enumerate(ROOMS) for room in rooms}
ON_TOP = {"statistics", "records", "readings", "numerals", "fields", "weights"}


def python_files(folder: str) -> list[Path]:
    return sorted(p for p in (ROOT / folder).rglob("*.py") if "node_modules" not in p.parts)


LAB = python_files("lab")
MODULES = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in LAB}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports(path: Path, *, at_top: bool = False, typing: bool = True) -> frozenset[str]:
    """The dotted names a file imports, `from lab.model import gpt` as lab.model.gpt; at the top
    level only, or not those that only type checkers see, if so asked."""
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

    visit(tree_of(path))
    return frozenset(found)


def full_name(module: str, name: str) -> str:
    """`lab.model`, `gpt` are a module, lab.model.gpt; `lab.model.gpt`, `GPT` a class in it."""
    inner = ROOT.joinpath(*module.split("."), name)
    return f"{module}.{name}" if inner.is_dir() or inner.with_suffix(".py").exists() else module


def packages(path: Path, **options: bool) -> set[str]:
    return {name.split(".")[0] for name in imports(path, **options)}


def room_of(module: str) -> str:
    """lab.model.attention.mha -> model"""
    return [*module.split("."), "lab"][1]


# ---------------------------------------------------------------- lab


def test_lab_knows_nothing_of_the_book_around_it() -> None:
    foreign = {"streamlit", "components", "pages", "Home", "plotly", "altair", "tests"}
    assert not {m: seen for m, p in MODULES.items() if (seen := packages(p) & foreign)}


def test_every_part_of_lab_is_a_room_or_on_top() -> None:
    assert {room_of(module) for module in MODULES} - {"lab", "__init__"} == {*FLOOR, *ON_TOP}


def test_imports_between_rooms_point_one_way() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, path in MODULES.items()
        for name in sorted(imports(path, typing=False))
        if name.startswith("lab.") and not may_import(room_of(module), room_of(name))
    ]
    assert not wrong, "\n".join(wrong)


def may_import(room: str, other: str) -> bool:
    if other == room or other in ON_TOP:
        return True
    return room in FLOOR and FLOOR[other] < FLOOR[room]


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
    config, fields = ROOT / "lab" / "model" / "config.py", ROOT / "lab" / "fields.py"
    assert packages(fields) <= sys.stdlib_module_names
    assert packages(config) - {"lab"} <= sys.stdlib_module_names
    assert {name for name in imports(config) if name.startswith("lab")} == {"lab.fields"}


FIRST = [
    *("lab.model.config", "lab.data.vocabulary", "lab.data.problems", "lab.records"),
    *("lab.data.difficulty", "lab.inference.transcript", "lab.by_hand.attention", "lab.__main__"),
    *("lab.recipes.presets", "lab.recipes.bench_link", "lab.recipes.bench_python"),
    "lab.training.kept_steps",
    *("lab.inference.drafted", "lab.measure.clocked", "lab.measure.phases"),
]


def test_what_a_first_page_needs_loads_no_torch() -> None:
    """All in one process, as below: a module of lab that does is told, and those after it."""
    said = alone(f"""if True:
        import importlib, sys
        for module in {FIRST}:
            importlib.import_module(module)
            heavy = sorted({{"torch", "streamlit"}} & set(sys.modules))
            if heavy:
                sys.exit(f"{{module}} loads {{heavy}}")
    """)
    assert said == ""


def test_a_server_starts_without_torch_and_without_what_draws_charts() -> None:
    """Pandas, with Arrow, is four tenths of what there was to import; Home has no chart."""
    said = alone("""if True:
        import sys, Home
        large = sorted({"torch", "pandas", "pyarrow", "altair"} & set(sys.modules))
        if large:
            sys.exit(f"Home loads {large}")
    """)
    assert said == ""


def test_no_page_loads_torch_before_it_draws_nor_do_the_viewer_and_the_three_notations() -> None:
    """What opens a page stands there at once; torch takes seconds. All pages in one process: what
    one has loaded would be seen at the next, so the first that does is told."""
    pages = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "pages").glob("*.py"))
    said = alone(f"""if True:
        import ast, sys
        import components.threejs_viewer
        if "torch" in sys.modules:
            sys.exit("components.threejs_viewer")
        from components.ui.chapters.ch50.figures import columns
        columns()
        if {{"torch", "triton"}} & set(sys.modules):
            sys.exit("components.ui.chapters.ch50.figures")
        for page in {pages}:
            tree = ast.parse(open(page, encoding="utf-8").read())
            tree.body = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
            exec(compile(tree, page, "exec"), {{}})
            if "torch" in sys.modules:
                sys.exit(page)
    """)
    assert len(pages) > 15 and said == ""


def alone(script: str) -> str:
    """What a process of its own that runs this says on its way out; nothing if all is well."""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    return (done.stderr[-2000:] or "it failed") if done.returncode else ""


def test_lab_prints_nothing_but_on_the_command_line() -> None:
    """A live run and a page drive the same functions."""
    quiet = {m: p for m, p in MODULES.items() if room_of(m) not in ("__main__", "benchmarks")}
    assert not [m for m, p in quiet.items() if prints(p) or "tqdm" in packages(p)]


def prints(path: Path) -> bool:
    calls = [n.func for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call)]
    return any(isinstance(f, ast.Name) and f.id == "print" for f in calls)


# ---------------------------------------------------------------- the book around it


def test_only_the_components_for_pages_know_streamlit() -> None:
    """A Streamlit component is made of Streamlit, and none knows a page."""
    files = python_files("components")
    allowed = {
        path for folder in ("ui", "threejs_viewer") for path in python_files(f"components/{folder}")
    }
    knowing = [str(p) for p in files if p not in allowed and "streamlit" in packages(p)]
    backwards = [str(p) for p in files if packages(p) & {"pages", "Home"}]
    assert len(allowed) > 100 and (knowing, backwards) == ([], [])


KINDS = {f"{kind}.py" for kind in ("claims", "figures", "probes", "exercises", "worked")}


def test_a_chapters_folder_holds_files_of_the_five_kinds_only() -> None:
    """By these names a reader finds a chapter's things; CONTRIBUTING.md says what each holds."""
    chapters = ROOT / "components" / "ui" / "chapters"
    held = [path for path in chapters.glob("*/**/*") if "__pycache__" not in path.parts]
    strange = [
        str(path.relative_to(chapters))
        for path in held
        if path.parent.parent != chapters or path.name not in KINDS | {"__init__.py"}
    ]
    assert len(held) > 60 and strange == []


TWICE = {
    "flash.py": "by hand and in the model, which the page shows side by side",
    "gpt.py": "by hand and in the model, which a reader compares",
    "norm.py": "in the model, and as the operation of a scene, one of the eight of model/rules.py",
}


def test_a_files_name_stands_once_in_lab_and_components() -> None:
    """Who looks for a file by its name finds the one that is meant."""
    chapters = ROOT / "components" / "ui" / "chapters"
    names = Counter(
        path.name
        for path in [*python_files("lab"), *python_files("components")]
        if path.name != "__init__.py" and not path.is_relative_to(chapters)
    )
    names.update(KINDS)
    assert {name for name, n in names.items() if n > 1} == set(TWICE)


def test_what_pages_are_built_of_knows_no_chapter() -> None:
    """A chapter goes when its folder and its page go; its claims are found by the page's name."""
    chapters = ROOT / "components" / "ui" / "chapters"
    shared = [p for p in python_files("components") if not p.is_relative_to(chapters)]
    knowing = [
        f"{path} imports {name}"
        for path in shared
        for name in imports(path)
        if name.startswith("components.ui.chapters")
    ]
    assert len(shared) > 40 and knowing == []


def test_a_page_shows_and_does_no_maths_on_tensors() -> None:
    pages = [ROOT / "Home.py", *python_files("pages")]
    computing = [str(path) for path in pages if "torch" in packages(path, at_top=True)]
    entangled = [str(path) for path in pages if packages(path) & {"pages", "tests"}]
    assert len(pages) > 15 and (computing, entangled) == ([], [])


def test_ray_is_imported_by_a_call_of_one_function_and_never_with_a_module() -> None:
    """So that whoever has not installed it, or asks for no cluster, never meets it."""
    with_a_module = [path for path in all_that_is_served() if "ray" in packages(path)]
    assert with_a_module == []
    named = {
        str(path.relative_to(ROOT)): calls
        for path in LAB
        if (calls := [said for said in calls_of("import_module", path) if said.startswith("'ray")])
    }
    assert named == {
        "lab/live/ray_backend.py": ["'ray.util.scheduling_strategies'"],
        "lab/training/ray_cluster.py": ["'ray'"],
    }
    for name in named:
        at_top = [
            node for node in tree_of(ROOT / name).body if "import_module(" in ast.unparse(node)
        ]
        assert all(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in at_top), name


def calls_of(function: str, path: Path) -> list[str]:
    """What is handed to it, call by call."""
    calls = (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))
    return [ast.unparse(node.args[0]) for node in calls if ast.unparse(node.func) == function]


# ---------------------------------------------------------------- what a reader may give

UNPICKLERS = {
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "joblib",
    "shelve",
    "marshal",
    "jsonpickle",
}
"""Modules whose files may run code as they are read."""

READS_OUR_OWN = ROOT / "components/ui/computed_ahead.py"
"""The one place that unpickles: `first_views.pickle.xz`, which is committed and which
`python -m tools.first_views` writes. It holds what the marked functions gave, of some forty classes
of the book; no reader gives a byte of it, and no other file is opened."""

BETWEEN_PROCESSES = {
    ROOT / "components/ui/computed_apart.py": {
        "self.process.stdout",
        "here.answer(asked, question, keep)",
    },
    ROOT / "components/ui/computing_process.py": {"lines", "pickle.dumps(error)"},
}
"""What is unpickled where the server and the process that it began speak to each other, over pipes
that nobody else has. What a reader typed is a value in what the server pickles itself."""

ONLY_WRITES = ROOT / "components/ui/plots/drawn_once.py"
"""It tells by their bytes whether two charts were asked for alike, and reads none of them back."""


def all_that_is_served() -> list[Path]:
    return [ROOT / "Home.py", *LAB, *python_files("components"), *python_files("pages")]


def unpickles(path: Path) -> list[str]:
    """What in a file could run what it reads: calls by their lines, and imports."""
    found = sorted(packages(path) & UNPICKLERS)
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call):
            continue
        name, said = (
            ast.unparse(node.func),
            {word.arg: ast.unparse(word.value) for word in node.keywords},
        )
        runs = name in (
            "eval",
            "exec",
            "compile",
            "torch.load",
            "pd.read_pickle",
            "pandas.read_pickle",
        )
        if runs or said.get("allow_pickle", "False") != "False" or "persist" in said:
            found.append(f"{name}, line {node.lineno}")
    return found


def test_nothing_unpickles_what_a_reader_can_give() -> None:
    found = {path: told for path in all_that_is_served() if (told := unpickles(path))}
    assert {str(path.relative_to(ROOT)): told for path, told in found.items()} == {
        str(path.relative_to(ROOT)): ["pickle"]
        for path in (READS_OUR_OWN, ONLY_WRITES, *BETWEEN_PROCESSES)
    }
    used = re.findall(r"pickle\.\w+", ONLY_WRITES.read_text("utf-8"))
    assert set(used) == {"pickle.dumps"}


def test_the_one_file_that_is_unpickled_is_ours_by_a_fixed_name() -> None:
    """All that is handed to `pickle.loads`, and how the name of the file comes about."""
    tree = tree_of(READS_OUR_OWN)
    assert handed_to_be_unpickled(READS_OUR_OWN) == {"lzma.decompress(FILE.read_bytes())", "kept"}
    named = [ast.unparse(n) for n in tree.body if isinstance(n, ast.Assign)]
    assert "FILE = Path(__file__).with_name('first_views.pickle.xz')" in named
    assert "kept = kept_ahead().get(asked)" in ast.unparse(tree)


@pytest.mark.parametrize("path", BETWEEN_PROCESSES, ids=lambda path: path.stem)
def test_two_processes_unpickle_what_came_over_their_own_pipes(path: Path) -> None:
    assert handed_to_be_unpickled(path) == BETWEEN_PROCESSES[path]


def handed_to_be_unpickled(path: Path) -> set[str]:
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    readers = ("pickle.loads", "pickle.load")
    return {ast.unparse(c.args[0]) for c in calls if ast.unparse(c.func) in readers}


def test_what_could_run_code_is_found(tmp_path: Path) -> None:
    told = {
        "import pickle": ["pickle"],
        "def f():\n    from joblib import load": ["joblib"],
        "x = torch.load(path)": ["torch.load, line 1"],
        "x = np.load(path, allow_pickle=True)": ["np.load, line 1"],
        "x = eval(text)": ["eval, line 1"],
        "st.cache_data(persist='disk')": ["st.cache_data, line 1"],
        "x = np.load(path); model.eval(); import json": [],
    }
    for number, (code, found) in enumerate(told.items()):
        path = tmp_path / f"{number}.py"
        path.write_text(code)
        assert unpickles(path) == found, code
