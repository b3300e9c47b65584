"""Laying one file of an edition over the same file of the edition that it extends.

What a file may say of its parent's entries:

- a mapping over a mapping changes what it names, and adds what is new;
- a mapping over a list changes the list's entries by their key (``id``, ``key``, ``row``, ``code``, ``name``, … or
  their position, from 1, where they have none) and adds entries, at the end or ``after:`` or ``before:`` another;
- ``remove: [...]`` in either takes entries away; over a list of words ``add: [...]`` adds some;
- a list or a word takes the place of what stood there; a list that would take entries away by leaving them out is
  a fault: whoever means to says ``remove``;
- ``replace: true`` at the top of a file says that the file stands for the parent's as a whole.

What says what the parent says already is a fault, and so is taking away what isn't there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from juesuan.base.problems import Problem
from juesuan.base.yamlsource import YamlEntry

KEYS = ("id", "key", "row", "code", "name", "term", "label", "table")
"""By which of its entries a member of a list is known: the first of these that it has."""

_SHOWN = 6
_SAME = "与所继承的版本相同，不必写"


def lay_over(parent: YamlEntry, own: YamlEntry) -> tuple[YamlEntry, tuple[Problem, ...]]:
    """Return the parent with what a file changes, and what is wrong with the file."""
    overlay = _Overlay()
    if isinstance(own.value, Mapping) and "replace" in own.value:
        own = replace(own, value={key: one for key, one in own.value.items() if key != "replace"})
        if own.plain == parent.plain:
            overlay.fault(own, _SAME)
        return own, tuple(overlay.faults)
    return overlay.over(parent, own, ""), tuple(overlay.faults)


@dataclass
class _Overlay:
    faults: list[Problem] = field(default_factory=list)

    def fault(self, entry: YamlEntry, message: str, found: str = "", expected: str = "") -> None:
        self.faults.append(Problem(entry.place, "edition.overlay", message, found, expected))

    def over(self, parent: YamlEntry, own: YamlEntry, at: str) -> YamlEntry:
        if isinstance(own.value, Mapping):
            if isinstance(parent.value, Mapping):
                return self._mapping(parent, parent.value, own, own.value, at)
            if isinstance(parent.value, tuple):
                return self._sequence(parent, parent.value, own, own.value, at)
        if own.plain == parent.plain:
            self.fault(own, _SAME, at)
        elif isinstance(own.value, tuple) and isinstance(parent.value, tuple):
            self._nothing_lost(parent.value, own, own.value, at)
        return own

    def _nothing_lost(
        self, before: Sequence[YamlEntry], own: YamlEntry, after: Sequence[YamlEntry], at: str
    ) -> None:
        """Find what a list that takes another's place would take away without a word."""
        kept = {_key(one, number) for number, one in enumerate(after, start=1)}
        lost = [key for one in before if _kind(one) and (key := _key(one, 0)) not in kept]
        if lost:
            hint = "加一项、改一项按键写（键: {…}）；要去掉的写进 remove；整个文件重写，首行写 replace: true"
            self.fault(own, f"写成列表就去掉了所继承的 {len(lost)} 项", f"{at} 没有 {some(lost)}", hint)

    def _mapping(
        self,
        parent: YamlEntry,
        before: Mapping[str, YamlEntry],
        own: YamlEntry,
        changes: Mapping[str, YamlEntry],
        at: str,
    ) -> YamlEntry:
        if not changes:
            self.fault(own, "没有写明改什么", at)
        found = dict(before)
        for word in self._words(changes.get("remove")):
            if found.pop(str(word.value), None) is None:
                self.fault(word, "所继承的版本没有这一项，不能去掉", str(word.value))
        for key, one in changes.items():
            if key != "remove":
                found[key] = self.over(found[key], one, _joined(at, key)) if key in found else one
        return replace(parent, value=found)

    def _sequence(
        self,
        parent: YamlEntry,
        before: Sequence[YamlEntry],
        own: YamlEntry,
        changes: Mapping[str, YamlEntry],
        at: str,
    ) -> YamlEntry:
        if all(isinstance(one.value, str) for one in before):
            return self._list_of_words(parent, before, own, changes)
        kinds = [_kind(one) for one in before]
        keys = [_key(one, number) for number, one in enumerate(before, start=1)]
        items = dict(zip(keys, before, strict=True))
        order = list(items)
        if len(order) != len(before):
            self.fault(own, "所继承的这个名单里有两项的键相同，要改只能整个重写", at)
        for word in self._words(changes.get("remove")):
            if word.value in items:
                del items[str(word.value)]
                order.remove(str(word.value))
            else:
                self.fault(word, "所继承的版本没有这一项，不能去掉", str(word.value), "、".join(keys[:20]))
        for key, one in changes.items():
            if key == "remove":
                continue
            if key in items:
                items[key] = self.over(items[key], one, _joined(at, key))
            elif isinstance(one.value, Mapping) and kinds and kinds[0]:
                items[key] = self._added(key, kinds[0], one, one.value, order)
            else:
                self.fault(one, "所继承的版本没有这一项", key, "、".join(keys[:20]))
        return replace(parent, value=tuple(items[key] for key in order))

    def _added(
        self, key: str, kind: str, entry: YamlEntry, value: Mapping[str, YamlEntry], order: list[str]
    ) -> YamlEntry:
        """Return an entry that is new, and put its key in order."""
        at = len(order)
        for word, step in (("after", 1), ("before", 0)):
            beside = value.get(word)
            if beside is not None and str(beside.value) in order:
                at = order.index(str(beside.value)) + step
            elif beside is not None:
                self.fault(beside, "没有这一项，不知道排在哪里", str(beside.value), "、".join(order[:20]))
        order.insert(at, key)
        own = {name: one for name, one in value.items() if name not in ("after", "before")}
        named = (
            own
            if any(name in own for name in KEYS[: KEYS.index(kind) + 1])
            else {kind: replace(entry, value=key), **own}
        )
        return replace(entry, value=named)

    def _list_of_words(
        self, parent: YamlEntry, before: Sequence[YamlEntry], own: YamlEntry, changes: Mapping[str, YamlEntry]
    ) -> YamlEntry:
        for name, one in changes.items():
            if name not in ("add", "remove"):
                self.fault(one, "名单里只有一个个的字，只能用 add、remove 增减", name)
        taken = {str(word.value): word for word in self._words(changes.get("remove"))}
        there = [str(one.value) for one in before]
        for name, word in taken.items():
            if name not in there:
                self.fault(word, "所继承的版本没有这一项，不能去掉", name, "、".join(there))
        added = tuple(self._words(changes.get("add")))
        for word in added:
            if word.value in there:
                self.fault(word, _SAME, str(word.value))
        if not changes:
            self.fault(own, "没有写明改什么")
        return replace(parent, value=(*(one for one in before if one.value not in taken), *added))

    def _words(self, entry: YamlEntry | None) -> Iterator[YamlEntry]:
        if entry is None:
            return
        if not isinstance(entry.value, tuple) or not all(isinstance(one.value, str) for one in entry.value):
            self.fault(entry, "add、remove 应为列表，写出各项的键")
            return
        yield from entry.value


def some(keys: Sequence[str]) -> str:
    """Return the first of many keys, in words."""
    return "、".join(keys[:_SHOWN]) + (" 等" if len(keys) > _SHOWN else "")


def _kind(entry: YamlEntry) -> str:
    own = entry.value if isinstance(entry.value, Mapping) else {}
    return next((kind for kind in KEYS if kind in own and isinstance(own[kind].value, str)), "")


def _key(entry: YamlEntry, position: int) -> str:
    kind = _kind(entry)
    return str(entry.value[kind].value) if kind and isinstance(entry.value, Mapping) else str(position)


def _joined(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key
