#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Rebuilds every artefact of this folder from its source.
#
#   contracts/build.sh              everything whose toolchain is there
#   contracts/build.sh rust c       only these languages (solidity, c, assemblyscript, rust, stylus,
#                                   go, sbpf)
#   contracts/build.sh --fetch ...  first fetches missing toolchains into .tools/ (npm and Debian)
#
# Nothing is installed outside the repository. A toolchain that is missing is named, its artefacts
# stay as they are, and the script ends with status 3.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
contracts=$root/contracts
tools=$root/.tools
artifacts=$contracts/artifacts
interface=$root/sdk/tools/interface.mjs
modules=$tools/npm/node_modules
sysroot=$tools/sysroot/usr

# The same bytes come out only of the same tools.
solc_version=0.8.37
assemblyscript_version=0.28.20
llvm=22
debian_packages="rustc-web libstd-rust-web-dev libstd-rust-web-1.96 rust-web-src libllvm$llvm
clang-$llvm lld-$llvm libclang-cpp$llvm libclang-common-$llvm-dev libclang1-$llvm
llvm-$llvm-linker-tools"

# The features a module may use; everything else is the first version of WebAssembly.
wasm_features=(bulk-memory sign-ext mutable-globals)
stack_bytes=32768

fetch_npm() {
    [ -d "$modules/solc" ] && [ -d "$modules/assemblyscript" ] && return
    mkdir -p "$tools/npm"
    echo '{"private":true}' >"$tools/npm/package.json"
    npm install --prefix "$tools/npm" --no-audit --no-fund \
        "solc@$solc_version" "assemblyscript@$assemblyscript_version"
}

