import ArgumentParser

/// `mdfit stack`: ensembles whose combination of base potentials is fitted to reference data.
struct Stack: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judges and fits combinations of base potentials.", subcommands: [StackReportCommand.self, StackTrainCommand.self])
}
