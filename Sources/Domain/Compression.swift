import CZlib
import CZstd

/// How a file is packed, told by its name: `.gz` (zlib) or `.zst` (Zstandard). Libraries do the work; no program is ever started.
public enum Compression: String, Sendable, CaseIterable {
    case gzip = ".gz"
    case zstandard = ".zst"

    /// nil for a name that says nothing of compression.
    public init?(path: String) {
        guard let kind = Self.allCases.first(where: { path.hasSuffix($0.rawValue) }) else { return nil }
        self = kind
    }

    /// Endings of LAMMPS' other compressed and binary files, which are refused instead of being filled with plain text.
    public static let unsupported = [".bz2", ".xz", ".lz4", ".lzma", ".bin", ".lammpsbin"]
}

/// What a compression library objects to.
public struct CompressionError: Error, CustomStringConvertible {
    public let description: String
}

/// Packs bytes. What `finish` closes is complete in itself, so members can be put one behind another in a file, and a file that ends
/// behind any of them is whole.
public final class Compressor {
    private let kind: Compression
    private var gzip = z_stream()
    private var zstandard: OpaquePointer?
    private var isOpen = false

    public init(_ kind: Compression) throws(CompressionError) {
        self.kind = kind
        switch kind {
        case .gzip:
            // 15 + 16: a window of 32 KiB and gzip's head and tail.
            let code = deflateInit2_(&gzip, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            guard code == Z_OK else { throw CompressionError(description: "zlib cannot start (\(code))") }
        case .zstandard:
            zstandard = ZSTD_createCCtx()
            guard let zstandard else { throw CompressionError(description: "zstd cannot start") }
            ZSTD_CCtx_setParameter(zstandard, ZSTD_c_checksumFlag, 1)
        }
    }

    deinit {
        if kind == .gzip { deflateEnd(&gzip) }
        if let zstandard { ZSTD_freeCCtx(zstandard) }
    }

    /// Takes more bytes; gives what has been packed so far.
    public func add(_ bytes: [UInt8]) throws(CompressionError) -> [UInt8] {
        guard !bytes.isEmpty else { return [] }
        isOpen = true
        return try run(bytes, ends: false)
    }

    /// Closes the member; the next byte begins another one. Nothing when there has been none.
    public func finish() throws(CompressionError) -> [UInt8] {
        guard isOpen else { return [] }
        isOpen = false
        return try run([], ends: true)
    }

    private func run(_ bytes: [UInt8], ends: Bool) throws(CompressionError) -> [UInt8] {
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var problem: String?
        bytes.withUnsafeBufferPointer { input in
            chunk.withUnsafeMutableBufferPointer { output in
                switch kind {
                case .gzip:
                    gzip.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                    gzip.avail_in = UInt32(input.count)
                    repeat {
                        gzip.next_out = output.baseAddress
                        gzip.avail_out = UInt32(output.count)
                        let code = deflate(&gzip, ends ? Z_FINISH : Z_NO_FLUSH)
                        result.append(contentsOf: output[..<(output.count - Int(gzip.avail_out))])
                        guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
                            problem = "zlib failed (\(code))"
                            return
                        }
                    } while gzip.avail_out == 0
                    if ends { deflateReset(&gzip) }
                case .zstandard:
                    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
                    var left = 0
                    repeat {
                        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
                        left = ZSTD_compressStream2(zstandard, &target, &source, ends ? ZSTD_e_end : ZSTD_e_continue)
                        guard ZSTD_isError(left) == 0 else {
                            problem = "zstd failed: \(String(cString: ZSTD_getErrorName(left)))"
                            return
                        }
                        result.append(contentsOf: output[..<target.pos])
                    } while ends ? left > 0 : source.pos < source.size
                }
            }
        }
        if let problem { throw CompressionError(description: problem) }
        return result
    }
}

/// Unpacks bytes; members that follow one another are one file.
public final class Decompressor {
    private let kind: Compression
    private var gzip = z_stream()
    private var zstandard: OpaquePointer?
    /// Whether the input so far ends between members.
    public private(set) var isComplete = true
    private static let message = "it is damaged, or not compressed as its name says"

    public init(_ kind: Compression) throws(CompressionError) {
        self.kind = kind
        switch kind {
        case .gzip:
            guard inflateInit2_(&gzip, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                throw CompressionError(description: "zlib cannot start")
            }
        case .zstandard:
            zstandard = ZSTD_createDCtx()
            guard zstandard != nil else { throw CompressionError(description: "zstd cannot start") }
        }
    }

    deinit {
        if kind == .gzip { inflateEnd(&gzip) }
        if let zstandard { ZSTD_freeDCtx(zstandard) }
    }

    /// - Throws: `CompressionError` for bytes that were not packed so.
    public func add(_ bytes: [UInt8]) throws(CompressionError) -> [UInt8] {
        guard !bytes.isEmpty else { return [] }
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        let isSound = bytes.withUnsafeBufferPointer { input in
            chunk.withUnsafeMutableBufferPointer { output in
                kind == .gzip ? inflateAll(input, output, &result) : decompressAll(input, output, &result)
            }
        }
        guard isSound else { throw CompressionError(description: Self.message) }
        return result
    }

    private func inflateAll(
        _ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>, _ result: inout [UInt8]
    ) -> Bool {
        gzip.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        gzip.avail_in = UInt32(input.count)
        repeat {
            gzip.next_out = output.baseAddress
            gzip.avail_out = UInt32(output.count)
            let code = inflate(&gzip, Z_NO_FLUSH)
            result.append(contentsOf: output[..<(output.count - Int(gzip.avail_out))])
            switch code {
            case Z_STREAM_END:
                isComplete = true
                inflateReset(&gzip)
            case Z_OK: isComplete = false
            case Z_BUF_ERROR: return true
            default: return false
            }
        } while gzip.avail_in > 0 || gzip.avail_out == 0
        return true
    }

    private func decompressAll(
        _ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>, _ result: inout [UInt8]
    ) -> Bool {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var isFull = false
        while source.pos < source.size || isFull {
            var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
            let code = ZSTD_decompressStream(zstandard, &target, &source)
            guard ZSTD_isError(code) == 0 else { return false }
            result.append(contentsOf: output[..<target.pos])
            isComplete = code == 0
            isFull = target.pos == output.count && code != 0
        }
        return true
    }
}
