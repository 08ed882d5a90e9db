package io.novacron.hde.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever is written is read again, and the byte counts are those of the bytes. */
class MessageTest {
    @Property(tries = 500)
    void everyMessageComesOutAsItWentIn(@ForAll("messages") List<Message> messages) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        MessageWriter writer = new MessageWriter(out);
        for (Message message : messages) {
            writer.write(message);
        }
        MessageReader reader = new MessageReader(new ByteArrayInputStream(out.toByteArray()));
        List<Message> read = new ArrayList<>();
        for (Message message = reader.read(); message != null; message = reader.read()) {
            read.add(message);
        }

        assertThat(read).isEqualTo(messages);
        assertThat(writer.bytesWritten()).isEqualTo(out.size());
        assertThat(reader.bytesRead()).isEqualTo(out.size());
    }

    @Property(tries = 200)
    void aTruncatedMessageIsAnError(@ForAll("message") Message message, @ForAll long where) throws IOException {
        byte[] bytes = bytes(message);
        int length = 1 + (int) Math.floorMod(where, bytes.length - 1L);
        MessageReader reader = new MessageReader(new ByteArrayInputStream(bytes, 0, length));

        assertThatThrownBy(reader::read).isInstanceOf(EOFException.class).hasMessageContaining("within a message");
    }

    @Example
    void everyTypeOfMessageIsAmongThoseTested() {
        List<Class<?>> sampled = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            Class<?> type = message().sample().getClass();
            if (!sampled.contains(type)) {
                sampled.add(type);
            }
        }
        assertThat(sampled).containsExactlyInAnyOrder(Message.class.getPermittedSubclasses());
    }

    @Example
    void writingLeavesTheBodyWhereItWas() throws IOException {
        ByteBuffer body =
                ByteBuffer.wrap(new byte[] {9, 1, 2, 3, 9}).position(1).limit(4);
        assertThat(bytes(new Message.Batch(1, body)))
                .containsExactly(0, 0, 0, 12, MessageType.BATCH, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3);
        assertThat(body.position()).isEqualTo(1);
        assertThat(body.limit()).isEqualTo(4);
    }

    @Example
    void theLongestBatchPassesAndOneByteMoreDoesNot() throws IOException {
        ByteBuffer longest = ByteBuffer.allocate(Protocol.MAX_MESSAGE_BYTES - 9);
        Message read = new MessageReader(new ByteArrayInputStream(bytes(new Message.Batch(7, longest)))).read();
        assertThat(read).isEqualTo(new Message.Batch(7, longest));

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        MessageWriter writer = new MessageWriter(out);
        assertThatThrownBy(
                        () -> writer.write(new Message.Batch(7, ByteBuffer.allocate(Protocol.MAX_MESSAGE_BYTES - 8))))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("exceeds the protocol's");
        assertThat(out.size()).isZero();
        assertThat(writer.bytesWritten()).isZero();
    }

    @Example
    void aControlMessageThatIsTooLongIsNotWritten() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Message message = new Message.Refuse("x".repeat(Protocol.MAX_CONTROL_BYTES));
        assertThatThrownBy(() -> new MessageWriter(out).write(message))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("Refuse");
        assertThat(out.size()).isZero();
    }

    static byte[] bytes(Message message) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new MessageWriter(out).write(message);
        return out.toByteArray();
    }

    @Provide
    Arbitrary<List<Message>> messages() {
        return message().list().ofMaxSize(8);
    }

    @Provide
    Arbitrary<Message> message() {
        Arbitrary<String> text = Arbitraries.strings().ofMaxLength(60).injectNull(0.05);
        Arbitrary<Long> number = Arbitraries.longs();
        Arbitrary<ByteBuffer> body =
                Arbitraries.bytes().array(byte[].class).ofMaxSize(70_000).map(ByteBuffer::wrap);
        Arbitrary<List<String>> texts = text.list().ofMaxSize(5);
        Arbitrary<Message.Offer> offer = Combinators.combine(text, text).as(Message.Offer::new);
        Arbitrary<Message> hello = Combinators.combine(
                        Arbitraries.integers().list().ofSize(6),
                        text.list().ofSize(6),
                        Arbitraries.of(true, false),
                        texts,
                        offer.list().ofMaxSize(5),
                        Combinators.combine(text, text, text, Arbitraries.integers())
                                .as(Message.DictionaryOffer::new)
                                .list()
                                .ofMaxSize(5))
                .as((numbers, names, verify, algorithms, offers, dictionaries) -> new Message.Hello(
                        numbers.get(0),
                        numbers.get(1),
                        numbers.get(4),
                        names.get(0),
                        names.get(1),
                        names.get(2),
                        names.get(3),
                        names.get(4),
                        numbers.get(2),
                        verify,
                        numbers.get(3),
                        algorithms,
                        offers,
                        dictionaries,
                        names.get(5),
                        numbers.get(5)));
        return Arbitraries.oneOf(
                hello,
                Combinators.combine(
                                Arbitraries.integers(),
                                text,
                                text,
                                Arbitraries.integers(),
                                texts.list().ofSize(5),
                                text)
                        .as((version, software, host, chunks, lists, challenge) -> new Message.Welcome(
                                version,
                                software,
                                host,
                                chunks,
                                lists.get(0),
                                lists.get(1),
                                lists.get(2),
                                lists.get(3),
                                challenge,
                                lists.get(4))),
                Combinators.combine(texts, texts, texts).as(Message.Begin::new),
                body.map(Message.Dictionary::new),
                text.map(Message.Refuse::new),
                Combinators.combine(number, body).as(Message.Batch::new),
                Combinators.combine(number, body).as(Message.Resend::new),
                Combinators.combine(number, number, text, text).as(Message.End::new),
                Combinators.combine(number, Arbitraries.longs().between(0, 0xffff_ffffL))
                        .as(Message.Ack::new),
                Combinators.combine(number, text).as(Message.Nak::new),
                body.map(Message.Return::new),
                Arbitraries.just(new Message.ReturnEnd()),
                body.map(Message.Data::new),
                Arbitraries.just(new Message.DataEnd()),
                Combinators.combine(text, number).as(Message.Commit::new),
                Combinators.combine(text, Arbitraries.of(true, false)).as(Message.Committed::new),
                number.map(Message.Ping::new),
                number.map(Message.Pong::new),
                text.map(Message.Open::new),
                Combinators.combine(text, number).as(Message.Resume::new),
                number.map(Message.Resumed::new),
                number.map(Message.Received::new),
                text.map(Message.Close::new),
                Combinators.combine(text, text).as(Message.Ask::new),
                Combinators.combine(
                                Arbitraries.integers().list().ofSize(2),
                                text.list().ofSize(3),
                                texts,
                                Arbitraries.of(true, false).list().ofSize(4),
                                number)
                        .as((versions, names, certificates, may, clock) -> new Message.Standing(
                                versions.get(0),
                                versions.get(1),
                                names.get(0),
                                names.get(1),
                                names.get(2),
                                certificates,
                                may.get(0),
                                may.get(1),
                                may.get(2),
                                may.get(3),
                                clock)));
    }
}
