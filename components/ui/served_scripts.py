"""Streamlit's scripts and style sheets, packed once and kept.

Streamlit gives them as they lie on the disk, since its own packing would be done anew for every
reader. They stay the same as long as the server runs, so here each is packed when a browser first
asks for it: a page's scripts are 2 to 6 MB as they lie there, and a third of that packed.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from streamlit.file_util import get_static_dir

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

KINDS = {".js": "text/javascript", ".css": "text/css"}
HEADERS = {
    "Cache-Control": "public, immutable, max-age=31536000",  # their names hold their digests
    "Content-Encoding": "gzip",
    "Vary": "Accept-Encoding",
}
IN_PART = ("range", "if-none-match", "if-modified-since")
"""Headers of a request that does not want the whole file, or not again."""


def files() -> dict[str, Path]:
    """By their address below that of the book, such as /static/js/index.DormvYxC.js."""
    folder = Path(get_static_dir())
    found = (path for path in folder.glob("static/*/*") if path.suffix in KINDS)
    return {f"/{path.relative_to(folder).as_posix()}": path for path in found}


@lru_cache(maxsize=512)  # 7 MB, if readers asked for all that Streamlit has
def packed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 6, mtime=0)  # 9 takes twice the time and saves 0.3%


class PackedScripts:
    """Stands before `app`, which serves the book at the address `base`. Whatever asks for anything
    but a whole script or style sheet, packed, goes on to it."""

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self.app = app
        self.files = {f"{base}{address}": path for address, path in files().items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import Response

        path = self.asked_for(scope) if scope["type"] == "http" else None
        if path is None:
            return await self.app(scope, receive, send)
        body = await run_in_threadpool(packed, path)
        response = Response(body, media_type=KINDS[path.suffix], headers=HEADERS)
        await response(scope, receive, send)

    def asked_for(self, scope: Scope) -> Path | None:
        """The file, if the request asks for all of one and can unpack it."""
        from starlette.datastructures import Headers

        path = self.files.get(scope["path"].removeprefix(scope.get("root_path", "")))
        return path if path and wants_it(scope["method"], Headers(scope=scope)) else None


def wants_it(method: str, headers: Mapping[str, str]) -> bool:
    can_unpack = "gzip" in headers.get("accept-encoding", "")
    return method == "GET" and can_unpack and not any(name in headers for name in IN_PART)
