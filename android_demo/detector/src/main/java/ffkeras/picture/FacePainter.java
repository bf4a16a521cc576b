package ffkeras.picture;

import ffkeras.detector.Face;
import java.util.List;
import java.util.Locale;

/** Draws faces over a picture in a view: each one's box, score and five landmarks. */
public final class FacePainter {
    private static final int BOX_COLOUR = 0xff3cdc50;
    private static final int TEXT_COLOUR = 0xff000000;
    private static final int[] LANDMARK_COLOURS = { // left eye, right eye, nose, left and right mouth corner
        0xff0078ff, 0xff00e6ff, 0xffffc800, 0xffff3c3c, 0xffe650e6
    };
    private static final float LINE = 2; // in units of 1/160 inch, as are the others
    private static final float LANDMARK_RADIUS = 2.5f;
    private static final float TEXT_SIZE = 12;
    private static final float TEXT_MARGIN = 2;

    private final float unit;

    /** A painter for a screen of `unit` pixels per 1/160 inch, which Android calls its density. */
    public FacePainter(float unit) {
        this.unit = unit;
    }

    /** Draws faces that were found in the picture that `fit` shows. */
    public void paint(List<Face> faces, ViewFit fit, Brush brush) {
        for (Face face : faces) {
            float x1 = fit.x(face.box[0]);
            float x2 = fit.x(face.box[2]);
            float left = Math.min(x1, x2); // a mirror swaps the sides
            float top = fit.y(face.box[1]);
            brush.outline(left, top, Math.max(x1, x2), fit.y(face.box[3]), LINE * unit, BOX_COLOUR);
            paintScore(face.score, left, top, fit, brush);
            for (int i = 0; i < LANDMARK_COLOURS.length; i++) {
                float x = fit.x(face.landmarks[2 * i]);
                brush.disc(x, fit.y(face.landmarks[2 * i + 1]), LANDMARK_RADIUS * unit, LANDMARK_COLOURS[i]);
            }
        }
    }

    private void paintScore(float score, float left, float top, ViewFit fit, Brush brush) {
        String text = String.format(Locale.ROOT, "%.2f", score);
        float size = TEXT_SIZE * unit;
        float margin = TEXT_MARGIN * unit;
        float bottom = Math.max(top, fit.top + size + 2 * margin); // inside the picture for a box at its top
        float right = left + brush.textWidth(text, size) + 2 * margin;
        brush.bar(left, bottom - size - 2 * margin, right, bottom, BOX_COLOUR);
        brush.text(text, left + margin, bottom - 2 * margin, size, TEXT_COLOUR);
    }
}
