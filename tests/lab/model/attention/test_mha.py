"""lab.model.attention.mha against torch.nn.MultiheadAttention with the same matrices."""

import torch
from tiny import BASE, blocks_of, tiny_model

from lab.model.cache import NO_CACHE
from lab.model.call import Call, Slots
from lab.model.trace import NO_TRACE


def test_multi_head_attention_is_torchs() -> None:
    config = BASE.attention
    width = config.n_head * config.head_dim  # torch knows no width but that of its input
    model = tiny_model(BASE.__class__(n_layer=1, d_model=width, attention=config, ffn=BASE.ffn))
    ours = blocks_of(model)[0].attention
    theirs = torch.nn.MultiheadAttention(
        width, config.n_head, bias=False, batch_first=True
    ).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(
            torch.cat([ours.wq.weight, ours.wk.weight, ours.wv.weight])  # pyright: ignore
        )
        theirs.out_proj.weight.copy_(ours.wo.weight)  # pyright: ignore
    x = torch.randn(2, 5, width, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    mask = torch.ones(5, 5, dtype=torch.bool).triu(1)
    expected, _ = theirs(x, x, x, attn_mask=mask)
    at = torch.arange(5)[None]
    got = ours(x, Call(Slots(), model.position, at, at, NO_CACHE, NO_TRACE))
    assert torch.allclose(got, expected, rtol=1e-10, atol=1e-12)
