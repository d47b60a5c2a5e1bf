#!/bin/sh
# Trains the models of inputs/methanol and inputs/methane with mdfit: bases on 80 % of the training frames, stacks on the other 20 %.
#     scripts/train/train_inputs.sh DATA OUTPUT [methanol|methane]
# DATA holds methanol-cu100 and methane as DeePMD-kit folders with train/ in them. About an hour of two cores.
set -eu
data=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
root=$(realpath "$(dirname "$0")/../..")
mdfit=$root/.build/release/mdfit
export OPENBLAS_NUM_THREADS=1

bases() { # SYSTEM FRAMES ELEMENTS EPOCHS_B
    mkdir -p "$out/$1"
    cd "$out/$1"
    printf 'units metal\nlabelmap atom %s\n' "$3" > elements.in
    part="--part bases --fraction 0.8 --split-seed 1 --cutoff 5"
    $mdfit train painn elements.in "$2" painn-a.json $part --features 32 --interactions 3 --radial 20 --seed 1 --epochs 100 --checkpoint painn-a.ckpt
    $mdfit train painn elements.in "$2" painn-b.json $part --features 48 --interactions 2 --radial 20 --seed 2 --epochs "$4" --checkpoint painn-b.ckpt
    $mdfit train schnet elements.in "$2" schnet-a.json $part --features 64 --interactions 3 --radial 25 --seed 3 --epochs 100 --checkpoint schnet-a.ckpt
    cp "$root/inputs/$1/committee.in" .
}

methanol() {
    frames=$data/methanol-cu100/train
    bases methanol "$frames" "1 Cu 2 C 3 O 4 H" 45
    stack="--part stack --fraction 0.8 --split-seed 1 --width 48 --interactions 2 --batch 6 --hold 0.06"
    $mdfit stack train committee.in "$frames" direct.safetensors --kind direct $stack --epochs 200 --curve direct.csv
    $mdfit stack train committee.in "$frames" geometry.safetensors --features geometry $stack --epochs 80 --curve geometry.csv
    $mdfit stack train committee.in "$frames" conservative.safetensors --from geometry.safetensors $stack --rate 3e-4 --warm-up 50 \
        --epochs 14 --connected 14 --curve conservative.csv
}

methane() {
    frames=$data/methane/train
    bases methane "$frames" "1 C 2 H" 100
    stack="--part stack --fraction 0.8 --split-seed 1 --width 32 --interactions 2 --batch 8 --hold 0.2 --rate 1e-4 --decay 0.01"
    $mdfit stack train committee.in "$frames" direct.safetensors --kind direct $stack --epochs 60 --curve direct.csv
    $mdfit stack train committee.in "$frames" conservative.safetensors $stack --epochs 60 --connected 60 --curve conservative.csv
}

for system in ${3:-methanol methane}; do $system; done
