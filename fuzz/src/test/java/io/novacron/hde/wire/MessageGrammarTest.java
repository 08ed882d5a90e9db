package io.novacron.hde.wire;

import io.novacron.hde.fuzz.Hostile;
import io.novacron.hde.fuzz.Input;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Messages of every type whose fields may be anything, null too. */
class MessageGrammarTest {
    @Property(tries = 300)
    void messages(@ForAll("messages") List<Message> messages, @ForAll long seed) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        MessageWriter writer = new MessageWriter(out);
        for (Message message : messages) {
            writer.write(message);
        }
        MessageFuzz.fuzzerTestOneInput(Hostile.damaged(out.toByteArray(), seed));
    }

    @Property(tries = 300)
    void lengthsAndTypes(@ForAll int length, @ForAll byte type, @ForAll byte[] payload) throws IOException {
        byte[] head = ByteBuffer.allocate(5).putInt(length).put(type).array();
        MessageFuzz.fuzzerTestOneInput(Input.of(head, payload));
        head = ByteBuffer.allocate(5)
                .putInt(1 + payload.length)
                .put((byte) (type & 31))
                .array();
        MessageFuzz.fuzzerTestOneInput(Input.of(head, payload));
    }

    @Provide
    Arbitrary<List<Message>> messages() {
        Arbitrary<String> texts = Arbitraries.oneOf(List.of(
                        Arbitraries.strings().ofMaxLength(70),
                        Arbitraries.strings().numeric().ofLength(64)))
                .injectNull(0.2);
        Arbitrary<List<String>> lists = texts.list().ofMaxSize(4).injectNull(0.2);
        Arbitrary<Integer> integers = Hostile.numbers().map(Long::intValue);
        Arbitrary<ByteBuffer> bytes =
                Arbitraries.bytes().array(byte[].class).ofMaxSize(60).map(ByteBuffer::wrap);
        Arbitrary<Long> longs = Hostile.numbers();
        Arbitrary<Message> hello = Combinators.combine(
                        texts.list().ofSize(6), integers.list().ofSize(6), lists, lists)
                .as((names, numbers, algorithms, digests) -> new Message.Hello(
                        numbers.get(0),
                        numbers.get(1),
                        numbers.get(4),
                        names.get(0),
                        names.get(1),
                        names.get(2),
                        names.get(3),
                        names.get(4),
                        numbers.get(2),
                        true,
                        numbers.get(3),
                        algorithms,
                        digests == null
                                ? null
                                : digests.stream()
                                        .map(digest -> new Message.Offer(digest, names.get(0)))
                                        .toList(),
                        digests == null
                                ? null
                                : digests.stream()
                                        .map(digest -> new Message.DictionaryOffer(
                                                digest, names.get(0), names.get(1), numbers.get(0)))
                                        .toList(),
                        names.get(5),
                        numbers.get(5)));
        Arbitrary<Message> welcome = Combinators.combine(integers, texts, lists)
                .as((number, text, list) ->
                        new Message.Welcome(number, text, text, number, list, list, list, list, text, list));
        Arbitrary<Message> begin = Combinators.combine(lists, lists, lists).as(Message.Begin::new);
        Arbitrary<Message> nak = Combinators.combine(longs, texts).as(Message.Nak::new);
        Arbitrary<Message> end = Combinators.combine(longs, longs, texts, texts).as(Message.End::new);
        Arbitrary<Message> commit = Combinators.combine(texts, longs).as(Message.Commit::new);
        Arbitrary<Message> batch = Combinators.combine(longs, bytes).as(Message.Batch::new);
        Arbitrary<Message> resend = Combinators.combine(longs, bytes).as(Message.Resend::new);
        Arbitrary<Message> others = Combinators.combine(
                        longs, texts, bytes, Arbitraries.integers().between(0, 14))
                .as((number, text, body, which) -> switch (which) {
                    case 0 -> new Message.Ping(number);
                    case 1 -> new Message.Pong(number);
                    case 2 -> new Message.Refuse(text);
                    case 3 -> new Message.Return(body);
                    case 4 -> new Message.Dictionary(body);
                    case 5 -> new Message.Committed(text, true);
                    case 6 -> new Message.Open(text);
                    case 7 -> new Message.Resume(text, number);
                    case 8 -> new Message.Resumed(number);
                    case 9 -> new Message.Received(number);
                    case 10 -> new Message.Close(text);
                    case 11 -> new Message.Data(body);
                    case 12 -> new Message.Ask(text, text);
                    case 13 ->
                        new Message.Standing(
                                1,
                                2,
                                text,
                                text,
                                text,
                                text == null ? null : List.of(text),
                                true,
                                true,
                                true,
                                true,
                                number);
                    default -> new Message.Ack(number, number & 0xffffffffL);
                });
        return Arbitraries.oneOf(List.of(hello, welcome, begin, nak, end, commit, batch, resend, others))
                .list()
                .ofMaxSize(4);
    }
}
