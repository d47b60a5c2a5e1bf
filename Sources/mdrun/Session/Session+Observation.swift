import Deck
import Domain
import Integrators
import Observers
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Output: TextSink {}

/// What observers ask of the session.
extension Session: ObservationHost {
    public var sink: any TextSink { output }
    public var watchedSystem: System? { system }
    public var watchedPotential: (any Potential)? { potential }
    public var watchedFixes: [any Fix] { fixes }
    public var watchedSimulation: Simulation? { simulation }

    public func variableValue(_ name: String, at location: SourceLocation?) throws -> Double {
        try interpreter.variables.value(of: name, at: location)
    }

    public func variableElement(_ name: String, _ index: Int, at location: SourceLocation?) throws -> Double {
        let values = try interpreter.variables.vector(of: name, at: location)
        // Beyond the end LAMMPS gives 0 in the thermo table.
        return values.indices.contains(index - 1) ? values[index - 1] : 0
    }

    public func atomVariable(_ name: String, of group: Group, at location: SourceLocation?) throws -> [Double] {
        try atomValues(name, of: group, at: location)
    }

    public func variableInputs(_ name: String) -> FormulaInputs { interpreter.variables.inputs(of: name) }

    public func variableVector(_ name: String, at location: SourceLocation?) throws -> [Double] {
        try interpreter.variables.vector(of: name, at: location)
    }

    public func setVariable(_ name: String, _ value: Double) throws { try interpreter.variables.setInternal(name, value) }

    public func substitute(_ word: Word) throws -> String { try interpreter.substitute(word) }

    public func region(_ word: Word) throws -> any Region { try requireRegion(word) }

    public func variableStyle(_ name: String) -> VariableStyle? { interpreter.variables.style(of: name) }

    public func isInput(_ path: String) -> Bool { inputs.contains { isSameFile($0, path) } }

    public var secondsLeft: Double { limits.secondsLeft }
    public func watchedRegion(_ name: String) -> (any Region)? { regions[name] }

    public var latticeSpacing: (x: Double, y: Double, z: Double)? {
        lattice.map { ($0.spacing.x, $0.spacing.y, $0.spacing.z) }
    }
}

/// Whether both paths lead to one existing file.
public func isSameFile(_ a: String, _ b: String) -> Bool {
    var first = stat(), second = stat()
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino
}
