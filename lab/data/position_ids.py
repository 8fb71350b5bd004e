"""Where the tokens of a problem stand, when a plain count is not enough.

A position is an argument of the model, so a text may be laid out on a ruler as one likes: with
gaps, or along two axes, so that digits that belong together stand together.

Shapes: `B` texts, `T` tokens, `A` axes.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lab.data.vocabulary import EQUALS, PLUS, TIMES


def position_ids(tokens: Tensor, n_axis: int = 1, first: Tensor | None = None) -> Tensor:
    """Where the tokens of texts (B, T) stand: (1, T) or (B, T), or (B, T, 2) along two axes.

    One axis is a plain count; two are read off the text (`coupled_ids`). `first` (B,) is where each
    text begins, if padding lies before it; what the ids of padding are does not matter.
    """
    if n_axis not in (1, 2):
        raise ValueError(f"n_axis={n_axis}; positions have 1 axis or 2")
    slot = torch.arange(tokens.shape[1], device=tokens.device)[None]
    if first is None:
        return slot if n_axis == 1 else coupled_ids(tokens)
    own = (slot - first[:, None]).clamp(min=0)
    if n_axis == 1:
        return own
    there = slot + first[:, None]
    moved = tokens.gather(1, there.clamp(max=tokens.shape[1] - 1))
    ids = coupled_ids(torch.where(there < tokens.shape[1], moved, EQUALS))
    return ids.gather(1, own[..., None].expand(-1, -1, n_axis))


def coupled_ids(tokens: Tensor) -> Tensor:
    """(place, line) of every token: the digit of a and the digit of b it has to do with. (B, T, 2)

    Digit k of a stands at (k, 0), digit k of b at (0, k), the times sign past both, at
    (p + 1, q). A token of the working stands where the digit that comes *next* belongs, since its
    query looks for what that digit is made of: the digit that counts 10^s in partial product or
    sum j belongs at (s - j, j). So its query shares the place with the digit of a it is made from
    and the line with the digit of b; its two summands stand at fixed distances; and a number is
    full where the place is that of the times sign. Ids look at the tokens so far, and at the whole
    prompt.
    """
    slot = torch.arange(tokens.shape[1], device=tokens.device)
    sign = (tokens == TIMES) | (tokens == PLUS) | (tokens == EQUALS)
    field = sign.cumsum(-1)  # 0 in a, 1 in * b, 2 in = partial product 0, 3 in + ..., 4 in = sum
    opened = torch.where(sign, slot, 0).cummax(-1).values
    p = (field == 0).sum(-1, keepdim=True)
    q = (field == 1).sum(-1, keepdim=True) - 1
    line = (field - 1) // 2
    place = slot - opened - line
    place = torch.where(field == 0, p - 1 - slot, torch.where(field == 1, 0, place))
    line = torch.where(field == 0, 0, torch.where(field == 1, p + q - slot, line))
    place = torch.where(tokens == TIMES, p + 1, place)
    return torch.stack([place, line], dim=-1)


def with_gaps(ids: Tensor, rng: np.random.Generator, chance: float, most: int) -> Tensor:
    """Skip up to `most` marks of the ruler behind a place, with `chance`, for each text anew.

    (B, T, A) -> same; each axis of each text has gaps of its own. Order stays, and equal ids stay
    equal. Trained on this, a model meets distances that no text of its
    length has (after arXiv:2305.16843).
    """
    low, high = int(ids.min()), int(ids.max())
    n_text, n_axis = len(ids), ids.shape[-1]
    skips = rng.integers(1, most + 1, (n_text, n_axis, high - low + 1))
    skips *= rng.random(skips.shape) < chance
    ruler = torch.from_numpy(np.arange(low, high + 1) + np.cumsum(skips, axis=-1)).to(ids.device)
    return ruler.gather(-1, (ids - low).transpose(1, 2)).transpose(1, 2)
