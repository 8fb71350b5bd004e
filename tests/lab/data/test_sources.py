"""sources: what is drawn is what is said to be shown, and nothing of it is held out."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tiny import refused_otherwise

from lab.data.difficulty import MEASURES
from lab.data.problems import (
    Format,
    Integers,
    SplitName,
    all_pairs,
    pairs_of,
    sample_pairs,
    split_value,
    split_values,
)
from lab.data.sources import (
    KINDS,
    ListedPairs,
    Marked,
    Mix,
    PackedStream,
    Pairs,
    Picked,
    Pool,
    Shapes,
    Source,
    WholeTable,
    WrittenTexts,
    source_from_dict,
    source_to_dict,
)
from lab.data.vocabulary import PADDING, decode

FORM, SMALL = Format("cot_reversed"), Format("cot_reversed", 1, 2)
MIXED = Format("cot_reversed", padded=False)
SHAPES = ((1, 1), (1, 2), (2, 2))
LISTED = tuple((a, b) for a in range(20) for b in range(a, 20) if split_value(a, b) < 0.2)[:6]
HELD = next((1, b) for b in range(100) if split_value(1, b) >= 0.30)

TEXTS = tuple(FORM.text(a, b)[:-2] + "9$" for a, b in LISTED)
"""What nobody has corrected: the answer of each may be wrong."""

SOURCES: dict[str, Source] = {
    "pairs": Pairs(FORM, 0.1),
    "unpadded pairs": Pairs(MIXED, 0.1),
    "listed": ListedPairs(FORM, LISTED, 0.2),
    "table": WholeTable(),
    "shapes": Shapes(MIXED, SHAPES, 0.1),
    "zeros in front": Shapes(FORM, SHAPES, 0.1),
    "picked": Picked(Shapes(MIXED, SHAPES, 0.1), "carries", 2),
    "written": WrittenTexts(FORM, TEXTS, 0.2),
    "pool": Pool(Shapes(MIXED, ((1, 1), (1, 2)), 0.2), 150),
    "packed": PackedStream(Pairs(FORM, 0.1), 40),
    "packed list": PackedStream(ListedPairs(FORM, LISTED, 0.2), 40),
    "marked": Marked(Pairs(FORM, 0.1), "+"),
    "mix": Mix(
        (
            (Pairs(Format("plain", 1, 2), 0.1), 1),
            (Shapes(MIXED, SHAPES, 0.2), 2.5),
            (PackedStream(Pairs(FORM, 0.1), 40), 1),
        )
    ),
}


def those_that_do_not(holds: Callable[[Source], bool]) -> list[str]:
    """The names of the sources of which it does not hold."""
    return [name for name, source in SOURCES.items() if not holds(source)]


def pairs_in(row: list[int]) -> set[tuple[int, int]]:
    """The operands of the whole texts in a row: of a stream not the first, which may be cut."""
    *texts, _ = decode(row).rstrip("_").split("$")
    whole = texts if len(texts) == 1 else texts[1:]
    sums = (text.lstrip("+").split("=")[0].split("*") for text in whole)
    return {(int(a), int(b)) for a, b in sums}


def test_every_kind_of_source_is_tried() -> None:
    assert {type(source) for source in SOURCES.values()} == {*KINDS.values()}


def test_a_draw_has_the_shape_that_the_source_says() -> None:
    def as_it_says(source: Source) -> bool:
        drawn = [(n, *source.draw(np.random.default_rng(0), n)) for n in (1, 17)]
        return all(
            tokens.shape == mask.shape == (n, source.tokens_per_row)
            and (tokens.dtype, mask.dtype) == (np.uint8, bool)
            for n, tokens, mask in drawn
        )

    assert those_that_do_not(as_it_says) == []


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_what_is_drawn_is_what_is_said_to_be_shown_and_all_of_it(source: Source) -> None:
    sums_a_row = source.tokens_per_row // source.format.length
    rows = 60_000 if isinstance(source, Mix) else 60_000 // sums_a_row
    tokens, _ = source.draw(np.random.default_rng(0), rows)
    different = np.unique(tokens, axis=0)
    drawn = set[tuple[int, int]]().union(*(pairs_in(row) for row in different.tolist()))
    said = {(a, b) for a, b in np.argwhere(source.trained_on()).tolist()}
    assert drawn <= said
    assert len(drawn) > (0.4 if isinstance(source, Pool) else 0.99) * len(said) > 0
    assert all(split_value(a, b) < source.fraction for a, b in said)


def test_padding_bears_no_loss_and_every_row_bears_some() -> None:
    def bears(source: Source) -> bool:
        tokens, mask = source.draw(np.random.default_rng(0), 500)
        return bool(not mask[tokens == PADDING].any() and mask.any(axis=1).all())

    assert those_that_do_not(bears) == []


@pytest.mark.parametrize("split", ["validation", "test", "heldout"])
def test_what_is_held_out_is_never_shown(split: SplitName) -> None:
    def held_out(source: Source, a: Integers, b: Integers) -> bool:
        return len(a) > 0 and split_values(a, b).min() >= 0.30 >= source.fraction

    def holds(source: Source) -> bool:
        found = source.problems(split, 300)
        asks = bool(found) is not isinstance(source, WholeTable | WrittenTexts | Marked)
        return asks and all(held_out(source, a, b) for _, a, b in found)

    assert those_that_do_not(holds) == []


def test_the_problems_of_training_are_shown() -> None:
    def holds(source: Source) -> bool:
        shown = source.trained_on()
        return all(
            len(a) > 0 and shown[a, b].all() and a.max() < 10**form.p and b.max() < 10**form.q
            for form, a, b in source.problems("train", 300)
        )

    assert those_that_do_not(holds) == []


def test_a_source_survives_json_with_its_kind() -> None:
    def survives(source: Source) -> bool:
        document = source_to_dict(source)
        return KINDS[document["kind"]] is type(source) and source_from_dict(document) == source

    assert those_that_do_not(survives) == []


# ---------------------------------------------------------------- each kind


def test_pairs_are_sampled_from_the_generator_and_nothing_else() -> None:
    expected = SMALL.render(*sample_pairs(np.random.default_rng(3), 50, 1, 2, 0.0, 0.1))
    found = Pairs(SMALL, 0.1).draw(np.random.default_rng(3), 50)
    assert (found[0] == expected[0]).all() and (found[1] == expected[1]).all()


def test_pairs_too_many_to_be_listed_are_asked_by_a_seed() -> None:
    source = Pairs(Format("plain", 3, 3), 0.1)
    splits: dict[SplitName, tuple[float, float]] = {"train": (0, 0.1), "validation": (0.3, 0.4)}
    for split, (low, high) in splits.items():
        ((form, a, b),) = source.problems(split, 100)
        ((_, again, _),) = source.problems(split, 100)
        u = split_values(a, b)
        assert form == source.format and len(a) == 100 and (a == again).all() and max(a) > 99
        assert low <= u.min() and u.max() < high
    with pytest.raises(ValueError, match="at most 2x2 are listed"):
        source.trained_on()


def test_listed_pairs_are_shown_in_both_orders_and_no_others() -> None:
    source = ListedPairs(FORM, LISTED)
    drawn = {
        pair for row in source.draw(np.random.default_rng(0), 400)[0] for pair in pairs_in(row)
    }
    assert drawn == {*LISTED, *((b, a) for a, b in LISTED)}
    assert (source.trained_on() == source.trained_on().T).all()
    assert source.trained_on().sum() == len(drawn)
    ((_, a, b),) = source.problems("train", 1000)
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == sorted(drawn)


def test_the_whole_table_shows_all_products_and_asks_nothing_else() -> None:
    source = WholeTable()
    assert source.trained_on().shape == (10, 10) and source.trained_on().all()
    ((_, a, b),) = source.problems("train", 1000)
    assert (a == all_pairs(1, 1)[0]).all() and (b == all_pairs(1, 1)[1]).all()
    assert source.problems("heldout", 1000) == []


def test_shapes_have_no_leading_zero_and_come_as_often_as_they_are_listed() -> None:
    source = Shapes(MIXED, ((1, 1), (2, 1), (2, 1)))
    met: Counter[tuple[int, int]] = Counter()
    for row in source.draw(np.random.default_rng(0), 3000)[0].tolist():
        ((a, b),) = pairs_in(row)
        assert decode(row).startswith(f"{a}*{b}=")
        met[len(str(a)), len(str(b))] += 1
    assert met.keys() == {(1, 1), (2, 1)}
    assert abs(met[2, 1] / 3000 - 2 / 3) < 4 * (2 / 9 / 3000) ** 0.5


def test_a_stream_is_longer_than_its_texts_and_holds_them_behind_one_another() -> None:
    source = PackedStream(Pairs(SMALL), 40)
    tokens, _ = source.draw(np.random.default_rng(0), 5)
    for row in tokens.tolist():
        ends = [place for place, character in enumerate(decode(row)) if character == "$"]
        assert len(ends) >= 2 and set(np.diff(ends)) == {SMALL.length}
    assert source.problems("validation", 100)[0][0] == SMALL


# ---------------------------------------------------------------- mixes


def test_a_mark_stands_before_every_text_and_is_not_predicted() -> None:
    plain, marked = Pairs(FORM, 0.1), Marked(Pairs(FORM, 0.1), "+")
    (texts, bears), (tokens, mask) = (
        source.draw(np.random.default_rng(4), 20) for source in (plain, marked)
    )
    assert [decode(row) for row in tokens] == ["+" + decode(row) for row in texts]
    assert (mask[:, 1:] == bears).all() and not mask[:, 0].any()


def test_a_mix_draws_its_sources_by_their_weights() -> None:
    short, long = Pairs(Format("plain", 1, 2)), Pairs(FORM)
    tokens, _ = Mix(((short, 1), (long, 3))).draw(np.random.default_rng(0), 4000)
    of_long = (tokens[:, -1] != PADDING).mean()
    assert abs(of_long - 3 / 4) < 4 * (3 / 16 / 4000) ** 0.5


def test_a_row_of_a_mix_is_a_row_of_its_source_filled_up_at_the_end() -> None:
    """The generator's calls: the sources of all rows, then the texts of each source in turn."""
    short, long = Pairs(Format("plain", 1, 2), 0.1), PackedStream(Pairs(FORM), 40)
    tokens, mask = Mix(((short, 1), (long, 1))).draw(np.random.default_rng(5), 30)
    rng = np.random.default_rng(5)
    chosen = rng.choice(2, 30, p=[0.5, 0.5])
    for number, source in enumerate((short, long)):
        texts, its_mask = source.draw(rng, int((chosen == number).sum()))
        width = source.tokens_per_row
        assert (tokens[chosen == number, :width] == texts).all()
        assert (mask[chosen == number, :width] == its_mask).all()
        assert (tokens[chosen == number, width:] == PADDING).all()
    assert tokens.shape[1] == long.tokens_per_row > short.tokens_per_row


