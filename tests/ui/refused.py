"""What is to be refused, case by case, with all that is not told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any


def not_refused(
    call: Callable[..., object],
    cases: Sequence[tuple[Any, ...]],
    kind: type[Exception] = ValueError,
) -> list[str]:
    """The cases that `call` takes, or refuses in other words; the last of a case are the words."""
    out = [] if cases else ["no case is tried"]
    for *given, said in cases:
        try:
            call(*given)
        except kind as refusal:
            if not re.search(said, str(refusal)):
                out.append(f"{given} is refused by {str(refusal)!r}, not by {said!r}")
        else:
            out.append(f"{given} is taken; {said!r} is wanted")
    return out
