"""Departments of made-up units: the folder that a department's finance office would hand in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tests.units.builder import build
from tests.units.describe import Description, read

FOLDER = Path(__file__).resolve().parent
UNITS = ("bureau", "inspectors", "station", "stores")
EDITION = "wuhan-2020-department"

PRIOR = (
    "键,名称,金额（万元）\n"
    "total,上年收支总计,830.00\nappropriations,上年财政拨款收支总计,790.00\n"
    "general_expenditure,上年一般公共预算支出,785.00\ncarry_over,上年年末结转和结余,0.00\n"
    "operating,上年机关运行经费,150.00\n"
    "three_public.total,上年三公,16.00\nthree_public.vehicles,上年公务用车,14.00\n"
    "three_public.abroad,上年出国,0.00\nthree_public.vehicle_purchase,上年购车,0.00\n"
    "three_public.vehicle_running,上年用车,14.00\nthree_public.reception,上年接待,2.00\n"
)


def unit(name: str) -> Description:
    """Return one of the described units."""
    return read(FOLDER / f"{name}.yaml")


@dataclass(frozen=True)
class DepartmentDescription:
    """A department: its units by folder, the first of which is its own; what it says of itself."""

    units: Mapping[str, "Description | DepartmentDescription"]
    code: str = "431"
    name: str = "江州市水务局"
    edition: str = EDITION
    year: int = 2020
    own: str = "bureau"
    lines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    transfers: Sequence[Mapping[str, Any]] = ()
    explanations: Sequence[Mapping[str, str]] = ()


def water_bureau(**more: Any) -> DepartmentDescription:
    """Return the department of the four units, with something else about it."""
    return DepartmentDescription(units={name: unit(name) for name in UNITS}, **more)


def build_department(one: DepartmentDescription, root: Path) -> Path:
    """Write the folder of a department, its units' packages in it, and return it."""
    root.mkdir(parents=True)
    for name, member in one.units.items():
        folder = root / "units" / name
        if isinstance(member, DepartmentDescription):
            build_department(member, folder)
        else:
            folder.parent.mkdir(exist_ok=True)
            build(member, folder)
    write_yaml(root / "settings.yaml", {
        "unit": {"code": one.code, "name": one.name, "department": one.name, "kind": "行政单位"},
        "year": one.year,
        "edition": one.edition,
        "prepared_on": f"{one.year + 1}-06-10",
        "policies": {"variance_threshold": "10%"},
    })  # fmt: skip
    named = [
        {"package": f"units/{name}", **({"own": True} if name == one.own else {}), **one.lines.get(name, {})}
        for name in one.units
    ]
    write_yaml(
        root / "department.yaml", {"units": named, **({"transfers": list(one.transfers)} if one.transfers else {})}
    )
    if one.explanations:
        write_yaml(root / "explanations.yaml", {"explanations": list(one.explanations)})
    (root / "prior-year.csv").write_text(PRIOR, encoding="utf-8")
    _texts(root / "texts", one)
    return root


def described(one: Description, **changes: Any) -> Description:
    """Return a unit with something else about it."""
    return replace(one, **changes)


def write_yaml(path: Path, data: Mapping[str, Any]) -> None:
    """Write a YAML file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(dict(data), allow_unicode=True, sort_keys=False, width=1000), encoding="utf-8")


def _texts(folder: Path, one: DepartmentDescription) -> None:
    write_yaml(folder / "profile.yaml", {
        "duties": "负责水资源管理、防汛抗旱和水利工程建设管理工作。",
        "composition": f"从单位构成看，{one.name}部门决算由部门本级决算和所属单位决算组成。",
        "staff_category": "行政人员和事业人员",
    })  # fmt: skip
    reasons = ("total", "income", "expenditure", "appropriations", "appropriations_expenditure", "budget_total")
    write_yaml(folder / "reasons.yaml", dict.fromkeys((*reasons, "three_public", "operating"), "人员和项目变动"))
    write_yaml(folder / "performance.yaml", {
        "management": "我局按照要求组织所属单位开展了绩效自评。",
        "results_use": "根据自评结果完善项目管理和预算安排。",
    })  # fmt: skip
    write_yaml(folder / "glossary.yaml", {"terms": [
        {"term": "基本支出", "text": "指为保障机构正常运转、完成日常工作任务而发生的人员支出和公用支出。"},
        {"term": "项目支出", "text": "指在基本支出之外为完成特定行政任务或事业发展目标所发生的支出。"},
    ]})  # fmt: skip


def names(paths: Iterable[Path]) -> list[str]:
    """Return the names of files, sorted."""
    return sorted(path.name for path in paths)
