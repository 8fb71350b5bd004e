"""A question with a few answers, read from prose, each answer with the sentence that follows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A question with a few answers, and a sentence on each: why it is right, or why it is not."""

    ask: str
    options: tuple[str, ...]
    right: str
    why: Mapping[str, str]

    def __post_init__(self) -> None:
        if self.right not in self.options:
            raise ValueError(f"right={self.right!r} is not among the options {self.options}")
        lacking = [option for option in self.options if not self.why.get(option)]
        if lacking:
            raise ValueError(f"option {lacking[0]!r} of {self.ask!r} has no sentence")


OPTION = re.compile(r"^- (\*\*?)(.+?)\1 (.+)$", re.MULTILINE)


def read_question(text: str) -> Question:
    """A question from prose: what is asked, then a line for each option and its sentence.

    `- *an option* why not`, and for the right one `- **the option** why`.
    """
    found = OPTION.findall(text)
    right = [option for stars, option, _ in found if stars == "**"]
    if len(right) != 1:
        raise ValueError(f"a question has one right option in **, this one {len(right)}: {text!r}")
    ask = text.partition("\n- ")[0].strip()
    options = tuple(option for _, option, _ in found)
    return Question(ask, options, right[0], {option: why for _, option, why in found})
