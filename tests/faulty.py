"""A proxy between a client and an S3 server that fails as networks and servers do, or lies as some servers do."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.seaweed import ACCESS_KEY, SECRET_KEY

_HOP = {"connection", "transfer-encoding", "expect", "keep-alive"}


@dataclass
class Request:
    """What a client asked, and its number (from 1)."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Fault:
    """What the proxy does with one request instead of passing it on."""

    status: int = 0  # answer this without asking the server
    code: str = "InternalError"
    wait: float = 0.0  # seconds before anything else
    drop: bool = False  # close the connection without an answer
    after: bool = False  # … but only after the server has done what was asked
    flip: bool = False  # change one byte of the answer's body
    then: Callable[[], None] | None = None  # done first


@dataclass
class Proxy:
    """A running proxy. ``fault`` chooses what goes wrong; ``ignored`` are headers that a lying server ignores."""

    endpoint: str = ""
    fault: Callable[[Request], Fault | None] = lambda _: None
    ignored: frozenset[str] = frozenset()
    ignoring: frozenset[str] = frozenset(
        {"PUT", "POST", "DELETE", "GET", "HEAD"}
    )  # … in requests of these methods
    count: int = 0
    seen: list[str] = field(default_factory=list)


@contextmanager
def between(server: str) -> Iterator[Proxy]:
    """Run a proxy in front of a server."""
    proxy, upstream, guard = Proxy(), urlsplit(server), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        close_connection: bool

        def log_message(self, *words: object) -> None:
            """Say nothing."""

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with guard:
                proxy.count += 1
                request = Request(proxy.count, self.command, self.path, dict(self.headers.items()), body)
                proxy.seen.append(f"{self.command} {self.path}")
            fault = proxy.fault(request) or Fault()
            if fault.then is not None and not fault.after:
                fault.then()
            time.sleep(fault.wait)
            if fault.drop and not fault.after:
                self.close_connection = True
                return
            if fault.status:
                text = f"<Error><Code>{fault.code}</Code><Message>fault</Message></Error>".encode()
                self.answer(fault.status, {"Content-Type": "application/xml"}, text)
                return
            status, headers, text = self.pass_on(request)
            if fault.then is not None and fault.after:
                fault.then()
            if fault.drop:
                self.close_connection = True
                return
            if fault.flip and text:
                text = bytes([text[0] ^ 1]) + text[1:]
            self.answer(status, headers, text)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one  # noqa: N815 - names of http.server

        def pass_on(self, request: Request) -> tuple[int, dict[str, str], bytes]:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
            lying = request.method in proxy.ignoring
            if lying and any(name.lower() in proxy.ignored for name in headers):
                headers = _signed_without(request, proxy.ignored)
            connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=60)
            try:
                connection.request(request.method, request.path, request.body, headers)
                answer = connection.getresponse()
                text = answer.read()
                return answer.status, dict(answer.getheaders()), text
            finally:
                connection.close()

        def answer(self, status: int, headers: dict[str, str], text: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in _HOP | {"content-length"}:
                    self.send_header(name, value)
            head = self.command == "HEAD"
            self.send_header("Content-Length", headers.get("Content-Length", "0") if head else str(len(text)))
            self.end_headers()
            if not head:
                self.wfile.write(text)

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    proxy.endpoint = f"http://127.0.0.1:{listener.server_address[1]}"
    try:
        yield proxy
    finally:
        listener.shutdown()
        listener.server_close()


def _signed_without(request: Request, ignored: frozenset[str]) -> dict[str, str]:
    """Return the headers without some of them, signed anew: the server behind never sees that they were there."""
    dropped = ignored | _HOP | {"authorization", "x-amz-date", "x-amz-content-sha256", "content-length"}
    kept = {name: value for name, value in request.headers.items() if name.lower() not in dropped}
    url = f"http://{request.headers['Host']}{request.path}"
    anew = AWSRequest(method=request.method, url=url, data=request.body, headers=kept)
    S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", "us-east-1").add_auth(anew)
    return dict(anew.headers.items())
