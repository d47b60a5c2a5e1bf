/// Symbols and standard atomic masses (IUPAC 2021 abridged, in g/mol; mass number of the longest-lived isotope where none is standard).
public enum Elements {
    public static let symbols: [String] = table.map { $0.0 }

    /// Atomic number, or nil for an unknown symbol.
    public static func number(of symbol: String) -> Int? { table.firstIndex { $0.0 == symbol }.map { $0 + 1 } }
    public static func symbol(_ number: Int) -> String? { table.indices.contains(number - 1) ? table[number - 1].0 : nil }
    public static func mass(of symbol: String) -> Double? { number(of: symbol).map { table[$0 - 1].1 } }

    /// Deuterium and tritium are the isotopes that decks use under their element's symbol.
    public static func isIsotope(_ mass: Double, of symbol: String) -> Bool {
        symbol == "H" && ((mass - 2.014).magnitude < 0.02 || (mass - 3.016).magnitude < 0.02)
    }

    /// The element whose mass is within 0.5 % of `mass`, closest first.
    public static func closest(toMass mass: Double) -> String? {
        let best = table.min { ($0.1 - mass).magnitude < ($1.1 - mass).magnitude }!
        return (best.1 - mass).magnitude <= 0.005 * best.1 ? best.0 : nil
    }

    private static let table: [(String, Double)] = [
        ("H", 1.008), ("He", 4.0026), ("Li", 6.94), ("Be", 9.0122), ("B", 10.81), ("C", 12.011), ("N", 14.007), ("O", 15.999),
        ("F", 18.998), ("Ne", 20.180), ("Na", 22.990), ("Mg", 24.305), ("Al", 26.982), ("Si", 28.085), ("P", 30.974), ("S", 32.06),
        ("Cl", 35.45), ("Ar", 39.95), ("K", 39.098), ("Ca", 40.078), ("Sc", 44.956), ("Ti", 47.867), ("V", 50.942), ("Cr", 51.996),
        ("Mn", 54.938), ("Fe", 55.845), ("Co", 58.933), ("Ni", 58.693), ("Cu", 63.546), ("Zn", 65.38), ("Ga", 69.723), ("Ge", 72.630),
        ("As", 74.922), ("Se", 78.971), ("Br", 79.904), ("Kr", 83.798), ("Rb", 85.468), ("Sr", 87.62), ("Y", 88.906), ("Zr", 91.224),
        ("Nb", 92.906), ("Mo", 95.95), ("Tc", 97), ("Ru", 101.07), ("Rh", 102.91), ("Pd", 106.42), ("Ag", 107.87), ("Cd", 112.41),
        ("In", 114.82), ("Sn", 118.71), ("Sb", 121.76), ("Te", 127.60), ("I", 126.90), ("Xe", 131.29), ("Cs", 132.91), ("Ba", 137.33),
        ("La", 138.91), ("Ce", 140.12), ("Pr", 140.91), ("Nd", 144.24), ("Pm", 145), ("Sm", 150.36), ("Eu", 151.96), ("Gd", 157.25),
        ("Tb", 158.93), ("Dy", 162.50), ("Ho", 164.93), ("Er", 167.26), ("Tm", 168.93), ("Yb", 173.05), ("Lu", 174.97), ("Hf", 178.49),
        ("Ta", 180.95), ("W", 183.84), ("Re", 186.21), ("Os", 190.23), ("Ir", 192.22), ("Pt", 195.08), ("Au", 196.97), ("Hg", 200.59),
        ("Tl", 204.38), ("Pb", 207.2), ("Bi", 208.98), ("Po", 209), ("At", 210), ("Rn", 222), ("Fr", 223), ("Ra", 226),
        ("Ac", 227), ("Th", 232.04), ("Pa", 231.04), ("U", 238.03), ("Np", 237), ("Pu", 244), ("Am", 243), ("Cm", 247),
        ("Bk", 247), ("Cf", 251), ("Es", 252), ("Fm", 257), ("Md", 258), ("No", 259), ("Lr", 262), ("Rf", 267),
        ("Db", 268), ("Sg", 269), ("Bh", 270), ("Hs", 269), ("Mt", 277), ("Ds", 281), ("Rg", 282), ("Cn", 285),
        ("Nh", 286), ("Fl", 290), ("Mc", 290), ("Lv", 293), ("Ts", 294), ("Og", 294),
    ]

    /// Covalent radius in Angstrom, H to Cm (Cordero et al., Dalton Trans. 2008, 2832; of C sp3, of Mn, Fe, Co low spin); nil beyond, and
    /// for what is no element's symbol.
    public static func covalentRadius(of symbol: String) -> Double? {
        guard let number = number(of: symbol), number <= radii.count else { return nil }
        return Double(radii[number - 1]) / 100
    }

    private static let radii = [
        31, 28, 128, 96, 84, 76, 71, 66, 57, 58, 166, 141, 121, 111, 107, 105, 102, 106, 203, 176, 170, 160, 153, 139, 139, 132, 126,
        124, 132, 122, 122, 120, 119, 120, 120, 116, 220, 195, 190, 175, 164, 154, 147, 146, 142, 139, 145, 144, 142, 139, 139, 138, 139,
        140, 244, 215, 207, 204, 203, 201, 199, 198, 198, 196, 194, 192, 192, 189, 190, 187, 187, 175, 170, 162, 151, 144, 141, 136, 136,
        132, 145, 146, 148, 140, 150, 150, 260, 221, 215, 206, 200, 196, 190, 187, 180, 169,
    ]
}
