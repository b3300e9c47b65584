"""An independent proof of ``rounding.json``: whole numbers and plain data, no code shared with the solver.

The checker takes the certificate, the exact amounts and the identities as they stand in the files of a closing,
and tests every statement anew. It proves that the displayed amounts are admissible, that each one away from
nearest is held there by the identities named, and that the objective is counted right; that no better choice
exists is the solver's word.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RULES: Mapping[str, str] = {
    "rounding.complete": "每个金额都有公布数，公布数都是列明的金额",
    "rounding.bounds": "公布数是准确值向上或向下取到最小单位：相差不到一个单位，零仍为零，不变号",
    "rounding.identities": "公布数之间的勾稽关系逐处成立；各自四舍五入的，尾差逐处列明",
    "rounding.listed": "没有取最近值的公布数逐个列明，列明的确实没有取最近值",
    "rounding.forced": "没有取最近值的，改回最近值就会破坏所列的勾稽关系",
    "rounding.objective": "证书所报的目标值与重新计算的一致",
}

_Instance = tuple[str, Sequence[tuple[int, str]]]


@dataclass(frozen=True)
class Tested:
    """One statement of a certificate: what it says, and what was found on testing it."""

    rule: str
    place: str
    stated: str
    found: str
    ok: bool


def prove(
    data: Mapping[str, Any], values: Mapping[str, int], identities: Sequence[Mapping[str, Any]]
) -> tuple[Tested, ...]:
    """Test every statement of a certificate; it is proved when all are ``ok``.

    ``values`` are the exact amounts in 分, ``identities`` as in ``identities.json``.
    """
    complete = tuple(_complete(data, values))
    if not all(one.ok for one in complete):
        return complete
    return (*complete, *_Prover(data, values, identities).tested())


def _complete(data: Mapping[str, Any], values: Mapping[str, int]) -> Iterator[Tested]:
    displayed = data["displayed_steps"]
    for name in dict.fromkeys([*values, *displayed]):
        has, is_figure = name in displayed, name in values
        stated = f"公布数 {displayed[name]}" if has else "没有公布数"
        yield Tested(
            "rounding.complete", name, stated, "有此金额" if is_figure else "没有此金额", has and is_figure
        )


class _Prover:
    def __init__(
        self, data: Mapping[str, Any], values: Mapping[str, int], identities: Sequence[Mapping[str, Any]]
    ) -> None:
        self.data, self.values = data, values
        self.step: int = data["step_fen"]
        self.displayed: Mapping[str, int] = data["displayed_steps"]
        self.nearest = {name: _nearest(value, self.step) for name, value in values.items()}
        self.identities = [
            (one["id"], one["relation"] == "=", [_instance(each) for each in one["instances"]])
            for one in identities
        ]
        self.instances = [(key, equal, *one) for key, equal, instances in self.identities for one in instances]
        self.places: dict[str, list[int]] = {}
        for number, (_, _, target, terms) in enumerate(self.instances):
            for name in {target, *(name for _, name in terms)}:
                self.places.setdefault(name, []).append(number)
        self.equals = self._equals()

    def tested(self) -> Iterator[Tested]:
        yield from self._bounds()
        yield from self._identities()
        yield from self._listed()
        yield from self._forced()
        yield from self._objective()

    def _bounds(self) -> Iterator[Tested]:
        for name, exact in self.values.items():
            shown = self.displayed[name] * self.step
            ok = abs(shown - exact) < self.step and shown * exact >= 0
            yield Tested("rounding.bounds", name, f"{shown} 分", f"准确值 {exact} 分", ok)

    def _identities(self) -> Iterator[Tested]:
        independent = self.data["policy"] == "independent"
        residues = {(one["identity"], one["figure"]): one["difference_steps"] for one in self.data["residues"]}
        found = {}
        for key, equal, instances in self.identities:
            for target, terms in instances:
                off = self.displayed[target] - sum(sign * self.displayed[name] for sign, name in terms)
                holds = off == 0 if equal else off <= 0
                if not holds:
                    found[key, target] = off
                ok = holds or (independent and residues.get((key, target)) == off)
                yield Tested("rounding.identities", f"{key} {target}", "成立", f"相差 {off} 个单位", ok)
        for place, off in residues.items():
            if place not in found:
                yield Tested("rounding.identities", " ".join(place), f"尾差 {off}", "没有尾差", ok=False)

    def _listed(self) -> Iterator[Tested]:
        listed = {one["figure"]: one for one in self.data["adjustments"]}
        for name in dict.fromkeys([*self.values, *listed]):
            one = listed.get(name)
            away = name in self.values and self.displayed[name] != self.nearest[name]
            ok = away == (one is not None)
            if one is not None and ok:
                ok = (one["exact_fen"], one["nearest_steps"], one["displayed_steps"]) == (
                    self.values[name],
                    self.nearest[name],
                    self.displayed[name],
                )
            yield Tested(
                "rounding.listed", name, "已列" if one else "未列", "不是最近值" if away else "最近值", ok
            )

    def _forced(self) -> Iterator[Tested]:
        for one in self.data["adjustments"]:
            name, named = one["figure"], {each["identity"] for each in one["forced_by"]}
            if name not in self.values:
                continue
            broken = self._broken_by_nearest(self.equals.get(name, (name,)))
            ok = bool(named) and named <= broken
            yield Tested(
                "rounding.forced",
                name,
                "、".join(sorted(named)) or "未写",
                "、".join(sorted(broken)) or "不破坏",
                ok,
            )

    def _broken_by_nearest(self, group: Sequence[str]) -> set[str]:
        """Return the identities that fail where figures that are equal go back to nearest, all others staying."""
        moved = {name: self.nearest[name] for name in group}
        broken = set()
        for number in {number for name in group for number in self.places.get(name, ())}:
            key, equal, target, terms = self.instances[number]
            off = moved.get(target, self.displayed[target])
            off -= sum(sign * moved.get(name, self.displayed[name]) for sign, name in terms)
            if off if equal else off > 0:
                broken.add(key)
        return broken

    def _objective(self) -> Iterator[Tested]:
        groups = dict.fromkeys(self.equals.get(name, (name,)) for name in self.values)
        tier = self._tiers(groups)
        away = [tier[group] for group in groups if self.displayed[group[0]] != self.nearest[group[0]]]
        found = {
            "grand_totals_away_from_nearest": away.count(0),
            "subtotals_away_from_nearest": away.count(1),
            "total_deviation_fen": sum(
                abs(self.displayed[group[0]] * self.step - self.values[group[0]]) for group in groups
            ),
        }
        for key, stated in self.data["objective"].items():
            yield Tested("rounding.objective", key, str(stated), str(found.get(key)), found.get(key) == stated)

    def _equals(self) -> dict[str, tuple[str, ...]]:
        """Return the figures that an identity sets equal and that are equal exactly, by each of them."""
        beside: dict[str, set[str]] = {}
        for target, other in self._pairs():
            beside.setdefault(target, set()).add(other)
            beside.setdefault(other, set()).add(target)
        groups: dict[str, tuple[str, ...]] = {}
        for start in beside:
            if start in groups:
                continue
            group, waiting = {start}, [start]
            while waiting:
                for name in beside[waiting.pop()] - group:
                    group.add(name)
                    waiting.append(name)
            groups.update(dict.fromkeys(group, tuple(sorted(group))))
        return groups

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for _, equal, instances in self.identities:
            for target, terms in instances:
                if equal and self._is_pair(target, terms):
                    yield target, terms[0][1]

    def _is_pair(self, target: str, terms: Sequence[tuple[int, str]]) -> bool:
        return len(terms) == 1 and terms[0][0] == 1 and self.values[target] == self.values[terms[0][1]]

    def _tiers(self, groups: Iterable[tuple[str, ...]]) -> Mapping[tuple[str, ...], int]:
        """Return 0 for a grand total (a target that is no part), 1 for a subtotal, 2 for every other group."""
        totals: set[str] = set()
        parts: set[str] = set()
        for _, equal, instances in self.identities:
            for target, terms in instances:
                if equal and terms and not self._is_pair(target, terms) and self._counts(target, terms):
                    totals.add(target)
                    parts.update(name for _, name in terms)
        return {group: 2 if totals.isdisjoint(group) else 0 if parts.isdisjoint(group) else 1 for group in groups}

    def _counts(self, target: str, terms: Sequence[tuple[int, str]]) -> bool:
        """Whether a sum says anything: not one whose figures cancel out once equal ones are counted together."""
        sums: dict[tuple[str, ...], int] = {}
        for sign, name in ((1, target), *((-sign, name) for sign, name in terms)):
            group = self.equals.get(name, (name,))
            sums[group] = sums.get(group, 0) + sign
        return any(sums.values())


def _nearest(value: int, step: int) -> int:
    magnitude = (2 * abs(value) + step) // (2 * step)
    return -magnitude if value < 0 else magnitude


def _instance(data: Mapping[str, Any]) -> _Instance:
    return data["target"], [(-1 if term[0] == "-" else 1, term[1:]) for term in data["terms"]]
