output "archive" {
  description = "What to give juesuan as --archive."
  value       = local.prefix == "" ? "s3://${aws_s3_bucket.archive.id}" : "s3://${aws_s3_bucket.archive.id}/${local.prefix}"
}

output "writer_policy_arn" {
  description = "Attach it to the worker's role."
  value       = aws_iam_policy.writer.arn
}

output "reader_policy_arn" {
  description = "Attach it to the roles that prove archives."
  value       = aws_iam_policy.reader.arn
}
