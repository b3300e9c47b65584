"""The door in front of Prefect's page: log in, then what the page asks is judged, written down and handed on.

Prefect itself listens on this machine's loopback alone and takes its key; the key is added here, and only to the
request of somebody who is logged in and may make it. The page's own requests stay on this site: the policy in the
answer's headers has the browser refuse everything else, whatever the page says.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

import httpx
from anyio import CapacityLimiter, sleep
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from juesuan.people import Person
from juesuan.people.register import SHORTEST
from juesuan.problems import InputError
from juesuan.resources import page_templates
from juesuan.web.guard import HostChecked, Limited, OwnPagesOnly
from juesuan.web.rights import Asked, UnitOf, judge, run_asked
from juesuan.web.sessions import LONGEST, Door, LockedOut
from juesuan.web.site import Site

if TYPE_CHECKING:
    from starlette.types import ASGIApp

SESSION, FORM = "juesuan-session", "juesuan-form"
"""Cookies: who is inside; and what binds a form of ours to the browser that asked for it."""

_MANIFEST = "/ico/site.webmanifest"
"""What Prefect's page calls itself. A browser asks for it without a cookie unless its link says otherwise, so that
nobody is ever logged in who asks; the door answers itself, to everybody."""

_LARGEST = 1_000_000  # bytes of a request: Prefect takes parameters of half that
_OWN_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_PAGE_POLICY = (
    # Prefect's page draws its timeline with code that it makes from its own strings (pixi.js): 'unsafe-eval'
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_PASSED_ON = frozenset({"accept", "accept-language", "content-type", "if-none-match", "if-modified-since"})
_PASSED_BACK = frozenset({"content-type", "etag", "last-modified", "cache-control", "content-disposition"})
_PATIENCE = 60.0  # seconds
_TRIES, _PAUSE = 10, 0.5  # how often a busy server is asked again, and seconds in between


@dataclass(frozen=True)
class Office:
    """What the door needs: where it stands, who may come in, and what is behind it.

    ``prefect`` is the address of Prefect's server (without ``/api``), ``key`` what it asks for.
    """

    site: Site
    door: Door
    prefect: str
    key: str
    unit_of: UnitOf


def gateway_app(office: Office) -> "ASGIApp":
    """Return the application of the service's page."""
    gateway = _Gateway(office)
    routes = [
        Route("/office/login", gateway.login, methods=["GET", "POST"]),
        Route("/office/logout", gateway.logout, methods=["POST"]),
        Route("/office/password", gateway.password, methods=["POST"]),
        Route("/office/account", gateway.account, methods=["GET"]),
        Route("/office/style.css", gateway.style, methods=["GET"]),
        Route(_MANIFEST, gateway.manifest, methods=["GET"]),
        Route("/{path:path}", gateway.prefect, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
    ]
    app = Starlette(routes=routes, lifespan=gateway.running)
    return HostChecked(OwnPagesOnly(Limited(app, _LARGEST), office.site), office.site)


class _Gateway:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._site, self._door = office.site, office.door
        self._client = httpx.AsyncClient(
            base_url=office.prefect,
            auth=_basic(office.key),
            timeout=_PATIENCE,
            trust_env=False,
            follow_redirects=False,
        )
        self._few_passwords_at_a_time = CapacityLimiter(2)  # each takes 64 MB

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        async with self._client:
            yield

    async def login(self, request: Request) -> Response:
        if request.method == "GET":
            wanted = _local(request.query_params.get("next", "/"))
            if self._person(request):
                return self._told(RedirectResponse(wanted, HTTPStatus.SEE_OTHER))
            return self._form(request, wanted)
        form = await _fields(request)
        wanted = _local(form.get("next", "/"))
        if not self._ours(request, form):
            return self._form(request, wanted, "这张表已经过期，请再填一次。", HTTPStatus.FORBIDDEN)
        place = request.client.host if request.client else ""
        try:
            entered = await run_sync(
                self._door.enter,
                form.get("name", ""),
                form.get("password", ""),
                place,
                limiter=self._few_passwords_at_a_time,
            )
        except LockedOut:
            words = "密码连续输错，暂时不能登录。请一刻钟后再试。"
            return self._form(request, wanted, words, HTTPStatus.TOO_MANY_REQUESTS)
        if entered is None:
            return self._form(request, wanted, "姓名或密码不对。", HTTPStatus.FORBIDDEN)
        answer = RedirectResponse(wanted, HTTPStatus.SEE_OTHER)
        self._cookie(answer, SESSION, entered[0])
        return self._told(answer)

    async def logout(self, request: Request) -> Response:
        form = await _fields(request)
        if not self._ours(request, form):
            return self._refused(HTTPStatus.FORBIDDEN, "这张表已经过期，请回到上一页再试。")
        self._door.leave(request.cookies.get(SESSION, ""))
        answer = RedirectResponse("/office/login", HTTPStatus.SEE_OTHER)
        answer.delete_cookie(SESSION, path="/", httponly=True, samesite="strict", secure=self._site.secure)
        return self._told(answer)

    async def account(self, request: Request) -> Response:
        person = self._person(request)
        return self._account(request, person) if person else self._to_login(request)

    async def password(self, request: Request) -> Response:
        person, form = self._person(request), await _fields(request)
        if person is None:
            return self._to_login(request)
        if not self._ours(request, form):
            return self._account(request, person, "这张表已经过期，请再填一次。", HTTPStatus.FORBIDDEN)
        register = self._door.register
        proven = await run_sync(
            register.proves, person.name, form.get("old", ""), limiter=self._few_passwords_at_a_time
        )
        if proven is None:
            self._door.journal.add(person.id, person.name, "换密码失败")
            return self._account(request, person, "现在的密码不对。", HTTPStatus.FORBIDDEN)
        try:
            await run_sync(
                register.set_password, person.name, form.get("new", ""), limiter=self._few_passwords_at_a_time
            )
        except InputError as error:
            return self._account(request, person, error.problems[0].message, HTTPStatus.FORBIDDEN)
        self._door.journal.add(person.id, person.name, "换密码")
        return self._form(request, "/", "密码已换，请重新登录。")

    async def style(self, _: Request) -> Response:
        return self._told(
            Response(page_templates("web").get_template("style.css").render(), media_type="text/css")
        )

    async def manifest(self, _: Request) -> Response:
        return self._told(JSONResponse({"name": "决算"}, media_type="application/manifest+json"))

    async def prefect(self, request: Request) -> Response:
        person = self._person(request)
        if person is None:
            return self._to_login(request)
        address = self._client.base_url.copy_with(raw_path=_raw(request))
        path = address.path  # as it is sent: the client takes "." and ".." out, and what is judged must be that
        if _hidden(path):
            return self._refused(HTTPStatus.NOT_FOUND, "没有这一页。")
        content = await request.body()
        run = run_asked(request.method, path)
        try:
            parameters = await self._parameters(run) if run else None
        except (httpx.HTTPError, ValueError):
            return self._refused(HTTPStatus.BAD_GATEWAY, "决算服务正在启动或已经停止。请稍候再试。")
        asked = Asked(request.method, path, dict(request.query_params), _json(content), parameters)
        verdict = await run_sync(judge, person, asked, self._office.unit_of)  # it may read a package's settings
        if verdict.refused:
            if request.method not in ("GET", "HEAD"):
                self._door.journal.add(
                    person.id, person.name, "不准", f"{request.method} {path}：{verdict.refused}"
                )
            return self._refused(HTTPStatus.FORBIDDEN, verdict.refused)
        if verdict.told:
            self._door.journal.add(person.id, person.name, "操作", verdict.told)
        if path == "/ui-settings":
            return await self._settings(request)
        return await self._hand_on(request, address, content)

    async def _parameters(self, run: str) -> Mapping[str, Any] | None:
        """Return what a run was started with, as its server keeps it; None where there is no such run.

        Raises:
            httpx.HTTPError: the server does not answer.
            ValueError: it does not answer as it should.
        """
        got = await self._sent(self._client.build_request("GET", f"/api/flow_runs/{run}"))
        try:
            told = json.loads(await got.aread()) if got.is_success else None
        finally:
            await got.aclose()
        if got.status_code not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
            raise ValueError(f"the server said {got.status_code} of a run")
        parameters = told.get("parameters") if isinstance(told, dict) else None
        return parameters if isinstance(parameters, dict) else None

    async def _sent(self, asked: httpx.Request) -> httpx.Response:
        """Ask the server, again while its database is locked, as its own client does; the answer is to be read.

        Raises:
            httpx.HTTPError: it does not answer.
        """
        got = await self._client.send(asked, stream=True)
        for _ in range(_TRIES):
            if got.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            await got.aclose()
            await sleep(_PAUSE)
            got = await self._client.send(asked, stream=True)
        return got

    async def _hand_on(self, request: Request, address: httpx.URL, content: bytes) -> Response:
        asked = self._client.build_request(
            request.method,
            address,
            headers={key: value for key, value in request.headers.items() if key in _PASSED_ON},
            content=content,
        )
        try:
            got = await self._sent(asked)
        except httpx.HTTPError:
            return self._refused(HTTPStatus.BAD_GATEWAY, "决算服务正在启动或已经停止。请稍候再试。")
        headers = {key: value for key, value in got.headers.items() if key in _PASSED_BACK}
        if not address.path.startswith("/assets/"):  # these have their content's hash in their names
            headers["cache-control"] = "no-store"
        if HTTPStatus.MULTIPLE_CHOICES <= got.status_code < HTTPStatus.BAD_REQUEST and "location" in got.headers:
            headers["location"] = _local(got.headers["location"].removeprefix(self._office.prefect))
        answer = StreamingResponse(
            got.aiter_bytes(), got.status_code, headers, background=BackgroundTask(got.aclose)
        )
        return self._told(answer, _PAGE_POLICY)

    async def _settings(self, request: Request) -> Response:
        """Tell Prefect's page where its API is, and that it need not ask for a key: the door adds it."""
        try:
            told: dict[str, Any] = (await self._client.get("/ui-settings")).raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return self._refused(HTTPStatus.BAD_GATEWAY, "决算服务正在启动或已经停止。请稍候再试。")
        told |= {
            "api_url": f"{self._site.origin_of(request.headers['host'])}/api",
            "auth": None,
            "default_ui": "v1",
            "available_uis": ["v1"],
            "v2_base_url": None,
        }
        return self._told(JSONResponse(told), _PAGE_POLICY)

    def _person(self, request: Request) -> Person | None:
        return self._door.person(request.cookies.get(SESSION, ""))

    def _ours(self, request: Request, form: Mapping[str, str]) -> bool:
        return self._door.form_is_ours(request.cookies.get(FORM, ""), form.get("form", ""))

    def _form(
        self, request: Request, wanted: str, message: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        return self._page(
            request,
            "login.html.jinja",
            status,
            next=wanted,
            message=message,
            nobody=not self._door.register.here(),
        )

    def _account(
        self, request: Request, person: Person, message: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        return self._page(request, "account.html.jinja", status, person=person, message=message, shortest=SHORTEST)

    def _page(self, request: Request, name: str, status: HTTPStatus, **words: Any) -> Response:
        bound_to = request.cookies.get(FORM, "") or self._door.new_form()
        text = page_templates("web").get_template(name).render(form=self._door.form_token(bound_to), **words)
        answer = HTMLResponse(text, status)
        self._cookie(answer, FORM, bound_to)
        return self._told(answer)

    def _to_login(self, request: Request) -> Response:
        path, kind = request.scope["path"], request.headers.get("sec-fetch-dest", "document")
        if request.method != "GET" or kind != "document" or path.startswith("/api/"):
            return self._refused(HTTPStatus.UNAUTHORIZED, "请先登录。")
        wanted = _raw(request).decode("ascii", "replace")
        address = "/office/login" + (f"?next={quote(wanted, safe='')}" if wanted != "/" else "")
        return self._told(RedirectResponse(address, HTTPStatus.SEE_OTHER))

    def _refused(self, status: HTTPStatus, words: str) -> Response:
        return self._told(JSONResponse({"detail": words}, status))

    def _cookie(self, answer: Response, name: str, value: str) -> None:
        answer.set_cookie(
            name, value, max_age=LONGEST, path="/", httponly=True, samesite="strict", secure=self._site.secure
        )

    def _told(self, answer: Response, policy: str = _OWN_POLICY) -> Response:
        answer.headers.update(_HEADERS | {"Content-Security-Policy": policy})
        if policy == _OWN_POLICY:
            answer.headers["Cache-Control"] = "no-store"
        if self._site.secure:
            answer.headers["Strict-Transport-Security"] = "max-age=31536000"
        return answer


def _raw(request: Request) -> bytes:
    """Return path and query as they were asked for."""
    query = request.scope["query_string"]
    return bytes(request.scope["raw_path"]) + (b"?" + query if query else b"")


def _hidden(path: str) -> bool:
    """Return whether nobody sees a page: the server's second one, which shows adverts and asks an analytics host.

    A ``.`` or ``..`` within a path, which came as %2e, is left to the server behind: what it finds was not judged.
    """
    return path == "/v2" or path.startswith("/v2/") or not {".", ".."}.isdisjoint(path.split("/"))


def _basic(key: str) -> httpx.BasicAuth:
    user, _, password = key.partition(":")
    return httpx.BasicAuth(user, password)


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a form that a page of ours sends: each once."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return {}
    try:
        found = parse_qs((await request.body()).decode("utf-8"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return {}
    return {key: values[0] for key, values in found.items() if len(values) == 1}


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None


def _local(address: str) -> str:
    """Return an address on this site, or the first page for one that is not."""
    if not address.startswith("/") or address.startswith(("//", "/\\")) or not address.isprintable():
        return "/"
    return address
