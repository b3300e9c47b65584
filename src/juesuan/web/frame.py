"""What every page of our own has: who looks at it, a form that is ours, and the headers of its answer."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from juesuan.base.resources import page_templates
from juesuan.people import Person
from juesuan.web.sessions import LONGEST, Door
from juesuan.web.site import Site

SESSION, FORM = "juesuan-session", "juesuan-form"
"""Cookies: who is inside; and what binds a form of ours to the browser that asked for it."""

EXPIRED = "这张表已经过期，请再填一次。"

OWN_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Frame:
    """The frame of our own pages at a site, behind a door."""

    def __init__(self, site: Site, door: Door) -> None:
        self.site, self.door = site, door

    def person(self, request: Request) -> Person | None:
        """Return who asks; None where nobody is logged in."""
        return self.door.person(request.cookies.get(SESSION, ""))

    def ours(self, request: Request, form: Mapping[str, Any]) -> bool:
        """Return whether a form came from a page of ours."""
        return self.door.form_is_ours(request.cookies.get(FORM, ""), str(form.get("form", "")))

    def page(self, request: Request, template: str, status: HTTPStatus = HTTPStatus.OK, **words: Any) -> Response:
        """Return a page of ours, whose forms are bound to the browser."""
        bound_to = request.cookies.get(FORM, "") or self.door.new_form()
        text = page_templates("web").get_template(template).render(form=self.door.form_token(bound_to), **words)
        answer = HTMLResponse(text, status)
        self.cookie(answer, FORM, bound_to)
        return self.told(answer)

    def part(self, name: str, kind: str) -> Response:
        """Return what a page of ours needs beside it."""
        return self.told(Response(page_templates("web").get_template(name).render(), media_type=kind))

    def to_login(self, request: Request) -> Response:
        """Send who opens a page to log in; refuse everything else."""
        path, kind = request.scope["path"], request.headers.get("sec-fetch-dest", "document")
        if request.method != "GET" or kind != "document" or path.startswith("/api/"):
            return self.refused(HTTPStatus.UNAUTHORIZED, "请先登录。")
        wanted = raw(request).decode("ascii", "replace")
        address = "/office/login" + (f"?next={quote(wanted, safe='')}" if wanted != "/" else "")
        return self.told(RedirectResponse(address, HTTPStatus.SEE_OTHER))

    def sent_to(self, address: str) -> Response:
        """Send the browser to another page of ours."""
        return self.told(RedirectResponse(address, HTTPStatus.SEE_OTHER))

    def refused(self, status: HTTPStatus, words: str) -> Response:
        """Refuse a request in one line."""
        return self.told(JSONResponse({"detail": words}, status))

    def none(self) -> Response:
        """Refuse what is not there, or not for this person: they are not told which."""
        return self.refused(HTTPStatus.NOT_FOUND, "没有这一页，或者它不是您的单位的。")

    def cookie(self, answer: Response, name: str, value: str) -> None:
        """Set a cookie that no script reads and no other site sends."""
        answer.set_cookie(
            name, value, max_age=LONGEST, path="/", httponly=True, samesite="strict", secure=self.site.secure
        )

    def told(self, answer: Response, policy: str = OWN_POLICY) -> Response:
        """Return an answer with the headers that have the browser refuse what is not ours."""
        answer.headers.update(_HEADERS | {"Content-Security-Policy": policy})
        if policy == OWN_POLICY:
            answer.headers["Cache-Control"] = "no-store"
        if self.site.secure:
            answer.headers["Strict-Transport-Security"] = "max-age=31536000"
        return answer


def raw(request: Request) -> bytes:
    """Return path and query as they were asked for."""
    query = request.scope["query_string"]
    return bytes(request.scope["raw_path"]) + (b"?" + query if query else b"")


async def fields(request: Request, most: int = 10) -> dict[str, str]:
    """Return the fields of a form that a page of ours sends: each once, ``most`` at most."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return {}
    try:
        found = parse_qs((await request.body()).decode("utf-8"), keep_blank_values=True, max_num_fields=most)
    except ValueError:
        return {}
    return {key: values[0] for key, values in found.items() if len(values) == 1}


def local(address: str) -> str:
    """Return an address on this site, or the first page for one that is not."""
    if not address.startswith("/") or address.startswith(("//", "/\\")) or not address.isprintable():
        return "/"
    return address
