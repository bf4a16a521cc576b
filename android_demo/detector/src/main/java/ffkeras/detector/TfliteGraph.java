package ffkeras.detector;

import java.nio.ByteBuffer;
import java.util.List;

/** One loaded .tflite file of any TFLite binding, ready to run. Not for use from several threads at once. */
public interface TfliteGraph {
    /** The input tensors in the binding's order. */
    List<TensorDetails> inputs();

    /** The output tensors in the binding's order. */
    List<TensorDetails> outputs();

    /**
     * Runs the graph.
     *
     * @param input a direct buffer of the only input, in the machine's byte order; its position is not looked at
     * @param outputs direct buffers for all outputs, in the order of `outputs()`; written from position 0
     */
    void invoke(ByteBuffer input, ByteBuffer[] outputs);

    /** Frees what the binding holds; the graph cannot be used afterwards. */
    void close();
}
