"""The command line. Thin: it reads words, runs a flow, prints, and turns errors into exit codes."""

import os
import sys
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter, validators

from juesuan.problems import ExitCode, JuesuanError, OutputError
from juesuan.process import collect_rarely

app = App(
    name="juesuan",
    help="决算：编制部门决算报表与公开文本，核对勾稽关系并归档。",
    version_flags=["--version"],
)


_LEDGER = Parameter(help="资料是工作簿的，账簿的导出文件；有几个写几次，不分先后", negative="")

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
    ledger: Annotated[tuple[Path, ...], _LEDGER] = (),
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
def close(
    package: Path,
    *,
    out: Annotated[Path | None, Parameter(help="结果文件夹，默认 out/<资料文件夹名>")] = None,
    archive: Annotated[str, Parameter(help="归档位置：文件夹或 s3://桶/前缀?endpoint=…")] = "archive",
    edition: Annotated[
        str | None, Parameter(help="不按设置写的版本，按这个版本（名称或文件夹的路径）编制")
    ] = None,
    resume_from: Annotated[
        Literal["ledger", "fill", "derive", "render"] | None,
        Parameter(help="从这一步起重算；不写则接着上次完成的一步做"),
    ] = None,
    force: Annotated[bool, Parameter(help="全部重算，不用任何一步保存下来的结果", negative=())] = False,
    wait: Annotated[bool, Parameter(help="同一单位同一年度的另一次决算正在进行时，等它结束", negative=())] = False,
    compare: Annotated[
        Path | None, Parameter(help="与这次决算的结果文件夹比较，写入审核页；不写则与归档的上年决算比较")
    ] = None,
    ledger: Annotated[tuple[Path, ...], _LEDGER] = (),
) -> int:
    """编制一个单位一年的决算：读账、填表、核对、撰文、归档。

    Parameters
    ----------
    package
        决算资料文件夹（settings.yaml 所在的文件夹），或工作簿（.xlsx）。
    """
    from juesuan.starting.unpacked import opened

    results = out or Path("out") / package.resolve().name.removesuffix(".xlsx")
    return _close(
        opened(package, ledger, results),
        results,
        archive=archive,
        edition=edition,
        resume_from=resume_from,
        force=force,
        wait=wait,
        compare=compare,
    )


@app.command
def roll_up(
    department: Path,
    *,
    out: Annotated[Path | None, Parameter(help="结果文件夹，默认 out/<部门资料文件夹名>")] = None,
    archive: Annotated[str, Parameter(help="归档位置：文件夹或 s3://桶/前缀?endpoint=…")] = "archive",
    resume_from: Annotated[
        Literal["fill", "derive", "render"] | None,
        Parameter(help="从这一步起重算；不写则接着上次完成的一步做"),
    ] = None,
    force: Annotated[bool, Parameter(help="全部重算，不用任何一步保存下来的结果", negative=())] = False,
    wait: Annotated[bool, Parameter(help="同一部门同一年度的另一次决算正在进行时，等它结束", negative=())] = False,
    compare: Annotated[
        Path | None, Parameter(help="与这次决算的结果文件夹比较，写入审核页；不写则与归档的上年决算比较")
    ] = None,
) -> int:
    """汇总一个部门的决算：证明各单位的决算，相加，抵销内部往来，撰文、归档。

    Parameters
    ----------
    department
        department.yaml（写明所属单位），或它所在的文件夹。写法见 docs/department.md。
    """
    from juesuan.department import DEPARTMENT_FILE, department_file

    folder = department if department.is_dir() else department.parent
    described = department_file(folder)
    if described is None or (folder != department and described.name.lower() != department.name.lower()):
        raise OutputError(f"{department} 不是部门的资料：应为 {DEPARTMENT_FILE}，或它所在的文件夹。")
    return _close(
        folder,
        out or Path("out") / folder.resolve().name,
        archive=archive,
        resume_from=resume_from,
        force=force,
        wait=wait,
        compare=compare,
    )


