"""A closing of a workbook: unpacked beside the results, and its faults told by its cells."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from juesuan.base.problems import InputError, OutputError

WORKBOOK = ".xlsx"

PACKAGE = "package.xlsx"
"""What the workbook of a package is called within a folder."""


def opened(package: Path, ledger: Sequence[Path], results: Path) -> Path:
    """Return the folder of a package; a workbook is unpacked into ``<results>.package``.

    Raises:
        InputError: the workbook has faults as one, or an export is no ledger; with all that is wrong in its cells.
        OutputError: the folder can't be written, or exports were given for a package that names its own.
    """
    if package.suffix.lower() != WORKBOOK:
        if ledger:
            raise OutputError("--ledger 只用于工作簿；资料文件夹里的账簿由 settings.yaml 的 files 写明。")
        return package
    from juesuan.closing import ingest
    from juesuan.starting.check import without_echo
    from juesuan.starting.workbook import unpack

    folder = results.with_name(f"{results.name}.package")
    problems = unpack(package, folder, exports_of(ledger))
    if problems:
        raise InputError(without_echo(problems, ingest(folder).problems))
    return folder


def by_cells(folder: Path, words: str) -> str:
    """Return words that name files and lines of an unpacked workbook by its cells."""
    from juesuan.package.places import places_of

    places = places_of(folder)
    return places.words(words) if places else words


def exports_of(ledger: Sequence[Path]) -> Mapping[str, Sequence[Path]]:
    """Return exports by the entry of the settings that names them.

    Raises:
        InputError: one is neither voucher lines nor a trial balance.
    """
    if not ledger:
        return {}
    from juesuan.ledger.chart import latest_chart
    from juesuan.starting.new import sort_exports

    vouchers, balances = sort_exports(ledger, latest_chart())
    return {"vouchers": vouchers, "trial_balance": balances}
