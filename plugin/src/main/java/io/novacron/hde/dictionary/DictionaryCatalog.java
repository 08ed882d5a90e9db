package io.novacron.hde.dictionary;

import io.novacron.hde.store.PageStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * The dictionaries in a page store, this host's own and those that peers have sent. Any thread may use it.
 *
 * <p>Of this host, and of each peer, at most {@value #MOST} are kept, of {@value #MOST_BYTES} bytes together; the oldest go
 * first.
 */
public final class DictionaryCatalog {
    static final int MOST = 64;
    static final int MOST_BYTES = 2 << 20;

    private static final String AREA = "dictionaries";

    private final PageStore store;

    /** The catalogue of a store. */
    public DictionaryCatalog(PageStore store) {
        this.store = store;
    }

    /** All that can be read: this host's own first, then by peer; the newest first. */
    public List<Dictionary> list() {
        List<Dictionary> dictionaries = new ArrayList<>();
        store.forEach(AREA, (key, value) -> DictionaryRecord.read(key, value).ifPresent(dictionaries::add));
        dictionaries.sort(Comparator.comparing(Dictionary::peer).thenComparing(newestFirst()));
        return dictionaries;
    }

    /** This host's own of a type, the newest first. */
    List<Dictionary> own(ResourceType type) {
        return list().stream()
                .filter(dictionary -> dictionary.isOwn() && dictionary.type() == type)
                .toList();
    }

    /**
     * One dictionary.
     *
     * @param peer whose it is; empty for this host's own
     */
    Optional<Dictionary> find(String peer, String digest) {
        byte[] key = Dictionary.key(peer, digest);
        return store.get(AREA, key).flatMap(value -> DictionaryRecord.read(key, value));
    }

    /**
     * Keeps a dictionary.
     *
     * @param replaced which of the same owner's it takes the place of
     * @return whether it is kept; if not, the log of the store says why
     */
    synchronized boolean put(Dictionary dictionary, Predicate<Dictionary> replaced) {
        byte[] record = DictionaryRecord.value(dictionary);
        return store.change(change -> {
            List<Dictionary> others = new ArrayList<>();
            for (byte[] key : change.keys(AREA)) {
                Optional<Dictionary> other = change.get(AREA, key).flatMap(value -> DictionaryRecord.read(key, value));
                if (other.isEmpty() || (isOfSame(other.get(), dictionary) && replaced.test(other.get()))) {
                    change.remove(AREA, key);
                } else if (isOfSame(other.get(), dictionary)) {
                    others.add(other.get());
                }
            }
            others.sort(newestFirst());
            long bytes = dictionary.content().bytes().length;
            for (int i = 0; i < others.size(); i++) {
                bytes += others.get(i).content().bytes().length;
                if (i + 1 >= MOST || bytes > MOST_BYTES) {
                    change.remove(AREA, others.get(i).key());
                }
            }
            change.put(AREA, dictionary.key(), record);
        });
    }

    /** Deletes what was trained on this VM alone: the VM was undefined. Returns how many there were. */
    public int dropVm(UUID vm) {
        return dropIf(dictionary ->
                dictionary.scope() instanceof Scope.Vm of && of.vm().equals(vm));
    }

    /** Deletes what was made before a moment, in milliseconds since 1970. Returns how many there were. */
    public int dropOlderThan(long millis) {
        return dropIf(dictionary -> dictionary.madeAt() < millis);
    }

    /** Deletes what meets a condition. Returns how many there were. */
    synchronized int dropIf(Predicate<Dictionary> condition) {
        List<Dictionary> dropped = list().stream().filter(condition).toList();
        if (dropped.isEmpty()) {
            return 0;
        }
        boolean done = store.change(change -> dropped.forEach(dictionary -> change.remove(AREA, dictionary.key())));
        return done ? dropped.size() : 0;
    }

    private static boolean isOfSame(Dictionary one, Dictionary other) {
        return one.peer().equals(other.peer());
    }

    private static Comparator<Dictionary> newestFirst() {
        return Comparator.comparingLong(Dictionary::madeAt).reversed();
    }
}