def test_a_mix_may_leave_a_source_out_of_a_batch() -> None:
    mix = Mix(((Pairs(SMALL), 1e-6), (Pairs(FORM), 1e6)))
    tokens, _ = mix.draw(np.random.default_rng(0), 8)
    assert (tokens != PADDING).all()


def test_a_mix_asks_what_is_held_out_once_however_many_sources_hold_it_out() -> None:
    mix = Mix(((Pairs(FORM, 0.1), 1), (ListedPairs(FORM, LISTED), 1), (Pairs(SMALL), 1)))
    found = mix.problems("validation", 30_000)
    assert [form for form, _, _ in found] == [FORM, SMALL]
    assert [len(a) for _, a, _ in found] == [
        *(len(pairs_of("validation")[0]), len(pairs_of("validation", 1, 2)[0]))
    ]


def test_a_mix_is_taken_to_write_what_its_first_source_writes() -> None:
    mix = Mix(((Pairs(SMALL, 0.1), 1), (Pairs(FORM, 0.2), 1)))
    assert (mix.format, mix.fraction) == (SMALL, 0.2)
    assert mix.trained_on().shape == (100, 100)
    assert (mix.trained_on() == Pairs(FORM, 0.2).trained_on()).all()


def test_a_mix_asks_as_much_of_every_format() -> None:
    mix = Mix(((Shapes(MIXED, SHAPES), 1), (Pairs(FORM), 1)))
    found = mix.problems("test", 300)
    assert [(form.p, form.q, len(a)) for form, a, _ in found] == [
        *((1, 1, 100), (1, 2, 100), (2, 2, 100))
    ]
    assert found[2][1].min() >= 10  # as the first source asks it: without zeros in front


