#!/usr/bin/env bash
# 用 openssl 核对一个归档版本的证据 / Checks the evidence of an archived version with openssl alone.
#   bash check.sh 公钥.pem [授时机构.pem] [版本文件夹]
#   bash check.sh OFFICE.pem [AUTHORITY.pem] [FOLDER-OF-THE-VERSION]
# head.json, record.json: 封记与日志头；inclusion.txt, consistency.txt: RFC 6962 的证明。
set -euo pipefail
cd "$(dirname "$0")"
key=${1:?bash check.sh 公钥.pem [授时机构.pem] [版本文件夹]}
authority=${2:-}
bag=${3:-}

good() { printf '✓ %s\n' "$1"; }
bad() { printf '✗ %s\n' "$1"; exit 1; }
sha() { openssl dgst -sha256 -r | cut -c1-64; }
field() { sed -n "s/^ \"$2\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$1"; }
# SHA-256(0x01 ‖ left ‖ right)
node() { printf '%b' "$(printf '01%s%s' "$1" "$2" | sed 's/../\\x&/g')" | sha; }

signed() { # file name: a signature of it by the key?
  local one
  for one in "$2".*.sig; do
    [ -e "$one" ] || continue
    if openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$1" -sigfile "$one" >/dev/null 2>&1 ||
      openssl dgst -sha256 -verify "$key" -signature "$one" "$1" >/dev/null 2>&1; then
      return 0
    fi
  done
  return 1
}

signed head.json head && good "封记由这把公钥签名 / the head is signed by this key" || bad "封记没有这把公钥的签名"
signed record.json record && good "日志头由这把公钥签名 / so is the head of the log" || bad "日志头没有这把公钥的签名"

# 1. The leaf of the head: SHA-256(0x00 ‖ head.json). 2. The audit path leads to the root (RFC 9162, 2.1.3.2).
root=$(field record.json root)
size=$(field record.json size)
read -r index total < inclusion.txt
[ "$total" = "$size" ] || bad "包含证明是另一个日志头的"
found=$({ printf '\0'; cat head.json; } | sha)
one=$index
last=$((total - 1))
for other in $(tail -n +2 inclusion.txt); do
  [ "$last" -gt 0 ] || bad "包含证明太长"
  if [ $((one & 1)) = 1 ] || [ "$one" = "$last" ]; then
    found=$(node "$other" "$found")
    while [ $((one & 1)) = 0 ] && [ "$one" != 0 ]; do one=$((one >> 1)); last=$((last >> 1)); done
  else
    found=$(node "$found" "$other")
  fi
  one=$((one >> 1)); last=$((last >> 1))
done
[ "$last" = 0 ] && [ "$found" = "$root" ] || bad "封记不在日志里"
good "封记在日志里 / the head is leaf $((index + 1)) of $size"

# 3. The log continues the one that was seen before (RFC 9162, 2.1.4.2).
if [ -e consistency.txt ]; then
  read -r first second old < consistency.txt
  mapfile -t path < <(tail -n +2 consistency.txt)
  [ "$second" = "$size" ] || bad "连续证明是另一个日志头的"
  if [ "$first" = "$second" ]; then
    [ "$old" = "$root" ] || bad "日志不是以前见过的那一个"
  else
    if [ $((first & (first - 1))) = 0 ]; then path=("$old" "${path[@]}"); fi
    one=$((first - 1)); last=$((second - 1))
    while [ $((one & 1)) = 1 ]; do one=$((one >> 1)); last=$((last >> 1)); done
    begun=${path[0]}; grown=${path[0]}
    for other in "${path[@]:1}"; do
      [ "$last" -gt 0 ] || bad "连续证明太长"
      if [ $((one & 1)) = 1 ] || [ "$one" = "$last" ]; then
        begun=$(node "$other" "$begun"); grown=$(node "$other" "$grown")
        while [ $((one & 1)) = 0 ] && [ "$one" != 0 ]; do one=$((one >> 1)); last=$((last >> 1)); done
      else
        grown=$(node "$grown" "$other")
      fi
      one=$((one >> 1)); last=$((last >> 1))
    done
    [ "$last" = 0 ] && [ "$begun" = "$old" ] && [ "$grown" = "$root" ] || bad "日志不是以前见过的那一个的延续"
  fi
  good "日志是以前见过的（$first 条）的延续 / the log continues the one with $first leaves"
fi

# 4. The time-stamp (RFC 3161), at the time that it says itself.
if [ -n "$authority" ]; then
  [ -e head.tsr ] || bad "没有时间戳"
  openssl ts -verify -in head.tsr -data head.json -CAfile "$authority" >/dev/null 2>&1 || bad "时间戳不对"
  good "时间戳：$(openssl ts -reply -in head.tsr -text 2>/dev/null | sed -n 's/^Time stamp: //p')"
fi

# 5. The files are those that the head speaks of.
if [ -n "$bag" ]; then
  [ "$(sha < "$bag/tagmanifest-sha256.txt")" = "$(field head.json fingerprint)" ] || bad "清单不是封记里的那一个"
  (cd "$bag" && sha256sum --check --strict --quiet --ignore-missing tagmanifest-sha256.txt manifest-sha256.txt) || bad "文件与清单不符"
  good "文件与清单、封记相符 / the files are what the head speaks of"
fi
