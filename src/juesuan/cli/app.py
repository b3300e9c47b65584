"""The command line as such: its name, and what several commands take."""

from cyclopts import App, Parameter

app = App(
    name="juesuan",
    help="决算：编制部门决算报表与公开文本，核对勾稽关系并归档。",
    version_flags=["--version"],
)

LEDGER = Parameter(help="资料是工作簿的，账簿的导出文件；有几个写几次，不分先后", negative="")
