"""Sign-offs are bound to what sections say; two closings are compared; the review page tells all of it."""

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from juesuan import closing
from juesuan.base.problems import ExitCode, InputError, OutputError, Place, Problem
from juesuan.cli import app
from juesuan.closing.contents import run_data, sections_data, signed_before, standing_of
from juesuan.evidence.ring import KEYS, Ring
from juesuan.facts import Facts
from juesuan.identities import Item
from juesuan.people import PEOPLE, Journal, Register, Role, Seat
from juesuan.people.commands import account
from juesuan.people.keys import Keys
from juesuan.results import SignOff, State, hashes_of, read_results, read_signoffs, standing
from juesuan.results.signoff import write_signoffs
from juesuan.review import (
    SignOffRefused,
    SignOffRejected,
    approve,
    compare,
    tell_differences,
    tell_standing,
    write_review,
)
from juesuan.review.differences import RedlinePiece, redline
from juesuan.rules.check import Check, places_of, run_suites
from tests.conftest import Closed
from tests.opens import opened

ROLES = ("审核人", "批准人")
DAY = date(2021, 5, 20)


@pytest.fixture
def out(closed: Closed, tmp_path: Path) -> Path:
    """A copy of the example's results."""
    folder = tmp_path / "out"
    shutil.copytree(closed.out, folder)
    return folder


def signed(role: str, who: str, **sections: str) -> SignOff:
    return SignOff(who, role, "2021-05-20", "", "", "", sections)


@pytest.mark.parametrize(
    ("records", "state", "open_"),
    [
        ([], State.DRAFT, {"审核人": ("a", "b"), "批准人": ("a", "b")}),
        ([signed("审核人", "甲", a="1", b="2")], State.REVIEWED, {"批准人": ("a", "b")}),
        ([signed("审核人", "甲", a="1", b="2"), signed("批准人", "乙", a="1", b="2")], State.APPROVED, {}),
        ([signed("审核人", "甲", a="1", b="old")], State.DRAFT, {"审核人": ("b",), "批准人": ("a", "b")}),
        (
            [
                signed("审核人", "甲", a="1", b="old"),
                signed("审核人", "甲", b="2"),
                signed("批准人", "乙", a="1", b="2"),
            ],
            State.APPROVED,
            {},
        ),
    ],
)
def test_a_sign_off_counts_where_the_hash_is_the_same(
    records: list[SignOff], state: State, open_: dict[str, tuple[str, ...]]
) -> None:
    found = standing({"a": "1", "b": "2"}, ROLES, records)
    assert (found.state, dict(found.open)) == (state, open_)


def test_a_role_named_twice_needs_two_people() -> None:
    sections = {"a": "1"}
    once = [signed("审核人", "甲", a="1"), signed("审核人", "甲", a="1")]
    assert standing(sections, ("审核人", "审核人"), once).state is State.DRAFT
    twice = [*once, signed("审核人", "乙", a="1")]
    assert standing(sections, ("审核人", "审核人"), twice).state is State.APPROVED


def test_nobody_need_sign_where_the_unit_asks_nobody() -> None:
    assert standing({"a": "1"}, (), (), unexplained=3).state is State.APPROVED


def test_an_unexplained_warning_makes_a_draft_of_it_again() -> None:
    records = [signed("审核人", "甲", a="1"), signed("批准人", "乙", a="1")]
    assert standing({"a": "1"}, ROLES, records, unexplained=1).state is State.DRAFT


def test_draft_reviewed_approved(out: Path) -> None:
    assert read_results(out).standing.state is State.DRAFT
    assert approve(out, "王芳", "审核人", on=DAY, comment="与账簿相符").standing.state is State.REVIEWED
    results = approve(out, "陈刚", "批准人", on=DAY)
    assert results.standing.state is State.APPROVED
    first, second = results.signoffs
    assert (first.who, first.role, first.on, first.comment) == ("王芳", "审核人", "2021-05-20", "与账簿相符")
    assert first.manifest == results.manifest.hash
    assert first.content == second.content == results.manifest.content
    assert first.sections == hashes_of(results.sections)
    assert "重新运行 juesuan close" in tell_standing(results)


