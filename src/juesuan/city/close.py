"""Closing every unit of a city: the longest first, several at a time, and one summary in the end."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from juesuan.archive import open_store
from juesuan.archive.location import DirectoryLocation, parse_location
from juesuan.base.files import remove_if_empty
from juesuan.base.problems import ExitCode, InputError, OutputError, Place, Problem, words_of
from juesuan.city.outcome import Began, CityStanding, Crew, Event, Order, Status, UnitLimits, UnitOutcome
from juesuan.city.packages import Package, find_packages, unfit
from juesuan.city.shelves import BucketShelf, FolderShelf, settings_at_hand, shelf_at
from juesuan.city.summary import write_summary
from juesuan.closing import only_one, refusal_folder
from juesuan.results.names import INDEX

LOGS = ".log"
SEEN = "seen"  # beside the logs: whoever sees it works on the same disk

Listener = Callable[[Event, CityStanding], None]
"""Told of everything that happens, and how far all of it is then."""


@dataclass(frozen=True)
class City:
    """What is to be closed: the folder of packages, where results and archive go, and how.

    ``folder``, ``out`` and ``archive`` are folders or ``s3://…``.
    """

    folder: str
    out: str
    archive: str
    force: bool = False
    limits: UnitLimits = field(default_factory=UnitLimits)

    @classmethod
    def of(
        cls,
        folder: str | Path,
        out: str | Path | None,
        archive: str,
        *,
        force: bool = False,
        limits: UnitLimits | None = None,
    ) -> "City":
        """Return the city in a folder; results go to ``out/<its name>`` where nothing else is said."""
        city = cls(str(folder), str(out or ""), archive, force, limits or UnitLimits())
        return city if out else replace(city, out=str(Path("out") / city.title))

    @property
    def places(self) -> tuple[str, ...]:
        """The folders and files of this machine that every process must see to close a unit."""
        shelves = [shelf_at(self.folder), shelf_at(self.out)]
        seen = [str(one.root) for one in shelves if isinstance(one, FolderShelf)]
        location = parse_location(self.archive)
        if isinstance(location, DirectoryLocation):
            seen.append(str(location.root))
        return (*seen, *([str(self.logs / SEEN)] if self.logs else []))

    @property
    def logs(self) -> Path | None:
        """Where the logs of processes go that the command starts itself; None where results lie in a bucket."""
        out = shelf_at(self.out)
        return out.root / LOGS if isinstance(out, FolderShelf) else None

    @property
    def page(self) -> str:
        """The address of the summary."""
        return shelf_at(self.out).of(INDEX)

    @property
    def title(self) -> str:
        """The name of the folder of packages."""
        return PurePosixPath(shelf_at(self.folder).address.partition("?")[0]).name


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


def close_all(city: City, crew: Crew, listener: Listener) -> CityOutcome:
    """Close every package of a city into ``<out>/<package>``, and write ``index.html`` and ``summary.csv`` there.

    A unit that is closed already, and of which nothing changed, is left alone unless ``force``.

    Raises:
        InputError: the folder holds no packages, or results or archive would lie among them.
        OutputError: the archive does not keep its word, ``out`` can't be written, or another run is at work on it.
        UnavailableError: nobody is there who closes units.
    """
    shelf, out = shelf_at(city.folder), shelf_at(city.out)
    _apart(city)
    with settings_at_hand(shelf) as (folder, sizes):
        packages = find_packages(folder)
        with only_one(out.address.partition("?")[0], hint="请等它结束后再运行。"):
            open_store(city.archive).prove()
            with _prepared(city):
                tally = _Tally(packages, listener)
                not_run = unfit(packages)
                for package, problem in not_run.items():
                    out.remove(refusal_folder(Path(package.folder)).name)  # of an earlier run
                    tally.take(_unfit(package, problem))
                orders = [_order(city, shelf, out, one, sizes) for one in packages if one not in not_run]
                orders.sort(key=lambda order: (-order.size, order.folder))
                tally.expect(orders)
                for event in crew(orders):
                    tally.take(event)
                outcome = CityOutcome(tuple(tally.outcomes[package.folder] for package in packages))
                write_summary(shelf_at(city.out), city.title, outcome.outcomes)
    return outcome


@contextmanager
def _prepared(city: City) -> Iterator[None]:
    """Have the folders there, and in that of logs, while units are closed, what tells that a process sees them."""
    archive = parse_location(city.archive)
    with ExitStack() as stack:
        try:
            if isinstance(archive, DirectoryLocation):
                archive.root.mkdir(parents=True, exist_ok=True)
                stack.callback(remove_if_empty, archive.root)
            if city.logs is not None:
                city.logs.mkdir(parents=True, exist_ok=True)
                (city.logs / SEEN).touch()
                stack.callback((city.logs / SEEN).unlink, missing_ok=True)
        except OSError as error:
            raise OutputError(f"无法写入 {error.filename}：{words_of(error)}") from error
        yield


def _order(
    city: City,
    shelf: FolderShelf | BucketShelf,
    out: FolderShelf | BucketShelf,
    package: Package,
    sizes: Mapping[str, int],
) -> Order:
    name = package.folder
    archive = parse_location(city.archive)
    where = archive.uri if isinstance(archive, DirectoryLocation) else city.archive
    size = sizes.get(name, 0)
    return Order(shelf.of(name), out.of(name), where, force=city.force, limits=city.limits, size=size)


def _unfit(package: Package, problem: Problem) -> UnitOutcome:
    return UnitOutcome(package.folder, Status.REFUSED, ExitCode.INPUT, findings=1, words=(str(problem),))


class _Tally:
    """Counts what happens, and tells it on."""

    def __init__(self, packages: Sequence[Package], listener: Listener) -> None:
        self._known = {package.folder: package for package in packages}
        self._listener = listener
        self._weights: dict[str, int] = {}
        self._at_work: dict[str, str] = {}
        self.outcomes: dict[str, UnitOutcome] = {}

    def expect(self, orders: Sequence[Order]) -> None:
        """Take note of what is to be done."""
        self._weights = {order.folder: order.weight for order in orders}

    def take(self, event: Event) -> None:
        """Take note of what happened."""
        if isinstance(event, Began):
            self._at_work[event.order.folder] = event.where
        elif isinstance(event, UnitOutcome):
            self._at_work.pop(event.folder, None)
            package = self._known[event.folder]
            event = replace(event, unit=package.unit, name=package.name, year=package.year)
            self.outcomes[event.folder] = event
        self._listener(event, self._standing())

    def _standing(self) -> CityStanding:
        statuses = [one.status for one in self.outcomes.values()]
        return CityStanding(
            total=len(self._known),
            done=sum(one.done for one in statuses),
            refused=statuses.count(Status.REFUSED),
            failed=statuses.count(Status.FAILED),
            at_work=tuple(self._at_work),
            weight=sum(self._weights.values()),
            weight_done=sum(weight for name, weight in self._weights.items() if name in self.outcomes),
        )


def _apart(city: City) -> None:
    """Refuse results or an archive among the packages, where the next run would take them for packages."""
    folder = parse_location(city.folder)
    problems: Sequence[Problem] = [
        Problem(
            Place(location.uri),
            "city.inside",
            f"{what}在资料文件夹里",
            expected=f"{folder.uri} 以外的位置",
            hint="请另写一个位置",
        )
        for what, location in {
            "结果文件夹": parse_location(city.out),
            "归档文件夹": parse_location(city.archive),
        }.items()
        if type(location) is type(folder) and PurePosixPath(location.uri).is_relative_to(folder.uri)
    ]
    if problems:
        raise InputError(problems)
