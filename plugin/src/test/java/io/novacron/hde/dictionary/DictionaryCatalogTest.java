package io.novacron.hde.dictionary;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.frame.FrameException;
import io.novacron.hde.frame.WordPages;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreException;
import io.novacron.hde.store.StoreLimits;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DictionaryCatalogTest {
    private static final StoreLimits LIMITS = StoreLimits.ofSize(256 << 20);
    private static final UUID VM = new UUID(1, 2);
    private static final FrameDictionary TRAINED = new WordPages(1).dictionary();

    @TempDir
    Path directory;

    private PageStore store;
    private DictionaryCatalog catalog;

    @BeforeEach
    void open() throws StoreException {
        store = PageStore.open(directory.resolve("store"), LIMITS);
        catalog = new DictionaryCatalog(store);
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** Another dictionary for each number: its last bytes are content, which may be anything. */
    static FrameDictionary content(int number) {
        byte[] bytes = TRAINED.bytes().clone();
        ByteBuffer.wrap(bytes).putInt(bytes.length - 64, number);
        try {
            return FrameDictionary.of(bytes);
        } catch (FrameException e) {
            throw new AssertionError(e);
        }
    }

    static Dictionary dictionary(Scope scope, String peer, int number, long madeAt) {
        FrameDictionary content = content(number);
        return new Dictionary(
                ResourceType.VM_MEMORY,
                scope,
                peer,
                Dictionary.digest(content.bytes()),
                madeAt,
                900,
                1L << 40,
                5,
                content);
    }

    private static void assertSame(Dictionary actual, Dictionary expected) {
        assertThat(actual).usingRecursiveComparison().ignoringFields("content").isEqualTo(expected);
        assertThat(actual.content().bytes()).isEqualTo(expected.content().bytes());
        assertThat(actual.content().version()).isEqualTo(expected.content().version());
    }

    @Test
    void whatIsKeptIsThereAfterARestart() throws StoreException {
        List<Dictionary> kept = List.of(
                dictionary(new Scope.Vm(VM, "größe"), "", 1, 30),
                dictionary(new Scope.Family(List.of(VM, new UUID(-1, -2))), "", 2, 20),
                dictionary(new Scope.General(), "", 3, 10),
                dictionary(new Scope.General(), "b", 3, 40),
                dictionary(new Scope.Vm(VM, ""), "c.d", 4, 50));
        kept.forEach(each -> assertThat(catalog.put(each, other -> false)).isTrue());
        close();
        open();
        List<Dictionary> listed = catalog.list();
        assertThat(listed).hasSameSizeAs(kept);
        for (int i = 0; i < kept.size(); i++) {
            assertSame(listed.get(i), kept.get(i));
        }
        assertThat(catalog.own(ResourceType.VM_MEMORY)).hasSize(3);
        assertThat(catalog.own(ResourceType.VM_DISK)).isEmpty();
        assertThat(catalog.find("b", kept.get(2).digest())).isPresent();
        assertThat(catalog.find("c.d", kept.get(2).digest())).isEmpty();
    }

    @Test
    void aNewOneTakesTheOldOnesPlaceButNoPeers() {
        catalog.put(dictionary(new Scope.General(), "", 1, 1), other -> true);
        catalog.put(dictionary(new Scope.General(), "b", 2, 1), other -> true);
        Dictionary next = dictionary(new Scope.General(), "", 3, 2);
        catalog.put(next, other -> other.scope() instanceof Scope.General);
        assertThat(catalog.list()).extracting(Dictionary::peer).containsExactly("", "b");
        assertSame(catalog.list().get(0), next);
    }

    @Test
    void theVmsGoWithIt() {
        catalog.put(dictionary(new Scope.Vm(VM, "vm"), "", 1, 1), other -> false);
        catalog.put(dictionary(new Scope.Vm(VM, "vm"), "b", 2, 1), other -> false);
        catalog.put(dictionary(new Scope.Vm(new UUID(3, 3), "vm"), "", 3, 1), other -> false);
        catalog.put(dictionary(new Scope.General(), "", 4, 1), other -> false);
        assertThat(catalog.dropVm(VM)).isEqualTo(2);
        assertThat(catalog.dropVm(VM)).isZero();
        assertThat(catalog.list()).hasSize(2);
    }

    @Test
    void theOldGo() {
        catalog.put(dictionary(new Scope.General(), "", 1, 1000), other -> false);
        catalog.put(dictionary(new Scope.General(), "b", 2, 2000), other -> false);
        assertThat(catalog.dropOlderThan(1000)).isZero();
        assertThat(catalog.dropOlderThan(1001)).isEqualTo(1);
        assertThat(catalog.list()).extracting(Dictionary::peer).containsExactly("b");
    }

    @Test
    void ofEachPeerThereIsALimitedNumber() {
        catalog.put(dictionary(new Scope.General(), "", 0, 0), other -> false);
        for (int i = 0; i < DictionaryCatalog.MOST + 3; i++) {
            catalog.put(dictionary(new Scope.General(), "b", i, i), other -> false);
        }
        assertThat(catalog.list()).hasSize(1 + DictionaryCatalog.MOST);
        assertThat(catalog.list().subList(1, 1 + DictionaryCatalog.MOST))
                .extracting(Dictionary::madeAt)
                .startsWith((long) DictionaryCatalog.MOST + 2)
                .endsWith(3L);
    }

    @Test
    void ofEachPeerThereAreLimitedBytes() throws FrameException {
        for (int i = 0; i < 20; i++) {
            byte[] large = Arrays.copyOf(content(i).bytes(), FrameDictionary.MAX_BYTES);
            catalog.put(
                    new Dictionary(
                            ResourceType.VM_MEMORY,
                            new Scope.General(),
                            "b",
                            Dictionary.digest(large),
                            i,
                            0,
                            0,
                            0,
                            FrameDictionary.of(large)),
                    other -> false);
        }
        assertThat(catalog.list()).hasSize(DictionaryCatalog.MOST_BYTES / FrameDictionary.MAX_BYTES);
        assertThat(catalog.list().get(0).madeAt()).isEqualTo(19);
    }

    @Test
    void whatIsDamagedIsNotThere() {
        Dictionary good = dictionary(new Scope.Vm(VM, "vm"), "", 1, 1);
        byte[] value = DictionaryRecord.value(good);
        for (int i = 0; i < value.length; i++) {
            byte[] cut = Arrays.copyOf(value, i);
            assertThat(DictionaryRecord.read(good.key(), cut)).isEmpty();
        }
        byte[] unknown = value.clone();
        unknown[0] = 2;
        assertThat(DictionaryRecord.read(good.key(), unknown)).isEmpty();
        byte[] other = value.clone();
        other[value.length - 1] ^= 1;
        assertThat(DictionaryRecord.read(good.key(), other)).isEmpty();
        // one that cannot be read makes room
        store.change(change -> change.put("dictionaries", good.key(), other));
        assertThat(catalog.list()).isEmpty();
        catalog.put(dictionary(new Scope.General(), "", 2, 1), each -> false);
        assertThat(store.get("dictionaries", good.key())).isEmpty();
    }

    @Property
    void garbageIsNoRecord(@ForAll byte[] key, @ForAll byte[] value) {
        assertThat(DictionaryRecord.read(key, value)).isEmpty();
    }

    @Test
    void theDocumentIsRight() throws Exception {
        assertThat(Files.readString(Path.of("..", "docs", "store.md")))
                .contains(
                        "at most " + DictionaryCatalog.MOST + " and " + (DictionaryCatalog.MOST_BYTES >> 20) + " MiB");
    }
}
