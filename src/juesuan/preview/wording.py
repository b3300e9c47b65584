"""Which sentences a disclosure prints of a text that somebody is writing."""

from dataclasses import replace
from pathlib import Path

from juesuan.base.problems import InputError
from juesuan.closing import Intake, fill, ingest, write_document
from juesuan.document import Document
from juesuan.facts import Facts
from juesuan.package import check_package
from juesuan.preview.compare import account_of
from juesuan.preview.sentences import Rewritten, rewritten


class Reworded:
    """A package read once, whose document is composed with other texts again and again."""

    def __init__(self, root: Path) -> None:
        """Read a package.

        Raises:
            InputError: it can't be read; all that is wrong with it.
            EditionError: the edition's own files are wrong.
        """
        self._intake: Intake = ingest(root)
        if self._intake.problems:
            raise InputError(self._intake.problems)

    def printed(self, texts: Path, without: Path) -> tuple[Rewritten, ...]:
        """Return the sentences that differ between the package's texts in two folders, both laid out as it is.

        Raises:
            InputError: the texts of one can't be read.
        """
        return tuple(rewritten(self._side(without), self._side(texts)))

    def _side(self, root: Path) -> tuple[Document, Facts]:
        reading = check_package(root)
        own, found = self._intake.package, reading.package
        if found is None or own is None:
            raise InputError(reading.problems)
        parts = {name: getattr(found, name) for name in ("texts", "claims", "numbers", "lines", "sheets")}
        account, _ = account_of(fill(replace(self._intake, package=replace(own, **parts))))
        return write_document(account), account.facts
