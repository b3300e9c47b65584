"""Signing in the orchestrator: whose turn it is, and taking the answer that a person gave in the form."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from juesuan import review
from juesuan.review import SignOffRefused, read_results, write_review

_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Turn:
    """The role that is to sign next, and the hash of what it signs."""

    role: str
    content: str


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
    return Turn(results.standing.next_role, results.content)


def take_signature(out: Path, turn: Turn, name: str, *, approve: bool, comment: str = "") -> None:
    """Record what a person answered; what they signed must be what they were asked about.

    Raises:
        SignOffRefused: the person does not approve or may not sign, or the results are other ones now.
    """
    if not approve:
        raise SignOffRefused(
            f"{turn.role}{name.strip()}不同意：{comment.strip() or '没有写明意见'}。没有公布任何内容。"
        )
    if read_results(out).content != turn.content:
        raise SignOffRefused("请求签署之后结果有变动，这次签署不算数。")
    review.approve(out, name, turn.role, on=datetime.now(_ZONE).date(), comment=comment)
    write_review(out)
