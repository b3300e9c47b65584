"""Where people reach the service: which hosts it answers to, and which pages are its own."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from juesuan.base.problems import InputError, Place, Problem

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_DEFAULT = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Site:
    """One port of the service. ``origin`` stands in links; ``hosts`` are the Host headers that it answers to."""

    origin: str
    hosts: frozenset[str]

    @classmethod
    def at(cls, host: str, port: int, address: str = "") -> "Site":
        """Return the site at a host and port; ``address`` is what people type where it is something else.

        A site answers to names that were given to it and to no other: a page of somebody else's whose name was
        made to point here (DNS rebinding) sends that name.

        Raises:
            InputError: ``address`` is no address of a site.
        """
        own = {f"{one}:{port}" for one in LOOPBACK}
        named = bracketed(host)
        if not anywhere(host):
            own.add(f"{named}:{port}")
        if not address:
            return cls(f"http://{LOOPBACK[0] if anywhere(host) else named}:{port}", frozenset(own))
        parts = urlsplit(address)
        if parts.scheme not in _DEFAULT or not parts.hostname or parts.path.strip("/") or parts.query:
            wrong = Problem(
                Place("--address"), "address", "不是网址", address, "https://主机名 或 http://主机名:端口"
            )
            raise InputError([wrong])
        shown = parts.netloc.rpartition("@")[2].lower()
        shown = shown.removesuffix(f":{_DEFAULT[parts.scheme]}")  # which a browser leaves out
        return cls(f"{parts.scheme}://{shown}", frozenset({*own, shown}))

    @property
    def secure(self) -> bool:
        """Whether people reach it by TLS."""
        return self.origin.startswith("https:")

    def answers(self, host: str) -> bool:
        """Return whether it answers to a Host header."""
        return host.lower() in self.hosts

    def is_own(self, origin: str, host: str) -> bool:
        """Return whether an Origin header names the site that was asked under this Host header."""
        return self.answers(host) and origin.lower() in {self.origin, f"http://{host.lower()}"}

    def origin_of(self, host: str) -> str:
        """Return the origin that a browser shows which asks under a Host header."""
        return self.origin if self.origin.endswith(f"://{host.lower()}") else f"http://{host.lower()}"


def bracketed(host: str) -> str:
    """Return a host as it stands in an address: an IPv6 one in brackets."""
    return f"[{host.strip('[]')}]" if ":" in host else host


def anywhere(host: str) -> bool:
    """Return whether a server at this host listens on every address of the machine."""
    return host in ("", "0.0.0.0", "::", "[::]", "*")  # noqa: S104 - recognised, not bound


def on_this_machine(host: str) -> bool:
    """Return whether only this machine reaches a server at this host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
