"""What an answer would cost without one head, for every head of a model on one prompt.

Shapes: `R` rows, the whole model and one for each of `H` heads over all layers; `T` tokens of the
text, `V` vocabulary.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lab.data.vocabulary import Tokens, decode, encode
from lab.inference.choosing import up_to_its_end
from lab.inference.forward import logits_of
from lab.inference.generate import greedy_steps
from lab.interp.head_cost import HeadCost
from lab.model.gpt import GPT
from lab.model.trace import Edit, Trace


def head_costs(model: GPT, text: str, prompt_length: int) -> list[HeadCost]:
    """The heads of a model that wrote `text` behind `prompt_length` tokens, the dearest first.

    nats(head) = sum over t of ln p(x_t | x_<t) - ln p(x_t | x_<t, z_head = 0), t over the answer.

    Zero ablation at every token: the head hands on nothing. One batch holds a row for each head, so
    that all of them take one forward and one writing. `ValueError` where no answer is written.
    """
    if not 0 < prompt_length < len(text):
        raise ValueError(
            f"{text!r} with a prompt of {prompt_length} tokens: "
            "at least one token of a prompt and one of an answer are wanted"
        )
    heads = [
        (layer, head)
        for layer, block in enumerate(model.blocks)
        for head in range(block.attention.n_head)
    ]
    cuts = [
        Edit("z", torch.zeros_like, layer, {"batch": row, "head": head})
        for row, (layer, head) in enumerate(heads, 1)  # row 0 is the whole model
    ]
    texts = np.repeat(encode(text)[None], 1 + len(heads), axis=0)  # (R, T)
    chances = log_chances(model, texts, prompt_length, cuts)  # (R,)
    steps = greedy_steps(model, texts[:, :prompt_length], len(text), cuts)
    answers = [decode(int(step.ids[row]) for step in steps) for row in range(len(texts))]
    costs = [
        HeadCost(layer, head, float(chances[0] - chances[row]), up_to_its_end(answers[row]))
        for row, (layer, head) in enumerate(heads, 1)
    ]
    return sorted(costs, key=lambda cost: -cost.nats)


def log_chances(model: GPT, texts: Tokens, prompt_length: int, cuts: list[Edit]) -> Tensor:
    """ln p of the answer of each row, teacher forced: (R, T) -> (R,)"""
    trace = Trace(edits=cuts)
    logits = logits_of(model, texts[:, :-1], trace=trace)[:, prompt_length - 1 :]
    trace.require_matched()
    answers = torch.from_numpy(texts[:, prompt_length:]).long()[..., None]
    return logits.double().log_softmax(-1).gather(-1, answers)[..., 0].sum(-1)
