package ffkeras.detector;

/** How an image was fitted: canvas pixels = source pixels * scale, from the top left. */
public final class Letterbox {
    /** Canvas pixels per source pixel to the right; differs from scaleY by rounding only. */
    public final double scaleX;
    /** Canvas pixels per source pixel downwards. */
    public final double scaleY;
    /** Width of the source image in pixels. */
    public final int sourceWidth;
    /** Height of the source image in pixels. */
    public final int sourceHeight;

    /** A fit with its scales and the size of its source. */
    public Letterbox(double scaleX, double scaleY, int sourceWidth, int sourceHeight) {
        this.scaleX = scaleX;
        this.scaleY = scaleY;
        this.sourceWidth = sourceWidth;
        this.sourceHeight = sourceHeight;
    }

    /** How an image of this size just fits a canvas: no pixel is made, see `LetterboxCanvas`. */
    public static Letterbox fit(int sourceWidth, int sourceHeight, int width, int height) {
        double scale = Math.min((double) height / sourceHeight, (double) width / sourceWidth);
        int newWidth = Math.min(width, Math.max(1, (int) Math.rint(sourceWidth * scale)));
        int newHeight = Math.min(height, Math.max(1, (int) Math.rint(sourceHeight * scale)));
        double scaleX = (double) newWidth / sourceWidth;
        double scaleY = (double) newHeight / sourceHeight;
        return new Letterbox(scaleX, scaleY, sourceWidth, sourceHeight);
    }

    /** Width of the fitted image in pixels of the canvas. */
    int fittedWidth() {
        return (int) Math.rint(sourceWidth * scaleX);
    }

    /** Height of the fitted image in pixels of the canvas. */
    int fittedHeight() {
        return (int) Math.rint(sourceHeight * scaleY);
    }
}
