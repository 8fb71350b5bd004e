"""What a browser gets before any script runs: asked of the routes themselves, without a server."""

from __future__ import annotations

import asyncio
import gzip
import inspect
import re
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.types import ASGIApp
from streamlit import config
from streamlit.file_util import get_static_dir
from streamlit.testing.v1 import AppTest
from streamlit.web.server.app_discovery import discover_asgi_app
from streamlit.web.server.starlette.starlette_app import create_streamlit_middleware
from streamlit.web.server.starlette.starlette_static_routes import (
    create_streamlit_static_assets_routes,
)

from components.ui import look, served, served_scripts
from components.ui.book import BEHIND, BOOK, CONTENTS, Entry
from components.ui.chapter import Chapter
from components.ui.served_scripts import PackedScripts

ROOT = Path(__file__).parents[2]
INDEX = Path(get_static_dir(), "index.html")
WRITTEN = [entry for entry in (*CONTENTS, *BEHIND) if entry.written]
SCRIPT = next(Path(get_static_dir()).glob("static/js/index.*.js")).relative_to(get_static_dir())


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@pytest.fixture(scope="module")
def book() -> ASGIApp:
    """The routes of the book before Streamlit's own, and so its middleware."""
    return beside_streamlit(served.routes(), served.middleware())


@pytest.fixture(scope="module")
def streamlit_alone() -> ASGIApp:
    return beside_streamlit()


def beside_streamlit(routes: Sequence[Any] = (), middleware: Sequence[Any] = ()) -> ASGIApp:
    theirs = create_streamlit_static_assets_routes("")
    around = [*middleware, *create_streamlit_middleware()]
    return Starlette(routes=[*routes, *theirs], middleware=around)


def ask(app: ASGIApp, path: str, method: str = "GET", **headers: str) -> Answer:
    """As a server would: headers by their names with _ for -."""
    sent: list[Any] = []
    given = {"host": "book.example"} | {k.replace("_", "-"): v for k, v in headers.items()}
    scope = {
        **{"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http"},
        **{"method": method, "path": path, "raw_path": path.encode(), "query_string": b""},
        **{"root_path": "", "server": ("book.example", 80), "client": ("127.0.0.1", 1)},
        "headers": [(k.encode(), v.encode()) for k, v in given.items()],
    }

    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Any:
        return next(asked, None) or await asyncio.Event().wait()  # whoever asked stays

    async def send(message: Any) -> None:
        sent.append(message)

    async def answer() -> None:
        await app(scope, receive, send)

    with ThreadPoolExecutor(1) as beside:  # in this thread a browser's loop may run
        beside.submit(asyncio.run, answer()).result()
    names = {k.decode().lower(): v.decode() for k, v in sent[0]["headers"]}
    return Answer(sent[0]["status"], names, b"".join(m.get("body", b"") for m in sent[1:]))


def metas(page: str) -> dict[str, str]:
    found = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


# ---------------------------------------------------------------- what is in it


def test_each_page_is_served_with_its_own_title_and_words_to_share(book: ASGIApp) -> None:
    amiss = [entry.slug for entry in WRITTEN if not says(book, f"/{entry.url}", entry)]
    assert len(WRITTEN) > 15 and amiss == [] and says(book, "/", None)


def says(book: ASGIApp, path: str, entry: Entry | None) -> bool:
    page = ask(book, path).text
    title = f"{entry.title} · {BOOK}" if entry else BOOK
    tags = metas(page)
    return (
        f"<title>{title}</title>" in page
        and tags["og:title"] == title
        and tags["description"] == tags["og:description"]
        and (entry is None or entry.question in tags["description"])
        and tags["og:url"] == f"http://book.example{path}"
        and f'data-said="{title.split(" · ")[0]}"' in page
    )


