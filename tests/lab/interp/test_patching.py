"""lab.interp.patching: metrics at their ends, identities to the last bit, paths against by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import BASE, SAMPLES, blocks_of, refused_otherwise, some_tokens, tiny_model

from lab.data.problems import Format, operands_in
from lab.data.vocabulary import Tokens, decode
from lab.inference.forward import logits_of
from lab.interp.intervene import Node, patch
from lab.interp.patching import (
    Contrast,
    Effect,
    contrast,
    force_alike,
    path_patch,
    preview,
    record,
)
from lab.model.config import MathKernelConfig, SdpaKernelConfig
from lab.model.gpt import GPT

FORM = Format("cot_reversed", 1, 2)
MODEL = tiny_model(replace(BASE, n_layer=3, kernel=MathKernelConfig()), seed=3)
SLOT = FORM.prompt_length + 2


def texts_that_differ() -> tuple[Tokens, Tokens]:
    """Three pairs, one digit apart, that the model goes on with differently: its weights are
    random, and so it often says the same to both."""
    a, b = np.arange(60) % 10, (np.arange(60) * 7 + 11) % 100
    clean, corrupted = force_alike(FORM, (a, b), (a, b - b % 10 + (b + 4) % 10), SLOT)
    says = [logits_of(MODEL, texts)[:, -1].argmax(-1) for texts in (clean, corrupted)]
    rows = (says[0] != says[1]).nonzero()[:3, 0].tolist()
    return clean[rows], corrupted[rows]


CLEAN, CORRUPTED = texts_that_differ()


@pytest.fixture(scope="module")
def pair() -> Contrast:
    return contrast(MODEL, CLEAN, CORRUPTED)


def every_write(n_layer: int) -> list[Node]:
    return [Node(name, layer) for layer in range(n_layer) for name in ("attn_out", "ffn_out")]


# ---------------------------------------------------------------- texts


def test_the_two_texts_differ_in_their_prompts_alone() -> None:
    (clean,), (corrupted,) = force_alike(Format("plain", 1, 1), (7, 8), (7, 9), 5)
    assert (decode(clean), decode(corrupted)) == ("7*8=5", "7*9=5")
    assert CLEAN.shape == CORRUPTED.shape == (3, SLOT)
    texts = [decode(row) for row in CLEAN]
    assert (CLEAN[:, FORM.prompt_length :] == CORRUPTED[:, FORM.prompt_length :]).all()
    assert ((CLEAN != CORRUPTED).sum(axis=1) == 1).all()
    right = [FORM.text(int(a), int(b))[:SLOT] for a, b in zip(*operands_in(texts), strict=True)]
    assert texts == right, "the clean text is right as far as it goes"


def test_texts_that_cannot_be_compared_are_refused(pair: Contrast) -> None:
    plain = Format("plain", 1, 1)
    same = contrast(MODEL, CLEAN[:1], CLEAN[:1])
    said = refused_otherwise(
        [
            ("prompt", lambda: force_alike(plain, (7, 8), (7, 9), 3), "token 3 of plain is not"),
            ("end", lambda: force_alike(plain, (7, 8), (7, 9), 7), "tokens 4 to 6 are written"),
            ("length", lambda: contrast(MODEL, "7*8=", "7*12="), r"\(1, 4, 16\) and \(1, 5, 16\)"),
            ("alike", lambda: same.denoise([]).restored, "text 0, place 0: .* nothing to restore"),
            ("guess", lambda: preview(same, [Node("z", 0)]), "nothing to restore"),
        ]
    )
    assert said == []
    assert same.denoise([]).exact.all() and same.denoise([]).kl.abs().max() < 1e-12


# ---------------------------------------------------------------- between 0 and 1


def test_each_run_patched_with_itself_stands_at_its_end_of_every_metric(pair: Contrast) -> None:
    own = [*every_write(3), Node("embed"), Node("z", 1, 2).at(4), Node("ffn_post", 2, 7)]
    for side, end in ((pair.corrupted, 0.0), (pair.clean, 1.0)):
        logits = side.under([patch(node, side.trace) for node in own])["logits"]
        assert torch.equal(logits, side.trace["logits"])
        assert (pair.judge(logits).restored == end).all()
    clean, corrupted = (pair.judge(x.trace["logits"]) for x in (pair.clean, pair.corrupted))
    assert clean.exact.all() and (clean.margin > 0).all() and (clean.kl.abs() < 1e-12).all()
    assert not corrupted.exact.any() and (corrupted.margin < 0).all() and (corrupted.kl > 0).all()
    assert (clean.probability > corrupted.probability).all()
    assert torch.equal(pair.denoise([]).logits, corrupted.logits)
    assert torch.equal(pair.noise([]).logits, clean.logits)


def test_metrics_are_those_counted_by_hand() -> None:
    """One text, three tokens: the clean run says token 2, the corrupted one token 0."""
    clean, corrupted = torch.tensor([1.0, 0.0, 3.0]), torch.tensor([2.0, 0.0, 1.0])
    half = Effect(*(x.double()[None, None] for x in ((clean + corrupted) / 2, clean, corrupted)))
    ends = [half.logit_difference(x).item() for x in (half.clean, half.corrupted)]
    assert ends == [2.0, -1.0]
    assert half.restored.item() == pytest.approx(0.5)
    assert half.says.item() == 2 and half.exact.item() and half.margin.item() == pytest.approx(0.5)
    p, q = (x.exp() / x.exp().sum() for x in (clean.double(), half.logits[0, 0]))
    assert half.probability.item() == pytest.approx(q[2].item())
    assert half.kl.item() == pytest.approx((p * (p / q).log()).sum().item())
    far = replace(half, logits=half.clean + torch.tensor([0.0, 0.0, 3.0]).double())
    assert far.restored.item() == pytest.approx(2.0), "it is not clipped"


@pytest.mark.parametrize("kernel", [MathKernelConfig(), SdpaKernelConfig()])
def test_the_stream_of_any_one_layer_is_enough_to_the_last_bit(kernel: object) -> None:
    model = tiny_model(replace(MODEL.config, kernel=kernel), seed=3)  # pyright: ignore
    names = ["resid_pre", "resid_mid", "resid_post"]
    pair = contrast(model, CLEAN, CORRUPTED, names=names)
    for layer in range(3):
        for name in names:
            given = pair.corrupted.under([patch(Node(name, layer), pair.clean.trace)])
            assert torch.equal(given["logits"], pair.clean.trace["logits"]), (name, layer)
            assert (pair.denoise([Node(name, layer)]).restored == 1).all()
            assert (pair.noise([Node(name, layer)]).restored == 0).all()


def test_all_that_is_written_is_enough_and_is_needed(pair: Contrast) -> None:
    """But for what the tokens themselves bring to the stream, which is the same at the last one."""
    assert (pair.denoise(every_write(3)).restored - 1).abs().max() < 1e-9
    assert pair.noise(every_write(3)).restored.abs().max() < 1e-9
    some = pair.denoise([Node("z", 0, 1)]).restored
    assert (some.abs() > 1e-6).all() and (some < 1).all()


def test_several_places_are_measured_apart() -> None:
    slots = [FORM.prompt_length - 1, SLOT - 1]
    pair = contrast(MODEL, CLEAN, CORRUPTED, slots)
    effect = pair.denoise([Node("ffn_out", 0).at(slots[1])])
    assert effect.logits.shape == (3, 2, 16)
    assert torch.equal(effect.logits[:, 0], effect.corrupted[:, 0]), "nothing looks ahead"
    assert not torch.equal(effect.logits[:, 1], effect.corrupted[:, 1])


def test_two_checkpoints_are_compared_like_two_texts() -> None:
    """One text, of which a part of one checkpoint is put into the other: with all that they
    write, the other's logits are read by the unembedding of the first."""
    other = tiny_model(MODEL.config, seed=4)
    pair = Contrast(record(other, CLEAN), record(MODEL, CLEAN), [SLOT - 1])
    given = pair.corrupted.under([patch(Node("final_norm"), pair.clean.trace)])["logits"]
    expected = pair.clean.trace["final_norm"] @ MODEL.unembed.weight.T
    assert torch.allclose(given, expected, rtol=1e-12)


