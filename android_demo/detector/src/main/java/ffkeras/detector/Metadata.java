package ffkeras.detector;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The JSON record inside a .tflite file: all that a detector must know beside the graph (docs/design.md). */
public final class Metadata {
    private static final String NAME = "ffkeras"; // of the entry in the file's metadata vector
    private static final int FORMAT = 2;
    private static final int LONGEST_REASON = 300; // characters of a sentence
    private static final int LARGEST_SIDE = 65536; // pixels, of inputs, anchors and strides: beyond all reason
    private static final List<String> NETWORKS = Arrays.asList("v1", "v2_ultra", "nano_b");
    private static final List<String> RAW_OUTPUTS = Arrays.asList("classification", "bbox_regression", "landmarks");
    private static final List<String> DECODED_OUTPUTS = Arrays.asList("boxes", "landmarks", "score");
    private static final List<?> VARIANCES = Arrays.asList(0.1, 0.2); // of centres and of sizes, as FaceDecoder has them
    private static final List<String> KEYS = Arrays.asList(
            "network", "image_size", "mean", "anchors", "outputs", "quantization", "model", "score_threshold",
            "iou_threshold", "borders", "decoded", "channel_order", "variances", "license", "format",
            "ffkeras_version");

    /** "v1", "v2_ultra" or "nano_b". */
    public final String network;
    /** Height of the input in pixels. */
    public final int height;
    /** Width of the input in pixels. */
    public final int width;
    /** BGR, subtracted from the pixels; each in 0..255. */
    public final double[] mean;
    /** Sizes and strides in pixels of the input. */
    public final AnchorConfig anchors;
    /** The interpreter's tensor names by what they give, in the record's order. */
    public final Map<String, String> outputs;
    /** "int8" or "none". */
    public final String quantization;
    /** Type of the input and of raw outputs, "int8" or "float32". */
    public final String borders;
    /** The file decodes: its outputs are float32 boxes, landmarks and scores, normalised to the input. */
    public final boolean decoded;
    /** What a detector uses unless told otherwise, 0..1. */
    public final double scoreThreshold;
    /** What a detector uses unless told otherwise, 0..1. */
    public final double iouThreshold;

    private final int format; // 1 lacks `borders` and `decoded`, and its files have no checksum

    /**
     * The record inside a .tflite file.
     *
     * @param model the file's bytes
     * @param name what the sentence of an error calls the file
     * @throws UserError not a TFLite file, truncated, damaged, without our record, with one that cannot be run, or with a
     *     graph that is not the one of its record
     */
    public static Metadata read(byte[] model, String name) throws UserError {
        Section place = place(model, name);
        Metadata record;
        try {
            record = new Metadata(values(model, place));
        } catch (JsonException | IllegalArgumentException error) {
            throw new UserError(name + " has an ffkeras record that cannot be used (" + shortened(error)
                    + "); convert it with tools/convert_tflite.py.", error);
        }
        Section digits = Checksum.find(model, place);
        if (digits == null && record.format > 1) {
            throw new UserError(name + " has an ffkeras record without its checksum; copy or convert it again.");
        }
        if (digits != null && !Checksum.matches(model, digits)) {
            throw new UserError(name + " is damaged: its bytes do not give the checksum in its ffkeras record; copy or "
                    + "convert it again.");
        }
        try {
            Borders borders = new Borders(model);
            Borders.check(record, borders.inputs, borders.outputs);
        } catch (BrokenFileException error) {
            throw broken(name, error);
        } catch (DisagreementException error) {
            throw disagreement(name, error);
        }
        return record;
    }

    /** The sentence about a graph that is not the one of its record. */
    static UserError disagreement(String name, DisagreementException error) {
        return new UserError(name + " is not what its record says: " + shortened(error)
                + "; convert it again with tools/convert_tflite.py.", error);
    }

    /** A reason of a length that can be read, whatever values of the file are in it. */
    private static String shortened(Exception error) {
        String text = error.getMessage();
        return text.length() <= LONGEST_REASON ? text : text.substring(0, LONGEST_REASON) + "...";
    }

