"""Sign-offs: who approved which sections of a closing, bound to what those sections say.

A closing goes from draft to reviewed to approved. A sign-off (``sign-offs/sign-offs.json``) records who signed, in
which role, on which day, and for every section the hash of its words and of the facts that it reads. It counts for
a section as long as that hash is the closing's; where something that a section reads has changed, the sign-off is
void for that section, and the section is open again. Records are only ever added: each is sealed with the hash of
itself and of the seal before it, so that one which was changed, taken out or put in is noticed when it is read.
Where the office has a key, it signs the seal: who writes a whole new chain can't do that, and it is found when the
closing is archived (juesuan.evidence).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from juesuan.base.files import json_text, read_json, write_whole
from juesuan.base.problems import OutputError, words_of
from juesuan.evidence.ring import ring_of
from juesuan.evidence.signoffs import UNSEALED, faults_of, seals_of, sign_seal
from juesuan.evidence.trust import Trust
from juesuan.people import normalised
from juesuan.results.names import SIGN_OFFS, SIGNED, State


@dataclass(frozen=True)
class SignOff:
    """One person's approval. ``on`` is an ISO date; ``manifest``, ``content``, ``facts`` are hashes of what was
    signed.

    ``by`` is who the system knew them to be (a person of the register, or an account of the operating system), and
    ``at`` when the system took it; both are empty in what nobody recorded so. ``signature`` (base64) is the
    office's, by the key of the id ``key``, over the record's seal; empty where the office had no key.
    """

    who: str
    role: str
    on: str
    comment: str
    manifest: str
    content: str
    sections: Mapping[str, str]
    facts: str = ""
    by: str = ""
    at: str = ""
    key: str = ""
    signature: str = ""

    def covers(self, sections: Mapping[str, str]) -> frozenset[str]:
        """Return the sections for which it counts today."""
        return frozenset(name for name, value in self.sections.items() if sections.get(name) == value)


@dataclass(frozen=True)
class Standing:
    """How far a closing came.

    ``open`` names, for each role that must still sign, the sections that wait for it; ``reopened`` those among
    them that were signed in that role before and have changed.
    """

    state: State
    open: Mapping[str, tuple[str, ...]]
    reopened: Mapping[str, tuple[str, ...]]
    unexplained: int

    @property
    def next_role(self) -> str:
        """The role whose turn it is; empty where nobody need sign."""
        return next(iter(self.open), "")


def standing(
    sections: Mapping[str, str], roles: Sequence[str], records: Sequence[SignOff], unexplained: int = 0
) -> Standing:
    """Return the standing of a closing whose sections have these hashes.

    ``roles`` must all sign, in their order; a role that is named twice needs two people. With a warning that
    nobody explained a closing is a draft, whatever was signed before.
    """
    signed = {(one.role, normalised(one.who)): one.covers(sections) for one in _joined(records, sections)}
    open_: dict[str, tuple[str, ...]] = {}
    for role, people in Counter(roles).items():
        waiting = tuple(
            name
            for name in sections
            if sum(name in covered for (held, _), covered in signed.items() if held == role) < people
        )
        if waiting:
            open_[role] = waiting
    ever = {(one.role, name) for one in records for name in one.sections}
    reopened = {role: tuple(name for name in waiting if (role, name) in ever) for role, waiting in open_.items()}
    if unexplained and roles:
        state = State.DRAFT
    elif not open_:
        state = State.APPROVED
    else:
        state = State.REVIEWED if roles[0] not in open_ else State.DRAFT
    return Standing(state, open_, {role: names for role, names in reopened.items() if names}, unexplained)


def _joined(records: Sequence[SignOff], sections: Mapping[str, str]) -> list[SignOff]:
    """Join the records of one person in one role: what was signed again after it was reopened adds to the rest."""
    joined: dict[tuple[str, str], dict[str, str]] = {}
    for one in records:
        kept = joined.setdefault((one.role, normalised(one.who)), {})
        kept.update({name: one.sections[name] for name in one.covers(sections)})
    return [SignOff(who, role, "", "", "", "", kept) for (role, who), kept in joined.items()]


def read_signoffs(out: Path) -> tuple[SignOff, ...]:
    """Return the sign-offs of a results folder, in the order in which they were given.

    Raises:
        OutputError: the file can't be read, or a record's seal does not fit: somebody changed the file.
    """
    path = out / SIGNED
    try:
        data = read_json(path)
        sealed = [(one.pop("seal", ""), SignOff(**one)) for one in data["records"]]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise OutputError(f"{path} 无法读取（{error}）。签署记录不会被覆盖，请从归档中取回。") from error
    seals = seals_of(asdict(record) for _, record in sealed)
    for number, ((stated, record), seal) in enumerate(zip(sealed, seals, strict=True), start=1):
        if stated != seal:
            raise OutputError(
                f"{path} 被改动过：第 {number} 条（{record.role} {record.who}）与封记不符。签署不算数；"
                "请从归档中取回原来的文件，或删去 sign-offs 文件夹重新签署。"
            )
    return tuple(record for _, record in sealed)


def write_signoffs(out: Path, records: Iterable[SignOff]) -> None:
    """Write the sign-offs of a results folder, whole or not at all.

    Raises:
        OutputError: the folder can't be written.
    """
    records = tuple(records)
    told = [asdict(one) for one in records]
    sealed = [
        {name: value for name, value in one.items() if value or name not in UNSEALED} | {"seal": seal}
        for one, seal in zip(told, seals_of(told), strict=True)
    ]
    folder = out / SIGN_OFFS
    try:
        folder.mkdir(exist_ok=True)
        write_whole(out / SIGNED, json_text({"records": sealed}), mode=0o644)
    except OSError as error:
        raise OutputError(f"无法写入 {folder}：{words_of(error)}") from error


def doubts_of(records: Sequence[SignOff], trust: Trust) -> Iterator[tuple[int, str, bool]]:
    """Yield which sign-offs no trusted key stands for; see :func:`juesuan.evidence.signoffs.faults_of`."""
    told = [asdict(one) for one in records]
    yield from faults_of(({**one, "seal": seal} for one, seal in zip(told, seals_of(told), strict=True)), trust)


def signed_last(records: Sequence[SignOff]) -> tuple[SignOff, ...]:
    """Return sign-offs, the last of them signed by the office's key; as they are where the office has none.

    Raises:
        OutputError: the key can't be opened.
    """
    *_, seal = seals_of(asdict(one) for one in records)
    key, signature = sign_seal(ring_of(), seal)
    return (*records[:-1], replace(records[-1], key=key, signature=signature))


def hashes_of(sections: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the hash of each section of ``sections.json`` by its anchor."""
    return {str(one["anchor"]): str(one["hash"]) for one in sections}
