"""The commands about the office's service and its people (决算服务)."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from juesuan.base.problems import ExitCode, OutputError
from juesuan.cli.app import app


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
