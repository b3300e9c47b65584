"""Opening the store at an address."""

from juesuan.archive.directory import DirectoryStore
from juesuan.archive.location import DirectoryLocation, parse_location
from juesuan.archive.store import Store


def open_store(address: str) -> Store:
    """Return the store at an address: a folder, or ``s3://…``.

    Raises:
        InputError: the address is none.
    """
    location = parse_location(address)
    if isinstance(location, DirectoryLocation):
        return DirectoryStore(location.root, term=location.term)
    from juesuan.archive.s3 import S3Store

    return S3Store(location)
