"""Sessions that end, and a lock-out after wrong passwords. Both live in memory: a restart ends every session."""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from juesuan.people import Journal, OutsideId, Person, Register, normalised

IDLE, LONGEST = 30 * 60, 10 * 3600
"""Seconds: a session ends that long after its last request, and that long after the login."""

TRIES, LOCKED = 5, 15 * 60
"""Wrong passwords for one name until it is locked, and for how many seconds."""

_TRIES_FROM_ONE_PLACE = 50  # an office may stand behind one address
_LONGEST_NAME = 60
_REMEMBERED = 10_000  # names and places with failures; beyond that those with the fewest are forgotten
_BYTES = 32


@dataclass
class Session:
    """A login. ``person`` is an id: what a person may do is looked up at each request.

    ``proof`` is how the person logs in (password, who they are at a provider): another one ends the session.
    """

    person: str
    proof: tuple[str, OutsideId | None]
    began: float
    used: float


@dataclass
class _Failures:
    count: int = 0
    until: float = 0


class LockedOut(Exception):  # noqa: N818 - names what happened
    """Too many wrong passwords."""


@dataclass
class Door:
    """Lets people in, by a password or a provider's word, knows who is inside, and writes down who came."""

    register: Register
    journal: Journal
    clock: Callable[[], float] = time.monotonic
    _sessions: dict[str, Session] = field(default_factory=dict)
    _failures: dict[str, _Failures] = field(default_factory=dict)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(_BYTES))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, name: str, password: str, place: str) -> tuple[str, Person] | None:
        """Return a new session's token and the person; None where name or password is wrong.

        Raises:
            LockedOut: there were too many wrong passwords for the name, or from the place.
        """
        name = normalised(name)[:_LONGEST_NAME]
        keys = ((f"name {name}", TRIES), (f"place {place}", _TRIES_FROM_ONE_PLACE))
        self._refuse_locked(keys)
        person = self.register.proves(name, password)
        if person is None:
            self._failed(keys, name, place)
            return None
        with self._lock:
            self._failures.pop(keys[0][0], None)
        return self._inside(person, place), person

    def enter_as(self, outside: OutsideId, place: str) -> tuple[str, Person] | None:
        """Return a new session's token and the person whom a provider names; None where that is nobody."""
        person = self.register.at(outside)
        told = f"{place}；统一认证 {outside.issuer} {outside.subject}"
        if person is None:
            self.journal.add("", "", "登录失败", f"{told}；没有登记")
            return None
        return self._inside(person, told), person

    def refuse_place(self, place: str) -> None:
        """Refuse who comes from where too many logins failed.

        Raises:
            LockedOut: there were too many.
        """
        self._refuse_locked(((f"place {place}", _TRIES_FROM_ONE_PLACE),))

    def not_believed(self, place: str, why: str) -> None:
        """Count and write down a login at a provider that came to nothing."""
        self._failed(((f"place {place}", _TRIES_FROM_ONE_PLACE),), "", f"{place}；统一认证：{why}")

    def _inside(self, person: Person, told: str) -> str:
        """Return the token of a new session, whatever the browser brought along."""
        token = secrets.token_urlsafe(_BYTES)
        with self._lock:
            now = self.clock()
            self._sessions = {key: one for key, one in self._sessions.items() if self._lives(one, now)}
            self._sessions[_hash(token)] = Session(person.id, (person.password, person.outside), now, now)
        self.journal.add(person.id, person.name, "登录", told)
        return token

    def _failed(self, keys: tuple[tuple[str, int], ...], name: str, told: str) -> None:
        locked = self._count(keys)
        self.journal.add("", name, "登录失败", f"{told}{'；已锁定' if locked else ''}")

    def person(self, token: str) -> Person | None:
        """Return who holds a token whose session has not ended; the session was used now."""
        with self._lock:
            session = self._sessions.get(_hash(token)) if token else None
            now = self.clock()
            if session is None or not self._lives(session, now):
                self._sessions.pop(_hash(token), None)
                return None
            session.used = now
        person = self.register.by_id(session.person)
        if person and (person.password, person.outside) == session.proof:
            return person
        with self._lock:  # for good: what was taken from somebody may be given back
            self._sessions.pop(_hash(token), None)
        return None

    def leave(self, token: str) -> None:
        """End a session."""
        person = self.person(token)
        with self._lock:
            self._sessions.pop(_hash(token), None)
        if person:
            self.journal.add(person.id, person.name, "退出")

    def new_form(self) -> str:
        """Return a new value for the cookie that binds forms of ours to a browser."""
        return secrets.token_urlsafe(_BYTES)

    def form_token(self, bound_to: str) -> str:
        """Return what a form of ours carries that another site can't know: bound to a cookie."""
        return hashlib.blake2b(bound_to.encode(), key=self._key, digest_size=_BYTES).hexdigest()

    def form_is_ours(self, bound_to: str, token: str) -> bool:
        """Return whether a form came from a page of ours."""
        return bool(bound_to) and secrets.compare_digest(self.form_token(bound_to).encode(), token.encode())

    def _lives(self, session: Session, now: float) -> bool:
        return now - session.used < IDLE and now - session.began < LONGEST

    def _refuse_locked(self, keys: tuple[tuple[str, int], ...]) -> None:
        with self._lock:
            if any(key in self._failures and self._failures[key].until > self.clock() for key, _ in keys):
                raise LockedOut

    def _count(self, keys: tuple[tuple[str, int], ...]) -> bool:
        """Count a failure; return whether it locks a name or a place."""
        with self._lock:
            now, locked = self.clock(), False
            self._failures = {key: one for key, one in self._failures.items() if one.until > now or one.until == 0}
            if len(self._failures) > _REMEMBERED:
                many = sorted(self._failures.items(), key=lambda one: (one[1].until, one[1].count))
                self._failures = dict(many[_REMEMBERED // 2 :])
            for key, tries in keys:
                found = self._failures.setdefault(key, _Failures())
                found.count += 1
                if found.count >= tries:
                    self._failures[key] = _Failures(0, now + LOCKED)
                    locked = True
            return locked


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
