"""`juesuan serve` for the tests: started, with people who can log in, and asked as a browser asks."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Page

from juesuan.people import Register, Role, Seat
from juesuan.people.keys import Keys
from tests.integration.orchestrator import Orchestrator
from tests.integration.servers import wait_for
from tests.ports import free_port

PASSWORD = "eine-lange-losung"  # noqa: S105 - of people who are not
PEOPLE = {"管理": Role.ADMINISTRATOR, "李编": Role.PREPARER, "王芳": Role.REVIEWER, "陈刚": Role.APPROVER}


@dataclass(frozen=True)
class Office:
    """A service that runs."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"
    prefect: Orchestrator

    @property
    def page(self) -> str:
        """Where people open it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def results(self) -> str:
        """Where its results are shown."""
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def keys(self) -> Keys:
        """The files of its folder."""
        return Keys(self.folder / "home")

    def inside(self, name: str = "管理") -> httpx.Client:
        """Return what asks as a person does who is logged in."""
        client = httpx.Client(timeout=60)
        assert log_in(client, self.page, name).headers["location"] == "/"
        return client

    def get(self, address: str) -> httpx.Response:
        """Open a page as somebody who is logged in."""
        with contextlib.closing(self.inside()) as client:
            return client.get(address)


def log_in(client: httpx.Client, page: str, name: str, password: str = PASSWORD) -> httpx.Response:
    """Fill the login form in."""
    form = re.search(r'name="form" value="([0-9a-f]+)"', client.get(f"{page}/office/login").text)
    assert form
    fields = {"form": form[1], "next": "/", "name": name, "password": password}
    return client.post(f"{page}/office/login", data=fields)


def enter(page: Page, office: Office, name: str) -> None:
    """Log in in a browser, as nobody who was there before."""
    page.context.clear_cookies()
    page.goto(f"{office.page}/")
    page.get_by_label("姓名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{office.page}/office/")


@contextlib.contextmanager
def office_in(
    folder: Path, environment: Mapping[str, str] | None = None, *words: str, port: int = 0, kill: bool = False
) -> Iterator[Office]:
    """Run a service whose home and results lie in a folder; ``kill`` ends it as a power cut would."""
    port, home = port or free_port(neighbours=[1]), folder / "home"
    if not (home / "people.json").exists():
        register = Register(home / "people.json")
        for name, role in PEOPLE.items():
            register.add(name, Seat(role), PASSWORD)
    command = [sys.executable, "-m", "juesuan", "serve", "--port", str(port), "--home", str(home), *words]
    own = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")}
    keys = Keys(home)
    keys.withdraw()  # what a killed one left
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **own, **(environment or {})}, stdout=log, stderr=log
        )
        try:
            wait_for(lambda: ready(process, keys, folder / "log"), "the service")
            service = keys.service()
            assert service
            yield Office(folder, port, process, Orchestrator(service.api, keys.secret()))
        finally:
            if kill:
                process.kill()
            else:
                process.terminate()
            process.wait(180)  # on a busy machine


def ready(process: "subprocess.Popen[bytes]", keys: Keys, log: Path) -> bool:
    """Return whether a service is there: it says so when its deployments are."""
    assert process.poll() is None, f"the service ended: {log.read_text(errors='replace')[-2000:]}"
    return keys.service() is not None


def children_of(parent: int) -> dict[int, str]:
    """Return the processes that a process started, and their command lines."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found[int(path.parent.name)] = command_of(int(path.parent.name))
    return found


def command_of(process: int) -> str:
    """Return the command line of a process; empty where there is none."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""
