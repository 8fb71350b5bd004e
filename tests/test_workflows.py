"""The build machines of GitHub run the commands that everybody runs, and no others."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from lab.records import ROOT

WORKFLOWS = {path.stem: path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml")}


def commands(workflow: str) -> list[str]:
    return re.findall(r"^\s*(?:- )?run: (.+)$", workflow, re.MULTILINE)


def test_each_job_runs_one_command_which_is_that_of_every_machine() -> None:
    assert {name: commands(text) for name, text in WORKFLOWS.items()} == {
        "gate": ["bash .ci/run"],
        "night": ["bash .ci/run test-slow", "make audit"],
    }
    assert "run: |" not in "".join(WORKFLOWS.values())


def test_the_oldest_python_of_the_workflows_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    oldest = project["requires-python"].removeprefix(">=")
    listed = {name: re.findall(r"python: \[(.+)\]", text) for name, text in WORKFLOWS.items()}
    found = {name: re.findall(r'"(3\.\d+)"', *lists) for name, lists in listed.items()}
    assert all(versions[0] == oldest and len(versions) == 2 for versions in found.values()), found


def test_the_audit_is_of_what_a_host_installs_by_a_pinned_tool() -> None:
    """In the Python of the image, since other releases may be chosen for another one."""
    recipe = (ROOT / "Makefile").read_text().partition("\naudit:")[2].partition("\n\n")[0]
    assert re.search(r"\bpip-audit==\d+\.\d+\.\d+$", recipe, re.M)
    assert " requirements.txt > $(AUDIT)/requirements.txt\n" in recipe
    assert "--requirement $(AUDIT)/requirements.txt" in recipe and "--strict" in recipe
    (version,) = re.findall(r'python-version: "(.+)"', WORKFLOWS["night"])
    assert f"FROM python:{version}." in (ROOT / "Dockerfile").read_text()


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
