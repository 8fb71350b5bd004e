"""FlashAttention in NumPy, one head, with a meter between slow and fast memory.

Arithmetic happens in fast memory alone, which is small: what it needs is fetched from slow memory,
and what is to stay is put back. Both are counted in numbers. The names are those of
`lab.model.attention.flash`, which does the same in torch for a whole batch.

Shapes: `T` queries, `S` keys, `Dk` size of a key, `Dv` size of a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.fields import require_whole

Numbers = NDArray[np.float64]


@dataclass
class SlowMemory:
    """How many numbers were fetched from it and put into it."""

    read: int = 0
    written: int = 0

    def fetch(self, x: Numbers) -> Numbers:
        self.read += x.size
        # A copy, since fast memory is another place.
        return x.copy()

    def put(self, there: Numbers, x: Numbers) -> None:
        self.written += x.size
        there[...] = x

    @property
    def moved(self) -> int:
        return self.read + self.written


# ---------------------------------------------------------------- the recurrence


def flash_attention(
    Q: Numbers,
    K: Numbers,
    V: Numbers,
    *,
    scale: float,
    rows: int,
    columns: int,
    memory: SlowMemory,
    causal: bool = True,
) -> tuple[Numbers, Numbers]:
    """O = softmax(scale Q K') V, (T, Dv), and L = log sum exp of each row of scores, (T,).

    Q (T, Dk), K (S, Dk), V (S, Dv), in tiles of `rows` queries and `columns` keys; where it is
    causal, T is S. (FlashAttention-2, arXiv:2307.08691, algorithm 1.)
    """
    require_tile(rows, columns)
    require_as_many(len(Q), len(K), causal)
    O, L = np.empty((len(Q), V.shape[1])), np.empty(len(Q))
    for i in tiles_of(len(Q), rows):
        Q_i = memory.fetch(Q[i])
        m, l, O_i = np.full((len(Q_i), 1), -np.inf), np.zeros((len(Q_i), 1)), np.zeros_like(O[i])
        for j in tiles_of(i.stop if causal else len(K), columns):
            K_j, V_j = memory.fetch(K[j]), memory.fetch(V[j])
            S = hide_later(scale * Q_i @ K_j.T, i, j, causal)
            m_new = np.maximum(m, S.max(axis=1, keepdims=True))
            shrink, P = np.exp(m - m_new), np.exp(S - m_new)
            l = shrink * l + P.sum(axis=1, keepdims=True)
            O_i = shrink * O_i + P @ V_j
            m = m_new
        memory.put(O[i], O_i / l)
        memory.put(L[i], (m + np.log(l))[:, 0])
    return O, L


def plain_attention(
    Q: Numbers, K: Numbers, V: Numbers, *, scale: float, memory: SlowMemory, causal: bool = True
) -> Numbers:
    """The same with both tables, of scores and of shares, in slow memory: (T, Dv)."""
    S, P = np.empty((len(Q), len(K))), np.empty((len(Q), len(K)))
    O = np.empty((len(Q), V.shape[1]))
    scores = scale * memory.fetch(Q) @ memory.fetch(K).T
    whole = slice(0, len(Q)), slice(0, len(K))
    memory.put(S, hide_later(scores, *whole, causal))
    scores = memory.fetch(S)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    memory.put(P, shares / shares.sum(axis=1, keepdims=True))
    memory.put(O, memory.fetch(P) @ memory.fetch(V))
    return O


@dataclass(frozen=True)
class TileGradients:
    """What one tile of queries and keys has to do with the gradients.

    `P` (I, J) are the shares, made again from L; `dP` what the loss wants of them, `dS` of the
    scores, (I, J) both. The others are this tile's terms of the sums: dQ (I, Dk), dK (J, Dk), dV
    (J, Dv).
    """

    P: Numbers
    dP: Numbers
    dS: Numbers
    dQ: Numbers
    dK: Numbers
    dV: Numbers


def tile_gradients(
    S: Numbers,
    L_i: Numbers,
    delta_i: Numbers,
    dO_i: Numbers,
    Q_i: Numbers,
    K_j: Numbers,
    V_j: Numbers,
    scale: float,
) -> TileGradients:
    """P = exp(S - L);  dP = dO V';  dS = P (dP - delta);  dV = P' dO, dQ = dS K, dK = dS' Q.

    S (I, J) scores of the tile; L and delta, the row sum of dO O, (I, 1) each.
    """
    P = np.exp(S - L_i)
    dP = dO_i @ V_j.T
    dS = P * (dP - delta_i)
    return TileGradients(P, dP, dS, scale * dS @ K_j, scale * dS.T @ Q_i, P.T @ dO_i)


def flash_backward(
    Q: Numbers,
    K: Numbers,
    V: Numbers,
    O: Numbers,
    L: Numbers,
    dO: Numbers,
    *,
    scale: float,
    rows: int,
    columns: int,
    causal: bool = True,
) -> tuple[Numbers, Numbers, Numbers]:
    """dQ, dK and dV, shaped as Q, K and V, of a loss whose slope against O is dO (T, Dv).

    (FlashAttention-2, arXiv:2307.08691, algorithm 2, with queries outside.)
    """
    require_tile(rows, columns)
    dQ, dK, dV = np.zeros_like(Q), np.zeros_like(K), np.zeros_like(V)
    # Equal to the row sum of P dP, and to be had without a table.
    delta = (dO * O).sum(axis=1, keepdims=True)
    for i in tiles_of(len(Q), rows):
        for j in tiles_of(i.stop if causal else len(K), columns):
            S = hide_later(scale * Q[i] @ K[j].T, i, j, causal)
            tile = tile_gradients(S, L[i, None], delta[i], dO[i], Q[i], K[j], V[j], scale)
            dQ[i] += tile.dQ
            dK[j] += tile.dK
            dV[j] += tile.dV
    return dQ, dK, dV


def tiles_of(n: int, size: int) -> Iterator[slice]:
    """0 ... n - 1 in slices of `size`; the last may be shorter."""
    for begin in range(0, n, size):
        yield slice(begin, min(begin + size, n))


def hide_later(S: Numbers, i: slice, j: slice, causal: bool = True) -> Numbers:
    """Scores of queries i and keys j, those of later keys at -inf where it is causal."""
    if not causal:
        return S
    query, key = np.arange(i.start, i.stop)[:, None], np.arange(j.start, j.stop)
    return np.where(key > query, -np.inf, S)


# ---------------------------------------------------------------- how much is moved


def moved_by_plain(
    n_query: int, n_key: int, d_key: int, d_value: int, *, hidden: bool = True
) -> int:
    """Numbers read and written: Q, K, V and O once, S and P twice each.

    Without `hidden` S and P hold only the pairs that causal attention sees; T is S.
    """
    require_as_many(n_query, n_key, not hidden)
    pairs = n_query * n_key if hidden else n_query * (n_query + 1) // 2
    return (n_query + n_key) * (d_key + d_value) + 4 * pairs


def moved_by_flash(
    n_query: int, n_key: int, d_key: int, d_value: int, *, rows: int, causal: bool = True
) -> int:
    """Numbers read and written: Q, O and L once, K and V once for every `rows` queries.

    How many keys come at a time does not matter. Where it is causal, T is S, and the n-th
    `rows` queries fetch n `rows` keys.
    """
    require_tile(rows, 1)
    require_as_many(n_query, n_key, causal)
    whole, rest = divmod(n_query, rows)
    keys = rows * whole * (whole + 1) // 2 + (n_key if rest else 0)
    if not causal:
        keys = n_key * (whole + (rest > 0))
    return n_query * (d_key + d_value + 1) + keys * (d_key + d_value)


def held(rows: int, columns: int, d_key: int, d_value: int) -> int:
    """Numbers in fast memory: a tile's Q, O, K and V, its S or P in its place, m and l."""
    return (rows + columns) * (d_key + d_value) + rows * columns + 2 * rows


def most_rows(fast: int, columns: int, d_key: int, d_value: int) -> int:
    """As many queries to a tile as `fast` numbers have room for.

    `ValueError` if not even one does; it names how many numbers that takes.
    """
    require_tile(1, columns)
    least = held(1, columns, d_key, d_value)
    if fast < least:
        raise ValueError(
            f"{fast:,} numbers of fast memory hold no tile: one query and {columns} keys of size "
            f"{d_key} with values of size {d_value} take {least:,}"
        )
    return (fast - columns * (d_key + d_value)) // (d_key + d_value + columns + 2)


def require_as_many(n_query: int, n_key: int, causal: bool) -> None:
    if causal and n_query != n_key:
        raise ValueError(f"causal attention of {n_query} queries to {n_key} keys; take as many")


def require_tile(rows: int, columns: int) -> None:
    require_whole("rows", rows)
    require_whole("columns", columns)


# ---------------------------------------------------------------- real memories


@dataclass(frozen=True)
class Processor:
    """A graphics card: the fast memory of one of its multiprocessors in bytes, the bandwidth of its
    slow memory in bytes a second, and its operations a second on numbers of 16 bits."""

    name: str
    fast_bytes: int
    bandwidth: float
    flops: float
    source: str

    def seconds(self, moved: int, operations: int, *, bytes_per_number: int = 2) -> float:
        """The longer of moving the numbers and computing with them; both at their published peak,
        which real kernels do not reach."""
        return max(moved * bytes_per_number / self.bandwidth, operations / self.flops)


PROCESSORS = (
    Processor(
        "A100",  # 40 GB, SXM: 164 KB of shared memory a multiprocessor, 1,555 GB/s, 312 TFLOPS
        164 * 1024,
        1.555e12,
        312e12,
        "https://images.nvidia.com/aem-dam/en-zz/Solutions/data-center/"
        "nvidia-ampere-architecture-whitepaper.pdf",
    ),
    Processor(
        "H100",  # SXM: 228 KB of shared memory a multiprocessor, 3.35 TB/s, 989 TFLOPS when dense
        228 * 1024,
        3.35e12,
        989e12,
        "https://resources.nvidia.com/en-us-tensor-core/gtc22-whitepaper-hopper",
    ),
)


@dataclass(frozen=True)
class Memory:
    """A memory of a graphics card: its size, and how fast it is read, in words."""

    name: str
    size: str
    speed: str
    source: str


H100_MULTIPROCESSORS = 132
BANK_BYTES = 32 * 4
"""Of shared memory, read a clock by each multiprocessor: 32 banks of 4 bytes."""

HALF_OPERATIONS = 4096
"""On numbers of 16 bits, a clock and multiprocessor."""


def shared_bandwidth() -> float:
    """Bytes a second out of the shared memory of all multiprocessors of an H100, at the clock that
    its published peak of operations implies."""
    clock = PROCESSORS[1].flops / (H100_MULTIPROCESSORS * HALF_OPERATIONS)
    return H100_MULTIPROCESSORS * BANK_BYTES * clock


HOPPER_GUIDE = "https://docs.nvidia.com/cuda/hopper-tuning-guide/index.html"
H100_MEMORIES = (
    Memory("HBM", "80 GB", "3.35 TB/s", PROCESSORS[1].source),
    Memory("L2 cache", "50 MB", "rate not published", HOPPER_GUIDE),
    Memory(
        "shared memory",
        f"{H100_MULTIPROCESSORS} \u00d7 228 KB",
        f"about {shared_bandwidth() / 1e12:.0f} TB/s",
        HOPPER_GUIDE,
    ),
    Memory(
        "registers",
        f"{H100_MULTIPROCESSORS} \u00d7 256 KB",
        "rate not published",
        PROCESSORS[1].source,
    ),
)
"""Of an H100 SXM, from the largest and slowest."""


def operations(n_query: int, n_key: int, d_key: int, d_value: int, *, causal: bool = True) -> int:
    """Multiplications and additions of both products; of those that are seen, where causal."""
    require_as_many(n_query, n_key, causal)
    seen = n_query * (n_query + 1) // 2 if causal else n_query * n_key
    return 2 * seen * (d_key + d_value)
