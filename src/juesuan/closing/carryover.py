"""What changed the carried-over balance within the year, by cause (年初结转和结余的调整).

A movement of 8101, 8102, 8201 or 8401 that is no closing entry changes what was carried over. The detail account
says why (财会〔2017〕25号: 年初余额调整, 归集调入, 归集调出, 归集上缴, 缴回资金, 单位内部调剂); an edition
names the words in its chart. What no word explains is told by the rule ``ledger.adjustment-causes``.
"""

from collections.abc import Iterator

from juesuan.edition.made import ADJUSTMENT
from juesuan.facts import Figure, Selection
from juesuan.identities import Identity, Instance, SignedFigure
from juesuan.ledger import AccountChart, Ledger, LedgerGroups

_OTHER = "other"


def adjustment_figures(
    ledger: Ledger, chart: AccountChart, aggregates: LedgerGroups, year: int
) -> tuple[Figure, ...]:
    """Return what each cause changed, and their sum, in 分; none without a ledger."""
    return () if ledger.absent else tuple(_figures(ledger, chart, aggregates, year))


def adjustment_identity(figures: tuple[Figure, ...]) -> Identity:
    """Return that the causes make up the whole change."""
    parts = tuple(SignedFigure(1, figure.id) for figure in figures if figure.id != ADJUSTMENT)
    return Identity(
        id="package.adjustments",
        suite="package",
        text="年初结转和结余的调整＝各项原因之和",
        citation="财会〔2017〕25号 8101、8102、8201 各明细科目",
        instances=(Instance(ADJUSTMENT, parts),) if figures else (),
    )


def _figures(ledger: Ledger, chart: AccountChart, aggregates: LedgerGroups, year: int) -> Iterator[Figure]:
    carried = chart.adjustments.accounts
    moved = ledger.lines[ledger.moving & ledger.texts["account"].having(lambda code: code.startswith(carried))]
    names = dict(zip(moved["account"].astype(str), moved["account_name"].astype(str), strict=True))
    codes: dict[str, list[str]] = {}
    for code, name in sorted(names.items()):
        codes.setdefault(chart.adjustments.cause_of(name) or _OTHER, []).append(code)
    titles = {**{cause.key: cause.name for cause in chart.adjustments.causes}, _OTHER: "原因不明"}
    for key, title in titles.items():
        if key in codes:
            selection = Selection("adjustment", accounts=tuple(codes[key]))
            value = aggregates.amount(selection)
            formula = f"科目 {'、'.join(codes[key])} 贷方减借方发生额（不含年末结转）"
            label = f"年初结转和结余的调整：{title}"
            yield Figure(f"{ADJUSTMENT}.{key}", label, value, year, formula=formula, selection=selection)
    whole = Selection("adjustment", accounts=carried)
    formula = f"科目 {'、'.join(carried)} 贷方减借方发生额（不含年末结转）"
    yield Figure(
        ADJUSTMENT, "年初结转和结余的调整", aggregates.amount(whole), year, formula=formula, selection=whole
    )
