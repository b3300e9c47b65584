"""Closing every unit of a city: one package after another, several at a time, and one summary in the end."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from juesuan.archive import open_store
from juesuan.archive.location import DirectoryLocation, parse_location
from juesuan.city.crew import Crew
from juesuan.city.outcome import Order, Status, UnitOutcome
from juesuan.city.packages import Package, find_packages, unfit
from juesuan.city.summary import write_summary
from juesuan.closing import only_one, refusal_folder
from juesuan.problems import ExitCode, InputError, OutputError, Place, Problem

LOGS = ".log"

Listener = Callable[[UnitOutcome, int], None]
"""Told of each unit that ended, and how many there are in all."""


@dataclass(frozen=True)
class CityOutcome:
    """What came of all units, in the order of their folders."""

    outcomes: tuple[UnitOutcome, ...]

    def of(self, *statuses: Status) -> tuple[UnitOutcome, ...]:
        """Return the outcomes of some kinds."""
        return tuple(one for one in self.outcomes if one.status in statuses)

    @property
    def exit_code(self) -> ExitCode:
        """0 if every unit is closed, 4 if one was refused, else the gravest code of a failed one."""
        if self.of(Status.REFUSED):
            return ExitCode.CHECKS
        return ExitCode(max((one.exit_code for one in self.of(Status.FAILED)), default=ExitCode.OK))

    @property
    def table(self) -> list[dict[str, str]]:
        """The units that are not closed, one row each, for the orchestrator's page."""
        return [
            {
                "单位": " ".join(filter(None, (one.unit, one.name))),
                "资料文件夹": one.folder,
                "结果": one.status.word,
                "原因": "\n".join(one.words),
            }
            for one in self.of(Status.FAILED, Status.REFUSED)
        ]

    @property
    def summary(self) -> str:
        """One line."""
        refused, failed = len(self.of(Status.REFUSED)), len(self.of(Status.FAILED))
        done, same = len(self.of(Status.CLOSED, Status.UNCHANGED)), len(self.of(Status.UNCHANGED))
        kept = f"（其中 {same} 个没有变动，未重做）" if same else ""
        return f"共 {len(self.outcomes)} 个单位：完成 {done} 个{kept}，未通过 {refused} 个，出错 {failed} 个。"


def close_all(
    folder: Path, out: Path, archive: str, *, jobs: int = 2, force: bool = False, listener: Listener
) -> CityOutcome:
    """Close every package in a folder into ``out/<package>``, and write ``out/index.html`` and ``summary.csv``.

    A unit that is closed already, and of which nothing changed, is left alone unless ``force``.

    Raises:
        InputError: the folder holds no packages, or results or archive would lie among them.
        OutputError: the archive does not keep its word, ``out`` can't be written, or another run is at work on it.
    """
    packages = find_packages(folder)
    _apart(folder, out, archive)
    with only_one(str(out.resolve()), hint="请等它结束后再运行。"):
        open_store(archive).prove()
        logs = out / LOGS
        try:
            logs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"无法写入 {out}：{error.strerror}") from error
        known = {package.folder: package for package in packages}
        not_run = unfit(packages)
        outcomes: dict[str, UnitOutcome] = {}

        def take(outcome: UnitOutcome) -> None:
            outcomes[outcome.folder] = _named(outcome, known[outcome.folder])
            listener(outcomes[outcome.folder], len(packages))

        for package, problem in not_run.items():
            words = (str(problem),)
            shutil.rmtree(refusal_folder(out / package.folder), ignore_errors=True)  # of an earlier run
            take(UnitOutcome(package.folder, Status.REFUSED, ExitCode.INPUT, findings=1, words=words))
        orders = [
            Order(str(one.root), str(out / one.folder), archive, force=force)
            for one in packages
            if one not in not_run
        ]
        for outcome in Crew(jobs, logs).work(orders):
            take(outcome)
        city = CityOutcome(tuple(outcomes[package.folder] for package in packages))
        write_summary(out, folder.resolve().name, city.outcomes)
    return city


def _named(outcome: UnitOutcome, package: Package) -> UnitOutcome:
    return replace(outcome, unit=package.unit, name=package.name, year=package.year)


def _apart(folder: Path, out: Path, archive: str) -> None:
    """Refuse results or an archive among the packages, where the next run would take them for packages."""
    location = parse_location(archive)
    places = {"结果文件夹": out}
    if isinstance(location, DirectoryLocation):
        places["归档文件夹"] = location.root
    problems: Sequence[Problem] = [
        Problem(
            Place(str(place)),
            "city.inside",
            f"{what}在资料文件夹里",
            expected=f"{folder} 以外的位置",
            hint="请另写一个位置",
        )
        for what, place in places.items()
        if place.resolve().is_relative_to(folder.resolve())
    ]
    if problems:
        raise InputError(problems)
