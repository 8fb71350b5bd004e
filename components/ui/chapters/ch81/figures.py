"""The charts of chapter 8, second page.

`Rows` are plain dicts with the named fields.
"""

from __future__ import annotations
