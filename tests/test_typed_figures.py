"""No figure is typed: prose holds no number, be it in digits or in words, that comes from nowhere.

What was measured is a `{claim:NAME}`, what is computed or set in code a `{calc:NAME}`. What may
stand as it is, is language: it stands in one of the two tables below, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from components.ui.claims.core import MARK
from components.ui.words import SMALL
from lab.data.problems import STYLES, Format
from lab.records import ROOT

PROSE = {path.stem: path.read_text() for path in sorted((ROOT / "pages").glob("*.md"))}

DIGIT = "|".join(SMALL[1:11])

ANYWHERE = {
    # what, as a pattern -> why it may stand on any page
    r"\b[Cc]hapter \d\b": "a chapter of the book",
    r"\b[Ss]ection \d\b(?!\.\d)": "a section of the page; a test below looks it up",
    r"\b(?:table \d(?:\.\d)?|section \d\.\d(?:\.\d)?|section three)\b": "a place in a paper",
    r"\[(?:arXiv:\d{4}\.\d{5}(?:v\d)?|20\d\d)\]\(": "the number or the year of a paper",
    r"\b(?:GPT-3|Llama[- ][23](?:\.1)?(?: [78]B)?|Mistral 7B|DeepSeek-(?:R1-Zero|V[23]))"
    r"\b": "the name of a model",
    r"\b3D\b": "a word",
    rf"\b(?i:{DIGIT}) by (?:{DIGIT})\b": "the shape of a sum; that of a claim is tested below",
    r"\b(?:tens|hundreds)\b(?! of (?!your|either|the product|\$))": "a place of a number",
    r"\b(?:the|among|times) ten digits\b": "zero to nine",
    r"\b(?:the|of|into|are) ten (?:doors|votes|rows|probabilities)\b": "one for each digit",
    r"\bas one lit place among ten\b": "one for each digit",
    r"\b(?:all hundred cells|trained on all hundred)\b": "the cells of the table, ten times ten",
    r"\b(?:only one thousand:|one thousand partial products|holds all one thousand)": "one hundred "
    "numbers, times ten digits",
    r"\bnumbers? up to `99`": "numbers of two digits",
    r"\bseven lies between six and eight\b": "digits, by their names",
    r"\bevery tenth of a list\b": "a stride, and why it is none",
    r"\b[Aa] third(?: digit| way|,)": "the next after the second",
    r"\b[Hh]alf an? \$\d\$": "an equal share of two digits",
}

PUBLISHED = "published, the source beside it"
NAMED = "in the name of the claim"
COUNTED = "counted in what stands there"
SHARE = "an equal share of two"
DIGITS = "a digit, by its name"

ON_PAGE = {
    # page -> what, as it stands there -> why it may stand there
    "00_numpy_mlp": {
        "two lit places among twenty": "ten places for each of two digits",
        "The twenty outputs are votes, ten for the units and ten for the": "one for each digit",
        "a rate of ten or more": "what the reader is asked to set; a test sees it break",
        "a width of `64`": "what the reader is asked to set",
        "Two thirds of the weights in each layer of GPT-3 sit in networks like this one": PUBLISHED,
        "four times as wide as what comes in (Brown and others": PUBLISHED,
        "so half of that, {calc:dy_right}": "a mean over two places",
        "mark any half of the ten digits": "as many as are odd; the count of ways is computed",
        "$49$ is no nearer to $48$ than $12$ is": "numbers as examples",
        "Ten digits make a hundred pairs, two-digit numbers ten thousand": "powers of ten",
        "four-digit numbers a hundred million": "powers of ten",
        "in four pages": "the length of a paper",
    },
    "01_from_table_to_text": {
        "Ten places are ten doors": "one for each digit",
        "a probability of one half, the other of one in a thousand": "two prices, made up",
        "For millions, backpropagation": "language",
        "*constructed*: ten digits": "zero to nine",
        "in the three directions in which their rows differ": "the picture has three axes",
        "`128,000` tokens, and each is a row of `4,096` to `16,384` numbers (": PUBLISHED,
    },
    "02_attention_by_hand": {
        "the row of seven is hidden": DIGITS,
        'leave the input "seven"': DIGITS,
        "The size eight": DIGITS,
        'nothing in it says "eight"': DIGITS,
        "the $7$ is four tokens back": COUNTED,
        "Ours has ten numbers, a one at the token's own digit": "one for each digit",
        "one sixth of a $3$": COUNTED,
        "it takes half of each": SHARE,
        'no "seven and a half"': "the mean of two digits",
        "softmax over all six tokens": COUNTED,
        "`scale = self.head_dim**-0.5`": "a line of the code: one over a square root",
        "Put half the weight of one head on each digit": SHARE,
        "away from the half": SHARE,
        "[Llama-2 runs on to four million tokens](https://arxiv.org/abs/2309.17453)": PUBLISHED,
        "Half and half": SHARE,
    },
    "03_one_block": {
        "The number thirty-seven": "the sum of the page, by its name",
        "the model needs three of yours": "two of one number, one of the other",
        "a number keeps about seven digits": "single precision: 24 bits",
        "hand on half of everything": "how the count above is defined",
        "Attention has four square matrices": "queries, keys, values, output",
        "a vocabulary of a hundred thousand": "a model that is made up",
        "$7168$ numbers wide, and all of its": PUBLISHED,
        "its $61$ layers read from it and write to it (in the paper": PUBLISHED,
        "Head `0.2` is head two of block zero": "the name of a head",
        "while half of it does not": "what is looked for, defined",
    },
    "10_chain_of_thought": {
        "again every ten columns, and the bars ten columns wide": "numbers with the same tens",
        "one pair in twenty the median is {claim:ch1.fraction_5}": f"{NAMED}, in hundredths",
        "one in ten {claim:ch1.fraction_10}": f"{NAMED}, in hundredths",
        "one in five {claim:ch1.fraction_20}": f"{NAMED}, in hundredths",
        "read a random half": "by `split_by_order`; a test counts it",
        "Of the other half": "as above",
        "heads `0.2` and `0.3`, of layer 0": "heads, by their names",
        "`0.3` fetches the digit": "as above",
        "`0.2` the one before": "as above",
        "there `0.2` fetches the digit": "as above",
        "Up to the tens `0.3` takes": "as above",
        "Where `0.3` looks at a sign": "as above",
        "the same of `0.2`": "as above",
        "all in layer 0": "a layer, by its number",
        "Without any head of layers 2 to 5": NAMED,
        "The heads of layers 2 to 5": "layers, by their numbers",
        "Those of layer 1 cannot": "as above",
        "above layer 0 it is {claim:ch1.without_layers_15}": NAMED,
        "where layer 1 is missing": "as above",
        "Of the pairs above layer 0": "as above",
        "is fetched in layer 0, then": "as above",
        "without the heads above layer 0 {claim:ch1.twin": NAMED,
        "Half of the orders hold": "by `split_by_order`; a test counts it",
        "a third arm read": "the last of those in the figure",
        "Show it 37 times": "by `COVERED`; a test holds it",
        "can stand beside 37": "as above",
        "About half of each value": SHARE,
        "bring all four digits together": "two numbers of two digits",
        "a number of five digits, and the answer has room for four": "two digits times two",
        "$15.6\\%$ to $71.0\\%$ on the way ([arXiv:2501.12948v1]": PUBLISHED,
        "the partial products have three and four digits": "two digits times one, shifted",
        "and the product has four.": "two digits times two",
        "For $12 \\times 34$ that is `840+0630=8040$`": "the worked sum of the exercise",
    },
    "20_rope": {
        "hold the same six tokens": COUNTED,
        "one from each half of it": "how a head is cut into pairs",
        "$D_k$ numbers has half as many pairs": "how a head is cut into pairs",
        "two hundred years earlier": "Fourier, 1822",
        "the slow half of the head": "how the turn beside it is defined",
        "Half a place is no trouble": "language",
        "| three | {claim:ch2.base_3} |": NAMED,
        "| ten | {claim:ch2.base_10} |": NAMED,
        "| one thousand | {claim:ch2.base_1000} |": NAMED,
        "| ten thousand | {claim:ch2.base_10000} |": NAMED,
        "turned one query in all three ways": "a test compares them",
        "take one number from each half": "how a head is cut into pairs",
        "Trained by halves and read by halves": "how a head is cut into pairs",
        "Drawn is a head of eight numbers": "a test counts them",
        "GPT-NeoX](https://arxiv.org/abs/2204.06745) turns a quarter": PUBLISHED,
        "in more than half of the sums": "what the reader is asked to reach",
        "A head of eight numbers was trained with": "a test counts them",
        "rows 0 and 1, rows 2 and 3, and so on": "rows, by their numbers",
        "The code that is to run it pairs halves": "how a head is cut into pairs",
        "on half of the clocks each": "two counts share them",
        "five digits of $b$ hurt already": "in the name of the claim, with one digit of a",
        "it is {claim:ch2.far_coupled_digits_1x6} with six digits of $b$": NAMED,
        "{claim:ch2.far_coupled_digits_1x7} with seven": NAMED,
        "three digits of $b$ it is {claim:ch2.far_coupled_digits_8x3} with eight digits": NAMED,
        "{claim:ch2.far_coupled_digits_9x3} with nine": NAMED,
        "{claim:ch2.far_coupled_digits_10x3} with ten": NAMED,
        "It gets seven in a hundred of six by six right, before": PUBLISHED,
        "$500{,}000$ (in the paper": PUBLISHED,
        "Llama 3.1, which reads $128{,}000$, was released with [one": PUBLISHED,
        "its slow clocks go at an eighth of that speed": PUBLISHED,
    },
    "30_curriculum": {
        "first sums of two digits, then of three, then of four": "the stages, in their order",
        "two numbers of up to four digits": "what the reader may type",
        "Four digits, your numbers": "a heading",
        "With four digits": "the count follows",
        "Section six shows": "a section, by its number",
        "that four digits are harder": "the length of a number",
        "and four digits bring": "the length of a number",
        "So three and four digits add no step": "the length of a number",
        "drawn from one of five heaps": COUNTED,
        "of every eight random sums": "how many are drawn to pick one",
        "of every eight the one": "how many are drawn to pick one",
        "two digits make more than nine": "arithmetic of a carry",
        "goes on where they make nine": "arithmetic of a carry",
        "a number of four digits and nothing else": "the length of a number",
        "so slow to learn four": "the length of a number",
        "rehearsal, 5 in 100": NAMED,
        "one count for each of three seeds": COUNTED,
        "in one case of four, and there are six such": "two of the two to the third ways; counted",
        "as in section three": "a section, by its number",
        "does four digits take": "the length of a number",
        "With three seeds the fine-tuned": COUNTED,
        "They are drawn in three ways": COUNTED,
        "the hardest of every eight": "how many are drawn to pick one",
        "by the middle one of three seeds": COUNTED,
        "up to fifty by fifty digits": "the length of a number",
        "of twenty by twenty digits": "the length of a number",
        "We reached for four wrong sums": "what was aimed for",
        "sums up to twenty digits": "the length of a number",
        "with four heads each": "the twin's size",
        "$9 \\times 7$ and a carry of eight make 71": "arithmetic",
        "hangs on two columns, or three": "counted below",
        "seven heaps of sums that are odd": COUNTED,
        "numbers of nearly all nines": "digits, by their name",
        "sums of nines wrong": "digits, by their name",
        "of the other six heaps": COUNTED,
        "Why nines?": "digits, by their name",
        "So nines are not hard": "digits, by their name",
        "multiply 9299 by a number": "in the name of the claim; a test asks the network",
        "by a number that ends in 9": "in the name of the claim; a test asks the network",
        "numbers of nearly all nines meet": "digits, by their name",
        "Type 9299 in section one": "what the reader is to type",
        "of yours that ends in 9, and": "what the reader is to type",
        "before they met a third": "a digit more",
        "of a million, {claim": NAMED,
        "with a number of five to ten digits": NAMED,
        "nine and nine are added": NAMED,
        "about one in nine as it must": "what a remainder modulo nine lets pass",
        "networks learn five by five": "the length of a number",
        "Six by six is the end": "the length of a number",
        "and all three networks": COUNTED,
        "Three networks, trained alike": COUNTED,
        "all three agree": NAMED,
        "all three had to agree": COUNTED,
        "which is a 5": "a digit, as the claim counts it",
        "wrote a 5 there": "a digit, as the claim counts it",
        "why a 5, we": "a digit, as the claim counts it",
        "We reached for eight by eight, which": "the length of a number",
        "what four checks agree on": COUNTED,
        "passed all four": COUNTED,
        "the round of seven digits": "the round, by its name",
        "Ten leaves 1": "arithmetic",
        "divided by 9, and so do a hundred and a thousand": "arithmetic",
        "**Modulo 9** and **modulo 11.**": "the checks, by their names",
        "odulo 9": "the checks, by their names",
        "odulo 11": "the checks, by their names",
        "a multiple of 99": "nine times eleven",
        "texts of up to $8{,}000$ tokens": PUBLISHED,
        "in six stages up to $128{,}000$ ([Llama team]": PUBLISHED,
        "section 3.4.2": PUBLISHED,
        "goes through three columns or more": "what the exercise asks for",
        "three by three digits and shorter": "the length of a number",
        "of five by five digits": "the length of a number",
        "Four digits ask no new step": "the length of a number",
        "slowest to learn four": "the length of a number",
        "of four by four digits": "the length of a number",
        "head `1.3`": "the name of a head",
        "`1.0`": "the name of a head",
        "`1.1`": "the name of a head",
        "`1.2`": "the name of a head",
        "`0.1`": "the name of a head",
    },
    "40_kv_cache": {
        "count by `1,024`, as makers of memory do": "two to the power ten, a unit",
        "In OPT-13B every token takes `800` KB of cache ([Kwon": PUBLISHED,
        "An H100 does up to": "the name of a card",
        "with four key heads {claim:ch4.grouped_4}": NAMED,
        "- float16: {claim": NAMED,
        "- bfloat16, which": NAMED,
        "held tokens in only $20.4\\%$ to $38.2\\%$ of it": PUBLISHED,
    },
    "50_flash_attention": {
        "it keeps three things and no card": COUNTED,
        "about half as many keys are fetched": "half of twice the queries a block",
        "the line about halves with every doubling": "a slope of minus one",
        "In float16, which has 16 bits": "a format, by its name",
        "largest number of float16": "a format, by its name",
        "numbers of 32 bits": "a format, by its name",
        "Here are three ways to compute": COUNTED,
        "of one text, three kernels by turns": COUNTED,
        "Three notations": COUNTED,
        "stands in the book three times": COUNTED,
        "Take 5 off every score": "a number as an example",
        "n numbers of 16 bits": "a format, by its name",
        "An H100 fetches 3.35 terabytes": PUBLISHED,
        "does 989 trillion operations of 16 bits": PUBLISHED,
        "some 295 operations for each byte": "the quotient of both",
        "[FlashAttention-2]": "the name of a paper",
    },
    "52_feature_collapse": {
        "A coin costs $0.69$": "the logarithm of two",
        "can say $0.00000001$. But it cannot say $0.99999999$": "a fact; a test holds it",
        "one part in a million": "a size made up to ask about",
        "a millionth of a nat": "by the price",
        "One millionth of a nat": "by the price",
        "three layers of 64 numbers": COUNTED,
        "numbers of 32 bits": "a format, by its name",
        "In 64 bits": "a format, by its name",
        "in 64 bits": "a format, by its name",
        "in 32 bits": "a format, by its name",
        "A number of 32 bits": "a format, by its name",
        "It is 1 where all": "the largest that a cosine can be",
        "after block 2": "a block, by its name",
        "With block 2 as before": "a block, by its name",
        "After block 1": "a block, by its name",
        "Block 2 also mends": "a block, by its name",
        "numbers of 16 bits the layers are computed in 16, and softmax in 32": "formats, by name",
        "[Prieto and others, 2025]": "the year of a paper",
        "Three singular values, the third of them 1": COUNTED,
        "Two directions out of three": "what the reader is asked for; a test holds it to the code",
        "so that the effective rank is 2": "what the reader is asked for; a test holds it",
        "to within a twentieth": "what the reader is asked for; a test holds it to the code",
        "at least one and a half times as early": "what the reader is asked for; a test holds it",
    },
    "51_attention_residuals": {
        "A network of a hundred layers would otherwise keep two hundred notes": "two a layer",
        "a model of 48 billion parameters of which 3 billion are active": PUBLISHED,
        "that had 1.25 times the computing": PUBLISHED,
        "in 64 bits": "a format, by its name",
        "numbers of 32 bits": "a format, by its name",
        "The network above has six layers": COUNTED,
        "asked it the same sums of three by three": "the shape of the sums, by its name",
        "learned sums of up to three by three": "the shape of the sums, by its name",
        "In the last of six layers": COUNTED,
        "Three kinds of residual, at three and at six layers": COUNTED,
        "parameters with three layers": COUNTED,
        "and {claim:ch5.residual_parameters_6} with six": COUNTED,
        "To one wrong sum in twenty": "the goal, as it was set",
        "until at most one held-out sum in a thousand": "the goal, as it was set",
        "the time of a plain one with six layers": COUNTED,
        "cost at least one sum in ten": "where the line was drawn",
        "A small network of four layers": COUNTED,
        "Three notes of two numbers each": COUNTED,
        "reads at least 0.8 of FFN 0": "what the reader is asked for; a test holds it to the code",
        "with at most five sums in a hundred": "what the reader is asked for; a test holds it",
        "Can half of all threads go": "what the reader is asked for; a test holds it",
        "([Kimi, 2026]": "a year",
        "a fifth of the loud note is nearly as much as four fifths": "the shares above, in words",
        "a third of the layers makes a block": "by `residual_of`; a test holds it",
        "in twenty, with three layers attention": COUNTED,
        "With six layers it takes": COUNTED,
        "with six layers and {calc": COUNTED,
        "with three. One plain run": COUNTED,
        "With three layers blocks are ahead": COUNTED,
        "With six layers both intervals": COUNTED,
        "that FFN 2 needs": "a layer, by its name",
    },
    "60_mla": {
        "A matrix of $64$ rows": "numbers made up for a question",
        "one with $64$ rows and $8$ columns, and one with $8$ rows": "as above",
        "**Eight.** All rows": "as above",
        "the eight rows of the second": "as above",
        "*Sixty-four.* They are as many, but made of eight": "as above",
        "the seven from the eight": DIGITS,
        "the three numbers of a query": "a test counts the boxes",
        "Four small networks of three layers": "by the recipes; the chart shows four",
        "and a bar the middle of five": COUNTED,
        "The middle of five, with the lowest": COUNTED,
        "is 93.3% smaller than that of the dense model of 67B before it": PUBLISHED,
        "writes up to 5.76 times as many tokens a second": PUBLISHED,
        "from a tenth of all pairs or from three tenths": "`FEW` and `MANY` of the experiment",
        "| Bytes a token | Taught a tenth | Taught three tenths |": "as above",
        "| latents of 8 |": NAMED,
        "| latents of 32 |": NAMED,
        "| latents of 128, full rank |": NAMED,
        "Latents of 8 over full rank: taught a tenth": NAMED,
        "taught three tenths {claim": NAMED,
        "And taught a tenth, every network": "as above",
        "own, taught three tenths": "as above",
    },
    "61_moe": {
        "DeepSeek-V3 has 671 billion parameters, and a token meets 37 billion of them": PUBLISHED,
        "Take four experts with comparisons": COUNTED,
        "at least one sum in ten is spoiled": NAMED,
        "only about half of the whole sums": "a test holds it",
        "and half of the load at most": "one of the two that a token chooses",
        "learned at half the rate": "its rate stands in the record",
        "off expert 1 above": "an expert, by its number",
        "scores of eight tokens, each of which chooses two of four experts": "a test counts them",
        "a layer of one of five small networks": COUNTED,
        "in the middle of five networks": COUNTED,
        "| Of | layer 0 | layer 1 | layer 2 |": "layers, by their numbers",
        "network of three layers with eight experts in each": "by its recipe; the chart shows it",
        "All have latents, three layers": "as above",
        "wrong, eight experts": NAMED,
        "The starts of the three overlap": "a test holds it",
        "Four experts leave": NAMED,
        "sixteen {claim:ch6.change_16}, and eight without": NAMED,
        "Every start with sixteen is worse than any with eight and biases": "a test holds it",
        "Each of sixteen reads half as many tokens": "two of sixteen, not two of eight",
        "was chosen for eight": "as above",
    },
    "62_error_book": {
        "with three layers. It has seen one pair in twenty": "its recipe; a test holds both",
        "half and half; a **neighbour**": "by `picked`; a test counts them",
        "| half and half |": "as above",
        "half mistakes, half ordinary": "by `source_of`; a test holds both",
        "take the place of half": "as above",
        "takes a third of the work": "a pass forward, of three in all",
        "Take three texts": "a test counts them",
        "about half a minute of one core": "as its record says of other live runs",
        "study twenty mistakes": "one of the choices",
        "trained up to four digits": DIGITS,
        "goes wrong at the tens of its first": DIGITS,
        "One sum in fifty is wrong, and you want a hundred mistakes": "a test holds both",
    },
    "70_forward_pass_3d": {
        "Seven billion parameters take part in each token that Llama 2 7B writes": PUBLISHED,
    },
    "91_claims": {},
    "home": {
        "$10\\,000$ answers": "one hundred numbers, times one hundred",
    },
}

COUNT = (
    r"(?:three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred"
    r"|thousand|million|billion|dozen|half|halve|quarter)s?"
)
PART = (
    r"(?:third|fifth|sixth|seventh|eighth|ninth|tenth|twentieth|hundredth|thousandth|millionth"
    r"|billionth)"
)
"""A part is an ordinal as well, so it is found behind an article or a count, in the plural, and
before "of"."""
WORDS = re.compile(
    rf"\b(?:(?:an?|one|two|{COUNT})[ -]{PART}s?|{PART}s|{PART}(?= of\b)|{COUNT}(?:[ -]{COUNT})*)\b",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d+(?:(?:,|\{,\}|\\,)\d{3})*(?:\.\d+)?(?:\\?%)?")

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

    In prose, headings and links that is any, from three on where it is a word. Formulas and code
    are full of numbers that are none. There it is one that stands alone and has two digits, or has
    three digits, a decimal point, a percent sign; those of a sum that is worked out are none.
    """
    marked = MARK.sub(blank, text)
    worked = worked_sums(marked)
    for span in KINDS.finditer(marked):
        if span.lastgroup in ("code", "formula") and not is_text_of_a_sum(span[0]):
            for found in NUMBER.finditer(span[0]):
                alone = found[0] == span[0].strip("`$") and len(found[0]) == 2
                long = len(found[0]) > 2 and found[0] not in worked
                if long or (alone and found[0] not in worked):
                    yield span.start() + found.start(), span.start() + found.end()
    prose = KINDS.sub(blank, marked)
    for pattern in (WORDS, NUMBER):
        yield from (found.span() for found in pattern.finditer(prose))


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


