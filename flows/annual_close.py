"""The closing of one unit as a Prefect flow: each stage of ``procedure.py`` is a task.

Only Prefect's part stands here: tasks, progress, sign-offs that wait for people, and what the run's page shows.
"""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

from juesuan.base.process import collect_rarely, end_with_parent, go_offline

go_offline()  # before Prefect is imported
collect_rarely()
end_with_parent()  # where a service started this process for a run

from prefect import flow, get_run_logger, runtime, task  # noqa: E402
from prefect.artifacts import (  # noqa: E402
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.flow_runs import pause_flow_run, suspend_flow_run  # noqa: E402
from prefect.input import RunInput  # noqa: E402
from prefect.utilities.annotations import quote  # noqa: E402
from pydantic import Field  # noqa: E402

from juesuan import closing  # noqa: E402
from juesuan.base.process import NO_PAGE, Stage, StageState, announce  # noqa: E402
from juesuan.results.names import INDEX, PAGE, REVIEW_PAGE  # noqa: E402
from juesuan.runner import load_flow  # noqa: E402

errors = load_flow("plain_errors")
procedure = load_flow("procedure")
Request = procedure.Request

Result = TypeVar("Result")

# Results are large frozen values: they stay in this process, and Prefect is told not to walk through them.
_STAGE: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}
_PATIENCE = 60 * 24 * 3600  # how long a run waits for a signature, in seconds


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
        SignOffRejected: somebody does not approve; nothing is published.
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
        except closing.SignOffRejected:
            raise
        except closing.SignOffRefused as refusal:
            refused = str(refusal)
            get_run_logger().warning(refused)


class _Tasks:
    """Runs each stage as a task, and tells the terminal and the run's page which one is at work."""

    def __init__(self, stages: int) -> None:
        self._stages = stages
        self._number = 0
        self._artifact = _on_page(create_progress_artifact, progress=0.0, key="progress", description="决算进度")

    def __call__(self, name: str, stage: Callable[..., Result], *given: Any) -> Result:
        numbered = f"{self._number + 1} {name}"  # the page's timeline has letters for the number alone
        run = task(stage, name=name, task_run_name=numbered, **_STAGE)
        return self._told(name, lambda: run(*map(quote, given)))

    def sign_off(self, out: Path) -> None:
        _link_results(out)
        self._told("等待签署", lambda: sign_off(out))

    def _told(self, name: str, work: Callable[[], Result]) -> Result:
        self._number += 1
        announce(Stage(self._number, self._stages, name, StageState.STARTED))
        self._tell(self._number - 1, f"正在{name}")
        try:
            result = work()
        except Exception:
            announce(Stage(self._number, self._stages, name, StageState.FAILED))
            self._tell(self._number - 1, f"停在{name}")
            raise
        announce(Stage(self._number, self._stages, name, StageState.DONE))
        if self._number == self._stages:
            self._tell(self._number, "完成")
        return result

    def _tell(self, done: int, words: str) -> None:
        told = f"{self._number}/{self._stages} {words}"
        share = 100 * done / self._stages
        _on_page(update_progress_artifact, artifact_id=self._artifact, progress=share, description=told)


def _on_page(put: Callable[..., Any], **what: Any) -> Any:
    """Put something on the run's page, where it has one."""
    return None if os.environ.get(NO_PAGE) else put(**what)


def _link_results(out: Path, what: str = "") -> None:
    _link(out / REVIEW_PAGE, "review", f"{what}审核页")
    _link(out / PAGE, "disclosure", f"{what}公开文本")


def _link(page: Path, key: str, words: str) -> None:
    """Put a link to a page of the results beside the run, where the results are served."""
    address = closing.address_of(page)
    if address:
        create_link_artifact(address, link_text=words, key=key, description=str(page))


def _name() -> str:
    """What a run is called: the unit and the year."""
    parameters = runtime.flow_run.parameters
    return closing.name_of(Request.model_validate(parameters["request"]).package)


@flow(name="annual-close", flow_run_name=_name, persist_result=False)
def annual_close(request: Request) -> closing.Outcome:
    """Close one unit's year: from the closing package to the archived disclosure.

    A closing that is refused publishes nothing: what was found goes beside the results, which stay as they are.
    """
    errors.begin()
    run = _Tasks(stages=len(procedure.steps(signed=request.ask_approval)))
    try:
        outcome = procedure.close_unit(request, run, run.sign_off if request.ask_approval else None)
    except closing.ClosingRefused as refusal:
        folder = closing.refusal_folder(request.results)
        found = procedure.at_most(refusal.table)
        _on_page(create_table_artifact, table=found, key="findings", description=f"没有通过：{folder}")
        _link(folder / INDEX, "refusal", "没有通过的核对")
        raise
    except closing.SignOffRejected:
        _link_results(closing.rejected_folder(request.results), "退回的草稿：")
        raise
    _link_results(request.results)
    _on_page(create_markdown_artifact, markdown=outcome.markdown, key="annual-close", description=outcome.title)
    figures, table = outcome.key_figures, procedure.at_most(outcome.table)
    _on_page(create_table_artifact, table=figures, key="key-figures", description=f"主要的数，{outcome.money}")
    if table:
        _on_page(create_table_artifact, table=table, key="findings", description="提示与审核说明")
    get_run_logger().info(outcome.summary)
    return outcome
