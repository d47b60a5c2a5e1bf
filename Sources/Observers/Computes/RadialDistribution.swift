import Deck
import Domain
import Integrators

/// `compute rdf`: radial distribution functions of pairs of types in bins of distance, rows c_ID[bin]: the bin's middle, then g(r) and the
/// coordination number up to the bin's end for each pair of types.
///
///     g = pairs in the bin / (N_i (N_j - N_ii / N_i) V_bin / V),   N_ii: atoms that are among both types; areas for V in two dimensions
///
/// up to the potential's cutoff, or `cutoff` (which needs ghosts that far: comm_modify cutoff). Only atoms of the group count.
public final class RadialDistribution: Compute {
    public static let entry = ComputeStyle(
        "rdf", usage: "compute ID GROUP rdf BINS [TYPES TYPES]... [cutoff R]", help: "radial distribution function: r, g(r), coordination"
    ) { id, group, words, observation in
        let bins = try words.positiveInt("the number of bins")
        let types = try observation.requireSystem().atoms.typeCount
        var pairs: [(ClosedRange<Int>, ClosedRange<Int>)] = []
        while let word = words.peek, word.text != "cutoff" {
            pairs.append((try words.typeRange("types", count: types), try words.typeRange("types", count: types)))
        }
        var cutoff: Double?
        if words.optional("cutoff") {
            let distance = try words.double("the cutoff")
            // As in LAMMPS: the potential's own.
            cutoff = distance > 0 ? distance : nil
        }
        try words.finish()
        return RadialDistribution(id: id, group: group, bins: bins, pairs.isEmpty ? [(1...types, 1...types)] : pairs, cutoff: cutoff)
    }

    public let id: String
    public let style = "rdf"
    public let group: Group
    public var shape: ComputeShape { ComputeShape(arrayColumns: 1 + 2 * pairs.count, arrayRows: bins) }
    private let bins: Int
    private let pairs: [(ClosedRange<Int>, ClosedRange<Int>)]
    private let cutoff: Double?

    init(id: String, group: Group, bins: Int, _ pairs: [(ClosedRange<Int>, ClosedRange<Int>)], cutoff: Double?) {
        (self.id, self.group, self.bins, self.pairs, self.cutoff) = (id, group, bins, pairs, cutoff)
    }

    public func prepare(_ snapshot: Snapshot) throws {
        let distance = cutoff ?? snapshot.potentialCutoff
        guard distance > 0 else { throw DeckError("compute '\(id)' (rdf) needs a cutoff: the potential has none", at: nil) }
        try snapshot.checkReach(distance, of: "compute '\(id)' (rdf)")
    }

    public func array(_ snapshot: Snapshot) throws -> [[Double]] {
        let system = snapshot.system
        let distance = cutoff ?? snapshot.potentialCutoff
        let width = distance / Double(bins), inverse = 1 / width
        let near = try Neighbourhood(snapshot, distance, of: group, for: "compute '\(id)' (rdf)")
        let typeCount = system.atoms.typeCount
        // Which histograms a pair of types goes to.
        let targets = (0...typeCount).map { i in
            (0...typeCount).map { j in pairs.indices.filter { pairs[$0].0.contains(i) && pairs[$0].1.contains(j) } }
        }
        var counts = [Double](repeating: 0, count: pairs.count * bins)
        var atoms = [Double](repeating: 0, count: typeCount + 1)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let row = targets[Int(system.atoms.type[i])]
            atoms[Int(system.atoms.type[i])] += 1
            near.forEach(i) { j, d in
                let bin = Int((d.x * d.x + d.y * d.y + d.z * d.z).squareRoot() * inverse)
                guard bin < bins else { return }
                for target in row[Int(system.atoms.type[j])] { counts[target * bins + bin] += 1 }
            }
        }
        system.communicator.all(.sum, &counts)
        system.communicator.all(.sum, &atoms)
        let box = system.box.lengths
        let isFlat = system.box.dimension == 2
        let constant = isFlat ? Double.pi / (box.x * box.y) : 4.0 * Double.pi / (3.0 * box.x * box.y * box.z)
        var rows = (0..<bins).map { [(Double($0) + 0.5) * width] }
        for (k, (first, second)) in pairs.enumerated() {
            let centres = first.reduce(0) { $0 + atoms[$1] }, others = second.reduce(0) { $0 + atoms[$1] }
            let both = first.overlaps(second) ? first.clamped(to: second).reduce(0) { $0 + atoms[$1] } : 0
            let partners = centres > 0 ? others - both / centres : 0
            var coordination = 0.0
            for bin in 0..<bins {
                let inner = Double(bin) * width, outer = Double(bin + 1) * width
                let share = constant * (isFlat ? outer * outer - inner * inner : outer * outer * outer - inner * inner * inner)
                let g = share * partners != 0 ? counts[k * bins + bin] / (share * partners * centres) : 0
                if centres != 0 { coordination += g * share * partners }
                rows[bin] += [g, coordination]
            }
        }
        return rows
    }
}
