"""What nobody has touched needs no torch: it takes seconds to import, and most readers only read.

A reader who asks for something of their own has it imported behind a progress bar.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from components.ui.book import BEHIND, CONTENTS
from lab.records import ROOT

PAGES = [f"pages/{page.slug}.py" for page in (*CONTENTS, *BEHIND)]
REFUSED = """if True:
    import sys
    sys.modules["torch"] = None  # whatever asks for it is refused
    from functools import cache
    from streamlit.components.v2 import manifest_scanner as scanner
    from streamlit.testing.v1 import AppTest
    scanner.scan_component_manifests = cache(scanner.scan_component_manifests)
    for page, reveal in {visits}:
        app = AppTest.from_file({root!r} + "/" + page, default_timeout=300)
        app.query_params["reveal"] = reveal
        for failed in app.run().exception:
            print(page, "reveal=" + reveal, failed.message, *failed.stack_trace[-2:])
"""


def asked_for_torch(visits: Sequence[tuple[str, str]]) -> str:
    """What these visits say, page and whether its answers are shown, where nobody can have it."""
    script = REFUSED.format(visits=list(visits), root=str(ROOT))
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_no_page_needs_torch_before_a_reader_asks_for_something_of_their_own() -> None:
    said = asked_for_torch([(page, reveal) for page in ("Home.py", *PAGES) for reveal in "01"])
    assert said == ""
