"""Models whose sizes are published, each once; what a cache takes, and a drawing, follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from lab.model.config import (
    DenseFFNConfig,
    GPTConfig,
    GroupedQueryAttentionConfig,
    LearnedPositionsConfig,
    MultiHeadAttentionConfig,
    PlainResidualConfig,
    SequentialBlockConfig,
)
from lab.published.cache_size import Kept, KeysAndValues, Latent, cache_bytes
from lab.published.matrices import Experts, PartSize, attention, experts, ffn, layer


@dataclass(frozen=True)
class Model:
    """Sizes as `source` gives them.

    `longest_text` counts tokens, and so does `window`, how far back attention looks if it does not
    look at all. `has_position_table`: a line for each position of the longest text is learned.
    `tied`: the table of tokens also gives the logits. `biased` names what has biases: matrices, and
    "norm". `bytes_per_weight` is how the weights were released. `stated` is the number of
    parameters where the source rounds it, and `stated_met` how many of them a token meets.
    """

    name: str
    vocabulary: int
    d_model: int
    n_layer: int
    attention: Kept
    d_ff: int
    longest_text: int
    source: str
    experts: Experts | None = None
    is_gated: bool = True
    has_position_table: bool = False
    tied: bool = False
    biased: tuple[str, ...] = ()
    window: int | None = None
    bytes_per_weight: int = 2
    stated: int | None = None
    stated_met: int | None = None

    # ------------------------------------------------ how large it is

    @property
    def parameters(self) -> int:
        """As stated, or as they follow from the widths."""
        return self.stated or self.whole.parameters_of_one + self.n_in_vectors

    @property
    def parameters_met(self) -> int:
        """Those that one token meets."""
        return self.stated_met or self.whole.met_of_one + self.n_in_vectors

    @property
    def n_in_vectors(self) -> int:
        """Numbers of biases, and of norms: two in each layer and one at the end."""
        norms = (2 * self.n_layer + 1) * self.d_model * (2 if "norm" in self.biased else 1)
        return norms + self.whole.biases_of_one(self.biased)

    @property
    def weight_bytes(self) -> int:
        return self.parameters * self.bytes_per_weight

    # ------------------------------------------------ what it is made of

    @cached_property
    def whole(self) -> PartSize:
        tokens = PartSize("tokens", (self.vocabulary, self.d_model))
        places = PartSize("positions", (self.longest_text, self.d_model))
        first = (tokens, places) if self.has_position_table else (tokens,)
        last = () if self.tied else (replace(tokens, name="logits"),)
        return PartSize(self.name, parts=(*first, *self.layers, *last))

    @cached_property
    def layers(self) -> tuple[PartSize, ...]:
        """Layers of each kind, from the first on."""
        heads = attention(self.d_model, self.attention)
        dense = ffn(self.d_model, self.d_ff, is_gated=self.is_gated)
        if self.experts is None:
            return (layer(heads, dense, times=self.n_layer),)
        n_dense, mixed = self.experts.n_dense, experts(self.d_model, self.experts)
        return (
            layer(heads, dense, times=n_dense),
            layer(heads, mixed, times=self.n_layer - n_dense),
        )

    # ------------------------------------------------ what it keeps of a text

    def with_key_heads(self, n_kv_head: int) -> Model:
        """The same with another number of key heads, and weights that count as they did before.

        `ValueError` if it has none.
        """
        if isinstance(self.attention, Latent):
            raise ValueError(f"n_kv_head={n_kv_head}: {self.name} keeps a latent, and no key heads")
        fewer = replace(self.attention, n_kv_head=n_kv_head)
        return replace(self, attention=fewer, stated=self.parameters)

    def cache_bytes(self, bytes_per_number: float, n_token: int, n_text: int = 1) -> float:
        """Of `n_text` texts with `n_token` tokens each; errors as those of the formula."""
        return cache_bytes(
            self.n_layer, self.attention, bytes_per_number, n_token, n_text, window=self.window
        )


DESCRIBED = (
    SequentialBlockConfig,
    MultiHeadAttentionConfig,
    GroupedQueryAttentionConfig,
    DenseFFNConfig,
    LearnedPositionsConfig,
    PlainResidualConfig,
)


def ours(name: str, config: GPTConfig) -> Model:
    """A model of this book. `ValueError` for parts of other kinds than those of chapter 7."""
    heads, dense, position = config.attention, config.ffn, config.position
    kinds = [type(part) for part in (config.block, heads, dense, position, config.residual)]
    if foreign := [kind.__name__ for kind in kinds if kind not in DESCRIBED]:
        raise ValueError(f"no sizes of {', '.join(foreign)}")
    assert isinstance(heads, MultiHeadAttentionConfig) and isinstance(dense, DenseFFNConfig)
    assert isinstance(position, LearnedPositionsConfig)
    if heads.qk_norm:
        raise ValueError("no sizes of attention.qk_norm=True")
    return Model(
        name,
        vocabulary=config.vocab_size,
        d_model=config.d_model,
        n_layer=config.n_layer,
        attention=KeysAndValues(heads.n_head, heads.kv_width // heads.head_dim, heads.head_dim),
        d_ff=dense.width,
        longest_text=position.max_length,
        source="",
        is_gated=dense.is_gated,
        has_position_table=True,
    )


GPT_2 = Model(
    "GPT-2 small",
    vocabulary=50_257,
    d_model=768,
    n_layer=12,
    attention=KeysAndValues(n_head=12, n_kv_head=12, head_dim=64),
    d_ff=3072,
    longest_text=1024,
    source="https://github.com/openai/gpt-2/blob/master/src/model.py",
    is_gated=False,
    has_position_table=True,
    tied=True,
    biased=("W_Q", "W_K", "W_V", "W_O", "W_in", "W_out", "norm"),
    bytes_per_weight=4,
)

LLAMA_2_7B = Model(
    "Llama 2 7B",
    vocabulary=32_000,
    d_model=4096,
    n_layer=32,
    attention=KeysAndValues(n_head=32, n_kv_head=32, head_dim=128),
    d_ff=11_008,
    longest_text=4096,
    source="https://huggingface.co/NousResearch/Llama-2-7b-hf/blob/main/config.json",
)

LLAMA_3_HEADS = KeysAndValues(n_head=32, n_kv_head=8, head_dim=128)
LLAMA_3_8B = Model(
    "Llama 3.1 8B",
    vocabulary=128_256,
    d_model=4096,
    n_layer=32,
    attention=LLAMA_3_HEADS,
    d_ff=14_336,
    longest_text=131_072,
    source="https://github.com/meta-llama/llama-models/blob/main/models/sku_list.py",
)

LLAMA_3_70B = replace(
    LLAMA_3_8B,
    name="Llama 3.1 70B",
    d_model=8192,
    n_layer=80,
    attention=replace(LLAMA_3_HEADS, n_head=64),
    d_ff=28_672,
)

MISTRAL_7B = Model(
    "Mistral 7B",
    vocabulary=32_000,
    d_model=4096,
    n_layer=32,
    attention=KeysAndValues(n_head=32, n_kv_head=8, head_dim=128),
    d_ff=14_336,
    longest_text=8192,
    source="https://arxiv.org/abs/2310.06825",
    window=4096,
)

QWEN_2_7B = Model(
    "Qwen2.5 7B",
    vocabulary=152_064,
    d_model=3584,
    n_layer=28,
    attention=KeysAndValues(n_head=28, n_kv_head=4, head_dim=128),
    d_ff=18_944,
    longest_text=131_072,
    source="https://arxiv.org/abs/2412.15115",
    biased=("W_Q", "W_K", "W_V"),
)

DEEPSEEK_LATENT = Latent(
    n_head=128,
    q_lora_rank=1536,
    kv_lora_rank=512,
    qk_nope_head_dim=128,
    qk_rope_head_dim=64,
    v_head_dim=128,
)
DEEPSEEK_EXPERTS = Experts(n_dense=3, d_expert=2048, n_routed=256, n_chosen=8, n_shared=1)


@dataclass(frozen=True)
class Routing:
    """Of how many groups of experts so many are open to a token, what the weights are multiplied
    by, and how much the balance loss of a sequence counts."""

    n_group: int
    n_open: int
    scale: float
    balance: float


DEEPSEEK_ROUTING = Routing(n_group=8, n_open=4, scale=2.5, balance=1e-4)
"""Section 4.2 of the paper; groups and scale as `n_group`, `topk_group` and `routed_scaling_factor`
of `config.json` beside the weights."""

DEEPSEEK_V3 = Model(
    "DeepSeek-V3",
    vocabulary=129_280,
    d_model=7168,
    n_layer=61,
    attention=DEEPSEEK_LATENT,
    d_ff=18_432,
    experts=DEEPSEEK_EXPERTS,
    longest_text=131_072,
    source="https://arxiv.org/abs/2412.19437",
    bytes_per_weight=1,
    stated=671_000_000_000,
    stated_met=37_000_000_000,
)
"""Section 4.2 of the paper; the vocabulary and the width of the first three FFNs as in
`config.json` beside the weights. The module that predicts a second token is no part of the 671
billion, nor of this."""

MODELS = (GPT_2, LLAMA_2_7B, LLAMA_3_8B, LLAMA_3_70B, MISTRAL_7B, QWEN_2_7B, DEEPSEEK_V3)
"""Sizes that a source does not give are those of `config.json` beside the released weights."""
