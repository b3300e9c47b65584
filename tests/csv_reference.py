"""What the engine is held against: a CSV file in the canonical form, read whole by the csv module."""

import csv
import io
from pathlib import Path

from juesuan.base.problems import Place, Problem
from juesuan.ledger.raw import RawTable, tabulate


def read_csv(path: Path, *, file: str) -> RawTable:
    """Read a CSV file; ``file`` is how problems name it. What can't be read is a problem of the table."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return _failed(Problem(Place(file), "file.missing", "缺少文件"))
    except OSError as error:
        return _failed(Problem(Place(file), "file.unreadable", "文件打不开", found=error.strerror or ""))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"字节 {data[error.start]:#04x}"
        hint = "请另存为 UTF-8 编码的 CSV"
        return _failed(Problem(Place(file, line), "file.encoding", "不是 UTF-8 编码的文本", found, "UTF-8", hint))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for record in reader:
            if any(record):
                records.append(record)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        return _failed(Problem(Place(file, start), "file.csv", "引号不配对，或单元格过长", found=str(error)))
    if not records:
        return _failed(Problem(Place(file), "ledger.empty", "文件是空的", expected="第一行为列名"))
    return tabulate(file, records[0], records[1:], lines[1:], header_line=lines[0])


def _failed(problem: Problem) -> RawTable:
    return RawTable(problem.place.file, {}, (), problems=(problem,))
