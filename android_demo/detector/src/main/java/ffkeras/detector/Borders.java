package ffkeras.detector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tensors at a graph's borders, and whether they are those that the record beside the graph speaks of.
 *
 * <p>The field numbers are those of TFLite's schema version 3.
 */
final class Borders {
    private static final int MODEL_SIGNATURES = 7;
    private static final int SUBGRAPH_TENSORS = 0;
    private static final int SUBGRAPH_INPUTS = 1;
    private static final int SUBGRAPH_OUTPUTS = 2;
    private static final int SUBGRAPH_OPERATORS = 3;
    private static final int TENSOR_SHAPE = 0;
    private static final int TENSOR_TYPE = 1;
    private static final int TENSOR_NAME = 3;
    private static final int TENSOR_QUANTIZATION = 4;
    private static final int QUANTIZATION_SCALES = 2;
    private static final int QUANTIZATION_ZERO_POINTS = 3;
    private static final int OPERATOR_CODE = 0;
    private static final int OPERATOR_INPUTS = 1;
    private static final int OPERATOR_OUTPUTS = 2;
    private static final int CODE_DEPRECATED = 0; // a code is the larger of the two
    private static final int CODE_BUILTIN = 3;
    private static final int SIGNATURE_INPUTS = 0;
    private static final int SIGNATURE_OUTPUTS = 1;
    private static final int SIGNATURE_GRAPH = 4;
    private static final int MAP_NAME = 0;
    private static final int MAP_TENSOR = 1;
    private static final int CONCATENATION = 2;
    private static final int FLOAT32 = 0;
    private static final int INT8 = 9;
    private static final int MOST_STEPS = 8; // from an output back to where its levels are joined

    private final FlatbufferReader reader;
    private final long[] tensors;
    private final long[] codes;
    private final Map<Integer, Long> makers = new HashMap<Integer, Long>(); // tensor -> the first operation that gives it

    /** The graph's inputs. */
    final List<TensorDetails> inputs;
    /** The graph's outputs. */
    final List<TensorDetails> outputs;

    /**
     * The borders of a .tflite file's one graph.
     *
     * @throws BrokenFileException a truncated file, or a graph that names what is not there
     * @throws DisagreementException several graphs, or a signature that does not name just the graph's own tensors
     */
    Borders(byte[] model) throws BrokenFileException, DisagreementException {
        reader = MetadataBuffer.open(model);
        long root = reader.follow(0);
        long[] graphs = reader.tables(root, MetadataBuffer.MODEL_SUBGRAPHS);
        if (graphs.length != 1) {
            throw new DisagreementException("it has " + graphs.length + " graphs");
        }
        tensors = reader.tables(graphs[0], SUBGRAPH_TENSORS);
        for (long operator : reader.tables(graphs[0], SUBGRAPH_OPERATORS)) {
            for (int tensor : reader.wholes(operator, OPERATOR_OUTPUTS)) {
                if (!makers.containsKey(tensor)) {
                    makers.put(tensor, operator);
                }
            }
        }
        codes = reader.tables(root, MetadataBuffer.MODEL_OPERATOR_CODES);
        int[] first = reader.wholes(graphs[0], SUBGRAPH_INPUTS);
        int[] last = reader.wholes(graphs[0], SUBGRAPH_OUTPUTS);
        for (long signature : reader.tables(root, MODEL_SIGNATURES)) {
            checkSignature(signature, SIGNATURE_INPUTS, first);
            checkSignature(signature, SIGNATURE_OUTPUTS, last);
        }
        inputs = details(first);
        outputs = details(last);
    }

    /**
     * Holds the borders of a graph against the record beside it.
     *
     * @param inputs of the graph, as the file or an interpreter gives them
     * @param outputs likewise
     * @throws DisagreementException they are others than the record says
     */
    static void check(Metadata record, List<TensorDetails> inputs, List<TensorDetails> outputs)
            throws DisagreementException {
        if (inputs.size() != 1 || !inputs.get(0).hasShape(1, record.height, record.width, 3)) {
            List<String> shapes = new ArrayList<String>();
            for (TensorDetails details : inputs) {
                shapes.add(details.shapeText());
            }
            throw new DisagreementException("its inputs are " + shapes + " where the record says [1, " + record.height
                    + ", " + record.width + ", 3]");
        }
        checkType("input", inputs.get(0), record.borders);
        if (outputs.size() != record.outputs.size()) {
            throw new DisagreementException(
                    "it has " + outputs.size() + " outputs where the record names " + record.outputs.size());
        }
        for (Map.Entry<String, String> wanted : record.outputs.entrySet()) {
            List<TensorDetails> found = new ArrayList<TensorDetails>();
            for (TensorDetails details : outputs) {
                if (details.name.equals(wanted.getValue())) {
                    found.add(details);
                }
            }
            if (found.size() != 1) {
                throw new DisagreementException(
                        "it has " + found.size() + " outputs by the name of the record's " + wanted.getKey());
            }
            checkOutput(record, wanted.getKey(), found.get(0));
        }
    }

