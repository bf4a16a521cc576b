package ffkeras.detector;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Plays the outputs that another interpreter gave, with the tensors that it told of. */
final class ReplayGraph implements TfliteGraph {
    private final List<TensorDetails> inputs;
    private final List<TensorDetails> outputs;
    private final ByteBuffer played;

    /**
     * A graph that plays.
     *
     * @param played bytes of all outputs, one after the other in the order of `outputs`; null for one that never runs
     */
    ReplayGraph(List<Request> inputs, List<Request> outputs, ByteBuffer played) {
        this.inputs = details(inputs);
        this.outputs = details(outputs);
        this.played = played;
    }

    static TfliteBinding binding(final Request request, final ByteBuffer played) {
        return new TfliteBinding() {
            @Override
            public TfliteGraph load(byte[] model, int threads) {
                return new ReplayGraph(request.requests("inputs"), request.requests("outputs"), played);
            }
        };
    }

    @Override
    public List<TensorDetails> inputs() {
        return inputs;
    }

    @Override
    public List<TensorDetails> outputs() {
        return outputs;
    }

    @Override
    public void invoke(ByteBuffer input, ByteBuffer[] buffers) {
        ByteBuffer source = played.duplicate();
        for (ByteBuffer buffer : buffers) {
            buffer.clear();
            while (buffer.hasRemaining()) {
                buffer.put(source.get());
            }
        }
    }

    @Override
    public void close() {}

    private static List<TensorDetails> details(List<Request> tensors) {
        List<TensorDetails> details = new ArrayList<TensorDetails>();
        for (Request tensor : tensors) {
            double[] sides = tensor.numbers("shape");
            int[] shape = new int[sides.length];
            for (int i = 0; i < shape.length; i++) {
                shape[i] = (int) sides[i];
            }
            float scale = (float) tensor.number("scale");
            details.add(new TensorDetails(
                    tensor.text("name"), tensor.text("type"), shape, scale, tensor.whole("zero_point")));
        }
        return details;
    }
}
