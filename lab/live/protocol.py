"""What a page and an engine of live runs say to each other, as plain data.

Commands go to the engine, events come back: steps, losses, checks and the bytes of weights, so that
who asks needs no torch. `dump` makes a line of JSON of either, for an engine in another process.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Protocol

from lab.recipes.bench import bench
from lab.recipes.live import fine_tune, go_on, multiply, study
from lab.recipes.speedrun import speedrun
from lab.training.recipe import Recipe

MOST_SECONDS = 300.0
"""Of the processor's time, for the steps and the checks of one run together, and again each time
that it is continued. What other programs take of the clock meanwhile is not the run's."""

CHECKS_IN_A_ROUND = 4
"""Checks on the way, each at another part of all pairs, until every pair was evaluated."""

NOT_ASKED = -2
"""In `PairsCheck.first_wrong`: the model was not evaluated on this pair."""

ALLOWED: Mapping[str, Callable[..., Recipe]] = {
    "multiply": multiply,
    "fine_tune": fine_tune,
    "go_on": go_on,
    "study": study,
    "bench": bench,
    "speedrun": speedrun,
}


@dataclass(frozen=True)
class RunSpec:
    """A run as data: a recipe of the allow-list and its arguments.

    `keep`: its weights are told on the way, as often as `lab.training.kept_steps` keeps them.
    """

    recipe: str = "multiply"
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    keep: bool = False

    def build(self) -> Recipe:
        """The recipe. `ValueError` says what is not allowed."""
        if self.recipe not in ALLOWED:
            raise ValueError(f"{self.recipe!r} is no live run; there are: {', '.join(ALLOWED)}")
        arguments = dict(self.arguments)
        if "pairs" in arguments:
            arguments["pairs"] = tuple((int(a), int(b)) for a, b in arguments["pairs"])
        return ALLOWED[self.recipe](**arguments)


@dataclass(frozen=True)
class PairsCheck:
    """The model evaluated on a share of all pairs, under teacher forcing.

    `first_wrong`: a signed byte for each of the 10,000 pairs, a major: the first wrong token,
    `RIGHT`, or `NOT_ASKED`.
    """

    n_train: int
    errors_train: int
    n_heldout: int
    errors_heldout: int
    first_wrong: bytes


@dataclass(frozen=True)
class Snapshot:
    """A run after a step: `seconds` of the processor's time in its steps and checks, and how many
    are `left` of its limit, both told by the worker; mean loss in nats a token.

    `loads`: with a check of a model with experts, of every layer the share of choices on each.
    """

    step: int
    steps: int
    tokens: int
    loss: float
    check: PairsCheck | None = None
    loads: tuple[tuple[float, ...], ...] = ()
    seconds: float = 0.0
    left: float = MOST_SECONDS


@dataclass(frozen=True)
class Start:
    run: str
    spec: RunSpec


@dataclass(frozen=True)
class Stop:
    """`keep`: it may be continued later."""

    run: str
    keep: bool = True


@dataclass(frozen=True)
class Continue:
    """A stopped run goes on from where it stands, for as long again."""

    run: str


@dataclass(frozen=True)
class Forget:
    """A stopped run will not be continued."""

    run: str


@dataclass(frozen=True)
class Waiting:
    """`place` runs will begin before this one does, this one included."""

    run: str
    place: int


@dataclass(frozen=True)
class Progress:
    run: str
    snapshot: Snapshot


@dataclass(frozen=True)
class Weights:
    """The model after `step`, as the bytes of a safetensors file in bf16."""

    run: str
    step: int
    data: bytes = field(repr=False)


How = Literal["done", "cancelled", "failed", "lost"]


@dataclass(frozen=True)
class Ended:
    """`kept`: it can be continued, until `Forgotten` comes."""

    run: str
    how: How
    why: str = ""
    kept: bool = False


@dataclass(frozen=True)
class Forgotten:
    """A stopped run that was kept is not any more: others needed the room, or the worker died."""

    run: str


Command = Start | Stop | Continue | Forget
Event = Waiting | Progress | Weights | Ended | Forgotten
Emit = Callable[[Event], None]


class Backend(Protocol):
    """Where live runs are computed: `lab.live.backends.ProcessBackend`, or any engine with these
    two methods, such as a cluster's. It is made with an `Emit`, which takes the events, and
    promises:

    - Each `Start` and each `Continue` of a run brings exactly one `Ended`. Before it come, in
      order, `Waiting` when the place changes, `Progress` after each step, and `Weights`: of a run
      that began, those of its last step right before `Ended`, unless it failed or was lost.
    - Events may come on any thread, those of one run one at a time. Who takes an event may `send`.
    - If what computes a run is gone, the run ends as `lost`, and `why` is half a sentence for the
      reader; of a stopped run that it kept `Forgotten` is said. The next `Start` begins as ever.
    - `Stop` and `Forget` of a run that is not there are nothing; `Continue` ends as `lost`.
    """

    def send(self, command: Command) -> None:
        """Hand a command on, from any thread. Returns before it is obeyed, and never raises: what
        goes wrong is an event."""
        ...

    def close(self) -> None:
        """Stop to compute, and give back what is held, before this returns. Its runs are lost."""
        ...


# ---------------------------------------------------------------- as lines of JSON


def dump(said: Command | Event) -> str:
    """One line: the name of what is said, and its fields; bytes in base64."""
    return json.dumps([type(said).__name__, asdict(said)], default=encode_bytes)


def encode_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode()


def parse_command(line: str) -> Command:
    name, fields = json.loads(line)
    if name == "Start":
        return Start(fields["run"], RunSpec(**fields["spec"]))
    return {"Stop": Stop, "Continue": Continue, "Forget": Forget}[name](**fields)


def parse_event(line: str) -> Event:
    name, fields = json.loads(line)
    if name == "Progress":
        seen = fields["snapshot"]
        if seen["check"] is not None:
            asked = base64.b64decode(seen["check"]["first_wrong"])
            seen["check"] = replace(PairsCheck(**seen["check"]), first_wrong=asked)
        seen["loads"] = tuple(map(tuple, seen["loads"]))
        return Progress(fields["run"], Snapshot(**seen))
    if name == "Weights":
        return Weights(fields["run"], fields["step"], base64.b64decode(fields["data"]))
    return {"Waiting": Waiting, "Ended": Ended, "Forgotten": Forgotten}[name](**fields)
