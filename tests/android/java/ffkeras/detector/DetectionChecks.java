package ffkeras.detector;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/** Requests about the record, the letterbox, decoding and whole detections. */
final class DetectionChecks {
    private DetectionChecks() {}

    /** Reads the record of `model`, called `name`, with some bytes changed and cut off after `length`. */
    static String record(Request request) throws IOException, UserError {
        byte[] model = request.file("model");
        if (request.has("changes")) {
            for (double[] change : request.rows("changes")) {
                model[(int) change[0]] = (byte) change[1];
            }
            model = Arrays.copyOf(model, request.whole("length"));
        }
        Metadata record = Metadata.read(model, request.text("name"));
        return "{\"network\": " + Reply.quoted(record.network) + ", \"height\": " + record.height + ", \"width\": "
                + record.width + ", \"anchor_count\": " + record.anchorCount() + ", \"decoded\": " + record.decoded
                + ", \"borders\": " + Reply.quoted(record.borders) + "}";
    }

    /** Reads `text` as JSON and writes it as Python would. */
    static String parse(Request request) {
        try {
            return "{\"python\": " + Reply.quoted(PythonText.of(Json.parse(request.text("text")))) + "}";
        } catch (JsonException error) {
            return Reply.error(error.getMessage());
        }
    }

    /** Fits raw `pixels` into a canvas and writes it to `output`. */
    static String letterbox(Request request) throws IOException {
        BgrImage image = new BgrImage(request.whole("width"), request.whole("height"), request.file("pixels"));
        LetterboxCanvas canvas = new LetterboxCanvas(
                request.whole("canvas_width"), request.whole("canvas_height"), request.numbers("fill"));
        Letterbox fitted = canvas.draw(image);
        Files.write(new File(request.text("output")).toPath(), canvas.pixels());
        return "{\"scale_x\": " + fitted.scaleX + ", \"scale_y\": " + fitted.scaleY + "}";
    }

    /** Detects in `image` with `played` in the place of what a network would give; tells the input's checksum too. */
    static String replay(Request request) throws IOException, UserError {
        ByteBuffer played = request.has("played") ? request.buffer("played") : null;
        Interpreter interpreter = load(request, ReplayGraph.binding(request, played));
        FaceDetector detector = detector(interpreter, request);
        String faces = Reply.faces(detector.detect(request.image("image")));
        CRC32 checksum = new CRC32();
        ByteBuffer input = interpreter.input();
        while (input.hasRemaining()) {
            checksum.update(input.get());
        }
        String digits = String.format("%08x", checksum.getValue());
        return "{\"input_crc32\": \"" + digits + "\", \"faces\": " + faces + "}";
    }

    /** Decodes `played` for a source image of any size. */
    static String decode(Request request) throws IOException, UserError {
        Interpreter interpreter = load(request, ReplayGraph.binding(request, request.buffer("played")));
        Metadata record = interpreter.metadata();
        Letterbox fitted = Letterbox.fit(
                request.whole("source_width"), request.whole("source_height"), record.width, record.height);
        List<Face> faces = new FaceDecoder(record)
                .decode(interpreter.invoke(), fitted, record.scoreThreshold, record.iouThreshold);
        return "{\"faces\": " + Reply.faces(faces) + "}";
    }

    /** Runs the network itself by the shared library at `library`, on several `images`. */
    static String detect(Request request) throws IOException, UserError {
        FaceDetector detector = detector(load(request, new JnaBinding(request.text("library"))), request);
        StringBuilder found = new StringBuilder();
        for (Request image : request.requests("images")) {
            found.append(found.length() == 0 ? "" : ", ");
            found.append(Reply.faces(detector.detect(image.image("file"))));
        }
        StageTimes times = detector.times();
        detector.close();
        return "{\"faces\": [" + found + "], \"times\": [" + times.before + ", " + times.network + ", " + times.after
                + "]}";
    }

    private static Interpreter load(Request request, TfliteBinding binding) throws IOException, UserError {
        int threads = request.has("threads") ? request.whole("threads") : 1;
        return new Interpreter(request.file("model"), request.text("name"), threads, binding);
    }

    private static FaceDetector detector(Interpreter interpreter, Request request) throws UserError {
        if (!request.has("score_threshold")) {
            return new FaceDetector(interpreter);
        }
        double iouThreshold = request.number("iou_threshold");
        return FaceDetector.withThresholds(interpreter, request.number("score_threshold"), iouThreshold);
    }
}
