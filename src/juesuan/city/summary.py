"""What became of all units: ``index.html`` for people, ``summary.csv`` for spreadsheets. No clock is in them."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from juesuan.base.files import csv_cell
from juesuan.base.resources import page_templates
from juesuan.city.outcome import Status, UnitOutcome
from juesuan.city.shelves import Shelf
from juesuan.results import State, refusal_folder
from juesuan.results.names import CHECKS_PAGE, INDEX, PAGE, REVIEW_PAGE

TABLE = "summary.csv"
COLUMNS = (
    "单位编码",
    "单位名称",
    "主管部门",
    "年度",
    "资料文件夹",
    "结果",
    "退出码",
    "进度",
    "不符处",
    "提示",
    "归档",
    "原因",
)
_SHOWN = 4  # lines of why that the page shows at once
_IN_A_CELL = 3


def write_summary(shelf: Shelf, title: str, outcomes: Sequence[UnitOutcome]) -> None:
    """Write the page and the table into the folder of all results.

    Raises:
        OutputError: it can't be written.
    """
    order = ("出错", "未通过", "完成")
    listed = sorted(outcomes, key=lambda one: (order.index(one.status.word), one.folder))
    shelf.write(INDEX, _page(shelf.holds, title, listed))
    shelf.write(TABLE, "\ufeff" + _table(listed))


def _table(outcomes: Sequence[UnitOutcome]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in outcomes:
        cells = (
            one.unit,
            one.name,
            one.department,
            one.year or "",
            one.folder,
            one.status.word,
            int(one.exit_code),
            State(one.state).word if one.state else "",
            one.findings or "",
            one.warnings or "",
            version_of(one),
            "；".join(line.strip() for line in one.words[:_IN_A_CELL]),
        )
        writer.writerow(csv_cell(str(cell)) for cell in cells)
    return text.getvalue()


def version_of(outcome: UnitOutcome) -> str:
    """Return the version in the archive, as ``unit/year/v0001``."""
    return "/".join(outcome.archived.rsplit("/", 3)[-3:])


def _page(holds: frozenset[str], title: str, outcomes: Sequence[UnitOutcome]) -> str:
    rows = list(_rows(holds, outcomes))
    return (
        page_templates("city", "review")
        .get_template("units.j2")
        .render(
            title=title,
            failed=[row for row in rows if row["status"] is Status.FAILED],
            refused=[row for row in rows if row["status"] is Status.REFUSED],
            done=[row for row in rows if row["status"].done],
            departments=_departments(rows),
            total=len(rows),
            shown=_SHOWN,
        )
    )


def _departments(rows: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the departments with their units: first those that have units which are not closed, then by name.

    Units of which it is not known stand last, under an empty name.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["department"], []).append(row)
    return sorted(found.items(), key=lambda one: (not one[0], all(row["status"].done for row in one[1]), one[0]))


def _rows(holds: frozenset[str], outcomes: Sequence[UnitOutcome]) -> Iterator[dict[str, Any]]:
    """Yield what the page shows of each unit; a link only to what is there."""
    for one in outcomes:
        results, refused = Path(one.folder), refusal_folder(Path(one.folder))
        files = {
            "document": results / PAGE,
            "review": results / REVIEW_PAGE,
            "validation": results / CHECKS_PAGE,
            "found": refused / INDEX,
            "checks": refused / CHECKS_PAGE,
        }
        yield {
            "status": one.status,
            "code": int(one.exit_code),
            "title": " ".join(filter(None, (one.unit, one.name))) or one.folder,
            "unit": one.unit,
            "name": one.name or one.folder,
            "department": one.department,
            "year": one.year,
            "folder": one.folder,
            "state": one.state,
            "state_word": State(one.state).word if one.state else "",
            "warnings": one.warnings,
            "findings": one.findings,
            "words": one.words,
            "version": version_of(one),
            "links": {
                name: quote(path.as_posix()) if path.as_posix() in holds else "" for name, path in files.items()
            },
        }
