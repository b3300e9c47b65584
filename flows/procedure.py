"""The closing of one unit's year, top to bottom.

    ingest → check the ledger → fill the tables → check them → derive → check → render → check → write
           → sign off → archive

Below, :data:`STEPS` lists the stages, and :func:`close_unit` says what each is given. A stage's result may be kept
for a rerun; a check, a publication never is, since a check that was skipped proves nothing. What a stage does
stands in ``juesuan.closing``. How it is run is the business of whoever runs the procedure (:class:`Run`): as a
task of Prefect for one unit (``annual_close.py``); plainly, in processes that close many units one after another,
for a city (``juesuan.city``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from juesuan import closing
from juesuan.archive import Archived
from juesuan.rules.check import SuiteRun

Result = TypeVar("Result")
_MOST_ROWS = 200  # of a table on the orchestrator's page


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def at_most(rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return rows for a table on the orchestrator's page: 200 at most, the last of which says how many are left.

    All of them stand in the files of the results or of the refusal.
    """
    if len(rows) <= _MOST_ROWS:
        return [dict(one) for one in rows]
    kept = [dict(one) for one in rows[: _MOST_ROWS - 1]]
    first = next(iter(rows[0]))
    return [*kept, dict.fromkeys(rows[0], "") | {first: f"另有 {len(rows) - len(kept)} 处"}]


def left_blank(**schema: Any) -> tuple[BeforeValidator, WithJsonSchema]:
    """A field that may be left blank, shown in the form as one plain input."""
    return BeforeValidator(_blank_is_none), WithJsonSchema(schema)


def without_null(schema: dict[str, Any]) -> None:
    """Leave out the default of what may be left blank: the form would send it, and the server refuse it."""
    for field in schema["properties"].values():
        if field.get("default", "") is None:
            del field["default"]


_Folder = Annotated[Path | None, *left_blank(type="string", format="path")]
_Rounding = Annotated[
    Literal["controlled", "independent"] | None, *left_blank(type="string", enum=["controlled", "independent"])
]


class Request(BaseModel):
    """填好“决算资料文件夹”就可以运行；其余各项不填时用默认值，或按资料中的 settings.yaml。"""

    model_config = ConfigDict(extra="forbid", title="决算", json_schema_extra=without_null)

    package: Path = Field(title="决算资料文件夹", description="settings.yaml 所在的文件夹，写完整路径")
    out: _Folder = Field(None, title="结果文件夹", description="不填为服务所在文件夹下的 out/资料文件夹名")
    archive: str = Field(
        "archive", title="归档位置", description="文件夹，或 s3://桶/前缀；默认为服务所在文件夹下的 archive"
    )
    ask_approval: bool = Field(
        default=False, title="等待签署", description="编好后停下，依次请各角色在页面上签署，再归档"
    )
    year: Annotated[int | None, *left_blank(type="integer")] = Field(
        None, title="年度", description="填写后与 settings.yaml 核对，防止选错资料"
    )
    compare: _Folder = Field(
        None, title="与哪次决算比较", description="另一次决算的结果文件夹；不填则与归档的上年决算比较"
    )
    edition: Annotated[str | None, *left_blank(type="string")] = Field(
        None, title="版本", description="报表、科目和文字所用的版本；不填按 settings.yaml"
    )
    rounding: _Rounding = Field(
        None, title="尾差处理", description="controlled 统一平衡，independent 各自四舍五入；不填按 settings.yaml"
    )
    percentages: _Rounding = Field(
        None,
        title="占比尾差处理",
        description="controlled 使合计为 100%，independent 各自四舍五入；不填按 settings.yaml",
    )
    score_rate: Annotated[
        Literal["exact", "displayed"] | None, *left_blank(type="string", enum=["exact", "displayed"])
    ] = Field(
        None,
        title="预算执行得分的口径",
        description="displayed 按公布的执行率，exact 按未舍入的；不填按 settings.yaml",
    )
    resume_from: Annotated[
        Literal["ledger", "fill", "derive", "render"] | None,
        *left_blank(type="string", enum=["ledger", "fill", "derive", "render"]),
    ] = Field(
        None,
        title="从哪一步起重算",
        description="ledger 读账、fill 填表、derive 计算、render 撰文；不填则接着上次完成的一步做",
    )
    force: bool = Field(default=False, title="全部重算", description="不用任何一步保存下来的结果")
    wait: bool = Field(
        default=False, title="排队等待", description="同一单位同一年度的另一次决算正在进行时，等它结束"
    )

    @property
    def results(self) -> Path:
        """Where the results go."""
        return (self.out or Path("out") / self.package.resolve().name).resolve()

    @property
    def overrides(self) -> closing.Overrides:
        """What this closing decides other than the settings do."""
        return closing.Overrides(self.year, self.edition, self.rounding, self.percentages, self.score_rate)

    @property
    def kept(self) -> closing.KeptStages:
        """The results of stages that an earlier run kept, as far as they may be used."""
        return closing.KeptStages.beside(self.results, fresh_from="ledger" if self.force else self.resume_from)


