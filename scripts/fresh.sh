#!/usr/bin/env bash
# Tries the two commands of README.md as a newcomer would, in a bare Debian made in a temporary folder, on a clone of the
# commit at HEAD; then the tests of the Python package and of Slurm, which need more packages: fresh.sh [SUITE]. SUITE is
# bookworm (Debian 12) or trixie (13). When a step fails, its output is shown. The folder is removed at the end; its mounts
# are visible to this script alone and end with it.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."
suite=${1:-bookworm}
[ "$(id -u)" -eq 0 ] || { echo "fresh: this needs root, for debootstrap and chroot" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "fresh: debootstrap is not installed; make setup-ci installs it" >&2; exit 1; }
[ "${2:-}" = --unshared ] || exec unshare --mount --propagation private scripts/fresh.sh "$suite" --unshared
[ -z "$(git status --porcelain)" ] || echo "fresh: uncommitted changes are not tried" >&2

root=$(mktemp -d --tmpdir chandelier-fresh-XXXXXX)
system=$root/debian
leave() {
  umount -l "$system/proc" "$system/dev" 2>/dev/null || true
  if mountpoint -q "$system/proc" || mountpoint -q "$system/dev"; then
    echo "fresh: $root is left behind, for something is still mounted there" >&2
    return
  fi
  rm -rf --one-file-system "$root"
}
trap leave EXIT
trap 'exit 130' INT TERM

step() { # WHAT COMMAND...
  local what=$1 began=$SECONDS
  shift
  echo "fresh: $what"
  "$@" &>"$root/log" </dev/null || { cat "$root/log"; echo "fresh: FAILED: $what" >&2; exit 1; }
  echo "fresh: $what: $((SECONDS - began)) s"
}
inside() { # COMMAND, as a newcomer types it
  chroot "$system" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    bash -c "$1"
}

# This machine's mirror, and its way there: another mirror may be out of reach.
mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
  awk '$2 ~ /^[a-z]+$/ && !found++ { print $1 }') || true

step "a bare Debian ($suite)" debootstrap --variant=minbase "$suite" "$system" ${mirror:+"$mirror"}
for file in /etc/resolv.conf /etc/ssl/certs /usr/local/share/ca-certificates; do
  [ ! -e "$file" ] || { mkdir -p "$system$(dirname "$file")" && cp -rLn "$file" "$system$(dirname "$file")/"; }
done
apt-config dump | grep '^Acquire::' >"$system/etc/apt/apt.conf.d/00-acquire" || true
mount -t proc proc "$system/proc"
mount --bind /dev "$system/dev"

step "git and make" inside "apt-get -qq update && apt-get -qq install -y --no-install-recommends git make ca-certificates"
git clone -q --no-hardlinks . "$system/root/chandelier"
step "make run" inside "cd ~/chandelier && make run"
tail -n 30 "$root/log"
step "make test" inside "cd ~/chandelier && make test"
grep -E 'tests passed|^skipped: ' "$root/log"
step "the Python package and Slurm" inside "cd ~/chandelier && scripts/setup.sh --ci &&
  CHANDELIER_NO_SKIPS=1 scripts/test.sh release -R '^python|Slurm'"
grep -E 'tests passed' "$root/log"
step "pip install ." inside "cd ~/chandelier && python3 -m venv --system-site-packages ~/environment &&
  ~/environment/bin/pip install --no-index . && cd / && ~/environment/bin/python -c 'import chandelier'"
