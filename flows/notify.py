"""Who is told when a closing fails or waits: automations of the Prefect server, and one secret block.

The address is one of Apprise (``mailtos://…``, ``wecombot://…``, ``dingtalk://…``, ``feishu://…``, ``json://…``).
It is taken from the environment and kept in the server's database, encrypted, as a block; it stands in no file,
log or message. The words are in ``notifications.yaml``.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml

from juesuan.base.problems import OutputError
from juesuan.base.process import go_offline

VARIABLE = "JUESUAN_NOTIFY_URL"
BLOCK = "juesuan-notify"

_WORDS = Path(__file__).with_name("notifications.yaml")


def take_address() -> str | None:
    """Return the address, and take it out of the environment: no run that this process starts shall inherit it."""
    return os.environ.pop(VARIABLE, None) or None


def set_up(address: str) -> list[str]:
    """Have the server tell this address; return what it tells about. Done again, it updates.

    Raises:
        OutputError: no notification can be sent to such an address, or there is no server.
    """
    go_offline()
    _prove(address)
    from prefect.blocks.notifications import SlackWebhook

    try:
        # The server loads Prefect's own blocks alone; of them, this one hands any address on to Apprise as it is.
        block = SlackWebhook(url=address).save(BLOCK, overwrite=True)
        return [_put(definition) for definition in _automations(str(block))]
    except httpx.TransportError as error:
        api = os.environ.get("PREFECT_API_URL", "")
        raise OutputError(f"连不上 Prefect 服务（{api}）：先启动服务，或用 --api 写明它的地址。") from error


def send_test(address: str) -> None:
    """Send a message at once.

    Raises:
        OutputError: it could not be sent.
    """
    if not _prove(address).notify(title="决算：通知测试", body="收到这条消息，说明决算的通知已经设好。"):
        raise OutputError("测试消息发不出去。请检查地址、网络和接收方的设置。")


def _prove(address: str) -> Any:
    from apprise import Apprise

    client = Apprise()
    if not client.add(address):
        raise OutputError(
            f"环境变量 {VARIABLE} 不是通知地址。写法如 mailtos://用户:密码@邮件服务器?to=收件人、wecombot://密钥、"
            "dingtalk://令牌、feishu://令牌（Apprise 的写法）。"
        )
    return client


def _put(definition: dict[str, Any]) -> str:
    from prefect.automations import Automation

    wanted = Automation.model_validate(definition)
    try:
        wanted.id = Automation.read(name=wanted.name).id
    except ValueError:  # there is none of this name yet
        wanted.create()
    else:
        wanted.update()
    return wanted.name


def _automations(block: str) -> Iterator[dict[str, Any]]:
    for one in yaml.safe_load(_WORDS.read_text(encoding="utf-8")):
        yield {
            "name": one["name"],
            "description": "由 juesuan 登记；词句见 flows/notifications.yaml",
            "trigger": {
                "type": "event",
                "posture": "Reactive",
                "match": {"prefect.resource.id": "prefect.flow-run.*"},
                "match_related": {"prefect.resource.role": "flow", "prefect.resource.name": one["flows"]},
                "expect": [f"prefect.flow-run.{event}" for event in one["events"]],
                "for_each": ["prefect.resource.id"],
                "threshold": 1,
                "within": 0,
            },
            "actions": [
                {
                    "type": "send-notification",
                    "block_document_id": block,
                    "subject": one["subject"],
                    "body": one["body"],
                }
            ],
        }
