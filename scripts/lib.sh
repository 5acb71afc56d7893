# Shared by the scripts of this folder: where things are, and how they are set up.
# Each script sources this file; it changes nothing by itself.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv="$top/.venv"
inspect_venv="$top/.venv-inspect"

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

# install FOLDER NAME PATH...: an environment with the packages of requirements/NAME.txt, and PATHs to import from.
install() {
  local folder="$1" lock="$top/requirements/$2.txt" python
  shift 2
  if [ ! -x "$folder/bin/python" ]; then
    python=$(find_python) || exit 1
    echo "Making the environment in ${folder##*/}"
    "$python" -m venv "$folder" \
      || fail "The environment could not be made." "On Debian 12: apt-get install python3-venv"
  fi
  echo "Installing locked packages ($(basename "$lock" .txt))"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --only-binary :all: --require-hashes -r "$lock" \
    || fail "Packages could not be installed." "Is a package index reachable? Try: $folder/bin/python -m pip download six"
  "$folder/bin/python" - "$@" <<'PY'
import site, sys
from pathlib import Path

folder = Path(site.getsitepackages()[0])
(folder / "firsthand-source.pth").write_text("".join(f"{path}\n" for path in sys.argv[1:]))
PY
}

# setup runtime|dev: makes the environment; does nothing when it is current.
setup() {
  local lock="$top/requirements/$1.txt" stamp="$venv/.$1-installed"
  if [ -f "$stamp" ] && cmp -s "$lock" "$stamp"; then
    return
  fi
  install "$venv" "$1" "$top/proxy"
  printf '#!/bin/sh\nexec "%s/bin/python" -m firsthand "$@"\n' "$venv" >"$venv/bin/firsthand"
  chmod +x "$venv/bin/firsthand"
  cp "$lock" "$stamp"
}

# setup_inspect: makes mitmproxy's own environment, in which addons/ and the pure part of firsthand can be imported.
setup_inspect() {
  local lock="$top/requirements/inspect.txt" stamp="$inspect_venv/.inspect-installed"
  if [ -f "$stamp" ] && cmp -s "$lock" "$stamp"; then
    return
  fi
  install "$inspect_venv" inspect "$top/proxy" "$top"
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

# need_server program package: Debian's package, unpacked beside the environment. To install it would start a server, on
# ports that may be in use, and for good.
need_server() {
  local work
  if [ -x "$venv/servers/usr/sbin/$1" ] || [ -x "$venv/servers/usr/bin/$1" ] || command -v "$1" >/dev/null 2>&1; then
    return
  fi
  echo "Unpacking $2"
  work=$(mktemp -d)
  (cd "$work" && apt-get download -qq "$2" 2>/dev/null) \
    || { with_root apt-get update -qq && (cd "$work" && apt-get download -qq "$2" 2>/dev/null); } \
    || fail "$1 is missing." "Run as root: apt-get update; then this once more"
  dpkg-deb --extract "$work/$2"_*.deb "$venv/servers"
  rm -r "$work"
}

with_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
