"""lab.interp.patch_document: a patch survives JSON, and the Python that it is copied as."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from dataclasses import replace

import pytest
from tiny import refused_otherwise

from lab.interp.intervene import Node
from lab.interp.patch_document import Patch, cells_of, patch_of
from lab.training.checkpoint import load_run

PATCH = Patch(
    *("times_table", "plain", 1, 1, (7, 9), (7, 8), 4),
    *("ffn_out", 0, None, 3, False),
)


def test_a_patch_is_what_its_json_says() -> None:
    for patch in (PATCH, replace(PATCH, name="z", part=2, layer=3, needed=True)):
        assert patch_of(patch.as_json()) == patch
    assert PATCH.node == Node("ffn_out", 0, None, (3,))


def test_json_that_is_no_patch_is_refused_by_name() -> None:
    def but(**changed: object) -> str:
        return json.dumps(json.loads(PATCH.as_json()) | changed)

    lacking = json.loads(PATCH.as_json())
    del lacking["slot"]
    cases = [
        ("unknown", lambda: patch_of(but(size=3)), "a patch has no 'size'"),
        ("missing", lambda: patch_of(json.dumps(lacking)), "a patch lacks slot"),
        ("list", lambda: patch_of("[]"), "a patch=\\[\\] must be an object"),
        ("nonsense", lambda: patch_of("{"), "Expecting"),
        ("long", lambda: patch_of("1" * 2000), "2000 characters"),
        ("name", lambda: patch_of(but(name="resid_pre")), "'resid_pre'; allowed are attn_out"),
        ("part", lambda: patch_of(but(part=1)), "part=1 of 'ffn_out'"),
        ("late", lambda: patch_of(but(slot=4)), "token 4 is predicted from those before"),
        ("digits", lambda: patch_of(but(clean=[7, 90])), "b=90 is outside 0 to 9"),
        ("words", lambda: patch_of(but(clean=["7", 9])), "two whole numbers"),
        ("layer", lambda: patch_of(but(layer="0")), "whole number"),
        ("style", lambda: patch_of(but(style="verse")), "'verse'"),
    ]
    assert refused_otherwise(cases) == []


@pytest.mark.parametrize("needed", [False, True])
def test_the_python_that_is_copied_prints_what_the_patch_measures(needed: bool) -> None:
    patch = replace(PATCH, needed=needed)
    effect = patch.tried(load_run(patch.run).model)
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(patch.as_python(), {})
    said = dict(line.split(" ", 1) for line in printed.getvalue().splitlines())
    for name in ("restored", "kl", "probability"):
        assert float(said[name]) == pytest.approx(getattr(effect, name).item(), rel=1e-9)
    assert said["exact"] == str(bool(effect.exact))


def test_the_answer_flips_where_the_page_says_it_does() -> None:
    """FFN 0 at `=` is enough for the 6 of 63, and needed."""
    model = load_run(PATCH.run).model
    assert PATCH.tried(model).exact.item()
    assert not replace(PATCH, needed=True).tried(model).exact.item()


def test_cells_are_every_layer_and_slot_and_every_head() -> None:
    model = load_run(PATCH.run).model
    assert len(cells_of(model, PATCH)) == 6 * 4
    heads = cells_of(model, replace(PATCH, name="z", part=0))
    assert len(heads) == len(set(heads)) == 6 * 4 * 4
