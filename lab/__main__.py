"""The command line, `python -m lab`. A wrong name lists the right ones; bad usage exits with 2."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.data.problems import Format, Integers, SplitName
    from lab.training.recipe import Recipe
    from lab.training.team import Team

DEFAULT_RUN = "chain_of_thought"


def main(arguments: Sequence[str] | None = None) -> int:
    typed = sys.argv[1:] if arguments is None else list(arguments)
    options = parser().parse_args(typed, argparse.Namespace(typed=typed))
    try:
        options.command(options)
    except (ValueError, OSError) as error:
        say(str(error))
        return 2
    except FloatingPointError as error:
        say(f"the run diverged at {error}")
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        say("stopped; train --resume goes on from the last check, if there was one")
        return 130
    return 0


def say(sentence: str) -> None:
    """One line beside the output, if there is something to say."""
    if sentence:
        print("lab:", " ".join(sentence.splitlines()), file=sys.stderr)


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
    one.add_argument("run", help="a run by its name, or a variant of the bench: bench.json")
    one.add_argument("--seed", type=int, help="default: that of the recipe")
    one.add_argument("--steps", type=int)
    one.add_argument("--resume", action="store_true", help="go on from the last saved state")
    one.add_argument("--overwrite", action="store_true", help="replace the run that is there")
    one.add_argument(
        "--out",
        type=Path,
        help="folder to write to (default: checkpoints/RUN; of a file: runs/NAME)",
    )
    one.add_argument("--device", default="cpu")
    one.set_defaults(command=train)

    one = commands.add_parser("evaluate", help="decode problems for real and count errors")
    one.add_argument("run")
    one.add_argument("--pairs", default="all", help="all, or how many to sample")
    one.add_argument("--digits", help="PxQ, of a run that knows several; default: its most")
    one.add_argument(
        "--split",
        help="train, validation, test or heldout (validation and test): pairs of that part alone, "
        "no zeros in front; default: pairs of all parts, those trained on as well",
    )
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--batch", type=int, default=500, help="problems decoded side by side")
    one.add_argument(
        "--record", action="store_true", help="record the reading even if it is already"
    )
    one.set_defaults(command=evaluate)

    one = commands.add_parser("bench", help="measure again, beside the record")
    one.add_argument("name")
    one.add_argument("--record", action="store_true", help="keep it as records/bench_NAME.json")
    one.set_defaults(command=bench)

    one = commands.add_parser(
        "sweep", help="make a record, cell by cell; restarts where it stopped"
    )
    one.add_argument("name")
    how = one.add_mutually_exclusive_group()
    how.add_argument("--share", default="1/1", help="2/3: the second third of the cells")
    how.add_argument(
        "--small",
        action="store_true",
        help="a part of it again within minutes, beside the record, where nothing is added",
    )
    one.set_defaults(command=sweep)
    return root


def show_list(_: argparse.Namespace) -> None:
    from lab.benchmarks.benchmark_index import BENCHMARKS
    from lab.experiments.sweep_index import SWEEPS
    from lab.recipes.recipe_index import RECIPES
    from lab.training.checkpoint import committed_runs

    committed = committed_runs()
    for name in sorted(RECIPES.keys() | set(committed)):
        print(f"run    {name}{'' if name in committed else '  (not trained here yet)'}")
    for name in BENCHMARKS:
        print(f"bench  {name}")
    for name in SWEEPS:
        print(f"sweep  {name}")


def multiply(options: argparse.Namespace) -> None:
    from lab.data.problems import read_number, read_operand
    from lab.data.vocabulary import decode
    from lab.inference.scoring import go_on, up_to_the_end
    from lab.training.checkpoint import load_run

    loaded = load_run(options.run)
    form = loaded.format
    a, b = read_operand(options.a, form.p), read_operand(options.b, form.q)
    shape = form.shape_of(f"{a}*{b}=")
    written = up_to_the_end(go_on(loaded.model, shape.prompt(a, b), form.length))
    text, answer = decode(written[0]).rstrip("_"), -1
    print(text)
    for field in shape.written:
        answer = int(read_number(written, field)[0])
        unread = f"not readable: {text[field.start : field.stop]}"
        print(f"{field.label:>18}  {unread if answer < 0 else answer:>8}")
    print(f"{a} x {b} = {a * b}: {'right' if answer == a * b else 'wrong'}")


def train(options: argparse.Namespace) -> None:
    from lab.training.run import is_finished
    from lab.training.team import team

    given = {"seed": options.seed, "steps": options.steps}
    changes = {name: x for name, x in given.items() if x is not None}
    plan, out = recipe_asked(options.run, changes)
    require_device(options.device)
    out = options.out or out
    if options.resume and not options.overwrite and is_finished(plan, out):
        print(f"nothing is left to do: {out} holds the finished run of this recipe")
        return
    with team(options.device) as (own, device):
        train_as_one_of(own, plan, out, device, options)


def train_as_one_of(
    team: Team, plan: Recipe, out: Path, device: str, options: argparse.Namespace
) -> None:
    """All the processes of a team train, and the first one tells."""
    from tqdm import tqdm

    from lab.training.run import Check, about_states, require_room, run
    from lab.training.team import launcher

    choices = {"resume": options.resume, "overwrite": options.overwrite}
    require_room(plan, out, **choices)
    if team.leads:
        say(about_states(plan, resume=options.resume))
    seed = ["--seed", str(plan.seed)] if options.seed is None else []
    command = command_of(*options.typed, *seed, start=launcher())
    with tqdm(total=plan.steps, unit="step", dynamic_ncols=True, disable=not team.leads) as bar:
        for event in run(plan, out, **choices, device=device, command=command, team=team):
            if isinstance(event, Check):
                bar.write(
                    f"step {event.step}: loss {event.loss:.4f}, errors on validation "
                    f"{event.errors_validation}/{event.n_validation}, on training pairs "
                    f"{event.errors_train}/{event.n_train}, {event.seconds:.0f} s"
                )
            else:
                bar.update(event.step - bar.n)
                bar.set_postfix(loss=f"{event.loss:.4f}")
    if team.leads:
        print(f"written to {out}")


def recipe_asked(name: str, changes: dict[str, Any]) -> tuple[Recipe, Path]:
    """A run of the book, or the variant of the bench in a file; and the folder that it goes to."""
    from lab.recipes.bench import from_json
    from lab.recipes.recipe_index import recipe
    from lab.records import ROOT
    from lab.training.checkpoint import CHECKPOINTS, require_fit

    if not name.endswith(".json"):
        return recipe(name, **changes), CHECKPOINTS / name
    try:
        plan = from_json(Path(name).read_bytes())
        require_fit(plan.model)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    # Not beside the book's runs, all of which are told and tested.
    return replace(plan, **changes), ROOT / "runs" / plan.name


def require_device(name: str) -> None:
    import torch

    n = torch.cuda.device_count() if torch.cuda.is_available() else 0
    allowed = ["cpu", *(["cuda"] if n else []), *(f"cuda:{i}" for i in range(n))]
    if name not in allowed:
        raise ValueError(f"device={name!r} is not here; allowed: {', '.join(allowed)}")


def command_of(*arguments: str, start: Sequence[str] = ("python",)) -> str:
    """The command that does it again, as a shell reads it."""
    return shlex.join([*start, "-m", "lab", *arguments])


def evaluate(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from lab.evaluation import Reading, read_model, why_not_recorded
    from lab.training.checkpoint import (
        CHECKPOINTS,
        has_seen_everything,
        load_run,
    )
    from lab.weights import fingerprint

    loaded, folder = load_run(options.run), CHECKPOINTS / options.run
    shape, a, b = problems_asked(options, loaded.format)
    unrecorded, seen_all = why_not_recorded(folder), has_seen_everything(folder)
    if unrecorded and options.record:
        raise ValueError(f"no reading can be recorded: {unrecorded}")
    began, weights, reading = time.perf_counter(), fingerprint(folder), Reading()
    with tqdm(total=len(a), unit="problem", dynamic_ncols=True) as bar:
        for reading in read_model(loaded.model, shape, a, b, batch=options.batch):
            bar.update(reading.all.n - bar.n)
    reading = Reading(reading.all) if seen_all else reading
    document = {"run": options.run, **reading.document()}
    document["seconds"] = round(time.perf_counter() - began, 2)
    print_document(document)
    if unrecorded:
        say(f"the reading is not recorded: {unrecorded}")
    else:
        command = evaluation(options, None if loaded.format.padded else shape, len(a))
        keep(folder, {**document, "weights": weights}, command, again=options.record)


def problems_asked(options: argparse.Namespace, form: Format) -> tuple[Format, Integers, Integers]:
    """The problems to decode, and the format that they are written in."""
    from lab.evaluation import problems_of
    from lab.fields import require_whole
    from lab.training.recipe import LARGEST_SEED

    require_whole("batch", options.batch)
    require_whole("seed", options.seed, least=0, most=LARGEST_SEED)
    shape = shape_asked(options, form)
    n = None if options.pairs == "all" else whole_number("pairs", options.pairs)
    if n is None and shape.p + shape.q > 4:
        raise ValueError(
            f"there are too many pairs of {shape.p}x{shape.q} digits for all; try --pairs 1000"
        )
    split = split_asked(options.split) if options.split else None
    return shape, *problems_of(shape, split, n, seed=options.seed, padded=form.padded)


def split_asked(name: str) -> SplitName:
    from lab.data.problems import BOUNDS

    for split in BOUNDS:
        if split == name:
            return split
    raise ValueError(f"split={name!r} is not one of {', '.join(BOUNDS)}")


def shape_asked(options: argparse.Namespace, form: Format) -> Format:
    """The format of the problems: the run's own, or one shape of those that it can write."""
    own = f"{form.p}x{form.q}"
    shapes = {f"{p}x{q}": (p, q) for p in range(1, form.p + 1) for q in range(1, form.q + 1)}
    asked = options.digits or own
    if asked not in shapes or (form.padded and asked != own):
        raise ValueError(
            f"digits={options.digits}: {options.run} knows {'' if form.padded else '1x1 to '}{own} "
            f"(operands up to {10**form.p - 1} and {10**form.q - 1})"
        )
    return replace(form, p=shapes[asked][0], q=shapes[asked][1], padded=True)


