"""The annual closing, top to bottom.

    ingest → check the ledger → fill the tables → check them → derive → check → render → check → write
           → sign off → archive

Each stage is a task. A stage's result may be kept for a rerun; a check, a publication never is, since a check that
was skipped proves nothing. Orchestration only: what a stage does stands in ``juesuan.closing``.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from juesuan.offline import go_offline

go_offline()  # before Prefect is imported

from prefect import flow, get_run_logger, runtime, task  # noqa: E402
from prefect.artifacts import (  # noqa: E402
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.flow_runs import pause_flow_run, suspend_flow_run  # noqa: E402
from prefect.input import RunInput  # noqa: E402
from prefect.utilities.annotations import quote  # noqa: E402
from pydantic import BaseModel, ConfigDict, Field  # noqa: E402

from juesuan import closing  # noqa: E402
from juesuan.archive import Archived  # noqa: E402
from juesuan.progress import Stage, State, announce  # noqa: E402
from juesuan.suites import SuiteRun  # noqa: E402

# Results are large frozen values: they stay in this process, and Prefect is told not to walk through them.
_STAGE: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}
_PATIENCE = 60 * 24 * 3600  # how long a run waits for a signature, in seconds


class Request(BaseModel):
    """What a person fills in for a closing."""

    model_config = ConfigDict(extra="forbid")

    package: Path = Field(title="决算资料文件夹", description="settings.yaml 所在的文件夹")
    out: Path | None = Field(None, title="结果文件夹", description="不填为 out/资料文件夹名")
    archive: str = Field("archive", title="归档位置", description="文件夹，或 s3://桶/前缀")
    year: int | None = Field(None, title="年度", description="填写后与 settings.yaml 核对，防止选错资料")
    edition: str | None = Field(None, title="版本", description="不填按 settings.yaml")
    rounding: Literal["controlled", "independent"] | None = Field(
        None, title="尾差处理", description="controlled 统一平衡，independent 各自四舍五入；不填按 settings.yaml"
    )
    percentages: Literal["controlled", "independent"] | None = Field(
        None, title="占比尾差处理", description="不填按 settings.yaml"
    )
    score_rate: Literal["exact", "displayed"] | None = Field(
        None,
        title="预算执行得分的口径",
        description="displayed 按公布的执行率，exact 按未舍入的；不填按 settings.yaml",
    )
    resume_from: Literal["ledger", "fill", "derive", "render"] | None = Field(
        None,
        title="从哪一步起重算",
        description="ledger 读账、fill 填表、derive 计算、render 撰文；不填则接着上次完成的一步做",
    )
    force: bool = Field(default=False, title="全部重算", description="不用任何一步保存下来的结果")
    wait: bool = Field(
        default=False, title="排队等待", description="同一单位同一年度的另一次决算正在进行时，等它结束"
    )

    compare: Path | None = Field(
        None, title="与哪次决算比较", description="另一次决算的结果文件夹；不填则与归档的上年决算比较"
    )
    ask_approval: bool = Field(
        default=False, title="等待签署", description="编好后停下，依次请各角色在页面上签署，再归档"
    )

    @property
    def results(self) -> Path:
        """Where the results go."""
        return (self.out or Path("out") / self.package.resolve().name).resolve()

    @property
    def overrides(self) -> closing.Overrides:
        """What this closing decides other than the settings do."""
        return closing.Overrides(self.year, self.edition, self.rounding, self.percentages, self.score_rate)


class _Progress:
    """Tells the terminal and the orchestrator's page which stage is at work."""

    def __init__(self, stages: int) -> None:
        self._stages = stages
        self._number = 0
        self._artifact = create_progress_artifact(progress=0.0, key="progress", description="决算进度")

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self._number += 1
        announce(Stage(self._number, self._stages, name, State.STARTED))
        try:
            yield
        except Exception:
            announce(Stage(self._number, self._stages, name, State.FAILED))
            raise
        announce(Stage(self._number, self._stages, name, State.DONE))
        update_progress_artifact(self._artifact, progress=100 * self._number / self._stages)


@task(name="读取资料与账簿", **_STAGE)
def ingest(package: Path, overrides: closing.Overrides, kept: closing.KeptStages, archive: str) -> closing.Intake:
    closing.check_archive(archive)
    return closing.ingest(package, overrides, kept, archive)


@task(name="核对账簿", **_STAGE)
def check_ledger(intake: closing.Intake) -> tuple[SuiteRun, ...]:
    runs = closing.check_ledger(intake)
    closing.refuse_problems(intake.problems, runs)
    return runs


@task(name="填列报表", **_STAGE)
def fill(intake: closing.Intake, kept: closing.KeptStages) -> closing.Books:
    return kept.result("fill", closing.inputs_of(intake), lambda: closing.fill(intake))


@task(name="核对报表", **_STAGE)
def check_tables(books: closing.Books, before: tuple[SuiteRun, ...]) -> tuple[SuiteRun, ...]:
    runs = (*before, *closing.check_tables(books))
    closing.refuse_failures(runs)
    return runs


@task(name="计算公布数与指标", **_STAGE)
def derive(
    intake: closing.Intake, books: closing.Books, kept: closing.KeptStages, before: tuple[SuiteRun, ...]
) -> closing.Account:
    with closing.conflicts_refused(before):
        return kept.result("derive", closing.inputs_of(intake), lambda: closing.derive(books))


