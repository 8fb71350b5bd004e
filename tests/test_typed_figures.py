"""No figure is typed: prose holds no digits, and no number before a unit, that come from nowhere.

What was measured is a `{claim:NAME}`, what is computed or set in code a `{calc:NAME}`. What may
stand as it is, is a name or language: it stands in one of the two tables below, with the reason.
Number words are free, but before a unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.ui.claims.claim import MARK
from components.ui.words import SMALL
from lab.data.problems import STYLES, Format
from lab.records import ROOT

PROSE = {path.stem: path.read_text() for path in sorted((ROOT / "pages").glob("*.md"))}

ANYWHERE = {
    # what, as a pattern -> why it may stand on any page
    r"\b[Cc]hapter \d\b": "a chapter of the book",
    r"\b[Ss]ection \d\b(?!\.\d)": "a section of the page; a test below looks it up",
    r"\b(?:table \d(?:\.\d)?|section \d\.\d(?:\.\d)?)\b": "a place in a paper",
    r"\[(?:arXiv:\d{4}\.\d{5}(?:v\d)?|(?:[A-Z][a-z ]+, )?20\d\d)\]\(": "the number or the year of "
    "a paper",
    r"\b(?:Llama[- ][23](?:\.1)?(?: [78]B)?|Mistral 7B)\b": "the name of a model",
    r"\b3D\b": "a word",
    r"\b(?:[Ll]ayers?|[Bb]locks?|[Aa]ttention|FFN|[Ee]xpert) \d(?: to \d)?\b": "a part of a "
    "network, by number",
    r"\b(?:(?:16|32|64) bits|two bytes)\b": "a format, by its name",
    r"\b95% intervals?\b": "an interval, by its name",
    r"\bincludes? 1\b": "a ratio of one: no difference",
    r"\b[Mm]odulo (?:9|11)\b": "a check, by its name",
    r"\bnumbers? up to (?:99\b|\$99\$)": "numbers of two digits",
}

PUBLISHED = "published, the source beside it"
NAMED = "in the name of the claim"
HEADS = "heads, by their names"
SLIP = "what every error that the claim counts has in common; a test asks the network"

ON_PAGE = {
    # page -> what, as it stands there -> why it may stand there
    "00_numpy_mlp": {
        "$49$ is no nearer to $48$ than $12$ is": "numbers as examples",
    },
    "01_from_table_to_text": {
        "$128{,}000$ tokens, and each is a row of $4{,}096$ to $16{,}384$ numbers (": PUBLISHED,
    },
    "02_attention_by_hand": {
        "`scale = self.head_dim**-0.5`": "a line of the code: one over a square root",
    },
    "03_one_block": {
        "$7{,}168$ numbers wide, and all of its": PUBLISHED,
        "its $61$ layers read from it and write to it (in the paper": PUBLISHED,
        "Head `0.2` is head two of layer zero": "the name of a head",
    },
    "10_chain_of_thought": {
        "`0.0`": HEADS,
        "`0.1`": HEADS,
        "`0.2`": HEADS,
        "the product of 37 and": "by `COVERED`; a test holds it",
        "can stand beside 37": "as above",
        "$15.6\\%$ to $71.0\\%$ on the way ([arXiv:2501.12948v1]": PUBLISHED,
        "For $12 \\times 34$ that is `840+0630=8040$`": "the worked sum of the exercise",
    },
    "20_rope": {
        "rows 0 and 1, rows 2 and 3, and so on": "rows, by their numbers",
        "a base of $500{,}000$, so its slowest clock": PUBLISHED,
        "For texts of $128{,}000$ tokens, Llama 3.1 [turns": PUBLISHED,
    },
    "82_where_is_the_carry": {
        "$9299 \\times b$ goes wrong where $b$ ends in 9": NAMED,
        "that of 9299 and 9": NAMED,
        "Give head `2.0` its output": HEADS,
    },
    "30_curriculum": {
        "In $237 + 790$, of $79 \\times 13$, it goes through two": "arithmetic",
        "multiply 9299, one of the operands above, by a number that ends in 9": NAMED,
        "`2.0`": HEADS,
        "neighbour is nearly always a 2, yet behind most 2s": SLIP,
        "in which $a$ is 7299 or 9299 and $b$ ends in 9, the": NAMED,
        "where $b$ ends in 9, and": NAMED,
        "With the 9 elsewhere": NAMED,
        "The neighbour is a 2 in": NAMED,
        "with a last 9 in $b$": NAMED,
        "7299 and 9299 in": NAMED,
        "that end in 26 in": NAMED,
        "and 2602 in": NAMED,
        "with a 5 for the 2": "what the donors of the record differ in; a test asks the network",
        "for 2602, where": NAMED,
        "texts of up to 8,000 tokens": PUBLISHED,
        "in six stages up to 128,000 ([Llama team]": PUBLISHED,
        "`0.1`": HEADS,
        "`1.0`": HEADS,
        "`1.1`": HEADS,
        "`1.2`": HEADS,
        "`1.3`": HEADS,
    },
    "31_self_training": {
        "Ten leaves 1": "arithmetic",
    },
    "40_kv_cache": {
        "count by $1{,}024$)": "two to the power ten, a unit",
        "In OPT-13B every token takes $800$ KB of cache ([Kwon": PUBLISHED,
        "held tokens in only $20.4\\%$ to $38.2\\%$ of it": PUBLISHED,
    },
    "50_flash_attention": {
        "Subtract 5 from every score": "a number as an example",
        "$1{,}024$ to a KB": "two to the power ten, a unit",
        "typically takes $64$ or $128$ queries": PUBLISHED,
        "For 4837 × 2916": "the problem that opens the page",
        "FlashAttention-2's author measured $3$ to $10$ times the speed": PUBLISHED,
    },
    "51_attention_residuals": {
        "a model of 48 billion parameters of which 3 billion are active": PUBLISHED,
        "trained with 1.25 times the compute": PUBLISHED,
        "share of at least 0.8 to FFN 0": "what a reader is asked for; a test holds it to the code",
    },
    "52_feature_collapse": {
        "The loss for a coin is $0.69$": "the logarithm of two",
        "can say $0.00000001$. But it cannot say $0.99999999$": "a fact; a test holds it",
        "three layers of width 64": "counted in what stands there; a test holds it",
        "it is 1 where all": "the largest that a cosine can be",
        "three singular values, the third of them 1": "counted in what stands there",
        "so that the effective rank is 2": "what the reader is asked for; a test holds it",
    },
    "60_mla": {
        "A matrix of $64$ rows": "numbers made up for a question",
        "one with $64$ rows and $8$ columns, and one with $8$ rows": "as above",
        "is 93.3% smaller than that of the dense model of 67B before it": PUBLISHED,
        "writes up to 5.76 times as many tokens a second": PUBLISHED,
        "latents of 32 leave the fewest wrong": NAMED,
        "latents of 8 do worse": NAMED,
    },
    "61_moe": {
        "DeepSeek-V3 has 671 billion parameters, and a token uses 37 billion of them": PUBLISHED,
    },
    "62_error_book": {
        "about half a minute of one core": "as its record says of other live runs",
    },
    "home": {
        "all $10{,}000$ answers": "one hundred numbers, times one hundred",
    },
}

NUMBER = re.compile(r"\d+(?:(?:,|\{,\}|\\,)\d{3})*(?:\.\d+)?(?:\\?%)?")
IN_A_NAME = re.compile(r"[A-Za-z]-?$")
"""What stands before the digits of float16, H100 and GPT-3."""

TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion"
COUNT = rf"(?:{'|'.join(SMALL[1:20])}|{TENS}|dozen|half|third|quarter|fifth|tenth)s?"
UNIT = (
    r"(?:per ?cent|(?:milli|micro|nano)?seconds?|minutes?|hours?|ms|[kKMGT]B|nats?|bits?"
    r"|(?:kilo|mega|giga|tera)?bytes?)\b"
)
WORDS = re.compile(rf"\b{COUNT}(?:[ -](?:{COUNT}|and|of|an?))*[ -]{UNIT}", re.IGNORECASE)
"""A number in words before a unit; elsewhere words are language."""

KINDS = re.compile(
    r"""(?P<comment><!--.*?-->)
      | (?P<code>```.*?```|`[^`]*`)
      | (?P<formula>\$\$.*?\$\$|\$[^$]*\$)
      | (?P<target>\]\([^)]*\))
      | (?P<section>^\#+\ \d+\.\ )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


def typed_figures(text: str, page: str = "") -> list[str]:
    """The numbers of a text that neither table lets stand, each with what is around it."""
    patterns = [*ANYWHERE, *map(re.escape, ON_PAGE.get(page, {}))]
    free = [found.span() for pattern in patterns for found in re.finditer(pattern, text)]
    return [
        " ".join(text[max(0, begin - 25) : end + 25].split())
        for begin, end in numbers_in(text)
        if not any(low <= begin and end <= high for low, high in free)
    ]


def numbers_in(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of every number that could be a figure.

    In prose, headings and links that is any, but in a name, and in words one before a unit.
    Formulas and code are full of numbers that are none. There it is one that stands alone and has
    two digits or a unit behind it, or has three digits, a decimal point, a percent sign; those of a
    sum that is worked out are none.
    """
    marked = MARK.sub(blank, text)
    worked = worked_sums(marked)
    for span in KINDS.finditer(marked):
        if span.lastgroup in ("code", "formula") and not is_text_of_a_sum(span[0]):
            measured = re.match(rf" ?{UNIT}", marked[span.end() :])
            for found in NUMBER.finditer(span[0]):
                alone = found[0] == span[0].strip("`$") and (len(found[0]) == 2 or measured)
                if (len(found[0]) > 2 or alone) and found[0] not in worked:
                    yield span.start() + found.start(), span.start() + found.end()
    prose = KINDS.sub(blank, marked)
    for found in NUMBER.finditer(prose):
        if not IN_A_NAME.search(prose[max(0, found.start() - 2) : found.start()]):
            yield found.span()
    yield from (found.span() for found in WORDS.finditer(prose))


def blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def worked_sums(text: str) -> set[str]:
    """The numbers of all `a \\times b` and `a*b`, and their products."""
    pairs = re.findall(r"(\d+) ?(?:\\times|\*) ?(\d+)", text)
    return {number for a, b in pairs for number in (a, b, str(int(a) * int(b)))}


def is_text_of_a_sum(code: str) -> bool:
    """Is it what one of the formats writes for two numbers, or begins to write?"""
    written = code.strip("`")
    asked = re.match(r"(\d{1,4})\*(\d{1,4})=", written)
    if not asked:
        return False
    a, b = asked.groups()
    forms = (Format(style, len(a), len(b)) for style in STYLES)
    return any(form.text(int(a), int(b)).startswith(written) for form in forms)


def test_prose_holds_no_typed_figure() -> None:
    found = {page: typed_figures(text, page) for page, text in PROSE.items()}
    assert len(found) > 15 and {page: figures for page, figures in found.items() if figures} == {}


PLANTED = {
    "It made 3 errors.": "3",
    "## 5. It made 4 errors": "4",
    "See [12 of 24 heads](one_block).": "12",
    "A loss of `0.25` nats.": "0.25",
    "It made `42` errors.": "42",
    "It made $42$ errors.": "42",
    "It made $1{,}234$ errors.": "1{,}234",
    "It made $1\\,234$ errors.": "1\\,234",
    "In $87\\%$ of them.": "87",
    "In 7% of them.": "7%",
    "It takes $6$ ms.": "6",
    "It takes 8 seconds.": "8",
    "It takes five minutes and thirty-one seconds.": "thirty-one seconds",
    "In ninety percent of them.": "ninety percent",
    "It keeps a hundred and five bytes.": "hundred and five bytes",
    "It saves half a nat.": "half a nat",
    "It read `2,047,232` tokens.": "2,047,232",
    "The sum is `37*48=1775$`.": "1775",
}


