"""The measured figures of chapter 8, second page, and what is asked for them."""

from __future__ import annotations

from components.ui.claims.claim import Claim

CLAIMS: dict[str, Claim] = {}
