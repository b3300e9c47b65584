"""Which facts a package can hold: the ids of :mod:`juesuan.package.money` and :mod:`juesuan.package.counts`.

An edition's data names facts long before there is a package; what no package can hold is refused when the edition
is loaded.
"""

from collections.abc import Iterable, Iterator

from juesuan.base.yamlsource import Strict
from juesuan.package.evaluation import STAGES, EvaluationProblems, Grades
from juesuan.package.model import RECEPTION, Assets, Headcount, ThreePublicCounts
from juesuan.package.money import GENERAL, budget_id
from juesuan.package.tables import PRIOR_KEYS, PROCUREMENT_KEYS, STATEMENT_KEYS, THREE_PUBLIC_KEYS

EVALUATION_AVERAGE = "evaluation.average"
"""In points (分)."""

_LEFT_OUT = ("prior.", "headcount.", "assets.", "procurement.", "evaluation.", "three_public.count.", "statement.")
"""What the facts of those files begin with that an office may leave out."""

_STAGES = ("initial", "adjusted")


def may_be_left_out(name: str) -> bool:
    """Return whether a package may lack a fact since an office need not hand in the file that tells it."""
    return name.startswith(_LEFT_OUT)


def possible_prior() -> tuple[str, ...]:
    """Return the ids of all figures of last year that a package can give."""
    return tuple(f"prior.{key}" for key in PRIOR_KEYS)


def possible_facts(
    classes: Iterable[str], items: Iterable[str], projects: Iterable[str], funds: Iterable[str]
) -> Iterator[str]:
    """Yield the ids of the facts that a package can hold, for these functional codes, keys of projects and funds.

    The numbers of free text are left out: only the unit's own words name them.
    """
    codes, keys, others = tuple(items), tuple(projects), tuple(one for one in funds if one != GENERAL)
    for stage in _STAGES:
        yield f"budget.total.{stage}"
        yield f"budget.every.{stage}"
        yield from (budget_id(fund, code, stage) for fund in others for code in (*codes, "total"))
        yield from (f"budget.class.{code}.{stage}" for code in classes)
        yield from (f"budget.{code}.{stage}" for code in codes)
        yield from (f"project.{key}.{stage}" for key in (*keys, "total"))
        yield from (f"project.item.{fund}.{code}.{stage}" for fund in (GENERAL, *others) for code in codes)
    yield from (f"three_public.{key}.initial" for key in (*THREE_PUBLIC_KEYS, "vehicles", "total"))
    yield from possible_prior()
    yield from (f"three_public.{key}" for key in RECEPTION)
    yield from (f"statement.{key}" for key in STATEMENT_KEYS)
    yield from (f"procurement.{key}" for key in (*PROCUREMENT_KEYS, "total"))
    yield from (f"evaluation.{stage}.amount" for stage in STAGES)
    yield EVALUATION_AVERAGE
    yield from possible_counts()


def possible_counts() -> Iterator[str]:
    """Yield the ids of those facts that count people, things or projects; all others but the average are money."""
    yield from (f"evaluation.{stage}.projects" for stage in STAGES)
    yield from (f"evaluation.grades.{key}" for key in Grades.model_fields)
    yield from (f"evaluation.problems.{key}" for key in EvaluationProblems.model_fields)
    yield from _counts("assets", Assets)
    yield from _counts("headcount", Headcount)
    yield from (f"three_public.count.{key}" for key in ThreePublicCounts.model_fields)


def _counts(room: str, model: type[Strict]) -> Iterator[str]:
    for name, entry in model.model_fields.items():
        yield f"{room}.{name}"
        kinds = entry.annotation
        if isinstance(kinds, type) and issubclass(kinds, Strict):
            yield from _counts(f"{room}.{name}", kinds)
