# shellcheck shell=bash
# Sourced by the scripts that build; not run by itself. Goes to the repository's root and defines what they share.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
root=$PWD

# Prints the comment at the head of a script: its usage.
usage_of() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$1"; }

# As many compilers as there are cores, but at least 1.5 GiB of memory for each.
default_jobs() {
    local cores memory_kib
    cores=$(nproc)
    memory_kib=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
    local fit=$((memory_kib / 1572864))
    echo $((fit < 1 ? 1 : fit < cores ? fit : cores))
}

# ccache refuses to compile when it cannot write its cache (a user without a home).
if [ -z "${CCACHE_DIR:-}" ] && ! { [ -w "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}" ] || [ -w "${HOME:-/nonexistent}" ]; }; then
    export CCACHE_DIR=$root/build/ccache
fi

# Shows how far a build is that writes to log file $1: on a terminal each second, else once a minute. Never ends.
show_progress() {
    local pause=60 nap=
    [ -t 1 ] && pause=1
    trap 'kill $nap 2>/dev/null; exit' TERM
    while true; do
        sleep $pause &
        nap=$!
        wait $nap
        grep --only-matching '^\[[0-9]*/[0-9]*\]' "$1" | tail --lines=1 | tr '\n' "$([ $pause = 1 ] && echo '\r' || echo '\n')" || true # no line of this form yet
    done
}

# Runs a command with its output in a log file; shows the log's end when it fails.
# $1 log file; the rest is the command
logged() {
    local log=$1 code=0 ticker
    shift
    mkdir -p "$(dirname "$log")"
    touch "$log"
    show_progress "$log" &
    ticker=$!
    "$@" >>"$log" 2>&1 || code=$?
    kill $ticker 2>/dev/null || true
    wait $ticker 2>/dev/null || true
    [ $code -eq 0 ] && return 0
    echo "--- what failed in $log, and its last lines:"
    grep --extended-regexp --max-count=20 '^FAILED: |error: |Error:? ' "$log" || true
    echo "..."
    tail --lines=20 "$log"
    echo "--- failed with exit code $code: $*"
    return $code
}

# $1 preset, $2 log file
configure() {
    local fresh=()
    # A build folder that came here with a copied tree still names its old place.
    if [ -f "build/$1/CMakeCache.txt" ] && ! grep --quiet --line-regexp --fixed-strings "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "build/$1/CMakeCache.txt"; then
        fresh=(--fresh)
    fi
    logged "$2" cmake --preset "$1" "${fresh[@]}"
}

mkdir -p build 2>/dev/null || true
if [ ! -w build ]; then
    echo "$0: $root/build is not writable for $(id --user --name 2>/dev/null || id --user); give the folder to that user or use a clone of its own" >&2
    exit 2
fi
