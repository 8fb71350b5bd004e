"""Two servers of the book behind the nginx of `hosting/nginx.conf`: who stays where, who moves."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lab.records import ROOT
from tools.latency import answers, served, until
from tools.reader import Reader

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("several servers")]

CONF = ROOT / "hosting/nginx.conf"
PAGE, CONTROL, MOVED = "attention_by_hand", "ch02_angle", 30


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@dataclass(frozen=True)
class Site:
    """Two servers by their addresses, host:port, each with its process, and what stands before
    them."""

    address: str
    servers: dict[str, int]

    def ask(self, path: str = "/", **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc)
        connection.request("GET", path, headers=headers)
        return connection.getresponse()

    def first_visit(self) -> tuple[str, str]:
        """A browser without a cookie: the cookie that it gets, and the server that answered."""
        answer = self.ask(f"/{PAGE}")
        assert answer.status == 200
        cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
        assert cookie.startswith("book_seat=")
        return cookie, str(answer.headers["X-Book-Server"])

    def open(self, cookie: str) -> Reader:
        return Reader(self.address, PAGE, patience=300, headers={"Cookie": cookie})


def server_of(reader: Reader) -> str:
    """As the answer to the socket's first request names it; behind one that is gone, the last."""
    response = reader._socket.response
    assert response is not None
    return str(response.headers["X-Book-Server"]).split(", ")[-1]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed (on Debian: apt-get install nginx-light)")
    with ExitStack() as stack:
        found = dict(stack.enter_context(served()) for _ in range(2))
        servers = {urlsplit(url).netloc: pid for url, pid in found.items()}
        (one, other), port = servers, free_port()
        said = CONF.read_text()
        for asked, given in {
            "listen 80;": f"listen 127.0.0.1:{port};",
            "server 127.0.0.1:8501;": f"server {one};",
            "server 127.0.0.1:8502;": f"server {other};",
            "http {": "http { access_log off; " + scratch(tmp_path),
        }.items():
            assert said.count(asked) == 1, asked
            said = said.replace(asked, given)
        conf = tmp_path / "nginx.conf"
        conf.write_text(said)
        more = f"daemon off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/nginx.log;"
        front = subprocess.Popen([nginx, "-p", str(tmp_path), "-c", str(conf), "-g", more])
        try:
            until(lambda: front.poll() is not None or answers(f"http://127.0.0.1:{port}"), 60)
            assert front.poll() is None, (tmp_path / "nginx.log").read_text()
            yield Site(f"http://127.0.0.1:{port}", servers)
        finally:
            front.terminate()
            front.wait()


def scratch(folder: Path) -> str:
    """Where nginx may write, since its own folders are root's."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


def test_a_browser_stays_with_its_server_and_moves_once_that_is_gone(site: Site) -> None:
    seats: dict[str, str] = {}  # of each server, the cookie of a browser that met it
    for _ in range(64):
        cookie, server = site.first_visit()
        seats.setdefault(server, cookie)
    assert set(seats) == set(site.servers), "new browsers are spread over both"
    for server, cookie in seats.items():
        again = site.ask("/", Cookie=cookie)
        assert (again.headers["X-Book-Server"], again.headers["Set-Cookie"]) == (server, None)

    (gone, its_cookie), (stays, other_cookie) = seats.items()
    with site.open(its_cookie) as reader, site.open(other_cookie) as other:
        assert (server_of(reader), server_of(other)) == (gone, stays)
        for visitor in (reader, other):
            visitor.set(CONTROL, MOVED)
            assert visitor.exceptions() == []

        os.kill(site.servers[gone], signal.SIGTERM)
        until(lambda: not answers(f"http://{gone}"), 60)
        with pytest.raises(ConnectionError):
            reader.set(CONTROL, 0)
        other.set(CONTROL, 0)
        assert other.exceptions() == [], "a reader of the other server notices nothing"

    assert site.ask("/", Cookie=its_cookie).status == 200
    with site.open(its_cookie) as reader:
        assert server_of(reader) == stays
        reader.set(CONTROL, MOVED)
        assert reader.texts() and reader.exceptions() == []


def test_a_socket_is_opened_for_pages_of_the_same_host_alone(site: Site) -> None:
    """Through the proxy the servers still know which host the browser asked."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Host": "book.example"}
    upgrade |= {"Sec-WebSocket-Protocol": "streamlit"}
    for origin, allowed in (("http://book.example", True), ("http://other.example", False)):
        answer = site.ask("/_stcore/stream", Origin=origin, **upgrade)
        assert (answer.status == 101) == allowed, (origin, answer.status)
