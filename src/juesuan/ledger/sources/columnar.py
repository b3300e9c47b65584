"""Parquet files: typed columns as the exact text of their values."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from juesuan.ledger.sources.model import LIMITS, Export, Limits, RawColumns, SourceSheet, failing
from juesuan.ledger.sources.values import value_text


def read_parquet(path: Path, *, file: str, limits: Limits = LIMITS) -> Export:
    """Read a Parquet file. Decimals are exact; a float becomes its shortest decimal."""
    fail = failing(file, "parquet")
    try:
        with pq.ParquetFile(path) as table:
            meta = table.metadata
            unpacked = sum(meta.row_group(at).total_byte_size for at in range(meta.num_row_groups))
            cells = meta.num_rows * meta.num_columns
            if unpacked > limits.unpacked_bytes or cells > limits.sheet_cells * 4:
                return fail("file.bomb", "解压后大得不合常理，没有读取", found=f"{unpacked:,} 字节，{cells:,} 格")
            columns: list[list[Any]] = [column.to_pylist() for column in table.read().columns]
            names = [str(name) for name in table.schema_arrow.names]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        return fail("file.damaged", "文件已损坏或不完整", found=str(error)[:100], hint="请重新导出")
    rows = [names, *([value_text(value) for value in row] for row in zip(*columns, strict=True))]
    return Export(file, "parquet", (SourceSheet("", rows, range(len(rows)), headed=True, raw=RawColumns(path)),))
