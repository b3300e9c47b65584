"""Names that a room offers whose modules are loaded when somebody uses them."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def loaded_when_used(room: str, offered: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a room, which has the ``offered`` names by their module within juesuan."""
    modules = {name: module for module, names in offered.items() for name in names}

    def load(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(import_module(f"juesuan.{modules[name]}"), name)

    return load
