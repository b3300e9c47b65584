"""The people of an office, their roles and their passwords: one file, for the service's own user alone.

A person has an id that never changes and is never given again; who is removed stays in the file, so that old
sign-offs keep their names. A password is kept as its Argon2id hash (RFC 9106, the parameters of argon2-cffi).
"""

import json
import secrets
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan.base.files import json_text, locked, write_whole
from juesuan.base.problems import InputError, OutputError, Place, Problem, words_of
from juesuan.base.process import office_now
from juesuan.people.names import normalised

if TYPE_CHECKING:
    from argon2 import PasswordHasher

PEOPLE = "JUESUAN_PEOPLE"
"""Environment variable: the register of the service that runs a closing."""

SHORTEST = 10  # characters of a password


class Role(StrEnum):
    """What a person may do. The first three are the roles of a closing; 管理员 runs the service."""

    PREPARER = "编制人"
    REVIEWER = "审核人"
    APPROVER = "批准人"
    ADMINISTRATOR = "管理员"


@dataclass(frozen=True)
class Seat:
    """A role, and the codes of the units for which it is held; none of them means every unit."""

    role: Role
    units: tuple[str, ...] = ()

    def holds(self, unit: str | None) -> bool:
        """Return whether it counts for a unit; ``None`` is a unit that nobody knows, or several."""
        return not self.units or unit in self.units


@dataclass(frozen=True)
class OutsideId:
    """Who somebody is at a provider of logins (OpenID Connect): its issuer, and a subject that it never reuses."""

    issuer: str
    subject: str


@dataclass(frozen=True)
class Person:
    """One person. ``removed`` is when they left, and empty for who is here.

    ``os_user`` is the account of the operating system that is theirs; empty where none is linked. ``outside`` is
    who they are at a provider of logins. Who has no ``password`` logs in there alone.
    """

    id: str
    name: str
    seats: tuple[Seat, ...]
    password: str
    added: str
    removed: str = ""
    os_user: str = ""
    outside: OutsideId | None = None

    def may(self, role: str, unit: str | None) -> bool:
        """Return whether the person holds a role for a unit."""
        return not self.removed and any(one.role == role and one.holds(unit) for one in self.seats)

    def sees(self, unit: str) -> bool:
        """Return whether the person has anything to do with a unit."""
        return any(self.may(role, unit) for role in Role)

    @property
    def everywhere(self) -> bool:
        """Whether some role is held for every unit: who has none such sees their units alone."""
        return any(not one.units for one in self.seats)

    @property
    def roles(self) -> frozenset[Role]:
        """Every role that the person holds somewhere."""
        return frozenset(one.role for one in self.seats)