fetch_debian() {
    [ -x "$sysroot/bin/rustc" ] && [ -x "$sysroot/bin/clang-$llvm" ] && return
    command -v apt-get >/dev/null || { echo "apt-get is missing: no C, no Rust"; return; }
    mkdir -p "$tools/debs"
    # shellcheck disable=SC2086 # The list is meant to be split.
    (cd "$tools/debs" && apt-get download $debian_packages)
    for package in "$tools"/debs/*.deb; do dpkg -x "$package" "$tools/sysroot"; done
}

missing=()
have() { # have <language> <what> <file or command>
    if [ -e "$3" ] || command -v "$3" >/dev/null; then return 0; fi
    missing+=("$1: $2 is missing ($3)")
    return 1
}

put_wasm() { # put_wasm <module> <interface list> <artefact>
    mkdir -p "$(dirname "$3")"
    cp "$1" "$3.new"
    [ "$2" = - ] || node "$interface" attach "$2" "$3.new"
    chmod 644 "$3.new"
    mv "$3.new" "$3"
    echo "${3#"$contracts/"}: $(wc -c <"$3") bytes"
}

build_solidity() {
    have solidity "node" node && have solidity "solc of npm" "$modules/solc" || return 0
    mkdir -p "$artifacts/solidity"
    node "$contracts/tools/solidity.mjs" "$modules" "$contracts/solidity" "$artifacts/solidity"
}

build_c() {
    local clang=$sysroot/bin/clang-$llvm scratch=$1/c name
    [ -x "$clang" ] || clang=${CLANG:-clang}
    local linker=$sysroot/lib/llvm-$llvm/bin/wasm-ld
    [ -x "$linker" ] || linker=${WASM_LD:-wasm-ld}
    have c "node" node && have c "clang" "$clang" && have c "wasm-ld" "$linker" || return 0
    mkdir -p "$scratch"
    for name in badge counter token exchange versioned; do
        node "$interface" c "$contracts/interfaces/$name.abi" >"$scratch/$name.abi.h"
    done
    for name in badge counter token exchange versioned; do
        LD_LIBRARY_PATH=$sysroot/lib/x86_64-linux-gnu "$clang" \
            --target=wasm32-unknown-unknown -mcpu=mvp "${wasm_features[@]/#/-m}" \
            -std=c17 -Oz -flto -ffreestanding -nostdlib -fuse-ld="$linker" -Wall -Wextra -Werror \
            -Wno-unused-const-variable -Wno-missing-field-initializers \
            -I "$root/sdk/c" -I "$scratch" \
            -Wl,--no-entry,--strip-all,--stack-first,-z,stack-size=$stack_bytes \
            -o "$scratch/$name.wasm" "$contracts/c/$name.c"
        put_wasm "$scratch/$name.wasm" "$contracts/interfaces/$name.abi" "$artifacts/c/$name.wasm"
    done
}

build_assemblyscript() {
    have assemblyscript "node" node &&
        have assemblyscript "assemblyscript of npm" "$modules/assemblyscript" || return 0
    local scratch=$1/as name
    mkdir -p "$scratch/node_modules/@braid"
    ln -sfn "$root/sdk/assemblyscript" "$scratch/node_modules/@braid/sdk"
    for name in badge counter token exchange versioned; do
        node "$interface" as "$contracts/interfaces/$name.abi" >"$scratch/$name.abi.ts"
        cp "$contracts/assemblyscript/$name.ts" "$scratch/$name.ts"
    done
    for name in badge counter token exchange versioned; do
        (cd "$scratch" && node "$modules/assemblyscript/bin/asc.js" "$name.ts" \
            --outFile "$name.wasm" --optimizeLevel 3 --shrinkLevel 2 --converge --noAssert \
            --runtime node_modules/@braid/sdk/assembly/runtime --stackSize 0 \
            --use abort=~lib/@braid/sdk/assembly/index/abort \
            --disable nontrapping-f2i)
        put_wasm "$scratch/$name.wasm" "$contracts/interfaces/$name.abi" \
            "$artifacts/assemblyscript/$name.wasm"
    done
}

# build_workspace <language> <target folder> <parts of std>: builds the contracts of contracts/<language>.
build_workspace() {
    local rustc=$sysroot/bin/rustc linker=$sysroot/bin/wasm-ld-$llvm features
    have "$1" "cargo" cargo && have "$1" "rustc with its source" "$rustc" &&
        have "$1" "wasm-ld" "$linker" || return 1
    features=$(printf ',+%s' "${wasm_features[@]}")
    # Neither paths of this machine nor the texts of panics may reach the module.
    local flags="-C linker=$linker -C linker-flavor=wasm-ld -C target-cpu=mvp
        -C target-feature=${features#,} -C link-arg=--stack-first
        -C link-arg=-zstack-size=$stack_bytes -Zlocation-detail=none -Zfmt-debug=none
        --remap-path-prefix=$root=/braid
        --remap-path-prefix=$tools=/tools --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    # -Zbuild-std is open to a stable compiler only with RUSTC_BOOTSTRAP.
    (cd "$contracts/$1" &&
        LD_LIBRARY_PATH=$sysroot/lib/x86_64-linux-gnu RUSTC=$rustc RUSTC_BOOTSTRAP=1 \
            RUSTFLAGS=$(echo $flags) CARGO_TARGET_DIR=$tools/$2 RUSTC_WRAPPER='' \
            cargo build --quiet --locked --release --target wasm32-unknown-unknown \
            "-Zbuild-std=$3" -Zbuild-std-features=optimize_for_size)
}

build_rust() {
    local name
    build_workspace rust target core,alloc || return 0
    for name in badge counter token exchange relay probe versioned; do
        put_wasm "$tools/target/wasm32-unknown-unknown/release/$name.wasm" - \
            "$artifacts/rust/$name.wasm"
    done
}

build_go() {
    local braid=${BRAID:-$root/target/debug/braid} name
    have go "braid, or BRAID" "$braid" && have go "Go 1.24 or later" "${GO:-go}" || return 0
    mkdir -p "$artifacts/go"
    for name in counter token nft probe versioned; do
        "$braid" go build "$contracts/go/$name" --output "$artifacts/go/$name.wasm.zst"
    done
}

build_sbpf() {
    local name
    have sbpf "cargo" cargo || return 0
    mkdir -p "$artifacts/sbpf"
    for name in counter relay; do
        CARGO_TARGET_DIR=$tools/target cargo run --quiet --locked \
            --manifest-path "$contracts/tools/sbpf/Cargo.toml" -- \
            "$contracts/sbpf/$name.s" "$artifacts/sbpf/$name.so"
        echo "artifacts/sbpf/$name.so: $(wc -c <"$artifacts/sbpf/$name.so") bytes"
    done
}

# The modules are what a builder for Arbitrum would deploy; only the interface is attached.
build_stylus() {
    local name
    have stylus "node" node || return 0
    build_workspace stylus target-stylus core,alloc,std,panic_abort || return 0
    for name in token exchange; do
        put_wasm "$tools/target-stylus/wasm32-unknown-unknown/release/$name.wasm" \
            "$contracts/interfaces/$name.abi" "$artifacts/stylus/$name.wasm"
    done
}

fetch=no
languages=()
for argument in "$@"; do
    case $argument in
    --fetch) fetch=yes ;;
    solidity | c | assemblyscript | rust | stylus | go | sbpf) languages+=("$argument") ;;
    *) echo "build.sh: \"$argument\" is no language (solidity, c, assemblyscript, rust, stylus, go, sbpf)"; exit 2 ;;
    esac
done
[ ${#languages[@]} -gt 0 ] || languages=(solidity c assemblyscript rust stylus go sbpf)
[ $fetch = no ] || { fetch_npm; fetch_debian; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for language in "${languages[@]}"; do "build_$language" "$scratch"; done

if [ ${#missing[@]} -gt 0 ]; then
    printf 'missing toolchain, artefacts left as they are - %s\n' "${missing[@]}"
    echo "contracts/build.sh --fetch brings the toolchains into .tools/"
    exit 3
fi