@pytest.mark.parametrize("page", PROSE)
def test_prose_holds_no_typed_figure(page: str) -> None:
    assert typed_figures(PROSE[page], page) == []


PLANTED = {
    "It made seven errors.": "seven",
    "It fails at fourteen digits together.": "fourteen",
    "It has come three quarters of the way round.": "three quarters",
    "It has come three-quarters round.": "three-quarters",
    "A third of the sums is wrong.": "A third",
    "Two thirds are wrong, and nine tenths late.": "Two thirds",
    "In a twentieth of them.": "a twentieth",
    "Half the heads are missed.": "Half",
    "One in twenty fails.": "twenty",
    "Thirty-seven seeds arrive.": "Thirty-seven",
    "Ten by six seeds, and a hundred and five runs.": "hundred",
    "A dozen heads are missed by hundreds of sums.": "dozen",
    "Tens of errors.": "Tens",
    "Ten digits together fail.": "Ten",
    "It made 3 errors.": "3",
    "## 5. It made 4 errors": "4",
    "See [12 of 24 heads](one_block).": "12",
    "A loss of `0.25` nats.": "0.25",
    "It made `42` errors.": "42",
    "It made $42$ errors.": "42",
    "It made $1{,}234$ errors.": "1{,}234",
    "It made $1\\,234$ errors.": "1\\,234",
    "In $87\\%$ of them.": "87",
    "It read `2,047,232` tokens.": "2,047,232",
    "The sum is `37*48=1775$`.": "1775",
}


