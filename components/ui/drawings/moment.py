"""A button that copies a state of the page, where no strip below a drawing does: a sentence, and
the link that brings another reader there."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import streamlit as st

from components.ui.drawings.drawing import HAND_ON, digest, drawing

HTML = f"""
<div class="drawing moment">{HAND_ON}</div>
"""

component = drawing("copy_this_moment", "moment", HTML)


def share_moment(key: str, said: str, at: str = "", **parameters: str | int | bool) -> None:
    """What is `said` of this state, in Markdown, and the link to it: to section `at` of the page,
    its guess told, or to the top. It says nothing of what this reader guessed."""
    here = urlsplit(st.context.url or "")
    query = urlencode(({"at": at} if at else {}) | parameters)
    link = here._replace(path=here.path or "/", query=query, fragment="").geturl()
    data = {"text": f"{said.replace('**', '').replace('`', '')}\n{link}"}
    component(data=data | {"digest": digest(data)}, key=key)
