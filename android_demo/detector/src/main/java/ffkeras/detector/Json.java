package ffkeras.detector;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A strict JSON reader (RFC 8259).
 *
 * <p>The JVM has none, Android's own reads much that is not JSON, and both leave out where whole numbers end and
 * fractions begin, which the record's checks need.
 */
final class Json {
    private static final int DEEPEST = 100; // objects and lists in each other
    private static final int LONGEST_WHOLE = 300; // digits; longer numbers are read as floating point
    private static final Pattern NUMBER = Pattern.compile("(-?(?:0|[1-9][0-9]*))(\\.[0-9]+)?([eE][-+]?[0-9]+)?");

    private final String text;
    private int position;
    private int depth;

    private Json(String text) {
        this.text = text;
    }

    /**
     * The value of a JSON text: Map, List, String, Boolean, BigInteger (a whole number), Double, or null.
     *
     * @throws JsonException not JSON, or nested beyond all reason
     */
    static Object parse(String text) throws JsonException {
        Json json = new Json(text);
        json.skipBlanks();
        Object value = json.value();
        json.skipBlanks();
        if (json.position < text.length()) {
            throw json.error("Extra data", json.position);
        }
        return value;
    }

    private Object value() throws JsonException {
        char first = peek();
        if (first == '"') {
            position++;
            return string();
        }
        if (first == '{' || first == '[') {
            if (++depth > DEEPEST) {
                throw new JsonException("it is nested too deeply");
            }
            position++;
            Object value = first == '{' ? object() : array();
            depth--;
            return value;
        }
        return word();
    }

    private Object word() throws JsonException {
        String[] words = {"null", "true", "false"};
        Object[] meanings = {null, Boolean.TRUE, Boolean.FALSE};
        for (String other : new String[] {"NaN", "Infinity", "-Infinity"}) {
            if (text.startsWith(other, position)) {
                throw new JsonException(other + " is no JSON");
            }
        }
        for (int i = 0; i < words.length; i++) {
            if (text.startsWith(words[i], position)) {
                position += words[i].length();
                return meanings[i];
            }
        }
        Matcher number = NUMBER.matcher(text).region(position, text.length());
        if (!number.lookingAt()) {
            throw error("Expecting value", position);
        }
        position = number.end();
        boolean whole = number.group(2) == null && number.group(3) == null && number.group().length() <= LONGEST_WHOLE;
        return whole ? (Object) new BigInteger(number.group()) : (Object) Double.valueOf(number.group());
    }

    private Map<String, Object> object() throws JsonException {
        Map<String, Object> members = new LinkedHashMap<String, Object>();
        skipBlanks();
        if (peek() == '}') {
            position++;
            return members;
        }
        while (true) {
            if (peek() != '"') {
                throw error("Expecting property name enclosed in double quotes", position);
            }
            position++;
            String key = string();
            skipBlanks();
            if (peek() != ':') {
                throw error("Expecting ':' delimiter", position);
            }
            position++;
            skipBlanks();
            members.put(key, value());
            if (isLast('}')) {
                return members;
            }
        }
    }

    private List<Object> array() throws JsonException {
        List<Object> items = new ArrayList<Object>();
        skipBlanks();
        if (peek() == ']') {
            position++;
            return items;
        }
        while (true) {
            items.add(value());
            if (isLast(']')) {
                return items;
            }
        }
    }

    /** Reads on past a comma (false) or the closing bracket (true). */
    private boolean isLast(char closing) throws JsonException {
        skipBlanks();
        char next = peek();
        if (next != ',' && next != closing) {
            throw error("Expecting ',' delimiter", position);
        }
        position++;
        if (next == ',') {
            skipBlanks();
        }
        return next == closing;
    }

    private String string() throws JsonException {
        int begin = position - 1;
        StringBuilder read = new StringBuilder();
        while (true) {
            if (position >= text.length()) {
                throw error("Unterminated string starting at", begin);
            }
            char next = text.charAt(position);
            if (next == '"') {
                position++;
                return read.toString();
            }
            if (next < ' ') {
                throw error("Invalid control character at", position);
            }
            position++;
            read.append(next == '\\' ? escaped(begin) : next);
        }
    }

    private char escaped(int begin) throws JsonException {
        if (position >= text.length()) {
            throw error("Unterminated string starting at", begin);
        }
        char letter = text.charAt(position);
        if (letter == 'u') {
            return unicode();
        }
        int known = "\"\\/bfnrt".indexOf(letter);
        if (known < 0) {
            throw error("Invalid \\escape", position - 1);
        }
        position++;
        return "\"\\/\b\f\n\r\t".charAt(known);
    }

    private char unicode() throws JsonException {
        int start = position + 1;
        int value = 0;
        for (int i = start; i < start + 4; i++) {
            int digit = i < text.length() ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                throw error("Invalid \\uXXXX escape", position);
            }
            value = value << 4 | digit;
        }
        position = start + 4;
        return (char) value;
    }

    private char peek() {
        return position < text.length() ? text.charAt(position) : '\0';
    }

    private void skipBlanks() {
        while (" \t\n\r".indexOf(peek()) >= 0) {
            position++;
        }
    }

    private JsonException error(String reason, int where) {
        int line = 1;
        int lineStart = 0;
        for (int i = 0; i < where; i++) {
            if (text.charAt(i) == '\n') {
                line++;
                lineStart = i + 1;
            }
        }
        int column = where - lineStart + 1;
        return new JsonException(reason + ": line " + line + " column " + column + " (char " + where + ")");
    }
}