@pytest.mark.parametrize("text", PLANTED)
def test_a_typed_figure_is_found(text: str) -> None:
    found = typed_figures(text)
    assert any(PLANTED[text] in figure for figure in found)


@pytest.mark.parametrize("page", PROSE)
def test_a_typed_figure_is_found_on_every_page(page: str) -> None:
    """What may stand on a page lets none of these stand beside it."""
    found = typed_figures("\n\n".join([PROSE[page], *PLANTED]), page)
    assert [x for x in PLANTED.values() if not any(x in figure for figure in found)] == []


@pytest.mark.parametrize(
    "text",
    [
        "It makes {claim:ch1.census}, and ${calc:worked_7}$ is one of them.",
        "The second of two, one after the other; the third head, every tenth cell.",
        "`37*48=692+0841=6771$` is $37 \\times 48 = 1776$, and `37*48=` is asked.",
        "<!-- part_3 -->\n## 3. Parts\nThe 3D view of [chapter 4](page_4?run=7) in section 5.",
        "Four by four digits; the tens and the hundreds of the product.",
        "$$x_1 = 2\\,(y - ab)^2$$ and `x1, x2 = x.chunk(2, dim=-1)`.",
    ],
)
def test_language_is_no_figure(text: str) -> None:
    assert typed_figures(text) == []


