"""Where the data of the house lies: ``expectations/``, ``templates/`` and ``flows/``."""

from functools import cache
from pathlib import Path

from juesuan.problems import ResourceMissing

_ROOMS = ("expectations", "templates", "flows")


@cache
def resource_root() -> Path:
    """Return the folder that holds every room of data.

    An installed wheel holds them inside the package; an editable install falls back to the checkout.

    Raises:
        ResourceMissing: neither place holds all of them.
    """
    package = Path(__file__).resolve().parent
    for root in (package, package.parents[1]):
        if all((root / room).is_dir() for room in _ROOMS):
            return root
    raise ResourceMissing(f"no {', '.join(_ROOMS)} beside {package} nor in a checkout around it")


def edition_folder(kind: str, edition: str) -> Path:
    """Return ``expectations/<kind>/<edition>``; the caller has checked that the edition exists."""
    return resource_root() / "expectations" / kind / edition
