"""The tree stays small enough to clone, and `make size` tells what the history weighs."""

from __future__ import annotations

import pytest

from tools import size


def test_the_tree_holds_at_most_160_mb_and_twelve_runs_at_full_size() -> None:
    files = size.tracked()
    assert len(files) > 500
    assert sum(files.values()) <= 160_000_000 == size.MOST_TREE
    assert "chain_of_thought" in size.full_runs(files)
    assert len(size.full_runs(files)) <= 12 == size.MOST_FULL_RUNS


def test_the_command_tells_tree_and_history_and_fails_on_too_much(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(size, "history", lambda: 299 * size.MB)
    assert size.main() == 0
    assert "history   299.0 of at most 300 MB" in capsys.readouterr().out
    monkeypatch.setattr(size, "history", lambda: 301 * size.MB)
    assert size.main() == 1


def test_the_history_is_counted_from_what_git_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "git", lambda *_: "count: 2\nsize: 8\nin-pack: 9\nsize-pack: 100\n")
    assert size.history() == 108 * 1024
