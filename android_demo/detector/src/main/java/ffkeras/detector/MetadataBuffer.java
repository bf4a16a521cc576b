package ffkeras.detector;

import java.nio.charset.Charset;
import java.util.Arrays;

/** Finds one metadata buffer in a .tflite file. The field numbers are those of TFLite's schema version 3. */
final class MetadataBuffer {
    private static final Charset UTF_8 = Charset.forName("UTF-8");
    private static final byte[] FILE_IDENTIFIER = "TFL3".getBytes(UTF_8); // bytes 4 to 8
    static final int MODEL_OPERATOR_CODES = 1;
    static final int MODEL_SUBGRAPHS = 2;
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
        FlatbufferReader reader = open(model);
        long root = reader.follow(0);
        checkTables(reader, root, MODEL_OPERATOR_CODES);
        checkTables(reader, root, MODEL_SUBGRAPHS);
        long[] buffers = reader.tables(root, MODEL_BUFFERS);
        for (long buffer : buffers) {
            reader.vector(buffer, BUFFER_DATA, 1);
        }
        for (long entry : reader.tables(root, MODEL_METADATA)) {
            Section text = reader.vector(entry, METADATA_NAME, 1);
            if (Arrays.equals(Arrays.copyOfRange(model, text.start, text.end), name.getBytes(UTF_8))) {
                return content(reader, entry, buffers);
            }
        }
        return null;
    }

    /** A reader of a .tflite file. */
    static FlatbufferReader open(byte[] model) throws BrokenFileException {
        if (model.length < 8 || !Arrays.equals(Arrays.copyOfRange(model, 4, 8), FILE_IDENTIFIER)) {
            throw new BrokenFileException("the file identifier TFL3 is missing");
        }
        return new FlatbufferReader(model);
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
        long index = reader.index(entry, METADATA_BUFFER);
        if (index >= buffers.length) {
            throw new BrokenFileException("metadata names buffer " + index + " of " + buffers.length);
        }
        return reader.vector(buffers[(int) index], BUFFER_DATA, 1);
    }
}
