"""Counts in words, against a hand-written few."""

from components.ui.words import band, one_in, shape, size, spelled


def test_counts_are_words_up_to_twenty_and_digits_beyond() -> None:
    assert [spelled(n) for n in (0, 3, 11, 20, 21, 1000)] == [
        "zero",
        "three",
        "eleven",
        "twenty",
        "21",
        "1,000",
    ]


def test_a_share_is_one_in_so_many_and_a_shape_one_by_another() -> None:
    assert [one_in(x) for x in (0.05, 0.1, 1 / 7, 0.001)] == ["twenty", "ten", "seven", "1,000"]
    assert shape(3, 10) == "three by ten"


def test_a_number_lies_in_one_band_and_an_edge_begins_the_next() -> None:
    options = ("none", "few", "most", "all")
    found = [band(x, (1, 5, 10), options) for x in (0, 1, 4.9, 5, 9, 10, 11)]
    assert found == ["none", "few", "few", "most", "most", "all", "all"]


def test_bytes_are_in_the_largest_unit_that_fits_and_1_024_make_the_next() -> None:
    sizes = {
        0: "0 bytes",
        1023: "1,023 bytes",
        1024: "1.0 KB",
        12_288: "12 KB",
        800 * 1024: "800 KB",
        9 * 2**20: "9.0 MB",
        32 * 2**30: "32 GB",
        3 * 2**50: "3,072 TB",
    }
    assert {n: size(n) for n in sizes} == sizes
