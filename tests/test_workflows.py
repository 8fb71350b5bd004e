"""The build machines of GitHub run the commands that everybody runs, and no others."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from lab.records import ROOT

WORKFLOWS = {path.stem: path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml")}


def commands(workflow: str) -> list[str]:
    return re.findall(r"^\s*(?:- )?run: (.+)$", workflow, re.MULTILINE)


def test_each_workflow_runs_one_command_which_is_that_of_every_machine() -> None:
    assert {name: commands(text) for name, text in WORKFLOWS.items()} == {
        "gate": ["bash .ci/run"],
        "night": ["bash .ci/run test-slow"],
    }
    assert "run: |" not in "".join(WORKFLOWS.values())


def test_the_oldest_python_of_the_workflows_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    oldest = project["requires-python"].removeprefix(">=")
    found = {name: re.findall(r'"(3\.\d+)"', text) for name, text in WORKFLOWS.items()}
    assert all(versions[0] == oldest and len(versions) == 2 for versions in found.values()), found


def test_dependabot_reads_folders_that_hold_what_it_looks_after() -> None:
    text = (ROOT / ".github/dependabot.yml").read_text()
    ecosystems = re.findall(r"package-ecosystem: (\S+)\s+directory: (\S+)", text)
    holds = {"pip": "pyproject.toml", "npm": "package-lock.json", "github-actions": ".github"}
    holds["docker"] = "Dockerfile"
    assert {name for name, _ in ecosystems} == set(holds)
    missing = [
        (name, at) for name, at in ecosystems if not Path(f"{ROOT}{at}", holds[name]).exists()
    ]
    assert missing == []