# ---------------------------------------------------------------- the preview


def test_the_preview_is_exact_where_the_way_to_the_logits_is_straight(pair: Contrast) -> None:
    """From the final norm on all is linear; and of a small step it is right anywhere."""
    for noising in (False, True):
        (guess,) = preview(pair, [Node("final_norm")], noising=noising)
        assert (guess - (0.0 if noising else 1.0)).abs().max() < 1e-9


def test_the_preview_is_the_slope_of_the_real_patch(pair: Contrast) -> None:
    """Against finite differences: a thousandth of the way from one run to the other."""
    nodes = [Node("z", 0, 1).at(4), Node("ffn_post", 1, 7), Node("attn_out", 2), Node("k", 1, 0)]
    guesses = preview(pair, nodes)
    for node, guess in zip(nodes, guesses, strict=True):
        step = 1e-4 * (node.of(pair.clean.trace) - node.of(pair.corrupted.trace))
        edit = node.edit(lambda x, step=step: x + step)
        moved = pair.judge(pair.corrupted.under([edit])["logits"]).restored[:, 0] / 1e-4
        assert torch.allclose(moved, guess, rtol=2e-2, atol=1e-5), node


def test_a_preview_leaves_no_gradient_behind(pair: Contrast) -> None:
    guess = preview(pair, [Node("z", 0)], measure=lambda effect: effect.margin)
    assert not guess.requires_grad and guess.shape == (1, 3) and torch.is_grad_enabled()
    assert all(p.grad is None for p in MODEL.parameters())


# ---------------------------------------------------------------- paths


