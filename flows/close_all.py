"""Closing every unit of a city as a Prefect flow.

One run for all of them: a task for each unit would cost more than it tells. The units are closed by the workers of
a Dask cluster (``cluster.py``, docs/adr/0145) that know no Prefect; the run's page shows how far they are, leads
to Dask's own page, and in the end says which units are not closed, and why.
"""

from typing import Annotated

from juesuan.base.process import end_with_parent, go_offline

go_offline()  # before Prefect is imported
end_with_parent()  # where a service started this process for a run

from prefect import flow, get_run_logger, runtime  # noqa: E402
from prefect.artifacts import (  # noqa: E402
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from pydantic import BaseModel, ConfigDict, Field  # noqa: E402

from juesuan import city  # noqa: E402
from juesuan.base.problems import JuesuanError  # noqa: E402
from juesuan.runner import load_flow  # noqa: E402

cluster = load_flow("cluster")
errors = load_flow("plain_errors")
procedure = load_flow("procedure")

_LEFT_BLANK = procedure.left_blank(type="string")


class Request(BaseModel):
    """编制一个文件夹里所有单位的决算；没有变动的单位不重做。"""

    model_config = ConfigDict(extra="forbid", json_schema_extra=procedure.without_null)

    folder: str = Field(
        title="装有各单位资料文件夹的文件夹", description="每个单位一个资料文件夹；或 s3://桶/前缀"
    )
    out: Annotated[str | None, *_LEFT_BLANK] = Field(
        None, title="结果文件夹", description="不填为 out/文件夹名；每个单位一个文件夹，另有汇总 index.html"
    )
    archive: str = Field("archive", title="归档位置", description="文件夹，或 s3://桶/前缀")
    jobs: int = Field(2, title="同时编制几个单位", description="在本机启动几个进程，按处理器个数", ge=1, le=64)
    scheduler: Annotated[str | None, *_LEFT_BLANK] = Field(
        None,
        title="Dask 调度器",
        description="已有的，如 tls://主机:8786；不填按部署的 JUESUAN_SCHEDULER，再没有就在本机启动进程",
    )
    minutes: float = Field(30, title="每个单位的时限（分钟）", gt=0, le=24 * 60)
    memory: float = Field(4, title="每个单位的内存上限（GB）", gt=0, le=1024)
    dashboard: bool = Field(
        default=False, title="打开 Dask 的页面", description="要装 juesuan[dashboard]；只在本机能看"
    )
    force: bool = Field(default=False, title="全部重做", description="没有变动的单位也重做")

    @property
    def city(self) -> city.City:
        """What is to be closed."""
        limits = city.UnitLimits(self.minutes * 60, int(self.memory * 2**30))
        return city.City.of(self.folder, self.out, self.archive, force=self.force, limits=limits)


class UnitsUnfinished(JuesuanError):  # noqa: N818 - names what happened
    """Some units were not closed; the others were."""


def _name() -> str:
    """What a run is called: the folder of the units."""
    folder = Request.model_validate(runtime.flow_run.parameters["request"]).folder
    return f"各单位决算 {folder.rstrip('/').rpartition('/')[2]}"


@flow(name="close-all", flow_run_name=_name, persist_result=False)
def close_all(request: Request) -> str:
    """Close every package of a folder. The run fails if a unit was not closed; those that were stay closed."""
    errors.begin()
    log = get_run_logger()
    progress = create_progress_artifact(progress=0.0, key="progress", description="各单位决算")

    def told(event: city.Event, standing: city.CityStanding) -> None:
        if isinstance(event, city.Notice):
            log.warning(event.words)
        elif isinstance(event, city.UnitOutcome):
            log.info("%d/%d %s", standing.ended, standing.total, "\n".join(city.lines(event)))
            share = 100 * standing.weight_done / standing.weight if standing.weight else 100.0
            update_progress_artifact(progress, progress=share, description=standing.words)

    what = request.city
    with cluster.joined(what, jobs=request.jobs, scheduler=request.scheduler, dashboard=request.dashboard) as crew:
        if crew.link:
            create_link_artifact(crew.link, link_text="Dask 的页面", key="dask", description="各进程在做什么")
        done = city.close_all(what, crew, told)
    create_markdown_artifact(
        f"# 决算汇总\n\n{done.summary}\n\n`{what.page}`\n", key="close-all", description="汇总"
    )
    if done.exit_code:
        create_table_artifact(procedure.at_most(done.table), key="units", description="没有完成的单位")
        raise UnitsUnfinished(done.summary)
    return done.summary