    private static void checkOutput(Metadata record, String output, TensorDetails details)
            throws DisagreementException {
        long rows = record.anchors.count(record.height, record.width);
        boolean fits = false;
        for (int width : widths(output)) {
            fits |= details.hasShape(1, rows, width);
        }
        if (!fits) {
            String says = " where the record says [1, " + rows + ", " + widths(output)[0] + "]";
            throw new DisagreementException("its " + output + " is " + details.shapeText() + says);
        }
        checkType(output, details, record.outputType());
        long[] counts = record.anchors.counts(record.height, record.width);
        long[] levels = details.levels();
        if (levels.length > 0 && !Arrays.equals(levels, counts) && !record.decoded) {
            String says = " anchors where the record says " + Arrays.toString(counts);
            throw new DisagreementException("the levels of its " + output + " have " + Arrays.toString(levels) + says);
        }
    }

    private static void checkType(String what, TensorDetails details, String expected) throws DisagreementException {
        if (!details.type.equals(expected)) {
            throw new DisagreementException(
                    "its " + what + " is " + details.type + " where the record says " + expected);
        }
        boolean scaled = details.scale > 0 && !Float.isInfinite(details.scale);
        if (expected.equals("int8") && !(scaled && details.zeroPoint >= -128 && details.zeroPoint <= 127)) {
            throw new DisagreementException(
                    "its " + what + " has not one scale above zero and one zero point in -128..127");
        }
    }

    /** Last axis of an output; a file may give the probability of a face without that of background. */
    private static int[] widths(String output) {
        if (output.equals("classification")) {
            return new int[] {2, 1};
        }
        return new int[] {output.equals("landmarks") ? 10 : output.equals("score") ? 1 : 4};
    }

    private void checkSignature(long signature, int slot, int[] expected)
            throws BrokenFileException, DisagreementException {
        long[] entries = reader.tables(signature, slot);
        long[] named = new long[entries.length];
        long[] wanted = new long[expected.length];
        Set<String> names = new HashSet<String>();
        for (int i = 0; i < named.length; i++) {
            named[i] = reader.index(entries[i], MAP_TENSOR);
        }
        for (int i = 0; i < wanted.length; i++) {
            wanted[i] = expected[i];
        }
        Arrays.sort(named);
        Arrays.sort(wanted);
        if (reader.index(signature, SIGNATURE_GRAPH) != 0 || !Arrays.equals(named, wanted)) {
            throw new DisagreementException("its signature names other tensors than its graph");
        }
        for (long entry : entries) {
            names.add(reader.text(entry, MAP_NAME));
        }
        if (names.size() < entries.length) {
            throw new DisagreementException("its signature gives several tensors one name");
        }
    }

    private List<TensorDetails> details(int[] indices) throws BrokenFileException {
        List<TensorDetails> found = new ArrayList<TensorDetails>();
        for (int tensor : indices) {
            found.add(details(tensor));
        }
        return found;
    }

    private TensorDetails details(int tensor) throws BrokenFileException {
        long table = table(tensor);
        int code = reader.signedByte(table, TENSOR_TYPE);
        String type = code == FLOAT32 ? "float32" : code == INT8 ? "int8" : "type " + code;
        float scale = 0;
        long zeroPoint = 0;
        long quantization = reader.field(table, TENSOR_QUANTIZATION);
        if (quantization >= 0) {
            quantization = reader.follow(quantization);
            int[] scales = reader.wholes(quantization, QUANTIZATION_SCALES);
            long[] zeroPoints = reader.longs(quantization, QUANTIZATION_ZERO_POINTS);
            if (scales.length == 1 && zeroPoints.length == 1) {
                scale = Float.intBitsToFloat(scales[0]);
                zeroPoint = Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, zeroPoints[0]));
            }
        }
        String name = reader.text(table, TENSOR_NAME);
        int[] shape = reader.wholes(table, TENSOR_SHAPE);
        return new TensorDetails(name, type, shape, scale, (int) zeroPoint, levels(tensor));
    }

    private long table(int tensor) throws BrokenFileException {
        if (tensor < 0 || tensor >= tensors.length) {
            throw new BrokenFileException("its graph names tensor " + tensor + " of " + tensors.length);
        }
        return tensors[tensor];
    }

    /** Rows of what is joined, where a tensor comes from a CONCATENATION by operations of one input each. */
    private long[] levels(int output) throws BrokenFileException {
        int tensor = output;
        for (int step = 0; step < MOST_STEPS && makers.containsKey(tensor); step++) {
            long operator = makers.get(tensor);
            int[] joined = reader.wholes(operator, OPERATOR_INPUTS);
            if (code(operator) == CONCATENATION) {
                long[] rows = new long[joined.length];
                for (int i = 0; i < rows.length; i++) {
                    int[] shape = reader.wholes(table(joined[i]), TENSOR_SHAPE);
                    rows[i] = shape.length > 1 ? shape[1] : 0;
                }
                return rows;
            }
            if (joined.length != 1) {
                break;
            }
            tensor = joined[0];
        }
        return new long[0];
    }

    private int code(long operator) throws BrokenFileException {
        long index = reader.index(operator, OPERATOR_CODE);
        if (index >= codes.length) {
            throw new BrokenFileException("its graph names operation " + index + " of " + codes.length);
        }
        long code = codes[(int) index];
        return Math.max(reader.signedByte(code, CODE_DEPRECATED), reader.whole(code, CODE_BUILTIN));
    }
}
