"""What a finished closing tells people: in one line, and as a page in the orchestrator."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from juesuan.archive import State
from juesuan.closing.compute import Account
from juesuan.closing.refusal import failed_of, lines_of
from juesuan.closing.results import closing_title
from juesuan.suites import SuiteRun


@dataclass(frozen=True)
class Outcome:
    """A closing that went through."""

    title: str
    out: Path
    archived: str
    rules: int
    places: int
    warnings: tuple[str, ...]
    adjusted: int
    figures: int
    state: State = State.DRAFT

    @classmethod
    def of(
        cls, account: Account, runs: Sequence[SuiteRun], out: Path, archived: str, state: State = State.DRAFT
    ) -> "Outcome":
        """Return the outcome of a closing whose checks passed."""
        results = [result for run in runs for result in run.results]
        return cls(
            title=closing_title(account),
            out=out,
            archived=archived,
            rules=len(results),
            places=sum(result.instances for result in results),
            warnings=tuple(lines_of(failed_of(runs))),
            adjusted=len(account.rounding.adjustments),
            figures=len(account.facts),
            state=state,
        )

    @property
    def summary(self) -> str:
        """One line."""
        return (
            f"{self.title}：{self.rules} 条规则、{self.places} 处核对，无错误；"
            f"{self.figures} 个数，其中 {self.adjusted} 个为平衡尾差取邻近值。（{self.state.word}）"
        )

    @property
    def markdown(self) -> str:
        """The artifact in the Prefect UI."""
        warnings = "\n".join(f"- {line.strip()}" for line in self.warnings) or "无"
        return (
            f"# {self.title}\n\n{self.summary}\n\n"
            f"| 结果 | 位置 |\n|---|---|\n"
            f"| 公开文本 | `{self.out / 'disclosure.html'}` |\n"
            f"| 审核页 | `{self.out / 'review' / 'index.html'}` |\n"
            f"| 校验文档 | `{self.out / 'validation' / 'index.html'}` |\n"
            f"| 归档 | `{self.archived}` |\n\n## 提示\n\n{warnings}\n"
        )
