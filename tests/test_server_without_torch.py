"""Whatever a reader asks of a page, the server imports no torch for it: it would hold the memory
that the process beside it holds already, and readers would wait while it is imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.ui.book import BEHIND, CONTENTS
from tools.latency import served
from tools.memory import use_everything
from tools.reader import Reader

URLS = ["", *(entry.url for entry in (*CONTENTS, *BEHIND))]
NOTED = """if True:
    import sys, traceback
    class Torch:
        def find_spec(self, name, path=None, target=None):
            if name == "torch":
                with open({notes!r}, "a") as notes:
                    traceback.print_stack(file=notes)
    sys.meta_path.insert(0, Torch())
    from streamlit.web.cli import main
    main()
"""


@pytest.mark.slow
def test_no_control_of_any_page_needs_torch_in_the_server(tmp_path: Path) -> None:
    notes = tmp_path / "torch"
    with served(("-c", NOTED.format(notes=str(notes)))) as (address, _):
        for page in URLS:
            with Reader(address, page, "reveal=1", patience=300.0) as reader:
                use_everything(reader)
            assert not notes.exists(), f"page {page!r}:\n{notes.read_text()}"
