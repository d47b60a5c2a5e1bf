import Domain

/// Products of elements of U_j1 and U_j2 with the same sum of mb and the same sum of ma, which up to four j take up.
struct SNAPJob: BitwiseCopyable {
    /// First of `length` products, and of their coefficients [product][j].
    var product: Int32
    var length: Int32
    var coefficient: Int32
    /// How many j, 1 ... 4.
    var count: Int32
    /// First of `count` targets.
    var target: Int32
}

/// Where two elements of the full matrices are, counted in reals.
struct SNAPProduct: BitwiseCopyable {
    var first: Int32
    var second: Int32
}

/// Where a sum of products goes: an element of the half matrices.
struct SNAPTarget: BitwiseCopyable {
    /// Counted in reals.
    var element: Int32
    /// Which coupling (j1, j2, j) it belongs to.
    var product: Int32
    /// The component that it makes when contracted with conj(U_j); -1 unless j >= j1.
    var component: Int32
    /// Share of this element and its mirror image in a sum over the whole matrix: 2, or 1 for the middle one.
    var share: Double
}

/// An element of the full matrices as one of the half ones: (re, sign im) times sign.
struct SNAPMirror: BitwiseCopyable {
    var element: Int32
    var reSign: Double
    var imSign: Double
}

/// One element of the half matrices, and how the rotations of the 3-sphere's points mix the rows of its column.
struct SNAPElement: BitwiseCopyable {
    /// In the full matrices: itself, and the element of the row below and above (its own where there is none, with factor 0).
    var own: Int32
    var below: Int32
    var above: Int32
    var belowFactor: Double
    var aboveFactor: Double
    /// j - 2 mb.
    var phase: Double
    var share: Double
}

/// A model's numbers as the kernel reads them.
///
/// Matrices are stored without the square roots that make them unitary: u_j[mb][ma] = v_j[mb][ma] n(ma) / n(mb),
/// n(m) = sqrt(m! (j - m)!), where row mb of v_j holds the coefficients of t^ma in (conj a - conj b t)^(j - mb) (b + a t)^mb. The roots are
/// put into the coupling coefficients. Of each layer the rows mb < j/2 are kept, and of the middle row of even j the elements
/// ma <= mb, since v[j - mb][j - ma] = (-1)^(ma - mb) conj(v[mb][ma]).
final class SNAPTables {
    let parameters: SNAPParameters
    let couplings: SNAPCouplings
    let view: SNAPView
    private let numbers: Column<Double>
    private let jobs: Column<SNAPJob>
    private let targets: Column<SNAPTarget>
    private let products: Column<SNAPProduct>
    private let mirrors: Column<SNAPMirror>
    private let elements: Column<SNAPElement>
    private let terms: Column<SNAPAdjointTerm>
    private let channels: Column<Int>
    private let diagonal: Column<Int32>

