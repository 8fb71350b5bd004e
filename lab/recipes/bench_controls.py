"""What a reader may turn on the bench, as data: of each control its name, what it may be set to,
how it is read from a variant, and how a variant is made with it.

A control writes one thing and leaves the rest; a part of another kind takes over the sizes of the
one before. What does not fit the rest of the variant is refused by `ValueError`, in the words of
the configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from lab.data.problems import STYLES, Format
from lab.data.sources import PackedStream, Pairs, Shapes
from lab.model.config import (
    PART_KINDS,
    AbsorbedLatentAttentionConfig,
    AttentionConfig,
    CrossLayerAttentionConfig,
    DenseFFNConfig,
    FFNConfig,
    FlashKernelConfig,
    GPTConfig,
    GroupedQueryAttentionConfig,
    LatentAttentionConfig,
    LayerPattern,
    LearnedPositionsConfig,
    MixtureOfExpertsConfig,
    MultiHeadAttentionConfig,
    ParallelBlockConfig,
    PostNormBlockConfig,
    RotaryPositionsConfig,
    SequentialBlockConfig,
    SlidingWindowAttentionConfig,
    chosen,
)
from lab.numerals import power_of_ten, written
from lab.recipes.attention_residuals import residual_of
from lab.recipes.bench import Limit, require_shown, require_trainable, too_much
from lab.recipes.curriculum import TWO_DIGITS
from lab.recipes.latent_experts import with_experts, with_latents
from lab.recipes.live import MOST_STEPS
from lab.recipes.presets import ROOM
from lab.recipes.rope import BASE, STREAM
from lab.recipes.variants import WINDOW
from lab.training.recipe import Recipe

Value = str | int | float | bool

OWN = "as it came"
"""What a control reads where a variant has what it does not offer; it cannot be chosen."""

Group = Literal["network", "text", "training"]


@dataclass(frozen=True)
class Control:
    """`options`: what a reader may choose, each with its words. `write` raises `ValueError` for
    what does not fit."""

    name: str
    label: str
    group: Group
    options: Mapping[Any, str]
    read: Callable[[Recipe], Value]
    write: Callable[[Recipe, Any], Recipe]

    def now(self, recipe: Recipe) -> dict[Value, str]:
        """The options, and what the variant has, should it be none of them."""
        value = self.read(recipe)
        here = {} if value in self.options else {value: shown(value)}
        return {**here, **self.options}


def shown(value: Value) -> str:
    return written(value) if isinstance(value, float) else str(value)


def turned(recipe: Recipe, control: Control, value: Value) -> Recipe:
    """The variant with a control at another value.

    `ValueError` says why there is no such variant, or why it cannot be trained.
    """
    if value == control.read(recipe):
        return recipe
    if value not in control.options:
        raise ValueError(
            f"{control.name}={value!r} is none of {', '.join(map(str, control.options))}"
        )
    new = control.write(recipe, value)
    require_trainable(new)
    require_shown(new)
    return new


def either(words: Sequence[str]) -> str:
    """'1, 2 or 4'."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def plain(*values: Value) -> dict[Value, str]:
    """Options that are their own words."""
    return {value: shown(value) for value in values}


# ---------------------------------------------------------------- writing into a variant


def with_model(recipe: Recipe, **parts: Any) -> Recipe:
    return replace(recipe, model=replace(recipe.model, **parts))


def kind_of(table: Mapping[str, type], own: object) -> str:
    return next((kind for kind, cls in table.items() if type(own) is cls), OWN)


def of_training(name: str, label: str, options: Mapping[Any, str]) -> Control:
    """A control of one field of the recipe."""
    return Control(
        name,
        label,
        "training",
        options,
        lambda recipe: getattr(recipe, name),
        lambda recipe, value: replace(recipe, **{name: value}),
    )


def of_model(name: str, label: str, options: Mapping[Any, str]) -> Control:
    """A control of one field of the network's configuration."""
    return Control(
        name,
        label,
        "network",
        options,
        lambda recipe: getattr(recipe.model, name),
        lambda recipe, value: with_model(recipe, **{name: value}),
    )


# ---------------------------------------------------------------- the network


