#!/usr/bin/env bash
# scripts/test_sweep_kill.py on a network file system: two drivers on hosts of different names, each with its own mount of a GlusterFS volume that
# this machine serves to itself. Sets the volume up and takes everything down. As root, on Debian. Usage: scripts/test_sweep_network.sh [OPTIONS of it]
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
[ "$(id -u)" -eq 0 ] || { echo "test_sweep_network.sh: as root, please: it mounts file systems" >&2; exit 1; }
missing=()
for package in glusterfs-server glusterfs-client; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q "${missing[@]}"
fi

work="$(mktemp -d)"
host="$(hostname)"
volume="sweep$$"
mkdir "$work/brick" "$work/shared"
daemon=
finish() {
    umount "$work/shared" 2>/dev/null || true
    gluster --mode=script volume stop "$volume" force > /dev/null 2>&1 || true
    gluster --mode=script volume delete "$volume" > /dev/null 2>&1 || true
    [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
    rm -rf "$work/brick"
    rmdir "$work/shared" "$work" 2>/dev/null || true
}
trap finish EXIT
if ! pgrep -x glusterd > /dev/null; then
    glusterd -N > "$work/glusterd.out" 2>&1 &
    daemon=$!
    for _ in $(seq 40); do gluster volume list > /dev/null 2>&1 && break; sleep 0.5; done
    rm "$work/glusterd.out"
fi
gluster --mode=script volume create "$volume" "$host:$work/brick" force
gluster --mode=script volume start "$volume"
mount -t glusterfs "$host:/$volume" "$work/shared"
mount | grep "$work/shared"
"$root/scripts/test_sweep_kill.py" --runs 40 --lease 4 --mount "mount -t glusterfs $host:/$volume" --keep "$work/shared" "$@"
