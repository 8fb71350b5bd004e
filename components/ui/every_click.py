"""Every click is heard, however fast the next one comes.

Streamlit breaks a running script off when a reader clicks again. If the script has not yet called
the callback of the click it runs for, or is in the midst of it, that click is lost: two quick
clicks did what the second one asks, and nothing of the first. The script is still broken off here,
but only once its callbacks have been called.
"""

from __future__ import annotations

import threading
from functools import wraps
from typing import Any

from streamlit import config
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.state.safe_session_state import SafeSessionState

hearing = threading.local()
"""`hearing.now`: this thread is calling callbacks."""


def hear_every_click() -> None:
    """Once, in the server. A host may force `runner.fastReruns`, which stops a script before its
    callbacks; so the option is set here, after the host's."""
    config.set_option("runner.fastReruns", False)
    call_callbacks: Any = SafeSessionState.on_script_will_rerun
    break_off: Any = getattr(ScriptRunner, BREAKS_OFF)

    @wraps(call_callbacks)
    def call_them_all(*args: Any, **kwargs: Any) -> None:
        hearing.now = True
        try:
            call_callbacks(*args, **kwargs)
        finally:
            hearing.now = False

    @wraps(break_off)
    def break_off_later(self: ScriptRunner) -> None:
        if not getattr(hearing, "now", False):
            break_off(self)

    SafeSessionState.on_script_will_rerun = call_them_all
    setattr(ScriptRunner, BREAKS_OFF, break_off_later)


BREAKS_OFF = "_maybe_handle_execution_control_request"
