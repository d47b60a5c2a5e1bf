import Domain

/// What training minimises: the mean over frames of
///
///     w_F / (3 N) sum over components of rho(dF) + w_E rho(dE / N),   rho(x) = 2 delta^2 (sqrt(1 + (x / delta)^2) - 1)
///
/// in eV and eV/Angstrom. rho is x^2 for errors well below delta and grows linearly beyond, so that a few bad frames do not rule; without
/// delta it is x^2 throughout.
public struct StackObjective: Sendable, Equatable {
    public var forceWeight = 1.0
    public var energyWeight = 1.0
    public var forceDelta: Double? = 0.05
    public var energyDelta: Double? = 0.01

    public init() {}

    /// rho and its derivative.
    static func rho(_ x: Double, _ delta: Double?) -> (value: Double, slope: Double) {
        guard let delta else { return (x * x, 2 * x) }
        let root = (1 + x * x / (delta * delta)).squareRoot()
        return (2 * delta * delta * (root - 1), 2 * x / root)
    }
}

/// Errors of a stacked ensemble over frames, to be summed over ranks.
public struct StackErrors: Sendable {
    public var frames = 0.0
    public var objective = 0.0
    public var components = 0.0
    public var squares = 0.0
    public var magnitudes = 0.0
    public var energyFrames = 0.0
    public var energySquares = 0.0

    public init() {}

    mutating func sum(_ communicator: any Communicator) {
        var all = [frames, objective, components, squares, magnitudes, energyFrames, energySquares]
        communicator.all(.sum, &all)
        (frames, objective, components, squares, magnitudes, energyFrames, energySquares) = (
            all[0], all[1], all[2], all[3], all[4], all[5], all[6]
        )
    }

    public var meanObjective: Double { objective / frames }
    /// eV/Angstrom
    public var forceRMSE: Double { (squares / components).squareRoot() }
    public var forceMAE: Double { magnitudes / components }
    /// eV/atom; NaN without energies.
    public var energyRMSE: Double { (energySquares / energyFrames).squareRoot() }
}