@pytest.mark.parametrize(
    ("who", "role", "said"),
    [
        ("", "审核人", "请写明签署人姓名"),
        ("XX", "审核人", "请写明签署人姓名"),
        ("王芳", "局长", "没有“局长”这个角色；本决算由审核人、批准人签署"),
        ("陈刚", "批准人", "还没有轮到批准人：先由审核人签署"),
    ],
)
def test_who_may_not_sign_is_told_why(out: Path, who: str, role: str, said: str) -> None:
    with pytest.raises(SignOffRefused, match=said) as caught:
        approve(out, who, role, on=DAY)
    assert caught.value.exit_code is ExitCode.INPUT
    assert not read_signoffs(out)


def test_one_person_does_not_sign_in_two_roles_nor_twice(out: Path) -> None:
    approve(out, "王芳", "审核人", on=DAY)
    with pytest.raises(SignOffRefused, match="王芳 已作为审核人签署"):
        approve(out, "王芳", "批准人", on=DAY)
    with pytest.raises(SignOffRefused, match="没有等待审核人"):
        approve(out, "王芳", "审核人", on=DAY)


def test_results_that_were_changed_are_not_signed(out: Path) -> None:
    (out / "facts.csv").write_text("changed", encoding="utf-8")
    with pytest.raises(OutputError, match=r"facts\.csv"):
        approve(out, "王芳", "审核人", on=DAY)
    with pytest.raises(OutputError, match="不是决算结果的文件夹"):
        read_results(out / "validation")


def test_damaged_sign_offs_are_told_and_kept(out: Path) -> None:
    approve(out, "王芳", "审核人", on=DAY)
    path = out / "sign-offs" / "sign-offs.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(OutputError, match="签署记录不会被覆盖"):
        read_signoffs(out)
    assert path.read_text(encoding="utf-8") == "{"


@pytest.mark.parametrize("written", ["王\u200b芳", "王 芳", "\ufeff王芳", "王　芳", "王\u3164芳", "王芳\ufe00"])
def test_a_name_with_what_nobody_sees_in_it_is_no_other_person(out: Path, written: str) -> None:
    results = approve(out, written, "审核人", on=DAY)
    assert results.signoffs[0].who == "王芳"
    with pytest.raises(SignOffRefused, match="王芳 已作为审核人签署"):
        approve(out, "王芳", "批准人", on=DAY)
    with pytest.raises(SignOffRefused, match="王芳 已作为审核人签署"):
        approve(out, f"{written}\u2060", "批准人", on=DAY)


def test_a_role_named_twice_is_not_filled_by_one_person_under_two_spellings() -> None:
    twice = [signed("审核人", "王芳", a="1"), signed("审核人", "王\u200b芳", a="1")]
    assert standing({"a": "1"}, ("审核人", "审核人"), twice).state is State.DRAFT


@pytest.mark.parametrize(
    ("change", "number"),
    [
        (lambda records: records[0].update(who="陈刚"), 1),
        (lambda records: records[0].update(on="2021-05-19"), 1),
        (lambda records: records[1].update(comment="同意"), 2),
        (lambda records: records[1]["sections"].update(a="0"), 2),
        (lambda records: records[1].update(facts="0"), 2),
        (lambda records: records.pop(0), 1),
        (lambda records: records.reverse(), 1),
        (lambda records: records.append(records[1] | {"who": "李强"}), 3),
        (lambda records: records[1].pop("seal"), 2),
        (lambda records: [one.pop("seal") for one in records], 1),
    ],
)
def test_sign_offs_that_were_edited_by_hand_are_noticed_whenever_they_are_read(
    out: Path, change: Callable[[list[dict[str, object]]], object], number: int
) -> None:
    approve(out, "王芳", "审核人", on=DAY)
    approve(out, "陈刚", "批准人", on=DAY)
    path = out / "sign-offs" / "sign-offs.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data["records"])
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    for read in (read_signoffs, read_results, write_review):
        with pytest.raises(OutputError, match=f"被改动过：第 {number} 条"):
            read(out)


def test_a_sign_off_says_who_the_system_knew_them_to_be_and_when(out: Path) -> None:
    results = approve(out, "王芳", "审核人", on=DAY, by="os:wang")
    (one,) = results.signoffs
    assert (one.by, one.facts) == ("os:wang", results.manifest.files["facts.csv"])
    assert abs(datetime.fromisoformat(one.at) - datetime.now(UTC)) < timedelta(minutes=5)