def _close(folder: Path, results: Path, **given: object) -> int:
    """Close a package, of a unit or of a department, and tell what came of it; return the exit code."""
    from juesuan.closing import ClosingRefused, refusal_folder
    from juesuan.results.names import INDEX
    from juesuan.runner import run_annual_close
    from juesuan.starting.unpacked import by_cells

    request = {"package": folder, "out": results, **given}
    try:
        return run_annual_close(request)
    except ClosingRefused as refusal:
        print(by_cells(folder, str(refusal)), file=sys.stderr)  # noqa: T201 - the command line talks to people
        page = refusal_folder(results) / INDEX
        print(f"决算未完成，没有公布任何内容。详情：{page}", file=sys.stderr)  # noqa: T201
        return refusal.exit_code


@app.command
def close_all(
    folder: str,
    *,
    out: Annotated[
        str | None,
        Parameter(help="结果文件夹，或 s3://桶/前缀；默认 out/<文件夹名>；每个单位一个文件夹，另有汇总"),
    ] = None,
    archive: Annotated[str, Parameter(help="归档位置：文件夹或 s3://桶/前缀?endpoint=…")] = "archive",
    jobs: Annotated[
        int, Parameter(help="在本机启动几个进程同时编制", validator=validators.Number(gte=1, lte=64))
    ] = 2,
    scheduler: Annotated[
        str | None,
        Parameter(help="已有的 Dask 调度器，如 tls://主机:8786；不写用 JUESUAN_SCHEDULER，再没有就在本机启动进程"),
    ] = None,
    time_limit: Annotated[
        float, Parameter(help="每个单位的时限，分钟", validator=validators.Number(gt=0, lte=24 * 60))
    ] = 30,
    memory: Annotated[
        float, Parameter(help="每个单位的内存上限，GB", validator=validators.Number(gt=0, lte=1024))
    ] = 4,
    dashboard: Annotated[
        bool, Parameter(help="打开 Dask 自己的页面（要装 juesuan\\[dashboard]）", negative=())
    ] = False,
    force: Annotated[bool, Parameter(help="没有变动的单位也全部重做", negative=())] = False,
) -> int:
    """编制一个文件夹里所有单位的决算；一个单位未通过，不影响其他单位。重新运行只做有变动的。

    退出码：0 全部完成；4 有单位未通过；69 没有装 Dask 或连不上调度器；其余见 close。

    Parameters
    ----------
    folder
        装有各单位资料文件夹的文件夹，或 s3://桶/前缀。
    """
    from juesuan.city.close import City
    from juesuan.city.command import tell_close_all
    from juesuan.city.outcome import UnitLimits

    limits = UnitLimits(time_limit * 60, int(memory * 2**30))
    city = City.of(folder, out, archive, force=force, limits=limits)
    return tell_close_all(city, jobs=jobs, scheduler=scheduler, dashboard=dashboard)


@app.command
def split(
    file: Path,
    *,
    unit_column: Annotated[str, Parameter(help="单位编码所在的列，如 单位代码")],
    to: Annotated[Path, Parameter(help="装有各单位资料文件夹的文件夹；没有资料的单位，按编码新建文件夹")],
    kind: Annotated[
        Literal["vouchers", "trial-balance"], Parameter(help="vouchers 序时账，trial-balance 科目余额表")
    ] = "vouchers",
    encoding: Annotated[
        Literal["utf-8", "gb18030"] | None, Parameter(help="文本的编码，不写自动判断；GBK 写 gb18030")
    ] = None,
    as_is: Annotated[
        bool, Parameter(help="读不懂的行也照原样拆给所属单位，由该单位编制决算时再查", negative=())
    ] = False,
    replace: Annotated[bool, Parameter(help="替换原有的、内容不同的账簿", negative=())] = False,
) -> int:
    """把一个含多个单位的账簿文件拆成每单位一个，放进各单位的资料文件夹，并证明各份之和等于原文件。

    编制决算能读的格式和列名都可以。文本逐行原样；工作簿等按单元格写成 CSV。

    Parameters
    ----------
    file
        序时账或科目余额表：CSV、TXT、XLSX、XLS、ODS、DBF、Parquet、XML。
    """
    from juesuan.city.command import tell_split

    return tell_split(
        file, to, unit_column=unit_column, kind=kind, encoding=encoding, as_is=as_is, replace=replace
    )


