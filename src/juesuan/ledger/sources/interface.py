"""XML of the audit interfaces: GB/T 24589.1-2010 (公共档案 and 总账) and GB/T 19581-2004 (会计核算软件数据).

Element names are data (``xml`` of ``expectations/profiles``). The structure is read, not validated: no
conformance to a standard is claimed. What an auxiliary item means (辅助项N编号, 辅助核算组) is looked up in
科目辅助核算 and the archives, and it becomes a column of its own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from lxml import etree

from juesuan.base.problems import Problem
from juesuan.ledger.profiles import FIELDS, Profile, load_profiles, plain_name
from juesuan.ledger.sources.model import LIMITS, Export, Limits, RawInterface, SourceSheet, failing

Record = dict[str, str]
_ITEM = re.compile(r"辅助项([0-9]+)(编号|名称)")
_AUXILIARY = ("functional", "economic", "fund", "support")
_GROUP_SEPARATORS = re.compile(r"[;；|,，]+")
_KINDS: Mapping[Literal["vouchers", "balances"], str] = {"vouchers": "记账凭证", "balances": "科目余额及发生额"}


class _Refused(Exception):  # noqa: N818 - says what happened
    def __init__(self, code: str, message: str, found: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.found = code, message, found


@dataclass
class _Tables:
    """The records of all files by kind (keys of ``xml.records``), in their order."""

    profile: Profile | None = None
    records: dict[str, list[Record]] = field(default_factory=dict)


def read_interface(files: Sequence[tuple[Path, str]], *, limits: Limits = LIMITS) -> Export:
    """Read the XML files of one ledger together: names of auxiliary items may stand in another file."""
    tables, problems = _Tables(), list[Problem]()
    for path, file in files:
        fail = failing(file, "xml")
        try:
            _read(path, tables, limits)
        except _Refused as error:
            problems += fail(error.code, error.message, found=error.found).problems
        except etree.XMLSyntaxError as error:
            line = error.lineno or None
            problems += fail(
                "file.xml", "不是完整的 XML 文件", line=line, found=error.msg or "", hint="请重新导出"
            ).problems
    name = "、".join(file for _, file in files)
    if problems or tables.profile is None:
        return Export(name, "xml", problems=tuple(problems))
    details = {"接口": tables.profile.name}
    return Export(name, "xml", tuple(_sheets(tables, tuple(path for path, _ in files))), details)


@cache
def _interfaces() -> tuple[Profile, ...]:
    return tuple(profile for profile in load_profiles() if profile.xml is not None)


def _read(path: Path, tables: _Tables, limits: Limits) -> None:
    """Add the records of a file. Entities, documents types, depth and huge texts are refused."""
    wanted: Mapping[str, str] = {}
    loc_ids: Mapping[str, str] = {}
    depth = 0
    events = etree.iterparse(
        str(path),
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for event, element in events:
        if event == "start":
            depth += 1
            if depth > limits.xml_depth:
                raise _Refused("file.xml-depth", "XML 的层次太深，没有读取", f"{depth} 层")
            if depth == 1:
                wanted, loc_ids = _begin(element, tables)
            continue
        depth -= 1
        kind = wanted.get(_name(element))
        if kind is not None and len(element):
            tables.records.setdefault(kind, []).append(_record(element, loc_ids))
            _forget(element)
        elif depth == 1 and not len(element):
            _forget(element)


def _begin(root: etree._Element, tables: _Tables) -> tuple[Mapping[str, str], Mapping[str, str]]:
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None:
        raise _Refused("file.xml-entity", "XML 里有 DOCTYPE 或实体定义，没有读取")
    name = _name(root)
    for profile in _interfaces():
        if profile.xml is not None and name in profile.xml.roots:
            tables.profile = profile
            return {element: kind for kind, element in profile.xml.records.items()}, profile.xml.loc_ids
    known = "、".join(root for profile in _interfaces() if profile.xml for root in profile.xml.roots)
    raise _Refused("file.xml-root", f"不认识的 XML 文件，根元素应为{known}", name)


def _name(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _record(element: etree._Element, loc_ids: Mapping[str, str]) -> Record:
    found: Record = {}
    for leaf in element.iter():
        if leaf is element or len(leaf) or not isinstance(leaf.tag, str):
            continue
        name = loc_ids.get(leaf.get("locID", ""), _name(leaf))
        found.setdefault(name, (leaf.text or "").strip())
    return found


def _forget(element: etree._Element) -> None:
    element.clear()
    while element.getprevious() is not None:
        parent = element.getparent()
        if parent is None:
            break
        del parent[0]


def _sheets(tables: _Tables, paths: tuple[Path, ...]) -> Iterator[SourceSheet]:
    accounts = {one.get("科目编号", ""): one.get("科目名称", "") for one in tables.records.get("accounts", ())}
    items = _items(tables)
    for kind, title in _KINDS.items():
        records = [_explained(one, accounts, items) for one in tables.records.get(kind, ())]
        names = list(dict.fromkeys(name for one in records for name in one))
        names += _left_out(names, tables.profile) if kind == "vouchers" else []
        rows = [names, *([one.get(name, "") for name in names] for one in records)]
        xml = tables.profile.xml if tables.profile is not None else None
        if records and xml is not None:
            raw = RawInterface(paths, xml.records[kind], tuple(names), xml.loc_ids)
            yield SourceSheet(title, rows, range(len(rows)), headed=True, kind=kind, raw=raw)


def _left_out(names: Sequence[str], profile: Profile | None) -> list[str]:
    """Return columns that no record has: XML leaves out what is blank. What a line lacks, the rules say."""
    columns = profile.columns["vouchers"] if profile is not None else {}
    there = {columns.get(plain_name(name)) for name in names}
    return [title for name, title in FIELDS["vouchers"].items() if name in _AUXILIARY and name not in there]


@dataclass(frozen=True)
class _Items:
    """What auxiliary items mean: the title of (account, number), and names by (archive, code)."""

    titles: Mapping[tuple[str, str], tuple[str, str]]
    names: Mapping[tuple[str, str], str]


def _items(tables: _Tables) -> _Items:
    titles, archives, names = {}, {}, {}
    for one in tables.records.get("archives", ()):
        archives[one.get("档案编码", one.get("自定义档案编码", ""))] = one.get(
            "档案名称", one.get("自定义档案名称", "")
        )
    for one in tables.records.get("auxiliaries", ()):
        key = one.get("科目编号", ""), re.sub(r"\D", "", one.get("辅助项编号", "")).lstrip("0")
        titles[key] = one.get("辅助项名称", ""), one.get("对应档案", "")
    for one in tables.records.get("values", ()):
        code = one.get("档案值编码", one.get("自定义档案项值编码", one.get("档案编码值", "")))
        name = one.get("档案值名称", one.get("自定义档案项值名称", ""))
        archive = one.get("档案编码", one.get("自定义档案编码", ""))
        for title in (archive, archives.get(archive, "")):
            names[title, code] = name
    return _Items(titles, names)


def _explained(record: Record, accounts: Mapping[str, str], items: _Items) -> Record:
    """Return a record with the account's name, and its auxiliary items as columns by their titles."""
    account = record.get("科目编号", "")
    found = {name: text for name, text in record.items() if not _ITEM.fullmatch(name) and name != "辅助核算组"}
    found.setdefault("科目名称", accounts.get(account, ""))
    for name, text in record.items():
        match = _ITEM.fullmatch(name)
        if match and match[2] == "编号" and text:
            title, archive = items.titles.get((account, match[1]), ("", ""))
            label = items.names.get((archive, text)) or items.names.get((title, text)) or ""
            label = label or record.get(f"辅助项{match[1]}名称", "")
            found[title or name] = f"{text} {label}".strip() if text[:1].isdigit() else (label or text)
    for part in _GROUP_SEPARATORS.split(record.get("辅助核算组", "")):
        title, colon, text = re.sub("：", ":", part, count=1).partition(":")
        if colon and text.strip():
            found[title.strip()] = text.strip()
    return found
