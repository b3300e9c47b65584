"""The commands that look into results (决算结果) and published documents, and sign results."""

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from juesuan.base.problems import ExitCode
from juesuan.cli.app import app


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
