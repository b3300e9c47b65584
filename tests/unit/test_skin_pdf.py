"""The PDF: archival and tagged, complete, the same each time; rare names are printed, nothing ever as a box."""

import json
from dataclasses import replace
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pdfplumber
import pikepdf
import pytest
import skin_demo
import typst
from fontTools.ttLib import TTFont

from juesuan.base.problems import EditionError
from juesuan.document import CellKind, Document, Grid, GridCell, Heading, Number, Paragraph, Runs, Text
from juesuan.facts import Facts
from juesuan.readback.pdf import read_pdf
from juesuan.skins.fonts import font_folder, held_characters
from juesuan.skins.pdf import chart_pictures, document_data, print_pdf
from juesuan.skins.plain import Imprint, page_groups, title_lines

IMPRINT = Imprint("某市某中心", date(2021, 5, 19))
ROOT = Path(__file__).resolve().parents[2]


def printed(document: Document = skin_demo.DOCUMENT, *, draft: bool = False) -> bytes:
    return print_pdf(document, skin_demo.FACTS, replace(IMPRINT, draft=draft)).data


@pytest.fixture(scope="module")
def data() -> bytes:
    return printed()


def text_of(data: bytes) -> list[str]:
    with pdfplumber.open(BytesIO(data)) as file:
        return ["".join(one["text"] for one in page.chars) for page in file.pages]


def test_it_says_that_it_is_archival_and_accessible(data: bytes) -> None:
    with pikepdf.open(BytesIO(data)) as file, file.open_metadata() as metadata:
        assert metadata.pdfa_status == "2A"
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "某市某中心2020 年度单位决算"
        assert bool(file.Root.MarkInfo.Marked)
        assert str(file.Root.Lang) == "zh-CN"
        assert file.docinfo["/CreationDate"] == "D:20210519000000Z"


def test_every_font_is_embedded_as_a_subset(data: bytes) -> None:
    with pikepdf.open(BytesIO(data)) as file:
        fonts = [
            one for one in file.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Font"
        ]
        descriptors = [one for one in file.objects if _is_descriptor(one)]
    assert fonts
    assert all("/FontFile3" in one or "/FontFile2" in one for one in descriptors)
    assert all("+" in str(one["/FontName"]) for one in descriptors)


def _is_descriptor(one: Any) -> bool:
    return isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor"


def test_bookmarks_lead_to_parts_sections_and_statutory_tables(data: bytes) -> None:
    with pikepdf.open(BytesIO(data)) as file, file.open_outline() as outline:
        titles = [(one.title, [child.title for child in one.children]) for one in outline.root]
    assert titles[0] == ("第一部分　单位概况", ["一、单位主要职能"])
    assert titles[1][1][1] == "表3　支出决算表"


def test_wide_tables_stand_on_landscape_pages(data: bytes) -> None:
    with pdfplumber.open(BytesIO(data)) as file:
        wide = [page for page in file.pages if page.width > page.height]
        assert len(wide) == 1
        assert "支出决算表" in "".join(one["text"] for one in wide[0].chars)


def test_the_cover_bears_the_date_of_the_package_or_none() -> None:
    assert "2021 年 5 月 19 日" in text_of(printed())[0]
    undated = print_pdf(skin_demo.DOCUMENT, skin_demo.FACTS, replace(IMPRINT, dated=False))
    assert "19 日" not in text_of(undated.data)[0]


def test_a_long_name_stays_on_one_line_of_the_cover() -> None:
    name = "某市某开发区人力资源和社会保障事务管理局"
    document = replace(skin_demo.DOCUMENT, title=(Text(name), Number(next(iter(skin_demo.FACTS)))))
    with pdfplumber.open(BytesIO(printed(document))) as file:
        cover = [one for one in file.pages[0].chars if one["text"] in name and one["size"] > 17]
    assert "".join(one["text"] for one in cover).startswith(name)
    assert len({round(one["top"]) for one in cover[: len(name)]}) == 1


def test_a_draft_says_so_on_every_page(data: bytes) -> None:
    pages = text_of(printed(draft=True))
    assert all("草　稿" in page for page in pages)
    assert "未经审核" in pages[0]
    assert not any("草　稿" in page for page in text_of(data))


def test_printed_page_numbers_are_known_by_anchor() -> None:
    pages = print_pdf(skin_demo.DOCUMENT, skin_demo.FACTS, IMPRINT).pages
    assert pages["part-1"] == "1"
    assert int(pages["table-3"]) > int(pages["part-2"]) > 1


