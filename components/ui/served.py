"""The page that a browser gets before any script runs, and the server that gives it.

Streamlit serves one empty `index.html` for every address. It is white in the dark too, is called
"Streamlit", and fills once its scripts have come and the first run of a page has sent something.
Here each page of the book has its own: its title and question for who reads no scripts, the paper
of the reader's theme, the style sheet, the fonts, and the head of the page where it will stand.
Streamlit's scripts travel packed. All else that the server answers, such as the socket, stays its
own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from streamlit import config
from streamlit.file_util import get_static_dir

from components.ui.book import BEHIND, BOOK, CONTENTS, KICKER, PROMISE, Entry
from components.ui.look import SENT, style
from components.ui.served_scripts import PackedScripts

if TYPE_CHECKING:
    from starlette.middleware import Middleware
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

HERE = Path(__file__).parent
PICTURE = HERE / "cards" / "share.png"
PICTURE_SIZE = (1200, 630)
SHARED = "share.png"
"""The name under which the server gives the picture that stands beside a link to the book."""

FONTS = ("SourceSerifVariable-Roman", "SourceSerifVariable-Italic")
"""Streamlit preloads its sans serif alone; titles and prose are in these."""

ADDRESS = re.compile(r"[\w.:\[\]-]+", re.ASCII)


def routes() -> list[BaseRoute]:
    """Of the pages of the book and their picture; whatever is not here is answered by Streamlit."""
    from starlette.routing import Route

    base = base_address()
    written = [entry for entry in (*CONTENTS, *BEHIND) if entry.written]

    def of_a_page(entry: Entry | None) -> BaseRoute:
        return Route(
            f"{base}/{entry.url if entry else ''}", lambda request: serve_page(request, entry)
        )

    return [
        of_a_page(None),
        *map(of_a_page, written),
        Route(f"{base}/{SHARED}", serve_picture),
    ]


def middleware() -> list[Middleware]:
    """What stands before all routes, since Streamlit lets no other route give its scripts."""
    from starlette.middleware import Middleware

    return [Middleware(PackedScripts, base=base_address())]


def base_address() -> str:
    path = config.get_option("server.baseUrlPath").strip("/")
    return f"/{path}" if path else ""


def serve_page(request: Request, entry: Entry | None) -> Response:
    """Known to the browser by its digest, so that a second visit fetches nothing."""
    from starlette.responses import Response

    SENT.set()
    page = page_of(entry, root_of(request)).encode()
    tag = f'W/"{sha256(page).hexdigest()[:24]}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if tag in re.split(r"\s*,\s*", request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return Response(page, media_type="text/html", headers=headers)


def serve_picture(request: Request) -> Response:
    from starlette.responses import FileResponse

    return FileResponse(PICTURE, headers={"Cache-Control": "public, max-age=86400"})


def root_of(request: Request) -> str:
    """The address of the book as the reader's browser has it, for tags that take no relative one;
    empty where it is not an address."""
    host = request.headers.get("x-forwarded-host") or request.headers.get("host", "")
    scheme = request.headers.get("x-forwarded-proto") or request.url.scheme
    if not ADDRESS.fullmatch(host) or scheme not in ("http", "https"):
        return ""
    return f"{scheme}://{host}{request.scope.get('root_path', '')}/"


@lru_cache(maxsize=64)
def page_of(entry: Entry | None, root: str) -> str:
    """Streamlit's page with the book's head and style; as it is, should it not have the marks."""
    static = Path(get_static_dir())
    page = (static / "index.html").read_text("utf-8")
    title = f"{entry.title} · {BOOK}" if entry else BOOK
    for mark, text in (
        ("<title>Streamlit</title>", "\n    ".join(head(entry, title, root, static))),
        ('<div id="root"></div>', f'<div id="root"></div>\n{body(entry)}'),
    ):
        page = page.replace(mark, text, 1)
    return page


def head(entry: Entry | None, title: str, root: str, static: Path) -> Iterator[str]:
    """Tags for readers of no scripts: what the page is, and what comes first."""
    told = f"{entry.question} {PROMISE}" if entry else PROMISE
    yield f"<title>{escape(title)}</title>"
    yield f'<meta name="description" content="{escape(told)}" />'
    yield '<meta name="color-scheme" content="light dark" />'
    wide, high = PICTURE_SIZE
    shared = {
        "og:type": "website",
        "og:site_name": BOOK,
        "og:title": title,
        "og:description": told,
        "og:url": f"{root}{entry.url if entry else ''}",
        "og:image": f"{root}{SHARED}",
        "og:image:width": str(wide),
        "og:image:height": str(high),
        "og:image:alt": "A multiplication written token by token, with arcs to where heads look",
    }
    for name, value in shared.items():
        yield f'<meta property="{name}" content="{escape(value)}" />'
    yield '<meta name="twitter:card" content="summary_large_image" />'
    for font in FONTS:
        for path in static.glob(f"static/media/{font}.*.woff2"):
            yield (
                f'<link rel="preload" href="./static/media/{path.name}" as="font" '
                'type="font/woff2" crossorigin />'
            )


def body(entry: Entry | None) -> str:
    """The style, after whatever Streamlit's scripts write into the head, and so the last word; and
    the head of the page, until Streamlit has drawn it."""
    lines = {
        "kicker": entry.kicker if entry else KICKER,
        "title": entry.title if entry else BOOK,
        "question": entry.question if entry else "",
    }
    said = "".join(f'<div class="wb-{c}" data-said="{escape(t)}"></div>' for c, t in lines.items())
    return f"""{style()}
    <div id="wb-first" aria-hidden="true">{said}</div>
    <script>{(HERE / "first.js").read_text("utf-8")}</script>"""
