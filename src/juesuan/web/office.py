"""The office's own pages: what is to be done for each unit and year, from bringing a package in to its results.

Everything here is asked of somebody else: of the folder of packages (``cases.py``), of the server that runs
closings (``server.py``), of the results. Who is bound to units sees these alone.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from markdown_it import MarkdownIt
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from juesuan.base.problems import InputError, JuesuanError
from juesuan.closing.refusal import COLUMNS
from juesuan.editionfiles import edition_names, options_of
from juesuan.package.settings import UnitKind
from juesuan.people import Person, Role
from juesuan.results import read_results
from juesuan.results.comments import threads_at
from juesuan.results.names import CHECKS_PAGE, DOCX, FACTS_CSV, PAGE, PDF, REVIEW_PAGE, XLSX
from juesuan.review import refuse_unsettled
from juesuan.starting.unpacked import PACKAGE
from juesuan.web.cases import BEGUN_FROM, SHOWN, Case, Cases, Found, Wished
from juesuan.web.commenting import CommentPages
from juesuan.web.composing import Composers
from juesuan.web.frame import EXPIRED, Frame, fields
from juesuan.web.history import ROW, history_of, with_lines
from juesuan.web.server import Run, Runs, Server, Unreachable
from juesuan.web.uploads import MOST_FILES
from juesuan.web.writing import Rights, WritingPages

BRING, BEGIN = "/office/bring", "/office/begin"
"""Where files are sent to; the addresses that take a large body."""

_PREPARERS = (Role.PREPARER, Role.ADMINISTRATOR)
_SIGNERS = (Role.PREPARER, Role.REVIEWER, Role.APPROVER)
_LINE = re.compile(r"(.+?) 第 (\d+) 行")
_CELL = re.compile(r"([^\s!（），、。；：“”]+(?: [^\s!（），、。；：“”]+)?)![A-Z]+([0-9]+)")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_RESULTS = {
    REVIEW_PAGE: "审核页",
    CHECKS_PAGE: "校验文档",
    PAGE: "公开文本（网页）",
    PDF: "公开文本（PDF）",
    DOCX: "公开文本（Word）",
    XLSX: "公开报表（Excel）",
    FACTS_CSV: "全部的数（CSV）",
}
_WISHED = tuple(one.name for one in dataclass_fields(Wished))
_YEAR = re.compile(r"[0-9]{4}")
_NOT_YOURS = "您的角色不包括这个单位。"


@dataclass(frozen=True)
class CaseState:
    """How a case stands, in a word, and what to do next."""

    word: str
    next: str


def state_of(found: Found | None, run: Run | None) -> CaseState:
    """Return how a case stands: by its newest run, unless the package was brought in again since."""
    if run is not None and run.at_work:
        return CaseState("编制中", "等它编完；这一页会自己更新。")
    if run is not None and run.waits:
        return CaseState("待签", "打开审核页看过后，轮到的人签署。")
    if found is not None and found.errors and (run is None or found.when > run.since):
        return CaseState("有错", f"改正 {found.errors} 处，把改好的文件再带进来。")
    if run is None or (found is not None and found.when > run.since):
        return CaseState("可编", "点“编制决算”。") if found else CaseState("未看", "先核对一遍资料。")
    return {
        "COMPLETED": CaseState("已归档", "结果可以取走。"),
        "FAILED": CaseState("没有通过", "看哪里不对，改好文件带进来，再接着编。"),
        "CRASHED": CaseState("中断", "点“接着编”：没有变的步骤不重做。"),
    }.get(run.state, CaseState("已取消", "需要时再编。"))


class OfficePages:
    """The pages, in a frame; ``out`` is where results lie, ``shown`` the address at which they are shown."""

    def __init__(self, frame: Frame, server: Server, cases: Cases, out: Path, shown: str) -> None:
        self._frame, self._cases, self._out, self._shown = frame, cases, out, shown
        self._runs = Runs(server)
        self.composers = Composers()
        rights = Rights(self._case, lambda person, case: _may(person, _PREPARERS, case.unit), self._busy)
        self._writing = WritingPages(frame, cases, self.composers, rights)
        self._commenting = CommentPages(frame, rights, out)
        self._few_at_a_time = CapacityLimiter(2)  # a look at a package takes a processor for seconds

    def routes(self) -> list[Route]:
        """Return the addresses of the pages."""
        return [
            Route("/office/", self.all, methods=["GET"]),
            Route("/office/live.js", self.script, methods=["GET"]),
            Route(BRING, self.bring, methods=["POST"]),
            Route(BEGIN, self.begin, methods=["GET", "POST"]),
            Route("/office/cases/{case}", self.one, methods=["GET"]),
            Route("/office/cases/{case}/file", self.file, methods=["GET"]),
            Route("/office/cases/{case}/workbook", self.workbook, methods=["GET"]),
            Route("/office/cases/{case}/marked", self.workbook, methods=["GET"]),
            *self._writing.routes(),
            *self._commenting.routes(),
            Route("/office/cases/{case}/{what:str}", self.change, methods=["POST"]),
        ]

    async def script(self, _: Request) -> Response:
        """Return the script that renews what goes on on a page."""
        return self._frame.part("live.js", "text/javascript")

    async def all(self, request: Request) -> Response:
        """Show every unit and year that the person may see."""
        person = self._frame.person(request)
        return await self._all(request, person) if person else self._frame.to_login(request)

    async def one(self, request: Request) -> Response:
        """Show one unit's year."""
        person = self._frame.person(request)
        if person is None:
            return self._frame.to_login(request)
        case = await self._case(request, person)
        return await self._one(request, person, case) if case else self._frame.none()

    async def file(self, request: Request) -> Response:
        """Show a file of a package as it was brought in, around a line of it."""
        person = self._frame.person(request)
        if person is None:
            return self._frame.to_login(request)
        case = await self._case(request, person)
        name, line = request.query_params.get("name", ""), request.query_params.get("line", "")
        number = int(line) if line.isdecimal() and len(line) < 9 else None  # noqa: PLR2004 - lines of a ledger
        if case is None:
            return self._frame.none()
        try:
            rows = await self._apart(self._cases.shown, case, name, number)
        except JuesuanError as error:
            return await self._one(request, person, case, f"{name}：{error}", HTTPStatus.CONFLICT)
        if rows is None:
            return self._frame.none()
        return self._frame.page(
            request, "file.html.jinja", person=person, case=case, name=name, line=number, rows=rows, most=SHOWN
        )

    async def bring(self, request: Request) -> Response:
        """Take files in: a whole package as a zip, or files of a package that is there."""
        person = self._frame.person(request)
        if person is None:
            return self._frame.to_login(request)
        if not _brings(person):  # before anything large is read
            return await self._all(request, person, _NOT_YOURS, HTTPStatus.FORBIDDEN)
        async with request.form(max_files=MOST_FILES, max_fields=6) as form:
            return await self._brought(request, person, form)

    async def _brought(self, request: Request, person: Person, form: FormData) -> Response:
        if not self._frame.ours(request, form):
            return await self._all(request, person, EXPIRED, HTTPStatus.FORBIDDEN)
        into = str(form.get("case", ""))
        uploads = [one for one in form.getlist("files") if isinstance(one, UploadFile)]
        old = await self._visible(into, person) if into else None

        def allowed(unit: str) -> str:
            return "" if _may(person, _PREPARERS, unit) else _NOT_YOURS

        try:
            refused = await self._busy(old) if old else ("没有这个单位和年度的资料。" if into else "")
            if refused:
                return await self._all(request, person, refused, HTTPStatus.CONFLICT)
            what = str(form.get("what", "")) or "files"
            over = form.get("over") == "1"
            bring = partial(self._cases.bring, by=person.name, into=into, allowed=allowed, what=what, over=over)
            case = await self._apart(bring, uploads)
        except InputError as error:
            return await self._all(request, person, "没有收下，什么都没有变：", HTTPStatus.BAD_REQUEST, error)
        except JuesuanError as error:
            return await self._all(request, person, f"没有收下：{error}", HTTPStatus.CONFLICT)
        self._frame.door.journal.add(person.id, person.name, "带进资料", case.id)
        return self._frame.sent_to(f"/office/cases/{quote(case.id)}")

    async def begin(self, request: Request) -> Response:
        """Show the form that begins a package, and begin one as ``juesuan new`` does."""
        person = self._frame.person(request)
        if person is None:
            return self._frame.to_login(request)
        if request.method == "GET":
            return self._begin(request, person, {})
        if not _brings(person):
            return self._begin(request, person, {}, _NOT_YOURS, HTTPStatus.FORBIDDEN)
        async with request.form(max_files=MOST_FILES, max_fields=10) as form:
            return await self._begun(request, person, form)

    async def _begun(self, request: Request, person: Person, form: FormData) -> Response:
        said = {name: one for name, one in form.items() if isinstance(one, str)}
        if not self._frame.ours(request, form):
            return self._begin(request, person, said, EXPIRED, HTTPStatus.FORBIDDEN)
        uploads = {
            name: [one for one in form.getlist(name) if isinstance(one, UploadFile) and one.filename]
            for name in BEGUN_FROM
        }
        wished = Wished(
            **{name: said.get(name, "").strip() for name in _WISHED if name != "year"},
            year=int(year) if _YEAR.fullmatch(year := said.get("year", "").strip()) else None,
        )

        def allowed(unit: str) -> str:
            return "" if _may(person, _PREPARERS, unit) else _NOT_YOURS

        try:
            case = await self._apart(self._cases.begin, wished, uploads, person.name, allowed)
        except InputError as error:
            words = "没有开始，什么都没有变："
            return self._begin(request, person, said, words, HTTPStatus.BAD_REQUEST, error)
        except JuesuanError as error:
            return self._begin(request, person, said, f"没有开始：{error}", HTTPStatus.CONFLICT)
        self._frame.door.journal.add(person.id, person.name, "开始准备", case.id)
        return self._frame.sent_to(f"/office/cases/{quote(case.id)}")

    async def workbook(self, request: Request) -> Response:
        """Hand out a package as a workbook; with the cells marked that are wrong where that was asked for."""
        person = self._frame.person(request)
        if person is None:
            return self._frame.to_login(request)
        case = await self._case(request, person)
        if case is None:
            return self._frame.none()
        marked = request.url.path.endswith("/marked")
        try:
            content = await self._apart(partial(self._cases.workbook, case, marked=marked))
        except JuesuanError as error:
            return await self._one(request, person, case, str(error), HTTPStatus.CONFLICT)
        name = quote(f"{case.id}{'-标注' if marked else ''}.xlsx")
        headers = {"Content-Disposition": f"attachment; filename*=utf-8''{name}"}
        return self._frame.told(Response(content, media_type=_XLSX, headers=headers))

    async def change(self, request: Request) -> Response:
        """Do what a button of a case's page says."""
        person, form = self._frame.person(request), await fields(request)
        if person is None:
            return self._frame.to_login(request)
        case = await self._case(request, person)
        what = _CHANGES.get(request.path_params["what"])
        if case is None or what is None:
            return self._frame.none()
        if not self._frame.ours(request, form):
            return await self._one(request, person, case, EXPIRED, HTTPStatus.FORBIDDEN)
        words, roles, work = what
        if not _may(person, roles, case.unit):
            self._frame.door.journal.add(person.id, person.name, "不准", f"{words} {case.id}：{_NOT_YOURS}")
            return await self._one(request, person, case, _NOT_YOURS, HTTPStatus.FORBIDDEN)
        try:
            refused = await work(self, person, case, form)
        except JuesuanError as error:
            refused = str(error)
        if refused:
            return await self._one(request, person, case, refused, HTTPStatus.CONFLICT)
        self._frame.door.journal.add(person.id, person.name, words, case.id)
        return self._frame.sent_to(f"/office/cases/{quote(case.id)}")

    async def _look(self, person: Person, case: Case, _: Mapping[str, str]) -> str:
        await self._apart(self._cases.look, case, person.name)
        return ""

    async def _close(self, _: Person, case: Case, form: Mapping[str, str]) -> str:
        refused = await self._busy(case)
        if not refused:
            await self._runs.start(case.folder, sign=form.get("sign") == "1")
        return refused

    async def _retry(self, _: Person, case: Case, __: Mapping[str, str]) -> str:
        run = await self._run(case)
        if run is None or run.state not in ("FAILED", "CRASHED"):
            return "没有可以接着编的。"
        await self._runs.retry(run)
        return ""

    async def _cancel(self, _: Person, case: Case, __: Mapping[str, str]) -> str:
        run = await self._run(case)
        if run is None or not (run.at_work or run.waits):
            return "没有正在编的。"
        await self._runs.cancel(run)
        return ""

    async def _sign(self, person: Person, case: Case, form: Mapping[str, str]) -> str:
        run = await self._run(case)
        decision, comment = form.get("decision", ""), form.get("comment", "").strip()
        if run is None or not run.waits:
            return "现在不等签署。"
        if decision not in ("同意", "不同意"):
            return "请选“同意”或“不同意”。"
        if decision == "不同意" and not comment:
            return "不同意的，请写明原因。"
        results = self._out / case.folder.name
        if decision == "同意" and results.is_dir():  # told here at once; the sign-off itself refuses it, too
            await run_sync(lambda: refuse_unsettled(read_results(results)))
        await self._runs.sign(run, person.name, decision, comment)
        return ""

    def _begin(
        self,
        request: Request,
        person: Person,
        said: Mapping[str, str],
        message: str = "",
        status: HTTPStatus = HTTPStatus.OK,
        error: InputError | None = None,
    ) -> Response:
        editions = [
            key for name in edition_names() for key in (name, *(f"{name}+{one}" for one in options_of(name)))
        ]
        return self._frame.page(
            request,
            "begin.html.jinja",
            status,
            person=person,
            said={**dict.fromkeys(_WISHED, ""), **said},
            editions=editions,
            kinds=tuple(UnitKind),
            taken={name: ",".join(sorted(kinds)) for name, (kinds, _) in BEGUN_FROM.items()},
            message=message,
            problems=error.problems if error else (),
        )

    async def _all(
        self,
        request: Request,
        person: Person,
        message: str = "",
        status: HTTPStatus = HTTPStatus.OK,
        error: InputError | None = None,
    ) -> Response:
        cases = [one for one in await run_sync(self._cases.all) if person.sees(one.unit)]
        try:
            newest, down = await self._runs.newest(), ""
        except Unreachable as unreachable:
            newest, down = (), str(unreachable)
        rows = [(one, state_of(await run_sync(self._cases.found, one.id), _newest(newest, one))) for one in cases]
        return self._frame.page(
            request,
            "cases.html.jinja",
            status,
            person=person,
            rows=rows,
            message=message or down,
            problems=error.problems if error else (),
            brings=_brings(person),
        )

    async def _one(
        self,
        request: Request,
        person: Person,
        case: Case,
        message: str = "",
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        found = await run_sync(self._cases.found, case.id)
        told: Mapping[str, Mapping[str, Any]] = {}
        runs: Sequence[Run] = ()
        run = None
        try:
            runs = await self._runs.of(case.folder)
            run = next(iter(runs), None)
            told = await self._runs.told(run) if run else {}
        except Unreachable as error:
            message = message or str(error)
        return self._frame.page(
            request,
            "case.html.jinja",
            status,
            person=person,
            case=case,
            found=found,
            run=run,
            state=state_of(found, run),
            message=message,
            progress=_progress(told),
            invitation=_invitation(told) if run and run.waits else "",
            refusal=_grouped(case, tuple(with_lines(_findings(told), found, run)))
            if run and run.state == "FAILED"
            else (),
            history=history_of(runs),
            new=_grouped(case, [found.rows[one] for one in found.new] if found else ()),
            rows=_grouped(
                case, [one for number, one in enumerate(found.rows) if number not in found.new] if found else ()
            ),
            mended=_grouped(case, found.mended if found else ()),
            files=[(one, _address(case, one)) for one in await run_sync(self._cases.files, case)],
            results=self._results(case),
            unsettled=await run_sync(_unsettled, self._out / case.folder.name, case),
            prepares=_may(person, _PREPARERS, case.unit),
            signs=_may(person, _SIGNERS, case.unit),
        )

    def _results(self, case: Case) -> list[tuple[str, str]]:
        """Return what results there are to open, and where: the draft that waits, or what was archived last."""
        folder = self._out / case.folder.name
        return [
            (words, f"{self._shown}/{quote(f'{case.folder.name}/{name}')}")
            for name, words in _RESULTS.items()
            if (folder / name).is_file()
        ]

    async def _case(self, request: Request, person: Person) -> Case | None:
        return await self._visible(request.path_params["case"], person)

    async def _visible(self, name: str, person: Person) -> Case | None:
        case = await run_sync(self._cases.of, name)
        return case if case and person.sees(case.unit) else None

    async def _run(self, case: Case) -> Run | None:
        return _newest(await self._runs.newest(), case)

    async def _busy(self, case: Case) -> str:
        """Return why a package can't be changed or closed now; empty where it can."""
        run = await self._run(case)
        if run is None or not (run.at_work or run.waits):
            return ""
        return "正在编制，等它编完再试。" if run.at_work else "正在等待签署；要改资料，先取消这次编制。"

    async def _apart(self, work: Any, *given: Any) -> Any:
        return await run_sync(work, *given, limiter=self._few_at_a_time)


_CHANGES = {
    "look": ("核对资料", _PREPARERS, OfficePages._look),
    "close": ("编制", _PREPARERS, OfficePages._close),
    "retry": ("接着编", _PREPARERS, OfficePages._retry),
    "cancel": ("取消", _PREPARERS, OfficePages._cancel),
    "sign": ("签署", _SIGNERS, OfficePages._sign),
}
"""What the buttons of a case's page do, by address: the words of the log, who may, and how."""


def _may(person: Person, roles: Sequence[Role], unit: str) -> bool:
    return any(person.may(role, unit) for role in roles)


def _brings(person: Person) -> bool:
    """Return whether a person may bring in something of some unit."""
    return not person.roles.isdisjoint(_PREPARERS)


def _unsettled(out: Path, case: Case) -> int:
    """Return how many comments nobody settled."""
    return sum(one.open for one in threads_at(out, case.id))


def _newest(runs: Sequence[Run], case: Case) -> Run | None:
    return next((one for one in runs if one.package == case.folder), None)


def _progress(told: Mapping[str, Mapping[str, Any]]) -> tuple[float, str]:
    """Return how far a run is, in percent, and in words."""
    found = told.get("progress", {})
    return float(found.get("data") or 0), str(found.get("description") or "")


def _invitation(told: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what who signs should know, as HTML; what it quotes is text."""
    words = str(told.get("sign-off", {}).get("data") or "")
    plain = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])
    return str(plain.render(words)).replace(' style="text-align:right"', ' class="number"')  # as the policy wants


def _findings(told: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    data = told.get("findings", {}).get("data")
    found = json.loads(data) if isinstance(data, str) else data
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _grouped(
    case: Case, rows: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str, tuple[tuple[Mapping[str, Any], tuple[tuple[str, str], ...]], ...]], ...]:
    """Return findings by rule, each with links to the lines it names in the files that were brought in."""
    groups: dict[str, list[tuple[Mapping[str, Any], tuple[tuple[str, str], ...]]]] = {}
    for told in rows:
        row = {**dict.fromkeys(COLUMNS, ""), "行": {}, "更多": False, **told}
        head = f"【{row['程度']}】{row['规则']}"
        groups.setdefault(head, []).append((row, tuple(_links(case, row))))
    return tuple((head, tuple(found)) for head, found in groups.items())


def _links(case: Case, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    named = [_LINE.match(row["位置"])]
    named += list(ROW.finditer(row["依据的行"]))
    links = [(f"{one[1]} 第 {one[2]} 行", _address(case, one[1], one[2])) for one in named if one]
    cells = [one for text in (row["位置"], row["依据的行"]) for one in _CELL.finditer(text)]
    return [(one[0], _address(case, f"{PACKAGE}!{one[1]}", one[2])) for one in cells] + links


def _address(case: Case, name: str, line: str = "") -> str:
    asked = {"name": name} | ({"line": line} if line else {})
    return f"/office/cases/{quote(case.id)}/file?{urlencode(asked)}" + (f"#L{line}" if line else "")
