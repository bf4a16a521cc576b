package ffkeras.detector;

import ffkeras.picture.Brush;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Rectangle2D;

/** Draws on a Java2D surface, as the app's brush does on Android's canvas. */
final class Java2dBrush implements Brush {
    private final Graphics2D graphics;

    Java2dBrush(Graphics2D graphics) {
        this.graphics = graphics;
    }

    @Override
    public void outline(float left, float top, float right, float bottom, float thickness, int colour) {
        graphics.setColor(new Color(colour));
        graphics.setStroke(new BasicStroke(thickness, BasicStroke.CAP_SQUARE, BasicStroke.JOIN_MITER));
        graphics.draw(new Rectangle2D.Float(left, top, right - left, bottom - top));
    }

    @Override
    public void bar(float left, float top, float right, float bottom, int colour) {
        graphics.setColor(new Color(colour));
        graphics.fill(new Rectangle2D.Float(left, top, right - left, bottom - top));
    }

    @Override
    public void disc(float x, float y, float radius, int colour) {
        graphics.setColor(new Color(colour));
        graphics.fill(new Ellipse2D.Float(x - radius, y - radius, 2 * radius, 2 * radius));
    }

    @Override
    public void text(String text, float x, float baseline, float size, int colour) {
        graphics.setColor(new Color(colour));
        graphics.setFont(font(size));
        graphics.drawString(text, x, baseline);
    }

    @Override
    public float textWidth(String text, float size) {
        return graphics.getFontMetrics(font(size)).stringWidth(text);
    }

    private static Font font(float size) {
        return new Font(Font.SANS_SERIF, Font.PLAIN, Math.round(size));
    }
}
