"""Names that look the same are one person; passwords are hashed; the log tells of every change to itself."""

import io
import json
import stat
from pathlib import Path

import pytest
from prefect.settings import Settings
from prefect.settings.legacy import _get_settings_fields

from juesuan.base.files import write_whole
from juesuan.base.problems import ExitCode, InputError, OutputError
from juesuan.base.process import EMBEDDED, OFFLINE
from juesuan.cli import app
from juesuan.people import Journal, Register, Role, Seat, clean, normalised
from juesuan.people import commands as users
from juesuan.people.keys import Keys, Service

PASSWORD = "eine-lange-losung"  # noqa: S105 - of nobody


@pytest.mark.parametrize(
    "written",
    [
        "王芳",
        " 王芳 ",
        "王 芳",
        "王　芳",
        "王\u200b芳",
        "\ufeff王芳",
        "王芳\u2060",
        "王\u00ad芳",
        "王\u3164芳",
        "王芳\ufe00",
        "王\u202e芳",
        "王\u2009芳",
        "王\t芳\n",
        "王芳\U000e0100",
    ],
)
def test_a_name_with_what_nobody_sees_is_the_same_name(written: str) -> None:
    assert normalised(written) == "王芳"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Ａｎｎａ　Ｌｉ", "Anna Li"),
        ("Anna  Li", "Anna Li"),
        ("买买提·艾力", "买买提·艾力"),
        ("李 Anna", "李 Anna"),
        ("\u200b \u3000", ""),
        ("é", "é"),
        ("e\u0301", "é"),
        ("䶮", "䶮"),
    ],
)
def test_other_names_keep_what_is_seen(written: str, name: str) -> None:
    assert normalised(written) == name
    assert normalised(name) == name


def test_a_comment_keeps_its_words_and_loses_what_nobody_sees() -> None:
    assert clean("与 账簿\u200b相符\n") == "与 账簿相符"


def test_a_person_proves_who_they_are_by_a_password_that_stands_nowhere(tmp_path: Path) -> None:
    register = Register(tmp_path / "people.json")
    person = register.add("王 芳", Seat(Role.REVIEWER, ("070123",)), PASSWORD)
    assert register.proves("王\u200b芳", PASSWORD) == person
    assert register.proves("王芳", PASSWORD.upper()) is None
    assert register.proves("陈刚", PASSWORD) is None
    text = register.path.read_text(encoding="utf-8")
    assert PASSWORD not in text
    assert "$argon2id$" in text
    assert register.path.stat().st_mode & 0o777 == 0o600


def test_a_role_counts_for_its_units_alone(tmp_path: Path) -> None:
    register = Register(tmp_path / "people.json")
    register.add("王芳", Seat(Role.REVIEWER, ("070123",)), PASSWORD)
    person = register.add("王芳", Seat(Role.PREPARER))
    assert person.may("审核人", "070123")
    assert not person.may("审核人", "070124")
    assert not person.may("审核人", None)
    assert person.may("编制人", "070124")
    assert person.may("编制人", None)
    assert not person.may("批准人", "070123")
    assert len(register.people()) == 1


def test_who_is_removed_can_do_nothing_and_the_id_is_not_given_again(tmp_path: Path) -> None:
    register = Register(tmp_path / "people.json")
    first = register.add("王芳", Seat(Role.REVIEWER), PASSWORD)
    gone = register.remove("王芳")
    assert (gone.id, gone.password) == (first.id, "")
    assert not gone.may("审核人", "070123")
    assert register.proves("王芳", PASSWORD) is None
    assert register.proves("王芳", "") is None
    second = register.add("王芳", Seat(Role.APPROVER), PASSWORD)
    assert second.id != first.id
    assert [one.id for one in register.people()] == [first.id, second.id]
    assert register.by_id(first.id) is None


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("王芳", "kurz", "密码至少"),
        ("王芳", None, "要有密码"),
        ("\u200b", PASSWORD, "没有文字"),
        ("42", PASSWORD, "没有文字"),
    ],
)
def test_who_can_not_be_added_is_told_why(tmp_path: Path, name: str, password: str | None, said: str) -> None:
    register = Register(tmp_path / "people.json")
    with pytest.raises(InputError, match=said):
        register.add(name, Seat(Role.REVIEWER), password)
    assert register.people() == ()


def test_a_register_that_can_not_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    register = Register(tmp_path / "people.json")
    register.path.write_text("{", encoding="utf-8")
    with pytest.raises(OutputError, match="人员名册"):
        register.here()
    with pytest.raises(OutputError, match="人员名册"):
        register.add("王芳", Seat(Role.REVIEWER), PASSWORD)
    assert register.path.read_text(encoding="utf-8") == "{"