    init(_ parameters: SNAPParameters) {
        self.parameters = parameters
        let d = parameters.descriptor, couplings = SNAPCouplings(d.twoJMax)
        self.couplings = couplings
        let n = d.channelCount, top = d.twoJMax

        // MARK: half and full matrices
        var half: [Int: Int] = [:], mirrors: [SNAPMirror] = [], order: [(j: Int, mb: Int, ma: Int)] = []
        func full(_ j: Int, _ mb: Int, _ ma: Int) -> Int { couplings.block[j] + mb * (j + 1) + ma }
        for j in 0...top {
            for mb in 0...j / 2 {
                for ma in 0...(2 * mb == j ? mb : j) {
                    half[full(j, mb, ma)] = order.count
                    order.append((j, mb, ma))
                }
            }
        }
        for j in 0...top {
            for mb in 0...j {
                for ma in 0...j {
                    if let own = half[full(j, mb, ma)] {
                        mirrors.append(SNAPMirror(element: Int32(own), reSign: 1, imSign: 1))
                    } else {
                        let sign = (ma + mb) % 2 == 0 ? 1.0 : -1
                        mirrors.append(SNAPMirror(element: Int32(half[full(j, j - mb, j - ma)]!), reSign: sign, imSign: -sign))
                    }
                }
            }
        }
        let elements = order.map { j, mb, ma in
            SNAPElement(
                own: Int32(full(j, mb, ma)), below: Int32(full(j, max(mb - 1, 0), ma)), above: Int32(full(j, min(mb + 1, j), ma)),
                belowFactor: mb > 0 ? Double(j - mb + 1) : 0, aboveFactor: mb < j ? Double(mb + 1) : 0, phase: Double(j - 2 * mb),
                share: 2 * mb == j && ma == mb ? 1 : 2)
        }

        // MARK: products
        var numbers: [Double] = []
        func reserve(_ values: [Double]) -> Int {
            let at = numbers.count
            numbers += values
            numbers += Array(repeating: 0, count: (8 - numbers.count % 8) % 8)
            return at
        }
        func root(_ j: Int, _ m: Int) -> Double {
            ((1...max(m, 1)).reduce(1.0) { $0 * Double($1) } * (1...max(j - m, 1)).reduce(1.0) { $0 * Double($1) }).squareRoot()
        }
        var jobs: [SNAPJob] = [], targets: [SNAPTarget] = [], products: [SNAPProduct] = [], coefficients: [Double] = []
        let components = Dictionary(uniqueKeysWithValues: couplings.triples.enumerated().map { ($1, $0) })
        for j1 in 0...top {
            for j2 in 0...j1 {
                let all = stride(from: j1 - j2, through: min(top, j1 + j2), by: 2).map { SNAPTriple(j1: j1, j2: j2, j: $0) }
                // C n n n over ma, C / (n n n) over mb.
                let columns = all.map { t in
                    (0...j1).map { m1 in
                        (0...j2).map { m2 in
                            let m = m1 + m2 - (j1 + j2 - t.j) / 2
                            guard (0...t.j).contains(m) else { return (0.0, 0.0) }
                            let c = SNAPCouplings.clebschGordan(t, m1, m2), n = root(j1, m1) * root(j2, m2) * root(t.j, m)
                            return (c * n, c / n / (d.isNormalised ? Double(t.j + 1) : 1))
                        }
                    }
                }
                // Twice the projections of the sums over mb and ma.
                for b in stride(from: -(j1 + j2), through: 0, by: 2) {
                    for a in stride(from: -(j1 + j2), through: b == 0 ? 0 : j1 + j2, by: 2) {
                        let taken = all.indices.filter { abs(a) <= all[$0].j && abs(b) <= all[$0].j }
                        let (sumB, sumA) = ((b + j1 + j2) / 2, (a + j1 + j2) / 2)
                        for start in stride(from: 0, to: taken.count, by: 4) {
                            let part = taken[start..<min(start + 4, taken.count)], first = products.count
                            let coefficient = coefficients.count
                            for mb1 in max(0, sumB - j2)...min(j1, sumB) {
                                for ma1 in max(0, sumA - j2)...min(j1, sumA) {
                                    let (mb2, ma2) = (sumB - mb1, sumA - ma1)
                                    // With j1 = j2 and one density the two factors can change places: such products are made once.
                                    let isTwin = n == 1 && j1 == j2 && (mb1, ma1) != (mb2, ma2)
                                    guard !isTwin || (mb1, ma1) > (mb2, ma2) else { continue }
                                    let (u, w) = (2 * full(j1, mb1, ma1), 2 * full(j2, mb2, ma2)), times = isTwin ? 2.0 : 1
                                    products.append(SNAPProduct(first: Int32(u), second: Int32(w)))
                                    for k in part { coefficients.append(times * columns[k][ma1][ma2].0 * columns[k][mb1][mb2].1) }
                                }
                            }
                            jobs.append(
                                SNAPJob(
                                    product: Int32(first), length: Int32(products.count - first), coefficient: Int32(coefficient),
                                    count: Int32(part.count), target: Int32(targets.count)))
                            for k in part {
                                let t = all[k], element = half[full(t.j, (b + t.j) / 2, (a + t.j) / 2)]!
                                targets.append(
                                    SNAPTarget(
                                        element: Int32(2 * element), product: Int32(couplings.productIndex[t]!),
                                        component: Int32(components[t] ?? -1), share: elements[element].share))
                            }
                        }
                    }
                }
            }
        }

        // MARK: coefficients
        let species = d.radii.count, count = d.count
        let terms = couplings.adjointTerms(d).map {
            SNAPAdjointTerm(gamma: Int32($0.gamma), component: Int32($0.component), factor: $0.factor)
        }
        let gammas = couplings.products.count * n * n * n
        var constants: [Double] = [], linear: [Double] = [], quadratic: [Double] = [], weights: [Double] = []
        let isolated = (0..<count).map { d.isolated(couplings.triples[$0 % couplings.triples.count].j) }
        for a in 0..<species {
            let c = parameters.coefficients[a], own = d.channel(a)
            linear += c[1..<count + 1]
            if parameters.isQuadratic {
                // The symmetric matrix alpha, row by row.
                var matrix = [Double](repeating: 0, count: count * count), k = count + 1
                for i in 0..<count {
                    for j in i..<count {
                        (matrix[i * count + j], matrix[j * count + i]) = (c[k], c[k])
                        k += 1
                    }
                }
                quadratic += matrix
                constants.append(c[0])
            } else {
                var gamma = [Double](repeating: 0, count: gammas), constant = c[0]
                for t in terms { gamma[Int(t.gamma)] += t.factor * c[1 + Int(t.component)] }
                for k in 0..<count {
                    let channels = k / couplings.triples.count
                    if d.countsSelfInAll || channels == (own * n + own) * n + own { constant -= c[1 + k] * isolated[k] }
                }
                constants.append(constant)
                // [a][b][c][target]
                for channels in 0..<n * n * n {
                    weights += targets.map { gamma[Int($0.product) * n * n * n + channels] }
                }
            }
        }
        var cutoffs: [Double] = [], innerCentres: [Double] = [], innerWidths: [Double] = []
        for a in 0..<species {
            for b in 0..<species {
                cutoffs.append(d.cutoff(a, b))
                innerCentres.append(d.isInnerSwitched ? 0.5 * (d.innerCentres[a] + d.innerCentres[b]) : 0)
                innerWidths.append(d.isInnerSwitched ? 0.5 * (d.innerWidths[a] + d.innerWidths[b]) : 1)
            }
        }
        let offsets = (
            couplings: reserve(coefficients), constants: reserve(constants), linear: reserve(linear), quadratic: reserve(quadratic),
            weights: reserve(weights), cutoffs: reserve(cutoffs), species: reserve(d.weights), isolated: reserve(isolated),
            innerCentres: reserve(innerCentres), innerWidths: reserve(innerWidths)
        )
        self.numbers = Column(numbers)
        self.jobs = Column(jobs)
        self.targets = Column(targets)
        self.products = Column(products)
        self.mirrors = Column(mirrors)
        self.elements = Column(elements)
        self.terms = Column(terms)
        channels = Column((0..<species).map { d.channel($0) })
        diagonal = Column(order.indices.filter { order[$0].mb == order[$0].ma }.map { Int32($0) })
        let base = UnsafePointer(self.numbers.pointer)
        view = SNAPView(
            twoJMax: top, species: species, channels: n, count: count, tripleCount: couplings.triples.count, half: order.count,
            full: couplings.elementCount, jobCount: jobs.count, targetCount: targets.count, termCount: terms.count, gammaCount: gammas,
            isQuadratic: parameters.isQuadratic, isSwitched: d.isSwitched, isInnerSwitched: d.isInnerSwitched,
            countsSelfInAll: d.countsSelfInAll, angleFactor: d.angleFactor, innerRadius: d.innerRadius,
            jobs: UnsafePointer(self.jobs.pointer), targets: UnsafePointer(self.targets.pointer),
            mirrors: UnsafePointer(self.mirrors.pointer), elements: UnsafePointer(self.elements.pointer),
            terms: UnsafePointer(self.terms.pointer),
            coefficients: base + offsets.couplings, products: UnsafePointer(self.products.pointer), constants: base + offsets.constants,
            linear: base + offsets.linear, quadratic: base + offsets.quadratic, weights: base + offsets.weights,
            cutoffs: base + offsets.cutoffs, speciesWeights: base + offsets.species, isolated: base + offsets.isolated,
            innerCentres: base + offsets.innerCentres, innerWidths: base + offsets.innerWidths,
            channelOf: UnsafePointer(channels.pointer), diagonal: UnsafePointer(diagonal.pointer), diagonalCount: diagonal.count)
    }
}

