package ffkeras.detector;

import ffkeras.picture.ExifOrientation;
import ffkeras.picture.FacePainter;
import ffkeras.picture.Turn;
import ffkeras.picture.ViewFit;
import ffkeras.picture.YuvConverter;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/** Requests about what lies between a camera or a gallery and the detector, and between it and the screen. */
final class PictureChecks {
    private PictureChecks() {}

    /** The EXIF orientation of `file`. */
    static String exif(Request request) throws IOException {
        return "{\"orientation\": " + ExifOrientation.read(request.file("file")) + "}";
    }

    /** Turns raw `pixels` as the EXIF orientation asks and writes them to `output`. */
    static String turn(Request request) throws IOException {
        BgrImage image = new BgrImage(request.whole("width"), request.whole("height"), request.file("pixels"));
        return write(Turn.ofExif(request.whole("orientation")).apply(image), request);
    }

    /** Converts planes, files `y`, `u` and `v` with their strides, to an upright picture at `output`. */
    static String yuv(Request request) throws IOException {
        Turn turn = new Turn(request.whole("degrees"), request.is("mirrored"));
        BgrImage upright = new YuvConverter().convert(
                request.whole("width"), request.whole("height"), plane(request, "y"), plane(request, "u"),
                plane(request, "v"), turn);
        return write(upright, request);
    }

    /** What the app's view would show: `image` and `faces` in a view, written to `output` as PNG. */
    static String paint(Request request) throws IOException {
        BgrImage image = request.image("image");
        int width = request.whole("view_width");
        int height = request.whole("view_height");
        BufferedImage screen = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = screen.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        ViewFit fit = new ViewFit(image.width, image.height, width, height, request.is("mirrored"));
        drawPicture(graphics, image, fit);
        new FacePainter((float) request.number("unit"))
                .paint(faces(request.requests("faces")), fit, new Java2dBrush(graphics));
        graphics.dispose();
        ImageIO.write(screen, "png", new File(request.text("output")));
        return "{}";
    }

    private static void drawPicture(Graphics2D graphics, BgrImage image, ViewFit fit) {
        int[] colours = new int[image.width * image.height];
        image.toArgb(colours);
        BufferedImage picture = new BufferedImage(image.width, image.height, BufferedImage.TYPE_INT_ARGB);
        picture.setRGB(0, 0, image.width, image.height, colours, 0, image.width);
        int left = Math.round(fit.x(0));
        int right = Math.round(fit.x(image.width));
        int top = Math.round(fit.y(0));
        int bottom = Math.round(fit.y(image.height));
        graphics.drawImage(picture, left, top, right, bottom, 0, 0, image.width, image.height, null);
    }

    private static List<Face> faces(List<Request> described) {
        List<Face> faces = new ArrayList<Face>();
        for (Request face : described) {
            faces.add(new Face(floats(face.numbers("box")), (float) face.number("score"),
                    floats(face.numbers("landmarks"))));
        }
        return faces;
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private static YuvConverter.Plane plane(Request request, String name) throws IOException {
        ByteBuffer bytes = request.buffer(name);
        return new YuvConverter.Plane(
                bytes, request.whole(name + "_row_stride"), request.whole(name + "_pixel_stride"));
    }

    private static String write(BgrImage image, Request request) throws IOException {
        Files.write(new File(request.text("output")).toPath(), image.pixels);
        return "{\"width\": " + image.width + ", \"height\": " + image.height + "}";
    }
}
