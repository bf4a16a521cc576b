package ffkeras.detector;

import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/** A request of the tests in Python, read by kind. */
final class Request {
    private final Map<String, Object> values;

    Request(Map<String, Object> values) {
        this.values = values;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    String text(String name) {
        return (String) values.get(name);
    }

    int whole(String name) {
        return ((Number) values.get(name)).intValue();
    }

    double number(String name) {
        return ((Number) values.get(name)).doubleValue();
    }

    boolean is(String name) {
        return Boolean.TRUE.equals(values.get(name));
    }

    double[] numbers(String name) {
        return numbers((List<?>) values.get(name));
    }

    /** A list of lists of numbers. */
    List<double[]> rows(String name) {
        List<double[]> rows = new ArrayList<double[]>();
        for (Object row : (List<?>) values.get(name)) {
            rows.add(numbers((List<?>) row));
        }
        return rows;
    }

    private static double[] numbers(List<?> list) {
        double[] numbers = new double[list.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = ((Number) list.get(i)).doubleValue();
        }
        return numbers;
    }

    /** A list of objects. */
    List<Request> requests(String name) {
        List<Request> requests = new ArrayList<Request>();
        for (Object value : (List<?>) values.get(name)) {
            @SuppressWarnings("unchecked")
            Map<String, Object> object = (Map<String, Object>) value;
            requests.add(new Request(object));
        }
        return requests;
    }

    byte[] file(String name) throws IOException {
        return Files.readAllBytes(new File(text(name)).toPath());
    }

    ByteBuffer buffer(String name) throws IOException {
        return ByteBuffer.wrap(file(name)).order(ByteOrder.nativeOrder());
    }

    /** A lossless image file. */
    BgrImage image(String name) throws IOException {
        BufferedImage image = ImageIO.read(new File(text(name)));
        int width = image.getWidth();
        int height = image.getHeight();
        return BgrImage.fromArgb(image.getRGB(0, 0, width, height, null, 0, width), width, height);
    }
}