    private static UserError broken(String name, BrokenFileException error) {
        return new UserError(name + " is not a TFLite file, or is truncated (" + error.getMessage()
                + "); copy or convert it again.", error);
    }

    /** Of the output tensors, "int8" or "float32". */
    public String outputType() {
        return decoded ? "float32" : borders;
    }

    /** Rows of each output: the anchors of all levels. */
    public int anchorCount() {
        return (int) anchors.count(height, width);
    }

    private Metadata(Map<String, Object> record) {
        anchors = readAnchors(object(record, "anchors"));
        List<?> imageSize = list(record, "image_size");
        List<?> means = list(record, "mean");
        List<?> variances = list(record, "variances");
        checkFormat(record.get("format"));
        format = ((Number) record.get("format")).intValue();
        network = oneOf(record, "network", NETWORKS, " is none of v1, v2_ultra, nano_b");
        int stride = anchors.largestStride();
        boolean fits = imageSize.size() == 2 && isSide(imageSize.get(0), stride) && isSide(imageSize.get(1), stride);
        require(fits, "image_size " + PythonText.tuple(imageSize) + " is no multiple of " + stride);
        require(anchors.largest() <= LARGEST_SIDE, "anchors of more than " + LARGEST_SIDE + " pixels");
        height = ((Number) imageSize.get(0)).intValue();
        width = ((Number) imageSize.get(1)).intValue();
        mean = readMean(means);
        scoreThreshold = probability(record, "score_threshold");
        iouThreshold = probability(record, "iou_threshold");
        oneOf(record, "channel_order", Arrays.asList("BGR"), " is not BGR");
        require(variances.equals(VARIANCES), "variances " + PythonText.tuple(variances) + " are not 0.1, 0.2");
        quantization = oneOf(record, "quantization", Arrays.asList("int8", "none"), " is not int8 or none");
        Map<String, Object> defaulted = new LinkedHashMap<String, Object>(record);
        if (!record.containsKey("borders")) {
            defaulted.put("borders", quantization.equals("int8") ? "int8" : "float32");
        }
        borders = oneOf(defaulted, "borders", Arrays.asList("int8", "float32"), " are not int8 or float32");
        boolean fitting = quantization.equals("int8") || borders.equals("float32");
        require(fitting, "borders in " + borders + " around a network in floating point");
        Object decodes = record.containsKey("decoded") ? record.get("decoded") : Boolean.FALSE;
        require(decodes instanceof Boolean, "decoded " + PythonText.of(decodes) + " is not true or false");
        decoded = (Boolean) decodes;
        outputs = readOutputs(object(record, "outputs"), decoded ? DECODED_OUTPUTS : RAW_OUTPUTS);
        for (String key : Arrays.asList("license", "ffkeras_version")) {
            require(record.get(key) instanceof String, key + " " + PythonText.of(record.get(key)) + " is no text");
        }
        require(record.get("model") instanceof Map, "model is no object");
    }

    private static Section place(byte[] model, String name) throws UserError {
        Section place;
        try {
            place = MetadataBuffer.find(model, NAME);
        } catch (BrokenFileException error) {
            throw broken(name, error);
        }
        if (place == null) {
            throw new UserError(name
                    + " is a TFLite file without an ffkeras record; convert the network with tools/convert_tflite.py.");
        }
        return place;
    }

    private static Map<String, Object> values(byte[] model, Section place) throws JsonException {
        String text;
        try {
            ByteBuffer bytes = ByteBuffer.wrap(model, place.start, place.end - place.start);
            text = Charset.forName("UTF-8").newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException error) {
            throw new JsonException("it is not UTF-8");
        }
        Object record = Json.parse(text);
        require(record instanceof Map, "it is a " + kind(record) + ", not an object");
        @SuppressWarnings("unchecked") // Json's objects have no other keys
        Map<String, Object> values = (Map<String, Object>) record;
        Set<String> missing = new TreeSet<String>(KEYS);
        missing.removeAll(values.keySet());
        if (isFormat(values.get("format"), 1)) {
            missing.removeAll(Arrays.asList("borders", "decoded"));
        }
        require(missing.isEmpty(), "it lacks " + missing.toString().replaceAll("[\\[\\]]", ""));
        return values;
    }

