"""Archives of closings: versions that are complete or do not exist, in a directory or an S3 bucket.

store = open_store("s3://bucket/prefix?endpoint=https://…")     # or a folder
store.prove()                                                   # refuses storage that does not keep its word
archive_closing(store, closing)                                 # a BagIt bag, written once
prove(store); restore(store, folder); history(store); last_year(store, unit, year, into)
"""

from pathlib import Path

from juesuan.archive.bag import Bag, Closing, make_bag
from juesuan.archive.directory import DirectoryStore
from juesuan.archive.heads import Damage
from juesuan.archive.lastyear import ArchivedVersion, ArchivedYear, archived_version, last_year, newest_file
from juesuan.archive.location import parse_location, require_address
from juesuan.archive.opening import open_store
from juesuan.archive.proof import HistoryLine, Proof, history, prove
from juesuan.archive.seal import SealingOffice
from juesuan.archive.store import Content, Head, KeyMissingError, KeyTakenError, RetainedError, Store
from juesuan.archive.versions import Archived, Version, deposit, find_versions

__all__ = [
    "Archived",
    "ArchivedVersion",
    "ArchivedYear",
    "Bag",
    "Closing",
    "Content",
    "Damage",
    "DirectoryStore",
    "Head",
    "HistoryLine",
    "KeyMissingError",
    "KeyTakenError",
    "Proof",
    "RetainedError",
    "SealingOffice",
    "Store",
    "Version",
    "archive_closing",
    "archived_version",
    "deposit",
    "find_versions",
    "history",
    "last_year",
    "make_bag",
    "newest_file",
    "open_store",
    "parse_location",
    "prove",
    "require_address",
]


def archive_closing(store: Store, closing: Closing, office: SealingOffice | None = None) -> Archived:
    """Keep a closing as a new version, unless the newest holds the same; see :func:`deposit`.

    Raises:
        OutputError: the storage failed or did not pass its proof, or the version can't be sealed.
    """
    store.prove()
    root = getattr(store, "root", None)
    bag = make_bag(closing, without=[root] if isinstance(root, Path) else [])
    return deposit(store, closing.unit, closing.year, bag, office)