def test_picked_sums_have_more_of_what_they_are_picked_by() -> None:
    shapes = Shapes(Format("cot_reversed", 3, 3, padded=False), ((3, 3), (3, 2)))
    for by in MEASURES:
        usual, picked = (
            np.mean(
                [
                    MEASURES[by](np.array([a]), np.array([b]))
                    for row in source.draw(np.random.default_rng(0), 300)[0].tolist()
                    for a, b in pairs_in(row)
                ]
            )
            for source in (shapes, Picked(shapes, by))
        )
        assert picked > 1.03 * usual + 0.02, by


def test_picked_sums_keep_the_shares_of_their_shapes() -> None:
    shapes = ((1, 1), (3, 3), (3, 3), (3, 3))
    source = Picked(Shapes(Format("cot_reversed", 3, 3, padded=False), shapes), "carries")
    tokens, _ = source.draw(np.random.default_rng(0), 2000)
    assert abs((tokens[:, -1] == PADDING).mean() - 1 / 4) < 4 * (3 / 16 / 2000) ** 0.5


def test_a_pool_shows_so_many_texts_and_no_others() -> None:
    pool = Pool(Pairs(FORM), 100, seed=3)
    seen = np.unique(pool.draw(np.random.default_rng(0), 5000)[0], axis=0)
    again = np.unique(pool.draw(np.random.default_rng(1), 5000)[0], axis=0)
    assert len(seen) == 100 and (seen == again).all()
    other = np.unique(replace(pool, seed=4).draw(np.random.default_rng(0), 5000)[0], axis=0)
    assert other.shape != seen.shape or (other != seen).any()