@app.command
def diff(
    old: Path,
    new: Path,
    *,
    html: Annotated[bool, Parameter(help="同时写入 new 的审核页", negative=())] = False,
) -> int:
    """比较两次决算：改动的单元格、文字（[-删去-]{+增加+}）、规则的结果、资料。

    Parameters
    ----------
    old
        先前的决算结果文件夹，如上年的，或同年上一次的。
    new
        现在的决算结果文件夹。
    """
    from juesuan.results import read_results
    from juesuan.review import compare, tell_differences, write_review

    print(tell_differences(compare(read_results(old), read_results(new))))  # noqa: T201 - talks to people
    if html:
        print(f"审核页　{write_review(new, old=old)}")  # noqa: T201
    return ExitCode.OK


@app.command
def approve(
    out: Path,
    *,
    name: Annotated[str, Parameter(name="--as", help="签署人姓名")],
    role: Annotated[str, Parameter(help="角色，如 审核人、批准人")],
    on: Annotated[date | None, Parameter(help="签署日期，默认今天")] = None,
    comment: Annotated[str, Parameter(help="意见")] = "",
    home: Annotated[Path | None, Parameter(help="人员名册所在的服务数据文件夹，默认在用户目录下")] = None,
) -> int:
    """签署决算：与每节的内容绑定，内容变动的节须重新签署。

    有人员名册（juesuan users）的，签署人须在名册里有这个角色，并且登记的操作系统用户就是现在的用户；没有名册的，
    以现在的操作系统用户为签署人的身份。一个身份不能担任两个角色。

    Parameters
    ----------
    out
        决算结果文件夹（close 的输出）。
    """
    from juesuan import review
    from juesuan.closing import only_one_into
    from juesuan.people import clean, commands
    from juesuan.results import read_results

    with only_one_into(out.resolve()):
        unit = read_results(out).manifest.unit
        by = commands.signer(home, name, clean(role), unit)
        results = review.approve(out, name, role, on=on or date.today(), comment=comment, by=by)
        review.write_review(out)
        commands.log_done(home, by, name, "签署", f"{clean(role)} {unit}")
    print(review.tell_standing(results))  # noqa: T201 - the command line talks to people
    return ExitCode.OK


comments = App(name="comments", help="审阅意见：列出、查找、提出、答复、了结；没有了结的，谁也不能签署。")
app.command(comments)

_SPEAKER = Parameter(name="--as", help="您的姓名；有人员名册的，须已登记现在的操作系统用户")
_PEOPLE_HOME = Parameter(help="人员名册所在的服务数据文件夹，默认在用户目录下")


@comments.command(name="list")
def list_comments(out: Path) -> int:
    """列出一个决算的审阅意见、答复，和哪几条没有了结。

    Parameters
    ----------
    out
        决算结果文件夹（close 的输出）。
    """
    from juesuan.results import read_results
    from juesuan.review import tell_comments

    print(tell_comments(read_results(out)))  # noqa: T201 - the command line talks to people
    return ExitCode.OK


@comments.command(name="find")
def find_places(out: Path, words: str) -> int:
    """查找可以提意见的数、节和句子，列出它们的编号。

    Parameters
    ----------
    out
        决算结果文件夹（close 的输出）。
    words
        名称、编号、印出的数或句子里的词；几个词用空格分开，都要有。
    """
    from juesuan.results import read_results
    from juesuan.review import tell_places

    print(tell_places(read_results(out), words))  # noqa: T201 - the command line talks to people
    return ExitCode.OK


