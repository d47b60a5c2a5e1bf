import Domain
import Testing

@Suite struct ColumnTests {
    @Test func growsAndKeepsItsElements() {
        var column = Column<Double>()
        #expect(column.count == 0)
        for i in 0..<1000 { column.append(Double(i)) }
        #expect(column.count == 1000 && column.capacity >= 1000)
        #expect((0..<1000).allSatisfy { column[$0] == Double($0) })
        #expect(column.array() == (0..<1000).map(Double.init))
    }

    @Test func memoryIsAligned() {
        for count in [0, 1, 3, 100] {
            let column = Column<Int32>(repeating: 7, count: count)
            #expect(UInt(bitPattern: column.pointer) % 64 == 0)
            #expect(column.array() == Array(repeating: 7, count: count))
        }
    }

    @Test func resizesFillingWhatAppears() {
        var column = Column<Int>([1, 2, 3])
        column.resize(to: 5, filling: 9)
        #expect(column.array() == [1, 2, 3, 9, 9])
        column.resize(to: 2, filling: 0)
        #expect(column.array() == [1, 2])
        column.resize(to: 3, filling: 4)
        #expect(column.array() == [1, 2, 4])
        column.removeLast(2)
        #expect(column.array() == [1])
        column.fill(8)
        #expect(column.array() == [8])
        column.removeAll()
        #expect(column.count == 0)
    }

    @Test func copiesAreIndependent() {
        var one = Column<Vector>(repeating: .zero, count: 2)
        let other = one.copy()
        one[0] = Vector(xyz: 1, 2, 3)
        #expect(other[0] == .zero && one[0].y == 2)
    }

    @Test func spansSeeTheElements() {
        let column = Column<Int>([3, 1, 4])
        let span = column.span
        #expect(span.count == 3 && span[0] == 3 && span[2] == 4)
    }
}
