"""lab.recipes.bench_link: a link reads back to the same variant, and nonsense opens the usual."""

import base64
import json
import re
import zlib
from dataclasses import replace
from typing import Any

from tiny import one_by_one, wrong_values

from lab.data.problems import Format
from lab.data.sources import PackedStream, Pairs, Shapes
from lab.model.config import NoPositionsConfig
from lab.recipes.bench import usual
from lab.recipes.bench_link import RAW, from_link, to_link
from lab.recipes.presets import PRESETS


def packed(document: Any) -> str:
    plain = document if isinstance(document, bytes) else json.dumps(document).encode()
    return base64.urlsafe_b64encode(zlib.compress(plain, 9, RAW)).decode().rstrip("=")


def test_a_link_reads_back_to_the_same_variant() -> None:
    """With each kind of each part, each source, and other settings of training."""
    sources = (
        *(Pairs(Format("plain", 1, 2), 0.2), PackedStream(Pairs(), 64)),
        Shapes(Format("cot", padded=False), ((1, 1), (2, 2))),
    )
    parts = replace(usual().model, position=NoPositionsConfig())
    variants = [
        *(replace(usual(), model=model) for _, model in one_by_one()),
        *(replace(usual(), model=parts, data=data) for data in sources),
        replace(usual(), optimiser="adamw", schedule="cosine", seed=7, rate=1e-4, weight_decay=0.1),
        *(make() for make in PRESETS.values()),
    ]
    links = [to_link(variant) for variant in variants]
    assert [from_link(link) for link in links] == [(variant, []) for variant in variants]
    assert len(set(links)) == len({variant.hash for variant in variants})
    assert [link for link in links if not re.fullmatch("[A-Za-z0-9_-]*", link)] == []
    assert max(map(len, links)) < 450


def test_the_usual_variant_needs_no_link_and_one_change_a_short_one() -> None:
    assert to_link(usual()) == "" and from_link("") == (usual(), [])
    assert len(to_link(replace(usual(), steps=300))) < 30


NONSENSE = (
    *("1e9", "-1", "٣", " ", "=", "====", "q6", "%00", "\ud800", "nan", "../..", "{}"),
    "a" * 30_000,
    *(packed(x) for x in (3, None, [], "text", [1] * 20)),
    *(packed(x) for x in (b"", b"{", b"\xff", b"[" * 9_000, b"9" * 9_000)),
    packed(b" " * 10_000_000),
)


def test_nonsense_opens_the_usual_variant_and_says_so() -> None:
    for text in NONSENSE:
        recipe, dropped = from_link(text)
        assert recipe == usual() and len(dropped) == 1, text[:40]
        assert "is no variant: " in dropped[0] and len(dropped[0]) < 300, dropped


def test_a_link_cut_anywhere_opens_the_usual_variant() -> None:
    link = to_link(PRESETS["deepseek_v3"]())
    assert [n for n in range(1, len(link)) if from_link(link[:n]).recipe != usual()] == []


def test_a_link_with_one_letter_changed_opens_some_variant() -> None:
    """Mostly the usual one; never an error."""
    link = to_link(PRESETS["two_axes"]())
    for place in range(0, len(link), 3):
        assert from_link(f"{link[:place]}x{link[place + 1 :]}").recipe.name


def test_what_is_not_allowed_is_dropped_and_the_rest_is_kept() -> None:
    said = {
        "d_model": 64,
        "colour": "red",
        "n_layer": -1,
        "steps": 300,
        "optimiser": "sgd",
        "data": {"kind": "pool", "of": {"kind": "pairs"}, "n": 10},
        "attention": {"kind": "latent", "kv_lora_rank": 9_999},
    }
    recipe, dropped = from_link(packed(said))
    assert recipe == replace(usual(), steps=300, model=replace(usual().model, d_model=64))
    assert [sentence.split(":")[0] for sentence in dropped] == [
        *("a variant has no 'colour'", "n_layer", "optimiser", "data", "attention"),
    ]


def test_parts_that_fit_each_other_alone_are_taken_together() -> None:
    """A table for streams is needed by streams, and streams of nobody else."""
    parts = {"data": {"kind": "packed_stream", "of": {"kind": "pairs"}, "length": 256}}
    parts |= {"position": {"kind": "learned", "max_length": 256}}
    recipe, dropped = from_link(packed(parts))
    assert dropped == [] and recipe.data == PackedStream(Pairs(), 256)


def test_whatever_stands_in_a_field_opens_a_variant() -> None:
    names = {**usual().to_dict(), **usual().model.to_dict(), "block": 0}.keys() - {"model"}
    for name in sorted(names):
        for value in (*wrong_values(0), {"kind": []}, [[[]]], {"kind": "pattern", "then": []}):
            recipe, dropped = from_link(packed({name: value}))
            assert recipe.model.n_layer and len(dropped) <= 1, (name, value)
    assert len(from_link(packed({str(n): n for n in range(900)})).dropped) == 1
