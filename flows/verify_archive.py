"""Once a week: read every archived closing again, prove its hashes and seals, and renew its retention.

Where the office has keys, its own are what is trusted, and the log must continue what they signed last.
"""

from juesuan.base.process import end_with_parent, go_offline

go_offline()  # before Prefect is imported
end_with_parent()  # where a service started this process for a run

from prefect import flow  # noqa: E402
from prefect.artifacts import create_table_artifact  # noqa: E402
from pydantic import BaseModel, ConfigDict, Field  # noqa: E402

from juesuan.archive import Proof, open_store, prove  # noqa: E402
from juesuan.base.problems import OutputError  # noqa: E402
from juesuan.evidence.ring import ring_of  # noqa: E402


class Request(BaseModel):
    """重新读出归档的每个文件，核对哈希，并延长保管期。"""

    model_config = ConfigDict(extra="forbid", title="归档核对")

    archive: str = Field("archive", title="归档位置", description="文件夹，或 s3://桶/前缀")
    renew: bool = Field(default=True, title="延长保管期", description="对完好的版本续期（永久保管）")


@flow(name="verify-archive", flow_run_name="归档核对 {request.archive}", persist_result=False)
def verify_archive(request: Request) -> Proof:
    """Prove an archive; a damaged file fails the run, so that somebody is told.

    Raises:
        OutputError: with every damaged file.
    """
    store, ring = open_store(request.archive), ring_of()
    trust = ring.trust()
    proof = prove(store, renew=request.renew, trust=trust if trust.keys else None, seen=ring.seen(store.uri))
    rows = [{"版本": one.version, "文件": one.file, "问题": one.message} for one in proof.damages]
    told = (*(f"注意：{one}" for one in proof.doubts), *proof.told)
    sound = [{"版本": "全部", "文件": str(proof.files), "问题": "无"}]
    sound += [{"版本": "全部", "文件": "", "问题": one} for one in told]
    create_table_artifact(rows or sound, key="archive-proof")
    if proof.damages:
        raise OutputError("\n".join(map(str, proof.damages)))
    return proof
