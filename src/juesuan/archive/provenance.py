"""Which program made a closing, and what was made from what (W3C PROV, serialised as PROV-JSON)."""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from juesuan.base.problems import OutputError

_REPOSITORY = Path(__file__).resolve().parents[3]
_ROOMS = ("src", "flows", "expectations", "templates")
_GIT_SECONDS = 120
_COMMIT = re.compile(r"[0-9a-f]{40}")
_RESTRICTED = "data/restricted/"
_PREFIXES = {"bag": "urn:juesuan:bag:", "juesuan": "urn:juesuan:"}


def dumps(data: object) -> bytes:
    """Return JSON as it stands in a bag."""
    return (json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


@cache
def code_version() -> Mapping[str, Any]:
    """Return version, commit and the hash of the pinned dependencies; null where it isn't known.

    The commit is the last one of the checkout that changed the program or its data, or what an image's build set
    in ``JUESUAN_COMMIT``; ``modified`` says whether files of the checkout differ from it.
    """
    told = os.environ.get("JUESUAN_COMMIT", "")
    commit: str | None = told if _COMMIT.fullmatch(told) else None
    modified: bool | None = None
    if (_REPOSITORY / ".git").exists():
        commit = _git("log", "-1", "--format=%H", "--", *_ROOMS) or commit
        changes = _git("status", "--porcelain", "--", *_ROOMS)
        modified = None if changes is None else bool(changes)
    pins = _REPOSITORY / "constraints.txt"
    pinned = hashlib.sha256(pins.read_bytes()).hexdigest() if pins.is_file() else None
    return {
        "program": "juesuan",
        "version": metadata.version("juesuan"),
        "commit": commit,
        "modified": modified,
        "constraints_sha256": pinned,
    }


def provenance(
    unit: str, name: str, year: int, hashes: Mapping[str, str], code: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a PROV document: the closing used the inputs and made the rest, by the program, on the unit's behalf.

    Files are entities named by their path in the bag, with their hash.
    """
    inputs = sorted(path for path in hashes if path.startswith(_RESTRICTED))
    made = sorted(set(hashes) - set(inputs))
    closing, program, office = f"juesuan:closing/{unit}/{year}", "juesuan:program", f"juesuan:unit/{unit}"
    return {
        "prefix": _PREFIXES,
        "entity": {f"bag:{path}": {"juesuan:sha256": hashes[path]} for path in sorted(hashes)},
        "activity": {closing: {"prov:label": f"{year} 年度决算"}},
        "agent": {
            program: {
                "prov:type": {"$": "prov:SoftwareAgent", "type": "prov:QUALIFIED_NAME"},
                **{f"juesuan:{key}": value for key, value in code.items() if value is not None},
            },
            office: {
                "prov:type": {"$": "prov:Organization", "type": "prov:QUALIFIED_NAME"},
                "prov:label": name,
            },
        },
        "used": _numbered("u", [{"prov:activity": closing, "prov:entity": f"bag:{path}"} for path in inputs]),
        "wasGeneratedBy": _numbered(
            "g", [{"prov:entity": f"bag:{path}", "prov:activity": closing} for path in made]
        ),
        "wasAssociatedWith": _numbered("a", [{"prov:activity": closing, "prov:agent": program}]),
        "actedOnBehalfOf": _numbered("d", [{"prov:delegate": program, "prov:responsible": office}]),
    }


def _numbered(letter: str, relations: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    return {f"_:{letter}{number}": relation for number, relation in enumerate(relations, 1)}


def _git(*words: str) -> str | None:
    """Return what git says of the checkout; None where it says nothing.

    It is waited for on a busy machine: whether it was quick must not decide what is written into a bag, since the
    same closing would make another version.

    Raises:
        OutputError: it does not come to an end.
    """
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            ["git", "-C", str(_REPOSITORY), *words],  # noqa: S607 - the person's own git
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=True,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except subprocess.TimeoutExpired as error:
        raise OutputError("归档前查不到程序的版本：git 很久没有回答。请再运行一次。") from error
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