def test_no_entry_of_the_tables_is_stale() -> None:
    """Each lets at least one number stand, and none of a page that another of that page lets."""
    assert ON_PAGE.keys() <= PROSE.keys()
    spans = {page: list(numbers_in(text)) for page, text in PROSE.items()}

    def lets_stand(pattern: str, page: str) -> bool:
        free = [found.span() for found in re.finditer(pattern, PROSE[page])]
        return any(low <= i and j <= high for low, high in free for i, j in spans[page])

    assert [p for p in ANYWHERE if not any(lets_stand(p, page) for page in PROSE)] == []
    for page, phrases in ON_PAGE.items():
        assert [phrase for phrase in phrases if not lets_stand(re.escape(phrase), page)] == []


def test_a_section_that_prose_names_stands_on_its_page() -> None:
    for page, text in PROSE.items():
        named = {found[1] for found in re.finditer(r"\b[Ss]ection (\d)\b(?!\.\d)", text)}
        assert named <= set(re.findall(r"^## (\d)\. ", text, re.MULTILINE)), page


SHAPES = {"{calc:trained}": (3, 3), "{calc:longer}": (4, 4), "{calc:far_trained}": (4, 4)}
"""Shapes that page 20 reads off the code, and what they are now."""


def test_a_claim_about_sums_of_one_shape_stands_beside_that_shape() -> None:
    """`{claim:ch2.coupled_4x4}` and "four by four" in one paragraph, or the digits of a and b."""
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
    from lab.recipes.index import recipe

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
