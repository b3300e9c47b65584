"""The archive of a closing: what of it goes in, and what of last year's is taken from it, figures and results."""

import shutil
import tempfile
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from juesuan.archive import (
    Archived,
    ArchivedYear,
    Closing,
    SealingOffice,
    Store,
    archive_closing,
    last_year,
    newest_file,
    open_store,
)
from juesuan.base.problems import EditionError
from juesuan.closing.signedpdf import refuse_unsignable
from juesuan.edition import PriorFile, roles_and_prior
from juesuan.editionfiles import known_edition
from juesuan.facts import FactSource, Unit
from juesuan.package import OPERATING_KEY, PriorLine, PublishedBefore, Settings
from juesuan.results import State, read_facts_csv
from juesuan.results.graph import read_frame
from juesuan.results.names import BALANCES, FACTS_CSV, PDF, RUN, SIGN_OFFS
from juesuan.roles import Roles, cell_of
from juesuan.rules import LastYear

if TYPE_CHECKING:
    from juesuan.closing.compute import ClosingAccounts


def archived_edition(name: str, root: Path, settings: Settings) -> tuple[Roles, PriorFile]:
    """Return what the cells of an archived closing's edition mean, and which figures the next year takes.

    Raises:
        EditionError: the edition is not known, or its files are wrong.
    """
    own = not known_edition(name) and Path(settings.edition).name == name
    return roles_and_prior(settings.edition if own else name, root)


class ClosingArchive:
    """The archive of one closing. It is opened once, and last year's results are fetched from it once.

    They lie in a folder that is there until the archive is left (``with``): ``place``, where one is named, so that
    the next takes away what a killed program left; else one of the system's.
    """

    def __init__(self, address: str, place: Path | None = None) -> None:
        self.address = address
        self._place = place
        self._fetched: dict[tuple[str, int], ArchivedYear | None] = {}

    def __enter__(self) -> "ClosingArchive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._place is None:
            self._systems.cleanup()
        else:
            shutil.rmtree(self._place, ignore_errors=True)

    @cached_property
    def store(self) -> Store:
        """Where the versions are kept.

        Raises:
            InputError: the address is none.
            OutputError: the storage can't be reached.
        """
        return open_store(self.address)

    @cached_property
    def _systems(self) -> "tempfile.TemporaryDirectory[str]":
        return tempfile.TemporaryDirectory(prefix="juesuan-")

    @cached_property
    def _folder(self) -> Path:
        if self._place is None:
            return Path(self._systems.name)
        shutil.rmtree(self._place, ignore_errors=True)
        self._place.mkdir()
        return self._place

    def prove(self) -> None:
        """Prove that the archive keeps what it is given, and the office's key opens, before anything is published.

        Raises:
            InputError: the address is none.
            OutputError: the storage can't be reached, or failed a proof; or the key can't be opened, or can't sign
                a PDF though that is wanted.
        """
        _ = SealingOffice.here().ring.signer
        refuse_unsignable()
        self.store.prove()

    def before(self, settings: Settings) -> ArchivedYear | None:
        """Return the closing of the year before; None where the archive holds none.

        Raises:
            OutputError: the archive can't be read, or is damaged.
        """
        key = (settings.unit.code, settings.year)
        if key not in self._fetched:
            folder = self._folder / f"{len(self._fetched)}"
            self._fetched[key] = last_year(self.store, *key, folder)
        return self._fetched[key]

    def pdf_of(self, settings: Settings) -> bytes | None:
        """Return the PDF of the newest version of this year; None where there is none.

        Raises:
            OutputError: the archive can't be read, or is damaged.
        """
        return newest_file(self.store, settings.unit.code, settings.year, PDF)

    def results_before(self, settings: Settings) -> Path | None:
        """Return the folder of last year's results; None where there are none, or none that can be compared.

        Raises:
            OutputError: as :meth:`before`.
        """
        found = self.before(settings)
        return found.folder if found is not None and (found.folder / RUN).is_file() else None

    def last_year(self, account: "ClosingAccounts") -> LastYear | None:
        """Return what the rules want to know of last year's results; None as there.

        Amounts are by this year's ids, as this year's edition prints them: ``account`` may be closed by another.

        Raises:
            OutputError: as :meth:`before`.
            EditionError: that closing's edition is not known, or its files are wrong.
        """
        edition, package = account.books.edition, account.books.package
        found, folder = self.before(package.settings), self.results_before(package.settings)
        if found is None or folder is None:
            return None
        facts = read_facts_csv((folder / FACTS_CSV).read_text(encoding="utf-8"))
        roles, _ = archived_edition(found.edition, package.root, package.settings)
        stood = {name: name for name in facts if cell_of(name) is None}
        stood |= {edition.roles[name]: roles[name] for name in edition.roles if name in roles}
        money = edition.money
        displays = {
            ours: money.print_steps(money.nearest(int(Fraction(facts[was]["displayed"]))))
            for ours, was in stood.items()
            if was in facts and facts[was]["unit"] == Unit.FEN
        }
        frame = read_frame(folder / BALANCES)
        ends = frame.groupby(["account", "fund", "functional"])["closing"].sum()
        leaves = ((str(account), str(fund), str(code)) for account, fund, code in ends.index)
        return LastYear(f"归档 {found.version}", displays, dict(zip(leaves, map(int, ends), strict=True)))

    def published_before(self, root: Path, settings: Settings) -> PublishedBefore | None:
        """Return what the unit published for the year before; None where the archive holds no such closing.

        ``root`` is the package's folder: an edition that lies there is asked where the archived one has its name.

        Raises:
            OutputError: as :meth:`before`.
            EditionError: the edition of that closing is not known, doesn't say which figures are meant, or they
                aren't there.
        """
        found = self.before(settings)
        if found is None:
            return None
        roles, prior = archived_edition(found.edition, root, settings)
        ids = {one.key: [roles.resolve(name) for name in (one.of, one.older) if name] for one in prior.figures}
        known = {key: next((name for name in names if name in found.amounts), "") for key, names in ids.items()}
        missing = [one.of for one in prior.figures if not known[one.key] and one.key != OPERATING_KEY]
        if missing:
            raise EditionError(f"{found.edition}/prior.yaml: {found.version} has no {', '.join(missing)}")
        word = found.state.word if found.state else "状态不明"
        where = f"归档 {found.version}（{word}）"
        lines = tuple(
            PriorLine(one.key, one.name, found.amounts[known[one.key]], FactSource(where))
            for one in prior.figures
            if known[one.key] and (one.key != OPERATING_KEY or settings.unit.operating_expenses)
        )
        return PublishedBefore(where, lines)

    def keep(
        self, account: "ClosingAccounts", out: Path, state: State = State.DRAFT, *, published: Path | None = None
    ) -> Archived:
        """Archive the results of a closing with its package; ``published`` is where they are to lie, if elsewhere.

        What was read of the package is what must be archived: a file that was changed since is refused.

        Raises:
            OutputError: the storage failed; what was written stays, and a rerun goes on from there.
        """
        package = account.books.package
        settings, sign_offs = package.settings, out / SIGN_OFFS
        closing = Closing(
            unit=settings.unit.code,
            name=settings.unit.name,
            year=settings.year,
            results=out,
            published=published,
            inputs=package.root,
            sign_offs=sign_offs if sign_offs.is_dir() else None,
            state=state,
            prepared_on=settings.prepared_on,
            known=account.books.inputs,
        )
        return archive_closing(self.store, closing)
