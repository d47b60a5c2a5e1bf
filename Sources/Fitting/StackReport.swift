import Domain

/// How good linear combinations of base potentials are: of all subsets of the bases, by each method of choosing weights, fitted on one
/// data set and measured on another.
public struct StackReport: Sendable {
    public enum Method: String, Sendable, CaseIterable {
        /// 1/n each.
        case uniform = "AVG"
        /// One weight a base by least squares on forces.
        case leastSquares = "LWA"
        /// The same with weights that add up to 1.
        case minimumVariance = "MV"
        /// One weight a base and element, by least squares. Its forces are the gradient of no energy.
        case leastSquaresPerElement = "LWA/element"
    }

    public struct Row: Sendable {
        public let subset: [Int]
        public let method: Method
        /// [1 or types][K]
        public let weights: [[Double]]
        /// eV/Angstrom, over all components.
        public internal(set) var forceRMSE = Double.nan
        public internal(set) var forceMAE = Double.nan
        /// By type; NaN for an element that does not occur.
        public internal(set) var elementRMSE: [Double] = []
        /// eV/atom; NaN where there is no energy.
        public internal(set) var energyRMSE = Double.nan
    }

    /// All subsets and methods, subsets by size, then in the order of their bases.
    public let rows: [Row]
    /// Of each subset, in the order of `rows`: force RMSE of least-squares weights on frames of TRAIN that they were not fitted to.
    public let heldOut: [(subset: [Int], forceRMSE: Double)]
    public let folds: Int
    /// On the fitted set.
    public let correlation: [[Double]]
    /// The smallest subset whose held-out error is within `margin` of the least one.
    public let recommended: [Int]
    public static let margin = 0.01
    /// They have 4,095 subsets; each further base doubles that.
    public static let mostBases = 12
    /// Of the fitted set, of all elements and of each.
    private let moments: (all: ErrorMoments.Sum, perType: [ErrorMoments.Sum])

    /// Collective.
    /// - Throws: `DataError` for more than 12 bases, data without forces, or an element that only the measured set has.
    public init(
        fittedOn train: BasePredictions, measuredOn test: BasePredictions, paths: (train: String, test: String), folds: Int = 5,
        seed: Int = 1, block: Int = 1, _ communicator: any Communicator
    ) throws {
        let K = train.baseCount, types = 1...train.elements.count
        guard K <= Self.mostBases else {
            throw DataError(paths.train, "\(K) bases have too many subsets; at most \(Self.mostBases) are compared")
        }
        let folds = Swift.min(folds, (train.total + block - 1) / block)
        self.folds = folds
        let fitted = ErrorMoments(
            train, folds: FrameSplit.folds(folds, count: train.total, seed: seed, block: block), communicator)
        let measured = ErrorMoments(test, communicator)
        let all = fitted.sum(), whole = measured.sum()
        let perType = types.map { (fitted: fitted.sum(type: $0), measured: measured.sum(type: $0)) }
        guard all.components > 0 else { throw DataError(paths.train, "has no forces") }
        guard whole.components > 0 else { throw DataError(paths.test, "has no forces") }
        for (type, sums) in zip(types, perType) where sums.measured.components > 0 && sums.fitted.components == 0 {
            throw DataError(paths.test, "has forces on \(train.elements[type - 1]), of which \(paths.train) has none")
        }
        let energies = EnergyMoments(fittedOn: train, communicator).sum(on: test, communicator)
        let hasEnergy = communicator.all(train, test)
        let subsets = Self.subsets(of: K)

        var rows: [Row] = []
        for subset in subsets {
            for method in Method.allCases {
                let weights: [[Double]] =
                    switch method {
                    case .uniform: [(0..<K).map { subset.contains($0) ? 1 / Double(subset.count) : 0 }]
                    case .leastSquares: [all.leastSquares(subset)]
                    case .minimumVariance: [all.minimumVariance(subset)]
                    case .leastSquaresPerElement: perType.map { $0.fitted.leastSquares(subset) }
                    }
                var row = Row(subset: subset, method: method, weights: weights)
                let squares = zip(types, perType).map { type, sums in
                    sums.measured.squares(weights.count == 1 ? weights[0] : weights[type - 1])
                }
                row.forceRMSE = (squares.reduce(0, +) / whole.components).squareRoot()
                row.elementRMSE = zip(squares, perType).map { ($0 / $1.measured.components).squareRoot() }
                if weights.count == 1, energies.components > 0, subset.allSatisfy({ hasEnergy[$0] }) {
                    row.energyRMSE = energies.rootMeanSquare(weights[0])
                }
                rows.append(row)
            }
        }
        for (n, sum) in test.absoluteErrors(rows.map(\.weights), communicator).enumerated() {
            rows[n].forceMAE = sum / whole.components
        }
        self.rows = rows

        let parts = (0..<folds).map { fold in (rest: fitted.sum { $0 != fold }, own: fitted.sum { $0 == fold }) }
        heldOut = subsets.map { subset in
            // One block alone cannot be held out.
            let squares =
                folds < 2
                ? all.squares(all.leastSquares(subset)) : parts.reduce(0.0) { $0 + $1.own.squares($1.rest.leastSquares(subset)) }
            return (subset, (squares / all.components).squareRoot())
        }
        let least = heldOut.map(\.forceRMSE).min()!
        recommended = heldOut.filter { $0.forceRMSE <= (1 + Self.margin) * least }
            .min { ($0.subset.count, $0.forceRMSE) < ($1.subset.count, $1.forceRMSE) }!.subset
        correlation = all.correlation
        moments = (all, perType.map(\.fitted))
    }

    /// Weights of a subset by least squares on forces, [1 or types][K].
    /// - Parameters:
    ///   - perElement: a row for each element.
    ///   - sumsToOne: in each row.
    public func weights(_ subset: [Int], perElement: Bool, sumsToOne: Bool) -> [[Double]] {
        (perElement ? moments.perType : [moments.all]).map { sumsToOne ? $0.minimumVariance(subset) : $0.leastSquares(subset) }
    }

    /// Of all bases.
    public var minimumVariance: [Double] { moments.all.minimumVariance(Array(0..<moments.all.baseCount)) }

    /// All but the empty one.
    static func subsets(of count: Int) -> [[Int]] {
        (1..<1 << count).map { mask in (0..<count).filter { mask >> $0 & 1 == 1 } }.sorted {
            $0.count != $1.count ? $0.count < $1.count : $0.lexicographicallyPrecedes($1)
        }
    }

    public func row(_ subset: [Int], _ method: Method) -> Row { rows.first { $0.subset == subset && $0.method == method }! }

    /// Pairs of bases whose errors correlate by more than 0.95 on the fitted set: one of them adds next to nothing.
    public var nearDuplicates: [(Int, Int)] {
        correlation.indices.flatMap { k in correlation.indices.filter { $0 > k && correlation[k][$0] > 0.95 }.map { (k, $0) } }
    }

    /// Bases whose minimum-variance weight is below 0.02 in magnitude, if there are others.
    public var withoutWeight: [Int] {
        minimumVariance.count < 2 ? [] : minimumVariance.indices.filter { minimumVariance[$0].magnitude < 0.02 }
    }
}

extension Communicator {
    /// Whether each base has an energy in every frame of either set. Collective.
    fileprivate func all(_ sets: BasePredictions...) -> [Bool] {
        let K = sets[0].baseCount
        var lacking = [Double](repeating: 0, count: K)
        for set in sets { for (at, energy) in set.energies.enumerated() where energy.isNaN { lacking[at % K] = 1 } }
        all(.max, &lacking)
        return lacking.map { $0 == 0 }
    }
}
