import Domain
import Foundation
import Testing

/// What is wrong with a command or a data file is said with its place and, for names, with the nearest one.
@Suite struct AtomCommandErrorTests {
    private static let box = """
        units metal
        lattice fcc 4.0
        region box block 0 2 0 2 0 2
        create_box 2 box
        create_atoms 1 box

        """

    @Test(arguments: [
        ("lattice fc 4.0", "1:9: lattice: unknown lattice style 'fc'; did you mean 'fcc'?"),
        ("lattice fcc -1", "1:13: lattice: the reduced density must be positive, not -1"),
        ("lattice custom 1.0", "no basis points"),
        ("lattice fcc 1.0 orient x 1 1 0", "the orient vectors are not orthogonal"),
        ("lattice fcc 1.0 orient x 0 1 0 orient y 1 0 0", "not right-handed"),
        ("lattice fcc 1.0 origin 0 0 1", "less than 1.0"),
        ("lattice fcc 1.0 a1 1 0 0", "a1 is only for lattice custom"),
        ("lattice custom 1.0 basis 0 0 0 a1 1 0 0 a2 2 0 0", "two primitive vectors are parallel"),
        ("region r block 0 1 0 1 2 1", "1:16: region block: zlo 2.0 is not below zhi 1.0"),
        ("region r block 0 1 0 1 INF 1", "1:24: region block: INF needs a simulation box"),
        ("region r bock 0 1 0 1 0 1", "did you mean 'block'?"),
        ("region r block 0 1 0 1 0 1 sides in", "unknown region keyword 'sides'"),
        ("region r delete", "unknown region 'r'"),
        ("region r block 0 1 0 1 0 1\nregion r block 0 1 0 1 0 1", "2:8: region: there is a region 'r' already"),
        ("region r block 0 1 0 1 0 1 side out\ncreate_box 1 r", "2:14: create_box: region 'r' has no bounds"),
        ("create_box 1 nowhere", "unknown region 'nowhere'"),
        ("create_atoms 1 box", "create_atoms needs a simulation box"),
        ("mass 1 1.0", "mass needs a simulation box"),
        ("group g id 1", "group needs a simulation box"),
        ("velocity all create 1 1", "velocity needs a simulation box"),
        ("read_data nowhere.data", "1:11: cannot read 'nowhere.data': No such file or directory"),
    ])
    func beforeBox(_ deck: String, _ message: String) {
        let found = failure(of: deck) ?? "no error"
        #expect(found.contains(message), "\(found)")
    }

    @Test(arguments: [
        ("create_box 1 box", "6:1: create_box: there is a simulation box already"),
        ("create_atoms 3 box", "6:14: expected an atom type from 1 to 2"),
        ("create_atoms 1 bx", "did you mean 'box'?"),
        ("create_atoms 1 box mol m 3", "'mol' is not supported"),
        ("create_atoms 1 box basis 5 1", "the basis point must be from 1 to 4"),
        ("lattice none 2.0\ncreate_atoms 1 box", "7:16: create_atoms: there is no lattice with points"),
        ("mass 3 1.0", "the atom type must be within 1 to 2, not '3'"),
        ("mass 1 0", "the mass must be positive, not 0"),
        ("group g typ 1", "unknown group style 'typ'; did you mean 'type'?"),
        ("group g id 1:2:0", "the step of a range must be positive"),
        ("group g id one", "expected an atom id or a range"),
        ("group g union a", "unknown group 'a'"),
        ("group all delete", "group all cannot be changed"),
        ("group g molecule 1", "atom_style atomic has no molecules"),
        ("group g dynamic all every 10", "this group style is not supported"),
        ("velocity al create 300 1", "unknown group 'al'; did you mean 'all'?"),
        ("velocity all create 300 1", "type 1 has no mass yet"),
        ("mass * 1\nvelocity all create 300 0", "7:25: velocity create: the random seed must be from 1 to 2147483647"),
        ("mass * 1\nvelocity all create 300 1 bias yes", "bias needs: temp ID"),
        ("mass * 1\ngroup g empty\nvelocity g create 300 1", "group g has no atoms whose momentum could be zeroed"),
        ("mass * 1\ngroup g id 1\nvelocity g create 300 1", "has no degrees of freedom"),
        ("mass * 1\nvelocity all scale 300", "a temperature of 0 cannot be scaled"),
        ("mass * 1\ndelete_atoms group all\nvelocity all create 300 1", "there are no atoms"),
        ("mass * 1\ngroup g id 1\ndelete_atoms group g compress no\nvelocity all create 300 1", "without gaps, but they run from 2 to 32"),
        ("replicate 2 2 0", "nz must be positive, not 0"),
        ("displace_atoms all move 1 1", "expected the displacement along z"),
        ("displace_atoms all rotate 0 0 0 0 0 0 90", "the axis of rotation has length zero"),
        ("displace_atoms all move v_d 0 0", "unknown variable 'd'"),
        ("set atom 1 typ 2", "unknown set keyword 'typ'; did you mean 'type'?"),
        ("set type 1 type/fraction 2 1.5 8", "the fraction must be from 0.0 to 1.0"),
        ("set type 1 type/subset 2 33 8", "33 atoms are asked for, but only 32 are chosen"),
        ("set atom 1 mass 3", "not an atom's own property"),
        ("labelmap atom 1 2nd", "starts neither with a digit"),
        ("labelmap atom 1 Al 2 Al", "type 1 has the label 'Al' already"),
        ("write_data /nowhere/at/all", "cannot write '/nowhere/at/all': No such file or directory"),
        ("read_data x", "there is a simulation box already"),
    ])
    func afterBox(_ deck: String, _ message: String) {
        for ranks in [1, 3] {
            let found = failure(of: Self.box + deck, ranks: ranks) ?? "no error"
            #expect(found.contains(message), "\(found)")
        }
    }

