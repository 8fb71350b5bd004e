"""The proof that anyone can run: a model's errors, counted again by NumPy and nothing of `lab`.

    python tools/independent.py chain_of_thought

Files, text, split and network are written here a second time: a wrong count would take the same
mistake twice. Shapes: `B` texts side by side, `S` tokens read so far, `D` d_model, `H` heads, `K`
numbers of a query, `V` vocabulary, `A` axes of a position. Exits with 1 where the record says
another count, with 2 for what it cannot count.
"""

import argparse
import json
import random
import sys
import time
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
HELDOUT_FROM, TEST_FROM, BATCH = 0.30, 0.40, 100
COUNTS = ("n", "errors_strict", "errors_answer", "n_heldout", "errors_strict_heldout")
PARTS = {"rotary", "half", "coupled_rotary", "none", "multi_head", "dense", "relu2", "math", "sdpa"}
LATER = {"latent", "absorbed_latent", "mixture_of_experts", "attention", "block_attention", "plain"}
KNOWN = PARTS | LATER | {"learned", "clipped_coupled_rotary", "cot", "reversed", "cot_reversed"}
DEFAULTS = {"block": {"kind": "sequential"}}  # a part that is as it always was says nothing new
UNKNOWN = {"qk_norm": (False,), "n_group": (1,)}  # what else a part may be, and may not here
Run = dict[str, Any]  # what config.json and result.json say, and "weights" in float32 by name


def read_run(name: str, root: Path = CHECKPOINTS) -> Run:
    """`ValueError` for an unknown name, a damaged file, and what cannot be computed here."""
    if name not in (runs := sorted(path.parent.name for path in root.glob("*/config.json"))):
        raise ValueError(f"no run is called {name!r}; there are: {', '.join(runs)}")
    try:
        run = json.loads((root / name / "config.json").read_bytes())
        run |= json.loads((root / name / "result.json").read_bytes())
        parts = [
            part
            for name, part in {"format": run["format"], **run["model"]}.items()
            if isinstance(part, dict) and part != DEFAULTS.get(name)
        ]
        words = {word for part in parts for word in part.values() if isinstance(word, str)}
        unknown = [
            name
            for part in parts
            for name in part
            if part[name] not in UNKNOWN.get(name, (part[name],))
        ]
        if unknown := sorted(words - KNOWN) or unknown:
            raise ValueError(f"{unknown} is not among {sorted(KNOWN)}")
        run["weights"] = read_safetensors((root / name / "model.safetensors").read_bytes())
        decode(run, ["0*0="], 6)  # what is missing or does not fit shows here
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{name} cannot be read: {type(error).__name__}, {error}") from error
    return run


def read_safetensors(data: bytes) -> dict[str, np.ndarray]:
    """Eight bytes, the length of the header; the header, in JSON; the numbers of each tensor."""
    start = 8 + int.from_bytes(data[:8], "little")
    tensors: dict[str, np.ndarray] = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            raw = data[start + begin : start + end]
            values = np.frombuffer(raw, {"BF16": "<u2", "F16": "<f2", "F32": "<f4"}[entry["dtype"]])
            if entry["dtype"] == "BF16":  # the upper half of a float32
                values = (values.astype("<u4") << 16).view("<f4")
            tensors[name] = values.astype(np.float32).reshape(entry["shape"])
    return tensors


def write(style: str, a: int, b: int, p: int, q: int) -> str:
    """a (p digits) times b (q digits) by schoolbook: `12*34=840+0630=8040$` in cot_reversed."""
    working, answer, total, step = "", "", 0, -1 if "reversed" in style else 1
    for j, digit in enumerate(f"{b:0{q}}"[::-1]):
        product = a * int(digit) * 10**j
        total += product
        summand, answer = (f"{number:0{p + 1 + j}}"[::step] for number in (product, total))
        working += f"+{summand}={answer}" if j else summand
    return f"{a:0{p}}*{b:0{q}}={working if 'cot' in style else answer}$"


