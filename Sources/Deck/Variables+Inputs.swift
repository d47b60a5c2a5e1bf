/// What the formula of a variable takes from the engine, however deep.
public struct FormulaInputs: Sendable, Hashable {
    /// c_ID and f_ID, without indices.
    public var references: Set<Reference> = []
    /// Thermo keywords, and names of atoms' properties.
    public var keywords: Set<String> = []

    public init() {}
}

extension Variables {
    /// What must be known before the variable can be evaluated; nothing for one that does not exist.
    public func inputs(of name: String) -> FormulaInputs {
        var inputs = FormulaInputs()
        var seen: Set<String> = []
        var waiting = [name]
        while let next = waiting.popLast() {
            guard seen.insert(next).inserted, let variable = try? find(next, at: nil) else { continue }
            switch variable.content {
            case .equal(let formula), .vector(let formula), .atom(let formula): Self.collect(formula, into: &inputs, &waiting)
            case .format(let other, _): waiting.append(other)
            default: break
            }
        }
        return inputs
    }

    private static func collect(_ formula: Formula, into inputs: inout FormulaInputs, _ waiting: inout [String]) {
        for (step, _) in formula.steps {
            switch step {
            case .keyword(let name): inputs.keywords.insert(name)
            case .variable(let name, let indices):
                waiting.append(name)
                waiting += indices.compactMap { if case .variable(let name) = $0 { name } else { nil } }
            case .reference(let reference, let indices):
                inputs.references.insert(Reference(reference.kind, reference.id))
                waiting += indices.compactMap { if case .variable(let name) = $0 { name } else { nil } }
            case .named(_, let arguments):
                // sum(c_ID) and its like; other arguments are names of groups, which look like nothing of this.
                for argument in arguments {
                    switch DataSource(argument) {
                    case .reference(let reference): inputs.references.insert(Reference(reference.kind, reference.id))
                    case .variable(let name, _): waiting.append(name)
                    case nil: break
                    }
                }
            default: break
            }
        }
    }
}