def test_streamlits_page_is_all_in_it_but_its_title(book: ASGIApp) -> None:
    page = ask(book, "/rope").text
    lines = INDEX.read_text().splitlines()
    lost = [line.strip() for line in lines if line.strip() not in page]
    assert lost == ["<title>Streamlit</title>"]


def test_the_style_of_the_book_is_the_last_word_on_it(book: ASGIApp) -> None:
    """Streamlit's scripts add their styles to the head: what stands in the body comes after."""
    page = ask(book, "/rope").text
    assert look.style() in page.split("<body>")[1]
    assert metas(page)["color-scheme"] == "light dark"
    fonts = re.findall(r'href="\./([^"]+\.woff2)"', page)
    assert len(fonts) == 1 + len(served.FONTS)
    assert [font for font in fonts if not Path(get_static_dir(), font).is_file()] == []


def test_the_first_sizes_are_those_that_streamlit_is_told() -> None:
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"]
    assert f"html {{ font-size: {theme['baseFontSize']}px; }}" in look.style()


def test_the_picture_is_of_the_size_that_the_tags_tell(book: ASGIApp) -> None:
    answer = ask(book, "/share.png")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert answer.body == served.PICTURE.read_bytes() and len(answer.body) < 150_000
    tags = metas(ask(book, "/").text)
    assert tags["og:image"] == "http://book.example/share.png"
    assert Image.open(served.PICTURE).size == served.PICTURE_SIZE
    assert (int(tags["og:image:width"]), int(tags["og:image:height"])) == served.PICTURE_SIZE


def test_what_a_request_calls_the_host_cannot_write_into_the_page(book: ASGIApp) -> None:
    behind = ask(book, "/", host="inside:8501", x_forwarded_proto="https")
    assert metas(behind.text)["og:url"] == "https://inside:8501/"
    for given in ({"host": 'x"><script>1</script>'}, {"x_forwarded_proto": 'x"><script>1'}):
        page = ask(book, "/", **given).text
        assert "<script>1" not in page and metas(page)["og:image"] == "share.png", given


# ---------------------------------------------------------------- how it travels


@pytest.mark.parametrize("path", ["/", "/rope"])
def test_length_digest_and_packing_fit_what_is_sent(book: ASGIApp, path: str) -> None:
    plain, packed = ask(book, path), ask(book, path, accept_encoding="gzip")
    for answer in (plain, packed):
        assert int(answer.headers["content-length"]) == len(answer.body)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
    zipped = packed.headers.get("content-encoding") == "gzip"
    assert (gzip.decompress(packed.body) if zipped else packed.body) == plain.body

    again = ask(book, path, if_none_match=f'"other", {plain.headers["etag"]}')
    assert (again.status, again.body) == (304, b"") and "content-length" not in again.headers
    assert ask(book, path, if_none_match='"other"').body == plain.body

    whole = ask(book, path, range="bytes=0-99")
    assert (whole.status, whole.body) == (200, plain.body)
    head = ask(book, path, "HEAD")
    assert head.status == 200
    assert head.headers["content-length"] == plain.headers["content-length"]


def test_two_pages_and_two_addresses_of_the_book_have_digests_of_their_own(book: ASGIApp) -> None:
    asked = [("/", "a.example"), ("/", "b.example"), ("/rope", "a.example"), ("/moe", "a.example")]
    tags = {ask(book, path, host=host).headers["etag"] for path, host in asked}
    assert len(tags) == len(asked)


ELSEWHERE: dict[str, dict[str, str]] = {
    f"/{SCRIPT}": {},
    f"/{SCRIPT}?": {"range": "bytes=10-99", "accept_encoding": "gzip"},
    f"/{SCRIPT}??": {
        "if_modified_since": "Fri, 01 Jan 2100 00:00:00 GMT",
        "accept_encoding": "gzip",
    },
    "/static/js/none.js": {"accept_encoding": "gzip"},
    "/favicon.png": {"accept_encoding": "gzip"},
    "/manifest.json": {},
    "/rope/": {},
    "/no_such_page": {},
    "/no_such_page?": {"accept_encoding": "gzip"},
    "/rope/_stcore/health": {},
    "/_stcore/agent/none": {},
    "//elsewhere": {},
}


