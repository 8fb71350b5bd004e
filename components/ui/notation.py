"""The notation of the book: one table, and the symbols that a page's formulas use."""

from __future__ import annotations

import re

NOTATION: dict[str, str] = {
    "a": "the first operand",
    "b": "the second operand",
    "b_j": "the digit of b that counts 10 to the power j",
    "i": "a position in the text; as a subscript, one of several",
    "j": "another position; in a sum over digits, the power of ten; as a subscript, one of several",
    "n": "how many: examples, tokens or problems in a sample",
    "x": "what a layer reads; in a Transformer, the residual stream",
    "x_i": "the stream at position i",
    "y": "what a layer gives",
    "h": "the outputs of a hidden layer; as a subscript, which head",
    "H": "how many query heads",
    "H_k": "how many key heads",
    "m": "in ALiBi, what a head takes off a score for each token of distance; in FlashAttention, "
    "the largest score so far; of remainders, what is divided by; in Adam, the mean of the "
    "gradients so far",
    "r": "how many queries a tile has",
    "l": "the sum of exp(score − m) so far",
    "O": "the sum of exp(score − m) times the value so far; divided by l, the output",
    "P": "a tile of shares",
    "Q": "queries, of a tile or of the whole text",
    "K": "keys, of a tile or of the whole text",
    "N": "how many tokens a text has",
    "M": "how many numbers fast memory holds",
    "w": "one weight; in attention over depth, the query of a reading",
    "w_i": "the weight of one of several sources, or of one expert",
    "p_i": "the probability, or the share, of one of several",
    "W": "a matrix of weights",
    "W_1": "the weights into a hidden layer",
    "W_2": "the weights out of a hidden layer",
    "W_{in}": "the weights into the FFN",
    "W_{out}": "the weights out of the FFN",
    "W_E": "the embedding: a row for each token",
    "W_Q": "the projection that makes queries",
    "W_K": "the projection that makes keys",
    "W_V": "the projection that makes values",
    "W_O": "the output projection of attention",
    "b_1": "the biases of a hidden layer",
    "b_2": "the biases of an output layer",
    "E": "the error of one neuron, squared",
    "L": "the mean loss of a token; in FlashAttention, the logarithm of the sum of exp(score) over "
    "all keys of a query",
    "dW": "the gradient of the loss by W",
    "db": "the gradient of the loss by b",
    "dx": "the gradient of the loss by x",
    "dy": "the gradient of the loss by y",
    "dO": "the gradient of the loss by O",
    "dP": "the gradient of the loss by P",
    "dS": "the gradient of the loss by S",
    "dQ": "the gradient of the loss by Q",
    "dK": "the gradient of the loss by K",
    "dV": "the gradient of the loss by V",
    "r_i": "the vector of one expert, with which a router compares a token",
    r"\beta": "a bias that evens out how many tokens each expert gets",
    r"\sigma": "how far features reach in one direction: a singular value",
    r"\delta": "the row sum of dO times O, number by number",
    "s": "logits: a score for every possible answer; of a router, how well an expert suits a token",
    "p": "a probability; in attention, the weight of a key",
    "e": "Euler's number, the base of the natural logarithm",
    "V": "the size of the vocabulary; in FlashAttention, a tile of values",
    "t": "a position of a signal; in writing, how many tokens stand there; of the votes, one for "
    "the right answer and zero for every other",
    "u": "a row of the unembedding; as a subscript, any token of the vocabulary",
    "v": "a value; of an optimiser, a speed, or the mean of the squares so far; as a subscript, "
    "one token of the vocabulary",
    "v_i": "a contribution: what one layer wrote to the stream",
    "q": "a query",
    "k": "a key; in top-k, how many tokens are kept",
    "z": "the mix of values that a head hands on",
    "d": "how many numbers a key has, where you choose it",
    r"\ell": "by how much the logit of the clean token lies above that of the corrupted one",
    "D": "how many numbers the stream has for each token",
    "D_k": "how many numbers a key of the model has",
    "S": "how many tokens a query may look at; in FlashAttention, a tile of scores",
    "g": "the gain of a norm: one learned factor for each number of a vector; of an optimiser, "
    "the gradient",
    r"\mu": "the part of its speed that momentum keeps",
    r"\epsilon": "a small number that keeps a norm, or a step, from dividing by zero",
    "R": "a rotation, by the angle at its foot; above a letter, the part that is turned",
    "X": "a wave of a signal, as a pair of numbers",
    r"\theta": "how fast a pair turns, in radians per position",
    r"\omega": "how fast a wave turns, in radians per position",
    r"\Delta": "how far a signal is moved",
    r"\tau": "temperature: what the logits are divided by before softmax",
    r"\bmod": "the remainder of a division",
    r"\ln": "the natural logarithm",
    r"\sum": "the sum over what stands below the sign, or over all there is",
    r"\partial": "the derivative: how one number changes when another grows a little",
    r"\top": "a matrix turned over, rows for columns",
    r"\leftarrow": "takes the new value",
    r"\infty": "infinity",
    r"\max": "the largest of",
    r"\min": "the smallest of",
    "F": "the farthest distance that counts",
    "c": "a distance after clipping; in latent attention, the latent",
    "W_{DKV}": "the projection that makes the latent of keys and values",
    "W_{UK}": "makes keys from the latent",
    "W_{UV}": "makes values from the latent",
    "d_n": "how many numbers of a key are never turned",
    "d_r": "how many numbers of a key are turned",
}

