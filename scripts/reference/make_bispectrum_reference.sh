#!/bin/bash
# Runs LAMMPS on Tests/Reference/snap/computes/in.bispectrum and in.mliap and keeps what it writes beside it, for Tests/ObserversTests.
# Needs LAMMPS as the command $LMP (default: lmp); the version it says is kept in VERSION. Golden files are of 22 Jul 2025.
set -eu
here=$(cd "$(dirname "$0")/../../Tests/Reference/snap/computes" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/two.descriptor" "$work"
for deck in in.bispectrum in.mliap; do (cd "$work" && ${LMP:-lmp} -in "$here/$deck" -var dir . -log log -screen none); done
head -1 "$work/log" >"$here/VERSION"
cp "$work"/{atoms,snap,rows,mliap,mliapq} "$here"
