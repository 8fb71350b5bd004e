"""The measured figures of chapter 4."""

from __future__ import annotations

from components.ui.claims.core import Claim

CLAIMS: dict[str, Claim] = {}
