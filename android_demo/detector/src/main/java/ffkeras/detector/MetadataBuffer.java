package ffkeras.detector;

import java.nio.charset.Charset;
import java.util.Arrays;

/** Finds one metadata buffer in a .tflite file. The field numbers are those of TFLite's schema version 3. */
final class MetadataBuffer {
    private static final Charset UTF_8 = Charset.forName("UTF-8");
    private static final byte[] FILE_IDENTIFIER = "TFL3".getBytes(UTF_8); // bytes 4 to 8
    private static final int MODEL_OPERATOR_CODES = 1;
    private static final int MODEL_SUBGRAPHS = 2;
    private static final int MODEL_BUFFERS = 4;
    private static final int MODEL_METADATA = 6;
    private static final int METADATA_NAME = 0;
    private static final int METADATA_BUFFER = 1;
    private static final int BUFFER_DATA = 0;

    private MetadataBuffer() {}

    /**
     * Where in the file the content of the metadata entry called `name` is, or null where there is no such entry.
     *
     * <p>Walks every operator code, graph and buffer on the way, which is where a cut file shows: the interpreter's own
     * loader says less, or worse.
     *
     * @throws BrokenFileException not a TFLite file, or truncated
     */
    static Section find(byte[] model, String name) throws BrokenFileException {
        if (model.length < 8 || !Arrays.equals(Arrays.copyOfRange(model, 4, 8), FILE_IDENTIFIER)) {
            throw new BrokenFileException("the file identifier TFL3 is missing");
        }
        FlatbufferReader reader = new FlatbufferReader(model);
        long root = reader.follow(0);
        checkTables(reader, root, MODEL_OPERATOR_CODES);
        checkTables(reader, root, MODEL_SUBGRAPHS);
        long[] buffers = reader.tables(root, MODEL_BUFFERS);
        for (long buffer : buffers) {
            reader.vector(buffer, BUFFER_DATA, 1);
        }
        Section entries = reader.vector(root, MODEL_METADATA, 4);
        for (int item = entries.start; item < entries.end; item += 4) {
            long entry = reader.follow(item);
            Section text = reader.vector(entry, METADATA_NAME, 1);
            if (Arrays.equals(Arrays.copyOfRange(model, text.start, text.end), name.getBytes(UTF_8))) {
                return content(reader, entry, buffers);
            }
        }
        return null;
    }

    private static void checkTables(FlatbufferReader reader, long root, int slot) throws BrokenFileException {
        long[] tables = reader.tables(root, slot);
        if (tables.length == 0) {
            throw new BrokenFileException("it has no graph");
        }
        for (long table : tables) {
            reader.field(table, 0);
        }
    }

    private static Section content(FlatbufferReader reader, long entry, long[] buffers) throws BrokenFileException {
        long field = reader.field(entry, METADATA_BUFFER);
        long index = field < 0 ? 0 : reader.unsigned(field);
        if (index >= buffers.length) {
            throw new BrokenFileException("metadata names buffer " + index + " of " + buffers.length);
        }
        return reader.vector(buffers[(int) index], BUFFER_DATA, 1);
    }
}
