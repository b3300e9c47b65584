"""The commands that close books: a unit, a department, a city."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, validators

from juesuan.base.problems import ExitCode, JuesuanError, OutputError
from juesuan.cli.app import LEDGER, app


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
    ledger: Annotated[tuple[Path, ...], LEDGER] = (),
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
    from juesuan.package.files import DEPARTMENT_FILE, department_file

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
    from juesuan.results.names import INDEX, refusal_folder
    from juesuan.runner import run_annual_close
    from juesuan.starting.unpacked import by_cells

    request = {"package": folder, "out": results, **given}
    try:
        return run_annual_close(request)
    except JuesuanError as refusal:
        from juesuan.closing import ClosingRefused  # not before: Prefect's server starts first

        if not isinstance(refusal, ClosingRefused):
            raise
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
