"""What depends on the ledger moves with it; what is published is whole, and the same each time."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from juesuan import closing
from juesuan.base.problems import OutputError
from juesuan.closing.kept import SIGNATURE, STAGES, UNIT
from juesuan.facts import Facts, Unit
from juesuan.ledger import Ledger
from juesuan.results import read_results
from juesuan.review import approve, tell_standing
from juesuan.runner import load_flow
from tests.conftest import EXAMPLE, Closed, close_directly
from tests.opens import opened


def doubled(ledger: Ledger) -> Ledger:
    """The same year with twice the appropriations."""
    lines, balances = ledger.lines.copy(), ledger.balances.copy()
    ours = lines["fund"] == "general_public_budget"
    lines.loc[ours, ["debit", "credit"]] *= 2
    ours = balances["fund"] == "general_public_budget"
    balances.loc[ours, ["opening", "debit", "credit", "closing"]] *= 2
    return replace(ledger, lines=lines, balances=balances)


def shown_in(page: str) -> list[tuple[str, str]]:
    """Every fact that a page prints, with the words it prints."""
    return re.findall(r'<[a-z]+ [^<>]*data-fact="([^"]+)"[^<>]*>([^<]+)<', page)


def words_of(page: str) -> str:
    return re.sub(r"<[^>]+>", "", page)


def descendants(facts: Facts, roots: set[str]) -> set[str]:
    reached = set(roots)
    growing = True
    while growing:
        more = {fact.id for fact in facts.values() if fact.id not in reached and reached & set(fact.inputs)}
        growing = bool(more)
        reached |= more
    return reached


def test_twice_the_money_moves_every_cell_sentence_chart_and_score_that_depends_on_it(closed: Closed) -> None:
    assert closed.intake.ledger is not None
    books = closing.fill(replace(closed.intake, ledger=doubled(closed.intake.ledger)))
    account = closing.derive(books)
    before, after = closed.account.facts, account.facts

    cells = {fact.id for fact in before.values() if fact.table and fact.exact}
    moved = {name for name in cells if after[name].exact != before[name].exact}
    assert cells - moved == {"t1.29.1", "t1.59.2"}  # the carry-over is other money
    for name in moved - {"t1.30.1", "t1.60.2"}:
        assert after[name].exact == 2 * before[name].exact, name

    # A share of a whole that doubled with its part stays; everything else that hangs on a moved cell moves.
    capped = {"score.unit.execution", "score.social_insurance.execution", "score.contract_staff.execution"}
    for name in descendants(before, moved) - moved:
        fact = after[name]
        if fact.unit is Unit.FEN and before[name].exact:
            assert fact.exact != before[name].exact, name
        if name.endswith((".growth", ".completion", ".rate")) and before[name].exact:
            assert fact.exact != before[name].exact, name
    assert after["score.unit.rate"].exact > before["score.unit.rate"].exact
    assert capped <= set(after)

    page = closing.render(account).html
    for name, shown in shown_in(page):
        assert name not in after or shown.strip() == after[name].display, name
    assert {"t5.total.1", "public_budget.growth", "score.unit.total"} <= {name for name, _ in shown_in(page)}
    more, fewer = (
        "支出决算数大于年初预算数",
        "支出决算数小于年初预算数",
    )  # above the budget now: the words turn too
    assert words_of(page).count(more) >= words_of(closed.disclosure.html).count(more)
    assert words_of(page).count(fewer) <= words_of(closed.disclosure.html).count(fewer)


def test_a_lower_year_reads_as_a_decrease(closed: Closed) -> None:
    assert closed.intake.package is not None
    prior = tuple(
        replace(line, amount=line.amount * 3) if line.key in {"total", "operating"} else line
        for line in closed.intake.package.prior
    )
    package = replace(closed.intake.package, prior=prior)
    account = closing.derive(closing.fill(replace(closed.intake, package=package)))
    words = words_of(closing.render(account).html)
    assert "相比，收、支总计各减少" in words
    assert "相比，收、支总计各增加" not in words


def test_a_first_year_has_no_growth(closed: Closed) -> None:
    assert closed.intake.package is not None
    prior = tuple(replace(line, amount=0) if line.key == "total" else line for line in closed.intake.package.prior)
    account = closing.derive(
        closing.fill(replace(closed.intake, package=replace(closed.intake.package, prior=prior)))
    )
    assert "total.growth" not in account.facts
    assert "上年数为零，不计算增减幅度" in words_of(closing.render(account).html)


def test_a_second_run_gives_the_same_bytes(closed: Closed, tmp_path: Path) -> None:
    again = close_directly(EXAMPLE, tmp_path / "again")
    names = {path.relative_to(closed.out) for path in closed.out.rglob("*") if path.is_file()}
    assert names == {path.relative_to(again.out) for path in again.out.rglob("*") if path.is_file()}
    for name in sorted(names):
        assert (closed.out / name).read_bytes() == (again.out / name).read_bytes(), name


def test_results_replace_earlier_results_whole_and_nothing_else(closed: Closed, tmp_path: Path) -> None:
    out = tmp_path / "out"
    closing.write_results(out, closed.account, closed.disclosure, closed.runs)
    (out / "stray.txt").write_text("left by somebody")
    closing.write_results(out, closed.account, closed.disclosure, closed.runs)
    assert not (out / "stray.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]

    other = tmp_path / "letters"
    other.mkdir()
    (other / "letter.txt").write_text("keep me")
    with pytest.raises(OutputError, match="不会被覆盖"):
        closing.write_results(other, closed.account, closed.disclosure, closed.runs)
    assert (other / "letter.txt").read_text() == "keep me"


def test_results_lie_ready_unpublished_until_they_are_published(closed: Closed, tmp_path: Path) -> None:
    out = tmp_path / "out"
    closing.write_results(out, closed.account, closed.disclosure, closed.runs)
    (out / "stray.txt").write_text("as it was")
    staged = closing.stage_results(out, closed.account, closed.disclosure, closed.runs)
    assert (staged.folder / "manifest.json").is_file()
    assert (out / "stray.txt").is_file()
    closing.discard(staged)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    staged = closing.stage_results(out, closed.account, closed.disclosure, closed.runs)
    closing.publish(staged)
    closing.discard(staged)
    assert not (out / "stray.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_link_that_can_not_be_archived_leaves_what_was_published_as_it_was(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    package, out = edited({}), tmp_path / "out"
    procedure = load_flow("procedure")
    request = procedure.Request(package=package, out=out, archive=str(tmp_path / "archive"))
    (package / "stray").symlink_to(tmp_path)

    for earlier in (False, True):
        with pytest.raises(OutputError, match="不能归档 stray"):
            procedure.close_unit(request)
        assert out.exists() is earlier
        assert {path.name for path in tmp_path.iterdir()} - {"package", "out"} == {".out.kept"}
        shutil.copytree(EXAMPLE, out, dirs_exist_ok=True)
        (out / "manifest.json").write_text("{}", encoding="utf-8")
    assert (out / "manifest.json").read_text(encoding="utf-8") == "{}"
    (package / "stray").unlink()
    procedure.close_unit(request)
    assert (out / "disclosure.html").is_file()
    assert (tmp_path / "archive" / "070123" / "2020" / "v0001" / "manifest-sha256.txt").is_file()


def test_each_input_is_hashed_once_read_once_and_archived_once(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    """An export is looked at three times more: twice for its kind and once for its longest line."""
    package, done = edited({}), []
    procedure = load_flow("procedure")
    request = procedure.Request(package=package, out=tmp_path / "out", archive=str(tmp_path / "archive"))

    def noting(name: str, stage: Callable[..., Any], *given: Any) -> Any:
        done.append(name)
        return stage(*given)

    with opened() as files:
        procedure.close_unit(request, noting)
    counts = {path.relative_to(package).as_posix(): files[path] for path in package.rglob("*") if path.is_file()}
    exports = {"ledger/vouchers.csv": 6, "ledger/trial-balance.csv": 6}
    assert counts == dict.fromkeys(counts, 3) | exports | {"published-tables.csv": 2}  # nothing reads the last
    assert done == [step.name for step in procedure.steps(signed=False)]


def test_an_input_that_was_changed_after_it_was_read_is_not_archived(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    package = edited({})
    procedure = load_flow("procedure")
    request = procedure.Request(package=package, out=tmp_path / "out", archive=str(tmp_path / "archive"))

    def changing(name: str, stage: Callable[..., Any], *given: Any) -> Any:
        if name == "归档":
            text = package / "texts" / "profile.yaml"
            text.write_text(text.read_text(encoding="utf-8") + "# 改过\n", encoding="utf-8")
        return stage(*given)

    with pytest.raises(OutputError, match=r"profile\.yaml 在归档时有改动"):
        procedure.close_unit(request, changing)
    assert not (tmp_path / "out").exists()
    procedure.close_unit(request)
    assert (tmp_path / "out" / "disclosure.html").is_file()


def test_the_stages_that_are_kept_are_those_from_which_a_run_can_begin_again() -> None:
    procedure = load_flow("procedure")
    kept = tuple(step.kept for step in procedure.STEPS if step.kept)
    assert {UNIT, *kept, SIGNATURE} == set(STAGES)
    assert tuple(one for one in STAGES if one in kept) == kept
    schema = procedure.Request.model_json_schema()["properties"]["resume_from"]
    assert tuple(schema["enum"]) == kept
    assert [step.name for step in procedure.STEPS if step.signed] == ["输出待签的草稿", "等待签署"]


def test_a_draft_that_is_sent_back_leaves_the_results_and_what_was_published_before_stands_again(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    package, out, rejected = edited({}), tmp_path / "out", tmp_path / "out.rejected"
    procedure = load_flow("procedure")
    request = procedure.Request(package=package, out=out, archive=str(tmp_path / "archive"))

    def refuses(folder: Path) -> None:
        turn = closing.next_signature(folder)
        assert turn is not None
        closing.take_signature(folder, turn, "王芳", approve=False, comment="差一张凭证")

    def sent_back(earlier: dict[str, bytes]) -> None:
        with pytest.raises(closing.SignOffRejected, match="审核人王芳不同意：差一张凭证"):
            procedure.close_unit(request, sign_off=refuses)
        assert held(out) == earlier
        assert 'class="draft-note"' in (rejected / "disclosure.html").read_text(encoding="utf-8")
        assert "已退回" in (rejected / "review" / "index.html").read_text(encoding="utf-8")
        assert "退回的草稿，没有公布" in tell_standing(read_results(rejected))
        with pytest.raises(closing.SignOffRefused, match="退回的草稿"):
            approve(rejected, "王芳", "审核人", on=date(2021, 5, 20))
        beside = {path.name for path in tmp_path.iterdir()} - {"out", "archive"}
        assert beside == {"package", ".out.kept", "out.rejected"}

    sent_back({})
    assert not out.exists()
    assert not list((tmp_path / "archive").rglob("*.html"))
    procedure.close_unit(request, sign_off=signs)
    assert not rejected.exists()
    final = held(out)
    assert b'class="draft-note"' not in final["disclosure.html"]
    text = package / "texts" / "profile.yaml"
    words = text.read_text(encoding="utf-8")
    text.write_text(words.replace("承办上级交办的其他事项。", "承办上级交办的其他工作。"), encoding="utf-8")
    sent_back(final)
    assert len([one for one in (tmp_path / "archive" / "070123" / "2020").iterdir() if one.is_dir()]) == 1


def signs(folder: Path) -> None:
    """Sign in every role whose turn it is."""
    for name in ("王芳", "陈刚"):
        turn = closing.next_signature(folder)
        if turn is not None:
            closing.take_signature(folder, turn, name, approve=True)


def test_the_final_text_is_not_published_before_it_is_archived(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    """Everybody has signed, and nothing can be archived: neither this run nor the next publishes a final text."""
    package, out = edited({}), tmp_path / "out"
    procedure = load_flow("procedure")
    request = procedure.Request(package=package, out=out, archive=str(tmp_path / "archive"))
    (package / "stray").symlink_to(tmp_path)
    for _ in range(2):
        with pytest.raises(OutputError, match="不能归档 stray"):
            procedure.close_unit(request, sign_off=signs)
        assert read_results(out).standing.state is closing.State.APPROVED
        assert 'class="draft-note"' in (out / "disclosure.html").read_text(encoding="utf-8")
    (package / "stray").unlink()
    procedure.close_unit(request, sign_off=signs)
    assert 'class="draft-note"' not in (out / "disclosure.html").read_text(encoding="utf-8")
    assert not closing.earlier_folder(out).exists()


def held(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_results_that_a_killed_closing_put_aside_for_a_draft_come_back(closed: Closed, tmp_path: Path) -> None:
    out, earlier = tmp_path / "out", closing.earlier_folder(tmp_path / "out")
    shutil.copytree(closed.out, earlier)
    closing.restore_earlier(out)
    assert (held(out), earlier.exists()) == (held(closed.out), False)
    shutil.copytree(closed.out, earlier)
    (out / "mark").write_text("newer")
    closing.restore_earlier(out)
    assert (out / "mark").is_file()


@pytest.mark.parametrize("published", [False, True])
def test_what_a_killed_closing_left_goes_and_what_it_took_away_comes_back(
    closed: Closed, tmp_path: Path, *, published: bool
) -> None:
    out = tmp_path / "out"
    shutil.copytree(closed.out, tmp_path / ".out-abc_1234" / "old")
    (tmp_path / ".out-abc_1234" / "old" / "mark").write_text("old")
    (tmp_path / ".out-zzzzzzzz" / "new").mkdir(parents=True)
    (tmp_path / ".out-letters_" / "mine").mkdir(parents=True)
    if published:
        shutil.copytree(closed.out, out)
    staged = closing.stage_results(out, closed.account, closed.disclosure, closed.runs)
    assert (out / "mark").exists() is not published
    closing.discard(staged)
    assert {path.name for path in tmp_path.iterdir()} == {"out", ".out-letters_"}


def test_an_intake_with_problems_is_not_filled(closed: Closed) -> None:
    with pytest.raises(ValueError, match="problems"):
        closing.fill(replace(closed.intake, package=None))
