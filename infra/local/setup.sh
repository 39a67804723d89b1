#!/usr/bin/env bash
# Finds a Python that really runs (3.11, else 3.12) and hands over to provision/.
# TUTTI_PYTHON names another one.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../.." && pwd)

# Executed, not only found: a pyenv shim may stand on PATH and fail.
version() { "$1" -I -S -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }
whole() { "$1" -I -S -c 'import ensurepip, ssl' 2>/dev/null; }
hand_over() { exec "$1" -I -S -B "$here/provision" "${arguments[@]+"${arguments[@]}"}"; }
fits() { case "$(version "$1")" in 3.11 | 3.12) ;; *) return 1 ;; esac }
arguments=("$@")

if [ -n "${TUTTI_PYTHON:-}" ]; then
  fits "$TUTTI_PYTHON" && hand_over "$TUTTI_PYTHON"
  echo "setup: TUTTI_PYTHON=$TUTTI_PYTHON is no Python 3.11 or 3.12 that runs: name another one, or unset it." >&2
  exit 1
fi

# The environment that is there comes first: its Python was chosen before, and no shim delays it.
[ -x "$checkout/.venv/bin/python" ] && fits "$checkout/.venv/bin/python" && hand_over "$checkout/.venv/bin/python"

bare=
for wanted in 3.11 3.12; do
  while IFS= read -r python; do
    [ "$(version "$python")" = "$wanted" ] || continue
    whole "$python" && hand_over "$python"
    bare=${bare:-$python}
  done < <(
    type -aP "python$wanted" python3 python
    ls -d "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/"$wanted".*/bin/python"$wanted" 2>/dev/null
  )
done
[ -n "$bare" ] && hand_over "$bare" # it lacks `venv`: provision says what to install
echo "setup: no Python 3.11 or 3.12 runs here: install one (Debian, Ubuntu: apt-get install python3.11 python3.11-venv), or name it with TUTTI_PYTHON=/path/to/python3.11." >&2
exit 1
