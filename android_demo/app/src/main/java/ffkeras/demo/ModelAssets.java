package ffkeras.demo;

import android.content.Context;
import ffkeras.detector.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The models that the app was built with: the assets below `models/`. */
final class ModelAssets {
    private static final String FOLDER = "models";
    private static final int BLOCK = 1 << 16; // bytes

    private final Context context;

    ModelAssets(Context context) {
        this.context = context;
    }

    /** File names in the order of the alphabet. */
    List<String> names() {
        List<String> names = new ArrayList<String>();
        try {
            for (String name : context.getAssets().list(FOLDER)) {
                if (name.endsWith(".tflite")) {
                    names.add(name);
                }
            }
        } catch (IOException error) {
            return names; // a package without assets: told as one without models
        }
        Collections.sort(names);
        return names;
    }

    /** A file's bytes. */
    byte[] read(String name) throws UserError {
        try (InputStream stream = context.getAssets().open(FOLDER + "/" + name)) {
            return readAll(stream);
        } catch (IOException error) {
            throw new UserError(context.getString(R.string.model_missing, name, error.getMessage()), error);
        }
    }

    /** All bytes of a stream. */
    static byte[] readAll(InputStream stream) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] block = new byte[BLOCK];
        for (int count = stream.read(block); count >= 0; count = stream.read(block)) {
            bytes.write(block, 0, count);
        }
        return bytes.toByteArray();
    }
}
