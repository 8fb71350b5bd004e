"""Every measured figure of the book: what is claimed, and the record that carries it.

Prose writes `{claim:NAME}` and gets the figure; a claim whose record is missing shows as missing.
Nothing here computes a result: a claim only reads `checkpoints/*/result.json` and `records/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.provenance import REQUIRED, ROOT, read_lines

MISSING = "(not measured yet)"
MARK = re.compile(r"\{(claim|calc):([a-z0-9_.]+)\}")


@dataclass(frozen=True)
class Measured:
    """A figure as prose shows it, with its count of errors and bound where it has them."""

    shown: str
    errors: int | None = None
    n: int | None = None
    bound: float | None = None


@dataclass(frozen=True)
class Claim:
    """`pick` reads the figure out of the record: a dict for .json, a list of rows for .jsonl."""

    statement: str
    record: str
    pick: Callable[[Any], Measured]


@dataclass(frozen=True)
class Looked:
    """A claim looked up: its figure and provenance, or why there is none."""

    name: str
    claim: Claim
    measured: Measured | None
    source: Mapping[str, Any]
    problem: str = ""


def count(errors: int, n: int) -> str:
    """0 errors in 10,000 — never 100%."""
    return f"{errors:,} error{'' if errors == 1 else 's'} in {n:,}"


def share(part: int, n: int) -> str:
    """A share of n in hundredths, or the count itself where that would round to none or all."""
    if part in (0, n) or 0.995 <= part / n < 1 or 0 < part / n < 0.005:
        return f"{part:,} in {n:,}"
    return f"{round(100 * part / n)} in 100"


def full_reading(result: dict[str, Any]) -> dict[str, Any]:
    """The latest reading of a run over all 10,000 pairs."""
    return [r for r in result["readings"] if r["n"] == 10_000][-1]


def census(result: dict[str, Any]) -> Measured:
    reading = full_reading(result)
    return Measured(
        count(reading["errors_strict"], reading["n"]), reading["errors_strict"], reading["n"]
    )


def census_answer(result: dict[str, Any]) -> Measured:
    reading = full_reading(result)
    return Measured(
        count(reading["errors_answer"], reading["n"]), reading["errors_answer"], reading["n"]
    )


def heldout(result: dict[str, Any]) -> Measured:
    reading = full_reading(result)
    errors, n = reading["errors_strict_heldout"], reading["n_heldout"]
    return Measured(count(errors, n), errors, n, reading["lower_bound_95_strict_heldout"])


def heldout_right(result: dict[str, Any]) -> Measured:
    measured = heldout(result)
    assert measured.n is not None and measured.errors is not None
    right = share(measured.n - measured.errors, measured.n)
    return Measured(right, measured.errors, measured.n, measured.bound)


def training_minutes(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['training_seconds'] / 60:.0f} minutes")


def training_tokens(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['training_tokens'] / 1e6:.1f} million tokens")


def parameter_count(result: dict[str, Any]) -> Measured:
    return Measured(f"{result['parameters'] / 1e6:.2f} million")


def tampered(outcome: str) -> Callable[[list[dict[str, Any]]], Measured]:
    """A share of all tampered answers, over every digit of the working."""

    def pick(rows: list[dict[str, Any]]) -> Measured:
        part, n = sum(row[outcome] for row in rows), sum(row["n"] for row in rows)
        return Measured(f"{part:,} in {n:,}", None, n)

    return pick


def handed(run: str, given: int) -> Callable[[list[dict[str, Any]]], Measured]:
    def pick(rows: list[dict[str, Any]]) -> Measured:
        row = next(r for r in rows if r["cell"] == {"run": run, "given": given})
        return Measured(count(row["errors_answer"], row["n"]), row["errors_answer"], row["n"])

    return pick


def heads_that_matter(rows: list[dict[str, Any]]) -> Measured:
    some = sum(row["errors_answer"] > 0 for row in rows)
    return Measured(f"{some} of {len(rows)}")


def worst_head(rows: list[dict[str, Any]]) -> Measured:
    row = max(rows, key=lambda r: r["errors_answer"])
    return Measured(count(row["errors_answer"], row["n"]), row["errors_answer"], row["n"])


def attention_ratio(document: dict[str, Any]) -> Measured:
    return Measured(f"{document['ratio']:.2f} times")


COT, PLAIN, FEW = (
    f"checkpoints/{r}/result.json" for r in ("chain_of_thought", "plain", "few_pairs")
)
TAMPER, HANDED, HEADS = (f"records/{name}.jsonl" for name in ("tamper", "handed", "heads"))

CLAIMS: dict[str, Claim] = {
    "ch1.census": Claim(
        "With its working written out, the model multiplies all pairs up to 99.", COT, census
    ),
    "ch1.census_answer": Claim("The same, counting the last number alone.", COT, census_answer),
    "ch1.heldout": Claim(
        "It is right on pairs that no run of the book ever trains on.", COT, heldout
    ),
    "ch1.parameters": Claim("The size of the book's model.", COT, parameter_count),
    "ch1.minutes": Claim(
        "What its training took by the clock, on the processor of the record.",
        COT,
        training_minutes,
    ),
    "ch1.tokens": Claim("How much text its training read.", COT, training_tokens),
    "ch1.plain_heldout": Claim(
        "The same network, asked for the product at once, on held-out pairs.", PLAIN, heldout
    ),
    "ch1.plain_heldout_right": Claim(
        "The share of held-out pairs that it gets right.", PLAIN, heldout_right
    ),
    "ch1.plain_tokens": Claim(
        "How much text the plain run read: the same pairs and steps, shorter lines.",
        PLAIN,
        training_tokens,
    ),
    "ch1.few_heldout": Claim(
        "A small twin with working, trained on one pair in twenty.", FEW, heldout
    ),
    "ch1.few_heldout_right": Claim(
        "The share of held-out pairs that the small twin gets right.", FEW, heldout_right
    ),
    "ch1.tamper_followed": Claim(
        "A forged digit in the working: the answer moves exactly as it implies.",
        TAMPER,
        tampered("followed"),
    ),
    "ch1.tamper_stayed": Claim(
        "A forged digit in the working: the answer stays true all the same.",
        TAMPER,
        tampered("stayed"),
    ),
    "ch1.tamper_neither": Claim(
        "A forged digit in the working: the answer does neither.", TAMPER, tampered("neither")
    ),
    "ch1.few_given_0": Claim(
        "The small twin, writing all its working itself.", HANDED, handed("few_pairs", 0)
    ),
    "ch1.few_given_1": Claim(
        "The small twin, handed the first partial product.", HANDED, handed("few_pairs", 1)
    ),
    "ch1.few_given_2": Claim(
        "The small twin, handed both partial products.", HANDED, handed("few_pairs", 2)
    ),
    "ch1.heads_that_matter": Claim(
        "Heads whose removal makes at least one of all answers wrong.", HEADS, heads_that_matter
    ),
    "ch1.worst_head": Claim(
        "Wrong answers without the head that is missed most.", HEADS, worst_head
    ),
    "lab.attention_ratio": Claim(
        "Training speed of written-out attention over torch's fused kernel.",
        "records/bench_attention.json",
        attention_ratio,
    ),
}


def look_up(name: str, root: Path = ROOT) -> Looked:
    """A claim's figure and where it comes from; `problem` says what is missing."""
    claim = CLAIMS[name]
    try:
        record = read_record(root / claim.record)
        measured = claim.pick(record)
        source = source_of(record)
    except FileNotFoundError:
        return Looked(name, claim, None, {}, f"{claim.record} is missing")
    except (LookupError, StopIteration, ValueError, TypeError, ZeroDivisionError) as error:
        return Looked(name, claim, None, {}, f"{claim.record} lacks it ({error!r})")
    lacking = [field for field in (*REQUIRED, "seeds") if field not in source]
    if lacking:
        return Looked(name, claim, None, source, f"{claim.record} lacks {', '.join(lacking)}")
    return Looked(name, claim, measured, source)


def read_record(path: Path) -> Any:
    """A dict, or rows. `FileNotFoundError` if there is none, `ValueError` if it is damaged."""
    record = read_lines(path) if path.suffix == ".jsonl" else json.loads(path.read_text())
    if not record:
        raise FileNotFoundError(path)
    return record


def source_of(record: Any) -> dict[str, Any]:
    """Provenance: of the last reading, the last row, or the document itself."""
    if isinstance(record, list):
        return record[-1]
    readings = record.get("readings")
    return {**record, **readings[-1]} if readings else record


def fill(text: str, calculations: Mapping[str, Callable[[], str]]) -> str:
    """Put figures where the prose has `{claim:NAME}` and `{calc:NAME}`."""

    def figure(match: re.Match[str]) -> str:
        kind, name = match.groups()
        if kind == "calc":
            return calculations[name]()
        measured = look_up(name).measured
        return measured.shown if measured else MISSING

    return MARK.sub(figure, text)


def claims_in(text: str) -> list[str]:
    return [name for kind, name in MARK.findall(text) if kind == "claim"]
