"""What a model is made of: one frozen dataclass per part, and `GPTConfig` that holds them.

A layer is a place in the stack. It is built of a block, an attention and an FFN, and each of these
is one choice for all layers, or a `LayerPattern`; positions, residual and kernel are of the whole.

The *type* of a part says which class is built (the table in `lab.model.parts`), so the sizes of one
variant cannot exist while another is chosen. Each part checks its own fields when it is made, and
whether it fits the others when the model is. Standard library only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from reprlib import repr as shown
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar, cast

from lab.fields import (
    build,
    object_of,
    require_flag,
    require_number,
    require_whole,
    require_word,
)

SITES = ("resid_pre", "resid_mid", "resid_post")
"""Where a layer reads the stream: before anything, after attention, and what it leaves."""

Activation = Literal["relu2", "gelu", "swiglu"]
PairLayout = Literal["half", "interleaved"]
Scores = Literal["product", "bias", "own"]
"""How positions enter the scores: in queries and keys alone, so that a score is their product; by a
bias that is added to it; or the position gives the scores itself."""

MOST_BASE, MOST_FACTOR, MOST_LAYERS = 1e9, 1e3, 1_000


class PartConfig:
    """What a part of the whole model answers."""

    def require_fit(self, whole: GPTConfig) -> None:
        """`ValueError`, naming both values, if the part does not fit the others."""

    def parameters(self, whole: GPTConfig) -> int:
        """Numbers that are trained, in all layers together."""
        return 0


class LayerPartConfig:
    """What a part of one layer answers."""

    def require_fit(self, layer: LayerConfig) -> None:
        """`ValueError`, naming both values, if the part does not fit the others, or its place."""

    def parameters(self, layer: LayerConfig) -> int:
        """Numbers that are trained."""
        return 0


Choice = TypeVar("Choice", bound=LayerPartConfig)


@dataclass(frozen=True)
class LayerPattern(Generic[Choice]):
    """A choice for each layer: `first` for the first layers, and `then` in turn for all others.

    `LayerPattern(first=(dense,), then=(experts,))` has one dense layer, and experts above it;
    `LayerPattern((local, local, everywhere))` begins anew after every third layer.
    """

    then: tuple[Choice, ...]
    first: tuple[Choice, ...] = ()

    def at(self, layer: int) -> Choice:
        if layer < len(self.first):
            return self.first[layer]
        return self.then[(layer - len(self.first)) % len(self.then)]


def chosen(choice: Choice | LayerPattern[Choice], layer: int) -> Choice:
    return choice.at(layer) if isinstance(choice, LayerPattern) else choice


def alike(whole: GPTConfig, what: str, position: PositionConfig) -> int:
    """A size of attention that positions need, and that is one in all layers."""
    found = [getattr(layer.attention, what) for layer in whole.layers]
    other = next((n for n, size in enumerate(found) if size != found[0]), None)
    if other is not None:
        raise ValueError(
            f"position={position} is one for all layers, so attention.{what} must be one too; it "
            f"is {found[0]} in layer 0 and {found[other]} in layer {other}"
        )
    return found[0]


# ---------------------------------------------------------------- positions


class PositionConfig(PartConfig):
    """`n_axis`: numbers that say where one token stands. `longest_text`: None where without end.

    `n_product`: in how many ways each query is multiplied with each key. `n_kept`: in how many ways
    a cache keeps a key.
    """

    n_axis: ClassVar[int] = 1
    scores: ClassVar[Scores] = "product"
    n_product: ClassVar[int] = 1
    n_kept: ClassVar[int] = 1

    @property
    def longest_text(self) -> int | None:
        return None


@dataclass(frozen=True)
class LearnedPositionsConfig(PositionConfig):
    """A table with one trained vector a position (arXiv:1706.03762, section 3.5)."""

    max_length: int = 64

    def __post_init__(self) -> None:
        require_whole("position.max_length", self.max_length)

    @property
    def longest_text(self) -> int:
        return self.max_length

    def parameters(self, whole: GPTConfig) -> int:
        return self.max_length * whole.d_model


class RotaryConfig(PositionConfig):
    """All that turn pairs of numbers by an angle that grows with the position."""

    base: float

    def __post_init__(self) -> None:
        require_number("position.base", self.base, above=1, most=MOST_BASE)
        factor = getattr(self, "factor", 1)
        require_number("position.factor", factor, least=1, most=MOST_FACTOR)

    def require_fit(self, whole: GPTConfig) -> None:
        size = alike(whole, "rotated_dim", self)
        if size % 2:
            raise ValueError(
                f"rotary positions turn pairs of numbers, so attention.head_dim={size} must be "
                f"even (position={self})"
            )


class CoupledConfig(RotaryConfig):
    """Two axes, half of the pairs each."""

    n_axis = 2

    def require_fit(self, whole: GPTConfig) -> None:
        super().require_fit(whole)
        size = alike(whole, "rotated_dim", self)
        if size % 4:
            raise ValueError(
                f"coupled positions share the pairs of a head between two axes, so "
                f"attention.head_dim={size} must be a multiple of 4 (position={self})"
            )


@dataclass(frozen=True)
class RotaryPositionsConfig(RotaryConfig):
    """Rotate pairs of q and k by an angle that grows with the position (arXiv:2104.09864).

    `layout` says which two numbers of a head make a pair: neighbours (interleaved, as in the
    paper), or one from each half, as most code has it.
    """

    base: float = 10_000.0
    layout: PairLayout = "half"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_word("position.layout", self.layout, PairLayout)


@dataclass(frozen=True)
class InterpolatedRotaryPositionsConfig(RotaryConfig):
    """Rotary, every angle divided by `factor`: longer texts at known angles (arXiv:2306.15595)."""

    base: float = 10_000.0
    factor: float = 2.0


@dataclass(frozen=True)
class YarnRotaryPositionsConfig(RotaryConfig):
    """Rotary with only the slow pairs divided by `factor` (arXiv:2309.00071, section 3.2).

    A pair that turns at least `beta_fast` times within `original_length` keeps its speed, one that
    turns at most `beta_slow` times is slowed by `factor`, with a ramp between.
    """

    base: float = 10_000.0
    factor: float = 2.0
    original_length: int = 64
    beta_fast: float = 32.0
    beta_slow: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require_whole("position.original_length", self.original_length)
        require_number("position.beta_slow", self.beta_slow, above=0, most=MOST_FACTOR)
        require_number("position.beta_fast", self.beta_fast, above=0, most=MOST_FACTOR)
        if not self.beta_slow < self.beta_fast:
            raise ValueError(
                f"position.beta_slow={self.beta_slow} must be less than "
                f"position.beta_fast={self.beta_fast}"
            )


@dataclass(frozen=True)
class CoupledRotaryPositionsConfig(CoupledConfig):
    """Rotary along two axes, half of the pairs each: which digit, and which partial product.

    The ids come from the text (`lab.data.position_ids.coupled_ids`): structure that a plain count
    of tokens does not hold (after arXiv:2405.20671). Every angle is divided by `factor`, in
    training as well: so slow that no pair comes half way round within the longest text to be read,
    a distance that was never trained is not mistaken for a short one.
    """

    base: float = 10_000.0
    factor: float = 1.0


class ClippedConfig(PositionConfig):
    """Three scores, for keys that are near, too far behind and too far ahead; keys kept twice."""

    scores = "own"
    n_product = 3
    n_kept = 2


@dataclass(frozen=True)
class ClippedRotaryPositionsConfig(ClippedConfig, RotaryConfig):
    """Rotary, a token farther away than `farthest` scored as if it were that far.

    Distances of longer texts stay familiar (after Shaw and others, arXiv:1803.02155, section 3.2;
    Su's ReRoPE does the same to a trained rotary model).
    """

    base: float = 10_000.0
    farthest: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        require_whole("position.farthest", self.farthest)


@dataclass(frozen=True)
class ClippedCoupledRotaryPositionsConfig(ClippedConfig, CoupledConfig):
    """Coupled rotary, the distance along each axis at most `farthest_place`, `farthest_line`."""

    base: float = 10_000.0
    factor: float = 1.0
    farthest_place: int = 4
    farthest_line: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        require_whole("position.farthest_place", self.farthest_place)
        require_whole("position.farthest_line", self.farthest_line)


@dataclass(frozen=True)
class ALiBiPositionsConfig(PositionConfig):
    """Nothing is turned: a score falls off with the distance, in each head at a slope of its own.

    Attention with linear biases (arXiv:2108.12409, section 3).
    """

    scores = "bias"

    def require_fit(self, whole: GPTConfig) -> None:
        alike(whole, "n_head", self)


@dataclass(frozen=True)
class NoPositionsConfig(PositionConfig):
    """Nothing is said of positions: only the causal mask tells them apart (arXiv:2305.19466)."""


# ---------------------------------------------------------------- the parts of a layer


class BlockConfig(LayerPartConfig):
    """`order`: what a block reads from the stream and adds to it, by name, from first to last.

    A name of `SITES` is a reading, any other a contribution; the residual makes each reading of
    what was added before it. `normed`: the readings that are normed, and go on in the stream so.
    """

    order: ClassVar[tuple[str, ...]]
    normed: ClassVar[tuple[str, ...]] = ()

    @property
    def readings(self) -> list[str]:
        return [name for name in self.order if name in SITES]

    @property
    def contributions(self) -> list[str]:
        return [name for name in self.order if name not in SITES]


@dataclass(frozen=True)
class SequentialBlockConfig(BlockConfig):
    """Attention reads, normed, and adds; then the FFN reads, normed, and adds (PreNorm)."""

    order = ("resid_pre", "attn_out", "resid_mid", "ffn_out", "resid_post")

    def parameters(self, layer: LayerConfig) -> int:
        """The gains of two norms."""
        return 2 * layer.whole.d_model


@dataclass(frozen=True)
class ParallelBlockConfig(BlockConfig):
    """Attention and FFN read one norm of the stream, and both add to it.

    (GPT-J, github.com/kingoflolz/mesh-transformer-jax; PaLM, arXiv:2204.02311, section 2.)
    """

    order = ("resid_pre", "attn_out", "ffn_out", "resid_post")

    def parameters(self, layer: LayerConfig) -> int:
        """The gain of one norm."""
        return layer.whole.d_model


@dataclass(frozen=True)
class PostNormBlockConfig(BlockConfig):
    """Attention reads and adds, and the sum is normed; then the FFN (PostNorm, arXiv:1706.03762).

    Both norms stand in the stream, which is therefore no plain sum.
    """

    order = SequentialBlockConfig.order
    normed = ("resid_mid", "resid_post")

    def parameters(self, layer: LayerConfig) -> int:
        """The gains of two norms."""
        return 2 * layer.whole.d_model


@dataclass(frozen=True)
class MultiHeadAttentionConfig(LayerPartConfig):
    """`n_head` heads of `head_dim`; `qk_norm` puts an RMSNorm on q and k (arXiv:2010.04245)."""

    n_head: int = 4
    head_dim: int = 64
    qk_norm: bool = False

    def __post_init__(self) -> None:
        require_whole("attention.n_head", self.n_head)
        require_whole("attention.head_dim", self.head_dim)
        require_flag("attention.qk_norm", self.qk_norm)

    @property
    def rotated_dim(self) -> int:
        """Numbers of a query or key that a position may turn: all of them."""
        return self.head_dim

    @property
    def qk_head_dim(self) -> int:
        """Numbers of a query or key of one head, by whose root scores are divided."""
        return self.head_dim

    @property
    def width(self) -> int:
        """Numbers of all heads together."""
        return self.n_head * self.head_dim

    @property
    def kv_width(self) -> int:
        """Numbers of all keys of a token together, and of all its values."""
        return self.width

    def cached_numbers(self, layer: LayerConfig) -> int:
        """Kept of one token in one layer: its keys and its values."""
        return (layer.whole.position.n_kept + 1) * self.kv_width

    def matrices(self, layer: LayerConfig) -> int:
        """Weights of W_Q and W_O, W_K and W_V."""
        return 2 * layer.whole.d_model * (self.width + self.kv_width)

    def parameters(self, layer: LayerConfig) -> int:
        return self.matrices(layer) + (2 * self.head_dim if self.qk_norm else 0)

    def flops(self, layer: LayerConfig, n_seen: int) -> int:
        """Of one token: two for every weight; 2 n_seen H Dk for its scores, as much for the mix."""
        products = layer.whole.position.n_product + 1
        return 2 * self.matrices(layer) + 2 * products * n_seen * self.width


@dataclass(frozen=True)
class GroupedQueryAttentionConfig(MultiHeadAttentionConfig):
    """`n_kv_head` heads of keys and values, each shared by a group of query heads.

    (arXiv:2305.13245; with one key head it is multi-query attention, arXiv:1911.02150.)
    """

    n_kv_head: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        require_whole("attention.n_kv_head", self.n_kv_head)
        if self.n_head % self.n_kv_head:
            raise ValueError(
                f"attention.n_head={self.n_head} must be a multiple of "
                f"attention.n_kv_head={self.n_kv_head}, so that all groups are of one size"
            )

    @property
    def kv_width(self) -> int:
        return self.n_kv_head * self.head_dim


@dataclass(frozen=True)
class SlidingWindowAttentionConfig(MultiHeadAttentionConfig):
    """A query looks at the last `window` tokens alone, its own among them.

    (Longformer, arXiv:2004.05150, section 3.1; Mistral 7B, arXiv:2310.06825, section 2.) The
    kernels here compute what is hidden and throw it away, so it costs what full attention costs.
    """

    window: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        require_whole("attention.window", self.window)


@dataclass(frozen=True)
class CrossLayerAttentionConfig(GroupedQueryAttentionConfig):
    """Makes queries alone; keys and values are those of the layer below, or of one below that.

    (Cross-layer attention, arXiv:2405.12981.) Of `LayerPattern((grouped, cross))` every second
    layer keeps nothing, so the cache is half as large.
    """

    def require_fit(self, layer: LayerConfig) -> None:
        below = layer.before and layer.before.attention
        if not isinstance(below, MultiHeadAttentionConfig):
            raise ValueError(
                f"attention={self} of layer {layer.index} makes no keys and values: the layer "
                f"below must have some, and there attention={below}"
            )
        for size in ("head_dim", "kv_width"):
            own, theirs = getattr(self, size), getattr(below, size)
            if own != theirs:
                raise ValueError(
                    f"attention.{size}={own} of layer {layer.index} must be that of the keys which "
                    f"it reads, {theirs} of layer {layer.index - 1}"
                )

    def source(self, layer: LayerConfig) -> int:
        """The layer whose keys and values it reads."""
        below = layer.before
        assert below is not None
        own = below.attention
        return own.source(below) if isinstance(own, CrossLayerAttentionConfig) else below.index

    def cached_numbers(self, layer: LayerConfig) -> int:
        """Kept of one token in one layer: nothing."""
        return 0

    def matrices(self, layer: LayerConfig) -> int:
        """Weights of W_Q and W_O."""
        return 2 * layer.whole.d_model * self.width

    def parameters(self, layer: LayerConfig) -> int:
        return self.matrices(layer) + (self.head_dim if self.qk_norm else 0)


@dataclass(frozen=True)
class LatentAttentionConfig(LayerPartConfig):
    """Multi-head latent attention: keys and values are made from a latent that all heads share.

    (MLA, arXiv:2405.04434, section 2.1.) What tells of positions has numbers of its own, apart from
    the others: `qk_rope_head_dim` of a query, and of one key for all heads. Here keys and values
    are made, as while training, and kept; `AbsorbedLatentAttention` keeps the latents.
    """

    n_head: int = 4
    q_lora_rank: int = 96
    kv_lora_rank: int = 64
    qk_nope_head_dim: int = 32
    qk_rope_head_dim: int = 32
    v_head_dim: int = 64

    def __post_init__(self) -> None:
        for size in fields(self):
            require_whole(f"attention.{size.name}", getattr(self, size.name))

    def require_fit(self, layer: LayerConfig) -> None:
        made = {"q_lora_rank": self.q_width, "kv_lora_rank": self.kv_width}
        for name, width in made.items():
            rank, full = getattr(self, name), min(layer.whole.d_model, width)
            if rank > full:
                raise ValueError(
                    f"attention.{name}={rank} is no compression: from "
                    f"GPTConfig.d_model={layer.whole.d_model} numbers {width} are made, of rank "
                    f"{full} at most; allowed are 1 to {full}"
                )

    @property
    def rotated_dim(self) -> int:
        """Numbers of a query or key that a position may turn."""
        return self.qk_rope_head_dim

    @property
    def qk_head_dim(self) -> int:
        """Numbers of a query or key of one head, by whose root scores are divided."""
        return self.qk_nope_head_dim + self.qk_rope_head_dim

    @property
    def q_width(self) -> int:
        """Numbers of all queries of a token together."""
        return self.n_head * self.qk_head_dim

    @property
    def kv_width(self) -> int:
        """Numbers of all keys and values of a token that are made from its latent."""
        return self.n_head * (self.qk_nope_head_dim + self.v_head_dim)

    def cached_numbers(self, layer: LayerConfig) -> int:
        """Kept of one token in one layer: its keys and values, and the key that is turned."""
        return self.kv_width + layer.whole.position.n_kept * self.qk_rope_head_dim

    def matrices(self, layer: LayerConfig) -> int:
        """Weights that compress, expand, and write."""
        down = self.q_lora_rank + self.kv_lora_rank + self.qk_rope_head_dim
        up = self.q_lora_rank * self.q_width + self.kv_lora_rank * self.kv_width
        return layer.whole.d_model * (down + self.n_head * self.v_head_dim) + up

    def parameters(self, layer: LayerConfig) -> int:
        return self.matrices(layer) + self.q_lora_rank + self.kv_lora_rank

    def flops(self, layer: LayerConfig, n_seen: int) -> int:
        """Of one token: two for every weight; its scores, and the mix of values."""
        turned = layer.whole.position.n_product * self.qk_rope_head_dim
        products = self.n_head * (self.qk_nope_head_dim + turned + self.v_head_dim)
        return 2 * self.matrices(layer) + 2 * products * n_seen


@dataclass(frozen=True)
class AbsorbedLatentAttentionConfig(LatentAttentionConfig):
    """The same function of the same weights, which never makes a key or a value.

    The matrix that would make keys is applied to the query instead, the one that would make values
    to the mix of latents (arXiv:2405.04434, section 2.1.2): the cache holds latents alone.
    """

    def cached_numbers(self, layer: LayerConfig) -> int:
        """Kept of one token in one layer: its latent, and the key that is turned."""
        return self.kv_lora_rank + layer.whole.position.n_kept * self.qk_rope_head_dim

    def flops(self, layer: LayerConfig, n_seen: int) -> int:
        turned = layer.whole.position.n_product * self.qk_rope_head_dim
        products = self.n_head * (2 * self.kv_lora_rank + turned)
        return 2 * self.matrices(layer) + 2 * products * n_seen


@dataclass(frozen=True)
class DenseFFNConfig(LayerPartConfig):
    """Two matrices with `activation` between; swiglu has three at two thirds of `d_ff`."""

    d_ff: int = 1024
    # Of all changes that Primer's search tried, squaring was among the two best (arXiv:2109.08668).
    activation: Activation = "relu2"

    def __post_init__(self) -> None:
        require_whole("ffn.d_ff", self.d_ff)
        require_word("ffn.activation", self.activation, Activation)

    @property
    def is_gated(self) -> bool:
        return self.activation == "swiglu"

    @property
    def width(self) -> int:
        """Neurons: as many as make three matrices of a gated FFN weigh what two would."""
        return self.d_ff * 2 // 3 if self.is_gated else self.d_ff

    def parameters(self, layer: LayerConfig) -> int:
        return (3 if self.is_gated else 2) * layer.whole.d_model * self.width

    def flops(self, layer: LayerConfig) -> int:
        """Of one token: two for every weight."""
        return 2 * self.parameters(layer)


@dataclass(frozen=True)
class MixtureOfExpertsConfig(LayerPartConfig):
    """Many small FFNs, of which a router picks a few for each token, and some that every token has.

    (DeepSeekMoE, arXiv:2401.06066; its routing as in DeepSeek-V3, arXiv:2412.19437, section 2.1.2.)
    `moe_intermediate_size`: neurons of an expert. Of `n_group` groups only the `topk_group` best
    are open to a token. `bias_update_speed`: how far a step moves the bias that balances the load;
    0 leaves it alone. `balance_factor`: the weight of the balance loss of a text; 0 for none.
    """

    moe_intermediate_size: int = 128
    n_routed_experts: int = 8
    num_experts_per_tok: int = 2
    n_shared_experts: int = 1
    n_group: int = 1
    topk_group: int = 1
    routed_scaling_factor: float = 1.0
    activation: Activation = "relu2"
    bias_update_speed: float = 0.001
    balance_factor: float = 0.0

    def __post_init__(self) -> None:
        for name in ("moe_intermediate_size", "n_routed_experts", "num_experts_per_tok", "n_group"):
            require_whole(f"ffn.{name}", getattr(self, name))
        require_whole("ffn.n_shared_experts", self.n_shared_experts, least=0)
        require_whole("ffn.topk_group", self.topk_group)
        require_number("ffn.routed_scaling_factor", self.routed_scaling_factor, above=0, most=100)
        require_word("ffn.activation", self.activation, Activation)
        require_number("ffn.bias_update_speed", self.bias_update_speed, least=0, most=1)
        require_number("ffn.balance_factor", self.balance_factor, least=0, most=1)
        self.require_groups()

    def require_groups(self) -> None:
        """The groups are of one size, and those that are open hold enough experts."""
        if self.n_routed_experts % self.n_group:
            raise ValueError(
                f"ffn.n_routed_experts={self.n_routed_experts} must be a multiple of "
                f"ffn.n_group={self.n_group}, so that all groups are of one size"
            )
        if self.topk_group > self.n_group:
            raise ValueError(
                f"ffn.topk_group={self.topk_group} of ffn.n_group={self.n_group} groups: "
                f"allowed are 1 to {self.n_group}"
            )
        if self.num_experts_per_tok > self.n_open:
            raise ValueError(
                f"ffn.num_experts_per_tok={self.num_experts_per_tok} of {self.n_open} experts in "
                f"the open groups (ffn.n_routed_experts={self.n_routed_experts}, "
                f"ffn.n_group={self.n_group}, ffn.topk_group={self.topk_group}): allowed are 1 to "
                f"{self.n_open}"
            )

    @property
    def n_open(self) -> int:
        """Routed experts among which a token may choose."""
        return self.n_routed_experts // self.n_group * self.topk_group

    @property
    def is_gated(self) -> bool:
        return self.activation == "swiglu"

    @property
    def shared_width(self) -> int:
        """Neurons that every token has."""
        return self.n_shared_experts * self.moe_intermediate_size

    @property
    def shared(self) -> DenseFFNConfig:
        """The FFN that these neurons make; gated, `DenseFFN` takes two thirds of its `d_ff`."""
        width = self.shared_width
        return DenseFFNConfig(-(-3 * width // 2) if self.is_gated else width, self.activation)

    def weights(self, layer: LayerConfig, n_routed: int) -> int:
        """Of the router, the shared experts, and so many of the others."""
        neurons = (self.n_shared_experts + n_routed) * self.moe_intermediate_size
        matrices = 3 if self.is_gated else 2
        return layer.whole.d_model * (matrices * neurons + self.n_routed_experts)

    def parameters(self, layer: LayerConfig) -> int:
        return self.weights(layer, self.n_routed_experts)

    def active_parameters(self, layer: LayerConfig) -> int:
        """Weights that one token meets."""
        return self.weights(layer, self.num_experts_per_tok)

    def flops(self, layer: LayerConfig) -> int:
        """Of one token: two for every weight that it meets."""
        return 2 * self.active_parameters(layer)


@dataclass(frozen=True)
class PlainResidualConfig(PartConfig):
    """The stream is a plain sum: x + attention + ffn + ..."""

    def flops(self, whole: GPTConfig) -> int:
        """Of one token in all layers: additions, which are not counted."""
        return 0


@dataclass(frozen=True)
class AttentionResidualConfig(PartConfig):
    """Every reading mixes all contributions before it, by attention over depth.

    (arXiv:2603.15031.) The first reading of a layer takes what the layer before left; every other
    one has a query of its own.
    """

    def require_fit(self, whole: GPTConfig) -> None:
        for layer in whole.layers:
            if layer.block.normed:
                raise ValueError(
                    f"residual={self} mixes contributions as they were written, and "
                    f"block={layer.block} of layer {layer.index} norms their sum in the stream, at "
                    f"{' and '.join(layer.block.normed)}: allowed are blocks that norm what they "
                    f"read, or residual={PlainResidualConfig()}"
                )
        for at in whole.later_readings:
            if at.n_written == 0:
                raise ValueError(
                    f"residual={self} mixes what was written, and block="
                    f"{whole.layers[at.layer].block} of layer {at.layer} reads {at.site} before "
                    f"anything is: a contribution must stand before it in its `order`"
                )

    def source_of(self, layer: int, number: int) -> int:
        """Which source contribution `number` of all, written in `layer`, is part of; 0 is the
        embedding."""
        return 1 + number

    def sources(self, whole: GPTConfig) -> list[int]:
        """The source of every contribution, from the first to the last."""
        return [self.source_of(at.layer, n) for n, at in enumerate(whole.contributions)]

    def n_source(self, whole: GPTConfig, n_written: int) -> int:
        """What is mixed once so many contributions are written: the embedding, and sums of them."""
        return 1 + self.sources(whole)[n_written - 1]

    def parameters(self, whole: GPTConfig) -> int:
        """A query for every reading that chooses."""
        return whole.d_model * len(whole.later_readings)

    def flops(self, whole: GPTConfig) -> int:
        """Of one token in all layers: two for a score and two for the mix, a number and source."""
        sources = [self.n_source(whole, at.n_written) for at in whole.later_readings]
        return 4 * whole.d_model * sum(sources)


@dataclass(frozen=True)
class BlockAttentionResidualConfig(AttentionResidualConfig):
    """The contributions of `block_size` layers in a row are summed, and the sums are mixed.

    (arXiv:2603.15031, section 3.2, where such a group of layers is called a block; a layer here is
    attention and FFN, which there are two.)
    """

    block_size: int = 2

    def __post_init__(self) -> None:
        require_whole("residual.block_size", self.block_size)

    def require_fit(self, whole: GPTConfig) -> None:
        super().require_fit(whole)
        if self.block_size > whole.n_layer:
            raise ValueError(
                f"residual.block_size={self.block_size} layers to a group, but the model has "
                f"GPTConfig.n_layer={whole.n_layer}: allowed are 1 to {whole.n_layer}"
            )

    def source_of(self, layer: int, number: int) -> int:
        return 1 + layer // self.block_size


class KernelConfig(PartConfig):
    """`takes`: the ways in which positions may enter the scores that it computes."""

    takes: ClassVar[tuple[Scores, ...]]

    def require_fit(self, whole: GPTConfig) -> None:
        if whole.position.scores not in self.takes:
            raise ValueError(
                f"kernel={self} forms no scores of another kind than {' and '.join(self.takes)}, "
                f"and position={whole.position} needs its own; take the math kernel"
            )


@dataclass(frozen=True)
class MathKernelConfig(KernelConfig):
    """Attention as written in the book; the only kernel that forms `scores` and `pattern`."""

    takes = ("product", "bias", "own")


@dataclass(frozen=True)
class SdpaKernelConfig(KernelConfig):
    """torch's fused scaled_dot_product_attention."""

    takes = ("product", "bias")


@dataclass(frozen=True)
class FlashKernelConfig(KernelConfig):
    """FlashAttention by hand: tiles of `rows` queries and `columns` keys, no table of scores."""

    rows: int = 128
    columns: int = 512

    takes = ("product", "bias")

    def __post_init__(self) -> None:
        require_whole("kernel.rows", self.rows)
        require_whole("kernel.columns", self.columns)


AttentionConfig = (
    MultiHeadAttentionConfig
    | GroupedQueryAttentionConfig
    | SlidingWindowAttentionConfig
    | CrossLayerAttentionConfig
    | LatentAttentionConfig
    | AbsorbedLatentAttentionConfig
)
FFNConfig = DenseFFNConfig | MixtureOfExpertsConfig
ResidualConfig = PlainResidualConfig | AttentionResidualConfig | BlockAttentionResidualConfig

PART_KINDS: dict[str, dict[str, type]] = {
    "position": {
        "learned": LearnedPositionsConfig,
        "rotary": RotaryPositionsConfig,
        "interpolated_rotary": InterpolatedRotaryPositionsConfig,
        "yarn_rotary": YarnRotaryPositionsConfig,
        "coupled_rotary": CoupledRotaryPositionsConfig,
        "clipped_rotary": ClippedRotaryPositionsConfig,
        "clipped_coupled_rotary": ClippedCoupledRotaryPositionsConfig,
        "alibi": ALiBiPositionsConfig,
        "none": NoPositionsConfig,
    },
    "block": {
        "sequential": SequentialBlockConfig,
        "parallel": ParallelBlockConfig,
        "post_norm": PostNormBlockConfig,
    },
    "attention": {
        "multi_head": MultiHeadAttentionConfig,
        "grouped_query": GroupedQueryAttentionConfig,
        "sliding_window": SlidingWindowAttentionConfig,
        "cross_layer": CrossLayerAttentionConfig,
        "latent": LatentAttentionConfig,
        "absorbed_latent": AbsorbedLatentAttentionConfig,
    },
    "ffn": {"dense": DenseFFNConfig, "mixture_of_experts": MixtureOfExpertsConfig},
    "residual": {
        "plain": PlainResidualConfig,
        "attention": AttentionResidualConfig,
        "block_attention": BlockAttentionResidualConfig,
    },
    "kernel": {"math": MathKernelConfig, "sdpa": SdpaKernelConfig, "flash": FlashKernelConfig},
}
PARTS = PART_KINDS.keys()
LAYER_PARTS = ("block", "attention", "ffn")
"""The parts of which each layer has its own."""

LATER_PARTS = {"block": SequentialBlockConfig()}
"""What a model was built with before it could be chosen."""


class Contribution(NamedTuple):
    """What a layer adds to the stream: "attn_out" or "ffn_out"."""

    layer: int
    name: str


class LaterReading(NamedTuple):
    """A reading of the stream after a layer has added to it, and how much all layers added so far.

    `site` is one of `SITES`.
    """

    layer: int
    site: str
    n_written: int


@dataclass(frozen=True)
class GPTConfig:
    """A whole model. Raises `ValueError`, naming both values, for sizes that do not fit.

    `layers[3].attention` is the choice of layer 3, also where all layers are alike.
    `embedding_std` is the spread that token and position embeddings start with. Small ones are
    shaped by training; large ones stay random codes.
    """

    vocab_size: int = 16
    n_layer: int = 6
    d_model: int = 256
    position: PositionConfig = field(default_factory=LearnedPositionsConfig)
    block: BlockConfig | LayerPattern[BlockConfig] = field(default_factory=SequentialBlockConfig)
    attention: AttentionConfig | LayerPattern[AttentionConfig] = field(
        default_factory=MultiHeadAttentionConfig
    )
    ffn: FFNConfig | LayerPattern[FFNConfig] = field(default_factory=DenseFFNConfig)
    residual: ResidualConfig = field(default_factory=PlainResidualConfig)
    kernel: KernelConfig = field(default_factory=MathKernelConfig)
    # Small beside the mean square of a fresh embedding, 0.02^2 = 4e-4.
    norm_eps: float = 1e-6
    embedding_std: float = 0.02

    def __post_init__(self) -> None:
        for name in ("vocab_size", "d_model"):
            require_whole(f"GPTConfig.{name}", getattr(self, name))
        require_whole("GPTConfig.n_layer", self.n_layer, most=MOST_LAYERS)
        require_number("GPTConfig.norm_eps", self.norm_eps, above=0, most=1)
        require_number("GPTConfig.embedding_std", self.embedding_std, above=0, most=10)
        for part in PARTS:
            require_part(part, getattr(self, part))
        # Whether parts fit is checked last, of parts that are known to be right by themselves.
        for part in PARTS:
            for place in self.layers if part in LAYER_PARTS else (self,):
                getattr(place, part).require_fit(place)

    @cached_property
    def layers(self) -> tuple[LayerConfig, ...]:
        """What each layer is built of, from the first to the last."""
        return tuple(LayerConfig(self, index) for index in range(self.n_layer))

    @cached_property
    def contributions(self) -> tuple[Contribution, ...]:
        """All that the layers add to the stream, in the order in which they do."""
        return tuple(
            Contribution(layer.index, name)
            for layer in self.layers
            for name in layer.block.contributions
        )

    @cached_property
    def later_readings(self) -> tuple[LaterReading, ...]:
        """All readings but the first of each layer, in their order."""
        found: list[LaterReading] = []
        n_written = 0
        for layer in self.layers:
            for name in layer.block.order[1:]:
                if name in SITES:
                    found.append(LaterReading(layer.index, name, n_written))
                else:
                    n_written += 1
        return tuple(found)

    @property
    def heads(self) -> MultiHeadAttentionConfig:
        """Its attention, where all layers have one with keys and values of one size.

        `ValueError` where they have not.
        """
        if not isinstance(self.attention, MultiHeadAttentionConfig):
            raise ValueError(f"keys and values of attention={self.attention} are of several sizes")
        return self.attention

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; each part carries its `kind`.

        A part that models did not always have is left out where it is as it always was: a document
        of before, and the digest of a run, stay what they were.
        """
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in PARTS}
        parts = {part: getattr(self, part) for part in PARTS}
        said = {part: own for part, own in parts.items() if LATER_PARTS.get(part) != own}
        return plain | {part: part_to_dict(part, own) for part, own in said.items()}

    @classmethod
    def from_dict(cls, document: object) -> GPTConfig:
        """Undoes `to_dict`. A missing field takes its default; an unknown one is refused."""
        values = object_of("model", document)
        parts = {part: part_from_dict(part, values[part]) for part in PARTS & values.keys()}
        return build(cls, values | parts)


@dataclass(frozen=True)
class LayerConfig:
    """What the layer at `index` is built of, within the whole model."""

    whole: GPTConfig
    index: int

    @property
    def block(self) -> BlockConfig:
        return chosen(self.whole.block, self.index)

    @property
    def attention(self) -> AttentionConfig:
        return chosen(self.whole.attention, self.index)

    @property
    def ffn(self) -> FFNConfig:
        return chosen(self.whole.ffn, self.index)

    @property
    def before(self) -> LayerConfig | None:
        """The layer below; None below the first."""
        return LayerConfig(self.whole, self.index - 1) if self.index else None

    @property
    def kinds(self) -> str:
        """What it is built of, in words for a message: "layer 1 (block sequential, ...)"."""
        parts = (f"{part} {kind_of(part, getattr(self, part))}" for part in LAYER_PARTS)
        return f"layer {self.index} ({', '.join(parts)})"


PATTERN = "pattern"
"""The `kind` of a `LayerPattern` in a document."""


def require_part(part: str, value: object) -> None:
    classes = PART_KINDS[part].values()
    choices: tuple[object, ...] = (value,)
    if isinstance(value, LayerPattern) and part in LAYER_PARTS:
        choices = (*value.first, *value.then)
        if not value.then:
            raise ValueError(f"{part}={shown(value)} needs at least one choice in `then`")
    for choice in choices:
        # The exact type, since it decides what is built and which `kind` is written.
        if type(choice) not in classes:
            names = ", ".join(cls.__name__ for cls in classes)
            raise ValueError(f"{part}={shown(choice)} is not one of {names}")


def kind_of(part: str, value: object) -> str:
    return next(kind for kind, cls in PART_KINDS[part].items() if cls is type(value))


def part_to_dict(part: str, value: Any) -> dict[str, Any]:
    if isinstance(value, LayerPattern):
        own = {of: [part_to_dict(part, x) for x in getattr(value, of)] for of in ("first", "then")}
        return {"kind": PATTERN, **own}
    return {"kind": kind_of(part, value), **asdict(value)}


def part_from_dict(part: str, document: object) -> Any:
    allowed = [*PART_KINDS[part], *([PATTERN] if part in LAYER_PARTS else [])]
    values = dict(object_of(part, document, f"whose kind is one of {', '.join(allowed)}"))
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in allowed:
        raise ValueError(f"{part}.kind={shown(kind)} is not known; allowed: {', '.join(allowed)}")
    if kind == PATTERN:
        own = {of: choices_from(f"{part}.{of}", part, x) for of, x in values.items()}
        return build(LayerPattern, own)
    return build(PART_KINDS[part][kind], values)


def choices_from(name: str, part: str, document: object) -> tuple[Any, ...]:
    if not isinstance(document, list):
        raise ValueError(f"{name}={shown(document)} must be a list of choices, one a layer")
    return tuple(part_from_dict(part, choice) for choice in cast(list[object], document))
