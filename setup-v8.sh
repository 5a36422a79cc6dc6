#!/usr/bin/env bash
# Unpacks V8, as Debian 12 builds it for Node.js, into .deps/libnode: nothing is installed, and no
# rights are needed. `cargo build --features js-v8` finds it there.
#
# It needs apt-get with lists of packages (`apt-get update`), dpkg and a C++ compiler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

prefix=$PWD/.deps/libnode
library=libnode.so.108

fail() {
  echo "setup-v8: $1" >&2
  exit 1
}

for tool in apt-get dpkg ldd; do
  command -v "$tool" >/dev/null || fail "there is no $tool: this script is for Debian and its kin"
done
command -v c++ >/dev/null || fail "there is no C++ compiler: install g++"

downloads=$(mktemp -d)
trap 'rm -rf "$downloads"' EXIT

unpack() {
  echo "setup-v8: unpacking $*"
  (cd "$downloads" && apt-get download --quiet --quiet "$@" 2>errors) ||
    fail "cannot download $*: $(tr '\n' ' ' <"$downloads/errors")(is \`apt-get update\` needed?)"
  for package in "$downloads"/*.deb; do
    dpkg -x "$package" "$prefix"
    rm "$package"
  done
}

# The package of Debian 12 that has a library.
package_of() {
  case $1 in
    libuv.so.1) echo libuv1 ;;
    libcares.so.2) echo libc-ares2 ;;
    libnghttp2.so.14) echo libnghttp2-14 ;;
    libicui18n.so.72 | libicuuc.so.72 | libicudata.so.72) echo libicu72 ;;
    libbrotlidec.so.1 | libbrotlienc.so.1 | libbrotlicommon.so.1) echo libbrotli1 ;;
    libcrypto.so.3 | libssl.so.3) echo libssl3 ;;
    libstdc++.so.6) echo libstdc++6 ;;
    libz.so.1) echo zlib1g ;;
    *) fail "no package is known for $1" ;;
  esac
}

missing() {
  LD_LIBRARY_PATH=$folder ldd "$folder/$library" | awk '/not found/ { print $1 }'
}

rm -rf "$prefix"
mkdir -p "$prefix"
unpack libnode108 libnode-dev
folder=$(dirname "$(find "$prefix" -name "$library" | head -n 1)")
[ -e "$folder/$library" ] || fail "the packages have no $library"

# A library that comes may need others.
for _ in 1 2 3; do
  packages=()
  while read -r name; do
    packages+=("$(package_of "$name")")
  done < <(missing)
  [ "${#packages[@]}" -gt 0 ] || break
  mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
  unpack "${packages[@]}"
done
[ -z "$(missing)" ] || fail "libraries are missing: $(missing | tr '\n' ' ')"

version=$(awk '/define V8_(MAJOR|MINOR|BUILD)/ { printf "%s%s", dot, $3; dot = "." }' \
  "$prefix/usr/include/node/v8-version.h")
echo "setup-v8: V8 $version is in ${prefix#"$PWD"/}; build with --features js-v8"
