"""Build the fonts in ``templates/fonts`` from Debian's packages; nothing needs root.

    apt-get download fonts-noto-cjk fonts-noto-cjk-extra fonts-lxgw-wenkai unicode-data
    for package in *.deb; do dpkg-deb -x "$package" unpacked; done
    .venv/bin/python infra/fonts/build.py unpacked/usr/share

The first fonts keep the characters of GB/T 2312 (both levels of hanzi and its symbols), ASCII and a few signs
more. The fonts named *More* hold what these lack: *Song More* the rest of 《通用规范汉字表》 (国发〔2013〕23号:
the 8,105 characters that names of people and places are written with), *Hei More* the same and every other Han
character of GB 18030-2022 at implementation level 2. The licence allows that; the fonts get names of their own,
since a changed font may not go under a reserved one. The same source and the same fontTools give the same bytes.
"""

import bz2
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).resolve().parents[2] / "templates" / "fonts"
SIMPLIFIED = 2  # the face for simplified Chinese in each of Noto's collections
STANDARD_LIST = Path(__file__).with_name("standard-list.txt")
UNIHAN = "Unihan_OtherMappings.txt.bz2"
SONG, SONG_BOLD, HEI = "NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc", "NotoSansCJK-Medium.ttc"
SOURCES = {
    "JuesuanSong-Regular.otf": (SONG, "Juesuan Song", "Regular"),
    "JuesuanSong-Bold.otf": (SONG_BOLD, "Juesuan Song", "Bold"),
    "JuesuanHei-Regular.otf": (HEI, "Juesuan Hei", "Regular"),
    "JuesuanKai-Regular.ttf": ("LXGWWenKai-Regular.ttf", "Juesuan Kai", "Regular"),
}
WHOLE = ("Juesuan Song", "Juesuan Hei")  # a sign that the third lacks is taken from the first
NAMES = {
    "JuesuanSongMore-Regular.otf": (SONG, "Juesuan Song More", "Regular"),
    "JuesuanSongMore-Bold.otf": (SONG_BOLD, "Juesuan Song More", "Bold"),
}
REST = "JuesuanHeiMore-Regular.otf", (HEI, "Juesuan Hei More", "Regular")
# Implementation level 1 of GB 18030-2022: the first block up to U+9FEF, extension A as GB 18030-2005 had it, and
# twelve unified characters of the compatibility block; level 2 adds what 《通用规范汉字表》 has beyond these, 196
# characters (Ken Lunde, The GB 18030-2022 Standard, 2022). The fourteen components and six characters of extension
# B are those that two bytes of GB 18030 encode and that GBK had in the private area (whatwg/encoding, issue 27).
LEVEL_1 = (
    *range(0x4E00, 0x9FF0),
    *range(0x3400, 0x4DB6),
    *(0xFA0E, 0xFA0F, 0xFA11, 0xFA13, 0xFA14, 0xFA1F, 0xFA21, 0xFA23, 0xFA24, 0xFA27, 0xFA28, 0xFA29),
    *(
        0x2E81,
        0x2E84,
        0x2E88,
        0x2E8B,
        0x2E8C,
        0x2E97,
        0x2EA7,
        0x2EAA,
        0x2EAE,
        0x2EB3,
        0x2EB6,
        0x2EB7,
        0x2EBB,
        0x2ECA,
    ),
    *(0x20087, 0x20089, 0x200CC, 0x215D7, 0x2298F, 0x241FE),
)
LISTED = 8105  # characters of 《通用规范汉字表》
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


def standard_list(folder: Path) -> set[int]:
    """Return the characters of 《通用规范汉字表》: those to which Unihan gives a place in it (``kTGH``)."""
    (path,) = folder.rglob(UNIHAN)
    with bz2.open(path, "rt", encoding="utf-8") as lines:
        fields = (line.split("\t") for line in lines)
        listed = {
            int(code.removeprefix("U+"), 16)
            for code, name, *_ in (one for one in fields if len(one) > 1)
            if name == "kTGH"
        }
    if len(listed) != LISTED:
        raise SystemExit(f"{path}: {len(listed)} characters of the standard list, not {LISTED}")
    return listed


def build(source: Path, target: Path, family: str, style: str, wanted: set[int]) -> set[int]:
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
    cutter.populate(unicodes=wanted)
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


def write_ranges(path: Path, codes: set[int], head: str = "") -> None:
    """Write characters as runs of code points, after a line that says what they are."""
    lines = textwrap.fill(" ".join(ranges(codes)), 110, break_on_hyphens=False)
    path.write_text(f"{head}{lines}\n", encoding="utf-8", newline="\n")


def main() -> None:
    """Build every font, and list what all of them hold."""
    folder = Path(sys.argv[1])
    basic, listed = characters(), standard_list(folder)
    more = (set(LEVEL_1) | listed) - basic

    def cut(file: str, source: tuple[str, str, str], wanted: set[int]) -> set[int]:
        name, family, style = source
        (path,) = folder.rglob(name)
        return build(path, TARGET / file, family, style, wanted)

    cuts = {file: cut(file, source, basic) for file, source in SOURCES.items()}
    common = set.intersection(*(cuts[file] for file, (_, family, _) in SOURCES.items() if family in WHOLE))
    names = [cut(file, source, listed - basic) for file, source in NAMES.items()]
    rest = cut(*REST, more)
    write_ranges(TARGET / "coverage.txt", common | set(map(ord, FROM_ENGINE)) | rest)
    write_ranges(
        STANDARD_LIST,
        listed - basic,
        "# 《通用规范汉字表》(国发〔2013〕23号) beyond GB/T 2312; from Unihan, property kTGH (Unicode License)\n",
    )
    missing = (basic - common) | (more - rest) | ((listed - basic) - set.intersection(*names))
    print(f"{len(common | rest)} characters; not in the sources: {''.join(map(chr, sorted(missing)))}")  # noqa: T201


if __name__ == "__main__":
    main()
