"""A client of an S3-compatible server, and its errors in words for finance staff."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from juesuan.archive.location import S3Location
from juesuan.archive.store import KeyMissingError
from juesuan.base.problems import OutputError

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from mypy_boto3_s3 import S3Client

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
ATTEMPTS = 5  # the first one counts; waits between them grow (botocore's standard mode)
_SERVER_ERROR = 500

TAKEN = frozenset({"PreconditionFailed", "412"})
BUSY = frozenset({"ConditionalRequestConflict", "409"})
NO_LOCK = frozenset({"ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration", "InvalidRequest"})
MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "404"})

_RESUME = "已归档的内容不受影响，上传中的会接着传：排除故障后重新运行即可。"
_WORDS = {
    "NoSuchBucket": "没有这个存储桶，请先建桶（须启用对象锁定）",
    "InvalidBucketName": "存储桶名称不对",
    "InvalidAccessKeyId": "访问密钥不对：服务器不认识这个密钥",
    "SignatureDoesNotMatch": "访问密钥不对：签名与服务器算出的不一致",
    "InvalidToken": "访问密钥不对：临时令牌无效",
    "ExpiredToken": "访问密钥已过期",
    "AccessDenied": "没有权限，请检查访问密钥和存储桶的授权",
    "403": "没有权限，请检查访问密钥和存储桶的授权",
    "RequestTimeTooSkewed": "本机时钟与服务器相差太大，请先校准本机时钟",
    "QuotaExceeded": "存储空间配额已用完",
    "InsufficientStorage": "服务器存储空间不足",
    "BadDigest": "上传的内容在途中损坏，服务器已拒收",
    "XAmzContentChecksumMismatch": "上传的内容在途中损坏，服务器已拒收",
    "EntityTooLarge": "文件超过了服务器允许的大小",
}


def make_client(location: S3Location) -> "S3Client":
    """Return a client for a bucket. Credentials come from the standard chain: environment, files, roles."""
    import boto3
    import botocore.session
    from botocore.config import Config

    # botocore's debug log holds signatures and the id of the access key.
    for name in ("botocore", "boto3", "urllib3"):
        if logging.getLogger(name).level == logging.NOTSET:
            logging.getLogger(name).setLevel(logging.INFO)
    # After a refused PUT without a body some servers leave the next request of the connection hanging.
    os.environ.setdefault("BOTO_EXPERIMENTAL__NO_EMPTY_CONTINUE", "true")
    elsewhere = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        s3={"addressing_style": "path" if location.path_style or elsewhere else "auto"},
        response_checksum_validation="when_required",  # every byte read is hashed here
    )
    region = location.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region is None and (location.endpoint or elsewhere):
        region = "us-east-1"  # what servers without regions call theirs
    core = botocore.session.get_session()
    core.register_component("data_loader", _loader())
    session = boto3.session.Session(botocore_session=core)
    return session.client("s3", endpoint_url=location.endpoint, region_name=region, config=config)


@cache
def _loader() -> "Loader":
    """Return what reads botocore's description of S3, once: it is large, and takes half a second."""
    import botocore.loaders

    return botocore.loaders.create_loader()


def code_of(error: Exception) -> str:
    """Return the code of a server's refusal; empty for any other error."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


@contextmanager
def telling(location: S3Location, key: str = "") -> Iterator[None]:
    """Turn errors of the client into OutputError. Neither keys nor the server's own words are repeated."""
    from botocore import exceptions as failures

    where = f"对象存储 {location.uri}" + (f"（{location.endpoint}）" if location.endpoint else "")
    try:
        yield
    except failures.ClientError as error:
        code = code_of(error)
        if code in MISSING and key:
            raise KeyMissingError(f"{location.uri} 中缺少文件 {key}") from error
        raise OutputError(f"{where}：{_refusal(error, code)}。{_RESUME}") from error
    except (failures.NoCredentialsError, failures.PartialCredentialsError) as error:
        expected = "请设置 AWS_ACCESS_KEY_ID 与 AWS_SECRET_ACCESS_KEY，或 AWS 配置文件"
        raise OutputError(f"{where}：没有访问密钥。{expected}。") from error
    except (failures.ReadTimeoutError, failures.ConnectTimeoutError) as error:
        raise OutputError(f"{where}：服务器没有在时限内答复。{_RESUME}") from error
    except (failures.HTTPClientError, failures.ConnectionError) as error:  # refused, reset, unknown host, TLS
        raise OutputError(f"{where}：连不上服务器。{_RESUME}") from error
    except failures.BotoCoreError as error:
        raise OutputError(f"{where}：设置有误（{type(error).__name__}）。") from error


def _refusal(error: Exception, code: str) -> str:
    if code in _WORDS:
        return _WORDS[code]
    status = getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= _SERVER_ERROR:
        return f"服务器暂时不可用（{code or status}，重试 {ATTEMPTS} 次）"
    return f"服务器拒绝了请求（{code or status}）"
