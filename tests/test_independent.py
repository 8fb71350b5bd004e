"""The counter that shares no line with lab: it says what lab says, and what every record says."""

from __future__ import annotations

import ast
import importlib.util
import json
import runpy
import shutil
import sys
from argparse import Namespace
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save

from lab.data.position_ids import coupled_ids
from lab.data.problems import BOUNDS, Format, Style, sample_exact, split_value
from lab.data.vocabulary import decode, encode
from lab.experiments.lengths import ARMS, problems_of_shape
from lab.inference.forward import logits_of
from lab.inference.scoring import go_on
from lab.model.config import (
    AbsorbedLatentAttentionConfig,
    CoupledRotaryPositionsConfig,
    GPTConfig,
    LatentAttentionConfig,
    MixtureOfExpertsConfig,
)
from lab.model.gpt import GPT
from lab.records import RECORDS, read_lines
from lab.training.checkpoint import CHECKPOINTS, Checkpoint, committed_runs, load, load_run
from lab.training.checkpoint import save as save_run

core = pytest.mark.core
"""What the night's censuses and counts are not."""

TOOL = Path(__file__).resolve().parents[1] / "tools" / "independent.py"
MOST_LINES = 320

CONFIGS = {
    run: json.loads((CHECKPOINTS / run / "config.json").read_text()) for run in committed_runs()
}
KINDS = {run: config["model"]["position"]["kind"] for run, config in CONFIGS.items()}
ONE_LENGTH = [run for run, config in CONFIGS.items() if config["format"]["padded"]]
"""Their record is a census. What the others do is in `records/lengths.jsonl`."""

MANY_LENGTHS = [run for run in CONFIGS if run not in ONE_LENGTH]

COMPARED = [
    *("chain_of_thought", "rope_small", "unordered_small", "reach_coupled_slow"),
    *("attention_residuals_small", "attention_residuals"),
    *("mla_moe_before", "mla_moe"),
]
"""A run of each kind of position, residual, attention and FFN."""

CLOSE = 1e-4
"""Of the largest logit. At most 6e-6 was measured: fp32 sums, taken in another order."""

SMALLEST = "times_table_small"


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("independent", TOOL)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = load_tool()


def some_pairs(p: int, q: int, n: int = 20) -> list[tuple[int, int]]:
    """Pairs of up to p and q digits, the smallest and the largest among them."""
    rng = np.random.default_rng(0)
    drawn = zip(rng.integers(0, 10**p, n).tolist(), rng.integers(0, 10**q, n).tolist(), strict=True)
    return [(0, 0), (10**p - 1, 10**q - 1), *drawn]


# ---------------------------------------------------------------- it stands alone


