import Domain

/// Nodes of one l of a neighbour's species: functions `first` ..< `first` + `count` of the radial table.
struct ACEShell: BitwiseCopyable {
    var l: Int32
    var first: Int32
    var count: Int32
}

/// The neighbours of one species of centres of one.
struct ACEBondView: BitwiseCopyable {
    /// 0: no interaction.
    var cutoffSquared: Double
    /// Nodes a length unit, and how many.
    var scale: Double
    var nodes: Int32
    /// Functions of the table in fours: R_nl by l, then g_k, then the core repulsion.
    var quads: Int32
    /// [node][quad][value, slope times the distance of nodes], from distance 0 to one node beyond the cutoff.
    var table: UnsafePointer<Vector>
    var shells: UnsafePointer<ACEShell>
    var shellCount: Int32
    /// The largest l, -1: none.
    var top: Int32
    /// First node of this species, and how many; they go on with m slowest, then l, then n.
    var firstNode: Int32
    var nodeCount: Int32
    /// g_k: first function of the table and how many; their sums come after one another, species by species.
    var firstBasis: Int32
    var basisCount: Int32
    var firstSum: Int32
    /// The function of the core repulsion, -1: none.
    var core: Int32
    /// The inner cutoff and its width.
    var inner: (cutoff: Double, width: Double)
}

/// What is computed at centres of one species.
struct ACESpeciesView: BitwiseCopyable {
    var index: Int
    var densities: Int
    var isShifted: Bool
    /// [density][w_p, m_p]
    var embedding: UnsafePointer<Double>
    var coreCutoff: Double
    var coreWidth: Double
    var constant: Double
    /// Nodes that are sums over neighbours, and all.
    var slots: Int
    var nodes: Int
    var products: UnsafePointer<ACEProduct>
    var productCount: Int
    var groups: UnsafePointer<ACEGroup>
    var groupCount: Int
    var others: UnsafePointer<Int32>
    var coefficients: UnsafePointer<Double>
    /// Sums of g_k, and [sum][density] their coefficients.
    var sums: Int
    var sumCoefficients: UnsafePointer<Double>
    var bonds: UnsafePointer<ACEBondView>
}

struct ACEView: BitwiseCopyable {
    var elements: Int
    var hasNearest: Bool
    var species: UnsafePointer<ACESpeciesView>
    /// [l][m]: a, b of the recursion of normalised Legendre polynomials, l up to `top`; and P_mm.
    var recursion: UnsafePointer<Double>
    var diagonal: UnsafePointer<Double>
    var top: Int
    /// Largest of all species.
    var nodes: Int
    var sums: Int
    var groups: Int
    var densities: Int
    var functions: Int
    var harmonics: Int
}

/// A model's numbers as the kernels read them.
final class ACETables {
    let model: ACEModel
    let plans: [ACEPlan]
    let view: ACEView
    private var store: [AnyObject] = []

    /// Memory that lives as long as the tables.
    private final class Block<Element: BitwiseCopyable> {
        let column: Column<Element>
        init(_ elements: [Element]) { column = Column(elements) }
        init(repeating element: Element, count: Int) { column = Column(repeating: element, count: count) }
    }

    /// - Parameter used: species that occur; functions of the others are left out.
    init(_ model: ACEModel, used: Set<Int>) {
        self.model = model
        let count = model.elements.count
        var store: [AnyObject] = []
        func keep<E: BitwiseCopyable>(_ elements: [E]) -> UnsafePointer<E> {
            let block = Block(elements)
            store.append(block)
            return UnsafePointer(block.column.pointer)
        }
        var top = 0, nodes = 1, sums = 1, groups = 1, densities = 1, functions = 4
        var plans: [ACEPlan] = [], species: [ACESpeciesView] = []
        for a in 0..<count {
            let embedding = model.embeddings[a], p = embedding.densities
            // Neighbours that do not occur leave their sums at 0, so functions of them add nothing.
            let given = used.contains(a) ? model.functions[a].filter { $0.factors.allSatisfy { used.contains($0.species) } } : []
            let plan = ACEPlan(given, densities: p)
            plans.append(plan)
            var bonds: [ACEBondView] = []
            for b in 0..<count {
                let slots = plan.slots.filter { $0.species == b }
                let firstNode = plan.slots.firstIndex { $0.species == b } ?? 0
                let singles = plan.singles.filter { $0.species == b }
                let firstSum = plan.singles.firstIndex { $0.species == b } ?? 0
                let bond = used.contains(a) && used.contains(b) ? model.bond(a, b) : nil
                let highest = slots.map(\.l).max() ?? -1
                var columns = ACEColumns(bond)
                let ns = (0..<highest + 1).map { l in Set(slots.filter { $0.l == l }.map(\.n)).sorted() }
                var firsts = [Int](repeating: 0, count: ns.count)
                for l in ns.indices.sorted(by: { ns[$0].count != ns[$1].count ? ns[$0].count > ns[$1].count : $0 < $1 }) {
                    firsts[l] = columns.place(ns[l].map { columns.row(n: $0, l: l) })
                }
                let shells = ns.indices.map { ACEShell(l: Int32($0), first: Int32(firsts[$0]), count: Int32(ns[$0].count)) }
                let firstBasis = columns.place(singles.map { columns.row(k: $0.k) })
                top = max(top, highest)
                let hasCore = bond?.hasCore ?? false
                let width = columns.rows.count + (hasCore ? 1 : 0)
                let quads = max(1, (width + 3) / 4)
                functions = max(functions, 4 * quads)
                var table: [Vector] = [.zero], scale = 0.0, last = 0
                if let bond {
                    last = bond.nodeCount(model.spacing)
                    scale = Double(last) / bond.cutoff
                    table = Self.table(
                        ACERadial(
                            bond: bond, inner: model.innerCutoff,
                            numbers: (Elements.number(of: model.elements[a]) ?? 0, Elements.number(of: model.elements[b]) ?? 0)),
                        columns.rows, hasCore: hasCore, last: last, step: 1 / scale, quads: quads)
                }
                bonds.append(
                    ACEBondView(
                        cutoffSquared: bond.map { $0.cutoff * $0.cutoff } ?? 0, scale: scale, nodes: Int32(last), quads: Int32(quads),
                        table: keep(table), shells: keep(shells), shellCount: Int32(shells.count), top: Int32(highest),
                        firstNode: Int32(firstNode), nodeCount: Int32(slots.count), firstBasis: Int32(firstBasis),
                        basisCount: Int32(singles.count), firstSum: Int32(firstSum),
                        core: hasCore ? Int32(columns.rows.count) : -1, inner: bond?.inner ?? (0, 0)))
            }
            nodes = max(nodes, plan.nodeCount)
            sums = max(sums, plan.singles.count)
            groups = max(groups, plan.groups.count)
            densities = max(densities, p)
            species.append(
                ACESpeciesView(
                    index: a, densities: p, isShifted: embedding.kind == .shiftedScaled,
                    embedding: keep(embedding.parameters.flatMap { [$0.weight, $0.exponent] }), coreCutoff: embedding.coreCutoff,
                    coreWidth: embedding.coreWidth, constant: model.constants[a], slots: plan.slots.count, nodes: plan.nodeCount,
                    products: keep(plan.products), productCount: plan.products.count, groups: keep(plan.groups),
                    groupCount: plan.groups.count, others: keep(plan.others), coefficients: keep(plan.coefficients),
                    sums: plan.singles.count, sumCoefficients: keep(plan.singles.flatMap(\.coefficients)), bonds: keep(bonds)))
        }
        self.plans = plans
        let (recursion, diagonal) = Self.legendre(top)
        view = ACEView(
            elements: count, hasNearest: model.innerCutoff == .zbl, species: keep(species), recursion: keep(recursion),
            diagonal: keep(diagonal), top: top, nodes: nodes, sums: sums, groups: groups, densities: densities, functions: functions,
            harmonics: (top + 1) * (top + 2) / 2)
        self.store = store
    }

