"""Makes the pictures of docs/first-close.md from what the commands really write. Needs LibreOffice and Chromium.

.venv/bin/python docs/images/make_first_close.py
"""

import csv
import html
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "wuhan-2020"
IMAGES = Path(__file__).parent
JUESUAN = ROOT / ".venv" / "bin" / "juesuan"
WIDTH = 960
MOST_BYTES = 60_000
SHOWN = 78  # characters of a line of a terminal
UNIT = ("--unit", "武汉市社会保险中心", "--code", "070123", "--department", "武汉市人力资源和社会保障局")


def main() -> None:
    """Begin a package, look through it, and draw what is seen on the way."""
    with tempfile.TemporaryDirectory(prefix="juesuan-") as folder:
        here = Path(folder)
        budget(here / "预算公开.html")
        for name in ("vouchers.csv", "trial-balance.csv"):
            shutil.copy(EXAMPLE / "ledger" / name, here / name)
        ledger = ("--ledger", "vouchers.csv", "--ledger", "trial-balance.csv")
        begin = ("new", "资料", "--workbook", "--edition", "wuhan-2020", *ledger, "--budget", "预算公开.html")
        kind = ("--kind", "参照公务员法管理事业单位")
        terminal(here, "new", run(here, *begin, *UNIT, *kind))
        sheets(here, here / "资料" / "package.xlsx", {"guide": 1, "budget": 3})
        run(here, "workbook", str(EXAMPLE), "全.xlsx")
        break_cell(here / "全.xlsx")
        terminal(here, "check", run(here, "check", "全.xlsx", *ledger, "--mark", "标注.xlsx"))
        run(here, "close", str(EXAMPLE), "--out", "结果", "--archive", "归档")
        page(here, "review", here / "结果" / "review" / "index.html")


def budget(path: Path) -> None:
    """Write the example's budget as an office would have disclosed it."""
    with (EXAMPLE / "budget.csv").open(encoding="utf-8", newline="") as stream:
        lines = [(row["功能分类编码"], row["功能分类名称"], row["年初预算"]) for row in csv.DictReader(stream)]
    total = sum(round(float(amount) * 100) for _, _, amount in lines)
    rows = [("科目编码", "科目名称", "合计"), *lines, ("合计", "", f"{total / 100:.2f}")]
    table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    title = "<h1>武汉市社会保险中心 2020 年度单位预算</h1><p>一般公共预算支出功能分类预算表</p><p>单位：元</p>"
    path.write_text(f"{title}<table>{table}</table>", encoding="utf-8")


def break_cell(path: Path) -> None:
    """Type words where an amount belongs."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    book["预算"]["C7"] = "壹佰万"
    book.save(path)


def run(here: Path, *arguments: str) -> str:
    """Run a command and return it with what it printed."""
    done = subprocess.run([str(JUESUAN), *arguments], cwd=here, capture_output=True, text=True, check=False)  # noqa: S603
    shown = [one.replace(str(EXAMPLE), "资料文件夹") for one in arguments]
    return f"$ juesuan {' '.join(shown)}\n{done.stdout}{done.stderr}"


def terminal(here: Path, name: str, text: str) -> None:
    """Draw the first lines of what a command printed."""
    lines = text.splitlines()[:24]
    words = html.escape("\n".join(line if len(line) <= SHOWN else f"{line[:SHOWN]}…" for line in lines))
    style = (
        "margin:0;padding:16px;background:#1d2327;color:#e6e6e6;font:15px/1.5 'Noto Sans Mono CJK SC',monospace"
    )
    source = here / f"{name}.html"
    source.write_text(f"<meta charset=utf-8><body style='margin:0'><pre style=\"{style}\">{words}</pre>", "utf-8")
    page(here, name, source, height=32 + 23 * (len(lines) + 2))


def page(here: Path, name: str, source: Path, height: int = 640) -> None:
    """Draw the top of a page."""
    shot = here / f"{name}.png"
    options = ("--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={WIDTH},{height}")
    command = ["chromium", *options, f"--screenshot={shot}", source.as_uri()]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    keep(cropped(Image.open(shot)), name)


def sheets(here: Path, book: Path, wanted: dict[str, int]) -> None:
    """Draw pages of a workbook by the number of the sheet (from 1)."""
    import openpyxl

    for name, number in wanted.items():
        one = openpyxl.load_workbook(book)
        for sheet in list(one.worksheets):
            if sheet is not one.worksheets[0] and one.worksheets.index(sheet) > 0 and number == 1:
                one.remove(sheet)
        if number > 1:
            kept = one.worksheets[number - 1]
            for sheet in [each for each in one.worksheets if each is not kept]:
                one.remove(sheet)
        (sheet,) = one.worksheets
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = openpyxl.worksheet.properties.PageSetupProperties(fitToPage=True)
        alone = here / f"{name}.xlsx"
        one.save(alone)
        office = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(here), str(alone)]
        subprocess.run(office, check=True, capture_output=True)  # noqa: S603
        drawn = [
            "pdftoppm",
            "-png",
            "-r",
            "90",
            "-f",
            "1",
            "-l",
            "1",
            "-singlefile",
            f"{alone.with_suffix('.pdf')}",
        ]
        subprocess.run([*drawn, str(here / name)], check=True, capture_output=True)  # noqa: S603
        keep(cropped(Image.open(here / f"{name}.png"), most=560 if number == 1 else 240), name)


def cropped(picture: Image.Image, most: int = 640) -> Image.Image:
    """Return a picture without its white margins, at most so high."""
    grey = picture.convert("L").point(lambda value: 255 if value < 250 else 0)  # noqa: PLR2004
    box = grey.getbbox() or (0, 0, *picture.size)
    return picture.crop((box[0] - 8, box[1] - 8, box[2] + 8, min(box[3] + 8, box[1] + most)))


def keep(picture: Image.Image, name: str) -> None:
    """Write a picture as small as it has to be."""
    target = IMAGES / f"first-close-{name}.png"
    for colours in steps():
        picture.convert("RGB").quantize(colours).save(target, optimize=True)
        if target.stat().st_size <= MOST_BYTES:
            return
    raise SystemExit(f"{target} is larger than {MOST_BYTES} bytes")


def steps() -> Iterator[int]:
    """Yield how many colours a picture may have, fewer each time."""
    yield from (32, 16, 8, 4)


if __name__ == "__main__":
    main()