/// gamma[gamma] += factor * beta[component].
struct SNAPAdjointTerm: BitwiseCopyable {
    var gamma: Int32
    var component: Int32
    var factor: Double
}

/// Where the kernel finds a model's numbers; valid while its `SNAPTables` lives. A pair's index is centre * species + neighbour.
struct SNAPView: BitwiseCopyable {
    let twoJMax: Int
    let species: Int
    let channels: Int
    /// Components, of all channels, and of one triple of channels.
    let count: Int
    let tripleCount: Int
    /// Elements of the half and full matrices.
    let half: Int
    let full: Int
    let jobCount: Int
    let targetCount: Int
    let termCount: Int
    let gammaCount: Int
    let isQuadratic: Bool
    let isSwitched: Bool
    let isInnerSwitched: Bool
    let countsSelfInAll: Bool
    let angleFactor: Double
    let innerRadius: Double
    let jobs: UnsafePointer<SNAPJob>
    let targets: UnsafePointer<SNAPTarget>
    let mirrors: UnsafePointer<SNAPMirror>
    let elements: UnsafePointer<SNAPElement>
    let terms: UnsafePointer<SNAPAdjointTerm>
    /// [job][product][j]
    let coefficients: UnsafePointer<Double>
    let products: UnsafePointer<SNAPProduct>
    /// [species]; in a linear model what isolated atoms would have is taken off.
    let constants: UnsafePointer<Double>
    /// [species][component]
    let linear: UnsafePointer<Double>
    /// [species][component][component]
    let quadratic: UnsafePointer<Double>
    /// [species][a][b][c][target]: the adjoint's factors of a linear model.
    let weights: UnsafePointer<Double>
    /// [pair]
    let cutoffs: UnsafePointer<Double>
    let speciesWeights: UnsafePointer<Double>
    let isolated: UnsafePointer<Double>
    let innerCentres: UnsafePointer<Double>
    let innerWidths: UnsafePointer<Double>
    /// [species]
    let channelOf: UnsafePointer<Int>
    /// Elements of the half matrices with ma = mb.
    let diagonal: UnsafePointer<Int32>
    let diagonalCount: Int

    /// Reals of the half matrices, padded so that they are summed four at a time.
    var stride: Int { (2 * half + 3) / 4 * 4 }
}
