extension DecodingError {
    /// In words, which field of a JSON file is wrong: "weights.1 in w.json is not a Double".
    func explanation(file: String) -> String {
        func place(_ path: [any CodingKey]) -> String { path.isEmpty ? "the file" : path.map(\.stringValue).joined(separator: ".") }
        switch self {
        case .keyNotFound(let key, let context): return "\(place(context.codingPath + [key])) is missing from \(file)"
        case .typeMismatch(let type, let context): return "\(place(context.codingPath)) in \(file) is not a \(type)"
        case .valueNotFound(_, let context): return "\(place(context.codingPath)) in \(file) is null"
        case .dataCorrupted(let context): return "\(place(context.codingPath)) in \(file) is not valid JSON"
        @unknown default: return "\(file) is not valid: \(self)"
        }
    }
}
