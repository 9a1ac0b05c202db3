#!/usr/bin/env bash
# Tries the two commands of README.md as a new user would: fresh.sh [SUITE]. SUITE is bookworm (Debian 12) or trixie (13).
# It clones the commit at HEAD into a bare Debian in a temporary folder, and then also runs the tests of the Python package
# and of Slurm, which need more packages. If a step fails, its output is shown. The folder is removed at the end. Its
# mounts are visible only to this script and end with it.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."
suite=${1:-bookworm}
[ "$(id -u)" -eq 0 ] || { echo "fresh: root is needed for debootstrap and chroot" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "fresh: debootstrap is not installed; make setup-ci installs it" >&2; exit 1; }
[ "${2:-}" = --unshared ] || exec unshare --mount --propagation private scripts/fresh.sh "$suite" --unshared
[ -z "$(git status --porcelain)" ] || echo "fresh: uncommitted changes are not included" >&2

root=$(mktemp -d --tmpdir chandelier-fresh-XXXXXX)
system=$root/debian
enter() { # SYSTEM: makes it the one in which commands run
  system=$1
  mount --bind "$system" "$system" # because a root that is no mount point has no namespaces, which Slurm's tests need
  mount -t proc proc "$system/proc"
  mount --rbind /sys "$system/sys" # with control groups, which Slurm needs
  mount --rbind /dev "$system/dev" # with /dev/pts, for terminals
}
leave() {
  umount -l "$system" 2>/dev/null || true # with all that is mounted below it
  if mountpoint -q "$system"; then
    echo "fresh: $root was not removed, because something is still mounted there" >&2
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
inside() { # COMMAND, as a new user types it
  chroot "$system" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    bash -c "$1"
}

# Use this machine's mirror and its connection settings, because other mirrors may be unreachable.
mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
  awk '$2 ~ /^[a-z]+$/ && !found++ { print $1 }') || true

step "a bare Debian ($suite)" debootstrap --variant=minbase "$suite" "$system" ${mirror:+"$mirror"}
for file in /etc/resolv.conf /etc/ssl/certs /usr/local/share/ca-certificates; do
  [ ! -e "$file" ] || { mkdir -p "$system$(dirname "$file")" && cp -rLn "$file" "$system$(dirname "$file")/"; }
done
apt-config dump | grep '^Acquire::' >"$system/etc/apt/apt.conf.d/00-acquire" || true
cp -a "$system" "$root/bare"
enter "$system"

# ccache, because the steps below build the same files several times.
step "git, make and ccache" inside "apt-get -qq update &&
  apt-get -qq install -y --no-install-recommends git make ca-certificates ccache"
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
step "make package" inside "cd ~/chandelier && make package"

# The package of the program, in a Debian that has nothing else.
cp "$system"/root/chandelier/build/chandelier_*.deb "$root/bare/root/"
umount -l "$system"
enter "$root/bare"
step "apt install of the package" inside "apt-get -qq update && apt-get -qq install -y ~/chandelier_*.deb"
step "chandelier study run" inside "cd ~ && chandelier study run /usr/share/chandelier/studies/quick.toml"
tail -n 30 "$root/log"
