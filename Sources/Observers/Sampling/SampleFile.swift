import Deck
import Domain

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

        /// Reads `file F`, `append F`, `overwrite`, `title1 T`, `title2 T`, `title3 T`, `format F` after its keyword; false for another
        /// keyword.
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
    /// Bytes of the head, and of all; the same on every rank.
    private var head = 0
    private var size = 0
    /// From a restart: how long the file was then.
    private var resumption: Int?

    init(_ settings: Settings) { self.settings = settings }

    /// Opens the file and writes its head, once. After a restart it goes on where it was: what is behind that is dropped.
    func open(_ observation: Observation, _ communicator: any Communicator, head text: () -> String) throws {
        guard let path = settings.path, !isOpen else { return }
        let host = try observation.requireHost()
        isOpen = true
        let goesOn = try communicator.valueOnFirstRank {
            let file = try OutputFile(
                path, resumption.map { .resume($0) } ?? (settings.appends ? .append : .replace), isInput: host.isInput)
            self.file = file
            if file.hasResumed { return 1 }
            try file.write(Array(text().utf8))
            try file.endFrame()
            return 0
        }
        size = try communicator.valueOnFirstRank { file?.size ?? 0 }
        if goesOn == 0 { head = size }
    }

    /// Appends, or with `overwrite` replaces, text. Only rank 0's is written.
    func write(_ text: @autoclosure () -> String, _ communicator: any Communicator) throws {
        guard settings.path != nil else { return }
        size = try communicator.valueOnFirstRank {
            guard let file else { return 0 }
            if settings.overwrites { try file.truncate(to: head) }
            try file.write(Array(text().utf8))
            try file.endFrame()
            return file.size
        }
    }

    func save(_ state: inout StateWriter) {
        state.put(settings.path ?? "")
        state.put(head)
        state.put(size)
    }

    func restore(_ state: inout StateReader) throws {
        let samePath = try state.text() == settings.path ?? ""
        let (oldHead, oldSize) = (try state.int(), try state.int())
        // Called once more after a run's set-up, when the file is open already.
        guard samePath, oldSize > 0, !isOpen else { return }
        (head, resumption) = (oldHead, oldSize)
    }
}
