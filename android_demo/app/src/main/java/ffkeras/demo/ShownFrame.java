package ffkeras.demo;

import android.graphics.Bitmap;
import ffkeras.detector.BgrImage;
import ffkeras.detector.Face;
import java.util.Collections;
import java.util.List;

/** A picture and the faces that were found in it, ready to be drawn. Its memory is used again for the next one. */
final class ShownFrame {
    private Bitmap bitmap;
    private int[] colours = {};
    private List<Face> faces = Collections.emptyList();
    private boolean mirrored;

    /** Takes over a picture and its faces. */
    void set(BgrImage image, List<Face> found, boolean showMirrored) {
        if (bitmap == null || bitmap.getWidth() != image.width || bitmap.getHeight() != image.height) {
            bitmap = Bitmap.createBitmap(image.width, image.height, Bitmap.Config.ARGB_8888);
            colours = new int[image.width * image.height];
        }
        image.toArgb(colours);
        bitmap.setPixels(colours, 0, image.width, 0, 0, image.width, image.height);
        faces = found;
        mirrored = showMirrored;
    }

    Bitmap bitmap() {
        return bitmap;
    }

    List<Face> faces() {
        return faces;
    }

    boolean mirrored() {
        return mirrored;
    }
}
