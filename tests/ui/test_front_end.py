"""The front end's own checks: passed as it stands, or run here and now.

They take a minute or two of Node. `npm test` leaves the digest of what it has passed with, so they
are run again only where that is not what stands here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import pytest
from drawing_cases import equal
from viewer_ways import CONFIGS, FILE, ROOT, recorded_way, scene_of_variant, ways_of

from components.threejs_viewer import FRONTEND
from components.threejs_viewer.frontend import passed
from lab.scene.build import scene
from lab.scene.manifest import Scene
from lab.scene.recompute import Reader
from lab.training.checkpoint import load_run

HERE = FRONTEND.relative_to(ROOT)
AGAIN = f"run `npm test` in {HERE} and commit {passed.PASSED}"


def test_the_front_end_has_passed_its_own_checks_as_it_stands() -> None:
    """Where it has not, they are run here: either they fail, or their digest is to be committed."""
    if passed.digest() == passed.recorded():
        return
    if shutil.which("npm") is None:
        pytest.fail(
            f"{HERE} has changed since it passed, and npm is missing: {AGAIN}", pytrace=False
        )
    with workshop() as copy:
        pass_all_checks(copy)
    pytest.fail(f"All checks of the front end pass, but nobody has said so: {AGAIN}", pytrace=False)


@pytest.mark.slow
def test_the_front_end_passes_its_own_checks() -> None:
    if shutil.which("npm") is None:
        give_up("npm is not installed (Node 20 or later)")
    with workshop() as copy:
        pass_all_checks(copy)


def pass_all_checks(copy: Path) -> None:
    """Types, format, its own tests, and that it builds what is committed."""
    run(copy, "npm", "run", "all")
    assert passed.digest(copy) == passed.digest(), f"its tests write other fixtures: {AGAIN}"


def give_up(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@contextmanager
def workshop() -> Generator[Path]:
    """A copy of the front end with its packages: those at hand, if they are of this lock file."""
    with TemporaryDirectory(prefix="front-end-") as folder:
        copy = Path(folder) / "frontend"
        shutil.copytree(FRONTEND, copy, ignore=shutil.ignore_patterns("node_modules"))
        at_hand = FRONTEND / "node_modules"
        if newer(at_hand / ".package-lock.json"):
            (copy / "node_modules").symlink_to(at_hand)
        else:
            run(copy, "npm", "ci", "--no-audit", "--no-fund")
        yield copy


def newer(installed: Path) -> bool:
    lock = FRONTEND / "package-lock.json"
    return installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime


def run(folder: Path, *command: str, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


# ---------------------------------------------------------------- what the digest is of


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A front end of two files, beside what is none of it."""
    for name in ("src/a.ts", "dist/a.js", "node_modules/three.js", "src/debug.log"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"let a = 1;\nlet b = 2;\n")
    return tmp_path


def test_one_byte_of_a_file_its_name_a_new_one_and_a_lost_one_change_the_digest(
    small: Path,
) -> None:
    def bytes_of(name: str, content: bytes) -> str:
        (small / name).write_bytes(content)
        return passed.digest(small)

    seen = [passed.digest(small)]
    seen.append(bytes_of("src/a.ts", b"let a = 1;\nlet b = 3;\n"))
    seen.append(bytes_of("dist/a.js", b"let a = 1;\nlet b = 3;\n"))
    (small / "src/a.ts").rename(small / "src/b.ts")
    seen.append(passed.digest(small))
    seen.append(bytes_of("src/c.ts", b""))
    (small / "src/b.ts").unlink()
    seen.append(passed.digest(small))
    assert len(set(seen)) == len(seen) == 6


def test_line_endings_packages_and_what_runs_leave_behind_change_no_digest(small: Path) -> None:
    before = passed.digest(small)
    (small / "src/a.ts").write_bytes(b"let a = 1;\r\nlet b = 2;\r\n")
    for name in ("node_modules/three.js", "src/debug.log", passed.PASSED):
        (small / name).write_text("another\n")
    assert passed.digest(small) == before
    assert passed.recorded(small) == "another"


def test_whatever_the_checks_read_is_in_the_digest() -> None:
    """Sources, tests with their fixtures, the build, and every file that says how."""
    names = {name for name, _ in passed.hashed()}
    assert names >= {
        *("package.json", "package-lock.json", "index.html", "build.js", "passed.py"),
        *("vite.config.ts", "tsconfig.json", ".prettierrc", ".prettierignore"),
        *("src/shared/colours.json", "dist/index.html", "test/viewer/ways.json"),
        *(path.relative_to(FRONTEND).as_posix() for path in (FRONTEND / "src").rglob("*.*")),
        *(path.relative_to(FRONTEND).as_posix() for path in (FRONTEND / "test").rglob("*.*")),
    }
    assert not any("node_modules" in name for name in names)


def test_the_front_end_reads_no_file_outside_its_folder() -> None:
    """Or its digest would not tell that such a file has changed."""
    outside, found = list[str](), 0
    for name, content in passed.hashed():
        if not name.endswith(".ts"):
            continue
        for written in re.findall(r"[\"'`](\.\.?/[^\"'`\s]*)[\"'`]", content.decode()):
            found += 1
            if not (FRONTEND / name).parent.joinpath(written).resolve().is_relative_to(FRONTEND):
                outside.append(f"{name} names {written}")
    assert found > 100 and outside == []


# ---------------------------------------------------------------- the ways home


def test_the_committed_ways_home_are_what_lab_finds() -> None:
    kept = json.loads(FILE.read_text("utf-8"))
    assert kept.keys() == CONFIGS.keys()
    made = {name: json.loads(json.dumps(ways_of(name))) for name in CONFIGS}
    differ = [name for name in CONFIGS if not equal(kept[name], made[name])]
    assert differ == [], "run `python tests/ui/viewer_ways.py`"


def scene_of_run(run_name: str) -> Scene:
    loaded = load_run(run_name)
    form = loaded.format
    text = form.text(37 % 10**form.p, 48 % 10**form.q)
    return scene(loaded.model, text, run=run_name)


def recorded_ways(made: Scene) -> dict[str, Any]:
    """A scene, and the ways home from every digit of its answer, by lab."""
    text, reader, ways = "".join(made.manifest["tokens"]), Reader(made.manifest, made.blobs), []
    for position in range(text.index("="), len(text) - 1):
        token = made.manifest["vocabulary"].index(text[position + 1])
        ways.append(recorded_way(reader, position, token))
    blobs = {f"{kind}s": b64encode(blob).decode() for kind, blob in made.blobs.items()}
    return {"manifest": made.manifest, "ways": ways, **blobs}


@pytest.mark.slow
def test_the_way_home_of_the_front_end_is_that_of_lab_in_committed_runs(tmp_path: Path) -> None:
    """And in a tiny model of every kind that the front end never heard of, along a whole answer."""
    if shutil.which("npx") is None:
        give_up("npx is not installed (Node 20 or later)")
    made = [scene_of_run(name) for name in ("times_table_small", "times_table", "few_pairs")]
    made += [scene_of_variant(name) for name in CONFIGS]
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    for one in made:
        path = scenes / f"{one.manifest['run']}.json"
        path.write_text(json.dumps(recorded_ways(one)), "utf-8")
    test = ("vitest", "run", "test/viewer/home.test.ts", "-t", "lab's, part by part")
    with workshop() as copy:
        said = run(copy, "npx", *test, SCENES=str(scenes))
    assert f"{len(made)} passed" in said
