package ffkeras.demo;

import android.graphics.Canvas;
import android.graphics.Paint;
import ffkeras.picture.Brush;

/** Draws on an Android canvas. */
final class CanvasBrush implements Brush {
    private final Paint paint = new Paint(Paint.ANTI_ALIAS_FLAG);
    private Canvas canvas;

    /** The canvas to draw on from now on. */
    void setCanvas(Canvas target) {
        canvas = target;
    }

    @Override
    public void outline(float left, float top, float right, float bottom, float thickness, int colour) {
        paint.setStyle(Paint.Style.STROKE);
        paint.setStrokeWidth(thickness);
        paint.setColor(colour);
        canvas.drawRect(left, top, right, bottom, paint);
    }

    @Override
    public void bar(float left, float top, float right, float bottom, int colour) {
        paint.setStyle(Paint.Style.FILL);
        paint.setColor(colour);
        canvas.drawRect(left, top, right, bottom, paint);
    }

    @Override
    public void disc(float x, float y, float radius, int colour) {
        paint.setStyle(Paint.Style.FILL);
        paint.setColor(colour);
        canvas.drawCircle(x, y, radius, paint);
    }

    @Override
    public void text(String text, float x, float baseline, float size, int colour) {
        paint.setStyle(Paint.Style.FILL);
        paint.setTextSize(size);
        paint.setColor(colour);
        canvas.drawText(text, x, baseline, paint);
    }

    @Override
    public float textWidth(String text, float size) {
        paint.setTextSize(size);
        return paint.measureText(text);
    }
}