def evaluation(options: argparse.Namespace, shape: Format | None, n: int) -> str:
    """The command of a reading, the same however it was typed."""
    words = ["--pairs", "all" if options.pairs == "all" else str(n)]
    words += ["--digits", f"{shape.p}x{shape.q}"] if shape else []
    words += ["--split", options.split] if options.split else []
    words += ["--seed", str(options.seed)] if options.pairs != "all" else []
    words += ["--batch", str(options.batch)] if options.batch != 500 else []
    return command_of("evaluate", options.run, *words)


def keep(folder: Path, reading: dict[str, Any], command: str, *, again: bool) -> None:
    """Add a reading to the record of its run, if it does not stand there, or `again`."""
    from lab.evaluation import is_on_record, record_reading

    try:
        if again or not is_on_record(folder, reading, command):
            record_reading(folder, reading, command)
            say(f"the reading is recorded in {folder / 'result.json'}")
    except (ValueError, OSError) as error:
        raise ValueError(f"the reading above could not be recorded: {error}") from error


def bench(options: argparse.Namespace) -> None:
    from lab.benchmarks.benchmark_index import BENCHMARKS, benchmark
    from lab.records import RECORDS, provenance, write_json

    require_name("benchmark", options.name, tuple(BENCHMARKS))
    command = f"python -m lab bench {options.name}"
    document = {"seeds": [0], **benchmark(options.name)(), **provenance(command)}
    if options.record:
        write_json(RECORDS / f"bench_{options.name}.json", document)
    print_document(document)


