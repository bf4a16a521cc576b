package ffkeras.detector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * From the three outputs of a network to faces in the source image (SSD, Liu et al. 2016, sec. 2): threshold, take the
 * best, decode only those, suppress overlaps, and go back to the source image.
 */
public final class FaceDecoder {
    private static final int TOP_K = 5000; // candidates that reach suppression, and
    private static final int MAX_FACES = 750; // faces that leave it: RetinaFace's evaluation (Deng et al. 2020)
    private static final float CENTRE_VARIANCE = 0.1f;
    private static final float SIZE_VARIANCE = 0.2f;
    private static final int LANDMARKS = 5;

    private final float[] anchors;
    private final int height;
    private final int width;

    /** A decoder for a network's anchors and input size. */
    public FaceDecoder(Metadata metadata) {
        anchors = metadata.anchors.make(metadata.height, metadata.width);
        height = metadata.height;
        width = metadata.width;
    }

    /**
     * The faces in a network's outputs.
     *
     * @param outputs as `Interpreter.invoke` gives them
     * @param letterbox how the source image was fitted into the input
     * @param scoreThreshold faces below this probability are left out, 0..1
     * @param iouThreshold a face that overlaps a better one by more than this is left out, 0..1
     * @return faces, best first; boxes are clipped to the source image, and one not finite or without area there is left
     *     out
     */
    public List<Face> decode(
            Map<String, Output> outputs, Letterbox letterbox, double scoreThreshold, double iouThreshold) {
        boolean decoded = outputs.containsKey("boxes");
        Output scores = outputs.get(decoded ? "score" : "classification");
        Output places = outputs.get(decoded ? "boxes" : "bbox_regression");
        Integer[] rows = candidates(scores, (float) scoreThreshold);
        float[] boxes = new float[4 * rows.length]; // normalised to the input
        float[] clipped = new float[4 * rows.length]; // pixels of the source
        int usable = 0;
        for (Integer row : rows) {
            readBox(places, decoded, row, boxes, 4 * usable);
            if (clip(boxes, 4 * usable, letterbox, clipped)) {
                rows[usable++] = row;
            }
        }
        List<Face> faces = new ArrayList<Face>();
        int[] kept = Suppression.keep(Arrays.copyOf(boxes, 4 * usable), (float) iouThreshold, MAX_FACES);
        for (int i : kept) {
            float[] box = Arrays.copyOfRange(clipped, 4 * i, 4 * i + 4);
            float[] landmarks = readLandmarks(outputs.get("landmarks"), decoded, rows[i], letterbox);
            faces.add(new Face(box, scores.get(rows[i], scores.columns() - 1), landmarks));
        }
        return faces;
    }

    /** Rows of the best scores that reach the threshold, best first; equal scores keep their order. */
    private static Integer[] candidates(final Output scores, float threshold) {
        final int faceColumn = scores.columns() - 1; // of (background, face) or (face) alone
        int[] reaching = scores.reaching(threshold, faceColumn);
        Integer[] rows = new Integer[reaching.length];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = reaching[i];
        }
        Arrays.sort(rows, new Comparator<Integer>() {
            @Override
            public int compare(Integer a, Integer b) {
                return Float.compare(scores.get(b, faceColumn), scores.get(a, faceColumn));
            }
        });
        return rows.length > TOP_K ? Arrays.copyOf(rows, TOP_K) : rows;
    }

    private void readBox(Output places, boolean decoded, int row, float[] boxes, int at) {
        if (decoded) {
            for (int i = 0; i < 4; i++) {
                boxes[at + i] = places.get(row, i);
            }
            return;
        }
        for (int axis = 0; axis < 2; axis++) {
            float side = anchors[4 * row + 2 + axis];
            float centre = anchors[4 * row + axis] + places.get(row, axis) * CENTRE_VARIANCE * side;
            float half = side * (float) Math.exp(places.get(row, 2 + axis) * SIZE_VARIANCE) / 2; // may be infinite
            boxes[at + axis] = centre - half;
            boxes[at + 2 + axis] = centre + half;
        }
    }

    /** Brings a box to pixels of the source, inside it; false where it is not finite or has no area there. */
    private boolean clip(float[] boxes, int at, Letterbox letterbox, float[] clipped) {
        boolean finite = true;
        for (int i = 0; i < 4; i++) {
            float place = toSource(boxes[at + i], i % 2, letterbox);
            finite &= !Float.isNaN(place) && !Float.isInfinite(place);
            int side = i % 2 == 0 ? letterbox.sourceWidth : letterbox.sourceHeight;
            clipped[at + i] = Math.min(Math.max(place, 0), side);
        }
        return finite && clipped[at] < clipped[at + 2] && clipped[at + 1] < clipped[at + 3];
    }

    private float[] readLandmarks(Output output, boolean decoded, int row, Letterbox letterbox) {
        float[] points = new float[2 * LANDMARKS];
        for (int i = 0; i < points.length; i++) {
            int axis = i % 2;
            float value = output.get(row, i);
            float place = anchors[4 * row + axis] + value * CENTRE_VARIANCE * anchors[4 * row + 2 + axis];
            points[i] = toSource(decoded ? value : place, axis, letterbox);
        }
        return points;
    }

    /** A coordinate normalised to the input as pixels of the source. */
    private float toSource(float value, int axis, Letterbox letterbox) {
        return axis == 0 ? value * width / (float) letterbox.scaleX : value * height / (float) letterbox.scaleY;
    }
}
