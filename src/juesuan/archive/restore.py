"""Bringing a version back: only after proof, whole or not at all."""

import os
import shutil
import tempfile
from pathlib import Path

import bagit  # type: ignore[import-untyped]

from juesuan.archive.directory import RESTRICTED
from juesuan.archive.proof import damages_of
from juesuan.archive.store import Store
from juesuan.archive.versions import Version, find_versions
from juesuan.base.problems import OutputError, words_of


def restore(store: Store, to: Path) -> Version:
    """Write the version at a store's address into a folder that is not there yet, and return which it was.

    Where the address holds several versions of one unit and year, the newest is taken.

    Raises:
        OutputError: the version is damaged (every damaged file is named), or the folder can't be written.
    """
    version = _newest(store)
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise OutputError(f"{to} 已存在，不会被覆盖。请换一个位置。")
    damages = list(damages_of(store, version))
    if damages:
        raise OutputError("\n".join([*map(str, damages), f"{version.label} 已损坏，没有还原任何内容。"]))
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{to.name}-", dir=to.parent))
        try:
            _write(store, version, beside)
            bagit.Bag(str(beside)).validate()
            beside.chmod(0o755)
            beside.replace(to)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"无法还原到 {to}：{words_of(error)}。没有还原任何内容。") from error
    except bagit.BagError as error:
        raise OutputError(f"还原到 {to} 时内容有改动（{error}）。没有还原任何内容。") from error
    return version


def _newest(store: Store) -> Version:
    versions = [one for one in find_versions(store) if one.complete]
    if not versions:
        raise OutputError(f"{store.uri} 中没有归档的决算。")
    if len({(one.unit, one.year) for one in versions}) > 1:
        labels = "、".join(sorted({f"{one.unit}/{one.year}" for one in versions}))
        raise OutputError(f"{store.uri} 中有多个单位或年度，请在地址中写明一个：{labels}。")
    return versions[-1]


def _write(store: Store, version: Version, folder: Path) -> None:
    for name in version.keys:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            for chunk in store.read(f"{version.home}{name}"):
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
    private = folder / "data" / RESTRICTED
    if private.is_dir():
        private.chmod(0o700)
