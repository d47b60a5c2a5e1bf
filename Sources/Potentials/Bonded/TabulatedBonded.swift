import Deck
import Domain

/// `bond_style table`, `angle_style table`: energy and force of a bond's length or of an angle, each by itself from samples, so that forces are the
/// gradient to the table's resolution. A length outside the table stops the run.
final class TabulatedBonded: BondedStyle {
    static func entry(_ kind: TopologyKind) -> BondedEntry {
        BondedEntry(kind, "table", usage: "\(kind.name)_style table linear|spline N\n\(kind.name)_coeff TYPE FILE KEYWORD") { words, typeCount, setup in
            let sampling = try words.choice("linear or spline", [("linear", SampledFunction.Kind.linear), ("spline", .spline)])
            let samples = try words.int("the number of samples", in: 2...10_000_000)
            try words.finish()
            return TabulatedBonded(kind, sampling, samples: samples, typeCount, setup)
        }
    }

    let kind: TopologyKind
    let style = "table"
    private let sampling: SampledFunction.Kind
    private let samples: Int
    private let setup: PotentialSetup
    private var tables: [SampledFunction?]

    private init(_ kind: TopologyKind, _ sampling: SampledFunction.Kind, samples: Int, _ typeCount: Int, _ setup: PotentialSetup) {
        (self.kind, self.sampling, self.samples, self.setup) = (kind, sampling, samples, setup)
        tables = Array(repeating: nil, count: typeCount + 1)
    }

    func coefficients(_ types: ClosedRange<Int>, _ words: inout Words) throws {
        let file = try words.word("a file of tables"), keyword = try words.word("the keyword of a section of the file")
        try words.finish()
        let bytes = try setup.read(file.text, file.location), factor = try FileUnits.energyFactor(bytes, file, setup.units)
        let isAngle = kind == .angle
        do {
            let table = try SampledFunction(
                file.text, bytes, section: keyword.text, sampling, samples: samples, energyFactor: factor, scale: isAngle ? AngleMath.degree : 1,
                range: isAngle ? 0...180 : nil)
            for type in types { tables[type] = table }
        } catch let error as ParameterFileError {
            throw words.error(error.description, at: file)
        }
    }

    func has(_ type: Int) -> Bool { tables[type] != nil }
    func length(_ type: Int) -> Double { kind == .bond ? tables[type]?.rest ?? 0 : 0 }

    func compute(_ atoms: borrowing Atoms, _ list: borrowing Column<Int32>, into forces: inout Forces, _ share: BondedShare) {
        let x = atoms.position.pointer, f = forces.force.pointer, isQuiet = forces.wanted.isEmpty
        for at in stride(from: 0, to: list.count, by: kind.stride) {
            let row = list.pointer + at, i = Int(row[1]), j = Int(row[2])
            guard let table = tables[Int(row[0])] else { continue }
            var virial = Tensor.zero, energy = 0.0
            if kind == .bond {
                let d = (x[i] - x[j]).xyz, r = d.dot(d).squareRoot(), (e, pull) = table.value(r), force = d * (r > 0 ? pull / r : 0)
                f[i] += force
                f[j] -= force
                energy = e
                virial.add(d, force)
            } else {
                let k = Int(row[3]), a = (x[i] - x[j]).xyz, b = (x[k] - x[j]).xyz
                let bend = AngleBend(a, b), (theta, inverseSine) = AngleMath.angle(bend.cosine)
                let (e, pull) = table.value(theta), (fi, fk) = bend.forces(slope: pull * inverseSine)
                f[i] += fi
                f[j] -= fi + fk
                f[k] += fk
                energy = e
                virial.add(a, fi)
                virial.add(b, fk)
            }
            if !isQuiet { forces.tally(energy, virial, row, kind.size, share) }
        }
    }
}

/// The angle between two vectors, and what a slope by its cosine does to their ends.
struct AngleBend {
    let a: Vector
    let b: Vector
    let a2: Double
    let b2: Double
    let product: Double
    let cosine: Double

    @inline(__always) init(_ a: Vector, _ b: Vector) {
        (self.a, self.b) = (a, b)
        (a2, b2) = (a.dot(a), b.dot(b))
        product = a2.squareRoot() * b2.squareRoot()
        cosine = min(1, max(-1, a.dot(b) / product))
    }

    /// -dE/da and -dE/db:   dc/da = b / (|a| |b|) - c a / |a|^2
    @inline(__always) func forces(slope: Double) -> (Vector, Vector) {
        let across = -slope / product
        return (a * (slope * cosine / a2) + b * across, b * (slope * cosine / b2) + a * across)
    }
}
