"""The 3D viewer without a browser: what comes back from it, and that its build is its source."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any, NoReturn

import pytest

from components import threejs_viewer
from components.threejs_viewer import (
    DIST,
    FRONTEND,
    Answer,
    Pin,
    Side,
    answer_of,
    declared,
    show_model,
    weights_to_send,
)
from lab.records import ROOT
from lab.scene import paths
from lab.scene.build import scene
from lab.scene.manifest import Scene
from lab.scene.recompute import Reader
from lab.training.checkpoint import load_run

sys.path.insert(0, str(ROOT / "tests" / "lab"))

from tiny import tiny_model
from viewer_scenes import CONFIGS

MOST_BYTES = 160_000  # gzipped


def node_or_skip(program: str = "npm") -> str:
    found = shutil.which(program)
    if found is None:
        give_up(f"{program} is not installed (Node 20 or later)")
    return found


def give_up(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the front end with its packages: those at hand, if they are of this lock file.

    What is built comes along, since a test of the front end's own reads it.
    """
    npm = node_or_skip()
    copy = tmp_path_factory.mktemp("viewer") / "frontend"
    shutil.copytree(FRONTEND, copy, ignore=shutil.ignore_patterns("node_modules"))
    at_hand = FRONTEND / "node_modules"
    if (at_hand / ".package-lock.json").is_file() and newer(at_hand / ".package-lock.json"):
        (copy / "node_modules").symlink_to(at_hand)
        return copy
    done = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund"], cwd=copy, capture_output=True, text=True
    )
    if done.returncode:
        give_up(f"npm ci: {done.stderr[-600:]}")
    return copy


def newer(installed: Path) -> bool:
    return installed.stat().st_mtime >= (FRONTEND / "package-lock.json").stat().st_mtime


def run(workshop: Path, *command: str, program: str = "npx", **environment: str) -> str:
    done = subprocess.run(
        [node_or_skip(program), *command],
        cwd=workshop,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_committed_build_is_what_the_source_builds(workshop: Path) -> None:
    shutil.rmtree(workshop / "dist")
    run(workshop, "run", "build", program="npm")
    fresh, committed = files(workshop / "dist"), files(DIST)
    assert fresh.keys() == committed.keys()
    differ = [name for name in fresh if fresh[name] != committed[name]]
    assert not differ, f"run `npm run build` in {FRONTEND}"


def test_the_front_end_type_checks_and_passes_its_own_tests(workshop: Path) -> None:
    run(workshop, "tsc", "--noEmit")
    run(workshop, "prettier", "--check", ".")
    run(workshop, "test", program="npm")


def recorded_part(one: paths.Term, parts: list[paths.Term]) -> dict[str, Any]:
    place = {"name": one.name, "position": one.position, "head": one.head}
    return {**place, "value": one.value, "parts": [recorded_part(p, []) for p in parts]}


def scene_of_run(run_name: str) -> Scene:
    loaded = load_run(run_name)
    form = loaded.format
    text = form.text(37 % 10**form.p, 48 % 10**form.q)
    return scene(loaded.model, text, run=run_name)


def scene_of_variant(name: str) -> Scene:
    """Of a tiny model; its text goes on behind the sign, so that there is a way to follow."""
    return scene(tiny_model(CONFIGS[name]), "7*8=56$", run=name)


def recorded_ways(made: Scene) -> dict[str, Any]:
    """A scene, and the ways home from every digit of its answer, by lab."""
    text, reader, ways = "".join(made.manifest["tokens"]), Reader(made.manifest, made.blobs), []
    for position in range(text.index("="), len(text) - 1):
        token = made.manifest["vocabulary"].index(text[position + 1])
        way = paths.way_home(reader, paths.logit(reader, position, token))
        steps = [recorded_part(one, paths.unfold(reader, one)) for one in way]
        ways.append({"position": position, "token": token, "way": steps})
    blobs = {f"{kind}s": b64encode(blob).decode() for kind, blob in made.blobs.items()}
    return {"manifest": made.manifest, "ways": ways, **blobs}


def test_the_way_home_of_the_front_end_is_that_of_lab(workshop: Path, tmp_path: Path) -> None:
    """In committed runs, and in a tiny model of every kind that the front end never heard of."""
    made = [scene_of_run(name) for name in ("times_table_small", "times_table", "few_pairs")]
    made += [scene_of_variant(name) for name in CONFIGS]
    for one in made:
        path = tmp_path / f"{one.manifest['run']}.json"
        path.write_text(json.dumps(recorded_ways(one)), "utf-8")
    test = ("test/viewer/home.test.ts", "-t", "lab's")
    said = run(workshop, "vitest", "run", *test, SCENES=str(tmp_path))
    assert f"{len(made)} passed" in said


def test_the_bundle_stays_small_and_fetches_nothing() -> None:
    bundle = {n: text for n, text in files(DIST).items() if not n.startswith("drawings")}
    assert len(gzip.compress(b"".join(bundle.values()))) < MOST_BYTES
    page = bundle["index.html"].decode()
    assert not re.findall(r"(?:src|href)=\"(?!\./)[^\"]*", page)


def test_no_number_of_the_front_end_is_made_up() -> None:
    for path in (FRONTEND / "src").rglob("*.ts"):
        assert "Math.random" not in path.read_text("utf-8"), path


def test_importing_the_viewer_needs_no_torch() -> None:
    code = "import sys, components.threejs_viewer; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=FRONTEND.parents[2], timeout=120)
    assert done.returncode == 0


EDIT = {"name": "z", "layer": 0, "index": {"head": 2}, "scale": 0}


def test_an_answer_is_read_and_nonsense_is_not() -> None:
    pin = {"name": "blocks.0.q", "index": [1, 2, 3]}
    assert answer_of({"pin": pin, "n": 4}) == Answer(4, Pin("blocks.0.q", (1, 2, 3)))
    assert answer_of({"edit": EDIT, "n": 5}) == Answer(5, None, EDIT)
    assert answer_of({"edit": EDIT, "mend": True, "n": 6}) == Answer(6, None, EDIT, mend=True)
    assert answer_of({"rank": True, "n": 7}) == Answer(7, rank=True)
    assert answer_of({"n": 1, "pin": {"name": "q", "index": ["x"]}}) == Answer(1)
    assert answer_of({"prompt": "7*8=4", "n": 8}) == Answer(8, prompt="7*8=4")
    assert answer_of({"n": 1, "prompt": ["7"]}) == Answer(1)
    assert answer_of({"n": 1, "mend": "yes", "rank": 1}) == Answer(1)
    assert answer_of({"pin": pin}) is None
    assert answer_of({"n": True}) is None
    assert answer_of({}) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"scale": "0"},
        {"scale": None},
        {"scale": True},
        {"layer": "0"},
        {"layer": True},
        {"index": ["head"]},
        {"index": {"head": "2"}},
        {"index": {"head": [2]}},
        {"index": None},
        {"name": 3},
    ],
)
def test_an_edit_that_is_not_in_form_is_none(wrong: dict[str, Any]) -> None:
    assert answer_of({"edit": EDIT | wrong, "n": 1}) == Answer(1)


