"""Profiles: how a family of accounting systems names its columns and writes its values, as data.

``expectations/profiles/*.yaml`` holds one file a system; a new system is a new file. A profile that ``extends``
another has its names too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from juesuan.base.problems import EditionError, InputError, Place, Problem
from juesuan.base.resources import resource_root
from juesuan.base.yamlsource import Strict, read_yaml
from juesuan.ledger.quirks import narrow
from juesuan.ledger.values import BALANCE_HEADERS, LINE_HEADERS

Kind = Literal["vouchers", "balances"]
_REMEMBERED = 4096  # cells of headers; the same are asked about for each profile and kind

KINDS: Mapping[Kind, str] = {"vouchers": "序时账（记账凭证）", "balances": "科目余额表"}

VOUCHER_FIELDS: Mapping[str, str] = {
    **LINE_HEADERS,
    "year": "会计年度",
    "date_month": "月",
    "date_day": "日",
    "voucher_type": "凭证类型",
    "amount": "金额",
    "side": "方向",
    "void": "作废标志",
    "posted": "记账标志",
    "status": "状态",
    "currency": "币种",
    "system": "会计体系",
    "book": "账套",
    "unit": "单位",
}
BALANCE_FIELDS: Mapping[str, str] = {
    **BALANCE_HEADERS,
    "year": "会计年度",
    "month": "会计期间",
    "opening_debit": "年初借方余额",
    "opening_credit": "年初贷方余额",
    "closing_debit": "年末借方余额",
    "closing_credit": "年末贷方余额",
    "currency": "币种",
    "auxiliary": "辅助核算编码",
    "auxiliary_name": "辅助核算名称",
    "system": "会计体系",
    "book": "账套",
    "unit": "单位",
}
FIELDS: Mapping[str, Mapping[str, str]] = {"vouchers": VOUCHER_FIELDS, "balances": BALANCE_FIELDS}

_Name = Annotated[str, StringConstraints(min_length=1)]
_Columns = dict[str, tuple[_Name, ...]]


class _Sides(Strict):
    debit: tuple[_Name, ...]
    credit: tuple[_Name, ...]


class _Xml(Strict):
    roots: tuple[_Name, ...]
    records: dict[str, _Name]
    loc_ids: dict[str, _Name] = Field(default_factory=dict)


class _Profile(Strict):
    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    name: _Name
    source: _Name  # where these names were seen
    rank: int = 50  # of profiles that fit a header equally well, the one of the least rank is taken
    extends: str = ""
    vouchers: _Columns = Field(default_factory=dict)
    balances: _Columns = Field(default_factory=dict)
    words: dict[str, dict[str, _Name]] = Field(default_factory=dict)
    sides: tuple[_Sides, ...] = ()
    account_levels: tuple[int, ...] = ()
    accounts: dict[str, _Name] = Field(default_factory=dict)  # renumbered accounts: theirs to the chart's
    xml: _Xml | None = None


@dataclass(frozen=True)
class XmlNames:
    """Element names of an XML interface: roots that tell it, and the elements of each kind of record."""

    roots: tuple[str, ...]
    records: Mapping[str, str]
    loc_ids: Mapping[str, str]


@dataclass(frozen=True)
class Profile:
    """A system's names, normalised (see :func:`plain_name`) and looked up by them.

    ``columns[kind][name]`` is a field, preferred names first; ``own[kind]`` are those of a system itself;
    ``words[field][text]`` is a word of the edition; ``sides`` are vocabularies of 借 and 贷, of which a column
    uses one.
    """

    id: str
    name: str
    source: str
    rank: int
    columns: Mapping[str, Mapping[str, str]]
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sides: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()
    account_levels: tuple[int, ...] = ()
    accounts: Mapping[str, str] = field(default_factory=dict)
    xml: XmlNames | None = None


@lru_cache(maxsize=_REMEMBERED)
def plain_name(cell: str) -> str:
    """Return a column's name without spaces, width and unit: ``借方　金额（元）`` is ``借方金额``."""
    name = "".join(narrow(cell)[0].split()).casefold()
    for unit in ("(元)", "(人民币元)", "(单位:元)", "[元]"):
        name = name.removesuffix(unit)
    return name.strip("*:'\"").replace("/", "")


_OWN_CURRENCY = re.compile(r"[-_(]*(?:组织|主体|集团)?本(?:位)?币[)]*")
_FOREIGN = re.compile(r"[-_(]*[原外]币[)]*")
_ONE_SIDE = re.compile(r"[-_]*\(([借贷])(?:方)?\)$|[-_]([借贷])(?:方)?$")


