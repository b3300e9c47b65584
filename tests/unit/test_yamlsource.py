"""YAML that people write: everything wrong is told with its line, in Chinese, and nothing breaks the reader."""

from pathlib import Path

import pytest

from juesuan.base.problems import InputError
from juesuan.base.yamlsource import Strict, read_yaml


class Inner(Strict):
    amount: int


class Outer(Strict):
    year: int
    inner: Inner
    items: tuple[Inner, ...] = ()


def problems(tmp_path: Path, text: str | bytes) -> list[str]:
    path = tmp_path / "settings.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        read_yaml(path, Outer)
    return [str(one) for one in caught.value.problems]


def test_a_good_file_is_read_into_its_model(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("year: 2020\ninner: {amount: 7}\nitems:\n- amount: 1\n- amount: 2\n")
    assert read_yaml(path, Outer) == Outer(
        year=2020, inner=Inner(amount=7), items=(Inner(amount=1), Inner(amount=2))
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("year: 2020", ["settings.yaml 第 1 行 “inner”：缺少必填项"]),
        (
            "year: 2020\ninner: {amount: 1}\nyeer: 3",
            ["settings.yaml 第 3 行 “yeer”：不认识的设置项；实际为“yeer”。是否想写“year”"],
        ),
        (
            "year: twenty\ninner:\n  amount: x\n",
            [
                "settings.yaml 第 1 行 “year”：不是整数；实际为“twenty”",
                "settings.yaml 第 3 行 “inner.amount”：不是整数；实际为“x”",
            ],
        ),
        ("year: 1\nyear: 2\ninner: {amount: 1}", ["settings.yaml 第 2 行 “year”：同一项写了两次"]),
        ("year: [1", ["settings.yaml 第 1 行：不是有效的 YAML（expected ',' or ']', but got '<stream end>'）"]),
        ("year: &a [*a]", ["settings.yaml 第 1 行：不支持 YAML 的锚点和引用（& 和 *）；实际为“a”"]),
        ("year: 1\ninner: \x07", ["settings.yaml 第 2 行：含有不可见的控制字符；实际为“U+0007”"]),
        ("[" * 5000, ["settings.yaml：层次太深"]),
        ("", ["settings.yaml 第 1 行 “inner”：缺少必填项", "settings.yaml 第 1 行 “year”：缺少必填项"]),
        (b"year: \xd0\xc2", ["settings.yaml：不是 UTF-8 编码的文本；实际为“字节 0xd0”；应为UTF-8"]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str | bytes, expected: list[str]) -> None:
    found = problems(tmp_path, text)
    if text == "":
        expected = [one.replace(" 第 1 行", "") for one in expected]
    assert found == expected


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"budget\.yaml：缺少文件"):
        read_yaml(tmp_path / "budget.yaml", Outer)
