#!/bin/bash
# Runs LAMMPS on the decks of Tests/Reference/lammps/balance on 2 and 4 ranks and keeps what they say of loads and planes (DECK.RANKS) and the
# meshes of bricks (mesh.RANKS), for Tests/EndToEndTests. Needs LAMMPS as the command $LMP, which takes -n RANKS; its version goes to VERSION.
set -eu
here=$(cd "$(dirname "$0")/../../Tests/Reference/lammps/balance" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for ranks in 2 4; do
    for deck in static moving; do
        ${LMP:-lmp} -n $ranks -in "$here/in.$deck" -log log -screen none
        head -1 log >"$here/VERSION"
        awk '/^ *Step / {keep = 1} /^Loop time/ {keep = 0} keep || /^Balancing|iteration count|initial\/final|cuts:|group weights|weight variable/ {sub(/ +$/, ""); print}' \
            log >"$here/$deck.$ranks"
    done
    mv mesh "$here/mesh.$ranks"
    mv mesh.moving "$here/mesh.moving.$ranks"
done
