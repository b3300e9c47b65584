"""Comments on a closing: what they may stand on, who settles them, and that nobody signs before that is done."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from juesuan import closing
from juesuan.base.problems import ExitCode, JuesuanError, OutputError
from juesuan.cli import app
from juesuan.closing.signing import invitation, next_signature, take_signature
from juesuan.people import Journal, Person, Register, Role, Seat, commands
from juesuan.results import read_results
from juesuan.results.names import comments_file
from juesuan.review import CommentRefused, SignOffRefused, answer, approve, comment, settle, tell_standing
from tests.conftest import Closed

UNIT, KEY = "070123", "070123-2020"
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
        settle(out, AUTHOR, 1, UNIT, KEY)
    answer(out, REVIEWER, 1, "已核对，相符", KEY)
    with pytest.raises(SignOffRefused, match="没有了结"):
        sign(out)
    with pytest.raises(CommentRefused, match="只能由提出的人（李编）或本单位的审核人了结"):
        settle(out, STRANGER, 1, UNIT, KEY)
    settle(out, REVIEWER, 1, UNIT, KEY)
    with pytest.raises(CommentRefused, match="已经了结"):
        answer(out, AUTHOR, 1, "还有", KEY)
    sign(out)
    assert read_results(out).signoffs


def test_the_author_settles_too_and_another_comment_holds_up_again(out: Path) -> None:
    comment(out, AUTHOR, "title", "题目")
    answer(out, AUTHOR, 1, "对的", KEY)
    settle(out, AUTHOR, 1, UNIT, KEY)
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
    for act in (lambda: answer(out, AUTHOR, 1, "x", KEY), lambda: settle(out, AUTHOR, 1, UNIT, KEY)):
        with pytest.raises(CommentRefused, match="没有第 1 条意见"):
            act()


def test_comments_outlive_a_closing_made_again_and_go_along_with_what_was_signed(
    closed: Closed, out: Path
) -> None:
    comment(out, AUTHOR, "title", "题目")
    closing.write_results(out, closed.account, closed.disclosure, closed.runs)
    with pytest.raises(SignOffRefused, match="没有了结"):
        sign(out)
    answer(out, AUTHOR, 1, "对的", KEY)
    settle(out, AUTHOR, 1, UNIT, KEY)
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


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    try:
        code = app(["comments", *words], result_action="return_value")
    except JuesuanError as error:  # as the program's end tells it
        return error.exit_code, f"{error}\n"
    said = capsys.readouterr()
    return int(code), said.out + said.err


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A service's folder: the account that runs the tests is 王芳's; 李编's is another."""
    register = Register(tmp_path / "home" / "people.json")
    register.add("王芳", Seat(Role.REVIEWER, (UNIT,)), "")
    register.add("李编", Seat(Role.PREPARER), "")
    register.link("王芳", commands.account().removeprefix("os:"))
    register.link("李编", "somebody-else")
    return tmp_path / "home"


def test_the_command_line_says_what_the_page_says(
    out: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = ("--as", "王芳", "--home", str(home))
    code, said = told(capsys, "find", str(out), "t1.30.1")
    assert (code, said.partition("　")[0]) == (0, "t1.30.1")
    assert told(capsys, "add", str(out), "t1.30.1", "与凭证不符", *mine)[1].startswith("第 1 条　对")
    assert "1 条没有了结" in told(capsys, "list", str(out))[1]
    assert told(capsys, "settle", str(out), "1", *mine) == (3, "第 1 条意见还没有人答复，不能了结。\n")
    assert told(capsys, "answer", str(out), "1", "已改 13812345678", *mine) == (0, "答复第 1 条：已改 138****78\n")
    assert told(capsys, "settle", str(out), "1", *mine) == (0, "第 1 条已了结；还有 0 条没有了结。\n")
    listed = told(capsys, "list", str(out))[1]
    for words in ("0 条没有了结", "第 1 条　已了结", "王芳：与凭证不符", "王芳：已改", "王芳了结"):
        assert words in listed
    thread = read_results(out).threads[0]
    assert thread.comment.by == Register(home / "people.json").people()[0].id
    assert [one.what for one in Journal(home / "journal.jsonl").entries()] == ["提意见", "答复意见", "了结意见"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("李编", "不是现在的操作系统用户"), ("没有", "不在人员名册里，不能提意见"), ("", "没有写姓名的人")],
)
def test_nobody_comments_in_another_persons_name(
    out: Path, home: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    for words in (("add", str(out), "t1.30.1", "x"), ("answer", str(out), "1", "x"), ("settle", str(out), "1")):
        code, answer = told(capsys, *words, "--as", name, "--home", str(home))
        assert code == ExitCode.INPUT
        assert said in answer
    assert not comments_file(out).exists()
    assert not Journal(home / "journal.jsonl").path.exists()


def test_who_has_nothing_to_do_with_the_unit_comments_on_nothing(
    out: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register = Register(home / "people.json")
    register.add("王芳", Seat(Role.REVIEWER, ("999999",)))
    code, said = told(capsys, "add", str(out), "t1.30.1", "x", "--as", "王芳", "--home", str(home))
    assert code == ExitCode.INPUT
    assert f"单位 {UNIT} 不是王芳的" in said


def test_without_a_register_the_account_itself_comments(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = ("--as", "王　芳", "--home", str(tmp_path / "none"))
    for words in (("add", str(out), "part-3-1", "x"), ("answer", str(out), "1", "y"), ("settle", str(out), "1")):
        assert told(capsys, *words, *mine)[0] == 0
    comment_ = read_results(out).threads[0].comment
    assert (comment_.by, comment_.name) == (commands.account(), "王芳")
    assert not (tmp_path / "none").exists()


def test_what_can_be_commented_on_is_found_by_its_words(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    section = next(one for one in read_results(out).sections if one["paragraphs"])
    sentence = str(section["paragraphs"][0])
    code, said = told(capsys, "find", str(out), sentence.partition("，")[0])
    assert code == 0
    assert f"{section['anchor']}/1　{sentence}" in said
    assert told(capsys, "find", str(out), "没有 这样")[1] == "没有“没有 这样”这样的数、节或句子。\n"
    many = told(capsys, "find", str(out), "t1")[1].splitlines()
    assert (len(many), many[-1]) == (41, "只列前 40 处，请写得更具体些。")


def test_a_comment_on_another_closing_in_the_same_place_is_none(out: Path) -> None:
    comment(out, AUTHOR, "t1.30.1", "x")
    with pytest.raises(CommentRefused, match="没有第 1 条意见"):
        answer(out, REVIEWER, 1, "y", "070123-2021")
    with pytest.raises(CommentRefused, match="没有第 1 条意见"):
        settle(out, REVIEWER, 1, UNIT, "070123-2021")
