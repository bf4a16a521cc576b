package ffkeras.detector;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;

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

    /** A table's unsigned 32-bit number; 0 where the table leaves it out. */
    long index(long table, int slot) throws BrokenFileException {
        long field = field(table, slot);
        return field < 0 ? 0 : unsigned(field);
    }

    /** A table's signed 32-bit number; 0 where the table leaves it out. */
    int whole(long table, int slot) throws BrokenFileException {
        return (int) index(table, slot);
    }

    /** A table's signed byte; 0 where the table leaves it out. */
    int signedByte(long table, int slot) throws BrokenFileException {
        long field = field(table, slot);
        return field < 0 ? 0 : (byte) littleEndian(field, 1);
    }

    /** Numbers of a vector of signed 32-bit numbers. */
    int[] wholes(long table, int slot) throws BrokenFileException {
        Section items = vector(table, slot, 4);
        int[] values = new int[(items.end - items.start) / 4];
        for (int i = 0; i < values.length; i++) {
            values[i] = (int) littleEndian(items.start + 4 * i, 4);
        }
        return values;
    }

    /** Numbers of a vector of signed 64-bit numbers. */
    long[] longs(long table, int slot) throws BrokenFileException {
        Section items = vector(table, slot, 8);
        long[] values = new long[(items.end - items.start) / 8];
        for (int i = 0; i < values.length; i++) {
            values[i] = littleEndian(items.start + 8 * i, 8);
        }
        return values;
    }

    /** A string field; a missing one is empty. */
    String text(long table, int slot) throws BrokenFileException {
        Section bytes = vector(table, slot, 1);
        try {
            ByteBuffer content = ByteBuffer.wrap(data, bytes.start, bytes.end - bytes.start);
            return Charset.forName("UTF-8").newDecoder().decode(content).toString();
        } catch (CharacterCodingException error) {
            throw new BrokenFileException("a name in it is not UTF-8");
        }
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
