/// `width` numbers per owned atom that travel with the atom when it migrates, and go into restarts: what a fix or compute keeps of atoms.
///
/// Named after its owner: `f_ID` for a fix, `c_ID` for a compute, with `/what` behind where one has several.
public final class AtomProperty {
    public let name: String
    public let width: Int
    public var values = Column<Double>()
    /// Read from a restart and not yet claimed by its owner.
    public var isRestored = false

    public init(name: String, width: Int, count: Int) {
        self.name = name
        self.width = width
        values = Column(repeating: 0, count: width * count)
    }

    func append(zeros number: Int) { values.resize(to: values.count + number * width, filling: 0) }
}

extension Atoms {
    /// The property of that name for its new owner: the one from a restart where its width fits, else a new one, all 0, in the place of any
    /// old one.
    /// - Returns: the property, and whether its values come from a restart.
    public mutating func claimProperty(_ name: String, width: Int) -> (property: AtomProperty, isRestored: Bool) {
        if let known = extras.first(where: { $0.name == name && $0.width == width }), known.isRestored {
            known.isRestored = false
            return (known, true)
        }
        let fresh = AtomProperty(name: name, width: width, count: owned)
        removeProperties(of: name)
        extras.append(fresh)
        return (fresh, false)
    }

    /// Forgets `owner` and all `owner/what`.
    public mutating func removeProperties(of owner: String) {
        extras.removeAll { $0.name == owner || $0.name.hasPrefix(owner + "/") }
    }
}
