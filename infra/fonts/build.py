"""Build the fonts in ``templates/fonts`` from three of Debian's packages; nothing needs root.

    apt-get download fonts-noto-cjk fonts-noto-cjk-extra fonts-lxgw-wenkai
    for package in fonts-*.deb; do dpkg-deb -x "$package" unpacked; done
    .venv/bin/python infra/fonts/build.py unpacked/usr/share/fonts

Each font keeps the characters of GB/T 2312 (both levels of hanzi and its symbols), ASCII and a few signs more. The
licence allows that; the fonts get names of their own, since a changed font may not go under a reserved one.
The same source and the same fontTools give the same bytes.
"""

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).resolve().parents[2] / "templates" / "fonts"
SIMPLIFIED = 2  # the face for simplified Chinese in each of Noto's collections
SOURCES = {
    "JuesuanSong-Regular.otf": ("NotoSerifCJK-Regular.ttc", "Juesuan Song", "Regular"),
    "JuesuanSong-Bold.otf": ("NotoSerifCJK-Bold.ttc", "Juesuan Song", "Bold"),
    "JuesuanHei-Regular.otf": ("NotoSansCJK-Medium.ttc", "Juesuan Hei", "Regular"),
    "JuesuanKai-Regular.ttf": ("LXGWWenKai-Regular.ttf", "Juesuan Kai", "Regular"),
}
WHOLE = ("Juesuan Song", "Juesuan Hei")  # a sign that the third lacks is taken from the first
MORE = "€‑–—‘’“”•…‰‱′″※℃№℡Ⅰ→←↑↓∑√∞≈≠≤≥■□▲△◆◇○●★☆✓㎡㎞㎏㎜㎝〇〒〔〕〖〗﹣～￥"
FROM_ENGINE = "☐☑☒"  # drawn from the DejaVu Sans Mono that the PDF engine brings along
_NAMES = {1: "{family}", 2: "{style}", 4: "{family} {style}", 6: "{postscript}"}
_TRADEMARK = 7
_ENGLISH = 0x409
_REGULAR, _BOLD = 400, 700


def characters() -> set[int]:
    """Return every character that the fonts are to hold."""
    wanted = set(range(0x20, 0x7F)) | {0xA0, 0xA7, 0xB0, 0xB1, 0xB2, 0xB3, 0xB7, 0xD7, 0xF7} | set(map(ord, MORE))
    for lead in range(0xA1, 0xF8):
        for trail in range(0xA1, 0xFF):
            try:
                wanted.add(ord(bytes([lead, trail]).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return wanted


def build(source: Path, target: Path, family: str, style: str) -> set[int]:
    """Write one subset and return the characters that it holds."""
    number = SIMPLIFIED if source.suffix == ".ttc" else -1
    font = TTFont(source, fontNumber=number, recalcTimestamp=False)
    options = subset.Options(
        layout_features=["kern", "locl", "ccmp", "mark"],
        name_IDs=[0, 1, 2, 4, 5, 6, 8, 9, 11, 13, 14],
        hinting=False,
        desubroutinize=False,
        notdef_outline=True,
        glyph_names=False,
        recalc_timestamp=False,
        drop_tables=["DSIG", "VORG", "vhea", "vmtx", "BASE", "GSUB", "GPOS", "GDEF"],
    )
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters())
    cutter.subset(font)
    postscript = f"{family.replace(' ', '')}-{style}"
    names = font["name"]
    names.names = [one for one in names.names if one.platformID == 3 and one.langID == _ENGLISH]  # noqa: PLR2004
    for name, words in _NAMES.items():
        names.removeNames(nameID=name)
        names.setName(words.format(family=family, style=style, postscript=postscript), name, 3, 1, _ENGLISH)
    names.removeNames(nameID=_TRADEMARK)
    if "CFF " in font:
        cff = font["CFF "].cff
        cff.fontNames[0] = postscript
        top = cff.topDictIndex[0]
        top.FullName, top.FamilyName = f"{family} {style}", family
    bold = style == "Bold"
    font["OS/2"].usWeightClass = _BOLD if bold else _REGULAR
    font["OS/2"].fsSelection = 0x20 if bold else 0x40
    font["head"].macStyle = 1 if bold else 0
    font.save(target, reorderTables=True)
    return set(font.getBestCmap())


def ranges(codes: set[int]) -> Iterator[str]:
    """Yield ``4E00-4E01`` for each run of characters."""
    ordered = sorted(codes)
    start = previous = ordered[0]
    for code in [*ordered[1:], sys.maxunicode + 2]:
        if code != previous + 1:
            yield f"{start:04X}" if start == previous else f"{start:04X}-{previous:04X}"
            start = code
        previous = code


def main() -> None:
    """Build every font, and list what all of them hold."""
    folder = Path(sys.argv[1])
    held = []
    for file, (name, family, style) in SOURCES.items():
        (source,) = folder.rglob(name)
        codes = build(source, TARGET / file, family, style)
        if family in WHOLE:
            held.append(codes)
    common = set.intersection(*held) | set(map(ord, FROM_ENGINE))
    missing = characters() - set.intersection(*held)
    lines = textwrap.fill(" ".join(ranges(common)), 110, break_on_hyphens=False)
    (TARGET / "coverage.txt").write_text(f"{lines}\n", encoding="ascii")
    print(f"{len(common)} characters; not in the sources: {''.join(map(chr, sorted(missing)))}")  # noqa: T201


if __name__ == "__main__":
    main()