def test_a_typed_figure_is_found() -> None:
    found = {text: typed_figures(text) for text in PLANTED}
    assert [x for x, figure in PLANTED.items() if not any(figure in one for one in found[x])] == []


def test_a_typed_figure_is_found_on_every_page() -> None:
    """What may stand on a page lets none of these stand beside it."""
    missed: list[str] = []
    for page, text in PROSE.items():
        found = typed_figures("\n\n".join([text, *PLANTED]), page)
        missed += [f"{page}: {x}" for x in PLANTED.values() if not any(x in one for one in found)]
    assert missed == []


LANGUAGE = [
    "It makes {claim:chain_of_thought.census}, and ${calc:worked_7}$ is one of them.",
    "The second of two, one after the other; the third head, every tenth cell.",
    "`37*48=692+0841=6771$` is $37 \\times 48 = 1776$, and `37*48=` is asked.",
    "<!-- part_3 -->\n## 3. Parts\nThe 3D view of [chapter 4](page_4?run=7) in section 5.",
    "Four by four digits; the tens and the hundreds of the product.",
    "$$x_1 = 2\\,(y - ab)^2$$ and `x1, x2 = x.chunk(2, dim=-1)`.",
    "Two thirds of the weights, and half of the heads; ten doors, and a hundred pairs.",
    "float16 on an H100, as in GPT-3 and DeepSeek-V3, and $5$ in layer 2.",
]