@comments.command(name="add")
def add_comment(
    out: Path,
    about: str,
    text: str,
    *,
    name: Annotated[str, _SPEAKER],
    home: Annotated[Path | None, _PEOPLE_HOME] = None,
) -> int:
    """对一个数、一节或一句话提出意见。

    Parameters
    ----------
    out
        决算结果文件夹（close 的输出）。
    about
        数、节或句子的编号（juesuan comments find），如 t1.30.1、节的编号、节的编号/3（第三句）。
    text
        意见。
    """
    from juesuan.people import commands
    from juesuan.results import read_results
    from juesuan.review import comment

    person = commands.commenter(home, name, read_results(out).manifest.unit)
    note = comment(out, person, about, text)
    commands.log_done(home, person.id, name, "提意见", f"{note.closing} {note.anchor}")
    print(f"第 {note.number} 条　对{note.quoted}：{note.text}")  # noqa: T201 - the command line talks to people
    return ExitCode.OK


@comments.command(name="answer")
def answer_comment(
    out: Path,
    number: int,
    text: str,
    *,
    name: Annotated[str, _SPEAKER],
    home: Annotated[Path | None, _PEOPLE_HOME] = None,
) -> int:
    """答复一条意见。

    Parameters
    ----------
    out
        决算结果文件夹（close 的输出）。
    number
        第几条。
    text
        答复。
    """
    from juesuan.people import commands
    from juesuan.results import read_results
    from juesuan.review import answer

    results = read_results(out)
    person = commands.commenter(home, name, results.manifest.unit)
    note = answer(out, person, number, text, results.key)
    commands.log_done(home, person.id, name, "答复意见", f"{results.key} 第 {number} 条")
    print(f"答复第 {number} 条：{note.text}")  # noqa: T201 - the command line talks to people
    return ExitCode.OK


@comments.command(name="settle")
def settle_comment(
    out: Path,
    number: int,
    *,
    name: Annotated[str, _SPEAKER],
    home: Annotated[Path | None, _PEOPLE_HOME] = None,
) -> int:
    """了结一条有人答复过的意见：提出的人，或本单位的审核人。

    Parameters
    ----------
    out
        决算结果文件夹（close 的输出）。
    number
        第几条。
    """
    from juesuan.people import commands
    from juesuan.results import read_results
    from juesuan.review import settle

    results = read_results(out)
    person = commands.commenter(home, name, results.manifest.unit)
    settle(out, person, number, results.manifest.unit, results.key)
    commands.log_done(home, person.id, name, "了结意见", f"{results.key} 第 {number} 条")
    left = len(read_results(out).unsettled)
    print(f"第 {number} 条已了结；还有 {left} 条没有了结。")  # noqa: T201 - the command line talks to people
    return ExitCode.OK


@app.command
def status(out: Path) -> int:
    """查看决算到了哪一步：草稿、已审核、已批准，谁签署过，还等谁。

    Parameters
    ----------
    out
        决算结果文件夹（close 的输出）。
    """
    from juesuan.results import read_results
    from juesuan.review import tell_standing

    print(tell_standing(read_results(out)))  # noqa: T201 - the command line talks to people
    return ExitCode.OK


@app.command
def verify(
    uri: str,
    *,
    renew: Annotated[bool, Parameter(help="延长完好版本的保管期限", negative=())] = False,
    trust: Annotated[Path | None, Parameter(help="信任文件：按其中的公钥核对签名和时间戳")] = None,
    seen: Annotated[
        Path | None, Parameter(help="以前核对时记下的日志头；日志须是它的延续。没有这个文件则新建，完好则更新")
    ] = None,
) -> int:
    """证明归档完好：重新读出每个文件，与清单的 SHA-256 逐一核对；再核对封记、链、日志和保管期限。

    给出的是一个 PDF 文件时，核对它的签名。

    没有 --trust 只能排除意外损坏；有 --trust，签名不对、不认识、已吊销的，版本被抽掉、插入、替换的，都不通过。
    见 docs/evidence.md。

    Parameters
    ----------
    uri
        归档位置：文件夹或 s3://桶/前缀?endpoint=…，后面可加 /单位/年度/版本；或一个 PDF 文件（只用 --trust）。
    """
    warn = partial(print, file=sys.stderr)
    if uri.lower().endswith(".pdf") and not Path(uri).is_dir():
        from juesuan.evidence import commands

        return commands.verify_pdf(Path(uri), trust, say=print, warn=warn)
    from juesuan.archive.commands import verify_archive

    return verify_archive(uri, renew=renew, say=print, warn=warn, trust=trust, seen=seen)


