"""The Python that prints what a view of a network shows: to copy, and to run beside the book."""

from __future__ import annotations

MORE = {
    "neuron": """\
from lab.inference.forward import run_with_trace

print(run_with_trace(model, text, ["ffn_post"])["blocks.2.ffn_post"][0, -1])
""",
    "attention": """\
from lab.interp.patterns import patterns

print(patterns(model, text)[0, 0])
""",
    "lens": """\
from lab.interp.logit_lens import likeliest, read_early

print(likeliest(read_early(model, text))[0])
""",
    "direct": """\
from lab.interp.attribution import attribute

found = attribute(model, text)
for component, added in zip(found.components, found.added[:, -1], strict=True):
    print(component.name, added)
""",
    "embeddings": """\
from lab.interp.embeddings import principal_axes, wave_shares

rows = model.embed.weight.detach()[:10].double().numpy()
print(principal_axes(rows, 3), wave_shares(rows))
""",
    "matrices": """\
from lab.interp.head_circuits import ov_circuit, qk_circuit

print(qk_circuit(model, 0, 0)[:10, :10], ov_circuit(model, 0, 0)[:10, :10])
""",
}


def view_as_python(view: str, run: str, text: str) -> str:
    """Of a committed run on one text. `ValueError` names the views that there are."""
    if view not in MORE:
        raise ValueError(f"view={view!r}; there are {', '.join(MORE)}")
    return f"""\
from lab.training.checkpoint import load_run

model, text = load_run("{run}").model, "{text}"
{MORE[view]}"""
