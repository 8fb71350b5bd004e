"""The image of the book, where nobody can build it: what hadolint would say, and its commands run.

The fast tests read the Dockerfile. The slow one does what it says, line by line, as a user who is
not root: a fresh virtual environment for the base image, the files that COPY and .dockerignore
leave, every RUN, and the CMD, which readers without browsers then visit.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from components.ui.book import BEHIND, CONTENTS
from lab.records import ROOT
from tools import size
from tools.latency import until
from tools.reader import Reader

Instruction = tuple[str, str]


def instructions() -> list[Instruction]:
    """(FROM, python...), ...: comments gone, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.M)
    lines = [line.strip() for line in re.sub(r"\\\n\s*", "", text).splitlines() if line.strip()]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def told(word: str) -> list[str]:
    return [rest for other, rest in instructions() if other == word]


def environment() -> dict[str, str]:
    pairs = (pair.partition("=") for said in told("ENV") for pair in shlex.split(said))
    return {name: value for name, _, value in pairs}


def ignored(path: str) -> bool:
    """As .dockerignore means it: the last pattern that fits a path or a folder above it decides."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    whole, out = PurePosixPath(path), False
    above = [str(whole), *(str(folder) for folder in whole.parents)]
    for line in (line for line in lines if line and not line.startswith("#")):
        pattern = line.removeprefix("!")
        if any(fits(pattern, one) for one in above if one != "."):
            out = not line.startswith("!")
    return out


def fits(pattern: str, path: str) -> bool:
    """A * stands for no slash; **/ stands for any folders, or none."""
    if pattern.startswith("**/"):
        return fits(pattern.removeprefix("**/"), path.rpartition("/")[2])
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


tracked = cache(lambda: sorted(size.tracked()))


def copied() -> dict[str, str]:
    """Of each tracked file that goes into the image, where it goes: to a path from its folder."""
    out: dict[str, str] = {}
    for said in told("COPY"):
        *sources, to = said.split()
        for name in tracked():
            for source in sources:
                if name == source and to == "./":
                    out[name] = name
                elif name.startswith(f"{source}/"):
                    out[name] = to + name.removeprefix(source)
    return {name: to for name, to in out.items() if not ignored(name)}


# ---------------------------------------------------------------- by what is written


def test_the_base_is_pinned_to_one_release() -> None:
    (base,) = told("FROM")
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", base), base


def test_the_user_is_not_root_and_named_by_number_for_all_that_runs() -> None:
    order = [word for word, _ in instructions()]
    (user,) = told("USER")
    assert user.isdigit() and int(user) > 0
    assert order.index("USER") > max(i for i, word in enumerate(order) if word in ("RUN", "COPY"))
    assert f"--uid {user} " in next(run for run in told("RUN") if run.startswith("useradd "))


def test_nothing_stays_of_an_installer() -> None:
    runs = told("RUN")
    installs = [run for run in runs if re.search(r"\bpip3? install\b", run)]
    assert len(installs) == 1, installs
    assert {"--no-cache-dir", "--only-binary=:all:"} <= set(installs[0].split())
    assert "-r requirements.txt" in installs[0]
    assert not [run for run in runs if re.search(r"\b(apt|apt-get|apk|curl|wget|sudo)\b", run)]


def test_each_instruction_is_one_that_a_builder_knows_and_nothing_is_added_from_afar() -> None:
    known = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "ENV", "EXPOSE", "HEALTHCHECK", "CMD"}
    assert {word for word, _ in instructions()} == known  # ADD, MAINTAINER and SHELL among others
    order = [word for word, _ in instructions()]
    assert all(pair != ("RUN", "RUN") for pair in pairwise(order))
    assert order.count("CMD") == order.count("HEALTHCHECK") == 1
    (at,) = told("WORKDIR")
    assert at.startswith("/")


def test_what_is_copied_is_there_and_a_folder_goes_to_its_own_name() -> None:
    amiss = list[str]()
    for said in told("COPY"):
        *sources, to = said.split()
        amiss += [source for source in sources if not (ROOT / source).exists()]
        amiss += [source for source in sources if ignored(source)]
        amiss += [said for source in sources if (ROOT / source).is_dir() and [source] != [to]]
    assert amiss == []


def test_the_image_holds_what_pages_read_and_nothing_that_is_only_for_building() -> None:
    files = set(copied())
    for name in ("Home.py", ".streamlit/config.toml", "requirements.txt", "LICENSE"):
        assert name in files, name
    for folder in ("checkpoints", "records", "lab", "components/ui", "pages"):
        missing = [name for name in tracked() if name.startswith(f"{folder}/")]
        assert missing and not set(missing) - files, folder
    front = "components/threejs_viewer/frontend/"
    of_front = {name.removeprefix(front) for name in files if name.startswith(front)}
    assert "src/shared/colours.json" in of_front
    assert all(name.startswith(("dist/", "src/shared/colours")) for name in of_front)
    assert not [name for name in files if name.startswith(("tests/", "tools/", ".g", ".ci"))]
    assert ignored(".streamlit/secrets.toml") and ignored(".git/config") and ignored(".venv/bin")
    assert ignored("lab/model/__pycache__/gpt.cpython-311.pyc")


def test_the_server_listens_to_all_and_its_health_is_asked_where_it_listens() -> None:
    said = environment()
    assert said["STREAMLIT_SERVER_ADDRESS"] == "0.0.0.0"
    assert [said["STREAMLIT_SERVER_PORT"]] == told("EXPOSE") == ["8501"]
    (health,) = told("HEALTHCHECK")
    assert "/_stcore/health" in health and "STREAMLIT_SERVER_PORT" in health
    assert json.loads(told("CMD")[0])[:4] == ["python", "-m", "streamlit", "run"]


# ---------------------------------------------------------------- as it runs

NOBODY = 65534


def python_for(user: dict[str, Any]) -> str:
    """One of this version that the user may run, with venv and pip."""
    system = f"/usr/bin/python3.{sys.version_info.minor}"
    for python in (getattr(sys, "_base_executable", sys.executable), system):
        command = [python, "-c", "import ensurepip, venv"]
        try:
            if subprocess.run(command, **user, cwd="/", capture_output=True).returncode == 0:
                return python
        except OSError:
            continue
    pytest.skip("the user may run no Python of this version that has venv and pip")


@pytest.fixture
def user() -> dict[str, Any]:
    """For `subprocess`: who is not root."""
    return {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}


@pytest.fixture
def folder(user: dict[str, Any]) -> Iterator[Path]:
    """One that the user owns; pytest's own are closed to others."""
    path = Path(tempfile.mkdtemp(prefix="white-box-image-"))
    if user:
        os.chown(path, NOBODY, NOBODY)
    try:
        yield path
    finally:
        for folder in [path / "book", *(path / "book").rglob("*/")]:
            folder.chmod(0o755)
        shutil.rmtree(path)