@app.command
def seal(uri: str, *, version: Annotated[str, Parameter(help="补签这一个版本：单位/年度/v0001")] = "") -> int:
    """补全归档的封记：没有记入日志的、没有时间戳的；换了密钥以后给日志补签。没有本单位签名的版本不会自动补签。

    Parameters
    ----------
    uri
        归档位置：文件夹或 s3://桶/前缀?endpoint=…
    """
    from juesuan.archive import commands

    return commands.seal(uri, version=version, say=print, warn=partial(print, file=sys.stderr))


@app.command
def evidence(
    uri: str,
    version: str,
    *,
    to: Annotated[Path, Parameter(help="新文件夹")],
    seen: Annotated[
        Path | None, Parameter(help="以前记下的日志头：另写一份证明，说明现在的日志是它的延续")
    ] = None,
) -> int:
    """写出一个版本的证据：别人不用本软件，只用 openssl 就能核对（docs/evidence.md）。

    Parameters
    ----------
    uri
        归档位置：文件夹或 s3://桶/前缀?endpoint=…
    version
        版本：单位/年度/v0001。
    """
    from juesuan.archive import commands

    return commands.evidence(uri, version, to, seen=seen, say=print)


keys = App(name="keys", help="本单位签名用的密钥，和核对时相信谁：新建、换、吊销、写信任文件。")
app.command(keys)

_KEYS = Parameter(help="密钥文件夹，默认取环境变量 JUESUAN_KEYS，没有则在用户目录下")
_KIND = Parameter(help="密钥的种类")
_FROM = Parameter(
    name="--from",
    help="不新建，取自这个文件：PKCS#12（.p12、.pfx）或 PEM；"
    "或取自密码设备：pkcs11:token=…;object=…?module-path=厂家的.so",
)


@keys.command(name="new")
def new_key(
    *,
    name: Annotated[str, Parameter(help="单位名称；取自证书的可以不写")] = "",
    kind: Annotated[Literal["ed25519", "ecdsa", "rsa"], _KIND] = "ed25519",
    source: Annotated[str | None, _FROM] = None,
    home: Annotated[Path | None, _KEYS] = None,
) -> int:
    """新建本单位的密钥：以后归档和签署都用它签名。

    口令放在环境变量 JUESUAN_KEY_PASSPHRASE 里，或者放在 JUESUAN_KEY_PASSPHRASE_FILE 写明的文件里，不写在命令行上。
    """
    from juesuan.evidence import commands

    return commands.new(home, name, kind, source, say=print)


@keys.command(name="list")
def list_keys(*, home: Annotated[Path | None, _KEYS] = None) -> int:
    """列出本单位的密钥：在用的、停用的、吊销的。"""
    from juesuan.evidence import commands

    return commands.show(home, say=print)


@keys.command(name="trust")
def trust_key(
    file: Path,
    *,
    key: Annotated[Path | None, Parameter(help="加入别人的公钥或证书（PEM、DER）；不写则写入本单位的公钥")] = None,
    authority: Annotated[Path | None, Parameter(help="加入授时机构的证书（PEM、DER）")] = None,
    name: Annotated[str, Parameter(help="是谁的公钥或证书")] = "",
    home: Annotated[Path | None, _KEYS] = None,
) -> int:
    """写成或补充一个信任文件：核对归档时（verify --trust）相信哪些公钥和授时机构。里面没有私钥。

    Parameters
    ----------
    file
        信任文件；已经有的，在其中增加。
    """
    from juesuan.evidence import commands

    return commands.trust(home, file, public=key, authority=authority, name=name, say=print)


