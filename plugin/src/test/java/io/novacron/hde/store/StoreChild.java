package io.novacron.hde.store;

import io.novacron.hde.frame.Pages;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/** The process that {@link CrashTest} kills: appends frames, and says of each when it is committed. */
final class StoreChild {
    /** With which the store is encrypted if there is a third argument. */
    static final StoreKey KEY = StoreKey.of(new byte[StoreKey.BYTES]);

    private StoreChild() {}

    public static void main(String[] arguments) throws StoreException {
        int next = Integer.parseInt(arguments[1]);
        try (PageStore store = PageStore.open(
                Path.of(arguments[0]),
                new StoreLimits(1L << 30, 0, 16 << 20, 4 << 20, 4, 4),
                arguments.length > 2 ? Optional.of(KEY) : Optional.empty())) {
            while (true) {
                ByteBuffer base = Pages.some(next, 8);
                boolean held = store.append(Pages.frame(base));
                held &= store.append(PageStoreTest.delta(base, Pages.changed(base, next), 1));
                boolean changed = next % 3 != 0 || store.change(change -> {});
                int current = next;
                if (next % 5 == 0) {
                    changed &= store.change(change -> change.put(
                            "test",
                            new byte[] {(byte) current},
                            ByteBuffer.allocate(4).putInt(current).array()));
                }
                if (next % 7 == 0) {
                    store.flush();
                    if (held && changed) {
                        System.out.println(next);
                    }
                }
                next++;
            }
        }
    }
}
