"""The book's model in one file: its text, its forward pass, its training and its decoding.

Begin here if you know nanoGPT. Nothing can be chosen: these are the default parts of `lab.model`,
trained as the recipe `chain_of_thought` does, in float32. Parameters are named as in the package,
so `GPT().load_state_dict` takes its weights. Tests compare logits, losses and texts of the two.

Shapes: `B` texts, `T` tokens, `D` d_model, `H` heads of `K` numbers, `F` neurons, `V` vocabulary.
"""

import random
from collections.abc import Iterator
from hashlib import blake2b

import torch
import torch.nn.functional as F
from torch import Tensor, nn

VOCABULARY = "0123456789*+=$._"
PROMPT_LENGTH, TEXT_LENGTH = len("37*48="), len("37*48=692+0841=6771$")
N_LAYER, D_MODEL, N_HEAD, HEAD_DIM, D_FF, MAX_LENGTH = 6, 256, 4, 64, 1024, 64

STEPS, BATCH_SIZE, WEIGHT_DECAY, CLIP = 6500, 64, 0.1, 1.0
MUON_RATE, ADAMW_RATE = 0.01, 1.5e-3  # at their peak
WARMUP, DECAY = 50, 0.8  # steps at the beginning, share of the steps at the end


def backwards(number: int, width: int) -> str:
    """296, 3 -> "692" """
    # Carries run from the units up: written in that order, a digit needs only what stands there.
    return f"{number:0{width}}"[::-1]


def write_out(a: int, b: int) -> str:
    """37, 48 -> "37*48=692+0841=6771$": 37 x 8 + 37 x 40 = 296 + 1480 = 1776, back to front."""
    by_units, by_tens = a * (b % 10), a * (b // 10) * 10
    # Each number is as wide as its largest value. So all texts have one length, a batch needs no
    # padding, and a position always holds the same digit of the same number.
    return f"{a:02}*{b:02}={backwards(by_units, 3)}+{backwards(by_tens, 4)}={backwards(a * b, 4)}$"


def encode(texts: list[str]) -> Tensor:
    """One character is one token, so the digits that the working needs lie open. (B, T)"""
    return torch.tensor([[VOCABULARY.index(character) for character in text] for text in texts])


def is_trained_on(a: int, b: int) -> bool:
    """Whether the pair is among the 30% that training may read."""
    # Both orders share one fate, since 48*37 would give 37*48 away. A hash gives every run the same
    # split, with no list to keep, and knows nothing of the digits.
    pair = f"{min(a, b)} x {max(a, b)}".encode()
    return int.from_bytes(blake2b(pair, digest_size=8).digest(), "big") / 2**64 < 0.30


# ---------------------------------------------------------------- the model


class RMSNorm(nn.Module):
    """norm(x) = x / sqrt(mean(x^2) + eps) * gain"""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(D_MODEL))

    def forward(self, x: Tensor) -> Tensor:  # (B, T, D)
        # LayerNorm takes off the mean as well, and is none the better for it (arXiv:1910.07467).
        # eps is inside the root, whose slope at zero would be infinite.
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + 1e-6) * self.gain


class Attention(nn.Module):
    """out = concat over heads of softmax(q k' / sqrt(K)) v, times W_O"""

    def __init__(self) -> None:
        super().__init__()
        self.wq = nn.Linear(D_MODEL, N_HEAD * HEAD_DIM, bias=False)
        self.wk = nn.Linear(D_MODEL, N_HEAD * HEAD_DIM, bias=False)
        self.wv = nn.Linear(D_MODEL, N_HEAD * HEAD_DIM, bias=False)
        self.wo = nn.Linear(N_HEAD * HEAD_DIM, D_MODEL, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            w(x).unflatten(-1, (N_HEAD, HEAD_DIM)).transpose(1, 2)  # (B, T, H K) -> (B, H, T, K)
            for w in (self.wq, self.wk, self.wv)
        )
        # A sum of K products grows like sqrt(K). Undivided, softmax would give nearly
        # all to one key from the start, and hardly a gradient to the others.
        scores = q * HEAD_DIM**-0.5 @ k.mT  # (B, H, T, T)
        # A token that saw the next one could copy what it is to predict. exp(-inf) is zero.
        future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(diagonal=1)
        pattern = scores.masked_fill(future, float("-inf")).softmax(dim=-1)
        z = pattern @ v  # (B, H, T, K)
        return self.wo(z.transpose(1, 2).flatten(2))  # (B, T, D)


