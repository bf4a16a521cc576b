package ffkeras.detector;

/** A picture as OpenCV holds it: bytes of blue, green, red, row by row. */
public final class BgrImage {
    /** Width in pixels. */
    public final int width;
    /** Height in pixels. */
    public final int height;
    /** uint8 [height, width, 3]; not copied. */
    public final byte[] pixels;

    /**
     * A picture over its pixels.
     *
     * @throws IllegalArgumentException the pixels are not height x width x 3 bytes
     */
    public BgrImage(int width, int height, byte[] pixels) {
        if (width < 0 || height < 0 || pixels.length != 3L * width * height) {
            throw new IllegalArgumentException(pixels.length + " bytes for " + width + " x " + height + " BGR pixels");
        }
        this.width = width;
        this.height = height;
        this.pixels = pixels;
    }

    /** A black picture. */
    public BgrImage(int width, int height) {
        this(width, height, new byte[3 * width * height]);
    }

    /** The picture of opaque or transparent ARGB numbers, row by row, as Android's bitmaps give them; alpha is dropped. */
    public static BgrImage fromArgb(int[] colours, int width, int height) {
        BgrImage image = new BgrImage(width, height);
        int next = 0;
        for (int i = 0; i < width * height; i++) {
            int colour = colours[i];
            image.pixels[next++] = (byte) colour;
            image.pixels[next++] = (byte) (colour >> 8);
            image.pixels[next++] = (byte) (colour >> 16);
        }
        return image;
    }

    /** Writes the picture as opaque ARGB numbers, row by row. */
    public void toArgb(int[] colours) {
        int next = 0;
        for (int i = 0; i < width * height; i++) {
            int blue = pixels[next++] & 0xff;
            int green = pixels[next++] & 0xff;
            int red = pixels[next++] & 0xff;
            colours[i] = 0xff << 24 | red << 16 | green << 8 | blue;
        }
    }
}
