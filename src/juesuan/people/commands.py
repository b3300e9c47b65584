"""``juesuan users``: the register of people from the command line of the service's own user."""

import getpass
import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path

from juesuan.base.problems import ExitCode, InputError, Place, Problem
from juesuan.people.journal import Journal
from juesuan.people.keys import Keys, home_or_default
from juesuan.people.names import normalised
from juesuan.people.register import PEOPLE, SHORTEST, OutsideId, Person, Register, Role, Seat

Say = Callable[[str], None]


def account() -> str:
    """Return the account of the operating system that runs this program, as logs and sign-offs name it."""
    try:
        return f"os:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # a container's user has no name
        return f"os:{os.getuid()}"


def signer(home: Path | None, name: str, role: str, unit: str) -> str:
    """Return who signs on the command line: the id of a person of the register, who holds the role for the unit.

    Where there is no register, the account that runs this program is who signs.

    Raises:
        InputError: the person is not in the register, the account is not theirs, or they don't hold the role.
        OutputError: the register can't be read.
    """
    person = _speaker(home, name, "签署")
    if person is None:
        return account()
    if not person.may(role, unit):
        raise _refused(home, f"{person.name}不能作为{role}签署单位 {unit} 的决算；名册里是：{_seats(person)}")
    return person.id


def commenter(home: Path | None, name: str, unit: str) -> Person:
    """Return who comments on the command line: a person of the register who has to do with the unit.

    Where there is no register, the account that runs this program may settle what it likes, as it may sign.

    Raises:
        InputError: the person is not in the register, the account is not theirs, or the unit is not.
        OutputError: the register can't be read.
    """
    person = _speaker(home, name, "提意见")
    if person is None:
        return Person(account(), normalised(name), tuple(map(Seat, Role)), "", "")
    if not person.sees(unit):
        raise _refused(home, f"单位 {unit} 不是{person.name}的；名册里是：{_seats(person)}")
    return person


def _speaker(home: Path | None, name: str, to_do: str) -> Person | None:
    """Return who does something on the command line under a name; None where there is no register.

    Who they are is what the operating system says: the account that runs this program must be the one that is
    linked to the person.

    Raises:
        InputError: the person is not in the register, or the account is not theirs.
        OutputError: the register can't be read.
    """
    register = Register(_register_of(home).people)
    if not register.exists():
        return None
    person, user = register.named(name), account().removeprefix("os:")
    if person is None:
        raise _refused(home, f"{normalised(name) or '没有写姓名的人'}不在人员名册里，不能{to_do}")
    if person.os_user != user:
        words = (
            f"{person.name}不是现在的操作系统用户 {user}，不能用这个姓名{to_do}；"
            f"是同一个人的，请管理员登记：juesuan users account {person.name} {user}"
        )
        raise _refused(home, words)
    return person


def log_done(home: Path | None, by: str, name: str, what: str, detail: str) -> None:
    """Write what was done on the command line into the log, where there is a register."""
    keys = _register_of(home)
    if Register(keys.people).exists():
        Journal(keys.journal).add(by, normalised(name), what, f"命令行（{account()}）{detail}")


def _refused(home: Path | None, words: str) -> InputError:
    return InputError([Problem(Place(str(_register_of(home).people)), "signer", words)])


def _register_of(home: Path | None) -> Keys:
    """Return the files of the service whose register counts: the named, the environment's, or the user's own."""
    told = os.environ.get(PEOPLE, "")
    return Keys(Path(told).parent) if told and home is None else Keys(home_or_default(home))


def link(home: Path | None, name: str, os_user: str, *, say: Say) -> int:
    """Say which account of the operating system is a person's."""
    keys, register = _of(home)
    person = register.link(name, os_user)
    told = f"操作系统用户 {person.os_user}" if person.os_user else "没有操作系统用户"
    Journal(keys.journal).add(account(), account(), "登记操作系统用户", f"{person.id} {person.name} {told}")
    say(f"{person.name}　{told}")
    return ExitCode.OK


