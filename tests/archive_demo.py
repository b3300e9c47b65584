"""A small closing to archive: a few files of results and a package, without closing anything."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from juesuan.archive import Closing
from juesuan.results import State

FACTS = """id,table,row,column,label,exact,unit,display,formula,displayed,year,phase,inputs,sources
year,,,,决算年度,2019,数,2019,,2019,,,,settings.yaml:1
t1.30.1,1,30,1,总计,1873460123,分,"1,873.46",,1873460000,2019,决算,,a
t9.share,,,,占比,1/3,比率,33.3%,,333/1000,2019,,t1.30.1,
"""


def demo_closing(folder: Path, *, year: int = 2019, amount: str = "1", state: State = State.DRAFT) -> Closing:
    """Write a closing's files under a folder and return it."""
    results, package = folder / "results", folder / "package"
    files = {
        results / "disclosure.html": "<p>公开</p>",
        results / "facts.csv": FACTS,
        results / "validation" / "results.json": "[]",
        package / "settings.yaml": f"year: {year}\n",
        package / "ledger" / "vouchers.csv": f"凭证,摘要,金额\n1,张三报销,{amount}\n",
        package / "说明 一.txt": "附注",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    listed = {"files": {}, "edition": "2020", "unit": "070123", "year": year}
    (results / "manifest.json").write_text(json.dumps(listed), encoding="utf-8")
    return Closing("070123", "武汉市社会保险中心", year, results, package, state=state)


def with_amount(closing: Closing, amount: str) -> Closing:
    """Change a voucher of a closing in place."""
    path = closing.inputs / "ledger" / "vouchers.csv"
    path.write_text(f"凭证,摘要,金额\n1,张三报销,{amount}\n", encoding="utf-8")
    return replace(closing)


def tree(folder: Path) -> dict[str, str]:
    """Return the hash of every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
