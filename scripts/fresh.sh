#!/usr/bin/env bash
# Tries the two commands of README.md as a newcomer would: in a bare Debian 12, made in a folder of its own, on a clone of
# the commit at HEAD. Where a step fails, its output is shown. The folder is removed in the end; what is mounted is seen
# by this script alone and ends with it, however it ends.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."
[ "$(id -u)" -eq 0 ] || { echo "fresh: this needs root, for debootstrap and chroot" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "fresh: debootstrap is not installed; make setup-ci installs it" >&2; exit 1; }
[ "${1:-}" = --unshared ] || exec unshare --mount --propagation private scripts/fresh.sh --unshared
[ -z "$(git status --porcelain)" ] || echo "fresh: what is not committed is not tried" >&2

root=$(mktemp -d --tmpdir chandelier-fresh-XXXXXX)
system=$root/debian
leave() {
  umount -l "$system/proc" "$system/dev" 2>/dev/null || true
  if mountpoint -q "$system/proc" || mountpoint -q "$system/dev"; then
    echo "fresh: $root is left, for something is still mounted there" >&2
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

# The mirror of this machine and how it reaches it, since another mirror may not be reachable from here.
mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
  awk '$2 == "bookworm" && !found++ { print $1 }') || true

step "a bare Debian 12" debootstrap --variant=minbase bookworm "$system" ${mirror:+"$mirror"}
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
