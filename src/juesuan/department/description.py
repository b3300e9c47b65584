"""``department.yaml``: a department's units, whose closings it is made of, and whom transfers were with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from juesuan.base.problems import Place, Problem
from juesuan.base.yamlsource import Strict
from juesuan.facts import FactSource
from juesuan.package import YamlFile, read_file, source_of
from juesuan.package.evaluation import Yuan
from juesuan.package.files import DEPARTMENT_FILE, department_file
from juesuan.package.settings import Words

OUTSIDE = "outside"
"""Whom a transfer was with, where that is no unit of the department."""

UnitCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]+$")]


class MemberLine(Strict):
    """One unit: its package, which may be a department's own again, or a version in an archive."""

    package: str = Field(
        default="", title="资料文件夹", description="在部门资料的文件夹之内", examples=["units/station"]
    )
    archive: str = Field(
        default="", title="归档位置", description="文件夹或 s3://桶/前缀", examples=["../archive"]
    )
    unit: str = Field(default="", title="单位编码", description="从归档中取的，写单位编码", examples=["070123"])
    version: str = Field(default="", title="版本", description="从归档中取的；不写为最新的", examples=["v0001"])
    own: bool = Field(default=False, title="部门本级")
    superior: str = Field(
        default="", title="上级单位", description="上级单位的编码；不写为部门本级，部门之外的写 outside"
    )
    remark: str = Field(default="", title="备注")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if bool(self.package) == bool(self.archive):
            raise ValueError("写 package（资料文件夹），或写 archive（归档位置）和 unit（单位编码），两者取一")
        if bool(self.archive) != bool(self.unit) or (self.version and not self.archive):
            raise ValueError("unit 和 version 与 archive 一起写")
        if self.own and self.superior:
            raise ValueError("部门本级的上级不在部门之内，不写 superior")
        return self


class TransferLine(Strict):
    """Whom a voucher of internal money was with, where neither its words nor its amount tell."""

    unit: UnitCode = Field(title="记账的单位", description="单位编码")
    voucher: Words = Field(title="凭证字号", examples=["记-12"])
    month: Annotated[int, Field(ge=1, le=12)] | None = Field(
        default=None, title="月份", description="凭证字号按月重编的才写"
    )
    amount: Yuan | None = Field(
        default=None, title="金额", description="元；一张凭证分给几个单位的才写，每个单位写一条"
    )
    counterpart: Words = Field(title="对方单位", description="单位编码；部门之外的写 outside")


class DepartmentFile(Strict):
    """``department.yaml``."""

    units: Annotated[tuple[MemberLine, ...], Field(min_length=1)] = Field(title="所属单位")
    transfers: tuple[TransferLine, ...] = Field(default=(), title="往来的对方单位")

    @model_validator(mode="after")
    def _one_own(self) -> Self:
        if sum(one.own for one in self.units) > 1:
            raise ValueError("部门本级（own: true）只有一个")
        return self


@dataclass(frozen=True)
class Described:
    """A description as read: the model, the name of its file, and where each entry stands."""

    file: YamlFile[DepartmentFile]

    @property
    def units(self) -> tuple[MemberLine, ...]:
        """The units in the order of the file."""
        return self.file.model.units

    @property
    def transfers(self) -> tuple[TransferLine, ...]:
        """What is said of single vouchers."""
        return self.file.model.transfers

    def source(self, entry: str) -> FactSource:
        """Return where an entry stands."""
        return source_of(self.file.file, self.file.lines, entry)

    def place(self, entry: str) -> Place:
        """Return where an entry stands, for a problem."""
        source = self.source(entry)
        return Place(source.file, source.line, entry)


def read_description(root: Path, problems: list[Problem]) -> Described | None:
    """Read the description of a department's folder, or note what is wrong with it and return None."""
    path = department_file(root)
    if path is None:
        problems.append(Problem(Place(DEPARTMENT_FILE), "file.missing", "缺少文件"))
        return None
    read = read_file(root, path.name, DepartmentFile, problems)
    return Described(read) if read else None