    private static AnchorConfig readAnchors(Map<?, ?> record) {
        checkKind(record.get("sizes") instanceof List && record.get("strides") instanceof List, "anchors");
        return new AnchorConfig((List<?>) record.get("sizes"), wholes((List<?>) record.get("strides")));
    }

    private static double[] readMean(List<?> means) {
        double[] values = new double[3];
        boolean numbers = means.size() == values.length;
        for (int i = 0; numbers && i < values.length; i++) {
            numbers = isBetween(means.get(i), 0, 255);
            values[i] = numbers ? ((Number) means.get(i)).doubleValue() : 0;
        }
        require(numbers, "mean " + PythonText.tuple(means) + " is not three numbers in 0..255");
        return values;
    }

    private static Map<String, String> readOutputs(Map<?, ?> record, List<String> names) {
        boolean named = record.keySet().equals(new HashSet<String>(names));
        Map<String, String> outputs = new LinkedHashMap<String, String>();
        for (Map.Entry<?, ?> output : record.entrySet()) {
            named = named && output.getValue() instanceof String;
            outputs.put((String) output.getKey(), named ? (String) output.getValue() : null);
        }
        String expected = names.get(0) + ", " + names.get(1) + ", " + names.get(2);
        require(named, "outputs " + PythonText.of(record) + " do not name " + expected);
        return outputs;
    }

    private static void checkFormat(Object format) {
        boolean known = isFormat(format, 1) || isFormat(format, FORMAT);
        require(known, "format " + PythonText.of(format) + ", where this version reads up to " + FORMAT);
    }

    private static boolean isFormat(Object value, int format) {
        return value instanceof Number && ((Number) value).doubleValue() == format;
    }

    private static double probability(Map<String, Object> record, String name) {
        Object value = record.get(name);
        require(isBetween(value, 0, 1), name + " " + PythonText.of(value) + " is not in 0..1");
        return ((Number) value).doubleValue();
    }

    private static String oneOf(Map<String, Object> record, String name, List<String> known, String reason) {
        Object value = record.get(name);
        require(known.contains(value), name + " " + PythonText.of(value) + reason);
        return (String) value;
    }

    private static boolean isBetween(Object value, double low, double high) {
        return value instanceof Number && ((Number) value).doubleValue() >= low
                && ((Number) value).doubleValue() <= high;
    }

    private static boolean isSide(Object value, int stride) {
        if (!(value instanceof BigInteger) || ((BigInteger) value).bitLength() >= 32) {
            return false;
        }
        int side = ((BigInteger) value).intValue();
        return side > 0 && side <= LARGEST_SIDE && side % stride == 0;
    }

    private static Map<?, ?> object(Map<String, Object> record, String name) {
        checkKind(record.get(name) instanceof Map, name);
        return (Map<?, ?>) record.get(name);
    }

    private static List<?> list(Map<String, Object> record, String name) {
        checkKind(record.get(name) instanceof List, name);
        return wholes((List<?>) record.get(name));
    }

    /** The same values with 640 for 640.0, which are one number in JSON. */
    private static List<?> wholes(List<?> values) {
        List<Object> found = new ArrayList<Object>();
        for (Object value : values) {
            double number = value instanceof Double ? (Double) value : Double.NaN;
            boolean whole = !Double.isInfinite(number) && number == Math.rint(number);
            found.add(whole ? new BigDecimal(number).toBigInteger() : value);
        }
        return found;
    }

    private static void checkKind(boolean right, String name) {
        require(right, "a value of the wrong kind: " + name);
    }

    private static void require(boolean condition, String reason) {
        if (!condition) {
            throw new IllegalArgumentException(reason);
        }
    }

    private static String kind(Object value) {
        if (value instanceof List) {
            return "list";
        }
        if (value instanceof String) {
            return "str";
        }
        if (value instanceof Boolean) {
            return "bool";
        }
        return value == null ? "NoneType" : value instanceof BigInteger ? "int" : "float";
    }
}
