"""Last year's published figures, from the archive of the unit's closings."""

from pathlib import Path

from juesuan.archive import last_year, open_store
from juesuan.edition import PriorFile, roles_and_prior
from juesuan.editionfiles import known_edition
from juesuan.facts import Source
from juesuan.package import OPERATING_KEY, PriorLine, PublishedBefore, Settings
from juesuan.problems import EditionError
from juesuan.roles import Roles


def archived_edition(name: str, root: Path, settings: Settings) -> tuple[Roles, PriorFile]:
    """Return what the cells of an archived closing's edition mean, and which figures the next year takes.

    Raises:
        EditionError: the edition is not known, or its files are wrong.
    """
    own = not known_edition(name) and Path(settings.edition).name == name
    return roles_and_prior(settings.edition if own else name, root)


def published_before(archive: str, root: Path, settings: Settings) -> PublishedBefore | None:
    """Return what an archive says the unit published for the year before; None where it holds no such closing.

    ``root`` is the package's folder: an edition that lies there is asked where the archived one has its name.

    Raises:
        OutputError: the archive can't be read, or is damaged.
        EditionError: the edition of that closing is not known, doesn't say which figures are meant, or they aren't
            there.
    """
    found = last_year(open_store(archive), settings.unit.code, settings.year)
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
        PriorLine(one.key, one.name, found.amounts[known[one.key]], Source(where))
        for one in prior.figures
        if known[one.key] and (one.key != OPERATING_KEY or settings.unit.operating_expenses)
    )
    return PublishedBefore(where, lines)
