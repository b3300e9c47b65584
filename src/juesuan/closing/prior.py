"""Last year's published figures, from the archive of the unit's closings."""

from juesuan.archive import last_year, open_store
from juesuan.edition import roles_of
from juesuan.facts import Source
from juesuan.package import OPERATING_KEY, PriorLine, PublishedBefore, Settings
from juesuan.problems import EditionError, InputError
from juesuan.resources import edition_folder
from juesuan.yamlsource import Strict, read_yaml


class PriorFigure(Strict):
    """A figure of one year (a role, or the id of a fact) and the key by which the next year knows it."""

    key: str
    name: str
    of: str
    older: str = ""


class PriorFile(Strict):
    """``expectations/prior/<edition>.yaml``."""

    figures: tuple[PriorFigure, ...]


def published_before(archive: str, settings: Settings) -> PublishedBefore | None:
    """Return what an archive says the unit published for the year before; None where it holds no such closing.

    Raises:
        OutputError: the archive can't be read, or is damaged.
        EditionError: the edition of that closing doesn't say which figures are meant, or they aren't there.
    """
    found = last_year(open_store(archive), settings.unit.code, settings.year)
    if found is None:
        return None
    file = f"{found.edition}.yaml"
    try:
        figures = read_yaml(edition_folder("prior", file), PriorFile).figures
    except (InputError, OSError):
        raise EditionError(f"expectations/prior/{file} is missing or wrong") from None
    roles = roles_of(found.edition)
    ids = {one.key: [roles.resolve(name) for name in (one.of, one.older) if name] for one in figures}
    known = {key: next((name for name in names if name in found.amounts), "") for key, names in ids.items()}
    missing = [one.of for one in figures if not known[one.key] and one.key != OPERATING_KEY]
    if missing:
        raise EditionError(f"expectations/prior/{file}: {found.version} has no {', '.join(missing)}")
    word = found.state.word if found.state else "状态不明"
    where = f"归档 {found.version}（{word}）"
    lines = tuple(
        PriorLine(one.key, one.name, found.amounts[known[one.key]], Source(where))
        for one in figures
        if known[one.key] and (one.key != OPERATING_KEY or settings.unit.operating_expenses)
    )
    return PublishedBefore(where, lines)
