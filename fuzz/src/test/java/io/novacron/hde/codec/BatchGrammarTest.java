package io.novacron.hde.codec;

import io.novacron.hde.frame.Frame;
import io.novacron.hde.fuzz.Hostile;
import io.novacron.hde.fuzz.Input;
import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Batches of the right form with numbers that may be anything. */
class BatchGrammarTest {
    /** An operation of a script: the numbers that follow it are read as the type and the marks say. */
    record Operation(int type, int marks, List<Long> numbers, int length) {
        void write(ByteBuffer script) {
            script.put((byte) (type | marks));
            switch (type) {
                case ScriptFormat.VERBATIM -> data(script);
                case ScriptFormat.BLOCKS -> {
                    Leb128.putUnsigned(script, 2);
                    for (int i = 0; i < 2; i++) {
                        Leb128.putUnsigned(script, 1);
                        script.put((byte) ('a' + i));
                        Leb128.putUnsigned(script, numbers.get(i) << 12);
                    }
                }
                default -> {
                    if ((marks & ScriptFormat.BLOCK) != 0) {
                        Leb128.putUnsigned(script, numbers.get(0));
                    }
                    if ((marks & ScriptFormat.MOVED) != 0) {
                        Leb128.putSigned(script, numbers.get(1));
                    }
                    if ((marks & ScriptFormat.SINGLE) == 0) {
                        Leb128.putUnsigned(script, numbers.get(2));
                    }
                    if (type == ScriptFormat.KNOWN) {
                        Leb128.putSigned(script, numbers.get(3));
                    } else if (type == ScriptFormat.OPAQUE) {
                        data(script);
                    }
                }
            }
        }

        private void data(ByteBuffer script) {
            Leb128.putUnsigned(script, length);
            script.put(new byte[length]);
        }
    }

    /** What a batch says of itself: lengths that may be others than those there are, in one of so many. */
    record Body(
            List<Operation> operations, int streamBytes, List<Integer> newPages, List<Integer> deltaPages, long seed) {
        byte[] bytes(boolean raw) {
            ByteBuffer script = ByteBuffer.allocate(1 << 16);
            new Operation(ScriptFormat.BLOCKS, 0, List.of(24L, 3L), 0).write(script);
            operations.forEach(operation -> operation.write(script));
            ByteBuffer body = ByteBuffer.allocate(1 << 20);
            body.putInt(streamBytes);
            if (!raw) {
                body.put((byte) newPages.size()).put((byte) deltaPages.size());
                newPages.forEach(count -> frame(count).write(body));
                deltaPages.forEach(count -> frame(count).write(body));
            }
            body.putInt(script.position()).putInt(script.position()).put(script.flip());
            if (raw) {
                body.putInt(streamBytes).putInt(streamBytes).put(new byte[streamBytes]);
            }
            body.put(new byte[BatchDigest.BYTES]);
            byte[] bytes = new byte[body.position()];
            body.get(0, bytes);
            return Hostile.damaged(bytes, seed);
        }

        private static WireFrame frame(int count) {
            return new WireFrame(Frame.PAGES, Frame.STORED, 0, count, new long[0], new byte[count * Page.SIZE]);
        }
    }

    @Property(tries = 150)
    void batches(@ForAll("bodies") List<Body> bodies, @ForAll @IntRange(max = 3) int agreed, @ForAll int resends) {
        byte[] input = Input.u8(agreed);
        for (int i = 0; i < bodies.size(); i++) {
            boolean raw = ((resends >> i) & 1) != 0;
            byte[] body = bodies.get(i).bytes(raw);
            if (body.length < 1 << 16) {
                input = Input.of(input, Input.u8(raw ? 1 : 0), Input.sized(body));
            }
        }
        BatchFuzz.fuzzerTestOneInput(input);
    }

    @Provide
    Arbitrary<List<Body>> bodies() {
        Arbitrary<Operation> operations = Combinators.combine(
                        Arbitraries.frequencyOf(
                                net.jqwik.api.Tuple.of(
                                        20, Arbitraries.integers().between(1, 7)),
                                net.jqwik.api.Tuple.of(1, Arbitraries.integers().between(0, 15))),
                        Arbitraries.integers().between(0, 15).map(marks -> marks << 4),
                        Hostile.numbers().list().ofSize(4),
                        Arbitraries.integers().between(0, 30))
                .as(Operation::new);
        Arbitrary<List<Integer>> frames =
                Arbitraries.integers().between(1, 3).list().ofMaxSize(2);
        return Combinators.combine(
                        operations.list().ofMaxSize(6),
                        Arbitraries.integers().between(0, 30_000),
                        frames,
                        frames,
                        Arbitraries.longs())
                .as(Body::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(3);
    }
}
