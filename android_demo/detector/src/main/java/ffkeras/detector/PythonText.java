package ffkeras.detector;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Values as Python writes them, so that a sentence about a file reads the same on a phone and on a workstation. */
final class PythonText {
    private PythonText() {}

    /** Python's repr() of a value that came from JSON; lists with square brackets. */
    static String of(Object value) {
        if (value == null) {
            return "None";
        }
        if (value instanceof Boolean) {
            return (Boolean) value ? "True" : "False";
        }
        if (value instanceof String) {
            return quoted((String) value);
        }
        if (value instanceof Double) {
            return of(((Double) value).doubleValue());
        }
        if (value instanceof List) {
            return "[" + join((List<?>) value) + "]";
        }
        return value instanceof Map ? of((Map<?, ?>) value) : value.toString();
    }

    /** As a tuple, whose items are tuples where they are lists. */
    static String tuple(List<?> values) {
        List<String> items = new ArrayList<String>();
        for (Object value : values) {
            items.add(value instanceof List ? tuple((List<?>) value) : of(value));
        }
        return "(" + glue(items) + (items.size() == 1 ? ",)" : ")");
    }

    /** A number as Python's shortest text that reads back to it. */
    static String of(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }
        BigDecimal exact = shortest(value);
        int exponent = exact.precision() - exact.scale() - 1;
        if (value == 0 || exponent >= -4 && exponent < 16) {
            String plain = value == 0 ? "0" : exact.toPlainString();
            return (1 / value < 0 && value == 0 ? "-" : "") + plain + (plain.indexOf('.') < 0 ? ".0" : "");
        }
        String digits = exact.unscaledValue().abs().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        String sign = value < 0 ? "-" : "";
        return sign + mantissa + "e" + (exponent < 0 ? "-" : "+") + String.format(Locale.ROOT, "%02d", Math.abs(exponent));
    }

    /** The fewest digits that read back to the value; Double.toString often writes more. */
    private static BigDecimal shortest(double value) {
        BigDecimal all = new BigDecimal(value);
        BigDecimal rounded = all;
        for (int digits = 17; digits > 0; digits--) { // 17 always suffice
            BigDecimal shorter = all.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            if (shorter.doubleValue() != value) {
                break;
            }
            rounded = shorter;
        }
        return rounded.stripTrailingZeros();
    }

    private static String of(Map<?, ?> members) {
        List<String> items = new ArrayList<String>();
        for (Map.Entry<?, ?> member : members.entrySet()) {
            items.add(of(member.getKey()) + ": " + of(member.getValue()));
        }
        return "{" + glue(items) + "}";
    }

    private static String quoted(String text) {
        String quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? "\"" : "'";
        StringBuilder written = new StringBuilder(quote);
        for (char letter : text.toCharArray()) {
            int special = "\\\n\r\t".indexOf(letter);
            if (special >= 0) {
                written.append('\\').append("\\nrt".charAt(special));
            } else if (letter == '\'' && quote.equals("'")) {
                written.append("\\'");
            } else {
                written.append(letter);
            }
        }
        return written.append(quote).toString();
    }

    private static String join(List<?> values) {
        List<String> items = new ArrayList<String>();
        for (Object value : values) {
            items.add(of(value));
        }
        return glue(items);
    }

    private static String glue(List<String> items) {
        StringBuilder text = new StringBuilder();
        for (String item : items) {
            text.append(text.length() == 0 ? "" : ", ").append(item);
        }
        return text.toString();
    }
}