def test_a_character_without_a_glyph_is_refused_with_its_place() -> None:
    document = Document(
        (Text("决算"),),
        (Heading(1, (Text("第一部分"),), "one"), Paragraph((Text("姓名：𠮷田"),), "")),
    )
    with pytest.raises(EditionError, match=r"“𠮷”（U\+20BB7），在“第一部分”之下"):
        print_pdf(document, Facts(), IMPRINT)


def test_a_unit_whose_name_has_no_glyph_is_refused_for_its_cover() -> None:
    document = Document((Text("决算"),), ())
    with pytest.raises(EditionError, match=r"“𠮷”（U\+20BB7），在封面"):
        print_pdf(document, Facts(), replace(IMPRINT, author="𠮷田局"))


def test_many_missing_characters_are_counted() -> None:
    document = Document((Text("".join(map(chr, range(0x30000, 0x30020)))),), ())
    with pytest.raises(EditionError, match="另有 12 个"):
        print_pdf(document, Facts(), IMPRINT)


@cache
def held_by(name: str) -> frozenset[int]:
    """Return the code points of a font, from its own table."""
    (path,) = font_folder().glob(f"Juesuan{name}.[ot]tf")
    return frozenset(TTFont(path).getBestCmap())


def stack(*names: str) -> frozenset[int]:
    """Return what fonts hold that are asked one after the other."""
    return frozenset().union(*map(held_by, names))


def code_points(text: str) -> set[int]:
    """Return the characters of a list of runs such as ``4E00-4E03 4E07``; a line with # says what it is."""
    held: set[int] = set()
    for part in " ".join(line for line in text.splitlines() if not line.startswith("#")).split():
        first, _, last = part.partition("-")
        held.update(range(int(first, 16), int(last or first, 16) + 1))
    return held


STACKS = {
    "宋体": stack("Song-Regular", "SongMore-Regular", "HeiMore-Regular"),
    "宋体 bold": stack("Song-Bold", "SongMore-Bold", "HeiMore-Regular"),
    "黑体": stack("Hei-Regular", "HeiMore-Regular"),
}
GB_2312 = {
    ord(bytes([lead, trail]).decode("gb2312"))
    for lead in range(0xB0, 0xF8)
    for trail in range(0xA1, 0xFF)
    if not (lead == 0xD7 and trail > 0xF9)
}
BEYOND = code_points((ROOT / "infra" / "fonts" / "standard-list.txt").read_text(encoding="utf-8"))
UNIFIED = {0xFA0E, 0xFA0F, 0xFA11, 0xFA13, 0xFA14, 0xFA1F, 0xFA21, 0xFA23, 0xFA24, 0xFA27, 0xFA28, 0xFA29}
LEVEL_1 = {*range(0x3400, 0x4DB6), *range(0x4E00, 0x9FF0), *UNIFIED}


def test_the_list_of_characters_is_what_the_fonts_hold() -> None:
    from_engine = set("☐☑☒")
    assert set(map(ord, held_characters() - from_engine)) == frozenset.intersection(*STACKS.values())


def test_the_fonts_cover_the_national_standard() -> None:
    assert len(GB_2312) == 6763
    for name in ("Song-Regular", "Song-Bold", "Hei-Regular", "Kai-Regular"):
        assert held_by(name) >= GB_2312, name


def test_the_characters_of_names_are_printed_in_the_typeface_around_them() -> None:
    # 通用规范汉字表 has 8,105 characters; 6,638 of them are GB/T 2312's.
    assert len(BEYOND) == 1467
    assert not BEYOND & GB_2312
    assert set(map(ord, "猇埇浉堃喆珺璟𬭎𫟦")) <= BEYOND
    for name in ("SongMore-Regular", "SongMore-Bold"):
        assert held_by(name) == BEYOND, name


def test_every_typeface_reaches_all_han_characters_of_level_2_of_gb_18030() -> None:
    assert len(BEYOND - LEVEL_1) == 196  # what the standard says that level 2 adds
    assert len(LEVEL_1) == 20976 + 6582 + 12
    for name, held in STACKS.items():
        assert not (LEVEL_1 | BEYOND) - held, name


def test_the_further_fonts_hold_nothing_that_their_first_font_holds() -> None:
    for first, more in (
        ("Song-Regular", "SongMore-Regular"),
        ("Song-Bold", "SongMore-Bold"),
        ("Hei-Regular", "HeiMore-Regular"),
    ):
        assert not held_by(first) & held_by(more), more


RARE = "猇埇浉堃喆珺璟𬭎𫟦𠅤龑臺㐂鿫"
RARE_DOCUMENT = Document(
    (Text(f"某市{RARE}局 "), Text("年度决算")),
    (
        Heading(1, (Text(f"第一部分　{RARE}"),), "one"),
        Heading(2, (Text(f"一、{RARE}"),), "two"),
        Heading(3, (Text(f"（一）{RARE}"),), "three"),
        Heading(4, (Text(f"1.{RARE}"),), "four"),
        Paragraph((Text(f"负责人：{RARE}。"),), ""),
        Grid(
            "t",
            (Text(RARE),),
            (),
            ((GridCell((Text(RARE),), CellKind.HEAD),),),
            ((GridCell((Text(RARE),), CellKind.LABEL),),),
            (1,),
        ),
    ),
)