@lru_cache(maxsize=_REMEMBERED)
def base_name(plain: str) -> tuple[str, str]:
    """Return a plain name without the mark of its currency, and the currency: ``own``, ``foreign`` or blank.

    ``期初余额-本位币(借)`` is ``期初余额借方`` in the own currency, ``期初余额(借)`` the same in some currency.
    """
    currency = "own" if _OWN_CURRENCY.search(plain) else "foreign" if _FOREIGN.search(plain) else ""
    name = _FOREIGN.sub("", _OWN_CURRENCY.sub("", plain))
    side = _ONE_SIDE.search(name)
    if side:
        name = f"{name[: side.start()]}{side[1] or side[2]}方"
    return name, currency


@cache
def load_profiles() -> tuple[Profile, ...]:
    """Return every profile of ``expectations/profiles``, by rank.

    Raises:
        EditionError: a profile is wrong.
    """
    folder = resource_root() / "expectations" / "profiles"
    found = {path.stem: _read(path) for path in sorted(folder.glob("*.yaml"))}
    for stem, one in found.items():
        if one.id != stem:
            raise EditionError(f"profile {one.id} lies in {stem}.yaml")
    try:
        profiles = [_profile(one, found) for one in found.values()]
    except ValueError as error:
        raise EditionError(str(error)) from None
    return tuple(sorted(profiles, key=lambda profile: (profile.rank, profile.id)))


def own_profile(path: Path, *, file: str) -> Profile:
    """Return a profile that an office wrote itself.

    Raises:
        InputError: with everything that is wrong with it.
    """
    source = read_yaml(path, _Profile, name=file)
    known = {one.stem: _read(one) for one in (resource_root() / "expectations" / "profiles").glob("*.yaml")}
    try:
        return _profile(source, known)
    except ValueError as error:
        raise InputError([Problem(Place(file), "profile.wrong", str(error))]) from None


def find_profile(name: str) -> Profile:
    """Return the profile of an id or a name.

    Raises:
        InputError: there is none.
    """
    profiles = load_profiles()
    for profile in profiles:
        if name in (profile.id, profile.name):
            return profile
    known = "、".join(f"{profile.id}（{profile.name}）" for profile in profiles)
    raise InputError(
        [Problem(Place("settings.yaml", None, "ledger.profile"), "profile.unknown", "没有这个方案", name, known)]
    )


@cache
def known_names() -> frozenset[str]:
    """Return the names of columns in all profiles, normalised."""
    return frozenset(name for one in load_profiles() for columns in one.columns.values() for name in columns)


def is_known(cell: str) -> bool:
    """Say whether a cell is the name of a column in any profile."""
    return plain_name(cell) in known_names()


def _read(path: Path) -> _Profile:
    try:
        return read_yaml(path, _Profile)
    except InputError as error:
        raise EditionError(str(error)) from None


def _profile(one: _Profile, known: Mapping[str, _Profile]) -> Profile:
    chain = [one]
    while chain[-1].extends:
        parent = known.get(chain[-1].extends)
        if parent is None:
            raise ValueError(f"方案 {chain[-1].id} 所继承的 {chain[-1].extends} 不存在")
        if parent in chain:
            raise ValueError(f"方案 {one.id} 的继承绕成了圈")
        chain.append(parent)
    return Profile(
        id=one.id,
        name=one.name,
        source=one.source,
        rank=one.rank,
        columns={kind: _columns(chain, kind) for kind in KINDS},
        own={kind: frozenset(_columns(chain[:1], kind) if one.extends else ()) for kind in KINDS},
        words=_words(chain),
        sides=next((_sides(each) for each in chain if each.sides), ()),
        account_levels=one.account_levels,
        accounts=one.accounts,
        xml=XmlNames(one.xml.roots, one.xml.records, one.xml.loc_ids) if one.xml else None,
    )


def _columns(chain: list[_Profile], kind: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in chain:  # what a profile says itself goes before what it inherits
        own: dict[str, str] = {}
        for name, aliases in getattr(one, kind).items():
            if name not in FIELDS[kind]:
                raise ValueError(f"方案 {one.id} 中没有“{name}”这个字段；可用：{'、'.join(FIELDS[kind])}")
            for alias in map(plain_name, aliases):
                if own.setdefault(alias, name) != name:
                    raise ValueError(f"方案 {one.id} 的列名“{alias}”既是 {own[alias]} 又是 {name}")
        found |= {alias: name for alias, name in own.items() if alias not in found}
    return found


def _words(chain: list[_Profile]) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for one in reversed(chain):
        for name, words in one.words.items():
            if name not in VOUCHER_FIELDS:
                raise ValueError(f"方案 {one.id} 的 words 中没有“{name}”这个字段")
            found.setdefault(name, {}).update({narrow(key)[0]: value for key, value in words.items()})
    return found


def _sides(one: _Profile) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    return tuple((_plain(each.debit), _plain(each.credit)) for each in one.sides)


def _plain(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(narrow(word)[0].casefold() for word in words)
