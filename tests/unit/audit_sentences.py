"""Whether what is put to an office is a whole sentence."""

import re

from juesuan.audit.model import Finding

_BROKEN = re.compile(r"[{}]|None|。。|，，|，。|：。|（）|“”|  |待核")


def not_a_sentence(finding: Finding, words: str) -> str:
    """Return what is wrong with the words for a finding, whatever they quote; nothing where they are whole."""
    own = re.sub("“[^”]+”", "“甲”", words)
    broken = _BROKEN.search(own)
    if broken:
        return f"“{broken[0]}”: {words}"
    if any(own.count(opens) != own.count(closes) for opens, closes in ("“”", "（）")):
        return f"quotation marks or brackets don't pair: {words}"
    if not re.fullmatch(rf"贵单位.*决算公开文本 {re.escape(str(finding.spot))}：.{{6,}}。.{{4,}}。", words):
        return f"no place, fact and request: {words}"
    return ""
