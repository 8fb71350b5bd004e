"""A model as its matrices, made from its widths.

Norms and biases, which are vectors, are no part: below one number in a thousand in each model here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lab.published.cache_size import Kept, Latent


@dataclass(frozen=True)
class PartSize:
    """A matrix of `shape`, (rows, columns), or what `parts` hold; so many `times`.

    A token meets all of these copies, or as many as `met` says.
    """

    name: str
    shape: tuple[int, int] | None = None
    parts: tuple[PartSize, ...] = ()
    times: int = 1
    met: int | None = None

    @property
    def n_met(self) -> int:
        return self.times if self.met is None else self.met

    @property
    def parameters_of_one(self) -> int:
        if self.shape:
            return self.shape[0] * self.shape[1]
        return sum(part.times * part.parameters_of_one for part in self.parts)

    @property
    def met_of_one(self) -> int:
        if self.shape:
            return self.shape[0] * self.shape[1]
        return sum(part.n_met * part.met_of_one for part in self.parts)

    def biases_of_one(self, biased: tuple[str, ...]) -> int:
        """Numbers added to what the matrices of these names give, one for each of their rows."""
        if self.shape:
            return self.shape[0] if self.name in biased else 0
        return sum(part.times * part.biases_of_one(biased) for part in self.parts)


@dataclass(frozen=True)
class Experts:
    """Small gated FFNs in place of the one FFN, in all layers but the first `n_dense`.

    Every token meets the `n_shared`, and of the `n_routed` as many as are chosen.
    """

    n_dense: int
    d_expert: int
    n_routed: int
    n_chosen: int
    n_shared: int


def attention(d_model: int, kept: Kept) -> PartSize:
    """Queries, keys and values, by way of latents if those are kept (arXiv:2412.19437, 2.1.1)."""
    if isinstance(kept, Latent):
        asked = kept.n_head * (kept.qk_nope_head_dim + kept.qk_rope_head_dim)
        made = kept.n_head * (kept.qk_nope_head_dim + kept.v_head_dim)
        shapes = {
            "W_DQ": (kept.q_lora_rank, d_model),
            "W_UQ": (asked, kept.q_lora_rank),
            "W_DKV": (kept.kv_lora_rank + kept.qk_rope_head_dim, d_model),
            "W_UKV": (made, kept.kv_lora_rank),
            "W_O": (d_model, kept.n_head * kept.v_head_dim),
        }
    else:
        asked, answering = kept.n_head * kept.head_dim, kept.n_kv_head * kept.head_dim
        shapes = {
            "W_Q": (asked, d_model),
            "W_K": (answering, d_model),
            "W_V": (answering, d_model),
            "W_O": (d_model, asked),
        }
    return PartSize(
        "attention", parts=tuple(PartSize(name, shape) for name, shape in shapes.items())
    )


def ffn(d_model: int, d_ff: int, *, is_gated: bool) -> PartSize:
    """Two matrices, or three where a gate multiplies what goes in."""
    gate = (PartSize("W_gate", (d_ff, d_model)),) if is_gated else ()
    inward, outward = PartSize("W_in", (d_ff, d_model)), PartSize("W_out", (d_model, d_ff))
    return PartSize("FFN", parts=(*gate, inward, outward))


def experts(d_model: int, mixture: Experts) -> PartSize:
    expert = ffn(d_model, mixture.d_expert, is_gated=True)
    return PartSize(
        "experts",
        parts=(
            PartSize("router", (mixture.n_routed, d_model)),
            replace(expert, name="shared expert", times=mixture.n_shared),
            replace(expert, name="expert", times=mixture.n_routed, met=mixture.n_chosen),
        ),
    )


def layer(attention: PartSize, ffn: PartSize, times: int) -> PartSize:
    return PartSize("layer", parts=(attention, ffn), times=times)
