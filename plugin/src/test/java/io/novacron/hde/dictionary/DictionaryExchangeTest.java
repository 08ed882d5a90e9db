package io.novacron.hde.dictionary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreException;
import io.novacron.hde.store.StoreLimits;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.Protocol;
import io.novacron.hde.wire.WireException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DictionaryExchangeTest {
    private static final UUID VM = new UUID(1, 2);
    private static final Dictionary GENERAL = DictionaryCatalogTest.dictionary(new Scope.General(), "", 1, 1);
    private static final Dictionary OF_VM = DictionaryCatalogTest.dictionary(new Scope.Vm(VM, "vm"), "", 2, 1);

    @TempDir
    Path directory;

    private PageStore sourceStore;
    private PageStore destinationStore;
    private DictionaryExchange source;
    private DictionaryExchange destination;

    @BeforeEach
    void open() throws StoreException {
        sourceStore = PageStore.open(directory.resolve("source"), StoreLimits.ofSize(256 << 20));
        destinationStore = PageStore.open(directory.resolve("destination"), StoreLimits.ofSize(256 << 20));
        DictionaryCatalog catalog = new DictionaryCatalog(sourceStore);
        catalog.put(GENERAL, other -> false);
        catalog.put(OF_VM, other -> false);
        source = new DictionaryExchange(catalog, true, true, Clock.systemUTC());
        destination = destination(true, true);
    }

    @AfterEach
    void close() {
        sourceStore.close();
        destinationStore.close();
    }

    private DictionaryExchange destination(boolean enabled, boolean shared) {
        return new DictionaryExchange(new DictionaryCatalog(destinationStore), enabled, shared, Clock.systemUTC());
    }

    private static Message.Welcome welcome(List<String> held, List<String> wanted) {
        return new Message.Welcome(1, "", "b", 1, List.of(), List.of(), held, wanted, null, List.of());
    }

    private static Message.Welcome welcome(DictionaryExchange.Answer answer) {
        return welcome(
                List.copyOf(answer.held().keySet()), List.copyOf(answer.wanted().keySet()));
    }

    private static DictionaryExchange.Incoming incoming(Message... messages) {
        Deque<Message> left = new ArrayDeque<>(Arrays.asList(messages));
        return left::poll;
    }

    private static DictionaryExchange.Incoming nothing() {
        return () -> {
            throw new AssertionError("nothing was to be received");
        };
    }

    @Test
    void theBestOneIsSentOnceAndHeldFromThenOn() throws IOException {
        List<Dictionary> candidates = source.candidates(VM);
        assertThat(candidates).extracting(Dictionary::digest).containsExactly(OF_VM.digest(), GENERAL.digest());
        List<Message.DictionaryOffer> offers = DictionaryExchange.offers(candidates);

        DictionaryExchange.Answer first = destination.answer("a", offers);
        Dictionary chosen =
                DictionaryExchange.choose(candidates, welcome(first)).orElseThrow();
        assertThat(chosen.digest()).isEqualTo(OF_VM.digest());
        assertThat(DictionaryExchange.isHeld(chosen, welcome(first))).isFalse();
        Message.Dictionary message = DictionaryExchange.message(chosen.content());
        assertThat(message.body().remaining()).isLessThan(chosen.content().bytes().length);
        List<FrameDictionary> agreed =
                destination.agreed("a", VM, "vm", first, List.of(chosen.digest()), incoming(message));
        assertThat(agreed)
                .singleElement()
                .satisfies(each ->
                        assertThat(each.bytes()).isEqualTo(OF_VM.content().bytes()));

        DictionaryExchange.Answer second = destination.answer("a", offers);
        assertThat(second.held()).containsOnlyKeys(OF_VM.digest());
        assertThat(second.wanted()).containsOnlyKeys(GENERAL.digest());
        assertThat(DictionaryExchange.isHeld(chosen, welcome(second))).isTrue();
        assertThat(destination.agreed("a", VM, "vm", second, List.of(chosen.digest()), nothing()))
                .hasSize(1);
        // what one peer has sent is nothing to another
        assertThat(destination.answer("c", offers).held()).isEmpty();
        assertThat(new DictionaryCatalog(destinationStore).list())
                .singleElement()
                .satisfies(kept -> {
                    assertThat(kept.peer()).isEqualTo("a");
                    assertThat(kept.scope()).isEqualTo(new Scope.Vm(VM, "vm"));
                });
        assertThat(new DictionaryExchange(new DictionaryCatalog(destinationStore), true, true, Clock.systemUTC())
                        .candidates(VM))
                .as("a peer's is for its frames only")
                .isEmpty();
    }

    @Test
    void peersThatKnowOfNoneGetNone() throws IOException {
        assertThat(DictionaryExchange.choose(source.candidates(VM), welcome(null, null)))
                .isEmpty();
        DictionaryExchange.Answer none = destination.answer("a", null);
        assertThat(destination.agreed("a", VM, "vm", none, null, nothing())).isEmpty();
    }

    @Test
    void switchedOffThereAreNone() throws IOException {
        assertThat(new DictionaryExchange(new DictionaryCatalog(sourceStore), false, true, Clock.systemUTC())
                        .candidates(VM))
                .isEmpty();
        DictionaryExchange.Answer answer =
                destination(false, true).answer("a", DictionaryExchange.offers(source.candidates(VM)));
        assertThat(answer.held()).isEmpty();
        assertThat(answer.wanted()).isEmpty();
    }

    @Test
    void aDestinationThatDoesNotShareTakesOnlyTheVms() throws IOException {
        DictionaryExchange.Answer answer =
                destination(true, false).answer("a", DictionaryExchange.offers(source.candidates(VM)));
        assertThat(answer.wanted()).containsOnlyKeys(OF_VM.digest());
    }

    @Test
    void newerTypesAndScopesAreLeftAlone() throws IOException {
        String digest = GENERAL.digest();
        DictionaryExchange.Answer answer = destination.answer(
                "a",
                List.of(
                        new Message.DictionaryOffer(digest, "vm-quantum", "vm", 4096),
                        new Message.DictionaryOffer(digest, "vm-memory", "world", 4096),
                        new Message.DictionaryOffer(digest, "vm-memory", null, 4096)));
        assertThat(answer.wanted()).isEmpty();
    }

    @Test
    void hostileOffersAreRefused() {
        String digest = GENERAL.digest();
        List<Message.DictionaryOffer> wrong = Arrays.asList(
                null,
                new Message.DictionaryOffer(null, "vm-memory", "vm", 1),
                new Message.DictionaryOffer("", "vm-memory", "vm", 1),
                new Message.DictionaryOffer(digest.toUpperCase(Locale.ROOT), "vm-memory", "vm", 1),
                new Message.DictionaryOffer(digest, "vm-memory", "vm", 0),
                new Message.DictionaryOffer(digest, "vm-memory", "vm", -1),
                new Message.DictionaryOffer(digest, "vm-memory", "vm", Protocol.MAX_DICTIONARY_BYTES + 1));
        for (Message.DictionaryOffer offer : wrong) {
            assertThatThrownBy(() -> destination.answer("a", Collections.singletonList(offer)))
                    .isInstanceOf(WireException.class)
                    .hasMessage("a malformed offer of a dictionary");
        }
        List<Message.DictionaryOffer> many = Collections.nCopies(
                Protocol.MAX_DICTIONARY_OFFERS + 1, new Message.DictionaryOffer(digest, "vm-memory", "vm", 1));
        assertThatThrownBy(() -> destination.answer("a", many))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("the protocol allows 8");
    }

    @Test
    void aBeginThatWasNotAgreedOnIsRefused() throws IOException {
        DictionaryExchange.Answer answer = destination.answer("a", DictionaryExchange.offers(List.of(GENERAL)));
        Message.Dictionary good = DictionaryExchange.message(GENERAL.content());
        String digest = GENERAL.digest();
        assertThatThrownBy(() -> destination.agreed("a", VM, "vm", answer, List.of(OF_VM.digest()), nothing()))
                .hasMessage("a Begin with a dictionary that was not agreed on");
        assertThatThrownBy(() -> destination.agreed("a", VM, "vm", answer, Collections.singletonList(null), nothing()))
                .hasMessage("a Begin with a dictionary that was not agreed on");
        assertThatThrownBy(
                        () -> destination.agreed("a", VM, "vm", answer, List.of(digest, digest), incoming(good, good)))
                .isInstanceOf(WireException.class)
                .hasMessageStartingWith("two dictionaries of version ");
        for (Message wrong : new Message[] {new Message.Ping(1), null}) {
            assertThatThrownBy(() -> destination.agreed("a", VM, "vm", answer, List.of(digest), () -> wrong))
                    .isInstanceOf(WireException.class)
                    .hasMessage("a Begin without the dictionary that must follow it");
        }
    }

    @Test
    void aDictionaryThatIsAnotherIsRefusedAndNotKept() throws IOException {
        DictionaryExchange.Answer answer = destination.answer("a", DictionaryExchange.offers(List.of(GENERAL)));
        // of the same version, so that frames could not tell
        assertThat(OF_VM.content().version()).isEqualTo(GENERAL.content().version());
        Message.Dictionary other = DictionaryExchange.message(OF_VM.content());
        assertThatThrownBy(() -> destination.agreed("a", VM, "vm", answer, List.of(GENERAL.digest()), incoming(other)))
                .isInstanceOf(WireException.class)
                .hasMessage("a dictionary that is not the one offered");
        assertThat(new DictionaryCatalog(destinationStore).list()).isEmpty();
    }

    @Test
    void twoOfTheSameVersionInAChannelAreRefused() throws IOException {
        DictionaryExchange.Answer answer = destination.answer("a", DictionaryExchange.offers(List.of(GENERAL, OF_VM)));
        assertThatThrownBy(() -> destination.agreed(
                        "a",
                        VM,
                        "vm",
                        answer,
                        List.of(GENERAL.digest(), OF_VM.digest()),
                        incoming(
                                DictionaryExchange.message(GENERAL.content()),
                                DictionaryExchange.message(OF_VM.content()))))
                .isInstanceOf(WireException.class)
                .hasMessageStartingWith("two dictionaries of version ");
    }

    @Test
    void hostileDictionariesAreRefused() {
        byte[] bomb = Zstd.compress(new byte[64 << 20]);
        byte[] dictionary = GENERAL.content().bytes();
        ByteBuffer[] bodies = {
            ByteBuffer.allocate(0),
            ByteBuffer.allocate(4),
            ByteBuffer.allocate(5),
            ByteBuffer.allocate(4 + bomb.length)
                    .putInt(Protocol.MAX_DICTIONARY_BYTES)
                    .put(bomb)
                    .flip(),
            ByteBuffer.allocate(14).putInt(Integer.MAX_VALUE).flip().limit(14),
            ByteBuffer.allocate(14).putInt(-1).flip().limit(14),
            ByteBuffer.allocate(14).putInt(9).flip().limit(14),
            ByteBuffer.allocate(14).putInt(10).flip().limit(14),
            ByteBuffer.allocate(14).putInt(11).flip().limit(14),
            ByteBuffer.allocate(4 + dictionary.length - 1)
                    .putInt(dictionary.length)
                    .put(dictionary, 0, dictionary.length - 1)
                    .flip()
        };
        for (ByteBuffer body : bodies) {
            assertThatThrownBy(() -> DictionaryExchange.unpack(new Message.Dictionary(body)))
                    .as("%s", body)
                    .isInstanceOf(WireException.class)
                    .hasMessageContaining("dictionary");
        }
    }

    @Property
    void garbageIsNoDictionary(@ForAll byte[] garbage) {
        assertThatThrownBy(() -> DictionaryExchange.unpack(new Message.Dictionary(ByteBuffer.wrap(garbage))))
                .isInstanceOf(WireException.class);
    }

    @Test
    void whatIsSentComesOut() throws WireException {
        assertThat(DictionaryExchange.unpack(DictionaryExchange.message(GENERAL.content()))
                        .bytes())
                .isEqualTo(GENERAL.content().bytes());
    }
}
