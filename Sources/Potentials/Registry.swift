import Deck

/// One `pair_style`: its word, how it is written, and how it is made from the words that follow.
public struct PotentialStyle: Sendable {
    public let name: String
    /// As printed by `mdrun styles` and the manual: the pair_style line, then the pair_coeff line.
    public let usage: String
    public let make: @Sendable (_ words: inout Words, _ setup: PotentialSetup) throws -> any Potential

    public init(
        _ name: String, usage: String,
        make: @escaping @Sendable (_ words: inout Words, _ setup: PotentialSetup) throws -> any Potential
    ) {
        (self.name, self.usage, self.make) = (name, usage, make)
    }
}

/// The potentials that a deck can name: a literal list, one line each.
public struct PotentialRegistry: Sendable {
    public var styles: [PotentialStyle]

    public init(_ styles: [PotentialStyle] = PotentialRegistry.builtin) { self.styles = styles }

    public static let builtin: [PotentialStyle] = [
        ZeroPotential.entry,
        ZeroPotential.noneEntry,
        LennardJones.entry,
        PairPotential<LennardJonesCoulomb>.entry,
        PairPotential<LennardJonesDebye>.entry,
        PairPotential<LennardJonesDamped>.entry,
        PairPotential<LennardJonesExpanded>.entry,
        PairPotential<LennardJonesSmooth>.entry,
        PairPotential<LennardJonesSmoothLinear>.entry,
        PairPotential<LennardJonesGromacs>.entry,
        PairPotential<LennardJonesWolf>.entry,
        PairPotential<LennardJonesCubic>.entry,
        PairPotential<LennardJonesClass2>.entry,
        PairPotential<Class2Coulomb>.entry,
        PairPotential<LennardJonesTapered>.entry,
        PairPotential<LennardTapered>.entry,
        PairPotential<BuckinghamTapered>.entry,
        PairPotential<NM>.entry,
        PairPotential<NMCoulomb>.entry,
        PairPotential<LennardJonesSoft>.entry,
        PairPotential<CoulombSoft>.entry,
        PairPotential<LennardJonesCoulombSoft>.entry,
        PairPotential<Class2Soft>.entry,
        PairPotential<GaussCut>.entry,
        PairPotential<HarmonicCut>.entry,
        PairPotential<UhlenbeckFord>.entry,
        PairPotential<LennardJones96>.entry,
        PairPotential<Mie>.entry,
        PairPotential<Morse>.entry,
        PairPotential<MorseSmoothLinear>.entry,
        PairPotential<Buckingham>.entry,
        PairPotential<BuckinghamCoulomb>.entry,
        PairPotential<BornMayerHuggins>.entry,
        PairPotential<BornDamped>.entry,
        PairPotential<BornWolf>.entry,
        PairPotential<BornGauss>.entry,
        PairPotential<Beck>.entry,
        PairPotential<Gauss>.entry,
        PairPotential<ScreenedNuclear>.entry,
        PairPotential<Yukawa>.entry,
        PairPotential<SoftCosine>.entry,
        PairPotential<CoulombCut>.entry,
        PairPotential<CoulombCutGlobal>.entry,
        PairPotential<CoulombSlater>.entry,
        PairPotential<CoulombDebye>.entry,
        PairPotential<CoulombDamped>.entry,
        PairPotential<CoulombWolf>.entry,
        TabulatedPair.entry,
        EAM.funcflEntry,
        EAM.setflEntry,
        EAM.finnisSinclairEntry,
        ThreeBodyPotential<StillingerWeber>.entry,
        ThreeBodyPotential<PlainTersoff>.entry,
        ThreeBodyPotential<TersoffZBL>.entry,
        ThreeBodyPotential<TersoffMOD>.entry,
        ThreeBodyPotential<TersoffMODC>.entry,
        NEP.entry,
        SNAP.entry,
        SNAP.mliap,
        ACE.entry,
        ACE.extrapolation,
        SchNet.entry,
        PaiNN.entry,
        Committee.entry,
        AverageEnsemble.entry,
        WeightedEnsemble.entry,
        DirectEnsemble.entry,
        ConservativeEnsemble.entry,
    ] + Hybrid.entries

    /// Makes the potential whose style word is next.
    /// - Throws: `DeckError` at the style word when it is not known, with the nearest name that is.
    public func make(_ words: inout Words, _ setup: PotentialSetup) throws -> any Potential {
        let name = try words.word("a pair style")
        guard let style = styles.first(where: { $0.name == name.text }) else {
            throw DeckError.unknown("pair_style", name, known: styles.map(\.name))
        }
        return try style.make(&words, setup)
    }
}
