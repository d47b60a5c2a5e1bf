import Deck
import Integrators

/// A fix that is made with what a deck has asked to be watched: `fix` lines that write files or read computes of this target.
public struct ObservingFixStyle: Sendable {
    public let name: String
    public let usage: String
    let make: @Sendable (_ words: inout Words, _ setup: FixSetup, _ observation: Observation) throws -> any Fix

    /// All of them, one line each, beside `FixRegistry.builtin`.
    public static let builtin: [ObservingFixStyle] = [
        UncertaintyFix.entry,
        AveTime.entry,
        AveAtom.entry,
        AveChunk.entry,
        Controller.entry,
        AveHisto.entry,
        AveCorrelate.entry,
        PrintFix.entry,
        VectorFix.entry,
        StoreState.entry,
        PairFix.entry,
        BalanceFix.entry,
        NumDiff.entry,
        NumDiffVirial.entry,
        StabilityFix.entry,
        Adapt.entry,
        ElectronStopping.entry,
        ElectronStoppingFit.entry,
    ]
}

extension Observation {
    /// The fix whose style word is next, if it is one of `ObservingFixStyle.builtin`; else nil, and nothing is read.
    /// - Throws: `DeckError` at the word that is wrong.
    public func makeFix(_ words: inout Words, _ setup: FixSetup) throws -> (any Fix)? {
        guard let name = words.peek, let style = ObservingFixStyle.builtin.first(where: { $0.name == name.text }) else { return nil }
        _ = try words.word("a fix style")
        let fix = try style.make(&words, setup, self)
        try words.finish()
        return fix
    }
}
