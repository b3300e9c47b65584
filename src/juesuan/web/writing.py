"""Where the texts of a package are written: next to last year's words, each sentence as it will print."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from juesuan.base.files import sha256_of_text
from juesuan.base.problems import InputError, JuesuanError
from juesuan.people import Person
from juesuan.web.cases import Case, Cases, Overtaken
from juesuan.web.composing import Composers
from juesuan.web.frame import EXPIRED, Frame, fields

_MOST_FIELDS = 2_000  # a file of texts has some hundred, each with what was seen
_Given = TypeVar("_Given")
_TEXT, _SEEN = "text.", "seen."


@dataclass(frozen=True)
class Rights:
    """What the office's pages know of a case: who sees it, who may write, and why it can't be changed now."""

    case: Callable[[Request, Person], Awaitable[Case | None]]
    may: Callable[[Person, Case], bool]
    busy: Callable[[Case], Awaitable[str]]


class WritingPages:
    """The pages, in a frame."""

    def __init__(self, frame: Frame, cases: Cases, composers: Composers, rights: Rights) -> None:
        self._frame, self._cases, self._composers, self._rights = frame, cases, composers, rights
        self._few_at_a_time = CapacityLimiter(2)

    def routes(self) -> list[Route]:
        """Return the addresses of the pages."""
        return [
            Route("/office/writing.js", self.script, methods=["GET"]),
            Route("/office/cases/{case}/texts", self.texts, methods=["GET", "POST"]),
            Route("/office/cases/{case}/printed", self.printed, methods=["POST"]),
        ]

    async def script(self, _: Request) -> Response:
        """Return the script that asks how a text will print."""
        return self._frame.part("writing.js", "text/javascript")

    async def texts(self, request: Request) -> Response:
        """Show the texts of a file of a package, and take what was written."""
        person = self._frame.person(request)
        if person is None:
            return self._frame.to_login(request)
        case = await self._rights.case(request, person)
        if case is None:
            return self._frame.none()
        file, version = request.query_params.get("file", ""), request.query_params.get("version", "")
        if request.method == "GET":
            return await self._page(request, person, case, file, version=version)
        form = await fields(request, _MOST_FIELDS)
        if not self._frame.ours(request, form):
            return await self._page(request, person, case, file, EXPIRED, HTTPStatus.FORBIDDEN, said=form)
        if not self._rights.may(person, case):
            words = "您的角色不包括这个单位。"
            self._frame.door.journal.add(person.id, person.name, "不准", f"写文字 {case.id}：{words}")
            return await self._page(request, person, case, file, words, HTTPStatus.FORBIDDEN)
        return await self._write(request, person, case, file, form)

    async def printed(self, request: Request) -> Response:
        """Say, as JSON, which sentences a text will print that is being written, and what is wrong with it."""
        person, form = self._frame.person(request), await fields(request)
        if person is None:
            return self._frame.to_login(request)
        case = await self._rights.case(request, person)
        if case is None or not self._rights.may(person, case) or not self._frame.ours(request, form):
            return self._frame.refused(HTTPStatus.FORBIDDEN, "不能看这一处会印成什么。")
        words = [form.get(name, "") for name in ("file", "path")]
        try:
            typed = _plain(form.get("text", ""))
            told = await self._apart(self._composers.printed, case.folder, *words, typed)
        except JuesuanError as error:
            told = {"faults": [], "printed": [], "note": str(error)}
        return self._frame.told(JSONResponse(told))

    async def _write(
        self, request: Request, person: Person, case: Case, file: str, form: Mapping[str, str]
    ) -> Response:
        seen = {key.removeprefix(_SEEN): one for key, one in form.items() if key.startswith(_SEEN)}
        said = {key.removeprefix(_TEXT): _plain(one) for key, one in form.items() if key.startswith(_TEXT)}
        try:
            refused = await self._rights.busy(case)
            if refused:
                return await self._page(request, person, case, file, refused, HTTPStatus.CONFLICT, said=form)
            found = await self._apart(self._cases.texts, case, file)
            if found is None:
                return self._frame.none()
            loaded = {one.path: one for one in found.own}
            changes = {
                path: text
                for path, text in said.items()
                if seen.get(path) != sha256_of_text(text)  # it was touched
                and (path not in loaded or text != loaded[path].text.strip())
            }
            if changes:
                await self._apart(self._cases.write, case, file, changes, seen, person.name)
        except Overtaken as error:
            return await self._page(
                request, person, case, file, str(error), HTTPStatus.CONFLICT, said=form, there=error.there
            )
        except InputError as error:
            words = "没有保存：" + "；".join(map(str, error.problems))
            return await self._page(request, person, case, file, words, HTTPStatus.BAD_REQUEST, said=form)
        except JuesuanError as error:
            words = f"没有保存：{error}"
            return await self._page(request, person, case, file, words, HTTPStatus.CONFLICT, said=form)
        if changes:
            self._frame.door.journal.add(
                person.id, person.name, "写文字", f"{case.id} {file}：{'、'.join(changes)}"
            )
        return self._frame.sent_to(
            f"/office/cases/{quote(case.id)}/texts?file={quote(file, safe='')}&saved={len(changes)}"
        )

    async def _page(
        self,
        request: Request,
        person: Person,
        case: Case,
        file: str,
        message: str = "",
        status: HTTPStatus = HTTPStatus.OK,
        *,
        version: str = "",
        said: Mapping[str, str] | None = None,
        there: Mapping[str, str] | None = None,
    ) -> Response:
        try:
            found = await self._apart(self._cases.texts, case, file, version)
            now = await self._apart(self._cases.texts, case, file) if version else found
        except JuesuanError as error:
            return self._frame.refused(HTTPStatus.CONFLICT, str(error))
        if found is None or now is None:
            return self._frame.none()
        digests = {one.path: one.digest for one in now.own}
        written = {
            key.removeprefix(_TEXT): _plain(one) for key, one in (said or {}).items() if key.startswith(_TEXT)
        }
        entries = [
            {
                "path": one.path,
                "title": one.title,
                "belongs": one.belongs,
                "before": one.before,
                "text": written.get(one.path, one.text),
                "there": (there or {}).get(one.path),
                "seen": digests.get(one.path, one.digest)
                if version or one.path in (there or {})
                else (said or {}).get(f"{_SEEN}{one.path}", one.digest),
            }
            for one in found.own
        ]
        saved = request.query_params.get("saved", "")
        return self._frame.page(
            request,
            "texts.html.jinja",
            status,
            person=person,
            case=case,
            texts=found,
            entries=[one for one in entries if one["text"] or one["before"]],
            others=[one for one in entries if not (one["text"] or one["before"])],
            version=version,
            message=message,
            saved=int(saved) if saved.isdecimal() and len(saved) < 5 and not message else None,  # noqa: PLR2004
            writes=self._rights.may(person, case),
        )

    async def _apart(self, work: Callable[..., _Given], *given: Any) -> _Given:
        return await run_sync(work, *given, limiter=self._few_at_a_time)


def _plain(text: str) -> str:
    """Return a text as a browser sends it, with the line ends of a file."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
