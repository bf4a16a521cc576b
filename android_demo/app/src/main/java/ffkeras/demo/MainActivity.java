package ffkeras.demo;

import android.Manifest;
import android.app.Activity;
import android.content.ActivityNotFoundException;
import android.content.Intent;
import android.content.pm.PackageManager;
import android.content.res.Configuration;
import android.media.Image;
import android.net.Uri;
import android.os.Bundle;
import android.provider.Settings;
import android.view.View;
import android.view.WindowManager;
import android.widget.AdapterView;
import android.widget.ArrayAdapter;
import android.widget.Button;
import android.widget.LinearLayout;
import android.widget.Spinner;
import android.widget.TextView;
import android.widget.Toast;
import ffkeras.detector.StageTimes;
import ffkeras.picture.Turn;
import java.util.ArrayList;
import java.util.List;

/** The only screen: camera or picture with its faces, and what can be chosen. */
public final class MainActivity extends Activity {
    private static final int PERMISSION_REQUEST = 1;
    private static final int PICTURE_REQUEST = 2;
    private static final int MOST_THREADS = 8;
    private static final String STATE_FRONT = "front";

    private DetectionWorker worker;
    private CameraSource camera;
    private boolean front;
    private boolean showsPicture;
    private boolean isResumed;
    private boolean hasModels;
    private int permissionRequests; // since the app was started

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        getWindow().addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
        setContentView(R.layout.main);
        arrange(getResources().getConfiguration());
        front = state != null && state.getBoolean(STATE_FRONT);
        worker = new DetectionWorker(this, (FaceView) findViewById(R.id.faces), new Results());
        camera = new CameraSource(
                this, getWindowManager().getDefaultDisplay(), worker.handler(), new Frames());
        fillSpinners();
        findViewById(R.id.camera).setOnClickListener(new View.OnClickListener() {
            @Override
            public void onClick(View button) {
                front = showsPicture ? front : !front;
                leavePicture();
                startCamera();
            }
        });
        findViewById(R.id.picture).setOnClickListener(new View.OnClickListener() {
            @Override
            public void onClick(View button) {
                choosePicture();
            }
        });
    }

    @Override
    public void onConfigurationChanged(Configuration configuration) {
        super.onConfigurationChanged(configuration);
        arrange(configuration);
    }

    @Override
    protected void onSaveInstanceState(Bundle state) {
        super.onSaveInstanceState(state);
        state.putBoolean(STATE_FRONT, front);
    }

    @Override
    protected void onResume() {
        super.onResume();
        isResumed = true;
        if (!showsPicture) {
            startCamera();
        }
    }

    @Override
    protected void onPause() {
        isResumed = false;
        camera.close();
        super.onPause();
    }

    @Override
    protected void onDestroy() {
        worker.close();
        super.onDestroy();
    }

    @Override
    public void onRequestPermissionsResult(int request, String[] permissions, int[] results) {
        if (isResumed && !showsPicture) { // else onResume goes on
            startCamera();
        }
    }

    @Override
    protected void onActivityResult(int request, int result, Intent data) {
        if (request == PICTURE_REQUEST && result == RESULT_OK && data != null && data.getData() != null) {
            hideTrouble();
            showsPicture = true;
            camera.close();
            setCameraButton(R.string.to_camera);
            worker.openPicture(data.getData());
        }
    }

    /** Puts the controls below the picture, or beside it on a wide screen. */
    private void arrange(Configuration configuration) {
        boolean wide = configuration.orientation == Configuration.ORIENTATION_LANDSCAPE;
        int all = LinearLayout.LayoutParams.MATCH_PARENT;
        int beside = getResources().getDimensionPixelSize(R.dimen.controls_beside);
        ((LinearLayout) findViewById(R.id.screen))
                .setOrientation(wide ? LinearLayout.HORIZONTAL : LinearLayout.VERTICAL);
        findViewById(R.id.picture_area)
                .setLayoutParams(new LinearLayout.LayoutParams(wide ? 0 : all, wide ? all : 0, 1));
        findViewById(R.id.controls).setLayoutParams(wide
                ? new LinearLayout.LayoutParams(beside, all)
                : new LinearLayout.LayoutParams(all, LinearLayout.LayoutParams.WRAP_CONTENT));
    }

    private void fillSpinners() {
        final List<String> names = new ModelAssets(this).names();
        List<String> threads = new ArrayList<String>();
        int processors = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
        for (int count = 1; count <= processors; count++) {
            threads.add(String.valueOf(count));
        }
        fill(R.id.models, names);
        fill(R.id.threads, threads);
        hasModels = !names.isEmpty();
    }

    private void fill(int id, List<String> entries) {
        Spinner spinner = (Spinner) findViewById(id);
        ArrayAdapter<String> adapter =
                new ArrayAdapter<String>(this, android.R.layout.simple_spinner_item, entries);
        adapter.setDropDownViewResource(android.R.layout.simple_spinner_dropdown_item);
        spinner.setAdapter(adapter);
        spinner.setOnItemSelectedListener(new AdapterView.OnItemSelectedListener() {
            @Override
            public void onItemSelected(AdapterView<?> parent, View item, int position, long row) {
                selectModel();
            }

            @Override
            public void onNothingSelected(AdapterView<?> parent) {}
        });
    }

    private void selectModel() {
        Object model = ((Spinner) findViewById(R.id.models)).getSelectedItem();
        int threads = ((Spinner) findViewById(R.id.threads)).getSelectedItemPosition() + 1;
        if (model != null && threads > 0) {
            worker.selectModel(model.toString(), threads);
        }
    }

    private void startCamera() {
        hideTrouble();
        if (!hasModels) {
            showTrouble(getString(R.string.no_models), 0, null);
        } else if (checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED) {
            camera.open(front);
        } else if (permissionRequests == 0) {
            requestCamera();
        } else if (permissionRequests == 1 || shouldShowRequestPermissionRationale(Manifest.permission.CAMERA)) {
            showTrouble(getString(R.string.camera_denied), R.string.allow_camera, new View.OnClickListener() {
                @Override
                public void onClick(View button) {
                    requestCamera();
                }
            });
        } else {
            showTrouble(getString(R.string.camera_denied_for_good), R.string.open_settings, new View.OnClickListener() {
                @Override
                public void onClick(View button) {
                    Uri own = Uri.fromParts("package", getPackageName(), null);
                    startActivity(new Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, own));
                }
            });
        }
    }

    private void requestCamera() {
        permissionRequests++;
        requestPermissions(new String[] {Manifest.permission.CAMERA}, PERMISSION_REQUEST);
    }

    private void choosePicture() {
        Intent intent = new Intent(Intent.ACTION_OPEN_DOCUMENT);
        intent.addCategory(Intent.CATEGORY_OPENABLE);
        intent.setType("image/*");
        try {
            startActivityForResult(intent, PICTURE_REQUEST);
        } catch (ActivityNotFoundException error) {
            Toast.makeText(this, R.string.no_gallery, Toast.LENGTH_LONG).show();
        }
    }

    private void leavePicture() {
        if (showsPicture) {
            showsPicture = false;
            worker.leavePicture();
            setCameraButton(R.string.switch_camera);
        }
    }

    private void setCameraButton(int text) {
        ((Button) findViewById(R.id.camera)).setText(text);
    }

    /** Shows a sentence over the picture, with a button that helps where `label` is not 0. */
    private void showTrouble(String sentence, int label, View.OnClickListener remedy) {
        ((TextView) findViewById(R.id.sentence)).setText(sentence);
        Button button = (Button) findViewById(R.id.remedy);
        button.setVisibility(label == 0 ? View.GONE : View.VISIBLE);
        if (label != 0) {
            button.setText(label);
            button.setOnClickListener(remedy);
        }
        findViewById(R.id.trouble).setVisibility(View.VISIBLE);
        ((TextView) findViewById(R.id.status)).setText("");
    }

    private void hideTrouble() {
        findViewById(R.id.trouble).setVisibility(View.GONE);
    }

    /** What the worker tells, on the main thread. */
    private final class Results implements DetectionWorker.Listener {
        @Override
        public void onFaces(int count, StageTimes times, double rate) {
            hideTrouble();
            String faces = getResources().getQuantityString(R.plurals.faces, count, count);
            int text = rate > 0 ? R.string.times_and_rate : R.string.times;
            ((TextView) findViewById(R.id.status))
                    .setText(getString(text, faces, times.before, times.network, times.after, rate));
        }

        @Override
        public void onTrouble(String sentence) {
            showTrouble(sentence, 0, null);
        }
    }

    /** What the camera gives, on the worker's thread. */
    private final class Frames implements CameraSource.Listener {
        @Override
        public void onFrame(Image image, Turn turn, boolean mirrored) {
            worker.search(image, turn, mirrored);
        }

        @Override
        public void onNoCamera() {
            tell(getString(R.string.no_camera));
        }

        @Override
        public void onCameraTrouble(String reason) {
            tell(getString(R.string.camera_in_use, reason));
        }

        private void tell(final String sentence) {
            runOnUiThread(new Runnable() {
                @Override
                public void run() {
                    showTrouble(sentence, R.string.try_again, new View.OnClickListener() {
                        @Override
                        public void onClick(View button) {
                            startCamera();
                        }
                    });
                }
            });
        }
    }
}
