"""The command line, `python -m lab`. A wrong name lists the right ones; bad usage exits with 2."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DEFAULT_RUN = "chain_of_thought"


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        options.command(options)
    except (ValueError, FileNotFoundError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 2
    except FloatingPointError as error:
        print(f"lab: the run diverged at {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nlab: stopped; train --resume goes on from the last check", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m lab", description="The white-box Transformer.")
    commands = root.add_subparsers(required=True, metavar="COMMAND")

    commands.add_parser("list", help="runs, benchmarks and sweeps").set_defaults(command=show_list)

    one = commands.add_parser("multiply", help="let a model multiply, working shown")
    one.add_argument("a")
    one.add_argument("b")
    one.add_argument("--run", default=DEFAULT_RUN)
    one.set_defaults(command=multiply)

    one = commands.add_parser("train", help="train a run from its recipe")
    one.add_argument("run")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--steps", type=int)
    one.add_argument("--resume", action="store_true", help="go on from the last saved state")
    one.add_argument("--out", type=Path, help="folder to write to (default: checkpoints/RUN)")
    one.add_argument("--device", default="cpu")
    one.set_defaults(command=train)

    one = commands.add_parser("evaluate", help="decode problems for real and count errors")
    one.add_argument("run")
    one.add_argument("--pairs", default="all", help="all, or how many to sample")
    one.add_argument("--digits", help="PxQ, if the run knows that shape; default: its own")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--batch", type=int, default=500, help="problems decoded side by side")
    one.add_argument("--record", action="store_true", help="add the reading to the run's record")
    one.set_defaults(command=evaluate)

    one = commands.add_parser("bench", help="measure again, beside the record")
    one.add_argument("name")
    one.add_argument("--record", action="store_true", help="keep it as records/bench_NAME.json")
    one.set_defaults(command=bench)

    one = commands.add_parser(
        "sweep", help="make a record, cell by cell; restarts where it stopped"
    )
    one.add_argument("name")
    one.add_argument("--share", default="1/1", help="2/3: the second third of the cells")
    one.set_defaults(command=sweep)
    return root


def show_list(_: argparse.Namespace) -> None:
    from lab.benchmarks import NAMES
    from lab.checkpoint import committed_runs
    from lab.recipes import RECIPES
    from lab.sweeps import SWEEPS

    committed = committed_runs()
    for name in sorted(RECIPES.keys() | set(committed)):
        print(f"run    {name}{'' if name in committed else '  (not trained here yet)'}")
    for name in NAMES:
        print(f"bench  {name}")
    for name in SWEEPS:
        print(f"sweep  {name}")


def multiply(options: argparse.Namespace) -> None:
    from lab.checkpoint import load_run
    from lab.evaluate import go_on
    from lab.problems import read_number
    from lab.vocabulary import decode

    loaded = load_run(options.run)
    form = loaded.format
    a, b = (operand(text, digits) for text, digits in ((options.a, form.p), (options.b, form.q)))
    written = go_on(loaded.model, form.prompt(a, b), form.length)
    print(decode(written[0]))
    for field in form.fields():
        if field.role in ("working", "answer") and field.name != "dots":
            print(f"{field.name:>18}  {read_number(written, field)[0]:>8}")
    right = read_number(written, form.fields()[-2])[0] == a * b
    print(f"{a} x {b} = {a * b}: {'right' if right else 'wrong'}")


def operand(text: str, digits: int) -> int:
    from lab.problems import read_operand

    return read_operand(text, digits)


def train(options: argparse.Namespace) -> None:
    import torch
    from tqdm import tqdm

    from lab.checkpoint import CHECKPOINTS
    from lab.recipes import recipe
    from lab.run import Check, run

    changes = {"seed": options.seed} | ({} if options.steps is None else {"steps": options.steps})
    plan = recipe(options.run, **changes)
    if options.device != "cpu" and not torch.cuda.is_available():
        raise ValueError(f"device={options.device!r} is not here; allowed: cpu")
    out = options.out or CHECKPOINTS / plan.name
    with tqdm(total=plan.steps, unit="step", dynamic_ncols=True) as bar:
        for event in run(plan, out, resume=options.resume, device=options.device):
            if isinstance(event, Check):
                bar.write(
                    f"step {event.step}: loss {event.loss:.4f}, errors on validation "
                    f"{event.errors_validation}/{event.n_validation}, on training pairs "
                    f"{event.errors_train}/{event.n_train}, {event.seconds:.0f} s"
                )
            else:
                bar.update(event.step - bar.n)
                bar.set_postfix(loss=f"{event.loss:.4f}")
    print(f"written to {out}")


def evaluate(options: argparse.Namespace) -> None:
    import numpy as np
    from tqdm import tqdm

    from lab.checkpoint import CHECKPOINTS, load_run
    from lab.problems import all_pairs, sample_pairs
    from lab.run import Reading, has_seen_everything, read_model, record_reading

    loaded = load_run(options.run)
    form = loaded.format
    if options.digits not in (None, f"{form.p}x{form.q}"):
        raise ValueError(
            f"digits={options.digits}: {options.run} knows {form.p}x{form.q} (operands up to "
            f"{10**form.p - 1} and {10**form.q - 1})"
        )
    if options.batch < 1:
        raise ValueError(f"batch={options.batch} must be at least 1")
    if options.pairs == "all":
        a, b = all_pairs(form.p, form.q)
    else:
        n = whole_number("pairs", options.pairs)
        a, b = sample_pairs(np.random.default_rng(options.seed), n, form.p, form.q)
    began = time.perf_counter()
    with tqdm(total=len(a), unit="problem", dynamic_ncols=True) as bar:
        for reading in read_model(loaded.model, form, a, b, batch=options.batch):
            bar.update(reading.all.n - bar.n)
    if has_seen_everything(CHECKPOINTS / options.run):
        reading = Reading(reading.all)  # pyright: ignore
    document = {"run": options.run, **reading.document()}  # pyright: ignore
    document["seconds"] = round(time.perf_counter() - began, 2)
    if options.record:
        command = f"python -m lab evaluate {options.run} --pairs {options.pairs}"
        details = f" --seed {options.seed}" if options.pairs != "all" else ""
        details += f" --batch {options.batch}" if options.batch != 500 else ""
        record_reading(CHECKPOINTS / options.run, document, command + details)
    print_document(document)


def bench(options: argparse.Namespace) -> None:
    from lab.benchmarks import NAMES, benchmark
    from lab.provenance import RECORDS, provenance
    from lab.run import write_json

    require_name("benchmark", options.name, NAMES)
    command = f"python -m lab bench {options.name}"
    document = {"seeds": [0], **benchmark(options.name)(), **provenance(command)}
    if options.record:
        write_json(RECORDS / f"bench_{options.name}.json", document)
    print_document(document)


def sweep(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from lab.sweeps import SWEEPS, run_sweep

    require_name("sweep", options.name, tuple(SWEEPS))
    cells = 0
    with tqdm(unit="cell", dynamic_ncols=True) as bar:
        for done, cells, cell in run_sweep(options.name, share_of(options.share)):
            bar.total = cells
            bar.update(done - bar.n)
            bar.set_postfix(cell)
    print_document(
        {"sweep": options.name, "cells": cells, "record": f"records/{options.name}.jsonl"}
    )


def share_of(text: str) -> tuple[int, int]:
    own, _, shares = text.partition("/")
    if not (own.isascii() and own.isdigit() and shares.isascii() and shares.isdigit()):
        raise ValueError(f"share={text!r} must be two whole numbers, as in 1/2")
    return int(own), int(shares)


def require_name(kind: str, name: str, allowed: tuple[str, ...]) -> None:
    if name not in allowed:
        raise ValueError(f"no {kind} is called {name!r}; there are: {', '.join(allowed)}")


def whole_number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1_000_000):
        raise ValueError(f"{name}={text!r} must be 'all' or a whole number from 1 to 1000000")
    return int(text)


def print_document(document: dict[str, Any]) -> None:
    print(json.dumps(document))


if __name__ == "__main__":
    sys.exit(main())