class Register:
    """The file of people; passwords are hashed as the library thinks right now, or by another ``hasher``."""

    def __init__(self, path: Path, hasher: "PasswordHasher | None" = None) -> None:
        self.path, self._other_hasher = path, hasher

    def people(self) -> tuple[Person, ...]:
        """Return everybody, also who was removed, in the order in which they were added.

        Raises:
            OutputError: the file can't be read.
        """
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            return tuple(_person(one) for one in data["people"])
        except FileNotFoundError:
            return ()
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise OutputError(f"人员名册 {self.path} 无法读取（{error}）。") from error

    def exists(self) -> bool:
        """Return whether there is a register, be it empty.

        Raises:
            OutputError: that can't be told: this user may not look.
        """
        try:
            self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise OutputError(f"人员名册 {self.path} 无法读取（{words_of(error)}）。") from error
        return True

    def here(self) -> tuple[Person, ...]:
        """Return who is not removed."""
        return tuple(one for one in self.people() if not one.removed)

    def named(self, name: str) -> Person | None:
        """Return the person of a name who is here."""
        wanted = normalised(name)
        return next((one for one in self.here() if one.name == wanted), None)

    def by_id(self, identity: str) -> Person | None:
        """Return the person of an id who is here."""
        return next((one for one in self.here() if one.id == identity), None)

    def at(self, outside: OutsideId) -> Person | None:
        """Return the person who is here and is this subject of a provider."""
        return next((one for one in self.here() if one.outside == outside), None)

    def add(self, name: str, seat: Seat, password: str | None = None) -> Person:
        """Add a person, or another role to one who is here (who keeps the password); return them.

        An empty password is none: who has none can't log in by one.

        Raises:
            InputError: the name holds no letter, or a new person comes without a password, or with a short one.
            OutputError: the file can't be written.
        """
        name = normalised(name)
        if not any(one.isalpha() for one in name):
            raise _wrong("姓名里没有文字", name)
        with self._changing() as people:
            found = next((one for one in people if one.name == name and not one.removed), None)
            if found is None:
                if password is None:
                    raise _wrong("新的人员要有密码", name)
                now = office_now()
                kept = self.hashed(password) if password else ""
                made = Person(secrets.token_hex(16), name, (seat,), kept, now)
                people.append(made)
                return made
            seats = (*(one for one in found.seats if one.role is not seat.role), seat)
            changed = replace(found, seats=seats, password=self.hashed(password) if password else found.password)
            people[people.index(found)] = changed
            return changed

    def link(self, name: str, os_user: str) -> Person:
        """Say which account of the operating system is a person's (empty: none any more); return them.

        Raises:
            InputError: there is no such person, or the account is somebody else's.
            OutputError: the file can't be written.
        """
        os_user = os_user.strip()

        def linked(one: Person) -> Person:
            others = (other for other in self.here() if other.id != one.id)
            taken = next((other for other in others if os_user and other.os_user == os_user), None)
            if taken is not None:
                raise _wrong(f"操作系统用户 {os_user} 已经是{taken.name}的", one.name)
            return replace(one, os_user=os_user)

        return self._replaced(name, linked)

    def bind(self, name: str, outside: OutsideId | None) -> Person:
        """Say who a person is at a provider of logins (None: nobody any more); return them.

        Raises:
            InputError: there is no such person, or the subject is somebody else.
            OutputError: the file can't be written.
        """

        def bound(one: Person) -> Person:
            taken = self.at(outside) if outside else None
            if taken is not None and taken.id != one.id:
                raise _wrong(f"这个统一认证的编号已经是{taken.name}的", one.name)
            return replace(one, outside=outside)

        return self._replaced(name, bound)

    def set_password(self, name: str, password: str) -> Person:
        """Give a person another password; return them.

        Raises:
            InputError: there is no such person, or the password is short.
            OutputError: the file can't be written.
        """
        return self._replaced(name, lambda one: replace(one, password=self.hashed(password)))

    def remove(self, name: str) -> Person:
        """Remove a person: they can't log in or sign any more, and stay in the file; return them.

        Raises:
            InputError: there is no such person.
            OutputError: the file can't be written.
        """
        now = office_now()
        return self._replaced(name, lambda one: replace(one, removed=now, password="", outside=None))

    def proves(self, name: str, password: str) -> Person | None:
        """Return who has this name and password; takes as long for a name that nobody has."""
        from argon2.exceptions import InvalidHashError, VerifyMismatchError

        person = self.named(name)
        try:
            known = person.password if person and person.password else self._nobody
            self._hasher.verify(known, clean_password(password))
        except (VerifyMismatchError, InvalidHashError):
            return None
        return person

    def hashed(self, password: str) -> str:
        """Return the hash of a password.

        Raises:
            InputError: it is too short.
        """
        password = clean_password(password)
        if len(password) < SHORTEST:
            raise _wrong(f"密码至少 {SHORTEST} 个字符", f"{len(password)} 个字符")
        return self._hasher.hash(password)

    @cached_property
    def _hasher(self) -> "PasswordHasher":
        from argon2 import PasswordHasher

        return self._other_hasher or PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_hex(16))

    def _replaced(self, name: str, change: Callable[[Person], Person]) -> Person:
        wanted = normalised(name)
        with self._changing() as people:
            found = next((one for one in people if one.name == wanted and not one.removed), None)
            if found is None:
                raise _wrong("没有这个人", wanted)
            changed = change(found)
            people[people.index(found)] = changed
            return changed

    @contextmanager
    def _changing(self) -> Iterator[list[Person]]:
        """Yield everybody to be changed; written whole at the end of the block, one program at a time."""
        with suppress(OSError):  # the lock says what is wrong with the folder
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(self.path, "人员名册"):
            people = list(self.people())
            yield people
            self._write(people)

    def _write(self, people: Sequence[Person]) -> None:
        data = {"people": [asdict(one) for one in people]}
        try:
            write_whole(self.path, json_text(data))
        except OSError as error:
            raise OutputError(f"无法写入人员名册 {self.path}：{words_of(error)}") from error


def clean_password(password: str) -> str:
    """Return a password as it is hashed: in form NFKC, so that every keyboard's way of writing it counts."""
    return unicodedata.normalize("NFKC", password)


def _person(data: dict[str, Any]) -> Person:
    seats = tuple(Seat(Role(one["role"]), tuple(one["units"])) for one in data.pop("seats"))
    outside = data.pop("outside", None)
    return Person(seats=seats, outside=OutsideId(**outside) if outside else None, **data)


def _wrong(message: str, found: str) -> InputError:
    return InputError([Problem(Place("users"), "users", message, found)])
