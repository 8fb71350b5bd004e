"""The head that learns to fetch: its frames against torch, its film against its record."""

from __future__ import annotations

import numpy as np
import torch
from safetensors.numpy import load_file

from lab.by_hand import learning_head as learning
from lab.by_hand.learning_head import B_TENS, FILMED, MOVED_ON, N_SEED, Settings, film_path
from lab.data.vocabulary import encode
from lab.records import RECORDS, read_lines

SHORT = Settings(seed=3, steps=60, every=20)


def test_a_frame_is_read_as_torch_reads_it() -> None:
    *_, frame = learning.train(SHORT)
    texts = encode("37*48=90*12=").reshape(2, 6)
    h = torch.from_numpy(frame.tokens)[texts.astype(np.int64)] + torch.from_numpy(frame.places)
    q, k, v = h[..., -1:, :2], h[..., 2:4], h[..., 4:]
    z = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    reading = learning.read(frame, texts)
    assert np.allclose(reading.p, z[:, 0].softmax(-1).numpy())
    assert np.allclose(reading.weights.sum(axis=1), 1)


def test_the_same_seed_learns_the_same_and_a_digit_that_is_left_out_is_in_no_problem() -> None:
    one, other = (learning.film(SHORT) for _ in range(2))
    assert one.errors == other.errors and one.errors[-1] < one.errors[0]
    lowered, held_out = learning.split(7)
    assert 7 not in lowered.tens and 7 in held_out.tens and len(held_out.tens) == one.n
    whole = learning.split()[0]
    assert len(lowered.tens) == (whole.tens != 7).sum()


def test_turning_all_arrows_or_adding_one_to_every_key_changes_no_weight() -> None:
    *_, frame = learning.train(SHORT)
    texts = learning.split()[1].prompts[:50]
    before = learning.read(frame, texts)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    tokens, places = frame.tokens.copy(), frame.places.copy()
    for part in (tokens, places):
        for two in (learning.QUERY, learning.KEY):
            part[:, two] = part[:, two] @ turn
    places[:, learning.KEY] += (5.0, -2.0)
    after = learning.read(learning.Frame(60, tokens, places), texts)
    assert not np.allclose(after.keys, before.keys)
    assert np.allclose(after.weights, before.weights)


def test_a_recorded_film_makes_the_counts_of_its_row() -> None:
    rows = {row["cell"]["seed"]: row for row in read_lines(RECORDS / "learned_head.jsonl")[:N_SEED]}
    _, held_out = learning.split()
    short = learning.one_digit()
    for seed in FILMED:
        film, row = learning.unpacked(load_file(film_path(seed))), rows[seed]
        last = film.frames[-1]
        assert film.errors[-1] == learning.errors(last, held_out) == row["errors_heldout"]
        assert learning.errors(last, held_out, B_TENS) == row["errors_ablated"]
        for at, field in ((None, "errors_one_digit"), (MOVED_ON, "errors_one_digit_moved")):
            tried = film.tried_on(short, at)
            assert (tried.errors[-1], tried.n) == (row[field], row["n_one_digit"])
        assert "".join(str(d) for d in range(10) if row["looks_at"][d] != B_TENS) == (
            "9" if seed == FILMED[-1] else ""
        )
