"""The verdict on an exercise, as every chapter tells it."""

from __future__ import annotations

import streamlit as st


def show_verdict(solved: bool, said: str, hint: str = "") -> None:
    """What the attempt did; behind it, a hint that leads on from there."""
    if solved:
        st.success(said, icon=":material/check:")
    else:
        st.markdown(f"{said} **Hint.** {hint}".lstrip() if hint else said)
