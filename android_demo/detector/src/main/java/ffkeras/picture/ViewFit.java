package ffkeras.picture;

/** How a picture is shown in a view: as large as fits, in the middle, and mirrored for a camera that faces the user. */
public final class ViewFit {
    /** View pixels per picture pixel. */
    public final float scale;
    /** Left edge of the picture in the view. */
    public final float left;
    /** Top edge of the picture in the view. */
    public final float top;
    /** Right edge of the picture in the view. */
    public final float right;
    /** Bottom edge of the picture in the view. */
    public final float bottom;
    /** Shown as in a mirror. */
    public final boolean mirrored;

    /** A fit of a picture into a view, sizes in pixels, all at least 1. */
    public ViewFit(int pictureWidth, int pictureHeight, int viewWidth, int viewHeight, boolean mirrored) {
        scale = Math.min((float) viewWidth / pictureWidth, (float) viewHeight / pictureHeight);
        left = (viewWidth - pictureWidth * scale) / 2;
        top = (viewHeight - pictureHeight * scale) / 2;
        right = left + pictureWidth * scale;
        bottom = top + pictureHeight * scale;
        this.mirrored = mirrored;
    }

    /** Where a picture's column is in the view. */
    public float x(float pictureX) {
        return mirrored ? right - pictureX * scale : left + pictureX * scale;
    }

    /** Where a picture's row is in the view. */
    public float y(float pictureY) {
        return top + pictureY * scale;
    }
}
