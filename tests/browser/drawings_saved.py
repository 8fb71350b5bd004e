"""Files that "Save as SVG" makes, read back."""

from __future__ import annotations

from xml.etree import ElementTree

import driver
from playwright.sync_api import Download, Locator

SVG = "{http://www.w3.org/2000/svg}"


def press(page: driver.BookPage, within: Locator, n: int) -> list[Download]:
    """The n files that come when the button is pressed, in their order."""
    files: list[Download] = []

    def keep(file: Download) -> None:
        files.append(file)

    page.on("download", keep)
    within.get_by_role("button", name="Save as SVG").click()
    driver.wait_for(page, lambda: len(files) >= n)
    within.get_by_text(f"{n} file").wait_for()
    page.remove_listener("download", keep)
    return files


def read(file: Download) -> ElementTree.Element:
    """Its root, once no shape of it needs a style sheet."""
    root = ElementTree.parse(file.path()).getroot()
    for shape in root.iter():
        assert not {"class", "style"} & set(shape.attrib)
        assert "var(" not in str(shape.attrib) and "color(" not in str(shape.attrib)
    return root


def texts(root: ElementTree.Element) -> str:
    return " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))


def size(root: ElementTree.Element) -> tuple[float, ...]:
    return tuple(map(float, root.attrib["viewBox"].split()))[2:]
