"""What a person may say of a closing before it is signed, and when that is settled."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from juesuan.people import Person, Role, clean
from juesuan.privacy import masked
from juesuan.problems import JuesuanError
from juesuan.process import office_now
from juesuan.results import Results, read_results
from juesuan.results.comments import CommentEntry, CommentThread, NoteKind, add_note, threads_of

_SHOWS_NOTHING = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})  # among it what turns the line around
_LONGEST = 1000  # characters of a note
_QUOTED = 60  # characters of what a comment is on


class CommentRefused(JuesuanError):  # noqa: N818 - names what happened
    """A note that can't be taken; says why."""


def comment(out: Path, person: Person, anchor: str, text: str) -> CommentEntry:
    """Comment on a fact (its id), a section (its anchor), or a sentence (``anchor/number``, from 1).

    Raises:
        CommentRefused: nothing is called so, or nothing is said.
        OutputError: the results or the comments can't be read or written.
    """
    results = read_results(out)
    quoted = quoted_at(results, anchor)
    if not quoted:
        raise CommentRefused(f"结果里没有“{anchor}”这个数、这一节或这一句。")
    return add_note(
        out, lambda notes: _note(notes, person, NoteKind.COMMENT, text, anchor, quoted, closing=results.key)
    )


def answer(out: Path, person: Person, number: int, text: str) -> CommentEntry:
    """Answer a comment that is not settled.

    Raises:
        CommentRefused: there is none of that number, it is settled, or nothing is said.
        OutputError: the comments can't be read or written.
    """

    def made(notes: Sequence[CommentEntry]) -> CommentEntry:
        about = _open(notes, number).comment
        return _note(notes, person, NoteKind.ANSWER, text, about.anchor, about.quoted, number, about.closing)

    return add_note(out, made)


def settle(out: Path, person: Person, number: int, unit: str) -> CommentEntry:
    """Settle a comment that was answered: whoever made it may, and a reviewer of the unit.

    Raises:
        CommentRefused: the person may not, nobody answered, or it is settled already.
        OutputError: the comments can't be read or written.
    """

    def made(notes: Sequence[CommentEntry]) -> CommentEntry:
        thread = _open(notes, number)
        about = thread.comment
        if not may_settle(thread, person, unit):
            raise CommentRefused(f"第 {number} 条意见只能由提出的人（{about.name}）或本单位的审核人了结。")
        if not thread.answers:
            raise CommentRefused(f"第 {number} 条意见还没有人答复，不能了结。")
        return _note(notes, person, NoteKind.SETTLED, "了结", about.anchor, about.quoted, number, about.closing)

    return add_note(out, made)


def may_settle(thread: CommentThread, person: Person, unit: str) -> bool:
    """Return whether a person may settle a comment, once it is answered."""
    return thread.comment.by == person.id or person.may(Role.REVIEWER, unit)


def quoted_at(results: Results, anchor: str) -> str:
    """Return what stands at an anchor, in words; empty where there is no such thing."""
    if anchor in results.facts:
        fact = results.facts[anchor]
        return _short(f"{fact['label']} {fact['display']}")
    name, _, number = anchor.partition("/")
    section = next((one for one in results.sections if one["anchor"] == name), None)
    if section is None:
        return ""
    if not number:
        return _short(str(section["title"]).strip())
    paragraphs = section["paragraphs"]
    known = number.isdecimal() and 0 < int(number) <= len(paragraphs)
    return _short(f"“{paragraphs[int(number) - 1]}”") if known else ""


def _short(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}……"


def _open(notes: Sequence[CommentEntry], number: int) -> CommentThread:
    found = next((one for one in threads_of(notes) if one.comment.number == number), None)
    if found is None:
        raise CommentRefused(f"没有第 {number} 条意见。")
    if not found.open:
        raise CommentRefused(f"第 {number} 条意见已经了结；还有话说，请另提一条。")
    return found


def _note(
    notes: Sequence[CommentEntry],
    person: Person,
    kind: NoteKind,
    text: str,
    anchor: str,
    quoted: str,
    about: int = 0,
    closing: str = "",
) -> CommentEntry:
    shown = "".join(one for one in text if unicodedata.category(one) not in _SHOWS_NOTHING)
    text, number = masked(shown.strip()), len(notes) + 1  # it is archived with what is published
    if not clean(text):
        raise CommentRefused("请写明意见。")
    if len(text) > _LONGEST:
        raise CommentRefused(f"意见太长：{len(text)} 个字，最多 {_LONGEST} 个。")
    at = office_now()
    return CommentEntry(number, about or number, kind, anchor, quoted, text, person.id, person.name, at, closing)
