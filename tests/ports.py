"""Ports for the servers of tests.

They lie below those that the system gives to outgoing connections (32768 and more on Linux): any client may take
one of these between asking for a free port and listening on it. A server that takes neighbours of its port, too,
names them. Processes that test at the same time draw at random, so they hardly meet.
"""

import random
import socket
from collections.abc import Sequence

_FIRST, _LAST = 10_240, 22_600
_GIVEN: set[int] = set()


def free_port(neighbours: Sequence[int] = ()) -> int:
    """Return a port that nobody listens on, and nobody on those so far above it; each is given once a process."""
    while True:
        port = random.SystemRandom().randint(_FIRST, _LAST)
        ports = {port, *(port + distance for distance in neighbours)}
        if not ports & _GIVEN and all(map(_nobody_listens, ports)):
            _GIVEN.update(ports)
            return port


def _nobody_listens(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
