"""Closing every unit of a city as a Prefect flow.

One run for all of them: a task for each unit would cost more than it tells. The units are closed by processes that
know no Prefect (``juesuan.city``, docs/adr/0070); the run's page shows how far they are, and in the end which are
not closed, and why.
"""

from pathlib import Path

from juesuan.process import end_with_parent, go_offline

go_offline()  # before Prefect is imported
end_with_parent()  # where a service started this process for a run

from prefect import flow, get_run_logger  # noqa: E402
from prefect.artifacts import (  # noqa: E402
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from pydantic import BaseModel, ConfigDict, Field  # noqa: E402

from juesuan import city  # noqa: E402


class Request(BaseModel):
    """What a person fills in to close all units of a folder."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"description": "编制一个文件夹里所有单位的决算；没有变动的单位不重做"}
    )

    folder: Path = Field(title="装有各单位资料文件夹的文件夹", description="每个单位一个资料文件夹")
    out: Path | None = Field(
        None, title="结果文件夹", description="不填为 out/文件夹名；每个单位一个文件夹，另有汇总 index.html"
    )
    archive: str = Field("archive", title="归档位置", description="文件夹，或 s3://桶/前缀")
    jobs: int = Field(2, title="同时编制几个单位", description="按处理器个数", ge=1, le=64)
    force: bool = Field(default=False, title="全部重做", description="没有变动的单位也重做")

    @property
    def results(self) -> Path:
        """Where the results go."""
        return (self.out or Path("out") / self.folder.resolve().name).resolve()


class UnitsUnfinished(Exception):  # noqa: N818 - names what happened
    """Some units were not closed; the others were."""


@flow(name="close-all", persist_result=False)
def close_all(request: Request) -> str:
    """Close every package of a folder. The run fails if a unit was not closed; those that were stay closed."""
    log, progress = (
        get_run_logger(),
        create_progress_artifact(progress=0.0, key="progress", description="各单位决算"),
    )
    ended = 0

    def told(outcome: city.UnitOutcome, total: int) -> None:
        nonlocal ended
        ended += 1
        log.info("%d/%d %s", ended, total, "\n".join(city.lines(outcome)))
        update_progress_artifact(progress, progress=100 * ended / total)

    done = city.close_all(
        request.folder.resolve(),
        request.results,
        request.archive,
        jobs=request.jobs,
        force=request.force,
        listener=told,
    )
    create_markdown_artifact(
        f"# 决算汇总\n\n{done.summary}\n\n`{request.results / 'index.html'}`\n",
        key="close-all",
        description="汇总",
    )
    if done.exit_code:
        create_table_artifact(done.table, key="units", description="没有完成的单位")
        raise UnitsUnfinished(done.summary)
    return done.summary
