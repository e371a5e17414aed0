#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# need.sh GROUP...: make sure the tools of these groups are installed (Debian, Ubuntu).
#
# Each group is a list of "package=probe"; a probe is a command, pc:NAME (pkg-config), or a file.
# Only packages whose probe fails are installed; none is removed. Asks sudo when not root.
set -eu

group_build="gcc=gcc libc6-dev=/usr/include/stdio.h cmake=cmake ninja-build=ninja pkg-config=pkg-config \
gcc-arm-none-eabi=arm-none-eabi-gcc \
libnewlib-arm-none-eabi=/usr/lib/arm-none-eabi/include/stdio.h libssl-dev=pc:libcrypto libjansson-dev=pc:jansson \
libsqlite3-dev=pc:sqlite3 libmicrohttpd-dev=pc:libmicrohttpd libcurl4-openssl-dev=pc:libcurl"
group_test="libcmocka-dev=pc:cmocka zlib1g-dev=pc:zlib openssl=openssl openssh-client=ssh-keygen jq=jq python3=python3 \
libp11-kit-dev=pc:p11-kit-1 softhsm2=softhsm2-util opensc=pkcs11-tool"
group_cloud="swupdate=swupdate cpio=cpio curl=curl faketime=faketime"
group_ci="ccache=ccache"
group_demo="faketime=faketime curl=curl jq=jq openssl=openssl"
group_bench="nginx-light=nginx curl=curl"
group_lint="clang-format-14=clang-format-14 clang-tidy-14=clang-tidy-14 cppcheck=cppcheck \
libclang-rt-14-dev=/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.asan-x86_64.a \
shellcheck=shellcheck python3=python3"
group_flash="openocd=openocd"
group_fuzz="clang=clang \
libclang-rt-14-dev=/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a"
group_debug="gdb-multiarch=gdb-multiarch"
group_oracle="libunicorn-dev=pc:unicorn qemu-system-arm=qemu-system-arm libsodium-dev=pc:libsodium \
python3-cryptography-vectors=/usr/lib/python3/dist-packages/cryptography_vectors"

have() {
    case $1 in
    pc:*) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "${1#pc:}" ;;
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

missing=
for group in "$@"; do
    case $group in
    build) list=$group_build ;;
    test) list=$group_test ;;
    demo) list=$group_demo ;;
    ci) list=$group_ci ;;
    cloud) list=$group_cloud ;;
    bench) list=$group_bench ;;
    lint) list=$group_lint ;;
    flash) list=$group_flash ;;
    debug) list=$group_debug ;;
    oracle) list=$group_oracle ;;
    fuzz) list=$group_fuzz ;;
    *)
        echo "need.sh: $group: no such group (build, test, demo, cloud, ci, bench, lint, flash, debug, oracle, fuzz)" >&2
        exit 2
        ;;
    esac
    for entry in $list; do
        have "${entry#*=}" || missing="$missing ${entry%%=*}"
    done
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "need.sh: please install:$missing (no apt-get here)" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1; then
    as_root=sudo
else
    echo "need.sh: please install as root:$missing (neither root nor sudo here)" >&2
    exit 1
fi

echo "installing:$missing"
log=$(mktemp)
# The tests start nginx and swupdate by themselves: the services of these packages are not to start now.
policy=/usr/sbin/policy-rc.d
own_policy=
if [ ! -e "$policy" ]; then
    own_policy=$policy
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi
trap '[ -z "$own_policy" ] || $as_root rm -f "$own_policy"; rm -f "$log"' EXIT
# shellcheck disable=SC2086 # both are lists of words
if ! { $as_root apt-get update -q &&
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends \
        --no-remove $missing; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "need.sh:$missing: apt-get could not install them (its last lines are above)" >&2
    exit 1
fi
