#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run-mutants.sh [NAME...]: put one fault at a time into the sources (tests/mutants/NAME.patch) and run
# the test that must notice. The last line is "N mutants, K killed"; a survivor is exit 1.
#
# "# Builds:" says what is built with the fault, host or firmware; "# Targets:" which of the firmware the test
# needs, for all of it takes long, and a bootloader that the test does not need may have no room for the fault.
#
# Everything happens in copies of the tree below build/mutants (or OTTER_MUTANTS_DIR); they stay, so
# that the next run builds little. NAME may be a pattern: run-mutants.sh 'wp0*'. The lines before
# the diff are in docs/weak-points.md.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
work=${OTTER_MUTANTS_DIR:-$root/build/mutants}
tree=$work/tree # the builds are where a person's are, so that a compiler cache knows the objects
export CCACHE_BASEDIR="$tree"
jobs=${OTTER_MUTANTS_JOBS:-$(nproc)}
GIT_CEILING_DIRECTORIES=$work # so that git apply takes the copy, and not the repository around it
export GIT_CEILING_DIRECTORIES

die() {
    echo "run-mutants.sh: $*" >&2
    exit 1
}

# list PATCH...: a line for each, TARGETS|NAME|TEST|FILTER|ARGS, from what stands behind "# KEY:" before the diff. Those
# of the host come first, then the firmware's by their targets: so hardly any firmware is built again without a fault.
list() {
    awk '
        function end() {
            if (test == "") {
                wrong = wrong file ": no line \"# Test:\"\n"
            }
            if (builds "," targets != "host," && (builds != "firmware" || targets == "")) {
                wrong = wrong file ": \"# Builds:\" is not host, or firmware with \"# Targets:\"\n"
            }
            sub(/.*\//, "", file)
            sub(/\.patch$/, "", file)
            filter = test
            if (!sub(/^[^ ]+ +/, "", filter)) {
                filter = ""
            }
            sub(/ .*/, "", test)
            print targets "|" file "|" test "|" filter "|" args
        }
        FNR == 1 {
            if (file != "") {
                end()
            }
            file = FILENAME
            test = builds = targets = args = ""
            head = 1
        }
        /^---/ { head = 0 }
        !head || !/^# [A-Z][a-z]*: / { next }
        {
            value = $0
            sub(/^# [A-Za-z]*: */, "", value)
        }
        /^# Test:/ { test = value }
        /^# Builds:/ { builds = value }
        /^# Targets:/ { targets = value }
        /^# Args:/ { args = value }
        END {
            end()
            printf "%s", wrong >"/dev/stderr"
            exit wrong != ""
        }' "$@" >"$work/unsorted" || exit 1
    LC_ALL=C sort -u -t '|' -k 1,1 -k 2,2 "$work/unsorted"
}

# build host|firmware [target...]
build() {
    dir=$tree/build/$1
    shift
    [ $# -eq 0 ] || set -- --target "$@"
    cmake --build "$dir" -j "$jobs" "$@" >"$work/build.log" 2>&1
}

# run TEST FILTER ARGS LOG: run a test's executable; 0 = it passed, 124 = it did not end in time
run() {
    exe=$(find "$tree/build/host" -name "$1" -type f -perm -u+x | head -n 1)
    [ -n "$exe" ] || die "no executable $1 in $tree/build/host"
    # shellcheck disable=SC2086 # ARGS is a list of words
    set -- "$4" ${2:+"$2"} $3
    log=$1
    shift
    timeout 3600 "$exe" "$@" >"$log" 2>&1 </dev/null
}

# ---- which ----
[ $# -gt 0 ] || set -- '*'
patches=
for name; do
    found=
    for patch in tests/mutants/$name.patch; do # NAME is a pattern
        [ -f "$patch" ] || continue
        found=1
        patches="$patches $patch"
    done
    [ -n "$found" ] || die "tests/mutants/$name.patch: no such file"
done
mkdir -p "$work"
# shellcheck disable=SC2086 # a list of words
list $patches >"$work/list"

# ---- many: by two at once with a copy each, for most of the time one test keeps one processor busy ----
# What one has taken, the other passes over: a folder of its name is there.
# half 0|1: what it said stays in $work/halfN.out
half() {
    # shellcheck disable=SC2046 # a list of words
    OTTER_MUTANTS_JOBS=$((jobs / 2)) OTTER_MUTANTS_DIR=$work/half$1 OTTER_MUTANTS_TAKEN=$work/taken \
        scripts/run-mutants.sh $(cut -d '|' -f 2 "$work/list") 2>&1 |
        tee "$work/half$1.out" | grep -v '^[0-9]* mutants, '
}
total=$(wc -l <"$work/list")
if [ "$jobs" -gt 1 ] && [ "$total" -gt 9 ]; then
    rm -rf "$work/taken"
    mkdir -p "$work/taken"
    half 0 &
    half 1 || true
    wait
    cat "$work/half0.out" "$work/half1.out" | awk -v total="$total" '
        /^[0-9]+ mutants, [0-9]+ killed$/ { count += $1; killed += $3 }
        END { print count " mutants, " killed " killed"; exit killed != total }'
    exit
fi

# ---- the copy: only what differs is written, so that only that is built again ----
git ls-files -co --exclude-standard | sort -u | while read -r file; do
    [ ! -f "$file" ] || echo "$file"
done >"$work/files"
if [ -d "$tree" ]; then
    while read -r file; do
        cmp -s "$file" "$tree/$file" && continue
        mkdir -p "$tree/$(dirname "$file")"
        cp "$file" "$tree/$file"
    done <"$work/files"
else # a thousand times cmp and cp would take a minute
    mkdir "$tree"
    tar -c -T "$work/files" | tar -x -C "$tree"
fi
(cd "$tree" && find . -path ./build -prune -o -type f -print | sed 's,^\./,,' | sort) >"$work/copied"
comm -13 "$work/files" "$work/copied" | while read -r file; do rm "$tree/$file"; done

# ---- without a mutant everything passes ----
prepare() {
    # The host's otter signs the firmware, so it comes first.
    # Ninja: of a build that finds almost nothing to do, make takes seconds.
    cmake -G Ninja -S "$tree" -B "$tree/build/host" -DCMAKE_BUILD_TYPE=RelWithDebInfo >"$work/build.log" 2>&1 &&
        build host otter-cli || return
    # The size gate of the bootloader is not what is tested here; so the order in which Ninja links does not matter.
    cmake -G Ninja -S "$tree" -B "$tree/build/firmware" -DCMAKE_TOOLCHAIN_FILE="$tree/cmake/arm-none-eabi.cmake" \
        -DCMAKE_BUILD_TYPE=MinSizeRel >"$work/build.log" 2>&1 &&
        build firmware
}
prepare || {
    tail -n 30 "$work/build.log"
    die "the tree without a mutant cannot be built (see $work/build.log)"
}
# Where make test has passed with these sources, nothing is run again without a mutant.
passed=
counts=build/host/tests.json
# shellcheck disable=SC2046 # names without spaces
if grep -qs '"tests_failed": 0,' $counts && [ -z "$(find $(cat "$work/files") -newer $counts)" ]; then
    passed=1
fi
faulty= # targets of the firmware that were built with a fault
restore() {
    # shellcheck disable=SC2086 # a list of words
    [ -z "$faulty" ] || build firmware $faulty || die "cannot build (see $work/build.log)"
    faulty=
}
# passes TEST FILTER: run a mutant's test without it, once
: >"$work/passed"
passes() {
    ! grep -qxF -e "$1 $2" "$work/passed" || return 0
    restore
    build host "$1" || die "cannot build (see $work/build.log)"
    run "$1" "$2" "" "$work/clean.log" || {
        tail -n 30 "$work/clean.log"
        die "without a mutant, this fails already: $1 $2"
    }
    echo "$1 $2" >>"$work/passed"
}

# ---- one by one ----
count=0
killed=0
while IFS='|' read -r targets name test filter args <&3; do
    patch=tests/mutants/$name.patch
    [ -z "${OTTER_MUTANTS_TAKEN:-}" ] || mkdir "$OTTER_MUTANTS_TAKEN/$name" 2>/dev/null || continue
    count=$((count + 1))
    # What the mutant does not touch must be the right one.
    [ "$faulty" = "$targets" ] || restore
    # Not a long campaign: make test runs a slice of it.
    [ -n "$passed$args" ] || passes "$test" "$filter"
    [ -z "$targets" ] || build host "$test" || die "cannot build (see $work/build.log)"
    (cd "$tree" && git apply -C1 "$root/$patch") || die "$patch does not apply: write it anew"
    verdict=killed
    if [ -n "$targets" ]; then
        faulty=$targets
        # shellcheck disable=SC2086 # a list of words
        build firmware $targets || verdict='CANNOT BE BUILT'
    else
        build host "$test" || verdict='CANNOT BE BUILT'
    fi
    log=$work/$name.log
    if [ "$verdict" = killed ]; then
        status=0
        run "$test" "$filter" "$args" "$log" || status=$?
        case $status in
        0) verdict=SURVIVED ;;
        124) verdict='NOT DONE IN TIME' ;;
        esac
    fi
    (cd "$tree" && git apply -R -C1 "$root/$patch") || die "$patch: cannot be taken back"
    if [ "$verdict" = killed ]; then
        killed=$((killed + 1))
        echo "killed    $name ($test${filter:+,$filter})"
        continue
    fi
    [ "$verdict" != 'CANNOT BE BUILT' ] || tail -n 20 "$work/build.log"
    echo "$verdict  $name ($test${filter:+,$filter})"
    echo "  repeat: scripts/run-mutants.sh $name    (log: $log)"
done 3<"$work/list"
echo "$count mutants, $killed killed"
[ "$killed" -eq "$count" ]
