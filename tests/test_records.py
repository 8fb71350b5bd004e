"""No figure is typed: every claim has a record with provenance, and prose names no other."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args

import pytest

from components.ui import page_records
from components.ui.chapters.ch10 import claims as ch10
from components.ui.claims import claim, claim_index
from components.ui.claims.claim import Table, named_in, widest_reading
from components.ui.claims.claim_index import all_claims, fill, look_up
from components.ui.claims.results import recipes_read
from lab.benchmarks import scene
from lab.data.problems import HELDOUT_FROM, two_digit_split
from lab.data.samples import CENSUS, Drawn, Sample
from lab.experiments import lengths
from lab.experiments import position_encoding_race as race
from lab.experiments.sweep import Cell
from lab.experiments.sweep_index import SWEEPS
from lab.readings import Question, errors_in, rows, share_of
from lab.records import RECORDS, REQUIRED, ROOT, read_lines, select
from lab.training.checkpoint import CHECKPOINTS, committed_runs
from lab.weights import fingerprint

pytestmark = [pytest.mark.core, pytest.mark.xdist_group("records")]
"""On one worker: what is read is kept."""

CLAIMS = all_claims()
PROSE = sorted((ROOT / "pages").glob("*.md"))


def test_every_claim_in_prose_is_known_and_measured() -> None:
    named = {path.name: sorted(set(named_in(path.read_text()))) for path in PROSE}
    assert sum(map(len, named.values())) > 300
    looked = {(page, name): look_up(name) for page, names in named.items() for name in names}
    assert {at: found.problem for at, found in looked.items() if found.measured is None} == {}


def test_every_claim_has_a_record_with_provenance() -> None:
    looked = {name: look_up(name) for name in CLAIMS}
    assert {name: found.problem for name, found in looked.items() if found.measured is None} == {}
    shown = {name: found.measured and found.measured.shown for name, found in looked.items()}
    assert shown and [name for name, text in shown.items() if not text] == []


def test_every_claim_is_used() -> None:
    """In prose, or by name in code that is not the table of claims itself."""
    said = {name for path in PROSE for name in named_in(path.read_text())}
    folders = (ROOT / folder for folder in ("pages", "components"))
    code = [path for folder in folders for path in folder.rglob("*.py") if path.stem != "claims"]
    text = "".join(path.read_text() for path in [ROOT / "Home.py", *code])
    assert [name for name in CLAIMS if name not in said and f'"{name}"' not in text] == []


def test_a_claim_is_named_after_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {name.partition(".")[0] for name in CLAIMS} <= set(claim_index.CHAPTERS)
    assert len(CLAIMS) == sum(len(claim_index.claims_of(slug)) for slug in claim_index.CHAPTERS)
    strange = {"mla.census": CLAIMS["rope.full_errors"]}
    monkeypatch.setattr(claim_index, "claims_of", lambda slug: strange if slug == "rope" else {})
    with pytest.raises(ValueError, match=r"^mla\.census stand with the claims of rope$"):
        claim_index.all_claims()


def test_a_table_asks_each_column_of_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a cell whose record is missing says so."""

    def asked(**cell: int) -> dict[str, Question]:
        found = rows("heads", run="chain_of_thought", **cell)
        return {"wrong": found.counts("errors_strict"), "problems": found.numbers("n")}

    table = Table(
        "Head",
        {
            "0.0": asked(layer=0, head=0),
            "5.3": asked(layer=5, head=3),
            "9.9": asked(layer=9),
            "8.8": {"problems": rows("heads").numbers("n").largest()},
        },
    )
    monkeypatch.setattr(claim_index, "tables_of", lambda slug: {f"{slug}.heads": table})
    (first,) = select(read_lines(RECORDS / "heads.jsonl"), run="chain_of_thought", layer=0, head=0)
    errors = first["errors_strict"]
    assert fill("{table:rope.heads}", {}).splitlines() == [
        "| Head | wrong | problems |",
        "| --- | ---: | ---: |",
        f"| 0.0 | {errors} of 1,000 | 1,000 |",
        "| 5.3 | 0 of 1,000 | 1,000 |",
        "| 9.9 | (not measured yet) | (not measured yet) |",
        "| 8.8 |  | 1,000 |",
    ]
    cell = claim_index.cells_of("rope.heads")["0.0", "wrong"]
    assert cell.claim.statement == "Head: 0.0 · wrong"
    assert cell.measured and cell.measured.errors == errors