    // MARK: - Data files

    private static func data(_ atoms: String, header: String = "2 atoms\n2 atom types", rest: String = "") -> String {
        "title\n\n\(header)\n0 10 xlo xhi\n0 10 ylo yhi\n0 10 zlo zhi\n\n\(atoms)\(rest)"
    }

    @Test(arguments: [
        (data("Atoms\n\n1 1 0 0 0\n2 1 nan 0 0\n"), "12:5: x must be a number, not 'nan'"),
        (data("Atoms\n\n1 1 0 0 0\n2 1 1e999 0 0\n"), "12:5: x is too large: 1e999"),
        (data("Atoms\n\n1 1 0 0 0\n2 1 0 0 0x10\n"), "12:9: z must be a number, not '0x10'"),
        (data("Atoms\n\n1 1 0 0 0\n2 1 0 0\n"), "12:1: expected 5 columns"),
        (data("Atoms\n\n1 1 0 0\n2 1 0 0\n"), "11:1: atom style atomic has 5 columns, or 8 with image flags; found 4"),
        (data("Atoms # sphere\n\n1 1 1 0 0 0 0\n"), "9:1: atom style sphere is not supported"),
        (data("Atoms\n\n1 1 0 0 0\n1 1 1 0 0\n"), "12:1: atom id 1 occurs more than once"),
        (data("Atoms\n\n1 1 0 0 0\n2 3 1 0 0\n"), "12:3: atom type 3 is not from 1 to 2"),
        (data("Atoms\n\n1 1 0 0 0\n2 Cu 1 0 0\n"), "12:3: unknown type label 'Cu'"),
        (data("Atoms\n\n1 1 0 0 0\n0 1 1 0 0\n"), "12:1: an atom id must be positive"),
        (data("Atoms\n\n1 1 0 0 0\n"), "ends after 1 of 2 lines of Atoms"),
        (data("Atoms\n\n1 1 0 0 0\n\nVelocities\n\n1 0 0 0\n"), "13:1: Atoms has 1 lines, but 2 are announced"),
        (data("Atoms\n\n1 1 0 0 0\n2 1 0 0 1\n3 1 0 0 2\n"), "13:1: unknown section '3 1 0 0 2'"),
        (data("Atom\n\n1 1 0 0 0\n"), "9:1: unknown section 'Atom'; did you mean 'Atoms'?"),
        (data("Velocities\n\n1 0 0 0\n"), "9:1: Velocities must come after Atoms"),
        (data("Atoms\n\n1 1 0 0 0\n2 1 0 0 1\nVelocities\n\n1 0 0 0\n3 0 0 0\n"), "1 lines of Velocities in"),
        (data("Atoms\n\n1 1 0 0 0\n2 1 0 0 1\nBonds\n\n1 1 1 2\n"), "13:1: section Bonds needs an atom style with bonds, not atomic"),
        (data("Pair Coeffs\n\n1 1 1\nAtoms\n\n1 1 0 0 0\n2 1 0 0 1\n"), "9:1: section Pair Coeffs needs a pair_style before read_data"),
        (data("Masses\n\n1 -1\n"), "11:3: the mass must be positive, not -1"),
        (data("", header: "2 atoms\n2 atom types\n1 lines"), "5:1: lines are not supported: atoms are points"),
        (data("", header: "2 atoms\n2 atom tpes"), "4:1: unknown header line '2 atom tpes'"),
        (data("", header: "2 atoms\n2 atom types"), "announces 2 atoms and has no section Atoms"),
        (data("", header: "2 atoms"), "has no line 'N atom types'"),
        ("title\n\n0 atoms\n1 atom types\n0 1 xlo xhi\n1 1 ylo yhi\n0 1 zlo zhi\n", "ylo 1.0 is not below yhi 1.0"),
        ("title\n\n0 atoms\n1 atom types\n0 1 xlo xhi\n0 1 zlo zhi\n", "has no line 'LOW HIGH ylo yhi'"),
        ("", "is empty"),
    ])
    func dataFile(_ text: String, _ message: String) throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try text.write(toFile: folder + "/a.data", atomically: false, encoding: .utf8)
        for ranks in [1, 3] {
            let found = failure(of: "read_data a.data", folder: folder, ranks: ranks) ?? "no error"
            #expect(found.contains(message), "\(found)")
        }
    }

    @Test func outsideFixedBoundary() throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.data("Atoms\n\n1 1 0 0 0\n2 1 11 0 -1\n").write(toFile: folder + "/a.data", atomically: false, encoding: .utf8)
        let found = failure(of: "boundary p p f\nread_data a.data", folder: folder) ?? "no error"
        #expect(found.contains("a.data:12:1: 1 atoms are outside the box along a direction that is not periodic"))
        #expect(try run("boundary p p p\nread_data a.data", folder: folder).atoms[1].x == [1, 0, 9])
    }

    func temporaryFolder() throws -> String {
        let path = NSTemporaryDirectory() + "mdrun-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}
