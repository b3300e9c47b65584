"""Where an archive is: addresses that people write, and what is wrong with them."""

from datetime import timedelta
from pathlib import Path

import pytest

from juesuan.archive import DirectoryStore, open_store, parse_location, require_address
from juesuan.archive.location import DirectoryLocation, S3Location
from juesuan.base.problems import InputError


@pytest.mark.parametrize(
    ("written", "prefix", "endpoint", "path_style", "days"),
    [
        ("s3://finance-archive", "", None, False, 36_500),
        ("s3://finance-archive/", "", None, False, 36_500),
        ("s3://finance-archive/决算/市本级/", "决算/市本级", None, False, 36_500),
        ("s3://finance-archive/a?endpoint=https://oss.example", "a", "https://oss.example", True, 36_500),
        (
            "s3://finance-archive/a?endpoint=https://o.example&path-style=false",
            "a",
            "https://o.example",
            False,
            36_500,
        ),
        ("s3://finance-archive/a%20b?retention-years=30&region=cn-north-1", "a b", None, False, 10_950),
    ],
)
def test_an_s3_address_names_bucket_prefix_and_options(
    written: str, prefix: str, endpoint: str | None, *, path_style: bool, days: int
) -> None:
    location = parse_location(written)
    assert isinstance(location, S3Location)
    assert location.bucket == "finance-archive"
    assert (location.prefix, location.endpoint, location.path_style) == (prefix, endpoint, path_style)
    assert location.term == timedelta(days=days)
    assert require_address(written) == written


def test_a_path_is_a_folder_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert require_address("archive") == str(tmp_path / "archive")
    assert parse_location("档案/2020") == DirectoryLocation(tmp_path / "档案" / "2020", timedelta(days=36_500))
    store = open_store(f"file://{tmp_path}/a%20b?retention-years=10")
    assert isinstance(store, DirectoryStore)
    assert store.uri == str(tmp_path / "a b")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("s3://AKIAXXXX:canary@bucket/a", "不能写密钥"),
        ("s3://bucket/a?endpoint=https://AKIAXXXX:canary@host", "不能写密钥"),
        ("s3://bucket/a?endpoint=host:9000", "endpoint 不是网址"),
        ("s3://bucket/a?secret=canary", "不认识的选项"),
        ("s3://bucket/a?path-style=maybe", "path-style"),
        ("s3://bucket/a?retention-years=0", "retention-years"),
        ("s3://bucket/a?retention-years=101", "retention-years"),
        ("s3://bucket/a?retention-years=ten", "retention-years"),
        ("s3://B/a", "存储桶名称不对"),
        ("s3:///a", "存储桶名称不对"),
        ("ftp://host/a", "不认识的归档地址"),
        ("file:///a?region=x", "只能带 retention-years"),
        ("file://host/a", "不认识的归档地址"),
    ],
)
def test_a_wrong_address_is_explained_and_no_secret_repeated(written: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        parse_location(written)
    assert "canary" not in str(caught.value)