@keys.command(name="rotate")
def rotate_key(
    *,
    kind: Annotated[Literal["ed25519", "ecdsa", "rsa"], _KIND] = "ed25519",
    source: Annotated[str | None, _FROM] = None,
    home: Annotated[Path | None, _KEYS] = None,
) -> int:
    """换一把密钥：原来的停用，私钥删除；它以前签的仍然算数。"""
    from juesuan.evidence import commands

    return commands.rotate(home, kind, source, say=print)


@keys.command(name="revoke")
def revoke_key(
    identity: str,
    *,
    since: Annotated[datetime | None, Parameter(help="自何时起不算数（如发现被盗以前），默认现在")] = None,
    reason: Annotated[str, Parameter(help="原因")] = "",
    home: Annotated[Path | None, _KEYS] = None,
) -> int:
    """吊销一把密钥，如私钥被盗：它签的不再算数，除非时间戳证明签在吊销以前。

    Parameters
    ----------
    identity
        密钥的编号（开头几位即可，见 keys list）。
    """
    from juesuan.evidence import commands

    return commands.revoke(home, identity, since, reason, say=print)


@app.command
def restore(uri: str, *, to: Annotated[Path, Parameter(help="新文件夹")]) -> int:
    """还原一个归档的版本；只还原证明完好的。

    Parameters
    ----------
    uri
        归档位置加 /单位/年度/版本；不写版本则还原最新的。
    """
    from juesuan.archive.commands import restore_archive

    return restore_archive(uri, to, say=print)


@app.command
def history(uri: str) -> int:
    """列出归档的版本：单位、年度、版本、状态、保管期限、指纹。

    Parameters
    ----------
    uri
        归档位置：文件夹或 s3://桶/前缀?endpoint=…
    """
    from juesuan.archive.commands import show_history

    return show_history(uri, say=print)


@app.command
def trace(
    out: Path,
    figure: str,
    *,
    rows: Annotated[int, Parameter(help="每个科目列出的行数")] = 3,
    json: Annotated[bool, Parameter(help="输出 JSON，列出全部行", negative="")] = False,
) -> int:
    """追溯一个数：从列示的数经算法到凭证，或到资料文件的行。只用结果文件夹，不需联网。

    Parameters
    ----------
    out
        决算结果文件夹（close 的输出）。
    figure
        数的编号（如 t1.30.1，见 facts.csv），或文中列示的数（如 "1,234.56"）。
    """
    from juesuan.trace import tell_trace

    text, code = tell_trace(out, figure, rows=rows, as_json=json)
    print(text)  # noqa: T201 - the command line talks to people
    return code


@app.command
def prove(out: Path, *, json: Annotated[bool, Parameter(help="输出 JSON", negative="")] = False) -> int:
    """重新证明公布数：只凭结果文件夹，用独立的检查程序逐条核对 rounding.json。

    Parameters
    ----------
    out
        决算结果文件夹（close 的输出）。
    """
    from juesuan.trace import tell_proof

    text, code = tell_proof(out, as_json=json)
    print(text)  # noqa: T201 - the command line talks to people
    return code


@app.command
def serve(
    *,
    host: Annotated[str, Parameter(help="监听的地址，默认只供本机访问")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="端口；结果页面用下一个")] = 4200,
    address: Annotated[
        str, Parameter(help="别的机器打开登录页用的网址，如 https://juesuan.单位域名（前面有 TLS 代理时）")
    ] = "",
    results_address: Annotated[
        str, Parameter(help="别的机器打开结果页面用的网址；须与登录页同一个主机名或域名")
    ] = "",
    home: Annotated[Path | None, Parameter(help="服务的数据文件夹，默认在用户目录下")] = None,
    cron: Annotated[str, Parameter(help="年度决算的时间（cron，北京时间），在页面上启用后才生效")] = "0 6 10 1 *",
) -> int:
    """启动本单位的决算服务：在浏览器里登录、填表、运行、查看进度。按 Ctrl-C 停止。

    结果默认放在当前文件夹的 out，归档放在 archive。设了环境变量 JUESUAN_NOTIFY_URL，没有完成或等待签署时发通知。
    先用 juesuan users add 添加可以登录的人。
    """
    from juesuan.people.keys import home_or_default
    from juesuan.runner import load_flow

    folder = home_or_default(home)
    flow = load_flow("serve")
    where = flow.Listening(host, port, address, results_address)
    print(f"决算服务：{where.page.origin}　数据：{folder}", flush=True)  # noqa: T201
    flow.run(where, folder, cron)
    return ExitCode.OK


