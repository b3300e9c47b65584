"""Adding a sign-off to a results folder, and telling how far a closing came."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from juesuan.base.problems import ExitCode, JuesuanError
from juesuan.base.process import office_now
from juesuan.package import PLACEHOLDER
from juesuan.people import clean, normalised
from juesuan.results import (
    Results,
    SignOff,
    State,
    hashes_of,
    published_as_final,
    read_results,
    write_signoffs,
)
from juesuan.results.names import FACTS_CSV
from juesuan.results.signoff import signed_last

_SHOWN = 5


class SignOffRefused(JuesuanError):  # noqa: N818 - names what happened
    """A sign-off that must not be given; says why and what to do."""

    def __init__(self, words: str, exit_code: ExitCode = ExitCode.INPUT) -> None:
        self.exit_code = exit_code
        super().__init__(words)

    @classmethod
    def unexplained(cls, results: Results) -> "SignOffRefused":
        """Return the refusal of a closing with warnings that nobody explained; it lists them."""
        told = [f"{rule['id']}　{one['place']}：{one['stated']}" for rule, one in results.unexplained]
        todo = "请在资料的 explanations.yaml 写明（rule、place、text、by），重新运行 juesuan close。"
        return cls._listing(told, "处", "提示没有审核说明", todo)

    @classmethod
    def unsettled(cls, results: Results) -> "SignOffRefused":
        """Return the refusal of a closing with comments that nobody settled; it lists them."""
        told = [one.words for one in results.unsettled]
        return cls._listing(
            told,
            "条",
            "审阅意见没有了结",
            "请在本单位的页面上，或用 juesuan comments 答复，再由提出的人或审核人了结。",
        )

    @classmethod
    def _listing(cls, told: Sequence[str], measure: str, what: str, todo: str) -> "SignOffRefused":
        more = [f"…… 另有 {len(told) - _SHOWN} {measure}"] if len(told) > _SHOWN else []
        lines = [f"    {one}" for one in (*told[:_SHOWN], *more)]
        return cls(
            "\n".join([f"有 {len(told)} {measure}{what}，不能签署：", *lines, todo]),
            ExitCode.CHECKS,
        )


class SignOffRejected(SignOffRefused):
    """Somebody whose turn it is does not approve what they were asked to sign: who, in which role, and why."""

    def __init__(self, who: str, role: str, comment: str, by: str = "") -> None:
        self.who, self.role, self.comment, self.by = normalised(who), role, clean(comment), by
        super().__init__(f"{role}{self.who}不同意：{self.comment or '没有写明意见'}。没有公布任何内容。")

    @property
    def record(self) -> dict[str, str]:
        """What stands with the draft from now on."""
        at = office_now()
        return {"who": self.who, "role": self.role, "comment": self.comment, "by": self.by, "at": at}


def approve(out: Path, who: str, role: str, *, on: date, comment: str = "", by: str = "") -> Results:
    """Sign what is open for a role; return the results with the sign-off.

    ``by`` is who the system knows the person to be: who signed under it in one role signs in no other, and under
    one name. Names are compared as readers see them: another width of letters, or a character that shows nothing,
    makes no other person.

    Raises:
        SignOffRefused: it is not this person's or this role's turn, there are warnings nobody explained, or
            comments nobody settled.
        OutputError: the folder holds no results, or they were changed since.
    """
    results = read_results(out)
    who, role = normalised(who), clean(role)
    roles = tuple(results.run["approvals"])
    _refuse_unfit(results, who, role, roles, by)
    sections = hashes_of(results.sections)
    open_ = results.standing.open.get(role, ())
    mine = {
        name
        for one in results.signoffs
        if (normalised(one.who), one.role) == (who, role)
        for name in one.covers(sections)
    }
    signed = {name: sections[name] for name in open_ if name not in mine}
    if not signed:
        raise SignOffRefused(f"没有等待{role}{f'（{who} 已签署）' if mine else ''}签署的内容。")
    record = SignOff(
        who,
        role,
        on.isoformat(),
        clean(comment),
        results.manifest.hash,
        results.manifest.content,
        signed,
        facts=results.manifest.files[FACTS_CSV],
        by=by,
        at=office_now(),
    )
    write_signoffs(out, signed_last((*results.signoffs, record)))
    return read_results(out)


def _refuse_unfit(results: Results, who: str, role: str, roles: tuple[str, ...], by: str) -> None:
    if results.rejection:
        raise SignOffRefused(f"这是退回的草稿（{results.rejected}），不能签署。请改好资料，重新编制。")
    if not who or PLACEHOLDER.search(who) or not any(one.isalpha() for one in who):
        raise SignOffRefused("请写明签署人姓名（--as）。")
    if role not in roles:
        raise SignOffRefused(
            f"没有“{role}”这个角色；本决算由{'、'.join(roles) or '（无人）'}签署"
            "（settings.yaml 的 policies.approvals）。"
        )
    if results.unexplained:
        raise SignOffRefused.unexplained(results)
    refuse_unsettled(results)
    before = roles[: roles.index(role)]
    waiting = [one for one in before if one in results.standing.open and one != role]
    if waiting:
        raise SignOffRefused(f"还没有轮到{role}：先由{waiting[0]}签署。")
    sections = hashes_of(results.sections)
    for one in [one for one in results.signoffs if one.covers(sections)]:
        same_name, same_person = normalised(one.who) == who, bool(by) and one.by == by
        if same_name and one.role != role:
            raise SignOffRefused(f"{who} 已作为{one.role}签署；不同的角色须由不同的人签署。")
        if same_person and not same_name:
            raise SignOffRefused(
                f"这个身份（{by}）已作为{one.role}签署，姓名是{one.who}；不同的人各用各的身份签署"
                "（命令行上是操作系统的用户）。"
            )


def refuse_unsettled(results: Results) -> None:
    """Refuse a sign-off of results with comments that nobody settled.

    Raises:
        SignOffRefused: there are such comments; says which.
        OutputError: the comments can't be read, or were changed by hand.
    """
    if results.unsettled:
        raise SignOffRefused.unsettled(results)


def tell_standing(results: Results) -> str:
    """Tell the standing of a closing in words for the terminal."""
    now = results.standing
    lines = [f"{results.title}：{now.state.word}"]
    if results.rejection:
        return f"{results.title}：退回的草稿，没有公布\n  {results.rejected}"
    for one in results.signoffs:
        valid = len(one.covers(hashes_of(results.sections)))
        void = len(one.sections) - valid
        state = "有效" if not void else f"{valid} 节有效，{void} 节已变动" if valid else "内容已变动，不再有效"
        lines.append(
            f"  {one.on}　{one.role}　{one.who}　{len(one.sections)} 节，{state}"
            + (f"　{one.comment}" if one.comment else "")
        )
    if now.unexplained:
        lines.append(f"  有 {now.unexplained} 处提示没有审核说明，不能签署。")
    if results.unsettled:
        lines.append(f"  有 {len(results.unsettled)} 条审阅意见没有了结，不能签署：")
        lines += [f"    {one.words}" for one in results.unsettled]
    for role, sections in now.open.items():
        reopened = [results.section_title(name) for name in now.reopened.get(role, ())]
        if reopened:
            shown = "、".join(reopened[:_SHOWN]) + (f" 等 {len(reopened)} 节" if len(reopened) > _SHOWN else "")
            lines.append(f"  等待{role}重新签署：{shown}")
        if len(sections) > len(reopened):
            lines.append(f"  等待{role}签署：{len(sections) - len(reopened)} 节")
    if now.state is State.APPROVED and not published_as_final(results.folder):
        lines.append("  重新运行 juesuan close，即生成不带“草稿”字样的正式文本并归档。")
    return "\n".join(lines)
