"""Where a header may stand is asked once for all profiles: nothing that any of them knows is passed over."""

from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from juesuan.ledger import header
from juesuan.ledger.profiles import KINDS, load_profiles
from juesuan.ledger.sources.model import SourceSheet

NAMES = sorted({name for one in load_profiles() for kind in KINDS for name in one.columns[kind]})
PARTS = [
    "借方",
    "贷方",
    "金额",
    "期初",
    "期初余额",
    "本位币",
    "(原币)",
    "方向",
    "类",
    "款",
    "科目",
    "本年累计",
    "　日期 ",
]
CELLS = st.one_of(st.just(""), st.sampled_from(NAMES), st.sampled_from(PARTS), st.sampled_from(["12.50", "购纸"]))
ROWS = st.lists(st.lists(CELLS, max_size=9).map(tuple), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, st.sampled_from(sorted(KINDS)))
def test_no_layout_of_any_profile_is_passed_over(rows: list[tuple[str, ...]], kind: header.Kind) -> None:
    sheet = SourceSheet("s", rows, range(1, len(rows) + 1))
    found = header.find_layout(sheet, load_profiles(), kind)
    with patch.object(header, "_enough", return_value=True):
        assert found == header.find_layout(sheet, load_profiles(), kind)


def test_a_header_of_three_rows_is_found_though_no_cell_of_it_is_a_name() -> None:
    rows = (
        ("科目", "科目", "期初", "", "", ""),
        ("编码", "名称", "余额", "", "余额", ""),
        ("", "", "借方", "贷方"),
    )
    sheet = SourceSheet("s", rows, range(1, len(rows) + 1))
    with patch.object(header, "_enough", return_value=True):
        every = header.find_layout(sheet, load_profiles(), "balances")
    assert header.find_layout(sheet, load_profiles(), "balances") == every
    assert every.layouts
