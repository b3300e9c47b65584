"""Whose a request is: what a proxy of this machine says where one stands before the service, and nobody else."""

import socket
from typing import Any

import httpx
import pytest

from juesuan.runner import load_flow


async def tells_who(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["client"][0].encode()})


@pytest.mark.parametrize(
    ("proxied", "said", "who"),
    [
        (True, "198.51.100.7", "198.51.100.7"),
        (True, "203.0.113.9, 198.51.100.7", "198.51.100.7"),  # what a client says before the proxy is not believed
        (True, "", "127.0.0.1"),
        (False, "198.51.100.7", "127.0.0.1"),
    ],
)
def test_the_address_of_a_client_is_the_proxys_word_only_where_there_is_a_proxy(
    proxied: bool, said: str, who: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with load_flow("serve").served(tells_who, listening, proxied=proxied):
            headers = {"X-Forwarded-For": said} if said else {}
            assert httpx.get(address, headers=headers, trust_env=False).text == who
