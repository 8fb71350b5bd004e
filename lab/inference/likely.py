"""Writing a text that is probably known: it is read at once, and kept as far as it is right.

What a trained model writes of a problem is nearly always the right text. To read that takes one
forward, which tells at every token what the model would have written; where that is another token,
it is put there, and what follows is read again. So what is written is what greedy decoding writes,
whatever was held for likely: speculative decoding (arXiv:2211.17192), and no network drafts.

Shapes: `T` tokens so far, `K` likely ones behind them, `V` vocabulary.
"""

from __future__ import annotations

from collections.abc import Collection

import torch

from lab.data.vocabulary import Tokens
from lab.inference.generate import TokenStep, read_on, require_prompt
from lab.inference.speculative import agreeing, until
from lab.model.cache import KVCache
from lab.model.gpt import GPT
from lab.model.trace import NO_TRACE, Edit, Trace


def steps_of_likely(
    model: GPT,
    given: Tokens,
    likely: Tokens,
    length: int,
    edits: Collection[Edit] = (),
    stop: int | None = None,
) -> list[TokenStep]:
    """The greedy steps from one text, (1, some), to `length` tokens or its first `stop`, if it will
    probably be `likely`, (1, any).

    `ValueError` for texts more than one, and for an edit that never met anything or not all that it
    names.
    """
    text, guess = torch.from_numpy(given).long(), torch.from_numpy(likely).long()
    require_prompt(text)
    if len(text) != 1 or len(guess) != 1:
        raise ValueError(f"{len(text)} texts, {len(guess)} likely ones; one is written at a time")
    cache, trace = KVCache(length), Trace(edits=edits) if edits else NO_TRACE
    steps, ahead = list[TokenStep](), length
    while (start := text.shape[1]) < length and not (steps and steps[-1].ids[0] == stop):
        # The last token is read by nobody, so it need not be guessed.
        drafted = guess[:, start : min(start + ahead, length - 1)]  # (1, K)
        logits = read_on(model, torch.cat([text, drafted], dim=1), cache, trace=trace)
        logits = logits[:, -drafted.shape[1] - 1 :].float()  # (1, K + 1, V)
        own = logits.argmax(-1)  # (1, K + 1): the model's, after each
        written = until(stop, own[0, : agreeing(drafted[0], own[0]) + 1])
        steps += [
            TokenStep(start + i, own[:, i].numpy(), logits[:, i].numpy())
            for i in range(len(written))
        ]
        text = torch.cat([text, written[None]], dim=1)
        # The newest token was chosen and not read; those behind it followed on another.
        cache.cut(text.shape[1] - 1)
        # No long text is read in vain for a model that is wrong again and again.
        ahead = 2 * len(written)
    trace.require_matched()
    return steps
