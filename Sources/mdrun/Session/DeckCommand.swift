import Deck

/// One command of the deck: decodes its words into a typed value, or fails pointing at the word; then acts. Nothing after `init`
/// sees strings. One command a file in Commands/, one line in `CommandRegistry.builtin`.
public protocol DeckCommand: SendableMetatype {
    static var name: String { get }
    /// How it is written, as printed by `mdrun styles` and the manual.
    static var usage: String { get }
    /// - Throws: `DeckError` at the word that is wrong; must consume every word (`words.finish()`).
    init(_ words: inout Words, _ session: Session) throws
    func execute(_ session: Session) throws
}

/// The commands a deck can use: a literal list. The language's own (variable, if, jump ...) are the interpreter's.
public enum CommandRegistry {
    public static let builtin: [any DeckCommand.Type] = settings + atoms + dynamics + output

    private static let settings: [any DeckCommand.Type] = [
        UnitsCommand.self, AtomStyleCommand.self, AtomModifyCommand.self, BoundaryCommand.self, BoxCommand.self,
        CommModifyCommand.self, DimensionCommand.self, NeighborCommand.self, NeighModifyCommand.self, NewtonCommand.self,
        ProcessorsCommand.self, BalanceCommand.self, CommStyleCommand.self, TimestepCommand.self,
        DielectricCommand.self,
    ]
    private static let atoms: [any DeckCommand.Type] = [
        LatticeCommand.self, RegionCommand.self, CreateBox.self, ChangeBox.self, CreateAtoms.self, MassCommand.self, GroupCommand.self,
        VelocityCommand.self, Replicate.self, LabelmapCommand.self, ReadData.self,
        WriteData.self, DeleteAtoms.self, ResetAtoms.self, DisplaceAtoms.self, SetCommand.self,
    ]
    private static let dynamics: [any DeckCommand.Type] = [
        PairStyleCommand.self, PairCoeffCommand.self, PairModifyCommand.self, FixCommand.self, FixModifyCommand.self, UnfixCommand.self,
        ResetTimestepCommand.self,
        BondedStyleCommand<BondTag>.self, BondedCoeffCommand<BondTag>.self, BondedStyleCommand<AngleTag>.self,
        BondedCoeffCommand<AngleTag>.self,
        BondedStyleCommand<DihedralTag>.self, BondedCoeffCommand<DihedralTag>.self, BondedStyleCommand<ImproperTag>.self,
        BondedCoeffCommand<ImproperTag>.self, SpecialBondsCommand.self,
        RunCommand.self, ReadRestart.self, WriteRestart.self, WriteCoeff.self, RestartCommand.self, TimerCommand.self,
        RunStyleCommand.self, MinimizeCommand.self, MinStyleCommand.self, MinModifyCommand.self,
    ]
    private static let output: [any DeckCommand.Type] = [
        ThermoCommand.self, ThermoStyleCommand.self, ThermoModifyCommand.self, ComputeCommand.self, ComputeModifyCommand.self,
        UncomputeCommand.self, DumpCommand.self, DumpModifyCommand.self, UndumpCommand.self, WriteDumpCommand.self,
        RerunCommand.self, ReadDumpCommand.self,
    ]

    static let byName: [String: any DeckCommand.Type] = Dictionary(
        uniqueKeysWithValues: builtin.map { ($0.name, $0) })
}
