"""The Python that prints what a view of a network shows: to copy, and to run beside the book."""

from __future__ import annotations

MORE = {
    "neuron": """\
from lab.inference.forward import run_with_trace

print(run_with_trace(model, text, ["ffn_post"])["blocks.{layer}.ffn_post"][0, -1, {neuron}])
""",
    "attention": """\
from lab.interp.patterns import patterns

print(patterns(model, text)[{layer}, {head}])
""",
    "lens": """\
from lab.interp.logit_lens import likeliest, read_early

print(likeliest(read_early(model, text))[0])
""",
    "direct": """\
from lab.data.vocabulary import VOCABULARY
from lab.interp.attribution import attribute

found, own = attribute(model, text[:-1]), VOCABULARY.index(text[-1])
lead = found.to_lead(-1, own, found.runner_up(-1, own))
for component, added in zip(found.components, lead, strict=True):
    print(component.name, added)
""",
    "embeddings": """\
from lab.interp.embeddings import principal_axes, wave_shares

rows = model.embed.weight.detach()[:10].double().numpy()
print(principal_axes(rows, 3), wave_shares(rows))
""",
    "matrices": """\
from lab.interp.head_circuits import ov_circuit, qk_circuit

print(qk_circuit(model, {layer}, {head})[:10, :10], ov_circuit(model, {layer}, {head})[:10, :10])
""",
}


def view_as_python(
    view: str, run: str, text: str, *, layer: int = 0, head: int = 0, neuron: int = 0
) -> str:
    """Of a committed run on one text: of a neuron, at its last token; of direct effects, on its
    last token. `ValueError` names the views that there are."""
    if view not in MORE:
        raise ValueError(f"view={view!r}; there are {', '.join(MORE)}")
    return f"""\
from lab.training.checkpoint import load_run

model, text = load_run("{run}").model, "{text}"
{MORE[view].format(layer=layer, head=head, neuron=neuron)}"""
