"""Records and weights that are missing, cut or of another form: every page opens to its end, and
says which file it is. Each tree of the book is opened in a process of its own, as nothing here may
have been read before."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from components.ui.book import BEHIND, CONTENTS
from components.ui.claims.claim import MISSING
from lab.records import REQUIRED, ROOT

PAGES = [entry.slug for entry in (*CONTENTS, *BEHIND)]
OPEN = """if True:
    import json, sys
    from functools import cache
    from streamlit.components.v2 import manifest_scanner as scanner
    from streamlit.testing.v1 import AppTest
    scanner.scan_component_manifests = cache(scanner.scan_component_manifests)
    for page in ["", *sys.argv[2:]]:
        app = AppTest.from_file(sys.argv[1] + "/Home.py", default_timeout=600)
        app.query_params["reveal"] = "1"
        app.run()
        if page:
            app.switch_page(f"pages/{page}.py").run()
        said = [e.value for e in (*app.markdown, *app.info, *app.warning)]
        drawn = "".join(e.proto.body for e in app.get("html"))
        errors = [e.proto.type for e in app.exception]
        print(json.dumps([page, errors, "\\n".join(said), drawn]))
"""


class Seen(NamedTuple):
    page: str
    errors: list[str]
    said: str
    drawn: str

    @property
    def whole(self) -> bool:
        """To its last line, without an error."""
        return not self.errors and ("wb-way-on" in self.drawn or not self.page)


def tree(
    folder: Path,
    record: Callable[[Path], bytes | None] = Path.read_bytes,
    weights: Callable[[Path], bytes] | None = None,
) -> Path:
    """The book with its records, or its weights, as these make them; of weights that are changed
    nothing is known ahead either."""
    for name in ("lab", "components", "pages", ".streamlit"):
        ignored = shutil.ignore_patterns("node_modules", "__pycache__", "test")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "Home.py", folder)
    (folder / "records").mkdir()
    for path in (ROOT / "records").iterdir():
        if (data := record(path)) is not None:
            (folder / "records" / path.name).write_bytes(data)
    if weights is None:
        (folder / "checkpoints").symlink_to(ROOT / "checkpoints")
        return folder
    (folder / "components/ui/first_views.pickle.xz").unlink()
    for path in (ROOT / "checkpoints").glob("*/*"):
        to = folder / "checkpoints" / path.parent.name
        to.mkdir(parents=True, exist_ok=True)
        data = weights(path) if path.suffix == ".safetensors" else path.read_bytes()
        (to / path.name).write_bytes(data)
    return folder


def opened(folder: Path, *pages: str) -> list[Seen]:
    command = [sys.executable, "-c", OPEN, str(folder), *pages]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
    return [Seen(*json.loads(line)) for line in lines]


def half(path: Path) -> bytes:
    data = path.read_bytes()
    return data[: len(data) // 2]


def older(path: Path) -> bytes:
    """Rows that say where they come from, and no more."""

    def without(row: dict[str, Any]) -> str:
        return json.dumps({k: row[k] for k in ("cell", "seeds", *REQUIRED) if k in row})

    if path.suffix == ".jsonl":
        rows = path.read_text().splitlines()
        return "".join(without(json.loads(row)) + "\n" for row in rows).encode()
    return without(json.loads(path.read_text())).encode() if path.suffix == ".json" else b""


def test_home_and_two_pages_without_records_say_so_and_go_on(tmp_path: Path) -> None:
    found = opened(tree(tmp_path, lambda _: None), "01_from_table_to_text", "20_rope")
    assert [one.page for one in found if one.whole] == ["", "01_from_table_to_text", "20_rope"]
    _, from_table, rope = found
    assert MISSING in from_table.said and "records/prices.jsonl is missing" in from_table.said
    assert "records/pairs.jsonl is missing or damaged" in rope.said


@pytest.mark.slow
@pytest.mark.parametrize("record", [lambda _: None, half, older], ids=["none", "half", "older"])
def test_every_page_stands_without_its_records(record: Any, tmp_path: Path) -> None:
    found = opened(tree(tmp_path, record), *PAGES)
    assert [one.page for one in found if one.whole] == ["", *PAGES]
    quiet = [one.page for one in found if MISSING not in one.said and "records/" not in one.said]
    assert set(quiet) <= {"70_forward_pass_3d", "94_glossary"}  # they read no record


def turned(path: Path) -> bytes:
    """One bit of the last number is another."""
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    return bytes(data)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (half, "model.safetensors is damaged or cut short"),
        (turned, "model.safetensors is damaged or another run's"),
    ],
)
def test_every_page_stands_without_its_weights(weights: Any, said: str, tmp_path: Path) -> None:
    found = opened(tree(tmp_path, weights=weights), *PAGES)
    assert [one.page for one in found if one.whole] == ["", *PAGES]
    assert sum(said in one.said for one in found) > 10
