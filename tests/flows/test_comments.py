"""Comments on a closing: what they may stand on, who settles them, and that nobody signs before that is done."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from juesuan import closing
from juesuan.closing.signing import invitation, next_signature, take_signature
from juesuan.people import Person, Role, Seat
from juesuan.problems import ExitCode, OutputError
from juesuan.results import read_results
from juesuan.results.names import comments_file
from juesuan.review import CommentRefused, SignOffRefused, answer, approve, comment, settle, tell_standing
from tests.conftest import Closed

UNIT = "070123"
AUTHOR = Person("a", "李编", (Seat(Role.PREPARER),), "", "")
REVIEWER = Person("r", "王芳", (Seat(Role.REVIEWER, (UNIT,)),), "", "")
STRANGER = Person("s", "外人", (Seat(Role.REVIEWER, ("999999",)),), "", "")


@pytest.fixture
def out(closed: Closed, tmp_path: Path) -> Path:
    shutil.copytree(closed.out, tmp_path / "out")
    return tmp_path / "out"


def sign(out: Path) -> None:
    approve(out, "王芳", "审核人", on=date(2021, 5, 20))


@pytest.mark.parametrize(
    ("anchor", "quoted"), [("t1.30.1", "t1.30.1"), ("part-3-1", "part-3-1"), ("part-3-1/1", "“")]
)
def test_nobody_signs_before_a_comment_is_answered_and_settled(out: Path, anchor: str, quoted: str) -> None:
    note = comment(out, AUTHOR, anchor, "这个数与凭证不符，请核对\u202e 13812345678")
    assert note.text == "这个数与凭证不符，请核对 138****78"
    results = read_results(out)
    figure = results.facts.get(anchor)
    assert note.quoted == (f"{figure['label']} {figure['display']}" if figure else note.quoted)
    assert figure or quoted == "“" == note.quoted[0] or note.quoted == results.section_title(anchor).strip()
    with pytest.raises(SignOffRefused, match="有 1 条审阅意见没有了结，不能签署") as refused:
        sign(out)
    assert "第 1 条（李编，对" in str(refused.value)
    assert "138****78" in str(refused.value)
    assert refused.value.exit_code == ExitCode.CHECKS
    assert "有 1 条审阅意见没有了结" in tell_standing(results)
    turn = next_signature(out)
    assert turn
    assert "没有了结的审阅意见 1 条" in invitation(out, turn)
    with pytest.raises(SignOffRefused, match="没有了结"):
        take_signature(out, turn, "王芳", approve=True)
    with pytest.raises(CommentRefused, match="还没有人答复"):
        settle(out, AUTHOR, 1, UNIT)
    answer(out, REVIEWER, 1, "已核对，相符")
    with pytest.raises(SignOffRefused, match="没有了结"):
        sign(out)
    with pytest.raises(CommentRefused, match="只能由提出的人（李编）或本单位的审核人了结"):
        settle(out, STRANGER, 1, UNIT)
    settle(out, REVIEWER, 1, UNIT)
    with pytest.raises(CommentRefused, match="已经了结"):
        answer(out, AUTHOR, 1, "还有")
    sign(out)
    assert read_results(out).signoffs


def test_the_author_settles_too_and_another_comment_holds_up_again(out: Path) -> None:
    comment(out, AUTHOR, "title", "题目")
    answer(out, AUTHOR, 1, "对的")
    settle(out, AUTHOR, 1, UNIT)
    assert comment(out, REVIEWER, "title", "再看").number == 4
    with pytest.raises(SignOffRefused, match="第 4 条"):
        sign(out)


@pytest.mark.parametrize("anchor", ["", "t1.30", "part-3-1/0", "part-3-1/999", "part-3-1/x", "part-3-1/²", "../x"])
def test_a_comment_stands_on_what_there_is(out: Path, anchor: str) -> None:
    with pytest.raises(CommentRefused, match="结果里没有"):
        comment(out, AUTHOR, anchor, "意见")
    assert not comments_file(out).exists()


@pytest.mark.parametrize("text", ["", " \u200b\n", "长" * 1001])
def test_a_comment_says_something_and_not_too_much(out: Path, text: str) -> None:
    with pytest.raises(CommentRefused, match=r"请写明意见|太长"):
        comment(out, AUTHOR, "title", text)
    for act in (lambda: answer(out, AUTHOR, 1, "x"), lambda: settle(out, AUTHOR, 1, UNIT)):
        with pytest.raises(CommentRefused, match="没有第 1 条意见"):
            act()


def test_comments_outlive_a_closing_made_again_and_go_along_with_what_was_signed(
    closed: Closed, out: Path
) -> None:
    comment(out, AUTHOR, "title", "题目")
    closing.write_results(out, closed.account, closed.disclosure, closed.runs)
    with pytest.raises(SignOffRefused, match="没有了结"):
        sign(out)
    answer(out, AUTHOR, 1, "对的")
    settle(out, AUTHOR, 1, UNIT)
    sign(out)
    closing.write_results(out, closed.account, closed.disclosure, closed.runs)
    comments_file(out).unlink()  # results as they come from the archive
    (thread,) = read_results(out).threads
    assert not thread.open
    assert [one.text for one in thread.answers] == ["对的"]


def test_comments_of_another_closing_in_the_same_place_hold_nothing_up(out: Path) -> None:
    comment(out, AUTHOR, "title", "题目")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    (out / "manifest.json").write_text(json.dumps(manifest | {"year": 2021}), encoding="utf-8")
    assert read_results(out).unsettled == ()


@pytest.mark.parametrize("old", ["题目", "2021-13", '"kind": "comment"'])
def test_comments_changed_by_hand_are_refused(out: Path, old: str) -> None:
    comment(out, AUTHOR, "title", "题目")
    path = comments_file(out)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, "别的") if old in text else text[:-9], encoding="utf-8")
    with pytest.raises(OutputError, match=r"被改动过|无法读取"):
        sign(out)