def other_headcount(closed: Closed) -> closing.ClosingAccounts:
    package = closed.books.package
    staff = package.headcount.in_service.model_copy(update={"civil_service_managed": 57})
    package = replace(package, headcount=package.headcount.model_copy(update={"in_service": staff}))
    return closing.derive(closing.fill(replace(closed.intake, package=package)))


def late_voucher(closed: Closed) -> closing.ClosingAccounts:
    """A voucher that moves expenditure from one class of functions to another."""
    ledger = closed.intake.ledger
    assert ledger is not None
    lines = ledger.lines.copy()
    for code, amount in (("2101103", 12_340_000), ("2210201", -12_340_000)):
        spent = lines["functional"].eq(code) & lines["account"].str.startswith("7") & ~lines["closing"]
        lines.loc[lines.index[spent][0], "debit"] += amount
    return closing.derive(closing.fill(replace(closed.intake, ledger=replace(ledger, lines=lines))))


def open_sections(closed: Closed, account: closing.ClosingAccounts) -> set[str]:
    before = hashes_of(sections_data(closed.disclosure.document, closed.account.facts))
    records = [signed(role, who, **before) for role, who in zip(ROLES, ("甲", "乙"), strict=True)]
    document = closing.write_document(account)
    found = standing_of(records, account, document, ())
    titles = {one["anchor"]: one["title"] for one in sections_data(document, account.facts)}
    return {re.sub(r"^.*[、）　]", "", titles[name]) for names in found.open.values() for name in names}


def test_one_more_person_reopens_the_one_section_that_counts_people(closed: Closed) -> None:
    assert open_sections(closed, other_headcount(closed)) == {"部门人员构成"}


def test_a_late_voucher_reopens_the_sections_that_read_what_it_moved_and_no_others(closed: Closed) -> None:
    opened = open_sections(closed, late_voucher(closed))
    assert {"财政拨款支出决算结构情况", "财政拨款支出决算具体情况"} <= opened
    assert not {"部门人员构成", "政府采购支出情况", "国有资产占用情况"} & opened
    assert not {"支出决算情况说明", "单位主要职能", "收入决算情况说明", "审核说明"} & opened
    assert len(opened) < len(sections_data(closed.disclosure.document, closed.account.facts)) / 2


def written(closed: Closed, account: closing.ClosingAccounts, out: Path, *, old: Path | None = None) -> State:
    disclosure = replace(closed.disclosure, document=closing.write_document(account), draft=True)
    return closing.write_results(out, account, disclosure, closed.runs, old=old)


def test_a_rerun_takes_over_what_still_counts_and_reopens_the_rest(closed: Closed, out: Path) -> None:
    approve(out, "王芳", "审核人", on=DAY)
    assert written(closed, closed.account, out) is State.REVIEWED
    assert written(closed, other_headcount(closed), out) is State.DRAFT
    results = read_results(out)
    assert results.standing.open["审核人"] == ("part-1-3",)
    assert "等待审核人重新签署：三、部门人员构成" in tell_standing(results)
    assert "节有效，1 节已变动" in tell_standing(results)
    page = (out / "review" / "index.html").read_text(encoding="utf-8")
    assert "有 1 节在签署后变动，须重新签署" in page
    again = approve(out, "王芳", "审核人", on=DAY)
    assert tuple(again.signoffs[-1].sections) == ("part-1-3",)
    assert again.standing.state is State.REVIEWED


def test_sign_offs_of_another_unit_are_not_taken_over(closed: Closed, out: Path) -> None:
    approve(out, "王芳", "审核人", on=DAY)
    assert signed_before(out, closed.account)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    (out / "manifest.json").write_text(json.dumps(manifest | {"unit": "other"}), encoding="utf-8")
    assert not signed_before(out, closed.account)