def queries_by_hand(
    pair: Contrast, sender: tuple[int, int], receiver: tuple[int, int]
) -> torch.Tensor:
    """What one head's queries become if its stream lacks what one earlier head wrote on the
    corrupted text and has what it wrote on the clean one, and nothing else differs."""
    here, there = pair.corrupted.trace, pair.clean.trace
    (layer, head), (later, reader) = sender, receiver
    W_O = blocks_of(MODEL)[layer].attention.wo.weight[:, 4 * head : 4 * head + 4]
    key = f"blocks.{layer}.z"
    x = here[f"blocks.{later}.resid_pre"] + (there[key] - here[key])[:, head] @ W_O.T
    block = blocks_of(MODEL)[later]
    W_Q = block.attention.wq.weight[4 * reader : 4 * reader + 4]
    return block.attn_norm(x) @ W_Q.T


def test_a_path_is_the_two_passes_made_by_hand(pair: Contrast) -> None:
    sender, receiver = (0, 1), (2, 0)
    q = queries_by_hand(pair, sender, receiver)
    by_hand = pair.corrupted.under([Node("q", 2, 0).edit(lambda _: q[:, None])])["logits"]
    edits = path_patch(pair.corrupted, pair.clean.trace, Node("z", *sender), [Node("q", *receiver)])
    found = pair.corrupted.under(edits)["logits"]
    assert torch.allclose(found, by_hand, rtol=1e-10)
    free = pair.denoise([Node("z", *sender)]).logits[:, 0]
    assert not torch.allclose(found[:, -1], free, rtol=1e-4), "other paths lead from it as well"


def test_the_last_path_leads_straight_to_the_logits(pair: Contrast) -> None:
    """A head of the last layer and the final norm: its direct effect, by hand."""
    here, there = pair.corrupted.trace, pair.clean.trace
    W_O = blocks_of(MODEL)[0].attention.wo.weight[:, 8:12]
    x = here["blocks.2.resid_post"] + (there["blocks.0.z"] - here["blocks.0.z"])[:, 2] @ W_O.T
    by_hand = MODEL.unembed(MODEL.final_norm(x))
    edits = path_patch(pair.corrupted, there, Node("z", 0, 2), [Node("logits")])
    assert torch.allclose(pair.corrupted.under(edits)["logits"], by_hand, rtol=1e-10)


def test_of_the_same_run_a_path_changes_no_bit(pair: Contrast) -> None:
    receivers = [Node(name, 2, 1) for name in ("q", "k", "v")] + [Node("ffn_pre", 1)]
    edits = path_patch(pair.clean, pair.clean.trace, Node("z", 0, 1), receivers)
    assert torch.equal(pair.clean.under(edits)["logits"], pair.clean.trace["logits"])


def test_where_nothing_lies_between_the_path_is_the_whole_effect(pair: Contrast) -> None:
    """From the last FFN but one to all of the last layer and to the logits there are four ways
    in all; taken together under one frozen rest they are the ordinary patch."""
    sender = Node("ffn_out", 1)
    arrived = pair.corrupted.under([patch(sender, pair.clean.trace)], ["q", "k", "v"])
    edits = path_patch(
        pair.corrupted, pair.clean.trace, sender, [Node(name, 2) for name in ("q", "k", "v")]
    )
    found = pair.corrupted.under(edits, ["q", "k", "v"])
    for name in ("q", "k", "v"):
        key = f"blocks.2.{name}"
        assert torch.equal(found[key], arrived[key])


def test_a_receiver_that_comes_before_its_sender_is_refused(pair: Contrast) -> None:
    def tried(sender: Node, receiver: Node) -> object:
        return path_patch(pair.clean, pair.corrupted.trace, sender, [receiver])

    said = refused_otherwise(
        [
            ("same", lambda: tried(Node("z", 1, 0), Node("q", 1, 1)), "'blocks.1.q' reads nothing"),
            ("back", lambda: tried(Node("ffn_out", 1), Node("v", 0, 1)), "that 'blocks.1.ffn_out'"),
            ("ffn", lambda: tried(Node("ffn_out", 1), Node("ffn_pre", 1)), "'blocks.1.ffn_pre'"),
        ]
    )
    assert said == []


@pytest.mark.parametrize("part", ["parallel", "grouped", "experts", "depth", "post_norm"])
def test_models_of_other_parts_are_patched_alike(part: str) -> None:
    """Identities that need no matrix by hand: a run with itself, and the stream as a whole."""
    kind = next(kind for kind, samples in SAMPLES.items() if part in samples)
    model: GPT = tiny_model(replace(BASE, **{kind: SAMPLES[kind][part]}))
    pair = contrast(model, some_tokens(2, 7), some_tokens(2, 7, seed=1))
    for node in (Node("z", 0, 1), Node("ffn_out", 1).at(3), Node("q", 1, 2)):
        logits = pair.clean.under([patch(node, pair.clean.trace)])["logits"]
        assert torch.equal(logits, pair.clean.trace["logits"])
    whole = pair.denoise([Node("resid_post", 1)])
    assert torch.equal(whole.logits, whole.clean)
    edits = path_patch(pair.clean, pair.corrupted.trace, Node("z", 0, 1), [Node("q", 1, 2)])
    assert not torch.equal(pair.clean.under(edits)["logits"], pair.clean.trace["logits"])
