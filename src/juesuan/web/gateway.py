"""The door in front of Prefect's page: log in, then what the page asks is judged, written down and handed on.

Prefect itself listens on this machine's loopback alone and takes its key; the key is added here, and only to the
request of somebody who is logged in and may make it. The page's own requests stay on this site: the policy in the
answer's headers has the browser refuse everything else, whatever the page says.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from juesuan.base.problems import InputError
from juesuan.people import Person
from juesuan.people.register import SHORTEST
from juesuan.web.cases import Cases
from juesuan.web.elsewhere import ElsewherePages
from juesuan.web.frame import EXPIRED, SESSION, Frame, fields, local, raw
from juesuan.web.guard import HostChecked, Limited, OwnPagesOnly, Sheltered
from juesuan.web.office import BEGIN, BRING, OfficePages
from juesuan.web.oidc import Provider
from juesuan.web.rights import Asked, UnitOf, judge, run_asked
from juesuan.web.server import Server, Unreachable
from juesuan.web.sessions import Door, LockedOut
from juesuan.web.site import Site
from juesuan.web.uploads import LARGEST

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_MANIFEST = "/ico/site.webmanifest"
"""What Prefect's page calls itself. A browser asks for it without a cookie unless its link says otherwise, so that
nobody is ever logged in who asks; the door answers itself, to everybody."""

_DEPLOYMENT = re.compile(r"/api/deployments/[0-9a-f-]{36}")
_LARGEST = 1_000_000  # bytes of a request: Prefect takes parameters of half that
_PAGE_POLICY = (
    # Prefect's page draws its timeline with code that it makes from its own strings (pixi.js): 'unsafe-eval'
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
_PASSED_ON = frozenset({"accept", "accept-language", "content-type", "if-none-match", "if-modified-since"})
_PASSED_BACK = frozenset({"content-type", "etag", "last-modified", "cache-control", "content-disposition"})


@dataclass(frozen=True)
class Office:
    """What the door needs: where it stands, who may come in, and what is behind it.

    ``prefect`` is the address of Prefect's server (without ``/api``), ``key`` what it asks for. ``cases`` is the
    folder of packages, ``out`` that of results, ``results`` the address at which these are shown; ``provider`` is
    where else people may log in.
    """

    site: Site
    door: Door
    prefect: str
    key: str
    unit_of: UnitOf
    cases: Path
    out: Path
    results: str
    provider: Provider | None = None


def gateway_app(office: Office) -> "ASGIApp":
    """Return the application of the service's page."""
    server = Server(office.prefect, office.key)
    frame = Frame(office.site, office.door)
    own = OfficePages(frame, server, Cases(office.cases), office.out, office.results)
    elsewhere = ElsewherePages(frame, office.provider)
    gateway = _Gateway(office, frame, server, own, elsewhere)
    routes = [
        Route("/office/login", gateway.login, methods=["GET", "POST"]),
        Route("/office/logout", gateway.logout, methods=["POST"]),
        Route("/office/password", gateway.password, methods=["POST"]),
        Route("/office/account", gateway.account, methods=["GET"]),
        Route("/office/style.css", gateway.style, methods=["GET"]),
        *elsewhere.routes(),
        *own.routes(),
        Route("/", gateway.first, methods=["GET"]),
        Route(_MANIFEST, gateway.manifest, methods=["GET"]),
        Route("/{path:path}", gateway.prefect, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
    ]
    app = Starlette(routes=routes, lifespan=gateway.running)
    limited = Limited(app, _LARGEST, {BRING: LARGEST, BEGIN: LARGEST})
    return Sheltered(HostChecked(OwnPagesOnly(limited, office.site), office.site))


class _Gateway:
    def __init__(
        self, office: Office, frame: Frame, server: Server, own: OfficePages, elsewhere: ElsewherePages
    ) -> None:
        self._office, self._frame, self._server, self._own = office, frame, server, own
        self._door, self._elsewhere = office.door, elsewhere
        self._few_passwords_at_a_time = CapacityLimiter(2)  # each takes 64 MB

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._server.running())
            if self._office.provider:
                await stack.enter_async_context(self._office.provider.running())
            stack.callback(self._own.composers.end)
            yield

    async def first(self, request: Request) -> Response:
        return self._frame.sent_to("/office/") if self._frame.person(request) else self._frame.to_login(request)

    async def login(self, request: Request) -> Response:
        if request.method == "GET":
            wanted = local(request.query_params.get("next", "/"))
            if self._frame.person(request):
                return self._frame.sent_to(wanted)
            return self._form(request, wanted)
        form = await fields(request)
        wanted = local(form.get("next", "/"))
        if refused := self._no_password(request, form):
            return self._form(request, wanted, refused, HTTPStatus.FORBIDDEN)
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
        answer = self._frame.sent_to(wanted)
        self._frame.cookie(answer, SESSION, entered[0])
        return answer

    async def logout(self, request: Request) -> Response:
        form = await fields(request)
        if not self._frame.ours(request, form):
            return self._frame.refused(HTTPStatus.FORBIDDEN, "这张表已经过期，请回到上一页再试。")
        self._door.leave(request.cookies.get(SESSION, ""))
        answer = self._frame.sent_to("/office/login")
        answer.delete_cookie(SESSION, path="/", httponly=True, samesite="strict", secure=self._office.site.secure)
        return answer

    async def account(self, request: Request) -> Response:
        person = self._frame.person(request)
        return self._account(request, person) if person else self._frame.to_login(request)

    async def password(self, request: Request) -> Response:
        person, form = self._frame.person(request), await fields(request)
        if person is None:
            return self._frame.to_login(request)
        if refused := self._no_password(request, form):
            return self._account(request, person, refused, HTTPStatus.FORBIDDEN)
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

    def _no_password(self, request: Request, form: dict[str, str]) -> str:
        """Return why a form with a password is not taken; empty where it is."""
        if not self._frame.ours(request, form):
            return EXPIRED
        return "" if self._elsewhere.passwords else "本服务不用密码登录。"

    async def style(self, _: Request) -> Response:
        return self._frame.part("style.css", "text/css")

    async def manifest(self, _: Request) -> Response:
        return self._frame.told(JSONResponse({"name": "决算"}, media_type="application/manifest+json"))

    async def prefect(self, request: Request) -> Response:
        person = self._frame.person(request)
        if person is None:
            return self._frame.to_login(request)
        if not person.everywhere and request.method == "GET" and not request.scope["path"].startswith("/api/"):
            return self._frame.sent_to("/office/")  # Prefect's page shows runs of all units
        address = self._server.client.base_url.copy_with(raw_path=raw(request))
        if _hidden(address.path):  # as it is sent: the client takes "." and ".." out, and that is what is judged
            return self._frame.refused(HTTPStatus.NOT_FOUND, "没有这一页。")
        return await self._judged(request, person, address)

    async def _judged(self, request: Request, person: Person, address: httpx.URL) -> Response:
        """Hand a request of Prefect's page on where this person may make it, and write down what it changes."""
        content, path = await request.body(), address.path
        run = run_asked(request.method, path)
        try:
            told = await self._server.run(run) if run else None
        except Unreachable as error:
            return self._frame.refused(HTTPStatus.BAD_GATEWAY, str(error))
        parameters = told.get("parameters") if told else None
        asked = Asked(request.method, path, dict(request.query_params), _json(content), parameters)
        verdict = await run_sync(judge, person, asked, self._office.unit_of)  # it may read a package's settings
        if verdict.refused:
            if request.method not in ("GET", "HEAD"):
                self._door.journal.add(
                    person.id, person.name, "不准", f"{request.method} {path}：{verdict.refused}"
                )
            return self._frame.refused(HTTPStatus.FORBIDDEN, verdict.refused)
        if verdict.told:
            self._door.journal.add(person.id, person.name, "操作", verdict.told)
        if path == "/ui-settings":
            return await self._settings(request)
        if request.method == "GET" and _DEPLOYMENT.fullmatch(path):
            return await self._deployment(path)
        return await self._hand_on(request, address, content)

    async def _hand_on(self, request: Request, address: httpx.URL, content: bytes) -> Response:
        asked = self._server.client.build_request(
            request.method,
            address,
            headers={key: value for key, value in request.headers.items() if key in _PASSED_ON},
            content=content,
        )
        try:
            got = await self._server.sent(asked)
        except httpx.HTTPError:
            return self._frame.refused(HTTPStatus.BAD_GATEWAY, str(Unreachable()))
        headers = {key: value for key, value in got.headers.items() if key in _PASSED_BACK}
        if not address.path.startswith("/assets/"):  # these have their content's hash in their names
            headers["cache-control"] = "no-store"
        if HTTPStatus.MULTIPLE_CHOICES <= got.status_code < HTTPStatus.BAD_REQUEST and "location" in got.headers:
            headers["location"] = local(got.headers["location"].removeprefix(self._office.prefect))
        answer = StreamingResponse(
            got.aiter_bytes(), got.status_code, headers, background=BackgroundTask(got.aclose)
        )
        return self._frame.told(answer, _PAGE_POLICY)

    async def _settings(self, request: Request) -> Response:
        """Tell Prefect's page where its API is, and that it need not ask for a key: the door adds it."""
        try:
            told: dict[str, Any] = (await self._server.client.get("/ui-settings")).raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return self._frame.refused(HTTPStatus.BAD_GATEWAY, str(Unreachable()))
        told |= {
            "api_url": f"{self._office.site.origin_of(request.headers['host'])}/api",
            "auth": None,
            "default_ui": "v1",
            "available_uis": ["v1"],
            "v2_base_url": None,
        }
        return self._frame.told(JSONResponse(told), _PAGE_POLICY)

    async def _deployment(self, path: str) -> Response:
        """Tell Prefect's page of a deployment; its form offers the packages that there are, to choose from."""
        try:
            told: Any = await self._server.ask("GET", path.removeprefix("/api"))
        except Unreachable as error:
            return self._frame.refused(HTTPStatus.BAD_GATEWAY, str(error))
        cases = Cases(self._office.cases)
        offered = [str(one.folder) for one in await run_sync(cases.all)]
        definitions = told["parameter_openapi_schema"].get("definitions", {})
        for field in (
            one["properties"]["package"] for one in definitions.values() if "package" in one["properties"]
        ):
            listed = {"title": "从列表选", "type": "string", "enum": offered}
            written = {"title": "写路径", "type": field.pop("type")}
            field["anyOf"] = [listed, written] if offered else [written]
        return self._frame.told(JSONResponse(told), _PAGE_POLICY)

    def _form(
        self, request: Request, wanted: str, message: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        return self._frame.page(
            request,
            "login.html.jinja",
            status,
            next=wanted,
            message=message,
            nobody=not self._door.register.here(),
            elsewhere=self._elsewhere.title,
            passwords=self._elsewhere.passwords,
        )

    def _account(
        self, request: Request, person: Person, message: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        passwords = self._elsewhere.passwords and bool(person.password)
        words = {"person": person, "message": message, "shortest": SHORTEST, "passwords": passwords}
        return self._frame.page(request, "account.html.jinja", status, **words)


def _hidden(path: str) -> bool:
    """Return whether nobody sees a page: the server's second one, which shows adverts and asks an analytics host.

    A ``.`` or ``..`` within a path, which came as %2e, is left to the server behind: what it finds was not judged.
    """
    return path == "/v2" or path.startswith("/v2/") or not {".", ".."}.isdisjoint(path.split("/"))


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None