def test_a_pool_larger_than_its_source_is_refused_at_its_first_draw() -> None:
    with pytest.raises(ValueError, match="n=500 different texts were not found in Shapes"):
        Pool(Shapes(MIXED, ((1, 1),)), 500).draw(np.random.default_rng(0), 1)


def test_what_was_written_is_shown_as_it_was_written() -> None:
    tokens, mask = WrittenTexts(FORM, TEXTS).draw(np.random.default_rng(0), 200)
    assert {decode(row) for row in tokens} == set(TEXTS)
    assert (mask == Pairs(FORM).draw(np.random.default_rng(0), 1)[1]).all()


# ---------------------------------------------------------------- what is refused

NO_PAIRS: list[Any] = [
    *(None, 7, "12", (), [(1, 2)], (1, 2), ((1,),), ((1, 2, 3),), (("1", "2"),), ((1.0, 2.0),)),
    *(((True, True),), ((-1, 2),)),
]


def test_what_is_no_list_of_pairs_is_refused_by_name() -> None:
    cases = [
        (
            (name, x),
            lambda make=make, form=form, x=x: make(form, x),
            f"{name}=.* must be pairs of whole numbers",
        )
        for name, make, form in (("pairs", ListedPairs, FORM), ("shapes", Shapes, MIXED))
        for x in NO_PAIRS
    ]
    assert refused_otherwise(cases) == []


