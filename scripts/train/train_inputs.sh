#!/bin/sh
# Trains the models of inputs/methanol, inputs/methane and inputs/ethanol with mdfit.
#     scripts/train/train_inputs.sh DATA OUTPUT [methanol|methane|methanol_few|methanol_small|ethanol]
# DATA holds methanol-cu100 and methane as DeePMD-kit folders with train/ in them. Bases are trained on 80 % of the frames, stacks on the
# other 20 %. methanol_small, which inputs/ does not hold, is another recipe: bases that are small and fast on all frames, stacks on
# predictions of bases of the same size that have not seen the frame (out of fold).
set -eu
data=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
root=$(realpath "$(dirname "$0")/../..")
mdfit=$root/.build/release/mdfit
export OPENBLAS_NUM_THREADS=1

train() { # ARCHITECTURE NAME OPTIONS...
    architecture=$1 name=$2
    shift 2
    $mdfit train "$architecture" elements.in "$frames" "$name.json" --curve "$name.csv" --checkpoint "$name.ckpt" "$@"
}

stack() { # NAME OPTIONS...
    name=$1
    shift
    $mdfit stack train committee.in "$frames" "$name.safetensors" --cache cache --curve "$name.csv" --checkpoint "$name.ckpt" "$@"
}

begin() { # SYSTEM FRAMES ELEMENTS
    frames=$2
    mkdir -p "$out/$1"
    cd "$out/$1"
    printf 'units metal\nlabelmap atom %s\n' "$3" > elements.in
    like=${1%_small}
    cp "$root/inputs/${like%_few}/committee.in" .
}

methanol() {
    begin methanol "$data/methanol-cu100/train" "1 Cu 2 C 3 O 4 H"
    bases="--part bases --fraction 0.8 --split-seed 1 --cutoff 5"
    train painn painn-a $bases --features 32 --interactions 3 --radial 20 --seed 1 --epochs 100
    train painn painn-b $bases --features 48 --interactions 2 --radial 20 --seed 2 --epochs 45
    train schnet schnet-a $bases --features 64 --interactions 3 --radial 25 --seed 3 --epochs 100
    options="--part stack --fraction 0.8 --split-seed 1 --width 48 --interactions 2 --batch 6 --hold 0.06"
    stack direct --kind direct $options --epochs 200
    stack geometry --features geometry $options --epochs 80
    stack conservative --from geometry.safetensors $options --rate 3e-4 --warm-up 50 --epochs 14 --connected 14
}

methanol_few() { # Bases on 15 % of the frames, stacks on the rest.
    begin methanol_few "$data/methanol-cu100/train" "1 Cu 2 C 3 O 4 H"
    bases="--part bases --fraction 0.15 --split-seed 1 --cutoff 5"
    train painn painn-a $bases --features 32 --interactions 3 --radial 20 --seed 1 --epochs 300
    train painn painn-b $bases --features 48 --interactions 2 --radial 20 --seed 2 --epochs 200
    train schnet schnet-a $bases --features 64 --interactions 3 --radial 25 --seed 3 --epochs 300
    options="--part stack --fraction 0.15 --split-seed 1 --width 64 --interactions 3 --batch 6 --hold 0.03"
    stack direct --kind direct $options --epochs 100
    stack geometry --features geometry $options --epochs 70
    stack connected --from geometry.safetensors $options --rate 3e-4 --warm-up 50 --epochs 6 --connected 6
    stack conservative --features geometry --from geometry.safetensors $options --rate 8e-4 --warm-up 100 --epochs 40
}

methanol_small() {
    begin methanol_small "$data/methanol-cu100/train" "1 Cu 2 C 3 O 4 H"
    small="--radial 16 --batch 6 --rate 2e-3 --epochs 20"
    for fold in 0 1 2 3; do # 0: all frames, the bases that run
        if [ $fold -gt 0 ]; then suffix=-$fold rest="--fold $fold/3"; else suffix="" rest=""; fi
        train painn painn-a$suffix --features 16 --interactions 2 --cutoff 4.5 --seed 1 $small $rest
        train painn painn-b$suffix --features 16 --interactions 1 --cutoff 5 --seed 2 $small $rest
        train schnet schnet-a$suffix --features 32 --interactions 2 --cutoff 4.5 --seed 3 $small $rest
        sed "s/\(painn-.\|schnet-a\)\.json/\1-$fold.json/" committee.in > fold-$fold.in
    done
    options="--width 48 --interactions 2 --batch 6 --hold 0.03"
    folds="--out-of-fold fold-1.in fold-2.in fold-3.in"
    stack direct --kind direct $options --epochs 120 $folds
    stack geometry --features geometry $options --epochs 80 $folds
    stack conservative --from geometry.safetensors $options --rate 3e-4 --warm-up 50 --epochs 4 --connected 3 $folds
    # What the same networks reach without bases.
    stack lsm-direct --without-bases --kind direct $options --epochs 120
    stack lsm-conservative --without-bases $options --epochs 80
}

methane() {
    begin methane "$data/methane/train" "1 C 2 H"
    bases="--part bases --fraction 0.8 --split-seed 1 --cutoff 5 --epochs 100"
    train painn painn-a $bases --features 32 --interactions 3 --radial 20 --seed 1
    train painn painn-b $bases --features 48 --interactions 2 --radial 20 --seed 2
    train schnet schnet-a $bases --features 64 --interactions 3 --radial 25 --seed 3
    # There is next to nothing to learn: bases agree with each other far better than with the reference.
    options="--part stack --fraction 0.8 --split-seed 1 --weights uniform --width 16 --interactions 1 --batch 8 --hold 0.2 --rate 1e-4"
    options="$options --decay 0.01 --epochs 40"
    stack direct --kind direct $options
    stack conservative --features geometry $options
}

ethanol() { # DATA/ethanol/train.xyz: 800 frames for training, 200 for validation; half of the 800 for bases
    begin ethanol train.extxyz "1 C 2 O 3 H"
    $mdfit split "$data/ethanol/train.xyz" --fraction 0.8 --seed 7 --write-a train.extxyz --write-b validation.extxyz
    bases="--part bases --fraction 0.5 --split-seed 1 --cutoff 5 --features 32 --interactions 3 --epochs 300"
    train painn painn-a $bases --seed 1
    train painn painn-b $bases --seed 2
    train painn painn-c $bases --seed 3
    options="--part stack --fraction 0.5 --split-seed 1 --width 32 --interactions 3 --hold 0.1 --epochs 200"
    stack conservative --features geometry $options
    stack direct --kind direct $options
}

for system in ${3:-methanol methane}; do $system; done