LAYOUT = frozenset(
    [
        r"\cdot",
        r"\cos",
        r"\dots",
        r"\frac",
        r"\in",
        r"\le",
        r"\left",
        r"\right",
        r"\sin",
        r"\mid",
        r"\odot",
        r"\qquad",
        r"\quad",
        r"\smash",
        r"\sqrt",
        r"\textstyle",
        r"\times",
        r"\to",
    ]
)
"""Commands of LaTeX that are no symbols of the book: signs of school arithmetic, and spacing."""

ON_PAGE: dict[str, dict[str, str]] = {
    "00_numpy_mlp": {
        "w": "one weight",
        "h": "the outputs of a hidden layer",
        "x": "what a layer reads",
        "s": "logits: a score for every possible answer",
        "p": "a probability",
        "L": "the loss of the units or of the tens",
        "t": "the truth: one for the right digit, zero for every other",
        r"\leftarrow": "in a formula: takes the new value",
        "j": "the right digit",
        "i": "one of the ten digits",
        "u": "each of the ten digits in turn",
        "p_i": "the probability of one of the digits",
        "g": "the gradient",
        "v": "a speed; in Adam, the mean of the squares so far",
        "m": "the mean of the gradients so far",
    },
    "01_from_table_to_text": {
        "V": "the size of the vocabulary",
        "i": "a position in the text",
        "s": "logits: a score for every possible answer",
        "p": "a probability",
        "v": "one token of the vocabulary",
        "u": "any token of the vocabulary",
        "L": "the mean loss of a token",
        "n": "how many tokens",
        "k": "how many tokens are kept",
    },
    "02_attention_by_hand": {
        "x": "what a token is and where it stands, as one vector",
        "v": "a value",
        "S": "how many tokens a query may look at",
        "j": "another position",
        "i": "a position in the text",
        "k": "a key",
        "p": "the weight of a key",
    },
    "03_one_block": {
        "x": "what a part reads: the residual stream",
        "g": "the gain of a norm: one learned factor for each number of a vector",
        "y": "what a layer gives",
        "u": "a row of the unembedding",
        "v": "one token of the vocabulary",
        r"\epsilon": "a small number that keeps a norm from dividing by zero",
    },
    "10_chain_of_thought": {
        "j": "a power of ten",
        "p": "a probability",
    },
    "20_rope": {
        "i": "a position in the text",
        "s": "how far a signal is moved",
        "h": "which head",
        "H": "how many heads there are",
        "j": "another position",
        "R": "a rotation, by the angle at its foot",
        "k": "a key",
        "t": "a position of the signal",
        "m": "in ALiBi, what a head takes off a score for each token of distance",
        "c": "a distance after clipping",
        "n": "which pair of numbers",
        "x": "a signal",
        "y": "the same signal, moved",
    },
    "30_curriculum": {
        "i": "one of several sources",
        "j": "another of them",
        "w": "a weight",
        "w_i": "the weight of a source",
        "p_i": "the probability of a source",
    },
    "31_self_training": {
        "m": "what is divided by",
    },
    "40_kv_cache": {
        "j": "an earlier position",
        "x": "the residual stream",
        "i": "a position in the text",
        "k": "a key",
        "v": "a value",
        "p": "the weight of a key",
        "t": "how many tokens stand there",
    },
    "50_flash_attention": {
        "O": "the sum of exp(score − m) times the value so far; divided by l, the output",
        "m": "the largest score so far",
        "s": "a score",
        "V": "values, of a tile or of the whole text",
        "L": "the logarithm of the sum of exp(score) over all keys of a query",
        "d": "how many numbers a query, a key or a value has",
        "S": "a tile of scores",
        "v": "a value",
    },
    "51_attention_residuals": {
        "x": "the residual stream that a part reads",
        "i": "which contribution",
        "w": "the query of a part",
    },
    "52_feature_collapse": {
        "p": "a probability; with a subscript, in the rank, a share of all singular values",
        "i": "a token; of singular values, which one",
        "j": "another token; of singular values, each in turn",
        "x": "the features of a token",
        "c": "what is added to all logits",
    },
    "60_mla": {
        "R": "a rotation; above a letter, the part that is turned",
        "c": "the latent of a token",
        "x": "the residual stream",
        "k": "a key",
        "h": "which head",
        "i": "the position of a query",
        "j": "the position of a key",
        "v": "a value",
    },
    "61_moe": {
        "i": "one of the experts",
        "x": "the residual stream",
        "s": "how well an expert suits a token",
        "y": "what the layer gives",
        "w_i": "the weight of an expert",
        r"\sum": "the sum over the chosen experts",
    },
    "62_error_book": {"p": "the probability of a whole text"},
    "80_bench": {"p": "the probability of the right token"},
}
"""What a symbol of several meanings means on a page that has it in one."""


