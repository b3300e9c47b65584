"""A finding put to the office: one whole sentence, by its kind, from ``templates/audit/inquiries.yaml``."""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import Field

from juesuan.audit.model import QUESTION, Finding, Weight
from juesuan.base.resources import read_once, resource_root
from juesuan.base.yamlsource import Strict, read_yaml

_LONGEST = 80
_AMOUNT = re.compile(r"(-?[\d,]+(?:\.\d+)?(?: ?[万亿]?元)?)（[^（]*）$")
_ZERO = re.compile(r" 0(?:\.0+)?（")
_TOLD_TWICE = re.compile(r"^(?P<table>表\d+ \S+) (?P<cell>.*（.*)(?P=table) (?=[^（]*）$)")
_LOOSE = re.compile(r"(?<=[元点]) (?=[\u4e00-\u9fff])")


class Inquiry(Strict):
    """How findings of some rules are put: what is so, and what is asked (by weight where ``ask`` is empty)."""

    rules: Annotated[tuple[str, ...], Field(min_length=1)]
    text: str
    says: str = ""
    cited: bool = False
    join: str = "、"
    ask: str = ""
    basis: str = ""

    def fits(self, rule: str, said: str, basis: str = "") -> bool:
        """Return whether it is for findings of this rule that say this and lean on that."""
        named = any(fnmatchcase(rule, one) for one in self.rules)
        return named and re.search(self.says, said) is not None and re.search(self.basis, basis) is not None


class Inquiries(Strict):
    """``templates/audit/inquiries.yaml``. ``most`` is how many numbers of a basis a sentence lists."""

    opening: str
    asks: Mapping[str, str]
    most: int
    inquiries: tuple[Inquiry, ...]

    def of(self, rule: str, said: str, basis: str = "") -> Inquiry:
        """Return the first that fits.

        Raises:
            LookupError: a kind of finding has none.
        """
        for one in self.inquiries:
            if one.fits(rule, said, basis):
                return one
        raise LookupError(f"no inquiry for {rule}: {said}")


@read_once
def load_inquiries() -> Inquiries:
    """Read how each kind of finding is put to the office."""
    return read_yaml(resource_root() / "templates" / "audit" / "inquiries.yaml", Inquiries)


def inquiry(finding: Finding, year: int | None) -> str:
    """Return a finding as one sentence to the office that published the document.

    Raises:
        LookupError: its kind has no words.
    """
    known = load_inquiries()
    question = finding.message.startswith(QUESTION)
    said = finding.message.removeprefix(QUESTION).rstrip("。")
    one = known.of(finding.rule, said, "".join(finding.evidence[1:2]))
    evidence = finding.evidence[:-1] if one.cited else finding.evidence
    text = one.text.format(
        quote=_quote(finding),
        stated=_inner(finding.stated),
        computed=_inner(finding.computed),
        off=finding.difference.lstrip("-").replace("%", " 个百分点"),
        basis=_basis(evidence, one.join, known.most),
        first=_amount(evidence[:1]),
        second=_amount(evidence[1:2]),
        said=said,
        identity=said.rpartition("：")[0] or said,
        right=f"，应为“{_inner(finding.computed)}”" if finding.computed else "",
    )
    ask = one.ask or known.asks["question" if question and finding.weight is Weight.WARNING else finding.weight]
    opening = known.opening.format(year=f" {year} 年度" if year else "", place=f" {finding.spot}")
    return f"{opening}{_LOOSE.sub('', text)}。{ask}。"


def _basis(evidence: Sequence[str], join: str, most: int) -> str:
    """The numbers behind what was computed; of many, those that aren't zero. A table is named once for each."""
    telling = evidence if len(evidence) <= most else [one for one in evidence if not _ZERO.search(one)]
    told = [_inner(_TOLD_TWICE.sub(r"\g<table> \g<cell>", one)) for one in telling]
    if len(told) <= most:
        return join.join(told) or "表中各数"
    return f"{join.join(told[:most])}等 {len(told)} 个数"


def _amount(evidence: Sequence[str]) -> str:
    """The amount of one piece of evidence, without its words and its place."""
    found = _AMOUNT.search(evidence[0]) if evidence else None
    return found[1] if found else "该数"


def _quote(finding: Finding) -> str:
    """What is quoted, cut around the number where it is long."""
    quote = finding.quote.removeprefix(f"{finding.spot.table} ").strip("，；。：、").lstrip("）”")
    if len(quote) > _LONGEST:
        at = max(0, quote.find(finding.stated))
        start = min(at, max(0, at + len(finding.stated) - _LONGEST))
        cut = quote[start : start + _LONGEST]
        quote = f"{'…' if start else ''}{cut}{'…' if start + _LONGEST < len(quote) else ''}"
    return _inner(quote)


def _inner(text: str) -> str:
    """A text as it stands between quotation marks."""
    return text.replace("“", "‘").replace("”", "’")