@pytest.mark.slow
def test_its_commands_serve_every_page_as_a_user_who_may_write_nothing(
    user: dict[str, Any], folder: Path
) -> None:
    book, venv = folder / "book", folder / "venv"
    where = {"HOME": str(folder), "PATH": f"{venv}/bin:/usr/bin:/bin"}
    own = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "STREAMLIT"))}
    own = {"PIP_RETRIES": "1", **own}  # an index that cannot be reached is left alone soon

    def done(command: list[str], **more: str) -> None:
        subprocess.run(command, cwd=book, env={**own, **where, **more}, check=True, **user)

    book.mkdir()
    for name, to in copied().items():
        (book / to).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, book / to)
    if user:
        for path in (book, *book.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    done([python_for(user), "-m", "venv", str(venv)])
    for run in told("RUN"):
        if not run.startswith("useradd "):  # that user is here already
            done(["/bin/sh", "-c", run])
    for path in (book, *book.rglob("*/")):
        path.chmod(0o555)  # what comes now runs as the user of the image, whom nothing there obeys

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    served = {**own, **where, **environment(), "STREAMLIT_SERVER_PORT": port}
    health = json.loads(told("HEALTHCHECK")[0].partition("CMD ")[2])

    def healthy() -> bool:
        assert server.poll() is None, "the server ended"
        asked = subprocess.run(health, env=served, capture_output=True, **user)
        return asked.returncode == 0

    command = json.loads(told("CMD")[0])
    server = subprocess.Popen(
        [venv / "bin" / command[0], *command[1:]], cwd=book, env=served, **user
    )
    try:
        until(healthy, 120)
        status = Path(f"/proc/{server.pid}/status")
        if status.exists():
            assert re.findall(r"^Uid:\t(\d+)", status.read_text(), re.M) != ["0"]
        broken = dict[str, list[str]]()
        for page in ("", *(entry.url for entry in (*CONTENTS, *BEHIND) if entry.written)):
            with Reader(f"http://127.0.0.1:{port}", page, patience=300) as reader:
                if reader.exceptions() or not reader.texts():
                    broken[page] = reader.exceptions()
        assert broken == {}
    finally:
        server.terminate()
        server.wait(30)
    assert not healthy_after(health, served), "who asks a server that is gone is told so"
    loose = [path for path in book.rglob("*.pyc") if path.parent.name != "__pycache__"]
    assert loose == []


def healthy_after(health: list[str], env: dict[str, str]) -> bool:
    return subprocess.run(health, env=env, capture_output=True).returncode == 0
