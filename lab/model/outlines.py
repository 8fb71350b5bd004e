"""How large a model is, matrix by matrix: ours, and three whose sizes are published.

A part is a matrix of some shape, or it holds other parts; norms and biases, which are vectors, are
left out. Their share is below one in a thousand in each model here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lab.model.config import DenseFFN, GPTConfig, LearnedPositions, MultiHeadAttention


@dataclass(frozen=True)
class Part:
    """A matrix of `shape`, (rows, columns), or what `parts` hold; so many `times`.

    A token meets all of these copies, or as many as `met` says.
    """

    name: str
    shape: tuple[int, int] | None = None
    parts: tuple[Part, ...] = ()
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


@dataclass(frozen=True)
class Outline:
    """A model as its matrices. `published` is the number of its parameters as `source` gives it,
    vectors among them, and `published_met` how many of them a token meets."""

    name: str
    parts: tuple[Part, ...]
    published: int
    published_met: int
    source: str

    @property
    def whole(self) -> Part:
        return Part(self.name, parts=self.parts)


# ---------------------------------------------------------------- parts


def attention(d_model: int, n_head: int, n_kv_head: int, head_dim: int) -> Part:
    asked, kept = n_head * head_dim, n_kv_head * head_dim
    return Part(
        "attention",
        parts=(
            Part("W_Q", (asked, d_model)),
            Part("W_K", (kept, d_model)),
            Part("W_V", (kept, d_model)),
            Part("W_O", (d_model, asked)),
        ),
    )


def latent_attention(
    d_model: int,
    n_head: int,
    q_lora_rank: int,
    kv_lora_rank: int,
    qk_nope_head_dim: int,
    qk_rope_head_dim: int,
    v_head_dim: int,
) -> Part:
    """Queries, keys and values by way of latents (arXiv:2412.19437, section 2.1.1)."""
    asked = n_head * (qk_nope_head_dim + qk_rope_head_dim)
    return Part(
        "attention",
        parts=(
            Part("W_DQ", (q_lora_rank, d_model)),
            Part("W_UQ", (asked, q_lora_rank)),
            Part("W_DKV", (kv_lora_rank + qk_rope_head_dim, d_model)),
            Part("W_UKV", (n_head * (qk_nope_head_dim + v_head_dim), kv_lora_rank)),
            Part("W_O", (d_model, n_head * v_head_dim)),
        ),
    )


def ffn(d_model: int, d_ff: int, gated: bool) -> Part:
    """Two matrices, or three where a gate multiplies what goes in."""
    gate = (Part("W_gate", (d_ff, d_model)),) if gated else ()
    inward, outward = Part("W_in", (d_ff, d_model)), Part("W_out", (d_model, d_ff))
    return Part("FFN", parts=(*gate, inward, outward))


def experts(d_model: int, d_expert: int, n_routed: int, n_chosen: int, n_shared: int) -> Part:
    """Small FFNs: `n_shared` that every token meets, and of `n_routed` as many as are chosen."""
    expert = ffn(d_model, d_expert, gated=True)
    return Part(
        "experts",
        parts=(
            Part("router", (n_routed, d_model)),
            replace(expert, name="shared expert", times=n_shared),
            replace(expert, name="expert", times=n_routed, met=n_chosen),
        ),
    )


def layer(attention: Part, ffn: Part, times: int) -> Part:
    return Part("layer", parts=(attention, ffn), times=times)


# ---------------------------------------------------------------- models


def ours(name: str, config: GPTConfig, parameters: int) -> Outline:
    """A model of this book. `ValueError` for parts of other kinds than those of chapter 7."""
    heads, dense, position = config.attention, config.ffn, config.position
    if not isinstance(position, LearnedPositions):
        raise ValueError(f"no outline of {type(position).__name__}")
    if not isinstance(heads, MultiHeadAttention) or not isinstance(dense, DenseFFN):
        raise ValueError(f"no outline of {type(heads).__name__} with {type(dense).__name__}")
    d_model, table = config.d_model, (config.vocab_size, config.d_model)
    n_kv_head = heads.kv_width // heads.head_dim
    return Outline(
        name,
        parts=(
            Part("tokens", table),
            Part("positions", (position.max_length, d_model)),
            layer(
                attention(d_model, heads.n_head, n_kv_head, heads.head_dim),
                ffn(d_model, dense.width, dense.is_gated),
                times=config.n_layer,
            ),
            Part("logits", table),
        ),
        published=parameters,
        published_met=parameters,
        source="",
    )


GPT_2 = Outline(
    "GPT-2",
    parts=(
        Part("tokens", (50_257, 768)),  # also used for the logits
        Part("positions", (1024, 768)),
        layer(attention(768, 12, 12, 64), ffn(768, 3072, gated=False), times=12),
    ),
    published=124_439_808,
    published_met=124_439_808,
    source="https://github.com/openai/gpt-2/blob/master/src/model.py",
)
"""The smallest of Radford and others, 2019; the count follows from the code that they released."""

LLAMA_3_8B = Outline(
    "Llama 3 8B",
    parts=(
        Part("tokens", (128_256, 4096)),
        layer(attention(4096, 32, 8, 128), ffn(4096, 14_336, gated=True), times=32),
        Part("logits", (128_256, 4096)),
    ),
    published=8_030_261_248,
    published_met=8_030_261_248,
    source="https://arxiv.org/abs/2407.21783",
)
"""Table 3 of the paper; the vocabulary as in `config.json` beside the weights."""

DEEPSEEK_V3 = Outline(
    "DeepSeek-V3",
    parts=(
        Part("tokens", (129_280, 7168)),
        layer(
            latent_attention(7168, 128, 1536, 512, 128, 64, 128),
            ffn(7168, 18_432, gated=True),
            times=3,
        ),
        layer(
            latent_attention(7168, 128, 1536, 512, 128, 64, 128),
            experts(7168, 2048, n_routed=256, n_chosen=8, n_shared=1),
            times=58,
        ),
        Part("logits", (129_280, 7168)),
    ),
    published=671_000_000_000,
    published_met=37_000_000_000,
    source="https://arxiv.org/abs/2412.19437",
)
"""Section 4.2 of the paper; the vocabulary and the width of the first three FFNs as in
`config.json` beside the weights. The module that predicts a second token is no part of the 671
billion, nor of this."""

PUBLISHED = (GPT_2, LLAMA_3_8B, DEEPSEEK_V3)
