"""Reads an edition: everything that its folder says, validated and held against each other, or refused."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TypeVar

from juesuan.base.money import DisplayUnit, parse_amount
from juesuan.base.problems import EditionError, InputError, Place, Problem
from juesuan.base.resources import resource_root
from juesuan.edition.heading import EditionHead
from juesuan.edition.model import (
    FEN_PER_UNIT,
    PRIOR_FILE,
    Edition,
    EditionFile,
    PrintedMoney,
    PriorFile,
    Threshold,
)
from juesuan.edition.references import reference_problems
from juesuan.editionfiles import HEAD, EditionFiles, Layer, edition_files, edition_names
from juesuan.facts import Fact, FactSource, Unit
from juesuan.forms import load_forms
from juesuan.ledger import load_chart
from juesuan.narrative import load_charts
from juesuan.roles import Roles
from juesuan.rules import readable_rules
from juesuan.scores.scheme import load_rules
from juesuan.statistics import load_definitions
from juesuan.tables.rules import identity_files

_Layers = tuple[Layer, ...]

_read: dict[tuple[Path, _Layers, str, _Layers, str], Edition] = {}
"""Editions by where they lie and what they hold: one of another folder is another, even if it says the same."""

Value = TypeVar("Value")


def load_edition(key: str, *, document: str = "", beside: Path | None = None) -> Edition:
    """Return an edition by its name or the path of its folder; it is read once for what it holds.

    ``document`` names the edition whose sentences are written, where they are another's; ``beside`` is the folder
    that a relative path counts from.

    Raises:
        EditionError: there is no such edition, or a file of it is missing, wrong, or names what can never be; all
            that is found is told at once.
    """
    files = edition_files(key, beside)
    words = edition_files(document, beside) if document else files
    print_of = (resource_root(), files.layers, files.fingerprint, words.layers, words.fingerprint)
    if print_of not in _read:
        gathered = _Gathered()
        edition = _load(files, words, gathered)
        gathered.add(reference_problems(edition))
        if gathered.told:
            raise gathered.error
        _read[print_of] = edition
    return _read[print_of]


def roles_and_prior(key: str, beside: Path | None = None) -> tuple[Roles, PriorFile]:
    """Return what an edition's cells mean, and which of its figures the next year asks for.

    Raises:
        EditionError: there is no such edition, or these files of it are missing or wrong.
    """
    files = edition_files(key, beside)
    head = _told(lambda: files.read(HEAD, EditionFile))
    return Roles(head.roles, files.name), _told(lambda: files.read(PRIOR_FILE, PriorFile))


def editions_for(year: int) -> tuple[str, ...]:
    """Return the editions that a year's accounts may be closed by, in order.

    Raises:
        EditionError: the head of an edition is wrong.
    """
    heads = {name: edition_files(name) for name in edition_names()}
    return tuple(
        name
        for name, files in heads.items()
        if year in _told(lambda files=files: files.read(HEAD, EditionFile)).valid  # type: ignore[misc]
    )


def _load(files: EditionFiles, words: EditionFiles, gathered: "_Gathered") -> Edition:
    """Return an edition whose files can be read; of its rules some perhaps can't, which ``gathered`` says then."""
    entry = gathered.take(lambda: files.entry(HEAD))
    head = gathered.take(partial(entry.into, EditionFile)) if entry else None
    forms = gathered.take(partial(load_forms, files, head.tables if head else None))
    identities = gathered.take(partial(identity_files, files, head.identities if head else None))
    charts = gathered.take(partial(load_charts, words))
    prior = gathered.take(partial(files.read, PRIOR_FILE, PriorFile))
    if not (entry and head):
        raise gathered.error
    places = entry.places()
    if forms is not None:
        head = head.model_copy(update={"roles": EditionHead(files, head, places, forms).fitting()})
        gathered.add(EditionHead(files, head, places, forms).problems())
    roles = Roles(head.roles, files.name)
    rules, faults = readable_rules(files, head.rules)
    chart = gathered.take(partial(load_chart, head.accounts))
    definitions = gathered.take(partial(load_definitions, files, roles))
    scores = gathered.take(partial(load_rules, files, head.score_scheme))
    stopped = bool(gathered.told)
    gathered.add(faults)
    if stopped or not (forms and identities and charts and prior):
        raise gathered.error
    if not (chart and definitions and scores):
        raise gathered.error
    money = display_unit(head.money)
    return Edition(
        key=files.name,
        files=files,
        words=words,
        name=head.name,
        citation=head.citation,
        money=money,
        zeros=head.money.zeros,
        publisher=head.publisher,
        thresholds=tuple(
            _threshold(one, money, _source(places[f"thresholds.{number}.amount"]))
            for number, one in enumerate(head.thresholds)
        ),
        headline=tuple(one.model_copy(update={"of": roles.resolve(one.of)}) for one in head.headline),
        forms=forms,
        chart=chart,
        definitions=definitions,
        score_rules=scores,
        roles=roles,
        lists=head.lists,
        rules=rules,
        identities=identities,
        charts=charts,
        prior=prior,
        valid=head.valid,
    )


@dataclass
class _Gathered:
    """What is wrong with the files of an edition, read one after the other: all of it is told at once."""

    told: list[str] = field(default_factory=list)

    def take(self, read: Callable[[], Value]) -> Value | None:
        """Return what is read; None where it is wrong."""
        try:
            return read()
        except (EditionError, InputError) as error:
            self.told.append(str(error))
            return None

    def add(self, problems: Iterable[Problem]) -> None:
        """Keep more that is wrong."""
        found = tuple(problems)
        if found:
            self.told.append(str(InputError(found)))

    @property
    def error(self) -> EditionError:
        """All of it."""
        return EditionError("\n".join(self.told))


def display_unit(money: PrintedMoney) -> DisplayUnit:
    """Return how an edition prints money."""
    return DisplayUnit(
        money.unit, FEN_PER_UNIT[money.unit], money.decimals, fixed=money.fixed, separators=money.separators
    )


def _threshold(threshold: Threshold, money: DisplayUnit, source: FactSource) -> Fact:
    value = parse_amount(threshold.amount, fen_per_unit=FEN_PER_UNIT[threshold.unit])
    printed = replace(money, fixed=False).print_steps(value // money.step)  # 100 万元, as a regulation says it
    exact = Fraction(value)
    return Fact(threshold.id, threshold.label, exact, Unit.FEN, exact, printed, sources=(source,))


def _source(place: Place) -> FactSource:
    return FactSource(place.file, place.line)


def _told(read: Callable[[], Value]) -> Value:
    try:
        return read()
    except InputError as error:
        raise EditionError(str(error)) from None
