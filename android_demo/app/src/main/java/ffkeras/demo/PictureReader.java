package ffkeras.demo;

import android.content.Context;
import android.database.Cursor;
import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.net.Uri;
import android.provider.OpenableColumns;
import ffkeras.detector.BgrImage;
import ffkeras.detector.UserError;
import ffkeras.picture.ExifOrientation;
import ffkeras.picture.PhotoSize;
import ffkeras.picture.Turn;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;

/** Reads a picture that the user chose, upright, and shrunk where it is larger than any network needs. */
final class PictureReader {
    private final Context context;

    PictureReader(Context context) {
        this.context = context;
    }

    /**
     * A picture as BGR.
     *
     * @throws UserError it cannot be read, is no image, or is too large for the device's memory
     */
    BgrImage read(Uri uri) throws UserError {
        String name = name(uri);
        try {
            byte[] file = bytes(uri, name);
            BgrImage image = decode(file, name);
            return Turn.ofExif(ExifOrientation.read(file)).apply(image);
        } catch (OutOfMemoryError error) {
            throw new UserError(context.getString(R.string.picture_too_large, name), error);
        }
    }

    private byte[] bytes(Uri uri, String name) throws UserError {
        try (InputStream stream = context.getContentResolver().openInputStream(uri)) {
            if (stream == null) {
                throw new FileNotFoundException("its app does not answer");
            }
            return ModelAssets.readAll(stream);
        } catch (IOException | RuntimeException error) { // another app's provider may throw anything
            throw new UserError(context.getString(R.string.picture_missing, name, error.getMessage()), error);
        }
    }

    private BgrImage decode(byte[] file, String name) throws UserError {
        BitmapFactory.Options options = new BitmapFactory.Options();
        options.inJustDecodeBounds = true;
        BitmapFactory.decodeByteArray(file, 0, file.length, options);
        options.inSampleSize = PhotoSize.divisor(options.outWidth, options.outHeight);
        options.inJustDecodeBounds = false;
        options.inPreferredConfig = Bitmap.Config.ARGB_8888;
        Bitmap bitmap = BitmapFactory.decodeByteArray(file, 0, file.length, options);
        if (bitmap == null) {
            throw new UserError(context.getString(R.string.picture_unreadable, name));
        }
        int width = bitmap.getWidth();
        int height = bitmap.getHeight();
        int[] colours = new int[width * height];
        bitmap.getPixels(colours, 0, width, 0, 0, width, height);
        bitmap.recycle();
        return BgrImage.fromArgb(colours, width, height);
    }

    private String name(Uri uri) {
        String[] columns = {OpenableColumns.DISPLAY_NAME};
        try (Cursor cursor = context.getContentResolver().query(uri, columns, null, null, null)) {
            if (cursor != null && cursor.moveToFirst() && cursor.getString(0) != null) {
                return cursor.getString(0);
            }
        } catch (RuntimeException error) {
            return uri.toString(); // only a name is lost
        }
        return uri.toString();
    }
}
