package ffkeras.detector;

/** One detected face, in pixels of the source image. */
public final class Face {
    /** Corners (x1, y1, x2, y2), inside the image. */
    public final float[] box;
    /** Probability of being a face, 0..1. */
    public final float score;
    /**
     * [5, 2] (x, y) in a row: left eye, right eye, nose, left and right mouth corner, as seen in the image; a face that
     * the image cuts off may have landmarks outside it.
     */
    public final float[] landmarks;

    /** A face with its box [4], score and landmarks [10]. */
    public Face(float[] box, float score, float[] landmarks) {
        this.box = box;
        this.score = score;
        this.landmarks = landmarks;
    }
}
