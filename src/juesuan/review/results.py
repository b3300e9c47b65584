"""A results folder read back for review: nothing but the files that a closing left is looked at."""

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Any

from juesuan.identities import Verdict
from juesuan.money import print_decimal
from juesuan.problems import OutputError
from juesuan.review.signoff import SignOff, Standing, hashes_of, read_signoffs, standing

MANIFEST, RUN, SECTIONS = "manifest.json", "run.json", "sections.json"
REJECTION = "rejection.json"
"""Beside the manifest of a draft that was sent back: who did so, when and why."""

_DRAFT = 'class="draft-note"'
PAGES = ("disclosure.",)
"""Files that a sign-off changes (the mark 草稿): not part of what is signed."""


@dataclass(frozen=True)
class Headline:
    """One of the figures to see first, as it is printed, and last year's; what is unknown is empty."""

    figure: str
    label: str
    now: str
    before: str
    change: str


@dataclass(frozen=True)
class Results:
    """What one closing left, and who signed it."""

    folder: Path
    manifest_hash: str
    manifest: Mapping[str, Any]
    run: Mapping[str, Any]
    sections: tuple[Mapping[str, Any], ...]
    checks: tuple[Mapping[str, Any], ...]
    facts: Mapping[str, Mapping[str, str]]
    rounding: Mapping[str, Any]
    errata: tuple[Mapping[str, Any], ...]
    signoffs: tuple[SignOff, ...]

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
            return dict(_json(path)) if path.is_file() else {}
        except (OSError, ValueError, TypeError) as error:
            raise OutputError(f"{path} 无法读取（{error}）。") from error

    @property
    def rejected(self) -> str:
        """Who sent the draft back, when and why, in words."""
        one = self.rejection
        return f"{one['at'][:16].replace('T', ' ')} {one['role']} {one['who']}：{one['comment'] or '没有写明意见'}"

    @cached_property
    def content(self) -> str:
        """The hash of everything that a sign-off is about."""
        return content_hash(self.manifest["files"])

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

    @cached_property
    def headline(self) -> tuple[Headline, ...]:
        """The figures to see first."""
        return tuple(self._headline(one) for one in self.run["headline"])

    def _headline(self, one: Mapping[str, str]) -> Headline:
        now = self.facts[one["figure"]]["display"]
        before = self.facts[one["prior"]]["display"] if one["prior"] else ""
        return Headline(one["figure"], one["label"], now, before, change_of(before, now) if before else "")

    def section_title(self, anchor: str) -> str:
        """Return the title of a section."""
        return next((str(one["title"]) for one in self.sections if one["anchor"] == anchor), anchor)


def verdict_of(rule: Mapping[str, Any]) -> Verdict:
    """Return what came of a rule of ``results.json``; older results said of an idle rule that it succeeded."""
    return Verdict.of(failed=bool(rule["failures"]), places=rule["instances"])


def idle_of(checks: Iterable[Mapping[str, Any]]) -> int:
    """Return how many rules had nothing to check."""
    return sum(verdict_of(one) is Verdict.NOT_APPLICABLE for one in checks)


def change_of(old: str, new: str) -> str:
    """Return by how much a printed figure changed; empty where either is no number."""
    try:
        first, second = (Decimal(text.replace(",", "").rstrip("%") or "0") for text in (old, new))
    except InvalidOperation:
        return ""
    change = second - first
    points = " 个百分点" if old.endswith("%") or new.endswith("%") else ""
    return f"{'+' if change > 0 else ''}{print_decimal(change)}{points}"


def content_hash(files: Mapping[str, str]) -> str:
    """Return one hash for all files of a manifest but the pages."""
    lines = [f"{value}  {name}\n" for name, value in sorted(files.items()) if not name.startswith(PAGES)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def published_as_final(out: Path) -> bool:
    """Return whether results lie in a folder whose disclosure is no draft."""
    try:
        return _DRAFT not in (out / "disclosure.html").read_text(encoding="utf-8")
    except OSError:
        return False


def read_results(out: Path) -> Results:
    """Read a results folder, every file of it as its manifest has it.

    Raises:
        OutputError: it is none, or a file of it is missing or was changed.
    """
    try:
        text = (out / MANIFEST).read_bytes()
        manifest = json.loads(text)
        files = dict(manifest["files"])
        run = _json(out / RUN)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{out} 不是决算结果的文件夹（{error}）。请写 juesuan close 的输出文件夹。") from error
    changed = [name for name, value in files.items() if _sha256(out / name) != value]
    if changed:
        raise OutputError(
            f"{out} 的文件与清单不符，可能被改动：{'、'.join(changed[:5])}。请重新运行 juesuan close。"
        )
    with (out / "facts.csv").open(encoding="utf-8", newline="") as stream:
        facts = {row["id"]: row for row in csv.DictReader(stream)}
    return Results(
        folder=out,
        manifest_hash=hashlib.sha256(text).hexdigest(),
        manifest=manifest,
        run=run,
        sections=tuple(_json(out / SECTIONS)),
        checks=tuple(_json(out / "validation" / "results.json")),
        facts=facts,
        rounding=_json(out / "rounding.json"),
        errata=tuple(_json(out / "errata.json")),
        signoffs=read_signoffs(out),
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
