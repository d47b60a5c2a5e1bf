/// A uniquely owned, growable array of per-atom values: the only type in mdrun that owns unsafe memory.
///
/// Memory is aligned to 64 bytes. Growth doubles the capacity, so appending is amortised constant time. A column is noncopyable:
/// passing one to a function borrows it, which costs nothing and keeps Swift's exclusivity checks out of inner loops.
/// Subscripts check their index. A kernel whose profile asks for it reads through `pointer`, which is valid until the column grows
/// or dies; a kernel takes it once, at its head, from a column that it was passed.
public struct Column<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline var storage: UnsafeMutablePointer<Element>
    @usableFromInline var _count: Int
    @usableFromInline var _capacity: Int
    @inlinable public var count: Int { _count }
    @inlinable public var capacity: Int { _capacity }

    @inlinable public init(capacity: Int = 0) {
        storage = Self.allocate(capacity)
        _capacity = capacity
        _count = 0
    }

    @inlinable public init(repeating value: Element, count: Int) {
        self.init(capacity: count)
        storage.initialize(repeating: value, count: count)
        _count = count
    }

    @inlinable public init(_ elements: some Collection<Element>) {
        self.init(capacity: elements.count)
        for element in elements { append(element) }
    }

    deinit { storage.deallocate() }

    @usableFromInline static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Element> {
        UnsafeMutableRawPointer.allocate(
            byteCount: max(capacity, 1) * MemoryLayout<Element>.stride, alignment: 64
        ).bindMemory(to: Element.self, capacity: max(capacity, 1))
    }

    @inlinable @inline(__always) public var pointer: UnsafeMutablePointer<Element> { storage }

    @inlinable public var indices: Range<Int> { 0..<count }
    @inlinable public var isEmpty: Bool { count == 0 }

    @inlinable public subscript(index: Int) -> Element {
        @inline(__always) get {
            precondition(index >= 0 && index < count, "column index out of range")
            return storage[index]
        }
        @inline(__always) set {
            precondition(index >= 0 && index < count, "column index out of range")
            storage[index] = newValue
        }
    }

    public var span: Span<Element> {
        @_lifetime(borrow self) get {
            let span = unsafe Span(_unsafeStart: UnsafePointer(storage), count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    @inlinable public mutating func reserve(_ minimum: Int) {
        guard minimum > capacity else { return }
        let larger = max(minimum, capacity + capacity / 2 + 16)
        let fresh = Self.allocate(larger)
        fresh.moveInitialize(from: storage, count: count)
        storage.deallocate()
        storage = fresh
        _capacity = larger
    }

    @inlinable public mutating func append(_ element: Element) {
        if count == capacity { reserve(count + 1) }
        (storage + count).initialize(to: element)
        _count += 1
    }

    /// Makes the column `count` long; elements that appear hold `value`.
    @inlinable public mutating func resize(to newCount: Int, filling value: Element) {
        reserve(newCount)
        if newCount > count { (storage + count).initialize(repeating: value, count: newCount - count) }
        _count = newCount
    }

    /// Says that the first `number` elements have been written through `pointer`, within the capacity.
    @inline(__always) mutating func assume(count number: Int) {
        precondition(number <= capacity)
        _count = number
    }

    @inlinable public mutating func fill(_ value: Element) {
        storage.update(repeating: value, count: count)
    }

    @inlinable public mutating func removeAll() { _count = 0 }

    @inlinable public mutating func removeLast(_ number: Int = 1) {
        precondition(number <= count)
        _count -= number
    }

    @inlinable public borrowing func copy() -> Column {
        var other = Column(capacity: count)
        other.storage.initialize(from: storage, count: count)
        other._count = count
        return other
    }

    @inlinable public borrowing func array() -> [Element] { Array(UnsafeBufferPointer(start: storage, count: count)) }
}
