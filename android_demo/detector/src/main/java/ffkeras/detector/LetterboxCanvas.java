package ffkeras.detector;

/**
 * The network's input as a picture: an image is resized so that it just fits, bilinear, from the top left, and what is
 * left at the right and bottom is filled. Keeps its memory between images: not for use from several threads at once.
 */
public final class LetterboxCanvas {
    private final int width;
    private final int height;
    private final byte[] fill = new byte[3];
    private final BilinearResize resize = new BilinearResize();
    private final byte[] pixels;

    /**
     * A canvas of the input's size.
     *
     * @param fill BGR value of the rest, 0..255; the network's mean, so that it is zero after normalisation
     */
    public LetterboxCanvas(int width, int height, double[] fill) {
        this.width = width;
        this.height = height;
        this.pixels = new byte[3 * width * height];
        for (int channel = 0; channel < 3; channel++) {
            this.fill[channel] = (byte) (int) Math.rint(fill[channel]);
        }
    }

    /** Draws an image of at least one pixel onto the canvas, in place of the one before, and tells the way back. */
    public Letterbox draw(BgrImage image) {
        Letterbox fitted = Letterbox.fit(image.width, image.height, width, height);
        int usedWidth = fitted.fittedWidth();
        int usedHeight = fitted.fittedHeight();
        resize.resize(image, usedWidth, usedHeight, pixels, width);
        for (int y = 0; y < height; y++) {
            for (int x = y < usedHeight ? usedWidth : 0; x < width; x++) {
                System.arraycopy(fill, 0, pixels, 3 * (y * width + x), 3);
            }
        }
        return fitted;
    }

    /** uint8 BGR [height, width, 3]; the canvas itself, which the next image overwrites. */
    public byte[] pixels() {
        return pixels;
    }
}
