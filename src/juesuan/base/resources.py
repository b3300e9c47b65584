"""Where the data of the house lies: ``expectations/``, ``templates/`` and ``flows/``; the templates of pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from juesuan.base.problems import ResourceMissing

if TYPE_CHECKING:
    from jinja2 import Environment

_ROOMS = ("expectations", "templates", "flows")


Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_elsewhere: ContextVar[Path | None] = ContextVar("juesuan_resources", default=None)


@contextmanager
def resources_at(root: Path) -> Iterator[None]:
    """Read every room of data from another folder while the context lasts: an edition on trial, say.

    Raises:
        ResourceMissing: the folder doesn't hold all of them.
    """
    if not _complete(root):
        raise ResourceMissing(f"no {', '.join(_ROOMS)} in {root}")
    token = _elsewhere.set(root.resolve())
    try:
        yield
    finally:
        _elsewhere.reset(token)


def read_once(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Keep what a function reads of the data; what it read in another folder is not taken for it."""

    kept: dict[tuple[object, ...], Result] = {}

    @wraps(function)
    def read(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        key = (resource_root(), *args, *sorted(kwargs.items()))
        if key not in kept:
            kept[key] = function(*args, **kwargs)
        return kept[key]

    read.cache_clear = kept.clear  # type: ignore[attr-defined]
    return read


def resource_root() -> Path:
    """Return the folder that holds every room of data.

    It is the one of :func:`resources_at` where that holds, else the installation's own.

    Raises:
        ResourceMissing: there is none that holds all of them.
    """
    return _elsewhere.get() or _installed()


def _complete(root: Path) -> bool:
    return all((root / room).is_dir() for room in _ROOMS)


@cache
def _installed() -> Path:
    """Return the folder that came with the program.

    An installed wheel holds them inside the package; an editable install falls back to the checkout.

    Raises:
        ResourceMissing: neither place holds all of them.
    """
    package = Path(__file__).resolve().parents[1]
    for root in (package, package.parents[1]):
        if _complete(root):
            return root
    raise ResourceMissing(f"no {', '.join(_ROOMS)} beside {package} nor in a checkout around it")


def edition_folder(kind: str, edition: str) -> Path:
    """Return ``expectations/<kind>/<edition>``; the caller has checked that the edition exists."""
    return resource_root() / "expectations" / kind / edition


@read_once
def page_templates(*rooms: str, keep_last_newline: bool = True) -> "Environment":
    """Return the templates of pages in rooms of ``templates/``: they escape, and fail on what is missing."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader([resource_root() / "templates" / room for room in rooms]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=keep_last_newline,
    )
