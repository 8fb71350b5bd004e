"""The reader without a browser, against a small app on a real server."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tools.reader import Reader

pytestmark = pytest.mark.slow

HOME = """
import streamlit as st

def home():
    st.title("A small app")
    if st.button("Add to the page"):
        st.session_state["added"] = st.session_state.get("added", 0) + 1
    if st.session_state.get("added"):
        st.info(f"added {st.session_state['added']}")
    if st.button("Add two"):
        st.session_state["added"] = st.session_state.get("added", 0) + 2
        st.rerun()
    if st.button("Break"):
        raise KeyError("broken on purpose")
    st.markdown(f"the link says {st.query_params.get('layer')}")
    moved()
    chosen()
    counted()
    left = st.session_state.setdefault("left", 3)
    st.fragment(stops, run_every=0.2 if left else None)()

@st.fragment
def moved():
    left, right = st.columns(2)
    n = left.slider("Lines", 0, 5, 2)
    layer = right.select_slider("Layer", range(6), 3, key="layer", bind="query-params")
    st.markdown(f"layer {layer}")
    st.vega_lite_chart({"mark": "bar", "data": {"values": [{"x": layer}]}})
    for i in range(n):
        st.text(f"line {i}")
    st.code("c" * 50_000)
    if st.button("Reset"):
        st.rerun()

@st.fragment
def chosen():
    box = st.selectbox("Box", ["one", "two"], index=None)
    pill = st.pills("Pills", [1, 2, 3], selection_mode="multi", default=[1])
    part = st.segmented_control("Part", ["left", "right"], format_func=str.upper)
    on = st.toggle("On", key="on")
    word = st.text_input("Word", "a")
    number = st.number_input("Number", 0, 9, 4)
    st.markdown(f"chosen {box} {pill} {part} {on} {word} {number}")

@st.fragment(run_every=0.2)
def counted():
    st.session_state["polls"] = st.session_state.get("polls", 0) + 1
    st.markdown(f"polls {st.session_state['polls']}")
    st.markdown(f"size {st.slider('Size', 0, 9, 1)}")

def stops():
    st.markdown(f"left {st.session_state['left']}")
    if st.session_state["left"]:
        st.session_state["left"] -= 1
        if not st.session_state["left"]:
            st.rerun()

@st.cache_resource(scope="session", on_release=lambda _: open("left", "w").close())
def visit():
    return object()

def second():
    visit()
    st.button("A button")
    st.markdown("the second page")
    st.markdown(f"from {st.context.url}")

st.navigation([st.Page(home, default=True), st.Page(second)]).run()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    (folder / "Home.py").write_text(HOME)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "Home.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    command += ["--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=os.environ | {"OMP_NUM_THREADS": "1"}, stdout=log, stderr=log
        )
    try:
        eventually(lambda: healthy(f"http://127.0.0.1:{port}", server), seconds=30)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def healthy(url: str, server: "subprocess.Popen[bytes]") -> bool:
    assert server.poll() is None, "the server ended"
    try:
        return urlopen(f"{url}/_stcore/health", timeout=1).status == 200
    except (URLError, OSError):
        return False


def eventually(true: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)


@pytest.fixture
def reader(url: str) -> Iterator[Reader]:
    with Reader(url, "") as opened:
        yield opened


def test_the_page_has_run_when_the_reader_is_there(reader: Reader) -> None:
    assert {"A small app", "layer 3", "line 1", "polls 1"} <= set(reader.texts())
    assert reader.exceptions() == []
    assert {w.label: w.default for w in reader.widgets() if w.kind != "button"} == {
        "Lines": [2.0],
        "Layer": ["3"],
        "Box": None,
        "Pills": ["1"],
        "Part": [],
        "On": False,
        "Word": "a",
        "Number": 4.0,
        "Size": [1.0],
    }


def test_a_moved_slider_redraws_its_fragment_and_nothing_else(reader: Reader) -> None:
    (before,) = reader.elements("vega_lite_chart")
    assert 0 < reader.set("layer", 5) < 10
    (after,) = reader.elements("vega_lite_chart")
    assert "layer 5" in reader.texts() and after != before
    assert "polls 1" in reader.texts(), "the rest of the page did not run"


def test_what_a_fragment_no_longer_draws_is_gone(reader: Reader) -> None:
    reader.set("Lines", 4)
    assert [t for t in reader.texts() if t.startswith("line")] == [f"line {i}" for i in range(4)]
    reader.set("Lines", 1)
    assert [t for t in reader.texts() if t.startswith("line")] == ["line 0"]
    assert len(reader.elements("code")) == 1 and "polls 1" in reader.texts()


