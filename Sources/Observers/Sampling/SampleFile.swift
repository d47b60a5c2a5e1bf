import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The file of a fix that samples: opened on rank 0 when its first run begins, never in place of an input of the run.
///
/// Its text goes straight to the system. All methods are collective, and a failure is thrown on every rank.
final class SampleFile {
    struct Settings {
        var path: String?
        var appends = false
        /// Only the last text is kept, behind the head.
        var overwrites = false
        var titles: [String?] = [nil, nil, nil]
        var format = NumberFormat.table(" %g")

        /// Reads `file F`, `append F`, `overwrite`, `title1 T`, `title2 T`, `title3 T`, `format F` after its keyword; false for another keyword.
        mutating func read(_ keyword: String, _ words: inout Words) throws -> Bool {
            switch keyword {
            case "file", "append":
                path = try words.string("a file name")
                appends = keyword == "append"
            case "overwrite": overwrites = true
            case "title1", "title2", "title3":
                let place = Int(keyword.dropFirst(5)) ?? 1
                titles[place - 1] = try words.string("the line")
            case "format":
                let word = try words.word("a format such as %g")
                format = try placing(at: word.location) { try NumberFormat(word.text) }
                guard format.conversion == .real else { throw words.error("the format must have %g, %f or %e", at: word) }
            default: return false
            }
            return true
        }

        static let keywords = ["file", "append", "overwrite", "title1", "title2", "title3", "format"]
    }

    let settings: Settings
    private var file: OutputFile?
    private var isOpen = false
    private var head: off_t = 0

    init(_ settings: Settings) { self.settings = settings }

    /// Opens the file and writes its head, once.
    func open(_ observation: Observation, _ communicator: any Communicator, head text: () -> String) throws {
        guard let path = settings.path, !isOpen else { return }
        let host = try observation.requireHost()
        isOpen = true
        try communicator.onFirstRank {
            let file = try OutputFile(path, append: settings.appends, isInput: host.isInput)
            try file.write(Array(text().utf8))
            head = lseek(file.descriptor, 0, SEEK_CUR)
            self.file = file
        }
    }

    /// Appends, or with `overwrite` replaces, text. Only rank 0's is written.
    func write(_ text: @autoclosure () -> String, _ communicator: any Communicator) throws {
        guard settings.path != nil else { return }
        try communicator.onFirstRank {
            guard let file else { return }
            if settings.overwrites, lseek(file.descriptor, head, SEEK_SET) < 0 || ftruncate(file.descriptor, head) != 0 {
                throw OutputError("cannot rewrite", file.path)
            }
            try file.write(Array(text().utf8))
        }
    }
}
