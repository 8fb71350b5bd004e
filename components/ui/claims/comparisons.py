"""Every change of data or of architecture that the book has measured with other things equal.

Two arms of one experiment that were trained on equally many tokens from the same seeds, and how
many times the errors of the first are those of the second, a ratio a seed. Nothing is typed in:
each row asks the records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from components.ui.book import CONTENTS
from lab.numerals import written
from lab.readings import Row, Rows, at, rows

Kind = Literal["data", "architecture"]
Read = Callable[[str], list[dict[str, Any]]]

HALF = 0.5
"""What no error at all counts as, so that there is a ratio."""

ALIKE = 0.01
"""Tokens or parameters that differ by a smaller part than this are called equal."""


@dataclass(frozen=True)
class Asked:
    """What both arms were evaluated on, and where a row says so."""

    words: str
    wrong: str = ""
    n: str = ""


HELD_OUT = Asked("held-out pairs", "errors_heldout", "n_heldout")
FOUR = Asked("problems of four by four digits", "stages.-1.shapes.4x4.1", "stages.-1.shapes.4x4.0")
FOUR_AT_END = Asked("problems of four by four digits", "wrong_4x4", "n_4x4")
STUDIED = Asked("test problems", "after", "n")
AT_A_STEP = Asked("held-out problems", "errors", "n")
IN_CURVE = Asked("held-out problems")
"""These runs stop at a goal: both arms are compared at the last check that all of them reached."""


@dataclass(frozen=True)
class Change:
    """What `after` has and `before` has not; measured on `page`. `note` is what else differs."""

    kind: Kind
    name: str
    before: tuple[str, Rows]
    after: tuple[str, Rows]
    page: str
    asked: Asked = HELD_OUT
    note: str = ""


Count = tuple[int, int]
"""How many are wrong, and of how many."""


@dataclass(frozen=True)
class Weighed:
    """A change with what the records say of it: (wrong, n) of every seed that both arms have."""

    change: Change
    before: list[Count]
    after: list[Count]
    step: int | None
    unlike: str

    @property
    def ratios(self) -> list[float]:
        """How many times fewer are wrong, seed by seed."""
        pairs = zip(self.before, self.after, strict=True)
        return [share(*before) / share(*after) for before, after in pairs]

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def agree(self) -> bool:
        """Do all seeds lie on one side of no change?"""
        return min(self.ratios) > 1 or max(self.ratios) < 1


def share(wrong: int, n: int) -> float:
    return max(wrong, HALF) / n


def weigh(change: Change, read: Read) -> Weighed:
    """`LookupError` where a record has not both arms."""
    arms = [by_seed(found.of(read(found.path))) for _, found in (change.before, change.after)]
    seeds = sorted(arms[0].keys() & arms[1].keys())
    if not seeds:
        raise LookupError(f"{change.name}: no seed has both arms")
    kept = [[arm[seed] for seed in seeds] for arm in arms]
    step = step_of(change.asked, [row for arm in kept for row in arm])
    before, after = ([count(row, change.asked, step) for row in arm] for arm in kept)
    return Weighed(change, before, after, step, unlike(kept, step))


def by_seed(found: list[Row]) -> dict[int, Row]:
    return {row["cell"]["seed"]: row for row in found}


def step_of(asked: Asked, kept: list[Row]) -> int | None:
    """Of runs that end at a goal the step at which they are compared; None for the end."""
    if asked is IN_CURVE:
        return min(row["curve"][-1][0] for row in kept)
    return kept[0]["measured_at"] if asked is AT_A_STEP else None


def count(row: Row, asked: Asked, step: int | None) -> Count:
    if asked is IN_CURVE:
        return next((errors, n) for found, errors, n, _ in row["curve"] if found == step)
    return at(row, asked.wrong), at(row, asked.n)


def unlike(kept: list[list[Row]], step: int | None) -> str:
    """In which of parameters and tokens the arms differ, in words; nothing where in neither."""
    said: list[str] = []
    for what in ("parameters", "tokens") if step is None else ("parameters",):
        if all(what in row for arm in kept for row in arm):
            one, other = (median(row[what] for row in arm) for arm in kept)
            if abs(one - other) > ALIKE * max(one, other):
                said.append(f"{what}: {one:,.0f}, then {other:,.0f}")
    return "; ".join(said)


def weighed(read: Read) -> list[Weighed]:
    """All changes whose records are there, of each kind those first that help most."""
    found: list[Weighed] = []
    for change in CHANGES:
        try:
            found.append(weigh(change, read))
        except LookupError:
            continue
    return sorted(found, key=lambda one: (one.change.kind != "data", -one.ratio))


# ---------------------------------------------------------------- in words


def in_words(one: Weighed) -> str:
    """What the two arms are, what each gets wrong, and what the seeds say."""
    change, ratios = one.change, one.ratios
    when = f" after {one.step:,} steps" if one.step else ""
    ns = {n for _, n in (*one.before, *one.after)}
    ends = ", then ".join(ranged(arm, shares=len(ns) > 1) for arm in (one.before, one.after))
    of = f" of {ns.pop():,}" if len(ns) == 1 else " of the"
    middle = f"median {times(one.ratio)}"
    surely = "" if one.agree else " The seeds do not agree on the direction."
    notes = "".join(f" {note}." for note in (capital(one.unlike), change.note) if note)
    return (
        f"{capital(change.before[0])}, then {change.after[0]}. Wrong{of} {change.asked.words}"
        f"{when}: {ends}. Seed by seed {between(min(ratios), max(ratios))}, {middle} "
        f"({len(ratios)} seeds).{surely}{notes}"
    )


def ranged(counts: list[Count], *, shares: bool) -> str:
    """From the fewest to the most; `shares` where not all were as many."""
    found = [100 * wrong / n if shares else wrong for wrong, n in counts]
    low, high = (written(x, "{:.2g}%" if shares else "{:,}") for x in (min(found), max(found)))
    return low if low == high else f"{low} to {high}"


def between(low: float, high: float) -> str:
    if (low < 1) == (high < 1):
        near, far = sorted((low, high), key=lambda ratio: max(ratio, 1 / ratio))
        return f"{figure(near)} to {times(far)}"
    return f"from {times(low)} to {times(high)}"


def times(ratio: float) -> str:
    return f"{figure(ratio)} times {'fewer' if ratio >= 1 else 'as many'}"


def figure(ratio: float) -> str:
    size = max(ratio, 1 / ratio)
    return f"{size:,.0f}" if size >= 10 else f"{size:.1f}"


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def where(page: str) -> str:
    """What the link to a page says."""
    (entry,) = (entry for entry in CONTENTS if entry.url == page)
    return f"Chapter {entry.chapter}: {entry.title}"


# ---------------------------------------------------------------- all of them


def race(style: str) -> Rows:
    return rows("race", style=style)


def course(arm: str) -> Rows:
    return rows("course", arm=arm)


def few(drawn: str, problems: int | None) -> Rows:
    return rows("fewest", drawn=drawn, problems=problems)


def studied(task: str, arm: str) -> Rows:
    return rows(f"error_book_{task}", part="race", arm=arm)


def placed(setting: str, encoding: str) -> Rows:
    return rows("rope", part="race", setting=setting, encoding=encoding)


def shallow(arm: str) -> Rows:
    return rows("residuals_race", part="race", arm=arm)


def deep(arm: str) -> Rows:
    return rows("residuals", part="race", depth=6, arm=arm)


def mixed(attention: str, ffn: str, record: str = "latent_experts") -> Rows:
    return rows(record, part="race", attention=attention, ffn=ffn)


THIS, ROPE, COURSE = "chain_of_thought", "rope", "curriculum"

FORMATS = (
    Change(
        "data",
        "working is written",
        ("plain", race("plain")),
        ("with working, back to front", race("cot_reversed")),
        THIS,
    ),
    Change(
        "data",
        "working back to front",
        ("working front to back", race("cot")),
        ("back to front", race("cot_reversed")),
        THIS,
    ),
    Change(
        "data",
        "product back to front, no working",
        ("product front to back", race("plain")),
        ("back to front", race("reversed")),
        THIS,
    ),
    Change(
        "data",
        "dots before the product",
        ("product at once", race("reversed")),
        ("dots as long as the working first", race("dots")),
        THIS,
    ),
    Change(
        "data",
        "6 times as many pairs",
        ("one pair in twenty", rows("fractions", fraction=0.05)),
        ("three in ten", race("cot_reversed")),
        THIS,
    ),
    Change(
        "data",
        "pairs chosen, not random",
        ("300 random pairs", rows("choice", choice="random")),
        ("300 chosen pairs", rows("choice", choice="chosen")),
        THIS,
    ),
    Change(
        "data",
        "one order of each pair",
        ("half of all orders", rows("mirrored").passing(lambda row: "shown" not in row["cell"])),
        ("one order of each pair", rows("mirrored").passing(lambda row: "shown" in row["cell"])),
        THIS,
        note="The second arm holds more different pairs",
    ),
)

COURSES = (
    *(
        Change(
            "data",
            name,
            ("the curriculum, short numbers before long", course("the_course")),
            (words, course(arm)),
            COURSE,
            FOUR,
            note,
        )
        for arm, name, words, note in (
            ("all_at_once", "no stages", "numbers of all lengths at once", ""),
            ("reversed", "stages in reversed order", "its stages from long numbers to short", ""),
            ("no_padding", "no zero padding", "without zeros in front", ""),
            ("no_carries", "no picking for carries", "without problems picked for carries", ""),
            ("rehearsal_0", "no rehearsal", "without problems of earlier stages mixed in", ""),
            ("rehearsal_5", "less rehearsal", "with 5 in 100 problems from earlier stages", ""),
            (
                "from_two_digits",
                "two digits known before",
                "begun with a network that knows two digits",
                "What that network was trained on before is not counted",
            ),
        )
    ),
    Change(
        "data",
        "10 times as many problems",
        ("3,000 problems", few("at_random", 3_000)),
        ("30,000", few("at_random", 30_000)),
        COURSE,
        FOUR,
    ),
    Change(
        "data",
        "hard problems, not random",
        ("random problems", few("at_random", None)),
        ("the hardest of eight", few("chosen", None)),
        COURSE,
        FOUR,
    ),
)

STUDIES = tuple(
    Change(
        "data",
        f"its own mistakes, {digits}",
        (f"fresh random problems, {digits}", studied(task, "random_anew")),
        ("its own mistakes", studied(task, "own_mistakes")),
        "error_book",
        STUDIED,
        "What is read to find the mistakes is not counted",
    )
    for task, digits in (("2x2", "2 digits"), ("4x4", "4 digits"))
)

SIZES = (
    Change(
        "architecture",
        "width 256, not 64, plain",
        ("width 64", rows("sizes", style="plain", d_model=64)),
        ("width 256", rows("sizes", style="plain", d_model=256)),
        THIS,
    ),
    Change(
        "architecture",
        "width 128, not 64, with working",
        ("width 64", rows("sizes", style="cot_reversed", d_model=64)),
        ("width 128", race("cot_reversed")),
        THIS,
    ),
)

POSITIONS = tuple(
    Change(
        "architecture",
        f"{name}, {texts}",
        ("a learned vector for each position", placed(setting, "learned")),
        (words, placed(setting, encoding)),
        ROPE,
        IN_CURVE,
        f"The table has parameters of its own{also}",
    )
    for encoding, name, words in (
        ("rotary", "RoPE positions", "RoPE, which turns queries and keys by their position"),
        ("none", "no positions", "no positions at all"),
    )
    for setting, texts, also in (
        ("fixed", "one length", ""),
        ("mixed", "mixed lengths", ""),
        ("packed", "packed texts", "; a stream is many problems in one text"),
    )
)

OVER_DEPTH = "attention over depth: each layer weighs the outputs of all before it"
OVER_GROUPS = "the same over groups of layers"
SUM = "a plain sum of all layers"

RESIDUALS = (
    *(
        Change(
            "architecture",
            f"{name}, 3 layers",
            (SUM, shallow("plain")),
            (words, shallow(arm)),
            "attention_residuals",
            AT_A_STEP,
        )
        for arm, name, words in (
            ("full", "attention over depth", OVER_DEPTH),
            ("block", "depth in groups", OVER_GROUPS),
            ("fixed", "one weight a layer", "one learned number for each earlier layer"),
        )
    ),
    *(
        Change(
            "architecture",
            f"{name}, 6 layers",
            (SUM, deep("plain")),
            (words, deep(arm)),
            "attention_residuals",
            AT_A_STEP,
        )
        for arm, name, words in (
            ("full", "attention over depth", OVER_DEPTH),
            ("block", "depth in groups", OVER_GROUPS),
        )
    ),
)

PARTS = (
    Change(
        "architecture",
        "latents for keys, values",
        ("multi-head attention", mixed("mha", "dense")),
        ("keys and values made from one short vector", mixed("mla", "dense", "equal_latents")),
        "mla",
        FOUR_AT_END,
    ),
    Change(
        "architecture",
        "keys, values of rank 32",
        ("multi-head attention", rows("low_rank", rank=0, matched=False, fraction=0.3)),
        (
            "keys and values made through 32 numbers, as many parameters",
            rows("low_rank", rank=32, matched=True, fraction=0.3),
        ),
        "mla",
    ),
    Change(
        "architecture",
        "one key head, not four",
        ("four key heads", rows("kv_cache", part="grouped", key_heads=4)),
        ("one, shared by all", rows("kv_cache", part="grouped", key_heads=1)),
        "kv_cache",
    ),
    Change(
        "architecture",
        "experts, multi-head",
        ("one FFN for every token", mixed("mha", "dense")),
        ("eight experts: small FFNs, few for a token", mixed("mha", "moe")),
        "moe",
        FOUR_AT_END,
    ),
    *(
        Change(
            "architecture",
            name,
            ("eight experts (small FFNs, few for a token)", mixed("mla", "moe")),
            (words, rows("expert_changes", change=change)),
            "moe",
            FOUR_AT_END,
        )
        for change, name, words in (
            ("experts_4", "4 experts, not 8", "four"),
            ("experts_16", "16 experts, not 8", "sixteen"),
            ("no_shared_expert", "no shared expert", "without the one for all tokens"),
            ("no_bias_updates", "no bias updates", "without biases that spread the tokens evenly"),
        )
    ),
)

CHANGES: tuple[Change, ...] = (
    *FORMATS,
    *COURSES,
    *STUDIES,
    *SIZES,
    *POSITIONS,
    *RESIDUALS,
    *PARTS,
)


def drawn(found: Sequence[Weighed]) -> list[Mapping[str, Any]]:
    """Rows of the drawing."""
    return [
        {
            "kind": one.change.kind,
            "name": one.change.name,
            "dots": one.ratios,
            "median": one.ratio,
            "agree": one.agree,
            "said": in_words(one),
            "page": one.change.page,
            "where": where(one.change.page),
        }
        for one in found
    ]
