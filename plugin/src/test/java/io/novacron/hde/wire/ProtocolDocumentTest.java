package io.novacron.hde.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The messages in {@code docs/protocol.md}, decoded and encoded. */
class ProtocolDocumentTest {
    private static final String UUID = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    private static final String OLD_ROOT = "ab".repeat(32);
    private static final String NEW_ROOT = "cd".repeat(32);
    private static final String HELD = "01".repeat(32);
    private static final String WANTED = "23".repeat(32);
    private static final String CHALLENGE = "45".repeat(32);
    private static final String OTHER_CHALLENGE = "67".repeat(32);
    private static final String PROOF = "89".repeat(32);
    private static final String OTHER_PROOF = "9a".repeat(32);
    private static final String DIGEST = "d09110611314f131e6e9d6618f12e30f";

    private static final Map<String, Message> MESSAGES = Map.ofEntries(
            Map.entry(
                    "hello",
                    new Message.Hello(
                            3,
                            4,
                            0,
                            "0.1",
                            "alpha",
                            "web",
                            UUID,
                            "00112233445566778899aabbccddeeff",
                            0,
                            false,
                            16_384,
                            List.of("xor-runs", "zstd"),
                            List.of(new Message.Offer(OLD_ROOT, UUID)),
                            List.of(
                                    new Message.DictionaryOffer(WANTED, "vm-memory", "vm", 4096),
                                    new Message.DictionaryOffer(HELD, "vm-memory", "general", 4096)),
                            CHALLENGE,
                            0)),
            Map.entry(
                    "welcome",
                    new Message.Welcome(
                            4,
                            "0.1",
                            "beta",
                            16_384,
                            List.of("xor-runs", "zstd"),
                            List.of(OLD_ROOT),
                            List.of(HELD),
                            List.of(WANTED),
                            OTHER_CHALLENGE,
                            List.of(PROOF))),
            Map.entry("refuse", new Message.Refuse("no")),
            Map.entry("begin", new Message.Begin(List.of(OLD_ROOT), List.of(WANTED), List.of(OTHER_PROOF))),
            Map.entry("dictionary", new Message.Dictionary(hex("00000005 68656c6c6f"))),
            Map.entry("batch", new Message.Batch(1, hex("00000005 00 00 00000007 00000007 010568656c6c6f" + DIGEST))),
            Map.entry(
                    "resend",
                    new Message.Resend(
                            1, hex("00000005 00000007 00000007 010568656c6c6f 00000005 00000005 68656c6c6f" + DIGEST))),
            Map.entry("ack", new Message.Ack(1, 4096)),
            Map.entry("nak", new Message.Nak(1, "damaged")),
            Map.entry("return", new Message.Return(hex("0001000400000000"))),
            Map.entry("return-end", new Message.ReturnEnd()),
            Map.entry("data", new Message.Data(hex("0000001c20008086"))),
            Map.entry("data-end", new Message.DataEnd()),
            Map.entry("end", new Message.End(1, 5, null, null)),
            Map.entry("commit", new Message.Commit(NEW_ROOT, 1_767_225_600_000L)),
            Map.entry("committed", new Message.Committed(NEW_ROOT, true)),
            Map.entry("ping", new Message.Ping(42)),
            Map.entry("pong", new Message.Pong(42)),
            Map.entry("open", new Message.Open("0123456789abcdef0123456789abcdef")),
            Map.entry("resume", new Message.Resume("0123456789abcdef0123456789abcdef", 17)),
            Map.entry("resumed", new Message.Resumed(23)),
            Map.entry("received", new Message.Received(23)),
            Map.entry("close", new Message.Close("no")),
            Map.entry("ask", new Message.Ask("0.1", "alpha")),
            Map.entry(
                    "standing",
                    new Message.Standing(
                            3,
                            5,
                            "0.1",
                            "beta",
                            "alpha",
                            List.of("alpha", "192.0.2.1"),
                            true,
                            true,
                            true,
                            false,
                            1_767_225_600_000L)));

    private static ByteBuffer hex(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    static Set<String> names() {
        return MESSAGES.keySet();
    }

    @ParameterizedTest
    @MethodSource("names")
    void anExampleIsReadAndWrittenAsItStandsThere(String name) throws IOException {
        byte[] bytes = ProtocolExamples.read().get(name);
        assertThat(bytes).as("example %s in docs/protocol.md", name).isNotNull();
        MessageReader reader = new MessageReader(new ByteArrayInputStream(bytes));

        assertThat(reader.read()).isEqualTo(MESSAGES.get(name));
        assertThat(reader.read()).isNull();
        assertThat(MessageTest.bytes(MESSAGES.get(name))).isEqualTo(bytes);
    }

    @Test
    void everyMessageHasItsExampleAndItsRowInTheTable() throws IOException {
        assertThat(MESSAGES.values().stream().<Class<?>>map(Object::getClass))
                .containsExactlyInAnyOrder(Message.class.getPermittedSubclasses());
        String text = Files.readString(Path.of("..", "docs", "protocol.md"));
        for (Message message : MESSAGES.values()) {
            byte type = MessageTest.bytes(message)[4];
            assertThat(text).contains("| " + type + " | " + message.getClass().getSimpleName() + " | ");
        }
    }

    @Test
    void theLimitsAreThoseOfTheDocument() throws IOException {
        String text = Files.readString(Path.of("..", "docs", "protocol.md"));
        assertThat(text)
                .contains(
                        String.format(Locale.ROOT, "(%,d; type byte included)", Protocol.MAX_MESSAGE_BYTES),
                        String.format(Locale.ROOT, "stands for, at most %,d |", Protocol.MAX_BATCH_STREAM_BYTES),
                        "at most " + (Protocol.MAX_CONTROL_BYTES >> 10) + " KiB and nested at most 8 deep",
                        "at most " + Protocol.MAX_OFFERS + " of `root`",
                        "at most " + Protocol.MAX_DICTIONARY_OFFERS + " of `digest`",
                        String.format(Locale.ROOT, "of a dictionary, 1 to %,d |", Protocol.MAX_DICTIONARY_BYTES),
                        String.format(Locale.ROOT, "no more than %,d such pages", Protocol.MAX_SENT_PAGES),
                        "at most " + Protocol.MAX_BATCHES_IN_FLIGHT + " batches without an Ack",
                        "Version " + Protocol.HIGHEST_VERSION + ".");
    }
}