def meaning(symbol: str, slug: str) -> str:
    return ON_PAGE.get(slug, {}).get(symbol) or NOTATION.get(symbol, "")


FORMULA = re.compile(r"\$\$(.*?)\$\$|\$([^$]*)\$", re.DOTALL)
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
FIGURE = re.compile(r"\{(?:claim|calc):[^{}]+\}")
WORDS = re.compile(r"\\(?:text|begin|end)\{[^}]*\}")
NAME = re.compile(r"(\\[A-Za-z]+|d?[A-Za-z])(?:_(\{[^{}]*\}|[A-Za-z0-9]))?")


def symbols_in(markdown: str) -> list[str]:
    """The symbols of all formulas of a text, in the order in which they first come.

    A name with a subscript counts as one if the table has it so, else as its two parts; text in
    formulas, figures filled in and code count for nothing.
    """
    found: dict[str, None] = {}
    for displayed, inline in FORMULA.findall(CODE.sub(" ", markdown)):
        formula = FIGURE.sub(" ", displayed or inline)
        formula = formula.replace(r"_{\text{in}}", "_{in}").replace(r"_{\text{out}}", "_{out}")
        for name in names_in(WORDS.sub(" ", formula)):
            found.setdefault(name)
    return list(found)


def names_in(formula: str) -> list[str]:
    """The names of one formula, each as the table has it or, if it has none, as it stands."""
    out: list[str] = []
    for base, subscript in NAME.findall(formula):
        if base in LAYOUT:
            continue
        whole = f"{base}_{subscript}"
        if subscript and whole in NOTATION:
            out.append(whole)
            continue
        out += [base] if base in NOTATION or len(base) == 1 or base[0] == "\\" else [*base]
        out += names_in(subscript)
    return out
