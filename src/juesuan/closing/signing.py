"""Signing in the orchestrator: whose turn it is, and taking the answer that a person gave in the form."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from juesuan import review
from juesuan.base.process import OFFICE_ZONE
from juesuan.closing.kept import hash_of
from juesuan.people import PEOPLE, Person, Register, normalised
from juesuan.results import Results, SignOff, idle_of, read_results
from juesuan.results.names import REVIEW_PAGE
from juesuan.review import SignOffRefused, SignOffRejected, write_review


@dataclass(frozen=True)
class Turn:
    """The role that is to sign next, and the hash of what it signs."""

    role: str
    content: str

    @property
    def key(self) -> str:
        """The turn as a key of the orchestrator, which takes small letters, digits and dashes alone."""
        return hash_of(self.role, self.content)[:24]


def next_signature(out: Path) -> Turn | None:
    """Return whose turn it is; None where a closing is approved.

    Raises:
        SignOffRefused: there are warnings that nobody explained.
        OutputError: the results were changed since they were made.
    """
    results = read_results(out)
    if not results.standing.next_role:
        return None
    if results.unexplained:
        raise SignOffRefused.unexplained(results)
    return Turn(results.standing.next_role, results.manifest.content)


def invitation(out: Path, turn: Turn, refused: str = "") -> str:
    """Return what a person should know before signing, in Markdown: the figures, what was found, where to look.

    ``refused`` is why the answer before this one was not taken.
    """
    results = read_results(out)
    lines = [f"**{results.title}：请{turn.role}签署**", ""]
    if refused:
        lines += [f"上一次的签署没有记下：{refused}", ""]
    lines += [f"签署前请打开审核页，公开文本和校验文档都从那里进入：`{out / REVIEW_PAGE}`", ""]
    return "\n".join([*lines, *_findings(results), "", *_headline(results)]) + "\n"


def _headline(results: Results) -> list[str]:
    rows = [f"| {one.label} | {one.now} | {one.before or '—'} | {one.change or '—'} |" for one in results.headline]
    unit = results.run["money"]
    return [f"| 主要指标（{unit}） | 本年 | 上年 | 增减 |", "|---|---:|---:|---:|", *rows]


def _findings(results: Results) -> list[str]:
    idle = idle_of(results.checks)
    rules, places = len(results.checks) - idle, sum(one["instances"] for one in results.checks)
    told = [(rule, one) for rule in results.failed for one in rule["failures"]]
    adjusted = len(results.rounding["adjustments"])
    lines = [
        f"{rules} 条规则、{places} 处核对，没有错误；不适用的规则 {idle} 条；"
        f"提示 {len(told)} 处{'，都有说明' if told else ''}；平衡尾差的数 {adjusted} 个。"
    ]
    if told:
        lines += ["", *(f"- {rule['text']}（{one['place']}）：{_reason(one)}" for rule, one in told)]
    reopened = results.standing.reopened.get(results.standing.next_role, ())
    if reopened:
        lines += ["", "签署后有变动、须重新签署的：" + "、".join(map(results.section_title, reopened))]
    if results.unsettled:
        lines += ["", f"没有了结的审阅意见 {len(results.unsettled)} 条，了结之前谁也不能签署："]
        lines += [f"- {one.words}" for one in results.unsettled]
    if results.signoffs:
        lines += ["", "已签署：" + "；".join(map(_signed, results.signoffs))]
    return lines


def _signed(one: SignOff) -> str:
    return f"{one.on} {one.role} {one.who}{f'：{one.comment}' if one.comment else ''}"


def _reason(failure: Mapping[str, Any]) -> str:
    return f"{failure['explanation']['text']}（{failure['explanation']['by']}）"


def take_signature(out: Path, turn: Turn, name: str, *, approve: bool, comment: str = "") -> None:
    """Record what a person answered; what they signed must be what they were asked about.

    Where a service runs the closing, the person must be in its register with the role, for this unit.

    Raises:
        SignOffRejected: the person does not approve.
        SignOffRefused: the person may not sign, or the results are other ones now: the answer counts for nothing.
    """
    results = read_results(out)
    person = _registered(results, turn, name)
    by = person.id if person else ""
    if results.manifest.content != turn.content:
        raise SignOffRefused("请求签署之后结果有变动，这次签署不算数。")
    if not approve:
        raise SignOffRejected(name, turn.role, comment, by)
    review.approve(out, name, turn.role, on=datetime.now(OFFICE_ZONE).date(), comment=comment, by=by)
    write_review(out)


def _registered(results: Results, turn: Turn, name: str) -> Person | None:
    """Return the person of the service's register; None where no service runs this closing."""
    if not os.environ.get(PEOPLE):
        return None
    person, unit = Register(Path(os.environ[PEOPLE])).named(name), results.manifest.unit
    if person is None or not person.may(turn.role, unit):
        raise SignOffRefused(
            f"{normalised(name) or '没有写姓名的人'}不能作为{turn.role}签署单位 {unit} 的决算。"
            f"请由管理员添加：juesuan users add 姓名 --role {turn.role}"
        )
    return person
