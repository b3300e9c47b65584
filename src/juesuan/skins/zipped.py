"""Office files as bytes that depend on nothing but their content: members in order, no clock, one compression."""

import zipfile
from io import BytesIO

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o600 << 16
_FIRST = "[Content_Types].xml"


def repacked(package: bytes) -> bytes:
    """Return a zip file with the same members, by name (content types first), all dated the same."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(package)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda name: (name != _FIRST, name)):
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = _MODE
            member.create_system = 0
            new.writestr(member, old.read(name), compresslevel=6)
    return target.getvalue()
