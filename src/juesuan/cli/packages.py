"""The commands for what an office hands in (资料), and for the edition (版本) it is written for."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from juesuan.base.problems import ExitCode
from juesuan.cli.app import LEDGER, app

editions = App(name="edition", help="版本：检查一个版本，或者开始写一个新的。")
app.command(editions)


@editions.command
def check(name: str) -> int:
    """检查一个版本：文件中所有的错一次说完；没有错的，用虚构的账把各种情形都试编一遍，并读回文字。

    退出码：0 没有错；5 版本有错。

    Parameters
    ----------
    name
        版本的名称，或者版本文件夹的路径（写成 ./my-edition）。
    """
    from juesuan.editing import check_edition

    checked = check_edition(name)
    print("\n".join(checked.lines))  # noqa: T201 - the command line talks to people
    return ExitCode.OK if checked.good else ExitCode.EDITION


@editions.command
def new(name: str, *, extends: Annotated[str, Parameter(help="继承哪个版本：名称，或者文件夹的路径")]) -> int:
    """开始写一个版本：新建一个文件夹，其中写明继承什么、可以改什么。

    Parameters
    ----------
    name
        新版本的名称，也是新文件夹的名称。
    """
    from juesuan.editing import write_skeleton

    folder = write_skeleton(name, extends)
    print(f"已写入 {folder}。写好后用 juesuan edition check ./{folder} 检查；写法见 docs/editions.md。")  # noqa: T201
    return ExitCode.OK


@app.command(name="new")
def new_package(
    folder: Path,
    *,
    edition: Annotated[str, Parameter(help="版本：报表、科目和文字所用的（名称或文件夹的路径）")],
    ledger: Annotated[
        tuple[Path, ...], Parameter(help="序时账、科目余额表的导出文件；有几个写几次，不分先后", negative="")
    ] = (),
    last_year: Annotated[str, Parameter(help="上年的归档位置，或上年决算公开文本（PDF、DOCX、HTML、TXT）")] = "",
    budget: Annotated[
        Path | None, Parameter(help="年初公开的预算（PDF、DOCX、HTML、XLSX）：取各“项”和“三公”经费的年初预算")
    ] = None,
    tables: Annotated[
        tuple[Path, ...],
        Parameter(help="已经填好的报表（从财政部门的软件导出）；有账簿就核对，没有也可以", negative=""),
    ] = (),
    unit: Annotated[str, Parameter(help="单位名称")] = "",
    code: Annotated[str, Parameter(help="单位编码")] = "",
    department: Annotated[str, Parameter(help="主管部门")] = "",
    kind: Annotated[
        Literal["", "行政单位", "参照公务员法管理事业单位", "事业单位"], Parameter(help="单位性质")
    ] = "",
    year: Annotated[int | None, Parameter(help="决算年度；不写则看账簿")] = None,
    workbook: Annotated[
        bool, Parameter(help="写成一个工作簿 package.xlsx，账簿放在它旁边的 ledger 里", negative=())
    ] = False,
) -> int:
    """开始准备一个单位的资料：账簿和上年公开文本说得出的都填好，说不出的空着，并列出还要填什么。

    Parameters
    ----------
    folder
        新的资料文件夹。
    """
    from juesuan.starting.command import tell_new
    from juesuan.starting.new import Wanted

    wanted = Wanted(edition, ledger, last_year, code, unit, department, kind, year, budget, tables)
    print(tell_new(folder, wanted, workbook=workbook))  # noqa: T201 - the command line talks to people
    return ExitCode.OK


@app.command(name="check")
def check_folder(
    package: Path,
    *,
    archive: Annotated[
        str | None, Parameter(help="归档位置：上年公布数从这里取；不写则只看资料里的上年公布数")
    ] = None,
    ledger: Annotated[tuple[Path, ...], LEDGER] = (),
    mark: Annotated[Path | None, Parameter(help="工作簿：把有错的格子标出来、写上批注，另存为这个文件")] = None,
) -> int:
    """查看资料还缺什么、哪里不对：逐条列出位置、应写什么、举例。不编制，不写入任何文件。

    退出码：0 齐了，可以编制；1 还缺或有错。

    Parameters
    ----------
    package
        决算资料文件夹（settings.yaml 所在的文件夹），或工作簿（.xlsx）。
    """
    from juesuan.starting.command import tell_check

    text, code = tell_check(package, archive, ledger, mark)
    print(text)  # noqa: T201 - the command line talks to people
    return code


@app.command
def add(
    package: Path,
    *,
    ledger: Annotated[
        tuple[Path, ...], Parameter(help="序时账、科目余额表的导出文件；代替原来的账簿", negative="")
    ] = (),
    tables: Annotated[tuple[Path, ...], Parameter(help="已经填好的报表；代替原来的", negative="")] = (),
    budget: Annotated[
        Path | None, Parameter(help="年初公开的预算：填还空着的年初预算；已经填的不改，不同的列出来")
    ] = None,
) -> int:
    """把账簿、已填的报表或预算公开加进已经有的资料（文件夹），并列出还要填什么。

    Parameters
    ----------
    package
        决算资料文件夹。
    """
    from juesuan.starting.command import tell_add

    print(tell_add(package, ledger, tables, budget))  # noqa: T201 - the command line talks to people
    return ExitCode.OK


@app.command
def workbook(source: Path, target: Path) -> int:
    """资料文件夹变成一个工作簿（.xlsx），或者工作簿变回文件夹；来回一趟，资料不变。

    Parameters
    ----------
    source
        资料文件夹，或工作簿。
    target
        工作簿，或新的文件夹。
    """
    from juesuan.starting.command import tell_workbook

    print(tell_workbook(source, target))  # noqa: T201 - the command line talks to people
    return ExitCode.OK


@app.command
def schema(
    file: str = "",
    *,
    to: Annotated[Path | None, Parameter(help="全部写入这个文件夹，每个文件一个 .schema.json")] = None,
) -> int:
    """资料中 YAML 文件的写法（JSON Schema），供编辑器提示和检查。

    Parameters
    ----------
    file
        文件名，如 settings.yaml、texts/reasons.yaml、performance/*.yaml；不写则列出有哪些。
    """
    from juesuan.starting.schema import tell_schema

    text, code = tell_schema(file, to)
    print(text, file=sys.stderr if code else sys.stdout)
    return code


@app.command
def inspect(
    file: Path,
    *,
    profile: Annotated[
        str, Parameter(help="按这个方案读（名称见 docs/ledger-formats.md，或自己写的 .yaml）")
    ] = "",
    json: Annotated[bool, Parameter(help="输出 JSON", negative="")] = False,
) -> int:
    """查看一个账簿文件会怎样读：格式、编码、表头、方案、各列，哪些行不读、为什么，以及问题。

    Parameters
    ----------
    file
        序时账或科目余额表。
    """
    from juesuan.ledger.chart import latest_chart
    from juesuan.ledger.inspect import inspect_file, inspection_json, inspection_text

    found = inspect_file(file, latest_chart(), profile=profile)
    print(inspection_json(found) if json else inspection_text(found))  # noqa: T201 - talks to people
    return ExitCode.INPUT if found.problems else ExitCode.OK


@app.command
def preview(
    package: Path,
    *,
    ledger: Annotated[tuple[Path, ...], Parameter(help="改过的序时账；有几个文件就写几次", negative="")],
    balance: Annotated[tuple[Path, ...], Parameter(help="改过的科目余额表，不写则用资料中的", negative="")] = (),
    json: Annotated[bool, Parameter(help="输出 JSON", negative="")] = False,
) -> int:
    """预览账簿改动：换上改过的账簿，哪些单元格、文字、图、得分和核对结果会变。不写入任何文件。

    Parameters
    ----------
    package
        决算资料文件夹（settings.yaml 所在的文件夹）。
    """
    from juesuan.preview import tell_preview

    print(tell_preview(package, ledger, balance, as_json=json))  # noqa: T201 - the command line talks to people
    return ExitCode.OK
