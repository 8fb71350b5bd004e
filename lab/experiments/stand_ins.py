"""Parts of the book's model ablated by three stand-ins: zeros, a mean, another problem's.

Zeros may be something that no later part has ever met, so that a text goes wrong from the shock and
not from what is lacking. A mean, taken for each position over other problems, keeps all that is the
same in every problem. What the part wrote in another problem is usual in every respect but that it
belongs to other numbers: it may mislead where a mean says nothing.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from lab.data.samples import some_pairs
from lab.experiments.ablations import PAIRS
from lab.experiments.fetched import OTHERS, other_pairs
from lab.experiments.sweep import Cell, Small, one_by_one
from lab.inference.forward import run_with_trace
from lab.inference.scoring import teacher_forced
from lab.interp.intervene import STAND_INS, Node, ablate
from lab.training.checkpoint import load_run

FEW = 100


def stand_in_cells() -> list[Cell]:
    """All heads of some layers, and each FFN above the first layer."""
    book: Cell = {"run": "chain_of_thought"}
    heads = [{"part": "attn_out", "layers": x} for x in ([1], [2, 3, 4, 5], [1, 2, 3, 4, 5])]
    ffns = [{"part": "ffn_out", "layers": [layer]} for layer in (1, 2, 3, 4, 5)]
    return [{**book, **part, "by": by} for part in (*heads, *ffns) for by in STAND_INS]


def measure_stand_in(cell: Cell, n: int = PAIRS) -> dict[str, Any]:
    """Of `n` pairs those whose text has a wrong token, by teacher forcing: the first token that
    goes wrong there goes wrong in greedy decoding too."""
    loaded = load_run(cell["run"])
    a, b, sample = some_pairs(n)
    texts, mask = loaded.format.render(a, b)
    others, _ = loaded.format.render(*other_pairs(n))
    recorded = run_with_trace(loaded.model, others[:, :-1], [cell["part"]])
    nodes = [Node(cell["part"], layer) for layer in cell["layers"]]
    edits = [ablate(node, cell["by"], recorded) for node in nodes]
    wrong = (teacher_forced(loaded.model, texts, edits=edits) != texts) & mask
    return {
        "n": n,
        "errors_strict": int(wrong.any(axis=1).sum()),
        "others": OTHERS,
        **sample.document(),
        "seeds": [0],
    }


def stand_ins_small() -> dict[str, Small]:
    return one_by_one(stand_in_cells(), partial(measure_stand_in, n=FEW), "errors_strict")
