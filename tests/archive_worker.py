"""Archives a small closing to S3 in a process of its own, so that a test can kill it: ``FOLDER ADDRESS``."""

import sys
from pathlib import Path

from juesuan.archive import archive_closing, parse_location
from juesuan.archive.location import S3Location
from juesuan.archive.s3 import S3Store
from tests.archive_demo import demo_closing

PART = 5 << 20


def main(folder: str, address: str) -> None:
    """Make the closing (always the same) and archive it."""
    closing = demo_closing(Path(folder))
    (closing.inputs / "large.bin").write_bytes(bytes(range(256)) * ((2 * PART) // 256 + 1))
    location = parse_location(address)
    assert isinstance(location, S3Location)
    archive_closing(S3Store(location, part=PART), closing)


if __name__ == "__main__":
    main(*sys.argv[1:])
