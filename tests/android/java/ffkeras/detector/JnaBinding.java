package ffkeras.detector;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** TFLite's interpreter on a JVM: its C interface (tensorflow/lite/c/c_api.h) through JNA. */
final class JnaBinding implements TfliteBinding {
    private static final int OK = 0;
    private static final int FLOAT32 = 1;
    private static final int INT8 = 9;

    private final TfliteC library;

    /** A binding to a shared library. */
    JnaBinding(String path) {
        library = Native.load(path, TfliteC.class);
    }

    /** The functions of TFLite's C interface that are used. */
    public interface TfliteC extends Library {
        Pointer TfLiteModelCreate(Pointer data, long size);

        Pointer TfLiteInterpreterOptionsCreate();

        void TfLiteInterpreterOptionsSetNumThreads(Pointer options, int threads);

        Pointer TfLiteInterpreterCreate(Pointer model, Pointer options);

        void TfLiteInterpreterOptionsDelete(Pointer options);

        void TfLiteInterpreterDelete(Pointer interpreter);

        void TfLiteModelDelete(Pointer model);

        int TfLiteInterpreterAllocateTensors(Pointer interpreter);

        int TfLiteInterpreterInvoke(Pointer interpreter);

        int TfLiteInterpreterGetInputTensorCount(Pointer interpreter);

        int TfLiteInterpreterGetOutputTensorCount(Pointer interpreter);

        Pointer TfLiteInterpreterGetInputTensor(Pointer interpreter, int index);

        Pointer TfLiteInterpreterGetOutputTensor(Pointer interpreter, int index);

        String TfLiteTensorName(Pointer tensor);

        int TfLiteTensorType(Pointer tensor);

        int TfLiteTensorNumDims(Pointer tensor);

        int TfLiteTensorDim(Pointer tensor, int axis);

        Quantisation TfLiteTensorQuantizationParams(Pointer tensor);

        int TfLiteTensorCopyFromBuffer(Pointer tensor, ByteBuffer data, long size);

        int TfLiteTensorCopyToBuffer(Pointer tensor, ByteBuffer data, long size);
    }

    /** TfLiteQuantizationParams. */
    @Structure.FieldOrder({"scale", "zero_point"})
    public static final class Quantisation extends Structure implements Structure.ByValue {
        public float scale;
        public int zero_point;
    }

    @Override
    public TfliteGraph load(byte[] model, int threads) throws LoadException {
        Memory bytes = new Memory(Math.max(1, model.length));
        bytes.write(0, model, 0, model.length);
        Pointer loaded = library.TfLiteModelCreate(bytes, model.length);
        if (loaded == null) {
            throw new LoadException("no TFLite model", null);
        }
        Pointer options = library.TfLiteInterpreterOptionsCreate();
        library.TfLiteInterpreterOptionsSetNumThreads(options, threads);
        Pointer interpreter = library.TfLiteInterpreterCreate(loaded, options);
        library.TfLiteInterpreterOptionsDelete(options);
        if (interpreter == null || library.TfLiteInterpreterAllocateTensors(interpreter) != OK) {
            throw new LoadException("the interpreter refuses it", null);
        }
        return new Graph(bytes, loaded, interpreter);
    }

    private final class Graph implements TfliteGraph {
        private final Memory bytes; // TFLite reads it for as long as the interpreter lives
        private final Pointer model;
        private final Pointer interpreter;

        Graph(Memory bytes, Pointer model, Pointer interpreter) {
            this.bytes = bytes;
            this.model = model;
            this.interpreter = interpreter;
        }

        @Override
        public List<TensorDetails> inputs() {
            List<TensorDetails> inputs = new ArrayList<TensorDetails>();
            for (int i = 0; i < library.TfLiteInterpreterGetInputTensorCount(interpreter); i++) {
                inputs.add(details(library.TfLiteInterpreterGetInputTensor(interpreter, i)));
            }
            return inputs;
        }

        @Override
        public List<TensorDetails> outputs() {
            List<TensorDetails> outputs = new ArrayList<TensorDetails>();
            for (int i = 0; i < library.TfLiteInterpreterGetOutputTensorCount(interpreter); i++) {
                outputs.add(details(library.TfLiteInterpreterGetOutputTensor(interpreter, i)));
            }
            return outputs;
        }

        @Override
        public void invoke(ByteBuffer input, ByteBuffer[] outputs) {
            input.clear();
            Pointer tensor = library.TfLiteInterpreterGetInputTensor(interpreter, 0);
            check(library.TfLiteTensorCopyFromBuffer(tensor, input, input.capacity()));
            check(library.TfLiteInterpreterInvoke(interpreter));
            for (int i = 0; i < outputs.length; i++) {
                outputs[i].clear();
                Pointer output = library.TfLiteInterpreterGetOutputTensor(interpreter, i);
                check(library.TfLiteTensorCopyToBuffer(output, outputs[i], outputs[i].capacity()));
            }
        }

        @Override
        public void close() {
            library.TfLiteInterpreterDelete(interpreter);
            library.TfLiteModelDelete(model);
            bytes.close();
        }

        private TensorDetails details(Pointer tensor) {
            int[] shape = new int[library.TfLiteTensorNumDims(tensor)];
            for (int axis = 0; axis < shape.length; axis++) {
                shape[axis] = library.TfLiteTensorDim(tensor, axis);
            }
            int code = library.TfLiteTensorType(tensor);
            String type = code == INT8 ? "int8" : code == FLOAT32 ? "float32" : "type " + code;
            Quantisation quantisation = library.TfLiteTensorQuantizationParams(tensor);
            String name = library.TfLiteTensorName(tensor);
            return new TensorDetails(name, type, shape, quantisation.scale, quantisation.zero_point);
        }

        private void check(int status) {
            if (status != OK) {
                throw new IllegalStateException("TFLite gives status " + status);
            }
        }
    }
}
