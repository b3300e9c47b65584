"""A new edition to begin with: a folder that extends another and says, in comments, what may be changed."""

from pathlib import Path

from juesuan.base.problems import OutputError, words_of
from juesuan.base.resources import resource_root
from juesuan.editionfiles import HEAD, edition_files, is_path

_PATTERN = "templates/edition/edition.yaml"


def write_skeleton(name: str, extends: str) -> Path:
    """Write a folder of this name, or at this path, and return it.

    Raises:
        EditionError: there is no edition to extend.
        OutputError: the folder is there already, or can't be written.
    """
    parent = edition_files(extends)
    folder = Path(name)
    text = (resource_root() / _PATTERN).read_text(encoding="utf-8")
    reference = str(Path(extends).resolve()) if is_path(extends) else parent.name
    try:
        folder.mkdir(parents=True)
        (folder / HEAD).write_text(
            text.replace("@name@", folder.name).replace("@extends@", reference), encoding="utf-8"
        )
    except OSError as error:
        raise OutputError(f"{folder}：写不了（{words_of(error)}）") from None
    return folder
