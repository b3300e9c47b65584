"""Logging in at a provider (OpenID Connect): the way there, and the way back.

The browser comes back from another site, without the cookies that are this site's alone (``SameSite=Strict``);
what binds a login to the browser that asked for it is a cookie of its own, sealed, for ten minutes. Both ways are
pages that lead on by themselves: a redirect of a form would need the policy to name every host behind the
provider, and one that starts at another site would leave the new session's cookie behind.
"""

import shlex
from http import HTTPStatus
from time import monotonic
from urllib.parse import quote

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from juesuan.web.frame import EXPIRED, SESSION, Frame, fields, local
from juesuan.web.oidc import LONGEST, Asking, LoginSeals, NotBelieved, Provider, ProviderAway
from juesuan.web.sessions import LockedOut

BACK = "/office/oidc/back"
"""Where the provider sends people back to, below the address of the service."""

_TOLD_AGAIN = 60.0  # seconds until the log says again that a provider is away
_AT_PROVIDER = "juesuan-oidc"
_ONCE = "这次登录已经过期，或者不是从这个浏览器开始的。请从登录页再开始一次。"


class ElsewherePages:
    """The pages, in a frame; without a provider there are none."""

    def __init__(self, frame: Frame, provider: Provider | None) -> None:
        self._frame, self.provider = frame, provider
        self._seals = LoginSeals()
        self._few_at_a_time = CapacityLimiter(4)
        self._away_since = float("-inf")

    def routes(self) -> list[Route]:
        """Return the addresses of the pages."""
        if self.provider is None:
            return []
        return [
            Route("/office/oidc/start", self.start, methods=["POST"]),
            Route(BACK, self.back, methods=["GET"]),
        ]

    @property
    def title(self) -> str:
        """What the provider is called; empty where there is none."""
        return self.provider.settings.title if self.provider else ""

    @property
    def passwords(self) -> bool:
        """Whether people log in by passwords, too."""
        return self.provider is None or self.provider.settings.passwords

    async def start(self, request: Request) -> Response:
        """Send a browser to the provider."""
        form, provider = await fields(request), self._provider
        wanted = local(form.get("next", "/"))
        if not self._frame.ours(request, form):
            return self._refused(request, EXPIRED, wanted, HTTPStatus.FORBIDDEN)
        if self._frame.site.origin_of(request.headers["host"]) != self._frame.site.origin:
            words = f"用{self.title}登录，请从 {self._frame.site.origin} 打开登录页。"
            return self._refused(request, words, wanted, HTTPStatus.FORBIDDEN)
        try:
            self._frame.door.refuse_place(_place(request))
            async with self._few_at_a_time:
                asking, address = await provider.asked(wanted)
        except LockedOut:
            return self._locked(request)
        except ProviderAway as error:
            return self._away(request, error, wanted)
        answer = self._frame.page(request, "onward.html.jinja", address=address, title=self.title)
        self._cookie(answer, self._seals.sealed(asking))
        return answer

    async def back(self, request: Request) -> Response:
        """Let in whom the provider names, where the answer is that to what this browser asked for."""
        told, asking = request.query_params, None
        if len(told.multi_items()) == len(told):  # nothing stands there twice
            asking = self._seals.taken(request.cookies.get(_AT_PROVIDER, ""), told.get("state", ""))
        if asking is None:
            return self._refused(request, _ONCE, "/", HTTPStatus.FORBIDDEN)
        try:
            return self._gone(await self._let_in(request, asking))
        except LockedOut:
            return self._locked(request)
        except ProviderAway as error:
            return self._away(request, error, asking.next)
        except NotBelieved as error:
            self._frame.door.not_believed(_place(request), str(error))
            words = f"{self.title}的回答核对不上，没有登录。请再试；还不行，请管理员看操作记录。"
            return self._refused(request, words, asking.next, HTTPStatus.FORBIDDEN)

    async def _let_in(self, request: Request, asking: Asking) -> Response:
        told, place = request.query_params, _place(request)
        if "error" in told or not told.get("code"):
            words = f"{self.title}没有让您登录。请再试，或问{self.title}的管理人员。"
            return self._refused(request, words, asking.next, HTTPStatus.FORBIDDEN)
        self._frame.door.refuse_place(place)
        async with self._few_at_a_time:
            outside = await self._provider.answered(asking, told["code"], told.get("iss"))
        entered = await run_sync(self._frame.door.enter_as, outside, place)
        if entered is None:
            shown = {"outside": outside, "quoted": shlex.quote(outside.subject)}  # it is pasted into a shell
            return self._frame.page(request, "unknown.html.jinja", HTTPStatus.FORBIDDEN, **shown)
        answer = self._frame.page(request, "onward.html.jinja", address=asking.next, title="")
        self._frame.cookie(answer, SESSION, entered[0])
        return answer

    @property
    def _provider(self) -> Provider:
        assert self.provider, "there are no routes without"  # noqa: S101
        return self.provider

    def _locked(self, request: Request) -> Response:
        words = "登录失败太多次，暂时不能登录。请一刻钟后再试。"
        return self._refused(request, words, "/", HTTPStatus.TOO_MANY_REQUESTS)

    def _away(self, request: Request, error: ProviderAway, wanted: str) -> Response:
        if monotonic() - self._away_since > _TOLD_AGAIN:
            self._away_since = monotonic()
            self._frame.door.journal.add("", "", "统一认证用不了", str(error))
        words = f"{self.title}现在用不了。请稍后再试" + ("，或用密码登录。" if self.passwords else "。")
        return self._refused(request, words, wanted, HTTPStatus.BAD_GATEWAY)

    def _refused(self, request: Request, words: str, wanted: str, status: HTTPStatus) -> Response:
        login = "/office/login" + (f"?next={quote(wanted, safe='')}" if wanted != "/" else "")
        return self._gone(self._frame.page(request, "notin.html.jinja", status, message=words, login=login))

    def _cookie(self, answer: Response, value: str) -> None:
        secure = self._frame.site.secure
        answer.set_cookie(
            _AT_PROVIDER, value, LONGEST, path="/office/oidc", httponly=True, samesite="lax", secure=secure
        )

    def _gone(self, answer: Response) -> Response:
        """Take the login's cookie away; and what stands in this page's address is no other page's business."""
        secure = self._frame.site.secure
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.delete_cookie(_AT_PROVIDER, path="/office/oidc", httponly=True, samesite="lax", secure=secure)
        return answer


def _place(request: Request) -> str:
    return request.client.host if request.client else ""
