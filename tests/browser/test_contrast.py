"""Every page as axe reads it, in both themes: text stands out, and what can be used has a name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest
from driver import ROOT, wait_for, wait_idle

from components.ui.book import CONTENTS

FRONTEND = ROOT / "components/threejs_viewer/frontend"

RULES = ["color-contrast", "image-alt", "button-name", "link-name", "label"]

# axe passes over what a scrolling box hides, and Streamlit scrolls in a box of its own.
UNROLLED = """[data-testid="stApp"], [data-testid="stApp"] :has(.stMainBlockContainer)
{ position: static !important; overflow: visible !important; height: auto !important; }"""

OPEN_ALL = (
    "() => document.querySelectorAll('details:not([open]) > summary').forEach(s => s.click())"
)

# A page follows its reader's system from theme to theme, as when evening comes. What the server has
# coloured for the first one stays; but that is charts, whose text axe does not read.
THEME = """() => getComputedStyle(document.querySelector('[data-testid="stApp"]')).colorScheme"""

# As axe measures unless told otherwise, but signs and single letters count as text here.
CONTRAST = {
    "ignoreUnicode": False,
    "ignoreLength": True,
    "boldValue": 700,
    "boldTextPt": 14,
    "largeTextPt": 18,
    "contrastRatio": {"normal": {"expected": 4.5}, "large": {"expected": 3}},
    "pseudoSizeThreshold": 0.25,
    "shadowOutlineEmMax": 0.2,
}

ASK = """async ([rules, options]) => {
  axe.configure({checks: [{id: 'color-contrast', options}]});
  const found = await axe.run(document, {runOnly: {type: 'rule', values: rules}});
  const flat = results => results.flatMap(rule => rule.nodes.map(node =>
    ({rule: rule.id, where: node.target.flat().join(' >>> ').slice(-120), html: node.html,
      ...node.any[0]?.data})));
  return [flat(found.violations), flat(found.passes).length];
}"""


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe's script, in the version of the front end's lock file."""
    script = Path("node_modules/axe-core/axe.min.js")
    if (FRONTEND / script).is_file():
        return (FRONTEND / script).read_text()
    npm = shutil.which("npm")
    if npm is None:
        give_up("npm is not installed (Node 20 or later)")
    folder = tmp_path_factory.mktemp("axe")
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    held = lock["packages"]["node_modules/axe-core"]
    package = {"dependencies": {"axe-core": held["version"]}}
    lock["packages"] = {"": package, "node_modules/axe-core": held}  # the one package, not all
    (folder / "package.json").write_text(json.dumps(package))
    (folder / "package-lock.json").write_text(json.dumps(lock))
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        give_up(f"npm ci: {done.stderr[-600:]}")
    return (folder / script).read_text()


def give_up(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


PAGES = ["/", *(f"/{entry.url}?reveal=1" for entry in CONTENTS if entry.written), "/claims"]

MOST_VARIED = [
    "/",
    "/numpy_mlp?reveal=1",
    "/attention_by_hand?reveal=1",
    "/chain_of_thought?reveal=1",
]
"""Between them they hold nearly every colour of text in the book; the others are slow tests."""


def sentence(found: dict[str, Any]) -> str:
    colours = (
        f"{found['fgColor']} on {found['bgColor']} is {found['contrastRatio']}:1, "
        if "contrastRatio" in found
        else ""
    )
    return f"{found['rule']}: {colours}{found['where']} {found['html'][:100]}"


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=[] if p in MOST_VARIED else [pytest.mark.slow]) for p in PAGES],
)
def test_text_stands_out_and_controls_have_names(open_page, axe: str, path: str):
    page = open_page(path)
    page.add_style_tag(content=UNROLLED)
    page.evaluate(axe)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        wait_for(page, lambda: page.evaluate(THEME) == theme)  # noqa: B023
        page.evaluate(OPEN_ALL)
        wait_idle(page)
        violations, passed = page.evaluate(ASK, [RULES, CONTRAST])
        assert passed > 50, "axe saw next to nothing of this page"
        assert not violations, "\n".join(sorted({sentence(found) for found in violations}))
