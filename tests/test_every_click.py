"""Two clicks at once, against a small app whose host has asked for fast reruns."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from tools.latency import ROOT, answers, until
from tools.reader import Reader

APP = """
import streamlit as st

def add(name):
    for _ in range(20):  # each is a place at which a script may be broken off
        st.session_state.get("anything")
    st.session_state[name] = st.session_state.get(name, 0) + 1

def home():
    st.button("First", on_click=add, args=("first",))
    st.button("Second", on_click=add, args=("second",))
    st.text(f"first {st.session_state.get('first', 0)}")
    st.markdown(f"{st.session_state.get('first', 0)} and {st.session_state.get('second', 0)}")

if __name__ == "__main__":
    home()
else:
    from components.ui.every_click import hear_every_click
    hear_every_click()
    app = st.App(__file__)
"""
PAIRS = 20


def test_of_two_clicks_at_once_both_are_heard(tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(APP)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(tmp_path / "small.py")]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    command += ["--server.headless", "true", "--server.fileWatcherType", "none"]
    command += ["--runner.fastReruns", "true"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(url), 60)
        with Reader(url) as reader:
            for pair in range(1, PAIRS + 1):
                reader.press_together("First", "Second")
                until(lambda pair=pair: f"{pair} and {pair}" in reader.texts(), 20)
    finally:
        server.terminate()
        server.wait()
