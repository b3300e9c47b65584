"""Which requests of Prefect's page a person may make: a list of what is allowed, and nothing else.

Prefect's page can do anything that its API can, and its API can have a deployment run any command. Of that the
office needs a small part. What reads is open to who holds a role for every unit, since runs of all units stand in
every answer; blocks and variables are read by nobody but 管理员: a block may hold an address with a key in it.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from juesuan.people import Person, Role, normalised

_ID = r"[0-9a-f-]{36}"
_PREPARERS = frozenset({Role.PREPARER, Role.ADMINISTRATOR})
_SIGNERS = frozenset({Role.PREPARER, Role.REVIEWER, Role.APPROVER})
_ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})

_SECRET = re.compile(
    r"/api/(block_documents|block_types/slug/[^/]+/block_documents|variables|admin/(settings|storage))(/|$)"
)
_READS = re.compile(
    r"/api/.+/(filter|count|paginate|history|lateness|count-deployments|next-runs|count-task-runs|counts|validate"
    r"|count-by/[a-z_-]+)"
)
_RUN_FIELDS = frozenset({"name", "parameters", "tags", "state", "idempotency_key", "enforce_parameter_schema"})
_SAID_AS_NOTHING: Mapping[str, tuple[Any, ...]] = {
    "work_queue_name": (None,),
    "job_variables": (None, {}),
    "empirical_policy": (None, {"retries": None, "retry_delay": None, "pause_keys": [], "resuming": False}),
}
"""What the form of Prefect's page sends although nobody filled it in."""
_STATES = frozenset({"SCHEDULED", "CANCELLING", "CANCELLED"})

UnitOf = Callable[[Path], str | None]
"""Returns the code of the unit whose package lies in a folder; None where it can't be told."""

_OF_A_RUN = re.compile(rf"/api/flow_runs/({_ID})(/set_state|/resume)?")


