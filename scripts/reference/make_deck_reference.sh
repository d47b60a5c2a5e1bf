#!/bin/bash
# Makes the golden output of the deck language: what LAMMPS prints for each case in Tests/Reference/deck/cases.txt
# (one deck a line, "\n" for line ends) and for each deck in.* beside it.
#   LMP="path/to/lmp" scripts/reference/make_deck_reference.sh
# Writes cases.golden, in.*.golden and, with the commands echoed, in.language.echo. ERROR stands for the message of a case that LAMMPS refuses.
set -eu
cd "$(dirname "$0")/../../Tests/Reference/deck"
lmp=${LMP:-lmp}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What the deck prints, and ERROR if it stops with one; the program's own header and timing are left out.
printed() {
  "$lmp" -in "$1" -log none -echo "${2:-none}" </dev/null 2>&1 | awk '
    /^LAMMPS \(/ || /^OMP_NUM_THREADS/ || /^  using [0-9]+ OpenMP/ || /^Total wall time/ { next }
    /^Created orthogonal box/ || / MPI processor grid$/ { next }
    /^ERROR/ || /^Exception/ { print "ERROR"; exit }
    { print }'
}

version=$("$lmp" -help </dev/null 2>&1 | sed -n 's/^Large-scale Atomic.* Simulator - //p')
{
  echo "# Printed by LAMMPS $version for the cases in cases.txt (scripts/reference/make_deck_reference.sh)"
  while IFS= read -r line; do
    printf '%b\n' "$line" >"$work/in.case"
    cp values.* "$work"
    printf '%s\n' "--- $line"
    (cd "$work" && printed in.case)
  done <cases.txt
} >cases.golden
for deck in in.*; do
  case $deck in *.golden | *.echo) continue ;; esac
  printed "$deck" >"$deck.golden"
done
printed in.language screen >in.language.echo
