#!/bin/sh
# Makes the virtual environment .venv and installs what one use of the project needs.
#
#   scripts/setup.sh run     what runs the app (requirements.txt)
#   scripts/setup.sh test    that and the development tools (requirements-dev.txt)
#
# PYTHON names the interpreter; without it the first Python 3.11 or 3.12 is taken. Nothing is
# installed again while the requirements and the interpreter stay the same.
set -eu
cd "$(dirname "$0")/.."

VENV=.venv

case "${1:-}" in
run) requirements=requirements.txt ;;
test) requirements=requirements-dev.txt ;;
*) echo "usage: scripts/setup.sh run|test" >&2 && exit 2 ;;
esac

fail() {
    echo "setup: $*" >&2
    exit 1
}

# "3.11" for a Python that runs, nothing for anything else.
version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true
}

supported() {
    case "$1" in 3.11 | 3.12) return 0 ;; *) return 1 ;; esac
}

find_python() {
    seen=""
    for candidate in ${PYTHON:-python3 python3.12 python3.11 python}; do
        version=$(version_of "$candidate")
        if supported "$version"; then
            echo "$candidate"
            return
        fi
        [ -z "$version" ] || seen="$seen, $candidate is $version"
    done
    fail "Python 3.11 or 3.12 is needed${seen:-, no Python was found}. Install one with its" \
        "venv module (on Debian or Ubuntu the package python3-venv) and, where it is not" \
        "the default, name it: make PYTHON=/path/to/python3.12 run"
}

make_venv() {
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python cannot make virtual environments: its venv module is not installed." \
            "On Debian or Ubuntu: apt install python$(version_of "$python")-venv"
    echo "setup: making $VENV with $python $(version_of "$python")"
    rm -rf "$VENV"
    "$python" -m venv "$VENV"
}

# An existing environment is kept while it works and is of the Python that was asked for.
venv_fits() {
    version=$(version_of "$VENV/bin/python")
    supported "$version" && { [ -z "${PYTHON:-}" ] || [ "$version" = "$(version_of "$PYTHON")" ]; }
}

# One line that changes whenever the requirements or the interpreter do.
fingerprint() {
    "$VENV/bin/python" - "$@" <<'PY'
import hashlib, pathlib, platform, sys
digest = hashlib.sha256(platform.python_version().encode())
for name in sys.argv[1:]:
    digest.update(pathlib.Path(name).read_bytes())
print(digest.hexdigest())
PY
}

stamped() {
    [ "$(cat "$VENV/.installed-$1" 2>/dev/null)" = "$2" ]
}

# A Linux machine without an NVIDIA driver has no use for the CUDA build that PyPI holds. uv knows
# where PyTorch keeps the CPU build of the same version; where it cannot be had, pip's own
# configuration decides.
install_cpu_torch() {
    [ "$(uname -s)" = Linux ] || return 0
    [ ! -e /proc/driver/nvidia/version ] || return 0
    pin=$(grep '^torch==' requirements.txt)
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check uv || return 0
    UV_HTTP_TIMEOUT=10 UV_HTTP_RETRIES=0 "$VENV/bin/python" -m uv pip install --quiet \
        --python "$VENV/bin/python" --no-deps --torch-backend cpu "$pin" 2>/dev/null &&
        echo "setup: no NVIDIA driver here, took the CPU build of torch" ||
        echo "setup: the CPU build of torch could not be had; pip's default is taken"
}

venv_fits || make_venv

run_print=$(fingerprint requirements.txt)
test_print=$(fingerprint requirements.txt requirements-dev.txt requirements-cluster.txt)
case "$1" in
run) stamped run "$run_print" && exit 0 ;;
test) stamped test "$test_print" && exit 0 ;;
esac

echo "setup: installing $requirements; the first time takes a few minutes"
install_cpu_torch
"$VENV/bin/python" -m pip install --disable-pip-version-check -r "$requirements"
echo "$run_print" >"$VENV/.installed-run"
if [ "$1" = test ]; then
    echo "$test_print" >"$VENV/.installed-test"
fi
