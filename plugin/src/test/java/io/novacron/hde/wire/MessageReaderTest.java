package io.novacron.hde.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A peer may send anything: the reader says what is wrong with it and takes no more memory than one message. */
class MessageReaderTest {
    private static final Set<Integer> TYPES =
            IntStream.rangeClosed(1, 25).boxed().collect(Collectors.toSet());

    private static Message read(byte... bytes) throws IOException {
        return new MessageReader(new ByteArrayInputStream(bytes)).read();
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static byte[] control(int type, String cbor) {
        byte[] payload = hex(cbor);
        return ByteBuffer.allocate(5 + payload.length)
                .putInt(1 + payload.length)
                .put((byte) type)
                .put(payload)
                .array();
    }

    @Test
    void theEndBetweenTwoMessagesIsNoError() throws IOException {
        assertThat(read()).isNull();
    }

    @Property(tries = 2000)
    void garbageIsAWireExceptionOrAMessage(@ForAll("garbage") byte[] garbage) throws IOException {
        MessageReader reader = new MessageReader(new ByteArrayInputStream(garbage));
        try {
            while (reader.read() != null) {
                assertThat(reader.bytesRead()).isLessThanOrEqualTo(garbage.length);
            }
        } catch (WireException e) {
            assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
        } catch (EOFException e) {
            assertThat(e).hasMessage("the connection has ended within a message");
        }
    }

    /** Bytes that get past the length and the type more often than chance allows. */
    @Provide
    Arbitrary<byte[]> garbage() {
        Arbitrary<byte[]> noise = Arbitraries.bytes().array(byte[].class).ofMaxSize(300);
        Arbitrary<byte[]> framed = Arbitraries.integers()
                .between(-1, 25)
                .flatMap(type -> Arbitraries.bytes()
                        .array(byte[].class)
                        .ofMaxSize(60)
                        .map(payload -> ByteBuffer.allocate(5 + payload.length)
                                .putInt(1 + payload.length)
                                .put(type.byteValue())
                                .put(payload)
                                .array()));
        return Arbitraries.oneOf(noise, framed);
    }

    static IntStream impossibleTypes() {
        return IntStream.rangeClosed(-128, 127).filter(type -> !TYPES.contains(type));
    }

    @ParameterizedTest
    @MethodSource("impossibleTypes")
    void typeZeroAndUnknownTypesAreRefused(int type) {
        assertThatThrownBy(() -> read((byte) 0, (byte) 0, (byte) 0, (byte) 1, (byte) type))
                .isInstanceOf(WireException.class)
                .hasMessage("a message of unknown type " + type);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE, Protocol.MAX_MESSAGE_BYTES + 1, Integer.MAX_VALUE})
    void aLengthThatCannotBeIsRefusedBeforeAnythingIsAllocatedForIt(int length) {
        byte[] bytes = ByteBuffer.allocate(100).putInt(length).array();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assertThatThrownBy(() -> read(bytes)).isInstanceOf(WireException.class);
        long before = threads.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> read(bytes))
                .isInstanceOf(WireException.class)
                .hasMessageContaining(Integer.toUnsignedString(length) + " bytes");
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1 << 20);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 6, 8, 10, 11, 12, 15, 17, 18, 19, 21})
    void aControlMessageHasItsOwnSmallerLimit(int type) {
        byte[] bytes = new byte[4 + Protocol.MAX_CONTROL_BYTES + 1];
        ByteBuffer.wrap(bytes).putInt(bytes.length - 4).put((byte) type);
        assertThatThrownBy(() -> read(bytes))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("the protocol allows " + Protocol.MAX_CONTROL_BYTES);
    }

    @Test
    void aLongMessageThatNeverComesTakesTheMemoryOfOne() {
        byte[] bytes = ByteBuffer.allocate(8).putInt(Protocol.MAX_MESSAGE_BYTES).array();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> read(bytes))
                .isInstanceOf(EOFException.class)
                .hasMessage("the connection has ended within a message");
        assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                .isBetween((long) Protocol.MAX_MESSAGE_BYTES, Protocol.MAX_MESSAGE_BYTES + (1L << 20));
    }

    @Test
    void anAckHasTwelveBytes() {
        for (int length : new int[] {2, 9, 14}) {
            byte[] wrong = ByteBuffer.allocate(4 + length)
                    .putInt(length)
                    .put((byte) MessageType.ACK)
                    .array();
            assertThatThrownBy(() -> read(wrong))
                    .isInstanceOf(WireException.class)
                    .hasMessageContaining("instead of 13");
        }
    }

    @ParameterizedTest
    @ValueSource(bytes = {MessageType.PING, MessageType.PONG})
    void aNumberHasEightBytes(byte type) {
        assertThatThrownBy(() -> read((byte) 0, (byte) 0, (byte) 0, (byte) 2, type, (byte) 1))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("instead of 9");
        byte[] tooLong = ByteBuffer.allocate(14).putInt(10).put(type).array();
        assertThatThrownBy(() -> read(tooLong))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("length 10 instead of 9");
    }

    @ParameterizedTest
    @ValueSource(bytes = {MessageType.BATCH, MessageType.RESEND})
    void aBatchHasANumber(byte type) {
        byte[] bytes = ByteBuffer.allocate(12).putInt(8).put(type).array();
        assertThatThrownBy(() -> read(bytes))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("without its number");
    }

    @Test
    void keysThatThisReleaseDoesNotKnowAreIgnored() throws IOException {
        // {"reason": "no", "retry_after": {"seconds": [1, 2]}}
        String cbor = "a2 66726561736f6e 626e6f 6b72657472795f6166746572 a1 677365636f6e6473 820102";
        assertThat(read(control(MessageType.REFUSE, cbor))).isEqualTo(new Message.Refuse("no"));
    }

    @Test
    void keysThatAreMissingAreNullZeroOrFalse() throws IOException {
        assertThat(read(control(MessageType.HELLO, "a0")))
                .isEqualTo(new Message.Hello(
                        0, 0, 0, null, null, null, null, null, 0, false, 0, null, null, null, null, 0));
        assertThat(read(control(MessageType.END, "a0"))).isEqualTo(new Message.End(0, 0, null, null));
    }

    static String[] notAMap() {
        return new String[] {"", "f6", "80", "01", "626e6f", "a1 66726561736f6e", "ff", "a0a0", "a0 00"};
    }

    @ParameterizedTest
    @MethodSource("notAMap")
    void whatIsNotExactlyOneMapIsRefused(String cbor) {
        assertThatThrownBy(() -> read(control(MessageType.REFUSE, cbor)))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("Refuse")
                .hasMessageNotContaining("\n");
    }

    @Test
    void aDictionaryThatIsTooLongIsRefused() {
        int length = 1 + Integer.BYTES + Protocol.MAX_DICTIONARY_BYTES + 1;
        byte[] bytes = new byte[Integer.BYTES + length];
        ByteBuffer.wrap(bytes).putInt(length).put((byte) MessageType.DICTIONARY);
        assertThatThrownBy(() -> read(bytes))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("a Dictionary message of " + length + " bytes");
    }

    @Test
    void valuesOfAnotherTypeAreRefused() {
        // {"channel": "x"}, {"channel": 2^40}, {"offers": 7}
        for (String cbor : new String[] {
            "a1 676368616e6e656c 6178", "a1 676368616e6e656c 1b0000010000000000", "a1 666f6666657273 07"
        }) {
            assertThatThrownBy(() -> read(control(MessageType.HELLO, cbor)))
                    .isInstanceOf(WireException.class)
                    .hasMessageContaining("malformed Hello");
        }
    }

    @Test
    void nestingIsLimited() {
        byte[] deep = new byte[5 + 2 + 40_000];
        Arrays.fill(deep, (byte) 0x81);
        ByteBuffer.wrap(deep)
                .putInt(deep.length - 4)
                .put((byte) MessageType.REFUSE)
                .put((byte) 0xa1)
                .put((byte) 0x61);
        assertThatThrownBy(() -> read(deep)).isInstanceOf(WireException.class).hasMessageContaining("Refuse");
    }

    @Test
    void aStringThatClaimsToBeLongerThanItsMessageIsRefusedWithoutAllocatingIt() {
        byte[] bytes = control(MessageType.REFUSE, "a1 66726561736f6e 7a7fffffff 41");
        assertThatCode(() -> read(bytes)).isInstanceOf(WireException.class);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> read(bytes)).isInstanceOf(WireException.class);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1 << 20);
    }

    @Test
    void whatPrecedesTheDamageIsStillRead() throws IOException {
        byte[] good = MessageTest.bytes(new Message.Ping(5));
        byte[] both = Arrays.copyOf(good, good.length + 5);
        both[good.length + 3] = 1;
        MessageReader reader = new MessageReader(new ByteArrayInputStream(both));
        assertThat(reader.read()).isEqualTo(new Message.Ping(5));
        assertThatThrownBy(reader::read).isInstanceOf(WireException.class);
    }

    @Test
    void aBrokenTunnelIsAnIoExceptionAndNoWireException() {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("connection reset");
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                throw new IOException("connection reset");
            }
        };
        assertThatThrownBy(() -> new MessageReader(broken).read())
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("connection reset");
    }

    @Test
    void textIsUtf8() throws IOException {
        String name = "Prüf-VM-日本";
        byte[] bytes = MessageTest.bytes(new Message.Refuse(name));
        assertThat(new String(bytes, StandardCharsets.UTF_8)).contains(name);
        assertThat(read(bytes)).isEqualTo(new Message.Refuse(name));
    }
}
