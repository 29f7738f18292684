"""A client that costs as little as can be: one kept connection, bytes prepared beforehand."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlencode

from benchmarks.servers import HOST

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: *([^=\r\n]+)=([^;\r\n]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """What came back, and how long it took from the first byte sent to the last received."""

    status: int
    head: bytes
    body: bytes
    seconds: float


class Client:
    """One visitor with a cookie jar. Times what is on the wire, not its own bookkeeping."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self._socket = socket.create_connection((HOST, port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def prepare(
        self,
        path: str,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Return the bytes of a request; a POST if it has data."""
        body = urlencode(data).encode() if data is not None else b""
        method = "GET" if data is None else "POST"
        lines = {
            "Host": f"{HOST}:{self.port}",
            "Accept-Encoding": "gzip, deflate, br",
            "Accept-Language": "en-GB,en;q=0.9",
            **({"Content-Type": "application/x-www-form-urlencoded"} if body else {}),
            **({"Content-Length": str(len(body))} if data is not None else {}),
            **({"Cookie": "; ".join(map("=".join, self.cookies.items()))} if self.cookies else {}),
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body

    def send(self, request: bytes) -> Answer:
        """Send prepared bytes, read the answer, keep its cookies."""
        began = time.perf_counter()
        self._socket.sendall(request)
        received = self._socket.recv(65536)
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head = received[:end]
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        while len(received) < end + 4 + length:
            received += self._more()
        seconds = time.perf_counter() - began
        for name, value in _COOKIE.findall(head):
            self.cookies[name.decode()] = value.decode()
        return Answer(int(head.split(b" ", 2)[1]), head, received[end + 4 :], seconds)

    def _more(self) -> bytes:
        chunk = self._socket.recv(65536)
        if not chunk:
            raise ConnectionError("The server closed the connection in the middle of an answer.")
        return chunk

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch a page."""
        return self.send(self.prepare(path, headers=headers))

    def post(
        self, path: str, data: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a form."""
        return self.send(self.prepare(path, data, headers))
