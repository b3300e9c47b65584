# The bucket of an archive of closings: Object Lock, versions, no public access, and who may do what.
# Retention is set on each object by juesuan, which proves the bucket before it publishes; no rule here sets a
# default, so that the probes of that proof can be removed again.

terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = var.region
}

locals {
  bucket     = aws_s3_bucket.archive.arn
  prefix     = trim(var.prefix, "/")
  root       = local.prefix == "" ? local.bucket : "${local.bucket}/${local.prefix}"
  restricted = "${local.root}/*/data/restricted/*" # the ledger and the package, in every version
  probes     = "${local.root}/.self-test/*"
}

resource "aws_s3_bucket" "archive" {
  bucket              = var.bucket
  object_lock_enabled = true

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "archive" {
  bucket = aws_s3_bucket.archive.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == "" ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn == "" ? null : var.kms_key_arn
    }
    bucket_key_enabled = var.kms_key_arn != ""
  }
}

resource "aws_s3_bucket_public_access_block" "archive" {
  bucket                  = aws_s3_bucket.archive.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "archive" {
  bucket = aws_s3_bucket.archive.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# Parts of uploads that nobody resumed are of no use after a month. Nothing else ever expires.
resource "aws_s3_bucket_lifecycle_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id
  rule {
    id     = "abandoned-parts"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 30
    }
  }
  depends_on = [aws_s3_bucket_versioning.archive]
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "OnlyTLS"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket, "${local.bucket}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # Whatever else a policy may grant: the inputs are for these roles alone.
  statement {
    sid       = "InputsForFewAlone"
    effect    = "Deny"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = [local.restricted]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = var.restricted_reader_arns
    }
  }

  # Nobody lifts a governance lock, suspends versions or changes the lock of the bucket through these roles.
  statement {
    sid       = "NoWayAroundTheLock"
    effect    = "Deny"
    actions   = ["s3:BypassGovernanceRetention", "s3:PutBucketObjectLockConfiguration"]
    resources = [local.bucket, "${local.bucket}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_s3_bucket_policy" "archive" {
  bucket     = aws_s3_bucket.archive.id
  policy     = data.aws_iam_policy_document.bucket.json
  depends_on = [aws_s3_bucket_public_access_block.archive]
}

# The worker that closes: writes new objects with a lock, reads all, deletes nothing but its probes.
data "aws_iam_policy_document" "writer" {
  statement {
    actions = [
      "s3:ListBucket",
      "s3:ListBucketVersions",
      "s3:ListBucketMultipartUploads",
      "s3:GetBucketVersioning",
      "s3:GetBucketObjectLockConfiguration",
    ]
    resources = [local.bucket]
  }
  statement {
    actions = [
      "s3:PutObject",
      "s3:PutObjectTagging",
      "s3:PutObjectRetention",
      "s3:GetObject",
      "s3:GetObjectRetention",
      "s3:ListMultipartUploadParts",
      "s3:AbortMultipartUpload",
    ]
    resources = ["${local.root}/*"]
  }
  statement {
    actions   = ["s3:DeleteObjectVersion"]
    resources = [local.probes]
  }
}

# Whoever proves an archive without renewing it: reads all that is publishable.
data "aws_iam_policy_document" "reader" {
  statement {
    actions   = ["s3:ListBucket"]
    resources = [local.bucket]
  }
  statement {
    actions   = ["s3:GetObject", "s3:GetObjectRetention"]
    resources = ["${local.root}/*"]
  }
  statement {
    effect    = "Deny"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = [local.restricted]
  }
}

resource "aws_iam_policy" "writer" {
  name   = "${var.bucket}-writer"
  policy = data.aws_iam_policy_document.writer.json
}

resource "aws_iam_policy" "reader" {
  name   = "${var.bucket}-reader"
  policy = data.aws_iam_policy_document.reader.json
}
