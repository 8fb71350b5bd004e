"""What a page may need of a network to show it, and why a variant of the bench has it not."""

from __future__ import annotations

from collections.abc import Callable

from lab.data.sources import PackedStream
from lab.model.config import LatentAttentionConfig, PlainResidualConfig
from lab.training.recipe import Recipe


def every_pair(recipe: Recipe) -> str:
    """All 10,000 pairs, each number written with two digits."""
    form = recipe.format
    if (form.p, form.q, form.padded) == (2, 2, True):
        return ""
    how = "with" if form.padded else "without"
    return (
        f"it writes {form.p} x {form.q} digits {how} zeros in front, and the page asks for all "
        f"10,000 pairs of 2 x 2 digits, zeros in front"
    )


def working(recipe: Recipe) -> str:
    if recipe.format.style in ("cot", "cot_reversed"):
        return ""
    return f"it writes texts of style {recipe.format.style}, and the page looks at the working"


def one_text(recipe: Recipe) -> str:
    """A text that begins at its beginning."""
    if not isinstance(recipe.data, PackedStream):
        return ""
    return "it learned streams that are cut anywhere, and the page gives it one problem alone"


def own_keys(recipe: Recipe) -> str:
    """Heads whose keys are made from the stream by one matrix."""
    makers = [layer.attention for layer in recipe.model.layers]
    if not any(isinstance(heads, LatentAttentionConfig) for heads in makers):
        return ""
    return "its keys are made of latents, and the page takes them from the stream by one matrix"


def plain_sum(recipe: Recipe) -> str:
    """A stream that is the sum of what was written."""
    model = recipe.model
    normed = any(layer.block.normed for layer in model.layers)
    if isinstance(model.residual, PlainResidualConfig) and not normed:
        return ""
    why = "norms it" if normed else "mixes what was written"
    return f"its stream {why}, and the page takes it for a plain sum"


Need = Callable[[Recipe], str]


def why_not(recipe: Recipe, *needs: Need) -> str:
    """Why a page with these needs cannot show a variant; empty if it can."""
    return "; ".join(said for need in needs if (said := need(recipe)))
