package ffkeras.detector;

import java.util.List;
import java.util.Map;

/** Finds faces in images of any size. Not for use from several threads at once. */
public final class FaceDetector {
    private static final double NANOSECONDS = 1e6; // in a millisecond

    private final Interpreter interpreter;
    private final LetterboxCanvas canvas;
    private final FaceDecoder decoder;
    private final double scoreThreshold;
    private final double iouThreshold;
    private StageTimes times = new StageTimes(0, 0, 0);

    /** A detector with the file's own thresholds. */
    public FaceDetector(Interpreter interpreter) {
        this(interpreter, interpreter.metadata().scoreThreshold, interpreter.metadata().iouThreshold);
    }

    private FaceDetector(Interpreter interpreter, double scoreThreshold, double iouThreshold) {
        Metadata record = interpreter.metadata();
        this.interpreter = interpreter;
        this.scoreThreshold = scoreThreshold;
        this.iouThreshold = iouThreshold;
        canvas = new LetterboxCanvas(record.width, record.height, record.mean);
        decoder = new FaceDecoder(record);
    }

    /**
     * A detector with thresholds of one's own.
     *
     * @param scoreThreshold faces below this probability are left out, 0..1
     * @param iouThreshold of two faces that overlap by more than this the better stays, 0..1
     * @throws UserError a threshold out of its range
     */
    public static FaceDetector withThresholds(Interpreter interpreter, double scoreThreshold, double iouThreshold)
            throws UserError {
        check("score threshold", scoreThreshold, interpreter.metadata().scoreThreshold);
        check("IoU threshold", iouThreshold, interpreter.metadata().iouThreshold);
        return new FaceDetector(interpreter, scoreThreshold, iouThreshold);
    }

    /** The record inside the file: network, input size, thresholds and so on. */
    public Metadata metadata() {
        return interpreter.metadata();
    }

    /**
     * Finds the faces of one image.
     *
     * @return faces in pixels of the image, best first
     * @throws UserError an image without pixels
     */
    public List<Face> detect(BgrImage image) throws UserError {
        if (image.width == 0 || image.height == 0) {
            throw new UserError("an image of shape (" + image.height + ", " + image.width
                    + ", 3) has no pixels; give one of at least 1 x 1.");
        }
        long start = System.nanoTime();
        Letterbox letterbox = canvas.draw(image);
        interpreter.setInput(canvas.pixels());
        long prepared = System.nanoTime();
        Map<String, Output> outputs = interpreter.invoke();
        long ran = System.nanoTime();
        List<Face> faces = decoder.decode(outputs, letterbox, scoreThreshold, iouThreshold);
        long done = System.nanoTime();
        times = new StageTimes(
                (prepared - start) / NANOSECONDS, (ran - prepared) / NANOSECONDS, (done - ran) / NANOSECONDS);
        return faces;
    }

    /** How long the stages of the last detection took. */
    public StageTimes times() {
        return times;
    }

    /** Frees what the interpreter holds; the detector cannot be used afterwards. */
    public void close() {
        interpreter.close();
    }

    private static void check(String name, double value, double usual) throws UserError {
        if (!(value >= 0 && value <= 1)) {
            throw new UserError(name + " " + PythonText.of(value) + " is not in 0..1; choose one such as "
                    + PythonText.of(usual) + ".");
        }
    }
}