@pytest.mark.parametrize("value", [None, 0, "off", [], [EDIT], {}, {"scale": 0}])
def test_what_is_no_edit_is_none(value: Any) -> None:
    assert answer_of({"edit": value, "pin": value, "n": 1}) == Answer(1)


def side(digest: str, asked: list[str], title: str = "") -> Side:
    def weights() -> bytes:
        asked.append(digest)
        return digest.encode()

    return Side({"weights_digest": digest}, b"numbers of " + digest.encode(), weights, title)


def test_weights_are_packed_only_for_a_digest_that_the_browser_lacks() -> None:
    asked: list[str] = []
    sides = [side("a", asked), side("b", asked)]
    assert weights_to_send({}, sides) == {} and asked == []
    assert weights_to_send({"need_weights": "nonsense"}, sides) == {}
    assert weights_to_send({"need_weights": ["b", "old"]}, sides) == {"b": b"b"} and asked == ["b"]
    lent = [Side({"weights_digest": "a"}, b"", None)]
    assert weights_to_send({"need_weights": ["a"]}, lent) == {}


def test_a_second_scene_travels_beside_the_first_and_shared_weights_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(threejs_viewer, "declared", lambda: lambda **given: sent.append(given))
    monkeypatch.setattr(threejs_viewer.st, "session_state", {"key": {"need_weights": ["a"]}})
    first = side("a", [])
    for beside in (None, side("b", [], "small"), side("a", [])):
        show_model(first.manifest, first.activations, first.weights, key="key", beside=beside)
    alone, other, same = sent
    assert alone["weights"] == b"a" and not any(k.startswith("beside_m") for k in alone)
    assert other["beside_activations"] == b"numbers of b" and other["beside_title"] == "small"
    assert other["beside_weights"] is None and other["weights_sent"] == ["a"]
    assert same["weights"] == b"a" and same["beside_weights"] is None


def test_a_missing_build_says_how_to_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.threejs_viewer.DIST", Path("/nowhere"))
    declared.cache_clear()
    with pytest.raises(FileNotFoundError, match="npm ci && npm run build"):
        declared()
