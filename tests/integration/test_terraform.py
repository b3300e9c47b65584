"""The bucket's Terraform files are valid, and plan what they should: offline, with the machine's own provider."""

import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT

PLUGINS = Path(os.environ.get("JUESUAN_TERRAFORM_PLUGINS", "/opt/tf-plugins"))
HERE = shutil.which("terraform") is not None and PLUGINS.is_dir()

pytestmark = [
    pytest.mark.integration,
    # Terraform and its provider come from no registry that CI may use: where they are absent, this is said.
    pytest.mark.skipif(not HERE, reason=f"no terraform on the path, or no folder of its providers at {PLUGINS}"),
]

OFFLINE = """
provider "aws" {
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}
"""


def terraform(*words: str, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
    environment |= {"CHECKPOINT_DISABLE": "1", "HOME": str(cwd)}
    done = subprocess.run(
        ["terraform", *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "module"
    shutil.copytree(ROOT / "infra" / "terraform", folder, ignore=shutil.ignore_patterns(".terraform*"))
    terraform("init", "-backend=false", "-input=false", f"-plugin-dir={PLUGINS}", cwd=folder)
    return folder


def test_the_files_are_formatted_and_valid(module: Path) -> None:
    terraform("fmt", "-check", "-diff", cwd=module)
    assert json.loads(terraform("validate", "-json", cwd=module))["diagnostics"] == []


def test_the_plan_makes_a_locked_private_bucket_and_two_narrow_policies(module: Path) -> None:
    (module / "offline_override.tf").write_text(OFFLINE, encoding="utf-8")
    variables = {
        "bucket": "finance-archive",
        "region": "cn-north-1",
        "restricted_reader_arns": '["arn:aws-cn:iam::123456789012:role/worker"]',
    }
    words = [f"-var={name}={value}" for name, value in variables.items()]
    terraform("plan", "-input=false", "-refresh=false", "-out=plan", *words, cwd=module)
    plan = json.loads(terraform("show", "-json", "plan", cwd=module))
    resources = plan["planned_values"]["root_module"]["resources"]
    made = [one for one in resources if one["mode"] == "managed"]
    assert Counter(one["type"] for one in made) == {
        "aws_s3_bucket": 1,
        "aws_s3_bucket_versioning": 1,
        "aws_s3_bucket_server_side_encryption_configuration": 1,
        "aws_s3_bucket_public_access_block": 1,
        "aws_s3_bucket_ownership_controls": 1,
        "aws_s3_bucket_lifecycle_configuration": 1,
        "aws_s3_bucket_policy": 1,
        "aws_iam_policy": 2,
    }
    by_type = {one["type"]: one.get("values", {}) for one in made}
    assert by_type["aws_s3_bucket"]["object_lock_enabled"] is True
    assert by_type["aws_s3_bucket_versioning"]["versioning_configuration"][0]["status"] == "Enabled"
    blocked = by_type["aws_s3_bucket_public_access_block"]
    assert all(blocked[name] for name in ("block_public_acls", "block_public_policy", "restrict_public_buckets"))
