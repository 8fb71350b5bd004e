"""The forward of FlashAttention as a kernel for graphics cards, in Triton (extra `triton`).

One program for every `ROWS` queries of a head, side by side; the loop over keys is that of
`lab.by_hand.flash`, by the same names. Without a card it runs in Triton's interpreter, slowly:
TRITON_INTERPRET=1.

Shapes: `B` batch, `H` heads, `T` tokens, `Dk` size of a key and of a value.
"""

# Triton is no dependency, and what its decorator makes of a function has no type.
# pyright: reportMissingImports=false, reportUntypedFunctionDecorator=false
# pyright: reportIndexIssue=false, reportConstantRedefinition=false

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def flash_forward(
    Q: Any,
    K: Any,
    V: Any,
    O: Any,
    L: Any,
    scale: float,
    n_token: int,
    CAUSAL: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    WIDTH: tl.constexpr,
) -> None:
    """O = softmax(scale Q K') V and L = log sum exp of each row, of one head and ROWS queries."""
    head = tl.program_id(1) * n_token
    i = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    d = tl.arange(0, WIDTH)
    of_queries = (head + i)[:, None] * WIDTH + d
    Q_i = tl.load(Q + of_queries, mask=i[:, None] < n_token, other=0.0)
    m = tl.full((ROWS,), float("-inf"), tl.float32)
    l = tl.zeros((ROWS,), tl.float32)
    O_i = tl.zeros((ROWS, WIDTH), tl.float32)
    end = tl.minimum(n_token, (tl.program_id(0) + 1) * ROWS) if CAUSAL else n_token
    for begin in range(0, end, COLUMNS):
        j = begin + tl.arange(0, COLUMNS)
        of_keys = (head + j)[:, None] * WIDTH + d
        K_j = tl.load(K + of_keys, mask=j[:, None] < n_token, other=0.0)
        V_j = tl.load(V + of_keys, mask=j[:, None] < n_token, other=0.0)
        S = scale * tl.dot(Q_i, tl.trans(K_j), input_precision="ieee")
        seen = (j < n_token) & ((j <= i[:, None]) | (not CAUSAL))
        S = tl.where(seen, S, float("-inf"))
        m_new = tl.maximum(m, tl.max(S, axis=1))
        shrink, P = tl.exp(m - m_new), tl.exp(S - m_new[:, None])
        l = shrink * l + tl.sum(P, axis=1)
        O_i = shrink[:, None] * O_i + tl.dot(P.to(V_j.dtype), V_j, input_precision="ieee")
        m = m_new
    tl.store(O + of_queries, O_i / l[:, None], mask=i[:, None] < n_token)
    tl.store(L + head + i, m + tl.log(l), mask=i < n_token)


def flash_on_a_card(
    q: Tensor, k: Tensor, v: Tensor, *, scale: float, causal: bool = True, tile: int = 64
) -> tuple[Tensor, Tensor]:
    """(B, H, T, Dk) each -> the output, shaped as q, and L (B, H, T), in tiles of `tile`
    queries and as many keys.

    `ValueError` for shapes that differ, and for sizes that are no power of two from 16 on, which
    Triton's products need.
    """
    if not q.shape == k.shape == v.shape:
        raise ValueError(
            f"q, k and v of shapes {[*map(tuple, (q.shape, k.shape, v.shape))]} differ"
        )
    n_batch, n_head, n_token, width = q.shape
    for name, size in (("head_dim", width), ("tile", tile)):
        if size < 16 or size & (size - 1):
            raise ValueError(f"{name}={size}; Triton multiplies powers of two from 16 on")
    # The kernel counts out addresses by itself and knows of no strides.
    q, k, v = (x.contiguous() for x in (q, k, v))
    out, L = torch.empty_like(q), torch.empty(q.shape[:3], device=q.device)
    programs = (triton.cdiv(n_token, tile), n_batch * n_head)
    flash_forward[programs](
        q, k, v, out, L, scale, n_token, CAUSAL=causal, ROWS=tile, COLUMNS=tile, WIDTH=width
    )
    return out, L
