import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `[######      ] 120/250 frames` on standard error, if that is a terminal; nothing otherwise.
struct ProgressBar {
    private let isShown: Bool
    private let total: Int?
    private var shown = -1

    init(total: Int?, isWriter: Bool) {
        isShown = isWriter && isatty(2) == 1
        self.total = total
    }

    mutating func show(_ done: Int) {
        guard isShown else { return }
        guard let total, total > 0 else {
            if done % 10 == 0 { writeError("\r\(done) frames") }
            return
        }
        let width = 40, filled = min(width, done * width / total)
        let permille = done * 1000 / total
        guard permille != shown else { return }
        shown = permille
        writeError("\r[\(String(repeating: "#", count: filled))\(String(repeating: " ", count: width - filled))] \(done)/\(total) frames")
    }

    func clear() { if isShown { writeError("\r\u{1B}[K") } }
}
