variable "bucket" {
  description = "Name of the bucket; it can't be changed later."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "region" {
  description = "Region of the bucket."
  type        = string
}

variable "prefix" {
  description = "Prefix of the archive in the bucket; empty for the whole bucket."
  type        = string
  default     = ""
}

variable "restricted_reader_arns" {
  description = "Roles that may read ledgers and packages: the worker, and who restores."
  type        = list(string)
  validation {
    condition     = length(var.restricted_reader_arns) > 0
    error_message = "At least the worker's own role."
  }
}

variable "kms_key_arn" {
  description = "Key for encryption at rest; empty for the bucket's own."
  type        = string
  default     = ""
}