@dataclass(frozen=True)
class Asked:
    """A request of the page. ``body`` is what it sends as JSON, or None.

    ``run`` holds the parameters of the run that the request is about (:func:`run_asked`), as the server has them.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    run: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """Whether a request may be made: ``refused`` says why not, ``told`` what the log says of a change."""

    refused: str = ""
    told: str = ""


_NOT_YOURS = "您的角色不能做这件事。"
_OF_ALL_UNITS = "这里有各单位的运行。您只任几个单位的，请看“我的决算”。"
_NOBODY = "这件事不能在页面上做。"


def run_asked(method: str, path: str) -> str:
    """Return the id of the run that a request would change; empty where it changes none."""
    found = _OF_A_RUN.fullmatch(path)
    return found[1] if found and method not in ("GET", "HEAD") else ""


def judge(person: Person, asked: Asked, unit_of: UnitOf) -> Answer:
    """Return whether a person may make a request."""
    if _secrets_wanted(asked):
        return Answer("密钥不在页面上显示。")
    if _SECRET.match(asked.path) and Role.ADMINISTRATOR not in person.roles:
        return Answer(_NOT_YOURS)
    if asked.method in ("GET", "HEAD") or (asked.method == "POST" and _READS.fullmatch(asked.path)):
        return Answer() if person.everywhere else Answer(_OF_ALL_UNITS)
    return _change(person, asked, unit_of)


def _change(person: Person, asked: Asked, unit_of: UnitOf) -> Answer:
    if _replaced_later(asked.body):
        return Answer("请直接填写，不要用 JSON、模板或变量代替。")
    for method, pattern, roles, check in _CHANGES:
        found = re.fullmatch(pattern, asked.path)
        if method == asked.method and found:
            if not person.roles & roles:
                return Answer(_NOT_YOURS)
            return check(person, asked, unit_of)
    return Answer(_NOBODY)


def _replaced_later(value: Any) -> bool:
    """Return whether Prefect would put something else in the place of a part: what is judged must be what counts.

    It does so with every object that names a kind (``prefect.utilities.schema_tools.hydration``).
    """
    if isinstance(value, dict):
        return "__prefect_kind" in value or any(map(_replaced_later, value.values()))
    return isinstance(value, list) and any(map(_replaced_later, value))


def _starts(person: Person, asked: Asked, unit_of: UnitOf) -> Answer:
    body = asked.body
    if not isinstance(body, dict) or any(
        name not in _RUN_FIELDS and value not in _SAID_AS_NOTHING.get(name, ()) for name, value in body.items()
    ):
        return Answer("运行只能填写参数和名称。")
    if body.get("state") is not None and not _becomes(body["state"], frozenset({"SCHEDULED"})):
        return Answer("运行只能填写参数和名称。")
    parameters = body.get("parameters") or {}
    if not isinstance(parameters, dict) or not isinstance(parameters.get("request") or {}, dict):
        return Answer("参数不是一张表。")
    refused = _not_of_theirs(person, _PREPARERS, parameters, unit_of)
    if refused:
        return Answer(refused)
    request = json.dumps(parameters.get("request"), ensure_ascii=False)
    return Answer(told=f"运行 {asked.path.split('/')[3]} {request}")


def _not_of_theirs(
    person: Person, roles: frozenset[Role], parameters: Mapping[str, Any] | None, unit_of: UnitOf
) -> str:
    """Return why none of the person's roles counts for what a run closes; empty where one does.

    Who is bound to units gets nowhere with a run of several units, or of one that can't be told.
    """
    request = parameters.get("request") if isinstance(parameters, Mapping) else None
    package = request.get("package") if isinstance(request, Mapping) else None
    unit = unit_of(Path(package)) if isinstance(package, str) else None
    if any(person.may(role, unit) for role in roles):
        return ""
    return f"您的角色不包括这个单位（{unit or '几个单位，或未知的单位'}）。"


def _sets_state(person: Person, asked: Asked, unit_of: UnitOf) -> Answer:
    state = asked.body.get("state") if isinstance(asked.body, dict) else None
    if not isinstance(state, dict) or not _becomes(state, _STATES):
        return Answer("运行只能重试或取消。")
    refused = _not_of_theirs(person, _PREPARERS, asked.run, unit_of)
    if refused:
        return Answer(refused)
    return Answer(told=f"{'重试' if state['type'] == 'SCHEDULED' else '取消'} {asked.path.split('/')[3]}")


def _becomes(state: Any, allowed: frozenset[str]) -> bool:
    """Return whether a state is of an allowed type, and brings no result of its own."""
    return isinstance(state, dict) and state.get("type") in allowed and state.get("data") is None


def _signs(person: Person, asked: Asked, unit_of: UnitOf) -> Answer:
    form = asked.body.get("run_input") if isinstance(asked.body, dict) else None
    if not isinstance(form, dict) or not isinstance(form.get("name"), str):
        return Answer("请填写签署人姓名。")
    if normalised(form["name"]) != person.name:
        return Answer(f"签署人只能是登录的人：{person.name}。")
    refused = _not_of_theirs(person, _SIGNERS, asked.run, unit_of)
    if refused:
        return Answer(refused)
    return Answer(told=f"签署 {asked.path.split('/')[3]} {form.get('decision', '')}")


def _deletes(person: Person, asked: Asked, unit_of: UnitOf) -> Answer:
    refused = _not_of_theirs(person, _ADMINISTRATORS, asked.run, unit_of)
    return Answer(refused) if refused else Answer(told=f"删除运行 {asked.path.split('/')[3]}")


def _switches_message(_: Person, asked: Asked, __: UnitOf) -> Answer:
    if not isinstance(asked.body, dict) or set(asked.body) != {"enabled"}:
        return Answer("通知只能打开或关闭；要改内容，请用 juesuan notify。")
    return Answer(told=f"通知 {asked.path.split('/')[3]} {'打开' if asked.body['enabled'] else '关闭'}")


def _plainly(told: str) -> Callable[[Person, Asked, UnitOf], Answer]:
    def check(_: Person, asked: Asked, __: UnitOf) -> Answer:
        rest = f" {json.dumps(asked.body, ensure_ascii=False)}" if asked.body is not None else ""
        return Answer(told=f"{told} {asked.path.removeprefix('/api/')}{rest}")

    return check


_CHANGES: tuple[tuple[str, str, frozenset[Role], Callable[[Person, Asked, UnitOf], Answer]], ...] = (
    ("POST", f"/api/deployments/{_ID}/create_flow_run", _PREPARERS, _starts),
    ("POST", f"/api/flow_runs/{_ID}/set_state", _PREPARERS, _sets_state),
    ("POST", f"/api/flow_runs/{_ID}/resume", _SIGNERS, _signs),
    ("POST", f"/api/deployments/{_ID}/schedules", _ADMINISTRATORS, _plainly("增加定时")),
    ("PATCH", f"/api/deployments/{_ID}/schedules/{_ID}", _ADMINISTRATORS, _plainly("修改定时")),
    ("DELETE", f"/api/deployments/{_ID}/schedules/{_ID}", _ADMINISTRATORS, _plainly("删除定时")),
    ("POST", f"/api/deployments/{_ID}/(resume|pause)_deployment", _ADMINISTRATORS, _plainly("定时开关")),
    ("DELETE", f"/api/flow_runs/{_ID}", _ADMINISTRATORS, _deletes),
    ("PATCH", f"/api/automations/{_ID}", _ADMINISTRATORS, _switches_message),
)


def _secrets_wanted(asked: Asked) -> bool:
    named = asked.query.get("include_secrets", "").lower() not in ("", "false", "0")
    return named or (isinstance(asked.body, dict) and bool(asked.body.get("include_secrets")))
