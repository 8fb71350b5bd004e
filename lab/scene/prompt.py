"""What a reader may let a model read; nothing here needs torch."""

from __future__ import annotations

from lab.data.vocabulary import VOCABULARY
from lab.model.config import GPTConfig
from lab.scene.manifest import MOST_TOKENS


def limit(config: GPTConfig) -> int:
    """How many tokens a text may have: the model's table of positions, and what a scene holds."""
    return min(config.position.longest_text or MOST_TOKENS, MOST_TOKENS)


def read_prompt(config: GPTConfig, prompt: str) -> str:
    """The prompt, if such a model can read it; `ValueError` says what is allowed."""
    if not prompt:
        raise ValueError("the prompt is empty; it needs at least one token, such as 7*8=")
    bad = next((character for character in prompt if character not in VOCABULARY), None)
    if bad is not None:
        raise ValueError(f"{bad!r} is no token of this model; it knows {' '.join(VOCABULARY)}")
    if len(prompt) > limit(config):
        raise ValueError(f"{len(prompt)} tokens are too many; this model reads {limit(config)}")
    return prompt