def split(a: int, b: int) -> float:
    """u in [0, 1) of an unordered pair. Training takes u < 0.30, tests take 0.40 <= u."""
    digest = blake2b(f"{min(a, b)} x {max(a, b)}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def draw(padded: bool, p: int, q: int, n: int, seed: str) -> list[tuple[int, int]]:
    """`n` different pairs of up to p and q digits or, not padded, test pairs of exactly so many."""
    rng = random.Random(seed)
    if padded:
        return [divmod(index, 10**q) for index in rng.sample(range(10 ** (p + q)), n)]
    a, b = (range(10 ** (width - 1) if width > 1 else 0, 10**width) for width in (p, q))
    drawn = dict.fromkeys((rng.choice(a), rng.choice(b)) for _ in range(4 * n + 100))
    return [pair for pair in drawn if split(*pair) >= TEST_FROM][:n]


def rms_norm(x: np.ndarray, gain: np.ndarray, eps: float) -> np.ndarray:
    """x / sqrt(mean(x^2) + eps) * gain"""
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps) * gain


def read_notes(run: Run, notes: list[np.ndarray], reading: int) -> np.ndarray:
    """What a layer reads of all notes so far, (B, D) each: their sum, or a softmax by its query
    over the notes, or over the sums of the two notes of each of several layers."""
    query, each = run["weights"].get(f"residual.queries.{reading}"), 1
    if query is None:
        return sum(notes[1:], notes[0])
    if layers := run["model"]["residual"].get("block_size"):
        each = 2 * layers
    sums = [np.sum(notes[i : i + each], axis=0) for i in range(1, len(notes), each)]
    scores = rms_norm(v := np.stack([notes[0], *sums]), query, run["model"]["norm_eps"]).sum(
        -1, keepdims=True
    )
    p = np.exp(scores - scores.max(axis=0))
    return (p / p.sum(axis=0) * v).sum(axis=0)


def turn(y: np.ndarray, turns: Any) -> np.ndarray:
    """Of the last K numbers of a head, i and i + K/2 are one complex number, and turn."""
    if turns is None:
        return y
    half = turns.shape[-1]
    z = (y[..., -2 * half : -half] + 1j * y[..., -half:]) * turns
    still = np.broadcast_to(y[..., : -2 * half], (*z.shape[:-1], y.shape[-1] - 2 * half))
    return np.concatenate([still, z.real, z.imag], axis=-1)


def heads(run: Run, w: Run, h: np.ndarray) -> tuple[np.ndarray, ...]:
    """Queries, keys and values of the newest token, (B, H, K), (B, H, K) and (B, H, Dv)."""
    shape = (len(h), run["model"]["attention"]["n_head"], -1)
    if "attention.w_dkv.weight" not in w:
        return tuple((h @ w[f"attention.w{name}.weight"].T).reshape(shape) for name in "qkv")
    low = {  # queries from one latent, keys and values from another
        name: rms_norm(h @ w[f"attention.w_d{name}.weight"].T, gain, run["model"]["norm_eps"])
        for name, gain in (("q", w["attention.q_norm.gain"]), ("kv", w["attention.kv_norm.gain"]))
    }
    of = {"uq": "q", "qr": "q", "uk": "kv", "uv": "kv"}
    q, qr, k, v = ((low[of[n]] @ w[f"attention.w_{n}.weight"].T).reshape(shape) for n in of)
    kr = (h @ w["attention.w_kr.weight"].T)[:, None]  # one for all heads
    q = np.concatenate([q, qr], axis=-1)
    return q, np.concatenate([k, np.broadcast_to(kr, (*k.shape[:2], kr.shape[-1]))], axis=-1), v


def think(run: Run, w: Run, h: np.ndarray) -> np.ndarray:
    """The FFN's note, (B, D): of all neurons, or of the shared and of the chosen experts'."""
    if "ffn.router.weight" not in w:
        return neurons(w, "ffn", h, slice(None))
    ffn, s = run["model"]["ffn"], 1 / (1 + np.exp(-h @ w["ffn.router.weight"].T))
    best = np.argsort(-(s + w["ffn.bias"]), axis=-1)[:, : ffn["num_experts_per_tok"]]
    g = np.zeros_like(s)  # 0 for an expert that is not chosen
    np.put_along_axis(g, best, np.take_along_axis(s, best, -1), -1)
    g *= ffn["routed_scaling_factor"] / g.sum(-1, keepdims=True)
    size, shared = ffn["moe_intermediate_size"], "ffn.shared.w_in.weight" in w
    own = [neurons(w, "ffn", h, slice(e * size, (e + 1) * size)) for e in range(g.shape[1])]
    common = [neurons(w, "ffn.shared", h, slice(None))] if shared else []
    return sum((g[:, [e]] * note for e, note in enumerate(own)), sum(common, np.zeros_like(h)))


