package ffkeras.demo;

import android.content.Context;
import android.graphics.ImageFormat;
import android.hardware.camera2.CameraAccessException;
import android.hardware.camera2.CameraCaptureSession;
import android.hardware.camera2.CameraCharacteristics;
import android.hardware.camera2.CameraDevice;
import android.hardware.camera2.CameraManager;
import android.hardware.camera2.CaptureRequest;
import android.hardware.camera2.params.StreamConfigurationMap;
import android.media.Image;
import android.media.ImageReader;
import android.os.Handler;
import android.util.Size;
import android.view.Display;
import android.view.Surface;
import ffkeras.picture.FrameSize;
import ffkeras.picture.Turn;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Frames of one camera, on one handler's thread, which also waits for the camera and closes it. */
final class CameraSource {
    private static final int IMAGES = 2; // one is read while the next one arrives

    private final CameraManager manager;
    private final Display display;
    private final Handler handler;
    private final Listener listener;

    // What follows is touched on the handler's thread only.
    private CameraDevice device;
    private ImageReader reader;
    private int opening; // number of the last request: what an older one brings is thrown away

    /** Hears of frames and troubles, on the handler's thread. */
    interface Listener {
        /** A frame, to be read before this returns; `mirrored` where it is to be shown as in a mirror. */
        void onFrame(Image image, Turn turn, boolean mirrored);

        /** There is no camera at all. */
        void onNoCamera();

        /** The camera cannot be opened, or was taken away. */
        void onCameraTrouble(String reason);
    }

    CameraSource(Context context, Display display, Handler handler, Listener listener) {
        this.manager = (CameraManager) context.getSystemService(Context.CAMERA_SERVICE);
        this.display = display;
        this.handler = handler;
        this.listener = listener;
    }

    /** Opens the camera that faces the user, or away, or whichever there is; another that is open is closed. */
    void open(final boolean front) {
        handler.post(new Runnable() {
            @Override
            public void run() {
                closeNow();
                openNow(front);
            }
        });
    }

    /** Closes the camera, soon. */
    void close() {
        handler.post(new Runnable() {
            @Override
            public void run() {
                closeNow();
            }
        });
    }

    private void openNow(boolean front) {
        try {
            String id = find(front);
            if (id == null) {
                listener.onNoCamera();
                return;
            }
            CameraCharacteristics traits = manager.getCameraCharacteristics(id);
            FrameSize size = FrameSize.choose(sizes(traits));
            if (size == null) {
                listener.onCameraTrouble("it gives no YUV frames");
                return;
            }
            reader = ImageReader.newInstance(size.width, size.height, ImageFormat.YUV_420_888, IMAGES);
            reader.setOnImageAvailableListener(new FrameListener(reader, traits), handler);
            manager.openCamera(id, new DeviceListener(opening, traits), handler);
        } catch (CameraAccessException | SecurityException | IllegalArgumentException error) {
            fail(String.valueOf(error.getMessage()));
        }
    }

    private void closeNow() {
        opening++;
        if (device != null) {
            device.close();
            device = null;
        }
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }

    private void fail(String reason) {
        closeNow();
        listener.onCameraTrouble(reason);
    }

    /** The number of a camera on the wanted side, or of any; null where there is none. */
    private String find(boolean front) throws CameraAccessException {
        String[] ids = manager.getCameraIdList();
        int wanted = front ? CameraCharacteristics.LENS_FACING_FRONT : CameraCharacteristics.LENS_FACING_BACK;
        for (String id : ids) {
            Integer facing = manager.getCameraCharacteristics(id).get(CameraCharacteristics.LENS_FACING);
            if (facing != null && facing == wanted) {
                return id;
            }
        }
        return ids.length > 0 ? ids[0] : null;
    }

