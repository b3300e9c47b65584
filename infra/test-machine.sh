#!/usr/bin/env bash
# Install what the integration tests need from Debian's packages, where this user may; say so where not.
set -euo pipefail
packages=(chromium fonts-noto-cjk libreoffice-calc libreoffice-writer poppler-utils postgresql)
missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "not root: cannot install ${missing[*]}; tests that need them fail until they are there" >&2
fi