def sweep(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from lab.experiments.cluster import on_cluster
    from lab.experiments.sweep import run_sweep
    from lab.experiments.sweep_index import SWEEPS
    from lab.training.ray_cluster import asked_for, join

    require_name("sweep", options.name, tuple(SWEEPS))
    if options.small:
        sweep_small(options.name)
        return
    cells, measured = 0, None
    if address := asked_for():
        join(address)
        measured = on_cluster(say)
    with tqdm(unit="cell", dynamic_ncols=True) as bar:
        for done, cells, cell in run_sweep(
            options.name, SWEEPS[options.name], share_of(options.share), measured
        ):
            bar.total = cells
            bar.update(done - bar.n)
            bar.set_postfix(cell)
    print_document(
        {"sweep": options.name, "cells": cells, "record": f"records/{options.name}.jsonl"}
    )


def sweep_small(name: str) -> None:
    from lab.experiments.sweep import run_small
    from lab.experiments.sweep_index import SWEEPS
    from lab.records import provenance

    found: dict[str, Any] = {}
    for what, measured, record in run_small(name, SWEEPS[name]):
        print(f"{what:>30}  measured {measured}  record {record or 'missing'}", flush=True)
        found[what] = {"measured": measured, "record": record}
    print_document(
        {"sweep": name, "found": found, **provenance(command_of("sweep", name, "--small"))}
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
    from lab.live.memory import keep_freed_memory

    keep_freed_memory()
    sys.exit(main())
