"""Comments on a figure, a section or a sentence of a closing: asked, answered, settled; only ever added to.

They lie beside the results (``.<name>.comments.json``): a closing that is made again takes none of them away,
nor does a draft that is sent back. What was signed takes a copy along (``sign-offs/comments.json``), which the
archive keeps. Each note is sealed with the one before, like a sign-off.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from juesuan.base.files import json_text, locked, read_json, write_whole
from juesuan.base.problems import OutputError, words_of
from juesuan.evidence.signoffs import seals_of
from juesuan.results.names import COMMENTS, comments_file


class NoteKind(StrEnum):
    """What a note is."""

    COMMENT = "comment"
    ANSWER = "answer"
    SETTLED = "settled"


@dataclass(frozen=True)
class CommentEntry:
    """One note. ``number`` counts from 1; ``about`` is that of the comment it belongs to, its own for one.

    ``anchor`` is the id of what a comment is on (a fact; a section; ``section/3`` for its third sentence) and
    ``quoted`` what stood there. ``by`` is the id of the person, ``at`` when the system took it; ``closing`` is the
    unit and year (``070123-2020``): another closing may be made into the same place.
    """

    number: int
    about: int
    kind: NoteKind
    anchor: str
    quoted: str
    text: str
    by: str
    name: str
    at: str
    closing: str


@dataclass(frozen=True)
class CommentThread:
    """A comment and what was said to it."""

    comment: CommentEntry
    answers: tuple[CommentEntry, ...]
    settled: CommentEntry | None

    @property
    def open(self) -> bool:
        """Whether nobody settled it."""
        return self.settled is None

    @property
    def words(self) -> str:
        """The comment in a line."""
        one = self.comment
        return f"第 {one.number} 条（{one.name}，对{one.quoted or one.anchor}）：{one.text}"


def threads_of(notes: Sequence[CommentEntry]) -> tuple[CommentThread, ...]:
    """Return the comments among notes, in order, each with what was said to it."""
    return tuple(
        CommentThread(
            one,
            tuple(other for other in notes if other.about == one.number and other.kind is NoteKind.ANSWER),
            next((other for other in notes if other.about == one.number and other.kind is NoteKind.SETTLED), None),
        )
        for one in notes
        if one.kind is NoteKind.COMMENT
    )


def read_notes(out: Path) -> tuple[CommentEntry, ...]:
    """Return the notes of a results folder: those beside it, or those that were signed with it.

    Raises:
        OutputError: they can't be read, or were changed by hand.
    """
    beside = comments_file(out)
    path = beside if beside.exists() else out / COMMENTS
    try:
        told = read_json(path)["notes"]
        seals = [one.pop("seal") for one in told]
        notes = tuple(CommentEntry(**{**one, "kind": NoteKind(one["kind"])}) for one in told)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise OutputError(f"审阅意见 {path} 无法读取（{error}）。") from error
    for note, stated, seal in zip(notes, seals, seals_of(map(asdict, notes)), strict=True):
        if stated != seal:
            raise OutputError(f"审阅意见 {path} 被改动过：第 {note.number} 条与封记不符。请从备份中取回。")
    return notes


def threads_at(out: Path, closing: str) -> tuple[CommentThread, ...]:
    """Return what was said of a closing (``070123-2020``) whose results are or were in a folder.

    Raises:
        OutputError: that can't be read, or was changed by hand.
    """
    return threads_of([one for one in read_notes(out) if one.closing == closing])


def add_note(out: Path, made: Callable[[Sequence[CommentEntry]], CommentEntry]) -> CommentEntry:
    """Add the note that ``made`` makes of those before, and return it; one program at a time.

    Raises:
        OutputError: they can't be read or written.
    """
    with locked(comments_file(out), "审阅意见"):
        notes = read_notes(out)
        note = made(notes)
        _write(comments_file(out), (*notes, note))
    return note


def copy_notes(notes: Sequence[CommentEntry], folder: Path) -> None:
    """Put a copy of notes into a results folder that is being filled, beside its sign-offs."""
    if notes:
        _write(folder / COMMENTS, notes)


def _write(path: Path, notes: Sequence[CommentEntry]) -> None:
    told = [asdict(one) for one in notes]
    sealed = [one | {"seal": seal} for one, seal in zip(told, seals_of(told), strict=True)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json_text({"notes": sealed}), mode=0o644)
    except OSError as error:
        raise OutputError(f"无法写入审阅意见 {path}：{words_of(error)}") from error
