"""The 3D viewer without a browser: what comes back from it, and what its build weighs."""

import gzip
import re
from pathlib import Path
from typing import Any

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

MOST_BYTES = 165_000  # gzipped


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_bundle_stays_small_and_fetches_nothing() -> None:
    bundle = {n: text for n, text in files(DIST).items() if not n.startswith("drawings")}
    assert len(gzip.compress(b"".join(bundle.values()))) < MOST_BYTES
    page = bundle["index.html"].decode()
    assert not re.findall(r"(?:src|href)=\"(?!\./)[^\"]*", page)


def test_no_number_of_the_front_end_is_made_up() -> None:
    sources = list((FRONTEND / "src").rglob("*.ts"))
    assert sources and [p for p in sources if "Math.random" in p.read_text("utf-8")] == []


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


NO_EDITS: list[dict[str, Any]] = [
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
]


def test_an_edit_that_is_not_in_form_is_none() -> None:
    taken = [x for x in NO_EDITS if answer_of({"edit": EDIT | x, "n": 1}) != Answer(1)]
    assert taken == []


def test_what_is_no_edit_is_none() -> None:
    values: list[Any] = [None, 0, "off", [], [EDIT], {}, {"scale": 0}]
    taken = [x for x in values if answer_of({"edit": x, "pin": x, "n": 1}) != Answer(1)]
    assert taken == []


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
