"""Refuses requests that no page of ours makes: a strange Host header, another site's page, too large a body."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from juesuan.web.site import Site

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SHELTER = (
    (
        b"content-security-policy",
        b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_UNCHANGING = frozenset({"GET", "HEAD", "OPTIONS"})


class Sheltered:
    """An application whose every answer has a browser refuse what is not ours and keep nothing, errors too.

    What an answer says itself counts; these are the words of one that says nothing.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Hand the request on, and add to its answer."""

        async def added(message: "Message") -> None:
            if message["type"] == "http.response.start":
                said = {key.lower() for key, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in _SHELTER if one[0] not in said)]
            await send(message)

        await self._app(scope, receive, added)


class HostChecked:
    """An application that answers to its own names alone, whatever is asked (HTTP and web sockets)."""

    def __init__(self, app: "ASGIApp", site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Hand the request on, or refuse it with 421 (RFC 9110, 15.5.20)."""
        if scope["type"] != "lifespan" and not self._site.answers(header(scope, b"host")):
            await refuse(scope, receive, send, 421, "这个服务不用这个名字。")
            return
        await self._app(scope, receive, send)


class OwnPagesOnly:
    """An application that is asked by its own pages alone: what another site's page sends is refused.

    Cookies are ``SameSite=Strict``, but another port of the same machine is the same site; ``Origin`` and Fetch
    Metadata tell ports apart. Whoever sends neither is no browser, and has no cookie.
    """

    def __init__(self, app: "ASGIApp", site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Hand the request on, or refuse it with 403."""
        if scope["type"] != "lifespan" and not self._own(scope):
            await refuse(scope, receive, send, 403, "请求不是从本服务的页面发出的。")
            return
        await self._app(scope, receive, send)

    def _own(self, scope: "Scope") -> bool:
        origin, sent = header(scope, b"origin"), header(scope, b"sec-fetch-site")
        if origin and not self._site.is_own(origin, header(scope, b"host")):
            return False
        if sent in ("", "same-origin", "none"):
            return True
        # A link on somebody else's page leads to ours: it shows a page, and does nothing.
        return (
            scope["type"] == "http"
            and scope["method"] in _UNCHANGING
            and header(scope, b"sec-fetch-mode") == "navigate"
            and header(scope, b"sec-fetch-dest") == "document"
        )


class Limited:
    """An application that takes bodies up to a size alone, declared or not; some paths (``larger``) take more."""

    def __init__(self, app: "ASGIApp", largest: int, larger: Mapping[str, int] | None = None) -> None:
        self._app, self._largest, self._larger = app, largest, larger or {}

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Hand the request on, or refuse it with 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = self._larger.get(scope["path"], self._largest)
        declared = header(scope, b"content-length")
        if declared and (not declared.isdecimal() or int(declared) > largest):
            await refuse(scope, receive, send, 413, "发送的内容太大。")
            return
        got = 0

        async def counted() -> "Message":
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > largest:
                return {"type": "http.disconnect"}
            return message

        await self._app(scope, counted, send)


def header(scope: "Scope", name: bytes) -> str:
    """Return a header of a request; one that stands there twice is none."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1") if len(found) == 1 else ""


async def refuse(scope: "Scope", receive: "Receive", send: "Send", status: int, words: str) -> None:
    """Answer that a request is refused, in one line."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{words}\n".encode()})
