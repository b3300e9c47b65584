"""Last stage: what of a closing goes into the archive; and what of last year's is taken from it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from juesuan.archive import Archived, Closing, Office, archive_closing, open_store, results_of_last_year
from juesuan.closing.compute import Account
from juesuan.closing.prior import archived_edition
from juesuan.facts import Unit
from juesuan.results import State, read_facts_csv
from juesuan.results.graph import read_frame
from juesuan.results.manifest import read_manifest
from juesuan.results.names import BALANCES, FACTS_CSV, RUN, SIGN_OFFS
from juesuan.roles import cell_of
from juesuan.rules import LastYear


def check_archive(address: str) -> None:
    """Prove that an archive keeps what it is given, and the office's key opens, before anything is published.

    Raises:
        InputError: the address is none.
        OutputError: the storage can't be reached, or failed a proof; or the key can't be opened.
    """
    _ = Office.here().ring.signer
    open_store(address).prove()


def archive_account(
    address: str, account: Account, out: Path, state: State = State.DRAFT, *, published: Path | None = None
) -> Archived:
    """Archive the results of a closing with its package; ``published`` is where they are to lie, if elsewhere.

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
    )
    return archive_closing(open_store(address), closing)


@dataclass(frozen=True)
class ArchivedResults:
    """The results of an archived closing, in a folder that is there for a while; ``version`` is where they lie.

    ``account`` is this year's, which may be closed by another edition.
    """

    version: str
    folder: Path
    account: Account

    @property
    def last_year(self) -> LastYear:
        """What the rules want to know of them: amounts by this year's ids, as this year's edition prints them."""
        edition, package = self.account.books.edition, self.account.books.package
        facts = read_facts_csv((self.folder / FACTS_CSV).read_text(encoding="utf-8"))
        roles, _ = archived_edition(read_manifest(self.folder).edition, package.root, package.settings)
        stood = {name: name for name in facts if cell_of(name) is None}
        stood |= {edition.roles[name]: roles[name] for name in edition.roles if name in roles}
        money = edition.money
        displays = {
            ours: money.print_steps(money.nearest(int(Fraction(facts[was]["displayed"]))))
            for ours, was in stood.items()
            if was in facts and facts[was]["unit"] == Unit.FEN
        }
        frame = read_frame(self.folder / BALANCES)
        ends = frame.groupby(["account", "fund", "functional"])["closing"].sum()
        leaves = ((str(account), str(fund), str(code)) for account, fund, code in ends.index)
        return LastYear(f"归档 {self.version}", displays, dict(zip(leaves, map(int, ends), strict=True)))


@contextmanager
def last_years_results(archive: str, account: Account) -> Iterator[ArchivedResults | None]:
    """Yield the results of last year's closing from an archive.

    None where it holds no such closing, or one that was archived before results could be compared.

    Raises:
        OutputError: the archive can't be read, or is damaged.
    """
    settings = account.books.package.settings
    with tempfile.TemporaryDirectory(prefix="juesuan-") as name:
        folder = Path(name)
        version = results_of_last_year(open_store(archive), settings.unit.code, settings.year, folder)
        yield ArchivedResults(version, folder, account) if (folder / RUN).is_file() else None
