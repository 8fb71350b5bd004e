"""What the networks of chapter 8, second page, are asked, kept for readers that ask the same."""

from __future__ import annotations
