package ffkeras.picture;

/** How far a photograph is shrunk while it is decoded: a network sees 640 pixels at most, a phone's memory is short. */
public final class PhotoSize {
    private static final int LONGEST_SIDE = 2048;

    private PhotoSize() {}

    /** The power of two by which to divide the sides, 1 where the longer one is short enough. */
    public static int divisor(int width, int height) {
        int divisor = 1;
        while (Math.max(width, height) / divisor > LONGEST_SIDE) {
            divisor *= 2;
        }
        return divisor;
    }
}
