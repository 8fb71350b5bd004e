"""peers: arms of equal size, which train by one loop and write what their networks say.

No test here looks at how many seconds something takes.
"""

from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny import BASE

from lab.experiments import peers
from lab.experiments.peers import ARMS, DECODING, OURS, TRAINING, Racer, measure_peers, some_tokens
from lab.measure.phases import Piece, Roof, Work
from lab.model.config import LearnedPositionsConfig, MultiHeadAttentionConfig
from lab.model.cost import parameters_of

SMALL = replace(
    BASE,
    position=LearnedPositionsConfig(max_length=16),
    attention=MultiHeadAttentionConfig(n_head=2, head_dim=8),
)
CELL = {"part": "training", "precision": "fp32", "mode": "eager", "tokens": 6, "batch": 2}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"GIVEN": 4, "WRITTEN": 5, "TRAINED_ON": {6: 2}, "BATCHES": (1, 2), "TURNS": 1}
    for name, value in {**small, "FAR": 1000}.items():
        monkeypatch.setattr(peers, name, value)


@pytest.fixture
def without_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "find_spec", lambda name: None)


def arms_here() -> list[str]:
    return [name for name in TRAINING if ARMS[name].is_here()]


def test_all_arms_weigh_what_ours_does_within_two_percent() -> None:
    found = peers.parameters_in(arms_here(), OURS)
    assert found["parameters"]["ours_muon"] == parameters_of(OURS) > 4.7e6
    assert max(abs(share) for share in found["differ_from_ours"].values()) <= 0.02


@pytest.mark.parametrize("arm", TRAINING)
def test_an_arm_learns_a_batch_by_heart_bit_by_bit(arm: str) -> None:
    if not ARMS[arm].is_here():
        pytest.skip("transformers is not installed")
    racer, tokens = Racer(arm, SMALL, "fp32"), some_tokens(2, 7, SMALL)
    losses = [racer.step(tokens) for _ in range(6)]
    assert losses[-1] < losses[0] < 3.5
    assert all(p.grad is None for p in racer.model.parameters())


@pytest.mark.parametrize("name", DECODING)
def test_an_arm_writes_with_its_cache_what_it_says_without(name: str) -> None:
    arm = ARMS[DECODING[name]]
    if not arm.is_here():
        pytest.skip("transformers is not installed")
    model, generator = arm.build(SMALL).eval().requires_grad_(False), torch.Generator()
    for parameter in model.parameters():
        parameter.normal_(std=0.3, generator=generator.manual_seed(parameter.numel()))
    text = some_tokens(3, 4, SMALL)
    written = arm.write(model, text, 6)
    for t in range(6):
        read = torch.cat([text, written[:, :t]], dim=1)
        assert torch.equal(arm.logits(model, read)[:, -1].argmax(-1), written[:, t]), t


def test_training_sets_every_arm_beside_the_first(without_transformers: None) -> None:
    row = measure_peers(CELL, SMALL, 2, all_of=False)
    assert [*row["ratio"]] == ["nano_gpt", "ours_adamw", "ours_muon"]
    assert row["ratio"]["nano_gpt"] == {"low": 1, "median": 1, "high": 1}
    assert row["tokens"] == 12 and {len(s) for s in row["seconds"].values()} == {2}
    assert (row["threads"], row["versions"]["torch"]) == (1, torch.__version__)


def test_decoding_sets_all_who_are_here_beside_one(without_transformers: None) -> None:
    row = measure_peers({"part": "decoding", "batch": 2}, SMALL, 1, all_of=False)
    assert [*row["ratio"]] == ["nano_gpt", "ours"] and row["tokens"] == 10


def test_without_the_extra_a_sentence_says_how_to_install_it(without_transformers: None) -> None:
    with pytest.raises(ValueError, match=r"pip install -e '\.\[bench\]'"):
        measure_peers(CELL, SMALL, 1)


def test_what_a_processor_or_a_compiler_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "has_bf16", lambda: False)
    monkeypatch.setattr(peers, "which", lambda name: None)
    for change, said in (({"precision": "bf16"}, "bf16"), ({"mode": "compiled"}, "compiler")):
        assert said in measure_peers({**CELL, **change}, SMALL, 1)["left_out"]
    assert peers.why_left_out(CELL) == ""


def test_memory_is_that_of_every_arm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each told by a process of its own, here by this one."""
    told: list[Any] = []

    class Here:
        send = staticmethod(told.append)

    def here(tell: Any, *arguments: Any) -> int:
        tell(Here, *arguments)
        return int(told[-1])

    monkeypatch.setattr(peers, "told_by_another", here)
    found = peers.memory(SMALL, ["nano_gpt", "ours_adamw"])
    assert [*found["training_bytes"]] == ["nano_gpt", "ours_adamw"]
    assert [*found["decoding_bytes"]] == ["nano_gpt", "ours"] and len(told) == 4


def test_a_ratio_is_taken_within_a_turn() -> None:
    found = peers.compared({"a": [1.0, 2.0, 4.0], "b": [2.0, 2.0, 2.0]}, 8, "a")
    assert found["tokens_per_second"] == {"a": 4, "b": 4}
    assert found["ratio"]["b"] == {"low": 0.5, "median": 1, "high": 2}


def test_the_next_bottleneck_is_what_costs_the_most_beyond_the_roof() -> None:
    """10 operations a second are possible and 60 took 10 s: 6 s cannot be saved."""
    piece, top = Piece("prefill", Work(60, 1), 10.0), Roof(10.0, 10.0)
    where = {"products": 0.75, "attention": 0.0, "other": 0.2, "between": 0.05}
    found = peers.under(piece, top, where)
    assert found["share_of_operations"] == 0.6
    assert found["beyond_the_roof"]["products"] == 0.15 and found["next_bottleneck"] == "other"
    assert sum(found["beyond_the_roof"].values()) == pytest.approx(0.4)


def test_ceilings_tell_shares_of_training_and_of_decoding() -> None:
    found = measure_peers({"part": "ceilings"}, SMALL, 1)
    steps = [name for name in found if name.startswith(("training_", "decoding_"))]
    assert {"training_fp32", "decoding_1", "decoding_2"} <= set(steps)
    for step in steps:
        assert sum(found[step]["where"].values()) == pytest.approx(1, abs=0.01)
        assert found[step]["next_bottleneck"] in found[step]["where"]