def neurons(w: Run, name: str, h: np.ndarray, some: slice) -> np.ndarray:
    post = np.maximum(h @ w[f"{name}.w_in.weight"][some].T, 0) ** 2
    return post @ w[f"{name}.w_out.weight"][:, some].T


def next_logits(run: Run, ids: list[int], cache: list[Any], slot: int, turns: Any) -> np.ndarray:
    """Reads the token in `slot` of each text, (B,): the logits of the token after it, (B, V)."""
    weights, eps = run["weights"], run["model"]["norm_eps"]
    x = weights["embed.weight"][ids]  # the stream, (B, D)
    if "position.table.weight" in weights:
        x = x + weights["position.table.weight"][slot]
    notes = [x]
    for n in range(len(cache)):
        w = {name.removeprefix(f"blocks.{n}."): tensor for name, tensor in weights.items()}
        h = rms_norm(x, w["attn_norm.gain"], eps)
        q, k, v = heads(run, w, h)
        cache[n].append((k, v))
        keys, values = (np.stack(kept, axis=2) for kept in zip(*cache[n], strict=True))
        turned = turn(q[:, :, None], turns)  # for each token that was read, (B, H, S, K)
        scores = (keys * turned).sum(axis=-1) / q.shape[-1] ** 0.5  # (B, H, S)
        pattern = np.exp(scores - scores.max(axis=-1, keepdims=True))
        pattern = pattern / pattern.sum(axis=-1, keepdims=True)  # softmax, (B, H, S)
        z = (pattern[..., None, :] @ values).reshape(len(h), -1)
        notes.append(z @ w["attention.wo.weight"].T)
        x = read_notes(run, notes, 2 * n)
        h = rms_norm(x, w["ffn_norm.gain"], eps)
        notes.append(think(run, w, h))
        x = read_notes(run, notes, 2 * n + 1)
    return rms_norm(x, weights["final_norm.gain"], eps) @ weights["unembed.weight"].T


def coupled(text: str) -> list[tuple[int, int]]:
    """(place, line) of each token: (k, 0) for digit k of a, (0, k) of b, (p + 1, q) for `*`, then
    where the digit after the token belongs: 10^s in partial product or sum j at (s - j, j)."""
    p, q = (len(operand) for operand in text[: text.index("=")].split("*"))
    places = [(p - 1 - k, 0) for k in range(p)] + [(p + 1, q)] + [(0, q - 1 - k) for k in range(q)]
    for n, number in enumerate(text[p + q + 1 :].replace("+", "=").split("=")[1:]):
        j = (n + 1) // 2  # partial product 0, then partial product and sum 1, 2, ...
        places += [(s - j, j) for s in range(len(number) + 1)]
    return places


