"""The files of results, shown read-only to who is logged in: by names that folders list, never by a path.

Each part of an address must be a name that the folder before it lists, and a folder or a plain file itself: a link
is followed nowhere, and nothing hidden is shown (kept stages hold summaries of vouchers).
"""

import json
import os
import re
import stat
from collections.abc import Iterator
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import IO, TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from juesuan.people import Person
from juesuan.results.names import MANIFEST
from juesuan.web.frame import SESSION
from juesuan.web.guard import HostChecked, OwnPagesOnly, Sheltered
from juesuan.web.sessions import Door
from juesuan.web.site import Site

if TYPE_CHECKING:
    from starlette.types import ASGIApp

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
"""What results hold; a file of another kind is not shown."""

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
_CASE = re.compile(r"([0-9A-Za-z-]+)-2[0-9]{3}(?:\.refused|\.rejected)?")
_DEEPEST = 12
_CHUNK = 1 << 16


def results_app(folder: Path, site: Site, door: Door, login: str) -> "ASGIApp":
    """Return the application that shows a folder of results; ``login`` is where people log in."""

    def show(request: Request) -> Response:
        person = door.person(request.cookies.get(SESSION, ""))
        if person is None:
            return RedirectResponse(login, HTTPStatus.SEE_OTHER, headers=_HEADERS)
        parts = request.scope["path"].removeprefix("/").split("/")
        kind = KINDS.get(Path(parts[-1]).suffix.lower())
        handle = open_listed(folder, parts) if kind and _sees(person, folder, parts) else None
        if handle is None or kind is None:
            return PlainTextResponse("没有这个文件。\n", HTTPStatus.NOT_FOUND, headers=_HEADERS)
        held = os.fstat(handle)
        headers = _HEADERS | {
            "Content-Length": str(held.st_size),
            "Last-Modified": formatdate(held.st_mtime, usegmt=True),
        }
        if request.method == "HEAD":
            os.close(handle)
            return Response(status_code=HTTPStatus.OK, headers=headers, media_type=kind)
        return StreamingResponse(_pieces(os.fdopen(handle, "rb")), headers=headers, media_type=kind)

    app = Starlette(routes=[Route("/{path:path}", show, methods=["GET"])])
    return Sheltered(HostChecked(OwnPagesOnly(app, site), site))


def _sees(person: Person, folder: Path, parts: list[str]) -> bool:
    """Return whether a person may see what lies below: who is bound to units sees results of these alone."""
    if person.everywhere:
        return True
    unit = _unit_at(folder, parts)
    return unit is not None and person.sees(unit)


def _unit_at(folder: Path, parts: list[str]) -> str | None:
    """Return the unit whose results hold a file: as their manifest says, or by the name of a case's folder.

    What was refused has no manifest; of several units together there is none either, and nobody bound sees it.
    """
    for depth in range(1, min(len(parts), _DEEPEST)):
        handle = open_listed(folder, [*parts[:depth], MANIFEST])
        if handle is not None:
            with os.fdopen(handle, "rb") as file:
                try:
                    return str(json.load(file)["unit"])
                except (ValueError, KeyError, TypeError):
                    return None
    named = _CASE.fullmatch(parts[0])
    return named[1] if named and len(parts) > 1 else None


def open_listed(folder: Path, parts: list[str]) -> int | None:
    """Open a plain file by names that folders list, from a folder down; return its descriptor, or None."""
    if not parts or len(parts) > _DEEPEST:
        return None
    here: int | None = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for number, wanted in enumerate(parts):
        if here is None:
            return None
        try:
            found = _listed(here, wanted, folder=number < len(parts) - 1)
        finally:
            os.close(here)
        here = found
    return here


def _listed(here: int, wanted: str, *, folder: bool) -> int | None:
    """Open an entry of a folder by the name that the folder lists; None for links, specials and what is hidden."""
    with os.scandir(here) as entries:
        name = next((one.name for one in entries if one.name == wanted and not wanted.startswith(".")), None)
    if name is None:
        return None
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | (os.O_DIRECTORY if folder else 0)
    try:
        found = os.open(name, flags, dir_fd=here)
    except OSError:
        return None
    mode = os.fstat(found).st_mode
    if stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode):
        return found
    os.close(found)
    return None


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_CHUNK):
            yield piece
