"""How large a cache is, of any model whose sizes are known; nothing is built for it."""

from __future__ import annotations

from dataclasses import dataclass, fields

from lab.fields import require_number, require_whole

MOST_TOKENS, MOST_TEXTS = 10_000_000, 100_000


@dataclass(frozen=True)
class KeysAndValues:
    """What attention keeps of a token in one layer: a key and a value for each of its key heads.

    `ValueError` unless the `n_head` that ask are a multiple of the `n_kv_head` that answer.
    """

    n_head: int
    n_kv_head: int
    head_dim: int

    def __post_init__(self) -> None:
        for name in ("n_head", "n_kv_head", "head_dim"):
            require_whole(name, getattr(self, name))
        if self.n_head % self.n_kv_head:
            raise ValueError(
                f"n_head={self.n_head} must be a multiple of n_kv_head={self.n_kv_head}, "
                f"so that all groups are of one size"
            )

    @property
    def numbers(self) -> int:
        return 2 * self.n_kv_head * self.head_dim


@dataclass(frozen=True)
class Latent:
    """The same of latent attention: one latent for all heads, and one rotated key that they share.

    Its other sizes are kept nowhere. (MLA, arXiv:2405.04434, section 2.1.)
    """

    n_head: int
    q_lora_rank: int
    kv_lora_rank: int
    qk_nope_head_dim: int
    qk_rope_head_dim: int
    v_head_dim: int

    def __post_init__(self) -> None:
        for size in fields(self):
            require_whole(size.name, getattr(self, size.name))

    @property
    def numbers(self) -> int:
        return self.kv_lora_rank + self.qk_rope_head_dim

    def operations_read(self) -> dict[str, int]:
        """Of one head for each token that it looks back at, with what is `kept`: keys and values;
        latents, from which both are made `again`; latents, the matrices `absorbed`; and latents
        whose keys would be `rotated`, so that the query meets another matrix at each distance."""
        key, rank = self.qk_nope_head_dim + self.qk_rope_head_dim, self.kv_lora_rank
        kept = 2 * (key + self.v_head_dim)
        absorbed = 2 * (rank + self.qk_rope_head_dim + rank)
        return {
            "kept": kept,
            "again": kept + 2 * rank * (self.qk_nope_head_dim + self.v_head_dim),
            "absorbed": absorbed,
            "rotated": absorbed + 2 * rank * self.qk_nope_head_dim,
        }


Kept = KeysAndValues | Latent


def cache_bytes(
    n_layer: int,
    kept: Kept,
    bytes_per_number: float,
    n_token: int,
    n_text: int = 1,
    window: int | None = None,
) -> float:
    """layers x numbers of a token x bytes x tokens x texts.

    With a `window`, no query looks farther back, so no more tokens of a text need be kept.
    `ValueError` for a count that is none, and for more tokens or texts than fit a calculation.
    """
    require_whole("n_layer", n_layer)
    require_number("bytes_per_number", bytes_per_number, above=0, most=8)
    require_whole("n_token", n_token, most=MOST_TOKENS)
    require_whole("n_text", n_text, most=MOST_TEXTS)
    seen = n_token if window is None else min(n_token, window)
    return n_layer * kept.numbers * bytes_per_number * seen * n_text
