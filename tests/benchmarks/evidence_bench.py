"""How long it takes to prove the seals of an archive of many signed versions.

    python tests/benchmarks/evidence_bench.py [--versions 10000]

One version is archived as always; the others are made of it (files linked, heads and log written and signed as the
program does), ten years a unit. Then everything is proved (``prove``), the seals alone, and every file read alone.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from juesuan.archive import DirectoryStore, SealingOffice, archive_closing, find_versions, prove
from juesuan.archive.bag import bag_fingerprint
from juesuan.archive.log import Record, dumps, record_key, signature_of
from juesuan.archive.seal import HEAD, RECORD
from juesuan.archive.sealed import SealProof
from juesuan.archive.store import hash_of
from juesuan.evidence.merkle import Frontier, leaf_hash
from juesuan.evidence.ring import Ring, Signer
from tests.archive_demo import demo_closing

YEARS = 10
Result = TypeVar("Result")


def main(count: int) -> None:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="juesuan-bench-") as name:
        folder = Path(name)
        ring = Ring(folder / "keys")
        ring.new("某单位")
        store = DirectoryStore(folder / "archive", term=timedelta(days=36500))
        model = Path(archive_closing(store, demo_closing(folder / "closing"), SealingOffice(ring)).uri)
        signer = ring.signer
        assert signer is not None
        timed(f"making {count} versions", lambda: multiply(store.root, model, signer, count))
        versions = timed("listing", lambda: find_versions(store))
        keys = [f"{one.home}{name}" for one in versions for name in one.keys]
        timed(f"reading and hashing {len(keys)} files", lambda: [hash_of(store, key) for key in keys])
        seals = timed("seals alone, by the office's key", lambda: SealProof(store, versions, ring.trust()).run())
        proof = timed("everything", lambda: prove(store, trust=ring.trust()))
        assert not seals.faults, seals.faults[:3]
        assert not proof.damages, proof.damages[:3]
        assert len(proof.proven) == count


def timed(what: str, work: Callable[[], Result]) -> Result:
    """Do something and tell how long it took, by the wall and by the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    told = f"{time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} s of a processor"
    print(f"{what}: {told}", flush=True)  # noqa: T201 - a program for people
    return result


def multiply(root: Path, model: Path, signer: Signer, count: int) -> None:
    """Make an archive of one version hold many."""
    first = Record.read((root / record_key(1)).read_bytes())
    frontier, head = Frontier().add(bytes.fromhex(first.leaf)), json.loads((model / HEAD).read_bytes())
    retention = model.with_name("v0001.retention").read_bytes()
    for number in range(1, count):
        label = f"{number // YEARS:06d}/{2010 + number % YEARS}/v0001"
        home = root / label
        home.mkdir(parents=True)
        for path in sorted(model.rglob("*")):
            target = home / path.relative_to(model)
            if path.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            elif target.parent.name != "seal":
                os.link(path, target)
        tags = (home / "tagmanifest-sha256.txt").read_bytes()
        data = dumps({**head, "version": label, "fingerprint": bag_fingerprint(tags)})
        leaf, at = leaf_hash(data), datetime.now(UTC).isoformat(timespec="seconds")
        frontier = frontier.add(leaf)
        record = Record.of(frontier, leaf, label, at).data
        key = record_key(frontier.size)
        for path, written in (
            (home / HEAD, data),
            (home / signature_of(HEAD, signer.key.id), signer.sign(data)),
            (root / key, record),
            (root / signature_of(key, signer.key.id), signer.sign(record)),
            (home / RECORD, record),
            (home / signature_of(RECORD, signer.key.id), signer.sign(record)),
            (home.with_name("v0001.retention"), retention),
        ):
            path.write_bytes(written)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--versions", type=int, default=10_000)
    main(parser.parse_args().versions)
