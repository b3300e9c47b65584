"""A version of a closing as a BagIt bag (RFC 8493): what is in it, and its bytes.

    bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt
    data/results/…            what the closing published and proved (with validation/)
    data/sign-offs/…          who approved what, where there is something
    data/code.json            which program made it
    data/provenance.json      what was made from what (W3C PROV-JSON)
    data/restricted/inputs/…  the closing package with its ledger: for the archive's owner alone

No clock and no path is in it: the same closing is the same bag, byte for byte.
"""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from juesuan.archive.directory import RESTRICTED
from juesuan.archive.provenance import code_version, dumps, provenance
from juesuan.archive.store import Content
from juesuan.base.problems import OutputError, words_of
from juesuan.results.names import State

MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
BAG_INFO = "bag-info.txt"
RESULTS, SIGN_OFFS, INPUTS = "data/results", "data/sign-offs", f"data/{RESTRICTED}/inputs"
_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_UNFIT = re.compile(r"[\x00-\x1f\x7f%\\\u2028\u2029]")
_SKIPPED = "__pycache__"


@dataclass(frozen=True)
class Closing:
    """What is to be archived: whose closing it is, and where its parts lie.

    ``known`` are the SHA-256 of inputs by their path among them, as they were read: they are not hashed again, and
    a file that is another by now is not archived. ``published`` is where the results are to lie: no part of the
    inputs, though it may lie among them.
    """

    unit: str
    name: str
    year: int
    results: Path
    inputs: Path
    sign_offs: Path | None = None
    state: State = State.DRAFT
    prepared_on: date | None = None
    published: Path | None = None
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bag:
    """Files by their path in the bag, ready to be kept. ``fingerprint`` is the SHA-256 of the tag manifest."""

    payload: Mapping[str, Content]
    tags: Mapping[str, Content]

    @property
    def fingerprint(self) -> str:
        """Tells this bag from any other: it covers the tag files, whose manifest covers the payload."""
        return self.tags[TAG_MANIFEST].sha256


def make_bag(closing: Closing, *, without: Iterable[Path] = ()) -> Bag:
    """Return the bag of a closing. Nothing is copied; files are hashed where they are.

    Hidden files and ``__pycache__`` are no part of it, nor are folders in ``without`` (results or an archive that
    lie inside the package).

    Raises:
        OutputError: a file can't be read, is a link, or has a name that bags can't hold.
    """
    results = closing.results.resolve()
    left_out = {path.resolve() for path in without}
    for folder in (results, closing.published.resolve() if closing.published else results):
        left_out |= {folder, *(folder.with_name(f"{folder.name}.{one}") for one in ("refused", "rejected"))}
    try:
        apart = {closing.sign_offs.resolve()} if closing.sign_offs is not None else set()
        made = dict(_folder(RESULTS, results, apart))
        if closing.sign_offs is not None:
            made.update(_folder(SIGN_OFFS, closing.sign_offs.resolve(), set()))
        given = dict(_folder(INPUTS, closing.inputs.resolve(), left_out, closing.known))
    except OSError as error:
        raise OutputError(f"归档前读不了 {error.filename}：{words_of(error)}。") from error
    code = code_version()
    told = {"data/code.json": _json(code)}
    hashes = {name: one.sha256 for name, one in {**made, **given, **told}.items()}
    told["data/provenance.json"] = _json(provenance(closing.unit, closing.name, closing.year, hashes, code))
    payload = dict(sorted({**made, **given, **told}.items()))
    return Bag(payload, _tags(closing, payload))


def parse_manifest(text: bytes) -> dict[str, str]:
    """Return the hashes by path that a manifest states.

    Raises:
        ValueError: it is no manifest.
    """
    lines = [line.partition("  ") for line in text.decode("utf-8").splitlines()]
    if any(not re.fullmatch(r"[0-9a-f]{64}", sha256) or not name for sha256, _, name in lines):
        raise ValueError("no manifest")
    return {name: sha256 for sha256, _, name in lines}


def parse_info(text: bytes) -> dict[str, str]:
    """Return the entries of ``bag-info.txt``."""
    pairs = (line.partition(": ") for line in text.decode("utf-8").splitlines())
    return {label: value for label, _, value in pairs}


def _folder(
    prefix: str, folder: Path, left_out: set[Path], known: Mapping[str, str] | None = None
) -> Iterator[tuple[str, Content]]:
    seen: dict[str, str] = {}
    for place, folders, names in os.walk(folder, onerror=_raise):
        here = Path(place)
        folders[:] = sorted(name for name in folders if _kept(name) and here / name not in left_out)
        for name in sorted(filter(_kept, [*names, *(one for one in folders if (here / one).is_symlink())])):
            path = here / name
            shown = path.relative_to(folder).as_posix()
            if path.is_symlink() or not path.is_file():
                raise OutputError(f"不能归档 {shown}：它是链接或特殊文件，请换成文件本身。")
            key = unicodedata.normalize("NFC", shown)
            if _UNFIT.search(key) or not _encodable(key):
                raise OutputError(f"不能归档 {key!r}：文件名中不能有 %、反斜杠、换行或其他控制字符，请改名。")
            if key in seen:
                raise OutputError(f"不能归档 {key}：有两个文件的名称看起来相同，只是编码不同，请改名。")
            seen[key] = shown
            yield f"{prefix}/{key}", Content.of_file(path, (known or {}).get(shown))


def _kept(name: str) -> bool:
    return not name.startswith(".") and name != _SKIPPED


def _encodable(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:  # bytes that are no UTF-8
        return False
    return True


def _tags(closing: Closing, payload: Mapping[str, Content]) -> dict[str, Content]:
    total = sum(one.size for one in payload.values())
    info = {
        "Source-Organization": " ".join(closing.name.split()),
        "External-Identifier": f"{closing.unit}/{closing.year}",
        "External-Description": f"{closing.year} 年度部门决算",
        "Bagging-Date": closing.prepared_on.isoformat() if closing.prepared_on else "",
        "Payload-Oxum": f"{total}.{len(payload)}",
        "Juesuan-State": closing.state.value,
    }
    tags = {
        "bagit.txt": Content.of_bytes(_DECLARATION),
        BAG_INFO: Content.of_bytes(
            "".join(f"{label}: {value}\n" for label, value in info.items() if value).encode()
        ),
        MANIFEST: Content.of_bytes(_manifest(payload)),
    }
    return {**tags, TAG_MANIFEST: Content.of_bytes(_manifest(tags))}


def _manifest(contents: Mapping[str, Content]) -> bytes:
    return "".join(f"{one.sha256}  {name}\n" for name, one in sorted(contents.items())).encode()


def _json(data: object) -> Content:
    return Content.of_bytes(dumps(data))


def bag_fingerprint(tag_manifest: bytes) -> str:
    """Return the fingerprint of a bag from its tag manifest."""
    return hashlib.sha256(tag_manifest).hexdigest()


def _raise(error: OSError) -> None:
    raise error