class Run(Protocol):
    """Runs a stage, under the name that people know it by, and returns its result."""

    def __call__(self, name: str, stage: Callable[..., Result], *given: Any) -> Result:
        """Run it."""
        ...


def plainly(_name: str, stage: Callable[..., Result], *given: Any) -> Result:
    """Run a stage, watched by nobody."""
    return stage(*given)


def ingest(request: Request, archive: closing.ClosingArchive, kept: closing.KeptStages) -> closing.Intake:
    archive.prove()
    return closing.ingest(request.package.resolve(), request.overrides, kept, archive)


def check_ledger(intake: closing.Intake) -> tuple[SuiteRun, ...]:
    runs = closing.check_ledger(intake)
    closing.refuse_problems(intake.problems, runs)
    return runs


def fill(intake: closing.Intake, kept: closing.KeptStages) -> closing.Books:
    return closing.fill_once(intake, kept)


def check_tables(books: closing.Books, before: tuple[SuiteRun, ...]) -> tuple[SuiteRun, ...]:
    runs = (*before, *closing.check_tables(books))
    closing.refuse_failures(runs)
    return runs


def derive(
    intake: closing.Intake, books: closing.Books, kept: closing.KeptStages, before: tuple[SuiteRun, ...]
) -> closing.ClosingAccounts:
    with closing.conflicts_refused(before):
        return closing.derive_once(intake, books, kept)


def check_account(
    archive: closing.ClosingArchive, account: closing.ClosingAccounts, before: tuple[SuiteRun, ...]
) -> tuple[SuiteRun, ...]:
    runs = (*before, *closing.check_account(account, archive.last_year(account)))
    closing.refuse_failures(runs)
    return runs


def render(
    intake: closing.Intake,
    account: closing.ClosingAccounts,
    kept: closing.KeptStages,
    before: tuple[SuiteRun, ...],
) -> closing.Disclosure:
    with closing.problems_refused(before):
        return closing.render_once(intake, account, kept)


def check_disclosure(
    account: closing.ClosingAccounts, disclosure: closing.Disclosure, before: tuple[SuiteRun, ...]
) -> tuple[SuiteRun, ...]:
    runs = (*before, *closing.check_disclosure(account, disclosure, before))
    closing.refuse_failures(runs)
    return runs


def _compared_with(
    request: Request, archive: closing.ClosingArchive, account: closing.ClosingAccounts
) -> Path | None:
    """Return the results to compare with: those that the run names, else last year's of the archive, if any."""
    return request.compare or archive.results_before(account.books.package.settings)


def write_draft(
    request: Request,
    archive: closing.ClosingArchive,
    account: closing.ClosingAccounts,
    disclosure: closing.Disclosure,
    runs: tuple[SuiteRun, ...],
) -> closing.State:
    old = _compared_with(request, archive, account)
    return closing.write_draft(request.results, account, disclosure, runs, old=old)


