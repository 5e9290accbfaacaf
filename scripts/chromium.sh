#!/bin/sh
# Prints the path of a Chromium for the browser tests. One that is there is taken; as root on a
# system with apt it is installed; elsewhere one line says how, and the exit code is 1.
set -eu
cd "$(dirname "$0")/.."

# A name on the path is not enough: Ubuntu ships a stub that only asks for a snap.
works() {
    "$1" --version >/dev/null 2>&1
}

of_playwright() {
    .venv/bin/python - 2>/dev/null <<'PY'
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
PY
}

find_chromium() {
    for candidate in chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" "$(of_playwright)"; do
        path=$(command -v "$candidate" 2>/dev/null) || continue
        if works "$path"; then
            echo "$path"
            return 0
        fi
    done
    return 1
}

install_chromium() {
    echo "chromium: none found, installing one" >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        chromium fonts-noto-cjk >&2 ||
        .venv/bin/python -m playwright install --with-deps chromium >&2
}

if [ -n "${CHROMIUM:-}" ]; then
    works "$CHROMIUM" && echo "$CHROMIUM" && exit 0
    echo "chromium: CHROMIUM=$CHROMIUM does not run; name a Chromium or unset it" >&2
    exit 1
fi
find_chromium && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    install_chromium || true
    find_chromium && exit 0
fi
echo "chromium: the browser tests need Chromium. Debian: sudo apt install chromium fonts-noto-cjk." \
    "Elsewhere: .venv/bin/python -m playwright install --with-deps chromium. One that is" \
    "installed already: make CHROMIUM=/path/to/chromium test" >&2
exit 1
