"""How large the tree and the history are, beside what they may be: `make size`.

A clone fetches the whole history, so weights are committed once, when they are final.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MB = 1_000_000
MOST_TREE, MOST_HISTORY = 160 * MB, 300 * MB
MOST_FULL_RUNS, FULL = 12, 9 * MB
"""Runs of the model at full size, 9.4 MB each in bfloat16."""


def git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def tracked() -> dict[str, int]:
    """Bytes of every file that git tracks and that is there."""
    paths = {name: ROOT / name for name in git("ls-files", "-z").split("\0") if name}
    return {name: path.stat().st_size for name, path in paths.items() if path.is_file()}


def full_runs(files: dict[str, int]) -> list[str]:
    """The runs whose weights are those of a model at full size."""
    weights = (
        name for name, size in files.items() if name.startswith("checkpoints/") if size > FULL
    )
    return sorted(Path(name).parent.name for name in weights)


def history() -> int:
    """Bytes that git keeps of all commits, packed and loose."""
    counted = dict(line.split(": ") for line in git("count-objects", "-v").splitlines())
    return 1024 * (int(counted["size"]) + int(counted["size-pack"]))


def main() -> int:
    files = tracked()
    rows = (
        ("tree", sum(files.values()), MOST_TREE),
        ("history", history(), MOST_HISTORY),
    )
    for name, size, most in rows:
        print(f"{name:8} {size / MB:6.1f} of at most {most / MB:.0f} MB")
    print(f"runs     {len(full_runs(files)):6} of at most {MOST_FULL_RUNS} at full size")
    return int(any(size > most for _, size, most in rows) or len(full_runs(files)) > MOST_FULL_RUNS)


if __name__ == "__main__":
    raise SystemExit(main())
