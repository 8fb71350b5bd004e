"""lab.model.residual: the stream is the sum of what was written, and an edit changes the stream."""

import torch

from lab.model.residual import PlainStream
from lab.model.trace import NO_TRACE, Edit, Trace


def test_the_stream_is_the_sum_of_what_was_written() -> None:
    parts = torch.randn(4, 1, 3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    stream = PlainStream(parts[0])
    for part in parts[1:]:
        stream.write("ffn_out", part, NO_TRACE)
    assert torch.allclose(stream.read("resid_post", NO_TRACE), parts.sum(0), rtol=1e-12)


def test_an_edit_where_the_stream_is_read_stays_in_the_stream() -> None:
    stream = PlainStream(torch.ones(1, 2, 3))
    trace = Trace(edits=[Edit("resid_mid", lambda x: x + 5, layer=0, index={"position": 1})])
    stream.read("resid_mid", trace.at(layer=0))
    stream.write("ffn_out", torch.ones(1, 2, 3), NO_TRACE)
    assert stream.read("resid_post", NO_TRACE)[0].tolist() == [[2.0] * 3, [7.0] * 3]
