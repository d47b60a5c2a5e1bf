"""Decks of base potentials: reading one, writing ensembles of its members, exporting the published models of the methanol data set."""
import os, pathlib, re, sys

PUBLISHED = [("painn", "painn"), ("schnet", "schnet-sch1"), ("schnet", "schnet-sch1-1"), ("schnet", "schnet-sch1-2")]


class Bases:
    """The members of a deck's ensemble, to be written into other decks."""

    def __init__(self, path, out):
        self.head, self.members = [], []
        folder, pair, coefficients = pathlib.Path(path).parent, None, []
        text = re.sub(r"&[ \t]*\n", " ", pathlib.Path(path).read_text())
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if "$" in line or words[0] in ("include", "if", "variable", "pair_modify"):
                sys.exit(f"{path}:{number}: {words[0]}: this script reads plain units, labelmap, mass, pair_style and pair_coeff only")
            # Files are named from the deck's folder there, and from the folder of results here.
            words = [os.path.relpath(folder / w, out) if "." in w and (folder / w).is_file() else w for w in words]
            if words[0] == "pair_style":
                pair = words[1:]
            elif words[0] == "pair_coeff":
                coefficients.append(words[3:])
            else:
                self.head.append(" ".join(words))
        if not pair or not pair[0].startswith("ensemble/"):
            sys.exit(f"{path}: expected pair_style ensemble/... of the bases")
        styles = {c[0] for c in coefficients}
        for word in pair[1:]:
            if word in styles:
                self.members.append([word])
            elif self.members:
                self.members[-1].append(word)
            else:
                sys.exit(f"{path}: pair_style {pair[0]} {word}: expected the first base; options of the ensemble are not read")
        used = {}
        self.coefficients = []
        for style, *_ in self.members:
            used[style] = k = used.get(style, 0) + 1
            mine = [c[1:] for c in coefficients if c[0] == style]
            isOne = sum(m[0] == style for m in self.members) == 1
            mine = mine if isOne else [c[1:] for c in mine if c[0] == str(k)]
            if len(mine) != 1:
                sys.exit(f"{path}: expected one pair_coeff * * {style}{'' if isOne else f' {k}'}, found {len(mine)}")
            self.coefficients.append(mine[0])

    def pair(self, style, chosen=None, double=False):
        """pair_style and pair_coeff lines of an ensemble of these bases (numbers from 0)."""
        chosen = range(len(self.members)) if chosen is None else chosen
        arguments = [" ".join(self.members[k]) for k in chosen]
        if double:
            arguments = [a.replace(" precision single", "") for a in arguments]
        lines, used = [f"pair_style {style} {' '.join(arguments)}"], {}
        for k in chosen:
            name = self.members[k][0]
            used[name] = used.get(name, 0) + 1
            number = f" {used[name]}" if sum(self.members[j][0] == name for j in chosen) > 1 else ""
            lines.append(f"pair_coeff * * {name}{number} {' '.join(self.coefficients[k])}")
        return "\n".join(lines)

    def alone(self, k):
        """One base as a potential of its own, in double precision."""
        style = " ".join(self.members[k]).replace(" precision single", "")
        return f"pair_style {style}\npair_coeff * * {' '.join(self.coefficients[k])}"

    def deck(self, pair):
        return "\n".join(self.head) + f"\n{pair}\n"

    @property
    def isMethanol(self):
        return any(line.split() == "labelmap atom 1 Cu 2 C 3 O 4 H".split() for line in self.head)


def export_published(folder, out):
    """The published bases of the methanol data set, as a deck."""
    import export_schnetpack

    models = out / "published"
    models.mkdir(parents=True, exist_ok=True)
    deck = models / "bases.in"
    if not deck.exists():
        nep = pathlib.Path(folder) / "nep.txt"
        for path in [nep] + [pathlib.Path(folder) / f"{name}.schnetpack" for _, name in PUBLISHED]:
            if not path.is_file():
                sys.exit(f"--published: {path} is not there")
        (models / "nep.txt").write_bytes(nep.read_bytes())
        for _, name in PUBLISHED:
            export_schnetpack.export(str(pathlib.Path(folder) / f"{name}.schnetpack"), str(models / name), [1, 6, 8, 29])
        lines = ["units metal", "labelmap atom 1 Cu 2 C 3 O 4 H"]
        lines.append("pair_style ensemble/average nep " + " ".join(f"{style} precision single" for style, _ in PUBLISHED))
        lines.append("pair_coeff * * nep nep.txt Cu C O H")
        used = {}
        for style, name in PUBLISHED:
            used[style] = used.get(style, 0) + 1
            number = f" {used[style]}" if sum(s == style for s, _ in PUBLISHED) > 1 else ""
            lines.append(f"pair_coeff * * {style}{number} {name}.json Cu C O H")
        deck.write_text("\n".join(lines) + "\n")
    return deck


def absolute_pairs(path):
    """The pair_ lines of a deck of a potential, such as inputs/methanol/stack.in, with files named from the root, for decks elsewhere."""
    folder = pathlib.Path(path).resolve().parent
    lines = []
    for line in pathlib.Path(path).read_text().splitlines():
        words = line.split("#")[0].split()
        if words and words[0].startswith("pair_"):
            lines.append(" ".join(str(folder / w) if "." in w and (folder / w).is_file() else w for w in words))
    if not lines:
        sys.exit(f"{path}: no pair_style")
    return "\n".join(lines)
