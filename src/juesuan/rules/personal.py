"""Personal data in what is published: numbers that are a person's by their form, and words that look like a name.

The failing place never repeats what was found: numbers are masked, of a name only the surname is told.
"""

import re
from collections.abc import Iterator, Mapping

from juesuan.base.privacy import PersonalKind, masked, personal_numbers
from juesuan.identities import Item
from juesuan.rules.model import Rule, RuleSubject

_NONE = "没有"
_NO_NAME = "没有人名；是人名的，改用编号或类别"
_PARTS = re.compile(r"[^\u4e00-\u9fff·]+")


def no_personal_number(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001 - all checks are called alike
    """No text that is published holds a resident ID, a mobile number or a bank card."""
    return _numbers(subject, frozenset(PersonalKind) - {PersonalKind.LIKE_RESIDENT_ID})


def no_number_like_an_id(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001 - all checks are called alike
    """No text that is published holds a number that is a resident ID but for its check character."""
    return _numbers(subject, frozenset({PersonalKind.LIKE_RESIDENT_ID}))


def _numbers(subject: RuleSubject, kinds: frozenset[PersonalKind]) -> Iterator[Item]:
    for place, texts in _published(subject):
        found = [
            Item(_at(place, where), f"{one.kind} {masked(text[one.start : one.end])}", _NONE, 1)
            for text, where in texts.items()
            for one in personal_numbers(text)
            if one.kind in kinds
        ]
        yield from found or [Item(place, _NONE, _NONE, 0)]


def no_person_named(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """No text tells a name after one of ``labels``, and no account or project is called like a person.

    ``words`` are the surnames by which a name is known.
    """
    surnames = "|".join(sorted(map(re.escape, rule.words), key=lambda word: (-len(word), word)))
    name = re.compile(f"(?:{surnames})[\u4e00-\u9fff]{{1,2}}")
    labelled = re.compile(
        f"(?P<label>{'|'.join(map(re.escape, rule.labels))})[:：为是]?\\s*(?P<name>{name.pattern})"
    )
    for place, texts in _published(subject):
        found: list[tuple[str, str]] = []
        for text, where in texts.items():
            found += [(where, f"{one['label']} {_hidden(one['name'])}") for one in labelled.finditer(text)]
            if place in subject.ledger_names:
                parts = (part for part in _PARTS.split(text) if part not in subject.known_words)
                found += [(where, _hidden(part)) for part in parts if name.fullmatch(part)]
        yield from [Item(_at(place, where), told, _NO_NAME, 1) for where, told in found] or [
            Item(place, _NONE, _NONE, 0)
        ]


def _published(subject: RuleSubject) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield what is published: a place, and its texts with where each stands there."""
    for section in subject.sections:
        yield f"正文“{section.title.strip()}”", dict.fromkeys(section.texts, "")
    yield from subject.published.items()
    yield from subject.ledger_names.items()


def _at(place: str, where: str) -> str:
    return f"{place}：{where}" if where else place


def _hidden(name: str) -> str:
    return name[0] + "*" * (len(name) - 1)
