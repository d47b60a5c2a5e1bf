import Domain

/// The types that elements of data sets are.
struct TypeLabels {
    private let typeOf: [String: Int32]
    private let known: String

    /// - Parameter labels: element of each type (index 0 unused); of two equal ones the first counts.
    init(_ labels: [String?]) {
        typeOf = Dictionary(
            labels.enumerated().compactMap { index, label in label.map { ($0, Int32(index)) } }, uniquingKeysWith: { first, _ in first })
        known = labels.compactMap { $0 }.joined(separator: " ")
    }

    /// The type of each atom.
    /// - Throws: `DataError` naming an element that no type has as its label.
    func types(of frame: Frame) throws -> [Int32] {
        try frame.elements.map { element in
            guard let type = typeOf[element] else {
                throw DataError(frame.place, "element '\(element)' is not among the potential's labels: \(known)")
            }
            return type
        }
    }
}