@app.command
def notify(
    *,
    api: Annotated[
        str, Parameter(help="Prefect 服务的接口地址，默认取环境变量 PREFECT_API_URL，没有则为本机的服务")
    ] = "",
    home: Annotated[Path | None, Parameter(help="本机服务的数据文件夹，默认在用户目录下")] = None,
) -> int:
    """设置通知：决算没有完成、中断、等待签署，或归档核对没有通过时，发消息到环境变量 JUESUAN_NOTIFY_URL 的地址。

    先发一条测试消息，再登记到正在运行的 Prefect 服务。juesuan serve 启动时设了这个变量，就不必再运行。
    """
    from juesuan.people.keys import Keys, home_or_default
    from juesuan.runner import load_flow

    given = api or os.environ.get("PREFECT_API_URL", "")
    if given:
        os.environ["PREFECT_API_URL"] = given
    else:
        keys = Keys(home_or_default(home))
        service = keys.service()
        if service is None:
            raise OutputError("本机没有正在运行的决算服务（juesuan serve）；用 --api 写明 Prefect 服务的地址。")
        os.environ |= {"PREFECT_API_URL": service.api, "PREFECT_API_AUTH_STRING": keys.secret()}
    flow = load_flow("notify")
    address = flow.take_address()
    if not address:
        print(f"没有设环境变量 {flow.VARIABLE}：写明通知发到哪里，见 docs/office.md。", file=sys.stderr)  # noqa: T201
        return ExitCode.USAGE
    flow.send_test(address)
    print(f"测试消息已发出。已登记：{'、'.join(flow.set_up(address))}")  # noqa: T201 - talks to people
    return ExitCode.OK


users = App(name="users", help="可以登录决算服务的人：添加、列出、移除、换密码、操作记录。")
app.command(users)

_HOME = Parameter(help="服务的数据文件夹，默认在用户目录下")


@users.command(name="add")
def add_user(
    name: str,
    *,
    role: Annotated[Literal["编制人", "审核人", "批准人", "管理员"], Parameter(help="角色")],
    unit: Annotated[
        tuple[str, ...], Parameter(help="只限这些单位（单位编码）；有几个写几次，不写为全部", negative="")
    ] = (),
    no_password: Annotated[bool, Parameter(negative="", help="不设密码：只用统一身份认证登录")] = False,
    home: Annotated[Path | None, _HOME] = None,
) -> int:
    """添加一个人，或给已有的人再加一个角色。新的人要设密码（终端上输入，或从标准输入读一行）。

    Parameters
    ----------
    name
        姓名；空格、全角半角和看不见的字符不算区别。
    """
    from juesuan.people import commands

    return commands.add(home, name, role, unit, password=not no_password, say=print)


@users.command(name="list")
def list_users(*, home: Annotated[Path | None, _HOME] = None) -> int:
    """列出可以登录的人和他们的角色。"""
    from juesuan.people import commands

    return commands.show(home, say=print)


@users.command(name="remove")
def remove_user(name: str, *, home: Annotated[Path | None, _HOME] = None) -> int:
    """移除一个人：不能再登录和签署；编号和姓名留在名册里。"""
    from juesuan.people import commands

    return commands.remove(home, name, say=print)


