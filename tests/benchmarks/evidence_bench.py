"""How long it takes to prove the seals of an archive of many signed versions.

    python tests/benchmarks/evidence_bench.py [--versions 10000]

Makes an archive of versions of a few small files (nothing is flushed to the disk meanwhile), then proves it: every
byte and every seal (``prove``), the seals alone, and reading every file alone.
"""

import argparse
import os
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from juesuan.archive import DirectoryStore, Office, find_versions, make_bag, prove
from juesuan.archive.sealed import SealProof
from juesuan.archive.store import hash_of
from juesuan.archive.versions import deposit
from juesuan.evidence.ring import Ring
from tests.archive_demo import demo_closing

YEARS = 10  # versions of a unit


def main(count: int) -> None:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="juesuan-bench-") as name:
        folder = Path(name)
        ring = Ring(folder / "keys")
        ring.new("某单位")
        office = Office(ring)
        store = DirectoryStore(folder / "archive", term=timedelta(days=36500))
        closing = demo_closing(folder / "closing")
        flush, os.fsync = os.fsync, lambda _: None
        begin = time.perf_counter()
        for number in range(count):
            unit = f"{number // YEARS:06d}"
            bag = make_bag(replace(closing, unit=unit, year=2010 + number % YEARS))
            deposit(store, unit, 2010 + number % YEARS, bag, office)
        os.fsync = flush
        print(f"{count} versions made in {time.perf_counter() - begin:.1f} s")  # noqa: T201 - a program for people
        trust = ring.trust()
        begin = time.perf_counter()
        versions = find_versions(store)
        listed = time.perf_counter() - begin
        begin = time.perf_counter()
        for version in versions:
            for one in version.keys:
                hash_of(store, f"{version.home}{one}")
        read = time.perf_counter() - begin
        begin = time.perf_counter()
        seals = SealProof(store, versions, trust).run()
        sealed = time.perf_counter() - begin
        begin = time.perf_counter()
        proof = prove(store, trust=trust)
        whole = time.perf_counter() - begin
        assert not proof.damages, proof.damages[:3]
        assert not seals.faults
        assert len(proof.proven) == count
        files = sum(len(one.keys) for one in versions)
        print(f"listing {listed:.1f} s; reading and hashing {files} files {read:.1f} s")  # noqa: T201 - a program for people
        print(f"seals alone {sealed:.1f} s; everything {whole:.1f} s, of it {whole - read:.1f} s beside reading")  # noqa: T201 - a program for people


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--versions", type=int, default=10_000)
    main(parser.parse_args().versions)