def decode(run: Run, texts: list[str], length: int) -> list[str]:
    """Prompts of one length, greedily written on to `length`. `ValueError` past a learned table."""
    at, attention, words = run["model"]["position"], run["model"]["attention"], run["vocabulary"]
    if length - 1 > at.get("max_length", length):
        raise ValueError(f"{length} tokens are more than its {at['max_length']} learned positions")
    K, turns = attention.get("head_dim") or attention["qk_rope_head_dim"], None
    cache: list[Any] = [[] for _ in range(run["model"]["n_layer"])]
    for slot in range(length - 1):
        if "base" in at:  # rotary: from how far behind a token lies, (B, S, A), an angle for a pair
            where = coupled if "coupled" in at["kind"] else lambda t: [(s,) for s in range(len(t))]
            places = np.array([where(text)[: slot + 1] for text in texts])
            A = places.shape[-1]
            far = [at.get(f"farthest_{axis}", np.inf) for axis in ("place", "line")][:A]
            distance = np.clip(places[:, [slot]] - places, np.negative(far), far)
            speeds = at["base"] ** (-np.arange(0, K, 2 * A) / K) / at.get("factor", 1)
            angles = (distance[..., None] * speeds).reshape(len(texts), 1, slot + 1, K // 2)
            turns = np.exp(1j * angles).astype(np.complex64)
        ids = [words.index(text[slot]) for text in texts]
        logits = next_logits(run, ids, cache, slot, turns)
        if slot + 1 == len(texts[0]):
            texts = [t + words[i] for t, i in zip(texts, logits.argmax(-1), strict=True)]
    return texts


def count(run: Run, pairs: list[tuple[int, int]], p: int, q: int) -> dict[str, int]:
    """Strict errors, where any token that is written is wrong, and errors in the answer alone."""
    rows: list[tuple[int, ...]] = []
    data = run["recipe"].get("data") or {"kind": run["recipe"].get("trains_on_everything")}
    for begin in range(0, len(pairs), BATCH):
        right = [write(run["format"]["style"], *ab, p, q) for ab in pairs[begin : begin + BATCH]]
        texts = decode(run, [text[: p + q + 2] for text in right], len(right[0]))
        for pair, text, good in zip(pairs[begin : begin + BATCH], texts, right, strict=True):
            held = split(*pair) >= HELDOUT_FROM and data["kind"] not in (True, "whole_table")
            strict, answer = text != good, text[-1 - p - q : -1] != good[-1 - p - q : -1]
            rows.append((1, strict, answer, held, strict and held))
        print(f"{len(rows):,} of {len(pairs):,}", end="\r", file=sys.stderr)
    return dict(zip(COUNTS, map(sum, zip(*rows, strict=True)), strict=True))


def report(asked: argparse.Namespace) -> int:
    """Count and print; 1 where the record says another count. `ValueError` says what is allowed."""
    run, began = read_run(asked.run), time.perf_counter()
    padded, own = run["format"]["padded"], f"{run['format']['p']}x{run['format']['q']}"
    shapes = [own] if padded else [f"{p}x{q}" for p in range(1, 11) for q in range(1, 11)]
    if (digits := asked.digits or own) not in shapes:
        raise ValueError(f"--digits {digits}: {asked.run} knows {shapes[0]} to {shapes[-1]}")
    p, q = (int(width) for width in digits.split("x"))
    most = 10 ** (p + q) if padded else 100_000
    n = asked.pairs or str(most if padded else 1000)
    if not (n.isdecimal() and 1 <= int(n) <= most):
        raise ValueError(f"--pairs {n}: allowed are whole numbers from 1 to {most:,}")
    counts = count(run, draw(padded, p, q, int(n), asked.seed), p, q)
    last = [reading for reading in run["readings"] if reading["n"] == counts["n"]][-1:]
    agrees = counts.items() <= last[0].items() if last else None
    line = "{}, wrong of {n:,}: {errors_strict:,} texts (strict), {errors_answer:,} answers; "
    line += "held out: {errors_strict_heldout:,} of {n_heldout:,}"
    print(line.format(asked.run, **counts))
    print("agrees with the record" if agrees else f"the record says {last or 'nothing of so many'}")
    drawn = f"{n} of {'all' if padded else 'the test'} pairs, seed {asked.seed}"
    document = {"run": asked.run, "digits": digits, "drawn": drawn, **counts}
    print(json.dumps(document | {"seconds": round(time.perf_counter() - began, 1)}))
    return int(agrees is False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=argparse.SUPPRESS, description=__doc__)
    parser.add_argument("run", help="a folder of checkpoints/")
    parser.add_argument("--pairs", help="how many; default all, 1,000 of a run of many lengths")
    parser.add_argument("--seed", default="1", help="of the generator that draws them, any text")
    parser.add_argument("--digits", help="such as 4x4, where a run knows many; default its longest")
    try:
        sys.exit(report(parser.parse_args()))
    except (ValueError, LookupError) as error:
        parser.error(str(error))