@task(name="核对公布数", **_STAGE)
def check_account(account: closing.Account, before: tuple[SuiteRun, ...]) -> tuple[SuiteRun, ...]:
    runs = (*before, *closing.check_account(account))
    closing.refuse_failures(runs)
    return runs


@task(name="编写公开文本", **_STAGE)
def render(intake: closing.Intake, account: closing.Account, kept: closing.KeptStages) -> closing.Disclosure:
    return kept.result("render", closing.inputs_of(intake), lambda: closing.render(account))


@task(name="核对公开文本", **_STAGE)
def check_disclosure(
    account: closing.Account, disclosure: closing.Disclosure, before: tuple[SuiteRun, ...]
) -> tuple[SuiteRun, ...]:
    runs = (*before, *closing.check_disclosure(account, disclosure, before))
    closing.refuse_failures(runs)
    return runs


@task(name="输出结果", **_STAGE)
def write(
    request: Request, account: closing.Account, disclosure: closing.Disclosure, runs: tuple[SuiteRun, ...]
) -> closing.State:
    with closing.last_years_results(request.archive, account) as archived:
        old = request.compare or archived
        return closing.write_results(request.results, account, disclosure, runs, old=old)


class Approval(RunInput):
    """What a person answers who is asked to sign."""

    decision: Literal["同意", "不同意"] = Field(title="结论", description="不同意则本次运行结束，不归档")
    name: str = Field(title="签署人姓名", min_length=1, description="不同的角色由不同的人签署")
    comment: str = Field("", title="意见", description="不同意的，请写明原因")

    @property
    def approves(self) -> bool:
        """Whether the person agrees."""
        return self.decision == "同意"


def sign_off(out: Path) -> None:
    """Ask each role whose turn it is for its sign-off, until nobody is left.

    A deployed run is suspended meanwhile, and runs again from its start when it is answered: what was asked goes
    by the hash of what is to be signed, so that an answer never counts for anything else. An answer that can't
    be taken is asked for again, and the form says why.

    Raises:
        SignOffRefused: somebody does not approve; nothing is published.
    """
    wait: Any = suspend_flow_run if runtime.deployment.id else pause_flow_run
    asked: Counter[str] = Counter()
    refused = ""
    while turn := closing.next_signature(out):
        asked[turn.key] += 1
        words = closing.invitation(out, turn, refused)
        create_markdown_artifact(words, key="sign-off", description=f"请{turn.role}签署")
        # Without initial data the form keeps its constraints: an answer without a name is none.
        form = Approval.with_initial_data(description=words)
        answer = wait(wait_for_input=form, timeout=_PATIENCE, key=f"{turn.key}-{asked[turn.key]}")
        try:
            closing.take_signature(out, turn, answer.name, approve=answer.approves, comment=answer.comment)
            refused = ""
        except closing.SignOffRefused as refusal:
            if not answer.approves:
                raise
            refused = str(refusal)
            get_run_logger().warning(refused)


@task(name="归档", **_STAGE)
def archive(target: str, account: closing.Account, out: Path, state: closing.State) -> Archived:
    return closing.archive_account(target, account, out, state)


@task(name="记录未通过的核对", **_STAGE)
def record_refusal(out: Path, refusal: closing.ClosingRefused) -> None:
    closing.write_refusal(out, refusal)
    create_table_artifact(refusal.table, key="findings", description="未通过的核对")


@flow(name="annual-close", persist_result=False)
def annual_close(request: Request) -> closing.Outcome:
    """Close one unit's year: from the closing package to the archived disclosure.

    A closing that is refused publishes nothing: what was found goes beside the results, which stay as they are.
    """
    out, stage = request.results, _Progress(stages=12 if request.ask_approval else 10)
    kept = closing.KeptStages.beside(out, fresh_from="ledger" if request.force else request.resume_from)
    with closing.only_one(str(out), wait=request.wait):
        try:
            with stage("读取资料与账簿"):
                intake = ingest(request.package.resolve(), request.overrides, quote(kept), request.archive)
            with closing.only_one(closing.lock_name(intake), wait=request.wait):
                with stage("核对账簿"):
                    runs = check_ledger(quote(intake))
                with stage("填列报表"):
                    books = fill(quote(intake), quote(kept))
                with stage("核对报表"):
                    runs = check_tables(quote(books), quote(runs))
                with stage("计算公布数与指标"):
                    account = derive(quote(intake), quote(books), quote(kept), quote(runs))
                with stage("核对公布数"):
                    runs = check_account(quote(account), quote(runs))
                with stage("编写公开文本"):
                    disclosure = render(quote(intake), quote(account), quote(kept))
                with stage("核对公开文本"):
                    runs = check_disclosure(quote(account), quote(disclosure), quote(runs))
                with stage("输出结果"):
                    state = write(request, quote(account), quote(disclosure), quote(runs))
                if request.ask_approval:
                    with stage("等待签署"):
                        sign_off(out)
                    with stage("输出正式结果"):
                        state = write(request, quote(account), quote(disclosure), quote(runs))
                with stage("归档"):
                    archived = archive(request.archive, quote(account), out, state)
        except closing.ClosingRefused as refusal:
            record_refusal(out, quote(refusal))
            raise
    kept.forget_others()
    outcome = closing.Outcome.of(account, runs, out, archived.uri, state)
    create_markdown_artifact(outcome.markdown, key="annual-close", description=outcome.title)
    return outcome
