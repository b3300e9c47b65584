"""Archives of closings: versions that are complete or do not exist."""

from juesuan.archive.directory import Archived, archive_to_directory

__all__ = ["Archived", "archive_to_directory"]
