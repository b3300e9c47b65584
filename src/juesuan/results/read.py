"""A results folder read back: nothing but the files that a closing left is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Any

from juesuan.base.files import read_json
from juesuan.base.money import print_decimal
from juesuan.base.problems import OutputError
from juesuan.identities import Verdict
from juesuan.results.checks import verdict_of
from juesuan.results.comments import CommentThread, threads_at
from juesuan.results.facts import read_facts_csv
from juesuan.results.manifest import Manifest, read_manifest
from juesuan.results.names import CERTIFICATE, CHECKS, ERRATA, FACTS_CSV, REJECTION, RUN, SECTIONS, SUITES
from juesuan.results.signoff import SignOff, Standing, hashes_of, read_signoffs, standing


@dataclass(frozen=True)
class HeadlineFigure:
    """One of the figures to see first, as it is printed, and last year's; what is unknown is empty."""

    figure: str
    label: str
    now: str
    before: str
    change: str


@dataclass(frozen=True)
class Results:
    """What one closing left, and who signed it."""

    manifest: Manifest
    run: Mapping[str, Any]
    sections: tuple[Mapping[str, Any], ...]
    checks: tuple[Mapping[str, Any], ...]
    facts: Mapping[str, Mapping[str, str]]
    rounding: Mapping[str, Any]
    errata: tuple[Mapping[str, Any], ...]
    signoffs: tuple[SignOff, ...]

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self.manifest.folder

    @property
    def title(self) -> str:
        """Whose closing it is."""
        return f"{self.run['name']} {self.run['year']} 年度决算"

    @cached_property
    def rejection(self) -> Mapping[str, str]:
        """Who sent the draft back; empty where nobody did.

        Raises:
            OutputError: what is written of it can't be read.
        """
        path = self.folder / REJECTION
        try:
            return dict(read_json(path)) if path.is_file() else {}
        except (OSError, ValueError, TypeError) as error:
            raise OutputError(f"{path} 无法读取（{error}）。") from error

    @property
    def rejected(self) -> str:
        """Who sent the draft back, when and why, in words."""
        one = self.rejection
        return f"{one['at'][:16].replace('T', ' ')} {one['role']} {one['who']}：{one['comment'] or '没有写明意见'}"

    @cached_property
    def suites(self) -> Mapping[str, str]:
        """The titles of the suites of checks, in their order."""
        return dict(read_json(self.folder / SUITES))

    @cached_property
    def failed(self) -> tuple[Mapping[str, Any], ...]:
        """The rules that did not hold."""
        return tuple(one for one in self.checks if verdict_of(one) is Verdict.FAILED)

    @cached_property
    def unexplained(self) -> tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...]:
        """Rules and places that keep the closing from being approved."""
        return tuple((rule, one) for rule in self.failed for one in rule["failures"] if not one["explanation"])

    @cached_property
    def standing(self) -> Standing:
        """How far it came."""
        return standing(
            hashes_of(self.sections), tuple(self.run["approvals"]), self.signoffs, len(self.unexplained)
        )

    @property
    def key(self) -> str:
        """Which closing it is: the unit's code and the year."""
        return f"{self.manifest.unit}-{self.manifest.year}"

    @cached_property
    def threads(self) -> tuple[CommentThread, ...]:
        """What people said of it, a thread for each comment.

        Raises:
            OutputError: that can't be read, or was changed by hand.
        """
        return threads_at(self.folder, self.key)

    @property
    def unsettled(self) -> tuple[CommentThread, ...]:
        """The comments that must be settled before anybody signs."""
        return tuple(one for one in self.threads if one.open)

    @cached_property
    def headline(self) -> tuple[HeadlineFigure, ...]:
        """The figures to see first."""
        return tuple(self._headline(one) for one in self.run["headline"])

    def _headline(self, one: Mapping[str, str]) -> HeadlineFigure:
        now = self.facts[one["figure"]]["display"]
        before = self.facts[one["prior"]]["display"] if one["prior"] else ""
        return HeadlineFigure(one["figure"], one["label"], now, before, change_of(before, now) if before else "")

    def section_title(self, anchor: str) -> str:
        """Return the title of a section."""
        return next((str(one["title"]) for one in self.sections if one["anchor"] == anchor), anchor)


def change_of(old: str, new: str) -> str:
    """Return by how much a printed figure changed; empty where either is no number."""
    try:
        first, second = (Decimal(text.replace(",", "").rstrip("%") or "0") for text in (old, new))
    except InvalidOperation:
        return ""
    change = second - first
    points = " 个百分点" if old.endswith("%") or new.endswith("%") else ""
    return f"{'+' if change > 0 else ''}{print_decimal(change)}{points}"


def read_results(out: Path) -> Results:
    """Read a results folder, every file of it as its manifest has it.

    Raises:
        OutputError: it is none, or a file of it is missing or was changed.
    """
    manifest = read_manifest(out)
    manifest.prove((RUN, SECTIONS, CHECKS, FACTS_CSV, CERTIFICATE, ERRATA))
    try:
        return Results(
            manifest=manifest,
            run=read_json(out / RUN),
            sections=tuple(read_json(out / SECTIONS)),
            checks=tuple(read_json(out / CHECKS)),
            facts=read_facts_csv((out / FACTS_CSV).read_text(encoding="utf-8")),
            rounding=read_json(out / CERTIFICATE),
            errata=tuple(read_json(out / ERRATA)),
            signoffs=read_signoffs(out),
        )
    except (OSError, ValueError, TypeError) as error:
        raise OutputError(f"{out} 中的结果文件无法读取（{error}），请重新编制，或从归档中取回。") from error
