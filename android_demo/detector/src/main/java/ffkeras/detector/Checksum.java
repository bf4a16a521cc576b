package ffkeras.detector;

import java.nio.charset.Charset;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * The checksum that tells a damaged .tflite file from a whole one, before an interpreter crashes on it.
 *
 * <p>It is the last key of the ffkeras record, `"crc32": "0123abcd"`: the CRC-32 of all bytes of the file, the record and
 * everything else, with these eight digits taken as zeros.
 */
final class Checksum {
    private static final Charset LATIN_1 = Charset.forName("ISO-8859-1"); // one character a byte
    private static final byte[] ZEROS = "00000000".getBytes(LATIN_1);
    private static final Pattern LAST_KEY = Pattern.compile("\"crc32\": \"([0-9a-f]{8})\"\\}\\z");

    private Checksum() {}

    /** Where in a file the digits of its checksum are, or null where the record has none. */
    static Section find(byte[] model, Section record) {
        String text = new String(model, record.start, record.end - record.start, LATIN_1);
        Matcher found = LAST_KEY.matcher(text);
        return found.find() ? new Section(record.start + found.start(1), record.start + found.end(1)) : null;
    }

    /** The file gives the checksum that its digits say. */
    static boolean matches(byte[] model, Section digits) {
        CRC32 checksum = new CRC32();
        checksum.update(model, 0, digits.start);
        checksum.update(ZEROS);
        checksum.update(model, digits.end, model.length - digits.end);
        String expected = String.format(Locale.ROOT, "%08x", checksum.getValue());
        return expected.equals(new String(model, digits.start, digits.end - digits.start, LATIN_1));
    }
}
