package ffkeras.demo;

import android.content.Context;
import android.graphics.Canvas;
import android.graphics.Paint;
import android.graphics.RectF;
import android.util.AttributeSet;
import android.view.View;
import ffkeras.picture.FacePainter;
import ffkeras.picture.FrameExchange;
import ffkeras.picture.ViewFit;

/**
 * Shows the picture that was searched, with its faces. It is this picture, not a preview beside it, so that a box never
 * lags behind its face.
 */
public final class FaceView extends View {
    private final FrameExchange<ShownFrame> frames = new FrameExchange<ShownFrame>();
    private final CanvasBrush brush = new CanvasBrush();
    private final FacePainter painter;
    private final Paint smooth = new Paint(Paint.FILTER_BITMAP_FLAG);
    private final RectF place = new RectF();

    /** Called by the layout. */
    public FaceView(Context context, AttributeSet attributes) {
        super(context, attributes);
        painter = new FacePainter(getResources().getDisplayMetrics().density);
    }

    /** Where frames to be shown are published; `postInvalidate` shows them. */
    FrameExchange<ShownFrame> frames() {
        return frames;
    }

    @Override
    protected void onDraw(Canvas canvas) {
        super.onDraw(canvas);
        ShownFrame frame = frames.latest();
        if (frame == null || getWidth() == 0 || getHeight() == 0) {
            return;
        }
        int width = frame.bitmap().getWidth();
        int height = frame.bitmap().getHeight();
        ViewFit fit = new ViewFit(width, height, getWidth(), getHeight(), frame.mirrored());
        place.set(fit.left, fit.top, fit.right, fit.bottom);
        canvas.save();
        if (fit.mirrored) {
            canvas.scale(-1, 1, place.centerX(), 0);
        }
        canvas.drawBitmap(frame.bitmap(), null, place, smooth);
        canvas.restore();
        brush.setCanvas(canvas);
        painter.paint(frame.faces(), fit, brush);
    }
}
