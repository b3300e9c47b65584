"""``explanations.yaml``: what the unit writes about warnings (审核说明), read with its lines."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from juesuan.base.yamlsource import Strict
from juesuan.identities import Explanation
from juesuan.package.model import source_of
from juesuan.package.settings import Words

PLACEHOLDER = re.compile(
    r"[XxＸｘ×✕✖_＿]{2,}|[□■◯○]{2,}|待补充|待填|待定|某某|此处填写|TODO|TBD|\?{2,}|？{2,}|…{3,}", re.IGNORECASE
)
"""Words that stand for words still to be written."""


def _written(words: str) -> str:
    found = PLACEHOLDER.search(words)
    if found:
        raise ValueError(f"“{found[0]}”是没有写完的字样，请写明")
    if not any(one.isalpha() for one in words):
        raise ValueError("请写明文字")
    return words


Written = Annotated[Words, AfterValidator(_written)]


class ExplanationLine(Strict):
    """One explanation: which rule, which place (as the findings name it; all places where it is left out)."""

    rule: Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")] = Field(
        title="规则", description="提示的编号，见核对结果", examples=["budget.funds-stated"]
    )
    place: str = Field(default="", title="位置", description="核对结果里写的位置；不写则为该规则的全部位置")
    text: Written = Field(title="说明", description="写明为什么是这样")
    by: Written = Field(title="说明人")
    on: date | None = Field(default=None, title="日期")


class ExplanationFile(Strict):
    """``explanations.yaml``."""

    explanations: tuple[ExplanationLine, ...] = Field(default=(), title="说明")


def explanations_of(file: ExplanationFile, name: str, lines: Mapping[str, int]) -> tuple[Explanation, ...]:
    """Return the explanations of a file, each with the line where it stands."""
    return tuple(
        Explanation(
            rule=one.rule,
            place=one.place,
            text=one.text,
            by=one.by,
            on=one.on.isoformat() if one.on else "",
            source=str(source_of(name, lines, f"explanations.{number}")),
        )
        for number, one in enumerate(file.explanations)
    )
