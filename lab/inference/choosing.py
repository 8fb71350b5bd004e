"""What a way of choosing does to a model's next token, and to a whole problem.

Shapes: `V` vocabulary.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from lab.data.problems import Format
from lab.data.vocabulary import END, VOCABULARY, decode, encode
from lab.inference.forward import logits_of
from lab.inference.generate import Sampling, generate, reshape
from lab.model.gpt import GPT


def before_and_after(
    model: GPT, given: str, sampling: Sampling
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities of the token after `given`: the model's own, and under `sampling`. (V,) each.

    Greedy puts all on the largest.
    """
    logits = logits_of(model, given)[0, -1].double()
    own = logits.softmax(-1).numpy()
    if sampling.temperature == 0:
        return own, np.eye(len(own))[own.argmax()]
    return own, reshape(logits[None], sampling)[0].softmax(-1).numpy()


def drawn_texts(
    model: GPT, form: Format, a: int, b: int, sampling: Sampling, n: int, seed: int = 0
) -> list[str]:
    """Let a model write a x b `n` times: each text with its question, up to its first end.

    A draw that writes no end stops where a right text would.
    """
    question, right = form.text(a, b)[: form.prompt_length], form.text(a, b)
    steps = generate(
        model,
        torch.from_numpy(encode(question)).long().expand(n, -1),
        max_new=len(right) - len(question),
        sampling=sampling,
        generator=torch.Generator().manual_seed(seed),
        stop=None,
    )
    written = np.stack([step.ids for step in steps], axis=1)
    return [question + up_to_its_end(decode(row)) for row in written]


def up_to_its_end(text: str) -> str:
    written, end, _ = text.partition(VOCABULARY[END])
    return written + end