def test_language_is_no_figure() -> None:
    assert {text: found for text in LANGUAGE if (found := typed_figures(text))} == {}


def test_no_entry_of_the_tables_is_stale() -> None:
    """Each lets at least one number stand, and none of a page that another of that page lets."""
    assert ON_PAGE.keys() <= PROSE.keys()
    spans = {page: list(numbers_in(text)) for page, text in PROSE.items()}

    def lets_stand(pattern: str, page: str) -> bool:
        free = [found.span() for found in re.finditer(pattern, PROSE[page])]
        return any(low <= i and j <= high for low, high in free for i, j in spans[page])

    stale = [p for p in ANYWHERE if not any(lets_stand(p, page) for page in PROSE)]
    for page, phrases in ON_PAGE.items():
        stale += [f"{page}: {x}" for x in phrases if not lets_stand(re.escape(x), page)]
    assert stale == []


def test_a_section_that_prose_names_stands_on_its_page() -> None:
    lost: dict[str, set[str]] = {}
    for page, text in PROSE.items():
        named = {found[1] for found in re.finditer(r"\b[Ss]ection (\d)\b(?!\.\d)", text)}
        lost[page] = named - set(re.findall(r"^## (\d)\. ", text, re.MULTILINE))
    assert {page: sections for page, sections in lost.items() if sections} == {}


SHAPES = {"{calc:trained}": (3, 3), "{calc:longer}": (4, 4), "{calc:far_trained}": (4, 4)}
"""Shapes that page 20 reads off the code, and what they are now."""


def test_a_claim_about_sums_of_one_shape_stands_beside_that_shape() -> None:
    """`{claim:rope.coupled_4x4}` and "four by four" in one paragraph, or the digits of a and b."""
    for paragraph in PROSE["20_rope"].split("\n\n"):
        for p, q in re.findall(r"\{claim:[a-z0-9_.]+_(\d+)x(\d+)\}", paragraph):
            words = SMALL[int(p)], SMALL[int(q)]
            said = re.sub(r"\bsingle\b", "one", paragraph.lower())
            shapes = [mark for mark, shape in SHAPES.items() if shape == (int(p), int(q))]
            if p == q:
                assert any(x in said for x in (" by ".join(words), *shapes)), paragraph
            else:
                assert all(re.search(rf"\b{word}\b", said) for word in words), paragraph


def test_the_shapes_that_page_20_reads_off_the_code() -> None:
    from lab.recipes.recipe_index import recipe

    small, far = recipe("reach_coupled_slow").format, recipe("far_coupled").format
    assert SHAPES["{calc:trained}"] == (small.p, small.q)
    assert SHAPES["{calc:longer}"] == (small.p + 1, small.q + 1)
    assert SHAPES["{calc:far_trained}"] == (far.p, far.q)


def test_no_page_is_left_out() -> None:
    """Nor prose that waits for its page."""
    written = {path.stem for path in (ROOT / "pages").glob("*.py")}
    assert (
        written | {"home"} <= {path.stem for path in (ROOT / "pages").glob("*.md")} == PROSE.keys()
    )
