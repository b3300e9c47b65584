"""What a person may say of a closing before it is signed, and when that is settled."""

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from juesuan.base.privacy import masked
from juesuan.base.problems import ExitCode, JuesuanError
from juesuan.base.process import office_now
from juesuan.people import Person, Role, clean
from juesuan.results import Results, read_results
from juesuan.results.comments import CommentEntry, CommentThread, NoteKind, add_note, threads_of

_SHOWS_NOTHING = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})  # among it what turns the line around
_LONGEST = 1000  # characters of a note
_QUOTED = 60  # characters of what a comment is on
_MOST_TOLD = 40  # places that a search tells


class CommentRefused(JuesuanError):  # noqa: N818 - names what happened
    """A note that can't be taken; says why."""

    exit_code = ExitCode.INPUT


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


def answer(out: Path, person: Person, number: int, text: str, closing: str) -> CommentEntry:
    """Answer a comment on a closing (its key, ``070123-2020``) that is not settled.

    Raises:
        CommentRefused: there is none of that number, it is settled, or nothing is said.
        OutputError: the comments can't be read or written.
    """

    def made(notes: Sequence[CommentEntry]) -> CommentEntry:
        about = _open(notes, number, closing).comment
        return _note(notes, person, NoteKind.ANSWER, text, about.anchor, about.quoted, number, about.closing)

    return add_note(out, made)


def settle(out: Path, person: Person, number: int, unit: str, closing: str) -> CommentEntry:
    """Settle a comment on a closing of a unit that was answered: whoever made it may, and a reviewer of the unit.

    Raises:
        CommentRefused: the person may not, nobody answered, or it is settled already.
        OutputError: the comments can't be read or written.
    """

    def made(notes: Sequence[CommentEntry]) -> CommentEntry:
        thread = _open(notes, number, closing)
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


def figures_with(results: Results, words: str, most: int) -> tuple[Mapping[str, Any], ...]:
    """Return the figures, ``most`` at most, whose id, name or printed number holds every word."""
    wanted = words.casefold().split()
    found = (
        {"id": name, **fact}
        for name, fact in results.facts.items()
        if all(one in f"{name} {fact['label']} {fact['display']}".casefold() for one in wanted)
    )
    return tuple(islice(found, most))


def tell_comments(results: Results) -> str:
    """Tell for the terminal what was said of a closing, and what is not settled."""
    lines = [f"{results.title}：{len(results.threads)} 条审阅意见，{len(results.unsettled)} 条没有了结"]
    for thread in results.threads:
        one = thread.comment
        lines.append(f"第 {one.number} 条　{'没有了结' if thread.open else '已了结'}　{one.quoted}　{one.anchor}")
        lines += [f"    {_when(note)}　{note.name}：{note.text}" for note in (one, *thread.answers)]
        if thread.settled:
            lines.append(f"    {_when(thread.settled)}　{thread.settled.name}了结")
    return "\n".join(lines)


def tell_places(results: Results, words: str) -> str:
    """Tell for the terminal what can be commented on whose name, number or text holds every word."""
    wanted = words.casefold().split()
    figures = figures_with(results, words, _MOST_TOLD + 1)
    lines = [f"{one['id']}　{one['label']}　{one['display']}" for one in figures]
    for section in results.sections:
        anchor, title = str(section["anchor"]), str(section["title"]).strip()
        texts = ((anchor, title), *((f"{anchor}/{at}", text) for at, text in enumerate(section["paragraphs"], 1)))
        lines += [f"{at}　{text}" for at, text in texts if all(one in text.casefold() for one in wanted)]
    more = [f"只列前 {_MOST_TOLD} 处，请写得更具体些。"] if len(lines) > _MOST_TOLD else []
    return "\n".join([*lines[:_MOST_TOLD], *more]) or f"没有“{words}”这样的数、节或句子。"


def _when(note: CommentEntry) -> str:
    return note.at[:16].replace("T", " ")


def _open(notes: Sequence[CommentEntry], number: int, closing: str) -> CommentThread:
    own = threads_of([one for one in notes if one.closing == closing])
    found = next((one for one in own if one.comment.number == number), None)
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