def first_heads(recipe: Recipe) -> AttentionConfig:
    return chosen(recipe.model.attention, 0)


def own_heads(heads: AttentionConfig) -> MultiHeadAttentionConfig:
    """Heads with keys of their own, as many and as large."""
    if isinstance(heads, LatentAttentionConfig):
        return MultiHeadAttentionConfig(heads.n_head, heads.v_head_dim)
    return MultiHeadAttentionConfig(heads.n_head, heads.head_dim, heads.qk_norm)


def grouped(heads: MultiHeadAttentionConfig, n_kv_head: int) -> GroupedQueryAttentionConfig:
    return GroupedQueryAttentionConfig(**vars(heads), n_kv_head=n_kv_head)


def windowed(heads: MultiHeadAttentionConfig) -> SlidingWindowAttentionConfig:
    return SlidingWindowAttentionConfig(**vars(heads), window=WINDOW)


def latents(heads: MultiHeadAttentionConfig) -> LatentAttentionConfig:
    """A quarter as many numbers as the heads have."""
    return with_latents(heads, max(1, heads.width // 4))


def absorbed(heads: MultiHeadAttentionConfig) -> AbsorbedLatentAttentionConfig:
    return AbsorbedLatentAttentionConfig(**vars(latents(heads)))


ATTENTION: Mapping[str, tuple[str, Callable[[MultiHeadAttentionConfig], AttentionConfig]]] = {
    "own": ("each head its own keys", lambda heads: heads),
    "pairs": ("two heads share keys", lambda heads: grouped(heads, max(1, heads.n_head // 2))),
    "one": ("all heads share keys", lambda heads: grouped(heads, 1)),
    "window": (f"a window of {WINDOW} tokens", windowed),
    "latents": ("keys made of latents", latents),
    "absorbed": ("latents, absorbed", absorbed),
}


def read_attention(recipe: Recipe) -> Value:
    """The kind of the one attention that all layers have."""
    own = recipe.model.attention
    if isinstance(own, LayerPattern):
        return DIFFERS
    if type(own) is GroupedQueryAttentionConfig:
        return "one" if own.n_kv_head == 1 else "pairs"
    kinds = {
        "own": MultiHeadAttentionConfig,
        "window": SlidingWindowAttentionConfig,
        "latents": LatentAttentionConfig,
        "absorbed": AbsorbedLatentAttentionConfig,
    }
    return kind_of(kinds, own)


def write_attention(recipe: Recipe, kind: str) -> Recipe:
    _, make = ATTENTION[kind]
    return with_model(recipe, attention=make(own_heads(first_heads(recipe))))


DIFFERS = "differs by layer"
"""What a control of all layers reads where they are not alike."""

DENSE = {"relu2": "dense, squared ReLU", "gelu": "dense, GELU", "swiglu": "dense, SwiGLU"}
EXPERTS = (4, 8, 16)
FFN: Mapping[Any, str] = DENSE | {f"experts_{n}": f"{n} experts, 2 chosen" for n in EXPERTS}


def neurons(ffn: FFNConfig) -> int:
    """As many as make two matrices of a dense FFN, or all routed experts together."""
    if isinstance(ffn, DenseFFNConfig):
        return ffn.d_ff
    return ffn.n_routed_experts * ffn.moe_intermediate_size


def read_ffn(recipe: Recipe) -> Value:
    own = recipe.model.ffn
    if isinstance(own, LayerPattern):
        return DIFFERS
    if isinstance(own, DenseFFNConfig):
        return own.activation
    return f"experts_{own.n_routed_experts}"


def write_ffn(recipe: Recipe, kind: Any) -> Recipe:
    wide = neurons(chosen(recipe.model.ffn, 0))
    made = DenseFFNConfig(wide, kind) if kind in DENSE else experts_of(wide, kind)
    return with_model(recipe, ffn=made)


def experts_of(wide: int, kind: str) -> MixtureOfExpertsConfig:
    return with_experts(wide, int(kind.removeprefix("experts_")))


def read_wide(recipe: Recipe) -> Value:
    """Neurons for each number of the stream."""
    times = neurons(chosen(recipe.model.ffn, 0)) / recipe.model.d_model
    return int(times) if times.is_integer() else round(times, 2)


def write_wide(recipe: Recipe, times: int) -> Recipe:
    by = times * recipe.model.d_model / neurons(chosen(recipe.model.ffn, 0))
    return with_model(recipe, ffn=each(recipe.model.ffn, lambda own: scaled(own, by)))


def each(choice: Any, change: Callable[[Any], Any]) -> Any:
    """A choice for all layers, or for each, with every one of them changed."""
    if isinstance(choice, LayerPattern):
        return LayerPattern(tuple(map(change, choice.then)), tuple(map(change, choice.first)))
    return change(choice)


SIZES = {
    *("head_dim", "d_ff", "moe_intermediate_size", "q_lora_rank", "kv_lora_rank"),
    *("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"),
}
"""Fields of a part that are as large as the network is wide."""


def scaled(own: Any, by: float, *names: str) -> Any:
    """A part with its sizes so many times as large, those alone that have `names` if any are."""
    sizes = set(names) or SIZES
    changes = {
        f.name: max(1, round(by * getattr(own, f.name))) for f in fields(own) if f.name in sizes
    }
    return replace(own, **changes)


def write_width(recipe: Recipe, d_model: int) -> Recipe:
    """Heads and FFN grow with it, and stay as many."""
    by, model = d_model / recipe.model.d_model, recipe.model
    return with_model(
        recipe,
        d_model=d_model,
        attention=each(model.attention, lambda own: scaled(own, by)),
        ffn=each(model.ffn, lambda own: scaled(own, by)),
    )


HEADS = (1, 2, 3, 4, 8, 16)


def write_heads(recipe: Recipe, n_head: int) -> Recipe:
    """They share the same width: more heads are narrower ones."""

    def divided(own: AttentionConfig) -> AttentionConfig:
        by = own.n_head / n_head
        wide = own_heads(own).width
        if wide % n_head:
            fit = either([str(n) for n in HEADS if wide % n == 0])
            raise ValueError(f"{n_head} heads cannot share {wide} numbers evenly; take {fit}")
        sizes = {"head_dim", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"}
        return scaled(replace(own, n_head=n_head), by, *sizes)

    return with_model(recipe, attention=each(recipe.model.attention, divided))


POSITIONS = {
    "learned": "learned, a table",
    "rotary": "rotary (RoPE)",
    "alibi": "ALiBi, a slope a head",
    "none": "left out",
    "coupled_rotary": "rotary, two axes",
    "clipped_rotary": "rotary, far ones alike",
    "interpolated_rotary": "rotary, half as fast",
    "yarn_rotary": "rotary, YaRN",
}


def write_position(recipe: Recipe, kind: str) -> Recipe:
    made = RotaryPositionsConfig(BASE) if kind == "rotary" else PART_KINDS["position"][kind]()
    return with_room(with_model(recipe, position=made))


def with_room(recipe: Recipe) -> Recipe:
    """A learned table gets as many rows as a text has tokens."""
    if not isinstance(recipe.model.position, LearnedPositionsConfig):
        return recipe
    rows = max(ROOM, recipe.data.tokens_per_row)
    return with_model(recipe, position=LearnedPositionsConfig(rows))


BLOCKS = {
    "sequential": "attention, then FFN",
    "parallel": "side by side",
    "post_norm": "norms in the stream",
}


def read_block(recipe: Recipe) -> Value:
    own = recipe.model.block
    return DIFFERS if isinstance(own, LayerPattern) else kind_of(PART_KINDS["block"], own)


RESIDUALS = {
    "plain": "a plain sum",
    "full": "attention over depth",
    "block": "over groups of layers",
}
OF_RESIDUAL = {"plain": "plain", "attention": "full", "block_attention": "block"}


def read_residual(recipe: Recipe) -> Value:
    return OF_RESIDUAL[kind_of(PART_KINDS["residual"], recipe.model.residual)]


KERNELS = {"math": "as written", "sdpa": "fused by torch", "flash": "in tiles of 8, by hand"}
TILE = 8


def write_kernel(recipe: Recipe, kind: str) -> Recipe:
    made = FlashKernelConfig(TILE, TILE) if kind == "flash" else PART_KINDS["kernel"][kind]()
    return with_model(recipe, kernel=made)


def read_qk_norm(recipe: Recipe) -> Value:
    return bool(getattr(first_heads(recipe), "qk_norm", False))


def write_qk_norm(recipe: Recipe, on: bool) -> Recipe:
    def normed(own: AttentionConfig) -> AttentionConfig:
        if isinstance(own, LatentAttentionConfig):
            raise ValueError(
                f"qk_norm={on} does not fit attention={own}: latents have norms of their own"
            )
        return replace(own, qk_norm=on)

    return with_model(recipe, attention=each(recipe.model.attention, normed))


EPSILONS = {**{10.0**n: power_of_ten(n) for n in (-6, -5, -3)}, 1.0: "1"}
"""At 1 a norm hardly rescales a stream that is smaller than that."""


# ---------------------------------------------------------------- layers that differ


def alike(recipe: Recipe) -> Recipe:
    """Every layer is built as the last kind of the pattern."""
    parts = {name: getattr(recipe.model, name) for name in ("block", "attention", "ffn")}
    one = {n: x.then[-1] if isinstance(x, LayerPattern) else x for n, x in parts.items()}
    if isinstance(one["attention"], CrossLayerAttentionConfig):
        one["attention"] = own_heads(one["attention"])
    return with_model(recipe, **one)


def windows(recipe: Recipe) -> Recipe:
    heads = own_heads(first_heads(recipe))
    return with_model(recipe, attention=LayerPattern((windowed(heads), heads)))


def borrowed(recipe: Recipe) -> Recipe:
    heads = grouped(own_heads(first_heads(recipe)), 1)
    return with_model(
        recipe, attention=LayerPattern((heads, CrossLayerAttentionConfig(**vars(heads))))
    )


def dense_first(recipe: Recipe) -> Recipe:
    wide = neurons(chosen(recipe.model.ffn, 0))
    pattern = LayerPattern((experts_of(wide, "experts_8"),), first=(DenseFFNConfig(wide),))
    return with_model(recipe, ffn=pattern)


def in_turn(recipe: Recipe) -> Recipe:
    wide = neurons(chosen(recipe.model.ffn, 0))
    pattern = LayerPattern((DenseFFNConfig(wide), experts_of(wide, "experts_8")))
    return with_model(recipe, ffn=pattern)


def side_by_side(recipe: Recipe) -> Recipe:
    return with_model(recipe, block=LayerPattern((SequentialBlockConfig(), ParallelBlockConfig())))


def normed_first(recipe: Recipe) -> Recipe:
    pattern = LayerPattern((SequentialBlockConfig(),), first=(PostNormBlockConfig(),))
    return with_model(recipe, block=pattern)


PATTERNS: Mapping[str, tuple[str, Callable[[Recipe], Recipe]]] = {
    "alike": ("all alike", alike),
    "windows": ("every other sees a window", windows),
    "borrowed": ("every other borrows keys", borrowed),
    "dense_first": ("one dense, then experts", dense_first),
    "in_turn": ("dense and experts in turn", in_turn),
    "side_by_side": ("every other block side by side", side_by_side),
    "normed_first": ("the first with norms in the stream", normed_first),
}


def read_pattern(recipe: Recipe) -> Value:
    found = shape_of(recipe.model)
    if not any(found):
        return "alike"
    for name, (_, make) in PATTERNS.items():
        if shape_of(make(alike(recipe)).model) == found:
            return name
    return OWN


def write_pattern(recipe: Recipe, name: str) -> Recipe:
    _, make = PATTERNS[name]
    return make(alike(recipe))


def shape_of(model: GPTConfig) -> tuple[Any, ...]:
    """Of each part that differs by layer the kinds of its pattern; nothing of one that does not."""
    return tuple(
        (tuple(map(type, x.first)), tuple(map(type, x.then))) if isinstance(x, LayerPattern) else ()
        for x in (model.block, model.attention, model.ffn)
    )


# ---------------------------------------------------------------- the text

WRITES = {
    "plain": "the product at once",
    "reversed": "the product, back to front",
    "cot": "working, front to back",
    "cot_reversed": "working, back to front",
    "dots": "dots, then the product",
}


def with_source(recipe: Recipe, change: Callable[[Any], Any]) -> Recipe:
    """What is trained on, changed; within a stream, if it is one."""
    data = recipe.data
    new = replace(data, of=change(data.of)) if isinstance(data, PackedStream) else change(data)
    return with_room(replace(recipe, data=new))


def write_style(recipe: Recipe, style: Any) -> Recipe:
    return with_source(recipe, lambda own: replace(own, format=replace(own.format, style=style)))


DIGITS = {"1x1": "1 × 1", "2x1": "2 × 1", "2x2": "2 × 2", "up_to": "1 or 2, no zeros in front"}


def read_digits(recipe: Recipe) -> Value:
    form = recipe.format
    if isinstance(recipe.data, Shapes):
        return "up_to" if recipe.data.shapes == TWO_DIGITS and not form.padded else OWN
    return f"{form.p}x{form.q}"


def write_digits(recipe: Recipe, digits: str) -> Recipe:
    def other(own: Pairs | Shapes) -> Pairs | Shapes:
        if digits == "up_to":
            return Shapes(Format(own.format.style, padded=False), TWO_DIGITS, own.fraction)
        p, q = map(int, digits.split("x"))
        return Pairs(Format(own.format.style, p, q), own.fraction)

    return with_source(recipe, other)


FRACTIONS = (0.02, 0.05, 0.10, 0.20, 0.30)


def write_fraction(recipe: Recipe, fraction: float) -> Recipe:
    return with_source(recipe, lambda own: replace(own, fraction=fraction))


def read_rows(recipe: Recipe) -> Value:
    return "stream" if isinstance(recipe.data, PackedStream) else "one"


def write_rows(recipe: Recipe, how: str) -> Recipe:
    """A stream holds many problems: so many fewer rows are read as make the tokens as many."""
    data: Any = recipe.data
    before = recipe.data.tokens_per_row
    new: Any = PackedStream(data, STREAM) if how == "stream" else getattr(data, "of", data)
    rows = max(1, round(recipe.batch_size * before / new.tokens_per_row))
    return with_room(replace(recipe, data=new, batch_size=rows))


# ---------------------------------------------------------------- training

RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 1.0)


def write_rate(recipe: Recipe, rate: float) -> Recipe:
    """Muon's matrices take five times it, as everywhere in the book."""
    return replace(recipe, rate=rate, muon_rate=min(1.0, 5 * rate))


def write_steps(recipe: Recipe, steps: int) -> Recipe:
    """Checked sixteen times on the way."""
    return replace(recipe, steps=steps, check_every=max(1, steps // 16))


STEPS = (20, 50, 100, 200, 400, 800, 1200, MOST_STEPS)

CONTROLS: tuple[Control, ...] = (
    Control(
        "attention",
        "Attention",
        "network",
        {kind: words for kind, (words, _) in ATTENTION.items()},
        read_attention,
        write_attention,
    ),
    of_model("n_layer", "Layers", plain(1, 2, 3, 4, 6, 8, 12, 16)),
    Control(
        "position",
        "Positions",
        "network",
        dict(POSITIONS),
        lambda recipe: kind_of(PART_KINDS["position"], recipe.model.position),
        write_position,
    ),
    Control("ffn", "FFN", "network", FFN, read_ffn, write_ffn),
    Control(
        "block",
        "Block",
        "network",
        dict(BLOCKS),
        read_block,
        lambda recipe, kind: with_model(recipe, block=PART_KINDS["block"][kind]()),
    ),
    Control(
        "residual",
        "Residual",
        "network",
        dict(RESIDUALS),
        read_residual,
        lambda recipe, arm: with_model(recipe, residual=residual_of(arm, recipe.model.n_layer)),
    ),
    Control(
        "pattern",
        "Layers that differ",
        "network",
        {name: words for name, (words, _) in PATTERNS.items()},
        read_pattern,
        write_pattern,
    ),
    Control(
        "kernel",
        "Kernel",
        "network",
        dict(KERNELS),
        lambda recipe: kind_of(PART_KINDS["kernel"], recipe.model.kernel),
        write_kernel,
    ),
    Control(
        "qk_norm",
        "Norm of queries and keys",
        "network",
        {False: "none", True: "RMSNorm"},
        read_qk_norm,
        write_qk_norm,
    ),
    of_model("norm_eps", "Epsilon of all norms", EPSILONS),
    Control(
        "d_model",
        "Width",
        "network",
        plain(32, 64, 96, 128, 192, 256, 512),
        lambda recipe: recipe.model.d_model,
        write_width,
    ),
    Control(
        "n_head",
        "Heads",
        "network",
        plain(*HEADS),
        lambda recipe: first_heads(recipe).n_head,
        write_heads,
    ),
    Control("wide", "Neurons a number", "network", plain(1, 2, 4, 8), read_wide, write_wide),
    Control(
        "style",
        "What it writes",
        "text",
        {style: WRITES[style] for style in STYLES},
        lambda recipe: recipe.format.style,
        write_style,
    ),
    Control("digits", "Digits", "text", dict(DIGITS), read_digits, write_digits),
    Control(
        "fraction",
        "Share of pairs trained on",
        "text",
        {x: f"{round(100 * x)} in 100" for x in FRACTIONS},
        lambda recipe: recipe.fraction,
        write_fraction,
    ),
    Control(
        "rows",
        "A row holds",
        "text",
        {"one": "one problem", "stream": f"{STREAM} tokens of a stream"},
        read_rows,
        write_rows,
    ),
    of_training("optimiser", "Optimiser", {"muon": "Muon", "adamw": "AdamW"}),
    replace(of_training("rate", "Learning rate", plain(*RATES)), write=write_rate),
    of_training("schedule", "Schedule", {"wsd": "hold, then fall", "cosine": "cosine"}),
    replace(of_training("steps", "Steps", plain(*STEPS)), write=write_steps),
    of_training("batch_size", "Rows a step", plain(16, 20, 32, 64, 128, 256)),
    of_training("seed", "Seed", plain(*range(10))),
)

BY_NAME = {control.name: control for control in CONTROLS}


MOST_NAMED = 5
"""Choices that a sentence names; where more would fit, it says 'another'."""


def fits(recipe: Recipe, *turns: tuple[Control, Any]) -> bool:
    """Whether controls can be turned to these values, one after another."""
    try:
        for control, value in turns:
            recipe = turned(recipe, control, value)
    except ValueError:
        return False
    return True


def why_not(recipe: Recipe, control: Control, value: Value, usual: Recipe) -> str:
    """Which other choice stands in the way of a turn that was refused, and what fits it, in the
    words of the controls; nothing if no other choice alone does."""
    for other in CONTROLS:
        now, before = other.read(recipe), other.read(usual)
        if other is control or now == before:
            continue
        if fits(recipe, (other, before), (control, value)):
            named = [words for x, words in control.options.items() if fits(recipe, (control, x))]
            take = either([f"*{x}*" for x in named]) if len(named) <= MOST_NAMED else "another"
            return (
                f"{control.label}: *{control.options[value]}* does not fit {other.label}: "
                f"*{other.now(recipe)[now]}*; take {take}, or change {other.label}"
            )
    return ""


def too_much_to_choose(recipe: Recipe) -> list[str]:
    """As `too_much`, but what would fit is what a control offers."""
    return too_much(recipe, choice_that_fits)


def choice_that_fits(recipe: Recipe, name: str, limit: Limit) -> str:
    """The largest choice of a control below the present one with which a variant keeps a limit, in
    words: 'Width 256'; nothing if there is none."""
    control = BY_NAME[name]
    now: Any = control.read(recipe)
    for value in sorted((x for x in control.options if x < now), reverse=True):
        with suppress(ValueError):
            if limit.of(turned(recipe, control, value)) <= limit.most:
                return f"{control.label} {value:,}"
    return ""


def in_words(recipe: Recipe, usual: Recipe) -> str:
    """What of a variant is unlike the usual one: 'layers: 4; positions: rotary (RoPE)'."""
    said = [
        f"{control.label.lower() if control.label != 'FFN' else 'FFN'}: "
        f"{control.now(recipe)[control.read(recipe)]}"
        for control in CONTROLS
        if control.read(recipe) != control.read(usual)
    ]
    return "; ".join(said) or "the usual network"
