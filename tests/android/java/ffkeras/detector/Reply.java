package ffkeras.detector;

import java.util.List;
import java.util.Locale;

/** JSON for the tests in Python. */
final class Reply {
    private Reply() {}

    static String error(String sentence) {
        return "{\"error\": " + quoted(sentence) + "}";
    }

    static String faces(List<Face> faces) {
        StringBuilder text = new StringBuilder("[");
        for (Face face : faces) {
            text.append(text.length() == 1 ? "" : ", ").append("{\"box\": ").append(numbers(face.box, 2 * 2));
            text.append(", \"score\": ").append(face.score);
            text.append(", \"landmarks\": ").append(numbers(face.landmarks, 2)).append("}");
        }
        return text.append("]").toString();
    }

    static String quoted(String text) {
        StringBuilder written = new StringBuilder("\"");
        for (char letter : text.toCharArray()) {
            if (letter == '"' || letter == '\\') {
                written.append('\\').append(letter);
            } else if (letter < ' ' || letter > '~') {
                written.append(String.format(Locale.ROOT, "\\u%04x", (int) letter));
            } else {
                written.append(letter);
            }
        }
        return written.append('"').toString();
    }

    /** Numbers in rows of `columns`; one row alone where that is all. */
    private static String numbers(float[] values, int columns) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            text.append(i == 0 ? "" : ", ").append(i % columns == 0 && columns < values.length ? "[" : "");
            text.append(values[i]).append(i % columns == columns - 1 && columns < values.length ? "]" : "");
        }
        return "[" + text + "]";
    }
}
