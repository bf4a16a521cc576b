package ffkeras.detector;

/**
 * Reads numbers, tables and vectors at byte positions of a file; a position outside it is refused.
 *
 * <p>The layout is that of the FlatBuffers "internals" document. Positions are long: an offset has 32 bits, unsigned.
 */
final class FlatbufferReader {
    private final byte[] data;

    FlatbufferReader(byte[] data) {
        this.data = data;
    }

    /** The unsigned 32-bit number at a position. */
    long unsigned(long position) throws BrokenFileException {
        return littleEndian(position, 4);
    }

    /** A position plus the offset that stands there. */
    long follow(long position) throws BrokenFileException {
        return position + unsigned(position);
    }

    /** Position of a table's field, or -1 where the table leaves it out. */
    long field(long table, int slot) throws BrokenFileException {
        long vtable = table - (int) unsigned(table);
        if (table + littleEndian(vtable + 2, 2) > data.length) {
            throw new BrokenFileException("a table at " + table + " runs past the end");
        }
        int entry = 4 + 2 * slot; // after the sizes of the vtable and of the table
        if (entry + 2 > littleEndian(vtable, 2)) {
            return -1;
        }
        long offset = littleEndian(vtable + entry, 2);
        return offset == 0 ? -1 : table + offset;
    }

    /** Where the items of a vector are; a missing vector is empty. */
    Section vector(long table, int slot, int itemSize) throws BrokenFileException {
        long field = field(table, slot);
        if (field < 0) {
            return new Section(0, 0);
        }
        long start = follow(field);
        long length = unsigned(start);
        if (start + 4 + length * itemSize > data.length) {
            throw new BrokenFileException("a vector of " + length + " items at " + start + " runs past the end");
        }
        return new Section((int) start + 4, (int) (start + 4 + length * itemSize));
    }

    /** Positions of a vector's tables. */
    long[] tables(long table, int slot) throws BrokenFileException {
        Section items = vector(table, slot, 4);
        long[] positions = new long[(items.end - items.start) / 4];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = follow(items.start + 4 * i);
        }
        return positions;
    }

    private long littleEndian(long position, int size) throws BrokenFileException {
        if (position < 0 || position + size > data.length) {
            throw new BrokenFileException("position " + position + " is outside the file");
        }
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | data[(int) position + i] & 0xff;
        }
        return value;
    }
}
