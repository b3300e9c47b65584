"""``texts/*.yaml``: everything of a disclosure that no number drives."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from juesuan.package.prose import Prose
from juesuan.package.settings import Words
from juesuan.yamlsource import Strict

FunctionalCode = Annotated[str, Field(pattern=r"^[0-9]{3}([0-9]{2}([0-9]{2})?)?$")]


class TextFile(Strict):
    """What every file of texts may hold: arithmetic claims between its named numbers."""

    claims: tuple[str, ...] = ()


class Profile(TextFile):
    """Part one: duties (主要职能), composition (决算单位构成), and how the staff is called."""

    duties: Prose
    composition: Prose
    staff_category: Prose = Prose("")


class Reasons(TextFile):
    """Reasons as clauses, without 主要原因是 and without a full stop.

    ``budget`` holds the reasons why expenditure differs from the budget, by functional code (class, section or
    item), ``budget_total`` that of all of 一般公共预算. ``three_public`` is the reason of the whole; a form that
    tells the parts apart has one of each. Reasons that are not needed may be left out.
    """

    total: Prose = Prose("")
    income: Prose = Prose("")
    expenditure: Prose = Prose("")
    appropriations: Prose = Prose("")
    appropriations_expenditure: Prose = Prose("")
    budget_total: Prose = Prose("")
    three_public: Prose = Prose("")
    three_public_abroad: Prose = Prose("")
    three_public_vehicles: Prose = Prose("")
    three_public_reception: Prose = Prose("")
    operating: Prose = Prose("")
    budget: dict[FunctionalCode, Prose] = Field(default_factory=dict)


class Uses(TextFile):
    """What money was used for (主要用于), as clauses: by functional item, and of each part of 三公."""

    items: dict[FunctionalCode, Prose] = Field(default_factory=dict)
    abroad: Prose = Prose("")
    vehicle_purchase: Prose = Prose("")
    vehicle_running: Prose = Prose("")
    reception: Prose = Prose("")


class ProjectText(Strict):
    """What is told about one project: what the money did, and its evaluation. What is not told is left out."""

    use: Prose = Prose("")
    outputs: Prose = Prose("")
    problems: Prose = Prose("")
    improvements: Prose = Prose("")

    @property
    def evaluation(self) -> bool:
        """Whether anything is told beyond what the money was used for."""
        return bool(self.outputs or self.problems or self.improvements)


class ProjectTexts(TextFile):
    """Texts by project key."""

    projects: dict[str, ProjectText] = Field(default_factory=dict)

    def of(self, key: str) -> ProjectText:
        """Return what is told about a project; nothing where its text was left out."""
        return self.projects.get(key, ProjectText())


class PerformanceText(TextFile):
    """How evaluation was organised, what it showed, how results are used; its rules (制度) and ways (机制)."""

    management: Prose = Prose("")
    overall: Prose = Prose("")
    results_use: Prose = Prose("")
    systems: Prose = Prose("")
    mechanism: Prose = Prose("")


class KeyTask(Strict):
    """One key task of part four: told (``title``, ``account``) and as a row of the table."""

    title: Prose
    account: Prose
    matter: Prose
    goal: Prose
    completion: Prose


class KeyTasks(TextFile):
    """Part four."""

    tasks: tuple[KeyTask, ...] = ()


class SubjectNote(Strict):
    """What a functional item means; its names come from the lists of codes."""

    code: Annotated[str, Field(pattern=r"^[0-9]{7}$")]
    text: Prose


class Term(Strict):
    """A term of the glossary with its meaning, or with the list of the subjects used."""

    term: Words
    text: Prose = Prose("")
    subjects: tuple[SubjectNote, ...] = ()

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if bool(self.text) == bool(self.subjects):
            raise ValueError("名词须写 text 或 subjects 其中一项")
        return self


class Glossary(TextFile):
    """Part five."""

    terms: tuple[Term, ...] = ()