def test_rare_names_are_read_back_from_the_pdf_wherever_they_stand() -> None:
    data = print_pdf(RARE_DOCUMENT, Facts(), replace(IMPRINT, author=f"{RARE}局")).data
    read = "".join(text_of(data))
    for character in RARE:
        # title, author, seven times in the text and twice in the contents
        assert read.count(character) >= 10, character
    with pikepdf.open(BytesIO(data)) as file, file.open_metadata() as metadata:
        assert metadata.pdfa_status == "2A"
        assert metadata["pdfuaid:part"] == "1"


def test_rare_names_are_set_in_the_fonts_meant_for_them() -> None:
    data = print_pdf(RARE_DOCUMENT, Facts(), IMPRINT).data
    with pdfplumber.open(BytesIO(data)) as file:
        used = {(one["text"], one["fontname"].partition("+")[2]) for page in file.pages for one in page.chars}
    assert {font for character, font in used if character == "𬭎"} == {
        "JuesuanSongMore-Regular",
        "JuesuanSongMore-Bold",
        "JuesuanHeiMore-Regular",
    }
    assert {font for character, font in used if character == "龑"} == {"JuesuanHeiMore-Regular"}
    glyphs = [one for character, one in used if character in RARE]
    assert not any("DejaVu" in one or "Libertinus" in one for one in glyphs)


def test_a_rare_name_in_a_chart_is_drawn() -> None:
    def picture(label: str) -> bytes:
        bars = tuple(replace(bar, label=(Text(label),)) for bar in skin_demo.BARS.bars)
        return chart_pictures([replace(skin_demo.BARS, bars=bars)], skin_demo.FACTS)[0]

    drawn = [picture(one) for one in ("珺", "𬭎", "龑", "𠮷")]
    assert len(set(drawn)) == 4
    assert drawn[3] == picture("𠮸")  # two that no font has are the same box


def test_fonts_bear_no_reserved_name() -> None:
    for path in font_folder().glob("*.[ot]tf"):
        names = [str(one) for one in TTFont(path)["name"].names if one.nameID in (1, 4, 6, 16)]
        assert names
        assert all("Juesuan" in name for name in names)
        assert not any(word in name for name in names for word in ("Noto", "Source", "LXGW"))


def test_charts_become_pictures_and_none_where_there_are_none() -> None:
    pictures = chart_pictures([skin_demo.BARS, skin_demo.STRUCTURE], skin_demo.FACTS)
    assert [one[:4] for one in pictures] == [b"\x89PNG"] * 2
    assert len(chart_pictures([skin_demo.BARS], skin_demo.FACTS)) == 1
    assert chart_pictures([], skin_demo.FACTS) == ()


def test_pages_are_grouped_by_their_kind() -> None:
    layouts = [group.layout for group in page_groups(skin_demo.DOCUMENT)]
    assert layouts == ["flow", "portrait", "landscape", "flow"]
    only_part = Document((), (Heading(1, (Text("第一部分"),), "one"),))
    assert [group.layout for group in page_groups(only_part)] == ["flow"]
    assert page_groups(Document((), ())) == ()


def test_a_title_breaks_before_its_year() -> None:
    assert title_lines(skin_demo.words("某中心 ", "=count.projects", " 年度决算"), skin_demo.FACTS) == (
        "某中心",
        "2 年度决算",
    )
    assert title_lines((Text("决算"),), Facts()) == ("决算",)


def long_grid(name: str, rows: int, *, head: bool, span: int = 1, landscape: bool = False) -> Grid:
    """Return a table of many rows, with labels that span ``span`` of them."""
    figure = GridCell((Number("t1.27.1"),), CellKind.AMOUNT)
    body = tuple(
        (
            *((GridCell((Text("跨行"),), CellKind.LABEL, rowspan=span),) if number % span == 0 else ()),
            figure,
            figure,
        )
        for number in range(rows)
    )
    top = (tuple(GridCell((Text(words),), CellKind.HEAD) for words in ("项目", "金额", "合计")),) if head else ()
    return Grid(name, (Text("长表"),), (), top, body, (1, 1, 1), landscape=landscape)


