import Domain
import Potentials

/// A potential on a system, by name: `mdcheck evaluate NAME` computes it on any number of ranks, `mdcheck conformance NAME` puts it
/// through `checkPotential`, and the tests run every case both ways.
public struct PotentialCase: Sendable {
    public let name: String
    public let options: ConformanceOptions
    /// What ranks are compared on. Large enough that several ranks have something to do.
    public let system: @Sendable () -> TestSystem
    /// What `checkPotential` goes through.
    public let small: @Sendable () -> [TestSystem]
    /// A prepared potential. `setup.read` reads files.
    public let make: @Sendable (PotentialSetup) throws -> any Potential
    /// The same with its plain kernel.
    public let reference: (@Sendable (PotentialSetup) throws -> any Potential)?

    /// - Parameter small: by default the system itself.
    public init(
        _ name: String, options: ConformanceOptions = ConformanceOptions(), system: @escaping @Sendable () -> TestSystem,
        small: (@Sendable () -> [TestSystem])? = nil,
        reference: (@Sendable (PotentialSetup) throws -> any Potential)? = nil,
        make: @escaping @Sendable (PotentialSetup) throws -> any Potential
    ) {
        (self.name, self.options, self.system, self.make, self.reference) = (name, options, system, make, reference)
        self.small = small ?? { [system()] }
    }

    public func conformance() throws -> [CheckResult] {
        try checkPotential(on: small(), options: options, reference: reference, make)
    }

    public static func named(_ name: String) -> PotentialCase? { all.first { $0.name == name } }

    /// Every case, one line each.
    public static let all: [PotentialCase] =
        LennardJonesCases.all + ClassicalCases.all + EnsembleCases.all + MessagePassingCases.all + NEPCases.all + SNAPCases.all
        + ACECases.all
        + StackCases.all
}
