import Deck
import Domain

/// PaiNN, the polarisable atom interaction network (Schuett, Unke, Gastegger, ICML 2021, arXiv:2102.03150), as SchNetPack 2 trains
/// it: scalar features q and vector features mu, messages
///
///     q_i += sum_j W1(d) c1(q_j),   mu_i += sum_j W2(d) c2(q_j) u_ij + W3(d) c3(q_j) mu_j
///
/// and a mixing of q and mu within each atom, T times; E = sum_i readout(q_i) + offset(Z_i). Filters W(d) are linear in a radial
/// basis, times a cutoff function. Energies and lengths are converted from the units that the model file names to the deck's.
///
/// Owned atoms are centres; neighbours' c and mu come from their owners, one halo exchange an interaction after the first, and their
/// adjoints go back the same way.
public final class PaiNN: MessagePassingPotential {
    public static let entry = PotentialStyle(
        "painn", usage: "pair_style painn \(MessagePassingOptions.usage)\npair_coeff * * MODEL.json ELEMENT|NULL ..."
    ) { words, _ in PaiNN(try MessagePassingOptions(&words)) }

    let core: MessagePassingCore

    init(_ options: MessagePassingOptions) { core = MessagePassingCore(.painn, options) }
}
