"""No schedule is switched on without what its runs need: they would all fail, and nobody would know before.

Prefect checks the parameters of a run when it is made, and lets a schedule without them be switched on. This
stands around the server's application, so that page, command line and programs meet it alike.
"""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ID = r"([0-9a-f-]{36})"
_ADDED = re.compile(f"/api/deployments/{_ID}/schedules/?")
_CHANGED = re.compile(f"/api/deployments/{_ID}/schedules/{_ID}/?")
_DEPLOYMENT = re.compile(f"/api/deployments/{_ID}/?")
_MADE = re.compile("/api/deployments/?")
_LARGEST = 1_000_000  # bytes


class SchedulesComplete:
    """Prefect's application, which refuses to switch on a schedule whose runs would lack a parameter."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Hand the request on, or refuse it with 409, as Prefect does for a run that lacks a parameter."""
        if scope["type"] != "http" or scope["method"] not in ("POST", "PATCH") or not _concerned(scope["path"]):
            await self._app(scope, receive, send)
            return
        content = await _whole(receive)
        missing = await self._missing(scope, content)
        if missing:
            body = json.dumps({"detail": f"定时没有打开：{missing}"}, ensure_ascii=False).encode()
            await send(
                {"type": "http.response.start", "status": 409, "headers": [(b"content-type", b"application/json")]}
            )
            await send({"type": "http.response.body", "body": body})
            return
        await self._app(scope, _again(content, receive), send)

    async def _missing(self, scope: "Scope", content: bytes) -> str:
        """Return what runs of the schedules would lack that the request leaves switched on; nothing where none."""
        try:
            body = json.loads(content)
        except ValueError:
            return ""  # Prefect says what is wrong with it
        path = scope["path"]
        if found := _CHANGED.fullmatch(path):
            old = await self._read(scope, f"/api/deployments/{found[1]}/schedules")
            (before,) = [one for one in old or [] if one["id"] == found[2]] or [{}]
            return _lacking(await self._read(scope, f"/api/deployments/{found[1]}") or {}, [before | _said(body)])
        if found := _ADDED.fullmatch(path):
            deployment = await self._read(scope, f"/api/deployments/{found[1]}") or {}
            return _lacking(deployment, body if isinstance(body, list) else [])
        if found := _DEPLOYMENT.fullmatch(path):
            deployment = await self._read(scope, f"/api/deployments/{found[1]}") or {}
            changed = deployment | _said(body)
            return _lacking(changed, changed.get("schedules") or [])
        return _lacking(_said(body), _said(body).get("schedules") or [])

    async def _read(self, scope: "Scope", path: str) -> Any:
        """Ask the server itself, with the key of who asks: who may not read is told nothing."""
        given = {
            key.decode(): value.decode("latin-1")
            for key, value in scope["headers"]
            if key in (b"host", b"authorization")
        }
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(
            transport=transport, base_url=f"http://{given.get('host', 'server')}"
        ) as client:
            answer = await client.get(path, headers=given)
        return answer.json() if answer.is_success else None


def _concerned(path: str) -> bool:
    return any(one.fullmatch(path) for one in (_ADDED, _CHANGED, _DEPLOYMENT, _MADE))


def _said(body: Any) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None} if isinstance(body, dict) else {}


def _lacking(deployment: Mapping[str, Any], schedules: list[Any]) -> str:
    """Return the first parameter that runs of a schedule which is on would lack, in words."""
    schema = deployment.get("parameter_openapi_schema") or {}
    for one in schedules:
        if not isinstance(one, dict) or not one.get("active", True):
            continue
        given = {**(deployment.get("parameters") or {}), **(one.get("parameters") or {})}
        errors = sorted(
            Draft202012Validator(schema).iter_errors(given), key=lambda error: list(map(str, error.path))
        )
        if errors:
            return _words(errors[0])
    return ""


def _words(error: Any) -> str:
    if error.validator == "required":
        names = [name for name in error.validator_value if name not in error.instance]
        titles = [str(error.schema.get("properties", {}).get(name, {}).get("title", name)) for name in names]
        return f"没有填“{'”、“'.join(titles)}”。请先在定时里填写参数。"
    return f"参数 {'.'.join(map(str, error.path))} 不合要求。"


async def _whole(receive: "Receive") -> bytes:
    content, more = b"", True
    while more:
        message = await receive()
        content += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False) and len(content) <= _LARGEST
    return content


def _again(content: bytes, receive: "Receive") -> "Receive":
    """Return what hands a body on that was read."""
    told = False

    async def once() -> "Message":
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": content, "more_body": False}

    return once
