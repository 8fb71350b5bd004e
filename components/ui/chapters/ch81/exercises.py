"""The exercises of chapter 8, second page."""

from __future__ import annotations
