package ffkeras.picture;

/** The orientation that a JPEG file's EXIF part tells (EXIF 2.3, sec. 4.5.4 and 4.6.2). */
public final class ExifOrientation {
    private static final int UPRIGHT = 1;
    private static final int START_OF_SCAN = 0xda;
    private static final int APP1 = 0xe1;
    private static final int ORIENTATION_TAG = 0x0112;
    private static final int SHORT_TYPE = 3;
    private static final int ENTRY_SIZE = 12;
    private static final int HEADER_SIZE = 6; // "Exif", two zeros

    private final byte[] data;
    private final int start; // of the TIFF structure, from which its offsets count
    private final boolean littleEndian;

    private ExifOrientation(byte[] data, int start) {
        this.data = data;
        this.start = start;
        this.littleEndian = at(data, start) == 'I';
    }

    /** The orientation, 1 to 8; 1 (upright) for a file that has none, is no JPEG, or is broken there. */
    public static int read(byte[] file) {
        if (at(file, 0) != 0xff || at(file, 1) != 0xd8) {
            return UPRIGHT;
        }
        int position = 2;
        while (at(file, position) == 0xff && at(file, position + 1) != START_OF_SCAN) {
            int length = at(file, position + 2) << 8 | at(file, position + 3);
            if (at(file, position + 1) == APP1 && isExif(file, position + 4)) {
                return new ExifOrientation(file, position + 4 + HEADER_SIZE).find();
            }
            if (length < 2) {
                return UPRIGHT;
            }
            position += 2 + length;
        }
        return UPRIGHT;
    }

    private int find() {
        long directory = number(4, 4);
        int count = (int) number(directory, 2);
        for (int i = 0; i < count; i++) {
            long entry = directory + 2 + ENTRY_SIZE * i;
            if (number(entry, 2) == ORIENTATION_TAG && number(entry + 2, 2) == SHORT_TYPE) {
                int value = (int) number(entry + 8, 2);
                return value >= 1 && value <= 8 ? value : UPRIGHT;
            }
        }
        return UPRIGHT;
    }

    private long number(long offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            long position = start + offset + (littleEndian ? size - 1 - i : i);
            value = value << 8 | (position < data.length ? at(data, (int) position) : 0);
        }
        return value;
    }

    private static boolean isExif(byte[] file, int position) {
        String header = "Exif\0\0";
        for (int i = 0; i < HEADER_SIZE; i++) {
            if (at(file, position + i) != header.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** A byte, 0..255; 0 beyond the end. */
    private static int at(byte[] data, int position) {
        return position < data.length ? data[position] & 0xff : 0;
    }
}
