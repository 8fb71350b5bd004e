"""Numbers as a reader sees them: 10,000; 0.0023; a true minus sign; never 2.3e-03."""

from __future__ import annotations

import re

LEAST, MOST = 1e-4, 1e9
"""Below and from there on a decimal has too many noughts to be read, and a power of ten is told."""

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

EXPONENT = re.compile(r"(-?\d[.\d]*)e([+-]\d+)")
MINUS = re.compile(r"(?<!\w)-(?=[\d.])")


def written(x: float, form: str = "{:g}") -> str:
    """As a format of Python's says, in the book's signs. What has an exponent there becomes a
    decimal of as many digits, or, where that could not be read, a power of ten: 2.3 × 10⁻⁵."""
    return MINUS.sub("−", EXPONENT.sub(without_e, form.format(x)))


def without_e(found: re.Match[str]) -> str:
    x, (mantissa, exponent) = float(found[0]), found.groups()
    if x and not LEAST <= abs(x) < MOST:
        return f"{mantissa}\u00a0×\u00a0{power_of_ten(int(exponent))}"
    places = max(len(mantissa.lstrip("-").replace(".", "")) - 1 - int(exponent), 0)
    return f"{x:,.{places}f}" if x else "0"


def power_of_ten(exponent: int) -> str:
    return f"10{f'{exponent}'.translate(RAISED)}"