@core
def test_it_imports_numpy_and_the_standard_library_only() -> None:
    names: set[str] = set()
    for node in ast.walk(ast.parse(TOOL.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(str(node.module).partition(".")[0])
    assert "numpy" in names and names - {"numpy"} <= sys.stdlib_module_names


@core
def test_it_stays_short_enough_to_be_read_at_a_sitting() -> None:
    assert len(TOOL.read_text("utf-8").splitlines()) <= MOST_LINES


# ---------------------------------------------------------------- it says what lab says


WRITTEN: list[Style] = ["plain", "reversed", "cot", "cot_reversed"]
SHAPES = [(1, 1), (2, 2), (3, 1), (1, 4), (4, 3), (10, 10)]


@core
def test_its_text_is_the_text_of_lab() -> None:
    other = [
        (style, padded, a, b)
        for style, (p, q), padded in product(WRITTEN, SHAPES, (True, False))
        for a, b in some_pairs(p, q)
        if not same_text(Format(style, p, q, padded=padded), a, b)
    ]
    assert other == []


def same_text(form: Format, a: int, b: int) -> bool:
    p, q = (form.p, form.q) if form.padded else (len(str(a)), len(str(b)))
    theirs = form.text(a, b)
    return tool.write(form.style, a, b, p, q) == (theirs if form.padded else theirs.rstrip("_"))


@core
def test_its_split_is_the_split_of_lab() -> None:
    pairs = [pair for p, q in [(1, 1), (2, 2), (2, 6), (10, 10)] for pair in some_pairs(p, q, 200)]
    other = [
        (a, b) for a, b in pairs if not tool.split(a, b) == tool.split(b, a) == split_value(a, b)
    ]
    assert other == []


@core
def test_its_coupled_places_are_those_of_lab_however_far_a_text_is_written() -> None:
    whole = {(p, q): tool.write("cot_reversed", 10**p - 1, 10**q - 1, p, q) for p, q in SHAPES}
    texts = [
        text[:stop]
        for (p, q), text in whole.items()
        for stop in range(p + q + 2, len(text) + 1, 1 + p * q // 10)
    ]
    assert [text for text in texts if tool.coupled(text) != places_by_lab(text)] == []


def places_by_lab(text: str) -> list[tuple[int, ...]]:
    return [tuple(place) for place in coupled_ids(torch.from_numpy(encode(text))[None])[0].tolist()]


def logits_of_both(
    monkeypatch: pytest.MonkeyPatch, run: str, root: Path = CHECKPOINTS, most: int = 10
) -> tuple[np.ndarray, np.ndarray]:
    """Of six whole texts of sums of at most so many digits the logits after every token, by the
    tool and by lab. (L, N, V) each"""
    kept: list[np.ndarray] = []
    real = tool.next_logits

    def keeping(*arguments: Any) -> np.ndarray:
        kept.append(real(*arguments))
        return kept[-1]

    mine, loaded = tool.read_run(run, root), load(root / run)
    p, q = min(most, loaded.format.p), min(most, loaded.format.q)
    texts = [tool.write(loaded.format.style, a, b, p, q) for a, b in some_pairs(p, q, 4)]
    monkeypatch.setattr(tool, "next_logits", keeping)
    tool.decode(mine, texts, len(texts[0]) + 1)
    tokens = torch.from_numpy(np.stack([encode(text) for text in texts])).long()
    theirs = logits_of(loaded.model, tokens).numpy()
    return np.stack(kept), theirs.transpose(1, 0, 2)


@core
@pytest.mark.parametrize("run", COMPARED)
def test_its_logits_are_those_of_lab(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the end of texts of four digits; those of ten follow in the night."""
    mine, theirs = logits_of_both(monkeypatch, run, most=4)
    assert mine.dtype == np.float32
    assert np.abs(mine - theirs).max() < CLOSE * np.abs(theirs).max()


@pytest.mark.slow
@pytest.mark.parametrize("run", [run for run in COMPARED if CONFIGS[run]["format"]["p"] > 4])
def test_its_logits_are_those_of_lab_to_the_end_of_the_longest_text(
    run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = logits_of_both(monkeypatch, run)
    assert mine.dtype == np.float32
    assert np.abs(mine - theirs).max() < CLOSE * np.abs(theirs).max()


@core
@pytest.mark.parametrize("attention", [LatentAttentionConfig, AbsorbedLatentAttentionConfig])
@pytest.mark.parametrize("n_shared", [0, 2])
def test_its_latents_and_experts_are_those_of_lab(
    attention: type[LatentAttentionConfig],
    n_shared: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a tiny network that never learned, its router's biases large enough to change choices."""
    config = GPTConfig(
        n_layer=2,
        d_model=16,
        position=CoupledRotaryPositionsConfig(10.0, 3.0),
        attention=attention(3, 10, 7, 5, 4, 6),
        ffn=MixtureOfExpertsConfig(5, 6, 2, n_shared_experts=n_shared, routed_scaling_factor=1.5),
    )
    model, generator = GPT(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, x in model.state_dict().items():
            mean = float(name.endswith("gain"))
            x.normal_(mean, x.shape[-1] ** -0.5, generator=generator)
    form = Format("cot_reversed", 2, 3, padded=False)
    save_run(tmp_path / "tiny", model, form)
    (tmp_path / "tiny" / "result.json").write_text(json.dumps({"recipe": {}, "readings": []}))
    mine, theirs = logits_of_both(monkeypatch, "tiny", tmp_path)
    assert np.abs(mine - theirs).max() < CLOSE * np.abs(theirs).max()
    biases = [w for name, w in tool.read_run("tiny", tmp_path)["weights"].items() if "bias" in name]
    assert len(biases) == 2 and all(abs(b).max() > 0.1 for b in biases)


@core
def test_every_kind_of_position_that_is_committed_is_compared() -> None:
    assert {KINDS[run] for run in COMPARED} == set(KINDS.values())


# ---------------------------------------------------------------- the command line


def ask(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """Run the tool as a program, in this process: its exit status."""
    monkeypatch.setattr(sys, "argv", [str(TOOL), *arguments])
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(TOOL), run_name="__main__")
    return left.value.code


@core
def test_a_census_ends_with_one_json_document_and_agrees_with_the_record(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ask(monkeypatch, SMALLEST) == 0
    sentence, verdict, document = capsys.readouterr().out.splitlines()
    assert sentence == (f"{SMALLEST}, wrong of 100: 0 texts (strict), 0 answers; held out: 0 of 0")
    assert verdict == "agrees with the record"
    found = json.loads(document)
    assert found.pop("seconds") >= 0
    assert found == {
        "run": SMALLEST,
        "digits": "1x1",
        "drawn": "100 of all pairs, seed 1",
        "n": 100,
        "errors_strict": 0,
        "errors_answer": 0,
        "n_heldout": 0,
        "errors_strict_heldout": 0,
    }


@core
def test_a_sample_has_no_reading_to_agree_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch, SMALLEST, "--pairs", "7", "--seed", "3") == 0
    written = capsys.readouterr()
    assert written.out.splitlines()[1] == "the record says nothing of so many"
    assert written.err == "7 of 7\r"


USAGE: list[tuple[list[str], str]] = [
    ([], "required: run"),
    (["no_such_run"], "there are: attention_residuals, "),
    (["../checkpoints/plain"], "there are: attention_residuals, "),
    ([""], "there are: attention_residuals, "),
    (["-1"], "there are: attention_residuals, "),
    ([SMALLEST, "--pairs", "-1"], "from 1 to 100"),
    ([SMALLEST, "--pairs", "0"], "from 1 to 100"),
    ([SMALLEST, "--pairs", "101"], "from 1 to 100"),
    (["plain", "--pairs", "1e9"], "from 1 to 10,000"),
    (["plain", "--pairs", "9" * 5000], "limit"),
    (["reach_none", "--pairs", "1000000000"], "from 1 to 100,000"),
    (["plain", "--digits", "3x3"], "2x2"),
    (["reach_none", "--digits", "11x1"], "1x1 to 10x10"),
    (["reach_none", "--digits", "3"], "1x1 to 10x10"),
    (["reach_learned", "--digits", "10x10"], "256 learned positions"),
    (["plain", "--bogus"], "unrecognized arguments"),
]


@core
def test_bad_usage_exits_with_2_and_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other: list[tuple[Any, ...]] = []
    for arguments, says in USAGE:
        status, (out, error) = ask(monkeypatch, *arguments), capsys.readouterr()
        if (status, out, error.count("\n")) != (2, "", 1) or says not in error:
            other.append((arguments, status, out, error))
    assert other == []


@core
@pytest.mark.parametrize(
    ("n", "status", "verdict"), [(100, 1, "the record says"), (99, 0, "the record says nothing")]
)
def test_another_count_than_the_last_reading_of_as_many_is_a_failure(
    n: int,
    status: int,
    verdict: str,
    run_in: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = json.loads((run_in / "result.json").read_text())
    record["readings"].append({**record["readings"][-1], "n": n, "errors_strict": 1})
    record["readings"] = record["readings"][-1:]
    (run_in / "result.json").write_text(json.dumps(record))
    read = tool.read_run
    monkeypatch.setattr(tool, "read_run", lambda name: read(name, run_in.parent))
    asked = Namespace(run=SMALLEST, pairs=None, seed="1", digits=None)
    assert tool.report(asked) == status
    assert capsys.readouterr().out.splitlines()[1].startswith(verdict)


# ---------------------------------------------------------------- what is drawn


@core
def test_all_pairs_are_drawn_once_each() -> None:
    drawn = tool.draw(True, 2, 2, 10_000, "1")
    assert sorted(drawn) == [(a, b) for a in range(100) for b in range(100)]
    assert tool.draw(True, 2, 2, 50, "1") != tool.draw(True, 2, 2, 50, "2")


@core
def test_of_many_lengths_different_test_pairs_of_exactly_one_are_drawn() -> None:
    for p, q in [(1, 1), (1, 3), (4, 4), (10, 10)]:
        drawn = tool.draw(False, p, q, 300, "1")
        assert len(set(drawn)) == len(drawn) and drawn == tool.draw(False, p, q, 300, "1")
        assert len(drawn) == 300 or (p, q) == (1, 1)
        shapes = {(len(str(a)), len(str(b))) for a, b in drawn}
        assert shapes == {(p, q)} and min(split_value(a, b) for a, b in drawn) >= 0.40


# ---------------------------------------------------------------- files


@pytest.fixture
def run_in(tmp_path: Path) -> Path:
    """A folder of its own with a copy of the smallest run."""
    return Path(shutil.copytree(CHECKPOINTS / SMALLEST, tmp_path / SMALLEST))


@core
def test_numbers_of_every_precision_are_read() -> None:
    for kind in (torch.bfloat16, torch.float16, torch.float32):
        values = torch.randn(3, 5, generator=torch.Generator().manual_seed(0)).to(kind)
        read = tool.read_safetensors(save({"a": values, "b": values[0].clone()}, {"format": "pt"}))
        assert read.keys() == {"a", "b"} and read["a"].dtype == np.float32
        np.testing.assert_array_equal(read["a"], values.float().numpy(), str(kind))
        np.testing.assert_array_equal(read["b"], values[0].float().numpy(), str(kind))


def damage_weights(change: Any) -> Any:
    def damage(folder: Path) -> None:
        path = folder / "model.safetensors"
        path.write_bytes(change(path.read_bytes()))

    return damage


def damage_config(part: str, **values: Any) -> Any:
    def damage(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (config[part] if part in config else config["model"][part]).update(values)
        (folder / "config.json").write_text(json.dumps(config))

    return damage


DAMAGES: list[tuple[Any, str]] = [
    (damage_weights(lambda data: data[:-2]), "cannot be read"),
    (damage_weights(lambda data: data[:100]), "cannot be read"),
    (damage_weights(lambda data: b""), "cannot be read"),
    (damage_weights(lambda data: data.replace(b"BF16", b"F8_E")), "F8_E"),
    (damage_weights(lambda data: data.replace(b"embed.weight", b"xxxxx.weight")), "embed"),
    (damage_config("attention", n_head=5), "cannot be read"),
    (damage_config("attention", qk_norm=True), "['qk_norm'] is not among"),
    (damage_config("ffn", activation="swiglu"), "['swiglu'] is not among"),
    (damage_config("position", kind="yarn_rotary"), "['yarn_rotary'] is not among"),
    (damage_config("format", style="dots"), "['dots'] is not among"),
    (damage_config("model", block={"kind": "parallel"}), "['parallel'] is not among"),
    (lambda folder: (folder / "config.json").write_text("{"), "cannot be read"),
    (lambda folder: (folder / "config.json").write_text("[]"), "cannot be read"),
    (lambda folder: (folder / "result.json").unlink(), "result.json"),
]


@core
def test_what_is_damaged_or_unknown_is_refused(tmp_path: Path) -> None:
    other: list[str] = []
    for n, (damage, says) in enumerate(DAMAGES):
        folder = tmp_path / str(n)
        damage(Path(shutil.copytree(CHECKPOINTS / SMALLEST, folder / SMALLEST)))
        with pytest.raises(ValueError) as refusal:
            tool.read_run(SMALLEST, folder)
        if says not in str(refusal.value) or "\n" in str(refusal.value):
            other.append(f"damage {n}: {refusal.value}, not {says!r}")
    assert other == []


@core
def test_a_part_that_has_its_default_is_ignored(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    run = Path(shutil.copytree(CHECKPOINTS / SMALLEST, folder / SMALLEST))
    damage_config("model", block={"kind": "sequential"})(run)
    read = tool.read_run(SMALLEST, folder)
    assert read["model"]["block"] == {"kind": "sequential"}
    assert tool.decode(read, ["7*8="], 7) == tool.decode(tool.read_run(SMALLEST), ["7*8="], 7)


# ---------------------------------------------------------------- every committed run


def last_census(run: str) -> dict[str, Any]:
    """The last reading of all its pairs, 10,000 or for a times table 100."""
    form = CONFIGS[run]["format"]
    readings = json.loads((CHECKPOINTS / run / "result.json").read_text())["readings"]
    return [reading for reading in readings if reading["n"] == 10 ** (form["p"] + form["q"])][-1]


@pytest.mark.slow
@pytest.mark.parametrize("run", ONE_LENGTH)
def test_its_census_is_the_record_to_the_last_error(run: str) -> None:
    """Rounding could turn a close call of two tokens; on no committed run has it done so."""
    form, recorded = CONFIGS[run]["format"], last_census(run)
    p, q = form["p"], form["q"]
    pairs = tool.draw(True, p, q, 10 ** (p + q), "1")
    assert tool.count(tool.read_run(run), pairs, p, q).items() <= recorded.items()


def written_by_lab(loaded: Checkpoint, pairs: list[tuple[int, int]], p: int, q: int) -> list[str]:
    """What the decoder of lab makes of each pair."""
    form = Format(loaded.format.style, p, q)
    texts: list[str] = []
    for begin in range(0, len(pairs), 100):
        a, b = np.array(pairs[begin : begin + 100]).T
        texts += map(decode, go_on(loaded.model, form.prompt(a, b), form.length))
    return texts


@pytest.mark.slow
@pytest.mark.parametrize("run", MANY_LENGTHS)
@pytest.mark.parametrize("longer", [0, 1])
def test_it_writes_what_lab_writes_of_sums_of_many_lengths(run: str, longer: int) -> None:
    """At the longest length trained and one past it, where most runs fail."""
    digits = CONFIGS[run]["format"]["p"] + longer
    pairs = tool.draw(False, digits, digits, 200, "1")
    right = [tool.write("cot_reversed", a, b, digits, digits) for a, b in pairs]
    prompts, length = [text[: 2 * digits + 2] for text in right], len(right[0])
    mine = tool.decode(tool.read_run(run), prompts, length)
    theirs = written_by_lab(load_run(run), pairs, digits, digits)
    for part in (slice(None), slice(-1 - 2 * digits, -1)):  # the whole text, the answer
        wrong = [
            [text[part] != good[part] for text, good in zip(texts, right, strict=True)]
            for texts in (mine, theirs)
        ]
        assert wrong[0] == wrong[1]


PLAIN_ARMS = [
    name
    for name, arm in ARMS.items()
    if arm.run in MANY_LENGTHS and arm.stretch is None and arm.farthest is None
]
LENGTHS = {
    (row["cell"]["arm"], row["cell"]["p"], row["cell"]["q"]): row
    for row in read_lines(RECORDS / "lengths.jsonl")
}


@pytest.mark.slow
@pytest.mark.parametrize("arm", PLAIN_ARMS)
@pytest.mark.parametrize("longer", [0, 1])
def test_it_counts_the_failures_of_the_record_of_lengths(arm: str, longer: int) -> None:
    """On the problems of the record, but decoded; the record asked for all tokens at once."""
    run = ARMS[arm].run
    digits = CONFIGS[run]["format"]["p"] + longer
    row = LENGTHS[arm, digits, digits]
    a, b = problems_of_shape(digits, digits, ARMS[arm].draws)
    pairs = list(zip(a.tolist(), b.tolist(), strict=True))
    found = tool.count(tool.read_run(run), pairs, digits, digits)
    assert found["n"] == found["n_heldout"] == row["n"]
    assert found["errors_strict"] == row["wrong_digit"] + row["wrong_length"]


READ_ON_TEST = [run for run in MANY_LENGTHS if run not in {ARMS[arm].run for arm in PLAIN_ARMS}]


@pytest.mark.slow
@pytest.mark.parametrize("run", READ_ON_TEST)
def test_it_counts_the_errors_of_the_last_reading(run: str) -> None:
    """On the problems of its last reading: test pairs of its longest shape, drawn by seed 0."""
    *_, reading = json.loads((CHECKPOINTS / run / "result.json").read_text())["readings"]
    form = load_run(run).format
    a, b = sample_exact(np.random.default_rng(0), reading["n"], form.p, form.q, *BOUNDS["test"])
    found = tool.count(
        tool.read_run(run), list(zip(a.tolist(), b.tolist(), strict=True)), form.p, form.q
    )
    assert found["n"] == reading["n"] and "--split test" in reading["command"]
    assert found["errors_strict"] == reading["errors_strict"]


@core
def test_every_run_is_held_against_a_record() -> None:
    held = {*ONE_LENGTH, *(ARMS[arm].run for arm in PLAIN_ARMS)}
    assert held == set(committed_runs()) - set(READ_ON_TEST)
    for run in READ_ON_TEST:
        result = json.loads((CHECKPOINTS / run / "result.json").read_text())
        assert result["readings"], run
