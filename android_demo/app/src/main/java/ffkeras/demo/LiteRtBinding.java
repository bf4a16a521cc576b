package ffkeras.demo;

import ffkeras.detector.TensorDetails;
import ffkeras.detector.TfliteBinding;
import ffkeras.detector.TfliteGraph;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tensorflow.lite.Interpreter;
import org.tensorflow.lite.Tensor;

/** The way to TFLite's interpreter on Android: org.tensorflow.lite, of LiteRT or of TensorFlow Lite. */
final class LiteRtBinding implements TfliteBinding {
    @Override
    public TfliteGraph load(byte[] model, int threads) throws LoadException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(model.length).order(ByteOrder.nativeOrder());
        bytes.put(model);
        try {
            Interpreter.Options options = new Interpreter.Options();
            options.setNumThreads(threads);
            Interpreter interpreter = new Interpreter(bytes, options);
            interpreter.allocateTensors();
            return new Graph(interpreter);
        } catch (IllegalArgumentException | IllegalStateException error) {
            throw new LoadException(error.getMessage(), error);
        } catch (LinkageError error) { // the native library is missing, or is for another processor
            throw new LoadException(error.toString(), error);
        }
    }

    private static final class Graph implements TfliteGraph {
        private final Interpreter interpreter;

        Graph(Interpreter interpreter) {
            this.interpreter = interpreter;
        }

        @Override
        public List<TensorDetails> inputs() {
            List<TensorDetails> inputs = new ArrayList<TensorDetails>();
            for (int i = 0; i < interpreter.getInputTensorCount(); i++) {
                inputs.add(details(interpreter.getInputTensor(i)));
            }
            return inputs;
        }

        @Override
        public List<TensorDetails> outputs() {
            List<TensorDetails> outputs = new ArrayList<TensorDetails>();
            for (int i = 0; i < interpreter.getOutputTensorCount(); i++) {
                outputs.add(details(interpreter.getOutputTensor(i)));
            }
            return outputs;
        }

        @Override
        public void invoke(ByteBuffer input, ByteBuffer[] outputs) {
            ((Buffer) input).rewind(); // of Buffer: Android 7 has no other, whatever is compiled against
            Map<Integer, Object> byIndex = new HashMap<Integer, Object>();
            for (int i = 0; i < outputs.length; i++) {
                ((Buffer) outputs[i]).rewind();
                byIndex.put(i, outputs[i]);
            }
            interpreter.runForMultipleInputsOutputs(new Object[] {input}, byIndex);
        }

        @Override
        public void close() {
            interpreter.close();
        }

        private static TensorDetails details(Tensor tensor) {
            String type = tensor.dataType().name().toLowerCase(Locale.ROOT);
            Tensor.QuantizationParams quantisation = tensor.quantizationParams();
            return new TensorDetails(
                    tensor.name(), type, tensor.shape(), quantisation.getScale(), quantisation.getZeroPoint());
        }
    }
}
