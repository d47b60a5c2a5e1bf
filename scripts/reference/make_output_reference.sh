#!/bin/bash
# Runs LAMMPS on the decks of Tests/Reference/lammps/output and keeps what it writes beside them, for Tests/ObserversTests.
# Needs LAMMPS as the command $LMP (default: lmp); the version it says is kept in VERSION. Golden files are of 22 Jul 2025.
set -eu
here=$(cd "$(dirname "$0")/../../Tests/Reference/lammps/output" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for deck in thermo dumps ensemble formats rerun general; do
    mkdir "$work/$deck"
    (cd "$work/$deck" && ${LMP:-lmp} -in "$here/in.$deck" -var dir . -log log -screen none)
    rm -rf "${here:?}/$deck"
    mkdir "$here/$deck"
    head -1 "$work/$deck/log" >"$here/VERSION"
    # Tables, their heads, and what is printed; no times, no memory.
    awk '/^Per MPI rank memory/ {table = 1; next} /^Loop time/ {table = 0} table || /^(Nlocal|Nghost|Neighs|FullNghs|Histogram|Total #|Ave neighs|Neighbor list builds|Dangerous)/' \
        "$work/$deck/log" | sed 's/CPU = *[0-9.e+-]* (sec)/CPU = 0 (sec)/' >"$here/$deck/table"
    grep -A1 '^print' "$work/$deck/log" | grep -v '^print\|^--' >"$here/$deck/printed" || true
    rm "$work/$deck/log"
    # What a deck reads itself has more digits than two programs share; what is packed is compared unpacked.
    rm -f "$work/$deck/scaled" "$work/$deck/unwrapped"
    gunzip "$work/$deck"/*.gz 2>/dev/null || true
    cp "$work/$deck"/* "$here/$deck/" 2>/dev/null || true
done
