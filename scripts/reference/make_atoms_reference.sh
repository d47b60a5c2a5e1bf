#!/bin/bash
# Runs every deck of Tests/Reference/lammps/atoms with LAMMPS on one rank and writes box and atoms, all digits, to NAME.golden,
# and for some decks the data file that LAMMPS writes to NAME.data.golden.
# Usage: scripts/reference/make_atoms_reference.sh LMP [NAME...]      LMP: a command that runs LAMMPS, for example "lmp"
set -eu
lmp=${1:?which LAMMPS? Give the command as the first argument}
shift
cd "$(dirname "$0")/../../Tests/Reference/lammps/atoms"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- $(ls ./*.in | sed "s|^./||; s/.in\$//")
for name in "$@"; do
  {
    echo "log $work/log append"
    echo "include $name.in"
    echo "write_dump all custom $work/dump id type x y z ix iy iz vx vy vz modify format float %.17g sort id"
    echo "print \"$(printf '$(%s:%%.17g) ' xlo xhi ylo yhi zlo zhi xy xz yz)\" file $work/box"
    # Decks that say so in their comment also give a data file.
    if grep -q '^#.*write_data' "$name.in"; then echo "write_data $name.data.golden nocoeff"; fi
  } > "$work/in"
  rm -f "$work/dump"
  $lmp -in "$work/in" -log "$work/log0" > "$work/out" || { echo "$name: LAMMPS failed:"; tail -5 "$work/out"; exit 1; }
  version=$(sed -n 's/^LAMMPS (\(.*\))/\1/p' "$work/out" | head -1)
  {
    echo "# LAMMPS $version, one rank: box xlo xhi ylo yhi zlo zhi xy xz yz; then id type x y z ix iy iz vx vy vz"
    cat "$work/box"
    sed '1,/^ITEM: ATOMS/d' "$work/dump"
  } > "$name.golden"
  echo "$name: $(($(wc -l < "$name.golden") - 2)) atoms"
done