def test_an_approved_closing_is_rendered_without_the_mark(
    closed: Closed, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 'class="draft-note"' in (out / "disclosure.html").read_text(encoding="utf-8")
    rendered: list[bool] = []

    def render(_: closing.ClosingAccounts, *, draft: bool) -> closing.Disclosure:
        rendered.append(draft)
        return replace(closed.disclosure, html="<p>正式文本</p>", draft=draft)

    monkeypatch.setattr(sys.modules["juesuan.closing.results"], "render", render)
    for who, role in (("王芳", "审核人"), ("陈刚", "批准人")):
        approve(out, who, role, on=DAY)
    assert written(closed, closed.account, out) is State.APPROVED
    assert rendered == [False]
    assert (out / "disclosure.html").read_text(encoding="utf-8") == "<p>正式文本</p>"
    assert read_results(out).standing.state is State.APPROVED, "the mark is no part of what was signed"


def test_two_closings_are_compared(closed: Closed, out: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    written(closed, late_voucher(closed), new, old=out)
    found = compare(read_results(out), read_results(new))
    told = tell_differences(found)
    assert "表 5" in told or "一般公共预算财政拨款支出决算表" in told
    assert "卫生健康支出 · 本年支出合计：" in told or "卫生健康支出" in told
    assert "[-198.17-]{+210.51+}" in told
    page = (new / "review" / "index.html").read_text(encoding="utf-8")
    assert "<del>198.17</del><ins>210.51</ins>" in page
    same = compare(read_results(out), read_results(out))
    assert same.none
    assert "两次决算相同" in tell_differences(same)


def test_a_redline_keeps_numbers_whole_and_leaves_out_what_is_the_same() -> None:
    (changed,) = redline(["收入 1,234.5 万元。其中甲。"], ["收入 1,234.6 万元。其中甲。"])
    assert changed == (
        RedlinePiece("收入 ", "same"),
        RedlinePiece("1,234.5", "gone"),
        RedlinePiece("1,234.6", "new"),
        RedlinePiece(" 万元。", "same"),
    )
    assert list(redline(["甲。", "乙。"], ["甲。"])) == [(RedlinePiece("乙。", "gone"),)]
    assert list(redline([], ["丙。"])) == [(RedlinePiece("丙。", "new"),)]


def test_the_page_tells_the_run_and_links_to_every_figure(out: Path) -> None:
    page = write_review(out).read_text(encoding="utf-8")
    document = (out / "disclosure.html").read_text(encoding="utf-8")
    targets = re.findall(r'href="\.\./disclosure\.html#([^"]+)"', page)
    assert len(targets) > 400
    ids = set(re.findall(r' id="([^"]+)"', document))
    assert not [one for one in targets if one not in ids]
    for link in set(re.findall(r'href="\.\./validation/([^"#]+)', page)):
        assert (out / "validation" / link).is_file()
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert all(value in page for value in run["inputs"].values())
    assert "ledger/vouchers.csv" in run["inputs"]
    assert not re.search(r"(src|href)=\"(https?:)?//", page)


def run(*words: object) -> int:
    """Run the command line as somebody whose home is an empty folder."""
    return int(app(list(map(str, words)), result_action="return_value"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a person; a service's register may lie in ``home/service``."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv(PEOPLE, raising=False)
    return tmp_path / "home"


@pytest.mark.usefixtures("home")
def test_where_nobody_keeps_a_register_the_account_signs_and_in_one_role_alone(out: Path) -> None:
    assert run("approve", out, "--as", "王芳", "--role", "审核人") == 0
    assert read_signoffs(out)[0].by == account()
    with pytest.raises(SignOffRefused, match=f"这个身份（{account()}）已作为审核人签署，姓名是王芳"):
        run("approve", out, "--as", "陈刚", "--role", "批准人")
    assert len(read_signoffs(out)) == 1


def test_where_there_is_a_register_a_person_of_it_signs_from_their_own_account_in_their_role(
    out: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keys(home / ".local" / "share" / "juesuan")
    register, password = Register(keys.people), "eine-lange-losung"
    sign = ("approve", out, "--as", "王 芳", "--role", "审核人")
    for name, role, unit in (("陈刚", Role.APPROVER, "070123"), ("王芳", Role.REVIEWER, "999999")):
        register.add(name, Seat(role, (unit,)), password)
    with pytest.raises(InputError, match="路人不在人员名册里"):
        run("approve", out, "--as", "路人", "--role", "审核人")
    with pytest.raises(InputError, match="王芳不是现在的操作系统用户"):
        run(*sign)
    register.link("王芳", "somebody-else")
    with pytest.raises(InputError, match="王芳不是现在的操作系统用户"):
        run(*sign)
    user = account().removeprefix("os:")
    assert run("users", "account", "王芳", user) == 0
    with pytest.raises(InputError, match="王芳不能作为审核人签署单位 070123"):
        run(*sign)
    register.add("王芳", Seat(Role.REVIEWER, ("070123",)))
    with pytest.raises(InputError, match="王芳不能作为批准人签署"):
        run("approve", out, "--as", "王芳", "--role", "批准人")
    assert not read_signoffs(out)
    assert run(*sign) == 0
    (one,) = read_signoffs(out)
    person = register.named("王芳")
    assert person is not None
    assert (one.who, one.by) == ("王芳", person.id)
    *_, last = Journal(keys.journal).entries()
    assert (last.who, last.what) == (person.id, "签署")
    with pytest.raises(InputError, match=f"操作系统用户 {user} 已经是王芳的"):
        register.link("陈刚", user)
    monkeypatch.setenv(PEOPLE, str(keys.people))
    monkeypatch.setenv("HOME", str(home / "elsewhere"))
    with pytest.raises(InputError, match="陈刚不是现在的操作系统用户"):
        run("approve", out, "--as", "陈刚", "--role", "批准人")


def test_a_register_that_can_not_be_read_is_not_taken_for_none(out: Path, home: Path) -> None:
    register = home / ".local" / "share" / "juesuan" / "people.json"
    register.mkdir(parents=True)
    with pytest.raises(OutputError, match="人员名册"):
        run("approve", out, "--as", "王芳", "--role", "审核人")
    assert not read_signoffs(out)


@pytest.mark.usefixtures("home")
def test_the_command_line_signs_tells_and_compares(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("approve", out, "--as", "王芳", "--role", "审核人", "--on", "2021-05-20") == 0
    assert run("status", out) == 0
    assert run("diff", out, out, "--html") == 0
    told = capsys.readouterr().out
    assert "已审核" in told
    assert "等待批准人签署" in told
    assert "两次决算相同" in told


def test_what_the_orchestrator_was_told_is_taken_once_it_fits(out: Path) -> None:
    turn = closing.next_signature(out)
    assert turn is not None
    assert turn.role == "审核人"
    with pytest.raises(SignOffRejected, match="审核人王芳不同意：差一张凭证"):
        closing.take_signature(out, turn, "王芳", approve=False, comment="差一张凭证")
    with pytest.raises(SignOffRefused, match="姓名"):
        closing.take_signature(out, turn, " ", approve=True)
    with pytest.raises(SignOffRefused, match="不算数"):
        closing.take_signature(out, replace(turn, content="0"), "王芳", approve=True)
    closing.take_signature(out, turn, "王芳", approve=True)
    turn = closing.next_signature(out)
    assert turn is not None
    closing.take_signature(out, turn, "陈刚", approve=True)
    assert closing.next_signature(out) is None


def test_an_answer_to_another_question_costs_one_look_at_the_results(out: Path) -> None:
    turn = closing.next_signature(out)
    assert turn is not None
    with opened() as files, pytest.raises(SignOffRefused, match="不算数"):
        closing.take_signature(out, replace(turn, content="0"), "王芳", approve=True)
    assert files[out / "run.json"] == 2, "read once, and hashed once"


def with_warning(out: Path, explanation: dict[str, str] | None) -> None:
    """Make the last rule of a results folder a warning, explained or not, as if the closing had found it."""
    path, manifest_path = out / "validation" / "results.json", out / "manifest.json"
    checks = json.loads(path.read_text(encoding="utf-8"))
    failure = {
        "place": "某项目",
        "stated": "2",
        "computed": "1",
        "difference": "1",
        "rows": [],
        "explanation": explanation,
    }
    checks[-1] |= {"success": False, "severity": "warning", "failures": [failure]}
    path.write_text(json.dumps(checks), encoding="utf-8")
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    manifest["files"]["validation/results.json"] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest_path.write_text(json.dumps(manifest), encoding="utf-8")


def test_an_unexplained_warning_is_listed_to_who_would_sign(out: Path) -> None:
    with_warning(out, None)
    for sign in (lambda: approve(out, "王芳", "审核人", on=DAY), lambda: closing.next_signature(out)):
        with pytest.raises(SignOffRefused, match="有 1 处提示没有审核说明") as caught:
            sign()
        assert caught.value.exit_code is ExitCode.CHECKS
    assert "某项目" in (write_review(out)).read_text(encoding="utf-8")
    assert "1 处提示没有审核说明" in tell_standing(read_results(out))


def test_who_is_asked_to_sign_is_told_figures_findings_and_where_to_look(closed: Closed, out: Path) -> None:
    with_warning(out, {"text": "指标文件次年补录", "by": "李明", "on": "", "source": "explanations.yaml:2"})
    turn = closing.next_signature(out)
    assert turn is not None
    words = closing.invitation(out, turn)
    assert "请审核人签署" in words
    assert f"`{out / 'review' / 'index.html'}`" in words
    assert "| 收、支总计 | 1,988.9 | 1,873.46 | +115.44 |" in words
    assert "提示 1 处，都有说明" in words
    assert "（某项目）：指标文件次年补录（李明）" in words
    assert re.fullmatch("[0-9a-f]+", turn.key), "the orchestrator's keys hold no Chinese"
    again = closing.invitation(out, turn, "请写明签署人姓名（--as）。")
    assert "上一次的签署没有记下：请写明签署人姓名" in again

    closing.take_signature(out, turn, "王芳", approve=True, comment="与账簿相符")
    second = closing.next_signature(out)
    assert second is not None
    assert second.key != turn.key
    assert "审核人 王芳：与账簿相符" in closing.invitation(out, second)

    written(closed, other_headcount(closed), out)
    third = closing.next_signature(out)
    assert third is not None
    assert "须重新签署的：三、部门人员构成" in closing.invitation(out, third)


def test_the_page_says_whose_key_stands_for_a_sign_off_and_what_nothing_stands_for(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve(out, "王芳", "审核人", on=DAY)
    page = write_review(out).read_text(encoding="utf-8")
    assert "没有签名（签署时还没有密钥）" in page
    assert "签署没有密钥签名，只凭封记：能写这个文件夹的人可以把签署整个重写" in page
    assert "都没有第三方证明" in page
    monkeypatch.setenv(KEYS, str(tmp_path / "keys"))
    key = Ring(tmp_path / "keys").new("某市社会保险中心")
    approve(out, "陈刚", "批准人", on=DAY)
    page = write_review(out).read_text(encoding="utf-8")
    assert f"{key.shown}的签名，相符" in page
    assert "1 条签署有密钥签名，其余没有" in page
    first, last = read_signoffs(out)
    write_signoffs(out, (first, replace(last, who="张三")))
    assert '<span class="bad">签名不对</span>' in write_review(out).read_text(encoding="utf-8")
    monkeypatch.setenv(KEYS, str(tmp_path / "none"))
    assert f"密钥 {key.id} 的签名，没有公钥可核对" in write_review(out).read_text(encoding="utf-8")


def test_a_headline_figure_that_a_closing_does_not_have_is_left_out(closed: Closed) -> None:
    """机关运行经费 is not every unit's; what can be in no closing at all is refused when the edition is loaded."""
    headline = closed.books.edition.headline
    assert [one["figure"] for one in run_data(closed.account)["headline"]] == [one.of for one in headline]
    facts = Facts(replace(closed.account.facts[one.of], inputs=()) for one in headline[1:])
    account = replace(closed.account, facts=facts)
    assert [one["figure"] for one in run_data(account)["headline"]] == [one.of for one in headline[1:]]


def test_a_refused_closing_tells_everything_on_one_page(tmp_path: Path) -> None:
    problem = Problem(Place("budget.csv", 3, "调整预算"), "money", "不是金额", "一百", "数字", "改后再运行。")
    places = places_of(
        [Item("1月 记-0089 号凭证", "借方 2.00 元", "贷方 1.00 元", 1, "1.00 元", "vouchers.csv:7")]
    )
    runs = run_suites([Check("ledger.voucher-balance", "ledger", "借方等于贷方", "规范", places)])
    folder = closing.write_refusal(tmp_path / "out", closing.ClosingRefused([problem], runs))
    assert folder == tmp_path / "out.refused"
    page = (folder / "index.html").read_text(encoding="utf-8")
    for words in ("budget.csv（1 处）", "不是金额", "一百", "借方等于贷方", "1月 记-0089", "vouchers.csv:7"):
        assert words in page
    for link in set(re.findall(r'href="(validation/[^"#]+)', page)):
        assert (folder / link).is_file()
