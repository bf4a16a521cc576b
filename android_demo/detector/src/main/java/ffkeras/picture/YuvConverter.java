package ffkeras.picture;

import ffkeras.detector.BgrImage;
import java.nio.ByteBuffer;

/**
 * Upright BGR pictures from a camera's YUV 4:2:0 frames, whose numbers are JFIF's: BT.601, full range.
 *
 * <p>Keeps its memory between frames: not for use from several threads at once.
 */
public final class YuvConverter {
    private static final int BITS = 16;
    private static final int HALF = 1 << BITS - 1;
    private static final int RED_OF_V = (int) Math.round(1.402 * (1 << BITS)); // JFIF 1.02, page 3
    private static final int GREEN_OF_U = (int) Math.round(0.344136 * (1 << BITS));
    private static final int GREEN_OF_V = (int) Math.round(0.714136 * (1 << BITS));
    private static final int BLUE_OF_U = (int) Math.round(1.772 * (1 << BITS));

    private byte[] luma = {};
    private byte[] blueChroma = {};
    private byte[] redChroma = {};
    private BgrImage upright = new BgrImage(0, 0);

    /** One plane of a frame, as android.media.Image.Plane gives it. */
    public static final class Plane {
        private final ByteBuffer bytes;
        private final int rowStride;
        private final int pixelStride;

        /**
         * A plane over its bytes.
         *
         * @param bytes from the first pixel on; the last row may lack its padding
         * @param rowStride bytes from row to row
         * @param pixelStride bytes from pixel to pixel
         */
        public Plane(ByteBuffer bytes, int rowStride, int pixelStride) {
            this.bytes = bytes;
            this.rowStride = rowStride;
            this.pixelStride = pixelStride;
        }

        private byte[] read(byte[] into) {
            ByteBuffer view = bytes.duplicate();
            byte[] copy = into.length == view.remaining() ? into : new byte[view.remaining()];
            view.get(copy); // at once: a buffer of a camera is slow byte by byte
            return copy;
        }
    }

    /**
     * Converts a frame.
     *
     * @param width pixels of the luma plane; chroma planes have half as many, rounded up
     * @param height rows of the luma plane
     * @param turn what makes it upright
     * @return the picture, over memory that the next frame overwrites
     */
    public BgrImage convert(int width, int height, Plane y, Plane u, Plane v, Turn turn) {
        luma = y.read(luma);
        blueChroma = u.read(blueChroma);
        redChroma = v.read(redChroma);
        int newWidth = turn.width(width, height);
        int newHeight = turn.height(width, height);
        if (upright.width != newWidth || upright.height != newHeight) {
            upright = new BgrImage(newWidth, newHeight);
        }
        int step = 3 * turn.stepRight(width, height);
        for (int row = 0; row < height; row++) {
            int target = 3 * turn.index(0, row, width, height);
            int chroma = row / 2;
            convertRow(width, row * y.rowStride, y.pixelStride, chroma * u.rowStride, u.pixelStride,
                    chroma * v.rowStride, v.pixelStride, target, step);
        }
        return upright;
    }

    private void convertRow(int width, int y, int yStep, int u, int uStep, int v, int vStep, int target, int step) {
        byte[] pixels = upright.pixels;
        for (int x = 0; x < width; x++) {
            int light = ((luma[y + x * yStep] & 0xff) << BITS) + HALF;
            int blue = (blueChroma[u + x / 2 * uStep] & 0xff) - 128;
            int red = (redChroma[v + x / 2 * vStep] & 0xff) - 128;
            pixels[target] = clamp(light + BLUE_OF_U * blue);
            pixels[target + 1] = clamp(light - GREEN_OF_U * blue - GREEN_OF_V * red);
            pixels[target + 2] = clamp(light + RED_OF_V * red);
            target += step;
        }
    }

    private static byte clamp(int value) {
        int whole = value >> BITS;
        return (byte) (whole < 0 ? 0 : whole > 255 ? 255 : whole);
    }
}
