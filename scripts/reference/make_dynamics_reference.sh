#!/bin/bash
# Runs LAMMPS on the decks of Tests/Reference/lammps/dynamics and keeps tables and minimisation statistics beside them (DECK.golden), for
# Tests/EndToEndTests. Needs LAMMPS as the command $LMP (default: lmp); the version it says is kept in VERSION. Golden files are of 22 Jul 2025.
set -eu
here=$(cd "$(dirname "$0")/../../Tests/Reference/lammps/dynamics" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for deck in "$here"/in.*; do
    ${LMP:-lmp} -in "$deck" -log "$log" -screen none
    head -1 "$log" >"$here/VERSION"
    # Tables with their heads, and the statistics behind them; no times, no memory.
    awk '/^ *Step / {keep = 1} /^Loop time/ {keep = 0} /^Minimization stats/ {keep = 1} keep {sub(/ +$/, ""); print} /Iterations, force/ {keep = 0}' \
        "$log" >"$here/${deck##*/in.}.golden"
done