class FFN(nn.Module):
    """out = max(0, x W_in)^2 W_out, at each token by itself"""

    def __init__(self) -> None:
        super().__init__()
        self.w_in = nn.Linear(D_MODEL, D_FF, bias=False)
        self.w_out = nn.Linear(D_FF, D_MODEL, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        # Of all changes that a search tried, squaring was among the two best (arXiv:2109.08668).
        return self.w_out(F.relu(self.w_in(x)).square())  # (B, T, D) -> (B, T, F) -> (B, T, D)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attn_norm, self.attention = RMSNorm(), Attention()
        self.ffn_norm, self.ffn = RMSNorm(), FFN()

    def forward(self, x: Tensor) -> Tensor:  # (B, T, D)
        # What is read is normed, and what is added to is not: so the sum hands every gradient down
        # as it is, through any number of layers.
        x = x + self.attention(self.attn_norm(x))
        return x + self.ffn(self.ffn_norm(x))


class GPT(nn.Module):
    """tokens (B, T) -> logits (B, T, V) of the token that follows each"""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(VOCABULARY), D_MODEL)
        self.position = nn.ModuleDict({"table": nn.Embedding(MAX_LENGTH, D_MODEL)})
        self.blocks = nn.ModuleList(Block() for _ in range(N_LAYER))
        self.final_norm = RMSNorm()
        self.unembed = nn.Linear(D_MODEL, len(VOCABULARY), bias=False)
        initialise(self, torch.Generator().manual_seed(seed))

    def forward(self, tokens: Tensor) -> Tensor:
        # A score does not depend on where its key stands, so what stands where is added here.
        x = self.embed(tokens) + self.position["table"](torch.arange(tokens.shape[1]))  # (B, T, D)
        for block in self.blocks:
            x = block(x)
        return self.unembed(self.final_norm(x))  # (B, T, V)


@torch.no_grad()
def initialise(model: GPT, generator: torch.Generator) -> None:
    for name, weight in model.named_parameters():
        if name.endswith(("wo.weight", "w_out.weight", "unembed.weight")):
            # What adds to the stream starts at zero, so at first every layer hands on what it got;
            # zero logits give every token the same probability, and the loss begins at ln V.
            weight.zero_()
        elif name.endswith(("embed.weight", "table.weight")):
            weight.normal_(std=0.02, generator=generator)
        elif name.endswith(("wq.weight", "wk.weight", "wv.weight", "w_in.weight")):
            # A sum of fan_in products keeps the size of its inputs.
            weight.normal_(std=weight.shape[1] ** -0.5, generator=generator)


# ---------------------------------------------------------------- training and decoding


def rate_at(step: int) -> float:
    """The share of the peak learning rates that step `step` takes, from 0."""
    # The first moments rest on a few batches, so the first steps are small. At the end the rate
    # falls to zero, so that the weights settle where the batches agree.
    return min((step + 1) / WARMUP, 1.0, (STEPS - step) / round(DECAY * STEPS))


def adamw(w: Tensor, g: Tensor, m: Tensor, v: Tensor, count: int, rate: float) -> None:
    """m, v: running means of g and g^2;  w -= rate m / (sqrt(v) + eps)"""
    m.lerp_(g, 1 - 0.9)
    v.mul_(0.95).addcmul_(g, g, value=1 - 0.95)
    # Both began at zero and are too small by these factors (arXiv:1412.6980, section 3).
    root = (v / (1 - 0.95**count)).sqrt_().add_(1e-8)
    w.addcdiv_(m, root, value=-rate / (1 - 0.9**count))


