package ffkeras.detector;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs one .tflite file that carries an ffkeras record, with quantisation hidden: pixels in, outputs out. */
public final class Interpreter {
    private static final int LONGEST_REASON = 200; // characters

    private final String name;
    private final Metadata metadata;
    private final TfliteGraph graph;
    private final TensorDetails inputDetails;
    private final ByteBuffer input;
    private final ByteBuffer[] outputBuffers;
    private final Map<String, Output> outputs = new LinkedHashMap<String, Output>();

    /**
     * Loads a file.
     *
     * @param model the file's bytes
     * @param name what the sentence of an error calls the file
     * @param threads threads of the interpreter, at least 1
     * @param binding the way to TFLite
     * @throws UserError the file is truncated, damaged, without a record or not what its record says; TFLite refuses it
     */
    public Interpreter(byte[] model, String name, int threads, TfliteBinding binding) throws UserError {
        if (threads < 1) {
            throw new UserError(threads + " threads cannot run a network; give at least 1.");
        }
        this.name = name;
        metadata = Metadata.read(model, name);
        graph = load(model, threads, binding);
        try {
            outputBuffers = findOutputs();
            inputDetails = graph.inputs().get(0);
            input = buffer(inputDetails);
        } catch (UserError error) {
            graph.close();
            throw error;
        }
    }

    /** The file's record. */
    public Metadata metadata() {
        return metadata;
    }

    /**
     * Writes a letterboxed image as the network's input: `canvas - mean` in the input's own type.
     *
     * @param canvas uint8 BGR [height, width, 3] of exactly the input's size
     */
    public void setInput(byte[] canvas) {
        int size = 3 * metadata.height * metadata.width;
        if (canvas.length != size) {
            throw new IllegalArgumentException("a canvas of " + canvas.length + " bytes for an input of " + size);
        }
        input.clear();
        if (inputDetails.type.equals("float32")) {
            writeFloats(canvas);
        } else if (isPlainOffset()) {
            writeSignFlipped(canvas);
        } else {
            writeQuantised(canvas);
        }
    }

    /** The input's bytes as `setInput` left them, from position 0. */
    public ByteBuffer input() {
        ByteBuffer view = input.duplicate();
        view.clear();
        return view;
    }

    /**
     * Runs the network on the input that was set.
     *
     * @return by name, over memory that the next run overwrites: `classification` [A, 2 or 1] probabilities,
     *     `bbox_regression` [A, 4] and `landmarks` [A, 10] codes; from a file that decodes, `score` [A, 1], `boxes`
     *     [A, 4] and `landmarks` [A, 10] normalised to the input
     */
    public Map<String, Output> invoke() {
        graph.invoke(input, outputBuffers);
        return outputs;
    }

    /** Frees what TFLite holds; the interpreter cannot be used afterwards. */
    public void close() {
        graph.close();
    }

    private TfliteGraph load(byte[] model, int threads, TfliteBinding binding) throws UserError {
        try {
            return binding.load(model, threads);
        } catch (TfliteBinding.LoadException error) {
            String reason = String.valueOf(error.getMessage()).trim().replaceAll("\\s+", " ");
            if (reason.length() > LONGEST_REASON) { // TFLite may complain of every tensor of a file
                reason = reason.substring(0, LONGEST_REASON - 3) + "...";
            }
            throw new UserError(name + " cannot be loaded (" + reason + "); copy or convert it again.", error);
        }
    }

    /** Holds what TFLite says of the borders against the record: a graph may come to others than its file says. */
    private ByteBuffer[] findOutputs() throws UserError {
        List<TensorDetails> given = graph.outputs();
        try {
            Borders.check(metadata, graph.inputs(), given);
        } catch (DisagreementException error) {
            throw Metadata.disagreement(name, error);
        }
        ByteBuffer[] buffers = new ByteBuffer[given.size()];
        for (int i = 0; i < buffers.length; i++) {
            TensorDetails details = given.get(i);
            buffers[i] = buffer(details);
            for (Map.Entry<String, String> wanted : metadata.outputs.entrySet()) {
                if (wanted.getValue().equals(details.name)) {
                    boolean quantised = details.type.equals("int8");
                    outputs.put(wanted.getKey(), new Output(
                            buffers[i], details.lastAxis(), quantised, details.scale, details.zeroPoint));
                }
            }
        }
        return buffers;
    }

    private static ByteBuffer buffer(TensorDetails details) {
        return ByteBuffer.allocateDirect(details.byteCount()).order(ByteOrder.nativeOrder());
    }

    private boolean isPlainOffset() {
        double[] mean = metadata.mean;
        boolean centred = mean[0] == 128 && mean[1] == 128 && mean[2] == 128;
        return inputDetails.scale == 1 && inputDetails.zeroPoint == 0 && centred;
    }

    private void writeSignFlipped(byte[] canvas) { // pixel - 128 is a flip of the sign bit
        byte[] row = new byte[3 * metadata.width];
        for (int start = 0; start < canvas.length; start += row.length) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (byte) (canvas[start + i] ^ 0x80);
            }
            input.put(row);
        }
    }

    private void writeQuantised(byte[] canvas) {
        for (int i = 0; i < canvas.length; i++) {
            float offset = (canvas[i] & 0xff) - (float) metadata.mean[i % 3];
            double value = Math.rint(offset / inputDetails.scale) + inputDetails.zeroPoint;
            input.put((byte) Math.min(Math.max(value, -128), 127));
        }
    }

    private void writeFloats(byte[] canvas) {
        for (int i = 0; i < canvas.length; i++) {
            input.putFloat((float) ((canvas[i] & 0xff) - metadata.mean[i % 3]));
        }
    }
}