def test_a_name_of_before_finds_its_claim() -> None:
    """Names began with the chapter, and three pages shared one."""
    now = {
        "ch1.census": "chain_of_thought.census",
        "live.default_seconds": "chain_of_thought.live_seconds",
        "ch5.machine": "flash_attention.machine",
        "ch5.collapse_seeds": "feature_collapse.collapse_seeds",
        "ch6.book_n": "error_book.book_n",
        "mla.parameters": "mla.parameters",
        "ch6.nothing": "ch6.nothing",
    }
    assert {old: claim_index.renamed(old) for old in now} == now


def test_a_page_brings_the_claims_of_the_pages_that_it_names_and_no_others() -> None:
    """Not only those that happen to be asked: what is not looked up is not imported."""
    code = (
        "import sys\n"
        "from components.ui.claims.claim_index import look_up\n"
        "inside = 'components.ui.chapters.'\n"
        "before = [name for name in sys.modules if name.startswith(inside)]\n"
        "look_up('rope.tokens')\n"
        "after = {name.split('.')[3] for name in sys.modules if name.startswith(inside)}\n"
        "assert (before, after) == ([], {'ch20'}), (before, after)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def rows_of(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    return [json.loads(path.read_text())]


def missing_in(row: dict[str, object]) -> list[str]:
    """Of what every row must say of where it comes from; an unknown commit says nothing."""
    said = row | ({"commit": ""} if row.get("commit") == "unknown" else {})
    return [field for field in (*REQUIRED, "seeds") if said.get(field) in (None, "", [])]


def test_every_record_says_where_it_comes_from() -> None:
    found, results = (
        sorted(RECORDS.glob("*.json*")),
        sorted(ROOT.glob("checkpoints/*/result.json")),
    )
    assert len(found) > 40 and len(results) > 20
    lacking = [
        f"{path.relative_to(ROOT)}, row {n} lacks {', '.join(missing)}"
        for path in (*found, *results)
        for n, row in enumerate(rows_of(path))
        if (missing := missing_in(row))
    ]
    assert lacking == []


def test_a_row_that_does_not_say_where_it_comes_from_is_found() -> None:
    row: dict[str, object] = {field: "known" for field in (*REQUIRED, "seeds")}
    assert missing_in(row) == [] and "commit" in REQUIRED
    assert missing_in(row | {"commit": "unknown", "seeds": []}) == ["commit", "seeds"]
    assert missing_in({}) == [*REQUIRED, "seeds"]


def test_every_row_of_a_sweep_says_its_sample_and_no_sample_is_a_stride() -> None:
    swept = [path for path in sorted(RECORDS.glob("*.jsonl")) if path.stem != "replaced"]
    assert len(swept) > 40
    amiss = [
        f"{path.stem}, {row['cell']}: {problem}"
        for path in swept
        for row in rows_of(path)
        if (problem := unsound(row.get("sample")))
    ]
    assert amiss == []


def test_a_sweep_and_its_record_have_the_same_cells() -> None:
    """What is added to a sweep is measured, and what is measured no more leaves the record."""
    differ: dict[str, list[str]] = {}
    for name, sweep in SWEEPS.items():
        asked = Counter(json.dumps(cell) for cell in sweep.cells())
        rows = rows_of(RECORDS / f"{name}.jsonl")
        measured = Counter(json.dumps(row["cell"]) for row in rows)
        if asked != measured:
            differ[name] = sorted(((asked - measured) + (measured - asked)).elements())
    assert len(SWEEPS) > 40 and differ == {}


def test_cells_are_named_by_identifiers() -> None:
    """The words of a page may change, and no record with them; but a text's fields have names that
    are the same everywhere."""
    phrases = {
        f"{path.stem}, {name}: {value}"
        for path in RECORDS.glob("*.jsonl")
        for row in rows_of(path)
        for name, value in cast(Cell, row["cell"]).items()
        if isinstance(value, str) and not re.fullmatch(r"[a-z][a-z0-9_]*|\dx\d", value)
    }
    assert phrases == {f"tamper, field: partial product {number}" for number in (0, 1)}


def weights_amiss(row: dict[str, Any], reads: Collection[str]) -> list[str]:
    """What is wrong with the digests of a row that read these runs."""
    named = row.get("weights", {})
    if set(named) != set(reads):
        return [f"it names the weights of {sorted(named)} and read {sorted(reads)}"]
    committed = {run: digest for run, digest in named.items() if run in committed_runs()}
    return [
        f"{run} has other weights now" for run, digest in committed.items() if digest != of(run)
    ]


@cache
def of(run: str) -> str:
    return fingerprint(CHECKPOINTS / run)


def test_every_row_names_the_weights_that_it_read_and_they_are_those_in_the_book() -> None:
    amiss: list[str] = []
    n_row = 0
    for name, sweep in SWEEPS.items():
        for row in rows_of(RECORDS / f"{name}.jsonl"):
            reads = sweep.reads(cast(Cell, row["cell"]))
            n_row += bool(reads)
            amiss += [f"{name}, {row['cell']}: {problem}" for problem in weights_amiss(row, reads)]
    for name, reads in {"scene": [scene.RUN]}.items():
        (row,) = rows_of(RECORDS / f"bench_{name}.json")
        amiss += [f"bench_{name}: {problem}" for problem in weights_amiss(row, reads)]
    assert n_row > 1400 and amiss == []


def test_a_row_of_other_weights_or_of_none_is_found() -> None:
    known = {"weights": {"plain": of("plain")}}
    assert weights_amiss(known, ["plain"]) == weights_amiss({}, []) == []
    assert weights_amiss({"weights": {"plain": of("rope")}}, ["plain"]) == [
        "plain has other weights now"
    ]
    for row, reads in ((known, []), ({}, ["plain"]), (known, ["plain", "rope"]), (known, ["rope"])):
        assert weights_amiss(row, reads)


def readings_amiss(result: dict[str, Any], found: str) -> list[str]:
    """What is wrong with the digests in the result of a run whose weights have this one."""
    start = result.get("start_from")
    amiss = [] if result.get("weights") == found else ["the result is of other weights, or of none"]
    if start and start["weights"] != of(start["run"]):
        amiss.append(f"{start['run']}, with which it began, has other weights now")
    for n, reading in enumerate(result["readings"]):
        if reading.get("weights") != found and "a model that was" not in reading.get("note", ""):
            amiss.append(f"reading {n} is of other weights, or of none")
    return amiss


def test_every_reading_names_the_weights_of_its_run() -> None:
    """But for those that say of themselves to be of a model that was kept for a while, or not."""
    amiss: dict[str, list[str]] = {}
    runs = committed_runs()
    for run in runs:
        (result,) = cast(list[Any], rows_of(CHECKPOINTS / run / "result.json"))
        if problems := readings_amiss(result, of(run)):
            amiss[run] = problems
    assert len(runs) > 30 and amiss == {}


def test_a_reading_of_other_weights_or_of_none_is_found() -> None:
    def amiss(readings: list[dict[str, Any]], **result: Any) -> int:
        return len(readings_amiss({"weights": "abc", "readings": readings, **result}, "abc"))

    known = {"run": "plain", "weights": of("plain")}
    assert amiss([{"weights": "abc"}], start_from=known) == 0
    assert amiss([{"weights": "abc"}, {"weights": "def"}, {}]) == 2
    assert amiss([{"note": "a model that was not kept"}, {"note": "on a rainy day"}]) == 1
    assert amiss([], weights="def") == amiss([], start_from=known | {"weights": "def"}) == 1


def test_what_was_replaced_names_its_weights_where_they_were_ever_kept() -> None:
    """Of two runs no weights were committed before they were replaced."""
    never_kept = ("checkpoints/rope", "curriculum_before_small")
    for row in rows_of(RECORDS / "replaced.jsonl"):
        name, cell = str(row["record"]), cast(Cell, row["cell"])
        arm_is_gone = name == "lengths" and cell["arm"] not in lengths.ARMS
        reads = (
            ["reach_rotary"] if arm_is_gone else SWEEPS[name].reads(cell) if name in SWEEPS else []
        )
        assert set(cast(Any, row.get("weights", {}))) == set(reads), cell
        assert reads or name in SWEEPS or name in never_kept, cell


def test_a_digest_that_was_added_later_says_where_it_is_from() -> None:
    said = Counter[Any]()
    for path in (*RECORDS.glob("*.json*"), *ROOT.glob("checkpoints/*/result.json")):
        for row in cast(list[Any], rows_of(path)):
            for one in (row, *row.get("readings", [])):
                said[one.get("weights_from")] += 1
                assert "weights_from" not in one or one["weights"]
    assert set(said) == {None, "history", "read again"} and min(said.values()) >= 10


def unsound(sample: Any) -> str:
    """What is amiss with what a row says of its sample; nothing where all is well."""
    if not isinstance(sample, dict) or set(sample) != {"drawn", "of", "n", "seed"}:
        return "it does not say how it was drawn, of what, how many, with what seed"
    if sample["drawn"] not in get_args(Drawn):
        return f"drawn by {sample['drawn']}"
    if not (isinstance(sample["n"], int) and sample["n"] >= 1 and sample["of"]):
        return "it counts nothing"
    seeded = sample["drawn"] in ("hash", "generator")
    return "" if seeded is isinstance(sample["seed"], int) else "a draw has a seed, and no other"


def test_a_stride_or_a_draw_without_seed_is_refused() -> None:
    sample = Sample("hash", "pairs", 1000, 0).document()["sample"]
    assert unsound(sample) == "" and unsound(CENSUS.document()["sample"]) == ""
    for change in ({"drawn": "stride"}, {"seed": None}, {"n": 0}, {"drawn": "census"}):
        assert unsound({**sample, **change})
    assert unsound(None) and unsound({"n": 10})


def test_what_was_replaced_says_of_which_record_and_why() -> None:
    for row in rows_of(RECORDS / "replaced.jsonl"):
        assert row["replaced"] and row["why"] and row["sample"]
        record = str(row["record"])
        assert (RECORDS / f"{record}.jsonl").exists() or (ROOT / record / "result.json").exists()


def test_a_run_that_was_trained_on_after_a_reading_keeps_that_reading() -> None:
    """Each set of rows that such a run replaced is summed in a reading of its own result."""
    gone = rows_of(RECORDS / "replaced.jsonl")
    wrong = {"far_coupled": 8994, "reach_gaps": 27807, "rope": 1760}
    for run, errors in wrong.items():
        result = rows_of(ROOT / "checkpoints" / run / "result.json")[0]
        readings = [r for old in cast(list[Any], result["replaced"]) for r in old["readings"]]
        assert [reading["errors_strict"] for reading in readings] == [errors]
    far: list[Any] = [row for row in gone if cast(Any, row["cell"]).get("arm") == "far_coupled"]
    assert sum(row["wrong_digit"] + row["wrong_length"] for row in far) == wrong["far_coupled"]


def test_the_race_runs_in_one_precision_and_no_best_rate_stands_at_an_edge() -> None:
    rows = read_lines(RECORDS / "rope.jsonl")
    assert {row["precision"] for row in rows} == {"fp32"}
    for encoding in ("rotary", "learned"):
        low, *inner, high = race.RATES["packed"]
        assert low < race.best_rate(rows, "packed", encoding) < high and inner


def test_a_record_without_provenance_shows_as_missing(tmp_path: Path) -> None:
    record = tmp_path / CLAIMS["numpy_mlp.ten_seeds"].record
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"ten": {"starts": 3}}))
    looked = look_up("numpy_mlp.ten_seeds", tmp_path)
    assert looked.measured is None
    assert "lacks date" in looked.problem


