package ffkeras.picture;

/** What `FacePainter` needs of a canvas; coordinates and sizes in pixels, colours as opaque ARGB. */
public interface Brush {
    /** The outline of a rectangle; its line lies half inside and half outside. */
    void outline(float left, float top, float right, float bottom, float thickness, int colour);

    /** A filled rectangle. */
    void bar(float left, float top, float right, float bottom, int colour);

    /** A filled circle. */
    void disc(float x, float y, float radius, int colour);

    /** A line of text that starts at x; its letters stand on `baseline`. */
    void text(String text, float x, float baseline, float size, int colour);

    /** Width of a line of text. */
    float textWidth(String text, float size);
}