def stage(
    request: Request,
    archive: closing.ClosingArchive,
    kept: closing.KeptStages,
    account: closing.ClosingAccounts,
    disclosure: closing.Disclosure,
    runs: tuple[SuiteRun, ...],
) -> closing.Staged:
    old = _compared_with(request, archive, account)
    sign = closing.PdfSigning(kept, lambda: archive.pdf_of(account.books.package.settings))
    return closing.stage_results(request.results, account, disclosure, runs, old=old, sign=sign)


def keep(
    request: Request, archive: closing.ClosingArchive, account: closing.ClosingAccounts, staged: closing.Staged
) -> Archived:
    """Archive what lies ready, and publish it then: what can't be archived is not published either."""
    archived = archive.keep(account, staged.folder, staged.state, published=request.results)
    closing.publish(staged)
    return archived


@dataclass(frozen=True)
class Step:
    """One stage: its name for people, what does it (None: people do), and as what its result is kept, if it is.

    A step that is ``signed`` is part of a closing that waits for sign-offs, and of no other.
    """

    name: str
    work: Callable[..., Any] | None
    kept: str | None = None
    signed: bool = False


STEPS = (
    Step("读取资料与账簿", ingest, kept="ledger"),
    Step("核对账簿", check_ledger),
    Step("填列报表", fill, kept="fill"),
    Step("核对报表", check_tables),
    Step("计算公布数与指标", derive, kept="derive"),
    Step("核对公布数", check_account),
    Step("编写公开文本", render, kept="render"),
    Step("核对公开文本", check_disclosure),
    Step("输出待签的草稿", write_draft, signed=True),
    Step("等待签署", None, signed=True),
    Step("输出结果", stage),
    Step("归档", keep),
)
"""The stages of a closing, in the order in which they are done."""

_NAMES = {step.work: step.name for step in STEPS if step.work}


def steps(*, signed: bool) -> tuple[Step, ...]:
    """Return the stages of a closing that waits for sign-offs, or of one that does not."""
    return tuple(step for step in STEPS if signed or not step.signed)


def close_unit(
    request: Request,
    run: Run = plainly,
    sign_off: Callable[[Path], None] | None = None,
    kept: closing.KeptStages | None = None,
) -> closing.Outcome:
    """Close one unit's year: from the closing package to the archived disclosure.

    ``sign_off`` has the results signed by everybody whose turn it is, before they are archived. ``kept`` are the
    results of stages that may be used and are kept; those of the request where none are given.

    Raises:
        ClosingRefused: nothing was published; what was found lies beside the results, which stay as they were.
        SignOffRejected: somebody sent the draft back; it lies beside, and what was published before stands again.
    """
    out, kept = request.results, kept or request.kept

    def do(stage: Callable[..., Result], *given: Any) -> Result:
        return run(_NAMES[stage], stage, *given)

    beside = closing.last_year_folder(out)
    with (
        closing.only_one_into(out, wait=request.wait),
        closing.ClosingArchive(request.archive, beside) as archive,
    ):
        closing.restore_earlier(out)  # where a closing was killed in between
        try:
            intake = do(ingest, request, archive, kept)
            with closing.only_one_of(request.archive, closing.lock_name(intake), wait=request.wait):
                runs = do(check_ledger, intake)
                books = do(fill, intake, kept)
                runs = do(check_tables, books, runs)
                account = do(derive, intake, books, kept, runs)
                runs = do(check_account, archive, account, runs)
                disclosure = do(render, intake, account, kept, runs)
                runs = do(check_disclosure, account, disclosure, runs)
                if sign_off is not None:
                    do(write_draft, request, archive, account, disclosure, runs)
                    sign_off(out)
                staged = do(stage, request, archive, kept, account, disclosure, runs)
                try:
                    archived = do(keep, request, archive, account, staged)
                finally:
                    closing.discard(staged)
        except closing.ClosingRefused as refusal:
            closing.write_refusal(out, refusal)
            raise
        except closing.SignOffRejected as rejection:
            closing.reject_draft(out, rejection)
            raise
    kept.forget_others()
    return closing.Outcome.of(account, runs, out, archived.uri, staged.state, (*staged.notes, *archived.notes))
