"""Numbers as a reader sees them."""

import re
from pathlib import Path

import pytest

from lab.numerals import written
from lab.records import ROOT

pytestmark = pytest.mark.core

WITH_EXPONENT = re.compile(r"""\{[^{}:]+:[^{}]*\.\d[eE]\}|format="[^"%]*\d~?[ge]"|"\.\d~g\"""")
"""In an f-string, and as d3 has it."""


def test_a_number_has_one_form() -> None:
    said = {
        (0.0023, "{:.1e}"): "0.0023",
        (1e-3, "{:.0e}"): "0.001",
        (3e-8, "{:.0e}"): "3\u00a0×\u00a010⁻⁸",
        (-2.34e-5, "{:.2e}"): "−2.34\u00a0×\u00a010⁻⁵",
        (1.1e304, "{:.1e}"): "1.1\u00a0×\u00a010³⁰⁴",
        (12_345.6, "{:.2e}"): "12,300",
        (0, "{:.1e}"): "0",
        (3e-5, "{:g}"): "3\u00a0×\u00a010⁻⁵",
        (-0.5, "{:g}"): "−0.5",
        (-1234.5, "{:,.1f} steps"): "−1,234.5 steps",
    }
    assert {(x, form): written(x, form) for x, form in said} == said


def test_what_a_reader_sees_is_never_written_with_an_exponent_of_python() -> None:
    """Only the form that `written` takes may have one: '{:.0e}', never f'{x:.0e}'. Nor may a
    tooltip say d3's g, which makes 1.2e+4 of 12,345."""
    files = [p for folder in ("components/ui", "pages") for p in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100 and WITH_EXPONENT.findall("{x:.1e} {:.1e}") == ["{x:.1e}"]
    assert {str(p.relative_to(ROOT)): bad for p in files if (bad := exponents_in(p))} == {}


def exponents_in(path: Path) -> list[str]:
    return WITH_EXPONENT.findall(path.read_text())
