package ffkeras.demo;

import android.content.Context;
import android.media.Image;
import android.net.Uri;
import android.os.Handler;
import android.os.HandlerThread;
import android.os.Looper;
import ffkeras.detector.BgrImage;
import ffkeras.detector.Face;
import ffkeras.detector.FaceDetector;
import ffkeras.detector.Interpreter;
import ffkeras.detector.StageTimes;
import ffkeras.detector.UserError;
import ffkeras.picture.FrameMeter;
import ffkeras.picture.Turn;
import ffkeras.picture.YuvConverter;
import java.util.Collections;
import java.util.List;

/** One thread that loads the network, finds faces in camera frames and pictures, and hands them to the view. */
final class DetectionWorker {
    private static final double NANOSECONDS = 1e6; // in a millisecond
    private static final HandlerThread THREAD = new HandlerThread("detection");

    static { // for as long as the process: a camera that was being opened when the screen was left is closed on it
        THREAD.start();
    }

    private final Context context;
    private final FaceView view;
    private final Listener listener;
    private final Handler handler = new Handler(THREAD.getLooper());
    private final Handler mainThread = new Handler(Looper.getMainLooper());
    private final YuvConverter converter = new YuvConverter();

    // What follows is touched on the worker's thread only.
    private FaceDetector detector;
    private String modelName = "";
    private int modelThreads;
    private String modelTrouble; // why there is no detector; null before a model was chosen
    private FrameMeter meter = new FrameMeter();
    private BgrImage picture; // the one shown; null while the camera is

    /** Hears of results, on the main thread. */
    interface Listener {
        /** Faces were found and are shown; `rate` in frames per second, 0 for a single picture. */
        void onFaces(int count, StageTimes times, double rate);

        /** Something that the user can put right. */
        void onTrouble(String sentence);
    }

    DetectionWorker(Context context, FaceView view, Listener listener) {
        this.context = context;
        this.view = view;
        this.listener = listener;
    }

    /** For what else is to run on the worker's thread. */
    Handler handler() {
        return handler;
    }

    /** Loads another model; a picture that is shown is searched again. */
    void selectModel(final String name, final int threads) {
        handler.post(new Runnable() {
            @Override
            public void run() {
                load(name, threads);
                if (picture != null) {
                    searchPicture();
                }
            }
        });
    }

    /** Reads a picture, searches it and shows it. */
    void openPicture(final Uri uri) {
        handler.post(new Runnable() {
            @Override
            public void run() {
                try {
                    picture = new PictureReader(context).read(uri);
                    searchPicture();
                } catch (UserError error) {
                    tell(error.getMessage());
                }
            }
        });
    }

    /** Frees the picture: the camera is shown from now on. */
    void leavePicture() {
        handler.post(new Runnable() {
            @Override
            public void run() {
                picture = null;
                meter = new FrameMeter();
            }
        });
    }

    /** Searches a camera's frame and shows it. To be called on the worker's thread. */
    void search(Image image, Turn turn, boolean mirrored) {
        if (picture != null) {
            return; // the last frames of a camera that is being closed
        }
        long start = System.nanoTime();
        Image.Plane[] planes = image.getPlanes();
        BgrImage frame = converter.convert(
                image.getWidth(), image.getHeight(), plane(planes[0]), plane(planes[1]), plane(planes[2]), turn);
        double conversion = (System.nanoTime() - start) / NANOSECONDS;
        List<Face> faces = detect(frame);
        show(frame, faces, mirrored);
        if (detector != null) {
            meter.add(conversion, detector.times(), System.nanoTime());
            report(faces.size(), meter.mean(), meter.rate());
        }
    }

    /** Frees the network, after what the thread is doing. */
    void close() {
        handler.post(new Runnable() {
            @Override
            public void run() {
                closeDetector();
            }
        });
    }

    private void load(String name, int threads) {
        if (detector != null && name.equals(modelName) && threads == modelThreads) {
            return; // both lists report their first choice when the screen appears
        }
        closeDetector();
        modelName = name;
        modelThreads = threads;
        meter = new FrameMeter();
        try {
            byte[] model = new ModelAssets(context).read(name);
            detector = new FaceDetector(new Interpreter(model, name, threads, new LiteRtBinding()));
        } catch (UserError error) {
            modelTrouble = error.getMessage();
            tell(modelTrouble);
        }
    }

    private void closeDetector() {
        if (detector != null) {
            detector.close();
            detector = null;
        }
    }

    private void searchPicture() {
        List<Face> faces = detect(picture);
        show(picture, faces, false);
        if (detector != null) {
            report(faces.size(), detector.times(), 0);
        }
    }

    /** The faces; none, and a sentence where there is something to say, where the network cannot be run. */
    private List<Face> detect(BgrImage image) {
        if (detector == null) {
            if (modelTrouble != null) {
                tell(modelTrouble); // again, where another sentence took its place
            }
            return Collections.emptyList();
        }
        try {
            return detector.detect(image);
        } catch (UserError error) {
            tell(error.getMessage());
        } catch (IllegalArgumentException | IllegalStateException error) { // TFLite's own
            closeDetector();
            modelTrouble = context.getString(R.string.inference_failed, modelName, error.getMessage());
            tell(modelTrouble);
        }
        return Collections.emptyList();
    }

    private void show(BgrImage image, List<Face> faces, boolean mirrored) {
        ShownFrame free = view.frames().takeFree();
        ShownFrame frame = free == null ? new ShownFrame() : free;
        frame.set(image, faces, mirrored);
        view.frames().publish(frame);
        view.postInvalidate();
    }

    private static YuvConverter.Plane plane(Image.Plane plane) {
        return new YuvConverter.Plane(plane.getBuffer(), plane.getRowStride(), plane.getPixelStride());
    }

    private void report(final int count, final StageTimes times, final double rate) {
        mainThread.post(new Runnable() {
            @Override
            public void run() {
                listener.onFaces(count, times, rate);
            }
        });
    }

    private void tell(final String sentence) {
        mainThread.post(new Runnable() {
            @Override
            public void run() {
                listener.onTrouble(sentence);
            }
        });
    }
}