def test_every_line_of_the_log_is_sealed_with_the_one_before(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for what in ("登录", "操作", "退出"):
        journal.add("id", "王芳", what)
    first, second, third = journal.entries()
    assert [one.number for one in (first, second, third)] == [1, 2, 3]
    assert (first.before, second.before, third.before) == ("", first.seal, second.seal)
    assert journal.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [lines[0], lines[1].replace("王芳", "陈刚"), lines[2]], 2),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: [lines[1], lines[0], lines[2]], 1),
        (lambda lines: [lines[0], lines[0], lines[1], lines[2]], 2),
        (lambda lines: lines[1:], 1),
    ],
)
def test_a_log_that_was_changed_says_where(tmp_path: Path, change: object, line: int) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for what in ("登录", "操作", "退出"):
        journal.add("id", "王芳", what)
    lines = journal.path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert callable(change)
    journal.path.write_text("".join(change(lines)), encoding="utf-8")
    with pytest.raises(OutputError, match=f"第 {line} 行被改动过"):
        list(journal.entries())


def test_a_log_whose_last_line_is_torn_takes_no_more_lines_and_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.add("id", "王芳", "登录")
    with journal.path.open("a", encoding="utf-8") as file:
        file.write('{"number": 2')
    with pytest.raises(OutputError, match="无法读取"):
        journal.add("id", "王芳", "退出")


def test_people_are_kept_by_the_command_line_and_what_it_did_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\nnoch-eine-losung\n"))
    assert users.add(tmp_path, "王 芳", "审核人", ("070123", "070123"), say=said.append) == ExitCode.OK
    assert users.add(tmp_path, "王芳", "编制人", (), say=said.append) == ExitCode.OK
    assert users.set_password(tmp_path, "王芳", say=said.append) == ExitCode.OK
    register = Register(Keys(tmp_path).people)
    assert register.proves("王芳", "noch-eine-losung")
    assert users.show(tmp_path, say=said.append) == ExitCode.OK
    assert "审核人（单位 070123）、编制人" in said[-1]
    assert users.remove(tmp_path, "王芳", say=said.append) == ExitCode.OK
    assert users.show(tmp_path, say=said.append) == ExitCode.OK
    assert said[-1] == "还没有可以登录的人。"
    assert users.log(tmp_path, say=said.append) == ExitCode.OK
    assert said[-1] == "共 4 行，封记逐行相符。"
    whats = [one.what for one in Journal(Keys(tmp_path).journal).entries()]
    assert whats == ["添加人员", "添加角色", "换密码", "移除人员"]
    assert PASSWORD not in Keys(tmp_path).journal.read_text(encoding="utf-8")


def test_the_key_is_made_once_and_read_by_its_own_user_alone(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "home")
    key = keys.secret()
    assert key == keys.secret()
    user, _, password = key.partition(":")
    assert user == "juesuan"
    assert len(password) >= 40
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    (tmp_path / "home" / "api-key").chmod(0o640)
    with pytest.raises(OutputError, match="别的用户能读"):
        keys.secret()


def test_where_the_service_is_is_told_while_it_is_there(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    assert keys.service() is None
    keys.announce(Service("http://127.0.0.1:5/api", "http://127.0.0.1:4200"))
    assert keys.service() == Service("http://127.0.0.1:5/api", "http://127.0.0.1:4200")
    assert json.loads((tmp_path / "service.json").read_text())["api"].startswith("http://127.0.0.1")
    keys.withdraw()
    assert keys.service() is None


def test_a_file_that_can_not_be_put_in_its_place_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """One writer for the register, the keys, what stages kept and sign-offs: none leaves a secret lying about."""
    (tmp_path / "place").mkdir()
    with pytest.raises(OSError, match="place"):
        write_whole(tmp_path / "place", "secret")
    assert [path.name for path in tmp_path.iterdir()] == ["place"]
    write_whole(tmp_path / "key", "secret")
    write_whole(tmp_path / "page", b"for all", mode=0o644)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("key", "page")] == [0o600, 0o644]
    assert (tmp_path / "key").read_text(encoding="utf-8") == "secret"


def test_a_notification_without_a_service_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(OutputError, match=r"没有正在运行的决算服务.*--api"):
        app(["notify", "--home", str(tmp_path)], result_action="return_value")


def test_what_the_program_tells_prefect_is_what_prefect_asks_for() -> None:
    """A setting that Prefect no longer has is told in vain; so is one of a server that it starts by itself."""
    known = {name for name in _get_settings_fields(Settings) if "EPHEMERAL" not in name}
    told = {name for name in {**OFFLINE, **EMBEDDED} if name.startswith("PREFECT_")}
    handlers = {name for name in told if name.startswith("PREFECT_LOGGING_HANDLERS_")}  # of its logging.yml
    assert told - handlers <= known