def test_a_missing_record_shows_as_missing(tmp_path: Path) -> None:
    looked = look_up("chain_of_thought.census", tmp_path)
    assert looked.measured is None
    assert "is missing" in looked.problem


# ---------------------------------------------------------------- claims of other weights


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[str], Path]:
    """The book's records and results, with the weights of all runs; those of one are changed."""

    def change(run: str) -> Path:
        (tmp_path / "records").symlink_to(RECORDS)
        for folder in CHECKPOINTS.iterdir():
            if folder.name != run:
                (tmp_path / "checkpoints").mkdir(exist_ok=True)
                (tmp_path / "checkpoints" / folder.name).symlink_to(folder)
        shutil.copytree(CHECKPOINTS / run, tmp_path / "checkpoints" / run)
        path = tmp_path / "checkpoints" / run / "model.safetensors"
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        return tmp_path

    return change


def test_a_claim_of_other_weights_says_so(
    copied: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = copied("few_pairs")
    looked, usual = (
        look_up("chain_of_thought.few_heldout", root),
        look_up("chain_of_thought.few_heldout"),
    )
    assert looked.measured == usual.measured and looked.measured
    assert (looked.changed, usual.changed) == (("few_pairs",), ())
    assert usual.shown == looked.measured.shown
    assert looked.shown == f"{usual.shown} (measured on other weights than those in the book)"
    monkeypatch.setattr(claim_index, "look_up", lambda name: look_up(name, root))
    assert fill("It made {claim:chain_of_thought.few_heldout}.", {}) == f"It made {looked.shown}."


def test_of_a_record_of_several_runs_only_the_claims_on_the_changed_one_say_so(
    copied: Callable[[str], Path],
) -> None:
    """Sweeps that ask three runs, that start from one, and that ask none."""
    root = copied("few_pairs")
    changed = {name for name in CLAIMS if look_up(name, root).changed}
    assert {"chain_of_thought.few_heldout", "chain_of_thought.twin_whole"} <= changed
    assert not changed & {
        "chain_of_thought.worst_head_pairs",
        "chain_of_thought.heldout",
        "chain_of_thought.other_seeds",
    }
    assert any(CLAIMS[name].record == "records/error_book_2x2.jsonl" for name in changed)
    assert not any(CLAIMS[name].record == "records/error_book_4x4.jsonl" for name in changed)


def test_a_figure_of_other_weights_is_drawn_and_says_so(
    copied: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(page_records.st, "info", said.append)
    monkeypatch.setattr(page_records, "ROOT", copied("few_pairs"))
    assert len(page_records.rows_of("suites.jsonl")) == 21 and said == []
    assert len(page_records.rows_of("heads.jsonl")) == 57
    (sentence,) = said
    assert sentence == (
        "records/heads.jsonl was measured on other weights of few_pairs than those in the book."
    )


def test_a_recorded_sum_of_other_weights_is_not_shown_for_the_model(
    copied: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(map(page_records.opening, ("chain_of_thought", "few_pairs")))
    monkeypatch.setattr(page_records, "ROOT", copied("few_pairs"))
    assert page_records.opening("few_pairs") is None and page_records.opening("chain_of_thought")


def test_a_claim_on_what_was_replaced_is_of_the_weights_that_were_replaced(
    copied: Callable[[str], Path],
) -> None:
    root = copied("far_coupled")
    assert look_up("rope.replaced_far", root).changed == ()
    assert look_up("rope.far_coupled_all", root).changed == ("far_coupled",)


def test_a_row_is_read_unless_only_its_cell_is() -> None:
    def read(look: Callable[[claim.Watched], object]) -> bool:
        noted: list[int] = []
        look(claim.Watched({"cell": {"run": "x"}, "n": 5}, lambda: noted.append(1)))
        return bool(noted)

    chosen = [lambda row: row["cell"], lambda row: row.get("cell"), lambda row: "n" in row]
    chosen += [lambda row: select([row], run="y")]
    used = [lambda row: row["n"], lambda row: row.get("n"), lambda row: {**row}, dict, list]
    used += [lambda row: row | {}, lambda row: [*row.items()], lambda row: [*row.values()]]
    used += [lambda row: json.dumps(row), lambda row: [n for n in row]]
    assert [read(look) for look in (*chosen, *used)] == [False] * len(chosen) + [True] * len(used)


def test_the_weights_of_a_run_are_digested_once_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digested: list[str] = []

    def count(folder: Path) -> str:
        digested.append(folder.name)
        return fingerprint(folder)

    monkeypatch.setattr(claim, "fingerprint", count)
    claim.hashed.cache_clear()
    for name in named_in((ROOT / "pages" / "home.md").read_text()):
        look_up(name)
    assert sorted(digested) == ["chain_of_thought", "few_pairs", "rope"]
    for name in CLAIMS:
        look_up(name)
    assert len(digested) == len(set(digested))


def test_a_damaged_record_shows_as_missing(tmp_path: Path) -> None:
    believed: list[str] = []
    for n, text in enumerate(["{", '{"readings": []}', '{"readings": [{"n": 5}]}', "[]"]):
        record = tmp_path / str(n) / CLAIMS["chain_of_thought.census"].record
        record.parent.mkdir(parents=True)
        record.write_text(text)
        if look_up("chain_of_thought.census", tmp_path / str(n)).measured is not None:
            believed.append(text)
    assert believed == []


def test_counts_never_round_to_perfect() -> None:
    assert errors_in(0, 10_000) == "0 errors in 10,000"
    assert errors_in(1, 6932) == "1 error in 6,932"
    assert share_of(9_999, 10_000) == "9,999 in 10,000"
    assert share_of(1, 10_000) == "1 in 10,000"
    assert share_of(2_740, 10_000) == "27 in 100"


def test_what_was_read_before_it_was_chosen_shows_no_bound() -> None:
    for name in (
        "chain_of_thought.heldout",
        "rope.far_clipped_10x10",
        "rope.coupled_clipped_6x6",
        "rope.replaced_far",
    ):
        measured = look_up(name).measured
        assert measured and measured.read_before and measured.bound is None, name
    for name in (
        "chain_of_thought.other_seeds",
        "chain_of_thought.few_heldout",
        "rope.coupled_3x3",
    ):
        measured = look_up(name).measured
        assert measured and not measured.read_before and measured.bound, name


def test_a_small_reading_does_not_take_the_place_of_the_census() -> None:
    readings = [{"n": 100, "errors_strict": 0}, {"n": 100, "errors_strict": 1}, {"n": 9}]
    assert widest_reading({"readings": readings}) == readings[1]


def test_every_recipe_that_was_read_counts_once() -> None:
    def reading(errors: int, note: str = "", n: int = 10_000) -> dict[str, Any]:
        return {"n": n, "errors_strict": errors} | ({"note": note} if note else {})

    readings = [reading(5, "a"), reading(5, "a"), reading(2, "b"), reading(9, "c", 20), reading(0)]
    assert recipes_read({"readings": readings}) == {"a": 5, "b": 2, "kept": 0}
    assert ch10.count_recipes([{"readings": readings}]) == "3"
    assert ch10.errors_of_recipes([{"readings": readings}]) == "2 to 5 errors"


def test_the_wrong_texts_of_the_twin_are_one_number_wherever_the_page_counts_them() -> None:
    given, heldout = (
        look_up(f"chain_of_thought.{name}").measured for name in ("few_given_0", "few_heldout")
    )
    atlas = page_records.atlases()["few_pairs"]
    assert given is not None and given.errors == atlas.errors
    assert heldout is not None
    assert heldout.errors == (atlas.wrong_at[two_digit_split() >= HELDOUT_FROM] >= 0).sum()
