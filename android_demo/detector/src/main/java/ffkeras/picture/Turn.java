package ffkeras.picture;

import ffkeras.detector.BgrImage;

/** A mirroring from left to right, or none, and then a turn clockwise by quarters: what makes a picture upright. */
public final class Turn {
    /** Leaves a picture as it is. */
    public static final Turn NONE = new Turn(0, false);

    private static final int QUARTER = 90;

    private final int degrees;
    private final boolean mirrored;

    /**
     * A turn.
     *
     * @param degrees clockwise, a multiple of 90
     * @param mirrored mirrored before it is turned
     */
    public Turn(int degrees, boolean mirrored) {
        if (degrees % QUARTER != 0) {
            throw new IllegalArgumentException(degrees + " degrees are no quarter turns");
        }
        this.degrees = (degrees % 360 + 360) % 360;
        this.mirrored = mirrored;
    }

    /** The turn that an EXIF orientation, 1 to 8, asks for (EXIF 2.3, tag 274); none for any other number. */
    public static Turn ofExif(int orientation) {
        switch (orientation) {
            case 2:
                return new Turn(0, true);
            case 3:
                return new Turn(180, false);
            case 4:
                return new Turn(180, true);
            case 5:
                return new Turn(270, true);
            case 6:
                return new Turn(90, false);
            case 7:
                return new Turn(90, true);
            case 8:
                return new Turn(270, false);
            default:
                return NONE;
        }
    }

    /**
     * The turn that brings a camera's frame upright on the screen, not mirrored.
     *
     * @param sensorOrientation clockwise degrees from the sensor to the device's natural orientation, as Android's
     *     SENSOR_ORIENTATION says
     * @param displayRotation degrees by which the screen's content is turned from its natural orientation: 90 for
     *     Surface.ROTATION_90, and so on
     * @param front the lens faces the user, so that turning the device turns its picture the other way
     */
    public static Turn ofCamera(int sensorOrientation, int displayRotation, boolean front) {
        return new Turn(front ? sensorOrientation + displayRotation : sensorOrientation - displayRotation, false);
    }

    /** Clockwise degrees: 0, 90, 180 or 270. */
    public int degrees() {
        return degrees;
    }

    /** The turned picture; the picture itself where there is nothing to do. */
    public BgrImage apply(BgrImage image) {
        if (degrees == 0 && !mirrored) {
            return image;
        }
        int width = image.width;
        int height = image.height;
        BgrImage turned = new BgrImage(width(width, height), height(width, height));
        int source = 0;
        for (int y = 0; y < height; y++) {
            int target = 3 * index(0, y, width, height);
            int step = 3 * stepRight(width, height);
            for (int x = 0; x < width; x++, source += 3, target += step) {
                turned.pixels[target] = image.pixels[source];
                turned.pixels[target + 1] = image.pixels[source + 1];
                turned.pixels[target + 2] = image.pixels[source + 2];
            }
        }
        return turned;
    }

    /** Width of the turned picture. */
    int width(int width, int height) {
        return isSideways() ? height : width;
    }

    /** Height of the turned picture. */
    int height(int width, int height) {
        return isSideways() ? width : height;
    }

    /** Number of the pixel, row by row in the turned picture, that pixel (x, y) of a picture of this size becomes. */
    int index(int x, int y, int width, int height) {
        int column = mirrored ? width - 1 - x : x;
        switch (degrees) {
            case 90:
                return column * height + height - 1 - y;
            case 180:
                return (height - 1 - y) * width + width - 1 - column;
            case 270:
                return (width - 1 - column) * height + y;
            default:
                return y * width + column;
        }
    }

    /** How far `index` moves when x grows by one. */
    int stepRight(int width, int height) {
        return width == 1 ? 0 : index(1, 0, width, height) - index(0, 0, width, height);
    }

    private boolean isSideways() {
        return degrees % 180 != 0;
    }
}