def bind(home: Path | None, name: str, subject: str, issuer: str, *, say: Say) -> int:
    """Say who a person is at a provider of logins; without a subject, nobody any more.

    Raises:
        InputError: there is no such person, the subject is none, or somebody else's.
    """
    subject, issuer = subject.strip(), issuer.strip()
    if not subject.isascii() or not subject.isprintable() or " " in subject:
        raise InputError([Problem(Place("users"), "users", "不是认证编号（英文字母、数字和符号）", subject)])
    keys, register = _of(home)
    person = register.bind(name, OutsideId(issuer, subject) if subject else None)
    told = f"认证编号 {subject}（{issuer}）" if subject else "没有认证编号"
    Journal(keys.journal).add(account(), account(), "登记认证编号", f"{person.id} {person.name} {told}")
    say(f"{person.name}　{told}")
    return ExitCode.OK


def add(
    home: Path | None, name: str, role: str, units: tuple[str, ...], *, password: bool = True, say: Say
) -> int:
    """Add a person, or a role to one; without a password, who logs in at a provider alone."""
    keys, register = _of(home)
    seat = Seat(Role(role), tuple(dict.fromkeys(one.strip() for one in units)))
    known = register.named(name)
    if known:
        chosen = None
    else:
        chosen = _new_password(normalised(name)) if password else ""
        if password and not chosen:
            raise InputError([Problem(Place("users"), "users", "新的人员要有密码", normalised(name))])
    person = register.add(name, seat, chosen)
    Journal(keys.journal).add(
        account(), account(), "添加角色" if known else "添加人员", f"{person.id} {_seats(person)}"
    )
    say(f"{person.name}　{_seats(person)}　编号 {person.id}")
    return ExitCode.OK


def show(home: Path | None, *, say: Say) -> int:
    """List who is here."""
    people = _of(home)[1].here()
    for one in people:
        os_user = f"　操作系统用户 {one.os_user}" if one.os_user else ""
        outside = f"　认证编号 {one.outside.subject}" if one.outside else ""
        say(f"{one.name}　{_seats(one)}{os_user}{outside}　编号 {one.id}　{one.added[:10]} 添加")
    if not people:
        say("还没有可以登录的人。")
    return ExitCode.OK


def remove(home: Path | None, name: str, *, say: Say) -> int:
    """Remove a person."""
    keys, register = _of(home)
    person = register.remove(name)
    Journal(keys.journal).add(account(), account(), "移除人员", f"{person.id} {person.name}")
    say(f"已移除 {person.name}；编号 {person.id} 不再给别人用。")
    return ExitCode.OK


def set_password(home: Path | None, name: str, *, say: Say) -> int:
    """Give a person another password."""
    keys, register = _of(home)
    person = register.set_password(name, _new_password(normalised(name)))
    Journal(keys.journal).add(account(), account(), "换密码", f"{person.id} {person.name}")
    say(f"{person.name} 的密码已换。")
    return ExitCode.OK


def log(home: Path | None, *, say: Say) -> int:
    """List the log, and prove it."""
    keys, _ = _of(home)
    count = 0
    for one in Journal(keys.journal).entries():
        count = one.number
        say(f"{one.number}　{one.at[:19]}　{one.name or '—'}　{one.what}　{one.detail}")
    say(f"共 {count} 行，封记逐行相符。")
    return ExitCode.OK


def _of(home: Path | None) -> tuple[Keys, Register]:
    keys = Keys(home_or_default(home))
    return keys, Register(keys.people)


def _seats(person: Person) -> str:
    return "、".join(
        one.role.value + (f"（单位 {'、'.join(one.units)}）" if one.units else "") for one in person.seats
    )


def _new_password(name: str) -> str:
    """Ask for a password twice; read a line where nobody sits at a terminal.

    Raises:
        InputError: the two are not the same.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"{name} 的密码（至少 {SHORTEST} 个字符）：")
    if getpass.getpass("再输入一次：") != first:
        raise InputError([Problem(Place("users"), "users", "两次输入的密码不一样")])
    return first
