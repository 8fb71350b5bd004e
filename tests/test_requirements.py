"""requirements.txt (a hosted copy) and pyproject.toml (everywhere else) must not drift apart."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def pinned() -> list[Requirement]:
    lines = (line.strip() for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def ranges() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found = (Requirement(text) for text in project["dependencies"])
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def pin_of(requirement: Requirement) -> str:
    (specifier,) = requirement.specifier
    assert specifier.operator == "==", f"{requirement} is not pinned to one version"
    return specifier.version


def test_both_files_name_the_same_packages() -> None:
    assert {canonicalize_name(pin.name) for pin in pinned()} == set(ranges())


def test_every_line_names_one_release_of_one_package() -> None:
    """No range, no address, no other file, no option but the index that has torch's CPU build."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    options = [line for line in lines if line.startswith("-")]
    assert options == ["--extra-index-url https://download.pytorch.org/whl/cpu"]
    loose = [
        str(pin)
        for pin in pinned()
        if pin.url or not re.fullmatch(r"==[\w.+]+", str(pin.specifier))
    ]
    assert loose == []


def test_each_pin_lies_within_the_range_of_pyproject() -> None:
    allowed = ranges()
    outside = [
        f"{pin} lies outside {allowed[name].specifier}"
        for pin in pinned()
        if not allowed[name := canonicalize_name(pin.name)].specifier.contains(pin_of(pin))
    ]
    assert pinned() and outside == []


TORCH = {
    ("linux", "x86_64"): "2.13.0+cpu",
    ("linux", "aarch64"): "2.13.0",
    ("darwin", "arm64"): "2.13.0",
    ("win32", "AMD64"): "2.13.0",
}


def test_every_platform_gets_exactly_one_torch() -> None:
    torch = [pin for pin in pinned() if pin.name == "torch"]
    found = {
        (system, machine): [
            pin_of(pin)
            for pin in torch
            if pin.marker
            and pin.marker.evaluate({"sys_platform": system, "platform_machine": machine})
        ]
        for system, machine in TORCH
    }
    assert found == {platform: [version] for platform, version in TORCH.items()}


def test_pyproject_never_asks_for_a_local_build() -> None:
    assert not [r for r in ranges().values() if "+" in str(r.specifier)]