REFUSED: dict[str, tuple[Any, str]] = {
    "all": (lambda: Pairs(FORM, 1.0), r"fraction=1\.0 of the pairs; .* at most 0\.3"),
    "nothing": (lambda: Pairs(FORM, 0.0), r"fraction=0\.0 of the pairs"),
    "a held out shape": (lambda: Shapes(MIXED, SHAPES, 0.31), r"fraction=0\.31"),
    "a held out list": (lambda: ListedPairs(FORM, LISTED, 0.31), r"fraction=0\.31"),
    "no format": (lambda: Pairs("plain"), "format='plain' must be a Format"),  # pyright: ignore
    "two widths": (lambda: ListedPairs(SMALL, ((0, 0),)), "p=1 and q=2 differ"),
    "a held out pair": (
        lambda: ListedPairs(FORM, (HELD,)),
        rf"pairs holds \({HELD[0]}, {HELD[1]}\), whose u=.* is not below fraction=0\.3: it is held",
    ),
    "a pair of no fraction": (
        lambda: ListedPairs(FORM, LISTED, 0.001),
        r"is not below fraction=0\.001: it is held out",
    ),
    "a long number": (
        lambda: ListedPairs(FORM, ((1, 100),)),
        r"pairs holds \(1, 100\); the format has 2 digits",
    ),
    "picked pairs": (lambda: Picked(Pairs(FORM), "zeros"), "of=Pairs.* must be Shapes"),  # pyright: ignore
    "picked by taste": (
        lambda: Picked(Shapes(MIXED, SHAPES), "taste"),  # pyright: ignore[reportArgumentType]
        "Picked.by='taste'.*carries",
    ),
    "picked of one": (lambda: Picked(Shapes(MIXED, SHAPES), "zeros", 1), "Picked.among=1"),
    "a pool of a pool": (
        lambda: Pool(Pool(Pairs(FORM), 5), 5),  # pyright: ignore[reportArgumentType]
        "of=Pool.* is not a source that a pool",
    ),
    "no texts": (lambda: WrittenTexts(FORM, ()), r"texts=\(\) must be texts"),
    "a text of no sum": (lambda: WrittenTexts(FORM, ("12+34=",)), "expected '*'"),
    "a held out text": (
        lambda: WrittenTexts(FORM, (FORM.text(*HELD),)),
        "is held out: u is not below 0.3",
    ),
    "a long text": (lambda: WrittenTexts(FORM, (TEXTS[0] + "0",)), "is longer than 20 tokens"),
    "a large shape": (lambda: Shapes(MIXED, ((3, 1),)), r"\(3, 1\).*\(2, 2\)"),
    "an unpadded stream": (
        lambda: PackedStream(Pairs(MIXED), 64),
        r"length=64 needs a padded format and more than its 20 tokens \(padded=False\)",
    ),
    "a short stream": (lambda: PackedStream(Pairs(FORM), 5), "length=5 needs a padded format and"),
    "half a token": (lambda: PackedStream(Pairs(FORM), 40.5), "length=40.5"),  # pyright: ignore
    "a stream of shapes": (
        lambda: PackedStream(Shapes(MIXED, SHAPES), 64),  # pyright: ignore[reportArgumentType]
        "of=Shapes.* must be Pairs or ListedPairs",
    ),
    "a marked shape": (
        lambda: Marked(Shapes(MIXED, SHAPES), "+"),  # pyright: ignore[reportArgumentType]
        "of=Shapes.* must be Pairs or ListedPairs",
    ),
    "a strange mark": (lambda: Marked(Pairs(FORM), "#"), "mark='#' must be one of the tokens"),
    "a mix of nothing": (lambda: Mix(()), r"sources=\(\) must be \(source, weight\) pairs"),
    "a bare source": (lambda: Mix((Pairs(FORM),)), "sources=.* must be"),  # pyright: ignore
    "a mix with the table": (
        lambda: Mix(((WholeTable(), 1.0),)),  # pyright: ignore[reportArgumentType]
        "each source one of Pairs, ListedPairs, Shapes, Picked, WrittenTexts, PackedStream",
    ),
    "no weight": (lambda: Mix(((Pairs(FORM), 0.0),)), r"the weight of a source=0\.0 must be"),
}


def test_a_source_that_cannot_be_is_refused_saying_what_may_be() -> None:
    assert refused_otherwise((name, make, words) for name, (make, words) in REFUSED.items()) == []


def test_a_source_may_be_changed_by_field_and_is_checked_again() -> None:
    assert replace(Pairs(FORM), fraction=0.1) == Pairs(FORM, 0.1)
    with pytest.raises(ValueError, match=r"fraction=0\.5"):
        replace(Pairs(FORM), fraction=0.5)
