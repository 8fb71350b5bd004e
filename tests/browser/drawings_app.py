"""A page of drawings, a button above each that mounts it anew, as a visit does; served for tests.

What each shows stands in the files named drawings_... beside this one.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import drawings_cache as cache  # noqa: E402
import drawings_curriculum as curriculum  # noqa: E402
import drawings_generators as generators  # noqa: E402
import drawings_positions as positions  # noqa: E402

from components.ui.drawings.save import offer_svg  # noqa: E402
from components.ui.look import style  # noqa: E402

Show = Callable[[str], None]

POSITIONS: dict[str, Show] = {
    "waves": positions.waves,
    "clocks": positions.clocks,
    "tape": positions.tape,
}
OTHERS: dict[str, Show] = {
    "growing": cache.growing,
    "kept": cache.kept_lines,
    "sieve": curriculum.sieve,
    "generators": generators.generators,
    "queue": generators.queue,
}
DRAWINGS = [*POSITIONS, *OTHERS]


@st.fragment
def mounted(name: str, show: Show) -> None:
    """Under the key NAME_N once it was mounted anew N times."""
    times = f"{name} was mounted anew"
    n = st.session_state.setdefault(times, 0)
    st.button(f"Mount {name} anew", on_click=st.session_state.update, args=[{times: n + 1}])
    show(f"{name}_{n}")


def app() -> None:
    st.html(style())
    st.markdown("## The chart and the drawings of positions")
    for name, show in POSITIONS.items():
        mounted(name, show)
    positions.chart()
    offer_svg("save", "app-all")
    for name, show in OTHERS.items():
        mounted(name, show)


if __name__ == "__main__":
    app()
