"""Charts that are made once and shared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import altair as alt
import pandas as pd
import pytest
from altair.utils.schemapi import SchemaValidationError
from streamlit.testing.v1 import AppTest

from components.ui.plots import drawn_once as module
from components.ui.plots.chart_parts import Chart
from components.ui.plots.drawn_once import drawn_once

made: list[tuple[float, ...]] = []


@drawn_once
def dots(values: list[float], *, name: str = "x") -> Chart:
    made.append(tuple(values))
    table = pd.DataFrame({name: values, "mixed": [None, *map(str, values[1:])]})
    return alt.Chart(table).mark_point().encode(x=f"{name}:Q")


@pytest.fixture(autouse=True)
def nothing_made() -> Iterator[None]:
    made.clear()
    yield


def test_the_same_chart_is_made_once_and_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = dots([1.0, 2.0])
    spec = first.to_dict()
    monkeypatch.setattr(first.chart, "to_dict", pytest.fail)
    again = dots([1.0, 2.0])
    assert again is first
    assert again.to_dict() == spec
    assert made == [(1.0, 2.0)]


def test_a_chart_that_is_none_is_found_by_the_tests() -> None:
    @drawn_once
    def wrong(n: int) -> Chart:
        bad: Any = "large"
        return alt.Chart(pd.DataFrame({"x": range(n)})).mark_point(size=bad).encode(x="x:Q")

    with pytest.raises(SchemaValidationError):
        wrong(3).to_dict()


def test_layers_of_one_table_send_it_once() -> None:
    @drawn_once
    def layered(n: int) -> Chart:
        base = alt.Chart(pd.DataFrame({"x": range(n)})).encode(x="x:Q")
        other = alt.Chart(pd.DataFrame({"x": [1, 2]})).encode(x="x:Q")
        return alt.layer(base.mark_point(), other.mark_rule(), base.mark_tick())

    spec = layered(3).to_dict()
    assert [len(table) for table in spec["datasets"].values()] == [3, 2]
    shared, other = spec["datasets"]
    drawn = [layer.get("data", spec.get("data"))["name"] for layer in spec["layer"]]
    assert drawn == [shared, other, shared]


def test_other_numbers_or_names_make_another_chart() -> None:
    first = dots([1.5, 2.5])
    assert dots([1.5, 3.5]) is not first
    assert dots([1.5, 2.5], name="y") is not first
    assert len(made) == 3


def test_light_and_dark_are_two_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    light = dots([7.0])
    monkeypatch.setattr(module, "is_dark", lambda: True)
    assert dots([7.0]) is not light


def test_what_nobody_asked_for_the_longest_goes_first() -> None:
    oldest, second = dots([0.0]), dots([0.5])
    assert dots([0.0]) is oldest
    for i in range(module.MOST - 1):
        dots([100.0 + i])
    made.clear()
    assert dots([0.0]) is oldest
    assert dots([0.5]) is not second
    assert made == [(0.5,)]


def test_whoever_changes_what_was_given_gets_a_chart_of_its_own() -> None:
    values = [3.0, 4.0]
    first = dots(values)
    values.append(5.0)
    assert dots(values) is not first
    assert made == [(3.0, 4.0), (3.0, 4.0, 5.0)]


def two_draws_of_one_chart() -> None:
    from components.ui.plots.drawn_once import show
    from tests.ui.test_drawn_once import dots

    show(dots([1.0, 2.0, 8.0]), "a dot a number")
    show(dots([1.0, 2.0, 8.0]), "a dot a number")


def test_streamlit_draws_it_as_it_draws_the_chart_itself() -> None:
    app = AppTest.from_function(two_draws_of_one_chart).run()
    assert not app.exception
    first, second = app.get("vega_lite_chart")
    plain = dots([1.0, 2.0, 8.0]).chart

    def drawn_plainly() -> None:
        import streamlit as st

        st.altair_chart(st.session_state["chart"], width="stretch", alt="a dot a number")

    other = AppTest.from_function(drawn_plainly)
    other.session_state["chart"] = plain
    (third,) = other.run().get("vega_lite_chart")
    assert first.proto == second.proto
    ours, theirs = first.proto, third.proto
    assert ours.spec.replace(ours.datasets[0].name, "") == theirs.spec.replace(
        theirs.datasets[0].name, ""
    )
    assert ours.datasets[0].data.data == theirs.datasets[0].data.data