@users.command(name="account")
def link_account(name: str, os_user: str = "", *, home: Annotated[Path | None, _HOME] = None) -> int:
    """登记一个人的操作系统用户：在命令行上签署（juesuan approve）时，以这个用户证明是本人。

    Parameters
    ----------
    name
        姓名。
    os_user
        操作系统的用户名；一个用户只属于一个人。不写为取消登记。
    """
    from juesuan.people import commands

    return commands.link(home, name, os_user, say=print)


@users.command(name="subject")
def bind_subject(
    name: str,
    subject: str = "",
    *,
    issuer: Annotated[str, Parameter(help="认证服务（issuer），默认是服务的 oidc.yaml 里写的")] = "",
    home: Annotated[Path | None, _HOME] = None,
) -> int:
    """登记一个人在统一身份认证里的编号：认证服务说是这个编号的，就以这个人登录。

    Parameters
    ----------
    name
        姓名。
    subject
        认证编号（subject）；没有登记的人登录时，页面上写着。一个编号只属于一个人。不写为取消登记。
    """
    from juesuan.people import commands
    from juesuan.people.keys import home_or_default
    from juesuan.web.oidcsettings import SETTINGS, read_settings

    if subject and not issuer:
        settings = read_settings(home_or_default(home))
        if settings is None:
            path = home_or_default(home) / SETTINGS
            raise OutputError(f"没有 {path}，不知道是哪个认证服务；请先写好它，或用 --issuer 写明。")
        issuer = settings.issuer
    return commands.bind(home, name, subject, issuer, say=print)


@users.command(name="password")
def set_password(name: str, *, home: Annotated[Path | None, _HOME] = None) -> int:
    """给一个人换密码（终端上输入，或从标准输入读一行）。"""
    from juesuan.people import commands

    return commands.set_password(home, name, say=print)


@users.command(name="log")
def show_log(*, home: Annotated[Path | None, _HOME] = None) -> int:
    """列出操作记录：谁在什么时候做了什么。逐行核对封记，被改动过的会说明在哪一行。"""
    from juesuan.people import commands

    return commands.log(home, say=print)


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


@app.command
def audit(
    document: Path,
    *,
    budget: Annotated[Path | None, Parameter(help="本年度的预算公开文本：核对各项年初预算")] = None,
    last_year: Annotated[Path | None, Parameter(help="上年的决算公开文本：核对上年数、增减额")] = None,
    json: Annotated[Path | None, Parameter(help="结果写入这个 JSON 文件")] = None,
    html: Annotated[Path | None, Parameter(help="带批注的页面写入这个 HTML 文件")] = None,
    out: Annotated[Path | None, Parameter(help="两者都写入这个文件夹；审核文件夹时默认 out/audit")] = None,
    jobs: Annotated[int, Parameter(help="审核文件夹时同时处理几份")] = 2,
) -> int:
    """审核一份已公开（或将要公开）的决算文本：表、附注、文字、自评表是否自相矛盾。

    退出码：0 没有错误；1 有错误；2 读不了。

    Parameters
    ----------
    document
        PDF（有文字层）、DOCX、HTML、XLSX 或 TXT 文件，或者装有这些文件的文件夹。
    """
    from juesuan.audit import tell_audit

    text, code = tell_audit(document, budget=budget, last_year=last_year, json=json, html=html, out=out, jobs=jobs)
    print(text)  # noqa: T201 - the command line talks to people
    return code


def main() -> None:
    """Run the command line and exit with its code (see :class:`juesuan.problems.ExitCode`)."""
    collect_rarely()
    try:
        code = app(result_action="return_value")
    except JuesuanError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command line talks to people
        code = error.exit_code
    except BrokenPipeError:  # whoever read our words has read enough
        sys.stdout = None
        code = ExitCode.OK
    except Exception as error:
        if os.environ.get("JUESUAN_DEBUG"):
            raise
        words = f"程序内部错误（{type(error).__name__}：{error}），已有结果不受影响。"
        print(f"{words}设置环境变量 JUESUAN_DEBUG=1 再运行一次，可得到供报告用的详细信息。", file=sys.stderr)  # noqa: T201
        code = ExitCode.BUG
    sys.exit(int(code or ExitCode.OK))