def muon(w: Tensor, g: Tensor, m: Tensor, rate: float) -> None:
    """m: running mean of g;  w -= rate (decay w + sqrt(max(1, rows / columns)) orthogonal(g, m))"""
    m.lerp_(g, 1 - 0.95)
    # Nesterov's form, a look ahead: the mean with some of the newest gradient once more.
    update = orthogonal(g.lerp(m, 0.95))
    # However small g is, the update is as large: only decay bounds w (arXiv:2502.16982, section 2).
    w.mul_(1 - rate * WEIGHT_DECAY)
    # A tall matrix has more outputs than directions; the root makes each output move as far.
    w.add_(update, alpha=-rate * max(1.0, w.shape[0] / w.shape[1]) ** 0.5)


def orthogonal(g: Tensor) -> Tensor:
    """About U V' for g = U S V': the same directions, all equally strong."""
    # A few directions dominate a gradient. Made equal, the rare ones are learned as fast
    # (Jordan 2024, kellerjordan.github.io/posts/muon, which also gives the three numbers).
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = g.shape[0] > g.shape[1]  # lying, so that x x' is the smaller of the two products
    x = (g.T if tall else g).bfloat16()  # five rounds reach 0.7 to 1.2: no need of finer numbers
    x = x / (x.norm() + 1e-7)  # the iteration needs singular values of at most 1
    for _ in range(5):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.T if tall else x).to(g.dtype)


class Optimiser:
    """Muon for the matrices of the layers, AdamW for the tables, the gains and the unembedding."""

    def __init__(self, model: GPT) -> None:
        self.model, self.count = model, 0
        self.m = {name: torch.zeros_like(w) for name, w in model.named_parameters()}
        self.v = {name: torch.zeros_like(w) for name, w in model.named_parameters()}

    @torch.no_grad()
    def step(self, share: float) -> None:
        self.count += 1
        for name, w in self.model.named_parameters():
            assert w.grad is not None
            # A gain, or a row of a table, is a vector by itself: it has no directions to balance.
            if name.startswith("blocks") and w.ndim == 2:
                muon(w, w.grad, self.m[name], share * MUON_RATE)
            else:
                adamw(w, w.grad, self.m[name], self.v[name], self.count, share * ADAMW_RATE)


def train_step(model: GPT, optimiser: Optimiser, tokens: Tensor, step: int) -> float:
    """The mean of -ln p(right token) over what the model has to write, before the step."""
    logits = model(tokens[:, :-1])  # (B, T - 1, V)
    # The prompt bears no loss: its digits are drawn at random, so there is nothing to learn there.
    predicted, right = logits[:, PROMPT_LENGTH - 1 :], tokens[:, PROMPT_LENGTH:]
    loss = F.cross_entropy(predicted.flatten(0, 1), right.flatten())
    loss.backward()
    # One odd batch must not spoil the running means for many steps.
    nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimiser.step(rate_at(step))
    model.zero_grad()
    return loss.item()


def train(model: GPT, seed: int = 0) -> Iterator[float]:
    """Train in place; gives the loss of each step."""
    optimiser, rng = Optimiser(model), random.Random(seed)
    pairs = [(a, b) for a in range(100) for b in range(100) if is_trained_on(a, b)]
    for step in range(STEPS):
        texts = [write_out(a, b) for a, b in rng.choices(pairs, k=BATCH_SIZE)]
        yield train_step(model, optimiser, encode(texts), step)


@torch.no_grad()
def multiply(model: GPT, a: int, b: int) -> str:
    """What the model writes for a x b. Only one text is right, so no token is drawn by chance."""
    text = f"{a:02}*{b:02}="
    while len(text) < TEXT_LENGTH and not text.endswith("$"):
        # All is read again for each token; `lab/model/cache.py` keeps what it would compute twice.
        logits = model(encode([text]))  # (1, T, V)
        text += VOCABULARY[int(logits[0, -1].argmax())]
    return text
