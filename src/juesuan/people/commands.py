"""``juesuan users``: the register of people from the command line of the service's own user."""

import getpass
import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path

from juesuan.people.journal import Journal
from juesuan.people.keys import Keys, home_or_default
from juesuan.people.names import normalised
from juesuan.people.register import SHORTEST, Person, Register, Role, Seat
from juesuan.problems import ExitCode, InputError, Place, Problem

Say = Callable[[str], None]


def account() -> str:
    """Return the account of the operating system that runs this program, as logs and sign-offs name it."""
    try:
        return f"os:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # a container's user has no name
        return f"os:{os.getuid()}"


def add(home: Path | None, name: str, role: str, units: tuple[str, ...], *, say: Say) -> int:
    """Add a person, or a role to one."""
    keys, register = _of(home)
    seat = Seat(Role(role), tuple(dict.fromkeys(one.strip() for one in units)))
    known = register.named(name)
    person = register.add(name, seat, None if known else _new_password(normalised(name)))
    Journal(keys.journal).add(
        account(), account(), "添加角色" if known else "添加人员", f"{person.id} {_seats(person)}"
    )
    say(f"{person.name}　{_seats(person)}　编号 {person.id}")
    return ExitCode.OK


def show(home: Path | None, *, say: Say) -> int:
    """List who is here."""
    people = _of(home)[1].here()
    for one in people:
        say(f"{one.name}　{_seats(one)}　编号 {one.id}　{one.added[:10]} 添加")
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