    private static func table(
        _ radial: ACERadial, _ rows: [[Double]], hasCore: Bool, last: Int, step: Double, quads: Int
    ) -> [Vector] {
        let basisCount = rows.map(\.count).max() ?? 0
        var table = [Vector](repeating: .zero, count: (last + 2) * 2 * quads)
        // Nodes 0 and the last one and beyond stay at 0; the reference program has no node 0, and stops where it would need it.
        for node in 1..<last {
            let r = step * Double(node)
            let g = radial.basis(r, count: basisCount)
            func put(_ column: Int, _ value: ACERadial.Value) {
                let at = (node * quads + column / 4) * 2
                table[at][column % 4] = value.value
                table[at + 1][column % 4] = value.slope * step
            }
            for (i, row) in rows.enumerated() {
                var sum = ACERadial.Value.zero
                for (k, factor) in row.enumerated() where factor != 0 {
                    sum.value += factor * g[k].value
                    sum.slope += factor * g[k].slope
                }
                put(i, sum)
            }
            if hasCore { put(rows.count, radial.core(r)) }
        }
        return table
    }

    /// P_lm = a_lm (z P_(l-1)m + b_lm P_(l-2)m), P_mm; Y_lm = P_lm(z) (x + i y)^m, with the phase (-1)^m and Y_00 = 1.
    static func legendre(_ top: Int) -> (recursion: [Double], diagonal: [Double]) {
        var recursion = [Double](repeating: 0, count: 2 * (top + 1) * (top + 1))
        var diagonal = [1.0]
        for l in stride(from: 1, through: top, by: 1) {
            let square = Double(l * l), before = Double((l - 1) * (l - 1))
            for m in 0..<l {
                let mm = Double(m * m)
                recursion[2 * (l * (top + 1) + m)] = ((4 * square - 1) / (square - mm)).squareRoot()
                if m < l - 1 { recursion[2 * (l * (top + 1) + m) + 1] = -((before - mm) / (4 * before - 1)).squareRoot() }
            }
            diagonal.append(-(1 + 0.5 / Double(l)).squareRoot() * diagonal[l - 1])
        }
        return (recursion, diagonal)
    }
}

/// The functions of one bond's table, each by its coefficients of g_k. Functions that are the same for several l, or a single g_k, come
/// once.
private struct ACEColumns {
    private(set) var rows: [[Double]] = []
    private let coefficients: [[[Double]]]

    init(_ bond: ACEBond?) { coefficients = bond?.coefficients ?? [] }

    /// R_nl; nought where the file has none.
    func row(n: Int, l: Int) -> [Double] {
        guard n < coefficients.count, l < coefficients[n].count else { return [] }
        let row = coefficients[n][l]
        return Array(row.prefix((row.lastIndex { $0 != 0 } ?? -1) + 1))
    }

    func row(k: Int) -> [Double] { (0...k).map { $0 == k ? 1 : 0 } }

    /// Where these rows lie one after another.
    mutating func place(_ wanted: [[Double]]) -> Int {
        for at in stride(from: 0, through: rows.count - wanted.count, by: 1) where rows[at..<at + wanted.count].elementsEqual(wanted) {
            return at
        }
        rows += wanted
        return rows.count - wanted.count
    }
}
