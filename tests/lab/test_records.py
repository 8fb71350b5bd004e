"""lab.records: every record says where it comes from."""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from tiny import refusal

from lab import records as module
from lab.records import (
    REQUIRED,
    ROOT,
    append_line,
    locked,
    provenance,
    read_lines,
    select,
    write_json,
    write_lines,
)


def test_provenance_names_date_commit_processor_and_command() -> None:
    fields = provenance("python -m lab bench problems")
    assert fields.keys() == set(REQUIRED)
    assert fields["command"] == "python -m lab bench problems"
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", fields["date"])
    assert fields["torch"] == torch.__version__
    assert re.search(r", \d+ cores$", fields["cpu"])
    assert json.loads(json.dumps(fields)) == fields


def test_the_commit_is_that_of_the_work_tree_and_marks_changed_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*arguments: str) -> str:
        author = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
        command = ["git", "-C", str(tmp_path), *author, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "x.py").write_text("1")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    head = git("rev-parse", "--short", "HEAD")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    assert module.commit() == head
    (tmp_path / "notes.md").write_text("not code")
    assert module.commit() == head
    (tmp_path / "lab" / "x.py").write_text("2")
    assert module.commit() == head + "+"


def test_outside_a_repository_the_commit_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOT", tmp_path)
    assert module.commit() == "unknown"
    monkeypatch.setenv("PATH", str(tmp_path))  # and without git at all
    assert module.commit() == "unknown"


def test_lines_are_written_and_added(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.jsonl"
    append_line(path, {"a": 1})
    append_line(path, {"b": "é\n"})
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"a": 1}, {"b": "é\n"}]
    write_lines(path, [{"c": 3}])
    assert path.read_text() == '{"c":3}\n'
    assert (ROOT / "lab" / "records.py").exists()


def test_a_file_of_lines_that_ends_in_half_a_line_is_read_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert read_lines(path) == []
    path.write_text('{"step": 1}\n{"step": 2}\n{"step": 3, "lo')
    assert read_lines(path) == [{"step": 1}, {"step": 2}]


def test_a_line_is_added_behind_the_last_whole_one(tmp_path: Path) -> None:
    """A killed process leaves a part of a line, or a whole one without its end."""
    path = tmp_path / "rows.jsonl"
    for left, rows in (('{"step": 2', [{"step": 1}]), ('{"step": 2}', [{"step": 1}, {"step": 2}])):
        path.write_text('{"step": 1}\n' + left)
        append_line(path, {"step": 3})
        assert read_lines(path) == [*rows, {"step": 3}], left
        assert path.read_text().endswith('{"step":3}\n')


WRITERS = {
    "adds": "append_line(path, {'from': 'adds', 'n': n, 'long': 'x' * 9000})",
    "adds too": "append_line(path, {'from': 'adds too', 'n': n})",
    "rewrites": (
        "\n    with locked(path.parent):"
        "\n        rows = read_lines(path)"
        "\n        write_lines(path, [*rows, {'from': 'rewrites', 'n': n}])"
    ),
}


def side_by_side(path: Path, writers: list[str]) -> None:
    """What each does a hundred times, in a process of its own; none begins before all are there."""
    begin = (
        "import sys; from pathlib import Path; path = Path(sys.argv[1])\n"
        "from lab.records import append_line, locked, read_lines, write_json, write_lines\n"
        "print(flush=True); sys.stdin.readline()\n"
        "for n in range(100): "
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", begin + code, str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for code in writers
    ]
    for one in processes:
        assert one.stdout and one.stdout.readline() == "\n"
    for one in processes:
        assert one.stdin
        one.stdin.write("\n")
        one.stdin.flush()
    assert [one.wait(100) for one in processes] == [0] * len(writers)


def test_processes_that_add_to_a_file_and_rewrite_it_at_once_lose_no_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    side_by_side(path, [*WRITERS.values()])
    rows = read_lines(path)
    for name in WRITERS:
        assert [row["n"] for row in rows if row["from"] == name] == [*range(100)], name
    assert len(rows) == 300 and [*tmp_path.iterdir()] == [path]


def test_processes_that_write_one_file_at_once_never_mix_it(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    code = "write_json(path, {'by': 'WHO', 'text': 'WHO' * 30_000})"
    side_by_side(path, [code.replace("WHO", who) for who in "abc"])
    document = json.loads(path.read_text())
    assert document["text"] == document["by"] * 30_000 and [*tmp_path.iterdir()] == [path]


def test_a_lock_keeps_out_all_but_the_one_that_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    asked, order, flock = threading.Event(), list[str](), fcntl.flock

    def asking(descriptor: int, operation: int) -> None:
        asked.set()
        flock(descriptor, operation)

    def other() -> None:
        with locked(tmp_path) as alone:
            order.append(f"other, {alone}")

    thread = threading.Thread(target=other)
    with locked(tmp_path) as alone, locked(tmp_path / ".") as again:
        monkeypatch.setattr(fcntl, "flock", asking)
        thread.start()
        assert asked.wait(60)
        descriptor = os.open(tmp_path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)
        order.append(f"first, {alone and again}")
    thread.join()
    assert order == ["first, True", "other, True"]
    assert [*tmp_path.iterdir()] == []


def test_what_a_killed_write_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    path, others = tmp_path / "x[1].json", tmp_path / ".x1.json.7.tmp"
    for left in (tmp_path / ".x[1].json.7.tmp", others):
        left.write_text("half")
    write_json(path, {"a": 1})
    assert sorted(tmp_path.iterdir()) == sorted([path, others])


def test_a_file_of_lines_damaged_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"step": 1}\n{"step": \n{"step": 3}\n')
    with pytest.raises(ValueError, match=r"rows\.jsonl: line 2 is not JSON"):
        read_lines(path)


def test_a_row_that_is_no_object_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    path, told = tmp_path / "rows.jsonl", list[tuple[str, str, str]]()
    for row in ("[1, 2]", "3", "null", '"step"', "NaN"):
        for after in ('{"step": 2}\n', ""):
            path.write_text(f'{{"step": 1}}\n{row}\n{after}')
            told.append((row, after, refusal(lambda: read_lines(path))))
    expected = r"rows\.jsonl: line 2 is .*, no JSON object"
    assert [one for one in told if not re.search(expected, one[2])] == []


def test_a_write_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.json"
    write_json(path, {"a": [1, 2]})
    before = path.read_text()
    assert json.loads(before) == {"a": [1, 2]} and before.endswith("}\n")
    write = Path.write_text

    def full_disk(self: Path, text: str) -> int:
        write(self, text[:3])
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_text", full_disk)
    for put in (lambda: write_json(path, {"b": 1}), lambda: write_lines(path, [{"b": 1}])):
        with pytest.raises(OSError, match="no space"):
            put()
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


def test_rows_are_selected_by_all_that_is_asked_of_their_cell() -> None:
    rows = [{"cell": {"seed": s, "style": style}} for s in (0, 1) for style in ("plain", "dots")]
    assert select(rows, style="dots") == [rows[1], rows[3]]
    assert select(rows, style="dots", seed=1) == [rows[3]]
    assert select(rows, style="dots", rate=None) == [] and select(rows) == rows
