# Shared by the scripts of this folder: where things are, and how they are set up.
# Each script sources this file; it changes nothing by itself.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv="$top/.venv"

fail() { # message, remedy
  printf '\n%s\n  %s\n' "$1" "$2" >&2
  exit 1
}

find_python() {
  local name
  for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null 2>&1 \
      && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  fail "Python 3.11 or later was not found." "On Debian 12: apt-get install python3 python3-venv"
}

# setup runtime|dev: makes the environment; does nothing when it is current.
setup() {
  local lock="$top/requirements/$1.txt" stamp="$venv/.$1-installed" python
  if [ -f "$stamp" ] && cmp -s "$lock" "$stamp"; then
    return
  fi
  if [ ! -x "$venv/bin/python" ]; then
    python=$(find_python) || exit 1
    echo "Making the environment in .venv"
    "$python" -m venv "$venv" \
      || fail "The environment could not be made." "On Debian 12: apt-get install python3-venv"
  fi
  echo "Installing locked packages ($1)"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --only-binary :all: --require-hashes -r "$lock" \
    || fail "Packages could not be installed." "Is a package index reachable? Try: $venv/bin/python -m pip download six"
  "$venv/bin/python" - "$top/proxy" <<'PY'
import site, sys
from pathlib import Path

folder = Path(site.getsitepackages()[0])
(folder / "firsthand-source.pth").write_text(sys.argv[1] + "\n")
PY
  printf '#!/bin/sh\nexec "%s/bin/python" -m firsthand "$@"\n' "$venv" >"$venv/bin/firsthand"
  chmod +x "$venv/bin/firsthand"
  cp "$lock" "$stamp"
}

need_program() { # program, Debian package
  command -v "$1" >/dev/null 2>&1 && return
  echo "Installing $2"
  if [ "$(id -u)" = 0 ]; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "$2" >/dev/null; } && return
  elif command -v sudo >/dev/null 2>&1; then
    { sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "$2" >/dev/null; } && return
  fi
  fail "$1 is missing." "Run as root: apt-get install $2"
}
