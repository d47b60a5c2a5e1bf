#!/bin/bash
# Runs LAMMPS on the decks of Tests/Reference/lammps/sampling and keeps thermo tables and fixes' files beside them.
# Needs LAMMPS as the command $LMP (default: lmp), with the package EXTRA-FIX; the version it says is kept in VERSION.
set -eu
here=$(cd "$(dirname "$0")/../../Tests/Reference/lammps/sampling" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for deck in "$here"/in.*; do
    name=${deck##*/in.}
    mkdir "$work/$name"
    (cd "$work/$name" && ${LMP:-lmp} -in "$deck" -var dir . -log log -screen none)
    rm -rf "${here:?}/$name"
    mkdir "$here/$name"
    head -1 "$work/$name/log" >"$here/VERSION"
    awk '/^Per MPI rank memory/ {table = 1; next} /^Loop time/ {table = 0} table' "$work/$name/log" >"$here/$name/table"
    rm "$work/$name/log"
    cp "$work/$name"/* "$here/$name/" 2>/dev/null || true
done