    private static List<FrameSize> sizes(CameraCharacteristics traits) {
        List<FrameSize> sizes = new ArrayList<FrameSize>();
        StreamConfigurationMap map = traits.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP);
        Size[] offered = map == null ? null : map.getOutputSizes(ImageFormat.YUV_420_888);
        if (offered != null) {
            for (Size size : offered) {
                sizes.add(new FrameSize(size.getWidth(), size.getHeight()));
            }
        }
        return sizes;
    }

    private static boolean isFront(CameraCharacteristics traits) {
        Integer facing = traits.get(CameraCharacteristics.LENS_FACING);
        return facing != null && facing == CameraCharacteristics.LENS_FACING_FRONT;
    }

    private int displayDegrees() {
        switch (display.getRotation()) { // asked for every frame: a turn by 180 degrees is no change of configuration
            case Surface.ROTATION_90:
                return 90;
            case Surface.ROTATION_180:
                return 180;
            case Surface.ROTATION_270:
                return 270;
            default:
                return 0;
        }
    }

    private final class FrameListener implements ImageReader.OnImageAvailableListener {
        private final ImageReader own;
        private final boolean front;
        private final int sensorOrientation;

        FrameListener(ImageReader own, CameraCharacteristics traits) {
            this.own = own;
            this.front = isFront(traits);
            Integer degrees = traits.get(CameraCharacteristics.SENSOR_ORIENTATION);
            this.sensorOrientation = degrees == null ? 0 : degrees;
        }

        @Override
        public void onImageAvailable(ImageReader source) {
            if (reader != own) {
                return; // closed since the frame was announced
            }
            try (Image image = source.acquireLatestImage()) {
                if (image != null) {
                    listener.onFrame(image, Turn.ofCamera(sensorOrientation, displayDegrees(), front), front);
                }
            }
        }
    }

    private final class DeviceListener extends CameraDevice.StateCallback {
        private final int number;
        private final CameraCharacteristics traits;

        DeviceListener(int number, CameraCharacteristics traits) {
            this.number = number;
            this.traits = traits;
        }

        @Override
        public void onOpened(CameraDevice opened) {
            if (number != opening) {
                opened.close();
                return;
            }
            device = opened;
            try {
                List<Surface> surfaces = Collections.singletonList(reader.getSurface());
                opened.createCaptureSession(surfaces, new SessionListener(number, traits), handler);
            } catch (CameraAccessException | IllegalStateException | IllegalArgumentException error) {
                fail(String.valueOf(error.getMessage()));
            }
        }

        @Override
        public void onDisconnected(CameraDevice lost) {
            end(lost, "another app took it");
        }

        @Override
        public void onError(CameraDevice lost, int code) {
            end(lost, "error " + code);
        }

        private void end(CameraDevice lost, String reason) {
            lost.close();
            if (number == opening) {
                fail(reason);
            }
        }
    }

    private final class SessionListener extends CameraCaptureSession.StateCallback {
        private final int number;
        private final CameraCharacteristics traits;

        SessionListener(int number, CameraCharacteristics traits) {
            this.number = number;
            this.traits = traits;
        }

        @Override
        public void onConfigured(CameraCaptureSession session) {
            if (number != opening) {
                return;
            }
            try {
                CaptureRequest.Builder request = device.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW);
                request.addTarget(reader.getSurface());
                if (canFocusContinuously()) {
                    request.set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE);
                }
                session.setRepeatingRequest(request.build(), null, handler);
            } catch (CameraAccessException | IllegalStateException | IllegalArgumentException error) {
                fail(String.valueOf(error.getMessage()));
            }
        }

        @Override
        public void onConfigureFailed(CameraCaptureSession session) {
            if (number == opening) {
                fail("it refuses the frame size");
            }
        }

        private boolean canFocusContinuously() {
            int[] modes = traits.get(CameraCharacteristics.CONTROL_AF_AVAILABLE_MODES);
            for (int mode : modes == null ? new int[0] : modes) {
                if (mode == CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE) {
                    return true;
                }
            }
            return false;
        }
    }
}
