package ffkeras.detector;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.Map;

/**
 * Lets the tests in Python drive the library: a JSON request a line in, a JSON reply a line out. A reply is
 * `{"error": sentence}` where the library gave one, and `{"crash": what}` where it did not but should have.
 */
public final class Driver {
    private Driver() {}

    /** Answers requests until there are no more. */
    public static void main(String[] arguments) throws Exception {
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        PrintStream replies = new PrintStream(System.out, true, "UTF-8");
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            @SuppressWarnings("unchecked")
            Map<String, Object> request = (Map<String, Object>) Json.parse(line);
            replies.println(answer(new Request(request)));
        }
    }

    private static String answer(Request request) throws Exception {
        try {
            switch (request.text("do")) {
                case "record":
                    return DetectionChecks.record(request);
                case "parse":
                    return DetectionChecks.parse(request);
                case "letterbox":
                    return DetectionChecks.letterbox(request);
                case "replay":
                    return DetectionChecks.replay(request);
                case "decode":
                    return DetectionChecks.decode(request);
                case "detect":
                    return DetectionChecks.detect(request);
                case "exif":
                    return PictureChecks.exif(request);
                case "turn":
                    return PictureChecks.turn(request);
                case "yuv":
                    return PictureChecks.yuv(request);
                case "paint":
                    return PictureChecks.paint(request);
                default:
                    throw new IllegalArgumentException("nobody answers " + request.text("do"));
            }
        } catch (UserError error) {
            return Reply.error(error.getMessage());
        } catch (RuntimeException error) { // what the app would end by
            error.printStackTrace();
            return "{\"crash\": " + Reply.quoted(error.toString()) + "}";
        }
    }
}
