"""The page on which a closing is commented before it is signed: on a figure, a section or a sentence of it.

What may be said and when it is settled is the review room's business (:mod:`juesuan.review.comments`).
"""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from juesuan.base.problems import JuesuanError, OutputError
from juesuan.people import Person
from juesuan.results import Results, read_results
from juesuan.results.comments import CommentThread, threads_at
from juesuan.results.names import MANIFEST
from juesuan.review import CommentRefused, answer, comment, figures_with, may_settle, settle
from juesuan.review.comments import quoted_at
from juesuan.web.cases import Case
from juesuan.web.frame import EXPIRED, Frame, fields
from juesuan.web.writing import Rights

_MOST_FOUND = 40  # figures that a search shows
_ADDRESS = "/office/cases/{case}/comments"


class CommentPages:
    """The page of comments of each case that a person sees; ``out`` is where results lie."""

    def __init__(self, frame: Frame, rights: Rights, out: Path) -> None:
        self._frame, self._rights, self._out = frame, rights, out

    def routes(self) -> list[Route]:
        """Return the addresses of the pages."""
        return [
            Route(_ADDRESS, self.show, methods=["GET"]),
            Route(_ADDRESS, self.say, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show what was said, and what can be commented on."""
        person = self._frame.person(request)
        if person is None:
            return self._frame.to_login(request)
        case = await self._rights.case(request, person)
        return await self._page(request, person, case) if case else self._frame.none()

    async def say(self, request: Request) -> Response:
        """Take a comment, an answer, or that a comment is settled."""
        person, form = self._frame.person(request), await fields(request)
        if person is None:
            return self._frame.to_login(request)
        case = await self._rights.case(request, person)
        if case is None:
            return self._frame.none()
        if not self._frame.ours(request, form):
            return await self._page(request, person, case, EXPIRED, HTTPStatus.FORBIDDEN)
        try:
            told = await run_sync(_said, self._out / case.folder.name, person, case, form)
        except JuesuanError as error:
            return await self._page(request, person, case, str(error), HTTPStatus.CONFLICT)
        self._frame.door.journal.add(person.id, person.name, told[0], f"{case.id} {told[1]}")
        return self._frame.sent_to(f"/office/cases/{quote(case.id)}/comments#C{told[2]}")

    async def _page(
        self,
        request: Request,
        person: Person,
        case: Case,
        message: str = "",
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        about, wanted = request.query_params.get("about", ""), request.query_params.get("q", "").strip()
        try:
            threads, results = await run_sync(_read, self._out / case.folder.name, case)
        except OutputError as error:
            threads, results, message = (), None, message or str(error)
        return self._frame.page(
            request,
            "comments.html.jinja",
            status,
            person=person,
            case=case,
            message=message,
            threads=[(one, may_settle(one, person, case.unit)) for one in threads],
            sections=results.sections if results else (),
            about=about if results and quoted_at(results, about) else "",
            quoted=quoted_at(results, about) if results else "",
            wanted=wanted,
            figures=figures_with(results, wanted, _MOST_FOUND) if results and wanted else (),
            most=_MOST_FOUND,
        )


def _read(out: Path, case: Case) -> tuple[tuple[CommentThread, ...], Results | None]:
    """Return what was said of a case, and its results; None where there are none (yet, or any more)."""
    return threads_at(out, case.id), read_results(out) if (out / MANIFEST).is_file() else None


def _said(out: Path, person: Person, case: Case, form: Mapping[str, str]) -> tuple[str, str, int]:
    """Do what a form says; return the words of the log, what it is about, and the comment's number."""
    what, text, number = form.get("what", ""), form.get("text", ""), form.get("number", "")
    if what == "comment":
        note = comment(out, person, form.get("about", ""), text)
        return "提意见", note.anchor, note.number
    if not number.isascii() or not number.isdecimal() or what not in ("answer", "settle"):
        raise CommentRefused("没有这条意见。")
    about = int(number[:9])
    if what == "answer":
        answer(out, person, about, text, case.id)
        return "答复意见", f"第 {about} 条", about
    settle(out, person, about, case.unit, case.id)
    return "了结意见", f"第 {about} 条", about
