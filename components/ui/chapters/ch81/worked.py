"""The worked numbers in the prose of chapter 8, second page, and what its figures are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping

CALC: Mapping[str, Callable[[], str]] = {}