@pytest.mark.parametrize("draft", [False, True])
@pytest.mark.parametrize("head", [False, True])
@pytest.mark.parametrize("span", [1, 4, 60])
def test_tables_longer_than_a_page_run_on_and_stay_tagged(head: bool, span: int, draft: bool) -> None:
    statutory = long_grid("one", 120, head=head, span=span, landscape=True)
    flowing = long_grid("two", 120, head=head, span=span)
    document = Document(
        (Text("决算"),),
        (Heading(1, (Text("第一部分"),), "a"), statutory, Heading(2, (Text("一、"),), "b"), flowing),
    )
    read = read_pdf(printed(document, draft=draft))
    assert [one.text for one in read.said if one.text == "1,552.12"] == ["1,552.12"] * 480
    assert read.pages > 6


WORDS = (
    *("字", "并列", "（A）", "（20 分）", "100.0%", "1,552.12", "≥95%", "×", "“引”", "m² WWW @", "、", "。"),
    *("《办法》", "第 1 项"),
)


def _words(random: Random, most: int) -> Runs:
    """Return words that break in many places, or nowhere."""
    if random.random() < 0.5:
        return (Text("字" * random.randint(0, most)),)
    text = "".join(random.choice(WORDS) for _ in range(random.randint(1, most // 3 + 1)))
    return (Text(text, declared=True),)


def _grid(random: Random, number: int) -> Grid:
    """Return a table: rows of one line and of several, and cells that span rows."""
    columns = random.randint(2, 6)
    long = random.random() * 0.4

    def cell(kind: CellKind = CellKind.TEXT) -> GridCell:
        most = 60 if random.random() < long else 4
        return GridCell(
            _words(random, most), kind, indent=random.choice((0, 0, 0, 2)), strong=random.random() < 0.2
        )

    rows = random.choice((1, 4, 8, 15, 22, 28, 33, 38, 45, 70))
    body = [[cell() for _ in range(columns)] for _ in range(rows)]
    for at in range(0, len(body) - 3, random.randint(4, 9)):
        if random.random() < 0.3:
            body[at][0] = GridCell(_words(random, 90), rowspan=3)
            del body[at + 1][0], body[at + 2][0]
    return Grid(
        f"g{number}",
        (Text("表"),),
        random.choice(((), ((Text("单位：万元"),),), ((Text("某市某局"),), (Text("单位：万元"),)))),
        random.choice(((), tuple(tuple(cell(CellKind.HEAD) for _ in range(columns)) for _ in range(2)))),
        tuple(map(tuple, body)),
        tuple(random.randint(1, 4) for _ in range(columns)),
        tuple((Text("注：" + "话" * random.randint(1, 150)),) for _ in range(random.randint(0, 3))),
    )


def _set_by(folder: Path, layout: str, tables: int, change: str) -> list[bytes]:
    """Set random tables by the template with another way to find their rows; return the pages."""
    random = Random(f"{layout}{tables}")  # noqa: S311
    document = Document((Text("题"),), tuple(_grid(random, number) for number in range(tables)))
    data = document_data(document, Facts(), IMPRINT)
    blocks = [block | {"heading": random.random() < 0.5} for group in data["groups"] for block in group["blocks"]]
    data["groups"] = [{"layout": layout, "blocks": blocks}]
    template = (ROOT / "templates" / "pdf" / "disclosure.typ").read_text(encoding="utf-8")
    after = "// A statutory table stands whole"
    assert template.count(after) == 1
    (folder / "changed.typ").write_text(template.replace(after, change + after), encoding="utf-8")
    compiler = typst.Compiler(folder / "changed.typ", font_paths=[font_folder()], ignore_system_fonts=True)
    made = compiler.compile(format="svg", sys_inputs={"data": json.dumps(data)})
    return made if isinstance(made, list) else [made or b""]


LAYOUTS = pytest.mark.parametrize("layout", ["flow", "portrait", "landscape"])


@LAYOUTS
def test_the_roomiest_rows_are_those_that_trying_every_way_finds(tmp_path: Path, layout: str) -> None:
    tried = "#let roomiest(ways, one, room, width, height-of) = ways.find(way => height-of(one, way) <= room)\n\n"
    guessed = _set_by(tmp_path, layout, 12, "")
    assert len(guessed) > 5
    assert guessed == _set_by(tmp_path, layout, 12, tried)


@LAYOUTS
def test_rows_are_never_higher_than_is_told_without_setting_them(tmp_path: Path, layout: str) -> None:
    held = """#let roomiest(ways, one, room, width, height-of) = {
      for way in (ways.first(), ways.last()) {
        let told = height-of(one + (head: (), body: ()), way) + no-higher(one, width, way)
        let high = height-of(one, way)
        assert(high <= told + 0.01pt, message: one.name + repr((way, high, told)))
      }
      ways.first()
    }

    """
    assert _set_by(tmp_path, layout, 60, held)
