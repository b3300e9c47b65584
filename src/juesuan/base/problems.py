"""What can be wrong, as values, and the few exceptions that carry them to the person.

A :class:`Problem` is one thing that is wrong in one place. Stages collect problems and go on; nothing is
reported one at a time. Only the command line turns them into an exit code.
"""

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(StrEnum):
    """How much a failed check weighs: an error stops publication, a warning needs an explanation."""

    ERROR = "error"
    WARNING = "warning"


class ExitCode(IntEnum):
    """Exit codes of the command line (documented in README)."""

    OK = 0
    UNFINISHED = 1  # juesuan check: something of the package is still missing or wrong
    USAGE = 2
    INPUT = 3  # the closing package or the ledger can't be read as it should
    CHECKS = 4  # everything was read, and a check of severity error failed
    EDITION = 5  # a form, rule or template is wrong: the fault is not in the unit's data
    OUTPUT = 6  # results or archive can't be written, or an archive can't be proved
    UNAVAILABLE = 69  # a part that is not installed, or a service that can't be reached (as in sysexits.h)
    BUG = 70  # juesuan itself is at fault


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: a file as the person knows it, and as close as can be said."""

    file: str
    line: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.line is not None:
            parts.append(f"第 {self.line} 行")
        if self.column is not None:
            parts.append(f"“{self.column}”")
        return " ".join(parts)


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in one place, in words for finance staff (Chinese).

    ``code`` is a stable English identifier (``ledger.date``), ``found`` what stands there, ``expected`` what
    should, ``hint`` what to do about it where that is not plain from the rest.
    """

    place: Place
    code: str
    message: str
    found: str = ""
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.place}：{self.words}"

    @property
    def words(self) -> str:
        """What is wrong, without its place."""
        text = self.message
        if self.found:
            text += f"；实际为“{self.found}”"
        if self.expected:
            text += f"；应为{self.expected}"
        if self.hint:
            text += f"。{self.hint}"
        return text


class JuesuanError(Exception):
    """Base of every error that a person is told about without a traceback."""

    exit_code = ExitCode.BUG


class InputError(JuesuanError):
    """The closing package has problems; all of them are carried."""

    exit_code = ExitCode.INPUT

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems), key=_reading_order))
        if not self.problems:
            raise ValueError("an InputError carries at least one problem")
        super().__init__("\n".join(map(str, self.problems)))


class EditionError(JuesuanError):
    """A form, rule or template of an edition is wrong."""

    exit_code = ExitCode.EDITION


class OutputError(JuesuanError):
    """Results or an archive can't be written or proved."""

    exit_code = ExitCode.OUTPUT


class UnavailableError(JuesuanError):
    """A part of juesuan is not installed, or a service that it needs can't be reached."""

    exit_code = ExitCode.UNAVAILABLE


class ResourceMissing(EditionError):  # noqa: N818 - reads as a sentence
    """The installation lacks its data."""


_REASONS = {
    errno.ENOSPC: "磁盘空间不足",
    errno.EDQUOT: "磁盘配额已用完",
    errno.EFBIG: "文件超过了允许的大小",
    errno.EACCES: "没有写入权限",
    errno.EPERM: "没有写入权限",
    errno.EROFS: "磁盘是只读的",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EEXIST: "同名的文件已存在",
    errno.EIO: "磁盘读写出错",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EISDIR: "是文件夹，不是文件",
    errno.EADDRINUSE: "已被占用",
}


def words_of(error: OSError) -> str:
    """Return in Chinese why a file can't be read or written."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


def _reading_order(problem: Problem) -> tuple[str, int, str, str]:
    place = problem.place
    return (place.file, place.line or 0, place.column or "", problem.code)