def test_all_else_is_answered_as_streamlit_answers(book: ASGIApp, streamlit_alone: ASGIApp) -> None:
    for path, headers in ELSEWHERE.items():
        for method in ("GET", "HEAD", "POST"):
            ours, theirs = (
                ask(app, path.rstrip("?"), method, **headers) for app in (book, streamlit_alone)
            )
            assert ours == theirs, (path, method)
    assert ask(book, "/rope", "POST").status == ask(streamlit_alone, "/rope", "POST").status == 405


def test_a_script_of_streamlit_travels_packed_and_is_packed_once(
    book: ASGIApp, streamlit_alone: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed, pack = list[bytes](), gzip.compress

    def counted(content: bytes, *how: Any, **else_: Any) -> bytes:
        packed.append(content)
        return pack(content, *how, **else_)

    monkeypatch.setattr(gzip, "compress", counted)
    served_scripts.packed.cache_clear()
    paths = [path for path in served_scripts.files() if "/index." in path]
    assert {Path(path).suffix for path in paths} == {".js", ".css"}
    for path in [*paths, *paths]:
        ours, theirs = (
            ask(app, path, accept_encoding="gzip, br") for app in (book, streamlit_alone)
        )
        assert (
            gzip.decompress(ours.body) == theirs.body and "content-encoding" not in theirs.headers
        )
        assert int(ours.headers["content-length"]) == len(ours.body) < len(theirs.body) / 2
        told = {"content-encoding": "gzip", "vary": "Accept-Encoding"}
        told |= {header: theirs.headers[header] for header in ("content-type", "cache-control")}
        assert {header: ours.headers.get(header) for header in told} == told
    assert len(packed) == len(paths)


def test_a_book_below_a_path_is_served_there(book: ASGIApp) -> None:
    before = config.get_option("server.baseUrlPath")
    config.set_option("server.baseUrlPath", "shelf/book")
    try:
        paths = [getattr(route, "path", "") for route in served.routes()]
        (scripts,) = [PackedScripts(book, **one.kwargs).files for one in served.middleware()]
    finally:
        config.set_option("server.baseUrlPath", before)
    assert f"/shelf/book/{SCRIPT}" in scripts
    assert "/shelf/book/" in paths and "/shelf/book/rope" in paths
    assert [path for path in paths if not path.startswith("/shelf/book/")] == []


# ---------------------------------------------------------------- who serves it


def test_streamlit_run_finds_the_app_in_home() -> None:
    found = discover_asgi_app(ROOT / "Home.py")
    assert (found.is_asgi_app, found.import_string) == (True, "Home:app")


PUTS_ON = "from components.ui.look import put_on_style\nput_on_style()\n"


def test_a_page_brings_its_style_only_where_it_was_not_served_with_it(
    book: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look.SENT, "_flag", False)
    assert [element.proto.body for element in drawn()] == [look.style()]
    ask(book, "/")
    assert drawn() == []


def drawn() -> list[Any]:
    at = AppTest.from_string(PUTS_ON).run()
    assert not at.exception
    return list(at.get("html"))


def test_what_hides_what_waits_is_what_the_script_sets() -> None:
    script = (Path(served.__file__).parent / "first.js").read_text()
    names = {*re.findall(r'"(wb-[a-z-]+|data-wb-[a-z]+)"', script)}
    sheet = look.style()
    assert names and [name for name in names if name not in sheet] == []
    assert "[data-drawn]" in script and 'setAttribute("data-drawn"' in MOUNT.read_text()
    assert "st-key-comes_" in script and 'key=f"comes_' in inspect.getsource(Chapter.place)


MOUNT = ROOT / "components/threejs_viewer/frontend/src/drawings/shared/mount.ts"
