package ffkeras.picture;

/** Width and height of a camera's frames in pixels, and which of those that it offers suits a detector. */
public final class FrameSize {
    private static final int LONG_SIDE = 640; // the largest input of a released network, and
    private static final int SHORT_SIDE = 480; // the size that every camera has

    /** Pixels in a row. */
    public final int width;
    /** Rows. */
    public final int height;

    /** A size in pixels. */
    public FrameSize(int width, int height) {
        this.width = width;
        this.height = height;
    }

    /** The smallest size of at least 640 x 480, the largest where all are smaller; null where there is none. */
    public static FrameSize choose(Iterable<FrameSize> offered) {
        FrameSize best = null;
        for (FrameSize size : offered) {
            if (best == null || size.isBetterThan(best)) {
                best = size;
            }
        }
        return best;
    }

    private boolean isBetterThan(FrameSize other) {
        if (isEnough() != other.isEnough()) {
            return isEnough();
        }
        return isEnough() ? area() < other.area() : area() > other.area();
    }

    private boolean isEnough() {
        return Math.max(width, height) >= LONG_SIDE && Math.min(width, height) >= SHORT_SIDE;
    }

    private long area() {
        return (long) width * height;
    }
}