def test_every_kind_of_widget_is_understood(reader: Reader) -> None:
    for label, value, shown in (
        ("Box", "two", "chosen two [1] None False a 4"),
        ("Pills", [2, 3], "chosen two [2, 3] None False a 4"),
        ("Part", "RIGHT", "chosen two [2, 3] right False a 4"),
        ("on", True, "chosen two [2, 3] right True a 4"),
        ("Word", "b", "chosen two [2, 3] right True b 4"),
        ("Number", 7, "chosen two [2, 3] right True b 7"),
        ("Pills", [], "chosen two [] right True b 7"),
        ("Box", None, "chosen None [] right True b 7"),
    ):
        reader.set(label, value)
        assert shown in reader.texts()


def test_a_value_that_a_browser_could_not_send_is_refused(reader: Reader) -> None:
    with pytest.raises(ValueError, match="no option 6"):
        reader.set("layer", 6)
    with pytest.raises(ValueError, match="pressed"):
        reader.press("layer")
    with pytest.raises(LookupError, match="0 widgets are called 'Lines of code'"):
        reader.set("Lines of code", 1)


def test_a_button_runs_the_page_once_and_values_stay(reader: Reader) -> None:
    reader.set("layer", 5)
    assert reader.press("Add to the page") > 0
    assert {"added 1", "layer 5"} <= set(reader.texts())
    reader.set("layer", 4)
    reader.press("Add to the page")
    assert "added 2" in reader.texts() and "added 1" not in reader.texts()


def test_a_rerun_from_the_page_is_waited_for(reader: Reader) -> None:
    for added in (2, 4):
        reader.press("Add two")
        assert f"added {added}" in reader.texts()


def test_a_rerun_from_a_fragment_is_waited_for(reader: Reader) -> None:
    polls = int(next(t for t in reader.texts() if t.startswith("polls")).split()[1])
    reader.press("Reset")
    assert f"polls {polls + 1}" in reader.texts(), "the whole page ran"


def test_an_exception_is_seen_and_goes_again(reader: Reader) -> None:
    reader.press("Break")
    assert [e.partition(":")[0] for e in reader.exceptions()] == ["KeyError"]
    assert "layer 3" not in reader.texts(), "what stood below it was not drawn"
    reader.press("Add to the page")
    assert reader.exceptions() == [] and "layer 3" in reader.texts()


def test_a_poll_runs_each_timed_fragment_once(reader: Reader) -> None:
    assert reader.poll() > 0
    assert {"polls 2", "left 2"} <= set(reader.texts())


def test_keep_polling_goes_on_beside_a_moved_slider(reader: Reader) -> None:
    reader.keep_polling()
    for size in (2, 3, 4, 5):
        reader.set("Size", size)  # in a fragment that polls itself
        eventually(lambda: f"size {size}" in reader.texts())  # noqa: B023
        reader.set("layer", size)
        eventually(lambda: f"layer {size}" in reader.texts())  # noqa: B023
    eventually(lambda: "left 0" in reader.texts())  # its run ended, and with it its timer
    counted = len(reader.poll_seconds)
    eventually(lambda: len(reader.poll_seconds) >= counted + 2)  # the other one goes on
    assert "left 0" in reader.texts() and reader.exceptions() == []


def test_a_moved_widget_writes_the_link(url: str) -> None:
    with Reader(url, "", "layer=1&other=x") as reader:
        assert {"layer 1", "the link says 1"} <= set(reader.texts())
        reader.set("layer", 2)
        reader.press("Add to the page")
        assert "the link says 2" in reader.texts()
        reader.set("layer", 3)  # its default
        reader.press("Add to the page")
        assert "the link says None" in reader.texts()


def test_a_page_is_opened_by_its_path_and_a_missing_one_is_named(url: str) -> None:
    with Reader(url, "/second") as reader:
        assert {"the second page", f"from {url}/second"} <= set(reader.texts())
    with pytest.raises(LookupError, match="third"):
        Reader(url, "third")


def test_a_closed_reader_is_noticed_by_the_server(url: str, folder: Path) -> None:
    (folder / "left").unlink(missing_ok=True)
    reader = Reader(url, "second")
    reader.close()
    eventually(lambda: (folder / "left").exists())
    with pytest.raises(ConnectionError):
        reader.press("A button")


def test_two_readers_do_not_share_a_page(reader: Reader, url: str) -> None:
    with Reader(url, "") as other:
        other.set("layer", 0)
        reader.set("layer", 5)
        assert "layer 0" in other.texts() and "layer 5" in reader.texts()
