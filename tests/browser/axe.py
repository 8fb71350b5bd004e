"""A page as axe reads it: text stands out, and what can be used has a name."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from driver import ROOT, wait_for, wait_idle
from playwright.sync_api import Page

FRONTEND = ROOT / "components/threejs_viewer/frontend"
SCRIPT = Path("node_modules/axe-core/axe.min.js")

RULES = ["color-contrast", "image-alt", "button-name", "link-name", "label"]

# axe passes over what a scrolling box hides, and Streamlit scrolls in a box of its own.
UNROLLED = """[data-testid="stApp"], [data-testid="stApp"] :has(.stMainBlockContainer)
{ position: static !important; overflow: visible !important; height: auto !important; }"""

OPEN = "all => all.forEach(fold => fold.querySelector('summary').click())"
SOURCES = '[class*="st-key-source_"]'
CLOSED = "details:not([open])"

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

# Axe would make a selector that is found nowhere else for each of thousands of elements that pass.
ASK = """async ([rules, options]) => {
  axe.configure({checks: [{id: 'color-contrast', options}]});
  const found = await axe.run(document, {
    runOnly: {type: 'rule', values: rules}, selectors: false, elementRef: true});
  const where = e => {
    for (; e; e = e.parentElement ?? e.getRootNode().host) {
      const key = /st-key-\\S+/.exec(e.className);
      if (key) return key[0];
    }
    return 'page';
  };
  const bad = found.violations.flatMap(rule => rule.nodes.map(node =>
    ({rule: rule.id, where: where(node.element), html: node.html, ...node.any[0]?.data})));
  return [bad, found.passes.flatMap(rule => rule.nodes).length];
}"""


def open_all(page: Page) -> None:
    """Every fold, and then those of code and data, which stand in some of them."""
    for folds in (f"{CLOSED}:not({SOURCES} *)", f"{SOURCES} {CLOSED}"):
        page.locator(folds).evaluate_all(OPEN)
        wait_idle(page)


def axe_script(folder: Path) -> str:
    """Its text, in the version of the front end's lock file, from there or fetched into `folder`.

    Raises `RuntimeError` where it cannot be fetched.
    """
    if (FRONTEND / SCRIPT).is_file():
        return (FRONTEND / SCRIPT).read_text()
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm is not installed (Node 20 or later)")
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    held = lock["packages"]["node_modules/axe-core"]
    package = {"dependencies": {"axe-core": held["version"]}}
    lock["packages"] = {"": package, "node_modules/axe-core": held}  # the one package, not all
    (folder / "package.json").write_text(json.dumps(package))
    (folder / "package-lock.json").write_text(json.dumps(lock))
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"npm ci: {done.stderr[-600:]}")
    return (folder / SCRIPT).read_text()


def sentence(found: dict[str, Any]) -> str:
    colours = (
        f"{found['fgColor']} on {found['bgColor']} is {found['contrastRatio']}:1, "
        if "contrastRatio" in found
        else ""
    )
    return f"{found['rule']}: {colours}{found['where']} {found['html'][:100]}"


def read_by_axe(page: Page, script: str, themes: Iterable[str]) -> list[str]:
    """What axe finds in each theme with every fold open: a sentence each, none where all is well.
    Names are the same in every theme, so that after the first only contrast is looked at.

    The page is left in the last theme, its folds open, and scrolls again as it did.
    """
    unrolled = page.add_style_tag(content=UNROLLED)
    page.evaluate(script)
    found: list[str] = []
    rules = RULES
    for theme in themes:
        page.emulate_media(color_scheme=theme)  # pyright: ignore[reportArgumentType]
        wait_for(page, lambda: page.evaluate(THEME) == theme)  # noqa: B023
        open_all(page)
        wait_idle(page)
        violations, passed = page.evaluate(ASK, [rules, CONTRAST])
        rules = RULES[:1]
        found += [] if passed > 50 else [f"{theme}: axe saw next to nothing of this page"]
        found += sorted({f"{theme}: {sentence(each)}" for each in violations})
    unrolled.evaluate("e => e.remove()")
    return found
