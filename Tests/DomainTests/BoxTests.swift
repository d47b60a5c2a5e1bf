import Domain
import TestSupport
import Testing

@Suite struct BoxTests {
    static let boxes = [
        Box(lo: Vector(xyz: -1, 2, 0.5), hi: Vector(xyz: 3, 7, 4)),
        Box(lo: Vector(xyz: -1, 2, 0.5), hi: Vector(xyz: 3, 7, 4), xy: 1.2, xz: -0.7, yz: 2.1),
    ]

    @Test(arguments: boxes) func fractionalRoundTrip(box: Box) {
        var random = SeededGenerator(3)
        for _ in 0..<1000 {
            let x = random.vector(50)
            let back = box.cartesian(box.fractional(x)) - x
            #expect(back.dot(back) < 1e-24)
        }
        for d in 0..<3 {
            let s = box.fractional(box.lo + box.edge(d))
            for e in 0..<3 { #expect((s[e] - (e == d ? 1 : 0)).magnitude < 1e-15) }
        }
    }

    @Test(arguments: boxes) func wrapsFromAnyDistance(box: Box) {
        var random = SeededGenerator(4)
        for width in [1.0, 5, 30, 3000, 1e6] {
            for _ in 0..<500 {
                let x = random.vector(width)
                var y = Vector(x.x, x.y, x.z, 7), image = SIMD4<Int32>.zero
                box.wrap(&y, &image)
                let s = box.fractional(y)
                for d in 0..<3 { #expect(s[d] >= -1e-14 && s[d] <= 1 + 1e-14) }
                #expect(y.w == 7, "w is untouched")
                let d = box.unwrapped(y, image) - x
                #expect(d.dot(d) < 1e-18 * max(1, width * width))
                // Wrapping again changes nothing.
                var z = y, again = SIMD4<Int32>.zero
                box.wrap(&z, &again)
                #expect(z == y && again == .zero)
            }
        }
    }

    @Test(arguments: boxes) func wrapsWhatLiesAHairOutside(box: Box) {
        for d in 0..<3 {
            for hair in [-1e-17, -1e-15, 0, 1e-15] {
                var s = Vector(xyz: 0.3, 0.4, 0.5)
                s[d] = hair
                var x = box.cartesian(s), image = SIMD4<Int32>.zero
                x[d] = x[d].nextDown
                box.wrap(&x, &image)
                let t = box.fractional(x)
                #expect(t[d] >= -1e-15 && t[d] < 1)
            }
        }
    }

    @Test func wrapsOnlyAlongPeriodicDirectionsAndSurvivesNonsense() {
        var box = Self.boxes[0]
        box.boundary = [(.periodic, .periodic), (.fixed, .fixed), (.shrink, .shrinkWithMinimum)]
        #expect(box.isPeriodic(0) && !box.isPeriodic(1) && !box.isFullyPeriodic && box.hasShrinkWrap)
        var x = Vector(xyz: 4, 9, -5), image = SIMD4<Int32>.zero
        box.wrap(&x, &image)
        #expect(x == Vector(xyz: 0, 9, -5) && image == SIMD4(1, 0, 0, 0))
        for odd in [Double.nan, .infinity, -.infinity, 1e300] {
            for box in Self.boxes {
                var x = Vector(xyz: odd, odd, 1), image = SIMD4<Int32>.zero
                box.wrap(&x, &image)  // must not trap or hang
            }
        }
    }

    @Test func anOrthogonalBoxWrapsWithTheBitsOfLAMMPS() {
        // Domain::pbc adds or subtracts the edge length once, and takes the face where rounding undershoots it.
        let box = Box(lo: Vector(xyz: 0, 0, 0), hi: Vector(xyz: 16.796, 1.1, 3.3))
        var x = Vector(xyz: -0.1, 1.1 + 1e-3, 3.3), image = SIMD4<Int32>.zero
        box.wrap(&x, &image)
        #expect(x.x == -0.1 + 16.796 && x.y == 1.1 + 1e-3 - 1.1 && x.z == 0)
        #expect(image == SIMD4(-1, 1, 1, 0))
    }

    @Test func heightsAndVolume() {
        let box = Self.boxes[1]
        #expect(box.volume == 4 * 5 * 3.5)
        #expect((box.height(2) - 3.5).magnitude < 1e-15)
        // height = V / |cross product of the other edges|, and 1 / |row of the inverse cell|: how far s_d = 1 is from s_d = 0.
        for d in 0..<3 {
            var inverse = Vector.zero
            for e in 0..<3 {
                var x = box.lo
                x[e] += 1
                inverse[e] = box.fractional(x)[d]
            }
            #expect((box.height(d) - 1 / inverse.dot(inverse).squareRoot()).magnitude < 1e-14)
        }
        #expect(Self.boxes[0].height(1) == 5)
    }

    @Test(arguments: boxes) func minimumImageIsTheShortest(box: Box) {
        var random = SeededGenerator(8)
        let shortest = (0..<3).map { box.height($0) }.min()! / 2
        for _ in 0..<300 {
            let d = random.vector(0.57 * shortest)
            let length = d.dot(d).squareRoot()
            guard length < shortest else { continue }
            let boxes = SIMD4<Int32>(Int32(random.next() % 5) - 2, Int32(random.next() % 5) - 2, Int32(random.next() % 5) - 2, 0)
            let back = box.minimumImage(d + box.shift(boxes)) - d
            // A strongly tilted cell's sequential rounding finds the shortest image when the vector is short enough.
            if !box.isTriclinic || length < 0.5 * shortest { #expect(back.dot(back) < 1e-24) }
        }
    }

    @Test func shrinkWrappedFacesFollowTheAtoms() {
        var box = Box(lo: .zero, hi: Vector(xyz: 10, 10, 10))
        box.boundary = [(.shrink, .shrink), (.shrinkWithMinimum, .shrinkWithMinimum), (.fixed, .shrinkWithMinimum)]
        var atoms = Atoms(typeCount: 1)
        atoms.append(id: 1, type: 1, position: Vector(xyz: 2, 3, 4))
        atoms.append(id: 2, type: 1, position: Vector(xyz: 7, 12, 5))
        box.shrinkWrap(atoms, SerialCommunicator())
        // LAMMPS keeps faces away by 1e-4 of the original edge, and `m` faces where the deck put them or further out.
        #expect(box.lo == Vector(xyz: 2 - 1e-3, 0, 0))
        #expect(box.hi == Vector(xyz: 7 + 1e-3, 12 + 1e-3, 10))
        let empty = Atoms(typeCount: 1)
        let before = box
        box.shrinkWrap(empty, SerialCommunicator())
        #expect(box == before)
    }
}
